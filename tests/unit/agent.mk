# Unit tests of agent/: the engine, alone and in pairs, and what is proven of its object code.
PAIR_SOURCES = \
	tests/unit/pair.c tests/unit/pair.h tests/unit/pair_inner.h \
	tests/unit/pair_check.c tests/unit/pair_trace.c
PAIR_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
PAIR_LIBS = agent/libengine.a $(CMOCKA_LIBS)

engine_tests = \
	tests/unit/test_guard \
	tests/unit/test_engine_drain \
	tests/unit/test_engine_back \
	tests/unit/test_engine_unfit \
	tests/unit/test_engine_lock \
	tests/unit/test_engine_view \
	tests/unit/test_engine_three \
	tests/unit/test_engine_walk \
	tests/unit/test_engine_golden
check_PROGRAMS += $(engine_tests)
dist_check_SCRIPTS += tests/purity tests/headers
TESTS += $(engine_tests) tests/purity tests/headers

tests_unit_test_guard_SOURCES = tests/unit/test_guard.c
tests_unit_test_guard_CFLAGS = $(PAIR_CFLAGS)
tests_unit_test_guard_LDADD = $(PAIR_LIBS)
tests_unit_test_engine_drain_SOURCES = tests/unit/test_engine_drain.c $(PAIR_SOURCES)
tests_unit_test_engine_drain_CFLAGS = $(PAIR_CFLAGS)
tests_unit_test_engine_drain_LDADD = $(PAIR_LIBS)
tests_unit_test_engine_back_SOURCES = tests/unit/test_engine_back.c $(PAIR_SOURCES)
tests_unit_test_engine_back_CFLAGS = $(PAIR_CFLAGS)
tests_unit_test_engine_back_LDADD = $(PAIR_LIBS)
tests_unit_test_engine_unfit_SOURCES = tests/unit/test_engine_unfit.c $(PAIR_SOURCES)
tests_unit_test_engine_unfit_CFLAGS = $(PAIR_CFLAGS)
tests_unit_test_engine_unfit_LDADD = $(PAIR_LIBS)
tests_unit_test_engine_lock_SOURCES = tests/unit/test_engine_lock.c $(PAIR_SOURCES)
tests_unit_test_engine_lock_CFLAGS = $(PAIR_CFLAGS)
tests_unit_test_engine_lock_LDADD = $(PAIR_LIBS)
tests_unit_test_engine_view_SOURCES = tests/unit/test_engine_view.c $(PAIR_SOURCES)
tests_unit_test_engine_view_CFLAGS = $(PAIR_CFLAGS)
tests_unit_test_engine_view_LDADD = $(PAIR_LIBS)
tests_unit_test_engine_three_SOURCES = tests/unit/test_engine_three.c $(PAIR_SOURCES)
tests_unit_test_engine_three_CFLAGS = $(PAIR_CFLAGS)
tests_unit_test_engine_three_LDADD = $(PAIR_LIBS)
tests_unit_test_engine_walk_SOURCES = tests/unit/test_engine_walk.c $(PAIR_SOURCES)
tests_unit_test_engine_walk_CFLAGS = $(PAIR_CFLAGS)
tests_unit_test_engine_walk_LDADD = $(PAIR_LIBS)
tests_unit_test_engine_golden_SOURCES = tests/unit/test_engine_golden.c $(PAIR_SOURCES)
tests_unit_test_engine_golden_CFLAGS = $(PAIR_CFLAGS)
tests_unit_test_engine_golden_LDADD = $(PAIR_LIBS)

ENGINE_GOLDENS = \
	abort_while_settling agent_restart back_from_guarding back_from_lowering \
	back_from_requesting back_from_settling back_from_settling_sick back_from_withdrawing \
	back_from_withdrawing_late both_at_once drain drain_takes_a_return_back drain_when_safe \
	dry_run force \
	host_lost lowering_of_outsiders net_cannot_leave net_from_closing \
	net_from_drained_and_out_again net_from_releasing net_from_withdrawing \
	power_cut_in_maintenance refused_alone refused_not_covered refused_not_raised \
	refused_not_redundant refused_other_drained restart_drained return_cannot_be_taken_back unfit_and_back \
	undrain undrain_lost_on_the_way undrain_of_a_net
EXTRA_DIST += \
	tests/golden/engine/phases.dot \
	$(ENGINE_GOLDENS:%=tests/golden/engine/%.txt)

# The runtime beside a router that is not there: when the LAN is told of a level.
check_PROGRAMS += tests/unit/test_vrrp
TESTS += tests/unit/test_vrrp
tests_unit_test_vrrp_SOURCES = tests/unit/test_vrrp.c
tests_unit_test_vrrp_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_vrrp_LDADD = agent/libruntime.a agent/libengine.a routing/librouting.a $(BSD_LIBS) \
	$(CMOCKA_LIBS)

# What is tracked, on a real loop with real commands.
check_PROGRAMS += tests/unit/test_track
TESTS += tests/unit/test_track
tests_unit_test_track_SOURCES = tests/unit/test_track.c agent/track.c agent/probe.c
tests_unit_test_track_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_track_LDADD = routing/librouting.a agent/libengine.a $(CMOCKA_LIBS) $(QB_LIBS) \
	$(MNL_LIBS) $(JSON_LIBS) $(BSD_LIBS)
