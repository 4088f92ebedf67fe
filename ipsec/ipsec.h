/* The IPsec side of a node: its tunnels' SAs, as charon shows them by VICI.
 *
 * The driver keeps a table of SAs from events and snapshots, initiates what is down while it is
 * told to keep them up, freshens, and releases with IKE DELETE.  It never decides when. */
#ifndef CGWHA_IPSEC_IPSEC_H
#define CGWHA_IPSEC_IPSEC_H

#include <qb/qbloop.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/limits.h"
#include "routing/router.h" /* enum outcome */

struct ipsec_tunnel {
    char ike[NAME_MAX_LEN];   /* swanctl.conf connection */
    char child[NAME_MAX_LEN]; /* and its CHILD_SA configuration */
};

struct ipsec_conf {
    char socket[PATH_LEN]; /* path of charon's VICI socket */
    uint8_t count;
    struct ipsec_tunnel tunnel[TUNNELS_MAX];
};

struct ipsec_tunnel_seen {
    bool configured;  /* charon has loaded a connection and child of this name */
    bool installed;   /* at least one CHILD_SA INSTALLED (or REKEYED with its successor there) */
    bool connecting;  /* an IKE_SA is CONNECTING */
    uint8_t ike_sas;  /* IKE_SAs of it, in any state */
    uint8_t children; /* CHILD_SAs of it, in any state */
    /* Monotonic over rekeys for as long as the agent lives: deltas of each CHILD_SA summed up. */
    uint64_t packets_in, packets_out, bytes_in, bytes_out;
    int64_t rekey_in_s; /* seconds to the next rekey of its CHILD_SA or IKE_SA; -1 unknown */
};

/* A snapshot: complete or not delivered. */
struct ipsec_seen {
    bool reachable; /* false: nothing below is known, .why says what to do */
    uint64_t at_ns; /* CLOCK_MONOTONIC when the counters were read, for rates */
    struct ipsec_tunnel_seen tunnel[TUNNELS_MAX];
    char version[NAME_MAX_LEN]; /* charon's own */
    char why[ERR_MAX];
};

struct ipsec_events {
    void (*seen)(void *ctx, const struct ipsec_seen *seen);
    void (*done)(void *ctx, uint32_t id, enum outcome outcome, const char *why);
};

/* Orders, with the same rules as struct router_ops. */
struct ipsec_ops {
    /* Asks for one snapshot; joined to one under way. An SA event brings one by itself. */
    void (*poll)(void *self);
    /* While on, initiates each tunnel that is down: never while CONNECTING, with backoff, one at a
     * time for each tunnel (charon does not retry NO_PROPOSAL_CHOSEN). Off: leaves things alone. */
    void (*keep_up)(void *self, bool on);
    /* Initiates what is down, rekeys what would rekey within horizon_s; done OK when every tunnel
     * is installed and fresh, FAILED with the tunnels that are not. */
    void (*freshen)(void *self, uint32_t id, uint32_t horizon_s, uint32_t deadline_ms);
    /* IKE DELETE (RFC 7296 section 1.4.1) for every IKE_SA of ours, waits for the answers; done OK
     * when no SA is left, FAILED/TIMEOUT with those that are. Never inside a rekey. Turns keep_up
     * off first. */
    void (*release)(void *self, uint32_t id, uint32_t deadline_ms);
    void (*destroy)(void *self);
};

struct ipsec {
    const struct ipsec_ops *ops;
    void *self;
};

/* Makes the charon driver; it connects by itself and reconnects for ever. conf is copied. False
 * with err only if memory or the loop fails. Source: strongSwan
 * src/libcharon/plugins/vici/README.md. */
bool ipsec_charon_create(struct ipsec *out, qb_loop_t *loop, const struct ipsec_conf *conf,
                         const struct ipsec_events *events, void *ctx, char err[ERR_MAX]);

#endif
