/* The backend of BIRD 2: a level is a file that the export filters read, put in force by a
 * `configure timeout`, so that BIRD takes it back by itself if nobody confirms it; but not up from
 * withdrawn.
 *
 * It reads and replaces the level file, and nothing else on the disk.  Source: BIRD 2 doc "Remote
 * control", doc/reply_codes. */
#include <stdio.h>
#include <string.h>

#include "routing/bird_level.h"
#include "routing/bird_reply.h"
#include "routing/driver.h"

/* After being withdrawn BIRD fills an adj-out some milliseconds after its "Reconfigured". */
#define FILL_LOOKS 12

static_assert(BIRD_LEVEL_SIZE <= ORDER_OLD_SIZE, "the old level file is kept with the order");

struct bird {
    struct bird_protocols protocols;
    struct bird_routes routes;
    struct bird_flood flood;
};

static const struct control_wire wire = {
    .router = "BIRD",
    .socket = "control socket",
    .group = "bird",
    .end = '\n',
    .read = bird_line_read,
    .version = bird_banner_version,
};

/* The functions of cgwha.bird prepend our AS once in any case: with `rs client` BIRD does not. */
static const struct readback_manner manner = {
    .own_as = 1,
    .unreadable = "add 'export table on;' to the channel of %s in bird.conf",
    .untrusted = "add 'rs client;' to protocol bgp %s in bird.conf, for without it BIRD may not "
                 "send the MED that its export table shows",
    .ask_filter = "does bird.conf include /usr/share/cgwha/cgwha.bird, and does its export filter "
                  "call cgwha_cloud()?",
    .ask_filter_lan = "does bird.conf include /usr/share/cgwha/cgwha.bird, and does its export "
                      "filter call cgwha_lan()?",
    .ask_filter_ospf = "does bird.conf include /usr/share/cgwha/cgwha.bird, and does its export "
                       "filter call cgwha_ospf()?",
};

static const char *bird_socket(const struct router_conf *conf)
{
    return conf->socket;
}

/* ---- looks */

static void read_level(struct router_look *look)
{
    char text[BIRD_LEVEL_SIZE], err[ERR_MAX];
    enum level level;

    if (bird_level_read(look->conf->level_file, text, err) && bird_level_parse(text, &level))
        look->level = level;
}

static void ask_table(const struct router_look *look, char out[COMMAND_SIZE])
{
    const struct router_session *session = &look->conf->session[look->session];

    if (router_session_is_ospf(session))
        snprintf(out, COMMAND_SIZE, "show ospf state all '%s'", session->name);
    else
        snprintf(out, COMMAND_SIZE, "show route all export table '%s'.%s", session->name,
                 look->family == 0 ? "ipv4" : "ipv6");
}

static bool bird_ask(void *inside, struct router_look *look, char out[COMMAND_SIZE])
{
    *(struct bird *)inside = (struct bird){0};
    switch (look->stage) {
    case LOOK_LEVEL:
        read_level(look);
        return false;
    case LOOK_SESSIONS:
        snprintf(out, COMMAND_SIZE, "show protocols all");
        break;
    case LOOK_TABLE:
        ask_table(look, out);
        break;
    case LOOK_AGAIN:
        snprintf(out, COMMAND_SIZE, "show protocols");
        break;
    }
    return true;
}

static void take_protocol(struct router_look *look, const struct bird_protocol *p)
{
    bool down = strcmp(p->state, "down") == 0;
    struct session_said said = {.ospf = p->ospf,
                                .established =
                                    p->running || strcmp(p->bgp_state, "Established") == 0,
                                .disabled = down,
                                .internal = p->internal,
                                /* eBGP without `rs client`: BIRD 2.0 may keep to itself the MED
                                 * that its export table shows. */
                                .trusted = p->internal || p->route_server || p->ospf,
                                .family_up = {p->channel_up[0], p->channel_up[1]},
                                .routes_in = p->imported,
                                .fingerprint = p->fingerprint};

    snprintf(said.at, sizeof(said.at), "%s", p->name);
    snprintf(said.name, sizeof(said.name), "%s", p->name);
    if (p->ospf && strcmp(p->state, "up") == 0)
        snprintf(said.state, sizeof(said.state), "%s", p->running ? "Running" : "Alone");
    else
        snprintf(said.state, sizeof(said.state), "%s",
                 down || p->bgp_state[0] == '\0' ? p->state : p->bgp_state);
    router_look_take_session(look, &said);
}

static void bird_piece(void *inside, struct router_look *look, const struct reply_piece *piece)
{
    struct bird *bird = inside;
    struct bird_protocol protocol;
    struct adj_route route;
    bool table = look->stage == LOOK_TABLE;

    if (!table && bird_protocols_line(&bird->protocols, piece, &protocol))
        take_protocol(look, &protocol);
    if (table && router_session_is_ospf(&look->conf->session[look->session])
            ? bird_flood_line(&bird->flood, piece, &route)
            : table && bird_routes_line(&bird->routes, piece, &route))
        router_look_take_route(look, &route);
}

static bool bird_reply(void *inside, struct router_look *look, int code, const char *text,
                       char why[ERR_MAX])
{
    (void)inside;
    if (code == BIRD_OK)
        return true;
    if (look->stage == LOOK_TABLE) {
        /* 9001 "No export table in channel tun11.ipv4", or whatever else keeps us from it. */
        router_look_no_table(look);
        return true;
    }
    snprintf(why, ERR_MAX, "BIRD answers %04d %.200s", code, text);
    return false;
}

/* ---- orders */

static bool bird_begin(void *inside, struct order *order, char err[ERR_MAX])
{
    const struct router_conf *conf = &order->driver->conf;
    char text[BIRD_LEVEL_SIZE];
    enum level old;

    (void)inside;
    order->has_old = bird_level_read(conf->level_file, order->old, err);
    if (order->has_old)
        order->old_level = bird_level_parse(order->old, &old) ? old : (unsigned)LEVELS;
    if (router_bird_level_text(conf, order->level, text, sizeof(text)) == 0) {
        snprintf(err, ERR_MAX, "the level file's text is too long");
        return false;
    }
    return bird_level_write(conf->level_file, text, err);
}

/* The level file says again what BIRD is at or goes back to. */
static bool bird_restore(void *inside, struct order *order, char err[ERR_MAX])
{
    (void)inside;
    return !order->has_old || bird_level_write(order->driver->conf.level_file, order->old, err);
}

/* Up from withdrawn there is nothing to go back to that would be better: if we die before it is
 * confirmed, BIRD must not withdraw by itself, from a node that may be the last. */
static bool never_undone(const struct order *order)
{
    return order->old_level == LEVEL_WITHDRAWN;
}

static bool bird_command(void *inside, const struct order *order, enum act act, unsigned n,
                         char out[COMMAND_SIZE])
{
    const struct driver *d = order->driver;
    const char *session = d->conf.session[order->at].name;

    (void)inside;
    if (act == ACT_TRY && n == 0)
        snprintf(out, COMMAND_SIZE, "configure check");
    else if (act == ACT_TRY && n == 1 && never_undone(order))
        snprintf(out, COMMAND_SIZE, "configure");
    else if (act == ACT_TRY && n == 1)
        snprintf(out, COMMAND_SIZE, "configure timeout %d", CONFIRM_TIMEOUT_S);
    else if (n > 0)
        return false;
    else if (act == ACT_CONFIRM || act == ACT_KEEP)
        snprintf(out, COMMAND_SIZE, "configure confirm");
    else if (act == ACT_UNDO)
        snprintf(out, COMMAND_SIZE, "configure undo");
    else if (act == ACT_OPEN)
        snprintf(out, COMMAND_SIZE, "enable \"%s\"", session);
    else if (d->closed)
        snprintf(out, COMMAND_SIZE, "disable \"%s\" \"%s\"", session, d->message);
    else
        snprintf(out, COMMAND_SIZE, "disable \"%s\"", session);
    return true;
}

static bool tried(const struct order *order, unsigned n, int code, const char *text,
                  char why[ERR_MAX])
{
    if (n == 0 ? code == BIRD_CHECKED
               : code == BIRD_RECONFIGURED || code == BIRD_RECONFIG_PROGRESS ||
                     code == BIRD_RECONFIG_QUEUED)
        return true;
    if (code == BIRD_DENIED)
        snprintf(why, ERR_MAX,
                 "BIRD denies configuring on %s: this control socket is restricted; give cgwhad "
                 "one that is not",
                 order->driver->conf.socket);
    else
        snprintf(why, ERR_MAX, "BIRD refuses its configuration: %.200s", text);
    return false;
}

static bool bird_done(void *inside, const struct order *order, enum act act, unsigned n, int code,
                      const char *text, char why[ERR_MAX])
{
    (void)inside;
    switch (act) {
    case ACT_TRY:
        return tried(order, n, code, text, why);
    case ACT_CONFIRM:
        if (code == BIRD_CONFIRMED || (code == BIRD_NOTHING_TO_DO && never_undone(order)))
            return true;
        snprintf(why, ERR_MAX,
                 "BIRD had gone back to its old configuration before it was confirmed");
        return false;
    case ACT_KEEP:
    case ACT_UNDO:
        return true; /* if it was not undone, BIRD does it by itself */
    case ACT_CLOSE:
    case ACT_OPEN:
        break;
    }
    /* If BIRD has no such session there is nothing to close or open. */
    if (code < BIRD_ERROR || code == BIRD_NO_PROTOCOL)
        return true;
    snprintf(why, ERR_MAX, "BIRD does not close or open %s: %.160s",
             order->driver->conf.session[order->at].name, text);
    return false;
}

const struct backend backend_bird = {
    .name = "BIRD",
    .wire = &wire,
    .manner = &manner,
    .inside_size = sizeof(struct bird),
    .passes = 1,
    .fill_looks = FILL_LOOKS,
    .opens_closed = true, /* `configure` opens what was disabled */
    .socket = bird_socket,
    .ask = bird_ask,
    .piece = bird_piece,
    .reply = bird_reply,
    .begin = bird_begin,
    .restore = bird_restore,
    .command = bird_command,
    .done = bird_done,
};

bool router_bird_create(struct router *out, qb_loop_t *loop, const struct router_conf *conf,
                        const struct router_events *events, void *ctx, char err[ERR_MAX])
{
    return driver_create(out, &backend_bird, loop, conf, events, ctx, &control_times_default, err);
}
