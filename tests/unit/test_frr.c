/* The driver over FRR, against a bgpd of cardboard: what it asks, what it changes, and how it ends
 * when bgpd refuses, hangs, dies, or does not do what it was told. What all routers share of it is
 * looked at in test_bird.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "routing/driver.h"
#include "routing/frr_reply.h"

/* A bgpd: two maps that call a level, sessions, and what each of them exports. */
struct fake {
    int listener, fd;
    size_t have;
    char in[8192];
    char log[1 << 18]; /* the commands, one a line */

    enum level calls[2], sent[2]; /* cloud, LAN: called; refreshed */
    bool missing;                 /* there is no CGWHA-CLOUD-HIGH */
    bool deaf;                    /* a refresh does nothing */
    bool disabled[SESSIONS_MAX];
    char mark[FRR_MARK_LEN];
    const char *hang_on, *die_on, *refuse;
    unsigned node; /* 1: a line of CGWHA-CLOUD, 2: of CGWHA-LAN */
};

#define BENCH_FAKE struct fake
#include "tests/unit/router_bench.h"

/* ---- the bgpd of cardboard */

static const char *const address[SESSIONS] = {"169.254.11.1", "169.254.12.1", "10.20.0.10"};

static void put(char out[8192], const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(char out[8192], const char *format, ...)
{
    size_t used = strlen(out);
    va_list args;

    va_start(args, format);
    vsnprintf(out + used, 8192 - used, format, args);
    va_end(args);
}

static void put_maps(struct bench *b, char out[8192])
{
    struct fake *f = &b->fake;

    put(out, "{\"BGP\":{\"CGWHA-GSHUT\":{\"rules\":[]}");
    for (unsigned lan = 0; lan < 2; lan++) {
        put(out,
            ",\"%s\":{\"rules\":[{\"sequenceNumber\":10,\"type\":\"permit\",\"description\":\"%s\","
            "\"callClause\":\"%s\"}]}",
            frr_map_name(lan, LEVELS), lan ? "" : f->mark, frr_map_name(lan, f->calls[lan]));
        for (unsigned level = 0; level < LEVELS; level++) {
            if (!f->missing || lan || level != LEVEL_HIGH)
                put(out, ",\"%s\":{\"rules\":[{\"type\":\"%s\"}]}", frr_map_name(lan, level),
                    level == LEVEL_WITHDRAWN ? "deny" : "permit");
        }
    }
    put(out, "}}");
}

static void put_sessions(struct bench *b, char out[8192])
{
    put(out, "{\"ipv4Unicast\":{\"as\":65000,\"peers\":{");
    for (unsigned i = 0; i < SESSIONS; i++)
        put(out,
            "%s\"%s\":{\"remoteAs\":64512,\"localAs\":65000,\"pfxRcd\":1,\"state\":\"%s\","
            "\"peerState\":\"%s\",\"desc\":\"%s\"}",
            i > 0 ? "," : "", address[i], b->fake.disabled[i] ? "Idle (Admin)" : "Established",
            b->fake.disabled[i] ? "Admin" : "OK", b->conf.session[i].name);
    put(out, "}}}");
}

static void put_table(struct bench *b, unsigned i, bool probe, char out[8192])
{
    bool lan = b->conf.session[i].lan;
    enum level level = b->fake.sent[lan];
    const struct level_attr *attr = &b->conf.level[level];

    put(out, "{\"advertisedRoutes\":{");
    if (level != LEVEL_WITHDRAWN && (!probe || attr->gshut)) {
        put(out, "\"10.20.0.0/16\":{\"metric\":%u,\"path\":\"",
            lan ? attr->lan_med : attr->med + (uint32_t)b->conf.session[i].med_offset);
        for (unsigned n = 0; n < (lan ? attr->lan_prepend : attr->prepend); n++)
            put(out, "%s65000", n > 0 ? " " : "");
        put(out, "\"}");
    }
    put(out, "}}");
}

static int neighbour(const char *line)
{
    for (unsigned i = 0; i < SESSIONS; i++) {
        if (strstr(line, address[i]) != NULL)
            return (int)i;
    }
    return -1;
}

static void call(struct fake *f, const char *map)
{
    for (unsigned level = 0; level < LEVELS && f->node > 0; level++) {
        if (strcmp(map, frr_map_name(f->node == 2, level)) == 0)
            f->calls[f->node - 1] = (enum level)level;
    }
}

static int obey(struct bench *b, const char *line, char out[8192])
{
    struct fake *f = &b->fake;
    int i = neighbour(line);

    if (f->refuse != NULL && strncmp(line, f->refuse, strlen(f->refuse)) == 0) {
        put(out, "%% Unknown command: %s\n", line);
        return FRR_UNKNOWN;
    }
    if (strcmp(line, "show version") == 0)
        put(out, "FRRouting 8.4.4 (gw1) on Linux.\n");
    else if (strcmp(line, "show route-map json") == 0)
        put_maps(b, out);
    else if (strcmp(line, "show bgp summary json") == 0)
        put_sessions(b, out);
    else if (strncmp(line, "show bgp ipv4 ", 14) == 0 && i >= 0)
        put_table(b, (unsigned)i, strstr(line, "route-map CGWHA-GSHUT") != NULL, out);
    else if (strcmp(line, "route-map CGWHA-CLOUD permit 10") == 0)
        f->node = 1;
    else if (strcmp(line, "route-map CGWHA-LAN permit 10") == 0)
        f->node = 2;
    else if (strncmp(line, "call ", 5) == 0)
        call(f, line + 5);
    else if (strncmp(line, "description ", 12) == 0)
        snprintf(f->mark, sizeof(f->mark), "%.60s", line + 12);
    else if (strncmp(line, "clear bgp ", 10) == 0 && i >= 0 && !f->deaf)
        f->sent[i == LAN] = f->calls[i == LAN];
    else if (strncmp(line, "neighbor ", 9) == 0 && i >= 0)
        f->disabled[i] = true;
    else if (strncmp(line, "no neighbor ", 12) == 0 && i >= 0)
        f->disabled[i] = false;
    return FRR_OK;
}

static void hang_up(struct bench *b)
{
    if (b->fake.fd >= 0) {
        qb_loop_poll_del(b->loop, b->fake.fd);
        close(b->fake.fd);
    }
    b->fake.fd = -1;
    b->fake.have = 0;
}

/* Answers in two halves, so that no reply comes whole. */
static void answer(struct bench *b, const char *line)
{
    char out[8192] = "";
    bool dies = b->fake.die_on != NULL && strstr(line, b->fake.die_on) == line;

    strlcat(b->fake.log, line, sizeof(b->fake.log));
    strlcat(b->fake.log, "\n", sizeof(b->fake.log));
    if (b->fake.hang_on != NULL && strstr(line, b->fake.hang_on) == line)
        return;
    int code = obey(b, line, out);
    size_t len = strlen(out);
    out[len + 1] = out[len + 2] = '\0';
    out[len + 3] = (char)code;
    ssize_t n = send(b->fake.fd, out, (len + 4) / 2, MSG_NOSIGNAL);
    if (dies) {
        b->fake.die_on = NULL;
        hang_up(b);
        return;
    }
    n += send(b->fake.fd, out + (len + 4) / 2, len + 4 - (len + 4) / 2, MSG_NOSIGNAL);
    assert_true(n > 0);
}

static int32_t on_command(int32_t fd, int32_t revents, void *data)
{
    struct bench *b = data;
    struct fake *f = &b->fake;
    char *end;

    (void)revents;
    ssize_t n = recv(fd, f->in + f->have, sizeof(f->in) - f->have, MSG_DONTWAIT);
    if (n <= 0) {
        hang_up(b);
        return 0;
    }
    f->have += (size_t)n;
    while (f->fd >= 0 && (end = memchr(f->in, '\0', f->have)) != NULL) {
        char line[sizeof(f->in)];
        size_t used = (size_t)(end - f->in) + 1;
        memcpy(line, f->in, used);
        memmove(f->in, f->in + used, f->have - used);
        f->have -= used;
        answer(b, line);
    }
    return 0;
}

static int32_t on_connect(int32_t fd, int32_t revents, void *data)
{
    struct bench *b = data;

    (void)revents;
    hang_up(b);
    b->fake.fd = accept(fd, NULL, NULL);
    assert_true(b->fake.fd >= 0);
    qb_loop_poll_add(b->loop, QB_LOOP_MED, b->fake.fd, POLLIN, b, on_command);
    return 0;
}

static void fake_listen(struct bench *b)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    strlcpy(addr.sun_path, b->conf.vty_socket, sizeof(addr.sun_path));
    b->fake.fd = -1;
    b->fake.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(b->fake.listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
    assert_int_equal(listen(b->fake.listener, 4), 0);
    qb_loop_poll_add(b->loop, QB_LOOP_MED, b->fake.listener, POLLIN, b, on_connect);
}

static void fake_die(struct bench *b)
{
    hang_up(b);
    if (b->fake.listener >= 0) {
        qb_loop_poll_del(b->loop, b->fake.listener);
        close(b->fake.listener);
        unlink(b->conf.vty_socket);
    }
    b->fake.listener = -1;
}

static unsigned asked(const struct bench *b, const char *command)
{
    unsigned count = 0;
    for (const char *at = b->fake.log; (at = strstr(at, command)) != NULL; at++)
        count++;
    return count;
}

/* ---- the bench */

static const struct answer *next_done(struct bench *b)
{
    run_until(b, b->seen_count, b->done_count + 1);
    return &b->done[b->done_count - 1];
}

static bool driver_new(struct bench *b, const struct control_times *times)
{
    char err[ERR_MAX];
    return driver_create(&b->router, &backend_frr, b->loop, &b->conf, &b->events, b, times, err);
}

static int set_up(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));

    if (b == NULL)
        return -1;
    *state = b;
    snprintf(b->dir, sizeof(b->dir), "/tmp/cgwha-frr.XXXXXX");
    if (mkdtemp(b->dir) == NULL)
        return -1;
    b->loop = qb_loop_create();
    bench_conf(b);
    snprintf(b->conf.vty_socket, sizeof(b->conf.vty_socket), "%s/bgpd.vty", b->dir);
    b->fake.calls[0] = b->fake.calls[1] = b->fake.sent[0] = b->fake.sent[1] = LEVEL_LOW;
    fake_listen(b);
    b->events = (struct router_events){on_seen, on_done};
    return driver_new(b, &calm) ? 0 : -1;
}

static int tear_down(void **state)
{
    struct bench *b = *state;

    b->router.ops->destroy(b->router.self);
    fake_die(b);
    qb_loop_destroy(b->loop);
    int left = rmdir(b->dir);
    free(b);
    return left;
}

/* ---- the tests */

static void what_is_exported_is_seen(void **state)
{
    struct bench *b = *state;

    poll_once(b);
    assert_true(b->seen.reachable && b->seen.level_known && b->seen.level == LEVEL_LOW);
    assert_string_equal(b->seen.version, "FRR 8.4.4");
    for (unsigned i = 0; i < SESSIONS; i++) {
        assert_true(b->seen.session[i].known && b->seen.session[i].established);
        assert_int_equal(b->seen.session[i].routes_out, 1);
        assert_int_equal(b->seen.session[i].routes_wrong, 0);
    }
    /* The second tunnel's MED is 10 more, as the configuration says. */
    assert_true(b->seen.session[TUN11].exported == 1 && b->seen.session[TUN11].at_level == 1);
    assert_true(b->seen.session[TUN12].exported == 1 && b->seen.session[TUN12].at_level == 1);
    assert_int_equal(asked(b, "write"), 0);
}

/* One command puts a level in force: the `call`. Before any look nothing is changed. */
static void a_level_is_called_refreshed_and_read_back(void **state)
{
    struct bench *b = *state;
    static const enum level levels[] = {LEVEL_NORMAL, LEVEL_HIGH, LEVEL_WITHDRAWN, LEVEL_LOW};

    for (unsigned i = 0; i < 4; i++) {
        check_answer(level_now(b, levels[i]), OUTCOME_OK, "");
        assert_int_equal(b->fake.calls[0], levels[i]);
        assert_int_equal(b->fake.calls[1], levels[i]);
        poll_once(b);
        assert_true(b->seen.level_known && b->seen.level == levels[i]);
    }
    assert_true(strstr(b->fake.log, "show bgp") < strstr(b->fake.log, "configure terminal"));
    assert_int_equal(asked(b, "configure terminal\n"), 4);
    assert_int_equal(asked(b, "clear bgp 169.254.11.1 soft out\n"), 4);
    assert_int_equal(asked(b, "set "), 0);
    assert_int_equal(asked(b, "write"), 0);
}

static void a_level_that_is_not_read_back_is_undone(void **state)
{
    struct bench *b = *state;

    check_answer(level_now(b, LEVEL_NORMAL), OUTCOME_OK, "");
    b->fake.deaf = true;
    check_answer(level_in_vain(b, LEVEL_HIGH), OUTCOME_FAILED,
                 "tun11 still exports 10.20.0.0/16 with MED 100, wanted 10");
    assert_int_equal(b->fake.calls[0], LEVEL_NORMAL);
    assert_int_equal(b->fake.calls[1], LEVEL_NORMAL);
}

static void a_level_that_is_refused_half_way_is_undone(void **state)
{
    struct bench *b = *state;

    check_answer(level_now(b, LEVEL_NORMAL), OUTCOME_OK, "");
    b->fake.refuse = "call CGWHA-LAN-HIGH";
    check_answer(level_now(b, LEVEL_HIGH), OUTCOME_FAILED, "FRR refuses the level");
    assert_int_equal(b->fake.calls[0], LEVEL_NORMAL);
    assert_int_equal(b->fake.calls[1], LEVEL_NORMAL);
}

/* To call a map that is not there would let routes out with no MED, which wins. */
static void a_map_that_is_missing_is_never_called(void **state)
{
    struct bench *b = *state;

    b->fake.missing = true;
    check_answer(level_now(b, LEVEL_HIGH), OUTCOME_FAILED, "no route-map CGWHA-CLOUD-HIGH");
    assert_int_equal(b->fake.calls[0], LEVEL_LOW);
    assert_int_equal(asked(b, "configure terminal"), 0);
}

static void another_agent_believes_the_level_of_the_one_before(void **state)
{
    struct bench *b = *state;

    check_answer(level_now(b, LEVEL_HIGH), OUTCOME_OK, "");
    b->router.ops->destroy(b->router.self);
    assert_true(driver_new(b, &calm));
    poll_until_reachable(b);
    assert_true(b->seen.level_known && b->seen.level == LEVEL_HIGH);
    assert_int_equal(asked(b, "configure terminal\n"), 1);
}

/* `write memory` at high, then a reboot. */
static void a_level_from_the_disk_is_not_believed(void **state)
{
    struct bench *b = *state;

    check_answer(level_now(b, LEVEL_HIGH), OUTCOME_OK, "");
    snprintf(b->fake.mark, sizeof(b->fake.mark), "moved by cgwhad, boot 0badcafe, bgpd 1");
    poll_once(b);
    assert_true(b->seen.reachable && !b->seen.level_known);
    check_answer(level_now(b, LEVEL_LOW), OUTCOME_OK, "");
    poll_once(b);
    assert_true(b->seen.level_known && b->seen.level == LEVEL_LOW);
}

static void two_maps_at_two_levels_are_no_level(void **state)
{
    struct bench *b = *state;

    b->fake.calls[1] = LEVEL_HIGH;
    poll_once(b);
    assert_true(b->seen.reachable && !b->seen.level_known);
}

static void sessions_close_with_words_and_open_again(void **state)
{
    struct bench *b = *state;

    b->router.ops->close_sessions(b->router.self, 1, "gw1 leaves: a \"test\" | more", DEADLINE);
    check_answer(next_done(b), OUTCOME_OK, "");
    assert_true(b->fake.disabled[TUN11] && b->fake.disabled[TUN12] && !b->fake.disabled[LAN]);
    assert_int_equal(asked(b,
                           "router bgp 65000 \nneighbor 169.254.11.1 shutdown message gw1 leaves:"
                           " a 'test' / more\nend\n"),
                     1);
    b->fake.disabled[TUN12] = false; /* somebody opens it */
    poll_once(b);
    poll_once(b);
    while (!b->fake.disabled[TUN12])
        poll_once(b);
    b->router.ops->open_sessions(b->router.self, 2, DEADLINE);
    check_answer(next_done(b), OUTCOME_OK, "");
    assert_true(!b->fake.disabled[TUN11] && !b->fake.disabled[TUN12]);
}

static void a_level_ends_whatever_bgpd_hangs_in(void **state)
{
    static const char *const commands[] = {
        "enable",        "show version", "show route-map", "show bgp summary",
        "show bgp ipv4", "configure",    "call",           "description",
        "clear"};
    struct bench *b = *state;
    struct control_times times = calm;

    times.silence_ms = 150;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        b->router.ops->destroy(b->router.self);
        b->fake.hang_on = commands[i];
        assert_true(driver_new(b, &times));
        b->done_count = 0;
        b->router.ops->set_level(b->router.self, 7, LEVEL_HIGH, 5000);
        const struct answer *a = next_done(b);
        assert_int_equal(a->id, 7);
        check_answer(a, OUTCOME_FAILED, "does not answer");
        b->fake.hang_on = NULL;
    }
}

static void a_level_ends_whatever_bgpd_dies_in(void **state)
{
    static const char *const commands[] = {
        "show route-map", "show bgp summary", "show bgp ipv4", "configure", "call", "end", "clear"};
    struct bench *b = *state;

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        b->done_count = 0;
        poll_until_reachable(b);
        b->fake.die_on = commands[i];
        b->router.ops->set_level(b->router.self, 7, LEVEL_NORMAL, DEADLINE);
        const struct answer *a = next_done(b);
        assert_int_equal(a->outcome, OUTCOME_FAILED);
        assert_true(a->why[0] != '\0');
    }
    poll_until_reachable(b);
    check_answer(level_now(b, LEVEL_NORMAL), OUTCOME_OK, "");
}

static void a_dead_bgpd_is_named(void **state)
{
    struct bench *b = *state;

    fake_die(b);
    do
        poll_once(b);
    while (b->seen.reachable);
    assert_non_null(strstr(b->seen.why, "FRR's bgpd cannot be reached"));
    assert_non_null(strstr(b->seen.why, "is this its vty socket?"));
    check_answer(level_now(b, LEVEL_HIGH), OUTCOME_FAILED, "cannot be reached");
}

static void what_answers_nonsense_is_not_believed(void **state)
{
    struct bench *b = *state;

    b->fake.refuse = "show bgp summary json";
    poll_once(b);
    assert_false(b->seen.reachable);
    assert_non_null(strstr(b->seen.why, "FRR answers 2"));
    b->fake.refuse = "show bgp ipv4";
    poll_once(b);
    assert_true(b->seen.reachable && !b->seen.session[TUN11].table);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_exported_is_seen),
        TEST(a_level_is_called_refreshed_and_read_back),
        TEST(a_level_that_is_not_read_back_is_undone),
        TEST(a_level_that_is_refused_half_way_is_undone),
        TEST(a_map_that_is_missing_is_never_called),
        TEST(another_agent_believes_the_level_of_the_one_before),
        TEST(a_level_from_the_disk_is_not_believed),
        TEST(two_maps_at_two_levels_are_no_level),
        TEST(sessions_close_with_words_and_open_again),
        TEST(a_level_ends_whatever_bgpd_hangs_in),
        TEST(a_level_ends_whatever_bgpd_dies_in),
        TEST(a_dead_bgpd_is_named),
        TEST(what_answers_nonsense_is_not_believed),
    };
    alarm(300); /* some wait in a loop of their own */
    return cmocka_run_group_tests_name("frr", tests, NULL, NULL);
}
