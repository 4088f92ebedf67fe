/* The file's text, made ready for libconfuse: comments blanked, everything that was opened closed.
 *
 * libconfuse 3.3 adds two lines too many for each comment, reports a string that is never closed at
 * the end of the file, and takes a section that is never closed for a whole one.  Nothing here
 * changes what a correct file means. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "conf/reading.h"

#define TEXT_MAX (256 * 1024) /* far more than any file of ours; a device or a log is not one */

struct cursor {
    struct reading *reading;
    char *at;
    int line;
    int open_line[2]; /* where the open braces stand; sections hold lists and nothing deeper */
    int open;
    bool in_word; /* inside an unquoted string, where a slash is just a slash */
};

static void step(struct cursor *c)
{
    if (*c->at == '\n')
        c->line++;
    c->at++;
}

static void blank(struct cursor *c)
{
    if (*c->at != '\n')
        *c->at = ' ';
    else
        c->line++;
    c->at++;
}

static void line_comment(struct cursor *c)
{
    while (*c->at != '\0' && *c->at != '\n')
        blank(c);
}

static bool block_comment(struct cursor *c)
{
    int begin = c->line;

    blank(c);
    blank(c);
    while (strncmp(c->at, "*/", 2) != 0) {
        if (*c->at == '\0')
            return reading_fail(c->reading, begin, "syntax: this comment is never closed with */");
        blank(c);
    }
    blank(c);
    blank(c);
    return true;
}

static bool quoted(struct cursor *c)
{
    char quote = *c->at;
    int begin = c->line;

    step(c);
    while (*c->at != quote) {
        if (*c->at == '\\' && c->at[1] != '\0')
            step(c);
        if (*c->at == '\0' || *c->at == '\n')
            return reading_fail(c->reading, begin, "syntax: this string is never closed with %c",
                                quote);
        step(c);
    }
    step(c);
    return true;
}

static bool brace(struct cursor *c)
{
    const int most = sizeof(c->open_line) / sizeof(c->open_line[0]);

    if (*c->at == '{') {
        if (c->open >= most)
            return reading_fail(c->reading, c->line,
                                "syntax: a { too many; sections hold keys and lists only");
        c->open_line[c->open++] = c->line;
    } else if (c->open == 0) {
        return reading_fail(c->reading, c->line, "syntax: this } closes nothing");
    } else {
        c->open--;
    }
    step(c);
    return true;
}

/* One token, comment or blank. */
static bool token(struct cursor *c)
{
    bool was_in_word = c->in_word;

    c->in_word = false;
    if (*c->at == '#') {
        line_comment(c);
    } else if (!was_in_word && strncmp(c->at, "//", 2) == 0) {
        line_comment(c);
    } else if (!was_in_word && strncmp(c->at, "/*", 2) == 0) {
        return block_comment(c);
    } else if (*c->at == '"' || *c->at == '\'') {
        return quoted(c);
    } else if (*c->at == '{' || *c->at == '}') {
        return brace(c);
    } else {
        c->in_word = strchr(" \t\r\n={}()+,", *c->at) == NULL;
        step(c);
    }
    return true;
}

static bool scan(struct reading *reading, char *text)
{
    struct cursor cursor = {.reading = reading, .at = text, .line = 1};

    while (*cursor.at != '\0') {
        if (!token(&cursor))
            return false;
    }
    reading->last_line = cursor.at > text && cursor.at[-1] == '\n' ? cursor.line - 1 : cursor.line;
    if (cursor.open > 0)
        return reading_fail(reading, cursor.open_line[cursor.open - 1],
                            "syntax: this { is never closed with }");
    return true;
}

/* The bytes of a regular file as a string; libconfuse would end the process on a directory. */
static bool slurp(struct reading *reading, FILE *file, char *text)
{
    struct stat st;

    if (fstat(fileno(file), &st) != 0 || S_ISDIR(st.st_mode))
        return reading_fail(reading, 0, "cannot be read: it is not a file");
    size_t length = fread(text, 1, TEXT_MAX, file);
    if (ferror(file))
        return reading_fail(reading, 0, "cannot be read: %s", strerror(errno));
    if (length == TEXT_MAX)
        return reading_fail(reading, 0, "is larger than %d KiB; it is no configuration of ours",
                            TEXT_MAX / 1024);
    text[length] = '\0';
    if (strlen(text) != length)
        return reading_fail(reading, 0, "holds a zero byte; it is no text");
    return scan(reading, text);
}

char *text_load(struct reading *reading)
{
    FILE *file = fopen(reading->path, "re");
    char *text = malloc(TEXT_MAX + 1);

    if (file == NULL || text == NULL || !slurp(reading, file, text)) {
        reading_fail(reading, 0, "cannot be read: %s", strerror(errno));
        free(text);
        text = NULL;
    }
    if (file != NULL)
        fclose(file);
    return text;
}
