# What is there for those who watch: units for both ways out, alert rules, a dashboard.
metricsdir = $(pkgdatadir)/metrics
dist_metrics_DATA = conf/metrics/alerts.yml conf/metrics/alerts-test.yml conf/metrics/dashboard.json
metrics_units = conf/metrics/cgwha-metrics.socket conf/metrics/cgwha-metrics-textfile.timer
metrics_services = conf/metrics/cgwha-metrics@.service conf/metrics/cgwha-metrics-textfile.service
nodist_systemdunit_DATA += $(metrics_units) $(metrics_services)

$(metrics_services): Makefile
	$(AM_V_GEN)$(MKDIR_P) conf/metrics && \
	sed 's|@bindir[@]|$(bindir)|g' $(srcdir)/$@.in >$@.tmp && mv $@.tmp $@
conf/metrics/cgwha-metrics@.service: conf/metrics/cgwha-metrics@.service.in
conf/metrics/cgwha-metrics-textfile.service: conf/metrics/cgwha-metrics-textfile.service.in

EXTRA_DIST += docs/metrics.md $(metrics_units) $(metrics_services:%=%.in)
CLEANFILES += $(metrics_services)

dist_check_SCRIPTS += tests/conf/metrics
TESTS += tests/conf/metrics
