/* Files of AWS for tests. */
#include "tests/unit/aws_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT_MAX 65536

char *aws_file(const char *name)
{
    const char *top = getenv("TOP_SRCDIR");
    char path[1024], *text = malloc(TEXT_MAX);

    assert_non_null(text);
    snprintf(path, sizeof(path), "%s/tests/data/aws/%s", top != NULL ? top : ".", name);
    FILE *f = fopen(path, "r");
    if (f == NULL)
        fail_msg("%s cannot be read", path);
    size_t size = fread(text, 1, TEXT_MAX - 1, f);
    assert_in_range(size, 1, TEXT_MAX - 2);
    text[size] = '\0';
    fclose(f);
    return text;
}

char *aws_edit(char *text, const char *from, const char *to, unsigned n)
{
    char *out = calloc(1, 2 * TEXT_MAX), *rest = text;
    unsigned seen = 0, changed = 0;

    assert_non_null(out);
    for (char *at; (at = strstr(rest, from)) != NULL; rest = at + strlen(from)) {
        strncat(out, rest, (size_t)(at - rest));
        seen++;
        strlcat(out, n == 0 || seen == n ? to : from, 2 * TEXT_MAX);
        changed += n == 0 || seen == n;
    }
    strlcat(out, rest, 2 * TEXT_MAX);
    free(text);
    if (changed == 0)
        fail_msg("there is no \"%s\" (%u) to be edited", from, n);
    return out;
}

char *aws_edited(const char *name, const char *from, const char *to, unsigned n)
{
    return aws_edit(aws_file(name), from, to, n);
}
