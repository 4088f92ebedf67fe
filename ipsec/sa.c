/* The table of security associations. Pure: no I/O, no allocation, no clock.
 * Messages were checked by vici_packet_parse; their meaning is checked here. */
#include "ipsec/sa.h"

#include <stdio.h>
#include <string.h>

const char *ike_state_name(enum ike_state state)
{
    static const char *const names[] = {[IKE_OTHER] = "of unknown state",
#define X(name) [IKE_##name] = #name,
                                        IKE_STATES(X)
#undef X
    };
    return names[state];
}

const char *child_state_name(enum child_state state)
{
    static const char *const names[] = {[CHILD_OTHER] = "of unknown state",
#define X(name) [CHILD_##name] = #name,
                                        CHILD_STATES(X)
#undef X
    };
    return names[state];
}

static enum ike_state ike_state_of(struct vici_text text)
{
#define X(name)                                                                                    \
    if (vici_is(text, #name))                                                                      \
        return IKE_##name;
    IKE_STATES(X)
#undef X
    return IKE_OTHER;
}

static enum child_state child_state_of(struct vici_text text)
{
#define X(name)                                                                                    \
    if (vici_is(text, #name))                                                                      \
        return CHILD_##name;
    CHILD_STATES(X)
#undef X
    return CHILD_OTHER;
}

void sa_init(struct sa_table *table, const struct ipsec_conf *conf)
{
    memset(table, 0, sizeof(*table));
    table->count = conf->count;
    memcpy(table->tunnel, conf->tunnel, sizeof(table->tunnel));
}

/* The tunnels of a connection, or of one child of it. */
static uint8_t tunnels_of(const struct sa_table *table, struct vici_text ike,
                          const struct vici_text *child)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < table->count; i++) {
        if (!vici_is(ike, table->tunnel[i].ike))
            continue;
        if (child == NULL || vici_is(*child, table->tunnel[i].child))
            mask |= 1u << i;
    }
    return (uint8_t)mask;
}

void sa_begin(struct sa_table *table)
{
    table->next.ikes = 0;
    table->next.children = 0;
    table->next.crowded = false;
}

static bool wrong(char err[ERR_MAX], const char *key, struct vici_text value)
{
    char text[64];
    snprintf(err, ERR_MAX, "charon lists an SA whose %s is \"%s\"", key,
             vici_copy(value, text, sizeof(text)));
    return false;
}

static bool read_id(struct vici_text value, uint32_t *out)
{
    uint64_t n;
    if (!vici_u64(value, &n) || n == 0 || n > UINT32_MAX)
        return false;
    *out = (uint32_t)n;
    return true;
}

static bool read_spi(struct vici_text value, uint32_t *out)
{
    uint32_t spi = 0;
    if (value.len == 0 || value.len > 8)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        const char *digits = "0123456789abcdef";
        const char *digit = value.at[i] != '\0' ? strchr(digits, value.at[i]) : NULL;
        if (digit == NULL)
            return false;
        spi = spi << 4 | (uint32_t)(digit - digits);
    }
    *out = spi;
    return true;
}

/* Seconds to a rekey; one that is overdue is listed below zero. */
static bool read_rekey(struct vici_text value, int64_t *out)
{
    int64_t n;
    if (!vici_i64(value, &n))
        return false;
    *out = n < 0 ? 0 : n;
    return true;
}

static bool child_key(struct sa_child *child, struct vici_text key, struct vici_text value,
                      char err[ERR_MAX])
{
    static const char *const counter[COUNTERS] = {"packets-in", "packets-out", "bytes-in",
                                                  "bytes-out"};
    if (vici_is(key, "uniqueid"))
        return read_id(value, &child->id) || wrong(err, "uniqueid", value);
    if (vici_is(key, "spi-in"))
        return read_spi(value, &child->spi_in) || wrong(err, "spi-in", value);
    if (vici_is(key, "rekey-time"))
        return read_rekey(value, &child->rekey_in) || wrong(err, "rekey-time", value);
    if (vici_is(key, "state"))
        child->state = child_state_of(value);
    for (unsigned i = 0; i < COUNTERS; i++) {
        if (!vici_is(key, counter[i]))
            continue;
        child->counted = true;
        return vici_u64(value, &child->count[i]) || wrong(err, counter[i], value);
    }
    return true;
}

/* The next element of a section; false behind its end, or if the message breaks off. */
static bool inside(struct vici_cursor *c, enum vici_element *e)
{
    *e = vici_next(c);
    return *e != VICI_SECTION_END && *e != VICI_END && *e != VICI_BAD;
}

/* Reads one section of child-sas, the cursor standing behind its start. Where the section's name
 * has the unique id behind it, the configuration's name is a key. */
static bool add_child(struct sa_table *table, struct vici_cursor *c, struct vici_text ike,
                      uint16_t ike_index, char err[ERR_MAX])
{
    struct sa_child child = {.ike = ike_index, .rekey_in = -1};
    struct vici_text name = c->name;
    enum vici_element e;

    while (inside(c, &e)) {
        if (e == VICI_SECTION_START && !vici_skip(c))
            return false;
        if (e != VICI_KEY_VALUE)
            continue;
        if (vici_is(c->name, "name"))
            name = c->value;
        if (!child_key(&child, c->name, c->value, err))
            return false;
    }
    if (e != VICI_SECTION_END)
        return false;
    if (child.id == 0)
        return wrong(err, "uniqueid", (struct vici_text){0});
    child.tunnels = tunnels_of(table, ike, &name);
    if (table->next.children == SA_CHILDREN_MAX)
        table->next.crowded = true;
    else
        table->next.child[table->next.children++] = child;
    return true;
}

static bool add_children(struct sa_table *table, struct vici_cursor *c, struct vici_text ike,
                         uint16_t ike_index, char err[ERR_MAX])
{
    enum vici_element e;
    while (inside(c, &e)) {
        if (e == VICI_SECTION_START && !add_child(table, c, ike, ike_index, err))
            return false;
    }
    return e == VICI_SECTION_END;
}

static bool ike_key(struct sa_ike *ike, struct vici_text key, struct vici_text value,
                    char err[ERR_MAX])
{
    if (vici_is(key, "uniqueid"))
        return read_id(value, &ike->id) || wrong(err, "uniqueid", value);
    if (vici_is(key, "rekey-time"))
        return read_rekey(value, &ike->rekey_in) || wrong(err, "rekey-time", value);
    if (vici_is(key, "state"))
        ike->state = ike_state_of(value);
    return true;
}

/* Tasks say what the state alone does not: it stays ESTABLISHED while a CHILD_SA is rekeyed. */
static void ike_task(struct sa_ike *ike, struct vici_text list, struct vici_text task)
{
    if (!vici_is(list, "tasks-queued") && !vici_is(list, "tasks-active") &&
        !vici_is(list, "tasks-passive"))
        return;
    if (vici_is(task, "IKE_REKEY") || vici_is(task, "CHILD_REKEY") || vici_is(task, "IKE_REAUTH") ||
        vici_is(task, "IKE_REAUTH_COMPLETE"))
        ike->rekeying = true;
    if (vici_is(task, "CHILD_CREATE"))
        ike->creating = true;
    if (vici_is(task, "IKE_DELETE"))
        ike->deleting = true;
}

/* Reads one IKE_SA of ours, the cursor standing behind its section's start. */
static bool add_ike(struct sa_table *table, struct vici_cursor *c, uint8_t tunnels,
                    char err[ERR_MAX])
{
    struct sa_set *next = &table->next;
    struct sa_ike ike = {.tunnels = tunnels, .rekey_in = -1};
    struct vici_text name = c->name, list = {0};
    uint16_t index = next->ikes;
    enum vici_element e;

    if (index == SA_IKES_MAX) {
        next->crowded = true;
        return vici_skip(c);
    }
    while (inside(c, &e)) {
        if (e == VICI_LIST_START)
            list = c->name;
        if (e == VICI_LIST_ITEM)
            ike_task(&ike, list, c->value);
        if (e == VICI_KEY_VALUE && !ike_key(&ike, c->name, c->value, err))
            return false;
        if (e != VICI_SECTION_START)
            continue;
        if (vici_is(c->name, "child-sas") ? !add_children(table, c, name, index, err)
                                          : !vici_skip(c))
            return false;
    }
    if (e != VICI_SECTION_END)
        return false;
    if (ike.id == 0)
        return wrong(err, "uniqueid", (struct vici_text){0});
    next->ike[next->ikes++] = ike;
    return true;
}

bool sa_add(struct sa_table *table, struct vici_text message, char err[ERR_MAX])
{
    struct vici_cursor c = vici_cursor(message);
    enum vici_element e;

    snprintf(err, ERR_MAX, "charon lists an SA in a message that is not whole");
    while ((e = vici_next(&c)) != VICI_END && e != VICI_BAD) {
        if (e != VICI_SECTION_START)
            continue;
        uint8_t tunnels = tunnels_of(table, c.name, NULL);
        if (tunnels == 0 ? !vici_skip(&c) : !add_ike(table, &c, tunnels, err))
            return false;
    }
    return e == VICI_END;
}

static bool has_ike(const struct sa_set *set, uint32_t id)
{
    for (unsigned i = 0; i < set->ikes; i++) {
        if (set->ike[i].id == id)
            return true;
    }
    return false;
}

bool sa_child_installed(const struct sa_set *set, const struct sa_child *child)
{
    enum ike_state ike = set->ike[child->ike].state;

    if (ike == IKE_DELETING || ike == IKE_DESTROYING)
        return false;
    return child->state == CHILD_INSTALLED || child->state == CHILD_REKEYING ||
           child->state == CHILD_UPDATING;
}

/* The tunnels that carry traffic, a bit each. */
static unsigned installed(const struct sa_set *set)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < set->children; i++) {
        if (sa_child_installed(set, &set->child[i]))
            mask |= set->child[i].tunnels;
    }
    return mask;
}

/* The tunnels that have an IKE_SA in the middle of a rekey, a bit each. */
static unsigned in_rekey(const struct sa_set *set)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < set->ikes; i++) {
        const struct sa_ike *ike = &set->ike[i];
        if (ike->rekeying || ike->state == IKE_REKEYING || ike->state == IKE_REKEYED)
            mask |= ike->tunnels;
    }
    return mask;
}

enum sa_loss sa_loss(const struct sa_table *table)
{
    unsigned lost = installed(&table->now) & ~installed(&table->next);

    if (lost & (in_rekey(&table->now) | in_rekey(&table->next)))
        return SA_MOVED;
    for (unsigned i = 0; i < table->now.ikes && lost == 0; i++) {
        if (!has_ike(&table->next, table->now.ike[i].id))
            return SA_GONE;
    }
    return lost != 0 ? SA_GONE : SA_NONE;
}

/* Where a CHILD_SA is remembered; otherwise the place of the one not seen for longest. Unique ids
 * start again with charon, so the SPI, a random number, belongs to the identity. */
static struct sa_memory *recall(struct sa_table *table, const struct sa_child *child)
{
    struct sa_memory *oldest = &table->memory[0];
    for (unsigned i = 0; i < SA_MEMORY_MAX; i++) {
        struct sa_memory *m = &table->memory[i];
        if (m->round != 0 && m->id == child->id && m->spi_in == child->spi_in)
            return m;
        if (m->round < oldest->round)
            oldest = m;
    }
    *oldest = (struct sa_memory){.id = child->id, .spi_in = child->spi_in};
    return oldest;
}

static_assert((int)SA_MEMORY_MAX >= 2 * (int)SA_CHILDREN_MAX,
              "one snapshot must not drive out what it has itself just remembered");

static void count_child(struct sa_table *table, const struct sa_child *child)
{
    struct sa_memory *m = recall(table, child);

    m->round = table->round;
    for (unsigned k = 0; k < COUNTERS; k++) {
        if (child->count[k] <= m->count[k])
            continue;
        uint64_t gained = child->count[k] - m->count[k];
        m->count[k] = child->count[k];
        for (unsigned i = 0; i < table->count; i++) {
            if (child->tunnels & (1u << i))
                table->sum[i][k] += gained;
        }
    }
}

void sa_commit(struct sa_table *table)
{
    table->round++;
    table->now = table->next;
    for (unsigned i = 0; i < table->now.children; i++) {
        if (table->now.child[i].counted)
            count_child(table, &table->now.child[i]);
    }
}

void sa_conns_begin(struct sa_table *table)
{
    table->configured_next = 0;
}

/* Reads one connection, the cursor standing behind its section's start. */
static bool add_conn(struct sa_table *table, struct vici_cursor *c)
{
    struct vici_text name = c->name;
    unsigned depth = c->depth;
    enum vici_element e;

    while (c->depth >= depth) {
        e = vici_next(c);
        if (e == VICI_BAD || e == VICI_END)
            return false;
        if (e != VICI_SECTION_START || (c->depth == depth + 1 && vici_is(c->name, "children")))
            continue;
        if (c->depth == depth + 2)
            table->configured_next |= tunnels_of(table, name, &c->name);
        if (!vici_skip(c))
            return false;
    }
    return true;
}

bool sa_conns_add(struct sa_table *table, struct vici_text message, char err[ERR_MAX])
{
    struct vici_cursor c = vici_cursor(message);
    enum vici_element e;

    while ((e = vici_next(&c)) != VICI_END) {
        if (e == VICI_BAD || (e == VICI_SECTION_START && !add_conn(table, &c))) {
            snprintf(err, ERR_MAX, "charon lists a connection in a message that is not whole");
            return false;
        }
    }
    return true;
}

void sa_conns_commit(struct sa_table *table)
{
    table->configured = table->configured_next;
}

bool sa_event_is_ours(const struct sa_table *table, struct vici_text message)
{
    struct vici_cursor c = vici_cursor(message);
    enum vici_element e;

    while ((e = vici_next(&c)) != VICI_END && e != VICI_BAD) {
        if (e == VICI_SECTION_START && c.depth == 1 && tunnels_of(table, c.name, NULL) != 0)
            return true;
    }
    return false;
}

static void sooner(int64_t *rekey_in_s, int64_t rekey_in)
{
    if (rekey_in >= 0 && (*rekey_in_s < 0 || rekey_in < *rekey_in_s))
        *rekey_in_s = rekey_in;
}

static void seen_ikes(const struct sa_table *table, unsigned tunnel, struct ipsec_tunnel_seen *seen)
{
    for (unsigned i = 0; i < table->now.ikes; i++) {
        const struct sa_ike *ike = &table->now.ike[i];
        if (!(ike->tunnels & (1u << tunnel)))
            continue;
        seen->ike_sas++;
        seen->connecting |= ike->state == IKE_CONNECTING || ike->state == IKE_CREATED;
        if (ike->state == IKE_ESTABLISHED)
            sooner(&seen->rekey_in_s, ike->rekey_in);
    }
}

static void seen_children(const struct sa_table *table, unsigned tunnel,
                          struct ipsec_tunnel_seen *seen)
{
    for (unsigned i = 0; i < table->now.children; i++) {
        const struct sa_child *child = &table->now.child[i];
        if (!(child->tunnels & (1u << tunnel)))
            continue;
        seen->children++;
        if (!sa_child_installed(&table->now, child))
            continue;
        seen->installed = true;
        sooner(&seen->rekey_in_s, child->rekey_in);
    }
}

void sa_seen(const struct sa_table *table, struct ipsec_seen *seen)
{
    for (unsigned i = 0; i < table->count; i++) {
        struct ipsec_tunnel_seen *t = &seen->tunnel[i];
        *t = (struct ipsec_tunnel_seen){
            .configured = (table->configured & (1u << i)) != 0,
            .packets_in = table->sum[i][PACKETS_IN],
            .packets_out = table->sum[i][PACKETS_OUT],
            .bytes_in = table->sum[i][BYTES_IN],
            .bytes_out = table->sum[i][BYTES_OUT],
            .rekey_in_s = -1,
        };
        seen_ikes(table, i, t);
        seen_children(table, i, t);
    }
}
