# The command cgwha, and the door in the daemon through which it comes.
noinst_LIBRARIES += agent/libapi.a
agent_libapi_a_SOURCES = \
	agent/api.c agent/api.h \
	agent/peer.c agent/peer.h \
	agent/request.c agent/request.h \
	agent/report.c agent/report.h \
	agent/sentence.c agent/sentence.h \
	agent/span.c agent/span.h \
	agent/json_read.c agent/json_read.h

# What a program needs to link it, before the runtime's libraries.
API_LIBS = agent/libapi.a
