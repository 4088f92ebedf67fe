/* A node whose tracks say that it cannot carry: it stands aside for one that can, and never leaves
 * the pair without one that serves. */
#include "tests/unit/pair_inner.h"

static struct pair *p;

static int setup(void **state)
{
    (void)state;
    p = pair_new(2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pair_free(p);
    return 0;
}

static void tracks(unsigned n, bool well)
{
    p->node[n].sick = well ? 0 : SICK_TRACK;
    pair_run(p);
}

static void test_stands_aside_and_comes_back_by_soaking(void **state)
{
    (void)state;
    tracks(0, false);
    assert_phase(p, 0, PHASE_UNFIT);
    assert_level(p, 0, LEVEL_LOW);
    assert_level(p, 1, LEVEL_HIGH);
    assert_int_equal(pair_covers(p, 0), PAIR_PREFIXES); /* nothing is withdrawn */
    tracks(0, true);
    assert_phase(p, 0, PHASE_SOAKING);
    assert_level(p, 0, LEVEL_LOW);
    pair_fire(p, 0, TIMER_SOAK);
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    assert_level(p, 0, LEVEL_NORMAL);
    assert_level(p, 1, LEVEL_NORMAL);
}

/* The other makes itself the better path first. */
static void test_goes_low_only_when_the_other_is_high(void **state)
{
    (void)state;
    p->node[1].hold = PAIR_BIT(ORDER_LEVEL);
    tracks(0, false);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    assert_level(p, 0, LEVEL_NORMAL);
    pair_release_all(p);
    pair_run(p);
    assert_phase(p, 0, PHASE_UNFIT);
}

static void test_the_last_one_serves(void **state)
{
    (void)state;
    pair_drain(p, 1);
    tracks(0, false);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    assert_level(p, 0, LEVEL_HIGH);
}

static void test_serves_again_when_the_other_dies(void **state)
{
    (void)state;
    tracks(0, false);
    assert_phase(p, 0, PHASE_UNFIT);
    pair_kill_node(p, 1);
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    assert_level(p, 0, LEVEL_HIGH);
}

/* A restart of the other's agent changes nothing of its routes. */
static void test_stays_aside_while_the_others_agent_restarts(void **state)
{
    (void)state;
    tracks(0, false);
    pair_kill_agent(p, 1);
    pair_run(p);
    assert_phase(p, 0, PHASE_UNFIT);
    pair_boot(p, 1);
    pair_run(p);
    assert_phase(p, 0, PHASE_UNFIT);
    assert_level(p, 0, LEVEL_LOW);
}

/* What both track has failed: it may be at fault itself, so both serve. */
static void test_both_unfit_both_serve(void **state)
{
    (void)state;
    p->node[0].sick = p->node[1].sick = SICK_TRACK;
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    assert_phase(p, 1, PHASE_IN_SERVICE);
    assert_level(p, 0, LEVEL_HIGH);
    assert_level(p, 1, LEVEL_HIGH);
    tracks(1, true);
    assert_phase(p, 0, PHASE_UNFIT);
    assert_phase(p, 1, PHASE_IN_SERVICE);
}

static void test_refuses_to_guard(void **state)
{
    op_t op;

    (void)state;
    pair_drain(p, 0);
    tracks(1, false);
    op = pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    pair_fire(p, 0, TIMER_SOAK);
    pair_run(p);
    assert_ended(p, op, RESULT_DONE, REASON_NONE);
    assert_phase(p, 1, PHASE_UNFIT);
    op = pair_ask(p, 0, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    assert_ended(p, op, RESULT_REFUSED, REASON_NOT_IN_SERVICE);
    assert_phase(p, 0, PHASE_IN_SERVICE);
}

/* Unfit and the last in service: asked to guard, it says why not. By force it does. */
static void test_guard_that_is_unfit(void **state)
{
    op_t op;

    (void)state;
    p->node[0].sick = p->node[1].sick = SICK_TRACK;
    pair_run(p);
    op = pair_ask(p, 0, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    pair_fire(p, 1, TIMER_GUARD);
    pair_run(p);
    assert_ended(p, op, RESULT_REFUSED, REASON_UNFIT);
    pair_ask(p, 0, ASK_DRAIN, 0, ASK_FLAG_FORCE, 0);
    pair_run(p);
    pair_fire(p, 1, TIMER_GUARD);
    pair_run(p);
    assert_phase(p, 0, PHASE_SETTLING);
}

static void test_guard_that_becomes_unfit(void **state)
{
    op_t op = pair_drain_to(p, 0, PHASE_SETTLING, false);

    (void)state;
    tracks(1, false);
    pair_release_all(p);
    pair_run(p);
    assert_ended(p, op, RESULT_ROLLED_BACK, REASON_GUARD_SICK);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    assert_phase(p, 1, PHASE_UNFIT);
}

static void test_drain_and_roll_back_to_unfit(void **state)
{
    op_t op;

    (void)state;
    tracks(0, false);
    op = pair_ask(p, 0, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_SETTLING);
    pair_ask(p, 0, ASK_ABORT, -1, 0, 0);
    pair_run(p);
    assert_ended(p, op, RESULT_ROLLED_BACK, REASON_ABORTED);
    assert_phase(p, 0, PHASE_UNFIT);
    assert_level(p, 0, LEVEL_LOW);
    pair_drain(p, 0);
    assert_phase(p, 0, PHASE_DRAINED);
}

static void test_undrain_of_what_is_unfit(void **state)
{
    op_t op;

    (void)state;
    tracks(0, false);
    op = pair_ask(p, 1, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    assert_ended(p, op, RESULT_REFUSED, REASON_UNFIT);
    assert_phase(p, 0, PHASE_UNFIT);
}

/* A return that turns out unfit ends there, and says so; it goes on by itself. */
static void test_unfit_while_soaking(void **state)
{
    op_t op;

    (void)state;
    pair_drain(p, 0);
    op = pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_SOAKING);
    tracks(0, false);
    assert_phase(p, 0, PHASE_UNFIT);
    assert_ended(p, op, RESULT_TIMED_OUT, REASON_UNFIT);
    assert_int_equal(p->node[0].intent, INTENT_IN_SERVICE);
    tracks(0, true);
    pair_fire(p, 0, TIMER_SOAK);
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
}

/* Restarted at low, it returns, and finds again that it is unfit. */
static void test_restart_of_what_is_unfit(void **state)
{
    (void)state;
    tracks(0, false);
    pair_kill_agent(p, 0);
    pair_run(p);
    pair_boot(p, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_UNFIT);
    assert_level(p, 0, LEVEL_LOW);
}

static void test_not_while_it_guards(void **state)
{
    (void)state;
    pair_drain_to(p, 1, PHASE_WITHDRAWING, true); /* gw2 leaves, gw1 has promised */
    tracks(0, false);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    assert_level(p, 0, LEVEL_HIGH);
    pair_release_all(p);
    pair_run(p);
    assert_phase(p, 1, PHASE_DRAINED);
    assert_phase(p, 0, PHASE_IN_SERVICE);
}

static void test_unfit_that_loses_its_sessions_returns_by_soaking(void **state)
{
    (void)state;
    tracks(0, false);
    pair_wan(p, 0, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_CONNECTING);
    pair_wan(p, 0, 3);
    pair_run(p);
    assert_phase(p, 0, PHASE_UNFIT);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_stands_aside_and_comes_back_by_soaking),
        T(test_goes_low_only_when_the_other_is_high),
        T(test_the_last_one_serves),
        T(test_serves_again_when_the_other_dies),
        T(test_stays_aside_while_the_others_agent_restarts),
        T(test_both_unfit_both_serve),
        T(test_refuses_to_guard),
        T(test_guard_that_is_unfit),
        T(test_guard_that_becomes_unfit),
        T(test_drain_and_roll_back_to_unfit),
        T(test_undrain_of_what_is_unfit),
        T(test_unfit_while_soaking),
        T(test_restart_of_what_is_unfit),
        T(test_not_while_it_guards),
        T(test_unfit_that_loses_its_sessions_returns_by_soaking),
    };

    return cmocka_run_group_tests_name("a node that cannot carry", tests, NULL, NULL);
}
