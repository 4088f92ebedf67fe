/* What BIRD says on its control socket: bytes in, lines and structs out.
 *
 * Pure: no I/O, no allocation, nothing kept but what the caller holds, so that it can be fuzzed
 * alone.  It never believes that a reply is well formed. */
#ifndef CGWHA_ROUTING_BIRD_REPLY_H
#define CGWHA_ROUTING_BIRD_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/limits.h"
#include "routing/prefix.h"

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
    BIRD_ERROR = 8000, /* this and all above */
    BIRD_NO_PROTOCOL = 8003,
    BIRD_DENIED = 8007
};

/* One line of a reply. text is not terminated and lives as long as the buffer it was read from. */
struct bird_line {
    uint16_t code;
    bool last;  /* it ends the reply */
    bool async; /* "+": not part of any reply */
    const char *text;
    size_t len;
};

enum bird_read { BIRD_MORE, BIRD_LINE, BIRD_BAD };

/* Takes one line from buf. *code is the code of the line before it in the same reply, 0 at first;
 * the caller keeps it between calls. BIRD_LINE: *out is filled, *used bytes are consumed.
 * BIRD_MORE: no whole line yet. BIRD_BAD: this is not BIRD's control protocol. */
enum bird_read bird_line_read(const char *buf, size_t len, uint16_t *code, size_t *used,
                              struct bird_line *out);

/* "BIRD 2.0.12" out of the banner; empty if the line is no banner. */
void bird_banner_version(const struct bird_line *line, char out[NAME_MAX_LEN]);

/* One protocol of `show protocols all`, or of `show protocols` (then only the first half). */
struct bird_protocol {
    char name[NAME_MAX_LEN]; /* empty if longer: it is not one of ours */
    char state[16];          /* up, start, stop, flush, down */
    uint64_t fingerprint;    /* of the summary line but its times: state and info */
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
bool bird_protocols_line(struct bird_protocols *parser, const struct bird_line *line,
                         struct bird_protocol *out);

/* One route of `show route all ...`. */
struct bird_route {
    struct prefix prefix; /* family 0: no IP prefix (flow, VPN) or one we cannot read */
    bool has_med;
    uint32_t med;
    uint32_t first_as;   /* the path's first AS, 0 if there is none */
    uint32_t first_runs; /* so many times in a row it stands there in front */
    bool gshut;          /* 65535:0 is among its communities */
};

struct bird_routes {
    bool open;
    bool in_community; /* a list of communities may go on in the next line */
    struct bird_route current;
};

/* Feeds one line; start with a zeroed parser. True when *out is a complete route. */
bool bird_routes_line(struct bird_routes *parser, const struct bird_line *line,
                      struct bird_route *out);

/* Copies a line's text into out as a C string, control characters as spaces, cut to size. */
void bird_line_text(const struct bird_line *line, char *out, size_t size);

/* An operator's words as BIRD takes them between double quotes and RFC 9003 over the wire: valid
 * UTF-8 of at most 255 octets, cut between characters; a double quote becomes a single one, a
 * control character a space, a stray byte a question mark. */
#define BIRD_MESSAGE_SIZE 256
void bird_message_clean(const char *in, char out[BIRD_MESSAGE_SIZE]);

#endif
