/*
 * nodecall: runs a command in a node that has noded, with its input, output, error and exit status
 * as if it ran here. It must never wait for ever for a node that is dead or frozen.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/lab/frame.h"

#define CONNECT_S    3
#define SILENT_MS    10000 /* a node whose kernel does not answer for so long is dead or frozen */
#define EXIT_NO_NODE 125

/* The kernel probes the node while nothing is said, so that a power-off ends the call. */
static void watch_node(int fd)
{
    int one = 1;
    int idle_s = 3;
    int every_s = 1;
    int times = 7;
    unsigned silent_ms = SILENT_MS;

    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof(every_s));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof(times));
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent_ms, sizeof(silent_ms));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static int open_call(const char *host, const char *port)
{
    struct sockaddr_in sin = {.sin_family = AF_INET};
    struct timeval limit = {.tv_sec = CONNECT_S};
    struct timeval none = {0};
    const char *why;
    int fd;

    sin.sin_port = htons((uint16_t)strtonum(port, 1, 65535, &why));
    if (why || inet_pton(AF_INET, host, &sin.sin_addr) != 1) {
        fprintf(stderr, "nodecall: '%s' port '%s' is no address\n", host, port);
        return -1;
    }
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0) {
        fprintf(stderr, "nodecall: no answer from %s port %s: %s\n", host, port,
                errno == EINPROGRESS ? "timed out" : strerror(errno));
        close(fd);
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof(none));
    watch_node(fd);
    return fd;
}

static int send_args(int fd, char **argv)
{
    static char bytes[FRAME_MAX];
    size_t len = 0;

    for (; *argv; argv++) {
        size_t n = strlen(*argv) + 1;

        if (n > sizeof(bytes) - len) {
            fputs("nodecall: the command is too long\n", stderr);
            return -1;
        }
        memcpy(bytes + len, *argv, n);
        len += n;
    }
    return frame_send(fd, FRAME_ARGS, bytes, len);
}

/* Standard input to the node. 0 once it has ended. A node that closed already got all it wanted. */
static int pass_input(int fd)
{
    uint8_t bytes[FRAME_MAX];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

    if (n < 0 && errno == EINTR)
        return 1;
    if (n < 0)
        n = 0;
    return frame_send(fd, FRAME_INPUT, bytes, (size_t)n) == 0 && n > 0;
}

/* One frame from the node. -1 to go on, or the status to leave with. */
static int pass_frame(int fd)
{
    static uint8_t bytes[FRAME_MAX];
    uint8_t type;
    size_t len;

    if (frame_receive(fd, &type, bytes, &len) != 1) {
        fputs("nodecall: the node is gone, the call broke off\n", stderr);
        return EXIT_NO_NODE;
    }
    if (type == FRAME_EXIT && len == 1)
        return bytes[0];
    if (type == FRAME_OUTPUT)
        return write_all(STDOUT_FILENO, bytes, len) < 0 ? 1 : -1;
    if (type == FRAME_ERROR)
        return write_all(STDERR_FILENO, bytes, len) < 0 ? 1 : -1;
    fputs("nodecall: the node does not keep to the protocol\n", stderr);
    return EXIT_NO_NODE;
}

static int converse(int fd)
{
    struct pollfd fds[] = {
        {.fd = fd, .events = POLLIN},
        {.fd = STDIN_FILENO, .events = POLLIN},
    };

    for (;;) {
        if (poll(fds, 2, -1) < 0)
            continue;
        if (fds[0].revents) {
            int status = pass_frame(fd);

            if (status >= 0)
                return status;
        }
        if (fds[1].revents && !pass_input(fd))
            fds[1].fd = -1;
    }
}

int main(int argc, char **argv)
{
    int fd;

    if (argc < 4) {
        fputs("usage: nodecall ADDR PORT COMMAND [ARG...]\n"
              "Exit: the command's; 125 when the node does not answer.\n",
              stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    fd = open_call(argv[1], argv[2]);
    if (fd < 0)
        return EXIT_NO_NODE;
    if (send_args(fd, argv + 3) < 0)
        return EXIT_NO_NODE;
    return converse(fd);
}
