/* One HTTP exchange. */
#include "agent/http.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ---- waiting, never longer than until a moment ---- */

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* False when the time is up. */
static bool wait_for(int fd, short events, int64_t until)
{
    struct pollfd p = {.fd = fd, .events = events};
    int64_t left;
    int rc;

    do {
        left = until - now_ms();
        rc = left > 0 ? poll(&p, 1, (int)left) : 0;
    } while (rc < 0 && errno == EINTR);
    return rc > 0;
}

static void never_block(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags >= 0)
        fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static bool may_retry(ssize_t n)
{
    return n < 0 && (errno == EINTR || errno == EAGAIN);
}

static bool write_all(int fd, const char *data, size_t size, int64_t until)
{
    while (size > 0) {
        ssize_t n;
        if (!wait_for(fd, POLLOUT, until))
            return false;
        n = write(fd, data, size);
        if (n < 0 && !may_retry(n))
            return false;
        if (n > 0) {
            data += n;
            size -= (size_t)n;
        }
    }
    return true;
}

/* ---- the request ---- */

struct request {
    char head[HTTP_REQUEST_MAX + 1];
    char *method, *target, *version; /* in the head, which is cut up */
    bool has_host;
};

enum status {
    HTTP_OK = 200,
    HTTP_BAD = 400,
    HTTP_NOT_FOUND = 404,
    HTTP_METHOD = 405,
    HTTP_TIMEOUT = 408,
    HTTP_TOO_LARGE = 431,
    HTTP_UNAVAILABLE = 503,
    HTTP_VERSION = 505,
    HTTP_SILENT = 0 /* nothing was asked: nothing is answered */
};

/* The head ends with an empty line; a bare LF ends a line too (RFC 9112 section 2.2). */
static bool is_whole(const char *head)
{
    return strstr(head, "\r\n\r\n") != NULL || strstr(head, "\n\n") != NULL ||
           strstr(head, "\n\r\n") != NULL;
}

static enum status read_head(int fd, struct request *r, int ms)
{
    int64_t until = now_ms() + ms;
    size_t used = 0;

    r->head[0] = '\0';
    while (!is_whole(r->head)) {
        ssize_t n;
        if (used == HTTP_REQUEST_MAX)
            return HTTP_TOO_LARGE;
        if (!wait_for(fd, POLLIN, until))
            return used > 0 ? HTTP_TIMEOUT : HTTP_SILENT;
        n = read(fd, r->head + used, HTTP_REQUEST_MAX - used);
        if (may_retry(n))
            continue;
        if (n <= 0)
            return used > 0 && n == 0 ? HTTP_BAD : HTTP_SILENT;
        if (memchr(r->head + used, '\0', (size_t)n) != NULL)
            return HTTP_BAD;
        used += (size_t)n;
        r->head[used] = '\0';
    }
    return HTTP_OK;
}

/* method SP target SP version, and header lines of which only Host counts: RFC 9112 section 3.2
 * wants it in every HTTP/1.1 request. */
static enum status parse_head(struct request *r)
{
    char *rest = r->head, *line = strsep(&rest, "\n");

    line[strcspn(line, "\r")] = '\0';
    r->method = strsep(&line, " ");
    r->target = strsep(&line, " ");
    r->version = line;
    if (r->method[0] == '\0' || r->target == NULL || r->target[0] == '\0' || r->version == NULL)
        return HTTP_BAD;
    if (strncmp(r->version, "HTTP/", 5) != 0 || strlen(r->version) != 8 || r->version[6] != '.')
        return HTTP_BAD;
    if (r->version[5] != '1')
        return HTTP_VERSION;
    while ((line = strsep(&rest, "\n")) != NULL)
        r->has_host = r->has_host || strncasecmp(line, "Host:", 5) == 0;
    return r->version[7] != '0' && !r->has_host ? HTTP_BAD : HTTP_OK;
}

/* The path of a target: "/metrics?x", or all of a URL (RFC 9112 section 3.2.2). */
static bool is_path(const char *target, const char *path)
{
    size_t length = strlen(path);

    if (strncasecmp(target, "http://", 7) == 0) {
        target = strchr(target + 7, '/');
        if (target == NULL)
            return false;
    }
    return strncmp(target, path, length) == 0 && (target[length] == '\0' || target[length] == '?');
}

static enum status judge(const struct request *r, const struct http_page *page)
{
    if (!is_path(r->target, page->path))
        return HTTP_NOT_FOUND;
    if (strcmp(r->method, "GET") != 0 && strcmp(r->method, "HEAD") != 0)
        return HTTP_METHOD;
    return HTTP_OK;
}

/* ---- the answer ---- */

static const char *phrase(enum status status)
{
    switch (status) {
    case HTTP_OK:
        return "OK";
    case HTTP_NOT_FOUND:
        return "Not Found";
    case HTTP_METHOD:
        return "Method Not Allowed";
    case HTTP_TIMEOUT:
        return "Request Timeout";
    case HTTP_TOO_LARGE:
        return "Request Header Fields Too Large";
    case HTTP_UNAVAILABLE:
        return "Service Unavailable";
    case HTTP_VERSION:
        return "HTTP Version Not Supported";
    default:
        return "Bad Request";
    }
}

struct answer {
    enum status status;
    const char *type, *body;
    size_t size;
    bool with_body; /* not to HEAD, which is told the size all the same */
};

static bool respond(int fd, const struct answer *a, int ms)
{
    int64_t until = now_ms() + ms;
    char head[512];
    int n;

    n = snprintf(head, sizeof(head),
                 "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s"
                 "Cache-Control: no-store\r\nConnection: close\r\n\r\n",
                 (int)a->status, phrase(a->status), a->type, a->size,
                 a->status == HTTP_METHOD ? "Allow: GET, HEAD\r\n" : "");
    return n > 0 && (size_t)n < sizeof(head) && write_all(fd, head, (size_t)n, until) &&
           (!a->with_body || write_all(fd, a->body, a->size, until));
}

static bool respond_words(int fd, enum status status, bool with_body, int ms)
{
    char words[64];
    int n = snprintf(words, sizeof(words), "%d %s\n", (int)status, phrase(status));
    struct answer a = {status, "text/plain; charset=utf-8", words, (size_t)n, with_body};

    return respond(fd, &a, ms);
}

/* A socket closed with something unread in it is reset, and the other end may lose what it has not
 * read yet: so what still comes is read away, for a time. */
static void linger(int in, int out, int ms)
{
    int64_t until = now_ms() + ms;
    char away[4096];

    if (shutdown(out, SHUT_WR) != 0)
        return; /* no socket */
    while (wait_for(in, POLLIN, until)) {
        ssize_t n = read(in, away, sizeof(away));
        if (n == 0 || (n < 0 && !may_retry(n)))
            return;
    }
}

static bool answer(int fd, const struct request *r, const struct http_page *page)
{
    struct answer a = {
        .status = HTTP_OK, .type = page->content_type, .with_body = strcmp(r->method, "HEAD") != 0};
    char *body = page->make(page->ctx, &a.size);
    bool written;

    if (body == NULL)
        return respond_words(fd, HTTP_UNAVAILABLE, a.with_body, page->write_ms);
    a.body = body;
    written = respond(fd, &a, page->write_ms);
    free(body);
    return written;
}

bool http_serve(int in, int out, const struct http_page *page)
{
    struct request *r = calloc(1, sizeof(*r));
    enum status status = HTTP_SILENT;
    bool written = false;

    if (r == NULL)
        return false;
    never_block(in);
    never_block(out);
    status = read_head(in, r, page->read_ms);
    if (status == HTTP_OK)
        status = parse_head(r);
    if (status == HTTP_OK)
        status = judge(r, page);
    if (status == HTTP_OK)
        written = answer(out, r, page);
    else if (status != HTTP_SILENT)
        written = respond_words(out, status, r->method == NULL || strcmp(r->method, "HEAD") != 0,
                                page->write_ms);
    if (written)
        linger(in, out, page->linger_ms);
    free(r);
    return written;
}
