# shellcheck shell=bash
# Saying things, waiting for things, and where the lab keeps its state. Nothing of the site is here.

say() { printf '%s\n' "$*"; }
complain() { printf 'lab: %s\n' "$*" >&2; }

die() {
    complain "$*"
    exit 1
}

usage_error() {
    complain "$*"
    exit 2
}

# now_ms: milliseconds of the wall clock.
now_ms() { printf '%s\n' "${EPOCHREALTIME/[.,]/}" | sed 's/...$//'; }

# wait_for SECONDS COMMAND...: runs it until it succeeds; 1 when it did not in that time.
wait_for() {
    local deadline=$((SECONDS + $1 + 1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.05
    done
}

# The lab's directories. LAB is where it keeps all it has while it is up.
LAB=${CGWHA_LAB_DIR:-${XDG_RUNTIME_DIR:-/run}/cgwha-lab}
[[ $LAB == /* ]] || LAB=$PWD/$LAB
SRC=$(cd "$LAB_SCRIPTS/../.." && pwd)

# Where a node finds the scripts it runs.
# shellcheck disable=SC2034
IN_NODE=/run/lab/src/tests/lab/node

node_dir() { printf '%s\n' "$LAB/node/$1"; }

# find_build: the top of the build tree, in BUILD. CGWHA_BUILD, or the source tree, or here.
find_build() {
    local top
    for top in ${CGWHA_BUILD:+"$CGWHA_BUILD"} "$SRC" "$PWD" "$SRC/build"; do
        if [[ -x $top/tests/lab/flow && -x $top/tests/lab/noded ]]; then
            BUILD=$(cd "$top" && pwd)
            return
        fi
        [[ -z ${CGWHA_BUILD:-} ]] || break
    done
    die "tests/lab/flow and tests/lab/noded are not built${CGWHA_BUILD:+ in $CGWHA_BUILD}:" \
        "run make, and if you build outside of the source tree set CGWHA_BUILD to the build tree."
}

# find_agent: the directory with cgwhad and cgwha, in BIN.
find_agent() {
    local bin
    for bin in ${CGWHA_BIN:+"$CGWHA_BIN"} "$BUILD/agent" "$BUILD"; do
        if [[ -x $bin/cgwhad && -x $bin/cgwha ]]; then
            # shellcheck disable=SC2034
            BIN=$(cd "$bin" && pwd)
            return
        fi
        [[ -z ${CGWHA_BIN:-} ]] || break
    done
    die "cgwhad and cgwha are not in ${CGWHA_BIN:-$BUILD/agent}: build them, set CGWHA_BIN to" \
        "where they are, or run the lab without the agent: lab up --no-agent."
}

# need_lab: what `up` wrote down, as variables.
need_lab() {
    [[ -r $LAB/env ]] || die "No lab is up in $LAB: start one with 'lab up'."
    # shellcheck source=/dev/null
    source "$LAB/env"
    use_family
}

need_node() {
    is_node "$1" || usage_error "There is no node '$1'; there are: $ALL_NODES."
}
