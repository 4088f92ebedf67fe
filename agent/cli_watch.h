/* What happens, as it happens, a line each. */
#ifndef CGWHA_AGENT_CLI_WATCH_H
#define CGWHA_AGENT_CLI_WATCH_H

#include <json-c/json.h>

#include "agent/cli_args.h"
#include "agent/cli_look.h"

/* server: name of the IPC server. Returns the exit code, after SIGINT or SIGTERM EXIT_DONE. */
enum exit_code watch_run(bool json, const char *server, const struct look *out,
                         const struct look *err);

/* One event as a line. */
void watch_line(const struct look *look, struct json_object *event);

#endif
