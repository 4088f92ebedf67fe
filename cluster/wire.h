/* The wire format of the agents' messages: versioned, exactly checked.
 *
 * Bytes in, struct out; no I/O.  Every field is bounded on the way in, every byte accounted for: a
 * message that is one byte too long, or says a phase that does not exist, is refused whole. */
#ifndef CGWHA_CLUSTER_WIRE_H
#define CGWHA_CLUSTER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/limits.h"
#include "agent/record.h"

#define WIRE_MAGIC   0x43475748u /* "CGWH" */
#define WIRE_VERSION 1u

struct wire_header {
    uint64_t view;        /* cluster_view.id in which it was sent */
    uint64_t incarnation; /* of the sender: one value for each start and each view it enters */
    uint64_t seq;         /* counts up from 1 within an incarnation; doubles are dropped by it */
};

/* Returns the number of bytes written to out, or 0 if they do not fit or a field is out of range.
 */
size_t wire_encode(const struct wire_header *header, const struct message *message,
                   uint8_t out[MESSAGE_MAX]);
/* False with err if anything is wrong. message->from is left 0: the caller knows it from CPG. */
bool wire_decode(const uint8_t *data, size_t size, struct wire_header *header,
                 struct message *message, char err[ERR_MAX]);

#endif
