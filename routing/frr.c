/* The backend of FRR: a level is which of a few route-maps, that stand in the user's configuration,
 * two others call: one command puts it in force, whole.
 *
 * It changes the running configuration of bgpd by that `call`, by the entry's description and by
 * `neighbor shutdown`, and never writes it to disk.  Source: FRR 8.4 doc "Route Maps", "BGP";
 * lib/vty.c. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "routing/driver.h"
#include "routing/frr_level.h"
#include "routing/frr_reply.h"

/* bgpd gathers announcements for half a second (BGP_ANNOUNCE_ROUTE_DELAY_MS, bgpd/bgp_route.c). */
#define FILL_LOOKS 60

struct frr {
    struct frr_json *json;
    struct frr_maps maps; /* as last seen, or as last set by us */
    bool maps_seen;
    uint32_t as;                           /* of the instance, for `router bgp`; 0: there is none */
    char at[SESSIONS_MAX][SESSION_AT_LEN]; /* the neighbours, as last seen */
    uint64_t gshut;                        /* shared prefixes that carry 65535:0, a bit each */
    char boot[9];                          /* the beginning of this boot's id */
};

static const struct control_wire wire = {
    .router = "FRR's bgpd",
    .socket = "vty socket",
    .group = "frrvty",
    .hello = "enable\nshow version",
    .end = '\0',
    .whole = true,
    .read = frr_piece_read,
    .version = frr_version,
};

/* The adj-out shows a path before bgpd adds our own AS to it. */
static const struct readback_manner manner = {
    .own_as = 0,
    .unreadable = "see 'show bgp neighbors' for %s in vtysh",
    .untrusted = "see 'show bgp neighbors' for %s in vtysh",
    .ask_filter = "does the neighbor's route-map out call CGWHA-CLOUD, and are the numbers in "
                  "frr.conf those of cgwha.conf (cgwhad -r)?",
    .ask_filter_lan = "does the neighbor's route-map out call CGWHA-LAN, and are the numbers in "
                      "frr.conf those of cgwha.conf (cgwhad -r)?",
};

static const char *frr_socket(const struct router_conf *conf)
{
    return conf->vty_socket;
}

static void frr_end(void *inside)
{
    struct frr *frr = inside;
    frr_json_free(frr->json);
}

/* ---- the mark: which bgpd was given the level by an agent */

/* A level that `write memory` has put on the disk comes back with the next bgpd: the mark tells it
 * from one that this bgpd was given. Without it an agent that starts could not believe either. */
static void mark_of(struct frr *frr, const struct control *control, char out[FRR_MARK_LEN])
{
    if (frr->boot[0] == '\0') {
        int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
        ssize_t n = fd >= 0 ? read(fd, frr->boot, sizeof(frr->boot) - 1) : -1;
        if (fd >= 0)
            close(fd);
        if (n != (ssize_t)sizeof(frr->boot) - 1)
            snprintf(frr->boot, sizeof(frr->boot), "unknown");
    }
    snprintf(out, FRR_MARK_LEN, "moved by cgwhad, boot %s, bgpd %d", frr->boot,
             control_peer(control));
}

/* ---- looks */

static bool has_lan(const struct router_conf *conf)
{
    for (unsigned i = 0; i < conf->count; i++) {
        if (conf->session[i].lan)
            return true;
    }
    return false;
}

/* Writes "vrf NAME " or nothing, to be put before what it limits. */
static const char *vrf_of(const struct router_conf *conf, char out[NAME_MAX_LEN + 8])
{
    out[0] = '\0';
    if (conf->vrf[0] != '\0')
        snprintf(out, NAME_MAX_LEN + 8, "vrf %s ", conf->vrf);
    return out;
}

/* One who knows the neighbour's community by FRR's own filter: the JSON does not show any. */
static bool frr_ask(void *inside, struct router_look *look, char out[COMMAND_SIZE])
{
    struct frr *frr = inside;
    bool probe = look->pass == 0;
    char vrf[NAME_MAX_LEN + 8];

    if (frr->json == NULL)
        frr->json = frr_json_new();
    if (frr->json != NULL)
        frr_json_begin(frr->json);
    vrf_of(look->conf, vrf);
    switch (look->stage) {
    case LOOK_LEVEL:
        snprintf(out, COMMAND_SIZE, "show route-map json");
        break;
    case LOOK_SESSIONS:
    case LOOK_AGAIN:
        snprintf(out, COMMAND_SIZE, "show bgp %ssummary json", vrf);
        break;
    case LOOK_TABLE:
        if (probe && look->conf->session[look->session].lan)
            return false;
        snprintf(out, COMMAND_SIZE, "show bgp %s%s unicast neighbors %s advertised-routes %sjson",
                 vrf, look->family == 0 ? "ipv4" : "ipv6", look->at[look->session],
                 probe ? "route-map " FRR_GSHUT " " : "");
        break;
    }
    return true;
}

static void frr_piece(void *inside, struct router_look *look, const struct reply_piece *piece)
{
    struct frr *frr = inside;

    (void)look;
    if (frr->json != NULL)
        frr_json_take(frr->json, piece);
}

/* The level that this bgpd was given: what a map calls, if it was an agent of ours who said so, or
 * if it is low, at which bgpd starts. */
static unsigned level_given(struct frr *frr, const struct router_look *look)
{
    unsigned level = frr->maps.level[0];
    char mark[FRR_MARK_LEN];

    mark_of(frr, look->control, mark);
    if (has_lan(look->conf) && frr->maps.level[1] != level)
        return LEVELS;
    return level == LEVEL_LOW || strcmp(frr->maps.mark, mark) == 0 ? level : (unsigned)LEVELS;
}

static void take_session(void *ctx, const struct session_said *said)
{
    router_look_take_session(ctx, said);
}

struct taking {
    struct frr *frr;
    struct router_look *look;
};

static void take_route(void *ctx, const struct adj_route *found)
{
    struct taking *to = ctx;
    int shared = prefix_list_find(&to->look->conf->prefixes, &found->prefix);
    uint64_t bit = shared >= 0 ? UINT64_C(1) << shared : 0;
    struct adj_route route = *found;

    if (to->look->pass == 0) {
        to->frr->gshut |= bit;
        return;
    }
    route.gshut = (to->frr->gshut & bit) != 0;
    router_look_take_route(to->look, &route);
}

static void read_table(struct frr *frr, struct router_look *look)
{
    struct taking to = {frr, look};
    char warning[ERR_MAX];

    if (look->pass == 0 || look->conf->session[look->session].lan)
        frr->gshut = 0;
    if (!frr_json_whole(frr->json) || !frr_routes(frr->json, take_route, &to, warning))
        router_look_no_table(look);
}

static bool frr_reply(void *inside, struct router_look *look, int code, const char *text,
                      char why[ERR_MAX])
{
    struct frr *frr = inside;
    uint32_t as;

    if (look->stage == LOOK_TABLE && frr->json != NULL) {
        read_table(frr, look);
        return true;
    }
    if (frr->json == NULL || code > FRR_WARNING || !frr_json_whole(frr->json)) {
        snprintf(why, ERR_MAX, "FRR answers %d and what cannot be read: %.100s", code, text);
        return false;
    }
    if (look->stage == LOOK_LEVEL) {
        frr->maps_seen = frr_maps(frr->json, &frr->maps);
        look->level = level_given(frr, look);
        return true;
    }
    as = frr_sessions(frr->json, take_session, look);
    if (look->stage == LOOK_AGAIN) {
        frr->as = as;
        memcpy(frr->at, look->at, sizeof(frr->at));
    }
    return true;
}

/* ---- orders */

/* What must stand in frr.conf for the level; empty if it does. */
static const char *map_missing(const struct frr *frr, const struct router_conf *conf,
                               enum level level)
{
    for (unsigned lan = 0; lan < (has_lan(conf) ? 2u : 1u); lan++) {
        if (!frr->maps.has[lan])
            return frr_map_name(lan, LEVELS);
        if ((frr->maps.leaf[lan] & 1u << level) == 0)
            return frr_map_name(lan, level);
    }
    return frr->maps.gshut ? "" : FRR_GSHUT;
}

static bool frr_begin(void *inside, struct order *order, char err[ERR_MAX])
{
    struct frr *frr = inside;
    const char *missing = map_missing(frr, &order->driver->conf, order->level);

    order->old_level = frr->maps.level[0];
    if (missing[0] != '\0')
        snprintf(err, ERR_MAX,
                 "FRR has no route-map %s as cgwha needs it: put the lines that 'cgwhad -r' prints "
                 "into frr.conf, and load it",
                 missing);
    return missing[0] == '\0';
}

static size_t add(char out[COMMAND_SIZE], size_t used, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends a line. What does not fit is not asked at all: see the assertions below. */
static size_t add(char out[COMMAND_SIZE], size_t used, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int n = vsnprintf(out + used, COMMAND_SIZE - used, format, args);
    va_end(args);
    return n > 0 && used + (size_t)n < COMMAND_SIZE ? used + (size_t)n : COMMAND_SIZE - 1;
}

static_assert(SESSIONS_MAX * (SESSION_AT_LEN + NAME_MAX_LEN + 32) < COMMAND_SIZE,
              "all neighbours can be refreshed by one command");
static_assert(MESSAGE_SIZE + SESSION_AT_LEN + NAME_MAX_LEN + 128 < COMMAND_SIZE, "a message fits");

/* The mark comes after the call: an agent that dies between them leaves a level that nobody
 * believes, and the next one goes to low. */
static void write_call(struct frr *frr, const struct order *order, enum level level,
                       char out[COMMAND_SIZE])
{
    const char *cloud = frr_map_name(false, LEVELS), *lan = frr_map_name(true, LEVELS);
    size_t used = add(out, 0, "configure terminal\n");
    char mark[FRR_MARK_LEN];

    mark_of(frr, order->driver->control, mark);
    used = add(out, used, "route-map %s permit 10\ncall %s\n", cloud, frr_map_name(false, level));
    if (has_lan(&order->driver->conf))
        used = add(out, used, "route-map %s permit 10\ncall %s\n", lan, frr_map_name(true, level));
    add(out, used, "route-map %s permit 10\ndescription %s\nend", cloud, mark);
}

/* Asks bgpd to send what the maps make of the routes now, instead of in `bgp route-map delay-timer`
 * seconds. False if there is nobody to send it to. */
static bool write_refresh(const struct frr *frr, const struct router_conf *conf,
                          char out[COMMAND_SIZE])
{
    char vrf[NAME_MAX_LEN + 8];
    size_t used = 0;

    vrf_of(conf, vrf);
    for (unsigned i = 0; i < conf->count; i++) {
        if (frr->at[i][0] != '\0')
            used =
                add(out, used, "%sclear bgp %s%s soft out", used > 0 ? "\n" : "", vrf, frr->at[i]);
    }
    return used > 0;
}

/* False if there is no such neighbour. */
static bool write_admin(const struct frr *frr, const struct order *order, bool close,
                        char out[COMMAND_SIZE])
{
    const struct driver *d = order->driver;
    const char *at = frr->at[order->at];
    bool message = close && d->message[0] != '\0';
    char vrf[NAME_MAX_LEN + 8];

    if (at[0] == '\0' || frr->as == 0)
        return false;
    snprintf(out, COMMAND_SIZE,
             "configure terminal\nrouter bgp %u %s\n%sneighbor %s shutdown%s%s\nend", frr->as,
             vrf_of(&d->conf, vrf), close ? "" : "no ", at, message ? " message " : "",
             message ? d->message : "");
    return true;
}

static bool frr_command(void *inside, const struct order *order, enum act act, unsigned n,
                        char out[COMMAND_SIZE])
{
    struct frr *frr = inside;
    enum level level = order->level;

    switch (act) {
    case ACT_UNDO:
        level = order->old_level < LEVELS ? (enum level)order->old_level : LEVEL_LOW;
        /* fall through */
    case ACT_TRY:
        if (n == 0)
            write_call(frr, order, level, out);
        return n == 0 || (n == 1 && write_refresh(frr, &order->driver->conf, out));
    case ACT_CLOSE:
    case ACT_OPEN:
        return n == 0 && write_admin(frr, order, act == ACT_CLOSE, out);
    case ACT_CONFIRM:
    case ACT_KEEP:
        break; /* bgpd knows of no confirmation */
    }
    return false;
}

static bool frr_done(void *inside, const struct order *order, enum act act, unsigned n, int code,
                     const char *text, char why[ERR_MAX])
{
    struct frr *frr = inside;

    if (act == ACT_TRY && n == 0 && code == FRR_OK)
        frr->maps.level[0] = frr->maps.level[1] = order->level;
    if (act == ACT_UNDO)
        frr->maps.level[0] = frr->maps.level[1] = order->old_level;
    /* A neighbour that somebody has removed meanwhile is a warning of the refresh. */
    if (code == FRR_OK || act == ACT_UNDO || (act == ACT_TRY && n == 1 && code == FRR_WARNING))
        return true;
    if (act == ACT_TRY)
        snprintf(why, ERR_MAX, "FRR refuses the level: %.200s", text);
    else
        snprintf(why, ERR_MAX, "FRR does not close or open %s: %.160s",
                 order->driver->conf.session[order->at].name, text);
    return false;
}

const struct backend backend_frr = {
    .name = "FRR",
    .wire = &wire,
    .manner = &manner,
    .inside_size = sizeof(struct frr),
    .passes = 2, /* the communities, the routes */
    .fill_looks = FILL_LOOKS,
    .looks_first = true,
    .partly = true,
    .end = frr_end,
    .socket = frr_socket,
    .ask = frr_ask,
    .piece = frr_piece,
    .reply = frr_reply,
    .begin = frr_begin,
    .command = frr_command,
    .done = frr_done,
};

bool router_frr_create(struct router *out, qb_loop_t *loop, const struct router_conf *conf,
                       const struct router_events *events, void *ctx, char err[ERR_MAX])
{
    return driver_create(out, &backend_frr, loop, conf, events, ctx, &control_times_default, err);
}
