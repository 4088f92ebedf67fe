/* What a gateway tracks, to know whether it can carry: interfaces, hosts that answer a ping,
 * routes, commands of the operator's; and, in each tunnel, the other end, for SAs and BGP may be up
 * while nothing passes.
 *
 * It tries, counts, and tells what has changed.  It decides nothing and never blocks; what follows
 * is the engine's. */
#ifndef CGWHA_AGENT_TRACK_H
#define CGWHA_AGENT_TRACK_H

#include <qb/qbloop.h>
#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "routing/rise.h"

struct track_seen {
    uint8_t state;     /* enum rise_state; unknown: not told yet, and nothing follows from it */
    char why[ERR_MAX]; /* of a failure: what was wrong last */
};

struct tracks_seen {
    struct track_seen track[TRACKS_MAX];   /* as in the configuration */
    struct track_seen tunnel[TUNNELS_MAX]; /* those without a ping stay unknown */
};

struct tracks;

/* Begins. conf is borrowed; changed() is called from the loop whenever a state changes. False with
 * err only for want of memory: what cannot be tried is a failure of its track. */
bool tracks_create(struct tracks **out, qb_loop_t *loop, const struct conf *conf,
                   void (*changed)(void *ctx, const struct tracks_seen *seen), void *ctx,
                   char err[ERR_MAX]);

/* The tunnels that are up, a bit each. Only in those is the other end asked: of a tunnel that is
 * down nothing more need be known, and when it is up again it is unknown first. */
void tracks_tunnels(struct tracks *tracks, uint8_t up);

/* All of it as it is now; valid until the loop runs on. */
const struct tracks_seen *tracks_now(const struct tracks *tracks);

/* Ends what runs. NULL is let pass. */
void tracks_destroy(struct tracks *tracks);

#endif
