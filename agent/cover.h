/* What a node covers: the router's and charon's snapshots boiled down to what the engine needs.
 *
 * A prefix is covered only if it was read back from the adj-out of an Established session whose
 * tunnel has an installed CHILD_SA, and passes data, if that is asked.  Configured is not covered.
 * Pure. */
#ifndef CGWHA_AGENT_COVER_H
#define CGWHA_AGENT_COVER_H

#include "agent/engine.h"
#include "agent/track.h"
#include "conf/conf.h"
#include "ipsec/ipsec.h"
#include "routing/router.h"

/* A snapshot that says it could not be read makes the node sick, and covers nothing; so does a
 * track that is down, and that covers as before. A tunnel whose other end does not answer covers no
 * more than if its session were down. sick holds what else is (SICK_STORE). */
struct observation cover_observe(const struct conf *conf, const struct router_seen *router,
                                 const struct ipsec_seen *ipsec, const struct tracks_seen *tracks,
                                 uint8_t sick);

/* The level that is really exported: the level file's if every adj-out agrees with it, else LEVELS.
 */
unsigned cover_level(const struct conf *conf, const struct router_seen *router);

#endif
