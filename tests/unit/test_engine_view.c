/* Views, starts, losses: who is there, and what a node does about it. */
#include "tests/unit/pair_inner.h"

static struct pair *p;

static int setup(void **state)
{
    (void)state;
    p = pair_new(2);
    return 0;
}

static int setup_cold(void **state)
{
    (void)state;
    p = pair_new_cold(2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pair_free(p);
    return 0;
}

/* ---- losses ---- */

static void test_lost_host_means_high_at_once(void **state)
{
    (void)state;
    pair_kill_node(p, 1);
    assert_true(pair_deliver(p, 0));
    assert_int_equal(p->node[0].levels[LEVEL_HIGH], 1); /* in the same step as the view */
    pair_run(p);
    assert_level(p, 0, LEVEL_HIGH);
    assert_phase(p, 0, PHASE_IN_SERVICE);
}

static void test_lost_agent_gets_a_grace_time(void **state)
{
    (void)state;
    pair_kill_agent(p, 1);
    pair_run(p);
    assert_level(p, 0, LEVEL_NORMAL);
    pair_fire(p, 0, TIMER_GRACE);
    pair_run(p);
    assert_level(p, 0, LEVEL_HIGH);
}

static void test_host_lost_within_the_grace_time(void **state)
{
    (void)state;
    pair_kill_agent(p, 1);
    pair_run(p);
    pair_kill_node(p, 1);
    assert_true(pair_deliver(p, 0));
    assert_int_equal(p->node[0].levels[LEVEL_HIGH], 1);
    assert_false(p->node[0].armed & PAIR_BIT(TIMER_GRACE));
}

static void test_agent_restart_moves_no_level_of_either(void **state)
{
    (void)state;
    for (unsigned turn = 0; turn < 3; turn++) {
        pair_kill_agent(p, 1);
        if (turn > 0)
            pair_run(p);
        pair_boot(p, 1);
        pair_run(p);
        assert_phase(p, 1, PHASE_IN_SERVICE);
        assert_int_equal(p->node[0].orders[ORDER_LEVEL], 0);
        assert_int_equal(p->node[1].orders[ORDER_LEVEL], 0);
        assert_false(p->node[0].armed & PAIR_BIT(TIMER_GRACE));
    }
}

static void test_agent_restart_while_the_other_is_drained(void **state)
{
    (void)state;
    pair_drain(p, 0);
    assert_level(p, 1, LEVEL_HIGH);
    memset(p->node[1].orders, 0, sizeof(p->node[1].orders));
    pair_kill_agent(p, 1);
    pair_boot(p, 1);
    pair_run(p);
    assert_int_equal(p->node[1].orders[ORDER_LEVEL], 0); /* high before, high after */
    assert_int_equal(pair_covers(p, 1), PAIR_PREFIXES);
}

static void test_restart_of_a_drained_agent_stays_drained(void **state)
{
    (void)state;
    pair_drain(p, 0);
    memset(p->node[0].orders, 0, sizeof(p->node[0].orders));
    pair_kill_agent(p, 0);
    pair_run(p);
    pair_boot(p, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_DRAINED);
    for (unsigned which = 0; which < ORDERS; which++)
        assert_int_equal(p->node[0].orders[which], 0);
    assert_level(p, 1, LEVEL_HIGH);
}

static void test_both_alone_are_equal_and_refuse(void **state)
{
    op_t op[2];

    (void)state;
    pair_split(p);
    pair_run(p);
    for (unsigned n = 0; n < 2; n++) {
        assert_level(p, n, LEVEL_HIGH);
        op[n] = pair_ask(p, n, ASK_DRAIN, (int)n, ASK_FLAG_FORCE, 0);
    }
    pair_run(p);
    for (unsigned n = 0; n < 2; n++)
        assert_ended(p, op[n], RESULT_REFUSED, REASON_ALONE);
    pair_join(p);
    pair_run(p);
    for (unsigned n = 0; n < 2; n++)
        assert_level(p, n, LEVEL_NORMAL);
}

static void test_host_comes_back_by_the_soak(void **state)
{
    (void)state;
    pair_kill_node(p, 1);
    pair_run(p);
    pair_power_on(p, 1);
    pair_boot(p, 1);
    pair_run(p);
    assert_phase(p, 1, PHASE_SOAKING);
    assert_level(p, 1, LEVEL_LOW);
    assert_level(p, 0, LEVEL_HIGH);
    pair_fire(p, 1, TIMER_SOAK);
    pair_run(p);
    assert_level(p, 0, LEVEL_NORMAL);
    assert_level(p, 1, LEVEL_NORMAL);
}

/* ---- members that do not speak ---- */

static void test_silent_member_is_not_believed(void **state)
{
    (void)state;
    pair_drain(p, 0);
    pair_view(p);
    pair_deliver(p, 0); /* the other's record does not come */
    assert_phase(p, 0, PHASE_DRAINED);
    pair_fire(p, 0, TIMER_RECORDS);
    assert_phase(p, 0, PHASE_SAFETY_NET);
}

static void test_silent_member_does_not_serve(void **state)
{
    (void)state;
    pair_view(p);
    pair_deliver(p, 0);
    assert_int_equal(p->node[0].orders[ORDER_LEVEL], 0);
    pair_fire(p, 0, TIMER_RECORDS);
    assert_int_equal(p->node[0].levels[LEVEL_HIGH], 1);
    pair_run(p);
    assert_level(p, 0, LEVEL_NORMAL);
}

static void test_each_view_hears_each_record(void **state)
{
    unsigned before[2] = {p->node[0].records, p->node[1].records};

    (void)state;
    pair_view(p);
    pair_run(p);
    for (unsigned n = 0; n < 2; n++)
        assert_int_equal(p->node[n].records, before[n] + 1);
    for (unsigned n = 0; n < 2; n++)
        assert_int_equal(p->node[n].armed, 0);
}

/* A record is sent when it differs, and only then; its padding is no difference. */
static void test_nothing_new_is_nothing_said(void **state)
{
    struct event ev = {.type = EVENT_OBSERVE};

    (void)state;
    ev.observe = p->node[0].told;
    for (unsigned i = 0; i < 50; i++)
        pair_feed(p, 0, &ev);
    assert_int_equal(p->node[0].records, 0);
}

/* ---- starts ---- */

struct start {
    uint8_t intent; /* enum intent */
    uint8_t level;  /* enum level */
    enum phase phase;
    enum level at_rest; /* with the other one in service */
};

static const struct start starts[] = {
    {INTENT_IN_SERVICE, LEVEL_WITHDRAWN, PHASE_CONNECTING, LEVEL_LOW},
    {INTENT_IN_SERVICE, LEVEL_LOW, PHASE_CONNECTING, LEVEL_LOW},
    {INTENT_IN_SERVICE, LEVEL_NORMAL, PHASE_IN_SERVICE, LEVEL_NORMAL},
    {INTENT_IN_SERVICE, LEVEL_HIGH, PHASE_IN_SERVICE, LEVEL_NORMAL},
    {INTENT_MAINTENANCE, LEVEL_WITHDRAWN, PHASE_DRAINED, LEVEL_WITHDRAWN},
    {INTENT_MAINTENANCE, LEVEL_LOW, PHASE_SAFETY_NET, LEVEL_LOW},
    {INTENT_MAINTENANCE, LEVEL_NORMAL, PHASE_IN_SERVICE, LEVEL_NORMAL}, /* waits to be drained */
    {INTENT_MAINTENANCE, LEVEL_HIGH, PHASE_IN_SERVICE, LEVEL_NORMAL},
};
#define STARTS (sizeof(starts) / sizeof(starts[0]))

static void test_start_from_everything(void **state)
{
    (void)state;
    for (unsigned i = 0; i < STARTS; i++) {
        pair_free(p);
        p = pair_new(2);
        pair_kill_agent(p, 0);
        pair_run(p);
        p->node[0].intent = starts[i].intent;
        p->node[0].level = starts[i].level;
        p->node[0].learns = false; /* nothing to see before the first view */
        memset(p->node[0].orders, 0, sizeof(p->node[0].orders));
        pair_boot(p, 0);
        assert_phase(p, 0, starts[i].phase);
        if (starts[i].phase == PHASE_IN_SERVICE)
            assert_int_equal(p->node[0].orders[ORDER_LEVEL], 0); /* not before a view */
        p->node[0].learns = true;
        pair_run(p);
        assert_level(p, 0, starts[i].at_rest);
        assert_int_equal(pair_covered(p), PAIR_PREFIXES);
    }
}

static void test_start_alone(void **state)
{
    (void)state;
    for (unsigned i = 0; i < STARTS; i++) {
        pair_free(p);
        p = pair_new(2);
        pair_kill_agent(p, 0);
        pair_run(p);
        pair_kill_node(p, 1);
        p->node[0].intent = starts[i].intent;
        p->node[0].level = starts[i].level;
        pair_boot(p, 0);
        pair_run(p);
        assert_int_equal(pair_covers(p, 0), PAIR_PREFIXES);
    }
}

static void test_view_that_never_comes_is_a_view_of_one(void **state)
{
    struct event ev = {.type = EVENT_START};

    (void)state;
    p->node[0].intent = INTENT_MAINTENANCE;
    p->node[0].level = LEVEL_WITHDRAWN;
    ev.start.nodes = 2;
    ev.start.tunnels = PAIR_TUNNELS;
    ev.start.intent = INTENT_MAINTENANCE;
    ev.start.id[0] = PAIR_ID(0);
    ev.start.id[1] = PAIR_ID(1);
    ev.start.prefixes = PAIR_PREFIXES;
    ev.start.digest = PAIR_DIGEST;
    p->node[0].agent = true;
    pair_feed(p, 0, &ev);
    assert_phase(p, 0, PHASE_DRAINED);
    pair_fire(p, 0, TIMER_RECORDS);
    assert_phase(p, 0, PHASE_SAFETY_NET);
}

static void test_nothing_happens_before_the_start(void **state)
{
    struct engine zero;
    struct event ev;

    (void)state;
    memset(&zero, 0, sizeof(zero));
    memset(&ev, 0, sizeof(ev));
    for (ev.type = EVENT_START + 1; ev.type < EVENTS; ev.type++) {
        struct effects out;

        engine_step(&p->node[0].e, &ev, &out);
        assert_int_equal(out.count, 0);
        assert_memory_equal(&zero, &p->node[0].e, sizeof(zero));
    }
}

static void test_second_start_changes_nothing(void **state)
{
    struct engine before = p->node[0].e;
    struct event ev = {.type = EVENT_START};

    (void)state;
    pair_feed(p, 0, &ev);
    assert_memory_equal(&before, &p->node[0].e, sizeof(before));
}

/* A power cut took both, both were in maintenance on disk: both cover, neither drains again. */
static void test_both_in_maintenance_after_a_power_cut(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 2; n++) {
        pair_kill_node(p, n);
        p->node[n].intent = INTENT_MAINTENANCE;
    }
    for (unsigned n = 0; n < 2; n++)
        pair_power_on(p, n);
    for (unsigned n = 0; n < 2; n++) {
        pair_boot(p, n);
        pair_run(p);
    }
    for (unsigned n = 0; n < 2; n++) {
        assert_phase(p, n, PHASE_SAFETY_NET);
        assert_level(p, n, LEVEL_LOW);
        assert_int_equal(pair_covers(p, n), PAIR_PREFIXES);
        assert_false(p->node[n].armed & PAIR_BIT(TIMER_REDRAIN));
    }
}

static void test_both_agents_restart_drained(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 2; n++)
        pair_kill_agent(p, n);
    for (unsigned n = 0; n < 2; n++) {
        p->node[n].intent = INTENT_MAINTENANCE;
        p->node[n].level = LEVEL_WITHDRAWN;
        p->node[n].closed = p->node[n].released = true;
        pair_boot(p, n);
    }
    pair_run(p);
    for (unsigned n = 0; n < 2; n++) {
        assert_phase(p, n, PHASE_SAFETY_NET);
        assert_int_equal(pair_covers(p, n), PAIR_PREFIXES);
    }
}

/* The agent dies in the middle of its own drain, at each place, and starts from what it finds. */
static void test_restart_in_the_middle_of_a_drain(void **state)
{
    static const struct {
        enum phase at;
        bool withdrew;
        enum phase then;
    } cases[] = {
        {PHASE_REQUESTING, false, PHASE_IN_SERVICE}, {PHASE_GUARDING, false, PHASE_IN_SERVICE},
        {PHASE_LOWERING, false, PHASE_IN_SERVICE},   {PHASE_SETTLING, false, PHASE_SOAKING},
        {PHASE_WITHDRAWING, false, PHASE_SOAKING},   {PHASE_WITHDRAWING, true, PHASE_SAFETY_NET},
        {PHASE_CLOSING, true, PHASE_DRAINED},        {PHASE_RELEASING, true, PHASE_DRAINED},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pair_free(p);
        p = pair_new(2);
        pair_drain_to(p, 0, cases[i].at, cases[i].withdrew);
        pair_release_all(p);
        pair_kill_agent(p, 0);
        pair_boot(p, 0);
        pair_run(p);
        assert_phase(p, 0, cases[i].then);
        assert_int_equal(p->node[1].e.lock, OP_NONE);
        assert_int_equal(pair_covers(p, 1), PAIR_PREFIXES);
    }
}

/* ---- the router's own ways ---- */

static void test_level_that_drifts_is_put_right(void **state)
{
    (void)state;
    p->node[0].mixed = true;
    pair_run(p);
    assert_false(p->node[0].mixed);
    assert_int_equal(p->node[0].levels[LEVEL_NORMAL], 1);
    p->node[0].level = LEVEL_WITHDRAWN; /* by somebody's hand: not a drain */
    pair_run(p);
    assert_level(p, 0, LEVEL_NORMAL);
    assert_phase(p, 0, PHASE_IN_SERVICE);
}

static void test_unreadable_router_is_left_alone(void **state)
{
    (void)state;
    p->node[0].sick = SICK_ROUTER;
    p->node[0].mixed = true;
    pair_run(p);
    assert_int_equal(p->node[0].orders[ORDER_LEVEL], 0);
    assert_phase(p, 0, PHASE_IN_SERVICE);
}

static void test_level_that_fails_is_tried_again_by_the_timer_only(void **state)
{
    (void)state;
    p->node[0].fail = PAIR_BIT(ORDER_LEVEL);
    pair_kill_node(p, 1);
    pair_run(p);
    for (unsigned i = 2; i < 5; i++) {
        assert_int_equal(p->node[0].levels[LEVEL_HIGH], i - 1);
        pair_fire(p, 0, TIMER_LEVEL);
        pair_run(p);
    }
    p->node[0].fail = 0;
    pair_fire(p, 0, TIMER_LEVEL);
    pair_run(p);
    assert_level(p, 0, LEVEL_HIGH);
    assert_int_equal(p->node[0].armed, 0);
}

/* Its SAs are gone, and the cloud would find out only when the hold time is over. */
static void test_a_node_that_covers_nothing_makes_the_other_high(void **state)
{
    (void)state;
    pair_advertises(p, 0, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    assert_level(p, 1, LEVEL_HIGH);
    pair_advertises(p, 0, PAIR_PREFIXES);
    pair_run(p);
    assert_level(p, 1, LEVEL_NORMAL);
}

/* Sessions that are back may run over SAs that the cloud is just giving up. */
static void test_a_node_that_lost_all_its_sessions_returns_by_soaking(void **state)
{
    (void)state;
    pair_wan(p, 0, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_CONNECTING);
    assert_level(p, 1, LEVEL_HIGH);
    pair_wan(p, 0, 0x3);
    pair_run(p);
    assert_phase(p, 0, PHASE_SOAKING);
    assert_level(p, 0, LEVEL_LOW);
    assert_level(p, 1, LEVEL_HIGH);
    pair_fire(p, 0, TIMER_SOAK);
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    assert_level(p, 0, LEVEL_NORMAL);
    assert_level(p, 1, LEVEL_NORMAL);
}

/* Nobody else carries: as it was, and as soon as it can. */
static void test_the_last_one_does_not_soak(void **state)
{
    (void)state;
    pair_kill_node(p, 1);
    pair_run(p);
    pair_wan(p, 0, 0);
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    pair_wan(p, 0, 0x3);
    pair_run(p);
    assert_level(p, 0, LEVEL_HIGH);
    assert_int_equal(pair_covers(p, 0), PAIR_PREFIXES);
}

int main(void)
{
#define T(name)    cmocka_unit_test_setup_teardown(name, setup, teardown)
#define COLD(name) cmocka_unit_test_setup_teardown(name, setup_cold, teardown)
    const struct CMUnitTest tests[] = {
        T(test_lost_host_means_high_at_once),
        T(test_lost_agent_gets_a_grace_time),
        T(test_host_lost_within_the_grace_time),
        T(test_agent_restart_moves_no_level_of_either),
        T(test_agent_restart_while_the_other_is_drained),
        T(test_restart_of_a_drained_agent_stays_drained),
        T(test_both_alone_are_equal_and_refuse),
        T(test_host_comes_back_by_the_soak),
        T(test_silent_member_is_not_believed),
        T(test_silent_member_does_not_serve),
        T(test_each_view_hears_each_record),
        T(test_nothing_new_is_nothing_said),
        T(test_start_from_everything),
        T(test_start_alone),
        COLD(test_view_that_never_comes_is_a_view_of_one),
        COLD(test_nothing_happens_before_the_start),
        T(test_second_start_changes_nothing),
        T(test_both_in_maintenance_after_a_power_cut),
        T(test_both_agents_restart_drained),
        T(test_restart_in_the_middle_of_a_drain),
        T(test_level_that_drifts_is_put_right),
        T(test_unreadable_router_is_left_alone),
        T(test_level_that_fails_is_tried_again_by_the_timer_only),
        T(test_a_node_that_covers_nothing_makes_the_other_high),
        T(test_a_node_that_lost_all_its_sessions_returns_by_soaking),
        T(test_the_last_one_does_not_soak),
    };

    return cmocka_run_group_tests_name("the engine and its views", tests, NULL, NULL);
}
