/* One look at BIRD: its sessions, and what each of them really exports. */
#include "routing/bird_look.h"

#include <stdio.h>
#include <string.h>

static bool look_begin(struct bird_look *look);
static void read_next_table(struct bird_look *look);

static void look_end(struct bird_look *look, bool ok, const char *why)
{
    look->busy = false;
    look->done(look->ctx, ok, why);
}

static void look_failed(struct bird_look *look, int code, const char *text)
{
    char why[ERR_MAX];

    if (code < 0)
        snprintf(why, sizeof(why), "%s", text);
    else
        snprintf(why, sizeof(why), "BIRD answers %04d %.200s", code, text);
    look_end(look, false, why);
}

static bool ask(struct bird_look *look, void (*line)(void *, const struct bird_line *),
                void (*end)(void *, int, const char *), const char *what)
{
    struct bird_command command = {.line = line, .end = end, .arg = look};
    return bird_client_send(look->client, &command, "%s", what);
}

static void ask_or_fail(struct bird_look *look, void (*line)(void *, const struct bird_line *),
                        void (*end)(void *, int, const char *), const char *what)
{
    if (!ask(look, line, end, what))
        look_failed(look, -1, bird_client_why(look->client));
}

static int session_of(const struct bird_look *look, const char *name)
{
    for (unsigned i = 0; i < look->conf->count; i++) {
        if (strcmp(look->conf->session[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

static bool family_shared(const struct router_conf *conf, unsigned family)
{
    for (unsigned i = 0; i < conf->prefixes.count; i++) {
        if (conf->prefixes.item[i].family == (family == 0 ? 4 : 6))
            return true;
    }
    return false;
}

/* The sessions */

static void take_protocol(struct bird_look *look, const struct bird_protocol *p)
{
    int i = session_of(look, p->name);
    if (i < 0)
        return;

    struct bird_session_read *read = &look->read[i];
    bool down = strcmp(p->state, "down") == 0;
    read->internal = p->internal;
    read->route_server = p->route_server;
    read->seen.known = true;
    read->seen.disabled = down;
    read->seen.established = strcmp(p->bgp_state, "Established") == 0;
    read->seen.table = read->seen.established; /* until a table of it cannot be read */
    read->seen.routes_in = p->imported;
    snprintf(read->seen.state, sizeof(read->seen.state), "%s",
             down || p->bgp_state[0] == '\0' ? p->state : p->bgp_state);
    look->fingerprint[i] = p->fingerprint;
    for (unsigned family = 0; family < 2; family++)
        look->table[i][family] =
            read->seen.established && p->channel_up[family] && family_shared(look->conf, family);
}

static void protocols_line(void *arg, const struct bird_line *line)
{
    struct bird_look *look = arg;
    struct bird_protocol p;
    if (bird_protocols_line(&look->protocols, line, &p))
        take_protocol(look, &p);
}

static void protocols_end(void *arg, int code, const char *text)
{
    struct bird_look *look = arg;
    if (code != BIRD_OK)
        look_failed(look, code, text);
    else
        read_next_table(look);
}

/* The same sessions once more */

static void again_line(void *arg, const struct bird_line *line)
{
    struct bird_look *look = arg;
    struct bird_protocol p;
    if (!bird_protocols_line(&look->protocols, line, &p))
        return;
    int i = session_of(look, p.name);
    if (i >= 0)
        look->same[i] = look->read[i].seen.known && look->fingerprint[i] == p.fingerprint;
}

static void again_end(void *arg, int code, const char *text)
{
    struct bird_look *look = arg;
    bool restless = false;

    if (code != BIRD_OK) {
        look_failed(look, code, text);
        return;
    }
    for (unsigned i = 0; i < look->conf->count; i++)
        restless |= look->same[i] != look->read[i].seen.known;
    if (!restless)
        look_end(look, true, "");
    else if (++look->tries >= BIRD_LOOK_TRIES)
        look_end(look, false, "BIRD's sessions change faster than they can be read");
    else if (!look_begin(look))
        look_failed(look, -1, bird_client_why(look->client));
}

static void look_again(struct bird_look *look)
{
    look->protocols = (struct bird_protocols){0};
    ask_or_fail(look, again_line, again_end, "show protocols");
}

/* The tables */

static void routes_line(void *arg, const struct bird_line *line)
{
    struct bird_look *look = arg;
    struct bird_route route;
    if (bird_routes_line(&look->routes, line, &route))
        bird_readback_route(look->conf, look->session, look->level, &look->read[look->session],
                            &route);
}

static void routes_end(void *arg, int code, const char *text)
{
    struct bird_look *look = arg;
    if (code < 0) {
        look_failed(look, code, text);
        return;
    }
    /* 9001 "No export table in channel tun11.ipv4", or whatever else keeps us from seeing it. */
    if (code != BIRD_OK)
        look->read[look->session].seen.table = false;
    look->table[look->session][look->family] = false;
    read_next_table(look);
}

static void read_table(struct bird_look *look, unsigned session, unsigned family)
{
    char what[BIRD_COMMAND_SIZE];

    look->session = session;
    look->family = family;
    look->routes = (struct bird_routes){0};
    snprintf(what, sizeof(what), "show route all export table '%s'.%s",
             look->conf->session[session].name, family == 0 ? "ipv4" : "ipv6");
    ask_or_fail(look, routes_line, routes_end, what);
}

static void read_next_table(struct bird_look *look)
{
    for (unsigned i = 0; i < look->conf->count; i++) {
        for (unsigned family = 0; family < 2; family++) {
            if (look->table[i][family]) {
                read_table(look, i, family);
                return;
            }
        }
    }
    look_again(look);
}

static void read_level(struct bird_look *look)
{
    char text[BIRD_LEVEL_SIZE], err[ERR_MAX];
    enum level level;
    bool known =
        bird_level_read(look->conf->level_file, text, err) && bird_level_parse(text, &level);
    look->level = known ? level : LEVELS;
}

static bool look_begin(struct bird_look *look)
{
    memset(look->read, 0, sizeof(look->read));
    memset(look->table, 0, sizeof(look->table));
    memset(look->same, 0, sizeof(look->same));
    look->protocols = (struct bird_protocols){0};
    read_level(look);
    look->busy = ask(look, protocols_line, protocols_end, "show protocols all");
    return look->busy;
}

bool bird_look_start(struct bird_look *look)
{
    look->tries = 0;
    return look_begin(look);
}
