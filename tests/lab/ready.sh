# shellcheck shell=bash
# Whether the pair is in full service, and what is missing when it is not.

READY_NODES="lan cloud gw1 gw2"

# missing [--initiate]: a line "NODE: what" for each thing still missing. All nodes are asked at once.
missing() {
    local node into asked=()
    into=$(mktemp -d "$LAB/missing.XXXXXX") || return 1
    for node in $READY_NODES; do
        missing_in "$node" "$@" >"$into/$node" &
        asked+=($!)
    done
    wait "${asked[@]}"
    cat "$into"/*
    rm -r "$into"
}

missing_in() {
    local node=$1
    shift
    {
        if node_is_off "$node"; then
            echo "it is off"
        elif node_is_frozen "$node"; then
            echo "it is frozen"
        else
            node_exec "$node" "$IN_NODE/ready" "$@" </dev/null 2>&1 ||
                echo "it does not answer"
        fi
    } | sed "s/^/$node: /"
}

# in_service: whether nothing is missing; what was is left in MISSING.
in_service() {
    if [[ -n $WITH_AGENT ]]; then
        MISSING=$(missing)
    else
        MISSING=$(missing --initiate)
    fi
    [[ -z $MISSING ]]
}

# wait_in_service SECONDS
wait_in_service() { wait_for "$1" in_service; }

# blame: the logs that tell why something is missing, the end of each.
blame() {
    local node what daemon
    while IFS=: read -r node what; do
        case $what in
        *" is not on") daemon=${what% is not on} daemon=${daemon# } ;;
        *CHILD_SA*) daemon=charon ;;
        *BGP* | *route*) daemon=$(router_of "$node") ;;
        *keepalived*) daemon=keepalived ;;
        *corosync*) daemon=corosync ;;
        *agent* | *promise*) daemon=cgwhad ;;
        *) daemon=console ;;
        esac
        echo "$node $daemon"
    done <<<"$MISSING" | sort -u | while read -r node daemon; do
        say "--- the end of the log of $daemon in $node:"
        (node_log "$node" "$daemon") 2>&1 | tail -n 8
    done
}
