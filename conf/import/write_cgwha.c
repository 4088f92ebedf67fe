/* cgwha.conf. Its defaults are left to cgwhad. */
#include "conf/import/write.h"

void write_cgwha(FILE *out, const struct site *site, unsigned n)
{
    static const struct {
        enum level level;
        const char *name;
    } levels[] = {{LEVEL_HIGH, "high"}, {LEVEL_NORMAL, "normal"}, {LEVEL_LOW, "low"}};
    const struct site_node *node = &site->node[n];
    const struct profile *profile = &conf_profiles[site->profile];
    bool frr = site->wish.bgp == BGP_FRR;

    fprintf(out,
            "# /etc/cgwha/cgwha.conf of %s. Everything not written here is left at its\n"
            "# default; see /etc/cgwha/cgwha.conf.sample for every key. `cgwhad -t` checks\n"
            "# this file.\n"
            "\n"
            "# What both gateways advertise to the cloud, as in %s; the same list on\n"
            "# both.\n"
            "prefixes = { ",
            node->name, frr ? "frr.conf" : "bird.conf");
    write_prefixes(out, &site->wish.shared, "\"", "");
    fprintf(out,
            " }\n"
            "asn = %lu\n"
            "%s"
            "%sprofile = \"%s\"%s\n"
            "#group = \"cgwha\"               # who may use the command cgwha, besides root\n"
            "\n",
            (unsigned long)site->asn, frr ? "router = \"frr\"\n" : "",
            site->profile == PROFILE_GENERIC ? "#" : "", profile->name,
            site->profile == PROFILE_GENERIC ? "            # aws-vgw or aws-tgw: AWS did not say"
                                             : "");
    for (unsigned t = 0; t < AWS_TUNNELS; t++)
        fprintf(out, "tunnel %s { }\n", node->tunnel[t].name);
    if (site->wish.router[0] != '\0')
        fprintf(out, "lan lan { }                     # the session with %s\n", site->wish.router);
    fprintf(out,
            "\n"
            "# The other gateway has %u, %u, %u: at each level %s wins, and each one's\n"
            "# high beats the other's normal.%s\n",
            write_med(1 - n, LEVEL_HIGH), write_med(1 - n, LEVEL_NORMAL),
            write_med(1 - n, LEVEL_LOW), site->node[0].name,
            frr ? " cgwhad -r prints what frr.conf has to say of them." : "");
    if (profile->by_path)
        fputs(
            "# Towards the cloud the path ranks, alike on both: at normal it shares among them.\n",
            out);
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        unsigned med = write_med(n, levels[i].level);
        if (profile->by_path)
            fprintf(out, "level %-6s { lan-med = %-4u }\n", levels[i].name, med);
        else
            fprintf(out, "level %-6s { med = %-4u lan-med = %-4u }\n", levels[i].name, med, med);
    }
}
