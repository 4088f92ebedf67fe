/* The course of an operation as a picture. */
#include "agent/picture.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "agent/json_read.h"
#include "agent/xml.h"

/* All in the picture's own units, about a pixel each. */
#define WIDTH     1000.0
#define LEFT      128.0 /* of the plots; the names of the rows stand before it */
#define RIGHT     986.0
#define LETTER    6.3 /* how wide a letter of a label is, about */
#define LABEL_ROW 34.0
#define PLOT      104.0 /* height of a plot of traffic */
#define LEVEL_ROW 19.0
#define ROW       19.0 /* of SAs, sessions, a prefix */
#define GAP       34.0 /* between two parts, with the title of the second in it */
#define TIME      42.0 /* the axis, with its numbers */
#define STALE_S   3.5  /* a line is not drawn over a longer silence */

struct picture {
    FILE *out;
    struct json_object *op, *course;
    double from, to; /* seconds */
    double y;        /* of what is drawn next */
    unsigned nodes;
};

static double x_of(const struct picture *p, double t)
{
    double x = LEFT + (t - p->from) / (p->to - p->from) * (RIGHT - LEFT);

    return x < LEFT ? LEFT : x > RIGHT ? RIGHT : x;
}

/* ---- numbers in the JSON ---- */

static double real(struct json_object *o, const char *key)
{
    struct json_object *m = json_member(o, key);

    return json_object_is_type(m, json_type_double) || json_object_is_type(m, json_type_int)
               ? json_object_get_double(m)
               : 0;
}

static double real_at(struct json_object *array, size_t i)
{
    struct json_object *m =
        json_object_is_type(array, json_type_array) && i < json_object_array_length(array)
            ? json_object_array_get_idx(array, i)
            : NULL;

    return json_object_is_type(m, json_type_double) || json_object_is_type(m, json_type_int)
               ? json_object_get_double(m)
               : 0;
}

static const char *text_at(struct json_object *array, size_t i)
{
    struct json_object *m =
        json_object_is_type(array, json_type_array) && i < json_object_array_length(array)
            ? json_object_array_get_idx(array, i)
            : NULL;

    return json_object_is_type(m, json_type_string) ? json_object_get_string(m) : "";
}

double picture_step(double range, unsigned most)
{
    static const double nice[] = {1, 2, 5};
    double step = 1e-3;

    for (unsigned i = 0; range / step > most && step < 1e18; i++) {
        double ten = 1e-3;
        for (unsigned k = 0; k < i / 3; k++)
            ten *= 10;
        step = nice[i % 3] * ten;
    }
    return step;
}

/* ---- text ---- */

static void put_text(const struct picture *p, double x, double y, const char *class,
                     const char *text)
{
    fprintf(p->out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class);
    xml_put(p->out, text);
    fputs("</text>\n", p->out);
}

static void put_line(const struct picture *p, double x1, double y1, double x2, double y2,
                     const char *class)
{
    fprintf(p->out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n", x1,
            y1, x2, y2, class);
}

static void put_box(const struct picture *p, double x1, double y, double x2, double height,
                    const char *class, double opacity)
{
    if (x2 - x1 < 0.8)
        x2 = x1 + 0.8; /* what was, is seen */
    fprintf(p->out,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"%s\" "
            "fill-opacity=\"%.2f\"/>\n",
            x1, y, x2 - x1, height, class, opacity);
}

/* The title of a part, and what its numbers are. */
static void put_title(struct picture *p, const char *title, const char *unit)
{
    p->y += GAP;
    fprintf(p->out, "<text x=\"%.1f\" y=\"%.1f\" class=\"title\">", LEFT, p->y - 9);
    xml_put(p->out, title);
    fputs("<tspan class=\"unit\" dx=\"9\">", p->out);
    xml_put(p->out, unit);
    fputs("</tspan></text>\n", p->out);
}

/* ---- phases ---- */

struct band {
    double from, to, x, width; /* x: the middle of its label */
    const char *name;
    char lasted[24];
    bool labelled, open; /* open: it goes on after the end of the picture */
};

struct bands {
    unsigned count;
    struct band band[72];
};

static void add_band(struct bands *b, double from, const char *name)
{
    if (b->count == sizeof(b->band) / sizeof(b->band[0]))
        return;
    if (b->count > 0)
        b->band[b->count - 1].to = from;
    b->band[b->count++] = (struct band){.from = from, .name = name, .labelled = true};
}

/* What the node was before it was asked. */
static const char *phase_before(struct json_object *course, const char *node)
{
    const char *phase = "";

    for (size_t i = 0; i < json_count(course, "changes"); i++) {
        struct json_object *c = json_at(course, "changes", i);
        if (real_at(c, 0) >= 0)
            break;
        if (strcmp(text_at(c, 2), "phase") == 0 &&
            strcmp(json_text(json_at(course, "nodes", (size_t)real_at(c, 1)), "name"), node) == 0)
            phase = text_at(c, 3);
    }
    return phase;
}

static void say_how_long(struct band *band)
{
    double s = band->to - band->from;

    if (band->open)
        band->lasted[0] = '\0';
    else if (s < 0.0995)
        snprintf(band->lasted, sizeof(band->lasted), "%.0f ms", s * 1e3);
    else if (s < 9.95)
        snprintf(band->lasted, sizeof(band->lasted), "%.1f s", s);
    else
        snprintf(band->lasted, sizeof(band->lasted), "%.0f s", s);
}

static void find_bands(const struct picture *p, struct bands *b)
{
    const char *node = json_text(p->op, "node"), *before = phase_before(p->course, node);

    b->count = 0;
    if (before[0] != '\0')
        add_band(b, p->from, before);
    for (size_t i = 0; i < json_count(p->op, "phases"); i++) {
        struct json_object *one = json_at(p->op, "phases", i);
        if (strcmp(json_text(one, "node"), node) == 0)
            add_band(b, real(one, "at"), json_text(one, "phase"));
    }
    for (unsigned i = 0; i < b->count; i++) {
        struct band *band = &b->band[i];
        size_t letters = strlen(band->name);
        band->open = i == 0 || i + 1 == b->count;
        if (i + 1 == b->count)
            band->to = p->to;
        say_how_long(band);
        if (strlen(band->lasted) > letters)
            letters = strlen(band->lasted);
        band->width = (double)letters * LETTER + 12;
    }
}

/* They stand in one row. What does not fit goes without a label, the shortest first; the page has
 * all of them in a table. */
static void leave_out_shortest(struct bands *b)
{
    double all = 0;

    for (unsigned i = 0; i < b->count; i++)
        all += b->band[i].width;
    while (all > RIGHT - LEFT) {
        struct band *shortest = NULL;
        for (unsigned i = 0; i < b->count; i++) {
            struct band *band = &b->band[i];
            if (band->labelled &&
                (shortest == NULL || band->to - band->from < shortest->to - shortest->from))
                shortest = band;
        }
        shortest->labelled = false;
        all -= shortest->width;
    }
}

/* Each label over its band, or as near as the others let it: pushed to the right, then back to the
 * left. */
static void place_labels(const struct picture *p, struct bands *b)
{
    double edge = LEFT;

    for (unsigned i = 0; i < b->count; i++) {
        struct band *band = &b->band[i];
        if (!band->labelled)
            continue;
        band->x = (x_of(p, band->from) + x_of(p, band->to)) / 2;
        if (band->x - band->width / 2 < edge)
            band->x = edge + band->width / 2;
        edge = band->x + band->width / 2;
    }
    edge = RIGHT;
    for (unsigned i = b->count; i-- > 0;) {
        struct band *band = &b->band[i];
        if (!band->labelled)
            continue;
        if (band->x + band->width / 2 > edge)
            band->x = edge - band->width / 2;
        edge = band->x - band->width / 2;
    }
}

static void draw_labels(struct picture *p, struct bands *b)
{
    double strip = p->y + LABEL_ROW + 14;

    leave_out_shortest(b);
    place_labels(p, b);
    for (unsigned i = 0; i < b->count; i++) {
        const struct band *band = &b->band[i];
        double x1 = x_of(p, band->from), x2 = x_of(p, band->to);
        put_box(p, x1, strip, x2, 9, i % 2 == 0 ? "even" : "odd", 1);
        if (!band->labelled)
            continue;
        put_text(p, band->x, p->y + 12, "label", band->name);
        put_text(p, band->x, p->y + 25, "label faint", band->lasted);
        put_line(p, band->x, p->y + (band->lasted[0] != '\0' ? 29 : 16), (x1 + x2) / 2, strip,
                 "leader");
    }
    put_text(p, LEFT - 8, strip + 9, "name", json_text(p->op, "node"));
    p->y = strip + 9;
}

/* Behind everything else, from top to bottom. */
static void draw_bands(const struct picture *p, const struct bands *b, double top, double bottom)
{
    for (unsigned i = 0; i < b->count; i++) {
        double x1 = x_of(p, b->band[i].from), x2 = x_of(p, b->band[i].to);
        if (i > 0 && i + 1 < b->count) /* before and after it there is none */
            put_box(p, x1, top, x2, bottom - top, i % 2 == 0 ? "band-even" : "band-odd", 1);
        if (i > 0)
            put_line(p, x1, top, x1, bottom, "edge");
    }
}

/* ---- traffic ---- */

static double most_traffic(const struct picture *p, size_t column)
{
    double most = 0;

    for (unsigned n = 0; n < p->nodes; n++) {
        struct json_object *node = json_at(p->course, "nodes", n);
        for (size_t i = 0; i < json_count(node, "traffic"); i++) {
            double v = real_at(json_at(node, "traffic", i), column);
            most = v > most ? v : most;
        }
    }
    return most;
}

static const char *short_number(double v, char out[24])
{
    if (v >= 1e6)
        snprintf(out, 24, "%gM", v / 1e6);
    else if (v >= 1e4)
        snprintf(out, 24, "%gk", v / 1e3);
    else
        snprintf(out, 24, "%g", v);
    return out;
}

/* Points of a long operation lie further apart than a silence does in a short one. */
static double stale_after(struct json_object *node)
{
    size_t count = json_count(node, "traffic");
    double grain = 0;

    if (count > 1)
        grain = (real_at(json_at(node, "traffic", count - 1), 0) -
                 real_at(json_at(node, "traffic", 0), 0)) /
                (double)(count - 1);
    return grain * 4 > STALE_S ? grain * 4 : STALE_S;
}

static void draw_curve(const struct picture *p, unsigned n, size_t column, double y0, double scale)
{
    struct json_object *node = json_at(p->course, "nodes", n);
    double last = 0;
    bool open = false;

    for (size_t i = 0; i < json_count(node, "traffic"); i++) {
        struct json_object *point = json_at(node, "traffic", i);
        double t = real_at(point, 0), v = real_at(point, column);
        if (t < p->from || t > p->to)
            continue;
        if (open && t - last > stale_after(node)) {
            fputs("\"/>\n", p->out);
            open = false;
        }
        if (!open)
            fprintf(p->out, "<polyline class=\"curve s%u\" points=\"", n % PICTURE_NODES);
        fprintf(p->out, "%s%.1f,%.1f", open ? " " : "", x_of(p, t), y0 - v * scale);
        open = true;
        last = t;
    }
    if (open)
        fputs("\"/>\n", p->out);
}

/* What comes seldom is shown as points, so that nobody takes the line between for measured. */
static void draw_points(const struct picture *p, unsigned n, size_t column, double y0, double scale)
{
    struct json_object *node = json_at(p->course, "nodes", n);

    for (size_t i = 0; i < json_count(node, "traffic") && !json_yes(node, "self"); i++) {
        struct json_object *point = json_at(node, "traffic", i);
        double t = real_at(point, 0);
        if (t >= p->from && t <= p->to)
            fprintf(p->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.2\" class=\"n%u\"/>\n",
                    x_of(p, t), y0 - real_at(point, column) * scale, n % PICTURE_NODES);
    }
}

static void draw_traffic(struct picture *p, const char *title, size_t column)
{
    double most = most_traffic(p, column), step, top;
    char text[24];

    put_title(p, title, "packets per second");
    most = most < 10 ? 10 : most;
    step = picture_step(most, 4);
    for (top = 0; top < most; top += step)
        ;
    for (double v = 0; v <= top + step / 2; v += step) {
        double y = p->y + PLOT * (1 - v / top);
        put_line(p, LEFT, y, RIGHT, y, v > 0 ? "grid" : "axis");
        put_text(p, LEFT - 8, y + 4, "name faint", short_number(v, text));
    }
    for (unsigned n = 0; n < p->nodes; n++) {
        draw_curve(p, n, column, p->y + PLOT, PLOT / top);
        draw_points(p, n, column, p->y + PLOT, PLOT / top);
    }
    p->y += PLOT;
}

/* ---- what holds from one change to the next ---- */

struct span {
    double from, to;
    struct json_object *value;
    bool known; /* the agent of that node was there to say so */
};

typedef void (*span_fn)(const struct picture *p, void *ctx, unsigned node, const struct span *span);

static bool is(struct json_object *change, unsigned node, const char *state)
{
    return (unsigned)real_at(change, 1) == node && strcmp(text_at(change, 2), state) == 0;
}

/* Each stretch of time in which one thing of one node stayed as it was. */
static void each_span(const struct picture *p, unsigned node, const char *state, span_fn fn,
                      void *ctx)
{
    struct span span = {.from = p->from};
    size_t count = json_count(p->course, "changes");

    for (size_t i = 0; i <= count; i++) {
        struct json_object *c = i < count ? json_at(p->course, "changes", i) : NULL;
        if (c != NULL && !is(c, node, state) && !is(c, node, "here"))
            continue;
        span.to = c != NULL ? real_at(c, 0) : p->to;
        if (span.to > p->to)
            span.to = p->to;
        if (span.value != NULL && span.to > span.from)
            fn(p, ctx, node, &span);
        if (c == NULL)
            return;
        if (is(c, node, "here"))
            span.known = real_at(c, 3) != 0;
        else
            span.value = json_object_array_get_idx(c, 3);
        span.from = span.to > p->from ? span.to : p->from;
    }
}

static void draw_unknown(const struct picture *p, double from, double to, double y, double height)
{
    put_box(p, x_of(p, from), y, x_of(p, to), height, "unknown", 1);
}

/* ---- levels ---- */

static const char *const levels[] = {"high", "normal", "low", "withdrawn"};
#define LEVEL_ROWS (sizeof(levels) / sizeof(levels[0]))

struct level_line {
    double y;    /* of the first row */
    double last; /* y of the span before; 0: none */
};

static void draw_level(const struct picture *p, void *ctx, unsigned node, const struct span *span)
{
    struct level_line *line = ctx;
    double y = line->y, x1 = x_of(p, span->from), x2 = x_of(p, span->to);
    const char *level = json_object_is_type(span->value, json_type_string)
                            ? json_object_get_string(span->value)
                            : "";
    char class[24];

    if (!span->known) {
        line->last = 0;
        return;
    }
    for (unsigned i = 0; i < LEVEL_ROWS; i++) {
        if (strcmp(level, levels[i]) == 0)
            y = line->y + i * LEVEL_ROW + LEVEL_ROW / 2;
    }
    /* Side by side, where they have the same level. */
    y += ((double)node - (double)(p->nodes - 1) / 2) * 4;
    snprintf(class, sizeof(class), "step s%u", node % PICTURE_NODES);
    if (line->last > 0 && (line->last < y || line->last > y))
        put_line(p, x1, line->last, x1, y, class);
    put_line(p, x1, y, x2, y, class);
    line->last = y;
}

static void draw_levels(struct picture *p)
{
    put_title(p, "Level", "how strongly each attracts traffic");
    for (unsigned i = 0; i < LEVEL_ROWS; i++) {
        double y = p->y + i * LEVEL_ROW + LEVEL_ROW / 2;
        put_line(p, LEFT, y, RIGHT, y, "grid");
        put_text(p, LEFT - 8, y + 4, "name faint", levels[i]);
    }
    for (unsigned n = 0; n < p->nodes; n++) {
        struct level_line line = {.y = p->y};
        each_span(p, n, "level", draw_level, &line);
    }
    p->y += LEVEL_ROWS * LEVEL_ROW;
}

/* ---- SAs and sessions ---- */

static void draw_count(const struct picture *p, void *ctx, unsigned node, const struct span *span)
{
    const double *y = ctx;
    double x1 = x_of(p, span->from), x2 = x_of(p, span->to);
    struct json_object *one = json_at(p->course, "nodes", node);
    double all = real(one, "tunnels"), n = json_object_get_double(span->value);
    char class[24], text[24];

    if (!span->known) {
        draw_unknown(p, span->from, span->to, *y, ROW - 5);
        return;
    }
    snprintf(class, sizeof(class), "n%u", node % PICTURE_NODES);
    if (n > 0)
        put_box(p, x1, *y, x2, ROW - 5, class, all > 0 && n < all ? 0.15 + 0.4 * n / all : 0.75);
    snprintf(text, sizeof(text), "%g", n);
    if (x2 - x1 > LETTER * (double)strlen(text) + 6)
        put_text(p, x1 + 4, *y + ROW - 8, n > 0 && n >= all ? "in" : "out", text);
}

static void draw_counts(struct picture *p, const char *title, const char *unit, const char *state)
{
    put_title(p, title, unit);
    for (unsigned n = 0; n < p->nodes; n++) {
        double y = p->y + 2;
        put_text(p, LEFT - 8, y + ROW - 8, "name",
                 json_text(json_at(p->course, "nodes", n), "name"));
        put_line(p, LEFT, y + ROW - 5, RIGHT, y + ROW - 5, "grid");
        each_span(p, n, state, draw_count, &y);
        p->y += ROW;
    }
}

/* ---- coverage ---- */

struct cover {
    double y, height;
    unsigned prefix;
};

static void draw_cover(const struct picture *p, void *ctx, unsigned node, const struct span *span)
{
    const struct cover *c = ctx;
    const char *text = json_object_is_type(span->value, json_type_string)
                           ? json_object_get_string(span->value)
                           : "0";
    char class[24];

    if (!span->known) {
        draw_unknown(p, span->from, span->to, c->y, c->height);
        return;
    }
    if (!(strtoull(text, NULL, 16) >> c->prefix & 1))
        return;
    snprintf(class, sizeof(class), "n%u", node % PICTURE_NODES);
    put_box(p, x_of(p, span->from), c->y, x_of(p, span->to), c->height, class, 0.75);
}

static bool was_bare(struct json_object *op, const char *prefix)
{
    for (size_t i = 0; i < json_count(op, "uncovered"); i++) {
        if (strcmp(json_text(json_at(op, "uncovered", i), "prefix"), prefix) == 0)
            return true;
    }
    return false;
}

static void draw_prefix(struct picture *p, unsigned i)
{
    const char *prefix = json_text_at(p->course, "prefixes", i);
    double height = (ROW + 3) / (p->nodes > 0 ? p->nodes : 1);
    struct cover c = {.prefix = i, .height = height - 1};
    char text[20];

    if (strlen(prefix) < sizeof(text))
        snprintf(text, sizeof(text), "%s", prefix);
    else
        snprintf(text, sizeof(text), "%.16s\xe2\x80\xa6", prefix);
    put_text(p, LEFT - 8, p->y + 15, "name small", text);
    put_line(p, LEFT, p->y + ROW + 3, RIGHT, p->y + ROW + 3, "grid");
    for (unsigned n = 0; n < p->nodes; n++) {
        c.y = p->y + n * height;
        each_span(p, n, "covers", draw_cover, &c);
    }
    for (size_t k = 0; k < json_count(p->op, "uncovered"); k++) {
        struct json_object *one = json_at(p->op, "uncovered", k);
        double from = real(one, "at");
        if (strcmp(json_text(one, "prefix"), prefix) == 0)
            put_box(p, x_of(p, from), p->y - 1, x_of(p, from + real(one, "took")), ROW + 4, "bare",
                    1);
    }
    p->y += ROW + 9;
}

static void draw_coverage(struct picture *p)
{
    unsigned count = (unsigned)json_count(p->course, "prefixes"), drawn = 0;
    char text[80];

    put_title(p, "Coverage", "who advertises each prefix over a working tunnel, read back");
    p->y += 2;
    for (unsigned bare = 1; bare < 2; bare--) { /* 1, then 0 */
        for (unsigned i = 0; i < count && drawn < PICTURE_PREFIXES; i++) {
            if (was_bare(p->op, json_text_at(p->course, "prefixes", i)) != (bare == 1))
                continue;
            draw_prefix(p, i);
            drawn++;
        }
    }
    if (drawn == count)
        return;
    snprintf(text, sizeof(text), "and %u more, which are not drawn", count - drawn);
    put_text(p, LEFT, p->y + 10, "unit", text);
    p->y += 16;
}

/* ---- time ---- */

static double between(double v, double least, double most)
{
    return v < least ? least : v > most ? most : v;
}

/* The operation takes most of the width, and some of what was before and after it stays in sight.
 */
static void find_times(struct picture *p)
{
    double took = real(p->op, "took"), first = 0, last = took;

    for (unsigned n = 0; n < p->nodes; n++) {
        struct json_object *node = json_at(p->course, "nodes", n);
        size_t count = json_count(node, "traffic");
        if (count == 0)
            continue;
        if (real_at(json_at(node, "traffic", 0), 0) < first)
            first = real_at(json_at(node, "traffic", 0), 0);
        if (real_at(json_at(node, "traffic", count - 1), 0) > last)
            last = real_at(json_at(node, "traffic", count - 1), 0);
    }
    p->from = -between(-first, 1, between(took * 0.6, 3, 10));
    p->to = json_text(p->op, "state")[0] != 'e'
                ? last + 1
                : between(last, took + 1, took + between(took * 0.8, 5, 10));
}

static void draw_time(struct picture *p, double top)
{
    double step = picture_step(p->to - p->from, 14), first = 0;
    char text[32];

    while (first - step >= p->from)
        first -= step;
    for (double t = first; t <= p->to; t += step) {
        put_line(p, x_of(p, t), p->y, x_of(p, t), p->y + 5, "axis");
        snprintf(text, sizeof(text), "%g", t > -step / 2 && t < step / 2 ? 0 : t);
        put_text(p, x_of(p, t), p->y + 19, "label faint", text);
    }
    put_line(p, LEFT, p->y, RIGHT, p->y, "axis");
    put_line(p, x_of(p, 0), top, x_of(p, 0), p->y, "mark");
    if (json_text(p->op, "state")[0] == 'e')
        put_line(p, x_of(p, real(p->op, "took")), top, x_of(p, real(p->op, "took")), p->y, "mark");
    put_text(p, (LEFT + RIGHT) / 2, p->y + 36, "label faint", "seconds since it was asked for");
    p->y += TIME;
}

/* The parts first, into memory, for the bands lie behind all of them and must know how far down
 * they go. */
void picture_write(FILE *out, struct json_object *op, struct json_object *course)
{
    struct picture p = {.op = op, .course = course, .y = 4};
    char *parts = NULL;
    size_t size = 0;
    struct bands bands;
    double top;

    p.nodes = (unsigned)json_count(course, "nodes");
    if (p.nodes > PICTURE_NODES)
        p.nodes = PICTURE_NODES;
    find_times(&p);
    find_bands(&p, &bands);
    p.out = open_memstream(&parts, &size);
    if (p.out == NULL)
        return;
    draw_labels(&p, &bands);
    top = p.y;
    p.y -= 6;
    draw_traffic(&p, "Traffic from the cloud", 1);
    draw_traffic(&p, "Traffic to the cloud", 2);
    draw_levels(&p);
    draw_counts(&p, "Tunnels", "with a CHILD_SA", "sas");
    draw_counts(&p, "BGP sessions", "Established, over such a tunnel", "sessions");
    draw_coverage(&p);
    p.y += 6;
    draw_time(&p, top);
    fclose(p.out);
    fprintf(out,
            "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"What both gateways did over "
            "time\">\n",
            WIDTH, p.y + 4);
    p.out = out;
    draw_bands(&p, &bands, top, p.y - TIME);
    fputs(parts, out);
    fputs("</svg>\n", out);
    free(parts);
}
