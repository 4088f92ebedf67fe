/* What `cgwha check` can find: each kind written once, with why it matters and how it is mended.
 *
 * A finding says what is so here; whether that is a fault is decided by its kind alone. */
#ifndef CGWHA_AGENT_CHECK_FINDING_H
#define CGWHA_AGENT_CHECK_FINDING_H

#include <stdbool.h>
#include <stdio.h>

#include "agent/cli_look.h"
#include "agent/limits.h"

enum severity {
    SEVERITY_NONE,
    SEVERITY_NOTE,    /* worth knowing; this host alone cannot tell whether it is wrong */
    SEVERITY_WARNING, /* works, and will not in some case */
    SEVERITY_FAULT    /* does not work, or loses packets, or lets in who should not be */
};

/* X(id, name, severity, why, mend) */
#define FINDING_LIST(X)                                                                            \
    X(CONFIG_BAD, "config.bad", FAULT, "The agent does not start with it.",                        \
      "Correct that line of cgwha.conf; cgwhad -t says when it is good.")                          \
    X(LEVEL_FILE, "host.level-file", FAULT,                                                        \
      "BIRD does not start, and takes no new configuration, without the file that it includes.",   \
      "systemd-tmpfiles --create cgwha.conf makes it, at low; chmod 644 lets BIRD read it.")       \
    X(STATE_DIR, "host.state-dir", FAULT,                                                          \
      "The intent to be in or out could not be saved, and every drain rolls back.",                \
      "systemd-tmpfiles --create cgwha.conf, or make the folder, mode 0700, for root.")            \
    X(GROUP, "host.group", WARNING, "Nobody but root may use the command.",                        \
      "groupadd --system with that name, or take the line out; then restart cgwhad.")              \
    X(CLOCK, "host.clock", NOTE,                                                                   \
      "Since when and how long is told by this clock, in status, logs and history.",               \
      "Run chrony or systemd-timesyncd on both gateways.")                                         \
    X(CHARON_SILENT, "ipsec.silent", FAULT,                                                        \
      "The agent cannot see or move the tunnels; this gateway covers nothing.",                    \
      "systemctl status strongswan; the socket is charon.socket in cgwha.conf.")                   \
    X(NOT_LOADED, "ipsec.not-loaded", FAULT, "There is no such tunnel for charon.",                \
      "tunnel.ike and tunnel.child in cgwha.conf are the names in swanctl.conf; swanctl "          \
      "--load-all.")                                                                               \
    X(SELECTORS, "ipsec.selectors", FAULT,                                                         \
      "AWS takes 0.0.0.0/0 on both sides, ::/0 with IPv6 inside, and nothing else: with less, "    \
      "BGP "                                                                                       \
      "or the site's traffic does not pass. What goes in is decided by routes.",                   \
      "local_ts = 0.0.0.0/0 and remote_ts = 0.0.0.0/0 (both ::/0 for IPv6 prefixes) in the child " \
      "of swanctl.conf, one xfrm interface for each tunnel.")                                      \
    X(DPD_OFF, "ipsec.dpd-off", FAULT,                                                             \
      "A peer that is gone is never noticed, and a tunnel that is dead looks alive.",              \
      "dpd_delay = 10s in the connection of swanctl.conf.")                                        \
    X(DPD_SLOW, "ipsec.dpd-slow", WARNING,                                                         \
      "A dead tunnel is noticed by BGP's hold time only, and the guard of a drain may rest on "    \
      "it.",                                                                                       \
      "dpd_delay = 10s in the connection of swanctl.conf, as AWS does.")                           \
    X(DPD_ACTION, "ipsec.dpd-action", WARNING,                                                     \
      "A tunnel whose peer stopped answering does not come back without the agent.",               \
      "dpd_action = restart in the child of swanctl.conf.")                                        \
    X(CLOSE_ACTION, "ipsec.close-action", WARNING,                                                 \
      "In a drain both sides delete the SAs; this brings them up again, and after a collision of " \
      "rekeys it multiplies them.",                                                                \
      "close_action = none in the child of swanctl.conf; the agent brings back what it wants "     \
      "back.")                                                                                     \
    X(REKEY_OFF, "ipsec.rekey-off", FAULT,                                                         \
      "The SA is not replaced in time and ends at the other side's lifetime, with the traffic in " \
      "it.",                                                                                       \
      "rekey_time = 50m in the child and 7h in the connection of swanctl.conf.")                   \
    X(REKEY_LATE, "ipsec.rekey-late", WARNING,                                                     \
      "AWS lets no SA live longer than that: it, and not this gateway, chooses when to rekey, "    \
      "perhaps while this is the only gateway left.",                                              \
      "rekey_time = 50m in the child and 7h in the connection of swanctl.conf.")                   \
    X(REKEY_HORIZON, "ipsec.rekey-horizon", WARNING,                                               \
      "A guard rekeys what would be rekeyed within freshen-horizon; with this even a new SA is "   \
      "not fresh enough, and an SA is replaced in the middle of a maintenance.",                   \
      "A longer rekey_time in swanctl.conf, or a shorter freshen-horizon in cgwha.conf.")          \
    X(REPLAY, "ipsec.replay-window", WARNING,                                                      \
      "Packets that were reordered on the way are dropped as replayed; AWS has 1024.",             \
      "replay_window = 1024 in the child of swanctl.conf; it holds from the next CHILD_SA on.")    \
    X(BIRD_SILENT, "router.silent", FAULT,                                                         \
      "The agent cannot see or set what is advertised; this gateway covers nothing.",              \
      "systemctl status bird; the socket is bird.socket in cgwha.conf.")                           \
    X(UNREAD, "router.unread", NOTE,                                                               \
      "Here only BIRD is asked for its rules; of another router the agent reads back what is "     \
      "exported, and cgwha status shows it.",                                                      \
      "Look for yourself: one AS, no standing prepend, no graceful restart, equal local "          \
      "preference on all tunnels.")                                                                \
    X(NO_SESSION, "router.no-session", FAULT, "There is no such BGP session in BIRD.",             \
      "tunnel.session and lan.session in cgwha.conf are names of BGP protocols in bird.conf.")     \
    X(NO_TABLE, "router.no-export-table", FAULT,                                                   \
      "What is really advertised cannot be read back, so the prefixes never count as covered.",    \
      "export table on; in the channel of that protocol in bird.conf; restarts the session.")      \
    X(NO_RS_CLIENT, "router.no-rs-client", FAULT,                                                  \
      "BIRD adds its AS and takes the MED away behind the filter that sets them, so the level "    \
      "that is read back is not the one that is sent.",                                            \
      "rs client; in that protocol in bird.conf; /usr/share/cgwha/cgwha.bird says why.")           \
    X(NOT_EXPORTED, "router.not-exported", FAULT,                                                  \
      "The session is up and the cloud is not told of this prefix here: it is not covered by "     \
      "this tunnel.",                                                                              \
      "The protocol that announces it and the export filter of this session in bird.conf.")        \
    X(LEVEL_IGNORED, "router.level-ignored", FAULT,                                                \
      "The export filter does not follow the agent: traffic would not move in a drain, and the "   \
      "withdraw would fail.",                                                                      \
      "if ! cgwha_cloud(ASN) then reject; (cgwha_lan towards the LAN) in the export filter, with " \
      "/usr/share/cgwha/cgwha.bird included; then birdc configure.")                               \
    X(PREPEND, "router.prepend", WARNING,                                                          \
      "AWS steers its own maintenance by MED, which a longer path overrules: traffic goes into a " \
      "tunnel that AWS is about to take down.",                                                    \
      "No prepend in the export filter of bird.conf nor in level high and normal of cgwha.conf.")  \
    X(ASN, "router.asn", FAULT,                                                                    \
      "AWS compares MEDs only if the first AS is the same on both gateways; without that traffic " \
      "does not move by level.",                                                                   \
      "The same AS in asn of cgwha.conf, local as of bird.conf, and the customer gateways of the " \
      "cloud; alike on both gateways.")                                                            \
    X(CLOUD_ASN, "router.cloud-asn", WARNING,                                                      \
      "The tunnels end at different clouds, between which a drain cannot move traffic.",           \
      "neighbor ... as in bird.conf: the AS of the one virtual private gateway.")                  \
    X(RESTART, "router.graceful-restart", FAULT,                                                   \
      "When BIRD dies AWS goes on sending to this gateway for the restart time, and nothing the "  \
      "other gateway advertises changes that.",                                                    \
      "graceful restart off; in that protocol in bird.conf.")                                      \
    X(RESTART_AWARE, "router.graceful-aware", WARNING,                                             \
      "AWS offers graceful restart: the routes of a tunnel that died are kept for 120 s.",         \
      "graceful restart off; in that protocol in bird.conf. BIRD's default is aware.")             \
    X(HOLD, "router.hold-time", WARNING,                                                           \
      "Where the agent cannot help, a dead path is used for so long. AWS offers 30 s.",            \
      "hold time 30; in that protocol in bird.conf (180 with profile azure, 60 with gcp), 9 "      \
      "towards the LAN. Or another profile in cgwha.conf.")                           \
    X(LOCAL_PREF, "router.local-pref", WARNING,                                                    \
      "AWS moves traffic between its tunnels by the MED it sends, which a preference overrules.",  \
      "The same local preference, and the same preference, in the import filters of all tunnels.") \
    X(FORWARDING, "kernel.forwarding", FAULT, "This host forwards nothing.",                       \
      "sysctl net.ipv4.ip_forward=1 (net.ipv6.conf.all.forwarding=1), and in /etc/sysctl.d.")      \
    X(RP_FILTER, "kernel.rp-filter", FAULT,                                                        \
      "While traffic moves, answers come in where the packet did not go out; strict filtering "    \
      "drops them.",                                                                               \
      "net.ipv4.conf.all.rp_filter = 2 in /etc/sysctl.d; the larger of all and the device "        \
      "counts.")                                                                                   \
    X(MTU, "kernel.mtu", WARNING,                                                                  \
      "Packets that do not fit into ESP are lost: AWS's end does not tell the sender.",            \
      "At most 1446 on the tunnel's device, 1436 with UDP encapsulation; 20 less if AWS's "        \
      "outside address is IPv6.")                                                                  \
    X(MSS, "kernel.mss", NOTE,                                                                     \
      "There is no path MTU discovery through AWS's end: TCP from the LAN that is not clamped "    \
      "here or at the LAN's router stalls on large packets.",                                      \
      "nft add rule inet filter forward oifname \"tun*\" tcp flags syn tcp option maxseg size "    \
      "set 1396 (1376 if it is IPv6 that is routed), and the same for iifname.")                   \
    X(COROSYNC_SILENT, "corosync.silent", FAULT,                                                   \
      "The agent is alone: no drain goes, and no takeover before BGP's hold time.",                \
      "systemctl status corosync; corosync -t checks its configuration.")                          \
    X(NODELIST, "corosync.nodelist", FAULT, "The agent does not know who the gateways are.",       \
      "The nodelist of corosync.conf, the same on both gateways, with a name for each.")           \
    X(CRYPTO, "corosync.crypto", FAULT,                                                            \
      "Whoever can send to this port can take a gateway out of service.",                          \
      "crypto_cipher: aes256 and crypto_hash: sha256 in totem of corosync.conf, and a key from "   \
      "corosync-keygen, on both gateways.")                                                        \
    X(KEY_MODE, "corosync.key", FAULT, "Whoever has the key can speak for the other gateway.",     \
      "chown root: and chmod 400 of that file, on both gateways; a key that was read is made "     \
      "anew.")                                                                                     \
    X(ONE_LINK, "corosync.one-link", WARNING,                                                      \
      "One cable or switch between the gateways, and no drain goes until it is mended.",           \
      "ring1_addr for both nodes in corosync.conf, over a path that shares nothing with the "      \
      "first.")                                                                                    \
    X(LINK_DOWN, "corosync.link-down", WARNING,                                                    \
      "The gateways are one fault away from not seeing each other.",                               \
      "corosync-cfgtool -s says which address does not answer; UDP 5405 and up must pass.")        \
    X(TIMING, "corosync.timing", WARNING, "A dead gateway's traffic is lost for 2.2 token times.", \
      "token: 500 in totem of corosync.conf (1000 on virtual machines that may stand still); "     \
      "no consensus.")                                                                             \
    X(TWO_NODE, "corosync.two-node", WARNING,                                                      \
      "cgwha does not mind, but a gateway that is left alone has no quorum, and Pacemaker stops "  \
      "what runs there.",                                                                          \
      "two_node: 1 in quorum of corosync.conf.")                                                   \
    X(WAIT_FOR_ALL, "corosync.wait-for-all", WARNING,                                              \
      "cgwha does not mind, but with Pacemaker two gateways that start apart fence each other.",   \
      "Leave wait_for_all out of corosync.conf: two_node turns it on.")                            \
    X(AGENT_SILENT, "agent.silent", FAULT,                                                         \
      "Routes stay as they are, but nobody moves them when the other gateway fails or leaves.",    \
      "systemctl status cgwhad; journalctl -u cgwhad.")                                            \
    X(SICK, "agent.sick", FAULT, "This gateway cannot guard the other one, nor leave.",            \
      "What the sentence says; cgwha status shows it until it is mended.")                         \
    X(ABSENT, "pair.absent", FAULT, "No drain goes, and this gateway draws all traffic.",          \
      "cgwhad, corosync and the links between the gateways; cgwha status there.")                  \
    X(PREFIXES, "pair.prefixes", FAULT, "Every drain is refused until the lists are equal.",       \
      "The same prefixes in cgwha.conf on both gateways; restart cgwhad.")                         \
    X(VERSIONS, "pair.versions", WARNING,                                                          \
      "Meant for the time of an upgrade: what one of them knows the other may not.",               \
      "Install the same version on both gateways.")                                                \
    X(UNCOVERED, "pair.uncovered", FAULT,                                                          \
      "Nobody advertises it: the site cannot be reached there.",                                   \
      "cgwha status on both gateways says what is down.")                                          \
    X(BARE, "pair.not-redundant", WARNING,                                                         \
      "One gateway is left for it: the other could not be drained, and if it fails nobody "        \
      "stands in.",                                                                                \
      "cgwha status on both gateways says what is down.")

#define FINDING_ENUM(id, name, severity, why, mend) FINDING_##id,
enum finding_kind { FINDING_LIST(FINDING_ENUM) FINDINGS };

#define ABOUT_LEN    PATH_LEN
#define FINDINGS_MAX 128

struct finding {
    enum finding_kind kind;
    char about[ABOUT_LEN]; /* the tunnel, the session, the device; empty: the host */
    char what[ERR_MAX];
};

struct findings {
    unsigned count;
    bool cut; /* there were more */
    struct finding item[FINDINGS_MAX];
};

/* Adds one; the sentence is a format with its values. */
void found(struct findings *list, enum finding_kind kind, const char *about, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

const char *finding_name(enum finding_kind kind);
enum severity finding_severity(enum finding_kind kind);
const char *finding_why(enum finding_kind kind);
const char *finding_mend(enum finding_kind kind);
const char *severity_name(enum severity severity);
/* The worst in the list; SEVERITY_NONE if it is empty. */
enum severity findings_worst(const struct findings *list);

/* The worst first, each with why and how to mend, and a last line that counts. */
void findings_print(const struct look *look, const struct findings *list, const char *node);
/* The same as one JSON object. */
void findings_json(FILE *out, const struct findings *list, const char *node);

#endif
