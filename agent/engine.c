/* The engine's step: one event in, then whatever follows from the state it leaves. */
#include "agent/engine.h"

#include <string.h>

#include "agent/guard.h"
#include "agent/step.h"

CGWHA_NAME_OF(timer_name, TIMER_LIST, TIMERS)
CGWHA_NAME_OF(order_name, ORDER_LIST, ORDERS)
CGWHA_NAME_OF(event_name, EVENT_LIST, EVENTS)
CGWHA_NAME_OF(effect_name, EFFECT_LIST, EFFECTS)

static bool tunnels_complete(const struct engine *e)
{
    return e->seen.sessions_up == (uint8_t)(BIT(e->tunnels) - 1u) && e->seen.routes;
}

static bool tunnels_some(const struct engine *e)
{
    return e->seen.sessions_up != 0 && e->seen.routes;
}

/* An agent that finds its node carrying traffic leaves it so: a restart never changes routes. One
 * that is in service and meant to be out waits to be drained, as it did before. */
static enum phase first_phase(enum intent intent, enum level level)
{
    if (level >= LEVEL_NORMAL)
        return PHASE_IN_SERVICE;
    if (intent == INTENT_MAINTENANCE)
        return level == LEVEL_WITHDRAWN ? PHASE_DRAINED : PHASE_SAFETY_NET;
    return PHASE_CONNECTING;
}

static void on_start(struct step *s, const struct event *ev)
{
    struct engine *e = s->e;

    if (e->phase != PHASE_STARTING)
        return;
    e->nodes = ev->start.nodes;
    e->self = ev->start.self;
    e->tunnels = ev->start.tunnels;
    e->intent = ev->start.intent;
    e->level = ev->start.level;
    e->level_failed = LEVELS;
    memcpy(e->id, ev->start.id, sizeof(e->id));
    e->serial = ev->start.serial;
    e->prefixes = ev->start.prefixes;
    e->digest = ev->start.digest;
    e->members = e->ring = (uint8_t)BIT(e->self);
    e->seen.sick = SICK_UNREAD;
    timer_start(s, TIMER_RECORDS, 0); /* a view that never comes is a view of one */
    e->told_out = e->intent == INTENT_MAINTENANCE;
    enter(s, first_phase(e->intent, e->level), REASON_STARTED);
}

static void on_observe(struct step *s, const struct observation *seen)
{
    struct engine *e = s->e;

    e->seen = *seen;
    if ((seen->sick & SICK_ROUTER) || order_pending(e, ORDER_LEVEL))
        return; /* what is exported cannot be told, or is just being changed */
    e->drift = seen->level >= LEVELS;
    if (!e->drift)
        e->level = seen->level;
}

static void on_quiet(struct step *s, bool quiet)
{
    s->e->quiet = quiet && s->e->phase == PHASE_SETTLING;
}

/* Low is in force, as far as can be told. */
static bool at_low(const struct engine *e)
{
    return e->level == LEVEL_LOW && !e->drift && !order_pending(e, ORDER_LEVEL);
}

/* The router still exports: we were not let out, so we are in. */
static void withdraw_failed(struct step *s)
{
    s->e->withdrew = 0;
    roll_back(s, RESULT_ROLLED_BACK, REASON_LEVEL_FAILED);
}

/* Sessions that could not be opened stay closed for ever if nobody asks again: a safety net that
 * covers nothing. The phase's own timer, which means nothing more than patience here, asks. */
static void on_open_failed(struct step *s)
{
    uint8_t phase = s->e->phase;

    if ((phase == PHASE_CONNECTING || phase == PHASE_SOAKING || phase == PHASE_SAFETY_NET) &&
        !timer_armed(s->e, TIMER_PHASE))
        timer_start(s, TIMER_PHASE, 0);
}

/* Whatever was seen last: that may be from before the sessions were closed. To open what is open
 * does nothing. */
static void open_again(struct step *s)
{
    if (!order_pending(s->e, ORDER_OPEN))
        order(s, ORDER_OPEN, 0);
}

static void on_phase_deadline(struct step *s)
{
    struct engine *e = s->e;

    switch (e->phase) {
    case PHASE_REQUESTING:
        roll_back(s, RESULT_ROLLED_BACK, REASON_DEADLINE);
        break;
    case PHASE_GUARDING:
        roll_back(s, RESULT_ROLLED_BACK, REASON_GUARD_SILENT);
        break;
    case PHASE_LOWERING:
        roll_back(s, RESULT_ROLLED_BACK, REASON_LEVEL_FAILED);
        break;
    case PHASE_SETTLING:
        if (!at_low(e))
            roll_back(s, RESULT_ROLLED_BACK, REASON_LEVEL_FAILED);
        else if (e->op_flags & ASK_FLAG_FORCE)
            enter(s, PHASE_WITHDRAWING, REASON_TRAFFIC_STAYS);
        else
            roll_back(s, RESULT_ROLLED_BACK, REASON_TRAFFIC_STAYS);
        break;
    case PHASE_WITHDRAWING:
        if (e->withdrew)
            withdraw_failed(s);
        else
            roll_back(s, RESULT_ROLLED_BACK, REASON_SAVE_FAILED);
        break;
    case PHASE_CLOSING:
        enter(s, PHASE_RELEASING, REASON_DEADLINE);
        break;
    case PHASE_RELEASING:
        enter(s, PHASE_DRAINED, REASON_DEADLINE);
        finish(s, RESULT_DONE, REASON_DEADLINE);
        break;
    case PHASE_CONNECTING:
        /* From now on some tunnels are enough; with none the node goes on trying, but the operator
         * is told. */
        if (!tunnels_some(e))
            finish(s, RESULT_TIMED_OUT, REASON_DEADLINE);
        open_again(s);
        break;
    case PHASE_SOAKING:
    case PHASE_SAFETY_NET:
        open_again(s);
        break;
    default:
        break;
    }
}

static void on_operation_deadline(struct step *s)
{
    if (may_roll_back(s->e))
        roll_back(s, RESULT_TIMED_OUT, REASON_DEADLINE);
    else if (s->e->op_kind == ASK_UNDRAIN)
        finish(s, RESULT_TIMED_OUT, REASON_DEADLINE);
    /* Past the withdraw an operation only ends by being done. */
}

static void on_soaked(struct step *s)
{
    struct engine *e = s->e;

    if (e->level != LEVEL_LOW || e->drift || e->seen.covers == 0) {
        /* Not proven: progress() starts the soak again; an operator waits for one, not for ever. */
        finish(s, RESULT_TIMED_OUT, REASON_DEADLINE);
        return;
    }
    enter(s, PHASE_IN_SERVICE, REASON_SOAKED);
    finish(s, RESULT_DONE, REASON_NONE);
}

static void on_timer(struct step *s, unsigned timer)
{
    struct engine *e = s->e;

    if (timer >= TIMERS || !timer_armed(e, timer))
        return; /* stopped while it was on its way */
    e->armed &= (uint16_t)~BIT(timer);
    switch (timer) {
    case TIMER_PHASE:
        on_phase_deadline(s);
        break;
    case TIMER_SETTLE:
        enter(s, PHASE_WITHDRAWING, REASON_NONE);
        break;
    case TIMER_SOAK:
        on_soaked(s);
        break;
    case TIMER_GRACE:
        e->grace = 0;
        e->known &= e->members;
        break;
    case TIMER_RECORDS:
        e->viewed = 1;
        e->known &= (uint8_t)~e->awaited;
        e->awaited = 0;
        break;
    case TIMER_REDRAIN:
        begin_drain(s, engine_new_op(e), 0, 0, REASON_COVERED);
        break;
    case TIMER_GUARD:
        guard_timer(s);
        break;
    case TIMER_OPERATION:
        on_operation_deadline(s);
        break;
    default: /* TIMER_LEVEL: reconcile() tries again */
        break;
    }
}

static void on_level_done(struct step *s, bool ok)
{
    struct engine *e = s->e;

    if (ok) {
        e->level = e->level_asked;
        e->level_failed = LEVELS;
        e->drift = 0;
        timer_stop(s, TIMER_LEVEL);
        if (e->level == LEVEL_WITHDRAWN) {
            e->seen.covers = 0;
            e->seen.level = LEVEL_WITHDRAWN;
        }
        return;
    }
    e->level_failed = e->level_asked;
    e->drift = 1;
    timer_start(s, TIMER_LEVEL, 0);
    guard_level_failed(s);
    if (e->phase == PHASE_LOWERING || e->phase == PHASE_SETTLING)
        roll_back(s, RESULT_ROLLED_BACK, REASON_LEVEL_FAILED);
    else if (e->phase == PHASE_WITHDRAWING && e->withdrew)
        withdraw_failed(s);
}

static void on_save_done(struct step *s, bool ok)
{
    struct engine *e = s->e;

    if (e->phase != PHASE_WITHDRAWING || e->saved)
        return;
    if (!ok) {
        roll_back(s, RESULT_ROLLED_BACK, REASON_SAVE_FAILED);
        return;
    }
    e->saved = 1;
    e->intent = INTENT_MAINTENANCE;
}

static void on_done(struct step *s, unsigned which, bool ok)
{
    struct engine *e = s->e;

    if (which >= ORDERS || !order_pending(e, which))
        return;
    e->pending &= (uint8_t)~BIT(which);
    switch (which) {
    case ORDER_LEVEL:
        on_level_done(s, ok);
        break;
    case ORDER_SAVE:
        on_save_done(s, ok);
        break;
    case ORDER_CLOSE:
        if (e->phase == PHASE_CLOSING)
            enter(s, PHASE_RELEASING, REASON_NONE);
        break;
    case ORDER_FRESHEN:
        guard_freshened(s);
        break;
    case ORDER_RELEASE:
        if (e->phase == PHASE_RELEASING) {
            enter(s, PHASE_DRAINED, REASON_NONE);
            finish(s, RESULT_DONE, REASON_NONE);
        }
        break;
    default: /* ORDER_OPEN: sessions are seen coming up */
        if (!ok)
            on_open_failed(s);
        break;
    }
}

/* ---- what follows from the state ---- */

static void to_safety_net(struct step *s, enum reason reason)
{
    finish(s, RESULT_ROLLED_BACK, reason);
    enter(s, PHASE_SAFETY_NET, reason);
}

static void progress_withdrawing(struct step *s)
{
    struct engine *e = s->e;

    if (!e->saved)
        return;
    if (!e->withdrew) {
        if (!guard_permits_withdraw(e)) {
            roll_back(s, RESULT_ROLLED_BACK, REASON_GUARD_SICK);
            return;
        }
        e->withdrew = 1;
        order(s, ORDER_LEVEL, LEVEL_WITHDRAWN);
    } else if (e->level == LEVEL_WITHDRAWN && !order_pending(e, ORDER_LEVEL)) {
        enter(s, PHASE_CLOSING, REASON_NONE);
    } else if (no_coverer(e)) {
        to_safety_net(s, REASON_NO_COVERER);
    }
}

/* Traffic has settled only while low is in force: what is quiet at another level proves nothing. */
static void progress_settling(struct step *s)
{
    if (!s->e->quiet || !at_low(s->e))
        timer_stop(s, TIMER_SETTLE);
    else if (!timer_armed(s->e, TIMER_SETTLE))
        timer_start(s, TIMER_SETTLE, 0);
}

/* A tunnel that comes back after all were gone has shown nothing yet: the node returns like one
 * that was out, while others carry. Sessions of a router that cannot be read are not gone: it may
 * only be slow, and the other may die just then. A promise to guard binds until the other has read
 * that it is void. */
static bool lost_all(const struct engine *e)
{
    return e->seen.sessions_up == 0 && !(e->seen.sick & (SICK_UNREAD | SICK_ROUTER)) &&
           e->guard_stage == GUARD_NONE && e->viewed && !no_coverer(e);
}

/* An unfit node stands aside, at low, once another has made itself the better path: the same order
 * of things as in a drain, but that nothing is withdrawn, so that nobody's promise is needed and
 * the node still covers, should the other fail. Not while another operation runs, nor bound by a
 * promise. */
static bool may_stand_aside(const struct engine *e)
{
    return unfit(e) && e->lock == OP_NONE && e->guard_stage == GUARD_NONE && others_took_over(e);
}

static void progress_in_service(struct step *s)
{
    if (lost_all(s->e))
        enter(s, PHASE_CONNECTING, REASON_LOST_IN_SERVICE);
    else if (may_stand_aside(s->e))
        enter(s, PHASE_UNFIT, REASON_UNFIT);
}

/* The last one that serves, whatever its tracks say, serves: what they track may be at fault. */
static void progress_unfit(struct step *s)
{
    if (lost_all(s->e))
        enter(s, PHASE_CONNECTING, REASON_LOST_IN_SERVICE);
    else if (!unfit(s->e))
        enter(s, PHASE_SOAKING, REASON_FIT);
    else if (s->e->viewed && !another_serves(s->e))
        enter(s, PHASE_IN_SERVICE, REASON_NO_COVERER);
}

/* Meant to be out, and in: asks to leave as soon as others have been able to carry everything for
 * some time. */
static void progress_pending(struct step *s)
{
    bool can = others_could_guard(s->e) && s->e->lock == OP_NONE && s->e->grace == 0;

    if (!can || s->e->intent != INTENT_MAINTENANCE)
        timer_stop(s, TIMER_REDRAIN);
    else if (!timer_armed(s->e, TIMER_REDRAIN))
        timer_start(s, TIMER_REDRAIN, 0);
}

static void progress_soaking(struct step *s)
{
    struct engine *e = s->e;

    if (!tunnels_some(e)) {
        enter(s, PHASE_CONNECTING, REASON_LOST_WHILE_RETURNING);
    } else if (unfit(e) && another_serves(e)) {
        finish(s, RESULT_TIMED_OUT, REASON_UNFIT);
        enter(s, PHASE_UNFIT, REASON_UNFIT);
    } else if (e->level == LEVEL_LOW && !e->drift && !timer_armed(e, TIMER_SOAK)) {
        timer_start(s, TIMER_SOAK, 0);
    }
    if (e->phase == PHASE_SOAKING)
        progress_pending(s);
}

static void progress(struct step *s)
{
    struct engine *e = s->e;

    switch (e->phase) {
    case PHASE_LOWERING:
        if (at_low(e))
            enter(s, PHASE_SETTLING, REASON_NONE);
        break;
    case PHASE_SETTLING:
        progress_settling(s);
        break;
    case PHASE_WITHDRAWING:
        progress_withdrawing(s);
        break;
    case PHASE_DRAINED:
        if (e->seen.covers != 0 && e->seen.level != LEVEL_WITHDRAWN) {
            to_safety_net(s, REASON_EXPORTS_BACK);
            break;
        }
        /* fall through */
    case PHASE_CLOSING:
    case PHASE_RELEASING:
        if (no_coverer(e))
            to_safety_net(s, REASON_NO_COVERER);
        break;
    case PHASE_CONNECTING:
        if (tunnels_complete(e) || (tunnels_some(e) && !timer_armed(e, TIMER_PHASE)))
            enter(s, PHASE_SOAKING, REASON_CONNECTED);
        else
            progress_pending(s);
        break;
    case PHASE_SOAKING:
        progress_soaking(s);
        break;
    case PHASE_IN_SERVICE:
        progress_in_service(s);
        break;
    case PHASE_UNFIT:
        progress_unfit(s);
        break;
    default:
        break;
    }
    if (e->phase == PHASE_IN_SERVICE || e->phase == PHASE_SAFETY_NET || e->phase == PHASE_UNFIT)
        progress_pending(s);
    guard_progress(s);
}

/* Orders the level that the state asks for, by comparing, not by remembering what changed. A
 * withdraw is never ordered here: only progress_withdrawing() does, with the guard's permission. */
static void reconcile(struct step *s)
{
    struct engine *e = s->e;
    uint8_t target = (uint8_t)engine_target(e);

    if (e->phase == PHASE_STARTING || target == LEVEL_WITHDRAWN)
        return;
    if (order_pending(e, ORDER_LEVEL) ? e->level_asked == target : e->level == target && !e->drift)
        return;
    if (e->level_failed == target && timer_armed(e, TIMER_LEVEL))
        return;
    order(s, ORDER_LEVEL, target);
}

static void dispatch(struct step *s, const struct event *ev)
{
    switch (ev->type) {
    case EVENT_START:
        on_start(s, ev);
        break;
    case EVENT_VIEW:
        on_view(s, ev->view.members, ev->view.ring);
        break;
    case EVENT_MESSAGE:
        on_message(s, &ev->message);
        break;
    case EVENT_OBSERVE:
        on_observe(s, &ev->observe);
        break;
    case EVENT_QUIET:
        on_quiet(s, ev->quiet.quiet);
        break;
    case EVENT_TIMER:
        on_timer(s, ev->timer.timer);
        break;
    case EVENT_DONE:
        on_done(s, ev->done.order, ev->done.ok);
        break;
    case EVENT_GAP:
        if (may_roll_back(s->e))
            roll_back(s, RESULT_ROLLED_BACK, REASON_CLOCK_GAP);
        break;
    default:
        break;
    }
}

void engine_step(struct engine *e, const struct event *event, struct effects *out)
{
    struct step s = {.e = e, .out = out};
    uint8_t before;

    out->count = 0;
    if (e->phase == PHASE_STARTING && event->type != EVENT_START)
        return;
    dispatch(&s, event);
    do {
        before = e->phase;
        progress(&s);
    } while (e->phase != before);
    reconcile(&s);
    publish(&s);
}

op_t engine_new_op(struct engine *e)
{
    return OP(e->id[e->self], e->serial++);
}
