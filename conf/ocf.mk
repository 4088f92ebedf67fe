# What belongs to Pacemaker. Below the prefix, as make distcheck must not write elsewhere: Pacemaker
# looks in /usr/lib/ocf, so the prefix is /usr on a host where it runs.
ocfdir = $(prefix)/lib/ocf/resource.d/cgwha
dist_ocf_SCRIPTS = conf/ocf/gateway

pacemakerdir = $(pkgdatadir)/pacemaker
dist_pacemaker_SCRIPTS = conf/pacemaker/alert conf/pacemaker/hook
dist_pacemaker_DATA = conf/pacemaker/gateway.crm conf/pacemaker/gateway.pcs
