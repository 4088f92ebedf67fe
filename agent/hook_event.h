/* An event as hooks are told it: NAME=value strings for the environment, then the JSON that
 * watchers get. Pure: it reads the runtime, and writes bytes. */
#ifndef CGWHA_AGENT_HOOK_EVENT_H
#define CGWHA_AGENT_HOOK_EVENT_H

#include <json-c/json.h>
#include <stddef.h>

#include "agent/runtime.h"

/* The strings, each with its NUL; an empty one; the JSON with its NUL. event is what report_told()
 * has made of told. Returns the length, 0 if it does not fit. Control characters in values become
 * spaces. */
size_t hook_event(const struct runtime *rt, const struct told *told, struct json_object *event,
                  char *out, size_t size);

#endif
