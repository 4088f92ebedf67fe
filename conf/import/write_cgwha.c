/* cgwha.conf. Its defaults are left to cgwhad. */
#include "conf/import/write.h"

void write_cgwha(FILE *out, const struct site *site, unsigned n)
{
    const struct site_node *node = &site->node[n];
    unsigned times = n + 1; /* of the first gateway's MEDs */

    fprintf(out,
            "# /etc/cgwha/cgwha.conf of %s. Everything not written here is left at its\n"
            "# default; see /etc/cgwha/cgwha.conf.sample for every key. `cgwhad -t` checks\n"
            "# this file.\n"
            "\n"
            "# What both gateways advertise to the cloud, as in bird.conf; the same list on\n"
            "# both.\n"
            "prefixes = { ",
            node->name);
    write_prefixes(out, &site->wish.shared, "\"", "");
    fprintf(out,
            " }\n"
            "asn = %lu\n"
            "#group = \"cgwha\"               # who may use the command cgwha, besides root\n"
            "\n",
            (unsigned long)site->asn);
    for (unsigned t = 0; t < AWS_TUNNELS; t++)
        fprintf(out, "tunnel %s { }\n", node->tunnel[t].name);
    if (site->wish.router[0] != '\0')
        fprintf(out, "lan lan { }                     # BIRD's session with %s\n",
                site->wish.router);
    fprintf(out,
            "\n"
            "# The other gateway has %u, %u, %u: at each level %s wins, and each one's high\n"
            "# beats the other's normal.\n"
            "level high   { med = %u    lan-med = %u }\n"
            "level normal { med = %u   lan-med = %u }\n"
            "level low    { med = %u  lan-med = %u }\n",
            (3 - times) * 10, (3 - times) * 100, (3 - times) * 1000, site->node[0].name, times * 10,
            times * 10, times * 100, times * 100, times * 1000, times * 1000);
}
