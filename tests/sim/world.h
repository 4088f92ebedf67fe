/* The simulated site: hosts with the agent's real object code on them, and fakes of all the rest.
 *
 * One queue of events, one virtual clock, dice from one seed: a run is a function of its seed, its
 * number of nodes and the actions of its plan that are kept.  Nothing here reads the real clock or
 * any file.  Truth (what the routers really export, what charon really has) is kept apart from what
 * the agents believe of it. */
#ifndef CGWHA_TESTS_SIM_WORLD_H
#define CGWHA_TESTS_SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "agent/recorder.h"
#include "agent/runtime.h"
#include "tests/sim/rng.h"

#define MS              UINT64_C(1000000) /* nanoseconds */
#define SECOND          (1000 * MS)
#define HOSTS_MAX       5
#define TUNNELS         2
#define LAN             TUNNELS /* index of the LAN's session, after the tunnels */
#define PREFIXES        3
#define STREAM_MAX      1024 /* parcels on their way to one agent */
#define ACTIONS_MAX     64
#define ASKS_MAX        64
#define RINGS_MAX       16
#define ROUTER_JOBS_MAX 8
#define NOBODY          0xffu

/* ---- what may be done to the site ---- */

/* X(id, name, data): data says that it may lose packets by itself, whatever the agents do. */
#define ACTION_LIST(X)                                                                             \
    X(DRAIN, "drain", false)                                                                       \
    X(UNDRAIN, "undrain", false)                                                                   \
    X(ABORT, "abort", false)                                                                       \
    X(POWER, "power off", true)                                                                    \
    X(FREEZE, "host frozen", true)                                                                 \
    X(AGENT_KILL, "agent killed", false)                                                           \
    X(AGENT_POINT, "agent killed between two acts", false)                                         \
    X(AGENT_STALL, "agent stopped", false)                                                         \
    X(COROSYNC_CRASH, "corosync killed", false)                                                    \
    X(COROSYNC_HANG, "corosync stopped", false)                                                    \
    X(SPLIT, "cluster links cut", false)                                                           \
    X(SLOW_MESSAGES, "messages slow", false)                                                       \
    X(LOSSY_MESSAGES, "messages lost and sent again", false)                                       \
    X(SKEWED_VIEWS, "views at different times", false)                                             \
    X(TUNNEL_DOWN, "tunnel's path dead", true)                                                     \
    X(SESSION_DOWN, "session refused by the cloud", true)                                          \
    X(ORIGIN_LOST, "prefixes no longer originated", true)                                          \
    X(ROUTER_CRASH, "router killed", true)                                                         \
    X(ROUTER_HANG, "router answers nothing", false)                                                \
    X(ROUTER_SLOW, "router slow", false)                                                           \
    X(ROUTER_REFUSE, "router refuses its configuration", false)                                    \
    X(ROUTER_LATE, "router's read-back late", false)                                               \
    X(ROUTER_WRONG, "router's read-back wrong: less than there is", false)                         \
    X(ROUTER_STUCK, "router's read-back wrong: exports stuck", true)                               \
    X(ROUTER_RESET, "router put back to low by somebody", true)                                    \
    X(CHARON_CRASH, "charon killed", true)                                                         \
    X(CHARON_HANG, "charon answers nothing", false)                                                \
    X(CHARON_FAIL, "charon initiates nothing", false)                                              \
    X(DISK_FULL, "disk full", false)                                                               \
    X(DISK_SLOW, "disk slow", false)                                                               \
    X(UNFIT, "what it tracks is not well", false)                                                  \
    X(TRAFFIC, "traffic that does not move", false)

#define SIM_ACTION_ENUM(id, name, data) ACTION_##id,
enum action_kind { ACTION_LIST(SIM_ACTION_ENUM) ACTIONS };

struct action {
    uint64_t at_ns, ns; /* when, and for how long; commands: ns is unused */
    uint8_t kind;
    uint8_t node;    /* commands: where it is asked */
    uint8_t target;  /* commands: of whom. SPLIT: one side. TUNNEL, SESSION: which, a bit each */
    uint8_t flags;   /* DRAIN: ASK_FLAG_*. FREEZE: the clock does not jump */
    uint32_t amount; /* SLOW, SKEWED, LATE: milliseconds. AGENT_POINT: so many acts from now */
};

/* What kinds of runs there are. */
enum mode {
    MODE_PLANNED, /* drains and returns, nothing else */
    MODE_CONTROL, /* also faults that cost no packet by themselves: agents, cluster, disks */
    MODE_DEATH,   /* one host dies, or its charon or router, nothing else */
    MODE_CHAOS,   /* everything */
    MODES
};

/* How the site behaves when nothing is wrong, drawn for each run; milliseconds, the longest. */
struct profile {
    uint32_t detect, merge, message, skew;
    uint32_t look, configure, export, ike, bgp, routes, disk, cloud;
};

struct plan {
    enum mode mode;
    struct profile usual;
    uint64_t end_ns; /* then everything is healed */
    unsigned count;
    struct action action[ACTIONS_MAX];
    bool kept[ACTIONS_MAX];
};

/* ---- the queue ---- */

#define HAPPENING_LIST(X)                                                                          \
    X(ACTION)        /* a: index in the plan */                                                    \
    X(ACTION_END)    /* a: index */                                                                \
    X(HEAL)          /* the plan is over */                                                        \
    X(CHECK)         /* the checks that look at the time */                                        \
    X(TIMER)         /* agent: a: slot, b: generation */                                           \
    X(AGENT_START)   /* b: incarnation that is gone */                                             \
    X(FIRST_VIEW)    /* agent: b: incarnation; alone if no view by now */                          \
    X(JOIN)          /* agent: b: incarnation */                                                   \
    X(SILENT)        /* agent: b: incarnation, c: view */                                          \
    X(GONE)          /* agent: b: incarnation; corosync's connection broke */                      \
    X(LOOPED)        /* agent: b: incarnation; alone: an own message comes back */                 \
    X(DELIVER)       /* agent: the next parcel */                                                  \
    X(ORDERED)       /* b: incarnation, c: view; the oldest message sent gets its place */         \
    X(FORM)          /* b: generation; a ring forms */                                             \
    X(REJOIN_NET)    /* after a thaw: hears the others again */                                    \
    X(ROUTER_SEEN)   /* agent: b: incarnation */                                                   \
    X(ROUTER_STEP)   /* agent: b: incarnation, c: order id */                                      \
    X(ROUTER_LIMIT)  /* agent: b: incarnation, c: order id: its deadline */                        \
    X(ROUTER_UNDO)   /* host: b: generation */                                                     \
    X(ROUTER_EXPORT) /* host: a: session, b: generation */                                         \
    X(SESSION_UP)    /* host: a: tunnel, b: generation */                                          \
    X(SESSION_DOWN)  /* host: a: tunnel, b: generation */                                          \
    X(ROUTES)        /* host: a: tunnel, b: generation */                                          \
    X(SA_UP)         /* host: a: tunnel, b: generation */                                          \
    X(SA_DOWN)       /* host: a: tunnel, b: generation */                                          \
    X(SA_RELEASED)   /* host: a: tunnel, b: generation */                                          \
    X(KEEP_UP)       /* agent: b: incarnation; looks after what is down */                         \
    X(IPSEC_SEEN)    /* agent: b: incarnation */                                                   \
    X(IPSEC_LIMIT)   /* agent: b: incarnation, c: order id */                                      \
    X(SAVED)         /* host: b: number of the write */                                            \
    X(CLOUD)         /* a: tunnel, b: generation; an update arrives at the cloud */                \
    X(CLOUD_HOLD)    /* b: generation; the cloud's hold timer */                                   \
    X(LAN)           /* b: generation */                                                           \
    X(LAN_HOLD)      /* b: generation */

#define SIM_HAPPENING_ENUM(id) HAPPENS_##id,
enum happening_kind { HAPPENING_LIST(SIM_HAPPENING_ENUM) HAPPENINGS };

struct happening {
    uint64_t at_ns, seq;
    uint8_t kind, node;
    uint16_t a;
    uint32_t b;
    uint64_t c;
};

struct queue {
    struct happening *heap;
    size_t count, room;
    uint64_t seq;
};

void queue_clear(struct queue *q);
void queue_free(struct queue *q);
void queue_push(struct queue *q, struct happening h);
bool queue_pop(struct queue *q, struct happening *out);

/* ---- corosync ---- */

enum parcel_kind { PARCEL_MESSAGE, PARCEL_VIEW };

/* What the agents of a ring are told, in one order. */
struct parcel {
    struct parcel *next_free;
    unsigned refs;
    uint8_t kind, from;
    uint64_t ring, seq;
    uint64_t view; /* MESSAGE: sent in it; VIEW: its name */
    uint8_t members, ring_mask;
    uint32_t inc[HOSTS_MAX]; /* VIEW: which agents are its members */
    struct message message;
};

struct ring {
    bool used, broken;
    uint64_t id, seq;
    uint8_t mask, group;
    uint32_t inc[HOSTS_MAX];
    uint64_t view;
};

/* One host's corosync, and the agent's connection to it. */
struct link {
    bool up, hung;
    uint8_t side; /* who hears whom: those of the same side */
    int ring;     /* index, or -1 */
    uint32_t form_gen;
    struct waybill {
        struct parcel *parcel;
        uint64_t due_ns;
    } stream[STREAM_MAX];
    unsigned head, count;
    bool scheduled; /* DELIVER is in the queue */
    uint64_t last_due_ns;

    bool attached;    /* the agent is connected and wants to be in the group */
    bool told;        /* it has had a view */
    uint64_t view;    /* 0: alone */
    uint64_t view_ns; /* since */
    bool silenced;    /* alone because own messages do not come back */
    struct message out[OUTBOX_MAX];
    unsigned out_head, out_count;
    bool ordering; /* ORDERED is in the queue */
    unsigned looped;
};

/* ---- router ---- */

enum router_job { JOB_LEVEL, JOB_CLOSE, JOB_OPEN };
enum router_step { STEP_START, STEP_CONFIGURE, STEP_READ_BACK, STEP_CONFIRM, STEP_DONE };

struct router_order {
    uint8_t job, level, step;
    uint32_t id;
    bool superseded, accepted, silent;
    uint8_t old_file;
    uint64_t deadline_ns;
};

struct session {
    bool closed, up, connecting;
    bool lost;        /* the cloud has forgotten it: it falls as soon as the host notices */
    bool falling;     /* its hold timer runs */
    uint8_t level;    /* by which its adj-out is made */
    uint8_t prefixes; /* in its adj-out */
    bool routes;      /* learnt from it */
    uint32_t gen, export_gen;
};

struct router_fake {
    /* the machine's */
    bool up;
    uint8_t file;                /* enum level that the level file names; LEVELS: none */
    uint8_t level;               /* in force */
    bool undo_timed;             /* the router undoes what is unconfirmed by itself */
    bool unconfirmed, voluntary; /* the level in force was ordered by the agent */
    uint8_t undo_level;
    uint32_t undo_gen;
    uint8_t origin; /* prefixes it originates */
    struct session session[TUNNELS + 1];
    unsigned hang, slow, refuse, late, wrong, stuck; /* how many actions say so */
    uint32_t late_ms;
    /* the agent's driver */
    struct router_order order[ROUTER_JOBS_MAX];
    unsigned orders;
    bool keep_closed;
    bool looking;
    struct router_seen seen;
    bool seen_taken;
};

/* ---- charon ---- */

struct sa {
    bool up, connecting;
    uint32_t gen;
    uint64_t in, out; /* packets */
};

struct ipsec_fake {
    bool up;
    struct sa sa[TUNNELS];
    unsigned path_dead[TUNNELS], refused[TUNNELS]; /* how many actions say so */
    unsigned hang, fail;
    /* the agent's driver */
    bool keep_up, keeping;
    uint64_t next_try_ns[TUNNELS];
    uint32_t backoff_ms[TUNNELS];
    uint32_t freshen_id, release_id, superseded_id;
    uint64_t began_ns;
    bool looking;
};

/* ---- the cloud and the LAN ---- */

struct route {
    bool valid;
    uint8_t level, prefixes;
    uint64_t due_ns; /* of the last update under way */
    uint32_t gen;
};

enum direction { FROM_CLOUD, FROM_LAN, DIRECTIONS };

struct paths {
    struct route cloud[HOSTS_MAX][TUNNELS];
    struct route lan[HOSTS_MAX];
    uint64_t since_ns;        /* the choices below hold since */
    bool lost[DIRECTIONS];    /* some packet of this direction is lost now */
    uint8_t host[DIRECTIONS]; /* through whom the first prefix goes, or NOBODY */
    uint8_t tunnel[DIRECTIONS];
    uint64_t lost_ns[DIRECTIONS];  /* the sum */
    uint64_t worst_ns[DIRECTIONS]; /* the longest gap */
    uint64_t gap_ns[DIRECTIONS];   /* of the last gap, when it began */
};

/* ---- a host ---- */

struct disk {
    struct saved saved;
    unsigned full, slow;
    bool writing, waiting;
    uint32_t number; /* of the write under way */
    uint32_t id, next_id;
    struct saved now, next;
};

struct host {
    struct world *world;
    uint8_t self;
    struct conf conf;
    bool power, frozen, still_clock;
    unsigned freezes, stalls, powers, unfit;
    uint32_t stalled_inc;           /* the agent that is stopped, if stalls > 0 */
    uint64_t frozen_ns, stalled_ns; /* since */
    struct queue held;              /* what waits for the thaw */
    uint64_t skew_ns;               /* the clock is behind by this much */

    bool agent, dying;
    uint32_t inc;
    unsigned points; /* the agent dies at this many acts from now; 0: it does not */
    struct runtime runtime;
    uint32_t timer_gen[SLOTS];
    bool timer_set[SLOTS];
    uint64_t order_due_ns[ORDERS];
    uint8_t vrrp; /* the level that keepalived was given */

    struct link link;
    struct router_fake router;
    struct ipsec_fake ipsec;
    struct disk disk;

    /* what the checks remember */
    uint8_t covers;             /* the truth */
    uint8_t lost_by_fault;      /* prefixes it lost by a fault */
    uint64_t lost_ns[PREFIXES]; /* when */
    uint64_t withdraw_ns;       /* it was last ordered to withdraw */
    uint64_t lied_ns;           /* its exports were stuck until then */
    uint64_t muted_ns;          /* the last fault that keeps it from telling began or ended */
    uint64_t hurt_ns;           /* the last fault that began or ended here */
    uint64_t working_ns;        /* it has a working tunnel since; 0: has not */
    op_t op;                    /* the engine's */
    uint64_t op_ns;
    uint8_t phase;
    bool tampered; /* somebody else has put its router at low */
};

struct asked {
    op_t op;
    uint8_t asker, target;
    uint32_t asker_inc, target_inc;
    uint64_t at_ns;
    bool ended, spoiled;
};

/* The invariants; sim.c says what each means. */
#define INVARIANT_LIST(X)                                                                          \
    X(SAFETY)                                                                                      \
    X(LIVENESS)                                                                                    \
    X(LOSSLESS)                                                                                    \
    X(TAKEOVER)                                                                                    \
    X(ENDS)                                                                                        \
    X(ORDERS)                                                                                      \
    X(IMPOSSIBLE)                                                                                  \
    X(ONE_LEAVER)                                                                                  \
    X(STATIC)                                                                                      \
    X(CONVERGES)                                                                                   \
    X(SIMULATOR) /* a defect of this program */
#define SIM_INVARIANT_ENUM(id) INVARIANT_##id,
enum invariant { INVARIANT_LIST(SIM_INVARIANT_ENUM) INVARIANTS };

struct world {
    uint64_t now_ns, seed, hash;
    struct rng rng;
    unsigned hosts;
    struct plan plan;
    struct queue queue;
    struct host host[HOSTS_MAX];
    struct ring ring[RINGS_MAX];
    uint64_t next_name; /* of views and rings */
    struct parcel *free_parcels;
    struct paths paths;
    bool dirty; /* the paths must be chosen again */
    bool active[ACTIONS_MAX];
    unsigned faults; /* active ones */
    bool lossless;   /* no action of the plan may cost a packet */
    unsigned slow_messages, lossy_messages, skewed_views;
    uint32_t slow_ms, skew_ms;
    bool sticky[HOSTS_MAX];

    uint8_t voluntary;   /* the host whose agent's order is taking effect, or NOBODY */
    uint64_t stirred_ns; /* the last fault anywhere that changes who is heard, or lies */
    uint64_t uncovered_ns[PREFIXES]; /* since; 0: covered */
    uint64_t risen_ns;               /* MODE_DEATH: the dead one came back */
    uint64_t healed_ns, calm_ns;     /* when the plan ended; converged since, 0: not */
    struct asked asked[ASKS_MAX];
    unsigned asks;
    uint64_t events, steps;
    uint64_t stat_drained, stat_net, stat_done, stat_refused;
    bool done;

    bool broken;
    enum invariant invariant;
    char story[512];
    FILE *trace;
    uint8_t record_host;
    struct recorder *recorder;
};

/* sim.c */
void world_run(struct world *w, uint64_t seed, unsigned hosts, const bool *kept);
void fail(struct world *w, enum invariant which, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void trace(struct world *w, unsigned node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void push(struct world *w, enum happening_kind kind, unsigned node, uint64_t in_ns, unsigned a,
          uint32_t b, uint64_t c);
/* Up to so many milliseconds, in nanoseconds, at least a fifth of it. */
uint64_t upto(struct world *w, uint32_t ms);

/* plan.c */
void plan_make(struct plan *plan, uint64_t seed, unsigned hosts);
const char *action_name(unsigned kind);
bool action_costs_packets(unsigned kind);

/* faults.c */
void action_begin(struct world *w, const struct action *a);
void action_end(struct world *w, const struct action *a);

/* net.c */
void net_begin(struct world *w);
void net_end(struct world *w);
void net_changed(struct world *w);
void net_agent_started(struct host *h);
void net_agent_gone(struct host *h);
void net_host_gone(struct host *h);
void net_corosync_gone(struct host *h);
void net_happens(struct world *w, const struct happening *h);

/* router.c */
void router_boot(struct host *h);
void router_begin(struct host *h);
void router_agent_gone(struct host *h);
void router_stops(struct host *h);
void router_look_at_sessions(struct host *h);
void router_originates(struct host *h, uint8_t prefixes);
void router_put(struct host *h, uint8_t level, bool voluntary);
void router_unstick(struct host *h);
void router_happens(struct world *w, const struct happening *h);
extern const struct router_ops router_fake_ops;

/* charon.c */
void charon_boot(struct host *h);
void charon_agent_gone(struct host *h);
void charon_stops(struct host *h);
void charon_path_changed(struct host *h, unsigned tunnel);
void charon_happens(struct world *w, const struct happening *h);
extern const struct ipsec_ops ipsec_fake_ops;

/* host.c */
void host_make(struct world *w, unsigned n);
void host_power_on(struct host *h);
void host_power_off(struct host *h);
void host_freeze(struct host *h, bool still_clock);
void host_thaw(struct host *h);
void agent_start(struct host *h);
void agent_kill(struct host *h);
/* One act of the agent towards the outside. False if the agent is dead. */
bool agent_acts(struct host *h);
bool agent_stalled(const struct host *h);
/* What was held back happens now, or later by the time that was lost. */
void host_release(struct host *h, uint64_t later_ns);
/* As they are in the middle of a quiet day: in service, all up. */
void host_warm(struct host *h);
/* It runs now: a callback may be made. */
bool agent_runs(const struct host *h, uint32_t inc);
void host_happens(struct world *w, const struct happening *h);

/* paths.c */
void paths_changed(struct world *w);
void paths_count(struct world *w);
/* What host h now shows on a session is told, with the usual delay. silent: it is not told. */
void cloud_update(struct host *h, unsigned tunnel);
void cloud_silent(struct host *h);
void cloud_forget(struct host *h, unsigned tunnel);
void lan_update(struct host *h);
void paths_happens(struct world *w, const struct happening *h);
bool host_lives(const struct host *h);
bool tunnel_carries(const struct host *h, unsigned tunnel);

/* check.c */
void check_after(struct world *w, unsigned node);
void check_time(struct world *w);
void check_end(struct world *w);
void check_asked(struct world *w, unsigned asker, unsigned target, op_t op);
void check_told(struct host *h, const struct told *told);
void check_withdraw(struct host *h);
void check_hurt(struct world *w, const struct action *a);

#endif
