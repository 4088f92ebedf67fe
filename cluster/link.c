/* The two errands to corosync: connect and join, and close. They run in a courier's thread and
 * touch nothing but their job. Source: cpg_overview(3), quorum_overview(3). */
#include "cluster/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A process that left the group may not join again before its leaving was delivered, and nobody
 * may while the ring is being formed; both show as TRY_AGAIN. */
#define JOIN_TRIES    50
#define JOIN_PAUSE_MS 100

struct trip {
    struct link_callbacks callbacks;
    struct link link;
    bool ok;
    char err[ERR_MAX];
};

static void pause_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}

static bool refused(struct trip *t, const char *what, cs_error_t error)
{
    if (error == CS_ERR_ACCESS)
        snprintf(t->err, ERR_MAX, "corosync refuses this user: run cgwhad as root");
    else if (error == CS_ERR_LIBRARY || error == CS_ERR_NOT_EXIST)
        snprintf(t->err, ERR_MAX, "corosync does not run on this host");
    else
        snprintf(t->err, ERR_MAX, "corosync refuses to %s (error %d, see corotypes.h)", what,
                 (int)error);
    return false;
}

static bool join(struct trip *t)
{
    struct cpg_name group = {.length = strlen(LINK_GROUP), .value = LINK_GROUP};
    cs_error_t error = CS_ERR_TRY_AGAIN;

    for (int i = 0; i < JOIN_TRIES && error == CS_ERR_TRY_AGAIN; i++) {
        if (i > 0)
            pause_ms(JOIN_PAUSE_MS);
        error = cpg_join(t->link.cpg, &group);
    }
    return error == CS_OK || refused(t, "let us join the group " LINK_GROUP, error);
}

static bool is_this_node(struct trip *t)
{
    unsigned nodeid;
    cs_error_t error = cpg_local_get(t->link.cpg, &nodeid);

    if (error != CS_OK)
        return refused(t, "say which node this is", error);
    if (nodeid != t->callbacks.nodeid)
        snprintf(t->err, ERR_MAX,
                 "corosync says that this host is node %u, but cgwhad has taken it for node %u: "
                 "restart cgwhad",
                 nodeid, t->callbacks.nodeid);
    return nodeid == t->callbacks.nodeid;
}

static bool connect_cpg(struct trip *t)
{
    cpg_model_v1_data_t model = {
        .model = CPG_MODEL_V1,
        .cpg_deliver_fn = t->callbacks.deliver,
        .cpg_confchg_fn = t->callbacks.group,
        .cpg_totem_confchg_fn = t->callbacks.ring,
        .flags = CPG_MODEL_V1_DELIVER_INITIAL_TOTEM_CONF,
    };
    cs_error_t error = cpg_model_initialize(&t->link.cpg, CPG_MODEL_V1, (cpg_model_data_t *)&model,
                                            t->callbacks.context);
    if (error != CS_OK)
        return refused(t, "take a connection", error);
    if (is_this_node(t) && join(t)) {
        error = cpg_fd_get(t->link.cpg, &t->link.cpg_fd);
        if (error == CS_OK)
            return true;
        refused(t, "give a file descriptor", error);
    }
    cpg_finalize(t->link.cpg);
    t->link.cpg_fd = -1;
    return false;
}

static void connect_quorum(struct trip *t)
{
    quorum_model_v1_data_t model = {
        .model = QUORUM_MODEL_V1,
        .quorum_notify_fn = t->callbacks.quorum,
    };
    uint32_t type;

    if (quorum_model_initialize(&t->link.quorum, QUORUM_MODEL_V1, (quorum_model_data_t *)&model,
                                &type, t->callbacks.context) != CS_OK)
        return;
    if (quorum_trackstart(t->link.quorum, CS_TRACK_CURRENT | CS_TRACK_CHANGES) == CS_OK &&
        quorum_fd_get(t->link.quorum, &t->link.quorum_fd) == CS_OK)
        return;
    quorum_finalize(t->link.quorum);
    t->link.quorum_fd = -1;
}

static void run_connect(void *job)
{
    struct trip *t = job;

    t->ok = connect_cpg(t);
    if (t->ok)
        connect_quorum(t);
}

static void run_close(void *job)
{
    struct trip *t = job;

    if (t->link.quorum_fd >= 0)
        quorum_finalize(t->link.quorum);
    if (t->link.cpg_fd >= 0)
        cpg_finalize(t->link.cpg);
    t->link.quorum_fd = t->link.cpg_fd = -1;
}

static void discard(void *job)
{
    run_close(job);
    free(job);
}

static struct courier *send_off(void (*run)(void *), const struct link_callbacks *callbacks,
                                const struct link *link, char err[ERR_MAX])
{
    struct trip *t = calloc(1, sizeof(*t));

    if (t == NULL) {
        snprintf(err, ERR_MAX, "no memory for a connection to corosync");
        return NULL;
    }
    if (callbacks != NULL)
        t->callbacks = *callbacks;
    t->link = *link;
    struct courier *courier = courier_send(&(struct errand){run, discard, t}, err);
    if (courier == NULL)
        free(t);
    return courier;
}

struct courier *link_connect(const struct link_callbacks *callbacks, char err[ERR_MAX])
{
    return send_off(run_connect, callbacks, &(struct link){.cpg_fd = -1, .quorum_fd = -1}, err);
}

bool link_connected(struct courier *courier, struct link *out, char err[ERR_MAX])
{
    struct trip *t = courier_take(courier);
    bool ok = t->ok;

    *out = t->link;
    if (!ok)
        memcpy(err, t->err, ERR_MAX);
    free(t);
    return ok;
}

struct courier *link_close(const struct link *link, char err[ERR_MAX])
{
    return send_off(run_close, NULL, link, err);
}

void link_closed(struct courier *courier)
{
    free(courier_take(courier));
}
