/* A connection to corosync: CPG with the group joined, and quorum if it can be had.
 *
 * To make and to end one may block for ever (see cluster/courier.h), so both are errands.  Between
 * the two the handles belong to the loop's thread. */
#ifndef CGWHA_CLUSTER_LINK_H
#define CGWHA_CLUSTER_LINK_H

#include <corosync/corotypes.h>
#include <corosync/cpg.h>
#include <corosync/quorum.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/limits.h"
#include "cluster/courier.h"

#define LINK_GROUP "cgwha" /* the CPG group of the agents */

struct link {
    cpg_handle_t cpg;
    int cpg_fd; /* -1: no connection */
    quorum_handle_t quorum;
    int quorum_fd; /* -1: not to be had; only people miss it */
};

struct link_callbacks {
    cpg_deliver_fn_t deliver;
    cpg_confchg_fn_t group;
    cpg_totem_confchg_fn_t ring;
    quorum_v1_quorum_notification_fn_t quorum;
    void *context;   /* of both handles */
    uint32_t nodeid; /* who this host is taken for: joins only if corosync says so too */
};

/* Sends a courier to connect and join; NULL with err. Collect with link_connected(). */
struct courier *link_connect(const struct link_callbacks *callbacks, char err[ERR_MAX]);
/* Takes what a courier that is done has brought. False with err: no connection. */
bool link_connected(struct courier *courier, struct link *out, char err[ERR_MAX]);
/* Sends a courier to close a connection; its fds must not be polled any more. NULL with err; the
 * handles are lost then. Collect with link_closed(). */
struct courier *link_close(const struct link *link, char err[ERR_MAX]);
void link_closed(struct courier *courier);

#endif
