/* What stands between the driver and one router: all that a router has of its own.
 *
 * A backend says what to ask and what the answers mean.  It keeps no order of things, no deadline
 * and no queue, never waits and never decides: that is the driver's, written once for all routers.
 * A further router is one such table, and the codec of what it says. */
#ifndef CGWHA_ROUTING_BACKEND_H
#define CGWHA_ROUTING_BACKEND_H

#include "routing/look.h"

struct driver;
struct order;

/* What can be done to a router; each is some commands, one after the other. */
enum act {
    ACT_TRY,     /* put the order's level in force, so that it can be taken back */
    ACT_CONFIRM, /* it was read back: keep it */
    ACT_KEEP,    /* it was not, but another level follows at once */
    ACT_UNDO,    /* back to the level before */
    ACT_CLOSE,   /* close session number order->at, with the driver's message if it has one */
    ACT_OPEN     /* open it again */
};

struct backend {
    const char *name; /* "BIRD" */
    const struct control_wire *wire;
    const struct readback_manner *manner;
    size_t inside_size; /* what it keeps for itself: zeroed memory, given to each call */

    unsigned passes; /* over each adj-out */
    unsigned
        fill_looks;    /* looks at an adj-out that was empty, before it counts as one to stay so */
    bool looks_first;  /* an order needs to know what a look has shown */
    bool opens_closed; /* putting a level in force opens sessions that were closed */
    bool partly;       /* an ACT_TRY that fails may have done something: undo it */

    /* Gives back what the backend has taken for itself. May be NULL. */
    void (*end)(void *inside);
    /* The socket, out of the configuration. */
    const char *(*socket)(const struct router_conf *conf);

    /* What to ask at look->stage; false: nothing. */
    bool (*ask)(void *inside, struct router_look *look, char out[COMMAND_SIZE]);
    /* A piece of the answer. */
    void (*piece)(void *inside, struct router_look *look, const struct reply_piece *piece);
    /* The answer is complete. False with why: the look has failed. */
    bool (*reply)(void *inside, struct router_look *look, int code, const char *text,
                  char why[ERR_MAX]);

    /* Before ACT_TRY: what must be remembered for ACT_UNDO, order->old_level among it. False with
     * err: the level cannot be put in force, and nothing was done. */
    bool (*begin)(void *inside, struct order *order, char err[ERR_MAX]);
    /* The level is not in force, and ACT_UNDO done or impossible: what begin() has left outside of
     * the router is put back. False with err if it cannot be. May be NULL. */
    bool (*restore)(void *inside, struct order *order, char err[ERR_MAX]);
    /* The act's command number n; false: there is none, the act is done. */
    bool (*command)(void *inside, const struct order *order, enum act act, unsigned n,
                    char out[COMMAND_SIZE]);
    /* Whether the answer to it, code >= 0, says that it was done. If not, why says what is. */
    bool (*done)(void *inside, const struct order *order, enum act act, unsigned n, int code,
                 const char *text, char why[ERR_MAX]);
};

extern const struct backend backend_bird;
extern const struct backend backend_frr;

#endif
