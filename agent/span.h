/* Lengths of time and moments, as people say them. Pure. */
#ifndef CGWHA_AGENT_SPAN_H
#define CGWHA_AGENT_SPAN_H

#include <stdint.h>

#define SPAN_TEXT 24

/* "12 s", "4 min 10 s", "3 h 12 min", "4 d 3 h": never more than two units. Returns out. */
const char *span_text(uint64_t seconds, char out[SPAN_TEXT]);
/* The moment `then` as it is best said at `now` (unix seconds, local time): "12:03:11" on the same
 * day, else "2025-05-01 12:03". Returns out. */
const char *moment_text(uint64_t then, uint64_t now, char out[SPAN_TEXT]);

#endif
