/* The agent's end of the hooks: a queue, and a socket to the process that calls them. */
#include "agent/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <qb/qblog.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/hook_run.h"

struct waiting {
    STAILQ_ENTRY(waiting) next;
    size_t size;
    char event[];
};

struct hooks {
    qb_loop_t *loop;
    char dir[PATH_LEN];
    char limit[16];
    pid_t pid;
    int sock, pidfd; /* -1: there is no process now */
    bool calling;    /* an event is with it */
    bool again;      /* a timer runs, to start it anew */
    qb_loop_timer_handle timer;
    unsigned count;
    unsigned dropped; /* since the last event that was handed over */
    STAILQ_HEAD(, waiting) queue;
};

/* ---- the process ---- */

static int spawn(struct hooks *h, int theirs)
{
    char *argv[] = {HOOK_RUN_NAME, h->dir, h->limit, NULL};
    char *envp[] = {NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none, all;
    int rc;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&files, 0, 1);
    posix_spawn_file_actions_adddup2(&files, theirs, HOOK_RUN_FD);
    posix_spawn_file_actions_addclosefrom_np(&files, HOOK_RUN_FD + 1);
    rc = posix_spawn(&h->pid, "/proc/self/exe", &files, &attr, argv, envp);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    return rc;
}

static int on_said(int32_t fd, int32_t revents, void *data);
static int on_gone(int32_t fd, int32_t revents, void *data);

static void drop_process(struct hooks *h)
{
    if (h->sock >= 0) {
        qb_loop_poll_del(h->loop, h->sock);
        close(h->sock);
    }
    if (h->pidfd >= 0) {
        qb_loop_poll_del(h->loop, h->pidfd);
        close(h->pidfd);
    }
    h->sock = h->pidfd = -1;
    h->calling = false;
}

static bool start(struct hooks *h, char err[ERR_MAX])
{
    int pair[2] = {-1, -1}, rc;

    /* Above HOOK_RUN_FD, so that the end which is handed over is a copy that stays open. */
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        snprintf(err, ERR_MAX, "hooks are not called: no socket: %s", strerror(errno));
        return false;
    }
    if (pair[1] <= HOOK_RUN_FD) {
        int higher = fcntl(pair[1], F_DUPFD_CLOEXEC, HOOK_RUN_FD + 1);
        close(pair[1]);
        pair[1] = higher;
    }
    rc = pair[1] < 0 ? EMFILE : spawn(h, pair[1]);
    if (pair[1] >= 0)
        close(pair[1]);
    if (rc != 0) {
        close(pair[0]);
        snprintf(err, ERR_MAX, "hooks are not called: their process cannot be started: %s",
                 strerror(rc));
        return false;
    }
    h->sock = pair[0];
    fcntl(h->sock, F_SETFL, O_NONBLOCK);
    h->pidfd = pidfd_open(h->pid, 0);
    if (h->pidfd >= 0 && qb_loop_poll_add(h->loop, QB_LOOP_LOW, h->sock, POLLIN, h, on_said) == 0 &&
        qb_loop_poll_add(h->loop, QB_LOOP_LOW, h->pidfd, POLLIN, h, on_gone) == 0)
        return true;
    snprintf(err, ERR_MAX, "hooks are not called: the loop cannot watch their process: %s",
             strerror(errno));
    drop_process(h); /* it ends when its socket does */
    return false;
}

/* ---- handing over ---- */

static void hand_over(struct hooks *h)
{
    struct waiting *w = STAILQ_FIRST(&h->queue);
    char dropped[40];
    struct iovec iov[2] = {{.iov_base = dropped}, {.iov_base = NULL}};
    struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};

    if (w == NULL || h->calling || h->sock < 0)
        return;
    iov[0].iov_len = (size_t)snprintf(dropped, sizeof(dropped), "CGWHA_DROPPED=%u", h->dropped) + 1;
    iov[1].iov_base = w->event;
    iov[1].iov_len = w->size;
    if (sendmsg(h->sock, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        return; /* it is about to be seen gone */
    if (h->dropped > 0)
        qb_log(LOG_WARNING, "hooks were told nothing of %u events: they are too slow", h->dropped);
    h->dropped = 0;
    h->calling = true;
}

static void drop_first(struct hooks *h)
{
    struct waiting *w = STAILQ_FIRST(&h->queue);

    if (w == NULL)
        return;
    STAILQ_REMOVE_HEAD(&h->queue, next);
    h->count--;
    free(w);
}

/* The first of the queue is the one that the hooks are being called with: it stays. */
static void drop_oldest(struct hooks *h)
{
    struct waiting *first = STAILQ_FIRST(&h->queue), *second;

    if (h->dropped++ == 0)
        qb_log(LOG_WARNING, "%u events wait for hooks: the oldest are dropped from now on",
               h->count);
    second = h->calling ? STAILQ_NEXT(first, next) : NULL;
    if (second == NULL) {
        drop_first(h);
        return;
    }
    STAILQ_REMOVE_AFTER(&h->queue, first, next);
    h->count--;
    free(second);
}

void hooks_tell(struct hooks *h, const char *event, size_t size)
{
    struct waiting *w;

    if (size == 0 || size > HOOK_MESSAGE_MAX - 64 || (w = malloc(sizeof(*w) + size)) == NULL) {
        h->dropped++;
        return;
    }
    if (h->count >= HOOKS_WAITING)
        drop_oldest(h);
    w->size = size;
    memcpy(w->event, event, size);
    STAILQ_INSERT_TAIL(&h->queue, w, next);
    h->count++;
    hand_over(h);
}

unsigned hooks_waiting(const struct hooks *h)
{
    return h->count;
}

/* ---- what comes back ---- */

static int on_said(int32_t fd, int32_t revents, void *data)
{
    struct hooks *h = data;
    char text[1024];
    ssize_t n;

    (void)revents;
    while ((n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0) {
        text[n] = '\0';
        if (text[0] == 'W') {
            qb_log(LOG_WARNING, "%s", text + 1);
        } else {
            h->calling = false;
            drop_first(h);
            hand_over(h);
        }
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    qb_loop_poll_del(h->loop, fd); /* on_gone() does the rest */
    return 0;
}

static void start_again(void *data)
{
    struct hooks *h = data;
    char err[ERR_MAX];

    h->again = false;
    if (start(h, err)) {
        hand_over(h);
        return;
    }
    qb_log(LOG_WARNING, "%s", err);
    h->again = qb_loop_timer_add(h->loop, QB_LOOP_LOW, HOOKS_AGAIN_MS * UINT64_C(1000000), h,
                                 start_again, &h->timer) == 0;
}

static int on_gone(int32_t fd, int32_t revents, void *data)
{
    struct hooks *h = data;

    (void)fd;
    (void)revents;
    waitpid(h->pid, NULL, WNOHANG);
    if (h->calling) { /* the hooks may have heard of it, or some of them */
        drop_first(h);
        h->dropped++;
    }
    drop_process(h);
    qb_log(LOG_WARNING, "the process that calls the hooks has ended; it is started again in %d s",
           HOOKS_AGAIN_MS / 1000);
    h->again = qb_loop_timer_add(h->loop, QB_LOOP_LOW, HOOKS_AGAIN_MS * UINT64_C(1000000), h,
                                 start_again, &h->timer) == 0;
    return 0;
}

/* ---- making and unmaking ---- */

bool hooks_create(struct hooks **out, qb_loop_t *loop, const char *dir, uint32_t limit_ms,
                  char err[ERR_MAX])
{
    struct hooks *h = calloc(1, sizeof(*h));

    *out = NULL;
    if (h == NULL || strlcpy(h->dir, dir, sizeof(h->dir)) >= sizeof(h->dir)) {
        snprintf(err, ERR_MAX, "hooks are not called: no memory");
        free(h);
        return false;
    }
    h->loop = loop;
    h->sock = h->pidfd = -1;
    STAILQ_INIT(&h->queue);
    snprintf(h->limit, sizeof(h->limit), "%u", limit_ms);
    if (!start(h, err)) {
        free(h);
        return false;
    }
    *out = h;
    return true;
}

void hooks_destroy(struct hooks *h)
{
    if (h == NULL)
        return;
    if (h->again)
        qb_loop_timer_del(h->loop, h->timer);
    drop_process(h);
    while (h->count > 0)
        drop_first(h);
    free(h);
}
