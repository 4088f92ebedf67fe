/* Who the configured nodes are: asked of a running corosync, else read from its file. The asking
 * may hang with corosync, so a courier does it and is not waited for longer than ASK_MS. */
#include <arpa/inet.h>
#include <corosync/cmap.h>
#include <corosync/corotypes.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cluster/cluster.h"
#include "cluster/courier.h"
#include "cluster/nodelist.h"

#define ASK_MS    2000
#define CONF_MAX  (64 * 1024) /* bytes of a corosync.conf */
#define ADDRS_MAX 128         /* addresses of this host that are compared */
#define HOST_LEN  256

struct question {
    bool answered; /* corosync runs and speaks; then ok or err */
    bool ok;
    int self;
    uint32_t token_ms, consensus_ms;
    struct nodelist list;
    char err[ERR_MAX];
};

/* One key of one node. A key that is not there is no error. */
static bool ask_key(cmap_handle_t cmap, unsigned position, struct nodelist_node *node,
                    const char *key, char err[ERR_MAX])
{
    char name[CMAP_KEYNAME_MAXLEN + 1], number[16], *value = NULL;
    uint32_t id;
    bool ok = true;

    snprintf(name, sizeof(name), "nodelist.node.%u.%s", position, key);
    if (strcmp(key, "nodeid") == 0) {
        if (cmap_get_uint32(cmap, name, &id) != CS_OK)
            return true;
        snprintf(number, sizeof(number), "%u", id);
        return nodelist_set(node, key, number, err);
    }
    if (cmap_get_string(cmap, name, &value) == CS_OK)
        ok = nodelist_set(node, key, value, err);
    free(value);
    return ok;
}

static bool has_node(cmap_handle_t cmap, unsigned position)
{
    cmap_iter_handle_t iter;
    char prefix[CMAP_KEYNAME_MAXLEN + 1], name[CMAP_KEYNAME_MAXLEN + 1];

    snprintf(prefix, sizeof(prefix), "nodelist.node.%u.", position);
    if (cmap_iter_init(cmap, prefix, &iter) != CS_OK)
        return false;
    bool has = cmap_iter_next(cmap, iter, name, NULL, NULL) == CS_OK;
    cmap_iter_finalize(cmap, iter);
    return has;
}

/* corosync numbers the nodes from 0; a node taken out while it runs leaves a hole. */
static bool ask_nodes(cmap_handle_t cmap, struct question *q)
{
    uint32_t position = 0;

    q->self = -1;
    if (cmap_get_uint32(cmap, "nodelist.local_node_pos", &position) != CS_OK)
        position = UINT32_MAX;
    for (unsigned i = 0; i < 4 * NODES_MAX; i++) {
        if (!has_node(cmap, i))
            continue;
        if (q->list.count == NODES_MAX) {
            snprintf(q->err, ERR_MAX, "the nodelist has more than %d nodes", NODES_MAX);
            return false;
        }
        struct nodelist_node *node = &q->list.node[q->list.count];
        if (!ask_key(cmap, i, node, "nodeid", q->err) || !ask_key(cmap, i, node, "name", q->err) ||
            !ask_key(cmap, i, node, "ring0_addr", q->err))
            return false;
        if (i == position)
            q->self = (int)q->list.count;
        q->list.count++;
    }
    return true;
}

static void ask(void *job)
{
    struct question *q = job;
    cmap_handle_t cmap;

    if (cmap_initialize(&cmap) != CS_OK)
        return;
    q->ok = ask_nodes(cmap, q);
    if (cmap_get_uint32(cmap, "runtime.config.totem.token", &q->token_ms) != CS_OK ||
        cmap_get_uint32(cmap, "runtime.config.totem.consensus", &q->consensus_ms) != CS_OK)
        q->token_ms = q->consensus_ms = 0;
    q->answered = true;
    cmap_finalize(cmap);
}

/* What corosync says, or NULL if it does not run or does not answer. */
static struct question *answer(void)
{
    char err[ERR_MAX];
    struct question *q = calloc(1, sizeof(*q));
    struct courier *courier = q != NULL ? courier_send(&(struct errand){ask, free, q}, err) : NULL;

    if (courier == NULL) {
        free(q);
        return NULL;
    }
    if (!courier_wait(courier, ASK_MS)) {
        courier_forget(courier);
        return NULL;
    }
    q = courier_take(courier);
    if (q->answered)
        return q;
    free(q);
    return NULL;
}

static bool read_file(const char *path, char *text, size_t size, char err[ERR_MAX])
{
    FILE *f = fopen(path, "re");

    if (f == NULL) {
        snprintf(err, ERR_MAX, "corosync does not run, and %.100s cannot be read: %s", path,
                 strerror(errno));
        return false;
    }
    size_t n = fread(text, 1, size - 1, f);
    bool ok = !ferror(f) && n < size - 1 && memchr(text, '\0', n) == NULL;
    fclose(f);
    text[n] = '\0';
    if (!ok)
        snprintf(err, ERR_MAX, "%.100s is not a text of less than %zu bytes", path, size);
    return ok;
}

static unsigned own_addresses(char (*out)[NODELIST_ADDR_LEN])
{
    struct ifaddrs *all = NULL;
    unsigned n = 0;

    if (getifaddrs(&all) != 0)
        return 0;
    for (struct ifaddrs *i = all; i != NULL && n < ADDRS_MAX; i = i->ifa_next) {
        const void *addr = NULL;
        if (i->ifa_addr != NULL && i->ifa_addr->sa_family == AF_INET)
            addr = &((const struct sockaddr_in *)(const void *)i->ifa_addr)->sin_addr;
        if (i->ifa_addr != NULL && i->ifa_addr->sa_family == AF_INET6)
            addr = &((const struct sockaddr_in6 *)(const void *)i->ifa_addr)->sin6_addr;
        if (addr != NULL &&
            inet_ntop(i->ifa_addr->sa_family, addr, out[n], NODELIST_ADDR_LEN) != NULL)
            n++;
    }
    freeifaddrs(all);
    return n;
}

static int find_self(const struct nodelist *list, char err[ERR_MAX])
{
    char host[HOST_LEN] = "", addrs[ADDRS_MAX][NODELIST_ADDR_LEN];

    gethostname(host, sizeof(host) - 1);
    unsigned n = own_addresses(addrs);
    return nodelist_find(list, host, (const char(*)[NODELIST_ADDR_LEN])addrs, n, err);
}

static bool settle(const struct nodelist *list, int self, const char *source,
                   struct cluster_nodes *out, char err[ERR_MAX])
{
    char why[ERR_MAX];

    /* What the list lacks is said before who this host is in it. */
    bool ok = nodelist_order(list, self, out, why);
    if (ok && self < 0) {
        self = find_self(list, why);
        ok = self >= 0 && nodelist_order(list, self, out, why);
    }
    if (!ok)
        snprintf(err, ERR_MAX, "%.60s: %.190s", source, why);
    return ok;
}

static bool from_file(const char *path, struct cluster_nodes *out, char err[ERR_MAX])
{
    struct nodelist list;
    char why[ERR_MAX], *text = malloc(CONF_MAX);
    bool ok = false;

    if (text == NULL)
        snprintf(err, ERR_MAX, "no memory to read %.100s", path);
    else if (read_file(path, text, CONF_MAX, err)) {
        ok = nodelist_parse(text, &list, why);
        if (!ok)
            snprintf(err, ERR_MAX, "%.60s: %.190s", path, why);
    }
    free(text);
    return ok && settle(&list, -1, path, out, err);
}

bool cluster_nodes_read(struct cluster_nodes *out, const char *corosync_conf, char err[ERR_MAX])
{
    struct question *q = answer();
    bool ok;

    if (q == NULL)
        return from_file(corosync_conf, out, err);
    ok = q->ok;
    if (ok)
        ok = settle(&q->list, q->self, "corosync's nodelist", out, err);
    if (ok) {
        out->token_ms = q->token_ms;
        out->consensus_ms = q->consensus_ms;
    }
    if (!q->ok)
        snprintf(err, ERR_MAX, "corosync's nodelist: %.200s", q->err);
    free(q);
    return ok;
}
