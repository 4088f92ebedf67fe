# shellcheck shell=bash
# TAP for the lab's own tests: a plan, one line for each check, and what was seen as comments.

TAP_COUNT=0 TAP_FAILED=0

plan() { echo "1..$1"; }
note() { printf '%s\n' "$@" | sed 's/^/# /'; }

# check WHAT COMMAND...: passes when the command succeeds; what it prints is shown when it does not.
check() {
    local what=$1 seen
    shift
    TAP_COUNT=$((TAP_COUNT + 1))
    if seen=$("$@" 2>&1); then
        echo "ok $TAP_COUNT - $what"
    else
        echo "not ok $TAP_COUNT - $what"
        TAP_FAILED=$((TAP_FAILED + 1))
        [[ -z $seen ]] || note "$seen"
        return 1
    fi
}

bail_out() {
    echo "Bail out! $*"
    exit 1
}

skip_all() {
    echo "1..0 # SKIP $*"
    exit 0
}

# The last line of a test.
tap_end() { ((TAP_FAILED == 0)); }
