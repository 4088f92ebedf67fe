/* Reading JSON that somebody else wrote: what is not there, or is of another kind, reads as
 * nothing. Never fails, never keeps a reference. */
#ifndef CGWHA_AGENT_JSON_READ_H
#define CGWHA_AGENT_JSON_READ_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The member `key` of obj: "" / 0 / false / NULL if there is none of that kind. */
const char *json_text(struct json_object *obj, const char *key);
int64_t json_number(struct json_object *obj, const char *key);
bool json_yes(struct json_object *obj, const char *key);
struct json_object *json_member(struct json_object *obj, const char *key);

/* A member that is an array: its length, and one element. */
size_t json_count(struct json_object *obj, const char *key);
struct json_object *json_at(struct json_object *obj, const char *key, size_t i);
/* The same for an array of strings; "" if it is none. */
const char *json_text_at(struct json_object *obj, const char *key, size_t i);

/* Parses exactly one object of `size` bytes (without NUL), no deeper than JSON_DEPTH. NULL if it is
 * anything else. The caller puts it. */
#define JSON_DEPTH 8
struct json_object *json_parse(const char *data, size_t size);

#endif
