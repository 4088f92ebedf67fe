# The router interface and what stands behind it.
noinst_LIBRARIES += routing/librouting.a
routing_librouting_a_SOURCES = \
	routing/prefix.c routing/prefix.h \
	routing/router.h
