# shellcheck shell=bash disable=SC2034,SC2154
# People who do not speak to one another.

fault_two_operators() {
    local gateway pids=()
    begin "two operators drain and return both gateways for a minute"
    for gateway in gw1 gw2; do
        on $gateway timeout 60 sh -c "while :; do cgwha drain $gateway; cgwha undrain $gateway; done" \
            >"$scratch/operator.$gateway" 2>&1 &
        pids+=($!)
    done
    wait "${pids[@]}"
    note "drained: $(cat "$scratch"/operator.* | grep -c 'is drained;')," \
        "refused: $(cat "$scratch"/operator.* | grep -c 'was not drained')"
    check "both are in full service" bring_back
    finish "two operators drain and return both gateways for a minute" 0
}
