/* The tracks: each is tried once an interval, and is up or down by what it did last. */
#include "agent/track.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/probe.h"
#include "routing/echo.h"

/* One thing that is tried. All that its configuration names must be well for a success. */
struct item {
    struct tracks *owner;
    const struct track_conf *conf;
    struct track_conf own; /* of a tunnel */
    struct track_seen *seen;
    struct rise rise;
    struct rise_limits limits;
    struct echo *echo;
    struct probe_command command;
    qb_loop_timer_handle timer;
    bool idle;                     /* a tunnel that is down */
    bool tried, pinged, commanded; /* a try is under way, and what it still waits for */
    bool owed;                     /* a try, as soon as the command that was killed has ended */
};

struct tracks {
    qb_loop_t *loop;
    void (*changed)(void *ctx, const struct tracks_seen *seen);
    void *ctx;
    struct tracks_seen seen;
    unsigned count;
    struct item item[TRACKS_MAX + TUNNELS_MAX]; /* the operator's first */
    unsigned tunnel[TUNNELS_MAX];               /* index of its item; count of all: none */
};

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

/* ---- one try ---- */

/* The try ends here, once. */
static void conclude(struct item *it, bool success, const char *why)
{
    if (!it->tried)
        return;
    it->tried = it->pinged = it->commanded = false;
    if (!success)
        snprintf(it->seen->why, sizeof(it->seen->why), "%s", why);
    if (!rise_note(&it->rise, &it->limits, success, now_ns()))
        return;
    if (success)
        it->seen->why[0] = '\0';
    it->seen->state = it->rise.state;
    it->owner->changed(it->owner->ctx, &it->owner->seen);
}

static void one_well(struct item *it)
{
    if (!it->pinged && !it->commanded)
        conclude(it, true, "");
}

static void on_answered(void *ctx)
{
    struct item *it = ctx;

    it->pinged = false;
    one_well(it);
}

static void begin_try(struct item *it);

static void on_command(void *ctx, bool ok, const char *why)
{
    struct item *it = ctx;

    if (it->owed) {
        it->owed = false;
        begin_try(it);
        return;
    }
    if (!it->commanded)
        return; /* of a try that has failed by something else */
    it->commanded = false;
    if (ok)
        one_well(it);
    else
        conclude(it, false, why);
}

/* What the last try still waits for has had its time. */
static void give_up(struct item *it)
{
    char why[ERR_MAX];

    probe_command_kill(&it->command);
    if (it->pinged)
        snprintf(why, sizeof(why), "no answer from %s", it->conf->ping);
    else
        snprintf(why, sizeof(why), "the command has not ended in time");
    conclude(it, false, why);
}

static void begin_try(struct item *it)
{
    const struct track_conf *c = it->conf;
    char why[ERR_MAX] = "";

    it->tried = true;
    it->pinged = it->echo != NULL;
    it->commanded = c->command[0] != '\0';
    if ((c->interface[0] != '\0' && !probe_interface(c->interface, why)) ||
        (c->route.family != 0 && !probe_route(&c->route, why)) ||
        (it->commanded && !probe_command_start(&it->command, c->command, why)) ||
        (it->pinged && !echo_send(it->echo, why)))
        conclude(it, false, why);
    else
        one_well(it);
}

static void on_interval(void *data)
{
    struct item *it = data;

    give_up(it);
    if (it->owed) { /* since the last time: the kernel does not let it go */
        it->tried = true;
        conclude(it, false, "the command was killed, and does not end");
    } else if (probe_command_runs(&it->command)) {
        it->owed = true;
    } else if (!it->idle) {
        begin_try(it);
    }
    qb_loop_timer_add(it->owner->loop, QB_LOOP_MED, it->conf->interval_ms * UINT64_C(1000000), it,
                      on_interval, &it->timer);
}

/* ---- all of them ---- */

static bool add_item(struct tracks *ts, const struct track_conf *conf, struct track_seen *seen,
                     bool damped, char err[ERR_MAX])
{
    struct item *it = &ts->item[ts->count];

    it->owner = ts;
    it->conf = conf;
    it->seen = seen;
    it->limits = (struct rise_limits){.rise = conf->rise, .fall = conf->fall, .damped = damped};
    it->command = (struct probe_command){.loop = ts->loop, .ended = on_command, .ctx = it};
    if (conf->ping[0] != '\0') {
        it->echo = echo_create(ts->loop, conf->ping, conf->interface, on_answered, it, err);
        if (it->echo == NULL)
            return false;
    }
    ts->count++;
    qb_loop_timer_add(ts->loop, QB_LOOP_MED, 0, it, on_interval, &it->timer);
    return true;
}

/* The other end of tunnel t. Its tunnel proves itself by soaking, so it is not damped. */
static bool add_tunnel(struct tracks *ts, const struct conf *conf, unsigned t, char err[ERR_MAX])
{
    struct track_conf *own = &ts->item[ts->count].own;

    snprintf(own->ping, sizeof(own->ping), "%s", conf->tunnel_ping[t]);
    own->interval_ms = conf->ping_interval_ms;
    own->rise = conf->ping_rise;
    own->fall = conf->ping_fall;
    ts->item[ts->count].idle = true;
    ts->tunnel[t] = ts->count;
    return add_item(ts, own, &ts->seen.tunnel[t], false, err);
}

bool tracks_create(struct tracks **out, qb_loop_t *loop, const struct conf *conf,
                   void (*changed)(void *ctx, const struct tracks_seen *seen), void *ctx,
                   char err[ERR_MAX])
{
    struct tracks *ts = calloc(1, sizeof(*ts));
    bool ok = ts != NULL;

    if (!ok) {
        snprintf(err, ERR_MAX, "out of memory");
        return false;
    }
    ts->loop = loop;
    ts->changed = changed;
    ts->ctx = ctx;
    for (unsigned i = 0; ok && i < conf->tracks; i++)
        ok = add_item(ts, &conf->track[i], &ts->seen.track[i], true, err);
    for (unsigned t = 0; t < TUNNELS_MAX; t++) {
        ts->tunnel[t] = TRACKS_MAX + TUNNELS_MAX;
        if (ok && t < conf->tunnels && conf->tunnel_ping[t][0] != '\0')
            ok = add_tunnel(ts, conf, t, err);
    }
    if (!ok) {
        tracks_destroy(ts);
        return false;
    }
    *out = ts;
    return true;
}

static void set_idle(struct item *it, bool idle)
{
    if (it->idle == idle)
        return;
    it->idle = idle;
    it->tried = it->pinged = false;
    it->rise = (struct rise){.state = RISE_UNKNOWN};
    *it->seen = (struct track_seen){.state = RISE_UNKNOWN};
}

void tracks_tunnels(struct tracks *ts, uint8_t up)
{
    for (unsigned t = 0; t < TUNNELS_MAX; t++) {
        if (ts->tunnel[t] < ts->count)
            set_idle(&ts->item[ts->tunnel[t]], !(up & (1u << t)));
    }
}

const struct tracks_seen *tracks_now(const struct tracks *ts)
{
    return &ts->seen;
}

void tracks_destroy(struct tracks *ts)
{
    if (ts == NULL)
        return;
    for (unsigned i = 0; i < ts->count; i++) {
        probe_command_end(&ts->item[i].command);
        echo_destroy(ts->item[i].echo);
        qb_loop_timer_del(ts->loop, ts->item[i].timer);
    }
    free(ts);
}
