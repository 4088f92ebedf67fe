/* Explores every state that engines in the model's world can reach, breadth first.
 *
 * Each state is expanded by every move; what a move breaks is told as the shortest story that leads
 * there.  Afterwards the fair successors, one of each state, are followed: where they end or turn
 * in a circle, every operation must have ended and every prefix be covered. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/model/table.h"
#include "tests/model/world.h"

#define FLAG_COVERED 0x01u /* every prefix that can be covered is */
#define FLAG_RUNS    0x02u /* an operation is in progress */

enum outcome { CLEAN = 0, BROKEN = 1, USAGE = 2, INCOMPLETE = 3 };

/* The states of one depth, waiting to be expanded: index, size and bytes of each. */
struct front {
    uint8_t *data;
    size_t used, room;
};

struct search {
    struct model m;
    struct table table;
    struct front now, next;
    uint8_t root[PACK_MAX];
    uint64_t transitions, by_kind[MOVES];
    uint64_t phases[PHASES]; /* states in which some node was in it */
    unsigned depth;
    bool doubt, counts;
    const char *from;
    size_t memory;
    double began;
};

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* the machine may have other work */
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void front_add(struct front *l, uint32_t index, const uint8_t *data, unsigned size)
{
    uint8_t length = (uint8_t)size;

    if (l->room < l->used + size + 5) {
        l->room = l->room ? l->room * 2 : 1u << 20;
        l->data = realloc(l->data, l->room);
        if (!l->data) {
            perror("realloc");
            exit(INCOMPLETE);
        }
    }
    memcpy(l->data + l->used, &index, 4);
    l->data[l->used + 4] = length;
    memcpy(l->data + l->used + 5, data, size);
    l->used += size + 5u;
}

/* ---- the story ---- */

static void canonical(struct model *m, struct world *w)
{
    uint8_t data[PACK_MAX], perm[N_MAX], name[N_MAX];

    pack(m, w, data, perm);
    unpack(m, data, w, 0);
    for (unsigned k = 0; k < m->n; k++)
        name[k] = m->name[perm[k]];
    memcpy(m->name, name, m->n);
}

static void narrate(struct search *s, struct world *w, move_t move)
{
    make_move(&s->m, w, move);
    tell_world(&s->m, w);
    if (s->m.property == 0)
        canonical(&s->m, w);
}

static void narrate_to(struct search *s, struct world *w, uint32_t index)
{
    unsigned length = 0;
    move_t *path;

    for (uint32_t k = index; k != 0; k = s->table.found[k].parent)
        length++;
    path = calloc(length + 1u, sizeof(*path));
    if (!path)
        exit(INCOMPLETE);
    for (uint32_t k = index; k != 0; k = s->table.found[k].parent)
        path[--length] = s->table.found[k].move;
    unpack(&s->m, s->root, w, 0);
    tell_world(&s->m, w);
    for (uint32_t k = index; k != 0; k = s->table.found[k].parent)
        narrate(s, w, path[length++]);
    free(path);
}

/* Tells how index is reached, then the last move if there is one, then what is wrong. */
static enum outcome tell_broken(struct search *s, uint32_t index, move_t last, bool moved)
{
    static struct world w;
    struct model *m = &s->m;
    unsigned property = m->property;
    char broken[sizeof(m->broken)];

    memcpy(broken, m->broken, sizeof(broken));
    m->property = 0;
    m->story = stdout;
    m->line = 0;
    for (unsigned i = 0; i < N_MAX; i++)
        m->name[i] = (uint8_t)i;
    narrate_to(s, &w, index);
    if (moved)
        narrate(s, &w, last);
    else
        check_rest(m, &w);
    if (m->property == property)
        memcpy(broken, m->broken, sizeof(broken)); /* with the names of the story */
    printf("\n\nBROKEN %s: %s\n       %s\n", property_name(property), property_text(property),
           broken);
    return BROKEN;
}

/* ---- breadth first ---- */

static bool expand(struct search *s, uint32_t index, const uint8_t *data, enum outcome *outcome)
{
    static struct world at, w, other;
    struct model *m = &s->m;
    struct found *found = &s->table.found[index];
    move_t moves[MOVES_MAX], fair = 0;
    unsigned count;
    bool goes_on;

    unpack(m, data, &at, 0);
    if (s->doubt)
        unpack(m, data, &other, 1);
    goes_on = fair_move(m, &at, &fair);
    found->fair = NOWHERE;
    found->flags = (uint8_t)((covered_if_possible(m, &at) ? FLAG_COVERED : 0u) |
                             (operation_runs(m, &at) ? FLAG_RUNS : 0u));
    for (unsigned i = 0; i < m->n; i++)
        s->phases[at.node[i].agent ? at.node[i].e.phase : PHASE_STARTING]++;
    if (!goes_on)
        check_rest(m, &at);
    if (m->property != 0) {
        *outcome = tell_broken(s, index, 0, false);
        return false;
    }
    count = list_moves(m, &at, moves);
    for (unsigned k = 0; k < count; k++) {
        uint8_t next[PACK_MAX], doubted[PACK_MAX];
        uint32_t to;
        unsigned size;
        bool is_new;

        w = at;
        make_move(m, &w, moves[k]);
        s->transitions++;
        s->by_kind[MOVE_KIND(moves[k])]++;
        if (m->property != 0) {
            *outcome = tell_broken(s, index, moves[k], true);
            return false;
        }
        size = pack(m, &w, next, NULL);
        if (s->doubt) {
            w = other;
            m->garbage = true;
            make_move(m, &w, moves[k]);
            m->garbage = false;
            if (pack(m, &w, doubted, NULL) != size || memcmp(next, doubted, size) != 0) {
                violated(m, MODEL, "a field that is left out of the state matters");
                *outcome = tell_broken(s, index, moves[k], true);
                return false;
            }
        }
        to = table_find(&s->table, next, size, &is_new);
        if (to == NOWHERE) {
            *outcome = INCOMPLETE;
            return false;
        }
        if (goes_on && moves[k] == fair)
            found->fair = to;
        if (!is_new)
            continue;
        s->table.found[to].parent = index;
        s->table.found[to].move = moves[k];
        front_add(&s->next, to, next, size);
    }
    if (goes_on && found->fair == NOWHERE) {
        violated(m, MODEL, "the fair move is none of the moves");
        *outcome = tell_broken(s, index, fair, true);
        return false;
    }
    return true;
}

static enum outcome search_all(struct search *s)
{
    enum outcome outcome = CLEAN;

    while (s->next.used > 0) {
        struct front swap = s->now;

        s->now = s->next;
        s->next = swap;
        s->next.used = 0;
        s->depth++;
        for (size_t k = 0; k < s->now.used; k += s->now.data[k + 4] + 5u) {
            uint32_t index;

            memcpy(&index, s->now.data + k, 4);
            if (!expand(s, index, s->now.data + k + 5, &outcome))
                return outcome;
        }
        if (s->counts)
            fprintf(stderr, "depth %u: %u states, %.1f s\n", s->depth, s->table.count,
                    seconds() - s->began);
    }
    return outcome;
}

/* ---- where fair continuations end ---- */

static unsigned judge_circle(const struct search *s, uint32_t start)
{
    bool always_runs = true;
    uint32_t k = start;

    do {
        const struct found *f = &s->table.found[k];
        if (!(f->flags & FLAG_COVERED))
            return LIVENESS;
        always_runs = always_runs && (f->flags & FLAG_RUNS);
        k = f->fair;
    } while (k != start);
    return always_runs ? ENDS : 0;
}

static enum outcome tell_circle(struct search *s, uint32_t start, unsigned property)
{
    static struct world w;
    struct model *m = &s->m;
    uint32_t k = start;
    move_t move;

    m->story = stdout;
    for (unsigned i = 0; i < N_MAX; i++)
        m->name[i] = (uint8_t)i;
    narrate_to(s, &w, start);
    printf("\n\n     ... and from here for ever:");
    do {
        if (!fair_move(m, &w, &move))
            break;
        narrate(s, &w, move);
        k = s->table.found[k].fair;
    } while (k != start);
    printf("\n\nBROKEN %s: %s\n       in a circle that fairness does not leave\n",
           property_name(property), property_text(property));
    m->property = property;
    return BROKEN;
}

static enum outcome follow_fair(struct search *s)
{
    struct found *found = s->table.found;

    for (uint32_t start = 0; start < s->table.count; start++) {
        uint32_t k = start;

        while (k != NOWHERE && found[k].color == 0) {
            found[k].color = 1;
            k = found[k].fair;
        }
        if (k != NOWHERE && found[k].color == 1) {
            unsigned property = judge_circle(s, k);
            if (property != 0)
                return tell_circle(s, k, property);
        }
        for (k = start; k != NOWHERE && found[k].color == 1; k = found[k].fair)
            found[k].color = 2;
    }
    return CLEAN;
}

/* ---- where to begin ---- */

/* Follows the fair continuation to its rest, from which the exploration then starts. */
static bool let_rest(struct model *m, struct world *w)
{
    move_t move;

    for (unsigned k = 0; k < 2000; k++) {
        if (!fair_move(m, w, &move))
            return true;
        make_move(m, w, move);
        canonical(m, w);
        if (m->property != 0)
            return false;
    }
    return false;
}

static bool begin(struct search *s)
{
    static struct world w;
    struct model *m = &s->m;
    bool cold = strcmp(s->from, "cold") == 0;

    world_boot(m, &w);
    for (unsigned i = 0; i < m->n && !cold; i++)
        make_move(m, &w, MOVE(MOVE_START, i, 0));
    if (!cold && !let_rest(m, &w))
        return false;
    if (strcmp(s->from, "drained") == 0) {
        w.commands++;
        make_move(m, &w, MOVE(MOVE_ASK, 0, 0 | COMMAND_DRAIN << 2));
        if (!let_rest(m, &w))
            return false;
    }
    if (strcmp(s->from, "power-cut") == 0) {
        for (unsigned i = 0; i < m->n; i++) {
            w.faults++;
            make_move(m, &w, MOVE(MOVE_POWER_OFF, i, 0));
            w.node[i].disk = INTENT_MAINTENANCE;
        }
    }
    if (m->property == 0) {
        unsigned size = pack(m, &w, s->root, NULL);
        bool is_new;
        front_add(&s->next, table_find(&s->table, s->root, size, &is_new), s->root, size);
    }
    return m->property == 0;
}

/* ---- the command line ---- */

#define MODEL_NAME(id, name) name,
static const char *const fault_names[] = {FAULT_LIST(MODEL_NAME)};
static const char *const command_names[] = {COMMAND_LIST(MODEL_NAME)};

static bool read_set(const char *text, const char *const names[], unsigned count, unsigned *out)
{
    *out = 0;
    if (strcmp(text, "all") == 0)
        *out = (1u << count) - 1u;
    if (*out != 0 || strcmp(text, "none") == 0)
        return true;
    while (*text) {
        size_t length = strcspn(text, ",");
        unsigned k = 0;

        while (k < count && (strlen(names[k]) != length || strncmp(names[k], text, length) != 0))
            k++;
        if (k == count)
            return false;
        *out |= 1u << k;
        text += length + (text[length] == ',');
    }
    return true;
}

static int usage(void)
{
    fputs("usage: explore [--nodes 2..3] [--tunnels 1..2] [--prefixes 1..2] [--faults 0..7]\n"
          "               [--kinds LIST] [--commands 0..15] [--asks LIST] [--lag N] [--remote]\n"
          "               [--from service|cold|drained|power-cut] [--memory MiB] [--plain]\n"
          "               [--doubt] [--counts]\nkinds of faults:",
          stderr);
    for (unsigned k = 0; k < FAULTS; k++)
        fprintf(stderr, " %s", fault_names[k]);
    fputs("\nasks:", stderr);
    for (unsigned k = 0; k < COMMANDS; k++)
        fprintf(stderr, " %s", command_names[k]);
    fputs("\n", stderr);
    return USAGE;
}

static bool read_options(struct search *s, int argc, char **argv)
{
    static const struct option options[] = {
        {"nodes", 1, NULL, 'n'},  {"tunnels", 1, NULL, 't'}, {"prefixes", 1, NULL, 'p'},
        {"faults", 1, NULL, 'f'}, {"kinds", 1, NULL, 'k'},   {"commands", 1, NULL, 'c'},
        {"asks", 1, NULL, 'a'},   {"lag", 1, NULL, 'l'},     {"remote", 0, NULL, 'r'},
        {"from", 1, NULL, 'b'},   {"memory", 1, NULL, 'm'},  {"plain", 0, NULL, 'P'},
        {"doubt", 0, NULL, 'd'},  {"counts", 0, NULL, 'v'},  {NULL, 0, NULL, 0}};
    struct model *m = &s->m;
    bool good = true;
    int c;

    while (good && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        unsigned n = optarg ? (unsigned)strtoul(optarg, NULL, 10) : 0;
        switch (c) {
        case 'n':
            m->n = n;
            good = n >= 2 && n <= N_MAX;
            break;
        case 't':
            m->tunnels = n;
            good = n >= 1 && n <= T_MAX;
            break;
        case 'p':
            m->prefixes = n;
            good = n >= 1 && n <= P_MAX;
            break;
        case 'f':
            m->faults = n;
            good = n <= 7;
            break;
        case 'k':
            good = read_set(optarg, fault_names, FAULTS, &m->fault_kinds);
            break;
        case 'c':
            m->commands = n;
            good = n <= 15;
            break;
        case 'a':
            good = read_set(optarg, command_names, COMMANDS, &m->command_kinds);
            break;
        case 'l':
            m->lag_max = n;
            good = n >= 1 && n <= 10;
            break;
        case 'r':
            m->remote = true;
            break;
        case 'b':
            s->from = optarg;
            break;
        case 'm':
            s->memory = (size_t)n << 20;
            break;
        case 'P':
            m->plain = true;
            break;
        case 'd':
            s->doubt = true;
            break;
        case 'v':
            s->counts = true;
            break;
        default:
            good = false;
            break;
        }
    }
    return good && optind == argc;
}

static void report(const struct search *s, enum outcome outcome)
{
    static const char *const words[] = {"complete, clean", "broken", "", "INCOMPLETE"};
    double took = seconds() - s->began;

    if (s->counts) {
        static const char *const texts[] = {MOVE_LIST(MODEL_NAME)};
        for (unsigned k = 0; k < MOVES; k++)
            printf("  %12llu x %s\n", (unsigned long long)s->by_kind[k], texts[k]);
        for (unsigned k = 0; k < PHASES; k++)
            printf("  %12llu in %s\n", (unsigned long long)s->phases[k],
                   k == PHASE_STARTING ? "(no agent)" : phase_name(k));
    }
    printf("%u states, %llu transitions, depth %u, %.1f s, %.0f states/s: %s\n", s->table.count,
           (unsigned long long)s->transitions, s->depth, took, s->table.count / (took + 1e-9),
           words[outcome]);
}

int main(int argc, char **argv)
{
    static struct search s = {
        .m = {.n = 2, .tunnels = 1, .prefixes = 1, .faults = 1, .commands = 1, .lag_max = 6},
        .from = "service",
        .memory = (size_t)2048 << 20,
    };
    enum outcome outcome = BROKEN;

    s.m.fault_kinds = (1u << FAULTS) - 1u;
    s.m.command_kinds = (1u << COMMANDS) - 1u;
    for (unsigned i = 0; i < N_MAX; i++)
        s.m.name[i] = (uint8_t)i;
    if (!read_options(&s, argc, argv))
        return usage();
    if (!table_create(&s.table, s.memory)) {
        perror("mmap");
        return INCOMPLETE;
    }
    s.began = seconds();
    if (begin(&s))
        outcome = search_all(&s);
    else
        printf("BROKEN %s before the exploration began: %s\n", property_name(s.m.property),
               s.m.broken);
    if (outcome == CLEAN)
        outcome = follow_fair(&s);
    report(&s, outcome);
    table_destroy(&s.table);
    free(s.now.data);
    free(s.next.data);
    return (int)outcome;
}
