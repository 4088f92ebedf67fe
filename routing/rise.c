/* Up or down, by successes and failures in a row. Pure. */
#include "routing/rise.h"

uint32_t rise_needed(const struct rise *r, const struct rise_limits *limits)
{
    return limits->damped ? limits->rise << r->flaps : limits->rise;
}

static void fall(struct rise *r, uint64_t now_ns)
{
    bool soon = r->state == RISE_UP && now_ns - r->up_ns < RISE_CALM_NS;

    if (!soon)
        r->flaps = 0;
    else if (r->flaps < RISE_DOUBLINGS)
        r->flaps++;
    r->state = RISE_DOWN;
    r->run = 0;
}

bool rise_note(struct rise *r, const struct rise_limits *limits, bool success, uint64_t now_ns)
{
    bool rises = r->state == RISE_DOWN;

    if (success != rises && r->state != RISE_UNKNOWN) {
        r->run = 0; /* as it should be, or the row is broken */
        return false;
    }
    if (r->state == RISE_UNKNOWN && success) {
        r->state = RISE_UP;
        r->run = 0;
        r->up_ns = now_ns - RISE_CALM_NS; /* nobody saw it down */
        return true;
    }
    r->run++;
    if (r->run < (rises ? rise_needed(r, limits) : limits->fall))
        return false;
    if (rises) {
        r->state = RISE_UP;
        r->run = 0;
        r->up_ns = now_ns;
    } else {
        fall(r, now_ns);
    }
    return true;
}
