/* A random walk over real engines: whatever can happen does, in any order, from a seed.
 *
 * Each step is one of: a message ordered or delivered, an order ended or failed, a timer fired, an
 * operator's wish, a loss. The invariants of pair_check.c hold after every one. In the end all is
 * healed, and every operation must have ended and every prefix be covered. A failing seed is
 * printed, and replays with WALK_SEED=N. */
#include "tests/unit/pair_inner.h"

#define SEEDS 60
#define STEPS 15000

#define ASKS_MAX 512

struct walk {
    struct pair *p;
    uint64_t x;
    op_t asked[ASKS_MAX];
    unsigned asked_count;
    bool calm; /* no losses: then no drain may end otherwise than it should */
};

/* xorshift64*: the same everywhere */
static unsigned dice(struct walk *w, unsigned sides)
{
    w->x ^= w->x >> 12;
    w->x ^= w->x << 25;
    w->x ^= w->x >> 27;
    return (unsigned)((w->x * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % sides;
}

static void ask(struct walk *w, unsigned n)
{
    static const uint8_t flags[] = {0, 0, 0, ASK_FLAG_FORCE, ASK_FLAG_DRY_RUN};
    enum ask kind = (enum ask)dice(w, ASKS);
    int target = (int)dice(w, w->p->nodes);
    op_t op;

    if (!w->p->node[n].agent || w->asked_count == ASKS_MAX)
        return;
    op = pair_ask(w->p, n, kind, target, flags[dice(w, 5)], (uint16_t)(dice(w, 3) * 30));
    w->asked[w->asked_count++] = op;
}

static void fire_some(struct walk *w, unsigned n)
{
    unsigned timer = dice(w, TIMERS);

    /* Deadlines are long and all else is short, so that most operations get somewhere. */
    if ((timer == TIMER_PHASE || timer == TIMER_OPERATION || timer == TIMER_RECORDS) &&
        dice(w, 8) != 0)
        return;
    if (w->p->node[n].agent && (w->p->node[n].armed & (1u << timer)))
        pair_fire(w->p, n, (enum timer)timer);
}

static void switch_drivers(struct walk *w, unsigned n)
{
    struct pair_node *node = &w->p->node[n];

    node->fail = node->hold = 0;
    if (dice(w, 4) == 0)
        node->fail = PAIR_BIT(dice(w, ORDERS));
    if (dice(w, 4) == 0)
        node->hold = PAIR_BIT(dice(w, ORDERS));
}

static void lose_or_find(struct walk *w, unsigned n)
{
    struct pair_node *node = &w->p->node[n];

    switch (dice(w, 12)) {
    case 0:
        pair_wan(w->p, n, dice(w, 2) ? 0x3 : (uint8_t)dice(w, 4));
        break;
    case 1:
        pair_advertises(w->p, n, dice(w, 2) ? PAIR_PREFIXES : dice(w, 4));
        break;
    case 2:
        pair_view(w->p);
        break;
    case 3:
        if (dice(w, 4) == 0)
            pair_split(w->p);
        else
            pair_join(w->p);
        break;
    case 4:
        if (node->agent)
            pair_kill_agent(w->p, n);
        break;
    case 5:
        if (node->up && dice(w, 3) == 0)
            pair_kill_node(w->p, n);
        break;
    case 6:
        if (node->agent)
            pair_gap(w->p, n);
        break;
    case 7:
        node->mixed = true;
        break;
    default: /* all that is gone comes back */
        pair_join(w->p);
        if (!node->up)
            pair_power_on(w->p, n);
        if (!node->agent)
            pair_boot(w->p, n);
        break;
    }
}

static void step(struct walk *w)
{
    unsigned n = dice(w, w->p->nodes), what = dice(w, 100);

    if (what < 30)
        pair_order_message(w->p, n);
    else if (what < 60)
        pair_deliver(w->p, n);
    else if (what < 75)
        pair_complete(w->p, n, (enum order)dice(w, ORDERS));
    else if (what < 83)
        pair_observe(w->p, n);
    else if (what < 92)
        fire_some(w, n);
    else if (what < 96 && w->p->node[n].agent)
        pair_quiet(w->p, n, dice(w, 6) != 0);
    else if (what < 97)
        ask(w, n);
    else if (what < 98)
        switch_drivers(w, n);
    else if (what < 99 && !w->calm && dice(w, 3) == 0)
        lose_or_find(w, n);
    w->p->sure |= all_known(w->p);
}

static void heal(struct pair *p)
{
    for (unsigned n = 0; n < p->nodes; n++) {
        struct pair_node *node = &p->node[n];

        pair_wan(p, n, 0x3);
        pair_advertises(p, n, PAIR_PREFIXES);
        node->hold = node->fail = 0;
        node->mixed = false;
        if (!node->up)
            pair_power_on(p, n);
    }
    pair_join(p);
    for (unsigned n = 0; n < p->nodes; n++) {
        if (!p->node[n].agent)
            pair_boot(p, n);
    }
    pair_run(p);
}

/* Traffic moves, time passes: everything comes to where it wants to be. */
static void let_time_pass(struct pair *p)
{
    bool moved = true;

    for (unsigned turns = 0; moved; turns++) {
        moved = false;
        for (unsigned n = 0; n < p->nodes; n++) {
            if (p->node[n].e.phase == PHASE_SETTLING)
                pair_quiet(p, n, true);
            for (unsigned timer = 0; timer < TIMERS; timer++) {
                /* the deadlines are longer than all else that is waited for */
                if (timer == TIMER_OPERATION ||
                    (timer == TIMER_PHASE && p->node[n].e.phase != PHASE_CONNECTING))
                    continue;
                if (!(p->node[n].armed & (1u << timer)))
                    continue;
                pair_fire(p, n, (enum timer)timer);
                pair_run(p);
                moved = true;
            }
        }
        if (turns > 200)
            broken(p, "with everything well, something goes on for ever");
    }
}

static void check_the_end(struct walk *w)
{
    struct pair *p = w->p;

    assert_int_equal(pair_covered(p), PAIR_PREFIXES);
    for (unsigned n = 0; n < p->nodes; n++) {
        const struct engine *e = &p->node[n].e;

        if (e->op != OP_NONE || e->lock != OP_NONE || e->guard_stage != GUARD_NONE)
            broken(p, "gw%u has an operation, a lock or a promise left", n + 1);
        if (e->phase != PHASE_IN_SERVICE && e->phase != PHASE_DRAINED &&
            e->phase != PHASE_SAFETY_NET)
            broken(p, "gw%u rests in %s", n + 1, phase_name(e->phase));
        if ((e->phase == PHASE_IN_SERVICE) != (e->intent == INTENT_IN_SERVICE))
            broken(p, "gw%u is in %s, its intent is %s", n + 1, phase_name(e->phase),
                   intent_name(e->intent));
    }
    for (unsigned i = 0; w->calm && i < w->asked_count; i++) {
        if (pair_end(p, w->asked[i]) == NULL)
            broken(p, "operation %u was asked for and never ended", OP_SERIAL(w->asked[i]));
    }
}

static void walk(unsigned nodes, uint64_t seed, bool calm)
{
    struct walk *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    w->p = pair_new(nodes);
    w->x = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15);
    w->calm = calm;
    fprintf(w->p->trace, "# seed %llu, %u nodes%s\n", (unsigned long long)seed, nodes,
            calm ? ", no losses" : "");
    for (unsigned i = 0; i < STEPS; i++)
        step(w);
    heal(w->p);
    let_time_pass(w->p);
    check_the_end(w);
    pair_free(w->p);
    free(w);
}

static void walk_all(unsigned nodes, bool calm)
{
    const char *only = getenv("WALK_SEED"), *many = getenv("WALK_SEEDS");
    uint64_t seeds = many != NULL ? strtoull(many, NULL, 10) : SEEDS;

    if (only != NULL) {
        walk(nodes, strtoull(only, NULL, 10), calm);
        return;
    }
    for (uint64_t seed = 0; seed < seeds; seed++)
        walk(nodes, seed, calm);
}

static void test_two_without_losses(void **state)
{
    (void)state;
    walk_all(2, true);
}

static void test_two_with_losses(void **state)
{
    (void)state;
    walk_all(2, false);
}

static void test_three_without_losses(void **state)
{
    (void)state;
    walk_all(3, true);
}

static void test_three_with_losses(void **state)
{
    (void)state;
    walk_all(3, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_without_losses),
        cmocka_unit_test(test_two_with_losses),
        cmocka_unit_test(test_three_without_losses),
        cmocka_unit_test(test_three_with_losses),
    };

    return cmocka_run_group_tests_name("a random walk of engines", tests, NULL, NULL);
}
