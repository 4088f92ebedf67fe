/* cgwha.conf: what an operator may set.
 *
 * One table of keys (conf/keys.h) makes the parser, the check (cgwhad -t) and the documented
 * sample, so that the three cannot differ.  Reading it changes nothing. */
#ifndef CGWHA_CONF_CONF_H
#define CGWHA_CONF_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "agent/limits.h"
#include "ipsec/ipsec.h"
#include "routing/echo.h"
#include "routing/router.h"

/* Something that must be well for this gateway to carry; all of it that is named. */
struct track_conf {
    char name[NAME_MAX_LEN];
    char interface[NAME_MAX_LEN]; /* runs; ping is asked through it; empty: none */
    char ping[ADDRESS_LEN];       /* answers; empty: none */
    struct prefix route;          /* the kernel has one; family 0: none */
    char command[COMMAND_LEN];    /* exits with 0; empty: none */
    uint32_t interval_ms;         /* between two tries, and the time each has */
    uint32_t rise, fall;          /* tries in a row that raise it, or let it fall */
};

struct conf {
    struct router_conf router; /* sessions: tunnels first in order of the file, then LANs */
    struct ipsec_conf ipsec;   /* the same tunnels in the same order */
    uint8_t tunnels, lans, tracks;
    char tunnel_name[TUNNELS_MAX][NAME_MAX_LEN]; /* the title of each tunnel section */
    char lan_name[LANS_MAX][NAME_MAX_LEN];
    struct track_conf track[TRACKS_MAX];
    char tunnel_ping[TUNNELS_MAX][ADDRESS_LEN]; /* answers in that tunnel; empty: is not asked */
    uint32_t ping_interval_ms;                  /* between two, and the time an answer has */
    uint32_t ping_rise, ping_fall;              /* answers in a row, none in a row */
    /* timing, all in milliseconds */
    uint32_t settle_ms;          /* below the threshold so long: traffic has moved */
    uint32_t settle_deadline_ms; /* not quiet by then: roll back */
    uint32_t settle_pps; /* the threshold, packets a second, in and out together, all tunnels */
    uint32_t soak_ms;    /* at low so long before a returning node is in service */
    uint32_t grace_ms;   /* agent gone, node alive: so long before the others go high */
    uint32_t freshen_horizon_s; /* a guard rekeys what would rekey within so long */
    char state_dir[PATH_LEN];   /* /var/lib/cgwha */
    char run_dir[PATH_LEN];     /* /run/cgwha */
    char vrrp_file[PATH_LEN];   /* /run/cgwha/vrrp */
    char corosync_conf[PATH_LEN];
    char hooks_dir[PATH_LEN]; /* /etc/cgwha/hooks.d */
    uint32_t hook_limit_ms;   /* one hook may run so long */
    char profile[NAME_MAX_LEN]; /* what the cloud's gateway is; conf/profile.h */
    char group[NAME_MAX_LEN]; /* of the people who may use the command; empty: root only */
};

/* Reads and checks a file. On failure returns false with "FILE:LINE: key: what is wrong; allowed:
 * ..." in err. */
bool conf_read(const char *path, struct conf *out, char err[ERR_MAX]);
/* Writes the documented sample: every key with its default, unit, range and meaning. */
void conf_sample(FILE *out);
/* Writes the configuration in force; parses again to the same struct. */
void conf_dump(const struct conf *conf, FILE *out);

#endif
