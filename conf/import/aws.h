/* The customer-gateway configuration of one AWS Site-to-Site VPN connection: XML text in, struct
 * out.
 *
 * Pure: it opens nothing, follows no entity, loads no DTD, and never repeats what may be a secret.
 */
#ifndef CGWHA_CONF_IMPORT_AWS_H
#define CGWHA_CONF_IMPORT_AWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/limits.h"

#define AWS_XML_MAX  (256 * 1024) /* bytes; a real one has 4 to 6 KiB */
#define AWS_TUNNELS  2            /* of a connection, always */
#define AWS_ID_LEN   48           /* "vpn-" and 17 digits, with its NUL */
#define AWS_WORD_LEN 32           /* "hmac-sha2-256-128", with its NUL */
#define AWS_KEY_LEN  65           /* a pre-shared key has 8 to 64 characters, and its NUL */
#define ADDRESS_LEN  46           /* INET6_ADDRSTRLEN */

/* A phase as the file has it, in the file's own words; empty or 0: not said. */
struct aws_phase {
    char encryption[AWS_WORD_LEN]; /* aes-128-cbc */
    char integrity[AWS_WORD_LEN];  /* sha1, hmac-sha1-96 */
    char group[AWS_WORD_LEN];      /* group2 */
    uint32_t lifetime_s;
};

struct aws_end {
    char outside[ADDRESS_LEN]; /* addresses in canonical text */
    char inside[ADDRESS_LEN];  /* empty: not said, as in a static connection */
    uint8_t inside_bits;       /* of the inside net, 0: not said */
    uint32_t asn;              /* 0: no BGP */
};

struct aws_tunnel {
    unsigned place; /* in the file, from 1 */
    struct aws_end gateway, cloud;
    uint32_t hold_s; /* BGP's hold time */
    struct aws_phase ike, esp;
    char key[AWS_KEY_LEN]; /* the pre-shared key: never to be shown */
    uint32_t dpd_s;        /* dead peer detection asks so often */
    uint32_t mss;          /* TCP, bytes; 0: not said */
};

struct aws_connection {
    char id[AWS_ID_LEN];                   /* vpn-... */
    char customer[AWS_ID_LEN];             /* cgw-...; empty: not said */
    char cloud[AWS_ID_LEN];                /* vgw-..., tgw-...; empty: not said */
    bool routed;                           /* without BGP: static routes */
    struct aws_tunnel tunnel[AWS_TUNNELS]; /* in the order of their addresses at AWS */
};

/* Reads one document of `size` bytes. On failure returns false with a sentence in err, which names
 * the tunnel and the element, and leaves in out->id the connection's id if that could be read. In
 * either case the caller clears *out, which holds keys, with explicit_bzero.
 *
 * A connection with static routes is read without the elements of BGP, and `routed` is set. */
bool aws_parse(const char *text, size_t size, struct aws_connection *out, char err[ERR_MAX]);

/* Takes the id of a gateway of AWS; leaves `out` as it is if that is none. */
void aws_cloud_id(const char *text, char out[AWS_ID_LEN]);

/* The canonical text of an IPv4 or IPv6 address; false if it is none. */
bool address_parse(const char *text, char out[ADDRESS_LEN]);
/* By family, then by number: <0, 0, >0. Both are canonical. */
int address_compare(const char *a, const char *b);
/* Whether two IPv4 or IPv6 addresses have their first `bits` bits in common. */
bool address_same_net(const char *a, const char *b, unsigned bits);
bool address_is_v4(const char *a);

#endif
