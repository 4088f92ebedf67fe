/* One connection to charon's VICI socket on a qb_loop: requests one at a time in a queue, events
 * in between.  It never blocks, always reads (charon's queue to a client has no cap), and bounds
 * what it keeps.  It does not reconnect: who owns it decides. */
#ifndef CGWHA_IPSEC_CLIENT_H
#define CGWHA_IPSEC_CLIENT_H

#include <qb/qbloop.h>
#include <stdbool.h>
#include <stdint.h>

#include "ipsec/vici.h"

#define CLIENT_REQUEST_MAX 256 /* bytes of one frame to charon */
#define CLIENT_QUEUE_MAX   96  /* requests waiting: a terminate for each IKE_SA, and more */

/* Calls from a client. Within one, the owner may send, and may close the client, but not free it.
 * A packet is valid until the call returns or the client is closed. */
struct client_events {
    /* An answer to the oldest request; `tag` is what came with it. CMD_UNKNOWN and EVENT_UNKNOWN
     * are answers too. */
    void (*answer)(void *ctx, uint32_t tag, const struct vici_packet *packet);
    void (*event)(void *ctx, const struct vici_packet *packet);
    /* The connection broke, or charon did not answer in time: the client is closed, its requests
     * are forgotten. Not called for client_close. why is a sentence. */
    void (*broken)(void *ctx, const char *why);
};

struct client_request {
    uint16_t len;
    uint32_t tag;
    char name[32]; /* for the sentence when no answer comes */
    uint8_t bytes[CLIENT_REQUEST_MAX];
};

struct client {
    qb_loop_t *loop;
    char path[PATH_LEN];
    uint32_t answer_ms; /* longest wait for an answer */
    const struct client_events *events;
    void *ctx;

    int fd; /* -1: closed */
    uint32_t generation;
    bool wants_out; /* waiting for POLLOUT */
    bool timing;
    qb_loop_timer_handle timer;

    uint8_t *in;
    size_t in_len, in_size;

    unsigned head, queued; /* ring; the request at head is the one in flight */
    size_t sent;           /* bytes of it */
    struct client_request queue[CLIENT_QUEUE_MAX];
};

void client_init(struct client *c, qb_loop_t *loop, const char *path, uint32_t answer_ms,
                 const struct client_events *events, void *ctx);

/* Connects. A Unix socket connects at once or fails at once (unix(7)). */
bool client_open(struct client *c, char err[ERR_MAX]);

void client_close(struct client *c);

/* Closes and gives back the memory. Not from within a call of client_events. */
void client_free(struct client *c);

/* Queues a finished frame under a name for sentences. False if closed, full, or the frame is
 * empty or too long. */
bool client_send(struct client *c, struct vici_writer *frame, const char *name, uint32_t tag);

#endif
