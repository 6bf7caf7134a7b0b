#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Two coordinators in one state folder: whoever comes second is refused, with the process of the first (4), and changes
# nothing; a first that was killed is in nobody's way.
. "$(dirname "$0")/../cli/tap.sh"

make_repo "$work/tree" 6 4
culprit=$(git -C "$work/tree" rev-parse main~2)
make_builds "$work/kernel"
file_says "$work/kernel" 1 broken
printf 'CONFIG_SMP=y\nCONFIG_NET=y\nCONFIG_PCI=y\n' >"$work/config"
kernel="--tree $work/kernel --start main --good good"
found() { prints 0 "\"culprit\":\"$culprit\""; }
second() { says 4 "another firstbad works in $work/state (process $pid)"; }
# first COMMAND...: in the background, until it holds the folder.
first() {
    "$FIRSTBAD" "$@" >"$work/first" 2>&1 </dev/null &
    pid=$!
    until grep -qs "pid=$pid " "$work/state/lock"; do
        kill -0 $pid 2>/dev/null || return
        sleep 0.02
    done
}
# It works on a job.
works() {
    until grep -qs "pid=$pid [0-9]" "$work/state/lock"; do sleep 0.02; done
}
job() { echo run --repo "$work/tree" --good main~5 --bad main --json --name "$1"; }
# Waits until it may go on.
test="until [ -e '$work/go' ]; do sleep 0.02; done; test ! -e bad"

others() {
    run $(job another) --test true
    ok "$1, then a job" second
    run resume one
    ok "$1, then resume" second
    run restart one --max-trials 5
    ok "$1, then restart" second
    run daemon --until-idle
    ok "$1, then a daemon" second
    run verdict one main bad
    ok "$1, then a person's word" second
    run import "$work/config" $kernel --bug build
    ok "$1, then an import" second
    run cause --config "$work/config" $kernel --bug build
    ok "$1, then a kernel's job" second
    run doctor --restore
    ok "$1, then the copy of the store" second
}
# How many there are.
jobs() { "$FIRSTBAD" status --json | grep -o '"job":' | wc -l; }

first $(job one) --test "$test"
others 'a job'
run import "$work/config" $kernel --bug build --name imported --queue
ok 'an import that waits is no second writer' prints 0 'queued: imported'
run $(job queued) --test 'test ! -e bad' --queue
ok 'nor a job that waits' prints 0 'queued: queued'
ok 'both lie there' [ "$(ls "$work/state/spool" | grep -c '\.request$')" -eq 2 ]
ok 'the first goes on' kill -0 $pid
touch "$work/go"
wait $pid
code=$? out=$(cat "$work/first") err=
ok 'and is right' found
run status --json
ok 'and none of the others has left a job' [ "$(printf '%s' "$out" | grep -o '"job":' | wc -l)" -eq 1 ]

first daemon
until [ "$(jobs)" -eq 3 ]; do sleep 0.02; done # it takes them
others 'a daemon'
kill $pid
wait $pid

rm "$work/go"
for i in 1 2 3 4 5; do
    first $(job "killed-$i") --test "$test"
    works
    kill -9 $pid
    wait $pid 2>/dev/null
    run $(job "after-$i") --test true
    [ "$code" -eq 3 ] || break
done
ok 'one that was killed is in nobody'"'"'s way' exits 3
touch "$work/go"
run resume killed-5 --json
ok 'and its job goes on' found
finish
