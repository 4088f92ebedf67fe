/* Writes what is kept for people to look at: the history, a line for each thing that happened to
 * an operation, and a file for the course of each.
 *
 * A thread of its own does it, because a disk may hang and the loop may not.  A disk that is full
 * or gone costs what could not be written, and nothing else. */
#ifndef CGWHA_AGENT_KEEPER_H
#define CGWHA_AGENT_KEEPER_H

#include <qb/qbloop.h>
#include <stdbool.h>
#include <stddef.h>

#include "agent/limits.h"

#define KEEPER_WAITING  (4u << 20) /* bytes handed over and not yet written; more is refused */
#define KEEPER_NAME_MAX 64         /* of a course's file, with its NUL */

struct keeper;

/* Something could not be written; why is a sentence. From the loop. */
typedef void (*keeper_failed_fn)(void *ctx, const char *why);

/* DIR/history.jsonl and DIR/courses/NAME. Starts the thread. NULL with err. */
struct keeper *keeper_create(qb_loop_t *loop, const char *dir, keeper_failed_fn failed, void *ctx,
                             char err[ERR_MAX]);

/* Each copies the text. False: too much waits already, nothing will be written. */
bool keeper_append(struct keeper *keeper, const char *line);  /* a newline is added; synced */
bool keeper_replace(struct keeper *keeper, const char *text); /* the whole history, atomically */
bool keeper_course(struct keeper *keeper, const char *name, const char *text);
bool keeper_drop(struct keeper *keeper, const char *name); /* removes a course */
/* Sets the history's time to now: the agent was alive then. */
bool keeper_touch(struct keeper *keeper);

/* Waits until what waits is written; a disk that hangs hangs this. NULL is let pass. */
void keeper_destroy(struct keeper *keeper);

#endif
