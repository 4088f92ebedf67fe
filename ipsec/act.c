/* Acting: keeping tunnels up, freshening and releasing them, step by step on complete snapshots.
 * It must end every order exactly once, and never initiate what is CONNECTING nor delete what is
 * being rekeyed. */
#include "ipsec/charon.h"

#include <inttypes.h>
#include <qb/qblog.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_MS UINT64_C(1000000)

static bool since(uint64_t then_ns, uint32_t ms)
{
    return charon_now() - then_ns >= ms * NS_PER_MS;
}

/* Tags of requests: an initiate's tells its tunnel. */
enum { TAG_SA = TUNNELS_MAX };

static bool send_act(struct charon *d, struct vici_writer *frame, const char *name, uint32_t tag)
{
    char err[ERR_MAX];

    if (d->act.fd < 0 && !client_open(&d->act, err)) {
        qb_log(LOG_WARNING, "IPsec: \"%s\" was not sent: %s", name, err);
        return false;
    }
    if (!client_send(&d->act, frame, name, tag))
        return false;
    d->acts++;
    return true;
}

/* Asks charon to initiate and to return at once (timeout -1, no log events): what becomes of it is
 * seen in the table. Not while it has yet to take the last one, nor before the table can show it.
 */
static void initiate(struct charon *d, unsigned tunnel)
{
    const struct ipsec_tunnel *t = &d->conf.tunnel[tunnel];
    struct keep *keep = &d->keep[tunnel];
    uint8_t bytes[CLIENT_REQUEST_MAX];
    struct vici_writer frame;

    if (keep->asked || d->looks < keep->first_look || charon_now() < keep->next_ns)
        return;
    vici_start(&frame, bytes, sizeof(bytes), VICI_CMD_REQUEST, "initiate");
    vici_put(&frame, "child", t->child);
    vici_put(&frame, "ike", t->ike);
    vici_put_int(&frame, "timeout", -1);
    vici_put_int(&frame, "loglevel", -1);
    keep->asked = send_act(d, &frame, "initiate", tunnel);
    if (keep->asked)
        qb_log(LOG_INFO, "IPsec: %s is down, initiating it", t->ike);
}

/* charon has taken an initiate, or never will. */
static void initiated(struct charon *d, struct keep *keep)
{
    keep->asked = false;
    keep->first_look = d->looks + 1;
    keep->next_ns = charon_now() + keep->backoff * NS_PER_MS;
    keep->backoff =
        keep->backoff * 2 < d->timing.backoff_max ? keep->backoff * 2 : d->timing.backoff_max;
}

/* Nothing sent on the connection for orders will be answered any more. */
static void forget_acts(struct charon *d)
{
    d->acts = 0;
    for (unsigned i = 0; i < TUNNELS_MAX; i++) {
        if (d->keep[i].asked)
            initiated(d, &d->keep[i]);
    }
}

static void begin_anew(struct charon *d, struct keep *keep)
{
    keep->next_ns = 0;
    keep->backoff = d->timing.backoff;
}

/* True once for each act and SA, and again when charon has taken it and it left no trace. */
static bool worth_trying(struct charon *d, struct plan plan)
{
    struct order *order = &d->order;
    unsigned known = order->tries < TRIED_MAX ? order->tries : TRIED_MAX;

    for (unsigned i = 0; i < known; i++) {
        struct tried *t = &order->tried[i];
        if (t->act != plan.act || t->id != plan.id)
            continue;
        if (!since(t->at_ns, d->timing.retry) || d->acts > 0)
            return false;
        t->at_ns = charon_now();
        return true;
    }
    order->tried[order->tries++ % TRIED_MAX] = (struct tried){plan.act, plan.id, charon_now()};
    return true;
}

static void act_on_sa(struct charon *d, struct plan plan)
{
    const char *name = plan.act == PLAN_TERMINATE ? "terminate" : "rekey";
    const char *key = plan.act == PLAN_REKEY_CHILD ? "child-id" : "ike-id";
    uint8_t bytes[CLIENT_REQUEST_MAX];
    struct vici_writer frame;

    if (!worth_trying(d, plan))
        return;
    vici_start(&frame, bytes, sizeof(bytes), VICI_CMD_REQUEST, name);
    vici_put_int(&frame, key, plan.id);
    if (plan.act == PLAN_TERMINATE) {
        vici_put_int(&frame, "timeout", -1);
        vici_put_int(&frame, "loglevel", -1);
    }
    if (send_act(d, &frame, name, TAG_SA))
        qb_log(LOG_INFO, "IPsec: order %" PRIu32 ": %s %s %" PRIu32, d->order.id, name, key,
               plan.id);
}

static void finish(struct charon *d, enum outcome outcome, const char *why)
{
    alarm_clear(d, &d->deadline);
    charon_post_done(d, d->order.id, outcome, why);
    if (outcome == OUTCOME_OK)
        d->order.tries = 0; /* nothing is left of what was begun */
    d->order.kind = ORDER_NONE;
}

static bool was_terminated(const struct charon *d, uint32_t id)
{
    unsigned known = d->order.tries < TRIED_MAX ? d->order.tries : TRIED_MAX;

    for (unsigned i = 0; i < known; i++) {
        if (d->order.tried[i].act == PLAN_TERMINATE && d->order.tried[i].id == id)
            return true;
    }
    return false;
}

/* An SA whose DELETE the peer has not read yet carries on until it has: long enough for BGP to come
 * up in it, and for traffic to be lost when it goes. So what is left of a release that is called
 * off, or was never answered, is destroyed here at once; the new SA that follows replaces it at the
 * peer (INITIAL_CONTACT, RFC 7296 section 2.4). */
static void destroy_half_deleted(struct charon *d)
{
    uint8_t bytes[CLIENT_REQUEST_MAX];
    struct vici_writer frame;

    for (unsigned i = 0; i < d->table.now.ikes; i++) {
        const struct sa_ike *ike = &d->table.now.ike[i];

        if (ike->tunnels == 0 ||
            !(ike->state == IKE_DELETING || ike->deleting || was_terminated(d, ike->id)))
            continue;
        vici_start(&frame, bytes, sizeof(bytes), VICI_CMD_REQUEST, "terminate");
        vici_put_int(&frame, "ike-id", ike->id);
        vici_put(&frame, "force", "yes");
        vici_put_int(&frame, "timeout", -1);
        vici_put_int(&frame, "loglevel", -1);
        if (send_act(d, &frame, "terminate", TAG_SA))
            qb_log(LOG_INFO, "IPsec: ike-id %" PRIu32 " is being deleted, destroying it", ike->id);
    }
    d->order.tries = 0;
}

/* True if a tunnel is as the order wants it. */
static bool is_as_ordered(const struct charon *d, unsigned tunnel)
{
    if (d->order.kind == ORDER_FRESHEN)
        return plan_freshen(&d->table, tunnel, &d->order.stale).act == PLAN_NOTHING;
    for (unsigned i = 0; i < d->table.now.ikes; i++) {
        if (d->table.now.ike[i].tunnels & (1u << tunnel))
            return false;
    }
    return true;
}

/* The tunnels that are not as ordered, in words. */
static void what_is_left(const struct charon *d, char why[ERR_MAX])
{
    const struct plan_stale *stale =
        d->order.kind == ORDER_FRESHEN && d->order.marked ? &d->order.stale : NULL;
    char words[ERR_MAX];

    why[0] = '\0';
    for (unsigned i = 0; i < d->conf.count; i++) {
        if (is_as_ordered(d, i))
            continue;
        if (why[0] != '\0')
            strlcat(why, "; ", ERR_MAX);
        strlcat(why, plan_words(&d->table, i, stale, words, sizeof(words)), ERR_MAX);
    }
    if (why[0] == '\0')
        strlcpy(why, "charon was too slow to show the result", ERR_MAX);
}

static void on_deadline(void *data)
{
    struct charon *d = data;
    char why[ERR_MAX];

    d->deadline.set = false;
    if (d->link == LINK_UP)
        what_is_left(d, why);
    else
        snprintf(why, sizeof(why), "charon at %s is slow to answer", d->conf.socket);
    finish(d, d->order.kind == ORDER_FRESHEN ? OUTCOME_FAILED : OUTCOME_TIMEOUT, why);
}

static void freshen_step(struct charon *d)
{
    bool all = true;

    if (!d->order.marked)
        plan_mark_stale(&d->table, d->order.horizon_s, &d->order.stale);
    d->order.marked = true;
    for (unsigned i = 0; i < d->conf.count; i++) {
        struct plan plan = plan_freshen(&d->table, i, &d->order.stale);
        all &= plan.act == PLAN_NOTHING;
        if (plan.act == PLAN_INITIATE)
            initiate(d, i);
        if (plan.act == PLAN_REKEY_IKE || plan.act == PLAN_REKEY_CHILD)
            act_on_sa(d, plan);
    }
    if (all)
        finish(d, OUTCOME_OK, "");
}

static void release_step(struct charon *d)
{
    bool patient = !since(d->order.began_ns, d->timing.patience);

    for (unsigned i = 0; i < d->table.now.ikes; i++) {
        struct plan plan = plan_release(&d->table, &d->table.now.ike[i], patient);
        if (plan.act == PLAN_TERMINATE)
            act_on_sa(d, plan);
    }
    if (d->table.now.ikes > 0)
        return;
    if (d->sure)
        finish(d, OUTCOME_OK, "");
    else
        look_surely(d);
}

static void keep_step(struct charon *d, unsigned tunnel)
{
    if (plan_up(&d->table, tunnel).act == PLAN_INITIATE &&
        since(d->keep[tunnel].down_ns, d->timing.down))
        initiate(d, tunnel);
}

/* Notes what is down; true if anything is. */
static bool note_down(struct charon *d)
{
    struct ipsec_seen seen;
    bool any = false;

    sa_seen(&d->table, &seen);
    for (unsigned i = 0; i < d->conf.count; i++) {
        if (seen.tunnel[i].installed)
            d->keep[i].down_ns = 0;
        else if (d->keep[i].down_ns == 0)
            d->keep[i].down_ns = charon_now();
        if (seen.tunnel[i].installed)
            begin_anew(d, &d->keep[i]);
        any |= !seen.tunnel[i].installed;
    }
    return any;
}

static void on_tick(void *data)
{
    struct charon *d = data;

    d->tick.set = false;
    if (!d->looking) /* otherwise the snapshot under way sets the next tick */
        look_now(d);
}

void act_on_snapshot(struct charon *d)
{
    bool down = note_down(d);

    if (d->order.kind != ORDER_NONE && d->looks >= d->order.first_look) {
        if (d->order.kind == ORDER_FRESHEN)
            freshen_step(d);
        else
            release_step(d);
    }
    for (unsigned i = 0; d->keep_up && i < d->conf.count; i++)
        keep_step(d, i);
    if (d->order.kind != ORDER_NONE)
        alarm_set(d, &d->tick, d->timing.tick, on_tick);
    else if (!d->keep_up || !down)
        alarm_clear(d, &d->tick);
    else if (!d->tick.set) /* others' snapshots in between must not put it off */
        alarm_set(d, &d->tick, d->timing.keep_tick, on_tick);
}

void act_on_link_down(struct charon *d)
{
    alarm_clear(d, &d->tick);
    forget_acts(d);
    d->order.tries = 0; /* another charon gives its SAs the same numbers */
    if (d->order.kind != ORDER_NONE)
        finish(d, OUTCOME_FAILED, d->why);
}

void act_keep_up(struct charon *d, bool on)
{
    if (on && d->order.kind == ORDER_RELEASE)
        finish(d, OUTCOME_FAILED, "the tunnels are to be kept up again");
    if (on && !d->keep_up) {
        for (unsigned i = 0; i < TUNNELS_MAX; i++)
            begin_anew(d, &d->keep[i]);
        if (d->link == LINK_UP)
            destroy_half_deleted(d);
        d->keep_up = true;
        look_now(d);
    }
    d->keep_up = on;
}

/* Ends before its deadline, not on it: the owner's own timer is set to the same moment. */
static uint32_t sooner_than(uint32_t deadline_ms)
{
    uint32_t margin = deadline_ms / 8;
    return deadline_ms - (margin < 100 ? margin : 100);
}

void act_order(struct charon *d, enum order_kind kind, uint32_t id, uint32_t horizon_s,
               uint32_t deadline_ms)
{
    if (d->order.kind != ORDER_NONE)
        finish(d, OUTCOME_FAILED, "a newer order took its place");
    if (d->link == LINK_DOWN) {
        charon_post_done(d, id, OUTCOME_FAILED, d->why);
        return;
    }
    d->order = (struct order){
        .kind = kind,
        .id = id,
        .horizon_s = horizon_s,
        .began_ns = charon_now(),
        .first_look = d->looks + 1,
    };
    for (unsigned i = 0; i < TUNNELS_MAX; i++)
        begin_anew(d, &d->keep[i]);
    alarm_set(d, &d->deadline, sooner_than(deadline_ms), on_deadline);
    look_now(d);
}

/* The answer to an order: its effect is for the table to show, its refusal for the log. */
static void on_answer(void *ctx, uint32_t tag, const struct vici_packet *packet)
{
    struct charon *d = ctx;
    struct vici_text success = {0}, message = {0};
    char text[ERR_MAX / 2];

    d->acts--;
    if (tag < TUNNELS_MAX)
        initiated(d, &d->keep[tag]);
    if (packet->type != VICI_CMD_RESPONSE) {
        qb_log(LOG_ERR, "IPsec: charon does not know an order that every strongSwan knows");
    } else if (!vici_find(packet->body, "success", &success) || !vici_is(success, "yes")) {
        vici_find(packet->body, "errmsg", &message);
        qb_log(LOG_WARNING, "IPsec: charon refuses an order: %s",
               vici_copy(message, text, sizeof(text)));
        d->conns_stale = true; /* perhaps a connection was unloaded */
    }
    look_now(d);
}

static void on_event(void *ctx, const struct vici_packet *packet)
{
    (void)ctx;
    (void)packet; /* nothing was registered here */
}

/* The orders sent are lost; those still wanted are sent again on a coming snapshot. */
static void on_broken(void *ctx, const char *why)
{
    struct charon *d = ctx;

    if (d->acts > 0)
        qb_log(LOG_WARNING, "IPsec: an order was not taken: %s", why);
    forget_acts(d);
}

const struct client_events act_events = {on_answer, on_event, on_broken};
