/* What people see of the past: the list, one operation, and the page for a browser, from the JSON
 * files beside the expected texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "agent/cli_history.h"
#include "agent/json_read.h"
#include "agent/page.h"
#include "agent/picture.h"
#include "agent/xml.h"
#include "tests/unit/golden.h"

static struct json_object *read_json(const char *name)
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

typedef void (*print_fn)(const struct look *look, struct json_object *o);

static void compare(const char *name, print_fn print)
{
    static const unsigned widths[] = {100, 80};
    struct json_object *o = read_json(name);

    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        char file[64], *text = NULL;
        size_t size = 0;
        struct look look = {.width = widths[i], .out = open_memstream(&text, &size)};
        print(&look, o);
        fclose(look.out);
        snprintf(file, sizeof(file), "cli/%s.%u.txt", name, widths[i]);
        golden_compare(file, text);
        free(text);
    }
    json_object_put(o);
}

static void the_list(void **state)
{
    (void)state;
    compare("history", history_print);
}

static void one_operation(void **state)
{
    (void)state;
    compare("history-drained", history_print_one);
    compare("history-rolled-back", history_print_one);
}

static void nothing(void **state)
{
    struct json_object *o = json_object_new_object();
    char *text = NULL;
    size_t size = 0;
    struct look look = {.width = 80, .out = open_memstream(&text, &size)};

    (void)state;
    history_print(&look, o);
    fflush(look.out);
    assert_string_equal(text, "Nothing has happened yet.\n");
    history_print_one(&look, o); /* of nothing, nothing; and no crash */
    fclose(look.out);
    free(text);
    json_object_put(o);
}

/* ---- the page ---- */

static char *page(struct json_object *op, struct json_object *course)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    page_write(out, op, course, "gw1");
    fclose(out);
    return text;
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* A tag from '<' on; returns its end. Attributes are name="value" without '<'. */
static const char *skip_tag(const char *at, char name[32], bool *closing, bool *empty)
{
    size_t n = 0;

    *closing = *++at == '/';
    at += *closing;
    while (name_char(*at) && n < 31)
        name[n++] = *at++;
    name[n] = '\0';
    assert_true(n > 0);
    while (*at == ' ') {
        at++;
        while (name_char(*at))
            at++;
        assert_int_equal(*at++, '=');
        assert_int_equal(*at++, '"');
        while (*at != '"') {
            assert_true(*at != '<' && *at != '\0');
            at++;
        }
        at++;
    }
    *empty = *at == '/';
    at += *empty;
    assert_int_equal(*at, '>');
    return at + 1;
}

/* Well-formed: each tag is closed in order, and an ampersand begins an entity we know. */
static void assert_well_formed(const char *text)
{
    char open[32][32], name[32];
    unsigned depth = 0;
    bool closing, empty;

    assert_int_equal(strncmp(text, "<!DOCTYPE html>\n", 16), 0);
    for (text += 16; *text != '\0';) {
        if (*text == '&') {
            assert_true(strncmp(text, "&amp;", 5) == 0 || strncmp(text, "&lt;", 4) == 0 ||
                        strncmp(text, "&gt;", 4) == 0 || strncmp(text, "&quot;", 6) == 0 ||
                        strncmp(text, "&#39;", 5) == 0);
        }
        if (*text != '<') {
            text++;
            continue;
        }
        text = skip_tag(text, name, &closing, &empty);
        if (closing) {
            assert_true(depth > 0);
            assert_string_equal(open[--depth], name);
        } else if (!empty) {
            assert_true(depth < 32);
            strlcpy(open[depth++], name, 32);
        }
    }
    assert_int_equal(depth, 0);
}

/* It needs nothing from elsewhere. */
static void assert_alone(const char *text)
{
    static const char *const not_these[] = {"<script", "<link",   "<img", "<iframe", "http:",
                                            "https:",  "@import", "url(", "src=",    "href="};

    for (size_t i = 0; i < sizeof(not_these) / sizeof(not_these[0]); i++)
        assert_null(strstr(text, not_these[i]));
}

/* The version of the day is no matter of the file. */
static void no_version(char *text)
{
    static const char version[] = "cgwha " CGWHA_VERSION;
    size_t at = 0;

    while (strncmp(text + at, version, sizeof(version) - 1) != 0) {
        assert_int_not_equal(text[at], '\0');
        at++;
    }
    memset(text + at, '#', sizeof(version) - 1);
    memmove(text + at + 1, text + at + sizeof(version) - 1,
            strlen(text + at + sizeof(version) - 1) + 1);
}

static void pages(void **state)
{
    static const char *const names[] = {"drained", "rolled-back"};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        char file[64], *text;
        struct json_object *op, *course;
        snprintf(file, sizeof(file), "history-%s", names[i]);
        op = read_json(file);
        snprintf(file, sizeof(file), "course-%s", names[i]);
        course = read_json(file);
        text = page(op, course);
        assert_well_formed(text);
        assert_alone(text);
        no_version(text);
        snprintf(file, sizeof(file), "cli/report-%s.html", names[i]);
        golden_compare(file, text);
        free(text);
        text = page(op, NULL);
        assert_well_formed(text);
        assert_non_null(strstr(text, "is not kept"));
        free(text);
        json_object_put(op);
        json_object_put(course);
    }
}

static void hostile_text_is_shown_and_not_read(void **state)
{
    static const char *const keys[] = {"why",  "user", "text", "advice",
                                       "node", "op",   "kind", "result"};
    struct json_object *op = read_json("history-drained"), *course = read_json("course-drained");
    char *text;

    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        json_object_object_add(op, keys[i],
                               json_object_new_string("<script>alert('1')</script>\"&\x01\n"));
    json_object_object_add(json_at(course, "nodes", 0), "name",
                           json_object_new_string("</text><script>\"x"));
    text = page(op, course);
    assert_well_formed(text);
    assert_alone(text);
    assert_non_null(strstr(text, "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;"));
    free(text);
    json_object_put(op);
    json_object_put(course);
}

/* Any member missing, or of another kind: a page all the same. */
static void nonsense(void **state)
{
    static const char *const of_op[] = {"phases", "levels", "took",      "traffic", "told",
                                        "by",     "asked",  "uncovered", "node"};
    static const char *const of_course[] = {"nodes", "changes", "prefixes"};

    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        for (unsigned i = 0; i < 12; i++) {
            struct json_object *op = read_json("history-rolled-back");
            struct json_object *course = read_json("course-rolled-back");
            struct json_object *value = kind == 0   ? NULL
                                        : kind == 1 ? json_object_new_string("x")
                                        : kind == 2 ? json_object_new_int64(-7)
                                                    : json_object_new_array();
            char *text;
            if (i < 9)
                json_object_object_add(op, of_op[i], value);
            else
                json_object_object_add(course, of_course[i - 9], value);
            text = page(op, course);
            assert_well_formed(text);
            free(text);
            json_object_put(op);
            json_object_put(course);
        }
    }
}

static void steps(void **state)
{
    (void)state;
    assert_true(picture_step(10, 4) >= 4.999 && picture_step(10, 4) <= 5.001);
    assert_true(picture_step(1200, 4) >= 499.9 && picture_step(1200, 4) <= 500.1);
    assert_true(picture_step(20, 14) >= 1.999 && picture_step(20, 14) <= 2.001);
    assert_true(picture_step(3620, 14) >= 499.9 && picture_step(3620, 14) <= 500.1);
    assert_true(picture_step(1e30, 4) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list),
        cmocka_unit_test(one_operation),
        cmocka_unit_test(nothing),
        cmocka_unit_test(pages),
        cmocka_unit_test(hostile_text_is_shown_and_not_read),
        cmocka_unit_test(nonsense),
        cmocka_unit_test(steps),
    };

    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests_name("cli history", tests, NULL, NULL);
}
