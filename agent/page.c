/* An operation as one page of HTML. */
#include "agent/page.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "agent/cli_look.h"
#include "agent/json_read.h"
#include "agent/picture.h"
#include "agent/xml.h"

static const char style[] =
    ":root{color-scheme:light dark;--bg:#fff;--fg:#1f2328;--faint:#59636e;--rule:#d8dee4;"
    "--band:#eef2f7;--band2:#e3eaf3;--even:#8c959f;--odd:#57606a;--bad:#cf222e;--good:#1a7f37;--"
    "warn:#9a6700;"
    "--c0:#0969da;--c1:#bc4c00;--c2:#1a7f37;--c3:#8250df;--c4:#bf3989;--c5:#0a7c86;--c6:#7d4e00;"
    "--c7:#57606a;--in:#fff}\n"
    "@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--faint:#9aa4b0;"
    "--rule:#30363d;--band:#161d28;--band2:#1f2937;--even:#6e7681;--odd:#adb5be;--bad:#ff6a63;--"
    "good:#3fb950;"
    "--warn:#d29922;--c0:#58a6ff;--c1:#ffa657;--c2:#56d364;--c3:#bc8cff;--c4:#f778ba;--c5:#39c5cf;"
    "--c6:#e3b341;--c7:#adb5be;--in:#0d1117}}\n"
    "body{background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif;"
    "max-width:1080px;margin:24px auto;padding:0 20px}\n"
    "h1{font-size:24px;line-height:1.3;margin:6px 0 4px}h2{font-size:16px;margin:26px 0 6px}\n"
    "p{margin:4px 0}.faint{color:var(--faint)}.num{text-align:right;"
    "font-variant-numeric:tabular-nums}\n"
    ".badge{display:inline-block;border-radius:4px;padding:0 8px;font-weight:600;"
    "border:1.5px solid currentColor}.good{color:var(--good)}.bad{color:var(--bad)}"
    ".warn{color:var(--warn)}\n"
    "table{border-collapse:collapse}td,th{padding:3px 18px 3px 0;text-align:left;"
    "vertical-align:top;font-weight:400}th{color:var(--faint)}td.num,th.num{text-align:right}"
    "tbody tr{border-top:1px solid var(--rule)}.wide{overflow-x:auto}\n"
    ".key{display:inline-block;width:12px;height:12px;border-radius:2px;margin:0 6px -1px 0}"
    ".keys>span{margin-right:22px;white-space:nowrap}\n"
    "svg{width:100%;height:auto;display:block;margin:10px 0}svg text{font:11.5px system-ui,"
    "sans-serif;fill:var(--fg)}svg .title{font-weight:600;font-size:12.5px}svg "
    ".unit{font-weight:400;"
    "font-size:11.5px}svg .unit,svg .faint{fill:var(--faint)}svg .label{text-anchor:middle}svg "
    ".name{text-anchor:end}svg "
    ".small{font-size:11px}svg .in{fill:var(--in);font-weight:600}svg .out{fill:var(--fg)}\n"
    ".grid{stroke:var(--rule);stroke-width:1}.axis{stroke:var(--faint);stroke-width:1}"
    ".edge{stroke:var(--rule);stroke-width:1}.leader{stroke:var(--faint);stroke-width:.8}"
    ".mark{stroke:var(--fg);stroke-width:1;stroke-dasharray:3 "
    "3;opacity:.6}.band-even{fill:var(--band)}.band-odd{fill:var(--band2)}"
    ".even{fill:var(--even)}.odd{fill:var(--odd)}.bare{fill:var(--bad)}"
    ".unknown{fill:var(--faint);fill-opacity:.25}"
    ".curve{fill:none;stroke-width:1.8;stroke-linejoin:round}.step{stroke-width:2.4;"
    "stroke-linecap:square}\n";

static void put_colours(FILE *out)
{
    for (unsigned n = 0; n < PICTURE_NODES; n++)
        fprintf(out, ".n%u{fill:var(--c%u);background:var(--c%u)}.s%u{stroke:var(--c%u)}", n, n, n,
                n, n);
    fputs(".k-bare{background:var(--bad)}.k-unknown{background:var(--faint);opacity:.35}\n", out);
}

/* ---- small pieces ---- */

static void put(FILE *out, const char *before, const char *text, const char *after)
{
    fputs(before, out);
    xml_put(out, text);
    fputs(after, out);
}

static double seconds(struct json_object *o, const char *key)
{
    struct json_object *m = json_member(o, key);

    return json_object_is_type(m, json_type_double) || json_object_is_type(m, json_type_int)
               ? json_object_get_double(m)
               : 0;
}

static const char *moment(int64_t unix_seconds, char out[40])
{
    time_t at = (time_t)unix_seconds;
    struct tm tm;

    out[0] = '\0';
    if (localtime_r(&at, &tm) != NULL)
        strftime(out, 40, "%Y-%m-%d %H:%M:%S %Z", &tm);
    return out;
}

/* ---- the head ---- */

static const char *grade(const char *result)
{
    return strcmp(result, "done") == 0      ? "good"
           : strcmp(result, "refused") == 0 ? "warn"
           : result[0] == '\0'              ? "faint"
                                            : "bad";
}

static void put_head(FILE *out, struct json_object *op)
{
    const char *result = json_text(op, "result"), *text = json_text(op, "text");
    char what[120];

    snprintf(what, sizeof(what), "%.20s of %.40s (%.48s)", json_text(op, "kind"),
             json_text(op, "node"), json_text(op, "op"));
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n",
          out);
    put(out, "<title>", what, "</title>\n<style>\n");
    fputs(style, out);
    put_colours(out);
    fprintf(out, "</style>\n</head>\n<body>\n<p><span class=\"badge %s\">", grade(result));
    put(out, "", result[0] != '\0' ? result : "no end was seen", "</span> ");
    put(out, "", what, "</p>\n");
    put(out, "<h1>", text[0] != '\0' ? text : what, "</h1>\n");
    if (json_text(op, "advice")[0] != '\0')
        put(out, "<p>", json_text(op, "advice"), "</p>\n");
}

static void put_coverage(FILE *out, struct json_object *op)
{
    char text[64];

    if (json_count(op, "uncovered") == 0) {
        fputs("<p class=\"good\">Every shared prefix was covered all the time.</p>\n", out);
        return;
    }
    for (size_t i = 0; i < json_count(op, "uncovered"); i++) {
        struct json_object *one = json_at(op, "uncovered", i);
        put(out, "<p class=\"bad\">", json_text(one, "prefix"), " was covered by nobody ");
        snprintf(text, sizeof(text), "for %.1f s, from %.1f s on.", seconds(one, "took"),
                 seconds(one, "at"));
        put(out, "", text, "</p>\n");
    }
}

static void put_by(FILE *out, struct json_object *op)
{
    struct json_object *by = json_member(op, "by");
    static const struct {
        const char *key, *before;
    } more[] = {{"login", ", logged in as "},
                {"tty", ", at "},
                {"host", ", from "},
                {"parent", ", called by "}};

    put(out, "<tr><th>asked by</th><td>", json_text(op, "user"), "");
    if (json_text(by, "node")[0] != '\0')
        put(out, " on ", json_text(by, "node"), "");
    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
        if (json_text(by, more[i].key)[0] != '\0')
            put(out, more[i].before, json_text(by, more[i].key), "");
    }
    fputs("</td></tr>\n", out);
}

static void put_facts(FILE *out, struct json_object *op)
{
    char text[64];

    fputs("<table><tbody>\n", out);
    put_by(out, op);
    put(out, "<tr><th>why</th><td>",
        json_text(op, "why")[0] != '\0' ? json_text(op, "why") : "no reason was given",
        "</td></tr>\n");
    put(out, "<tr><th>asked</th><td>", moment(json_number(op, "asked"), text), "</td></tr>\n");
    if (json_number(op, "ended") != 0) {
        put(out, "<tr><th>ended</th><td>", moment(json_number(op, "ended"), text), "");
        snprintf(text, sizeof(text), ", after %.1f s", seconds(op, "took"));
        put(out, "", text, "</td></tr>\n");
    }
    if (json_yes(op, "restarted"))
        fputs("<tr><th>but</th><td>the agent that saw this was started anew in the middle of "
              "it</td></tr>\n",
              out);
    fputs("</tbody></table>\n", out);
}

/* ---- the picture and the tables ---- */

static void put_keys(FILE *out, struct json_object *course, bool bare)
{
    fputs("<p class=\"keys\">", out);
    for (size_t n = 0; n < json_count(course, "nodes") && n < PICTURE_NODES; n++) {
        fprintf(out, "<span><span class=\"key n%zu\"></span>", n);
        put(out, "", json_text(json_at(course, "nodes", n), "name"), "</span>");
    }
    if (bare)
        fputs("<span><span class=\"key k-bare\"></span>covered by "
              "nobody</span>",
              out);
    fputs("<span><span class=\"key k-unknown\"></span>not known: its "
          "agent was not there</span></p>\n",
          out);
}

static void put_picture(FILE *out, struct json_object *op, struct json_object *course)
{
    if (course == NULL) {
        fputs("<p class=\"faint\">The course of this operation is not kept: it changed nothing, or "
              "newer ones have taken its place.</p>\n",
              out);
        return;
    }
    put_keys(out, course, json_count(op, "uncovered") > 0);
    fputs("<div class=\"wide\">\n", out);
    picture_write(out, op, course);
    fputs("</div>\n", out);
    if (!json_yes(course, "complete"))
        fputs("<p class=\"faint\">This page was made before all of it was seen; make it again for "
              "the rest.</p>\n",
              out);
}

static void put_rates(FILE *out, struct json_object *traffic)
{
    static const char *const keys[][2] = {{"in-pps", "in-bps"}, {"out-pps", "out-bps"}};
    char rate[RATE_TEXT];

    for (unsigned i = 0; i < 2; i++) {
        if (traffic == NULL)
            fputs("<td class=\"num faint\">not known</td>", out);
        else
            fprintf(out, "<td class=\"num\">%" PRId64 " /s, %s</td>",
                    json_number(traffic, keys[i][0]),
                    rate_text((uint64_t)json_number(traffic, keys[i][1]), false, rate));
    }
}

static void put_traffic(FILE *out, struct json_object *op)
{
    struct json_object *traffic = json_member(op, "traffic");
    struct json_object *before = json_member(traffic, "before");
    struct json_object *after = json_member(traffic, "after");

    if (!json_object_is_type(before, json_type_object) || json_object_object_length(before) == 0)
        return;
    fputs("<h2>Traffic before and after</h2>\n<div class=\"wide\"><table><thead><tr><th></th>"
          "<th class=\"num\">before, from the cloud</th><th class=\"num\">to the cloud</th>"
          "<th class=\"num\">after, from the cloud</th><th class=\"num\">to the cloud</th></tr>"
          "</thead><tbody>\n",
          out);
    json_object_object_foreach(before, name, value)
    {
        put(out, "<tr><td>", name, "</td>");
        put_rates(out, value);
        put_rates(out, json_member(after, name));
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n<p class=\"faint\">Packets and bits per second through the "
          "tunnels; the mean of the 5 s before it was asked for, and of the last 5 s that were "
          "watched.</p>\n",
          out);
}

static void put_phases(FILE *out, struct json_object *op)
{
    size_t count = json_count(op, "phases");

    if (count == 0)
        return;
    fputs("<h2>Phases</h2>\n<div class=\"wide\"><table><thead><tr><th>gateway</th><th>phase</th>"
          "<th class=\"num\">from</th><th class=\"num\">lasted</th><th></th></tr></thead><tbody>\n",
          out);
    for (size_t i = 0; i < count; i++) {
        struct json_object *one = json_at(op, "phases", i),
                           *following = json_at(op, "phases", i + 1);
        put(out, "<tr><td>", json_text(one, "node"), "</td>");
        put(out, "<td>", json_text(one, "phase"), "</td>");
        fprintf(out, "<td class=\"num\">%.2f s</td><td class=\"num\">", seconds(one, "at"));
        if (following != NULL)
            fprintf(out, "%.2f s", seconds(following, "at") - seconds(one, "at"));
        put(out, "</td><td class=\"faint\">", json_text(one, "does"), "</td></tr>\n");
    }
    fputs("</tbody></table></div>\n", out);
}

static void put_told(FILE *out, struct json_object *op)
{
    if (json_count(op, "told") == 0)
        return;
    fputs("<h2>What else happened meanwhile</h2>\n<table><tbody>\n", out);
    for (size_t i = 0; i < json_count(op, "told"); i++) {
        struct json_object *one = json_at(op, "told", i);
        fprintf(out, "<tr><td class=\"num\">%.2f s</td>", seconds(one, "at"));
        put(out, "<td>", json_text(one, "text"), "</td></tr>\n");
    }
    fputs("</tbody></table>\n", out);
}

void page_write(FILE *out, struct json_object *op, struct json_object *course, const char *self)
{
    put_head(out, op);
    put_coverage(out, op);
    put_facts(out, op);
    put_picture(out, op, course);
    put_traffic(out, op);
    put_phases(out, op);
    put_told(out, op);
    put(out, "<p class=\"faint\" style=\"margin-top:26px\">As the agent on ", self,
        " saw it. Its own traffic is measured five times a second, that of the others as they say "
        "it, once a second. Times are seconds since it was asked for. cgwha " CGWHA_VERSION
        "</p>\n</body>\n</html>\n");
}
