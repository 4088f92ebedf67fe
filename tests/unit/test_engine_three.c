/* Three nodes: the core counts each prefix and each guard by itself; the pair is N = 2. */
#include "tests/unit/pair_inner.h"

static struct pair *p;

static int setup(void **state)
{
    (void)state;
    p = pair_new(3);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pair_free(p);
    return 0;
}

static void finish_drain(unsigned n)
{
    pair_quiet(p, n, true);
    pair_fire(p, n, TIMER_SETTLE);
    pair_run(p);
    assert_phase(p, n, PHASE_DRAINED);
}

static void fire_guards(void)
{
    for (unsigned n = 0; n < 3; n++) {
        if (p->node[n].armed & PAIR_BIT(TIMER_GUARD))
            pair_fire(p, n, TIMER_GUARD);
    }
    pair_run(p);
}

static void test_all_others_guard(void **state)
{
    (void)state;
    pair_drain(p, 0);
    assert_level(p, 1, LEVEL_HIGH);
    assert_level(p, 2, LEVEL_HIGH);
}

/* Neither covers all, so each refuses, though together they would. */
static void test_guard_covers_all_or_refuses(void **state)
{
    op_t op;

    (void)state;
    pair_advertises(p, 1, 0x1);
    pair_advertises(p, 2, 0x2);
    pair_run(p);
    op = pair_ask(p, 0, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    fire_guards();
    assert_ended(p, op, RESULT_REFUSED, REASON_NOT_COVERED);
    assert_phase(p, 0, PHASE_IN_SERVICE);
}

static void test_one_refuses_the_other_covers_all(void **state)
{
    (void)state;
    pair_wan(p, 1, 0x1);
    pair_run(p);
    pair_ask(p, 0, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    fire_guards();
    assert_phase(p, 0, PHASE_SETTLING);
    finish_drain(0);
}

static void test_one_is_drained_the_other_covers_all(void **state)
{
    (void)state;
    pair_drain(p, 2);
    pair_ask(p, 0, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_SETTLING);
    finish_drain(0);
    assert_int_equal(pair_covers(p, 1), PAIR_PREFIXES);
}

static void test_the_last_one_stays(void **state)
{
    op_t op;

    (void)state;
    pair_drain(p, 2);
    pair_drain(p, 0);
    op = pair_ask(p, 1, ASK_DRAIN, 1, ASK_FLAG_FORCE, 0);
    pair_run(p);
    assert_ended(p, op, RESULT_REFUSED, REASON_NOT_IN_SERVICE);
    assert_phase(p, 1, PHASE_IN_SERVICE);
}

/* What a guard with these prefixes would say: that it is high, and its promise. */
static void say_guard(unsigned n, op_t op, uint64_t covers)
{
    struct event ev;

    memset(&ev, 0, sizeof(ev));
    ev.type = EVENT_MESSAGE;
    ev.message.type = MESSAGE_RECORD;
    ev.message.from = PAIR_ID(n);
    ev.message.record = engine_record(&p->node[n].e);
    ev.message.record.level = LEVEL_HIGH;
    ev.message.record.covers = covers;
    pair_feed(p, 0, &ev);
    memset(&ev, 0, sizeof(ev));
    ev.type = EVENT_MESSAGE;
    ev.message.type = MESSAGE_GUARD;
    ev.message.from = PAIR_ID(n);
    ev.message.guard.op = op;
    ev.message.guard.covers = covers;
    pair_feed(p, 0, &ev);
}

/* The promises are counted by prefix: together they permit, and one's loss is the loss of its own.
 */
static void test_promises_count_by_prefix(void **state)
{
    op_t op = pair_drain_to(p, 0, PHASE_GUARDING, false);
    struct event ev;

    (void)state;
    say_guard(1, op, 0x1);
    assert_phase(p, 0, PHASE_GUARDING);
    say_guard(2, op, 0x2);
    assert_phase(p, 0, PHASE_LOWERING);
    memset(&ev, 0, sizeof(ev));
    ev.type = EVENT_MESSAGE;
    ev.message.type = MESSAGE_RECORD;
    ev.message.from = PAIR_ID(2);
    ev.message.record = engine_record(&p->node[2].e);
    ev.message.record.level = LEVEL_HIGH;
    ev.message.record.covers = 0x1; /* another's prefix is no help */
    pair_feed(p, 0, &ev);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    while (pair_order_message(p, 0))
        ;
    while (pair_deliver(p, 1))
        ;
    assert_ended(p, op, RESULT_ROLLED_BACK, REASON_GUARD_SICK);
    assert_int_equal(pair_end(p, op)->end.prefixes, 0x2);
    assert_int_equal(pair_end(p, op)->end.node, PAIR_ID(2));
}

static void test_a_member_more_ends_the_operation(void **state)
{
    op_t op;

    (void)state;
    pair_kill_agent(p, 2);
    pair_run(p);
    pair_fire(p, 0, TIMER_GRACE);
    pair_fire(p, 1, TIMER_GRACE);
    pair_run(p);
    op = pair_drain_to(p, 0, PHASE_SETTLING, false); /* the third is lost, the second covers all */
    pair_boot(p, 2);
    pair_run(p);
    assert_ended(p, op, RESULT_ROLLED_BACK, REASON_VIEW_CHANGED);
    for (unsigned n = 0; n < 3; n++) {
        assert_phase(p, n, PHASE_IN_SERVICE);
        assert_level(p, n, LEVEL_NORMAL);
    }
}

static void test_no_drain_while_an_agent_is_in_its_grace(void **state)
{
    op_t op;

    (void)state;
    pair_kill_agent(p, 2);
    pair_run(p);
    op = pair_ask(p, 1, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    assert_ended(p, op, RESULT_REFUSED, REASON_AGENT_LOST);
    assert_level(p, 0, LEVEL_NORMAL);
    assert_level(p, 1, LEVEL_NORMAL);
}

static void test_a_lost_host_raises_both(void **state)
{
    (void)state;
    pair_kill_node(p, 2);
    pair_run(p);
    assert_level(p, 0, LEVEL_HIGH);
    assert_level(p, 1, LEVEL_HIGH);
}

/* In its first view one is lost and another has not spoken yet: the loss decides. */
static void test_a_loss_is_not_hidden_by_a_newcomer(void **state)
{
    struct pair_node *node = &p->node[0];

    (void)state;
    pair_kill_agent(p, 0);
    pair_kill_node(p, 2);
    pair_run(p);
    assert_level(p, 0, LEVEL_NORMAL); /* it was down and saw nothing */
    memset(node->levels, 0, sizeof(node->levels));
    pair_boot(p, 0);
    assert_int_equal(node->levels[LEVEL_HIGH], 0);
    assert_true(pair_deliver(p, 0));
    assert_int_equal(node->levels[LEVEL_HIGH], 1);
    pair_run(p);
    assert_level(p, 0, LEVEL_HIGH);
}

static void test_three_at_the_same_moment(void **state)
{
    op_t op[3];
    unsigned settling = 0;

    (void)state;
    for (unsigned n = 0; n < 3; n++)
        op[n] = pair_ask(p, n, ASK_DRAIN, (int)n, 0, 0);
    for (unsigned n = 0; n < 3; n++)
        pair_order_message(p, n);
    for (unsigned n = 0; n < 3; n++) {
        while (pair_deliver(p, n))
            ;
        assert_phase(p, n, PHASE_REQUESTING);
    }
    pair_run(p);
    for (unsigned n = 0; n < 3; n++) {
        settling += p->node[n].e.phase == PHASE_SETTLING;
        if (p->node[n].e.phase != PHASE_SETTLING)
            assert_ended(p, op[n], RESULT_REFUSED, REASON_LOCK_HELD);
    }
    assert_int_equal(settling, 1);
}

static void test_net_covers_what_the_two_others_do_not(void **state)
{
    (void)state;
    pair_drain(p, 0);
    pair_advertises(p, 1, 0x1);
    pair_run(p);
    assert_phase(p, 0, PHASE_DRAINED);
    pair_advertises(p, 2, 0x1);
    pair_run(p);
    assert_phase(p, 0, PHASE_SAFETY_NET);
    assert_int_equal(pair_covered(p), PAIR_PREFIXES);
    pair_advertises(p, 2, 0x2); /* both together cover it all again */
    pair_run(p);
    assert_true(p->node[0].armed & PAIR_BIT(TIMER_REDRAIN));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_all_others_guard),
        T(test_guard_covers_all_or_refuses),
        T(test_one_refuses_the_other_covers_all),
        T(test_one_is_drained_the_other_covers_all),
        T(test_the_last_one_stays),
        T(test_promises_count_by_prefix),
        T(test_a_member_more_ends_the_operation),
        T(test_no_drain_while_an_agent_is_in_its_grace),
        T(test_a_lost_host_raises_both),
        T(test_a_loss_is_not_hidden_by_a_newcomer),
        T(test_three_at_the_same_moment),
        T(test_net_covers_what_the_two_others_do_not),
    };

    return cmocka_run_group_tests_name("three engines", tests, NULL, NULL);
}
