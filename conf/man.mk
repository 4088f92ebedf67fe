# Manuals, completion, and the package for Debian.

# cgwha.conf(5) is made from the table of keys. It is checked in, so that it can be read without a
# build; a test proves that it is what the table prints, and `make conf-man` writes it anew.
noinst_PROGRAMS += conf/man/page
conf_man_page_SOURCES = conf/man/page.c
conf_man_page_LDADD = $(CONF_LIBS)
conf-man: conf/man/page$(EXEEXT)
	conf/man/page$(EXEEXT) >$(srcdir)/conf/man/cgwha.conf.5
.PHONY: conf-man

dist_man_MANS = \
	conf/man/cgwha.conf.5 \
	conf/man/cgwha-protocol.7 \
	conf/man/cgwha.8 \
	conf/man/cgwha-import.8 \
	conf/man/cgwhad.8

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = conf/completion/cgwha
zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = conf/completion/_cgwha

dist_check_SCRIPTS += tests/conf/manuals
TESTS += tests/conf/manuals

# What is read besides the manuals; docs/README.md tells of each.
dist_doc_DATA = docs/install.md docs/ipv6.md docs/lan.md docs/metrics.md docs/pacemaker.md \
	docs/providers.md docs/runbook.md docs/track.md
EXTRA_DIST += docs/README.md

# The packages: for Debian built from the unpacked tarball by dpkg-buildpackage -b, for Fedora and RHEL
# by rpmbuild -ta.
EXTRA_DIST += \
	cgwha.spec \
	debian/cgwha.README.Debian \
	debian/cgwha.dirs \
	debian/cgwha.docs \
	debian/cgwha.install \
	debian/cgwha.lintian-overrides \
	debian/cgwha.postrm \
	debian/cgwha-pacemaker.install \
	debian/cgwha-pacemaker.lintian-overrides \
	debian/changelog \
	debian/control \
	debian/copyright \
	debian/rules \
	debian/source/format \
	debian/tests/control \
	debian/tests/lab \
	debian/tests/smoke
