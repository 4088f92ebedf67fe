# shellcheck shell=bash disable=SC2034,SC2154
# Disk, control sockets and configuration that refuse.

# ---- disk

drain_rolls_back_for_the_disk() {
    check "the drain is rolled back" exits 4 ask gw1 drain
    note "$(said)"
    check "it says why" grep -q intent.json "$scratch/said"
    on gw1 umount /var/lib/cgwha
    # Refused or rolled back if the membership changes meanwhile, as it may on a busy machine.
    check "then it goes" until_true 60 ask gw1 drain
    check "and comes back" bring_back
}

fault_disk_full() {
    begin "the disk is full"
    on gw1 sh -c 'mount -t tmpfs -o size=4k tmpfs /var/lib/cgwha && chmod 700 /var/lib/cgwha
        head -c 64k /dev/zero >/var/lib/cgwha/full' 2>/dev/null
    drain_rolls_back_for_the_disk
    finish "disk full" 0
}

fault_disk_read_only() {
    begin "the disk is read-only"
    on gw1 sh -c 'mount -t tmpfs tmpfs /var/lib/cgwha && mount -o remount,ro /var/lib/cgwha'
    drain_rolls_back_for_the_disk
    finish "disk read-only" 0
}

# state_file WHAT COMMAND: what stands on gw1's disk when its agent starts.
state_file() {
    begin "the state file is $1"
    lab svc gw1 stop cgwhad
    on gw1 sh -c "$2"
    lab svc gw1 start cgwhad
    check "it is in service" until_true 20 phase_is gw1 in-service
    check "it says so" in_log gw1 "intent.json"
    check "both are in full service" full_service
    on gw1 sh -c 'rm -rf /var/lib/cgwha/intent.json'
    check "a drain saves it anew" ask gw1 drain
    check "and back" bring_back
    finish "state file $1" 0
}

fault_state_corrupt() { state_file corrupt 'echo garbage >/var/lib/cgwha/intent.json'; }
fault_state_unreadable() {
    state_file unreadable 'rm -f /var/lib/cgwha/intent.json; mkdir /var/lib/cgwha/intent.json'
}

# ---- control sockets

socket_of() {
    case $1 in
    charon) echo /run/charon.vici ;;
    bird) echo /run/bird/bird.ctl ;;
    esac
}

# obstruct WAY DAEMON, unobstruct WAY DAEMON: on gw1. corosync's sockets have no name in the file system:
# they are missing without corosync.
obstruct() {
    case $1-$2 in
    hung-*) lab svc gw1 pause "$2" ;;
    missing-corosync) lab svc gw1 stop corosync ;;
    missing-*) on gw1 mv "$(socket_of "$2")" "$(socket_of "$2").away" ;;
    refusing-*) # one that nobody listens at
        obstruct missing "$2"
        # shellcheck disable=SC2016
        on gw1 perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0) && bind(S, pack_sockaddr_un($ARGV[0])) or die' \
            "$(socket_of "$2")"
        ;;
    esac 2>/dev/null
}
unobstruct() {
    case $1-$2 in
    hung-*) lab svc gw1 cont "$2" ;;
    missing-corosync) lab svc gw1 start corosync ;;
    *) on gw1 mv "$(socket_of "$2").away" "$(socket_of "$2")" ;;
    esac
}

says_what_is_wrong() { # DAEMON
    case $1 in
    charon) sick gw1 ipsec ;;
    bird) sick gw1 router ;;
    corosync) alone gw1 ;;
    esac
}

# start_without WAY DAEMON: gw1's agent is restarted, and finds the daemon's socket so.
start_without() {
    begin "cgwhad starts, and the control socket of $2 is $1"
    lab svc gw1 stop cgwhad
    obstruct "$1" "$2"
    on gw1 touch "/run/lab/unreachable.$2"
    lab svc gw1 start cgwhad
    check "it says what is wrong" until_true 20 says_what_is_wrong "$2"
    note "$(status gw1 '.nodes[] | select(.self)."sick-why"[]')" "$(status gw1 .view.why)"
    check "the other is not let out" exits 3 ask gw2 drain
    note "$(said)"
    check "traffic flows" until_true 30 flows
    unobstruct "$1" "$2"
    on gw1 rm "/run/lab/unreachable.$2"
    check "both are in full service" full_service
    finish "cgwhad starts while the socket of $2 is $1" "$(lost_without_charon "$1" "$2")"
}

# A hung charon carries no packet, which is not the agent's doing.
lost_without_charon() { if [[ $1-$2 == hung-charon ]]; then echo 8000; else echo 0; fi; }

# lose_socket DAEMON: at run time; the connection that is there goes on, but no new one is had.
lose_socket() {
    begin "the control socket of $1 is removed at run time"
    obstruct missing "$1"
    check "a drain ends" ends_somehow ask gw1 drain
    note "$(said)"
    check "a return ends" ends_somehow ask gw1 undrain
    unobstruct missing "$1"
    check "both are in full service" bring_back
    finish "socket of $1 removed at run time; drain and return" 0
}

for daemon in charon bird corosync; do
    for way in missing refusing hung; do
        [[ $way-$daemon == refusing-corosync ]] ||
            eval "fault_start_${daemon}_$way() { start_without $way $daemon; }"
    done
done

# corosync and cgwhad speak with their clients through shared memory, and refuse when there is no room.
# What has its connection keeps it.
fault_no_shared_memory() {
    begin "there is no room for shared memory"
    on gw1 touch /run/lab/unreachable.cgwhad
    on gw1 sh -c 'mount -t tmpfs -o size=4k full /dev/shm; head -c 64k /dev/zero >/dev/shm/full' 2>/dev/null
    check "the command fails, and says so" exits 1 ask gw1 status
    note "$(said)"
    check "the other sees nothing of it" sees gw2 gw1 member
    check "traffic flows" until_true 30 flows
    on gw1 umount /dev/shm
    on gw1 rm /run/lab/unreachable.cgwhad
    check "both are in full service" full_service
    check "a drain goes" ask gw1 drain
    check "and back" bring_back
    finish "no room for shared memory" 0
}
fault_socket_removed_charon() { lose_socket charon; }
fault_socket_removed_bird() { lose_socket bird; }

# ---- configuration

fault_no_include() {
    begin "bird.conf does not load the level file"
    spoiled=1
    on gw1 sh -c 'cp /run/cgwha/level.bird.conf /etc/bird/frozen.conf
        sed "s|/run/cgwha/level.bird.conf|/etc/bird/frozen.conf|" /usr/share/cgwha/cgwha.bird >/etc/bird/cgwha.bird
        sed -i "s|/usr/share/cgwha/cgwha.bird|/etc/bird/cgwha.bird|" /etc/bird/bird.conf
        birdc configure' >/dev/null
    check "the drain is rolled back" exits 4 ask gw1 drain
    note "$(said)"
    check "gw1 still carries" phase_is gw1 in-service
    finish "bird.conf without the level file" 0
}
