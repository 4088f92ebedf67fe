/* drain, undrain, abort: asks, watches, ends.
 *
 * It watches before it asks, so that no event is missed; and looks into the status now and then, so
 * that a missed one does not matter. */
#include "agent/cli_wait.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "agent/cli_link.h"
#include "agent/cli_progress.h"
#include "agent/cli_table.h"
#include "agent/json_read.h"
#include "agent/lists.h"

#define LIVE_MS  300  /* the live line is measured so often */
#define PLAIN_MS 2000 /* without one, the status is looked into so often */
#define LOST_S   30   /* nobody works on the operation, and nobody has ended it, for so long */

struct wait {
    const struct args *args;
    const struct look *out, *err;
    struct link *link;
    char op[64], node[NAME_MAX_LEN];
    struct timespec asked;
    struct progress progress;
    double worked_at; /* somebody was seen to work on it */
    bool ended;
    enum exit_code code;
};

static double since(const struct timespec *then)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

enum exit_code wait_exit_code(const char *result)
{
    static const enum exit_code codes[RESULTS] = {
        [RESULT_DONE] = EXIT_DONE,
        [RESULT_REFUSED] = EXIT_REFUSED,
        [RESULT_ROLLED_BACK] = EXIT_ROLLED_BACK,
        [RESULT_TIMED_OUT] = EXIT_TIMED_OUT,
    };

    for (unsigned r = 0; r < RESULTS; r++) {
        if (strcmp(result, result_name(r)) == 0)
            return codes[r];
    }
    return EXIT_ERROR;
}

static void complain(const struct look *err, const char *sentence)
{
    look_put(err, PAINT_PLAIN, "cgwha: ", UINT32_MAX);
    look_wrap(err, PAINT_PLAIN, sentence, 7, 0);
}

/* ---- the end ---- */

static void give_up(struct wait *w, const char *sentence)
{
    progress_end(&w->progress);
    complain(w->err, sentence);
    w->code = EXIT_ERROR;
    w->ended = true;
}

/* o is an event "ended", or an operation of the status that has ended. */
static void end(struct wait *w, struct json_object *o)
{
    const struct look *look;
    const char *advice = json_text(o, "advice");

    progress_end(&w->progress);
    w->code = json_yes(o, "pending") ? EXIT_PENDING : wait_exit_code(json_text(o, "result"));
    w->ended = true;
    look = w->code == EXIT_DONE ? w->out : w->err;
    fflush(w->out->out);
    look_wrap(look, w->code == EXIT_DONE ? PAINT_STRONG : PAINT_BAD, json_text(o, "text"), 0, 0);
    if (advice[0] != '\0')
        look_wrap(look, PAINT_PLAIN, advice, 0, 0);
}

/* ---- what comes in ---- */

static bool is(struct json_object *o, const char *key, const char *value)
{
    return strcmp(json_text(o, key), value) == 0;
}

static bool among(struct json_object *o, const char *key, const char *name)
{
    for (size_t i = 0; i < json_count(o, key); i++) {
        if (strcmp(json_text_at(o, key, i), name) == 0)
            return true;
    }
    return false;
}

static void on_view(struct wait *w, struct json_object *event)
{
    char text[ERR_MAX];

    if (w->node[0] == '\0' || among(event, "members", w->node))
        return;
    snprintf(text, sizeof(text),
             "the agent on %s left the view while %s was under way, so its end cannot be seen from "
             "here. See cgwha status, and the same on %s.",
             w->node, w->op, w->node);
    give_up(w, text);
}

static void on_event(struct wait *w, struct json_object *event)
{
    bool ours = is(event, "op", w->op), there = is(event, "node", w->node);

    if (ours)
        w->worked_at = since(&w->asked);
    if (is(event, "event", "ended") && ours)
        end(w, event);
    else if ((is(event, "event", "phase") || is(event, "event", "peer")) && there)
        progress_phase(&w->progress, since(&w->asked), json_text(event, "to"),
                       json_text(event, "does"));
    else if (is(event, "event", "view"))
        on_view(w, event);
    else if (is(event, "event", "order-failed") && there && !w->out->live)
        fprintf(w->out->out, "%7.2f s  %s\n", since(&w->asked), json_text(event, "text"));
}

static struct json_object *operation_in(struct json_object *status, const char *op)
{
    for (size_t i = 0; i < json_count(status, "operations"); i++) {
        struct json_object *o = json_at(status, "operations", i);
        if (is(o, "op", op))
            return o;
    }
    return NULL;
}

static void on_status(struct wait *w, struct json_object *status)
{
    struct json_object *o = operation_in(status, w->op), *node = node_named(status, w->node);
    double now = since(&w->asked);
    char text[ERR_MAX];

    if (o != NULL && json_number(o, "ended") != 0) {
        end(w, o);
        return;
    }
    if (is(node, "op", w->op) || is(json_member(status, "lock"), "op", w->op))
        w->worked_at = now;
    if (now - w->worked_at > LOST_S) {
        snprintf(text, sizeof(text),
                 "%s was asked for, but for %d s nobody has been seen to work on it. See cgwha "
                 "status and cgwha watch.",
                 w->op, LOST_S);
        give_up(w, text);
        return;
    }
    if (node != NULL)
        progress_status(&w->progress, now, status, node);
}

static void take_events(struct wait *w)
{
    struct json_object *event;
    char err[ERR_MAX];

    while (!w->ended) {
        enum link_got got = link_event(w->link, &event, err);
        if (got == LINK_NOTHING)
            return;
        if (got == LINK_LOST)
            give_up(w, err);
        else
            on_event(w, event);
        json_object_put(event);
    }
}

static void look_into_status(struct wait *w)
{
    char err[ERR_MAX];
    struct json_object *status = link_ask(w->link, link_request("status"), err);

    if (status == NULL)
        give_up(w, err);
    else
        on_status(w, status);
    json_object_put(status);
}

static void detach(struct wait *w, int signals)
{
    struct signalfd_siginfo taken;
    char text[ERR_MAX];

    if (read(signals, &taken, sizeof(taken)) < 0)
        return; /* left there, it would end us before we have said what we have to say */
    progress_end(&w->progress);
    snprintf(text, sizeof(text), "the %s of %s goes on (%s). Follow it with cgwha watch%s",
             command_name(w->args->command), w->node, w->op,
             w->args->command == COMMAND_DRAIN ? "; stop it with cgwha abort." : ".");
    complain(w->err, text);
    w->code = EXIT_ERROR;
    w->ended = true;
}

/* ---- the course of it ---- */

static struct json_object *request_of(const struct args *args)
{
    struct json_object *o = link_request("ask");

    json_object_object_add(o, "kind", json_object_new_string(command_name(args->command)));
    if (args->node[0] != '\0')
        json_object_object_add(o, "node", json_object_new_string(args->node));
    if (args->why[0] != '\0')
        json_object_object_add(o, "why", json_object_new_string(args->why));
    if (args->timeout_s != 0)
        json_object_object_add(o, "timeout", json_object_new_int(args->timeout_s));
    if (args->force)
        json_object_object_add(o, "force", json_object_new_boolean(true));
    if (args->dry_run)
        json_object_object_add(o, "dry-run", json_object_new_boolean(true));
    if (args->when_safe)
        json_object_object_add(o, "when-safe", json_object_new_boolean(true));
    if (args->until_boot)
        json_object_object_add(o, "until-boot", json_object_new_boolean(true));
    return o;
}

static bool ask(struct wait *w, char err[ERR_MAX])
{
    struct json_object *answer = link_ask(w->link, link_request("watch"), err);

    if (answer == NULL)
        return false;
    json_object_put(answer);
    clock_gettime(CLOCK_MONOTONIC, &w->asked);
    answer = link_ask(w->link, request_of(w->args), err);
    if (answer == NULL)
        return false;
    strlcpy(w->op, json_text(answer, "op"), sizeof(w->op));
    strlcpy(w->node, json_text(answer, "node"), sizeof(w->node));
    json_object_put(answer);
    return true;
}

static void wait_for_end(struct wait *w, int signals)
{
    struct pollfd p[2] = {{.fd = link_fd(w->link), .events = POLLIN},
                          {.fd = signals, .events = POLLIN}};
    int every = w->out->live ? LIVE_MS : PLAIN_MS;
    double looked = 0;

    while (!w->ended) {
        double left = looked + every / 1e3 - since(&w->asked);
        int rc = poll(p, 2, left > 0 ? (int)(left * 1e3) + 1 : 0);
        if (rc < 0 && errno != EINTR)
            give_up(w, "poll failed.");
        else if (rc > 0 && (p[1].revents & POLLIN))
            detach(w, signals);
        else if (rc > 0)
            take_events(w);
        if (!w->ended && since(&w->asked) - looked >= every / 1e3) {
            look_into_status(w);
            looked = since(&w->asked);
        }
    }
}

static enum exit_code follow(struct wait *w)
{
    sigset_t set, before;
    int signals;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, &before);
    signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    w->progress.look = w->out;
    wait_for_end(w, signals);
    if (signals >= 0)
        close(signals);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return w->code;
}

enum exit_code wait_run(const struct args *args, const char *server, const struct look *out,
                        const struct look *err)
{
    struct wait w = {.args = args, .out = out, .err = err, .code = EXIT_ERROR};
    char sentence[ERR_MAX];

    if (!link_open(&w.link, server, LINK_WAIT_MS, sentence) || !ask(&w, sentence)) {
        complain(err, sentence);
    } else if (args->no_wait) {
        fprintf(out->out, "%s was asked for; follow it with cgwha watch.\n", w.op);
        w.code = EXIT_DONE;
    } else {
        follow(&w);
    }
    link_close(w.link);
    return w.code;
}
