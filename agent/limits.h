/* Sizes and deadlines, all of them, in one place.
 *
 * Nothing here is configurable: what an operator may change stands in conf/keys.h.  A static
 * assertion follows wherever two numbers depend on each other. */
#ifndef CGWHA_AGENT_LIMITS_H
#define CGWHA_AGENT_LIMITS_H

#include <assert.h>

/* Sizes. */
#define NODES_MAX    8  /* members of the pair; the pair itself is two */
#define PREFIXES_MAX 64 /* shared prefixes: one bit each in a uint64_t */
#define TUNNELS_MAX  8  /* tunnels of one node */
#define TRACKS_MAX   8  /* things a node tracks, besides its tunnels */
#define LANS_MAX     8  /* sessions of one node towards the LAN */
#define SESSIONS_MAX (TUNNELS_MAX + LANS_MAX)
#define NAME_MAX_LEN 32  /* a node's, tunnel's or protocol's name, with its NUL */
#define USER_LEN     32  /* who asked, with its NUL */
#define WHY_LEN      128 /* an operator's reason, with its NUL; RFC 9003 carries up to 255 octets */
#define COMMAND_LEN  160 /* of an operator's command in cgwha.conf, with its NUL */
#define ERR_MAX      256 /* a sentence for a person, with its NUL */
#define PATH_LEN     108 /* a Unix socket's path (unix(7)), and so any path of ours */
#define MESSAGE_MAX                                                                                \
    1280 /* one CPG message on the wire; corosync fragments above ~1 MiB by blocking */
#define EFFECTS_MAX       24                /* what one step of the engine can ask for */
#define OUTBOX_MAX        64                /* messages sent and not yet seen delivered */
#define IPC_MAX           (256 * 1024)      /* one reply to the command */
#define RECORDING_MAX     (4 * 1024 * 1024) /* one of the two files of the recorder */
#define RECORDING_WAITING (128 * 1024)      /* recorded, and not yet taken by the disk */

/* How often the runtime looks (milliseconds). */
#define POLL_MS      1000 /* tunnels, sessions, exports while nothing moves */
#define POLL_BUSY_MS 200  /* the same while an operation runs */
#define INFO_MS      1000 /* what this node shows to the others */
#define START_MS     3000 /* the router has so long to show what it exports */
#define TICK_MS      500  /* the loop's own pulse */
#define ORDER_MARGIN_MS                                                                            \
    1000                  /* the runtime's backstop comes this much after the driver's deadline */
#define LAG_WARN_MS  250  /* the loop was late by this much: say so */
#define CLOCK_GAP_MS 3000 /* the loop stood still this long: distrust what was believed */

/* Deadlines of effects (milliseconds). Each ends in a completion or, then, in a timeout. */
#define LEVEL_DEADLINE_MS   8000
#define CONFIRM_TIMEOUT_S   10 /* BIRD undoes an unconfirmed configuration after this long */
#define CLOSE_DEADLINE_MS   5000
#define OPEN_DEADLINE_MS    5000
#define FRESHEN_DEADLINE_MS 8000
#define RELEASE_DEADLINE_MS 10000
#define SAVE_DEADLINE_MS    2000
#define SAVE_RETRY_MS       5000 /* the runtime's own, after a save that failed */
#define VRRP_RETRY_MS       1000 /* the same for the level that keepalived reads */

/* How a router driver speaks to its router (milliseconds). */
#define ROUTER_SILENCE_MS   2000  /* no byte of a reply for so long: the router hangs */
#define ROUTER_REPLY_MS     10000 /* a reply that drips for longer: the same */
#define ROUTER_RETRY_MS     100   /* first reconnect; then twice that, and so on */
#define ROUTER_RETRY_MAX_MS 1000  /* up to this */
#define ROUTER_READ_BACK_MS 40    /* between two looks at what is exported */
#define ROUTER_UNDO_MS      500   /* kept back of a level's deadline, to undo it in */

/* Deadlines of phases (milliseconds). */
#define REQUEST_DEADLINE_MS      5000
#define GUARD_CHECK_MS           4000 /* a guard waits this long for what it freshened to come up */
#define GUARD_DEADLINE_MS        25000 /* freshen + check + raise at the guard, and the messages */
#define LOWER_DEADLINE_MS        10000
#define WITHDRAW_DEADLINE_MS     12000
#define CLOSE_PHASE_MS           7000
#define RELEASE_PHASE_MS         12000
#define RECORDS_MS               1500 /* after a view change: members silent so long do not cover */
#define REDRAIN_MS               5000 /* a coverer is back: stable so long before draining again */
#define REDRAIN_DOUBLINGS        5 /* ... and twice that after each attempt that did not go, so often */
#define CONNECT_PATIENCE_MS      15000 /* returning: all tunnels, or after this some */
#define LEVEL_RETRY_MS           5000
#define CLUSTER_TOKEN_ADVISED_MS 1000 /* a longer token of corosync is worth a word at start */
#define CLUSTER_RETRY_MS         1000 /* reconnect to a corosync that went away */
#define RESEND_MS                1000 /* a message not seen delivered is sent again */

static_assert(PREFIXES_MAX <= 64, "a prefix is one bit of a uint64_t");
static_assert(TUNNELS_MAX <= 8 && LANS_MAX <= 8, "a session is one bit of a uint16_t");
static_assert(CLOCK_GAP_MS > 2 * TICK_MS, "a late tick is not a gap");
static_assert(CONFIRM_TIMEOUT_S * 1000 > LEVEL_DEADLINE_MS, "we give up before the router undoes");
static_assert(LEVEL_DEADLINE_MS > ROUTER_SILENCE_MS + ROUTER_UNDO_MS, "a hung router is seen");
static_assert(GUARD_DEADLINE_MS >
                  FRESHEN_DEADLINE_MS + GUARD_CHECK_MS + LEVEL_DEADLINE_MS + 2 * ORDER_MARGIN_MS,
              "the guard answers, if only with a refusal, before the other stops waiting");
static_assert(LOWER_DEADLINE_MS > LEVEL_DEADLINE_MS + ORDER_MARGIN_MS,
              "the effect ends before its phase");
static_assert(WITHDRAW_DEADLINE_MS > SAVE_DEADLINE_MS + LEVEL_DEADLINE_MS + ORDER_MARGIN_MS,
              "as above");
static_assert(CLOSE_PHASE_MS > CLOSE_DEADLINE_MS + ORDER_MARGIN_MS, "as above");
static_assert(RELEASE_PHASE_MS > RELEASE_DEADLINE_MS, "as above");

#endif
