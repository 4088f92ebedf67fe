/* nftables: TCP learns what fits into a tunnel. */
#include "conf/import/write.h"

#define TCP_V4 40u /* bytes of the headers of IPv4 and TCP */
#define TCP_V6 60u

/* The least of what the cloud's file says and what the interface's MTU leaves. */
static unsigned clamp(const struct site *site, unsigned n)
{
    const struct site_node *node = &site->node[n];
    unsigned mss = write_mtu(site, n) - (site->family == 4 ? TCP_V4 : TCP_V6);

    for (unsigned t = 0; t < AWS_TUNNELS; t++) {
        if (node->tunnel[t].aws.mss < mss)
            mss = node->tunnel[t].aws.mss;
    }
    return mss;
}

void write_nft(FILE *out, const struct site *site, unsigned n)
{
    const struct site_node *node = &site->node[n];
    const char *a = node->tunnel[0].name, *b = node->tunnel[1].name;
    unsigned mss = clamp(site, n);

    fprintf(out,
            "#!/usr/sbin/nft -f\n"
            "# /etc/nftables.d/cgwha.nft: there is no path MTU discovery through AWS's end,\n"
            "# so TCP is told what fits, both ways; a smaller value that is there already\n"
            "# stays. This table alone is replaced when the file is loaded again.\n"
            "table inet cgwha\n"
            "delete table inet cgwha\n"
            "table inet cgwha {\n"
            "    chain mss {\n"
            "        type filter hook forward priority mangle; policy accept;\n"
            "        oifname { \"%s\", \"%s\" } tcp flags & (syn | rst) == syn tcp option maxseg "
            "size set %u\n"
            "        iifname { \"%s\", \"%s\" } tcp flags & (syn | rst) == syn tcp option maxseg "
            "size set %u\n"
            "    }\n"
            "}\n",
            a, b, mss, a, b, mss);
}
