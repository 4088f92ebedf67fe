/* The interfaces of the tunnels, for systemd-networkd. It is given these interfaces and no others.
 */
#include "conf/import/write.h"

void write_networkd(FILE *out, const struct site *site, unsigned n)
{
    (void)site;
    (void)n;
    fputs("# /etc/systemd/networkd.conf.d/60-cgwha.conf, the same on both gateways.\n"
          "[Network]\n"
          "# The routes through the tunnels are BIRD's. By default networkd removes,\n"
          "# whenever it is started anew, every route that it has not made itself.\n"
          "ManageForeignRoutes=no\n"
          "ManageForeignRoutingPolicyRules=no\n",
          out);
}

/* What is routed into the interface leaves by that tunnel's SA, and what arrives by the SA shows up
 * there: so BGP and the routing table see two plain links. */
void write_netdev(FILE *out, const struct site *site, unsigned n, unsigned t)
{
    const struct site_node *node = &site->node[n];
    const struct site_tunnel *tunnel = &node->tunnel[t];
    const char *name = tunnel->name;
    bool vti = site->wish.device == DEVICE_VTI;
    const char *kind = !vti ? "xfrm" : address_is_v4(node->outside) ? "vti" : "vti6";

    fprintf(out,
            "# /etc/systemd/network/60-%s.netdev of %s\n"
            "[NetDev]\n"
            "Name=%s\n"
            "Kind=%s\n"
            "# 1500 less ESP in tunnel mode, with room for UDP encapsulation.\n"
            "MTUBytes=%u\n"
            "\n",
            name, node->name, name, kind, write_mtu(site, n));
    if (vti)
        fprintf(out,
                "[Tunnel]\n"
                "Independent=yes\n"
                "Local=%s\n"
                "Remote=%s\n"
                "# mark_in and mark_out in swanctl.conf\n"
                "Key=%u\n",
                node->local, tunnel->aws.cloud.outside, tunnel->number);
    else
        fprintf(out,
                "[Xfrm]\n"
                "Independent=yes\n"
                "# if_id_in and if_id_out in swanctl.conf\n"
                "InterfaceId=%u\n",
                tunnel->number);
}

void write_network(FILE *out, const struct site *site, unsigned n, unsigned t)
{
    const struct site_node *node = &site->node[n];
    const struct site_tunnel *tunnel = &node->tunnel[t];

    fprintf(out,
            "# /etc/systemd/network/60-%s.network of %s\n"
            "[Match]\n"
            "Name=%s\n"
            "\n"
            "[Link]\n"
            "# A boot does not wait for it.\n"
            "RequiredForOnline=no\n"
            "\n"
            "[Network]\n"
            "Address=%s/%u\n"
            "ConfigureWithoutCarrier=yes\n"
            "LinkLocalAddressing=%s\n"
            "IPv6AcceptRA=no\n",
            tunnel->name, node->name, tunnel->name, tunnel->aws.gateway.inside,
            tunnel->aws.gateway.inside_bits, site->family == 4 ? "no" : "ipv6");
}
