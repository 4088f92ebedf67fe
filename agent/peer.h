/* Who is at the other end of a local connection, by the kernel's word and local files only.
 *
 * No name service is asked: it may block, and the loop may not. */
#ifndef CGWHA_AGENT_PEER_H
#define CGWHA_AGENT_PEER_H

#include <stdbool.h>
#include <sys/types.h>

#include "agent/limits.h"

/* Does the process carry this supplementary group, and is it all this user's? Source: proc(5),
 * status, lines Uid and Groups. False if it cannot be told. */
bool peer_in_group(pid_t pid, uid_t uid, gid_t group);

/* The user's name from /etc/passwd, or "uid 1234". Returns out. */
const char *peer_name(uid_t uid, char out[USER_LEN]);

#endif
