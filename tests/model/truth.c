/* A node's machine: the router, charon and the disk, as they really are.
 *
 * The engine's orders go in here and take effect later, or never; what the engine believes of all
 * this is nowhere used. */
#include "tests/model/world.h"

#include <string.h>

uint8_t covers_really(const struct model *m, const struct node *n)
{
    bool session = false;

    for (unsigned t = 0; t < m->tunnels; t++)
        session = session || n->tunnel[t] == 2;
    if (!n->power || n->x == LEVEL_WITHDRAWN || !session)
        return 0;
    return all_prefixes(m) & (uint8_t)~n->missing;
}

/* How far tunnel t can come up by itself now. */
uint8_t tunnel_limit(const struct node *n, unsigned t)
{
    if (!n->power || n->fault[t] || (n->tunnel[t] == 0 && !n->keep_up))
        return n->tunnel[t];
    return n->closed ? 1 : 2;
}

void snapshot(const struct model *m, const struct node *n, struct observation *out)
{
    memset(out, 0, sizeof(*out));
    for (unsigned t = 0; t < m->tunnels; t++) {
        if (n->tunnel[t] >= 1)
            out->tunnels_up |= BITMASK(t);
        if (n->tunnel[t] == 2)
            out->sessions_up |= BITMASK(t);
    }
    out->covers = covers_really(m, n);
    out->sick = n->unfit ? SICK_TRACK : 0;
    out->level = n->x;
    out->routes = out->sessions_up != 0;
}

/* Whether the engine can learn anything from the truth that it has not been told. */
bool news(const struct model *m, const struct node *n)
{
    struct observation now;
    const struct engine *e = &n->e;

    snapshot(m, n, &now);
    if (e->phase >= PHASE_CLOSING && e->phase <= PHASE_DRAINED && now.level != e->seen.level)
        return true;
    return ((e->seen.sick ^ now.sick) & (SICK_UNREAD | SICK_TRACK | SICK_ROUTER)) ||
           now.covers != e->seen.covers || now.sessions_up != e->seen.sessions_up || e->drift ||
           (now.level != e->level && !(e->pending & BITMASK(ORDER_LEVEL)));
}

bool at_once(const struct router_order *o)
{
    return !o->superseded && o->order != ORDER_CLOSE &&
           !(o->order == ORDER_LEVEL && o->level == LEVEL_WITHDRAWN);
}

bool put_back(const struct node *n, const struct router_order *o)
{
    return o->taken && (o->order == ORDER_LEVEL ? n->x != o->level : !n->closed);
}

static void remove_order(struct node *n, unsigned k)
{
    n->orders--;
    memmove(&n->router[k], &n->router[k + 1], (n->orders - k) * sizeof(n->router[0]));
    memset(&n->router[n->orders], 0, sizeof(n->router[0]));
}

void pop_order(struct node *n)
{
    remove_order(n, 0);
}

/* A newer level is the only one that completes; the older may still be carried out before it, kept
 * only if that makes a difference to coverage. A newer open or close takes the place of both kinds,
 * which fail; see routing/bird.c. */
static void supersede(struct node *n, uint8_t which, uint8_t level)
{
    for (unsigned k = 0; k < n->orders; k++) {
        struct router_order *o = &n->router[k];
        bool other = (o->level == LEVEL_WITHDRAWN) != (level == LEVEL_WITHDRAWN);

        if ((o->order == ORDER_LEVEL) != (which == ORDER_LEVEL))
            continue;
        if (which == ORDER_LEVEL ? other && !o->taken : o->order != which)
            o->superseded = 1;
        else
            remove_order(n, k--);
    }
}

void give_order(struct world *w, unsigned i, const struct effect *f)
{
    struct node *n = &w->node[i];
    uint8_t which = f->order.order;

    switch (which) {
    case ORDER_LEVEL:
    case ORDER_CLOSE:
    case ORDER_OPEN:
        supersede(n, which, f->order.level);
        n->router[n->orders].order = which;
        n->router[n->orders].level = which == ORDER_LEVEL ? f->order.level : 0;
        n->orders++;
        break;
    case ORDER_SAVE:
        n->saving = (uint8_t)(1u + f->order.intent);
        break;
    default:
        if (which == ORDER_RELEASE)
            n->called_off = 0;
        n->ipsec |= BITMASK(which);
        break;
    }
}

/* As ipsec/act.c does: who wants tunnels kept up wants no more of them released. */
void keep_up(struct node *n, bool on)
{
    n->keep_up = on;
    if (on && (n->ipsec & BITMASK(ORDER_RELEASE)))
        n->called_off = 1;
}

void agent_off(struct model *m, struct world *w, unsigned i)
{
    struct node *n = &w->node[i];

    n->agent = 0;
    n->keep_up = n->saving = n->ipsec = n->called_off = n->orders = n->snapped = 0;
    memset(n->router, 0, sizeof(n->router));
    memset(&n->snap, 0, sizeof(n->snap));
    memset(&n->mon, 0, sizeof(n->mon));
    memset(&n->e, 0, sizeof(n->e));
    n->cur = n->next = NO_VIEW;
    tidy(m, w);
}

void machine_off(struct model *m, struct world *w, unsigned i)
{
    struct node *n = &w->node[i];

    agent_off(m, w, i);
    n->power = 0;
    n->x = LEVEL_LOW; /* what the router starts with */
    n->closed = 0;
    memset(n->tunnel, 0, sizeof(n->tunnel));
}
