#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firstbad daemon: a queue, its order, cancelling, a daemon that is killed, a test that fails by itself.
. "$(dirname "$0")/tap.sh"

make_repo "$work/repo" 60 37
culprit=$(git -C "$work/repo" rev-parse main~23)
bad=$(git -C "$work/repo" rev-parse main)
good=$(git -C "$work/repo" rev-parse main~55)
queue() { # queue NAME TEST [OPTION...]
    name=$1 test=$2
    shift 2
    run run --repo "$work/repo" --good "$good" --bad "$bad" --test "$test" --name "$name" --queue "$@"
}

queue first 'test ! -e bad'
ok 'queue' prints 0 'queued: first'
queue urgent 'test ! -e bad' --priority 5
queue unwanted 'test ! -e bad'
run status
ok 'nothing is there before a daemon was' says 2 'no jobs'
run daemon --until-idle --no-such-option
ok 'daemon: unknown option' says 2 'Unknown option'
run daemon --until-idle --a-day 7z
ok 'daemon: a wrong time' says 2 "--a-day '7z'"
run cancel
ok 'cancel: what?' says 2 'JOB is missing'

run daemon --until-idle
ok 'the daemon ends when nothing is left' [ "$code" -eq 0 ]
ok 'the one with the higher priority began first' \
    [ "$(printf '%s\n' "$err" | grep ' begins' | head -n 1 | awk '{ print $3 }')" = urgent ]
ok 'an answer is told' says 0 "first has ended: culprit $(echo "$culprit" | cut -c1-12)"
run report urgent --json
ok 'and kept' prints 0 "\"culprit\": \"$culprit\""

# Two at once.
queue two-a 'test ! -e bad'
queue two-b 'test ! -e bad'
run daemon --until-idle --jobs-at-once 2
ok 'two at once' says 0 'two-b has ended: culprit'
ok 'and the other' says 0 'two-a has ended: culprit'

# Killed on the way: nothing is lost, nothing is done again.
queue killed "echo x >>$work/tests; sleep 0.2; test ! -e bad"
for _ in 1 2 3 4; do
    "$FIRSTBAD" daemon --until-idle >/dev/null 2>>"$work/daemon" &
    pid=$!
    sleep 1.3
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
done
run daemon --until-idle
run report killed --json
ok 'killed: the culprit' prints 0 "\"culprit\": \"$culprit\""
n_rows=$(sqlite3 "$work/state/firstbad.db" "SELECT count(*) FROM trial WHERE job = (SELECT id FROM job WHERE name = 'killed')")
ok 'killed: only what was cut off was done again' [ "$(wc -l <"$work/tests")" -le $((n_rows + 4)) ]

# told TEXT: wait until the daemon has said so.
told() {
    for _ in $(seq 300); do
        grep -q "$1" "$work/told" && return 0
        sleep 0.1
    done
    return 1
}
start() {
    "$FIRSTBAD" daemon >/dev/null 2>"$work/told" </dev/null &
    pid=$!
}
stop() {
    kill $pid
    wait $pid
    code=$? out='' err=$(cat "$work/told")
}

# Cancelled while it waits, and while it is at work.
queue slow 'sleep 1; test ! -e bad'
queue never 'test ! -e bad' --priority -1
start
told 'slow begins'
run cancel never
ok 'cancel' prints 0 'asked to cancel: never'
run cancel slow
run cancel nobody
ok 'cancel: no such job' says 2 "no job 'nobody'"
told 'slow is cancelled'
told 'never is cancelled'
stop
ok 'SIGTERM ends the daemon' says 0 'slow is cancelled'
run status
ok 'cancelled: it is told' [ "$(printf '%s\n' "$out" | grep -c ' cancelled ')" -eq 2 ]
run resume never --json
ok 'a person may go on with it' prints 0 "\"culprit\":\"$culprit\""

# Our machine's fault: tried again later.
queue broken 'kill -9 $$'
start
told 'is tried again'
stop
ok 'a fault of ours: later again' says 0 'broken is tried again in 60 s'
run status
ok 'it waits' [ "$(printf '%s\n' "$out" | grep -c '^broken .* queued ')" -eq 1 ]
run daemon --help
ok 'help' prints 0 'until-idle'
finish
