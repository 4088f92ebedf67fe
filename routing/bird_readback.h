/* What is really exported, against what a level demands.
 *
 * Pure: it is fed the routes of the export tables one by one and keeps only counts and the first
 * route that is wrong.  A shared prefix that the user's filter does not export at all is no fault
 * of the level: whether everything is covered is judged elsewhere, from .exported. */
#ifndef CGWHA_ROUTING_BIRD_READBACK_H
#define CGWHA_ROUTING_BIRD_READBACK_H

#include "routing/bird_reply.h"
#include "routing/router.h"

/* One session as read so far. Zeroed, then .seen, .internal and .route_server set, then fed. */
struct bird_session_read {
    struct router_session_seen seen;
    bool internal;      /* iBGP: nothing is prepended */
    bool route_server;  /* `rs client`: what the table shows is what the neighbour gets */
    uint64_t off_level; /* shared prefixes seen with other attributes: a bit each */
    bool wrong;
    struct bird_route first_wrong;
};

/* Takes in one route of session number `session`; level LEVELS means: no level is known. */
void bird_readback_route(const struct router_conf *conf, unsigned session, unsigned level,
                         struct bird_session_read *read, const struct bird_route *route);

/* Whether every Established session shows the level. If not, why says which one does not, what it
 * exports, what was wanted, and what to look at. */
bool bird_readback_agrees(const struct router_conf *conf, enum level level,
                          const struct bird_session_read read[SESSIONS_MAX], char why[ERR_MAX]);

#endif
