/* The route-maps of the levels, as they stand in frr.conf. */
#include "routing/frr_level.h"

#include "routing/frr_reply.h"

static void print_leaf(const struct router_conf *conf, bool lan, enum level level, FILE *out)
{
    const struct level_attr *attr = &conf->level[level];
    unsigned prepend = lan ? attr->lan_prepend : attr->prepend;

    fprintf(out, "route-map %s %s 10\n", frr_map_name(lan, level),
            level == LEVEL_WITHDRAWN ? "deny" : "permit");
    if (level != LEVEL_WITHDRAWN) {
        fprintf(out, " set metric %u\n", lan ? attr->lan_med : attr->med);
        if (prepend > 0)
            fputs(" set as-path prepend", out);
        for (unsigned i = 0; i < prepend; i++)
            fprintf(out, " %u", conf->asn);
        if (prepend > 0)
            fputc('\n', out);
        if (!lan && attr->gshut)
            fputs(" set community graceful-shutdown additive\n", out);
    }
    fputs("exit\n!\n", out);
}

void router_frr_text(const struct router_conf *conf, FILE *out)
{
    fputs(
        "! cgwha: what each level sets. These route-maps change nothing of their own; a route-map\n"
        "! of yours calls CGWHA-CLOUD towards the cloud, CGWHA-LAN towards your routers. They "
        "call\n"
        "! low, at which bgpd starts; cgwhad moves the call, and its description, while it runs.\n"
        "bgp community-list standard " FRR_GSHUT " seq 5 permit graceful-shutdown\n!\n",
        out);
    for (unsigned lan = 0; lan < 2; lan++) {
        for (unsigned level = LEVELS; level-- > 0;)
            print_leaf(conf, lan != 0, (enum level)level, out);
        fprintf(out, "route-map %s permit 10\n call %s\nexit\n!\n", frr_map_name(lan != 0, LEVELS),
                frr_map_name(lan != 0, LEVEL_LOW));
    }
    fputs("! By this one cgwhad asks which of the advertised routes carry GRACEFUL_SHUTDOWN.\n"
          "route-map " FRR_GSHUT " permit 10\n match community " FRR_GSHUT "\nexit\n!\n",
          out);
}
