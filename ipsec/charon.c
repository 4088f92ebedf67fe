/* The charon driver: its making and ending, and the one place from which its owner is called. */
#include "ipsec/charon.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_MS UINT64_C(1000000)

uint64_t charon_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 * NS_PER_MS + (uint64_t)now.tv_nsec;
}

void alarm_clear(struct charon *d, struct alarm *alarm)
{
    if (alarm->set)
        qb_loop_timer_del(d->loop, alarm->handle);
    alarm->set = false;
}

/* fn clears .set first: the handle is spent when it is called. */
void alarm_set(struct charon *d, struct alarm *alarm, uint32_t ms, void (*fn)(void *))
{
    alarm_clear(d, alarm);
    alarm->set =
        qb_loop_timer_add(d->loop, QB_LOOP_MED, ms * NS_PER_MS, d, fn, &alarm->handle) == 0;
}

static void deliver_seen(struct charon *d)
{
    struct ipsec_seen seen = {.reachable = d->link == LINK_UP, .at_ns = charon_now()};

    if (seen.reachable) {
        sa_seen(&d->table, &seen);
        seen.at_ns = d->seen_ns;
        strlcpy(seen.version, d->version, sizeof(seen.version));
    } else {
        strlcpy(seen.why, d->why, sizeof(seen.why));
    }
    d->events->seen(d->ctx, &seen);
}

static void deliver(void *data)
{
    struct charon *d = data;

    d->post.set = false;
    d->delivering = true;
    if (d->post_seen) {
        d->post_seen = false;
        deliver_seen(d);
    }
    while (d->dones > 0 && !d->destroyed) {
        struct done done = d->done[0];
        memmove(&d->done[0], &d->done[1], --d->dones * sizeof(d->done[0]));
        d->events->done(d->ctx, done.id, done.outcome, done.why);
    }
    d->delivering = false;
    if (d->destroyed)
        free(d);
}

static void post(struct charon *d)
{
    if (!d->post.set)
        alarm_set(d, &d->post, 0, deliver);
}

void charon_post_seen(struct charon *d)
{
    d->post_seen = true;
    post(d);
}

void charon_post_done(struct charon *d, uint32_t id, enum outcome outcome, const char *why)
{
    struct done *done = &d->done[d->dones];

    assert(d->dones < DONES_MAX); /* so many orders in one turn of the loop: a broken owner */
    d->dones++;
    done->id = id;
    done->outcome = outcome;
    strlcpy(done->why, why, sizeof(done->why));
    post(d);
}

static void op_poll(void *self)
{
    struct charon *d = self;

    if (d->link == LINK_DOWN)
        charon_post_seen(d);
    else if (!d->looking)
        look_now(d);
}

static void op_keep_up(void *self, bool on)
{
    act_keep_up(self, on);
}

static void op_freshen(void *self, uint32_t id, uint32_t horizon_s, uint32_t deadline_ms)
{
    act_order(self, ORDER_FRESHEN, id, horizon_s, deadline_ms);
}

static void op_release(void *self, uint32_t id, uint32_t deadline_ms)
{
    struct charon *d = self;

    d->keep_up = false;
    act_order(d, ORDER_RELEASE, id, 0, deadline_ms);
}

/* Nothing is told any more; within a call to the owner, the memory stays until it returns. */
static void op_destroy(void *self)
{
    struct charon *d = self;

    d->destroyed = true;
    d->post_seen = false;
    d->dones = 0;
    look_stop(d);
    client_free(&d->look);
    client_free(&d->act);
    alarm_clear(d, &d->reconnect);
    alarm_clear(d, &d->tick);
    alarm_clear(d, &d->deadline);
    alarm_clear(d, &d->post);
    if (!d->delivering)
        free(d);
}

static const struct ipsec_ops ops = {
    .poll = op_poll,
    .keep_up = op_keep_up,
    .freshen = op_freshen,
    .release = op_release,
    .destroy = op_destroy,
};

bool charon_create_timed(struct ipsec *out, qb_loop_t *loop, const struct ipsec_conf *conf,
                         const struct charon_timing *timing, const struct ipsec_events *events,
                         void *ctx, char err[ERR_MAX])
{
    struct charon *d = calloc(1, sizeof(*d));

    if (d == NULL) {
        snprintf(err, ERR_MAX, "no memory for the charon driver");
        return false;
    }
    d->loop = loop;
    d->conf = *conf;
    d->timing = *timing;
    d->events = events;
    d->ctx = ctx;
    sa_init(&d->table, conf);
    look_start(d);
    if (!d->reconnect.set) {
        snprintf(err, ERR_MAX, "the loop takes no timer for the charon driver");
        op_destroy(d);
        return false;
    }
    *out = (struct ipsec){.ops = &ops, .self = d};
    return true;
}

bool ipsec_charon_create(struct ipsec *out, qb_loop_t *loop, const struct ipsec_conf *conf,
                         const struct ipsec_events *events, void *ctx, char err[ERR_MAX])
{
    static const struct charon_timing timing = CHARON_TIMING;
    return charon_create_timed(out, loop, conf, &timing, events, ctx, err);
}
