# The configuration, and everything that is shipped to be installed.
noinst_LIBRARIES += conf/libconf.a
conf_libconf_a_SOURCES = conf/conf.h
