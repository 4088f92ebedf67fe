/* The engine: what one node decides, and nothing else.
 *
 * One event in, a list of effects out.  It does no I/O, allocates nothing, holds no pointer and
 * knows no clock: it asks for a timer by an effect and is told when that fires.  So its state is
 * plain bytes, which can be compared, recorded, replayed and explored exhaustively.  It never acts
 * itself; and only agent/guard.c may permit it to order a withdraw. */
#ifndef CGWHA_AGENT_ENGINE_H
#define CGWHA_AGENT_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/limits.h"
#include "agent/lists.h"
#include "agent/record.h"

/* Timers the engine may have running, one of each; the runtime knows how long each is. */
#define TIMER_LIST(X)                                                                              \
    X(PHASE, "phase")         /* the deadline of the present phase */                              \
    X(SETTLE, "settle")       /* traffic is quiet since this was started */                        \
    X(SOAK, "soak")           /* at low and proven since this was started */                       \
    X(GRACE, "grace")         /* an agent is gone whose node is still in the ring */               \
    X(RECORDS, "records")     /* members have so long to say who they are after a view change */   \
    X(REDRAIN, "redrain")     /* meant to be out, and others could carry since this was started */ \
    X(LEVEL, "level")         /* before a level that failed is tried again */                      \
    X(GUARD, "guard")         /* what was freshened has so long to come up */                      \
    X(OPERATION, "operation") /* the operator's own limit */

/* Orders to drivers that end in a completion; at most one of each is under way. */
#define ORDER_LIST(X)                                                                              \
    X(LEVEL, "level")                                                                              \
    X(CLOSE, "close")                                                                              \
    X(OPEN, "open")                                                                                \
    X(FRESHEN, "freshen")                                                                          \
    X(RELEASE, "release")                                                                          \
    X(SAVE, "save")

#define EVENT_LIST(X)                                                                              \
    X(START, "start")     /* once, first: who we are and what was found */                         \
    X(VIEW, "view")       /* membership changed */                                                 \
    X(MESSAGE, "message") /* delivered in total order, one's own too */                            \
    X(OBSERVE, "observe") /* what the drivers read */                                              \
    X(QUIET, "quiet")     /* the traffic through own SAs fell below the threshold, or rose */      \
    X(TIMER, "timer")     /* one that was asked for has fired */                                   \
    X(DONE, "done")       /* an order ended */                                                     \
    X(GAP, "gap")         /* this host stood still: nothing believed can be relied on */

#define EFFECT_LIST(X)                                                                             \
    X(SEND, "send")                                                                                \
    X(ORDER, "order")                                                                              \
    X(KEEP_UP, "keep-up") /* initiate SAs that are down, from now on or no more */                 \
    X(WATCH, "watch")     /* measure traffic, from now on or no more; answers by QUIET */          \
    X(TIMER_START, "timer-start")                                                                  \
    X(TIMER_STOP, "timer-stop")                                                                    \
    X(PHASE, "phase")           /* told, not asked: the phase has changed */                       \
    X(IMPOSSIBLE, "impossible") /* told: a transition that cannot be was refused and counted */

#define CGWHA_ENUM_TIMER(id, name)  TIMER_##id,
#define CGWHA_ENUM_ORDER(id, name)  ORDER_##id,
#define CGWHA_ENUM_EVENT(id, name)  EVENT_##id,
#define CGWHA_ENUM_EFFECT(id, name) EFFECT_##id,
enum timer { TIMER_LIST(CGWHA_ENUM_TIMER) TIMERS };
enum order { ORDER_LIST(CGWHA_ENUM_ORDER) ORDERS };
enum event_type { EVENT_LIST(CGWHA_ENUM_EVENT) EVENTS };
enum effect_type { EFFECT_LIST(CGWHA_ENUM_EFFECT) EFFECTS };

const char *timer_name(unsigned timer);
const char *order_name(unsigned order);
const char *event_name(unsigned event);
const char *effect_name(unsigned effect);

/* What the drivers read of this node, boiled down by agent/cover.c. */
struct observation {
    uint64_t covers; /* shared prefixes in adj-out over an installed SA and Established session */
    uint8_t tunnels_up;  /* a bit each: CHILD_SA installed */
    uint8_t sessions_up; /* a bit each, by tunnel: Established with its SA installed */
    uint8_t sick;        /* SICK_* */
    uint8_t level;       /* enum level read back; LEVELS: what is exported agrees with none */
    bool routes;         /* routes are learnt from the cloud */
};

struct event {
    uint8_t type; /* enum event_type */
    union {
        struct {
            uint8_t nodes, self;    /* configured nodes, and which of them we are */
            uint8_t tunnels;        /* of this node */
            uint8_t intent;         /* enum intent as saved */
            uint8_t level;          /* enum level in force; LEVEL_LOW if it cannot be told */
            uint32_t id[NODES_MAX]; /* corosync nodeids, ascending */
            uint32_t serial;        /* the first of this run's operation numbers */
            uint64_t prefixes;      /* a bit for each shared prefix */
            uint64_t digest;        /* of the shared-prefix configuration, not 0 */
        } start;
        struct {
            uint8_t members; /* agents in the view, a bit each, own included */
            uint8_t ring;    /* nodes in the totem ring, a bit each, own included */
        } view;
        struct message message;
        struct observation observe;
        struct {
            bool quiet;
        } quiet;
        struct {
            uint8_t timer; /* enum timer */
        } timer;
        struct {
            uint8_t order; /* enum order */
            bool ok;       /* false: failed or timed out */
        } done;
    };
};

struct effect {
    uint8_t type; /* enum effect_type */
    union {
        struct message send;
        struct {
            uint8_t order;  /* enum order */
            uint8_t level;  /* ORDER_LEVEL: enum level */
            uint8_t intent; /* ORDER_SAVE: enum intent */
            op_t op;        /* for whom; OP_NONE outside an operation */
        } order;
        struct {
            bool on;
        } keep_up, watch;
        struct {
            uint8_t timer;    /* enum timer */
            uint16_t seconds; /* TIMER_OPERATION: how long; 0 for all others, the runtime knows */
        } timer;
        struct {
            uint8_t from, to; /* enum phase */
            uint8_t reason;   /* enum reason */
            op_t op;
        } phase;
    };
};

struct effects {
    uint8_t count;
    struct effect item[EFFECTS_MAX];
};

/* What a node is doing as a guard for another's operation. */
enum guard_stage { GUARD_NONE, GUARD_FRESHENING, GUARD_CHECKING, GUARD_RAISING, GUARD_GIVEN };

/* The state: plain bytes, no pointers; zero it, then feed EVENT_START. Read it freely, write it
 * only in engine.c. */
struct engine {
    /* who we are */
    uint64_t prefixes, digest;
    uint32_t id[NODES_MAX];
    uint32_t serial;
    uint8_t nodes, self, tunnels;

    /* where we are */
    uint8_t phase, reason, intent;
    uint8_t level;        /* in force as last read back */
    uint8_t level_asked;  /* of the ORDER_LEVEL under way */
    uint8_t level_failed; /* failed last; not tried again before TIMER_LEVEL; LEVELS: none */
    uint8_t drift;        /* what is exported no longer agrees with level */
    uint8_t told_out;     /* people were told that it is out, and may be working on it */
    uint8_t pending;      /* orders under way, a bit each */
    uint16_t armed;       /* timers running, a bit each */
    struct observation seen;
    uint32_t impossible; /* transitions refused; 0 for ever in a right engine */

    /* the view */
    uint8_t members, ring;        /* a bit each */
    uint8_t viewed;               /* a view was delivered, or waited for long enough */
    uint8_t known;                /* members whose record we hold */
    uint8_t awaited;              /* members that have not spoken in this view yet */
    uint8_t grace;                /* agents gone, node in the ring, and not yet taken for lost */
    uint8_t announce;             /* say our record in this view, changed or not */
    struct record rec[NODES_MAX]; /* as delivered; [self] is what we sent last */

    /* the lock, alike at every member */
    op_t lock;
    uint8_t lock_node;

    /* own operation */
    op_t op;
    uint8_t op_kind; /* enum ask */
    uint8_t op_flags;
    uint8_t op_from;            /* phase to which it rolls back */
    uint8_t op_intent;          /* intent before it */
    uint8_t quiet;              /* SETTLING: traffic is below the threshold */
    uint8_t saved;              /* WITHDRAWING: the intent is on disk */
    uint8_t withdrew;           /* WITHDRAWING: ordered; no way back but the safety net */
    uint8_t answered;           /* members that have answered, a bit each */
    uint64_t guards[NODES_MAX]; /* what each has promised to cover */
    struct {
        uint64_t prefixes;
        uint32_t node;
        op_t holder;
        uint8_t reason, tunnels, sessions;
    } refusal; /* the first refusal, for the END */

    /* guard for another's operation */
    op_t guard_op;
    uint8_t guard_stage, guard_flags;
};

/* One step: takes one event, changes the state, fills effects (emptied first). Never fails: an
 * event that makes no sense in the present state changes nothing. Effects are to be carried out in
 * order. */
void engine_step(struct engine *e, const struct event *event, struct effects *out);

/* The name of a new operation of this node. Only the runtime calls it, for an operator's request.
 */
op_t engine_new_op(struct engine *e);

/* The level a node in this state should have; a pure function of it (DESIGN section "Levels"). */
enum level engine_target(const struct engine *e);

/* The node's own record as it stands. */
struct record engine_record(const struct engine *e);

/* What member n is believed to cover now, a bit for each prefix; 0 if it is not in the view. While
 * a member that has just joined has not spoken, it is given the benefit of the doubt. */
uint64_t engine_believed(const struct engine *e, unsigned n);

/* True while phase is one in which a node carries traffic as a full member. */
bool engine_serving(unsigned phase);

#endif
