/*
 * Counts numbered packets: a bitmap of what came, and the list of silences. What was lost in a
 * silence is asked of the bitmap at the end, so a packet that came late is never counted as lost.
 */
#include "tests/lab/tally.h"

#include <stdlib.h>
#include <string.h>

void tally_init(struct tally *t, int64_t gap_ns, int64_t now_ns)
{
    memset(t, 0, sizeof(*t));
    t->gap_ns = gap_ns;
    t->arrived_ns = now_ns;
}

void tally_free(struct tally *t)
{
    free(t->seen);
    free(t->gaps);
    memset(t, 0, sizeof(*t));
}

static int has(const struct tally *t, uint64_t seq)
{
    uint64_t byte = seq / 8;

    return byte < t->seen_bytes && (t->seen[byte] >> (seq % 8)) & 1;
}

/* Room for number `seq` in the bitmap, doubled so that a long run costs little. */
static int make_room(struct tally *t, uint64_t seq)
{
    size_t bytes = t->seen_bytes ? t->seen_bytes : 4096;
    uint8_t *seen;

    if (seq / 8 < t->seen_bytes)
        return 0;
    while (bytes <= seq / 8)
        bytes *= 2;
    seen = realloc(t->seen, bytes);
    if (!seen)
        return -1;
    memset(seen + t->seen_bytes, 0, bytes - t->seen_bytes);
    t->seen = seen;
    t->seen_bytes = bytes;
    return 0;
}

static struct tally_gap *new_gap(struct tally *t)
{
    size_t room = t->gap_room ? t->gap_room * 2 : 64;
    struct tally_gap *gaps;

    if (t->gap_count == t->gap_room) {
        gaps = reallocarray(t->gaps, room, sizeof(*gaps));
        if (!gaps)
            return NULL;
        t->gaps = gaps;
        t->gap_room = room;
    }
    return &t->gaps[t->gap_count++];
}

/* The first packet of all opens no gap by being late: its sender may have started late. */
static int is_gap(const struct tally *t, uint64_t seq, int64_t arrived_ns)
{
    if (t->next == 0 && seq == 0)
        return 0;
    return arrived_ns - t->arrived_ns > t->gap_ns;
}

int tally_add(struct tally *t, uint64_t seq, int64_t sent_ns, int64_t arrived_ns)
{
    if (seq >= TALLY_SEQ_MAX || make_room(t, seq) < 0)
        return -1;
    if (is_gap(t, seq, arrived_ns)) {
        struct tally_gap *g = new_gap(t);

        if (!g)
            return -1;
        *g = (struct tally_gap){
            .start_ns = t->arrived_ns,
            .length_ns = arrived_ns - t->arrived_ns,
            .sent_apart_ns = t->next ? sent_ns - t->sent_ns : -1,
            .first = t->next,
            .end = seq > t->next ? seq : t->next,
        };
    }
    t->arrived_ns = arrived_ns;
    t->sent_ns = sent_ns;
    if (has(t, seq)) {
        t->duplicated++;
        return 0;
    }
    t->seen[seq / 8] = (uint8_t)(t->seen[seq / 8] | 1u << (seq % 8));
    t->received++;
    if (seq < t->next)
        t->reordered++;
    else
        t->next = seq + 1;
    return 0;
}

int tally_close(struct tally *t, uint64_t total, int64_t now_ns)
{
    struct tally_gap *g;

    if (total <= t->next)
        return 0;
    g = new_gap(t);
    if (!g)
        return -1;
    *g = (struct tally_gap){
        .start_ns = t->arrived_ns,
        .length_ns = now_ns - t->arrived_ns,
        .sent_apart_ns = -1,
        .first = t->next,
        .end = total,
        .open = 1,
    };
    return 0;
}

uint64_t tally_missing(const struct tally *t, uint64_t from, uint64_t end)
{
    uint64_t missing = 0;

    for (uint64_t seq = from; seq < end; seq++)
        missing += !has(t, seq);
    return missing;
}
