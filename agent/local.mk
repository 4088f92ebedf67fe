# The engine (pure), the runtime that carries out its effects, the daemon, the command.
noinst_LIBRARIES += agent/libengine.a
agent_libengine_a_SOURCES = \
	agent/limits.h agent/record.h \
	agent/lists.c agent/lists.h \
	agent/engine.c agent/engine.h agent/step.h \
	agent/guard.c agent/guard.h \
	agent/phase.c agent/membership.c agent/operation.c

noinst_LIBRARIES += agent/libruntime.a
agent_libruntime_a_SOURCES = \
	agent/runtime.c agent/runtime.h agent/inner.h \
	agent/show.c \
	agent/vrrp.c agent/vrrp.h \
	agent/cover.c agent/cover.h \
	agent/settle.c agent/settle.h \
	agent/track.h \
	agent/recording.c agent/recording.h \
	agent/recorder.c agent/recorder.h

include agent/command.mk

sbin_PROGRAMS += agent/cgwhad
agent_cgwhad_SOURCES = agent/cgwhad.c agent/store.c agent/store.h \
	agent/track.c agent/probe.c agent/probe.h
agent_cgwhad_LDADD = agent/libwatch.a $(API_LIBS) agent/libruntime.a agent/libengine.a \
	cluster/libcluster.a ipsec/libipsec.a conf/libconf.a routing/librouting.a \
	$(QB_LIBS) $(CPG_LIBS) $(QUORUM_LIBS) $(CMAP_LIBS) $(CFG_LIBS) $(BSD_LIBS) $(JSON_LIBS) \
	$(CONFUSE_LIBS) $(SYSTEMD_LIBS) $(MNL_LIBS) -lpthread
