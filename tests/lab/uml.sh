# shellcheck shell=bash
# A node that is a User-Mode Linux: its own kernel, real kernel ESP, real power-off and freeze.

uml_boot() {
    local node=$1 dir interface mac devices=() i=0
    dir=$(node_dir "$node")
    net_taps "$node" || return 1
    mac=02:00:00:00:0$(awk -v n="$node" '{ for (i = 1; i <= NF; i++) if ($i == n) print i }' \
        <<<"$ALL_NODES")
    for interface in $(interfaces "$node") mgmt; do
        devices+=("vec$i:transport=tap,ifname=$node-$interface,depth=128,gro=0,mac=$mac:0$i")
        i=$((i + 1))
    done
    rm -rf "$LAB/uml/$node"
    # At once: the kernel of another machine does not wait for this one's compilers.
    setsid "$LAB_SCRIPTS/ahead" --at-once nsenter --target "$(node_pid inet)" --net -- \
        "$LAB_SCRIPTS/uml-kernel" "mem=$(uml_memory "$node")" umid="$node" uml_dir="$LAB/uml/" \
        rootfstype=hostfs root=/dev/root \
        rootflags=/ ro init="$LAB_SCRIPTS/node/init-uml" con=null con0=null,fd:1 quiet loglevel=3 \
        cgwha_dir="$dir" "${devices[@]}" </dev/null >>"$dir/log/console.log" 2>&1 &
    disown # so that bash does not speak of its end
    node_remember "$node" $!
}

# uml_memory NODE: its disk is in it too.
uml_memory() { [[ $(init_of "$1") == systemd ]] && echo 512M || echo 256M; }

uml_exec() {
    local node=$1
    shift
    # shellcheck disable=SC2046
    in_net inet "$BUILD/tests/lab/nodecall" $(mgmt_address "$node") "$MGMT_PORT" "$@"
}

# All processes of a UML are in the group of the first: power off is one signal.
uml_crash() {
    kill -KILL -- "-$(node_pid "$1")" 2>/dev/null
    wait_for 20 node_is_off "$1" || return 1
    net_detach "$1"
}

uml_freeze() { kill -STOP "$(node_pid "$1")"; }
uml_thaw() { kill -CONT "$(node_pid "$1")"; }
