/* What is really exported, against what a level demands. Pure. */
#include "routing/readback.h"

#include <stdio.h>
#include <string.h>

/* What one session's routes must carry at one level. */
struct demand {
    uint32_t med;
    uint32_t own_as; /* so many times in front of the path */
    bool gshut;
};

static struct demand demand_of(const struct router_conf *conf, const struct readback_manner *manner,
                               unsigned session, unsigned level, bool internal)
{
    const struct router_session *s = &conf->session[session];
    const struct level_attr *attr = &conf->level[level];
    uint32_t base = s->lan ? attr->lan_med : attr->med;
    uint32_t prepend = s->lan ? attr->lan_prepend : attr->prepend;

    /* Routers add modulo 2^32, and so do we. */
    return (struct demand){.med = base + (uint32_t)s->med_offset,
                           .own_as =
                               internal || router_session_is_ospf(s) ? 0 : manner->own_as + prepend,
                           .gshut = !s->lan && attr->gshut};
}

static uint32_t own_in_front(const struct router_conf *conf, const struct adj_route *route)
{
    return route->first_as == conf->asn ? route->first_runs : 0;
}

static bool route_carries(const struct router_conf *conf, const struct readback_manner *manner,
                          unsigned session, unsigned level, const struct session_read *read,
                          const struct adj_route *route)
{
    if (level == LEVEL_WITHDRAWN || level >= LEVELS || !read->trusted)
        return false;
    struct demand want = demand_of(conf, manner, session, level, read->internal);
    bool gshut_fits = conf->session[session].lan || route->gshut == want.gshut;
    return route->has_med && route->med == want.med && gshut_fits &&
           own_in_front(conf, route) == want.own_as;
}

void readback_route(const struct router_conf *conf, const struct readback_manner *manner,
                    unsigned session, unsigned level, struct session_read *read,
                    const struct adj_route *route)
{
    bool lan = conf->session[session].lan;
    bool right = route_carries(conf, manner, session, level, read, route);
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
static void say_difference(const struct router_conf *conf, const struct readback_manner *manner,
                           unsigned session, enum level level, const struct session_read *read,
                           char *out, size_t size)
{
    const struct adj_route *route = &read->first_wrong;
    struct demand want = demand_of(conf, manner, session, level, read->internal);
    uint32_t own = own_in_front(conf, route);

    const char *med = router_session_is_ospf(&conf->session[session]) ? "metric2" : "MED";

    if (!route->has_med)
        snprintf(out, size, "without a %s, wanted %u", med, want.med);
    else if (route->med != want.med)
        snprintf(out, size, "with %s %u, wanted %u", med, route->med, want.med);
    else if (own != want.own_as)
        snprintf(out, size, "with AS %u %u times in front, wanted %u", conf->asn, own, want.own_as);
    else
        snprintf(out, size, "%s the community 65535:0, wanted %s",
                 route->gshut ? "with" : "without", want.gshut ? "with" : "without");
}

static void say_wrong(const struct router_conf *conf, const struct readback_manner *manner,
                      unsigned session, enum level level, const struct session_read *read,
                      char why[ERR_MAX])
{
    const struct router_session *s = &conf->session[session];
    char prefix[PREFIX_TEXT] = "a route that is no IP prefix", difference[80] = ", wanted nothing";

    if (read->first_wrong.prefix.family != 0)
        prefix_text(&read->first_wrong.prefix, prefix);
    if (level != LEVEL_WITHDRAWN) {
        difference[0] = ' ';
        say_difference(conf, manner, session, level, read, difference + 1, sizeof(difference) - 1);
    }
    snprintf(why, ERR_MAX, "%s still exports %s%s; %s", s->name, prefix, difference,
             router_session_is_ospf(s) ? manner->ask_filter_ospf
             : s->lan                  ? manner->ask_filter_lan
                                       : manner->ask_filter);
}

/* "what tun11 exports cannot be read: add ..." */
static void say_unseen(const char *name, const char *what, const char *advice, char why[ERR_MAX])
{
    size_t used = (size_t)snprintf(why, ERR_MAX, "what %s exports cannot be %s: ", name, what);

    for (const char *c = advice; *c != '\0' && used < ERR_MAX - 1; c++) {
        if (strncmp(c, "%s", 2) == 0) {
            used += strlcpy(why + used, name, ERR_MAX - used);
            c++;
        } else {
            why[used++] = *c;
        }
    }
    why[used < ERR_MAX ? used : ERR_MAX - 1] = '\0';
}

static bool session_agrees(const struct router_conf *conf, const struct readback_manner *manner,
                           unsigned session, enum level level, const struct session_read *read,
                           char why[ERR_MAX])
{
    const char *name = conf->session[session].name;

    if (!read->seen.known || !read->seen.established)
        return true;
    if (!read->seen.table) {
        say_unseen(name, "read", manner->unreadable, why);
        return false;
    }
    if (!read->wrong)
        return true;
    if (level != LEVEL_WITHDRAWN && !read->trusted)
        say_unseen(name, "trusted", manner->untrusted, why);
    else
        say_wrong(conf, manner, session, level, read, why);
    return false;
}

bool readback_agrees(const struct router_conf *conf, const struct readback_manner *manner,
                     enum level level, const struct session_read read[SESSIONS_MAX],
                     char why[ERR_MAX])
{
    for (unsigned i = 0; i < conf->count; i++) {
        if (!session_agrees(conf, manner, i, level, &read[i], why))
            return false;
    }
    why[0] = '\0';
    return true;
}
