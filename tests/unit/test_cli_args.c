/* The command line of cgwha. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/cli_args.h"
#include "agent/cli_help.h"

#define WORDS_MAX 12

/* Splits at blanks; "_" stands for a blank inside a word. */
static bool parse(const char *line, struct args *out, char err[ERR_MAX])
{
    char copy[512], *argv[WORDS_MAX + 1] = {NULL}, *rest = copy;
    int argc = 0;

    strlcpy(copy, line, sizeof(copy));
    while (argc < WORDS_MAX && (argv[argc] = strsep(&rest, " ")) != NULL) {
        for (char *c = argv[argc]; *c != '\0'; c++)
            *c = *c == '_' ? ' ' : *c;
        argc++;
    }
    argv[argc] = NULL;
    return args_parse(argc, argv, out, err);
}

static struct args good(const char *line)
{
    char err[ERR_MAX] = "";
    struct args args;

    if (!parse(line, &args, err))
        fail_msg("%s: %s", line, err);
    return args;
}

static void bad(const char *line, const char *words)
{
    char err[ERR_MAX] = "";
    struct args args;

    if (parse(line, &args, err))
        fail_msg("%s: was taken", line);
    if (strstr(err, words) == NULL)
        fail_msg("%s: \"%s\" does not say \"%s\"", line, err, words);
}

static void takes_commands(void **state)
{
    struct args a;

    (void)state;
    assert_int_equal(good("cgwha status").command, COMMAND_STATUS);
    assert_false(good("cgwha status").json);
    assert_true(good("cgwha status --json").json);
    assert_true(good("cgwha watch --json").json);
    a = good("cgwha drain");
    assert_int_equal(a.command, COMMAND_DRAIN);
    assert_string_equal(a.node, "");
    assert_false(a.no_wait || a.dry_run || a.force);
    assert_int_equal(a.timeout_s, 0);
    a = good("cgwha drain --force gw1 --reason a_new_kernel --timeout=90 --dry-run --no-wait");
    assert_string_equal(a.node, "gw1");
    assert_string_equal(a.why, "a new kernel");
    assert_int_equal(a.timeout_s, 90);
    assert_true(a.force && a.dry_run && a.no_wait);
    assert_false(good("cgwha drain --no-wait --wait").no_wait);
    assert_string_equal(good("cgwha undrain gw2").node, "gw2");
    assert_string_equal(good("cgwha metrics --textfile /x/y.prom").file, "/x/y.prom");
    assert_true(good("cgwha metrics --http").http);
    assert_int_equal(good("cgwha check --json").command, COMMAND_CHECK);
    assert_int_equal(good("cgwha abort").command, COMMAND_ABORT);
    assert_string_equal(good("cgwha drain -- -odd").node, "-odd");
}

static void takes_help_and_version(void **state)
{
    struct args a;

    (void)state;
    assert_true(good("cgwha --version").version);
    a = good("cgwha --help");
    assert_int_equal(a.command, COMMAND_HELP);
    assert_int_equal(a.help_for, COMMANDS);
    a = good("cgwha drain --help");
    assert_int_equal(a.command, COMMAND_HELP);
    assert_int_equal(a.help_for, COMMAND_DRAIN);
    a = good("cgwha drain gw1 -h more and more");
    assert_int_equal(a.help_for, COMMAND_DRAIN);
    assert_int_equal(good("cgwha help undrain").help_for, COMMAND_UNDRAIN);
    assert_int_equal(good("cgwha help").help_for, COMMANDS);
}

static void refuses_and_suggests(void **state)
{
    (void)state;
    bad("cgwha", "cgwha --help");
    bad("cgwha drian", "did you mean \"drain\"?");
    bad("cgwha statsu", "did you mean \"status\"?");
    bad("cgwha frobnicate", "see cgwha --help");
    bad("cgwha help drian", "did you mean \"drain\"?");
    bad("cgwha drain --forse", "did you mean --force?");
    bad("cgwha drain --frobnicate", "see cgwha drain --help");
    bad("cgwha drain -x", "see cgwha drain --help");
    bad("cgwha undrain --force", "no option --force");
    bad("cgwha undrain --dry-run", "no option --dry-run");
    bad("cgwha status --force", "no option --force");
    bad("cgwha check gw1", "\"gw1\"");
    bad("cgwha status --http", "no option --http");
    bad("cgwha metrics --textfile", "--textfile needs a value");
    bad("cgwha drain --timeout", "--timeout needs a value");
    bad("cgwha drain --timeout 0", "1 to 65535");
    bad("cgwha drain --timeout 65536", "1 to 65535");
    bad("cgwha drain --timeout 5s", "1 to 65535");
    bad("cgwha drain gw1 gw2", "\"gw2\"");
    bad("cgwha status gw1", "\"gw1\"");
    bad("cgwha drain a-name-that-is-much-too-long-to-be-one", "too long");
}

static void a_reason_fits_or_is_refused(void **state)
{
    char line[256] = "cgwha drain --reason ";
    size_t at = strlen(line);
    struct args a;

    (void)state;
    memset(line + at, 'x', WHY_LEN - 1);
    a = good(line);
    assert_int_equal(strlen(a.why), WHY_LEN - 1);
    line[at + WHY_LEN - 1] = 'x';
    bad(line, "too long: at most 127");
}

static void every_command_has_its_help(void **state)
{
    char usage[64];

    (void)state;
    for (unsigned c = 0; c < COMMAND_HELP; c++) {
        const char *text = help_text((enum command)c);
        snprintf(usage, sizeof(usage), "Usage: cgwha %s", command_name(c));
        assert_int_equal(strncmp(text, usage, strlen(usage)), 0);
        assert_int_equal(text[strlen(text) - 1], '\n');
        snprintf(usage, sizeof(usage), "\n  %s ", command_name(c));
        assert_non_null(strstr(help_text(COMMANDS), usage));
        for (const char *line = text; line != NULL && *line != '\0';) {
            const char *next = strchr(line, '\n') + 1;
            if (next - line > 97)
                fail_msg("too wide: %.*s", (int)(next - line), line);
            line = next;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_commands),
        cmocka_unit_test(takes_help_and_version),
        cmocka_unit_test(refuses_and_suggests),
        cmocka_unit_test(a_reason_fits_or_is_refused),
        cmocka_unit_test(every_command_has_its_help),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
