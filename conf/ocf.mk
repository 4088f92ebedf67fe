# What belongs to Pacemaker. Below the prefix, as make distcheck must not write elsewhere: Pacemaker
# looks in /usr/lib/ocf, so the prefix is /usr on a host where it runs. The hook does no harm where
# it does not.
ocfdir = $(prefix)/lib/ocf/resource.d/cgwha
dist_ocf_SCRIPTS = conf/ocf/gateway
dist_man_MANS += conf/man/ocf_cgwha_gateway.7

pacemakerdir = $(pkgdatadir)/pacemaker
dist_pacemaker_SCRIPTS = conf/pacemaker/alert
dist_pacemaker_DATA = conf/pacemaker/gateway.crm conf/pacemaker/gateway.pcs
pacemakerhookdir = $(cgwhaconfdir)/hooks.d
dist_pacemakerhook_SCRIPTS = conf/pacemaker/30-pacemaker
