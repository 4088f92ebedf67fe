/* Doubles, gaps and strays are dropped here. Pure: no I/O, no clock. */
#include "cluster/inbox.h"

#include <string.h>

void inbox_begin(struct inbox *box, uint64_t view)
{
    memset(box, 0, sizeof(*box));
    box->view = view;
}

enum inbox_verdict inbox_judge(struct inbox *box, unsigned node, const struct wire_header *header)
{
    struct inbox_stream *stream = &box->from[node];

    if (header->view != box->view)
        return INBOX_OTHER_VIEW;
    if (stream->incarnation != 0 && stream->incarnation != header->incarnation)
        return INBOX_OTHER_INCARNATION;
    if (header->seq <= stream->last)
        return INBOX_DOUBLE;
    if (header->seq != stream->last + 1)
        return INBOX_GAP;
    stream->incarnation = header->incarnation;
    stream->last = header->seq;
    return INBOX_ACCEPT;
}
