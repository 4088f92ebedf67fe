/* Views and records: who is there, and what each is believed to carry. */
#include "agent/guard.h"
#include "agent/step.h"

#include <string.h>

int node_index(const struct engine *e, uint32_t id)
{
    for (unsigned n = 0; n < e->nodes; n++) {
        if (e->id[n] == id)
            return (int)n;
    }
    return -1;
}

bool engine_serving(unsigned phase)
{
    return phase == PHASE_IN_SERVICE || phase == PHASE_REQUESTING || phase == PHASE_GUARDING;
}

uint64_t engine_believed(const struct engine *e, unsigned n)
{
    unsigned bit = BIT(n);

    if (!(e->members & bit))
        return 0;
    if (e->known & bit)
        return e->rec[n].digest == e->digest ? e->rec[n].covers & e->prefixes : 0;
    return e->awaited & bit ? e->prefixes : 0;
}

bool no_coverer(const struct engine *e)
{
    uint64_t covered = 0;

    if (!e->viewed)
        return false; /* nothing is known yet: the timer for records ends this */
    for (unsigned n = 0; n < e->nodes; n++) {
        if (n != e->self)
            covered |= engine_believed(e, n);
    }
    return covered != e->prefixes;
}

/* All its tunnels are up, so that it would not refuse to guard for want of one. */
static bool redundant(const struct record *r)
{
    uint8_t all = (uint8_t)(BIT(r->tunnels) - 1u);

    return (r->tunnels_up & r->sessions_up) == all;
}

bool others_could_guard(const struct engine *e)
{
    uint64_t covered = 0;

    for (unsigned n = 0; n < e->nodes; n++) {
        unsigned bit = BIT(n);
        if (n != e->self && (e->members & e->known & ~e->awaited & bit) &&
            e->rec[n].phase == PHASE_IN_SERVICE && redundant(&e->rec[n]) &&
            !(e->rec[n].sick & SICK_TRACK))
            covered |= engine_believed(e, n);
    }
    return covered == e->prefixes;
}

bool unfit(const struct engine *e)
{
    return (e->seen.sick & SICK_TRACK) != 0;
}

/* A node in service that cannot carry, or does not cover what we share: its SAs are gone, say, and
 * the cloud will hear of that only when the hold time is over. An agent that has just started has
 * not looked yet. */
static bool sick(const struct engine *e, const struct record *r)
{
    if (r->sick & SICK_TRACK)
        return true;
    return !(r->sick & SICK_UNREAD) && (r->covers & e->prefixes) != e->prefixes;
}

/* Is node n in service, as far as our own level is concerned? A member that has not spoken yet in a
 * new view counts as before, and so does one whose agent is gone for less than the grace time: its
 * routes are still up (fail static). */
static bool counts_as_serving(const struct engine *e, unsigned n)
{
    unsigned bit = BIT(n);

    if (!(e->known & bit) || !((e->members | e->grace) & bit))
        return false;
    /* One that asks to leave from a safety net or a return is in a serving phase and yet is out. */
    return engine_serving(e->rec[n].phase) && e->rec[n].target >= LEVEL_NORMAL &&
           !sick(e, &e->rec[n]);
}

bool another_serves(const struct engine *e)
{
    for (unsigned n = 0; n < e->nodes; n++) {
        if (n != e->self && counts_as_serving(e, n) && e->rec[n].digest == e->digest)
            return true;
    }
    return false;
}

bool others_took_over(const struct engine *e)
{
    uint64_t covered = 0;

    for (unsigned n = 0; n < e->nodes; n++) {
        const struct record *r = &e->rec[n];

        if (n != e->self && (e->members & e->known & ~e->awaited & BIT(n)) &&
            r->phase == PHASE_IN_SERVICE && r->level == LEVEL_HIGH && !sick(e, r))
            covered |= engine_believed(e, n);
    }
    return covered == e->prefixes;
}

/* A guard makes itself the better path; in a dry run it only says whether it would. */
static bool raised_as_guard(const struct engine *e)
{
    return e->guard_stage >= GUARD_RAISING && !(e->guard_flags & ASK_FLAG_DRY_RUN);
}

/* Has node n, as yet unknown, still time to say who it is? */
static bool may_still_speak(const struct engine *e, unsigned n)
{
    return !e->viewed || (e->members & e->awaited & ~e->known & BIT(n)) != 0;
}

/* Normal while all others serve. As long as nothing worse is known than that someone has not
 * spoken, the level stays: neither our start nor the other's moves traffic. */
static enum level level_in_service(const struct engine *e)
{
    uint8_t level = order_pending(e, ORDER_LEVEL) ? e->level_asked : e->level;
    bool all_known = true;

    for (unsigned n = 0; n < e->nodes; n++) {
        if (n == e->self || counts_as_serving(e, n))
            continue;
        if (!may_still_speak(e, n))
            return LEVEL_HIGH;
        all_known = false;
    }
    return all_known || level == LEVEL_NORMAL ? LEVEL_NORMAL : LEVEL_HIGH;
}

/* A node on its way back, or meant to be out: it never attracts traffic. One that is withdrawn
 * stays so until it has shown that it can carry, unless nobody else does. */
static enum level level_of_outsider(const struct engine *e, enum phase phase)
{
    if (phase == PHASE_CONNECTING && e->level == LEVEL_WITHDRAWN && !no_coverer(e))
        return LEVEL_WITHDRAWN;
    return LEVEL_LOW;
}

/* Every shared prefix is covered by others, or may be, who do not have to prove themselves first.
 */
static bool others_carry(const struct engine *e)
{
    uint64_t covered = 0;

    for (unsigned n = 0; n < e->nodes; n++) {
        unsigned phase = e->known & BIT(n) ? e->rec[n].phase : PHASE_IN_SERVICE;

        if (n != e->self && phase != PHASE_CONNECTING && phase != PHASE_SOAKING)
            covered |= engine_believed(e, n);
    }
    return covered == e->prefixes;
}

/* A safety net is low, and loses to whoever can carry. Only if every other node is there and says
 * itself that together they do not, what they still show to the cloud leads nowhere, and must lose
 * at once, not when its hold time is over; one that has only just come back is no better. A node
 * that is merely not heard may carry very well, and this one may be under somebody's hands: unless
 * nobody has been told yet that it is out. */
static enum level level_of_net(const struct engine *e)
{
    if (others_carry(e))
        return LEVEL_LOW;
    for (unsigned n = 0; e->told_out && n < e->nodes; n++) {
        bool spoke = (e->members & e->known & ~e->awaited & BIT(n)) != 0;

        if (n != e->self &&
            (!spoke || (e->rec[n].sick & SICK_UNREAD) || e->rec[n].digest != e->digest))
            return LEVEL_LOW;
    }
    return LEVEL_HIGH;
}

enum level engine_target(const struct engine *e)
{
    switch (e->phase) {
    case PHASE_STARTING:
        return e->level;
    case PHASE_REQUESTING:
    case PHASE_GUARDING:
        if (e->op_from != PHASE_IN_SERVICE)
            return level_of_outsider(e, e->op_from);
        return level_in_service(e);
    case PHASE_IN_SERVICE:
        return raised_as_guard(e) ? LEVEL_HIGH : level_in_service(e);
    case PHASE_WITHDRAWING:
        return e->withdrew ? LEVEL_WITHDRAWN : LEVEL_LOW;
    case PHASE_CLOSING:
    case PHASE_RELEASING:
    case PHASE_DRAINED:
        return LEVEL_WITHDRAWN;
    case PHASE_CONNECTING:
        return level_of_outsider(e, PHASE_CONNECTING);
    case PHASE_SAFETY_NET:
        return level_of_net(e);
    default:
        return LEVEL_LOW;
    }
}

/* Agents that were there and are gone while their node is still in the ring get the grace time;
 * a node that left the ring too is lost, and gets none. */
static void note_leavers(struct step *s, uint8_t before)
{
    struct engine *e = s->e;
    uint8_t gone = before & (uint8_t)~e->members, joined = e->members & (uint8_t)~before;

    /* An agent that comes back within the grace time counts as it did until it speaks: its restart
     * must not move traffic. Any other newcomer is unknown. */
    e->known &= (uint8_t) ~(joined & ~e->grace & ~BIT(e->self));
    e->grace = (uint8_t)((e->grace | gone) & e->ring & ~e->members & e->known);
    if (e->grace == 0)
        timer_stop(s, TIMER_GRACE);
    else if (gone & e->grace)
        timer_start(s, TIMER_GRACE, 0);
}

void on_view(struct step *s, uint8_t members, uint8_t ring)
{
    struct engine *e = s->e;
    uint8_t me = (uint8_t)BIT(e->self), before = e->members;

    e->members = members | me;
    e->ring = ring | e->members;
    e->viewed = 1;
    e->announce = 1;
    note_leavers(s, before);
    e->known &= (uint8_t)(e->members | e->grace);
    e->awaited = e->members & (uint8_t)~me;
    if (e->awaited != 0)
        timer_start(s, TIMER_RECORDS, 0);
    else
        timer_stop(s, TIMER_RECORDS);

    /* The lock and every guard's promise end with their view. */
    e->lock = OP_NONE;
    e->lock_node = 0;
    e->guard_op = OP_NONE;
    e->guard_stage = GUARD_NONE;
    timer_stop(s, TIMER_GUARD);
    if (may_roll_back(e))
        roll_back(s, RESULT_ROLLED_BACK, REASON_VIEW_CHANGED);
    memset(e->guards, 0, sizeof(e->guards));
}

void on_record(struct step *s, unsigned n, const struct record *r)
{
    struct engine *e = s->e;

    if (n == e->self)
        return; /* we are the authority for our own */
    e->rec[n] = *r;
    e->known |= (uint8_t)BIT(n);
    e->awaited &= (uint8_t)~BIT(n);
    if (e->awaited == 0)
        timer_stop(s, TIMER_RECORDS);
    if ((e->phase == PHASE_LOWERING || e->phase == PHASE_SETTLING ||
         (e->phase == PHASE_WITHDRAWING && !e->withdrew)) &&
        guard_held(e) != e->prefixes) {
        e->refusal.node = e->id[n];
        e->refusal.reason = REASON_GUARD_SICK;
        e->refusal.prefixes = e->prefixes & ~guard_held(e);
        roll_back(s, RESULT_ROLLED_BACK, REASON_GUARD_SICK);
    }
}
