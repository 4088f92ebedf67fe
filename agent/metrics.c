/* The agent's status as metrics. Each family stands once in the table at the end, with where it is
 * found in the status. */
#include "agent/metrics.h"

#include <string.h>

#include "agent/json_read.h"
#include "agent/lists.h"

/* A family, and where its samples come from. */
struct source {
    struct metric_family family;
    void (*put)(struct metric_page *page, const struct source *source, struct json_object *status);
    const char *key;                  /* in what `put` looks at */
    const char *(*state)(unsigned n); /* STATESET: its states */
    unsigned states;
    bool always; /* also of a node that cannot be heard */
};

typedef struct json_object json;

/* ---- of the agent and the pair ---- */

static void up(struct metric_page *page, const struct source *s, json *status)
{
    metric_put(page, &s->family, status != NULL, NULL, 0);
}

static void build(struct metric_page *page, const struct source *s, json *status)
{
    struct metric_label label = {"version", CGWHA_VERSION};

    (void)status;
    metric_put(page, &s->family, 1, &label, 1);
}

static void began(struct metric_page *page, const struct source *s, json *status)
{
    metric_put(page, &s->family, json_number(json_member(status, "counts"), "since"), NULL, 0);
}

static void view_yes(struct metric_page *page, const struct source *s, json *status)
{
    metric_put(page, &s->family, json_yes(json_member(status, "view"), s->key), NULL, 0);
}

static void view_count(struct metric_page *page, const struct source *s, json *status)
{
    metric_put(page, &s->family, (int64_t)json_count(json_member(status, "view"), s->key), NULL, 0);
}

static void lock_held(struct metric_page *page, const struct source *s, json *status)
{
    metric_put(page, &s->family, json_member(status, "lock") != NULL, NULL, 0);
}

static void lock_since(struct metric_page *page, const struct source *s, json *status)
{
    json *lock = json_member(status, "lock");

    if (json_number(lock, "since") != 0)
        metric_put(page, &s->family, json_number(lock, "since"), NULL, 0);
}

/* ---- of a prefix ---- */

static bool has_text(json *o, const char *key, const char *text)
{
    for (size_t i = 0; i < json_count(o, key); i++) {
        if (strcmp(json_text_at(o, key, i), text) == 0)
            return true;
    }
    return false;
}

static void each_prefix(struct metric_page *page, const struct source *s, json *status,
                        void (*put)(struct metric_page *, const struct source *, json *, json *))
{
    json *promise = json_member(status, "promise");

    for (size_t i = 0; i < json_count(promise, "prefixes"); i++)
        put(page, s, status, json_at(promise, "prefixes", i));
}

static void one_holds(struct metric_page *page, const struct source *s, json *status, json *prefix)
{
    struct metric_label label = {"prefix", json_text(prefix, "prefix")};

    (void)status;
    metric_put(page, &s->family, json_count(prefix, "covered-by") > 0, &label, 1);
}

static void one_coverers(struct metric_page *page, const struct source *s, json *status,
                         json *prefix)
{
    struct metric_label label = {"prefix", json_text(prefix, "prefix")};

    (void)status;
    metric_put(page, &s->family, (int64_t)json_count(prefix, "covered-by"), &label, 1);
}

static void one_covered(struct metric_page *page, const struct source *s, json *status,
                        json *prefix)
{
    for (size_t n = 0; n < json_count(status, "nodes"); n++) {
        const char *name = json_text(json_at(status, "nodes", n), "name");
        struct metric_label labels[] = {{"prefix", json_text(prefix, "prefix")}, {"node", name}};
        metric_put(page, &s->family, has_text(prefix, "covered-by", name), labels, 2);
    }
}

static void holds(struct metric_page *page, const struct source *s, json *status)
{
    each_prefix(page, s, status, one_holds);
}

static void coverers(struct metric_page *page, const struct source *s, json *status)
{
    each_prefix(page, s, status, one_coverers);
}

static void covered(struct metric_page *page, const struct source *s, json *status)
{
    each_prefix(page, s, status, one_covered);
}

/* ---- of a node ---- */

static void node_info(struct metric_page *page, const struct source *s, json *status)
{
    char id[24];

    for (size_t n = 0; n < json_count(status, "nodes"); n++) {
        json *node = json_at(status, "nodes", n);
        struct metric_label labels[] = {{"node", json_text(node, "name")},
                                        {"id", id},
                                        {"self", json_yes(node, "self") ? "true" : "false"},
                                        {"version", json_text(node, "version")}};
        snprintf(id, sizeof(id), "%lld", (long long)json_number(node, "id"));
        metric_put(page, &s->family, 1, labels, 4);
    }
}

/* What is said of a node is what it said itself, while it can be heard; an old truth is none. */
static bool speaks(json *node)
{
    return strcmp(json_text(node, "agent"), "member") == 0 && json_member(node, "phase") != NULL;
}

/* Members that are a word out of a closed list. */
static void node_state(struct metric_page *page, const struct source *s, json *status)
{
    for (size_t n = 0; n < json_count(status, "nodes"); n++) {
        json *node = json_at(status, "nodes", n);
        for (unsigned i = 0; i < s->states && (speaks(node) || s->always); i++) {
            struct metric_label labels[] = {{"node", json_text(node, "name")},
                                            {s->family.name, s->state(i)}};
            metric_put(page, &s->family, strcmp(json_text(node, s->key), s->state(i)) == 0, labels,
                       2);
        }
    }
}

static void node_sick(struct metric_page *page, const struct source *s, json *status)
{
    for (size_t n = 0; n < json_count(status, "nodes"); n++) {
        json *node = json_at(status, "nodes", n);
        for (unsigned i = 0; i < s->states && (speaks(node) || s->always); i++) {
            struct metric_label labels[] = {{"node", json_text(node, "name")},
                                            {s->family.name, s->state(i)}};
            metric_put(page, &s->family, has_text(node, s->key, s->state(i)), labels, 2);
        }
    }
}

/* One number for each node that has the member. */
static void each_node(struct metric_page *page, const struct source *s, json *status,
                      int64_t (*value)(json *status, json *node, const char *key))
{
    for (size_t n = 0; n < json_count(status, "nodes"); n++) {
        json *node = json_at(status, "nodes", n);
        struct metric_label label = {"node", json_text(node, "name")};
        if ((speaks(node) || s->always) && json_member(node, s->key) != NULL)
            metric_put(page, &s->family, value(status, node, s->key), &label, 1);
    }
}

static int64_t number_of(json *status, json *node, const char *key)
{
    (void)status;
    return json_number(node, key);
}

static int64_t yes_of(json *status, json *node, const char *key)
{
    (void)status;
    return json_yes(node, key);
}

/* Meant to be out, and advertising all the same: it waits for the moment when it may go. */
static int64_t pending_of(json *status, json *node, const char *key)
{
    const char *phase = json_text(node, key);

    (void)status;
    return strcmp(json_text(node, "intent"), intent_name(INTENT_MAINTENANCE)) == 0 &&
           (strcmp(phase, phase_name(PHASE_IN_SERVICE)) == 0 ||
            strcmp(phase, phase_name(PHASE_SAFETY_NET)) == 0);
}

/* As agent/guard.c and its like see it: what a guard of another's drain needs without --force. */
static int64_t redundant_of(json *status, json *node, const char *key)
{
    size_t tunnels = json_count(node, "tunnels"), up_both = 0;

    (void)key;
    for (size_t t = 0; t < tunnels; t++) {
        json *tunnel = json_at(node, "tunnels", t);
        up_both += json_yes(tunnel, "sa") && json_yes(tunnel, "session");
    }
    return speaks(node) && strcmp(json_text(node, "phase"), phase_name(PHASE_IN_SERVICE)) == 0 &&
           json_yes(node, "same-prefixes") && json_count(node, "sick") == 0 &&
           json_count(node, "covers") == json_count(json_member(status, "promise"), "prefixes") &&
           tunnels > 0 && up_both == tunnels;
}

static void node_number(struct metric_page *page, const struct source *s, json *status)
{
    each_node(page, s, status, number_of);
}

static void node_yes(struct metric_page *page, const struct source *s, json *status)
{
    each_node(page, s, status, yes_of);
}

static void node_pending(struct metric_page *page, const struct source *s, json *status)
{
    each_node(page, s, status, pending_of);
}

static void node_redundant(struct metric_page *page, const struct source *s, json *status)
{
    each_node(page, s, status, redundant_of);
}

/* ---- of a tunnel, of a session to the LAN ---- */

static void each_part(struct metric_page *page, const struct source *s, json *status,
                      const char *parts, const char *part_name,
                      int64_t (*value)(json *, const char *))
{
    for (size_t n = 0; n < json_count(status, "nodes"); n++) {
        json *node = json_at(status, "nodes", n);
        for (size_t i = 0; speaks(node) && i < json_count(node, parts); i++) {
            json *part = json_at(node, parts, i);
            struct metric_label labels[] = {{"node", json_text(node, "name")},
                                            {part_name, json_text(part, "name")}};
            if (json_member(part, s->key) != NULL)
                metric_put(page, &s->family, value(part, s->key), labels, 2);
        }
    }
}

static int64_t part_yes(json *part, const char *key)
{
    return json_yes(part, key);
}

static int64_t part_count(json *part, const char *key)
{
    return (int64_t)json_count(part, key);
}

static void tunnel_yes(struct metric_page *page, const struct source *s, json *status)
{
    each_part(page, s, status, "tunnels", "tunnel", part_yes);
}

static void tunnel_count(struct metric_page *page, const struct source *s, json *status)
{
    each_part(page, s, status, "tunnels", "tunnel", part_count);
}

static void tunnel_number(struct metric_page *page, const struct source *s, json *status)
{
    each_part(page, s, status, "tunnels", "tunnel", json_number);
}

static void lan_yes(struct metric_page *page, const struct source *s, json *status)
{
    each_part(page, s, status, "lans", "session", part_yes);
}

static void lan_number(struct metric_page *page, const struct source *s, json *status)
{
    each_part(page, s, status, "lans", "session", json_number);
}

/* ---- counted ---- */

static void operations(struct metric_page *page, const struct source *s, json *status)
{
    json *ended = json_member(json_member(status, "counts"), s->key);

    for (unsigned k = 0; k < ASKS && ended != NULL; k++) {
        for (unsigned r = 0; r < RESULTS; r++) {
            struct metric_label labels[] = {{"kind", ask_name(k)}, {"result", result_name(r)}};
            metric_put(page, &s->family,
                       json_number(json_member(ended, ask_name(k)), result_name(r)), labels, 2);
        }
    }
}

static void events(struct metric_page *page, const struct source *s, json *status)
{
    json *told = json_member(json_member(status, "counts"), s->key);

    if (told == NULL || !json_object_is_type(told, json_type_object))
        return;
    json_object_object_foreach(told, name, count)
    {
        struct metric_label label = {"event", name};
        (void)count;
        metric_put(page, &s->family, json_number(told, name), &label, 1);
    }
}

/* ---- the table ---- */

static const char *agent_name(unsigned n)
{
    static const char *const names[] = {"member", "lost", "node-lost", "unseen"};

    return names[n];
}

static const char *sick_name(unsigned n)
{
    static const char *const names[] = {"router", "ipsec", "store", "track"};

    return names[n];
}

#define GAUGE(name, unit, help)                                                                    \
    {                                                                                              \
        "cgwha_" name, METRIC_GAUGE, unit, help                                                    \
    }
#define COUNTER(name, unit, help)                                                                  \
    {                                                                                              \
        "cgwha_" name, METRIC_COUNTER, unit, help                                                  \
    }
#define STATES(name, help)                                                                         \
    {                                                                                              \
        "cgwha_" name, METRIC_STATESET, "", help                                                   \
    }
#define INFO(name, help)                                                                           \
    {                                                                                              \
        "cgwha_" name, METRIC_INFO, "", help                                                       \
    }

static const struct source without_agent[] = {
    {.family = GAUGE("up", "", "Whether the agent on this host answered; if not, there is no more"),
     .put = up},
    {.family = INFO("build", "The command that wrote this"), .put = build},
};

static const struct source with_agent[] = {
    {.family = GAUGE("agent_start_time_seconds", "seconds",
                     "When this agent began, and with it its counters, in Unix time"),
     .put = began},
    {.family = GAUGE("view_alone", "", "Whether this agent sees no other: 1 refuses every drain"),
     .put = view_yes,
     .key = "alone"},
    {.family = GAUGE("view_quorate", "", "Whether corosync says so; both halves of a split may be"),
     .put = view_yes,
     .key = "quorate"},
    {.family = GAUGE("view_members", "", "Agents in the view, this one too"),
     .put = view_count,
     .key = "members"},
    {.family = GAUGE("lock_held", "", "Whether an operation runs"), .put = lock_held},
    {.family = GAUGE("lock_start_time_seconds", "seconds",
                     "When the operation that runs was asked for, in Unix time"),
     .put = lock_since},
    {.family = GAUGE("promise_holds", "", "Whether at least one gateway covers the shared prefix"),
     .put = holds},
    {.family = GAUGE("prefix_coverers", "", "How many gateways cover the shared prefix"),
     .put = coverers},
    {.family = GAUGE("prefix_covered", "",
                     "Whether this gateway covers it: read back over a tunnel that works"),
     .put = covered},
    {.family = INFO("node", "Each configured gateway, with the version of its agent"),
     .put = node_info},
    {.family = STATES("node_agent", "Whether the gateway's agent is in the view, and if not, why"),
     .put = node_state,
     .key = "agent",
     .state = agent_name,
     .states = 4,
     .always = true},
    {.family = STATES("node_phase", "Where the gateway is in its life; cgwha-protocol(7)"),
     .put = node_state,
     .key = "phase",
     .state = phase_name,
     .states = PHASES},
    {.family = GAUGE("node_phase_start_time_seconds", "seconds",
                     "Since when it is in this phase, in Unix time"),
     .put = node_number,
     .key = "since"},
    {.family = STATES("node_level", "How strongly it attracts traffic, as read back"),
     .put = node_state,
     .key = "level",
     .state = level_name,
     .states = LEVELS},
    {.family = STATES("node_target_level", "The level it is going to"),
     .put = node_state,
     .key = "target",
     .state = level_name,
     .states = LEVELS},
    {.family = STATES("node_intent", "What it is meant to be, as saved on its disk"),
     .put = node_state,
     .key = "intent",
     .state = intent_name,
     .states = INTENTS},
    {.family = GAUGE("node_drain_pending", "",
                     "Meant to be out, and advertising: waits until it may be drained"),
     .put = node_pending,
     .key = "phase"},
    {.family = GAUGE("node_redundant", "",
                     "Whether it could guard the other's drain: in service, every prefix covered, "
                     "every tunnel and session up"),
     .put = node_redundant,
     .key = "agent",
     .always = true},
    {.family = GAUGE("node_same_prefixes", "",
                     "Whether it shares the same prefixes as this gateway; 0 refuses every drain"),
     .put = node_yes,
     .key = "same-prefixes"},
    {.family = STATES("node_sick", "What its agent cannot read or write; track: it cannot carry"),
     .put = node_sick,
     .key = "sick",
     .state = sick_name,
     .states = 4},
    {.family = GAUGE("node_heard_time_seconds", "seconds",
                     "When another gateway was last heard of, in Unix time; 0 never"),
     .put = node_number,
     .key = "heard",
     .always = true},
    {.family = GAUGE("tunnel_sa_up", "", "Whether the tunnel has an installed CHILD_SA"),
     .put = tunnel_yes,
     .key = "sa"},
    {.family = GAUGE("tunnel_session_up", "", "Whether the tunnel's BGP session is Established"),
     .put = tunnel_yes,
     .key = "session"},
    {.family = GAUGE("tunnel_exported_prefixes", "",
                     "Shared prefixes in the session's export table, as read back"),
     .put = tunnel_count,
     .key = "exported"},
    {.family = GAUGE("tunnel_learned_routes", "", "Routes learnt from the cloud in this session"),
     .put = tunnel_number,
     .key = "routes-in"},
    {.family = COUNTER("tunnel_receive_bytes", "bytes", "Through the tunnel's CHILD_SAs; own only"),
     .put = tunnel_number,
     .key = "in-bytes"},
    {.family =
         COUNTER("tunnel_transmit_bytes", "bytes", "Through the tunnel's CHILD_SAs; own only"),
     .put = tunnel_number,
     .key = "out-bytes"},
    {.family =
         COUNTER("tunnel_receive_packets", "packets", "Through the tunnel's CHILD_SAs; own only"),
     .put = tunnel_number,
     .key = "in-packets"},
    {.family =
         COUNTER("tunnel_transmit_packets", "packets", "Through the tunnel's CHILD_SAs; own only"),
     .put = tunnel_number,
     .key = "out-packets"},
    {.family = GAUGE("lan_session_up", "", "Whether the session to the LAN is Established"),
     .put = lan_yes,
     .key = "session"},
    {.family = GAUGE("lan_exported_routes", "", "Routes shown to the LAN in this session"),
     .put = lan_number,
     .key = "routes-out"},
    {.family = COUNTER("operations", "",
                       "Operations whose end this agent has seen, of either gateway; no dry runs"),
     .put = operations,
     .key = "ended"},
    {.family = COUNTER("events", "", "What this agent has told; cgwha watch shows each"),
     .put = events,
     .key = "events"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void metrics_write(FILE *out, enum metric_dialect dialect, struct json_object *status)
{
    struct metric_page page = {.out = out, .dialect = dialect};

    for (size_t i = 0; i < COUNT(without_agent); i++)
        without_agent[i].put(&page, &without_agent[i], status);
    for (size_t i = 0; status != NULL && i < COUNT(with_agent); i++)
        with_agent[i].put(&page, &with_agent[i], status);
    metric_end(&page);
}
