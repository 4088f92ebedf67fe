/* Views out of corosync's callbacks, in every order in which they come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "cluster/view.h"

/* Nodeids on purpose not 1, 2, 3: an index is not a nodeid. */
#define N1   10u
#define N2   20u
#define N3   30u
#define PID1 101u
#define PID2 102u
#define PID3 103u
#define BIT1 0x01u
#define BIT2 0x02u
#define BIT3 0x04u

static const struct cluster_nodes nodes1 = {.count = 3, .self = 0, .id = {N1, N2, N3}};
static const struct cluster_nodes nodes2 = {.count = 3, .self = 1, .id = {N1, N2, N3}};

static const struct cpg_address one = {N1, PID1, 0}, two = {N2, PID2, 0}, three = {N3, PID3, 0};

static struct cpg_address with(struct cpg_address a, uint32_t reason)
{
    a.reason = reason;
    return a;
}

/* The three callbacks, short. */
static enum view_verdict came(struct view_tracker *t, const struct cpg_address *members, size_t n,
                              struct cpg_address who, uint32_t reason)
{
    who = with(who, reason);
    return view_group(t, members, n, NULL, 0, &who, 1);
}

static enum view_verdict went(struct view_tracker *t, const struct cpg_address *members, size_t n,
                              struct cpg_address who, uint32_t reason)
{
    who = with(who, reason);
    return view_group(t, members, n, &who, 1, NULL, 0);
}

static enum view_verdict ring(struct view_tracker *t, uint64_t seq, const uint32_t *ids, size_t n)
{
    return view_ring(t, (struct cpg_ring_id){N1, seq}, ids, n);
}

#define MEMBERS(...)                                                                               \
    (const struct cpg_address[]){__VA_ARGS__},                                                     \
        sizeof((const struct cpg_address[]){__VA_ARGS__}) / sizeof(struct cpg_address)
#define RING(...)                                                                                  \
    (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)

/* Node 1 alone in the group, nodes 1 and 2 in the ring. */
static void start(struct view_tracker *t)
{
    view_begin(t, &nodes1, PID1);
    assert_int_equal(came(t, MEMBERS(one), one, CPG_REASON_JOIN), VIEW_SAME);
    assert_int_equal(ring(t, 4, RING(N1, N2)), VIEW_NEW);
}

/* Nodes 1 and 2 in both. */
static void start_pair(struct view_tracker *t)
{
    start(t);
    assert_int_equal(came(t, MEMBERS(one, two), two, CPG_REASON_JOIN), VIEW_NEW);
}

static void the_first_view_needs_group_and_ring(void **state)
{
    struct view_tracker a, b;
    (void)state;

    start(&a);
    assert_int_not_equal(a.view.id, 0);
    assert_int_equal(a.view.members, BIT1);
    assert_int_equal(a.view.ring, BIT1 | BIT2);
    /* Another process's joining may bring the ring before our own joining. */
    view_begin(&b, &nodes1, PID1);
    assert_int_equal(ring(&b, 4, RING(N1, N2)), VIEW_SAME);
    assert_int_equal(came(&b, MEMBERS(one), one, CPG_REASON_JOIN), VIEW_NEW);
    assert_int_equal(a.view.id, b.view.id);
}

static void a_process_that_joins_or_leaves_is_a_view_at_once(void **state)
{
    static const uint32_t reasons[] = {CPG_REASON_LEAVE, CPG_REASON_PROCDOWN};
    struct view_tracker t;
    (void)state;

    for (unsigned i = 0; i < 2; i++) {
        start_pair(&t);
        uint64_t both = t.view.id;
        assert_int_equal(t.view.members, BIT1 | BIT2);
        assert_int_equal(went(&t, MEMBERS(one), two, reasons[i]), VIEW_NEW);
        assert_int_equal(t.view.members, BIT1);
        assert_int_equal(t.view.ring, BIT1 | BIT2); /* its node is still there */
        assert_int_not_equal(t.view.id, both);
    }
}

static void a_lost_node_is_a_view_only_with_the_ring(void **state)
{
    struct view_tracker t;
    (void)state;

    start_pair(&t);
    uint64_t both = t.view.id;
    assert_int_equal(went(&t, MEMBERS(one), two, CPG_REASON_NODEDOWN), VIEW_SAME);
    assert_int_equal(t.view.id, both);
    assert_int_equal(ring(&t, 8, RING(N1)), VIEW_NEW);
    assert_int_equal(t.view.members, BIT1);
    assert_int_equal(t.view.ring, BIT1);
    assert_int_not_equal(t.view.id, both);
}

static void a_merge_is_a_view_only_with_the_ring(void **state)
{
    struct view_tracker t;
    (void)state;

    start(&t);
    assert_int_equal(ring(&t, 8, RING(N1)), VIEW_NEW);
    assert_int_equal(came(&t, MEMBERS(one, two), two, CPG_REASON_NODEUP), VIEW_SAME);
    assert_int_equal(t.view.members, BIT1);
    assert_int_equal(ring(&t, 12, RING(N1, N2)), VIEW_NEW);
    assert_int_equal(t.view.members, BIT1 | BIT2);
    assert_int_equal(t.view.ring, BIT1 | BIT2);
}

/* A node's corosync was restarted faster than its death was noticed, and on a third node an agent
 * died meanwhile: all in one ring change. */
static void the_whole_order_is_one_view(void **state)
{
    struct view_tracker t;
    struct cpg_address two_again = {N2, PID2 + 1, 0};
    (void)state;

    start_pair(&t);
    assert_int_equal(came(&t, MEMBERS(one, two, three), three, CPG_REASON_NODEUP), VIEW_SAME);
    assert_int_equal(ring(&t, 8, RING(N1, N2, N3)), VIEW_NEW);
    assert_int_equal(t.view.members, BIT1 | BIT2 | BIT3);

    assert_int_equal(went(&t, MEMBERS(one, three), two, CPG_REASON_NODEDOWN), VIEW_SAME);
    assert_int_equal(came(&t, MEMBERS(one, two_again, three), two_again, CPG_REASON_NODEUP),
                     VIEW_SAME);
    assert_int_equal(went(&t, MEMBERS(one, two_again), three, CPG_REASON_PROCDOWN), VIEW_SAME);
    assert_int_equal(ring(&t, 12, RING(N1, N2, N3)), VIEW_NEW);
    assert_int_equal(t.view.members, BIT1 | BIT2);
    assert_int_equal(t.view.ring, BIT1 | BIT2 | BIT3);
}

static void a_ring_change_alone_is_a_view(void **state)
{
    struct view_tracker t;
    (void)state;

    start_pair(&t);
    uint64_t before = t.view.id;
    assert_int_equal(ring(&t, 8, RING(N1, N2)), VIEW_NEW);
    assert_int_not_equal(t.view.id, before);
    /* The number alone, or the nodes alone, make it another one. */
    before = t.view.id;
    assert_int_equal(ring(&t, 8, RING(N1, N2, N3)), VIEW_NEW);
    assert_int_not_equal(t.view.id, before);
}

static void the_same_again_is_no_view(void **state)
{
    struct view_tracker t;
    (void)state;

    start_pair(&t);
    assert_int_equal(ring(&t, 4, RING(N2, N1)), VIEW_SAME);
    assert_int_equal(view_group(&t, MEMBERS(two, one), NULL, 0, NULL, 0), VIEW_SAME);
}

/* Every order of the lists gives the same name, and the same at another member. */
static void all_members_name_it_alike(void **state)
{
    static const unsigned orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                          {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    const struct cpg_address all[] = {one, two, three};
    const uint32_t ids[] = {N1, N2, N3};
    uint64_t name = 0;
    (void)state;

    for (unsigned i = 0; i < 36; i++) {
        const unsigned *p = orders[i / 6], *q = orders[i % 6];
        struct view_tracker t;
        view_begin(&t, i % 2 == 0 ? &nodes1 : &nodes2, i % 2 == 0 ? PID1 : PID2);
        assert_int_equal(view_group(&t, MEMBERS(all[p[0]], all[p[1]], all[p[2]]), NULL, 0, NULL, 0),
                         VIEW_SAME);
        assert_int_equal(ring(&t, 4, RING(ids[q[0]], ids[q[1]], ids[q[2]])), VIEW_NEW);
        assert_int_equal(t.view.members, BIT1 | BIT2 | BIT3);
        if (i == 0)
            name = t.view.id;
        assert_int_equal(t.view.id, name);
    }
}

/* Agents of two releases meet: the name must not change from one to the next. */
static void the_name_is_fnv_1a(void **state)
{
    struct view_tracker t;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    static const uint8_t bytes[] = {
        0, 0,  0, N1, 0, 0, 0, 0, 0, 0,  0, 4, 0, 0,    0, 2, 0, 0,  0, N1, 0, 0,
        0, N2, 0, 0,  0, 2, 0, 0, 0, N1, 0, 0, 0, PID1, 0, 0, 0, N2, 0, 0,  0, PID2,
    };
    (void)state;

    start_pair(&t);
    for (size_t i = 0; i < sizeof(bytes); i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    assert_int_equal(t.view.id, hash);
}

static void another_process_of_a_node_makes_another_name(void **state)
{
    struct view_tracker a, b;
    struct cpg_address two_again = {N2, PID2 + 1, 0};
    (void)state;

    start_pair(&a);
    start(&b);
    assert_int_equal(came(&b, MEMBERS(one, two_again), two_again, CPG_REASON_JOIN), VIEW_NEW);
    assert_int_equal(a.view.members, b.view.members);
    assert_int_not_equal(a.view.id, b.view.id);
}

static void who_is_no_longer_in_the_group_is_evicted(void **state)
{
    struct view_tracker t;
    (void)state;

    start_pair(&t);
    assert_int_equal(went(&t, MEMBERS(two), one, CPG_REASON_PROCDOWN), VIEW_EVICTED);
    /* And before it is in, it is not evicted. */
    view_begin(&t, &nodes1, PID1);
    assert_int_equal(came(&t, MEMBERS(two), two, CPG_REASON_JOIN), VIEW_SAME);
    assert_int_equal(ring(&t, 4, RING(N1, N2)), VIEW_SAME);
    assert_int_equal(came(&t, MEMBERS(one, two), one, CPG_REASON_JOIN), VIEW_NEW);
}

static void a_second_agent_of_this_node_yields(void **state)
{
    struct view_tracker first, second;
    struct cpg_address late = {N1, PID1 + 7, 0};
    (void)state;

    start_pair(&first);
    view_begin(&second, &nodes1, PID1 + 7);
    assert_int_equal(came(&second, MEMBERS(one, late, two), late, CPG_REASON_JOIN), VIEW_DOUBLE);
    assert_int_equal(second.other_pid, PID1);
    assert_int_equal(ring(&second, 4, RING(N1, N2)), VIEW_DOUBLE);
    assert_int_equal(second.view.id, 0);
    /* The first one goes on. */
    assert_int_equal(came(&first, MEMBERS(one, late, two), late, CPG_REASON_JOIN), VIEW_NEW);
    assert_int_equal(first.other_pid, PID1 + 7);
    assert_int_equal(first.view.members, BIT1 | BIT2);
    assert_int_equal(ring(&first, 8, RING(N1, N2)), VIEW_NEW);
}

static void a_predecessor_that_is_gone_is_no_second_agent(void **state)
{
    struct view_tracker t;
    struct cpg_address dead = {N1, PID1 + 7, 0};
    (void)state;

    view_begin(&t, &nodes1, PID1);
    assert_int_equal(came(&t, MEMBERS(one, dead, two), one, CPG_REASON_JOIN), VIEW_DOUBLE);
    assert_int_equal(ring(&t, 4, RING(N1, N2)), VIEW_DOUBLE);
    assert_int_equal(went(&t, MEMBERS(one, two), dead, CPG_REASON_PROCDOWN), VIEW_NEW);
    assert_int_equal(t.other_pid, 0);
    assert_int_equal(t.view.members, BIT1 | BIT2);
}

static void a_node_nobody_configured_is_ignored_by_all_alike(void **state)
{
    struct view_tracker t;
    struct cpg_address stranger = {99, 5, 0};
    (void)state;

    start_pair(&t);
    uint64_t before = t.view.id;
    assert_int_equal(t.stranger, 0);
    assert_int_equal(came(&t, MEMBERS(one, two, stranger), stranger, CPG_REASON_JOIN), VIEW_NEW);
    assert_int_equal(t.stranger, 99);
    assert_int_equal(t.view.members, BIT1 | BIT2);
    assert_int_not_equal(t.view.id, before);
    assert_int_equal(ring(&t, 8, RING(N1, N2, 99)), VIEW_NEW);
    assert_int_equal(t.view.ring, BIT1 | BIT2);
}

static void too_many_members_do_no_harm(void **state)
{
    static struct cpg_address many[CPG_MEMBERS_MAX + 5];
    static uint32_t ids[CPG_MEMBERS_MAX + 5];
    struct view_tracker t;
    (void)state;

    for (unsigned i = 0; i < CPG_MEMBERS_MAX + 5; i++) {
        many[i] = i == 0 ? one : (struct cpg_address){1000 + i, i, 0};
        ids[i] = i == 0 ? N1 : 1000 + i;
    }
    view_begin(&t, &nodes1, PID1);
    assert_int_equal(view_group(&t, many, CPG_MEMBERS_MAX + 5, NULL, 0, NULL, 0), VIEW_SAME);
    assert_int_equal(ring(&t, 4, ids, CPG_MEMBERS_MAX + 5), VIEW_NEW);
    assert_int_equal(t.view.members, BIT1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_view_needs_group_and_ring),
        cmocka_unit_test(a_process_that_joins_or_leaves_is_a_view_at_once),
        cmocka_unit_test(a_lost_node_is_a_view_only_with_the_ring),
        cmocka_unit_test(a_merge_is_a_view_only_with_the_ring),
        cmocka_unit_test(the_whole_order_is_one_view),
        cmocka_unit_test(a_ring_change_alone_is_a_view),
        cmocka_unit_test(the_same_again_is_no_view),
        cmocka_unit_test(all_members_name_it_alike),
        cmocka_unit_test(the_name_is_fnv_1a),
        cmocka_unit_test(another_process_of_a_node_makes_another_name),
        cmocka_unit_test(who_is_no_longer_in_the_group_is_evicted),
        cmocka_unit_test(a_second_agent_of_this_node_yields),
        cmocka_unit_test(a_predecessor_that_is_gone_is_no_second_agent),
        cmocka_unit_test(a_node_nobody_configured_is_ignored_by_all_alike),
        cmocka_unit_test(too_many_members_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
