# Unit tests of cluster/.
cluster_tests = tests/unit/test_wire tests/unit/test_outbox tests/unit/test_view \
	tests/unit/test_nodelist tests/unit/test_courier \
	tests/unit/test_corosync
check_PROGRAMS += $(cluster_tests)
TESTS += $(cluster_tests)

cluster_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
cluster_test_libs = cluster/libcluster.a $(CMOCKA_LIBS) $(QB_LIBS) $(BSD_LIBS)

tests_unit_test_wire_SOURCES = tests/unit/test_wire.c
tests_unit_test_wire_CFLAGS = $(cluster_test_cflags)
tests_unit_test_wire_LDADD = $(cluster_test_libs)

tests_unit_test_outbox_SOURCES = tests/unit/test_outbox.c
tests_unit_test_outbox_CFLAGS = $(cluster_test_cflags)
tests_unit_test_outbox_LDADD = $(cluster_test_libs)

tests_unit_test_view_SOURCES = tests/unit/test_view.c
tests_unit_test_view_CFLAGS = $(cluster_test_cflags)
tests_unit_test_view_LDADD = $(cluster_test_libs)

tests_unit_test_nodelist_SOURCES = tests/unit/test_nodelist.c
tests_unit_test_nodelist_CFLAGS = $(cluster_test_cflags)
tests_unit_test_nodelist_LDADD = $(cluster_test_libs)

tests_unit_test_courier_SOURCES = tests/unit/test_courier.c
tests_unit_test_courier_CFLAGS = $(cluster_test_cflags)
tests_unit_test_courier_LDADD = $(cluster_test_libs)

# With a corosync of its own in place of libcpg and libquorum.
tests_unit_test_corosync_SOURCES = tests/unit/test_corosync.c
tests_unit_test_corosync_CFLAGS = $(cluster_test_cflags)
tests_unit_test_corosync_LDADD = $(cluster_test_libs)
