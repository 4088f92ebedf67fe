/* The judges of `cgwha check`: facts in, findings out; and how findings are told. What the daemons
 * really say is found out in tests/lab/doctor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/check_corosync.h"
#include "agent/check_ipsec.h"
#include "agent/check_pair.h"
#include "agent/check_router.h"
#include "agent/json_read.h"
#include "tests/unit/golden.h"

static struct findings list;

static int begin(void **state)
{
    (void)state;
    memset(&list, 0, sizeof(list));
    return 0;
}

static unsigned times_found(enum finding_kind kind, const char *about)
{
    unsigned n = 0;

    for (unsigned i = 0; i < list.count; i++)
        n += list.item[i].kind == kind && strcmp(list.item[i].about, about) == 0;
    return n;
}

/* Exactly this one, and nothing else. */
static void assert_only(enum finding_kind kind, const char *about)
{
    for (unsigned i = 0; i < list.count; i++) {
        if (list.item[i].kind != kind)
            fail_msg("also found: %s: %s", finding_name(list.item[i].kind), list.item[i].what);
    }
    assert_int_equal(times_found(kind, about), 1);
    assert_int_equal(list.count, 1);
    begin(NULL);
}

static struct conf a_conf(void)
{
    struct conf c;
    struct prefix p;
    char err[ERR_MAX];

    memset(&c, 0, sizeof(c));
    assert_true(prefix_parse("10.20.0.0/16", &p, err));
    assert_true(prefix_list_add(&c.router.prefixes, &p, err));
    c.tunnels = c.ipsec.count = 2;
    c.lans = 1;
    c.freshen_horizon_s = 600;
    c.router.asn = 65000;
    c.router.count = 3;
    c.router.level[LEVEL_NORMAL].med = 100;
    c.router.session[2].lan = true;
    for (unsigned t = 0; t < 2; t++) {
        const char *name = t == 0 ? "tun11" : "tun12";
        strlcpy(c.tunnel_name[t], name, NAME_MAX_LEN);
        strlcpy(c.ipsec.tunnel[t].ike, name, NAME_MAX_LEN);
        strlcpy(c.ipsec.tunnel[t].child, t == 0 ? "tun11" : "child12", NAME_MAX_LEN);
        strlcpy(c.router.session[t].name, name, NAME_MAX_LEN);
    }
    strlcpy(c.router.session[2].name, "lan", NAME_MAX_LEN);
    return c;
}

/* ---- charon ---- */

static struct ipsec_facts good_ipsec(void)
{
    struct ipsec_facts f = {.overlay = false};

    for (unsigned t = 0; t < 2; t++)
        f.tunnel[t] = (struct conn_facts){.loaded = true,
                                          .dpd_delay_s = 10,
                                          .ike_rekey_s = 25200,
                                          .child_rekey_s = 3000,
                                          .dpd_action = "start",
                                          .close_action = "none",
                                          .local_ts = "0.0.0.0/0",
                                          .remote_ts = "0.0.0.0/0"};
    return f;
}

static void judges_connections(void **state)
{
    struct conf conf = a_conf();
    struct ipsec_facts f = good_ipsec();

    (void)state;
    ipsec_judge(&f, &conf, &list);
    assert_int_equal(list.count, 0);
#define WITH(change, kind)                                                                         \
    do {                                                                                           \
        f = good_ipsec();                                                                          \
        change;                                                                                    \
        ipsec_judge(&f, &conf, &list);                                                             \
        assert_only(kind, "tun12");                                                                \
    } while (0)
    WITH(f.tunnel[1].loaded = false, FINDING_NOT_LOADED);
    WITH(strlcpy(f.tunnel[1].local_ts, "10.20.0.0/16", SELECTORS_LEN), FINDING_SELECTORS);
    /* The shared prefix is IPv4's: all of IPv6 has no room for it. */
    WITH(strlcpy(f.tunnel[1].local_ts, "::/0", SELECTORS_LEN), FINDING_SELECTORS);
    WITH(strlcpy(f.tunnel[1].remote_ts, "0.0.0.0/0 10.0.0.0/8", SELECTORS_LEN), FINDING_SELECTORS);
    WITH(f.tunnel[1].dpd_delay_s = 0, FINDING_DPD_OFF);
    WITH(f.tunnel[1].dpd_delay_s = 31, FINDING_DPD_SLOW);
    WITH(strlcpy(f.tunnel[1].dpd_action, "clear", 16), FINDING_DPD_ACTION);
    WITH(strlcpy(f.tunnel[1].close_action, "start", 16), FINDING_CLOSE_ACTION);
    WITH(f.tunnel[1].child_rekey_s = 0, FINDING_REKEY_OFF);
    WITH(f.tunnel[1].ike_rekey_s = 28801, FINDING_REKEY_LATE);
    WITH(f.tunnel[1].child_rekey_s = 600, FINDING_REKEY_HORIZON);
#undef WITH
    f = good_ipsec();
    f.tunnel[0].child_rekey_s = f.tunnel[1].child_rekey_s = 3600;
    f.tunnel[1].ike_rekey_s = 28800;
    ipsec_judge(&f, &conf, &list);
    assert_int_equal(list.count, 0);
}

/* An overlay has narrow selectors; windows are judged if there are any. */
static void judges_overlays_and_windows(void **state)
{
    struct conf conf = a_conf();
    struct ipsec_facts f = good_ipsec();

    (void)state;
    f.overlay = true;
    strlcpy(f.tunnel[0].local_ts, "169.254.11.2/32", SELECTORS_LEN);
    f.states = f.replayed = 2;
    f.least_replay = 1024;
    ipsec_judge(&f, &conf, &list);
    assert_int_equal(list.count, 0);
    f.least_replay = 32;
    ipsec_judge(&f, &conf, &list);
    assert_only(FINDING_REPLAY, "");
}

static void put_conn(struct vici_writer *w, const char *ike, const char *child)
{
    vici_open(w, ike);
    vici_list(w, "local_addrs");
    vici_item(w, "198.51.100.2");
    vici_list_close(w);
    vici_put(w, "rekey_time", "25200");
    vici_put(w, "dpd_delay", "10");
    vici_open(w, "local-1");
    vici_put(w, "rekey_time", "7"); /* of something else */
    vici_close(w);
    vici_open(w, "children");
    vici_open(w, "other");
    vici_put(w, "rekey_time", "9");
    vici_close(w);
    vici_open(w, child);
    vici_put(w, "rekey_time", "3000");
    vici_put(w, "dpd_action", "start");
    vici_put(w, "close_action", "none");
    vici_list(w, "local-ts");
    vici_item(w, "0.0.0.0/0");
    vici_item(w, "::/0");
    vici_list_close(w);
    vici_list(w, "remote-ts");
    vici_item(w, "0.0.0.0/0");
    vici_list_close(w);
    vici_close(w);
    vici_close(w);
    vici_close(w);
}

static void reads_connections(void **state)
{
    struct conf conf = a_conf();
    struct ipsec_facts f = {.overlay = false};
    struct vici_packet packet;
    struct vici_writer w;
    uint8_t bytes[2048];
    char err[ERR_MAX];
    size_t size;

    (void)state;
    vici_start(&w, bytes, sizeof(bytes), VICI_EVENT, "list-conn");
    put_conn(&w, "tun11", "tun11");
    put_conn(&w, "tun12", "tun12"); /* which cgwha.conf calls child12 */
    size = vici_finish(&w);
    assert_true(vici_packet_parse(bytes + VICI_HEADER, size - VICI_HEADER, &packet, err));
    assert_true(ipsec_facts_conn(&f, &conf.ipsec, packet.body, err));
    assert_true(f.tunnel[0].loaded);
    assert_false(f.tunnel[1].loaded);
    assert_int_equal(f.tunnel[0].dpd_delay_s, 10);
    assert_int_equal(f.tunnel[0].ike_rekey_s, 25200);
    assert_int_equal(f.tunnel[0].child_rekey_s, 3000);
    assert_string_equal(f.tunnel[0].dpd_action, "start");
    assert_string_equal(f.tunnel[0].local_ts, "0.0.0.0/0 ::/0");
    assert_string_equal(f.tunnel[0].remote_ts, "0.0.0.0/0");
    for (size_t cut = 0; cut < packet.body.len;
         cut++) { /* half a message is refused, not believed */
        struct vici_text half = {packet.body.at, cut};
        ipsec_facts_conn(&f, &conf.ipsec, half, err);
    }
}

static void reads_plugins(void **state)
{
    struct ipsec_facts f = {.overlay = false};
    struct vici_packet packet;
    struct vici_writer w;
    uint8_t bytes[256];
    char err[ERR_MAX];
    size_t size;

    (void)state;
    vici_start(&w, bytes, sizeof(bytes), VICI_CMD_RESPONSE, "");
    vici_list(&w, "plugins");
    vici_item(&w, "charon");
    vici_item(&w, "kernel-libipsec");
    vici_list_close(&w);
    size = vici_finish(&w);
    assert_true(vici_packet_parse(bytes + VICI_HEADER, size - VICI_HEADER, &packet, err));
    ipsec_facts_stats(&f, packet.body);
    assert_true(f.overlay);
}

/* ---- BIRD ---- */

static struct session_facts good_session(void)
{
    struct session_facts f = {.local_as = 65000, .neighbour_as = 64512, .hold_s = 30};

    f.read.seen.known = f.read.seen.established = f.read.seen.table = true;
    f.read.trusted = true;
    f.read.seen.exported = f.read.seen.at_level = 1;
    return f;
}

static struct router_facts *good_router(void)
{
    static struct router_facts f;

    memset(&f, 0, sizeof(f));
    f.level_known = true;
    f.level = LEVEL_NORMAL;
    for (unsigned i = 0; i < 3; i++)
        f.session[i] = good_session();
    return &f;
}

static void export_route(struct router_facts *f, const struct conf *conf, unsigned i, uint32_t med,
                         uint32_t own)
{
    struct adj_route route = {.has_med = true, .med = med, .first_as = 65000, .first_runs = own};

    route.prefix = conf->router.prefixes.item[0];
    readback_route(&conf->router, backend_bird.manner, i, f->level, &f->session[i].read, &route);
}

static void judges_sessions(void **state)
{
    struct conf conf = a_conf();
    struct router_facts *f = good_router();

    (void)state;
    export_route(f, &conf, 1, 100, 1);
    router_judge(f, &conf, &list);
    assert_int_equal(list.count, 0);
#define WITH(change, kind)                                                                         \
    do {                                                                                           \
        f = good_router();                                                                         \
        change;                                                                                    \
        router_judge(f, &conf, &list);                                                             \
        assert_only(kind, "tun12");                                                                \
    } while (0)
    WITH(memset(&f->session[1], 0, sizeof(f->session[1])), FINDING_NO_SESSION);
    WITH(f->session[1].read.seen.table = false, FINDING_NO_TABLE);
    WITH(f->session[1].read.trusted = false, FINDING_NO_RS_CLIENT);
    WITH(f->session[1].read.seen.exported = 0, FINDING_NOT_EXPORTED);
    WITH(export_route(f, &conf, 1, 55, 1), FINDING_LEVEL_IGNORED);
    WITH(export_route(f, &conf, 1, 100, 2), FINDING_PREPEND);
    WITH(export_route(f, &conf, 1, 55, 2), FINDING_LEVEL_IGNORED);
    WITH(f->session[1].local_as = 65001, FINDING_ASN);
    WITH(f->session[1].neighbour_as = 64513, FINDING_CLOUD_ASN);
    WITH(f->session[1].restart = RESTART_ON, FINDING_RESTART);
    WITH(f->session[1].restart = RESTART_AWARE, FINDING_RESTART_AWARE);
    WITH(f->session[1].hold_s = 180, FINDING_HOLD);
#undef WITH
    f = good_router();
    f->session[1].read.seen.established = false; /* what is down has nothing to show */
    f->session[1].read.seen.exported = 0;
    f->session[2].restart = RESTART_ON; /* the LAN's business */
    router_judge(f, &conf, &list);
    assert_int_equal(list.count, 0);
    conf.router.level[LEVEL_HIGH].prepend = 1;
    router_judge(f, &conf, &list);
    assert_only(FINDING_PREPEND, "cgwha.conf");
}

/* What is wrong with one cloud is right with another. */
static void judges_by_profile(void **state)
{
    static const struct {
        const char *profile;
        unsigned hold_s;
        bool wrong;
    } tries[] = {{"generic", 90, false}, {"generic", 91, true}, {"aws-vgw", 30, false},
                 {"aws-vgw", 31, true},  {"aws-tgw", 90, true}, {"azure", 180, false},
                 {"azure", 30, true},    {"gcp", 60, false},    {"gcp", 90, true}};
    struct conf conf = a_conf();

    (void)state;
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        struct router_facts *f = good_router();
        strlcpy(conf.profile, tries[i].profile, sizeof(conf.profile));
        for (unsigned t = 0; t < conf.tunnels; t++)
            f->session[t].hold_s = 0; /* not said */
        f->session[1].hold_s = tries[i].hold_s;
        router_judge(f, &conf, &list);
        if (tries[i].wrong)
            assert_only(FINDING_HOLD, "tun12");
        else
            assert_int_equal(list.count, 0);
    }
    conf.router.level[LEVEL_NORMAL].prepend = 1; /* the room above it */
    strlcpy(conf.profile, "aws-tgw", sizeof(conf.profile));
    struct router_facts *f = good_router();
    router_judge(f, &conf, &list);
    assert_int_equal(list.count, 0);
    strlcpy(conf.profile, "aws-vgw", sizeof(conf.profile));
    router_judge(good_router(), &conf, &list);
    assert_only(FINDING_PREPEND, "cgwha.conf");
}

/* A drained gateway exports nothing, and that is right; one that exports all the same is not. */
static void judges_the_withdrawn(void **state)
{
    struct conf conf = a_conf();
    struct router_facts *f = good_router();

    (void)state;
    f->level = LEVEL_WITHDRAWN;
    for (unsigned i = 0; i < 3; i++)
        f->session[i].read.seen.exported = 0;
    router_judge(f, &conf, &list);
    assert_int_equal(list.count, 0);
    export_route(f, &conf, 0, 100, 1);
    router_judge(f, &conf, &list);
    assert_only(FINDING_LEVEL_IGNORED, "tun11");
}

static void each_line(struct session_facts *f, const char *reply,
                      void (*take)(struct session_facts *, const struct reply_piece *))
{
    uint16_t code = 0;
    size_t used = 0, left = strlen(reply);
    struct reply_piece line;

    while (bird_line_read(reply, left, &code, &used, &line) == REPLY_PIECE) {
        take(f, &line);
        reply += used;
        left -= used;
    }
    assert_int_equal(left, 0);
}

static const char session_reply[] = "1006-  BGP state:          Established\n"
                                    "     Neighbor AS:      64512\n"
                                    "     Local AS:         65000\n"
                                    "     Local capabilities\n"
                                    "       Route refresh\n"
                                    "       Graceful restart\n"
                                    "%s"
                                    "     Neighbor capabilities\n"
                                    "       Graceful restart\n"
                                    "         Restart time: 120\n"
                                    "     Session:          external route-server AS4\n"
                                    "     Source address:   169.254.111.2\n"
                                    "     Hold timer:       20.639/30\n"
                                    "0000 \n";

static void reads_sessions(void **state)
{
    struct session_facts *f = calloc(1, sizeof(*f));
    char reply[2048];

    (void)state;
    snprintf(reply, sizeof(reply), session_reply, "");
    each_line(f, reply, router_facts_session);
    assert_int_equal(f->local_as, 65000);
    assert_int_equal(f->neighbour_as, 64512);
    assert_int_equal(f->hold_s, 30);
    assert_string_equal(f->source, "169.254.111.2");
    assert_int_equal(f->restart, RESTART_AWARE); /* the neighbour's time is not ours */
    memset(f, 0, sizeof(*f));
    snprintf(reply, sizeof(reply), session_reply, "         Restart time: 120\n");
    each_line(f, reply, router_facts_session);
    assert_int_equal(f->restart, RESTART_ON);
    free(f);
}

static void compares_preferences(void **state)
{
    static const char first[] =
        "1007-Table master4:\n"
        " 10.0.0.0/16          unicast [tun11 20:00:06.317] * (100) [AS64512i]\n"
        " \tvia 169.254.111.1 on tun11\n"
        "1012-\tBGP.local_pref: 100\n"
        "1007-10.1.0.0/16          unicast [tun11 20:00:06.317] * (100) [AS64512i]\n"
        "1012-\tBGP.local_pref: 100\n"
        "0000 \n";
    static const char second[] =
        "1007-10.2.0.0/16          unicast [tun12 20:00:06.317] * (100) [AS64512i]\n"
        "1012-\tBGP.local_pref: 300\n"
        "1007-10.1.0.0/16          unicast [tun12 20:00:06.317] * (%s) [AS64512i]\n"
        "1012-\tBGP.local_pref: %s\n"
        "0000 \n";
    struct conf conf = a_conf();
    struct router_facts *f = good_router();
    char reply[512];

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        static const char *const values[3][2] = {{"100", "100"}, {"100", "200"}, {"90", "100"}};
        f = good_router();
        each_line(&f->session[0], first, router_facts_learnt);
        snprintf(reply, sizeof(reply), second, values[i][0], values[i][1]);
        each_line(&f->session[1], reply, router_facts_learnt);
        assert_int_equal(f->session[0].learnts, 2);
        assert_int_equal(f->session[0].learnt[0].preference, 100);
        assert_int_equal(f->session[1].learnts, 2);
        router_judge(f, &conf, &list);
        if (i == 0)
            assert_int_equal(list.count, 0);
        else
            assert_only(FINDING_LOCAL_PREF, "tun12");
    }
}

/* ---- corosync ---- */

static struct corosync_facts good_corosync(void)
{
    return (struct corosync_facts){.answered = true,
                                   .cipher = "aes256",
                                   .hash = "sha256",
                                   .provider = "corosync_votequorum",
                                   .two_node = 1,
                                   .wait_for_all = -1,
                                   .nodes = 2,
                                   .links = {2, 2}};
}

static void judges_corosync(void **state)
{
    struct corosync_facts f = good_corosync();

    (void)state;
    corosync_judge(&f, &list);
    assert_int_equal(list.count, 0);
#define WITH(change, kind)                                                                         \
    do {                                                                                           \
        f = good_corosync();                                                                       \
        change;                                                                                    \
        corosync_judge(&f, &list);                                                                 \
        assert_only(kind, "");                                                                     \
    } while (0)
    WITH(strlcpy(f.cipher, "none", 32), FINDING_CRYPTO);
    WITH(f.hash[0] = f.cipher[0] = '\0', FINDING_CRYPTO);
    WITH(f.links[0] = f.links[1] = 1, FINDING_ONE_LINK);
    WITH(f.two_node = -1, FINDING_TWO_NODE);
    WITH(f.wait_for_all = 0, FINDING_WAIT_FOR_ALL);
    WITH(f.downs = 1, FINDING_LINK_DOWN);
#undef WITH
    f = good_corosync();
    f.provider[0] = '\0';
    f.two_node = -1; /* without a quorum nobody needs it */
    corosync_judge(&f, &list);
    assert_int_equal(list.count, 0);
}

/* ---- the pair ---- */

static void judges_statuses(void **state)
{
    static const struct {
        const char *status;
        enum finding_kind kind;
        const char *about;
        unsigned count;
    } cases[] = {{"in-service", FINDINGS, "", 0},
                 {"drained", FINDINGS, "", 0},
                 {"settling", FINDINGS, "", 0},
                 {"agent-lost", FINDING_ABSENT, "gw2", 3},
                 {"agent-lost", FINDING_BARE, "10.20.0.0/16", 3},
                 {"broken", FINDING_UNCOVERED, "10.20.0.0/16", 1},
                 {"sick", FINDING_PREFIXES, "gw2", 7}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char file[64], *text;
        struct json_object *status;
        begin(NULL);
        snprintf(file, sizeof(file), "cli/%s.json", cases[i].status);
        text = golden_read(file);
        status = json_parse(text, strlen(text) - 1);
        assert_non_null(status);
        pair_judge(status, &list);
        if (cases[i].kind != FINDINGS)
            assert_true(times_found(cases[i].kind, cases[i].about) == 1);
        if (cases[i].count == 0)
            assert_int_equal(list.count, 0);
        json_object_put(status);
        free(text);
    }
}

/* ---- how it is told ---- */

static void tells(void **state)
{
    char *text = NULL;
    size_t size = 0;
    struct look look = {.out = open_memstream(&text, &size), .width = 80};

    (void)state;
    found(&list, FINDING_CLOCK, "", "the kernel says so");
    found(&list, FINDING_DPD_ACTION, "tun\0331", "dpd_action is %s", "clear");
    found(&list, FINDING_RP_FILTER, "", "the reverse path filter is strict on %s", "eth0");
    findings_print(&look, &list, "gw1");
    fclose(look.out);
    golden_compare("cli/check.txt", text);
    free(text);
    assert_int_equal(findings_worst(&list), SEVERITY_FAULT);
    begin(NULL);
    assert_int_equal(findings_worst(&list), SEVERITY_NONE);
}

static void tells_machines(void **state)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct json_object *o;

    (void)state;
    found(&list, FINDING_DPD_ACTION, "tun11", "dpd_action is clear");
    findings_json(out, &list, "gw1");
    fclose(out);
    o = json_parse(text, size - 1);
    assert_non_null(o);
    assert_string_equal(json_text(o, "node"), "gw1");
    assert_string_equal(json_text(o, "worst"), "warning");
    assert_string_equal(json_text(json_at(o, "findings", 0), "finding"), "ipsec.dpd-action");
    assert_string_equal(json_text(json_at(o, "findings", 0), "about"), "tun11");
    assert_string_equal(json_text(json_at(o, "findings", 0), "severity"), "warning");
    assert_true(json_text(json_at(o, "findings", 0), "why")[0] != '\0');
    assert_true(json_text(json_at(o, "findings", 0), "mend")[0] != '\0');
    json_object_put(o);
    free(text);
}

static void keeps_no_more_than_fits(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FINDINGS_MAX + 5; i++)
        found(&list, FINDING_CLOCK, "", "%u", i);
    assert_int_equal(list.count, FINDINGS_MAX);
    assert_true(list.cut);
}

/* Each kind has a name of its own and ends its sentences. */
static void kinds_are_told_apart(void **state)
{
    (void)state;
    for (unsigned a = 0; a < FINDINGS; a++) {
        const char *why = finding_why(a), *mend = finding_mend(a);
        assert_int_equal(why[strlen(why) - 1], '.');
        assert_int_equal(mend[strlen(mend) - 1], '.');
        for (unsigned b = 0; b < a; b++)
            assert_string_not_equal(finding_name(a), finding_name(b));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
    const struct CMUnitTest tests[] = {
        TEST(judges_connections),   TEST(judges_overlays_and_windows),
        TEST(reads_connections),    TEST(reads_plugins),
        TEST(judges_sessions),      TEST(judges_by_profile),
        TEST(judges_the_withdrawn), TEST(reads_sessions),
        TEST(compares_preferences), TEST(judges_corosync),
        TEST(judges_statuses),      TEST(tells),
        TEST(tells_machines),       TEST(keeps_no_more_than_fits),
        TEST(kinds_are_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
