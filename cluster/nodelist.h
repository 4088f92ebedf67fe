/* corosync's nodelist: out of corosync.conf's text, and into the engine's order of nodes.
 *
 * Pure: bytes in, structs out; no I/O. */
#ifndef CGWHA_CLUSTER_NODELIST_H
#define CGWHA_CLUSTER_NODELIST_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/limits.h"
#include "cluster/cluster.h"

#define NODELIST_LINKS    8  /* ring0_addr to ring7_addr: KNET_MAX_LINK */
#define NODELIST_ADDR_LEN 64 /* an address or a host's name, with its NUL */

struct nodelist_node {
    uint32_t id; /* 0: not said */
    char name[NAME_MAX_LEN];
    char addr[NODELIST_LINKS][NODELIST_ADDR_LEN];
};

struct nodelist {
    unsigned count;
    struct nodelist_node node[NODES_MAX];
};

/* Sets one key of one node: nodeid, name, ringN_addr; other keys are none of ours. False with err
 * if the value does not fit. */
bool nodelist_set(struct nodelist_node *node, const char *key, const char *value,
                  char err[ERR_MAX]);
/* Parses corosync.conf(5), of which only the nodelist matters. Changes text. False with "line N:
 * what is wrong" in err. */
bool nodelist_parse(char *text, struct nodelist *out, char err[ERR_MAX]);
/* Finds this host: by its name, as it is or up to the first dot, else by an address of its own. The
 * position, or -1 with err. */
int nodelist_find(const struct nodelist *list, const char *hostname,
                  const char (*addrs)[NODELIST_ADDR_LEN], unsigned n_addrs, char err[ERR_MAX]);
/* Checks the list and puts it in order of nodeid; self is a position in the list. False with what
 * has to be added to corosync.conf in err. */
bool nodelist_order(const struct nodelist *list, int self, struct cluster_nodes *out,
                    char err[ERR_MAX]);

#endif
