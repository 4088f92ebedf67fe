/* Sending and receiving over a corosync that loses and doubles: the order always holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "cluster/inbox.h"
#include "cluster/outbox.h"
#include "cluster/wire.h"

#define VIEW     0x77u
#define STREAM   5u
#define RECEIVER 1u /* the index of the sender at the receiver */
#define ROUNDS   300
#define SENT     200u

static struct outbox box; /* 64 KiB: not on a stack */

static struct message guard(uint64_t covers)
{
    struct message m;

    memset(&m, 0, sizeof(m));
    m.type = MESSAGE_GUARD;
    m.guard.op = OP(1, 1);
    m.guard.covers = covers;
    return m;
}

static void add(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct message m = guard(i);
        assert_true(outbox_add(&box, &m, 0));
    }
}

/* Hands over what the box gives, and returns how many that was. */
static unsigned hand_over(uint64_t now)
{
    unsigned n = 0;

    while (outbox_next(&box) != NULL) {
        outbox_handed(&box, now);
        n++;
    }
    return n;
}

static void assert_next(uint64_t seq)
{
    const struct outbox_item *item = outbox_next(&box);

    assert_non_null(item);
    assert_int_equal(item->seq, seq);
}

static void numbers_start_at_1_in_each_view(void **state)
{
    struct wire_header header;
    struct message m;
    char err[ERR_MAX];
    (void)state;

    for (uint64_t view = VIEW; view < VIEW + 2; view++) {
        outbox_begin(&box, view, STREAM + view);
        assert_null(outbox_next(&box));
        add(2);
        assert_next(1);
        const struct outbox_item *item = outbox_next(&box);
        assert_true(wire_decode(item->bytes, item->size, &header, &m, err));
        assert_int_equal(header.view, view);
        assert_int_equal(header.incarnation, STREAM + view);
        assert_int_equal(header.seq, 1);
        outbox_handed(&box, 0);
        assert_next(2);
    }
}

static void a_new_view_drops_what_was_sent(void **state)
{
    (void)state;
    outbox_begin(&box, VIEW, STREAM);
    add(3);
    assert_int_equal(hand_over(10), 3);
    outbox_begin(&box, VIEW + 1, STREAM + 1);
    assert_null(outbox_next(&box));
    assert_int_equal(outbox_silence(&box, 9999), 0);
    assert_int_equal(outbox_idle(&box, 9999), 0);
    outbox_delivered(&box, 1, 0); /* a straggler */
    add(1);
    assert_next(1);
}

static void it_is_bounded(void **state)
{
    struct message m = guard(1);
    (void)state;

    outbox_begin(&box, VIEW, STREAM);
    add(OUTBOX_MAX);
    assert_false(outbox_add(&box, &m, 0));
    assert_int_equal(hand_over(0), OUTBOX_MAX);
    assert_false(outbox_add(&box, &m, 0));
    outbox_delivered(&box, 1, 0);
    assert_true(outbox_add(&box, &m, 0));
    assert_next(OUTBOX_MAX + 1);
    assert_false(outbox_add(&box, &m, 0));
}

static void what_cannot_be_encoded_is_not_kept(void **state)
{
    struct message m = guard(1);
    (void)state;

    outbox_begin(&box, VIEW, STREAM);
    m.guard.op = OP_NONE;
    assert_false(outbox_add(&box, &m, 0));
    assert_null(outbox_next(&box));
    add(1);
    assert_next(1);
}

static void only_the_oldest_is_acknowledged(void **state)
{
    (void)state;
    outbox_begin(&box, VIEW, STREAM);
    add(3);
    assert_int_equal(hand_over(0), 3);
    outbox_delivered(&box, 2, 0); /* over a gap: nobody accepts it */
    outbox_rewind(&box, 0);
    assert_next(1);
    outbox_handed(&box, 0);
    outbox_delivered(&box, 1, 0);
    assert_next(2);
    outbox_delivered(&box, 1, 0); /* a double */
    assert_next(2);
}

static void after_a_rewind_only_the_oldest_goes_until_it_is_seen(void **state)
{
    (void)state;
    outbox_begin(&box, VIEW, STREAM);
    add(5);
    assert_int_equal(hand_over(0), 5);
    for (unsigned i = 0; i < 3; i++) {
        outbox_rewind(&box, 0);
        assert_next(1);
        assert_int_equal(hand_over(0), 1);
    }
    add(1);
    assert_null(outbox_next(&box));
    outbox_delivered(&box, 1, 0);
    assert_next(2);
    assert_int_equal(hand_over(0), 5);
}

static void a_message_may_come_back_before_it_is_handed_again(void **state)
{
    (void)state;
    outbox_begin(&box, VIEW, STREAM);
    add(3);
    assert_int_equal(hand_over(0), 3);
    outbox_rewind(&box, 0);
    outbox_delivered(&box, 1, 0);
    outbox_delivered(&box, 2, 0);
    assert_next(3);
    assert_int_equal(hand_over(0), 1);
    outbox_delivered(&box, 3, 0);
    assert_null(outbox_next(&box));
    assert_int_equal(outbox_silence(&box, 99999), 0);
}

static void silence_is_the_age_of_the_oldest(void **state)
{
    struct message m = guard(1);
    (void)state;

    outbox_begin(&box, VIEW, STREAM);
    assert_int_equal(outbox_silence(&box, 1000), 0);
    assert_true(outbox_add(&box, &m, 1000));
    assert_true(outbox_add(&box, &m, 1500));
    assert_int_equal(outbox_silence(&box, 3000), 2000); /* even if it was never handed over */
    hand_over(2000);
    outbox_rewind(&box, 3000);
    hand_over(3000);
    assert_int_equal(outbox_silence(&box, 4000), 3000);
    outbox_delivered(&box, 1, 4000);
    assert_int_equal(outbox_silence(&box, 4100), 100);
    outbox_delivered(&box, 2, 4200);
    assert_int_equal(outbox_silence(&box, 9000), 0);
}

static void idle_counts_from_the_last_word_either_way(void **state)
{
    struct message m = guard(1);
    (void)state;

    outbox_begin(&box, VIEW, STREAM);
    assert_true(outbox_add(&box, &m, 1000));
    assert_true(outbox_add(&box, &m, 1000));
    assert_int_equal(outbox_idle(&box, 9000), 0); /* nothing handed over: nothing to repeat */
    hand_over(2000);
    assert_int_equal(outbox_idle(&box, 2500), 500);
    outbox_delivered(&box, 1, 2600);
    assert_int_equal(outbox_idle(&box, 3000), 400);
    outbox_rewind(&box, 3600);
    assert_int_equal(outbox_idle(&box, 9000), 0);
    hand_over(3700);
    assert_int_equal(outbox_idle(&box, 4000), 300);
}

/* ---- the receiving side ---- */

static struct inbox in;

static enum inbox_verdict judge(uint64_t view, uint64_t incarnation, uint64_t seq)
{
    struct wire_header header = {view, incarnation, seq};
    return inbox_judge(&in, RECEIVER, &header);
}

static void doubles_gaps_and_strays_are_dropped(void **state)
{
    (void)state;
    inbox_begin(&in, VIEW);
    assert_int_equal(judge(VIEW, STREAM, 2), INBOX_GAP); /* the first one was lost */
    assert_int_equal(judge(VIEW + 1, STREAM, 1), INBOX_OTHER_VIEW);
    assert_int_equal(judge(VIEW, STREAM, 1), INBOX_ACCEPT);
    assert_int_equal(judge(VIEW, STREAM, 1), INBOX_DOUBLE);
    assert_int_equal(judge(VIEW, STREAM, 3), INBOX_GAP);
    assert_int_equal(judge(VIEW, STREAM, 2), INBOX_ACCEPT);
    assert_int_equal(judge(VIEW, STREAM, 3), INBOX_ACCEPT);
    assert_int_equal(judge(VIEW, STREAM, 1), INBOX_DOUBLE);
    assert_int_equal(judge(VIEW, STREAM + 1, 4), INBOX_OTHER_INCARNATION);
    assert_int_equal(judge(VIEW, STREAM, 4), INBOX_ACCEPT);
}

static void a_gap_does_not_fix_the_stream(void **state)
{
    (void)state;
    inbox_begin(&in, VIEW);
    assert_int_equal(judge(VIEW, STREAM, 7), INBOX_GAP);
    assert_int_equal(judge(VIEW, STREAM + 1, 1), INBOX_ACCEPT);
}

static void each_sender_has_its_own_numbers(void **state)
{
    struct wire_header header = {VIEW, STREAM, 1};
    (void)state;

    inbox_begin(&in, VIEW);
    for (unsigned node = 0; node < NODES_MAX; node++)
        assert_int_equal(inbox_judge(&in, node, &header), INBOX_ACCEPT);
    for (unsigned node = 0; node < NODES_MAX; node++)
        assert_int_equal(inbox_judge(&in, node, &header), INBOX_DOUBLE);
}

static void a_new_view_begins_at_1_again(void **state)
{
    (void)state;
    inbox_begin(&in, VIEW);
    assert_int_equal(judge(VIEW, STREAM, 1), INBOX_ACCEPT);
    inbox_begin(&in, VIEW + 1);
    assert_int_equal(judge(VIEW, STREAM, 2), INBOX_OTHER_VIEW);
    assert_int_equal(judge(VIEW + 1, STREAM + 1, 1), INBOX_ACCEPT);
}

/* No view, as before the first one: nothing is accepted. */
static void without_a_view_nothing_is_accepted(void **state)
{
    (void)state;
    inbox_begin(&in, 0);
    assert_int_equal(judge(VIEW, STREAM, 1), INBOX_OTHER_VIEW);
}

/* ---- both together ---- */

static uint64_t seed;

static unsigned dice(unsigned limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed % limit);
}

/* One total order as corosync makes it: what is lost is lost to all, nothing overtakes. */
struct wire {
    unsigned count;
    struct outbox_item item[4 * OUTBOX_MAX];
};

static struct wire wire;

static void carry(unsigned loss)
{
    const struct outbox_item *item;

    while ((item = outbox_next(&box)) != NULL && wire.count < 4 * OUTBOX_MAX) {
        if (dice(100) >= loss)
            wire.item[wire.count++] = *item;
        outbox_handed(&box, 0);
    }
}

/* The sender and another member both see the next few messages of the order. */
static void deliver(unsigned n, struct inbox *at_sender, struct inbox *at_other, unsigned *next)
{
    for (; n > 0 && wire.count > 0; n--) {
        struct outbox_item item = wire.item[0];
        struct wire_header header;
        struct message m;
        char err[ERR_MAX];

        memmove(&wire.item[0], &wire.item[1], --wire.count * sizeof(wire.item[0]));
        assert_true(wire_decode(item.bytes, item.size, &header, &m, err));
        enum inbox_verdict mine = inbox_judge(at_sender, 0, &header);
        assert_int_equal(inbox_judge(at_other, RECEIVER, &header), mine);
        if (mine != INBOX_ACCEPT)
            continue;
        outbox_delivered(&box, header.seq, 0);
        assert_int_equal(m.guard.covers, *next); /* in order, each once */
        (*next)++;
    }
}

static void loss_and_doubles_do_not_change_the_order(void **state)
{
    static const unsigned losses[] = {0, 5, 30, 70};
    (void)state;

    seed = 4711;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct inbox at_sender, at_other;
        unsigned added = 0, next = 0, steps = 0;

        outbox_begin(&box, VIEW + round, STREAM + round);
        inbox_begin(&at_sender, VIEW + round);
        inbox_begin(&at_other, VIEW + round);
        wire.count = 0;
        while (next < SENT) {
            struct message m = guard(added);
            assert_true(++steps < 100000);
            if (added < SENT && dice(2) == 0)
                added += outbox_add(&box, &m, 0);
            carry(losses[round % 4]);
            if (dice(3) == 0)
                deliver(dice(20), &at_sender, &at_other, &next);
            if (dice(20) == 0)
                outbox_rewind(&box, 0);
        }
        assert_int_equal(next, SENT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_start_at_1_in_each_view),
        cmocka_unit_test(a_new_view_drops_what_was_sent),
        cmocka_unit_test(it_is_bounded),
        cmocka_unit_test(what_cannot_be_encoded_is_not_kept),
        cmocka_unit_test(only_the_oldest_is_acknowledged),
        cmocka_unit_test(after_a_rewind_only_the_oldest_goes_until_it_is_seen),
        cmocka_unit_test(a_message_may_come_back_before_it_is_handed_again),
        cmocka_unit_test(silence_is_the_age_of_the_oldest),
        cmocka_unit_test(idle_counts_from_the_last_word_either_way),
        cmocka_unit_test(doubles_gaps_and_strays_are_dropped),
        cmocka_unit_test(a_gap_does_not_fix_the_stream),
        cmocka_unit_test(each_sender_has_its_own_numbers),
        cmocka_unit_test(a_new_view_begins_at_1_again),
        cmocka_unit_test(without_a_view_nothing_is_accepted),
        cmocka_unit_test(loss_and_doubles_do_not_change_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
