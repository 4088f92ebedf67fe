/*
 * The count of packets decides whether "no packet lost" is true, so it is tested by itself: each
 * test plays arrivals whose count can be done by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lab/tally.h"

#define MS INT64_C(1000000)

static int start(void **state)
{
    static struct tally t;

    tally_init(&t, 10 * MS, 1000 * MS);
    *state = &t;
    return 0;
}

static int end(void **state)
{
    tally_free(*state);
    return 0;
}

/* Numbers from .. to - 1, one each millisecond, arriving as they are sent. */
static void play(struct tally *t, uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++) {
        int64_t at = 1000 * MS + (int64_t)i * MS;

        assert_int_equal(tally_add(t, i, at, at), 0);
    }
}

static void test_all_came(void **state)
{
    struct tally *t = *state;

    play(t, 0, 100000);
    assert_int_equal(tally_close(t, 100000, 102000 * MS), 0);
    assert_int_equal(t->received, 100000);
    assert_int_equal(tally_missing(t, 0, 100000), 0);
    assert_int_equal(t->reordered, 0);
    assert_int_equal(t->duplicated, 0);
    assert_int_equal(t->gap_count, 0);
}

static void test_none_came(void **state)
{
    struct tally *t = *state;

    assert_int_equal(tally_close(t, 50, 3000 * MS), 0);
    assert_int_equal(tally_missing(t, 0, 50), 50);
    assert_int_equal(t->gap_count, 1);
    assert_int_equal(t->gaps[0].open, 1);
    assert_int_equal(t->gaps[0].length_ns, 2000 * MS);
}

static void test_outage_is_a_gap_with_its_loss(void **state)
{
    struct tally *t = *state;

    play(t, 0, 1000);
    play(t, 3000, 4000);
    assert_int_equal(t->gap_count, 1);
    assert_int_equal(t->gaps[0].start_ns, 1999 * MS);
    assert_int_equal(t->gaps[0].length_ns, 2001 * MS);
    assert_int_equal(t->gaps[0].sent_apart_ns, 2001 * MS);
    assert_int_equal(tally_missing(t, t->gaps[0].first, t->gaps[0].end), 2000);
    assert_int_equal(tally_missing(t, 0, 4000), 2000);
    assert_int_equal(t->reordered, 0);
}

static void test_stall_is_a_gap_without_loss(void **state)
{
    struct tally *t = *state;

    play(t, 0, 10);
    assert_int_equal(tally_add(t, 10, 1050 * MS, 1050 * MS), 0);
    assert_int_equal(t->gap_count, 1);
    assert_int_equal(t->gaps[0].length_ns, 41 * MS);
    assert_int_equal(tally_missing(t, t->gaps[0].first, t->gaps[0].end), 0);
}

static void test_ten_milliseconds_are_no_gap(void **state)
{
    struct tally *t = *state;

    play(t, 0, 10);
    assert_int_equal(tally_add(t, 10, 1019 * MS, 1019 * MS), 0);
    assert_int_equal(t->gap_count, 0);
    assert_int_equal(tally_add(t, 11, 1029 * MS + 1, 1029 * MS + 1), 0);
    assert_int_equal(t->gap_count, 1);
}

static void test_late_packet_is_reordered_not_lost(void **state)
{
    struct tally *t = *state;

    play(t, 0, 10);
    play(t, 30, 40);
    assert_int_equal(tally_missing(t, t->gaps[0].first, t->gaps[0].end), 20);
    assert_int_equal(tally_add(t, 15, 1015 * MS, 1041 * MS), 0);
    assert_int_equal(t->reordered, 1);
    assert_int_equal(tally_missing(t, t->gaps[0].first, t->gaps[0].end), 19);
    assert_int_equal(tally_missing(t, 0, 40), 19);
}

static void test_gap_ended_by_a_late_packet_blames_nobody(void **state)
{
    struct tally *t = *state;

    play(t, 0, 5);
    play(t, 6, 10);
    assert_int_equal(tally_add(t, 5, 1005 * MS, 1100 * MS), 0);
    assert_int_equal(t->gap_count, 1);
    assert_int_equal(tally_missing(t, t->gaps[0].first, t->gaps[0].end), 0);
    assert_int_equal(t->gaps[0].first, t->gaps[0].end);
}

static void test_twice_is_duplicated_once_received(void **state)
{
    struct tally *t = *state;

    play(t, 0, 10);
    assert_int_equal(tally_add(t, 9, 1009 * MS, 1010 * MS), 0);
    assert_int_equal(tally_add(t, 3, 1003 * MS, 1011 * MS), 0);
    assert_int_equal(t->received, 10);
    assert_int_equal(t->duplicated, 2);
    assert_int_equal(t->reordered, 0);
}

static void test_lost_first_packets_are_counted(void **state)
{
    struct tally *t = *state;

    play(t, 500, 600);
    assert_int_equal(tally_missing(t, 0, 600), 500);
    assert_int_equal(t->gap_count, 1);
    assert_int_equal(t->gaps[0].first, 0);
    assert_int_equal(t->gaps[0].end, 500);
    assert_int_equal(t->gaps[0].sent_apart_ns, -1);
}

static void test_slow_first_packet_is_no_gap(void **state)
{
    struct tally *t = *state;

    assert_int_equal(tally_add(t, 0, 9000 * MS, 9000 * MS), 0);
    assert_int_equal(t->gap_count, 0);
}

static void test_lost_tail_is_an_open_gap(void **state)
{
    struct tally *t = *state;

    play(t, 0, 1000);
    assert_int_equal(tally_close(t, 1003, 2003 * MS), 0);
    assert_int_equal(t->gap_count, 1);
    assert_int_equal(t->gaps[0].open, 1);
    assert_int_equal(tally_missing(t, t->gaps[0].first, t->gaps[0].end), 3);
}

static void test_number_out_of_bounds_is_refused(void **state)
{
    struct tally *t = *state;

    assert_int_equal(tally_add(t, TALLY_SEQ_MAX, 0, 0), -1);
    assert_int_equal(tally_add(t, UINT64_MAX, 0, 0), -1);
    assert_int_equal(t->received, 0);
    assert_int_equal(t->next, 0);
}

static void test_many_gaps_are_all_kept(void **state)
{
    struct tally *t = *state;

    for (int64_t i = 0; i < 1000; i++)
        assert_int_equal(tally_add(t, (uint64_t)i, i * 20 * MS, 1000 * MS + i * 20 * MS), 0);
    assert_int_equal(t->gap_count, 999);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_all_came),
        T(test_none_came),
        T(test_outage_is_a_gap_with_its_loss),
        T(test_stall_is_a_gap_without_loss),
        T(test_ten_milliseconds_are_no_gap),
        T(test_late_packet_is_reordered_not_lost),
        T(test_gap_ended_by_a_late_packet_blames_nobody),
        T(test_twice_is_duplicated_once_received),
        T(test_lost_first_packets_are_counted),
        T(test_slow_first_packet_is_no_gap),
        T(test_lost_tail_is_an_open_gap),
        T(test_number_out_of_bounds_is_refused),
        T(test_many_gaps_are_all_kept),
    };

    return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
