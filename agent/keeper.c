/* The thread that writes what is kept. */
#include "agent/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

enum what { APPEND, REPLACE, COURSE, DROP, TOUCH };

struct job {
    STAILQ_ENTRY(job) next;
    enum what what;
    size_t size;
    char name[KEEPER_NAME_MAX];
    char text[];
};

struct keeper {
    qb_loop_t *loop;
    char dir[PATH_LEN];
    keeper_failed_fn failed_fn;
    void *ctx;
    int wake; /* eventfd: something failed */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    /* under the mutex */
    STAILQ_HEAD(, job) queue;
    size_t waiting;
    bool stop, failed;
    char why[ERR_MAX];
};

#define FILE_LEN (PATH_LEN + KEEPER_NAME_MAX + 24)

/* ---- writing, in the thread ---- */

static bool write_all(int fd, const char *text, size_t left)
{
    while (left > 0) {
        ssize_t n = write(fd, text, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text += n;
        left -= (size_t)n;
    }
    return true;
}

static bool write_file(const char *path, int flags, const char *text, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0600), why;
    bool ok;

    if (fd < 0)
        return false;
    ok = write_all(fd, text, size) && fdatasync(fd) == 0;
    why = errno;
    if (close(fd) != 0 && ok)
        return false;
    errno = why;
    return ok;
}

static bool write_beside(const char *path, const char *text, size_t size)
{
    char beside[FILE_LEN + 8];
    int why;

    snprintf(beside, sizeof(beside), "%s.new", path);
    if (write_file(beside, O_TRUNC, text, size) && rename(beside, path) == 0)
        return true;
    why = errno;
    unlink(beside); /* on a full disk it would only be in the way */
    errno = why;
    return false;
}

static bool carry_out(const struct keeper *k, const struct job *job, char path[FILE_LEN])
{
    if (job->what == COURSE || job->what == DROP)
        snprintf(path, FILE_LEN, "%s/courses/%s", k->dir, job->name);
    else
        snprintf(path, FILE_LEN, "%s/history.jsonl", k->dir);
    switch (job->what) {
    case APPEND:
        return write_file(path, O_APPEND, job->text, job->size);
    case DROP:
        return unlink(path) == 0 || errno == ENOENT;
    case TOUCH:
        return utimensat(AT_FDCWD, path, NULL, 0) == 0 || errno == ENOENT;
    default:
        return write_beside(path, job->text, job->size);
    }
}

static void do_job(struct keeper *k, struct job *job)
{
    char path[FILE_LEN];
    bool ok = carry_out(k, job, path);
    int why = errno;

    pthread_mutex_lock(&k->mutex);
    k->waiting -= job->size;
    if (!ok) {
        k->failed = true;
        snprintf(k->why, sizeof(k->why), "%.160s cannot be written: %.60s", path, strerror(why));
        eventfd_write(k->wake, 1);
    }
    pthread_mutex_unlock(&k->mutex);
    free(job);
}

static void *writer(void *arg)
{
    struct keeper *k = arg;
    struct job *job;

    pthread_mutex_lock(&k->mutex);
    for (;;) {
        job = STAILQ_FIRST(&k->queue);
        if (job == NULL && k->stop)
            break;
        if (job == NULL) {
            pthread_cond_wait(&k->cond, &k->mutex);
            continue;
        }
        STAILQ_REMOVE_HEAD(&k->queue, next);
        pthread_mutex_unlock(&k->mutex);
        do_job(k, job);
        pthread_mutex_lock(&k->mutex);
    }
    pthread_mutex_unlock(&k->mutex);
    return NULL;
}

/* ---- handing over, in the loop ---- */

/* What is written anew as a whole needs no piece of it written before. */
static void drop_pieces(struct keeper *k)
{
    struct job *job, *following;

    STAILQ_FOREACH_SAFE(job, &k->queue, next, following)
    {
        if (job->what != APPEND && job->what != REPLACE)
            continue;
        STAILQ_REMOVE(&k->queue, job, job, next);
        k->waiting -= job->size;
        free(job);
    }
}

static bool hand_over(struct keeper *k, enum what what, const char *name, const char *text,
                      const char *end)
{
    size_t length = strlen(text), size = length + strlen(end);
    struct job *job;
    bool room;

    pthread_mutex_lock(&k->mutex);
    if (what == REPLACE)
        drop_pieces(k);
    room = k->waiting + size <= KEEPER_WAITING;
    job = room ? malloc(sizeof(*job) + size + 1) : NULL;
    if (job != NULL) {
        job->what = what;
        job->size = size;
        strlcpy(job->name, name, sizeof(job->name));
        memcpy(job->text, text, length);
        strlcpy(job->text + length, end, size + 1 - length);
        k->waiting += size;
        STAILQ_INSERT_TAIL(&k->queue, job, next);
        pthread_cond_signal(&k->cond);
    }
    pthread_mutex_unlock(&k->mutex);
    return job != NULL;
}

bool keeper_append(struct keeper *k, const char *line)
{
    return hand_over(k, APPEND, "", line, "\n");
}

bool keeper_replace(struct keeper *k, const char *text)
{
    return hand_over(k, REPLACE, "", text, "");
}

bool keeper_course(struct keeper *k, const char *name, const char *text)
{
    return hand_over(k, COURSE, name, text, "\n");
}

bool keeper_drop(struct keeper *k, const char *name)
{
    return hand_over(k, DROP, name, "", "");
}

bool keeper_touch(struct keeper *k)
{
    return hand_over(k, TOUCH, "", "", "");
}

static int on_wake(int32_t fd, int32_t revents, void *data)
{
    struct keeper *k = data;
    char why[ERR_MAX];
    eventfd_t count;
    bool failed;

    (void)revents;
    if (eventfd_read(fd, &count) != 0)
        return 0;
    pthread_mutex_lock(&k->mutex);
    failed = k->failed;
    k->failed = false;
    strlcpy(why, k->why, sizeof(why));
    pthread_mutex_unlock(&k->mutex);
    if (failed)
        k->failed_fn(k->ctx, why);
    return 0;
}

struct keeper *keeper_create(qb_loop_t *loop, const char *dir, keeper_failed_fn failed, void *ctx,
                             char err[ERR_MAX])
{
    struct keeper *k = calloc(1, sizeof(*k));
    char courses[PATH_LEN + 16];

    if (k == NULL || strlcpy(k->dir, dir, sizeof(k->dir)) >= sizeof(k->dir)) {
        snprintf(err, ERR_MAX, "no memory for the history");
        free(k);
        return NULL;
    }
    k->loop = loop;
    k->failed_fn = failed;
    k->ctx = ctx;
    STAILQ_INIT(&k->queue);
    snprintf(courses, sizeof(courses), "%s/courses", dir);
    mkdir(courses, 0700); /* what cannot be written will be said */
    k->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&k->mutex, NULL);
    pthread_cond_init(&k->cond, NULL);
    if (k->wake >= 0 && qb_loop_poll_add(loop, QB_LOOP_LOW, k->wake, POLLIN, k, on_wake) == 0 &&
        pthread_create(&k->thread, NULL, writer, k) == 0)
        return k;
    snprintf(err, ERR_MAX, "the writer of the history cannot start: %s", strerror(errno));
    if (k->wake >= 0) {
        qb_loop_poll_del(loop, k->wake);
        close(k->wake);
    }
    free(k);
    return NULL;
}

void keeper_destroy(struct keeper *k)
{
    if (k == NULL)
        return;
    pthread_mutex_lock(&k->mutex);
    k->stop = true;
    pthread_cond_signal(&k->cond);
    pthread_mutex_unlock(&k->mutex);
    pthread_join(k->thread, NULL);
    qb_loop_poll_del(k->loop, k->wake);
    close(k->wake);
    pthread_mutex_destroy(&k->mutex);
    pthread_cond_destroy(&k->cond);
    free(k);
}
