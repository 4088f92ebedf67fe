/* The control socket of a router: connects, asks one command at a time, hands up the pieces of each
 * reply, and reconnects for ever.
 *
 * It never blocks and never waits without a bound: a router that says nothing in time is a lost
 * connection, and every command ends exactly once. */
#ifndef CGWHA_ROUTING_CONTROL_H
#define CGWHA_ROUTING_CONTROL_H

#include <qb/qbloop.h>

#include "agent/limits.h"
#include "routing/reply.h"

#define COMMAND_SIZE 2560 /* one command, or several lines that belong together */
#define COMMANDS_MAX 8    /* not yet answered */

/* All in milliseconds. */
struct control_times {
    uint32_t silence_ms;   /* no byte for so long while a reply is due: the router hangs */
    uint32_t reply_ms;     /* a reply that is not complete after so long: the same */
    uint32_t retry_ms;     /* first reconnect after so long, then twice that, ... */
    uint32_t retry_max_ms; /* ... up to this */
    uint32_t read_back_ms; /* between two looks at the adj-outs */
    uint32_t undo_ms;      /* before its deadline a set_level gives up, to have time to undo */
};

/* What is used outside the tests. */
extern const struct control_times control_times_default;

/* How a router speaks on its socket. */
struct control_wire {
    const char *router; /* its name in a sentence: "BIRD" */
    const char *socket; /* the socket's: "control socket" */
    const char *group;  /* who may open it besides root */
    const char *hello;  /* asked first; NULL: the router greets by itself */
    char end;           /* what ends a command: a newline, a NUL */
    bool whole;         /* the pieces of a reply are one text, not a line each */
    /* Takes one piece from buf. *code is the reader's own, 0 at first and after each end. */
    enum reply_read (*read)(const char *buf, size_t len, uint16_t *code, size_t *used,
                            struct reply_piece *out);
    /* "BIRD 2.0.12" out of the greeting; empty if it is none. */
    void (*version)(const struct reply_piece *greeting, char out[NAME_MAX_LEN]);
};

struct control;

/* A command's two answers. `end` comes exactly once, with the code of the last piece and its text;
 * code -1: no answer, text says why. `piece` may be NULL; it sees every piece, the last one too. */
struct control_command {
    void (*piece)(void *arg, const struct reply_piece *piece);
    void (*end)(void *arg, int code, const char *text);
    void *arg;
};

struct control_events {
    void (*up)(void *ctx, const char *version); /* connected, greeted */
    void (*down)(void *ctx, const char *why);   /* not, or no more; a sentence */
};

/* Begins to connect at once; up() or down() follows from the loop, never from within. NULL with err
 * if memory or the loop fails. */
struct control *control_create(qb_loop_t *loop, const struct control_wire *wire, const char *path,
                               const struct control_times *times,
                               const struct control_events *events, void *ctx, char err[ERR_MAX]);
/* Drops the connection and every command without calling anybody. Not from inside a callback. */
void control_destroy(struct control *control);

/* Queues a command. Several lines in it are asked one after the other with nothing in between, each
 * whatever the one before was answered; the end has the first code that is not 0, with its text.
 * False, and no callback, if there is no connection or too many wait. */
bool control_send(struct control *control, const struct control_command *command, const char *text);

/* True between up() and down(). */
bool control_is_up(const struct control *control);
/* Why it is not; empty before the first attempt has ended. */
const char *control_why(const struct control *control);
/* The process at the other end, 0 if that cannot be told. SO_PEERCRED, unix(7). */
int control_peer(const struct control *control);

#endif
