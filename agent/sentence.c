/* The sentences: a table of words with places for names, and what fills the places. */
#include "agent/sentence.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/span.h"

#define NAMED_MAX 8 /* so many names of a list are said; the others are counted */

/* ---- text that grows and never overflows ---- */

struct text {
    char *out;
    size_t at;
};

static void add(struct text *x, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *x, const char *format, ...)
{
    size_t room = SENTENCE_MAX - x->at;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(x->out + x->at, room, format, args);
    va_end(args);
    if (n > 0)
        x->at += (size_t)n < room ? (size_t)n : room - 1;
}

/* A list of names said one after the other; `of` is how many there will be. */
struct list {
    struct text *x;
    unsigned of, said;
};

static void add_name(struct list *l, const char *name)
{
    unsigned n = l->said++;

    if (n >= NAMED_MAX) {
        if (n == NAMED_MAX)
            add(l->x, " and %u more", l->of - NAMED_MAX);
        return;
    }
    if (n > 0)
        add(l->x, n + 1 == l->of ? " and " : ", ");
    add(l->x, "%s", name);
}

static unsigned bits(uint64_t mask)
{
    return (unsigned)__builtin_popcountll(mask);
}

static int index_of(const struct runtime *rt, uint32_t nodeid)
{
    for (int n = 0; n < rt->nodes.count; n++) {
        if (rt->nodes.id[n] == nodeid)
            return n;
    }
    return -1;
}

/* ---- the scene: what the places stand for ---- */

struct scene {
    const struct runtime *rt;
    const struct story *story; /* NULL: only target and others are known */
    int target;                /* index of the node it is about; -1: none */
    int guard;                 /* index of the node that lacks something or holds it up; -1: none */
};

static void add_others(struct text *x, const struct scene *sc)
{
    const struct cluster_nodes *nodes = &sc->rt->nodes;
    struct list l = {.x = x, .of = nodes->count - (sc->target >= 0 ? 1u : 0u)};

    for (int n = 0; n < nodes->count; n++) {
        if (n != sc->target)
            add_name(&l, nodes->name[n]);
    }
    if (l.said == 0)
        add(x, "the other gateway");
}

static void add_absent(struct text *x, const struct scene *sc)
{
    const struct runtime *rt = sc->rt;
    uint32_t all = (1u << rt->nodes.count) - 1u, gone = all & ~(uint32_t)rt->view.members;
    struct list l = {.x = x, .of = bits(gone)};

    if (sc->guard >= 0) {
        add(x, "%s", rt->nodes.name[sc->guard]);
        return;
    }
    for (unsigned n = 0; n < rt->nodes.count; n++) {
        if (gone & (1u << n))
            add_name(&l, rt->nodes.name[n]);
    }
    if (l.said == 0)
        add_others(x, sc);
}

/* ": gw2 left the view"; nothing if all are there. */
static void add_left(struct text *x, const struct scene *sc)
{
    const struct runtime *rt = sc->rt;
    const struct scene all = {.rt = rt, .target = sc->target, .guard = -1};

    if ((rt->view.members | (1u << rt->nodes.self)) == (1u << rt->nodes.count) - 1u)
        return;
    add(x, ": ");
    add_absent(x, &all);
    add(x, " left the view");
}

static void add_prefixes(struct text *x, const struct scene *sc, uint64_t mask)
{
    const struct prefix_list *prefixes = &sc->rt->conf->router.prefixes;
    struct list l = {.x = x, .of = bits(mask)};
    char text[PREFIX_TEXT];

    for (unsigned i = 0; i < prefixes->count; i++) {
        if (mask & (UINT64_C(1) << i))
            add_name(&l, prefix_text(&prefixes->item[i], text));
    }
    if (l.said == 0)
        add(x, "every shared prefix");
}

static const char *tunnel_name(const struct runtime *rt, int node, unsigned t, char scratch[16])
{
    if (node == rt->nodes.self && t < rt->conf->tunnels)
        return rt->conf->tunnel_name[t];
    if (node >= 0 && node != rt->nodes.self && t < rt->info[node].tunnels)
        return rt->info[node].tunnel[t].name;
    snprintf(scratch, 16, "tunnel %u", t + 1);
    return scratch;
}

/* "tun21 and tun22 have no SA, tun23 has no BGP session"; nothing if nothing is down. Returns how
 * many are down. A tunnel without an SA has no session either: that goes without saying. */
static unsigned add_down(struct text *x, const struct scene *sc, int node, unsigned tunnels,
                         unsigned sessions)
{
    struct list sas = {.x = x, .of = bits(tunnels)};
    struct list bgp = {.x = x, .of = bits(sessions & ~tunnels)};
    char scratch[16];

    for (unsigned t = 0; t < TUNNELS_MAX; t++) {
        if (tunnels & (1u << t))
            add_name(&sas, tunnel_name(sc->rt, node, t, scratch));
    }
    if (sas.said > 0)
        add(x, sas.said == 1 ? " has no SA" : " have no SA");
    if (sas.said > 0 && bgp.of > 0)
        add(x, ", ");
    for (unsigned t = 0; t < TUNNELS_MAX; t++) {
        if (sessions & ~tunnels & (1u << t))
            add_name(&bgp, tunnel_name(sc->rt, node, t, scratch));
    }
    if (bgp.said > 0)
        add(x, bgp.said == 1 ? " has no BGP session" : " have no BGP session");
    return sas.said + bgp.said;
}

static unsigned sick_of(const struct runtime *rt, int node)
{
    if (node < 0)
        return 0;
    return node == rt->nodes.self ? rt->engine.seen.sick : rt->record[node].sick;
}

/* What the guard lacks, as " (tun21 has no SA)". What it cannot read, it does not have. */
static void add_lack(struct text *x, const struct scene *sc)
{
    unsigned tunnels = sc->story->end.end.tunnels, sessions = sc->story->end.end.sessions;
    unsigned sick = sick_of(sc->rt, sc->guard);

    if (sick & (SICK_IPSEC | SICK_ROUTER)) {
        add(x, " (its %s not answer)",
            (sick & SICK_IPSEC) == 0    ? "router does"
            : (sick & SICK_ROUTER) == 0 ? "charon does"
                                        : "charon and its router do");
        return;
    }
    add(x, " (");
    if (add_down(x, sc, sc->guard, tunnels, sessions) == 0)
        add(x, "its tunnels and sessions are up, but it does not advertise that");
    add(x, ")");
}

/* The same of the target as it is seen now: what a return still waits for. */
static void add_waits(struct text *x, const struct scene *sc)
{
    const struct runtime *rt = sc->rt;
    struct record own = engine_record(&rt->engine);
    const struct record *r = &own;
    unsigned all;

    if (sc->target < 0)
        return;
    if (sc->target != rt->nodes.self)
        r = &rt->record[sc->target];
    all = (1u << r->tunnels) - 1u;
    if ((all & (unsigned)~r->tunnels_up) == 0 && (all & (unsigned)~r->sessions_up) == 0) {
        add(x, " (no routes from the cloud, or not yet proven)");
        return;
    }
    add(x, " (");
    add_down(x, sc, sc->target, all & (unsigned)~r->tunnels_up, all & (unsigned)~r->sessions_up);
    add(x, ")");
}

static void add_operation(struct text *x, const struct runtime *rt, op_t op)
{
    const struct story *s = runtime_story(rt, op);
    uint64_t now = rt->ports->wall_s(rt->ctx);
    char name[NAME_MAX_LEN + 12], span[SPAN_TEXT];

    if (op == OP_NONE) {
        add(x, "another operation");
        return;
    }
    runtime_op_text(rt, op, name);
    if (s == NULL) {
        add(x, "the operation %s", name);
        return;
    }
    add(x, "the %s of %s (%s)", s->kind == ASK_UNDRAIN ? "return" : ask_name(s->kind),
        runtime_node_name(rt, s->target), name);
    if (s->user[0] != '\0')
        add(x, ", asked for by %s %s ago", s->user,
            span_text(now > s->asked_s ? now - s->asked_s : 0, span));
    if (s->why[0] != '\0')
        add(x, ": %s", s->why);
}

static const char *node_name(const struct scene *sc, int node, const char *unknown)
{
    return node >= 0 ? sc->rt->nodes.name[node] : unknown;
}

static void add_phase_of(struct text *x, const struct scene *sc, int node)
{
    const struct runtime *rt = sc->rt;

    if (node == rt->nodes.self)
        add(x, "%s", phase_name(rt->engine.phase));
    else if (node >= 0 && rt->record[node].digest != 0)
        add(x, "%s", phase_name(rt->record[node].phase));
    else
        add(x, "not in service");
}

/* The places, a letter each. */
static void add_place(struct text *x, const struct scene *sc, char place)
{
    const struct story *s = sc->story;

    switch (place) {
    case 't': /* the node it is about */
        add(x, "%s", node_name(sc, sc->target, "this gateway"));
        break;
    case 'g': /* the node that lacks something */
        add(x, "%s", node_name(sc, sc->guard, "the other gateway"));
        break;
    case 'G': /* its phase now */
        add_phase_of(x, sc, sc->guard);
        break;
    case 'T': /* the target's */
        add_phase_of(x, sc, sc->target);
        break;
    case 'o': /* all others */
        add_others(x, sc);
        break;
    case 'a': /* those that are not there */
        add_absent(x, sc);
        break;
    case 'v': /* the same, as those who left */
        add_left(x, sc);
        break;
    case 'p':
        add_prefixes(x, sc, s->end.end.prefixes);
        break;
    case 'l':
        add_lack(x, sc);
        break;
    case 'w':
        add_waits(x, sc);
        break;
    case 'h':
        add_operation(x, sc->rt, s->end.end.holder);
        break;
    case 'q': /* the phase in which it ended */
        add(x, "%s", phase_name(s->end.end.phase));
        break;
    case 'u': /* whose tracks they are: the guard's, or its own */
        add(x, "%s", node_name(sc, sc->guard >= 0 ? sc->guard : sc->target, "this gateway"));
        break;
    case 'd':
        add(x, "%s", sc->rt->conf->state_dir);
        break;
    default:
        break;
    }
}

static void add_words(struct text *x, const struct scene *sc, const char *words)
{
    for (; *words != '\0'; words++) {
        if (words[0] == '{' && words[1] != '\0' && words[2] == '}') {
            add_place(x, sc, words[1]);
            words += 2;
        } else {
            add(x, "%c", *words);
        }
    }
}

/* ---- the words ---- */

/* For each reason: what stands behind a phase; why an operation ended; what to do about it. */
struct words {
    const char *brief, *cause, *advice;
};

static const struct words words[REASONS] = {
    [REASON_NONE] = {"", "no reason was given", "The log knows more: journalctl -u cgwhad."},
    [REASON_ALREADY] = {"it was so already", "{t} is so already; nothing was done", ""},
    [REASON_DRY_RUN] = {"after a dry run", "it was a dry run; nothing was changed", ""},
    [REASON_LOCK_HELD] = {"another operation held the lock",
                          "one operation runs at a time, and now it is {h}",
                          "Wait for its end (cgwha watch), or stop it: cgwha abort."},
    [REASON_NOT_IN_SERVICE] = {"the other was not in service", "{g} is {G}, so it cannot take over",
                               "Bring {g} back first: cgwha undrain {g}."},
    [REASON_ALONE] =
        {"no other agent was there",
         "the agent on {a} is not in the view, so nobody could take over",
         "Is {a} up, and does corosync run there? Look at corosync-cfgtool -s, here and "
         "there."},
    [REASON_AGENT_LOST] = {"the other's agent was gone", "the agent on {a} is not in the view",
                           "On {a}: systemctl start cgwhad; and look at corosync-cfgtool -s."},
    [REASON_PREFIXES_DIFFER] = {"the shared prefixes differ",
                                "{g} has another list of shared prefixes than {t}",
                                "Make `prefixes` the same in cgwha.conf on both, then restart "
                                "cgwhad on both."},
    [REASON_NOT_COVERED] = {"the other did not cover every prefix", "{g} does not cover {p}{l}",
                            "On {g}, look at swanctl --list-sas and birdc show protocols; then ask "
                            "again."},
    [REASON_NOT_REDUNDANT] =
        {"the other had no tunnel to spare", "{g} has no tunnel to spare{l}",
         "Repair that on {g} (swanctl --list-sas, birdc show protocols), or go "
         "without: cgwha drain {t} --force."},
    [REASON_NOT_RAISED] = {"the other could not make itself the better path",
                           "{g} could not make itself the better path",
                           "The log on {g} says what its router showed instead: journalctl -u "
                           "cgwhad."},
    [REASON_GUARD_SICK] = {"the other lost what it had promised",
                           "{g} lost what it had promised to cover ({p})",
                           "See cgwha status; repair {g}, then ask again."},
    [REASON_GUARD_SILENT] = {"the other did not answer in time", "{o} did not answer in time",
                             "Look at {o}: journalctl -u cgwhad there."},
    [REASON_VIEW_CHANGED] = {"the membership changed",
                             "the membership changed in the middle of it{v}",
                             "See cgwha status; ask again when every agent is a member."},
    [REASON_LEVEL_FAILED] = {"the router did not show the level",
                             "the router on {t} did not show the level it was given",
                             "The log on {t} says what it showed instead: journalctl -u cgwhad; is "
                             "bird.conf sound? birdc configure check."},
    [REASON_SAVE_FAILED] = {"the intent could not be saved",
                            "the intent could not be written to the disk of {t}",
                            "On {t}, is {d} full or read-only?"},
    [REASON_TRAFFIC_STAYS] =
        {"the traffic did not move", "the traffic did not leave {t} in time",
         "Find out who still prefers {t} (a static route, a MED ignored), or go "
         "and lose those packets: cgwha drain {t} --force."},
    [REASON_TOO_LATE] = {"it was too late", "{t} is past the point of no return ({T})",
                         "Wait for its end (cgwha watch), then: cgwha undrain {t}."},
    [REASON_BUSY] = {"it was busy", "{t} is {T}, in the middle of {h}",
                     "Wait for its end (cgwha watch), or stop it: cgwha abort."},
    [REASON_ABORTED] = {"an operator stopped it", "an operator stopped it", ""},
    [REASON_DEADLINE] = {"the time was up", "the time was up while {t} was {q}",
                         "See cgwha status; give it longer with --timeout."},
    [REASON_CLOCK_GAP] = {"the host stood still",
                          "{t} stood still for a while, so nothing it knew could be relied on",
                          "Was {t} suspended, or overloaded? Then ask again."},
    [REASON_NOTHING_TO_ABORT] = {"nothing was there to stop",
                                 "no operation runs that could be stopped", "See cgwha status."},
    [REASON_NO_COVERER] = {"nobody else covered", "nobody else covered {p}, so {t} covers again",
                           "Repair {o}; {t} drains again by itself when another covers."},
    [REASON_COVERED] = {"another covers again", "another covers again", ""},
    [REASON_EXPORTS_BACK] = {"its router exported again",
                             "the router on {t} exported again though it was withdrawn",
                             "Who changed bird.conf or the level file on {t}? See journalctl -u "
                             "cgwhad -u bird."},
    [REASON_OPERATOR] = {"an operator asked for it", "an operator asked for it", ""},
    [REASON_STARTED] = {"found so when the agent started", "the agent on {t} started",
                        "Ask again."},
    [REASON_CONNECTED] = {"tunnels, sessions and routes are there",
                          "its tunnels, sessions and routes are there", ""},
    [REASON_SOAKED] = {"it has proven itself", "it has proven itself", ""},
    [REASON_LOST_IN_SERVICE] = {"all its sessions were lost; it proves itself anew",
                                "all sessions of {t} were lost, and it proves itself anew", ""},
    [REASON_LOST_WHILE_RETURNING] = {"a tunnel was lost again",
                                     "a tunnel of {t} was lost again before it was proven{w}",
                                     "On {t}, look at swanctl --list-sas and birdc show "
                                     "protocols."},
    [REASON_UNFIT] = {"what it tracks is not well",
                      "what {u} tracks is not well, so it cannot carry",
                      "On {u}, cgwha status says which track, and why; mend that."},
    [REASON_FIT] = {"what it tracks is well again", "what {t} tracks is well again", ""},
};

/* What a node in each phase does, or waits for. */
static const char *const does[PHASES] = {
    [PHASE_STARTING] = "waits to see its router",
    [PHASE_IN_SERVICE] = "carries traffic",
    [PHASE_REQUESTING] = "waits for the lock",
    [PHASE_GUARDING] = "waits for the promise of {o}",
    [PHASE_LOWERING] = "makes itself the worse path",
    [PHASE_SETTLING] = "waits for its traffic to move to {o}",
    [PHASE_WITHDRAWING] = "withdraws its prefixes",
    [PHASE_CLOSING] = "closes its BGP sessions",
    [PHASE_RELEASING] = "deletes its SAs",
    [PHASE_DRAINED] = "is out of service",
    [PHASE_CONNECTING] = "waits for tunnels, sessions and routes",
    [PHASE_SOAKING] = "proves itself before it takes traffic",
    [PHASE_SAFETY_NET] = "is meant to be out, but covers because nobody else does",
    [PHASE_UNFIT] = "stands aside for {o}, and still covers",
};

/* How an operation ended, before the reason; ends with ": " if the reason follows. */
static const char *const opening[ASKS][RESULTS] = {
    [ASK_DRAIN] = {[RESULT_DONE] = "{t} is drained; {o} carries its traffic.",
                   [RESULT_REFUSED] = "{t} was not drained: ",
                   [RESULT_ROLLED_BACK] = "{t} was not drained and goes on as before: ",
                   [RESULT_TIMED_OUT] = "{t} was not drained in time and goes on as before: "},
    [ASK_UNDRAIN] = {[RESULT_DONE] = "{t} is in service again.",
                     [RESULT_REFUSED] = "{t} was not brought back: ",
                     [RESULT_ROLLED_BACK] = "{t} was not brought back: ",
                     [RESULT_TIMED_OUT] = "{t} is not back yet: "},
    [ASK_ABORT] = {[RESULT_DONE] = "The drain of {t} was stopped; {t} goes on as before.",
                   [RESULT_REFUSED] = "Nothing was stopped: ",
                   [RESULT_ROLLED_BACK] = "Nothing was stopped: ",
                   [RESULT_TIMED_OUT] = "Nothing was stopped: "},
};

/* Ends that the two tables together would say badly. NULL: they say it well. */
static const char *special_end(const struct story *s)
{
    unsigned result = s->end.end.result, reason = s->end.end.reason;

    if (reason == REASON_NO_COVERER || reason == REASON_EXPORTS_BACK)
        return s->kind == ASK_DRAIN ? "{t} could not stay out: " : NULL;
    if (result != RESULT_DONE && s->kind == ASK_UNDRAIN && reason == REASON_UNFIT)
        return "{t} stands aside, since what it tracks is not well. It returns by itself when all "
               "of "
               "that is.";
    if (result == RESULT_TIMED_OUT && s->kind == ASK_UNDRAIN && reason == REASON_DEADLINE)
        return "{t} is not in service yet{w}. It goes on trying.";
    if (result != RESULT_DONE)
        return NULL;
    if (reason == REASON_DRY_RUN)
        return "{t} could be drained now. It was a dry run; nothing was changed.";
    if (reason == REASON_ALREADY)
        return s->kind == ASK_DRAIN ? "{t} is drained already; nothing was done."
                                    : "{t} is in service already; nothing was done.";
    if (reason == REASON_ABORTED && s->kind == ASK_UNDRAIN)
        return "The drain of {t} was stopped; {t} stays in service.";
    if (reason == REASON_DEADLINE && s->kind == ASK_DRAIN)
        return "{t} is drained; {o} carries its traffic. Not every SA was gone in time: charon "
               "gives up on the rest by itself.";
    return NULL;
}

/* An undrain or abort takes the wish back; a node that could not be asked has none. */
bool sentence_pending(const struct story *s)
{
    unsigned reason = s->end.end.reason;

    return (s->flags & ASK_FLAG_WHEN_SAFE) && s->end.end.result != RESULT_DONE &&
           reason != REASON_ABORTED && !(reason == REASON_AGENT_LOST && s->end.end.node != 0);
}

static const char *special_advice(const struct scene *sc)
{
    const struct story *s = sc->story;
    const struct runtime *rt = sc->rt;

    if (sentence_pending(s))
        return "{t} stays in service, and will be drained as soon as it is safe. To take that "
               "back: cgwha undrain {t}.";
    if (s->end.end.result == RESULT_DONE)
        return s->kind == ASK_DRAIN && s->end.end.reason == REASON_NONE
                   ? "Bring it back with: cgwha undrain {t}."
                   : "";
    if ((s->end.end.reason == REASON_ALONE || s->end.end.reason == REASON_AGENT_LOST) &&
        rt->view.id == 0)
        return "Does corosync run here? systemctl status corosync; corosync-cfgtool -s.";
    if (s->end.end.reason == REASON_ALONE && (rt->view.ring & ~rt->view.members) != 0)
        return "On {a}: systemctl start cgwhad; its host answers, only the agent is not there.";
    if (s->end.end.reason == REASON_NOT_COVERED && sc->guard >= 0 &&
        (s->end.end.tunnels | s->end.end.sessions) == 0)
        return "On {g}, is the route there, and does the export filter let it out? Look at birdc "
               "show route and birdc show protocols all; then ask again.";
    if (s->end.end.reason == REASON_DEADLINE && s->kind == ASK_UNDRAIN)
        return "On {t}, look at swanctl --list-sas and birdc show protocols.";
    if (s->end.end.reason == REASON_NOT_IN_SERVICE && sc->guard >= 0) {
        unsigned phase =
            sc->guard == rt->nodes.self ? rt->engine.phase : rt->record[sc->guard].phase;
        if (phase == PHASE_UNFIT)
            return "On {g}, cgwha status says which track is not well; mend that, then ask again.";
        if (phase != PHASE_DRAINED && phase != PHASE_SAFETY_NET)
            return "Wait until {g} is in service (cgwha watch), then ask again.";
    }
    return NULL;
}

/* ---- what others call ---- */

static struct scene scene_of(const struct runtime *rt, const struct story *s)
{
    struct scene sc = {.rt = rt, .story = s, .target = index_of(rt, s->target), .guard = -1};

    sc.guard = index_of(rt, s->end.end.node);
    if (s->kind == ASK_ABORT && sc.target < 0)
        sc.target = sc.guard >= 0 ? sc.guard : index_of(rt, s->end.end.target);
    return sc;
}

static const struct words *words_of(const struct story *s)
{
    return &words[s->end.end.reason < REASONS ? s->end.end.reason : REASON_NONE];
}

const char *sentence_end(const struct runtime *rt, const struct story *story,
                         char out[SENTENCE_MAX])
{
    struct scene sc = scene_of(rt, story);
    struct text x = {.out = out};
    const char *first = special_end(story);

    out[0] = '\0';
    if (first == NULL)
        first = opening[story->kind < ASKS ? story->kind : ASK_DRAIN]
                       [story->end.end.result < RESULTS ? story->end.end.result : RESULT_REFUSED];
    add_words(&x, &sc, first);
    if (first[strlen(first) - 1] != '.') {
        add_words(&x, &sc, words_of(story)->cause);
        add(&x, ".");
    }
    return out;
}

const char *sentence_advice(const struct runtime *rt, const struct story *story,
                            char out[SENTENCE_MAX])
{
    struct scene sc = scene_of(rt, story);
    struct text x = {.out = out};
    const char *advice = special_advice(&sc);

    out[0] = '\0';
    add_words(&x, &sc, advice != NULL ? advice : words_of(story)->advice);
    return out;
}

/* Is it why a drain was not carried out? */
static bool gave_up(unsigned reason)
{
    return (reason >= REASON_LOCK_HELD && reason <= REASON_NOTHING_TO_ABORT);
}

const char *sentence_phase(const struct runtime *rt, unsigned node, unsigned phase, unsigned reason,
                           char out[SENTENCE_MAX])
{
    struct scene sc = {.rt = rt, .target = (int)node, .guard = -1};
    struct text x = {.out = out};
    const char *why = reason < REASONS ? words[reason].brief : "";
    bool back = (phase == PHASE_IN_SERVICE || phase == PHASE_SAFETY_NET || phase == PHASE_UNFIT) &&
                gave_up(reason);

    out[0] = '\0';
    add_words(&x, &sc, phase < PHASES ? does[phase] : "is in a phase unknown here");
    if (why[0] != '\0' && reason != REASON_OPERATOR && reason != REASON_NO_COVERER)
        add(&x, " (%s%s)", back ? "not drained: " : "", why);
    return out;
}

/* The nodes that do not carry traffic as full members, `but` left out. */
static unsigned not_serving(const struct runtime *rt, unsigned but)
{
    unsigned mask = 0;

    for (unsigned n = 0; n < rt->nodes.count; n++) {
        unsigned phase = n == rt->nodes.self ? rt->engine.phase : rt->record[n].phase;
        bool here = n == rt->nodes.self || (rt->view.members & (1u << n));
        if (n != but && (!here || !engine_serving(phase)))
            mask |= 1u << n;
    }
    return mask;
}

const char *sentence_node(const struct runtime *rt, unsigned node, const struct record *r,
                          char out[SENTENCE_MAX])
{
    unsigned out_of_service = not_serving(rt, node);
    struct text x = {.out = out};
    struct list l = {.x = &x, .of = bits(out_of_service)};

    /* What it has proven once is no news. */
    sentence_phase(
        rt, node, r->phase,
        r->reason == REASON_SOAKED || r->reason == REASON_DRY_RUN ? REASON_NONE : r->reason, out);
    x.at = strlen(out);
    if (r->phase != PHASE_IN_SERVICE || r->target != LEVEL_HIGH)
        return out;
    if (out_of_service == 0) {
        add(&x, ", and is the better path while another leaves or does not cover all");
        return out;
    }
    add(&x, ", and is the better path while ");
    for (unsigned n = 0; n < rt->nodes.count; n++) {
        if (out_of_service & (1u << n))
            add_name(&l, rt->nodes.name[n]);
    }
    add(&x, l.said == 1 ? " is not in service" : " are not in service");
    return out;
}

const char *sentence_operation(const struct runtime *rt, op_t op, char out[SENTENCE_MAX])
{
    struct text x = {.out = out};

    out[0] = '\0';
    add_operation(&x, rt, op);
    return out;
}

static void add_asked(struct text *x, const struct runtime *rt, const struct story *s)
{
    add(x, "%s asks %s %s", s->user[0] != '\0' ? s->user : "somebody",
        s->kind == ASK_DRAIN     ? "to drain"
        : s->kind == ASK_UNDRAIN ? "to bring back"
                                 : "to stop the drain of",
        s->target != 0 ? runtime_node_name(rt, s->target) : "whichever node drains");
    if (s->flags & ASK_FLAG_DRY_RUN)
        add(x, " (a dry run)");
    if (s->flags & ASK_FLAG_FORCE)
        add(x, " by force");
    if (s->flags & ASK_FLAG_WHEN_SAFE)
        add(x, ", now or when it is safe");
    if (s->flags & ASK_FLAG_UNTIL_BOOT)
        add(x, ", until it boots");
    if (s->why[0] != '\0')
        add(x, ": %s", s->why);
}

const char *sentence_told(const struct runtime *rt, const struct told *told, char out[SENTENCE_MAX])
{
    const char *node = told->node < rt->nodes.count ? rt->nodes.name[told->node] : "";
    struct text x = {.out = out};
    char more[SENTENCE_MAX];

    out[0] = '\0';
    switch (told->type) {
    case TOLD_ASKED:
        add_asked(&x, rt, told->story);
        break;
    case TOLD_ENDED:
        add(&x, "%s", sentence_end(rt, told->story, more));
        sentence_advice(rt, told->story, more);
        if (more[0] != '\0')
            add(&x, " %s", more);
        break;
    case TOLD_PHASE:
    case TOLD_PEER:
        add(&x, "%s -> %s: %s", node, phase_name(told->to),
            sentence_phase(rt, told->node, told->to, told->reason, more));
        break;
    case TOLD_IMPOSSIBLE:
        add(&x, "a defect in cgwhad, please report it: %s was refused", told->text);
        break;
    case TOLD_VIEW:
        add(&x, "%s", told->text);
        break;
    default:
        add(&x, "%s: %s", node, told->text);
        break;
    }
    return out;
}
