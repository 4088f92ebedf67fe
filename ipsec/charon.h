/* The charon driver's inside, shared by charon.c, look.c and act.c; nobody else includes it, save
 * its tests.
 *
 * Two connections: one looks (events and listings), one acts (initiate, rekey, terminate), so that
 * an order that charon is slow to take never holds up what is seen.  The owner is only ever called
 * from charon.c's deliver(), run by the loop: never from inside an order, never from inside a
 * connection's callback. */
#ifndef CGWHA_IPSEC_CHARON_H
#define CGWHA_IPSEC_CHARON_H

#include "ipsec/client.h"
#include "ipsec/ipsec.h"
#include "ipsec/plan.h"
#include "ipsec/sa.h"

/* Milliseconds. */
struct charon_timing {
    uint32_t answer;     /* charon may take so long to answer a listing */
    uint32_t act_answer; /* and so long to take an order: it may be resolving a name */
    uint32_t reconnect;  /* first wait before connecting again, doubled each time */
    uint32_t reconnect_max;
    uint32_t tick;      /* between snapshots while an order runs, besides those by events */
    uint32_t keep_tick; /* the same while a tunnel that is kept up is down */
    uint32_t down;      /* down so long before it is initiated: charon may be doing it itself */
    uint32_t backoff;   /* first wait before it is initiated again, doubled each time */
    uint32_t backoff_max;
    uint32_t retry;    /* a rekey or DELETE that left no trace is asked for again */
    uint32_t patience; /* a release waits so long for half-open and just replaced SAs */
    uint32_t conns;    /* between listings of what is configured */
};

#define CHARON_TIMING                                                                              \
    {                                                                                              \
        .answer = 3000, .act_answer = 10000, .reconnect = 100, .reconnect_max = 2000, .tick = 100, \
        .keep_tick = 320, .down = 300, .backoff = 1000, .backoff_max = 15000, .retry = 2000,       \
        .patience = 2000, .conns = 30000,                                                          \
    }

/* How often a listing is asked again, in one snapshot, before what it lacks is believed gone. */
#define RELISTS_GONE  2
#define RELISTS_MOVED 8 /* in the middle of a rekey */

#define DONES_MAX 32 /* orders ended and not yet told */
#define TRIED_MAX 96 /* SAs an order has rekeyed or terminated */

/* A one-shot timer that knows whether it is set. */
struct alarm {
    bool set;
    qb_loop_timer_handle handle;
};

enum link_state {
    LINK_DOWN,     /* waiting to connect again; .why says why */
    LINK_GREETING, /* connected, the first snapshot not yet complete */
    LINK_UP,
};

enum order_kind { ORDER_NONE, ORDER_FRESHEN, ORDER_RELEASE };

struct tried {
    enum plan_act act;
    uint32_t id;
    uint64_t at_ns;
};

struct order {
    enum order_kind kind;
    uint32_t id;
    uint32_t horizon_s;
    uint64_t began_ns;
    uint64_t first_look; /* number of the first snapshot that began after the order */
    bool marked;
    struct plan_stale stale;
    unsigned tries; /* ring of TRIED_MAX */
    struct tried tried[TRIED_MAX];
};

struct done {
    uint32_t id;
    enum outcome outcome;
    char why[ERR_MAX];
};

/* How the initiating of one tunnel goes. */
struct keep {
    uint64_t down_ns;    /* since when it is seen down; 0 = it is not */
    bool asked;          /* charon has yet to take an initiate of it */
    uint64_t first_look; /* number of the first snapshot that can show what became of it */
    uint64_t next_ns;    /* not initiated again before */
    uint32_t backoff;    /* ms */
};

struct charon {
    qb_loop_t *loop;
    struct ipsec_conf conf;
    struct charon_timing timing;
    const struct ipsec_events *events;
    void *ctx;

    struct client look, act;
    enum link_state link;
    uint32_t reconnect_ms;
    char why[ERR_MAX]; /* while the link is down */
    char version[NAME_MAX_LEN];

    struct sa_table table;
    bool looking;      /* a snapshot is being read */
    bool look_again;   /* something changed meanwhile */
    bool sure;         /* the one being read, or last read, left out nothing */
    unsigned relists;  /* how often it was asked again for what it lacked */
    bool conns_stale;  /* list what is configured with the next one */
    uint64_t looks;    /* snapshots begun */
    uint64_t seen_ns;  /* when the counters of the last one were read */
    uint64_t conns_ns; /* when what is configured was listed */

    unsigned acts; /* orders sent to charon and not answered */
    bool keep_up;
    struct keep keep[TUNNELS_MAX];
    struct order order;

    struct alarm reconnect, tick, deadline, post;
    bool post_seen, delivering, destroyed;
    unsigned dones;
    struct done done[DONES_MAX];
};

/* charon.c */
bool charon_create_timed(struct ipsec *out, qb_loop_t *loop, const struct ipsec_conf *conf,
                         const struct charon_timing *timing, const struct ipsec_events *events,
                         void *ctx, char err[ERR_MAX]);
uint64_t charon_now(void); /* CLOCK_MONOTONIC, ns */
void alarm_set(struct charon *d, struct alarm *alarm, uint32_t ms, void (*fn)(void *));
void alarm_clear(struct charon *d, struct alarm *alarm);
void charon_post_seen(struct charon *d);
void charon_post_done(struct charon *d, uint32_t id, enum outcome outcome, const char *why);

/* look.c: the link and the snapshots. */
void look_start(struct charon *d); /* connects, now and for ever */
void look_stop(struct charon *d);
/* Takes a snapshot, or lets the one under way be followed by another. */
void look_now(struct charon *d);
/* The same, leaving out nothing: charon is asked to wait for what it is busy with. */
void look_surely(struct charon *d);

/* act.c: the orders. */
extern const struct client_events act_events;
void act_keep_up(struct charon *d, bool on);
void act_order(struct charon *d, enum order_kind kind, uint32_t id, uint32_t horizon_s,
               uint32_t deadline_ms);
void act_on_snapshot(struct charon *d);
void act_on_link_down(struct charon *d);

#endif
