/* Rise and fall: what successes and failures in a row make of a thing that is tried. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "routing/rise.h"

#define SECOND UINT64_C(1000000000)

static const struct rise_limits limits = {.rise = 3, .fall = 2}, damped = {3, 2, true};

/* Notes so many; returns after how many the state changed, 0: it did not. */
static unsigned note(struct rise *r, const struct rise_limits *l, bool success, unsigned most,
                     uint64_t now)
{
    for (unsigned n = 1; n <= most; n++) {
        if (rise_note(r, l, success, now))
            return n;
    }
    return 0;
}

static void test_unknown(void **state)
{
    struct rise up = {0}, down = {0};

    (void)state;
    assert_int_equal(note(&up, &limits, true, 1, SECOND), 1); /* the first success is enough */
    assert_int_equal(up.state, RISE_UP);
    assert_int_equal(note(&down, &limits, false, 9, SECOND), 2);
    assert_int_equal(down.state, RISE_DOWN);
}

static void test_only_in_a_row(void **state)
{
    struct rise r = {.state = RISE_UP};

    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        assert_false(rise_note(&r, &limits, false, SECOND));
        assert_false(rise_note(&r, &limits, true, SECOND));
    }
    assert_int_equal(note(&r, &limits, false, 9, SECOND), 2);
    assert_int_equal(note(&r, &limits, true, 2, SECOND), 0);
    assert_false(rise_note(&r, &limits, false, SECOND));
    assert_int_equal(note(&r, &limits, true, 9, SECOND), 3);
    assert_int_equal(r.state, RISE_UP);
}

/* Each fall soon after the rise doubles what the next rise needs, up to 32 times. */
static void test_flapping_is_damped(void **state)
{
    static const unsigned needs[] = {3, 6, 12, 24, 48, 96, 96, 96};
    struct rise r = {0};

    (void)state;
    rise_note(&r, &damped, true, 10000 * SECOND);
    for (unsigned i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        assert_int_equal(note(&r, &damped, false, 9, 10000 * SECOND + i * SECOND), 2);
        assert_int_equal(rise_needed(&r, &damped), needs[i]);
        assert_int_equal(note(&r, &damped, true, 999, 10000 * SECOND + i * SECOND), needs[i]);
    }
    /* Calm for ten minutes: forgotten. */
    assert_int_equal(note(&r, &damped, false, 9, 11000 * SECOND), 2);
    assert_int_equal(rise_needed(&r, &damped), 3);
}

static void test_not_damped(void **state)
{
    struct rise r = {.state = RISE_UP};

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(note(&r, &limits, false, 9, SECOND), 2);
        assert_int_equal(note(&r, &limits, true, 99, SECOND), 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_only_in_a_row),
        cmocka_unit_test(test_flapping_is_damped),
        cmocka_unit_test(test_not_damped),
    };

    return cmocka_run_group_tests_name("rise and fall", tests, NULL, NULL);
}
