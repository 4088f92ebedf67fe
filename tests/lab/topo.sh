# shellcheck shell=bash disable=SC2034
# The site: its nodes, cables, addresses and tunnels, as data. No function here does anything but
# answer what is written here.

ALL_NODES="inet vpc lan cloud gw1 gw2" # in the order of their boot
GATEWAYS="gw1 gw2"
SHARED_PREFIXES="10.20.0.0/16 10.21.0.0/16"
CLOUD_PREFIX=10.0.0.0/16
CLOUD_ASN=64512
GATEWAY_ASN=65000
LAN_ASN=65010
LAN_HOST=10.20.0.10
VPC_HOST=10.0.0.10
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

# bridge address: what the node inet itself has there, as the internet's router.
BRIDGES="out1 198.51.100.1/30
out2 198.51.100.5/30
outc 203.0.113.1/24
lan -
vpc -
ring0 -
ring1 -
mgmt $MGMT_NET.1/24"

# node interface addresses...
ADDRESSES="gw1 inet 198.51.100.2/30
gw1 lan 10.20.0.1/24 10.21.0.1/24
gw1 ring0 172.16.0.1/24
gw1 ring1 172.16.1.1/24
gw2 inet 198.51.100.6/30
gw2 lan 10.20.0.2/24 10.21.0.2/24
gw2 ring0 172.16.0.2/24
gw2 ring1 172.16.1.2/24
cloud inet 203.0.113.11/24 203.0.113.12/24 203.0.113.21/24 203.0.113.22/24
cloud vpc 10.0.0.1/24
lan lan 10.20.0.10/24 10.21.0.10/24
vpc vpc 10.0.0.10/24"

# node default-gateway
DEFAULTS="gw1 198.51.100.1
gw2 198.51.100.5
cloud 203.0.113.1
vpc 10.0.0.1"

# number gateway gateway-outside cloud-outside: the tunnel is called tunNN everywhere.
TUNNELS="11 gw1 198.51.100.2 203.0.113.11
12 gw1 198.51.100.2 203.0.113.12
21 gw2 198.51.100.6 203.0.113.21
22 gw2 198.51.100.6 203.0.113.22"

# gateway node-id lan-address normal-MED high-MED low-MED
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

# level_of GATEWAY FIELD: id, address, normal, high or low.
level_of() {
    awk -v n="$1" -v f="$2" 'BEGIN { split("- id address normal high low", name)
        for (i in name) at[name[i]] = i } $1 == n { print $at[f] }' <<<"$LEVELS"
}

# router_of NODE: bird or frr. The cloud and the LAN have BIRD; of a mixed pair gw2 has FRR.
router_of() {
    case $ROUTER:$1 in
    frr:gw1 | frr:gw2 | mixed:gw2) echo frr ;;
    *) echo bird ;;
    esac
}

# daemons_of NODE, in the order of their start. The agent is only there when the lab runs with it.
daemons_of() {
    case $1 in
    gw1 | gw2) echo "charon $(router_of "$1") corosync${WITH_AGENT:+ cgwhad}${WITH_PACEMAKER:+ pacemaker}" ;;
    cloud) echo "charon bird" ;;
    lan) echo bird ;;
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
