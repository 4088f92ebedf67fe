# Unit tests of the metrics and of the little HTTP that carries them.
metrics_tests = tests/unit/test_metrics tests/unit/test_http
check_PROGRAMS += $(metrics_tests)
TESTS += $(metrics_tests)

tests_unit_test_metrics_SOURCES = tests/unit/test_metrics.c $(GOLDEN)
tests_unit_test_metrics_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_metrics_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)

tests_unit_test_http_SOURCES = tests/unit/test_http.c
tests_unit_test_http_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_http_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)

METRICS_CASES = in-service drained settling agent-lost alone sick safety-net broken down
EXTRA_DIST += \
	$(METRICS_CASES:%=tests/golden/metrics/%.openmetrics) \
	tests/golden/metrics/in-service.prom \
	tests/golden/metrics/drained.prom \
	tests/golden/metrics/down.prom

# And of the doctor.
check_PROGRAMS += tests/unit/test_check
TESTS += tests/unit/test_check
tests_unit_test_check_SOURCES = tests/unit/test_check.c $(GOLDEN)
tests_unit_test_check_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_check_LDADD = $(CHECK_LIBS) $(CLI_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += tests/golden/cli/check.txt
