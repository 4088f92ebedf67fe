# The simulator: the shipped engine and runtime on a site that is all fakes. Not a unit test: it looks
# for what nobody has thought of.
check_PROGRAMS += tests/sim/sim tests/sim/replay
tests_sim_sim_SOURCES = \
	tests/sim/sim.c tests/sim/world.h tests/sim/rng.h \
	tests/sim/queue.c tests/sim/plan.c tests/sim/faults.c \
	tests/sim/host.c tests/sim/net.c tests/sim/router.c tests/sim/charon.c \
	tests/sim/paths.c tests/sim/check.c
tests_sim_sim_LDADD = agent/libruntime.a agent/libengine.a routing/librouting.a \
	$(BSD_LIBS) -lpthread
tests_sim_replay_SOURCES = tests/sim/replay.c
tests_sim_replay_LDADD = agent/libruntime.a agent/libengine.a $(BSD_LIBS)

dist_check_SCRIPTS += tests/sim/test_sim
TESTS += tests/sim/test_sim
EXTRA_DIST += tests/sim/README.md tests/sim/mutants
