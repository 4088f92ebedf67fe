/* From what CPG and totem say to views: when one is complete, and its name.
 *
 * corosync (exec/cpg.c) tells of a ring change in this order, with no message in between: those who
 * left with their node (NODEDOWN), those who came with one (NODEUP), processes that had died
 * unnoticed (PROCDOWN), and last the ring itself.  A process that joins or leaves by itself (JOIN,
 * LEAVE, PROCDOWN) is told alone.  So a view is complete at the ring's callback when the reason was
 * NODEDOWN or NODEUP, and at once otherwise.  A PROCDOWN inside a ring change looks like one
 * outside: then a view of a moment is made, in which no message can be delivered.
 *
 * Pure: no I/O, no allocation. */
#ifndef CGWHA_CLUSTER_VIEW_H
#define CGWHA_CLUSTER_VIEW_H

#include <corosync/corotypes.h>
#include <corosync/cpg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cluster/cluster.h"

enum view_verdict {
    VIEW_SAME,    /* nothing to do: still incomplete, or as it was */
    VIEW_NEW,     /* tracker->view is a new view */
    VIEW_EVICTED, /* this process is no longer in the group */
    VIEW_DOUBLE,  /* another agent of this node was in the group first: tracker->other_pid */
};

struct view_tracker {
    const struct cluster_nodes *nodes;
    uint32_t pid;     /* own, as CPG names it */
    bool joined;      /* was seen in the group */
    bool ring_known;  /* the ring was told at least once */
    bool ring_coming; /* a ring change has begun: its last callback is awaited */
    size_t members, ring_size;
    struct cpg_address member[CPG_MEMBERS_MAX]; /* sorted by nodeid, pid */
    uint32_t ring[CPG_MEMBERS_MAX];             /* sorted nodeids */
    struct cpg_ring_id ring_id;
    struct cluster_view view; /* the last complete one; id 0 before it; quorate is not set here */
    uint32_t other_pid;       /* with VIEW_DOUBLE */
    uint32_t stranger;        /* a nodeid in the group that the nodelist does not have, or 0 */
};

/* A new connection to corosync: nothing is known. nodes must outlive the tracker. */
void view_begin(struct view_tracker *t, const struct cluster_nodes *nodes, uint32_t pid);
/* The group changed (cpg_confchg_fn_t). */
enum view_verdict view_group(struct view_tracker *t, const struct cpg_address *members, size_t n,
                             const struct cpg_address *left, size_t n_left,
                             const struct cpg_address *joined, size_t n_joined);
/* The ring is known or changed (cpg_totem_confchg_fn_t). */
enum view_verdict view_ring(struct view_tracker *t, struct cpg_ring_id id, const uint32_t *nodeids,
                            size_t n);
/* Index of a nodeid, or -1. */
int view_node(const struct cluster_nodes *nodes, uint32_t nodeid);

#endif
