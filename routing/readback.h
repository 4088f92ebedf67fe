/* What is really exported, against what a level demands.
 *
 * Pure: it is fed the routes of the adj-outs one by one and keeps only counts and the first route
 * that is wrong.  A shared prefix that the user's filter does not export at all is no fault of the
 * level: whether everything is covered is judged elsewhere, from .exported. */
#ifndef CGWHA_ROUTING_READBACK_H
#define CGWHA_ROUTING_READBACK_H

#include "routing/reply.h"
#include "routing/router.h"

/* What a router's adj-out looks like, and what to look at when it is not as it should be. The texts
 * go on in a sentence; each %s in them is the session's name. */
struct readback_manner {
    uint32_t own_as;        /* our own AS stands in an eBGP path so often, nothing prepended */
    const char *unreadable; /* what to do if it cannot be read */
    const char *untrusted;  /* if it is not what the neighbour gets */
    const char *ask_filter; /* if it is not what the level demands: a question, for the cloud */
    const char *ask_filter_lan;
    const char *ask_filter_ospf;
};

/* One session as read so far. Zeroed, then .seen, .internal and .trusted set, then fed. */
struct session_read {
    struct router_session_seen seen;
    bool internal;      /* iBGP, or OSPF: nothing is prepended */
    bool trusted;       /* what the adj-out shows is what the neighbour gets */
    uint64_t off_level; /* shared prefixes seen with other attributes: a bit each */
    bool wrong;
    struct adj_route first_wrong;
};

/* Takes in one route of session number `session`; level LEVELS means: no level is known. */
void readback_route(const struct router_conf *conf, const struct readback_manner *manner,
                    unsigned session, unsigned level, struct session_read *read,
                    const struct adj_route *route);

/* Whether every Established session shows the level. If not, why says which one does not, what it
 * exports, what was wanted, and what to look at. */
bool readback_agrees(const struct router_conf *conf, const struct readback_manner *manner,
                     enum level level, const struct session_read read[SESSIONS_MAX],
                     char why[ERR_MAX]);

#endif
