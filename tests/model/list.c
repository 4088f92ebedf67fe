/* What can happen next in a world. */
#include "tests/model/world.h"

#include <string.h>

struct list {
    const struct model *m;
    const struct world *w;
    unsigned count;
    move_t *out;
};

static void add(struct list *l, unsigned kind, unsigned node, unsigned arg)
{
    if (l->count < MOVES_MAX)
        l->out[l->count++] = MOVE(kind, node, arg);
}

static bool may(const struct list *l, unsigned fault)
{
    return l->w->faults > 0 && (l->m->fault_kinds & 1u << fault);
}

static void list_asks(struct list *l, unsigned i)
{
    for (unsigned c = 0; c < COMMANDS; c++) {
        if (!(l->m->command_kinds & 1u << c))
            continue;
        for (unsigned target = 0; target < l->m->n; target++) {
            if (target == i || (l->m->remote && c != COMMAND_ABORT))
                add(l, MOVE_ASK, i, target | c << 2);
        }
    }
}

static void list_engine(struct list *l, unsigned i)
{
    const struct node *n = &l->w->node[i];

    if (n->next != NO_VIEW)
        add(l, MOVE_VIEW, i, 0);
    for (unsigned s = 0; s <= l->m->n; s++) {
        if (has_mail(l->m, l->w, i, s))
            add(l, MOVE_DELIVER, i, s);
    }
    if (l->m->plain || news(l->m, n))
        add(l, MOVE_OBSERVE, i, 0);
    if (n->snapped)
        add(l, MOVE_SNAPPED, i, 0);
    if (n->e.phase == PHASE_SETTLING) {
        add(l, MOVE_QUIET, i, 0);
        add(l, MOVE_QUIET, i, 1);
    }
    if (lag(l->m, l->w, i) >= l->m->lag_max)
        return;
    for (unsigned t = 0; t < TIMERS; t++) {
        if (n->e.armed & 1u << t)
            add(l, MOVE_TIMER, i, t);
    }
    if (l->w->commands > 0)
        list_asks(l, i);
}

static void list_router(struct list *l, unsigned i)
{
    const struct node *n = &l->w->node[i];
    const struct router_order *o = &n->router[0];

    if (n->orders == 0)
        return;
    if (!at_once(o) && !o->taken && (!o->superseded || o->order == ORDER_LEVEL))
        add(l, MOVE_EFFECT, i, 0);
    if (o->superseded) {
        add(l, MOVE_SKIP, i, 0);
        return;
    }
    if (at_once(o) || (o->taken && !put_back(n, o)))
        add(l, MOVE_DONE, i, 0);
    if (put_back(n, o) || may(l, FAULT_FAIL))
        add(l, MOVE_FAIL, i, 0);
    if (at_once(o) && may(l, FAULT_FAIL))
        add(l, MOVE_FAIL, i, 1);
}

static void list_machine(struct list *l, unsigned i)
{
    const struct node *n = &l->w->node[i];

    list_router(l, i);
    for (unsigned which = 0; which < ORDERS; which++) {
        if (n->ipsec & BITMASK(which))
            add(l, MOVE_IPSEC, i, which);
    }
    if ((n->ipsec & BITMASK(ORDER_RELEASE)) && !n->called_off && may(l, FAULT_FAIL))
        add(l, MOVE_IPSEC_FAIL, i, ORDER_RELEASE);
    if (n->saving)
        add(l, MOVE_SAVED, i, 0);
    if (n->saving && may(l, FAULT_FAIL)) {
        add(l, MOVE_SAVE_FAIL, i, 0);
        add(l, MOVE_SAVE_FAIL, i, 1);
    }
    for (unsigned t = 0; t < l->m->tunnels; t++) {
        if (tunnel_limit(n, t) > n->tunnel[t])
            add(l, MOVE_RISE, i, t);
    }
}

/* What was broken may be mended at any time, at no cost. */
static void list_returns(struct list *l, unsigned i)
{
    const struct node *n = &l->w->node[i];

    for (unsigned t = 0; t < l->m->tunnels; t++) {
        if (n->fault[t])
            add(l, MOVE_REPAIR, i, t);
    }
    for (unsigned p = 0; p < l->m->prefixes; p++) {
        if (n->missing & BITMASK(p))
            add(l, MOVE_FOUND, i, p);
    }
    if (n->unfit)
        add(l, MOVE_FIT, i, 0);
    if (!n->power)
        add(l, MOVE_POWER_ON, i, 0);
    else if (!n->agent)
        add(l, MOVE_START, i, 0);
}

static void list_breaks(struct list *l, unsigned i)
{
    const struct node *n = &l->w->node[i];

    for (unsigned t = 0; t < l->m->tunnels; t++) {
        if (may(l, FAULT_BREAK) && !n->fault[t])
            add(l, MOVE_BREAK, i, t);
    }
    for (unsigned p = 0; p < l->m->prefixes; p++) {
        if (may(l, FAULT_MISSING) && !(n->missing & BITMASK(p)))
            add(l, MOVE_MISSING, i, p);
    }
    if (may(l, FAULT_UNFIT) && !n->unfit)
        add(l, MOVE_UNFIT, i, 0);
    if (may(l, FAULT_RESET) && (n->x != LEVEL_LOW || n->closed))
        add(l, MOVE_RESET, i, 0);
}

/* What was under way may have been done or not. */
static void list_off(struct list *l, unsigned kind, unsigned i)
{
    const struct node *n = &l->w->node[i];
    unsigned could = (n->saving ? 1u : 0u) | (n->orders && at_once(&n->router[0]) ? 2u : 0u);

    for (unsigned arg = 0; arg < 4; arg++) {
        if ((arg & ~could) == 0)
            add(l, kind, i, arg);
    }
}

static void list_agent_faults(struct list *l, unsigned i)
{
    const struct node *n = &l->w->node[i];

    if (may(l, FAULT_LIE)) {
        add(l, MOVE_LIE, i, 0);
        add(l, MOVE_LIE, i, 1);
    }
    if (may(l, FAULT_LATE) && !n->snapped)
        add(l, MOVE_SNAP, i, 0);
    if (may(l, FAULT_GAP))
        add(l, MOVE_GAP, i, 0);
    if (may(l, FAULT_AGENT)) {
        list_off(l, MOVE_KILL, i);
    }
}

static void list_cluster(struct list *l)
{
    bool whole = true;

    for (unsigned i = 1; i < l->m->n; i++)
        whole = whole && l->w->comp[i] == l->w->comp[0];
    if (!whole)
        add(l, MOVE_HEAL, 0, 0);
    for (unsigned i = 0; i < l->m->n; i++) {
        bool alone = true;

        for (unsigned j = 0; j < l->m->n; j++)
            alone = alone && (j == i || l->w->comp[j] != l->w->comp[i]);
        if (!alone && may(l, FAULT_SPLIT))
            add(l, MOVE_SPLIT, i, 0);
        if (l->m->n == 2)
            break; /* to part one is to part the other */
    }
}

unsigned list_moves(const struct model *m, const struct world *w, move_t out[MOVES_MAX])
{
    struct list l = {.m = m, .w = w, .out = out};

    for (unsigned i = 0; i < m->n; i++) {
        const struct node *n = &w->node[i];

        if (n->agent)
            list_engine(&l, i);
        if (n->power)
            list_machine(&l, i);
        list_returns(&l, i);
        if (n->power)
            list_breaks(&l, i);
        if (n->agent)
            list_agent_faults(&l, i);
        if (n->power && may(&l, FAULT_POWER))
            list_off(&l, MOVE_POWER_OFF, i);
    }
    list_cluster(&l);
    return l.count;
}
