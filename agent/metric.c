/* Metrics as text. */
#include "agent/metric.h"

#include <inttypes.h>

static const char *type_name(const struct metric_page *page, enum metric_type type)
{
    static const char *const names[] = {"gauge", "counter", "info", "stateset"};

    if (page->dialect == METRIC_TEXT && type != METRIC_COUNTER)
        return "gauge";
    return names[type];
}

/* What a sample's name has that its family's has not. */
static const char *suffix(enum metric_type type)
{
    switch (type) {
    case METRIC_COUNTER:
        return "_total";
    case METRIC_INFO:
        return "_info";
    default:
        return "";
    }
}

/* OpenMetrics escapes quotes in help as well as in labels; the text format in labels only. */
static void put_escaped(struct metric_page *page, const char *text, bool quotes)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            fputs("\\n", page->out);
        else if (*text == '\\' || (*text == '"' && quotes))
            fprintf(page->out, "\\%c", *text);
        else
            fputc(*text, page->out);
    }
}

static void put_head(struct metric_page *page, const struct metric_family *f)
{
    bool open = page->dialect == METRIC_OPENMETRICS;
    const char *tail = open ? "" : suffix(f->type);

    fprintf(page->out, "# TYPE %s%s %s\n", f->name, tail, type_name(page, f->type));
    if (open && f->unit[0] != '\0')
        fprintf(page->out, "# UNIT %s %s\n", f->name, f->unit);
    fprintf(page->out, "# HELP %s%s ", f->name, tail);
    put_escaped(page, f->help, open);
    fputc('\n', page->out);
}

void metric_put(struct metric_page *page, const struct metric_family *family, int64_t value,
                const struct metric_label *labels, unsigned count)
{
    if (page->family != family)
        put_head(page, family);
    page->family = family;
    fprintf(page->out, "%s%s", family->name, suffix(family->type));
    for (unsigned i = 0; i < count; i++) {
        fprintf(page->out, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
        put_escaped(page, labels[i].value, true);
        fputc('"', page->out);
    }
    fprintf(page->out, "%s %" PRId64 "\n", count > 0 ? "}" : "", value);
}

void metric_end(struct metric_page *page)
{
    if (page->dialect == METRIC_OPENMETRICS)
        fputs("# EOF\n", page->out);
}

const char *metric_content_type(enum metric_dialect dialect)
{
    return dialect == METRIC_OPENMETRICS
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}
