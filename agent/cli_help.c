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
    "  metrics           the state as metrics, for Prometheus and its like\n"
    "  help [COMMAND]    more about one command; the same as cgwha COMMAND --help\n"
    "\n"
    "  --help            this text\n"
    "  --version         the version\n"
    "\n"
    "NODE is a name as in corosync's nodelist; without it, this gateway.\n"
    "\n"
    "Exit codes: 0 done, 1 error, 2 wrong usage, 3 refused, 4 rolled back, 5 timed out.\n";

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
    "  --timeout S     if it has not begun to withdraw after S seconds, go back to service\n"
    "  --no-wait       return as soon as it is asked for; --wait is the default\n"
    "\n"
    "Ctrl-C stops the waiting, not the drain: cgwha abort stops the drain.\n"
    "\n"
    "Exit codes: 0 drained (or, with --no-wait, asked for), 1 error, 2 wrong usage, 3 refused,\n"
    "4 rolled back: it is in service as before, 5 timed out: the same.\n";

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
    case COMMAND_METRICS:
        return metrics;
    default:
        return overview;
    }
}
