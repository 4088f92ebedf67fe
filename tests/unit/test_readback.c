/* Read-back: what BIRD's export tables show, against what a level demands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "routing/backend.h"
#include "routing/bird_reply.h"
#include "tests/unit/router_golden.h"

enum { TUN11, TUN12, LAN, SESSIONS };

struct bench {
    struct router_conf conf;
    struct session_read read[SESSIONS_MAX];
};

static void share(struct router_conf *conf, const char *text)
{
    struct prefix p;
    char err[ERR_MAX];
    assert_true(prefix_parse(text, &p, err));
    assert_true(prefix_list_add(&conf->prefixes, &p, err));
}

/* The gateway that tests/golden/bird was recorded on. */
static void set_up(struct bench *b)
{
    memset(b, 0, sizeof(*b));
    b->conf.asn = 65000;
    b->conf.level[LEVEL_LOW] = (struct level_attr){1000, 1000, 1, 1, true};
    b->conf.level[LEVEL_NORMAL] = (struct level_attr){100, 100, 0, 0, false};
    b->conf.level[LEVEL_HIGH] = (struct level_attr){10, 10, 0, 0, false};
    share(&b->conf, "10.20.0.0/16"); /* bit 0 */
    share(&b->conf, "10.21.0.0/16"); /* bit 1 */
    share(&b->conf, "fd00:20::/64"); /* bit 2 */
    b->conf.count = SESSIONS;
    snprintf(b->conf.session[TUN11].name, NAME_MAX_LEN, "tun11");
    snprintf(b->conf.session[TUN12].name, NAME_MAX_LEN, "tun12");
    b->conf.session[TUN12].med_offset = 10;
    snprintf(b->conf.session[LAN].name, NAME_MAX_LEN, "lan");
    b->conf.session[LAN].lan = true;
    for (unsigned i = 0; i < SESSIONS; i++) {
        b->read[i].trusted = true;
        b->read[i].seen =
            (struct router_session_seen){.known = true, .established = true, .table = true};
    }
}

static void feed(struct bench *b, unsigned session, unsigned level, const char *golden_name)
{
    struct golden golden;
    struct bird_routes parser = {0};
    struct reply_piece line;
    struct adj_route route;
    uint16_t code = 0;
    size_t at = 0, used;

    golden_read("bird", golden_name, &golden);
    while (bird_line_read(golden.bytes + at, golden.len - at, &code, &used, &line) == REPLY_PIECE) {
        at += used;
        if (bird_routes_line(&parser, &line, &route))
            readback_route(&b->conf, backend_bird.manner, session, level, &b->read[session],
                           &route);
    }
}

static void expect(struct bench *b, enum level level, const char *why)
{
    char said[ERR_MAX] = "?";
    bool agrees = readback_agrees(&b->conf, backend_bird.manner, level, b->read, said);
    if (strstr(said, why) == NULL || agrees != (why[0] == '\0') || (agrees && said[0] != '\0'))
        fail_msg("\"%s\" does not say \"%s\"", said, why);
}

static void a_level_in_force_agrees(void **state)
{
    struct bench b;
    (void)state;
    set_up(&b);
    feed(&b, TUN11, LEVEL_LOW, "export-low-6");
    feed(&b, TUN12, LEVEL_LOW, "export-low");
    feed(&b, LAN, LEVEL_LOW, "export-lan-low");
    expect(&b, LEVEL_LOW, "");
    assert_true(b.read[TUN11].seen.exported == 4 && b.read[TUN11].seen.at_level == 4);
    assert_true(b.read[TUN12].seen.exported == 3 && b.read[TUN12].seen.at_level == 3);
    assert_int_equal(b.read[TUN12].seen.routes_out, 2);
    assert_int_equal(b.read[LAN].seen.routes_out, 2);
    assert_int_equal(b.read[LAN].seen.routes_wrong, 0);
    assert_true(b.read[LAN].seen.exported == 0);
}

static void nothing_exported_is_no_fault_of_the_level(void **state)
{
    struct bench b;
    (void)state;
    for (unsigned level = 0; level < LEVELS; level++) {
        set_up(&b);
        feed(&b, TUN11, level, "export-withdrawn");
        expect(&b, level, "");
        assert_true(b.read[TUN11].seen.exported == 0 && b.read[TUN11].seen.at_level == 0);
    }
}

static void another_level_is_seen(void **state)
{
    struct bench b;
    (void)state;
    set_up(&b);
    feed(&b, TUN12, LEVEL_HIGH, "export-low");
    expect(&b, LEVEL_HIGH,
           "tun12 still exports 10.20.0.0/16 with MED 1010, wanted 20; does bird.conf "
           "include /usr/share/cgwha/cgwha.bird, and does its export filter call "
           "cgwha_cloud()?");
    assert_true(b.read[TUN12].seen.exported == 3 && b.read[TUN12].seen.at_level == 0);
    set_up(&b);
    feed(&b, LAN, LEVEL_NORMAL, "export-lan-low");
    expect(&b, LEVEL_NORMAL, "lan still exports 10.1.0.0/16 with MED 1000, wanted 100");
    expect(&b, LEVEL_NORMAL, "cgwha_lan()");
    assert_int_equal(b.read[LAN].seen.routes_wrong, 2);
}

static void withdrawn_wants_nothing_at_all(void **state)
{
    struct bench b;
    (void)state;
    set_up(&b);
    feed(&b, TUN12, LEVEL_WITHDRAWN, "export-high");
    expect(&b, LEVEL_WITHDRAWN, "tun12 still exports 10.20.0.0/16, wanted nothing");
    assert_true(b.read[TUN12].seen.at_level == 0);
    set_up(&b);
    feed(&b, LAN, LEVEL_WITHDRAWN, "export-lan-low");
    expect(&b, LEVEL_WITHDRAWN, "lan still exports 10.1.0.0/16, wanted nothing");
    /* Not even what is nobody's shared prefix. */
    set_up(&b);
    feed(&b, TUN11, LEVEL_WITHDRAWN, "export-lan-low");
    expect(&b, LEVEL_WITHDRAWN, "tun11 still exports 10.1.0.0/16, wanted nothing");
}

static struct adj_route route_of(const struct bench *b, unsigned prefix, uint32_t med,
                                 uint32_t runs, bool gshut)
{
    return (struct adj_route){.prefix = b->conf.prefixes.item[prefix],
                              .has_med = true,
                              .med = med,
                              .first_as = runs > 0 ? 65000 : 64512,
                              .first_runs = runs > 0 ? runs : 5,
                              .gshut = gshut};
}

static void one_route(const struct adj_route *route, enum level level, const char *why)
{
    struct bench b;
    set_up(&b);
    readback_route(&b.conf, backend_bird.manner, TUN11, level, &b.read[TUN11], route);
    expect(&b, level, why);
    assert_true(b.read[TUN11].seen.at_level == (why[0] == '\0' ? b.read[TUN11].seen.exported : 0));
}

static void every_attribute_counts(void **state)
{
    struct bench b;
    (void)state;
    set_up(&b);
    struct adj_route route = route_of(&b, 1, 1000, 2, true);
    one_route(&route, LEVEL_LOW, "");
    route = route_of(&b, 1, 1000, 1, true);
    one_route(&route, LEVEL_LOW, "with AS 65000 1 times in front, wanted 2");
    route = route_of(&b, 1, 1000, 3, true);
    one_route(&route, LEVEL_LOW, "with AS 65000 3 times in front, wanted 2");
    route = route_of(&b, 1, 1000, 0, true);
    one_route(&route, LEVEL_LOW, "with AS 65000 0 times in front, wanted 2");
    route = route_of(&b, 1, 1000, 2, false);
    one_route(&route, LEVEL_LOW, "without the community 65535:0, wanted with");
    route = route_of(&b, 1, 100, 1, true);
    one_route(&route, LEVEL_NORMAL, "with the community 65535:0, wanted without");
    route = route_of(&b, 1, 101, 1, false);
    one_route(&route, LEVEL_NORMAL, "with MED 101, wanted 100");
    route.has_med = false;
    one_route(&route, LEVEL_NORMAL, "without a MED, wanted 100");
}

static void the_users_own_routes_are_his_business(void **state)
{
    struct bench b;
    (void)state;
    set_up(&b);
    feed(&b, TUN11, LEVEL_NORMAL, "export-lan-low");
    expect(&b, LEVEL_NORMAL, "");
    assert_int_equal(b.read[TUN11].seen.routes_out, 2);
    assert_true(b.read[TUN11].seen.exported == 0);
}

static void a_second_path_off_level_spoils_the_prefix(void **state)
{
    struct bench b;
    (void)state;
    for (unsigned first = 0; first < 2; first++) {
        set_up(&b);
        struct adj_route right = route_of(&b, 0, 100, 1, false), wrong = right;
        wrong.med = 5;
        readback_route(&b.conf, backend_bird.manner, TUN11, LEVEL_NORMAL, &b.read[TUN11],
                       first ? &wrong : &right);
        readback_route(&b.conf, backend_bird.manner, TUN11, LEVEL_NORMAL, &b.read[TUN11],
                       first ? &right : &wrong);
        assert_true(b.read[TUN11].seen.exported == 1 && b.read[TUN11].seen.at_level == 0);
        expect(&b, LEVEL_NORMAL, "with MED 5, wanted 100");
    }
}

static void without_a_table_nothing_is_believed(void **state)
{
    struct bench b;
    (void)state;
    set_up(&b);
    b.read[TUN12].seen.table = false;
    for (unsigned level = 0; level < LEVELS; level++)
        expect(&b, level, "add 'export table on;' to the channel of tun12");
}

static void without_rs_client_no_med_is_believed(void **state)
{
    struct bench b;
    (void)state;
    set_up(&b);
    b.read[TUN11].trusted = false;
    struct adj_route route = route_of(&b, 0, 100, 1, false);
    readback_route(&b.conf, backend_bird.manner, TUN11, LEVEL_NORMAL, &b.read[TUN11], &route);
    expect(&b, LEVEL_NORMAL, "add 'rs client;' to protocol bgp tun11");
    assert_true(b.read[TUN11].seen.exported == 1 && b.read[TUN11].seen.at_level == 0);
    /* That nothing is exported it shows truly. */
    set_up(&b);
    b.read[TUN11].trusted = false;
    expect(&b, LEVEL_WITHDRAWN, "");
}

static void an_internal_lan_has_no_prepend(void **state)
{
    struct bench b;
    (void)state;
    set_up(&b);
    b.read[LAN].trusted = true;
    b.read[LAN].internal = true;
    struct adj_route route = route_of(&b, 0, 1000, 0, false);
    readback_route(&b.conf, backend_bird.manner, LAN, LEVEL_LOW, &b.read[LAN], &route);
    expect(&b, LEVEL_LOW, "");
    assert_int_equal(b.read[LAN].seen.routes_wrong, 0);
}

static void ospf_has_a_metric_and_no_path(void **state)
{
    struct bench b;
    (void)state;
    set_up(&b);
    snprintf(b.conf.session[LAN].protocol, NAME_MAX_LEN, "ospf");
    struct adj_route route = route_of(&b, 0, 1000, 0, false);
    readback_route(&b.conf, backend_bird.manner, LAN, LEVEL_LOW, &b.read[LAN], &route);
    expect(&b, LEVEL_LOW, "");
    route.med = 999;
    readback_route(&b.conf, backend_bird.manner, LAN, LEVEL_LOW, &b.read[LAN], &route);
    expect(&b, LEVEL_LOW, "with metric2 999, wanted 1000; does bird.conf");
    expect(&b, LEVEL_LOW, "cgwha_ospf()?");
    assert_int_equal(b.read[LAN].seen.routes_wrong, 1);
    expect(&b, LEVEL_WITHDRAWN, "lan still exports 10.20.0.0/16, wanted nothing");
}

static void a_session_that_is_down_is_not_asked(void **state)
{
    struct bench b;
    (void)state;
    for (unsigned which = 0; which < 2; which++) {
        set_up(&b);
        feed(&b, TUN12, LEVEL_HIGH, "export-low");
        b.read[TUN12].seen.known = which == 0;
        b.read[TUN12].seen.established = which != 0;
        expect(&b, LEVEL_HIGH, "");
    }
}

static void without_a_level_nothing_is_at_it(void **state)
{
    struct bench b;
    (void)state;
    set_up(&b);
    feed(&b, TUN12, LEVELS, "export-low");
    feed(&b, LAN, LEVELS, "export-lan-low");
    assert_true(b.read[TUN12].seen.exported == 3 && b.read[TUN12].seen.at_level == 0);
    assert_int_equal(b.read[LAN].seen.routes_wrong, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_level_in_force_agrees),
        cmocka_unit_test(nothing_exported_is_no_fault_of_the_level),
        cmocka_unit_test(another_level_is_seen),
        cmocka_unit_test(withdrawn_wants_nothing_at_all),
        cmocka_unit_test(every_attribute_counts),
        cmocka_unit_test(the_users_own_routes_are_his_business),
        cmocka_unit_test(a_second_path_off_level_spoils_the_prefix),
        cmocka_unit_test(without_a_table_nothing_is_believed),
        cmocka_unit_test(without_rs_client_no_med_is_believed),
        cmocka_unit_test(an_internal_lan_has_no_prepend),
        cmocka_unit_test(ospf_has_a_metric_and_no_path),
        cmocka_unit_test(a_session_that_is_down_is_not_asked),
        cmocka_unit_test(without_a_level_nothing_is_at_it),
    };
    return cmocka_run_group_tests_name("bird_readback", tests, NULL, NULL);
}
