/* The route-maps of the levels, as they stand in frr.conf. Pure. */
#ifndef CGWHA_ROUTING_FRR_LEVEL_H
#define CGWHA_ROUTING_FRR_LEVEL_H

#include <stdio.h>

#include "routing/router.h"

/* The route-map by which what is advertised with GRACEFUL_SHUTDOWN is told from what is not, and
 * the community-list it matches. */
#define FRR_GSHUT "CGWHA-GSHUT"

/* Writes them, with this configuration's numbers: what an operator puts into frr.conf. */
void router_frr_text(const struct router_conf *conf, FILE *out);

#endif
