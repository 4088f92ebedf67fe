/* Kernel settings of a gateway. */
#include "conf/import/write.h"

static void forward_v6(FILE *out)
{
    fputs("# /etc/sysctl.d/60-cgwha.conf\n"
          "net.ipv6.conf.all.forwarding = 1\n"
          "# A gateway that forwards takes no default route from router advertisements. If\n"
          "# that is where yours comes from, let the interface to AWS take it all the same:\n"
          "# net.ipv6.conf.INTERFACE.accept_ra = 2\n"
          "#\n"
          "# While traffic moves from one gateway to the other, and whenever the cloud\n"
          "# chooses another tunnel than we do, a packet's answer comes in where the\n"
          "# packet did not go out. The kernel has no reverse path filter for IPv6, but a\n"
          "# firewall may: no rule \"fib saddr . iif oif missing drop\", and in\n"
          "# firewalld.conf IPv6_rpfilter=loose or no. For the same reason let no firewall\n"
          "# on these gateways drop forwarded packets for lack of a connection it has seen.\n",
          out);
}

static void forward_v4(FILE *out)
{
    fputs("# /etc/sysctl.d/60-cgwha.conf\n"
          "net.ipv4.ip_forward = 1\n"
          "# While traffic moves from one gateway to the other, and whenever the cloud\n"
          "# chooses another tunnel than we do, a packet's answer comes in where the\n"
          "# packet did not go out. Strict filtering (1) would drop it; loose (2) accepts\n"
          "# a source that is reachable by any interface. For the same reason let no\n"
          "# firewall on these gateways drop forwarded packets for lack of a connection\n"
          "# it has seen.\n"
          "net.ipv4.conf.all.rp_filter = 2\n"
          "net.ipv4.conf.default.rp_filter = 2\n",
          out);
}

void write_sysctl(FILE *out, const struct site *site, unsigned n)
{
    if (site->family == 4)
        forward_v4(out);
    else
        forward_v6(out);
    if (site->wish.device != DEVICE_VTI)
        return;
    fputs("# A VTI carries what is marked for it, and looks up no other policy. systemd\n"
          "# applies these when the interface appears; before that they are ignored.\n",
          out);
    for (unsigned t = 0; t < AWS_TUNNELS; t++)
        fprintf(out, "-net.ipv%u.conf.%s.disable_policy = 1\n", site->family,
                site->node[n].tunnel[t].name);
}
