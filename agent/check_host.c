/* What the agent and BIRD need of this host's files, and its clock. */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/check.h"

int check_connect(const char *path, char err[ERR_MAX])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval wait = {.tv_sec = CHECK_WAIT_MS / 1000};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strlcpy(address.sun_path, path, sizeof(address.sun_path));
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
        if (connect(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)) == 0)
            return fd;
    }
    snprintf(err, ERR_MAX, "%.108s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

/* BIRD is not root: it must be able to read the file by the mode for others. */
static void check_level_file(struct findings *list, const struct conf *conf)
{
    const char *path = conf->router.level_file;
    struct stat st;

    if (stat(path, &st) != 0)
        found(list, FINDING_LEVEL_FILE, path, "it cannot be read: %s", strerror(errno));
    else if (!S_ISREG(st.st_mode) || (st.st_mode & S_IROTH) == 0)
        found(list, FINDING_LEVEL_FILE, path, "BIRD's user cannot read it: its mode is %04o",
              (unsigned)(st.st_mode & 07777));
}

static void check_state_dir(struct findings *list, const struct conf *conf)
{
    struct stat st;

    if (stat(conf->state_dir, &st) != 0)
        found(list, FINDING_STATE_DIR, conf->state_dir, "it is not there: %s", strerror(errno));
    else if (!S_ISDIR(st.st_mode) || access(conf->state_dir, W_OK) != 0)
        found(list, FINDING_STATE_DIR, conf->state_dir, "nothing can be written there");
    else if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        found(list, FINDING_STATE_DIR, conf->state_dir,
              "others than root may write there: owner %u, mode %04o", (unsigned)st.st_uid,
              (unsigned)(st.st_mode & 07777));
}

void check_host(struct findings *list, const struct conf *conf)
{
    struct timex clock = {.modes = 0};

    if (strcmp(conf->router.kind, "bird") == 0)
        check_level_file(list, conf);
    check_state_dir(list, conf);
    if (conf->group[0] != '\0' && getgrnam(conf->group) == NULL)
        found(list, FINDING_GROUP, conf->group, "cgwha.conf names this group, and there is none");
    if (adjtimex(&clock) == TIME_ERROR || (clock.status & STA_UNSYNC) != 0)
        found(list, FINDING_CLOCK, "", "the kernel says that nobody keeps this host's clock right");
}
