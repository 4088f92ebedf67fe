# Unit tests of the command and of the door in the daemon through which it comes.
command_tests = tests/unit/test_sentence tests/unit/test_cli_args
check_PROGRAMS += $(command_tests)
TESTS += $(command_tests)

tests_unit_test_sentence_SOURCES = tests/unit/test_sentence.c tests/unit/stage.c tests/unit/stage.h
tests_unit_test_sentence_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_sentence_LDADD = $(API_LIBS) $(CMOCKA_LIBS)

tests_unit_test_cli_args_SOURCES = tests/unit/test_cli_args.c
tests_unit_test_cli_args_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_cli_args_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)
