/* What a real FRR 8.4.4 said on bgpd's vty socket, byte for byte (tests/golden/frr), and what
 * nobody ever should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "routing/frr_reply.h"
#include "tests/unit/router_golden.h"

#define SEEN_MAX 16

struct seen {
    struct frr_json *json;
    unsigned sessions, routes;
    struct session_said session[SEEN_MAX];
    struct adj_route route[SEEN_MAX];
};

/* Feeds a reply in pieces of at most `chunk` octets; returns its code, or -1 if it does not end. */
static int feed(struct frr_json *json, const char *bytes, size_t len, size_t chunk)
{
    uint16_t state = 0;
    size_t from = 0, have = 0;

    frr_json_begin(json);
    while (from < len) {
        struct reply_piece piece;
        size_t used;
        have = have + chunk < len - from ? have + chunk : len - from;
        enum reply_read got = frr_piece_read(bytes + from, have, &state, &used, &piece);
        if (got == REPLY_BAD)
            return -1;
        if (got == REPLY_MORE && from + have == len)
            return -1;
        if (got == REPLY_MORE)
            continue;
        frr_json_take(json, &piece);
        from += used;
        have -= used;
        if (piece.last)
            return from == len ? piece.code : -1;
    }
    return -1;
}

static int golden(struct seen *seen, const char *name, size_t chunk)
{
    struct golden text;

    golden_read("frr", name, &text);
    return feed(seen->json, text.bytes, text.len, chunk);
}

/* Text as FRR would send it. */
static int said(struct seen *seen, const char *text)
{
    char bytes[4096];
    size_t len = strlen(text);

    memcpy(bytes, text, len);
    memset(bytes + len, 0, 4);
    return feed(seen->json, bytes, len + 4, 7);
}

static void take_session(void *ctx, const struct session_said *s)
{
    struct seen *seen = ctx;
    assert_true(seen->sessions < SEEN_MAX);
    seen->session[seen->sessions++] = *s;
}

static void take_route(void *ctx, const struct adj_route *route)
{
    struct seen *seen = ctx;
    assert_true(seen->routes < SEEN_MAX);
    seen->route[seen->routes++] = *route;
}

static int set_up(void **state)
{
    struct seen *seen = calloc(1, sizeof(*seen));
    if (seen == NULL)
        return -1;
    seen->json = frr_json_new();
    *state = seen;
    return seen->json != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    struct seen *seen = *state;
    frr_json_free(seen->json);
    free(seen);
    return 0;
}

static void a_reply_ends_with_its_code_however_it_is_cut(void **state)
{
    static const struct {
        const char *name;
        int code;
    } replies[] = {{"enable", FRR_OK},          {"summary", FRR_OK},
                   {"unknown", FRR_UNKNOWN},    {"unknown-neighbor", FRR_WARNING},
                   {"no-vrf", FRR_WARNING},     {"config-failed", FRR_CONFIG_FAILED},
                   {"no-neighbor", FRR_WARNING}};
    static const size_t chunks[] = {1, 3, 1000, 16384};

    for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
        for (size_t c = 0; c < sizeof(chunks) / sizeof(chunks[0]); c++)
            assert_int_equal(golden(*state, replies[i].name, chunks[c]), replies[i].code);
    }
}

static void what_is_no_end_is_bad(void **state)
{
    (void)state;
    struct reply_piece piece;
    uint16_t code = 0;
    size_t used = 7;

    assert_int_equal(frr_piece_read("", 0, &code, &used, &piece), REPLY_MORE);
    assert_int_equal(used, 0);
    assert_int_equal(frr_piece_read("\0\0\0", 3, &code, &used, &piece), REPLY_MORE);
    assert_int_equal(frr_piece_read("\0x\0\0", 4, &code, &used, &piece), REPLY_BAD);
    assert_int_equal(frr_piece_read("\0\0x\0", 4, &code, &used, &piece), REPLY_BAD);
    assert_int_equal(frr_piece_read("\0\0\0\xff", 4, &code, &used, &piece), REPLY_PIECE);
    assert_true(piece.last && piece.code == 255 && used == 4);
}

static void the_version_is_read(void **state)
{
    struct golden text;
    struct reply_piece piece = {.last = true};
    char version[NAME_MAX_LEN];
    (void)state;

    golden_read("frr", "version", &text);
    piece.text = text.bytes;
    piece.len = text.len;
    frr_version(&piece, version);
    assert_string_equal(version, "FRR 8.4.4");
    static const char *const not_it[] = {"", "FRRouting ", "BIRD 2.0.12 ready.", "FRRoutin"};
    for (size_t i = 0; i < sizeof(not_it) / sizeof(not_it[0]); i++) {
        piece.text = not_it[i];
        piece.len = strlen(not_it[i]);
        frr_version(&piece, version);
        assert_string_equal(version, "");
    }
    piece.text = "FRRouting 10.1.2-with-a-suffix-that-is-long-enough (x)";
    piece.len = strlen(piece.text);
    frr_version(&piece, version);
    assert_string_equal(version, "FRR 10.1.2-with-a-suffix");
}

static void sessions_are_read(void **state)
{
    struct seen *seen = *state;

    golden(seen, "summary", 100);
    assert_true(frr_json_whole(seen->json));
    assert_int_equal(frr_sessions(seen->json, take_session, seen), 65000);
    assert_int_equal(seen->sessions, 2);
    const struct session_said *s = &seen->session[0];
    assert_string_equal(s->at, "169.254.11.1");
    assert_string_equal(s->name, "tun11");
    assert_string_equal(s->state, "Established");
    assert_true(s->established && s->trusted && !s->disabled && !s->internal);
    assert_true(s->family_up[0] && !s->family_up[1]);
    assert_int_equal(s->routes_in, 1);
    assert_true(s->fingerprint != seen->session[1].fingerprint);
}

static void a_closed_session_is_read(void **state)
{
    struct seen *seen = *state;
    uint64_t before;

    golden(seen, "summary", 100);
    frr_sessions(seen->json, take_session, seen);
    before = seen->session[0].fingerprint;
    seen->sessions = 0;
    golden(seen, "summary-closed", 100);
    frr_sessions(seen->json, take_session, seen);
    assert_true(seen->session[0].disabled && !seen->session[0].established);
    assert_string_equal(seen->session[0].state, "Idle (Admin)");
    assert_true(seen->session[0].fingerprint != before);
    assert_true(seen->session[1].established && !seen->session[1].disabled);
}

static void families_and_ibgp_are_read(void **state)
{
    struct seen *seen = *state;

    golden(seen, "summary-families", 100);
    assert_int_equal(frr_sessions(seen->json, take_session, seen), 65000);
    assert_int_equal(seen->sessions, 4);
    assert_string_equal(seen->session[0].name, "peer");
    assert_true(seen->session[0].internal && !seen->session[0].established);
    assert_string_equal(seen->session[2].name, "a description with words");
    assert_string_equal(seen->session[3].at, "169.254.12.1");
    assert_true(seen->session[3].family_up[1] && !seen->session[3].family_up[0]);
}

static void no_instance_has_no_sessions(void **state)
{
    struct seen *seen = *state;

    golden(seen, "no-vrf", 100);
    assert_true(frr_json_whole(seen->json));
    assert_int_equal(frr_sessions(seen->json, take_session, seen), 0);
    assert_int_equal(seen->sessions, 0);
}

static void routes_are_read(void **state)
{
    struct seen *seen = *state;
    char warning[ERR_MAX], text[PREFIX_TEXT];

    golden(seen, "adv-low", 100);
    assert_true(frr_routes(seen->json, take_route, seen, warning));
    assert_int_equal(seen->routes, 2);
    assert_string_equal(prefix_text(&seen->route[1].prefix, text), "10.21.0.0/16");
    assert_true(seen->route[0].has_med && seen->route[0].med == 1000);
    assert_true(seen->route[0].first_as == 65000 && seen->route[0].first_runs == 1);
    golden(seen, "adv-high", 100);
    seen->routes = 0;
    assert_true(frr_routes(seen->json, take_route, seen, warning));
    assert_true(seen->routes == 2 && seen->route[0].med == 10 && seen->route[0].first_runs == 0);
}

/* Which of them carry GRACEFUL_SHUTDOWN: FRR's own filter says. */
static void the_probe_tells_the_community(void **state)
{
    struct seen *seen = *state;
    char warning[ERR_MAX];

    golden(seen, "adv-low-gshut", 100);
    assert_true(frr_routes(seen->json, take_route, seen, warning));
    assert_int_equal(seen->routes, 2);
    seen->routes = 0;
    golden(seen, "adv-high-gshut", 100);
    assert_true(frr_routes(seen->json, take_route, seen, warning));
    assert_int_equal(seen->routes, 0);
}

static void an_empty_adj_out_is_not_an_unreadable_one(void **state)
{
    struct seen *seen = *state;
    char warning[ERR_MAX];

    golden(seen, "adv-withdrawn", 100);
    assert_true(frr_routes(seen->json, take_route, seen, warning));
    assert_int_equal(seen->routes, 0);
    golden(seen, "no-neighbor", 100);
    assert_false(frr_routes(seen->json, take_route, seen, warning));
    assert_string_equal(warning, "No such neighbor in this view/vrf");
    golden(seen, "no-family", 100);
    assert_false(frr_routes(seen->json, take_route, seen, warning));
}

static void paths_are_counted(void **state)
{
    static const struct {
        const char *path;
        uint32_t first, runs;
    } paths[] = {{"", 0, 0},
                 {"65000 65000 64512", 65000, 2},
                 {"65000 65000 65000", 65000, 3},
                 {"65000 650001", 65000, 1},
                 {"{65000,1}", 0, 0},
                 {"65000 {65000}", 65000, 1},
                 {"4294967296 1", 0, 0}};
    struct seen *seen = *state;
    char warning[ERR_MAX], text[256];

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        snprintf(text, sizeof(text), "{\"advertisedRoutes\":{\"10.20.0.0/16\":{\"path\":\"%s\"}}}",
                 paths[i].path);
        said(seen, text);
        seen->routes = 0;
        assert_true(frr_routes(seen->json, take_route, seen, warning));
        assert_int_equal(seen->route[0].first_as, paths[i].first);
        assert_int_equal(seen->route[0].first_runs, paths[i].runs);
        assert_false(seen->route[0].has_med);
    }
}

static void the_route_maps_are_read(void **state)
{
    struct seen *seen = *state;
    struct frr_maps maps;

    golden(seen, "route-maps", 100);
    assert_true(frr_maps(seen->json, &maps));
    assert_true(maps.has[0] && maps.has[1] && maps.gshut);
    assert_true(maps.leaf[0] == 0xf && maps.leaf[1] == 0xf);
    assert_true(maps.level[0] == LEVEL_LOW && maps.level[1] == LEVEL_LOW);
    assert_string_equal(maps.mark, "moved by cgwhad, boot 0eb8a947, bgpd 111");
}

/* A map that is not as ours is none of ours: what it does when it is changed cannot be known. */
static void a_map_of_another_shape_is_not_ours(void **state)
{
    static const char *const rules[] = {
        "[]", "[{\"sequenceNumber\":20,\"type\":\"permit\",\"callClause\":\"CGWHA-CLOUD-LOW\"}]",
        "[{\"sequenceNumber\":10,\"type\":\"deny\",\"callClause\":\"CGWHA-CLOUD-LOW\"}]",
        "[{\"sequenceNumber\":10,\"type\":\"permit\",\"callClause\":\"CGWHA-CLOUD-LOW\"},{}]",
        "{}"};
    struct seen *seen = *state;
    struct frr_maps maps;
    char text[512];

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        snprintf(text, sizeof(text), "{\"BGP\":{\"CGWHA-CLOUD\":{\"rules\":%s}}}", rules[i]);
        said(seen, text);
        assert_true(frr_maps(seen->json, &maps));
        assert_false(maps.has[0]);
        assert_int_equal(maps.level[0], LEVELS);
    }
    golden(seen, "route-map-none", 100);
    assert_true(frr_maps(seen->json, &maps));
    assert_false(maps.has[0] || maps.has[1] || maps.gshut);
    golden(seen, "route-map-deny", 100);
    assert_true(frr_maps(seen->json, &maps));
    assert_int_equal(maps.leaf[0], 1 << LEVEL_WITHDRAWN);
    golden(seen, "no-vrf", 100);
    assert_false(frr_maps(seen->json, &maps));
}

static void what_is_not_json_is_not_read(void **state)
{
    static const char *const texts[] = {"",
                                        "{",
                                        "% No BGP process is configured",
                                        "{} {}",
                                        "[]",
                                        "\"x\"",
                                        "{}x",
                                        "{\"a\":1]",
                                        "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]",
                                        "{\"warning\":\"x\"",
                                        "null"};
    struct seen *seen = *state;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(said(seen, texts[i]), 0);
        assert_false(frr_json_whole(seen->json));
    }
    assert_int_equal(said(seen, " {} \n "), 0);
    assert_true(frr_json_whole(seen->json));
}

static void a_value_of_another_type_is_none(void **state)
{
    struct seen *seen = *state;
    char warning[ERR_MAX];

    said(seen, "{\"ipv4Unicast\":{\"as\":\"x\",\"peers\":{\"1.1.1.1\":[],\"1.1.1.2\":{\"state\":7,"
               "\"pfxRcd\":-1,\"desc\":{},\"remoteAs\":1e9}}},\"ipv6Unicast\":3}");
    assert_int_equal(frr_sessions(seen->json, take_session, seen), 0);
    assert_int_equal(seen->sessions, 2);
    assert_true(!seen->session[1].established && seen->session[1].name[0] == '\0');
    said(seen, "{\"advertisedRoutes\":{\"x\":{},\"10.20.0.0/16\":7}}");
    assert_true(frr_routes(seen->json, take_route, seen, warning));
    assert_int_equal(seen->route[0].prefix.family, 0);
    said(seen, "{\"advertisedRoutes\":[]}");
    assert_false(frr_routes(seen->json, take_route, seen, warning));
}

static void a_name_too_long_is_no_name(void **state)
{
    struct seen *seen = *state;

    said(seen, "{\"ipv4Unicast\":{\"peers\":{\"1.1.1.1\":{\"desc\":"
               "\"tun11-tun11-tun11-tun11-tun11-tun11\"}}}}");
    frr_sessions(seen->json, take_session, seen);
    assert_string_equal(seen->session[0].name, "");
}

/* Whatever comes, it ends, and what is read stays within what was sent. */
static void noise_does_no_harm(void **state)
{
    static const char *const names[] = {"summary-families", "adv-low", "route-maps"};
    struct seen *seen = *state;
    uint32_t seed = 1;
    struct golden text;
    struct frr_maps maps;
    char warning[ERR_MAX];

    for (unsigned round = 0; round < 600; round++) {
        golden_read("frr", names[round % 3], &text);
        for (unsigned flips = 0; flips < 1 + round % 4; flips++) {
            seed = seed * 1103515245 + 12345;
            text.bytes[(seed >> 8) % text.len] = (char)(seed >> 3);
        }
        feed(seen->json, text.bytes, text.len, 1 + seed % 500);
        seen->sessions = seen->routes = 0;
        if (!frr_json_whole(seen->json))
            continue;
        frr_sessions(seen->json, take_session, seen);
        frr_routes(seen->json, take_route, seen, warning);
        frr_maps(seen->json, &maps);
    }
}

static void a_reply_without_an_end_is_given_up(void **state)
{
    struct seen *seen = *state;
    static char blanks[65536];
    struct reply_piece piece = {.text = blanks, .len = sizeof(blanks)};

    memset(blanks, ' ', sizeof(blanks));
    frr_json_begin(seen->json);
    for (size_t octets = 0; octets <= FRR_JSON_MAX; octets += sizeof(blanks))
        frr_json_take(seen->json, &piece);
    piece.text = "{}";
    piece.len = 2;
    frr_json_take(seen->json, &piece);
    assert_false(frr_json_whole(seen->json));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_reply_ends_with_its_code_however_it_is_cut),
        TEST(what_is_no_end_is_bad),
        TEST(the_version_is_read),
        TEST(sessions_are_read),
        TEST(a_closed_session_is_read),
        TEST(families_and_ibgp_are_read),
        TEST(no_instance_has_no_sessions),
        TEST(routes_are_read),
        TEST(the_probe_tells_the_community),
        TEST(an_empty_adj_out_is_not_an_unreadable_one),
        TEST(paths_are_counted),
        TEST(the_route_maps_are_read),
        TEST(a_map_of_another_shape_is_not_ours),
        TEST(what_is_not_json_is_not_read),
        TEST(a_value_of_another_type_is_none),
        TEST(a_name_too_long_is_no_name),
        TEST(noise_does_no_harm),
        TEST(a_reply_without_an_end_is_given_up),
    };
    return cmocka_run_group_tests_name("frr_reply", tests, NULL, NULL);
}
