/* What a provider's gateway does with BGP, and the defaults that follow from it: the profiles.
 *
 * Written once: from these tables come what the parser takes for a key that the file does not have,
 * the manual, and what `cgwha check` expects. Data only. What is true of a provider is what its own
 * pages say; what they do not say is not built on. docs/providers.md tells why. */
#ifndef CGWHA_CONF_PROFILE_H
#define CGWHA_CONF_PROFILE_H

#include "conf/keys.h"

/* The profiles: X(id, name, ranks by the path's length?, hold time from, to in seconds, what it is,
 * sources). `generic` is the first, for it is the default, and changes nothing. */
#define CONF_PROFILES(X)                                                                           \
    X(GENERIC, "generic", false, 0, 90,                                                            \
      "The defaults as they stand with each key: for a cloud that takes one best path, by the "    \
      "AS path's length and then the MED.",                                                        \
      "RFC 4271 section 9.1.2.2")                                                                  \
    X(AWS_VGW, "aws-vgw", false, 0, 30,                                                            \
      "An AWS virtual private gateway: one best path, by prefix length, AS path length, then MED " \
      "if the first AS is the same; no ECMP. Hold time 30 s.",                                     \
      "Route tables and AWS Site-to-Site VPN route priority "                                      \
      "(docs.aws.amazon.com/vpn/latest/s2svpn/vpn-route-priority.html); AWS Site-to-Site VPN "     \
      "routing options (docs.aws.amazon.com/vpn/latest/s2svpn/VPNRoutingTypes.html)")              \
    X(AWS_TGW, "aws-tgw", true, 0, 30,                                                             \
      "An AWS transit gateway: ECMP over equal prefixes and AS paths, if it is turned on there. "  \
      "What it does with a MED is not said. So the path's length ranks, and normal has one "       \
      "prepend to leave room above it: at an equal length half of the flows would still go to a "  \
      "gateway that has died. The MED says the same and is equal on both gateways. Hold time "     \
      "30 s.",                                                                                     \
      "How AWS Transit Gateway works, equal cost multipath routing "                               \
      "(docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html); How do I configure "   \
      "my "                                                                                        \
      "Site-to-Site VPN connection to prefer tunnel A over tunnel B "                              \
      "(repost.aws/knowledge-center/vpn-configure-tunnel-preference)")                             \
    X(AZURE, "azure", true, 180, 180,                                                              \
      "An Azure VPN gateway: a shorter AS path wins; active-active it shares among equal ones. "   \
      "That it heeds a MED is not said. So the levels rank as in aws-tgw. Hold time 180 s and "    \
      "keepalive 60 s, fixed: soak is three keepalives, and a drain waits longer for traffic to "  \
      "leave.",                                                                                    \
      "About BGP and Azure VPN Gateway "                                                           \
      "(learn.microsoft.com/en-us/azure/vpn-gateway/vpn-gateway-bgp-overview); Azure VPN Gateway " \
      "BGP Timer Mismatches (techcommunity.microsoft.com/tag/vpn%20gateway)")                      \
    X(GCP, "gcp", false, 0, 60,                                                                    \
      "Google's HA VPN with a Cloud Router: the MED becomes the route's priority and selects; "    \
      "equal ones share by ECMP. A Cloud Router is two tasks there, and nothing is built on how "  \
      "they compare the AS path. Hold time 60 s, keepalive 20 s: soak is three keepalives.",       \
      "Cloud Router overview "                                                                     \
      "(cloud.google.com/network-connectivity/docs/router/concepts/overview); Set routing and "    \
      "best path selection modes (cloud.google.com/router/docs/how-to/configuring-routing-mode)")

/* What differs from a key's own default: X(profile, key, value as it would be written). */
#define CONF_PROFILE_VALUES(X)                                                                     \
    X(AWS_TGW, NORMAL_PREPEND, "1")                                                                \
    X(AWS_TGW, LOW_PREPEND, "2")                                                                   \
    X(AZURE, NORMAL_PREPEND, "1")                                                                  \
    X(AZURE, LOW_PREPEND, "2")                                                                     \
    X(AZURE, SETTLE, "5s")                                                                         \
    X(AZURE, SETTLE_DEADLINE, "180s")                                                              \
    X(AZURE, SOAK, "180s")                                                                         \
    X(GCP, SETTLE, "5s")                                                                           \
    X(GCP, SETTLE_DEADLINE, "120s")                                                                \
    X(GCP, SOAK, "60s")

#define CONF_PROFILE_ENUM(id, ...) PROFILE_##id,

enum profile_id { CONF_PROFILES(CONF_PROFILE_ENUM) PROFILES };

struct profile {
    const char *name;
    bool by_path;                   /* the MED may not rank: the path's length has to */
    unsigned hold_least, hold_most; /* seconds: what a session with this cloud ends up with */
    const char *doc;
    const char *source; /* the provider's own pages */
};

struct profile_value {
    enum profile_id profile;
    enum key_id key;
    const char *text;
};

extern const struct profile conf_profiles[PROFILES];

/* By its name; NULL if there is none. */
const struct profile *profile_find(const char *name);
/* A key's default, as it would be written, under this profile (NULL: the generic one). NULL: the
 * key must be given. */
const char *profile_default(const struct profile *profile, enum key_id key);

#endif
