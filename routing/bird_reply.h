/* What BIRD says on its control socket: bytes in, lines and structs out.
 *
 * Pure: no I/O, no allocation, nothing kept but what the caller holds, so that it can be fuzzed
 * alone.  It never believes that a reply is well formed. */
#ifndef CGWHA_ROUTING_BIRD_REPLY_H
#define CGWHA_ROUTING_BIRD_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "routing/reply.h"

/* Reply codes that we act on; the list is BIRD's doc/reply_codes. */
enum bird_code {
    BIRD_OK = 0,
    BIRD_WELCOME = 1,
    BIRD_RECONFIGURED = 3,
    BIRD_RECONFIG_PROGRESS = 4,
    BIRD_RECONFIG_QUEUED = 5,
    BIRD_ALREADY_DISABLED = 8,
    BIRD_DISABLED = 9,
    BIRD_ALREADY_ENABLED = 10,
    BIRD_ENABLED = 11,
    BIRD_CONFIRMED = 18,
    BIRD_NOTHING_TO_DO = 19,
    BIRD_CHECKED = 20,
    BIRD_PROTOCOL = 1002,
    BIRD_PROTOCOL_DETAIL = 1006,
    BIRD_ROUTE = 1007,
    BIRD_ROUTE_ATTRIBUTE = 1012,
    BIRD_OSPF_STATE = 1016,
    BIRD_ERROR = 8000, /* this and all above */
    BIRD_NO_PROTOCOL = 8003,
    BIRD_DENIED = 8007
};

/* Takes one line from buf. *code is the code of the line before it in the same reply, 0 at first;
 * the caller keeps it between calls. REPLY_PIECE: *out is filled, *used bytes are consumed.
 * REPLY_MORE: no whole line yet. REPLY_BAD: this is not BIRD's control protocol. */
enum reply_read bird_line_read(const char *buf, size_t len, uint16_t *code, size_t *used,
                               struct reply_piece *out);

/* "BIRD 2.0.12" out of the banner; empty if the line is no banner. */
void bird_banner_version(const struct reply_piece *line, char out[NAME_MAX_LEN]);

/* One protocol of `show protocols all`, or of `show protocols` (then only the first half). */
struct bird_protocol {
    char name[NAME_MAX_LEN]; /* empty if longer: it is not one of ours */
    char state[16];          /* up, start, stop, flush, down */
    uint64_t fingerprint;    /* of the summary line but its times: state and info */
    bool ospf;               /* it is OSPF, and no BGP */
    bool running;            /* OSPF: at least one neighbour is Full */
    char bgp_state[24];      /* Established, Active, ...; empty if it is not BGP */
    bool internal;           /* iBGP */
    bool route_server;       /* `rs client` on our side */
    bool channel[2];         /* it has an ipv4, ipv6 channel */
    bool channel_up[2];
    uint32_t imported, exported; /* of all its channels */
};

struct bird_protocols {
    bool open; /* .current is being filled */
    int channel;
    struct bird_protocol current;
};

/* Feeds one line; start with a zeroed parser. True when *out is a complete protocol. */
bool bird_protocols_line(struct bird_protocols *parser, const struct reply_piece *line,
                         struct bird_protocol *out);

/* What this router floods of routes from outside of OSPF, of `show ospf state all ...`: its own are
 * those of the router at distance 0. */
struct bird_flood {
    bool router; /* the lines that follow are about a router */
    bool own;    /* and that is this one */
};

/* Feeds one line; start with a zeroed parser. True when *out is a route of our own: its metric of
 * type 2 as MED, none if it is of type 1. */
bool bird_flood_line(struct bird_flood *parser, const struct reply_piece *line,
                     struct adj_route *out);

/* The routes of `show route all ...`. */
struct bird_routes {
    bool open;
    bool in_community; /* a list of communities may go on in the next line */
    struct adj_route current;
};

/* Feeds one line; start with a zeroed parser. True when *out is a complete route. */
bool bird_routes_line(struct bird_routes *parser, const struct reply_piece *line,
                      struct adj_route *out);

#endif
