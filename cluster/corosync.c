/* The cluster driver: corosync's CPG behind struct cluster_ops, on the loop.
 *
 * It must never deliver a message under another view than the one it was sent in, never call
 * anything of corosync's that blocks (cluster/link.h does, in a thread of its own), and never
 * decide anything about the cluster: it says what is so.
 *
 * While corosync cannot be used the node is alone: view 0, and own messages come back through the
 * loop (by a timer of no length: libqb 2.0.6 leaks a job that is deleted while it is due).  A
 * corosync that hangs (stopped, or starved) shows only in that own messages do not come back. After
 * SILENT_MS of that the node is alone, though still connected.  If then a ring change is told, the
 * node takes part in that view.  If corosync goes on in the old view as if nothing had been, the
 * others never saw us leave, so we leave in earnest and join anew; likewise after REJOIN_MS.  One
 * tick looks after all of it. */
#include <poll.h>
#include <qb/qblog.h>
#include <qb/qbutil.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "cluster/cluster.h"
#include "cluster/inbox.h"
#include "cluster/link.h"
#include "cluster/outbox.h"
#include "cluster/view.h"
#include "cluster/wire.h"

#define PULSE_MS        100
#define FIRST_MS        1500  /* the first connection may take so long before the node is alone */
#define SILENT_MS       5000  /* own messages not back: alone */
#define REJOIN_MS       10000 /* still not: a new connection. Also if the group never shows us */
#define DOUBLE_MS       3000  /* a predecessor's process may still be in the group for a moment */
#define DOUBLE_RETRY_MS 30000
#define STRAY_MS        5000 /* a member speaks in another view than ours: join anew */
#define LEAVE_MS        500  /* destroy() waits so long for the connection to be closed */
#define DISPATCH_AT     64   /* callbacks of corosync in one turn of the loop */

static_assert(RESEND_MS < SILENT_MS && SILENT_MS < REJOIN_MS, "sent again before given up");

struct corosync {
    qb_loop_t *loop;
    qb_loop_timer_handle timer;
    struct cluster_nodes nodes;
    struct cluster_events events;
    void *ctx;

    struct link link;        /* cpg_fd -1: no connection */
    struct courier *courier; /* out connecting or closing, or NULL */
    bool closing;            /* the courier's errand */
    uint64_t started_ms;     /* the driver */
    uint64_t retry_ms;       /* not connecting again before */
    uint64_t linked_ms;      /* connected since */
    char broken[ERR_MAX];    /* the connection is to be given up, and why */

    struct view_tracker tracker;
    struct cluster_view view; /* as told last */
    bool told, quorate;
    uint64_t silenced;            /* the view left because own messages did not come back, or 0 */
    uint64_t silent_ms;           /* since when they do not */
    uint64_t double_ms;           /* another agent of this node is in the group since, or 0 */
    uint64_t stray_ms[NODES_MAX]; /* this node speaks in another view since, or 0 */
    uint32_t complained;   /* a nodeid whose message could not be read: said once in a view */
    uint64_t incarnations; /* high half random, low half counts the views entered */
    struct outbox outbox;
    struct inbox inbox;

    struct message looped[OUTBOX_MAX]; /* alone: own messages on their way back */
    unsigned loop_head, loop_count;
    bool looping; /* loop_timer runs */
    qb_loop_timer_handle loop_timer;
};

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static uint32_t own_id(const struct corosync *d)
{
    return d->nodes.id[d->nodes.self];
}

/* Marks the connection as to be given up; done by mend(), never inside a callback or a send. */
__attribute__((format(printf, 2, 3))) static void broke(struct corosync *d, const char *why, ...)
{
    va_list args;

    if (d->broken[0] != '\0')
        return;
    va_start(args, why);
    vsnprintf(d->broken, sizeof(d->broken), why, args);
    va_end(args);
}

/* ---- views ---- */

static void tell(struct corosync *d)
{
    d->told = true;
    memset(d->stray_ms, 0, sizeof(d->stray_ms));
    d->complained = 0;
    d->loop_count = 0;
    inbox_begin(&d->inbox, d->view.id);
    outbox_begin(&d->outbox, d->view.id, ++d->incarnations);
    d->events.view(d->ctx, &d->view);
}

static void enter(struct corosync *d)
{
    d->view = d->tracker.view;
    d->view.quorate = d->quorate;
    d->silenced = 0;
    d->double_ms = 0;
    qb_log(LOG_INFO, "View %016llx: agents of nodes 0x%02x, ring of nodes 0x%02x, ring id %x.%llx.",
           (unsigned long long)d->view.id, d->view.members, d->view.ring, d->tracker.ring_id.nodeid,
           (unsigned long long)d->tracker.ring_id.seq);
    if (d->tracker.other_pid != 0)
        qb_log(LOG_WARNING,
               "Another cgwhad (process %u) was started on this node: it is turned away.",
               d->tracker.other_pid);
    tell(d);
}

static void alone(struct corosync *d, const char *why)
{
    bool same = d->told && d->view.id == 0;
    uint8_t self = (uint8_t)(1u << d->nodes.self);

    if (same && strcmp(d->view.why, why) == 0)
        return;
    qb_log(LOG_WARNING, "This node is alone: %s.", why);
    if (!same)
        d->view = (struct cluster_view){.members = self, .ring = self};
    d->view.quorate = false;
    snprintf(d->view.why, sizeof(d->view.why), "%s", why);
    if (!same)
        tell(d);
    else if (d->events.shown != NULL)
        d->events.shown(d->ctx, &d->view);
}

static void judge_view(struct corosync *d, enum view_verdict verdict)
{
    if (d->tracker.stranger != 0)
        qb_log(LOG_WARNING,
               "An agent of node %u is in the group, but the nodelist has no such "
               "node: it is ignored. Restart cgwhad after a change of the nodelist.",
               d->tracker.stranger);
    switch (verdict) {
    case VIEW_SAME:
        break;
    case VIEW_NEW:
        enter(d);
        break;
    case VIEW_EVICTED:
        broke(d, "corosync has put this agent out of the group");
        break;
    case VIEW_DOUBLE:
        if (d->double_ms == 0)
            d->double_ms = now_ms();
        break;
    }
}

/* ---- from corosync ---- */

static struct corosync *driver_of(cpg_handle_t handle)
{
    void *context = NULL;
    cpg_context_get(handle, &context);
    return context;
}

static void on_group(cpg_handle_t handle, const struct cpg_name *group,
                     const struct cpg_address *members, size_t n, const struct cpg_address *left,
                     size_t n_left, const struct cpg_address *joined, size_t n_joined)
{
    struct corosync *d = driver_of(handle);

    (void)group;
    if (d->broken[0] == '\0')
        judge_view(d, view_group(&d->tracker, members, n, left, n_left, joined, n_joined));
}

static void on_ring(cpg_handle_t handle, struct cpg_ring_id id, uint32_t n, const uint32_t *nodeids)
{
    struct corosync *d = driver_of(handle);

    if (d->broken[0] == '\0')
        judge_view(d, view_ring(&d->tracker, id, nodeids, n));
}

static void on_quorum(quorum_handle_t handle, uint32_t quorate, struct quorum_ring_id ring,
                      uint32_t n, const uint32_t *members)
{
    const void *context = NULL;
    struct corosync *d;

    (void)ring;
    (void)n;
    (void)members;
    if (quorum_context_get(handle, &context) != CS_OK)
        return;
    memcpy(&d, &context, sizeof(d));
    d->quorate = quorate != 0;
    if (d->view.id == 0 || d->view.quorate == d->quorate)
        return;
    d->view.quorate = d->quorate;
    if (d->events.shown != NULL)
        d->events.shown(d->ctx, &d->view);
}

static void unreadable(struct corosync *d, uint32_t nodeid, const char *why)
{
    if (d->complained == nodeid)
        return;
    d->complained = nodeid;
    qb_log(LOG_ERR, "A message of node %u was dropped: %s.", nodeid, why);
}

/* A message that does not fit: of another view, or after a gap. At a view change, or until what was
 * lost is sent again, that is nothing.  If it goes on, corosync has shown different members
 * different things, as it may when an agent joins while the ring forms, and only a new view helps.
 * (But not against a node that speaks so that it cannot be understood.) */
static void stray(struct corosync *d, int node, const struct wire_header *header)
{
    if (d->view.id == 0 && header->view == d->silenced)
        broke(d, "corosync answers again after a silence");
    else if (d->view.id != 0 && node != d->nodes.self && d->stray_ms[node] == 0 &&
             d->complained != d->nodes.id[node])
        d->stray_ms[node] = now_ms();
}

static void receive(struct corosync *d, int node, bool own, const struct wire_header *header,
                    const struct message *message)
{
    switch (inbox_judge(&d->inbox, (unsigned)node, header)) {
    case INBOX_ACCEPT:
        if (own)
            outbox_delivered(&d->outbox, header->seq, now_ms());
        d->stray_ms[node] = 0;
        d->events.deliver(d->ctx, message);
        break;
    case INBOX_DOUBLE:
        break;
    case INBOX_GAP:
    case INBOX_OTHER_VIEW:
    case INBOX_OTHER_INCARNATION:
        stray(d, node, header);
        break;
    }
}

static void on_deliver(cpg_handle_t handle, const struct cpg_name *group, uint32_t nodeid,
                       uint32_t pid, void *data, size_t size)
{
    struct corosync *d = driver_of(handle);
    struct wire_header header;
    struct message message;
    char err[ERR_MAX];
    int node = view_node(&d->nodes, nodeid);
    bool own = nodeid == own_id(d);

    (void)group;
    /* Another agent of this node that should not run: see VIEW_DOUBLE. */
    if (d->broken[0] != '\0' || node < 0 || (own && pid != d->tracker.pid))
        return;
    if (!wire_decode(data, size, &header, &message, err)) {
        unreadable(d, nodeid, err);
        return;
    }
    message.from = nodeid;
    /* A view of the same name as one before it, with a message of that one still under way. It
     * takes a process that leaves and joins within one ring while its message is held up. */
    if (own && header.view == d->view.id && header.incarnation != d->outbox.incarnation) {
        broke(d, "a message of an earlier view of the same name came late");
        return;
    }
    receive(d, node, own, &header, &message);
}

/* ---- to corosync ---- */

static void pump(struct corosync *d)
{
    const struct outbox_item *item;

    while (d->view.id != 0 && d->broken[0] == '\0' && (item = outbox_next(&d->outbox)) != NULL) {
        uint8_t bytes[MESSAGE_MAX]; /* struct iovec knows no const */
        memcpy(bytes, item->bytes, item->size);
        struct iovec iov = {.iov_base = bytes, .iov_len = item->size};
        cs_error_t error = cpg_mcast_joined(d->link.cpg, CPG_TYPE_AGREED, &iov, 1);
        if (error == CS_ERR_TRY_AGAIN)
            return; /* the next tick tries again */
        if (error != CS_OK)
            broke(d, "corosync went away (error %d at sending)", (int)error);
        else
            outbox_handed(&d->outbox, now_ms());
    }
}

/* ---- the connection ---- */

static void unpoll(struct corosync *d)
{
    if (d->link.cpg_fd >= 0)
        qb_loop_poll_del(d->loop, d->link.cpg_fd);
    if (d->link.quorum_fd >= 0)
        qb_loop_poll_del(d->loop, d->link.quorum_fd);
}

static int32_t on_courier(int32_t fd, int32_t revents, void *data);

static void watch_courier(struct corosync *d, bool closing)
{
    d->closing = closing;
    if (d->courier == NULL)
        return;
    qb_loop_poll_add(d->loop, QB_LOOP_MED, courier_fd(d->courier), POLLIN, d, on_courier);
}

static void disconnect(struct corosync *d)
{
    char err[ERR_MAX];

    unpoll(d);
    d->courier = link_close(&d->link, err);
    if (d->courier == NULL)
        qb_log(LOG_ERR, "A connection to corosync could not be closed: %s.", err);
    d->link.cpg_fd = d->link.quorum_fd = -1;
    watch_courier(d, true);
}

/* Gives up what broke. Only from the loop, never inside a callback of corosync. */
static void mend(struct corosync *d)
{
    char why[ERR_MAX];

    if (d->broken[0] == '\0')
        return;
    memcpy(why, d->broken, sizeof(why));
    d->broken[0] = '\0';
    /* Each try of a second agent is a view change for the pair: seldom. */
    d->retry_ms = now_ms() + (d->double_ms != 0 ? DOUBLE_RETRY_MS : CLUSTER_RETRY_MS);
    d->silenced = 0;
    d->double_ms = 0;
    d->quorate = false;
    disconnect(d);
    alone(d, why);
}

/* Hears what corosync has to say; true if it had no more. */
static bool hear(struct corosync *d)
{
    for (int i = 0; i < DISPATCH_AT && d->broken[0] == '\0'; i++) {
        cs_error_t error = cpg_dispatch(d->link.cpg, CS_DISPATCH_ONE_NONBLOCKING);
        if (error == CS_ERR_TRY_AGAIN)
            return true;
        if (error != CS_OK)
            broke(d, "corosync went away (error %d)", (int)error);
    }
    return false;
}

static int32_t on_cpg(int32_t fd, int32_t revents, void *data)
{
    struct corosync *d = data;

    (void)fd;
    (void)revents;
    hear(d);
    pump(d);
    mend(d);
    return 0;
}

static int32_t on_quorum_fd(int32_t fd, int32_t revents, void *data)
{
    struct corosync *d = data;

    (void)fd;
    (void)revents;
    if (quorum_dispatch(d->link.quorum, CS_DISPATCH_ALL) == CS_OK)
        return 0;
    /* If corosync is gone, CPG says so too. If only quorum is, nothing depends on it. */
    qb_loop_poll_del(d->loop, d->link.quorum_fd);
    return 0;
}

static void connect_now(struct corosync *d)
{
    struct link_callbacks callbacks = {
        .deliver = on_deliver,
        .group = on_group,
        .ring = on_ring,
        .quorum = on_quorum,
        .context = d,
        .nodeid = own_id(d),
    };
    char err[ERR_MAX];

    d->retry_ms = now_ms() + CLUSTER_RETRY_MS;
    d->courier = link_connect(&callbacks, err);
    if (d->courier == NULL)
        alone(d, err);
    watch_courier(d, false);
}

static void connected(struct corosync *d)
{
    d->linked_ms = now_ms();
    view_begin(&d->tracker, &d->nodes, (uint32_t)getpid());
    qb_loop_poll_add(d->loop, QB_LOOP_MED, d->link.cpg_fd, POLLIN, d, on_cpg);
    if (d->link.quorum_fd >= 0)
        qb_loop_poll_add(d->loop, QB_LOOP_LOW, d->link.quorum_fd, POLLIN, d, on_quorum_fd);
}

static int32_t on_courier(int32_t fd, int32_t revents, void *data)
{
    struct corosync *d = data;
    struct courier *courier = d->courier;
    char err[ERR_MAX];

    (void)revents;
    qb_loop_poll_del(d->loop, fd);
    d->courier = NULL;
    if (d->closing) {
        link_closed(courier);
        /* Counted from here, so that what was under way when we left has arrived before we join
         * again: a view may then have the same name as the one we left. */
        d->retry_ms =
            d->retry_ms > now_ms() + CLUSTER_RETRY_MS ? d->retry_ms : now_ms() + CLUSTER_RETRY_MS;
    } else if (link_connected(courier, &d->link, err))
        connected(d);
    else
        alone(d, err);
    mend(d);
    return 0;
}

/* ---- time ---- */

/* Judges a connection only after all that it has to say was heard: a process that was stopped
 * itself must not blame corosync. */
static void judge_link(struct corosync *d, uint64_t now)
{
    uint64_t silence = outbox_silence(&d->outbox, now);

    if (d->view.id != 0 && silence >= SILENT_MS) {
        d->silenced = d->view.id;
        d->silent_ms = now - silence;
        alone(d, "corosync does not answer");
    }
    if (d->silenced != 0 && now - d->silent_ms >= REJOIN_MS)
        broke(d, "corosync does not answer");
    if (d->double_ms != 0 && now - d->double_ms >= DOUBLE_MS)
        broke(d, "another cgwhad (process %u) runs on this node: stop one of the two",
              d->tracker.other_pid);
    else if (d->double_ms == 0 && d->tracker.view.id == 0 && now - d->linked_ms >= REJOIN_MS)
        broke(d, "corosync does not let this agent into the group");
    for (unsigned i = 0; i < d->nodes.count; i++) {
        if (d->stray_ms[i] != 0 && now - d->stray_ms[i] >= STRAY_MS)
            broke(d, "corosync shows the agent of %s other things than ours", d->nodes.name[i]);
    }
    if (outbox_idle(&d->outbox, now) >= RESEND_MS)
        outbox_rewind(&d->outbox, now);
}

static void tick(void *data)
{
    struct corosync *d = data;
    uint64_t now;

    qb_loop_timer_add(d->loop, QB_LOOP_MED, PULSE_MS * QB_TIME_NS_IN_MSEC, d, tick, &d->timer);
    if (d->link.cpg_fd >= 0 && hear(d)) {
        judge_link(d, now_ms());
        pump(d);
    }
    mend(d);
    now = now_ms();
    if (d->link.cpg_fd < 0 && d->courier == NULL && now >= d->retry_ms)
        connect_now(d);
    if (!d->told && now - d->started_ms >= FIRST_MS)
        alone(d,
              d->double_ms != 0 ? "another cgwhad runs on this node" : "corosync does not answer");
}

/* ---- alone ---- */

static void come_back(void *data);

static void come_back_soon(struct corosync *d)
{
    if (!d->looping)
        d->looping = qb_loop_timer_add(d->loop, QB_LOOP_MED, 0, d, come_back, &d->loop_timer) == 0;
}

static void come_back(void *data)
{
    struct corosync *d = data;

    d->looping = false;
    for (unsigned n = d->loop_count; n > 0 && d->loop_count > 0 && d->view.id == 0; n--) {
        struct message message = d->looped[d->loop_head];
        d->loop_head = (d->loop_head + 1) % OUTBOX_MAX;
        d->loop_count--;
        d->events.deliver(d->ctx, &message);
    }
    if (d->loop_count > 0)
        come_back_soon(d);
}

static bool loop_back(struct corosync *d, const struct message *message)
{
    static const struct wire_header any = {1, 1, 1};
    uint8_t bytes[MESSAGE_MAX];

    if (d->loop_count == OUTBOX_MAX || wire_encode(&any, message, bytes) == 0)
        return false;
    if (!d->told) /* sent before the first view: gone with its beginning */
        return true;
    struct message *copy = &d->looped[(d->loop_head + d->loop_count) % OUTBOX_MAX];
    *copy = *message;
    copy->from = own_id(d);
    d->loop_count++;
    come_back_soon(d);
    return true;
}

/* ---- struct cluster_ops ---- */

static bool corosync_send(void *self, const struct message *message)
{
    struct corosync *d = self;

    if (d->view.id == 0)
        return loop_back(d, message);
    if (!outbox_add(&d->outbox, message, now_ms()))
        return false;
    pump(d);
    return true;
}

/* The others are to see us leave at once, but a corosync that hangs must not keep us. */
static void corosync_destroy(void *self)
{
    struct corosync *d = self;
    char err[ERR_MAX];

    qb_loop_timer_del(d->loop, d->timer);
    if (d->looping)
        qb_loop_timer_del(d->loop, d->loop_timer);
    if (d->courier != NULL) {
        qb_loop_poll_del(d->loop, courier_fd(d->courier));
        courier_forget(d->courier);
    }
    if (d->link.cpg_fd >= 0) {
        unpoll(d);
        struct courier *last = link_close(&d->link, err);
        if (last != NULL && courier_wait(last, LEAVE_MS))
            link_closed(last);
        else if (last != NULL)
            courier_forget(last);
    }
    free(d);
}

static const struct cluster_ops corosync_ops = {corosync_send, corosync_destroy};

bool cluster_corosync_create(struct cluster *out, qb_loop_t *loop,
                             const struct cluster_nodes *nodes, const struct cluster_events *events,
                             void *ctx, char err[ERR_MAX])
{
    struct corosync *d = calloc(1, sizeof(*d));

    if (d == NULL) {
        snprintf(err, ERR_MAX, "no memory for the cluster");
        return false;
    }
    d->loop = loop;
    d->nodes = *nodes;
    d->events = *events;
    d->ctx = ctx;
    d->link.cpg_fd = d->link.quorum_fd = -1;
    d->started_ms = now_ms();
    d->incarnations = (uint64_t)arc4random() << 32;
    if (qb_loop_timer_add(loop, QB_LOOP_MED, 0, d, tick, &d->timer) != 0) {
        snprintf(err, ERR_MAX, "no timer for the cluster");
        free(d);
        return false;
    }
    *out = (struct cluster){&corosync_ops, d};
    return true;
}
