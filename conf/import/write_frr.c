/* frr.conf: the sessions in the tunnels, to the site's router, and between the gateways, for FRR.
 * What a level sets is written by the backend that will change it. */
#include <string.h>

#include "conf/import/write.h"
#include "routing/frr_level.h"

static void head(FILE *out, const struct site *site, unsigned n)
{
    struct router_conf levels = {.asn = site->asn};
    bool by_path = conf_profiles[site->profile].by_path;

    for (unsigned level = LEVEL_LOW; level < LEVELS; level++) {
        struct level_attr *attr = &levels.level[level];
        attr->lan_med = write_med(n, (enum level)level);
        attr->med = by_path ? write_med(0, (enum level)level) : attr->lan_med;
        attr->prepend =
            (uint8_t)((level == LEVEL_LOW) + (by_path && level < LEVEL_HIGH)); /* the defaults */
        attr->gshut = level == LEVEL_LOW;
    }
    fprintf(out,
            "! /etc/frr/frr.conf of %s, FRR 8.4.\n"
            "frr defaults traditional\n"
            "hostname %s\n"
            "log syslog\n"
            "!\n",
            site->node[n].name, site->node[n].name);
    router_frr_text(&levels, out);
}

/* FRR's word, and the longest prefix of the family. */
static const char *ip(const struct site *site)
{
    return site->family == 4 ? "ip" : "ipv6";
}

static const char *le(const struct site *site)
{
    return site->family == 4 ? " le 32" : " le 128";
}

static const char *everything(const struct site *site)
{
    return site->family == 4 ? "0.0.0.0/0" : "::/0";
}

/* One prefix-list; each prefix with `suffix`, or the word to be filled in. */
static void prefix_list(FILE *out, const char *word, const char *name, const char *act,
                        unsigned seq, const struct prefix_list *list, const char *suffix)
{
    char text[PREFIX_TEXT];

    if (list->count == 0)
        fprintf(out, "%s prefix-list %s seq %u %s " FILL_IN_PREFIX "%s\n", word, name, seq, act,
                suffix);
    for (unsigned i = 0; i < list->count; i++)
        fprintf(out, "%s prefix-list %s seq %u %s %s%s\n", word, name, seq + i, act,
                prefix_text(&list->item[i], text), suffix);
}

static void lists(FILE *out, const struct site *site)
{
    const struct wish *wish = &site->wish;

    fputs("! What the site announces: the shared prefixes of cgwha.conf.\n", out);
    prefix_list(out, ip(site), "SHARED", "permit", 10, &wish->shared, "");
    fputs("!\n! What may be learnt from the cloud.\n", out);
    if (wish->cloud.count > 0) {
        prefix_list(out, ip(site), "CLOUD", "permit", 10, &wish->cloud, le(site));
    } else {
        fprintf(out,
                "! Nothing of the site's own, and no default route: it would send the tunnels'\n"
                "! packets into the tunnels. Better name what the cloud has.\n"
                "%s prefix-list CLOUD seq 5 deny %s\n",
                ip(site), everything(site));
        prefix_list(out, ip(site), "CLOUD", "deny", 10, &wish->shared, le(site));
        fprintf(out, "%s prefix-list CLOUD seq 1000 permit %s%s\n", ip(site), everything(site),
                le(site));
    }
    fputs("!\n", out);
}

static void maps(FILE *out, const struct site *site, unsigned n)
{
    fprintf(out,
            "! Equal local preference for both tunnels: AWS steers its maintenance by the MED it\n"
            "! sends, and a preference of ours would overrule it.\n"
            "route-map FROM-CLOUD permit 10\n"
            " match %s address prefix-list CLOUD\n"
            "exit\n"
            "!\n"
            "! A map for each tunnel: neighbours of one map are one update-group, for which bgpd\n"
            "! gathers announcements for 0.5 s instead of 0.1 s.\n",
            ip(site));
    for (unsigned t = 0; t < AWS_TUNNELS; t++)
        fprintf(out,
                "route-map TO-%s permit 10\n"
                " match %s address prefix-list SHARED\n"
                " call CGWHA-CLOUD\n"
                "exit\n"
                "!\n",
                site->node[n].tunnel[t].name, ip(site));
    fprintf(out,
            "! To the LAN: what was learnt from the cloud, and nothing back.\n"
            "route-map TO-LAN deny 5\n"
            " match %s address prefix-list SHARED\n"
            "exit\n"
            "route-map TO-LAN permit 10\n"
            " call CGWHA-LAN\n"
            "exit\n"
            "route-map NOTHING deny 10\n"
            "exit\n"
            "!\n"
            "! The other gateway: what still arrives here while this one has no tunnel goes on\n"
            "! to it. A lower local preference than any tunnel of our own (100).\n"
            "route-map TO-PEER deny 5\n"
            " match %s address prefix-list SHARED\n"
            "exit\n"
            "route-map TO-PEER permit 10\n"
            "exit\n"
            "route-map FROM-PEER permit 10\n"
            " set local-preference 50\n"
            "exit\n"
            "!\n"
            "! What the gateway itself sends to the cloud comes from its LAN address, not from a\n"
            "! tunnel's %s address, which the cloud cannot answer.\n"
            "route-map SOURCE permit 10\n"
            " set src ",
            ip(site), ip(site), site->family == 4 ? "169.254" : "inside");
    write_lan_address(out, site, n);
    fprintf(out, "\nexit\n%s protocol bgp route-map SOURCE\n!\n", ip(site));
}

/* The description is the session's name in cgwha.conf. */
static void neighbor(FILE *out, const char *address, uint32_t asn, const char *name, uint32_t hold)
{
    fprintf(out,
            " neighbor %s remote-as %lu\n"
            " neighbor %s description %s\n"
            " neighbor %s timers %lu %lu\n"
            " neighbor %s timers connect 5\n",
            address, (unsigned long)asn, address, name, address, (unsigned long)hold / 3,
            (unsigned long)hold, address);
}

/* Neighbours carry IPv4 by themselves, and IPv6 when they are told. */
static void in_and_out(FILE *out, const struct site *site, const char *address, const char *in,
                       const char *map, const char *suffix)
{
    if (site->family == 6)
        fprintf(out, "  neighbor %s activate\n", address);
    fprintf(out,
            "  neighbor %s route-map %s in\n"
            "  neighbor %s route-map %s%s out\n",
            address, in, address, map, suffix);
}

static void family(FILE *out, const struct site *site, unsigned n, const char *peer)
{
    const struct wish *wish = &site->wish;
    char text[PREFIX_TEXT];

    fprintf(out, " address-family ipv%u unicast\n", site->family);
    if (wish->shared.count == 0)
        fputs("  network " FILL_IN_PREFIX "\n", out);
    for (unsigned i = 0; i < wish->shared.count; i++)
        fprintf(out, "  network %s\n", prefix_text(&wish->shared.item[i], text));
    for (unsigned t = 0; t < AWS_TUNNELS; t++)
        in_and_out(out, site, site->node[n].tunnel[t].aws.cloud.inside, "FROM-CLOUD", "TO-",
                   site->node[n].tunnel[t].name);
    if (wish->router[0] != '\0')
        in_and_out(out, site, wish->router, "NOTHING", "TO-LAN", "");
    in_and_out(out, site, peer, "FROM-PEER", "TO-PEER", "");
    fprintf(out, "  neighbor %s next-hop-self\n exit-address-family\nexit\n", peer);
}

void write_frr(FILE *out, const struct site *site, unsigned n)
{
    const struct site_node *node = &site->node[n];
    char peer[ADDRESS_LEN + NAME_MAX_LEN] = FILL_IN_ADDRESS;

    if (site->wish.lan[1 - n][0] != '\0')
        strlcpy(peer, site->wish.lan[1 - n], sizeof(peer));
    else
        strlcat(peer, site->node[1 - n].name, sizeof(peer));
    head(out, site, n);
    lists(out, site);
    maps(out, site, n);
    fprintf(out, "router bgp %lu\n bgp router-id ", (unsigned long)site->asn);
    write_router_id(out, site, n);
    fputs("\n"
          " bgp log-neighbor-changes\n"
          " bgp graceful-restart-disable\n"
          " no bgp network import-check\n",
          out);
    if (site->family == 6)
        fputs(" no bgp default ipv4-unicast\n", out);
    for (unsigned t = 0; t < AWS_TUNNELS; t++)
        neighbor(out, node->tunnel[t].aws.cloud.inside, site->cloud_asn, node->tunnel[t].name,
                 site->hold_s);
    if (site->wish.router[0] != '\0')
        neighbor(out, site->wish.router, site->wish.router_asn, "lan", 9);
    neighbor(out, peer, site->asn, "peer", 9);
    family(out, site, n, peer);
}
