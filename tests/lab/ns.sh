# shellcheck shell=bash
# A node made of namespaces of this machine's kernel.

# ns_boot NODE: starts it; it boots by itself from there. Its process 1, seen from here, is in
# DIR/pid.
ns_boot() {
    local node=$1 dir parent
    dir=$(node_dir "$node")
    mkdir -p "$dir/mnt"
    setsid "$LAB_SCRIPTS/ahead" unshare --net --mount --pid --ipc --uts --fork --kill-child --mount-proc \
        "$LAB_SCRIPTS/node/init-ns" "$dir" </dev/null >>"$dir/log/console.log" 2>&1 &
    parent=$!
    disown # so that bash does not speak of its end
    wait_for 20 ns_began "$node" "$parent" || return 1
    [[ $node == inet ]] || net_attach "$node"
}

# ns_began NODE PARENT: whether the child of `unshare` is there, and in a network of its own.
ns_began() {
    local pid net
    pid=$(pgrep -P "$2") && net=$(readlink "/proc/$pid/ns/net") || return 1
    [[ $net != "$(readlink /proc/self/ns/net)" ]] && node_remember "$1" "$pid"
}

# ns_exec NODE COMMAND...: with its streams and its status as if it ran here.
ns_exec() {
    local node=$1
    shift
    nsenter --target "$(node_pid "$node")" --net --mount --pid --ipc --uts -- \
        /usr/bin/env -i HOME=/root LC_ALL=C.UTF-8 TERM="${TERM:-dumb}" NODE="$node" \
        PATH=/run/lab/agent:/run/lab/sbin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        "$@"
}

# ns_crash NODE: power off. First the cables, else the kernel closes its connections in its name.
ns_crash() {
    net_detach "$1"
    kill -KILL "$(node_pid "$1")" 2>/dev/null
    wait_for 20 node_is_off "$1" || return 1
    net_forget "$1"
}

# Processes are stopped, all but process 1; the kernel is not: it still answers ARP and ACKs TCP.
ns_freeze() { ns_signal_all "$1" STOP; }
ns_thaw() { ns_signal_all "$1" CONT; }
ns_signal_all() { ns_exec "$1" bash -c "kill -$2 -1"; }
