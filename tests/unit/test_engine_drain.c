/* Leaving service: each phase on a pair of real engines, and every way back from each. */
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

/* gw1 is in service as if nothing had been: everywhere, on disk too, and the lock is free. */
static void assert_back(void)
{
    assert_phase(p, 0, PHASE_IN_SERVICE);
    assert_true(p->node[0].level >= LEVEL_NORMAL);
    assert_int_equal(p->node[0].intent, INTENT_IN_SERVICE);
    assert_int_equal(p->node[0].e.op, OP_NONE);
    assert_false(p->node[0].watch);
    assert_false(p->node[0].closed || p->node[0].released);
    for (unsigned n = 0; n < 2; n++)
        assert_true(!p->node[n].agent || p->node[n].e.lock == OP_NONE);
    assert_int_equal(pair_covers(p, 0), PAIR_PREFIXES);
}

/* ---- the way out ---- */

static void test_each_phase_asks_for_its_act(void **state)
{
    op_t op;

    (void)state;
    op = pair_drain_to(p, 0, PHASE_REQUESTING, false);
    assert_int_equal(p->node[0].e.lock, OP_NONE);
    assert_true(p->node[0].armed & PAIR_BIT(TIMER_PHASE));

    p->node[1].hold |= PAIR_BIT(ORDER_FRESHEN);
    pair_run(p);
    assert_phase(p, 0, PHASE_GUARDING);
    for (unsigned n = 0; n < 2; n++)
        assert_int_equal(p->node[n].e.lock, op);
    assert_int_equal(p->node[1].orders[ORDER_FRESHEN], 1);
    assert_level(p, 1, LEVEL_NORMAL); /* not raised before it is fresh and checked */

    p->node[1].hold = PAIR_BIT(ORDER_LEVEL);
    pair_run(p);
    assert_phase(p, 0, PHASE_GUARDING); /* no promise before the raise is read back */
    assert_int_equal(p->node[1].levels[LEVEL_HIGH], 1);
    assert_int_equal(p->node[0].orders[ORDER_LEVEL], 0);

    p->node[1].hold = 0;
    p->node[0].hold = PAIR_BIT(ORDER_LEVEL);
    pair_run(p);
    assert_phase(p, 0, PHASE_LOWERING);
    assert_level(p, 1, LEVEL_HIGH);
    assert_int_equal(p->node[0].levels[LEVEL_LOW], 1);

    p->node[0].hold = 0;
    pair_run(p);
    assert_phase(p, 0, PHASE_SETTLING);
    assert_level(p, 0, LEVEL_LOW);
    assert_true(p->node[0].watch);
    assert_false(p->node[0].armed & PAIR_BIT(TIMER_SETTLE));

    pair_quiet(p, 0, true);
    assert_true(p->node[0].armed & PAIR_BIT(TIMER_SETTLE));
    p->node[0].hold = PAIR_BIT(ORDER_SAVE);
    pair_fire(p, 0, TIMER_SETTLE);
    pair_run(p);
    assert_phase(p, 0, PHASE_WITHDRAWING);
    assert_false(p->node[0].watch);
    assert_int_equal(p->node[0].orders[ORDER_SAVE], 1);
    assert_int_equal(p->node[0].levels[LEVEL_WITHDRAWN], 0); /* the intent comes first */

    p->node[0].hold = PAIR_BIT(ORDER_LEVEL);
    pair_run(p);
    assert_int_equal(p->node[0].intent, INTENT_MAINTENANCE);
    assert_int_equal(p->node[0].levels[LEVEL_WITHDRAWN], 1);
    assert_int_equal(p->node[0].orders[ORDER_CLOSE], 0); /* sessions wait for the read-back */

    p->node[0].hold = PAIR_BIT(ORDER_CLOSE);
    pair_run(p);
    assert_phase(p, 0, PHASE_CLOSING);
    assert_int_equal(p->node[0].orders[ORDER_RELEASE], 0);
    assert_true(p->node[0].keep_up);

    p->node[0].hold = PAIR_BIT(ORDER_RELEASE);
    pair_run(p);
    assert_phase(p, 0, PHASE_RELEASING);
    assert_false(p->node[0].keep_up);
    assert_null(pair_end(p, op));
    assert_int_equal(p->node[1].e.lock, op);

    p->node[0].hold = 0;
    pair_run(p);
    assert_phase(p, 0, PHASE_DRAINED);
    assert_ended(p, op, RESULT_DONE, REASON_NONE);
    assert_int_equal(pair_end(p, op)->end.target, PAIR_ID(0));
    for (unsigned n = 0; n < 2; n++)
        assert_int_equal(p->node[n].e.lock, OP_NONE);
    assert_level(p, 1, LEVEL_HIGH);
    assert_int_equal(p->node[0].armed, 0);
}

static void test_either_node_may_be_asked(void **state)
{
    op_t op;

    (void)state;
    op = pair_ask(p, 1, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_SETTLING);
    assert_int_equal(p->node[0].e.op, op);
    assert_int_equal(OP_NODE(p->node[0].e.lock), PAIR_ID(1));
    assert_int_equal(p->node[1].e.lock_node, 0);
}

static void test_traffic_that_comes_back_stops_the_settle_timer(void **state)
{
    (void)state;
    pair_drain_to(p, 0, PHASE_SETTLING, false);
    pair_quiet(p, 0, true);
    pair_quiet(p, 0, true);
    assert_true(p->node[0].armed & PAIR_BIT(TIMER_SETTLE));
    pair_quiet(p, 0, false);
    assert_false(p->node[0].armed & PAIR_BIT(TIMER_SETTLE));
    pair_quiet(p, 0, true);
    pair_fire(p, 0, TIMER_SETTLE);
    pair_run(p);
    assert_phase(p, 0, PHASE_DRAINED);
}

static void test_quiet_means_nothing_outside_settling(void **state)
{
    struct engine before = p->node[0].e;

    (void)state;
    pair_quiet(p, 0, true);
    assert_memory_equal(&before, &p->node[0].e, sizeof(before));
}

static void test_force_leaves_though_traffic_stays(void **state)
{
    op_t op = pair_ask(p, 0, ASK_DRAIN, 0, ASK_FLAG_FORCE, 0);

    (void)state;
    pair_run(p);
    assert_phase(p, 0, PHASE_SETTLING);
    pair_fire(p, 0, TIMER_PHASE);
    pair_run(p);
    assert_phase(p, 0, PHASE_DRAINED);
    assert_ended(p, op, RESULT_DONE, REASON_NONE);
}

static void test_close_and_release_that_fail_do_not_stop_a_drain(void **state)
{
    op_t op;

    (void)state;
    p->node[0].fail = PAIR_BIT(ORDER_CLOSE) | PAIR_BIT(ORDER_RELEASE);
    op = pair_drain_to(p, 0, PHASE_DRAINED, false);
    assert_ended(p, op, RESULT_DONE, REASON_NONE);
    assert_level(p, 0, LEVEL_WITHDRAWN);
}

static void test_closing_and_releasing_end_by_their_deadlines(void **state)
{
    op_t op = pair_drain_to(p, 0, PHASE_CLOSING, false);

    (void)state;
    pair_fire(p, 0, TIMER_PHASE);
    assert_phase(p, 0, PHASE_RELEASING);
    p->node[0].hold |= PAIR_BIT(ORDER_RELEASE);
    pair_fire(p, 0, TIMER_PHASE);
    pair_run(p);
    assert_phase(p, 0, PHASE_DRAINED);
    assert_ended(p, op, RESULT_DONE, REASON_DEADLINE);
    pair_release_all(p);
    pair_run(p);
    assert_phase(p, 0, PHASE_DRAINED);
}

/* ---- refusals ---- */

static void test_guard_without_coverage_refuses(void **state)
{
    op_t op;
    const struct message *end;

    (void)state;
    pair_advertises(p, 1, 0x1);
    pair_run(p);
    op = pair_ask(p, 0, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_GUARDING); /* what was freshened has some time to come up */
    pair_fire(p, 1, TIMER_GUARD);
    pair_run(p);
    assert_ended(p, op, RESULT_REFUSED, REASON_NOT_COVERED);
    end = pair_end(p, op);
    assert_int_equal(end->end.prefixes, 0x2);
    assert_int_equal(end->end.node, PAIR_ID(1));
    assert_int_equal(end->end.phase, PHASE_GUARDING);
    assert_back();
    assert_level(p, 0, LEVEL_HIGH); /* the other is sick: it does not cover all */
    assert_level(p, 1, LEVEL_NORMAL);
}

static void test_force_does_not_overrule_coverage(void **state)
{
    op_t op;

    (void)state;
    pair_advertises(p, 1, 0x1);
    pair_run(p);
    op = pair_ask(p, 0, ASK_DRAIN, 0, ASK_FLAG_FORCE, 0);
    pair_run(p);
    pair_fire(p, 1, TIMER_GUARD);
    pair_run(p);
    assert_ended(p, op, RESULT_REFUSED, REASON_NOT_COVERED);
    assert_back();
}

static void test_guard_without_redundancy_refuses_unless_forced(void **state)
{
    op_t op;

    (void)state;
    pair_wan(p, 1, 0x1);
    pair_run(p);
    op = pair_ask(p, 0, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    pair_fire(p, 1, TIMER_GUARD);
    pair_run(p);
    assert_ended(p, op, RESULT_REFUSED, REASON_NOT_REDUNDANT);
    assert_int_equal(pair_end(p, op)->end.tunnels, 0x2);
    assert_int_equal(pair_end(p, op)->end.sessions, 0x2);
    assert_back();

    pair_ask(p, 0, ASK_DRAIN, 0, ASK_FLAG_FORCE, 0);
    pair_run(p);
    pair_fire(p, 1, TIMER_GUARD);
    pair_run(p);
    assert_phase(p, 0, PHASE_SETTLING);
}

static void test_guard_waits_for_what_it_freshened(void **state)
{
    (void)state;
    pair_wan(p, 1, 0x1);
    pair_run(p);
    pair_ask(p, 0, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_GUARDING);
    pair_wan(p, 1, 0x3);
    pair_run(p);
    assert_phase(p, 0, PHASE_SETTLING);
    assert_false(p->node[1].armed & PAIR_BIT(TIMER_GUARD));
}

static void test_guard_that_cannot_raise_refuses(void **state)
{
    op_t op;

    (void)state;
    p->node[1].fail = PAIR_BIT(ORDER_LEVEL);
    op = pair_ask(p, 0, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    assert_ended(p, op, RESULT_REFUSED, REASON_NOT_RAISED);
    pair_release_all(p);
    if (p->node[1].armed & PAIR_BIT(TIMER_LEVEL))
        pair_fire(p, 1, TIMER_LEVEL);
    pair_run(p);
    assert_back();
    assert_level(p, 1, LEVEL_NORMAL);
}

static void test_guard_that_loses_coverage_while_raising_refuses(void **state)
{
    op_t op;

    (void)state;
    p->node[1].hold = PAIR_BIT(ORDER_LEVEL);
    op = pair_ask(p, 0, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    pair_wan(p, 1, 0);
    pair_run(p);
    pair_release_all(p);
    pair_run(p);
    assert_phase(p, 0, PHASE_GUARDING);
    pair_fire(p, 1, TIMER_GUARD);
    pair_run(p);
    assert_ended(p, op, RESULT_REFUSED, REASON_NOT_COVERED);
    assert_back();
}

static void test_guard_with_other_prefixes_refuses(void **state)
{
    op_t op;

    (void)state;
    pair_kill_agent(p, 1);
    pair_run(p);
    p->node[1].digest++;
    pair_boot(p, 1);
    pair_run(p);
    op = pair_ask(p, 0, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    assert_ended(p, op, RESULT_REFUSED, REASON_PREFIXES_DIFFER);
    assert_back();
}

static void test_refused_when_the_other_is_drained(void **state)
{
    op_t op;

    (void)state;
    pair_drain(p, 1);
    op = pair_ask(p, 0, ASK_DRAIN, 0, ASK_FLAG_FORCE, 0);
    pair_run(p);
    assert_ended(p, op, RESULT_REFUSED, REASON_NOT_IN_SERVICE);
    assert_int_equal(pair_end(p, op)->end.node, PAIR_ID(1));
    assert_back();
    assert_level(p, 0, LEVEL_HIGH);
    assert_phase(p, 1, PHASE_DRAINED);
}

static void test_refused_when_alone(void **state)
{
    op_t op;

    (void)state;
    pair_kill_node(p, 1);
    pair_run(p);
    op = pair_ask(p, 0, ASK_DRAIN, 0, ASK_FLAG_FORCE, 0);
    pair_run(p);
    assert_ended(p, op, RESULT_REFUSED, REASON_ALONE);
    assert_back();
}

static void test_refused_while_the_other_agent_is_gone(void **state)
{
    op_t op;

    (void)state;
    pair_kill_agent(p, 1);
    pair_run(p);
    assert_true(p->node[0].armed & PAIR_BIT(TIMER_GRACE));
    op = pair_ask(p, 0, ASK_DRAIN, 0, ASK_FLAG_FORCE, 0);
    pair_run(p);
    assert_non_null(pair_end(p, op));
    assert_int_equal(pair_end(p, op)->end.result, RESULT_REFUSED);
    assert_back();
    assert_level(p, 0, LEVEL_NORMAL);
}

static void test_asking_for_an_agent_that_is_gone_is_refused_by_the_asker(void **state)
{
    op_t op;

    (void)state;
    pair_kill_agent(p, 1);
    pair_run(p);
    op = pair_ask(p, 0, ASK_DRAIN, 1, 0, 0);
    pair_run(p);
    assert_ended(p, op, RESULT_REFUSED, REASON_AGENT_LOST);
    assert_int_equal(pair_end(p, op)->end.node, PAIR_ID(1));
}

/* ---- a dry run ---- */

static void assert_nothing_was_done(void)
{
    for (unsigned n = 0; n < 2; n++) {
        for (unsigned which = 0; which < ORDERS; which++)
            assert_int_equal(p->node[n].orders[which], 0);
        assert_phase(p, n, PHASE_IN_SERVICE);
        assert_level(p, n, LEVEL_NORMAL);
    }
    assert_back();
}

static void test_dry_run_changes_nothing(void **state)
{
    op_t op = pair_ask(p, 0, ASK_DRAIN, 0, ASK_FLAG_DRY_RUN, 30);

    (void)state;
    pair_run(p);
    assert_ended(p, op, RESULT_DONE, REASON_DRY_RUN);
    assert_nothing_was_done();
}

static void test_dry_run_that_would_be_refused(void **state)
{
    op_t op;

    (void)state;
    pair_wan(p, 1, 0x1);
    pair_run(p);
    op = pair_ask(p, 0, ASK_DRAIN, 0, ASK_FLAG_DRY_RUN, 0);
    pair_run(p);
    assert_ended(p, op, RESULT_REFUSED, REASON_NOT_REDUNDANT);
    assert_nothing_was_done();
    op = pair_ask(p, 0, ASK_DRAIN, 0, ASK_FLAG_DRY_RUN | ASK_FLAG_FORCE, 0);
    pair_run(p);
    assert_ended(p, op, RESULT_DONE, REASON_DRY_RUN);
    assert_nothing_was_done();
}

/* ---- the ways back ---- */

/* A place before the withdraw was ordered. */
static const enum phase places[] = {PHASE_REQUESTING, PHASE_GUARDING, PHASE_LOWERING,
                                    PHASE_SETTLING, PHASE_WITHDRAWING};
#define PLACES (sizeof(places) / sizeof(places[0]))

/* Does it at every place, each time with a fresh pair. */
static void at_each_place(void (*act)(op_t op, enum phase at), unsigned from)
{
    for (unsigned i = from; i < PLACES; i++) {
        op_t op;

        pair_free(p);
        p = pair_new(2);
        op = pair_drain_to(p, 0, places[i], false);
        act(op, places[i]);
        assert_non_null(pair_end(p, op));
        assert_int_equal(pair_end(p, op)->end.phase, places[i]);
        assert_back();
        if (p->node[1].agent)
            assert_phase(p, 1, PHASE_IN_SERVICE);
    }
}

static void settle_down(void)
{
    pair_run(p);
    pair_release_all(p);
    pair_run(p);
}

static void view_changes(op_t op, enum phase at)
{
    (void)at;
    pair_view(p);
    settle_down();
    assert_ended(p, op, RESULT_ROLLED_BACK, REASON_VIEW_CHANGED);
    assert_level(p, 0, LEVEL_NORMAL);
    assert_level(p, 1, LEVEL_NORMAL);
}

static void test_view_change_rolls_back(void **state)
{
    (void)state;
    at_each_place(view_changes, 0);
}

static void guard_agent_dies(op_t op, enum phase at)
{
    (void)at;
    pair_kill_agent(p, 1);
    settle_down();
    assert_ended(p, op, RESULT_ROLLED_BACK, REASON_VIEW_CHANGED);
    assert_level(p, 0, LEVEL_NORMAL); /* within the grace time the other one carries too */
}

static void test_lost_guard_rolls_back(void **state)
{
    (void)state;
    at_each_place(guard_agent_dies, 0);
}

static void guard_host_dies(op_t op, enum phase at)
{
    (void)at;
    pair_kill_node(p, 1);
    settle_down();
    assert_ended(p, op, RESULT_ROLLED_BACK, REASON_VIEW_CHANGED);
    assert_level(p, 0, LEVEL_HIGH);
}

static void test_lost_guard_host_rolls_back(void **state)
{
    (void)state;
    at_each_place(guard_host_dies, 0);
}

static void guard_sickens(op_t op, enum phase at)
{
    (void)at;
    pair_advertises(p, 1, 0x2);
    settle_down();
    assert_ended(p, op, RESULT_ROLLED_BACK, REASON_GUARD_SICK);
    assert_int_equal(pair_end(p, op)->end.prefixes, 0x1);
    assert_int_equal(pair_end(p, op)->end.node, PAIR_ID(1));
}

static void test_sick_guard_rolls_back(void **state)
{
    (void)state;
    at_each_place(guard_sickens, 2);
}

static void guard_is_lowered(op_t op, enum phase at)
{
    (void)at;
    p->node[1].level = LEVEL_NORMAL; /* by somebody's hand */
    p->node[1].hold = PAIR_BIT(ORDER_LEVEL);
    settle_down();
    assert_ended(p, op, RESULT_ROLLED_BACK, REASON_GUARD_SICK);
}

static void test_guard_that_is_no_longer_the_better_path_rolls_back(void **state)
{
    (void)state;
    at_each_place(guard_is_lowered, 2);
}

static void operator_aborts(op_t op, enum phase at)
{
    op_t abort = pair_ask(p, 1, ASK_ABORT, -1, 0, 0);

    (void)at;
    settle_down();
    assert_ended(p, op, RESULT_ROLLED_BACK, REASON_ABORTED);
    assert_ended(p, abort, RESULT_DONE, REASON_NONE);
    assert_level(p, 0, LEVEL_NORMAL);
    assert_level(p, 1, LEVEL_NORMAL);
}

static void test_abort_rolls_back(void **state)
{
    (void)state;
    at_each_place(operator_aborts, 1);
}

static void operator_undrains(op_t op, enum phase at)
{
    op_t undrain = pair_ask(p, 1, ASK_UNDRAIN, 0, 0, 0);

    (void)at;
    settle_down();
    assert_ended(p, op, RESULT_ROLLED_BACK, REASON_ABORTED);
    assert_ended(p, undrain, RESULT_DONE, REASON_ABORTED);
    assert_level(p, 0, LEVEL_NORMAL);
}

static void test_undrain_rolls_back(void **state)
{
    (void)state;
    at_each_place(operator_undrains, 1);
}

static void operator_is_out_of_patience(op_t op, enum phase at)
{
    (void)at;
    pair_fire(p, 0, TIMER_OPERATION);
    settle_down();
    assert_ended(p, op, RESULT_TIMED_OUT, REASON_DEADLINE);
    assert_level(p, 0, LEVEL_NORMAL);
}

static void test_operators_timeout_rolls_back(void **state)
{
    (void)state;
    at_each_place(operator_is_out_of_patience, 0);
}

static void host_stands_still(op_t op, enum phase at)
{
    (void)at;
    pair_gap(p, 0);
    settle_down();
    assert_ended(p, op, RESULT_ROLLED_BACK, REASON_CLOCK_GAP);
    assert_level(p, 0, LEVEL_NORMAL);
}

static void test_clock_gap_rolls_back(void **state)
{
    (void)state;
    at_each_place(host_stands_still, 0);
}

static void phase_is_too_long(op_t op, enum phase at)
{
    static const enum reason why[PHASES] = {
        [PHASE_REQUESTING] = REASON_DEADLINE,     [PHASE_GUARDING] = REASON_GUARD_SILENT,
        [PHASE_LOWERING] = REASON_LEVEL_FAILED,   [PHASE_SETTLING] = REASON_TRAFFIC_STAYS,
        [PHASE_WITHDRAWING] = REASON_SAVE_FAILED,
    };

    pair_fire(p, 0, TIMER_PHASE);
    settle_down();
    assert_ended(p, op, RESULT_ROLLED_BACK, why[at]);
    assert_level(p, 0, LEVEL_NORMAL);
}

static void test_each_phase_has_its_deadline(void **state)
{
    (void)state;
    at_each_place(phase_is_too_long, 0);
}

static void test_low_that_is_not_read_back_rolls_back(void **state)
{
    op_t op = pair_drain_to(p, 0, PHASE_LOWERING, false);

    (void)state;
    p->node[0].fail = PAIR_BIT(ORDER_LEVEL);
    p->node[0].hold = 0;
    pair_run(p);
    assert_ended(p, op, RESULT_ROLLED_BACK, REASON_LEVEL_FAILED);
    assert_int_equal(pair_end(p, op)->end.phase, PHASE_LOWERING);
    /* The way back failed too: it is tried again, not given up. */
    assert_true(p->node[0].armed & PAIR_BIT(TIMER_LEVEL));
    p->node[0].fail = 0;
    pair_fire(p, 0, TIMER_LEVEL);
    pair_run(p);
    assert_back();
    assert_level(p, 0, LEVEL_NORMAL);
    assert_false(p->node[0].armed & PAIR_BIT(TIMER_LEVEL));
}

static void test_intent_that_cannot_be_saved_rolls_back(void **state)
{
    op_t op = pair_drain_to(p, 0, PHASE_WITHDRAWING, false);

    (void)state;
    p->node[0].fail = PAIR_BIT(ORDER_SAVE);
    p->node[0].hold = 0;
    pair_run(p);
    assert_ended(p, op, RESULT_ROLLED_BACK, REASON_SAVE_FAILED);
    assert_int_equal(p->node[0].levels[LEVEL_WITHDRAWN], 0);
    assert_back();
}

static void test_intent_is_unsaved_on_the_way_back(void **state)
{
    op_t op = pair_drain_to(p, 0, PHASE_WITHDRAWING, true);

    (void)state;
    assert_int_equal(p->node[0].intent, INTENT_MAINTENANCE);
    p->node[0].fail = PAIR_BIT(ORDER_LEVEL); /* withdrawn is not read back as empty */
    p->node[0].hold = 0;
    pair_run(p);
    assert_ended(p, op, RESULT_ROLLED_BACK, REASON_LEVEL_FAILED);
    assert_int_equal(pair_end(p, op)->end.phase, PHASE_WITHDRAWING);
    p->node[0].fail = 0;
    pair_fire(p, 0, TIMER_LEVEL);
    pair_run(p);
    assert_back();
    assert_level(p, 0, LEVEL_NORMAL);
}

static void test_withdraw_that_never_answers_rolls_back_by_the_deadline(void **state)
{
    op_t op = pair_drain_to(p, 0, PHASE_WITHDRAWING, true);

    (void)state;
    pair_fire(p, 0, TIMER_PHASE);
    settle_down();
    assert_ended(p, op, RESULT_ROLLED_BACK, REASON_LEVEL_FAILED);
    assert_back();
    assert_level(p, 0, LEVEL_NORMAL);
}

/* The guard sickens while the intent is being saved, and the news comes with the completion. */
static void test_guard_is_asked_at_the_last_moment(void **state)
{
    op_t op = pair_drain_to(p, 0, PHASE_WITHDRAWING, false);

    (void)state;
    pair_wan(p, 1, 0);
    pair_observe(p, 1);
    while (pair_order_message(p, 1))
        ;
    while (pair_deliver(p, 0))
        ;
    settle_down();
    assert_ended(p, op, RESULT_ROLLED_BACK, REASON_GUARD_SICK);
    assert_int_equal(p->node[0].levels[LEVEL_WITHDRAWN], 0);
    assert_back();
}

/* The last line holds even if the lines before it had failed: a guard lost without a trace. */
static void test_guard_check_does_not_rely_on_what_was_checked_before(void **state)
{
    op_t op = pair_drain_to(p, 0, PHASE_WITHDRAWING, false);

    (void)state;
    p->node[0].e.guards[1] = 0;
    settle_down();
    assert_ended(p, op, RESULT_ROLLED_BACK, REASON_GUARD_SICK);
    assert_int_equal(p->node[0].levels[LEVEL_WITHDRAWN], 0);
    assert_back();
}

/* ---- no way back ---- */

static void test_past_the_withdraw_nobody_stops_it(void **state)
{
    static const enum phase after[] = {PHASE_WITHDRAWING, PHASE_CLOSING, PHASE_RELEASING};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        op_t op, abort, undrain, drain;

        pair_free(p);
        p = pair_new(2);
        op = pair_drain_to(p, 0, after[i], true);
        abort = pair_ask(p, 1, ASK_ABORT, 0, 0, 0);
        undrain = pair_ask(p, 1, ASK_UNDRAIN, 0, 0, 0);
        drain = pair_ask(p, 1, ASK_DRAIN, 0, 0, 0);
        pair_run(p);
        pair_gap(p, 0);
        pair_fire(p, 0, TIMER_OPERATION);
        pair_run(p);
        assert_phase(p, 0, after[i]);
        assert_ended(p, abort, RESULT_REFUSED, REASON_TOO_LATE);
        assert_ended(p, undrain, RESULT_REFUSED, REASON_TOO_LATE);
        assert_ended(p, drain, RESULT_REFUSED, REASON_BUSY);
        pair_view(p);
        settle_down();
        assert_phase(p, 0, PHASE_DRAINED);
        assert_ended(p, op, RESULT_DONE, REASON_NONE);
    }
}

/* ---- now, or when it is safe ---- */

/* gw1 is asked to leave when it is safe, and gw2 has one tunnel: refused, and not forgotten. */
static op_t pend(void)
{
    op_t op;

    pair_wan(p, 1, 0x1);
    pair_run(p);
    op = pair_ask(p, 0, ASK_DRAIN, 0, ASK_FLAG_WHEN_SAFE, 0);
    pair_run(p);
    pair_fire(p, 1, TIMER_GUARD);
    pair_run(p);
    assert_ended(p, op, RESULT_REFUSED, REASON_NOT_REDUNDANT);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    assert_int_equal(p->node[0].intent, INTENT_MAINTENANCE);
    return op;
}

static void test_when_safe_goes_now_if_it_can(void **state)
{
    op_t op;

    (void)state;
    op = pair_ask(p, 0, ASK_DRAIN, 0, ASK_FLAG_WHEN_SAFE, 0);
    pair_run(p);
    pair_quiet(p, 0, true);
    pair_fire(p, 0, TIMER_SETTLE);
    pair_run(p);
    assert_ended(p, op, RESULT_DONE, REASON_NONE);
    assert_phase(p, 0, PHASE_DRAINED);
}

static void test_when_safe_waits_in_service_and_then_goes(void **state)
{
    (void)state;
    pend();
    assert_false(p->node[0].armed & PAIR_BIT(TIMER_REDRAIN));
    assert_true(p->node[0].level >= LEVEL_NORMAL);
    pair_wan(p, 1, 0x3);
    pair_run(p);
    pair_fire(p, 0, TIMER_REDRAIN);
    pair_run(p);
    pair_quiet(p, 0, true);
    pair_fire(p, 0, TIMER_SETTLE);
    pair_run(p);
    assert_phase(p, 0, PHASE_DRAINED);
}

/* Both are meant to be out: one goes, the other carries until the first is back. */
static void test_when_safe_of_both(void **state)
{
    (void)state;
    pair_ask(p, 0, ASK_DRAIN, 0, ASK_FLAG_WHEN_SAFE, 0);
    pair_ask(p, 1, ASK_DRAIN, 1, ASK_FLAG_WHEN_SAFE, 0);
    pair_run(p);
    pair_quiet(p, 0, true);
    pair_fire(p, 0, TIMER_SETTLE);
    pair_run(p);
    assert_phase(p, 0, PHASE_DRAINED);
    assert_phase(p, 1, PHASE_IN_SERVICE);
    assert_int_equal(p->node[1].intent, INTENT_MAINTENANCE);
    assert_false(p->node[1].armed & PAIR_BIT(TIMER_REDRAIN));
    pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    pair_fire(p, 0, TIMER_SOAK);
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    pair_fire(p, 1, TIMER_REDRAIN);
    pair_run(p);
    pair_quiet(p, 1, true);
    pair_fire(p, 1, TIMER_SETTLE);
    pair_run(p);
    assert_phase(p, 1, PHASE_DRAINED);
}

static void test_undrain_takes_the_wish_back(void **state)
{
    op_t op;

    (void)state;
    pend();
    op = pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    assert_ended(p, op, RESULT_DONE, REASON_ABORTED);
    assert_back();
    pair_wan(p, 1, 0x3);
    pair_run(p);
    assert_false(p->node[0].armed & PAIR_BIT(TIMER_REDRAIN));
}

/* Asked for in the middle of a drain that then rolls back: the wish stays. */
static void test_when_safe_outlives_a_drain_under_way(void **state)
{
    op_t op;

    (void)state;
    pair_drain_to(p, 0, PHASE_WITHDRAWING, false);
    op = pair_ask(p, 0, ASK_DRAIN, 0, ASK_FLAG_WHEN_SAFE, 0);
    while (pair_order_message(p, 0) || pair_deliver(p, 0))
        ;
    assert_ended(p, op, RESULT_REFUSED, REASON_BUSY);
    pair_view(p);
    settle_down();
    assert_phase(p, 0, PHASE_IN_SERVICE);
    assert_int_equal(p->node[0].intent, INTENT_MAINTENANCE);
    assert_true(p->node[0].armed & PAIR_BIT(TIMER_REDRAIN));
}

static void test_when_safe_survives_the_agent(void **state)
{
    (void)state;
    pend();
    pair_kill_agent(p, 0);
    pair_run(p);
    pair_boot(p, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    assert_int_equal(p->node[0].e.intent, INTENT_MAINTENANCE);
    assert_true(p->node[0].level >= LEVEL_NORMAL);
}

/* ---- what is quiet proves something only at low ---- */

static void test_level_that_is_not_low_stops_the_settle_timer(void **state)
{
    (void)state;
    pair_drain_to(p, 0, PHASE_SETTLING, false);
    pair_quiet(p, 0, true);
    assert_true(p->node[0].armed & PAIR_BIT(TIMER_SETTLE));
    p->node[0].hold = PAIR_BIT(ORDER_LEVEL);
    p->node[0].level = LEVEL_NORMAL; /* put back behind our back */
    pair_run(p);
    assert_phase(p, 0, PHASE_SETTLING);
    assert_false(p->node[0].armed & PAIR_BIT(TIMER_SETTLE));
    p->node[0].hold = 0;
    pair_run(p);
    assert_level(p, 0, LEVEL_LOW);
    assert_true(p->node[0].armed & PAIR_BIT(TIMER_SETTLE));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_each_phase_asks_for_its_act),
        T(test_either_node_may_be_asked),
        T(test_traffic_that_comes_back_stops_the_settle_timer),
        T(test_quiet_means_nothing_outside_settling),
        T(test_force_leaves_though_traffic_stays),
        T(test_close_and_release_that_fail_do_not_stop_a_drain),
        T(test_closing_and_releasing_end_by_their_deadlines),
        T(test_guard_without_coverage_refuses),
        T(test_force_does_not_overrule_coverage),
        T(test_guard_without_redundancy_refuses_unless_forced),
        T(test_guard_waits_for_what_it_freshened),
        T(test_guard_that_cannot_raise_refuses),
        T(test_guard_that_loses_coverage_while_raising_refuses),
        T(test_guard_with_other_prefixes_refuses),
        T(test_refused_when_the_other_is_drained),
        T(test_refused_when_alone),
        T(test_refused_while_the_other_agent_is_gone),
        T(test_asking_for_an_agent_that_is_gone_is_refused_by_the_asker),
        T(test_dry_run_changes_nothing),
        T(test_dry_run_that_would_be_refused),
        T(test_view_change_rolls_back),
        T(test_lost_guard_rolls_back),
        T(test_lost_guard_host_rolls_back),
        T(test_sick_guard_rolls_back),
        T(test_guard_that_is_no_longer_the_better_path_rolls_back),
        T(test_abort_rolls_back),
        T(test_undrain_rolls_back),
        T(test_operators_timeout_rolls_back),
        T(test_clock_gap_rolls_back),
        T(test_each_phase_has_its_deadline),
        T(test_low_that_is_not_read_back_rolls_back),
        T(test_intent_that_cannot_be_saved_rolls_back),
        T(test_intent_is_unsaved_on_the_way_back),
        T(test_withdraw_that_never_answers_rolls_back_by_the_deadline),
        T(test_guard_is_asked_at_the_last_moment),
        T(test_guard_check_does_not_rely_on_what_was_checked_before),
        T(test_past_the_withdraw_nobody_stops_it),
        T(test_when_safe_goes_now_if_it_can),
        T(test_when_safe_waits_in_service_and_then_goes),
        T(test_when_safe_of_both),
        T(test_undrain_takes_the_wish_back),
        T(test_when_safe_outlives_a_drain_under_way),
        T(test_when_safe_survives_the_agent),
        T(test_level_that_is_not_low_stops_the_settle_timer),
    };

    return cmocka_run_group_tests_name("the engine leaves service", tests, NULL, NULL);
}
