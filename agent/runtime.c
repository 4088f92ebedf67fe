/* The runtime: events in, effects carried out. It decides nothing, and never blocks. */
#include "agent/runtime.h"

#include <stdio.h>
#include <string.h>

#include "agent/cover.h"
#include "agent/inner.h"

/* ---- timers ---- */

static uint32_t phase_ms(const struct runtime *rt)
{
    switch (rt->engine.phase) {
    case PHASE_REQUESTING:
        return REQUEST_DEADLINE_MS;
    case PHASE_GUARDING:
        return GUARD_DEADLINE_MS;
    case PHASE_LOWERING:
        return LOWER_DEADLINE_MS;
    case PHASE_SETTLING:
        return rt->conf->settle_deadline_ms;
    case PHASE_WITHDRAWING:
        return WITHDRAW_DEADLINE_MS;
    case PHASE_CLOSING:
        return CLOSE_PHASE_MS;
    case PHASE_RELEASING:
        return RELEASE_PHASE_MS;
    default:
        return CONNECT_PATIENCE_MS;
    }
}

static uint32_t timer_ms(const struct runtime *rt, const struct effect *f)
{
    switch (f->timer.timer) {
    case TIMER_SETTLE:
        return rt->conf->settle_ms;
    case TIMER_SOAK:
        return rt->conf->soak_ms;
    case TIMER_GRACE:
        return rt->conf->grace_ms;
    case TIMER_RECORDS:
        return RECORDS_MS;
    case TIMER_REDRAIN:
        return (uint32_t)REDRAIN_MS << rt->gave_up;
    case TIMER_LEVEL:
        return LEVEL_RETRY_MS;
    case TIMER_GUARD:
        return GUARD_CHECK_MS;
    case TIMER_OPERATION:
        return f->timer.seconds * 1000u;
    default:
        return phase_ms(rt);
    }
}

/* ---- orders ---- */

static const uint32_t order_deadline_ms[ORDERS] = {
    [ORDER_LEVEL] = LEVEL_DEADLINE_MS,     [ORDER_CLOSE] = CLOSE_DEADLINE_MS,
    [ORDER_OPEN] = OPEN_DEADLINE_MS,       [ORDER_FRESHEN] = FRESHEN_DEADLINE_MS,
    [ORDER_RELEASE] = RELEASE_DEADLINE_MS, [ORDER_SAVE] = SAVE_DEADLINE_MS,
};

/* The words of the Cease that the other side's log will show (RFC 9003). */
static void closing_words(const struct runtime *rt, op_t op, char out[WHY_LEN + 64])
{
    const struct story *story = runtime_story(rt, op);
    const char *name = rt->nodes.name[rt->nodes.self];

    if (story != NULL && story->why[0] != '\0')
        snprintf(out, WHY_LEN + 64, "cgwha: %s leaves for maintenance: %s", name, story->why);
    else
        snprintf(out, WHY_LEN + 64, "cgwha: %s leaves for maintenance", name);
}

static void hand_to_disk(struct runtime *rt, uint32_t id)
{
    rt->save_id = id;
    rt->ports->save(rt->ctx, id, &rt->saved);
}

/* Who means the node to be so, and why. A drain for the time until the next boot does not take the
 * place of a maintenance that outlives it. */
static void note_intent(struct runtime *rt, uint8_t intent, const struct story *story)
{
    bool until_boot =
        intent == INTENT_MAINTENANCE && story != NULL && (story->flags & ASK_FLAG_UNTIL_BOOT) != 0;
    bool same = rt->saved.intent == intent;

    if (same && (story == NULL || (until_boot && !rt->saved.until_boot)))
        return;
    rt->saved.intent = intent;
    rt->saved.until_boot = until_boot;
    rt->saved.since = rt->ports->wall_s(rt->ctx);
    strlcpy(rt->saved.user, story != NULL ? story->user : "", sizeof(rt->saved.user));
    strlcpy(rt->saved.why, story != NULL ? story->why : "", sizeof(rt->saved.why));
}

static void save(struct runtime *rt, uint32_t id, const struct effect *f)
{
    note_intent(rt, f->order.intent, runtime_story(rt, f->order.op));
    hand_to_disk(rt, id);
}

static void carry_out_order(struct runtime *rt, const struct effect *f)
{
    unsigned which = f->order.order;
    uint32_t deadline = order_deadline_ms[which], id = ++rt->next_id;
    char words[WHY_LEN + 64];

    rt->order_id[which] = id;
    if (which == ORDER_FRESHEN)
        rt->fresh_ns = 0;
    rt->ports->timer_set(rt->ctx, SLOT_ORDER + which, deadline + ORDER_MARGIN_MS);
    switch (which) {
    case ORDER_LEVEL:
        rt->order_level = f->order.level;
        rt->router.ops->set_level(rt->router.self, id, f->order.level, deadline);
        break;
    case ORDER_CLOSE:
        closing_words(rt, f->order.op, words);
        rt->router.ops->close_sessions(rt->router.self, id, words, deadline);
        break;
    case ORDER_OPEN:
        rt->router.ops->open_sessions(rt->router.self, id, deadline);
        break;
    case ORDER_FRESHEN:
        rt->ipsec.ops->freshen(rt->ipsec.self, id, rt->conf->freshen_horizon_s, deadline);
        break;
    case ORDER_RELEASE:
        rt->ipsec.ops->release(rt->ipsec.self, id, deadline);
        break;
    default:
        save(rt, id, f);
        break;
    }
}

static void tell_order(struct runtime *rt, unsigned which, enum outcome outcome, const char *why)
{
    char text[ERR_MAX];

    if (which == ORDER_LEVEL && outcome == OUTCOME_OK) {
        snprintf(text, sizeof(text), "level %s is in force and read back",
                 level_name(rt->order_level));
        show_level(rt, rt->engine.op, true, text);
    } else if (outcome != OUTCOME_OK) {
        snprintf(text, sizeof(text), "%s%s%s %s: %s", order_name(which),
                 which == ORDER_LEVEL ? " " : "",
                 which == ORDER_LEVEL ? level_name(rt->order_level) : "",
                 outcome == OUTCOME_TIMEOUT ? "was not done in time" : "failed",
                 why != NULL && why[0] != '\0' ? why : "no answer");
        if (which == ORDER_LEVEL)
            show_level(rt, rt->engine.op, false, text);
        else
            show_text(rt, TOLD_ORDER_FAILED, rt->engine.op, text);
    }
}

/* What keepalived adds to this gateway's VRRP priority. A failure is told once and tried again, and
 * stops nothing: a drain sees in the counters whether the LAN's traffic has gone. */
static void give_vrrp(struct runtime *rt, uint8_t level)
{
    bool was_sick = rt->vrrp_sick;
    char why[ERR_MAX];

    rt->vrrp_level = level;
    rt->vrrp_sick = !rt->ports->vrrp(rt->ctx, level, why);
    if (!rt->vrrp_sick)
        rt->ports->timer_clear(rt->ctx, SLOT_VRRP);
    else
        rt->ports->timer_set(rt->ctx, SLOT_VRRP, VRRP_RETRY_MS);
    if (rt->vrrp_sick && !was_sick)
        show_text(rt, TOLD_ORDER_FAILED, rt->engine.op, why);
}

/* A level is in force. The LAN is told after the router, up and down alike. Up: its traffic comes
 * only when the cloud has been given what shows it the way back. Down: a level that cannot be read
 * back is undone, and the LAN has then not moved at all. Until it moves nothing is lost, for a
 * gateway that is low or withdrawn forwards as before. */
static void level_in_force(struct runtime *rt, uint8_t level)
{
    rt->level_proven = true;
    give_vrrp(rt, level);
}

static void order_done(struct runtime *rt, unsigned which, enum outcome outcome, const char *why)
{
    struct event ev = {.type = EVENT_DONE};

    rt->order_id[which] = 0;
    rt->ports->timer_clear(rt->ctx, SLOT_ORDER + which);
    if (which == ORDER_LEVEL) {
        rt->level_done_ns = rt->ports->now_ns(rt->ctx);
        if (outcome == OUTCOME_OK)
            level_in_force(rt, rt->order_level);
    }
    tell_order(rt, which, outcome, why);
    ev.done.order = (uint8_t)which;
    ev.done.ok = outcome == OUTCOME_OK;
    feed(rt, &ev);
    look(rt);
}

/* A guard is judged by what is so after it was freshened, not by what was read a second ago: the
 * order ends when both drivers have been read anew. */
static void freshened(struct runtime *rt, enum outcome outcome, const char *why)
{
    rt->fresh_ns = rt->ports->now_ns(rt->ctx);
    rt->fresh_outcome = outcome;
    tell_order(rt, ORDER_FRESHEN, outcome, why);
    look(rt);
}

static void see_freshened(struct runtime *rt)
{
    struct event ev = {.type = EVENT_DONE};

    if (rt->fresh_ns == 0 || rt->order_id[ORDER_FRESHEN] == 0 ||
        rt->router_asked_ns < rt->fresh_ns || rt->ipsec_asked_ns < rt->fresh_ns)
        return;
    rt->order_id[ORDER_FRESHEN] = 0;
    rt->ports->timer_clear(rt->ctx, SLOT_ORDER + ORDER_FRESHEN);
    ev.done.order = ORDER_FRESHEN;
    ev.done.ok = rt->fresh_outcome == OUTCOME_OK;
    feed(rt, &ev);
}

/* A completion of an order that has been superseded, or timed out already, finds no one waiting. */
static void driver_done(void *ctx, uint32_t id, enum outcome outcome, const char *why)
{
    struct runtime *rt = ctx;

    pulse(rt);
    for (unsigned which = 0; which < ORDERS; which++) {
        if (id == 0 || rt->order_id[which] != id)
            continue;
        if (which == ORDER_FRESHEN)
            freshened(rt, outcome, why);
        else
            order_done(rt, which, outcome, why);
        return;
    }
}

/* The disk must not go on saying something else than what the node does: after its next restart the
 * agent would drain a node that an operator has returned, or the reverse. The engine is not told;
 * it has been told of the failure, and has gone on. */
static void save_again(struct runtime *rt)
{
    if (!rt->store_sick || rt->order_id[ORDER_SAVE] != 0)
        return; /* a newer save says what is to be said */
    hand_to_disk(rt, ++rt->next_id);
}

void runtime_saved(struct runtime *rt, uint32_t id, bool ok, const char *why)
{
    if (id == rt->save_id) { /* the last, though its order may have timed out long ago */
        rt->store_sick = !ok;
        if (!ok)
            rt->ports->timer_set(rt->ctx, SLOT_SAVE, SAVE_RETRY_MS);
    }
    driver_done(rt, id, ok ? OUTCOME_OK : OUTCOME_FAILED, why);
}

/* ---- effects ---- */

static void forget_unsaid(struct runtime *rt, op_t op)
{
    uint8_t kept = 0;

    for (unsigned i = 0; i < rt->unsaids; i++) {
        if (rt->unsaid[i].end.end.op != op)
            rt->unsaid[kept++] = rt->unsaid[i];
    }
    rt->unsaids = kept;
}

static void keep_unsaid(struct runtime *rt, const struct message *m)
{
    forget_unsaid(rt, m->end.op);
    if (rt->unsaids == UNSAID_MAX)
        forget_unsaid(rt, rt->unsaid[0].end.end.op);
    rt->unsaid[rt->unsaids++] = (struct unsaid){.end = *m};
}

static void carry_out_send(struct runtime *rt, const struct message *m)
{
    if (m->type == MESSAGE_END)
        keep_unsaid(rt, m); /* said again if its view ends before it is delivered */
    if (!rt->cluster.ops->send(rt->cluster.self, m))
        show_text(rt, TOLD_ORDER_FAILED, OP_NONE,
                  "the outbox is full: corosync has not delivered for a long time");
}

/* A drain that the node asks for by itself, and that does not go for a reason no record shows,
 * moves traffic there and back each time: so each waits twice as long as the one before. */
static void note_attempt(struct runtime *rt, const struct effect *f)
{
    if (f->phase.to == PHASE_DRAINED)
        rt->gave_up = 0;
    else if (f->phase.from >= PHASE_REQUESTING && f->phase.from <= PHASE_WITHDRAWING &&
             (f->phase.to < PHASE_REQUESTING || f->phase.to > PHASE_CLOSING) &&
             f->phase.reason != REASON_VIEW_CHANGED && rt->gave_up < REDRAIN_DOUBLINGS)
        rt->gave_up++;
}

static void carry_out(struct runtime *rt, const struct effect *f)
{
    switch (f->type) {
    case EFFECT_PHASE:
        note_attempt(rt, f);
        show_effect_phase(rt, f);
        break;
    case EFFECT_SEND:
        carry_out_send(rt, &f->send);
        break;
    case EFFECT_ORDER:
        carry_out_order(rt, f);
        break;
    case EFFECT_KEEP_UP:
        rt->ipsec.ops->keep_up(rt->ipsec.self, f->keep_up.on);
        break;
    case EFFECT_WATCH:
        rt->watching = f->watch.on;
        memset(&rt->settle, 0, sizeof(rt->settle));
        break;
    case EFFECT_TIMER_START:
        rt->ports->timer_set(rt->ctx, SLOT_ENGINE + f->timer.timer, timer_ms(rt, f));
        break;
    case EFFECT_TIMER_STOP:
        rt->ports->timer_clear(rt->ctx, SLOT_ENGINE + f->timer.timer);
        break;
    default:
        show_effect_phase(rt, f);
        break;
    }
}

/* While something moves, look more often. */
static bool busy(const struct runtime *rt)
{
    const struct engine *e = &rt->engine;

    return e->lock != OP_NONE || e->pending != 0 ||
           (e->phase != PHASE_IN_SERVICE && e->phase != PHASE_DRAINED && e->phase != PHASE_UNFIT);
}

static uint32_t poll_ms(const struct runtime *rt)
{
    return busy(rt) ? POLL_BUSY_MS : POLL_MS;
}

void feed(struct runtime *rt, const struct event *event)
{
    struct effects effects;
    bool was_busy = busy(rt);

    engine_step(&rt->engine, event, &effects);
    if (rt->ports->stepped != NULL)
        rt->ports->stepped(rt->ctx, event, &effects);
    for (unsigned i = 0; i < effects.count; i++)
        carry_out(rt, &effects.item[i]);
    if (!was_busy && busy(rt))
        look(rt);
}

void pulse(struct runtime *rt)
{
    uint64_t now = rt->ports->now_ns(rt->ctx), still = now - rt->pulse_ns;
    struct event ev = {.type = EVENT_GAP};
    char text[ERR_MAX];

    rt->pulse_ns = now;
    if (still < CLOCK_GAP_MS * UINT64_C(1000000) || !rt->started)
        return;
    snprintf(text, sizeof(text),
             "this host stood still for %.1f s: what was believed before is not relied on",
             (double)still / 1e9);
    memset(&rt->settle, 0, sizeof(rt->settle));
    show_text(rt, TOLD_GAP, rt->engine.op, text);
    feed(rt, &ev);
}

/* ---- looking ---- */

void look(struct runtime *rt)
{
    uint64_t now = rt->ports->now_ns(rt->ctx);

    if (rt->router_polled_ns == 0)
        rt->router_polled_ns = now;
    if (rt->ipsec_polled_ns == 0)
        rt->ipsec_polled_ns = now;
    rt->router.ops->poll(rt->router.self);
    rt->ipsec.ops->poll(rt->ipsec.self);
    rt->ports->timer_set(rt->ctx, SLOT_POLL, poll_ms(rt));
}

/* An agent that died between writing the level file and giving it to the router has left a file
 * that names a level the router never had. Where nothing at all is exported, any level's attributes
 * are as they should be: that proves no level, until one was put in force by this agent. */
static bool unproven(const struct runtime *rt)
{
    bool established = false;

    if (rt->level_proven || rt->router_seen.level == LEVEL_WITHDRAWN)
        return false;
    for (unsigned t = 0; t < rt->conf->tunnels; t++) {
        if (rt->router_seen.session[t].established && rt->router_seen.session[t].exported != 0)
            return false;
        established |= rt->router_seen.session[t].established;
    }
    return established;
}

static void look_at_tracks(struct runtime *rt)
{
    uint8_t up = 0;

    for (unsigned t = 0; t < rt->conf->tunnels; t++) {
        if (rt->ipsec_seen.tunnel[t].installed && rt->router_seen.session[t].established)
            up |= (uint8_t)(1u << t);
    }
    if (rt->ports->tracks != NULL)
        rt->ports->tracks(rt->ctx, up, &rt->tracks_seen);
}

/* A snapshot of the router that was begun before the last level was in force says nothing about it.
 */
static void observe(struct runtime *rt)
{
    struct event ev = {.type = EVENT_OBSERVE};
    bool old = rt->router_asked_ns <= rt->level_done_ns;

    if (!rt->started || !rt->router_read || !rt->ipsec_read)
        return;
    look_at_tracks(rt);
    ev.observe = cover_observe(rt->conf, &rt->router_seen, &rt->ipsec_seen, &rt->tracks_seen,
                               rt->store_sick ? SICK_STORE : 0);
    if (old)
        ev.observe.level = rt->engine.drift ? LEVELS : rt->engine.level;
    else if (unproven(rt))
        ev.observe.level = LEVELS;
    if (old && ev.observe.level == LEVEL_WITHDRAWN)
        ev.observe.covers = 0;
    feed(rt, &ev);
}

void runtime_tracked(struct runtime *rt, const struct tracks_seen *seen)
{
    show_tracks(rt, seen);
    observe(rt);
}

/* The level in force when the agent starts. Unsure means advertise: what cannot be told is low, and
 * a file that says withdrawn while something is exported is not believed. */
static uint8_t level_found(const struct runtime *rt)
{
    const struct router_seen *seen = &rt->router_seen;

    if (!rt->router_read || !seen->level_known)
        return LEVEL_LOW;
    if (seen->level == LEVEL_WITHDRAWN && seen->reachable &&
        cover_level(rt->conf, seen) != LEVEL_WITHDRAWN)
        return LEVEL_LOW;
    return seen->level;
}

static void start_engine(struct runtime *rt)
{
    struct event ev = {.type = EVENT_START};

    if (rt->started)
        return;
    rt->started = true;
    rt->ports->timer_clear(rt->ctx, SLOT_START);
    ev.start.nodes = rt->nodes.count;
    ev.start.self = rt->nodes.self;
    ev.start.tunnels = rt->conf->tunnels;
    ev.start.intent = rt->saved.intent;
    ev.start.level = level_found(rt);
    ev.start.serial = rt->serial;
    memcpy(ev.start.id, rt->nodes.id, sizeof(ev.start.id));
    ev.start.prefixes = prefix_list_mask(&rt->conf->router.prefixes);
    ev.start.digest = prefix_list_digest(&rt->conf->router.prefixes);
    /* A start moves nothing: where the router cannot be asked, what stands there is left. */
    if (rt->router_read && rt->router_seen.level_known)
        give_vrrp(rt, ev.start.level);
    rt->ports->started(rt->ctx);
    feed(rt, &ev);
    look(rt);
}

static void on_router_seen(void *ctx, const struct router_seen *seen)
{
    struct runtime *rt = ctx;
    bool back = rt->router_read && !rt->router_seen.reachable && seen->reachable;

    pulse(rt);
    rt->router_asked_ns =
        rt->router_polled_ns != 0 ? rt->router_polled_ns : rt->ports->now_ns(rt->ctx);
    rt->router_polled_ns = 0;
    rt->router_seen = *seen;
    rt->router_read = true;
    if (!rt->started && seen->reachable)
        start_engine(rt);
    observe(rt);
    see_freshened(rt);
    if (back) /* a level that failed while it did not answer may succeed now: do not wait longer */
        runtime_timer(rt, SLOT_ENGINE + TIMER_LEVEL);
}

static void on_ipsec_seen(void *ctx, const struct ipsec_seen *seen)
{
    struct runtime *rt = ctx;
    struct event ev = {.type = EVENT_QUIET};
    uint64_t elapsed = seen->at_ns - rt->ipsec_seen.at_ns;
    uint32_t pps;

    pulse(rt);
    if (seen->reachable && rt->ipsec_seen.reachable && elapsed > 0) {
        for (unsigned t = 0; t < rt->conf->tunnels; t++)
            rt->rate[t] = settle_tunnel_rate(&rt->ipsec_seen.tunnel[t], &seen->tunnel[t], elapsed);
    } else {
        memset(rt->rate, 0, sizeof(rt->rate));
    }
    rt->ipsec_asked_ns = rt->ipsec_polled_ns; /* 0: unasked, brought by an SA event */
    rt->ipsec_polled_ns = 0;
    rt->ipsec_seen = *seen;
    rt->ipsec_read = true;
    observe(rt);
    see_freshened(rt);
    if (!rt->watching)
        return;
    settle_add(&rt->settle, seen, rt->conf->tunnels);
    ev.quiet.quiet = settle_rate(&rt->settle, &pps) && pps <= rt->conf->settle_pps;
    feed(rt, &ev);
}

const struct router_events runtime_router_events = {.seen = on_router_seen, .done = driver_done};
const struct ipsec_events runtime_ipsec_events = {.seen = on_ipsec_seen, .done = driver_done};

/* ---- the cluster ---- */

static void resend_lost(struct runtime *rt)
{
    struct message m;

    for (unsigned i = 0; i < rt->unsaids; i++) {
        if (!rt->unsaid[i].lost)
            continue;
        rt->unsaid[i].lost = false;
        rt->cluster.ops->send(rt->cluster.self, &rt->unsaid[i].end);
    }
    if (rt->unasked.ask.op == OP_NONE)
        return;
    /* An operator's request that its view did not deliver: say so, do not guess. */
    memset(&m, 0, sizeof(m));
    m.type = MESSAGE_END;
    m.end.op = rt->unasked.ask.op;
    m.end.result = RESULT_REFUSED;
    m.end.reason = REASON_VIEW_CHANGED;
    m.end.target = rt->unasked.ask.target;
    show_asked(rt, &rt->unasked);
    rt->unasked.ask.op = OP_NONE;
    show_ended(rt, &m);
}

static void on_view(void *ctx, const struct cluster_view *view)
{
    struct runtime *rt = ctx;
    struct event ev = {.type = EVENT_VIEW};

    pulse(rt);
    rt->view = *view;
    show_view(rt);
    rt->gave_up = 0; /* another view, another chance */
    for (unsigned i = 0; i < rt->unsaids; i++)
        rt->unsaid[i].lost = true;
    ev.view.members = view->members;
    ev.view.ring = view->ring;
    feed(rt, &ev);
    resend_lost(rt);
    rt->ports->timer_set(rt->ctx, SLOT_INFO, 0);
}

static void on_deliver(void *ctx, const struct message *m)
{
    struct runtime *rt = ctx;
    struct event ev = {.type = EVENT_MESSAGE};
    int n = runtime_node_index(rt, m->from);

    pulse(rt);
    if (n < 0)
        return;
    if (m->type == MESSAGE_INFO) {
        show_info(rt, (unsigned)n, &m->info);
        return;
    }
    if (m->type == MESSAGE_ASK) {
        if (m->ask.op == rt->unasked.ask.op)
            rt->unasked.ask.op = OP_NONE;
        show_asked(rt, m);
    }
    if (m->type == MESSAGE_RECORD)
        show_record(rt, (unsigned)n, &m->record);
    ev.message = *m;
    feed(rt, &ev);
    if (m->type == MESSAGE_END) {
        if (m->from == rt->nodes.id[rt->nodes.self])
            forget_unsaid(rt, m->end.op);
        show_ended(rt, m);
    }
}

static void on_shown(void *ctx, const struct cluster_view *view)
{
    struct runtime *rt = ctx;

    rt->view = *view;
}

const struct cluster_events runtime_cluster_events = {
    .view = on_view, .deliver = on_deliver, .shown = on_shown};

/* ---- the outside ---- */

void runtime_init(struct runtime *rt, const struct conf *conf, const struct cluster_nodes *nodes,
                  const struct saved *saved, uint32_t serial, const struct runtime_ports *ports,
                  void *ctx)
{
    memset(rt, 0, sizeof(*rt));
    rt->conf = conf;
    rt->nodes = *nodes;
    rt->saved = *saved;
    rt->serial = serial;
    rt->ports = ports;
    rt->ctx = ctx;
    rt->pulse_ns = ports->now_ns(ctx);
    rt->counts.since_s = ports->wall_s(ctx);
    rt->since_s[nodes->self] = saved->since != 0 ? saved->since : ports->wall_s(ctx);
}

void runtime_start(struct runtime *rt)
{
    rt->ports->timer_set(rt->ctx, SLOT_START, START_MS);
    rt->ports->timer_set(rt->ctx, SLOT_TICK, TICK_MS);
    rt->ports->timer_set(rt->ctx, SLOT_INFO, INFO_MS);
    look(rt);
}

static void on_info_slot(struct runtime *rt)
{
    struct message m;

    rt->ports->timer_set(rt->ctx, SLOT_INFO, INFO_MS);
    if (rt->cluster.ops == NULL || rt->view.id == 0 ||
        (rt->view.members & (rt->view.members - 1)) == 0)
        return; /* nobody listens */
    memset(&m, 0, sizeof(m));
    m.type = MESSAGE_INFO;
    make_info(rt, &m.info);
    rt->cluster.ops->send(rt->cluster.self, &m);
}

void runtime_timer(struct runtime *rt, unsigned slot)
{
    struct event ev = {.type = EVENT_TIMER};

    pulse(rt);
    if (slot < SLOT_ORDER) {
        ev.timer.timer = (uint8_t)(slot - SLOT_ENGINE);
        feed(rt, &ev);
    } else if (slot < SLOT_POLL) {
        order_done(rt, slot - SLOT_ORDER, OUTCOME_TIMEOUT, "no answer");
    } else if (slot == SLOT_POLL) {
        look(rt);
    } else if (slot == SLOT_INFO) {
        on_info_slot(rt);
    } else if (slot == SLOT_TICK) {
        rt->ports->timer_set(rt->ctx, SLOT_TICK, TICK_MS);
    } else if (slot == SLOT_START) {
        start_engine(rt);
    } else if (slot == SLOT_SAVE) {
        save_again(rt);
    } else if (slot == SLOT_VRRP) {
        give_vrrp(rt, rt->vrrp_level);
    }
}

op_t runtime_ask(struct runtime *rt, enum ask kind, int target, uint8_t flags, uint16_t timeout_s,
                 const char *user, const char *why, char err[ERR_MAX])
{
    struct message m;

    if (!rt->started || rt->cluster.ops == NULL) {
        snprintf(err, ERR_MAX, "the agent is still starting; try again in a moment");
        return OP_NONE;
    }
    if (rt->unasked.ask.op != OP_NONE) {
        snprintf(err, ERR_MAX, "another request is on its way; try again in a moment");
        return OP_NONE;
    }
    memset(&m, 0, sizeof(m));
    m.type = MESSAGE_ASK;
    m.ask.op = engine_new_op(&rt->engine);
    if (rt->ports->stepped != NULL)
        rt->ports->stepped(rt->ctx, NULL, NULL);
    m.ask.target = target >= 0 ? rt->nodes.id[target] : 0;
    m.ask.kind = (uint8_t)kind;
    m.ask.flags = flags;
    m.ask.timeout_s = timeout_s;
    strlcpy(m.ask.user, user, sizeof(m.ask.user));
    strlcpy(m.ask.why, why, sizeof(m.ask.why));
    if (!rt->cluster.ops->send(rt->cluster.self, &m)) {
        snprintf(err, ERR_MAX, "corosync takes no messages now; see corosync-cfgtool -s");
        return OP_NONE;
    }
    rt->unasked = m;
    return m.ask.op;
}
