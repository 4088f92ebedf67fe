/* The closed lists of the protocol, each written once: phases, levels, results, reasons.
 *
 * From each X-macro come the enum, the name table and whatever else walks the list, so that a new
 * entry cannot be forgotten anywhere.  Values go over the wire: append, never reorder. */
#ifndef CGWHA_AGENT_LISTS_H
#define CGWHA_AGENT_LISTS_H

/* How strongly a node attracts traffic (DESIGN section "Levels"). */
#define LEVEL_LIST(X)                                                                              \
    X(WITHDRAWN, "withdrawn")                                                                      \
    X(LOW, "low")                                                                                  \
    X(NORMAL, "normal")                                                                            \
    X(HIGH, "high")

/* Where a node is in its life. */
#define PHASE_LIST(X)                                                                              \
    X(STARTING, "starting")       /* the agent has not yet seen the router or a view */            \
    X(IN_SERVICE, "in-service")   /* carries traffic */                                            \
    X(REQUESTING, "requesting")   /* REQUEST multicast, lock not yet held */                       \
    X(GUARDING, "guarding")       /* lock held, waiting for the others' guards */                  \
    X(LOWERING, "lowering")       /* own level going to low */                                     \
    X(SETTLING, "settling")       /* watching own ESP counters fall */                             \
    X(WITHDRAWING, "withdrawing") /* intent saved, exports going away: the point of no return */   \
    X(CLOSING, "closing")         /* BGP sessions closed with a message */                         \
    X(RELEASING, "releasing")     /* IKE DELETE for every SA */                                    \
    X(DRAINED, "drained")         /* out; the other carries everything */                          \
    X(CONNECTING, "connecting")   /* returning: SAs, sessions, routes learnt */                    \
    X(SOAKING, "soaking")         /* returning: at low, proving itself */                          \
    X(SAFETY_NET, "safety-net")   /* meant to be out, but covers because nobody else does */       \
    X(UNFIT, "unfit")             /* its tracks say that it cannot carry, and another can: at low */

#define INTENT_LIST(X)                                                                             \
    X(IN_SERVICE, "in-service")                                                                    \
    X(MAINTENANCE, "maintenance")

/* What an operator may ask for. */
#define ASK_LIST(X)                                                                                \
    X(DRAIN, "drain")                                                                              \
    X(UNDRAIN, "undrain")                                                                          \
    X(ABORT, "abort")

/* How an operation ended; the exit code of the command follows from it. */
#define RESULT_LIST(X)                                                                             \
    X(DONE, "done")                                                                                \
    X(REFUSED, "refused")                                                                          \
    X(ROLLED_BACK, "rolled back")                                                                  \
    X(TIMED_OUT, "timed out")

/* Why: the machine's word; the sentence for people is made from it in agent/sentence.c. */
#define REASON_LIST(X)                                                                             \
    X(NONE, "none")                                                                                \
    X(ALREADY, "already")                 /* it is so already */                                   \
    X(DRY_RUN, "dry-run")                 /* it would go: nothing was changed */                   \
    X(LOCK_HELD, "lock-held")             /* another operation runs */                             \
    X(NOT_IN_SERVICE, "not-in-service")   /* the named node does not carry traffic itself */       \
    X(ALONE, "alone")                     /* no other agent in the view */                         \
    X(AGENT_LOST, "agent-lost")           /* a configured node's agent is not in the view */       \
    X(PREFIXES_DIFFER, "prefixes-differ") /* the two configurations disagree */                    \
    X(NOT_COVERED, "not-covered")         /* prefixes the guard does not cover */                  \
    X(NOT_REDUNDANT, "not-redundant")     /* the guard has a tunnel or session down */             \
    X(NOT_RAISED, "not-raised")           /* the guard could not make itself the better path */    \
    X(GUARD_SICK, "guard-sick")           /* a guard lost its coverage */                          \
    X(GUARD_SILENT, "guard-silent")       /* no answer before the deadline */                      \
    X(VIEW_CHANGED, "view-changed")       /* membership changed in mid-operation */                \
    X(LEVEL_FAILED, "level-failed")       /* the router did not show the level read back */        \
    X(SAVE_FAILED, "save-failed")         /* the intent could not be written */                    \
    X(TRAFFIC_STAYS, "traffic-stays")     /* traffic did not move before the deadline */           \
    X(TOO_LATE, "too-late")               /* past the point of no return */                        \
    X(BUSY, "busy")                       /* the node is in the middle of something */             \
    X(ABORTED, "aborted")                 /* an operator's abort or undrain */                     \
    X(DEADLINE, "deadline")               /* the phase's own deadline */                           \
    X(CLOCK_GAP, "clock-gap")             /* this host stood still; nothing believed holds */      \
    X(NOTHING_TO_ABORT, "nothing-to-abort")                                                        \
    X(NO_COVERER, "no-coverer")                     /* nobody else covers: the safety net */       \
    X(COVERED, "covered")                           /* a coverer is back */                        \
    X(EXPORTS_BACK, "exports-back")                 /* drained, and yet it exports again */        \
    X(OPERATOR, "operator")                         /* asked for by a person */                    \
    X(STARTED, "started")                           /* the agent started and found it so */        \
    X(CONNECTED, "connected")                       /* tunnels, sessions and routes are there */   \
    X(SOAKED, "soaked")                             /* proven for the soak time */                 \
    X(LOST_WHILE_RETURNING, "lost-while-returning") /* went down again before it was proven */     \
    X(LOST_IN_SERVICE, "lost-in-service")           /* no session any more, and others carry */    \
    X(UNFIT, "unfit")                               /* what it tracks says that it cannot carry */ \
    X(FIT, "fit")                                   /* ... and now says that it can again */

#define CGWHA_ENUM_LEVEL(id, name)  LEVEL_##id,
#define CGWHA_ENUM_PHASE(id, name)  PHASE_##id,
#define CGWHA_ENUM_INTENT(id, name) INTENT_##id,
#define CGWHA_ENUM_ASK(id, name)    ASK_##id,
#define CGWHA_ENUM_RESULT(id, name) RESULT_##id,
#define CGWHA_ENUM_REASON(id, name) REASON_##id,

enum level { LEVEL_LIST(CGWHA_ENUM_LEVEL) LEVELS };
enum phase { PHASE_LIST(CGWHA_ENUM_PHASE) PHASES };
enum intent { INTENT_LIST(CGWHA_ENUM_INTENT) INTENTS };
enum ask { ASK_LIST(CGWHA_ENUM_ASK) ASKS };
enum result { RESULT_LIST(CGWHA_ENUM_RESULT) RESULTS };
enum reason { REASON_LIST(CGWHA_ENUM_REASON) REASONS };

/* A name table and the function that reads it, from a list; for lists.c and its like. */
#define CGWHA_NAME(id, name) name,
#define CGWHA_NAME_OF(fn, list, count)                                                             \
    const char *fn(unsigned value)                                                                 \
    {                                                                                              \
        static const char *const names[] = {list(CGWHA_NAME)};                                     \
        return value < (count) ? names[value] : "?";                                               \
    }

/* Each gives the entry's name, or "?" for a value outside its list. Static storage, never NULL. */
const char *level_name(unsigned level);
const char *phase_name(unsigned phase);
const char *intent_name(unsigned intent);
const char *ask_name(unsigned ask);
const char *result_name(unsigned result);
const char *reason_name(unsigned reason);

#endif
