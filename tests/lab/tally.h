/*
 * Counts numbered packets as they arrive: which came, which came twice, which came late, and where
 * the stream stood still. It does no I/O and reads no clock; the same arrivals give the same count.
 */
#ifndef CGWHA_TESTS_LAB_TALLY_H
#define CGWHA_TESTS_LAB_TALLY_H

#include <stddef.h>
#include <stdint.h>

/* The highest number counted, plus one: 24 days at 1,000 packets/s, 256 MiB of bitmap. */
#define TALLY_SEQ_MAX (UINT64_C(1) << 31)

/* A time in which nothing arrived. Packets that might have been lost in it: first .. end - 1. */
struct tally_gap {
    int64_t start_ns;      /* wall clock, ns: the arrival before it */
    int64_t length_ns;     /* to the next arrival, or to tally_close() */
    int64_t sent_apart_ns; /* how far apart its two edges were sent; -1 for the open gap */
    uint64_t first;
    uint64_t end;
    int open; /* nothing came after it */
};

struct tally {
    int64_t gap_ns; /* only a silence longer than this is a gap */
    uint8_t *seen;  /* one bit for each number */
    size_t seen_bytes;
    uint64_t next; /* highest number seen, plus one; 0 before the first */
    uint64_t received;
    uint64_t reordered;
    uint64_t duplicated;
    int64_t arrived_ns; /* the last arrival, or the start */
    int64_t sent_ns;    /* when that packet was sent */
    struct tally_gap *gaps;
    size_t gap_count;
    size_t gap_room;
};

/* Starts an empty count at wall clock `now_ns`. Free it with tally_free(). */
void tally_init(struct tally *t, int64_t gap_ns, int64_t now_ns);

/* Counts the arrival of number `seq`. 0, or -1 when out of memory or seq >= TALLY_SEQ_MAX. */
int tally_add(struct tally *t, uint64_t seq, int64_t sent_ns, int64_t arrived_ns);

/* Ends the count at `now_ns`: if numbers up to total - 1 were sent and the last of them never came,
 * the silence at the end is a gap, however short. 0, or -1 when out of memory. */
int tally_close(struct tally *t, uint64_t total, int64_t now_ns);

/* How many of the numbers from .. end - 1 have not arrived. */
uint64_t tally_missing(const struct tally *t, uint64_t from, uint64_t end);

void tally_free(struct tally *t);

#endif
