/* One host that is asked for an echo, over and over: ICMP (RFC 792) or ICMPv6 (RFC 4443 section 4).
 *
 * A raw socket on the qb loop, opened anew whenever it does not serve, so that a device that goes
 * and comes does no harm.  It never blocks, keeps no time and counts nothing: whoever asks knows
 * when he has waited long enough. */
#ifndef CGWHA_ROUTING_ECHO_H
#define CGWHA_ROUTING_ECHO_H

#include <qb/qbloop.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/limits.h"

#define ADDRESS_LEN 46 /* "ffff:...:255.255.255.255" with its NUL, as INET6_ADDRSTRLEN */

struct echo;

/* address: IPv4 or IPv6 as text. device: the interface it is asked through, "": as routed.
 * answered: the request sent last was answered; never called from within echo_send. What it returns
 * is to be given back by echo_destroy. NULL with err: the address is none, or no memory. */
struct echo *echo_create(qb_loop_t *loop, const char *address, const char *device,
                         void (*answered)(void *ctx), void *ctx, char err[ERR_MAX]);

/* Asks once; an answer to an earlier request counts no more. False with why: it could not be sent.
 */
bool echo_send(struct echo *echo, char why[ERR_MAX]);

/* NULL is let pass. */
void echo_destroy(struct echo *echo);

#endif
