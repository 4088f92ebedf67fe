/* The simulator's dice: splitmix64 (Steele, Lea, Flood 2014), one stream for each purpose, so that
 * the same seed makes the same run on every machine. Nothing else may be random. */
#ifndef CGWHA_TESTS_SIM_RNG_H
#define CGWHA_TESTS_SIM_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
    uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* From low to high, both included. */
static inline uint64_t rng_in(struct rng *r, uint64_t low, uint64_t high)
{
    return low + rng_next(r) % (high - low + 1);
}

static inline bool rng_percent(struct rng *r, unsigned percent)
{
    return rng_next(r) % 100 < percent;
}

#endif
