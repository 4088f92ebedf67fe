/* corosync.conf: the same file on both gateways. */
#include "conf/import/write.h"

static void link_of(FILE *out, unsigned ring)
{
    fprintf(out,
            "    interface {\n"
            "        linknumber: %u\n"
            "        knet_link_priority: %u\n"
            "    }\n",
            ring, ring == 0 ? 5 : 10);
}

/* Without a link of its own, the LAN is the one link. */
static void node(FILE *out, const struct site *site, unsigned n)
{
    fprintf(out, "    node {\n        nodeid: %u\n        name: %s\n", n + 1, site->node[n].name);
    for (unsigned r = 0; r < site->wish.rings; r++)
        fprintf(out, "        ring%u_addr: %s\n", r, site->wish.ring[r][n]);
    if (site->wish.rings == 0) {
        fputs("        ring0_addr: ", out);
        write_lan_address(out, site, n);
        fputs("\n", out);
    }
    fputs("    }\n", out);
}

void write_corosync(FILE *out, const struct site *site, unsigned n)
{
    unsigned links = site->wish.rings > 0 ? site->wish.rings : 1;

    (void)n;
    fprintf(out,
            "# /etc/corosync/corosync.conf, the same file on both gateways. The key is\n"
            "# beside it: /etc/corosync/authkey, mode 0400.\n"
            "\n"
            "totem {\n"
            "    version: 2\n"
            "    cluster_name: cgwha\n"
            "    transport: knet\n"
            "    # Encrypted and authenticated: who can speak here can take a gateway out\n"
            "    # of service.\n"
            "    crypto_cipher: aes256\n"
            "    crypto_hash: sha256\n"
            "    # A dead gateway is out of the view after 2.2 token times. A false alarm\n"
            "    # costs no packet, but rolls a drain back: on virtual machines that may\n"
            "    # stand still for longer take 1000.\n"
            "    token: %lu\n"
            "    # Two links that share nothing, if at all possible: while either works\n"
            "    # there is no split.\n",
            (unsigned long)site->wish.token_ms);
    for (unsigned r = 0; r < links; r++)
        link_of(out, r);
    fputs("}\n"
          "\n"
          "# The names are those that `cgwha drain NODE` takes.\n"
          "nodelist {\n",
          out);
    for (unsigned i = 0; i < PAIR; i++)
        node(out, site, i);
    fputs("}\n"
          "\n"
          "# cgwha decides nothing by quorum. two_node lets a gateway that is alone go on\n"
          "# being a cluster.\n"
          "quorum {\n"
          "    provider: corosync_votequorum\n"
          "    two_node: 1\n"
          "}\n"
          "\n"
          "logging {\n"
          "    to_stderr: no\n"
          "    to_syslog: yes\n"
          "}\n",
          out);
}
