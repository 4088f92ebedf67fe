/* check: what is wrong with this host and the pair, before it carries anything and at any time. */
#ifndef CGWHA_AGENT_CLI_CHECK_H
#define CGWHA_AGENT_CLI_CHECK_H

#include "agent/cli_args.h"
#include "agent/cli_look.h"

/* server: name of the agent's IPC server. Returns the exit code, by the worst that was found. */
enum exit_code check_run(const struct args *args, const char *server, const struct look *out,
                         const struct look *err);

#endif
