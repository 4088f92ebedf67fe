/* swanctl.conf: a connection for each tunnel, and its key. The one file with the cloud's secrets.
 */
#include "conf/import/write.h"

/* AWS rekeys 270 to 540 s before a lifetime ends (margin 270 s, fuzz 100 %). We do it before that,
 * so that both never do it at once. */
static unsigned rekey_s(uint32_t lifetime_s)
{
    uint32_t before = lifetime_s / 8 > 600 ? lifetime_s / 8 : 600;

    return lifetime_s - before;
}

static void connection(FILE *out, const struct site *site, const struct site_tunnel *t)
{
    const char *what = site->wish.device == DEVICE_VTI ? "mark" : "if_id";

    fprintf(out, "    %s : cgwha-tunnel {\n", t->name);
    fprintf(out, "        remote_addrs = %s\n", t->aws.cloud.outside);
    fprintf(out, "        proposals = %s\n", t->ike);
    fprintf(out, "        # AWS: %lu s.\n", (unsigned long)t->aws.ike.lifetime_s);
    fprintf(out, "        rekey_time = %us\n", rekey_s(t->aws.ike.lifetime_s));
    fprintf(out,
            "        # Asked so often in silence; unanswered, the tunnel is down 24 s later\n");
    fprintf(out, "        # (strongswan.d/cgwha.conf).\n");
    fprintf(out, "        dpd_delay = %lus\n", (unsigned long)t->aws.dpd_s);
    fprintf(out,
            "        remote {\n"
            "            auth = psk\n"
            "            id = %s\n"
            "        }\n",
            t->aws.cloud.outside);
    fprintf(out, "        children {\n            %s : cgwha-child {\n", t->name);
    fprintf(out, "                %s_in = %u\n                %s_out = %u\n", what, t->number, what,
            t->number);
    fprintf(out, "                esp_proposals = %s\n", t->esp);
    fprintf(out, "                # AWS: %lu s, less 270 to 540 s.\n",
            (unsigned long)t->aws.esp.lifetime_s);
    fprintf(out, "                rekey_time = %us\n", rekey_s(t->aws.esp.lifetime_s));
    fputs("            }\n"
          "        }\n"
          "    }\n",
          out);
}

static void common(FILE *out, const struct site *site, const struct site_node *node)
{
    const char *all = site->family == 4 ? "0.0.0.0/0" : "::/0";

    fprintf(out,
            "\n"
            "# What both tunnels have in common.\n"
            "cgwha-tunnel {\n"
            "    version = 2\n"
            "    local_addrs = %s\n"
            "    local {\n"
            "        auth = psk\n"
            "        # The address of this customer gateway at AWS. The two gateways must\n"
            "        # not share an identity: with unique = replace, one would throw the\n"
            "        # other out.\n"
            "        id = %s\n"
            "    }\n"
            "    mobike = no\n"
            "    unique = replace\n"
            "}\n",
            node->local, node->outside);
    fprintf(out,
            "\n"
            "cgwha-child {\n"
            "    # AWS takes these and no others; what goes in is decided by routes.\n"
            "    local_ts = %s\n"
            "    remote_ts = %s\n",
            all, all);
    fputs("    # As at AWS; the default of 32 drops packets that were reordered on the\n"
          "    # way.\n"
          "    replay_window = 1024\n"
          "    mode = tunnel\n"
          "    # Both work without cgwha: up when loaded, and up again when the peer\n"
          "    # stops answering.\n"
          "    start_action = start\n"
          "    dpd_action = restart\n"
          "    # Not when the peer deletes an SA: at a drain both sides do so, and after\n"
          "    # a collision of rekeys it would multiply SAs. cgwhad brings back what it\n"
          "    # wants back.\n"
          "    close_action = none\n"
          "}\n",
          out);
}

void write_swanctl(FILE *out, const struct site *site, unsigned n)
{
    const struct site_node *node = &site->node[n];

    fprintf(out,
            "# /etc/swanctl/conf.d/cgwha.conf of %s: the two tunnels of %s. Mode 0600: it\n"
            "# has their keys.\n"
            "\n"
            "connections {\n",
            node->name, node->id);
    for (unsigned t = 0; t < AWS_TUNNELS; t++)
        connection(out, site, &node->tunnel[t]);
    fputs("}\n", out);
    common(out, site, node);
    fputs("\n"
          "secrets {\n",
          out);
    for (unsigned t = 0; t < AWS_TUNNELS; t++)
        fprintf(out,
                "    ike-%s {\n"
                "        id-1 = %s\n"
                "        id-2 = %s\n"
                "        secret = \"%s\"\n"
                "    }\n",
                node->tunnel[t].name, node->outside, node->tunnel[t].aws.cloud.outside,
                node->tunnel[t].aws.key);
    fputs("}\n", out);
}
