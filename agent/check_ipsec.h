/* What charon has loaded for each tunnel, and what is wrong with it. Pure: the asking is in
 * check_ipsec() (agent/check.h). */
#ifndef CGWHA_AGENT_CHECK_IPSEC_H
#define CGWHA_AGENT_CHECK_IPSEC_H

#include "agent/check_finding.h"
#include "conf/conf.h"
#include "ipsec/vici.h"

#define SELECTORS_LEN 128

struct conn_facts {
    bool loaded; /* the connection and its child */
    uint64_t dpd_delay_s, ike_rekey_s, child_rekey_s;
    char dpd_action[16], close_action[16];                  /* as charon names them */
    char local_ts[SELECTORS_LEN], remote_ts[SELECTORS_LEN]; /* with a blank between them */
};

struct ipsec_facts {
    bool overlay; /* kernel-libipsec carries the packets: an overlay has narrow selectors */
    struct conn_facts tunnel[TUNNELS_MAX];
    unsigned states;       /* inbound and outbound SAs in the kernel */
    unsigned least_replay; /* the smallest replay window of the inbound ones; 0 also if none */
    unsigned replayed;     /* how many have one */
};

/* Takes one list-conn event's message. False with err if it is malformed. */
bool ipsec_facts_conn(struct ipsec_facts *facts, const struct ipsec_conf *conf,
                      struct vici_text message, char err[ERR_MAX]);
/* Takes the answer of `stats`. */
void ipsec_facts_stats(struct ipsec_facts *facts, struct vici_text message);

void ipsec_judge(const struct ipsec_facts *facts, const struct conf *conf, struct findings *list);

#endif
