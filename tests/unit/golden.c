/* Expected texts in files. */
#include "tests/unit/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void golden_path(const char *name, char path[1024])
{
    const char *top = getenv("TOP_SRCDIR");

    snprintf(path, 1024, "%s/tests/golden/%s", top != NULL ? top : ".", name);
}

char *golden_read(const char *name)
{
    char path[1024], *text = NULL;
    size_t size = 0, n;
    FILE *f;

    golden_path(name, path);
    f = fopen(path, "r");
    if (f == NULL)
        fail_msg("%s cannot be read", path);
    do {
        text = realloc(text, size + 4097);
        assert_non_null(text);
        n = fread(text + size, 1, 4096, f);
        size += n;
    } while (n > 0);
    text[size] = '\0';
    fclose(f);
    return text;
}

void golden_compare(const char *name, const char *text)
{
    const char *mode = getenv("CGWHA_GOLDEN");
    char path[1024], *expected;

    if (mode != NULL && strcmp(mode, "write") == 0) {
        FILE *f;
        golden_path(name, path);
        f = fopen(path, "w");
        if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
            fail_msg("%s cannot be written", path);
        return;
    }
    expected = golden_read(name);
    if (strcmp(expected, text) != 0)
        fail_msg("%s expects:\n%s\nbut it is:\n%s", name, expected, text);
    free(expected);
}
