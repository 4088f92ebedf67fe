/* BIRD's replies: lines, protocols, routes, and the message it is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "routing/bird_reply.h"
#include "tests/unit/router_golden.h"

/* Lines */

static enum reply_read one(const char *text, uint16_t before, struct reply_piece *line)
{
    uint16_t code = before;
    size_t used = 99;
    enum reply_read got = bird_line_read(text, strlen(text), &code, &used, line);
    assert_true(got == REPLY_PIECE ? used > 0 : used == 0);
    return got;
}

static void check_line(const char *text, uint16_t before, uint16_t code, bool last,
                       const char *rest)
{
    struct reply_piece line;
    assert_int_equal(one(text, before, &line), REPLY_PIECE);
    assert_int_equal(line.code, code);
    assert_int_equal(line.last, last);
    assert_int_equal(line.len, strlen(rest));
    assert_memory_equal(line.text, rest, line.len);
}

static void lines_have_four_forms(void **state)
{
    struct reply_piece line;
    (void)state;
    check_line("0001 BIRD 2.0.12 ready.\n", 0, 1, true, "BIRD 2.0.12 ready.");
    check_line("1007-Table export:\n", 0, 1007, false, "Table export:");
    check_line(" 10.0.0.0/8\n", 1007, 1007, false, "10.0.0.0/8");
    check_line("0000 \n", 1012, 0, true, "");
    check_line("0000\n", 1012, 0, true, "");
    check_line(" \n", 1006, 1006, false, "");
    assert_int_equal(one("+something\n", 1007, &line), REPLY_PIECE);
    assert_true(line.async && !line.last);
}

static void a_code_is_repeated_until_the_end(void **state)
{
    static const char text[] = "1007-a\n b\n+async\n c\n0000 \n d\n";
    static const uint16_t codes[] = {1007, 1007, 1007, 1007, 0, 0};
    uint16_t code = 0;
    size_t at = 0, used;
    struct reply_piece line;
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(bird_line_read(text + at, sizeof(text) - 1 - at, &code, &used, &line),
                         REPLY_PIECE);
        assert_int_equal(line.code, codes[i]);
        at += used;
    }
}

static void other_lines_are_bad(void **state)
{
    static const char *const bad[] = {"\n",      "x\n",      "12 x\n",     "123\n",   "12345 x\n",
                                      "0000x\n", "-001 x\n", "HTTP/1.1\n", "00 1-\n", "1007+x\n"};
    struct reply_piece line;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (one(bad[i], 0, &line) != REPLY_BAD)
            fail_msg("taken: %s", bad[i]);
    }
    assert_int_equal(one("1007-unfinished", 0, &line), REPLY_MORE);
    assert_int_equal(one("", 0, &line), REPLY_MORE);
}

/* Feeds a reply to somebody, line by line; returns the code of its last line, -1 if it has none. */
static int feed(const char *bytes, size_t len, void (*to)(void *, const struct reply_piece *),
                void *arg)
{
    uint16_t code = 0;
    size_t at = 0, used;
    struct reply_piece line;
    while (bird_line_read(bytes + at, len - at, &code, &used, &line) == REPLY_PIECE) {
        to(arg, &line);
        at += used;
        if (line.last)
            return line.code;
    }
    return -1;
}

/* Protocols */

struct protocols {
    struct bird_protocols parser;
    unsigned count;
    struct bird_protocol item[300];
};

static void take_protocol(void *arg, const struct reply_piece *line)
{
    struct protocols *all = arg;
    assert_true(all->count < 300);
    if (bird_protocols_line(&all->parser, line, &all->item[all->count]))
        all->count++;
}

static void read_protocols(const char *name, struct protocols *out)
{
    struct golden golden;
    golden_read("bird", name, &golden);
    memset(out, 0, sizeof(*out));
    assert_int_equal(feed(golden.bytes, golden.len, take_protocol, out), BIRD_OK);
    assert_int_equal(out->count, 6);
}

static void established_sessions_are_read(void **state)
{
    struct protocols all;
    (void)state;
    read_protocols("protocols-all", &all);
    assert_string_equal(all.item[0].name, "device1");
    assert_string_equal(all.item[0].bgp_state, "");
    const struct bird_protocol *tun11 = &all.item[3], *tun12 = &all.item[4], *lan = &all.item[5];
    assert_string_equal(tun11->name, "tun11");
    assert_string_equal(tun11->state, "up");
    assert_string_equal(tun11->bgp_state, "Established");
    assert_true(tun11->route_server && !tun11->internal);
    assert_true(tun11->channel[0] && tun11->channel_up[0]);
    assert_true(tun11->channel[1] && tun11->channel_up[1]);
    assert_int_equal(tun11->imported, 3);
    assert_int_equal(tun11->exported, 3);
    assert_string_equal(tun12->name, "tun12");
    assert_true(tun12->channel_up[0] && !tun12->channel[1]);
    assert_int_equal(tun12->imported, 2);
    assert_string_equal(lan->name, "lan");
    assert_int_equal(lan->imported, 0);
    assert_int_equal(lan->exported, 2);
}

static void a_closed_session_is_read(void **state)
{
    struct protocols all;
    (void)state;
    read_protocols("protocols-all-closing", &all);
    assert_string_equal(all.item[4].state, "flush");
    read_protocols("protocols-all-closed", &all);
    const struct bird_protocol *tun12 = &all.item[4];
    assert_string_equal(tun12->name, "tun12");
    assert_string_equal(tun12->state, "down");
    assert_string_equal(tun12->bgp_state, "Down");
    assert_true(tun12->channel[0] && !tun12->channel_up[0]);
    assert_int_equal(tun12->imported, 0);
}

static void long_and_short_list_agree(void **state)
{
    struct protocols full, brief;
    (void)state;
    read_protocols("protocols-all", &full);
    read_protocols("protocols", &brief);
    for (unsigned i = 0; i < 6; i++) {
        assert_string_equal(full.item[i].name, brief.item[i].name);
        assert_true(full.item[i].fingerprint == brief.item[i].fingerprint);
    }
    read_protocols("protocols-all-closed", &full);
    assert_true(full.item[4].fingerprint != brief.item[4].fingerprint);
}

static void an_internal_session_is_told_apart(void **state)
{
    static const char text[] = "1002-peer BGP --- up 1 Established\n"
                               "1006-  BGP state:          Established\n"
                               "     Session:          internal multihop AS4\n"
                               "   Channel vpn4-mpls\n     State:  UP\n     Routes: 7 imported, 1 "
                               "exported\n0000 \n";
    struct protocols all = {0};
    (void)state;
    feed(text, sizeof(text) - 1, take_protocol, &all);
    assert_int_equal(all.count, 1);
    assert_true(all.item[0].internal && !all.item[0].route_server);
    assert_false(all.item[0].channel[0] || all.item[0].channel[1]);
    assert_int_equal(all.item[0].imported, 0);
}

static void a_name_too_long_is_nobody(void **state)
{
    static const char text[] =
        "1002-a_protocol_with_a_very_long_name_indeed BGP --- up 1 x\n0000 \n";
    struct protocols all = {0};
    (void)state;
    feed(text, sizeof(text) - 1, take_protocol, &all);
    assert_int_equal(all.count, 1);
    assert_string_equal(all.item[0].name, "");
}

/* Routes */

struct routes {
    struct bird_routes parser;
    unsigned count;
    struct adj_route item[300];
};

static void take_route(void *arg, const struct reply_piece *line)
{
    struct routes *all = arg;
    assert_true(all->count < 300);
    if (bird_routes_line(&all->parser, line, &all->item[all->count]))
        all->count++;
}

static void read_routes(const char *name, struct routes *out, unsigned count)
{
    struct golden golden;
    golden_read("bird", name, &golden);
    memset(out, 0, sizeof(*out));
    assert_int_equal(feed(golden.bytes, golden.len, take_route, out), BIRD_OK);
    assert_int_equal(out->count, count);
}

static void check_route(const struct adj_route *route, const char *prefix, uint32_t med,
                        uint32_t as, uint32_t runs, bool gshut)
{
    char text[PREFIX_TEXT];
    assert_string_equal(prefix_text(&route->prefix, text), prefix);
    assert_true(route->has_med);
    assert_int_equal(route->med, med);
    assert_int_equal(route->first_as, as);
    assert_int_equal(route->first_runs, runs);
    assert_int_equal(route->gshut, gshut);
}

static void exported_routes_are_read(void **state)
{
    struct routes all;
    (void)state;
    read_routes("export-low", &all, 2);
    check_route(&all.item[0], "10.20.0.0/16", 1010, 65000, 2, true);
    check_route(&all.item[1], "10.21.0.0/16", 1010, 65000, 2, true);
    read_routes("export-low-6", &all, 1);
    check_route(&all.item[0], "fd00:20::/64", 1000, 65000, 2, true);
    read_routes("export-high", &all, 2);
    check_route(&all.item[0], "10.20.0.0/16", 20, 65000, 1, false);
    read_routes("export-lan-low", &all, 2);
    check_route(&all.item[0], "10.1.0.0/16", 1000, 65000, 2, false);
    read_routes("export-withdrawn", &all, 0);
}

static void a_list_of_communities_goes_on(void **state)
{
    struct routes all;
    (void)state;
    read_routes("export-long", &all, 2);
    check_route(&all.item[0], "10.1.0.0/16", 100, 4200000000u, 1, true);
    check_route(&all.item[1], "10.0.0.0/16", 100, 4200000000u, 1, true);
}

static void odd_routes(void **state)
{
    static const char text[] = "1007-Table export:\n"
                               " 10.20.0.0/16         unicast [tun11 1] * (100)\n"
                               " \tvia 169.254.11.1 on wan0\n"
                               "1012-\tBGP.as_path: 4294967295 4294967295 {65000 1}\n"
                               " \tBGP.med: 4294967295\n"
                               " \tBGP.large_community: (65535,0) (1, 2, 3)\n"
                               " \t\t(65535,0)\n"
                               "1007-                     unicast [tun12 1] (100)\n"
                               "1012-\tBGP.med: 4294967296\n"
                               " \tBGP.as_path: \n"
                               "1007-flow4 { dst 10.0.0.0/8; }  unicast [x 1]\n"
                               "1007-10.0.0.1/8  unicast [x 1]\n"
                               "0000 \n";
    struct routes all = {0};
    (void)state;
    feed(text, sizeof(text) - 1, take_route, &all);
    assert_int_equal(all.count, 4);
    check_route(&all.item[0], "10.20.0.0/16", UINT32_MAX, UINT32_MAX, 2, false);
    assert_memory_equal(&all.item[1].prefix, &all.item[0].prefix, sizeof(struct prefix));
    assert_false(all.item[1].has_med);
    assert_int_equal(all.item[1].first_runs, 0);
    assert_int_equal(all.item[2].prefix.family, 0);
    assert_int_equal(all.item[3].prefix.family, 0);
}

/* OSPF */

struct floods {
    struct bird_flood parser;
    unsigned count;
    struct adj_route item[300];
};

static void take_flood(void *arg, const struct reply_piece *line)
{
    struct floods *all = arg;
    assert_true(all->count < 300);
    if (bird_flood_line(&all->parser, line, &all->item[all->count]))
        all->count++;
}

static void read_floods(const char *name, struct floods *out, unsigned count)
{
    struct golden golden;
    golden_read("bird", name, &golden);
    memset(out, 0, sizeof(*out));
    assert_int_equal(feed(golden.bytes, golden.len, take_flood, out), BIRD_OK);
    assert_int_equal(out->count, count);
}

static void ospf_is_up_with_a_full_neighbour(void **state)
{
    static const char *const names[] = {"protocols-ospf", "protocols-all-ospf",
                                        "protocols-ospf-alone"};
    uint64_t fingerprint[3] = {0};
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct protocols all = {0};
        struct golden golden;
        unsigned found = 0;
        golden_read("bird", names[i], &golden);
        assert_int_equal(feed(golden.bytes, golden.len, take_protocol, &all), BIRD_OK);
        assert_int_equal(all.count, 9);
        for (unsigned p = 0; p < all.count; p++) {
            if (strcmp(all.item[p].name, "lan") != 0) {
                assert_false(all.item[p].ospf || all.item[p].running);
                continue;
            }
            found++;
            assert_true(all.item[p].ospf);
            assert_int_equal(all.item[p].running, i < 2);
            assert_string_equal(all.item[p].state, "up");
            assert_string_equal(all.item[p].bgp_state, "");
            fingerprint[i] = all.item[p].fingerprint;
        }
        assert_int_equal(found, 1);
    }
    assert_true(fingerprint[0] == fingerprint[1] && fingerprint[0] != fingerprint[2]);
}

static void what_is_flooded_is_read(void **state)
{
    struct floods all;
    (void)state;
    read_floods("flood-normal", &all, 1); /* the other gateway's has 200 */
    check_route(&all.item[0], "10.0.0.0/16", 100, 0, 0, false);
    read_floods("flood-alone", &all, 1); /* with two that are unreachable */
    check_route(&all.item[0], "10.0.0.0/16", 10, 0, 0, false);
    read_floods("flood-withdrawn", &all, 0);
}

static void odd_floods(void **state)
{
    static const char text[] = "1016-\n area 0.0.0.0\n \n"
                               " \trouter 10.20.0.2\n \t\tdistance 10\n"
                               " \t\texternal 10.9.0.0/16 metric2 5\n"
                               " \trouter 10.20.0.1\n"
                               " \t\texternal 10.8.0.0/16 metric2 5\n" /* whose is not said */
                               " \t\tdistance 0\n"
                               " \t\trouter 10.20.0.2 metric 10\n"
                               " \t\texternal 10.1.0.0/16 metric 30\n"
                               " \t\texternal fd00:1::/48 metric2 16777214 via fe80::1\n"
                               " \t\texternal 10.0.0.1/8 metric2 7\n"
                               " \t\texternal 10.2.0.0/16 metric2 4294967296\n"
                               " \tnetwork 10.20.0.0/24\n \t\tdistance 0\n"
                               " \t\texternal 10.7.0.0/16 metric2 5\n"
                               "0000 \n";
    struct floods all = {0};
    (void)state;
    feed(text, sizeof(text) - 1, take_flood, &all);
    assert_int_equal(all.count, 4);
    assert_false(all.item[0].has_med); /* of type 1 */
    check_route(&all.item[1], "fd00:1::/48", 16777214, 0, 0, false);
    assert_int_equal(all.item[2].prefix.family, 0);
    assert_false(all.item[3].has_med);
}

/* Every way of cutting */

static const char *const goldens[] = {"banner",
                                      "configure-check",
                                      "configure-confirm",
                                      "configure-refused",
                                      "configure-undo",
                                      "configure-timeout",
                                      "denied",
                                      "disable",
                                      "disable-again",
                                      "enable",
                                      "export-high",
                                      "export-lan-low",
                                      "export-long",
                                      "export-low",
                                      "export-low-6",
                                      "export-withdrawn",
                                      "flood-alone",
                                      "flood-normal",
                                      "flood-withdrawn",
                                      "no-channel",
                                      "no-export-table",
                                      "protocols-all",
                                      "protocols",
                                      "protocols-all-ospf",
                                      "protocols-ospf",
                                      "protocols-ospf-alone",
                                      "unknown-protocol",
                                      "protocols-all-closed"};

static void every_truncation_waits_for_more(void **state)
{
    (void)state;
    for (size_t g = 0; g < sizeof(goldens) / sizeof(goldens[0]); g++) {
        struct golden golden;
        golden_read("bird", goldens[g], &golden);
        for (size_t len = 0; len <= golden.len; len++) {
            struct protocols protocols = {0};
            struct routes routes = {0};
            struct floods floods = {0};
            /* A copy of that very size, so that a sanitizer sees one byte too many. */
            char *cut = malloc(len > 0 ? len : 1);
            assert_non_null(cut);
            memcpy(cut, golden.bytes, len);
            int end = feed(cut, len, take_protocol, &protocols);
            assert_int_equal(feed(cut, len, take_route, &routes), end);
            assert_int_equal(feed(cut, len, take_flood, &floods), end);
            assert_true(len == golden.len ? end >= 0 : end == -1);
            free(cut);
        }
    }
}

static void every_byte_may_be_wrong(void **state)
{
    static const char wrong[] = {'\0', '\n', ' ', '-', '9', (char)0xff};
    (void)state;
    for (size_t g = 0; g < sizeof(goldens) / sizeof(goldens[0]); g++) {
        struct golden golden;
        golden_read("bird", goldens[g], &golden);
        for (size_t at = 0; at < golden.len; at++) {
            char keep = golden.bytes[at];
            for (size_t w = 0; w < sizeof(wrong); w++) {
                struct protocols protocols = {0};
                struct routes routes = {0};
                struct floods floods = {0};
                golden.bytes[at] = wrong[w];
                feed(golden.bytes, golden.len, take_protocol, &protocols);
                feed(golden.bytes, golden.len, take_route, &routes);
                feed(golden.bytes, golden.len, take_flood, &floods);
                assert_true(protocols.count < 300 && routes.count < 300);
            }
            golden.bytes[at] = keep;
        }
    }
}

/* The rest */

static void the_banner_names_the_version(void **state)
{
    static const char *const banners[][2] = {{"0001 BIRD 2.0.12 ready.\n", "BIRD 2.0.12"},
                                             {"0001 BIRD v3.1.0 ready.\n", "BIRD v3.1.0"},
                                             {"0001 BIRD\n", "BIRD"},
                                             {"0001 FRR 8 ready.\n", ""},
                                             {"0002 BIRD 2 ready.\n", ""}};
    (void)state;
    for (size_t i = 0; i < sizeof(banners) / sizeof(banners[0]); i++) {
        struct reply_piece line;
        char version[NAME_MAX_LEN];
        assert_int_equal(one(banners[i][0], 0, &line), REPLY_PIECE);
        bird_banner_version(&line, version);
        assert_string_equal(version, banners[i][1]);
    }
}

static void messages_are_cleaned(void **state)
{
    static const char *const pairs[][2] = {
        {"kernel update", "kernel update"},
        {"say \"no\"", "say 'no'"},
        {"a\nb\tc\x01\x7f", "a b c  "},
        {"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x9a\xa7",
         "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x9a\xa7"},
        {"\xff\xc3(\xe2\x82", "?"
                              "?(?"
                              "?"},
        {"\xc0\xaf\xed\xa0\x80\xf5", "?"
                                     "?"
                                     "?"
                                     "?"
                                     "?"
                                     "?"},
        {"", ""},
    };
    char out[MESSAGE_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        message_clean(pairs[i][0], out);
        assert_string_equal(out, pairs[i][1]);
    }
}

static void messages_are_cut_between_characters(void **state)
{
    char in[600], out[MESSAGE_SIZE];
    (void)state;
    memset(in, 'a', sizeof(in));
    in[sizeof(in) - 1] = '\0';
    message_clean(in, out);
    assert_int_equal(strlen(out), 255);
    memcpy(in + 254, "\xc3\xbc", 2); /* octets 255 and 256: it does not fit whole */
    message_clean(in, out);
    assert_int_equal(strlen(out), 254);
    memcpy(in + 253, "\xc3\xbc", 2);
    message_clean(in, out);
    assert_int_equal(strlen(out), 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_have_four_forms),
        cmocka_unit_test(a_code_is_repeated_until_the_end),
        cmocka_unit_test(other_lines_are_bad),
        cmocka_unit_test(established_sessions_are_read),
        cmocka_unit_test(a_closed_session_is_read),
        cmocka_unit_test(long_and_short_list_agree),
        cmocka_unit_test(an_internal_session_is_told_apart),
        cmocka_unit_test(a_name_too_long_is_nobody),
        cmocka_unit_test(exported_routes_are_read),
        cmocka_unit_test(a_list_of_communities_goes_on),
        cmocka_unit_test(odd_routes),
        cmocka_unit_test(ospf_is_up_with_a_full_neighbour),
        cmocka_unit_test(what_is_flooded_is_read),
        cmocka_unit_test(odd_floods),
        cmocka_unit_test(every_truncation_waits_for_more),
        cmocka_unit_test(every_byte_may_be_wrong),
        cmocka_unit_test(the_banner_names_the_version),
        cmocka_unit_test(messages_are_cleaned),
        cmocka_unit_test(messages_are_cut_between_characters),
    };
    return cmocka_run_group_tests_name("bird_reply", tests, NULL, NULL);
}
