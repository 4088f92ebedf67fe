/* Who is at the other end of a local connection. */
#include "agent/peer.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "Uid:\treal\teffective\tsaved\tfs": all of them must be the one whom the socket named, or the pid
 * has since become somebody else's. */
static bool all_are(const char *ids, unsigned long id)
{
    unsigned count = 0;
    char *end;

    for (;; ids = end, count++) {
        unsigned long found = strtoul(ids, &end, 10);
        if (end == ids)
            return count == 4;
        if (found != id)
            return false;
    }
}

static bool one_is(const char *ids, unsigned long id)
{
    char *end;

    for (;; ids = end) {
        unsigned long found = strtoul(ids, &end, 10);
        if (end == ids)
            return false;
        if (found == id)
            return true;
    }
}

bool peer_in_group(pid_t pid, uid_t uid, gid_t group)
{
    bool same = false, in = false;
    char path[64], *line = NULL;
    size_t size = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    f = fopen(path, "re");
    if (f == NULL)
        return false;
    while (getline(&line, &size, f) > 0) {
        if (strncmp(line, "Uid:", 4) == 0)
            same = all_are(line + 4, uid);
        else if (strncmp(line, "Groups:", 7) == 0)
            in = one_is(line + 7, group);
    }
    free(line);
    fclose(f);
    return same && in;
}

const char *peer_name(uid_t uid, char out[USER_LEN])
{
    struct passwd *pw;
    FILE *f;

    snprintf(out, USER_LEN, "uid %u", (unsigned)uid);
    f = fopen("/etc/passwd", "re");
    if (f == NULL)
        return out;
    while ((pw = fgetpwent(f)) != NULL) {
        if (pw->pw_uid == uid) {
            snprintf(out, USER_LEN, "%s", pw->pw_name);
            break;
        }
    }
    fclose(f);
    return out;
}
