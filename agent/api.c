/* The agent's door for the command: connections, requests, watchers. */
#include "agent/api.h"

#include <errno.h>
#include <grp.h>
#include <qb/qbipcs.h>
#include <qb/qblog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/uio.h>

#include "agent/peer.h"
#include "agent/report.h"
#include "agent/request.h"
#include "agent/said.h"

struct queued {
    STAILQ_ENTRY(queued) next;
    char text[]; /* JSON */
};

struct client {
    TAILQ_ENTRY(client) next;
    struct api *api;
    qb_ipcs_connection_t *c;
    char user[USER_LEN];
    uid_t uid;
    pid_t pid;
    bool listed; /* in api->clients */
    bool watching;
    bool going;  /* to be disconnected by a job of the loop; holds a reference of c */
    bool closed; /* libqb has disconnected it; doing so twice would free it twice */
    unsigned waiting;
    STAILQ_HEAD(, queued) queue;
};

struct api {
    qb_ipcs_service_t *service;
    qb_loop_t *loop;
    struct runtime *rt;
    bool has_group;
    gid_t group;
    unsigned count;
    bool retrying;
    qb_loop_timer_handle retry;
    TAILQ_HEAD(, client) clients;
    struct said said;
    const struct api_past *past; /* NULL: nothing is kept */
    void *past_ctx;
};

/* ---- the end of a connection ---- */

static void go_job(void *data)
{
    struct client *cl = data;
    qb_ipcs_connection_t *c = cl->c;

    cl->going = false;
    if (!cl->closed)
        qb_ipcs_disconnect(c);
    qb_ipcs_connection_unref(c); /* frees cl, if nobody else holds it */
}

/* Not at once: we may be inside one of libqb's callbacks for this very connection. */
static void let_go(struct client *cl, const char *why)
{
    if (cl->going || cl->closed)
        return;
    qb_log(LOG_WARNING, "a client of %s is let go: %s", cl->user, why);
    cl->watching = false;
    qb_ipcs_connection_ref(cl->c);
    cl->going = true;
    if (qb_loop_job_add(cl->api->loop, QB_LOOP_HIGH, cl, go_job) != 0) {
        cl->going = false;
        qb_ipcs_connection_unref(cl->c);
    }
}

/* ---- sending ---- */

static ssize_t send_text(struct client *cl, int id, const char *text)
{
    struct qb_ipc_response_header header;
    size_t size = strlen(text) + 1;
    struct iovec iov[2] = {{.iov_base = &header, .iov_len = sizeof(header)},
                           {.iov_base = (void *)(uintptr_t)text, .iov_len = size}};

    memset(&header, 0, sizeof(header));
    header.id = id;
    header.size = (int32_t)(sizeof(header) + size);
    return id == API_ID_EVENT ? qb_ipcs_event_sendv(cl->c, iov, 2)
                              : qb_ipcs_response_sendv(cl->c, iov, 2);
}

/* Takes the object. */
static void respond(struct client *cl, struct json_object *o)
{
    const char *text;

    text = json_object_to_json_string_ext(o, REPORT_FORMAT);
    if (text == NULL || strlen(text) > REPORT_MAX)
        text = "{\"api\":1,\"error\":\"the answer is too large to be sent\"}";
    if (send_text(cl, API_ID_JSON, text) < 0)
        let_go(cl, "it does not read its answers");
    json_object_put(o);
}

static void empty_queue(struct client *cl)
{
    struct queued *q;

    while ((q = STAILQ_FIRST(&cl->queue)) != NULL) {
        STAILQ_REMOVE_HEAD(&cl->queue, next);
        free(q);
    }
    cl->waiting = 0;
}

/* Sends what waits. True when nothing waits any more. */
static bool flush(struct client *cl)
{
    struct queued *q;

    while ((q = STAILQ_FIRST(&cl->queue)) != NULL) {
        ssize_t n = send_text(cl, API_ID_EVENT, q->text);
        if (n == -EAGAIN || n == -ENOBUFS || n == -ETIMEDOUT)
            return false;
        STAILQ_REMOVE_HEAD(&cl->queue, next);
        cl->waiting--;
        free(q);
        if (n < 0) {
            let_go(cl, "it can no longer be written to");
            empty_queue(cl);
        }
    }
    return true;
}

static void retry(void *data);

static void retry_later(struct api *api)
{
    if (!api->retrying)
        api->retrying = qb_loop_timer_add(api->loop, QB_LOOP_LOW, API_RETRY_MS * UINT64_C(1000000),
                                          api, retry, &api->retry) == 0;
}

static void retry(void *data)
{
    struct api *api = data;
    struct client *cl;
    bool all = true;

    api->retrying = false;
    TAILQ_FOREACH(cl, &api->clients, next)
    all = (cl->going || flush(cl)) && all;
    if (!all)
        retry_later(api);
}

static void tell(struct client *cl, const char *text)
{
    size_t size = strlen(text) + 1;
    struct queued *q;

    if (cl->waiting >= API_QUEUE_MAX) {
        let_go(cl, "it watches but does not read");
        empty_queue(cl);
        return;
    }
    q = malloc(sizeof(*q) + size);
    if (q == NULL) {
        let_go(cl, "no memory is left for its events");
        return;
    }
    memcpy(q->text, text, size);
    STAILQ_INSERT_TAIL(&cl->queue, q, next);
    cl->waiting++;
    if (!flush(cl))
        retry_later(cl->api);
}

void api_tell(struct api *api, const struct told *told)
{
    struct json_object *o = NULL;
    const char *text = NULL;
    struct client *cl;

    if (told->type == TOLD_ENDED && told->story != NULL)
        said_keep(&api->said, api->rt, told->story);
    TAILQ_FOREACH(cl, &api->clients, next)
    {
        if (!cl->watching)
            continue;
        if (o == NULL) {
            o = report_told(api->rt, told);
            text = json_object_to_json_string_ext(o, REPORT_FORMAT);
        }
        if (text != NULL)
            tell(cl, text);
    }
    json_object_put(o);
}

/* ---- requests ---- */

static void answer_ask(struct client *cl, const struct request *r)
{
    struct runtime *rt = cl->api->rt;
    char err[ERR_MAX], op_text[NAME_MAX_LEN + 12];
    struct json_object *o;
    op_t op;

    op = runtime_ask(rt, r->kind, r->target, r->flags, r->timeout_s, cl->user, r->why, err);
    if (op == OP_NONE) {
        respond(cl, report_error(err));
        return;
    }
    if (cl->api->past != NULL)
        cl->api->past->asked(cl->api->past_ctx, op, cl->pid, cl->uid);
    o = json_object_new_object();
    json_object_object_add(o, "api", json_object_new_int(API_VERSION));
    json_object_object_add(o, "op", json_object_new_string(runtime_op_text(rt, op, op_text)));
    json_object_object_add(o, "node",
                           json_object_new_string(r->target >= 0 ? rt->nodes.name[r->target] : ""));
    respond(cl, o);
}

static void answer_past(struct client *cl, const struct request *r)
{
    const struct api_past *past = cl->api->past;
    struct json_object *o = NULL;
    char err[ERR_MAX];

    if (past != NULL)
        o = r->what == DO_HISTORY ? past->history(cl->api->past_ctx, r)
                                  : past->course(cl->api->past_ctx, r);
    if (o == NULL) {
        snprintf(err, sizeof(err), "nothing is kept here%s%s", r->op[0] != '\0' ? " of " : "",
                 r->op);
        o = report_error(err);
    }
    respond(cl, o);
}

static void answer_watch(struct client *cl)
{
    struct json_object *o = json_object_new_object();

    cl->watching = true;
    json_object_object_add(o, "api", json_object_new_int(API_VERSION));
    json_object_object_add(o, "ok", json_object_new_boolean(true));
    respond(cl, o);
}

static void answer(struct client *cl, const char *text, size_t size)
{
    char err[ERR_MAX];
    struct request r;

    if (!request_parse(text, size, &cl->api->rt->nodes, &r, err))
        respond(cl, report_error(err));
    else if (r.what == DO_STATUS)
        respond(cl, report_status(cl->api->rt, &cl->api->said));
    else if (r.what == DO_WATCH)
        answer_watch(cl);
    else if (r.what != DO_ASK)
        answer_past(cl, &r);
    else
        answer_ask(cl, &r);
}

/* data lies in memory that the client can still write to, and size is what the client says: so the
 * message is bounded, then copied, then looked at. What is read is within libqb's ring even if the
 * client lied, for the ring is larger than API_REQUEST_MAX and mapped twice in a row. */
static int32_t on_message(qb_ipcs_connection_t *c, void *data, size_t size)
{
    struct client *cl = qb_ipcs_context_get(c);
    char copy[API_REQUEST_MAX], *text = copy + sizeof(struct qb_ipc_request_header);
    struct qb_ipc_request_header header;
    size_t room;

    if (cl->going)
        return 0;
    if (size <= sizeof(header) || size > sizeof(copy)) {
        respond(cl, report_error("the request is empty or too long"));
        return 0;
    }
    memcpy(copy, data, size);
    memcpy(&header, copy, sizeof(header));
    room = size - sizeof(header);
    if (header.id != API_ID_JSON || memchr(text, '\0', room) == NULL)
        respond(cl, report_error("the request is not of a kind known here"));
    else
        answer(cl, text, strlen(text));
    return 0;
}

/* ---- connections ---- */

static bool may_come(const struct api *api, const struct qb_ipcs_connection_stats *stats, uid_t uid,
                     gid_t gid)
{
    if (uid == 0)
        return true;
    return api->has_group &&
           (gid == api->group || peer_in_group(stats->client_pid, uid, api->group));
}

static int32_t on_accept(qb_ipcs_connection_t *c, uid_t uid, gid_t gid)
{
    struct api *api = qb_ipcs_connection_service_context_get(c);
    struct qb_ipcs_connection_stats stats;
    struct client *cl;

    qb_ipcs_connection_stats_get(c, &stats, 0);
    if (!may_come(api, &stats, uid, gid)) {
        qb_log(LOG_NOTICE, "uid %u was refused: neither root nor in the group", (unsigned)uid);
        return -EACCES;
    }
    if (api->count >= API_CLIENTS_MAX)
        return -EUSERS;
    if (qb_ipcs_connection_get_buffer_size(c) > 2 * IPC_MAX)
        return -EMSGSIZE; /* it asks for more memory than anybody needs */
    cl = calloc(1, sizeof(*cl));
    if (cl == NULL)
        return -ENOMEM;
    cl->api = api;
    cl->c = c;
    cl->uid = uid;
    cl->pid = stats.client_pid;
    STAILQ_INIT(&cl->queue);
    peer_name(uid, cl->user);
    qb_ipcs_context_set(c, cl);
    return 0;
}

static void on_created(qb_ipcs_connection_t *c)
{
    struct client *cl = qb_ipcs_context_get(c);

    cl->listed = true;
    cl->api->count++;
    TAILQ_INSERT_TAIL(&cl->api->clients, cl, next);
}

static int32_t on_closed(qb_ipcs_connection_t *c)
{
    struct client *cl = qb_ipcs_context_get(c);

    cl->watching = false;
    cl->closed = true;
    return 0;
}

static void on_destroyed(qb_ipcs_connection_t *c)
{
    struct client *cl = qb_ipcs_context_get(c);

    if (cl == NULL)
        return; /* it was refused */
    if (cl->listed) {
        TAILQ_REMOVE(&cl->api->clients, cl, next);
        cl->api->count--;
    }
    empty_queue(cl);
    free(cl);
}

/* ---- libqb's IPC on libqb's loop: these have no place for a loop, and mean the first one ---- */

static int32_t loop_job(enum qb_loop_priority p, void *data, qb_loop_job_dispatch_fn fn)
{
    return qb_loop_job_add(NULL, p, data, fn);
}

static int32_t loop_add(enum qb_loop_priority p, int32_t fd, int32_t events, void *data,
                        qb_ipcs_dispatch_fn_t fn)
{
    return qb_loop_poll_add(NULL, p, fd, events, data, fn);
}

static int32_t loop_mod(enum qb_loop_priority p, int32_t fd, int32_t events, void *data,
                        qb_ipcs_dispatch_fn_t fn)
{
    return qb_loop_poll_mod(NULL, p, fd, events, data, fn);
}

static int32_t loop_del(int32_t fd)
{
    return qb_loop_poll_del(NULL, fd);
}

/* ---- making and unmaking ---- */

static void find_group(struct api *api, const char *group)
{
    struct group *gr;

    if (group[0] == '\0')
        return;
    gr = getgrnam(group);
    if (gr == NULL) {
        qb_log(LOG_WARNING, "there is no group %s: only root may use the command cgwha", group);
        return;
    }
    api->has_group = true;
    api->group = gr->gr_gid;
}

static bool listen_as(struct api *api, const char *name, char err[ERR_MAX])
{
    struct qb_ipcs_service_handlers handlers = {.connection_accept = on_accept,
                                                .connection_created = on_created,
                                                .msg_process = on_message,
                                                .connection_closed = on_closed,
                                                .connection_destroyed = on_destroyed};
    struct qb_ipcs_poll_handlers poll = {.job_add = loop_job,
                                         .dispatch_add = loop_add,
                                         .dispatch_mod = loop_mod,
                                         .dispatch_del = loop_del};
    int32_t rc;

    api->service = qb_ipcs_create(name, 0, QB_IPC_SHM, &handlers);
    if (api->service == NULL) {
        snprintf(err, ERR_MAX, "no memory for the command's interface");
        return false;
    }
    qb_ipcs_service_context_set(api->service, api);
    qb_ipcs_poll_handlers_set(api->service, &poll);
    qb_ipcs_enforce_buffer_size(api->service, IPC_MAX);
    rc = qb_ipcs_run(api->service);
    if (rc == 0)
        return true;
    api->service = NULL; /* libqb has destroyed it */
    snprintf(err, ERR_MAX, "the command's interface \"%s\" cannot be opened: %s%s", name,
             strerror(-rc), rc == -EADDRINUSE ? "; does another cgwhad run on this host?" : "");
    return false;
}

bool api_create_named(struct api **out, qb_loop_t *loop, struct runtime *rt, const char *name,
                      const char *group, char err[ERR_MAX])
{
    struct api *api = calloc(1, sizeof(*api));

    *out = NULL;
    if (api == NULL) {
        snprintf(err, ERR_MAX, "no memory for the command's interface");
        return false;
    }
    api->loop = loop;
    api->rt = rt;
    TAILQ_INIT(&api->clients);
    find_group(api, group);
    if (!listen_as(api, name, err)) {
        free(api);
        return false;
    }
    *out = api;
    return true;
}

bool api_create(struct api **out, qb_loop_t *loop, struct runtime *rt, const char *group,
                char err[ERR_MAX])
{
    return api_create_named(out, loop, rt, API_NAME, group, err);
}

void api_keep(struct api *api, const struct api_past *past, void *ctx)
{
    api->past = past;
    api->past_ctx = ctx;
}

void api_destroy(struct api *api)
{
    struct client *cl, *following;

    if (api == NULL)
        return;
    if (api->retrying)
        qb_loop_timer_del(api->loop, api->retry);
    TAILQ_FOREACH_SAFE(cl, &api->clients, next, following)
    {
        if (cl->going) {
            qb_loop_job_del(api->loop, QB_LOOP_HIGH, cl, go_job);
            go_job(cl);
        }
    }
    qb_ipcs_destroy(api->service);
    free(api);
}
