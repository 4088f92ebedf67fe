/* The fake corosync: rings that break and form, one order of parcels in each, and the driver's side
 * of it (alone, silenced, attached again).
 *
 * What it keeps to, as CPG does: the hosts of a ring are told the same parcels in the same order;
 * a ring that breaks orders nothing more; when a ring forms, the hosts that come into it together
 * from the same old one have all been told the same of that; of what the others of the old ring had
 * sent, a part may be missing, of what they themselves had, nothing.  A message counts only in the
 * view in which it was sent. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/world.h"

#define BIT(n)        ((uint8_t)(1u << (n)))
#define FIRST_VIEW_MS 1500
#define SILENT_MS     5000
#define REJOIN_MS     10000
#define LOOPBACK_US   20
#define RETRY_CLUSTER (CLUSTER_RETRY_MS * MS)

/* ---- parcels ---- */

static struct parcel *parcel_new(struct world *w)
{
    struct parcel *p = w->free_parcels;

    if (p != NULL) {
        w->free_parcels = p->next_free;
    } else {
        p = malloc(sizeof(*p));
        if (p == NULL)
            abort();
    }
    p->refs = 0;
    return p;
}

static void parcel_drop(struct world *w, struct parcel *p)
{
    if (--p->refs > 0)
        return;
    p->next_free = w->free_parcels;
    w->free_parcels = p;
}

void net_end(struct world *w)
{
    for (unsigned n = 0; n < w->hosts; n++) {
        struct link *l = &w->host[n].link;
        for (; l->count > 0; l->count--, l->head = (l->head + 1) % STREAM_MAX)
            parcel_drop(w, l->stream[l->head].parcel);
    }
}

static void schedule_delivery(struct host *h)
{
    struct link *l = &h->link;
    uint64_t due;

    if (l->scheduled || l->count == 0)
        return;
    l->scheduled = true;
    due = l->stream[l->head].due_ns;
    push(h->world, HAPPENS_DELIVER, h->self, due > h->world->now_ns ? due - h->world->now_ns : 0, 0,
         0, 0);
}

static void stream_push(struct host *h, struct parcel *p, uint64_t delay)
{
    struct world *w = h->world;
    struct link *l = &h->link;
    uint64_t due = w->now_ns + delay;

    if (l->count == STREAM_MAX) {
        fail(w, INVARIANT_SIMULATOR, "the stream of host %u is full", h->self);
        return;
    }
    l->last_due_ns = due > l->last_due_ns ? due : l->last_due_ns;
    l->stream[(l->head + l->count++) % STREAM_MAX] = (struct waybill){p, l->last_due_ns};
    p->refs++;
    schedule_delivery(h);
}

/* ---- rings ---- */

static bool responds(const struct host *h)
{
    return h->power && !h->frozen && h->link.up && !h->link.hung;
}

static uint8_t component(const struct world *w, unsigned n)
{
    uint8_t mask = 0;

    for (unsigned i = 0; i < w->hosts; i++) {
        if (responds(&w->host[i]) && w->host[i].link.side == w->host[n].link.side)
            mask |= BIT(i);
    }
    return mask;
}

static uint64_t message_delay(struct world *w)
{
    return upto(w, w->plan.usual.message) +
           (w->slow_messages > 0 ? rng_in(&w->rng, 0, w->slow_ms) * MS : 0);
}

static void tell_ring(struct world *w, struct ring *r, struct parcel *p, bool skewed)
{
    p->ring = r->id;
    p->seq = ++r->seq;
    p->refs++;
    for (unsigned n = 0; n < w->hosts; n++) {
        uint64_t delay = message_delay(w);
        if (!(r->mask & BIT(n)) || w->host[n].link.ring != (int)(r - w->ring))
            continue;
        if (skewed)
            delay =
                rng_in(&w->rng, 0, w->plan.usual.skew + (w->skewed_views ? w->skew_ms : 0)) * MS;
        stream_push(&w->host[n], p, delay);
    }
    parcel_drop(w, p);
}

static void tell_view(struct world *w, struct ring *r, bool skewed)
{
    struct parcel *p = parcel_new(w);

    p->kind = PARCEL_VIEW;
    p->from = NOBODY;
    p->view = r->view = ++w->next_name;
    p->members = r->group;
    p->ring_mask = r->mask;
    memcpy(p->inc, r->inc, sizeof(p->inc));
    tell_ring(w, r, p, skewed);
}

/* Who is in the group now; leavers are told before joiners, an agent that came again is both. */
static void group_sync(struct world *w, struct ring *r)
{
    uint8_t leave = 0, join = 0;

    for (unsigned n = 0; n < w->hosts; n++) {
        struct host *h = &w->host[n];
        bool in = (r->mask & BIT(n)) && h->link.attached;
        bool was = (r->group & BIT(n)) != 0;
        if (was && (!in || r->inc[n] != h->inc))
            leave |= BIT(n);
        if (in && (!was || r->inc[n] != h->inc))
            join |= BIT(n);
        if (in && !was)
            r->inc[n] = h->inc;
    }
    if (leave != 0) {
        r->group &= (uint8_t)~leave;
        tell_view(w, r, false);
    }
    for (unsigned n = 0; n < w->hosts; n++) {
        if (!(join & BIT(n)))
            continue;
        r->inc[n] = w->host[n].inc;
        r->group |= BIT(n);
        tell_view(w, r, false);
    }
}

static struct ring *ring_of(struct host *h)
{
    return h->link.ring >= 0 ? &h->world->ring[h->link.ring] : NULL;
}

static void group_changed(struct host *h)
{
    struct ring *r = ring_of(h);

    if (r != NULL && !r->broken && responds(h))
        group_sync(h->world, r);
}

static struct ring *ring_new(struct world *w)
{
    for (unsigned i = 0; i < RINGS_MAX; i++) {
        bool used = false;
        for (unsigned n = 0; n < w->hosts; n++)
            used |= w->host[n].link.ring == (int)i;
        if (used)
            continue;
        memset(&w->ring[i], 0, sizeof(w->ring[i]));
        w->ring[i].used = true;
        w->ring[i].id = ++w->next_name;
        return &w->ring[i];
    }
    abort();
}

/* The hosts of `mask` leave the old ring together: what they have not been told of it yet is made
 * alike for all of them. */
static void cut(struct world *w, int old, uint8_t mask)
{
    uint64_t told = 0, last = w->ring[old].seq, limit;

    for (unsigned n = 0; n < w->hosts; n++) {
        struct link *l = &w->host[n].link;
        uint64_t next = w->ring[old].seq + 1;
        if (l->ring != old || !(mask & BIT(n)))
            continue;
        for (unsigned i = 0; i < l->count; i++) {
            struct parcel *p = l->stream[(l->head + i) % STREAM_MAX].parcel;
            if (p->ring == w->ring[old].id && p->seq < next)
                next = p->seq;
        }
        told = next - 1 > told ? next - 1 : told;
    }
    limit = told >= last ? last : rng_in(&w->rng, told, last);
    for (unsigned n = 0; n < w->hosts; n++) {
        struct link *l = &w->host[n].link;
        unsigned kept = 0;
        if (l->ring != old || !(mask & BIT(n)))
            continue;
        for (unsigned i = 0; i < l->count; i++) {
            struct waybill b = l->stream[(l->head + i) % STREAM_MAX];
            bool theirs = b.parcel->from != NOBODY && !(mask & BIT(b.parcel->from));
            if (b.parcel->ring == w->ring[old].id && b.parcel->seq > limit && theirs)
                parcel_drop(w, b.parcel);
            else
                l->stream[(l->head + kept++) % STREAM_MAX] = b;
        }
        l->count = kept;
    }
}

static void flush(struct host *h);

/* The old ring goes on, for nobody was away long enough. */
static void resume(struct world *w, struct ring *r)
{
    r->broken = false;
    for (unsigned n = 0; n < w->hosts; n++) {
        struct host *h = &w->host[n];
        if (!(r->mask & BIT(n)) || h->link.ring != (int)(r - w->ring))
            continue;
        if (h->link.silenced && h->agent) { /* the others never saw us leave: in earnest now */
            h->link.attached = false;
            push(w, HAPPENS_JOIN, n, RETRY_CLUSTER, 0, h->inc, 0);
        }
        flush(h);
    }
    group_sync(w, r);
}

static void form(struct world *w, unsigned first)
{
    uint8_t mask = component(w, first);
    int old = w->host[first].link.ring;
    struct ring *r;

    bool same = old >= 0 && w->ring[old].mask == mask;
    for (unsigned n = 0; n < w->hosts; n++)
        same &= !(mask & BIT(n)) || w->host[n].link.ring == old;
    if (same) {
        if (w->ring[old].broken)
            resume(w, &w->ring[old]);
        return;
    }
    for (int i = 0; i < RINGS_MAX; i++) {
        bool from = false;
        for (unsigned n = 0; n < w->hosts; n++)
            from |= (mask & BIT(n)) && w->host[n].link.ring == i;
        if (from)
            cut(w, i, mask);
    }
    r = ring_new(w);
    r->mask = mask;
    trace(w, first, "corosync: a ring of hosts 0x%x forms", mask);
    for (unsigned n = 0; n < w->hosts; n++) {
        if (!(mask & BIT(n)))
            continue;
        w->host[n].link.ring = (int)(r - w->ring);
        if (w->host[n].link.attached) {
            r->group |= BIT(n);
            r->inc[n] = w->host[n].inc;
        }
    }
    tell_view(w, r, true);
}

static bool ring_is_right(struct world *w, const struct host *h)
{
    const struct ring *r = &w->ring[h->link.ring >= 0 ? h->link.ring : 0];

    if (h->link.ring < 0 || r->broken || r->mask != component(w, h->self))
        return false;
    return true;
}

static bool ring_lost_some(struct world *w, const struct ring *r)
{
    for (unsigned n = 0; n < w->hosts; n++) {
        const struct host *h = &w->host[n];
        if ((r->mask & BIT(n)) && (!responds(h) || h->link.ring != (int)(r - w->ring) ||
                                   (component(w, n) & r->mask) != r->mask))
            return true;
    }
    return false;
}

void net_changed(struct world *w)
{
    for (unsigned i = 0; i < RINGS_MAX; i++) {
        struct ring *r = &w->ring[i];
        if (!r->used)
            continue;
        for (unsigned n = 0; n < w->hosts; n++) {
            const struct host *h = &w->host[n];
            if ((r->mask & BIT(n)) &&
                (!responds(h) || h->link.ring != (int)i || component(w, n) != r->mask))
                r->broken = true;
        }
    }
    for (unsigned n = 0; n < w->hosts; n++) {
        struct host *h = &w->host[n];
        bool lost;
        if (!responds(h) || ring_is_right(w, h))
            continue;
        lost = h->link.ring >= 0 && ring_lost_some(w, &w->ring[h->link.ring]);
        push(w, HAPPENS_FORM, n, upto(w, lost ? w->plan.usual.detect : w->plan.usual.merge), 0,
             ++h->link.form_gen, 0);
        if (h->link.attached && h->link.told && h->link.view != 0)
            push(w, HAPPENS_SILENT, n, SILENT_MS * MS, 0, h->inc, h->link.view);
    }
    for (unsigned n = 0; n < w->hosts; n++) { /* those whose corosync says nothing at all */
        struct host *h = &w->host[n];
        if (h->agent && h->link.hung && h->link.view != 0)
            push(w, HAPPENS_SILENT, n, SILENT_MS * MS, 0, h->inc, h->link.view);
    }
}

/* ---- the agent's side ---- */

static void agent_view(struct host *h, uint64_t name, uint8_t members, uint8_t ring)
{
    struct cluster_view v = {.id = name, .members = members, .ring = ring, .quorate = name != 0};
    struct link *l = &h->link;

    l->view = name;
    l->view_ns = h->world->now_ns;
    l->told = true;
    l->out_count = 0;
    l->looped = 0;
    if (name == 0)
        strlcpy(v.why, "corosync does not answer", sizeof(v.why));
    trace(h->world, h->self, "view %llu members 0x%x ring 0x%x", (unsigned long long)name, members,
          ring);
    if (agent_acts(h))
        runtime_cluster_events.view(&h->runtime, &v);
}

static void alone(struct host *h)
{
    if (!h->link.told || h->link.view != 0)
        agent_view(h, 0, BIT(h->self), BIT(h->self));
}

static void deliver(struct host *h, const struct parcel *p)
{
    if (!h->agent || h->dying || !h->runtime.started)
        return;
    if (p->kind == PARCEL_VIEW) {
        if (!(p->members & BIT(h->self)) || p->inc[h->self] != h->inc || !h->link.attached)
            return;
        h->link.silenced = false;
        agent_view(h, p->view, p->members, p->ring_mask);
    } else if (p->view == h->link.view && h->link.told && agent_acts(h)) {
        runtime_cluster_events.deliver(&h->runtime, &p->message);
    }
}

static void on_deliver(struct host *h)
{
    struct link *l = &h->link;
    struct parcel *p;

    l->scheduled = false;
    if (l->count == 0)
        return;
    if (l->stream[l->head].due_ns > h->world->now_ns) { /* the one before it was cut away */
        schedule_delivery(h);
        return;
    }
    p = l->stream[l->head].parcel;
    l->head = (l->head + 1) % STREAM_MAX;
    l->count--;
    deliver(h, p);
    parcel_drop(h->world, p);
    schedule_delivery(h);
}

static void schedule_order(struct host *h)
{
    struct world *w = h->world;
    uint64_t delay = message_delay(w);

    if (h->link.ordering || h->link.out_count == 0)
        return;
    h->link.ordering = true;
    if (w->lossy_messages > 0 && rng_percent(&w->rng, 20))
        delay += RESEND_MS * MS;
    push(w, HAPPENS_ORDERED, h->self, delay, 0, h->inc, h->link.view);
}

static void flush(struct host *h)
{
    if (h->link.told && h->link.view != 0)
        schedule_order(h);
}

static void on_ordered(struct host *h, const struct happening *happening)
{
    struct link *l = &h->link;
    struct ring *r = ring_of(h);
    struct parcel *p;

    l->ordering = false;
    if (happening->b != h->inc || happening->c != l->view) {
        flush(h); /* that was another view's */
        return;
    }
    if (l->out_count == 0 || r == NULL || r->broken || !responds(h) || l->silenced)
        return;
    p = parcel_new(h->world);
    p->kind = PARCEL_MESSAGE;
    p->from = h->self;
    p->view = l->view;
    p->message = l->out[l->out_head];
    p->message.from = h->runtime.nodes.id[h->self];
    l->out_head = (l->out_head + 1) % OUTBOX_MAX;
    l->out_count--;
    tell_ring(h->world, r, p, false);
    schedule_order(h);
}

static bool send_message(void *self, const struct message *m)
{
    struct host *h = self;
    struct link *l = &h->link;

    if (!agent_acts(h))
        return true;
    if (l->out_count == OUTBOX_MAX)
        return false;
    if (!l->told)
        return true; /* gone with the beginning of the first view */
    l->out[(l->out_head + l->out_count++) % OUTBOX_MAX] = *m;
    if (l->view != 0)
        schedule_order(h);
    else if (l->looped++ == 0)
        push(h->world, HAPPENS_LOOPED, h->self, LOOPBACK_US * 1000, 0, h->inc, 0);
    return true;
}

static void on_looped(struct host *h)
{
    struct link *l = &h->link;
    struct message m;

    if (l->view != 0 || l->out_count == 0)
        return;
    m = l->out[l->out_head];
    m.from = h->runtime.nodes.id[h->self];
    l->out_head = (l->out_head + 1) % OUTBOX_MAX;
    l->out_count--;
    l->looped = 0;
    if (agent_acts(h))
        runtime_cluster_events.deliver(&h->runtime, &m);
    if (l->view == 0 && l->out_count > 0 && l->looped == 0) {
        l->looped = 1;
        push(h->world, HAPPENS_LOOPED, h->self, LOOPBACK_US * 1000, 0, h->inc, 0);
    }
}

static void send_nothing(void *self)
{
    (void)self;
}

static const struct cluster_ops fake_ops = {send_message, send_nothing};

static void on_join(struct host *h)
{
    struct ring *r = ring_of(h);

    if (h->link.attached)
        return;
    if (!responds(h) || r == NULL || r->broken) {
        push(h->world, HAPPENS_JOIN, h->self, RETRY_CLUSTER, 0, h->inc, 0);
        return;
    }
    h->link.attached = true;
    group_changed(h);
}

/* Its messages do not come back. If that lasts, it leaves and joins anew. */
static void on_silent(struct host *h, const struct happening *happening)
{
    struct link *l = &h->link;

    if (l->view != happening->c || l->view == 0)
        return;
    if (l->out_count == 0 || l->ordering)
        return; /* nothing is missing */
    trace(h->world, h->self, "corosync is silent");
    l->silenced = true;
    alone(h);
    push(h->world, HAPPENS_GONE, h->self, (REJOIN_MS - SILENT_MS) * MS, 0, h->inc, 1);
}

static void on_gone(struct host *h, bool silent)
{
    if (silent && !h->link.silenced)
        return; /* a ring has formed, and it is in it */
    h->link.silenced = false;
    h->link.attached = false;
    group_changed(h);
    alone(h);
    push(h->world, HAPPENS_JOIN, h->self, RETRY_CLUSTER, 0, h->inc, 0);
}

/* The driver is made: it connects. */
void net_agent_started(struct host *h)
{
    struct link *l = &h->link;

    h->runtime.cluster = (struct cluster){&fake_ops, h};
    l->told = l->silenced = l->attached = false;
    l->view = 0;
    l->out_count = l->looped = 0;
    push(h->world, HAPPENS_JOIN, h->self, upto(h->world, 300), 0, h->inc, 0);
    push(h->world, HAPPENS_FIRST_VIEW, h->self, FIRST_VIEW_MS * MS, 0, h->inc, 0);
}

void net_agent_gone(struct host *h)
{
    h->link.attached = h->link.told = h->link.silenced = false;
    h->link.view = 0;
    h->link.out_count = 0;
    group_changed(h);
}

static void stream_clear(struct host *h)
{
    struct link *l = &h->link;

    for (; l->count > 0; l->count--, l->head = (l->head + 1) % STREAM_MAX)
        parcel_drop(h->world, l->stream[l->head].parcel);
}

void net_host_gone(struct host *h)
{
    h->link.ring = -1;
    h->link.up = false;
    h->link.attached = false;
    stream_clear(h);
    net_changed(h->world);
}

void net_corosync_gone(struct host *h)
{
    h->link.ring = -1;
    h->link.up = false;
    h->link.attached = false;
    stream_clear(h);
    if (h->agent && h->runtime.started)
        push(h->world, HAPPENS_GONE, h->self, upto(h->world, 5), 0, h->inc, 0);
    net_changed(h->world);
}

void net_begin(struct world *w)
{
    memset(w->ring, 0, sizeof(w->ring));
    for (unsigned n = 0; n < w->hosts; n++) {
        struct link *l = &w->host[n].link;
        memset(l, 0, sizeof(*l));
        l->ring = -1;
    }
}

void net_happens(struct world *w, const struct happening *h)
{
    struct host *host = &w->host[h->node];

    switch (h->kind) {
    case HAPPENS_DELIVER:
        on_deliver(host);
        break;
    case HAPPENS_ORDERED:
        on_ordered(host, h);
        break;
    case HAPPENS_FORM:
        if (h->b == host->link.form_gen && responds(host))
            form(w, h->node);
        break;
    case HAPPENS_FIRST_VIEW:
        if (agent_runs(host, h->b) && !host->link.told)
            alone(host);
        break;
    case HAPPENS_JOIN:
        if (agent_runs(host, h->b))
            on_join(host);
        break;
    case HAPPENS_SILENT:
        if (agent_runs(host, h->b))
            on_silent(host, h);
        break;
    case HAPPENS_GONE:
        if (agent_runs(host, h->b))
            on_gone(host, h->c != 0);
        break;
    case HAPPENS_LOOPED:
        if (agent_runs(host, h->b))
            on_looped(host);
        break;
    default: /* REJOIN_NET */
        host->link.side = 0;
        net_changed(w);
        break;
    }
}
