/* An operation as a page for a browser (agent/page.h), from what the agent has kept of it. */
#ifndef CGWHA_AGENT_CLI_REPORT_H
#define CGWHA_AGENT_CLI_REPORT_H

#include "agent/cli_args.h"
#include "agent/cli_look.h"

/* server: name of the IPC server. args->which: the operation; args->file: where to, empty for
 * standard output. A file is written whole or not at all. */
enum exit_code report_run(const struct args *args, const char *server, const struct look *out,
                          const struct look *err);

#endif
