/* drain, undrain, abort: asks for the operation, shows its phases, and ends as it ends. */
#ifndef CGWHA_AGENT_CLI_WAIT_H
#define CGWHA_AGENT_CLI_WAIT_H

#include "agent/cli_args.h"
#include "agent/cli_look.h"

/* server: name of the IPC server. Returns the exit code. */
enum exit_code wait_run(const struct args *args, const char *server, const struct look *out,
                        const struct look *err);

/* The exit code for a result as the agent names it; EXIT_ERROR for one unknown. */
enum exit_code wait_exit_code(const char *result);

#endif
