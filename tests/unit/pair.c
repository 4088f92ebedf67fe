/* A tiny cluster of real engines in one process. */
#include "tests/unit/pair_inner.h"

/* ---- boxes ---- */

static struct pair_item *box_push(struct pair_box *box)
{
    struct pair_item *item = &box->item[(box->first + box->count) % PAIR_QUEUE];

    if (box->count == PAIR_QUEUE)
        fail_msg("a queue of the pair is full: the engines talk without end");
    box->count++;
    memset(item, 0, sizeof(*item));
    return item;
}

static bool box_pop(struct pair_box *box, struct pair_item *out)
{
    if (box->count == 0)
        return false;
    *out = box->item[box->first];
    box->first = (box->first + 1) % PAIR_QUEUE;
    box->count--;
    return true;
}

/* A view ends what was sent in it; an END is said again, as the runtime does. */
static void box_keep_ends(struct pair_box *box)
{
    struct pair_item item;

    for (unsigned left = box->count; left > 0 && box_pop(box, &item); left--) {
        if (item.message.type == MESSAGE_END)
            *box_push(box) = item;
    }
}

/* ---- the host ---- */

struct observation look_at(const struct pair_node *node)
{
    struct observation o;

    memset(&o, 0, sizeof(o));
    o.tunnels_up = node->released ? 0 : node->wan;
    o.sessions_up = node->closed ? 0 : o.tunnels_up;
    o.routes = node->learns && o.sessions_up != 0;
    o.sick = node->sick;
    o.level = node->mixed ? LEVELS : node->level;
    if (o.sessions_up != 0 && (node->mixed || node->level != LEVEL_WITHDRAWN))
        o.covers = node->advertises;
    return o;
}

uint64_t pair_covers(const struct pair *p, unsigned n)
{
    return p->node[n].up ? look_at(&p->node[n]).covers & PAIR_PREFIXES : 0;
}

uint64_t pair_covered(const struct pair *p)
{
    uint64_t covered = 0;

    for (unsigned n = 0; n < p->nodes; n++)
        covered |= pair_covers(p, n);
    return covered;
}

/* Something changed outside that no engine has heard of. */
static void surprise(struct pair *p)
{
    p->sure = false;
    for (unsigned n = 0; n < p->nodes; n++) {
        for (unsigned which = 0; which < ORDERS; which++)
            p->node[n].order[which].sure = false;
    }
}

void pair_wan(struct pair *p, unsigned n, uint8_t tunnels)
{
    p->node[n].wan = tunnels;
    surprise(p);
}

void pair_advertises(struct pair *p, unsigned n, uint64_t prefixes)
{
    p->node[n].advertises = prefixes;
    surprise(p);
}

/* ---- effects ---- */

static void take_order(struct pair *p, unsigned n, const struct effect *f)
{
    struct pair_node *node = &p->node[n];
    unsigned which = f->order.order;

    node->order[which] = (struct pair_order){
        .active = true, .sure = p->sure, .level = f->order.level, .intent = f->order.intent};
    node->orders[which]++;
    if (which == ORDER_LEVEL)
        node->levels[f->order.level]++;
    if (which == ORDER_OPEN)
        node->order[ORDER_CLOSE].empty = true;
    if (which == ORDER_CLOSE)
        node->order[ORDER_OPEN].empty = true;
}

static void take_effect(struct pair *p, unsigned n, const struct effect *f)
{
    struct pair_node *node = &p->node[n];

    switch (f->type) {
    case EFFECT_SEND:
        box_push(&node->outbox)->message = f->send;
        node->records += f->send.type == MESSAGE_RECORD;
        break;
    case EFFECT_ORDER:
        take_order(p, n, f);
        break;
    case EFFECT_KEEP_UP:
        node->keep_up = f->keep_up.on;
        if (node->keep_up)
            node->released = false;
        break;
    case EFFECT_WATCH:
        node->watch = f->watch.on;
        break;
    case EFFECT_TIMER_START:
        node->armed |= (uint16_t)(1u << f->timer.timer);
        break;
    case EFFECT_TIMER_STOP:
        node->armed &= (uint16_t) ~(1u << f->timer.timer);
        break;
    case EFFECT_PHASE:
        p->seen[f->phase.from][f->phase.to] = true;
        break;
    default:
        break;
    }
}

void pair_feed(struct pair *p, unsigned n, const struct event *ev)
{
    struct effects out;

    ledger_take(p, n, ev);
    engine_step(&p->node[n].e, ev, &out);
    trace_step(p, n, ev, &out);
    for (unsigned i = 0; i < out.count; i++)
        take_effect(p, n, &out.item[i]);
    check_step(p, n, &out);
}

void pair_fire(struct pair *p, unsigned n, enum timer timer)
{
    struct event ev = {.type = EVENT_TIMER};

    if (!(p->node[n].armed & (1u << timer)))
        broken(p, "gw%u: timer %s does not run", n + 1, timer_name(timer));
    p->node[n].armed &= (uint16_t) ~(1u << timer);
    ev.timer.timer = (uint8_t)timer;
    pair_feed(p, n, &ev);
}

void pair_quiet(struct pair *p, unsigned n, bool quiet)
{
    struct event ev = {.type = EVENT_QUIET};

    ev.quiet.quiet = quiet;
    pair_feed(p, n, &ev);
}

void pair_gap(struct pair *p, unsigned n)
{
    struct event ev = {.type = EVENT_GAP};

    pair_feed(p, n, &ev);
}

/* ---- what can happen ---- */

static void remember_end(struct pair *p, const struct message *m)
{
    for (unsigned i = 0; i < p->ends_count; i++) {
        if (p->ends[i].end.op == m->end.op && memcmp(&p->ends[i], m, sizeof(*m)) == 0)
            return;
    }
    if (p->ends_count == PAIR_ENDS)
        fail_msg("more operations ended than the pair keeps");
    p->ends[p->ends_count++] = *m;
}

bool pair_order_message(struct pair *p, unsigned n)
{
    struct pair_item item;

    if (!p->node[n].agent || !box_pop(&p->node[n].outbox, &item))
        return false;
    item.message.from = PAIR_ID(n);
    for (unsigned m = 0; m < p->nodes; m++) {
        if (p->node[m].agent && p->node[m].side == p->node[n].side)
            *box_push(&p->node[m].inbox) = item;
    }
    return true;
}

bool pair_deliver(struct pair *p, unsigned n)
{
    struct pair_item item;
    struct event ev;

    if (!p->node[n].agent || !box_pop(&p->node[n].inbox, &item))
        return false;
    memset(&ev, 0, sizeof(ev));
    if (item.view) {
        ev.type = EVENT_VIEW;
        p->node[n].view_id = item.view_id;
        ev.view.members = item.members;
        ev.view.ring = item.ring;
    } else {
        ev.type = EVENT_MESSAGE;
        ev.message = item.message;
        if (item.message.type == MESSAGE_END)
            remember_end(p, &item.message);
    }
    pair_feed(p, n, &ev);
    return true;
}

/* What an order does to the host, if it succeeds. */
static void have_effect(struct pair_node *node, enum order which, const struct pair_order *o)
{
    switch (which) {
    case ORDER_LEVEL:
        node->level = o->level;
        node->mixed = false;
        break;
    case ORDER_CLOSE:
        node->closed = true;
        break;
    case ORDER_OPEN:
        node->closed = false;
        break;
    case ORDER_RELEASE:
        node->released = !node->keep_up;
        break;
    case ORDER_SAVE:
        node->intent = o->intent;
        node->save_failed = false;
        break;
    default:
        break;
    }
}

bool pair_complete(struct pair *p, unsigned n, enum order which)
{
    struct pair_node *node = &p->node[n];
    struct pair_order o = node->order[which];
    struct event ev = {.type = EVENT_DONE};
    uint64_t before = pair_covered(p);

    if (!node->agent || !o.active || (node->hold & PAIR_BIT(which)))
        return false;
    node->order[which].active = false;
    node->told.level = LEVELS + 1; /* no reading is like this: it is looked at again */
    ev.done.order = (uint8_t)which;
    ev.done.ok = !o.empty && !(node->fail & PAIR_BIT(which));
    if (ev.done.ok)
        have_effect(node, which, &o);
    else
        node->save_failed |= which == ORDER_SAVE;
    check_completion(p, n, o.sure, before);
    pair_feed(p, n, &ev);
    return true;
}

bool pair_observe(struct pair *p, unsigned n)
{
    struct pair_node *node = &p->node[n];
    struct event ev;
    struct observation now = look_at(node);

    if (!node->agent || memcmp(&now, &node->told, sizeof(now)) == 0)
        return false;
    memset(&ev, 0, sizeof(ev));
    ev.type = EVENT_OBSERVE;
    ev.observe = now;
    node->told = now;
    pair_feed(p, n, &ev);
    return true;
}

/* ---- letting it happen ---- */

/* One round; stops in the middle, true, once the node is in the phase. */
static bool round_until(struct pair *p, unsigned n, enum phase phase, bool *moved)
{
#define TRY(what)                                                                                  \
    do {                                                                                           \
        if (what)                                                                                  \
            *moved = true;                                                                         \
        if (p->node[n].e.phase == phase)                                                           \
            return true;                                                                           \
    } while (0)
    for (unsigned m = 0; m < p->nodes; m++)
        TRY(pair_order_message(p, m));
    for (unsigned m = 0; m < p->nodes; m++)
        TRY(pair_deliver(p, m));
    for (unsigned m = 0; m < p->nodes; m++) {
        for (unsigned which = 0; which < ORDERS; which++)
            TRY(pair_complete(p, m, which));
    }
    for (unsigned m = 0; m < p->nodes; m++)
        TRY(pair_observe(p, m));
#undef TRY
    return false;
}

bool pair_run_until(struct pair *p, unsigned n, enum phase phase)
{
    unsigned rounds = 0;
    bool moved = true;

    while (moved) {
        moved = false;
        if (round_until(p, n, phase, &moved))
            return true;
        p->sure |= all_known(p);
        if (++rounds > 2000)
            broken(p, "the pair never comes to rest");
    }
    return false;
}

void pair_run(struct pair *p)
{
    pair_run_until(p, 0, PHASES); /* no node is ever there */
    check_rest(p);
}

void pair_release_all(struct pair *p)
{
    for (unsigned n = 0; n < p->nodes; n++)
        p->node[n].hold = p->node[n].fail = 0;
}

/* ---- membership ---- */

static uint8_t agents_beside(const struct pair *p, unsigned n)
{
    uint8_t bits = 0;

    for (unsigned m = 0; m < p->nodes; m++) {
        if (p->node[m].agent && p->node[m].side == p->node[n].side)
            bits |= PAIR_BIT(m);
    }
    return bits;
}

static uint8_t hosts_beside(const struct pair *p, unsigned n)
{
    uint8_t bits = 0;

    for (unsigned m = 0; m < p->nodes; m++) {
        if (p->node[m].up && p->node[m].side == p->node[n].side)
            bits |= PAIR_BIT(m);
    }
    return bits;
}

static void tell_views(struct pair *p, bool all)
{
    p->views++;
    for (unsigned n = 0; n < p->nodes; n++) {
        struct pair_node *node = &p->node[n];
        uint8_t members = agents_beside(p, n), ring = hosts_beside(p, n);
        struct pair_item *item;

        if (!node->agent || (!all && node->members == members && node->ring == ring))
            continue;
        box_keep_ends(&node->outbox);
        node->members = members;
        node->ring = ring;
        item = box_push(&node->inbox);
        item->view = true;
        item->view_id = p->views * PAIR_NODES + node->side;
        item->members = members;
        item->ring = ring;
    }
}

void pair_view(struct pair *p)
{
    tell_views(p, true);
}

void pair_split(struct pair *p)
{
    for (unsigned n = 0; n < p->nodes; n++)
        p->node[n].side = (uint8_t)n;
    tell_views(p, false);
}

void pair_join(struct pair *p)
{
    for (unsigned n = 0; n < p->nodes; n++)
        p->node[n].side = 0;
    tell_views(p, false);
}

void pair_boot(struct pair *p, unsigned n)
{
    struct pair_node *node = &p->node[n];
    struct event ev;

    memset(&node->e, 0, sizeof(node->e));
    memset(node->order, 0, sizeof(node->order));
    memset(&node->told, 0, sizeof(node->told));
    memset(&node->outbox, 0, sizeof(node->outbox));
    memset(&node->inbox, 0, sizeof(node->inbox));
    node->armed = 0;
    node->watch = node->keep_up = false;
    node->agent = true;
    node->members = node->ring = 0;
    ledger_reset(node, PAIR_BIT(n));
    memset(&ev, 0, sizeof(ev));
    ev.type = EVENT_START;
    ev.start.nodes = (uint8_t)p->nodes;
    ev.start.self = (uint8_t)n;
    ev.start.tunnels = PAIR_TUNNELS;
    ev.start.intent = node->intent;
    ev.start.level = node->level;
    for (unsigned m = 0; m < p->nodes; m++)
        ev.start.id[m] = PAIR_ID(m);
    ev.start.serial = ++node->runs * 100;
    ev.start.prefixes = PAIR_PREFIXES;
    ev.start.digest = node->digest;
    pair_feed(p, n, &ev);
    pair_observe(p, n);
    tell_views(p, false);
}

void pair_kill_agent(struct pair *p, unsigned n)
{
    p->node[n].agent = false;
    tell_views(p, false);
}

void pair_kill_node(struct pair *p, unsigned n)
{
    p->node[n].agent = p->node[n].up = false;
    surprise(p);
    tell_views(p, false);
}

void pair_power_on(struct pair *p, unsigned n)
{
    p->node[n].up = true;
    p->node[n].level = LEVEL_LOW;
    p->node[n].closed = p->node[n].released = p->node[n].mixed = false;
    surprise(p);
    tell_views(p, false);
}

struct pair *pair_new_cold(unsigned nodes)
{
    struct pair *p = calloc(1, sizeof(*p));

    assert_non_null(p);
    p->nodes = nodes;
    p->sure = true;
    for (unsigned n = 0; n < nodes; n++) {
        struct pair_node *node = &p->node[n];

        node->up = node->learns = true;
        node->wan = (uint8_t)(PAIR_BIT(PAIR_TUNNELS) - 1);
        node->advertises = PAIR_PREFIXES;
        node->digest = PAIR_DIGEST;
        node->level = LEVEL_NORMAL;
    }
    pair_trace_clear(p);
    return p;
}

struct pair *pair_new(unsigned nodes)
{
    struct pair *p = pair_new_cold(nodes);

    for (unsigned n = 0; n < nodes; n++)
        pair_boot(p, n);
    pair_run(p);
    for (unsigned n = 0; n < nodes; n++) {
        assert_phase(p, n, PHASE_IN_SERVICE);
        assert_level(p, n, LEVEL_NORMAL);
        memset(p->node[n].orders, 0, sizeof(p->node[n].orders));
        memset(p->node[n].levels, 0, sizeof(p->node[n].levels));
        p->node[n].records = 0;
    }
    pair_trace_clear(p);
    return p;
}

void pair_free(struct pair *p)
{
    fclose(p->trace);
    free(p->trace_text);
    free(p);
}

/* ---- operators ---- */

op_t pair_ask(struct pair *p, unsigned at, enum ask kind, int target, uint8_t flags,
              uint16_t timeout_s)
{
    struct message *m = &box_push(&p->node[at].outbox)->message;

    m->type = MESSAGE_ASK;
    m->ask.op = engine_new_op(&p->node[at].e);
    m->ask.target = target >= 0 ? PAIR_ID((unsigned)target) : 0;
    m->ask.kind = (uint8_t)kind;
    m->ask.flags = flags;
    m->ask.timeout_s = timeout_s;
    return m->ask.op;
}

const struct message *pair_end(const struct pair *p, op_t op)
{
    for (unsigned i = 0; i < p->ends_count; i++) {
        if (p->ends[i].end.op == op)
            return &p->ends[i];
    }
    return NULL;
}

static void hold_others(struct pair *p, unsigned n, enum order which)
{
    for (unsigned m = 0; m < p->nodes; m++) {
        if (m != n)
            p->node[m].hold |= PAIR_BIT(which);
    }
}

op_t pair_drain_to(struct pair *p, unsigned n, enum phase phase, bool withdrew)
{
    struct pair_node *node = &p->node[n];
    op_t op = pair_ask(p, n, ASK_DRAIN, (int)n, 0, 60);

    if (phase == PHASE_GUARDING)
        hold_others(p, n, ORDER_FRESHEN);
    if (phase == PHASE_LOWERING)
        node->hold |= PAIR_BIT(ORDER_LEVEL);
    pair_run_until(p, n, phase <= PHASE_SETTLING ? phase : PHASE_SETTLING);
    if (phase > PHASE_SETTLING) {
        pair_run(p);
        if (phase == PHASE_WITHDRAWING)
            node->hold |= withdrew ? PAIR_BIT(ORDER_LEVEL) : PAIR_BIT(ORDER_SAVE);
        if (phase == PHASE_CLOSING)
            node->hold |= PAIR_BIT(ORDER_CLOSE);
        if (phase == PHASE_RELEASING)
            node->hold |= PAIR_BIT(ORDER_RELEASE);
        pair_quiet(p, n, true);
        pair_fire(p, n, TIMER_SETTLE);
    }
    if (phase != PHASE_REQUESTING)
        pair_run(p);
    assert_phase(p, n, phase);
    return op;
}

void pair_drain(struct pair *p, unsigned n)
{
    op_t op = pair_drain_to(p, n, PHASE_DRAINED, false);

    assert_ended(p, op, RESULT_DONE, REASON_NONE);
    assert_level(p, n, LEVEL_WITHDRAWN);
    assert_int_equal(p->node[n].intent, INTENT_MAINTENANCE);
    assert_true(p->node[n].closed && p->node[n].released);
}
