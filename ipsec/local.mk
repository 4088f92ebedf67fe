# strongSwan, spoken to by VICI.
noinst_LIBRARIES += ipsec/libipsec.a
ipsec_libipsec_a_SOURCES = ipsec/ipsec.h
