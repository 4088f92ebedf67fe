/* One HTTP exchange over a socket pair, of which the test is the client. */
#include "agent/http.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define BODY "cgwha_up 1\n# EOF\n"

static unsigned made;

static char *make(void *ctx, size_t *size)
{
    made++;
    if (ctx == NULL)
        return NULL;
    *size = strlen(ctx);
    return strdup(ctx);
}

static struct http_page page = {.path = "/metrics",
                                .content_type = "application/openmetrics-text",
                                .make = make,
                                .ctx = (void *)(uintptr_t)BODY,
                                .read_ms = 20000,
                                .write_ms = 20000,
                                .linger_ms = 20000};

/* Sends it all, says that no more comes, and reads the answer to its end. */
static const char *exchange(const char *request, size_t size)
{
    static char answer[1 << 16];
    size_t used = 0;
    ssize_t n;
    int fd[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    assert_int_equal(send(fd[1], request, size, MSG_NOSIGNAL), size);
    shutdown(fd[1], SHUT_WR);
    made = 0;
    http_serve(fd[0], fd[0], &page);
    close(fd[0]);
    while ((n = recv(fd[1], answer + used, sizeof(answer) - 1 - used, 0)) > 0)
        used += (size_t)n;
    answer[used] = '\0';
    close(fd[1]);
    return answer;
}

static void expect(const char *request, const char *status, const char *words)
{
    const char *answer = exchange(request, strlen(request));

    if (strncmp(answer, status, strlen(status)) != 0)
        fail_msg("to \"%s\" it answers \"%s\", not %s", request, answer, status);
    if (strstr(answer, words) == NULL)
        fail_msg("to \"%s\" it answers \"%s\", without %s", request, answer, words);
    assert_non_null(strstr(answer, "\r\nConnection: close\r\n"));
}

static void gets_the_page(void **state)
{
    char size[32];

    (void)state;
    snprintf(size, sizeof(size), "\r\nContent-Length: %zu\r\n", strlen(BODY));
    expect("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n", "\r\n\r\n" BODY);
    expect("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n", size);
    expect("GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n",
           "\r\nContent-Type: application/openmetrics-text\r\n");
    assert_int_equal(made, 1);
    expect("GET /metrics?a=b HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n", BODY);
    expect("GET http://127.0.0.1:9/metrics HTTP/1.1\nHost: x\n\n", "HTTP/1.1 200 OK\r\n", BODY);
}

static void heads_have_no_body(void **state)
{
    const char *answer = exchange("HEAD /metrics HTTP/1.0\r\n\r\n", 26);
    char size[32];

    (void)state;
    snprintf(size, sizeof(size), "\r\nContent-Length: %zu\r\n", strlen(BODY));
    assert_int_equal(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17), 0);
    assert_non_null(strstr(answer, size));
    assert_string_equal(answer + strlen(answer) - 4, "\r\n\r\n");
    answer = exchange("HEAD /x HTTP/1.0\r\n\r\n", 20);
    assert_int_equal(strncmp(answer, "HTTP/1.1 404 ", 13), 0);
    assert_string_equal(answer + strlen(answer) - 4, "\r\n\r\n");
}

static void refuses(void **state)
{
    (void)state;
    expect("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 ", "404 Not Found\n");
    expect("GET /metricsx HTTP/1.0\r\n\r\n", "HTTP/1.1 404 ", "");
    expect("GET http://x HTTP/1.0\r\n\r\n", "HTTP/1.1 404 ", "");
    expect("POST /metrics HTTP/1.0\r\n\r\n", "HTTP/1.1 405 ", "\r\nAllow: GET, HEAD\r\n");
    expect("POST / HTTP/1.0\r\n\r\n", "HTTP/1.1 404 ", "");
    expect("get /metrics HTTP/1.0\r\n\r\n", "HTTP/1.1 405 ", "");
    expect("GET /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ", ""); /* without Host */
    expect("GET /metrics HTTP/2.0\r\n\r\n", "HTTP/1.1 505 ", "");
    expect("GET /metrics\r\n\r\n", "HTTP/1.1 400 ", "");
    expect("GET /metrics SMTP/1.0\r\n\r\n", "HTTP/1.1 400 ", "");
    expect("GET  /metrics HTTP/1.0\r\n\r\n", "HTTP/1.1 400 ", "");
    expect("\r\n\r\n", "HTTP/1.1 400 ", "");
    expect(" \r\n\r\n", "HTTP/1.1 400 ", "");
    expect("GET /metrics HTTP/1.0\r\n", "HTTP/1.1 400 ", ""); /* ends in mid-head */
    assert_int_equal(made, 0);
    assert_int_equal(strncmp(exchange("GET /\0 HTTP/1.0\r\n\r\n", 19), "HTTP/1.1 400 ", 13), 0);
    assert_string_equal(exchange("", 0), "");
}

static void a_head_is_bounded(void **state)
{
    char request[HTTP_REQUEST_MAX + 64];
    int n = snprintf(request, sizeof(request), "GET /metrics HTTP/1.0\r\nX: ");

    (void)state;
    memset(request + n, 'x', sizeof(request) - (size_t)n);
    assert_int_equal(strncmp(exchange(request, sizeof(request)), "HTTP/1.1 431 ", 13), 0);
    memcpy(request + HTTP_REQUEST_MAX - 4, "\r\n\r\n", 4);
    assert_int_equal(strncmp(exchange(request, HTTP_REQUEST_MAX), "HTTP/1.1 200 ", 13), 0);
}

static void without_memory(void **state)
{
    (void)state;
    page.ctx = NULL;
    expect("GET /metrics HTTP/1.0\r\n\r\n", "HTTP/1.1 503 ", "");
    page.ctx = (void *)(uintptr_t)BODY;
}

/* A client that says nothing, or half of it, or does not read: each is let go when its time is up;
 * the test is over only then, so it would hang if it were not. */
static void slow_clients_are_let_go(void **state)
{
    struct http_page hasty = page;
    char answer[64] = "", *large = malloc(1 << 22);
    int fd[2];

    (void)state;
    hasty.read_ms = hasty.write_ms = hasty.linger_ms = 20;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    assert_false(http_serve(fd[0], fd[0], &hasty));
    assert_int_equal(send(fd[1], "GET /metr", 9, 0), 9);
    assert_true(http_serve(fd[0], fd[0], &hasty));
    assert_true(recv(fd[1], answer, sizeof(answer) - 1, 0) > 0);
    assert_int_equal(strncmp(answer, "HTTP/1.1 408 ", 13), 0);
    close(fd[0]);
    close(fd[1]);

    assert_non_null(large);
    memset(large, 'x', (1 << 22) - 1);
    large[(1 << 22) - 1] = '\0';
    hasty.ctx = large;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    assert_int_equal(send(fd[1], "GET /metrics HTTP/1.0\r\n\r\n", 25, 0), 25);
    assert_false(http_serve(fd[0], fd[0], &hasty));
    close(fd[1]);
    free(large);
    close(fd[0]);
}

/* What a client still sends is read away, so that it can read its answer to the end; one that goes
 * in the middle does no harm. */
static void a_body_is_let_pass(void **state)
{
    const char *request = "GET /metrics HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello";
    int fd[2];

    (void)state;
    expect(request, "HTTP/1.1 200 OK\r\n", BODY);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    assert_int_equal(send(fd[1], request, strlen(request), 0), strlen(request));
    close(fd[1]);
    assert_false(http_serve(fd[0], fd[0], &page));
    close(fd[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gets_the_page),
        cmocka_unit_test(heads_have_no_body),
        cmocka_unit_test(refuses),
        cmocka_unit_test(a_head_is_bounded),
        cmocka_unit_test(without_memory),
        cmocka_unit_test(slow_clients_are_let_go),
        cmocka_unit_test(a_body_is_let_pass),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
