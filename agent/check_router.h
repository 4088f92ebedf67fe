/* What BIRD says of each session of cgwha.conf, and what is wrong with it. Pure: the asking is in
 * check_router() (agent/check.h). */
#ifndef CGWHA_AGENT_CHECK_ROUTER_H
#define CGWHA_AGENT_CHECK_ROUTER_H

#include "agent/check_finding.h"
#include "conf/conf.h"
#include "routing/backend.h"
#include "routing/bird_reply.h"

#define LEARNT_MAX 1024 /* routes of one session that are compared */

struct learnt {
    struct prefix prefix;
    uint32_t local_pref, preference;
};

enum restart { RESTART_OFF, RESTART_AWARE, RESTART_ON };

struct session_facts {
    struct session_read read;                /* .seen.known: there is such a session */
    uint32_t local_as, neighbour_as, hold_s; /* 0: not said */
    enum restart restart;
    bool in_local;   /* reading: inside "Local capabilities" */
    char source[64]; /* its own address in the session */
    unsigned learnts;
    struct learnt learnt[LEARNT_MAX];
    struct learnt reading;
    struct bird_routes routes;
};

struct router_facts {
    bool level_known;
    enum level level; /* what BIRD was given */
    struct session_facts session[SESSIONS_MAX];
};

/* Each takes one line of a reply: of `show protocols all NAME`, of `show route all protocol NAME`.
 */
void router_facts_session(struct session_facts *facts, const struct reply_piece *line);
void router_facts_learnt(struct session_facts *facts, const struct reply_piece *line);

void router_judge(const struct router_facts *facts, const struct conf *conf, struct findings *list);

#endif
