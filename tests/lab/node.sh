# shellcheck shell=bash
# The power of a node and what one does in it, alike on every substrate.

# start_of PID: when a process began, so that a number used again is not taken for it.
start_of() {
    local stat
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
    # shellcheck disable=SC2086
    set -- ${stat##*) }
    echo "${20}"
}

# lives PID START: whether it is that process still, and not only waits to be reaped.
lives() {
    local stat
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
    [[ ${stat##*) } != [ZX]* && $(start_of "$1") == "$2" ]]
}

# node_remember NODE PID
node_remember() { echo "$2 $(start_of "$2")" >"$LAB/node/$1/pid"; }

# node_pid NODE: its first process as this machine sees it; 1 when it is off.
node_pid() {
    local pid='' start=''
    [[ -r $LAB/node/$1/pid ]] && read -r pid start <"$LAB/node/$1/pid"
    [[ -n $start ]] && lives "$pid" "$start" && echo "$pid"
}

node_is_on() { node_pid "$1" >/dev/null; }
node_is_off() { ! node_is_on "$1"; }
node_is_frozen() { [[ -e $LAB/node/$1/frozen ]] && node_is_on "$1"; }

substrate_of() { has_own_kernel "$1" && echo uml || echo ns; }

need_on() {
    need_node "$1"
    node_is_on "$1" || die "$1 is off: boot it with 'lab boot $1'."
    node_is_frozen "$1" && die "$1 is frozen: thaw it with 'lab thaw $1'."
    return 0
}

# sessions_of NODE: the BGP sessions that must be Established for full service; by OSPF a gateway's
# protocol lan must have a Full neighbour. What else the LAN's side needs, node/ready looks at.
sessions_of() {
    case $1:$LAN_SIDE in
    gw?:vrrp) echo "$(tunnel_names "$1") peer" ;;
    gw?:*) echo "$(tunnel_names "$1") lan peer" ;;
    cloud:*) tunnel_names "$1" ;;
    lan:bgp) echo "$GATEWAYS" ;;
    esac
}

tunnel_names() { tunnels_of "$1" | awk '{ printf "%stun%s", sep, $1; sep = " " }'; }

# node_prepare NODE: its disk, as it is before the first boot.
node_prepare() {
    local node=$1 dir mgmt=''
    dir=$(node_dir "$node")
    mkdir -p "$dir/log" "$dir/disk" "$dir/etc" "$dir/usr"
    gen_node "$node" "$dir"
    [[ -z ${CGWHA_LAB_PREPARE:-} ]] || $CGWHA_LAB_PREPARE "$node" "$dir" ||
        die "$CGWHA_LAB_PREPARE $node $dir fails."
    [[ $(init_of "$node") != systemd ]] || node_install "$dir/root"
    has_own_kernel "$node" && mgmt="$(mgmt_address "$node") $MGMT_PORT"
    {
        printf '%s=%q\n' NODE "$node" SUBSTRATE "$SUBSTRATE" WITH_AGENT "$WITH_AGENT" \
            SRC "$SRC" BUILD "$BUILD" BIN "$BIN" CLOUD_PREFIXES "$CLOUD_PREFIXES" \
            INIT "$(init_of "$node")" GROUP "$(ns_group "$node")"
        printf "%s='%s'\n" INTERFACES "$(interfaces "$node" | xargs)" \
            DAEMONS "$(daemons_of "$node")" TUNNELS "$(tunnel_names "$node")" \
            SESSIONS "$(sessions_of "$node")" MGMT "$mgmt"
        printf '%s=%q\n' ROUTER "$(router_of "$node")" FAMILY "$FAMILY" LAN_SIDE "$LAN_SIDE" \
            VIRTUAL_ADDRESS "$VIRTUAL_ADDRESS" GATEWAYS "$GATEWAYS"
    } >"$dir/env"
}

# node_install DIR: the product, as `make install` leaves it.
node_install() {
    make -s -C "$BUILD" install DESTDIR="$1" >"$LAB/install.log" 2>&1 ||
        die "make install does not: $(tail -n 3 "$LAB/install.log")"
}

# node_power_on NODE: begins its boot; node_booted says when it is done.
node_power_on() {
    local dir
    dir=$(node_dir "$1")
    rm -f "$dir/stage" "$dir/frozen"
    "$(substrate_of "$1")_boot" "$1" || die "$1 cannot be started: $(tail -n 3 "$dir/log/console.log")"
}

# node_booted NODE: whether it is; a boot that failed ends the command with the reason.
node_booted() {
    local dir stage=''
    dir=$(node_dir "$1")
    [[ ! -r $dir/stage ]] || stage=$(<"$dir/stage")
    [[ $stage != failed:* ]] || die "$1 did not boot:${stage#failed:}"
    node_is_on "$1" || die "$1 went off in its boot: $(tail -n 3 "$dir/log/console.log")"
    [[ $stage == booted ]]
}

node_boot() {
    node_is_off "$1" || die "$1 is on already: crash it first with 'lab crash $1'."
    node_power_on "$1"
    wait_for 60 node_booted "$1" ||
        die "$1 did not boot in 60 s: $(tail -n 3 "$(node_dir "$1")/log/console.log")"
}

node_crash() {
    [[ $1 != inet ]] || usage_error "inet holds all cables and stays on: cut a link instead."
    node_is_on "$1" || die "$1 is off already."
    "$(substrate_of "$1")_crash" "$1" || die "$1 cannot be ended."
    rm -f "$(node_dir "$1")/frozen"
}

node_freeze() {
    need_on "$1"
    touch "$(node_dir "$1")/frozen"
    "$(substrate_of "$1")_freeze" "$1" || die "$1 cannot be frozen."
}

node_thaw() {
    need_node "$1"
    node_is_frozen "$1" || die "$1 is not frozen."
    "$(substrate_of "$1")_thaw" "$1" || die "$1 cannot be thawed."
    rm -f "$(node_dir "$1")/frozen"
}

# node_exec NODE COMMAND...
node_exec() {
    "$(substrate_of "$1")_exec" "$@"
}

# node_svc NODE ACT DAEMON
node_svc() {
    local daemon=$3
    need_on "$1"
    # Either name is the router's that this node has, so that a scenario need not know which.
    [[ $daemon != bird && $daemon != router ]] || daemon=$(router_of "$1")
    [[ " start stop restart kill pause cont " == *" $2 "* ]] ||
        usage_error "svc does start, stop, restart, kill, pause or cont, not '$2'."
    [[ " $(daemons_of "$1") " == *" $daemon "* ]] ||
        usage_error "$1 has no daemon '$3'; it has: $(daemons_of "$1")."
    node_exec "$1" "$IN_NODE/svc" "$2" "$daemon"
}

# node_log NODE DAEMON: from the host's disk; a node with its own kernel writes it out first.
# Where systemd is process 1, all logs are in its journal, or lines of the console.
node_log() {
    local file
    file=$(node_dir "$1")/log/$2.log
    if [[ $(init_of "$1") == systemd ]]; then
        node_journal "$1" "$2"
        return
    fi
    if has_own_kernel "$1" && node_is_on "$1" && ! node_is_frozen "$1"; then
        node_exec "$1" sync </dev/null 2>/dev/null
    fi
    [[ -r $file ]] || die "$1 has no log of '$2'; there are:" \
        "$(basename -s .log -a "$(node_dir "$1")"/log/*.log | xargs)."
    cat "$file"
}

node_journal() {
    local name=$2 dir file files=()
    dir=$(node_dir "$1")
    [[ $2 != charon ]] || name='(charon-systemd|swanctl)'
    [[ $2 != console ]] || name='.*'
    if [[ $2 == console && ! -d $dir/journal ]]; then
        cat "$dir/log/console.log"
    elif [[ -d $dir/journal ]]; then
        for file in "$dir"/journal/*/*.journal* "$dir"/log/journal/*/*.journal*; do
            [[ ! -e $file ]] || files+=(--file "$file")
        done
        journalctl -q --no-hostname -o short-precise "${files[@]}" | grep -aE " $name\\[[0-9]+\\]: "
    else
        grep -aE "^$name\\[[0-9]+\\]: " "$dir/log/console.log"
    fi
}
