/* metrics: the agent's status for Prometheus and its like, on standard output, into a file for
 * node_exporter's textfile collector, or over HTTP. */
#ifndef CGWHA_AGENT_CLI_METRICS_H
#define CGWHA_AGENT_CLI_METRICS_H

#include "agent/cli_args.h"
#include "agent/cli_look.h"

#define METRICS_WAIT_MS 2000 /* for the agent, twice; a scrape commonly has 10 s */

/* server: name of the IPC server. An agent that does not answer is no error, but what the metrics
 * then say, and a sentence on err. Returns the exit code. */
enum exit_code metrics_run(const struct args *args, const char *server, const struct look *err);

/* Puts text into the file at path, whole or not at all, mode 0644: nobody ever reads half of it.
 * False with err. */
bool metrics_replace(const char *path, const char *text, size_t size, char err[ERR_MAX]);

#endif
