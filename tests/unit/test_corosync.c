/* The driver on a real loop, with a corosync of ours in place of libcpg and libquorum. Nothing
 * sleeps: the loop runs until what is awaited has happened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <corosync/corotypes.h>
#include <corosync/cpg.h>
#include <corosync/quorum.h>
#include <qb/qbutil.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "cluster/cluster.h"
#include "cluster/wire.h"

#define OWN     10u
#define OTHER   20u
#define PATIENT 20000 /* milliseconds until an awaited thing is given up */
#define EVENTS  32
#define SENT    256

/* ---- our corosync ---- */

enum kind { GROUP, RING, DELIVER, DIE };

struct happening {
    enum kind kind;
    struct cpg_address member[4], who;
    size_t members;
    uint32_t reason;
    uint64_t seq;
    uint32_t ring[4], from, pid;
    size_t rings;
    uint8_t bytes[MESSAGE_MAX];
    size_t size;
};

static struct {
    cpg_model_v1_data_t model;
    void *context;
    int fd;
    atomic_int inits, joins, finals;
    cs_error_t init_result, mcast_result;
    uint32_t local;
    struct happening queue[EVENTS];
    unsigned head, count;
    struct {
        uint8_t bytes[MESSAGE_MAX];
        size_t size;
    } sent[SENT];
    unsigned sents;
} fake;

cs_error_t cpg_model_initialize(cpg_handle_t *handle, cpg_model_t model, cpg_model_data_t *data,
                                void *context)
{
    assert_int_equal(model, CPG_MODEL_V1);
    fake.inits++;
    if (fake.init_result != CS_OK)
        return fake.init_result;
    memcpy(&fake.model, data, sizeof(fake.model));
    fake.context = context;
    *handle = 1;
    return CS_OK;
}

cs_error_t cpg_finalize(cpg_handle_t handle)
{
    (void)handle;
    fake.finals++;
    return CS_OK;
}

cs_error_t cpg_join(cpg_handle_t handle, const struct cpg_name *group)
{
    (void)handle;
    assert_int_equal(group->length, 5);
    assert_memory_equal(group->value, "cgwha", 5);
    fake.joins++;
    return CS_OK;
}

cs_error_t cpg_local_get(cpg_handle_t handle, unsigned *nodeid)
{
    (void)handle;
    *nodeid = fake.local;
    return CS_OK;
}

cs_error_t cpg_fd_get(cpg_handle_t handle, int *fd)
{
    (void)handle;
    *fd = fake.fd;
    return CS_OK;
}

cs_error_t cpg_context_get(cpg_handle_t handle, void **context)
{
    (void)handle;
    *context = fake.context;
    return CS_OK;
}

cs_error_t cpg_mcast_joined(cpg_handle_t handle, cpg_guarantee_t guarantee, const struct iovec *iov,
                            unsigned n)
{
    (void)handle;
    assert_int_equal(guarantee, CPG_TYPE_AGREED);
    assert_int_equal(n, 1);
    if (fake.mcast_result != CS_OK)
        return fake.mcast_result;
    assert_true(fake.sents < SENT);
    memcpy(fake.sent[fake.sents].bytes, iov->iov_base, iov->iov_len);
    fake.sent[fake.sents++].size = iov->iov_len;
    return CS_OK;
}

static void happen(const struct happening *h)
{
    struct cpg_address who = h->who;
    struct cpg_ring_id id = {OWN, h->seq};
    bool came = h->reason == CPG_REASON_JOIN || h->reason == CPG_REASON_NODEUP;
    uint8_t bytes[MESSAGE_MAX];

    who.reason = h->reason;
    switch (h->kind) {
    case GROUP:
        fake.model.cpg_confchg_fn(1, NULL, h->member, h->members, &who, came ? 0 : 1, &who,
                                  came ? 1 : 0);
        break;
    case RING:
        fake.model.cpg_totem_confchg_fn(1, id, (uint32_t)h->rings, h->ring);
        break;
    case DELIVER:
        memcpy(bytes, h->bytes, h->size);
        fake.model.cpg_deliver_fn(1, NULL, h->from, h->pid, bytes, h->size);
        break;
    case DIE:
        break;
    }
}

cs_error_t cpg_dispatch(cpg_handle_t handle, cs_dispatch_flags_t flags)
{
    eventfd_t one;

    (void)handle;
    assert_int_equal(flags, CS_DISPATCH_ONE_NONBLOCKING);
    if (fake.count == 0)
        return CS_ERR_TRY_AGAIN;
    struct happening h = fake.queue[fake.head];
    fake.head = (fake.head + 1) % EVENTS;
    fake.count--;
    eventfd_read(fake.fd, &one);
    happen(&h);
    return h.kind == DIE ? CS_ERR_LIBRARY : CS_OK;
}

cs_error_t quorum_model_initialize(quorum_handle_t *handle, quorum_model_t model,
                                   quorum_model_data_t *data, uint32_t *type, void *context)
{
    (void)handle;
    (void)model;
    (void)data;
    (void)type;
    (void)context;
    return CS_ERR_LIBRARY; /* only people miss it */
}

cs_error_t quorum_finalize(quorum_handle_t handle)
{
    (void)handle;
    return CS_OK;
}

cs_error_t quorum_fd_get(quorum_handle_t handle, int *fd)
{
    (void)handle;
    (void)fd;
    return CS_ERR_LIBRARY;
}

cs_error_t quorum_trackstart(quorum_handle_t handle, unsigned flags)
{
    (void)handle;
    (void)flags;
    return CS_ERR_LIBRARY;
}

cs_error_t quorum_dispatch(quorum_handle_t handle, cs_dispatch_flags_t flags)
{
    (void)handle;
    (void)flags;
    return CS_ERR_LIBRARY;
}

cs_error_t quorum_context_get(quorum_handle_t handle, const void **context)
{
    (void)handle;
    (void)context;
    return CS_ERR_LIBRARY;
}

static void queue(const struct happening *h)
{
    assert_true(fake.count < EVENTS);
    fake.queue[(fake.head + fake.count++) % EVENTS] = *h;
    assert_int_equal(eventfd_write(fake.fd, 1), 0);
}

static void queue_group(uint32_t reason, struct cpg_address who, const struct cpg_address *members,
                        size_t n)
{
    struct happening h = {.kind = GROUP, .who = who, .reason = reason, .members = n};

    memcpy(h.member, members, n * sizeof(members[0]));
    queue(&h);
}

static void queue_ring(uint64_t seq, size_t n)
{
    queue(&(struct happening){.kind = RING, .seq = seq, .rings = n, .ring = {OWN, OTHER}});
}

static void queue_sent(unsigned i, uint32_t from, uint32_t pid)
{
    struct happening h = {.kind = DELIVER, .from = from, .pid = pid, .size = fake.sent[i].size};

    memcpy(h.bytes, fake.sent[i].bytes, h.size);
    queue(&h);
}

static struct cpg_address own(void)
{
    return (struct cpg_address){OWN, (uint32_t)getpid(), 0};
}

static const struct cpg_address other = {OTHER, 77, 0};

/* ---- the agent ---- */

static struct {
    qb_loop_t *loop;
    struct cluster cluster;
    struct cluster_view view;
    unsigned views, shown, messages;
    uint64_t covers[SENT];
    uint32_t from;
    bool sending;
} agent;

static void on_view(void *ctx, const struct cluster_view *view)
{
    (void)ctx;
    assert_false(agent.sending);
    agent.view = *view;
    agent.views++;
    agent.messages = 0;
}

static void on_deliver(void *ctx, const struct message *message)
{
    (void)ctx;
    assert_false(agent.sending);
    assert_true(agent.views > 0);
    agent.from = message->from;
    agent.covers[agent.messages++] = message->guard.covers;
}

static void on_shown(void *ctx, const struct cluster_view *view)
{
    (void)ctx;
    agent.view = *view;
    agent.shown++;
}

static bool say(uint64_t covers)
{
    struct message m;

    memset(&m, 0, sizeof(m));
    m.type = MESSAGE_GUARD;
    m.guard.op = OP(OWN, 1);
    m.guard.covers = covers;
    agent.sending = true;
    bool ok = agent.cluster.ops->send(agent.cluster.self, &m);
    agent.sending = false;
    return ok;
}

/* Puts a message of the other node among the sent ones, as that node would send it. */
static unsigned forge(uint64_t view, uint64_t incarnation, uint64_t seq, uint64_t covers)
{
    struct wire_header header = {view, incarnation, seq};
    struct message m;

    memset(&m, 0, sizeof(m));
    m.type = MESSAGE_GUARD;
    m.guard.op = OP(OTHER, 1);
    m.guard.covers = covers;
    fake.sent[fake.sents].size = wire_encode(&header, &m, fake.sent[fake.sents].bytes);
    return fake.sents++;
}

static bool (*awaited)(void);
static unsigned waits;

static void look(void *data)
{
    qb_loop_timer_handle handle;
    (void)data;

    if (awaited() || ++waits > PATIENT / 5)
        qb_loop_stop(agent.loop);
    else
        qb_loop_timer_add(agent.loop, QB_LOOP_LOW, 5 * QB_TIME_NS_IN_MSEC, NULL, look, &handle);
}

/* Runs the loop until it is so. */
static void await(bool (*what)(void))
{
    awaited = what;
    waits = 0;
    qb_loop_timer_handle handle;
    qb_loop_timer_add(agent.loop, QB_LOOP_LOW, 0, NULL, look, &handle);
    qb_loop_run(agent.loop);
    assert_true(what());
}

static bool quiet(void)
{
    return fake.count == 0;
}

static bool is_linked(void)
{
    return fake.joins > 0;
}

static bool has_view(void)
{
    return agent.view.id != 0;
}

static bool is_alone(void)
{
    return agent.views > 0 && agent.view.id == 0;
}

static bool is_closed(void)
{
    return is_alone() && fake.finals > 0;
}

static bool has_message(void)
{
    return agent.messages > 0;
}

static bool has_three(void)
{
    return agent.messages >= 3;
}

static bool has_sent(void)
{
    return fake.sents > 0;
}

static bool has_tried_twice(void)
{
    return fake.inits >= 2;
}

static int set_up(void **state)
{
    static const struct cluster_events events = {on_view, on_deliver, on_shown};
    struct cluster_nodes nodes = {.count = 2, .self = 0, .id = {OWN, OTHER}, .name = {"a", "b"}};
    char err[ERR_MAX];
    (void)state;

    memset(&fake, 0, sizeof(fake));
    memset(&agent, 0, sizeof(agent));
    fake.init_result = fake.mcast_result = CS_OK;
    fake.local = OWN;
    fake.fd = eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK);
    agent.loop = qb_loop_create();
    assert_true(cluster_corosync_create(&agent.cluster, agent.loop, &nodes, &events, NULL, err));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    agent.cluster.ops->destroy(agent.cluster.self);
    qb_loop_destroy(agent.loop);
    close(fake.fd);
    return 0;
}

/* Both agents in the group, both nodes in the ring. */
static void join_pair(void)
{
    const struct cpg_address pair[] = {own(), other};

    await(is_linked);
    queue_group(CPG_REASON_JOIN, own(), pair, 2);
    queue_ring(4, 2);
    await(has_view);
    assert_int_equal(agent.view.members, 0x03);
    assert_int_equal(agent.view.ring, 0x03);
}

/* ---- the tests ---- */

static void without_corosync_own_messages_come_back(void **state)
{
    (void)state;
    fake.init_result = CS_ERR_LIBRARY;
    await(is_alone);
    assert_int_equal(agent.view.members, 0x01);
    assert_int_equal(agent.view.ring, 0x01);
    assert_string_equal(agent.view.why, "corosync does not run on this host");
    for (uint64_t i = 1; i <= 3; i++)
        assert_true(say(i));
    assert_int_equal(agent.messages, 0);
    await(has_three);
    for (uint64_t i = 1; i <= 3; i++)
        assert_int_equal(agent.covers[i - 1], i);
    assert_int_equal(agent.from, OWN);
    await(has_tried_twice);
}

static void alone_too_the_outbox_is_bounded_and_checked(void **state)
{
    struct message bad;
    (void)state;

    fake.init_result = CS_ERR_LIBRARY;
    await(is_alone);
    memset(&bad, 0, sizeof(bad));
    bad.type = MESSAGES;
    assert_false(agent.cluster.ops->send(agent.cluster.self, &bad));
    for (unsigned i = 0; i < OUTBOX_MAX; i++)
        assert_true(say(i));
    assert_false(say(99));
    await(has_three);
    assert_true(say(100));
}

static void a_message_is_delivered_once_when_it_comes_back(void **state)
{
    (void)state;
    join_pair();
    assert_true(say(5));
    await(has_sent);
    assert_int_equal(agent.messages, 0);
    queue_sent(0, OWN, (uint32_t)getpid());
    queue_sent(0, OWN, (uint32_t)getpid());
    await(quiet);
    assert_int_equal(agent.messages, 1);
    assert_int_equal(agent.covers[0], 5);
    assert_int_equal(agent.from, OWN);
}

static void what_corosync_refuses_for_now_is_sent_later(void **state)
{
    (void)state;
    join_pair();
    fake.mcast_result = CS_ERR_TRY_AGAIN;
    assert_true(say(5));
    assert_int_equal(fake.sents, 0);
    fake.mcast_result = CS_OK;
    await(has_sent);
}

static bool was_sent_again(void)
{
    return fake.sents >= 2;
}

static void what_corosync_loses_is_sent_again(void **state)
{
    (void)state;
    join_pair();
    assert_true(say(5));
    await(was_sent_again);
    assert_int_equal(fake.sent[0].size, fake.sent[1].size);
    assert_memory_equal(fake.sent[0].bytes, fake.sent[1].bytes, fake.sent[0].size);
    queue_sent(1, OWN, (uint32_t)getpid());
    await(has_message);
}

static bool was_sent_a_third_time(void)
{
    return fake.sents >= 3;
}

static void what_came_back_is_not_sent_again(void **state)
{
    (void)state;
    join_pair();
    assert_true(say(5));
    assert_true(say(6));
    queue_sent(0, OWN, (uint32_t)getpid());
    await(was_sent_a_third_time);
    assert_int_equal(fake.sent[2].size, fake.sent[1].size);
    assert_memory_equal(fake.sent[2].bytes, fake.sent[1].bytes, fake.sent[1].size);
}

static void only_messages_of_the_view_are_delivered(void **state)
{
    (void)state;
    join_pair();
    queue_sent(forge(agent.view.id ^ 1, 9, 1, 1), OTHER, other.pid);
    queue_sent(forge(agent.view.id, 9, 2, 2), OTHER, other.pid); /* after a gap */
    queue_sent(forge(agent.view.id, 9, 1, 3), OTHER, other.pid);
    queue_sent(forge(agent.view.id, 9, 1, 4), 99, 5);  /* of a node nobody knows */
    queue_sent(forge(agent.view.id, 9, 2, 5), OWN, 5); /* of another process here */
    await(quiet);
    assert_int_equal(agent.messages, 1);
    assert_int_equal(agent.covers[0], 3);
    assert_int_equal(agent.from, OTHER);
}

/* Between NODEDOWN and the ring the old view stands; then what was sent in it is gone. */
static void a_lost_node_is_one_view_change(void **state)
{
    const struct cpg_address me = own();
    (void)state;

    join_pair();
    uint64_t before = agent.view.id;
    unsigned views = agent.views;
    assert_true(say(1));
    queue_group(CPG_REASON_NODEDOWN, other, &me, 1);
    await(quiet);
    assert_int_equal(agent.views, views);
    queue_ring(8, 1);
    await(quiet);
    assert_int_equal(agent.views, views + 1);
    assert_int_not_equal(agent.view.id, before);
    assert_int_equal(agent.view.members, 0x01);
    assert_int_equal(agent.view.ring, 0x01);
    queue_sent(0, OWN, (uint32_t)getpid()); /* late */
    await(quiet);
    assert_int_equal(agent.messages, 0);
    assert_true(say(2));
    queue_sent(fake.sents - 1, OWN, (uint32_t)getpid());
    await(has_message);
    assert_int_equal(agent.covers[0], 2);
}

static void a_corosync_that_dies_leaves_the_node_alone(void **state)
{
    (void)state;
    join_pair();
    assert_true(say(1));
    queue(&(struct happening){.kind = DIE});
    await(is_closed);
    assert_string_equal(agent.view.why, "corosync went away (error 2)");
    assert_int_equal(agent.view.members, 0x01);
    assert_true(say(2));
    await(has_message);
    assert_int_equal(agent.covers[0], 2); /* the first ended with its view */
    await(has_tried_twice);
}

static void a_corosync_that_dies_at_sending_is_no_view_inside_send(void **state)
{
    (void)state;
    join_pair();
    fake.mcast_result = CS_ERR_LIBRARY;
    assert_true(say(1)); /* on_view asserts that it is not called in here */
    assert_true(has_view());
    await(is_closed);
}

static void it_never_joins_as_another_node(void **state)
{
    (void)state;
    fake.local = OTHER;
    await(is_alone);
    assert_non_null(strstr(agent.view.why, "this host is node 20, but cgwhad has taken it for node "
                                           "10"));
    assert_int_equal(fake.joins, 0);
    assert_int_equal(fake.finals, 1);
}

static void a_late_message_of_a_view_of_the_same_name_makes_it_join_anew(void **state)
{
    (void)state;
    join_pair();
    queue_sent(forge(agent.view.id, 4711, 1, 1), OWN, (uint32_t)getpid());
    await(is_closed);
    assert_non_null(strstr(agent.view.why, "of the same name came late"));
    assert_int_equal(agent.messages, 0);
}

static void who_is_put_out_joins_anew(void **state)
{
    (void)state;
    join_pair();
    queue_group(CPG_REASON_PROCDOWN, own(), &other, 1);
    await(is_closed);
    assert_string_equal(agent.view.why, "corosync has put this agent out of the group");
    await(has_tried_twice);
}

static void a_second_agent_of_this_node_stays_alone(void **state)
{
    const struct cpg_address twins[] = {own(), {OWN, 1, 0}};
    (void)state;

    await(is_linked);
    queue_group(CPG_REASON_JOIN, own(), twins, 2);
    queue_ring(4, 2);
    await(is_closed);
    assert_string_equal(agent.view.why,
                        "another cgwhad (process 1) runs on this node: stop one of the two");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_corosync_own_messages_come_back),
        TEST(alone_too_the_outbox_is_bounded_and_checked),
        TEST(a_message_is_delivered_once_when_it_comes_back),
        TEST(what_corosync_refuses_for_now_is_sent_later),
        TEST(what_corosync_loses_is_sent_again),
        TEST(what_came_back_is_not_sent_again),
        TEST(only_messages_of_the_view_are_delivered),
        TEST(a_lost_node_is_one_view_change),
        TEST(a_corosync_that_dies_leaves_the_node_alone),
        TEST(a_corosync_that_dies_at_sending_is_no_view_inside_send),
        TEST(it_never_joins_as_another_node),
        TEST(a_late_message_of_a_view_of_the_same_name_makes_it_join_anew),
        TEST(who_is_put_out_joins_anew),
        TEST(a_second_agent_of_this_node_stays_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
