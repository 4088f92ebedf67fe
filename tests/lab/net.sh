# shellcheck shell=bash
# The cables. Every one ends in a bridge of the node inet, so that a cut looks the same everywhere:
# the port goes to a bridge that is down and drops all it gets, and the node's own interface stays up,
# as with a switch that fails. A port without a bridge would not do: inet would take its packets.

# in_net NODE COMMAND...: on the host's disk, in the node's network.
in_net() {
    local pid
    pid=$(node_pid "$1") || return 1
    shift
    nsenter --target "$pid" --net -- "$@"
}

# net_bridges: what the node inet is made of, once it runs.
net_bridges() {
    local bridge addresses address
    while read -r bridge addresses; do
        echo "link add br-$bridge type bridge"
        echo "link set br-$bridge up"
        [[ $bridge == mgmt ]] || addresses=$(in_use "${addresses#-}")
        for address in $addresses; do gen_address "$address" "br-$bridge"; done
    done <<<"$BRIDGES" | in_net inet ip -batch - && in_net inet ip link add br-cut type bridge
}

# net_plug NODE IF: puts the port on its bridge, or where it is cut.
net_plug() {
    local bridge
    bridge=$(bridge_of "$1" "$2")
    [[ ! -e $LAB/cut/$1:$2 ]] || bridge="cut"
    in_net inet ip link set "$1-$2" master "br-${bridge:-mgmt}"
}

net_unplug() { in_net inet ip link set "$1-$2" master br-cut; }

# net_attach NODE: a cable for each interface of a node made of namespaces.
net_attach() {
    local node=$1 pid interface
    pid=$(node_pid "$node") || return 1
    for interface in $(interfaces "$node"); do
        in_net inet ip link add "$node-$interface" type veth peer name "$interface" netns "$pid" &&
            net_plug "$node" "$interface" &&
            in_net inet ip link set "$node-$interface" up || return 1
    done
}

# net_taps NODE: a tap for each interface of a node with its own kernel; they outlive its power.
net_taps() {
    local node=$1 interface
    for interface in $(interfaces "$node") mgmt; do
        in_net inet ip link show "$node-$interface" >/dev/null 2>&1 ||
            in_net inet ip tuntap add dev "$node-$interface" mode tap vnet_hdr || return 1
        net_plug "$node" "$interface" &&
            in_net inet ip link set "$node-$interface" up || return 1
    done
}

# net_detach NODE: nothing it sends or its kernel says in its name gets out any more.
net_detach() {
    local interface
    for interface in $(interfaces "$1"); do
        net_unplug "$1" "$interface" 2>/dev/null
    done
}

# net_forget NODE: removes the host's ends, so that they can be made anew.
net_forget() {
    local interface
    for interface in $(interfaces "$1"); do
        in_net inet ip link del "$1-$interface" 2>/dev/null
    done
    return 0
}

# cables_of LINK: the cables, as NODE:IF, that ring0, ring1, rings or NODE:IF means.
cables_of() {
    case $1 in
    ring0 | ring1) echo "gw1:$1" ;;
    rings) echo "gw1:ring0 gw1:ring1" ;;
    *:*)
        [[ -n $(bridge_of "${1%%:*}" "${1#*:}") ]] && echo "$1"
        ;;
    esac
}

need_cables() {
    cables_of "$1" | grep . ||
        usage_error "There is no link '$1': it is ring0, ring1, rings, or one of" \
            "$(awk '{ printf "%s:%s ", $1, $2 }' <<<"$CABLES")"
}

# net_cut LINK, net_join LINK: a cut is remembered, and holds when the node boots again.
net_cut() {
    local cable found
    found=$(need_cables "$1") || exit 2
    for cable in $found; do
        touch "$LAB/cut/$cable"
        if node_is_on "${cable%%:*}"; then
            net_unplug "${cable%%:*}" "${cable#*:}" || die "The link $cable cannot be cut."
        fi
    done
}

net_join() {
    local cable found
    found=$(need_cables "$1") || exit 2
    for cable in $found; do
        rm -f "$LAB/cut/$cable"
        if node_is_on "${cable%%:*}"; then
            net_plug "${cable%%:*}" "${cable#*:}" || die "The link $cable cannot be joined."
        fi
    done
}
