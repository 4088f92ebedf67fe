# Unit tests of routing/.
routing_tests = \
	tests/unit/test_prefix \
	tests/unit/test_bird_reply \
	tests/unit/test_bird_level \
	tests/unit/test_readback \
	tests/unit/test_bird \
	tests/unit/test_frr_reply \
	tests/unit/test_frr_level \
	tests/unit/test_frr \
	tests/unit/test_rise
check_PROGRAMS += $(routing_tests)
TESTS += $(routing_tests)

routing_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
routing_test_libs = routing/librouting.a agent/libengine.a $(CMOCKA_LIBS) $(QB_LIBS) $(JSON_LIBS) \
	$(BSD_LIBS)

tests_unit_test_prefix_SOURCES = tests/unit/test_prefix.c
tests_unit_test_prefix_CFLAGS = $(routing_test_cflags)
tests_unit_test_prefix_LDADD = $(routing_test_libs)

tests_unit_test_bird_reply_SOURCES = tests/unit/test_bird_reply.c tests/unit/router_golden.h
tests_unit_test_bird_reply_CFLAGS = $(routing_test_cflags)
tests_unit_test_bird_reply_LDADD = $(routing_test_libs)

tests_unit_test_bird_level_SOURCES = tests/unit/test_bird_level.c
tests_unit_test_bird_level_CFLAGS = $(routing_test_cflags)
tests_unit_test_bird_level_LDADD = $(routing_test_libs)

tests_unit_test_readback_SOURCES = tests/unit/test_readback.c tests/unit/router_golden.h
tests_unit_test_readback_CFLAGS = $(routing_test_cflags)
tests_unit_test_readback_LDADD = $(routing_test_libs)

tests_unit_test_bird_SOURCES = tests/unit/test_bird.c tests/unit/fake_bird.c tests/unit/fake_bird.h \
	tests/unit/router_bench.h
tests_unit_test_bird_CFLAGS = $(routing_test_cflags)
tests_unit_test_bird_LDADD = $(routing_test_libs)

tests_unit_test_frr_level_SOURCES = tests/unit/test_frr_level.c
tests_unit_test_frr_level_CFLAGS = $(routing_test_cflags)
tests_unit_test_frr_level_LDADD = conf/libconf.a $(routing_test_libs) $(CONFUSE_LIBS)

tests_unit_test_frr_SOURCES = tests/unit/test_frr.c tests/unit/router_bench.h
tests_unit_test_frr_CFLAGS = $(routing_test_cflags)
tests_unit_test_frr_LDADD = $(routing_test_libs)

tests_unit_test_frr_reply_SOURCES = tests/unit/test_frr_reply.c tests/unit/router_golden.h
tests_unit_test_frr_reply_CFLAGS = $(routing_test_cflags)
tests_unit_test_frr_reply_LDADD = $(routing_test_libs)

# What a real BIRD 2.0.12 and a real FRR 8.4.4 said.
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
	tests/golden/bird/flood-alone \
	tests/golden/bird/flood-normal \
	tests/golden/bird/flood-withdrawn \
	tests/golden/bird/no-channel \
	tests/golden/bird/no-export-table \
	tests/golden/bird/protocols \
	tests/golden/bird/protocols-all \
	tests/golden/bird/protocols-all-closed \
	tests/golden/bird/protocols-all-closing \
	tests/golden/bird/protocols-all-ospf \
	tests/golden/bird/protocols-ospf \
	tests/golden/bird/protocols-ospf-alone \
	tests/golden/bird/unknown-protocol \
	tests/golden/frr/adv-high \
	tests/golden/frr/adv-high-gshut \
	tests/golden/frr/adv-low \
	tests/golden/frr/adv-low-gshut \
	tests/golden/frr/adv-withdrawn \
	tests/golden/frr/closing \
	tests/golden/frr/config-failed \
	tests/golden/frr/enable \
	tests/golden/frr/no-family \
	tests/golden/frr/no-neighbor \
	tests/golden/frr/no-vrf \
	tests/golden/frr/route-map \
	tests/golden/frr/route-map-deny \
	tests/golden/frr/route-map-level \
	tests/golden/frr/route-map-none \
	tests/golden/frr/route-maps \
	tests/golden/frr/summary \
	tests/golden/frr/summary-closed \
	tests/golden/frr/summary-families \
	tests/golden/frr/unknown \
	tests/golden/frr/unknown-neighbor \
	tests/golden/frr/version

tests_unit_test_rise_SOURCES = tests/unit/test_rise.c
tests_unit_test_rise_CFLAGS = $(routing_test_cflags)
tests_unit_test_rise_LDADD = $(routing_test_libs)
