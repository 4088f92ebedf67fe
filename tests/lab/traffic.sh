# shellcheck shell=bash
# Traffic both ways between the host behind the cloud and the LAN, and its exact count.

TRAFFIC_ENDS="lan vpc"

# flow_signal SIGNAL END...: to the ends that run, at once; 1 when one does not run.
flow_signal() {
    local signal=$1 end pid start rc=0 pids=()
    shift
    for end in "$@"; do
        if [[ -r $LAB/node/$end/flow.pid ]] && read -r pid start <"$LAB/node/$end/flow.pid" &&
            lives "$pid" "$start"; then
            pids+=("$pid")
        else
            rc=1
        fi
    done
    ((${#pids[@]} == 0)) || kill "-$signal" "${pids[@]}" 2>/dev/null || rc=1
    return $rc
}

traffic_runs() { flow_signal 0 lan || flow_signal 0 vpc; }

# flow_start END OWN-ADDRESS PEER-ADDRESS RATE RUN
flow_start() {
    local end=$1
    ns_exec "$end" "$IN_NODE/../ahead" --at-once \
        /run/lab/build/tests/lab/flow --listen "$2:$PROBE_PORT" --peer "$3:$PROBE_PORT" \
        --rate "$4" --run "$5" --duration until-signal --report /run/lab/node/flow.json \
        </dev/null >"$(node_dir "$end")/log/flow.log" 2>&1 &
    disown
    wait_for 10 flow_began "$end" $! || die "flow cannot be started in $end: $(<"$(node_dir "$end")/log/flow.log")"
}

# flow_began END PID: what nsenter, of this PID, has become in the node.
flow_began() {
    local nsenter pid
    # The node's process is a child of nsenter, which may be a child of our own shell's copy.
    for nsenter in "$2" $(pgrep -P "$2"); do
        pid=$(pgrep -P "$nsenter" -x flow) || continue
        echo "$pid $(start_of "$pid")" >"$LAB/node/$1/flow.pid"
        return
    done
    return 1
}

has_report() { [[ -e $LAB/node/$1/flow.json ]]; }
has_report_or_ended() { has_report "$1" || ! flow_signal 0 "$1"; }

traffic_start() { # RATE LAN-ADDRESS
    local run end
    traffic_runs && die "Traffic runs already: stop it with 'lab traffic stop'."
    need_on lan
    need_on vpc
    run=$(now_ms)
    for end in $TRAFFIC_ENDS; do rm -f "$LAB/node/$end/flow."{json,pid}; done
    flow_start lan "$2" "$VPC_HOST" "$1" "$run"
    flow_start vpc "$VPC_HOST" "$2" "$1" "$run"
    for end in $TRAFFIC_ENDS; do
        wait_for 20 has_report_or_ended "$end"
        has_report "$end" || die "Traffic did not start: $(tail -n 1 "$(node_dir "$end")/log/flow.log")"
    done
}

flow_ended() { ! flow_signal 0 "$1"; }

traffic_stop() {
    local end
    traffic_runs || die "No traffic runs: start it with 'lab traffic start'."
    # shellcheck disable=SC2086
    flow_signal TERM $TRAFFIC_ENDS
    for end in $TRAFFIC_ENDS; do
        wait_for 30 flow_ended "$end" || die "The end of the traffic in $end does not stop."
    done
}

# traffic_snapshot: the newest count of both ends; asks for it while they run.
traffic_snapshot() {
    local end
    for end in $TRAFFIC_ENDS; do
        flow_signal 0 "$end" || continue
        rm -f "$LAB/node/$end/flow.json"
        flow_signal USR1 "$end"
    done
    for end in $TRAFFIC_ENDS; do
        wait_for 10 has_report "$end" || die "There is no count of $end: start traffic first."
    done
}

# Both ends joined: what one sent and the other received. When both have ended, what did not arrive
# is lost, and that is exact; while they run, only a hole before a later arrival is.
# shellcheck disable=SC2016
JOIN='
def way(from; to): {
    sent: from.tx.sent, errors: from.tx.errors, received: to.rx.received,
    lost: (if from.running or to.running then to.rx.lost else from.tx.sent - to.rx.received end),
    reordered: to.rx.reordered, duplicated: to.rx.duplicated, overflow: to.rx.overflow,
    strangers: to.rx.strangers, silent_ms: to.rx.silent_ms, late_max_ms: from.tx.late_max_ms,
    gaps: to.rx.gaps };
$lan[0] as $l | $vpc[0] as $v | way($v; $l) as $in | way($l; $v) as $out | {
    running: ($l.running or $v.running), rate: $l.rate, started_ms: $l.started_ms,
    seconds: (($l.ended_ms - $l.started_ms) / 1000), sent: ($in.sent + $out.sent),
    lost: ($in.lost + $out.lost), cloud_to_lan: $in, lan_to_cloud: $out }'

traffic_json() {
    jq -n --slurpfile lan "$LAB/node/lan/flow.json" --slurpfile vpc "$LAB/node/vpc/flow.json" "$JOIN"
}

TABLE='
def pad(n): tostring | if length < n then (" " * (n - length)) + . else . end;
def fixed: . * 10 | round / 10;
def clock: (. / 1000 | floor | strflocaltime("%H:%M:%S")) + "." +
    (. % 1000 + 1000 | tostring | .[1:4]);
def row(name; w): name + (w.sent | pad(10)) + (w.received | pad(10)) + (w.lost | pad(8)) +
    (w.reordered | pad(11)) + (w.duplicated | pad(12)) + (w.gaps | length | pad(9)) +
    ([w.gaps[].ms, 0] | max | fixed | pad(12));
def losses(name; w): w.gaps[] | select(.lost > 0) |
    "  \(name): \(.lost) lost in \(.ms | fixed) ms from \(.start_ms | clock)";
def silence(name; w): w | select(.silent_ms > 100) |
    "  \(name): nothing has come for \(.silent_ms | fixed) ms";
"direction         sent  received    lost  reordered  duplicated  gaps>10  longest ms",
row("cloud->lan"; .cloud_to_lan), row("lan->cloud"; .lan_to_cloud),
losses("cloud->lan"; .cloud_to_lan), losses("lan->cloud"; .lan_to_cloud),
(if .running then silence("cloud->lan"; .cloud_to_lan), silence("lan->cloud"; .lan_to_cloud)
    else empty end),
(if .running then "running" else "ended" end) + " after \(.seconds | fixed) s: \(.lost) lost of \(.sent)"'

traffic_report() { # json or empty
    traffic_snapshot
    if [[ -n $1 ]]; then traffic_json; else traffic_json | jq -r "$TABLE"; fi
}
