/* The status as metrics: from the same JSON files as the table, against the text beside them; and
 * what may stand in a label. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/cli_metrics.h"
#include "agent/json_read.h"
#include "agent/metrics.h"
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

/* The page, until the next one is made. */
static char *page_of(struct json_object *status, enum metric_dialect dialect)
{
    static char page[1 << 16];
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    metrics_write(out, dialect, status);
    fclose(out);
    assert_true(size < sizeof(page));
    memcpy(page, text, size + 1);
    free(text);
    return page;
}

/* The version of the day is no matter of these files. */
static void hide_version(char *text)
{
    char *tail = strstr(text, "version=\"" CGWHA_VERSION "\"");

    assert_non_null(tail);
    tail += strlen("version=\"");
    *tail++ = 'V';
    memmove(tail, tail + strlen(CGWHA_VERSION) - 1, strlen(tail + strlen(CGWHA_VERSION) - 1) + 1);
}

static void compare(struct json_object *status, enum metric_dialect dialect, const char *name)
{
    char *text = page_of(status, dialect), file[64];

    hide_version(text);
    snprintf(file, sizeof(file), "metrics/%s.%s", name,
             dialect == METRIC_OPENMETRICS ? "openmetrics" : "prom");
    golden_compare(file, text);
}

static void pages(void **state)
{
    static const char *const names[] = {"in-service", "drained", "settling",   "agent-lost",
                                        "alone",      "sick",    "safety-net", "broken"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct json_object *status = read_status(names[i]);
        compare(status, METRIC_OPENMETRICS, names[i]);
        if (i < 2)
            compare(status, METRIC_TEXT, names[i]);
        json_object_put(status);
    }
    compare(NULL, METRIC_OPENMETRICS, "down");
    compare(NULL, METRIC_TEXT, "down");
}

/* What the goldens say must be what the states are; a few by hand, so that nobody writes a wrong
 * golden anew without noticing. */
static void assert_says(struct json_object *status, const char *line)
{
    char *text = page_of(status, METRIC_OPENMETRICS), needle[256];

    snprintf(needle, sizeof(needle), "\n%s\n", line);
    if (strstr(text, needle) == NULL)
        fail_msg("%s is not in:\n%s", line, text);
}

static void truths(void **state)
{
    static const struct {
        const char *status, *line;
    } cases[] = {
        {"in-service", "cgwha_promise_holds{prefix=\"10.20.0.0/16\"} 1"},
        {"in-service", "cgwha_prefix_coverers{prefix=\"10.20.0.0/16\"} 2"},
        {"in-service", "cgwha_node_redundant{node=\"gw2\"} 1"},
        {"in-service",
         "cgwha_tunnel_receive_bytes_total{node=\"gw1\",tunnel=\"tun11\"} 5000000000"},
        {"in-service", "cgwha_operations_total{kind=\"drain\",result=\"refused\"} 3"},
        {"in-service", "cgwha_lock_held 0"},
        {"settling", "cgwha_lock_held 1"},
        {"settling", "cgwha_node_phase{node=\"gw1\",cgwha_node_phase=\"settling\"} 1"},
        {"settling", "cgwha_node_level{node=\"gw2\",cgwha_node_level=\"high\"} 1"},
        {"drained", "cgwha_node_phase{node=\"gw2\",cgwha_node_phase=\"drained\"} 1"},
        {"drained", "cgwha_node_phase{node=\"gw2\",cgwha_node_phase=\"in-service\"} 0"},
        {"drained", "cgwha_node_intent{node=\"gw2\",cgwha_node_intent=\"maintenance\"} 1"},
        {"drained", "cgwha_node_drain_pending{node=\"gw2\"} 0"},
        {"drained", "cgwha_prefix_covered{prefix=\"10.20.0.0/16\",node=\"gw2\"} 0"},
        {"drained", "cgwha_node_redundant{node=\"gw2\"} 0"},
        {"agent-lost", "cgwha_node_agent{node=\"gw2\",cgwha_node_agent=\"lost\"} 1"},
        {"agent-lost", "cgwha_node_redundant{node=\"gw2\"} 0"},
        {"alone", "cgwha_view_alone 1"},
        {"safety-net", "cgwha_node_drain_pending{node=\"gw1\"} 1"},
        {"sick", "cgwha_node_sick{node=\"gw1\",cgwha_node_sick=\"ipsec\"} 1"},
        {"broken", "cgwha_promise_holds{prefix=\"10.20.0.0/16\"} 0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json_object *status = read_status(cases[i].status);
        assert_says(status, cases[i].line);
        json_object_put(status);
    }
}

/* What a node said before it was lost is not repeated. */
static void the_lost_say_nothing(void **state)
{
    struct json_object *status = read_status("agent-lost");
    char *text = page_of(status, METRIC_OPENMETRICS);

    (void)state;
    assert_null(strstr(text, "cgwha_node_phase{node=\"gw2\""));
    assert_null(strstr(text, "tunnel=\"tun21\""));
    assert_non_null(strstr(text, "cgwha_node_phase{node=\"gw1\""));
    assert_non_null(strstr(text, "tunnel=\"tun11\""));
    json_object_put(status);
}

/* Meant to be out and in service: waits. */
static void pending(void **state)
{
    struct json_object *status = read_status("in-service");
    struct json_object *node = json_at(status, "nodes", 1);

    (void)state;
    assert_says(status, "cgwha_node_drain_pending{node=\"gw2\"} 0");
    json_object_object_add(node, "intent", json_object_new_string("maintenance"));
    assert_says(status, "cgwha_node_drain_pending{node=\"gw2\"} 1");
    json_object_put(status);
}

/* One session down is one too many for a guard. */
static void not_redundant(void **state)
{
    struct json_object *status = read_status("in-service");
    struct json_object *tunnel = json_at(json_at(status, "nodes", 1), "tunnels", 1);

    (void)state;
    json_object_object_add(tunnel, "session", json_object_new_boolean(false));
    assert_says(status, "cgwha_node_redundant{node=\"gw2\"} 0");
    assert_says(status, "cgwha_node_redundant{node=\"gw1\"} 1");
    json_object_put(status);
}

static void escapes(void **state)
{
    static const struct metric_family family = {"x", METRIC_GAUGE, "", "a \"b\" \\ c\nd"};
    static const struct metric_label label = {"l", "\"\\\n{},=é"};
    static const char *const expected[] = {
        "# TYPE x gauge\n# HELP x a \\\"b\\\" \\\\ c\\nd\nx{l=\"\\\"\\\\\\n{},=é\"} -1\n# EOF\n",
        "# TYPE x gauge\n# HELP x a \"b\" \\\\ c\\nd\nx{l=\"\\\"\\\\\\n{},=é\"} -1\n"};

    (void)state;
    for (unsigned d = 0; d < 2; d++) {
        char *text = NULL;
        size_t size = 0;
        struct metric_page page = {.out = open_memstream(&text, &size),
                                   .dialect = (enum metric_dialect)d};
        metric_put(&page, &family, -1, &label, 1);
        metric_end(&page);
        fclose(page.out);
        assert_string_equal(text, expected[d]);
        free(text);
    }
}

/* A status that is nonsense makes a page all the same. */
static void nonsense(void **state)
{
    static const char *const texts[] = {
        "{}", "{\"nodes\":5,\"counts\":[],\"promise\":\"x\",\"lock\":1}",
        "{\"nodes\":[1,{\"phase\":7,\"sick\":\"x\",\"tunnels\":[null]}]}",
        "{\"promise\":{\"prefixes\":[null,[]]},\"counts\":{\"events\":{\"x\":\"y\"}}}"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct json_object *status = json_parse(texts[i], strlen(texts[i]));
        char *text = page_of(status, METRIC_OPENMETRICS);
        assert_non_null(status);
        assert_non_null(strstr(text, "\ncgwha_up 1\n"));
        assert_string_equal(text + strlen(text) - 6, "# EOF\n");
        json_object_put(status);
    }
}

/* ---- the file ---- */

static void assert_file(const char *path, const char *expected)
{
    char text[64] = "";
    FILE *f = fopen(path, "r");

    assert_non_null(f);
    (void)!fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    assert_string_equal(text, expected);
}

static void replaces_a_file(void **state)
{
    char dir[] = "/tmp/cgwha-test-XXXXXX", path[64], bad[64], err[ERR_MAX];
    struct stat st;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/x.prom", dir);
    snprintf(bad, sizeof(bad), "%s/not/x.prom", dir);
    assert_true(metrics_replace(path, "one\n", 4, err));
    assert_file(path, "one\n");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_true(metrics_replace(path, "two\n", 4, err));
    assert_file(path, "two\n");
    assert_false(metrics_replace(bad, "three\n", 6, err));
    assert_non_null(strstr(err, "not/x.prom cannot be written: No such file"));
    assert_int_equal(mkdir(bad, 0755), -1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0755), 0); /* cannot be replaced: what was begun is removed */
    assert_false(metrics_replace(path, "four\n", 5, err));
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(dir), 0); /* nothing is left over */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages),
        cmocka_unit_test(truths),
        cmocka_unit_test(pending),
        cmocka_unit_test(escapes),
        cmocka_unit_test(the_lost_say_nothing),
        cmocka_unit_test(not_redundant),
        cmocka_unit_test(nonsense),
        cmocka_unit_test(replaces_a_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
