# shellcheck shell=bash
# The links between the gateways: cut, and bad.

# split PHASE: both links are cut while gw1 is in PHASE, and joined again.
split() {
    begin "both cluster links are cut while one is $1"
    hold "$1"
    lab cut rings
    check "gw1 sees the other leave" until_true 20 sees gw1 gw2 node-lost
    check "gw2 sees the other leave" until_true 20 sees gw2 gw1 node-lost
    let_go "$1"
    check "the drain ends" drain_ends
    check "gw1 covers" until_true 30 covers_all gw1
    check "a drain is refused at gw2" exits 3 ask gw2 drain
    lab join rings
    check "they see one another again" until_true 30 sees gw1 gw2 member
    check "gw1 ends as was meant" until_true 60 ended_as_meant gw1
    check "both are in full service" bring_back
    finish "both cluster links cut while one is $1, healed" 0
}

for phase in guarding lowering settling withdrawing releasing drained; do
    eval "fault_split_$phase() { split $phase; }"
done

fault_split_at_rest() {
    begin "both cluster links are cut at rest"
    lab cut rings
    check "gw1 sees the other leave" until_true 20 sees gw1 gw2 node-lost
    check "gw2 sees the other leave" until_true 20 sees gw2 gw1 node-lost
    check "both go to high" until_true 20 both_at high
    check "a drain is refused at gw1" exits 3 ask gw1 drain
    note "$(said)"
    check "a drain is refused at gw2" exits 3 ask gw2 drain
    lab join rings
    check "both are in full service again" full_service
    finish "both cluster links cut at rest, healed" 0
}

# corosync goes on over the other link; but with a token of 500 ms it may form its membership anew before
# it has left the one that is cut, and a drain in that moment is refused.
fault_one_link() {
    begin "one cluster link is cut, and a drain goes on over the other"
    lab cut ring0
    check "a drain, at once or when asked again" until_true 30 ask gw1 drain
    lab cut ring1
    lab join ring0
    check "they see one another" until_true 30 sees gw1 gw2 member
    check "and back" bring_back
    lab join ring1
    finish "one cluster link cut at a time, drain and return" 0
}

# The kernel of a namespace lab is the host's, which need not know netem; that of a UML node does.
fault_bad_links() {
    local loss gateway ring
    if [[ $SUBSTRATE != uml ]]; then
        note "" "bad cluster links need a kernel with netem: faults --substrate uml bad_links"
        return
    fi
    for loss in 5 20; do
        begin "the cluster links lose $loss % and delay by 100 ms with as much jitter"
        for gateway in gw1 gw2; do
            for ring in ring0 ring1; do
                on $gateway tc qdisc add dev $ring root netem loss $loss% delay 100ms 100ms ||
                    bail_out "netem cannot be had in $gateway"
            done
        done
        check "a drain ends" ends_somehow ask gw1 drain
        note "$(said)"
        check "a return ends" ends_somehow ask gw1 undrain
        check "a drain of the other ends" ends_somehow ask gw2 drain
        note "$(said)"
        check "its return ends" ends_somehow ask gw2 undrain
        for gateway in gw1 gw2; do
            for ring in ring0 ring1; do on $gateway tc qdisc del dev $ring root; done
        done
        check "both are in full service on good links" bring_back
        finish "cluster links with $loss % loss, 100 ms delay and jitter; drains and returns (UML)" 0
        end
    done
}
