/* A host: its power, its clock, its disk, and the agent's process on it, which may be killed
 * between any two acts. What the runtime asks of the outside comes here. */
#include <string.h>

#include "tests/sim/world.h"

#define WALL_AT_0 UINT64_C(1700000000)
#define SERIALS   100000u /* STORE_SERIALS of agent/store.h, which needs the loop */

bool agent_acts(struct host *h)
{
    if (!h->agent || h->dying)
        return false;
    if (h->points > 0 && --h->points == 0) {
        h->dying = true; /* buried by the world once the call is over */
        return false;
    }
    return true;
}

bool agent_runs(const struct host *h, uint32_t inc)
{
    return h->power && h->agent && !h->dying && h->inc == inc;
}

/* ---- ports ---- */

static uint64_t now_ns(void *ctx)
{
    const struct host *h = ctx;

    return h->world->now_ns - h->skew_ns;
}

static uint64_t wall_s(void *ctx)
{
    const struct host *h = ctx;

    return WALL_AT_0 + h->world->now_ns / SECOND;
}

static void timer_set(void *ctx, unsigned slot, uint32_t ms)
{
    struct host *h = ctx;

    if (h->dying)
        return;
    h->timer_set[slot] = true;
    if (slot >= SLOT_ORDER && slot < SLOT_ORDER + ORDERS)
        h->order_due_ns[slot - SLOT_ORDER] = h->world->now_ns + ms * MS;
    push(h->world, HAPPENS_TIMER, h->self, ms * MS, slot, ++h->timer_gen[slot], 0);
}

static void timer_clear(void *ctx, unsigned slot)
{
    struct host *h = ctx;

    h->timer_set[slot] = false;
    h->timer_gen[slot]++;
}

static void write_next(struct host *h)
{
    struct disk *d = &h->disk;
    uint64_t delay = upto(h->world, h->world->plan.usual.disk);

    if (d->slow > 0)
        delay += rng_in(&h->world->rng, 0, 5000) * MS;
    d->writing = true;
    d->waiting = false;
    d->id = d->next_id;
    d->now = d->next;
    push(h->world, HAPPENS_SAVED, h->self, delay, 0, ++d->number, h->inc);
}

static void save(void *ctx, uint32_t id, const struct saved *saved)
{
    struct host *h = ctx;
    struct disk *d = &h->disk;

    if (!agent_acts(h))
        return;
    d->waiting = true;
    d->next_id = id;
    d->next = *saved;
    trace(h->world, h->self, "order %u: save %s", id, intent_name(saved->intent));
    if (!d->writing)
        write_next(h);
}

static void on_saved(struct host *h, uint32_t inc)
{
    struct disk *d = &h->disk;
    bool ok = d->full == 0;

    d->writing = false;
    if (ok)
        d->saved = d->now;
    if (!agent_runs(h, inc))
        return;
    trace(h->world, h->self, "save %u %s", d->id, ok ? "done" : "failed");
    if (agent_acts(h))
        runtime_saved(&h->runtime, d->id, ok, ok ? "" : "No space left on device");
    if (d->waiting && !d->writing && h->agent && !h->dying)
        write_next(h);
}

static bool vrrp(void *ctx, uint8_t level, char why[ERR_MAX])
{
    struct host *h = ctx;

    (void)why;
    if (agent_acts(h))
        h->vrrp = level;
    return true;
}

static void started(void *ctx)
{
    net_agent_started(ctx);
}

static void told(void *ctx, const struct told *t)
{
    struct host *h = ctx;

    if (t->type != TOLD_ENDED && t->type != TOLD_ASKED && t->type != TOLD_PEER &&
        t->type != TOLD_VIEW)
        trace(h->world, h->self, "%s: %s", told_name(t->type), t->text);
    else if (t->type == TOLD_ENDED && t->node == h->self)
        trace(h->world, h->self, "operation %u ended: %s, %s", OP_SERIAL(t->op),
              result_name(t->story->end.end.result), reason_name(t->story->end.end.reason));
    check_told(h, t);
}

/* One thing is tracked, and seen at the next look. */
static void tracks(void *ctx, uint8_t tunnels_up, struct tracks_seen *out)
{
    const struct host *h = ctx;

    (void)tunnels_up;
    out->track[0].state = h->unfit > 0 ? RISE_DOWN : RISE_UP;
}

static void stepped(void *ctx, const struct event *event, const struct effects *effects)
{
    struct host *h = ctx;

    h->world->steps++;
    if (h->world->recorder != NULL && h->world->record_host == h->self)
        recorder_step(h->world->recorder, now_ns(h), &h->runtime.engine, event, effects);
}

static const struct runtime_ports ports = {
    .now_ns = now_ns,
    .wall_s = wall_s,
    .timer_set = timer_set,
    .timer_clear = timer_clear,
    .save = save,
    .vrrp = vrrp,
    .started = started,
    .told = told,
    .tracks = tracks,
    .stepped = stepped,
};

/* ---- the agent's life ---- */

static void nodes_of(const struct world *w, unsigned self, struct cluster_nodes *out)
{
    memset(out, 0, sizeof(*out));
    out->count = (uint8_t)w->hosts;
    out->self = (uint8_t)self;
    for (unsigned n = 0; n < w->hosts; n++) {
        out->id[n] = n + 1;
        snprintf(out->name[n], sizeof(out->name[n]), "gw%u", n + 1);
    }
}

void agent_start(struct host *h)
{
    struct cluster_nodes nodes;
    struct saved found = h->disk.saved;
    uint32_t serial = found.serial;

    if (h->agent || !h->power)
        return;
    h->inc++;
    h->agent = true;
    h->dying = false;
    found.serial += SERIALS;
    if (h->disk.full == 0)
        h->disk.saved = found;
    else
        serial = (uint32_t)wall_s(h);
    nodes_of(h->world, h->self, &nodes);
    trace(h->world, h->self, "the agent starts, saved intent %s", intent_name(found.intent));
    runtime_init(&h->runtime, &h->conf, &nodes, &found, serial, &ports, h);
    h->runtime.router = (struct router){&router_fake_ops, h};
    h->runtime.ipsec = (struct ipsec){&ipsec_fake_ops, h};
    runtime_start(&h->runtime);
}

void agent_kill(struct host *h)
{
    struct disk *d = &h->disk;

    if (!h->agent)
        return;
    trace(h->world, h->self, "the agent is dead");
    h->agent = h->dying = false;
    h->points = 0;
    for (unsigned slot = 0; slot < SLOTS; slot++)
        timer_clear(h, slot);
    d->waiting = false;
    if (d->writing && d->full == 0 && rng_percent(&h->world->rng, 50))
        d->saved = d->now; /* the rename was done, and nobody told */
    d->writing = false;
    d->number++;
    router_agent_gone(h);
    charon_agent_gone(h);
    net_agent_gone(h);
    if (!h->frozen)
        host_release(h, 0);
}

bool agent_stalled(const struct host *h)
{
    return h->agent && h->stalls > 0 && h->stalled_inc == h->inc;
}

/* ---- the host's life ---- */

void host_release(struct host *h, uint64_t later_ns)
{
    struct world *w = h->world;
    struct happening e;

    while (queue_pop(&h->held, &e)) {
        e.at_ns = e.at_ns + later_ns > w->now_ns ? e.at_ns + later_ns : w->now_ns;
        queue_push(&w->queue, e);
    }
}

void host_warm(struct host *h)
{
    struct router_fake *r = &h->router;

    h->power = h->link.up = true;
    charon_boot(h);
    r->up = true;
    r->file = r->level = LEVEL_NORMAL;
    r->origin = (1u << PREFIXES) - 1u;
    for (unsigned s = 0; s <= TUNNELS; s++) {
        r->session[s].level = LEVEL_NORMAL;
        r->session[s].up = r->session[s].routes = true;
        r->session[s].prefixes = r->origin;
    }
    for (unsigned t = 0; t < TUNNELS; t++) {
        h->ipsec.sa[t].up = true;
        h->world->paths.cloud[h->self][t] =
            (struct route){.valid = true, .level = LEVEL_NORMAL, .prefixes = r->origin};
    }
    h->world->paths.lan[h->self] =
        (struct route){.valid = true, .level = LEVEL_NORMAL, .prefixes = 1};
    push(h->world, HAPPENS_AGENT_START, h->self, upto(h->world, 500), 0, h->inc, 0);
}

void host_power_on(struct host *h)
{
    h->power = true;
    h->link.up = true;
    h->link.hung = false;
    charon_boot(h);
    router_boot(h);
    net_changed(h->world);
    push(h->world, HAPPENS_AGENT_START, h->self, upto(h->world, 1500), 0, h->inc, 0);
}

void host_power_off(struct host *h)
{
    h->link.up = false; /* nobody is told that the agent dies first */
    agent_kill(h);
    h->frozen = false;
    h->disk.writing = false;
    h->disk.number++;
    router_stops(h);
    charon_stops(h);
    h->power = false;
    host_release(h, 0);
    net_host_gone(h);
    h->world->dirty = true;
}

void host_freeze(struct host *h, bool still_clock)
{
    struct world *w = h->world;

    h->frozen = true;
    h->still_clock = still_clock;
    h->frozen_ns = w->now_ns;
    cloud_silent(h);
    net_changed(w);
    w->dirty = true;
}

void host_thaw(struct host *h)
{
    struct world *w = h->world;
    uint64_t lost;

    if (!h->frozen)
        return;
    h->frozen = false;
    lost = h->still_clock ? w->now_ns - h->frozen_ns : 0;
    h->skew_ns += lost;
    host_release(h, lost);
    if (rng_percent(&w->rng, 50)) { /* first it sees all others leave */
        h->link.side = (uint8_t)(0x80u | h->self);
        push(w, HAPPENS_REJOIN_NET, h->self, upto(w, 2 * w->plan.usual.detect), 0, 0, 0);
    }
    for (unsigned s = 0; s <= TUNNELS; s++) { /* the other side has closed it long ago */
        if (h->router.session[s].lost)
            push(w, HAPPENS_SESSION_DOWN, h->self, upto(w, 50), s, h->router.session[s].gen, 0);
    }
    for (unsigned t = 0; t < TUNNELS; t++)
        cloud_update(h, t);
    lan_update(h);
    net_changed(w);
    w->dirty = true;
}

static void prepare_conf(struct world *w, struct host *h)
{
    struct conf *c = &h->conf;
    struct rng r = {.state = w->seed};
    char err[ERR_MAX];

    memset(c, 0, sizeof(*c));
    c->router.asn = 65000;
    c->tunnels = TUNNELS;
    c->lans = 1;
    c->router.count = TUNNELS + 1;
    c->router.session[LAN].lan = true;
    for (unsigned l = LEVEL_LOW; l < LEVELS; l++) {
        static const uint32_t med[LEVELS] = {0, 1000, 100, 10};
        c->router.level[l].med = med[l] * (h->self + 1u);
        c->router.level[l].lan_med = med[l] * (h->self + 1u);
    }
    c->router.level[LEVEL_LOW].prepend = rng_percent(&r, 50);
    c->router.level[LEVEL_LOW].lan_prepend = c->router.level[LEVEL_LOW].prepend;
    for (unsigned p = 0; p < PREFIXES; p++) {
        struct prefix prefix = {.family = 4, .len = 16, .addr = {10, (uint8_t)(p + 1)}};
        prefix_list_add(&c->router.prefixes, &prefix, err);
    }
    c->tracks = 1;
    c->settle_ms = (uint32_t)rng_in(&r, 500, 2500);
    c->settle_deadline_ms = c->settle_ms + (uint32_t)rng_in(&r, 4000, 20000);
    c->settle_pps = 20;
    c->soak_ms = (uint32_t)rng_in(&r, 3000, rng_percent(&r, 20) ? 30000 : 5000);
    c->grace_ms = (uint32_t)rng_in(&r, 0, 10000);
    c->freshen_horizon_s = 600;
}

void host_make(struct world *w, unsigned n)
{
    struct host *h = &w->host[n];
    struct queue held = h->held;

    memset(h, 0, sizeof(*h));
    h->held = held;
    queue_clear(&h->held);
    h->world = w;
    h->self = (uint8_t)n;
    h->disk.saved.serial = 1;
    prepare_conf(w, h);
}

void host_happens(struct world *w, const struct happening *e)
{
    struct host *h = &w->host[e->node];

    switch (e->kind) {
    case HAPPENS_TIMER:
        if (!h->agent || !h->timer_set[e->a] || h->timer_gen[e->a] != e->b)
            break;
        h->timer_set[e->a] = false;
        if (agent_acts(h))
            runtime_timer(&h->runtime, e->a);
        break;
    case HAPPENS_AGENT_START:
        if (h->inc == e->b)
            agent_start(h);
        break;
    default: /* SAVED */
        if (h->disk.writing && h->disk.number == e->b)
            on_saved(h, (uint32_t)e->c);
        break;
    }
}
