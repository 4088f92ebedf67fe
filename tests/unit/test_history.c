/* The history: what is kept of operations, in memory and on a disk of ours, over restarts; and what
 * becomes of a file that was cut short, or holds nonsense, or cannot be written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <fcntl.h>
#include <qb/qblog.h>
#include <qb/qbloop.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/annals.h"
#include "agent/asker.h"
#include "agent/course.h"
#include "agent/history.h"
#include "agent/json_read.h"
#include "tests/unit/stage.h"

#define OP1     OP(STAGE_GW1, 1001)
#define OP2     OP(STAGE_GW2, 7)
#define PATIENT 20000

/* ---- the annals ---- */

static unsigned read_annals(struct annals *a, const char *text, bool *torn)
{
    unsigned bad;

    annals_init(a);
    annals_read(a, text, strlen(text), &bad, torn);
    return bad;
}

static void later_lines_replace_earlier(void **state)
{
    struct annals a;
    bool torn;
    char *text;

    (void)state;
    assert_int_equal(read_annals(&a,
                                 "{\"op\":\"a:1\",\"n\":1}\n{\"op\":\"a:2\"}\n{\"gap\":\"away\"}\n"
                                 "{\"op\":\"a:1\",\"n\":2}\n",
                                 &torn),
                     0);
    assert_false(torn);
    text = annals_text(&a);
    assert_string_equal(text, "{\"op\":\"a:1\",\"n\":2}\n{\"op\":\"a:2\"}\n{\"gap\":\"away\"}\n");
    free(text);
    assert_null(annals_find(&a, "a:3"));
    assert_null(annals_find(&a, ""));
    annals_free(&a);
}

static void a_torn_line_is_left_out(void **state)
{
    static const char whole[] = "{\"op\":\"a:1\"}\n{\"op\":\"a:2\",\"why\":\"x\"}\n";
    struct annals a;
    bool torn;

    (void)state;
    for (size_t cut = 0; cut < sizeof(whole); cut++) {
        char text[sizeof(whole)];
        memcpy(text, whole, cut);
        text[cut] = '\0';
        assert_int_equal(read_annals(&a, text, &torn), 0);
        assert_int_equal(torn, cut != 0 && text[cut - 1] != '\n');
        assert_int_equal(annals_find(&a, "a:1") != NULL, cut >= 12);
        assert_int_equal(annals_find(&a, "a:2") != NULL, cut >= sizeof(whole) - 2);
        annals_free(&a);
    }
}

static void nonsense_is_left_out(void **state)
{
    struct annals a;
    bool torn;

    (void)state;
    assert_int_equal(
        read_annals(&a,
                    "garbage\n{\"op\":5}\n[]\n{\"op\":\"a:1\"}\n{\"op\":\"\"}\n\x01\xff\n\n"
                    "{\"op\":\"0123456789012345678901234567890123456789012345678\"}\n"
                    "{\"op\":\"a:2\",\"gap\":\"away\"}\n{\"op\":\"a:3\"}{\n",
                    &torn),
        8);
    assert_non_null(annals_find(&a, "a:1"));
    assert_int_equal(a.changed, 1);
    annals_free(&a);
    annals_init(&a);
    { /* a NUL in the middle of a line is nonsense too, and hides nothing behind it */
        static const char nul[] = "{\"op\":\"b:1\"}\n{\"op\":\0\"b:2\"}\n{\"op\":\"b:3\"}\n";
        unsigned bad;
        annals_read(&a, nul, sizeof(nul) - 1, &bad, &torn);
        assert_int_equal(bad, 1);
        assert_non_null(annals_find(&a, "b:3"));
    }
    annals_free(&a);
}

static void take_one(struct annals *a, unsigned n, const char *result)
{
    struct json_object *o = json_object_new_object();
    char op[24];

    snprintf(op, sizeof(op), "gw1:%u", n);
    json_object_object_add(o, "op", json_object_new_string(op));
    json_object_object_add(o, "result", json_object_new_string(result));
    assert_non_null(annals_take(a, o));
    annals_prune(a, NULL, NULL);
}

/* Two operators who are refused all night push out none of what was done. */
static void it_is_bounded(void **state)
{
    struct annals a;

    (void)state;
    annals_init(&a);
    for (unsigned i = 1; i <= 150; i++)
        take_one(&a, i, "done");
    for (unsigned i = 1001; i <= 2000; i++)
        take_one(&a, i, "refused");
    assert_int_equal(a.changed, ANNALS_CHANGED);
    assert_int_equal(a.refused, ANNALS_REFUSED);
    assert_null(annals_find(&a, "gw1:50"));
    assert_non_null(annals_find(&a, "gw1:51"));
    assert_null(annals_find(&a, "gw1:1900"));
    assert_non_null(annals_find(&a, "gw1:1901"));
    annals_free(&a);
}

static void names_of_files(void **state)
{
    char out[ANNALS_FILE_MAX];

    (void)state;
    assert_string_equal(annals_file("gw1:1001", out), "gw1-1001.json");
    assert_string_equal(annals_file("../../etc/x", out), "------etc-x.json");
    assert_true(strlen(annals_file("01234567890123456789012345678901234567890123456", out)) <
                ANNALS_FILE_MAX);
}

/* ---- who asks ---- */

static void the_asker(void **state)
{
    struct asker a;
    unsigned tty;
    pid_t parent;
    char out[NAME_MAX_LEN];

    (void)state;
    assert_true(asker_stat("12 (a) b) (c) S 11 12 12 34818 -1 0", &parent, &tty));
    assert_int_equal(parent, 11);
    asker_tty(tty, out);
    assert_string_equal(out, "pts/2");
    assert_false(asker_stat("12 (a S 11", &parent, &tty));
    asker_tty(0, out);
    assert_string_equal(out, "");
    asker_tty(4 << 8 | 1, out);
    assert_string_equal(out, "tty1");
    asker_tty(4 << 8 | 64, out);
    assert_string_equal(out, "ttyS0");
    asker_of(getpid(), geteuid(), &a);
    assert_int_equal(a.uid, geteuid());
    assert_true(a.user[0] != '\0' && a.parent[0] != '\0');
    asker_of(getpid(), geteuid() + 1, &a); /* the pid is another's by now */
    assert_int_equal(a.uid, geteuid() + 1);
    assert_string_equal(a.parent, "");
    asker_of(0, 0, &a);
    assert_string_equal(a.user, "root");
}

/* ---- the course ---- */

static void the_course_is_bounded(void **state)
{
    struct course *c = calloc(1, sizeof(*c));
    struct course_traffic mean;
    struct stage s;

    (void)state;
    stage_set(&s);
    s.rt.rate[0] = (struct rate){.in_pps = 1000, .out_pps = 500, .in_bps = 8000, .out_bps = 4000};
    course_begin(c, &s.rt, 0);
    for (uint64_t at = 0; at < 3600000; at += POLL_BUSY_MS) {
        s.rt.engine.level = at / 1000 % 2 ? LEVEL_LOW : LEVEL_NORMAL;
        s.rt.info_s[1] = STAGE_NOW + at / 1000;
        course_look(c, &s.rt, at);
        course_measure(c, &s.rt, at);
        assert_true(c->points <= COURSE_POINTS && c->changes <= COURSE_CHANGES);
    }
    assert_true(c->points > COURSE_POINTS / 2 - 1);
    assert_true(c->missed > 0);
    assert_true(c->point[c->points - 1].at_ms > 3590000);
    assert_true(course_mean(c, 0, 0, 3600000, &mean));
    assert_int_equal(mean.in_pps, 1000);
    assert_int_equal(mean.out_bps, 4000);
    course_forget(c, 3600000);
    assert_int_equal(c->points, 0);
    assert_int_equal(c->changes, 2 * STATES); /* what is so is still known */
    assert_false(course_mean(c, 0, 0, 3600000, &mean));
    free(c);
}

static void what_is_not_known_is_not_drawn(void **state)
{
    struct course_traffic t;
    struct stage s;

    (void)state;
    stage_set(&s);
    assert_true(course_traffic_of(&s.rt, 1, &t));
    s.rt.info_s[1] = STAGE_NOW - 10;
    assert_false(course_traffic_of(&s.rt, 1, &t));
    s.rt.info_s[1] = STAGE_NOW;
    s.rt.view.members = 1;
    assert_false(course_traffic_of(&s.rt, 1, &t));
    s.rt.ipsec_seen.reachable = false;
    assert_false(course_traffic_of(&s.rt, 0, &t));
}

/* ---- the history, on a disk ---- */

static struct {
    struct stage s;
    struct runtime_ports ports;
    uint64_t ms;
    char dir[64];
    qb_loop_t *loop;
    struct history *h;
    char notice[ERR_MAX];
    char said[4096];
} t;

static uint64_t test_ns(void *ctx)
{
    (void)ctx;
    return t.ms * 1000000;
}

static uint64_t test_wall(void *ctx)
{
    (void)ctx;
    return STAGE_NOW + t.ms / 1000;
}

static void on_log(int32_t target, struct qb_log_callsite *cs, struct timespec *stamp,
                   const char *msg)
{
    (void)target;
    (void)cs;
    (void)stamp;
    strlcat(t.said, msg, sizeof(t.said));
}

static void open_history(void)
{
    t.h = history_create(t.loop, &t.s.rt, t.dir, t.notice);
    assert_non_null(t.h);
}

static void close_history(void)
{
    history_destroy(t.h);
    t.h = NULL;
}

static int set_up(void **state)
{
    (void)state;
    memset(&t, 0, sizeof(t));
    strlcpy(t.dir, "/tmp/cgwha-history-XXXXXX", sizeof(t.dir));
    assert_non_null(mkdtemp(t.dir));
    t.loop = qb_loop_create();
    t.ms = 1000000;
    stage_set(&t.s);
    t.ports = *t.s.rt.ports;
    t.ports.now_ns = test_ns;
    t.ports.wall_s = test_wall;
    t.s.rt.ports = &t.ports;
    open_history();
    return 0;
}

static int tear_down(void **state)
{
    char command[160];

    (void)state;
    history_destroy(t.h);
    qb_loop_destroy(t.loop);
    snprintf(command, sizeof(command), "rm -rf %s", t.dir);
    return system(command);
}

/* Time passes, as the timer would see it; the other speaks once a second. */
static void pass(uint64_t ms)
{
    for (uint64_t i = 0; i < ms; i += POLL_BUSY_MS) {
        t.ms += POLL_BUSY_MS;
        t.s.rt.info_s[1] = test_wall(NULL);
        history_tick(t.h);
    }
}

static void asked(op_t op, enum ask kind, uint32_t target, struct story **story)
{
    struct told told = {.type = TOLD_ASKED, .op = op};

    *story = stage_story(&t.s, op, kind, target);
    (*story)->asked_s = test_wall(NULL);
    told.story = *story;
    history_told(t.h, &told);
}

static void phase(op_t op, enum phase to)
{
    struct told told = {.type = TOLD_PHASE, .op = op, .to = (uint8_t)to};

    t.s.rt.engine.phase = (uint8_t)to;
    history_stepped(t.h);
    history_told(t.h, &told);
}

static void ended(struct story *story, enum result result, enum reason reason)
{
    struct told told = {.type = TOLD_ENDED, .op = story->op, .story = story};

    stage_end(story, result, reason);
    history_told(t.h, &told);
}

static void level(enum level to)
{
    t.s.rt.engine.level = (uint8_t)to;
    history_stepped(t.h);
}

static struct json_object *list;

static struct json_object *kept(const char *op)
{
    json_object_put(list);
    list = history_list(t.h, op, "", 1);
    return json_at(list, "operations", 0);
}

static void drain(void)
{
    struct asker asker = {.uid = 0, .user = "root", .login = "anna", .host = "192.0.2.7"};
    struct story *story;

    pass(8000);
    history_asked(t.h, OP1, &asker);
    asked(OP1, ASK_DRAIN, STAGE_GW1, &story);
    phase(OP1, PHASE_REQUESTING);
    pass(200);
    phase(OP1, PHASE_SETTLING);
    level(LEVEL_LOW);
    pass(2000);
    phase(OP1, PHASE_DRAINED);
    t.s.rt.rate[0] = (struct rate){.in_pps = 2};
    level(LEVEL_WITHDRAWN);
    ended(story, RESULT_DONE, REASON_NONE);
}

static void a_drain(void **state)
{
    struct json_object *o, *course;

    (void)state;
    drain();
    pass(HISTORY_AFTER_MS + 400);
    o = kept("gw1:1001");
    assert_string_equal(json_text(o, "state"), "ended");
    assert_string_equal(json_text(o, "result"), "done");
    assert_string_equal(json_text(o, "user"), "root");
    assert_string_equal(json_text(o, "why"), "kernel");
    assert_string_equal(json_text(json_member(o, "by"), "login"), "anna");
    assert_string_equal(json_text(json_member(o, "by"), "host"), "192.0.2.7");
    assert_string_equal(json_text(json_member(o, "by"), "node"), "gw1");
    assert_int_equal(json_count(o, "phases"), 3);
    assert_string_equal(json_text(json_at(o, "phases", 1), "phase"), "settling");
    assert_string_equal(json_object_get_string(json_member(json_at(o, "phases", 1), "at")),
                        "0.200");
    assert_string_equal(json_object_get_string(json_member(o, "took")), "2.200");
    assert_int_equal(json_count(o, "levels"), 2);
    assert_int_equal(json_count(o, "uncovered"), 0);
    o = json_member(o, "traffic");
    assert_int_equal(json_number(json_member(json_member(o, "before"), "gw1"), "in-pps"), 1000);
    assert_int_equal(json_number(json_member(json_member(o, "after"), "gw1"), "in-pps"), 2);
    course = history_course(t.h, "gw1:1001");
    assert_true(json_yes(course, "complete"));
    assert_true(json_count(json_at(course, "nodes", 0), "traffic") > 50);
    json_object_put(course);
    assert_null(history_course(t.h, "gw1:1"));
}

static void it_outlives_the_agent(void **state)
{
    char *before;
    struct json_object *course;

    (void)state;
    drain();
    pass(HISTORY_AFTER_MS + 400);
    before = strdup(json_object_to_json_string(kept("gw1:1001")));
    close_history();
    open_history();
    assert_string_equal(t.notice, "");
    assert_string_equal(json_object_to_json_string(kept("gw1:1001")), before);
    course = history_course(t.h, "gw1:1001");
    assert_non_null(course);
    json_object_put(course);
    free(before);
}

/* The agent ends in the middle; the next one says that it has seen no end, and goes on if it hears
 * of the operation again. */
static void a_restart_in_the_middle(void **state)
{
    struct story *story;

    (void)state;
    asked(OP2, ASK_DRAIN, STAGE_GW2, &story);
    pass(1000);
    close_history();
    open_history();
    assert_string_equal(json_text(kept("gw2:7"), "state"), "unseen");
    t.ms += 5000;
    ended(story, RESULT_ROLLED_BACK, REASON_VIEW_CHANGED);
    assert_string_equal(json_text(kept("gw2:7"), "state"), "ended");
    assert_true(json_yes(kept("gw2:7"), "restarted"));
    assert_string_equal(json_text(kept("gw2:7"), "result"), "rolled back");
}

static void what_nobody_covers(void **state)
{
    struct json_object *o;
    struct story *story;

    (void)state;
    t.s.rt.view.members = 1;
    t.s.rt.engine.members = t.s.rt.engine.known = 1;
    asked(OP1, ASK_DRAIN, STAGE_GW1, &story);
    pass(1000);
    t.s.rt.engine.seen.covers = 1; /* the second prefix is gone */
    history_stepped(t.h);
    pass(800);
    t.s.rt.engine.seen.covers = 3;
    history_stepped(t.h);
    ended(story, RESULT_ROLLED_BACK, REASON_VIEW_CHANGED);
    pass(2000);
    t.s.rt.engine.seen.covers = 2; /* and, after the end, the first, to stay away */
    history_stepped(t.h);
    pass(HISTORY_AFTER_MS);
    o = kept("gw1:1001");
    assert_int_equal(json_count(o, "uncovered"), 2);
    assert_string_equal(json_text(json_at(o, "uncovered", 0), "prefix"), "10.21.0.0/16");
    assert_string_equal(json_object_get_string(json_member(json_at(o, "uncovered", 0), "took")),
                        "0.800");
    assert_string_equal(json_text(json_at(o, "uncovered", 1), "prefix"), "10.20.0.0/16");
}

/* Without a word of the other yet, nothing is said of coverage. */
static void what_cannot_be_judged(void **state)
{
    struct story *story;

    (void)state;
    t.s.rt.engine.awaited = 2;
    t.s.rt.engine.known = 1;
    t.s.rt.engine.seen.covers = 0;
    asked(OP1, ASK_DRAIN, STAGE_GW1, &story);
    pass(1000);
    ended(story, RESULT_REFUSED, REASON_ALONE);
    pass(HISTORY_AFTER_MS);
    assert_int_equal(json_count(kept("gw1:1001"), "uncovered"), 0);
}

static void gaps(void **state)
{
    struct told view = {.type = TOLD_VIEW};
    struct json_object *o;

    (void)state;
    t.s.rt.view.members = 1;
    history_told(t.h, &view);
    t.ms += 90000;
    t.s.rt.view.members = 3;
    history_told(t.h, &view);
    o = kept("");
    assert_string_equal(json_text(o, "gap"), "apart");
    assert_int_equal(json_number(o, "to") - json_number(o, "from"), 90);
    drain(); /* a gap does not count as one of the operations asked for */
    o = history_list(t.h, "", "", 1);
    assert_int_equal(json_count(o, "operations"), 2);
    assert_false(json_yes(o, "more"));
    json_object_put(o);
}

static void page_after_page(void **state)
{
    struct json_object *o;
    struct story *story;

    (void)state;
    for (unsigned i = 1; i <= 5; i++) {
        asked(OP(STAGE_GW1, i), ASK_DRAIN, STAGE_GW1, &story);
        ended(story, RESULT_REFUSED, REASON_ALONE);
    }
    o = history_list(t.h, "", "", 2);
    assert_int_equal(json_count(o, "operations"), 2);
    assert_string_equal(json_text(json_at(o, "operations", 0), "op"), "gw1:5");
    assert_true(json_yes(o, "more"));
    json_object_put(o);
    o = history_list(t.h, "", "gw1:4", 9);
    assert_int_equal(json_count(o, "operations"), 3);
    assert_string_equal(json_text(json_at(o, "operations", 0), "op"), "gw1:3");
    assert_false(json_yes(o, "more"));
    json_object_put(o);
}

/* More at once than courses are kept of: each has its end all the same. */
static void many_at_once(void **state)
{
    struct story *story[8];

    (void)state;
    for (unsigned i = 0; i < 8; i++)
        asked(OP(STAGE_GW1, 100 + i), ASK_UNDRAIN, STAGE_GW1, &story[i]);
    for (unsigned i = 0; i < 8; i++)
        ended(story[i], RESULT_DONE, REASON_SOAKED);
    for (unsigned i = 0; i < 8; i++) {
        char op[24];
        snprintf(op, sizeof(op), "gw1:%u", 100 + i);
        assert_string_equal(json_text(kept(op), "result"), "done");
    }
}

static void file_of(char path[128])
{
    snprintf(path, 128, "%s/history.jsonl", t.dir);
}

static void append_to_file(const char *text)
{
    char path[128];
    FILE *f;

    file_of(path);
    f = fopen(path, "a");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void after_a_power_cut(void **state)
{
    (void)state;
    drain();
    close_history();
    append_to_file("{\"op\":\"gw1:1002\",\"kind\":\"dr");
    open_history();
    assert_non_null(strstr(t.notice, "the last line was cut short"));
    assert_non_null(kept("gw1:1001"));
    assert_null(kept("gw1:1002"));
    history_tick(t.h);
    close_history();
    open_history(); /* it was mended */
    assert_string_equal(t.notice, "");
    assert_non_null(kept("gw1:1001"));
}

static void garbage_in_the_file(void **state)
{
    (void)state;
    drain();
    close_history();
    append_to_file("garbage\n\n{\"op\":\"gw1:1002\"}\n");
    open_history();
    assert_non_null(strstr(t.notice, "1 lines make no sense"));
    assert_non_null(kept("gw1:1001"));
    assert_non_null(kept("gw1:1002"));
}

/* Written again and again, the file stays small, and nothing in it is lost. */
static void rotation(void **state)
{
    struct story *story;
    char path[128];
    struct stat st;

    (void)state;
    drain();
    pass(HISTORY_AFTER_MS + 400);
    for (unsigned i = 1; i <= 1500; i++) {
        asked(OP(STAGE_GW1, 5000 + i), ASK_DRAIN, STAGE_GW1, &story);
        ended(story, RESULT_REFUSED, REASON_ALONE);
    }
    close_history();
    file_of(path);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size <= ANNALS_BYTES + 65536);
    open_history();
    assert_string_equal(t.notice, "");
    assert_non_null(kept("gw1:1001"));
    assert_non_null(kept("gw1:6500"));
    assert_null(kept("gw1:5001"));
}

static unsigned left;

static void look(void *data)
{
    qb_loop_timer_handle handle;

    (void)data;
    left -= 10;
    if (t.said[0] != '\0' || left == 0)
        qb_loop_stop(t.loop);
    else
        qb_loop_timer_add(t.loop, QB_LOOP_MED, 10 * UINT64_C(1000000), NULL, look, &handle);
}

/* The disk is gone: it is said once, the rest goes on; when it is back, all is written. */
static void a_disk_that_fails(void **state)
{
    char away[80], command[200];
    qb_loop_timer_handle handle;
    struct story *story;

    (void)state;
    snprintf(away, sizeof(away), "%s.away", t.dir);
    assert_int_equal(rename(t.dir, away), 0);
    drain();
    left = PATIENT;
    qb_loop_timer_add(t.loop, QB_LOOP_MED, 1, NULL, look, &handle);
    qb_loop_run(t.loop);
    assert_non_null(strstr(t.said, "cannot be written: No such file"));
    t.said[0] = '\0';
    asked(OP2, ASK_ABORT, 0, &story);
    ended(story, RESULT_REFUSED, REASON_NOTHING_TO_ABORT);
    assert_non_null(kept("gw1:1001"));
    assert_int_equal(rename(away, t.dir), 0);
    pass(HISTORY_ALIVE_S * 1000 + 400);
    close_history();
    open_history();
    assert_string_equal(t.notice, "");
    assert_non_null(kept("gw1:1001"));
    assert_non_null(kept("gw2:7"));
    snprintf(command, sizeof(command), "rm -rf %s", away);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_lines_replace_earlier),
        cmocka_unit_test(a_torn_line_is_left_out),
        cmocka_unit_test(nonsense_is_left_out),
        cmocka_unit_test(it_is_bounded),
        cmocka_unit_test(names_of_files),
        cmocka_unit_test(the_asker),
        cmocka_unit_test(the_course_is_bounded),
        cmocka_unit_test(what_is_not_known_is_not_drawn),
        cmocka_unit_test_setup_teardown(a_drain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_outlives_the_agent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_restart_in_the_middle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_nobody_covers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_judged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gaps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(page_after_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(after_a_power_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(garbage_in_the_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rotation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_disk_that_fails, set_up, tear_down),
    };
    int32_t target;
    int failed;

    qb_log_init("test_history", LOG_DAEMON, LOG_EMERG);
    qb_log_ctl(QB_LOG_SYSLOG, QB_LOG_CONF_ENABLED, QB_FALSE);
    target = qb_log_custom_open(on_log, NULL, NULL, NULL);
    qb_log_filter_ctl(target, QB_LOG_FILTER_ADD, QB_LOG_FILTER_FILE, "*", LOG_WARNING);
    qb_log_ctl(target, QB_LOG_CONF_ENABLED, QB_TRUE);
    failed = cmocka_run_group_tests_name("history", tests, NULL, NULL);
    json_object_put(list);
    return failed;
}
