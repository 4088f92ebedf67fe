/* What corosync says of itself, and what is wrong with it. Pure: the asking is in check_corosync()
 * (agent/check.h). */
#ifndef CGWHA_AGENT_CHECK_COROSYNC_H
#define CGWHA_AGENT_CHECK_COROSYNC_H

#include "agent/check_finding.h"

#define DOWNS_MAX 16

struct corosync_facts {
    bool answered;
    char cipher[32], hash[32], provider[32], keyfile[PATH_LEN]; /* empty: not said */
    int two_node, wait_for_all;                                 /* -1: not said */
    unsigned nodes, links[NODES_MAX];
    unsigned downs;
    struct link_down {
        unsigned node, link; /* the other's id */
    } down[DOWNS_MAX];
};

void corosync_judge(const struct corosync_facts *facts, struct findings *list);

#endif
