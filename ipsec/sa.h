/* The table of security associations, as charon lists them.
 *
 * Pure: VICI messages in, tunnels as seen out.  A snapshot is read beside the last one and takes
 * its place only when it is complete.  Counters never run backwards: each CHILD_SA is remembered
 * by its identity with the counters last read, and only what it gained is added to its tunnel. */
#ifndef CGWHA_IPSEC_SA_H
#define CGWHA_IPSEC_SA_H

#include <stdbool.h>
#include <stdint.h>

#include "ipsec/ipsec.h"
#include "ipsec/vici.h"

#define SA_IKES_MAX     64  /* IKE_SAs of ours; duplicates occur (strongswan#2477) */
#define SA_CHILDREN_MAX 128 /* CHILD_SAs of ours, with the rekeyed and the dying */
#define SA_MEMORY_MAX   256 /* CHILD_SAs whose counters are remembered, the long gone too */

/* States as charon names them (ike_sa.c, child_sa.c). OTHER is a name we do not know. */
#define IKE_STATES(X)                                                                              \
    X(CREATED)                                                                                     \
    X(CONNECTING) X(ESTABLISHED) X(PASSIVE) X(REKEYING) X(REKEYED) X(DELETING) X(DESTROYING)
#define CHILD_STATES(X)                                                                            \
    X(CREATED)                                                                                     \
    X(ROUTED)                                                                                      \
    X(INSTALLING)                                                                                  \
    X(INSTALLED) X(UPDATING) X(REKEYING) X(REKEYED) X(RETRYING) X(DELETING) X(DELETED) X(DESTROYING)

enum ike_state {
    IKE_OTHER,
#define X(name) IKE_##name,
    IKE_STATES(X)
#undef X
};

enum child_state {
    CHILD_OTHER,
#define X(name) CHILD_##name,
    CHILD_STATES(X)
#undef X
};

enum counter { PACKETS_IN, PACKETS_OUT, BYTES_IN, BYTES_OUT, COUNTERS };

struct sa_ike {
    uint32_t id;     /* charon's unique id */
    uint8_t tunnels; /* those whose connection it is of, a bit each */
    enum ike_state state;
    bool rekeying;    /* a rekey task queued or at work */
    bool creating;    /* a CHILD_SA is being negotiated */
    bool deleting;    /* its DELETE is queued or sent */
    int64_t rekey_in; /* seconds; -1 unknown, 0 overdue */
};

struct sa_child {
    uint32_t id;
    uint32_t spi_in; /* 0 if not shown */
    uint16_t ike;    /* index of its IKE_SA in the same set */
    uint8_t tunnels; /* those it is the CHILD_SA of, a bit each */
    enum child_state state;
    int64_t rekey_in;
    bool counted; /* charon showed counters */
    uint64_t count[COUNTERS];
};

struct sa_set {
    uint16_t ikes, children;
    bool crowded; /* there were more than fit; those are not here */
    struct sa_ike ike[SA_IKES_MAX];
    struct sa_child child[SA_CHILDREN_MAX];
};

struct sa_memory {
    uint32_t id, spi_in;
    uint64_t round; /* of the snapshot that showed it last; 0 = a free place */
    uint64_t count[COUNTERS];
};

struct sa_table {
    uint8_t count;
    struct ipsec_tunnel tunnel[TUNNELS_MAX];
    uint8_t configured, configured_next; /* a bit each */
    uint64_t round;
    struct sa_set now, next; /* the last complete snapshot, and the one being read */
    struct sa_memory memory[SA_MEMORY_MAX];
    uint64_t sum[TUNNELS_MAX][COUNTERS];
};

void sa_init(struct sa_table *table, const struct ipsec_conf *conf);

/* A snapshot: begin, one add for each list-sa event, commit. An add that fails (err says why)
 * spoils it: begin anew. IKE_SAs of other connections are left out. */
void sa_begin(struct sa_table *table);
bool sa_add(struct sa_table *table, struct vici_text message, char err[ERR_MAX]);
/* What the listing just read seems to have lost since the last snapshot. */
enum sa_loss {
    SA_NONE,
    SA_GONE,  /* an IKE_SA, or a tunnel's installed CHILD_SA. A list-sas with `noblock` leaves out
               * what charon is busy with, so this must be asked again without it. */
    SA_MOVED, /* the installed CHILD_SA of a tunnel whose IKE_SA is being replaced: it is on its
               * way to the new one, which the listing may just have missed. Ask again. */
};
enum sa_loss sa_loss(const struct sa_table *table);
void sa_commit(struct sa_table *table);

/* The same for list-conn events: which tunnels charon has loaded. */
void sa_conns_begin(struct sa_table *table);
bool sa_conns_add(struct sa_table *table, struct vici_text message, char err[ERR_MAX]);
void sa_conns_commit(struct sa_table *table);

/* True if an SA event (ike-updown, child-updown, ...) is about a connection of ours. */
bool sa_event_is_ours(const struct sa_table *table, struct vici_text message);

/* What the last complete snapshot shows. Fills only the tunnels. */
void sa_seen(const struct sa_table *table, struct ipsec_seen *seen);

/* Carries traffic now: INSTALLED, or REKEYING or UPDATING, when the old SA stays in place until
 * its successor is there; and its IKE_SA is not being deleted. */
bool sa_child_installed(const struct sa_set *set, const struct sa_child *child);

const char *ike_state_name(enum ike_state state);
const char *child_state_name(enum child_state state);

#endif
