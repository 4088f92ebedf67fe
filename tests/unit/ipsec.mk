# Unit tests of ipsec/.
ipsec_tests = tests/unit/test_vici tests/unit/test_sa tests/unit/test_ipsec_client \
	tests/unit/test_ipsec
check_PROGRAMS += $(ipsec_tests)
TESTS += $(ipsec_tests)

tests_unit_test_vici_SOURCES = tests/unit/test_vici.c
tests_unit_test_vici_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_vici_LDADD = ipsec/libipsec.a $(CMOCKA_LIBS) $(QB_LIBS) $(BSD_LIBS)

tests_unit_test_sa_SOURCES = tests/unit/test_sa.c
tests_unit_test_sa_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_sa_LDADD = ipsec/libipsec.a $(CMOCKA_LIBS) $(QB_LIBS) $(BSD_LIBS)

tests_unit_test_ipsec_SOURCES = \
	tests/unit/test_ipsec.c \
	tests/unit/fake_charon.c tests/unit/fake_charon.h
tests_unit_test_ipsec_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ipsec_LDADD = ipsec/libipsec.a $(CMOCKA_LIBS) $(QB_LIBS) $(BSD_LIBS)

tests_unit_test_ipsec_client_SOURCES = tests/unit/test_ipsec_client.c
tests_unit_test_ipsec_client_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ipsec_client_LDADD = ipsec/libipsec.a $(CMOCKA_LIBS) $(QB_LIBS) $(BSD_LIBS)
