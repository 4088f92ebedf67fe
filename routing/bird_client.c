/* The control socket of BIRD, non-blocking, on the loop. */
#include "routing/bird_client.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define READS_MAX 8 /* buffers taken in one turn of the loop: others want their turn too */

const struct bird_times bird_times_default = {
    .silence_ms = ROUTER_SILENCE_MS,
    .reply_ms = ROUTER_REPLY_MS,
    .retry_ms = ROUTER_RETRY_MS,
    .retry_max_ms = ROUTER_RETRY_MAX_MS,
    .read_back_ms = ROUTER_READ_BACK_MS,
    .undo_ms = ROUTER_UNDO_MS,
};

enum state { DOWN, GREETING, UP };

struct queued {
    struct bird_command command;
    char text[BIRD_COMMAND_SIZE]; /* with its newline */
};

struct bird_client {
    qb_loop_t *loop;
    char path[PATH_LEN];
    struct bird_times times;
    struct bird_client_events events;
    void *ctx;

    enum state state;
    int fd;
    uint32_t retry_ms;
    qb_loop_timer_handle retry, silence, reply;
    char why[ERR_MAX];

    struct queued queue[BIRD_QUEUE_MAX]; /* a ring; the first is on the wire */
    unsigned first, count;
    size_t sent; /* bytes of the first one's text */
    bool wants_write;

    uint16_t code; /* of the line before */
    size_t have;
    char buf[16384]; /* a line of BIRD's is far shorter */
};

static int32_t on_socket(int32_t fd, int32_t revents, void *data);
static void on_retry(void *data);

static void timer_stop(struct bird_client *c, qb_loop_timer_handle *timer)
{
    if (*timer != 0)
        qb_loop_timer_del(c->loop, *timer);
    *timer = 0;
}

static bool timer_start(struct bird_client *c, qb_loop_timer_handle *timer, uint32_t ms,
                        qb_loop_timer_dispatch_fn fn)
{
    timer_stop(c, timer);
    return qb_loop_timer_add(c->loop, QB_LOOP_MED, ms * UINT64_C(1000000), c, fn, timer) == 0;
}

static void socket_close(struct bird_client *c)
{
    if (c->fd >= 0) {
        qb_loop_poll_del(c->loop, c->fd);
        close(c->fd);
    }
    c->fd = -1;
    timer_stop(c, &c->silence);
    timer_stop(c, &c->reply);
}

/* Ends every command, tells the owner, and tries again later. why may be the client's own. */
static void connection_lost(struct bird_client *c, const char *why)
{
    unsigned waiting = c->count;
    char text[ERR_MAX];

    snprintf(text, sizeof(text), "%s", why);
    snprintf(c->why, sizeof(c->why), "%s", text);
    socket_close(c);
    c->state = DOWN;
    c->have = c->sent = 0;
    c->code = 0;
    c->wants_write = false;
    timer_start(c, &c->retry, c->retry_ms, on_retry);
    c->retry_ms = c->retry_ms * 2 < c->times.retry_max_ms ? c->retry_ms * 2 : c->times.retry_max_ms;
    while (waiting-- > 0) {
        struct bird_command command = c->queue[c->first].command;
        c->first = (c->first + 1) % BIRD_QUEUE_MAX;
        c->count--;
        command.end(command.arg, -1, text);
    }
    c->events.down(c->ctx, text);
}

static void lost_by_errno(struct bird_client *c, int error)
{
    char why[ERR_MAX];
    const char *advice = "is BIRD running, and is this its control socket?";

    if (error == EACCES || error == EPERM)
        advice = "cgwhad must be allowed to open BIRD's control socket (root or group bird)";
    snprintf(why, sizeof(why), "BIRD cannot be reached on %s: %s; %s", c->path, strerror(error),
             advice);
    connection_lost(c, why);
}

static void lost_by_silence(struct bird_client *c)
{
    char why[ERR_MAX], asked[64] = "connect";

    if (c->state == UP && c->count > 0)
        snprintf(asked, sizeof(asked), "%.*s", (int)strcspn(c->queue[c->first].text, "\n"),
                 c->queue[c->first].text);
    snprintf(why, sizeof(why),
             "BIRD does not answer on %s (asked: %s); is it stopped or overloaded?", c->path,
             asked);
    connection_lost(c, why);
}

static void on_silence(void *data)
{
    struct bird_client *c = data;
    c->silence = 0;
    lost_by_silence(c);
}

static void on_reply_late(void *data)
{
    struct bird_client *c = data;
    c->reply = 0;
    lost_by_silence(c);
}

static void expect_reply(struct bird_client *c)
{
    timer_start(c, &c->silence, c->times.silence_ms, on_silence);
    timer_start(c, &c->reply, c->times.reply_ms, on_reply_late);
}

static void watch(struct bird_client *c, bool write)
{
    int32_t events = write ? POLLIN | POLLOUT : POLLIN;
    if (c->wants_write != write)
        qb_loop_poll_mod(c->loop, QB_LOOP_MED, c->fd, events, c, on_socket);
    c->wants_write = write;
}

/* Writes what is left of the first command. False if the connection broke; it is not ended here,
 * for the caller may be in the middle of sending: the loop finds the socket dead. */
static void flush(struct bird_client *c)
{
    struct queued *q = &c->queue[c->first];
    size_t size = strlen(q->text);

    while (c->sent < size) {
        ssize_t n = send(c->fd, q->text + c->sent, size - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        c->sent += (size_t)n;
    }
    watch(c, c->sent < size && errno == EAGAIN);
}

static void ask_next(struct bird_client *c)
{
    c->sent = 0;
    if (c->state != UP || c->count == 0)
        return;
    expect_reply(c);
    flush(c);
}

/* The first command's reply is complete. */
static void reply_ended(struct bird_client *c, const struct bird_line *line)
{
    struct bird_command command = c->queue[c->first].command;
    char text[ERR_MAX];

    bird_line_text(line, text, sizeof(text));
    timer_stop(c, &c->silence);
    timer_stop(c, &c->reply);
    c->first = (c->first + 1) % BIRD_QUEUE_MAX;
    c->count--;
    ask_next(c);
    command.end(command.arg, line->code, text);
}

static void greeted(struct bird_client *c, const struct bird_line *line)
{
    char version[NAME_MAX_LEN];

    bird_banner_version(line, version);
    if (version[0] == '\0' || !line->last) {
        char why[ERR_MAX];
        snprintf(why, sizeof(why), "what answers on %s is not BIRD", c->path);
        connection_lost(c, why);
        return;
    }
    timer_stop(c, &c->silence);
    timer_stop(c, &c->reply);
    c->state = UP;
    c->why[0] = '\0';
    c->retry_ms = c->times.retry_ms;
    c->events.up(c->ctx, version);
}

static void take_line(struct bird_client *c, const struct bird_line *line)
{
    if (line->async)
        return;
    if (c->state == GREETING) {
        greeted(c, line);
    } else if (c->count == 0) {
        char why[ERR_MAX];
        snprintf(why, sizeof(why), "BIRD on %s answers what nobody asked", c->path);
        connection_lost(c, why);
    } else {
        const struct bird_command *command = &c->queue[c->first].command;
        if (command->line != NULL)
            command->line(command->arg, line);
        if (line->last)
            reply_ended(c, line);
    }
}

/* Takes every whole line out of the buffer. */
static void take_lines(struct bird_client *c)
{
    size_t at = 0;

    while (c->state != DOWN) {
        struct bird_line line;
        size_t used;
        enum bird_read got = bird_line_read(c->buf + at, c->have - at, &c->code, &used, &line);
        if (got == BIRD_BAD || (got == BIRD_MORE && at == 0 && c->have == sizeof(c->buf))) {
            char why[ERR_MAX];
            snprintf(why, sizeof(why), "what answers on %s does not speak as BIRD does", c->path);
            connection_lost(c, why);
            return;
        }
        if (got == BIRD_MORE)
            break;
        at += used;
        take_line(c, &line);
    }
    if (c->state == DOWN)
        return;
    memmove(c->buf, c->buf + at, c->have - at);
    c->have -= at;
}

static void socket_read(struct bird_client *c)
{
    for (unsigned turn = 0; turn < READS_MAX && c->state != DOWN; turn++) {
        ssize_t n = recv(c->fd, c->buf + c->have, sizeof(c->buf) - c->have, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            lost_by_errno(c, n < 0 ? errno : ECONNRESET);
            return;
        }
        c->have += (size_t)n;
        if (c->silence != 0)
            timer_start(c, &c->silence, c->times.silence_ms, on_silence);
        take_lines(c);
    }
}

static int32_t on_socket(int32_t fd, int32_t revents, void *data)
{
    struct bird_client *c = data;
    (void)fd;
    if ((revents & POLLOUT) != 0 && c->count > 0)
        flush(c);
    if ((revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) != 0)
        socket_read(c);
    return 0;
}

static void connect_now(struct bird_client *c)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    memcpy(addr.sun_path, c->path, strlen(c->path));
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) {
        lost_by_errno(c, errno);
        return;
    }
    /* A Unix socket connects at once or not at all; EAGAIN is a full backlog, as of a hung BIRD. */
    if (connect(c->fd, (struct sockaddr *)&addr, sizeof(addr)) != 0 ||
        qb_loop_poll_add(c->loop, QB_LOOP_MED, c->fd, POLLIN, c, on_socket) != 0) {
        int error = errno;
        close(c->fd);
        c->fd = -1;
        lost_by_errno(c, error);
        return;
    }
    c->state = GREETING;
    expect_reply(c);
}

static void on_retry(void *data)
{
    struct bird_client *c = data;
    c->retry = 0;
    connect_now(c);
}

struct bird_client *bird_client_create(qb_loop_t *loop, const char *path,
                                       const struct bird_times *times,
                                       const struct bird_client_events *events, void *ctx,
                                       char err[ERR_MAX])
{
    struct bird_client *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        snprintf(err, ERR_MAX, "out of memory");
        return NULL;
    }
    c->loop = loop;
    c->times = *times;
    c->events = *events;
    c->ctx = ctx;
    c->fd = -1;
    c->retry_ms = times->retry_ms;
    snprintf(c->path, sizeof(c->path), "%s", path);
    if (!timer_start(c, &c->retry, 0, on_retry)) {
        snprintf(err, ERR_MAX, "the loop takes no timer for BIRD's control socket");
        free(c);
        return NULL;
    }
    return c;
}

void bird_client_destroy(struct bird_client *client)
{
    socket_close(client);
    timer_stop(client, &client->retry);
    free(client);
}

bool bird_client_send(struct bird_client *client, const struct bird_command *command,
                      const char *format, ...)
{
    va_list args;

    if (client->state != UP || client->count == BIRD_QUEUE_MAX)
        return false;
    struct queued *q = &client->queue[(client->first + client->count) % BIRD_QUEUE_MAX];
    va_start(args, format);
    int n = vsnprintf(q->text, sizeof(q->text) - 1, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof(q->text) - 1)
        return false;
    q->text[n] = '\n';
    q->text[n + 1] = '\0';
    q->command = *command;
    if (++client->count == 1)
        ask_next(client);
    return true;
}

bool bird_client_is_up(const struct bird_client *client)
{
    return client->state == UP;
}

const char *bird_client_why(const struct bird_client *client)
{
    return client->why;
}
