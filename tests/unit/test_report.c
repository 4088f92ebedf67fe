/* The status and the events as JSON: whole statuses against files, from which the table's own test
 * then draws its tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/inner.h"
#include "agent/json_read.h"
#include "agent/report.h"
#include "tests/unit/golden.h"
#include "tests/unit/stage.h"

#define OP1 OP(STAGE_GW1, 1001)
#define OP2 OP(STAGE_GW2, 7)

static const struct said nothing_said;

/* The version of the day is no matter of these files. */
static void no_version(struct json_object *status)
{
    json_object_object_add(status, "version", json_object_new_string("1.2.3"));
    for (size_t i = 0; i < json_count(status, "nodes"); i++) {
        struct json_object *node = json_at(status, "nodes", i);
        if (strcmp(json_text(node, "version"), CGWHA_VERSION) == 0)
            json_object_object_add(node, "version", json_object_new_string("1.2.3"));
    }
}

static void compare(const struct stage *s, const char *name)
{
    struct json_object *status = report_status(&s->rt, &nothing_said);
    char file[64], text[65536];

    no_version(status);
    snprintf(file, sizeof(file), "cli/%s.json", name);
    snprintf(text, sizeof(text), "%s\n",
             json_object_to_json_string_ext(status, JSON_C_TO_STRING_PRETTY |
                                                        JSON_C_TO_STRING_SPACED |
                                                        JSON_C_TO_STRING_NOSLASHESCAPE));
    golden_compare(file, text);
    json_object_put(status);
}

static void in_service(void **state)
{
    struct stage s;

    (void)state;
    stage_set(&s);
    compare(&s, "in-service");
}

/* The other is drained, for a reason. */
static void drained(void **state)
{
    struct stage s;

    (void)state;
    stage_set(&s);
    stage_end(stage_story(&s, OP1, ASK_DRAIN, STAGE_GW2), RESULT_DONE, REASON_NONE);
    s.rt.record[1].phase = PHASE_DRAINED;
    s.rt.record[1].intent = INTENT_MAINTENANCE;
    s.rt.record[1].level = s.rt.record[1].target = LEVEL_WITHDRAWN;
    s.rt.record[1].reason = REASON_NONE;
    s.rt.record[1].covers = 0;
    s.rt.record[1].tunnels_up = s.rt.record[1].sessions_up = 0;
    memset(s.rt.info[1].tunnel[0].name + NAME_MAX_LEN, 0,
           sizeof(struct info_tunnel) - NAME_MAX_LEN);
    memset(s.rt.info[1].tunnel[1].name + NAME_MAX_LEN, 0,
           sizeof(struct info_tunnel) - NAME_MAX_LEN);
    s.rt.engine.rec[1] = s.rt.record[1];
    s.rt.engine.level = LEVEL_HIGH;
    compare(&s, "drained");
}

/* This one leaves, and waits for its traffic to move. */
static void settling(void **state)
{
    struct stage s;

    (void)state;
    stage_set(&s);
    stage_story(&s, OP2, ASK_DRAIN, STAGE_GW1);
    s.rt.engine.op = s.rt.engine.lock = OP2;
    s.rt.engine.lock_node = 0;
    s.rt.engine.phase = PHASE_SETTLING;
    s.rt.engine.reason = REASON_NONE;
    s.rt.engine.level = LEVEL_LOW;
    s.rt.since_s[0] = STAGE_NOW - 3;
    s.rt.record[1].level = s.rt.record[1].target = LEVEL_HIGH;
    s.rt.engine.rec[1] = s.rt.record[1];
    compare(&s, "settling");
}

/* A refusal is the last that happened, and why can still be seen. */
static void refused(void **state)
{
    struct story *story;
    struct stage s;

    (void)state;
    stage_set(&s);
    story = stage_story(&s, OP1, ASK_DRAIN, STAGE_GW1);
    stage_end(story, RESULT_REFUSED, REASON_NOT_REDUNDANT);
    story->end.end.node = STAGE_GW2;
    story->end.end.phase = PHASE_GUARDING;
    story->end.end.tunnels = story->end.end.sessions = 1;
    s.rt.engine.reason = REASON_NOT_REDUNDANT;
    s.rt.since_s[0] = STAGE_NOW - 2;
    s.rt.record[1].tunnels_up = s.rt.record[1].sessions_up = 2;
    s.rt.info[1].tunnel[0].sa_up = s.rt.info[1].tunnel[0].session_up = 0;
    s.rt.info[1].tunnel[0].exported = 0;
    compare(&s, "refused");
}

static void agent_lost(void **state)
{
    struct stage s;

    (void)state;
    stage_set(&s);
    s.rt.view.members = s.rt.engine.members = s.rt.engine.known = 1;
    s.rt.engine.level = LEVEL_HIGH;
    s.rt.info_s[1] = STAGE_NOW - 500;
    compare(&s, "agent-lost");
}

/* No corosync, the other never seen, and one prefix not advertised: the promise is not known to
 * hold. */
static void alone(void **state)
{
    struct stage s;

    (void)state;
    stage_set(&s);
    s.rt.view = (struct cluster_view){.members = 1, .ring = 1};
    strlcpy(s.rt.view.why, "corosync does not answer (is it running?)", ERR_MAX);
    memset(&s.rt.record[1], 0, sizeof(s.rt.record[1]));
    s.rt.since_s[1] = 0;
    s.rt.engine.members = s.rt.engine.known = s.rt.engine.ring = 1;
    s.rt.engine.level = LEVEL_HIGH;
    s.rt.engine.seen.covers = 1;
    for (unsigned t = 0; t < 2; t++)
        s.rt.router_seen.session[t].exported = 1;
    compare(&s, "alone");
}

/* Both can be asked, and neither advertises one of the prefixes. */
static void broken(void **state)
{
    struct stage s;

    (void)state;
    stage_set(&s);
    s.rt.engine.seen.covers = s.rt.record[1].covers = 2;
    s.rt.engine.rec[1] = s.rt.record[1];
    for (unsigned t = 0; t < 2; t++)
        s.rt.router_seen.session[t].exported = s.rt.info[1].tunnel[t].exported = 2;
    compare(&s, "broken");
}

/* Its charon and its disk cannot be read; the other has another list, another release, no LAN. */
static void sick(void **state)
{
    struct stage s;

    (void)state;
    stage_set(&s);
    s.rt.engine.seen.sick = SICK_IPSEC | SICK_STORE;
    s.rt.engine.seen.covers = 0;
    s.rt.engine.seen.tunnels_up = s.rt.engine.seen.sessions_up = 0;
    s.rt.ipsec_seen = (struct ipsec_seen){.reachable = false};
    strlcpy(s.rt.ipsec_seen.why, "charon does not listen on /var/run/charon.vici", ERR_MAX);
    s.rt.store_sick = true;
    s.rt.vrrp_sick = true;
    s.rt.record[1].digest = 99;
    s.rt.engine.rec[1] = s.rt.record[1];
    strlcpy(s.rt.info[1].version, "0.0.1", NAME_MAX_LEN);
    s.rt.info[1].lan[0].session_up = 0;
    compare(&s, "sick");
}

/* Its LAN does not answer, so it stands aside; the other is the better path. */
static void unfit(void **state)
{
    struct stage s;

    (void)state;
    stage_set(&s);
    s.conf.tracks = 1;
    strlcpy(s.conf.track[0].name, "inside", NAME_MAX_LEN);
    s.rt.tracks_seen.track[0].state = RISE_DOWN;
    strlcpy(s.rt.tracks_seen.track[0].why, "no answer from 10.20.0.10", ERR_MAX);
    s.rt.tracks_seen.tunnel[0].state = RISE_UP;
    s.rt.tracks_seen.tunnel[1].state = RISE_DOWN;
    s.rt.engine.seen.sick = SICK_TRACK;
    s.rt.engine.phase = PHASE_UNFIT;
    s.rt.engine.reason = REASON_UNFIT;
    s.rt.engine.level = LEVEL_LOW;
    s.rt.record[1].level = s.rt.record[1].target = LEVEL_HIGH;
    s.rt.engine.rec[1] = s.rt.record[1];
    compare(&s, "unfit");
}

static void safety_net(void **state)
{
    struct stage s;

    (void)state;
    stage_set(&s);
    s.rt.saved.intent = s.rt.engine.intent = INTENT_MAINTENANCE;
    strlcpy(s.rt.saved.user, "anna", USER_LEN);
    strlcpy(s.rt.saved.why, "disk", WHY_LEN);
    s.rt.engine.phase = PHASE_SAFETY_NET;
    s.rt.engine.reason = REASON_NO_COVERER;
    s.rt.engine.level = LEVEL_LOW;
    s.rt.engine.told_out = 1;
    s.rt.view.members = s.rt.view.ring = s.rt.engine.members = s.rt.engine.known = 1;
    compare(&s, "safety-net");
}

/* ---- events ---- */

static void an_end_says_all(void **state)
{
    struct told told = {.type = TOLD_ENDED, .node = 0, .op = OP1};
    struct json_object *o;
    struct story *story;
    struct stage s;

    (void)state;
    stage_set(&s);
    stage_story(&s, OP2, ASK_DRAIN, STAGE_GW2);
    story = stage_story(&s, OP1, ASK_DRAIN, STAGE_GW1);
    stage_end(story, RESULT_REFUSED, REASON_NOT_COVERED);
    story->end.end.node = STAGE_GW2;
    story->end.end.phase = PHASE_GUARDING;
    story->end.end.prefixes = 2;
    story->end.end.tunnels = 1;
    story->end.end.sessions = 3;
    story->end.end.holder = OP2;
    told.story = story;
    o = report_told(&s.rt, &told);
    assert_int_equal(json_number(o, "api"), 1);
    assert_string_equal(json_text(o, "event"), "ended");
    assert_int_equal(json_number(o, "time"), STAGE_NOW);
    assert_string_equal(json_text(o, "op"), "gw1:1001");
    assert_string_equal(json_text(o, "kind"), "drain");
    assert_string_equal(json_text(o, "node"), "gw1");
    assert_string_equal(json_text(o, "user"), "root");
    assert_string_equal(json_text(o, "why"), "kernel");
    assert_string_equal(json_text(o, "result"), "refused");
    assert_string_equal(json_text(o, "reason"), "not-covered");
    assert_string_equal(json_text(o, "phase"), "guarding");
    assert_string_equal(json_text(o, "at"), "gw2");
    assert_string_equal(json_text(o, "holder"), "gw2:7");
    assert_string_equal(json_text_at(o, "prefixes", 0), "10.21.0.0/16");
    assert_string_equal(json_text_at(o, "tunnels", 0), "tun21");
    assert_int_equal(json_count(o, "tunnels"), 1);
    assert_string_equal(json_text_at(o, "sessions", 1), "tun22");
    assert_non_null(strstr(json_text(o, "text"), "gw2 does not cover 10.21.0.0/16"));
    assert_non_null(strstr(json_text(o, "advice"), "On gw2"));
    json_object_put(o);
}

static void phases_views_and_levels(void **state)
{
    struct told told = {.type = TOLD_PEER,
                        .node = 1,
                        .from = PHASE_IN_SERVICE,
                        .to = PHASE_GUARDING,
                        .reason = REASON_NONE,
                        .op = OP2};
    struct json_object *o;
    struct stage s;

    (void)state;
    stage_set(&s);
    o = report_told(&s.rt, &told);
    assert_string_equal(json_text(o, "event"), "peer");
    assert_string_equal(json_text(o, "node"), "gw2");
    assert_string_equal(json_text(o, "from"), "in-service");
    assert_string_equal(json_text(o, "to"), "guarding");
    assert_string_equal(json_text(o, "does"), "waits for the promise of gw1");
    assert_string_equal(json_text(o, "text"), "gw2 -> guarding: waits for the promise of gw1");
    json_object_put(o);

    told = (struct told){.type = TOLD_VIEW};
    s.rt.view.members = 1;
    o = report_told(&s.rt, &told);
    assert_int_equal(json_count(o, "members"), 1);
    assert_string_equal(json_text_at(o, "members", 0), "gw1");
    json_object_put(o);

    told = (struct told){.type = TOLD_LEVEL};
    strlcpy(told.text, "level high is in force", ERR_MAX);
    o = report_told(&s.rt, &told);
    assert_string_equal(json_text(o, "text"), "gw1: level high is in force");
    assert_null(json_member(o, "op"));
    json_object_put(o);
}

/* Ends and events are counted, each once; a dry run has ended nothing. */
static void what_ends_is_counted(void **state)
{
    struct message m = {.type = MESSAGE_END, .end.op = OP1, .end.target = STAGE_GW1};
    struct stage s;

    (void)state;
    stage_set(&s);
    memset(&s.rt.counts, 0, sizeof(s.rt.counts));
    stage_story(&s, OP1, ASK_UNDRAIN, STAGE_GW1);
    stage_story(&s, OP2, ASK_DRAIN, STAGE_GW1)->flags = ASK_FLAG_DRY_RUN;
    m.end.result = RESULT_ROLLED_BACK;
    show_ended(&s.rt, &m);
    show_ended(&s.rt, &m);
    m.end.op = OP2;
    show_ended(&s.rt, &m);
    show_view(&s.rt);
    assert_int_equal(s.rt.counts.ended[ASK_UNDRAIN][RESULT_ROLLED_BACK], 1);
    assert_int_equal(s.rt.counts.ended[ASK_DRAIN][RESULT_ROLLED_BACK], 0);
    assert_int_equal(s.rt.counts.told[TOLD_ENDED], 2);
    assert_int_equal(s.rt.counts.told[TOLD_VIEW], 1);
}

/* What was said of an end stays so, whatever becomes of the nodes. */
static void an_end_stays_as_it_was_said(void **state)
{
    struct said said = {.next = 0};
    struct json_object *o;
    struct story *story;
    struct stage s;

    (void)state;
    stage_set(&s);
    story = stage_story(&s, OP1, ASK_DRAIN, STAGE_GW1);
    stage_end(story, RESULT_REFUSED, REASON_NOT_IN_SERVICE);
    story->end.end.node = STAGE_GW2;
    s.rt.record[1].phase = PHASE_DRAINED;
    said_keep(&said, &s.rt, story);
    s.rt.record[1].phase = PHASE_IN_SERVICE;
    o = report_status(&s.rt, &said);
    assert_string_equal(json_text(json_at(o, "operations", 0), "text"),
                        "gw1 was not drained: gw2 is drained, so it cannot take over.");
    assert_non_null(strstr(json_text(json_at(o, "operations", 0), "advice"), "undrain gw2"));
    json_object_put(o);
    for (unsigned i = 1; i <= STORIES_MAX; i++) {
        story->op = OP1 + i;
        said_keep(&said, &s.rt, story);
    }
    assert_null(said_find(&said, OP1));
    assert_non_null(said_find(&said, OP1 + STORIES_MAX));
    assert_null(said_find(&nothing_said, OP_NONE));
}

/* The largest status there can be still fits into one answer. */
static void the_largest_fits(void **state)
{
    char prefix[64], err[ERR_MAX];
    struct json_object *o;
    struct stage s;
    struct prefix p;

    (void)state;
    stage_set(&s);
    memset(&s.conf.router.prefixes, 0, sizeof(s.conf.router.prefixes));
    for (unsigned i = 0; i < PREFIXES_MAX; i++) {
        snprintf(prefix, sizeof(prefix), "fd00:1111:2222:3333:4444:5555:6666:%x/128", 0x1000 + i);
        assert_true(prefix_parse(prefix, &p, err));
        assert_true(prefix_list_add(&s.conf.router.prefixes, &p, err));
    }
    s.conf.tunnels = TUNNELS_MAX;
    s.conf.lans = LANS_MAX;
    s.rt.nodes.count = NODES_MAX;
    s.rt.engine.prefixes = UINT64_MAX;
    for (unsigned n = 0; n < NODES_MAX; n++) {
        memset(s.rt.nodes.name[n], 'a' + (int)n, NAME_MAX_LEN - 1);
        s.rt.record[n] = s.rt.record[1];
        s.rt.record[n].covers = UINT64_MAX;
        s.rt.engine.rec[n] = s.rt.record[n];
        s.rt.info[n].tunnels = TUNNELS_MAX;
        for (unsigned t = 0; t < TUNNELS_MAX; t++) {
            memset(s.rt.info[n].tunnel[t].name, 't', NAME_MAX_LEN - 1);
            s.rt.info[n].tunnel[t].exported = UINT64_MAX;
            s.rt.router_seen.session[t].exported = UINT64_MAX;
        }
    }
    s.rt.view.members = s.rt.engine.members = s.rt.engine.known = 0xff;
    for (unsigned i = 0; i < STORIES_MAX; i++) {
        struct story *story = stage_story(&s, OP1 + i, ASK_DRAIN, STAGE_GW1);
        stage_end(story, RESULT_REFUSED, REASON_NOT_COVERED);
        story->end.end.node = STAGE_GW2;
        story->end.end.prefixes = UINT64_MAX;
        story->end.end.tunnels = story->end.end.sessions = 0xff;
        memset(story->why, 'w', WHY_LEN - 1);
    }
    o = report_status(&s.rt, &nothing_said);
    assert_true(strlen(json_object_to_json_string_ext(o, REPORT_FORMAT)) <= REPORT_MAX);
    assert_true(json_yes(o, "cut"));
    assert_int_equal(json_count(o, "nodes"), NODES_MAX);
    json_object_put(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_service),
        cmocka_unit_test(drained),
        cmocka_unit_test(settling),
        cmocka_unit_test(refused),
        cmocka_unit_test(agent_lost),
        cmocka_unit_test(alone),
        cmocka_unit_test(broken),
        cmocka_unit_test(sick),
        cmocka_unit_test(unfit),
        cmocka_unit_test(safety_net),
        cmocka_unit_test(an_end_says_all),
        cmocka_unit_test(phases_views_and_levels),
        cmocka_unit_test(what_ends_is_counted),
        cmocka_unit_test(an_end_stays_as_it_was_said),
        cmocka_unit_test(the_largest_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
