/* The one place that may permit a withdraw. */
#include "agent/guard.h"

static bool all_tunnels(const struct engine *e, uint8_t mask)
{
    return mask == (uint8_t)((1u << e->tunnels) - 1u);
}

uint64_t guard_held(const struct engine *e)
{
    uint64_t held = 0;

    for (unsigned n = 0; n < e->nodes; n++) {
        unsigned bit = 1u << n;
        const struct record *r = &e->rec[n];

        if (n == e->self || !(e->members & bit) || !(e->known & bit) || (e->awaited & bit))
            continue;
        if (r->phase != PHASE_IN_SERVICE || r->level != LEVEL_HIGH || r->digest != e->digest)
            continue;
        if ((r->sick & SICK_TRACK) && !(e->op_flags & ASK_FLAG_FORCE))
            continue; /* it covers, and cannot carry */
        held |= e->guards[n] & r->covers;
    }
    return held & e->prefixes;
}

bool guard_permits_withdraw(const struct engine *e)
{
    return e->phase == PHASE_WITHDRAWING && e->saved && e->op != OP_NONE && e->lock == e->op &&
           e->lock_node == e->self && !(e->op_flags & ASK_FLAG_DRY_RUN) &&
           guard_held(e) == e->prefixes;
}

enum reason guard_lacks(const struct engine *e, bool force)
{
    if ((e->seen.covers & e->prefixes) != e->prefixes)
        return REASON_NOT_COVERED;
    if (!force && (e->seen.sick & SICK_TRACK))
        return REASON_UNFIT;
    if (!force && (!all_tunnels(e, e->seen.tunnels_up) || !all_tunnels(e, e->seen.sessions_up)))
        return REASON_NOT_REDUNDANT;
    return REASON_NONE;
}
