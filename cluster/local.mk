# corosync, and the wire format.
noinst_LIBRARIES += cluster/libcluster.a
cluster_libcluster_a_SOURCES = cluster/cluster.h cluster/wire.h
