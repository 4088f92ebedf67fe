/* The driver of every router: takes orders, runs them one after the other, and shows what it sees.
 *
 * It decides nothing.  What it says about exports it has read in the router's adj-outs. */
#include "routing/driver.h"

#include <qb/qblog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_kick(void *data);

static const char too_many[] = "too many commands wait for the router";

static void timer_stop(struct driver *d, qb_loop_timer_handle *timer)
{
    if (*timer != 0)
        qb_loop_timer_del(d->loop, *timer);
    *timer = 0;
}

static void timer_start(struct driver *d, qb_loop_timer_handle *timer, uint32_t ms, void *data,
                        qb_loop_timer_dispatch_fn fn)
{
    timer_stop(d, timer);
    if (qb_loop_timer_add(d->loop, QB_LOOP_MED, ms * UINT64_C(1000000), data, fn, timer) != 0)
        qb_log(LOG_ERR, "The loop takes no timer for the driver of %s.", d->backend->name);
}

/* Runs what is next from the loop, not now: no order calls back before it has returned. */
static void driver_kick(struct driver *d)
{
    if (d->kick == 0)
        timer_start(d, &d->kick, 0, d, on_kick);
}

/* Nothing is known yet: the first attempt to connect is still under way. */
static bool connecting(const struct driver *d)
{
    return !control_is_up(d->control) && control_why(d->control)[0] == '\0';
}

/* Looks */

static void tell_seen(struct driver *d, bool ok, const char *why)
{
    struct router_seen seen = {.reachable = ok};

    d->poll_wanted = false;
    if (ok) {
        seen.level_known = d->look.level < LEVELS;
        seen.level = (uint8_t)(seen.level_known ? d->look.level : LEVEL_WITHDRAWN);
        for (unsigned i = 0; i < d->conf.count; i++)
            seen.session[i] = d->look.read[i].seen;
    }
    snprintf(seen.version, sizeof(seen.version), "%s", ok ? d->version : "");
    snprintf(seen.why, sizeof(seen.why), "%s", why);
    d->events.seen(d->ctx, &seen);
}

static void order_wanting_look(struct driver *d, bool ok, const char *why)
{
    struct order *order = TAILQ_FIRST(&d->orders);
    if (order != NULL && order->wants_look) {
        order->wants_look = false;
        order_looked(order, ok, why);
    }
}

/* The next order cannot begin before a look has shown what it needs to know. */
static bool waits_for_look(const struct driver *d)
{
    return d->backend->looks_first && !d->looked && control_is_up(d->control) &&
           !TAILQ_EMPTY(&d->orders);
}

static void run_looks(struct driver *d)
{
    struct order *order = TAILQ_FIRST(&d->orders);
    bool for_order = order != NULL && order->wants_look && d->wait == 0;

    if (d->look.busy || connecting(d) || (!d->poll_wanted && !for_order && !waits_for_look(d)))
        return;
    if (!router_look_start(&d->look)) {
        const char *why = control_why(d->control);
        why = why[0] != '\0' ? why : too_many;
        if (d->poll_wanted)
            tell_seen(d, false, why);
        if (for_order)
            order_wanting_look(d, false, why);
        return;
    }
    d->looking = for_order ? order : NULL;
    d->undisturbed = TAILQ_EMPTY(&d->orders);
    if (for_order)
        order->wants_look = false;
}

static struct order *order_new(struct driver *d, enum order_kind kind, uint32_t id,
                               uint32_t deadline_ms);

/* `configure` opens what was disabled, and so may a person: what is to be closed stays closed. */
static void keep_closed(struct driver *d)
{
    if (!d->closed || !TAILQ_EMPTY(&d->orders))
        return;
    for (unsigned i = 0; i < d->conf.count; i++) {
        const struct router_session_seen *seen = &d->look.read[i].seen;
        if (d->conf.session[i].lan || !seen->known || seen->disabled)
            continue;
        qb_log(LOG_NOTICE, "Session %s was opened while it is to stay closed; closing it again.",
               d->conf.session[i].name);
        struct order *order = order_new(d, ORDER_CLOSE, 0, CLOSE_DEADLINE_MS);
        if (order != NULL)
            order->internal = true;
        return;
    }
}

/* Sessions that are disabled, and not by us: read while nothing of ours is under way, or what an
 * order has just opened would be closed again. */
static void note_off(struct driver *d)
{
    if (d->closed || !d->undisturbed || !TAILQ_EMPTY(&d->orders))
        return;
    d->off = 0;
    for (unsigned i = 0; i < d->conf.count; i++)
        d->off |= (uint16_t)(d->look.read[i].seen.disabled ? 1u << i : 0u);
}

static void on_look(void *ctx, bool ok, const char *why)
{
    struct driver *d = ctx;
    struct order *order = d->looking;

    d->looking = NULL;
    d->looked = true;
    if (d->poll_wanted)
        tell_seen(d, ok, why);
    if (order != NULL)
        order_looked(order, ok, why);
    if (ok)
        note_off(d);
    if (ok && order == NULL)
        keep_closed(d);
    driver_kick(d);
}

/* Orders */

static void on_soft(void *data)
{
    struct order *order = data;
    order->soft = 0;
    order->late = true;
    driver_kick(order->driver);
}

static void on_hard(void *data)
{
    struct order *order = data;
    order->hard = 0;
    order_expired(order);
}

static struct order *order_new(struct driver *d, enum order_kind kind, uint32_t id,
                               uint32_t deadline_ms)
{
    struct order *order = calloc(1, sizeof(*order));
    uint32_t undo = deadline_ms > d->times.undo_ms ? d->times.undo_ms : deadline_ms / 2;

    if (order == NULL) {
        qb_log(LOG_ERR, "Out of memory: order %u to %s is lost.", id, d->backend->name);
        return NULL;
    }
    order->driver = d;
    order->kind = kind;
    order->id = id;
    order->deadline_ms = deadline_ms;
    if (kind == ORDER_LEVEL)
        timer_start(d, &order->soft, deadline_ms - undo, order, on_soft);
    timer_start(d, &order->hard, deadline_ms, order, on_hard);
    TAILQ_INSERT_TAIL(&d->orders, order, link);
    driver_kick(d);
    return order;
}

/* A later order of the same sort takes the place of those before it. */
static void supersede(struct driver *d, bool level)
{
    struct order *order;
    TAILQ_FOREACH(order, &d->orders, link)
    {
        if ((order->kind == ORDER_LEVEL) == level)
            order->superseded = true;
    }
}

void order_end(struct order *order, enum outcome outcome, const char *why)
{
    struct driver *d = order->driver;
    bool internal = order->internal;
    uint32_t id = order->id;
    char text[ERR_MAX];

    snprintf(text, sizeof(text), "%s", outcome == OUTCOME_OK ? "" : why);
    timer_stop(d, &order->soft);
    timer_stop(d, &order->hard);
    if (TAILQ_FIRST(&d->orders) == order)
        timer_stop(d, &d->wait);
    if (d->looking == order)
        d->looking = NULL;
    TAILQ_REMOVE(&d->orders, order, link);
    d->undisturbed = false;
    order->ended = true;
    if (order->asking)
        TAILQ_INSERT_TAIL(&d->unanswered, order, link);
    else
        free(order);
    driver_kick(d);
    if (!internal)
        d->events.done(d->ctx, id, outcome, text);
}

static void on_reply(void *arg, int code, const char *text)
{
    struct order *order = arg;

    order->asking = false;
    if (order->ended) {
        TAILQ_REMOVE(&order->driver->unanswered, order, link);
        free(order);
        return;
    }
    driver_kick(order->driver);
    order->reply(order, code, text);
}

void order_ask(struct order *order, order_reply_fn reply, const char *text)
{
    struct control_command command = {.end = on_reply, .arg = order};

    order->reply = reply;
    order->asking = true;
    if (!control_send(order->driver->control, &command, text)) {
        const char *why = control_why(order->driver->control);
        on_reply(order, -1, why[0] != '\0' ? why : too_many);
    }
}

static void on_wait(void *data)
{
    struct driver *d = data;
    d->wait = 0;
    driver_kick(d);
}

void order_look(struct order *order, uint32_t wait_ms)
{
    struct driver *d = order->driver;

    order->wants_look = true;
    if (wait_ms > 0)
        timer_start(d, &d->wait, wait_ms, d, on_wait);
    driver_kick(d);
}

/* One turn over the orders. False if the list changed, so that it must be walked anew. */
static bool run_orders_once(struct driver *d)
{
    struct order *order;

    TAILQ_FOREACH(order, &d->orders, link)
    {
        bool runs = order == TAILQ_FIRST(&d->orders);
        if (!order->started && order->superseded) {
            order_end(order, OUTCOME_FAILED, "a later order took its place");
            return false;
        }
        if (runs && !order->started && !connecting(d) && !waits_for_look(d)) {
            order->started = true;
            order_start(order);
            return false;
        }
        if (runs && order->started && !order->asking && (order->superseded || order->late)) {
            order->wants_look = false;
            timer_stop(d, &d->wait);
            if (d->looking == order)
                d->looking = NULL;
            order_interrupt(order);
            return false;
        }
    }
    return true;
}

static void on_kick(void *data)
{
    struct driver *d = data;

    d->kick = 0;
    while (!run_orders_once(d))
        continue;
    run_looks(d);
}

/* The connection */

static void on_up(void *ctx, const char *version)
{
    struct driver *d = ctx;

    snprintf(d->version, sizeof(d->version), "%s", version);
    d->said_down = false;
    d->looked = false;
    qb_log(LOG_INFO, "Connected to %s on %s.", version, d->backend->socket(&d->conf));
    driver_kick(d);
}

static void on_down(void *ctx, const char *why)
{
    struct driver *d = ctx;

    if (!d->said_down)
        qb_log(LOG_WARNING, "%s", why);
    d->said_down = true;
    driver_kick(d);
}

/* What the owner may ask */

static void driver_poll(void *self)
{
    struct driver *d = self;
    d->poll_wanted = true;
    driver_kick(d);
}

static void driver_set_level(void *self, uint32_t id, enum level level, uint32_t deadline_ms)
{
    struct driver *d = self;

    supersede(d, true);
    struct order *order = order_new(d, ORDER_LEVEL, id, deadline_ms);
    if (order != NULL)
        order->level = level;
}

static void driver_close_sessions(void *self, uint32_t id, const char *message,
                                  uint32_t deadline_ms)
{
    struct driver *d = self;

    supersede(d, false);
    message_clean(message, d->message);
    d->closed = true;
    order_new(d, ORDER_CLOSE, id, deadline_ms);
}

static void driver_open_sessions(void *self, uint32_t id, uint32_t deadline_ms)
{
    struct driver *d = self;

    supersede(d, false);
    d->closed = false;
    d->off = 0;
    order_new(d, ORDER_OPEN, id, deadline_ms);
}

static void orders_free(struct driver *d, struct orders *orders)
{
    struct order *order;
    while ((order = TAILQ_FIRST(orders)) != NULL) {
        TAILQ_REMOVE(orders, order, link);
        timer_stop(d, &order->soft);
        timer_stop(d, &order->hard);
        free(order);
    }
}

static void driver_destroy(void *self)
{
    struct driver *d = self;

    control_destroy(d->control);
    timer_stop(d, &d->kick);
    timer_stop(d, &d->wait);
    orders_free(d, &d->orders);
    orders_free(d, &d->unanswered);
    if (d->backend->end != NULL)
        d->backend->end(d->inside);
    free(d->inside);
    free(d);
}

bool driver_create(struct router *out, const struct backend *backend, qb_loop_t *loop,
                   const struct router_conf *conf, const struct router_events *events, void *ctx,
                   const struct control_times *times, char err[ERR_MAX])
{
    static const struct router_ops ops = {driver_poll, driver_set_level, driver_close_sessions,
                                          driver_open_sessions, driver_destroy};
    static const struct control_events control_events = {on_up, on_down};
    struct driver *d = calloc(1, sizeof(*d));
    void *inside = calloc(1, backend->inside_size);

    if (d == NULL || inside == NULL) {
        snprintf(err, ERR_MAX, "out of memory");
        free(inside);
        free(d);
        return false;
    }
    *d = (struct driver){.backend = backend,
                         .inside = inside,
                         .loop = loop,
                         .conf = *conf,
                         .events = *events,
                         .ctx = ctx,
                         .times = *times};
    TAILQ_INIT(&d->orders);
    TAILQ_INIT(&d->unanswered);
    d->control = control_create(loop, backend->wire, backend->socket(&d->conf), times,
                                &control_events, d, err);
    if (d->control == NULL) {
        free(inside);
        free(d);
        return false;
    }
    d->look = (struct router_look){.backend = backend,
                                   .inside = inside,
                                   .control = d->control,
                                   .conf = &d->conf,
                                   .done = on_look,
                                   .ctx = d};
    *out = (struct router){.ops = &ops, .self = d};
    return true;
}
