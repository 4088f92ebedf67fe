/* The agent's door for the command: libqb IPC, JSON in and out (agent/report.c).
 *
 * Requests are answered at once; what takes longer is told to those who watch.  It never blocks the
 * loop, neither for a client that does not read nor for a name service that does not answer, and it
 * believes nothing that a client says of itself. */
#ifndef CGWHA_AGENT_API_H
#define CGWHA_AGENT_API_H

#include <qb/qbloop.h>
#include <stdbool.h>
#include <sys/types.h>

#include "agent/request.h"
#include "agent/runtime.h"

#define API_NAME        "cgwha" /* of the libqb IPC server */
#define API_CLIENTS_MAX 32      /* connections at a time */
#define API_REQUEST_MAX 4096    /* one request, with its header */
#define API_QUEUE_MAX   256     /* events kept for a watcher that does not read; then it goes */
#define API_ID_JSON     1       /* libqb's message id of requests and responses */
#define API_ID_EVENT    2       /* and of events */
#define API_RETRY_MS    50      /* a watcher whose buffer was full is tried again */

struct api;

/* Listens. group: whose members may use the command besides root; empty, or one that does not
 * exist (logged): root only. loop must be the process's first, for libqb's IPC has no other. Looks
 * up the group, which may block: only before the loop runs. rt is borrowed. False with err. */
bool api_create(struct api **out, qb_loop_t *loop, struct runtime *rt, const char *group,
                char err[ERR_MAX]);
/* The same under another name; for tests. */
bool api_create_named(struct api **out, qb_loop_t *loop, struct runtime *rt, const char *name,
                      const char *group, char err[ERR_MAX]);

/* What is kept of operations, for the requests that look back; without it they are refused. Each
 * answer is a new object that the caller puts, or NULL: there is no such operation. */
struct api_past {
    struct json_object *(*history)(void *ctx, const struct request *request);
    struct json_object *(*course)(void *ctx, const struct request *request);
    /* An operation has been asked for by this process of this user. */
    void (*asked)(void *ctx, op_t op, pid_t pid, uid_t uid);
};
/* past is borrowed. */
void api_keep(struct api *api, const struct api_past *past, void *ctx);

/* Tells everyone who watches. */
void api_tell(struct api *api, const struct told *told);

/* Disconnects everyone. NULL is let pass. */
void api_destroy(struct api *api);

#endif
