/* The fair continuation: what happens next when nothing goes wrong any more, nobody asks for
 * anything, and nothing that is gone comes back.
 *
 * One fixed order, so that each state has one successor: messages before orders, orders before
 * observations, and timers last, the short ones first.  Every move of it is also a move of the
 * exploration, so the successor is always among the states found. */
#include "tests/model/world.h"

static bool cluster_move(const struct model *m, const struct world *w, move_t *out)
{
    for (unsigned i = 0; i < m->n; i++) {
        if (w->node[i].agent && w->node[i].next != NO_VIEW) {
            *out = MOVE(MOVE_VIEW, i, 0);
            return true;
        }
    }
    for (unsigned i = 0; i < m->n; i++) {
        for (unsigned s = 0; w->node[i].agent && s <= m->n; s++) {
            if (has_mail(m, w, i, s)) {
                *out = MOVE(MOVE_DELIVER, i, s);
                return true;
            }
        }
    }
    return false;
}

static bool machine_move(const struct model *m, const struct world *w, unsigned i, move_t *out)
{
    const struct node *n = &w->node[i];

    if (n->orders > 0) {
        const struct router_order *o = &n->router[0];
        unsigned kind = MOVE_DONE;

        if (o->superseded)
            kind = MOVE_SKIP;
        else if (!at_once(o) && !o->taken)
            kind = MOVE_EFFECT;
        else if (put_back(n, o))
            kind = MOVE_FAIL; /* put back behind our back before it could be read back */
        *out = MOVE(kind, i, 0);
        return true;
    }
    if (n->saving) {
        *out = MOVE(MOVE_SAVED, i, 0);
        return true;
    }
    for (unsigned which = 0; which < ORDERS; which++) {
        if (n->ipsec & BITMASK(which)) {
            *out = MOVE(MOVE_IPSEC, i, which);
            return true;
        }
    }
    for (unsigned t = 0; t < m->tunnels; t++) {
        if (tunnel_limit(n, t) > n->tunnel[t]) {
            *out = MOVE(MOVE_RISE, i, t);
            return true;
        }
    }
    return false;
}

static bool agent_move(const struct model *m, const struct world *w, unsigned i, move_t *out)
{
    const struct node *n = &w->node[i];

    if (n->snapped) {
        *out = MOVE(MOVE_SNAPPED, i, 0);
        return true;
    }
    if (news(m, n)) {
        *out = MOVE(MOVE_OBSERVE, i, 0);
        return true;
    }
    if (n->e.phase == PHASE_SETTLING && !n->e.quiet) {
        *out = MOVE(MOVE_QUIET, i, 1);
        return true;
    }
    return false;
}

bool fair_move(const struct model *m, const struct world *w, move_t *out)
{
    static const uint8_t timers[] = {TIMER_LEVEL, TIMER_RECORDS, TIMER_SETTLE,
                                     TIMER_GUARD, TIMER_REDRAIN, TIMER_SOAK,
                                     TIMER_GRACE, TIMER_PHASE,   TIMER_OPERATION};

    _Static_assert(sizeof(timers) == TIMERS, "every timer fires in the end");
    if (cluster_move(m, w, out))
        return true;
    for (unsigned i = 0; i < m->n; i++) {
        if (machine_move(m, w, i, out))
            return true;
    }
    for (unsigned i = 0; i < m->n; i++) {
        if (w->node[i].agent && agent_move(m, w, i, out))
            return true;
    }
    for (unsigned k = 0; k < TIMERS; k++) {
        for (unsigned i = 0; i < m->n; i++) {
            if (w->node[i].agent && (w->node[i].e.armed & 1u << timers[k])) {
                *out = MOVE(MOVE_TIMER, i, timers[k]);
                return true;
            }
        }
    }
    return false;
}
