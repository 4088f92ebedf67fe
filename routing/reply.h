/* What a router says, in the form in which the driver takes it: what a codec of routing/ turns the
 * bytes of its router into.  Pure: no I/O, no allocation. */
#ifndef CGWHA_ROUTING_REPLY_H
#define CGWHA_ROUTING_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/limits.h"
#include "routing/prefix.h"

/* A piece of a reply: a line of BIRD's, or as much of FRR's text as one read has brought. text is
 * not terminated and lives as long as the buffer it was read from. */
struct reply_piece {
    uint16_t code;
    bool last;  /* it ends the reply, and .code is the reply's */
    bool async; /* not part of any reply */
    const char *text;
    size_t len;
};

enum reply_read { REPLY_MORE, REPLY_PIECE, REPLY_BAD };

/* A session as the router lists it. One that carries two families may be listed twice. */
#define SESSION_AT_LEN 48 /* "ffff:...:ffff" with its NUL */
struct session_said {
    char at[SESSION_AT_LEN]; /* what the router calls it in a command; empty if longer than any */
    char name[NAME_MAX_LEN]; /* what a person calls it; empty if longer: it is not one of ours */
    char state[24];          /* the router's word */
    bool ospf;               /* no BGP session, but an OSPF protocol */
    bool established;
    bool disabled;     /* by a person, or by us */
    bool internal;     /* iBGP */
    bool trusted;      /* what its adj-out shows is what the neighbour gets */
    bool family_up[2]; /* it carries IPv4, IPv6 routes now */
    uint32_t routes_in;
    uint64_t fingerprint; /* of what changes when the session does */
};

/* A route in an adj-out. */
struct adj_route {
    struct prefix prefix; /* family 0: no IP prefix (flow, VPN) or one we cannot read */
    bool has_med;
    uint32_t med;        /* by OSPF, the metric of type 2 */
    uint32_t first_as;   /* the path's first AS, 0 if there is none */
    uint32_t first_runs; /* so many times in a row it stands there in front */
    bool gshut;          /* 65535:0 is among its communities */
};

/* Copies a piece's text into out as a C string, control characters as spaces, cut to size. */
void reply_text(const struct reply_piece *piece, char *out, size_t size);

/* An operator's words as routers take them and RFC 9003 carries them: valid UTF-8 of at most 255
 * octets, cut between characters; a double quote becomes a single one, a bar (a pipe
 * to FRR) a slash, a control character a space, a stray byte a question mark. */
#define MESSAGE_SIZE 256
void message_clean(const char *in, char out[MESSAGE_SIZE]);

#endif
