/* An IP prefix in canonical form: host bits zero, so that equal prefixes are equal bytes.
 * Pure: no I/O, no allocation. */
#ifndef CGWHA_ROUTING_PREFIX_H
#define CGWHA_ROUTING_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/limits.h"

#define PREFIX_TEXT 50 /* "ffff:...:ffff/128" with its NUL */

struct prefix {
    uint8_t family;   /* 4 or 6 */
    uint8_t len;      /* bits */
    uint8_t addr[16]; /* network byte order; IPv4 uses the first four */
};

/* Shared prefixes, sorted and without doubles, so that bit i means the same on every node. */
struct prefix_list {
    uint8_t count;
    struct prefix item[PREFIXES_MAX];
};

/* Parses "10.20.0.0/16" or "fd00::/64". Host bits set are an error that names the right form.
 * Returns false with a sentence in err. */
bool prefix_parse(const char *text, struct prefix *out, char err[ERR_MAX]);
/* Writes the canonical text into out and returns out. */
const char *prefix_text(const struct prefix *p, char out[PREFIX_TEXT]);
/* Total order: family, address, length; <0, 0, >0. */
int prefix_compare(const struct prefix *a, const struct prefix *b);
/* Inserts in order. False with err if it is there already or the list is full. */
bool prefix_list_add(struct prefix_list *list, const struct prefix *p, char err[ERR_MAX]);
/* Index of p in the list, or -1. */
int prefix_list_find(const struct prefix_list *list, const struct prefix *p);
/* A bit for each prefix of the list. */
uint64_t prefix_list_mask(const struct prefix_list *list);
/* FNV-1a 64 over the canonical bytes; never 0. Equal lists have equal digests on every host. */
uint64_t prefix_list_digest(const struct prefix_list *list);

#endif
