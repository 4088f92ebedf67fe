/* The BIRD driver's inside, shared by routing/bird.c (looks, the queue of orders) and
 * routing/bird_order.c (what each order does).
 *
 * One order runs at a time; it is a chain of steps, a step being one command to BIRD or one look.
 * Every order ends exactly once, by order_end(), and only from the loop. */
#ifndef CGWHA_ROUTING_BIRD_DRIVER_H
#define CGWHA_ROUTING_BIRD_DRIVER_H

#include <sys/queue.h>

#include "routing/bird_client.h"
#include "routing/bird_level.h"
#include "routing/bird_look.h"

enum order_kind { ORDER_LEVEL, ORDER_CLOSE, ORDER_OPEN };

struct bird_driver;
struct order;

typedef void (*order_reply_fn)(struct order *order, int code, const char *text);

struct order {
    TAILQ_ENTRY(order) link;
    struct bird_driver *driver;
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

    unsigned looks;
    bool accepted; /* BIRD runs the new configuration, unconfirmed */
    bool had_file;
    char old_text[BIRD_LEVEL_SIZE];
    unsigned session;                  /* the one being closed or opened */
    uint16_t sessions;                 /* those to close or open, a bit each */
    void (*then)(struct order *order); /* after the last session */
    char why[ERR_MAX];                 /* what was seen last, or what went wrong */
};

TAILQ_HEAD(orders, order);

struct bird_driver {
    qb_loop_t *loop;
    struct router_conf conf;
    struct router_events events;
    void *ctx;
    struct bird_times times;
    struct bird_client *client;
    char version[NAME_MAX_LEN];
    bool said_down; /* the log has it */

    struct bird_look look;
    bool poll_wanted;         /* seen() is owed */
    bool undisturbed;         /* no order has run since the look began */
    struct order *looking;    /* the order for which the look under way was begun */
    struct orders orders;     /* the first one runs */
    struct orders unanswered; /* ended, and only waiting for their reply */
    qb_loop_timer_handle kick, wait;

    bool closed;  /* the cloud sessions are to stay closed, whatever BIRD reads */
    uint16_t off; /* sessions that somebody else has disabled, a bit each; `configure` forgets it */
    char message[BIRD_MESSAGE_SIZE];
};

/* The same as router_bird_create, with other times: for the tests. */
bool bird_create(struct router *out, qb_loop_t *loop, const struct router_conf *conf,
                 const struct router_events *events, void *ctx, const struct bird_times *times,
                 char err[ERR_MAX]);

/* In routing/bird.c: */

/* The order's only way out. */
void order_end(struct order *order, enum outcome outcome, const char *why);
/* One step: reply() gets the answer, code -1 if there is none. */
void order_ask(struct order *order, order_reply_fn reply, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* One step: a look that begins at least wait_ms from now; order_looked() follows. */
void order_look(struct order *order, uint32_t wait_ms);

/* In routing/bird_order.c: */

void order_start(struct order *order);
/* The look it wanted has ended. */
void order_looked(struct order *order, bool ok, const char *why);
/* It is superseded or late, and no reply is awaited. */
void order_interrupt(struct order *order);
/* Its deadline is here. It must end now, whatever BIRD does. */
void order_expired(struct order *order);

#endif
