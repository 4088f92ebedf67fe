/* What is tracked, on a real loop: commands that succeed, fail and hang, interfaces and routes that
 * are there or not. Nothing here measures time; each test waits until what it expects is so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/probe.h"
#include "agent/track.h"

#define PATIENCE_NS UINT64_C(60000000000)

static struct {
    qb_loop_t *loop;
    struct conf conf;
    struct tracks *tracks;
    unsigned changes, wanted;
    bool late;
} w;

static void on_changed(void *ctx, const struct tracks_seen *seen)
{
    (void)ctx;
    (void)seen;
    if (++w.changes >= w.wanted)
        qb_loop_stop(w.loop);
}

static void on_late(void *data)
{
    (void)data;
    w.late = true;
    qb_loop_stop(w.loop);
}

static int setup(void **state)
{
    (void)state;
    memset(&w, 0, sizeof(w));
    w.loop = qb_loop_create();
    w.conf.ping_interval_ms = 100;
    w.conf.ping_rise = w.conf.ping_fall = 2;
    return w.loop == NULL;
}

static int teardown(void **state)
{
    (void)state;
    tracks_destroy(w.tracks);
    qb_loop_destroy(w.loop);
    return 0;
}

static struct track_conf *add(void)
{
    struct track_conf *t = &w.conf.track[w.conf.tracks++];

    t->interval_ms = 100;
    t->rise = t->fall = 2;
    return t;
}

/* Runs until so many states have changed since it began. */
static void run_for(unsigned changes)
{
    qb_loop_timer_handle timer;
    char err[ERR_MAX];

    w.wanted = w.changes + changes;
    w.late = false;
    qb_loop_timer_add(w.loop, QB_LOOP_MED, PATIENCE_NS, NULL, on_late, &timer);
    if (w.tracks == NULL)
        assert_true(tracks_create(&w.tracks, w.loop, &w.conf, on_changed, NULL, err));
    qb_loop_run(w.loop);
    assert_false(w.late);
    qb_loop_timer_del(w.loop, timer);
}

static const struct track_seen *seen(unsigned n)
{
    return &tracks_now(w.tracks)->track[n];
}

static void assert_down(unsigned n, const char *words)
{
    assert_int_equal(seen(n)->state, RISE_DOWN);
    if (strstr(seen(n)->why, words) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", words, seen(n)->why);
}

static void test_commands(void **state)
{
    (void)state;
    strcpy(add()->command, "exit 0");
    strcpy(add()->command, "exit 7");
    strcpy(add()->command, "kill -9 0");
    w.conf.track[0].interval_ms = 2000; /* it has to end in that, however busy the machine */
    w.conf.track[1].interval_ms = 2000;
    w.conf.track[2].interval_ms = 2000;
    run_for(3);
    assert_int_equal(seen(0)->state, RISE_UP);
    assert_down(1, "exit status is 7");
    assert_down(2, "signal 9");
}

/* It is killed each time, and the loop never waits for it. */
static void test_a_command_that_hangs(void **state)
{
    (void)state;
    strcpy(add()->command, "sleep 600 & sleep 600");
    run_for(1);
    assert_down(0, "has not ended in time");
}

static void test_what_is_not_there(void **state)
{
    (void)state;
    strcpy(add()->interface, "cgwha-none");
    strcpy(add()->command, "exit 0");
    strcpy(w.conf.track[1].interface, "cgwha-none"); /* all that is named must be well */
    run_for(2);
    assert_down(0, "interface cgwha-none: No such device");
    assert_down(1, "interface cgwha-none: No such device");
}

static void test_routes(void **state)
{
    char err[ERR_MAX];

    (void)state;
    assert_true(prefix_parse("240.1.2.0/24", &add()->route, err)); /* RFC 1112: nobody has that */
    assert_true(prefix_parse("2001:db8:ffff::/48", &add()->route, err));
    run_for(2);
    assert_down(0, "no route to 240.1.2.0/24");
    assert_down(1, "no route to 2001:db8:ffff::/48");
}

/* The other end of a tunnel is asked only while the tunnel is up; then it is unknown first. */
static void test_a_tunnel(void **state)
{
    (void)state;
    w.conf.tunnels = 1;
    strcpy(w.conf.tunnel_ping[0], "240.1.2.3");
    strcpy(add()->command, "exit 1");
    w.conf.track[0].interval_ms = 1000;
    run_for(1);
    assert_int_equal(tracks_now(w.tracks)->tunnel[0].state, RISE_UNKNOWN);
    tracks_tunnels(w.tracks, 1);
    run_for(1);
    assert_int_equal(tracks_now(w.tracks)->tunnel[0].state, RISE_DOWN);
    tracks_tunnels(w.tracks, 0);
    assert_int_equal(tracks_now(w.tracks)->tunnel[0].state, RISE_UNKNOWN);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_commands), T(test_a_command_that_hangs), T(test_what_is_not_there), T(test_routes),
        T(test_a_tunnel),
    };

    return cmocka_run_group_tests_name("what is tracked", tests, NULL, NULL);
}
