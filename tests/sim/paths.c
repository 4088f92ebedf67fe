/* Where packets go: the cloud's choice among what it has been told, the LAN's among what it has,
 * and for how long those choices lose packets.
 *
 * The cloud: longest prefix (all are alike), shortest AS path, lowest MED, one best path; it
 * forgets a silent gateway after its hold timer, 30 s. The LAN: the same with its own MED and 9 s.
 * A packet is lost if there is no path, or if it goes to a gateway that is dead, has withdrawn, or
 * has no SA for it. */
#include <string.h>

#include "tests/sim/world.h"

#define HOLD_MS     30000
#define LAN_HOLD_MS 9000
#define PPS         1000 /* in each direction */

bool host_lives(const struct host *h)
{
    return h->power && !h->frozen;
}

bool tunnel_carries(const struct host *h, unsigned t)
{
    return host_lives(h) && h->ipsec.sa[t].up && h->ipsec.path_dead[t] == 0;
}

/* ---- what they are told ---- */

static uint64_t later(uint64_t now, struct route *r, uint64_t delay)
{
    r->due_ns = now + delay > r->due_ns ? now + delay : r->due_ns; /* TCP keeps the order */
    return r->due_ns - now;
}

void cloud_update(struct host *h, unsigned t)
{
    struct world *w = h->world;
    struct route *r = &w->paths.cloud[h->self][t];

    push(w, HAPPENS_CLOUD, h->self, later(w->now_ns, r, upto(w, w->plan.usual.cloud)), t, ++r->gen,
         0);
}

void lan_update(struct host *h)
{
    struct world *w = h->world;
    struct route *r = &w->paths.lan[h->self];

    push(w, HAPPENS_LAN, h->self, later(w->now_ns, r, upto(w, w->plan.usual.cloud)), 0, ++r->gen,
         0);
}

/* The host says nothing any more: the hold timers run. */
void cloud_silent(struct host *h)
{
    struct world *w = h->world;

    for (unsigned t = 0; t < TUNNELS; t++)
        push(w, HAPPENS_CLOUD_HOLD, h->self, rng_in(&w->rng, HOLD_MS * 2 / 3, HOLD_MS) * MS, t,
             ++w->paths.cloud[h->self][t].gen, 0);
    push(w, HAPPENS_LAN_HOLD, h->self, rng_in(&w->rng, LAN_HOLD_MS * 2 / 3, LAN_HOLD_MS) * MS, 0,
         ++w->paths.lan[h->self].gen, 0);
}

/* The tunnel was deleted, told by IKE: its routes are gone at once. */
void cloud_forget(struct host *h, unsigned t)
{
    h->world->paths.cloud[h->self][t].valid = false;
    h->world->dirty = true;
}

static void on_cloud(struct host *h, unsigned t)
{
    struct route *r = &h->world->paths.cloud[h->self][t];
    const struct session *s = &h->router.session[t];

    if (!host_lives(h) || !h->router.up)
        return;
    r->valid = s->up && s->prefixes != 0 && !s->lost;
    r->level = s->level;
    r->prefixes = s->prefixes;
    h->world->dirty = true;
}

static void on_lan(struct host *h)
{
    struct route *r = &h->world->paths.lan[h->self];
    const struct session *s = &h->router.session[LAN];

    if (!host_lives(h) || !h->router.up)
        return;
    r->valid = s->up && !s->lost && s->level != LEVEL_WITHDRAWN && s->routes;
    r->level = s->level;
    r->prefixes = 1;
    h->world->dirty = true;
}

/* ---- what they choose ---- */

struct choice {
    uint8_t host, tunnel;
    uint32_t path, med;
};

static void weigh(struct choice *best, unsigned host, unsigned tunnel, uint32_t path, uint32_t med)
{
    if (best->host != NOBODY && (path > best->path || (path == best->path && med >= best->med)))
        return;
    *best = (struct choice){(uint8_t)host, (uint8_t)tunnel, path, med};
}

static struct choice cloud_choice(const struct world *w, unsigned prefix)
{
    struct choice best = {.host = NOBODY};

    for (unsigned n = 0; n < w->hosts; n++) {
        for (unsigned t = 0; t < TUNNELS; t++) {
            const struct route *r = &w->paths.cloud[n][t];
            const struct level_attr *a = &w->host[n].conf.router.level[r->level];
            if (r->valid && (r->prefixes & 1u << prefix))
                weigh(&best, n, t, a->prepend, a->med);
        }
    }
    return best;
}

static struct choice lan_choice(const struct world *w)
{
    struct choice best = {.host = NOBODY};

    for (unsigned n = 0; n < w->hosts; n++) {
        const struct route *r = &w->paths.lan[n];
        const struct level_attr *a = &w->host[n].conf.router.level[r->level];
        if (r->valid)
            weigh(&best, n, 0, a->lan_prepend, a->lan_med);
    }
    if (best.host == NOBODY)
        return best;
    for (unsigned t = TUNNELS; t-- > 0;) { /* the gateway's own way out: its first live tunnel */
        if (w->host[best.host].router.session[t].up)
            best.tunnel = (uint8_t)t;
    }
    return best;
}

static bool choice_loses(const struct world *w, const struct choice *c, bool lan)
{
    const struct host *h;
    const struct session *s;

    if (c->host == NOBODY || !tunnel_carries(&w->host[c->host], c->tunnel))
        return true;
    h = &w->host[c->host];
    s = &h->router.session[c->tunnel];
    if (lan)
        return !s->up || h->router.session[LAN].level == LEVEL_WITHDRAWN;
    return s->level == LEVEL_WITHDRAWN || !h->router.session[LAN].up; /* it knows no way on */
}

static void note_gap(struct world *w, enum direction d, bool lost)
{
    struct paths *p = &w->paths;

    if (lost && !p->lost[d]) {
        p->gap_ns[d] = w->now_ns;
        trace(w, NOBODY, "packets from the %s are lost", d == FROM_CLOUD ? "cloud" : "LAN");
    } else if (!lost && p->lost[d]) {
        if (w->now_ns - p->gap_ns[d] > p->worst_ns[d])
            p->worst_ns[d] = w->now_ns - p->gap_ns[d];
        trace(w, NOBODY, "packets from the %s arrive again", d == FROM_CLOUD ? "cloud" : "LAN");
    }
    p->lost[d] = lost;
}

/* Adds up what went by since the choices were made: time lost, and packets through SAs. */
void paths_count(struct world *w)
{
    struct paths *p = &w->paths;
    uint64_t ns = w->now_ns - p->since_ns;

    if (ns == 0)
        return;
    for (unsigned d = 0; d < DIRECTIONS; d++) {
        struct host *h;
        if (p->lost[d])
            p->lost_ns[d] += ns;
        if (p->host[d] == NOBODY)
            continue;
        h = &w->host[p->host[d]];
        if (!host_lives(h) || !h->ipsec.sa[p->tunnel[d]].up)
            continue;
        if (d == FROM_CLOUD)
            h->ipsec.sa[p->tunnel[d]].in += PPS * ns / 1000;
        else
            h->ipsec.sa[p->tunnel[d]].out += PPS * ns / 1000;
    }
    for (unsigned n = 0; n < w->hosts; n++) {
        if (w->sticky[n])
            w->host[n].ipsec.sa[0].out += PPS * ns / 1000;
    }
    p->since_ns = w->now_ns;
}

void paths_changed(struct world *w)
{
    struct paths *p = &w->paths;
    struct choice lan = lan_choice(w), cloud;
    bool lost = false;

    paths_count(w);
    w->dirty = false;
    for (unsigned prefix = PREFIXES; prefix-- > 0;) {
        cloud = cloud_choice(w, prefix);
        lost |= choice_loses(w, &cloud, false);
    }
    if (p->host[FROM_CLOUD] != cloud.host)
        trace(w, NOBODY, "the cloud sends to %d", cloud.host == NOBODY ? -1 : cloud.host);
    if (p->host[FROM_LAN] != lan.host)
        trace(w, NOBODY, "the LAN sends to %d", lan.host == NOBODY ? -1 : lan.host);
    p->host[FROM_CLOUD] = cloud.host;
    p->tunnel[FROM_CLOUD] = cloud.tunnel;
    p->host[FROM_LAN] = lan.host;
    p->tunnel[FROM_LAN] = lan.tunnel;
    note_gap(w, FROM_CLOUD, lost);
    note_gap(w, FROM_LAN, choice_loses(w, &lan, true));
}

void paths_happens(struct world *w, const struct happening *e)
{
    struct host *h = &w->host[e->node];
    struct route *r = &w->paths.cloud[e->node][e->a];

    switch (e->kind) {
    case HAPPENS_CLOUD:
        if (e->b == r->gen)
            on_cloud(h, e->a);
        break;
    case HAPPENS_CLOUD_HOLD:
        if (e->b != r->gen)
            break;
        r->valid = false;
        h->router.session[e->a].lost = h->router.session[e->a].up;
        w->dirty = true;
        break;
    case HAPPENS_LAN:
        if (e->b == w->paths.lan[e->node].gen)
            on_lan(h);
        break;
    default: /* LAN_HOLD */
        if (e->b == w->paths.lan[e->node].gen) {
            w->paths.lan[e->node].valid = false;
            h->router.session[LAN].lost = h->router.session[LAN].up;
            w->dirty = true;
        }
        break;
    }
}
