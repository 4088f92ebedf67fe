# The doctor: what `cgwha check` asks and judges.
noinst_LIBRARIES += agent/libcheck.a
agent_libcheck_a_SOURCES = \
	agent/check.h \
	agent/check_finding.c agent/check_finding.h \
	agent/check_host.c agent/check_kernel.c \
	agent/check_ipsec.c agent/check_ipsec.h \
	agent/check_router.c agent/check_router.h \
	agent/check_corosync.c agent/check_corosync.h \
	agent/check_pair.c agent/check_pair.h \
	agent/cli_check.c agent/cli_check.h
CHECK_LIBS = agent/libcheck.a agent/libcli.a agent/libapi.a agent/libengine.a cluster/libcluster.a \
	ipsec/libipsec.a conf/libconf.a routing/librouting.a $(CMAP_LIBS) $(CONFUSE_LIBS) -lpthread
