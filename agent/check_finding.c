/* What `cgwha check` can find, and how it is told. */
#include "agent/check_finding.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <string.h>

#include "agent/report.h" /* API_VERSION */

#define FINDING_ROW(id, name, severity, why, mend) {name, SEVERITY_##severity, why, mend},
static const struct {
    const char *name;
    enum severity severity;
    const char *why, *mend;
} kinds[FINDINGS] = {FINDING_LIST(FINDING_ROW)};

const char *finding_name(enum finding_kind kind)
{
    return kinds[kind].name;
}

enum severity finding_severity(enum finding_kind kind)
{
    return kinds[kind].severity;
}

const char *finding_why(enum finding_kind kind)
{
    return kinds[kind].why;
}

const char *finding_mend(enum finding_kind kind)
{
    return kinds[kind].mend;
}

const char *severity_name(enum severity severity)
{
    static const char *const names[] = {"none", "note", "warning", "fault"};

    return names[severity];
}

void found(struct findings *list, enum finding_kind kind, const char *about, const char *what, ...)
{
    struct finding *f = &list->item[list->count];
    va_list values;

    if (list->count == FINDINGS_MAX) {
        list->cut = true;
        return;
    }
    list->count++;
    f->kind = kind;
    strlcpy(f->about, about, sizeof(f->about));
    va_start(values, what);
    vsnprintf(f->what, sizeof(f->what), what, values);
    va_end(values);
}

enum severity findings_worst(const struct findings *list)
{
    enum severity worst = SEVERITY_NONE;

    for (unsigned i = 0; i < list->count; i++) {
        if (kinds[list->item[i].kind].severity > worst)
            worst = kinds[list->item[i].kind].severity;
    }
    return worst;
}

static unsigned count_of(const struct findings *list, enum severity severity)
{
    unsigned n = 0;

    for (unsigned i = 0; i < list->count; i++)
        n += kinds[list->item[i].kind].severity == severity;
    return n;
}

/* ---- for people ---- */

static void put_part(const struct look *look, const char *head, const char *text)
{
    look_put(look, PAINT_FAINT, head, UINT32_MAX);
    look_wrap(look, PAINT_PLAIN, text, 8, 8);
}

static void put_one(const struct look *look, const struct finding *f)
{
    static const enum paint paints[] = {PAINT_PLAIN, PAINT_STRONG, PAINT_WARN, PAINT_BAD};
    enum severity severity = kinds[f->kind].severity;

    look_put(look, paints[severity], severity_name(severity), UINT32_MAX);
    fprintf(look->out, "  %s", kinds[f->kind].name);
    if (f->about[0] != '\0')
        fputs("  ", look->out);
    look_put(look, PAINT_STRONG, f->about, UINT32_MAX);
    fputc('\n', look->out);
    put_part(look, "  what  ", f->what);
    put_part(look, "  why   ", kinds[f->kind].why);
    put_part(look, "  mend  ", kinds[f->kind].mend);
    fputc('\n', look->out);
}

void findings_print(const struct look *look, const struct findings *list, const char *node)
{
    unsigned faults = count_of(list, SEVERITY_FAULT), notes = count_of(list, SEVERITY_NOTE);
    unsigned warnings = count_of(list, SEVERITY_WARNING);

    for (enum severity s = SEVERITY_FAULT; s > SEVERITY_NONE; s--) {
        for (unsigned i = 0; i < list->count; i++) {
            if (kinds[list->item[i].kind].severity == s)
                put_one(look, &list->item[i]);
        }
    }
    if (faults + warnings == 0)
        fprintf(look->out, "%s: nothing to mend", node);
    else
        fprintf(look->out, "%s: %u fault%s, %u warning%s", node, faults, faults == 1 ? "" : "s",
                warnings, warnings == 1 ? "" : "s");
    if (notes > 0)
        fprintf(look->out, ", %u note%s", notes, notes == 1 ? "" : "s");
    fputs(list->cut ? ", and more than could be kept\n" : "\n", look->out);
}

/* ---- for machines ---- */

static void put_text(struct json_object *o, const char *key, const char *text)
{
    json_object_object_add(o, key, json_object_new_string(text));
}

void findings_json(FILE *out, const struct findings *list, const char *node)
{
    struct json_object *o = json_object_new_object(), *a = json_object_new_array();

    json_object_object_add(o, "api", json_object_new_int(API_VERSION));
    put_text(o, "version", CGWHA_VERSION);
    put_text(o, "node", node);
    put_text(o, "worst", severity_name(findings_worst(list)));
    for (unsigned i = 0; i < list->count; i++) {
        struct json_object *f = json_object_new_object();
        put_text(f, "finding", kinds[list->item[i].kind].name);
        put_text(f, "severity", severity_name(kinds[list->item[i].kind].severity));
        put_text(f, "about", list->item[i].about);
        put_text(f, "what", list->item[i].what);
        put_text(f, "why", kinds[list->item[i].kind].why);
        put_text(f, "mend", kinds[list->item[i].kind].mend);
        json_object_array_add(a, f);
    }
    json_object_object_add(o, "findings", a);
    fprintf(out, "%s\n",
            json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
                                                  JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(o);
}
