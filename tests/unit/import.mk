# Unit tests of cgwha import.
import_tests = \
	tests/unit/test_import_aws \
	tests/unit/test_import_site \
	tests/unit/test_import_files \
	tests/unit/test_import_args \
	tests/unit/test_import_mutants
check_PROGRAMS += $(import_tests)
TESTS += $(import_tests)
AWS_FILES = tests/unit/aws_files.c tests/unit/aws_files.h

tests_unit_test_import_aws_SOURCES = tests/unit/test_import_aws.c $(AWS_FILES)
tests_unit_test_import_aws_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_import_aws_LDADD = $(IMPORT_LIBS) $(CMOCKA_LIBS)

tests_unit_test_import_site_SOURCES = tests/unit/test_import_site.c $(AWS_FILES)
tests_unit_test_import_site_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_import_site_LDADD = $(IMPORT_LIBS) $(CMOCKA_LIBS)

tests_unit_test_import_files_SOURCES = tests/unit/test_import_files.c $(AWS_FILES) $(GOLDEN)
tests_unit_test_import_files_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_import_files_LDADD = $(IMPORT_LIBS) $(CMOCKA_LIBS)

tests_unit_test_import_args_SOURCES = tests/unit/test_import_args.c
tests_unit_test_import_args_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_import_args_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)

tests_unit_test_import_mutants_SOURCES = tests/unit/test_import_mutants.c $(AWS_FILES)
tests_unit_test_import_mutants_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_import_mutants_LDADD = $(IMPORT_LIBS) $(CMOCKA_LIBS)

EXTRA_DIST += \
	tests/data/aws/README \
	tests/data/aws/anonymous.xml \
	tests/data/aws/gw1.xml \
	tests/data/aws/gw2.xml \
	tests/data/aws/gw1-ipv6.xml \
	tests/data/aws/gw2-ipv6.xml \
	tests/data/aws/static.xml \
	tests/data/aws/pair.json

# The files of both gateways, a dot for each slash of their paths.
IMPORT_FILES = etc.bird.bird.conf etc.cgwha.cgwha.conf etc.corosync.corosync.conf \
	etc.nftables.d.cgwha.nft etc.strongswan.d.cgwha.conf etc.swanctl.conf.d.cgwha.conf \
	etc.sysctl.d.60-cgwha.conf etc.systemd.networkd.conf.d.60-cgwha.conf
IMPORT_FIRST = $(IMPORT_FILES) etc.systemd.network.60-tun11.netdev \
	etc.systemd.network.60-tun11.network etc.systemd.network.60-tun12.netdev \
	etc.systemd.network.60-tun12.network
IMPORT_SECOND = $(IMPORT_FILES) etc.systemd.network.60-tun21.netdev \
	etc.systemd.network.60-tun21.network etc.systemd.network.60-tun22.netdev \
	etc.systemd.network.60-tun22.network
EXTRA_DIST += tests/golden/import/bare/README tests/golden/import/full/README \
	tests/golden/import/bare/gw1.etc.frr.frr.conf tests/golden/import/full/README.frr \
	tests/golden/import/full/south.etc.frr.frr.conf \
	tests/golden/import/full/south.etc.cgwha.frr.conf \
	tests/golden/import/ipv6/README tests/golden/import/ipv6/gw2.etc.frr.frr.conf \
	tests/golden/import/ipv6/bare.bird.conf tests/golden/import/ipv6/vti.netdev \
	tests/golden/import/ipv6/vti.sysctl \
	$(IMPORT_FIRST:%=tests/golden/import/ipv6/gw1.%) \
	$(IMPORT_SECOND:%=tests/golden/import/ipv6/gw2.%) \
	$(IMPORT_FIRST:%=tests/golden/import/bare/gw1.%) \
	$(IMPORT_SECOND:%=tests/golden/import/bare/gw2.%) \
	$(IMPORT_FIRST:%=tests/golden/import/full/north.%) \
	$(IMPORT_SECOND:%=tests/golden/import/full/south.%)

dist_check_SCRIPTS += tests/conf/import
TESTS += tests/conf/import
