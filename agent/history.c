/* What happened. */
#include "agent/history.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <qb/qblog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/annals.h"
#include "agent/course.h"
#include "agent/json_read.h"
#include "agent/keeper.h"
#include "agent/report.h"
#include "agent/sentence.h"

#define COURSE_READ_MAX (REPORT_MAX - 1024)
#define ASKED_MAX       8
#define PARTS_MAX       64 /* phases, levels, uncovered times of one operation */

struct live {
    struct annal *annal; /* NULL: free */
    op_t op;
    uint64_t began_ms, ended_ms; /* monotonic; ended_ms 0: under way */
    struct course *course;
    uint64_t bare;                  /* prefixes that nobody covers now */
    uint64_t bare_ms[PREFIXES_MAX]; /* since when */
};

struct history {
    qb_loop_t *loop;
    const struct runtime *rt;
    char dir[PATH_LEN];
    struct keeper *keeper;
    struct annals annals;
    struct live live[HISTORY_LIVES];
    struct course ring; /* the last seconds, whatever happens */
    bool begun;         /* of the ring */
    struct {
        op_t op;
        struct asker asker;
    } asked[ASKED_MAX];
    unsigned asked_next;
    uint64_t apart_s;    /* others have been out of the view since; 0: all are there */
    size_t bytes;        /* of the file, about */
    bool dirty;          /* the file is not what it should be: write it anew */
    bool said;           /* that it cannot be written */
    uint64_t try_ms;     /* before then do not try again */
    uint64_t touched_ms; /* the file's time was set */
    qb_loop_timer_handle timer;
    bool ticking;
};

/* ---- small pieces ---- */

static uint64_t now_ms(const struct history *h)
{
    return h->rt->ports->now_ns(h->rt->ctx) / 1000000;
}

static void put_text(struct json_object *o, const char *key, const char *text)
{
    if (text[0] != '\0')
        json_object_object_add(o, key, json_object_new_string(text));
}

static void put_seconds(struct json_object *o, const char *key, uint64_t from_ms, uint64_t to_ms)
{
    double s = (double)(int64_t)(to_ms - from_ms) / 1e3;
    char text[32];

    snprintf(text, sizeof(text), "%.3f", s);
    json_object_object_add(o, key, json_object_new_double_s(s, text));
}

/* The array of this name in o, made if it is not there; NULL if it is full. */
static struct json_object *room_in(struct json_object *o, const char *key, size_t most)
{
    struct json_object *a = json_member(o, key);

    if (!json_object_is_type(a, json_type_array)) {
        a = json_object_new_array();
        json_object_object_add(o, key, a);
    }
    if (json_object_array_length(a) < most)
        return a;
    json_object_object_add(o, "cut", json_object_new_boolean(true));
    return NULL;
}

/* ---- the disk ---- */

static void on_failed(void *ctx, const char *why)
{
    struct history *h = ctx;

    if (!h->said)
        qb_log(LOG_WARNING, "%s; cgwha history will lack it after a restart, nothing else does",
               why);
    h->said = h->dirty = true;
    h->try_ms = now_ms(h) + HISTORY_ALIVE_S * 1000;
}

static void write_anew(struct history *h)
{
    char *text = annals_text(&h->annals);

    if (text == NULL || !keeper_replace(h->keeper, text)) {
        h->dirty = true;
        h->try_ms = now_ms(h) + HISTORY_ALIVE_S * 1000;
    } else {
        h->dirty = h->said = false; /* if it fails again, it will be said again */
        h->bytes = strlen(text);
    }
    free(text);
}

static void write_line(struct history *h, const struct annal *annal)
{
    const char *line = annals_line(annal);

    h->bytes += strlen(line) + 1;
    if (h->dirty)
        return; /* it will be written with all of it */
    if (h->bytes > ANNALS_BYTES)
        write_anew(h);
    else if (!keeper_append(h->keeper, line))
        h->dirty = true;
}

static void close_live(struct history *h, struct live *l);

static void on_annal_gone(void *ctx, struct annal *annal, bool only_course)
{
    struct history *h = ctx;
    char file[ANNALS_FILE_MAX];

    if (annal->course != NULL)
        keeper_drop(h->keeper, annals_file(annal->op, file));
    for (unsigned i = 0; !only_course && i < HISTORY_LIVES; i++) {
        if (h->live[i].annal == annal)
            close_live(h, &h->live[i]);
    }
}

static struct annal *remember(struct history *h, struct json_object *o)
{
    struct annal *annal = annals_take(&h->annals, o);

    annals_prune(&h->annals, on_annal_gone, h);
    return annal;
}

/* ---- the course of an operation ---- */

static char *course_text(const struct history *h, const struct live *l)
{
    struct json_object *op = json_object_new_string(l->annal->op);
    char head[200], *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    snprintf(head, sizeof(head), "\"op\":%.120s,\"complete\":%s,", json_object_to_json_string(op),
             l->ended_ms != 0 && now_ms(h) >= l->ended_ms + HISTORY_AFTER_MS ? "true" : "false");
    json_object_put(op);
    if (out == NULL)
        return NULL;
    course_write(l->course, h->rt, l->began_ms, head, out);
    if (fclose(out) != 0 || strlen(text) > COURSE_READ_MAX) {
        free(text);
        return NULL;
    }
    return text;
}

/* A refusal at once has no course worth a file. */
static bool worth_a_course(const struct live *l)
{
    return l->course != NULL &&
           (!annals_nothing_done(l->annal->o) || l->ended_ms >= l->began_ms + 2 * HISTORY_MEAN_MS);
}

static void keep_course(struct history *h, struct live *l)
{
    char file[ANNALS_FILE_MAX], *text;

    if (!worth_a_course(l))
        return;
    text = course_text(h, l);
    if (text == NULL)
        return;
    annals_course(&h->annals, l->annal, text);
    keeper_course(h->keeper, annals_file(l->annal->op, file), text);
    free(text);
}

static struct json_object *traffic_json(const struct course_traffic *t)
{
    struct json_object *o = json_object_new_object();

    json_object_object_add(o, "in-pps", json_object_new_int64(t->in_pps));
    json_object_object_add(o, "out-pps", json_object_new_int64(t->out_pps));
    json_object_object_add(o, "in-bps", json_object_new_int64((int64_t)t->in_bps));
    json_object_object_add(o, "out-bps", json_object_new_int64((int64_t)t->out_bps));
    return o;
}

static void put_mean(const struct history *h, const struct course *c, struct json_object *o,
                     const char *key, uint64_t from_ms, uint64_t to_ms)
{
    struct json_object *all = json_object_new_object();
    struct course_traffic mean;

    for (unsigned n = 0; n < h->rt->nodes.count; n++) {
        if (course_mean(c, n, from_ms, to_ms, &mean))
            json_object_object_add(all, h->rt->nodes.name[n], traffic_json(&mean));
    }
    json_object_object_add(o, key, all);
}

static void put_levels(const struct history *h, const struct live *l)
{
    struct json_object *o = l->annal->o, *a;

    json_object_object_del(o, "levels");
    for (unsigned i = 0; i < l->course->changes; i++) {
        const struct course_change *change = &l->course->change[i];
        struct json_object *one;
        if (change->state != STATE_LEVEL || change->at_ms < l->began_ms ||
            (a = room_in(o, "levels", PARTS_MAX)) == NULL)
            continue;
        one = json_object_new_object();
        put_text(one, "node", h->rt->nodes.name[change->node]);
        put_text(one, "level", level_name((unsigned)change->value));
        put_seconds(one, "at", l->began_ms, change->at_ms);
        json_object_array_add(a, one);
    }
}

/* ---- coverage ---- */

static void put_bare(const struct history *h, struct live *l, unsigned i, uint64_t to_ms)
{
    struct json_object *a = room_in(l->annal->o, "uncovered", PARTS_MAX), *one;
    char text[PREFIX_TEXT];

    if (a == NULL)
        return;
    one = json_object_new_object();
    put_text(one, "prefix", prefix_text(&h->rt->conf->router.prefixes.item[i], text));
    put_seconds(one, "at", l->began_ms, l->bare_ms[i]);
    put_seconds(one, "took", l->bare_ms[i], to_ms);
    json_object_array_add(a, one);
}

static void judge(struct history *h, struct live *l, uint64_t at_ms)
{
    uint64_t bare;

    if (!course_can_judge(h->rt))
        return;
    bare = prefix_list_mask(&h->rt->conf->router.prefixes) & ~course_covered(h->rt);
    for (unsigned i = 0; i < h->rt->conf->router.prefixes.count; i++) {
        uint64_t bit = UINT64_C(1) << i;
        if ((bare & bit) && !(l->bare & bit))
            l->bare_ms[i] = at_ms;
        else if (!(bare & bit) && (l->bare & bit) && at_ms > l->bare_ms[i])
            put_bare(h, l, i, at_ms);
    }
    l->bare = bare;
}

/* ---- operations under way ---- */

static struct live *live_of(struct history *h, op_t op)
{
    for (unsigned i = 0; i < HISTORY_LIVES; i++) {
        if (op != OP_NONE && h->live[i].annal != NULL && h->live[i].op == op)
            return &h->live[i];
    }
    return NULL;
}

static void close_live(struct history *h, struct live *l)
{
    (void)h;
    free(l->course);
    memset(l, 0, sizeof(*l));
}

/* Its story is complete, or as complete as it will be. */
static void complete(struct history *h, struct live *l)
{
    uint64_t now = now_ms(h);
    struct annal *annal = l->annal;

    for (unsigned i = 0; i < PREFIXES_MAX; i++) {
        if (l->bare & (UINT64_C(1) << i))
            put_bare(h, l, i, now);
    }
    l->bare = 0;
    if (l->course != NULL && l->ended_ms != 0) {
        put_mean(h, l->course, json_member(annal->o, "traffic"), "after",
                 l->ended_ms + HISTORY_MEAN_MS < now ? now - HISTORY_MEAN_MS : l->ended_ms, now);
        put_levels(h, l);
        keep_course(h, l);
    }
    write_line(h, annal);
    close_live(h, l);
}

/* The next operation moves traffic too: what comes after it is not this one's any more. */
static void complete_ended(struct history *h)
{
    for (unsigned i = 0; i < HISTORY_LIVES; i++) {
        if (h->live[i].annal != NULL && h->live[i].ended_ms != 0)
            complete(h, &h->live[i]);
    }
}

static struct live *free_live(struct history *h)
{
    struct live *oldest = &h->live[0];

    for (unsigned i = 0; i < HISTORY_LIVES; i++) {
        if (h->live[i].annal == NULL)
            return &h->live[i];
        if (h->live[i].began_ms < oldest->began_ms)
            oldest = &h->live[i];
    }
    complete(h, oldest); /* its end will be noted all the same */
    return oldest;
}

static void put_asker(struct history *h, struct json_object *o, op_t op)
{
    struct json_object *by = json_object_new_object();

    put_text(by, "node", runtime_node_name(h->rt, OP_NODE(op)));
    for (unsigned i = 0; i < ASKED_MAX; i++) {
        const struct asker *a = &h->asked[i].asker;
        if (h->asked[i].op != op)
            continue;
        json_object_object_add(by, "uid", json_object_new_int64(a->uid));
        put_text(by, "user", a->user);
        put_text(by, "login", a->login);
        put_text(by, "tty", a->tty);
        put_text(by, "host", a->host);
        put_text(by, "parent", a->parent);
    }
    json_object_object_add(o, "by", by);
}

/* What watchers are told of it, but for what belongs to the telling. */
static void take_event(const struct history *h, struct json_object *o, const struct told *told)
{
    static const char *const not_these[] = {"api", "event", "time",  "from",
                                            "to",  "does",  "level", "members"};
    struct json_object *event = report_told(h->rt, told);

    json_object_object_foreach(event, key, value)
    {
        bool take = true;
        for (size_t i = 0; i < sizeof(not_these) / sizeof(not_these[0]); i++)
            take = take && strcmp(key, not_these[i]) != 0;
        if (take)
            json_object_object_add(o, key, json_object_get(value));
    }
    json_object_put(event);
}

static void begin_course(struct history *h, struct live *l, struct json_object *o)
{
    struct json_object *traffic = json_object_new_object();

    l->course = malloc(sizeof(*l->course));
    course_measure(&h->ring, h->rt, l->began_ms);
    course_forget(&h->ring, l->began_ms > HISTORY_BEFORE_MS ? l->began_ms - HISTORY_BEFORE_MS : 0);
    if (l->course != NULL)
        *l->course = h->ring;
    put_mean(h, &h->ring, traffic, "before", l->began_ms - HISTORY_MEAN_MS, l->began_ms);
    json_object_object_add(o, "traffic", traffic);
}

/* An operation that was asked for, or is seen for the first time in the middle. */
static struct live *begin(struct history *h, const struct told *told)
{
    struct json_object *o = json_object_new_object();
    char op[OP_TEXT];
    struct live *l;

    complete_ended(h);
    l = free_live(h);
    l->op = told->op;
    l->began_ms = now_ms(h);
    put_text(o, "op", runtime_op_text(h->rt, told->op, op));
    if (told->type == TOLD_ASKED)
        take_event(h, o, told);
    else
        put_text(o, "node", h->rt->nodes.name[told->node]);
    json_object_object_del(o, "text");
    json_object_object_add(o, "asked",
                           json_object_new_int64((int64_t)h->rt->ports->wall_s(h->rt->ctx)));
    json_object_object_add(o, "ended", NULL);
    put_text(o, "state", "running");
    put_asker(h, o, told->op);
    json_object_object_add(o, "uncovered", json_object_new_array());
    begin_course(h, l, o);
    l->annal = remember(h, o);
    if (l->annal == NULL) {
        close_live(h, l);
        return NULL;
    }
    judge(h, l, l->began_ms);
    write_line(h, l->annal);
    if (!h->ticking)
        return l;
    qb_loop_timer_del(h->loop, h->timer); /* look more often from now on */
    h->ticking = false;
    history_tick(h);
    return l;
}

/* The live operation that this is about. One that this agent has known before its restart goes on
 * where it was, as well as can be told. */
static struct live *live_for(struct history *h, const struct told *told)
{
    struct live *l = live_of(h, told->op);
    struct annal *annal;
    uint64_t wall, asked;
    char op[OP_TEXT];

    if (l != NULL || told->op == OP_NONE)
        return l;
    annal = annals_find(&h->annals, runtime_op_text(h->rt, told->op, op));
    if (annal == NULL)
        return begin(h, told);
    if (strcmp(json_text(annal->o, "state"), "ended") == 0)
        return NULL; /* and complete */
    l = free_live(h);
    wall = h->rt->ports->wall_s(h->rt->ctx);
    asked = (uint64_t)json_number(annal->o, "asked");
    l->annal = annal;
    l->op = told->op;
    l->began_ms = now_ms(h) - (wall > asked ? wall - asked : 0) * 1000;
    l->course = malloc(sizeof(*l->course));
    if (l->course != NULL)
        *l->course = h->ring;
    if (strcmp(json_text(annal->o, "state"), "unseen") == 0)
        json_object_object_add(annal->o, "restarted", json_object_new_boolean(true));
    put_text(annal->o, "state", "running");
    return l;
}

/* ---- what is told ---- */

static void put_phase(struct history *h, struct live *l, const struct told *told)
{
    struct json_object *a = room_in(l->annal->o, "phases", PARTS_MAX), *one;
    char does[SENTENCE_MAX];

    if (a == NULL)
        return;
    one = json_object_new_object();
    put_text(one, "node", h->rt->nodes.name[told->node]);
    put_text(one, "phase", phase_name(told->to));
    put_text(one, "does", sentence_phase(h->rt, told->node, told->to, told->reason, does));
    put_seconds(one, "at", l->began_ms, now_ms(h));
    json_object_array_add(a, one);
}

static void put_telling(struct history *h, struct live *l, const struct told *told)
{
    struct json_object *a = room_in(l->annal->o, "told", HISTORY_TELLINGS), *one, *event;

    if (a == NULL)
        return;
    event = report_told(h->rt, told);
    one = json_object_new_object();
    put_seconds(one, "at", l->began_ms, now_ms(h));
    put_text(one, "event", told_name(told->type));
    put_text(one, "text", json_text(event, "text"));
    json_object_array_add(a, one);
    json_object_put(event);
}

static void end(struct history *h, struct live *l, const struct told *told)
{
    struct json_object *o = l->annal->o;

    if (l->ended_ms != 0)
        return;
    l->ended_ms = now_ms(h);
    take_event(h, o, told);
    json_object_object_add(o, "ended",
                           json_object_new_int64((int64_t)h->rt->ports->wall_s(h->rt->ctx)));
    put_seconds(o, "took", l->began_ms, l->ended_ms);
    put_text(o, "state", "ended");
    if (l->course != NULL)
        put_levels(h, l);
    keep_course(h, l);
    write_line(h, l->annal);
    annals_prune(&h->annals, on_annal_gone, h); /* it is a refusal now, or is not */
}

static void put_gap(struct history *h, const char *kind, uint64_t from_s, uint64_t to_s)
{
    struct json_object *o = json_object_new_object();
    struct annal *annal;

    put_text(o, "gap", kind);
    json_object_object_add(o, "from", json_object_new_int64((int64_t)from_s));
    json_object_object_add(o, "to", json_object_new_int64((int64_t)to_s));
    annal = remember(h, o);
    if (annal != NULL)
        write_line(h, annal);
}

/* What is asked for on a node that is not in the view is not seen here. */
static void see_view(struct history *h)
{
    const struct runtime *rt = h->rt;
    uint64_t now = rt->ports->wall_s(rt->ctx);
    bool all = (rt->view.members | (1u << rt->nodes.self)) == (1u << rt->nodes.count) - 1u;

    if (!all && h->apart_s == 0) {
        h->apart_s = now;
    } else if (all && h->apart_s != 0) {
        if (now >= h->apart_s + HISTORY_GAP_S)
            put_gap(h, "apart", h->apart_s, now);
        h->apart_s = 0;
    }
}

static void start_ring(struct history *h)
{
    if (h->begun)
        return;
    h->begun = true;
    course_begin(&h->ring, h->rt, now_ms(h));
}

void history_told(struct history *h, const struct told *told)
{
    bool of_it = told->type == TOLD_PHASE || told->type == TOLD_PEER;
    struct live *l;

    start_ring(h);
    if (told->type == TOLD_VIEW)
        see_view(h);
    l = live_for(h, told);
    if (l != NULL && told->type == TOLD_ENDED)
        end(h, l, told);
    else if (l != NULL && of_it)
        put_phase(h, l, told);
    if (told->type == TOLD_ASKED || told->type == TOLD_ENDED || (l != NULL && of_it) ||
        (told->type == TOLD_LEVEL && told->to < LEVELS))
        return;
    for (unsigned i = 0; i < HISTORY_LIVES; i++) {
        if (h->live[i].annal != NULL)
            put_telling(h, &h->live[i], told);
    }
}

void history_stepped(struct history *h)
{
    uint64_t now = now_ms(h);

    start_ring(h);
    course_look(&h->ring, h->rt, now);
    for (unsigned i = 0; i < HISTORY_LIVES; i++) {
        struct live *l = &h->live[i];
        if (l->annal == NULL)
            continue;
        judge(h, l, now);
        if (l->course != NULL)
            course_look(l->course, h->rt, now);
    }
}

void history_asked(struct history *h, op_t op, const struct asker *asker)
{
    h->asked[h->asked_next].op = op;
    h->asked[h->asked_next].asker = *asker;
    h->asked_next = (h->asked_next + 1) % ASKED_MAX;
}

/* ---- time ---- */

static void on_timer(void *data)
{
    struct history *h = data;

    h->ticking = false;
    history_tick(h);
}

static void keep_the_file(struct history *h, uint64_t now)
{
    if (h->dirty && now >= h->try_ms)
        write_anew(h);
    if (h->dirty || now - h->touched_ms < HISTORY_ALIVE_S * UINT64_C(1000))
        return;
    h->touched_ms = now;
    keeper_touch(h->keeper);
}

void history_tick(struct history *h)
{
    uint64_t now = now_ms(h);
    bool busy = false;

    history_stepped(h);
    course_measure(&h->ring, h->rt, now);
    course_forget(&h->ring, now > HISTORY_BEFORE_MS ? now - HISTORY_BEFORE_MS : 0);
    for (unsigned i = 0; i < HISTORY_LIVES; i++) {
        struct live *l = &h->live[i];
        if (l->annal == NULL)
            continue;
        if (l->course != NULL)
            course_measure(l->course, h->rt, now);
        if (l->ended_ms != 0 && now >= l->ended_ms + HISTORY_AFTER_MS)
            complete(h, l);
        busy = busy || l->annal != NULL;
    }
    keep_the_file(h, now);
    h->ticking =
        qb_loop_timer_add(h->loop, QB_LOOP_LOW, (busy ? POLL_BUSY_MS : POLL_MS) * UINT64_C(1000000),
                          h, on_timer, &h->timer) == 0;
}

/* ---- answers ---- */

struct json_object *history_list(const struct history *h, const char *op, const char *before,
                                 unsigned count)
{
    struct json_object *o = json_object_new_object(), *a = json_object_new_array();
    const struct annal *annal;
    bool skip = before[0] != '\0', more = false;
    unsigned taken = 0;
    size_t bytes = 0;

    TAILQ_FOREACH_REVERSE(annal, &h->annals.list, annal_list, next)
    {
        if (skip || (op[0] != '\0' && strcmp(annal->op, op) != 0)) {
            skip = skip && strcmp(annal->op, before) != 0;
            continue;
        }
        bytes += strlen(annals_line(annal)) + 1;
        if ((taken >= count && annal->op[0] != '\0') || bytes > REPORT_MAX - 1024) {
            more = true;
            break;
        }
        json_object_array_add(a, json_object_get(annal->o));
        taken += annal->op[0] != '\0';
    }
    json_object_object_add(o, "api", json_object_new_int(API_VERSION));
    put_text(o, "self", h->rt->nodes.name[h->rt->nodes.self]);
    json_object_object_add(o, "time",
                           json_object_new_int64((int64_t)h->rt->ports->wall_s(h->rt->ctx)));
    json_object_object_add(o, "operations", a);
    json_object_object_add(o, "more", json_object_new_boolean(more));
    return o;
}

struct json_object *history_course(const struct history *h, const char *op)
{
    const struct annal *annal = annals_find(&h->annals, op);
    struct json_object *o = NULL;
    char *text = NULL;

    for (unsigned i = 0; annal != NULL && i < HISTORY_LIVES; i++) {
        if (h->live[i].annal == annal && h->live[i].course != NULL)
            text = course_text(h, &h->live[i]);
    }
    if (text != NULL)
        o = json_parse(text, strlen(text));
    else if (annal != NULL && annal->course != NULL)
        o = json_parse(annal->course, strlen(annal->course));
    free(text);
    return o;
}

/* ---- making and unmaking ---- */

/* The last `most` bytes of a file, with a NUL; NULL with errno. */
static char *read_end(const char *path, size_t most, size_t *size, time_t *written)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    char *text = NULL;
    struct stat st;
    ssize_t n = -1;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        size_t all = (size_t)st.st_size, take = all < most ? all : most;
        text = malloc(take + 1);
        n = text != NULL ? pread(fd, text, take, (off_t)(all - take)) : -1;
        *written = st.st_mtime;
    }
    close(fd);
    if (n < 0) {
        free(text);
        return NULL;
    }
    text[n] = '\0';
    *size = (size_t)n;
    return text;
}

static void read_courses(struct history *h)
{
    char path[PATH_LEN + ANNALS_FILE_MAX + 16], file[ANNALS_FILE_MAX];
    struct annal *annal;
    unsigned count = 0;

    TAILQ_FOREACH_REVERSE(annal, &h->annals.list, annal_list, next)
    {
        size_t size;
        time_t at;
        char *text;
        if (annal->op[0] == '\0' || count == ANNALS_COURSES)
            continue;
        snprintf(path, sizeof(path), "%s/courses/%s", h->dir, annals_file(annal->op, file));
        text = read_end(path, COURSE_READ_MAX, &size, &at);
        if (text == NULL)
            continue;
        text[strcspn(text, "\n")] = '\0';
        annals_course(&h->annals, annal, text);
        free(text);
        count++;
    }
}

/* Courses that belong to nothing that is remembered; a prune that was cut off by a power cut. */
static void drop_strays(struct history *h)
{
    char path[PATH_LEN + 16], file[ANNALS_FILE_MAX];
    const struct dirent *entry;
    struct annal *annal;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/courses", h->dir);
    dir = opendir(path);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        bool known = entry->d_name[0] == '.';
        TAILQ_FOREACH(annal, &h->annals.list, next)
        known = known ||
                (annal->course != NULL && strcmp(entry->d_name, annals_file(annal->op, file)) == 0);
        if (!known)
            keeper_drop(h->keeper, entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
}

static void note_unseen_ends(struct history *h)
{
    struct annal *annal;

    TAILQ_FOREACH(annal, &h->annals.list, next)
    {
        if (strcmp(json_text(annal->o, "state"), "running") == 0)
            put_text(annal->o, "state", "unseen");
    }
}

/* Reads the file; says what was wrong with it, which is then mended. */
static void read_all(struct history *h, char notice[ERR_MAX])
{
    char path[PATH_LEN + 32], *text;
    unsigned bad = 0;
    bool torn = false;
    size_t size = 0;
    time_t alive = 0;

    snprintf(path, sizeof(path), "%s/history.jsonl", h->dir);
    text = read_end(path, ANNALS_READ_MAX, &size, &alive);
    if (text == NULL && errno != ENOENT)
        snprintf(notice, ERR_MAX, "%.160s cannot be read: %.60s", path, strerror(errno));
    if (text == NULL)
        return;
    annals_read(&h->annals, text, size, &bad, &torn);
    free(text);
    note_unseen_ends(h);
    read_courses(h);
    h->bytes = size;
    h->dirty = bad > 0 || torn;
    if (bad > 0)
        snprintf(notice, ERR_MAX, "%.160s: %u lines make no sense and are left out", path, bad);
    else if (torn)
        snprintf(notice, ERR_MAX, "%.160s: the last line was cut short and is left out", path);
    if (alive > 0 && time(NULL) >= alive + HISTORY_GAP_S)
        put_gap(h, "away", (uint64_t)alive, (uint64_t)time(NULL));
}

struct history *history_create(qb_loop_t *loop, const struct runtime *rt, const char *dir,
                               char notice[ERR_MAX])
{
    struct history *h = calloc(1, sizeof(*h));

    notice[0] = '\0';
    if (h == NULL || strlcpy(h->dir, dir, sizeof(h->dir)) >= sizeof(h->dir)) {
        snprintf(notice, ERR_MAX, "no memory for the history");
        free(h);
        return NULL;
    }
    h->loop = loop;
    h->rt = rt;
    annals_init(&h->annals);
    h->keeper = keeper_create(loop, dir, on_failed, h, notice);
    if (h->keeper == NULL) {
        free(h);
        return NULL;
    }
    read_all(h, notice);
    drop_strays(h);
    h->ticking =
        qb_loop_timer_add(loop, QB_LOOP_LOW, UINT64_C(1000000), h, on_timer, &h->timer) == 0;
    return h;
}

void history_destroy(struct history *h)
{
    if (h == NULL)
        return;
    if (h->ticking)
        qb_loop_timer_del(h->loop, h->timer);
    for (unsigned i = 0; i < HISTORY_LIVES; i++) {
        if (h->live[i].annal != NULL)
            complete(h, &h->live[i]);
    }
    if (h->dirty)
        write_anew(h);
    keeper_touch(h->keeper);
    keeper_destroy(h->keeper);
    annals_free(&h->annals);
    free(h);
}
