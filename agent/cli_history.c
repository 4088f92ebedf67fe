/* What has happened. */
#include "agent/cli_history.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/json_read.h"
#include "agent/span.h"

#define MOMENT_COLUMNS 21
#define FACT_COLUMNS   12

/* ---- small pieces ---- */

static double real(struct json_object *o, const char *key)
{
    struct json_object *m = json_member(o, key);

    return json_object_is_type(m, json_type_double) || json_object_is_type(m, json_type_int)
               ? json_object_get_double(m)
               : 0;
}

static const char *moment(int64_t unix_seconds, char out[32])
{
    time_t at = (time_t)unix_seconds;
    struct tm tm;

    snprintf(out, 32, "-");
    if (localtime_r(&at, &tm) != NULL)
        strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm);
    return out;
}

static const char *took(struct json_object *op, char out[SPAN_TEXT])
{
    double s = real(op, "took");

    if (s < 99.95)
        snprintf(out, SPAN_TEXT, "%.1f s", s);
    else
        span_text((uint64_t)s, out);
    return out;
}

/* A column of text, cut if it must be, and a space. */
static void column(const struct look *look, enum paint paint, const char *text, unsigned width)
{
    unsigned columns = look_columns(text);

    look_put(look, paint, text, width);
    look_spaces(look, (columns < width ? width - columns : 0) + 1);
}

static const char *result_of(struct json_object *op)
{
    const char *state = json_text(op, "state");

    if (json_text(op, "result")[0] != '\0')
        return json_text(op, "result");
    return strcmp(state, "running") == 0 ? "runs" : "end not seen";
}

static enum paint paint_of(struct json_object *op)
{
    const char *result = json_text(op, "result");

    if (json_count(op, "uncovered") > 0)
        return PAINT_BAD;
    return strcmp(result, "done") == 0 || result[0] == '\0' ? PAINT_PLAIN : PAINT_WARN;
}

static bool done(struct json_object *op)
{
    return strcmp(json_text(op, "result"), "done") == 0;
}

/* "root on gw2, logged in as anna, from 192.0.2.7" */
static void say_who(struct json_object *op, bool all, char *out, size_t size)
{
    struct json_object *by = json_member(op, "by");
    static const struct {
        const char *key, *before;
        bool always;
    } more[] = {{"node", " on ", true},
                {"login", ", logged in as ", true},
                {"host", ", from ", true},
                {"tty", ", at ", false},
                {"parent", ", called by ", false}};

    strlcpy(out, json_text(op, "user")[0] != '\0' ? json_text(op, "user") : "somebody", size);
    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
        const char *text = json_text(by, more[i].key);
        if (text[0] == '\0' || !(all || more[i].always) ||
            (strcmp(more[i].key, "login") == 0 && !all && strcmp(text, json_text(op, "user")) == 0))
            continue;
        strlcat(out, more[i].before, size);
        strlcat(out, text, size);
    }
}

static void put_uncovered(const struct look *look, struct json_object *op, unsigned indent)
{
    char text[200];

    for (size_t i = 0; i < json_count(op, "uncovered"); i++) {
        struct json_object *one = json_at(op, "uncovered", i);
        snprintf(text, sizeof(text), "%.60s was covered by nobody for %.1f s, from %.1f s on",
                 json_text(one, "prefix"), real(one, "took"), real(one, "at"));
        look_spaces(look, indent);
        look_wrap(look, PAINT_BAD, text, indent, indent);
    }
}

/* ---- the list ---- */

static void print_gap(const struct look *look, struct json_object *o, struct json_object *answer)
{
    bool away = strcmp(json_text(o, "gap"), "away") == 0;
    char from[32], text[400], span[SPAN_TEXT];
    int64_t began = json_number(o, "from"), ended = json_number(o, "to");

    column(look, PAINT_FAINT, moment(began, from), MOMENT_COLUMNS - 2);
    fputc(' ', look->out);
    snprintf(text, sizeof(text),
             "for %s %s%s; what was asked of the other gateway in that time is not here, but in "
             "its own history",
             span_text(ended > began ? (uint64_t)(ended - began) : 0, span),
             away ? "no agent ran on " : "the other agent was out of the view of ",
             json_text(answer, "self"));
    look_wrap(look, PAINT_FAINT, text, MOMENT_COLUMNS, MOMENT_COLUMNS);
}

static void print_operation(const struct look *look, struct json_object *op)
{
    const char *why = json_text(op, "why");
    char text[512], span[SPAN_TEXT];

    column(look, PAINT_PLAIN, moment(json_number(op, "asked"), text), MOMENT_COLUMNS - 2);
    fputc(' ', look->out);
    column(look, PAINT_PLAIN, json_text(op, "op"), 10);
    snprintf(text, sizeof(text), "%s %s%s", json_text(op, "kind"), json_text(op, "node"),
             json_yes(op, "dry-run") ? " (dry run)" : "");
    column(look, PAINT_STRONG, text, 18);
    if (json_number(op, "ended") != 0) {
        column(look, paint_of(op), result_of(op), 13);
        fprintf(look->out, "%9s", took(op, span));
    } else {
        look_put(look, paint_of(op), result_of(op), 13);
    }
    fputc('\n', look->out);
    look_spaces(look, MOMENT_COLUMNS);
    say_who(op, false, text, sizeof(text));
    if (why[0] != '\0') {
        strlcat(text, ": ", sizeof(text));
        strlcat(text, why, sizeof(text));
    }
    look_wrap(look, PAINT_FAINT, text, MOMENT_COLUMNS, MOMENT_COLUMNS);
    if (!done(op) && json_text(op, "text")[0] != '\0') {
        look_spaces(look, MOMENT_COLUMNS);
        look_wrap(look, paint_of(op), json_text(op, "text"), MOMENT_COLUMNS, MOMENT_COLUMNS);
    }
    put_uncovered(look, op, MOMENT_COLUMNS);
}

void history_print(const struct look *look, struct json_object *answer)
{
    size_t count = json_count(answer, "operations");

    if (count == 0)
        fputs("Nothing has happened yet.\n", look->out);
    for (size_t i = 0; i < count; i++) {
        struct json_object *o = json_at(answer, "operations", i);
        if (json_text(o, "gap")[0] != '\0')
            print_gap(look, o, answer);
        else
            print_operation(look, o);
    }
}

/* ---- one operation ---- */

static void fact(const struct look *look, const char *name, enum paint paint, const char *text)
{
    look_put(look, PAINT_FAINT, name, UINT32_MAX);
    look_spaces(look, FACT_COLUMNS - look_columns(name));
    look_wrap(look, paint, text, FACT_COLUMNS, FACT_COLUMNS);
}

static void print_phases(const struct look *look, struct json_object *op)
{
    size_t count = json_count(op, "phases");

    for (size_t i = 0; i < count; i++) {
        struct json_object *one = json_at(op, "phases", i), *next = json_at(op, "phases", i + 1);
        look_put(look, PAINT_FAINT, i == 0 ? "phases" : "", UINT32_MAX);
        look_spaces(look, FACT_COLUMNS - (i == 0 ? 6 : 0));
        fprintf(look->out, "%8.2f s  ", real(one, "at"));
        column(look, PAINT_PLAIN, json_text(one, "phase"), 12);
        if (next != NULL)
            fprintf(look->out, "%8.2f s  ", real(next, "at") - real(one, "at"));
        else
            look_spaces(look, 12);
        look_wrap(look, PAINT_FAINT, json_text(one, "does"), FACT_COLUMNS + 37, FACT_COLUMNS + 37);
    }
}

static void print_levels(const struct look *look, struct json_object *op)
{
    for (size_t i = 0; i < json_count(op, "levels"); i++) {
        struct json_object *one = json_at(op, "levels", i);
        look_put(look, PAINT_FAINT, i == 0 ? "levels" : "", UINT32_MAX);
        look_spaces(look, FACT_COLUMNS - (i == 0 ? 6 : 0));
        fprintf(look->out, "%8.2f s  ", real(one, "at"));
        look_put(look, PAINT_PLAIN, json_text(one, "node"), 32);
        fputs(" goes to ", look->out);
        look_put(look, PAINT_PLAIN, json_text(one, "level"), 32);
        fputc('\n', look->out);
    }
}

static void say_rates(struct json_object *t, char *out, size_t size)
{
    char in[RATE_TEXT], back[RATE_TEXT];

    if (t == NULL)
        snprintf(out, size, "not known");
    else
        snprintf(out, size, "%" PRId64 "/s %s in, %" PRId64 "/s %s out", json_number(t, "in-pps"),
                 rate_text((uint64_t)json_number(t, "in-bps"), false, in),
                 json_number(t, "out-pps"),
                 rate_text((uint64_t)json_number(t, "out-bps"), false, back));
}

static void print_traffic(const struct look *look, struct json_object *op)
{
    struct json_object *traffic = json_member(op, "traffic");
    struct json_object *before = json_member(traffic, "before");
    struct json_object *after = json_member(traffic, "after");
    const char *title = "traffic";
    char text[160];

    if (!json_object_is_type(before, json_type_object))
        return;
    json_object_object_foreach(before, name, value)
    {
        look_put(look, PAINT_FAINT, title, UINT32_MAX);
        look_spaces(look, FACT_COLUMNS - look_columns(title));
        column(look, PAINT_PLAIN, name, 8);
        say_rates(value, text, sizeof(text));
        fprintf(look->out, "before  %s\n", text);
        look_spaces(look, FACT_COLUMNS + 9);
        say_rates(json_member(after, name), text, sizeof(text));
        fprintf(look->out, "after   %s\n", text);
        title = "";
    }
}

static void print_told(const struct look *look, struct json_object *op)
{
    for (size_t i = 0; i < json_count(op, "told"); i++) {
        struct json_object *one = json_at(op, "told", i);
        look_put(look, PAINT_FAINT, i == 0 ? "meanwhile" : "", UINT32_MAX);
        look_spaces(look, FACT_COLUMNS - (i == 0 ? 9 : 0));
        fprintf(look->out, "%8.2f s  ", real(one, "at"));
        look_wrap(look, PAINT_PLAIN, json_text(one, "text"), FACT_COLUMNS + 12, FACT_COLUMNS + 12);
    }
}

void history_print_one(const struct look *look, struct json_object *op)
{
    char text[512], span[SPAN_TEXT];

    snprintf(text, sizeof(text), "%s of %s (%s): %s", json_text(op, "kind"), json_text(op, "node"),
             json_text(op, "op"), result_of(op));
    look_wrap(look, PAINT_STRONG, text, 0, 0);
    if (json_text(op, "text")[0] != '\0')
        look_wrap(look, paint_of(op), json_text(op, "text"), 0, 0);
    if (json_text(op, "advice")[0] != '\0')
        look_wrap(look, PAINT_PLAIN, json_text(op, "advice"), 0, 0);
    fputc('\n', look->out);
    say_who(op, true, text, sizeof(text));
    fact(look, "asked by", PAINT_PLAIN, text);
    if (json_text(op, "why")[0] != '\0')
        fact(look, "why", PAINT_PLAIN, json_text(op, "why"));
    fact(look, "asked", PAINT_PLAIN, moment(json_number(op, "asked"), text));
    if (json_number(op, "ended") != 0) {
        moment(json_number(op, "ended"), text);
        strlcat(text, ", after ", sizeof(text));
        strlcat(text, took(op, span), sizeof(text));
        fact(look, "ended", PAINT_PLAIN, text);
    }
    if (json_yes(op, "restarted"))
        fact(look, "but", PAINT_WARN, "the agent here was started anew in the middle of it");
    print_phases(look, op);
    print_levels(look, op);
    print_traffic(look, op);
    if (json_count(op, "uncovered") == 0)
        fact(look, "coverage", PAINT_PLAIN, "every shared prefix was covered all the time");
    else
        put_uncovered(look, op, FACT_COLUMNS);
    print_told(look, op);
}

/* ---- asking ---- */

static struct json_object *ask(struct link *link, const char *op, const char *before,
                               unsigned count, char err[ERR_MAX])
{
    struct json_object *o = link_request("history");

    if (op[0] != '\0')
        json_object_object_add(o, "op", json_object_new_string(op));
    if (before[0] != '\0')
        json_object_object_add(o, "before", json_object_new_string(before));
    json_object_object_add(o, "count", json_object_new_int64(count));
    return link_ask(link, o, err);
}

struct json_object *history_ask_one(struct link *link, const char *which, struct json_object **op,
                                    char err[ERR_MAX])
{
    struct json_object *answer = ask(link, which, "", 1, err);

    *op = answer != NULL ? json_at(answer, "operations", 0) : NULL;
    if (answer == NULL || *op != NULL)
        return answer;
    snprintf(err, ERR_MAX,
             "the agent here has nothing of %.60s; see cgwha history, here and on the other "
             "gateway.",
             which);
    json_object_put(answer);
    return NULL;
}

/* The last operation in an answer, behind which the next page begins. */
static const char *last_of(struct json_object *answer)
{
    const char *op = "";

    for (size_t i = 0; i < json_count(answer, "operations"); i++) {
        const char *one = json_text(json_at(answer, "operations", i), "op");
        op = one[0] != '\0' ? one : op;
    }
    return op;
}

static unsigned operations_in(struct json_object *answer)
{
    unsigned n = 0;

    for (size_t i = 0; i < json_count(answer, "operations"); i++)
        n += json_text(json_at(answer, "operations", i), "op")[0] != '\0';
    return n;
}

/* An answer holds no more than one message may; so page after page. */
static struct json_object *ask_for(struct link *link, unsigned count, char err[ERR_MAX])
{
    struct json_object *all = ask(link, "", "", count, err), *page, *list;

    list = json_member(all, "operations");
    page = json_object_get(all);
    while (page != NULL && json_yes(page, "more") && operations_in(all) < count &&
           last_of(page)[0] != '\0') {
        struct json_object *following =
            ask(link, "", last_of(page), count - operations_in(all), err);
        json_object_put(page);
        page = following;
        for (size_t i = 0; i < json_count(page, "operations"); i++)
            json_object_array_add(list, json_object_get(json_at(page, "operations", i)));
        if (json_count(page, "operations") == 0)
            break;
    }
    json_object_put(page);
    return all;
}

static void put_json(const struct look *out, struct json_object *o)
{
    fprintf(out->out, "%s\n",
            json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
                                                  JSON_C_TO_STRING_NOSLASHESCAPE));
}

enum exit_code history_run(const struct args *args, const char *server, const struct look *out,
                           const struct look *err)
{
    bool one = strchr(args->which, ':') != NULL;
    unsigned count =
        args->which[0] != '\0' ? (unsigned)strtoul(args->which, NULL, 10) : HISTORY_SHOWN;
    struct json_object *answer = NULL, *op = NULL;
    char sentence[ERR_MAX];
    struct link *link;

    if (link_open(&link, server, LINK_WAIT_MS, sentence))
        answer = one ? history_ask_one(link, args->which, &op, sentence)
                     : ask_for(link, count, sentence);
    if (answer == NULL) {
        look_put(err, PAINT_PLAIN, "cgwha: ", UINT32_MAX);
        look_wrap(err, PAINT_PLAIN, sentence, 7, 0);
    } else if (args->json) {
        put_json(out, one ? op : answer);
    } else if (one) {
        history_print_one(out, op);
    } else {
        history_print(out, answer);
    }
    link_close(link);
    return json_object_put(answer) == 1 ? EXIT_DONE : EXIT_ERROR;
}
