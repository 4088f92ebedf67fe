/* Views out of CPG's and totem's callbacks. Pure: no I/O, no allocation. */
#include "cluster/view.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a over big-endian bytes, so that it is the same on every host. */
static uint64_t hash_in(uint64_t hash, uint64_t value, unsigned bytes)
{
    for (unsigned i = bytes; i-- > 0;)
        hash = (hash ^ (uint8_t)(value >> (8 * i))) * UINT64_C(1099511628211);
    return hash;
}

static int by_process(const void *a, const void *b)
{
    const struct cpg_address *x = a, *y = b;
    if (x->nodeid != y->nodeid)
        return x->nodeid < y->nodeid ? -1 : 1;
    return (x->pid > y->pid) - (x->pid < y->pid);
}

static int by_nodeid(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

int view_node(const struct cluster_nodes *nodes, uint32_t nodeid)
{
    for (int i = 0; i < nodes->count; i++) {
        if (nodes->id[i] == nodeid)
            return i;
    }
    return -1;
}

/* The ring's own members are hashed too: a process may join while corosync already uses the next
 * ring's number with the last ring's members. */
static uint64_t view_id(const struct view_tracker *t)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    hash = hash_in(hash, t->ring_id.nodeid, 4);
    hash = hash_in(hash, t->ring_id.seq, 8);
    hash = hash_in(hash, t->ring_size, 4);
    for (size_t i = 0; i < t->ring_size; i++)
        hash = hash_in(hash, t->ring[i], 4);
    hash = hash_in(hash, t->members, 4);
    for (size_t i = 0; i < t->members; i++) {
        hash = hash_in(hash, t->member[i].nodeid, 4);
        hash = hash_in(hash, t->member[i].pid, 4);
    }
    return hash != 0 ? hash : 1;
}

static uint8_t bit_of(const struct view_tracker *t, uint32_t nodeid)
{
    int i = view_node(t->nodes, nodeid);
    return (uint8_t)(i >= 0 ? 1u << i : 0u);
}

static enum view_verdict complete(struct view_tracker *t)
{
    uint8_t self = (uint8_t)(1u << t->nodes->self);
    struct cluster_view view = {.members = self, .ring = self};

    if (!t->ring_known || t->ring_coming || !t->joined)
        return VIEW_SAME;
    view.id = view_id(t);
    if (view.id == t->view.id)
        return VIEW_SAME;
    for (size_t i = 0; i < t->members; i++)
        view.members |= bit_of(t, t->member[i].nodeid);
    for (size_t i = 0; i < t->ring_size; i++)
        view.ring |= bit_of(t, t->ring[i]);
    t->view = view;
    return VIEW_NEW;
}

/* Looks for oneself, for another agent of this node, and for nodes nobody has configured. */
static bool look_around(struct view_tracker *t)
{
    bool self = false;

    t->other_pid = t->stranger = 0;
    for (size_t i = 0; i < t->members; i++) {
        const struct cpg_address *m = &t->member[i];
        if (view_node(t->nodes, m->nodeid) < 0)
            t->stranger = m->nodeid;
        else if (m->nodeid != t->nodes->id[t->nodes->self])
            continue;
        else if (m->pid == t->pid)
            self = true;
        else
            t->other_pid = m->pid;
    }
    return self;
}

static bool has_reason(const struct cpg_address *list, size_t n, uint32_t reason)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].reason == reason)
            return true;
    }
    return false;
}

void view_begin(struct view_tracker *t, const struct cluster_nodes *nodes, uint32_t pid)
{
    memset(t, 0, sizeof(*t));
    t->nodes = nodes;
    t->pid = pid;
}

enum view_verdict view_group(struct view_tracker *t, const struct cpg_address *members, size_t n,
                             const struct cpg_address *left, size_t n_left,
                             const struct cpg_address *joined, size_t n_joined)
{
    bool was_joined = t->joined;

    t->members = n < CPG_MEMBERS_MAX ? n : CPG_MEMBERS_MAX;
    if (t->members > 0)
        memcpy(t->member, members, t->members * sizeof(t->member[0]));
    qsort(t->member, t->members, sizeof(t->member[0]), by_process);
    t->joined = look_around(t);
    if (was_joined && !t->joined)
        return VIEW_EVICTED;
    if (has_reason(left, n_left, CPG_REASON_NODEDOWN) ||
        has_reason(joined, n_joined, CPG_REASON_NODEUP))
        t->ring_coming = true;
    /* Who has had a view was first; the newcomer yields, and sends nothing before it has one. */
    if (t->joined && t->other_pid != 0 && t->view.id == 0)
        return VIEW_DOUBLE;
    return complete(t);
}

enum view_verdict view_ring(struct view_tracker *t, struct cpg_ring_id id, const uint32_t *nodeids,
                            size_t n)
{
    t->ring_size = n < CPG_MEMBERS_MAX ? n : CPG_MEMBERS_MAX;
    if (t->ring_size > 0)
        memcpy(t->ring, nodeids, t->ring_size * sizeof(t->ring[0]));
    qsort(t->ring, t->ring_size, sizeof(t->ring[0]), by_nodeid);
    t->ring_id = id;
    t->ring_known = true;
    t->ring_coming = false;
    if (t->joined && t->other_pid != 0 && t->view.id == 0)
        return VIEW_DOUBLE;
    return complete(t);
}
