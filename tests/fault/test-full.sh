#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A disk that is really full: a small tmpfs has so many KiB left when a job begins, from none to enough. It stops and
# says so (4), or ends with the right answer; what it said to have tried is kept; and when there is room, `resume`
# ends with the right answer.
#
#     test-full.sh                some amounts, spread over what a job takes
#     FAULTS=all test-full.sh     every page (3 minutes)

# As root of a name space of our own, where nobody else sees what is mounted.
if [ -z "${FULL_APART-}" ] && unshare --mount --map-root-user true 2>/dev/null; then
    FULL_APART=yes exec unshare --mount --map-root-user "$0" "$@"
fi
. "$(dirname "$0")/../cli/tap.sh"
mkdir "$work/small"
if ! mount -t tmpfs -o size=8m none "$work/small" 2>/dev/null; then
    skip 'a full disk' 'cannot mount a small tmpfs'
    finish
    exit 0
fi

make_repo "$work/tree" 6 4
culprit=$(git -C "$work/tree" rev-parse main~2)
state=$work/small/state
found() { prints 0 "\"culprit\":\"$culprit\""; }
begin() {
    run run --repo "$work/tree" --good main~5 --bad main --test 'head -c 40000 /dev/zero >made && test ! -e bad' --json \
        --name j --state-dir "$state"
}
# fill FREE: so many KiB are left.
fill() {
    head -c $((($(df --output=avail -k "$work/small" | tail -n 1) - $1) * 1024)) /dev/zero >"$work/small/filler"
}
# Of a revision whose verdict was said, and is still open, all trials are in the store.
kept() {
    rm -f "$work/small/filler"
    while read -r commit _ _ _ n _; do
        [ "$(sqlite3 "$state/firstbad.db" "SELECT count(*) FROM trial WHERE commit_id LIKE '$commit%'")" -ge "$n" ] ||
            return 1
    done <"$work/said"
}
# ends FREE: the promise above.
ends() {
    rm -rf "$state" "$work/tree/.git/worktrees"
    fill "$1"
    begin
    grep ' of .* trials failed$' "$work/err" >"$work/said"
    found && { seen[0]=$((${seen[0]:-0} + 1)); kept; return; }
    seen[$code]=$((${seen[$code]:-0} + 1))
    says 4 'no space' || says 4 'the disk is full' || return 1
    kept || return 1
    run resume j --json --state-dir "$state"
    [ "$code" -ne 2 ] || begin # it did not come to a job
    found
}

step=60 failed='' seen=() free=0
[ "${FAULTS:-some}" = all ] && step=4
until [ "${seen[0]:-0}" -eq 3 ] || [ "$free" -gt 4000 ]; do
    ends "$free" || failed="$failed $free"
    free=$((free + step))
done
# Exit codes at first, and how often.
echo "# up to $free KiB, by $step: $(for c in "${!seen[@]}"; do printf '%s: %s  ' "$c" "${seen[$c]}"; done)"
[ -z "$failed" ] || echo "# failed with$failed"
ok 'the state folder on a disk that gets full' [ -z "$failed" ]
ok 'from the beginning to the end' [ "${seen[0]:-0}" -eq 3 -a "${seen[4]:-0}" -gt 3 ]

# What is there can be read without room, and without the right to write: a backup that is mounted.
reads() {
    run status --state-dir "$state" && exits 0 && run log j --state-dir "$state" && exits 0 &&
        run report j --state-dir "$state" && prints 0 "$(printf %.12s "$culprit")"
}
fill 0
ok 'a full disk can be read' reads
run doctor --state-dir "$state"
ok 'doctor: a full disk' prints 4 'UNUSABLE  the state folder: cannot write in'
run run --repo "$work/tree" --good main~5 --bad main --test 'test ! -e bad' --state-dir "$work/small/other"
run status --state-dir "$work/small/other"
ok 'what no job could begin in has none yet' says 2 'there are no jobs in'
rm "$work/small/filler"
mount -o remount,ro "$work/small"
ok 'a read-only disk can be read' reads
run doctor --state-dir "$state"
ok 'doctor: a read-only disk' prints 4 'Read-only file system'
mount -o remount,rw "$work/small"
mkdir "$work/killed"
sqlite3 "$state/firstbad.db" "UPDATE job SET total_ms = total_ms + 1" ".shell cp $state/firstbad.db* $work/killed/"
rm "$state"/firstbad.db*
cp "$work/killed/firstbad.db" "$work/killed/firstbad.db-wal" "$state/"
mount -o remount,ro "$work/small"
run status --state-dir "$state"
ok 'what was not yet taken into the store: what to do' says 4 'copy the folder to where there is room'
mount -o remount,rw "$work/small"

# The tests' own files on it alone: the store notices nothing, and every test would look bad.
rm -rf "$state" "$work/tree/.git/worktrees"
state=$work/state
fill 4
mkdir "$work/small/tmp"
own() { env TMPDIR="$work/small/tmp" "$FIRSTBAD" "$@" --state-dir "$state" >"$work/out" 2>"$work/err" </dev/null; }
again() {
    own "$@"
    code=$?
    out=$(cat "$work/out") err=$(cat "$work/err")
}
again run --repo "$work/tree" --good main~5 --bad main --json --name j \
    --test 'x=$(mktemp) && head -c 40000 /dev/zero >$x; r=$?; rm -f "$x"; [ $r = 0 ] && test ! -e bad'
ok 'temporary files of a test: it is said' says 4 "no space is left in $work/small/tmp"
rm "$work/small/filler"
again resume j --json
ok 'and the job goes on when there is room' found

# A reproducer that finds no room when it is compiled has no mistake in it.
make_builds "$work/kernel"
file_says "$work/kernel" 1
echo CONFIG_SMP=y >"$work/config"
echo 'int main(void) { return 0; }' >"$work/repro.c"
state=$work/small/kernel
fill 200
run cause --tree "$work/kernel" --start main --good good --config "$work/config" --repro "$work/repro.c" --name k \
    --state-dir "$state"
ok 'a reproducer that cannot be compiled for want of room' says 4 "repro.c: no space is left in $state/jobs/1: the disk is full"
run resume k --state-dir "$state"
ok 'and once more' says 4 "repro.c: no space is left in $state/jobs/1: the disk is full"
umount "$work/small"
finish
