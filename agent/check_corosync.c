/* corosync as it runs: its key, its links, its timing, its quorum. */
#include <corosync/cmap.h>
#include <corosync/corotypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/check.h"
#include "agent/check_corosync.h"
#include "cluster/cluster.h"
#include "cluster/courier.h"

/* ---- asking; may hang with corosync, so a courier does it ---- */

static void get_text(cmap_handle_t map, const char *key, char *out, size_t size)
{
    char *value = NULL;

    if (cmap_get_string(map, key, &value) == CS_OK)
        strlcpy(out, value, size);
    free(value);
}

static int get_yes(cmap_handle_t map, const char *key)
{
    uint8_t value;

    return cmap_get_uint8(map, key, &value) == CS_OK ? value : -1;
}

/* Calls back for each key that begins so. */
static void each_key(cmap_handle_t map, const char *prefix, struct corosync_facts *facts,
                     void (*take)(cmap_handle_t, const char *, struct corosync_facts *))
{
    char name[CMAP_KEYNAME_MAXLEN + 1];
    cmap_iter_handle_t iter;

    if (cmap_iter_init(map, prefix, &iter) != CS_OK)
        return;
    while (cmap_iter_next(map, iter, name, NULL, NULL) == CS_OK)
        take(map, name, facts);
    cmap_iter_finalize(map, iter);
}

/* "nodelist.node.0.ring1_addr" */
static void take_node_key(cmap_handle_t map, const char *name, struct corosync_facts *facts)
{
    unsigned node, ring;
    char tail[16];

    (void)map;
    if (sscanf(name, "nodelist.node.%u.ring%u_%15s", &node, &ring, tail) == 3 &&
        strcmp(tail, "addr") == 0 && node < NODES_MAX)
        facts->links[node]++;
    if (sscanf(name, "nodelist.node.%u.", &node) == 1 && node < NODES_MAX &&
        node + 1 > facts->nodes)
        facts->nodes = node + 1;
}

/* "stats.knet.node2.link1.connected" */
static void take_stat(cmap_handle_t map, const char *name, struct corosync_facts *facts)
{
    unsigned node, link;
    char tail[16];

    if (sscanf(name, "stats.knet.node%u.link%u.%15s", &node, &link, tail) != 3 ||
        strcmp(tail, "connected") != 0 || get_yes(map, name) != 0)
        return;
    if (facts->downs < DOWNS_MAX)
        facts->down[facts->downs++] = (struct link_down){node, link};
}

static void ask(void *job)
{
    struct corosync_facts *facts = job;
    cmap_handle_t map;

    if (cmap_initialize(&map) != CS_OK)
        return;
    get_text(map, "totem.crypto_cipher", facts->cipher, sizeof(facts->cipher));
    get_text(map, "totem.crypto_hash", facts->hash, sizeof(facts->hash));
    get_text(map, "totem.keyfile", facts->keyfile, sizeof(facts->keyfile));
    get_text(map, "quorum.provider", facts->provider, sizeof(facts->provider));
    facts->two_node = get_yes(map, "quorum.two_node");
    facts->wait_for_all = get_yes(map, "quorum.wait_for_all");
    each_key(map, "nodelist.node.", facts, take_node_key);
    cmap_finalize(map);
    facts->answered = true;
    if (cmap_initialize_map(&map, CMAP_MAP_STATS) != CS_OK)
        return;
    each_key(map, "stats.knet.", facts, take_stat);
    cmap_finalize(map);
}

/* ---- what is wrong with it ---- */

static void judge_crypto(const struct corosync_facts *f, struct findings *list)
{
    bool cipher = f->cipher[0] != '\0' && strcmp(f->cipher, "none") != 0;
    bool hash = f->hash[0] != '\0' && strcmp(f->hash, "none") != 0;

    if (!hash)
        found(list, FINDING_CRYPTO, "", "corosync's messages are neither signed nor encrypted");
    else if (!cipher)
        found(list, FINDING_CRYPTO, "", "corosync's messages are signed, but not encrypted");
}

static void judge_links(const struct corosync_facts *f, struct findings *list)
{
    for (unsigned n = 0; n < f->nodes; n++) {
        if (f->links[n] == 1) {
            found(list, FINDING_ONE_LINK, "", "there is one link between the gateways");
            break;
        }
    }
    for (unsigned i = 0; i < f->downs; i++)
        found(list, FINDING_LINK_DOWN, "", "link %u to the node with id %u is down",
              f->down[i].link, f->down[i].node);
}

void corosync_judge(const struct corosync_facts *f, struct findings *list)
{
    judge_crypto(f, list);
    judge_links(f, list);
    if (f->provider[0] != '\0' && f->nodes == 2 && f->two_node != 1)
        found(list, FINDING_TWO_NODE, "", "there are two nodes, and two_node is not set");
    if (f->two_node == 1 && f->wait_for_all == 0)
        found(list, FINDING_WAIT_FOR_ALL, "", "wait_for_all is turned off");
}

/* ---- */

static void check_key(const struct corosync_facts *f, struct findings *list)
{
    const char *path = f->keyfile[0] != '\0' ? f->keyfile : "/etc/corosync/authkey";
    struct stat st;

    if (stat(path, &st) == 0 && (st.st_uid != 0 || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0))
        found(list, FINDING_KEY_MODE, path, "others than root can get at it: owner %u, mode %04o",
              (unsigned)st.st_uid, (unsigned)(st.st_mode & 07777));
}

static void check_nodes(const struct conf *conf, struct findings *list)
{
    struct cluster_nodes nodes;
    char err[ERR_MAX] = "";

    if (!cluster_nodes_read(&nodes, conf->corosync_conf, err)) {
        found(list, FINDING_NODELIST, "", "%.250s", err);
        return;
    }
    cluster_timing_advice(&nodes, err);
    if (err[0] != '\0')
        found(list, FINDING_TIMING, "", "%.250s", err);
}

void check_corosync(struct findings *list, const struct conf *conf)
{
    struct corosync_facts *f = calloc(1, sizeof(*f));
    char err[ERR_MAX] = "no memory";
    struct courier *courier = f != NULL ? courier_send(&(struct errand){ask, free, f}, err) : NULL;

    if (courier == NULL) {
        found(list, FINDING_COROSYNC_SILENT, "", "%.250s", err);
        free(f);
        return;
    }
    if (!courier_wait(courier, CHECK_WAIT_MS)) {
        courier_forget(courier);
        found(list, FINDING_COROSYNC_SILENT, "", "corosync does not answer within %d s",
              CHECK_WAIT_MS / 1000);
        return;
    }
    f = courier_take(courier);
    if (f->answered) {
        corosync_judge(f, list);
        check_key(f, list);
        check_nodes(conf, list);
    } else {
        found(list, FINDING_COROSYNC_SILENT, "", "corosync does not run on this host");
    }
    free(f);
}
