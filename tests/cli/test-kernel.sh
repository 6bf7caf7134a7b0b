#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The whole path: a real history of Linux, real builds, real QEMU, a real crash; killed on the way.
# Needs FIRSTBAD_TEST_TREE (example/make-history) and FIRSTBAD_TEST_CONFIG; about ten
# minutes.
. "$(dirname "$0")/tap.sh"
example=$(dirname "$0")/../../example

if [ -z "${FIRSTBAD_TEST_TREE-}" ] || [ -z "${FIRSTBAD_TEST_CONFIG-}" ]; then
    skip 'a real kernel' 'FIRSTBAD_TEST_TREE and FIRSTBAD_TEST_CONFIG are not set: see ./check'
    finish
    exit 0
fi
# A cache of compiled files that stays makes this twice as fast when it is run again.
export CCACHE_DIR=${CCACHE_DIR:-$work/ccache}
tree=$FIRSTBAD_TEST_TREE
subject='net/smc: forward wakeups to the smc socket after fallback'
culprit=$(git -C "$tree" log --format=%H --fixed-strings --grep="$subject" main)
start=$(git -C "$tree" rev-list --ancestry-path "$culprit..main" | tail -n 12 | head -n 1)
good=$(git -C "$tree" rev-parse "$culprit~11")

# A job that is killed at some moments, and each time resumed.
job() {
    "$FIRSTBAD" "$@" --state-dir "$work/state" --json >"$work/out" 2>>"$work/err" </dev/null &
    pid=$!
}
printf '[job]\ntree=%s\nstart=%s\ngood=%s\nname=real\npanic-on-warn=true\nrepeats=5\nmemory=256\n' \
    "$tree" "$start" "$good" >"$work/bug.ini"
"$FIRSTBAD" cause --job "$work/bug.ini" --config "$FIRSTBAD_TEST_CONFIG" --repro "$example/reproducer.c" \
    --state-dir "$work/state" >"$work/text" 2>"$work/err" </dev/null &
pid=$!
# Lines of progress, not seconds: a machine may be slow or fast.
: >>"$work/err"
kills=0
for lines in 2 3 4 3 5 3; do
    until=$(($(wc -l <"$work/err") + lines))
    while kill -0 $pid 2>/dev/null && [ "$(wc -l <"$work/err")" -lt $until ]; do sleep 0.2; done
    sleep $((kills % 3 * 2))
    kill -9 $pid 2>/dev/null && kills=$((kills + 1))
    wait $pid 2>/dev/null
    job resume real
done
wait $pid
code=$?
out=$(cat "$work/out")
err=$(cat "$work/err")
echo "# killed $kills times"

ok 'the culprit is found' prints 0 "\"culprit\":\"$culprit\""
ok 'it was killed on the way' [ "$kills" -ge 3 ]
ok 'no finished build was repeated' [ -z "$(printf '%s\n' "$err" | grep -E '^[0-9a-f]{12} built: ' | sort | uniq -d)" ]
run report real --json --state-dir "$work/state"
ok 'what it changes in the kernel' prints 0 'passed: in its kernel it changes '
ok 'by name' prints 0 ' functions (smc_switch_to_fallback, '
run log real --state-dir "$work/state"
ok 'log: begins as the seed' prints 0 "bisecting cause commit starting from $start"
ok 'log: the crash' prints 0 'all runs: crashed: WARNING: refcount bug in sk_psock_get'
ok 'log: a good revision' prints 0 'all runs: OK'
ok 'log: the compiler' prints 0 'compiler: gcc'
ok 'log: a kernel signature' prints 0 'kernel signature: '
ok 'log: the culprit' prints 0 "$culprit is the first bad commit"
ok 'log: its author' prints 0 'Author: Demo Author <demo.author@example.org>'
ok 'log: its diffstat' prints 0 ' net/smc/af_smc.c | '
ok 'log: its signature' prints 0 'culprit signature: '
ok "log: its parent's" prints 0 'parent  signature: '
ok 'log: totals' prints 0 'revisions tested: '
ok 'log: the answer' prints 0 "first bad commit: $culprit $subject"
ok "log: recipients, the culprit's" prints 0 ' "demo.author@example.org" '
ok 'log: recipients, those of the file to blame' prints 0 'recipients (to): ["borisp@nvidia.com" '
ok 'log: the crash title' prints 0 'crash: WARNING: refcount bug in sk_psock_get'
ok 'log: symbolized, inlined calls' prints 0 'include/linux/refcount.h:245 [inline]'
ok 'log: symbolized, the caller' prints 0 ' net/tls/tls_sw.c:'

# With the kernels that are there already: wrong ends of the range.
again() {
    run cause --tree "$tree" --config "$FIRSTBAD_TEST_CONFIG" --repro "$example/reproducer.c" --panic-on-warn \
        --repeats 5 --memory 256 --state-dir "$work/state" "$@"
}
again --start "$good" --good "$good~1" --name calm
ok 'a start that does not crash' prints 3 'The bug was not seen at the start.'
again --start "$start" --good "$culprit" --name mistaken
ok 'a good that crashes' prints 3 'has the bug too: give an older --good'
again --start "$start" --good "$good" --name other --title 'KASAN: use-after-free Read in foo'
ok 'a start that crashes otherwise' prints 3 'did not crash with that title'
run report other --json --state-dir "$work/state"
ok 'a start that crashes otherwise: so it is told' prints 0 '(but with another crash, see the log)'
# One revision, as that job would try it.
run try "$culprit" --like real --state-dir "$work/state"
ok 'try: the culprit' prints 0 "trials with 'WARNING: refcount bug in sk_psock_get'"
ok 'try: its kernel was there' prints 0 'kernel: was built before'
ok 'try: the crash is shown' prints 0 'include/linux/refcount.h:245 [inline]'
run try "$culprit~1" --like real --state-dir "$work/state" --json
ok 'try: its parent' prints 0 '"verdict":"good","taken_for":"good"'
ok 'try: could have crashed' prints 0 'the calls of the reproducer are as at the start'
run try "$culprit~1" --like real --title 'KASAN: use-after-free Read in foo' --max-trials 2 --state-dir "$work/state" --bisect-exit
ok 'try: of another crash' prints 0 'good: quiet in 2 of 2 trials'

run status --state-dir "$work/state"
ok 'kernels are shared by jobs' prints 0 'mistaken'

run log real --replay --state-dir "$work/state"
printf '%s\n' "$out" >"$work/replay"
git clone -q --shared --no-checkout "$tree" "$work/clone"
git -C "$work/clone" bisect start --no-checkout >/dev/null
git -C "$work/clone" bisect replay "$work/replay" >"$work/replayed" 2>&1
out=$(cat "$work/replayed")
code=0
ok 'git bisect replay comes to the same commit' prints 0 "$culprit is the first bad commit"
finish
