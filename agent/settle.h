/* Has the traffic moved? A rate over a sliding window of counter readings.
 *
 * Pure: readings in, packets a second out.  It never decides that it is time to go: the engine
 * does, when `quiet` has held for the settle time. */
#ifndef CGWHA_AGENT_SETTLE_H
#define CGWHA_AGENT_SETTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/limits.h"
#include "ipsec/ipsec.h"

#define SETTLE_WINDOW_NS                                                                           \
    UINT64_C(1000000000) /* keepalives come in bursts: look at a whole second */
#define SETTLE_SAMPLES 16

struct settle_sample {
    uint64_t at_ns;
    uint64_t packets; /* in and out, all tunnels */
};

/* Zero it to begin. */
struct settle {
    uint8_t count, next;
    struct settle_sample sample[SETTLE_SAMPLES];
};

/* Takes one reading; a snapshot that could not be read empties the window. */
void settle_add(struct settle *s, const struct ipsec_seen *seen, unsigned tunnels);
/* Packets a second over the window, in and out together; false while the window is not yet full. */
bool settle_rate(const struct settle *s, uint32_t *pps);

/* Rates of one tunnel between two snapshots, for display. */
struct rate {
    uint32_t in_pps, out_pps;
    uint64_t in_bps, out_bps; /* bits a second */
};
struct rate settle_tunnel_rate(const struct ipsec_tunnel_seen *before,
                               const struct ipsec_tunnel_seen *after, uint64_t elapsed_ns);

#endif
