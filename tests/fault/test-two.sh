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
second() { says 4 "$who works in $work/state (process $pid)"; }
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
    until grep -qs "pid=$pid alone [0-9]" "$work/state/lock"; do sleep 0.02; done
}
job() { echo run --repo "$work/tree" --good main~5 --bad main --json --name "$1"; }
# Waits until it may go on.
test="until [ -e '$work/go' ]; do sleep 0.02; done; test ! -e bad"

others() {
    run $(job another) --test true
    ok "$1, then a job" second
    run restart one --max-trials 5
    ok "$1, then restart" second
    run daemon --until-idle
    ok "$1, then a daemon" second
    run import "$work/config" $kernel --bug build
    ok "$1, then an import" second
    run cause --config "$work/config" $kernel --bug build
    ok "$1, then a kernel's job" second
    run doctor --restore
    ok "$1, then the copy of the store" second
}
# How many there are in the store.
jobs() { "$FIRSTBAD" status --json 2>/dev/null | grep -o '"phase":' | wc -l; }

who='another firstbad'
first $(job one) --test "$test"
works
others 'a job'
run resume one
ok 'resume: it is at work' says 4 "$who works in $work/state (process $pid), on the job one: look at it with: firstbad watch one"
run verdict one main bad
ok "a person's word: it is at work" says 4 "(process $pid), on the job one: look at it with: firstbad watch one"
run $(job another) --test true
ok 'another job: on what' says 4 "(process $pid), on the job one: wait for it, or give this job a state folder of its own"
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
ok 'and none of the others has left a job' [ "$(jobs)" -eq 1 ]

who='a firstbad daemon'
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
