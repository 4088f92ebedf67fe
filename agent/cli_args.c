/* The command line of cgwha. */
#include "agent/cli_args.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND_ROW(id, name, options, node) {name, options, node},
static const struct {
    const char *name;
    unsigned options;
    bool node;
} commands[COMMANDS] = {COMMAND_LIST(COMMAND_ROW)};

/* getopt's values; those of options that share a bit differ. */
enum { GOT_CONFIG = 400 };
enum { GOT_TEXTFILE = 384, GOT_HTTP, GOT_OUTPUT };
enum {
    GOT_JSON = 256,
    GOT_REASON,
    GOT_WAIT,
    GOT_NO_WAIT,
    GOT_TIMEOUT,
    GOT_DRY_RUN,
    GOT_FORCE,
    GOT_WHEN_SAFE,
    GOT_UNTIL_BOOT
};

static const struct {
    unsigned option;
    struct option getopt;
} options[] = {
    {OPTION_JSON, {"json", no_argument, NULL, GOT_JSON}},
    {OPTION_REASON, {"reason", required_argument, NULL, GOT_REASON}},
    {OPTION_WAIT, {"wait", no_argument, NULL, GOT_WAIT}},
    {OPTION_WAIT, {"no-wait", no_argument, NULL, GOT_NO_WAIT}},
    {OPTION_TIMEOUT, {"timeout", required_argument, NULL, GOT_TIMEOUT}},
    {OPTION_DRY_RUN, {"dry-run", no_argument, NULL, GOT_DRY_RUN}},
    {OPTION_FORCE, {"force", no_argument, NULL, GOT_FORCE}},
    {OPTION_TEXTFILE, {"textfile", required_argument, NULL, GOT_TEXTFILE}},
    {OPTION_HTTP, {"http", no_argument, NULL, GOT_HTTP}},
    {OPTION_CONFIG, {"config", required_argument, NULL, GOT_CONFIG}},
    {OPTION_OUTPUT, {"output", required_argument, NULL, GOT_OUTPUT}},
    {OPTION_WHEN_SAFE, {"when-safe", no_argument, NULL, GOT_WHEN_SAFE}},
    {OPTION_UNTIL_BOOT, {"until-boot", no_argument, NULL, GOT_UNTIL_BOOT}},
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

const char *command_name(unsigned command)
{
    return command < COMMANDS ? commands[command].name : "?";
}

/* ---- what may have been meant ---- */

#define WORD_MAX 24

/* How many letters must be changed, added or dropped to make b of a; WORD_MAX if one is too long.
 */
static unsigned distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);
    unsigned row[WORD_MAX + 1];

    if (la >= WORD_MAX || lb >= WORD_MAX)
        return WORD_MAX;
    for (unsigned j = 0; j <= lb; j++)
        row[j] = j;
    for (unsigned i = 1; i <= la; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= lb; j++) {
            unsigned best = diagonal + (a[i - 1] == b[j - 1] ? 0u : 1u);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[lb];
}

static void unknown_command(const char *word, char err[ERR_MAX])
{
    unsigned best = 3;
    const char *meant = NULL;

    for (unsigned c = 0; c < COMMANDS; c++) {
        unsigned d = distance(word, commands[c].name);
        if (d < best) {
            best = d;
            meant = commands[c].name;
        }
    }
    if (meant != NULL)
        snprintf(err, ERR_MAX, "there is no command \"%.40s\"; did you mean \"%s\"?", word, meant);
    else
        snprintf(err, ERR_MAX, "there is no command \"%.40s\"; see cgwha --help", word);
}

static void unknown_option(const char *word, enum command command, char err[ERR_MAX])
{
    unsigned best = 3;
    const char *meant = NULL;

    for (size_t i = 0; i < OPTIONS && strncmp(word, "--", 2) == 0; i++) {
        unsigned d = distance(word + 2, options[i].getopt.name);
        if ((commands[command].options & options[i].option) && d < best) {
            best = d;
            meant = options[i].getopt.name;
        }
    }
    if (meant != NULL)
        snprintf(err, ERR_MAX, "%s has no option %.40s; did you mean --%s?", command_name(command),
                 word, meant);
    else
        snprintf(err, ERR_MAX, "%s has no option %.40s; see cgwha %s --help", command_name(command),
                 word, command_name(command));
}

/* ---- reading ---- */

static bool find_command(const char *word, enum command *out)
{
    for (unsigned c = 0; c < COMMANDS; c++) {
        if (strcmp(word, commands[c].name) == 0) {
            *out = (enum command)c;
            return true;
        }
    }
    return false;
}

static bool take_text(const char *what, const char *from, char *out, size_t size, char err[ERR_MAX])
{
    if (strlcpy(out, from, size) < size)
        return true;
    snprintf(err, ERR_MAX, "%s is too long: at most %zu bytes", what, size - 1);
    return false;
}

static bool take_timeout(const char *from, uint16_t *out, char err[ERR_MAX])
{
    const char *wrong;
    long long seconds = strtonum(from, 1, UINT16_MAX, &wrong);

    if (wrong != NULL)
        snprintf(err, ERR_MAX, "--timeout takes whole seconds, 1 to %d, not \"%.40s\"", UINT16_MAX,
                 from);
    *out = (uint16_t)seconds;
    return wrong == NULL;
}

static bool take_option(int got, struct args *out, char err[ERR_MAX])
{
    switch (got) {
    case GOT_JSON:
        out->json = true;
        return true;
    case GOT_REASON:
        return take_text("--reason", optarg, out->why, sizeof(out->why), err);
    case GOT_WAIT:
    case GOT_NO_WAIT:
        out->no_wait = got == GOT_NO_WAIT;
        return true;
    case GOT_TIMEOUT:
        return take_timeout(optarg, &out->timeout_s, err);
    case GOT_DRY_RUN:
        out->dry_run = true;
        return true;
    case GOT_WHEN_SAFE:
        out->when_safe = true;
        return true;
    case GOT_UNTIL_BOOT:
        out->until_boot = true;
        return true;
    case GOT_TEXTFILE:
        return take_text("--textfile", optarg, out->file, sizeof(out->file), err);
    case GOT_OUTPUT:
        return take_text("--output", optarg, out->file, sizeof(out->file), err);
    case GOT_CONFIG:
        return take_text("--config", optarg, out->file, sizeof(out->file), err);
    case GOT_HTTP:
        out->http = true;
        return true;
    default:
        out->force = true;
        return true;
    }
}

static bool take_options(int argc, char **argv, struct args *out, char err[ERR_MAX])
{
    struct option taken[OPTIONS + 2] = {{"help", no_argument, NULL, 'h'}};
    size_t count = 1;
    int got;

    for (size_t i = 0; i < OPTIONS; i++) {
        if (commands[out->command].options & options[i].option)
            taken[count++] = options[i].getopt;
    }
    optind = 0; /* begin anew */
    opterr = 0;
    while ((got = getopt_long(argc, argv, ":h", taken, NULL)) != -1) {
        if (got == 'h') {
            out->help_for = out->command;
            out->command = COMMAND_HELP;
            return true;
        }
        if (got == ':') {
            snprintf(err, ERR_MAX, "%s needs a value", argv[optind - 1]);
            return false;
        }
        if (got == '?') {
            unknown_option(argv[optind - 1], out->command, err);
            return false;
        }
        if (!take_option(got, out, err))
            return false;
    }
    return true;
}

/* Which operations: so many of the last, or one. */
static bool take_which(const char *from, struct args *out, char err[ERR_MAX])
{
    bool number = from[0] != '\0' && strlen(from) < 6 && strspn(from, "0123456789") == strlen(from);

    if (!take_text("the operation's name", from, out->which, sizeof(out->which), err))
        return false;
    if (strchr(from, ':') != NULL || (number && out->command == COMMAND_HISTORY && atoi(from) > 0))
        return true;
    snprintf(err, ERR_MAX,
             "%s takes %san operation as cgwha history shows it, gw1:1001, not \"%.40s\"",
             command_name(out->command),
             out->command == COMMAND_HISTORY ? "how many to show, or " : "", from);
    return false;
}

/* What is left is at most one name: of a node, of an operation, or for help of a command. */
static bool take_rest(int argc, char **argv, struct args *out, char err[ERR_MAX])
{
    const char *name = command_name(out->command);

    if (optind == argc && out->command == COMMAND_REPORT)
        return take_which("", out, err);
    if (optind == argc)
        return true;
    if (!commands[out->command].node || argc - optind > 1) {
        snprintf(err, ERR_MAX, "%s does not know what to do with \"%.40s\"; see cgwha %s --help",
                 name, argv[commands[out->command].node ? optind + 1 : optind], name);
        return false;
    }
    if (out->command == COMMAND_HISTORY || out->command == COMMAND_REPORT)
        return take_which(argv[optind], out, err);
    if (out->command != COMMAND_HELP)
        return take_text("the node's name", argv[optind], out->node, sizeof(out->node), err);
    if (find_command(argv[optind], &out->help_for))
        return true;
    unknown_command(argv[optind], err);
    return false;
}

bool args_parse(int argc, char **argv, struct args *out, char err[ERR_MAX])
{
    memset(out, 0, sizeof(*out));
    out->command = COMMAND_HELP;
    out->help_for = COMMANDS;
    if (argc < 2) {
        snprintf(err, ERR_MAX, "what is to be done? See cgwha --help");
        return false;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return true;
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        out->version = true;
        return true;
    }
    if (!find_command(argv[1], &out->command)) {
        unknown_command(argv[1], err);
        return false;
    }
    if (out->command == COMMAND_IMPORT)
        return true;
    if (!take_options(argc - 1, argv + 1, out, err))
        return false;
    if (out->command == COMMAND_HELP && out->help_for != COMMANDS)
        return true; /* drain --help: what else stands there does not matter */
    return take_rest(argc - 1, argv + 1, out, err);
}
