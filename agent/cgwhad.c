/* cgwhad: the daemon. Puts the parts together and runs the loop.
 *
 * It must never change a route by starting or stopping: it leaves everything as it stands when it
 * goes (fail static), and takes things as they stand when it comes. */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <libutil.h>
#include <qb/qblog.h>
#include <qb/qbloop.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "agent/api.h"
#include "agent/history.h"
#include "agent/hook_event.h"
#include "agent/hook_run.h"
#include "agent/hooks.h"
#include "agent/recorder.h"
#include "agent/report.h"
#include "agent/runtime.h"
#include "agent/sentence.h"
#include "agent/store.h"
#include "agent/track.h"
#include "agent/vrrp.h"
#include "cluster/cluster.h"
#include "conf/conf.h"
#include "routing/frr_level.h"

#define CONF_FILE CGWHA_SYSCONFDIR "/cgwha/cgwha.conf"

struct daemon {
    qb_loop_t *loop;
    struct conf conf;
    struct runtime runtime;
    struct store *store;
    struct api *api;
    struct recorder *recorder; /* NULL: nothing is recorded */
    struct hooks *hooks;       /* NULL: none are called */
    struct history *history;   /* NULL: nothing is kept */
    struct tracks *tracks;     /* NULL: not begun yet */
    struct slot_timer {
        struct daemon *daemon;
        unsigned slot;
        bool running;
        qb_loop_timer_handle handle;
    } timer[SLOTS];
    uint64_t watchdog_usec;
    uint64_t tick_ns; /* when the last tick was set */
};

/* ---- ports of the runtime ---- */

static uint64_t now_ns(void *ctx)
{
    struct timespec ts;

    (void)ctx;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
}

static uint64_t wall_s(void *ctx)
{
    (void)ctx;
    return (uint64_t)time(NULL);
}

static void watch_lag(struct daemon *d)
{
    uint64_t now = now_ns(NULL), late = d->tick_ns != 0 ? now - d->tick_ns : 0;

    if (late > (TICK_MS + LAG_WARN_MS) * UINT64_C(1000000))
        qb_log(LOG_WARNING, "the loop was late by %.2f s", (double)late / 1e9 - TICK_MS / 1e3);
    d->tick_ns = now;
    if (d->watchdog_usec != 0)
        sd_notify(0, "WATCHDOG=1");
}

static void on_timer(void *data)
{
    struct slot_timer *t = data;

    t->running = false;
    if (t->slot == SLOT_TICK)
        watch_lag(t->daemon);
    runtime_timer(&t->daemon->runtime, t->slot);
}

static void timer_clear(void *ctx, unsigned slot)
{
    struct daemon *d = ctx;

    if (!d->timer[slot].running)
        return;
    qb_loop_timer_del(d->loop, d->timer[slot].handle);
    d->timer[slot].running = false;
}

static void timer_set(void *ctx, unsigned slot, uint32_t ms)
{
    struct daemon *d = ctx;
    struct slot_timer *t = &d->timer[slot];

    timer_clear(ctx, slot);
    t->daemon = d;
    t->slot = slot;
    if (qb_loop_timer_add(d->loop, QB_LOOP_MED, ms * UINT64_C(1000000), t, on_timer, &t->handle)) {
        qb_log(LOG_CRIT, "no timer can be had from the loop; stopping, everything stays as it is");
        abort();
    }
    t->running = true;
}

static void save(void *ctx, uint32_t id, const struct saved *saved)
{
    struct daemon *d = ctx;

    store_save(d->store, id, saved);
}

static void saved(void *ctx, uint32_t id, bool ok, const char *why)
{
    struct daemon *d = ctx;

    runtime_saved(&d->runtime, id, ok, why);
}

static bool vrrp(void *ctx, uint8_t level, char why[ERR_MAX])
{
    struct daemon *d = ctx;

    return vrrp_write(d->conf.vrrp_file, level, why);
}

/* Without corosync the agent cannot work; but it can start, and wait for it, alone. */
static void started(void *ctx)
{
    struct daemon *d = ctx;
    char err[ERR_MAX];

    if (!cluster_corosync_create(&d->runtime.cluster, d->loop, &d->runtime.nodes,
                                 &runtime_cluster_events, &d->runtime, err)) {
        qb_log(LOG_CRIT, "%s", err);
        qb_loop_stop(d->loop);
        return;
    }
    sd_notify(0, "READY=1");
}

static void tracked(void *ctx, const struct tracks_seen *seen)
{
    struct daemon *d = ctx;

    runtime_tracked(&d->runtime, seen);
}

static void see_tracks(void *ctx, uint8_t tunnels_up, struct tracks_seen *out)
{
    struct daemon *d = ctx;

    if (d->tracks == NULL)
        return;
    tracks_tunnels(d->tracks, tunnels_up);
    *out = *tracks_now(d->tracks);
}

static uint8_t told_priority(const struct told *t)
{
    switch (t->type) {
    case TOLD_IMPOSSIBLE:
        return LOG_CRIT;
    case TOLD_GAP:
    case TOLD_ORDER_FAILED:
    case TOLD_TRACK:
        return LOG_WARNING;
    case TOLD_PHASE:
        return t->to == PHASE_SAFETY_NET || t->to == PHASE_UNFIT ? LOG_WARNING : LOG_NOTICE;
    default:
        return LOG_NOTICE;
    }
}

static void tell_hooks(struct daemon *d, const struct told *t)
{
    static char text[HOOK_MESSAGE_MAX - 64]; /* too large for the stack of a loop */
    struct json_object *event = report_told(&d->runtime, t);

    hooks_tell(d->hooks, text, hook_event(&d->runtime, t, event, text, sizeof(text)));
    json_object_put(event);
}

static void told(void *ctx, const struct told *t)
{
    struct daemon *d = ctx;
    char op[NAME_MAX_LEN + 12], line[SENTENCE_MAX];

    sentence_told(&d->runtime, t, line);
    if (t->op != OP_NONE)
        qb_log(told_priority(t), "[%s] %s", runtime_op_text(&d->runtime, t->op, op), line);
    else
        qb_log(told_priority(t), "%s", line);
    if (t->type == TOLD_PHASE)
        sd_notifyf(0, "STATUS=%s", line);
    if (d->api != NULL)
        api_tell(d->api, t);
    if (d->hooks != NULL)
        tell_hooks(d, t);
    if (d->history != NULL)
        history_told(d->history, t);
}

/* What cannot be recorded is not; the agent goes on. */
static void stepped(void *ctx, const struct event *event, const struct effects *effects)
{
    struct daemon *d = ctx;
    char err[ERR_MAX];

    if (d->history != NULL)
        history_stepped(d->history);
    if (d->recorder == NULL)
        return;
    recorder_step(d->recorder, now_ns(NULL), &d->runtime.engine, event, effects);
    if (recorder_trouble(d->recorder, err))
        qb_log(LOG_WARNING, "%s", err);
}

static struct json_object *past_history(void *ctx, const struct request *r)
{
    return history_list(((struct daemon *)ctx)->history, r->op, r->before, r->count);
}

static struct json_object *past_course(void *ctx, const struct request *r)
{
    return history_course(((struct daemon *)ctx)->history, r->op);
}

static void past_asked(void *ctx, op_t op, pid_t pid, uid_t uid)
{
    struct daemon *d = ctx;
    struct asker asker;

    asker_of(pid, uid, &asker);
    history_asked(d->history, op, &asker);
}

static const struct api_past past = {
    .history = past_history, .course = past_course, .asked = past_asked};

static const struct runtime_ports ports = {
    .now_ns = now_ns,
    .wall_s = wall_s,
    .timer_set = timer_set,
    .timer_clear = timer_clear,
    .save = save,
    .vrrp = vrrp,
    .started = started,
    .told = told,
    .tracks = see_tracks,
    .stepped = stepped,
};

/* ---- start and stop ---- */

static void log_init(bool foreground)
{
    qb_log_init("cgwhad", LOG_DAEMON, LOG_NOTICE);
    qb_log_ctl(QB_LOG_SYSLOG, QB_LOG_CONF_ENABLED, !foreground);
    qb_log_ctl(QB_LOG_STDERR, QB_LOG_CONF_ENABLED, foreground);
    qb_log_filter_ctl(QB_LOG_STDERR, QB_LOG_FILTER_ADD, QB_LOG_FILTER_FILE, "*", LOG_INFO);
    /* Under systemd stderr is the journal, which has its own clock. */
    qb_log_format_set(QB_LOG_STDERR, getenv("JOURNAL_STREAM") != NULL ? "%b" : "%T [%P] %p: %b");
}

static int32_t on_stop(int32_t sig, void *data)
{
    struct daemon *d = data;

    qb_log(LOG_NOTICE, "signal %d: stopping; routes and SAs stay as they are", sig);
    sd_notify(0, "STOPPING=1");
    qb_loop_stop(d->loop);
    return -1;
}

static bool make_dirs(const struct conf *conf, char err[ERR_MAX])
{
    if ((mkdir(conf->run_dir, 0755) != 0 && errno != EEXIST) ||
        (mkdir(conf->state_dir, 0700) != 0 && errno != EEXIST)) {
        snprintf(err, ERR_MAX, "%s and %s must exist or be made: %s", conf->run_dir,
                 conf->state_dir, strerror(errno));
        return false;
    }
    return true;
}

/* What the disk says, and this run's first operation number: the numbers set aside for the run are
 * used up on disk before the first of them is. */
static uint32_t load_saved(const struct conf *conf, struct saved *out)
{
    char err[ERR_MAX];
    uint32_t serial;

    if (!store_load(conf->state_dir, out, err))
        qb_log(LOG_ERR, "%s", err);
    serial = out->serial;
    out->serial += STORE_SERIALS;
    if (!store_write(conf->state_dir, out, err)) {
        qb_log(LOG_ERR, "%s; a drain will be refused until it can be", err);
        serial = (uint32_t)time(NULL);
    }
    return serial;
}

static bool create_parts(struct daemon *d, char err[ERR_MAX])
{
    struct cluster_nodes nodes;
    struct saved found;
    uint32_t serial;

    if (!cluster_nodes_read(&nodes, d->conf.corosync_conf, err))
        return false;
    cluster_timing_advice(&nodes, err);
    if (err[0] != '\0')
        qb_log(LOG_WARNING, "%s", err);
    serial = load_saved(&d->conf, &found);
    d->recorder = recorder_open(d->conf.state_dir, RECORDING_MAX, err);
    if (d->recorder == NULL)
        qb_log(LOG_WARNING, "%s", err);
    if (!hooks_create(&d->hooks, d->loop, d->conf.hooks_dir, d->conf.hook_limit_ms, err))
        qb_log(LOG_WARNING, "%s", err);
    runtime_init(&d->runtime, &d->conf, &nodes, &found, serial, &ports, d);
    d->history = history_create(d->loop, &d->runtime, d->conf.state_dir, err);
    if (err[0] != '\0')
        qb_log(LOG_WARNING, "%s", err);
    d->store = store_create(d->loop, d->conf.state_dir, saved, d, err);
    return d->store != NULL &&
           router_create(&d->runtime.router, d->loop, &d->conf.router, &runtime_router_events,
                         &d->runtime, err) &&
           ipsec_charon_create(&d->runtime.ipsec, d->loop, &d->conf.ipsec, &runtime_ipsec_events,
                               &d->runtime, err) &&
           tracks_create(&d->tracks, d->loop, &d->conf, tracked, d, err) &&
           api_create(&d->api, d->loop, &d->runtime, d->conf.group, err);
}

static void keep_past(struct daemon *d)
{
    if (d->history != NULL)
        api_keep(d->api, &past, d);
}

static void destroy_parts(struct daemon *d)
{
    api_destroy(d->api);
    tracks_destroy(d->tracks);
    if (d->runtime.cluster.ops != NULL)
        d->runtime.cluster.ops->destroy(d->runtime.cluster.self);
    if (d->runtime.ipsec.ops != NULL)
        d->runtime.ipsec.ops->destroy(d->runtime.ipsec.self);
    if (d->runtime.router.ops != NULL)
        d->runtime.router.ops->destroy(d->runtime.router.self);
    store_destroy(d->store);
    recorder_close(d->recorder);
    history_destroy(d->history);
    hooks_destroy(d->hooks);
    for (unsigned slot = 0; slot < SLOTS; slot++)
        timer_clear(d, slot);
}

static int run(struct daemon *d)
{
    qb_loop_signal_handle term, intr;
    char err[ERR_MAX];

    signal(SIGPIPE, SIG_IGN);
    if (sd_watchdog_enabled(0, &d->watchdog_usec) < 0)
        d->watchdog_usec = 0;
    d->loop = qb_loop_create();
    if (d->loop == NULL || !create_parts(d, err)) {
        qb_log(LOG_CRIT, "%s", d->loop == NULL ? "no loop" : err);
        destroy_parts(d);
        return EXIT_FAILURE;
    }
    qb_loop_signal_add(d->loop, QB_LOOP_HIGH, SIGTERM, d, on_stop, &term);
    qb_loop_signal_add(d->loop, QB_LOOP_HIGH, SIGINT, d, on_stop, &intr);
    keep_past(d);
    qb_log(LOG_NOTICE, "cgwhad %s starts on %s", CGWHA_VERSION,
           d->runtime.nodes.name[d->runtime.nodes.self]);
    runtime_start(&d->runtime);
    qb_loop_run(d->loop);
    destroy_parts(d);
    qb_loop_destroy(d->loop);
    return EXIT_SUCCESS;
}

/* ---- main ---- */

static void usage(FILE *out)
{
    fputs("Usage: cgwhad [-f] [-c FILE]\n"
          "       cgwhad -t [-c FILE]\n"
          "       cgwhad -r [-c FILE]\n"
          "\n"
          "The agent of a pair of VPN customer gateways; one on each. The command is cgwha(8).\n"
          "\n"
          "  -c FILE  configuration (" CONF_FILE ")\n"
          "  -f       stay in the foreground and log to stderr\n"
          "  -t       check the configuration and exit: 0 good, 1 not\n"
          "  -r       print what goes into frr.conf for this configuration, and exit\n"
          "  -s       print the documented sample configuration and exit\n"
          "  -V       version\n"
          "  -h       this help\n",
          out);
}

/* One agent on a host: a second would fight it for the router. */
static struct pidfh *lock_pidfile(const struct conf *conf, char err[ERR_MAX])
{
    char path[PATH_LEN + 16];
    pid_t other = 0;
    struct pidfh *pf;

    snprintf(path, sizeof(path), "%s/cgwhad.pid", conf->run_dir);
    pf = pidfile_open(path, 0644, &other);
    if (pf == NULL && errno == EEXIST)
        snprintf(err, ERR_MAX, "cgwhad runs already, with pid %d", (int)other);
    else if (pf == NULL)
        snprintf(err, ERR_MAX, "%s: %s", path, strerror(errno));
    return pf;
}

int main(int argc, char **argv)
{
    static struct daemon
        d; /* the loop's callbacks point into it for as long as the process lives */
    const char *file = CONF_FILE;
    bool foreground = false, check = false, frr = false;
    struct pidfh *pf;
    char err[ERR_MAX];
    int opt, rc;

    if (strcmp(argv[0], HOOK_RUN_NAME) == 0) /* started by ourselves, to call the hooks */
        return hook_run_main(argc, argv);
    while ((opt = getopt(argc, argv, "c:fhrstV")) != -1) {
        switch (opt) {
        case 'c':
            file = optarg;
            break;
        case 'f':
            foreground = true;
            break;
        case 't':
            check = true;
            break;
        case 'r':
            frr = true;
            break;
        case 's':
            conf_sample(stdout);
            return EXIT_SUCCESS;
        case 'V':
            puts("cgwhad " CGWHA_VERSION);
            return EXIT_SUCCESS;
        case 'h':
            usage(stdout);
            return EXIT_SUCCESS;
        default:
            usage(stderr);
            return 2;
        }
    }
    if (optind != argc) {
        usage(stderr);
        return 2;
    }
    if (!conf_read(file, &d.conf, err)) {
        fprintf(stderr, "cgwhad: %s\n", err);
        return EXIT_FAILURE;
    }
    if (frr) {
        router_frr_text(&d.conf.router, stdout);
        return EXIT_SUCCESS;
    }
    if (check) {
        printf("%s is good: profile %s, %u tunnels, %u LAN sessions, %u shared prefixes\n", file,
               d.conf.profile, d.conf.tunnels, d.conf.lans, d.conf.router.prefixes.count);
        return EXIT_SUCCESS;
    }
    if (!make_dirs(&d.conf, err) || (pf = lock_pidfile(&d.conf, err)) == NULL) {
        fprintf(stderr, "cgwhad: %s\n", err);
        return EXIT_FAILURE;
    }
    if (!foreground && daemon(0, 0) != 0) {
        fprintf(stderr, "cgwhad: cannot go to the background: %s\n", strerror(errno));
        pidfile_remove(pf);
        return EXIT_FAILURE;
    }
    pidfile_write(pf);
    log_init(foreground);
    rc = run(&d);
    pidfile_remove(pf);
    qb_log_fini();
    return rc;
}
