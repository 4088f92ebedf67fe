/* The charon driver against a fake charon in the same loop: the order of things at connect, each
 * order's one end, and what happens when charon refuses, hangs, dies or talks nonsense. */
#include "fake_charon.h"
#include "ipsec/charon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define LIMIT_NS UINT64_C(20000000000) /* no test waits longer for anything */

/* Fast where something is done again and again, patient where somebody waits: a loaded machine must
 * not make a test fail. */
static const struct charon_timing fast = {
    .answer = 10000,
    .act_answer = 10000,
    .reconnect = 5,
    .reconnect_max = 20,
    .tick = 5,
    .keep_tick = 5,
    .down = 15,
    .backoff = 20,
    .backoff_max = 60,
    .retry = 60,
    .patience = 40,
    .conns = 30000,
};

/* For the tests in which charon hangs. */
static struct charon_timing hurried(void)
{
    struct charon_timing timing = fast;
    timing.answer = 100;
    timing.act_answer = 100;
    return timing;
}

struct world {
    qb_loop_t *loop;
    struct fake fake;
    struct ipsec ipsec;
    bool inside; /* an order is being given: nobody may call back */
    bool (*wanted)(void);
    bool timed_out;

    unsigned seens, dones;
    struct ipsec_seen seen;
    uint32_t id[16];
    enum outcome outcome[16];
    char why[16][ERR_MAX];
    bool destroy_in_seen, destroy_in_done;
    void (*on_done)(void);
};

static struct world w;

static void check(void)
{
    if (w.wanted != NULL && w.wanted())
        qb_loop_stop(w.loop);
}

static void destroy(void)
{
    w.ipsec.ops->destroy(w.ipsec.self);
    w.ipsec.self = NULL;
}

static void on_seen(void *ctx, const struct ipsec_seen *seen)
{
    assert_ptr_equal(ctx, &w);
    assert_false(w.inside);
    w.seens++;
    w.seen = *seen;
    if (w.destroy_in_seen && w.ipsec.self != NULL)
        destroy();
    check();
}

static void on_done(void *ctx, uint32_t id, enum outcome outcome, const char *why)
{
    assert_ptr_equal(ctx, &w);
    assert_false(w.inside);
    assert_true(w.dones < 16);
    w.id[w.dones] = id;
    w.outcome[w.dones] = outcome;
    strlcpy(w.why[w.dones], why, ERR_MAX);
    w.dones++;
    if (w.on_done != NULL)
        w.on_done();
    if (w.destroy_in_done)
        destroy();
    check();
}

static void on_limit(void *data)
{
    (void)data;
    w.timed_out = true;
    qb_loop_stop(w.loop);
}

static void on_check(void *data)
{
    qb_loop_timer_handle handle;
    (void)data;
    check();
    if (w.wanted != NULL)
        qb_loop_timer_add(w.loop, QB_LOOP_LOW, 1000000, NULL, on_check, &handle);
}

static bool now_true(bool (*wanted)(void))
{
    qb_loop_timer_handle limit, checking;

    w.wanted = wanted;
    w.timed_out = false;
    if (wanted())
        return true;
    qb_loop_timer_add(w.loop, QB_LOOP_MED, LIMIT_NS, NULL, on_limit, &limit);
    qb_loop_timer_add(w.loop, QB_LOOP_LOW, 1000000, NULL, on_check, &checking);
    qb_loop_run(w.loop);
    qb_loop_timer_del(w.loop, limit);
    w.wanted = NULL;
    return !w.timed_out;
}

/* Runs the loop until it holds; fails with what was asked of charon when it never does. */
#define RUN_UNTIL(wanted)                                                                          \
    do {                                                                                           \
        if (!now_true(wanted))                                                                     \
            fail_msg("never: %s; asked of charon: %s", #wanted, w.fake.notes);                     \
    } while (0)

static bool reachable(void)
{
    return w.seen.reachable;
}

static bool unreachable(void)
{
    return w.seens > 0 && !w.seen.reachable;
}

static bool up(void)
{
    return w.seen.reachable && w.seen.tunnel[0].installed && w.seen.tunnel[1].installed;
}

static bool one_done(void)
{
    return w.dones >= 1;
}

static bool two_done(void)
{
    return w.dones >= 2;
}

static unsigned listings_wanted;

static bool listed(void)
{
    return w.fake.listings >= listings_wanted;
}

/* Lets time pass as charon's clock: so many listings more. */
static void run_listings(unsigned more)
{
    listings_wanted = w.fake.listings + more;
    RUN_UNTIL(listed);
}

static void create(const struct charon_timing *timing)
{
    static const struct ipsec_events events = {on_seen, on_done};
    struct ipsec_conf conf = {.count = 2,
                              .tunnel = {{.ike = "tun11", .child = "tun11"}, {"tun12", "tun12"}}};
    char err[ERR_MAX];

    strlcpy(conf.socket, w.fake.path, sizeof(conf.socket));
    w.inside = true;
    assert_true(charon_create_timed(&w.ipsec, w.loop, &conf, timing, &events, &w, err));
    w.inside = false;
}

static int set_up(void **state)
{
    (void)state;
    memset(&w, 0, sizeof(w));
    w.loop = qb_loop_create();
    fake_start(&w.fake, w.loop);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (w.ipsec.self != NULL)
        destroy();
    fake_stop(&w.fake);
    qb_loop_destroy(w.loop);
    return 0;
}

static void install_both(void)
{
    fake_install(&w.fake, fake_add(&w.fake, "tun11", "ESTABLISHED"));
    fake_install(&w.fake, fake_add(&w.fake, "tun12", "ESTABLISHED"));
}

/* A charon with both tunnels up, and the driver that has seen them. */
static void start_up_timed(const struct charon_timing *timing)
{
    install_both();
    fake_listen(&w.fake);
    create(timing);
    RUN_UNTIL(up);
}

static void start_up(void)
{
    start_up_timed(&fast);
}

static void poll_now(void)
{
    w.inside = true;
    w.ipsec.ops->poll(w.ipsec.self);
    w.inside = false;
}

static void keep_up(bool on)
{
    w.inside = true;
    w.ipsec.ops->keep_up(w.ipsec.self, on);
    w.inside = false;
}

static void freshen(uint32_t id, uint32_t horizon_s, uint32_t deadline_ms)
{
    w.inside = true;
    w.ipsec.ops->freshen(w.ipsec.self, id, horizon_s, deadline_ms);
    w.inside = false;
}

static void release(uint32_t id, uint32_t deadline_ms)
{
    w.inside = true;
    w.ipsec.ops->release(w.ipsec.self, id, deadline_ms);
    w.inside = false;
}

static void assert_done(unsigned at, uint32_t id, enum outcome outcome, const char *why)
{
    assert_true(w.dones > at);
    assert_int_equal(w.id[at], id);
    if (w.outcome[at] != outcome || strstr(w.why[at], why) == NULL)
        fail_msg("order %u ended %d: \"%s\"; asked of charon: %s", id, w.outcome[at], w.why[at],
                 w.fake.notes);
}

static void registers_before_it_lists(void **state)
{
    (void)state;
    start_up();
    assert_int_equal(strncmp(w.fake.notes,
                             "register list-sa;register list-conn;register ike-updown;"
                             "register child-updown;register ike-rekey;register child-rekey;"
                             "version;list-conns;list-sas;",
                             strlen("register list-sa;register list-conn;register ike-updown;"
                                    "register child-updown;register ike-rekey;register "
                                    "child-rekey;version;list-conns;list-sas;")),
                     0);
    assert_string_equal(w.seen.version, "strongSwan 5.9.8");
    assert_true(w.seen.tunnel[0].configured && w.seen.tunnel[1].configured);
    assert_true(w.seen.at_ns > 0);
    assert_string_equal(w.seen.why, "");
}

static void poll_brings_one_snapshot(void **state)
{
    (void)state;
    start_up();
    unsigned seens = w.seens, listings = w.fake.listings;
    poll_now();
    poll_now(); /* joined */
    run_listings(1);
    fake_find(&w.fake, "tun11")->child[0].packets = 77;
    poll_now();
    run_listings(1);
    poll_now();
    run_listings(1);
    assert_int_equal(w.fake.listings, listings + 3);
    assert_true(w.seens >= seens + 2);
    assert_int_equal(w.seen.tunnel[0].packets_in, 77);
    assert_int_equal(fake_noted(&w.fake, "list-conns"), 1); /* all known, not asked again */
}

static bool first_down(void)
{
    return w.seen.reachable && !w.seen.tunnel[0].installed;
}

static void event_brings_a_snapshot_by_itself(void **state)
{
    (void)state;
    start_up();
    unsigned listings = w.fake.listings;
    fake_event(&w.fake, "ike-updown", "theirs"); /* of no interest */
    fake_find(&w.fake, "tun11")->name = NULL;
    fake_event(&w.fake, "ike-updown", "tun11");
    RUN_UNTIL(first_down);
    assert_true(w.seen.tunnel[1].installed);
    /* Gone from a listing that leaves out what is busy: asked twice more without noblock. */
    assert_int_equal(w.fake.listings, listings + 3);
}

static void event_in_a_listing(struct fake *fake, const char *name)
{
    if (strcmp(name, "list-sas") == 0 && fake->listings == 1)
        fake_event(fake, "child-updown", "tun12");
}

/* The listing under way may have passed it by. */
static void event_in_mid_listing_brings_another(void **state)
{
    (void)state;
    start_up();
    w.fake.on_command = event_in_a_listing;
    poll_now();
    run_listings(2);
}

/* An SA that charon is busy with is not gone. */
static void busy_sa_does_not_seem_gone(void **state)
{
    (void)state;
    start_up();
    fake_find(&w.fake, "tun11")->busy = true;
    unsigned seens = w.seens;
    for (unsigned i = 0; i < 3; i++) {
        poll_now();
        run_listings(2);
    }
    assert_true(w.seens > seens);
    assert_true(up());
}

static void replace_while_listing(struct fake *fake, const char *name)
{
    static struct fake_sa kept;

    if (strcmp(name, "list-sas") != 0)
        return;
    if (fake->listings == 1) {
        kept = *fake_find(fake, "tun11");
        fake_find(fake, "tun11")->name = NULL;
    }
    if (fake->listings == 3) {
        *fake_add(fake, "tun11", "ESTABLISHED") = kept;
        fake_find(fake, "tun11")->id = 77;
    }
}

static bool looked_four_times(void)
{
    return w.fake.listings >= 4 && w.seens >= 2;
}

/* Replaced while charon walks its table, and so missed in both places, even with no noblock. */
static void sa_being_replaced_does_not_seem_gone(void **state)
{
    (void)state;
    start_up();
    w.fake.on_command = replace_while_listing;
    w.seens = 1;
    poll_now();
    RUN_UNTIL(looked_four_times);
    assert_true(up());
    assert_int_equal(w.seens, 2);
}

static void nobody_listens(void **state)
{
    (void)state;
    create(&fast);
    RUN_UNTIL(unreachable);
    assert_non_null(strstr(w.seen.why, "No such file or directory"));
    assert_non_null(strstr(w.seen.why, "is strongswan running? systemctl status strongswan"));
    freshen(1, 10, 1000);
    RUN_UNTIL(one_done);
    assert_done(0, 1, OUTCOME_FAILED, "charon does not answer at");
    install_both();
    fake_listen(&w.fake);
    RUN_UNTIL(up);
}

/* Whoever polls while charon is away is told so each time. */
static void poll_is_answered_while_away(void **state)
{
    struct charon_timing slow = fast;

    (void)state;
    slow.reconnect = slow.reconnect_max = 60000;
    create(&slow);
    RUN_UNTIL(unreachable);
    memset(&w.seen, 0, sizeof(w.seen));
    w.seens = 0;
    poll_now();
    RUN_UNTIL(unreachable);
    assert_non_null(strstr(w.seen.why, "No such file"));
    release(8, 60000);
    RUN_UNTIL(one_done);
    assert_done(0, 8, OUTCOME_FAILED, "No such file");
}

static bool refused(void)
{
    return unreachable() && strstr(w.seen.why, "Connection refused") != NULL;
}

static void connection_refused(void **state)
{
    (void)state;
    start_up();
    fake_deafen(&w.fake);
    RUN_UNTIL(refused);
    assert_non_null(strstr(w.seen.why, "charon does not answer at"));
    fake_listen(&w.fake);
    RUN_UNTIL(up);
    /* The next time is a first time again. */
    assert_int_equal(((const struct charon *)w.ipsec.self)->reconnect_ms, fast.reconnect);
}

static void permission_denied(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    fake_listen(&w.fake);
    chmod(w.fake.path, 0);
    assert_int_equal(seteuid(65534), 0);
    chmod(w.fake.dir, 0755);
    create(&fast);
    bool seen = now_true(unreachable);
    assert_int_equal(seteuid(0), 0);
    assert_true(seen);
    assert_non_null(strstr(w.seen.why, "may not be opened"));
}

/* As after SIGSTOP: the kernel still takes connections, nobody answers. */
static void hung_charon_times_out(void **state)
{
    struct charon_timing timing = hurried();

    (void)state;
    w.fake.mute = true;
    fake_listen(&w.fake);
    create(&timing);
    RUN_UNTIL(unreachable);
    assert_non_null(strstr(w.seen.why, "has not answered"));
    fake_unmute(&w.fake);
    RUN_UNTIL(reachable);
}

static void hang_in_mid_listing_times_out(void **state)
{
    struct charon_timing timing = hurried();

    (void)state;
    start_up_timed(&timing);
    w.fake.hang = "list-sas";
    poll_now();
    freshen(7, 10, 20000);
    RUN_UNTIL(unreachable);
    assert_non_null(strstr(w.seen.why, "has not answered \"list-sas\""));
    RUN_UNTIL(one_done);
    assert_done(0, 7, OUTCOME_FAILED, "has not answered");
    w.fake.hang = NULL;
    RUN_UNTIL(up);
}

static void closing_in_mid_command_reconnects(void **state)
{
    (void)state;
    start_up();
    w.fake.die = "list-sas";
    poll_now();
    RUN_UNTIL(unreachable);
    assert_non_null(strstr(w.seen.why, "charon closed the connection"));
    w.fake.die = NULL;
    RUN_UNTIL(up);
    w.fake.half = "list-sas";
    poll_now();
    RUN_UNTIL(unreachable);
    w.fake.half = NULL;
    RUN_UNTIL(up);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    start_up();
    w.fake.garbage = true;
    poll_now();
    RUN_UNTIL(unreachable);
    assert_non_null(strstr(w.seen.why, "not a VICI packet"));
    w.fake.garbage = false;
    RUN_UNTIL(up);
}

static void too_old_a_charon_is_named(void **state)
{
    (void)state;
    w.fake.unknown = "child-rekey";
    fake_listen(&w.fake);
    create(&fast);
    RUN_UNTIL(unreachable);
    assert_non_null(strstr(w.seen.why, "swanctl --version"));
}

static void reads_byte_by_byte(void **state)
{
    (void)state;
    w.fake.dribble = true;
    start_up();
    assert_true(w.seen.tunnel[0].configured);
}

static void counts_over_reconnects(void **state)
{
    (void)state;
    start_up();
    fake_find(&w.fake, "tun11")->child[0].packets = 500;
    poll_now();
    run_listings(1);
    fake_deafen(&w.fake);
    RUN_UNTIL(unreachable);
    fake_find(&w.fake, "tun11")->child[0].packets = 510;
    w.fake.configured = false; /* another charon, perhaps: nothing is taken for granted */
    fake_listen(&w.fake);
    RUN_UNTIL(up);
    assert_int_equal(w.seen.tunnel[0].packets_in, 510);
    assert_false(w.seen.tunnel[0].configured);
}

static bool second_down(void)
{
    return w.seen.reachable && !w.seen.tunnel[1].installed;
}

static void keeps_up_what_is_down(void **state)
{
    (void)state;
    fake_listen(&w.fake);
    create(&fast);
    RUN_UNTIL(reachable);
    poll_now();
    run_listings(1);
    assert_int_equal(fake_noted(&w.fake, "initiate"), 0); /* not before it is told to */
    keep_up(true);
    RUN_UNTIL(up);
    assert_int_equal(fake_noted(&w.fake, "initiate ike=tun11"), 1);
    assert_int_equal(fake_noted(&w.fake, "initiate ike=tun12"), 1);
    fake_find(&w.fake, "tun12")->name = NULL;
    fake_event(&w.fake, "ike-updown", "tun12");
    RUN_UNTIL(second_down);
    RUN_UNTIL(up);
    assert_int_equal(fake_noted(&w.fake, "initiate ike=tun11"), 1);
    assert_int_equal(fake_noted(&w.fake, "initiate ike=tun12"), 2);
}

/* charon may be at it itself (dpd_action = restart), a moment later. */
static void gives_charon_a_moment(void **state)
{
    struct charon_timing slow = fast;

    (void)state;
    slow.down = 60000;
    fake_listen(&w.fake);
    create(&slow);
    keep_up(true);
    run_listings(10);
    assert_int_equal(fake_noted(&w.fake, "initiate"), 0);
}

static void leaves_alone_what_it_was_told_to(void **state)
{
    (void)state;
    start_up();
    keep_up(true);
    keep_up(false);
    fake_find(&w.fake, "tun11")->name = NULL;
    fake_event(&w.fake, "ike-updown", "tun11");
    RUN_UNTIL(first_down);
    for (unsigned i = 0; i < 20; i++) {
        poll_now();
        run_listings(1);
    }
    assert_int_equal(fake_noted(&w.fake, "initiate"), 0);
}

static void never_initiates_while_connecting(void **state)
{
    (void)state;
    w.fake.peer_dead = true;
    fake_listen(&w.fake);
    create(&fast);
    keep_up(true);
    run_listings(60); /* some of its backoffs */
    assert_int_equal(fake_noted(&w.fake, "initiate ike=tun11"), 1);
    assert_int_equal(fake_noted(&w.fake, "initiate ike=tun12"), 1);
    assert_true(w.seen.tunnel[0].connecting);
    assert_false(w.seen.tunnel[0].installed);
}

static void does_not_initiate_what_is_not_configured(void **state)
{
    (void)state;
    w.fake.configured = false;
    fake_listen(&w.fake);
    create(&fast);
    keep_up(true);
    run_listings(15);
    assert_false(w.seen.tunnel[0].configured);
    assert_int_equal(fake_noted(&w.fake, "initiate"), 0);
    w.fake.configured = true; /* loaded: noticed by itself */
    RUN_UNTIL(up);
}

static uint64_t initiated_ns[5];
static unsigned initiated;

static void note_time(struct fake *fake, const char *name)
{
    (void)fake;
    if (strcmp(name, "initiate") != 0 || initiated == 5)
        return;
    initiated_ns[initiated++] = charon_now();
    keep_up(true); /* told again: that is no new start */
}

static bool initiated_five_times(void)
{
    return initiated == 5;
}

/* NO_PROPOSAL_CHOSEN leaves nothing behind: again, but ever more slowly. */
static void backs_off(void **state)
{
    (void)state;
    initiated = 0;
    w.fake.refuse = "initiate";
    w.fake.on_command = note_time;
    fake_install(&w.fake, fake_add(&w.fake, "tun12", "ESTABLISHED"));
    fake_listen(&w.fake);
    create(&fast);
    keep_up(true);
    RUN_UNTIL(initiated_five_times);
    assert_true(initiated_ns[1] - initiated_ns[0] >= 20 * 1000000);
    assert_true(initiated_ns[2] - initiated_ns[1] >= 40 * 1000000);
    assert_true(initiated_ns[3] - initiated_ns[2] >= 60 * 1000000);
    assert_true(initiated_ns[4] - initiated_ns[3] >= 60 * 1000000);
}

static bool initiated_once(void)
{
    return fake_noted(&w.fake, "initiate ike=tun11") == 1;
}

static bool initiated_again(void)
{
    return fake_noted(&w.fake, "initiate ike=tun11") >= 2;
}

/* charon may resolve a name, or wait for a busy IKE_SA, before it takes an initiate: looking goes
 * on, and it is not asked for the same again. */
static void slow_order_holds_nothing_up(void **state)
{
    (void)state;
    w.fake.hang = "initiate";
    fake_install(&w.fake, fake_add(&w.fake, "tun12", "ESTABLISHED"));
    fake_listen(&w.fake);
    create(&fast);
    keep_up(true);
    RUN_UNTIL(initiated_once);
    run_listings(40); /* some of its backoffs */
    assert_true(w.seen.reachable);
    assert_true(initiated_once());
}

static void order_never_answered_is_given_again(void **state)
{
    struct charon_timing timing = fast;

    (void)state;
    timing.act_answer = 50;
    w.fake.hang = "initiate";
    fake_install(&w.fake, fake_add(&w.fake, "tun12", "ESTABLISHED"));
    fake_listen(&w.fake);
    create(&timing);
    keep_up(true);
    RUN_UNTIL(initiated_again);
    w.fake.hang = NULL;
    RUN_UNTIL(up);
}

static void freshen_of_what_is_fresh_is_done(void **state)
{
    (void)state;
    start_up();
    freshen(5, 100, 20000);
    RUN_UNTIL(one_done);
    assert_done(0, 5, OUTCOME_OK, "");
    assert_string_equal(w.why[0], "");
    assert_int_equal(fake_noted(&w.fake, "rekey "), 0);
    assert_int_equal(fake_noted(&w.fake, "initiate"), 0);
}

static void freshen_rekeys_children_within_the_horizon(void **state)
{
    (void)state;
    start_up();
    fake_find(&w.fake, "tun12")->child[0].rekey = 30;
    unsigned id = fake_find(&w.fake, "tun12")->child[0].id;
    freshen(5, 60, 20000);
    RUN_UNTIL(one_done);
    assert_done(0, 5, OUTCOME_OK, "");
    assert_int_equal(fake_noted(&w.fake, "rekey "), 1);
    assert_int_equal(fake_noted(&w.fake, "rekey child-id="), 1);
    assert_true(fake_find(&w.fake, "tun12")->child[0].id > id);
    assert_true(w.seen.tunnel[1].installed);
}

static void freshen_rekeys_everything_once(void **state)
{
    (void)state;
    start_up();
    freshen(5, 1000000, 20000);
    RUN_UNTIL(one_done);
    assert_done(0, 5, OUTCOME_OK, "");
    assert_int_equal(fake_noted(&w.fake, "rekey ike-id="), 2);
    assert_int_equal(fake_noted(&w.fake, "rekey child-id="), 2);
    assert_true(strstr(w.fake.notes, "rekey ike-id=") < strstr(w.fake.notes, "rekey child-id="));
}

static void freshen_initiates_what_is_down(void **state)
{
    (void)state;
    fake_install(&w.fake, fake_add(&w.fake, "tun12", "ESTABLISHED"));
    fake_listen(&w.fake);
    create(&fast);
    RUN_UNTIL(reachable);
    freshen(6, 60, 20000);
    RUN_UNTIL(one_done);
    assert_done(0, 6, OUTCOME_OK, "");
    assert_int_equal(fake_noted(&w.fake, "initiate ike=tun11"), 1);
    assert_int_equal(fake_noted(&w.fake, "initiate"), 1);
}

/* An order ends itself before its deadline, not on it. */
static void assert_ends_before(uint32_t deadline_ms)
{
    const struct charon *d = w.ipsec.self;
    uint64_t left = qb_loop_timer_expire_time_remaining(w.loop, d->deadline.handle);
    assert_true(left > 0 && left <= (deadline_ms - deadline_ms / 10) * UINT64_C(1000000));
}

static void freshen_says_what_is_not_fresh(void **state)
{
    (void)state;
    start_up();
    w.fake.lazy = w.fake.peer_dead = true;
    fake_find(&w.fake, "tun12")->name = NULL;
    fake_find(&w.fake, "tun11")->child[0].rekey = 5;
    freshen(6, 60, 800);
    assert_ends_before(800);
    RUN_UNTIL(one_done);
    assert_done(0, 6, OUTCOME_FAILED,
                "tun11 is up but was not rekeyed; tun12 has its IKE_SA "
                "CONNECTING, the peer has not answered");
    assert_int_equal(fake_noted(&w.fake, "initiate"), 1);
}

static bool rekeyed_twice(void)
{
    return fake_noted(&w.fake, "rekey child-id=") >= 2;
}

static void rekey_without_a_trace_is_asked_again(void **state)
{
    (void)state;
    start_up();
    w.fake.lazy = true;
    fake_find(&w.fake, "tun11")->child[0].rekey = 5;
    freshen(6, 60, 20000);
    RUN_UNTIL(rekeyed_twice);
    w.fake.lazy = false;
    RUN_UNTIL(one_done);
    assert_done(0, 6, OUTCOME_OK, "");
}

static void release_deletes_every_sa_of_ours(void **state)
{
    (void)state;
    fake_install(&w.fake, fake_add(&w.fake, "tun11", "ESTABLISHED")); /* a duplicate */
    fake_install(&w.fake, fake_add(&w.fake, "theirs", "ESTABLISHED"));
    start_up();
    keep_up(true);
    release(9, 20000);
    RUN_UNTIL(one_done);
    assert_done(0, 9, OUTCOME_OK, "");
    assert_int_equal(fake_noted(&w.fake, "terminate ike-id="), 3);
    assert_int_equal(fake_count(&w.fake), 1);
    assert_non_null(fake_find(&w.fake, "theirs"));
    assert_int_equal(w.seen.tunnel[0].ike_sas, 0); /* told before done */
    for (unsigned i = 0; i < 20; i++) {
        poll_now();
        run_listings(1);
    }
    assert_false(((const struct charon *)w.ipsec.self)->keep_up);
    assert_int_equal(fake_noted(&w.fake, "initiate"), 0);
}

static bool both_deleting(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < FAKE_SAS; i++)
        n += w.fake.sa[i].name != NULL && strcmp(w.fake.sa[i].state, "DELETING") == 0;
    return n == 2;
}

static bool none_deleting(void)
{
    for (unsigned i = 0; i < FAKE_SAS; i++) {
        if (w.fake.sa[i].name != NULL && strcmp(w.fake.sa[i].state, "DELETING") == 0)
            return false;
    }
    return true;
}

/* What the peer may delete at any moment must not carry anything meanwhile. */
static void release_called_off_destroys_what_it_has_begun(void **state)
{
    (void)state;
    start_up();
    w.fake.peer_dead = true;
    release(9, 20000);
    RUN_UNTIL(both_deleting);
    keep_up(true);
    RUN_UNTIL(none_deleting);
    assert_int_equal(fake_noted(&w.fake, "terminate ike-id="), 4);
    RUN_UNTIL(one_done);
    assert_done(0, 9, OUTCOME_FAILED, "the tunnels are to be kept up again");
    assert_int_equal(fake_noted(&w.fake, "terminate ike-id="), 4); /* once each */
}

static void release_of_nothing_is_sure_of_it(void **state)
{
    (void)state;
    fake_listen(&w.fake);
    create(&fast);
    RUN_UNTIL(reachable);
    w.fake.notes[0] = '\0';
    release(9, 20000);
    RUN_UNTIL(one_done);
    assert_done(0, 9, OUTCOME_OK, "");
    assert_int_equal(fake_noted(&w.fake, "list-sas;"), 1); /* that is, without noblock */
}

static void release_in_mid_listing(struct fake *fake, const char *name)
{
    if (strcmp(name, "list-sas") != 0)
        return;
    if (fake->listings == 0)
        release(9, 20000);
    if (fake->listings == 1)
        fake_install(fake, fake_add(fake, "tun11", "ESTABLISHED"));
}

/* A listing that began before the order proves nothing. */
static void release_looks_after_it_was_ordered(void **state)
{
    (void)state;
    w.fake.on_command = release_in_mid_listing;
    fake_listen(&w.fake);
    create(&fast);
    RUN_UNTIL(one_done);
    assert_done(0, 9, OUTCOME_OK, "");
    assert_int_equal(fake_noted(&w.fake, "terminate"), 1);
}

static void release_waits_for_a_rekey_to_end(void **state)
{
    (void)state;
    start_up();
    fake_find(&w.fake, "tun11")->task = "CHILD_REKEY";
    release(9, 20000);
    run_listings(30);
    assert_int_equal(w.dones, 0);
    assert_int_equal(fake_noted(&w.fake, "terminate"), 1); /* of tun12 */
    fake_find(&w.fake, "tun11")->task = NULL;
    RUN_UNTIL(one_done);
    assert_done(0, 9, OUTCOME_OK, "");
}

static void release_ends_when_the_peer_is_dead(void **state)
{
    (void)state;
    start_up();
    w.fake.peer_dead = true;
    release(9, 800);
    assert_ends_before(800);
    RUN_UNTIL(one_done);
    assert_done(0, 9, OUTCOME_TIMEOUT, "tun11 has its IKE_SA DELETING, the peer has not answered");
    assert_int_equal(fake_noted(&w.fake, "terminate"), 2);
    poll_now();
    run_listings(1);
    assert_int_equal(w.dones, 1); /* and once only */
}

static void release_ends_when_terminate_is_never_answered(void **state)
{
    (void)state;
    start_up();
    w.fake.hang = "terminate";
    release(9, 600);
    RUN_UNTIL(one_done);
    assert_done(0, 9, OUTCOME_TIMEOUT, "tun11 is up");
    assert_true(w.seen.reachable);
    /* One for each IKE_SA: not asked again while charon has yet to take it. */
    assert_int_equal(((const struct charon *)w.ipsec.self)->act.queued, 2);
}

static void raise_again(struct fake *fake, const char *name)
{
    if (strcmp(name, "terminate") == 0 && fake->next_id < 10) {
        fake->next_id = 10;
        fake_install(fake, fake_add(fake, "tun12", "ESTABLISHED"));
    }
}

/* The peer's startup action may raise an SA in the middle. */
static void release_deletes_what_the_peer_raises(void **state)
{
    (void)state;
    start_up();
    w.fake.on_command = raise_again;
    release(9, 20000);
    RUN_UNTIL(one_done);
    assert_done(0, 9, OUTCOME_OK, "");
    assert_int_equal(fake_count(&w.fake), 0);
    assert_int_equal(fake_noted(&w.fake, "terminate"), 3);
}

static void newer_order_takes_the_place(void **state)
{
    (void)state;
    start_up();
    w.fake.peer_dead = true;
    release(1, 20000);
    freshen(2, 10, 200);
    RUN_UNTIL(two_done);
    assert_done(0, 1, OUTCOME_FAILED, "newer order");
    assert_int_equal(w.id[1], 2);
    w.dones = 0;
    release(3, 20000);
    keep_up(true);
    RUN_UNTIL(one_done);
    assert_done(0, 3, OUTCOME_FAILED, "kept up");
}

static void charon_dying_ends_the_order(void **state)
{
    (void)state;
    start_up();
    w.fake.peer_dead = true;
    release(4, 20000);
    run_listings(3);
    fake_deafen(&w.fake);
    RUN_UNTIL(one_done);
    assert_done(0, 4, OUTCOME_FAILED, "charon");
    fake_listen(&w.fake);
    RUN_UNTIL(reachable);
    poll_now();
    run_listings(1);
    assert_int_equal(w.dones, 1);
}

static bool greeting(void)
{
    return ((const struct charon *)w.ipsec.self)->link == LINK_GREETING;
}

static void order_at_the_first_greeting_is_taken(void **state)
{
    (void)state;
    install_both();
    w.fake.mute = true;
    fake_listen(&w.fake);
    create(&fast);
    RUN_UNTIL(greeting);
    freshen(3, 10, 20000);
    fake_unmute(&w.fake);
    RUN_UNTIL(one_done);
    assert_done(0, 3, OUTCOME_OK, "");
}

static bool destroyed(void)
{
    return w.ipsec.self == NULL;
}

static void may_be_destroyed_from_seen(void **state)
{
    (void)state;
    start_up();
    w.destroy_in_seen = true;
    freshen(1, 10, 1000);
    poll_now();
    RUN_UNTIL(destroyed);
    assert_int_equal(w.dones, 0);
}

static void may_be_destroyed_from_done(void **state)
{
    (void)state;
    start_up();
    w.destroy_in_done = true;
    release(1, 1000);
    release(2, 1000); /* two ends wait to be told, the second never is */
    RUN_UNTIL(destroyed);
    assert_int_equal(w.dones, 1);
}

static void give_another(void)
{
    if (w.dones == 1)
        release(2, 1000);
}

static void may_be_ordered_from_done(void **state)
{
    (void)state;
    start_up();
    w.on_done = give_another;
    freshen(1, 10, 1000);
    RUN_UNTIL(two_done);
    assert_done(0, 1, OUTCOME_OK, "");
    assert_done(1, 2, OUTCOME_OK, "");
}

static void destroyed_with_all_in_flight(void **state)
{
    (void)state;
    start_up();
    w.fake.hang = "terminate";
    keep_up(true);
    release(1, 1000);
    run_listings(2);
    destroy();
    assert_int_equal(w.dones, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(registers_before_it_lists),
        T(poll_brings_one_snapshot),
        T(event_brings_a_snapshot_by_itself),
        T(event_in_mid_listing_brings_another),
        T(busy_sa_does_not_seem_gone),
        T(sa_being_replaced_does_not_seem_gone),
        T(nobody_listens),
        T(poll_is_answered_while_away),
        T(connection_refused),
        T(permission_denied),
        T(hung_charon_times_out),
        T(hang_in_mid_listing_times_out),
        T(closing_in_mid_command_reconnects),
        T(nonsense_is_refused),
        T(too_old_a_charon_is_named),
        T(reads_byte_by_byte),
        T(counts_over_reconnects),
        T(keeps_up_what_is_down),
        T(gives_charon_a_moment),
        T(leaves_alone_what_it_was_told_to),
        T(never_initiates_while_connecting),
        T(does_not_initiate_what_is_not_configured),
        T(backs_off),
        T(slow_order_holds_nothing_up),
        T(order_never_answered_is_given_again),
        T(freshen_of_what_is_fresh_is_done),
        T(freshen_rekeys_children_within_the_horizon),
        T(freshen_rekeys_everything_once),
        T(freshen_initiates_what_is_down),
        T(freshen_says_what_is_not_fresh),
        T(rekey_without_a_trace_is_asked_again),
        T(release_deletes_every_sa_of_ours),
        T(release_called_off_destroys_what_it_has_begun),
        T(release_of_nothing_is_sure_of_it),
        T(release_looks_after_it_was_ordered),
        T(release_waits_for_a_rekey_to_end),
        T(release_ends_when_the_peer_is_dead),
        T(release_ends_when_terminate_is_never_answered),
        T(release_deletes_what_the_peer_raises),
        T(newer_order_takes_the_place),
        T(charon_dying_ends_the_order),
        T(order_at_the_first_greeting_is_taken),
        T(may_be_destroyed_from_seen),
        T(may_be_destroyed_from_done),
        T(may_be_ordered_from_done),
        T(destroyed_with_all_in_flight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
