# shellcheck shell=bash
# Each daemon killed and hung, on either gateway, at rest and in the middle of a drain; and the agent
# restarted, as an upgrade does, in each phase.

# How many packets may be lost each way, where it is not none. Without charon a gateway has no ESP:
# what the cloud and the LAN still send to it is lost until the other one is at high.
may_lose() { # SIGNAL DAEMON ROLE
    case $1-$2-$3 in
    kill-charon-active | kill-charon-guard) echo 1500 ;;
    stop-charon-active | stop-charon-guard) echo 6000 ;;
    *) echo 0 ;;
    esac
}

# What it is called where: at rest gw1 carries the traffic; in its drain gw2 guards it.
role_of() { # GATEWAY MOMENT
    case $1-$2 in
    gw1-rest) echo active ;;
    gw2-rest) echo standby ;;
    gw1-drain) echo leaving ;;
    gw2-drain) echo guard ;;
    esac
}

strike() { # SIGNAL DAEMON GATEWAY
    if [[ $1 == kill ]]; then lab svc "$3" kill "$2"; else lab svc "$3" pause "$2"; fi
}
heal() {
    if [[ $1 == kill ]]; then lab svc "$3" start "$2"; else lab svc "$3" cont "$2"; fi
}

# For how long: longer than the LAN's hold time; and a hung BIRD once for longer than the cloud's.
seconds_of() { # SIGNAL DAEMON MOMENT
    if [[ $1-$2-$3 == stop-bird-rest ]]; then echo 33; else echo 12; fi
}

# daemon_fault SIGNAL DAEMON GATEWAY MOMENT
daemon_fault() {
    local role what began=$SECONDS
    role=$(role_of "$3" "$4")
    what="$2 $([[ $1 == kill ]] && echo killed || echo hung) on the $role gateway"
    begin "$what"
    [[ $4 == rest ]] || hold settling
    strike "$1" "$2" "$3"
    began=$SECONDS
    check "traffic flows" until_true 60 flows
    [[ $4 == rest ]] || let_go settling
    # The one who asked loses his agent; the drain is the gateways' business, and is looked at below.
    [[ $4 == rest || $2-$3 == cgwhad-gw1 ]] || check "the drain ends, and says how" drain_ends
    until_true $(($(seconds_of "$1" "$2" "$4") - SECONDS + began)) false # the fault lasts
    heal "$1" "$2" "$3"
    check "gw1 is in service, or drained as was meant" until_true 60 ended_as_meant gw1
    check "both are in full service" bring_back
    finish "$what" "$(may_lose "$1" "$2" "$role")"
}

for signal in kill stop; do
    for daemon in cgwhad corosync charon bird; do
        for gateway in gw1 gw2; do
            for moment in rest drain; do
                eval "fault_${signal}_${daemon}_${gateway}_$moment() {
                    daemon_fault $signal $daemon $gateway $moment
                }"
            done
        done
    done
done

# ---- upgrades of the agent

# restart PHASE GATEWAY: the agent of GATEWAY, while gw1 is in PHASE.
restart() {
    begin "cgwhad is restarted on $2 while gw1 is $1"
    hold "$1"
    lab svc "$2" restart cgwhad
    let_go "$1"
    until_true 130 drain_over # it may have lost its agent
    check "gw1 ends as was meant" until_true 60 ended_as_meant gw1
    check "both are in full service" bring_back
    finish "cgwhad restarted on $2 while gw1 is $1" 0
}

for phase in rest guarding lowering settling withdrawing releasing drained connecting soaking; do
    for gateway in gw1 gw2; do
        eval "fault_restart_${phase}_$gateway() { restart $phase $gateway; }"
    done
done
