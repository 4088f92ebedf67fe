/* The control socket of a router, non-blocking, on the loop. */
#include "routing/control.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define READS_MAX 8 /* buffers taken in one turn of the loop: others want their turn too */

const struct control_times control_times_default = {
    .silence_ms = ROUTER_SILENCE_MS,
    .reply_ms = ROUTER_REPLY_MS,
    .retry_ms = ROUTER_RETRY_MS,
    .retry_max_ms = ROUTER_RETRY_MAX_MS,
    .read_back_ms = ROUTER_READ_BACK_MS,
    .undo_ms = ROUTER_UNDO_MS,
};

enum state { DOWN, GREETING, UP };

struct queued {
    struct control_command command;
    char text[COMMAND_SIZE]; /* its lines, each with its end */
    size_t size;
};

struct control {
    qb_loop_t *loop;
    const struct control_wire *wire;
    char path[PATH_LEN];
    struct control_times times;
    struct control_events events;
    void *ctx;

    enum state state;
    int fd;
    uint32_t retry_ms;
    qb_loop_timer_handle retry, silence, reply;
    char why[ERR_MAX];

    struct queued queue[COMMANDS_MAX]; /* a ring; the first is on the wire */
    unsigned first, count;
    size_t at, sent; /* bytes of the first one's text: before the line on the wire; written */
    bool wants_write;

    uint16_t code;      /* the wire's */
    uint16_t said_code; /* of the reply; of several, the first that is not 0 */
    char said[ERR_MAX]; /* its text */
    size_t have;
    char buf[16384]; /* a line of BIRD's is far shorter */
};

static int32_t on_socket(int32_t fd, int32_t revents, void *data);
static void on_retry(void *data);

static void timer_stop(struct control *c, qb_loop_timer_handle *timer)
{
    if (*timer != 0)
        qb_loop_timer_del(c->loop, *timer);
    *timer = 0;
}

static bool timer_start(struct control *c, qb_loop_timer_handle *timer, uint32_t ms,
                        qb_loop_timer_dispatch_fn fn)
{
    timer_stop(c, timer);
    return qb_loop_timer_add(c->loop, QB_LOOP_MED, ms * UINT64_C(1000000), c, fn, timer) == 0;
}

static void socket_close(struct control *c)
{
    if (c->fd >= 0) {
        qb_loop_poll_del(c->loop, c->fd);
        close(c->fd);
    }
    c->fd = -1;
    timer_stop(c, &c->silence);
    timer_stop(c, &c->reply);
}

/* Ends every command, tells the owner, and tries again later. why may be the control's own. */
static void connection_lost(struct control *c, const char *why)
{
    unsigned waiting = c->count;
    char text[ERR_MAX];

    snprintf(text, sizeof(text), "%s", why);
    snprintf(c->why, sizeof(c->why), "%s", text);
    socket_close(c);
    c->state = DOWN;
    c->have = 0;
    c->code = 0;
    c->wants_write = false;
    timer_start(c, &c->retry, c->retry_ms, on_retry);
    c->retry_ms = c->retry_ms * 2 < c->times.retry_max_ms ? c->retry_ms * 2 : c->times.retry_max_ms;
    while (waiting-- > 0) {
        struct control_command command = c->queue[c->first].command;
        c->first = (c->first + 1) % COMMANDS_MAX;
        c->count--;
        if (command.end != NULL)
            command.end(command.arg, -1, text);
    }
    c->events.down(c->ctx, text);
}

static void lost_by_errno(struct control *c, int error)
{
    char why[ERR_MAX];
    const struct control_wire *w = c->wire;

    if (error == EACCES || error == EPERM)
        snprintf(why, sizeof(why),
                 "%s cannot be reached on %s: %s; cgwhad must be allowed to open its %s (root or "
                 "group %s)",
                 w->router, c->path, strerror(error), w->socket, w->group);
    else
        snprintf(why, sizeof(why),
                 "%s cannot be reached on %s: %s; is %s running, and is this its %s?", w->router,
                 c->path, strerror(error), w->router, w->socket);
    connection_lost(c, why);
}

/* One past the end of the line that is on the wire. */
static size_t line_end(const struct control *c)
{
    const struct queued *q = &c->queue[c->first];
    const char *end = memchr(q->text + c->at, c->wire->end, q->size - c->at);
    return end != NULL ? (size_t)(end - q->text) + 1 : q->size;
}

static void lost_by_silence(struct control *c)
{
    char why[ERR_MAX], asked[64] = "connect";

    if (c->state == UP && c->count > 0)
        snprintf(asked, sizeof(asked), "%.*s", (int)(line_end(c) - c->at - 1),
                 c->queue[c->first].text + c->at);
    snprintf(why, sizeof(why), "%s does not answer on %s (asked: %s); is it stopped or overloaded?",
             c->wire->router, c->path, asked);
    connection_lost(c, why);
}

static void lost_by_nonsense(struct control *c, const char *what)
{
    char why[ERR_MAX];
    snprintf(why, sizeof(why), "what answers on %s %.100s", c->path, what);
    connection_lost(c, why);
}

static void on_silence(void *data)
{
    struct control *c = data;
    c->silence = 0;
    lost_by_silence(c);
}

static void on_reply_late(void *data)
{
    struct control *c = data;
    c->reply = 0;
    lost_by_silence(c);
}

static void expect_reply(struct control *c)
{
    timer_start(c, &c->silence, c->times.silence_ms, on_silence);
    timer_start(c, &c->reply, c->times.reply_ms, on_reply_late);
}

static void watch(struct control *c, bool write)
{
    int32_t events = write ? POLLIN | POLLOUT : POLLIN;
    if (c->wants_write != write)
        qb_loop_poll_mod(c->loop, QB_LOOP_MED, c->fd, events, c, on_socket);
    c->wants_write = write;
}

/* Writes what is left of the line. False if the connection broke; it is not ended here, for the
 * caller may be in the middle of sending: the loop finds the socket dead. */
static void flush(struct control *c)
{
    struct queued *q = &c->queue[c->first];
    size_t end = line_end(c);

    while (c->sent < end) {
        ssize_t n = send(c->fd, q->text + c->sent, end - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        c->sent += (size_t)n;
    }
    watch(c, c->sent < end && errno == EAGAIN);
}

static void ask_line(struct control *c)
{
    if (c->said_code == 0)
        c->said[0] = '\0';
    expect_reply(c);
    flush(c);
}

static void ask_next(struct control *c)
{
    c->at = c->sent = 0;
    c->said_code = 0;
    if (c->count > 0)
        ask_line(c);
}

/* The first command's reply is complete. */
static void reply_ended(struct control *c)
{
    struct control_command command = c->queue[c->first].command;
    uint16_t code = c->said_code;
    char text[ERR_MAX];

    snprintf(text, sizeof(text), "%s", c->said);
    c->first = (c->first + 1) % COMMANDS_MAX;
    c->count--;
    ask_next(c);
    command.end(command.arg, code, text);
}

static void greeted(struct control *c)
{
    struct reply_piece greeting = {
        .code = c->said_code, .last = true, .text = c->said, .len = strlen(c->said)};
    char version[NAME_MAX_LEN], not_it[64];

    c->wire->version(&greeting, version);
    if (version[0] == '\0') {
        snprintf(not_it, sizeof(not_it), "is not %s", c->wire->router);
        lost_by_nonsense(c, not_it);
        return;
    }
    c->count = 0;
    c->state = UP;
    c->why[0] = '\0';
    c->retry_ms = c->times.retry_ms;
    c->events.up(c->ctx, version);
}

/* Keeps the reply's code and its text, of which a person reads no more than a sentence. */
static void keep_said(struct control *c, const struct reply_piece *piece)
{
    size_t used = c->wire->whole ? strlen(c->said) : 0;

    if (c->said_code != 0)
        return;
    reply_text(piece, c->said + used, sizeof(c->said) - used);
    if (piece->last)
        c->said_code = piece->code;
}

static void take_piece(struct control *c, const struct reply_piece *piece)
{
    if (piece->async)
        return;
    if (c->state == UP && c->count == 0) {
        lost_by_nonsense(c, "says what nobody asked for");
        return;
    }
    if (c->state == UP && c->queue[c->first].command.piece != NULL)
        c->queue[c->first].command.piece(c->queue[c->first].command.arg, piece);
    keep_said(c, piece);
    if (!piece->last)
        return;
    timer_stop(c, &c->silence);
    timer_stop(c, &c->reply);
    if (c->count > 0 && line_end(c) < c->queue[c->first].size) {
        c->at = line_end(c);
        ask_line(c);
    } else if (c->state == GREETING) {
        greeted(c);
    } else {
        reply_ended(c);
    }
}

/* Takes every whole piece out of the buffer. */
static void take_pieces(struct control *c)
{
    size_t at = 0;

    while (c->state != DOWN) {
        struct reply_piece piece;
        size_t used;
        enum reply_read got = c->wire->read(c->buf + at, c->have - at, &c->code, &used, &piece);
        if (got == REPLY_BAD || (got == REPLY_MORE && at == 0 && c->have == sizeof(c->buf))) {
            char what[64];
            snprintf(what, sizeof(what), "does not speak as %s does", c->wire->router);
            lost_by_nonsense(c, what);
            return;
        }
        if (got == REPLY_MORE)
            break;
        at += used;
        take_piece(c, &piece);
    }
    if (c->state == DOWN)
        return;
    memmove(c->buf, c->buf + at, c->have - at);
    c->have -= at;
}

static void socket_read(struct control *c)
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
        take_pieces(c);
    }
}

static int32_t on_socket(int32_t fd, int32_t revents, void *data)
{
    struct control *c = data;
    (void)fd;
    if ((revents & POLLOUT) != 0 && c->count > 0)
        flush(c);
    if ((revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) != 0)
        socket_read(c);
    return 0;
}

/* False if the text is too long. There is room. */
static bool queue_command(struct control *c, const struct control_command *command,
                          const char *text)
{
    struct queued *q = &c->queue[(c->first + c->count) % COMMANDS_MAX];

    q->size = strlen(text) + 1;
    if (q->size > sizeof(q->text))
        return false;
    for (size_t i = 0; i < q->size; i++)
        q->text[i] = text[i] == '\n' || text[i] == '\0' ? c->wire->end : text[i];
    q->command = *command;
    c->count++;
    return true;
}

static void connect_now(struct control *c)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    memcpy(addr.sun_path, c->path, strlen(c->path));
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) {
        lost_by_errno(c, errno);
        return;
    }
    /* A Unix socket connects at once or not at all; EAGAIN is a full backlog, as of a router that
     * hangs. */
    if (connect(c->fd, (struct sockaddr *)&addr, sizeof(addr)) != 0 ||
        qb_loop_poll_add(c->loop, QB_LOOP_MED, c->fd, POLLIN, c, on_socket) != 0) {
        int error = errno;
        close(c->fd);
        c->fd = -1;
        lost_by_errno(c, error);
        return;
    }
    c->state = GREETING;
    c->said_code = 0;
    c->said[0] = '\0';
    if (c->wire->hello == NULL) {
        expect_reply(c);
    } else {
        queue_command(c, &(struct control_command){0}, c->wire->hello);
        ask_next(c);
    }
}

static void on_retry(void *data)
{
    struct control *c = data;
    c->retry = 0;
    connect_now(c);
}

struct control *control_create(qb_loop_t *loop, const struct control_wire *wire, const char *path,
                               const struct control_times *times,
                               const struct control_events *events, void *ctx, char err[ERR_MAX])
{
    struct control *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        snprintf(err, ERR_MAX, "out of memory");
        return NULL;
    }
    c->loop = loop;
    c->wire = wire;
    c->times = *times;
    c->events = *events;
    c->ctx = ctx;
    c->fd = -1;
    c->retry_ms = times->retry_ms;
    snprintf(c->path, sizeof(c->path), "%s", path);
    if (!timer_start(c, &c->retry, 0, on_retry)) {
        snprintf(err, ERR_MAX, "the loop takes no timer for a control socket");
        free(c);
        return NULL;
    }
    return c;
}

void control_destroy(struct control *control)
{
    socket_close(control);
    timer_stop(control, &control->retry);
    free(control);
}

bool control_send(struct control *control, const struct control_command *command, const char *text)
{
    if (control->state != UP || control->count == COMMANDS_MAX ||
        !queue_command(control, command, text))
        return false;
    if (control->count == 1)
        ask_next(control);
    return true;
}

bool control_is_up(const struct control *control)
{
    return control->state == UP;
}

const char *control_why(const struct control *control)
{
    return control->why;
}

int control_peer(const struct control *control)
{
    struct ucred peer = {0};
    socklen_t size = sizeof(peer);

    if (control->fd < 0 || getsockopt(control->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return 0;
    return (int)peer.pid;
}
