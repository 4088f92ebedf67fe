/* metrics: the agent's status for Prometheus and its like. */
#include "agent/cli_metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/cli_link.h"
#include "agent/http.h"
#include "agent/metrics.h"

/* ---- making the page ---- */

struct maker {
    const char *server;
    const struct look *err;
    enum metric_dialect dialect;
};

static struct json_object *ask(const struct maker *m)
{
    struct json_object *status = NULL;
    char sentence[ERR_MAX];
    struct link *link;

    if (link_open(&link, m->server, METRICS_WAIT_MS, sentence))
        status = link_ask(link, link_request("status"), sentence);
    link_close(link);
    if (status == NULL) {
        look_put(m->err, PAINT_PLAIN, "cgwha: ", UINT32_MAX);
        look_wrap(m->err, PAINT_PLAIN, sentence, 7, 0);
    }
    return status;
}

/* All of the page in memory, so that nobody gets half of it. NULL without memory. */
static char *make(void *ctx, size_t *size)
{
    const struct maker *m = ctx;
    struct json_object *status = ask(m);
    char *text = NULL;
    FILE *out = open_memstream(&text, size);

    if (out != NULL) {
        metrics_write(out, m->dialect, status);
        if (fclose(out) != 0) {
            free(text);
            text = NULL;
        }
    }
    json_object_put(status);
    return text;
}

/* ---- into a file ---- */

static bool write_file(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, text, size);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            text += n;
            size -= (size_t)n;
        }
    }
    return fchmod(fd, 0644) == 0 && fsync(fd) == 0;
}

static void sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return;
    (void)fsync(fd); /* a rename that a power cut undoes leaves the old file, which is as whole */
    close(fd);
}

/* The collector reads *.prom: the name of what is not finished ends otherwise. */
static bool name_files(const char *path, char dir[PATH_LEN], char temporary[2 * PATH_LEN])
{
    char copy[PATH_LEN];

    if (strlcpy(copy, path, PATH_LEN) >= PATH_LEN)
        return false;
    strlcpy(dir, dirname(copy), PATH_LEN);
    strlcpy(copy, path, PATH_LEN);
    snprintf(temporary, 2 * PATH_LEN, "%s/.%s.XXXXXX", dir, basename(copy));
    return true;
}

bool metrics_replace(const char *path, const char *text, size_t size, char err[ERR_MAX])
{
    char dir[PATH_LEN], temporary[2 * PATH_LEN];
    bool good;
    int fd;

    if (!name_files(path, dir, temporary)) {
        snprintf(err, ERR_MAX, "the path is too long: at most %d bytes", PATH_LEN - 1);
        return false;
    }
    fd = mkostemp(temporary, O_CLOEXEC);
    good = fd >= 0 && write_file(fd, text, size) && rename(temporary, path) == 0;
    if (!good)
        snprintf(err, ERR_MAX, "%.108s cannot be written: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (fd >= 0 && !good)
        unlink(temporary);
    if (good)
        sync_dir(dir);
    return good;
}

/* ---- the command ---- */

static enum exit_code failed(const struct look *err, const char *sentence)
{
    look_put(err, PAINT_PLAIN, "cgwha: ", UINT32_MAX);
    look_wrap(err, PAINT_PLAIN, sentence, 7, 0);
    return EXIT_ERROR;
}

static enum exit_code serve(struct maker *m)
{
    struct http_page page = {.path = "/metrics",
                             .content_type = metric_content_type(m->dialect),
                             .make = make,
                             .ctx = m,
                             .read_ms = HTTP_READ_MS,
                             .write_ms = HTTP_WRITE_MS,
                             .linger_ms = HTTP_LINGER_MS};

    signal(SIGPIPE, SIG_IGN);
    http_serve(STDIN_FILENO, STDOUT_FILENO, &page);
    return EXIT_DONE; /* what a client does wrong is no failure of ours */
}

enum exit_code metrics_run(const struct args *args, const char *server, const struct look *err)
{
    bool into_file = args->file[0] != '\0';
    struct maker m = {
        .server = server, .err = err, .dialect = into_file ? METRIC_TEXT : METRIC_OPENMETRICS};
    enum exit_code code = EXIT_DONE;
    char *text, sentence[ERR_MAX];
    size_t size = 0;

    if (args->http && into_file) {
        failed(err, "metrics takes --textfile or --http, not both");
        return EXIT_USAGE;
    }
    if (args->http)
        return serve(&m);
    text = make(&m, &size);
    if (text == NULL)
        return failed(err, "no memory");
    if (!into_file)
        fwrite(text, 1, size, stdout); /* main sees to it that it went out */
    else if (!metrics_replace(args->file, text, size, sentence))
        code = failed(err, sentence);
    free(text);
    return code;
}
