/* One connection to charon, byte by byte: the test holds the other end and no loop of its own. */
#include "ipsec/client.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

struct peer {
    qb_loop_t *loop;
    char dir[64], path[PATH_LEN];
    int listener, fd;
    struct client client;
    unsigned answers, events, brokens;
    uint32_t tag;
    size_t body_len;
    char why[ERR_MAX];
    bool close_in_event, timed_out;
    bool (*wanted)(void);
};

static struct peer p;

static void check(void)
{
    if (p.wanted != NULL && p.wanted())
        qb_loop_stop(p.loop);
}

static void on_answer(void *ctx, uint32_t tag, const struct vici_packet *packet)
{
    assert_ptr_equal(ctx, &p);
    p.answers++;
    p.tag = tag;
    p.body_len = packet->body.len;
    check();
}

static void on_event(void *ctx, const struct vici_packet *packet)
{
    assert_ptr_equal(ctx, &p);
    p.events++;
    p.body_len = packet->body.len;
    if (p.close_in_event)
        client_close(&p.client);
    check();
}

static void on_broken(void *ctx, const char *why)
{
    assert_ptr_equal(ctx, &p);
    p.brokens++;
    strlcpy(p.why, why, sizeof(p.why));
    check();
}

static void on_limit(void *data)
{
    (void)data;
    p.timed_out = true;
    qb_loop_stop(p.loop);
}

/* Runs the loop until it holds. What the loop does without a callback is not seen: see turns(). */
static void run_until(bool (*wanted)(void))
{
    qb_loop_timer_handle limit;

    p.wanted = wanted;
    if (!wanted()) {
        qb_loop_timer_add(p.loop, QB_LOOP_LOW, UINT64_C(20000000000), NULL, on_limit, &limit);
        qb_loop_run(p.loop);
        qb_loop_timer_del(p.loop, limit);
    }
    p.wanted = NULL;
    assert_false(p.timed_out);
}

static void on_turn(void *data)
{
    unsigned *left = data;
    qb_loop_timer_handle handle;
    if ((*left)-- == 0)
        qb_loop_stop(p.loop);
    else
        qb_loop_timer_add(p.loop, QB_LOOP_LOW, 1000000, left, on_turn, &handle);
}

static void turns(unsigned count)
{
    on_turn(&count);
    qb_loop_run(p.loop);
}

static int set_up(void **state)
{
    static const struct client_events events = {on_answer, on_event, on_broken};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char err[ERR_MAX];

    (void)state;
    memset(&p, 0, sizeof(p));
    p.loop = qb_loop_create();
    strlcpy(p.dir, "/tmp/cgwha-test-XXXXXX", sizeof(p.dir));
    assert_non_null(mkdtemp(p.dir));
    snprintf(p.path, sizeof(p.path), "%s/vici", p.dir);
    strlcpy(address.sun_path, p.path, sizeof(address.sun_path));
    p.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(p.listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(p.listener, 1), 0);
    client_init(&p.client, p.loop, p.path, 20000, &events, &p);
    assert_true(client_open(&p.client, err));
    p.fd = accept4(p.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    client_free(&p.client);
    close(p.fd);
    close(p.listener);
    unlink(p.path);
    rmdir(p.dir);
    qb_loop_destroy(p.loop);
    return 0;
}

static bool ask(const char *name, uint32_t tag)
{
    uint8_t bytes[CLIENT_REQUEST_MAX];
    struct vici_writer frame;
    vici_start(&frame, bytes, sizeof(bytes), VICI_CMD_REQUEST, name);
    return client_send(&p.client, &frame, name, tag);
}

static void say(const void *bytes, size_t len)
{
    assert_int_equal(send(p.fd, bytes, len, MSG_NOSIGNAL), len);
}

static bool broken(void)
{
    return p.brokens > 0;
}

static bool one_answer(void)
{
    return p.answers == 1;
}

static bool two_answers(void)
{
    return p.answers == 2;
}

static bool one_event(void)
{
    return p.events == 1;
}

static const uint8_t response[] = {0, 0, 0, 1, VICI_CMD_RESPONSE};
static const uint8_t event[] = {0, 0, 0, 3, VICI_EVENT, 1, 'e'};

/* One command at a time: the second goes out when the first is answered. */
static void asks_one_at_a_time(void **state)
{
    uint8_t got[64];

    (void)state;
    assert_true(ask("a", 1));
    assert_true(ask("b", 2));
    turns(3);
    assert_int_equal(recv(p.fd, got, sizeof(got), 0), 7);
    assert_int_equal(got[6], 'a');
    say(event, sizeof(event));
    say(response, sizeof(response));
    run_until(one_answer);
    assert_int_equal(p.tag, 1);
    assert_int_equal(p.events, 1);
    assert_int_equal(recv(p.fd, got, sizeof(got), 0), 7);
    assert_int_equal(got[6], 'b');
    say(response, sizeof(response));
    run_until(two_answers);
    assert_int_equal(p.tag, 2);
}

/* A full socket: the request waits for charon to read, and is then whole. */
static void waits_for_room(void **state)
{
    static char stuffing[4096], got[65536];
    size_t stuffed = 0, read = 0, want;
    ssize_t n;
    int size = 4608;

    (void)state;
    setsockopt(p.client.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    for (size_t chunk = sizeof(stuffing); chunk > 0; chunk /= 2) {
        while ((n = send(p.client.fd, stuffing, chunk, MSG_DONTWAIT)) > 0)
            stuffed += (size_t)n;
    }
    assert_true(ask("late", 3));
    assert_true(p.client.wants_out);
    assert_int_equal(p.client.sent, 0);
    want = stuffed + 10;
    for (unsigned i = 0; i < 1000 && read < want; i++) {
        while (read < sizeof(got) && (n = recv(p.fd, got + read, sizeof(got) - read, 0)) > 0)
            read += (size_t)n;
        turns(1);
    }
    assert_int_equal(read, want);
    assert_memory_equal(got + stuffed, "\0\0\0\6\0\4late", 10);
    assert_false(p.client.wants_out);
    say(response, sizeof(response));
    run_until(one_answer);
    assert_int_equal(p.tag, 3);
}

static void times_out(void **state)
{
    (void)state;
    p.client.answer_ms = 60;
    assert_true(ask("version", 1));
    run_until(broken);
    assert_non_null(strstr(p.why, "has not answered \"version\" for 60 ms"));
    assert_false(ask("version", 1)); /* closed */
}

static void an_answer_stops_the_clock(void **state)
{
    (void)state;
    assert_true(ask("version", 1));
    assert_true(p.client.timing);
    say(response, sizeof(response));
    run_until(one_answer);
    assert_false(p.client.timing);
}

static void events_do_not_count_as_answers(void **state)
{
    (void)state;
    p.client.answer_ms = 60;
    assert_true(ask("version", 1));
    say(event, sizeof(event));
    run_until(one_event);
    run_until(broken);
    assert_non_null(strstr(p.why, "has not answered"));
}

static void refuses_an_answer_to_nothing(void **state)
{
    (void)state;
    say(response, sizeof(response));
    run_until(broken);
    assert_non_null(strstr(p.why, "was not asked"));
}

static void refuses_requests(void **state)
{
    (void)state;
    say("\0\0\0\3\0\1x", 7);
    run_until(broken);
    assert_non_null(strstr(p.why, "another program"));
}

static void refuses_lengths_out_of_bounds(void **state)
{
    (void)state;
    say("\0\x8\0\1", 4);
    run_until(broken);
    assert_non_null(strstr(p.why, "512 KiB"));
}

/* The longest packet there may be, in whatever pieces it comes. */
static void takes_the_longest_packet(void **state)
{
    static uint8_t bytes[VICI_HEADER + VICI_PACKET_MAX];
    struct vici_writer w;
    char value[60001];
    size_t len, sent = 0;

    (void)state;
    memset(value, 'v', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    vici_start(&w, bytes, sizeof(bytes), VICI_EVENT, "e");
    for (unsigned i = 0; i < 8; i++)
        vici_put(&w, "k", value);
    value[VICI_PACKET_MAX + VICI_HEADER - w.len - 6] = 0; /* behind 1, 2, "kk" and its length */
    vici_put(&w, "kk", value);
    len = vici_finish(&w);
    assert_int_equal(len, sizeof(bytes));
    while (sent < len) {
        ssize_t n = send(p.fd, bytes + sent, len - sent, MSG_NOSIGNAL);
        if (n > 0)
            sent += (size_t)n;
        turns(1);
    }
    run_until(one_event);
    assert_int_equal(p.body_len, VICI_PACKET_MAX - 3);
    assert_int_equal(p.brokens, 0);
    assert_true(p.client.in_size <= VICI_HEADER + VICI_PACKET_MAX);
}

static void may_be_closed_from_an_event(void **state)
{
    uint8_t twice[2 * sizeof(event)];

    (void)state;
    memcpy(twice, event, sizeof(event));
    memcpy(twice + sizeof(event), event, sizeof(event));
    p.close_in_event = true;
    say(twice, sizeof(twice));
    run_until(one_event);
    turns(3);
    assert_int_equal(p.events, 1); /* the second is not handed on */
    assert_int_equal(p.brokens, 0);
}

static void queue_is_bounded(void **state)
{
    unsigned taken = 0;

    (void)state;
    while (ask("version", taken))
        taken++;
    assert_int_equal(taken, CLIENT_QUEUE_MAX);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(asks_one_at_a_time),
        T(waits_for_room),
        T(times_out),
        T(an_answer_stops_the_clock),
        T(events_do_not_count_as_answers),
        T(refuses_an_answer_to_nothing),
        T(refuses_requests),
        T(refuses_lengths_out_of_bounds),
        T(takes_the_longest_packet),
        T(may_be_closed_from_an_event),
        T(queue_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
