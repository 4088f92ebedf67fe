/* What to do next, with these files in hand. */
#include "conf/import/write.h"

static void table(FILE *out, const struct site *site)
{
    for (unsigned n = 0; n < PAIR; n++) {
        const struct site_node *node = &site->node[n];
        fprintf(out, "    %s: %s, customer gateway %s\n", node->name, node->id, node->outside);
        for (unsigned t = 0; t < AWS_TUNNELS; t++) {
            const struct aws_tunnel *aws = &node->tunnel[t].aws;
            fprintf(out, "        %s: %s, inside %s to %s\n", node->tunnel[t].name,
                    aws->cloud.outside, aws->gateway.inside, aws->cloud.inside);
        }
    }
}

static bool is_frr(const struct site *site)
{
    return site->wish.bgp == BGP_FRR;
}

static void fill_in(FILE *out, const char *open)
{
    if (open[0] == '\0')
        return;
    fprintf(out,
            "\n0. Fill in what the cloud's files do not say, or make these files anew with\n"
            "   the option that stands behind the word. The programs refuse a file that\n"
            "   still has one of these words:\n"
            "\n%s",
            open);
}

static void install(FILE *out, const struct site *site)
{
    fprintf(out,
            "\n1. Packages, on each gateway:\n"
            "\n"
            "       apt-get install charon-systemd strongswan-swanctl \\\n"
            "           libstrongswan-standard-plugins %s corosync nftables cgwha\n"
            "\n"
            "   Each has its outside address%s, its LAN address and its links to the other\n"
            "   one already, and a route to the site's networks unless they are the LAN\n"
            "   itself. These files make the interfaces of the tunnels, and no others.\n"
            "\n"
            "2. Everything to its place. /etc/%s and\n"
            "   /etc/corosync/corosync.conf are replaced: save yours before.\n"
            "\n",
            is_frr(site) ? "frr" : "bird2",
            site->wish.local[0][0] != '\0' ? " (NAT is between it and AWS)" : "",
            is_frr(site) ? "frr/frr.conf" : "bird/bird.conf");
    for (unsigned n = 0; n < PAIR; n++)
        fprintf(out,
                "       tar -C %s -c etc |\n"
                "           ssh root@%s tar -C / --no-overwrite-dir --no-same-owner -xp\n",
                site->node[n].name, site->node[n].name);
    fputs("\n"
          "   When all works, delete this directory: it has the tunnels' keys and the\n"
          "   cluster's.\n",
          out);
}

static void interfaces(FILE *out, const struct site *site)
{
    fprintf(out,
            "\n3. Kernel settings, interfaces, MSS clamp:\n"
            "\n"
            "       sysctl --system\n"
            "       systemctl enable --now systemd-networkd && networkctl reload\n"
            "       nft -f /etc/nftables.d/cgwha.nft\n"
            "       echo 'include \"/etc/nftables.d/cgwha.nft\"' >>/etc/nftables.conf\n"
            "       systemctl enable nftables\n"
            "\n"
            "   networkd leaves alone what ifupdown or NetworkManager has set up. If one of\n"
            "   them is in use, systemctl disable systemd-networkd-wait-online.\n"
            "   ip -d link show %s shows %s.\n",
            site->node[0].tunnel[0].name,
            site->wish.device == DEVICE_VTI ? "vti and its key" : "xfrm and its if_id");
}

static void tunnels(FILE *out, const struct site *site)
{
    fputs("\n4. The tunnels. The firewall lets in UDP 500 and 4500 and ESP from AWS.\n"
          "\n"
          "       systemctl enable strongswan && systemctl restart strongswan\n"
          "       swanctl --list-sas\n",
          out);
    if (!site->wish.file_ciphers)
        fputs("\n"
              "   Their ciphers are AES-256, SHA-2, group 20 or 14, which AWS accepts unless\n"
              "   the tunnel options there say otherwise. If the log has NO_PROPOSAL_CHOSEN\n"
              "   they do: allow these there, or make these files with --file-ciphers.\n",
              out);
}

static void daemons(FILE *out, const struct site *site)
{
    const char *second = site->node[1].name;

    fprintf(out,
            "\n5. corosync. The firewall lets in UDP 5405%s from the other gateway.\n"
            "\n"
            "       systemctl enable corosync && systemctl restart corosync\n"
            "       corosync-cfgtool -s\n"
            "\n"
            "6. %s and cgwha:\n"
            "\n"
            "       systemd-tmpfiles --create cgwha.conf\n"
            "%s"
            "       systemctl enable cgwhad cgwha-gateway\n"
            "       systemctl restart cgwhad && systemctl start cgwha-gateway\n"
            "       cgwha status\n"
            "\n"
            "7. When both gateways are in service and every prefix is covered twice:\n"
            "\n"
            "       cgwha drain %s --dry-run\n"
            "       cgwha drain %s --reason \"first try\"\n"
            "       cgwha undrain %s\n",
            site->wish.rings > 1 ? " and 5406" : "", is_frr(site) ? "FRR" : "BIRD",
            is_frr(site) ? "       sed -i 's/^bgpd=no/bgpd=yes/' /etc/frr/daemons\n"
                           "       cgwhad -t && vtysh -C -f /etc/frr/frr.conf\n"
                           "       systemctl enable frr && systemctl restart frr\n"
                         : "       cgwhad -t && bird -p\n"
                           "       systemctl enable bird && systemctl restart bird\n",
            second, second, second);
}

static void notes(FILE *out, const struct site *site)
{
    const struct wish *wish = &site->wish;

    if (wish->router[0] == '\0')
        fputs("\n"
              "There is no session to the site's router (--lan-router). cgwha then moves what\n"
              "comes from the cloud; what goes there has to find the gateway in service by\n"
              "other means.\n",
              out);
    if (wish->rings < RINGS_MAX)
        fputs("\n"
              "corosync has one link; --ring, twice, makes two. When it fails both gateways\n"
              "carry on, but drains are refused until it is back.\n",
              out);
    if (wish->cloud.count == 0)
        fputs("\n"
              "The gateways learn whatever the cloud announces, except the site's own\n"
              "prefixes and the default route; --cloud-prefix names what they may.\n",
              out);
}

void write_readme(FILE *out, const struct site *site, const char *open)
{
    fputs("What cgwha import has written, and what to do with it. One gateway after the\n"
          "other: let the other one carry the traffic meanwhile.\n"
          "\n",
          out);
    table(out, site);
    fill_in(out, open);
    install(out, site);
    interfaces(out, site);
    tunnels(out, site);
    daemons(out, site);
    notes(out, site);
}
