/* Every end of an operation has words, and they name what they should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/sentence.h"
#include "tests/unit/stage.h"

#define OP1 OP(STAGE_GW1, 1001)
#define OP2 OP(STAGE_GW2, 7)

static void assert_says(const char *text, const char *words)
{
    if (strstr(text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", text, words);
}

/* A sentence: not empty, no place left unfilled, no name table's "?", capitals and a full stop. */
static void assert_sentence(const char *text, const char *what)
{
    size_t n = strlen(text);

    if (n < 10 || strpbrk(text, "{}\n") != NULL || strstr(text, " ?") != NULL ||
        strstr(text, "(?") != NULL || strstr(text, "  ") != NULL || strstr(text, "()") != NULL ||
        (text[n - 1] != '.' && text[n - 1] != '?'))
        fail_msg("%s: \"%s\" is no sentence", what, text);
}

static void every_end_has_words(void **state)
{
    char text[SENTENCE_MAX], what[96];
    struct stage s;

    (void)state;
    for (unsigned kind = 0; kind < ASKS; kind++) {
        for (unsigned result = 0; result < RESULTS; result++) {
            for (unsigned reason = 0; reason < REASONS; reason++) {
                for (uint32_t node = 0; node < 2; node++) {
                    struct story *story;
                    stage_set(&s);
                    story = stage_story(&s, OP1, (enum ask)kind, STAGE_GW1);
                    stage_end(story, (enum result)result, (enum reason)reason);
                    story->end.end.node = node == 0 ? 0 : STAGE_GW2;
                    snprintf(what, sizeof(what), "%s %s %s", ask_name(kind), result_name(result),
                             reason_name(reason));
                    assert_sentence(sentence_end(&s.rt, story, text), what);
                    sentence_advice(&s.rt, story, text);
                    if (text[0] != '\0')
                        assert_sentence(text, what);
                }
            }
        }
    }
}

/* What is not done, but for an operator's own will, says what to do. */
static void refusals_say_what_to_do(void **state)
{
    char text[SENTENCE_MAX];
    struct stage s;

    (void)state;
    for (unsigned reason = REASON_LOCK_HELD; reason <= REASON_NOTHING_TO_ABORT; reason++) {
        struct story *story;
        stage_set(&s);
        story = stage_story(&s, OP1, ASK_DRAIN, STAGE_GW1);
        stage_end(story, RESULT_REFUSED, (enum reason)reason);
        if (reason != REASON_ABORTED && sentence_advice(&s.rt, story, text)[0] == '\0')
            fail_msg("%s: no advice", reason_name(reason));
    }
}

static void every_phase_has_words(void **state)
{
    char text[SENTENCE_MAX];
    struct stage s;

    (void)state;
    stage_set(&s);
    for (unsigned phase = 0; phase < PHASES; phase++) {
        for (unsigned reason = 0; reason < REASONS; reason++) {
            sentence_phase(&s.rt, 0, phase, reason, text);
            if (strlen(text) < 5 || strpbrk(text, "{}?") != NULL || strstr(text, "()") != NULL)
                fail_msg("%s, %s: \"%s\"", phase_name(phase), reason_name(reason), text);
        }
    }
}

static void names_prefix_tunnel_session_node(void **state)
{
    struct stage s;
    struct story *story;
    char text[SENTENCE_MAX];

    (void)state;
    stage_set(&s);
    story = stage_story(&s, OP1, ASK_DRAIN, STAGE_GW1);
    stage_end(story, RESULT_REFUSED, REASON_NOT_COVERED);
    story->end.end.node = STAGE_GW2;
    story->end.end.prefixes = 2;
    story->end.end.tunnels = 1;
    story->end.end.sessions = 3;
    assert_string_equal(sentence_end(&s.rt, story, text),
                        "gw1 was not drained: gw2 does not cover 10.21.0.0/16 (tun21 has no SA, "
                        "tun22 has no BGP session).");
    assert_says(sentence_advice(&s.rt, story, text), "On gw2, ");

    story->end.end.tunnels = story->end.end.sessions = 0;
    assert_says(sentence_end(&s.rt, story, text), "does not advertise that");
    s.rt.record[1].sick = SICK_IPSEC;
    assert_says(sentence_end(&s.rt, story, text), "(its charon does not answer)");
    s.rt.record[1].sick = SICK_IPSEC | SICK_ROUTER;
    assert_says(sentence_end(&s.rt, story, text), "(its charon and its router do not answer)");
}

static void not_redundant_offers_force(void **state)
{
    struct stage s;
    struct story *story;
    char text[SENTENCE_MAX];

    (void)state;
    stage_set(&s);
    story = stage_story(&s, OP1, ASK_DRAIN, STAGE_GW1);
    stage_end(story, RESULT_REFUSED, REASON_NOT_REDUNDANT);
    story->end.end.node = STAGE_GW2;
    story->end.end.sessions = 1;
    assert_string_equal(sentence_end(&s.rt, story, text),
                        "gw1 was not drained: gw2 has no tunnel to spare (tun21 has no BGP "
                        "session).");
    assert_says(sentence_advice(&s.rt, story, text), "cgwha drain gw1 --force");
}

static void names_the_holder_of_the_lock(void **state)
{
    struct stage s;
    struct story *story;
    char text[SENTENCE_MAX];

    (void)state;
    stage_set(&s);
    stage_story(&s, OP2, ASK_DRAIN, STAGE_GW2);
    story = stage_story(&s, OP1, ASK_DRAIN, STAGE_GW1);
    stage_end(story, RESULT_REFUSED, REASON_LOCK_HELD);
    story->end.end.node = STAGE_GW2;
    story->end.end.holder = OP2;
    assert_string_equal(sentence_end(&s.rt, story, text),
                        "gw1 was not drained: one operation runs at a time, and now it is the "
                        "drain of gw2 (gw2:7), asked for by root 12 s ago: kernel.");
    assert_says(sentence_advice(&s.rt, story, text), "cgwha abort");
    story->end.end.holder = OP(STAGE_GW2, 8);
    assert_says(sentence_end(&s.rt, story, text), "the operation gw2:8");
}

static void other_not_in_service(void **state)
{
    struct stage s;
    struct story *story;
    char text[SENTENCE_MAX];

    (void)state;
    stage_set(&s);
    story = stage_story(&s, OP1, ASK_DRAIN, STAGE_GW1);
    stage_end(story, RESULT_REFUSED, REASON_NOT_IN_SERVICE);
    story->end.end.node = STAGE_GW2;
    s.rt.record[1].phase = PHASE_DRAINED;
    assert_says(sentence_end(&s.rt, story, text), "gw2 is drained");
    assert_says(sentence_advice(&s.rt, story, text), "cgwha undrain gw2");
    s.rt.record[1].phase = PHASE_SOAKING;
    assert_says(sentence_end(&s.rt, story, text), "gw2 is soaking");
    assert_says(sentence_advice(&s.rt, story, text), "Wait until gw2 is in service");
}

static void absent_agents_are_named(void **state)
{
    struct stage s;
    struct story *story;
    char text[SENTENCE_MAX];

    (void)state;
    stage_set(&s);
    story = stage_story(&s, OP1, ASK_DRAIN, STAGE_GW2);
    stage_end(story, RESULT_REFUSED, REASON_AGENT_LOST);
    story->end.end.node = STAGE_GW2;
    story->end.end.target = STAGE_GW1; /* the node that answered for the one that cannot */
    s.rt.view.members = 1;
    assert_string_equal(sentence_end(&s.rt, story, text),
                        "gw2 was not drained: the agent on gw2 is not in the view.");
    assert_says(sentence_advice(&s.rt, story, text), "On gw2: systemctl start cgwhad");

    story = stage_story(&s, OP2, ASK_DRAIN, STAGE_GW1);
    stage_end(story, RESULT_REFUSED, REASON_ALONE);
    assert_says(sentence_end(&s.rt, story, text), "the agent on gw2 is not in the view");
    assert_says(sentence_advice(&s.rt, story, text), "its host answers");
    s.rt.view.ring = 1;
    assert_says(sentence_advice(&s.rt, story, text), "Is gw2 up");
    s.rt.view.id = 0;
    assert_says(sentence_advice(&s.rt, story, text), "Does corosync run here");
}

static void who_left_is_named(void **state)
{
    struct stage s;
    struct story *story;
    char text[SENTENCE_MAX];

    (void)state;
    stage_set(&s);
    story = stage_story(&s, OP1, ASK_DRAIN, STAGE_GW1);
    stage_end(story, RESULT_ROLLED_BACK, REASON_VIEW_CHANGED);
    assert_string_equal(sentence_end(&s.rt, story, text),
                        "gw1 was not drained and goes on as before: the membership changed in the "
                        "middle of it.");
    s.rt.view.members = 1;
    assert_says(sentence_end(&s.rt, story, text), "in the middle of it: gw2 left the view.");
}

static void a_late_return_says_what_it_waits_for(void **state)
{
    struct stage s;
    struct story *story;
    char text[SENTENCE_MAX];

    (void)state;
    stage_set(&s);
    story = stage_story(&s, OP1, ASK_UNDRAIN, STAGE_GW2);
    stage_end(story, RESULT_TIMED_OUT, REASON_DEADLINE);
    s.rt.record[1].tunnels_up = 2;
    s.rt.record[1].sessions_up = 0;
    assert_string_equal(sentence_end(&s.rt, story, text),
                        "gw2 is not in service yet (tun21 has no SA, tun22 has no BGP session). It "
                        "goes on trying.");
}

static void long_lists_are_cut_and_counted(void **state)
{
    struct stage s;
    struct story *story;
    char text[SENTENCE_MAX], prefix[32], err[ERR_MAX];
    struct prefix p;

    (void)state;
    stage_set(&s);
    for (unsigned i = 2; i < PREFIXES_MAX; i++) {
        snprintf(prefix, sizeof(prefix), "10.%u.0.0/16", 20 + i);
        assert_true(prefix_parse(prefix, &p, err));
        assert_true(prefix_list_add(&s.conf.router.prefixes, &p, err));
    }
    story = stage_story(&s, OP1, ASK_DRAIN, STAGE_GW1);
    stage_end(story, RESULT_REFUSED, REASON_NOT_COVERED);
    story->end.end.node = STAGE_GW2;
    story->end.end.prefixes = UINT64_MAX;
    assert_says(sentence_end(&s.rt, story, text), "10.27.0.0/16 and 56 more (");
}

static void told_names_the_node(void **state)
{
    struct told told = {.type = TOLD_PHASE, .node = 0, .to = PHASE_GUARDING};
    char text[SENTENCE_MAX];
    struct stage s;

    (void)state;
    stage_set(&s);
    assert_string_equal(sentence_told(&s.rt, &told, text),
                        "gw1 -> guarding: waits for the promise of gw2");
    told = (struct told){.type = TOLD_LEVEL, .node = 0};
    strlcpy(told.text, "level high is in force and read back", sizeof(told.text));
    assert_string_equal(sentence_told(&s.rt, &told, text),
                        "gw1: level high is in force and read back");
    told = (struct told){.type = TOLD_ASKED, .node = 0};
    told.story = stage_story(&s, OP1, ASK_DRAIN, STAGE_GW1);
    assert_string_equal(sentence_told(&s.rt, &told, text), "root asks to drain gw1: kernel");
    told.story = stage_story(&s, OP2, ASK_ABORT, 0);
    assert_string_equal(sentence_told(&s.rt, &told, text),
                        "root asks to stop the drain of whichever node drains: kernel");
}

static void a_node_says_what_its_level_is_for(void **state)
{
    char text[SENTENCE_MAX];
    struct record r;
    struct stage s;

    (void)state;
    stage_set(&s);
    r = s.rt.record[1];
    assert_string_equal(sentence_node(&s.rt, 1, &r, text), "carries traffic");
    r.target = LEVEL_HIGH;
    s.rt.engine.phase = PHASE_DRAINED;
    assert_string_equal(sentence_node(&s.rt, 1, &r, text),
                        "carries traffic, and is the better path while gw1 is not in service");
    r.target = LEVEL_NORMAL;
    r.reason = REASON_TRAFFIC_STAYS;
    assert_string_equal(sentence_node(&s.rt, 1, &r, text),
                        "carries traffic (not drained: the traffic did not move)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_end_has_words),
        cmocka_unit_test(refusals_say_what_to_do),
        cmocka_unit_test(every_phase_has_words),
        cmocka_unit_test(names_prefix_tunnel_session_node),
        cmocka_unit_test(not_redundant_offers_force),
        cmocka_unit_test(names_the_holder_of_the_lock),
        cmocka_unit_test(other_not_in_service),
        cmocka_unit_test(absent_agents_are_named),
        cmocka_unit_test(who_left_is_named),
        cmocka_unit_test(a_late_return_says_what_it_waits_for),
        cmocka_unit_test(long_lists_are_cut_and_counted),
        cmocka_unit_test(told_names_the_node),
        cmocka_unit_test(a_node_says_what_its_level_is_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
