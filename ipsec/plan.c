/* What an order asks of charon next. Pure: it reads the SA table and must not change it. */
#include "ipsec/plan.h"

#include <stdio.h>
#include <string.h>

static bool due(int64_t rekey_in, uint32_t horizon_s)
{
    return rekey_in >= 0 && rekey_in <= (int64_t)horizon_s;
}

void plan_mark_stale(const struct sa_table *table, uint32_t horizon_s, struct plan_stale *stale)
{
    const struct sa_set *now = &table->now;

    stale->ikes = stale->children = 0;
    for (unsigned i = 0; i < now->ikes; i++) {
        if (due(now->ike[i].rekey_in, horizon_s))
            stale->ike[stale->ikes++] = now->ike[i].id;
    }
    for (unsigned i = 0; i < now->children; i++) {
        const struct sa_child *child = &now->child[i];
        if (child->tunnels != 0 && due(child->rekey_in, horizon_s))
            stale->child[stale->children++] = child->id;
    }
}

static bool listed(const uint32_t *ids, unsigned count, uint32_t id)
{
    for (unsigned i = 0; i < count; i++) {
        if (ids[i] == id)
            return true;
    }
    return false;
}

/* What charon is at work on for a tunnel. */
struct work {
    bool installed, connecting, creating, rekeying, replaced;
};

static struct work work_of(const struct sa_table *table, unsigned mask)
{
    const struct sa_set *now = &table->now;
    struct work w = {0};

    for (unsigned i = 0; i < now->ikes; i++) {
        const struct sa_ike *ike = &now->ike[i];
        if (!(ike->tunnels & mask))
            continue;
        w.connecting |= ike->state == IKE_CONNECTING || ike->state == IKE_CREATED;
        w.creating |= ike->creating;
        w.rekeying |= ike->rekeying || ike->state == IKE_REKEYING;
        w.replaced |= ike->state == IKE_REKEYED;
    }
    for (unsigned i = 0; i < now->children; i++) {
        const struct sa_child *child = &now->child[i];
        if (!(now->ike[child->ike].tunnels & mask))
            continue;
        if (child->tunnels & mask)
            w.installed |= sa_child_installed(now, child);
        w.rekeying |= child->state == CHILD_REKEYING;
        w.replaced |= child->state == CHILD_REKEYED;
    }
    return w;
}

struct plan plan_up(const struct sa_table *table, unsigned tunnel)
{
    struct work w = work_of(table, 1u << tunnel);

    if (w.installed || !(table->configured & (1u << tunnel)))
        return (struct plan){PLAN_NOTHING, 0};
    if (w.connecting || w.creating || w.rekeying)
        return (struct plan){PLAN_WAIT, 0};
    return (struct plan){PLAN_INITIATE, 0};
}

static bool stale_ike(const struct sa_ike *ike, const struct plan_stale *stale)
{
    return ike->state == IKE_ESTABLISHED && !ike->deleting &&
           listed(stale->ike, stale->ikes, ike->id);
}

static bool stale_child(const struct sa_child *child, const struct plan_stale *stale)
{
    return child->state == CHILD_INSTALLED && listed(stale->child, stale->children, child->id);
}

struct plan plan_freshen(const struct sa_table *table, unsigned tunnel,
                         const struct plan_stale *stale)
{
    const struct sa_set *now = &table->now;
    unsigned mask = 1u << tunnel;
    struct work w = work_of(table, mask);

    if (!w.installed || w.connecting || w.creating || w.rekeying) {
        struct plan up = plan_up(table, tunnel);
        return up.act == PLAN_INITIATE ? up : (struct plan){PLAN_WAIT, 0};
    }
    for (unsigned i = 0; i < now->ikes; i++) {
        if ((now->ike[i].tunnels & mask) && stale_ike(&now->ike[i], stale))
            return (struct plan){PLAN_REKEY_IKE, now->ike[i].id};
    }
    for (unsigned i = 0; i < now->children; i++) {
        if ((now->child[i].tunnels & mask) && stale_child(&now->child[i], stale))
            return (struct plan){PLAN_REKEY_CHILD, now->child[i].id};
    }
    return (struct plan){PLAN_NOTHING, 0};
}

struct plan plan_release(const struct sa_table *table, const struct sa_ike *ike, bool patient)
{
    struct work w = work_of(table, ike->tunnels);

    if (ike->state == IKE_DELETING || ike->state == IKE_DESTROYING || ike->deleting || w.rekeying)
        return (struct plan){PLAN_WAIT, 0};
    if (patient && (w.replaced || ike->state == IKE_CONNECTING || ike->state == IKE_CREATED))
        return (struct plan){PLAN_WAIT, 0};
    return (struct plan){PLAN_TERMINATE, ike->id};
}

static const struct sa_ike *first_ike(const struct sa_table *table, unsigned tunnel)
{
    for (unsigned i = 0; i < table->now.ikes; i++) {
        if (table->now.ike[i].tunnels & (1u << tunnel))
            return &table->now.ike[i];
    }
    return NULL;
}

const char *plan_words(const struct sa_table *table, unsigned tunnel,
                       const struct plan_stale *stale, char *out, size_t size)
{
    const char *name = table->tunnel[tunnel].ike, *child = table->tunnel[tunnel].child;
    const struct sa_ike *ike = first_ike(table, tunnel);
    struct work w = work_of(table, 1u << tunnel);

    if (ike == NULL && !(table->configured & (1u << tunnel)))
        snprintf(out, size, "charon has no connection %s with a child %s (swanctl --load-conns)",
                 name, child);
    else if (ike == NULL)
        snprintf(out, size, "%s has no IKE_SA", name);
    else if (ike->state == IKE_DELETING || ike->deleting)
        snprintf(out, size, "%s has its IKE_SA DELETING, the peer has not answered", name);
    else if (w.connecting)
        snprintf(out, size, "%s has its IKE_SA CONNECTING, the peer has not answered", name);
    else if (w.rekeying)
        snprintf(out, size, "%s is being rekeyed", name);
    else if (!w.installed)
        snprintf(out, size, "%s has no CHILD_SA installed, its IKE_SA is %s", name,
                 ike_state_name(ike->state));
    else if (stale != NULL && plan_freshen(table, tunnel, stale).act != PLAN_NOTHING)
        snprintf(out, size, "%s is up but was not rekeyed", name);
    else
        snprintf(out, size, "%s is up, its IKE_SA %s", name, ike_state_name(ike->state));
    return out;
}
