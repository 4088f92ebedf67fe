# The router interface and what stands behind it.
noinst_LIBRARIES += routing/librouting.a
routing_librouting_a_SOURCES = \
	routing/prefix.c routing/prefix.h \
	routing/router.h \
	routing/bird_reply.c routing/bird_reply.h \
	routing/bird_level.c routing/bird_level.h \
	routing/bird_readback.c routing/bird_readback.h \
	routing/bird_client.c routing/bird_client.h \
	routing/bird_look.c routing/bird_look.h \
	routing/bird.c routing/bird_order.c routing/bird_driver.h
