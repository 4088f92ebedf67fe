/* The level as a number in a file, which keepalived's track_file reads and turns into a priority.
 *
 * It is written and never read: what it says follows the router, and outlives the agent. */
#ifndef CGWHA_AGENT_VRRP_H
#define CGWHA_AGENT_VRRP_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/limits.h"

/* Writes the level (enum level) to path. keepalived sees the old number or the new one and nothing
 * else: the file is written beside and moved over, which its inotify follows (2.2.7). False with
 * err, and what stood there before still does. Source: keepalived.conf(5), "VRRP track files". */
bool vrrp_write(const char *path, uint8_t level, char err[ERR_MAX]);

#endif
