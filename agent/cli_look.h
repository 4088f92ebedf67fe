/* How cgwha's output looks: width, colour, safe text, numbers people can read.
 *
 * Text that came from elsewhere is never let through to the terminal with control characters in
 * it. */
#ifndef CGWHA_AGENT_CLI_LOOK_H
#define CGWHA_AGENT_CLI_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct look {
    FILE *out;
    unsigned width; /* columns */
    bool colour;
    bool live; /* a terminal: the last line may be written again */
};

enum paint { PAINT_PLAIN, PAINT_STRONG, PAINT_FAINT, PAINT_WARN, PAINT_BAD };

/* What a stream is: a terminal's width or else 100; colour on a terminal unless NO_COLOR is set
 * (no-color.org) or TERM is dumb. */
struct look look_of(FILE *out);

/* Columns that text takes (UTF-8). */
unsigned look_columns(const char *text);
/* Writes text in a colour, with control characters as '?', and at most `most` columns of it. */
void look_put(const struct look *look, enum paint paint, const char *text, unsigned most);
/* The same in words over lines of look->width, beginning at column `at`, further lines indented by
 * `indent`. Ends with a newline. */
void look_wrap(const struct look *look, enum paint paint, const char *text, unsigned at,
               unsigned indent);
void look_spaces(const struct look *look, unsigned n);

#define RATE_TEXT 24
/* "1.1 Mbit/s" or, short, "1.1M". Returns out. */
const char *rate_text(uint64_t bits_per_second, bool brief, char out[RATE_TEXT]);

#endif
