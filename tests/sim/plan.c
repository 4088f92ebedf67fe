/* What is done to the site in one run: commands and faults, drawn from the seed alone, so that some
 * of them can be left out and the rest stays as it is. */
#include <string.h>

#include "tests/sim/world.h"

#define SIM_ACTION_NAME(id, name, data) name,
#define SIM_ACTION_DATA(id, name, data) data,

const char *action_name(unsigned kind)
{
    static const char *const names[] = {ACTION_LIST(SIM_ACTION_NAME)};

    return kind < ACTIONS ? names[kind] : "?";
}

bool action_costs_packets(unsigned kind)
{
    static const bool costs[] = {ACTION_LIST(SIM_ACTION_DATA)};

    return kind < ACTIONS && costs[kind];
}

static uint32_t ms_in(struct rng *r, uint32_t low, uint32_t high)
{
    return (uint32_t)rng_in(r, low, high);
}

static struct profile draw_profile(struct rng *r)
{
    bool slow = rng_percent(r, 30);
    uint32_t k = slow ? 4 : 1;
    struct profile p = {
        .detect = ms_in(r, 300, slow ? 6500 : 2000),
        .merge = ms_in(r, 50, 500),
        .message = ms_in(r, 1, 10 * k),
        .skew = ms_in(r, 1, 50 * k),
        .look = ms_in(r, 5, 60 * k),
        .configure = ms_in(r, 5, 60 * k),
        .export = ms_in(r, 1, 150 * k),
        .ike = ms_in(r, 30, 300 * k),
        .bgp = ms_in(r, 100, 1000 * k),
        .routes = ms_in(r, 20, 200 * k),
        .disk = ms_in(r, 1, 30 * k),
        .cloud = rng_percent(r, 15) ? ms_in(r, 1000, 3000) : ms_in(r, 5, 50 * k),
    };

    return p;
}

/* The faults that a kind of run may hold. */
static bool fits(enum mode mode, enum action_kind kind)
{
    if (kind <= ACTION_ABORT)
        return false; /* commands are drawn apart */
    return mode == MODE_CHAOS || (mode == MODE_CONTROL && !action_costs_packets(kind));
}

/* Misfortunes come together: half of the faults hit the host that the one before has hit. */
static void draw_fault(struct rng *r, const struct plan *plan, unsigned hosts, struct action *a)
{
    bool again = plan->count > 0 && rng_percent(r, 50);

    do {
        a->kind = (uint8_t)rng_in(r, 0, ACTIONS - 1);
    } while (!fits(plan->mode, a->kind));
    a->node = (uint8_t)rng_in(r, 0, hosts - 1);
    if (again)
        a->node = plan->action[plan->count - 1].node;
    a->ns = rng_in(r, 50, rng_percent(r, 30) ? 30000 : 6000) * MS;
    a->target = (uint8_t)rng_in(r, 1, (1u << TUNNELS) - 1);
    a->flags = (uint8_t)rng_in(r, 0, 1);
    a->amount = ms_in(r, 20, 2000);
    if (a->kind == ACTION_SPLIT)
        a->target = (uint8_t)rng_in(r, 1, (1u << hosts) - 2);
    if (a->kind == ACTION_ORIGIN_LOST)
        a->target = (uint8_t)rng_in(r, 1, (1u << PREFIXES) - 1);
    if (a->kind == ACTION_AGENT_POINT)
        a->amount = ms_in(r, 1, 40);
}

static void draw_command(struct rng *r, unsigned hosts, struct action *a)
{
    static const uint8_t kinds[] = {ACTION_DRAIN,   ACTION_DRAIN,   ACTION_DRAIN, ACTION_UNDRAIN,
                                    ACTION_UNDRAIN, ACTION_UNDRAIN, ACTION_ABORT};

    a->kind = kinds[rng_in(r, 0, sizeof(kinds) - 1)];
    a->node = (uint8_t)rng_in(r, 0, hosts - 1);
    a->target = rng_percent(r, 60) ? a->node : (uint8_t)rng_in(r, 0, hosts - 1);
    if (a->kind == ACTION_ABORT && rng_percent(r, 70))
        a->target = NOBODY;
    if (a->kind == ACTION_DRAIN && rng_percent(r, 15))
        a->flags |= ASK_FLAG_FORCE;
    if (a->kind == ACTION_DRAIN && rng_percent(r, 10))
        a->flags |= ASK_FLAG_DRY_RUN;
    else if (a->kind == ACTION_DRAIN && rng_percent(r, 25))
        a->flags |= ASK_FLAG_WHEN_SAFE;
    a->amount = rng_percent(r, 20) ? ms_in(r, 1, 40) : 0; /* seconds: --timeout */
}

/* Commands come anywhere, or soon after one another. Faults come in bursts, or in the middle of
 * what a command has begun, or anywhere. */
static uint64_t draw_moment(struct rng *r, const struct plan *plan, unsigned commands)
{
    const struct action *before = &plan->action[plan->count > 0 ? plan->count - 1 : 0];
    bool fault = plan->count >= commands;

    if (fault && commands > 0 && rng_percent(r, 40))
        return plan->action[rng_in(r, 0, commands - 1)].at_ns + rng_in(r, 0, 8000) * MS;
    if (plan->count > 0 && rng_percent(r, fault ? 50 : 60))
        return before->at_ns + rng_in(r, 0, rng_percent(r, 50) ? 800 : 5000) * MS;
    return 8 * SECOND + rng_in(r, 0, (plan->end_ns - 10 * SECOND) / MS) * MS;
}

void plan_make(struct plan *plan, uint64_t seed, unsigned hosts)
{
    struct rng r = {.state = seed * UINT64_C(0x2545f4914f6cdd1d) + 1};
    unsigned commands, faults;

    memset(plan, 0, sizeof(*plan));
    rng_next(&r);
    switch (rng_in(&r, 0, 9)) {
    case 0:
    case 1:
        plan->mode = MODE_PLANNED;
        break;
    case 2:
    case 3:
        plan->mode = MODE_CONTROL;
        break;
    case 4:
        plan->mode = MODE_DEATH;
        break;
    default:
        plan->mode = MODE_CHAOS;
    }
    plan->usual = draw_profile(&r);
    plan->end_ns = rng_in(&r, 20, 60) * SECOND;
    commands = (unsigned)rng_in(&r, 1, 8);
    faults = plan->mode == MODE_PLANNED ? 0 : (unsigned)rng_in(&r, 1, rng_percent(&r, 50) ? 4 : 16);
    if (plan->mode == MODE_DEATH)
        commands = 0, faults = 1;
    for (unsigned i = 0; i < commands + faults; i++) {
        struct action *a = &plan->action[plan->count];

        if (plan->mode == MODE_DEATH) {
            static const uint8_t deaths[] = {ACTION_POWER, ACTION_POWER, ACTION_FREEZE,
                                             ACTION_CHARON_CRASH, ACTION_ROUTER_CRASH};
            a->kind = deaths[rng_in(&r, 0, sizeof(deaths) - 1)];
            a->node = (uint8_t)rng_in(&r, 0, hosts - 1);
            a->ns = rng_in(&r, 5, 60) * SECOND;
        } else if (i < commands) {
            draw_command(&r, hosts, a);
        } else {
            draw_fault(&r, plan, hosts, a);
        }
        a->at_ns = draw_moment(&r, plan, commands);
        plan->kept[plan->count++] = true;
    }
}
