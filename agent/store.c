/* The saved intent: written whole, beside the old one, synced and renamed. */
#include "agent/store.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define STORE_VERSION 1
#define FILE_MAX      4096
#define BOOT_ID_LEN   40 /* a UUID as text, with its newline or NUL */

struct store {
    qb_loop_t *loop;
    char dir[PATH_LEN];
    store_done_fn done;
    void *ctx;
    int wake; /* eventfd: the thread has finished one */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    /* under the mutex */
    bool stop, waiting, finished, ok;
    uint32_t id, finished_id;
    struct saved saved;
    char why[ERR_MAX];
};

static void file_name(const char *dir, const char *tail, char out[PATH_LEN + 24])
{
    snprintf(out, PATH_LEN + 24, "%s/intent.json%s", dir, tail);
}

/* ---- reading ---- */

static ssize_t read_whole(const char *path, char out[FILE_MAX])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = -1;

    if (fd < 0)
        return -1;
    n = read(fd, out, FILE_MAX - 1);
    if (n >= 0)
        out[n] = '\0';
    close(fd);
    return n;
}

static bool get_text(json_object *o, const char *key, char *out, size_t size)
{
    json_object *v;

    if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_string))
        return false;
    return strlcpy(out, json_object_get_string(v), size) < size;
}

static bool get_number(json_object *o, const char *key, int64_t max, int64_t *out)
{
    json_object *v;

    if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_int))
        return false;
    *out = json_object_get_int64(v);
    return *out >= 0 && *out <= max;
}

/* The present boot of this kernel (random(4)); "" if it cannot be told. */
static void boot_id(char out[BOOT_ID_LEN])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, out, BOOT_ID_LEN - 1) : -1;

    out[n > 0 ? n : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    if (fd >= 0)
        close(fd);
}

/* What was meant until the next boot only is over after it. */
static void expire(json_object *o, struct saved *out)
{
    char then[BOOT_ID_LEN] = "", now[BOOT_ID_LEN];

    if (!get_text(o, "until-boot-after", then, sizeof(then)))
        return;
    boot_id(now);
    out->until_boot = now[0] != '\0' && strcmp(then, now) == 0; /* unsure means in service */
    if (out->until_boot)
        return;
    out->intent = INTENT_IN_SERVICE;
    out->user[0] = out->why[0] = '\0';
}

static bool parse(json_object *o, struct saved *out)
{
    char intent[NAME_MAX_LEN];
    int64_t version, since, serial;

    if (!get_number(o, "version", STORE_VERSION, &version) || version != STORE_VERSION ||
        !get_text(o, "intent", intent, sizeof(intent)) ||
        !get_number(o, "since", INT64_MAX, &since) ||
        !get_number(o, "serial", UINT32_MAX, &serial) ||
        !get_text(o, "user", out->user, sizeof(out->user)) ||
        !get_text(o, "why", out->why, sizeof(out->why)))
        return false;
    out->since = (uint64_t)since;
    out->serial = (uint32_t)serial;
    for (unsigned i = 0; i < INTENTS; i++) {
        if (strcmp(intent, intent_name(i)) == 0) {
            out->intent = (uint8_t)i;
            expire(o, out);
            return true;
        }
    }
    return false;
}

bool store_load(const char *dir, struct saved *out, char err[ERR_MAX])
{
    char path[PATH_LEN + 24], text[FILE_MAX];
    json_object *o;
    ssize_t n;
    bool good;

    memset(out, 0, sizeof(*out));
    out->serial = 1;
    file_name(dir, "", path);
    n = read_whole(path, text);
    if (n < 0 && errno == ENOENT)
        return true;
    o = n > 0 ? json_tokener_parse(text) : NULL;
    good = o != NULL && parse(o, out);
    if (o != NULL)
        json_object_put(o);
    if (good)
        return true;
    memset(out, 0, sizeof(*out));
    out->serial = (uint32_t)time(NULL);
    if (n < 0)
        snprintf(err, ERR_MAX, "%s cannot be read: %s", path, strerror(errno));
    else
        snprintf(err, ERR_MAX,
                 "%s makes no sense; this node is taken to be in service. Remove the "
                 "file, or drain again",
                 path);
    return false;
}

/* ---- writing ---- */

static json_object *to_json(const struct saved *saved)
{
    json_object *o = json_object_new_object();
    char boot[BOOT_ID_LEN];

    json_object_object_add(o, "version", json_object_new_int(STORE_VERSION));
    json_object_object_add(o, "intent", json_object_new_string(intent_name(saved->intent)));
    json_object_object_add(o, "since", json_object_new_int64((int64_t)saved->since));
    json_object_object_add(o, "serial", json_object_new_int64((int64_t)saved->serial));
    json_object_object_add(o, "user", json_object_new_string(saved->user));
    json_object_object_add(o, "why", json_object_new_string(saved->why));
    if (saved->until_boot) {
        boot_id(boot);
        json_object_object_add(o, "until-boot-after", json_object_new_string(boot));
    }
    return o;
}

static bool write_all(int fd, const char *text)
{
    size_t left = strlen(text);

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

static bool write_synced(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok;
    int saved_errno;

    if (fd < 0)
        return false;
    ok = write_all(fd, text) && write_all(fd, "\n") && fsync(fd) == 0;
    saved_errno = errno;
    ok = close(fd) == 0 && ok;
    errno = saved_errno;
    return ok;
}

static void sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return;
    fsync(fd); /* a rename that is lost with the power leaves the old file, whole */
    close(fd);
}

bool store_write(const char *dir, const struct saved *saved, char err[ERR_MAX])
{
    char path[PATH_LEN + 24], beside[PATH_LEN + 24];
    json_object *o = to_json(saved);
    bool ok;

    file_name(dir, "", path);
    file_name(dir, ".new", beside);
    ok = write_synced(beside, json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY)) &&
         rename(beside, path) == 0;
    if (!ok)
        snprintf(err, ERR_MAX, "%s cannot be written: %s", path, strerror(errno));
    else
        sync_dir(dir);
    json_object_put(o);
    return ok;
}

/* ---- the thread ---- */

static void *writer(void *arg)
{
    struct store *s = arg;

    pthread_mutex_lock(&s->mutex);
    while (!s->stop) {
        struct saved saved;
        uint32_t id;
        char why[ERR_MAX] = "";
        bool ok;

        if (!s->waiting) {
            pthread_cond_wait(&s->cond, &s->mutex);
            continue;
        }
        s->waiting = false;
        saved = s->saved;
        id = s->id;
        pthread_mutex_unlock(&s->mutex);
        ok = store_write(s->dir, &saved, why);
        pthread_mutex_lock(&s->mutex);
        s->finished = true;
        s->finished_id = id;
        s->ok = ok;
        strlcpy(s->why, why, sizeof(s->why));
        eventfd_write(s->wake, 1);
    }
    pthread_mutex_unlock(&s->mutex);
    return NULL;
}

static int on_wake(int32_t fd, int32_t revents, void *data)
{
    struct store *s = data;
    eventfd_t count;
    uint32_t id;
    bool finished, ok;
    char why[ERR_MAX];

    (void)revents;
    if (eventfd_read(fd, &count) != 0)
        return 0;
    pthread_mutex_lock(&s->mutex);
    finished = s->finished;
    s->finished = false;
    id = s->finished_id;
    ok = s->ok;
    strlcpy(why, s->why, sizeof(why));
    pthread_mutex_unlock(&s->mutex);
    if (finished)
        s->done(s->ctx, id, ok, why);
    return 0;
}

struct store *store_create(qb_loop_t *loop, const char *dir, store_done_fn done, void *ctx,
                           char err[ERR_MAX])
{
    struct store *s = calloc(1, sizeof(*s));

    if (s == NULL || strlcpy(s->dir, dir, sizeof(s->dir)) >= sizeof(s->dir)) {
        snprintf(err, ERR_MAX, "no memory for the saved intent");
        free(s);
        return NULL;
    }
    s->loop = loop;
    s->done = done;
    s->ctx = ctx;
    s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->cond, NULL);
    if (s->wake < 0 || qb_loop_poll_add(loop, QB_LOOP_MED, s->wake, POLLIN, s, on_wake) != 0 ||
        pthread_create(&s->thread, NULL, writer, s) != 0) {
        snprintf(err, ERR_MAX, "the writer of the saved intent cannot start: %s", strerror(errno));
        if (s->wake >= 0) {
            qb_loop_poll_del(loop, s->wake);
            close(s->wake);
        }
        free(s);
        return NULL;
    }
    return s;
}

void store_save(struct store *s, uint32_t id, const struct saved *saved)
{
    pthread_mutex_lock(&s->mutex);
    s->waiting = true;
    s->id = id;
    s->saved = *saved;
    pthread_cond_signal(&s->cond);
    pthread_mutex_unlock(&s->mutex);
}

void store_destroy(struct store *s)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->mutex);
    s->stop = true;
    pthread_cond_signal(&s->cond);
    pthread_mutex_unlock(&s->mutex);
    pthread_join(s->thread, NULL);
    qb_loop_poll_del(s->loop, s->wake);
    close(s->wake);
    pthread_mutex_destroy(&s->mutex);
    pthread_cond_destroy(&s->cond);
    free(s);
}
