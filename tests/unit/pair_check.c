/* The invariants, checked after every step of every test that uses the pair.
 *
 * What is promised is recomputed here from the messages delivered and the simulated routers. The
 * engine's own functions (guard_permits_withdraw and the like) are never asked: a defect in them
 * must show. */
#include "tests/unit/pair_inner.h"

static int index_of(uint32_t id)
{
    for (unsigned n = 0; n < PAIR_NODES; n++) {
        if (PAIR_ID(n) == id)
            return (int)n;
    }
    return -1;
}

void show_trace_end(struct pair *p)
{
    const char *text = pair_trace(p);
    size_t size = strlen(text), shown = size > 6000 ? 6000 : size;

    fprintf(stderr, "---- the end of the trace ----\n%s----\n", text + size - shown);
}

/* ---- the ledger ---- */

void ledger_reset(struct pair_node *node, uint8_t members)
{
    memset(&node->ledger, 0, sizeof(node->ledger));
    node->ledger.members = members;
}

void ledger_take(struct pair *p, unsigned n, const struct event *ev)
{
    struct pair_ledger *l = &p->node[n].ledger;
    const struct message *m = &ev->message;
    int from;

    if (ev->type == EVENT_VIEW)
        ledger_reset(&p->node[n], ev->view.members);
    if (ev->type != EVENT_MESSAGE)
        return;
    from = index_of(m->from);
    if (from < 0 || !(l->members & PAIR_BIT(from)))
        return;
    if (m->type == MESSAGE_RECORD) {
        l->spoke[from] = true;
        l->record[from] = m->record;
    } else if (m->type == MESSAGE_REQUEST && l->lock == OP_NONE) {
        l->lock = m->request.op;
        l->holder = (unsigned)from;
    } else if (m->type == MESSAGE_GUARD) {
        l->guard_op[from] = m->guard.op;
        l->guard[from] = m->guard.covers;
    } else if (m->type == MESSAGE_END && l->lock == m->end.op && l->holder == (unsigned)from) {
        l->lock = OP_NONE;
    }
}

/* ---- after a step ---- */

/* What others have promised and still show, as far as this node was told in this view. */
static uint64_t promised(const struct pair *p, unsigned n)
{
    const struct pair_ledger *l = &p->node[n].ledger;
    uint64_t held = 0;

    for (unsigned m = 0; m < p->nodes; m++) {
        const struct record *r = &l->record[m];

        if (m == n || !(l->members & PAIR_BIT(m)) || !l->spoke[m])
            continue;
        if (l->guard_op[m] == l->lock && r->phase == PHASE_IN_SERVICE && r->level == LEVEL_HIGH &&
            r->digest == p->node[n].digest &&
            ((p->node[n].e.op_flags & ASK_FLAG_FORCE) || !(r->sick & SICK_TRACK)))
            held |= l->guard[m] & r->covers;
    }
    return held & PAIR_PREFIXES;
}

static void check_withdraw(struct pair *p, unsigned n)
{
    const struct pair_node *node = &p->node[n];
    const struct pair_ledger *l = &node->ledger;

    if (l->lock == OP_NONE || l->holder != n || l->lock != node->e.op)
        broken(p, "gw%u orders withdrawn without the lock", n + 1);
    if (promised(p, n) != PAIR_PREFIXES)
        broken(p, "gw%u orders withdrawn, guarded only for %#llx", n + 1,
               (unsigned long long)promised(p, n));
    if (node->intent != INTENT_MAINTENANCE)
        broken(p, "gw%u orders withdrawn before its intent is on disk", n + 1);
    if (node->e.phase != PHASE_WITHDRAWING)
        broken(p, "gw%u orders withdrawn in %s", n + 1, phase_name(node->e.phase));
}

static void check_order(struct pair *p, unsigned n, const struct effect *f)
{
    const struct pair_node *node = &p->node[n];

    if (!(node->e.pending & PAIR_BIT(f->order.order)))
        broken(p, "gw%u: order %s is not pending", n + 1, order_name(f->order.order));
    if (f->order.order == ORDER_LEVEL && f->order.level == LEVEL_WITHDRAWN)
        check_withdraw(p, n);
    if ((f->order.order == ORDER_CLOSE || f->order.order == ORDER_RELEASE) &&
        node->level != LEVEL_WITHDRAWN)
        broken(p, "gw%u: %s while it still exports", n + 1, order_name(f->order.order));
}

static bool holds_lock(const struct pair *p, unsigned n)
{
    const struct pair_node *node = &p->node[n];

    return node->agent && node->e.phase != PHASE_STARTING && node->e.lock != OP_NONE &&
           node->e.lock == node->e.op && node->e.lock_node == n;
}

/* In one view there is one holder. A node to which the next view has not been delivered yet may
 * still hold the lock of its own. */
static void check_holders(struct pair *p)
{
    for (unsigned n = 0; n < p->nodes; n++) {
        const struct pair_node *node = &p->node[n];

        if (node->agent && node->e.phase != PHASE_STARTING && node->e.lock != node->ledger.lock)
            broken(p, "gw%u believes in another lock than its messages say", n + 1);
        for (unsigned m = 0; m < n; m++) {
            if (holds_lock(p, n) && holds_lock(p, m) && node->view_id == p->node[m].view_id)
                broken(p, "gw%u and gw%u hold the lock of one view", m + 1, n + 1);
        }
    }
}

void check_step(struct pair *p, unsigned n, const struct effects *out)
{
    struct pair_node *node = &p->node[n];

    if (node->e.impossible != 0)
        broken(p, "gw%u: an impossible transition", n + 1);
    if (out->count >= EFFECTS_MAX)
        broken(p, "gw%u: %u effects in one step", n + 1, out->count);
    if (node->armed != node->e.armed)
        broken(p, "gw%u: timers %#x were asked for, %#x are believed to run", n + 1, node->armed,
               node->e.armed);
    for (unsigned i = 0; i < out->count; i++) {
        const struct effect *f = &out->item[i];

        if (f->type == EFFECT_ORDER)
            check_order(p, n, f);
        if (f->type == EFFECT_PHASE && f->phase.to == PHASE_REQUESTING &&
            node->ledger.lock != OP_NONE)
            broken(p, "gw%u asks to leave while another holds the lock", n + 1);
        if (f->type == EFFECT_KEEP_UP && !f->keep_up.on && node->level != LEVEL_WITHDRAWN)
            broken(p, "gw%u lets its SAs go while it still exports", n + 1);
    }
    check_holders(p);
}

void check_completion(struct pair *p, unsigned n, bool sure, uint64_t before)
{
    uint64_t lost = before & ~pair_covered(p);

    if (sure && lost != 0)
        broken(p, "gw%u has taken the last coverage of %#llx away", n + 1,
               (unsigned long long)lost);
}

/* ---- when nothing moves ---- */

bool all_known(const struct pair *p)
{
    for (unsigned n = 0; n < p->nodes; n++) {
        const struct pair_node *node = &p->node[n];
        struct observation now = look_at(node);

        if (!node->agent)
            continue;
        if (node->outbox.count != 0 || node->inbox.count != 0 ||
            memcmp(&now, &node->told, sizeof(now)) != 0)
            return false;
    }
    return true;
}

static bool untroubled(const struct pair_node *node)
{
    return node->agent && node->up && node->fail == 0 && node->hold == 0 &&
           (node->sick & ~SICK_TRACK) == 0 && !node->mixed &&
           !(node->armed & (PAIR_BIT(TIMER_RECORDS) | PAIR_BIT(TIMER_LEVEL)));
}

/* DESIGN section 1, promise 2: a node that could cover does, if nobody else does. */
static void check_liveness(struct pair *p)
{
    for (unsigned n = 0; n < p->nodes; n++) {
        const struct pair_node *node = &p->node[n];
        uint64_t missing = PAIR_PREFIXES & ~pair_covered(p);

        if (untroubled(node) && node->wan != 0 && (missing & node->advertises))
            broken(p, "nobody covers %#llx, and gw%u in %s could", (unsigned long long)missing,
                   n + 1, phase_name(node->e.phase));
    }
}

static void check_records(struct pair *p, unsigned n)
{
    struct record now = engine_record(&p->node[n].e);

    for (unsigned m = 0; m < p->nodes; m++) {
        const struct engine *e = &p->node[m].e;

        if (m == n || !p->node[m].agent || p->node[m].side != p->node[n].side)
            continue;
        if (!(e->known & PAIR_BIT(n)) || e->rec[n].phase != now.phase ||
            e->rec[n].level != now.level || e->rec[n].covers != now.covers ||
            e->rec[n].intent != now.intent || e->rec[n].op != now.op)
            broken(p, "gw%u does not know gw%u as it is", m + 1, n + 1);
    }
}

void check_rest(struct pair *p)
{
    check_liveness(p);
    for (unsigned n = 0; n < p->nodes; n++) {
        const struct pair_node *node = &p->node[n];

        if (!node->agent || node->e.phase == PHASE_STARTING || !node->e.viewed)
            continue;
        check_records(p, n);
        if (!untroubled(node))
            continue;
        if (node->level != engine_target(&node->e))
            broken(p, "gw%u rests at %s, its target is %s", n + 1, level_name(node->level),
                   level_name(engine_target(&node->e)));
        if (!node->save_failed && node->intent != node->e.intent)
            broken(p, "gw%u: intent %s on disk, %s in force", n + 1, intent_name(node->intent),
                   intent_name(node->e.intent));
    }
}
