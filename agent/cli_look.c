/* How cgwha's output looks. */
#include "agent/cli_look.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_UNKNOWN 100
#define WIDTH_LEAST   40

struct look look_of(FILE *out)
{
    struct look look = {.out = out, .width = WIDTH_UNKNOWN};
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    struct winsize size;

    if (!isatty(fileno(out)))
        return look;
    look.live = term != NULL && strcmp(term, "dumb") != 0;
    look.colour = look.live && (no == NULL || no[0] == '\0');
    if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        look.width = size.ws_col < WIDTH_LEAST ? WIDTH_LEAST : size.ws_col;
    return look;
}

static bool continues(char c)
{
    return ((unsigned char)c & 0xc0u) == 0x80u;
}

unsigned look_columns(const char *text)
{
    unsigned n = 0;

    for (; *text != '\0'; text++)
        n += !continues(*text);
    return n;
}

static const char *const escapes[] = {
    [PAINT_PLAIN] = "",        [PAINT_STRONG] = "\033[1m", [PAINT_FAINT] = "\033[2m",
    [PAINT_WARN] = "\033[33m", [PAINT_BAD] = "\033[31m",
};

/* The C1 controls are U+0080 to U+009F: C2 80 to C2 9F. */
static bool control(const char *at)
{
    unsigned char c = (unsigned char)at[0], following = (unsigned char)at[1];

    return c < 0x20 || c == 0x7f || (c == 0xc2 && following >= 0x80 && following < 0xa0);
}

static void put_bytes(FILE *out, const char *text, size_t bytes, unsigned most)
{
    for (size_t i = 0; i < bytes; i++) {
        if (!continues(text[i]) && most-- == 0)
            return;
        if (control(text + i)) {
            fputc('?', out);
            while (i + 1 < bytes && continues(text[i + 1]))
                i++;
        } else {
            fputc(text[i], out);
        }
    }
}

static void paint_on(const struct look *look, enum paint paint)
{
    if (look->colour && paint != PAINT_PLAIN)
        fputs(escapes[paint], look->out);
}

static void paint_off(const struct look *look, enum paint paint)
{
    if (look->colour && paint != PAINT_PLAIN)
        fputs("\033[0m", look->out);
}

void look_put(const struct look *look, enum paint paint, const char *text, unsigned most)
{
    paint_on(look, paint);
    put_bytes(look->out, text, strlen(text), most);
    paint_off(look, paint);
}

void look_spaces(const struct look *look, unsigned n)
{
    fprintf(look->out, "%*s", (int)n, "");
}

/* The columns of one word. */
static unsigned word_columns(const char *text, size_t bytes)
{
    unsigned n = 0;

    for (size_t i = 0; i < bytes; i++)
        n += !continues(text[i]);
    return n;
}

void look_wrap(const struct look *look, enum paint paint, const char *text, unsigned at,
               unsigned indent)
{
    bool first = true;

    paint_on(look, paint);
    while (*(text += strspn(text, " ")) != '\0') {
        size_t bytes = strcspn(text, " ");
        unsigned columns = word_columns(text, bytes);

        if (!first && at + 1 + columns > look->width) {
            paint_off(look, paint);
            fputc('\n', look->out);
            look_spaces(look, indent);
            paint_on(look, paint);
            at = indent;
        } else if (!first) {
            fputc(' ', look->out);
            at++;
        }
        put_bytes(look->out, text, bytes, UINT32_MAX);
        at += columns;
        text += bytes;
        first = false;
    }
    paint_off(look, paint);
    fputc('\n', look->out);
}

const char *rate_text(uint64_t bits_per_second, bool brief, char out[RATE_TEXT])
{
    static const char units[] = " kMGTPE";
    double value = (double)bits_per_second;
    unsigned unit = 0;

    while (value >= 999.5 && units[unit + 1] != '\0') {
        value /= 1000;
        unit++;
    }
    if (unit == 0)
        snprintf(out, RATE_TEXT, "%" PRIu64 "%s", bits_per_second, brief ? "" : " bit/s");
    else
        snprintf(out, RATE_TEXT, "%.*f%s%c%s", value < 9.95 ? 1 : 0, value, brief ? "" : " ",
                 units[unit], brief ? "" : "bit/s");
    return out;
}
