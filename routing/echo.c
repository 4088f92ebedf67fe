/* Echo requests over a raw socket, and their answers. */
#include "routing/echo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REPLY_MAX 512 /* bytes of a packet that are looked at */
#define AT_ONCE   64  /* packets taken before the loop has its turn: a flood must not hold it */

struct echo {
    qb_loop_t *loop;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } to;
    socklen_t to_size;
    char device[NAME_MAX_LEN];
    void (*answered)(void *ctx);
    void *ctx;
    int fd; /* -1: closed */
    uint16_t ident, seq;
    bool waiting;
};

static bool is_v6(const struct echo *e)
{
    return e->to.any.sa_family == AF_INET6;
}

/* RFC 1071. For ICMPv6 the kernel does it. */
static uint16_t checksum(const void *data, size_t size)
{
    const uint8_t *byte = data;
    uint32_t sum = 0;

    for (size_t i = 0; i + 1 < size; i += 2)
        sum += (uint32_t)byte[i] << 8 | byte[i + 1];
    while (sum >> 16 != 0)
        sum = (sum & 0xffffu) + (sum >> 16);
    return htons((uint16_t)~sum);
}

/* ---- answers ---- */

/* A raw ICMP socket sees all that comes from the host it is connected to: requests of other
 * programs' too. */
static bool is_ours(const struct echo *e, const uint8_t *data, size_t size)
{
    struct icmphdr h;
    size_t skip = is_v6(e) ? 0 : size > 0 ? (size_t)(data[0] & 0x0fu) * 4 : 0;
    unsigned reply = is_v6(e) ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY;

    if (size < skip + sizeof(h))
        return false;
    memcpy(&h, data + skip, sizeof(h)); /* the two families' echoes look alike */
    return h.type == reply && h.un.echo.id == htons(e->ident) &&
           h.un.echo.sequence == htons(e->seq);
}

static void close_socket(struct echo *e)
{
    if (e->fd < 0)
        return;
    qb_loop_poll_del(e->loop, e->fd);
    close(e->fd);
    e->fd = -1;
}

static int on_readable(int32_t fd, int32_t revents, void *data)
{
    struct echo *e = data;
    uint8_t packet[REPLY_MAX];
    ssize_t got;

    (void)revents;
    for (unsigned n = 0; n < AT_ONCE; n++) {
        got = recv(fd, packet, sizeof(packet), MSG_DONTWAIT);
        if (got < 0)
            break;
        if (!e->waiting || !is_ours(e, packet, (size_t)got))
            continue;
        e->waiting = false;
        e->answered(e->ctx);
    }
    return 0; /* an error of an earlier packet is read away; the next request says what is wrong */
}

/* ---- requests ---- */

static bool fail(struct echo *e, const char *what, char why[ERR_MAX])
{
    snprintf(why, ERR_MAX, "%s: %s", what, strerror(errno));
    close_socket(e);
    return false;
}

static bool open_socket(struct echo *e, char why[ERR_MAX])
{
    struct icmp6_filter only;
    char what[NAME_MAX_LEN + 16];

    if (e->fd >= 0)
        return true;
    e->fd = socket(e->to.any.sa_family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                   is_v6(e) ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
    if (e->fd < 0) {
        snprintf(why, ERR_MAX, "no raw socket: %s", strerror(errno));
        return false;
    }
    if (qb_loop_poll_add(e->loop, QB_LOOP_MED, e->fd, POLLIN, e, on_readable) != 0) {
        close(e->fd);
        e->fd = -1;
        snprintf(why, ERR_MAX, "no room in the loop");
        return false;
    }
    ICMP6_FILTER_SETBLOCKALL(&only);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &only);
    if (is_v6(e) && setsockopt(e->fd, IPPROTO_ICMPV6, ICMP6_FILTER, &only, sizeof(only)) != 0)
        return fail(e, "ICMP6_FILTER", why);
    snprintf(what, sizeof(what), "interface %s", e->device);
    if (e->device[0] != '\0' && setsockopt(e->fd, SOL_SOCKET, SO_BINDTODEVICE, e->device,
                                           (socklen_t)strlen(e->device)) != 0)
        return fail(e, what, why);
    if (connect(e->fd, &e->to.any, e->to_size) != 0)
        return fail(e, "no way there", why);
    return true;
}

bool echo_send(struct echo *e, char why[ERR_MAX])
{
    struct icmphdr h;

    e->waiting = false;
    if (!open_socket(e, why))
        return false;
    memset(&h, 0, sizeof(h));
    h.type = is_v6(e) ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
    h.un.echo.id = htons(e->ident);
    h.un.echo.sequence = htons(++e->seq);
    h.checksum = is_v6(e) ? 0 : checksum(&h, sizeof(h));
    e->waiting = true;
    if (send(e->fd, &h, sizeof(h), MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof(h))
        return true;
    e->waiting = false;
    return fail(e, "cannot be sent", why);
}

struct echo *echo_create(qb_loop_t *loop, const char *address, const char *device,
                         void (*answered)(void *ctx), void *ctx, char err[ERR_MAX])
{
    struct echo *e = calloc(1, sizeof(*e));

    if (e == NULL) {
        snprintf(err, ERR_MAX, "out of memory");
        return NULL;
    }
    if (inet_pton(AF_INET, address, &e->to.v4.sin_addr) == 1) {
        e->to.v4.sin_family = AF_INET;
        e->to_size = sizeof(e->to.v4);
    } else if (inet_pton(AF_INET6, address, &e->to.v6.sin6_addr) == 1) {
        e->to.v6.sin6_family = AF_INET6;
        e->to_size = sizeof(e->to.v6);
    } else {
        snprintf(err, ERR_MAX, "\"%.64s\" is no address", address);
        free(e);
        return NULL;
    }
    snprintf(e->device, sizeof(e->device), "%s", device);
    e->loop = loop;
    e->answered = answered;
    e->ctx = ctx;
    e->fd = -1;
    /* Two of one process must not take each other's answers, nor ours another process's. */
    e->ident = (uint16_t)((uintptr_t)getpid() ^ (uintptr_t)e >> 4);
    return e;
}

void echo_destroy(struct echo *e)
{
    if (e == NULL)
        return;
    close_socket(e);
    free(e);
}
