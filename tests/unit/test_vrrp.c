/* When the LAN is told of a level, and how: the runtime between an engine and a router that does
 * what the test says, and the file that keepalived reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/runtime.h"
#include "agent/vrrp.h"

#define NOTHING 99u

static struct {
    struct runtime rt;
    struct conf conf;
    struct cluster_nodes nodes;
    uint64_t ms;
    uint32_t id; /* of the level order under way; 0: none */
    uint8_t ordered;
    unsigned vrrp; /* what the LAN was told last */
    bool fails;    /* it cannot be told */
    bool retry;    /* it is to be told again */
    unsigned told_failed;
} t;

/* ---- the outside */

static uint64_t now_ns(void *ctx)
{
    (void)ctx;
    return t.ms * 1000000;
}

static uint64_t wall_s(void *ctx)
{
    (void)ctx;
    return 1000000 + t.ms / 1000;
}

static void timer_set(void *ctx, unsigned slot, uint32_t ms)
{
    (void)ctx;
    (void)ms;
    t.retry |= slot == SLOT_VRRP;
}

static void timer_clear(void *ctx, unsigned slot)
{
    (void)ctx;
    t.retry &= slot != SLOT_VRRP;
}

static void save(void *ctx, uint32_t id, const struct saved *saved)
{
    (void)ctx;
    (void)id;
    (void)saved;
}

static bool vrrp(void *ctx, uint8_t level, char why[ERR_MAX])
{
    (void)ctx;
    if (t.fails) {
        snprintf(why, ERR_MAX, "no space");
        return false;
    }
    t.vrrp = level;
    return true;
}

static bool send_nothing(void *self, const struct message *m)
{
    (void)self;
    (void)m;
    return true;
}

static const struct cluster_ops cluster_ops = {.send = send_nothing};

static void started(void *ctx)
{
    (void)ctx;
    t.rt.cluster = (struct cluster){&cluster_ops, &t};
}

static void told(void *ctx, const struct told *what)
{
    (void)ctx;
    t.told_failed += what->type == TOLD_ORDER_FAILED;
}

static const struct runtime_ports ports = {
    .now_ns = now_ns,
    .wall_s = wall_s,
    .timer_set = timer_set,
    .timer_clear = timer_clear,
    .save = save,
    .vrrp = vrrp,
    .started = started,
    .told = told,
};

static void poll_nothing(void *self)
{
    (void)self;
}

static void set_level(void *self, uint32_t id, enum level level, uint32_t deadline_ms)
{
    (void)self;
    (void)deadline_ms;
    t.id = id;
    t.ordered = (uint8_t)level;
}

static void open_sessions(void *self, uint32_t id, uint32_t deadline_ms)
{
    (void)self;
    (void)id;
    (void)deadline_ms;
}

static const struct router_ops router_ops = {
    .poll = poll_nothing, .set_level = set_level, .open_sessions = open_sessions};

static void keep_up(void *self, bool on)
{
    (void)self;
    (void)on;
}

static const struct ipsec_ops ipsec_ops = {.poll = poll_nothing, .keep_up = keep_up};

/* ---- steps */

static void start(void)
{
    struct saved saved = {.intent = INTENT_IN_SERVICE};

    memset(&t, 0, sizeof(t));
    t.vrrp = NOTHING;
    t.ms = 1000;
    t.conf.tunnels = 1;
    t.nodes.count = 2;
    for (unsigned n = 0; n < 2; n++) {
        t.nodes.id[n] = n + 1;
        snprintf(t.nodes.name[n], sizeof(t.nodes.name[n]), "gw%u", n + 1);
    }
    runtime_init(&t.rt, &t.conf, &t.nodes, &saved, 1000, &ports, &t);
    t.rt.router = (struct router){&router_ops, &t};
    t.rt.ipsec = (struct ipsec){&ipsec_ops, &t};
    runtime_start(&t.rt);
}

static void see(bool reachable, uint8_t level)
{
    struct router_seen seen = {.reachable = reachable, .level = level, .level_known = reachable};

    t.ms += 10;
    seen.session[0].established = true;
    seen.session[0].exported = level != LEVEL_WITHDRAWN;
    runtime_router_events.seen(&t.rt, &seen);
}

/* The other node is gone: this one is to be at high. */
static void alone(void)
{
    struct cluster_view view = {.id = 1, .members = 1, .ring = 1};

    t.ms += 10;
    runtime_cluster_events.view(&t.rt, &view);
    for (unsigned slot = SLOT_ENGINE; slot < SLOT_ORDER && t.id == 0; slot++)
        runtime_timer(&t.rt, slot);
    assert_int_not_equal(t.id, 0);
    assert_int_equal(t.ordered, LEVEL_HIGH);
}

static void done(enum outcome outcome)
{
    uint32_t id = t.id;

    t.ms += 10;
    t.id = 0;
    runtime_router_events.done(&t.rt, id, outcome, outcome == OUTCOME_OK ? "" : "not read back");
}

/* ---- tests */

static void a_start_tells_what_is_in_force(void **state)
{
    (void)state;
    for (uint8_t level = LEVEL_LOW; level < LEVELS; level++) {
        start();
        assert_int_equal(t.vrrp, NOTHING);
        see(true, level);
        assert_int_equal(t.vrrp, level);
    }
}

static void a_start_without_the_router_moves_nothing(void **state)
{
    (void)state;
    start();
    see(false, LEVEL_LOW);
    runtime_timer(&t.rt, SLOT_START);
    assert_true(t.rt.started);
    assert_int_equal(t.vrrp, NOTHING);
}

static void the_lan_is_told_after_the_read_back(void **state)
{
    (void)state;
    start();
    see(true, LEVEL_NORMAL);
    alone();
    assert_int_equal(t.vrrp, LEVEL_NORMAL);
    done(OUTCOME_OK);
    assert_int_equal(t.vrrp, LEVEL_HIGH);
}

static void a_level_that_failed_is_not_told(void **state)
{
    (void)state;
    for (enum outcome outcome = OUTCOME_FAILED; outcome <= OUTCOME_TIMEOUT; outcome++) {
        start();
        see(true, LEVEL_NORMAL);
        alone();
        done(outcome);
        assert_int_equal(t.vrrp, LEVEL_NORMAL);
    }
}

static void a_failure_is_told_once_and_tried_again(void **state)
{
    (void)state;
    start();
    see(true, LEVEL_NORMAL);
    alone();
    t.fails = true;
    done(OUTCOME_OK);
    assert_int_equal(t.vrrp, LEVEL_NORMAL);
    assert_true(t.retry && t.rt.vrrp_sick);
    assert_int_equal(t.told_failed, 1);
    assert_int_equal(t.rt.engine.level, LEVEL_HIGH); /* the level is in force all the same */
    runtime_timer(&t.rt, SLOT_VRRP);
    assert_int_equal(t.told_failed, 1);
    t.fails = false;
    runtime_timer(&t.rt, SLOT_VRRP);
    assert_int_equal(t.vrrp, LEVEL_HIGH);
    assert_false(t.retry || t.rt.vrrp_sick);
}

/* ---- the file */

static void check_file(const char *path, const char *want)
{
    char text[8] = "";
    FILE *f = fopen(path, "r");
    size_t n;

    assert_non_null(f);
    n = fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    text[n] = '\0';
    assert_string_equal(text, want);
}

static void the_file_has_the_number(void **state)
{
    static const char *const want[LEVELS] = {"0\n", "1\n", "2\n", "3\n"};
    char dir[] = "/tmp/cgwha-vrrp-XXXXXX", path[64], beside[72], err[ERR_MAX] = "";
    struct stat st;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/vrrp", dir);
    snprintf(beside, sizeof(beside), "%s.new", path);
    for (uint8_t level = 0; level < LEVELS; level++) {
        assert_true(vrrp_write(path, level, err));
        check_file(path, want[level]);
        assert_int_not_equal(stat(beside, &st), 0);
    }
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0); /* what cannot be moved over */
    assert_false(vrrp_write(path, LEVEL_LOW, err));
    assert_non_null(strstr(err, path));
    assert_int_not_equal(stat(beside, &st), 0);
    rmdir(path);
    rmdir(dir);
    assert_false(vrrp_write(path, LEVEL_LOW, err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_start_tells_what_is_in_force),
        cmocka_unit_test(a_start_without_the_router_moves_nothing),
        cmocka_unit_test(the_lan_is_told_after_the_read_back),
        cmocka_unit_test(a_level_that_failed_is_not_told),
        cmocka_unit_test(a_failure_is_told_once_and_tried_again),
        cmocka_unit_test(the_file_has_the_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
