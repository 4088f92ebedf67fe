/* One look at BIRD: its sessions, and what each of them really exports.
 *
 * `show protocols all`, the export table of each Established session, and `show protocols` once
 * more: if a session changed meanwhile the look begins again, so that what it delivers was true at
 * one moment.  Tables pass through line by line; nothing grows with their size. */
#ifndef CGWHA_ROUTING_BIRD_LOOK_H
#define CGWHA_ROUTING_BIRD_LOOK_H

#include "routing/bird_client.h"
#include "routing/bird_level.h"
#include "routing/bird_readback.h"

#define BIRD_LOOK_TRIES 5 /* looks begun again before it is called restless */

struct bird_look {
    /* Set once by the owner. */
    struct bird_client *client;
    const struct router_conf *conf;
    /* The look has ended. Not ok: why says so, and nothing was learnt. Never called from within
     * bird_look_start. */
    void (*done)(void *ctx, bool ok, const char *why);
    void *ctx;

    bool busy;
    unsigned level; /* enum level that the level file named when it began, or LEVELS */
    struct bird_session_read read[SESSIONS_MAX];

    /* Its own. */
    unsigned tries;
    unsigned session, family; /* whose table is being read: 0 IPv4, 1 IPv6 */
    uint64_t fingerprint[SESSIONS_MAX];
    bool same[SESSIONS_MAX];
    bool table[SESSIONS_MAX][2]; /* tables to read */
    struct bird_protocols protocols;
    struct bird_routes routes;
};

/* Begins a look; false if there is no connection. Only when it is not busy. */
bool bird_look_start(struct bird_look *look);

#endif
