/* corosync's nodelist, from text to the order of nodes. Pure: no I/O.
 *
 * The grammar is that of corosync's own parser (exec/coroparse.c): a line opens a section, closes
 * one, or is "key: value"; a line that begins with # is a comment. */
#include "cluster/nodelist.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 8

static bool copy(char *to, size_t size, const char *key, const char *value, char err[ERR_MAX])
{
    if (strlcpy(to, value, size) < size)
        return true;
    snprintf(err, ERR_MAX, "%s is longer than %zu characters", key, size - 1);
    return false;
}

bool nodelist_set(struct nodelist_node *node, const char *key, const char *value, char err[ERR_MAX])
{
    const char *bad = NULL;

    if (strcmp(key, "nodeid") == 0) {
        node->id = (uint32_t)strtonum(value, 1, UINT32_MAX, &bad);
        if (bad != NULL)
            snprintf(err, ERR_MAX, "nodeid: \"%.32s\" is not a number from 1 to 4294967295", value);
        return bad == NULL;
    }
    if (strcmp(key, "name") == 0)
        return copy(node->name, sizeof(node->name), key, value, err);
    if (strlen(key) == strlen("ring0_addr") && strncmp(key, "ring", 4) == 0 && key[4] >= '0' &&
        key[4] < '0' + NODELIST_LINKS && strcmp(key + 5, "_addr") == 0)
        return copy(node->addr[key[4] - '0'], NODELIST_ADDR_LEN, key, value, err);
    return true;
}

static char *trim(char *s)
{
    char *end = s + strlen(s);

    while (isspace((unsigned char)*s))
        s++;
    while (end > s && isspace((unsigned char)end[-1]))
        end--;
    *end = '\0';
    return s;
}

/* Where the parser stands: the sections it is in. */
struct place {
    unsigned depth;
    bool nodelist; /* section 1 is the nodelist */
    bool node;     /* section 2 in it is a node */
};

static bool open_section(struct place *p, const char *name, struct nodelist *out, char err[ERR_MAX])
{
    if (p->depth == DEPTH_MAX) {
        snprintf(err, ERR_MAX, "sections are nested too deeply");
        return false;
    }
    if (p->depth == 0)
        p->nodelist = strcmp(name, "nodelist") == 0;
    if (p->depth == 1)
        p->node = p->nodelist && strcmp(name, "node") == 0;
    if (p->depth == 1 && p->node) {
        if (out->count == NODES_MAX) {
            snprintf(err, ERR_MAX, "the nodelist has more than %d nodes", NODES_MAX);
            return false;
        }
        memset(&out->node[out->count++], 0, sizeof(out->node[0]));
    }
    p->depth++;
    return true;
}

static bool parse_line(struct place *p, char *line, struct nodelist *out, char err[ERR_MAX])
{
    char *mark;

    line = trim(line);
    if (*line == '\0' || *line == '#')
        return true;
    if ((mark = strchr(line, '{')) != NULL) {
        *mark = '\0';
        return open_section(p, trim(line), out, err);
    }
    if ((mark = strchr(line, ':')) != NULL) {
        *mark = '\0';
        if (p->depth != 2 || !p->node)
            return true;
        return nodelist_set(&out->node[out->count - 1], trim(line), trim(mark + 1), err);
    }
    if (strcmp(line, "}") == 0 && p->depth > 0) {
        p->depth--;
        return true;
    }
    snprintf(err, ERR_MAX, "neither a section nor \"key: value\"");
    return false;
}

bool nodelist_parse(char *text, struct nodelist *out, char err[ERR_MAX])
{
    struct place place = {0};
    char why[ERR_MAX], *line;

    memset(out, 0, sizeof(*out));
    for (unsigned n = 1; (line = strsep(&text, "\n")) != NULL; n++) {
        if (!parse_line(&place, line, out, why)) {
            snprintf(err, ERR_MAX, "line %u: %.200s", n, why);
            return false;
        }
    }
    if (place.depth != 0)
        snprintf(err, ERR_MAX, "a closing brace is missing at the end");
    return place.depth == 0;
}

static bool same_host(const char *a, const char *b)
{
    size_t short_a = strcspn(a, "."), short_b = strcspn(b, ".");

    if (strcasecmp(a, b) == 0)
        return true;
    return short_a == short_b && short_a > 0 && (a[short_a] == '\0' || b[short_b] == '\0') &&
           strncasecmp(a, b, short_a) == 0;
}

static bool has_address(const struct nodelist_node *node, const char *hostname,
                        const char (*addrs)[NODELIST_ADDR_LEN], unsigned n)
{
    for (unsigned link = 0; link < NODELIST_LINKS; link++) {
        if (node->addr[link][0] == '\0')
            continue;
        if (same_host(node->addr[link], hostname))
            return true;
        for (unsigned i = 0; i < n; i++) {
            if (strcasecmp(node->addr[link], addrs[i]) == 0)
                return true;
        }
    }
    return false;
}

int nodelist_find(const struct nodelist *list, const char *hostname,
                  const char (*addrs)[NODELIST_ADDR_LEN], unsigned n_addrs, char err[ERR_MAX])
{
    int found = -1;

    for (unsigned i = 0; i < list->count; i++) {
        if (same_host(list->node[i].name, hostname))
            return (int)i;
    }
    for (unsigned i = 0; i < list->count; i++) {
        if (!has_address(&list->node[i], hostname, addrs, n_addrs))
            continue;
        if (found >= 0) {
            snprintf(err, ERR_MAX,
                     "this host (%.64s) has addresses of both %s and %s; "
                     "name one of them after the host",
                     hostname, list->node[found].name, list->node[i].name);
            return -1;
        }
        found = (int)i;
    }
    if (found < 0)
        snprintf(err, ERR_MAX,
                 "this host (%.64s) is none of its nodes: no name of a node is the "
                 "host's, and no ringN_addr is an address of it",
                 hostname);
    return found;
}

/* Every node needs what the agents call it by. */
static bool check(const struct nodelist *list, char err[ERR_MAX])
{
    if (list->count == 0) {
        snprintf(err, ERR_MAX,
                 "it has no nodes: add a nodelist with a node section for each "
                 "gateway");
        return false;
    }
    for (unsigned i = 0; i < list->count; i++) {
        const struct nodelist_node *node = &list->node[i];
        if (node->id == 0) {
            snprintf(err, ERR_MAX,
                     "node %u (%.63s) has no nodeid: add \"nodeid: %u\" to its "
                     "section, on every node alike",
                     i + 1, node->name[0] != '\0' ? node->name : node->addr[0], i + 1);
            return false;
        }
        if (node->name[0] == '\0') {
            snprintf(err, ERR_MAX,
                     "the node with nodeid %u has no name: add \"name: HOSTNAME\" to "
                     "its section, on every node alike",
                     node->id);
            return false;
        }
        for (unsigned k = 0; k < i; k++) {
            if (list->node[k].id != node->id && strcmp(list->node[k].name, node->name) != 0)
                continue;
            snprintf(err, ERR_MAX, "the nodes %s (%u) and %s (%u) share a name or a nodeid",
                     list->node[k].name, list->node[k].id, node->name, node->id);
            return false;
        }
    }
    return true;
}

bool nodelist_order(const struct nodelist *list, int self, struct cluster_nodes *out,
                    char err[ERR_MAX])
{
    memset(out, 0, sizeof(*out));
    if (!check(list, err))
        return false;
    for (unsigned i = 0; i < list->count; i++) {
        const struct nodelist_node *node = &list->node[i];
        unsigned at = 0;
        for (unsigned k = 0; k < list->count; k++)
            at += list->node[k].id < node->id;
        out->id[at] = node->id;
        strlcpy(out->name[at], node->name, sizeof(out->name[at]));
        if ((int)i == self)
            out->self = (uint8_t)at;
    }
    out->count = (uint8_t)list->count;
    return true;
}

void cluster_timing_advice(const struct cluster_nodes *nodes, char out[ERR_MAX])
{
    uint32_t token = nodes->token_ms, consensus = nodes->consensus_ms;

    out[0] = '\0';
    if (token == 0)
        return;
    if (consensus * UINT64_C(10) < token * UINT64_C(12))
        snprintf(
            out, ERR_MAX,
            "corosync's consensus of %u ms is less than 1.2 times its token of %u ms: leave it "
            "out of corosync.conf, or raise it",
            consensus, token);
    else if (token > CLUSTER_TOKEN_ADVISED_MS)
        snprintf(
            out, ERR_MAX,
            "corosync's token of %u ms: a dead gateway is noticed after %.1f s; with token: 500 "
            "in corosync.conf after 1.1 s",
            token, (token + consensus) / 1000.0);
}
