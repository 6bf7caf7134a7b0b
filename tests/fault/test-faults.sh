#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A whole job in which one call fails (fault.c): a process that does not start, a disk that is full or broken, a
# statement that fails, or the coordinator killed there. It ends with the right answer, or stops and says that this
# machine failed (4), and `resume` ends with the right answer: never with another one, never without a way on. Where
# somebody sets the clock by a day, it goes on as if nothing had happened.
#
#     test-faults.sh            some calls of each kind, spread over the job
#     FAULTS=all test-faults.sh [KIND...]     every one of these kinds, or of all (more than an hour)
#     REVISIONS=6 FAULTS=all ...              of a job of so many revisions (24)
. "$(dirname "$0")/../cli/tap.sh"
. "$(dirname "$0")/ends.sh"

n_revisions=${REVISIONS:-24}
n_bad=$((n_revisions * 3 / 8))
make_repo "$work/tree" "$n_revisions" $((n_revisions - n_bad))
culprit=$(git -C "$work/tree" rev-parse "main~$n_bad")

begin() { job run --repo "$work/tree" --good "main~$((n_revisions - 1))" --bad main --test 'test ! -e bad' --json --name j; }
afresh() { rm -rf "$work/state" "$work/tree/.git/worktrees"; }

# Of what was done none has taken a day, or less than no time.
timed() {
    [ "$(sqlite3 "$work/state/firstbad.db" \
        'SELECT count(*) FROM span WHERE ended_ms - begun_ms NOT BETWEEN 0 AND 200000')" = 0 ]
}

fault=count:$work/counts
begin
fault=
ok 'undisturbed' found
ok 'calls of all kinds are counted' [ "$(grep -c ' [1-9]' "$work/counts")" -eq 6 ]

while read -r kind n <&3; do
    [ $# -eq 0 ] || [[ " $* " == *" $kind "* ]] || continue
    case $kind in
    spawn | write) effects='error short kill late' ;;
    clock) effects='forward back' ;;
    *) effects='error kill late' ;;
    esac
    for effect in $effects; do
        step=$((n / 6 + 1)) failed= seen=()
        [ "${FAULTS:-some}" = all ] && step=1
        for ((i = 1; i <= n; i += step)); do
            ends "$kind" "$i" "$effect" && { [ "$kind" != clock ] || [ "$first" -eq 0 ] && timed; } || failed="$failed $i"
        done
        [ -z "$failed" ] || echo "# $kind $effect of $n:$failed"
        # Exit codes at first, and how often.
        echo "# $kind $effect, of $n: $(for c in "${!seen[@]}"; do printf '%s: %s  ' "$c" "${seen[$c]}"; done)"
        ok "$kind, $effect" [ -z "$failed" ]
    done
done 3<"$work/counts"
finish
