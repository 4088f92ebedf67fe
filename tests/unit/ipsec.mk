# Unit tests of ipsec/.
ipsec_tests = tests/unit/test_vici tests/unit/test_sa
check_PROGRAMS += $(ipsec_tests)
TESTS += $(ipsec_tests)

tests_unit_test_vici_SOURCES = tests/unit/test_vici.c
tests_unit_test_vici_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_vici_LDADD = ipsec/libipsec.a $(CMOCKA_LIBS) $(QB_LIBS) $(BSD_LIBS)

tests_unit_test_sa_SOURCES = tests/unit/test_sa.c
tests_unit_test_sa_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_sa_LDADD = ipsec/libipsec.a $(CMOCKA_LIBS) $(QB_LIBS) $(BSD_LIBS)
