/* Messages sent and not yet seen delivered: their numbers, and what is to be sent again.
 *
 * corosync may lose a message that it has accepted, so a message stays here until it comes back.
 * Pure: no I/O, no allocation, no clock; the caller says what time it is (milliseconds, of any
 * clock that never goes back).
 *
 * The order is kept like this.  In each view the numbers start again at 1.  A receiver accepts only
 * the number after the last one (cluster/inbox.h), so what overtakes a lost message is dropped at
 * every member alike, oneself included, and everything from the oldest unacknowledged message on is
 * sent again.  After such a rewind only the oldest goes out until it is seen: libqb spins for ever
 * when some 278 messages lie unread in the socket of a corosync that hangs (measured, libqb 2.0.6),
 * so the number of messages handed over without an answer must stay well below that. */
#ifndef CGWHA_CLUSTER_OUTBOX_H
#define CGWHA_CLUSTER_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/limits.h"
#include "agent/record.h"

struct outbox_item {
    uint64_t seq;
    size_t size;
    uint8_t bytes[MESSAGE_MAX]; /* as they go over the wire */
};

struct outbox {
    uint64_t view;
    uint64_t incarnation;
    uint64_t next_seq;
    unsigned head, count; /* the ring of what is unacknowledged, oldest at head */
    unsigned handed;      /* so many of them, from the oldest on, were given to corosync */
    bool probing;         /* after a rewind: only the oldest, until it is seen */
    uint64_t progress_ms; /* when the oldest became the oldest */
    uint64_t handed_ms;   /* when something was last given to corosync, or a rewind was done */
    struct outbox_item item[OUTBOX_MAX];
};

/* Drops everything and begins a new view. incarnation: one value for each start of the agent and
 * each view it enters, so that no two streams of numbers are ever taken for one; not 0. */
void outbox_begin(struct outbox *box, uint64_t view, uint64_t incarnation);
/* Numbers a message and keeps it. False if the box is full or the message cannot be encoded. */
bool outbox_add(struct outbox *box, const struct message *message, uint64_t now_ms);
/* What is to be given to corosync next, or NULL. Valid until the box changes. */
const struct outbox_item *outbox_next(const struct outbox *box);
/* It was given to corosync, which took it. */
void outbox_handed(struct outbox *box, uint64_t now_ms);
/* A message of one's own was delivered. Only the oldest one counts: any other is a double, or came
 * over a gap. */
void outbox_delivered(struct outbox *box, uint64_t seq, uint64_t now_ms);
/* Nothing came back for too long: everything from the oldest on is to be sent again. */
void outbox_rewind(struct outbox *box, uint64_t now_ms);
/* For how long the oldest message has been waiting; 0 if none does. */
uint64_t outbox_silence(const struct outbox *box, uint64_t now_ms);
/* Since when nothing was given to corosync although something waits for an answer; 0 if none does.
 */
uint64_t outbox_idle(const struct outbox *box, uint64_t now_ms);

#endif
