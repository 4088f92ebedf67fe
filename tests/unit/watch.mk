# Unit tests of what is kept and told for those who watch: hooks, history, report.
watch_tests = \
	tests/unit/test_cli_history \
	tests/unit/test_history \
	tests/unit/test_hooks
check_PROGRAMS += $(watch_tests)
TESTS += $(watch_tests)

tests_unit_test_hooks_SOURCES = tests/unit/test_hooks.c $(STAGE)
tests_unit_test_hooks_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_hooks_LDADD = agent/libwatch.a $(API_LIBS) $(CMOCKA_LIBS)

tests_unit_test_history_SOURCES = tests/unit/test_history.c $(STAGE)
tests_unit_test_history_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_history_LDADD = agent/libwatch.a $(API_LIBS) $(SYSTEMD_LIBS) $(CMOCKA_LIBS) -lpthread

tests_unit_test_cli_history_SOURCES = tests/unit/test_cli_history.c $(GOLDEN)
tests_unit_test_cli_history_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cli_history_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)

EXTRA_DIST += \
	tests/golden/cli/history.json tests/golden/cli/history.100.txt tests/golden/cli/history.80.txt \
	tests/golden/cli/history-drained.json tests/golden/cli/history-drained.100.txt \
	tests/golden/cli/history-drained.80.txt tests/golden/cli/history-rolled-back.json \
	tests/golden/cli/history-rolled-back.100.txt tests/golden/cli/history-rolled-back.80.txt \
	tests/golden/cli/course-drained.json tests/golden/cli/course-rolled-back.json \
	tests/golden/cli/report-drained.html tests/golden/cli/report-rolled-back.html
