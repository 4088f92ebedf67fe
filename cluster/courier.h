/* A courier runs one errand that may block for ever, in a thread of its own.
 *
 * Found with a stopped corosync (SIGSTOP; corosync 3.1.7, libqb 2.0.6): cpg_model_initialize,
 * cpg_join, cpg_finalize, quorum_initialize and cmap_initialize all wait without any limit, for
 * CS_IPC_TIMEOUT_MS is -1 and there is no call with another.  Only cpg_dispatch and the first 278
 * cpg_mcast_joined come back.  So those calls are never made on the loop's thread: a courier makes
 * them, and whoever sent it looks at a file descriptor.  An errand must not touch anything but its
 * own job. */
#ifndef CGWHA_CLUSTER_COURIER_H
#define CGWHA_CLUSTER_COURIER_H

#include <stdbool.h>

#include "agent/limits.h"

struct errand {
    void (*run)(void *job);     /* in the courier's thread */
    void (*discard)(void *job); /* undoes what run did and frees the job; may block as well */
    void *job;                  /* belongs to the courier until it is taken back */
};

struct courier;

/* Sends it off. NULL with err if no thread could be made; the job is the caller's again then. */
struct courier *courier_send(const struct errand *errand, char err[ERR_MAX]);
/* Becomes readable when the errand is done. */
int courier_fd(const struct courier *courier);
/* Waits so many milliseconds for the errand; false if it is not done by then. */
bool courier_wait(const struct courier *courier, int ms);
/* Takes the job back, only when the errand is done; the courier is gone then. */
void *courier_take(struct courier *courier);
/* Does not wait: when the errand ends, its job is discarded and the courier frees itself. */
void courier_forget(struct courier *courier);

#endif
