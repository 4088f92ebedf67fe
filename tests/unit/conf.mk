# Unit tests of conf/, and a check of everything that is shipped to be installed.
check_PROGRAMS += tests/unit/test_conf tests/unit/test_conf_print tests/unit/test_conf_value
TESTS += tests/unit/test_conf tests/unit/test_conf_print tests/unit/test_conf_value

tests_unit_test_conf_SOURCES = tests/unit/test_conf.c
tests_unit_test_conf_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_conf_LDADD = $(CONF_LIBS) $(CMOCKA_LIBS)
tests_unit_test_conf_print_SOURCES = tests/unit/test_conf_print.c
tests_unit_test_conf_print_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_conf_print_LDADD = conf/libconf.a routing/librouting.a agent/libengine.a \
	$(CONFUSE_LIBS) $(BSD_LIBS) $(CMOCKA_LIBS)
tests_unit_test_conf_value_SOURCES = tests/unit/test_conf_value.c
tests_unit_test_conf_value_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_conf_value_LDADD = $(CONF_LIBS) $(CMOCKA_LIBS)

dist_check_SCRIPTS += tests/conf/shipped
TESTS += tests/conf/shipped

EXTRA_DIST += tests/conf/bad.expected tests/conf/good.conf tests/conf/minimal.conf tests/conf/profile.conf
EXTRA_DIST += $(TEST_CONF_BAD)
TEST_CONF_BAD = \
	tests/conf/bad-append-to-value.conf \
	tests/conf/bad-asn-missing.conf \
	tests/conf/bad-asn-word.conf \
	tests/conf/bad-asn-zero.conf \
	tests/conf/bad-bool.conf \
	tests/conf/bad-brace-too-many.conf \
	tests/conf/bad-child-twice.conf \
	tests/conf/bad-comment-never-closed.conf \
	tests/conf/bad-duration-bare.conf \
	tests/conf/bad-duration-fraction.conf \
	tests/conf/bad-duration-huge.conf \
	tests/conf/bad-duration-large.conf \
	tests/conf/bad-duration-negative.conf \
	tests/conf/bad-duration-part-of-second.conf \
	tests/conf/bad-duration-small.conf \
	tests/conf/bad-duration-unit.conf \
	tests/conf/bad-duration-word.conf \
	tests/conf/bad-empty.conf \
	tests/conf/bad-group-name.conf \
	tests/conf/bad-key-twice.conf \
	tests/conf/bad-lan-med-order.conf \
	tests/conf/bad-lan-named-as-tunnel.conf \
	tests/conf/bad-lan-ospf-frr.conf \
	tests/conf/bad-lan-ospf-metric.conf \
	tests/conf/bad-lan-prepend-shorter.conf \
	tests/conf/bad-lan-protocol.conf \
	tests/conf/bad-level-twice.conf \
	tests/conf/bad-list-for-a-value.conf \
	tests/conf/bad-list-twice.conf \
	tests/conf/bad-med-huge.conf \
	tests/conf/bad-med-negative.conf \
	tests/conf/bad-med-order-default.conf \
	tests/conf/bad-med-order-offsets.conf \
	tests/conf/bad-med-order.conf \
	tests/conf/bad-nested-too-deep.conf \
	tests/conf/bad-no-equal-sign.conf \
	tests/conf/bad-no-tunnel.conf \
	tests/conf/bad-no-value.conf \
	tests/conf/bad-offset-above-limit.conf \
	tests/conf/bad-offset-below-zero.conf \
	tests/conf/bad-offset-range.conf \
	tests/conf/bad-path-long.conf \
	tests/conf/bad-path-quote.conf \
	tests/conf/bad-path-relative.conf \
	tests/conf/bad-prefix-host-bits.conf \
	tests/conf/bad-profile-path.conf \
	tests/conf/bad-profile.conf \
	tests/conf/bad-prefix-no-length.conf \
	tests/conf/bad-prefix-twice.conf \
	tests/conf/bad-prefixes-empty.conf \
	tests/conf/bad-prefixes-missing.conf \
	tests/conf/bad-prepend-four.conf \
	tests/conf/bad-prepend-shorter-than-default.conf \
	tests/conf/bad-prepend-shorter.conf \
	tests/conf/bad-section-never-closed.conf \
	tests/conf/bad-router.conf \
	tests/conf/bad-session-name.conf \
	tests/conf/bad-session-of-tunnel-and-lan.conf \
	tests/conf/bad-session-twice.conf \
	tests/conf/bad-settle-past-deadline.conf \
	tests/conf/bad-settle-past-default-deadline.conf \
	tests/conf/bad-settle-pps-noise.conf \
	tests/conf/bad-string-never-closed.conf \
	tests/conf/bad-tunnel-name-empty.conf \
	tests/conf/bad-tunnel-name-long.conf \
	tests/conf/bad-tunnel-name.conf \
	tests/conf/bad-tunnel-twice.conf \
	tests/conf/bad-track-command.conf \
	tests/conf/bad-track-empty.conf \
	tests/conf/bad-track-ping.conf \
	tests/conf/bad-track-route.conf \
	tests/conf/bad-tunnel-ping.conf \
	tests/conf/bad-tunnels-too-many.conf \
	tests/conf/bad-unknown-key-in-section.conf \
	tests/conf/bad-unknown-key-in-tunnel.conf \
	tests/conf/bad-unknown-key.conf \
	tests/conf/bad-unknown-level.conf \
	tests/conf/bad-unknown-section.conf \
	tests/conf/bad-untitled-tunnel.conf
