/* What is written for each gateway: a function for each kind of file, struct in, text out.
 *
 * What nobody said stands there as a word that begins with FILL_IN, which the program that reads
 * the file refuses. Pure but for the FILE, which may be in memory. */
#ifndef CGWHA_CONF_IMPORT_WRITE_H
#define CGWHA_CONF_IMPORT_WRITE_H

#include <stdio.h>

#include "conf/import/site.h"
#include "routing/router.h"

#define FILL_IN           "FILL_IN_"
#define FILL_IN_PREFIX    FILL_IN "SHARED_PREFIX"
#define FILL_IN_INTERFACE FILL_IN "LAN_INTERFACE"
#define FILL_IN_ADDRESS   FILL_IN "LAN_ADDRESS_OF_"

/* Bytes of a packet that fit into a tunnel: 1500 less ESP in tunnel mode with AES-GCM, with room
 * for UDP encapsulation. CBC and SHA-2 take up to 30 more, the outer header of IPv6 20 ("Best
 * practices for your customer gateway device", AWS Site-to-Site VPN User Guide). */
#define MTU_GCM  1436u
#define MTU_CBC  1406u
#define MTU_IPV6 20u

/* node: 0 or 1, whose file it is. */
typedef void write_node(FILE *out, const struct site *site, unsigned node);
write_node write_swanctl, write_strongswan, write_bird, write_frr, write_corosync, write_cgwha,
    write_sysctl, write_nft, write_networkd;

/* tunnel: 0 or 1, of that gateway. */
typedef void write_tunnel(FILE *out, const struct site *site, unsigned node, unsigned tunnel);
write_tunnel write_netdev, write_network;

/* The steps from these files to a running pair. `open`: lines that say what has to be filled in
 * where; empty if nothing has. */
void write_readme(FILE *out, const struct site *site, const char *open);

/* A gateway's address in the LAN, or the word to be filled in. */
void write_lan_address(FILE *out, const struct site *site, unsigned node);
/* "10.20.0.0/16, 10.21.0.0/16", with quote around and suffix behind each; or the word. */
void write_prefixes(FILE *out, const struct prefix_list *list, const char *quote,
                    const char *suffix);
/* The MED of a level, to the cloud and to the LAN: 10, 100, 1000, and twice that on the second
 * gateway, so that at each level the first wins, and each one's high beats the other's normal. */
unsigned write_med(unsigned node, enum level level);
unsigned write_mtu(const struct site *site, unsigned node);
/* A gateway's router id: its LAN address where that is IPv4, or a number of its own. */
void write_router_id(FILE *out, const struct site *site, unsigned node);

#endif
