/* Single values: every key of the table at and beyond its limits, and every way of writing one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "conf/value.h"

union place {
    uint32_t u32;
    int32_t i32;
    uint8_t u8;
    bool flag;
    char text[PATH_LEN];
    struct prefix_list prefixes;
};

static bool parse(const struct key *key, const char *text, union place *place)
{
    char why[ERR_MAX] = "";
    bool ok = value_parse(key, text, place, why);

    assert_int_equal(ok, why[0] == '\0');
    return ok;
}

static long long stored(const struct key *key, const union place *place)
{
    if (key->type == VALUE_U8)
        return place->u8;
    return key->type == VALUE_I32 ? place->i32 : (long long)place->u32;
}

static bool is_duration(const struct key *key)
{
    return key->type == VALUE_MS || key->type == VALUE_SECONDS;
}

static bool is_number(const struct key *key)
{
    return key->type == VALUE_U32 || key->type == VALUE_I32 || key->type == VALUE_U8;
}

static void write_number(const struct key *key, long long number, char *text, size_t size)
{
    const char *unit = !is_duration(key) ? "" : key->type == VALUE_MS ? "ms" : "s";

    snprintf(text, size, "%lld%s", number, unit);
}

/* Each number and duration of the table: its limits are taken, what lies beyond is not. */
static void test_limits(void **state)
{
    unsigned seen = 0;
    char text[64];

    (void)state;
    for (unsigned i = 0; i < KEYS; i++) {
        const struct key *key = &conf_keys[i];
        union place place = {.u32 = 77};
        if (!is_number(key) && !is_duration(key))
            continue;
        seen++;
        write_number(key, key->min - 1, text, sizeof(text));
        assert_false(parse(key, text, &place));
        write_number(key, key->max + 1, text, sizeof(text));
        assert_false(parse(key, text, &place));
        assert_int_equal(place.u32, 77);
        write_number(key, key->min, text, sizeof(text));
        assert_true(parse(key, text, &place));
        assert_true(stored(key, &place) == key->min);
        write_number(key, key->max, text, sizeof(text));
        assert_true(parse(key, text, &place));
        assert_true(stored(key, &place) == key->max);
    }
    assert_true(seen >= 20);
}

/* The limits fit into the fields that they limit. */
static void test_limits_fit(void **state)
{
    (void)state;
    for (unsigned i = 0; i < KEYS; i++) {
        const struct key *key = &conf_keys[i];
        if (key->type == VALUE_U8)
            assert_in_range(key->max, 0, UINT8_MAX);
        if (key->type == VALUE_U32 || is_duration(key))
            assert_true(key->min >= 0 && key->max <= UINT32_MAX);
        if (key->type == VALUE_I32)
            assert_true(key->min >= INT32_MIN && key->max <= INT32_MAX);
    }
}

static void test_not_numbers(void **state)
{
    static const char *const bad[] = {"",    " 1",  "1 ",  "+1", "0x10",
                                      "1e3", "1.0", "one", "-",  "99999999999999999999"};
    union place place = {0};

    (void)state;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(parse(&conf_keys[KEY_ASN], bad[i], &place));
        assert_false(parse(&conf_keys[KEY_TUNNEL_OFFSET], bad[i], &place));
        assert_false(parse(&conf_keys[KEY_SOAK], bad[i], &place));
    }
    assert_true(parse(&conf_keys[KEY_ASN], "0065000", &place));
    assert_int_equal(place.u32, 65000);
}

static void test_durations(void **state)
{
    static const struct {
        const char *text;
        uint32_t ms;
    } good[] = {{"1000ms", 1000}, {"1s", 1000}, {"90s", 90000}, {"2m", 120000}, {"1h", 3600000}};
    static const char *const bad[] = {"1", "1S", "1 s", "s", "1sec", "1.5s", "0x1s", "1s ", "-1s"};
    union place place = {0};

    (void)state;
    for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(parse(&conf_keys[KEY_SOAK], good[i].text, &place));
        assert_int_equal(place.u32, good[i].ms);
    }
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(parse(&conf_keys[KEY_SOAK], bad[i], &place));
    assert_true(parse(&conf_keys[KEY_FRESHEN_HORIZON], "3000ms", &place));
    assert_int_equal(place.u32, 3);
    assert_false(parse(&conf_keys[KEY_FRESHEN_HORIZON], "3001ms", &place));
}

/* The largest unit that is still whole. */
static void test_duration_text(void **state)
{
    static const struct {
        unsigned long long ms;
        const char *text;
    } rows[] = {{0, "0s"},      {1, "1ms"},    {1500, "1500ms"}, {2000, "2s"},
                {90000, "90s"}, {60000, "1m"}, {3600000, "1h"},  {5400000, "90m"}};
    char text[VALUE_LEN];

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(value_duration(rows[i].ms, text), rows[i].text);
}

static void test_booleans(void **state)
{
    static const char *const yes[] = {"true", "yes", "on", "TRUE", "Yes"};
    static const char *const no[] = {"false", "no", "off"};
    static const char *const bad[] = {"", "1", "0", "truth", "y"};
    const struct key *key = &conf_keys[KEY_LOW_GSHUT];
    union place place;

    (void)state;
    for (unsigned i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        memset(&place, 0, sizeof(place));
        assert_true(parse(key, yes[i], &place));
        assert_true(place.flag);
    }
    for (unsigned i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        place.flag = true;
        assert_true(parse(key, no[i], &place));
        assert_false(place.flag);
    }
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(parse(key, bad[i], &place));
}

static void test_names(void **state)
{
    static const char *const bad[] = {"a b", "a/b", "a\"b", "a\nb", "\xc3\xa4", "a$b", "a,b"};
    const struct key *session = &conf_keys[KEY_TUNNEL_SESSION], *group = &conf_keys[KEY_GROUP];
    char longest[NAME_MAX_LEN], longer[NAME_MAX_LEN + 1];
    union place place;

    (void)state;
    memset(longest, 'n', sizeof(longest));
    memset(longer, 'n', sizeof(longer));
    longest[sizeof(longest) - 1] = longer[sizeof(longer) - 1] = '\0';
    assert_true(parse(session, longest, &place));
    assert_string_equal(place.text, longest);
    assert_false(parse(session, longer, &place));
    assert_true(parse(session, "Tun_1.a-B", &place));
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(parse(session, bad[i], &place));
    assert_false(parse(session, "", &place));
    assert_true(parse(group, "", &place));
    assert_string_equal(place.text, "");
}

static void test_paths(void **state)
{
    static const char *const bad[] = {"",     "run/x", "./x",      "/a b",  "/a\"",
                                      "/a'b", "/a\\b", "/${HOME}", "/a\nb", "/a\x7f"};
    const struct key *key = &conf_keys[KEY_RUN_DIR];
    char longest[PATH_LEN], longer[PATH_LEN + 1];
    union place place;

    (void)state;
    memset(longest, '/', sizeof(longest));
    memset(longer, '/', sizeof(longer));
    longest[sizeof(longest) - 1] = longer[sizeof(longer) - 1] = '\0';
    assert_true(parse(key, longest, &place));
    assert_string_equal(place.text, longest);
    assert_false(parse(key, longer, &place));
    assert_true(parse(key, "/run/\xc3\xa4#1", &place));
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(parse(key, bad[i], &place));
}

static void test_prefix_count(void **state)
{
    const struct key *key = &conf_keys[KEY_PREFIXES];
    union place place = {0};
    char text[32];

    (void)state;
    for (unsigned i = 0; i < PREFIXES_MAX; i++) {
        snprintf(text, sizeof(text), "10.%u.0.0/16", i);
        assert_true(parse(key, text, &place));
    }
    assert_false(parse(key, "11.0.0.0/8", &place));
    assert_int_equal(place.prefixes.count, PREFIXES_MAX);
}

/* The table itself: each key documented in sentences, each default within its own limits. */
static void test_table(void **state)
{
    (void)state;
    for (unsigned i = 0; i < KEYS; i++) {
        const struct key *key = &conf_keys[i];
        union place place = {0};
        assert_true(strlen(key->doc) > 10);
        assert_int_equal(key->doc[strlen(key->doc) - 1], '.');
        if (key->fallback == NULL)
            assert_non_null(key->example);
        else if (key->type != VALUE_TITLED)
            assert_true(parse(key, key->fallback, &place));
        for (unsigned k = 0; k < i; k++)
            assert_false(conf_keys[k].section == key->section &&
                         strcmp(conf_keys[k].name, key->name) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),        cmocka_unit_test(test_limits_fit),
        cmocka_unit_test(test_not_numbers),   cmocka_unit_test(test_durations),
        cmocka_unit_test(test_duration_text), cmocka_unit_test(test_booleans),
        cmocka_unit_test(test_names),         cmocka_unit_test(test_paths),
        cmocka_unit_test(test_prefix_count),  cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests_name("conf value", tests, NULL, NULL);
}
