# The lab: programs for its nodes and its traffic, and the scripts that make them.
noinst_PROGRAMS += tests/lab/flow tests/lab/noded tests/lab/nodecall tests/lab/modload
tests_lab_flow_SOURCES = tests/lab/flow.c tests/lab/tally.c tests/lab/tally.h
tests_lab_flow_LDADD = $(BSD_LIBS) $(JSON_LIBS) -lpthread
tests_lab_noded_SOURCES = tests/lab/noded.c tests/lab/frame.c tests/lab/frame.h
tests_lab_noded_LDADD = $(BSD_LIBS)
tests_lab_nodecall_SOURCES = tests/lab/nodecall.c tests/lab/frame.c tests/lab/frame.h
tests_lab_nodecall_LDADD = $(BSD_LIBS)
tests_lab_modload_SOURCES = tests/lab/modload.c
tests_lab_modload_LDADD =

# What the lab counts and how it calls its nodes is tested without a lab.
check_PROGRAMS += tests/lab/test_tally
tests_lab_test_tally_SOURCES = tests/lab/test_tally.c tests/lab/tally.c tests/lab/tally.h
tests_lab_test_tally_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_lab_test_tally_LDADD = $(CMOCKA_LIBS)
dist_check_SCRIPTS += tests/lab/test_flow tests/lab/test_call
TESTS += tests/lab/test_tally tests/lab/test_flow tests/lab/test_call

EXTRA_DIST += \
	tests/lab/README.md \
	tests/lab/.gitignore \
	tests/lab/.shellcheckrc \
	tests/lab/lab \
	tests/lab/ahead \
	tests/lab/check.sh \
	tests/lab/common.sh \
	tests/lab/gen.sh \
	tests/lab/gen_frr.sh \
	tests/lab/gen_lan.sh \
	tests/lab/look.sh \
	tests/lab/truth.jq \
	tests/lab/help.sh \
	tests/lab/import \
	tests/lab/net.sh \
	tests/lab/node.sh \
	tests/lab/ns.sh \
	tests/lab/ready.sh \
	tests/lab/site.sh \
	tests/lab/tap.sh \
	tests/lab/topo.sh \
	tests/lab/traffic.sh \
	tests/lab/uml.sh \
	tests/lab/uml-kernel \
	tests/lab/node/boot \
	tests/lab/node/init-ns \
	tests/lab/node/init-uml \
	tests/lab/node/init-systemd \
	tests/lab/node/systemd/lab-booted.service \
	tests/lab/node/systemd/lab-calls.service \
	tests/lab/node/systemd/lab-network.service \
	tests/lab/node/look \
	tests/lab/node/paths.sh \
	tests/lab/node/ready \
	tests/lab/node/router \
	tests/lab/node/svc \
	tests/lab/scenario.sh \
	tests/lab/selftest \
	tests/lab/cold \
	tests/lab/planned \
	tests/lab/lanside \
	tests/lab/profiles \
	tests/lab/systemd \
	tests/lab/refused \
	tests/lab/faults \
	tests/lab/metrics \
	tests/lab/doctor \
	tests/lab/faults.d/daemons.sh \
	tests/lab/faults.d/links.sh \
	tests/lab/faults.d/operators.sh \
	tests/lab/faults.d/power.sh \
	tests/lab/faults.d/refusing.sh \
	tests/lab/token \
	tests/lab/upgrade \
	tests/lab/watch \
	tests/lab/track \
	tests/lab/pacemaker \
	tests/lab/demo
