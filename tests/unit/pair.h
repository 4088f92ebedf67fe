/* A tiny cluster of real engines in one process: total order, views, instant fake drivers.
 *
 * The engines are the shipped object files; everything around them is simulated, and every step is
 * checked against invariants that are computed here, from the messages and the simulated routers,
 * never from the engine's own opinion. Timers fire by hand only: nothing here knows a clock. */
#ifndef CGWHA_TESTS_UNIT_PAIR_H
#define CGWHA_TESTS_UNIT_PAIR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "agent/engine.h"

#define PAIR_NODES    3
#define PAIR_TUNNELS  2
#define PAIR_PREFIXES UINT64_C(0x3)
#define PAIR_DIGEST   UINT64_C(0x5eed)
#define PAIR_QUEUE    256
#define PAIR_ENDS     2048

/* nodeids are not indexes, so that the one taken for the other shows */
#define PAIR_ID(n) ((uint32_t)(((n) + 1u) * 10u))

/* An order under way at a fake driver. */
struct pair_order {
    bool active;
    bool empty; /* its opposite was ordered since: it ends, and does nothing */
    bool sure;  /* LEVEL: everything that had happened was known when it was ordered */
    uint8_t level, intent;
};

/* What is delivered to a node: a message, or a view. */
struct pair_item {
    bool view;
    unsigned view_id;
    uint8_t members, ring;
    struct message message;
};

struct pair_box {
    unsigned first, count;
    struct pair_item item[PAIR_QUEUE];
};

/* What the harness itself concludes from what was delivered to a node in its view. */
struct pair_ledger {
    uint8_t members;
    op_t lock;
    unsigned holder;
    bool spoke[PAIR_NODES];
    struct record record[PAIR_NODES];
    op_t guard_op[PAIR_NODES];
    uint64_t guard[PAIR_NODES];
};

struct pair_node {
    struct engine e;
    bool agent;     /* the agent runs */
    bool up;        /* the host is in the ring */
    uint8_t side;   /* of the partition; equal sides hear each other */
    uint32_t runs;  /* how often the agent has started */
    uint16_t armed; /* timers, as asked for by effects */
    bool watch;
    uint8_t members, ring; /* as the last view told said */
    unsigned view_id;      /* of the last view delivered */

    /* the host: what is so, whoever knows it */
    uint8_t wan;         /* tunnels whose way to the cloud works, a bit each */
    bool learns;         /* the cloud sends routes */
    uint64_t advertises; /* shared prefixes that the router has to export */
    uint64_t digest;
    uint8_t sick;
    bool mixed;            /* what is exported agrees with no level */
    uint8_t level;         /* in force at the router */
    uint8_t intent;        /* on disk */
    bool closed, released; /* sessions; SAs */
    bool keep_up;

    /* switches: a bit for each enum order */
    uint8_t fail; /* ends, and fails */
    uint8_t hold; /* does not end yet */

    struct pair_order order[ORDERS];
    struct pair_box outbox, inbox;
    struct observation told; /* the last EVENT_OBSERVE */
    struct pair_ledger ledger;
    unsigned orders[ORDERS]; /* how many were given, ever */
    unsigned levels[LEVELS]; /* LEVEL orders by level */
    unsigned records;        /* RECORDs sent, ever */
    bool save_failed;        /* what is on disk may differ from what is in force */
};

struct pair {
    unsigned nodes;
    struct pair_node node[PAIR_NODES];
    unsigned views; /* how many there have been */
    bool sure;      /* every change from outside has reached every engine */
    bool seen[PHASES][PHASES];
    struct message ends[PAIR_ENDS]; /* every END delivered to anyone, in order, once each */
    unsigned ends_count;
    char *trace_text;
    size_t trace_size;
    FILE *trace;
};

/* A pair (or three), every node in service at normal, everything delivered, trace empty. */
struct pair *pair_new(unsigned nodes);
/* The same, but nothing has started yet: pair_boot() starts an agent. */
struct pair *pair_new_cold(unsigned nodes);
void pair_free(struct pair *p);

/* Starts the agent of a node from its disk and its router, and lets it join. */
void pair_boot(struct pair *p, unsigned n);
/* The agent is gone, the host goes on as it is: PROCDOWN, LEAVE. */
void pair_kill_agent(struct pair *p, unsigned n);
/* The host is gone, and with it its routes: NODEDOWN. */
void pair_kill_node(struct pair *p, unsigned n);
/* The host is back after a power cut: its router at low, its sessions open, no agent yet. */
void pair_power_on(struct pair *p, unsigned n);
/* A new view, with the same or other members; sides as they stand. */
void pair_view(struct pair *p);
/* Puts every node on its own side, or all on one, and tells them. */
void pair_split(struct pair *p);
void pair_join(struct pair *p);

/* Changes of the host; the engine hears of it with the next observation. */
void pair_wan(struct pair *p, unsigned n, uint8_t tunnels);
void pair_advertises(struct pair *p, unsigned n, uint64_t prefixes);

/* An operator at node `at` asks for an operation of node `target` (-1: ASK_ABORT of any). */
op_t pair_ask(struct pair *p, unsigned at, enum ask kind, int target, uint8_t flags,
              uint16_t timeout_s);

/* Feeds one event and checks everything. */
void pair_feed(struct pair *p, unsigned n, const struct event *ev);
void pair_fire(struct pair *p, unsigned n, enum timer timer);
void pair_quiet(struct pair *p, unsigned n, bool quiet);
void pair_gap(struct pair *p, unsigned n);

/* The smallest things that can happen; each returns false if there is none of its kind. */
bool pair_order_message(struct pair *p, unsigned n); /* own outbox -> everyone's inbox */
bool pair_deliver(struct pair *p, unsigned n);       /* own inbox -> engine */
bool pair_complete(struct pair *p, unsigned n, enum order which);
bool pair_observe(struct pair *p, unsigned n); /* if there is something new to see */

/* Lets everything happen that needs no timer, until nothing moves; checks coverage at the end. */
void pair_run(struct pair *p);
/* The same, but ends as soon as the node is in the phase. True if it was reached. */
bool pair_run_until(struct pair *p, unsigned n, enum phase phase);
/* Drains a node that is in service and stops in the phase, its drivers held where needed. For
 * WITHDRAWING, withdrew tells on which side of the order. Every hold is left as set. */
op_t pair_drain_to(struct pair *p, unsigned n, enum phase phase, bool withdrew);
/* Opens all holds and switches, of all nodes. */
void pair_release_all(struct pair *p);
/* Drains a node to the end, and checks that it is. */
void pair_drain(struct pair *p, unsigned n);

/* The first END of an operation that anyone was told; NULL if none. */
const struct message *pair_end(const struct pair *p, op_t op);
/* Shared prefixes that the cloud hears of from this node, or from any. */
uint64_t pair_covers(const struct pair *p, unsigned n);
uint64_t pair_covered(const struct pair *p);

/* The trace so far. */
const char *pair_trace(struct pair *p);
void pair_trace_clear(struct pair *p);
/* Writes a line of comment into the trace. */
void pair_note(struct pair *p, const char *text);

#define assert_phase(p, n, phase_)                                                                 \
    assert_string_equal(phase_name((p)->node[n].e.phase), phase_name(phase_))
#define assert_level(p, n, level_)                                                                 \
    assert_string_equal(level_name((p)->node[n].level), level_name(level_))
/* The operation has ended so, for this reason. */
#define assert_ended(p, op, result_, reason_)                                                      \
    do {                                                                                           \
        const struct message *end_ = pair_end(p, op);                                              \
        assert_non_null(end_);                                                                     \
        assert_string_equal(result_name(end_->end.result), result_name(result_));                  \
        assert_string_equal(reason_name(end_->end.reason), reason_name(reason_));                  \
    } while (0)

#endif
