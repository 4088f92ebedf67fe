/* The states found. */
#include "tests/model/table.h"

#include <string.h>
#include <sys/mman.h>

static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 r = (unsigned __int128)a * b;

    return (uint64_t)r ^ (uint64_t)(r >> 64);
}

static uint64_t hash_of(const uint8_t *data, unsigned size)
{
    uint64_t h = 0x9e3779b97f4a7c15u ^ size, word;

    while (size >= 8) {
        memcpy(&word, data, 8);
        h = mix(h ^ word, 0xd6e8feb86659fd93u);
        data += 8;
        size -= 8;
    }
    word = 0;
    memcpy(&word, data, size);
    h = mix(h ^ word, 0xa0761d6478bd642fu);
    return mix(h ^ 0xe7037ed1a0b428dbu, 0x8ebc6af09c88c6e3u);
}

static void *map(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);

    if (p != MAP_FAILED)
        madvise(p, bytes, MADV_HUGEPAGE);
    return p == MAP_FAILED ? NULL : p;
}

bool table_create(struct table *t, size_t bytes)
{
    size_t each = sizeof(*t->hash) + sizeof(*t->found) + 2 * sizeof(*t->slot);

    memset(t, 0, sizeof(*t));
    t->slots = 1024;
    while (t->slots * each <= bytes)
        t->slots *= 2;
    t->room = (uint32_t)(t->slots / 4 * 3);
    while ((size_t)t->room * (each - 2 * sizeof(*t->slot)) + t->slots * sizeof(*t->slot) > bytes)
        t->room -= t->room / 16;
    t->hash = map(t->room * sizeof(*t->hash));
    t->found = map(t->room * sizeof(*t->found));
    t->slot = map(t->slots * sizeof(*t->slot));
    return t->hash && t->found && t->slot;
}

void table_destroy(struct table *t)
{
    munmap(t->hash, t->room * sizeof(*t->hash));
    munmap(t->found, t->room * sizeof(*t->found));
    munmap(t->slot, t->slots * sizeof(*t->slot));
}

uint32_t table_find(struct table *t, const uint8_t *data, unsigned size, bool *is_new)
{
    uint64_t h = hash_of(data, size), k = h & (t->slots - 1);

    *is_new = false;
    while (t->slot[k] != 0) {
        if (t->hash[t->slot[k] - 1] == h)
            return t->slot[k] - 1;
        k = (k + 1) & (t->slots - 1);
    }
    if (t->count == t->room)
        return NOWHERE;
    *is_new = true;
    t->hash[t->count] = h;
    t->slot[k] = t->count + 1;
    return t->count++;
}
