# Unit tests of the command and of the door in the daemon through which it comes.
command_tests = \
	tests/unit/test_sentence \
	tests/unit/test_report \
	tests/unit/test_api \
	tests/unit/test_cli_args \
	tests/unit/test_cli_table
check_PROGRAMS += $(command_tests)
TESTS += $(command_tests)
STAGE = tests/unit/stage.c tests/unit/stage.h
GOLDEN = tests/unit/golden.c tests/unit/golden.h

tests_unit_test_sentence_SOURCES = tests/unit/test_sentence.c $(STAGE)
tests_unit_test_sentence_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_sentence_LDADD = $(API_LIBS) $(CMOCKA_LIBS)

tests_unit_test_report_SOURCES = tests/unit/test_report.c $(STAGE) $(GOLDEN)
tests_unit_test_report_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_report_LDADD = $(API_LIBS) $(CMOCKA_LIBS)

tests_unit_test_api_SOURCES = tests/unit/test_api.c $(STAGE)
tests_unit_test_api_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_api_LDADD = agent/libcli.a $(API_LIBS) $(CMOCKA_LIBS)

tests_unit_test_cli_args_SOURCES = tests/unit/test_cli_args.c
tests_unit_test_cli_args_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cli_args_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)

tests_unit_test_cli_table_SOURCES = tests/unit/test_cli_table.c $(GOLDEN)
tests_unit_test_cli_table_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cli_table_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)

CLI_CASES = in-service drained settling refused agent-lost alone broken sick safety-net unfit
EXTRA_DIST += \
	$(CLI_CASES:%=tests/golden/cli/%.json) \
	$(CLI_CASES:%=tests/golden/cli/%.100.txt) \
	$(CLI_CASES:%=tests/golden/cli/%.80.txt) \
	$(CLI_CASES:%=tests/golden/cli/%.colour.txt)
