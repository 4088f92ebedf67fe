/* The one router interface; BIRD and FRR stand behind it.
 *
 * A router driver shows what is really exported and does what it is told.  It never decides
 * anything, never blocks, and reports what it has read back, not what it has configured. */
#ifndef CGWHA_ROUTING_ROUTER_H
#define CGWHA_ROUTING_ROUTER_H

#include <qb/qbloop.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "agent/limits.h"
#include "agent/lists.h"
#include "routing/prefix.h"

/* What one level sets, from the configuration. */
struct level_attr {
    uint32_t med;        /* towards the cloud (RFC 4271 section 5.1.4) */
    uint32_t lan_med;    /* towards the LAN */
    uint8_t prepend;     /* own ASN this many times more, towards the cloud */
    uint8_t lan_prepend; /* the same towards the LAN */
    bool gshut;          /* GRACEFUL_SHUTDOWN community 65535:0 (RFC 8326) */
};

struct router_session {
    char name[NAME_MAX_LEN]; /* the router's name for it: BIRD protocol, FRR neighbour */
    int32_t med_offset;      /* the user's filter adds this to the level's MED (a tunnel's rank) */
    bool lan;                /* towards the LAN, not the cloud */
    char protocol[NAME_MAX_LEN]; /* LAN: bgp or ospf, as configured; a tunnel's is BGP */
};

/* Whether it is no BGP session but an OSPF protocol, whose neighbours are many: it is established
 * when one of them is Full, and what it exports is what it floods, with the level's MED as metric.
 */
static inline bool router_session_is_ospf(const struct router_session *session)
{
    return strcmp(session->protocol, "ospf") == 0;
}

/* The routers there are, each by the middle of its router_..._create(). */
#define ROUTER_KINDS(X) X(bird) X(frr)

struct router_conf {
    char kind[NAME_MAX_LEN];         /* one of these */
    char socket[PATH_LEN];           /* BIRD's */
    char level_file[PATH_LEN];       /* BIRD's */
    char vty_socket[PATH_LEN];       /* FRR's bgpd's */
    char vrf[NAME_MAX_LEN];          /* FRR: of the BGP instance; empty: the default one */
    uint32_t asn;                    /* local AS, for reading prepends back */
    struct level_attr level[LEVELS]; /* [LEVEL_WITHDRAWN] is unused */
    struct prefix_list prefixes;     /* the shared ones */
    uint8_t count;
    struct router_session session[SESSIONS_MAX]; /* tunnels first, in their order, then LANs */
};

/* One session as read. */
struct router_session_seen {
    bool known;            /* the router has a session of this name */
    bool established;      /* BGP Established */
    bool disabled;         /* closed by an administrator (or by us) */
    bool table;            /* its adj-out can be read; BIRD: `export table on` */
    uint64_t exported;     /* cloud side: shared prefixes in its adj-out, a bit each */
    uint64_t at_level;     /* those of them that carry exactly the attributes of .level below */
    uint32_t routes_out;   /* all routes in its adj-out */
    uint32_t routes_wrong; /* LAN side: routes in its adj-out that do not carry the level's MED */
    uint32_t routes_in;    /* routes imported from it */
    char state[24];        /* the router's own word for the session's state */
};

/* A snapshot: complete, of one moment, or not delivered at all. */
struct router_seen {
    bool reachable;   /* false: nothing below is known, .why says what to do */
    uint8_t level;    /* enum level that the router was given (BIRD: what the level file names) */
    bool level_known; /* false: it was given none by us */
    struct router_session_seen session[SESSIONS_MAX];
    char version[NAME_MAX_LEN]; /* "BIRD 2.0.12", "FRR 8.4.4" */
    char why[ERR_MAX];
};

/* How an effect ended. */
enum outcome { OUTCOME_OK, OUTCOME_FAILED, OUTCOME_TIMEOUT };

/* What a driver tells its owner. `why` is a sentence for a person, empty on success. */
struct router_events {
    void (*seen)(void *ctx, const struct router_seen *seen);
    void (*done)(void *ctx, uint32_t id, enum outcome outcome, const char *why);
};

/* Orders. Each order with an id ends in exactly one done() with that id, before its deadline (a
 * driver that cannot tell says OUTCOME_TIMEOUT itself). A new set_level supersedes one in flight,
 * which then ends OUTCOME_FAILED first. None calls back before it has returned. */
struct router_ops {
    /* Asks for one snapshot, seen() follows; a second poll while one is under way is joined to it.
     */
    void (*poll)(void *self);
    /* Puts the level in force and reads it back on every Established session, cloud and LAN:
     * withdrawn is done when every adj-out of ours is empty. An order that cannot be read back
     * before deadline_ms is undone, and fails with what was seen instead. */
    void (*set_level)(void *self, uint32_t id, enum level level, uint32_t deadline_ms);
    /* Closes the cloud sessions (not the LAN's) with an RFC 9003 shutdown message; done when all
     * are down. */
    void (*close_sessions)(void *self, uint32_t id, const char *message, uint32_t deadline_ms);
    /* Opens them again; done when the router has accepted it, Established or not. */
    void (*open_sessions)(void *self, uint32_t id, uint32_t deadline_ms);
    void (*destroy)(void *self);
};

struct router {
    const struct router_ops *ops;
    void *self;
};

/* Makes the BIRD driver; it connects by itself and reconnects for ever. conf is copied; ctx is the
 * caller's. False with err only if memory or the loop fails: a dead BIRD is a snapshot with
 * reachable = false, not an error here. Source: BIRD 2 doc "Remote control", doc/reply_codes. */
bool router_bird_create(struct router *out, qb_loop_t *loop, const struct router_conf *conf,
                        const struct router_events *events, void *ctx, char err[ERR_MAX]);

/* Makes the FRR driver, in the same way. Source: FRR 8.4 lib/vty.c, doc "BGP". */
bool router_frr_create(struct router *out, qb_loop_t *loop, const struct router_conf *conf,
                       const struct router_events *events, void *ctx, char err[ERR_MAX]);

/* Makes the driver that conf names. */
bool router_create(struct router *out, qb_loop_t *loop, const struct router_conf *conf,
                   const struct router_events *events, void *ctx, char err[ERR_MAX]);
#endif
