# Unit tests of what is kept and told for those who watch: hooks, history, report.
watch_tests = \
	tests/unit/test_hooks
check_PROGRAMS += $(watch_tests)
TESTS += $(watch_tests)

tests_unit_test_hooks_SOURCES = tests/unit/test_hooks.c $(STAGE)
tests_unit_test_hooks_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_hooks_LDADD = agent/libwatch.a $(API_LIBS) $(CMOCKA_LIBS)
