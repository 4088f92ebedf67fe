/* Who is behind a process that asks. */
#include "agent/asker.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include "agent/peer.h"

#define NO_LOGIN UINT32_MAX

static bool read_proc(pid_t pid, const char *name, char *out, size_t size)
{
    char path[64];
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = read(fd, out, size - 1);
    close(fd);
    if (n <= 0)
        return false;
    out[n] = '\0';
    return true;
}

/* The pid may be another's by now: its effective uid must be the one that the socket named. */
static bool still_theirs(pid_t pid, uid_t uid)
{
    unsigned long real, effective;
    char text[4096];
    const char *at;

    if (!read_proc(pid, "status", text, sizeof(text)))
        return false;
    at = strstr(text, "\nUid:");
    return at != NULL && sscanf(at, "\nUid: %lu %lu", &real, &effective) == 2 && effective == uid;
}

void asker_tty(unsigned device, char out[NAME_MAX_LEN])
{
    unsigned major = device >> 8 & 0xfff, minor = (device & 0xff) | (device >> 12 & 0xfff00);

    if (device == 0)
        out[0] = '\0';
    else if (major >= 136 && major <= 143)
        snprintf(out, NAME_MAX_LEN, "pts/%u", (major - 136) * 256 + minor);
    else if (major == 4 && minor < 64)
        snprintf(out, NAME_MAX_LEN, "tty%u", minor);
    else if (major == 4)
        snprintf(out, NAME_MAX_LEN, "ttyS%u", minor - 64);
    else
        snprintf(out, NAME_MAX_LEN, "tty %u:%u", major, minor);
}

bool asker_stat(const char *line, pid_t *parent, unsigned *tty)
{
    const char *at = strrchr(line, ')'); /* the name before it may hold anything, ')' too */
    int ppid, group, session, device;

    if (at == NULL || sscanf(at, ") %*c %d %d %d %d", &ppid, &group, &session, &device) != 4)
        return false;
    *parent = ppid;
    *tty = (unsigned)device;
    return true;
}

static void find_login(pid_t pid, struct asker *out)
{
    char text[32];
    unsigned long login;

    if (!read_proc(pid, "loginuid", text, sizeof(text)))
        return;
    login = strtoul(text, NULL, 10);
    if (login != NO_LOGIN)
        peer_name((uid_t)login, out->login);
}

static void find_host(pid_t pid, struct asker *out)
{
    char *session = NULL, *host = NULL;

    if (sd_pid_get_session(pid, &session) >= 0 && sd_session_get_remote_host(session, &host) >= 0)
        strlcpy(out->host, host, sizeof(out->host));
    free(host);
    free(session);
}

void asker_of(pid_t pid, uid_t uid, struct asker *out)
{
    char line[512];
    unsigned tty;
    pid_t parent;

    memset(out, 0, sizeof(*out));
    out->uid = uid;
    peer_name(uid, out->user);
    if (pid <= 0 || !still_theirs(pid, uid))
        return;
    find_login(pid, out);
    find_host(pid, out);
    if (!read_proc(pid, "stat", line, sizeof(line)) || !asker_stat(line, &parent, &tty))
        return;
    asker_tty(tty, out->tty);
    if (parent > 0 && read_proc(parent, "comm", line, sizeof(line))) {
        line[strcspn(line, "\n")] = '\0';
        strlcpy(out->parent, line, sizeof(out->parent));
    }
}
