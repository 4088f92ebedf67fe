/* Up or down by what was tried again and again: so many successes in a row raise, so many failures
 * in a row let fall.
 *
 * What falls again soon after it has risen needs twice as many successes each time, so that a thing
 * that flaps stays down.  Pure: no I/O, no clock of its own. */
#ifndef CGWHA_ROUTING_RISE_H
#define CGWHA_ROUTING_RISE_H

#include <stdbool.h>
#include <stdint.h>

#define RISE_CALM_NS   UINT64_C(600000000000) /* up for ten minutes: what was before is forgotten */
#define RISE_DOUBLINGS 5                      /* no more than 32 times as many successes */

enum rise_state { RISE_UNKNOWN, RISE_UP, RISE_DOWN };

struct rise {
    uint8_t state;  /* enum rise_state; zeroed: unknown */
    uint8_t flaps;  /* falls, each soon after the rise before it, up to RISE_DOUBLINGS */
    uint32_t run;   /* successes (down) or failures (up, unknown) in a row */
    uint64_t up_ns; /* when it rose last */
};

/* How often, in a row; both at least 1. */
struct rise_limits {
    uint32_t rise, fall;
    bool damped; /* what flaps needs more to rise */
};

/* Takes in one try that ended at now_ns (CLOCK_MONOTONIC). The first success raises what is
 * unknown. True if the state has changed. */
bool rise_note(struct rise *r, const struct rise_limits *limits, bool success, uint64_t now_ns);

/* So many successes in a row raise it when it is down. */
uint32_t rise_needed(const struct rise *r, const struct rise_limits *limits);

#endif
