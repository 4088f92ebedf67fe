/* What can happen next, and what happens when it does. */
#include "tests/model/world.h"

#include <string.h>

op_t op_of(uint8_t op)
{
    return op == 0 ? OP_NONE : OP(1, op);
}

/* ---- the engine's step and its effects ---- */

/* Are all tunnels of the record's node up? */
static bool whole(const struct model *m, const struct record *r)
{
    if (m->tunnels == 1)
        return r->covers != 0;
    return (r->tunnels_up & r->sessions_up) == BITMASK(m->tunnels) - 1u;
}

static void mail_of(const struct model *m, const struct message *msg, unsigned i, struct mail *out)
{
    memset(out, 0, sizeof(*out));
    out->type = msg->type;
    out->from = (uint8_t)i;
    switch (msg->type) {
    case MESSAGE_RECORD:
        out->a = msg->record.phase;
        out->b = (uint8_t)(msg->record.level | (unsigned)msg->record.covers << 2 |
                           (msg->record.target >= LEVEL_NORMAL ? 1u << 4 : 0u) |
                           (msg->record.sick & SICK_UNREAD ? 1u << 5 : 0u) |
                           (msg->record.sick & SICK_TRACK ? 1u << 6 : 0u) |
                           (whole(m, &msg->record) ? 1u << 7 : 0u));
        break;
    case MESSAGE_REQUEST:
        out->op = (uint8_t)OP_SERIAL(msg->request.op);
        out->a = msg->request.flags;
        break;
    case MESSAGE_GUARD:
        out->op = (uint8_t)OP_SERIAL(msg->guard.op);
        out->a = (uint8_t)msg->guard.covers;
        break;
    default: /* REFUSE, END: what else they say is for people */
        out->op = (uint8_t)OP_SERIAL(msg->end.op);
        break;
    }
}

static void message_of(const struct model *m, const struct mail *mail, struct message *out)
{
    const uint8_t kind = mail->b & 3u;

    out->type = mail->type;
    out->from = mail->from + 1u;
    switch (mail->type) {
    case MESSAGE_RECORD:
        memset(&out->record, m->garbage, sizeof(out->record));
        out->record.phase = mail->a;
        out->record.level = MAIL_LEVEL(mail->b);
        out->record.covers = MAIL_COVERS(mail->b);
        out->record.target = MAIL_AIMS(mail->b) ? LEVEL_NORMAL : LEVEL_WITHDRAWN;
        out->record.sick =
            (uint8_t)((m->garbage ? SICK_STORE : 0u) | (MAIL_UNREAD(mail->b) ? SICK_UNREAD : 0u) |
                      (MAIL_UNFIT(mail->b) ? SICK_TRACK : 0u));
        out->record.digest = 1;
        out->record.tunnels = (uint8_t)m->tunnels;
        out->record.tunnels_up = out->record.sessions_up =
            MAIL_WHOLE(mail->b) ? (uint8_t)(BITMASK(m->tunnels) - 1u) : 0;
        break;
    case MESSAGE_ASK:
        memset(&out->ask, 0, sizeof(out->ask));
        out->ask.op = op_of(mail->op);
        out->ask.target = kind == ASK_ABORT ? 0 : mail->a + 1u;
        out->ask.kind = kind;
        out->ask.flags = mail->b >> 2 & 7u;
        out->ask.timeout_s = mail->b >> 5;
        break;
    case MESSAGE_REQUEST:
        out->request.op = op_of(mail->op);
        out->request.flags = mail->a;
        break;
    case MESSAGE_GUARD:
        out->guard.op = op_of(mail->op);
        out->guard.covers = mail->a;
        break;
    default:
        memset(&out->end, m->garbage, sizeof(out->end));
        out->end.op = op_of(mail->op);
        break;
    }
}

static void carry_out(struct model *m, struct world *w, unsigned i, const struct effect *f)
{
    struct mail mail;

    tell_effect(m, i, f);
    switch (f->type) {
    case EFFECT_SEND:
        mail_of(m, &f->send, i, &mail);
        check_send(m, w, i, &mail);
        send_mail(m, w, i, &mail);
        break;
    case EFFECT_ORDER:
        check_order(m, w, i, f);
        if (w->node[i].orders == ROUTER_MAX)
            violated(m, MODEL, "the model's router holds %u orders", ROUTER_MAX);
        else
            give_order(w, i, f);
        break;
    case EFFECT_KEEP_UP:
        keep_up(&w->node[i], f->keep_up.on);
        break;
    default: /* timers are where the engine's own state says; the rest is told to people */
        break;
    }
}

static void step(struct model *m, struct world *w, unsigned i)
{
    struct node *n = &w->node[i];

    n->e.serial = w->next_op;
    engine_step(&n->e, &m->event, &m->effects);
    w->next_op = (uint8_t)n->e.serial;
    for (unsigned k = 0; k < m->effects.count; k++)
        carry_out(m, w, i, &m->effects.item[k]);
    check_state(m, w, i);
    if (n->e.guard_stage != GUARD_FRESHENING) { /* nobody waits: its completion changes nothing */
        n->ipsec &= (uint8_t)~BITMASK(ORDER_FRESHEN);
        n->e.pending &= (uint8_t)~BITMASK(ORDER_FRESHEN);
    }
}

/* ---- moves of the cluster ---- */

static void take_view(struct model *m, struct world *w, unsigned i)
{
    struct node *n = &w->node[i];

    n->cur = n->next;
    n->next = NO_VIEW;
    w->view[n->cur].pos[i] = 0;
    monitor_view(n);
    m->event.type = EVENT_VIEW;
    m->event.view.members = w->view[n->cur].members;
    m->event.view.ring = w->view[n->cur].ring;
    step(m, w, i);
}

static void deliver(struct model *m, struct world *w, unsigned i, unsigned source)
{
    struct mail mail;
    char text[64];

    if (!take_mail(m, w, i, source, &mail)) {
        violated(m, MODEL, "the model's log of %u messages is full", LOG_MAX);
        return;
    }
    mail_text(m, &mail, text);
    tell(m, ": %s", text);
    monitor_mail(&w->node[i], i, &mail);
    m->event.type = EVENT_MESSAGE;
    message_of(m, &mail, &m->event.message);
    step(m, w, i);
}

static void start(struct model *m, struct world *w, unsigned i)
{
    struct node *n = &w->node[i];
    struct event *ev = &m->event;

    n->agent = 1;
    for (unsigned v = 0; v < VIEWS_MAX; v++) {
        if (w->view[v].used)
            continue;
        memset(&w->view[v], 0, sizeof(w->view[v]));
        w->view[v].used = 1;
        n->cur = (uint8_t)v;
        break;
    }
    n->mon.read_level = n->x;
    memset(ev, 0, sizeof(*ev));
    ev->type = EVENT_START;
    ev->start.nodes = (uint8_t)m->n;
    ev->start.self = (uint8_t)i;
    ev->start.tunnels = (uint8_t)m->tunnels;
    ev->start.intent = n->disk;
    ev->start.level = n->x;
    for (unsigned j = 0; j < m->n; j++)
        ev->start.id[j] = j + 1u;
    ev->start.serial = w->next_op;
    ev->start.prefixes = all_prefixes(m);
    ev->start.digest = 1;
    step(m, w, i);
    reconfigure(m, w);
}

static void ask(struct model *m, struct world *w, unsigned i, unsigned arg)
{
    static const uint8_t asks[COMMANDS] = {
        [COMMAND_DRAIN] = ASK_DRAIN,
        [COMMAND_FORCE] = ASK_DRAIN | ASK_FLAG_FORCE << 2,
        [COMMAND_TIMED] = ASK_DRAIN | 1u << 5,
        [COMMAND_DRY] = ASK_DRAIN | ASK_FLAG_DRY_RUN << 2,
        [COMMAND_SAFE] = ASK_DRAIN | ASK_FLAG_WHEN_SAFE << 2,
        [COMMAND_UNDRAIN] = ASK_UNDRAIN,
        [COMMAND_UNTIMED] = ASK_UNDRAIN | 1u << 5,
        [COMMAND_ABORT] = ASK_ABORT,
    };
    struct mail mail = {.type = MESSAGE_ASK, .from = (uint8_t)i};

    mail.op = w->next_op++;
    mail.a = arg & 3u;
    mail.b = asks[arg >> 2];
    send_mail(m, w, i, &mail);
    w->commands--;
}

/* ---- moves of the machine ---- */

static void done(struct model *m, struct world *w, unsigned i, unsigned order, bool ok)
{
    m->event.type = EVENT_DONE;
    m->event.done.order = (uint8_t)order;
    m->event.done.ok = ok;
    step(m, w, i);
}

static void settle_tunnels(struct model *m, struct node *n)
{
    for (unsigned t = 0; t < m->tunnels; t++) {
        if (n->fault[t])
            n->tunnel[t] = 0;
        if (n->closed && n->tunnel[t] == 2)
            n->tunnel[t] = 1;
    }
}

/* The order at the router's head does what it says. */
static void take_effect(struct model *m, struct world *w, unsigned i)
{
    struct node *n = &w->node[i];
    uint8_t before[N_MAX] = {0};

    for (unsigned j = 0; j < m->n; j++)
        before[j] = covers_really(m, &w->node[j]);
    if (n->router[0].order == ORDER_LEVEL)
        n->x = n->router[0].level;
    else
        n->closed = n->router[0].order == ORDER_CLOSE;
    settle_tunnels(m, n);
    check_act(m, w, i, before, n->router[0].order == ORDER_LEVEL ? "the withdraw" : "the close");
    n->router[0].taken = 1;
    if (n->router[0].superseded)
        pop_order(n);
}

static void router_done(struct model *m, struct world *w, unsigned i, bool ok)
{
    struct node *n = &w->node[i];
    struct router_order o = n->router[0];

    pop_order(n);
    if (n->snapped && o.order == ORDER_LEVEL)
        n->snapped = 2;
    if (ok && o.order == ORDER_LEVEL) {
        n->mon.read_level = o.level;
        if (o.level == LEVEL_WITHDRAWN)
            n->mon.read_covers = 0;
    }
    done(m, w, i, o.order, ok);
}

static void router_fail(struct model *m, struct world *w, unsigned i, unsigned arg)
{
    struct router_order *o = &w->node[i].router[0];

    if (!put_back(&w->node[i], o))
        w->faults--;
    if (arg)
        take_effect(m, w, i);
    router_done(m, w, i, false);
}

static void ipsec_done(struct model *m, struct world *w, unsigned i, unsigned which, bool ok)
{
    struct node *n = &w->node[i];
    uint8_t before[N_MAX] = {0};

    for (unsigned j = 0; j < m->n; j++)
        before[j] = covers_really(m, &w->node[j]);
    if (which == ORDER_RELEASE && ok)
        memset(n->tunnel, 0, sizeof(n->tunnel));
    check_act(m, w, i, before, "the release");
    n->ipsec &= (uint8_t)~BITMASK(which);
    if (which == ORDER_RELEASE)
        n->called_off = 0;
    done(m, w, i, which, ok);
}

static void save_done(struct model *m, struct world *w, unsigned i, bool ok, bool written)
{
    struct node *n = &w->node[i];

    if (written)
        n->disk = (uint8_t)(n->saving - 1u);
    n->saving = 0;
    done(m, w, i, ORDER_SAVE, ok);
}

/* While a level is being changed, what is read says nothing about it. */
static bool level_ordered(const struct node *n)
{
    for (unsigned k = 0; k < n->orders; k++) {
        if (n->router[k].order == ORDER_LEVEL && !n->router[k].superseded)
            return true;
    }
    return false;
}

static void observe(struct model *m, struct world *w, unsigned i, const struct observation *seen)
{
    struct monitor *mon = &w->node[i].mon;

    mon->read_covers = (uint8_t)seen->covers;
    if (seen->level < LEVELS && !level_ordered(&w->node[i]))
        mon->read_level = seen->level;
    tell(m, ": tunnels %#x sessions %#x covers %#x level %s%s%s", seen->tunnels_up,
         seen->sessions_up, (unsigned)seen->covers, level_name(seen->level),
         seen->sick & SICK_ROUTER ? ", router unreadable" : "",
         seen->sick & SICK_TRACK ? ", unfit" : "");
    m->event.type = EVENT_OBSERVE;
    m->event.observe = *seen;
    step(m, w, i);
}

static void lie(struct model *m, struct world *w, unsigned i, unsigned which)
{
    struct observation seen;

    snapshot(m, &w->node[i], &seen);
    seen.level = LEVELS;
    if (which == 0) {
        seen.sick |= SICK_ROUTER;
        seen.covers = 0;
        seen.sessions_up = 0;
        seen.routes = false;
    }
    w->faults--;
    observe(m, w, i, &seen);
}

static void observe_move(struct model *m, struct world *w, unsigned i, unsigned kind)
{
    struct node *n = &w->node[i];
    struct observation seen;

    snapshot(m, n, &seen);
    if (kind == MOVE_SNAP) {
        n->snap = seen;
        n->snapped = 1;
        w->faults--;
        return;
    }
    if (kind == MOVE_SNAPPED) {
        seen = n->snap;
        if (n->snapped == 2) { /* as agent/runtime.c does: it says nothing about the new level */
            seen.level = n->e.drift ? LEVELS : n->e.level;
            if (seen.level == LEVEL_WITHDRAWN)
                seen.covers = 0;
        }
        n->snapped = 0;
        memset(&n->snap, 0, sizeof(n->snap));
    }
    observe(m, w, i, &seen);
}

static void off(struct model *m, struct world *w, unsigned i, bool power, unsigned did)
{
    struct node *n = &w->node[i];

    if (did & 1u)
        n->disk = (uint8_t)(n->saving - 1u);
    if (did & 2u)
        take_effect(m, w, i);
    if (power)
        machine_off(m, w, i);
    else
        agent_off(m, w, i);
    w->faults--;
    reconfigure(m, w);
}

static void part(struct model *m, struct world *w, unsigned i)
{
    uint8_t unused = 0;

    for (unsigned c = 0; c < m->n; c++) {
        bool used = false;
        for (unsigned j = 0; j < m->n; j++)
            used = used || (j != i && w->comp[j] == c);
        if (!used)
            unused = (uint8_t)c;
    }
    w->comp[i] = unused;
    w->faults--;
    reconfigure(m, w);
}

static void machine_move(struct model *m, struct world *w, unsigned kind, unsigned i, unsigned arg)
{
    struct node *n = &w->node[i];

    switch (kind) {
    case MOVE_EFFECT:
        take_effect(m, w, i);
        break;
    case MOVE_DONE:
        if (at_once(&n->router[0]))
            take_effect(m, w, i);
        router_done(m, w, i, true);
        break;
    case MOVE_SKIP:
        if (n->router[0].order == ORDER_LEVEL)
            pop_order(n);
        else
            router_done(m, w, i, false);
        break;
    case MOVE_IPSEC:
        ipsec_done(m, w, i, arg, arg != ORDER_RELEASE || !n->called_off);
        break;
    case MOVE_SAVED:
        save_done(m, w, i, true, true);
        break;
    case MOVE_RISE:
        n->tunnel[arg] = tunnel_limit(n, arg);
        break;
    case MOVE_REPAIR:
        n->fault[arg] = 0;
        break;
    case MOVE_FOUND:
        n->missing &= (uint8_t)~BITMASK(arg);
        break;
    case MOVE_FIT:
        n->unfit = 0;
        break;
    case MOVE_POWER_ON:
        n->power = 1;
        reconfigure(m, w);
        break;
    case MOVE_HEAL:
        memset(w->comp, 0, sizeof(w->comp));
        reconfigure(m, w);
        break;
    default:
        break;
    }
}

static void fault_move(struct model *m, struct world *w, unsigned kind, unsigned i, unsigned arg)
{
    struct node *n = &w->node[i];

    switch (kind) {
    case MOVE_BREAK:
        n->fault[arg] = 1;
        settle_tunnels(m, n);
        w->faults--;
        break;
    case MOVE_MISSING:
        n->missing |= BITMASK(arg);
        w->faults--;
        break;
    case MOVE_UNFIT:
        n->unfit = 1;
        w->faults--;
        break;
    case MOVE_FAIL:
        router_fail(m, w, i, arg);
        break;
    case MOVE_IPSEC_FAIL:
        w->faults--;
        ipsec_done(m, w, i, arg, false);
        break;
    case MOVE_SAVE_FAIL:
        w->faults--;
        save_done(m, w, i, false, arg != 0);
        break;
    case MOVE_LIE:
        lie(m, w, i, arg);
        break;
    case MOVE_RESET:
        n->x = LEVEL_LOW;
        n->closed = 0;
        w->faults--;
        break;
    case MOVE_GAP:
        w->faults--;
        m->event.type = EVENT_GAP;
        step(m, w, i);
        break;
    case MOVE_KILL:
    case MOVE_POWER_OFF:
        off(m, w, i, kind == MOVE_POWER_OFF, arg);
        break;
    case MOVE_SPLIT:
        part(m, w, i);
        break;
    default:
        break;
    }
}

void make_move(struct model *m, struct world *w, move_t move)
{
    unsigned kind = MOVE_KIND(move), i = MOVE_NODE(move), arg = MOVE_ARG(move);

    tell_move(m, w, move);
    switch (kind) {
    case MOVE_VIEW:
        take_view(m, w, i);
        break;
    case MOVE_DELIVER:
        deliver(m, w, i, arg);
        break;
    case MOVE_TIMER:
        m->event.type = EVENT_TIMER;
        m->event.timer.timer = (uint8_t)arg;
        step(m, w, i);
        break;
    case MOVE_QUIET:
        m->event.type = EVENT_QUIET;
        m->event.quiet.quiet = arg != 0;
        step(m, w, i);
        break;
    case MOVE_OBSERVE:
    case MOVE_SNAP:
    case MOVE_SNAPPED:
        observe_move(m, w, i, kind);
        break;
    case MOVE_START:
        start(m, w, i);
        break;
    case MOVE_ASK:
        ask(m, w, i, arg);
        break;
    default:
        if (kind < MOVE_BREAK)
            machine_move(m, w, kind, i, arg);
        else
            fault_move(m, w, kind, i, arg);
        break;
    }
    monitor_forget(&w->node[i]);
    tidy(m, w);
}

void world_boot(struct model *m, struct world *w)
{
    memset(w, 0, sizeof(*w));
    w->faults = (uint8_t)m->faults;
    w->commands = (uint8_t)m->commands;
    w->next_op = 1;
    for (unsigned i = 0; i < N_MAX; i++) {
        w->node[i].cur = w->node[i].next = NO_VIEW;
        w->node[i].power = i < m->n;
        w->node[i].x = LEVEL_LOW;
    }
}
