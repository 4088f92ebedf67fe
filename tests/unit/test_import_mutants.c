/* Files that nobody wrote: good ones with bytes changed, pieces moved, doubled, cut out. Whatever
 * comes in, nothing is read that is not there (the sanitizers watch), no error shows a key, and
 * what is taken has only what may stand in a configuration. The seed is fixed: what fails, fails
 * again; CGWHA_MUTANTS is how many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/import/files.h"
#include "tests/unit/aws_files.h"

#define MUTANTS 3000

/* xorshift64 (Marsaglia 2003). */
static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static size_t below(uint64_t *seed, size_t n)
{
    return n == 0 ? 0 : (size_t)(next(seed) % n);
}

static const char *const words[] = {
    "<",
    ">",
    "/",
    "&",
    "\"",
    "&lt;",
    "&#0;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<!DOCTYPE a [",
    "<?x ?>",
    "\xff",
    "\xc0\x80",
    "\\u0000",
    "0",
    "-1",
    "99999999999999999999",
    "{",
    "}",
    "[",
    "]",
    "%s%n",
    "\n",
};

/* One change; the text keeps its room. */
static void mutate(uint64_t *seed, char *text, size_t *size, size_t room)
{
    size_t at = below(seed, *size), n = below(seed, 64), from = below(seed, *size);
    const char *word = words[below(seed, sizeof(words) / sizeof(words[0]))];

    switch (below(seed, 5)) {
    case 0:
        if (at < *size)
            text[at] = (char)next(seed);
        return;
    case 1: /* cut out */
        n = n < *size - at ? n : *size - at;
        memmove(text + at, text + at + n, *size - at - n);
        *size -= n;
        return;
    case 2: /* double a piece somewhere else */
        n = n < *size - from ? n : *size - from;
        if (*size + n > room)
            return;
        char piece[64];
        memcpy(piece, text + from, n);
        memmove(text + at + n, text + at, *size - at);
        memcpy(text + at, piece, n);
        *size += n;
        return;
    case 3:
        n = strlen(word);
        if (*size + n > room)
            return;
        memmove(text + at + n, text + at, *size - at);
        memcpy(text + at, word, n);
        *size += n;
        return;
    default:
        if (below(seed, 20) == 0)
            *size = at; /* cut short */
    }
}

static bool is_plain(const char *text)
{
    return text[strspn(
               text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-")] == '\0';
}

static void assert_plain(const struct aws_connection *c)
{
    assert_true(is_plain(c->id) && is_plain(c->customer) && is_plain(c->cloud));
    for (unsigned i = 0; i < AWS_TUNNELS; i++) {
        const struct aws_tunnel *t = &c->tunnel[i];
        assert_true(is_plain(t->key) && is_plain(t->gateway.outside) &&
                    is_plain(t->cloud.outside) && is_plain(t->gateway.inside) &&
                    is_plain(t->cloud.inside));
    }
}

/* All of it, from bytes to files in memory. Returns whether it was taken to the end. */
static bool run(const char *bytes, size_t size, const char *other)
{
    struct sources sources = {0};
    char err[SITE_ERR] = "";
    struct files files = {0};
    struct wish wish = {.file_ciphers = size % 2 == 0};
    struct site site;
    bool good = source_read("mutant", bytes, size, &sources, err) &&
                (other == NULL || source_read("other", other, strlen(other), &sources, err));

    for (unsigned i = 0; i < sources.count; i++)
        assert_plain(&sources.item[i].connection);
    good = good && site_make(&sources, &wish, &site, err) && files_make(&site, &files, err);
    if (!good && (err[0] == '\0' || strstr(err, "_a_secret") != NULL))
        fail_msg("an error says \"%s\"", err);
    files_free(&files);
    sources_free(&sources);
    return good;
}

static void survives(const char *name, const char *other_name)
{
    const char *wanted = getenv("CGWHA_MUTANTS");
    unsigned long mutants = wanted != NULL ? strtoul(wanted, NULL, 10) : MUTANTS;
    char *text = aws_file(name), *other = other_name != NULL ? aws_file(other_name) : NULL;
    size_t whole = strlen(text), room = whole + 1024;
    uint64_t seed = 88172645463325252u;
    unsigned long taken = 0;

    for (unsigned long i = 0; i < mutants; i++) {
        char *mutant = malloc(room), *exact;
        size_t size = whole;
        assert_non_null(mutant);
        memcpy(mutant, text, whole);
        for (size_t n = 1 + below(&seed, 4); n > 0; n--)
            mutate(&seed, mutant, &size, room);
        exact = malloc(size + 1);
        assert_non_null(exact);
        memcpy(exact, mutant, size);
        exact = realloc(exact, size > 0 ? size : 1); /* no byte behind it */
        assert_non_null(exact);
        taken += run(exact, size, other);
        free(exact);
        free(mutant);
    }
    print_message("# %s: %lu mutants, %lu taken\n", name, mutants, taken);
    assert_true(taken > 0 && taken < mutants); /* else it is not the reader that was tested */
    free(text);
    free(other);
}

static void survives_xml(void **state)
{
    (void)state;
    survives("gw1.xml", "gw2.xml");
}

static void survives_json(void **state)
{
    (void)state;
    survives("pair.json", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survives_xml),
        cmocka_unit_test(survives_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
