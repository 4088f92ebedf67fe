/* The simulator: the shipped engine and runtime on two to five hosts, everything else a fake, one
 * virtual clock, one seed.
 *
 * Invariants, each looked at for as long as a run lasts:
 *
 * SAFETY      No voluntary act (a withdraw, closed sessions, released SAs: whatever an agent has
 *             ordered) takes a shared prefix from one or more coverers to none. A host covers a
 *             prefix if it lives, has an SA, an Established session in it, and really exports the
 *             prefix there. Looked at twice: when the withdraw is ordered, and when it takes
 * effect. Allowed is only a race with a fault: another host did cover the prefix and lost it by a
 * fault, and by the moment of the order news of that could not have come (one poll, one look, two
 * messages, the detection of a loss; longer while a fault holds such news up), or its router lies
 * about what it exports. LIVENESS    A prefix that nobody covers is covered again within detection
 * + 2 s (and the time that this run's router takes to put a level in force), if some host lives
 * with its agent, has a working tunnel and is not itself subject to a fault. If its tunnels must
 * come up first, so much later. After a fault of its own it has the time to recover. LOSSLESS    In
 * runs without faults that cost packets by themselves (no power, path, session, charon or router
 * dies: only agents, corosync, the cluster's links, disks, slow or refusing routers, operators) no
 * packet is lost, in either direction, ever. TAKEOVER    If one host dies or freezes and nothing
 * else happens, packets are lost for no longer than detection + 2 s (and the time that a level
 * takes), though the cloud holds its routes for 30 s and the LAN for 9 s. ENDS        A drain ends
 * before the sum of its phases' deadlines, whatever happens. Who asked is told the end of every
 * operation that no fault has touched. ORDERS      At every moment: the engine awaits an order if
 * and only if the runtime has one under way, and then its limit runs. IMPOSSIBLE  The engine never
 * tries a transition that cannot be. ONE_LEAVER  No two agents of one view hold the lock for a
 * drain. CONVERGES   Once all faults are over, all hosts come to rest: in service or drained as
 * intended (a safety net if all are meant to be out), at the level of DESIGN's table, the router
 *             and the disk say the same, nothing is sick. And stay so.
 *
 * usage: sim [--seeds A-B] [--nodes N] [--seconds S] [--quiet]
 *            all of them, or as many as go into S seconds; without N: 2 to 5 hosts, by the seed
 *        sim --seed N [--nodes N] [--keep I,J,...] [--trace]
 *            [--record DIR [--record-of GW] [--record-max BYTES]] */
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/sim/world.h"

#define SIM_INVARIANT_NAME(id) #id,
static const char *const invariant_name[] = {INVARIANT_LIST(SIM_INVARIANT_NAME)};

/* ---- for all the files ---- */

void trace(struct world *w, unsigned node, const char *format, ...)
{
    va_list args;

    if (w->trace == NULL)
        return;
    fprintf(w->trace, "%9.3f ", (double)w->now_ns / 1e9);
    fprintf(w->trace, node == NOBODY ? "     " : "gw%u  ", node + 1);
    va_start(args, format);
    vfprintf(w->trace, format, args);
    va_end(args);
    putc('\n', w->trace);
}

void fail(struct world *w, enum invariant which, const char *format, ...)
{
    va_list args;

    if (w->broken)
        return;
    w->broken = true;
    w->invariant = which;
    va_start(args, format);
    vsnprintf(w->story, sizeof(w->story), format, args);
    va_end(args);
    trace(w, NOBODY, "BROKEN: %s: %s", invariant_name[which], w->story);
}

void push(struct world *w, enum happening_kind kind, unsigned node, uint64_t in_ns, unsigned a,
          uint32_t b, uint64_t c)
{
    struct happening h = {
        .at_ns = w->now_ns + in_ns,
        .kind = (uint8_t)kind,
        .node = (uint8_t)node,
        .a = (uint16_t)a,
        .b = b,
        .c = c,
    };

    queue_push(&w->queue, h);
}

uint64_t upto(struct world *w, uint32_t ms)
{
    return rng_in(&w->rng, ms * (MS / 5), ms * MS);
}

/* ---- one run ---- */

/* Whose standing still holds an event back: nobody's, the host's, or also the agent's. */
enum held { BY_NOBODY, BY_HOST, BY_AGENT };

static enum held held_by(unsigned kind)
{
    switch (kind) {
    case HAPPENS_TIMER:
    case HAPPENS_FIRST_VIEW:
    case HAPPENS_JOIN:
    case HAPPENS_SILENT:
    case HAPPENS_GONE:
    case HAPPENS_LOOPED:
    case HAPPENS_DELIVER:
    case HAPPENS_ROUTER_SEEN:
    case HAPPENS_ROUTER_STEP:
    case HAPPENS_ROUTER_LIMIT:
    case HAPPENS_KEEP_UP:
    case HAPPENS_IPSEC_SEEN:
    case HAPPENS_IPSEC_LIMIT:
        return BY_AGENT;
    case HAPPENS_AGENT_START:
    case HAPPENS_ORDERED:
    case HAPPENS_ROUTER_UNDO:
    case HAPPENS_ROUTER_EXPORT:
    case HAPPENS_SESSION_UP:
    case HAPPENS_SESSION_DOWN:
    case HAPPENS_ROUTES:
    case HAPPENS_SA_UP:
    case HAPPENS_SA_DOWN:
    case HAPPENS_SA_RELEASED:
    case HAPPENS_SAVED:
        return BY_HOST;
    default:
        return BY_NOBODY;
    }
}

static bool hold(struct world *w, const struct happening *e)
{
    struct host *h;
    enum held by = held_by(e->kind);

    if (by == BY_NOBODY)
        return false;
    h = &w->host[e->node];
    if (!h->frozen && !(by == BY_AGENT && agent_stalled(h)))
        return false;
    queue_push(&h->held, *e);
    return true;
}

static void begin_action(struct world *w, unsigned i)
{
    const struct action *a = &w->plan.action[i];

    if (w->healed_ns != 0)
        return;
    if (a->kind > ACTION_ABORT) {
        w->active[i] = true;
        w->faults++;
        push(w, HAPPENS_ACTION_END, NOBODY, a->ns, i, 0, 0);
    }
    action_begin(w, a);
}

static void end_action(struct world *w, unsigned i)
{
    if (!w->active[i])
        return;
    w->active[i] = false;
    w->faults--;
    action_end(w, &w->plan.action[i]);
}

static void heal(struct world *w)
{
    trace(w, NOBODY, "all is healed");
    for (unsigned i = 0; i < w->plan.count; i++)
        end_action(w, i);
    w->healed_ns = w->now_ns;
}

static void happen(struct world *w, const struct happening *e)
{
    switch (e->kind) {
    case HAPPENS_ACTION:
        begin_action(w, e->a);
        break;
    case HAPPENS_ACTION_END:
        end_action(w, e->a);
        break;
    case HAPPENS_HEAL:
        heal(w);
        break;
    case HAPPENS_CHECK:
        check_time(w);
        push(w, HAPPENS_CHECK, NOBODY, 250 * MS, 0, 0, 0);
        break;
    case HAPPENS_TIMER:
    case HAPPENS_AGENT_START:
    case HAPPENS_SAVED:
        host_happens(w, e);
        break;
    case HAPPENS_ROUTER_SEEN:
    case HAPPENS_ROUTER_STEP:
    case HAPPENS_ROUTER_LIMIT:
    case HAPPENS_ROUTER_UNDO:
    case HAPPENS_ROUTER_EXPORT:
    case HAPPENS_SESSION_UP:
    case HAPPENS_SESSION_DOWN:
    case HAPPENS_ROUTES:
        router_happens(w, e);
        break;
    case HAPPENS_SA_UP:
    case HAPPENS_SA_DOWN:
    case HAPPENS_SA_RELEASED:
    case HAPPENS_KEEP_UP:
    case HAPPENS_IPSEC_SEEN:
    case HAPPENS_IPSEC_LIMIT:
        charon_happens(w, e);
        break;
    case HAPPENS_CLOUD:
    case HAPPENS_CLOUD_HOLD:
    case HAPPENS_LAN:
    case HAPPENS_LAN_HOLD:
        paths_happens(w, e);
        break;
    default:
        net_happens(w, e);
        break;
    }
}

static void mix(struct world *w, const struct happening *e)
{
    uint64_t words[3] = {e->at_ns, e->kind | (uint64_t)e->node << 8 | (uint64_t)e->a << 16, e->b};

    for (unsigned i = 0; i < 3; i++)
        w->hash = (w->hash ^ words[i]) * UINT64_C(1099511628211);
}

static void step(struct world *w)
{
    struct happening e;

    if (!queue_pop(&w->queue, &e)) {
        fail(w, INVARIANT_SIMULATOR, "nothing happens any more");
        return;
    }
    w->now_ns = e.at_ns;
    if (hold(w, &e))
        return;
    w->events++;
    mix(w, &e);
    w->voluntary = NOBODY;
    happen(w, &e);
    for (unsigned n = 0; n < w->hosts; n++) {
        if (w->host[n].dying)
            agent_kill(&w->host[n]);
    }
    if (w->dirty)
        paths_changed(w);
    check_after(w, e.node);
}

static void begin(struct world *w, const bool *kept)
{
    bool cold = w->plan.mode == MODE_CHAOS && w->seed % 4 == 0;

    for (unsigned n = 0; n < w->hosts; n++)
        host_make(w, n);
    net_begin(w);
    for (unsigned n = 0; n < w->hosts; n++) {
        if (cold)
            host_power_on(&w->host[n]);
        else
            host_warm(&w->host[n]);
    }
    net_changed(w);
    w->lossless = !cold;
    for (unsigned i = 0; i < w->plan.count; i++) {
        if (kept != NULL)
            w->plan.kept[i] = kept[i];
        if (!w->plan.kept[i])
            continue;
        push(w, HAPPENS_ACTION, NOBODY, w->plan.action[i].at_ns, i, 0, 0);
        w->lossless &= !action_costs_packets(w->plan.action[i].kind);
    }
    push(w, HAPPENS_HEAL, NOBODY, w->plan.end_ns, 0, 0, 0);
    push(w, HAPPENS_CHECK, NOBODY, 250 * MS, 0, 0, 0);
    check_after(w, NOBODY);
    paths_changed(w);
}

/* What lives longer than a run: memory, and where the trace goes. */
static void clear(struct world *w)
{
    struct queue held[HOSTS_MAX], queue = w->queue;
    struct parcel *parcels = w->free_parcels;
    struct recorder *recorder = w->recorder;
    uint8_t record_host = w->record_host;
    FILE *out = w->trace;

    for (unsigned n = 0; n < HOSTS_MAX; n++)
        held[n] = w->host[n].held;
    memset(w, 0, sizeof(*w));
    for (unsigned n = 0; n < HOSTS_MAX; n++)
        w->host[n].held = held[n];
    w->queue = queue;
    queue_clear(&w->queue);
    w->free_parcels = parcels;
    w->recorder = recorder;
    w->record_host = record_host;
    w->trace = out;
}

void world_run(struct world *w, uint64_t seed, unsigned hosts, const bool *kept)
{
    clear(w);
    w->seed = seed;
    w->hosts = hosts != 0 ? hosts : 2 + (unsigned)(seed % 8 < 5 ? 0 : seed % 8 - 4);
    w->rng.state = seed;
    w->hash = UINT64_C(14695981039346656037);
    w->voluntary = NOBODY;
    plan_make(&w->plan, seed, w->hosts);
    begin(w, kept);
    while (!w->broken && !w->done)
        step(w);
    net_end(w);
}

/* ---- many runs ---- */

struct options {
    uint64_t first, last;
    unsigned hosts;
    bool quiet, one, trace;
    bool keep[ACTIONS_MAX], keep_given;
    const char *record; /* a directory */
    unsigned record_host;
    size_t record_max;
    double seconds; /* of processor time; 0: no limit */
};

static void print_plan(const struct world *w)
{
    for (unsigned i = 0; i < w->plan.count; i++) {
        const struct action *a = &w->plan.action[i];
        if (w->plan.kept[i])
            printf("#   %2u at %7.3f s: %s, gw%u, %u, for %.3f s\n", i, (double)a->at_ns / 1e9,
                   action_name(a->kind), a->node + 1u, a->target, (double)a->ns / 1e9);
    }
}

/* Leaves out one action after the other for as long as the same invariant breaks. */
static void shrink(struct world *w, uint64_t seed, unsigned hosts, bool kept[ACTIONS_MAX])
{
    enum invariant which = w->invariant;
    unsigned count = w->plan.count;
    bool again = true;

    memcpy(kept, w->plan.kept, ACTIONS_MAX * sizeof(*kept));
    while (again) {
        again = false;
        for (unsigned i = 0; i < count; i++) {
            if (!kept[i])
                continue;
            kept[i] = false;
            world_run(w, seed, hosts, kept);
            if (w->broken && w->invariant == which)
                again = true;
            else
                kept[i] = true;
        }
    }
    world_run(w, seed, hosts, kept);
}

static void report(struct world *w, uint64_t seed)
{
    unsigned hosts = w->hosts;
    bool kept[ACTIONS_MAX], comma = false;

    printf("# seed %" PRIu64 ": %s at %.3f s: %s\n", seed, invariant_name[w->invariant],
           (double)w->now_ns / 1e9, w->story);
    printf("# replay: sim --seed %" PRIu64 " --nodes %u --trace\n", seed, hosts);
    shrink(w, seed, hosts, kept);
    printf("# shrunk: %s at %.3f s: %s\n", invariant_name[w->invariant], (double)w->now_ns / 1e9,
           w->story);
    printf("# replay: sim --seed %" PRIu64 " --nodes %u --trace --keep ", seed, hosts);
    for (unsigned i = 0; i < w->plan.count; i++) {
        if (!kept[i])
            continue;
        printf("%s%u", comma ? "," : "", i);
        comma = true;
    }
    printf("%s\n", comma ? "" : "none");
    print_plan(w);
    fflush(stdout);
}

struct sums {
    uint64_t events, steps, runs, broken, drained, net, done, refused, virtual_ns, again;
    uint64_t lost_ns[DIRECTIONS], worst_death_ns;
};

static void add_up(struct sums *s, const struct world *w)
{
    s->runs++;
    s->events += w->events;
    s->steps += w->steps;
    s->virtual_ns += w->now_ns;
    s->drained += w->stat_drained;
    s->net += w->stat_net;
    s->done += w->stat_done;
    s->refused += w->stat_refused;
    for (unsigned d = 0; d < DIRECTIONS; d++) {
        s->lost_ns[d] += w->paths.lost_ns[d];
        if (w->plan.mode == MODE_DEATH && w->paths.worst_ns[d] > s->worst_death_ns)
            s->worst_death_ns = w->paths.worst_ns[d];
    }
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print_sums(const struct sums *s, double took)
{
    printf("# %" PRIu64 " runs, %.0f h of virtual time, %" PRIu64 " events, %" PRIu64
           " steps of engines, %.0f events/s\n",
           s->runs, (double)s->virtual_ns / 3.6e12, s->events, s->steps,
           took > 0 ? (double)s->events / took : 0);
    printf("# drained %" PRIu64 " times, safety net %" PRIu64 " times, operations done %" PRIu64
           ", refused %" PRIu64 "\n",
           s->drained, s->net, s->done, s->refused);
    printf("# blackhole: %.0f s from the cloud, %.0f s from the LAN; longest after one death %.0f "
           "ms\n",
           (double)s->lost_ns[FROM_CLOUD] / 1e9, (double)s->lost_ns[FROM_LAN] / 1e9,
           (double)s->worst_death_ns / 1e6);
}

static bool many(struct world *w, const struct options *o)
{
    struct sums sums = {0};
    double began = seconds();

    for (uint64_t seed = o->first; seed <= o->last; seed++) {
        uint64_t hash;
        if (o->seconds > 0 && seed % 64 == 0 && seconds() - began > o->seconds)
            break;
        world_run(w, seed, o->hosts, NULL);
        add_up(&sums, w);
        if (w->broken) {
            sums.broken++;
            report(w, seed);
            if (sums.broken == 10)
                break;
            continue;
        }
        if (seed % 256 != 0)
            continue;
        hash = w->hash; /* the same seed makes the same run */
        world_run(w, seed, o->hosts, NULL);
        if (hash != w->hash) {
            printf("# seed %" PRIu64 " made two different runs\n", seed);
            sums.broken++;
        }
    }
    if (!o->quiet || sums.broken > 0)
        print_sums(&sums, seconds() - began);
    return sums.broken == 0;
}

static bool one(struct world *w, const struct options *o)
{
    char err[ERR_MAX];

    w->trace = o->trace ? stdout : NULL;
    w->record_host = (uint8_t)o->record_host;
    if (o->record != NULL && (w->recorder = recorder_open(o->record, o->record_max, err)) == NULL)
        printf("# %s\n", err);
    world_run(w, o->first, o->hosts, o->keep_given ? o->keep : NULL);
    recorder_close(w->recorder);
    w->recorder = NULL;
    printf("# seed %" PRIu64 ", %u hosts, %" PRIu64 " events in %.1f s, hash %016" PRIx64 "\n",
           o->first, w->hosts, w->events, (double)w->now_ns / 1e9, w->hash);
    printf("# blackhole: %.0f ms from the cloud, %.0f ms from the LAN\n",
           (double)w->paths.lost_ns[FROM_CLOUD] / 1e6, (double)w->paths.lost_ns[FROM_LAN] / 1e6);
    print_plan(w);
    if (w->broken)
        printf("# %s at %.3f s: %s\n", invariant_name[w->invariant], (double)w->now_ns / 1e9,
               w->story);
    return !w->broken;
}

static void parse_keep(struct options *o, char *list)
{
    o->keep_given = true;
    for (char *at = strtok(list, ","); at != NULL; at = strtok(NULL, ",")) {
        unsigned long i = strtoul(at, NULL, 10);
        if (i < ACTIONS_MAX && at[0] >= '0' && at[0] <= '9')
            o->keep[i] = true;
    }
}

static bool parse(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        {"seeds", required_argument, NULL, 'S'},
        {"seed", required_argument, NULL, 's'},
        {"nodes", required_argument, NULL, 'n'},
        {"keep", required_argument, NULL, 'k'},
        {"trace", no_argument, NULL, 't'},
        {"quiet", no_argument, NULL, 'q'},
        {"record", required_argument, NULL, 'r'},
        {"record-of", required_argument, NULL, 'o'},
        {"record-max", required_argument, NULL, 'm'},
        {"seconds", required_argument, NULL, 'T'},
        {NULL, 0, NULL, 0},
    };
    char *end;
    int opt;

    while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (opt) {
        case 'S':
            o->first = strtoull(optarg, &end, 10);
            o->last = *end == '-' ? strtoull(end + 1, NULL, 10) : o->first;
            break;
        case 's':
            o->one = true;
            o->first = o->last = strtoull(optarg, NULL, 10);
            break;
        case 'n':
            o->hosts = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'k':
            parse_keep(o, optarg);
            break;
        case 't':
            o->trace = true;
            break;
        case 'q':
            o->quiet = true;
            break;
        case 'r':
            o->record = optarg;
            break;
        case 'o':
            o->record_host = (unsigned)strtoul(optarg, NULL, 10) - 1u;
            break;
        case 'T':
            o->seconds = strtod(optarg, NULL);
            break;
        case 'm':
            o->record_max = strtoul(optarg, NULL, 10);
            break;
        default:
            return false;
        }
    }
    return optind == argc && (o->hosts == 0 || (o->hosts >= 2 && o->hosts <= HOSTS_MAX));
}

int main(int argc, char **argv)
{
    struct options options = {.first = 1, .last = 1000, .record_max = RECORDING_MAX};
    struct world *w = calloc(1, sizeof(*w));
    bool good;

    if (w == NULL || !parse(argc, argv, &options)) {
        fputs("usage: sim [--seeds A-B] [--nodes N] [--seconds S] [--quiet]\n"
              "       sim --seed N [--nodes N] [--keep I,J,...] [--trace]\n"
              "           [--record DIR [--record-of GW] [--record-max BYTES]]\n",
              stderr);
        return 2;
    }
    good = options.one ? one(w, &options) : many(w, &options);
    while (w->free_parcels != NULL) {
        struct parcel *p = w->free_parcels;
        w->free_parcels = p->next_free;
        free(p);
    }
    for (unsigned n = 0; n < HOSTS_MAX; n++)
        queue_free(&w->host[n].held);
    queue_free(&w->queue);
    free(w);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
