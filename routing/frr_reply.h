/* What FRR's daemons say on their vty sockets: bytes in, pieces out; JSON in, structs out.
 *
 * No I/O, and nothing is believed to be well formed: FRR 8.4 writes its JSON by hand in places. A
 * text that is not what it should be is an error, never a guess. */
#ifndef CGWHA_ROUTING_FRR_REPLY_H
#define CGWHA_ROUTING_FRR_REPLY_H

#include "agent/lists.h"
#include "routing/reply.h"

/* How a command ended: the byte behind three NULs that end each reply. FRR's lib/command.h, enum
 * cmd_return_code. */
enum frr_code {
    FRR_OK = 0,
    FRR_WARNING = 1,
    FRR_UNKNOWN = 2, /* "Unknown command" */
    FRR_CONFIG_FAILED = 13
};

/* Takes a piece of a reply from buf: text as far as it has come, or the end with its code. */
enum reply_read frr_piece_read(const char *buf, size_t len, uint16_t *code, size_t *used,
                               struct reply_piece *out);

/* "FRR 8.4.4" out of `show version`; empty if it is none. */
void frr_version(const struct reply_piece *greeting, char out[NAME_MAX_LEN]);

/* A reply in JSON, as its pieces come. */
#define FRR_JSON_MAX (8u << 20) /* octets; a longer one is not read */
struct frr_json;
struct frr_json *frr_json_new(void); /* NULL: out of memory */
void frr_json_free(struct frr_json *json);
/* Forgets what came before. */
void frr_json_begin(struct frr_json *json);
void frr_json_take(struct frr_json *json, const struct reply_piece *piece);
/* Whether what has come is one object, complete, and not too long. */
bool frr_json_whole(const struct frr_json *json);

/* The sessions of `show bgp [vrf V] summary json`, one for each family it carries. Returns the AS
 * number of the instance, 0 if there is none. */
uint32_t frr_sessions(const struct frr_json *json,
                      void (*take)(void *ctx, const struct session_said *said), void *ctx);

/* The routes of `show bgp FAMILY unicast neighbors A advertised-routes json`. False if it is not
 * one, with the warning that FRR gives. Communities are not in it. */
bool frr_routes(const struct frr_json *json, void (*take)(void *ctx, const struct adj_route *route),
                void *ctx, char warning[ERR_MAX]);

/* What is of interest in `show route-map json`. */
#define FRR_MARK_LEN 64
struct frr_maps {
    bool has[2];       /* CGWHA-CLOUD, CGWHA-LAN: one entry, permit 10, that calls */
    unsigned level[2]; /* enum level that it calls; LEVELS: none of ours */
    uint8_t leaf[2];   /* which of CGWHA-CLOUD-HIGH and so on there are: a bit for each level */
    bool gshut;        /* CGWHA-GSHUT is there */
    char mark[FRR_MARK_LEN]; /* the description of CGWHA-CLOUD's entry */
};
bool frr_maps(const struct frr_json *json, struct frr_maps *out);

/* "CGWHA-CLOUD-HIGH"; LEVELS: "CGWHA-CLOUD" itself. */
const char *frr_map_name(bool lan, unsigned level);

#endif
