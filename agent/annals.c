/* The operations that are remembered. */
#include "agent/annals.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/json_read.h"

void annals_init(struct annals *a)
{
    memset(a, 0, sizeof(*a));
    TAILQ_INIT(&a->list);
}

static unsigned *counter(struct annals *a, const struct annal *annal)
{
    if (annal->op[0] == '\0')
        return &a->gaps;
    return annals_nothing_done(annal->o) ? &a->refused : &a->changed;
}

static void recount(struct annals *a)
{
    const struct annal *annal;

    a->changed = a->refused = a->gaps = a->courses = 0;
    TAILQ_FOREACH(annal, &a->list, next)
    {
        ++*counter(a, annal);
        a->courses += annal->course != NULL;
    }
}

static void let_go(struct annals *a, struct annal *annal)
{
    TAILQ_REMOVE(&a->list, annal, next);
    json_object_put(annal->o);
    free(annal->course);
    free(annal);
}

void annals_free(struct annals *a)
{
    struct annal *annal;

    while ((annal = TAILQ_FIRST(&a->list)) != NULL)
        let_go(a, annal);
    annals_init(a);
}

bool annals_nothing_done(struct json_object *o)
{
    const char *result = json_text(o, "result"), *reason = json_text(o, "reason");

    return strcmp(result, "refused") == 0 || strcmp(reason, "dry-run") == 0 ||
           strcmp(reason, "already") == 0;
}

struct annal *annals_find(const struct annals *a, const char *op)
{
    struct annal *annal;

    TAILQ_FOREACH(annal, &a->list, next)
    {
        if (op[0] != '\0' && strcmp(annal->op, op) == 0)
            return annal;
    }
    return NULL;
}

struct annal *annals_take(struct annals *a, struct json_object *o)
{
    const char *op = json_text(o, "op");
    bool gap = json_text(o, "gap")[0] != '\0';
    struct annal *annal = annals_find(a, op);

    if ((op[0] == '\0' && !gap) || strlen(op) >= OP_TEXT || (op[0] != '\0' && gap)) {
        json_object_put(o);
        return NULL;
    }
    if (annal != NULL) {
        json_object_put(annal->o);
        annal->o = o;
        return annal;
    }
    annal = calloc(1, sizeof(*annal));
    if (annal == NULL) {
        json_object_put(o);
        return NULL;
    }
    strlcpy(annal->op, op, sizeof(annal->op));
    annal->o = o;
    TAILQ_INSERT_TAIL(&a->list, annal, next);
    return annal;
}

void annals_course(struct annals *a, struct annal *annal, const char *text)
{
    (void)a;
    free(annal->course);
    annal->course = text != NULL ? strdup(text) : NULL;
}

/* ---- text ---- */

void annals_read(struct annals *a, const char *text, size_t size, unsigned *bad, bool *torn)
{
    const char *end = text + size;

    *bad = 0;
    *torn = size > 0 && end[-1] != '\n';
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((stop != NULL ? stop : end) - text);
        struct json_object *o = json_parse(text, length);
        if (o == NULL || annals_take(a, o) == NULL)
            *bad += stop != NULL && length > 0;
        text += length + 1;
    }
    annals_prune(a, NULL, NULL);
}

const char *annals_line(const struct annal *annal)
{
    return json_object_to_json_string_ext(annal->o,
                                          JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

char *annals_text(const struct annals *a)
{
    const struct annal *annal;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    TAILQ_FOREACH(annal, &a->list, next)
    fprintf(out, "%s\n", annals_line(annal));
    return fclose(out) == 0 ? text : NULL;
}

/* ---- bounds ---- */

static bool too_many(struct annals *a, const struct annal *annal)
{
    unsigned *count = counter(a, annal);

    return *count > (count == &a->gaps      ? ANNALS_GAPS
                     : count == &a->refused ? ANNALS_REFUSED
                                            : ANNALS_CHANGED);
}

void annals_prune(struct annals *a, annals_gone_fn gone, void *ctx)
{
    struct annal *annal, *following;

    recount(a);
    TAILQ_FOREACH_SAFE(annal, &a->list, next, following)
    {
        bool all = too_many(a, annal);
        if (!all && (annal->course == NULL || a->courses <= ANNALS_COURSES))
            continue;
        if (gone != NULL)
            gone(ctx, annal, !all);
        a->courses -= annal->course != NULL;
        free(annal->course);
        annal->course = NULL;
        if (!all)
            continue;
        --*counter(a, annal);
        let_go(a, annal);
    }
}

const char *annals_file(const char *op, char out[ANNALS_FILE_MAX])
{
    size_t i;

    for (i = 0; op[i] != '\0' && i < OP_TEXT; i++)
        out[i] = isalnum((unsigned char)op[i]) || op[i] == '_' ? op[i] : '-';
    strlcpy(out + i, ".json", ANNALS_FILE_MAX - i);
    return out;
}
