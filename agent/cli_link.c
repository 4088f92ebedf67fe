/* The command's end of the door to cgwhad. */
#include "agent/cli_link.h"

#include <errno.h>
#include <poll.h>
#include <qb/qbipcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/api.h"
#include "agent/json_read.h"
#include "agent/report.h"

struct link {
    qb_ipcc_connection_t *c;
    int wait_ms;
    char buffer[2 * IPC_MAX]; /* libqb may give us more room than we asked for */
};

static void say_why(int error, char err[ERR_MAX])
{
    switch (error) {
    case ECONNREFUSED:
    case ENOENT:
    case ENOTCONN:
    case EPIPE:
    case ECONNRESET:
        snprintf(err, ERR_MAX,
                 "cgwhad does not run on this host. Start it with systemctl start cgwhad; if it "
                 "does not stay up, journalctl -u cgwhad says why.");
        break;
    case EACCES:
    case EPERM:
        snprintf(err, ERR_MAX,
                 "you are neither root nor in the group that may use cgwha (group in cgwha.conf).");
        break;
    case EUSERS:
        snprintf(err, ERR_MAX, "too many commands are connected to cgwhad; end some cgwha watch.");
        break;
    case EAGAIN:
    case ETIMEDOUT:
        snprintf(err, ERR_MAX,
                 "cgwhad runs but does not answer. See journalctl -u cgwhad; to start it anew is "
                 "safe, routes stay as they are: systemctl restart cgwhad.");
        break;
    default:
        snprintf(err, ERR_MAX, "cgwhad cannot be reached: %s.", strerror(error));
        break;
    }
}

static bool connect_to(struct link *link, const char *name, char err[ERR_MAX])
{
    struct pollfd p = {.fd = -1, .events = POLLIN};
    int rc;

    errno = 0;
    link->c = qb_ipcc_connect_async(name, IPC_MAX, &p.fd);
    if (link->c == NULL) {
        say_why(errno, err);
        return false;
    }
    do
        rc = poll(&p, 1, link->wait_ms);
    while (rc < 0 && errno == EINTR);
    if (rc <= 0) {
        shutdown(p.fd, SHUT_RDWR); /* half made, it can only be undone by going on, in vain */
        qb_ipcc_connect_continue(link->c);
        link->c = NULL;
        say_why(ETIMEDOUT, err);
        return false;
    }
    rc = qb_ipcc_connect_continue(link->c);
    if (rc != 0) {
        link->c = NULL; /* freed by it */
        say_why(abs(rc), err);
    }
    return rc == 0;
}

bool link_open(struct link **out, const char *name, int wait_ms, char err[ERR_MAX])
{
    struct link *link = calloc(1, sizeof(*link));

    *out = link;
    if (link == NULL) {
        snprintf(err, ERR_MAX, "no memory");
        return false;
    }
    link->wait_ms = wait_ms;
    if (connect_to(link, name, err))
        return true;
    free(link);
    *out = NULL;
    return false;
}

static bool send_request(struct link *link, struct json_object *request, char err[ERR_MAX])
{
    struct qb_ipc_request_header header;
    struct iovec iov[2];
    const char *text;
    ssize_t rc;

    json_object_object_add(request, "api", json_object_new_int(API_VERSION));
    text = json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN);
    memset(&header, 0, sizeof(header));
    header.id = API_ID_JSON;
    header.size = (int32_t)(sizeof(header) + strlen(text) + 1);
    iov[0] = (struct iovec){.iov_base = &header, .iov_len = sizeof(header)};
    iov[1] = (struct iovec){.iov_base = (void *)(uintptr_t)text, .iov_len = strlen(text) + 1};
    rc = qb_ipcc_sendv(link->c, iov, 2);
    if (rc < 0)
        say_why((int)-rc, err);
    return rc >= 0;
}

/* The JSON in a message of `size` bytes in the buffer. */
static struct json_object *unpack(const struct link *link, ssize_t size, char err[ERR_MAX])
{
    size_t head = sizeof(struct qb_ipc_response_header);
    struct json_object *o = NULL;

    if (size > (ssize_t)head)
        o = json_parse(link->buffer + head, strnlen(link->buffer + head, (size_t)size - head));
    if (o == NULL)
        snprintf(err, ERR_MAX, "cgwhad said something that cannot be understood.");
    return o;
}

struct json_object *link_ask(struct link *link, struct json_object *request, char err[ERR_MAX])
{
    bool sent = send_request(link, request, err);
    struct json_object *o;
    ssize_t size;

    json_object_put(request);
    if (!sent)
        return NULL;
    size = qb_ipcc_recv(link->c, link->buffer, sizeof(link->buffer), link->wait_ms);
    if (size < 0) {
        say_why((int)-size, err);
        return NULL;
    }
    o = unpack(link, size, err);
    if (o != NULL && json_text(o, "error")[0] != '\0') {
        snprintf(err, ERR_MAX, "%s.", json_text(o, "error"));
        json_object_put(o);
        return NULL;
    }
    return o;
}

int link_fd(const struct link *link)
{
    int32_t fd = -1;

    qb_ipcc_fd_get(link->c, &fd);
    return fd;
}

enum link_got link_event(struct link *link, struct json_object **out, char err[ERR_MAX])
{
    ssize_t size = qb_ipcc_event_recv(link->c, link->buffer, sizeof(link->buffer), 0);

    *out = NULL;
    if (size == -EAGAIN || size == -ETIMEDOUT || size == -ENOMSG)
        return LINK_NOTHING;
    if (size < 0) {
        snprintf(err, ERR_MAX,
                 "cgwhad has closed the connection: it was stopped, or this command read too "
                 "slowly. See cgwha status.");
        return LINK_LOST;
    }
    *out = unpack(link, size, err);
    return *out != NULL ? LINK_EVENT : LINK_LOST;
}

void link_close(struct link *link)
{
    if (link == NULL)
        return;
    qb_ipcc_disconnect(link->c);
    free(link);
}

struct json_object *link_request(const char *what)
{
    struct json_object *o = json_object_new_object();

    json_object_object_add(o, "do", json_object_new_string(what));
    return o;
}
