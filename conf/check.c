/* What no single value can show: names twice, levels that do not beat each other, times that do
 * not fit together.  It refuses only what cannot work; taste stands in the documentation. */
#include <string.h>

#include "conf/profile.h"
#include "conf/reading.h"
#include "conf/value.h"

static bool check_counts(struct reading *reading)
{
    if (reading->conf->tunnels > 0)
        return true;
    return reading_fail(reading, reading->last_line,
                        "tunnel: is missing; allowed: 1 to %d sections, as tunnel tun11 { }",
                        TUNNELS_MAX);
}

/* One name for one thing: cgwha status and the reasons of a refusal show nothing else. */
static bool check_titles(struct reading *reading)
{
    const struct conf *conf = reading->conf;

    for (unsigned l = 0; l < conf->lans; l++) {
        for (unsigned t = 0; t < conf->tunnels; t++) {
            if (strcmp(conf->lan_name[l], conf->tunnel_name[t]) == 0)
                return reading_fail(reading, reading->section_line[SECTION_LAN][l],
                                    "lan %s: a tunnel has this name already", conf->lan_name[l]);
        }
    }
    return true;
}

/* One that names nothing would always be well, which nobody can have meant. */
static bool check_tracks(struct reading *reading)
{
    for (unsigned i = 0; i < reading->conf->tracks; i++) {
        const struct track_conf *t = &reading->conf->track[i];

        if (t->interface[0] == '\0' && t->ping[0] == '\0' && t->route.family == 0 &&
            t->command[0] == '\0')
            return reading_fail(reading, reading->section_line[SECTION_TRACK][i],
                                "track %s: names nothing; allowed: one or more of interface, ping, "
                                "route, command",
                                t->name);
    }
    return true;
}

static enum key_id session_key(const struct conf *conf, unsigned session, unsigned *index)
{
    bool lan = session >= conf->tunnels;

    *index = lan ? session - conf->tunnels : session;
    return lan ? KEY_LAN_SESSION : KEY_TUNNEL_SESSION;
}

/* A session counted twice would make one tunnel look like two. */
static bool check_sessions(struct reading *reading)
{
    const struct conf *conf = reading->conf;
    char label[LABEL_LEN], other[LABEL_LEN];

    for (unsigned b = 1; b < conf->router.count; b++) {
        for (unsigned a = 0; a < b; a++) {
            if (strcmp(conf->router.session[a].name, conf->router.session[b].name) != 0)
                continue;
            unsigned ia, ib;
            enum key_id ka = session_key(conf, a, &ia), kb = session_key(conf, b, &ib);
            return reading_fail(reading, reading_line(reading, kb, ib),
                                "%s: \"%s\" is %s already; allowed: each session once",
                                reading_label(reading, kb, ib, label), conf->router.session[b].name,
                                reading_label(reading, ka, ia, other));
        }
    }
    return true;
}

/* The same for CHILD_SAs. Two tunnels may share a connection, if their children differ. */
static bool check_children(struct reading *reading)
{
    const struct conf *conf = reading->conf;
    const struct ipsec_tunnel *tunnel = conf->ipsec.tunnel;

    for (unsigned b = 1; b < conf->tunnels; b++) {
        for (unsigned a = 0; a < b; a++) {
            if (strcmp(tunnel[a].ike, tunnel[b].ike) != 0 ||
                strcmp(tunnel[a].child, tunnel[b].child) != 0)
                continue;
            return reading_fail(reading, reading_line(reading, KEY_TUNNEL_CHILD, b),
                                "tunnel %s.child: \"%s\" of connection \"%s\" is tunnel %s's "
                                "already; allowed: each child once",
                                conf->tunnel_name[b], tunnel[b].child, tunnel[b].ike,
                                conf->tunnel_name[a]);
        }
    }
    return true;
}

/* The three levels, best first, with the keys that set them. */
static const struct rank {
    enum level level;
    const char *name;
    enum key_id med, lan_med, prepend, lan_prepend;
} ranks[] = {
    {LEVEL_HIGH, "high", KEY_HIGH_MED, KEY_HIGH_LAN_MED, KEY_HIGH_PREPEND, KEY_HIGH_LAN_PREPEND},
    {LEVEL_NORMAL, "normal", KEY_NORMAL_MED, KEY_NORMAL_LAN_MED, KEY_NORMAL_PREPEND,
     KEY_NORMAL_LAN_PREPEND},
    {LEVEL_LOW, "low", KEY_LOW_MED, KEY_LOW_LAN_MED, KEY_LOW_PREPEND, KEY_LOW_LAN_PREPEND},
};
#define RANKS (sizeof(ranks) / sizeof(ranks[0]))

/* The tunnel of the lowest offset, and that of the highest. */
static void offsets(const struct conf *conf, unsigned *least, unsigned *most)
{
    const struct router_session *session = conf->router.session;

    *least = *most = 0;
    for (unsigned i = 1; i < conf->tunnels; i++) {
        *least = session[i].med_offset < session[*least].med_offset ? i : *least;
        *most = session[i].med_offset > session[*most].med_offset ? i : *most;
    }
}

/* The user's filter adds the offset in 32 bits without a sign: the sum has to fit. */
static bool check_offsets(struct reading *reading)
{
    const struct conf *conf = reading->conf;

    for (unsigned r = 0; r < RANKS; r++) {
        for (unsigned t = 0; t < conf->tunnels; t++) {
            int64_t med = conf->router.level[ranks[r].level].med;
            int64_t sum = med + conf->router.session[t].med_offset;
            if (sum >= 0 && sum <= UINT32_MAX)
                continue;
            return reading_fail(reading, reading_line(reading, KEY_TUNNEL_OFFSET, t),
                                "tunnel %s.med-offset: with level %s.med %lld it makes %lld; "
                                "allowed: a sum of 0 to %lld",
                                conf->tunnel_name[t], ranks[r].name, (long long)med, (long long)sum,
                                (long long)UINT32_MAX);
        }
    }
    return true;
}

/* The line to show for a value that does not fit to its neighbour: that of whichever of the two
 * stands in the file, for one may be a default. */
static int pair_line(const struct reading *reading, enum key_id worse, enum key_id better)
{
    return reading->line[worse][0] != 0 || reading->line[better][0] == 0
               ? reading_line(reading, worse, 0)
               : reading_line(reading, better, 0);
}

/* The LAN has no offsets. */
static bool check_lan_med(struct reading *reading, enum key_id worse, enum key_id better)
{
    char label[LABEL_LEN], other[LABEL_LEN];
    uint32_t w = *(const uint32_t *)reading_place(reading, worse, 0);
    uint32_t b = *(const uint32_t *)reading_place(reading, better, 0);

    if (w > b)
        return true;
    return reading_fail(reading, pair_line(reading, worse, better),
                        "%s: %lu does not lose to %s %lu; allowed: above %lu",
                        reading_label(reading, worse, 0, label), (unsigned long)w,
                        reading_label(reading, better, 0, other), (unsigned long)b,
                        (unsigned long)b);
}

/* Each level has to beat the next whatever the tunnel: else "high" in the second tunnel may lose to
 * a "normal" first one, and a drain moves nothing. */
static bool check_med(struct reading *reading, enum key_id worse, enum key_id better)
{
    const struct router_session *session = reading->conf->router.session;
    char label[LABEL_LEN], other[LABEL_LEN], with[64] = "";
    unsigned least, most;
    int64_t w = *(const uint32_t *)reading_place(reading, worse, 0);
    int64_t b = *(const uint32_t *)reading_place(reading, better, 0);

    offsets(reading->conf, &least, &most);
    int64_t low = session[least].med_offset, high = session[most].med_offset;
    if (w + low > b + high)
        return true;
    int line = reading->line[worse][0] == 0 && reading->line[better][0] == 0
                   ? reading_line(reading, KEY_TUNNEL_OFFSET, most)
                   : pair_line(reading, worse, better);
    if (low != high)
        snprintf(with, sizeof(with), " with a med-offset of %lld to %lld", (long long)low,
                 (long long)high);
    return reading_fail(reading, line, "%s: %lld does not lose to %s %lld%s; allowed: above %lld",
                        reading_label(reading, worse, 0, label), (long long)w,
                        reading_label(reading, better, 0, other), (long long)b, with,
                        (long long)(b + high - low));
}

/* The path's length is compared before the MED: a shorter path at a worse level would win. */
static bool check_prepend(struct reading *reading, enum key_id worse, enum key_id better)
{
    char label[LABEL_LEN], other[LABEL_LEN];
    unsigned w = *(const uint8_t *)reading_place(reading, worse, 0);
    unsigned b = *(const uint8_t *)reading_place(reading, better, 0);

    if (w >= b)
        return true;
    return reading_fail(reading, pair_line(reading, worse, better),
                        "%s: %u makes a shorter path than %s %u; allowed: %u or more",
                        reading_label(reading, worse, 0, label), w,
                        reading_label(reading, better, 0, other), b, b);
}

/* Where the MED may not rank, paths of one length share the traffic: a drain would move none, and a
 * takeover would leave half of it with the dead gateway. */
static bool check_path(struct reading *reading, enum key_id worse, enum key_id better)
{
    const struct profile *profile = profile_find(reading->conf->profile);
    char label[LABEL_LEN], other[LABEL_LEN];
    unsigned w = *(const uint8_t *)reading_place(reading, worse, 0);
    unsigned b = *(const uint8_t *)reading_place(reading, better, 0);

    if (profile == NULL || !profile->by_path || w > b)
        return true;
    return reading_fail(reading, pair_line(reading, worse, better),
                        "%s: %u makes no longer path than %s %u, and with profile %s the path has "
                        "to rank; allowed: above %u",
                        reading_label(reading, worse, 0, label), w,
                        reading_label(reading, better, 0, other), b, profile->name, b);
}

static bool check_levels(struct reading *reading)
{
    for (unsigned r = 1; r < RANKS; r++) {
        const struct rank *better = &ranks[r - 1], *worse = &ranks[r];
        if (!check_med(reading, worse->med, better->med) ||
            !check_lan_med(reading, worse->lan_med, better->lan_med) ||
            !check_prepend(reading, worse->prepend, better->prepend) ||
            !check_path(reading, worse->prepend, better->prepend) ||
            !check_prepend(reading, worse->lan_prepend, better->lan_prepend))
            return false;
    }
    return true;
}

/* A drain whose settling can never be seen before its deadline is always rolled back. */
static bool check_timing(struct reading *reading)
{
    const struct conf *conf = reading->conf;
    char settle[VALUE_LEN], deadline[VALUE_LEN];

    if (conf->settle_ms < conf->settle_deadline_ms)
        return true;
    value_duration(conf->settle_ms, settle);
    value_duration(conf->settle_deadline_ms, deadline);
    return reading_fail(reading, pair_line(reading, KEY_SETTLE_DEADLINE, KEY_SETTLE),
                        "timing.settle-deadline: %s leaves no time to see traffic gone for "
                        "timing.settle %s; allowed: above %s",
                        deadline, settle, settle);
}

#define OSPF_METRIC_MAX 0xfffffeu /* RFC 2328 appendix A.4.5; one more would be unreachable */

/* A metric of OSPF's has 24 bits, so the worst level's must have. */
static bool check_ospf_metric(struct reading *reading)
{
    uint32_t med = reading->conf->router.level[LEVEL_LOW].lan_med;

    if (med <= OSPF_METRIC_MAX)
        return true;
    return reading_fail(reading, reading_line(reading, KEY_LOW_LAN_MED, 0),
                        "level low.lan-med: %lu is no metric of OSPF's; allowed: up to %lu",
                        (unsigned long)med, (unsigned long)OSPF_METRIC_MAX);
}

static bool check_protocols(struct reading *reading)
{
    const struct conf *conf = reading->conf;
    char label[LABEL_LEN];

    for (unsigned i = 0; i < conf->lans; i++) {
        const struct router_session *session = &conf->router.session[conf->tunnels + i];
        bool ospf = router_session_is_ospf(session);

        reading_label(reading, KEY_LAN_PROTOCOL, i, label);
        if (!ospf && strcmp(session->protocol, "bgp") != 0)
            return reading_fail(reading, reading_line(reading, KEY_LAN_PROTOCOL, i),
                                "%s: there is no '%s'; allowed: bgp ospf", label,
                                session->protocol);
        if (ospf && strcmp(conf->router.kind, "bird") != 0)
            return reading_fail(reading, reading_line(reading, KEY_LAN_PROTOCOL, i),
                                "%s: ospf is for router bird, and the router is %s; allowed: bgp",
                                label, conf->router.kind);
        if (ospf && !check_ospf_metric(reading))
            return false;
    }
    return true;
}

/* The list of what there is stands in routing/router.h. */
static bool check_router(struct reading *reading)
{
#define KIND_NAME(name)    #name,
#define KIND_ALLOWED(name) " " #name
    static const char *const names[] = {ROUTER_KINDS(KIND_NAME)};
    const char *kind = reading->conf->router.kind;

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], kind) == 0)
            return true;
    }
    return reading_fail(reading, reading_line(reading, KEY_ROUTER, 0),
                        "router: there is no '%s'; allowed:" ROUTER_KINDS(KIND_ALLOWED), kind);
}

static bool check_profile(struct reading *reading)
{
#define PROFILE_ALLOWED(id, name, ...) " " name
    const char *name = reading->conf->profile;

    if (profile_find(name) != NULL)
        return true;
    return reading_fail(reading, reading_line(reading, KEY_PROFILE, 0),
                        "profile: there is no '%s'; allowed:" CONF_PROFILES(PROFILE_ALLOWED), name);
}

bool check_all(struct reading *reading)
{
    return check_router(reading) && check_profile(reading) && check_counts(reading) &&
           check_titles(reading) && check_tracks(reading) && check_sessions(reading) &&
           check_children(reading) && check_offsets(reading) && check_levels(reading) &&
           check_timing(reading) && check_protocols(reading);
}
