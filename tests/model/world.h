/* The world as the explorer keeps it: real engines, a model of everything around them.
 *
 * Each node has its engine (the shipped object code), the truth of its machine (what the router
 * really exports, which tunnels are up, what is on the disk) and a monitor, which derives from the
 * delivered messages alone what the engine may do.  Between the nodes are views: a total order of
 * messages in each, lazily decided, and nodes that lag behind one another in it.  A world is plain
 * bytes; pack.c makes it small and canonical. */
#ifndef CGWHA_TESTS_MODEL_WORLD_H
#define CGWHA_TESTS_MODEL_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "agent/engine.h"

#define N_MAX      3 /* nodes */
#define T_MAX      2 /* tunnels of a node */
#define P_MAX      2 /* shared prefixes */
#define ROUTER_MAX 8 /* orders waiting at one router */
#define LOG_MAX    30
#define OUT_MAX    20
#define VIEWS_MAX  (2 * N_MAX)
#define MOVES_MAX  128
#define PACK_MAX   250
#define NO_VIEW    0xffu

#define BITMASK(n) ((uint8_t)(1u << (n)))

/* What may go wrong; each costs one of the budget. */
#define FAULT_LIST(X)                                                                              \
    X(BREAK, "break")     /* a tunnel, or only its session, goes down and cannot come up */        \
    X(MISSING, "missing") /* the router no longer originates a prefix */                           \
    X(UNFIT, "unfit")     /* what the node tracks says that it cannot carry */                     \
    X(FAIL, "fail")       /* an order fails or times out, having taken effect or not */            \
    X(LIE, "lie")         /* an observation that is false: router unreadable, level nonsense */    \
    X(LATE, "late")       /* an observation read now and delivered later */                        \
    X(RESET, "reset")     /* the router is put back to level low behind our back */                \
    X(GAP, "gap")         /* the host stood still */                                               \
    X(AGENT, "agent")     /* the agent is killed */                                                \
    X(POWER, "power")     /* the node is powered off */                                            \
    X(SPLIT, "split")     /* the cluster's links are cut */

/* What an operator may ask for; each costs one command. */
#define COMMAND_LIST(X)                                                                            \
    X(DRAIN, "drain")                                                                              \
    X(FORCE, "force") /* drain --force */                                                          \
    X(TIMED, "timed") /* drain --timeout */                                                        \
    X(DRY, "dry")     /* drain --dry-run */                                                        \
    X(SAFE, "safe")   /* drain --when-safe */                                                      \
    X(UNDRAIN, "undrain")                                                                          \
    X(UNTIMED, "untimed") /* undrain --timeout */                                                  \
    X(ABORT, "abort")     /* of whatever runs, asked at any node */

/* Everything that can happen next. FREE ones cost nothing, and all but RETURNS happen in the fair
 * continuation. */
#define MOVE_LIST(X)                                                                               \
    X(VIEW, "takes its next view")                                                                 \
    X(DELIVER, "delivers")                                                                         \
    X(TIMER, "timer")                                                                              \
    X(OBSERVE, "observes the truth")                                                               \
    X(SNAPPED, "is given an old observation")                                                      \
    X(EFFECT, "router: the order takes effect")                                                    \
    X(DONE, "router: the order completes")                                                         \
    X(SKIP, "router: the superseded order is left out")                                            \
    X(IPSEC, "charon: the order completes")                                                        \
    X(SAVED, "disk: the intent is saved")                                                          \
    X(RISE, "tunnel comes up")                                                                     \
    X(QUIET, "traffic")                                                                            \
    X(REPAIR, "tunnel can come up again")                                                          \
    X(FOUND, "prefix is originated again")                                                         \
    X(FIT, "what it tracks is well again")                                                         \
    X(START, "agent starts")                                                                       \
    X(POWER_ON, "power comes back")                                                                \
    X(HEAL, "cluster links are joined")                                                            \
    X(ASK, "operator")                                                                             \
    X(BREAK, "FAULT: tunnel")                                                                      \
    X(MISSING, "FAULT: prefix no longer originated")                                               \
    X(UNFIT, "FAULT: what it tracks says that it cannot carry")                                    \
    X(FAIL, "FAULT: router order fails")                                                           \
    X(IPSEC_FAIL, "FAULT: charon order fails")                                                     \
    X(SAVE_FAIL, "FAULT: intent cannot be saved")                                                  \
    X(LIE, "FAULT: false observation")                                                             \
    X(SNAP, "FAULT: reads, and will tell late")                                                    \
    X(RESET, "FAULT: router put back to low")                                                      \
    X(GAP, "FAULT: host stood still")                                                              \
    X(KILL, "FAULT: agent killed")                                                                 \
    X(POWER_OFF, "FAULT: powered off")                                                             \
    X(SPLIT, "FAULT: cluster links cut")

#define MODEL_FAULT_ENUM(id, name)   FAULT_##id,
#define MODEL_COMMAND_ENUM(id, name) COMMAND_##id,
#define MODEL_MOVE_ENUM(id, name)    MOVE_##id,
enum fault { FAULT_LIST(MODEL_FAULT_ENUM) FAULTS };
enum command { COMMAND_LIST(MODEL_COMMAND_ENUM) COMMANDS };
enum move_kind { MOVE_LIST(MODEL_MOVE_ENUM) MOVES };

/* A move: kind, node, and an argument that each kind reads in its own way. */
typedef uint16_t move_t;
#define MOVE(kind, node, arg) ((move_t)((unsigned)(kind) << 8 | (unsigned)(node) << 6 | (arg)))
#define MOVE_KIND(m)          ((unsigned)(m) >> 8)
#define MOVE_NODE(m)          ((unsigned)(m) >> 6 & 3u)
#define MOVE_ARG(m)           ((unsigned)(m)&63u)

/* A message, with what engines read of it and no more. op is a small number, alike everywhere. */
struct mail {
    uint8_t type; /* enum message_type */
    uint8_t from; /* node */
    uint8_t op;
    uint8_t a; /* RECORD phase; ASK target; REQUEST flags; GUARD covers */
    uint8_t b; /* RECORD level | covers << 2 | aims << 4 | unread << 5 | unfit << 6 | whole << 7;
                  ASK kind | flags << 2 | timed << 5 */
};

/* What a RECORD's b says: the level, the prefixes covered, whether the target is normal or above,
 * whether the agent has not looked at its drivers yet, whether it says that it cannot carry,
 * whether all its tunnels are up. Of a node with one tunnel that follows from what it covers,
 * wherever it is read. */
#define MAIL_LEVEL(b)  ((uint8_t)((b)&3u))
#define MAIL_COVERS(b) ((uint8_t)((b) >> 2 & 3u))
#define MAIL_AIMS(b)   ((uint8_t)((b) >> 4 & 1u))
#define MAIL_UNREAD(b) ((uint8_t)((b) >> 5 & 1u))
#define MAIL_UNFIT(b)  ((uint8_t)((b) >> 6 & 1u))
#define MAIL_WHOLE(b)  ((uint8_t)((b) >> 7 & 1u))

/* A view: who is said to be in it, the messages ordered but not yet delivered by all, and, of each
 * sender, those not ordered yet. It lives until its last node has left it. */
struct view {
    uint8_t used, members, ring; /* members 0: an agent that has not been told a view yet */
    uint8_t logged;
    uint8_t pos[N_MAX]; /* next of the log, for each node in the view */
    uint8_t waiting[N_MAX];
    struct mail log[LOG_MAX];
    struct mail out[N_MAX][OUT_MAX];
};

/* An order at the router, which carries out one after the other. */
struct router_order {
    uint8_t order, level;
    uint8_t superseded; /* by a later one: a level may be carried out or left out, and completes no
                         * more; a close or open is left out, and fails */
    uint8_t taken;      /* it has taken effect, the completion is on its way */
};

/* What a node may know and do, from the delivered messages and events alone. */
struct monitor {
    uint8_t lock, lock_node;          /* the lock as the delivered prefix makes it */
    uint8_t dry, forced;              /* what its holder asked for */
    uint8_t spoke;                    /* who has sent a record in this view */
    uint8_t phase[N_MAX], rec[N_MAX]; /* of that record; rec as mail.b */
    uint8_t promise[N_MAX];           /* guards given for our operation */
    uint8_t bound;                    /* operation we promised to guard */
    uint8_t read_level;               /* last level read back, whichever way */
    uint8_t read_covers;              /* last coverage read back */
    uint8_t relied;                   /* guards whose promise allowed the withdraw in progress */
};

struct node {
    uint8_t power, agent;
    uint8_t x;             /* enum level that the router really exports by */
    uint8_t closed;        /* sessions closed by order */
    uint8_t keep_up;       /* the agent initiates what is down */
    uint8_t tunnel[T_MAX]; /* 0 down, 1 CHILD_SA installed, 2 session Established in it too */
    uint8_t fault[T_MAX];  /* it cannot come up */
    uint8_t missing;       /* prefixes the router does not originate */
    uint8_t unfit;         /* what it tracks says that it cannot carry */
    uint8_t disk;          /* enum intent that is on the disk */
    uint8_t saving;        /* 0, or 1 + the intent that is being saved */
    uint8_t ipsec;         /* FRESHEN, RELEASE under way, a bit each by enum order */
    uint8_t called_off;    /* the RELEASE under way deletes nothing more and will fail */
    uint8_t orders;        /* at the router */
    uint8_t snapped;       /* an observation is on its way; 2: a level completed meanwhile */
    uint8_t cur, next;     /* the view it is in, the one it will take next */
    struct router_order router[ROUTER_MAX];
    struct observation snap;
    struct monitor mon;
    struct engine e;
};

struct world {
    uint8_t faults, commands; /* left to spend */
    uint8_t comp[N_MAX];      /* component of the cluster network */
    uint8_t next_op;
    struct view view[VIEWS_MAX];
    struct node node[N_MAX];
};

/* What is explored, the step's scratch space, and what was found. */
struct model {
    unsigned n, tunnels, prefixes; /* of each world */
    unsigned faults, commands;     /* budgets */
    unsigned fault_kinds, command_kinds;
    unsigned lag_max; /* a node with so many undelivered messages fires no timer before the next */
    bool remote;      /* operators ask at either node, not only at the one they mean */
    bool plain;       /* leave out no message as having no effect: to check that it has none */
    bool garbage;     /* fill what no engine is said to read with something else */

    unsigned property;   /* the property broken, or 0 */
    char broken[256];    /* and how */
    FILE *story;         /* told if not NULL */
    unsigned line;       /* of the story */
    uint8_t name[N_MAX]; /* what a node is called in the story: symmetry renames nodes */
    struct event event;
    struct effects effects;
};

/* The properties; see README.md and check.c. */
#define PROPERTY_LIST(X)                                                                           \
    X(SAFETY, "a voluntary act took the last coverage")                                            \
    X(LOCK, "the lock is held otherwise than the delivered messages say")                          \
    X(PERMIT, "a withdraw was ordered without standing guards for every prefix")                   \
    X(ENDS, "an operation does not end")                                                           \
    X(LIVENESS, "nobody covers, although a node with a working tunnel is alive")                   \
    X(IMPOSSIBLE, "the engine refused a transition of its own")                                    \
    X(HONEST, "a record or a promise claims more than was read back")                              \
    X(READ_BACK, "an act came before the one it builds on was read back")                          \
    X(KEPT, "a guard lowered itself in spite of its promise")                                      \
    X(LEVEL_AT_REST, "at rest a node exports by another level than it should")                     \
    X(INTENT_AT_REST, "a node meant to be out, which could be out, at rest is not")                \
    X(UNFIT_AT_REST, "at rest a node that cannot carry serves though another can, or the reverse") \
    X(DRY_RUN_MOVED, "a dry run changed something")                                                \
    X(MODEL, "a bound or an assumption of the model itself does not hold")

#define MODEL_PROPERTY_ENUM(id, text) id,
enum property { NOTHING_BROKEN, PROPERTY_LIST(MODEL_PROPERTY_ENUM) PROPERTIES };

static inline uint8_t all_prefixes(const struct model *m)
{
    return (uint8_t)((1u << m->prefixes) - 1u);
}

/* check.c: what must hold. */
void violated(struct model *m, unsigned property, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void check_send(struct model *m, struct world *w, unsigned i, const struct mail *mail);
void check_order(struct model *m, struct world *w, unsigned i, const struct effect *f);
void check_state(struct model *m, struct world *w, unsigned i);
/* before: what each node really covered before the act of i. */
void check_act(struct model *m, struct world *w, unsigned i, const uint8_t before[N_MAX],
               const char *what);
void check_rest(struct model *m, struct world *w);
bool covered_if_possible(const struct model *m, const struct world *w);
bool operation_runs(const struct model *m, const struct world *w);
void monitor_view(struct node *n);
void monitor_forget(struct node *n);
void monitor_mail(struct node *n, unsigned i, const struct mail *mail);
const char *property_name(unsigned property);
const char *property_text(unsigned property);

/* truth.c: a node's machine. */
uint8_t covers_really(const struct model *m, const struct node *n);
uint8_t tunnel_limit(const struct node *n, unsigned t);
bool news(const struct model *m, const struct node *n);
void snapshot(const struct model *m, const struct node *n, struct observation *out);
/* An order whose effect and completion are one move: all but the withdraw and the close. */
bool at_once(const struct router_order *o);
/* It has taken effect, and has since been put back behind our back: it will not be read back. */
bool put_back(const struct node *n, const struct router_order *o);
void give_order(struct world *w, unsigned i, const struct effect *f);
void pop_order(struct node *n);
void keep_up(struct node *n, bool on);
void machine_off(struct model *m, struct world *w, unsigned i);
void agent_off(struct model *m, struct world *w, unsigned i);

/* views.c: membership and the total order. */
bool matters(const struct world *w, unsigned i, const struct mail *mail);
void send_mail(struct model *m, struct world *w, unsigned i, const struct mail *mail);
/* Drops what can no longer have an effect, advances past what has none. */
void tidy(const struct model *m, struct world *w);
void reconfigure(struct model *m, struct world *w);
unsigned lag(const struct model *m, const struct world *w, unsigned i);
/* The mail delivered next at i: from the log (source 0), or from the outbox of source - 1, which is
 * then ordered. False if there is none. */
bool take_mail(const struct model *m, struct world *w, unsigned i, unsigned source,
               struct mail *out);
bool has_mail(const struct model *m, const struct world *w, unsigned i, unsigned source);

/* moves.c */
unsigned list_moves(const struct model *m, const struct world *w, move_t out[MOVES_MAX]);
void make_move(struct model *m, struct world *w, move_t move);
void world_boot(struct model *m, struct world *w);
op_t op_of(uint8_t op);

/* fair.c: what happens next if nothing goes wrong any more; false at rest. */
bool fair_move(const struct model *m, const struct world *w, move_t *out);

/* pack.c: canonical bytes of a world. perm, if not NULL, is told the renaming used: old index of
 * the node now at each place. */
unsigned pack(const struct model *m, const struct world *w, uint8_t out[PACK_MAX],
              uint8_t perm[N_MAX]);
/* fill: what stands in the fields that are said not to matter. */
void unpack(const struct model *m, const uint8_t *data, struct world *w, uint8_t fill);

/* story.c */
void tell(struct model *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tell_move(struct model *m, const struct world *w, move_t move);
void tell_effect(struct model *m, unsigned i, const struct effect *f);
void tell_world(struct model *m, const struct world *w);
void mail_text(const struct model *m, const struct mail *mail, char out[64]);
const char *node_text(const struct model *m, unsigned i);

#endif
