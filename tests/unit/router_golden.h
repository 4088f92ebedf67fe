/* What a real BIRD 2.0.12 and a real FRR 8.4.4 said, byte for byte: tests/golden/bird, frr. */
#ifndef CGWHA_TESTS_UNIT_ROUTER_GOLDEN_H
#define CGWHA_TESTS_UNIT_ROUTER_GOLDEN_H

#include <stdio.h>
#include <stdlib.h>

#define GOLDEN_MAX 16384

struct golden {
    size_t len;
    char bytes[GOLDEN_MAX];
};

static inline void golden_read(const char *of, const char *name, struct golden *out)
{
    char path[512];
    const char *top = getenv("TOP_SRCDIR");
    snprintf(path, sizeof(path), "%s/tests/golden/%s/%s", top != NULL ? top : ".", of, name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("cannot open %s", path);
    out->len = fread(out->bytes, 1, sizeof(out->bytes), file);
    fclose(file);
    assert_true(out->len > 0 && out->len < GOLDEN_MAX);
}

#endif
