/* Who is behind a process that asks: by the kernel's word and logind's, from local files only.
 *
 * Nothing is taken from the process's environment or arguments, which are its own to write.  No
 * name service is asked and nothing is waited for. */
#ifndef CGWHA_AGENT_ASKER_H
#define CGWHA_AGENT_ASKER_H

#include <stdbool.h>
#include <sys/types.h>

#include "agent/limits.h"

/* What is empty could not be told. */
struct asker {
    uid_t uid;
    char user[USER_LEN];       /* name of the uid */
    char login[USER_LEN];      /* as whom they logged in, before su or sudo: proc(5), loginuid */
    char tty[NAME_MAX_LEN];    /* "pts/0" */
    char host[64];             /* from where they are logged in, as sshd told logind */
    char parent[NAME_MAX_LEN]; /* comm of the process that called it: a hint, no proof */
};

/* uid is the socket's word (SO_PEERCRED); if the process is not this user's any more, only that is
 * filled in. */
void asker_of(pid_t pid, uid_t uid, struct asker *out);

/* The terminal of a device number as in proc(5), stat, field tty_nr; empty for none. */
void asker_tty(unsigned device, char out[NAME_MAX_LEN]);
/* Fields of a line of /proc/PID/stat; false if it is none. */
bool asker_stat(const char *line, pid_t *parent, unsigned *tty);

#endif
