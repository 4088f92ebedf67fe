/* The command line of cgwha, read and checked. Pure, but for getopt's own state. */
#ifndef CGWHA_AGENT_CLI_ARGS_H
#define CGWHA_AGENT_CLI_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/limits.h"

/* X(id, name, options, node): which of the options below it takes, and whether a node's name. */
#define COMMAND_LIST(X)                                                                            \
    X(STATUS, "status", OPTION_JSON, false)                                                        \
    X(DRAIN, "drain",                                                                              \
      OPTION_REASON | OPTION_WAIT | OPTION_TIMEOUT | OPTION_DRY_RUN | OPTION_FORCE |               \
          OPTION_WHEN_SAFE | OPTION_UNTIL_BOOT,                                                    \
      true)                                                                                        \
    X(UNDRAIN, "undrain", OPTION_REASON | OPTION_WAIT | OPTION_TIMEOUT, true)                      \
    X(ABORT, "abort", 0u, true)                                                                    \
    X(WATCH, "watch", OPTION_JSON, false)                                                          \
    X(HISTORY, "history", OPTION_JSON, true)                                                       \
    X(REPORT, "report", OPTION_OUTPUT, true)                                                       \
    X(METRICS, "metrics", OPTION_TEXTFILE | OPTION_HTTP, false)                                    \
    X(IMPORT, "import", 0u, false) /* its command line is read by cli_import.h */                  \
    X(CHECK, "check", OPTION_JSON | OPTION_CONFIG, false)                                          \
    X(HELP, "help", 0u, true)

#define OPTION_JSON       0x01u
#define OPTION_REASON     0x02u
#define OPTION_WAIT       0x04u
#define OPTION_TIMEOUT    0x08u
#define OPTION_DRY_RUN    0x10u
#define OPTION_FORCE      0x20u
#define OPTION_WHEN_SAFE  0x40u
#define OPTION_UNTIL_BOOT 0x80u

#define OPTION_TEXTFILE 0x1000u
#define OPTION_HTTP     0x2000u
#define OPTION_CONFIG   0x8000u
#define OPTION_OUTPUT   0x4000u

#define CGWHA_ENUM_COMMAND(id, name, options, node) COMMAND_##id,
enum command { COMMAND_LIST(CGWHA_ENUM_COMMAND) COMMANDS };

/* "?" outside the list. */
const char *command_name(unsigned command);

/* How cgwha ends; the scripts of operators rely on these. */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_ERROR = 1,
    EXIT_USAGE = 2,
    EXIT_WARNING = 7, /* check: something works, and will not in some case */
    EXIT_FAULT = 8,   /* check: something does not work, or loses packets */
    EXIT_REFUSED = 3,
    EXIT_ROLLED_BACK = 4,
    EXIT_TIMED_OUT = 5,
    EXIT_PENDING = 6 /* drain --when-safe: not yet, and it will be */
};

struct args {
    enum command command;  /* COMMAND_HELP also for --help */
    enum command help_for; /* COMMAND_HELP: about this one; COMMANDS: about all */
    bool version;          /* --version: nothing else counts */
    bool json, no_wait, dry_run, force, when_safe, until_boot;
    uint16_t timeout_s;      /* 0: none */
    char node[NAME_MAX_LEN]; /* empty: none was named */
    char why[WHY_LEN];
    char file[512];                /* --textfile, --output; empty: none */
    char which[NAME_MAX_LEN + 12]; /* HISTORY: a number or an operation, or empty; REPORT: one */
    bool http;
};

/* argv is permuted. False with a sentence in err that says what is wrong, and what may have been
 * meant: EXIT_USAGE; out->command is then the one it was about, or COMMAND_HELP. */
bool args_parse(int argc, char **argv, struct args *out, char err[ERR_MAX]);

#endif
