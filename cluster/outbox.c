/* The sending side of a reliable, ordered stream over corosync. Pure: no I/O, no clock. */
#include "cluster/outbox.h"

#include "cluster/wire.h"

/* 5 s of silence make a node alone (corosync.c), one probe each RESEND_MS. */
static_assert(OUTBOX_MAX + 10 < 278 / 2, "what a hung corosync leaves unread never fills a socket");

static struct outbox_item *at(struct outbox *box, unsigned i)
{
    return &box->item[(box->head + i) % OUTBOX_MAX];
}

void outbox_begin(struct outbox *box, uint64_t view, uint64_t incarnation)
{
    box->view = view;
    box->incarnation = incarnation;
    box->next_seq = 1;
    box->head = box->count = box->handed = 0;
    box->probing = false;
    box->progress_ms = box->handed_ms = 0;
}

bool outbox_add(struct outbox *box, const struct message *message, uint64_t now_ms)
{
    struct wire_header header = {box->view, box->incarnation, box->next_seq};
    struct outbox_item *item = at(box, box->count);

    if (box->count == OUTBOX_MAX)
        return false;
    item->seq = box->next_seq;
    item->size = wire_encode(&header, message, item->bytes);
    if (item->size == 0)
        return false;
    if (box->count == 0)
        box->progress_ms = now_ms;
    box->next_seq++;
    box->count++;
    return true;
}

const struct outbox_item *outbox_next(const struct outbox *box)
{
    if (box->handed == box->count || (box->probing && box->handed > 0))
        return NULL;
    return &box->item[(box->head + box->handed) % OUTBOX_MAX];
}

void outbox_handed(struct outbox *box, uint64_t now_ms)
{
    if (box->handed < box->count)
        box->handed++;
    box->handed_ms = now_ms;
}

void outbox_delivered(struct outbox *box, uint64_t seq, uint64_t now_ms)
{
    if (box->count == 0 || at(box, 0)->seq != seq)
        return;
    box->head = (box->head + 1) % OUTBOX_MAX;
    box->count--;
    if (box->handed > 0)
        box->handed--;
    box->probing = false;
    box->progress_ms = now_ms;
}

void outbox_rewind(struct outbox *box, uint64_t now_ms)
{
    box->handed = 0;
    box->probing = box->count > 0;
    box->handed_ms = now_ms;
}

uint64_t outbox_silence(const struct outbox *box, uint64_t now_ms)
{
    return box->count > 0 ? now_ms - box->progress_ms : 0;
}

uint64_t outbox_idle(const struct outbox *box, uint64_t now_ms)
{
    uint64_t since = box->handed_ms > box->progress_ms ? box->handed_ms : box->progress_ms;
    return box->handed > 0 ? now_ms - since : 0;
}
