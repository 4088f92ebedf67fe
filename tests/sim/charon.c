/* The fake charon: SAs that come up after a while, if the path and the cloud let them, and its
 * driver: keeps up, freshens, releases. SAs survive the agent's death. */
#include <string.h>

#include "tests/sim/world.h"

#define DOWN_MS        300 /* down so long before it is initiated */
#define KEEP_TICK_MS   320
#define BACKOFF_MS     1000
#define BACKOFF_MAX_MS 4000
#define DPD_MS         30000

static bool path_good(const struct host *h, unsigned t)
{
    return h->power && h->ipsec.up && h->ipsec.path_dead[t] == 0;
}

static void sa_changed(struct host *h)
{
    h->world->dirty = true;
    router_look_at_sessions(h);
    if (h->agent && h->runtime.ipsec.ops != NULL && !h->dying && !h->ipsec.looking) {
        h->ipsec.looking = true; /* an SA event brings a snapshot by itself */
        push(h->world, HAPPENS_IPSEC_SEEN, h->self, upto(h->world, 20), 0, h->inc, 0);
    }
}

static void initiate(struct host *h, unsigned t)
{
    struct sa *sa = &h->ipsec.sa[t];

    if (sa->up || sa->connecting || !h->ipsec.up || h->ipsec.hang > 0 || h->ipsec.fail > 0)
        return;
    sa->connecting = true;
    push(h->world, HAPPENS_SA_UP, h->self, upto(h->world, h->world->plan.usual.ike), t, sa->gen, 0);
}

static void sa_up(struct host *h, unsigned t)
{
    struct sa *sa = &h->ipsec.sa[t];

    sa->connecting = false;
    if (sa->up || !path_good(h, t))
        return;
    trace(h->world, h->self, "SA %u is up", t);
    sa->up = true;
    sa->gen++;
    h->ipsec.backoff_ms[t] = 0;
    sa_changed(h);
}

static void sa_down(struct host *h, unsigned t)
{
    struct sa *sa = &h->ipsec.sa[t];

    if (!sa->up)
        return;
    trace(h->world, h->self, "SA %u is down", t);
    sa->up = false;
    sa->gen++;
    sa_changed(h);
}

void charon_path_changed(struct host *h, unsigned t)
{
    struct world *w = h->world;

    if (h->ipsec.path_dead[t] > 0 && h->ipsec.sa[t].up)
        push(w, HAPPENS_SA_DOWN, h->self, rng_in(&w->rng, 500, DPD_MS) * MS, t, h->ipsec.sa[t].gen,
             0);
    w->dirty = true;
    router_look_at_sessions(h);
}

void charon_boot(struct host *h)
{
    h->ipsec.up = true;
}

/* charon dies: the kernel's SAs are gone with its start anew, the cloud is not told. */
void charon_stops(struct host *h)
{
    h->ipsec.up = false;
    for (unsigned t = 0; t < TUNNELS; t++) {
        h->ipsec.sa[t].connecting = false;
        h->ipsec.sa[t].gen++;
        sa_down(h, t);
    }
}

void charon_agent_gone(struct host *h)
{
    h->ipsec.keep_up = h->ipsec.looking = false;
    h->ipsec.freshen_id = h->ipsec.release_id = 0;
    memset(h->ipsec.backoff_ms, 0, sizeof(h->ipsec.backoff_ms));
    memset(h->ipsec.next_try_ns, 0, sizeof(h->ipsec.next_try_ns));
}

/* ---- the driver ---- */

static void poll_ipsec(void *self)
{
    struct host *h = self;
    uint64_t delay = upto(h->world, 30);

    if (!agent_acts(h) || h->ipsec.looking)
        return;
    h->ipsec.looking = true;
    if (h->ipsec.hang > 0)
        delay += 3000 * MS;
    push(h->world, HAPPENS_IPSEC_SEEN, h->self, delay, 0, h->inc, 0);
}

static void on_seen(struct host *h)
{
    struct ipsec_fake *f = &h->ipsec;
    struct ipsec_seen seen;

    f->looking = false;
    memset(&seen, 0, sizeof(seen));
    seen.reachable = f->up && f->hang == 0;
    seen.at_ns = h->world->now_ns - h->skew_ns;
    paths_count(h->world);
    for (unsigned t = 0; t < TUNNELS && seen.reachable; t++) {
        seen.tunnel[t].configured = true;
        seen.tunnel[t].installed = f->sa[t].up;
        seen.tunnel[t].connecting = f->sa[t].connecting;
        seen.tunnel[t].ike_sas = seen.tunnel[t].children = f->sa[t].up;
        seen.tunnel[t].packets_in = f->sa[t].in;
        seen.tunnel[t].packets_out = f->sa[t].out;
        seen.tunnel[t].rekey_in_s = -1;
    }
    if (agent_acts(h))
        runtime_ipsec_events.seen(&h->runtime, &seen);
}

static void done(struct host *h, uint32_t id, enum outcome outcome, const char *why)
{
    trace(h->world, h->self, "charon: order %u %s", id,
          outcome == OUTCOME_OK       ? "done"
          : outcome == OUTCOME_FAILED ? "failed"
                                      : "timed out");
    if (agent_acts(h))
        runtime_ipsec_events.done(&h->runtime, id, outcome, why);
}

static bool all_up(const struct host *h)
{
    for (unsigned t = 0; t < TUNNELS; t++) {
        if (!h->ipsec.sa[t].up)
            return false;
    }
    return true;
}

static bool all_down(const struct host *h)
{
    for (unsigned t = 0; t < TUNNELS; t++) {
        if (h->ipsec.sa[t].up || h->ipsec.sa[t].connecting)
            return false;
    }
    return true;
}

static void try_tunnel(struct host *h, unsigned t)
{
    struct ipsec_fake *f = &h->ipsec;
    uint64_t now = h->world->now_ns;

    if (f->sa[t].up || f->sa[t].connecting)
        return;
    if (f->next_try_ns[t] > now)
        return;
    f->backoff_ms[t] = f->backoff_ms[t] == 0                   ? BACKOFF_MS
                       : f->backoff_ms[t] * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS
                                                               : f->backoff_ms[t] * 2;
    f->next_try_ns[t] = now + f->backoff_ms[t] * MS;
    initiate(h, t);
}

static void finish_orders(struct host *h)
{
    struct ipsec_fake *f = &h->ipsec;
    uint32_t id;

    if (f->freshen_id != 0 && f->up && all_up(h)) {
        id = f->freshen_id;
        f->freshen_id = 0;
        done(h, id, OUTCOME_OK, "");
    }
    if (f->release_id != 0 && (!f->up || (f->hang == 0 && all_down(h)))) {
        id = f->release_id;
        f->release_id = 0;
        done(h, id, f->up ? OUTCOME_OK : OUTCOME_FAILED, "");
    }
}

/* One tick looks after all that the driver has to do; it runs while there is something. */
static void tick_soon(struct host *h, uint32_t ms)
{
    if (h->ipsec.keeping)
        return;
    h->ipsec.keeping = true;
    push(h->world, HAPPENS_KEEP_UP, h->self, ms * MS, 0, h->inc, 0);
}

static void release_all(struct host *h)
{
    for (unsigned t = 0; t < TUNNELS; t++) {
        struct sa *sa = &h->ipsec.sa[t];
        if (sa->up && path_good(h, t))
            push(h->world, HAPPENS_SA_RELEASED, h->self, upto(h->world, 100), t, sa->gen, 0);
    }
}

static void on_tick(struct host *h)
{
    struct ipsec_fake *f = &h->ipsec;

    f->keeping = false;
    finish_orders(h);
    if (f->hang == 0 && f->up) {
        for (unsigned t = 0; t < TUNNELS && (f->keep_up || f->freshen_id != 0); t++)
            try_tunnel(h, t);
        if (f->release_id != 0)
            release_all(h);
    }
    if (f->release_id != 0 || f->freshen_id != 0)
        tick_soon(h, 100);
    else if (f->keep_up)
        tick_soon(h, KEEP_TICK_MS);
}

static void begin_anew(struct host *h)
{
    memset(h->ipsec.backoff_ms, 0, sizeof(h->ipsec.backoff_ms));
    memset(h->ipsec.next_try_ns, 0, sizeof(h->ipsec.next_try_ns));
}

/* A newer order takes the place of the one before. */
static void end_orders(struct host *h)
{
    struct ipsec_fake *f = &h->ipsec;
    uint32_t old = f->release_id != 0 ? f->release_id : f->freshen_id;

    f->release_id = f->freshen_id = 0;
    begin_anew(h);
    if (old == 0)
        return;
    f->superseded_id = old;
    push(h->world, HAPPENS_IPSEC_LIMIT, h->self, 0, 0, h->inc, old);
}

static void keep_up(void *self, bool on)
{
    struct host *h = self;

    if (!agent_acts(h))
        return;
    if (on && h->ipsec.release_id != 0)
        push(h->world, HAPPENS_IPSEC_LIMIT, h->self, MS, 0, h->inc, h->ipsec.release_id);
    if (on && !h->ipsec.keep_up)
        begin_anew(h);
    h->ipsec.keep_up = on;
    if (on)
        tick_soon(h, DOWN_MS);
}

static void freshen(void *self, uint32_t id, uint32_t horizon_s, uint32_t deadline_ms)
{
    struct host *h = self;

    (void)horizon_s;
    if (!agent_acts(h))
        return;
    trace(h->world, h->self, "order %u: freshen", id);
    end_orders(h);
    h->ipsec.freshen_id = id;
    push(h->world, HAPPENS_IPSEC_LIMIT, h->self, deadline_ms * MS, 0, h->inc, id);
    tick_soon(h, 20);
}

static void release(void *self, uint32_t id, uint32_t deadline_ms)
{
    struct host *h = self;

    if (!agent_acts(h))
        return;
    trace(h->world, h->self, "order %u: release", id);
    end_orders(h);
    h->ipsec.keep_up = false;
    h->ipsec.release_id = id;
    push(h->world, HAPPENS_IPSEC_LIMIT, h->self, deadline_ms * MS, 0, h->inc, id);
    tick_soon(h, 20);
}

static void destroy(void *self)
{
    (void)self;
}

const struct ipsec_ops ipsec_fake_ops = {poll_ipsec, keep_up, freshen, release, destroy};

static void on_limit(struct host *h, uint32_t id)
{
    struct ipsec_fake *f = &h->ipsec;

    if (f->freshen_id == id)
        f->freshen_id = 0;
    else if (f->release_id == id)
        f->release_id = 0;
    else if (f->superseded_id == id)
        f->superseded_id = 0;
    else
        return;
    done(h, id, OUTCOME_TIMEOUT, "its deadline");
}

void charon_happens(struct world *w, const struct happening *e)
{
    struct host *h = &w->host[e->node];
    struct sa *sa = &h->ipsec.sa[e->a];

    switch (e->kind) {
    case HAPPENS_SA_UP:
        if (e->b == sa->gen && sa->connecting)
            sa_up(h, e->a);
        break;
    case HAPPENS_SA_DOWN:
        if (e->b == sa->gen && !path_good(h, e->a))
            sa_down(h, e->a);
        break;
    case HAPPENS_SA_RELEASED:
        if (e->b == sa->gen && sa->up) {
            w->voluntary = h->self;
            sa_down(h, e->a);
            cloud_forget(h, e->a);
        }
        break;
    case HAPPENS_KEEP_UP:
        h->ipsec.keeping = false;
        if (agent_runs(h, e->b))
            on_tick(h);
        else if (h->ipsec.keep_up) /* of an agent that is gone; there is another */
            tick_soon(h, KEEP_TICK_MS);
        break;
    case HAPPENS_IPSEC_SEEN:
        if (agent_runs(h, e->b))
            on_seen(h);
        break;
    default: /* IPSEC_LIMIT */
        if (agent_runs(h, e->b))
            on_limit(h, (uint32_t)e->c);
        break;
    }
}
