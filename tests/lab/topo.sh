# shellcheck shell=bash disable=SC2034
# The site: its nodes, cables, addresses and tunnels, as data. No function here does anything but
# answer what is written here.

ALL_NODES="inet vpc lan cloud gw1 gw2" # in the order of their boot
GATEWAYS="gw1 gw2"
ALL_PREFIXES="10.20.0.0/16 10.21.0.0/16 fd20:20::/48 fd20:21::/48" # shared, of both families
ALL_CLOUD_PREFIXES="10.0.0.0/16 fd10::/48"
CLOUD_ASN=64512
GATEWAY_ASN=65000
LAN_ASN=65010
VIRTUAL_ADDRESS=10.20.0.254 # by VRRP, if that is the LAN's side
PROBE_PORT=9100
MGMT_NET=10.255.0
MGMT_PORT=2222

# node interface bridge: every cable is a port of a bridge in the node inet, so all are cut alike.
CABLES="gw1 inet out1
gw1 lan lan
gw1 ring0 ring0
gw1 ring1 ring1
gw2 inet out2
gw2 lan lan
gw2 ring0 ring0
gw2 ring1 ring1
cloud inet outc
cloud vpc vpc
lan lan lan
vpc vpc vpc"

# bridge addresses...: what the node inet itself has there, as the internet's router.
BRIDGES="out1 198.51.100.1/30 2001:db8:1::1/64
out2 198.51.100.5/30 2001:db8:2::1/64
outc 203.0.113.1/24 2001:db8:c::1/64
lan -
vpc -
ring0 -
ring1 -
mgmt $MGMT_NET.1/24"

# node interface addresses...
ADDRESSES="gw1 inet 198.51.100.2/30 2001:db8:1::2/64
gw1 lan 10.20.0.1/24 10.21.0.1/24 fd20:20::1/64 fd20:21::1/64
gw1 ring0 172.16.0.1/24 fd16:0::1/64
gw1 ring1 172.16.1.1/24 fd16:1::1/64
gw2 inet 198.51.100.6/30 2001:db8:2::2/64
gw2 lan 10.20.0.2/24 10.21.0.2/24 fd20:20::2/64 fd20:21::2/64
gw2 ring0 172.16.0.2/24 fd16:0::2/64
gw2 ring1 172.16.1.2/24 fd16:1::2/64
cloud inet 203.0.113.11/24 203.0.113.12/24 203.0.113.21/24 203.0.113.22/24
cloud inet 2001:db8:c::11/64 2001:db8:c::12/64 2001:db8:c::21/64 2001:db8:c::22/64
cloud vpc 10.0.0.1/24 fd10::1/64
lan lan 10.20.0.10/24 10.21.0.10/24 fd20:20::10/64 fd20:21::10/64
vpc vpc 10.0.0.10/24 fd10::10/64"

# node default-gateways...
DEFAULTS="gw1 198.51.100.1 2001:db8:1::1
gw2 198.51.100.5 2001:db8:2::1
cloud 203.0.113.1 2001:db8:c::1
vpc 10.0.0.1 fd10::1"

# number gateway gateway-outside cloud-outside: the tunnel is called tunNN everywhere.
TUNNELS_4="11 gw1 198.51.100.2 203.0.113.11
12 gw1 198.51.100.2 203.0.113.12
21 gw2 198.51.100.6 203.0.113.21
22 gw2 198.51.100.6 203.0.113.22"
TUNNELS_6="11 gw1 2001:db8:1::2 2001:db8:c::11
12 gw1 2001:db8:1::2 2001:db8:c::12
21 gw2 2001:db8:2::2 2001:db8:c::21
22 gw2 2001:db8:2::2 2001:db8:c::22"

# ---- the families: `lab up --family` says 4, 6 or 46

# use_family: what FAMILY makes of all that. With 46 everything outside and every session is IPv4's,
# and each session carries the routes of both; with 6 nothing of the site is IPv4's.
use_family() {
    SHARED_PREFIXES=$(in_use "$ALL_PREFIXES")
    CLOUD_PREFIXES=$(in_use "$ALL_CLOUD_PREFIXES")
    LAN_HOSTS=$(in_use "10.20.0.10 fd20:20::10")
    VPC_HOSTS=$(in_use "10.0.0.10 fd10::10")
    LAN_HOST=${LAN_HOSTS%% *}
    TUNNELS=$TUNNELS_4
    [[ $(base_family) == 4 ]] || TUNNELS=$TUNNELS_6
}

families() { case $FAMILY in 46) echo "4 6" ;; *) echo "$FAMILY" ;; esac }
base_family() { echo "${FAMILY:0:1}"; }
family_of() { if [[ $1 == *:* ]]; then echo 6; else echo 4; fi; }

# in_use WORDS [FAMILIES]: the addresses or prefixes among the words whose family is in use.
in_use() {
    local word list=()
    for word in $1; do
        [[ ${2:-$FAMILY} != *$(family_of "$word")* ]] || list+=("$word")
    done
    echo "${list[*]}"
}

# address_of NODE IF FAMILY: its first one there.
address_of() {
    local all
    all=$(awk -v n="$1" -v i="$2" '$1 == n && $2 == i { $1 = $2 = ""; print }' <<<"$ADDRESSES")
    all=$(in_use "$all" "$3")
    all=${all%% *}
    echo "${all%/*}"
}

# gateway node-id router-id normal-MED high-MED low-MED
LEVELS="gw1 1 10.20.0.1 100 10 1000
gw2 2 10.20.0.2 200 20 2000"

is_node() { [[ " $ALL_NODES " == *" $1 "* ]]; }
is_gateway() { [[ " $GATEWAYS " == *" $1 "* ]]; }

# interfaces NODE: its interfaces, one in a line.
interfaces() { awk -v n="$1" '$1 == n { print $2 }' <<<"$CABLES"; }

# bridge_of NODE IF
bridge_of() { awk -v n="$1" -v i="$2" '$1 == n && $2 == i { print $3 }' <<<"$CABLES"; }

# tunnels_of NODE: the lines of TUNNELS that end there; the cloud has all.
tunnels_of() { awk -v n="$1" 'n == "cloud" || $2 == n' <<<"$TUNNELS"; }

# level_of GATEWAY FIELD: id, router_id, normal, high or low.
level_of() {
    awk -v n="$1" -v f="$2" 'BEGIN { split("- id router_id normal high low", name)
        for (i in name) at[name[i]] = i } $1 == n { print $at[f] }' <<<"$LEVELS"
}

# router_of NODE: bird or frr. The cloud and the LAN have BIRD; of a mixed pair gw2 has FRR.
router_of() {
    case $ROUTER:$1 in
    frr:gw1 | frr:gw2 | mixed:gw2) echo frr ;;
    *) echo bird ;;
    esac
}

# lan_daemon_of NODE: what moves the LAN's traffic there, if that is not the router.
lan_daemon_of() { [[ $LAN_SIDE != vrrp ]] || ! is_gateway "$1" || echo " keepalived"; }

# daemons_of NODE, in the order of their start. The agent is only there when the lab runs with it.
daemons_of() {
    case $1 in
    gw1 | gw2) echo "charon $(router_of "$1") corosync${WITH_AGENT:+ cgwhad}$(lan_daemon_of "$1")${WITH_PACEMAKER:+ pacemaker}" ;;
    cloud) echo "charon bird" ;;
    lan) [[ $LAN_SIDE == vrrp ]] || echo bird ;;
    esac
}

# mgmt_address NODE: where a node with its own kernel takes calls.
mgmt_address() {
    case $1 in
    gw1) echo $MGMT_NET.11 ;;
    gw2) echo $MGMT_NET.12 ;;
    cloud) echo $MGMT_NET.13 ;;
    esac
}

# init_of NODE: what its process 1 is.
init_of() { is_gateway "$1" && [[ -n ${WITH_SYSTEMD:-} ]] && echo systemd || echo lab; }

# has_own_kernel NODE: whether it is a virtual machine on this substrate.
has_own_kernel() { [[ $SUBSTRATE == uml && -n $(mgmt_address "$1") ]]; }
