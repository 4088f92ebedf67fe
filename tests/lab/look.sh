# shellcheck shell=bash
# What is so at one moment, and what the agents say of it, side by side: for truth.jq to compare.

look_in() { # NODE
    local power seen=null
    power=$(node_power "$1")
    # A frozen node's kernel may not answer at all.
    [[ $power != on ]] || seen=$(node_exec "$1" timeout 2 "$IN_NODE/look" </dev/null 2>/dev/null) || seen=null
    printf '{"power":"%s","seen":%s}\n' "$power" "${seen:-null}"
}

# look: one JSON object for all; nodes are asked at the same time.
look() {
    local node into cut='' cable asked=()
    into=$(mktemp -d "$LAB/look.XXXXXX") || return 1
    for node in cloud $GATEWAYS; do
        look_in "$node" >"$into/$node" &
        asked+=($!)
    done
    wait "${asked[@]}"
    for cable in "$LAB"/cut/*; do
        [[ ! -e $cable ]] || cut+="${cut:+,}\"${cable##*/}\""
    done
    printf '{"ms":%s,"cut":[%s]' "$(now_ms)" "$cut"
    for node in cloud $GATEWAYS; do printf ',"%s":%s' "$node" "$(<"$into/$node")"; done
    printf '}\n'
    rm -r "$into"
}
