/*
 * noded: process 1 of a node of the lab. It reaps what is orphaned, and with --listen it runs
 * commands for nodecall. A call ends when its command ends: a daemon started by it that still holds
 * its standard output must never hold the call open.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lab/frame.h"

#define CALLS_MAX  32
#define ARGS_MAX   1024
#define READ_BYTES 16384
#define TAIL_READS 256 /* of a command that ended: 4 MiB, though a daemon may go on writing */

/* ---- one call, in a process of its own ---- */

struct call {
    int conn;
    int in; /* the command's standard input, output and error; -1 when closed */
    int out;
    int err;
    pid_t pid;
    uint8_t input[FRAME_MAX];
    size_t input_len;
    size_t input_done;
    int input_ended;
};

/* Only there to interrupt ppoll(). */
static void on_child(int sig)
{
    (void)sig;
}

/* SIGCHLD blocked but for the time of a ppoll() with *waiting: then no end of a child is missed. */
static void watch_children(sigset_t *waiting)
{
    struct sigaction sa = {.sa_handler = on_child};
    sigset_t block;

    sigemptyset(&block);
    sigaddset(&block, SIGCHLD);
    sigprocmask(SIG_BLOCK, &block, waiting);
    sigdelset(waiting, SIGCHLD);
    sigaction(SIGCHLD, &sa, NULL);
}

/* Splits the bytes of FRAME_ARGS into argv. 0, or -1 when they are not a list of arguments. */
static int split_args(char *bytes, size_t len, char **argv)
{
    size_t argc = 0;

    if (len == 0 || bytes[len - 1] != '\0')
        return -1;
    for (char *p = bytes; p < bytes + len; p += strlen(p) + 1) {
        if (argc == ARGS_MAX)
            return -1;
        argv[argc++] = p;
    }
    argv[argc] = NULL;
    return 0;
}

static void __attribute__((noreturn)) become_command(char **argv, int in, int out, int err)
{
    sigset_t none;

    setsid();
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execvp(argv[0], argv);
    dprintf(STDERR_FILENO, "noded: cannot run %s: %s\n", argv[0], strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

static int spawn(struct call *c, char **argv)
{
    int in[2];
    int out[2];
    int err[2];

    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
        return -1;
    c->pid = fork();
    if (c->pid < 0)
        return -1;
    if (c->pid == 0)
        become_command(argv, in[0], out[1], err[1]);
    close(in[0]);
    close(out[1]);
    close(err[1]);
    c->in = in[1];
    c->out = out[0];
    c->err = err[0];
    fcntl(c->in, F_SETFL, O_NONBLOCK);
    fcntl(c->out, F_SETFL, O_NONBLOCK);
    fcntl(c->err, F_SETFL, O_NONBLOCK);
    return 0;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* The caller is gone: nobody waits for the command any more. */
static void __attribute__((noreturn)) give_up(struct call *c)
{
    if (c->pid > 0)
        kill(-c->pid, SIGKILL);
    _exit(1);
}

/* Passes on what one read gives. 1 while there may be more, 0 when not now. */
static int pass_on(struct call *c, int *fd, enum frame_type type)
{
    uint8_t bytes[READ_BYTES];
    ssize_t n;

    if (*fd < 0)
        return 0;
    n = read(*fd, bytes, sizeof(bytes));
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0) {
        close_fd(fd);
        return 0;
    }
    if (frame_send(c->conn, type, bytes, (size_t)n) < 0)
        give_up(c);
    return 1;
}

/* Feeds the command; what it does not take now waits, and no more is read from the caller. */
static void feed(struct call *c)
{
    while (c->input_done < c->input_len && c->in >= 0) {
        ssize_t n = write(c->in, c->input + c->input_done, c->input_len - c->input_done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            close_fd(&c->in);
        else
            c->input_done += (size_t)n;
    }
    c->input_len = c->input_done = 0;
    if (c->input_ended)
        close_fd(&c->in);
}

static void hear_caller(struct call *c)
{
    uint8_t type;

    if (frame_receive(c->conn, &type, c->input, &c->input_len) <= 0 || type != FRAME_INPUT)
        give_up(c);
    c->input_done = 0;
    if (c->input_len == 0)
        c->input_ended = 1;
    feed(c);
}

/* One turn of the call: waits for anything to happen, and passes it on. */
static void turn(struct call *c, const sigset_t *waiting)
{
    struct pollfd fds[] = {
        {.fd = c->conn, .events = c->input_len == 0 ? POLLIN : 0},
        {.fd = c->out, .events = POLLIN},
        {.fd = c->err, .events = POLLIN},
        {.fd = c->input_len > 0 ? c->in : -1, .events = POLLOUT},
    };

    if (ppoll(fds, 4, NULL, waiting) < 0)
        return;
    if (fds[1].revents)
        pass_on(c, &c->out, FRAME_OUTPUT);
    if (fds[2].revents)
        pass_on(c, &c->err, FRAME_ERROR);
    if (fds[3].revents)
        feed(c);
    if (fds[0].revents & POLLIN)
        hear_caller(c);
    else if (fds[0].revents)
        give_up(c);
}

static void __attribute__((noreturn)) finish(struct call *c, int status)
{
    uint8_t code = (uint8_t)(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));

    for (int i = 0; i < TAIL_READS && pass_on(c, &c->out, FRAME_OUTPUT); i++)
        ;
    for (int i = 0; i < TAIL_READS && pass_on(c, &c->err, FRAME_ERROR); i++)
        ;
    if (frame_send(c->conn, FRAME_EXIT, &code, 1) < 0)
        _exit(1);
    shutdown(c->conn, SHUT_WR);
    _exit(0);
}

static void __attribute__((noreturn)) serve(int conn)
{
    static struct call c;
    static char *argv[ARGS_MAX + 1];
    static uint8_t args[FRAME_MAX];
    sigset_t waiting;
    uint8_t type;
    size_t len;
    int status;

    c = (struct call){.conn = conn, .in = -1, .out = -1, .err = -1};
    watch_children(&waiting);
    if (frame_receive(conn, &type, args, &len) != 1 || type != FRAME_ARGS ||
        split_args((char *)args, len, argv) < 0 || spawn(&c, argv) < 0)
        _exit(1);
    while (waitpid(c.pid, &status, WNOHANG) != c.pid)
        turn(&c, &waiting);
    finish(&c, status);
}

/* ---- process 1 ---- */

struct init {
    int listener; /* -1: only reap */
    pid_t calls[CALLS_MAX];
};

/* Whoever ended, ours or orphaned. */
static void reap(struct init *in)
{
    pid_t pid;

    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        for (int i = 0; i < CALLS_MAX; i++)
            if (in->calls[i] == pid)
                in->calls[i] = 0;
}

static pid_t *free_call(struct init *in)
{
    for (int i = 0; i < CALLS_MAX; i++)
        if (in->calls[i] == 0)
            return &in->calls[i];
    return NULL;
}

/* Takes one call; one too many is closed at once, which the caller reports. */
static void take_call(struct init *in)
{
    int conn = accept4(in->listener, NULL, NULL, SOCK_CLOEXEC);
    pid_t *slot = free_call(in);
    int one = 1;

    if (conn < 0)
        return;
    if (slot) {
        setsockopt(conn, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        *slot = fork();
        if (*slot == 0) {
            close(in->listener);
            serve(conn);
        }
        if (*slot < 0)
            *slot = 0;
    }
    close(conn);
}

static int open_listener(const char *host, const char *port)
{
    struct sockaddr_in sin = {.sin_family = AF_INET};
    const char *why;
    int one = 1;
    int fd;

    sin.sin_port = htons((uint16_t)strtonum(port, 1, 65535, &why));
    if (why || inet_pton(AF_INET, host, &sin.sin_addr) != 1)
        return -1;
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0 || listen(fd, CALLS_MAX) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int main(int argc, char **argv)
{
    struct init in = {.listener = -1};
    sigset_t waiting;

    if (argc != 1 && argc != 3) {
        fputs("usage: noded [ADDR PORT]\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    watch_children(&waiting);
    if (argc == 3) {
        in.listener = open_listener(argv[1], argv[2]);
        if (in.listener < 0) {
            fprintf(stderr, "noded: cannot listen on %s port %s\n", argv[1], argv[2]);
            return 1;
        }
    }
    for (;;) {
        struct pollfd fd = {.fd = in.listener, .events = POLLIN};

        reap(&in);
        if (ppoll(&fd, 1, NULL, &waiting) > 0)
            take_call(&in);
    }
}
