/* What a node covers. Pure. */
#include "agent/cover.h"

static bool session_agrees(const struct router_session_seen *s, bool lan, unsigned level)
{
    if (!s->established)
        return true; /* a closed session exports nothing, which no level minds */
    if (!s->table)
        return false; /* what cannot be read is not agreed */
    if (level == LEVEL_WITHDRAWN)
        return s->routes_out == 0;
    return lan ? s->routes_wrong == 0 : s->exported == s->at_level;
}

unsigned cover_level(const struct conf *conf, const struct router_seen *router)
{
    if (!router->reachable || !router->level_known)
        return LEVELS;
    for (unsigned i = 0; i < conf->router.count; i++) {
        if (!session_agrees(&router->session[i], conf->router.session[i].lan, router->level))
            return LEVELS;
    }
    return router->level;
}

static bool unfit(const struct conf *conf, const struct tracks_seen *tracks)
{
    for (unsigned i = 0; i < conf->tracks; i++) {
        if (tracks->track[i].state == RISE_DOWN)
            return true;
    }
    return false;
}

struct observation cover_observe(const struct conf *conf, const struct router_seen *router,
                                 const struct ipsec_seen *ipsec, const struct tracks_seen *tracks,
                                 uint8_t sick)
{
    struct observation o = {.sick = sick, .level = (uint8_t)cover_level(conf, router)};

    if (!router->reachable)
        o.sick |= SICK_ROUTER;
    if (!ipsec->reachable)
        o.sick |= SICK_IPSEC;
    if (unfit(conf, tracks))
        o.sick |= SICK_TRACK;
    for (unsigned t = 0; t < conf->tunnels; t++) {
        const struct router_session_seen *s = &router->session[t];
        uint8_t bit = (uint8_t)(1u << t);
        bool installed = ipsec->reachable && ipsec->tunnel[t].installed;

        if (installed)
            o.tunnels_up |= bit;
        if (!installed || !router->reachable || !s->established ||
            tracks->tunnel[t].state == RISE_DOWN)
            continue;
        o.sessions_up |= bit;
        o.covers |= s->exported;
        o.routes |= s->routes_in != 0;
    }
    return o;
}
