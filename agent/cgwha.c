/* cgwha: the command. It asks the agent on this host, and shows what the agent says; it changes
 * nothing itself. */
#include <stdio.h>
#include <string.h>

#include "agent/api.h"
#include "agent/cli_args.h"
#include "agent/cli_check.h"
#include "agent/cli_help.h"
#include "agent/cli_history.h"
#include "agent/cli_import.h"
#include "agent/cli_link.h"
#include "agent/cli_look.h"
#include "agent/cli_metrics.h"
#include "agent/cli_report.h"
#include "agent/cli_table.h"
#include "agent/cli_wait.h"
#include "agent/cli_watch.h"

static enum exit_code show_status(bool json, const struct look *out, const struct look *err)
{
    struct json_object *status = NULL;
    char sentence[ERR_MAX];
    struct link *link;

    if (link_open(&link, API_NAME, LINK_WAIT_MS, sentence))
        status = link_ask(link, link_request("status"), sentence);
    if (status == NULL) {
        look_put(err, PAINT_PLAIN, "cgwha: ", UINT32_MAX);
        look_wrap(err, PAINT_PLAIN, sentence, 7, 0);
    } else if (json) {
        puts(json_object_to_json_string_ext(status, JSON_C_TO_STRING_PRETTY |
                                                        JSON_C_TO_STRING_SPACED |
                                                        JSON_C_TO_STRING_NOSLASHESCAPE));
    } else {
        table_print(out, status);
    }
    link_close(link);
    return json_object_put(status) == 1 ? EXIT_DONE : EXIT_ERROR;
}

static enum exit_code run(int argc, char **argv, const struct args *args)
{
    struct look out = look_of(stdout), err = look_of(stderr);

    switch (args->command) {
    case COMMAND_STATUS:
        return show_status(args->json, &out, &err);
    case COMMAND_WATCH:
        return watch_run(args->json, API_NAME, &out, &err);
    case COMMAND_HISTORY:
        return history_run(args, API_NAME, &out, &err);
    case COMMAND_REPORT:
        return report_run(args, API_NAME, &out, &err);
    case COMMAND_METRICS:
        return metrics_run(args, API_NAME, &err);
    case COMMAND_IMPORT:
        return import_run(argc - 1, argv + 1, &out, &err);
    case COMMAND_CHECK:
        return check_run(args, API_NAME, &out, &err);
    case COMMAND_HELP:
        fputs(help_text(args->help_for), stdout);
        return EXIT_DONE;
    default:
        return wait_run(args, API_NAME, &out, &err);
    }
}

int main(int argc, char **argv)
{
    enum exit_code code;
    char err[ERR_MAX];
    struct args args;

    if (!args_parse(argc, argv, &args, err)) {
        const char *usage = help_text(args.command);
        fprintf(stderr, "cgwha: %s\n%.*s\n", err, (int)strcspn(usage, "\n"), usage);
        return EXIT_USAGE;
    }
    if (args.version) {
        puts("cgwha " CGWHA_VERSION);
        return EXIT_DONE;
    }
    code = run(argc, argv, &args);
    if (fflush(stdout) != 0 && code == EXIT_DONE) {
        perror("cgwha: the output could not be written");
        return EXIT_ERROR;
    }
    return (int)code;
}
