/* The level as a number in a file, for keepalived. */
#include "agent/vrrp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/lists.h"

/* keepalived adds weight times the number to its priority, so a better level is a larger number. It
 * stands in people's files, and must not change when the enum does. */
static const char *const numbers[LEVELS] = {
    [LEVEL_WITHDRAWN] = "0\n",
    [LEVEL_LOW] = "1\n",
    [LEVEL_NORMAL] = "2\n",
    [LEVEL_HIGH] = "3\n",
};

bool vrrp_write(const char *path, uint8_t level, char err[ERR_MAX])
{
    char beside[PATH_LEN + 8];
    bool ok;
    int fd, error;

    snprintf(beside, sizeof(beside), "%s.new", path);
    fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    ok = fd >= 0 && write(fd, numbers[level], 2) == 2 && fchmod(fd, 0644) == 0 &&
         rename(beside, path) == 0;
    error = errno;
    if (fd >= 0)
        close(fd);
    if (!ok && fd >= 0)
        unlink(beside);
    if (!ok)
        snprintf(err, ERR_MAX, "the level cannot be written for keepalived to %s: %s", path,
                 strerror(error));
    return ok;
}
