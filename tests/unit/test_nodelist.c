/* corosync's nodelist: what is read from its file, who this host is, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/nodelist.h"

#define PAIR                                                                                       \
    "# two gateways\n"                                                                             \
    "totem {\n"                                                                                    \
    "    version: 2\n"                                                                             \
    "    name: not-a-node\n"                                                                       \
    "    interface {\n"                                                                            \
    "        name: not-a-node-either\n"                                                            \
    "    }\n"                                                                                      \
    "}\n"                                                                                          \
    "\n"                                                                                           \
    "nodelist {\n"                                                                                 \
    "    node {\n"                                                                                 \
    "        nodeid: 20\n"                                                                         \
    "        name: gw2\n"                                                                          \
    "        ring0_addr: 172.16.0.2\r\n"                                                           \
    "        ring1_addr: fd00::2\n"                                                                \
    "    }\n"                                                                                      \
    "\tnode{\n"                                                                                    \
    "\t\tname :  gw1.example.net  \n"                                                              \
    "\t\t# nodeid: 7\n"                                                                            \
    "\t\tnodeid:10\n"                                                                              \
    "\t\tring0_addr: 172.16.0.1\n"                                                                 \
    "\t\tquorum_votes: 1\n"                                                                        \
    "\t}\n"                                                                                        \
    "}\n"

static bool parse(const char *text, struct nodelist *list, char err[ERR_MAX])
{
    char *copy = strdup(text);

    assert_non_null(copy);
    bool ok = nodelist_parse(copy, list, err);
    free(copy);
    return ok;
}

static void the_pair_is_read(void **state)
{
    struct nodelist list;
    char err[ERR_MAX];
    (void)state;

    assert_true(parse(PAIR, &list, err));
    assert_int_equal(list.count, 2);
    assert_int_equal(list.node[0].id, 20);
    assert_string_equal(list.node[0].name, "gw2");
    assert_string_equal(list.node[0].addr[0], "172.16.0.2");
    assert_string_equal(list.node[0].addr[1], "fd00::2");
    assert_int_equal(list.node[1].id, 10);
    assert_string_equal(list.node[1].name, "gw1.example.net");
    assert_string_equal(list.node[1].addr[1], "");
}

static void nodes_stand_in_order_of_nodeid(void **state)
{
    struct nodelist list;
    struct cluster_nodes nodes;
    char err[ERR_MAX];
    (void)state;

    assert_true(parse(PAIR, &list, err));
    for (int self = 0; self < 2; self++) {
        assert_true(nodelist_order(&list, self, &nodes, err));
        assert_int_equal(nodes.count, 2);
        assert_int_equal(nodes.id[0], 10);
        assert_int_equal(nodes.id[1], 20);
        assert_string_equal(nodes.name[0], "gw1.example.net");
        assert_string_equal(nodes.name[1], "gw2");
        assert_int_equal(nodes.self, 1 - self);
    }
}

static void this_host_is_found_by_its_name(void **state)
{
    struct nodelist list;
    char err[ERR_MAX];
    (void)state;

    assert_true(parse(PAIR, &list, err));
    assert_int_equal(nodelist_find(&list, "gw2", NULL, 0, err), 0);
    assert_int_equal(nodelist_find(&list, "GW2.example.net", NULL, 0, err), 0);
    assert_int_equal(nodelist_find(&list, "gw1", NULL, 0, err), 1);
    assert_int_equal(nodelist_find(&list, "gw1.example.net", NULL, 0, err), 1);
    /* Two full names that differ are two hosts. */
    assert_int_equal(nodelist_find(&list, "gw1.example.org", NULL, 0, err), -1);
    assert_int_equal(nodelist_find(&list, "gw", NULL, 0, err), -1);
    assert_int_equal(nodelist_find(&list, "", NULL, 0, err), -1);
    assert_int_equal(nodelist_find(&list, "cloud", NULL, 0, err), -1);
    assert_non_null(strstr(err, "this host (cloud) is none of its nodes"));
}

static void this_host_is_found_by_an_address(void **state)
{
    static const char one[][NODELIST_ADDR_LEN] = {"127.0.0.1", "172.16.0.1"};
    static const char two[][NODELIST_ADDR_LEN] = {"FD00::2"};
    static const char both[][NODELIST_ADDR_LEN] = {"172.16.0.1", "172.16.0.2"};
    struct nodelist list;
    char err[ERR_MAX];
    (void)state;

    assert_true(parse(PAIR, &list, err));
    assert_int_equal(nodelist_find(&list, "router", one, 2, err), 1);
    assert_int_equal(nodelist_find(&list, "router", two, 1, err), 0);
    assert_int_equal(nodelist_find(&list, "router", both, 2, err), -1);
    assert_non_null(strstr(err, "addresses of both gw2 and gw1.example.net"));
    assert_int_equal(nodelist_find(&list, "gw2", both, 2, err), 0);
    /* An address may be written as a name. */
    assert_true(parse("nodelist {\nnode {\nnodeid: 1\nring0_addr: gw7\n}\n}\n", &list, err));
    assert_int_equal(nodelist_find(&list, "gw7", NULL, 0, err), 0);
}

static void what_is_missing_is_named(void **state)
{
    static const struct {
        const char *text, *err;
    } bad[] = {
        {"totem {\n}\n", "add a nodelist"},
        {"nodelist {\n}\n", "add a nodelist"},
        {"nodelist {\nnode {\nname: gw1\n}\n}\n",
         "node 1 (gw1) has no nodeid: add \"nodeid: 1\" to its section"},
        {"nodelist {\nnode {\nring0_addr: 172.16.0.1\n}\n}\n", "node 1 (172.16.0.1) has no nodeid"},
        {"nodelist {\nnode {\nnodeid: 3\n}\n}\n",
         "the node with nodeid 3 has no name: add \"name: HOSTNAME\""},
        {"nodelist {\nnode {\nnodeid: 1\nname: a\n}\nnode {\nnodeid: 1\nname: b\n}\n}\n",
         "the nodes a (1) and b (1) share"},
        {"nodelist {\nnode {\nnodeid: 1\nname: a\n}\nnode {\nnodeid: 2\nname: a\n}\n}\n",
         "the nodes a (1) and a (2) share"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct nodelist list;
        struct cluster_nodes nodes;
        char err[ERR_MAX];
        assert_true(parse(bad[i].text, &list, err));
        assert_false(nodelist_order(&list, 0, &nodes, err));
        if (strstr(err, bad[i].err) == NULL)
            fail_msg("case %zu: \"%s\"", i, err);
    }
}

static void a_broken_file_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *text, *err;
    } bad[] = {
        {"totem {\nwhat is this\n}\n", "line 2: neither"},
        {"}\n", "line 1: neither"},
        {"nodelist {\nnode {\n", "a closing brace is missing"},
        {"nodelist {\nnode {\nnodeid: x\n}\n}\n", "line 3: nodeid: \"x\" is not a number"},
        {"nodelist {\nnode {\nnodeid: 0\n}\n}\n", "line 3: nodeid: \"0\" is not a number"},
        {"nodelist {\nnode {\nnodeid: 4294967296\n}\n}\n", "line 3: nodeid"},
        {"nodelist {\nnode {\nname: 0123456789012345678901234567890123456789\n}\n}\n",
         "line 3: name is longer than 31"},
        {"a {\nb {\nc {\nd {\ne {\nf {\ng {\nh {\ni {\n", "line 9: sections are nested too deeply"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct nodelist list;
        char err[ERR_MAX];
        assert_false(parse(bad[i].text, &list, err));
        if (strstr(err, bad[i].err) != err)
            fail_msg("case %zu: \"%s\"", i, err);
    }
}

static void more_nodes_than_the_core_serves_are_refused(void **state)
{
    char text[1024] = "nodelist {\n", err[ERR_MAX];
    struct nodelist list;
    struct cluster_nodes nodes;
    (void)state;

    for (unsigned i = 1; i <= NODES_MAX; i++) {
        char node[64];
        snprintf(node, sizeof(node), "node {\nnodeid: %u\nname: gw%u\n}\n", i, i);
        strcat(text, node);
    }
    char *end = text + strlen(text);
    strcpy(end, "}\n");
    assert_true(parse(text, &list, err));
    assert_true(nodelist_order(&list, 0, &nodes, err));
    assert_int_equal(nodes.count, NODES_MAX);
    strcpy(end, "node {\nnodeid: 9\nname: gw9\n}\n}\n");
    assert_false(parse(text, &list, err));
    assert_non_null(strstr(err, "the nodelist has more than 8 nodes"));
}

static void only_eight_links_have_addresses(void **state)
{
    struct nodelist_node node = {0};
    char err[ERR_MAX];
    (void)state;

    assert_true(nodelist_set(&node, "ring7_addr", "10.0.0.7", err));
    assert_string_equal(node.addr[7], "10.0.0.7");
    assert_true(nodelist_set(&node, "ring8_addr", "10.0.0.8", err)); /* none of ours */
    assert_true(nodelist_set(&node, "ring_addr", "10.0.0.9", err));
    for (unsigned i = 0; i < 7; i++)
        assert_string_equal(node.addr[i], "");
}

static void timing_that_is_slow_or_breaks_up_is_said(void **state)
{
    struct cluster_nodes nodes = {.token_ms = 0};
    char said[ERR_MAX];

    (void)state;
    cluster_timing_advice(&nodes, said);
    assert_string_equal(said, "");
    nodes.token_ms = 500, nodes.consensus_ms = 600;
    cluster_timing_advice(&nodes, said);
    assert_string_equal(said, "");
    nodes.token_ms = 3000, nodes.consensus_ms = 3600;
    cluster_timing_advice(&nodes, said);
    assert_string_equal(said, "corosync's token of 3000 ms: a dead gateway is noticed after 6.6 s; "
                              "with token: 500 in corosync.conf after 1.1 s");
    nodes.token_ms = 1000, nodes.consensus_ms = 1100;
    cluster_timing_advice(&nodes, said);
    assert_non_null(strstr(said, "less than 1.2 times"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pair_is_read),
        cmocka_unit_test(nodes_stand_in_order_of_nodeid),
        cmocka_unit_test(this_host_is_found_by_its_name),
        cmocka_unit_test(this_host_is_found_by_an_address),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(a_broken_file_is_refused_with_its_line),
        cmocka_unit_test(more_nodes_than_the_core_serves_are_refused),
        cmocka_unit_test(only_eight_links_have_addresses),
        cmocka_unit_test(timing_that_is_slow_or_breaks_up_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
