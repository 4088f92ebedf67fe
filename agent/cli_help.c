/* What cgwha says of itself. */
#include "agent/cli_help.h"

static const char overview[] =
    "Usage: cgwha COMMAND [OPTION...]\n"
    "\n"
    "Takes one of a pair of VPN gateways out of service, and back, without a lost packet.\n"
    "Works from either gateway, for either gateway.\n"
    "\n"
    "  status            how the pair is: each gateway, the lock, and whether the promise holds\n"
    "  drain [NODE]      take a gateway out of service\n"
    "  undrain [NODE]    bring it back\n"
    "  abort [NODE]      stop a drain that is under way\n"
    "  watch             what happens, as it happens\n"
    "  history [N|OP]    what was done, by whom, why, and how it went\n"
    "  report OP         one operation as a page with a picture, for a browser\n"
    "  metrics           the state as metrics, for Prometheus and its like\n"
    "  import            from the cloud's own files to the configuration of both gateways\n"
    "  check             what is wrong with this host and the pair, and how it is mended\n"
    "  help [COMMAND]    more about one command; the same as cgwha COMMAND --help\n"
    "\n"
    "  --help            this text\n"
    "  --version         the version\n"
    "\n"
    "NODE is a name as in corosync's nodelist; without it, this gateway.\n"
    "\n"
    "Exit codes: 0 done, 1 error, 2 wrong usage, 3 refused, 4 rolled back, 5 timed out,\n"
    "6 not now, but as soon as it is safe.\n";

static const char status[] =
    "Usage: cgwha status [--json]\n"
    "\n"
    "Shows each gateway's phase, level, tunnels, sessions, covered prefixes, traffic, and since\n"
    "when and why; then the view, the lock and who holds it, and by prefix whether the promise\n"
    "holds: that at least one gateway advertises it over a working tunnel.\n"
    "\n"
    "  --json    all of it, for machines\n"
    "\n"
    "Exit codes: 0 if the status could be read, whatever it says; 1 if not.\n";

static const char drain[] =
    "Usage: cgwha drain [NODE] [OPTION...]\n"
    "\n"
    "Takes a gateway (this one, unless NODE is given) out of service: the other one promises to\n"
    "carry on and becomes the better path, the traffic moves there, then this one withdraws,\n"
    "closes its BGP sessions and deletes its SAs. It is refused if the other one could not carry\n"
    "everything. It stays out, over a reboot too, until cgwha undrain.\n"
    "\n"
    "  --reason TEXT   why; shown in status, in the log, and to the BGP neighbours\n"
    "  --dry-run       ask whether it would go; change nothing\n"
    "  --force         go even if the other one has a tunnel down, or traffic does not move\n"
    "  --when-safe     if it does not go now, stay in service, and go as soon as it is safe\n"
    "  --until-boot    stay out only until this gateway's next boot, and not over it\n"
    "  --timeout S     if it has not begun to withdraw after S seconds, go back to service\n"
    "  --no-wait       return as soon as it is asked for; --wait is the default\n"
    "\n"
    "Ctrl-C stops the waiting, not the drain: cgwha abort stops the drain.\n"
    "\n"
    "Exit codes: 0 drained (or, with --no-wait, asked for), 1 error, 2 wrong usage, 3 refused,\n"
    "4 rolled back: it is in service as before, 5 timed out: the same, 6 with --when-safe: it is\n"
    "in service as before, and will be drained when it is safe; cgwha undrain takes that back.\n";

static const char undrain[] =
    "Usage: cgwha undrain [NODE] [OPTION...]\n"
    "\n"
    "Brings a gateway (this one, unless NODE is given) back into service: its tunnels and\n"
    "sessions come up, it advertises as the worse path until it has proven itself, then it takes\n"
    "traffic again. A drain under way is stopped instead.\n"
    "\n"
    "  --reason TEXT   why; shown in status and in the log\n"
    "  --timeout S     wait no longer than S seconds; it goes on trying all the same\n"
    "  --no-wait       return as soon as it is asked for; --wait is the default\n"
    "\n"
    "Exit codes: 0 in service (or, with --no-wait, asked for), 1 error, 2 wrong usage, 3 refused,\n"
    "4 given up, 5 timed out: not yet in service, but it goes on trying.\n";

static const char abort_text[] =
    "Usage: cgwha abort [NODE]\n"
    "\n"
    "Stops the drain that is under way (of NODE, if given); the gateway goes on as before. Once\n"
    "it withdraws it cannot be stopped any more: then let it end, and cgwha undrain.\n"
    "\n"
    "Exit codes: 0 stopped, 1 error, 2 wrong usage, 3 there was nothing to stop, or too late.\n";

static const char watch[] = "Usage: cgwha watch [--json]\n"
                            "\n"
                            "Shows what happens as it happens, a line each, until Ctrl-C.\n"
                            "\n"
                            "  --json    one JSON object a line, for machines\n"
                            "\n"
                            "Exit codes: 0 after Ctrl-C, 1 error.\n";

static const char history[] =
    "Usage: cgwha history [N | OP] [--json]\n"
    "\n"
    "Shows the last N operations (20), the newest first, or all that is known of one: who asked\n"
    "for it and why, its phases, the traffic of both gateways before and after, and whether a\n"
    "shared prefix was ever without a coverer. OP is its name, as gw1:1001. The agent keeps about\n"
    "100 of them over restarts, and as many refusals; those of the other gateway too, but for the\n"
    "time in which one of the two was away.\n"
    "\n"
    "  --json    all of it, for machines\n"
    "\n"
    "Exit codes: 0 shown, 1 error, 2 wrong usage.\n";

static const char report[] =
    "Usage: cgwha report OP [--output FILE]\n"
    "\n"
    "Writes one page of HTML of an operation (gw1:1001; see cgwha history) to standard output or\n"
    "to FILE: the traffic, levels, tunnels and sessions of both gateways over time, the phases,\n"
    "and who covered each prefix when. It needs nothing but a browser.\n"
    "\n"
    "  --output FILE   where to\n"
    "\n"
    "Exit codes: 0 written, 1 error, 2 wrong usage.\n";

static const char metrics[] =
    "Usage: cgwha metrics [--textfile PATH | --http]\n"
    "\n"
    "Writes what the agent on this host knows as OpenMetrics text. If there is no agent, or it\n"
    "does not answer, that is what the metrics say: cgwha_up 0.\n"
    "\n"
    "  --textfile PATH   into this file, at once or not at all, for node_exporter's textfile\n"
    "                    collector, in the format that this one reads\n"
    "  --http            as the answer to one HTTP request, from standard input to standard\n"
    "                    output; for cgwha-metrics.socket\n"
    "\n"
    "Exit codes: 0 written, also without an agent; 1 the file could not be written.\n";

static const char import[] =
    "Usage: cgwha import aws FILE... --output DIR [OPTION...]\n"
    "\n"
    "Writes the configuration of both gateways from what AWS says of their VPN connections:\n"
    "XML of each, or JSON of both (aws ec2 describe-vpn-connections --output json). FILE may\n"
    "be -, for standard input. Nothing but DIR is changed, no agent is asked, no key is shown.\n"
    "\n"
    "  --output DIR               a new or empty directory; DIR/README says what to do next\n"
    "  --connection ID            twice: which connections are meant, the first gateway's first\n"
    "  --name NAME                twice: the gateways' names; gw1 and gw2 unless given\n"
    "  --prefix PREFIX            what both advertise to the cloud; for each prefix once\n"
    "  --cloud-prefix PREFIX      what may be learnt from the cloud; for each prefix once\n"
    "  --lan-interface IF         the gateways' interface to the LAN\n"
    "  --lan-address A,B          their addresses there, the first gateway's first\n"
    "  --lan-router ADDRESS,ASN   the site's BGP router there\n"
    "  --router bird|frr          the gateways' own router; bird unless given\n"
    "  --ring A,B                 their addresses on a link for corosync; twice for two links\n"
    "  --local-address A,B        their own outside addresses, if NAT is between them and AWS\n"
    "  --vti                      VTI interfaces, for kernels without xfrm interfaces\n"
    "  --file-ciphers             the ciphers of the files; without it, modern ones AWS accepts\n"
    "  --token MS                 corosync's token; 500 unless given\n"
    "\n"
    "Exit codes: 0 written, 1 error: nothing was written, 2 wrong usage.\n";

static const char check[] =
    "Usage: cgwha check [--json]\n"
    "\n"
    "Looks at this host and the pair before it carries anything, and at any time: cgwha.conf, the\n"
    "daemons' sockets, charon's connections, BIRD's sessions and what they export, the kernel,\n"
    "corosync, the other gateway. It asks what runs, and changes nothing. Run it as root, on both\n"
    "gateways.\n"
    "\n"
    "  --json          all of it, for machines\n"
    "  --config FILE   another configuration than cgwha.conf\n"
    "\n"
    "Exit codes: 0 nothing to mend, 1 error, 2 wrong usage, 7 warnings, 8 faults.\n";

const char *help_text(enum command command)
{
    switch (command) {
    case COMMAND_STATUS:
        return status;
    case COMMAND_DRAIN:
        return drain;
    case COMMAND_UNDRAIN:
        return undrain;
    case COMMAND_ABORT:
        return abort_text;
    case COMMAND_WATCH:
        return watch;
    case COMMAND_HISTORY:
        return history;
    case COMMAND_REPORT:
        return report;
    case COMMAND_CHECK:
        return check;
    case COMMAND_METRICS:
        return metrics;
    case COMMAND_IMPORT:
        return import;
    default:
        return overview;
    }
}
