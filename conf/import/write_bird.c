/* bird.conf: the sessions in the tunnels, to the site's router, and between the gateways. */
#include "conf/import/write.h"

/* The channel of what is routed, and its default route. */
static const char *channel(const struct site *site)
{
    return site->family == 4 ? "ipv4" : "ipv6";
}

static const char *everything(const struct site *site)
{
    return site->family == 4 ? "0.0.0.0/0" : "::/0";
}

/* A session inside the site: nothing else tells that its other end is dead, so it is quick. */
static const char quick[] = "    hold time 9;\n"
                            "    keepalive time 3;\n"
                            "    startup hold time 9;\n"
                            "    connect delay time 1;\n"
                            "    connect retry time 5;\n"
                            "    error wait time 2, 10;\n"
                            "    graceful restart off;\n";

static void head(FILE *out, const struct site *site, unsigned n)
{
    fprintf(out,
            "# /etc/bird/bird.conf of %s, BIRD 2.\n"
            "\n"
            "log syslog all;\n"
            "router id ",
            site->node[n].name);
    write_router_id(out, site, n);
    fputs(site->family == 4 ? ";\n" : ";   # no other router of the site may have this one\n", out);
    fputs("\n"
          "# The level, and the functions that apply it: cgwha_cloud() and cgwha_lan().\n"
          "# The comments in that file say why rs client, next hop self and export table\n"
          "# on stand below.\n"
          "include \"/usr/share/cgwha/cgwha.bird\";\n"
          "\n"
          "# What the site announces: the shared prefixes of cgwha.conf.\n"
          "define SHARED = [ ",
          out);
    write_prefixes(out, &site->wish.shared, "", "");
    fprintf(out,
            " ];\n"
            "\n"
            "protocol device { scan time 10; }\n"
            "\n"
            "# The LAN's segment as a route, so that next hops there are resolved by it.\n"
            "# Without this the shared prefixes below, blackholes, would be the best match\n"
            "# and swallow what should go to the other gateway.\n"
            "protocol direct {\n"
            "    %s;\n"
            "    interface ",
            channel(site));
    if (site->wish.lan_interface[0] != '\0')
        fprintf(out, "\"%s\";\n}\n", site->wish.lan_interface);
    else
        fputs(FILL_IN_INTERFACE ";\n}\n", out);
}

/* No protocol has more than the routes it names, and a placeholder is refused where it stands. */
static void shared(FILE *out, const struct site *site)
{
    const struct prefix_list *list = &site->wish.shared;
    char text[PREFIX_TEXT];

    fprintf(out,
            "\n"
            "# They do not follow the LAN: both gateways announce them as long as they are\n"
            "# in service.\n"
            "protocol static shared {\n"
            "    %s;\n",
            channel(site));
    if (list->count == 0)
        fputs("    route " FILL_IN_PREFIX " blackhole;\n", out);
    for (unsigned i = 0; i < list->count; i++)
        fprintf(out, "    route %s blackhole;\n", prefix_text(&list->item[i], text));
    fputs("}\n", out);
}

static void kernel(FILE *out, const struct site *site, unsigned n)
{
    fprintf(out,
            "\n"
            "protocol kernel {\n"
            "    %s {\n"
            "        import none;\n"
            "        # krt_prefsrc: what the gateway itself sends to the cloud comes from\n"
            "        # its LAN address, not from a tunnel's %s address, which the\n"
            "        # cloud cannot answer.\n"
            "        export filter {\n"
            "            if source != RTS_BGP then reject;\n"
            "            krt_prefsrc = ",
            channel(site), site->family == 4 ? "169.254" : "inside");
    write_lan_address(out, site, n);
    fputs(";\n"
          "            accept;\n"
          "        };\n"
          "    };\n"
          "}\n",
          out);
}

/* What may be learnt from the cloud. */
static void import(FILE *out, const struct site *site)
{
    const struct wish *wish = &site->wish;

    if (wish->cloud.count > 0) {
        fputs("            if net ~ [ ", out);
        write_prefixes(out, &wish->cloud, "", "+");
        fputs(" ] then accept;\n"
              "            reject;\n",
              out);
        return;
    }
    fprintf(out,
            "            # Nothing of the site's own, and no default route: it would send\n"
            "            # the tunnels' packets into the tunnels. Better name what the\n"
            "            # cloud has:\n"
            "            #   if net ~ [ %s+ ] then accept; reject;\n"
            "            if net = %s then reject;\n"
            "            if net ~ [ ",
            site->family == 4 ? "10.0.0.0/16" : "2001:db8::/56", everything(site));
    write_prefixes(out, &wish->shared, "", "+");
    fputs(" ] then reject;\n"
          "            accept;\n",
          out);
}

static void cloud(FILE *out, const struct site *site, unsigned n)
{
    unsigned long hold = site->hold_s;

    fprintf(out,
            "\n"
            "# The tunnels to AWS.\n"
            "template bgp cloud {\n"
            "    local as %lu;\n"
            "    rs client;\n"
            "    hold time %lu;\n"
            "    keepalive time %lu;\n"
            "    startup hold time %lu;\n"
            "    connect delay time 1;       # else an opened session waits 5 s before it speaks\n"
            "    connect retry time 5;\n"
            "    error wait time 2, 10;\n"
            "    # Off, not aware: AWS offers graceful restart with 120 s, and a BIRD that\n"
            "    # is aware would keep a dead tunnel's routes for so long. With it on, AWS\n"
            "    # would keep ours when BIRD dies.\n"
            "    graceful restart off;\n"
            "    %s {\n"
            "        # Equal local preference for both tunnels: AWS steers its maintenance\n"
            "        # by the MED it sends, and a preference of ours would overrule it.\n"
            "        import filter {\n",
            (unsigned long)site->asn, hold, hold / 3, hold, channel(site));
    import(out, site);
    fprintf(out,
            "        };\n"
            "        next hop self;\n"
            "        export table on;        # cgwha reads here what is really sent\n"
            "        export filter {\n"
            "            if net !~ SHARED then reject;\n"
            "            if source != RTS_STATIC && source != RTS_DEVICE then reject;\n"
            "            if ! cgwha_cloud(%lu) then reject;\n"
            "            accept;\n"
            "        };\n"
            "    };\n"
            "}\n",
            (unsigned long)site->asn);
    for (unsigned t = 0; t < AWS_TUNNELS; t++) {
        const struct site_tunnel *tunnel = &site->node[n].tunnel[t];
        fprintf(out,
                "\n"
                "protocol bgp %s from cloud {\n"
                "    neighbor %s as %lu;\n"
                "    source address %s;\n"
                "}\n",
                tunnel->name, tunnel->aws.cloud.inside, (unsigned long)site->cloud_asn,
                tunnel->aws.gateway.inside);
    }
}

/* With iBGP the router would refuse a path with its own AS, so nothing is prepended. */
static void lan(FILE *out, const struct site *site, unsigned n)
{
    const struct wish *wish = &site->wish;
    bool outer = wish->router_asn != site->asn;

    if (wish->router[0] == '\0')
        return;
    fprintf(out,
            "\n"
            "# The site's router. It has to compare MEDs, which it does by itself as both\n"
            "# gateways are in one AS.\n"
            "protocol bgp lan {\n"
            "    local as %lu;\n"
            "%s    neighbor %s as %lu;\n"
            "    source address ",
            (unsigned long)site->asn, outer ? "    rs client;\n" : "", wish->router,
            (unsigned long)wish->router_asn);
    write_lan_address(out, site, n);
    fprintf(out,
            ";\n"
            "%s    %s {\n"
            "        import none;\n"
            "        next hop self;\n"
            "        export table on;\n"
            "        export filter {\n"
            "            if source != RTS_BGP then reject;\n"
            "            if ! cgwha_lan(%lu) then reject;\n"
            "            accept;\n"
            "        };\n"
            "    };\n"
            "}\n",
            quick, channel(site), outer ? (unsigned long)site->asn : 0);
}

static void peer(FILE *out, const struct site *site, unsigned n)
{
    fprintf(out,
            "\n"
            "# The other gateway: what still arrives here while this one has no tunnel goes\n"
            "# on to it. A lower local preference than any tunnel of our own (100), or\n"
            "# traffic would take the detour at will. Not a session of cgwha.conf: it has\n"
            "# no level, and stays up in a drain.\n"
            "protocol bgp peer {\n"
            "    local as %lu;\n"
            "    neighbor ",
            (unsigned long)site->asn);
    write_lan_address(out, site, 1 - n);
    fprintf(out,
            " as %lu;\n"
            "    source address ",
            (unsigned long)site->asn);
    write_lan_address(out, site, n);
    fprintf(out,
            ";\n"
            "%s    %s {\n"
            "        import filter {\n"
            "            bgp_local_pref = 50;\n"
            "            accept;\n"
            "        };\n"
            "        next hop self;\n"
            "        export where source = RTS_BGP && proto != \"peer\";\n"
            "    };\n"
            "}\n",
            quick, channel(site));
}

void write_bird(FILE *out, const struct site *site, unsigned n)
{
    head(out, site, n);
    shared(out, site);
    kernel(out, site, n);
    cloud(out, site, n);
    lan(out, site, n);
    peer(out, site, n);
}
