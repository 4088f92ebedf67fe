# shellcheck shell=bash
# The site as a whole: up, down, and how it stands.

# A deadline, not a promise: this machine may be busy with other things.
site_up_seconds() { [[ $SUBSTRATE == uml ]] && echo 120 || echo 60; }

site_up() {
    local began=$SECONDS
    use_family
    find_build
    [[ -z $WITH_AGENT ]] || find_agent
    check_host
    site_claim
    trap 'site_up_failed' EXIT
    trap 'exit 130' INT TERM
    site_write_down
    site_boot
    say "All nodes are up after $((SECONDS - began)) s; waiting for full service."
    site_await
    trap - EXIT INT TERM
    say "The pair is in full service after $((SECONDS - began)) s${WITH_AGENT:+, with the agent}" \
        "($SUBSTRATE)."
}

# One lab in a directory: whoever comes second is told. What a lab has left that was ended from outside, as
# by a reboot of this machine, is in nobody's use. Two that come at once take turns at the lock.
site_claim() {
    local lock
    mkdir -p "$(dirname "$LAB")" && exec {lock}<"$(dirname "$LAB")" && flock "$lock" ||
        die "The lab's directory $LAB cannot be made."
    site_is_left_over && say "A lab that was ended has left $LAB: taking it away." && site_down >/dev/null
    if ! mkdir "$LAB" 2>/dev/null; then
        [[ -d $LAB ]] || die "The lab's directory $LAB cannot be made."
        die "A lab is up already in $LAB (since $(date -r "$LAB" '+%F %T')): take it down with" \
            "'lab down', or give this one another directory with CGWHA_LAB_DIR."
    fi
    echo "$$ $(start_of $$)" >"$LAB/owner"
    exec {lock}<&-
}

# Neither the command that made it nor any of its nodes lives.
site_is_left_over() {
    local node pid='' start=''
    [[ -d $LAB ]] || return 1
    [[ ! -r $LAB/owner ]] || read -r pid start <"$LAB/owner"
    [[ -z $start ]] || ! lives "$pid" "$start" || return 1
    for node in $ALL_NODES; do
        node_is_off "$node" || return 1
    done
}

site_write_down() {
    local node
    chmod 700 "$LAB"
    mkdir "$LAB/node" "$LAB/cut" "$LAB/uml"
    printf '%s=%q\n' SUBSTRATE "$SUBSTRATE" ROUTER "$ROUTER" FAMILY "$FAMILY" LAN_SIDE "$LAN_SIDE" CLOUD "$CLOUD" \
        PROFILE "$PROFILE" WITH_AGENT "$WITH_AGENT" WITH_PACEMAKER "$WITH_PACEMAKER" WITH_SYSTEMD "$WITH_SYSTEMD" \
        BUILD "$BUILD" BIN "$BIN" \
        >"$LAB/env"
    head -c 32 /dev/urandom | base64 -w 0 | tr -dc 'A-Za-z0-9' >"$LAB/psk"
    head -c 256 /dev/urandom >"$LAB/authkey"
    for node in $ALL_NODES; do node_prepare "$node"; done
}

# inet first, for all cables end there; then all others at once.
site_boot() {
    local node
    node_boot inet
    net_bridges || die "The bridges cannot be made in the node inet."
    for node in $ALL_NODES; do
        [[ $node == inet ]] || node_power_on "$node"
    done
    for node in $ALL_NODES; do
        wait_for 90 node_booted "$node" ||
            die "$node did not boot in 90 s: $(tail -n 3 "$(node_dir "$node")/log/console.log")"
    done
}

site_await() {
    local seconds
    seconds=$(site_up_seconds)
    wait_in_service "$seconds" && return
    complain "The pair did not come into full service in $seconds s; missing is:"
    printf '  %s\n' "${MISSING//$'\n'/$'\n'  }" >&2
    blame >&2
    exit 1
}

site_up_failed() {
    local status=$?
    if [[ -n $KEEP ]]; then
        complain "The lab is left as it is, for you to look: 'lab log', 'lab exec', 'lab down'."
    else
        site_down >/dev/null
    fi
    exit "$status"
}

# ---- down

# All that runs in the networks of the nodes, which are found while the nodes still hold them: after
# that the kernel may give their numbers to somebody else. Never what runs in our own network.
site_processes() {
    local node pid nets='' own
    own=$(readlink /proc/self/ns/net)
    for node in $ALL_NODES; do
        pid=$(node_pid "$node") && nets+=" $(readlink "/proc/$pid/ns/net")"
    done
    find /proc/[0-9]*/ns -maxdepth 1 -name net -printf '%h %l\n' 2>/dev/null |
        awk -F '[/ ]' -v nets="$nets" -v own="$own" 'BEGIN { n = split(nets, list, " ")
            for (i = 1; i <= n; i++) if (list[i] != own) ours[list[i]] = 1 }
            $NF in ours { print $3 }'
}

site_is_gone() {
    local pid start
    while read -r pid start; do
        lives "$pid" "$start" && return 1
    done <"$LAB/left"
    return 0
}

site_down() {
    local pid
    if [[ ! -d $LAB ]]; then
        say "No lab is up in $LAB."
        return
    fi
    # shellcheck source=/dev/null
    [[ ! -r $LAB/env ]] || source "$LAB/env"
    for pid in $(site_processes); do
        echo "$pid $(start_of "$pid")"
    done >"$LAB/left"
    while read -r pid _; do kill -KILL "$pid" 2>/dev/null; done <"$LAB/left"
    wait_for 30 site_is_gone || die "Processes of the lab do not end: $(cut -d ' ' -f 1 "$LAB/left" | xargs)."
    grep -F " $LAB/" /proc/self/mountinfo >&2 && die "Something is mounted in $LAB; unmount it first."
    ns_forget_groups
    rm -rf --one-file-system "$LAB" || die "The lab's directory $LAB cannot be removed."
    say "The lab is down."
}

# ---- status

node_power() {
    if node_is_off "$1"; then
        echo off
    elif node_is_frozen "$1"; then
        echo frozen
    else
        echo on
    fi
}

node_daemons() {
    local daemon
    [[ $(node_power "$1") == on ]] || return
    for daemon in $(daemons_of "$1"); do
        printf '%s=%s ' "$daemon" "$(node_exec "$1" "$IN_NODE/svc" state "$daemon" </dev/null 2>&1)"
    done
}

site_status() {
    local node
    say "The lab in $LAB: substrate $SUBSTRATE, $([[ -n $WITH_AGENT ]] && echo with || echo without) the agent."
    for node in $ALL_NODES; do
        printf '%-6s %-7s %s\n' "$node" "$(node_power "$node")" "$(node_daemons "$node")"
    done
    for node in "$LAB"/cut/*; do
        [[ -e $node ]] && say "cut: $(basename "$node")"
    done
    if traffic_runs; then say "Traffic runs."; else say "No traffic runs."; fi
    if in_service; then
        say "The pair is in full service."
    else
        say "Missing:"
        printf '  %s\n' "${MISSING//$'\n'/$'\n'  }"
    fi
}
