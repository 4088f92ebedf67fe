/* BIRD's sessions as BIRD has them: what is exported, and by which rules. */
#include "agent/check_router.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "agent/check.h"
#include "conf/profile.h"
#include "routing/bird_level.h"

#define HOLD_MOST_S 90
#define TEXT_MAX    512

/* ---- reading ---- */

/* The text behind "  Name: ", or NULL. */
static const char *behind(const char *text, const char *name)
{
    size_t length = strlen(name);

    text += strspn(text, " \t");
    if (strncmp(text, name, length) != 0)
        return NULL;
    return text + length + strspn(text + length, " \t");
}

static void take_as(uint32_t *out, const char *text)
{
    if (text != NULL)
        *out = (uint32_t)strtoul(text, NULL, 10);
}

/* BIRD shows "Graceful restart" if it is at least aware, and a restart time if it is on. */
static void take_capability(struct session_facts *f, const char *text)
{
    if (behind(text, "Local capabilities") != NULL)
        f->in_local = true;
    else if (behind(text, "Neighbor capabilities") != NULL || behind(text, "Session:") != NULL)
        f->in_local = false;
    if (!f->in_local)
        return;
    if (behind(text, "Graceful restart") != NULL && f->restart == RESTART_OFF)
        f->restart = RESTART_AWARE;
    if (behind(text, "Restart time:") != NULL && f->restart == RESTART_AWARE)
        f->restart = RESTART_ON;
    if (behind(text, "Long-lived graceful restart") != NULL)
        f->in_local = false; /* its own times follow */
}

void router_facts_session(struct session_facts *f, const struct reply_piece *line)
{
    char text[TEXT_MAX];
    const char *value;

    reply_text(line, text, sizeof(text));
    take_capability(f, text);
    take_as(&f->local_as, behind(text, "Local AS:"));
    take_as(&f->neighbour_as, behind(text, "Neighbor AS:"));
    if ((value = behind(text, "Source address:")) != NULL) {
        strlcpy(f->source, value, sizeof(f->source));
        f->source[strcspn(f->source, " %")] = '\0';
    }
    if ((value = behind(text, "Hold timer:")) != NULL && (value = strchr(value, '/')) != NULL)
        take_as(&f->hold_s, value + 1);
}

/* "... * (100) [AS64512i]" */
static uint32_t preference_of(const char *text)
{
    const char *at = strrchr(text, '(');

    return at != NULL ? (uint32_t)strtoul(at + 1, NULL, 10) : 0;
}

void router_facts_learnt(struct session_facts *f, const struct reply_piece *line)
{
    struct adj_route route;
    char text[TEXT_MAX];

    if (bird_routes_line(&f->routes, line, &route)) {
        f->reading.prefix = route.prefix;
        if (f->learnts < LEARNT_MAX)
            f->learnt[f->learnts++] = f->reading;
        f->reading = (struct learnt){.local_pref = 100};
    }
    reply_text(line, text, sizeof(text));
    if (line->code == BIRD_ROUTE && strstr(text, "] ") != NULL) /* not its "via" nor "Table" */
        f->reading = (struct learnt){.local_pref = 100, .preference = preference_of(text)};
    else if (line->code == BIRD_ROUTE_ATTRIBUTE)
        take_as(&f->reading.local_pref, behind(text, "BGP.local_pref:"));
}

/* ---- what is wrong with one session ---- */

static void judge_exports(const struct router_facts *facts, unsigned i, const struct conf *conf,
                          struct findings *list)
{
    const struct router_session *s = &conf->router.session[i];
    const struct session_facts *f = &facts->session[i];
    struct session_read alone[SESSIONS_MAX] = {{.wrong = false}};
    char why[ERR_MAX], prefix[PREFIX_TEXT];

    alone[i] = f->read;
    if (facts->level_known &&
        !readback_agrees(&conf->router, backend_bird.manner, facts->level, alone, why))
        found(list, FINDING_LEVEL_IGNORED, s->name, "at level %s %.200s", level_name(facts->level),
              why);
    for (unsigned p = 0; !s->lan && p < conf->router.prefixes.count; p++) {
        if (facts->level_known && facts->level != LEVEL_WITHDRAWN &&
            !(f->read.seen.exported & (UINT64_C(1) << p)))
            found(list, FINDING_NOT_EXPORTED, s->name, "%s is not in its export table",
                  prefix_text(&conf->router.prefixes.item[p], prefix));
    }
}

/* A path that is longer than the level asks for, with the MED as it asks for. */
static bool standing_prepend(const struct router_facts *facts, unsigned i, const struct conf *conf,
                             struct findings *list)
{
    const struct session_read *read = &facts->session[i].read;
    const struct adj_route *route = &read->first_wrong;
    const struct level_attr *attr = &conf->router.level[facts->level];

    if (!read->wrong || conf->router.session[i].lan || facts->level < LEVEL_NORMAL ||
        route->first_as != conf->router.asn || route->first_runs <= 1u + attr->prepend ||
        !route->has_med || route->med != attr->med + (uint32_t)conf->router.session[i].med_offset)
        return false;
    found(list, FINDING_PREPEND, conf->router.session[i].name,
          "at level %s the path begins with AS %u %u times", level_name(facts->level),
          conf->router.asn, route->first_runs);
    return true;
}

/* Towards the cloud the profile knows what a session ends up with; 0 s is none at all. */
static void judge_hold(const struct session_facts *f, const struct router_session *s,
                       const struct profile *profile, struct findings *list)
{
    unsigned least = s->lan ? 0 : profile->hold_least;
    unsigned most = s->lan ? HOLD_MOST_S : profile->hold_most;

    if (f->hold_s != 0 && (f->hold_s < least || f->hold_s > most))
        found(list, FINDING_HOLD, s->name, "its hold time is %u s; with profile %s %s%u s",
              f->hold_s, profile->name, least == most ? "it is " : "at most ", most);
}

static void judge_rules(const struct session_facts *f, const struct router_session *s,
                        const struct profile *profile, struct findings *list)
{
    if (!f->read.trusted)
        found(list, FINDING_NO_RS_CLIENT, s->name, "protocol bgp %s is without rs client", s->name);
    if (!f->read.seen.table)
        found(list, FINDING_NO_TABLE, s->name, "protocol bgp %s is without export table on",
              s->name);
    if (!s->lan && f->restart == RESTART_ON)
        found(list, FINDING_RESTART, s->name, "full graceful restart is on");
    if (!s->lan && f->restart == RESTART_AWARE)
        found(list, FINDING_RESTART_AWARE, s->name, "it is graceful restart aware");
    judge_hold(f, s, profile, list);
}

/* A configuration that was not read from a file has none. */
static const struct profile *profile_of(const struct conf *conf)
{
    const struct profile *profile = profile_find(conf->profile);

    return profile != NULL ? profile : &conf_profiles[PROFILE_GENERIC];
}

static void judge_session(const struct router_facts *facts, unsigned i, const struct conf *conf,
                          struct findings *list)
{
    const struct session_facts *f = &facts->session[i];
    const struct router_session *s = &conf->router.session[i];

    if (!f->read.seen.known) {
        found(list, FINDING_NO_SESSION, s->name, "BIRD has no protocol of this name");
        return;
    }
    if (f->local_as != 0 && f->local_as != conf->router.asn)
        found(list, FINDING_ASN, s->name, "its local AS is %u, and asn in cgwha.conf %u",
              f->local_as, conf->router.asn);
    if (!f->read.seen.established)
        return; /* drained, or down, which the pair's findings tell */
    judge_rules(f, s, profile_of(conf), list);
    if (f->read.seen.table && f->read.trusted && !standing_prepend(facts, i, conf, list))
        judge_exports(facts, i, conf, list);
}

/* ---- what is wrong between tunnels ---- */

static const struct learnt *same_route(const struct session_facts *f, const struct learnt *learnt)
{
    for (unsigned i = 0; i < f->learnts; i++) {
        if (prefix_compare(&f->learnt[i].prefix, &learnt->prefix) == 0)
            return &f->learnt[i];
    }
    return NULL;
}

static void compare_preference(const struct session_facts *a, const struct session_facts *b,
                               const char *name, struct findings *list)
{
    for (unsigned i = 0; i < b->learnts; i++) {
        const struct learnt *there = same_route(a, &b->learnt[i]), *here = &b->learnt[i];
        char prefix[PREFIX_TEXT];
        if (there == NULL || here->prefix.family == 0 ||
            (there->local_pref == here->local_pref && there->preference == here->preference))
            continue;
        found(list, FINDING_LOCAL_PREF, name,
              "%s has local preference %u and preference %u here, %u and %u in the first tunnel",
              prefix_text(&here->prefix, prefix), here->local_pref, here->preference,
              there->local_pref, there->preference);
        return;
    }
}

static void compare_tunnels(const struct router_facts *facts, const struct conf *conf,
                            struct findings *list)
{
    const struct session_facts *first = &facts->session[0];

    for (unsigned t = 1; t < conf->tunnels; t++) {
        const struct session_facts *f = &facts->session[t];
        const char *name = conf->router.session[t].name;
        if (first->neighbour_as != 0 && f->neighbour_as != 0 &&
            first->neighbour_as != f->neighbour_as)
            found(list, FINDING_CLOUD_ASN, name, "its neighbour is AS %u, the first tunnel's AS %u",
                  f->neighbour_as, first->neighbour_as);
        compare_preference(first, f, name, list);
    }
}

void router_judge(const struct router_facts *facts, const struct conf *conf, struct findings *list)
{
    for (unsigned level = LEVEL_NORMAL; level <= LEVEL_HIGH; level++) {
        if (conf->router.level[level].prepend > 0 && !profile_of(conf)->by_path)
            found(list, FINDING_PREPEND, "cgwha.conf", "level %s prepends %u times",
                  level_name(level), conf->router.level[level].prepend);
    }
    for (unsigned i = 0; i < conf->router.count; i++)
        judge_session(facts, i, conf, list);
    compare_tunnels(facts, conf, list);
}

/* ---- asking BIRD ---- */

#define REPLY_MAX (4 * 1024 * 1024)

struct bird_talk {
    int fd;
    char *reply; /* REPLY_MAX bytes */
    size_t used, at;
};

typedef void line_fn(void *ctx, const struct reply_piece *line);

/* Lines up to the one that ends the reply; its code, or -1. */
static int read_reply(struct bird_talk *talk, line_fn *take, void *ctx)
{
    time_t until = time(NULL) + 2 * CHECK_WAIT_MS / 1000;
    uint16_t code = 0;

    talk->used = talk->at = 0;
    for (;;) {
        struct reply_piece line;
        size_t used = 0;
        enum reply_read got =
            bird_line_read(talk->reply + talk->at, talk->used - talk->at, &code, &used, &line);
        if (got == REPLY_BAD)
            return -1;
        if (got == REPLY_PIECE) {
            talk->at += used;
            if (!line.async && take != NULL)
                take(ctx, &line);
            if (line.last && !line.async)
                return line.code;
            continue;
        }
        ssize_t n = talk->used < REPLY_MAX && time(NULL) < until
                        ? read(talk->fd, talk->reply + talk->used, REPLY_MAX - talk->used)
                        : -1;
        if (n <= 0)
            return -1;
        talk->used += (size_t)n;
    }
}

static int ask(struct bird_talk *talk, line_fn *take, void *ctx, const char *command,
               const char *name, const char *tail)
{
    char line[128];
    int n = snprintf(line, sizeof(line), "%s %s%s\n", command, name, tail);

    if (n <= 0 || (size_t)n >= sizeof(line) || send(talk->fd, line, (size_t)n, MSG_NOSIGNAL) != n)
        return -1;
    return read_reply(talk, take, ctx);
}

struct asking {
    const struct conf *conf;
    struct router_facts *facts;
    unsigned session;
    struct bird_protocols protocols;
    struct bird_routes routes;
    struct bird_flood flood;
};

static bool is_ospf(const struct asking *a)
{
    return router_session_is_ospf(&a->conf->router.session[a->session]);
}

static void on_session_line(void *ctx, const struct reply_piece *line)
{
    struct asking *a = ctx;
    struct session_facts *f = &a->facts->session[a->session];
    struct bird_protocol p;

    router_facts_session(f, line);
    if (!bird_protocols_line(&a->protocols, line, &p) ||
        strcmp(p.name, a->conf->router.session[a->session].name) != 0)
        return;
    f->read.seen.known = is_ospf(a) ? p.ospf : p.bgp_state[0] != '\0';
    f->read.seen.established = p.running || strcmp(p.bgp_state, "Established") == 0;
    f->read.internal = p.internal;
    f->read.trusted = p.internal || p.route_server || p.ospf;
}

static void on_export_line(void *ctx, const struct reply_piece *line)
{
    struct asking *a = ctx;
    struct adj_route route;
    unsigned level = a->facts->level_known ? a->facts->level : (unsigned)LEVELS;

    if (is_ospf(a) ? bird_flood_line(&a->flood, line, &route)
                   : bird_routes_line(&a->routes, line, &route))
        readback_route(&a->conf->router, backend_bird.manner, a->session, level,
                       &a->facts->session[a->session].read, &route);
}

static void on_learnt_line(void *ctx, const struct reply_piece *line)
{
    struct asking *a = ctx;

    router_facts_learnt(&a->facts->session[a->session], line);
}

/* One channel's export table; without the table BIRD answers with an error. */
static bool ask_exports(struct bird_talk *talk, struct asking *a, const char *name)
{
    struct session_facts *f = &a->facts->session[a->session];
    unsigned families = 0;
    int code = 0;

    for (unsigned p = 0; p < a->conf->router.prefixes.count; p++)
        families |= a->conf->router.prefixes.item[p].family == 4 ? 1u : 2u;
    f->read.seen.table = true;
    for (unsigned family = 0; family < 2; family++) {
        if (!(families & (1u << family)))
            continue;
        memset(&a->routes, 0, sizeof(a->routes));
        memset(&a->flood, 0, sizeof(a->flood));
        code = is_ospf(a) ? ask(talk, on_export_line, a, "show ospf state all", name, "")
                          : ask(talk, on_export_line, a, "show route all export table", name,
                                family == 0 ? ".ipv4" : ".ipv6");
        f->read.seen.table = f->read.seen.table && code >= 0 && code < BIRD_ERROR;
    }
    return code >= 0;
}

static bool ask_session(struct bird_talk *talk, struct asking *a)
{
    const char *name = a->conf->router.session[a->session].name;
    struct session_facts *f = &a->facts->session[a->session];

    memset(&a->protocols, 0, sizeof(a->protocols));
    if (ask(talk, on_session_line, a, "show protocols all", name, "") < 0)
        return false;
    if (!f->read.seen.established)
        return true;
    return ask_exports(talk, a, name) &&
           (f->read.internal || a->conf->router.session[a->session].lan ||
            ask(talk, on_learnt_line, a, "show route all protocol", name, "") >= 0);
}

static bool ask_bird(struct asking *a, char err[ERR_MAX])
{
    struct bird_talk talk = {.fd = check_connect(a->conf->router.socket, err)};
    bool good = false;

    talk.reply = talk.fd >= 0 ? malloc(REPLY_MAX) : NULL;
    if (talk.reply != NULL) {
        good = read_reply(&talk, NULL, NULL) == BIRD_WELCOME;
        for (a->session = 0; good && a->session < a->conf->router.count; a->session++)
            good = ask_session(&talk, a);
        if (!good)
            snprintf(err, ERR_MAX, "BIRD does not answer within %d s", CHECK_WAIT_MS / 1000);
    }
    free(talk.reply);
    if (talk.fd >= 0)
        close(talk.fd);
    return good;
}

void check_router(struct findings *list, const struct conf *conf,
                  char source[TUNNELS_MAX][CHECK_ADDRESS_LEN])
{
    if (strcmp(conf->router.kind, "bird") != 0)
        return; /* what BIRD may hide, FRR shows */

    struct router_facts *facts;
    struct asking a = {.conf = conf};
    char err[ERR_MAX] = "no memory", text[BIRD_LEVEL_SIZE];

    if (strcmp(conf->router.kind, "bird") != 0) {
        found(list, FINDING_UNREAD, "", "the router is %s", conf->router.kind);
        return;
    }
    a.facts = facts = calloc(1, sizeof(*facts));

    if (facts != NULL)
        facts->level_known = bird_level_read(conf->router.level_file, text, err) &&
                             bird_level_parse(text, &facts->level);
    if (facts == NULL || !ask_bird(&a, err)) {
        found(list, FINDING_BIRD_SILENT, "", "%.250s", err);
        free(facts);
        return;
    }
    router_judge(facts, conf, list);
    for (unsigned t = 0; t < conf->tunnels; t++)
        strlcpy(source[t], facts->session[t].source, CHECK_ADDRESS_LEN);
    free(facts);
}
