# shellcheck shell=bash
# Writes what a node's disk holds: its configuration files, as if a person had installed them, and
# the addresses it takes at boot. It only writes below the directory it is given.

# gen_node NODE DIR: DIR/etc and DIR/usr are laid over the node's own; DIR/ip and DIR/sysctl are
# applied at boot by ip -batch and sysctl.
gen_node() {
    local node=$1 dir=$2
    mkdir -p "$dir/etc/bird" "$dir/usr/share/cgwha"
    gen_addresses "$node" >"$dir/ip"
    gen_sysctl "$node" >"$dir/sysctl"
    case $node in
    gw1 | gw2)
        gen_charon "$node" "$dir/etc"
        [[ $(router_of "$node") != bird ]] || gen_bird_gateway "$node" >"$dir/etc/bird/bird.conf"
        cp "$SRC/conf/cgwha.bird" "$dir/usr/share/cgwha/"
        gen_level "$node" >"$dir/level.bird.conf"
        gen_lan_side "$node" "$dir"
        gen_corosync "$dir/etc"
        gen_cgwha "$node" "$dir/etc"
        [[ $(router_of "$node") != frr ]] || gen_frr "$node" "$dir/etc"
        [[ -z $WITH_PACEMAKER ]] || gen_pacemaker "$dir"
        ;;
    cloud)
        gen_charon "$node" "$dir/etc"
        gen_bird_cloud >"$dir/etc/bird/bird.conf"
        ;;
    lan) [[ $LAN_SIDE == vrrp ]] || gen_bird_lan >"$dir/etc/bird/bird.conf" ;;
    esac
}

# ---- addresses and tunnel devices

# The device of a tunnel in which BGP speaks. With its own kernel, a VTI over the kernel's ESP.
# Otherwise libipsec, whose one TUN chooses the SA by selector alone: so the SA is between the two
# inside /32, and a VXLAN over it is the device.
gen_tunnel_device() { # NUMBER LOCAL REMOTE OWN-LAST-OCTET PEER-LAST-OCTET
    local n=$1 mine theirs family kind=vti
    if [[ $SUBSTRATE == uml ]]; then
        [[ $(family_of "$2") == 4 ]] || kind=vti6
        echo "link add tun$n type $kind local $2 remote $3 key $n"
        echo "link set tun$n mtu 1400 up"
    else
        mine=$(inside_net "$n")$4 theirs=$(inside_net "$n")$5
        gen_address "$mine/$(whole "$mine")" lo
        # Without an SA nothing goes there. VXLAN keeps the way it has found, and of IPv6's kernel a way
        # by the default route stays good when charon adds a better one in its own table.
        [[ $mine != *:* ]] || echo "route add unreachable $theirs/128"
        echo "link add tun$n type vxlan id $n local $mine remote $theirs dstport 4789"
        echo "link set tun$n mtu $([[ $(base_family) == 4 ]] && echo 1350 || echo 1300) up"
    fi
    for family in $(families); do
        gen_address "$(bgp_net "$n" "$family")$4/$([[ $family == 4 ]] && echo 30 || echo 126)" "tun$n"
    done
}

# gen_address ADDRESS DEVICE: an IPv6 one without a second of looking for another who has it.
gen_address() { echo "addr add $1 dev $2$([[ $1 != *:* ]] || echo " nodad")"; }

whole() { if [[ $1 == *:* ]]; then echo 128; else echo 32; fi; } # ADDRESS: the length of its prefix

# inside_net NUMBER: an address of the net between the ends of a tunnel's SA, but for its end.
inside_net() { if [[ $(base_family) == 4 ]]; then echo "169.254.$1."; else echo "fd00:$1::"; fi; }

# bgp_net NUMBER [FAMILY]: the same of the net in which a tunnel's BGP speaks, whose next hops it has.
bgp_net() {
    local n=$1
    [[ $SUBSTRATE == uml ]] || n=1$1
    if [[ ${2:-$(base_family)} == 4 ]]; then echo "169.254.$n."; else echo "fd00:$n::"; fi
}

gen_addresses() {
    local node=$1 who what words address n gateway gateway_ip cloud_ip
    while read -r who what words; do
        [[ $who == "$node" ]] || continue
        echo "link set $what up"
        for address in $(in_use "$words"); do gen_address "$address" "$what"; done
    done <<<"$ADDRESSES"
    while read -r who words; do
        [[ $who == "$node" ]] || continue
        for address in $(in_use "$words"); do echo "route add default via $address"; done
    done <<<"$DEFAULTS"
    [[ $node:$LAN_SIDE != lan:vrrp ]] || echo "route add $CLOUD_PREFIXES via $VIRTUAL_ADDRESS"
    while read -r n gateway gateway_ip cloud_ip; do
        case $node in
        cloud) gen_tunnel_device "$n" "$cloud_ip" "$gateway_ip" 1 2 ;;
        "$gateway") gen_tunnel_device "$n" "$gateway_ip" "$cloud_ip" 2 1 ;;
        esac
    done <<<"$TUNNELS"
}

# No rp_filter, for the return path is asymmetric while traffic moves. A VTI looks up no policy of
# its own. What a node with its own kernel logs reaches the host's disk within a second.
gen_sysctl() {
    local node=$1 n rest device devices
    devices="all default $(interfaces "$node" | xargs)"
    while read -r n rest; do
        devices+=" ${n:+tun$n}"
        [[ -z $n || $SUBSTRATE == ns ]] || echo "net.ipv4.conf.tun$n.disable_policy=1"
        [[ -z $n || $SUBSTRATE == ns || $FAMILY == 4 ]] || echo "net.ipv6.conf.tun$n.disable_policy=1"
    done < <(tunnels_of "$node")
    for device in $devices; do
        printf 'net.ipv4.conf.%s.%s=0\n' "$device" rp_filter "$device" send_redirects \
            "$device" accept_redirects
    done
    [[ $node == vpc ]] || echo "net.ipv4.ip_forward=1"
    [[ $node == vpc || $FAMILY == 4 ]] || echo "net.ipv6.conf.all.forwarding=1"
    # Share by flow, ports included, as a cloud does.
    [[ $node != cloud || $CLOUD != ecmp ]] || echo "net.ipv4.fib_multipath_hash_policy=1"
    has_own_kernel "$node" || return 0
    printf 'vm.dirty_%s_centisecs=50\n' writeback expire
}

# ---- strongSwan

gen_charon() {
    local node=$1 etc=$2
    mkdir -p "$etc/swanctl"
    gen_strongswan >"$etc/strongswan.conf"
    (umask 077 && gen_swanctl "$node" >"$etc/swanctl/swanctl.conf")
}

# A peer that does not answer is given up after about 24 s, near AWS's DPD timeout of 30 s.
gen_strongswan() {
    local libipsec=kernel-libipsec routes=yes
    [[ $SUBSTRATE == uml ]] && libipsec='' routes=no
    cat <<E
charon {
    load = random nonce aes sha1 sha2 hmac kdf gmp curve25519 pem pkcs1 x509 pubkey openssl gcm $libipsec kernel-netlink socket-default vici updown counters
    install_routes = $routes
    install_virtual_ip = no
    retransmit_tries = 3
    retransmit_timeout = 2.0
    plugins {
        vici {
            socket = unix:///run/charon.vici
        }
    }
    filelog {
        stderr {
            default = 1
            time_format = %T
            time_add_ms = yes
            flush_line = yes
        }
    }
}
E
}

gen_swanctl() {
    local node=$1 n gateway gateway_ip cloud_ip
    echo "connections {"
    while read -r n gateway gateway_ip cloud_ip; do
        if [[ $node == cloud ]]; then
            gen_connection "$n" "$cloud_ip" "$gateway_ip" 1 2 clear none
        else
            gen_connection "$n" "$gateway_ip" "$cloud_ip" 2 1 restart start
        fi
    done < <(tunnels_of "$node")
    echo "}"
    echo "secrets {"
    while read -r n gateway gateway_ip cloud_ip; do
        cat <<E
    ike-tun$n {
        id-1 = $gateway_ip
        id-2 = $cloud_ip
        secret = "tun$n.$(<"$LAB/psk")"
    }
E
    done < <(tunnels_of "$node")
    echo "}"
}

gen_connection() { # NUMBER LOCAL REMOTE OWN-OCTET PEER-OCTET DPD-ACTION START-ACTION
    local n=$1 local_ts remote_ts encap=yes mark=''
    local_ts=$(inside_net "$n")$4 remote_ts=$(inside_net "$n")$5
    local_ts+=/$(whole "$local_ts") remote_ts+=/$(whole "$remote_ts")
    if [[ $SUBSTRATE == uml ]]; then
        case $FAMILY in
        4) local_ts=0.0.0.0/0 ;;
        6) local_ts=::/0 ;;
        *) local_ts=0.0.0.0/0,::/0 ;;
        esac
        remote_ts=$local_ts encap=no
        printf -v mark '\n                mark_in = %s\n                mark_out = %s' "$n" "$n"
    fi
    cat <<E
    tun$n {
        version = 2
        local_addrs = $2
        remote_addrs = $3
        proposals = aes128gcm16-prfsha256-modp2048,aes256-sha256-modp2048
        encap = $encap
        mobike = no
        dpd_delay = 10s
        rekey_time = 8h
        unique = replace
        local {
            auth = psk
            id = $2
        }
        remote {
            auth = psk
            id = $3
        }
        children {
            tun$n {
                local_ts = $local_ts
                remote_ts = $remote_ts
                esp_proposals = aes128gcm16-modp2048,aes256-sha256-modp2048
                mode = tunnel$mark
                dpd_action = $6
                close_action = none
                start_action = $7
                rekey_time = 1h
            }
        }
    }
E
}

# ---- BIRD

gen_bird_head() { # ROUTER-ID
    cat <<E
log stderr all;
timeformat log iso long ms;
timeformat protocol iso long ms;
router id $1;
protocol device { scan time 2; }
E
}

# The timers of a session: AWS's to the cloud, shorter ones inside the site.
gen_bird_timers() { # HOLD KEEPALIVE
    cat <<E
    hold time $1;
    keepalive time $2;
    startup hold time $1;
    connect delay time 1;
    connect retry time 2;
    error wait time 1, 4;
    graceful restart off;
E
}

# As AWS does: one best path over all tunnels of both connections, and MED 100 and 200 on the two
# tunnels of each. With ecmp all paths of the best length share, whatever their MED.
gen_bird_cloud() {
    local n rest prefix
    gen_bird_head 203.0.113.11
    for prefix in $CLOUD_PREFIXES; do
        echo "protocol static vpc$(family_of "$prefix") { ipv$(family_of "$prefix"); route $prefix blackhole; }"
    done
    gen_bird_kernels "$([[ $CLOUD != ecmp ]] || echo 'merge paths on; ')"
    while read -r n rest; do
        cat <<E
protocol bgp tun$n {
    local as $CLOUD_ASN;
    neighbor $(bgp_net "$n")2 as $GATEWAY_ASN;
    source address $(bgp_net "$n")1;
$(gen_bird_timers 30 10)
$(gen_bird_channels <<C
        import $([[ $CLOUD == ecmp ]] && echo 'filter { bgp_med = 0; accept; }' || echo all);
        export filter {
            if proto !~ "vpc*" then reject;
            bgp_med = $((n % 10 * 100));
            accept;
        };
C
    )
}
E
    done <<<"$TUNNELS"
}

# gen_bird_channels: one for each family, what stands in it on standard input.
gen_bird_channels() {
    local body family
    body=$(cat)
    for family in $(families); do printf '    ipv%s {\n%s\n    };\n' "$family" "$body"; done
}

# gen_bird_kernels [OPTIONS]: the routes of others into the kernel.
gen_bird_kernels() {
    local family
    for family in $(families); do
        echo "protocol kernel { ${1:-}ipv$family { import none; export where source = RTS_BGP; }; }"
    done
}

# aggregate PREFIX: the protocol that announces it.
aggregate() {
    if [[ $1 == *:* ]]; then echo "agg6_$(cut -d: -f2 <<<"$1")"; else echo "agg$(cut -d. -f2 <<<"$1")"; fi
}

gen_bird_gateway() {
    local node=$1 address peer family prefix n rest
    address=$(address_of "$node" lan "$(base_family)")
    peer=$(address_of "$([[ $node == gw1 ]] && echo gw2 || echo gw1)" lan "$(base_family)")
    gen_bird_head "$(level_of "$node" router_id)"
    echo 'include "/usr/share/cgwha/cgwha.bird";'
    for family in $(families); do
        cat <<E
protocol kernel {
    ipv$family {
        import none;
        export filter {
            if source != RTS_BGP then reject;
            krt_prefsrc = $(address_of "$node" lan "$family");
            accept;
        };
    };
}
E
    done
    cat <<E
# Next hops on the LAN are looked up here, else the blackhole aggregates below would take them.
protocol direct { $(families | sed 's/[46]/ipv&;/g') interface "lan"; }
# The shared prefixes, one protocol each, so that one of them can be taken away.
E
    for prefix in $SHARED_PREFIXES; do
        echo "protocol static $(aggregate "$prefix") { ipv$(family_of "$prefix"); route $prefix blackhole; }"
    done
    while read -r n rest; do gen_bird_tunnel "$n"; done < <(tunnels_of "$node")
    gen_bird_lan_side "$address"
    # The other gateway's tunnels are the way out only when there is none of our own.
    gen_bird_inside peer "$address" "$peer" "$GATEWAY_ASN" <<E
        import filter { bgp_local_pref = 50; accept; };
        next hop self;
        export where source = RTS_BGP && proto != "peer";
E
}

# `rs client`: cgwha.bird says why. Both tunnels alike: AWS moves traffic between them by MED, which a preference here would hide.
gen_bird_tunnel() {
    cat <<E
protocol bgp tun$1 {
    local as $GATEWAY_ASN;
    neighbor $(bgp_net "$1")1 as $CLOUD_ASN;
    source address $(bgp_net "$1")2;
    rs client;
$(gen_bird_timers 30 10)
$(gen_bird_channels <<C
        import all;
        next hop self;
        export table on;
        export filter {
            if proto !~ "agg*" then reject;
            if ! cgwha_cloud($GATEWAY_ASN) then reject;
            accept;
        };
C
    )
}
E
}

gen_bird_inside() { # NAME SOURCE NEIGHBOUR ASN, the channel on standard input
    cat <<E
protocol bgp $1 {
    local as $GATEWAY_ASN;
    neighbor $3 as $4;
    source address $2;$([[ $1 != lan ]] || printf '\n    rs client;')
$(gen_bird_timers 9 3)
$(gen_bird_channels)
}
E
}

# What stands there before BIRD starts: low, until the agent has looked around. Without an agent
# nobody would raise it, so then it is what an operator without cgwha has: normal.
gen_level() {
    local node=$1 level=2 med prepend=0
    med=$(level_of "$node" normal)
    [[ -n $WITH_AGENT ]] && level=1 prepend=1 med=$(level_of "$node" low)
    cat <<E
define CGWHA_LEVEL = $level;
define CGWHA_MED = $med;
define CGWHA_PREPEND = $prepend;
define CGWHA_GSHUT = $((level == 1));
define CGWHA_LAN_MED = $med;
define CGWHA_LAN_PREPEND = 0;
E
}

# ---- corosync

gen_corosync() {
    local etc=$1
    mkdir -p "$etc/corosync"
    (umask 077 && cp "$LAB/authkey" "$etc/corosync/authkey")
    gen_corosync_conf >"$etc/corosync/corosync.conf"
}

gen_corosync_conf() {
    local gateway id
    cat <<E
totem {
    version: 2
    cluster_name: cgwha
    transport: knet
    crypto_cipher: aes256
    crypto_hash: sha256
    keyfile: /etc/corosync/authkey
    token: ${CGWHA_LAB_TOKEN:-1000}
    interface {
        linknumber: 0
        knet_link_priority: 10
    }
    interface {
        linknumber: 1
        knet_link_priority: 5
    }
}
logging {
    to_stderr: yes
    to_logfile: no
    to_syslog: $([[ -n $WITH_SYSTEMD ]] && echo yes || echo no)
    timestamp: hires
}
quorum {
    provider: corosync_votequorum
    two_node: 1
}
nodelist {
E
    for gateway in $GATEWAYS; do
        id=$(level_of "$gateway" id)
        cat <<E
    node {
        nodeid: $id
        name: $gateway
        ring0_addr: $(address_of "$gateway" ring0 "$(base_family)")
        ring1_addr: $(address_of "$gateway" ring1 "$(base_family)")
    }
E
    done
    echo "}"
}

# ---- the agent

# Short times, so that a test need not wait for what it does not test.
gen_cgwha() {
    local node=$1 etc=$2
    mkdir -p "$etc/cgwha"
    gen_cgwha_conf "$node" >"$etc/cgwha/cgwha.conf"
}

gen_cgwha_conf() {
    local node=$1 n rest level med extra
    echo "prefixes = { \"${SHARED_PREFIXES// /\", \"}\" }"
    echo "asn = $GATEWAY_ASN"
    echo "router = \"$(router_of "$node")\""
    while read -r n rest; do echo "tunnel tun$n { }"; done < <(tunnels_of "$node")
    gen_cgwha_lan
    [[ $PROFILE == generic ]] || echo "profile = \"$PROFILE\""
    for level in high normal low; do
        med=$(level_of "$node" $level) extra=''
        # With a profile, what the cloud sees is the profile's, but for the base that ranks the gateways.
        if [[ $PROFILE != generic ]]; then
            [[ $PROFILE == aws-tgw || $PROFILE == azure ]] || extra="    med = $med"$'\n'
            printf 'level %s {\n%s    lan-med = %s\n}\n' $level "$extra" "$med"
            continue
        fi
        [[ $level != low ]] || extra=$'\n    prepend = 1\n    gshut = true'
        printf 'level %s {\n    med = %s\n    lan-med = %s%s\n}\n' $level "$med" "$med" "$extra"
    done
    cat <<E
timing {
    settle = 2s
    settle-deadline = 20s
    soak = 3s
}
charon {
    socket = "/run/charon.vici"
}
E
}

# ---- Pacemaker

# A configuration with nothing in it, but that two nodes that start together need not wait 20 s to
# elect, and that nobody is fenced by nothing. The scenario makes the rest, by the snippets.
gen_pacemaker() {
    local dir=$1
    mkdir -p "$dir/usr/lib/ocf/resource.d/cgwha" "$dir/usr/share/cgwha"
    install -m 755 "$SRC/conf/ocf/gateway" "$dir/usr/lib/ocf/resource.d/cgwha/gateway"
    cp -r "$SRC/conf/pacemaker" "$dir/usr/share/cgwha/"
    install -D -m 755 "$SRC/conf/pacemaker/30-pacemaker" "$dir/etc/cgwha/hooks.d/30-pacemaker"
    cibadmin --empty | sed 's|<crm_config/>|<crm_config><cluster_property_set id="cib-bootstrap-options">\
<nvpair id="lab-deadtime" name="dc-deadtime" value="2s"/>\
<nvpair id="lab-stonith" name="stonith-enabled" value="false"/>\
</cluster_property_set></crm_config>|' >"$dir/cib.xml"
}
