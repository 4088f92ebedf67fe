/* A rate over a sliding window of counter readings. Pure. */
#include "agent/settle.h"

#include <string.h>

void settle_add(struct settle *s, const struct ipsec_seen *seen, unsigned tunnels)
{
    struct settle_sample now = {.at_ns = seen->at_ns};

    if (!seen->reachable) {
        memset(s, 0, sizeof(*s));
        return;
    }
    for (unsigned t = 0; t < tunnels; t++)
        now.packets += seen->tunnel[t].packets_in + seen->tunnel[t].packets_out;
    s->sample[s->next] = now;
    s->next = (uint8_t)((s->next + 1u) % SETTLE_SAMPLES);
    if (s->count < SETTLE_SAMPLES)
        s->count++;
}

/* The sample taken `back` readings ago. */
static const struct settle_sample *nth(const struct settle *s, unsigned back)
{
    return &s->sample[(s->next + SETTLE_SAMPLES - 1u - back) % SETTLE_SAMPLES];
}

bool settle_rate(const struct settle *s, uint32_t *pps)
{
    for (unsigned back = 1; back < s->count; back++) {
        const struct settle_sample *old = nth(s, back), *now = nth(s, 0);
        uint64_t elapsed = now->at_ns - old->at_ns;
        /* The oldest that fits the ring is good enough when readings come faster than planned. */
        if (elapsed < SETTLE_WINDOW_NS && back + 1u < SETTLE_SAMPLES)
            continue;
        if (elapsed == 0)
            return false;
        *pps = (uint32_t)((now->packets - old->packets) * UINT64_C(1000000000) / elapsed);
        return true;
    }
    return false;
}

static uint64_t per_second(uint64_t before, uint64_t after, uint64_t elapsed_ns)
{
    if (after < before || elapsed_ns == 0)
        return 0;
    return (uint64_t)((double)(after - before) * 1e9 / (double)elapsed_ns);
}

struct rate settle_tunnel_rate(const struct ipsec_tunnel_seen *before,
                               const struct ipsec_tunnel_seen *after, uint64_t elapsed_ns)
{
    struct rate r = {
        .in_pps = (uint32_t)per_second(before->packets_in, after->packets_in, elapsed_ns),
        .out_pps = (uint32_t)per_second(before->packets_out, after->packets_out, elapsed_ns),
        .in_bps = 8 * per_second(before->bytes_in, after->bytes_in, elapsed_ns),
        .out_bps = 8 * per_second(before->bytes_out, after->bytes_out, elapsed_ns),
    };
    return r;
}
