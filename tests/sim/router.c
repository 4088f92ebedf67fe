/* The fake router: BIRD behind its driver, as routing/router.h tells of them.
 *
 * The level file survives the agent's death.  A level is tried, read back, confirmed; what is not
 * confirmed the router undoes by itself after CONFIRM_TIMEOUT_S, whoever has died since.  After a
 * start of the router the level file is in force, and after a boot the file says low.  Exports
 * follow a new level after a while, each session in its own time. */
#include <string.h>

#include "tests/sim/world.h"

#define ALL_PREFIXES ((uint8_t)((1u << PREFIXES) - 1u))
#define SOFT         (ROUTER_UNDO_MS * MS)
#define LAN_UP_MS    2500 /* the LAN's session after a start: less than any soak */

/* ---- the machine ---- */

static bool can_talk(const struct host *h, unsigned t)
{
    return h->power && h->router.up && !h->router.session[t].closed && h->ipsec.sa[t].up &&
           h->ipsec.path_dead[t] == 0 && h->ipsec.refused[t] == 0;
}

static bool has_routes(const struct host *h)
{
    for (unsigned t = 0; t < TUNNELS; t++) {
        if (h->router.session[t].up && h->router.session[t].routes)
            return true;
    }
    return false;
}

static void export_soon(struct host *h, unsigned s)
{
    push(h->world, HAPPENS_ROUTER_EXPORT, h->self, upto(h->world, h->world->plan.usual.export), s,
         ++h->router.session[s].export_gen, 0);
}

static void session_falls(struct host *h, unsigned t, bool told)
{
    struct session *s = &h->router.session[t];

    if (!s->up)
        return;
    trace(h->world, h->self, "session %u falls%s", t, told ? ", told" : "");
    s->up = s->routes = s->lost = s->falling = false;
    s->prefixes = 0;
    s->gen++;
    if (told)
        cloud_update(h, t);
    export_soon(h, LAN);
}

/* Sessions begin to come up where they can, and fall where they cannot go on. */
void router_look_at_sessions(struct host *h)
{
    struct world *w = h->world;

    for (unsigned t = 0; t < TUNNELS; t++) {
        struct session *s = &h->router.session[t];
        if (s->up && s->closed) {
            session_falls(h, t, true);
        } else if (s->up && !can_talk(h, t) && !s->falling) {
            s->falling = true;
            /* Nobody is told: the hold timer, or sooner if the tunnel's interface goes. */
            push(w, HAPPENS_SESSION_DOWN, h->self, rng_in(&w->rng, 200, 30000) * MS, t, s->gen, 0);
        } else if (!s->up && !s->connecting && can_talk(h, t)) {
            s->connecting = true;
            push(w, HAPPENS_SESSION_UP, h->self, upto(w, w->plan.usual.bgp), t, s->gen, 0);
        }
    }
}

static void session_up(struct host *h, unsigned t)
{
    struct world *w = h->world;
    struct session *s = &h->router.session[t];

    if (t == LAN) {
        s->up = true;
        s->lost = false;
        w->dirty = true;
        lan_update(h); /* a new session: the old one's hold timer is nothing any more */
        export_soon(h, LAN);
        return;
    }
    s->connecting = false;
    if (s->up || !can_talk(h, t))
        return;
    s->up = true;
    s->lost = false;
    s->gen++;
    s->level = h->router.level;
    s->prefixes = s->level == LEVEL_WITHDRAWN ? 0 : h->router.origin;
    trace(w, h->self, "session %u is up", t);
    cloud_update(h, t);
    push(w, HAPPENS_ROUTES, h->self, upto(w, w->plan.usual.routes), t, s->gen, 0);
}

/* A configuration takes hold: each session exports by it after a while. */
static void in_force(struct host *h, uint8_t level, bool voluntary)
{
    h->router.level = level;
    h->router.voluntary = voluntary;
    for (unsigned s = 0; s <= TUNNELS; s++)
        export_soon(h, s);
}

static void on_export(struct host *h, unsigned n)
{
    struct router_fake *r = &h->router;
    struct session *s = &r->session[n];

    if (!r->up || r->stuck > 0)
        return;
    if (r->level == LEVEL_WITHDRAWN && r->voluntary)
        h->world->voluntary = h->self;
    s->level = r->level;
    s->prefixes = r->level == LEVEL_WITHDRAWN ? 0 : r->origin;
    if (n == LAN) {
        s->routes = has_routes(h);
        if (s->up)
            lan_update(h);
    } else if (s->up) {
        cloud_update(h, n);
    } else {
        s->prefixes = 0;
    }
}

static void on_undo(struct host *h)
{
    struct router_fake *r = &h->router;

    if (!r->up || !r->unconfirmed)
        return;
    trace(h->world, h->self, "the router undoes %s by itself: %s again", level_name(r->level),
          level_name(r->undo_level));
    r->unconfirmed = false;
    in_force(h, r->undo_level, false);
}

static void lan_rises(struct host *h)
{
    push(h->world, HAPPENS_SESSION_UP, h->self, rng_in(&h->world->rng, 300, LAN_UP_MS) * MS, LAN,
         h->router.session[LAN].gen, 0);
}

static void lan_falls(struct host *h)
{
    struct session *s = &h->router.session[LAN];

    s->up = s->lost = false;
    s->gen++;
    h->world->dirty = true;
    lan_rises(h);
}

/* The router starts: with what the level file says. */
void router_begin(struct host *h)
{
    struct router_fake *r = &h->router;

    r->up = true;
    r->unconfirmed = false;
    r->undo_gen++;
    r->level = r->file < LEVELS ? r->file : LEVEL_LOW;
    r->voluntary = false;
    for (unsigned t = 0; t < TUNNELS; t++)
        r->session[t].closed = r->session[t].connecting = false;
    lan_rises(h);
    router_look_at_sessions(h);
}

void router_boot(struct host *h)
{
    h->router.file = LEVEL_LOW; /* /run is empty; conf/level-low.bird.conf is put there first */
    h->router.origin = ALL_PREFIXES;
    router_begin(h);
}

/* The router dies, silently. */
void router_stops(struct host *h)
{
    struct router_fake *r = &h->router;

    r->up = false;
    for (unsigned s = 0; s <= TUNNELS; s++) {
        r->session[s].up = r->session[s].routes = r->session[s].connecting = false;
        r->session[s].falling = r->session[s].lost = false;
        r->session[s].prefixes = 0;
        r->session[s].gen++;
        r->session[s].export_gen++;
    }
    cloud_silent(h);
}

void router_originates(struct host *h, uint8_t prefixes)
{
    h->router.origin = prefixes;
    for (unsigned t = 0; t < TUNNELS; t++)
        export_soon(h, t);
}

/* Somebody else puts it at a level: `birdc configure` with another level file. */
void router_put(struct host *h, uint8_t level, bool voluntary)
{
    h->router.file = level;
    h->router.unconfirmed = false;
    if (h->router.up)
        in_force(h, level, voluntary);
}

void router_unstick(struct host *h)
{
    for (unsigned s = 0; s <= TUNNELS; s++)
        export_soon(h, s);
}

/* ---- what is seen ---- */

static void see_session(const struct host *h, unsigned n, struct router_session_seen *out)
{
    const struct router_fake *r = &h->router;
    const struct session *s = &r->session[n];
    bool stuck = r->stuck > 0; /* and looks as if it had obeyed */
    uint8_t level = stuck ? r->level : s->level;
    uint8_t prefixes = stuck && level != LEVEL_WITHDRAWN ? r->origin : s->prefixes;

    memset(out, 0, sizeof(*out));
    if (stuck && level == LEVEL_WITHDRAWN)
        prefixes = 0;
    out->known = out->table = true;
    if (n == LAN) {
        out->established = s->up;
        out->routes_out = s->up && level != LEVEL_WITHDRAWN && s->routes ? 10 : 0;
        out->routes_wrong = level == r->file ? 0 : out->routes_out;
        return;
    }
    out->established = s->up;
    out->disabled = s->closed;
    if (!s->up)
        return;
    out->exported = prefixes;
    out->at_level = level == r->file ? out->exported : 0;
    out->routes_out = (uint32_t)__builtin_popcount(prefixes);
    out->routes_in = s->routes ? 100 : 0;
}

static void spoil(struct host *h)
{
    struct router_seen *seen = &h->router.seen;

    switch (rng_in(&h->world->rng, 0, 3)) {
    case 0:
        seen->reachable = false;
        break;
    case 1:
        seen->level_known = false;
        break;
    case 2:
        for (unsigned t = 0; t < TUNNELS; t++)
            seen->session[t].established = false;
        break;
    default:
        for (unsigned t = 0; t < TUNNELS; t++) {
            seen->session[t].exported &= 1;
            seen->session[t].at_level = 0;
        }
    }
}

static void take_snapshot(struct host *h)
{
    struct router_fake *r = &h->router;

    memset(&r->seen, 0, sizeof(r->seen));
    r->seen_taken = true;
    if (!r->up || r->hang > 0)
        return;
    r->seen.reachable = true;
    r->seen.level_known = r->file < LEVELS;
    r->seen.level = r->seen.level_known ? r->file : LEVEL_WITHDRAWN;
    for (unsigned s = 0; s <= TUNNELS; s++)
        see_session(h, s, &r->seen.session[s]);
    if (r->wrong > 0)
        spoil(h);
}

static uint64_t slowed(struct host *h, uint32_t ms)
{
    return upto(h->world, ms) * (h->router.slow > 0 ? 10 : 1);
}

static void poll_router(void *self)
{
    struct host *h = self;
    struct router_fake *r = &h->router;
    uint64_t delay = slowed(h, h->world->plan.usual.look);

    if (!agent_acts(h) || r->looking)
        return;
    r->looking = true;
    r->seen_taken = false;
    if (r->late > 0) {
        take_snapshot(h);
        delay += rng_in(&h->world->rng, 0, r->late_ms) * MS;
    } else if (rng_percent(&h->world->rng, 50)) {
        take_snapshot(h);
    }
    if (r->hang > 0)
        delay += ROUTER_SILENCE_MS * MS;
    push(h->world, HAPPENS_ROUTER_SEEN, h->self, delay, 0, h->inc, 0);
}

/* What is to stay closed is closed again as soon as it is seen open. */
static void keep_closed(struct host *h)
{
    struct router_fake *r = &h->router;

    for (unsigned t = 0; t < TUNNELS && r->keep_closed && r->up && r->orders == 0; t++) {
        if (!r->session[t].closed) {
            h->world->voluntary = h->self;
            r->session[t].closed = true;
        }
    }
    router_look_at_sessions(h);
}

static void on_seen(struct host *h)
{
    struct router_fake *r = &h->router;
    struct router_seen seen;

    r->looking = false;
    if (!r->seen_taken)
        take_snapshot(h);
    seen = r->seen;
    if (seen.reachable)
        keep_closed(h);
    if (agent_acts(h))
        runtime_router_events.seen(&h->runtime, &seen);
}

/* ---- orders ---- */

static struct router_order *order_at(struct host *h, uint32_t id, unsigned *at)
{
    for (unsigned i = 0; i < h->router.orders; i++) {
        if (h->router.order[i].id == id) {
            *at = i;
            return &h->router.order[i];
        }
    }
    return NULL;
}

static void step_in(struct host *h, const struct router_order *o, uint64_t ns)
{
    push(h->world, HAPPENS_ROUTER_STEP, h->self, ns, 0, h->inc, o->id);
}

static void order_ends(struct host *h, uint32_t id, enum outcome outcome, const char *why)
{
    struct router_fake *r = &h->router;
    unsigned at;

    if (order_at(h, id, &at) == NULL)
        return;
    memmove(&r->order[at], &r->order[at + 1], (r->orders - at - 1) * sizeof(r->order[0]));
    r->orders--;
    if (r->orders > 0)
        step_in(h, &r->order[0], 0);
    trace(h->world, h->self, "router: order %u %s %s", id,
          outcome == OUTCOME_OK       ? "done"
          : outcome == OUTCOME_FAILED ? "failed"
                                      : "timed out",
          why);
    if (agent_acts(h))
        runtime_router_events.done(&h->runtime, id, outcome, why);
}

static void level_fails(struct host *h, struct router_order *o, enum outcome outcome,
                        const char *why)
{
    if (o->old_file < LEVELS)
        h->router.file = o->old_file;
    order_ends(h, o->id, outcome, why);
}

static bool reads_back(const struct host *h, uint8_t level)
{
    struct router_session_seen s;

    for (unsigned n = 0; n <= TUNNELS; n++) {
        see_session(h, n, &s);
        if (!s.established)
            continue;
        if (level == LEVEL_WITHDRAWN ? s.routes_out != 0
                                     : s.exported != s.at_level || s.routes_wrong != 0)
            return false;
    }
    return true;
}

/* The configuration is loaded, unconfirmed. It opens what was disabled; the driver closes again. Up
 * from withdrawn the router is not asked to undo it by itself. */
static void configure(struct host *h, struct router_order *o)
{
    struct router_fake *r = &h->router;

    o->accepted = true;
    o->step = STEP_READ_BACK;
    if (!r->unconfirmed || !r->undo_timed)
        r->undo_level = r->level;
    r->unconfirmed = true;
    r->undo_timed = r->level != LEVEL_WITHDRAWN;
    r->undo_gen++;
    if (r->undo_timed)
        push(h->world, HAPPENS_ROUTER_UNDO, h->self, CONFIRM_TIMEOUT_S * SECOND, 0, r->undo_gen, 0);
    in_force(h, r->file, r->file == o->level); /* somebody may have written another meanwhile */
    for (unsigned t = 0; t < TUNNELS; t++) {
        if (r->session[t].closed && !r->keep_closed)
            r->session[t].closed = false;
    }
    router_look_at_sessions(h);
    step_in(h, o, slowed(h, h->world->plan.usual.look));
}

/* Not back to withdrawn: that stays as it is. */
static void undo(struct host *h, struct router_order *o, const char *why)
{
    if (h->router.undo_level == LEVEL_WITHDRAWN) {
        h->router.unconfirmed = false;
        order_ends(h, o->id, OUTCOME_FAILED, why);
        return;
    }
    if (h->router.unconfirmed) {
        h->router.unconfirmed = false;
        in_force(h, h->router.undo_level, false);
    }
    level_fails(h, o, OUTCOME_FAILED, why);
}

static void interrupted(struct host *h, struct router_order *o)
{
    if (!o->accepted) {
        level_fails(h, o, OUTCOME_FAILED, "a later order took its place");
    } else {
        h->router.unconfirmed = false;
        order_ends(h, o->id, OUTCOME_FAILED, "a later order took its place");
    }
}

static void level_step(struct host *h, struct router_order *o)
{
    struct router_fake *r = &h->router;
    struct world *w = h->world;

    if (o->superseded && o->step != STEP_START) {
        interrupted(h, o);
        return;
    }
    switch (o->step) {
    case STEP_START:
        o->old_file = r->file;
        r->file = o->level;
        if (r->refuse > 0) {
            level_fails(h, o, OUTCOME_FAILED, "BIRD refuses its configuration");
            return;
        }
        o->step = STEP_CONFIGURE;
        step_in(h, o, slowed(h, w->plan.usual.configure));
        break;
    case STEP_CONFIGURE:
        configure(h, o);
        break;
    case STEP_READ_BACK:
        if (w->now_ns + SOFT >= o->deadline_ns) {
            undo(h, o, "it was not read back in time");
        } else if (r->wrong == 0 && reads_back(h, o->level)) {
            o->step = STEP_CONFIRM;
            step_in(h, o, slowed(h, w->plan.usual.configure));
        } else {
            step_in(h, o, ROUTER_READ_BACK_MS * MS + slowed(h, w->plan.usual.look));
        }
        break;
    default:
        if (!r->unconfirmed) {
            level_fails(h, o, OUTCOME_FAILED, "BIRD had gone back before it was confirmed");
            return;
        }
        r->unconfirmed = false;
        order_ends(h, o->id, OUTCOME_OK, "");
    }
}

static void sessions_step(struct host *h, struct router_order *o)
{
    struct router_fake *r = &h->router;

    if (o->step == STEP_START) {
        o->step = STEP_DONE;
        step_in(h, o, slowed(h, h->world->plan.usual.configure));
        return;
    }
    for (unsigned t = 0; t < TUNNELS; t++)
        r->session[t].closed = o->job == JOB_CLOSE;
    if (o->job == JOB_CLOSE)
        h->world->voluntary = h->self;
    router_look_at_sessions(h);
    order_ends(h, o->id, OUTCOME_OK, "");
}

/* It answers nothing: its connection is given up after a while. A `configure confirm` that it was
 * sent may be carried out all the same, when it wakes. */
static void silent_step(struct host *h, struct router_order *o)
{
    if (!o->silent) {
        o->silent = true;
        step_in(h, o, ROUTER_SILENCE_MS * MS);
        return;
    }
    if (o->step == STEP_CONFIRM && rng_percent(&h->world->rng, 50))
        h->router.unconfirmed = false;
    if (o->job == JOB_LEVEL && o->step != STEP_START)
        level_fails(h, o, OUTCOME_FAILED, "BIRD is silent");
    else
        order_ends(h, o->id, OUTCOME_FAILED, "BIRD is silent");
}

static void on_step(struct host *h, uint32_t id)
{
    struct router_fake *r = &h->router;
    struct router_order *o;
    unsigned at;

    o = order_at(h, id, &at);
    if (o != NULL && o->superseded && o->step == STEP_START) {
        order_ends(h, id, OUTCOME_FAILED, "a later order took its place");
        return;
    }
    if (o == NULL || at != 0 || !agent_acts(h)) /* each step is an act, after which it may die */
        return;
    if (r->hang > 0) { /* its connection is given up after a silence */
        silent_step(h, o);
    } else if (!r->up) {
        if (o->job == JOB_LEVEL && o->step != STEP_START)
            level_fails(h, o, OUTCOME_FAILED, "BIRD is gone");
        else
            order_ends(h, id, OUTCOME_FAILED, "BIRD is not there");
    } else if (o->job == JOB_LEVEL) {
        level_step(h, o);
    } else {
        sessions_step(h, o);
    }
}

static void on_limit(struct host *h, uint32_t id)
{
    struct router_order *o;
    unsigned at;

    o = order_at(h, id, &at);
    if (o == NULL)
        return;
    if (o->job == JOB_LEVEL && o->step != STEP_START)
        level_fails(h, o, OUTCOME_TIMEOUT, "its deadline");
    else
        order_ends(h, id, OUTCOME_TIMEOUT, "its deadline");
}

static void order_new(struct host *h, enum router_job job, uint32_t id, uint8_t level,
                      uint32_t deadline_ms)
{
    struct router_fake *r = &h->router;
    struct router_order *o = &r->order[r->orders];

    if (r->orders == ROUTER_JOBS_MAX) {
        fail(h->world, INVARIANT_SIMULATOR, "host %u: too many orders to the router", h->self);
        return;
    }
    for (unsigned i = 0; i < r->orders; i++) {
        if ((r->order[i].job == JOB_LEVEL) == (job == JOB_LEVEL) && !r->order[i].superseded) {
            r->order[i].superseded = true;
            step_in(h, &r->order[i], 0);
        }
    }
    memset(o, 0, sizeof(*o));
    o->job = (uint8_t)job;
    o->id = id;
    o->level = level;
    o->old_file = LEVELS;
    o->deadline_ns = h->world->now_ns + deadline_ms * MS;
    r->orders++;
    push(h->world, HAPPENS_ROUTER_LIMIT, h->self, deadline_ms * MS, 0, h->inc, id);
    if (r->orders == 1)
        step_in(h, o, upto(h->world, 2));
    else
        step_in(h, o, 0); /* in case it is superseded before it begins */
}

static void set_level(void *self, uint32_t id, enum level level, uint32_t deadline_ms)
{
    struct host *h = self;

    if (!agent_acts(h))
        return;
    trace(h->world, h->self, "order %u: level %s", id, level_name(level));
    if (level == LEVEL_WITHDRAWN)
        check_withdraw(h);
    order_new(h, JOB_LEVEL, id, (uint8_t)level, deadline_ms);
}

static void close_sessions(void *self, uint32_t id, const char *message, uint32_t deadline_ms)
{
    struct host *h = self;

    (void)message;
    if (!agent_acts(h))
        return;
    trace(h->world, h->self, "order %u: close sessions", id);
    h->router.keep_closed = true;
    order_new(h, JOB_CLOSE, id, 0, deadline_ms);
}

static void open_sessions(void *self, uint32_t id, uint32_t deadline_ms)
{
    struct host *h = self;

    if (!agent_acts(h))
        return;
    trace(h->world, h->self, "order %u: open sessions", id);
    h->router.keep_closed = false;
    order_new(h, JOB_OPEN, id, 0, deadline_ms);
}

static void destroy(void *self)
{
    (void)self;
}

const struct router_ops router_fake_ops = {poll_router, set_level, close_sessions, open_sessions,
                                           destroy};

/* The driver dies with the agent; what it has told the router stays. */
void router_agent_gone(struct host *h)
{
    h->router.orders = 0;
    h->router.keep_closed = false;
    h->router.looking = false;
}

void router_happens(struct world *w, const struct happening *e)
{
    struct host *h = &w->host[e->node];
    struct session *s = &h->router.session[e->a];

    switch (e->kind) {
    case HAPPENS_ROUTER_SEEN:
        if (agent_runs(h, e->b))
            on_seen(h);
        break;
    case HAPPENS_ROUTER_STEP:
        if (agent_runs(h, e->b))
            on_step(h, (uint32_t)e->c);
        break;
    case HAPPENS_ROUTER_LIMIT:
        if (agent_runs(h, e->b))
            on_limit(h, (uint32_t)e->c);
        break;
    case HAPPENS_ROUTER_UNDO:
        if (e->b == h->router.undo_gen)
            on_undo(h);
        break;
    case HAPPENS_ROUTER_EXPORT:
        if (e->b == s->export_gen)
            on_export(h, e->a);
        break;
    case HAPPENS_SESSION_UP:
        if (e->b == s->gen)
            session_up(h, e->a);
        break;
    case HAPPENS_SESSION_DOWN:
        if (e->b != s->gen || !s->up)
            break;
        s->falling = false;
        if (e->a == LAN) {
            lan_falls(h);
            break;
        }
        if (s->lost || !can_talk(h, e->a))
            session_falls(h, e->a, true);
        router_look_at_sessions(h);
        break;
    default: /* ROUTES */
        if (e->b == s->gen && s->up) {
            s->routes = true;
            export_soon(h, LAN);
        }
        break;
    }
}
