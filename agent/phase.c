/* Effects, and the one function that changes a phase and owns what goes with it. */
#include "agent/step.h"

#include <string.h>

/* From each phase, where one may go. What is not here is impossible: refused, counted, told.
 * tests/golden/phases.dot is this table, drawn. */
static const uint16_t legal[PHASES] = {
    [PHASE_STARTING] =
        BIT(PHASE_IN_SERVICE) | BIT(PHASE_DRAINED) | BIT(PHASE_CONNECTING) | BIT(PHASE_SAFETY_NET),
    [PHASE_IN_SERVICE] = BIT(PHASE_REQUESTING) | BIT(PHASE_CONNECTING) | BIT(PHASE_UNFIT),
    [PHASE_REQUESTING] = BIT(PHASE_GUARDING) | BIT(PHASE_IN_SERVICE) | BIT(PHASE_CONNECTING) |
                         BIT(PHASE_SAFETY_NET) | BIT(PHASE_UNFIT),
    [PHASE_GUARDING] = BIT(PHASE_LOWERING) | BIT(PHASE_IN_SERVICE) | BIT(PHASE_CONNECTING) |
                       BIT(PHASE_SAFETY_NET) | BIT(PHASE_UNFIT),
    [PHASE_LOWERING] = BIT(PHASE_SETTLING) | BIT(PHASE_IN_SERVICE) | BIT(PHASE_CONNECTING) |
                       BIT(PHASE_SAFETY_NET) | BIT(PHASE_UNFIT),
    [PHASE_SETTLING] = BIT(PHASE_WITHDRAWING) | BIT(PHASE_IN_SERVICE) | BIT(PHASE_CONNECTING) |
                       BIT(PHASE_SAFETY_NET) | BIT(PHASE_UNFIT),
    [PHASE_WITHDRAWING] = BIT(PHASE_CLOSING) | BIT(PHASE_IN_SERVICE) | BIT(PHASE_CONNECTING) |
                          BIT(PHASE_SAFETY_NET) | BIT(PHASE_UNFIT),
    [PHASE_CLOSING] = BIT(PHASE_RELEASING) | BIT(PHASE_SAFETY_NET),
    [PHASE_RELEASING] = BIT(PHASE_DRAINED) | BIT(PHASE_SAFETY_NET),
    [PHASE_DRAINED] = BIT(PHASE_CONNECTING) | BIT(PHASE_SAFETY_NET),
    [PHASE_CONNECTING] = BIT(PHASE_SOAKING) | BIT(PHASE_REQUESTING),
    [PHASE_SOAKING] =
        BIT(PHASE_IN_SERVICE) | BIT(PHASE_CONNECTING) | BIT(PHASE_REQUESTING) | BIT(PHASE_UNFIT),
    [PHASE_SAFETY_NET] = BIT(PHASE_REQUESTING) | BIT(PHASE_CONNECTING),
    [PHASE_UNFIT] =
        BIT(PHASE_IN_SERVICE) | BIT(PHASE_SOAKING) | BIT(PHASE_CONNECTING) | BIT(PHASE_REQUESTING),
};

/* The next effect to fill in. The list is sized for the worst step; running out of it would be a
 * defect of the engine, and is counted as one rather than written past the end. */
static struct effect *add(struct step *s, enum effect_type type)
{
    struct effect *f = &s->spill;

    if (s->out->count < EFFECTS_MAX)
        f = &s->out->item[s->out->count++];
    else
        s->e->impossible++;
    memset(f, 0, sizeof(*f));
    f->type = (uint8_t)type;
    return f;
}

void order(struct step *s, enum order which, uint8_t value)
{
    order_for(s, s->e->op != OP_NONE ? s->e->op : s->e->guard_op, which, value);
}

void order_for(struct step *s, op_t op, enum order which, uint8_t value)
{
    struct effect *f = add(s, EFFECT_ORDER);

    f->order.order = (uint8_t)which;
    f->order.op = op;
    if (which == ORDER_LEVEL) {
        f->order.level = value;
        s->e->level_asked = value;
    }
    if (which == ORDER_SAVE)
        f->order.intent = value;
    s->e->pending |= (uint8_t)BIT(which);
}

bool order_pending(const struct engine *e, enum order which)
{
    return (e->pending & BIT(which)) != 0;
}

void timer_start(struct step *s, enum timer which, uint16_t seconds)
{
    struct effect *f = add(s, EFFECT_TIMER_START);

    f->timer.timer = (uint8_t)which;
    f->timer.seconds = seconds;
    s->e->armed |= (uint16_t)BIT(which);
}

void timer_stop(struct step *s, enum timer which)
{
    if (!timer_armed(s->e, which))
        return;
    add(s, EFFECT_TIMER_STOP)->timer.timer = (uint8_t)which;
    s->e->armed &= (uint16_t)~BIT(which);
}

bool timer_armed(const struct engine *e, enum timer which)
{
    return (e->armed & BIT(which)) != 0;
}

void say(struct step *s, const struct message *message)
{
    add(s, EFFECT_SEND)->send = *message;
}

struct record engine_record(const struct engine *e)
{
    struct record r;

    memset(&r, 0, sizeof(r)); /* padding too: records are compared as bytes */
    r.covers = e->seen.covers & e->prefixes;
    r.digest = e->digest;
    r.op = e->op;
    r.phase = e->phase;
    r.level = e->level;
    r.target = (uint8_t)engine_target(e);
    r.intent = e->intent;
    r.sick = e->seen.sick;
    r.reason = e->reason;
    r.tunnels = e->tunnels;
    r.tunnels_up = e->seen.tunnels_up;
    r.sessions_up = e->seen.sessions_up;
    return r;
}

void publish(struct step *s)
{
    struct engine *e = s->e;
    struct message m;
    struct record now = engine_record(e);

    if (!e->viewed || (!e->announce && memcmp(&now, &e->rec[e->self], sizeof(now)) == 0))
        return;
    e->announce = 0;
    e->rec[e->self] = now;
    memset(&m, 0, sizeof(m));
    m.type = MESSAGE_RECORD;
    m.record = now;
    say(s, &m);
}

static void keep_up(struct step *s, bool on)
{
    add(s, EFFECT_KEEP_UP)->keep_up.on = on;
}

/* What ends with a phase, whatever comes next. */
static void leave(struct step *s)
{
    timer_stop(s, TIMER_PHASE);
    timer_stop(s, TIMER_SETTLE);
    timer_stop(s, TIMER_SOAK);
    timer_stop(s, TIMER_REDRAIN);
    if (s->e->phase == PHASE_SETTLING)
        add(s, EFFECT_WATCH)->watch.on = false;
}

/* What begins with a phase. Levels are not ordered here: reconcile() in engine.c compares the level
 * with the target after every step. */
static void arrive(struct step *s)
{
    struct engine *e = s->e;

    switch (e->phase) {
    case PHASE_IN_SERVICE:
        e->told_out = 0;
        keep_up(s, true);
        break;
    case PHASE_DRAINED:
        e->told_out = 1;
        break;
    case PHASE_REQUESTING:
    case PHASE_GUARDING:
    case PHASE_LOWERING:
        timer_start(s, TIMER_PHASE, 0);
        break;
    case PHASE_SETTLING:
        e->quiet = 0;
        add(s, EFFECT_WATCH)->watch.on = true;
        timer_start(s, TIMER_PHASE, 0);
        break;
    case PHASE_WITHDRAWING:
        e->withdrew = 0;
        /* A safety net's intent was on disk before it withdrew. The intent of a drain that waited
         * until it was safe was handed to the disk, which need not have taken it. */
        e->saved = e->op_from == PHASE_SAFETY_NET;
        if (!e->saved)
            order(s, ORDER_SAVE, INTENT_MAINTENANCE);
        timer_start(s, TIMER_PHASE, 0);
        break;
    case PHASE_CLOSING:
        order(s, ORDER_CLOSE, 0);
        timer_start(s, TIMER_PHASE, 0);
        break;
    case PHASE_RELEASING:
        keep_up(s, false);
        order(s, ORDER_RELEASE, 0);
        timer_start(s, TIMER_PHASE, 0);
        break;
    case PHASE_CONNECTING:
        e->told_out = 0;
        keep_up(s, true);
        order(s, ORDER_OPEN, 0);
        timer_start(s, TIMER_PHASE, 0);
        break;
    case PHASE_SAFETY_NET:
        keep_up(s, true);
        order(s, ORDER_OPEN, 0);
        break;
    default:
        break;
    }
}

void enter(struct step *s, enum phase to, enum reason reason)
{
    struct engine *e = s->e;
    bool possible = (legal[e->phase] & BIT(to)) != 0;
    struct effect *f = add(s, possible ? EFFECT_PHASE : EFFECT_IMPOSSIBLE);

    f->phase.from = e->phase;
    f->phase.to = (uint8_t)to;
    f->phase.reason = (uint8_t)reason;
    f->phase.op = e->op;
    if (!possible) {
        e->impossible++;
        return;
    }
    leave(s);
    e->phase = (uint8_t)to;
    e->reason = (uint8_t)reason;
    arrive(s);
}

static void forget_operation(struct step *s)
{
    struct engine *e = s->e;

    timer_stop(s, TIMER_OPERATION);
    e->op = OP_NONE;
    e->op_flags = 0;
    e->answered = 0;
    memset(e->guards, 0, sizeof(e->guards));
    memset(&e->refusal, 0, sizeof(e->refusal));
}

static void send_end(struct step *s, op_t op, enum result result, enum reason reason)
{
    struct message m;

    memset(&m, 0, sizeof(m));
    m.type = MESSAGE_END;
    m.end.op = op;
    m.end.result = (uint8_t)result;
    m.end.reason = (uint8_t)reason;
    m.end.phase = s->e->phase;
    m.end.target = s->e->id[s->e->self];
    if (op == s->e->op && reason == s->e->refusal.reason) {
        m.end.prefixes = s->e->refusal.prefixes;
        m.end.node = s->e->refusal.node;
        m.end.holder = s->e->refusal.holder;
        m.end.tunnels = s->e->refusal.tunnels;
        m.end.sessions = s->e->refusal.sessions;
    }
    say(s, &m);
}

void finish(struct step *s, enum result result, enum reason reason)
{
    if (s->e->op == OP_NONE)
        return;
    /* The others must know our new state before the lock is freed. */
    publish(s);
    send_end(s, s->e->op, result, reason);
    forget_operation(s);
}

void reject(struct step *s, op_t op, enum result result, enum reason reason, op_t holder,
            uint32_t node)
{
    struct message m;

    publish(s);
    memset(&m, 0, sizeof(m));
    m.type = MESSAGE_END;
    m.end.op = op;
    m.end.result = (uint8_t)result;
    m.end.reason = (uint8_t)reason;
    m.end.phase = s->e->phase;
    m.end.target = s->e->id[s->e->self];
    m.end.holder = holder;
    m.end.node = node;
    say(s, &m);
}

bool may_roll_back(const struct engine *e)
{
    return (e->phase >= PHASE_REQUESTING && e->phase <= PHASE_SETTLING) ||
           (e->phase == PHASE_WITHDRAWING && !e->withdrew);
}

void roll_back(struct step *s, enum result result, enum reason reason)
{
    struct engine *e = s->e;
    uint8_t before = e->op_intent;
    enum phase back = e->op_from;

    /* The END names the phase in which it failed, so it is made first; the record that says we are
     * back follows, and until the END is delivered the lock keeps everyone else from leaving. */
    if (e->op != OP_NONE)
        send_end(s, e->op, result, reason);
    if (e->phase == PHASE_WITHDRAWING && before != INTENT_MAINTENANCE) {
        e->intent = before;
        order(s, ORDER_SAVE, before);
    }
    forget_operation(s);
    enter(s, back, reason);
    publish(s);
}
