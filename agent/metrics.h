/* The agent's status as metrics: what is shown, under which names.
 *
 * A pure function of the status (agent/report.c). It says what the agent says, and when there is no
 * agent it says that, and nothing else: an old truth is none. */
#ifndef CGWHA_AGENT_METRICS_H
#define CGWHA_AGENT_METRICS_H

#include <json-c/json.h>

#include "agent/metric.h"

/* Writes the whole page; status NULL: the agent did not answer. */
void metrics_write(FILE *out, enum metric_dialect dialect, struct json_object *status);

#endif
