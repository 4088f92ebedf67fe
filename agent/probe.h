/* What a track tries at once, without waiting: whether an interface runs, whether the kernel has a
 * route; and a command, which is begun here and watched by the loop.
 *
 * Source: netdevice(7), rtnetlink(7), posix_spawn(3), pidfd_open(2). */
#ifndef CGWHA_AGENT_PROBE_H
#define CGWHA_AGENT_PROBE_H

#include <qb/qbloop.h>
#include <stdbool.h>
#include <sys/types.h>

#include "agent/limits.h"
#include "routing/prefix.h"

/* The interface is there, up, and has a carrier. False with why. */
bool probe_interface(const char *name, char why[ERR_MAX]);

/* The kernel would send what is for the first address of prefix by a route to prefix itself or to a
 * part of it; a default route is none. False with why. */
bool probe_route(const struct prefix *prefix, char why[ERR_MAX]);

/* A command under way; zeroed: none. */
struct probe_command {
    qb_loop_t *loop;
    pid_t pid; /* its process group too; 0: none runs */
    int fd;    /* a pidfd */
    void (*ended)(void *ctx, bool ok, const char *why);
    void *ctx;
};

/* Has /bin/sh run command, as cgwhad's own user, in a process group of its own, with nothing on its
 * streams. ended() is called from the loop, ok if its exit status is 0. False with why: it was not
 * begun. Not while one runs. */
bool probe_command_start(struct probe_command *c, const char *command, char why[ERR_MAX]);
/* One was begun, and has not ended; not even one that was killed, for the kernel may hold it. */
bool probe_command_runs(const struct probe_command *c);
/* Kills it with all its process group, and does not wait for that: ended() is called as ever.
 * Nothing if none runs. */
void probe_command_kill(struct probe_command *c);
/* The same, but nobody is called any more: before the struct is given up. */
void probe_command_end(struct probe_command *c);

#endif
