/* The status and the events as JSON. */
#include "agent/report.h"

#include <string.h>

#include "agent/inner.h" /* make_info() */
#include "agent/json_read.h"
#include "agent/sentence.h"

/* ---- small pieces ---- */

static void put_text(struct json_object *o, const char *key, const char *text)
{
    json_object_object_add(o, key, json_object_new_string(text));
}

static void put_number(struct json_object *o, const char *key, uint64_t n)
{
    json_object_object_add(o, key, json_object_new_uint64(n));
}

static void put_yes(struct json_object *o, const char *key, bool yes)
{
    json_object_object_add(o, key, json_object_new_boolean(yes));
}

static void put_op(struct json_object *o, const struct runtime *rt, const char *key, op_t op)
{
    char text[NAME_MAX_LEN + 12];

    if (op == OP_NONE)
        json_object_object_add(o, key, NULL);
    else
        put_text(o, key, runtime_op_text(rt, op, text));
}

static void put_prefixes(struct json_object *o, const struct runtime *rt, const char *key,
                         uint64_t mask)
{
    const struct prefix_list *list = &rt->conf->router.prefixes;
    struct json_object *a = json_object_new_array();
    char text[PREFIX_TEXT];

    for (unsigned i = 0; i < list->count; i++) {
        if (mask & (UINT64_C(1) << i))
            json_object_array_add(a, json_object_new_string(prefix_text(&list->item[i], text)));
    }
    json_object_object_add(o, key, a);
}

static void put_nodes(struct json_object *o, const struct runtime *rt, const char *key,
                      unsigned mask)
{
    struct json_object *a = json_object_new_array();

    for (unsigned n = 0; n < rt->nodes.count; n++) {
        if (mask & (1u << n))
            json_object_array_add(a, json_object_new_string(rt->nodes.name[n]));
    }
    json_object_object_add(o, key, a);
}

static int index_of(const struct runtime *rt, uint32_t nodeid)
{
    for (int n = 0; n < rt->nodes.count; n++) {
        if (rt->nodes.id[n] == nodeid)
            return n;
    }
    return -1;
}

/* The names of one node's tunnels, as far as they are known here. */
static void put_tunnel_names(struct json_object *o, const struct runtime *rt, const char *key,
                             int node, unsigned mask)
{
    struct json_object *a = json_object_new_array();

    for (unsigned t = 0; node >= 0 && t < TUNNELS_MAX; t++) {
        const char *name = "";
        if (!(mask & (1u << t)))
            continue;
        if (node == rt->nodes.self && t < rt->conf->tunnels)
            name = rt->conf->tunnel_name[t];
        else if (node != rt->nodes.self && t < rt->info[node].tunnels)
            name = rt->info[node].tunnel[t].name;
        json_object_array_add(a, json_object_new_string(name));
    }
    json_object_object_add(o, key, a);
}

/* ---- stories ---- */

static void put_story(struct json_object *o, const struct runtime *rt, const struct story *s)
{
    put_op(o, rt, "op", s->op);
    put_text(o, "kind", ask_name(s->kind));
    put_text(o, "node", s->target != 0 ? runtime_node_name(rt, s->target) : "");
    put_text(o, "user", s->user);
    put_text(o, "why", s->why);
    put_yes(o, "force", (s->flags & ASK_FLAG_FORCE) != 0);
    put_yes(o, "dry-run", (s->flags & ASK_FLAG_DRY_RUN) != 0);
    put_yes(o, "when-safe", (s->flags & ASK_FLAG_WHEN_SAFE) != 0);
    put_yes(o, "until-boot", (s->flags & ASK_FLAG_UNTIL_BOOT) != 0);
}

/* said NULL: it ends now, and is said now. */
static void put_end(struct json_object *o, const struct runtime *rt, const struct story *s,
                    const struct said *said)
{
    const struct said_end *then = said != NULL ? said_find(said, s->op) : NULL;
    int at = index_of(rt, s->end.end.node);
    char text[SENTENCE_MAX];

    put_text(o, "result", result_name(s->end.end.result));
    put_text(o, "reason", reason_name(s->end.end.reason));
    put_text(o, "phase", phase_name(s->end.end.phase));
    put_yes(o, "pending", sentence_pending(s));
    put_prefixes(o, rt, "prefixes", s->end.end.prefixes);
    put_tunnel_names(o, rt, "tunnels", at, s->end.end.tunnels);
    put_tunnel_names(o, rt, "sessions", at, s->end.end.sessions);
    put_text(o, "at", at >= 0 ? rt->nodes.name[at] : "");
    put_op(o, rt, "holder", s->end.end.holder);
    put_text(o, "text", then != NULL ? then->text : sentence_end(rt, s, text));
    put_text(o, "advice", then != NULL ? then->advice : sentence_advice(rt, s, text));
}

static struct json_object *operation(const struct runtime *rt, const struct story *s,
                                     const struct said *said)
{
    struct json_object *o = json_object_new_object();

    put_story(o, rt, s);
    put_number(o, "asked", s->asked_s);
    if (s->ended_s != 0) {
        put_number(o, "ended", s->ended_s);
        put_end(o, rt, s, said);
    } else {
        json_object_object_add(o, "ended", NULL);
        json_object_object_add(o, "result", NULL);
    }
    return o;
}

static const struct story *nth_newest(const struct runtime *rt, unsigned n)
{
    return &rt->story[(rt->story_next + 2u * STORIES_MAX - 1u - n) % STORIES_MAX];
}

static void put_operations(struct json_object *o, const struct runtime *rt, const struct said *said)
{
    struct json_object *a = json_object_new_array();

    for (unsigned n = 0; n < STORIES_MAX; n++) {
        if (nth_newest(rt, n)->op != OP_NONE)
            json_object_array_add(a, operation(rt, nth_newest(rt, n), said));
    }
    json_object_object_add(o, "operations", a);
}

/* What went through this node's own tunnels since the agent began; of the others only rates are
 * known. */
static void put_totals(struct json_object *o, const struct runtime *rt)
{
    for (unsigned t = 0; rt->ipsec_seen.reachable && t < rt->conf->tunnels; t++) {
        const struct ipsec_tunnel_seen *seen = &rt->ipsec_seen.tunnel[t];
        struct json_object *tunnel = json_at(o, "tunnels", t);
        put_number(tunnel, "in-packets", seen->packets_in);
        put_number(tunnel, "out-packets", seen->packets_out);
        put_number(tunnel, "in-bytes", seen->bytes_in);
        put_number(tunnel, "out-bytes", seen->bytes_out);
    }
}

/* Who brought a node where it is: the operation it is in, or the last that moved it. */
static const struct story *story_of_node(const struct runtime *rt, uint32_t nodeid, op_t op)
{
    const struct story *s = runtime_story(rt, op);

    for (unsigned n = 0; s == NULL && n < STORIES_MAX; n++) {
        const struct story *t = nth_newest(rt, n);
        if (t->op != OP_NONE && t->target == nodeid && t->kind == ASK_DRAIN && t->ended_s != 0 &&
            t->end.end.result == RESULT_DONE && t->end.end.reason != REASON_DRY_RUN &&
            t->end.end.reason != REASON_ALREADY)
            s = t;
    }
    return s;
}

/* ---- nodes ---- */

static void put_tunnel(struct json_object *a, const struct runtime *rt, const struct info_tunnel *t)
{
    struct json_object *o = json_object_new_object();

    put_text(o, "name", t->name);
    put_yes(o, "sa", t->sa_up);
    put_yes(o, "session", t->session_up);
    put_prefixes(o, rt, "exported", t->exported);
    put_number(o, "routes-in", t->routes_in);
    put_number(o, "in-pps", t->in_pps);
    put_number(o, "out-pps", t->out_pps);
    put_number(o, "in-bps", t->in_bps);
    put_number(o, "out-bps", t->out_bps);
    json_object_array_add(a, o);
}

static void put_info(struct json_object *o, const struct runtime *rt, const struct info *info)
{
    struct json_object *tunnels = json_object_new_array(), *lans = json_object_new_array();

    for (unsigned t = 0; t < info->tunnels && t < TUNNELS_MAX; t++)
        put_tunnel(tunnels, rt, &info->tunnel[t]);
    for (unsigned l = 0; l < info->lans && l < LANS_MAX; l++) {
        struct json_object *lan = json_object_new_object();
        put_text(lan, "name", info->lan[l].name);
        put_yes(lan, "session", info->lan[l].session_up);
        put_number(lan, "routes-out", info->lan[l].routes_out);
        json_object_array_add(lans, lan);
    }
    put_text(o, "version", info->version);
    json_object_object_add(o, "tunnels", tunnels);
    json_object_object_add(o, "lans", lans);
}

static void put_sick(struct json_object *o, unsigned sick)
{
    static const struct {
        unsigned bit;
        const char *name;
    } organs[] = {{SICK_ROUTER, "router"},
                  {SICK_IPSEC, "ipsec"},
                  {SICK_STORE, "store"},
                  {SICK_TRACK, "track"}};
    struct json_object *a = json_object_new_array();

    for (unsigned i = 0; i < sizeof(organs) / sizeof(organs[0]); i++) {
        if (sick & organs[i].bit)
            json_object_array_add(a, json_object_new_string(organs[i].name));
    }
    json_object_object_add(o, "sick", a);
}

/* All tracks that are down, in one sentence. */
static void put_tracks_why(struct json_object *a, const struct runtime *rt)
{
    char text[SENTENCE_MAX] = "";
    size_t at = 0;

    for (unsigned i = 0; i < rt->conf->tracks && at < sizeof(text); i++) {
        if (rt->tracks_seen.track[i].state == RISE_DOWN)
            at +=
                (size_t)snprintf(text + at, sizeof(text) - at, "%strack %s: %s", at > 0 ? "; " : "",
                                 rt->conf->track[i].name, rt->tracks_seen.track[i].why);
    }
    if (at > 0)
        json_object_array_add(a, json_object_new_string(text));
}

/* Of this node's own tunnels, whether the other end answers, where that is asked. */
static void put_passing(struct json_object *o, const struct runtime *rt)
{
    for (unsigned t = 0; t < rt->conf->tunnels; t++) {
        const struct track_seen *seen = &rt->tracks_seen.tunnel[t];
        if (seen->state != RISE_UNKNOWN)
            put_yes(json_at(o, "tunnels", t), "passing", seen->state == RISE_UP);
    }
}

static void put_sick_why(struct json_object *o, const struct runtime *rt)
{
    struct json_object *a = json_object_new_array();

    if (rt->router_read && !rt->router_seen.reachable)
        json_object_array_add(a, json_object_new_string(rt->router_seen.why));
    if (rt->ipsec_read && !rt->ipsec_seen.reachable)
        json_object_array_add(a, json_object_new_string(rt->ipsec_seen.why));
    if (rt->store_sick)
        json_object_array_add(
            a, json_object_new_string("the intent could not be written; see journalctl -u cgwhad"));
    put_tracks_why(a, rt);
    if (rt->vrrp_sick)
        json_object_array_add(a, json_object_new_string("the level could not be written for "
                                                        "keepalived; see journalctl -u cgwhad"));
    json_object_object_add(o, "sick-why", a);
}

static const char *agent_state(const struct runtime *rt, unsigned n)
{
    unsigned bit = 1u << n;

    if (n == rt->nodes.self || (rt->view.members & bit))
        return "member";
    if (rt->view.id == 0)
        return "unseen"; /* without corosync nothing is known of it */
    if (!(rt->view.ring & bit))
        return "node-lost";
    return rt->record[n].digest != 0 ? "lost" : "unseen";
}

static void put_record(struct json_object *o, const struct runtime *rt, unsigned n,
                       const struct record *r)
{
    char text[SENTENCE_MAX];

    put_text(o, "phase", phase_name(r->phase));
    put_text(o, "level", level_name(r->level));
    put_text(o, "target", level_name(r->target));
    put_text(o, "intent", intent_name(r->intent));
    put_yes(o, "pending",
            r->intent == INTENT_MAINTENANCE &&
                (r->phase <= PHASE_SETTLING || r->phase == PHASE_CONNECTING ||
                 r->phase == PHASE_SOAKING));
    put_text(o, "reason", reason_name(r->reason));
    put_text(o, "text", sentence_node(rt, n, r, text));
    put_op(o, rt, "op", r->op);
    put_prefixes(o, rt, "covers", r->covers);
    put_sick(o, r->sick);
    put_yes(o, "same-prefixes", r->digest == rt->engine.digest);
}

static struct json_object *node(const struct runtime *rt, unsigned n)
{
    bool self = n == rt->nodes.self;
    struct json_object *o = json_object_new_object();
    struct record r = self ? engine_record(&rt->engine) : rt->record[n];
    const struct story *s = story_of_node(rt, rt->nodes.id[n], r.op);
    bool out = r.intent == INTENT_MAINTENANCE || r.op != OP_NONE;
    struct info own;

    put_text(o, "name", rt->nodes.name[n]);
    put_number(o, "id", rt->nodes.id[n]);
    put_yes(o, "self", self);
    put_text(o, "agent", agent_state(rt, n));
    put_number(o, "since", rt->since_s[n]);
    if (!self && r.digest == 0)
        return o; /* it has never spoken: nothing more is known */
    put_record(o, rt, n, &r);
    if (out && (s == NULL || s->by_itself)) {
        /* What the node has saved: also when this agent was not there, and when the node has
         * drained again by itself. */
        put_text(o, "user", self ? rt->saved.user : rt->info[n].user);
        put_text(o, "why", self ? rt->saved.why : rt->info[n].why);
    } else {
        put_text(o, "user", s != NULL && out ? s->user : "");
        put_text(o, "why", s != NULL && out ? s->why : "");
    }
    if (self) {
        put_sick_why(o, rt);
        make_info(rt, &own);
        put_info(o, rt, &own);
        put_totals(o, rt);
        put_passing(o, rt);
    } else {
        put_number(o, "heard", rt->info_s[n]);
        put_info(o, rt, &rt->info[n]);
    }
    return o;
}

/* ---- the pair ---- */

/* What node n covers, as far as anybody can vouch for it: it is here and has said so. */
uint64_t report_covers(const struct runtime *rt, unsigned n)
{
    const struct engine *e = &rt->engine;

    if (n == rt->nodes.self)
        return e->seen.covers & e->prefixes;
    return e->known & (1u << n) ? engine_believed(e, n) : 0;
}

static void put_promise(struct json_object *o, const struct runtime *rt)
{
    const struct prefix_list *list = &rt->conf->router.prefixes;
    struct json_object *promise = json_object_new_object(), *a = json_object_new_array();
    bool holds = true;
    char text[PREFIX_TEXT];

    for (unsigned i = 0; i < list->count; i++) {
        struct json_object *p = json_object_new_object();
        unsigned by = 0;
        for (unsigned n = 0; n < rt->nodes.count; n++) {
            if (report_covers(rt, n) & (UINT64_C(1) << i))
                by |= 1u << n;
        }
        holds = holds && by != 0;
        put_text(p, "prefix", prefix_text(&list->item[i], text));
        put_nodes(p, rt, "covered-by", by);
        json_object_array_add(a, p);
    }
    put_yes(promise, "holds", holds);
    json_object_object_add(promise, "prefixes", a);
    json_object_object_add(o, "promise", promise);
}

static void put_view(struct json_object *o, const struct runtime *rt)
{
    struct json_object *view = json_object_new_object();
    unsigned me = 1u << rt->nodes.self;
    unsigned members = rt->view.members | me;

    put_yes(view, "alone", members == me && rt->nodes.count > 1);
    put_text(view, "why", rt->view.id == 0 ? rt->view.why : "");
    put_yes(view, "quorate", rt->view.quorate);
    put_nodes(view, rt, "members", members);
    put_nodes(view, rt, "ring", rt->view.ring | me);
    json_object_object_add(o, "view", view);
}

static void put_lock(struct json_object *o, const struct runtime *rt)
{
    const struct engine *e = &rt->engine;
    const struct story *s = runtime_story(rt, e->lock);
    struct json_object *lock;

    if (e->lock == OP_NONE) {
        json_object_object_add(o, "lock", NULL);
        return;
    }
    lock = json_object_new_object();
    put_op(lock, rt, "op", e->lock);
    put_text(lock, "node", rt->nodes.name[e->lock_node]);
    put_text(lock, "kind", ask_name(s != NULL ? s->kind : (unsigned)ASK_DRAIN));
    put_text(lock, "user", s != NULL ? s->user : "cgwhad");
    put_text(lock, "why", s != NULL ? s->why : "");
    put_number(lock, "since", s != NULL ? s->asked_s : 0);
    json_object_object_add(o, "lock", lock);
}

/* What was counted since this agent began, for those who watch over months. */
static void put_counts(struct json_object *o, const struct runtime *rt)
{
    struct json_object *counts = json_object_new_object(), *told = json_object_new_object();
    struct json_object *ended = json_object_new_object();

    put_number(counts, "since", rt->counts.since_s);
    for (unsigned t = 0; t < TOLDS; t++)
        put_number(told, told_name(t), rt->counts.told[t]);
    for (unsigned k = 0; k < ASKS; k++) {
        struct json_object *kind = json_object_new_object();
        for (unsigned r = 0; r < RESULTS; r++)
            put_number(kind, result_name(r), rt->counts.ended[k][r]);
        json_object_object_add(ended, ask_name(k), kind);
    }
    json_object_object_add(counts, "events", told);
    json_object_object_add(counts, "ended", ended);
    json_object_object_add(o, "counts", counts);
}

/* What the waiting command needs to say how far it is. */
static void put_settings(struct json_object *o, const struct runtime *rt)
{
    struct json_object *settings = json_object_new_object();

    put_number(settings, "settle-pps", rt->conf->settle_pps);
    put_number(settings, "settle-ms", rt->conf->settle_ms);
    put_number(settings, "soak-ms", rt->conf->soak_ms);
    json_object_object_add(o, "settings", settings);
}

struct json_object *report_status(const struct runtime *rt, const struct said *said)
{
    struct json_object *o = json_object_new_object(), *nodes = json_object_new_array();

    put_number(o, "api", API_VERSION);
    put_text(o, "version", CGWHA_VERSION);
    put_text(o, "self", rt->nodes.name[rt->nodes.self]);
    put_number(o, "time", rt->ports->wall_s(rt->ctx));
    put_view(o, rt);
    put_lock(o, rt);
    put_promise(o, rt);
    for (unsigned n = 0; n < rt->nodes.count; n++)
        json_object_array_add(nodes, node(rt, n));
    json_object_object_add(o, "nodes", nodes);
    put_counts(o, rt);
    put_settings(o, rt);
    put_operations(o, rt, said);
    if (strlen(json_object_to_json_string_ext(o, REPORT_FORMAT)) > REPORT_MAX) {
        json_object_object_add(o, "operations", json_object_new_array());
        put_yes(o, "cut", true);
    }
    return o;
}

struct json_object *report_told(const struct runtime *rt, const struct told *told)
{
    struct json_object *o = json_object_new_object();
    char text[SENTENCE_MAX];

    put_number(o, "api", API_VERSION);
    put_text(o, "event", told_name(told->type));
    put_number(o, "time", rt->ports->wall_s(rt->ctx));
    put_text(o, "node", told->node < rt->nodes.count ? rt->nodes.name[told->node] : "");
    put_op(o, rt, "op", told->op);
    if (told->type == TOLD_PHASE || told->type == TOLD_PEER || told->type == TOLD_IMPOSSIBLE) {
        put_text(o, "from", phase_name(told->from));
        put_text(o, "to", phase_name(told->to));
        put_text(o, "reason", reason_name(told->reason));
        put_text(o, "does", sentence_phase(rt, told->node, told->to, told->reason, text));
    } else if (told->type == TOLD_LEVEL) {
        put_text(o, "level", level_name(told->to < LEVELS ? told->to : rt->engine.level));
    } else if (told->type == TOLD_VIEW) {
        put_nodes(o, rt, "members", rt->view.members | (1u << rt->nodes.self));
    } else if (told->story != NULL) {
        put_story(o, rt, told->story);
    }
    put_text(o, "text", sentence_told(rt, told, text));
    if (told->type == TOLD_ENDED && told->story != NULL)
        put_end(o, rt, told->story, NULL); /* its own text, and the advice apart from it */
    return o;
}

struct json_object *report_error(const char *sentence)
{
    struct json_object *o = json_object_new_object();

    put_number(o, "api", API_VERSION);
    put_text(o, "error", sentence);
    return o;
}
