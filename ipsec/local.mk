# strongSwan, spoken to by VICI.
noinst_LIBRARIES += ipsec/libipsec.a
ipsec_libipsec_a_SOURCES = \
	ipsec/ipsec.h \
	ipsec/vici.c ipsec/vici.h \
	ipsec/sa.c ipsec/sa.h \
	ipsec/plan.c ipsec/plan.h \
	ipsec/client.c ipsec/client.h \
	ipsec/charon.c ipsec/charon.h \
	ipsec/look.c \
	ipsec/act.c
