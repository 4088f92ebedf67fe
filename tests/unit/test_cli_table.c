/* The status as a table: from the JSON files beside the expected tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "agent/cli_progress.h"
#include "agent/cli_table.h"
#include "agent/cli_watch.h"
#include "agent/json_read.h"
#include "agent/span.h"
#include "tests/unit/golden.h"

static struct json_object *read_status(const char *name)
{
    char file[64], *text;
    struct json_object *o;

    snprintf(file, sizeof(file), "cli/%s.json", name);
    text = golden_read(file);
    text[strlen(text) - 1] = '\0'; /* the newline of the file's end */
    o = json_parse(text, strlen(text));
    free(text);
    assert_non_null(o);
    return o;
}

/* No line wider than the look says; colours take no room. */
static void assert_fits(const char *name, const char *text, unsigned width)
{
    unsigned at = 0;

    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\033')
            c = strchr(c, 'm');
        else if (*c == '\n')
            at = 0;
        else if (((unsigned char)*c & 0xc0u) != 0x80u && ++at > width)
            fail_msg("%s is wider than %u:\n%s", name, width, text);
    }
}

static char *table(struct json_object *status, unsigned width, bool colour)
{
    struct look look = {.width = width, .colour = colour};
    char *text = NULL;
    size_t size = 0;

    look.out = open_memstream(&text, &size);
    table_print(&look, status);
    fclose(look.out);
    return text;
}

static void compare(const char *name)
{
    static const struct {
        const char *tail;
        unsigned width;
        bool colour;
    } looks[] = {{"100.txt", 100, false}, {"80.txt", 80, false}, {"colour.txt", 100, true}};
    struct json_object *status = read_status(name);

    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
        char *text = table(status, looks[i].width, looks[i].colour), file[64];
        snprintf(file, sizeof(file), "cli/%s.%s", name, looks[i].tail);
        assert_fits(file, text, looks[i].width);
        golden_compare(file, text);
        free(text);
    }
    json_object_put(status);
}

static void tables(void **state)
{
    static const char *const names[] = {"in-service", "drained", "settling", "refused",
                                        "agent-lost", "alone",   "broken",   "sick",
                                        "safety-net", "unfit"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        compare(names[i]);
}

/* Names as long as they may be, on a narrow terminal: it is still readable, nothing is cut. */
static void long_names(void **state)
{
    struct json_object *status = read_status("in-service");
    struct json_object *node = json_at(status, "nodes", 0);
    char *text;

    (void)state;
    json_object_object_add(node, "name", json_object_new_string("a-gateway-with-a-long-name"));
    text = table(status, 100, false);
    assert_fits("long names", text, 100);
    assert_non_null(strstr(text, "a-gateway-with-a-long-name (here)"));
    free(text);
    json_object_put(status);
}

/* Text of others does not reach the terminal's own commands; nonsense is let pass. */
static void hostile(void **state)
{
    struct json_object *status = read_status("drained");
    struct json_object *node = json_at(status, "nodes", 1);
    char *text;

    (void)state;
    json_object_object_add(node, "why",
                           json_object_new_string("\033[2J\r\n\xc2\x9b"
                                                  "31mboo"));
    text = table(status, 100, false);
    assert_null(strchr(text, '\033'));
    assert_null(strchr(text, '\r'));
    assert_null(strstr(text, "\xc2\x9b"));
    assert_non_null(strstr(text, "boo"));
    free(text);
    json_object_put(status);
    status = json_object_new_object();
    free(table(status, 80, false));
    json_object_object_add(status, "nodes", json_object_new_string("none"));
    json_object_object_add(status, "lock", json_object_new_int(5));
    free(table(status, 80, false));
    json_object_put(status);
}

static void rates(void **state)
{
    static const struct {
        uint64_t bps;
        const char *text, *brief;
    } cases[] = {{0, "0 bit/s", "0"},
                 {999, "999 bit/s", "999"},
                 {1000, "1.0 kbit/s", "1.0k"},
                 {9949, "9.9 kbit/s", "9.9k"},
                 {9950, "10 kbit/s", "10k"},
                 {999499, "999 kbit/s", "999k"},
                 {999500, "1.0 Mbit/s", "1.0M"},
                 {1250000000, "1.2 Gbit/s", "1.2G"},
                 {UINT64_MAX, "18 Ebit/s", "18E"}};
    char out[RATE_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(rate_text(cases[i].bps, false, out), cases[i].text);
        assert_string_equal(rate_text(cases[i].bps, true, out), cases[i].brief);
    }
}

static void spans(void **state)
{
    static const struct {
        uint64_t s;
        const char *text;
    } cases[] = {
        {0, "0 s"},         {59, "59 s"},        {60, "1 min 0 s"},       {599, "9 min 59 s"},
        {600, "10 min"},    {3599, "59 min"},    {3600, "1 h 0 min"},     {86399, "23 h 59 min"},
        {86400, "1 d 0 h"}, {370000, "4 d 6 h"}, {UINT64_MAX, "for ever"}};
    char out[SPAN_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(span_text(cases[i].s, out), cases[i].text);
    assert_string_equal(moment_text(1750000000, 1750000100, out), "15:06:40");
    assert_string_equal(moment_text(1750000000, 1750100000, out), "2025-06-15 15:06");
    moment_text(UINT64_MAX, 0, out);
}

/* ---- the phases of a waiting command ---- */

static void progress_in_plain_lines(void **state)
{
    char *text = NULL;
    size_t size = 0;
    struct look look = {.out = open_memstream(&text, &size), .width = 100};
    struct progress p = {.look = &look};
    struct json_object *status = read_status("settling");

    (void)state;
    progress_phase(&p, 0.051, "guarding", "waits for the promise of gw2");
    progress_status(&p, 0.4, status, json_at(status, "nodes", 0));
    progress_phase(&p, 12.3, "settling", "waits for its traffic to move to gw2");
    progress_end(&p);
    fclose(look.out);
    assert_string_equal(text, "   0.05 s  guarding      waits for the promise of gw2\n"
                              "  12.30 s  settling      waits for its traffic to move to gw2\n");
    free(text);
    json_object_put(status);
}

static void progress_on_a_terminal(void **state)
{
    char *text = NULL;
    size_t size = 0;
    struct look look = {.out = open_memstream(&text, &size), .width = 58, .live = true};
    struct progress p = {.look = &look};
    struct json_object *status = read_status("settling");

    (void)state;
    progress_phase(&p, 0.5, "settling", "waits for its traffic to move to gw2");
    progress_status(&p, 0.8, status, json_at(status, "nodes", 0));
    progress_end(&p);
    progress_end(&p);
    fclose(look.out);
    assert_string_equal(text,
                        "\r   0.50 s  settling      waits for its traffic to move to\033[K"
                        "\r   0.50 s  settling      traffic 1990 packets/s, goes on \033[K\n");
    free(text);
    json_object_put(status);
}

static void progress_measures(void **state)
{
    static const struct {
        const char *phase, *text;
    } cases[] = {
        {"guarding", "waits for gw2 (SAs 2/2, level high)"},
        {"settling", "traffic 1990 packets/s, goes on at 20 or less for 2.0 s"},
        {"releasing", "deletes its SAs, 2 of 2 tunnels left"},
        {"connecting", "waits for SAs (2/2), sessions (2/2) and routes"},
        {"soaking", "proves itself before it takes traffic, 12 of 30 s"},
        {"closing", ""},
    };
    struct json_object *status = read_status("settling");
    char out[256];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct progress p = {.began = 1};
        strlcpy(p.phase, cases[i].phase, sizeof(p.phase));
        progress_measured(&p, 13.2, status, json_at(status, "nodes", 0), out, sizeof(out));
        assert_string_equal(out, cases[i].text);
    }
    json_object_put(status);
}

static void watched_lines(void **state)
{
    static const char event[] =
        "{\"event\":\"ended\",\"time\":1750000000,\"op\":\"gw1:1001\",\"result\":\"refused\","
        "\"text\":\"gw1 was not drained: so it is.\",\"advice\":\"Do this.\"}";
    char *text = NULL;
    size_t size = 0;
    struct look look = {.out = open_memstream(&text, &size), .width = 40};
    struct json_object *o = json_parse(event, strlen(event));

    (void)state;
    watch_line(&look, o);
    look.live = look.colour = true;
    watch_line(&look, o);
    fclose(look.out);
    assert_string_equal(text, "15:06:40  gw1:1001   gw1 was not drained: so it is. Do this.\n"
                              "15:06:40  gw1:1001   \033[33mgw1 was not\033[0m\n"
                              "                     \033[33mdrained: so it is.\033[0m\n"
                              "                     \033[33mDo this.\033[0m\n");
    free(text);
    json_object_put(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables),
        cmocka_unit_test(long_names),
        cmocka_unit_test(hostile),
        cmocka_unit_test(rates),
        cmocka_unit_test(spans),
        cmocka_unit_test(progress_in_plain_lines),
        cmocka_unit_test(progress_on_a_terminal),
        cmocka_unit_test(progress_measures),
        cmocka_unit_test(watched_lines),
    };

    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
