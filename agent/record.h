/* What agents say to each other: the messages, as plain structs in host byte order.
 *
 * cluster/wire.c turns them into bytes and back, checking every field.  Nodes are named by their
 * corosync nodeid; inside the engine by their index (the configured nodes in order of nodeid).
 * Nothing here is ever sent as it lies in memory. */
#ifndef CGWHA_AGENT_RECORD_H
#define CGWHA_AGENT_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/limits.h"
#include "agent/lists.h"

/* An operation's name: the asking node's nodeid in the high half, its serial number in the low. */
typedef uint64_t op_t;
#define OP_NONE       ((op_t)0)
#define OP(node, n)   ((op_t)(node) << 32 | (uint32_t)(n))
#define OP_NODE(op)   ((uint32_t)((op) >> 32))
#define OP_SERIAL(op) ((uint32_t)(op))

/* Flags of an asked operation. */
#define ASK_FLAG_FORCE   0x01u /* accept a guard that is not redundant, and traffic that stays */
#define ASK_FLAG_DRY_RUN 0x02u /* ask the guards, change nothing */
#define ASK_FLAG_WHEN_SAFE                                                                         \
    0x04u /* if it does not go now: stay in service, remember, and go when it is safe */
#define ASK_FLAG_UNTIL_BOOT                                                                        \
    0x08u /* meant to be out until the host boots again; not for the engine */
#define ASK_FLAGS        0x0fu
#define ASK_FLAG_LASTING (ASK_FLAG_WHEN_SAFE | ASK_FLAG_UNTIL_BOOT) /* changes what is saved */

/* Health, a bit each. The first three: cannot be read, or written. */
#define SICK_ROUTER 0x01u
#define SICK_IPSEC  0x02u
#define SICK_STORE  0x04u
#define SICK_UNREAD 0x08u /* the agent has just started, and has not read its drivers yet */
#define SICK_TRACK  0x10u /* what it tracks says that it cannot carry, whatever it covers */
#define SICKS       0x1fu

/* A node's own record; the node is the only authority for it. */
struct record {
    uint64_t covers; /* shared prefixes read back as exported over a working tunnel, a bit each */
    uint64_t digest; /* of the shared-prefix configuration; 0 is never a digest */
    op_t op;         /* the operation it is in, or OP_NONE */
    uint8_t phase;   /* enum phase */
    uint8_t level;   /* enum level, as last read back */
    uint8_t target;  /* enum level, where it is going */
    uint8_t intent;  /* enum intent, as saved */
    uint8_t sick;    /* SICK_* */
    uint8_t reason;  /* enum reason of the present phase */
    uint8_t tunnels; /* how many tunnels are configured */
    uint8_t tunnels_up;  /* a bit each: CHILD_SA installed */
    uint8_t sessions_up; /* a bit each, by tunnel: BGP Established */
};

/* What one node shows of itself to people on the other; the engine never sees it. */
struct info_tunnel {
    char name[NAME_MAX_LEN];
    uint8_t sa_up;
    uint8_t session_up;
    uint64_t exported;        /* shared prefixes in its adj-out, a bit each */
    uint32_t routes_in;       /* routes learnt from the cloud */
    uint32_t in_pps, out_pps; /* packets a second through the CHILD_SA */
    uint64_t in_bps, out_bps; /* bits a second */
};

struct info_lan {
    char name[NAME_MAX_LEN];
    uint8_t session_up;
    uint32_t routes_out; /* routes shown to the LAN */
};

struct info {
    uint64_t since;  /* unix seconds: in this phase since */
    uint8_t tunnels; /* how many follow */
    uint8_t lans;
    struct info_tunnel tunnel[TUNNELS_MAX];
    struct info_lan lan[LANS_MAX];
    char version[NAME_MAX_LEN]; /* of the agent */
    /* Who meant it to be in or out, and why, as saved; so that it can be said without this node. */
    char user[USER_LEN];
    char why[WHY_LEN];
};

#define MESSAGE_LIST(X)                                                                            \
    X(RECORD, "record")                                                                            \
    X(ASK, "ask")         /* an operator asks a node for an operation */                           \
    X(REQUEST, "request") /* a node asks for the lock */                                           \
    X(GUARD, "guard")     /* a promise not to leave until the lock is freed */                     \
    X(REFUSE, "refuse")   /* a guard's no, with what it lacks */                                   \
    X(END, "end")         /* an operation ended; frees the lock if it held it */                   \
    X(INFO, "info")       /* for display only; does not reach the engine */

#define CGWHA_ENUM_MESSAGE(id, name) MESSAGE_##id,
enum message_type { MESSAGE_LIST(CGWHA_ENUM_MESSAGE) MESSAGES };

struct message {
    uint8_t type;  /* enum message_type */
    uint32_t from; /* nodeid of the sender; set by cluster/ on delivery, ignored on sending */
    union {
        struct record record;
        struct info info;
        struct {
            op_t op;
            uint32_t target;    /* nodeid; 0 with ASK_ABORT: whoever holds the lock */
            uint8_t kind;       /* enum ask */
            uint8_t flags;      /* ASK_FLAG_* */
            uint16_t timeout_s; /* of the whole operation; 0: only the phases' own deadlines */
            char user[USER_LEN];
            char why[WHY_LEN];
        } ask;
        struct {
            op_t op;
            uint8_t flags;
        } request;
        struct {
            op_t op;
            uint64_t covers;
        } guard;
        /* Both a guard's no and an operation's end say what is lacking and where. */
        struct {
            op_t op;
            uint64_t prefixes; /* not covered, a bit each */
            uint32_t node;     /* nodeid of the node that lacks it, or that holds the lock */
            op_t holder;       /* REASON_LOCK_HELD: the operation that holds the lock */
            uint8_t result;    /* enum result (END only; REFUSED in a REFUSE) */
            uint8_t reason;    /* enum reason */
            uint8_t phase;     /* enum phase in which it ended */
            uint8_t tunnels;   /* SAs down, a bit each */
            uint8_t sessions;  /* sessions down, a bit each */
            uint32_t target;   /* nodeid: whose operation it was */
        } end;
    };
};

#endif
