/* The status as a table. */
#include "agent/cli_table.h"

#include <stdarg.h>
#include <string.h>

#include "agent/json_read.h"
#include "agent/span.h"

#define NODES_SHOWN 16
#define STALE_S     5 /* what a node said of its traffic is good for so long */
#define CELL        48
#define LABEL       9 /* columns of "Promise  " */

enum column { NODE, PHASE, LEVEL, TUNNELS, SESSIONS, PREFIXES, IN, OUT, FOR, COLUMNS };

struct cell {
    char text[CELL];
    enum paint paint;
};

struct row {
    struct cell cell[COLUMNS];
};

/* From the widest form to the narrowest; the first that fits is taken. */
static const struct form {
    const char *head[COLUMNS];
    bool brief;
    unsigned gap;
} forms[] = {
    {{"NODE", "PHASE", "LEVEL", "TUNNELS", "SESSIONS", "PREFIXES", "IN", "OUT", "FOR"}, false, 2},
    {{"NODE", "PHASE", "LEVEL", "TUNNELS", "SESSIONS", "PREFIXES", "IN b/s", "OUT b/s", "FOR"},
     true,
     2},
    {{"NODE", "PHASE", "LEVEL", "SAS", "BGP", "PREFIX", "IN b/s", "OUT b/s", "FOR"}, true, 2},
    {{"NODE", "PHASE", "LEVEL", "SAS", "BGP", "PFX", "b/s IN", "OUT", "FOR"}, true, 1},
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

/* ---- reading a node ---- */

struct node_sums node_sums(struct json_object *node)
{
    struct node_sums sums = {.tunnels = (unsigned)json_count(node, "tunnels")};

    for (size_t i = 0; i < sums.tunnels; i++) {
        struct json_object *t = json_at(node, "tunnels", i);
        sums.sas += json_yes(t, "sa");
        sums.sessions += json_yes(t, "session");
        sums.in_bps += (uint64_t)json_number(t, "in-bps");
        sums.out_bps += (uint64_t)json_number(t, "out-bps");
        sums.in_pps += (uint64_t)json_number(t, "in-pps");
        sums.out_pps += (uint64_t)json_number(t, "out-pps");
    }
    return sums;
}

struct json_object *node_named(struct json_object *status, const char *name)
{
    for (size_t i = 0; i < json_count(status, "nodes"); i++) {
        if (strcmp(json_text(json_at(status, "nodes", i), "name"), name) == 0)
            return json_at(status, "nodes", i);
    }
    return NULL;
}

static bool is(struct json_object *o, const char *key, const char *value)
{
    return strcmp(json_text(o, key), value) == 0;
}

static bool here(struct json_object *node)
{
    return is(node, "agent", "member");
}

static bool sick(struct json_object *node, const char *what)
{
    for (size_t i = 0; i < json_count(node, "sick"); i++) {
        if (strcmp(json_text_at(node, "sick", i), what) == 0)
            return true;
    }
    return false;
}

/* Ought it to have all its tunnels and sessions? */
static bool serves(struct json_object *node)
{
    return is(node, "phase", "in-service") || is(node, "phase", "safety-net") ||
           is(node, "phase", "requesting") || is(node, "phase", "guarding") ||
           is(node, "phase", "lowering") || is(node, "phase", "settling");
}

/* ---- cells ---- */

static void set(struct cell *cell, enum paint paint, const char *text)
{
    strlcpy(cell->text, text, sizeof(cell->text));
    cell->paint = paint;
}

static void set_phase(struct cell *cell, struct json_object *node)
{
    if (is(node, "agent", "lost"))
        set(cell, PAINT_BAD, "agent lost");
    else if (is(node, "agent", "node-lost"))
        set(cell, PAINT_BAD, "node lost");
    else if (!here(node))
        set(cell, PAINT_WARN, "not seen");
    else if (is(node, "phase", "in-service"))
        set(cell, PAINT_PLAIN, "in-service");
    else if (is(node, "phase", "safety-net"))
        set(cell, PAINT_BAD, "safety-net");
    else
        set(cell, PAINT_WARN, json_text(node, "phase"));
}

static void set_level(struct cell *cell, struct json_object *node)
{
    const char *level = json_text(node, "level"), *target = json_text(node, "target");

    if (strcmp(level, target) == 0)
        snprintf(cell->text, sizeof(cell->text), "%s", level);
    else
        snprintf(cell->text, sizeof(cell->text), "%s>%s", level, target);
    cell->paint = strcmp(level, target) == 0 ? PAINT_PLAIN : PAINT_WARN;
}

static void set_count(struct cell *cell, size_t have, size_t of, bool wanted)
{
    snprintf(cell->text, sizeof(cell->text), "%zu/%zu", have, of);
    cell->paint = PAINT_PLAIN;
    if (wanted && have < of)
        cell->paint = have == 0 ? PAINT_BAD : PAINT_WARN;
}

static void set_rate(struct cell *cell, uint64_t bps, bool known, bool brief)
{
    char text[RATE_TEXT];

    set(cell, PAINT_PLAIN, known ? rate_text(bps, brief, text) : "-");
}

/* What it said last is no older than it should be. */
static bool fresh(struct json_object *status, struct json_object *node)
{
    int64_t age = json_number(status, "time") - json_number(node, "heard");

    return here(node) && (json_yes(node, "self") || age <= STALE_S);
}

static void fill(struct row *row, struct json_object *status, struct json_object *node, bool brief)
{
    struct node_sums sums = node_sums(node);
    int64_t now = json_number(status, "time"), since = json_number(node, "since");
    bool heard = fresh(status, node);
    bool spoken = json_text(node, "phase")[0] != '\0';
    char span[SPAN_TEXT];

    for (unsigned c = 0; c < COLUMNS; c++)
        set(&row->cell[c], PAINT_PLAIN, "-");
    snprintf(row->cell[NODE].text, CELL, "%s%s", json_text(node, "name"),
             json_yes(node, "self") ? " (here)" : "");
    set_phase(&row->cell[PHASE], node);
    if (since > 0 && spoken && here(node))
        set(&row->cell[FOR], PAINT_PLAIN,
            span_text(now > since ? (uint64_t)(now - since) : 0, span));
    if (!spoken || !here(node))
        return;
    set_level(&row->cell[LEVEL], node);
    if (sick(node, "ipsec"))
        set(&row->cell[TUNNELS], PAINT_BAD, "unread");
    else
        set_count(&row->cell[TUNNELS], sums.sas, sums.tunnels, serves(node));
    if (sick(node, "router"))
        set(&row->cell[SESSIONS], PAINT_BAD, "unread");
    else
        set_count(&row->cell[SESSIONS], sums.sessions, sums.tunnels, serves(node));
    set_count(&row->cell[PREFIXES], json_count(node, "covers"),
              json_count(json_member(status, "promise"), "prefixes"), serves(node));
    set_rate(&row->cell[IN], sums.in_bps, heard, brief);
    set_rate(&row->cell[OUT], sums.out_bps, heard, brief);
}

/* ---- the table ---- */

static unsigned most(const struct row *rows, size_t count, unsigned column, const char *head)
{
    unsigned width = look_columns(head);

    for (size_t i = 0; i < count; i++) {
        unsigned w = look_columns(rows[i].cell[column].text);
        if (w > width)
            width = w;
    }
    return width;
}

static unsigned measure(const struct form *form, const struct row *rows, size_t count,
                        unsigned width[COLUMNS])
{
    unsigned sum = form->gap * (COLUMNS - 1);

    for (unsigned c = 0; c < COLUMNS; c++) {
        width[c] = most(rows, count, c, form->head[c]);
        sum += width[c];
    }
    return sum;
}

static void print_row(const struct look *look, const struct form *form, const struct cell *cells,
                      const unsigned width[COLUMNS])
{
    for (unsigned c = 0; c < COLUMNS; c++) {
        unsigned columns = look_columns(cells[c].text);
        bool right = c == IN || c == OUT;
        if (right)
            look_spaces(look, width[c] - columns);
        look_put(look, cells[c].paint, cells[c].text, UINT32_MAX);
        if (c + 1 < COLUMNS)
            look_spaces(look, form->gap + (right ? 0 : width[c] - columns));
    }
    fputc('\n', look->out);
}

static void print_rows(const struct look *look, struct json_object *status)
{
    struct row rows[NODES_SHOWN], head;
    size_t count = json_count(status, "nodes");
    unsigned width[COLUMNS];
    const struct form *form = NULL;

    if (count > NODES_SHOWN)
        count = NODES_SHOWN;
    for (size_t f = 0; f < FORMS; f++) {
        form = &forms[f];
        for (size_t i = 0; i < count; i++)
            fill(&rows[i], status, json_at(status, "nodes", i), form->brief);
        if (measure(form, rows, count, width) <= look->width)
            break;
    }
    for (unsigned c = 0; c < COLUMNS; c++)
        set(&head.cell[c], PAINT_STRONG, form->head[c]);
    print_row(look, form, head.cell, width);
    for (size_t i = 0; i < count; i++)
        print_row(look, form, rows[i].cell, width);
}

/* ---- what is to be said of each node ---- */

/* Words that grow. */
struct words {
    char text[1024];
    size_t at;
};

static void say(struct words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct words *w, const char *format, ...)
{
    size_t room = sizeof(w->text) - w->at;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(w->text + w->at, room, format, args);
    va_end(args);
    if (n > 0)
        w->at += (size_t)n < room ? (size_t)n : room - 1;
}

/* A line under a node's name; the name itself only once. */
struct paragraph {
    const struct look *look;
    const char *name;
    unsigned indent;
};

static void line(struct paragraph *p, enum paint paint, const char *text)
{
    if (text[0] == '\0')
        return;
    look_put(p->look, PAINT_STRONG, p->name, UINT32_MAX);
    look_spaces(p->look, p->indent - look_columns(p->name));
    p->name = "";
    look_wrap(p->look, paint, text, p->indent, p->indent);
}

static void say_who(struct words *w, struct json_object *o)
{
    if (json_text(o, "user")[0] != '\0')
        say(w, ", asked for by %s", json_text(o, "user"));
    if (json_text(o, "why")[0] != '\0')
        say(w, ": %s", json_text(o, "why"));
}

static void line_of_member(struct paragraph *p, struct json_object *status,
                           struct json_object *node)
{
    int64_t now = json_number(status, "time"), since = json_number(node, "since");
    struct words w = {.at = 0};
    char moment[SPAN_TEXT];

    say(&w, "%s", json_text(node, "text"));
    if (since > 0)
        say(&w, ", since %s", moment_text((uint64_t)since, (uint64_t)now, moment));
    if (json_yes(node, "pending"))
        say(&w, ", and will be drained when that is safe");
    say_who(&w, node);
    line(p, PAINT_PLAIN, w.text);
    if (!fresh(status, node))
        line(
            p, PAINT_BAD,
            "its agent is in the view, but says nothing: does it hang? What is shown of it is old");
}

static void line_of_absent(struct paragraph *p, struct json_object *status,
                           struct json_object *node)
{
    struct words w = {.at = 0};

    if (json_text(json_member(status, "view"), "why")[0] != '\0')
        say(&w, "cannot be heard without corosync");
    else if (is(node, "agent", "lost"))
        say(&w, "its agent is gone, its host still answers: its routes stay as they were. Start "
                "cgwhad there");
    else if (is(node, "agent", "node-lost"))
        say(&w, "its host is not in the ring: is it up? See corosync-cfgtool -s");
    else
        say(&w,
            "its agent has not been seen. Is cgwhad running there, and corosync here and there");
    if (json_text(node, "phase")[0] != '\0')
        say(&w, "; it was last seen %s", json_text(node, "phase"));
    line(p, is(node, "agent", "unseen") ? PAINT_WARN : PAINT_BAD, w.text);
}

/* Does one tunnel show a prefix that it should? */
static bool shows(struct json_object *tunnel, const char *prefix)
{
    for (size_t i = 0; i < json_count(tunnel, "exported"); i++) {
        if (strcmp(json_text_at(tunnel, "exported", i), prefix) == 0)
            return true;
    }
    return false;
}

/* What is wrong with one tunnel, as far as it could be read. */
static void line_of_tunnel(struct paragraph *p, struct json_object *status,
                           struct json_object *node, struct json_object *t)
{
    struct json_object *promise = json_member(status, "promise");
    const char *name = json_text(t, "name");
    struct words w = {.at = 0};

    if (!json_yes(t, "sa") && !sick(node, "ipsec"))
        say(&w, "%s has no SA", name);
    else if (!json_yes(t, "session") && !sick(node, "router"))
        say(&w, "%s has no BGP session", name);
    else if (sick(node, "ipsec") || sick(node, "router"))
        return;
    else if (json_member(t, "passing") != NULL && !json_yes(t, "passing"))
        say(&w, "%s passes nothing: its other end does not answer", name);
    for (size_t i = 0; w.at == 0 && i < json_count(promise, "prefixes"); i++) {
        const char *prefix = json_text(json_at(promise, "prefixes", i), "prefix");
        if (!shows(t, prefix))
            say(&w, "%s does not advertise %s", name, prefix);
    }
    line(p, PAINT_WARN, w.text);
}

static void lines_of_sickness(struct paragraph *p, struct json_object *node)
{
    static const char *const names[][2] = {{"router", "its router does not answer"},
                                           {"ipsec", "charon does not answer"},
                                           {"store", "its intent cannot be saved"},
                                           {"track", "cannot carry"}};

    for (size_t i = 0; i < json_count(node, "sick"); i++) {
        const char *word = json_text_at(node, "sick", i), *why = json_text_at(node, "sick-why", i);
        struct words w = {.at = 0};
        for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
            if (strcmp(word, names[k][0]) == 0)
                say(&w, "%s%s%s", names[k][1], why[0] != '\0' ? ": " : "", why);
        }
        line(p, PAINT_BAD, w.text);
    }
    /* What is wrong and makes no organ sick. */
    for (size_t i = json_count(node, "sick"); i < json_count(node, "sick-why"); i++)
        line(p, PAINT_BAD, json_text_at(node, "sick-why", i));
}

static void lines_of_trouble(struct paragraph *p, struct json_object *status,
                             struct json_object *node)
{
    struct words w = {.at = 0};

    lines_of_sickness(p, node);
    if (!json_yes(node, "same-prefixes"))
        line(p, PAINT_BAD,
             "has another list of shared prefixes: make `prefixes` in cgwha.conf the same on both");
    for (size_t i = 0; serves(node) && i < json_count(node, "tunnels"); i++)
        line_of_tunnel(p, status, node, json_at(node, "tunnels", i));
    for (size_t i = 0; serves(node) && i < json_count(node, "lans"); i++) {
        struct json_object *lan = json_at(node, "lans", i);
        w.at = 0;
        say(&w, "the LAN session %s is down", json_text(lan, "name"));
        if (!json_yes(lan, "session") && !sick(node, "router"))
            line(p, PAINT_WARN, w.text);
    }
    w.at = 0;
    say(&w, "runs cgwha %s, this host %s", json_text(node, "version"),
        json_text(status, "version"));
    if (json_text(node, "version")[0] != '\0' && !is(node, "version", json_text(status, "version")))
        line(p, PAINT_WARN, w.text);
}

static void print_paragraphs(const struct look *look, struct json_object *status)
{
    unsigned indent = 0;

    for (size_t i = 0; i < json_count(status, "nodes"); i++) {
        unsigned w = look_columns(json_text(json_at(status, "nodes", i), "name")) + 2;
        if (w > indent)
            indent = w;
    }
    fputc('\n', look->out);
    for (size_t i = 0; i < json_count(status, "nodes"); i++) {
        struct json_object *node = json_at(status, "nodes", i);
        struct paragraph p = {look, json_text(node, "name"), indent};
        if (here(node)) {
            line_of_member(&p, status, node);
            lines_of_trouble(&p, status, node);
        } else {
            line_of_absent(&p, status, node);
        }
    }
}

/* ---- the pair ---- */

static void labelled(const struct look *look, const char *label, enum paint paint, const char *text)
{
    look_put(look, PAINT_STRONG, label, UINT32_MAX);
    look_spaces(look, LABEL - look_columns(label));
    look_wrap(look, paint, text, LABEL, LABEL);
}

static void say_names(struct words *w, struct json_object *o, const char *key)
{
    for (size_t i = 0; i < json_count(o, key); i++)
        say(w, "%s%s", i == 0 ? "" : ", ", json_text_at(o, key, i));
}

static void print_view(const struct look *look, struct json_object *status)
{
    struct json_object *view = json_member(status, "view");
    bool alone = json_yes(view, "alone");
    struct words w = {.at = 0};

    if (json_text(view, "why")[0] != '\0') {
        say(&w, "alone: %s; drains are refused", json_text(view, "why"));
    } else {
        say_names(&w, view, "members");
        say(&w, "%s", alone ? ", alone; drains are refused" : "");
        say(&w, "%s", json_yes(view, "quorate") ? "" : "; not quorate");
    }
    labelled(look, "View", alone ? PAINT_BAD : PAINT_PLAIN, w.text);
}

static void print_lock(const struct look *look, struct json_object *status)
{
    struct json_object *lock = json_member(status, "lock");
    int64_t now = json_number(status, "time"), since = json_number(lock, "since");
    struct words w = {.at = 0};
    char span[SPAN_TEXT];

    if (lock == NULL) {
        labelled(look, "Lock", PAINT_PLAIN, "free");
        return;
    }
    say(&w, "held by %s: %s of %s, asked for by %s", json_text(lock, "op"), json_text(lock, "kind"),
        json_text(lock, "node"), json_text(lock, "user"));
    if (since > 0)
        say(&w, " %s ago", span_text(now > since ? (uint64_t)(now - since) : 0, span));
    if (json_text(lock, "why")[0] != '\0')
        say(&w, ": %s", json_text(lock, "why"));
    labelled(look, "Lock", PAINT_WARN, w.text);
}

static void print_last(const struct look *look, struct json_object *status)
{
    int64_t now = json_number(status, "time");
    char span[SPAN_TEXT];

    for (size_t i = 0; i < json_count(status, "operations"); i++) {
        struct json_object *o = json_at(status, "operations", i);
        int64_t ended = json_number(o, "ended");
        struct words w = {.at = 0};
        if (ended == 0)
            continue;
        say(&w, "%s ago, %s by %s: %s", span_text(now > ended ? (uint64_t)(now - ended) : 0, span),
            json_text(o, "kind"), json_text(o, "user"), json_text(o, "text"));
        labelled(look, "Last", PAINT_PLAIN, w.text);
        return;
    }
}

/* Has every node said what it covers, and could it see that itself? */
static bool all_read(struct json_object *status)
{
    for (size_t i = 0; i < json_count(status, "nodes"); i++) {
        struct json_object *node = json_at(status, "nodes", i);
        if (!here(node) || sick(node, "router") || sick(node, "ipsec"))
            return false;
    }
    return true;
}

static void print_promise(const struct look *look, struct json_object *status)
{
    struct json_object *promise = json_member(status, "promise");
    bool holds = json_yes(promise, "holds");
    unsigned widest = 0;

    labelled(look, "Promise", holds ? PAINT_PLAIN : PAINT_BAD,
             holds ? "holds: every shared prefix is covered"
             : all_read(status)
                 ? "BROKEN: a shared prefix is covered by nobody"
                 : "NOT KNOWN to hold: nobody who could be asked covers every prefix");
    for (size_t i = 0; i < json_count(promise, "prefixes"); i++) {
        unsigned w = look_columns(json_text(json_at(promise, "prefixes", i), "prefix"));
        if (w > widest)
            widest = w;
    }
    for (size_t i = 0; i < json_count(promise, "prefixes"); i++) {
        struct json_object *o = json_at(promise, "prefixes", i);
        const char *prefix = json_text(o, "prefix");
        enum paint paint = json_count(o, "covered-by") > 0 ? PAINT_PLAIN : PAINT_BAD;
        struct words w = {.at = 0};
        say_names(&w, o, "covered-by");
        look_spaces(look, LABEL);
        look_put(look, paint, prefix, UINT32_MAX);
        look_spaces(look, widest - look_columns(prefix) + 2);
        look_wrap(look, paint, w.at > 0 ? w.text : "NOBODY", LABEL + widest + 2,
                  LABEL + widest + 2);
    }
}

void table_print(const struct look *look, struct json_object *status)
{
    print_rows(look, status);
    print_paragraphs(look, status);
    fputc('\n', look->out);
    print_view(look, status);
    print_lock(look, status);
    print_last(look, status);
    print_promise(look, status);
}
