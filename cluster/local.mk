# corosync, and the wire format.
noinst_LIBRARIES += cluster/libcluster.a
cluster_libcluster_a_SOURCES = \
	cluster/cluster.h \
	cluster/corosync.c \
	cluster/courier.c cluster/courier.h \
	cluster/inbox.c cluster/inbox.h \
	cluster/link.c cluster/link.h \
	cluster/nodelist.c cluster/nodelist.h \
	cluster/nodes.c \
	cluster/outbox.c cluster/outbox.h \
	cluster/view.c cluster/view.h \
	cluster/wire.c cluster/wire.h
