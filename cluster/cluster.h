/* The cluster as the agent needs it: one totally ordered stream of views and messages.
 *
 * Behind it are corosync's CPG, quorum and cmap.  When corosync is gone the node is alone: the
 * stream goes on with a view of one, and own messages come back at once, so that the engine need
 * not know. */
#ifndef CGWHA_CLUSTER_CLUSTER_H
#define CGWHA_CLUSTER_CLUSTER_H

#include <qb/qbloop.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/limits.h"
#include "agent/record.h"

/* The configured nodes, from cmap's nodelist, in order of nodeid: the engine's indexes. */
struct cluster_nodes {
    uint8_t count;
    uint8_t self;           /* index of this host */
    uint32_t id[NODES_MAX]; /* corosync nodeid */
    char name[NODES_MAX][NAME_MAX_LEN];
    /* How corosync runs now (corosync.conf(5)), milliseconds; 0: it does not run, or does not say.
     */
    uint32_t token_ms, consensus_ms;
};

/* A view: who can hear whom, and in what order things happened. */
struct cluster_view {
    /* The same on all members; another than the one before; 0: alone, no corosync. When a process
     * came and went again within one ring, the id of the view before it comes back. */
    uint64_t id;
    uint8_t members;   /* agents in the group, a bit each by node index; always holds self */
    uint8_t ring;      /* nodes in the totem ring, a bit each; always holds self */
    bool quorate;      /* shown to people only: quorum cannot permit a withdraw */
    char why[ERR_MAX]; /* with id 0: why corosync cannot be used */
};

struct cluster_events {
    /* A new view. Messages delivered from now on belong to it. */
    void (*view)(void *ctx, const struct cluster_view *view);
    /* A message sent in the present view, in total order; one's own too. */
    void (*deliver)(void *ctx, const struct message *message);
    /* What people are shown of the present view changed: quorate, or why with id 0. The view itself
     * did not; its id is the same. May be NULL. */
    void (*shown)(void *ctx, const struct cluster_view *view);
};

struct cluster_ops {
    /* Sends to all members, oneself included, in FIFO order; sent again until seen delivered,
     * dropped when the view in which it was sent ends. False if the outbox is full or a field of
     * the message is out of range. Never delivers before it has returned. */
    bool (*send)(void *self, const struct message *message);
    void (*destroy)(void *self);
};

struct cluster {
    const struct cluster_ops *ops;
    void *self;
};

/* Makes the corosync driver; nodes as cluster_nodes_read() found them. It connects by itself and
 * reconnects for ever; a corosync that is not there yet makes a view of id 0. The first view comes
 * from the loop, within two seconds. events are called from the loop only and must not destroy the
 * driver. destroy() leaves the group and waits at most half a second for it. False with err.
 * Source: cpg_overview(3), quorum_overview(3). */
bool cluster_corosync_create(struct cluster *out, qb_loop_t *loop,
                             const struct cluster_nodes *nodes, const struct cluster_events *events,
                             void *ctx, char err[ERR_MAX]);

/* The configured nodes: from cmap, or from corosync_conf (a path) if corosync does not answer. self
 * is found by corosync's local nodeid, or by matching the nodes' names and ring addresses with this
 * host. False with err. May block for two seconds: only before the loop runs. Source:
 * cmap_overview(3), cmap_keys(7), corosync.conf(5). */
bool cluster_nodes_read(struct cluster_nodes *out, const char *corosync_conf, char err[ERR_MAX]);

/* What is to be said of corosync's timing: a sentence in out, or an empty one. The dead of a
 * gateway is known after token and consensus; a consensus below 1.2 times the token breaks
 * membership up. */
void cluster_timing_advice(const struct cluster_nodes *nodes, char out[ERR_MAX]);

#endif
