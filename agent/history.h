/* What happened: each operation from the asking to some seconds after its end, kept over restarts.
 *
 * It is told what the log is told, looks at the runtime after each step, and keeps for each
 * operation who, why, its phases, the traffic before and after, which prefix nobody covered, and
 * its course (agent/course.h).  It reads the disk once, before the loop runs, and has it written by
 * a thread.  It changes nothing. */
#ifndef CGWHA_AGENT_HISTORY_H
#define CGWHA_AGENT_HISTORY_H

#include <json-c/json.h>
#include <qb/qbloop.h>

#include "agent/asker.h"
#include "agent/runtime.h"

#define HISTORY_BEFORE_MS 10000 /* of the course before the asking */
#define HISTORY_AFTER_MS  10000 /* and after the end */
#define HISTORY_MEAN_MS   5000  /* traffic before and after is the mean of so long */
#define HISTORY_LIVES     4     /* operations under way of which the course is kept */
#define HISTORY_TELLINGS  48    /* sentences kept of one operation */
#define HISTORY_ALIVE_S   60    /* how closely is known when an agent ended that was killed */
#define HISTORY_GAP_S     3     /* shorter absences are no gap: nobody asks in a restart */

struct history;

/* Reads what is kept in dir, blocking: before the loop runs. rt is borrowed; it is read from the
 * first history_told() on. notice: what to log of what was found, empty if nothing. NULL with
 * notice as the error. */
struct history *history_create(qb_loop_t *loop, const struct runtime *rt, const char *dir,
                               char notice[ERR_MAX]);

void history_told(struct history *h, const struct told *told);
/* The engine has made a step. */
void history_stepped(struct history *h);
/* An operation has been asked for on this node, by this person. */
void history_asked(struct history *h, op_t op, const struct asker *asker);
/* Measures, and ends what is to be ended; called by a timer of its own. */
void history_tick(struct history *h);

/* {"operations":[newest first],"more":bool}: only this one if op is not empty; at most count, and
 * only those before the operation `before` if that is not empty. The caller puts it. */
struct json_object *history_list(const struct history *h, const char *op, const char *before,
                                 unsigned count);
/* The course of an operation; NULL if it is not kept. */
struct json_object *history_course(const struct history *h, const char *op);

/* Writes what is under way as it stands. NULL is let pass. */
void history_destroy(struct history *h);

#endif
