/* The phases of an operation as they pass. */
#include "agent/cli_progress.h"

#include <inttypes.h>
#include <string.h>

#include "agent/cli_table.h"
#include "agent/json_read.h"

#define PHASE_COLUMNS 13

static void write_line(const struct progress *p, const char *more)
{
    const struct look *look = p->look;
    char head[64];
    unsigned used;

    snprintf(head, sizeof(head), "%7.2f s  %-*s ", p->began, PHASE_COLUMNS, p->phase);
    used = look_columns(head);
    if (look->live)
        fputs("\r", look->out);
    look_put(look, PAINT_PLAIN, head, UINT32_MAX);
    if (look->live) /* a line that wraps cannot be written again */
        look_put(look, PAINT_PLAIN, more, look->width > used + 1 ? look->width - used - 1 : 1);
    else
        look_put(look, PAINT_PLAIN, more, UINT32_MAX);
    if (look->live)
        fputs("\033[K", look->out);
    fflush(look->out);
}

void progress_end(struct progress *p)
{
    if (!p->open)
        return;
    fputc('\n', p->look->out);
    fflush(p->look->out);
    p->open = false;
}

void progress_phase(struct progress *p, double at, const char *phase, const char *does)
{
    if (p->open && p->look->live)
        write_line(p, p->does); /* without the last measurement */
    progress_end(p);
    strlcpy(p->phase, phase, sizeof(p->phase));
    strlcpy(p->does, does, sizeof(p->does));
    p->began = at;
    p->open = true;
    write_line(p, p->does);
    if (!p->look->live)
        progress_end(p);
}

/* How far the others are with their promise. */
static void measured_guards(struct json_object *status, struct json_object *node, char *out,
                            size_t size)
{
    size_t at = (size_t)snprintf(out, size, "waits for");

    for (size_t i = 0; i < json_count(status, "nodes"); i++) {
        struct json_object *o = json_at(status, "nodes", i);
        struct node_sums sums = node_sums(o);
        if (o == node || at >= size)
            continue;
        at += (size_t)snprintf(out + at, size - at, " %s (SAs %u/%u, level %s)",
                               json_text(o, "name"), sums.sas, sums.tunnels, json_text(o, "level"));
    }
}

void progress_measured(const struct progress *p, double now, struct json_object *status,
                       struct json_object *node, char *out, size_t size)
{
    struct json_object *settings = json_member(status, "settings");
    struct node_sums sums = node_sums(node);

    out[0] = '\0';
    if (strcmp(p->phase, "guarding") == 0)
        measured_guards(status, node, out, size);
    else if (strcmp(p->phase, "settling") == 0)
        snprintf(out, size,
                 "traffic %" PRIu64 " packets/s, goes on at %" PRId64 " or less for %.1f s",
                 sums.in_pps + sums.out_pps, json_number(settings, "settle-pps"),
                 (double)json_number(settings, "settle-ms") / 1e3);
    else if (strcmp(p->phase, "releasing") == 0)
        snprintf(out, size, "deletes its SAs, %u of %u tunnels left", sums.sas, sums.tunnels);
    else if (strcmp(p->phase, "connecting") == 0)
        snprintf(out, size, "waits for SAs (%u/%u), sessions (%u/%u) and routes", sums.sas,
                 sums.tunnels, sums.sessions, sums.tunnels);
    else if (strcmp(p->phase, "soaking") == 0)
        snprintf(out, size, "proves itself before it takes traffic, %.0f of %.0f s", now - p->began,
                 (double)json_number(settings, "soak-ms") / 1e3);
}

void progress_status(struct progress *p, double now, struct json_object *status,
                     struct json_object *node)
{
    char measured[256];

    if (!p->open || !p->look->live)
        return;
    progress_measured(p, now, status, node, measured, sizeof(measured));
    write_line(p, measured[0] != '\0' ? measured : p->does);
}
