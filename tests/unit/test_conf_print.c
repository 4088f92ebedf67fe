/* What conf_sample and conf_dump write is what conf_read reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "routing/bird_level.h"

#define TEXT_SIZE 65536

static void source_path(const char *name, char out[4096])
{
    snprintf(out, 4096, "%s/%s", getenv("TOP_SRCDIR") ? getenv("TOP_SRCDIR") : ".", name);
}

static void read_path(const char *path, struct conf *conf)
{
    char err[ERR_MAX];

    if (!conf_read(path, conf, err))
        fail_msg("%s", err);
}

static void read_source(const char *name, struct conf *conf)
{
    char path[4096];

    source_path(name, path);
    read_path(path, conf);
}

/* Writes text into a file and reads that as a configuration. */
static void read_text(const char *text, struct conf *conf)
{
    char path[] = "/tmp/cgwha-conf.XXXXXX", err[ERR_MAX];
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    bool ok = conf_read(path, conf, err);
    unlink(path);
    if (!ok)
        fail_msg("%s", err);
}

static char *sample_text(void)
{
    char *text = test_calloc(1, TEXT_SIZE);
    FILE *out = fmemopen(text, TEXT_SIZE, "w");

    assert_non_null(out);
    conf_sample(out);
    fclose(out);
    return text;
}

static void assert_round_trip(const struct conf *conf)
{
    char *text = test_calloc(1, TEXT_SIZE);
    FILE *out = fmemopen(text, TEXT_SIZE, "w");
    struct conf again;

    assert_non_null(out);
    conf_dump(conf, out);
    fclose(out);
    read_text(text, &again);
    assert_memory_equal(conf, &again, sizeof(again));
    test_free(text);
}

/* Mended by `make conf-sample`. */
static void test_sample_is_shipped(void **state)
{
    char path[4096], *shipped = test_calloc(1, TEXT_SIZE), *text = sample_text();

    (void)state;
    source_path("conf/cgwha.conf.sample", path);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(shipped, 1, TEXT_SIZE - 1, file) > 1000);
    fclose(file);
    assert_string_equal(shipped, text);
    test_free(shipped);
    test_free(text);
}

static void test_sample_parses(void **state)
{
    struct conf conf;

    (void)state;
    read_source("conf/cgwha.conf.sample", &conf);
    assert_int_equal(conf.tunnels, 2);
    assert_int_equal(conf.lans, 1);
    assert_int_equal(conf.router.prefixes.count, 2);
    assert_round_trip(&conf);
}

/* A line "#key = value" of the sample, unlike its prose, has no blank behind the #. */
static unsigned uncomment(char *text)
{
    unsigned count = 0;

    for (char *at = strchr(text, '#'); at != NULL; at = strchr(at + 1, '#')) {
        if (!islower((unsigned char)at[1]))
            continue;
        *at = ' ';
        count++;
    }
    return count;
}

/* Each line that the sample comments out shows the default: written in, it changes nothing. The
 * group is an example. */
static void test_sample_shows_defaults(void **state)
{
    struct conf plain, full;
    char *text = sample_text();

    (void)state;
    read_text(text, &plain);
    assert_true(uncomment(text) > 25);
    read_text(text, &full);
    assert_string_equal(full.group, "cgwha");
    memset(full.group, 0, sizeof(full.group));
    assert_memory_equal(&plain, &full, sizeof(full));
    test_free(text);
}

static void test_sample_is_narrow(void **state)
{
    char *text = sample_text();

    (void)state;
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
        assert_in_range(strcspn(line, "\n"), 0, 100);
    test_free(text);
}

static void test_dump_round_trip(void **state)
{
    struct conf conf;

    (void)state;
    read_source("tests/conf/good.conf", &conf);
    assert_round_trip(&conf);
    read_source("tests/conf/minimal.conf", &conf);
    assert_round_trip(&conf);
}

/* All that there can be of everything, as long as it can be. */
static void test_dump_largest(void **state)
{
    char *text = test_calloc(1, TEXT_SIZE);
    FILE *out = fmemopen(text, TEXT_SIZE, "w");
    struct conf conf;

    (void)state;
    assert_non_null(out);
    fprintf(out, "asn = 4294967294 prefixes = {");
    for (unsigned i = 0; i < PREFIXES_MAX; i++)
        fprintf(out, "%s fd00:1111:2222:3333:4444:5555:6666:%x/128", i > 0 ? "," : "", 0x1000 + i);
    fprintf(out, " } state-dir = /%0*d\n", PATH_LEN - 2, 0);
    for (int i = 0; i < TUNNELS_MAX; i++)
        fprintf(out, "tunnel t%0*d { med-offset = %d }\n", NAME_MAX_LEN - 2, i, 1000000 - i);
    for (int i = 0; i < LANS_MAX; i++)
        fprintf(out, "lan l%0*d { }\n", NAME_MAX_LEN - 2, i);
    fprintf(out, "level low { med = %u }\n", UINT32_MAX - 1000000);
    fclose(out);
    read_text(text, &conf);
    assert_int_equal(conf.router.count, SESSIONS_MAX);
    assert_int_equal(conf.router.prefixes.count, PREFIXES_MAX);
    assert_int_equal(strlen(conf.state_dir), PATH_LEN - 1);
    assert_round_trip(&conf);
    test_free(text);
}

/* The lines of text that define something. */
static void definitions(const char *text, char out[1024])
{
    out[0] = '\0';
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        if (strncmp(line, "define ", 7) == 0)
            snprintf(out + strlen(out), 1024 - strlen(out), "%.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

/* What BIRD finds at boot before cgwhad has run is what cgwhad would write at low. */
static void test_level_file_is_low(void **state)
{
    char path[4096], text[4096], shipped[1024], written[1024];
    struct conf conf;

    (void)state;
    read_source("tests/conf/minimal.conf", &conf);
    assert_true(router_bird_level_text(&conf.router, LEVEL_LOW, text, sizeof(text)) > 0);
    definitions(text, written);
    source_path("conf/level-low.bird.conf", path);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    definitions(text, shipped);
    assert_string_equal(shipped, written);
    assert_non_null(strstr(shipped, "CGWHA_LEVEL = 1;"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample_is_shipped),     cmocka_unit_test(test_sample_parses),
        cmocka_unit_test(test_sample_shows_defaults), cmocka_unit_test(test_sample_is_narrow),
        cmocka_unit_test(test_dump_round_trip),       cmocka_unit_test(test_dump_largest),
        cmocka_unit_test(test_level_file_is_low),
    };
    return cmocka_run_group_tests_name("conf print", tests, NULL, NULL);
}
