/* Every key of cgwha.conf, written once: from this table come the parser, the check, the dump and
 * the documented sample, so that none of them can know a key that another does not.  Data only. */
#ifndef CGWHA_CONF_KEYS_H
#define CGWHA_CONF_KEYS_H

#include <stddef.h>

#include "conf/conf.h"

/* How a value is written, and what it is in struct conf. */
enum key_type {
    VALUE_U32,      /* whole number -> uint32_t */
    VALUE_I32,      /* whole number -> int32_t */
    VALUE_U8,       /* whole number -> uint8_t */
    VALUE_BOOL,     /* true or false -> bool */
    VALUE_MS,       /* duration -> uint32_t milliseconds */
    VALUE_SECONDS,  /* duration -> uint32_t seconds */
    VALUE_NAME,     /* name -> char[NAME_MAX_LEN]; may be empty if min is 0 */
    VALUE_TITLED,   /* name -> char[NAME_MAX_LEN]; the section's own name unless given */
    VALUE_PATH,     /* absolute path -> char[PATH_LEN] */
    VALUE_PREFIXES, /* list of prefixes -> struct prefix_list */
    VALUE_PREFIX,   /* prefix -> struct prefix; may be empty: family 0 */
    VALUE_ADDRESS,  /* IPv4 or IPv6 address -> char[ADDRESS_LEN]; may be empty */
    VALUE_COMMAND,  /* command line -> char[COMMAND_LEN]; may be empty */
};

/* The sections: X(id, name, title, most, documentation). A title of NULL: the section has none;
 * "": the operator names it; else it is the one and only title of this entry. */
#define CONF_SECTIONS(X)                                                                           \
    X(TOP, "", NULL, 1, "")                                                                        \
    X(TUNNEL, "tunnel", "", TUNNELS_MAX,                                                           \
      "One section for each tunnel of this gateway. Its name is yours; cgwha status shows it.")    \
    X(LAN, "lan", "", LANS_MAX,                                                                    \
      "One section for each BGP session or OSPF protocol towards your own routers. Leave it out "  \
      "if there is none (static routes, VRRP): VRRP follows by vrrp-file.")                        \
    X(TRACK, "track", "", TRACKS_MAX,                                                              \
      "What else this gateway needs to carry traffic, one section each, with a name of yours. "    \
      "When one of them is down and the other gateway can carry, this one stands aside at low; "   \
      "never if it is the last. It comes back by soaking when all are up. What flaps needs twice " \
      "as many successes each time. Track nothing that fails for both gateways at once.")          \
    X(HIGH, "level", "high", 1,                                                                    \
      "What each level sets. A lower MED wins. AWS compares the prefix length first, then the "    \
      "AS path length, then the MED, so MED alone ranks high and normal; a standing prepend "      \
      "would defeat the MED by which AWS steers its own tunnel maintenance. The two gateways "     \
      "keep the same order at each level, and each one's high beats the other's normal: where "    \
      "one has high 10, normal 100, low 1000, give the other high 20, normal 200, low 2000. High " \
      "is for the time in which the other gateway is out or on its way out.")                      \
    X(NORMAL, "level", "normal", 1, "In service, the other gateway too.")                          \
    X(LOW, "level", "low", 1,                                                                      \
      "Leaving, returning, or a safety net: advertised, but loses to the other gateway.")          \
    X(TIMING, "timing", NULL, 1,                                                                   \
      "How long things take. A duration is a whole number with a unit: ms, s, m or h.")            \
    X(BIRD, "bird", NULL, 1, "BIRD on this host, if router is bird.")                              \
    X(FRR, "frr", NULL, 1, "FRR on this host, if router is frr.")                                  \
    X(CHARON, "charon", NULL, 1, "The IKE daemon on this host.")

/* Where a value goes: into a field of struct conf, or into a field of each element of an array. */
#define KEY_AT(field) offsetof(struct conf, field), 0
#define KEY_EACH(array, field)                                                                     \
    offsetof(struct conf, array[0].field), sizeof(((struct conf *)NULL)->array[0])
/* The same of an array of strings. */
#define KEY_EACH_TEXT(array)                                                                       \
    offsetof(struct conf, array[0]), sizeof(((struct conf *)NULL)->array[0])
/* LAN sessions are read into the room behind the last possible tunnel; see conf.c. */
#define KEY_EACH_LAN(field)                                                                        \
    offsetof(struct conf, router.session[TUNNELS_MAX].field), sizeof(struct router_session)

/* One level's keys, the same for each level with defaults of its own. */
#define CONF_LEVEL_KEYS(X, ID, med_, lan_med_, prepend_, lan_prepend_, gshut_)                     \
    X(ID##_MED, ID, "med", VALUE_U32, med_, 0, UINT32_MAX, "",                                     \
      KEY_AT(router.level[LEVEL_##ID].med), NULL,                                                  \
      "MED towards the cloud (RFC 4271 section 5.1.4).")                                           \
    X(ID##_LAN_MED, ID, "lan-med", VALUE_U32, lan_med_, 0, UINT32_MAX, "",                         \
      KEY_AT(router.level[LEVEL_##ID].lan_med), NULL, "MED towards your own routers.")             \
    X(ID##_PREPEND, ID, "prepend", VALUE_U8, prepend_, 0, 3, "times",                              \
      KEY_AT(router.level[LEVEL_##ID].prepend), NULL,                                              \
      "The own AS number once more in the path towards the cloud, so many times.")                 \
    X(ID##_LAN_PREPEND, ID, "lan-prepend", VALUE_U8, lan_prepend_, 0, 3, "times",                  \
      KEY_AT(router.level[LEVEL_##ID].lan_prepend), NULL,                                          \
      "The same towards your own routers (eBGP only).")                                            \
    X(ID##_GSHUT, ID, "gshut", VALUE_BOOL, gshut_, 0, 1, "",                                       \
      KEY_AT(router.level[LEVEL_##ID].gshut), NULL,                                                \
      "Send the GRACEFUL_SHUTDOWN community (RFC 8326) to the cloud. AWS does not say that it "    \
      "heeds it, Oracle does; nothing relies on it.")

/* The keys: X(id, section, name, type, default, min, max, unit, place, example, documentation).
 * A default of NULL: the key must be given. Min and max are in the units of the value's place. */
#define CONF_KEYS(X)                                                                               \
    X(PREFIXES, TOP, "prefixes", VALUE_PREFIXES, NULL, 1, PREFIXES_MAX, "",                        \
      KEY_AT(router.prefixes), "{ \"10.20.0.0/16\", \"10.21.0.0/16\" }",                           \
      "The shared prefixes: what both gateways advertise to the cloud. Never may all of them "     \
      "stop advertising one of these. The same list on both gateways.")                            \
    X(ASN, TOP, "asn", VALUE_U32, NULL, 1, UINT32_MAX - 1, "", KEY_AT(router.asn), "65000",        \
      "The AS number of this site, as in bird.conf and in both customer gateways of the cloud. "   \
      "The same on both gateways: AWS compares MEDs only if the first AS in the path is equal.")   \
    X(ROUTER, TOP, "router", VALUE_NAME, "bird", 1, 0, "", KEY_AT(router.kind), NULL,              \
      "The router on this host: bird or frr. The two gateways need not have the same.")            \
    X(PROFILE, TOP, "profile", VALUE_NAME, "generic", 1, 0, "", KEY_AT(profile), NULL,             \
      "What the cloud's gateway is: generic, aws-vgw, aws-tgw, azure or gcp. It sets the "         \
      "defaults of what each level sets and of timing, and what cgwha check expects; a key that "  \
      "stands in the file wins. The same on both gateways. cgwha.conf(5) has each profile.")       \
    X(STATE_DIR, TOP, "state-dir", VALUE_PATH, "/var/lib/cgwha", 0, 0, "", KEY_AT(state_dir),      \
      NULL, "Where the intent (in service or maintenance) is kept over a reboot.")                 \
    X(RUN_DIR, TOP, "run-dir", VALUE_PATH, "/run/cgwha", 0, 0, "", KEY_AT(run_dir), NULL,          \
      "Where the pid file is kept.")                                                               \
    X(VRRP_FILE, TOP, "vrrp-file", VALUE_PATH, "/run/cgwha/vrrp", 0, 0, "", KEY_AT(vrrp_file),     \
      NULL,                                                                                        \
      "The level in force as a number, for a track_file of keepalived: 0 withdrawn, 1 low, "       \
      "2 normal, 3 high; see docs/lan.md. Written whether or not anybody reads it.")               \
    X(COROSYNC_CONF, TOP, "corosync-conf", VALUE_PATH, "/etc/corosync/corosync.conf", 0, 0, "",    \
      KEY_AT(corosync_conf), NULL,                                                                 \
      "corosync's configuration; the names of the gateways are read from its nodelist.")           \
    X(GROUP, TOP, "group", VALUE_NAME, "", 0, 0, "", KEY_AT(group), "\"cgwha\"",                   \
      "Members of this group may use the command cgwha. Empty: root only.")                        \
    X(HOOKS_DIR, TOP, "hooks-dir", VALUE_PATH, "/etc/cgwha/hooks.d", 0, 0, "", KEY_AT(hooks_dir),  \
      NULL,                                                                                        \
      "Programs in this directory are run when something happens; see docs/hooks.md. It need not " \
      "be there.")                                                                                 \
    X(TUNNEL_IKE, TUNNEL, "ike", VALUE_TITLED, "", 1, 0, "", KEY_EACH(ipsec.tunnel, ike), NULL,    \
      "The connection in swanctl.conf.")                                                           \
    X(TUNNEL_CHILD, TUNNEL, "child", VALUE_TITLED, "", 1, 0, "", KEY_EACH(ipsec.tunnel, child),    \
      NULL, "Its child in swanctl.conf.")                                                          \
    X(TUNNEL_SESSION, TUNNEL, "session", VALUE_TITLED, "", 1, 0, "",                               \
      KEY_EACH(router.session, name), NULL,                                                        \
      "The BGP protocol in bird.conf; in FRR the neighbor's description, or its IPv4 address.")    \
    X(TUNNEL_OFFSET, TUNNEL, "med-offset", VALUE_I32, "0", -1000000, 1000000, "",                  \
      KEY_EACH(router.session, med_offset), NULL,                                                  \
      "What your export filter adds to the level's MED in this tunnel, if you rank tunnels. AWS "  \
      "advises to leave them equal.")                                                              \
    X(TUNNEL_PING, TUNNEL, "ping", VALUE_ADDRESS, "", 0, 0, "", KEY_EACH_TEXT(tunnel_ping), NULL,  \
      "The address of the tunnel's other end, inside, as \"169.254.11.1\". While it does not "     \
      "answer, nothing passes, whatever SA and BGP say, and the tunnel covers nothing. Empty: it " \
      "is not asked.")                                                                             \
    X(LAN_SESSION, LAN, "session", VALUE_TITLED, "", 1, 0, "", KEY_EACH_LAN(name), NULL,           \
      "The same of the session to your own router.")                                               \
    X(LAN_PROTOCOL, LAN, "protocol", VALUE_NAME, "bgp", 1, 0, "", KEY_EACH_LAN(protocol), NULL,    \
      "bgp; or ospf, if session is an OSPF protocol of BIRD's: the level's lan-med is then its "   \
      "metric of type 2.")                                                                         \
    CONF_LEVEL_KEYS(X, HIGH, "10", "10", "0", "0", "false")                                        \
    CONF_LEVEL_KEYS(X, NORMAL, "100", "100", "0", "0", "false")                                    \
    CONF_LEVEL_KEYS(X, LOW, "1000", "1000", "1", "0", "true")                                      \
    X(TRACK_INTERFACE, TRACK, "interface", VALUE_NAME, "", 0, 0, "", KEY_EACH(track, interface),   \
      "\"eth1\"", "Is there, up, and has a carrier. A ping is sent through it.")                   \
    X(TRACK_PING, TRACK, "ping", VALUE_ADDRESS, "", 0, 0, "", KEY_EACH(track, ping),               \
      "\"10.20.0.10\"", "Answers an ICMP echo request.")                                           \
    X(TRACK_ROUTE, TRACK, "route", VALUE_PREFIX, "", 0, 0, "", KEY_EACH(track, route),             \
      "\"10.20.0.0/16\"",                                                                          \
      "The kernel has a route to it, or to the part of it with its first address.")                \
    X(TRACK_COMMAND, TRACK, "command", VALUE_COMMAND, "", 0, 0, "", KEY_EACH(track, command),      \
      "\"/usr/local/sbin/can-carry\"",                                                             \
      "Run by /bin/sh, as root, within what the unit cgwhad.service allows; exit status 0 is "     \
      "good. One that runs for longer than the interval is killed, and has failed.")               \
    X(TRACK_INTERVAL, TRACK, "interval", VALUE_MS, "1s", 100, 3600000, "",                         \
      KEY_EACH(track, interval_ms), NULL, "Between two tries, and the time each has.")             \
    X(TRACK_RISE, TRACK, "rise", VALUE_U32, "3", 1, 1000, "tries", KEY_EACH(track, rise), NULL,    \
      "Up after so many successes in a row.")                                                      \
    X(TRACK_FALL, TRACK, "fall", VALUE_U32, "3", 1, 1000, "tries", KEY_EACH(track, fall), NULL,    \
      "Down after so many failures in a row.")                                                     \
    X(SETTLE, TIMING, "settle", VALUE_MS, "2s", 500, 300000, "", KEY_AT(settle_ms), NULL,          \
      "A leaving gateway has lost its traffic when less than settle-pps went through its tunnels " \
      "for this long.")                                                                            \
    X(SETTLE_DEADLINE, TIMING, "settle-deadline", VALUE_MS, "60s", 1000, 3600000, "",              \
      KEY_AT(settle_deadline_ms), NULL,                                                            \
      "If there is still traffic after this long, the drain is rolled back; longer than settle.")  \
    X(SETTLE_PPS, TIMING, "settle-pps", VALUE_U32, "20", 5, 1000000, "packets per second",         \
      KEY_AT(settle_pps), NULL,                                                                    \
      "The threshold, in and out together, all tunnels. At least 5, for a tunnel that carries "    \
      "nothing still carries the BGP keepalives of both sides and their acknowledgements; below "  \
      "that no drain would ever settle.")                                                          \
    X(SOAK, TIMING, "soak", VALUE_MS, "30s", 1000, 3600000, "", KEY_AT(soak_ms), NULL,             \
      "A returning gateway advertises at low for this long before it takes traffic: long enough "  \
      "for a tunnel that flaps to show it.")                                                       \
    X(GRACE, TIMING, "grace", VALUE_MS, "5s", 0, 600000, "", KEY_AT(grace_ms), NULL,               \
      "The other agent is gone but its host is alive, as in a restart: wait this long before "     \
      "going to high. When the host itself is gone there is no wait.")                             \
    X(PING_INTERVAL, TIMING, "ping-interval", VALUE_MS, "1s", 100, 60000, "",                      \
      KEY_AT(ping_interval_ms), NULL,                                                              \
      "Between two pings in a tunnel, and the time an answer has.")                                \
    X(PING_RISE, TIMING, "ping-rise", VALUE_U32, "3", 1, 1000, "answers", KEY_AT(ping_rise), NULL, \
      "In a row, and the tunnel passes again.")                                                    \
    X(PING_FALL, TIMING, "ping-fall", VALUE_U32, "3", 1, 1000, "answers missing",                  \
      KEY_AT(ping_fall), NULL, "In a row, and nothing passes.")                                    \
    X(HOOK_LIMIT, TIMING, "hook-limit", VALUE_MS, "10s", 100, 600000, "", KEY_AT(hook_limit_ms),   \
      NULL, "A hook that runs for longer is killed. However long it takes, nothing waits for it.") \
    X(FRESHEN_HORIZON, TIMING, "freshen-horizon", VALUE_SECONDS, "10m", 0, 86400, "",              \
      KEY_AT(freshen_horizon_s), NULL,                                                             \
      "Before the other gateway may leave, this one rekeys every SA that would be rekeyed within " \
      "this time, so that no rekey can fail just while it is alone. 0s: none.")                    \
    X(BIRD_SOCKET, BIRD, "socket", VALUE_PATH, "/run/bird/bird.ctl", 0, 0, "",                     \
      KEY_AT(router.socket), NULL, "BIRD's control socket.")                                       \
    X(LEVEL_FILE, BIRD, "level-file", VALUE_PATH, "/run/cgwha/level.bird.conf", 0, 0, "",          \
      KEY_AT(router.level_file), NULL,                                                             \
      "Written by cgwhad, included by cgwha.bird. It must be there before BIRD starts; "           \
      "systemd-tmpfiles sees to that.")                                                            \
    X(FRR_SOCKET, FRR, "socket", VALUE_PATH, "/run/frr/bgpd.vty", 0, 0, "",                        \
      KEY_AT(router.vty_socket), NULL, "The vty socket of FRR's bgpd.")                            \
    X(FRR_VRF, FRR, "vrf", VALUE_NAME, "", 0, 0, "", KEY_AT(router.vrf), NULL,                     \
      "The VRF of the BGP instance that has the sessions. Empty: the default one.")                \
    X(CHARON_SOCKET, CHARON, "socket", VALUE_PATH, "/var/run/charon.vici", 0, 0, "",               \
      KEY_AT(ipsec.socket), NULL, "charon's VICI socket.")

#define CONF_SECTION_ENUM(id, name, title, most, doc) SECTION_##id,
/* The place is two arguments by the time it arrives here: offset and stride. */
#define CONF_KEY_ENUM(id, ...) KEY_##id,

enum section_id { CONF_SECTIONS(CONF_SECTION_ENUM) SECTIONS };
enum key_id { CONF_KEYS(CONF_KEY_ENUM) KEYS };

#define SECTION_MOST 8 /* no section may stand there more often */
static_assert(TUNNELS_MAX <= SECTION_MOST && LANS_MAX <= SECTION_MOST && TRACKS_MAX <= SECTION_MOST,
              "rows of lines are enough");

struct section {
    const char *name;
    const char *title;
    unsigned most;
    const char *doc;
};

struct key {
    enum section_id section;
    const char *name;
    enum key_type type;
    const char *fallback; /* default as it would be written; NULL: must be given */
    long long min, max;
    const char *unit;
    size_t offset, stride;
    const char *example;
    const char *doc;
};

extern const struct section conf_sections[SECTIONS];
extern const struct key conf_keys[KEYS];

#endif
