/* The level file: its text, read and replaced whole. */
#include "routing/bird_level.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

size_t router_bird_level_text(const struct router_conf *conf, enum level level, char *out,
                              size_t size)
{
    struct level_attr nothing = {0};
    const struct level_attr *attr = level == LEVEL_WITHDRAWN ? &nothing : &conf->level[level];

    int n = snprintf(out, size,
                     "# Written by cgwhad; do not edit. The functions in cgwha.bird read it.\n"
                     "# %s\n"
                     "define CGWHA_LEVEL = %d;\n"
                     "define CGWHA_MED = %u;\n"
                     "define CGWHA_PREPEND = %u;\n"
                     "define CGWHA_GSHUT = %d;\n"
                     "define CGWHA_LAN_MED = %u;\n"
                     "define CGWHA_LAN_PREPEND = %u;\n",
                     level_name(level), (int)level, attr->med, attr->prepend, attr->gshut ? 1 : 0,
                     attr->lan_med, attr->lan_prepend);
    return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

bool bird_level_parse(const char *text, enum level *out)
{
    static const char key[] = "define CGWHA_LEVEL = ";

    for (const char *line = text; line != NULL && *line != '\0';) {
        const char *value = line + sizeof(key) - 1;
        if (strncmp(line, key, sizeof(key) - 1) == 0 && *value >= '0' && *value < '0' + LEVELS &&
            value[1] == ';') {
            *out = (enum level)(*value - '0');
            return true;
        }
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    return false;
}

bool bird_level_read(const char *path, char out[BIRD_LEVEL_SIZE], char err[ERR_MAX])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = fd >= 0 ? read(fd, out, BIRD_LEVEL_SIZE) : -1;
    int error = errno;

    if (fd >= 0)
        close(fd);
    out[n >= 0 && n < BIRD_LEVEL_SIZE ? n : 0] = '\0';
    if (n < 0)
        snprintf(err, ERR_MAX, "cannot read the level file %s: %s", path, strerror(error));
    else if (n >= BIRD_LEVEL_SIZE)
        snprintf(err, ERR_MAX, "the level file %s is not one of ours: it is too long", path);
    return n >= 0 && n < BIRD_LEVEL_SIZE;
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
    /* BIRD may run as another user, and our umask must not keep it from reading. */
    return fchmod(fd, 0644) == 0 && fsync(fd) == 0;
}

bool bird_level_write(const char *path, const char *text, char err[ERR_MAX])
{
    char beside[PATH_LEN + 8];

    snprintf(beside, sizeof(beside), "%s.new", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    bool ok = fd >= 0 && write_all(fd, text);
    int error = errno;
    if (fd >= 0 && close(fd) != 0 && ok) {
        ok = false;
        error = errno;
    }
    if (ok && rename(beside, path) != 0) {
        ok = false;
        error = errno;
    }
    if (!ok) {
        snprintf(err, ERR_MAX, "cannot write the level file %s: %s", path, strerror(error));
        if (fd >= 0)
            unlink(beside);
    }
    return ok;
}
