/* Operators' requests, the lock, and being a guard for another's operation.
 *
 * All of it runs on delivery, in total order, so that every member comes to the same lock. */
#include "agent/guard.h"
#include "agent/step.h"

#include <string.h>

void begin_drain(struct step *s, op_t op, uint8_t flags, uint16_t timeout_s, enum reason why)
{
    struct engine *e = s->e;
    uint8_t others = e->members & (uint8_t)~BIT(e->self);
    struct message m;

    if (others == 0) {
        reject(s, op, RESULT_REFUSED, REASON_ALONE, OP_NONE, 0);
        return;
    }
    if (e->grace != 0) {
        reject(s, op, RESULT_REFUSED, REASON_AGENT_LOST, OP_NONE, 0);
        return;
    }
    if (e->lock != OP_NONE) {
        reject(s, op, RESULT_REFUSED, REASON_LOCK_HELD, e->lock, e->id[e->lock_node]);
        return;
    }
    e->op = op;
    e->op_kind = ASK_DRAIN;
    e->op_flags = flags;
    e->op_intent = e->intent;
    e->op_from = e->phase == PHASE_SOAKING ? PHASE_CONNECTING : e->phase;
    if (timeout_s != 0)
        timer_start(s, TIMER_OPERATION, timeout_s);
    enter(s, PHASE_REQUESTING, why);
    publish(s);
    memset(&m, 0, sizeof(m));
    m.type = MESSAGE_REQUEST;
    m.request.op = op;
    m.request.flags = flags;
    say(s, &m);
}

/* What an operator means the node to be, whatever comes of it now. Saved even if it is so already:
 * who meant it, and why, may be new. */
static void mean(struct step *s, op_t op, enum intent intent)
{
    s->e->intent = (uint8_t)intent;
    order_for(s, op, ORDER_SAVE, (uint8_t)intent);
}

static void begin_return(struct step *s, op_t op, uint16_t timeout_s)
{
    struct engine *e = s->e;

    mean(s, op, INTENT_IN_SERVICE);
    e->op = op;
    e->op_kind = ASK_UNDRAIN;
    e->op_flags = 0;
    if (timeout_s != 0)
        timer_start(s, TIMER_OPERATION, timeout_s);
    enter(s, PHASE_CONNECTING, REASON_OPERATOR);
}

static void on_drain(struct step *s, const struct message *m)
{
    struct engine *e = s->e;
    op_t op = m->ask.op;
    uint8_t flags = m->ask.flags & (ASK_FLAG_FORCE | ASK_FLAG_DRY_RUN);

    switch (e->phase) {
    case PHASE_DRAINED:
        if (!(flags & ASK_FLAG_DRY_RUN))
            mean(s, op, INTENT_MAINTENANCE);
        reject(s, op, RESULT_DONE, REASON_ALREADY, OP_NONE, 0);
        return;
    case PHASE_CONNECTING:
    case PHASE_SOAKING:
        finish(s, RESULT_ROLLED_BACK, REASON_ABORTED); /* a return that the operator takes back */
        break;
    case PHASE_IN_SERVICE:
    case PHASE_SAFETY_NET:
    case PHASE_UNFIT:
        break;
    default:
        if (m->ask.flags & ASK_FLAG_WHEN_SAFE) {
            e->op_intent = INTENT_MAINTENANCE; /* what is under way may roll back; the wish stays */
            mean(s, op, INTENT_MAINTENANCE);
        }
        reject(s, op, RESULT_REFUSED, REASON_BUSY, e->op, e->id[e->self]);
        return;
    }
    if (m->ask.flags & ASK_FLAG_WHEN_SAFE)
        mean(s, op, INTENT_MAINTENANCE);
    begin_drain(s, op, flags, m->ask.timeout_s, REASON_OPERATOR);
}

/* A drain that waits until it is safe is not wanted any more. */
static void forget_wish(struct step *s, op_t op)
{
    if (s->e->intent == INTENT_MAINTENANCE && s->e->phase != PHASE_SAFETY_NET)
        mean(s, op, INTENT_IN_SERVICE);
}

static void on_undrain(struct step *s, const struct message *m)
{
    struct engine *e = s->e;
    op_t op = m->ask.op;

    if (may_roll_back(e)) {
        /* An operator who wants the node in service wants the drain to stop. */
        bool was_net = e->op_from == PHASE_SAFETY_NET;
        roll_back(s, RESULT_ROLLED_BACK, REASON_ABORTED);
        forget_wish(s, op);
        if (was_net)
            begin_return(s, op, m->ask.timeout_s);
        else
            reject(s, op, RESULT_DONE, REASON_ABORTED, OP_NONE, 0);
        return;
    }
    switch (e->phase) {
    case PHASE_IN_SERVICE:
        reject(s, op, RESULT_DONE,
               e->intent == INTENT_MAINTENANCE ? REASON_ABORTED : REASON_ALREADY, OP_NONE, 0);
        forget_wish(s, op);
        return;
    case PHASE_UNFIT: /* it returns by itself, and no sooner than what it tracks is well */
        if (e->intent == INTENT_MAINTENANCE)
            reject(s, op, RESULT_DONE, REASON_ABORTED, OP_NONE, 0);
        else
            reject(s, op, RESULT_REFUSED, REASON_UNFIT, OP_NONE, 0);
        forget_wish(s, op);
        return;
    case PHASE_DRAINED:
    case PHASE_SAFETY_NET:
        begin_return(s, op, m->ask.timeout_s);
        return;
    case PHASE_CONNECTING:
    case PHASE_SOAKING:
        if (e->op != OP_NONE) {
            reject(s, op, RESULT_REFUSED, REASON_BUSY, e->op, e->id[e->self]);
            return;
        }
        forget_wish(s, op);
        e->op = op; /* it is returning by itself: the operator waits for that */
        e->op_kind = ASK_UNDRAIN;
        if (m->ask.timeout_s != 0)
            timer_start(s, TIMER_OPERATION, m->ask.timeout_s);
        if (e->phase == PHASE_CONNECTING && !timer_armed(e, TIMER_PHASE))
            timer_start(s, TIMER_PHASE, 0); /* its patience is over; this operator's begins */
        return;
    default:
        reject(s, op, RESULT_REFUSED, REASON_TOO_LATE, e->op, e->id[e->self]);
    }
}

/* Everyone knows the same lock here, so exactly one node answers: the holder, or else the asker. */
static void on_abort(struct step *s, const struct message *m, unsigned from)
{
    struct engine *e = s->e;
    unsigned answerer = e->lock != OP_NONE ? e->lock_node : from;

    if (answerer != e->self)
        return;
    if (e->lock == OP_NONE || e->lock != e->op ||
        (m->ask.target != 0 && m->ask.target != e->id[e->self])) {
        reject(s, m->ask.op, RESULT_REFUSED, REASON_NOTHING_TO_ABORT, OP_NONE, 0);
    } else if (!may_roll_back(e)) {
        reject(s, m->ask.op, RESULT_REFUSED, REASON_TOO_LATE, e->op, e->id[e->self]);
    } else {
        roll_back(s, RESULT_ROLLED_BACK, REASON_ABORTED);
        forget_wish(s, m->ask.op);
        reject(s, m->ask.op, RESULT_DONE, REASON_NONE, OP_NONE, 0);
    }
}

static void on_ask(struct step *s, const struct message *m, unsigned from)
{
    struct engine *e = s->e;
    int target = node_index(e, m->ask.target);

    if (m->ask.kind == ASK_ABORT) {
        on_abort(s, m, from);
        return;
    }
    if (target < 0 || !(e->members & BIT(target))) {
        if (from == e->self)
            reject(s, m->ask.op, RESULT_REFUSED, REASON_AGENT_LOST, OP_NONE, m->ask.target);
        return;
    }
    if ((unsigned)target != e->self || m->ask.op == e->op)
        return; /* not ours; or delivered twice, and an END now would free a lock in use */
    if (m->ask.kind == ASK_DRAIN)
        on_drain(s, m);
    else
        on_undrain(s, m);
}

/* ---- the guard's side ---- */

static void send_refuse(struct step *s, enum reason reason)
{
    struct engine *e = s->e;
    uint8_t all = (uint8_t)(BIT(e->tunnels) - 1u);
    struct message m;

    memset(&m, 0, sizeof(m));
    m.type = MESSAGE_REFUSE;
    m.end.op = e->guard_op;
    m.end.result = RESULT_REFUSED;
    m.end.reason = (uint8_t)reason;
    m.end.phase = e->phase;
    m.end.node = e->id[e->self];
    m.end.target = e->id[e->lock_node];
    m.end.prefixes = e->prefixes & ~e->seen.covers;
    m.end.tunnels = all & (uint8_t)~e->seen.tunnels_up;
    m.end.sessions = all & (uint8_t)~e->seen.sessions_up;
    publish(s);
    say(s, &m);
    timer_stop(s, TIMER_GUARD);
    e->guard_stage = GUARD_NONE;
    e->guard_op = OP_NONE;
}

static void send_guard(struct step *s)
{
    struct engine *e = s->e;
    struct message m;

    memset(&m, 0, sizeof(m));
    m.type = MESSAGE_GUARD;
    m.guard.op = e->guard_op;
    m.guard.covers = e->seen.covers & e->prefixes;
    publish(s); /* the record that shows us at high comes before the promise */
    say(s, &m);
    timer_stop(s, TIMER_GUARD);
    e->guard_stage = GUARD_GIVEN;
}

static void guard_begin(struct step *s, op_t op, uint8_t flags)
{
    struct engine *e = s->e;
    enum reason lack;

    e->guard_op = op;
    e->guard_flags = flags;
    if (e->phase != PHASE_IN_SERVICE) {
        /* One on its way back says what it lacks, for that is what somebody has to mend. */
        lack = e->phase == PHASE_CONNECTING ? guard_lacks(e, true) : REASON_NONE;
        send_refuse(s, lack != REASON_NONE ? lack : REASON_NOT_IN_SERVICE);
        return;
    }
    if ((e->known & BIT(e->lock_node)) && e->rec[e->lock_node].digest != e->digest) {
        send_refuse(s, REASON_PREFIXES_DIFFER);
        return;
    }
    if (flags & ASK_FLAG_DRY_RUN) {
        lack = guard_lacks(e, (flags & ASK_FLAG_FORCE) != 0);
        if (lack != REASON_NONE)
            send_refuse(s, lack);
        else
            send_guard(s);
        return;
    }
    e->guard_stage = GUARD_FRESHENING;
    order(s, ORDER_FRESHEN, 0);
}

void guard_freshened(struct step *s)
{
    if (s->e->guard_stage != GUARD_FRESHENING)
        return;
    s->e->guard_stage = GUARD_CHECKING;
    timer_start(s, TIMER_GUARD, 0);
}

void guard_progress(struct step *s)
{
    struct engine *e = s->e;

    if (e->guard_stage == GUARD_CHECKING && guard_lacks(e, false) == REASON_NONE)
        e->guard_stage = GUARD_RAISING;
    if (e->guard_stage != GUARD_RAISING || e->level != LEVEL_HIGH ||
        order_pending(e, ORDER_LEVEL) || e->drift)
        return;
    if (guard_lacks(e, true) == REASON_NONE)
        send_guard(s);
    else if (!timer_armed(e, TIMER_GUARD))
        send_refuse(s, guard_lacks(e, true));
}

void guard_timer(struct step *s)
{
    struct engine *e = s->e;
    enum reason lack = guard_lacks(e, (e->guard_flags & ASK_FLAG_FORCE) != 0);

    if (e->guard_stage != GUARD_CHECKING)
        return; /* while raising, progress refuses once coverage is lost */
    if (lack != REASON_NONE)
        send_refuse(s, lack);
    else
        e->guard_stage = GUARD_RAISING;
}

void guard_level_failed(struct step *s)
{
    if (s->e->guard_stage == GUARD_RAISING)
        send_refuse(s, REASON_NOT_RAISED);
}

/* ---- the leaver's side ---- */

/* Goes on when the guards' promises cover everything; gives up when all have answered and they do
 * not. */
static void weigh_answers(struct step *s)
{
    struct engine *e = s->e;
    bool dry = (e->op_flags & ASK_FLAG_DRY_RUN) != 0;
    uint64_t held = 0;

    for (unsigned n = 0; n < e->nodes; n++)
        held |= e->guards[n] & e->prefixes;
    if (!dry)
        held = guard_held(e);
    if (held == e->prefixes) {
        if (dry)
            roll_back(s, RESULT_DONE, REASON_DRY_RUN);
        else
            enter(s, PHASE_LOWERING, REASON_NONE);
        return;
    }
    if ((e->answered | BIT(e->self)) != (e->members | BIT(e->self)))
        return;
    if (e->refusal.reason == REASON_NONE) {
        e->refusal.reason = REASON_NOT_COVERED;
        e->refusal.prefixes = e->prefixes & ~held;
    }
    roll_back(s, RESULT_REFUSED, e->refusal.reason);
}

static void on_answer(struct step *s, const struct message *m, unsigned from)
{
    struct engine *e = s->e;
    bool guard = m->type == MESSAGE_GUARD;

    if (e->phase != PHASE_GUARDING || from == e->self || (guard ? m->guard.op : m->end.op) != e->op)
        return;
    e->answered |= (uint8_t)BIT(from);
    if (guard) {
        e->guards[from] = m->guard.covers;
    } else if (e->refusal.reason == REASON_NONE) {
        e->refusal.reason = m->end.reason;
        e->refusal.prefixes = m->end.prefixes;
        e->refusal.tunnels = m->end.tunnels;
        e->refusal.sessions = m->end.sessions;
        e->refusal.node = e->id[from];
    }
    weigh_answers(s);
}

/* Another's request was delivered before ours, which is still on its way or has just come second.
 */
static void lose_to_lock(struct step *s)
{
    struct engine *e = s->e;

    e->refusal.reason = REASON_LOCK_HELD;
    e->refusal.holder = e->lock;
    e->refusal.node = e->id[e->lock_node];
    roll_back(s, RESULT_REFUSED, REASON_LOCK_HELD);
}

static void on_own_request(struct step *s, op_t op, bool taken)
{
    struct engine *e = s->e;

    if (e->phase != PHASE_REQUESTING || op != e->op) {
        if (taken) /* given up before it was delivered: nobody else can free the lock */
            reject(s, op, RESULT_ROLLED_BACK, REASON_ABORTED, OP_NONE, 0);
        return;
    }
    if (taken) {
        enter(s, PHASE_GUARDING, REASON_NONE);
        return;
    }
    lose_to_lock(s);
}

static void on_request(struct step *s, const struct message *m, unsigned from)
{
    struct engine *e = s->e;
    bool taken = e->lock == OP_NONE;

    if (taken) {
        e->lock = m->request.op;
        e->lock_node = (uint8_t)from;
    }
    if (from == e->self) {
        on_own_request(s, m->request.op, taken);
    } else if (taken) {
        if (e->phase == PHASE_REQUESTING)
            lose_to_lock(s); /* so that the loser can guard the winner, and exactly one wins */
        guard_begin(s, m->request.op, m->request.flags);
    }
}

static void on_end(struct step *s, const struct message *m, unsigned from)
{
    struct engine *e = s->e;

    if (e->lock != m->end.op || e->lock_node != from)
        return;
    e->lock = OP_NONE;
    e->lock_node = 0;
    e->guard_op = OP_NONE;
    e->guard_stage = GUARD_NONE;
    timer_stop(s, TIMER_GUARD);
}

void on_message(struct step *s, const struct message *m)
{
    int from = node_index(s->e, m->from);

    if (from < 0 || !(s->e->members & BIT(from)))
        return;
    switch (m->type) {
    case MESSAGE_RECORD:
        on_record(s, (unsigned)from, &m->record);
        break;
    case MESSAGE_ASK:
        on_ask(s, m, (unsigned)from);
        break;
    case MESSAGE_REQUEST:
        on_request(s, m, (unsigned)from);
        break;
    case MESSAGE_GUARD:
    case MESSAGE_REFUSE:
        on_answer(s, m, (unsigned)from);
        break;
    case MESSAGE_END:
        on_end(s, m, (unsigned)from);
        break;
    default:
        break;
    }
}
