/* The course of things. */
#include "agent/course.h"

#include <inttypes.h>
#include <string.h>

#include "agent/report.h"

CGWHA_NAME_OF(state_name, STATE_LIST, STATES)

#define INFO_STALE_S 4 /* what the other said last is not what is now */

/* ---- what is now ---- */

static bool member(const struct runtime *rt, unsigned n)
{
    return n == rt->nodes.self || (rt->view.members & (1u << n)) != 0;
}

static uint64_t ups(unsigned mask)
{
    return (uint64_t)__builtin_popcount(mask);
}

static void state_of(const struct runtime *rt, unsigned n, uint64_t out[STATES])
{
    const struct engine *e = &rt->engine;
    bool self = n == rt->nodes.self;
    struct record r = self ? engine_record(e) : rt->record[n];

    memset(out, 0, STATES * sizeof(out[0]));
    out[STATE_HERE] = member(rt, n) && (self || r.digest != 0);
    if (!out[STATE_HERE])
        return;
    out[STATE_PHASE] = r.phase;
    out[STATE_LEVEL] = r.level;
    out[STATE_SAS] = ups(self ? e->seen.tunnels_up : r.tunnels_up);
    out[STATE_SESSIONS] = ups(self ? e->seen.sessions_up : r.sessions_up);
    out[STATE_COVERS] = report_covers(rt, n);
}

bool course_can_judge(const struct runtime *rt)
{
    return rt->started && rt->router_read && rt->ipsec_read && rt->engine.viewed &&
           rt->engine.awaited == 0;
}

uint64_t course_covered(const struct runtime *rt)
{
    uint64_t covered = 0;

    for (unsigned n = 0; n < rt->nodes.count; n++) {
        if (member(rt, n))
            covered |= report_covers(rt, n);
    }
    return covered;
}

bool course_traffic_of(const struct runtime *rt, unsigned n, struct course_traffic *out)
{
    memset(out, 0, sizeof(*out));
    if (n == rt->nodes.self) {
        for (unsigned t = 0; t < rt->conf->tunnels; t++) {
            out->in_pps += rt->rate[t].in_pps;
            out->out_pps += rt->rate[t].out_pps;
            out->in_bps += rt->rate[t].in_bps;
            out->out_bps += rt->rate[t].out_bps;
        }
        return rt->ipsec_read && rt->ipsec_seen.reachable;
    }
    for (unsigned t = 0; t < rt->info[n].tunnels && t < TUNNELS_MAX; t++) {
        const struct info_tunnel *i = &rt->info[n].tunnel[t];
        out->in_pps += i->in_pps;
        out->out_pps += i->out_pps;
        out->in_bps += i->in_bps;
        out->out_bps += i->out_bps;
    }
    return member(rt, n) && rt->info_s[n] != 0 &&
           rt->ports->wall_s(rt->ctx) <= rt->info_s[n] + INFO_STALE_S;
}

/* ---- changes ---- */

static void add_change(struct course *c, unsigned n, unsigned state, uint64_t at_ms)
{
    if (c->changes == COURSE_CHANGES) {
        c->missed++;
        return;
    }
    c->change[c->changes++] = (struct course_change){
        .at_ms = at_ms, .node = (uint8_t)n, .state = (uint8_t)state, .value = c->now[n][state]};
}

void course_begin(struct course *c, const struct runtime *rt, uint64_t at_ms)
{
    memset(c, 0, sizeof(*c));
    for (unsigned n = 0; n < rt->nodes.count; n++) {
        state_of(rt, n, c->now[n]);
        for (unsigned s = 0; s < STATES; s++)
            add_change(c, n, s, at_ms);
    }
}

void course_look(struct course *c, const struct runtime *rt, uint64_t at_ms)
{
    uint64_t now[STATES];

    for (unsigned n = 0; n < rt->nodes.count; n++) {
        state_of(rt, n, now);
        for (unsigned s = 0; s < STATES; s++) {
            if (c->now[n][s] == now[s])
                continue;
            c->now[n][s] = now[s];
            add_change(c, n, s, at_ms);
        }
    }
}

/* ---- traffic ---- */

static struct course_traffic middle(struct course_traffic a, struct course_traffic b)
{
    return (struct course_traffic){.in_pps = a.in_pps / 2 + b.in_pps / 2,
                                   .out_pps = a.out_pps / 2 + b.out_pps / 2,
                                   .in_bps = a.in_bps / 2 + b.in_bps / 2,
                                   .out_bps = a.out_bps / 2 + b.out_bps / 2};
}

static struct course_point join(const struct course_point *a, const struct course_point *b)
{
    struct course_point p = {.at_ms = b->at_ms, .known = a->known | b->known};

    for (unsigned n = 0; n < NODES_MAX; n++) {
        unsigned bit = 1u << n;
        if ((a->known & bit) && (b->known & bit))
            p.node[n] = middle(a->node[n], b->node[n]);
        else
            p.node[n] = (a->known & bit) ? a->node[n] : b->node[n];
    }
    return p;
}

static void thin_out(struct course *c)
{
    for (unsigned i = 0; i < COURSE_POINTS / 2; i++)
        c->point[i] = join(&c->point[2 * i], &c->point[2 * i + 1]);
    c->points = COURSE_POINTS / 2;
    c->grain_ms = c->grain_ms == 0 ? 2 * POLL_BUSY_MS : 2 * c->grain_ms;
}

void course_measure(struct course *c, const struct runtime *rt, uint64_t at_ms)
{
    struct course_point p = {.at_ms = at_ms};

    if (c->points > 0 && at_ms - c->point[c->points - 1].at_ms < c->grain_ms)
        return;
    for (unsigned n = 0; n < rt->nodes.count; n++) {
        if (!course_traffic_of(rt, n, &p.node[n]))
            continue;
        if (n != rt->nodes.self && rt->info_s[n] == c->heard_s[n])
            continue; /* nothing new was heard */
        c->heard_s[n] = rt->info_s[n];
        p.known |= (uint8_t)(1u << n);
    }
    if (c->points == COURSE_POINTS)
        thin_out(c);
    c->point[c->points++] = p;
}

void course_forget(struct course *c, uint64_t from_ms)
{
    struct course_change keep[NODES_MAX * STATES];
    unsigned old = 0, kept = 0, gone = 0;

    while (gone < c->points && c->point[gone].at_ms < from_ms)
        gone++;
    memmove(c->point, c->point + gone, (c->points - gone) * sizeof(c->point[0]));
    c->points -= gone;
    for (; old < c->changes && c->change[old].at_ms <= from_ms; old++) {
        const struct course_change *change = &c->change[old];
        unsigned i = 0;
        while (i < kept && (keep[i].node != change->node || keep[i].state != change->state))
            i++;
        keep[i] = *change;
        keep[i].at_ms = from_ms;
        kept += i == kept;
    }
    memmove(c->change + kept, c->change + old, (c->changes - old) * sizeof(c->change[0]));
    memcpy(c->change, keep, kept * sizeof(keep[0]));
    c->changes = c->changes - old + kept;
}

bool course_mean(const struct course *c, unsigned n, uint64_t from_ms, uint64_t to_ms,
                 struct course_traffic *out)
{
    uint64_t in_pps = 0, out_pps = 0, in_bps = 0, out_bps = 0, count = 0;

    for (unsigned i = 0; i < c->points; i++) {
        const struct course_point *p = &c->point[i];
        if (p->at_ms < from_ms || p->at_ms > to_ms || !(p->known & (1u << n)))
            continue;
        in_pps += p->node[n].in_pps;
        out_pps += p->node[n].out_pps;
        in_bps += p->node[n].in_bps;
        out_bps += p->node[n].out_bps;
        count++;
    }
    memset(out, 0, sizeof(*out));
    if (count == 0)
        return false;
    *out = (struct course_traffic){.in_pps = (uint32_t)(in_pps / count),
                                   .out_pps = (uint32_t)(out_pps / count),
                                   .in_bps = in_bps / count,
                                   .out_bps = out_bps / count};
    return true;
}

/* ---- writing ---- */

static double seconds(uint64_t at_ms, uint64_t zero_ms)
{
    return (double)(int64_t)(at_ms - zero_ms) / 1e3;
}

static void write_traffic(const struct course *c, unsigned n, uint64_t zero_ms, FILE *out)
{
    const char *sep = "";

    for (unsigned i = 0; i < c->points; i++) {
        const struct course_traffic *t = &c->point[i].node[n];
        if (!(c->point[i].known & (1u << n)))
            continue;
        fprintf(out, "%s[%.3f,%" PRIu32 ",%" PRIu32 ",%" PRIu64 ",%" PRIu64 "]", sep,
                seconds(c->point[i].at_ms, zero_ms), t->in_pps, t->out_pps, t->in_bps, t->out_bps);
        sep = ",";
    }
}

static void write_change(const struct course_change *change, uint64_t zero_ms, FILE *out)
{
    fprintf(out, "[%.3f,%u,\"%s\",", seconds(change->at_ms, zero_ms), (unsigned)change->node,
            state_name(change->state));
    if (change->state == STATE_PHASE)
        fprintf(out, "\"%s\"]", phase_name((unsigned)change->value));
    else if (change->state == STATE_LEVEL)
        fprintf(out, "\"%s\"]", level_name((unsigned)change->value));
    else if (change->state == STATE_COVERS)
        fprintf(out, "\"%" PRIx64 "\"]", change->value); /* JSON's numbers do not hold 64 bits */
    else
        fprintf(out, "%" PRIu64 "]", change->value);
}

static unsigned tunnels_of(const struct runtime *rt, unsigned n)
{
    return n == rt->nodes.self ? rt->conf->tunnels : rt->info[n].tunnels;
}

void course_write(const struct course *c, const struct runtime *rt, uint64_t zero_ms,
                  const char *head, FILE *out)
{
    const struct prefix_list *list = &rt->conf->router.prefixes;
    char text[PREFIX_TEXT];

    fprintf(out, "{\"version\":%d,%s\"missed\":%u,\"prefixes\":[", COURSE_VERSION, head, c->missed);
    for (unsigned i = 0; i < list->count; i++)
        fprintf(out, "%s\"%s\"", i > 0 ? "," : "", prefix_text(&list->item[i], text));
    fprintf(out, "],\"nodes\":[");
    for (unsigned n = 0; n < rt->nodes.count; n++) {
        struct json_object *name = json_object_new_string(rt->nodes.name[n]);
        fprintf(out, "%s{\"name\":%s,\"self\":%s,\"tunnels\":%u,\"traffic\":[", n > 0 ? "," : "",
                json_object_to_json_string(name), n == rt->nodes.self ? "true" : "false",
                tunnels_of(rt, n));
        json_object_put(name);
        write_traffic(c, n, zero_ms, out);
        fprintf(out, "]}");
    }
    fprintf(out, "],\"changes\":[");
    for (unsigned i = 0; i < c->changes; i++) {
        if (i > 0)
            fputc(',', out);
        write_change(&c->change[i], zero_ms, out);
    }
    fprintf(out, "]}");
}
