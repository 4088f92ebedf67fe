/* What each action does to the site, and how it is taken back. Several of one kind may overlap: the
 * last to end ends it. */
#include "tests/sim/world.h"

static void command(struct world *w, const struct action *a)
{
    static const enum ask kinds[] = {ASK_DRAIN, ASK_UNDRAIN, ASK_ABORT};
    struct host *h = &w->host[a->node];
    int target = a->target == NOBODY ? -1 : a->target;
    char err[ERR_MAX];
    op_t op;

    if (!h->agent || h->dying || h->frozen || agent_stalled(h))
        return;
    op = runtime_ask(&h->runtime, kinds[a->kind], target, a->flags, (uint16_t)a->amount, "root",
                     "maintenance", err);
    trace(w, a->node, "operator: %s of %d%s%s, operation %u", action_name(a->kind), target,
          a->flags & ASK_FLAG_FORCE ? " --force" : "",
          a->flags & ASK_FLAG_DRY_RUN ? " --dry-run" : "", OP_SERIAL(op));
    if (op != OP_NONE && target >= 0)
        check_asked(w, a->node, (unsigned)target, op);
}

static void set_sides(struct world *w, uint8_t mask)
{
    for (unsigned n = 0; n < w->hosts; n++)
        w->host[n].link.side = mask >> n & 1;
    net_changed(w);
}

static void tunnels(struct world *w, const struct action *a, unsigned *counts, int by)
{
    struct host *h = &w->host[a->node];

    for (unsigned t = 0; t < TUNNELS; t++) {
        if (!(a->target & 1u << t))
            continue;
        counts[t] = (unsigned)((int)counts[t] + by);
        charon_path_changed(h, t);
    }
}

static void host_begin(struct world *w, struct host *h, const struct action *a)
{
    switch (a->kind) {
    case ACTION_POWER:
        if (h->powers++ == 0)
            host_power_off(h);
        break;
    case ACTION_FREEZE:
        h->freezes++;
        if (h->power && !h->frozen)
            host_freeze(h, (a->flags & 1) != 0);
        break;
    case ACTION_AGENT_KILL:
        agent_kill(h);
        break;
    case ACTION_AGENT_POINT:
        h->points = a->amount;
        break;
    case ACTION_AGENT_STALL:
        h->stalls++;
        h->stalled_ns = w->now_ns;
        h->stalled_inc = h->inc;
        break;
    case ACTION_COROSYNC_CRASH:
        if (h->power && h->link.up)
            net_corosync_gone(h);
        break;
    default: /* COROSYNC_HANG */
        h->link.hung = true;
        net_changed(w);
        break;
    }
}

static void driver_begin(struct world *w, struct host *h, const struct action *a)
{
    switch (a->kind) {
    case ACTION_TUNNEL_DOWN:
        tunnels(w, a, h->ipsec.path_dead, 1);
        break;
    case ACTION_SESSION_DOWN:
        tunnels(w, a, h->ipsec.refused, 1);
        break;
    case ACTION_ORIGIN_LOST:
        router_originates(h, h->router.origin & (uint8_t)~a->target);
        break;
    case ACTION_ROUTER_CRASH:
        if (h->power && h->router.up)
            router_stops(h);
        break;
    case ACTION_ROUTER_HANG:
        h->router.hang++;
        break;
    case ACTION_ROUTER_SLOW:
        h->router.slow++;
        break;
    case ACTION_ROUTER_REFUSE:
        h->router.refuse++;
        break;
    case ACTION_ROUTER_LATE:
        h->router.late++;
        h->router.late_ms = a->amount;
        break;
    case ACTION_ROUTER_WRONG:
        h->router.wrong++;
        break;
    case ACTION_ROUTER_STUCK:
        h->router.stuck++;
        break;
    case ACTION_ROUTER_RESET:
        h->tampered = true;
        if (h->power && h->router.up)
            router_put(h, LEVEL_LOW, false);
        break;
    case ACTION_CHARON_CRASH:
        if (h->power)
            charon_stops(h);
        break;
    case ACTION_CHARON_HANG:
        h->ipsec.hang++;
        break;
    case ACTION_CHARON_FAIL:
        h->ipsec.fail++;
        break;
    case ACTION_DISK_FULL:
        h->disk.full++;
        break;
    case ACTION_DISK_SLOW:
        h->disk.slow++;
        break;
    case ACTION_UNFIT:
        h->unfit++;
        break;
    default: /* TRAFFIC */
        paths_count(w);
        w->sticky[h->self] = true;
        break;
    }
}

void action_begin(struct world *w, const struct action *a)
{
    struct host *h = &w->host[a->node];

    if (a->kind > ACTION_ABORT)
        trace(w, a->node, "FAULT: %s (%u) for %.3f s", action_name(a->kind), a->target,
              (double)a->ns / 1e9);
    check_hurt(w, a);
    switch (a->kind) {
    case ACTION_DRAIN:
    case ACTION_UNDRAIN:
    case ACTION_ABORT:
        command(w, a);
        break;
    case ACTION_SPLIT:
        set_sides(w, a->target);
        break;
    case ACTION_SLOW_MESSAGES:
        w->slow_messages++;
        w->slow_ms = a->amount;
        break;
    case ACTION_LOSSY_MESSAGES:
        w->lossy_messages++;
        break;
    case ACTION_SKEWED_VIEWS:
        w->skewed_views++;
        w->skew_ms = a->amount;
        break;
    case ACTION_POWER:
    case ACTION_FREEZE:
    case ACTION_AGENT_KILL:
    case ACTION_AGENT_POINT:
    case ACTION_AGENT_STALL:
    case ACTION_COROSYNC_CRASH:
    case ACTION_COROSYNC_HANG:
        host_begin(w, h, a);
        break;
    default:
        driver_begin(w, h, a);
        break;
    }
}

static void host_end(struct world *w, struct host *h, const struct action *a)
{
    switch (a->kind) {
    case ACTION_POWER:
        if (--h->powers == 0)
            host_power_on(h);
        break;
    case ACTION_FREEZE:
        if (--h->freezes == 0)
            host_thaw(h);
        break;
    case ACTION_AGENT_KILL:
    case ACTION_AGENT_POINT:
        h->points = 0;
        if (h->power && !h->agent)
            agent_start(h);
        break;
    case ACTION_AGENT_STALL:
        if (--h->stalls == 0 && !h->frozen)
            host_release(h, 0);
        break;
    case ACTION_COROSYNC_CRASH:
        if (h->power && !h->link.up) {
            h->link.up = true;
            net_changed(w);
        }
        break;
    default: /* COROSYNC_HANG */
        h->link.hung = false;
        net_changed(w);
        break;
    }
}

static void driver_end(struct world *w, struct host *h, const struct action *a)
{
    switch (a->kind) {
    case ACTION_TUNNEL_DOWN:
        tunnels(w, a, h->ipsec.path_dead, -1);
        break;
    case ACTION_SESSION_DOWN:
        tunnels(w, a, h->ipsec.refused, -1);
        break;
    case ACTION_ORIGIN_LOST:
        router_originates(h, (1u << PREFIXES) - 1u);
        break;
    case ACTION_ROUTER_CRASH:
        if (h->power && !h->router.up)
            router_begin(h);
        break;
    case ACTION_ROUTER_HANG:
        h->router.hang--;
        break;
    case ACTION_ROUTER_SLOW:
        h->router.slow--;
        break;
    case ACTION_ROUTER_REFUSE:
        h->router.refuse--;
        break;
    case ACTION_ROUTER_LATE:
        h->router.late--;
        break;
    case ACTION_ROUTER_WRONG:
        h->router.wrong--;
        break;
    case ACTION_ROUTER_STUCK:
        if (--h->router.stuck == 0)
            router_unstick(h);
        break;
    case ACTION_CHARON_CRASH:
        h->ipsec.up = h->power;
        break;
    case ACTION_CHARON_HANG:
        h->ipsec.hang--;
        break;
    case ACTION_CHARON_FAIL:
        h->ipsec.fail--;
        break;
    case ACTION_DISK_FULL:
        h->disk.full--;
        break;
    case ACTION_DISK_SLOW:
        h->disk.slow--;
        break;
    case ACTION_UNFIT:
        h->unfit--;
        break;
    case ACTION_TRAFFIC:
        paths_count(w);
        w->sticky[h->self] = false;
        break;
    default: /* ROUTER_RESET */
        break;
    }
}

void action_end(struct world *w, const struct action *a)
{
    struct host *h = &w->host[a->node];

    trace(w, a->node, "over: %s", action_name(a->kind));
    if (a->kind == ACTION_POWER)
        w->risen_ns = w->now_ns;
    check_hurt(w, a);
    switch (a->kind) {
    case ACTION_SPLIT:
        set_sides(w, 0);
        break;
    case ACTION_SLOW_MESSAGES:
        w->slow_messages--;
        break;
    case ACTION_LOSSY_MESSAGES:
        w->lossy_messages--;
        break;
    case ACTION_SKEWED_VIEWS:
        w->skewed_views--;
        break;
    case ACTION_POWER:
    case ACTION_FREEZE:
    case ACTION_AGENT_KILL:
    case ACTION_AGENT_POINT:
    case ACTION_AGENT_STALL:
    case ACTION_COROSYNC_CRASH:
    case ACTION_COROSYNC_HANG:
        host_end(w, h, a);
        break;
    default:
        driver_end(w, h, a);
        break;
    }
}
