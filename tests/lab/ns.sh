# shellcheck shell=bash
# A node made of namespaces of this machine's kernel.

# ns_boot NODE: starts it; it boots by itself from there. Its process 1, seen from here, is in
# DIR/pid.
ns_boot() {
    local node=$1 dir parent
    dir=$(node_dir "$node")
    mkdir -p "$dir/mnt"
    if [[ $(init_of "$node") == systemd ]]; then
        ns_machine "$node" </dev/null >>"$dir/log/console.log" 2>&1 &
        wait_for 10 ns_has_parent "$node" || return 1
        parent=$(<"$dir/parent")
    else
        # shellcheck disable=SC2086
        setsid "$LAB_SCRIPTS/ahead" unshare $NS_KINDS "$LAB_SCRIPTS/node/init-ns" "$dir" \
            </dev/null >>"$dir/log/console.log" 2>&1 &
        parent=$!
    fi
    disown # so that bash does not speak of its end
    wait_for 20 ns_began "$node" "$parent" || return 1
    [[ $node == inet ]] || net_attach "$node"
}

NS_KINDS="--net --mount --pid --ipc --uts --fork --kill-child --mount-proc"
ns_has_parent() { [[ -s $(node_dir "$1")/parent ]]; }

# ns_machine NODE: what a machine does when its system asks for a reboot: it starts it again. The
# kernel tells that by the signal that ends process 1, which unshare passes on.
ns_machine() {
    local node=$1 dir status=0
    dir=$(node_dir "$node")
    trap '' HUP
    # shellcheck disable=SC2086
    setsid "$LAB_SCRIPTS/ahead" unshare $NS_KINDS "$LAB_SCRIPTS/node/init-ns" "$dir" &
    echo $! >"$dir/parent"
    wait $! || status=$?
    ((status == 128 + 1)) && [[ -d $dir ]] || return 0
    rm -f "$dir/parent" "$dir/stage"
    net_forget "$node"
    ns_boot "$node"
}

# ns_began NODE PARENT: whether the child of `unshare` is there, and in a network of its own.
ns_began() {
    local pid net
    pid=$(pgrep -P "$2") && net=$(readlink "/proc/$pid/ns/net") || return 1
    [[ $net != "$(readlink /proc/self/ns/net)" ]] && node_remember "$1" "$pid"
}

# ns_group NODE: the control group that systemd has as its own.
ns_group() { echo "cgwha-lab$(tr / - <<<"$LAB")-$1"; }

# ns_forget_groups: they are the kernel's, and outlive what was in them.
ns_forget_groups() {
    [[ -n ${WITH_SYSTEMD:-} && $SUBSTRATE == ns ]] || return 0
    # shellcheck disable=SC2016
    unshare --mount sh -c 'mount -t cgroup2 lab /mnt && for g in /mnt/"$1"*; do
        [ ! -d "$g" ] || find "$g" -depth -type d -exec rmdir {} +; done' sh "$(ns_group "")"
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
    rm -f "$(node_dir "$1")/parent"
    wait_for 20 node_is_off "$1" || return 1
    net_forget "$1"
}

# Processes are stopped, all but process 1; the kernel is not: it still answers ARP and ACKs TCP.
ns_freeze() { ns_signal_all "$1" STOP; }
ns_thaw() { ns_signal_all "$1" CONT; }
ns_signal_all() { ns_exec "$1" bash -c "kill -$2 -1"; }
