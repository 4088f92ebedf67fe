/* The operations that are remembered, oldest first, each a JSON object; and between them the gaps,
 * in which this agent could not see what was asked for.
 *
 * In the file each line is one of them, and a later line about the same operation takes the place
 * of an earlier.  The number is bounded.  Pure: text in, text out. */
#ifndef CGWHA_AGENT_ANNALS_H
#define CGWHA_AGENT_ANNALS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "agent/limits.h"

#define ANNALS_CHANGED 100 /* operations that did something */
#define ANNALS_REFUSED                                                                             \
    100 /* and that did not: refused, dry runs; so that these push out none of those */
#define ANNALS_GAPS     50
#define ANNALS_COURSES  50                 /* courses that are remembered, of the newest */
#define ANNALS_BYTES    (1024u * 1024u)    /* of text; then it is written anew */
#define ANNALS_READ_MAX (4u * 1024 * 1024) /* of a file that others have made larger, its end */
#define OP_TEXT         (NAME_MAX_LEN + 12)

struct annal {
    TAILQ_ENTRY(annal) next;
    char op[OP_TEXT]; /* empty: a gap */
    struct json_object *o;
    char *course; /* JSON text, or NULL */
};
TAILQ_HEAD(annal_list, annal);

struct annals {
    struct annal_list list;
    unsigned changed, refused, gaps, courses;
};

void annals_init(struct annals *a);
void annals_free(struct annals *a);

/* Takes an object: it stands in the place of the one about the same operation, or last. NULL (and
 * the object is put) if it is neither an operation nor a gap, or without memory. */
struct annal *annals_take(struct annals *a, struct json_object *o);
/* NULL: there is none. */
struct annal *annals_find(const struct annals *a, const char *op);
/* Copies the text; NULL: none any more. */
void annals_course(struct annals *a, struct annal *annal, const char *text);

/* Reads the lines of a file. bad: lines that make no sense; torn: the last had no end, as after a
 * power cut, and if it made no sense it is not counted in bad. */
void annals_read(struct annals *a, const char *text, size_t size, unsigned *bad, bool *torn);
/* One line, without newline; valid until the object changes. */
const char *annals_line(const struct annal *annal);
/* All lines; free() it. NULL without memory. */
char *annals_text(const struct annals *a);

/* Lets the oldest go until the bounds hold. gone is called before an annal or its course goes. */
typedef void (*annals_gone_fn)(void *ctx, struct annal *annal, bool only_course);
void annals_prune(struct annals *a, annals_gone_fn gone, void *ctx);

/* A file's name for an operation's course. Returns out. */
#define ANNALS_FILE_MAX 64
const char *annals_file(const char *op, char out[ANNALS_FILE_MAX]);

/* It has changed nothing: a refusal, a dry run, or what was so already. */
bool annals_nothing_done(struct json_object *o);

#endif
