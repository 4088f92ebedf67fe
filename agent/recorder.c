/* The recorder: a buffer that the loop fills and a thread that empties it onto the disk. */
#include "agent/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define AGAIN_NS UINT64_C(60000000000) /* after trouble: not before this long */
#define CLOSE_MS 500

struct recorder {
    char path[PATH_LEN + 16], old[PATH_LEN + 16], new[PATH_LEN + 16];
    pthread_t thread;
    size_t max;
    /* the loop's own */
    struct event start;
    bool recording; /* what is on its way to the disk can be gone on with */
    bool said;      /* the trouble was told */
    size_t written; /* of the present file */
    uint64_t begun_ns, stopped_ns;
    /* under the mutex */
    pthread_mutex_t mutex;
    pthread_cond_t cond, end;
    bool stop, ended, forgotten, failed;
    int error; /* of the last failure */
    size_t waiting;
    uint8_t *fill; /* RECORDING_WAITING bytes */
    /* the thread's own */
    uint8_t *drain;
    int fd;
};

/* ---- the thread ---- */

static bool write_whole(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

/* A new file takes the place of the present one, and that of the old one, only when its header is
 * on the disk: a disk that is full does not cost what was recorded before. */
static bool begin_file(struct recorder *r, const uint8_t *header, size_t size)
{
    int fd = open(r->new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (r->fd >= 0)
        close(r->fd);
    r->fd = fd;
    if (fd < 0)
        return false;
    if (!write_whole(fd, header, size)) {
        int error = errno;
        unlink(r->new);
        errno = error;
        return false;
    }
    rename(r->path, r->old); /* there may be none */
    return rename(r->new, r->path) == 0;
}

/* Frame by frame, for a header begins a new file. What follows a failure is dropped up to the next
 * header. Returns 0, or an errno. */
static int write_frames(struct recorder *r, const uint8_t *bytes, size_t size)
{
    int error = 0;

    for (size_t at = 0; at < size;) {
        struct recording_frame frame;
        bool ok;
        memcpy(&frame, bytes + at, sizeof(frame));
        if (frame.kind == RECORDING_HEADER)
            ok = begin_file(r, bytes + at, frame.size);
        else
            ok = r->fd < 0 || write_whole(r->fd, bytes + at, frame.size);
        if (!ok) {
            error = errno;
            if (r->fd >= 0)
                close(r->fd);
            r->fd = -1;
        }
        at += frame.size;
    }
    return error;
}

static void release(struct recorder *r)
{
    if (r->fd >= 0)
        close(r->fd);
    pthread_cond_destroy(&r->cond);
    pthread_cond_destroy(&r->end);
    pthread_mutex_destroy(&r->mutex);
    free(r->fill);
    free(r->drain);
    free(r);
}

static void *writer(void *arg)
{
    struct recorder *r = arg;
    bool forgotten;

    pthread_mutex_lock(&r->mutex);
    for (;;) {
        uint8_t *full = r->fill;
        size_t size = r->waiting;
        int error;

        if (size == 0 && r->stop)
            break;
        if (size == 0) {
            pthread_cond_wait(&r->cond, &r->mutex);
            continue;
        }
        r->fill = r->drain;
        r->drain = full;
        r->waiting = 0;
        pthread_mutex_unlock(&r->mutex);
        error = write_frames(r, full, size);
        pthread_mutex_lock(&r->mutex);
        if (error != 0) {
            r->failed = true;
            r->error = error;
        }
    }
    r->ended = true;
    forgotten = r->forgotten;
    pthread_cond_signal(&r->end);
    pthread_mutex_unlock(&r->mutex);
    if (forgotten)
        release(r);
    return NULL;
}

/* ---- the loop's side ---- */

static bool append(struct recorder *r, const void *bytes, size_t size)
{
    bool fits;

    pthread_mutex_lock(&r->mutex);
    fits = !r->failed && r->waiting + size <= RECORDING_WAITING;
    if (fits) {
        memcpy(r->fill + r->waiting, bytes, size);
        r->waiting += size;
        pthread_cond_signal(&r->cond);
    }
    pthread_mutex_unlock(&r->mutex);
    r->written += size;
    return fits;
}

static void stop_recording(struct recorder *r, uint64_t now_ns)
{
    r->recording = false;
    r->stopped_ns = now_ns;
}

static void begin_recording(struct recorder *r, uint64_t now_ns, const struct engine *engine)
{
    struct recording_header header;

    pthread_mutex_lock(&r->mutex);
    r->failed = false;
    pthread_mutex_unlock(&r->mutex);
    recording_begin(now_ns, engine, &r->start, &header);
    r->written = 0;
    r->recording = append(r, &header, sizeof(header));
    r->stopped_ns = r->begun_ns = now_ns;
}

void recorder_step(struct recorder *r, uint64_t now_ns, const struct engine *engine,
                   const struct event *event, const struct effects *effects)
{
    uint8_t bytes[RECORDING_FRAME_MAX];
    size_t size;

    if (event != NULL && event->type == EVENT_START) {
        struct engine before;
        memset(&before, 0, sizeof(before));
        r->start = *event;
        begin_recording(r, now_ns, &before);
    }
    if (!r->recording) {
        if (now_ns - r->stopped_ns >= AGAIN_NS)
            begin_recording(r, now_ns, engine);
        return;
    }
    size = event != NULL ? recording_step(now_ns, event, effects, bytes)
                         : recording_new_op(now_ns, bytes);
    if (r->said && now_ns - r->begun_ns >= AGAIN_NS)
        r->said = false; /* it has gone well for so long: the next trouble is another */
    if (!append(r, bytes, size))
        stop_recording(r, now_ns);
    else if (r->written >= r->max)
        begin_recording(r, now_ns, engine);
}

bool recorder_trouble(struct recorder *r, char err[ERR_MAX])
{
    int error;

    if (r->recording || r->stopped_ns == 0 || r->said)
        return false;
    r->said = true;
    pthread_mutex_lock(&r->mutex);
    error = r->failed ? r->error : 0;
    pthread_mutex_unlock(&r->mutex);
    snprintf(err, ERR_MAX, "%s: nothing is recorded for now: %s", r->path,
             error != 0 ? strerror(error) : "the disk is too slow");
    return true;
}

struct recorder *recorder_open(const char *dir, size_t max, char err[ERR_MAX])
{
    struct recorder *r = calloc(1, sizeof(*r));
    pthread_condattr_t attr;

    snprintf(err, ERR_MAX, "no memory for the recorder");
    if (r == NULL)
        return NULL;
    r->fd = -1;
    r->max = max;
    r->fill = malloc(RECORDING_WAITING);
    r->drain = malloc(RECORDING_WAITING);
    snprintf(r->path, sizeof(r->path), "%s/recording", dir);
    snprintf(r->new, sizeof(r->new), "%s/recording.new", dir);
    snprintf(r->old, sizeof(r->old), "%s/recording.old", dir);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&r->mutex, NULL);
    pthread_cond_init(&r->cond, &attr);
    pthread_cond_init(&r->end, &attr);
    pthread_condattr_destroy(&attr);
    if (r->fill == NULL || r->drain == NULL) {
        release(r);
        return NULL;
    }
    if (pthread_create(&r->thread, NULL, writer, r) != 0) {
        snprintf(err, ERR_MAX, "the recorder's thread cannot start: %s", strerror(errno));
        release(r);
        return NULL;
    }
    return r;
}

void recorder_close(struct recorder *r)
{
    struct timespec until;
    pthread_t thread;
    bool ended;

    if (r == NULL)
        return;
    thread = r->thread;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += CLOSE_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&r->mutex);
    r->stop = true;
    pthread_cond_signal(&r->cond);
    while (!r->ended && pthread_cond_timedwait(&r->end, &r->mutex, &until) == 0)
        continue;
    ended = r->ended;
    r->forgotten = !ended; /* the thread frees itself when the disk lets it go */
    pthread_mutex_unlock(&r->mutex);
    if (!ended) {
        pthread_detach(thread);
        return;
    }
    pthread_join(thread, NULL);
    release(r);
}
