# shellcheck shell=bash
# The LAN's side, of each kind: what the gateways tell the LAN, and how the LAN takes it.

# gen_lan_side GATEWAY DIR: what there is besides the router's configuration. keepalived's is the sample,
# on our interface. Without an agent the level is normal, as gen_level has it.
gen_lan_side() {
    local node=$1 dir=$2
    [[ $LAN_SIDE == vrrp ]] || return 0
    mkdir -p "$dir/etc/keepalived"
    sed 's/\<eth1\>/lan/' "$SRC/conf/samples/$node/keepalived.conf" >"$dir/etc/keepalived/keepalived.conf"
    echo "$((2 - ${WITH_AGENT:-0}))" >"$dir/vrrp"
}

# gen_cgwha_lan: its part of cgwha.conf.
gen_cgwha_lan() {
    case $LAN_SIDE in
    bgp) echo 'lan lan { }' ;;
    ospf) echo 'lan lan { protocol = "ospf" }' ;;
    esac
}

# gen_bird_lan_side ADDRESS: a gateway's BIRD.
gen_bird_lan_side() {
    case $LAN_SIDE in
    bgp) gen_bird_inside lan "$1" "$LAN_HOST" "$LAN_ASN" <<E ;;
        import none;
        next hop self;
        export table on;
        export filter {
            if source != RTS_BGP then reject;
            if ! cgwha_lan($GATEWAY_ASN) then reject;
            accept;
        };
E
    ospf) gen_ospf lan 'import none' <<E ;;
        export filter {
            if source != RTS_BGP then reject;
            if ! cgwha_ospf() then reject;
            accept;
        };
E
    esac
}

# gen_ospf NAME IMPORT, the export on standard input. A gateway takes no route by OSPF: the other's
# way to the cloud would beat its own.
gen_ospf() {
    cat <<E
protocol ospf v2 $1 {
    ipv4 {
        $2;
$(cat)
    };
    area 0 {
        interface "lan" { hello 1; dead 4; retransmit 2; wait 4; };
    };
}
E
}

# gen_bird_lan: the LAN's own router.
gen_bird_lan() {
    local gateway
    gen_bird_head 10.20.0.10
    if [[ $LAN_SIDE == ospf ]]; then
        echo 'protocol kernel { ipv4 { import none; export where source ~ [ RTS_OSPF_EXT1, RTS_OSPF_EXT2 ]; }; }'
        gen_ospf site 'import all' <<<'        export none;'
        return
    fi
    gen_bird_kernels
    for gateway in $GATEWAYS; do
        cat <<E
protocol bgp $gateway {
    local as $LAN_ASN;
    neighbor $(address_of "$gateway" lan "$(base_family)") as $GATEWAY_ASN;
    source address $LAN_HOST;
$(gen_bird_timers 9 3)
$(gen_bird_channels <<<"        import all; export none;")
}
E
    done
}
