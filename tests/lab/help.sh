# shellcheck shell=bash
# What each command does, for people.

help_all() {
    cat <<'E'
usage: lab COMMAND [ARG...]

The whole site on this machine: two gateways (gw1, gw2), the cloud, a host behind it (vpc), the LAN
(lan), and the internet between them (inet).

  up        start it, and wait until the pair is in full service
  down      end it, and leave nothing behind
  status    how it stands, and what is missing
  look      what is so, and what the agents say of it, as JSON
  wait      wait until the pair is in full service again
  exec      run a command in a node
  crash     power a node off
  boot      power it on again
  freeze    stop a node as it stands
  thaw      let it go on
  cut       cut a link
  join      join it again
  traffic   send numbered packets both ways and count them
  svc       start, stop, kill or pause a daemon in a node
  log       the log of a daemon

'lab COMMAND --help' tells more. The lab keeps all it has in CGWHA_LAB_DIR (now
E
    say "$LAB). Exit: 0 done, 1 failed, 2 usage."
}

help_of() {
    case $1 in
    up) cat <<'E' ;;
usage: lab up [--substrate ns|uml] [--router bird|frr|mixed] [--family 4|6|46] [--lan-side bgp|vrrp|ospf]
              [--cloud one-path|ecmp] [--profile NAME] [--systemd] [--no-agent] [--pacemaker] [--keep]

Starts all nodes and waits until the pair is in full service: every CHILD_SA installed, every BGP
session Established, the cloud's route in the LAN from both gateways, two members in corosync, and
with the agent both nodes in service and every shared prefix covered. The routers of the gateways
are as --router says: bird (default), frr, or mixed, gw1 with BIRD and gw2 with FRR. The LAN finds
its gateway as --lan-side says: by BGP (default), by a virtual address that keepalived moves (vrrp), or
by OSPF.

  --substrate ns    nodes are namespaces, ESP in user space (default)
  --substrate uml   each gateway and the cloud are a User-Mode Linux with a kernel of their own
  --family 4        all is IPv4 (default)
  --family 6        all is IPv6: outside, in the tunnels, the shared prefixes, the LAN, corosync's links
  --family 46       shared prefixes of both: IPv4 outside and IPv4 sessions, each with the routes of both
  --cloud one-path  the cloud has one best path: path length, then MED (default), as an AWS VGW
  --cloud ecmp      it shares by flow among all paths of the best length and ignores the MED, as a
                    transit gateway may and Azure does; send traffic with CGWHA_LAB_PORTS=64
  --profile NAME    the profile in the gateways' cgwha.conf; what the cloud sees is then left to it
  --systemd         process 1 of each gateway is systemd, and all daemons are its units, the
                    distribution's and those of `make install`; a node can reboot by itself
  --no-agent        without cgwhad: what the site is without this project
  --pacemaker       with Pacemaker on the gateways, its configuration still empty (ns only)
  --keep            when it fails, leave it as it is, to be looked at

CGWHA_LAB_TOKEN is corosync's token in milliseconds (1000).
CGWHA_LAB_PORTS is from how many ports each end of the traffic sends (1): to a router, so many flows.
CGWHA_LAB_PREPARE is a command that is called with each node and its directory before it boots, to
change what the node will find on its disk.
CGWHA_BUILD is the build tree (default: the source tree, or the current directory); CGWHA_BIN the
directory of cgwhad and cgwha (default: agent/ in the build tree).
E
    down) cat <<'E' ;;
usage: lab down

Ends all nodes and removes the lab's directory. No process, namespace, mount or file is left.
E
    status) cat <<'E' ;;
usage: lab status

Which nodes are on, which daemons run in them, which links are cut, and what is missing for full
service. Exit 0 whether or not something is missing.
E
    look) cat <<'E' ;;
usage: lab look

One JSON object: the cloud's routes to the shared prefixes, which daemons run on the gateways, which
links are cut, and what 'cgwha status --json' says on each gateway at that moment. truth.jq compares.
E
    wait) cat <<'E' ;;
usage: lab wait [--timeout SECONDS]

Waits until the pair is in full service (as after 'lab up'). Exit 1, with what is missing, when it is
not in so many seconds (60).
E
    exec) cat <<'E' ;;
usage: lab exec NODE COMMAND [ARG...]

Runs a command in a node; no shell is between, so quote nothing twice. Its input, output, error and
exit status are the command's. For a pipe: lab exec gw1 sh -c 'ip route | grep tun'. 125 when the
node does not answer.
E
    crash) cat <<'E' ;;
usage: lab crash NODE

Powers the node off, from one moment to the next: nobody is told.
E
    boot) cat <<'E' ;;
usage: lab boot NODE

Powers the node on and returns when its daemons run. /var/lib/cgwha and /var/lib/corosync are as
they were; /etc is as it was after 'up'. To wait for full service: lab wait.
E
    freeze) cat <<'E' ;;
usage: lab freeze NODE

Stops everything in the node as it stands. On ns its processes stop, but the kernel still answers
ARP and acknowledges TCP; on uml the kernel stops too.
E
    thaw) cat <<'E' ;;
usage: lab thaw NODE

Lets a frozen node go on.
E
    cut | join) cat <<'E' ;;
usage: lab cut LINK
       lab join LINK

LINK is ring0, ring1, rings (both), or NODE:IF, such as gw1:inet, gw2:lan or cloud:inet. Nothing
passes a cut link, but the node's own interface stays up, as with a switch that fails. A cut holds
when the node boots again.
E
    traffic) cat <<'E' ;;
usage: lab traffic start [--rate PPS] [--lan ADDRESS]
       lab traffic report [--json]
       lab traffic stop [--json]

Numbered UDP packets both ways between vpc (10.0.0.10, fd10::10) and lan (10.20.0.10, fd20:20::10, or
--lan 10.21.0.10, fd20:21::10), 1000 a second each way of each family. 'report' counts without stopping; what is on its way is not lost yet. 'stop'
waits for the tail, so that what it reports as lost is exact. Every gap is longer than 10 ms; a gap
with no packet lost in it is a delay.
E
    svc) cat <<'E' ;;
usage: lab svc NODE start|stop|restart|kill|pause|cont DAEMON

DAEMON is charon, router (bird or frr, as the node has it), corosync, cgwhad or pacemaker. 'start' returns when it answers, 'stop' when
it is gone.
'kill' is SIGKILL, 'pause' and 'cont' are SIGSTOP and SIGCONT.
E
    log) cat <<'E' ;;
usage: lab log NODE DAEMON

Prints what the daemon wrote since 'up', also when the node is off. 'console' is the node's boot.
E
    esac
}
