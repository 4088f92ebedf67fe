/* The control socket of BIRD: connects, asks one command at a time, hands up the lines of each
 * reply, and reconnects for ever.
 *
 * It never blocks and never waits without a bound: a BIRD that says nothing in time is a lost
 * connection, and every command ends exactly once. */
#ifndef CGWHA_ROUTING_BIRD_CLIENT_H
#define CGWHA_ROUTING_BIRD_CLIENT_H

#include <qb/qbloop.h>

#include "agent/limits.h"
#include "routing/bird_reply.h"

#define BIRD_COMMAND_SIZE 512 /* one command; BIRD takes up to 4095 */
#define BIRD_QUEUE_MAX    8   /* commands not yet answered */

/* All in milliseconds. */
struct bird_times {
    uint32_t silence_ms;   /* no byte for so long while a reply is due: BIRD hangs */
    uint32_t reply_ms;     /* a reply that is not complete after so long: the same */
    uint32_t retry_ms;     /* first reconnect after so long, then twice that, ... */
    uint32_t retry_max_ms; /* ... up to this */
    uint32_t read_back_ms; /* between two looks at the export tables */
    uint32_t undo_ms;      /* before its deadline a set_level gives up, to have time to undo */
};

/* What is used outside the tests. */
extern const struct bird_times bird_times_default;

struct bird_client;

/* A command's two answers. `end` comes exactly once, with the code of the last line and its text;
 * code -1: no answer, text says why. `line` may be NULL; it sees every line, the last one too. */
struct bird_command {
    void (*line)(void *arg, const struct bird_line *line);
    void (*end)(void *arg, int code, const char *text);
    void *arg;
};

struct bird_client_events {
    void (*up)(void *ctx, const char *version); /* connected, banner read */
    void (*down)(void *ctx, const char *why);   /* not, or no more; a sentence */
};

/* Begins to connect at once; up() or down() follows from the loop, never from within. NULL with err
 * if memory or the loop fails. */
struct bird_client *bird_client_create(qb_loop_t *loop, const char *path,
                                       const struct bird_times *times,
                                       const struct bird_client_events *events, void *ctx,
                                       char err[ERR_MAX]);
/* Drops the connection and every command without calling anybody. Not from inside a callback. */
void bird_client_destroy(struct bird_client *client);

/* Queues a command. False, and no callback, if there is no connection or too many wait. */
bool bird_client_send(struct bird_client *client, const struct bird_command *command,
                      const char *format, ...) __attribute__((format(printf, 3, 4)));

/* True between up() and down(). */
bool bird_client_is_up(const struct bird_client *client);
/* Why it is not; empty before the first attempt has ended. */
const char *bird_client_why(const struct bird_client *client);

#endif
