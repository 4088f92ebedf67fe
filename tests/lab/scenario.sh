# shellcheck shell=bash
# What the lab's scenarios share: the site up, traffic counted, commands timed. Sourced by scripts in
# this directory.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

SUBSTRATE=ns ROUTER=bird FAMILY=4 LAN_SIDE=bgp CLOUD=one-path PROFILE=generic
lab() { "$here/lab" "$@"; }

# on NODE COMMAND...: in a node, bounded.
on() {
    local node=$1
    shift
    lab exec "$node" timeout 120 "$@"
}

# router NODE ACT WHAT: at a node's router, whichever it is; see node/router.
router() { on "$1" /run/lab/src/tests/lab/node/router "${@:2}"; }

# take_options ARGS...: the switches that all scenarios have.
take_options() {
    while (($#)); do
        case $1 in
        --substrate) SUBSTRATE=${2:?--substrate takes ns or uml} && shift ;;
        --router) ROUTER=${2:?--router takes bird, frr or mixed} && shift ;;
        --family) FAMILY=${2:?--family takes 4, 6 or 46} && shift ;;
        --lan-side) LAN_SIDE=${2:?--lan-side takes bgp, vrrp or ospf} && shift ;;
        --cloud) CLOUD=${2:?--cloud takes one-path or ecmp} && shift ;;
        --profile) PROFILE=${2:?--profile takes a name} && shift ;;
        *)
            echo "usage: ${0##*/} [--substrate ns|uml] [--router bird|frr|mixed] [--family 4|6|46]" \
                "[--lan-side bgp|vrrp|ospf] [--cloud one-path|ecmp] [--profile NAME]" >&2
            exit 2
            ;;
        esac
        shift
    done
}

# Where the cloud shares by flow, there must be flows enough to be shared.
flows_for_cloud() { [[ $CLOUD != ecmp ]] || export CGWHA_LAB_PORTS=64; }

# until_true SECONDS COMMAND...: waits for a condition.
until_true() {
    local deadline=$((SECONDS + $1 + 1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.2
    done
}

now_ms() { printf '%s\n' "${EPOCHREALTIME/[.,]/}" | sed 's/...$//'; }

# status NODE FILTER: what the agent there says, through jq.
status() { on "$1" cgwha status --json 2>/dev/null | jq -er "$2"; }
phase_of() { status "$1" '.nodes[] | select(.self).phase'; }
level_of_node() { status "$1" '.nodes[] | select(.self).level'; }
promise_holds() { [[ $(status "$1" .promise.holds) == true ]]; }
phase_is() { [[ $(phase_of "$1") == "$2" ]]; }
level_is() { [[ $(level_of_node "$1") == "$2" ]]; }
other() { if [[ $1 == gw1 ]]; then echo gw2; else echo gw1; fi; }

# lan_goes_by GATEWAY: whether that is where the LAN sends what is for the cloud, in each family.
lan_goes_by() {
    local mac cloud via
    if [[ $LAN_SIDE == vrrp ]]; then
        mac=$(on "$1" ip -br link show lan | awk '{ print $3 }')
        on lan ip neigh show 10.20.0.254 | grep -qF "lladdr $mac "
        return
    fi
    for cloud in 10.0.0.10 fd10::10; do
        [[ $FAMILY == *$([[ $cloud == *:* ]] && echo 6 || echo 4)* ]] || continue
        # An IPv6 next hop may be the gateway's address of the link.
        via=$(on lan ip route get "$cloud" | sed -n 's/.* via \([^ ]*\).*/\1/p')
        [[ -n $via ]] && on "$1" ip -br address show lan | grep -qF " $via/" || return 1
    done
}

# sent_so_far / lost_so_far: both ways together; exact once the traffic has stopped.
lost_so_far() { lab traffic report --json | jq .lost; }
sent_so_far() { lab traffic report --json | jq .sent; }
no_loss() { (($(lost_so_far) == 0)); }

# cgwha_run NODE FILE ARGS...: a command, its lines into FILE, how long it took into FILE.ms.
cgwha_run() {
    local node=$1 file=$2 began rc=0
    shift 2
    began=$(now_ms)
    on "$node" cgwha "$@" >"$file" 2>&1 || rc=$?
    echo $(($(now_ms) - began)) >"$file.ms"
    return $rc
}
took_ms() { cat "$1.ms"; }

# span_ms FILE FROM TO: between two phases, from the lines of a waiting command.
span_ms() {
    awk -v from="$2" -v to="$3" '$2 == "s" && $3 == from { a = $1 } $2 == "s" && $3 == to { b = $1 }
        END { printf "%d\n", (b - a) * 1000 }' "$1"
}

# Ends what a scenario has begun, however it ends; never a lab that was up before it.
scratch=$(mktemp -d)
keep_logs() { # where a failed test's logs go, if the caller wants them
    local node daemon
    mkdir -p "$1"
    for node in gw1 gw2 cloud lan; do
        for daemon in cgwhad bird frr charon corosync keepalived pacemaker-detail; do
            lab log $node $daemon >"$1/$node.$daemon" 2>/dev/null || rm -f "$1/$node.$daemon"
        done
    done
    lab traffic report --json >"$1/traffic.json" 2>/dev/null
}

clean_up() {
    [[ -z ${CGWHA_LAB_LOGS:-} || ${TAP_FAILED:-0} == 0 ]] || keep_logs "$CGWHA_LAB_LOGS"
    [[ ! -e $scratch/up_by_us ]] || lab down >/dev/null 2>&1
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# site_up [--no-agent]: or the test ends here, with the reason.
site_up() {
    lab up --substrate "$SUBSTRATE" --router "$ROUTER" --family "$FAMILY" --lan-side "$LAN_SIDE" \
        --cloud "$CLOUD" --profile "$PROFILE" ${1:+"$1"} >"$scratch/up" 2>&1 || bail_out "$(<"$scratch/up")"
    touch "$scratch/up_by_us"
}

# prefixes: the shared ones of the families in use.
prefixes() {
    case $FAMILY in *4*) echo 10.20.0.0/16 10.21.0.0/16 ;; esac
    case $FAMILY in *6*) echo fd20:20::/48 fd20:21::/48 ;; esac
}

# received_each: packets received so far, each way of each family.
received_each() {
    lab traffic report --json | jq -r '[.families[] | .cloud_to_lan.received, .lan_to_cloud.received] | join(" ")'
}

# Packets a second each way. Less is for a machine that is busy with other things.
RATE=${CGWHA_LAB_RATE:-1000}
send_traffic() { lab traffic start --rate "$RATE"; }

# flows: whether traffic arrives now, both ways of each family.
flows() {
    local before after i
    read -ra before < <(received_each)
    sleep 0.5 # a rate is measured over a time
    read -ra after < <(received_each)
    ((${#after[@]} > 0 && ${#after[@]} == ${#before[@]})) || return 1
    for i in "${!after[@]}"; do ((10 * (after[i] - before[i]) > 3 * RATE)) || return 1; done
}

# tunnel_packets GATEWAY: sent by the cloud into the devices of its tunnels so far.
tunnel_packets() {
    local n=${1#gw}
    on cloud ip -s -j link show | jq "[.[] | select(.ifname | test(\"^tun${n}[12]\")).stats64.tx.packets] | add"
}

# both_carry: the cloud sends a good part of the traffic, a tenth at least, through either gateway.
both_carry() {
    local a b
    a=$(tunnel_packets gw1) b=$(tunnel_packets gw2)
    sleep 1 # a rate is measured over a time
    (($(tunnel_packets gw1) - a > RATE / 10 && $(tunnel_packets gw2) - b > RATE / 10))
}

# stop_by_hand GATEWAY: what one would do without cgwha: IPsec first, then BIRD.
stop_by_hand() {
    lab svc "$1" stop charon && sleep 1 && lab svc "$1" stop bird
}
