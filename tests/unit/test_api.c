/* The door in the daemon and the command's end of it, over libqb's real IPC: the server in a
 * process of its own, with a runtime built by hand, which acts out what a request's reason asks
 * for. */
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <qb/qbipcc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/api.h"
#include "agent/cli_link.h"
#include "agent/cli_wait.h"
#include "agent/json_read.h"
#include "tests/unit/stage.h"

#define WAIT_MS 10000 /* never reached by a test that passes */
#define NOBODY  65534

static char server_name[64];

/* ---- the server's side ---- */

struct server {
    struct stage stage;
    qb_loop_t *loop;
    struct api *api;
    struct story *story;
};

static void tell_phase(struct server *sv, enum told_type type, unsigned node, enum phase to)
{
    struct told told = {
        .type = (uint8_t)type, .node = (uint8_t)node, .to = (uint8_t)to, .op = sv->story->op};

    api_tell(sv->api, &told);
}

static void tell_end(struct server *sv, enum result result, enum reason reason)
{
    struct told told = {.type = TOLD_ENDED, .op = sv->story->op, .story = sv->story};

    stage_end(sv->story, result, reason);
    sv->story->end.end.node = STAGE_GW2;
    sv->story->end.end.sessions = 1;
    told.reason = sv->story->end.end.reason;
    api_tell(sv->api, &told);
}

static void tell_many(struct server *sv, unsigned count)
{
    struct told told = {.type = TOLD_ORDER_FAILED};

    for (unsigned i = 0; i < count; i++) {
        memset(told.text, 'x', sizeof(told.text) - 1);
        snprintf(told.text, sizeof(told.text), "%u", i);
        told.text[strlen(told.text)] = ' '; /* as long as it can be */
        api_tell(sv->api, &told);
    }
}

/* What the reason of a request asks for. */
static void act(void *data)
{
    struct server *sv = data;
    const char *why = sv->story->why;
    struct told told = {.type = TOLD_ASKED, .op = sv->story->op, .story = sv->story};

    api_tell(sv->api, &told);
    if (strcmp(why, "good") == 0) {
        tell_phase(sv, TOLD_PHASE, 0, PHASE_GUARDING);
        tell_phase(sv, TOLD_PEER, 1, PHASE_IN_SERVICE);
        tell_phase(sv, TOLD_PHASE, 0, PHASE_DRAINED);
        tell_end(sv, RESULT_DONE, REASON_NONE);
    } else if (strcmp(why, "refuse") == 0) {
        tell_end(sv, RESULT_REFUSED, REASON_NOT_REDUNDANT);
    } else if (strcmp(why, "roll back") == 0) {
        tell_end(sv, RESULT_ROLLED_BACK, REASON_VIEW_CHANGED);
    } else if (strcmp(why, "time out") == 0) {
        tell_end(sv, RESULT_TIMED_OUT, REASON_DEADLINE);
    } else if (strcmp(why, "unseen") == 0) {
        stage_end(sv->story, RESULT_ROLLED_BACK, REASON_ABORTED); /* no event tells of it */
    } else if (strcmp(why, "leave") == 0) {
        told = (struct told){.type = TOLD_VIEW};
        sv->stage.rt.view.members = 1;
        api_tell(sv->api, &told);
    } else if (strncmp(why, "many ", 5) == 0) {
        tell_many(sv, (unsigned)atoi(why + 5));
    } else if (strcmp(why, "go") == 0) {
        qb_loop_stop(sv->loop);
    } else if (strcmp(why, "wait") == 0) {
        tell_phase(sv, TOLD_PHASE, 0, PHASE_GUARDING);
    }
}

static bool server_send(void *self, const struct message *m)
{
    struct server *sv = self;

    sv->story = stage_story(&sv->stage, m->ask.op, (enum ask)m->ask.kind, m->ask.target);
    memcpy(sv->story->user, m->ask.user, USER_LEN);
    memcpy(sv->story->why, m->ask.why, WHY_LEN);
    sv->story->flags = m->ask.flags;
    qb_loop_job_add(sv->loop, QB_LOOP_HIGH, sv,
                    act); /* after the answer, before the next request */
    sv->stage.rt.unasked.ask.op = OP_NONE;
    return true;
}

static void server_forget(void *data)
{
    struct server *sv = data;
    qb_loop_timer_handle handle;

    sv->stage.rt.unasked.ask.op =
        OP_NONE; /* runtime_ask() waits for a delivery, which is not here */
    qb_loop_timer_add(sv->loop, QB_LOOP_HIGH, 1000000, sv, server_forget, &handle);
}

static int32_t server_stop(int32_t sig, void *data)
{
    struct server *sv = data;

    (void)sig;
    qb_loop_stop(sv->loop);
    return -1;
}

/* Never returns. A byte through ready says that it listens. */
static void serve(int ready, const char *group)
{
    static const struct cluster_ops ops = {.send = server_send};
    static struct server sv;
    qb_loop_signal_handle handle;
    char err[ERR_MAX];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    stage_set(&sv.stage);
    sv.stage.rt.cluster = (struct cluster){.ops = &ops, .self = &sv};
    sv.loop = qb_loop_create();
    qb_loop_signal_add(sv.loop, QB_LOOP_HIGH, SIGTERM, &sv, server_stop, &handle);
    if (!api_create_named(&sv.api, sv.loop, &sv.stage.rt, server_name, group, err)) {
        fprintf(stderr, "# %s\n", err);
        _exit(99);
    }
    server_forget(&sv);
    if (write(ready, "1", 1) != 1)
        _exit(98);
    qb_loop_run(sv.loop);
    api_destroy(sv.api);
    qb_loop_destroy(sv.loop);
    exit(0); /* not _exit(): a leak is to be seen */
}

static pid_t start_server(const char *group)
{
    int ready[2];
    pid_t pid;
    char byte;

    assert_int_equal(pipe(ready), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(ready[0]);
        serve(ready[1], group);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void stop_server(pid_t pid)
{
    int status;

    kill(pid, SIGTERM);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static int set_up(void **state)
{
    static pid_t pid;

    pid = start_server("");
    *state = &pid;
    return 0;
}

static int tear_down(void **state)
{
    stop_server(*(pid_t *)*state);
    return 0;
}

/* ---- the client's side ---- */

static struct link *enter(void)
{
    struct link *link;
    char err[ERR_MAX] = "";

    if (!link_open(&link, server_name, WAIT_MS, err))
        fail_msg("%s", err);
    return link;
}

static struct json_object *ask(struct link *link, struct json_object *request)
{
    char err[ERR_MAX] = "";
    struct json_object *o = link_ask(link, request, err);

    if (o == NULL)
        fail_msg("%s", err);
    return o;
}

static struct json_object *drain(const char *why)
{
    struct json_object *o = link_request("ask");

    json_object_object_add(o, "kind", json_object_new_string("drain"));
    json_object_object_add(o, "why", json_object_new_string(why));
    return o;
}

static void assert_alive(void)
{
    struct link *link = enter();
    struct json_object *o = ask(link, link_request("status"));

    assert_string_equal(json_text(o, "self"), "gw1");
    json_object_put(o);
    link_close(link);
}

static void answers_status(void **state)
{
    struct link *link = enter();
    struct json_object *o = ask(link, link_request("status"));

    (void)state;
    assert_int_equal(json_number(o, "api"), 1);
    assert_string_equal(json_text(o, "version"), CGWHA_VERSION);
    assert_int_equal(json_count(o, "nodes"), 2);
    json_object_put(o);
    link_close(link);
}

/* Who asks is what the kernel says, not what the request says. */
static void asks_in_the_name_of_the_kernel(void **state)
{
    struct link *link = enter();
    struct json_object *request = drain("good\033[2J\nfor nothing"), *o;
    char err[ERR_MAX];
    bool seen = false;

    (void)state;
    json_object_object_add(request, "user", json_object_new_string("mallory"));
    json_object_object_add(request, "timeout", json_object_new_int(90));
    json_object_put(ask(link, link_request("watch")));
    o = ask(link, request);
    assert_string_equal(json_text(o, "op"), "gw1:1");
    assert_string_equal(json_text(o, "node"), "gw1");
    json_object_put(o);
    while (!seen) {
        struct pollfd p = {.fd = link_fd(link), .events = POLLIN};
        assert_int_equal(poll(&p, 1, WAIT_MS), 1);
        if (link_event(link, &o, err) != LINK_EVENT)
            continue;
        seen = strcmp(json_text(o, "event"), "asked") == 0;
        if (seen && geteuid() == 0)
            assert_string_equal(json_text(o, "user"), "root");
        if (seen)
            assert_string_equal(json_text(o, "why"), "good [2J for nothing");
        json_object_put(o);
    }
    link_close(link);
}

/* ---- what is not a request ---- */

static qb_ipcc_connection_t *raw_enter(void)
{
    qb_ipcc_connection_t *c = qb_ipcc_connect(server_name, IPC_MAX);

    assert_non_null(c);
    return c;
}

static void raw_send(qb_ipcc_connection_t *c, int32_t id, int32_t claimed, const void *body,
                     size_t size)
{
    struct qb_ipc_request_header header;
    struct iovec iov[2] = {{.iov_base = &header, .iov_len = sizeof(header)},
                           {.iov_base = (void *)(uintptr_t)body, .iov_len = size}};

    memset(&header, 0, sizeof(header));
    header.id = id;
    header.size = claimed;
    assert_int_equal(qb_ipcc_sendv(c, iov, 2), (ssize_t)(sizeof(header) + size));
}

/* The answer is an error that says these words. */
static void assert_error(qb_ipcc_connection_t *c, const char *words)
{
    static char buffer[IPC_MAX];
    size_t head = sizeof(struct qb_ipc_response_header);
    ssize_t n = qb_ipcc_recv(c, buffer, sizeof(buffer), WAIT_MS);
    struct json_object *o;

    assert_true(n > (ssize_t)head);
    o = json_parse(buffer + head, strlen(buffer + head));
    assert_non_null(o);
    assert_int_equal(json_number(o, "api"), 1);
    if (strstr(json_text(o, "error"), words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", json_text(o, "error"), words);
    json_object_put(o);
}

static void bad_requests_are_errors(void **state)
{
    static const struct {
        const char *body, *words;
    } cases[] = {
        {"", "not one JSON object"},
        {"{", "not one JSON object"},
        {"nonsense", "not one JSON object"},
        {"[]", "not one JSON object"},
        {"7", "not one JSON object"},
        {"null", "not one JSON object"},
        {"{} {}", "not one JSON object"},
        {"{\"api\":1,}", "not one JSON object"},
        {"{\"do\":\"\xff\xfe\"}", "not one JSON object"},
        {"{\"a\":[[[[[[[[[[[[1]]]]]]]]]]]]}", "not one JSON object"},
        {"{}", "version 0"},
        {"{\"api\":\"1\",\"do\":\"status\"}", "version 0"},
        {"{\"api\":2,\"do\":\"status\"}", "version 2"},
        {"{\"api\":1}", "do must be"},
        {"{\"api\":1,\"do\":\"dance\"}", "do must be"},
        {"{\"api\":1,\"do\":[\"status\"]}", "do must be"},
        {"{\"api\":1,\"do\":\"ask\"}", "kind must be"},
        {"{\"api\":1,\"do\":\"ask\",\"kind\":\"?\"}", "kind must be"},
        {"{\"api\":1,\"do\":\"ask\",\"kind\":\"drain\",\"node\":\"gw3\"}", "there are: gw1 gw2"},
        {"{\"api\":1,\"do\":\"ask\",\"kind\":\"drain\",\"timeout\":-1}", "timeout must be"},
        {"{\"api\":1,\"do\":\"ask\",\"kind\":\"drain\",\"timeout\":65536}", "timeout must be"},
        {"{\"api\":1,\"do\":\"ask\",\"kind\":\"undrain\",\"force\":true}", "for drain only"},
        {"{\"api\":1,\"do\":\"ask\",\"kind\":\"abort\",\"dry-run\":true}", "for drain only"},
    };
    qb_ipcc_connection_t *c = raw_enter();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t size = strlen(cases[i].body) + 1;
        int32_t claimed = (int32_t)(sizeof(struct qb_ipc_request_header) + size);
        raw_send(c, API_ID_JSON, claimed, cases[i].body, size);
        assert_error(c, cases[i].words);
    }
    qb_ipcc_disconnect(c);
    assert_alive();
}

/* libqb hands on the size that the client says. */
static void lies_about_the_size_are_errors(void **state)
{
    static const int32_t sizes[] = {INT32_MAX, INT32_MIN,           -1,      0,          1,
                                    16,        API_REQUEST_MAX + 1, IPC_MAX, 2 * IPC_MAX};
    static const char status[] = "{\"api\":1,\"do\":\"status\"}";
    qb_ipcc_connection_t *c = raw_enter();
    static char large[API_REQUEST_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        raw_send(c, API_ID_JSON, sizes[i], status, sizeof(status));
        assert_error(c, "empty or too long");
    }
    /* more than was sent, within bounds: what lies behind it is read, and is no text */
    raw_send(c, API_ID_JSON, API_REQUEST_MAX, "{\"api\":1", 8);
    assert_error(c, "");
    /* no end; another kind; truly too long */
    raw_send(c, API_ID_JSON, (int32_t)(sizeof(struct qb_ipc_request_header) + 4), "{\"ap", 4);
    assert_error(c, "not of a kind known here");
    raw_send(c, 77, (int32_t)(sizeof(struct qb_ipc_request_header) + sizeof(status)), status,
             sizeof(status));
    assert_error(c, "not of a kind known here");
    memset(large, ' ', sizeof(large));
    raw_send(c, API_ID_JSON, (int32_t)(sizeof(struct qb_ipc_request_header) + sizeof(large)), large,
             sizeof(large));
    assert_error(c, "empty or too long");
    qb_ipcc_disconnect(c);
    assert_alive();
}

/* ---- watchers ---- */

/* Takes events until `count` of the many have come, each in its turn, or the connection is lost.
 * Returns how many came. */
static unsigned take_many(struct link *link, unsigned count)
{
    unsigned came = 0;
    char err[ERR_MAX];
    struct json_object *o;

    while (came < count) {
        struct pollfd p = {.fd = link_fd(link), .events = POLLIN};
        enum link_got got;
        assert_int_equal(poll(&p, 1, WAIT_MS), 1);
        got = link_event(link, &o, err);
        if (got == LINK_LOST)
            break;
        if (got == LINK_EVENT && strcmp(json_text(o, "event"), "order-failed") == 0) {
            char start[32];
            snprintf(start, sizeof(start), "gw1: %u ", came);
            assert_int_equal(strncmp(json_text(o, "text"), start, strlen(start)), 0);
            came++;
        }
        json_object_put(o);
    }
    return came;
}

/* More than libqb's buffer holds: the rest waits, and comes in order. */
static void a_late_watcher_misses_nothing(void **state)
{
    struct link *link = enter();

    (void)state;
    json_object_put(ask(link, link_request("watch")));
    json_object_put(ask(link, drain("many 700")));
    json_object_put(ask(link, link_request("status"))); /* by now all have been told */
    assert_int_equal(take_many(link, 700), 700);
    link_close(link);
}

/* One that does not read is let go; it does not take another with it, nor the server. */
static void a_stuck_watcher_is_let_go(void **state)
{
    struct link *stuck = enter(), *asker = enter();

    (void)state;
    json_object_put(ask(stuck, link_request("watch")));
    json_object_put(ask(asker, drain("many 5000")));
    json_object_put(ask(asker, link_request("status"))); /* by now all have been told */
    assert_true(take_many(stuck, 5000) < 5000);
    link_close(stuck);
    link_close(asker);
    assert_alive();
}

/* Clients that vanish in the middle, watching or not, leave nothing behind. */
static void clients_may_vanish(void **state)
{
    (void)state;
    for (unsigned i = 0; i < API_CLIENTS_MAX + 8; i++) {
        int status;
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            struct link *link;
            char err[ERR_MAX];
            if (link_open(&link, server_name, WAIT_MS, err)) {
                json_object_put(link_ask(link, link_request("watch"), err));
                json_object_put(link_ask(link, drain("many 3"), err));
            }
            _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
    }
    assert_alive();
}

/* ---- who may come ---- */

/* What link_open() says to a process of this user and these groups: "" if it may come in. */
static void enter_as(uid_t uid, gid_t gid, gid_t extra, char out[ERR_MAX])
{
    int fds[2];
    pid_t pid;
    ssize_t n;

    assert_int_equal(pipe(fds), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char err[ERR_MAX] = "";
        struct link *link;
        if (setgroups(1, &extra) != 0 || setgid(gid) != 0 || setuid(uid) != 0)
            _exit(97);
        if (link_open(&link, server_name, WAIT_MS, err))
            json_object_put(link_ask(link, link_request("status"), err));
        n = write(fds[1], err, strlen(err) + 1);
        _exit(n > 0 ? 0 : 96);
    }
    close(fds[1]);
    n = read(fds[0], out, ERR_MAX);
    assert_true(n > 0);
    close(fds[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void only_root_and_the_group_may_come(void **state)
{
    const struct group *gr = getgrnam("daemon");
    char err[ERR_MAX];
    pid_t pid;

    (void)state;
    if (geteuid() != 0 || gr == NULL)
        skip();
    pid = start_server("daemon");
    enter_as(NOBODY, NOBODY, NOBODY, err);
    assert_non_null(strstr(err, "neither root nor in the group"));
    enter_as(NOBODY, gr->gr_gid, NOBODY, err);
    assert_string_equal(err, "");
    enter_as(NOBODY, NOBODY, gr->gr_gid, err);
    assert_string_equal(err, "");
    stop_server(pid);

    pid = start_server("no-such-group");
    enter_as(NOBODY, NOBODY, gr->gr_gid, err);
    assert_non_null(strstr(err, "neither root nor in the group"));
    enter_as(0, 0, 0, err);
    assert_string_equal(err, "");
    stop_server(pid);
}

static void two_servers_are_one_too_many(void **state)
{
    struct stage s;
    struct api *api;
    char err[ERR_MAX];
    qb_loop_t *loop = qb_loop_create();

    (void)state;
    stage_set(&s);
    assert_false(api_create_named(&api, loop, &s.rt, server_name, "", err));
    assert_non_null(strstr(err, "does another cgwhad run"));
    assert_null(api);
    qb_loop_destroy(loop);
}

/* ---- a daemon that is not there, or hangs ---- */

static void not_there(void **state)
{
    struct link *link;
    char err[ERR_MAX];

    (void)state;
    assert_false(link_open(&link, "cgwha-test-nobody", WAIT_MS, err));
    assert_non_null(strstr(err, "systemctl start cgwhad"));
    assert_null(link);
}

static void hangs(void **state)
{
    pid_t pid = *(pid_t *)*state;
    struct link *link = enter(), *second;
    char err[ERR_MAX];
    int status;

    link_close(link);
    assert_true(link_open(&link, server_name, 100, err));
    kill(pid, SIGSTOP);
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_null(link_ask(link, link_request("status"), err));
    assert_non_null(strstr(err, "does not answer"));
    assert_false(link_open(&second, server_name, 100, err));
    assert_non_null(strstr(err, "does not answer"));
    kill(pid, SIGCONT);
    link_close(link);
    assert_alive(); /* it has done with those that went away meanwhile */
}

/* ---- the command that waits ---- */

struct run {
    enum exit_code code;
    char *out, *err;
};

static struct run wait_for(const char *line_why, enum command command, const char *node,
                           bool no_wait)
{
    struct args args = {.command = command, .no_wait = no_wait};
    struct look out = {.width = 100}, err = {.width = 100};
    struct run run = {.code = EXIT_ERROR};
    size_t out_size, err_size;

    strlcpy(args.why, line_why, sizeof(args.why));
    strlcpy(args.node, node, sizeof(args.node));
    out.out = open_memstream(&run.out, &out_size);
    err.out = open_memstream(&run.err, &err_size);
    run.code = wait_run(&args, server_name, &out, &err);
    fclose(out.out);
    fclose(err.out);
    return run;
}

static void assert_run(struct run run, enum exit_code code, const char *out, const char *err)
{
    if (run.code != code || strstr(run.out, out) == NULL || strstr(run.err, err) == NULL)
        fail_msg("exit %d, out:\n%serr:\n%s", (int)run.code, run.out, run.err);
    free(run.out);
    free(run.err);
}

static void waits_for_the_end(void **state)
{
    struct run run;

    (void)state;
    run = wait_for("good", COMMAND_DRAIN, "", false);
    assert_null(strstr(run.out, "carries traffic\n")); /* the other's phases are not ours */
    assert_non_null(strstr(run.out, "guarding      waits for the promise of gw2\n"));
    assert_run(run, EXIT_DONE, "gw1 is drained; gw2 carries its traffic.\nBring it back", "");
    assert_run(wait_for("refuse", COMMAND_DRAIN, "", false), EXIT_REFUSED, "",
               "gw1 was not drained: gw2 has no tunnel to spare (tun21 has no BGP session).\n"
               "Repair that on gw2");
    assert_run(wait_for("roll back", COMMAND_DRAIN, "", false), EXIT_ROLLED_BACK, "",
               "goes on as before: the membership changed");
    assert_run(wait_for("time out", COMMAND_UNDRAIN, "gw2", false), EXIT_TIMED_OUT, "",
               "gw2 is not in service yet");
    assert_run(wait_for("whatever", COMMAND_DRAIN, "", true), EXIT_DONE,
               "was asked for; follow it with cgwha watch", "");
    assert_run(wait_for("good", COMMAND_DRAIN, "gw9", false), EXIT_ERROR, "",
               "no node is called gw9");
}

static void sees_an_end_that_no_event_told(void **state)
{
    (void)state;
    assert_run(wait_for("unseen", COMMAND_DRAIN, "", false), EXIT_ROLLED_BACK, "",
               "an operator stopped it");
}

static void says_that_the_target_has_left(void **state)
{
    (void)state;
    assert_run(wait_for("leave", COMMAND_DRAIN, "gw2", false), EXIT_ERROR, "",
               "the agent on gw2 left the view");
}

static void says_that_the_daemon_has_gone(void **state)
{
    pid_t pid = start_server("");

    (void)state;
    assert_run(wait_for("go", COMMAND_DRAIN, "", false), EXIT_ERROR, "",
               "cgwhad has closed the connection");
    stop_server(pid);
}

/* Ctrl-C: the command goes, the operation does not. */
static void detaches_on_a_signal(void **state)
{
    char text[4096] = "";
    size_t at = 0;
    bool interrupted = false;
    int fds[2], status;
    ssize_t n;
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct args args = {.command = COMMAND_DRAIN, .why = "wait"};
        struct look look = {.width = 100, .out = fdopen(fds[1], "w")};
        enum exit_code code = wait_run(&args, server_name, &look, &look);
        fclose(look.out);
        _exit((int)code);
    }
    close(fds[1]);
    while ((n = read(fds[0], text + at, sizeof(text) - 1 - at)) > 0) {
        at += (size_t)n;
        text[at] = '\0';
        if (!interrupted && strstr(text, "guarding") != NULL)
            interrupted = kill(pid, SIGINT) == 0;
    }
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EXIT_ERROR);
    if (strstr(text, "the drain of gw1 goes on (gw1:") == NULL)
        fail_msg("%s", text);
    assert_non_null(strstr(text, "cgwha abort"));
}

static void exit_codes(void **state)
{
    (void)state;
    assert_int_equal(wait_exit_code("done"), 0);
    assert_int_equal(wait_exit_code("refused"), 3);
    assert_int_equal(wait_exit_code("rolled back"), 4);
    assert_int_equal(wait_exit_code("timed out"), 5);
    assert_int_equal(wait_exit_code("?"), 1);
    assert_int_equal(wait_exit_code(""), 1);
}

#define WITH_SERVER(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(answers_status),
        WITH_SERVER(asks_in_the_name_of_the_kernel),
        WITH_SERVER(bad_requests_are_errors),
        WITH_SERVER(lies_about_the_size_are_errors),
        WITH_SERVER(a_late_watcher_misses_nothing),
        WITH_SERVER(a_stuck_watcher_is_let_go),
        WITH_SERVER(clients_may_vanish),
        cmocka_unit_test(only_root_and_the_group_may_come),
        WITH_SERVER(two_servers_are_one_too_many),
        cmocka_unit_test(not_there),
        WITH_SERVER(hangs),
        WITH_SERVER(waits_for_the_end),
        WITH_SERVER(sees_an_end_that_no_event_told),
        WITH_SERVER(says_that_the_target_has_left),
        cmocka_unit_test(says_that_the_daemon_has_gone),
        WITH_SERVER(detaches_on_a_signal),
        cmocka_unit_test(exit_codes),
    };

    snprintf(server_name, sizeof(server_name), "cgwha-test-%d", (int)getpid());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
