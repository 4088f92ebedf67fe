# shellcheck shell=bash
# What the machine must have for a lab. It says all that is missing at once, each with what to do.

# need_file FILE PACKAGE
need_file() { [[ -e $1 ]] || say "$1 is missing: apt-get install $2"; }

# need_command COMMAND PACKAGE
need_command() { command -v "$1" >/dev/null || say "the command $1 is missing: apt-get install $2"; }

missing_programs() {
    need_command ip iproute2
    need_command unshare util-linux
    need_command nsenter util-linux
    need_command sysctl procps
    need_command pgrep procps
    need_command jq jq
    need_command bird bird2
    need_command birdc bird2
    [[ $ROUTER == bird ]] || need_command vtysh frr
    [[ $LAN_SIDE != vrrp ]] || need_command keepalived keepalived
    need_command corosync corosync
    need_command swanctl strongswan-swanctl
    need_file /usr/lib/ipsec/charon strongswan-charon
    need_file /usr/lib/ipsec/plugins/libstrongswan-openssl.so libstrongswan-standard-plugins
    need_file /usr/lib/ipsec/plugins/libstrongswan-vici.so strongswan-swanctl
    if [[ -n $WITH_SYSTEMD ]]; then
        need_file /lib/systemd/systemd systemd
        need_file /usr/sbin/charon-systemd charon-systemd
        need_command dbus-daemon dbus
        need_command make make
    fi
    if [[ -n $WITH_PACEMAKER ]]; then
        need_command pacemakerd pacemaker
        need_command crm_standby pacemaker-cli-utils
        need_file /usr/lib/ocf/lib/heartbeat/ocf-shellfuncs resource-agents
    fi
    if [[ $SUBSTRATE == uml ]]; then
        need_command linux.uml user-mode-linux
    else
        need_file /usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so libcharon-extra-plugins
    fi
}

# can_link TYPE ARGUMENTS...: whether the kernel makes such a device, tried in a namespace of its own.
can_link() { unshare --net ip link add "cgwha0" type "$@" 2>/dev/null; }

missing_kernel() {
    [[ -c /dev/net/tun ]] || say "/dev/net/tun is missing: modprobe tun, or give it to the container"
    if ! unshare --net --mount --pid --ipc --uts --fork true 2>/dev/null; then
        say "namespaces cannot be made (unshare fails): run on the host, or in a privileged container"
        return
    fi
    grep -qw overlay /proc/filesystems || modprobe -q overlay ||
        say "the kernel has no overlayfs: modprobe overlay"
    can_link veth peer name cgwha1 || say "the kernel makes no veth device: modprobe veth"
    can_link bridge || say "the kernel makes no bridge: modprobe bridge"
    [[ $SUBSTRATE == uml ]] || can_link vxlan id 1 dstport 4789 ||
        say "the kernel makes no VXLAN device: modprobe vxlan"
}

missing_for_uml() {
    [[ $SUBSTRATE == uml ]] || return
    [[ $SRC$BUILD$BIN$LAB != *[[:space:],]* ]] ||
        say "the paths hold a space or a comma, which a kernel command line cannot: move the tree"
    if ldd "$BUILD/tests/lab/noded" ${BIN:+"$BIN/cgwhad"} 2>/dev/null | grep -q 'lib[at]san'; then
        say "the build has sanitizers, which do not run in User-Mode Linux: build without them"
    fi
}

check_host() {
    local missing
    ((EUID == 0)) || die "The lab makes namespaces and network devices: run it as root."
    missing=$(missing_programs; missing_kernel; missing_for_uml)
    [[ -z $missing ]] && return
    complain "This machine cannot run the lab:"
    printf '  %s\n' "${missing//$'\n'/$'\n'  }" >&2
    exit 1
}
