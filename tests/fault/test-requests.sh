#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A daemon takes a job and its cancel from the spool while a statement fails (fault.c), or it is killed there: nothing
# that was asked for is lost. What it did not come to, the next daemon does.
#
#     test-requests.sh                every statement fails, at some it is killed
#     FAULTS=all test-requests.sh     at every one
. "$(dirname "$0")/../cli/tap.sh"
. "$(dirname "$0")/ends.sh"

make_repo "$work/tree" 6 4

# serve_with FAULT: a daemon that has it
serve_with() {
    rm -rf "$work/state"
    run run --queue --repo "$work/tree" --good main~5 --bad main --test 'test ! -e bad' --name unwanted
    run cancel unwanted
    fault=$1
    job daemon --until-idle
    fault=
}
is_cancelled() {
    [ "$(sqlite3 "$work/state/firstbad.db" "SELECT state FROM job WHERE name = 'unwanted'")" = 4 ] &&
        [ -z "$(ls -A "$work/state/spool")" ]
}
# comes_through FAULT
comes_through() {
    serve_with "$1"
    seen[$code]=$((${seen[$code]:-0} + 1))
    job daemon --until-idle
    is_cancelled
}

serve_with "count:$work/counts"
ok 'undisturbed' is_cancelled
n=$(sed -n 's/^sqlite //p' "$work/counts")
for effect in error kill late; do
    step=$((n / 6 + 1)) failed= seen=()
    [ $effect = error ] || [ "${FAULTS:-some}" = all ] && step=1
    for ((i = 1; i <= n; i += step)); do
        comes_through "sqlite:$i:$effect" || failed="$failed $i"
    done
    [ -z "$failed" ] || echo "# $effect of $n:$failed"
    # Exit codes at first, and how often.
    echo "# $effect, of $n: $(for c in "${!seen[@]}"; do printf '%s: %s  ' "$c" "${seen[$c]}"; done)"
    ok "a statement, $effect" [ -z "$failed" ]
done
finish
