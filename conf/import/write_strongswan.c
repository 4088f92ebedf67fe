/* charon's own options. */
#include "conf/import/write.h"

void write_strongswan(FILE *out, const struct site *site, unsigned n)
{
    (void)n;
    fprintf(out,
            "# /etc/strongswan.d/cgwha.conf, the same on both gateways.\n"
            "charon {\n"
            "    # The selectors are %s: installed as routes they would send\n",
            site->family == 4 ? "0.0.0.0/0" : "::/0");
    fputs("    # everything into one tunnel. The routes come from BGP.\n"
          "    install_routes = no\n"
          "    install_virtual_ip = no\n"
          "    # Give up on a peer that does not answer after 2 + 3.6 + 6.5 + 11.7 = 24\n"
          "    # s. The default is 165 s, far beyond BGP's hold time, and for so long a\n"
          "    # dead IKE_SA would look alive.\n"
          "    retransmit_timeout = 2.0\n"
          "    retransmit_base = 1.8\n"
          "    retransmit_tries = 3\n"
          "}\n",
          out);
}
