/* The lock: one operation at a time, the same everywhere, and always freed. */
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

static void assert_lock_free(void)
{
    for (unsigned n = 0; n < p->nodes; n++)
        assert_int_equal(p->node[n].e.lock, OP_NONE);
}

static void order_all(unsigned n)
{
    while (pair_order_message(p, n))
        ;
}

static void deliver_all(unsigned n)
{
    while (pair_deliver(p, n))
        ;
}

/* Both are asked, both are REQUESTING, and only then the total order decides. */
static void test_two_at_the_same_moment(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 2; first++) {
        unsigned second = 1 - first;
        op_t op[2];

        pair_free(p);
        p = pair_new(2);
        for (unsigned n = 0; n < 2; n++)
            op[n] = pair_ask(p, n, ASK_DRAIN, (int)n, 0, 0);
        for (unsigned n = 0; n < 2; n++)
            order_all(n);
        for (unsigned n = 0; n < 2; n++)
            deliver_all(n);
        assert_phase(p, 0, PHASE_REQUESTING);
        assert_phase(p, 1, PHASE_REQUESTING);
        order_all(first);
        order_all(second);
        pair_run(p);

        assert_phase(p, first, PHASE_SETTLING);
        assert_phase(p, second, PHASE_IN_SERVICE);
        assert_level(p, second, LEVEL_HIGH);
        assert_null(pair_end(p, op[first]));
        assert_ended(p, op[second], RESULT_REFUSED, REASON_LOCK_HELD);
        assert_int_equal(pair_end(p, op[second])->end.holder, op[first]);
        assert_int_equal(pair_end(p, op[second])->end.node, PAIR_ID(first));
        assert_int_equal(pair_end(p, op[second])->end.target, PAIR_ID(second));

        pair_quiet(p, first, true);
        pair_fire(p, first, TIMER_SETTLE);
        pair_run(p);
        assert_phase(p, first, PHASE_DRAINED);
        assert_phase(p, second, PHASE_IN_SERVICE);
        assert_lock_free();
    }
}

/* Every interleaving that a seed can find of two drains asked at once: exactly one settles. */
static void test_two_at_once_in_any_order(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 300; seed++) {
        uint32_t r = seed * 2654435761u;
        op_t op[2];
        unsigned winner;

        pair_free(p);
        p = pair_new(2);
        for (unsigned n = 0; n < 2; n++)
            op[n] = pair_ask(p, n, ASK_DRAIN, (int)n, 0, 0);
        for (unsigned i = 0; i < 12; i++, r = r * 1664525u + 1013904223u) {
            if (r >> 30 & 1u)
                pair_order_message(p, r >> 31);
            else
                pair_deliver(p, r >> 31);
        }
        pair_run(p);
        winner = p->node[0].e.phase == PHASE_SETTLING ? 0 : 1;
        assert_phase(p, winner, PHASE_SETTLING);
        assert_phase(p, 1 - winner, PHASE_IN_SERVICE);
        assert_null(pair_end(p, op[winner]));
        assert_ended(p, op[1 - winner], RESULT_REFUSED, REASON_LOCK_HELD);
    }
}

static void test_second_drain_is_told_who_holds_the_lock(void **state)
{
    op_t first, second;

    (void)state;
    first = pair_drain_to(p, 0, PHASE_SETTLING, false);
    second = pair_ask(p, 0, ASK_DRAIN, 1, ASK_FLAG_FORCE, 0);
    pair_run(p);
    assert_ended(p, second, RESULT_REFUSED, REASON_LOCK_HELD);
    assert_int_equal(pair_end(p, second)->end.holder, first);
    assert_int_equal(pair_end(p, second)->end.node, PAIR_ID(0));
    /* The guard has promised: it did not even ask. */
    assert_phase(p, 1, PHASE_IN_SERVICE);
    assert_int_equal(p->node[1].e.guard_stage, GUARD_GIVEN);
    assert_phase(p, 0, PHASE_SETTLING);
}

static void test_guard_that_has_not_answered_yet_does_not_leave(void **state)
{
    op_t second;

    (void)state;
    pair_drain_to(p, 0, PHASE_GUARDING, false);
    second = pair_ask(p, 1, ASK_DRAIN, 1, 0, 0);
    pair_run(p);
    assert_ended(p, second, RESULT_REFUSED, REASON_LOCK_HELD);
    pair_release_all(p);
    pair_run(p);
    assert_phase(p, 0, PHASE_SETTLING);
}

static void test_second_drain_of_the_same_node_is_busy(void **state)
{
    op_t first, second;

    (void)state;
    first = pair_drain_to(p, 0, PHASE_GUARDING, false);
    second = pair_ask(p, 1, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    assert_ended(p, second, RESULT_REFUSED, REASON_BUSY);
    assert_int_equal(pair_end(p, second)->end.holder, first);
    assert_phase(p, 0, PHASE_GUARDING);
    assert_int_equal(p->node[1].e.lock, first);
}

/* Rolled back by the deadline while its REQUEST was still on the way. */
static void test_stale_request_frees_the_lock(void **state)
{
    op_t op;

    (void)state;
    op = pair_drain_to(p, 0, PHASE_REQUESTING, false);
    pair_fire(p, 0, TIMER_PHASE);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    pair_run(p);
    assert_ended(p, op, RESULT_ROLLED_BACK, REASON_DEADLINE);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    assert_lock_free();
    assert_int_equal(p->node[1].e.guard_stage, GUARD_NONE);
    assert_level(p, 1, LEVEL_NORMAL);
    pair_drain(p, 1);
}

/* The same, and a new drain has begun meanwhile: the old one's lock is not taken for the new's. */
static void test_stale_request_before_a_new_one(void **state)
{
    op_t old, new;

    (void)state;
    old = pair_drain_to(p, 0, PHASE_REQUESTING, false);
    pair_fire(p, 0, TIMER_PHASE);
    new = pair_ask(p, 0, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    assert_ended(p, old, RESULT_ROLLED_BACK, REASON_DEADLINE);
    if (p->node[0].e.phase == PHASE_SETTLING)
        assert_int_equal(p->node[1].e.lock, new);
    else
        assert_lock_free();
}

static void test_view_frees_the_lock(void **state)
{
    (void)state;
    pair_drain_to(p, 0, PHASE_SETTLING, false);
    pair_view(p);
    pair_deliver(p, 1);
    assert_int_equal(p->node[1].e.lock, OP_NONE);
    assert_int_equal(p->node[1].e.guard_stage, GUARD_NONE);
    pair_run(p);
    assert_lock_free();
    pair_drain(p, 1);
}

static void test_end_of_another_operation_frees_nothing(void **state)
{
    op_t op = pair_drain_to(p, 0, PHASE_SETTLING, false);
    struct event ev = {.type = EVENT_MESSAGE};

    (void)state;
    ev.message.type = MESSAGE_END;
    ev.message.from = PAIR_ID(1); /* not the holder's to end */
    ev.message.end.op = op;
    pair_feed(p, 1, &ev);
    ev.message.from = PAIR_ID(0);
    ev.message.end.op = op + 1;
    pair_feed(p, 1, &ev);
    assert_int_equal(p->node[1].e.lock, op);
    assert_int_equal(p->node[1].e.guard_stage, GUARD_GIVEN);
}

/* An answer to an operation that is over does not count for the next. */
static void test_stale_guard_is_not_accepted(void **state)
{
    op_t old, new;
    struct event ev = {.type = EVENT_MESSAGE};

    (void)state;
    old = pair_drain_to(p, 0, PHASE_SETTLING, false);
    pair_ask(p, 0, ASK_ABORT, 0, 0, 0);
    pair_run(p);
    assert_lock_free();
    new = pair_drain_to(p, 0, PHASE_GUARDING, false);
    assert_int_not_equal(old, new);
    p->node[1].hold |= PAIR_BIT(ORDER_LEVEL);
    p->node[1].hold &= (uint8_t)~PAIR_BIT(ORDER_FRESHEN);
    pair_run(p);
    ev.message.type = MESSAGE_GUARD;
    ev.message.from = PAIR_ID(1);
    ev.message.guard.op = old;
    ev.message.guard.covers = PAIR_PREFIXES;
    pair_feed(p, 0, &ev);
    assert_phase(p, 0, PHASE_GUARDING);
    assert_int_equal(p->node[0].e.guards[1], 0);
    assert_int_equal(p->node[0].e.answered, 0);
}

/* A promise without a record that shows it is not believed. */
static void test_guard_that_is_not_high_is_not_believed(void **state)
{
    op_t op = pair_drain_to(p, 0, PHASE_GUARDING, false);
    struct event ev = {.type = EVENT_MESSAGE};

    (void)state;
    ev.message.type = MESSAGE_GUARD;
    ev.message.from = PAIR_ID(1);
    ev.message.guard.op = op;
    ev.message.guard.covers = PAIR_PREFIXES;
    pair_feed(p, 0, &ev);
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    assert_ended(p, op, RESULT_REFUSED, REASON_NOT_COVERED);
    assert_int_equal(pair_end(p, op)->end.prefixes, PAIR_PREFIXES);
}

static void test_message_of_a_stranger_means_nothing(void **state)
{
    struct engine before = p->node[0].e;
    struct event ev = {.type = EVENT_MESSAGE};

    (void)state;
    ev.message.type = MESSAGE_REQUEST;
    ev.message.from = 999;
    ev.message.request.op = OP(999, 1);
    pair_feed(p, 0, &ev);
    assert_memory_equal(&before, &p->node[0].e, sizeof(before));
    ev.message.from = PAIR_ID(1);
    pair_kill_agent(p, 1);
    pair_run(p);
    before = p->node[0].e;
    pair_feed(p, 0, &ev); /* not of this view */
    assert_memory_equal(&before, &p->node[0].e, sizeof(before));
}

static void test_abort_with_nothing_to_abort(void **state)
{
    op_t any, named;

    (void)state;
    any = pair_ask(p, 1, ASK_ABORT, -1, 0, 0);
    pair_run(p);
    assert_ended(p, any, RESULT_REFUSED, REASON_NOTHING_TO_ABORT);
    pair_drain_to(p, 0, PHASE_SETTLING, false);
    named = pair_ask(p, 0, ASK_ABORT, 1, 0, 0);
    pair_run(p);
    assert_ended(p, named, RESULT_REFUSED, REASON_NOTHING_TO_ABORT);
    assert_phase(p, 0, PHASE_SETTLING);
}

/* The courier may bring a request twice; the second must not end the first. */
static void test_request_of_an_operator_delivered_twice(void **state)
{
    op_t op = pair_ask(p, 0, ASK_DRAIN, 0, 0, 0);
    struct event ev = {.type = EVENT_MESSAGE};

    (void)state;
    ev.message = p->node[0].outbox.item[p->node[0].outbox.first].message;
    ev.message.from = PAIR_ID(0);
    pair_run(p);
    assert_phase(p, 0, PHASE_SETTLING);
    pair_feed(p, 0, &ev);
    pair_run(p);
    assert_phase(p, 0, PHASE_SETTLING);
    assert_null(pair_end(p, op));
    assert_int_equal(p->node[1].e.lock, op);
}

static void test_lock_is_free_after_every_end(void **state)
{
    (void)state;
    for (unsigned turn = 0; turn < 4; turn++) {
        unsigned n = turn % 2;

        pair_drain(p, n);
        assert_lock_free();
        pair_ask(p, 1 - n, ASK_UNDRAIN, (int)n, 0, 0);
        pair_run(p);
        pair_fire(p, n, TIMER_SOAK);
        pair_run(p);
        assert_phase(p, n, PHASE_IN_SERVICE);
        assert_level(p, 0, LEVEL_NORMAL);
        assert_level(p, 1, LEVEL_NORMAL);
        assert_lock_free();
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_two_at_the_same_moment),
        T(test_two_at_once_in_any_order),
        T(test_second_drain_is_told_who_holds_the_lock),
        T(test_guard_that_has_not_answered_yet_does_not_leave),
        T(test_second_drain_of_the_same_node_is_busy),
        T(test_stale_request_frees_the_lock),
        T(test_stale_request_before_a_new_one),
        T(test_view_frees_the_lock),
        T(test_end_of_another_operation_frees_nothing),
        T(test_stale_guard_is_not_accepted),
        T(test_guard_that_is_not_high_is_not_believed),
        T(test_message_of_a_stranger_means_nothing),
        T(test_abort_with_nothing_to_abort),
        T(test_request_of_an_operator_delivered_twice),
        T(test_lock_is_free_after_every_end),
    };

    return cmocka_run_group_tests_name("the engine's lock", tests, NULL, NULL);
}
