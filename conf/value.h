/* One value of cgwha.conf: from its text to the field it sets, and back.
 *
 * Pure: no I/O but the given FILE, no allocation.  What it prints it reads again. */
#ifndef CGWHA_CONF_VALUE_H
#define CGWHA_CONF_VALUE_H

#include "conf/keys.h"

static_assert(COMMAND_LEN >= PATH_LEN && COMMAND_LEN >= PREFIX_TEXT,
              "the longest of single values");

#define VALUE_LEN (COMMAND_LEN + 2) /* any single value as text, quotes included */

/* Reads text as a value of this key into place; a VALUE_PREFIXES is one prefix more. On failure
 * returns false, leaves place alone, and has the reason without the allowed range in why. */
bool value_parse(const struct key *key, const char *text, void *place, char why[ERR_MAX]);
/* Says what this key takes: "500ms to 5m". Returns out. */
const char *value_allowed(const struct key *key, char *out, size_t size);
/* Writes the value as the file would have it: 2s, "/run/cgwha", { "10.20.0.0/16" }. */
void value_print(const struct key *key, const void *place, FILE *out);
/* A duration of milliseconds in its largest whole unit. Returns out. */
const char *value_duration(unsigned long long ms, char out[VALUE_LEN]);
/* True if text may name a tunnel, a session, a group: [A-Za-z0-9_.-], 1 to 31 of them. Otherwise
 * the reason is in why. */
bool value_is_name(const char *text, char why[ERR_MAX]);

#endif
