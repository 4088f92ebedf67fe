/* frr.conf: the sessions in the tunnels, to the site's router, and between the gateways, for FRR.
 * What a level sets is written by the backend that will change it. */
#include <string.h>

#include "conf/import/write.h"
#include "routing/frr_level.h"

static void head(FILE *out, const struct site *site, unsigned n)
{
    struct router_conf levels = {.asn = site->asn};

    for (unsigned level = LEVEL_LOW; level < LEVELS; level++) {
        struct level_attr *attr = &levels.level[level];
        attr->med = attr->lan_med = write_med(n, (enum level)level);
        attr->prepend = level == LEVEL_LOW; /* the defaults of cgwha.conf */
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

/* One prefix-list; each prefix with `suffix`, or the word to be filled in. */
static void prefix_list(FILE *out, const char *name, const char *act, unsigned seq,
                        const struct prefix_list *list, const char *suffix)
{
    char text[PREFIX_TEXT];

    if (list->count == 0)
        fprintf(out, "ip prefix-list %s seq %u %s " FILL_IN_PREFIX "%s\n", name, seq, act, suffix);
    for (unsigned i = 0; i < list->count; i++)
        fprintf(out, "ip prefix-list %s seq %u %s %s%s\n", name, seq + i, act,
                prefix_text(&list->item[i], text), suffix);
}

static void lists(FILE *out, const struct wish *wish)
{
    fputs("! What the site announces: the shared prefixes of cgwha.conf.\n", out);
    prefix_list(out, "SHARED", "permit", 10, &wish->shared, "");
    fputs("!\n! What may be learnt from the cloud.\n", out);
    if (wish->cloud.count > 0) {
        prefix_list(out, "CLOUD", "permit", 10, &wish->cloud, " le 32");
    } else {
        fputs("! Nothing of the site's own, and no default route: it would send the tunnels'\n"
              "! packets into the tunnels. Better name what the cloud has.\n"
              "ip prefix-list CLOUD seq 5 deny 0.0.0.0/0\n",
              out);
        prefix_list(out, "CLOUD", "deny", 10, &wish->shared, " le 32");
        fputs("ip prefix-list CLOUD seq 1000 permit 0.0.0.0/0 le 32\n", out);
    }
    fputs("!\n", out);
}

static void maps(FILE *out, const struct site *site, unsigned n)
{
    fputs("! Equal local preference for both tunnels: AWS steers its maintenance by the MED it\n"
          "! sends, and a preference of ours would overrule it.\n"
          "route-map FROM-CLOUD permit 10\n"
          " match ip address prefix-list CLOUD\n"
          "exit\n"
          "!\n"
          "! A map for each tunnel: neighbours of one map are one update-group, for which bgpd\n"
          "! gathers announcements for 0.5 s instead of 0.1 s.\n",
          out);
    for (unsigned t = 0; t < AWS_TUNNELS; t++)
        fprintf(out,
                "route-map TO-%s permit 10\n"
                " match ip address prefix-list SHARED\n"
                " call CGWHA-CLOUD\n"
                "exit\n"
                "!\n",
                site->node[n].tunnel[t].name);
    fputs("! To the LAN: what was learnt from the cloud, and nothing back.\n"
          "route-map TO-LAN deny 5\n"
          " match ip address prefix-list SHARED\n"
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
          " match ip address prefix-list SHARED\n"
          "exit\n"
          "route-map TO-PEER permit 10\n"
          "exit\n"
          "route-map FROM-PEER permit 10\n"
          " set local-preference 50\n"
          "exit\n"
          "!\n"
          "! What the gateway itself sends to the cloud comes from its LAN address, not from a\n"
          "! tunnel's 169.254 address, which the cloud cannot answer.\n"
          "route-map SOURCE permit 10\n"
          " set src ",
          out);
    write_lan_address(out, site, n);
    fputs("\nexit\nip protocol bgp route-map SOURCE\n!\n", out);
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

static void in_and_out(FILE *out, const char *address, const char *in, const char *map,
                       const char *suffix)
{
    fprintf(out,
            "  neighbor %s route-map %s in\n"
            "  neighbor %s route-map %s%s out\n",
            address, in, address, map, suffix);
}

static void family(FILE *out, const struct site *site, unsigned n, const char *peer)
{
    const struct wish *wish = &site->wish;
    char text[PREFIX_TEXT];

    fputs(" address-family ipv4 unicast\n", out);
    if (wish->shared.count == 0)
        fputs("  network " FILL_IN_PREFIX "\n", out);
    for (unsigned i = 0; i < wish->shared.count; i++)
        fprintf(out, "  network %s\n", prefix_text(&wish->shared.item[i], text));
    for (unsigned t = 0; t < AWS_TUNNELS; t++)
        in_and_out(out, site->node[n].tunnel[t].aws.cloud.inside, "FROM-CLOUD", "TO-",
                   site->node[n].tunnel[t].name);
    if (wish->router[0] != '\0')
        in_and_out(out, wish->router, "NOTHING", "TO-LAN", "");
    in_and_out(out, peer, "FROM-PEER", "TO-PEER", "");
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
    lists(out, &site->wish);
    maps(out, site, n);
    fprintf(out, "router bgp %lu\n bgp router-id ", (unsigned long)site->asn);
    write_lan_address(out, site, n);
    fputs("\n"
          " bgp log-neighbor-changes\n"
          " bgp graceful-restart-disable\n"
          " no bgp network import-check\n",
          out);
    for (unsigned t = 0; t < AWS_TUNNELS; t++)
        neighbor(out, node->tunnel[t].aws.cloud.inside, site->cloud_asn, node->tunnel[t].name,
                 site->hold_s);
    if (site->wish.router[0] != '\0')
        neighbor(out, site->wish.router, site->wish.router_asn, "lan", 9);
    neighbor(out, peer, site->asn, "peer", 9);
    family(out, site, n, peer);
}
