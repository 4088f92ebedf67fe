/* One HTTP exchange: a request is read, answered, and the connection closed (RFC 9112).
 *
 * For a server that is started anew for each connection, as systemd.socket(5) does with Accept=yes;
 * how many there may be at a time is that one's business. It knows one page, and never waits longer
 * than it says here, however slowly the other end reads or writes. */
#ifndef CGWHA_AGENT_HTTP_H
#define CGWHA_AGENT_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_REQUEST_MAX 8192 /* bytes of a request's head */
#define HTTP_READ_MS     5000 /* for all of the head to come */
#define HTTP_WRITE_MS    5000 /* for all of the answer to go */
#define HTTP_LINGER_MS   1000 /* for the other end to close, so that it can read to the end */

struct http_page {
    const char *path; /* "/metrics"; every other one is not found */
    const char *content_type;
    /* Makes the body when it is asked for; freed with free(3). NULL: it cannot be made now. */
    char *(*make)(void *ctx, size_t *size);
    void *ctx;
    int read_ms, write_ms, linger_ms; /* as above, but in tests */
};

/* Serves one request that comes on `in`, on `out`; both may be the same socket, and are left open.
 * Returns whether an answer of any status was written whole. */
bool http_serve(int in, int out, const struct http_page *page);

#endif
