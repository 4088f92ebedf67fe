/* The operator's own programs, run when something happens: the agent's end of it.
 *
 * A process of its own (agent/hook_run.c) looks into the directory, forks, waits and kills.  The
 * agent only hands it one event at a time, keeps those that wait, and drops the oldest when there
 * are too many.  It never waits for a hook, and never touches the directory. */
#ifndef CGWHA_AGENT_HOOKS_H
#define CGWHA_AGENT_HOOKS_H

#include <qb/qbloop.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/runtime.h"

#define HOOKS_WAITING    256   /* events; then the oldest are dropped */
#define HOOKS_AGAIN_MS   1000  /* before a process that died is started anew */
#define HOOK_MESSAGE_MAX 32768 /* one event: its environment and its JSON */

struct hooks;

/* Starts the process, which is this very program under another name (HOOK_RUN_NAME). May block as
 * any fork does: before the loop runs. limit_ms: one hook may run so long. False with err. */
bool hooks_create(struct hooks **out, qb_loop_t *loop, const char *dir, uint32_t limit_ms,
                  char err[ERR_MAX]);

/* Has the hooks called with this event, as hook_event() has written it. Never blocks. */
void hooks_tell(struct hooks *hooks, const char *event, size_t size);

/* So many events wait, that one included which the hooks are being called with. */
unsigned hooks_waiting(const struct hooks *hooks);

/* Does not wait: the process sees it, ends the hook that runs, and itself. NULL is let pass. */
void hooks_destroy(struct hooks *hooks);

#endif
