/* The command's end of the door to cgwhad (agent/api.h): requests with an answer, and events.
 *
 * Every wait is bounded: a daemon that is not there, or hangs, is a sentence that says what to do,
 * never a command that hangs too. */
#ifndef CGWHA_AGENT_CLI_LINK_H
#define CGWHA_AGENT_CLI_LINK_H

#include <json-c/json.h>
#include <stdbool.h>

#include "agent/limits.h"

#define LINK_WAIT_MS 5000 /* what a person may be kept waiting before it is said why */

struct link;

/* Connects to the IPC server of this name; it and each answer may take wait_ms. False with a
 * sentence in err. */
bool link_open(struct link **out, const char *name, int wait_ms, char err[ERR_MAX]);

/* Sends a request (which it takes, and to which it adds "api") and waits for the answer, which the
 * caller puts. NULL with a sentence in err: no answer, or the answer was an error. */
struct json_object *link_ask(struct link *link, struct json_object *request, char err[ERR_MAX]);

/* Becomes readable when an event has come, or the connection is gone. */
int link_fd(const struct link *link);

enum link_got { LINK_EVENT, LINK_NOTHING, LINK_LOST };
/* Takes one event, at once; the caller puts it. LINK_LOST with a sentence in err. */
enum link_got link_event(struct link *link, struct json_object **out, char err[ERR_MAX]);

/* NULL is let pass. */
void link_close(struct link *link);

/* A request: {"do": what}. */
struct json_object *link_request(const char *what);

#endif
