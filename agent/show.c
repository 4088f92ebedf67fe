/* What people see of the runtime: stories of operations, the other nodes' words, and what is told
 * to whoever watches. Nothing here changes what the node does. */
#include <stdio.h>
#include <string.h>

#include "agent/inner.h"

CGWHA_NAME_OF(told_name, TOLD_LIST, TOLDS)

int runtime_node_index(const struct runtime *rt, uint32_t nodeid)
{
    for (int n = 0; n < rt->nodes.count; n++) {
        if (rt->nodes.id[n] == nodeid)
            return n;
    }
    return -1;
}

const char *runtime_node_name(const struct runtime *rt, uint32_t nodeid)
{
    int n = runtime_node_index(rt, nodeid);

    return n >= 0 ? rt->nodes.name[n] : "an unknown node";
}

const char *runtime_op_text(const struct runtime *rt, op_t op, char out[NAME_MAX_LEN + 12])
{
    snprintf(out, NAME_MAX_LEN + 12, "%s:%u", runtime_node_name(rt, OP_NODE(op)), OP_SERIAL(op));
    return out;
}

static void tell(struct runtime *rt, const struct told *told)
{
    const struct story *s = told->story;

    rt->counts.told[told->type]++;
    if (told->type == TOLD_ENDED && s->kind < ASKS && s->end.end.result < RESULTS &&
        !(s->flags & ASK_FLAG_DRY_RUN))
        rt->counts.ended[s->kind][s->end.end.result]++;
    rt->ports->told(rt->ctx, told);
}

void show_text(struct runtime *rt, enum told_type type, op_t op, const char *text)
{
    struct told told = {.type = (uint8_t)type, .node = rt->nodes.self, .op = op};

    strlcpy(told.text, text, sizeof(told.text));
    tell(rt, &told);
}

void show_level(struct runtime *rt, op_t op, bool in_force, const char *text)
{
    struct told told = {.type = TOLD_LEVEL, .node = rt->nodes.self, .op = op};

    told.to = in_force ? rt->order_level : (uint8_t)LEVELS;
    strlcpy(told.text, text, sizeof(told.text));
    tell(rt, &told);
}

void show_effect_phase(struct runtime *rt, const struct effect *f)
{
    struct told told = {
        .type = f->type == EFFECT_PHASE ? TOLD_PHASE : TOLD_IMPOSSIBLE,
        .node = rt->nodes.self,
        .from = f->phase.from,
        .to = f->phase.to,
        .reason = f->phase.reason,
        .op = f->phase.op,
    };

    /* A restart of the agent is no change of what the node is: it keeps its date. */
    if (f->type == EFFECT_PHASE && f->phase.from != PHASE_STARTING)
        rt->since_s[rt->nodes.self] = rt->ports->wall_s(rt->ctx);
    snprintf(told.text, sizeof(told.text), "%s -> %s (%s)", phase_name(f->phase.from),
             phase_name(f->phase.to), reason_name(f->phase.reason));
    tell(rt, &told);
}

void show_view(struct runtime *rt)
{
    char text[ERR_MAX + 16]; /* told.text takes what fits */
    size_t at = 0;

    if (rt->view.id == 0) {
        snprintf(text, sizeof(text), "alone: %s", rt->view.why);
    } else {
        at = (size_t)snprintf(text, sizeof(text), "members:");
        for (unsigned n = 0; n < rt->nodes.count && at < sizeof(text); n++) {
            if (rt->view.members & (1u << n))
                at += (size_t)snprintf(text + at, sizeof(text) - at, " %s", rt->nodes.name[n]);
        }
    }
    show_text(rt, TOLD_VIEW, OP_NONE, text);
}

/* ---- stories ---- */

static struct story *story_of(struct runtime *rt, op_t op)
{
    for (unsigned i = 0; i < STORIES_MAX; i++) {
        if (op != OP_NONE && rt->story[i].op == op)
            return &rt->story[i];
    }
    return NULL;
}

const struct story *runtime_story(const struct runtime *rt, op_t op)
{
    for (unsigned i = 0; i < STORIES_MAX; i++) {
        if (op != OP_NONE && rt->story[i].op == op)
            return &rt->story[i];
    }
    return NULL;
}

static struct story *new_story(struct runtime *rt, op_t op, uint32_t target)
{
    struct story *story = &rt->story[rt->story_next];

    rt->story_next = (uint8_t)((rt->story_next + 1u) % STORIES_MAX);
    memset(story, 0, sizeof(*story));
    story->op = op;
    story->target = target;
    story->asked_s = rt->ports->wall_s(rt->ctx);
    return story;
}

static void tell_story(struct runtime *rt, enum told_type type, const struct story *story)
{
    int n = runtime_node_index(rt, story->target);
    struct told told = {
        .type = (uint8_t)type,
        .node = n >= 0 ? (uint8_t)n : rt->nodes.self,
        .op = story->op,
        .reason = type == TOLD_ENDED ? story->end.end.reason : REASON_NONE,
        .story = story,
    };

    snprintf(told.text, sizeof(told.text), "%s %s", ask_name(story->kind),
             type == TOLD_ENDED ? result_name(story->end.end.result) : "asked for");
    tell(rt, &told);
}

void show_asked(struct runtime *rt, const struct message *m)
{
    struct story *story = new_story(rt, m->ask.op, m->ask.target);

    story->kind = m->ask.kind;
    story->flags = m->ask.flags;
    strlcpy(story->user, m->ask.user, sizeof(story->user));
    strlcpy(story->why, m->ask.why, sizeof(story->why));
    tell_story(rt, TOLD_ASKED, story);
}

void show_ended(struct runtime *rt, const struct message *m)
{
    struct story *story = story_of(rt, m->end.op);

    if (story == NULL) { /* one that the node asked of itself: draining again after a safety net */
        story = new_story(rt, m->end.op, m->end.target);
        story->by_itself = true;
        strlcpy(story->user, "cgwhad", sizeof(story->user));
    }
    if (story->ended_s != 0)
        return; /* said twice over a change of view */
    story->ended_s = rt->ports->wall_s(rt->ctx);
    story->end = *m;
    tell_story(rt, TOLD_ENDED, story);
}

/* ---- what is tracked ---- */

static void show_track(struct runtime *rt, const char *what, const struct track_seen *before,
                       const struct track_seen *now)
{
    char text[ERR_MAX];

    /* What comes to be known as well is no news. */
    if (now->state == before->state || now->state == RISE_UNKNOWN ||
        (now->state == RISE_UP && before->state == RISE_UNKNOWN))
        return;
    if (now->state == RISE_UP)
        snprintf(text, sizeof(text), "%s is well again", what);
    else
        snprintf(text, sizeof(text), "%s is not well: %.180s", what, now->why);
    show_text(rt, TOLD_TRACK, OP_NONE, text);
}

void show_tracks(struct runtime *rt, const struct tracks_seen *seen)
{
    struct tracks_seen before = rt->tracks_seen;
    char what[NAME_MAX_LEN + 32];

    rt->tracks_seen = *seen;
    for (unsigned i = 0; i < rt->conf->tracks; i++) {
        snprintf(what, sizeof(what), "track %s", rt->conf->track[i].name);
        show_track(rt, what, &before.track[i], &seen->track[i]);
    }
    for (unsigned t = 0; t < rt->conf->tunnels; t++) {
        snprintf(what, sizeof(what), "the data path of tunnel %s", rt->conf->tunnel_name[t]);
        show_track(rt, what, &before.tunnel[t], &seen->tunnel[t]);
    }
}

/* ---- the other nodes ---- */

void show_record(struct runtime *rt, unsigned n, const struct record *r)
{
    struct record before = rt->record[n];
    struct told told = {
        .type = TOLD_PEER,
        .node = (uint8_t)n,
        .from = before.phase,
        .to = r->phase,
        .reason = r->reason,
        .op = r->op,
    };

    rt->record[n] = *r;
    if (n == rt->nodes.self || before.phase == r->phase)
        return;
    rt->since_s[n] = rt->ports->wall_s(rt->ctx);
    snprintf(told.text, sizeof(told.text), "%s -> %s (%s)", phase_name(before.phase),
             phase_name(r->phase), reason_name(r->reason));
    tell(rt, &told);
}

void show_info(struct runtime *rt, unsigned n, const struct info *info)
{
    rt->info[n] = *info;
    rt->info_s[n] = rt->ports->wall_s(rt->ctx);
    rt->since_s[n] = info->since;
}

void make_info(const struct runtime *rt, struct info *out)
{
    const struct conf *conf = rt->conf;

    memset(out, 0, sizeof(*out));
    out->since = rt->since_s[rt->nodes.self];
    out->tunnels = conf->tunnels;
    out->lans = conf->lans;
    strlcpy(out->version, CGWHA_VERSION, sizeof(out->version));
    strlcpy(out->user, rt->saved.user, sizeof(out->user));
    strlcpy(out->why, rt->saved.why, sizeof(out->why));
    for (unsigned t = 0; t < conf->tunnels; t++) {
        const struct router_session_seen *s = &rt->router_seen.session[t];
        struct info_tunnel *i = &out->tunnel[t];

        strlcpy(i->name, conf->tunnel_name[t], sizeof(i->name));
        i->sa_up = rt->ipsec_seen.reachable && rt->ipsec_seen.tunnel[t].installed;
        i->session_up = rt->router_seen.reachable && s->established;
        i->exported = s->exported;
        i->routes_in = s->routes_in;
        i->in_pps = rt->rate[t].in_pps;
        i->out_pps = rt->rate[t].out_pps;
        i->in_bps = rt->rate[t].in_bps;
        i->out_bps = rt->rate[t].out_bps;
    }
    for (unsigned l = 0; l < conf->lans; l++) {
        const struct router_session_seen *s = &rt->router_seen.session[conf->tunnels + l];

        strlcpy(out->lan[l].name, conf->lan_name[l], sizeof(out->lan[l].name));
        out->lan[l].session_up = rt->router_seen.reachable && s->established;
        out->lan[l].routes_out = s->routes_out;
    }
}
