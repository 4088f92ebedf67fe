/* What must hold: the properties, and the monitor that derives them from the delivered messages.
 *
 * Nothing here asks the engine what it thinks it may do: the monitor of a node sees the messages
 * and completions that its engine was given, and keeps the lock, the promises and the records by
 * itself.  So a defect of agent/guard.c cannot hide itself.
 *
 * Safety, precisely.  Node i performs a voluntary act (LEVEL withdrawn, CLOSE or RELEASE takes
 * effect).  It breaks the promise if some shared prefix p was really covered by i before the act,
 * is really covered by nobody after it, and the act is not excused.  It is excused if a guard j on
 * whose promise the withdraw was ordered lacks p by an involuntary fault: j has no power, or its
 * router no longer originates p, or no session is up in any of its tunnels although j exports and
 * has not closed them.  What i knew is not asked here, but when the withdraw was ordered: then
 * every prefix had to be promised by guards given in that view, whose last delivered record shows
 * them in service, at high, and covering it (PERMIT).  A fault whose news was delivered before
 * that is therefore never excused, and one whose news was not could not be known of. */
#include "tests/model/world.h"

#include <stdarg.h>
#include <string.h>

#define MODEL_PROPERTY_NAME(id, text) #id,
#define MODEL_PROPERTY_TEXT(id, text) text,

const char *property_name(unsigned property)
{
    static const char *const names[] = {"NONE", PROPERTY_LIST(MODEL_PROPERTY_NAME)};

    return property < PROPERTIES ? names[property] : "?";
}

const char *property_text(unsigned property)
{
    static const char *const texts[] = {"nothing", PROPERTY_LIST(MODEL_PROPERTY_TEXT)};

    return property < PROPERTIES ? texts[property] : "?";
}

void violated(struct model *m, unsigned property, const char *format, ...)
{
    va_list args;

    if (m->property != 0)
        return; /* the first one counts */
    m->property = property;
    va_start(args, format);
    vsnprintf(m->broken, sizeof(m->broken), format, args);
    va_end(args);
}

/* ---- the monitor ---- */

void monitor_view(struct node *n)
{
    struct monitor *mon = &n->mon;

    mon->lock = mon->lock_node = mon->dry = mon->forced = mon->spoke = mon->bound = 0;
    memset(mon->phase, 0, sizeof(mon->phase));
    memset(mon->rec, 0, sizeof(mon->rec));
    memset(mon->promise, 0, sizeof(mon->promise));
}

void monitor_mail(struct node *n, unsigned i, const struct mail *mail)
{
    struct monitor *mon = &n->mon;
    bool answers = mail->from != i && mail->op == mon->lock && mon->lock_node == i;

    switch (mail->type) {
    case MESSAGE_RECORD:
        if (mail->from == i)
            break;
        mon->spoke |= BITMASK(mail->from);
        mon->phase[mail->from] = mail->a;
        mon->rec[mail->from] = mail->b & 0x7fu; /* nothing here asks for all its tunnels */
        break;
    case MESSAGE_REQUEST:
        if (mon->lock != 0)
            break;
        mon->lock = mail->op;
        mon->lock_node = mail->from;
        mon->dry = (mail->a & ASK_FLAG_DRY_RUN) != 0;
        mon->forced = (mail->a & ASK_FLAG_FORCE) != 0;
        break;
    case MESSAGE_GUARD:
        if (answers)
            mon->promise[mail->from] = mail->a;
        break;
    case MESSAGE_REFUSE:
        if (answers)
            mon->promise[mail->from] = 0;
        break;
    case MESSAGE_END:
        if (mail->op != mon->lock || mail->from != mon->lock_node)
            break;
        mon->lock = mon->lock_node = mon->dry = mon->forced = mon->bound = 0;
        memset(mon->promise, 0, sizeof(mon->promise));
        break;
    default:
        break;
    }
}

/* Nothing that guards were relied on for is under way any more. A node that has come back to cover
 * has no such excuse for a close or a release that it forgot to call off. */
void monitor_forget(struct node *n)
{
    const struct engine *e = &n->e;
    bool leaving = (e->phase == PHASE_WITHDRAWING && e->withdrew) || e->phase == PHASE_CLOSING ||
                   e->phase == PHASE_RELEASING;

    if (e->phase == PHASE_DRAINED && (n->ipsec & BITMASK(ORDER_RELEASE)))
        leaving = true;
    for (unsigned k = 0; k < n->orders; k++) {
        const struct router_order *o = &n->router[k];
        leaving = leaving || (o->order == ORDER_LEVEL && o->level == LEVEL_WITHDRAWN) ||
                  (o->order == ORDER_CLOSE && e->phase == PHASE_DRAINED);
    }
    if (!leaving)
        n->mon.relied = 0;
}

/* Prefixes for which guards stand, as node i may know it. */
static uint8_t guarded(const struct model *m, const struct world *w, unsigned i)
{
    const struct monitor *mon = &w->node[i].mon;
    uint8_t held = 0;

    for (unsigned j = 0; j < m->n; j++) {
        if (j == i || !(mon->spoke & BITMASK(j)))
            continue;
        if (mon->phase[j] == PHASE_IN_SERVICE && MAIL_LEVEL(mon->rec[j]) == LEVEL_HIGH &&
            (mon->forced || !MAIL_UNFIT(mon->rec[j])))
            held |= mon->promise[j] & MAIL_COVERS(mon->rec[j]);
    }
    return held;
}

/* ---- what a step does ---- */

void check_send(struct model *m, struct world *w, unsigned i, const struct mail *mail)
{
    struct monitor *mon = &w->node[i].mon;

    if (mail->type == MESSAGE_RECORD && (MAIL_COVERS(mail->b) & ~mon->read_covers))
        violated(m, HONEST, "%s says that it covers what it has not read back", node_text(m, i));
    if (mail->type != MESSAGE_GUARD)
        return;
    if (mail->a & ~mon->read_covers)
        violated(m, HONEST, "%s promises what it has not read back", node_text(m, i));
    if (mon->dry)
        return;
    if (mon->read_level != LEVEL_HIGH)
        violated(m, HONEST, "%s promises to guard before high was read back", node_text(m, i));
    mon->bound = mail->op;
}

static void check_withdraw(struct model *m, struct world *w, unsigned i)
{
    struct node *n = &w->node[i];
    const char *name = node_text(m, i);

    if (n->mon.lock == 0 || n->mon.lock_node != i || n->mon.lock != OP_SERIAL(n->e.op))
        violated(m, PERMIT, "%s orders the withdraw without holding the lock", name);
    else if (n->mon.dry)
        violated(m, DRY_RUN_MOVED, "%s orders the withdraw in a dry run", name);
    else if (guarded(m, w, i) != all_prefixes(m))
        violated(m, PERMIT, "%s orders the withdraw, and guards stand for prefixes %#x only", name,
                 guarded(m, w, i));
    else if (n->disk != INTENT_MAINTENANCE)
        violated(m, READ_BACK, "%s orders the withdraw before its intent is on the disk", name);
    else if (n->mon.read_level != LEVEL_LOW)
        violated(m, READ_BACK, "%s orders the withdraw, and low was not read back before", name);
    n->mon.relied = 0;
    for (unsigned j = 0; j < m->n; j++) {
        if (n->mon.promise[j] != 0)
            n->mon.relied |= BITMASK(j);
    }
}

static bool all_others_serve(const struct model *m, const struct monitor *mon, unsigned i)
{
    for (unsigned j = 0; j < m->n; j++) {
        bool carries = MAIL_UNREAD(mon->rec[j]) || MAIL_COVERS(mon->rec[j]) == all_prefixes(m);
        bool serves = (mon->spoke & BITMASK(j)) && MAIL_AIMS(mon->rec[j]) && carries &&
                      engine_serving(mon->phase[j]) && !MAIL_UNFIT(mon->rec[j]);
        if (j != i && !serves)
            return false;
    }
    return true;
}

void check_order(struct model *m, struct world *w, unsigned i, const struct effect *f)
{
    struct monitor *mon = &w->node[i].mon;
    bool level = f->order.order == ORDER_LEVEL;

    if (level && f->order.level == LEVEL_WITHDRAWN)
        check_withdraw(m, w, i);
    if (f->order.order == ORDER_CLOSE && mon->read_level != LEVEL_WITHDRAWN)
        violated(m, READ_BACK, "%s closes its sessions before the withdraw was read back",
                 node_text(m, i));
    if (mon->bound != 0 && ((level && f->order.level != LEVEL_HIGH) ||
                            f->order.order == ORDER_CLOSE || f->order.order == ORDER_RELEASE))
        violated(m, KEPT, "%s is bound by its promise, and lowers itself", node_text(m, i));
    if (level && f->order.level == LEVEL_HIGH && mon->lock != 0 && mon->dry &&
        mon->lock_node != i && all_others_serve(m, mon, i))
        violated(m, DRY_RUN_MOVED, "%s raises itself for a dry run", node_text(m, i));
}

void check_state(struct model *m, struct world *w, unsigned i)
{
    struct node *n = &w->node[i];
    const struct engine *e = &n->e;

    if (e->impossible != 0)
        violated(m, IMPOSSIBLE, "%s counts a transition that cannot be", node_text(m, i));
    if (OP_SERIAL(e->lock) != n->mon.lock || (n->mon.lock != 0 && e->lock_node != n->mon.lock_node))
        violated(m, LOCK, "%s holds op %u for the lock's, and by the messages it is op %u",
                 node_text(m, i), OP_SERIAL(e->lock), n->mon.lock);
}

/* ---- what really happens ---- */

static bool lacks_by_fault(const struct model *m, const struct node *n, unsigned prefix)
{
    if (!n->power || (n->missing & BITMASK(prefix)))
        return true;
    for (unsigned t = 0; t < m->tunnels; t++) {
        if (n->tunnel[t] == 2)
            return false;
    }
    return n->x != LEVEL_WITHDRAWN && !n->closed;
}

static bool excused(const struct model *m, const struct world *w, unsigned i, unsigned prefix)
{
    for (unsigned j = 0; j < m->n; j++) {
        if (j != i && (w->node[i].mon.relied & BITMASK(j)) &&
            lacks_by_fault(m, &w->node[j], prefix))
            return true;
    }
    return false;
}

void check_act(struct model *m, struct world *w, unsigned i, const uint8_t before[N_MAX],
               const char *what)
{
    uint8_t lost = before[i] & (uint8_t)~covers_really(m, &w->node[i]);

    for (unsigned j = 0; j < m->n; j++)
        lost &= (uint8_t)~covers_really(m, &w->node[j]);
    for (unsigned p = 0; p < m->prefixes; p++) {
        if ((lost & BITMASK(p)) && !excused(m, w, i, p))
            violated(m, SAFETY, "%s by %s leaves prefix %u covered by nobody", what,
                     node_text(m, i), p);
    }
}

/* Whether every prefix that some node could cover is covered by some node. */
bool covered_if_possible(const struct model *m, const struct world *w)
{
    uint8_t could = 0, does = 0;

    for (unsigned i = 0; i < m->n; i++) {
        const struct node *n = &w->node[i];
        bool works = false;

        does |= covers_really(m, n);
        for (unsigned t = 0; t < m->tunnels; t++)
            works = works || n->fault[t] == 0;
        if (n->power && n->agent && works)
            could |= all_prefixes(m) & (uint8_t)~n->missing;
    }
    return (could & (uint8_t)~does) == 0;
}

bool operation_runs(const struct model *m, const struct world *w)
{
    for (unsigned i = 0; i < m->n; i++) {
        const struct node *n = &w->node[i];
        if (n->agent && (n->e.op != OP_NONE || n->e.lock != OP_NONE))
            return true;
    }
    return false;
}

/* ---- at rest: nothing is under way, nothing more will happen by itself ---- */

static bool together(const struct world *w, unsigned i, unsigned j)
{
    return w->node[j].power && w->node[j].agent && w->node[i].cur == w->node[j].cur;
}

/* Of a safety net: high if nobody else carries who need not prove himself, and either all others
 * are there to say so, or nobody was told that this one is out. */
static uint8_t level_of_net(const struct model *m, const struct world *w, unsigned i)
{
    uint8_t carried = 0;
    bool all = true;

    for (unsigned j = 0; j < m->n; j++) {
        if (j == i)
            continue;
        all = all && together(w, i, j);
        if (together(w, i, j) && w->node[j].e.phase != PHASE_CONNECTING &&
            w->node[j].e.phase != PHASE_SOAKING)
            carried |= covers_really(m, &w->node[j]);
    }
    return carried != all_prefixes(m) && (all || !w->node[i].e.told_out) ? LEVEL_HIGH : LEVEL_LOW;
}

static uint8_t level_due(const struct model *m, const struct world *w, unsigned i)
{
    const struct node *n = &w->node[i];

    if (n->e.phase == PHASE_DRAINED) /* with no session, what would be exported is not */
        return covers_really(m, n) ? LEVEL_WITHDRAWN : n->x;
    if (n->e.phase == PHASE_CONNECTING)
        return n->x < LEVEL_LOW ? n->x : LEVEL_LOW;
    if (n->e.phase == PHASE_SAFETY_NET)
        return level_of_net(m, w, i);
    if (n->e.phase != PHASE_IN_SERVICE)
        return LEVEL_LOW;
    for (unsigned j = 0; j < m->n; j++) {
        bool serves = together(w, i, j) && w->node[j].e.phase == PHASE_IN_SERVICE &&
                      covers_really(m, &w->node[j]) == all_prefixes(m) && !w->node[j].unfit;
        if (j != i && !serves)
            return LEVEL_HIGH;
    }
    return LEVEL_NORMAL;
}

static bool could_be_out(const struct model *m, const struct world *w, unsigned i)
{
    uint8_t covered = 0;

    for (unsigned j = 0; j < m->n; j++) {
        const struct node *n = &w->node[j];
        bool whole = true;

        if (j == i)
            continue;
        if (!together(w, i, j))
            return false;
        for (unsigned t = 0; t < m->tunnels; t++)
            whole = whole && n->tunnel[t] == 2;
        if (whole && n->e.phase == PHASE_IN_SERVICE && !n->unfit)
            covered |= covers_really(m, n);
    }
    return covered == all_prefixes(m);
}

/* Another stands in for a node that cannot carry: in service, fit, and covering everything. */
static bool could_stand_aside(const struct model *m, const struct world *w, unsigned i)
{
    for (unsigned j = 0; j < m->n; j++) {
        const struct node *n = &w->node[j];

        if (j != i && together(w, i, j) && n->e.phase == PHASE_IN_SERVICE && !n->unfit &&
            covers_really(m, n) == all_prefixes(m))
            return true;
    }
    return false;
}

/* Who cannot carry is aside if another can, and serves if none does. */
static void check_fitness(struct model *m, const struct world *w, unsigned i)
{
    const struct node *n = &w->node[i];
    bool aside = could_stand_aside(m, w, i);

    if (n->e.phase == PHASE_UNFIT && (!n->unfit || !aside))
        violated(m, UNFIT_AT_REST, "%s stays aside, %s", node_text(m, i),
                 n->unfit ? "and nobody serves in its place" : "and could carry");
    if (n->e.phase == PHASE_IN_SERVICE && n->unfit && aside)
        violated(m, UNFIT_AT_REST, "%s cannot carry, another can, and it stays in service",
                 node_text(m, i));
}

void check_rest(struct model *m, struct world *w)
{
    if (operation_runs(m, w))
        violated(m, ENDS, "all is at rest, and an operation or a lock is still there");
    if (!covered_if_possible(m, w))
        violated(m, LIVENESS, "all is at rest, and a prefix that could be covered is not");
    for (unsigned i = 0; i < m->n; i++) {
        const struct node *n = &w->node[i];

        if (!n->agent)
            continue;
        check_fitness(m, w, i);
        if (n->x != level_due(m, w, i))
            violated(m, LEVEL_AT_REST, "%s is %s, exports at %s, and should at %s", node_text(m, i),
                     phase_name(n->e.phase), level_name(n->x), level_name(level_due(m, w, i)));
        if (n->e.intent == INTENT_MAINTENANCE && n->e.phase != PHASE_DRAINED &&
            could_be_out(m, w, i))
            violated(m, INTENT_AT_REST, "%s is meant to be out, and stays %s", node_text(m, i),
                     phase_name(n->e.phase));
    }
}
