/*
 * Sends and receives the frames of frame.h, on blocking sockets. It knows nothing of what they
 * mean.
 */
#include "tests/lab/frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int write_all(int fd, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;

    while (len > 0) {
        ssize_t n = write(fd, p, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        p += n;
        len -= (size_t)n;
    }
    return 0;
}

int frame_send(int fd, enum frame_type type, const void *bytes, size_t len)
{
    uint8_t head[FRAME_HEAD] = {(uint8_t)type};
    uint32_t be = htonl((uint32_t)len);

    if (len > FRAME_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    memcpy(head + 1, &be, sizeof(be));
    if (write_all(fd, head, sizeof(head)) < 0)
        return -1;
    return write_all(fd, bytes, len);
}

/* 1 when all came, 0 when nothing more comes, -1 when it broke off. */
static int read_all(int fd, uint8_t *bytes, size_t len)
{
    size_t have = 0;

    while (have < len) {
        ssize_t n = read(fd, bytes + have, len - have);

        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0 && have == 0)
            return 0;
        if (n <= 0)
            return -1;
        have += (size_t)n;
    }
    return 1;
}

int frame_receive(int fd, uint8_t *type, uint8_t *bytes, size_t *len)
{
    uint8_t head[FRAME_HEAD];
    uint32_t be;
    int rc = read_all(fd, head, sizeof(head));

    if (rc <= 0)
        return rc;
    memcpy(&be, head + 1, sizeof(be));
    *type = head[0];
    *len = ntohl(be);
    if (*len > FRAME_MAX)
        return -1;
    if (*len == 0)
        return 1;
    return read_all(fd, bytes, *len) == 1 ? 1 : -1;
}
