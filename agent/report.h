/* What the agent shows of itself, as JSON: the status, and what is told.
 *
 * It only reads the runtime. The words in it come from agent/sentence.c. */
#ifndef CGWHA_AGENT_REPORT_H
#define CGWHA_AGENT_REPORT_H

#include <json-c/json.h>

#include "agent/runtime.h"
#include "agent/said.h"

#define API_VERSION 1 /* stands in every request, response and event as "api" */

/* Each returns a new object; the caller puts it. NULL only without memory. */

#define REPORT_FORMAT (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE) /* on the wire */
#define REPORT_MAX    (IPC_MAX - 4096) /* bytes of JSON in one answer; the rest is libqb's */

/* The whole status (cgwha status --json), no longer than REPORT_MAX: if it were, the stories of
 * past operations are left out, and "cut" says so. said: how their ends were said when they came.
 */
struct json_object *report_status(const struct runtime *rt, const struct said *said);
/* One event for those who watch. */
struct json_object *report_told(const struct runtime *rt, const struct told *told);
/* What node n covers, as far as anybody can vouch for it: a bit for each shared prefix. */
uint64_t report_covers(const struct runtime *rt, unsigned n);
/* {"api":1,"error":"..."} */
struct json_object *report_error(const char *sentence);

#endif
