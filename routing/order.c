/* The orders: a level put in force and read back, sessions closed, sessions opened.
 *
 * A level is tried, read back and only then confirmed, so that whatever happens in between leaves
 * the router at the level it had: we undo, and where a router can, it does so by itself if we die.
 */
#include <stdio.h>
#include <string.h>

#include "routing/driver.h"

static const char superseded[] = "a later order took its place";

/* ---- an act of the backend: its commands, one after the other */

static void act_next(struct order *order);

static void act_failed(struct order *order, const char *why)
{
    if (why != order->why)
        snprintf(order->why, sizeof(order->why), "%s", why);
    order->failed(order);
}

static void level_interrupt(struct order *order);

static void act_answered(struct order *order, int code, const char *text)
{
    struct driver *d = order->driver;

    if (code < 0) {
        act_failed(order, text);
    } else if (!d->backend->done(d->inside, order, order->act, order->step, code, text,
                                 order->why)) {
        act_failed(order, order->why);
    } else {
        order->step++;
        act_next(order);
    }
}

static void act_next(struct order *order)
{
    struct driver *d = order->driver;
    char command[COMMAND_SIZE];

    if (!d->backend->command(d->inside, order, order->act, order->step, command))
        order->then(order);
    else if (order->act == ACT_TRY && (order->superseded || order->late))
        level_interrupt(order);
    else
        order_ask(order, act_answered, command);
}

/* Runs it, then one of the two. */
static void act_run(struct order *order, enum act act, order_fn then, order_fn failed)
{
    order->act = act;
    order->step = 0;
    order->then = then;
    order->failed = failed;
    act_next(order);
}

/* ---- the level */

static void level_restore(struct order *order)
{
    struct driver *d = order->driver;
    size_t used = strlen(order->why);
    char err[ERR_MAX];

    if (d->backend->restore != NULL && !d->backend->restore(d->inside, order, err))
        snprintf(order->why + used, sizeof(order->why) - used, "%s%s", used > 0 ? "; " : "", err);
}

static void level_fail(struct order *order, enum outcome outcome)
{
    level_restore(order);
    order_end(order, outcome, order->why);
}

static void level_failed(struct order *order)
{
    order_end(order, OUTCOME_FAILED, order->why);
}

static void close_next(struct order *order);

static uint16_t cloud_sessions(const struct router_conf *conf)
{
    uint16_t all = 0;
    for (unsigned i = 0; i < conf->count; i++)
        all |= (uint16_t)(conf->session[i].lan ? 0u : 1u << i);
    return all;
}

/* Closes again what the new level has opened, then goes on: what was closed for a drain, or what a
 * person has closed by hand and did not ask us to open. */
static void reclose(struct order *order, order_fn after)
{
    struct driver *d = order->driver;

    order->after = after;
    order->next = 0;
    order->sessions = d->closed ? cloud_sessions(&d->conf) : d->off;
    if (!d->backend->opens_closed)
        order->sessions = 0;
    close_next(order);
}

/* If it could not be undone, it may be that the router does so by itself. */
static void level_undone(struct order *order)
{
    order->accepted = false;
    level_restore(order);
    reclose(order, level_failed);
}

/* Back to the level before, keeping the reason. But not to withdrawn: what could not be read back
 * may be exported all the same, draw traffic and be the last there is. Only an order to withdraw
 * withdraws; whoever gave this one sees what becomes of it, and asks again. */
static void level_undo(struct order *order)
{
    if (order->old_level == LEVEL_WITHDRAWN)
        act_run(order, ACT_KEEP, level_failed, level_failed);
    else
        act_run(order, ACT_UNDO, level_undone, level_undone);
}

static void level_kept(struct order *order)
{
    order_end(order, OUTCOME_FAILED, superseded);
}

/* Superseded: the router keeps what it runs, the next level comes at once. Late: back to the old.
 */
static void level_interrupt(struct order *order)
{
    bool again = order->superseded;

    order->late = false;
    order->superseded = false;
    if (order->why[0] == '\0')
        snprintf(order->why, sizeof(order->why), "what is exported could not be read in time");
    if (!order->accepted && again) {
        snprintf(order->why, sizeof(order->why), "%s", superseded);
        level_fail(order, OUTCOME_FAILED);
    } else if (again) {
        act_run(order, ACT_KEEP, level_kept, level_kept);
    } else if (order->accepted) {
        level_undo(order);
    } else {
        level_fail(order, OUTCOME_FAILED);
    }
}

static void level_confirmed(struct order *order)
{
    if (order->superseded)
        order_end(order, OUTCOME_FAILED, superseded);
    else
        order_end(order, OUTCOME_OK, "");
}

/* The router refused it, or is gone. */
static void level_refused(struct order *order)
{
    if (order->accepted && control_is_up(order->driver->control))
        level_undo(order);
    else
        level_fail(order, OUTCOME_FAILED);
}

static void level_not_kept(struct order *order)
{
    level_fail(order, OUTCOME_FAILED);
}

/* An adj-out that was empty at the old level, withdrawn, and has not begun to fill. Not the LAN's:
 * before the cloud's routes are learnt there is nothing to export to it. */
static bool level_begins(const struct order *order)
{
    const struct driver *d = order->driver;

    if (order->level == LEVEL_WITHDRAWN || order->looks > d->backend->fill_looks)
        return false;
    if (order->old_level < LEVELS && order->old_level != LEVEL_WITHDRAWN)
        return false;
    for (unsigned i = 0; i < d->conf.count; i++) {
        const struct router_session_seen *seen = &d->look.read[i].seen;
        if (!d->conf.session[i].lan && seen->established && seen->routes_out == 0)
            return true;
    }
    return false;
}

static void level_looked(struct order *order, bool ok, const char *why)
{
    struct driver *d = order->driver;

    if (!ok)
        snprintf(order->why, sizeof(order->why), "%s", why);
    if (!ok && !control_is_up(d->control)) {
        level_fail(order, OUTCOME_FAILED);
        return;
    }
    order->looks++;
    if (ok &&
        readback_agrees(&d->conf, d->backend->manner, order->level, d->look.read, order->why) &&
        !level_begins(order))
        act_run(order, ACT_CONFIRM, level_confirmed, level_not_kept);
    else
        order_look(order, d->times.read_back_ms);
}

static void level_read_back(struct order *order)
{
    order_look(order, 0);
}

static void level_tried(struct order *order)
{
    order->accepted = true;
    reclose(order, level_read_back);
}

static void level_start(struct order *order)
{
    struct driver *d = order->driver;
    char err[ERR_MAX];

    order->old_level = LEVELS;
    if (!control_is_up(d->control)) {
        order_end(order, OUTCOME_FAILED, control_why(d->control));
    } else if (!d->backend->begin(d->inside, order, err)) {
        order_end(order, OUTCOME_FAILED, err);
    } else {
        order->accepted = d->backend->partly;
        act_run(order, ACT_TRY, level_tried, level_refused);
    }
}

/* ---- sessions closed and opened */

/* The next of the sessions to close or open; false if there is none. */
static bool next_session(struct order *order)
{
    while (order->next < order->driver->conf.count) {
        order->at = order->next++;
        if (order->sessions & (1u << order->at))
            return true;
    }
    return false;
}

static void session_refused(struct order *order)
{
    if (order->kind == ORDER_LEVEL)
        close_next(order); /* of a level the level counts; a later look finds what is open */
    else
        order_end(order, OUTCOME_FAILED, order->why);
}

static void close_next(struct order *order)
{
    if (next_session(order))
        act_run(order, ACT_CLOSE, close_next, session_refused);
    else
        order->after(order);
}

static void close_look(struct order *order)
{
    order_look(order, 0);
}

static void close_looked(struct order *order, bool ok, const char *why)
{
    struct driver *d = order->driver;

    if (!ok && !control_is_up(d->control)) {
        order_end(order, OUTCOME_FAILED, why);
        return;
    }
    for (unsigned i = 0; ok && i < d->conf.count; i++) {
        const struct router_session_seen *seen = &d->look.read[i].seen;
        if (d->conf.session[i].lan || !seen->known || seen->disabled)
            continue;
        snprintf(order->why, sizeof(order->why), "%s is not closed yet: %s says it is %s",
                 d->conf.session[i].name, d->backend->name, seen->state);
        ok = false;
    }
    if (ok)
        order_end(order, OUTCOME_OK, "");
    else
        order_look(order, d->times.read_back_ms);
}

static void open_next(struct order *order)
{
    if (next_session(order))
        act_run(order, ACT_OPEN, open_next, session_refused);
    else
        order_end(order, OUTCOME_OK, "");
}

/* ---- each kind's doors */

void order_start(struct order *order)
{
    switch (order->kind) {
    case ORDER_LEVEL:
        level_start(order);
        break;
    case ORDER_CLOSE:
        order->after = close_look;
        order->sessions = cloud_sessions(&order->driver->conf);
        close_next(order);
        break;
    case ORDER_OPEN:
        order->sessions = cloud_sessions(&order->driver->conf);
        open_next(order);
        break;
    }
}

void order_looked(struct order *order, bool ok, const char *why)
{
    if (order->kind == ORDER_LEVEL)
        level_looked(order, ok, why);
    else
        close_looked(order, ok, why);
}

void order_interrupt(struct order *order)
{
    if (order->kind == ORDER_LEVEL)
        level_interrupt(order);
    else
        order_end(order, OUTCOME_FAILED, superseded);
}

void order_expired(struct order *order)
{
    if (order->why[0] == '\0')
        snprintf(order->why, sizeof(order->why), "%s did not answer within %u ms",
                 order->driver->backend->name, order->deadline_ms);
    if (order->kind == ORDER_LEVEL && order->started)
        level_fail(order, OUTCOME_TIMEOUT);
    else
        order_end(order, OUTCOME_TIMEOUT, order->why);
}
