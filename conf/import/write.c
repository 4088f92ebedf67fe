/* What the writers share. Pure but for the FILE. */
#include "conf/import/write.h"

#include <string.h>

void write_lan_address(FILE *out, const struct site *site, unsigned node)
{
    if (site->wish.lan[node][0] != '\0')
        fputs(site->wish.lan[node], out);
    else
        fprintf(out, FILL_IN_ADDRESS "%s", site->node[node].name);
}

void write_prefixes(FILE *out, const struct prefix_list *list, const char *quote,
                    const char *suffix)
{
    char text[PREFIX_TEXT];

    if (list->count == 0)
        fprintf(out, "%s" FILL_IN_PREFIX "%s%s", quote, suffix, quote);
    for (unsigned i = 0; i < list->count; i++)
        fprintf(out, "%s%s%s%s%s", i > 0 ? ", " : "", quote, prefix_text(&list->item[i], text),
                suffix, quote);
}

void write_router_id(FILE *out, const struct site *site, unsigned node)
{
    if (site->family == 4)
        write_lan_address(out, site, node);
    else if (address_is_v4(site->node[node].outside))
        fputs(site->node[node].outside, out);
    else
        fprintf(out, "0.0.0.%u", node + 1);
}

unsigned write_med(unsigned node, enum level level)
{
    unsigned med = level == LEVEL_HIGH ? 10 : level == LEVEL_NORMAL ? 100 : 1000;

    return med * (node + 1);
}

unsigned write_mtu(const struct site *site, unsigned n)
{
    const struct site_node *node = &site->node[n];
    unsigned mtu = MTU_GCM;

    for (unsigned t = 0; t < AWS_TUNNELS; t++) {
        if (strstr(node->tunnel[t].esp, "gcm") == NULL)
            mtu = MTU_CBC;
    }
    return address_is_v4(node->outside) ? mtu : mtu - MTU_IPV6;
}
