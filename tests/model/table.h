/* The states found: a hash of each, and how it was reached.
 *
 * Only 64 bits of a state are kept: among 10^8 states the chance that any two are taken for one is
 * below 0.0003. Bounded in memory; when that is spent the exploration ends, and says so. */
#ifndef CGWHA_TESTS_MODEL_TABLE_H
#define CGWHA_TESTS_MODEL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOWHERE 0xffffffffu

/* Of each state, by its index. */
struct found {
    uint32_t parent;
    uint32_t fair; /* its fair successor, or NOWHERE at rest */
    uint16_t move; /* from the parent */
    uint8_t flags;
    uint8_t color; /* of the search for cycles */
};

struct table {
    uint64_t *hash;
    struct found *found;
    uint32_t *slot; /* index + 1, or 0 */
    uint32_t count, room;
    uint64_t slots;
};

bool table_create(struct table *t, size_t bytes);
void table_destroy(struct table *t);
/* The index of the state with these bytes; is_new if it was not there. NOWHERE if there is no room.
 */
uint32_t table_find(struct table *t, const uint8_t *data, unsigned size, bool *is_new);

#endif
