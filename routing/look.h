/* One look at a router: its sessions, and what each of them really exports.
 *
 * The level, the sessions, the adj-out of each Established one, and the sessions once more: if one
 * changed meanwhile the look begins again, so that what it delivers was true at one moment.  What
 * to ask, and what the answer means, is the backend's. */
#ifndef CGWHA_ROUTING_LOOK_H
#define CGWHA_ROUTING_LOOK_H

#include "routing/control.h"
#include "routing/readback.h"

#define LOOK_TRIES 5 /* looks begun again before it is called restless */

enum look_stage { LOOK_LEVEL, LOOK_SESSIONS, LOOK_TABLE, LOOK_AGAIN };

struct backend;

struct router_look {
    /* Set once by the owner. */
    const struct backend *backend;
    void *inside; /* the backend's own */
    struct control *control;
    const struct router_conf *conf;
    /* The look has ended. Not ok: why says so, and nothing was learnt. Never called from within
     * router_look_start. */
    void (*done)(void *ctx, bool ok, const char *why);
    void *ctx;

    bool busy;
    unsigned level; /* enum level that the router was given when the look began, or LEVELS */
    struct session_read read[SESSIONS_MAX];
    char at[SESSIONS_MAX][SESSION_AT_LEN]; /* what the router calls each that is known */

    /* Its own; what is being asked is for the backend to read. */
    enum look_stage stage;
    unsigned session, family, pass; /* whose adj-out is being read: family 0 IPv4, 1 IPv6 */
    unsigned tries;
    bool twice[SESSIONS_MAX];     /* two of the router's go by this name */
    bool listed[2][SESSIONS_MAX]; /* the first time, and once more */
    uint64_t fingerprint[2][SESSIONS_MAX];
    bool table[SESSIONS_MAX][2]; /* adj-outs to read */
};

/* Begins a look; false if there is no connection. Only when it is not busy. */
bool router_look_start(struct router_look *look);

/* For the backend, from its piece() or reply(): */

/* A session that the router lists, at LOOK_SESSIONS and at LOOK_AGAIN. */
void router_look_take_session(struct router_look *look, const struct session_said *said);
/* A route of the adj-out that is being read. */
void router_look_take_route(struct router_look *look, const struct adj_route *route);
/* That adj-out cannot be read. */
void router_look_no_table(struct router_look *look);

#endif
