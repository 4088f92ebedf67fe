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
    local node=$1 peer family prefix n rest
    peer=$(address_of "$([[ $node == gw1 ]] && echo gw2 || echo gw1)" lan "$(base_family)")
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
route-map FROM-CLOUD permit 10
exit
route-map NOTHING deny 10
exit
! From the other gateway: what it has is the way out only when there is none of our own.
route-map FROM-PEER permit 10
 set local-preference 50
exit
!
E
    for family in $(families); do gen_frr_family_maps "$node" "$family"; done
    cat <<E
router bgp $GATEWAY_ASN
 bgp router-id $(level_of "$node" router_id)
 bgp log-neighbor-changes
 bgp graceful-restart-disable
 no bgp network import-check
 no bgp default ipv4-unicast
E
    while read -r n rest; do
        gen_frr_neighbor "$(bgp_net "$n")1" "$CLOUD_ASN" "tun$n" "10 30"
    done < <(tunnels_of "$node")
    [[ $LAN_SIDE != bgp ]] || gen_frr_neighbor "$LAN_HOST" "$LAN_ASN" lan "3 9"
    gen_frr_neighbor "$peer" "$GATEWAY_ASN" peer "3 9"
    for family in $(families); do
        echo " address-family ipv$family unicast"
        for prefix in $(in_use "$SHARED_PREFIXES" "$family"); do echo "  network $prefix"; done
        while read -r n rest; do
            gen_frr_maps "$(bgp_net "$n")1" FROM-CLOUD "TO-tun$n-$family"
        done < <(tunnels_of "$node")
        [[ $LAN_SIDE != bgp ]] || gen_frr_maps "$LAN_HOST" NOTHING "TO-LAN-$family"
        gen_frr_maps "$peer" FROM-PEER "TO-PEER-$family"
        printf '  neighbor %s next-hop-self\n exit-address-family\n' "$peer"
    done
    echo exit
}

# gen_frr_family_maps NODE FAMILY: what names the family's own prefixes. FRR's words are ip and ipv6.
gen_frr_family_maps() {
    local node=$1 family=$2 ip=ip prefix n rest
    [[ $family == 4 ]] || ip=ipv6
    for prefix in $(in_use "$SHARED_PREFIXES" "$family"); do
        echo "$ip prefix-list SHARED-$family permit $prefix"
    done
    cat <<E
!
! To the cloud: our own prefixes and nothing else. A map for each tunnel: neighbours of one map are
! one update-group, for which bgpd gathers announcements for 0.5 s instead of 0.1 s.
E
    while read -r n rest; do
        cat <<E
route-map TO-tun$n-$family permit 10
 match $ip address prefix-list SHARED-$family
 call CGWHA-CLOUD
exit
!
E
    done < <(tunnels_of "$node")
    cat <<E
! To the LAN: what was learnt from the cloud. To the other gateway the same.
route-map TO-LAN-$family deny 5
 match $ip address prefix-list SHARED-$family
exit
route-map TO-LAN-$family permit 10
 call CGWHA-LAN
exit
!
route-map TO-PEER-$family deny 5
 match $ip address prefix-list SHARED-$family
exit
route-map TO-PEER-$family permit 10
exit
!
route-map SOURCE-$family permit 10
 set src $(address_of "$node" lan "$family")
exit
$ip protocol bgp route-map SOURCE-$family
!
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
  neighbor $1 activate
  neighbor $1 route-map $2 in
  neighbor $1 route-map $3 out
E
}
