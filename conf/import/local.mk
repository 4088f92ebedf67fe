# cgwha import: the cloud's files in, those of a pair of gateways out.
noinst_LIBRARIES += conf/import/libimport.a
conf_import_libimport_a_SOURCES = \
	conf/import/address.c \
	conf/import/aws.c conf/import/aws.h \
	conf/import/cipher.c conf/import/cipher.h \
	conf/import/files.c conf/import/files.h \
	conf/import/save.c \
	conf/import/site.c conf/import/site.h \
	conf/import/source.c conf/import/source.h \
	conf/import/write.c conf/import/write.h \
	conf/import/write_bird.c \
	conf/import/write_cgwha.c \
	conf/import/write_corosync.c \
	conf/import/write_frr.c \
	conf/import/write_networkd.c \
	conf/import/write_nft.c \
	conf/import/write_readme.c \
	conf/import/write_strongswan.c \
	conf/import/write_swanctl.c \
	conf/import/write_sysctl.c
conf_import_libimport_a_CFLAGS = $(AM_CFLAGS) $(XML_CFLAGS)

# What a program needs to link it, in this order.
IMPORT_LIBS = conf/import/libimport.a conf/libconf.a routing/librouting.a $(XML_LIBS) $(JSON_LIBS) \
	$(CONFUSE_LIBS) $(BSD_LIBS)
