/* What has happened: the operations that the agent has kept. */
#ifndef CGWHA_AGENT_CLI_HISTORY_H
#define CGWHA_AGENT_CLI_HISTORY_H

#include <json-c/json.h>

#include "agent/cli_args.h"
#include "agent/cli_link.h"
#include "agent/cli_look.h"

#define HISTORY_SHOWN 20 /* operations, unless told how many */

/* server: name of the IPC server. args->which: empty, a number, or an operation. */
enum exit_code history_run(const struct args *args, const char *server, const struct look *out,
                           const struct look *err);

/* A list, newest first, as in an answer of the agent; a line or two each. */
void history_print(const struct look *look, struct json_object *answer);
/* One operation with all that is known of it. */
void history_print_one(const struct look *look, struct json_object *op);

/* Asks for one operation; the caller puts the answer, whose only operation is in *op. NULL with a
 * sentence in err. */
struct json_object *history_ask_one(struct link *link, const char *which, struct json_object **op,
                                    char err[ERR_MAX]);

#endif
