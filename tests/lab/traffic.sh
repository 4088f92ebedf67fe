# shellcheck shell=bash
# Traffic both ways between the host behind the cloud and the LAN, and its exact count.

# The ends that were started, as lan4: the node and the family of a stream.
traffic_ends() { cat "$LAB/traffic" 2>/dev/null; }
end_node() { echo "${1%[46]}"; }
end_file() { echo "$LAB/node/$(end_node "$1")/flow${1: -1}"; } # END: but for its suffix

# flow_signal SIGNAL END...: to the ends that run, at once; 1 when one does not run.
flow_signal() {
    local signal=$1 end pid start rc=0 pids=()
    shift
    for end in "$@"; do
        if [[ -r $(end_file "$end").pid ]] && read -r pid start <"$(end_file "$end").pid" &&
            lives "$pid" "$start"; then
            pids+=("$pid")
        else
            rc=1
        fi
    done
    ((${#pids[@]} == 0)) || kill "-$signal" "${pids[@]}" 2>/dev/null || rc=1
    return $rc
}

traffic_runs() {
    local end
    for end in $(traffic_ends); do flow_signal 0 "$end" && return; done
    return 1
}

with_port() { if [[ $1 == *:* ]]; then echo "[$1]:$PROBE_PORT"; else echo "$1:$PROBE_PORT"; fi; }

# flow_start END OWN-ADDRESS PEER-ADDRESS RATE RUN
flow_start() {
    local end=$1
    ns_exec "$(end_node "$end")" "$IN_NODE/../ahead" --at-once \
        /run/lab/build/tests/lab/flow --listen "$(with_port "$2")" --peer "$(with_port "$3")" \
        --rate "$4" --ports "${CGWHA_LAB_PORTS:-1}" --run "$5" --duration until-signal --report "/run/lab/node/flow${end: -1}.json" \
        </dev/null >"$(flow_log "$end")" 2>&1 &
    disown
    wait_for 10 flow_began "$end" $! || die "flow cannot be started in $end: $(<"$(flow_log "$end")")"
}
flow_log() { echo "$(node_dir "$(end_node "$1")")/log/flow${1: -1}.log"; }

# flow_began END PID: what nsenter, of this PID, has become in the node.
flow_began() {
    local nsenter pid
    # The node's process is a child of nsenter, which may be a child of our own shell's copy.
    for nsenter in "$2" $(pgrep -P "$2"); do
        pid=$(pgrep -P "$nsenter" -x flow) || continue
        echo "$pid $(start_of "$pid")" >"$(end_file "$1").pid"
        return
    done
    return 1
}

has_report() { [[ -e $(end_file "$1").json ]]; }
has_report_or_ended() { has_report "$1" || ! flow_signal 0 "$1"; }

traffic_start() { # RATE LAN-ADDRESSES: one for each family
    local run end lan vpc family ends=''
    traffic_runs && die "Traffic runs already: stop it with 'lab traffic stop'."
    need_on lan
    need_on vpc
    run=$(now_ms)
    for lan in $2; do ends+=" lan$(family_of "$lan") vpc$(family_of "$lan")"; done
    for end in $ends; do rm -f "$(end_file "$end")."{json,pid}; done
    echo "$ends" >"$LAB/traffic"
    for lan in $2; do
        family=$(family_of "$lan") vpc=$(in_use "$VPC_HOSTS" "$(family_of "$lan")")
        flow_start "lan$family" "$lan" "$vpc" "$1" "$run"
        flow_start "vpc$family" "$vpc" "$lan" "$1" "$run"
    done
    for end in $ends; do
        wait_for 20 has_report_or_ended "$end"
        has_report "$end" || die "Traffic did not start: $(tail -n 1 "$(flow_log "$end")")"
    done
}

flow_ended() { ! flow_signal 0 "$1"; }

traffic_stop() {
    local end
    traffic_runs || die "No traffic runs: start it with 'lab traffic start'."
    # shellcheck disable=SC2046
    flow_signal TERM $(traffic_ends)
    for end in $(traffic_ends); do
        wait_for 30 flow_ended "$end" || die "The end of the traffic in $end does not stop."
    done
}

# traffic_snapshot: the newest count of both ends; asks for it while they run.
traffic_snapshot() {
    local end
    [[ -s $LAB/traffic ]] || die "There is no count: start traffic first."
    for end in $(traffic_ends); do
        flow_signal 0 "$end" || continue
        rm -f "$(end_file "$end").json"
        flow_signal USR1 "$end"
    done
    for end in $(traffic_ends); do
        wait_for 10 has_report "$end" || die "There is no count of $end: start traffic first."
    done
}

# Both ends joined: what one sent and the other received. When both have ended, what did not arrive
# is lost, and that is exact; while they run, only a hole before a later arrival is. Each family has a
# count of its own, and all of them make the one of the whole.
# shellcheck disable=SC2016
JOIN='
def way(from; to): {
    sent: from.tx.sent, errors: from.tx.errors, received: to.rx.received,
    lost: (if from.running or to.running then to.rx.lost else from.tx.sent - to.rx.received end),
    reordered: to.rx.reordered, duplicated: to.rx.duplicated, overflow: to.rx.overflow,
    strangers: to.rx.strangers, silent_ms: to.rx.silent_ms, late_max_ms: from.tx.late_max_ms,
    gaps: to.rx.gaps };
[inputs] | _nwise(2) as [$l, $v] | way($v; $l) as $in | way($l; $v) as $out | {
    running: ($l.running or $v.running), rate: $l.rate, started_ms: $l.started_ms,
    seconds: (($l.ended_ms - $l.started_ms) / 1000), sent: ($in.sent + $out.sent),
    lost: ($in.lost + $out.lost), cloud_to_lan: $in, lan_to_cloud: $out,
    families: {(if $l.listen | startswith("[") then "6" else "4" end): {cloud_to_lan: $in, lan_to_cloud: $out}}}'
# shellcheck disable=SC2016
SUM='
def both(a; b): reduce (a | keys[]) as $key ({}; .[$key] = (
    if $key == "silent_ms" or $key == "late_max_ms" then [a[$key], b[$key]] | max
    else a[$key] + b[$key] end));
reduce inputs as $f (null; if . == null then $f else . as $all | $all + {
    running: ($all.running or $f.running), sent: ($all.sent + $f.sent), lost: ($all.lost + $f.lost),
    cloud_to_lan: both($all.cloud_to_lan; $f.cloud_to_lan),
    lan_to_cloud: both($all.lan_to_cloud; $f.lan_to_cloud), families: ($all.families + $f.families)} end)'

traffic_json() {
    local end files=()
    for end in $(traffic_ends); do files+=("$(end_file "$end").json"); done
    jq -n "$JOIN" "${files[@]}" | jq -n "$SUM"
}

TABLE='
def pad(n): tostring | if length < n then (" " * (n - length)) + . else . end;
def fixed: . * 10 | round / 10;
def clock: (. / 1000 | floor | strflocaltime("%H:%M:%S")) + "." +
    (. % 1000 + 1000 | tostring | .[1:4]);
def row(name; w): name + (w.sent | pad(9)) + (w.received | pad(10)) + (w.lost | pad(8)) +
    (w.reordered | pad(11)) + (w.duplicated | pad(12)) + (w.gaps | length | pad(9)) +
    ([w.gaps[].ms, 0] | max | fixed | pad(12));
def losses(name; w): w.gaps[] | select(.lost > 0) |
    "  \(name): \(.lost) lost in \(.ms | fixed) ms from \(.start_ms | clock)";
def silence(name; w): w | select(.silent_ms > 100) |
    "  \(name): nothing has come for \(.silent_ms | fixed) ms";
"direction         sent  received    lost  reordered  duplicated  gaps>10  longest ms",
(.families | to_entries[] | (if .key == "6" then "6" else " " end) as $f | .value |
    row("cloud->lan" + $f; .cloud_to_lan), row("lan->cloud" + $f; .lan_to_cloud)),
losses("cloud->lan"; .cloud_to_lan), losses("lan->cloud"; .lan_to_cloud),
(if .running then silence("cloud->lan"; .cloud_to_lan), silence("lan->cloud"; .lan_to_cloud)
    else empty end),
(if .running then "running" else "ended" end) + " after \(.seconds | fixed) s: \(.lost) lost of \(.sent)"'

traffic_report() { # json or empty
    traffic_snapshot
    if [[ -n $1 ]]; then traffic_json; else traffic_json | jq -r "$TABLE"; fi
}
