/* The guard: each single condition, taken away, turns the permission into a no. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "agent/guard.h"

#define ALL UINT64_C(0xf)

/* gw1 of two, saved and about to withdraw, guarded by gw2 for everything. */
static struct engine permitted(void)
{
    struct engine e;

    memset(&e, 0, sizeof(e));
    e.nodes = 2;
    e.tunnels = 2;
    e.id[0] = 10;
    e.id[1] = 20;
    e.prefixes = ALL;
    e.digest = 77;
    e.phase = PHASE_WITHDRAWING;
    e.saved = 1;
    e.op = e.lock = OP(10, 1);
    e.members = e.ring = 0x3;
    e.known = 0x2;
    e.guards[1] = ALL;
    e.rec[1].phase = PHASE_IN_SERVICE;
    e.rec[1].level = LEVEL_HIGH;
    e.rec[1].digest = 77;
    e.rec[1].covers = ALL;
    return e;
}

static void test_all_conditions_together_permit(void **state)
{
    struct engine e = permitted();

    (void)state;
    assert_int_equal(guard_held(&e), ALL);
    assert_true(guard_permits_withdraw(&e));
}

#define REFUSES(change)                                                                            \
    do {                                                                                           \
        struct engine e = permitted();                                                             \
        change;                                                                                    \
        assert_false(guard_permits_withdraw(&e));                                                  \
    } while (0)

static void test_each_condition_of_the_guard(void **state)
{
    (void)state;
    REFUSES(e.guards[1] = 0);            /* it has promised nothing */
    REFUSES(e.guards[1] = ALL & ~1u);    /* not everything */
    REFUSES(e.rec[1].covers = ALL >> 1); /* it covers less than it promised */
    REFUSES(e.members = 0x1);            /* it is gone */
    REFUSES(e.known = 0);                /* it has never spoken */
    REFUSES(e.awaited = 0x2);            /* it has not spoken in this view */
    REFUSES(e.rec[1].digest = 78);       /* it shares other prefixes */
    for (unsigned level = 0; level < LEVEL_HIGH; level++)
        REFUSES(e.rec[1].level = (uint8_t)level);
    for (unsigned phase = 0; phase < PHASES; phase++) {
        if (phase != PHASE_IN_SERVICE)
            REFUSES(e.rec[1].phase = (uint8_t)phase);
    }
}

static void test_each_condition_of_the_leaver(void **state)
{
    (void)state;
    REFUSES(e.saved = 0);
    REFUSES(e.op = OP_NONE);
    REFUSES(e.lock = OP_NONE);
    REFUSES(e.lock = e.op = OP_NONE);
    REFUSES(e.lock = OP(10, 2));
    REFUSES(e.lock_node = 1);
    REFUSES(e.op_flags = ASK_FLAG_DRY_RUN);
    for (unsigned phase = 0; phase < PHASES; phase++) {
        if (phase != PHASE_WITHDRAWING)
            REFUSES(e.phase = (uint8_t)phase);
    }
}

static void test_force_permits_nothing_more(void **state)
{
    (void)state;
    REFUSES(e.op_flags = ASK_FLAG_FORCE; e.guards[1] = ALL & ~8u);
    REFUSES(e.op_flags = ASK_FLAG_FORCE; e.rec[1].level = LEVEL_NORMAL);
}

static void test_own_promise_does_not_count(void **state)
{
    (void)state;
    REFUSES(e.guards[0] = ALL; e.rec[0] = e.rec[1]; e.known = 0x3; e.guards[1] = 0);
}

/* Each single prefix must be held, by whomever. */
static void test_every_prefix_counts(void **state)
{
    struct engine e = permitted();

    (void)state;
    e.nodes = 3;
    e.members = 0x7;
    e.known = 0x6;
    e.rec[2] = e.rec[1];
    for (unsigned split = 0; split <= ALL; split++) {
        e.guards[1] = split;
        e.guards[2] = ALL & ~(uint64_t)split;
        assert_true(guard_permits_withdraw(&e));
        for (unsigned bit = 0; bit < 4; bit++) {
            struct engine less = e;

            less.guards[1] &= ~(UINT64_C(1) << bit);
            less.guards[2] &= ~(UINT64_C(1) << bit);
            assert_false(guard_permits_withdraw(&less));
            assert_int_equal(guard_held(&less), ALL & ~(UINT64_C(1) << bit));
        }
    }
}

/* What is not shared does not count, for or against. */
static void test_foreign_prefixes_are_ignored(void **state)
{
    struct engine e = permitted();

    (void)state;
    e.guards[1] = e.rec[1].covers = ~UINT64_C(0);
    assert_int_equal(guard_held(&e), ALL);
    assert_true(guard_permits_withdraw(&e));
    e.guards[1] = e.rec[1].covers = ~ALL;
    assert_int_equal(guard_held(&e), 0);
    assert_false(guard_permits_withdraw(&e));
}

static void test_all_sixty_four_prefixes(void **state)
{
    struct engine e = permitted();

    (void)state;
    e.prefixes = e.guards[1] = e.rec[1].covers = ~UINT64_C(0);
    assert_true(guard_permits_withdraw(&e));
    e.rec[1].covers &= ~(UINT64_C(1) << 63);
    assert_false(guard_permits_withdraw(&e));
}

static void test_what_a_guard_lacks(void **state)
{
    struct engine e = permitted();

    (void)state;
    e.seen.covers = ALL;
    e.seen.tunnels_up = e.seen.sessions_up = 0x3;
    assert_int_equal(guard_lacks(&e, false), REASON_NONE);
    e.seen.tunnels_up = 0x2;
    assert_int_equal(guard_lacks(&e, false), REASON_NOT_REDUNDANT);
    assert_int_equal(guard_lacks(&e, true), REASON_NONE);
    e.seen.tunnels_up = 0x3;
    e.seen.sessions_up = 0x1;
    assert_int_equal(guard_lacks(&e, false), REASON_NOT_REDUNDANT);
    assert_int_equal(guard_lacks(&e, true), REASON_NONE);
    e.seen.covers = ALL >> 1;
    assert_int_equal(guard_lacks(&e, false), REASON_NOT_COVERED);
    assert_int_equal(guard_lacks(&e, true), REASON_NOT_COVERED);
    e.seen.covers = ~UINT64_C(0);
    e.tunnels = 8;
    e.seen.tunnels_up = e.seen.sessions_up = 0xff;
    assert_int_equal(guard_lacks(&e, false), REASON_NONE);
}

static void test_asking_changes_nothing(void **state)
{
    struct engine e = permitted(), before = e;

    (void)state;
    guard_permits_withdraw(&e);
    guard_held(&e);
    guard_lacks(&e, false);
    assert_memory_equal(&e, &before, sizeof(e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_conditions_together_permit),
        cmocka_unit_test(test_each_condition_of_the_guard),
        cmocka_unit_test(test_each_condition_of_the_leaver),
        cmocka_unit_test(test_force_permits_nothing_more),
        cmocka_unit_test(test_own_promise_does_not_count),
        cmocka_unit_test(test_every_prefix_counts),
        cmocka_unit_test(test_foreign_prefixes_are_ignored),
        cmocka_unit_test(test_all_sixty_four_prefixes),
        cmocka_unit_test(test_what_a_guard_lacks),
        cmocka_unit_test(test_asking_changes_nothing),
    };

    return cmocka_run_group_tests_name("the guard", tests, NULL, NULL);
}
