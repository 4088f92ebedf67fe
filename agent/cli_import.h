/* cgwha import: from the cloud's files to those of a pair of gateways. It asks no agent, and
 * changes nothing but the directory that it is given. */
#ifndef CGWHA_AGENT_CLI_IMPORT_H
#define CGWHA_AGENT_CLI_IMPORT_H

#include "agent/cli_args.h"
#include "agent/cli_look.h"
#include "conf/import/site.h"

/* argv[0] is "import". argv is permuted; *out points into it. *help: no more than that was asked
 * for. False with a sentence in err: EXIT_USAGE. */
bool import_parse(int argc, char **argv, struct wish *out, bool *help, char err[ERR_MAX]);

/* The whole command. Returns the exit code. */
enum exit_code import_run(int argc, char **argv, const struct look *out, const struct look *err);

#endif
