/* Hooks, as scripts in a directory of ours, called by the process that cgwhad would start: which
 * are called, in what order, with what, and what becomes of those that hang. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <fcntl.h>
#include <qb/qblog.h>
#include <qb/qbloop.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/hook_event.h"
#include "agent/hook_run.h"
#include "agent/hooks.h"
#include "agent/report.h"
#include "tests/unit/stage.h"

#define PATIENT 60000 /* milliseconds until an awaited thing is given up */
#define SHORT   1500  /* milliseconds a hook may run that is to be ended; others have PATIENT */

static struct {
    char top[64], dir[80], log[80];
    qb_loop_t *loop;
    struct hooks *hooks;
    char said[16384]; /* what the agent has logged */
    char text[65536]; /* what the hooks have written */
} t;

/* ---- a directory of hooks ---- */

static void write_hook(const char *name, mode_t mode, const char *script)
{
    char path[160];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", t.dir, name);
    f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "#!/bin/sh\nexec 3>>%s\n%s\n", t.log, script);
    fclose(f);
    assert_int_equal(chmod(path, mode), 0);
}

static const char *written(void)
{
    FILE *f = fopen(t.log, "r");
    size_t n = f != NULL ? fread(t.text, 1, sizeof(t.text) - 1, f) : 0;

    t.text[n] = '\0';
    if (f != NULL)
        fclose(f);
    return t.text;
}

static void on_log(int32_t target, struct qb_log_callsite *cs, struct timespec *stamp,
                   const char *msg)
{
    (void)target;
    (void)cs;
    (void)stamp;
    strlcat(t.said, msg, sizeof(t.said));
    strlcat(t.said, "\n", sizeof(t.said));
}

static int set_up_with(uint32_t limit_ms)
{
    char err[ERR_MAX];

    memset(&t, 0, sizeof(t));
    strlcpy(t.top, "/tmp/cgwha-hooks-XXXXXX", sizeof(t.top));
    assert_non_null(mkdtemp(t.top));
    snprintf(t.dir, sizeof(t.dir), "%s/d", t.top);
    snprintf(t.log, sizeof(t.log), "%s/log", t.top);
    assert_int_equal(mkdir(t.dir, 0755), 0);
    t.loop = qb_loop_create();
    assert_true(hooks_create(&t.hooks, t.loop, t.dir, limit_ms, err));
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    return set_up_with(PATIENT);
}

static int set_up_short(void **state)
{
    (void)state;
    return set_up_with(SHORT);
}

static int tear_down(void **state)
{
    char command[160];

    (void)state;
    hooks_destroy(t.hooks);
    qb_loop_destroy(t.loop);
    snprintf(command, sizeof(command), "rm -rf %s", t.top);
    return system(command);
}

/* ---- events, and the loop ---- */

static void tell(const char *event)
{
    char text[200];
    int n =
        snprintf(text, sizeof(text), "CGWHA_EVENT=%s%c%c{\"event\":\"%s\"}", event, 0, 0, event);

    hooks_tell(t.hooks, text, (size_t)n + 1);
}

static unsigned left;
static bool (*awaited)(void);

static void look(void *data)
{
    qb_loop_timer_handle handle;

    (void)data;
    if (awaited() || left == 0) {
        qb_loop_stop(t.loop);
        return;
    }
    left -= 10;
    qb_loop_timer_add(t.loop, QB_LOOP_MED, 10 * UINT64_C(1000000), NULL, look, &handle);
}

static void run_until(bool (*condition)(void))
{
    qb_loop_timer_handle handle;

    left = PATIENT;
    awaited = condition;
    qb_loop_timer_add(t.loop, QB_LOOP_MED, 1, NULL, look, &handle);
    qb_loop_run(t.loop);
    if (!condition())
        fail_msg("waited in vain; logged:\n%s\nwritten:\n%s", t.said, written());
}

static bool all_done(void)
{
    return hooks_waiting(t.hooks) == 0;
}

static unsigned times(const char *text, const char *what)
{
    unsigned n = 0;

    for (; (text = strstr(text, what)) != NULL; text += strlen(what))
        n++;
    return n;
}

/* ---- the tests ---- */

static void in_order_of_names(void **state)
{
    (void)state;
    write_hook("20-b", 0755, "echo b $CGWHA_EVENT >&3");
    write_hook("Z", 0700, "echo Z $CGWHA_EVENT >&3");
    write_hook("10-a", 0755, "sleep 0.05; echo a $CGWHA_EVENT >&3");
    tell("one");
    tell("two");
    run_until(all_done);
    assert_string_equal(written(), "a one\nb one\nZ one\na two\nb two\nZ two\n");
    assert_string_equal(t.said, "");
}

static void what_it_is_given(void **state)
{
    (void)state;
    write_hook(
        "show", 0755,
        "env | grep -v -e '^PWD=' -e '^_=' -e ^SHLVL= | sort >&3; cat >&3; pwd >&3; umask >&3\n"
        "ls /proc/self/fd | wc -l >&3");
    tell("one");
    run_until(all_done);
    assert_string_equal(written(),
                        "CGWHA_DROPPED=0\nCGWHA_EVENT=one\nLANG=C.UTF-8\n"
                        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
                        "{\"event\":\"one\"}\n/\n0022\n5\n"); /* 0 1 2, 3 of ours, ls's own */
}

static void only_what_can_be_trusted(void **state)
{
    char path[160];

    (void)state;
    write_hook("good", 0755, "echo good >&3");
    write_hook("by-group", 0775, "echo bad >&3");
    write_hook("by-others", 0757, "echo bad >&3");
    write_hook("not-executable", 0644, "echo bad >&3");
    write_hook("with.dot", 0755, "echo bad >&3");
    snprintf(path, sizeof(path), "%s/link", t.dir);
    assert_int_equal(symlink("good", path), 0);
    snprintf(path, sizeof(path), "%s/directory", t.dir);
    assert_int_equal(mkdir(path, 0755), 0);
    if (geteuid() == 0) {
        write_hook("of-another", 0755, "echo bad >&3");
        snprintf(path, sizeof(path), "%s/of-another", t.dir);
        assert_int_equal(chown(path, 1, 1), 0);
    }
    tell("one");
    tell("two");
    run_until(all_done);
    assert_string_equal(written(), "good\ngood\n");
    assert_int_equal(times(t.said, "is not called"), geteuid() == 0 ? 7 : 6); /* each once */
    assert_non_null(strstr(t.said, "/by-group is not called: its group or others may write to it"));
    assert_non_null(strstr(t.said, "/link is not called: it is no plain file"));
    assert_non_null(strstr(t.said, "/with.dot is not called: its name has more than"));
}

static void not_in_a_directory_of_all(void **state)
{
    (void)state;
    write_hook("good", 0755, "echo good >&3");
    assert_int_equal(chmod(t.dir, 0777), 0);
    tell("one");
    run_until(all_done);
    assert_string_equal(written(), "");
    assert_int_equal(times(t.said, "may write to it"), 1);
    assert_int_equal(chmod(t.dir, 0755), 0);
    tell("two");
    run_until(all_done);
    assert_string_equal(written(), "good\n");
}

static void no_directory(void **state)
{
    (void)state;
    assert_int_equal(rmdir(t.dir), 0);
    tell("one");
    run_until(all_done);
    assert_string_equal(t.said, "");
}

static void one_that_fails(void **state)
{
    (void)state;
    write_hook("1", 0755, "echo first; echo; echo no such luck >&2; exit 3");
    write_hook("2", 0755, "kill -SEGV $$");
    write_hook("3", 0755, "echo went on >&3");
    tell("one");
    run_until(all_done);
    assert_string_equal(written(), "went on\n");
    assert_non_null(strstr(t.said, "the hook 1 failed with status 3: no such luck\n"));
    assert_non_null(strstr(t.said, "the hook 2 died of signal 11\n"));
}

static void one_that_cannot_be_run(void **state)
{
    char path[160];
    FILE *f;

    (void)state;
    snprintf(path, sizeof(path), "%s/1", t.dir);
    f = fopen(path, "w");
    fputs("#!/nowhere/sh\n", f);
    fclose(f);
    chmod(path, 0755);
    tell("one");
    run_until(all_done);
    assert_non_null(strstr(t.said, "the hook 1 failed with status 127: No such file or directory"));
}

/* Ended, whether its new parent has buried it or not. */
static bool is_gone(long pid)
{
    char path[64], state = 'Z';
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
    f = fopen(path, "r");
    if (f == NULL)
        return true;
    if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
        state = 'Z';
    fclose(f);
    return state == 'Z' || state == 'X';
}

static bool its_pid_is_gone(void)
{
    return is_gone(strtol(written(), NULL, 10));
}

/* The second number that was written. */
static bool second_pid_is_gone(void)
{
    return is_gone(strtol(strchr(written(), ' '), NULL, 10));
}

/* It prints without end, and what it has started holds its output open: neither is waited for. */
static void one_that_is_slow(void **state)
{
    (void)state;
    write_hook("1", 0755, "sleep 1000 & echo $! >&3; yes");
    write_hook("2", 0755, "echo next >&3");
    tell("one");
    run_until(all_done);
    assert_non_null(strstr(written(), "next\n"));
    assert_non_null(strstr(t.said, "the hook 1 was ended after 1.5 s"));
    run_until(its_pid_is_gone);
}

static void one_that_ignores_sigterm(void **state)
{
    (void)state;
    write_hook(
        "1", 0755,
        "trap '' TERM; (trap '' TERM; exec sleep 1000) & echo $! >&3; sleep 1000; sleep 1000");
    write_hook("2", 0755, "echo next >&3");
    tell("one");
    run_until(all_done);
    assert_non_null(strstr(written(), "next\n"));
    assert_non_null(strstr(t.said, "the hook 1 was killed after 1.5 s"));
    run_until(its_pid_is_gone);
}

/* What it leaves behind is ended with it, at once. */
static void one_that_leaves_children(void **state)
{
    (void)state;
    write_hook("1", 0755, "sleep 1000 & echo $! >&3");
    tell("one");
    run_until(all_done);
    assert_string_equal(t.said, "");
    run_until(its_pid_is_gone);
}

static bool something_written(void)
{
    return strchr(written(), '\n') != NULL;
}

/* More events than may wait, while the first of them is still with a hook. */
static void too_many(void **state)
{
    char script[200], path[100];
    int fd;

    (void)state;
    snprintf(path, sizeof(path), "%s/gate", t.top);
    assert_int_equal(mkfifo(path, 0600), 0);
    snprintf(script, sizeof(script),
             "echo $CGWHA_EVENT $CGWHA_DROPPED >&3; [ $CGWHA_EVENT != e0 ] || { exec cat %s; }",
             path);
    write_hook("1", 0755, script);
    tell("e0");
    run_until(something_written);
    for (unsigned i = 1; i <= HOOKS_WAITING + 43; i++) {
        char event[16];
        snprintf(event, sizeof(event), "e%u", i);
        tell(event);
    }
    assert_int_equal(hooks_waiting(t.hooks), HOOKS_WAITING);
    fd = open(path, O_WRONLY); /* somebody reads, or it would wait */
    close(fd);
    run_until(all_done);
    assert_int_equal(strncmp(written(), "e0 0\ne45 44\ne46 0\n", 18), 0);
    assert_non_null(strstr(t.text, "e299 0\n"));
    assert_int_equal(times(t.text, "\n"), HOOKS_WAITING);
    assert_int_equal(times(t.said, "the oldest are dropped"), 1);
    assert_non_null(strstr(t.said, "hooks were told nothing of 44 events"));
}

/* The agent goes, however it goes: so does the hook. */
static void the_agent_ends(void **state)
{
    (void)state;
    write_hook("1", 0755, "trap '' TERM; echo $$ >&3; while :; do sleep 1000; done");
    tell("one");
    run_until(something_written);
    hooks_destroy(t.hooks);
    t.hooks = NULL;
    run_until(its_pid_is_gone);
}

static bool written_twice(void)
{
    return times(written(), "\n") == 2;
}

/* The process is killed: the hook dies with it, and another takes its place. */
static void the_process_is_killed(void **state)
{
    (void)state;
    write_hook(
        "1", 0755,
        "echo $PPID $$ $CGWHA_EVENT $CGWHA_DROPPED >&3; [ $CGWHA_EVENT = two ] || exec sleep 1000");
    tell("one");
    run_until(something_written);
    tell("two");
    kill((pid_t)strtol(written(), NULL, 10), SIGKILL);
    run_until(written_twice);
    run_until(all_done);
    assert_non_null(strstr(t.said, "it is started again in 1 s"));
    assert_non_null(strstr(written(), " two 1\n"));
    run_until(second_pid_is_gone);
}

/* ---- what an event says ---- */

static bool has(const char *block, const char *wanted)
{
    for (; *block != '\0'; block += strlen(block) + 1) {
        if (strcmp(block, wanted) == 0)
            return true;
    }
    return false;
}

static size_t event_of(struct stage *s, const struct told *told, char *out, size_t size)
{
    struct json_object *o = report_told(&s->rt, told);
    size_t n = hook_event(&s->rt, told, o, out, size);

    json_object_put(o);
    return n;
}

static void an_event(void **state)
{
    struct told told = {.type = TOLD_PHASE, .from = PHASE_LOWERING, .to = PHASE_SETTLING};
    struct stage s;
    char out[8192];
    struct story *story;
    size_t n;

    (void)state;
    stage_set(&s);
    told.op = OP(STAGE_GW1, 7);
    n = event_of(&s, &told, out, sizeof(out));
    assert_true(n > 0 && out[n - 1] == '\0' && out[n - 2] == '}');
    assert_true(has(out, "CGWHA_EVENT=phase") && has(out, "CGWHA_NODE=gw1"));
    assert_true(has(out, "CGWHA_SELF=gw1") && has(out, "CGWHA_PHASE=settling"));
    assert_true(has(out, "CGWHA_LEVEL=normal") && has(out, "CGWHA_INTENT=in-service"));
    assert_true(has(out, "CGWHA_FROM=lowering") && has(out, "CGWHA_OP=gw1:7"));
    assert_true(has(out, "CGWHA_TIME=1750000000"));
    assert_int_equal(event_of(&s, &told, out, n - 1), 0); /* too small by one */
    assert_int_equal(event_of(&s, &told, out, 5), 0);

    told = (struct told){.type = TOLD_LEVEL, .to = LEVEL_HIGH};
    event_of(&s, &told, out, sizeof(out));
    assert_true(has(out, "CGWHA_LEVEL=high"));
    told.to = LEVELS;
    event_of(&s, &told, out, sizeof(out));
    assert_true(has(out, "CGWHA_LEVEL=normal"));

    told = (struct told){.type = TOLD_VIEW};
    event_of(&s, &told, out, sizeof(out));
    assert_true(has(out, "CGWHA_MEMBERS=gw1 gw2"));

    story = stage_story(&s, OP(STAGE_GW2, 7), ASK_DRAIN, STAGE_GW2);
    strlcpy(story->why, "a\nCGWHA_LEVEL=high $(reboot)", sizeof(story->why));
    stage_end(story, RESULT_REFUSED, REASON_ALONE);
    told = (struct told){.type = TOLD_ENDED, .node = 1, .op = story->op, .story = story};
    event_of(&s, &told, out, sizeof(out));
    assert_true(has(out, "CGWHA_WHY=a CGWHA_LEVEL=high $(reboot)"));
    assert_true(has(out, "CGWHA_RESULT=refused") && has(out, "CGWHA_REASON=alone"));
    assert_true(has(out, "CGWHA_KIND=drain") && has(out, "CGWHA_USER=root"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(in_order_of_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_it_is_given, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_what_can_be_trusted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(not_in_a_directory_of_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_directory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_cannot_be_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_is_slow, set_up_short, tear_down),
        cmocka_unit_test_setup_teardown(one_that_ignores_sigterm, set_up_short, tear_down),
        cmocka_unit_test_setup_teardown(one_that_leaves_children, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_agent_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_process_is_killed, set_up, tear_down),
        cmocka_unit_test(an_event),
    };
    int32_t target;

    if (strcmp(argv[0], HOOK_RUN_NAME) == 0)
        return hook_run_main(argc, argv);
    signal(SIGPIPE, SIG_IGN); /* as cgwhad does: a hook must not inherit it */
    umask(022);
    qb_log_init("test_hooks", LOG_DAEMON, LOG_EMERG);
    qb_log_ctl(QB_LOG_SYSLOG, QB_LOG_CONF_ENABLED, QB_FALSE);
    target = qb_log_custom_open(on_log, NULL, NULL, NULL);
    qb_log_filter_ctl(target, QB_LOG_FILTER_ADD, QB_LOG_FILTER_FILE, "*", LOG_INFO);
    qb_log_ctl(target, QB_LOG_CONF_ENABLED, QB_TRUE);
    return cmocka_run_group_tests_name("hooks", tests, NULL, NULL);
}
