# shellcheck shell=bash
# A gateway's FRR, as gen.sh writes its BIRD: the same sessions, filters and times.

# gen_frr NODE ETC: the configuration file of all of FRR, which vtysh loads.
gen_frr() {
    local node=$1 etc=$2
    mkdir -p "$etc/frr"
    echo 'service integrated-vtysh-config' >"$etc/frr/vtysh.conf"
    gen_frr_conf "$node" "$etc/cgwha/cgwha.conf" >"$etc/frr/frr.conf"
}

gen_frr_conf() { # NODE CGWHA-CONF
    local node=$1 address peer n rest
    address=$(level_of "$node" address)
    peer=$(level_of "$([[ $node == gw1 ]] && echo gw2 || echo gw1)" address)
    cat <<E
frr defaults traditional
hostname $node
log stdout
!
E
    # Without an agent nobody would raise the level, so it is what one without cgwha has: normal.
    "${BIN:-$BUILD/agent}/cgwhad" -r -c "$2" |
        if [[ -n $WITH_AGENT ]]; then cat; else sed -E 's/(call .*)-LOW/\1-NORMAL/'; fi
    cat <<E
ip prefix-list SHARED seq 5 permit 10.20.0.0/16
ip prefix-list SHARED seq 10 permit 10.21.0.0/16
!
route-map FROM-CLOUD permit 10
exit
!
! To the cloud: our own prefixes and nothing else. A map for each tunnel: neighbours of one map are
! one update-group, for which bgpd gathers announcements for 0.5 s instead of 0.1 s.
E
    while read -r n rest; do
        cat <<E
route-map TO-tun$n permit 10
 match ip address prefix-list SHARED
 call CGWHA-CLOUD
exit
!
E
    done < <(tunnels_of "$node")
    cat <<E
! To the LAN: what was learnt from the cloud.
route-map TO-LAN deny 5
 match ip address prefix-list SHARED
exit
route-map TO-LAN permit 10
 call CGWHA-LAN
exit
!
route-map NOTHING deny 10
exit
!
! To the other gateway the same; what it has is the way out only when there is none of our own.
route-map TO-PEER deny 5
 match ip address prefix-list SHARED
exit
route-map TO-PEER permit 10
exit
route-map FROM-PEER permit 10
 set local-preference 50
exit
!
route-map SOURCE permit 10
 set src $address
exit
ip protocol bgp route-map SOURCE
!
router bgp $GATEWAY_ASN
 bgp router-id $address
 bgp log-neighbor-changes
 bgp graceful-restart-disable
 no bgp network import-check
E
    while read -r n rest; do
        gen_frr_neighbor "$(bgp_net "$n").1" "$CLOUD_ASN" "tun$n" "10 30"
    done < <(tunnels_of "$node")
    gen_frr_neighbor "$LAN_HOST" "$LAN_ASN" lan "3 9"
    gen_frr_neighbor "$peer" "$GATEWAY_ASN" peer "3 9"
    cat <<E
 address-family ipv4 unicast
  network 10.20.0.0/16
  network 10.21.0.0/16
E
    while read -r n rest; do
        gen_frr_maps "$(bgp_net "$n").1" FROM-CLOUD "TO-tun$n"
    done < <(tunnels_of "$node")
    gen_frr_maps "$LAN_HOST" NOTHING TO-LAN
    gen_frr_maps "$peer" FROM-PEER TO-PEER
    cat <<E
  neighbor $peer next-hop-self
 exit-address-family
exit
E
}

gen_frr_neighbor() { # ADDRESS ASN NAME "KEEPALIVE HOLD"
    cat <<E
 neighbor $1 remote-as $2
 neighbor $1 description $3
 neighbor $1 timers $4
 neighbor $1 timers connect 2
E
}

gen_frr_maps() { # ADDRESS IN OUT
    cat <<E
  neighbor $1 route-map $2 in
  neighbor $1 route-map $3 out
E
}
