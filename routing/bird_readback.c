/* What is really exported, against what a level demands. Pure. */
#include "routing/bird_readback.h"

#include <stdio.h>

/* What one session's routes must carry at one level. */
struct demand {
    uint32_t med;
    uint32_t own_as; /* so many times in front of the path */
    bool gshut;
};

static struct demand demand_of(const struct router_conf *conf, unsigned session, unsigned level,
                               bool internal)
{
    const struct router_session *s = &conf->session[session];
    const struct level_attr *attr = &conf->level[level];
    uint32_t base = s->lan ? attr->lan_med : attr->med;
    uint32_t prepend = s->lan ? attr->lan_prepend : attr->prepend;

    /* The functions of cgwha.bird prepend our AS once in any case: with `rs client` BIRD does not.
     * BIRD adds modulo 2^32, and so do we. */
    return (struct demand){.med = base + (uint32_t)s->med_offset,
                           .own_as = internal ? 0 : 1 + prepend,
                           .gshut = !s->lan && attr->gshut};
}

static uint32_t own_in_front(const struct router_conf *conf, const struct bird_route *route)
{
    return route->first_as == conf->asn ? route->first_runs : 0;
}

/* eBGP without `rs client`: BIRD 2.0 may keep to itself the MED that its export table shows. */
static bool table_lies(const struct bird_session_read *read)
{
    return !read->internal && !read->route_server;
}

static bool route_carries(const struct router_conf *conf, unsigned session, unsigned level,
                          const struct bird_session_read *read, const struct bird_route *route)
{
    if (level == LEVEL_WITHDRAWN || level >= LEVELS || table_lies(read))
        return false;
    struct demand want = demand_of(conf, session, level, read->internal);
    bool gshut_fits = conf->session[session].lan || route->gshut == want.gshut;
    return route->has_med && route->med == want.med && gshut_fits &&
           own_in_front(conf, route) == want.own_as;
}

void bird_readback_route(const struct router_conf *conf, unsigned session, unsigned level,
                         struct bird_session_read *read, const struct bird_route *route)
{
    bool lan = conf->session[session].lan;
    bool right = route_carries(conf, session, level, read, route);
    int shared = lan ? -1 : prefix_list_find(&conf->prefixes, &route->prefix);
    /* Towards the cloud a route of the user's own is his business, but not when withdrawn. */
    bool judged = lan || shared >= 0 || level == LEVEL_WITHDRAWN;

    read->seen.routes_out++;
    if (shared >= 0) {
        read->seen.exported |= UINT64_C(1) << shared;
        read->off_level |= right ? 0 : UINT64_C(1) << shared;
        read->seen.at_level = read->seen.exported & ~read->off_level;
    }
    if (lan && !right)
        read->seen.routes_wrong++;
    if (judged && !right && !read->wrong) {
        read->wrong = true;
        read->first_wrong = *route;
    }
}

/* "MED 200, wanted 10" */
static void say_difference(const struct router_conf *conf, unsigned session, enum level level,
                           const struct bird_session_read *read, char *out, size_t size)
{
    const struct bird_route *route = &read->first_wrong;
    struct demand want = demand_of(conf, session, level, read->internal);
    uint32_t own = own_in_front(conf, route);

    if (!route->has_med)
        snprintf(out, size, "without a MED, wanted %u", want.med);
    else if (route->med != want.med)
        snprintf(out, size, "with MED %u, wanted %u", route->med, want.med);
    else if (own != want.own_as)
        snprintf(out, size, "with AS %u %u times in front, wanted %u", conf->asn, own, want.own_as);
    else
        snprintf(out, size, "%s the community 65535:0, wanted %s",
                 route->gshut ? "with" : "without", want.gshut ? "with" : "without");
}

static void say_wrong(const struct router_conf *conf, unsigned session, enum level level,
                      const struct bird_session_read *read, char why[ERR_MAX])
{
    const struct router_session *s = &conf->session[session];
    char prefix[PREFIX_TEXT] = "a route that is no IP prefix", difference[80] = ", wanted nothing";

    if (read->first_wrong.prefix.family != 0)
        prefix_text(&read->first_wrong.prefix, prefix);
    if (level != LEVEL_WITHDRAWN) {
        difference[0] = ' ';
        say_difference(conf, session, level, read, difference + 1, sizeof(difference) - 1);
    }
    snprintf(why, ERR_MAX,
             "%s still exports %s%s; does bird.conf include /usr/share/cgwha/cgwha.bird, and does "
             "its export filter call %s?",
             s->name, prefix, difference, s->lan ? "cgwha_lan()" : "cgwha_cloud()");
}

static bool session_agrees(const struct router_conf *conf, unsigned session, enum level level,
                           const struct bird_session_read *read, char why[ERR_MAX])
{
    const char *name = conf->session[session].name;

    if (!read->seen.known || !read->seen.established)
        return true;
    if (!read->seen.table) {
        snprintf(why, ERR_MAX,
                 "what %s exports cannot be read: add 'export table on;' to the channel of %s in "
                 "bird.conf",
                 name, name);
        return false;
    }
    if (!read->wrong)
        return true;
    if (level != LEVEL_WITHDRAWN && table_lies(read))
        snprintf(why, ERR_MAX,
                 "what %s exports cannot be trusted: add 'rs client;' to protocol bgp %s in "
                 "bird.conf, for without it BIRD may not send the MED that its export table shows",
                 name, name);
    else
        say_wrong(conf, session, level, read, why);
    return false;
}

bool bird_readback_agrees(const struct router_conf *conf, enum level level,
                          const struct bird_session_read read[SESSIONS_MAX], char why[ERR_MAX])
{
    for (unsigned i = 0; i < conf->count; i++) {
        if (!session_agrees(conf, i, level, &read[i], why))
            return false;
    }
    why[0] = '\0';
    return true;
}
