# The command cgwha, and the door in the daemon through which it comes.
noinst_LIBRARIES += agent/libapi.a agent/libcli.a
agent_libapi_a_SOURCES = \
	agent/api.c agent/api.h \
	agent/peer.c agent/peer.h \
	agent/request.c agent/request.h \
	agent/report.c agent/report.h \
	agent/said.c agent/said.h \
	agent/sentence.c agent/sentence.h \
	agent/span.c agent/span.h \
	agent/json_read.c agent/json_read.h

agent_libcli_a_SOURCES = \
	agent/cli_args.c agent/cli_args.h \
	agent/cli_help.c agent/cli_help.h \
	agent/cli_import.c agent/cli_import.h agent/cli_import_args.c \
	agent/cli_history.c agent/cli_history.h \
	agent/cli_report.c agent/cli_report.h \
	agent/page.c agent/page.h \
	agent/picture.c agent/picture.h \
	agent/xml.c agent/xml.h \
	agent/cli_link.c agent/cli_link.h \
	agent/cli_look.c agent/cli_look.h \
	agent/cli_metrics.c agent/cli_metrics.h \
	agent/metric.c agent/metric.h \
	agent/metrics.c agent/metrics.h \
	agent/http.c agent/http.h \
	agent/cli_progress.c agent/cli_progress.h \
	agent/cli_table.c agent/cli_table.h \
	agent/cli_wait.c agent/cli_wait.h \
	agent/cli_watch.c agent/cli_watch.h

# What is kept and told for those who watch: hooks, history.
noinst_LIBRARIES += agent/libwatch.a
agent_libwatch_a_SOURCES = \
	agent/annals.c agent/annals.h \
	agent/asker.c agent/asker.h \
	agent/course.c agent/course.h \
	agent/history.c agent/history.h \
	agent/keeper.c agent/keeper.h \
	agent/hooks.c agent/hooks.h \
	agent/hook_event.c agent/hook_event.h \
	agent/hook_run.c agent/hook_run.h
watchdocdir = $(docdir)
dist_watchdoc_DATA = docs/hooks.md

# What a program needs to link the door, in this order; the drivers come from their own libraries.
API_LIBS = agent/libapi.a agent/libruntime.a agent/libengine.a routing/librouting.a \
	$(QB_LIBS) $(JSON_LIBS) $(BSD_LIBS)
CLI_LIBS = agent/libcli.a agent/libapi.a agent/libengine.a $(IMPORT_LIBS) $(QB_LIBS) $(JSON_LIBS) \
	$(BSD_LIBS)

include agent/check.mk

bin_PROGRAMS += agent/cgwha
agent_cgwha_SOURCES = agent/cgwha.c
agent_cgwha_LDADD = $(CHECK_LIBS) $(CLI_LIBS)
