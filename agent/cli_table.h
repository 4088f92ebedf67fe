/* The status as people like to read it at 3 a.m.: a row for each gateway, what is wrong in words,
 * then the pair. A pure function of the JSON and the look. */
#ifndef CGWHA_AGENT_CLI_TABLE_H
#define CGWHA_AGENT_CLI_TABLE_H

#include <json-c/json.h>

#include "agent/cli_look.h"

void table_print(const struct look *look, struct json_object *status);

/* Sums of one node's tunnels, for the table and for the live line. */
struct node_sums {
    unsigned tunnels, sas, sessions;
    uint64_t in_bps, out_bps, in_pps, out_pps;
};
struct node_sums node_sums(struct json_object *node);
/* The node of this name in a status; NULL if there is none. */
struct json_object *node_named(struct json_object *status, const char *name);

#endif
