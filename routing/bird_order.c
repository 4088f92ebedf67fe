/* The orders: a level put in force and read back, sessions closed, sessions opened.
 *
 * A level is tried, read back and only then confirmed, so that whatever happens in between leaves
 * BIRD at the level it had: we undo, and if we cannot, BIRD does after CONFIRM_TIMEOUT_S. */
#include "routing/bird_driver.h"

#include <stdio.h>
#include <string.h>

/* After being withdrawn: so many looks at an adj-out that is still empty before it counts as one in
 * which the user's filter exports nothing. BIRD fills it some milliseconds after its
 * "Reconfigured". */
#define EMPTY_LOOKS 12

static const char superseded[] = "a later order took its place";

/* The level */

/* The level file says again what BIRD is at or goes back to. */
static void level_restore(struct order *order)
{
    char err[ERR_MAX];
    size_t used = strlen(order->why);

    if (order->had_file && !bird_level_write(order->driver->conf.level_file, order->old_text, err))
        snprintf(order->why + used, sizeof(order->why) - used, "%s%s", used > 0 ? "; " : "", err);
}

static void level_fail(struct order *order, enum outcome outcome)
{
    level_restore(order);
    order_end(order, outcome, order->why);
}

static void level_lost(struct order *order, const char *why)
{
    snprintf(order->why, sizeof(order->why), "%s", why);
    level_fail(order, OUTCOME_FAILED);
}

static void level_refused(struct order *order, int code, const char *text)
{
    if (code == BIRD_DENIED)
        snprintf(order->why, sizeof(order->why),
                 "BIRD denies configuring on %s: this control socket is restricted; give cgwhad "
                 "one that is not",
                 order->driver->conf.socket);
    else
        snprintf(order->why, sizeof(order->why), "BIRD refuses its configuration: %.200s", text);
    level_fail(order, OUTCOME_FAILED);
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

/* Closes again what a `configure` has opened, then goes on: what was closed for a drain, or what a
 * person has disabled by hand and did not ask us to open. */
static void reclose(struct order *order, void (*then)(struct order *))
{
    struct bird_driver *d = order->driver;

    order->then = then;
    order->session = 0;
    order->sessions = d->closed ? cloud_sessions(&d->conf) : d->off;
    close_next(order);
}

static void level_undone(struct order *order, int code, const char *text)
{
    (void)code, (void)text; /* if it was not undone, BIRD does it by itself */
    order->accepted = false;
    level_restore(order);
    reclose(order, level_failed);
}

static void level_kept(struct order *order, int code, const char *text)
{
    (void)code, (void)text;
    order_end(order, OUTCOME_FAILED, superseded);
}

/* Superseded: BIRD keeps what it runs, the next level comes at once. Late: back to the old. */
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
        order_ask(order, level_kept, "configure confirm");
    } else if (order->accepted) {
        order_ask(order, level_undone, "configure undo");
    } else {
        level_fail(order, OUTCOME_FAILED);
    }
}

static void level_confirmed(struct order *order, int code, const char *text)
{
    if (code == BIRD_CONFIRMED && order->superseded)
        order_end(order, OUTCOME_FAILED, superseded);
    else if (code == BIRD_CONFIRMED)
        order_end(order, OUTCOME_OK, "");
    else if (code < 0)
        level_lost(order, text);
    else
        level_lost(order, "BIRD had gone back to its old configuration before it was confirmed");
}

/* An adj-out that was empty at the old level, withdrawn, and has not begun to fill. Not the LAN's:
 * before the cloud's routes are learnt there is nothing to export to it. */
static bool level_begins(const struct order *order)
{
    const struct bird_driver *d = order->driver;
    enum level old = LEVEL_WITHDRAWN;

    if (order->level == LEVEL_WITHDRAWN || order->looks > EMPTY_LOOKS)
        return false;
    if (order->had_file && bird_level_parse(order->old_text, &old) && old != LEVEL_WITHDRAWN)
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
    struct bird_driver *d = order->driver;

    if (!ok && !bird_client_is_up(d->client)) {
        level_lost(order, why);
        return;
    }
    if (!ok)
        snprintf(order->why, sizeof(order->why), "%s", why);
    order->looks++;
    if (ok && bird_readback_agrees(&d->conf, order->level, d->look.read, order->why) &&
        !level_begins(order))
        order_ask(order, level_confirmed, "configure confirm");
    else
        order_look(order, d->times.read_back_ms);
}

static void level_read_back(struct order *order)
{
    order_look(order, 0);
}

static void level_configured(struct order *order, int code, const char *text)
{
    if (code < 0) {
        level_lost(order, text);
    } else if (code != BIRD_RECONFIGURED && code != BIRD_RECONFIG_PROGRESS &&
               code != BIRD_RECONFIG_QUEUED) {
        level_refused(order, code, text);
    } else {
        order->accepted = true;
        reclose(order, level_read_back);
    }
}

static void level_checked(struct order *order, int code, const char *text)
{
    if (code < 0)
        level_lost(order, text);
    else if (code != BIRD_CHECKED)
        level_refused(order, code, text);
    else if (order->superseded || order->late)
        level_interrupt(order);
    else
        order_ask(order, level_configured, "configure timeout %d", CONFIRM_TIMEOUT_S);
}

static void level_start(struct order *order)
{
    struct bird_driver *d = order->driver;
    char text[BIRD_LEVEL_SIZE], err[ERR_MAX];

    if (!bird_client_is_up(d->client)) {
        order_end(order, OUTCOME_FAILED, bird_client_why(d->client));
        return;
    }
    order->had_file = bird_level_read(d->conf.level_file, order->old_text, err);
    if (router_bird_level_text(&d->conf, order->level, text, sizeof(text)) == 0)
        snprintf(err, sizeof(err), "the level file's text is too long");
    else if (bird_level_write(d->conf.level_file, text, err)) {
        order_ask(order, level_checked, "configure check");
        return;
    }
    order_end(order, OUTCOME_FAILED, err);
}

/* Sessions closed and opened */

/* The next of the sessions to close or open, or -1. */
static int next_session(struct order *order)
{
    while (order->session < order->driver->conf.count) {
        unsigned at = order->session++;
        if (order->sessions & (1u << at))
            return (int)at;
    }
    return -1;
}

/* True if BIRD did it, or has no such session: then there is nothing to close or open. */
static bool session_done(struct order *order, int code, const char *text)
{
    if (code >= 0 && (code < BIRD_ERROR || code == BIRD_NO_PROTOCOL))
        return true;
    if (code < 0)
        snprintf(order->why, sizeof(order->why), "%s", text);
    else
        snprintf(order->why, sizeof(order->why), "BIRD does not close or open %s: %.160s",
                 order->driver->conf.session[order->session - 1].name, text);
    return false;
}

static void closed_one(struct order *order, int code, const char *text)
{
    if (order->kind == ORDER_LEVEL || session_done(order, code, text))
        close_next(order); /* of a level the level counts; a later look finds what is open */
    else
        order_end(order, OUTCOME_FAILED, order->why);
}

static void close_next(struct order *order)
{
    struct bird_driver *d = order->driver;
    int at = next_session(order);

    if (at < 0)
        order->then(order);
    else if (d->closed)
        order_ask(order, closed_one, "disable \"%s\" \"%s\"", d->conf.session[at].name, d->message);
    else
        order_ask(order, closed_one, "disable \"%s\"", d->conf.session[at].name);
}

static void close_look(struct order *order)
{
    order_look(order, 0);
}

static void close_looked(struct order *order, bool ok, const char *why)
{
    struct bird_driver *d = order->driver;

    if (!ok && !bird_client_is_up(d->client)) {
        order_end(order, OUTCOME_FAILED, why);
        return;
    }
    for (unsigned i = 0; ok && i < d->conf.count; i++) {
        const struct router_session_seen *seen = &d->look.read[i].seen;
        if (d->conf.session[i].lan || !seen->known || seen->disabled)
            continue;
        snprintf(order->why, sizeof(order->why), "%s is not closed yet: BIRD says it is %s",
                 d->conf.session[i].name, seen->state);
        ok = false;
    }
    if (ok)
        order_end(order, OUTCOME_OK, "");
    else
        order_look(order, d->times.read_back_ms);
}

static void open_next(struct order *order);

static void opened_one(struct order *order, int code, const char *text)
{
    if (session_done(order, code, text))
        open_next(order);
    else
        order_end(order, OUTCOME_FAILED, order->why);
}

static void open_next(struct order *order)
{
    int at = next_session(order);

    if (at < 0)
        order_end(order, OUTCOME_OK, "");
    else
        order_ask(order, opened_one, "enable \"%s\"", order->driver->conf.session[at].name);
}

/* Each kind's doors */

void order_start(struct order *order)
{
    switch (order->kind) {
    case ORDER_LEVEL:
        level_start(order);
        break;
    case ORDER_CLOSE:
        order->then = close_look;
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
        snprintf(order->why, sizeof(order->why), "BIRD did not answer within %u ms",
                 order->deadline_ms);
    if (order->kind == ORDER_LEVEL && order->started)
        level_fail(order, OUTCOME_TIMEOUT);
    else
        order_end(order, OUTCOME_TIMEOUT, order->why);
}
