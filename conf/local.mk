# The configuration, and everything that is shipped to be installed.
noinst_LIBRARIES += conf/libconf.a
conf_libconf_a_SOURCES = \
	conf/conf.c conf/conf.h \
	conf/keys.c conf/keys.h \
	conf/profile.c conf/profile.h \
	conf/value.c conf/value.h \
	conf/reading.c conf/reading.h \
	conf/text.c conf/check.c conf/print.c

# What a program needs to link the configuration, in this order.
CONF_LIBS = conf/libconf.a routing/librouting.a $(CONFUSE_LIBS) $(BSD_LIBS)

# The documented sample. It is checked in, so that it can be read without a build; a test proves
# that it is what the table prints, and `make conf-sample` writes it anew.
noinst_PROGRAMS += conf/sample
conf_sample_SOURCES = conf/sample.c
conf_sample_LDADD = $(CONF_LIBS)
conf-sample: conf/sample$(EXEEXT)
	conf/sample$(EXEEXT) >$(srcdir)/conf/cgwha.conf.sample
.PHONY: conf-sample

cgwhaconfdir = $(sysconfdir)/cgwha
dist_cgwhaconf_DATA = conf/cgwha.conf.sample
dist_pkgdata_DATA += conf/cgwha.bird conf/level-low.bird.conf

# A pair of gateways in full, to read and to copy from.
frrdocdir = $(docdir)
dist_frrdoc_DATA = docs/frr.md
samplesdir = $(docdir)/samples
dist_samples_DATA = conf/samples/README
samplesgw1dir = $(samplesdir)/gw1
dist_samplesgw1_DATA = \
	conf/samples/gw1/bird.conf \
	conf/samples/gw1/cgwha.conf \
	conf/samples/gw1/corosync.conf \
	conf/samples/gw1/frr.conf \
	conf/samples/gw1/frr-low.conf \
	conf/samples/gw1/interfaces \
	conf/samples/gw1/keepalived.conf \
	conf/samples/gw1/strongswan.conf \
	conf/samples/gw1/swanctl.conf \
	conf/samples/gw1/sysctl.conf
samplesgw2dir = $(samplesdir)/gw2
dist_samplesgw2_DATA = \
	conf/samples/gw2/bird.conf \
	conf/samples/gw2/cgwha.conf \
	conf/samples/gw2/corosync.conf \
	conf/samples/gw2/interfaces \
	conf/samples/gw2/keepalived.conf \
	conf/samples/gw2/strongswan.conf \
	conf/samples/gw2/swanctl.conf \
	conf/samples/gw2/sysctl.conf

# Below the prefix, as systemd looks there for /usr and for /usr/local, and make distcheck must
# not write elsewhere.
systemdunitdir = $(prefix)/lib/systemd/system
nodist_systemdunit_DATA = conf/cgwhad.service conf/cgwha-gateway.service conf/cgwha-reboot.service
dist_systemdunit_DATA = conf/cgwha-reboot.timer
nodist_pkglibexec_SCRIPTS = conf/gateway
tmpfilesdir = $(prefix)/lib/tmpfiles.d
nodist_tmpfiles_DATA = conf/cgwha.conf
sysusersdir = $(prefix)/lib/sysusers.d
nodist_sysusers_DATA = conf/sysusers/cgwha.conf

# What must not restart or reboot a gateway behind its back. Harmless where there is no such program.
aptconfdir = $(sysconfdir)/apt/apt.conf.d
dist_aptconf_DATA = conf/apt/52cgwha
needrestartdir = $(sysconfdir)/needrestart/conf.d
dist_needrestart_DATA = conf/needrestart/cgwha.conf
nodist_samples_DATA = conf/samples/upgrade-drained.conf

AT_DIRS = $(MKDIR_P) $(@D) && sed -e 's|@bindir[@]|$(bindir)|g' -e 's|@sbindir[@]|$(sbindir)|g' \
	-e 's|@sysconfdir[@]|$(sysconfdir)|g' -e 's|@pkgdatadir[@]|$(pkgdatadir)|g' \
	-e 's|@pkglibexecdir[@]|$(pkglibexecdir)|g'
conf/cgwhad.service: conf/cgwhad.service.in Makefile
	$(AM_V_GEN)$(AT_DIRS) $(srcdir)/conf/cgwhad.service.in >$@.tmp && mv $@.tmp $@
conf/cgwha-gateway.service: conf/cgwha-gateway.service.in Makefile
	$(AM_V_GEN)$(AT_DIRS) $(srcdir)/conf/cgwha-gateway.service.in >$@.tmp && mv $@.tmp $@
conf/cgwha-reboot.service: conf/cgwha-reboot.service.in Makefile
	$(AM_V_GEN)$(AT_DIRS) $(srcdir)/conf/cgwha-reboot.service.in >$@.tmp && mv $@.tmp $@
conf/gateway: conf/gateway.in Makefile
	$(AM_V_GEN)$(AT_DIRS) $(srcdir)/conf/gateway.in >$@.tmp && chmod +x $@.tmp && mv $@.tmp $@
conf/cgwha.conf: conf/tmpfiles.conf.in Makefile
	$(AM_V_GEN)$(AT_DIRS) $(srcdir)/conf/tmpfiles.conf.in >$@.tmp && mv $@.tmp $@
conf/sysusers/cgwha.conf: conf/cgwha.sysusers
	$(AM_V_GEN)$(MKDIR_P) conf/sysusers && cp $(srcdir)/conf/cgwha.sysusers $@
conf/samples/upgrade-drained.conf: conf/samples/upgrade-drained.conf.in Makefile
	$(AM_V_GEN)$(AT_DIRS) $(srcdir)/conf/samples/upgrade-drained.conf.in >$@.tmp && mv $@.tmp $@

EXTRA_DIST += conf/cgwhad.service.in conf/cgwha-gateway.service.in conf/cgwha-reboot.service.in \
	conf/gateway.in conf/tmpfiles.conf.in conf/cgwha.sysusers conf/samples/upgrade-drained.conf.in
CLEANFILES += conf/cgwhad.service conf/cgwha-gateway.service conf/cgwha-reboot.service conf/gateway \
	conf/cgwha.conf conf/sysusers/cgwha.conf conf/samples/upgrade-drained.conf

dist_check_SCRIPTS += tests/conf/units
TESTS += tests/conf/units

include conf/man.mk
include conf/metrics/local.mk
include conf/ocf.mk
include conf/import/local.mk
