# Unit tests of routing/.
routing_tests = \
	tests/unit/test_prefix \
	tests/unit/test_bird_reply \
	tests/unit/test_bird_level \
	tests/unit/test_bird_readback \
	tests/unit/test_bird
check_PROGRAMS += $(routing_tests)
TESTS += $(routing_tests)

routing_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
routing_test_libs = routing/librouting.a agent/libengine.a $(CMOCKA_LIBS) $(QB_LIBS) $(BSD_LIBS)

tests_unit_test_prefix_SOURCES = tests/unit/test_prefix.c
tests_unit_test_prefix_CFLAGS = $(routing_test_cflags)
tests_unit_test_prefix_LDADD = $(routing_test_libs)

tests_unit_test_bird_reply_SOURCES = tests/unit/test_bird_reply.c tests/unit/bird_golden.h
tests_unit_test_bird_reply_CFLAGS = $(routing_test_cflags)
tests_unit_test_bird_reply_LDADD = $(routing_test_libs)

tests_unit_test_bird_level_SOURCES = tests/unit/test_bird_level.c
tests_unit_test_bird_level_CFLAGS = $(routing_test_cflags)
tests_unit_test_bird_level_LDADD = $(routing_test_libs)

tests_unit_test_bird_readback_SOURCES = tests/unit/test_bird_readback.c tests/unit/bird_golden.h
tests_unit_test_bird_readback_CFLAGS = $(routing_test_cflags)
tests_unit_test_bird_readback_LDADD = $(routing_test_libs)

tests_unit_test_bird_SOURCES = tests/unit/test_bird.c tests/unit/fake_bird.c tests/unit/fake_bird.h
tests_unit_test_bird_CFLAGS = $(routing_test_cflags)
tests_unit_test_bird_LDADD = $(routing_test_libs)

# What a real BIRD 2.0.12 said.
EXTRA_DIST += \
	tests/golden/bird/banner \
	tests/golden/bird/configure-check \
	tests/golden/bird/configure-confirm \
	tests/golden/bird/configure-refused \
	tests/golden/bird/configure-timeout \
	tests/golden/bird/configure-undo \
	tests/golden/bird/denied \
	tests/golden/bird/disable \
	tests/golden/bird/disable-again \
	tests/golden/bird/enable \
	tests/golden/bird/export-high \
	tests/golden/bird/export-lan-low \
	tests/golden/bird/export-long \
	tests/golden/bird/export-low \
	tests/golden/bird/export-low-6 \
	tests/golden/bird/export-withdrawn \
	tests/golden/bird/no-channel \
	tests/golden/bird/no-export-table \
	tests/golden/bird/protocols \
	tests/golden/bird/protocols-all \
	tests/golden/bird/protocols-all-closed \
	tests/golden/bird/protocols-all-closing \
	tests/golden/bird/unknown-protocol
