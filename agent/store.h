/* The saved intent: one small file that survives a reboot.
 *
 * It is written whole, beside the old one, synced and renamed, by a thread of its own, because a
 * disk may hang and the loop may not.  It is never trusted over what the view says. */
#ifndef CGWHA_AGENT_STORE_H
#define CGWHA_AGENT_STORE_H

#include <qb/qbloop.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/runtime.h"

#define STORE_SERIALS 100000u /* operation numbers set aside for one run of the agent */

/* Reads DIR/intent.json. A file that is not there is no error: out is zeroes, which is in service.
 * False with err if it cannot be read or makes no sense; out is then zeroes too (unsure means
 * advertise), with a serial that no earlier run can have used. */
bool store_load(const char *dir, struct saved *out, char err[ERR_MAX]);

/* Writes it, blocking: at start, before the loop runs, and inside the thread. */
bool store_write(const char *dir, const struct saved *saved, char err[ERR_MAX]);

struct store;

/* The outcome of one save, from the loop. */
typedef void (*store_done_fn)(void *ctx, uint32_t id, bool ok, const char *why);

/* Starts the writing thread. NULL with err. Free with store_destroy, which waits for a write under
 * way. */
struct store *store_create(qb_loop_t *loop, const char *dir, store_done_fn done, void *ctx,
                           char err[ERR_MAX]);
/* Hands one save to the thread. One that has not begun is replaced by it, and never answered: the
 * runtime waits only for the last. */
void store_save(struct store *store, uint32_t id, const struct saved *saved);
void store_destroy(struct store *store);

#endif
