/* Coming back: the return with its soak, and the safety net under a node that is out. */
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

static void settle_down(void)
{
    pair_run(p);
    pair_release_all(p);
    pair_run(p);
}

/* ---- the return ---- */

static void test_each_phase_of_the_return(void **state)
{
    op_t op;

    (void)state;
    pair_drain(p, 0);
    p->node[0].hold = PAIR_BIT(ORDER_OPEN);
    op = pair_ask(p, 1, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_CONNECTING);
    assert_true(p->node[0].keep_up);
    assert_int_equal(p->node[0].intent, INTENT_IN_SERVICE);
    assert_level(p, 0, LEVEL_WITHDRAWN); /* nothing draws traffic before it can be carried */

    p->node[0].hold = PAIR_BIT(ORDER_LEVEL);
    pair_run(p);
    assert_phase(p, 0, PHASE_SOAKING);
    assert_false(p->node[0].armed & PAIR_BIT(TIMER_SOAK)); /* low is not read back yet */
    p->node[0].hold = 0;
    pair_run(p);
    assert_level(p, 0, LEVEL_LOW);
    assert_level(p, 1, LEVEL_HIGH);
    assert_true(p->node[0].armed & PAIR_BIT(TIMER_SOAK));
    assert_null(pair_end(p, op));

    pair_fire(p, 0, TIMER_SOAK);
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    assert_level(p, 0, LEVEL_NORMAL);
    assert_level(p, 1, LEVEL_NORMAL);
    assert_ended(p, op, RESULT_DONE, REASON_NONE);
    assert_int_equal(p->node[0].armed, 0);
}

static void test_return_waits_for_all_tunnels_then_takes_some(void **state)
{
    op_t op;

    (void)state;
    pair_drain(p, 0);
    pair_wan(p, 0, 0x1);
    op = pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_CONNECTING);
    pair_fire(p, 0, TIMER_PHASE);
    pair_run(p);
    assert_phase(p, 0, PHASE_SOAKING);
    pair_fire(p, 0, TIMER_SOAK);
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    assert_ended(p, op, RESULT_DONE, REASON_NONE);
}

static void test_return_waits_for_routes(void **state)
{
    (void)state;
    pair_drain(p, 0);
    p->node[0].learns = false;
    pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_CONNECTING);
    assert_level(p, 0, LEVEL_WITHDRAWN);
    p->node[0].learns = true;
    pair_run(p);
    assert_phase(p, 0, PHASE_SOAKING);
}

static void test_return_without_a_tunnel_is_told_and_goes_on(void **state)
{
    op_t op;

    (void)state;
    pair_drain(p, 0);
    pair_wan(p, 0, 0);
    op = pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    pair_fire(p, 0, TIMER_PHASE);
    pair_run(p);
    assert_ended(p, op, RESULT_TIMED_OUT, REASON_DEADLINE);
    assert_phase(p, 0, PHASE_CONNECTING);
    pair_wan(p, 0, 0x3);
    pair_run(p);
    assert_phase(p, 0, PHASE_SOAKING);
    pair_fire(p, 0, TIMER_SOAK);
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
}

static void test_operators_timeout_of_a_return(void **state)
{
    op_t op;

    (void)state;
    pair_drain(p, 0);
    op = pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 5);
    pair_run(p);
    pair_fire(p, 0, TIMER_OPERATION);
    pair_run(p);
    assert_ended(p, op, RESULT_TIMED_OUT, REASON_DEADLINE);
    assert_phase(p, 0, PHASE_SOAKING);
}

static void test_lost_while_returning_starts_again(void **state)
{
    (void)state;
    pair_drain(p, 0);
    pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_SOAKING);
    pair_wan(p, 0, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_CONNECTING);
    assert_false(p->node[0].armed & PAIR_BIT(TIMER_SOAK));
    pair_wan(p, 0, 0x3);
    pair_run(p);
    assert_phase(p, 0, PHASE_SOAKING);
}

static void test_soak_without_coverage_proves_nothing(void **state)
{
    (void)state;
    pair_drain(p, 0);
    pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    pair_advertises(p, 0, 0);
    pair_run(p);
    pair_fire(p, 0, TIMER_SOAK);
    assert_phase(p, 0, PHASE_SOAKING);
    pair_advertises(p, 0, PAIR_PREFIXES);
    pair_run(p);
    pair_fire(p, 0, TIMER_SOAK);
    assert_phase(p, 0, PHASE_IN_SERVICE);
}

static void test_low_that_fails_is_tried_again(void **state)
{
    (void)state;
    pair_drain(p, 0);
    p->node[0].fail = PAIR_BIT(ORDER_LEVEL);
    pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_SOAKING);
    pair_fire(p, 0, TIMER_LEVEL);
    pair_run(p);
    assert_false(p->node[0].armed & PAIR_BIT(TIMER_SOAK));
    p->node[0].fail = 0;
    pair_fire(p, 0, TIMER_LEVEL);
    pair_run(p);
    assert_level(p, 0, LEVEL_LOW);
    assert_true(p->node[0].armed & PAIR_BIT(TIMER_SOAK));
}

static void test_undrain_of_what_is_in_service(void **state)
{
    op_t op = pair_ask(p, 1, ASK_UNDRAIN, 0, 0, 0);

    (void)state;
    pair_run(p);
    assert_ended(p, op, RESULT_DONE, REASON_ALREADY);
}

static void test_drain_of_what_is_drained(void **state)
{
    op_t op;

    (void)state;
    pair_drain(p, 0);
    op = pair_ask(p, 1, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    assert_ended(p, op, RESULT_DONE, REASON_ALREADY);
    assert_phase(p, 0, PHASE_DRAINED);
}

static void test_second_undrain_is_told_who_is_at_it(void **state)
{
    op_t first, second;

    (void)state;
    pair_drain(p, 0);
    first = pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    second = pair_ask(p, 1, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    assert_ended(p, second, RESULT_REFUSED, REASON_BUSY);
    assert_int_equal(pair_end(p, second)->end.holder, first);
    assert_phase(p, 0, PHASE_SOAKING);
}

/* A return that began by itself gets an operator who waits for it. */
static void test_undrain_of_what_returns_by_itself(void **state)
{
    op_t op;

    (void)state;
    pair_kill_node(p, 0);
    pair_run(p);
    pair_power_on(p, 0);
    pair_boot(p, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_SOAKING);
    op = pair_ask(p, 1, ASK_UNDRAIN, 0, 0, 9);
    pair_run(p);
    assert_null(pair_end(p, op));
    pair_fire(p, 0, TIMER_SOAK);
    pair_run(p);
    assert_ended(p, op, RESULT_DONE, REASON_NONE);
    assert_false(p->node[0].armed & PAIR_BIT(TIMER_OPERATION));
}

static void test_drain_takes_a_return_back(void **state)
{
    op_t undrain, drain;

    (void)state;
    pair_drain(p, 0);
    undrain = pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_SOAKING);
    drain = pair_drain_to(p, 0, PHASE_DRAINED, false);
    assert_ended(p, undrain, RESULT_ROLLED_BACK, REASON_ABORTED);
    assert_ended(p, drain, RESULT_DONE, REASON_NONE);
    assert_int_equal(p->node[0].intent, INTENT_MAINTENANCE);
}

static void test_drain_of_a_return_rolls_back_to_the_return(void **state)
{
    op_t drain;

    (void)state;
    pair_drain(p, 0);
    pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    drain = pair_drain_to(p, 0, PHASE_SETTLING, false);
    pair_view(p);
    pair_run(p);
    assert_ended(p, drain, RESULT_ROLLED_BACK, REASON_VIEW_CHANGED);
    assert_phase(p, 0, PHASE_SOAKING);
    assert_int_equal(p->node[0].intent, INTENT_IN_SERVICE);
    pair_fire(p, 0, TIMER_SOAK);
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
}

/* Liveness: while it waits for its second tunnel, the only one that carried is lost. */
static void test_return_covers_at_once_when_nobody_else_does(void **state)
{
    (void)state;
    pair_drain(p, 0);
    pair_wan(p, 0, 0x1);
    pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_CONNECTING);
    assert_level(p, 0, LEVEL_WITHDRAWN);
    pair_kill_node(p, 1);
    pair_run(p);
    assert_int_equal(pair_covered(p), PAIR_PREFIXES);
    assert_level(p, 0, LEVEL_LOW);
}

/* ---- the safety net ---- */

/* It is low, for whom it does not hear may carry well; high only if gw2 itself says that it does
 * not, or if the drain had not ended yet. */
static void assert_net(void)
{
    bool fails =
        p->node[1].agent && (p->node[0].members & 0x2) && pair_covers(p, 1) != PAIR_PREFIXES;

    assert_phase(p, 0, PHASE_SAFETY_NET);
    assert_level(p, 0, fails || !p->node[0].e.told_out ? LEVEL_HIGH : LEVEL_LOW);
    assert_int_equal(p->node[0].intent, INTENT_MAINTENANCE);
    assert_false(p->node[0].closed || p->node[0].released);
    assert_int_equal(pair_covers(p, 0), PAIR_PREFIXES);
}

static void coverer_fails(void)
{
    pair_wan(p, 1, 0);
}

static void coverer_loses_one_prefix(void)
{
    pair_advertises(p, 1, 0x1);
}

static void coverer_host_dies(void)
{
    pair_kill_node(p, 1);
}

static void coverer_agent_dies(void)
{
    pair_kill_agent(p, 1);
}

static void coverer_is_cut_off(void)
{
    pair_split(p);
}

static void (*const losses[])(void) = {coverer_fails, coverer_loses_one_prefix, coverer_host_dies,
                                       coverer_agent_dies, coverer_is_cut_off};
#define LOSSES (sizeof(losses) / sizeof(losses[0]))

static void coverer_is_back(void)
{
    struct pair_node *other = &p->node[1];

    pair_wan(p, 1, 0x3);
    pair_advertises(p, 1, PAIR_PREFIXES);
    pair_join(p);
    if (!other->up)
        pair_power_on(p, 1);
    if (!other->agent)
        pair_boot(p, 1);
    pair_run(p);
    if (other->e.phase == PHASE_SOAKING) {
        pair_fire(p, 1, TIMER_SOAK);
        pair_run(p);
    }
    assert_phase(p, 1, PHASE_IN_SERVICE);
}

/* In each phase from the withdraw on, each way to lose the coverer; and out again when it is back.
 */
static void test_loss_of_the_coverer(void **state)
{
    static const enum phase out[] = {PHASE_WITHDRAWING, PHASE_CLOSING, PHASE_RELEASING,
                                     PHASE_DRAINED};

    (void)state;
    for (unsigned i = 0; i < 4 * LOSSES; i++) {
        op_t op;

        pair_free(p);
        p = pair_new(2);
        op = pair_drain_to(p, 0, out[i % 4], true);
        losses[i / 4]();
        pair_run_until(p, 0, PHASES);
        assert_phase(p, 0, PHASE_SAFETY_NET); /* whatever is still held at its drivers */
        settle_down();
        assert_net();
        if (out[i % 4] == PHASE_DRAINED)
            assert_ended(p, op, RESULT_DONE, REASON_NONE);
        else
            assert_ended(p, op, RESULT_ROLLED_BACK, REASON_NO_COVERER);

        coverer_is_back();
        assert_phase(p, 0, PHASE_SAFETY_NET); /* not before it has been stable for a while */
        pair_fire(p, 0, TIMER_REDRAIN);
        pair_run(p);
        assert_phase(p, 0, PHASE_SETTLING);
        assert_level(p, 1, LEVEL_HIGH);
        pair_quiet(p, 0, true);
        pair_fire(p, 0, TIMER_SETTLE);
        pair_run(p);
        assert_phase(p, 0, PHASE_DRAINED);
    }
}

static void test_redrain_waits_while_the_coverer_is_unsteady(void **state)
{
    (void)state;
    pair_drain(p, 0);
    pair_wan(p, 1, 0);
    pair_run(p);
    assert_net();
    assert_false(p->node[0].armed & PAIR_BIT(TIMER_REDRAIN));
    coverer_is_back();
    assert_true(p->node[0].armed & PAIR_BIT(TIMER_REDRAIN));
    pair_wan(p, 1, 0);
    pair_run(p);
    assert_false(p->node[0].armed & PAIR_BIT(TIMER_REDRAIN));
}

static void test_redrain_waits_for_all_tunnels_of_the_coverer(void **state)
{
    (void)state;
    pair_drain(p, 0);
    pair_advertises(p, 1, 0x1);
    pair_run(p);
    pair_wan(p, 1, 0x1); /* covers again, and would refuse for want of the other tunnel */
    pair_advertises(p, 1, PAIR_PREFIXES);
    pair_run(p);
    assert_net();
    assert_false(p->node[0].armed & PAIR_BIT(TIMER_REDRAIN));
    pair_wan(p, 1, 0x3);
    pair_run(p);
    assert_true(p->node[0].armed & PAIR_BIT(TIMER_REDRAIN));
}

static void test_redrain_that_is_refused_stays_a_net(void **state)
{
    (void)state;
    pair_drain(p, 0);
    pair_wan(p, 1, 0);
    pair_run(p);
    coverer_is_back();
    pair_fire(p, 0, TIMER_REDRAIN);
    pair_wan(p, 1, 0x1); /* a tunnel is lost meanwhile */
    pair_run(p);
    pair_fire(p, 1, TIMER_GUARD);
    pair_run(p);
    assert_net();
    pair_wan(p, 1, 0x3);
    pair_run(p);
    assert_true(p->node[0].armed & PAIR_BIT(TIMER_REDRAIN));
}

/* A net that drains again was out all the time: the coverer must not fall back in between. */
static void test_redrain_does_not_lower_the_coverer(void **state)
{
    (void)state;
    pair_drain(p, 0);
    pair_wan(p, 1, 0);
    pair_run(p);
    coverer_is_back();
    assert_level(p, 1, LEVEL_HIGH);
    memset(p->node[1].levels, 0, sizeof(p->node[1].levels));
    pair_fire(p, 0, TIMER_REDRAIN);
    pair_run(p);
    assert_phase(p, 0, PHASE_SETTLING);
    assert_int_equal(p->node[1].levels[LEVEL_NORMAL], 0);
}

static void test_redrain_rolls_back_to_the_net_and_stays_in_maintenance(void **state)
{
    (void)state;
    pair_drain(p, 0);
    pair_wan(p, 1, 0);
    pair_run(p);
    coverer_is_back();
    pair_fire(p, 0, TIMER_REDRAIN);
    pair_run(p);
    assert_phase(p, 0, PHASE_SETTLING);
    p->node[0].hold = PAIR_BIT(ORDER_LEVEL);
    pair_quiet(p, 0, true);
    pair_fire(p, 0, TIMER_SETTLE);
    pair_run(p);
    assert_phase(p, 0, PHASE_WITHDRAWING);
    assert_int_equal(p->node[0].orders[ORDER_SAVE], 1); /* it is saved already */
    p->node[0].fail = PAIR_BIT(ORDER_LEVEL);
    p->node[0].hold = 0;
    pair_run(p);
    assert_phase(p, 0, PHASE_SAFETY_NET);
    assert_int_equal(p->node[0].intent, INTENT_MAINTENANCE);
    p->node[0].fail = 0;
    pair_fire(p, 0, TIMER_LEVEL);
    pair_run(p);
    assert_net();
}

static void test_exports_that_come_back_end_the_drain(void **state)
{
    (void)state;
    pair_drain(p, 0);
    p->node[0].level = LEVEL_LOW; /* somebody has started the router anew */
    p->node[0].closed = p->node[0].released = false;
    pair_run(p);
    assert_net();
    assert_int_equal(p->node[0].e.reason, REASON_EXPORTS_BACK);
}

static void test_undrain_of_a_net(void **state)
{
    op_t op;

    (void)state;
    pair_drain(p, 0);
    pair_wan(p, 1, 0);
    pair_run(p);
    assert_net();
    op = pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_SOAKING);
    assert_int_equal(pair_covers(p, 0), PAIR_PREFIXES); /* low all the way */
    assert_int_equal(p->node[0].levels[LEVEL_LOW], 2);  /* the drain's, and the net's */
    pair_fire(p, 0, TIMER_SOAK);
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    assert_ended(p, op, RESULT_DONE, REASON_NONE);
    assert_int_equal(p->node[0].intent, INTENT_IN_SERVICE);
}

static void test_undrain_of_a_net_that_drains_again(void **state)
{
    op_t op;

    (void)state;
    pair_drain(p, 0);
    pair_wan(p, 1, 0);
    pair_run(p);
    coverer_is_back();
    pair_fire(p, 0, TIMER_REDRAIN);
    pair_run(p);
    p->node[0].hold = PAIR_BIT(ORDER_LEVEL);
    op = pair_ask(p, 1, ASK_UNDRAIN, 0, 0, 0);
    settle_down();
    assert_phase(p, 0, PHASE_SOAKING);
    pair_fire(p, 0, TIMER_SOAK);
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    assert_ended(p, op, RESULT_DONE, REASON_NONE);
}

static void test_drain_of_a_net(void **state)
{
    op_t op;

    (void)state;
    pair_drain(p, 0);
    pair_kill_node(p, 1);
    pair_run(p);
    assert_net();
    op = pair_ask(p, 0, ASK_DRAIN, 0, ASK_FLAG_FORCE, 0);
    pair_run(p);
    assert_ended(p, op, RESULT_REFUSED, REASON_ALONE);
    assert_net();
}

/* The sessions could not be opened just then; the net must not stay closed for ever. */
static void test_sessions_that_do_not_open_are_tried_again(void **state)
{
    (void)state;
    pair_drain(p, 0);
    p->node[0].fail = PAIR_BIT(ORDER_OPEN);
    pair_kill_node(p, 1);
    pair_run_until(p, 0, PHASES);
    assert_true(p->node[0].closed);
    p->node[0].fail = 0;
    for (unsigned timer = 0; timer < TIMERS; timer++) {
        if (p->node[0].armed & (1u << timer))
            pair_fire(p, 0, (enum timer)timer);
    }
    pair_run(p);
    assert_net();
}

/* A router that does not answer may only be slow: its sessions count as lost when it says so. */
static void test_sessions_of_an_unreadable_router_are_not_lost(void **state)
{
    (void)state;
    p->node[0].sick = SICK_ROUTER;
    pair_wan(p, 0, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    assert_level(p, 1, LEVEL_HIGH); /* the other does not wait to know */
    p->node[0].sick = 0;
    pair_run(p);
    assert_phase(p, 0, PHASE_CONNECTING);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_each_phase_of_the_return),
        T(test_return_waits_for_all_tunnels_then_takes_some),
        T(test_return_waits_for_routes),
        T(test_return_without_a_tunnel_is_told_and_goes_on),
        T(test_operators_timeout_of_a_return),
        T(test_lost_while_returning_starts_again),
        T(test_soak_without_coverage_proves_nothing),
        T(test_low_that_fails_is_tried_again),
        T(test_undrain_of_what_is_in_service),
        T(test_drain_of_what_is_drained),
        T(test_second_undrain_is_told_who_is_at_it),
        T(test_undrain_of_what_returns_by_itself),
        T(test_drain_takes_a_return_back),
        T(test_drain_of_a_return_rolls_back_to_the_return),
        T(test_return_covers_at_once_when_nobody_else_does),
        T(test_loss_of_the_coverer),
        T(test_redrain_waits_while_the_coverer_is_unsteady),
        T(test_redrain_waits_for_all_tunnels_of_the_coverer),
        T(test_redrain_that_is_refused_stays_a_net),
        T(test_redrain_does_not_lower_the_coverer),
        T(test_redrain_rolls_back_to_the_net_and_stays_in_maintenance),
        T(test_exports_that_come_back_end_the_drain),
        T(test_undrain_of_a_net),
        T(test_undrain_of_a_net_that_drains_again),
        T(test_drain_of_a_net),
        T(test_sessions_that_do_not_open_are_tried_again),
        T(test_sessions_of_an_unreadable_router_are_not_lost),
    };

    return cmocka_run_group_tests_name("the engine comes back", tests, NULL, NULL);
}
