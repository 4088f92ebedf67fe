/* The BIRD driver against a BIRD of cardboard: what it asks, in what order, and how it ends when
 * BIRD refuses, hangs, dies, or does not do what it was told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "routing/bird_level.h"
#include "routing/driver.h"
#include "tests/unit/fake_bird.h"

#define BENCH_FAKE struct fake_bird
#include "tests/unit/router_bench.h"

static void put_level(struct bench *b, enum level level)
{
    char text[BIRD_LEVEL_SIZE], err[ERR_MAX];
    assert_true(router_bird_level_text(&b->conf, level, text, sizeof(text)) > 0);
    assert_true(bird_level_write(b->conf.level_file, text, err));
}

static enum level file_level(struct bench *b)
{
    char text[BIRD_LEVEL_SIZE], err[ERR_MAX];
    enum level level = LEVEL_WITHDRAWN;
    assert_true(bird_level_read(b->conf.level_file, text, err));
    assert_true(bird_level_parse(text, &level));
    return level;
}

static int set_up(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));
    char err[ERR_MAX];

    if (b == NULL)
        return -1;
    *state = b;
    snprintf(b->dir, sizeof(b->dir), "/tmp/cgwha-bird.XXXXXX");
    if (mkdtemp(b->dir) == NULL)
        return -1;
    b->loop = qb_loop_create();
    bench_conf(b);
    snprintf(b->conf.socket, sizeof(b->conf.socket), "%s/bird.ctl", b->dir);
    snprintf(b->conf.level_file, sizeof(b->conf.level_file), "%s/level", b->dir);
    put_level(b, LEVEL_NORMAL);
    fake_start(&b->fake, b->loop, &b->conf);
    b->events = (struct router_events){on_seen, on_done};
    return driver_create(&b->router, &backend_bird, b->loop, &b->conf, &b->events, b, &calm, err)
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    struct bench *b = *state;

    b->router.ops->destroy(b->router.self);
    fake_die(&b->fake);
    qb_loop_destroy(b->loop);
    unlink(b->conf.level_file);
    int left = rmdir(b->dir); /* fails if a temporary file was left behind */
    free(b);
    return left;
}

/* The same driver anew, with other times. */
static void with_times(struct bench *b, uint32_t silence_ms, uint32_t reply_ms)
{
    struct control_times times = calm;
    char err[ERR_MAX];

    times.silence_ms = silence_ms;
    times.reply_ms = reply_ms;
    b->router.ops->destroy(b->router.self);
    assert_true(
        driver_create(&b->router, &backend_bird, b->loop, &b->conf, &b->events, b, &times, err));
}

/* Looks */

static void a_snapshot_is_complete(void **state)
{
    struct bench *b = *state;

    b->fake.session[TUN12].stubborn = true;
    b->fake.session[LAN].exports = "10.1.0.0/16";
    poll_once(b);
    assert_true(b->seen.reachable && b->seen.level_known);
    assert_int_equal(b->seen.level, LEVEL_NORMAL);
    assert_string_equal(b->seen.version, "BIRD 2.0.12");
    assert_string_equal(b->seen.why, "");
    const struct router_session_seen *s = b->seen.session;
    assert_true(s[TUN11].known && s[TUN11].established && s[TUN11].table && !s[TUN11].disabled);
    assert_string_equal(s[TUN11].state, "Established");
    assert_true(s[TUN11].exported == 1 && s[TUN11].at_level == 1);
    assert_true(s[TUN12].exported == 1 && s[TUN12].at_level == 0);
    assert_int_equal(s[TUN11].routes_in, 2);
    assert_int_equal(s[LAN].routes_out, 1);
    assert_int_equal(s[LAN].routes_wrong, 0);
    assert_true(s[LAN].exported == 0);
    assert_false(s[SESSIONS].known);
    /* Nothing was changed. */
    assert_int_equal(fake_count(&b->fake, "configure"), 0);
}

static void sessions_down_closed_and_unknown_are_told_apart(void **state)
{
    struct bench *b = *state;

    b->fake.session[TUN11].up = false;
    b->fake.session[TUN12].up = false;
    b->fake.session[TUN12].disabled = true;
    snprintf(b->conf.session[LAN].name, NAME_MAX_LEN, "other"); /* the fake's names, not ours */
    poll_once(b);
    const struct router_session_seen *s = b->seen.session;
    assert_true(s[TUN11].known && !s[TUN11].established && !s[TUN11].disabled);
    assert_string_equal(s[TUN11].state, "Active");
    assert_true(s[TUN12].known && !s[TUN12].established && s[TUN12].disabled);
    assert_string_equal(s[TUN12].state, "down");
    assert_false(s[LAN].known);
    assert_int_equal(fake_count(&b->fake, "show route"), 0);
}

static void polls_are_joined(void **state)
{
    struct bench *b = *state;
    poll_once(b);
    b->router.ops->poll(b->router.self);
    b->router.ops->poll(b->router.self);
    run_until(b, 2, 0);
    poll_once(b);
    assert_int_equal(b->seen_count, 3);
    assert_int_equal(fake_count(&b->fake, "show protocols all"), 3);
}

static void a_change_under_way_begins_the_look_again(void **state)
{
    struct bench *b = *state;
    b->fake.flaps = 1;
    poll_once(b);
    assert_true(b->seen.reachable);
    assert_false(b->seen.session[TUN11].established);
    assert_int_equal(fake_count(&b->fake, "show protocols all"), 2);
}

static void restless_sessions_are_no_snapshot(void **state)
{
    struct bench *b = *state;
    b->fake.flaps = 1000;
    poll_once(b);
    assert_false(b->seen.reachable);
    assert_non_null(strstr(b->seen.why, "change faster"));
    b->fake.flaps = 0;
    poll_once(b);
    assert_true(b->seen.reachable);
}

static void a_level_file_missing_or_foreign_is_said(void **state)
{
    struct bench *b = *state;
    char err[ERR_MAX];
    assert_true(bird_level_write(b->conf.level_file, "define OTHER = 1;\n", err));
    poll_once(b);
    assert_true(b->seen.reachable && !b->seen.level_known);
    assert_true(b->seen.session[TUN11].exported == 1 && b->seen.session[TUN11].at_level == 0);
    unlink(b->conf.level_file);
    poll_once(b);
    assert_true(b->seen.reachable && !b->seen.level_known);
}

static void replies_may_come_byte_by_byte(void **state)
{
    struct bench *b = *state;
    b->fake.chunk = 1;
    poll_once(b);
    assert_true(b->seen.reachable);
    assert_true(b->seen.session[TUN11].at_level == 1);
    b->fake.chunk = 7;
    check_answer(level_now(b, LEVEL_HIGH), OUTCOME_OK, "");
}

/* The connection */

static void a_slow_reply_is_no_silence(void **state)
{
    struct bench *b = *state;
    with_times(b, 800, calm.reply_ms);
    poll_until_reachable(b);
    b->fake.chunk = 50;
    b->fake.pace_ms = 40; /* some 30 pieces: in all longer than the silence allowed */
    poll_once(b);
    assert_true(b->seen.reachable);
}

static void a_reply_that_drips_for_ever_is_given_up(void **state)
{
    struct bench *b = *state;
    with_times(b, calm.silence_ms, 200);
    poll_until_reachable(b);
    b->fake.chunk = 1;
    b->fake.pace_ms = 10;
    poll_once(b);
    assert_false(b->seen.reachable);
    assert_non_null(strstr(b->seen.why, "does not answer"));
}

static void a_dead_bird_is_named(void **state)
{
    struct bench *b = *state;
    poll_once(b);
    fake_die(&b->fake);
    poll_once(b);
    assert_false(b->seen.reachable);
    assert_non_null(strstr(b->seen.why, b->conf.socket));
    check_answer(level_now(b, LEVEL_HIGH), OUTCOME_FAILED, b->conf.socket);
    assert_int_equal(file_level(b), LEVEL_NORMAL);
    while (strstr(b->seen.why, "No such file") == NULL)
        poll_once(b); /* the reason of the attempts to reconnect */
    assert_non_null(strstr(b->seen.why, "is BIRD running"));
    fake_listen(&b->fake);
    poll_until_reachable(b);
    assert_true(b->seen.session[TUN11].at_level == 1);
}

static void the_first_poll_of_a_dead_bird_is_answered(void **state)
{
    struct bench *b = *state;
    fake_die(&b->fake);
    poll_once(b);
    assert_false(b->seen.reachable);
    assert_non_null(strstr(b->seen.why, "No such file"));
}

static void a_stranger_is_not_bird(void **state)
{
    static const char *const banners[] = {"HTTP/1.1 400 Bad Request", "0001 FRR 8 ready.",
                                          "0001-BIRD 2 ready.", ""};
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof(banners) / sizeof(banners[0]); i++) {
        fake_die(&b->fake);
        b->fake.banner = banners[i];
        fake_listen(&b->fake);
        while (strstr(b->seen.why, "what answers") == NULL)
            poll_once(b);
        assert_false(b->seen.reachable);
        assert_non_null(strstr(b->seen.why, "what answers"));
        b->seen.why[0] = '\0';
    }
}

static void a_hung_bird_is_lost_in_time(void **state)
{
    static const char *const where[] = {"", "show protocols all", "show route", "show protocols"};
    struct bench *b = *state;
    with_times(b, 80, calm.reply_ms);
    for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
        b->fake.hang_on = NULL;
        poll_until_reachable(b);
        b->fake.hang_on = where[i];
        if (where[i][0] == '\0')
            fake_die(&b->fake), fake_listen(&b->fake); /* it hangs before its banner */
        while (b->seen.reachable || strstr(b->seen.why, "does not answer") == NULL)
            poll_once(b);
        assert_non_null(strstr(b->seen.why, where[i]));
    }
}

static void a_reply_cut_in_the_middle_is_no_snapshot(void **state)
{
    static const char *const where[] = {"show protocols all", "show route"};
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
        poll_until_reachable(b);
        b->fake.cut_on = where[i];
        poll_once(b);
        assert_false(b->seen.reachable);
        assert_non_null(strstr(b->seen.why, "cannot be reached"));
    }
}

/* Levels */

static void a_level_is_tried_read_back_and_confirmed(void **state)
{
    struct bench *b = *state;

    check_answer(level_now(b, LEVEL_LOW), OUTCOME_OK, "");
    assert_string_equal(b->fake.log, "configure check\n"
                                     "configure timeout 10\n"
                                     "show protocols all\n"
                                     "show route all export table 'tun11'.ipv4\n"
                                     "show route all export table 'tun12'.ipv4\n"
                                     "show route all export table 'lan'.ipv4\n"
                                     "show protocols\n"
                                     "configure confirm\n");
    assert_int_equal(file_level(b), LEVEL_LOW);
    assert_int_equal(b->fake.running, LEVEL_LOW);
    poll_once(b);
    assert_int_equal(b->seen.level, LEVEL_LOW);
    assert_true(b->seen.session[TUN12].at_level == 1);
}

static void every_level_can_be_reached_from_every_other(void **state)
{
    struct bench *b = *state;
    for (unsigned from = 0; from < LEVELS; from++) {
        for (unsigned to = 0; to < LEVELS; to++) {
            check_answer(level_now(b, from), OUTCOME_OK, "");
            check_answer(level_now(b, to), OUTCOME_OK, "");
            assert_int_equal(b->fake.running, to);
            assert_int_equal(file_level(b), to);
            b->done_count = 0;
            b->fake.log[0] = '\0';
        }
    }
}

static void exports_that_lag_are_waited_for(void **state)
{
    struct bench *b = *state;
    poll_once(b);
    b->fake.before = LEVEL_NORMAL;
    b->fake.lag = 7;
    check_answer(level_now(b, LEVEL_WITHDRAWN), OUTCOME_OK, "");
    assert_true(fake_count(&b->fake, "show protocols all") >= 4);
    assert_int_equal(b->fake.lag, 0);
    assert_false(b->fake.unconfirmed);
}

static void an_empty_table_after_being_withdrawn_is_given_a_moment(void **state)
{
    struct bench *b = *state;
    check_answer(level_now(b, LEVEL_WITHDRAWN), OUTCOME_OK, "");
    b->fake.lag = 7; /* two looks see nothing yet */
    check_answer(level_now(b, LEVEL_LOW), OUTCOME_OK, "");
    assert_int_equal(b->fake.lag, 0);
    /* But only a moment: the filter may well export nothing. */
    b->fake.session[TUN12].exports = NULL;
    check_answer(level_now(b, LEVEL_WITHDRAWN), OUTCOME_OK, "");
    b->fake.log[0] = '\0';
    check_answer(level_now(b, LEVEL_LOW), OUTCOME_OK, "");
    assert_int_equal(fake_count(&b->fake, "show protocols all"), 13);
    /* And not for the LAN, which has nothing to be told before the cloud's routes are learnt. */
    b->fake.session[TUN12].exports = "10.20.0.0/16";
    b->fake.session[LAN].exports = NULL;
    check_answer(level_now(b, LEVEL_WITHDRAWN), OUTCOME_OK, "");
    b->fake.log[0] = '\0';
    check_answer(level_now(b, LEVEL_LOW), OUTCOME_OK, "");
    assert_int_equal(fake_count(&b->fake, "show protocols all"), 1);
    b->fake.session[TUN12].exports = NULL;
    /* And not at all where something was exported before. */
    b->fake.log[0] = '\0';
    check_answer(level_now(b, LEVEL_HIGH), OUTCOME_OK, "");
    assert_int_equal(fake_count(&b->fake, "show protocols all"), 1);
}

static void a_session_that_comes_up_meanwhile_is_read_too(void **state)
{
    struct bench *b = *state;
    b->fake.session[TUN12].up = false;
    b->fake.session[TUN12].stubborn = true;
    b->fake.lag = 1; /* the first look does not agree */
    b->fake.up_after = 2;
    check_answer(level_in_vain(b, LEVEL_LOW), OUTCOME_FAILED, "tun12 still exports 10.20.0.0/16");
}

static void with_no_session_up_bird_s_word_is_enough(void **state)
{
    struct bench *b = *state;
    for (unsigned i = 0; i < SESSIONS; i++)
        b->fake.session[i].up = false;
    check_answer(level_now(b, LEVEL_HIGH), OUTCOME_OK, "");
    assert_int_equal(b->fake.running, LEVEL_HIGH);
}

static void a_refused_configuration_changes_nothing(void **state)
{
    struct bench *b = *state;
    b->fake.refuse = "8002 /etc/bird/bird.conf:5:22 syntax error, unexpected '['";
    check_answer(level_now(b, LEVEL_LOW), OUTCOME_FAILED, "/etc/bird/bird.conf:5:22 syntax error");
    assert_string_equal(b->fake.log, "configure check\n");
    assert_int_equal(file_level(b), LEVEL_NORMAL);
    b->fake.refuse = "8007 Access denied";
    check_answer(level_now(b, LEVEL_LOW), OUTCOME_FAILED, "restricted");
    assert_int_equal(file_level(b), LEVEL_NORMAL);
    assert_int_equal(b->fake.running, LEVEL_NORMAL);
}

static void a_level_that_does_not_show_is_undone(void **state)
{
    struct bench *b = *state;
    b->fake.session[TUN12].stubborn = true;
    check_answer(level_in_vain(b, LEVEL_HIGH), OUTCOME_FAILED,
                 "tun12 still exports 10.20.0.0/16 with MED 200, wanted 20");
    assert_int_equal(fake_count(&b->fake, "configure undo"), 1);
    assert_int_equal(fake_count(&b->fake, "configure confirm"), 0);
    assert_int_equal(file_level(b), LEVEL_NORMAL);
    assert_int_equal(b->fake.running, LEVEL_NORMAL);
    assert_false(b->fake.unconfirmed);
}

static void what_the_user_forgot_is_named(void **state)
{
    struct bench *b = *state;
    b->fake.session[TUN11].no_table = true;
    check_answer(level_in_vain(b, LEVEL_HIGH), OUTCOME_FAILED,
                 "add 'export table on;' to the channel of tun11");
    b->fake.session[TUN11].no_table = false;
    b->fake.session[LAN].no_rs_client = true;
    check_answer(level_in_vain(b, LEVEL_HIGH), OUTCOME_FAILED,
                 "add 'rs client;' to protocol bgp lan");
    check_answer(level_now(b, LEVEL_WITHDRAWN), OUTCOME_OK, "");
}

static void a_new_level_takes_the_place_of_one_not_begun(void **state)
{
    struct bench *b = *state;
    order_level(b, 1, LEVEL_LOW);
    order_level(b, 2, LEVEL_NORMAL);
    order_level(b, 3, LEVEL_WITHDRAWN);
    run_until(b, 0, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(b->done[i].id, i + 1);
    check_answer(&b->done[0], OUTCOME_FAILED, "later order");
    check_answer(&b->done[1], OUTCOME_FAILED, "later order");
    check_answer(&b->done[2], OUTCOME_OK, "");
    assert_int_equal(fake_count(&b->fake, "configure timeout"), 1);
    assert_int_equal(b->fake.running, LEVEL_WITHDRAWN);
}

/* Orders the next level from within a snapshot, while the first is being read back. */
static void supersede_on_seen(void *ctx, const struct router_seen *seen)
{
    struct bench *b = ctx;
    on_seen(ctx, seen);
    b->fake.session[TUN12].stubborn = false;
    order_level(b, 2, LEVEL_LOW);
}

static void a_new_level_takes_the_place_of_one_being_read_back(void **state)
{
    struct bench *b = *state;

    poll_once(b);
    b->router.ops->destroy(b->router.self);
    b->events.seen = supersede_on_seen;
    char err[ERR_MAX];
    assert_true(
        driver_create(&b->router, &backend_bird, b->loop, &b->conf, &b->events, b, &calm, err));
    b->fake.session[TUN12].stubborn = true;
    order_level(b, 1, LEVEL_HIGH);
    b->router.ops->poll(b->router.self);
    run_until(b, 2, 2);
    assert_int_equal(b->done[0].id, 1);
    check_answer(&b->done[0], OUTCOME_FAILED, "later order");
    assert_int_equal(b->done[1].id, 2);
    check_answer(&b->done[1], OUTCOME_OK, "");
    /* Not undone in between: the traffic would have come back for a moment. */
    assert_int_equal(fake_count(&b->fake, "configure undo"), 0);
    assert_int_equal(b->fake.running, LEVEL_LOW);
    assert_int_equal(file_level(b), LEVEL_LOW);
}

/* Order the next level at the moment BIRD hears that command. */
static void supersede_on_confirm(void *ctx, const char *line)
{
    struct bench *b = ctx;
    if (strcmp(line, "configure confirm") == 0) {
        b->fake.on_command = NULL;
        order_level(b, 2, LEVEL_LOW);
    }
}

static void supersede_on_timeout(void *ctx, const char *line)
{
    struct bench *b = ctx;
    if (strncmp(line, "configure timeout", 17) == 0) {
        b->fake.on_command = NULL;
        order_level(b, 2, LEVEL_LOW);
    }
}

static void the_first_of_two_levels_fails_whenever_the_second_comes(void **state)
{
    struct bench *b = *state;
    for (unsigned i = 0; i < 2; i++) {
        b->fake.on_command = i == 0 ? supersede_on_confirm : supersede_on_timeout;
        b->fake.ctx = b;
        b->done_count = 0;
        order_level(b, 1, LEVEL_HIGH);
        run_until(b, 0, 2);
        assert_int_equal(b->done[0].id, 1);
        check_answer(&b->done[0], OUTCOME_FAILED, "later order");
        assert_int_equal(b->done[1].id, 2);
        check_answer(&b->done[1], OUTCOME_OK, "");
        assert_int_equal(b->fake.running, LEVEL_LOW);
        assert_int_equal(file_level(b), LEVEL_LOW);
    }
}

static void a_level_ends_whatever_step_bird_hangs_in(void **state)
{
    static const char *const where[] = {"configure check", "configure timeout", "show protocols",
                                        "show route", "configure confirm"};
    struct bench *b = *state;
    with_times(b, 80, calm.reply_ms);
    for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
        b->fake.hang_on = NULL;
        poll_until_reachable(b);
        b->fake.hang_on = where[i];
        check_answer(level_now(b, LEVEL_HIGH), OUTCOME_FAILED, "does not answer");
        assert_int_equal(file_level(b), LEVEL_NORMAL);
        b->fake.running = LEVEL_NORMAL; /* BIRD's own timeout */
    }
}

static void a_level_ends_whatever_step_bird_dies_in(void **state)
{
    static const char *const where[] = {"configure check", "configure timeout", "show protocols",
                                        "show route", "configure confirm"};
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
        poll_until_reachable(b);
        b->fake.cut_on = where[i];
        check_answer(level_now(b, LEVEL_HIGH), OUTCOME_FAILED, "cannot be reached");
        assert_null(b->fake.cut_on);
        assert_int_equal(file_level(b), LEVEL_NORMAL);
        b->fake.running = LEVEL_NORMAL;
    }
}

static void a_deadline_shorter_than_bird_s_silence_is_kept(void **state)
{
    struct bench *b = *state;
    with_times(b, 80, calm.reply_ms);
    poll_until_reachable(b);
    b->fake.hang_on = "configure check";
    b->router.ops->set_level(b->router.self, 9, LEVEL_HIGH, 40);
    run_until(b, 0, 1);
    assert_int_equal(b->done[0].id, 9);
    check_answer(&b->done[0], OUTCOME_TIMEOUT, "did not answer within 40 ms");
    assert_int_equal(file_level(b), LEVEL_NORMAL);
    /* The late reply, if any, is nobody's; the next order works. */
    b->fake.hang_on = NULL;
    poll_until_reachable(b);
    check_answer(level_now(b, LEVEL_HIGH), OUTCOME_OK, "");
    assert_int_equal(b->done_count, 2);
}

/* If the agent dies in the middle, BIRD must not withdraw by itself. */
static void up_from_withdrawn_nothing_is_undone_by_itself(void **state)
{
    struct bench *b = *state;

    check_answer(level_now(b, LEVEL_WITHDRAWN), OUTCOME_OK, "");
    assert_int_equal(fake_count(&b->fake, "configure timeout"), 1);
    check_answer(level_now(b, LEVEL_LOW), OUTCOME_OK, "");
    assert_int_equal(fake_count(&b->fake, "configure timeout"), 1);
    assert_int_equal(b->fake.running, LEVEL_LOW);
    assert_int_equal(file_level(b), LEVEL_LOW);
}

/* What cannot be read back may be exported all the same: only an order to withdraw withdraws. */
static void up_from_withdrawn_nothing_is_undone(void **state)
{
    struct bench *b = *state;

    check_answer(level_now(b, LEVEL_WITHDRAWN), OUTCOME_OK, "");
    b->fake.session[TUN12].stubborn = true;
    check_answer(level_in_vain(b, LEVEL_HIGH), OUTCOME_FAILED, "tun12");
    assert_int_equal(fake_count(&b->fake, "configure undo"), 0);
    assert_int_equal(b->fake.running, LEVEL_HIGH);
    assert_int_equal(file_level(b), LEVEL_HIGH);
}

static void a_confirmation_that_came_too_late_is_a_failure(void **state)
{
    struct bench *b = *state;
    b->fake.deny_confirm = "0019 Nothing to do";
    check_answer(level_now(b, LEVEL_HIGH), OUTCOME_FAILED, "had gone back");
    assert_int_equal(file_level(b), LEVEL_NORMAL);
}

static void a_level_file_that_cannot_be_written_is_said(void **state)
{
    struct bench *b = *state;
    unlink(b->conf.level_file);
    assert_int_equal(mkdir(b->conf.level_file, 0700), 0);
    check_answer(level_now(b, LEVEL_HIGH), OUTCOME_FAILED, "cannot write the level file");
    assert_string_equal(b->fake.log, "");
    assert_int_equal(rmdir(b->conf.level_file), 0);
}

/* Sessions */

static void close_now(struct bench *b, const char *message)
{
    unsigned before = b->done_count;
    b->router.ops->close_sessions(b->router.self, 5, message, DEADLINE);
    assert_int_equal(b->done_count, before);
    run_until(b, b->seen_count, before + 1);
    assert_int_equal(b->done[before].id, 5);
}

static void sessions_close_with_the_message(void **state)
{
    struct bench *b = *state;
    close_now(b, "gw1 leaves for \"kernel\"\nupdate");
    check_answer(&b->done[0], OUTCOME_OK, "");
    assert_int_equal(fake_count(&b->fake, "disable \"tun11\" \"gw1 leaves for 'kernel' update\"\n"),
                     1);
    assert_int_equal(fake_count(&b->fake, "disable \"tun12\" "), 1);
    assert_int_equal(fake_count(&b->fake, "disable \"lan\""), 0);
    poll_once(b);
    assert_true(b->seen.session[TUN11].disabled && b->seen.session[TUN12].disabled);
    assert_true(b->seen.session[LAN].established);
}

static void closed_sessions_stay_closed_over_a_level(void **state)
{
    struct bench *b = *state;
    close_now(b, "bye");
    check_answer(level_now(b, LEVEL_WITHDRAWN), OUTCOME_OK, "");
    assert_true(b->fake.session[TUN11].disabled && b->fake.session[TUN12].disabled);
    /* Over one that is undone as well. */
    b->fake.session[LAN].stubborn = true;
    check_answer(level_in_vain(b, LEVEL_HIGH), OUTCOME_FAILED, "lan still exports");
    assert_true(b->fake.session[TUN11].disabled && b->fake.session[TUN12].disabled);
    assert_false(b->fake.session[LAN].disabled);
}

/* BIRD's `configure` opens what a person has disabled; we do not ask for that. */
static void what_a_person_disabled_stays_disabled_over_a_level(void **state)
{
    struct bench *b = *state;
    b->fake.session[TUN12].disabled = true;
    poll_once(b);
    assert_true(b->seen.session[TUN12].disabled);
    check_answer(level_now(b, LEVEL_HIGH), OUTCOME_OK, "");
    assert_true(b->fake.session[TUN12].disabled);
    assert_false(b->fake.session[TUN11].disabled);
    /* Once it was asked to open them it opens them, and they stay open. */
    b->router.ops->open_sessions(b->router.self, 9, DEADLINE);
    run_until(b, 0, 2);
    assert_false(b->fake.session[TUN12].disabled);
    check_answer(level_now(b, LEVEL_LOW), OUTCOME_OK, "");
    assert_false(b->fake.session[TUN12].disabled);
}

static void what_somebody_opened_is_closed_again(void **state)
{
    struct bench *b = *state;
    close_now(b, "bye");
    b->fake.session[TUN12].disabled = false; /* a `birdc configure` */
    poll_once(b);
    assert_false(b->seen.session[TUN12].disabled);
    while (!b->fake.session[TUN12].disabled)
        poll_once(b);
    assert_int_equal(b->done_count, 1); /* nobody is told of it */
}

static void sessions_open_again(void **state)
{
    struct bench *b = *state;
    close_now(b, "bye");
    b->router.ops->open_sessions(b->router.self, 6, DEADLINE);
    run_until(b, 0, 2);
    assert_int_equal(b->done[1].id, 6);
    check_answer(&b->done[1], OUTCOME_OK, "");
    assert_false(b->fake.session[TUN11].disabled || b->fake.session[TUN12].disabled);
    check_answer(level_now(b, LEVEL_LOW), OUTCOME_OK, "");
    poll_once(b);
    poll_once(b);
    assert_false(b->fake.session[TUN11].disabled || b->fake.session[TUN12].disabled);
}

static void a_session_that_bird_does_not_know_is_no_obstacle(void **state)
{
    struct bench *b = *state;
    b->router.ops->destroy(b->router.self);
    struct router_conf conf = b->conf;
    snprintf(conf.session[TUN11].name, NAME_MAX_LEN, "gone");
    char err[ERR_MAX];
    assert_true(
        driver_create(&b->router, &backend_bird, b->loop, &conf, &b->events, b, &calm, err));
    close_now(b, "bye");
    check_answer(&b->done[0], OUTCOME_OK, "");
    assert_true(b->fake.session[TUN12].disabled);
}

static void closing_ends_when_bird_hangs(void **state)
{
    struct bench *b = *state;
    with_times(b, 80, calm.reply_ms);
    poll_until_reachable(b);
    b->fake.hang_on = "disable";
    close_now(b, "bye");
    check_answer(&b->done[0], OUTCOME_FAILED, "does not answer");
    b->fake.hang_on = "enable";
    poll_until_reachable(b);
    b->router.ops->open_sessions(b->router.self, 6, 40);
    run_until(b, b->seen_count, 2);
    check_answer(&b->done[1], OUTCOME_TIMEOUT, "within 40 ms");
}

static void opening_takes_the_place_of_closing(void **state)
{
    struct bench *b = *state;
    b->router.ops->close_sessions(b->router.self, 1, "bye", DEADLINE);
    b->router.ops->open_sessions(b->router.self, 2, DEADLINE);
    run_until(b, 0, 2);
    assert_int_equal(b->done[0].id, 1);
    check_answer(&b->done[0], OUTCOME_FAILED, "later order");
    check_answer(&b->done[1], OUTCOME_OK, "");
    assert_false(b->fake.session[TUN11].disabled);
}

static void orders_of_two_sorts_run_one_after_the_other(void **state)
{
    struct bench *b = *state;
    order_level(b, 1, LEVEL_WITHDRAWN);
    b->router.ops->close_sessions(b->router.self, 2, "bye", DEADLINE);
    b->router.ops->poll(b->router.self);
    run_until(b, 1, 2);
    assert_int_equal(b->done[0].id, 1);
    check_answer(&b->done[0], OUTCOME_OK, "");
    assert_int_equal(b->done[1].id, 2);
    check_answer(&b->done[1], OUTCOME_OK, "");
}

static void it_can_go_at_any_moment(void **state)
{
    struct bench *b = *state;
    char err[ERR_MAX];
    poll_once(b);
    order_level(b, 1, LEVEL_HIGH);
    b->router.ops->poll(b->router.self);
    b->router.ops->close_sessions(b->router.self, 2, "bye", DEADLINE);
    b->fake.hang_on = "configure";
    b->router.ops->set_level(b->router.self, 3, LEVEL_LOW, 20); /* ends with its reply awaited */
    run_until(b, b->seen_count, 2);
    b->router.ops->destroy(b->router.self);
    assert_true(
        driver_create(&b->router, &backend_bird, b->loop, &b->conf, &b->events, b, &calm, err));
}

/* OSPF */

static void make_ospf(struct bench *b)
{
    snprintf(b->conf.session[LAN].protocol, NAME_MAX_LEN, "ospf");
    b->fake.session[LAN].exports = "10.1.0.0/16";
    with_times(b, calm.silence_ms, calm.reply_ms);
}

static void a_lan_by_ospf_is_read_from_what_it_floods(void **state)
{
    struct bench *b = *state;

    make_ospf(b);
    poll_once(b);
    const struct router_session_seen *s = &b->seen.session[LAN];
    assert_true(s->known && s->established && s->table);
    assert_string_equal(s->state, "Running");
    assert_true(s->routes_out == 1 && s->routes_wrong == 0);
    assert_int_equal(fake_count(&b->fake, "show ospf state all 'lan'"), 1);
    for (unsigned level = 0; level < LEVELS; level++) {
        b->fake.lag = 3;
        check_answer(level_now(b, level), OUTCOME_OK, "");
        poll_once(b);
        assert_int_equal(b->seen.session[LAN].routes_out, level != LEVEL_WITHDRAWN);
        assert_int_equal(b->seen.session[LAN].routes_wrong, 0);
    }
}

static void ospf_that_does_not_follow_is_undone(void **state)
{
    struct bench *b = *state;

    make_ospf(b);
    b->fake.session[LAN].stubborn = true;
    check_answer(level_in_vain(b, LEVEL_HIGH), OUTCOME_FAILED,
                 "lan still exports 10.1.0.0/16 with metric2 200, wanted 11");
    check_answer(level_in_vain(b, LEVEL_WITHDRAWN), OUTCOME_FAILED,
                 "lan still exports 10.1.0.0/16, wanted nothing");
    assert_int_equal(b->fake.running, LEVEL_NORMAL);
}

static void ospf_alone_is_down_and_bgp_is_another_thing(void **state)
{
    struct bench *b = *state;

    make_ospf(b);
    b->fake.session[LAN].up = false;
    poll_once(b);
    assert_true(b->seen.session[LAN].known && !b->seen.session[LAN].established);
    assert_string_equal(b->seen.session[LAN].state, "Alone");
    b->fake.session[LAN].up = b->fake.session[LAN].other_kind = true;
    poll_once(b);
    assert_false(b->seen.session[LAN].known);
    assert_int_equal(fake_count(&b->fake, "show ospf"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_lan_by_ospf_is_read_from_what_it_floods),
        TEST(ospf_that_does_not_follow_is_undone),
        TEST(ospf_alone_is_down_and_bgp_is_another_thing),
        TEST(a_snapshot_is_complete),
        TEST(sessions_down_closed_and_unknown_are_told_apart),
        TEST(polls_are_joined),
        TEST(a_change_under_way_begins_the_look_again),
        TEST(restless_sessions_are_no_snapshot),
        TEST(a_level_file_missing_or_foreign_is_said),
        TEST(replies_may_come_byte_by_byte),
        TEST(a_slow_reply_is_no_silence),
        TEST(a_reply_that_drips_for_ever_is_given_up),
        TEST(a_dead_bird_is_named),
        TEST(the_first_poll_of_a_dead_bird_is_answered),
        TEST(a_stranger_is_not_bird),
        TEST(a_hung_bird_is_lost_in_time),
        TEST(a_reply_cut_in_the_middle_is_no_snapshot),
        TEST(a_level_is_tried_read_back_and_confirmed),
        TEST(every_level_can_be_reached_from_every_other),
        TEST(exports_that_lag_are_waited_for),
        TEST(an_empty_table_after_being_withdrawn_is_given_a_moment),
        TEST(a_session_that_comes_up_meanwhile_is_read_too),
        TEST(with_no_session_up_bird_s_word_is_enough),
        TEST(a_refused_configuration_changes_nothing),
        TEST(a_level_that_does_not_show_is_undone),
        TEST(what_the_user_forgot_is_named),
        TEST(a_new_level_takes_the_place_of_one_not_begun),
        TEST(a_new_level_takes_the_place_of_one_being_read_back),
        TEST(the_first_of_two_levels_fails_whenever_the_second_comes),
        TEST(a_level_ends_whatever_step_bird_hangs_in),
        TEST(a_level_ends_whatever_step_bird_dies_in),
        TEST(a_deadline_shorter_than_bird_s_silence_is_kept),
        TEST(up_from_withdrawn_nothing_is_undone_by_itself),
        TEST(up_from_withdrawn_nothing_is_undone),
        TEST(a_confirmation_that_came_too_late_is_a_failure),
        TEST(a_level_file_that_cannot_be_written_is_said),
        TEST(sessions_close_with_the_message),
        TEST(closed_sessions_stay_closed_over_a_level),
        TEST(what_a_person_disabled_stays_disabled_over_a_level),
        TEST(what_somebody_opened_is_closed_again),
        TEST(sessions_open_again),
        TEST(a_session_that_bird_does_not_know_is_no_obstacle),
        TEST(closing_ends_when_bird_hangs),
        TEST(opening_takes_the_place_of_closing),
        TEST(orders_of_two_sorts_run_one_after_the_other),
        TEST(it_can_go_at_any_moment),
    };
    alarm(300); /* some wait in a loop of their own */
    return cmocka_run_group_tests_name("bird", tests, NULL, NULL);
}
