/* Goldens: scenarios in, the effects of every step out, as text that a reviewer reads.
 *
 * Each scenario's trace is compared with tests/golden/engine/NAME.txt; REGOLD=1 writes it anew, and
 * the diff is what a change of the engine means. The transitions seen over all of them are drawn in
 * phases.dot beside them. */
#include "tests/unit/pair_inner.h"

#define PATH_SIZE 1024

static bool seen[PHASES][PHASES];

/* ---- scenarios ---- */

static void settle(struct pair *p, unsigned n)
{
    pair_quiet(p, n, true);
    pair_fire(p, n, TIMER_SETTLE);
    pair_run(p);
}

static void let_go(struct pair *p)
{
    pair_run(p);
    pair_release_all(p);
    pair_run(p);
}

static void drain(struct pair *p)
{
    pair_ask(p, 0, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    settle(p, 0);
    assert_phase(p, 0, PHASE_DRAINED);
}

static void undrain(struct pair *p)
{
    pair_drain(p, 0);
    pair_trace_clear(p);
    pair_ask(p, 1, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    pair_fire(p, 0, TIMER_SOAK);
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
}

static void undrain_lost_on_the_way(struct pair *p)
{
    pair_drain(p, 0);
    pair_trace_clear(p);
    pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    pair_note(p, "both tunnels are lost while it soaks, one comes back");
    pair_wan(p, 0, 0);
    pair_run(p);
    pair_wan(p, 0, 0x1);
    pair_run(p);
    pair_fire(p, 0, TIMER_PHASE);
    pair_run(p);
    pair_fire(p, 0, TIMER_SOAK);
    pair_run(p);
}

static void drain_takes_a_return_back(struct pair *p)
{
    pair_drain(p, 0);
    p->node[0].learns = false;
    pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    pair_trace_clear(p);
    pair_note(p, "asked in mid-return, withdrawn still");
    pair_ask(p, 0, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    settle(p, 0);
}

static void dry_run(struct pair *p)
{
    pair_ask(p, 0, ASK_DRAIN, 0, ASK_FLAG_DRY_RUN, 0);
    pair_run(p);
}

static void force(struct pair *p)
{
    pair_wan(p, 1, 0x1);
    pair_run(p);
    pair_trace_clear(p);
    pair_ask(p, 0, ASK_DRAIN, 0, ASK_FLAG_FORCE, 0);
    pair_run(p);
    pair_note(p, "the guard has one tunnel of two");
    pair_fire(p, 1, TIMER_GUARD);
    pair_run(p);
    pair_note(p, "the traffic does not move");
    pair_fire(p, 0, TIMER_PHASE);
    pair_run(p);
}

static void refused_not_covered(struct pair *p)
{
    pair_advertises(p, 1, 0x1);
    pair_run(p);
    pair_trace_clear(p);
    pair_ask(p, 0, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    pair_fire(p, 1, TIMER_GUARD);
    pair_run(p);
}

static void refused_not_redundant(struct pair *p)
{
    pair_wan(p, 1, 0x2);
    pair_run(p);
    pair_trace_clear(p);
    pair_ask(p, 0, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
    pair_fire(p, 1, TIMER_GUARD);
    pair_run(p);
}

static void refused_not_raised(struct pair *p)
{
    p->node[1].fail = PAIR_BIT(ORDER_LEVEL);
    pair_ask(p, 0, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
}

static void refused_other_drained(struct pair *p)
{
    pair_drain(p, 1);
    pair_trace_clear(p);
    pair_ask(p, 1, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
}

static void refused_alone(struct pair *p)
{
    pair_kill_node(p, 1);
    pair_run(p);
    pair_ask(p, 0, ASK_DRAIN, 0, 0, 0);
    pair_run(p);
}

static void both_at_once(struct pair *p)
{
    for (unsigned n = 0; n < 2; n++) {
        pair_ask(p, n, ASK_DRAIN, (int)n, 0, 0);
        pair_order_message(p, n);
    }
    for (unsigned n = 0; n < 2; n++) {
        while (pair_deliver(p, n))
            ;
        assert_phase(p, n, PHASE_REQUESTING);
    }
    pair_run(p);
    settle(p, 0);
}

static void back_from(struct pair *p, enum phase at)
{
    pair_drain_to(p, 0, at, false);
    pair_trace_clear(p);
}

static void back_from_requesting(struct pair *p)
{
    back_from(p, PHASE_REQUESTING);
    pair_note(p, "the deadline, and the request is still on its way");
    pair_fire(p, 0, TIMER_PHASE);
    let_go(p);
}

static void back_from_guarding(struct pair *p)
{
    back_from(p, PHASE_GUARDING);
    pair_note(p, "the guard does not answer");
    pair_fire(p, 0, TIMER_PHASE);
    let_go(p);
}

static void back_from_lowering(struct pair *p)
{
    back_from(p, PHASE_LOWERING);
    pair_note(p, "low is not read back");
    p->node[0].fail = PAIR_BIT(ORDER_LEVEL);
    p->node[0].hold = 0;
    pair_complete(p, 0, ORDER_LEVEL);
    let_go(p);
}

static void back_from_settling(struct pair *p)
{
    back_from(p, PHASE_SETTLING);
    pair_note(p, "a view change");
    pair_view(p);
    let_go(p);
}

static void back_from_settling_sick(struct pair *p)
{
    back_from(p, PHASE_SETTLING);
    pair_note(p, "the guard loses a prefix");
    pair_advertises(p, 1, 0x1);
    let_go(p);
}

static void back_from_withdrawing(struct pair *p)
{
    back_from(p, PHASE_WITHDRAWING);
    pair_note(p, "the intent cannot be saved");
    p->node[0].fail = PAIR_BIT(ORDER_SAVE);
    p->node[0].hold = 0;
    pair_complete(p, 0, ORDER_SAVE);
    let_go(p);
}

/* Withdrawn is not read back: the last of the ways back. */
static void withdraw_fails(struct pair *p)
{
    pair_note(p, "withdrawn is not read back");
    p->node[0].fail = PAIR_BIT(ORDER_LEVEL);
    p->node[0].hold = 0;
    pair_complete(p, 0, ORDER_LEVEL);
    let_go(p);
}

static void back_from_withdrawing_late(struct pair *p)
{
    pair_drain_to(p, 0, PHASE_WITHDRAWING, true);
    pair_trace_clear(p);
    withdraw_fails(p);
}

static void abort_while_settling(struct pair *p)
{
    back_from(p, PHASE_SETTLING);
    pair_ask(p, 1, ASK_ABORT, -1, 0, 0);
    pair_run(p);
}

/* The coverer's host dies when gw1 is in the phase. */
static void net_from(struct pair *p, enum phase at)
{
    pair_drain_to(p, 0, at, true);
    pair_trace_clear(p);
    pair_note(p, "gw2's host dies");
    pair_kill_node(p, 1);
    let_go(p);
    assert_phase(p, 0, PHASE_SAFETY_NET);
}

static void net_from_withdrawing(struct pair *p)
{
    net_from(p, PHASE_WITHDRAWING);
}

static void net_from_closing(struct pair *p)
{
    net_from(p, PHASE_CLOSING);
}

static void net_from_releasing(struct pair *p)
{
    net_from(p, PHASE_RELEASING);
}

static void net_from_drained_and_out_again(struct pair *p)
{
    net_from(p, PHASE_DRAINED);
    pair_note(p, "gw2's host is back");
    pair_power_on(p, 1);
    pair_boot(p, 1);
    pair_run(p);
    pair_fire(p, 1, TIMER_SOAK);
    pair_run(p);
    pair_note(p, "and steady");
    pair_fire(p, 0, TIMER_REDRAIN);
    pair_run(p);
    settle(p, 0);
    assert_phase(p, 0, PHASE_DRAINED);
}

static void net_cannot_leave(struct pair *p)
{
    static const enum phase at[] = {PHASE_REQUESTING, PHASE_GUARDING, PHASE_SETTLING};

    pair_drain(p, 0);
    pair_advertises(p, 1, 0);
    pair_run(p);
    pair_advertises(p, 1, PAIR_PREFIXES);
    pair_run(p);
    pair_trace_clear(p);
    for (unsigned i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
        pair_drain_to(p, 0, at[i], false);
        pair_note(p, "a view change");
        pair_view(p);
        let_go(p);
        assert_phase(p, 0, PHASE_SAFETY_NET);
    }
    pair_drain_to(p, 0, PHASE_WITHDRAWING, true);
    withdraw_fails(p);
    assert_phase(p, 0, PHASE_SAFETY_NET);
}

/* gw1 is to be drained when that is safe, which it is once gw2 has its second tunnel back. */
static void drain_when_safe(struct pair *p)
{
    pair_wan(p, 1, 0x1);
    pair_run(p);
    pair_trace_clear(p);
    pair_ask(p, 0, ASK_DRAIN, 0, ASK_FLAG_WHEN_SAFE, 0);
    pair_run(p);
    pair_fire(p, 1, TIMER_GUARD);
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    pair_note(p, "gw2's other tunnel is up");
    pair_wan(p, 1, 0x3);
    pair_run(p);
    pair_fire(p, 0, TIMER_REDRAIN);
    pair_run(p);
    settle(p, 0);
    assert_phase(p, 0, PHASE_DRAINED);
}

static void undrain_of_a_net(struct pair *p)
{
    net_from(p, PHASE_DRAINED);
    pair_trace_clear(p);
    pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    pair_fire(p, 0, TIMER_SOAK);
    pair_run(p);
}

static void return_cannot_be_taken_back(struct pair *p)
{
    static const enum phase at[] = {PHASE_REQUESTING, PHASE_GUARDING, PHASE_SETTLING,
                                    PHASE_WITHDRAWING};

    pair_drain(p, 0);
    pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    pair_trace_clear(p);
    for (unsigned i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
        pair_drain_to(p, 0, at[i], false);
        pair_note(p, "a view change");
        pair_view(p);
        let_go(p);
        assert_phase(p, 0, PHASE_SOAKING);
    }
}

/* Those who are out are at low, as a rule; here lowering has to be waited for, and fails. */
static void lowering_of_outsiders(struct pair *p)
{
    pair_drain(p, 0);
    p->node[0].learns = false;
    pair_ask(p, 0, ASK_UNDRAIN, 0, 0, 0);
    pair_run(p);
    pair_trace_clear(p);
    pair_note(p, "a return, withdrawn still");
    pair_drain_to(p, 0, PHASE_LOWERING, false);
    pair_view(p);
    let_go(p);
    pair_note(p, "a net, withdrawn still");
    pair_kill_agent(p, 0);
    pair_run(p);
    p->node[0].intent = INTENT_MAINTENANCE;
    p->node[0].level = LEVEL_WITHDRAWN;
    pair_boot(p, 0);
    pair_run(p);
    p->node[0].hold = PAIR_BIT(ORDER_LEVEL);
    pair_advertises(p, 1, 0);
    pair_run(p);
    pair_advertises(p, 1, PAIR_PREFIXES);
    pair_run(p);
    pair_drain_to(p, 0, PHASE_LOWERING, false);
    pair_view(p);
    let_go(p);
    assert_phase(p, 0, PHASE_SAFETY_NET);
}

static void agent_restart(struct pair *p)
{
    pair_kill_agent(p, 1);
    pair_run(p);
    pair_boot(p, 1);
    pair_run(p);
}

static void host_lost(struct pair *p)
{
    pair_kill_node(p, 1);
    pair_run(p);
    pair_power_on(p, 1);
    pair_boot(p, 1);
    pair_run(p);
    pair_fire(p, 1, TIMER_SOAK);
    pair_run(p);
}

static void power_cut_in_maintenance(struct pair *p)
{
    pair_drain(p, 0);
    pair_kill_node(p, 0);
    pair_kill_node(p, 1);
    p->node[1].intent = INTENT_MAINTENANCE;
    pair_trace_clear(p);
    for (unsigned n = 0; n < 2; n++)
        pair_power_on(p, n);
    for (unsigned n = 0; n < 2; n++) {
        pair_boot(p, n);
        pair_run(p);
    }
}

static void restart_drained(struct pair *p)
{
    pair_drain(p, 0);
    pair_trace_clear(p);
    pair_kill_agent(p, 0);
    pair_run(p);
    pair_boot(p, 0);
    pair_run(p);
}

/* What gw1 tracks fails; it stands aside, is asked to drain and rolls back, and serves when gw2's
 * host dies; with gw2 back and its own tracks well it returns by soaking. */
static void unfit_and_back(struct pair *p)
{
    static const enum phase at[] = {PHASE_REQUESTING, PHASE_GUARDING, PHASE_SETTLING,
                                    PHASE_WITHDRAWING};

    p->node[0].sick = SICK_TRACK;
    pair_run(p);
    for (unsigned i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
        pair_drain_to(p, 0, at[i], false);
        pair_note(p, "a view change");
        pair_view(p);
        let_go(p);
        assert_phase(p, 0, PHASE_UNFIT);
    }
    pair_note(p, "gw1's tunnels break, and are mended");
    pair_wan(p, 0, 0);
    pair_run(p);
    pair_wan(p, 0, 3);
    pair_run(p);
    assert_phase(p, 0, PHASE_UNFIT);
    pair_note(p, "gw2's host dies");
    pair_kill_node(p, 1);
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
    pair_note(p, "gw2's host is back");
    pair_power_on(p, 1);
    pair_boot(p, 1);
    pair_run(p);
    pair_fire(p, 1, TIMER_SOAK);
    pair_run(p);
    assert_phase(p, 0, PHASE_UNFIT);
    pair_note(p, "what gw1 tracks is well");
    p->node[0].sick = 0;
    pair_run(p);
    assert_phase(p, 0, PHASE_SOAKING);
    pair_note(p, "and is not, and is");
    p->node[0].sick = SICK_TRACK;
    pair_run(p);
    p->node[0].sick = 0;
    pair_run(p);
    pair_fire(p, 0, TIMER_SOAK);
    pair_run(p);
    assert_phase(p, 0, PHASE_IN_SERVICE);
}

#define SCENARIO_LIST(X)                                                                           \
    X(drain)                                                                                       \
    X(undrain)                                                                                     \
    X(undrain_lost_on_the_way)                                                                     \
    X(drain_takes_a_return_back)                                                                   \
    X(dry_run)                                                                                     \
    X(force)                                                                                       \
    X(refused_not_covered)                                                                         \
    X(refused_not_redundant)                                                                       \
    X(refused_not_raised)                                                                          \
    X(refused_other_drained)                                                                       \
    X(refused_alone)                                                                               \
    X(both_at_once)                                                                                \
    X(back_from_requesting)                                                                        \
    X(back_from_guarding)                                                                          \
    X(back_from_lowering)                                                                          \
    X(back_from_settling)                                                                          \
    X(back_from_settling_sick)                                                                     \
    X(back_from_withdrawing)                                                                       \
    X(back_from_withdrawing_late)                                                                  \
    X(abort_while_settling)                                                                        \
    X(net_from_withdrawing)                                                                        \
    X(net_from_closing)                                                                            \
    X(net_from_releasing)                                                                          \
    X(net_from_drained_and_out_again)                                                              \
    X(net_cannot_leave)                                                                            \
    X(drain_when_safe)                                                                             \
    X(undrain_of_a_net)                                                                            \
    X(return_cannot_be_taken_back)                                                                 \
    X(lowering_of_outsiders)                                                                       \
    X(agent_restart)                                                                               \
    X(host_lost)                                                                                   \
    X(power_cut_in_maintenance)                                                                    \
    X(unfit_and_back)                                                                              \
    X(restart_drained)

/* ---- comparing ---- */

static void golden_path(const char *name, char path[PATH_SIZE])
{
    const char *top = getenv("TOP_SRCDIR");

    assert_non_null(top); /* make check sets it */
    assert_true(snprintf(path, PATH_SIZE, "%s/tests/golden/engine/%s", top, name) < PATH_SIZE);
}

static char *read_all(const char *path)
{
    FILE *in = fopen(path, "r");
    char *text = NULL, *out = NULL;
    size_t size = 0;
    FILE *mem;
    int c;

    if (in == NULL)
        return NULL;
    mem = open_memstream(&text, &size);
    assert_non_null(mem);
    while ((c = fgetc(in)) != EOF)
        fputc(c, mem);
    fclose(in);
    fclose(mem);
    out = text;
    return out;
}

static void show_first_difference(const char *was, const char *is)
{
    unsigned line = 1;
    const char *was_line = was, *is_line = is;

    for (; *was == *is && *was != '\0'; was++, is++) {
        if (*was == '\n') {
            line++;
            was_line = was + 1;
            is_line = is + 1;
        }
    }
    print_error("line %u\n- %.*s\n+ %.*s\n", line, (int)strcspn(was_line, "\n"), was_line,
                (int)strcspn(is_line, "\n"), is_line);
}

static void compare(const char *name, const char *text)
{
    char path[PATH_SIZE];
    char *was;

    golden_path(name, path);
    if (getenv("REGOLD") != NULL) {
        FILE *out = fopen(path, "w");

        assert_non_null(out);
        fputs(text, out);
        fclose(out);
        return;
    }
    was = read_all(path);
    if (was == NULL)
        fail_msg("%s is missing; REGOLD=1 writes it", path);
    if (strcmp(was, text) != 0) {
        show_first_difference(was, text);
        free(was);
        fail_msg("%s has changed; REGOLD=1 writes it anew, then read the diff", path);
    }
    free(was);
}

static void play(const char *name, void (*scenario)(struct pair *p))
{
    struct pair *p = pair_new(2);
    char file[64];

    snprintf(file, sizeof(file), "%s.txt", name);
    scenario(p);
    compare(file, pair_trace(p));
    for (unsigned from = 0; from < PHASES; from++) {
        for (unsigned to = 0; to < PHASES; to++)
            seen[from][to] |= p->seen[from][to];
    }
    pair_free(p);
}

/* All the ways between phases that the scenarios took. */
static void test_phases_dot(void **state)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    assert_non_null(out);
    fputs("// The phases of a node and the ways between them that the scenarios took.\n"
          "digraph phases {\n    node [shape=box, style=rounded];\n",
          out);
    for (unsigned from = 0; from < PHASES; from++) {
        for (unsigned to = 0; to < PHASES; to++) {
            if (seen[from][to])
                fprintf(out, "    \"%s\" -> \"%s\";\n", phase_name(from), phase_name(to));
        }
    }
    fputs("}\n", out);
    fclose(out);
    compare("phases.dot", text);
    free(text);
}

#define TEST_OF(name)                                                                              \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        (void)state;                                                                               \
        play(#name, name);                                                                         \
    }
SCENARIO_LIST(TEST_OF)

#define ENTRY_OF(name) cmocka_unit_test(test_##name),
int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO_LIST(ENTRY_OF) /* the diagram comes last, when all have been played */
        cmocka_unit_test(test_phases_dot),
    };

    return cmocka_run_group_tests_name("goldens of the engine", tests, NULL, NULL);
}
