/* A world as few bytes, the same for worlds that cannot be told apart.
 *
 * One walk serves both ways, so that writing and reading cannot disagree.  Operations are numbered
 * in the order in which the walk meets them, views too, and of all renamings of the nodes the one
 * whose bytes come first is taken.  Fields that the engine does not read in its present phase are
 * left out; --doubt fills them with something else on reading, to show that they are not read. */
#include "tests/model/world.h"

#include <assert.h>
#include <string.h>

#define OPS_SEEN 64

/* A field that engine.h gains must be packed here, or be shown not to matter. */
_Static_assert(sizeof(struct engine) == 568, "the engine has changed");

struct codec {
    const struct model *m;
    uint8_t *p;
    uint64_t acc;
    unsigned held;        /* bits in acc */
    const uint8_t *at;    /* old index of the node at each place */
    uint8_t place[N_MAX]; /* and the other way round */
    uint8_t op[OPS_SEEN]; /* new number of each old one */
    uint8_t ops;
    uint8_t view[VIEWS_MAX];  /* new number of each old one, or NO_VIEW */
    uint8_t order[VIEWS_MAX]; /* and the other way round */
    uint8_t views;
    uint8_t fill;
};

#define INLINE static inline __attribute__((always_inline))

INLINE void bits(struct codec *c, bool reading, uint8_t *value, unsigned n)
{
    if (reading) {
        while (c->held < n) {
            c->acc |= (uint64_t)*c->p++ << c->held;
            c->held += 8;
        }
        *value = (uint8_t)(c->acc & ((1u << n) - 1u));
        c->acc >>= n;
        c->held -= n;
        return;
    }
    assert(*value < 1u << n); /* else it would run into the next field */
    c->acc |= (uint64_t)*value << c->held;
    c->held += n;
    while (c->held >= 8) {
        *c->p++ = (uint8_t)c->acc;
        c->acc >>= 8;
        c->held -= 8;
    }
}

INLINE void node(struct codec *c, bool reading, uint8_t *i)
{
    uint8_t v = reading ? 0 : c->place[*i];

    bits(c, reading, &v, 2);
    if (reading)
        *i = v;
}

INLINE void mask(struct codec *c, bool reading, uint8_t *nodes)
{
    uint8_t v = 0;

    for (unsigned i = 0; !reading && i < c->m->n; i++)
        v |= (uint8_t)(((unsigned)*nodes >> i & 1u) << c->place[i]);
    bits(c, reading, &v, c->m->n);
    if (reading)
        *nodes = v;
}

INLINE void small_op(struct codec *c, bool reading, uint8_t *op)
{
    uint8_t v = 0;

    if (!reading && *op != 0) {
        uint8_t *seen = &c->op[*op % OPS_SEEN];
        if (*seen == 0)
            *seen = ++c->ops;
        v = *seen;
    }
    bits(c, reading, &v, 5);
    if (reading) {
        *op = v;
        if (v > c->ops)
            c->ops = v;
    }
}

INLINE void big_op(struct codec *c, bool reading, op_t *op)
{
    uint8_t v = (uint8_t)OP_SERIAL(*op);

    small_op(c, reading, &v);
    if (reading)
        *op = op_of(v);
}

INLINE void wide(struct codec *c, bool reading, uint64_t *value, unsigned n)
{
    uint8_t v = (uint8_t)*value;

    bits(c, reading, &v, n);
    if (reading)
        *value = v;
}

INLINE void flag(struct codec *c, bool reading, bool *value)
{
    uint8_t v = *value;

    bits(c, reading, &v, 1);
    if (reading)
        *value = v != 0;
}

/* A field that is not read now: not written, and anything when read. */
INLINE void moot(struct codec *c, bool reading, uint8_t *value, uint8_t anything)
{
    if (reading)
        *value = c->fill ? anything : 0;
}

INLINE void observation(struct codec *c, bool reading, struct observation *o)
{
    wide(c, reading, &o->covers, c->m->prefixes);
    bits(c, reading, &o->tunnels_up, c->m->tunnels);
    bits(c, reading, &o->sessions_up, c->m->tunnels);
    bits(c, reading, &o->sick, 5);
    bits(c, reading, &o->level, 3);
    flag(c, reading, &o->routes);
}

INLINE void machine(struct codec *c, bool reading, struct node *n)
{
    bits(c, reading, &n->power, 1);
    bits(c, reading, &n->agent, 1);
    bits(c, reading, &n->x, 2);
    bits(c, reading, &n->closed, 1);
    bits(c, reading, &n->keep_up, 1);
    bits(c, reading, &n->disk, 1);
    bits(c, reading, &n->missing, c->m->prefixes);
    bits(c, reading, &n->unfit, 1);
    for (unsigned t = 0; t < c->m->tunnels; t++) {
        bits(c, reading, &n->tunnel[t], 2);
        bits(c, reading, &n->fault[t], 1);
    }
    if (!n->agent)
        return;
    bits(c, reading, &n->saving, 2);
    bits(c, reading, &n->ipsec, ORDERS);
    bits(c, reading, &n->called_off, 1);
    bits(c, reading, &n->orders, 4);
    for (unsigned k = 0; k < n->orders; k++) {
        bits(c, reading, &n->router[k].order, 3);
        bits(c, reading, &n->router[k].level, 2);
        bits(c, reading, &n->router[k].superseded, 1);
        bits(c, reading, &n->router[k].taken, 1);
    }
    bits(c, reading, &n->snapped, 2);
    if (n->snapped)
        observation(c, reading, &n->snap);
}

INLINE void monitor(struct codec *c, bool reading, struct monitor *mon, unsigned i)
{
    small_op(c, reading, &mon->lock);
    if (mon->lock) {
        node(c, reading, &mon->lock_node);
        bits(c, reading, &mon->dry, 1);
        bits(c, reading, &mon->forced, 1);
    }
    small_op(c, reading, &mon->bound);
    bits(c, reading, &mon->read_level, 2);
    bits(c, reading, &mon->read_covers, c->m->prefixes);
    mask(c, reading, &mon->spoke);
    mask(c, reading, &mon->relied);
    for (unsigned k = 0; k < c->m->n; k++) {
        unsigned j = c->at[k];
        if (j == i)
            continue;
        bits(c, reading, &mon->promise[j], c->m->prefixes);
        if (!(mon->spoke & BITMASK(j)))
            continue;
        bits(c, reading, &mon->phase[j], 4);
        bits(c, reading, &mon->rec[j], 7);
    }
}

static bool in_operation(unsigned phase)
{
    return phase >= PHASE_REQUESTING && phase <= PHASE_WITHDRAWING;
}

INLINE void operation(struct codec *c, bool reading, struct engine *e, unsigned i)
{
    bool drains = in_operation(e->phase);
    bool past = e->phase == PHASE_CLOSING || e->phase == PHASE_RELEASING;

    big_op(c, reading, &e->op);
    if (e->op != OP_NONE) {
        bits(c, reading, &e->op_kind, 2);
        bits(c, reading, &e->op_flags, 2);
    } else {
        moot(c, reading, &e->op_kind, ASK_UNDRAIN);
    }
    if (drains) {
        bits(c, reading, &e->op_from, 4);
        bits(c, reading, &e->op_intent, 1);
    } else {
        moot(c, reading, &e->op_from, PHASE_SAFETY_NET);
        moot(c, reading, &e->op_intent, INTENT_MAINTENANCE);
    }
    if (e->phase == PHASE_SETTLING)
        bits(c, reading, &e->quiet, 1);
    else
        moot(c, reading, &e->quiet, 1);
    if (e->phase == PHASE_WITHDRAWING) {
        bits(c, reading, &e->saved, 1);
        bits(c, reading, &e->withdrew, 1);
    } else {
        moot(c, reading, &e->saved, 1);
        moot(c, reading, &e->withdrew, 1);
    }
    if (e->phase == PHASE_GUARDING || !(drains || past))
        mask(c, reading, &e->answered);
    else if (e->phase != PHASE_REQUESTING)
        moot(c, reading, &e->answered, (uint8_t)(BITMASK(c->m->n) - 1u));
    for (unsigned k = 0; k < c->m->n; k++) {
        unsigned j = c->at[k];
        if (j != i && !past)
            wide(c, reading, &e->guards[j], c->m->prefixes);
        else if (j != i && reading)
            e->guards[j] = c->fill ? all_prefixes(c->m) : 0;
    }
}

INLINE void neighbours(struct codec *c, bool reading, struct engine *e, unsigned i)
{
    mask(c, reading, &e->members);
    mask(c, reading, &e->ring);
    bits(c, reading, &e->viewed, 1);
    mask(c, reading, &e->known);
    mask(c, reading, &e->awaited);
    mask(c, reading, &e->grace);
    bits(c, reading, &e->announce, 1);
    for (unsigned k = 0; k < c->m->n; k++) {
        unsigned j = c->at[k];
        struct record *r = &e->rec[j];
        uint8_t aims, unread, bad, whole;

        if (j == i)
            continue;
        if (!(e->known & BITMASK(j))) {
            moot(c, reading, &r->phase, PHASE_IN_SERVICE);
            moot(c, reading, &r->level, LEVEL_HIGH);
            moot(c, reading, &r->target, LEVEL_HIGH);
            continue;
        }
        bits(c, reading, &r->phase, 4);
        bits(c, reading, &r->level, 2);
        aims = r->target >= LEVEL_NORMAL;
        bits(c, reading, &aims, 1);
        unread = (r->sick & SICK_UNREAD) != 0;
        bits(c, reading, &unread, 1);
        bad = (r->sick & SICK_TRACK) != 0;
        bits(c, reading, &bad, 1);
        wide(c, reading, &r->covers, c->m->prefixes);
        whole = c->m->tunnels == 1 ? r->covers != 0 : r->tunnels_up != 0;
        if (c->m->tunnels > 1)
            bits(c, reading, &whole, 1);
        if (reading) {
            r->target = aims ? LEVEL_NORMAL : LEVEL_WITHDRAWN;
            r->sick = (uint8_t)((unread ? SICK_UNREAD : 0u) | (bad ? SICK_TRACK : 0u));
            r->digest = 1;
            r->tunnels = (uint8_t)c->m->tunnels;
            r->tunnels_up = r->sessions_up = whole ? (uint8_t)(BITMASK(c->m->tunnels) - 1u) : 0;
        }
    }
}

/* What was seen of sick drivers is for people, but for a router that cannot be read; sessions are
 * seen only in tunnels that are seen, and bring routes, so that no more is read of these. The level
 * seen is read where a node is out. */
INLINE void seen(struct codec *c, bool reading, struct engine *e)
{
    struct observation *o = &e->seen;
    uint8_t unread = (o->sick & SICK_UNREAD) != 0, bad = (o->sick & SICK_TRACK) != 0,
            dumb = (o->sick & SICK_ROUTER) != 0;

    bits(c, reading, &unread, 1);
    bits(c, reading, &bad, 1);
    bits(c, reading, &dumb, 1);
    if (reading)
        o->sick = (uint8_t)((unread ? SICK_UNREAD : 0u) | (bad ? SICK_TRACK : 0u) |
                            (dumb ? SICK_ROUTER : 0u));
    wide(c, reading, &o->covers, c->m->prefixes);
    bits(c, reading, &o->sessions_up, c->m->tunnels);
    if (reading) {
        o->tunnels_up = o->sessions_up;
        o->routes = o->sessions_up != 0;
    }
    if ((e->phase >= PHASE_CLOSING && e->phase <= PHASE_DRAINED) ||
        (e->phase == PHASE_WITHDRAWING && e->level == LEVEL_WITHDRAWN))
        bits(c, reading, &o->level, 3);
    else
        moot(c, reading, &o->level, LEVEL_HIGH);
}

INLINE void engine(struct codec *c, bool reading, struct engine *e, unsigned i)
{
    uint8_t low = (uint8_t)e->armed, high = (uint8_t)(e->armed >> 8);

    bits(c, reading, &e->phase, 4);
    bits(c, reading, &e->intent, 1);
    bits(c, reading, &e->level, 2);
    bits(c, reading, &e->drift, 1);
    bits(c, reading, &e->told_out, 1);
    bits(c, reading, &e->pending, ORDERS);
    bits(c, reading, &low, 8);
    bits(c, reading, &high, TIMERS - 8);
    if (reading)
        e->armed = (uint16_t)(low | high << 8);
    if (e->pending & BITMASK(ORDER_LEVEL))
        bits(c, reading, &e->level_asked, 2);
    else
        moot(c, reading, &e->level_asked, LEVEL_HIGH);
    if (e->armed & 1u << TIMER_LEVEL)
        bits(c, reading, &e->level_failed, 3);
    else if (reading)
        e->level_failed = c->fill ? LEVEL_NORMAL : LEVELS;
    seen(c, reading, e);
    neighbours(c, reading, e, i);
    big_op(c, reading, &e->lock);
    if (e->lock != OP_NONE)
        node(c, reading, &e->lock_node);
    operation(c, reading, e, i);
    bits(c, reading, &e->guard_stage, 3);
    if (e->guard_stage != GUARD_NONE) {
        big_op(c, reading, &e->guard_op);
        bits(c, reading, &e->guard_flags, 2);
    } else {
        moot(c, reading, &e->guard_flags, ASK_FLAG_FORCE);
    }
}

/* What the packed bytes leave out because it never changes, or follows from the rest. */
static void complete(const struct model *m, struct engine *e, unsigned i)
{
    e->nodes = (uint8_t)m->n;
    e->self = (uint8_t)i;
    e->tunnels = (uint8_t)m->tunnels;
    e->prefixes = all_prefixes(m);
    e->digest = 1;
    for (unsigned j = 0; j < m->n; j++)
        e->id[j] = j + 1u;
    if (e->viewed)
        e->rec[i] = engine_record(e); /* what was said last is what is: publish() sees to it */
}

INLINE void view_number(struct codec *c, bool reading, uint8_t *v)
{
    uint8_t n = 7;

    if (!reading && *v != NO_VIEW) {
        if (c->view[*v] == NO_VIEW) {
            c->order[c->views] = *v;
            c->view[*v] = c->views++;
        }
        n = c->view[*v];
    }
    bits(c, reading, &n, 3);
    if (reading)
        *v = n == 7 ? NO_VIEW : n;
    if (reading && n != 7 && n >= c->views)
        c->views = (uint8_t)(n + 1u);
}

INLINE void letter(struct codec *c, bool reading, struct mail *mail)
{
    bits(c, reading, &mail->type, 3);
    node(c, reading, &mail->from);
    if (mail->type != MESSAGE_RECORD)
        small_op(c, reading, &mail->op);
    switch (mail->type) {
    case MESSAGE_RECORD:
        bits(c, reading, &mail->a, 4);
        bits(c, reading, &mail->b, 8);
        break;
    case MESSAGE_ASK:
        node(c, reading, &mail->a);
        bits(c, reading, &mail->b, 6);
        break;
    case MESSAGE_REQUEST:
    case MESSAGE_GUARD:
        bits(c, reading, &mail->a, 2);
        break;
    default:
        break;
    }
}

INLINE void view(struct codec *c, bool reading, struct view *v)
{
    if (reading)
        v->used = 1;
    mask(c, reading, &v->members);
    mask(c, reading, &v->ring);
    bits(c, reading, &v->logged, 5);
    for (unsigned k = 0; k < v->logged; k++)
        letter(c, reading, &v->log[k]);
    for (unsigned k = 0; k < c->m->n; k++) {
        unsigned j = c->at[k];
        if (v->logged)
            bits(c, reading, &v->pos[j], 5);
        bits(c, reading, &v->waiting[j], 5);
        for (unsigned l = 0; l < v->waiting[j]; l++)
            letter(c, reading, &v->out[j][l]);
    }
}

INLINE void components(struct codec *c, bool reading, struct world *w)
{
    uint8_t label[N_MAX] = {7, 7, 7}, next = 0;

    for (unsigned k = 0; k < c->m->n; k++) {
        uint8_t *comp = &w->comp[c->at[k]], v = 0;
        if (!reading) {
            if (label[*comp] == 7)
                label[*comp] = next++;
            v = label[*comp];
        }
        bits(c, reading, &v, 2);
        if (reading)
            *comp = v;
    }
}

INLINE void walk(struct codec *c, bool reading, struct world *w)
{
    bits(c, reading, &w->faults, 3);
    bits(c, reading, &w->commands, 4);
    components(c, reading, w);
    for (unsigned k = 0; k < c->m->n; k++) {
        unsigned i = c->at[k];
        struct node *n = &w->node[i];

        machine(c, reading, n);
        if (!n->agent)
            continue;
        view_number(c, reading, &n->cur);
        view_number(c, reading, &n->next);
        engine(c, reading, &n->e, i);
        monitor(c, reading, &n->mon, i);
    }
    for (unsigned v = 0; v < c->views; v++)
        view(c, reading, &w->view[reading ? v : c->order[v]]);
}

static unsigned pack_as(const struct model *m, const struct world *w, const uint8_t at[N_MAX],
                        uint8_t out[PACK_MAX])
{
    struct codec c = {.m = m, .p = out, .at = at};
    uint8_t pad = 0;

    for (unsigned k = 0; k < m->n; k++)
        c.place[at[k]] = (uint8_t)k;
    memset(c.view, NO_VIEW, sizeof(c.view));
    /* The walk changes the world only when it reads. */
    walk(&c, false, (struct world *)(uintptr_t)w);
    if (c.held > 0)
        bits(&c, false, &pad, 8 - c.held);
    return (unsigned)(c.p - out);
}

unsigned pack(const struct model *m, const struct world *w, uint8_t out[PACK_MAX],
              uint8_t perm[N_MAX])
{
    static const uint8_t two[2][N_MAX] = {{0, 1}, {1, 0}};
    static const uint8_t three[6][N_MAX] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                            {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    const uint8_t(*all)[N_MAX] = m->n == 2 ? two : three;
    unsigned count = m->n == 2 ? 2 : 6, best = 0, size = pack_as(m, w, all[0], out);

    for (unsigned k = 1; k < count; k++) {
        uint8_t other[PACK_MAX];
        unsigned length = pack_as(m, w, all[k], other);

        if (length > size || (length == size && memcmp(other, out, size) >= 0))
            continue;
        memcpy(out, other, length);
        size = length;
        best = k;
    }
    if (perm)
        memcpy(perm, all[best], N_MAX);
    return size;
}

void unpack(const struct model *m, const uint8_t *data, struct world *w, uint8_t fill)
{
    static const uint8_t same[N_MAX] = {0, 1, 2};
    struct codec c = {.m = m, .at = same, .fill = fill};

    c.p = (uint8_t *)(uintptr_t)data;
    memset(w, 0, sizeof(*w));
    for (unsigned i = 0; i < N_MAX; i++)
        w->node[i].cur = w->node[i].next = NO_VIEW;
    walk(&c, true, w);
    w->next_op = (uint8_t)(c.ops + 1u);
    for (unsigned i = 0; i < m->n; i++) {
        if (w->node[i].agent)
            complete(m, &w->node[i].e, i);
    }
}
