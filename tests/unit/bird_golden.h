/* What a real BIRD 2.0.12 said, byte for byte: tests/golden/bird. */
#ifndef CGWHA_TESTS_UNIT_BIRD_GOLDEN_H
#define CGWHA_TESTS_UNIT_BIRD_GOLDEN_H

#include <stdio.h>
#include <stdlib.h>

#define GOLDEN_MAX 16384

struct golden {
    size_t len;
    char bytes[GOLDEN_MAX];
};

static inline void golden_read(const char *name, struct golden *out)
{
    char path[512];
    const char *top = getenv("TOP_SRCDIR");
    snprintf(path, sizeof(path), "%s/tests/golden/bird/%s", top != NULL ? top : ".", name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("cannot open %s", path);
    out->len = fread(out->bytes, 1, sizeof(out->bytes), file);
    fclose(file);
    assert_true(out->len > 0 && out->len < GOLDEN_MAX);
}

#endif
