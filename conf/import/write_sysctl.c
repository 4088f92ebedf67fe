/* Kernel settings of a gateway. */
#include "conf/import/write.h"

void write_sysctl(FILE *out, const struct site *site, unsigned n)
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
    if (site->wish.device != DEVICE_VTI)
        return;
    fputs("# A VTI carries what is marked for it, and looks up no other policy. systemd\n"
          "# applies these when the interface appears; before that they are ignored.\n",
          out);
    for (unsigned t = 0; t < AWS_TUNNELS; t++)
        fprintf(out, "-net.ipv4.conf.%s.disable_policy = 1\n", site->node[n].tunnel[t].name);
}
