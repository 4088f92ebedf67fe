/* What an order asks of charon next, read off the SA table.
 *
 * Pure: no I/O and no clock; who carries it out also counts the seconds.  Nothing here decides
 * when to keep up, freshen or release: that is the engine's. */
#ifndef CGWHA_IPSEC_PLAN_H
#define CGWHA_IPSEC_PLAN_H

#include "ipsec/sa.h"

enum plan_act {
    PLAN_NOTHING,     /* it is as ordered */
    PLAN_WAIT,        /* charon is at work on it */
    PLAN_INITIATE,    /* the tunnel */
    PLAN_REKEY_IKE,   /* the IKE_SA .id */
    PLAN_REKEY_CHILD, /* the CHILD_SA .id */
    PLAN_TERMINATE,   /* the IKE_SA .id */
};

struct plan {
    enum plan_act act;
    uint32_t id;
};

/* The SAs that a freshen must replace: those that would rekey within the horizon. */
struct plan_stale {
    uint16_t ikes, children;
    uint32_t ike[SA_IKES_MAX], child[SA_CHILDREN_MAX];
};

void plan_mark_stale(const struct sa_table *table, uint32_t horizon_s, struct plan_stale *stale);

/* To have a tunnel up. Waits while an IKE_SA of it is CONNECTING or a CHILD_SA is being
 * negotiated: a second initiate makes duplicates (strongswan#2776). */
struct plan plan_up(const struct sa_table *table, unsigned tunnel);

/* To have a tunnel up and fresh: the IKE_SA first, then its CHILD_SAs, one at a time. */
struct plan plan_freshen(const struct sa_table *table, unsigned tunnel,
                         const struct plan_stale *stale);

/* To have an IKE_SA gone. Waits while a rekey is in progress (strongswan#2477): its successor
 * would stay behind. `patient` also waits for what may end by itself: a CONNECTING one, which
 * charon would drop without telling the peer, and a rekeyed CHILD_SA still to be deleted. */
struct plan plan_release(const struct sa_table *table, const struct sa_ike *ike, bool patient);

/* One tunnel's state in words, for a sentence: "tun11 has no IKE_SA". */
const char *plan_words(const struct sa_table *table, unsigned tunnel,
                       const struct plan_stale *stale, char *out, size_t size);

#endif
