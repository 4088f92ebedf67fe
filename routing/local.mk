# The router interface and what stands behind it: one driver, and a backend with its codec for each
# router.
noinst_LIBRARIES += routing/librouting.a
routing_librouting_a_SOURCES = \
	routing/prefix.c routing/prefix.h \
	routing/router.h \
	routing/reply.c routing/reply.h \
	routing/readback.c routing/readback.h \
	routing/control.c routing/control.h \
	routing/look.c routing/look.h \
	routing/driver.c routing/order.c routing/driver.h \
	routing/backend.h \
	routing/bird_reply.c routing/bird_reply.h \
	routing/bird_level.c routing/bird_level.h \
	routing/bird.c \
	routing/frr_reply.c routing/frr_reply.h \
	routing/frr_level.c routing/frr_level.h \
	routing/frr.c \
	routing/rise.c routing/rise.h \
	routing/echo.c routing/echo.h \
	routing/router.c
