/* The receiving side: which of the delivered messages count.
 *
 * Every member sees the same stream from corosync and asks the same questions of it, so all accept
 * the same messages in the same order.  Pure: no I/O, no clock. */
#ifndef CGWHA_CLUSTER_INBOX_H
#define CGWHA_CLUSTER_INBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/limits.h"
#include "cluster/wire.h"

enum inbox_verdict {
    INBOX_ACCEPT,
    INBOX_DOUBLE,            /* seen already: it was sent again */
    INBOX_GAP,               /* one before it was lost; both will be sent again */
    INBOX_OTHER_VIEW,        /* sent in a view that is over, or not yet here */
    INBOX_OTHER_INCARNATION, /* of a stream that ended, though in a view of the same name */
};

struct inbox_stream {
    uint64_t incarnation; /* 0: nothing accepted yet */
    uint64_t last;
};

struct inbox {
    uint64_t view;
    struct inbox_stream from[NODES_MAX];
};

/* A new view: every sender starts at number 1. */
void inbox_begin(struct inbox *box, uint64_t view);
/* Judges a message from the node with this index, and remembers it if it is accepted. */
enum inbox_verdict inbox_judge(struct inbox *box, unsigned node, const struct wire_header *header);

#endif
