/* One connection to charon on the loop. It must never block, never trust a length, and never
 * touch itself after a callback without seeing whether it was closed meanwhile. */
#include "ipsec/client.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define READ_MIN   4096u
#define READ_TURNS 16 /* reads in one turn of the loop; what is left comes in the next */
#define NS_PER_MS  UINT64_C(1000000)

static_assert(PATH_LEN <= sizeof(((struct sockaddr_un *)0)->sun_path), "a path fits an address");

void client_init(struct client *c, qb_loop_t *loop, const char *path, uint32_t answer_ms,
                 const struct client_events *events, void *ctx)
{
    memset(c, 0, sizeof(*c));
    c->loop = loop;
    strlcpy(c->path, path, sizeof(c->path));
    c->answer_ms = answer_ms;
    c->events = events;
    c->ctx = ctx;
    c->fd = -1;
}

static void stop_timer(struct client *c)
{
    if (c->timing)
        qb_loop_timer_del(c->loop, c->timer);
    c->timing = false;
}

void client_close(struct client *c)
{
    stop_timer(c);
    c->generation++;
    c->in_len = 0;
    c->head = c->queued = 0;
    c->sent = 0;
    c->wants_out = false;
    if (c->fd < 0)
        return;
    qb_loop_poll_del(c->loop, c->fd);
    close(c->fd);
    c->fd = -1;
}

void client_free(struct client *c)
{
    client_close(c);
    free(c->in);
    c->in = NULL;
    c->in_size = 0;
}

/* why must not lie in the client. */
static void broken(struct client *c, const char *why)
{
    client_close(c);
    c->events->broken(c->ctx, why);
}

static void broken_by_errno(struct client *c, int error)
{
    char why[ERR_MAX];
    snprintf(why, sizeof(why), "the connection to charon at %s broke: %s", c->path,
             strerror(error));
    broken(c, why);
}

static void no_answer(void *data)
{
    struct client *c = data;
    char why[ERR_MAX];

    c->timing = false;
    snprintf(why, sizeof(why),
             "charon at %s has not answered \"%s\" for %u ms; does it hang? systemctl status "
             "strongswan",
             c->path, c->queue[c->head].name, c->answer_ms);
    broken(c, why);
}

static void explain(int error, const char *path, char err[ERR_MAX])
{
    if (error == EACCES || error == EPERM)
        snprintf(err, ERR_MAX,
                 "charon's socket %s may not be opened: %s; run cgwhad as root, or as a user who "
                 "may write to it",
                 path, strerror(error));
    else if (error == EAGAIN)
        snprintf(err, ERR_MAX,
                 "charon takes no connection at %s; does it hang? systemctl status strongswan",
                 path);
    else
        snprintf(err, ERR_MAX,
                 "charon does not answer at %s: %s; is strongswan running? systemctl status "
                 "strongswan",
                 path, strerror(error));
}

static void flush(struct client *c);
static void receive(struct client *c);

static int32_t on_ready(int32_t fd, int32_t revents, void *data)
{
    struct client *c = data;
    uint32_t generation = c->generation;

    (void)fd;
    if (revents & POLLOUT)
        flush(c);
    if (c->generation == generation && (revents & (POLLIN | POLLHUP | POLLERR)))
        receive(c);
    return 0; /* whoever closes has already taken the descriptor out of the loop */
}

bool client_open(struct client *c, char err[ERR_MAX])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error;

    if (fd < 0) {
        snprintf(err, ERR_MAX, "no socket for charon: %s", strerror(errno));
        return false;
    }
    client_close(c);
    strlcpy(address.sun_path, c->path, sizeof(address.sun_path));
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        explain(errno, c->path, err);
        close(fd);
        return false;
    }
    error = qb_loop_poll_add(c->loop, QB_LOOP_MED, fd, POLLIN, c, on_ready);
    if (error < 0) {
        snprintf(err, ERR_MAX, "the loop does not take charon's socket: %s", strerror(-error));
        close(fd);
        return false;
    }
    c->fd = fd;
    return true;
}

static void want_out(struct client *c, bool on)
{
    if (c->wants_out == on)
        return;
    c->wants_out = on;
    qb_loop_poll_mod(c->loop, QB_LOOP_MED, c->fd, POLLIN | (on ? POLLOUT : 0), c, on_ready);
}

/* Sends what is left of the request in flight. */
static void flush(struct client *c)
{
    struct client_request *r = &c->queue[c->head];

    while (c->queued > 0 && c->sent < r->len) {
        ssize_t n = send(c->fd, r->bytes + c->sent, r->len - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN) {
            /* Reading on tells more: the last answers, then the end. */
            want_out(c, false);
            return;
        }
        if (n < 0) {
            want_out(c, true);
            return;
        }
        c->sent += (size_t)n;
    }
    want_out(c, false);
}

/* Puts the oldest request in flight. */
static void start(struct client *c)
{
    c->sent = 0;
    stop_timer(c);
    c->timing = qb_loop_timer_add(c->loop, QB_LOOP_MED, c->answer_ms * NS_PER_MS, c, no_answer,
                                  &c->timer) == 0;
    flush(c);
}

bool client_send(struct client *c, struct vici_writer *frame, const char *name, uint32_t tag)
{
    size_t len = vici_finish(frame);
    struct client_request *r;

    if (c->fd < 0 || len == 0 || len > CLIENT_REQUEST_MAX || c->queued == CLIENT_QUEUE_MAX)
        return false;
    r = &c->queue[(c->head + c->queued) % CLIENT_QUEUE_MAX];
    r->len = (uint16_t)len;
    r->tag = tag;
    strlcpy(r->name, name, sizeof(r->name));
    memcpy(r->bytes, frame->bytes, len);
    if (++c->queued == 1)
        start(c);
    return true;
}

/* The answer to the request in flight. */
static void answered(struct client *c, const struct vici_packet *packet)
{
    uint32_t tag = c->queue[c->head].tag;

    if (c->queued == 0 || c->sent < c->queue[c->head].len) {
        broken(c, "charon answers what it was not asked; is another program at its socket?");
        return;
    }
    stop_timer(c);
    c->head = (c->head + 1) % CLIENT_QUEUE_MAX;
    if (--c->queued > 0)
        start(c);
    c->events->answer(c->ctx, tag, packet);
}

static void dispatch(struct client *c, const uint8_t *bytes, size_t len)
{
    struct vici_packet packet;
    char err[ERR_MAX], why[ERR_MAX];

    if (!vici_packet_parse(bytes, len, &packet, err)) {
        snprintf(why, sizeof(why), "charon sends what is %.200s", err);
        broken(c, why);
        return;
    }
    switch (packet.type) {
    case VICI_EVENT:
        c->events->event(c->ctx, &packet);
        break;
    case VICI_CMD_RESPONSE:
    case VICI_CMD_UNKNOWN:
    case VICI_EVENT_CONFIRM:
    case VICI_EVENT_UNKNOWN:
        answered(c, &packet);
        break;
    case VICI_CMD_REQUEST:
    case VICI_EVENT_REGISTER:
    case VICI_EVENT_UNREGISTER:
        broken(c, "charon sends requests; is another program at its socket?");
        break;
    }
}

/* Hands on every whole packet. False if the client was closed meanwhile. */
static bool hand_on(struct client *c)
{
    uint32_t generation = c->generation;
    size_t done = 0, len;

    while (c->in_len - done >= VICI_HEADER) {
        len = vici_frame(c->in + done);
        if (len == 0) {
            broken(c, "charon sends an empty packet, or one longer than 512 KiB");
            return false;
        }
        if (c->in_len - done - VICI_HEADER < len)
            break;
        dispatch(c, c->in + done + VICI_HEADER, len);
        if (c->generation != generation)
            return false;
        done += VICI_HEADER + len;
    }
    c->in_len -= done;
    memmove(c->in, c->in + done, c->in_len);
    return true;
}

/* Room for at least one byte more; a packet is bounded, so the buffer is. */
static bool make_room(struct client *c)
{
    size_t size = c->in_size == 0 ? READ_MIN : c->in_size * 2;
    uint8_t *grown;

    if (c->in_len < c->in_size)
        return true;
    if (size > VICI_HEADER + VICI_PACKET_MAX)
        size = VICI_HEADER + VICI_PACKET_MAX;
    grown = size > c->in_size ? realloc(c->in, size) : NULL;
    if (grown == NULL)
        return false;
    c->in = grown;
    c->in_size = size;
    return true;
}

static void receive(struct client *c)
{
    for (unsigned turn = 0; turn < READ_TURNS; turn++) {
        if (!make_room(c)) {
            broken(c, "no memory for what charon sends");
            return;
        }
        ssize_t n = recv(c->fd, c->in + c->in_len, c->in_size - c->in_len, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0) {
            broken_by_errno(c, errno);
            return;
        }
        if (n == 0) {
            broken(c, "charon closed the connection; was it stopped? systemctl status strongswan");
            return;
        }
        c->in_len += (size_t)n;
        if (!hand_on(c))
            return;
    }
}
