/* The driver's inside, shared by routing/driver.c (looks, the queue of orders) and routing/order.c
 * (what each order does). It is the same for all routers: what one of them has of its own is its
 * backend.
 *
 * One order runs at a time; it is a chain of steps, a step being one command to the router or one
 * look. Every order ends exactly once, by order_end(), and only from the loop. */
#ifndef CGWHA_ROUTING_DRIVER_H
#define CGWHA_ROUTING_DRIVER_H

#include <sys/queue.h>

#include "routing/backend.h"
#include "routing/control.h"
#include "routing/look.h"

#define ORDER_OLD_SIZE 1024 /* what a backend keeps of the level before */

enum order_kind { ORDER_LEVEL, ORDER_CLOSE, ORDER_OPEN };

typedef void (*order_reply_fn)(struct order *order, int code, const char *text);
typedef void (*order_fn)(struct order *order);

struct order {
    TAILQ_ENTRY(order) link;
    struct driver *driver;
    enum order_kind kind;
    uint32_t id;
    bool internal; /* our own: nobody is told how it ended */
    enum level level;
    uint32_t deadline_ms;
    qb_loop_timer_handle soft, hard;

    bool started;
    bool superseded; /* by a later order of its sort */
    bool late;       /* the time to give up and undo has come */
    bool asking;     /* a reply is awaited */
    bool wants_look; /* that begins after now */
    bool ended;      /* only kept until its reply has come */
    order_reply_fn reply;

    enum act act; /* under way, with its next command, and what follows it */
    unsigned step;
    order_fn then, failed;

    unsigned looks;
    bool accepted;      /* the router runs the new level, or part of it, unconfirmed */
    unsigned old_level; /* the one before; LEVELS: not known */
    bool has_old;       /* old is the backend's, to undo with */
    char old[ORDER_OLD_SIZE];

    unsigned at;       /* the session being closed or opened */
    unsigned next;     /* the one after it */
    uint16_t sessions; /* those to close or open, a bit each */
    order_fn after;    /* the last of them */
    char why[ERR_MAX]; /* what was seen last, or what went wrong */
};

TAILQ_HEAD(orders, order);

struct driver {
    const struct backend *backend;
    void *inside; /* the backend's */
    qb_loop_t *loop;
    struct router_conf conf;
    struct router_events events;
    void *ctx;
    struct control_times times;
    struct control *control;
    char version[NAME_MAX_LEN];
    bool said_down; /* the log has it */

    struct router_look look;
    bool looked;              /* a look has ended since the connection is up */
    bool poll_wanted;         /* seen() is owed */
    bool undisturbed;         /* no order has run since the look began */
    struct order *looking;    /* the order for which the look under way was begun */
    struct orders orders;     /* the first one runs */
    struct orders unanswered; /* ended, and only waiting for their reply */
    qb_loop_timer_handle kick, wait;

    bool closed;  /* the cloud sessions are to stay closed, whatever the router reads */
    uint16_t off; /* sessions that somebody else has closed, a bit each, for it may open them */
    char message[MESSAGE_SIZE];
};

/* The driver over any backend, with any times. */
bool driver_create(struct router *out, const struct backend *backend, qb_loop_t *loop,
                   const struct router_conf *conf, const struct router_events *events, void *ctx,
                   const struct control_times *times, char err[ERR_MAX]);

/* In routing/driver.c: */

/* The order's only way out. */
void order_end(struct order *order, enum outcome outcome, const char *why);
/* One step: reply() gets the answer, code -1 if there is none. */
void order_ask(struct order *order, order_reply_fn reply, const char *text);
/* One step: a look that begins at least wait_ms from now; order_looked() follows. */
void order_look(struct order *order, uint32_t wait_ms);

/* In routing/order.c: */

void order_start(struct order *order);
/* The look it wanted has ended. */
void order_looked(struct order *order, bool ok, const char *why);
/* It is superseded or late, and no reply is awaited. */
void order_interrupt(struct order *order);
/* Its deadline is here. It must end now, whatever the router does. */
void order_expired(struct order *order);

#endif
