/* The runtime: feeds the engine and carries out what it asks for.
 *
 * It stands between the drivers (cluster, ipsec, routing, the saved intent) and the engine, makes
 * sure that every order ends in a completion or a timeout, measures traffic, and keeps what people
 * want to see.  It decides nothing, and never blocks.  The outside reaches it through ports, so
 * that the simulator runs the same object code as the daemon. */
#ifndef CGWHA_AGENT_RUNTIME_H
#define CGWHA_AGENT_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/engine.h"
#include "agent/settle.h"
#include "agent/track.h"
#include "cluster/cluster.h"
#include "conf/conf.h"
#include "ipsec/ipsec.h"
#include "routing/router.h"

/* One-shot timers of the runtime: the engine's, a backstop for each order, and its own. */
enum slot {
    SLOT_ENGINE,                       /* + enum timer */
    SLOT_ORDER = SLOT_ENGINE + TIMERS, /* + enum order */
    SLOT_POLL = SLOT_ORDER + ORDERS,
    SLOT_INFO,
    SLOT_TICK,  /* keeps the loop's pulse, to see it stand still */
    SLOT_START, /* the router has so long to show itself before the engine starts without it */
    SLOT_SAVE,  /* before a save that failed is tried again */
    SLOT_VRRP,  /* the same for the level that keepalived reads */
    SLOTS
};

/* What is kept on disk: survives a reboot, is a hint until the view confirms it. */
struct saved {
    uint8_t intent;  /* enum intent */
    bool until_boot; /* INTENT_MAINTENANCE, but after the next boot of the host in service */
    uint64_t since;  /* unix seconds; 0: never set */
    uint32_t serial; /* the first operation number of the next run */
    char user[USER_LEN];
    char why[WHY_LEN];
};

/* An operation as people see it: who asked, why, and how it ended. */
struct story {
    op_t op;
    uint32_t target; /* nodeid */
    uint8_t kind;    /* enum ask */
    uint8_t flags;
    bool by_itself;            /* nobody asked: draining again after a safety net, or pending */
    uint64_t asked_s, ended_s; /* unix seconds; ended_s 0: still runs */
    char user[USER_LEN];
    char why[WHY_LEN];
    struct message end; /* valid once ended_s is set */
};

#define STORIES_MAX 16 /* the last ones, oldest overwritten */
#define UNSAID_MAX  4  /* one step may end two operations: a return, and the drain that ended it */

/* Told to whoever watches: the log, and commands that wait. */
#define TOLD_LIST(X)                                                                               \
    X(ASKED, "asked") /* an operation was asked for (story) */                                     \
    X(PHASE, "phase") /* this node's phase changed */                                              \
    X(PEER, "peer")   /* another node's record changed */                                          \
    X(ENDED, "ended") /* an operation ended (story) */                                             \
    X(VIEW, "view")   /* membership changed */                                                     \
    X(LEVEL, "level") /* a level was put in force and read back, or was not (text) */              \
    X(ORDER_FAILED, "order-failed") /* another order failed (text) */                              \
    X(GAP, "gap")                   /* the loop stood still */                                     \
    X(IMPOSSIBLE, "impossible")     /* the engine refused a transition: a defect to report */      \
    X(TRACK, "track")               /* something tracked went down or came up (text) */
#define CGWHA_ENUM_TOLD(id, name) TOLD_##id,
enum told_type { TOLD_LIST(CGWHA_ENUM_TOLD) TOLDS };
const char *told_name(unsigned told);

struct told {
    uint8_t type;             /* enum told_type */
    uint8_t node;             /* index of the node it is about */
    uint8_t from, to, reason; /* PHASE, PEER: enum phase, enum reason; LEVEL: to, LEVELS: failed */
    op_t op;
    const struct story *story; /* ASKED, ENDED; valid during the call */
    char text[ERR_MAX];        /* a sentence */
};

/* What has been since this agent began, counted; only ever more. */
struct counts {
    uint64_t since_s;              /* unix seconds: counted from here */
    uint64_t told[TOLDS];          /* what was told, of each type */
    uint64_t ended[ASKS][RESULTS]; /* operations whose end was seen, whoever's; no dry runs */
};

/* What the runtime needs of the outside. None of them may call back before it has returned. */
struct runtime_ports {
    uint64_t (*now_ns)(void *ctx);                            /* CLOCK_MONOTONIC */
    uint64_t (*wall_s)(void *ctx);                            /* unix seconds, for people */
    void (*timer_set)(void *ctx, unsigned slot, uint32_t ms); /* sets it anew if it runs */
    void (*timer_clear)(void *ctx, unsigned slot);
    /* Writes the intent durably and answers by runtime_saved(id, ok). */
    void (*save)(void *ctx, uint32_t id, const struct saved *saved);
    /* Writes the level (enum level) where keepalived reads it. False with why. */
    bool (*vrrp)(void *ctx, uint8_t level, char why[ERR_MAX]);
    /* The engine starts in this moment: make the cluster and put it into runtime.cluster. */
    void (*started)(void *ctx);
    /* Something people want to know at once. */
    void (*told)(void *ctx, const struct told *told);
    /* What is tracked, as it is now, for a node with these tunnels up (a bit each); may be NULL:
     * nothing is. A change is told by runtime_tracked(). */
    void (*tracks)(void *ctx, uint8_t tunnels_up, struct tracks_seen *out);
    /* For the recorder; may be NULL. The engine has made a step, whose effects are about to be
     * carried out, or (event and effects NULL) has given out an operation number. */
    void (*stepped)(void *ctx, const struct event *event, const struct effects *effects);
};

struct runtime {
    const struct conf *conf;
    struct cluster_nodes nodes;
    const struct runtime_ports *ports;
    void *ctx;
    struct cluster cluster;
    struct router router;
    struct ipsec ipsec;

    struct engine engine;
    bool started;
    uint32_t next_id;          /* of orders */
    uint32_t order_id[ORDERS]; /* the one under way; 0: none */
    uint32_t save_id;          /* of the last save, whether ordered or tried again */
    uint8_t order_level;       /* of the level order under way */
    uint8_t vrrp_level;        /* as given to keepalived last, or to be given as soon as it can be */
    bool vrrp_sick;            /* it could not be */
    bool level_proven;         /* this agent has put a level in force and read it back */
    uint64_t level_done_ns;    /* snapshots begun before this say nothing about the level */
    uint64_t router_polled_ns; /* when the snapshot under way was asked for; 0: none is */
    uint64_t ipsec_polled_ns;
    uint64_t ipsec_asked_ns;
    uint64_t router_asked_ns;   /* when the one read last was asked for */
    uint64_t fresh_ns;          /* freshened then, and waiting to see it; 0: not */
    enum outcome fresh_outcome; /* how the freshening itself ended */
    uint64_t pulse_ns;          /* the last sign of life of our own loop */
    uint8_t gave_up; /* drains that did not go, one after the other, up to REDRAIN_DOUBLINGS */
    bool watching;
    struct unsaid { /* ENDs sent and not yet seen delivered, the oldest first */
        struct message end;
        bool lost; /* with the view in which it was sent */
    } unsaid[UNSAID_MAX];
    uint8_t unsaids;
    struct message unasked; /* the same for an operator's ASK; .ask.op OP_NONE: none */
    struct settle settle;

    /* what was read last */
    struct router_seen router_seen;
    struct ipsec_seen ipsec_seen;
    struct rate rate[TUNNELS_MAX];
    bool router_read, ipsec_read, store_sick;
    struct tracks_seen tracks_seen;

    /* what people want to see */
    struct saved saved; /* as written last; its serial is the next run's */
    uint32_t serial;    /* this run's first operation number */
    struct cluster_view view;
    struct info info[NODES_MAX];     /* the other nodes', as they said */
    uint64_t info_s[NODES_MAX];      /* when; 0: never */
    struct record record[NODES_MAX]; /* the other nodes', last delivered, kept when they are gone */
    uint64_t since_s[NODES_MAX];     /* in this phase since, unix seconds */
    struct story story[STORIES_MAX];
    uint8_t story_next;
    struct counts counts;
};

/* Fills in the runtime; conf, ports and ctx are borrowed for its life. saved is what the disk says
 * now (zeroes: nothing, which means in service), with the serial of the next run; serial is this
 * run's. The drivers are created by the caller with runtime_router_events etc. and this runtime as
 * their ctx, and put into ->router and ->ipsec. */
void runtime_init(struct runtime *rt, const struct conf *conf, const struct cluster_nodes *nodes,
                  const struct saved *saved, uint32_t serial, const struct runtime_ports *ports,
                  void *ctx);
/* Begins: polls the drivers; the engine starts with the first snapshot of the router, or without it
 * after START_MS. */
void runtime_start(struct runtime *rt);

extern const struct router_events runtime_router_events;
extern const struct ipsec_events runtime_ipsec_events;
extern const struct cluster_events runtime_cluster_events;

/* A slot's timer has fired. */
void runtime_timer(struct runtime *rt, unsigned slot);
/* The save with this id ended. */
void runtime_saved(struct runtime *rt, uint32_t id, bool ok, const char *why);

/* Something that is tracked has changed. */
void runtime_tracked(struct runtime *rt, const struct tracks_seen *seen);

/* An operator's request, multicast to all; its outcome is told by TOLD_ENDED. target is a node
 * index; for ASK_ABORT -1 means whoever holds the lock. Returns the operation, or OP_NONE with err.
 */
op_t runtime_ask(struct runtime *rt, enum ask kind, int target, uint8_t flags, uint16_t timeout_s,
                 const char *user, const char *why, char err[ERR_MAX]);

/* The story of an operation, or NULL if it is no longer kept. */
const struct story *runtime_story(const struct runtime *rt, op_t op);
/* "gw1:1001" */
const char *runtime_op_text(const struct runtime *rt, op_t op, char out[NAME_MAX_LEN + 12]);
/* Name of a nodeid; "node N" if it is not configured. Static for the runtime's life or in scratch.
 */
const char *runtime_node_name(const struct runtime *rt, uint32_t nodeid);

#endif
