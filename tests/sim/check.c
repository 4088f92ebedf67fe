/* The invariants, looked at after each event and, those that have a limit in time, four times a
 * second. What each means is told in sim.c. */
#include <string.h>

#include "tests/sim/world.h"

#define BIT(n) ((uint8_t)(1u << (n)))

/* ---- times ---- */

/* A level is put in force and read back, as slow as the profile allows. */
static uint64_t level_ns(const struct world *w)
{
    const struct profile *u = &w->plan.usual;

    return (2u * u->configure + u->export + 3u * (u->look + ROUTER_READ_BACK_MS) + u->cloud) * MS;
}

/* What a host reads has come to all others of its view. */
static uint64_t word_ns(const struct world *w)
{
    return (POLL_MS + w->plan.usual.look + 2u * w->plan.usual.message + 200u) * MS;
}

/* The same, or else its silence has been noticed. */
static uint64_t news_ns(const struct world *w)
{
    const struct profile *u = &w->plan.usual;

    return word_ns(w) + (u->skew + u->detect + u->merge + 300u) * MS;
}

/* An agent, a ring, an order that a fault had held up has found its way again. */
static uint64_t recovery_ns(const struct world *w)
{
    return (LEVEL_DEADLINE_MS + ORDER_MARGIN_MS + LEVEL_RETRY_MS + START_MS + 1500u) * MS +
           news_ns(w);
}

static uint64_t connect_ns(const struct world *w)
{
    const struct profile *u = &w->plan.usual;

    return (4000u + 2u * 320u + u->ike + u->bgp + u->routes + 2u * POLL_MS) * MS;
}

static uint64_t drain_ns(const struct host *h)
{
    return (REQUEST_DEADLINE_MS + GUARD_DEADLINE_MS + LOWER_DEADLINE_MS +
            h->conf.settle_deadline_ms + WITHDRAW_DEADLINE_MS + CLOSE_PHASE_MS + RELEASE_PHASE_MS +
            2000u) *
           MS;
}

static uint64_t later_of(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* ---- what is covered ---- */

static uint8_t covers(const struct host *h)
{
    uint8_t mask = 0;

    if (!host_lives(h) || !h->router.up)
        return 0;
    for (unsigned t = 0; t < TUNNELS; t++) {
        if (h->ipsec.sa[t].up && h->router.session[t].up)
            mask |= h->router.session[t].prefixes;
    }
    return mask;
}

static bool impaired(const struct host *h)
{
    return h->router.hang > 0 || h->router.slow > 0 || h->router.late > 0 || h->router.wrong > 0 ||
           h->router.stuck > 0 || h->router.refuse > 0 || h->ipsec.hang > 0 || h->ipsec.fail > 0 ||
           !h->ipsec.up || h->frozen || agent_stalled(h) || !h->router.up || !h->agent ||
           !h->link.up || h->link.hung;
}

/* Something keeps it from reading what is so, or from telling it. */
static bool muted(const struct host *h)
{
    return h->router.hang > 0 || h->router.slow > 0 || h->router.late > 0 || h->router.wrong > 0 ||
           h->ipsec.hang > 0 || h->frozen || agent_stalled(h) || !h->agent || !h->link.up ||
           h->link.hung;
}

/* Host n lost prefix p by a fault, and the one who goes cannot have known at the time when. */
static bool raced(const struct world *w, const struct host *goes, unsigned n, unsigned p,
                  uint64_t when)
{
    const struct host *h = &w->host[n];
    bool near = h->link.view == goes->link.view && h->link.view != 0;
    uint64_t known;

    if (h->lied_ns + news_ns(w) >= when || h->router.stuck > 0)
        return true;
    if (!(h->lost_by_fault & BIT(p)))
        return false;
    known = later_of(h->lost_ns[p], h->muted_ns) + (near ? word_ns(w) : news_ns(w));
    known = later_of(known, w->stirred_ns + news_ns(w));
    return known >= when || muted(h) || w->slow_messages > 0 || w->lossy_messages > 0 ||
           w->skewed_views > 0;
}

static bool others_cover(const struct world *w, const struct host *goes, unsigned p, uint64_t when)
{
    for (unsigned n = 0; n < w->hosts; n++) {
        if (n != goes->self && ((w->host[n].covers & BIT(p)) || raced(w, goes, n, p, when)))
            return true;
    }
    return false;
}

void check_withdraw(struct host *h)
{
    struct world *w = h->world;

    h->withdraw_ns = w->now_ns;
    for (unsigned p = 0; p < PREFIXES; p++) {
        if ((h->covers & BIT(p)) && !others_cover(w, h, p, w->now_ns))
            fail(w, INVARIANT_SAFETY,
                 "gw%u is ordered to withdraw prefix %u, which nobody else covers", h->self + 1u,
                 p);
    }
}

static void lost(struct world *w, struct host *h, uint8_t gone)
{
    for (unsigned p = 0; p < PREFIXES; p++) {
        if (!(gone & BIT(p)))
            continue;
        if (w->voluntary != h->self) {
            h->lost_by_fault |= BIT(p);
            h->lost_ns[p] = w->now_ns;
        } else if (!others_cover(w, h, p, h->withdraw_ns)) {
            fail(w, INVARIANT_SAFETY, "gw%u took prefix %u away from the last who covered it",
                 h->self + 1u, p);
        }
    }
}

static void look_at_cover(struct world *w, struct host *h)
{
    uint8_t now = covers(h), before = h->covers, all = 0;

    if (now == before)
        return;
    h->covers = now;
    h->lost_by_fault &= (uint8_t)~now;
    lost(w, h, before & (uint8_t)~now);
    for (unsigned n = 0; n < w->hosts; n++)
        all |= w->host[n].covers;
    for (unsigned p = 0; p < PREFIXES; p++) {
        if (all & BIT(p))
            w->uncovered_ns[p] = 0;
        else if (w->uncovered_ns[p] == 0)
            w->uncovered_ns[p] = w->now_ns;
    }
}

/* ---- after each event ---- */

static void look_at_orders(struct world *w, const struct host *h)
{
    const struct runtime *rt = &h->runtime;

    for (unsigned o = 0; o < ORDERS; o++) {
        bool pending = (rt->engine.pending & BIT(o)) != 0;
        if (pending != (rt->order_id[o] != 0) || pending != h->timer_set[SLOT_ORDER + o])
            fail(w, INVARIANT_ORDERS, "gw%u: order %s %s, its number is %u, its limit %s",
                 h->self + 1u, order_name(o), pending ? "is awaited" : "is not awaited",
                 rt->order_id[o], h->timer_set[SLOT_ORDER + o] ? "runs" : "does not run");
    }
}

static bool leaving(const struct host *h)
{
    const struct engine *e = &h->runtime.engine;

    return h->agent && e->op != OP_NONE && e->lock == e->op && e->op_kind == ASK_DRAIN;
}

static void look_at_lock(struct world *w, const struct host *h)
{
    if (!leaving(h))
        return;
    for (unsigned n = 0; n < w->hosts; n++) {
        const struct host *o = &w->host[n];
        if (o != h && leaving(o) && o->link.view == h->link.view && h->link.view != 0)
            fail(w, INVARIANT_ONE_LEAVER, "gw%u and gw%u hold the lock of one view", h->self + 1u,
                 n + 1);
    }
}

static void look_at_engine(struct world *w, struct host *h)
{
    const struct engine *e = &h->runtime.engine;

    if (!h->agent || !h->runtime.started)
        return;
    if (e->impossible != 0)
        fail(w, INVARIANT_IMPOSSIBLE, "gw%u: the engine refused a transition", h->self + 1u);
    if (e->op != h->op) {
        h->op = e->op;
        h->op_ns = w->now_ns;
    }
    if (e->phase != h->phase) {
        h->phase = e->phase;
        w->stat_drained += e->phase == PHASE_DRAINED;
        w->stat_net += e->phase == PHASE_SAFETY_NET;
    }
    look_at_orders(w, h);
    look_at_lock(w, h);
}

void check_after(struct world *w, unsigned node)
{
    for (unsigned n = 0; n < w->hosts; n++) {
        struct host *h = &w->host[n];
        if (node != NOBODY && node != n)
            continue;
        look_at_cover(w, h);
        look_at_engine(w, h);
    }
    if (w->lossless && (w->paths.lost[FROM_CLOUD] || w->paths.lost[FROM_LAN]))
        fail(w, INVARIANT_LOSSLESS, "packets from the %s are lost, and no fault takes them",
             w->paths.lost[FROM_CLOUD] ? "cloud" : "LAN");
}

void check_told(struct host *h, const struct told *told)
{
    struct world *w = h->world;

    if (told->type != TOLD_ENDED)
        return;
    w->stat_done += told->node == h->self && told->story->end.end.result == RESULT_DONE;
    w->stat_refused += told->node == h->self && told->story->end.end.result == RESULT_REFUSED;
    for (unsigned i = 0; i < w->asks; i++) {
        if (w->asked[i].op == told->op && w->asked[i].asker == h->self)
            w->asked[i].ended = true;
    }
}

void check_asked(struct world *w, unsigned asker, unsigned target, op_t op)
{
    struct asked *a;

    if (w->asks == ASKS_MAX)
        return;
    a = &w->asked[w->asks++];
    *a = (struct asked){.op = op,
                        .asker = (uint8_t)asker,
                        .target = (uint8_t)target,
                        .at_ns = w->now_ns,
                        .spoiled = w->faults > 0};
}

static bool mutes(unsigned kind)
{
    switch (kind) {
    case ACTION_POWER:
    case ACTION_TUNNEL_DOWN:
    case ACTION_SESSION_DOWN:
    case ACTION_ORIGIN_LOST:
    case ACTION_ROUTER_CRASH:
    case ACTION_ROUTER_RESET:
    case ACTION_CHARON_CRASH:
    case ACTION_CHARON_FAIL:
    case ACTION_DISK_FULL:
    case ACTION_DISK_SLOW:
    case ACTION_UNFIT:
    case ACTION_TRAFFIC:
        return false;
    default:
        return true;
    }
}

/* A fault begins or ends. */
void check_hurt(struct world *w, const struct action *a)
{
    if (a->kind <= ACTION_ABORT)
        return;
    for (unsigned i = 0; i < w->asks; i++)
        w->asked[i].spoiled = true;
    w->host[a->node].hurt_ns = w->now_ns;
    if (mutes(a->kind))
        w->host[a->node].muted_ns = w->now_ns;
    if (a->kind <= ACTION_SKEWED_VIEWS)
        w->stirred_ns = w->now_ns;
    if (a->kind == ACTION_ROUTER_STUCK) {
        w->host[a->node].lied_ns = w->now_ns;
        w->stirred_ns = w->now_ns;
    }
}

/* ---- what has a limit in time ---- */

/* An agent that is stopped says nothing, and yet its corosync keeps it in the view: what its host
 * has lost meanwhile nobody can know. (systemd's watchdog ends that after 30 s.) In a view that
 * began later it has said nothing, and is not believed. */
static bool somebody_stalls(const struct world *w, const struct host *h)
{
    for (unsigned n = 0; n < w->hosts; n++) {
        const struct host *o = &w->host[n];
        if (o != h && agent_stalled(o) && o->stalled_ns + SECOND >= h->link.view_ns)
            return true;
    }
    return false;
}

static bool able(const struct world *w, const struct host *h, unsigned p)
{
    bool way = false;

    if (somebody_stalls(w, h))
        return false;
    for (unsigned t = 0; t < TUNNELS; t++)
        way |= h->ipsec.path_dead[t] == 0 && h->ipsec.refused[t] == 0;
    return way && host_lives(h) && !impaired(h) && h->runtime.started &&
           (h->router.origin & BIT(p)) && w->slow_messages == 0 && w->lossy_messages == 0 &&
           w->skewed_views == 0;
}

static bool tunnel_works(const struct host *h)
{
    for (unsigned t = 0; t < TUNNELS; t++) {
        if (h->ipsec.sa[t].up && h->router.session[t].up && h->router.session[t].routes &&
            h->ipsec.path_dead[t] == 0 && h->ipsec.refused[t] == 0)
            return true;
    }
    return false;
}

static void look_at_liveness(struct world *w)
{
    const struct profile *u = &w->plan.usual;
    uint64_t bound = (u->detect + u->skew + 2 * u->message + 2000u) * MS + level_ns(w);

    for (unsigned n = 0; n < w->hosts; n++) {
        struct host *h = &w->host[n];
        bool works = tunnel_works(h);
        if (!works)
            h->working_ns = 0;
        else if (h->working_ns == 0)
            h->working_ns = w->now_ns;
        for (unsigned p = 0; p < PREFIXES; p++) {
            uint64_t since, limit = bound;
            if (w->uncovered_ns[p] == 0 || !able(w, h, p))
                continue;
            since = later_of(w->uncovered_ns[p], w->stirred_ns);
            since = later_of(since, h->hurt_ns + (h->hurt_ns != 0 ? recovery_ns(w) : 0));
            if (works)
                since = later_of(since, h->working_ns);
            else
                limit += connect_ns(w);
            if (w->now_ns > since + limit)
                fail(w, INVARIANT_LIVENESS,
                     "prefix %u is covered by nobody for %.1f s, while gw%u could since %.1f s: it "
                     "is %s",
                     p, (double)(w->now_ns - w->uncovered_ns[p]) / 1e9, n + 1,
                     (double)(w->now_ns - since) / 1e9, phase_name(h->runtime.engine.phase));
        }
    }
}

static void look_at_ends(struct world *w)
{
    for (unsigned n = 0; n < w->hosts; n++) {
        struct host *h = &w->host[n];
        const struct engine *e = &h->runtime.engine;
        if (!h->agent || !h->runtime.started || e->op == OP_NONE || h->frozen || agent_stalled(h))
            h->op_ns = w->now_ns;
        else if (e->op_kind == ASK_DRAIN && w->now_ns > h->op_ns + drain_ns(h))
            fail(w, INVARIANT_ENDS, "gw%u is in its drain since %.1f s, now %s", n + 1,
                 (double)(w->now_ns - h->op_ns) / 1e9, phase_name(e->phase));
    }
    for (unsigned i = 0; i < w->asks; i++) {
        const struct asked *a = &w->asked[i];
        const struct host *t = &w->host[a->target];
        uint64_t limit = drain_ns(t) + (t->conf.soak_ms + 2u * CONNECT_PATIENCE_MS) * MS;
        if (!a->ended && !a->spoiled && w->now_ns > a->at_ns + limit)
            fail(w, INVARIANT_ENDS, "operation %u, asked at gw%u of gw%u, never ends",
                 OP_SERIAL(a->op), a->asker + 1u, a->target + 1u);
    }
}

static void look_at_takeover(struct world *w)
{
    const struct profile *u = &w->plan.usual;
    /* A death of charon or of the router is seen by the next poll. */
    uint64_t limit = (u->detect + u->skew + 2u * u->message + POLL_MS + 2000u) * MS + level_ns(w);

    for (unsigned d = 0; d < DIRECTIONS && w->plan.mode == MODE_DEATH; d++) {
        uint64_t gap = w->paths.lost[d] ? w->now_ns - w->paths.gap_ns[d] : w->paths.worst_ns[d];
        if (gap > limit)
            fail(w, INVARIANT_TAKEOVER, "one host died, and packets were lost for %.1f s",
                 (double)gap / 1e9);
        if (w->risen_ns != 0 && w->paths.gap_ns[d] > w->risen_ns)
            fail(w, INVARIANT_TAKEOVER, "a host came back, and packets are lost");
    }
}

/* ---- rest ---- */

static bool serves(const struct host *h)
{
    return h->runtime.engine.phase == PHASE_IN_SERVICE;
}

/* The phase and the level that a host should have at rest, by DESIGN's table. */
static bool at_rest(const struct world *w, const struct host *h, char why[128])
{
    const struct engine *e = &h->runtime.engine;
    unsigned serving = 0, phase, level;

    for (unsigned n = 0; n < w->hosts; n++)
        serving += serves(&w->host[n]);
    why[0] = '\0';
    if (e->intent == INTENT_IN_SERVICE || (serves(h) && serving == 1)) {
        /* The last one may be meant to be out, too, when that is safe. */
        phase = PHASE_IN_SERVICE;
        level = serving == w->hosts ? LEVEL_NORMAL : LEVEL_HIGH;
    } else {
        phase = serving > 0 ? PHASE_DRAINED : PHASE_SAFETY_NET;
        level = serving > 0 ? LEVEL_WITHDRAWN : LEVEL_LOW;
    }
    if (!h->agent || !h->runtime.started)
        snprintf(why, 128, "gw%u has no agent", h->self + 1u);
    else if (e->phase != phase || e->op != OP_NONE)
        snprintf(why, 128, "gw%u is %s, not %s", h->self + 1u, phase_name(e->phase),
                 phase_name(phase));
    else if (!(phase == PHASE_DRAINED && h->covers == 0 && (h->tampered || e->level == level)) &&
             (e->level != level || h->router.level != level || h->router.file != level))
        /* One that is out as it should be may have a router that would say something else if it had
         * a session: it was put back by itself, or by somebody. */
        snprintf(why, 128, "gw%u is at %s (its router at %s), not %s", h->self + 1u,
                 level_name(e->level), level_name(h->router.level), level_name(level));
    else if (h->vrrp != e->level && !h->tampered)
        snprintf(why, 128, "gw%u is at %s, and its keepalived at %s", h->self + 1u,
                 level_name(e->level), level_name(h->vrrp));
    else if (h->disk.saved.intent != e->intent)
        snprintf(why, 128, "gw%u is %s, and its disk says %s", h->self + 1u, intent_name(e->intent),
                 intent_name(h->disk.saved.intent));
    else if (h->runtime.store_sick || e->seen.sick != 0)
        snprintf(why, 128, "gw%u is sick (%x)", h->self + 1u, e->seen.sick);
    else if (h->covers != (level == LEVEL_WITHDRAWN ? 0 : (1u << PREFIXES) - 1u))
        snprintf(why, 128, "gw%u covers 0x%x", h->self + 1u, h->covers);
    return why[0] == '\0';
}

static void look_at_rest(struct world *w)
{
    uint64_t limit = 0, calm = 8 * SECOND;
    char why[128];
    bool rest = true;

    if (w->healed_ns == 0)
        return;
    for (unsigned n = 0; n < w->hosts && rest; n++)
        rest = at_rest(w, &w->host[n], why);
    for (unsigned i = 0; i < w->asks && rest; i++)
        rest = w->asked[i].ended || w->asked[i].spoiled;
    if (!rest)
        w->calm_ns = 0;
    else if (w->calm_ns == 0)
        w->calm_ns = w->now_ns;
    if (rest && w->now_ns >= w->calm_ns + calm)
        w->done = true;
    for (unsigned n = 0; n < w->hosts; n++)
        limit += drain_ns(&w->host[n]) + w->host[n].conf.soak_ms * MS + REDRAIN_MS * MS;
    limit += recovery_ns(w) + connect_ns(w) + 60 * SECOND;
    if (!rest && w->now_ns > w->healed_ns + limit)
        fail(w, INVARIANT_CONVERGES, "all is healed since %.0f s, and yet %s",
             (double)(w->now_ns - w->healed_ns) / 1e9,
             why[0] != '\0' ? why : "an operation has not ended");
}

void check_time(struct world *w)
{
    look_at_liveness(w);
    look_at_ends(w);
    look_at_takeover(w);
    look_at_rest(w);
}
