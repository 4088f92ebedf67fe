/* One errand in a thread of its own. The thread shares nothing with its sender but this struct,
 * and of it only the two flags, under the lock. */
#include "cluster/courier.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct courier {
    struct errand errand;
    int fd;
    pthread_mutex_t lock;
    bool done, forgotten;
};

static void bury(struct courier *c)
{
    close(c->fd);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static void *road(void *arg)
{
    struct courier *c = arg;

    c->errand.run(c->errand.job);
    pthread_mutex_lock(&c->lock);
    c->done = true;
    bool forgotten = c->forgotten;
    if (!forgotten && eventfd_write(c->fd, 1) != 0)
        abort(); /* cannot be: the counter is 0 before and nobody else writes */
    pthread_mutex_unlock(&c->lock);
    if (forgotten) {
        c->errand.discard(c->errand.job);
        bury(c);
    }
    return NULL;
}

/* The loop's signals belong to the loop's thread. */
static int start(struct courier *c)
{
    pthread_t thread;
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&thread, NULL, road, c);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0)
        pthread_detach(thread);
    return error;
}

struct courier *courier_send(const struct errand *errand, char err[ERR_MAX])
{
    struct courier *c = calloc(1, sizeof(*c));
    int error = ENOMEM;

    if (c != NULL) {
        c->errand = *errand;
        c->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        pthread_mutex_init(&c->lock, NULL);
        error = c->fd < 0 ? errno : start(c);
    }
    if (error == 0)
        return c;
    snprintf(err, ERR_MAX, "no thread to speak to corosync: %s", strerror(error));
    if (c != NULL && c->fd >= 0)
        bury(c);
    else
        free(c);
    return NULL;
}

int courier_fd(const struct courier *courier)
{
    return courier->fd;
}

bool courier_wait(const struct courier *courier, int ms)
{
    struct pollfd p = {.fd = courier->fd, .events = POLLIN};
    return poll(&p, 1, ms) == 1;
}

void *courier_take(struct courier *courier)
{
    void *job = courier->errand.job;
    /* The thread may still be inside its unlock. */
    pthread_mutex_lock(&courier->lock);
    pthread_mutex_unlock(&courier->lock);
    bury(courier);
    return job;
}

static void nothing(void *job)
{
    (void)job;
}

void courier_forget(struct courier *courier)
{
    pthread_mutex_lock(&courier->lock);
    bool done = courier->done;
    courier->forgotten = true;
    pthread_mutex_unlock(&courier->lock);
    if (!done)
        return;
    /* To discard may block as well, so that is an errand too. */
    courier->errand.run = courier->errand.discard;
    courier->errand.discard = nothing;
    if (start(courier) != 0)
        bury(courier);
}
