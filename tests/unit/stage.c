/* A runtime with two nodes, built by hand. */
#include "tests/unit/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static uint64_t stage_now_ns(void *ctx)
{
    (void)ctx;
    return UINT64_C(1000000000);
}

static uint64_t stage_wall_s(void *ctx)
{
    (void)ctx;
    return STAGE_NOW;
}

static void stage_told(void *ctx, const struct told *told)
{
    (void)ctx;
    (void)told;
}

static const struct runtime_ports stage_ports = {
    .now_ns = stage_now_ns, .wall_s = stage_wall_s, .told = stage_told};

static bool stage_send(void *self, const struct message *message)
{
    struct stage *s = self;

    s->sent = *message;
    s->sends++;
    return true;
}

static void stage_destroy(void *self)
{
    (void)self;
}

static const struct cluster_ops stage_cluster = {.send = stage_send, .destroy = stage_destroy};

static void set_conf(struct conf *c)
{
    struct prefix p;
    char err[ERR_MAX];

    assert_true(prefix_parse("10.20.0.0/16", &p, err));
    assert_true(prefix_list_add(&c->router.prefixes, &p, err));
    assert_true(prefix_parse("10.21.0.0/16", &p, err));
    assert_true(prefix_list_add(&c->router.prefixes, &p, err));
    c->tunnels = 2;
    c->lans = 1;
    strlcpy(c->tunnel_name[0], "tun11", NAME_MAX_LEN);
    strlcpy(c->tunnel_name[1], "tun12", NAME_MAX_LEN);
    strlcpy(c->lan_name[0], "lan", NAME_MAX_LEN);
    strlcpy(c->state_dir, "/var/lib/cgwha", PATH_LEN);
    c->settle_ms = 2000;
    c->settle_pps = 20;
    c->soak_ms = 30000;
}

static void set_own(struct runtime *rt)
{
    rt->router_seen.reachable = rt->ipsec_seen.reachable = true;
    rt->router_read = rt->ipsec_read = true;
    for (unsigned t = 0; t < 3; t++) {
        rt->router_seen.session[t].established = true;
        rt->router_seen.session[t].exported = 3;
        rt->router_seen.session[t].routes_in = 1;
        rt->router_seen.session[t].routes_out = 1;
        rt->ipsec_seen.tunnel[t].installed = true;
    }
    rt->ipsec_seen.tunnel[0].packets_in = 123456;
    rt->ipsec_seen.tunnel[0].packets_out = 120000;
    rt->ipsec_seen.tunnel[0].bytes_in = UINT64_C(5000000000); /* more than 32 bits hold */
    rt->ipsec_seen.tunnel[0].bytes_out = 150000000;
    rt->rate[0] = (struct rate){.in_pps = 1000, .out_pps = 990, .in_bps = 1200000, .out_bps = 0};
    rt->since_s[0] = rt->counts.since_s = STAGE_NOW - 100000;
    rt->counts.told[TOLD_VIEW] = 2;
    rt->counts.ended[ASK_DRAIN][RESULT_REFUSED] = 3;
}

static void set_other(struct runtime *rt)
{
    struct info *info = &rt->info[1];

    rt->record[1] = (struct record){.covers = 3,
                                    .digest = rt->engine.digest,
                                    .phase = PHASE_IN_SERVICE,
                                    .level = LEVEL_NORMAL,
                                    .target = LEVEL_NORMAL,
                                    .reason = REASON_SOAKED,
                                    .tunnels = 2,
                                    .tunnels_up = 3,
                                    .sessions_up = 3};
    rt->engine.rec[1] = rt->record[1];
    info->since = rt->since_s[1] = STAGE_NOW - 250;
    rt->info_s[1] = STAGE_NOW - 1;
    info->tunnels = 2;
    info->lans = 1;
    strlcpy(info->version, CGWHA_VERSION, NAME_MAX_LEN);
    strlcpy(info->lan[0].name, "lan", NAME_MAX_LEN);
    info->lan[0].session_up = 1;
    for (unsigned t = 0; t < 2; t++) {
        strlcpy(info->tunnel[t].name, t == 0 ? "tun21" : "tun22", NAME_MAX_LEN);
        info->tunnel[t].sa_up = info->tunnel[t].session_up = 1;
        info->tunnel[t].exported = 3;
    }
}

void stage_set(struct stage *s)
{
    struct cluster_nodes nodes = {.count = 2, .self = 0, .id = {STAGE_GW1, STAGE_GW2}};
    struct saved saved = {.since = STAGE_NOW - 100000};
    struct engine *e = &s->rt.engine;

    memset(s, 0, sizeof(*s));
    set_conf(&s->conf);
    strlcpy(nodes.name[0], "gw1", NAME_MAX_LEN);
    strlcpy(nodes.name[1], "gw2", NAME_MAX_LEN);
    runtime_init(&s->rt, &s->conf, &nodes, &saved, 1, &stage_ports, s);
    s->rt.cluster = (struct cluster){.ops = &stage_cluster, .self = s};
    s->rt.started = true;
    s->rt.view = (struct cluster_view){.id = 9, .members = 3, .ring = 3, .quorate = true};
    e->nodes = 2;
    e->id[0] = STAGE_GW1;
    e->id[1] = STAGE_GW2;
    e->prefixes = 3;
    e->digest = 77;
    e->serial = 1;
    e->phase = PHASE_IN_SERVICE;
    e->reason = REASON_SOAKED;
    e->level = e->level_asked = LEVEL_NORMAL;
    e->members = e->ring = e->known = 3;
    e->viewed = 1;
    e->tunnels = 2;
    e->seen = (struct observation){
        .covers = 3, .tunnels_up = 3, .sessions_up = 3, .level = LEVEL_NORMAL, .routes = true};
    set_own(&s->rt);
    set_other(&s->rt);
}

struct story *stage_story(struct stage *s, op_t op, enum ask kind, uint32_t target)
{
    struct story *story = &s->rt.story[s->rt.story_next];

    s->rt.story_next = (uint8_t)((s->rt.story_next + 1u) % STORIES_MAX);
    memset(story, 0, sizeof(*story));
    story->op = op;
    story->kind = (uint8_t)kind;
    story->target = target;
    story->asked_s = STAGE_NOW - 12;
    strlcpy(story->user, "root", USER_LEN);
    strlcpy(story->why, "kernel", WHY_LEN);
    return story;
}

void stage_end(struct story *story, enum result result, enum reason reason)
{
    story->ended_s = STAGE_NOW - 2;
    story->end.type = MESSAGE_END;
    story->end.end.op = story->op;
    story->end.end.target = story->target;
    story->end.end.result = (uint8_t)result;
    story->end.end.reason = (uint8_t)reason;
}
