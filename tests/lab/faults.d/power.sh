# shellcheck shell=bash disable=SC2034,SC2154
# Power and freeze: gateways that are gone from one moment to the next.

# ---- the active gateway

fault_power_off_cold() {
    begin "the active gateway is powered off, without cgwha" --no-agent
    spoiled=1
    lab crash gw1
    check "traffic comes back when the hold time is over" until_true 90 flows
    finish "active gateway powered off, agents stopped (cold)" -
}

fault_power_off() {
    begin "the active gateway is powered off"
    lab crash gw1
    check "traffic comes back" until_true 60 flows
    check "the other is at high" until_true 10 level_is gw2 high
    check "it says that the node is lost" sees gw2 gw1 node-lost
    lab boot gw1
    check "it comes back by itself" full_service
    # With a longer token than the one that is recommended it takes longer.
    finish "active gateway powered off" $((${CGWHA_LAB_TOKEN:-1000} == 500 ? 1500 : 16000))
}

freeze() { # DRAINING
    lab freeze gw1
    sleep 10 # the fault itself
    check "the other is at high meanwhile" until_true 10 level_is gw2 high
    lab thaw gw1
    check "traffic flows" until_true 30 flows
}

fault_freeze() {
    begin "the active gateway is frozen for 10 s while it drains"
    hold settling
    freeze
    end_echoes
    check "the drain is rolled back" until_true 60 last_result gw1 'rolled back'
    check "it did not withdraw" not saw_phase gw1 withdrawing
    check "both are in service again" full_service
    finish "active gateway frozen for 10 s while it drains" 0
}

fault_freeze_at_rest() {
    begin "the active gateway is frozen for 10 s at rest"
    freeze
    check "both are in service again" full_service
    # What was in its processes' queues when they stopped comes late or not at all, on namespaces,
    # where its ESP is a process.
    finish "active gateway frozen for 10 s at rest" 2500
}

# ---- the guard, in each phase of the other's drain

# gw2 is lost while gw1 is in PHASE; then what held it there is let go. gw1 carries on, or comes back,
# by itself.
lose_guard() { # PHASE MOST
    begin "the guard is powered off while the other is $1"
    hold "$1"
    lab crash gw2
    let_go "$1"
    check "gw1 covers again, whatever it was doing" until_true 60 covers_all gw1
    check "traffic flows" until_true 60 flows
    check "the drain ends" drain_ends
    lab boot gw2
    check "gw2 comes back" until_true 90 phase_is gw2 in-service
    check "gw1 ends as was meant" until_true 60 ended_as_meant gw1
    check "both are in full service" bring_back
    finish "guard powered off while the other is $1" "$2"
}

# Until the withdraw gw1 goes back into service, and to `high`. From then on it comes back as a safety
# net, at `low`, which loses to the routes of the dead one for the hold time.
fault_guard_lost_guarding() { lose_guard guarding 2500; }
fault_guard_lost_lowering() { lose_guard lowering 3500; }
fault_guard_lost_settling() { lose_guard settling 3500; }
fault_guard_lost_withdrawing() { lose_guard withdrawing 31000; }
fault_guard_lost_releasing() { lose_guard releasing 31000; }
fault_guard_lost_drained() { lose_guard drained 31000; }

# ---- both

# cut_power NAME WITHOUT: of both at one moment.
cut_power() {
    lab crash gw1
    lab crash gw2
    lab boot gw1
    lab boot gw2
    check "traffic flows" until_true 60 flows
}

fault_power_cut() {
    begin "the power of both is cut, one of them drained"
    drain_until gw2 drained
    check "gw2 is drained" drain_ends
    cut_power
    check "gw1 is in service again" until_true 90 phase_is gw1 in-service
    check "gw2 is drained again, as was meant" until_true 90 phase_is gw2 drained
    check "both are in full service when asked" bring_back
    finish "power cut of both, one drained, both come back" 15000 15000
}

fault_power_cut_in_service() {
    begin "the power of both is cut, both in service"
    cut_power
    check "both are in full service" full_service
    finish "power cut of both in service, both come back" 15000 15000
}

fault_power_cut_both_out() {
    local gateway
    begin "the power of both is cut, and both were meant to be out"
    drain_until gw1 drained
    check "gw1 is drained" drain_ends
    # As if both had been drained one after the other, each while the other was not there to see it.
    lab svc gw2 kill cgwhad
    on gw1 cat /var/lib/cgwha/intent.json >"$scratch/intent"
    on gw2 cp /dev/stdin /var/lib/cgwha/intent.json <"$scratch/intent"
    lab crash gw1
    lab crash gw2
    lab boot gw1
    lab boot gw2
    for gateway in gw1 gw2; do
        check "$gateway covers, as a safety net" until_true 60 covers_all $gateway
        check "$gateway says so" phase_is $gateway safety-net
    done
    check "traffic flows" until_true 60 flows
    check "both are in full service when asked" bring_back
    finish "power cut of both, both meant to be out" 15000 15000
}
