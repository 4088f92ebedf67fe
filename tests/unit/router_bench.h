/* The bench on which a router's driver is tested: what it tells its owner is kept, and the loop
 * runs until so much has come. A test includes it with the cardboard router it has in BENCH_FAKE;
 * that has a `log` of what it was asked. */
#ifndef CGWHA_TESTS_UNIT_ROUTER_BENCH_H
#define CGWHA_TESTS_UNIT_ROUTER_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "routing/driver.h"

#define GUARD_MS 60000 /* a test that waits longer has failed */
#define DEADLINE 20000 /* of an order that is to end well before */

enum { TUN11, TUN12, LAN, SESSIONS };

/* A loaded machine must not make a test fail: what is waited for has seconds, and only a test that
 * is about a time running out shortens that one. */
static const struct control_times calm = {.silence_ms = 10000,
                                          .reply_ms = 20000,
                                          .retry_ms = 2,
                                          .retry_max_ms = 8,
                                          .read_back_ms = 2,
                                          .undo_ms = 9000};

struct answer {
    uint32_t id;
    enum outcome outcome;
    char why[ERR_MAX];
};

struct bench {
    char dir[64];
    qb_loop_t *loop;
    struct router_conf conf;
    BENCH_FAKE fake;
    struct router router;
    unsigned seen_count, done_count;
    struct router_seen seen;
    struct answer done[16];
    unsigned want_seen, want_done;
    bool guarded;
    struct router_events events;
};

static inline void check_wanted(struct bench *b)
{
    if (b->seen_count >= b->want_seen && b->done_count >= b->want_done)
        qb_loop_stop(b->loop);
}

static inline void on_seen(void *ctx, const struct router_seen *seen)
{
    struct bench *b = ctx;
    b->seen = *seen;
    b->seen_count++;
    check_wanted(b);
}

static inline void on_done(void *ctx, uint32_t id, enum outcome outcome, const char *why)
{
    struct bench *b = ctx;
    assert_true(b->done_count < 16);
    struct answer *answer = &b->done[b->done_count++];
    *answer = (struct answer){.id = id, .outcome = outcome};
    snprintf(answer->why, sizeof(answer->why), "%s", why);
    check_wanted(b);
}

static inline void on_guard(void *data)
{
    struct bench *b = data;
    b->guarded = true;
    qb_loop_stop(b->loop);
}

/* Runs the loop until so many snapshots and completions have come in all. */
static inline void run_until(struct bench *b, unsigned seen, unsigned done)
{
    qb_loop_timer_handle guard;

    b->want_seen = seen;
    b->want_done = done;
    if (b->seen_count >= seen && b->done_count >= done)
        return;
    qb_loop_timer_add(b->loop, QB_LOOP_MED, GUARD_MS * UINT64_C(1000000), b, on_guard, &guard);
    qb_loop_run(b->loop);
    qb_loop_timer_del(b->loop, guard);
    if (b->guarded)
        fail_msg("%u seen and %u done, wanted %u and %u; it was asked:\n%s", b->seen_count,
                 b->done_count, seen, done, b->fake.log);
}

static inline void bench_conf(struct bench *b)
{
    struct prefix p;
    char err[ERR_MAX];

    b->conf.asn = 65000;
    b->conf.level[LEVEL_LOW] = (struct level_attr){1000, 1001, 2, 1, true};
    b->conf.level[LEVEL_NORMAL] = (struct level_attr){100, 101, 0, 0, false};
    b->conf.level[LEVEL_HIGH] = (struct level_attr){10, 11, 0, 0, false};
    assert_true(prefix_parse("10.20.0.0/16", &p, err));
    assert_true(prefix_list_add(&b->conf.prefixes, &p, err));
    b->conf.count = SESSIONS;
    snprintf(b->conf.session[TUN11].name, NAME_MAX_LEN, "tun11");
    snprintf(b->conf.session[TUN12].name, NAME_MAX_LEN, "tun12");
    b->conf.session[TUN12].med_offset = 10;
    snprintf(b->conf.session[LAN].name, NAME_MAX_LEN, "lan");
    b->conf.session[LAN].lan = true;
}

static inline void poll_once(struct bench *b)
{
    unsigned before = b->seen_count;
    b->router.ops->poll(b->router.self);
    assert_int_equal(b->seen_count, before);
    run_until(b, before + 1, b->done_count);
}

static inline void poll_until_reachable(struct bench *b)
{
    do
        poll_once(b);
    while (!b->seen.reachable);
}

static inline void order_level(struct bench *b, uint32_t id, enum level level)
{
    unsigned before = b->done_count;
    b->router.ops->set_level(b->router.self, id, level, DEADLINE);
    assert_int_equal(b->done_count, before);
}

/* Ends by its deadline: it gives up after a second, and has the rest to undo. */
static inline const struct answer *level_in_vain(struct bench *b, enum level level)
{
    b->router.ops->set_level(b->router.self, 7, level, calm.undo_ms + 1000);
    run_until(b, b->seen_count, b->done_count + 1);
    return &b->done[b->done_count - 1];
}

static inline const struct answer *level_now(struct bench *b, enum level level)
{
    order_level(b, 7, level);
    run_until(b, b->seen_count, b->done_count + 1);
    const struct answer *answer = &b->done[b->done_count - 1];
    assert_int_equal(answer->id, 7);
    return answer;
}

static inline void check_answer(const struct answer *answer, enum outcome outcome, const char *why)
{
    if (answer->outcome != outcome || strstr(answer->why, why) == NULL ||
        (outcome == OUTCOME_OK && answer->why[0] != '\0'))
        fail_msg("ended %d, \"%s\"; wanted %d, \"%s\"", (int)answer->outcome, answer->why,
                 (int)outcome, why);
}

#endif
