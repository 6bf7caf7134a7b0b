#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firstbad daemon: a queue, its order, copies of files, cancelling, what waits and why, a daemon that is killed or
# stopped, a test that fails by itself, a budget.
. "$(dirname "$0")/tap.sh"

make_repo "$work/repo" 60 37
me=$(command id -un)
culprit=$(git -C "$work/repo" rev-parse main~23)
bad=$(git -C "$work/repo" rev-parse main)
good=$(git -C "$work/repo" rev-parse main~55)
queue() { # queue NAME TEST [OPTION...]
    name=$1 test=$2
    shift 2
    run run --repo "$work/repo" --good "$good" --bad "$bad" --test "$test" --name "$name" --queue "$@"
}

run status
ok 'nothing is there' says 2 'no jobs'
queue first 'test ! -e bad'
ok 'queue' prints 0 'queued: first'
ok 'that nobody does it is said' says 0 "no daemon works in $work/state, for which 1 job waits: 'firstbad daemon' starts one"
queue urgent 'test ! -e bad' --priority 5
queue unwanted 'test ! -e bad'
run status
ok 'status before a daemon was: what waits' \
    [ "$(printf '%s\n' "$out" | grep -c '^\(first\|urgent\|unwanted\) .* queued .* no daemon has taken it yet$')" -eq 3 ]
ok 'and that nobody does it, once' [ "$err" = "firstbad: no daemon works in $work/state, for which 3 jobs wait: 'firstbad daemon' starts one" ]
run status --json
ok 'for programs' prints 0 '"wait": "daemon"'
run status --names
ok 'for the shell' [ "$(echo $out)" = 'first urgent unwanted' ]
for command in 'report first' 'log first' 'watch first' 'resume first' 'verdict first main bad' 'restart first' 'try main --like first'; do
    run $command
    ok "$command: it waits" says 2 "first waits for a daemon, and none works in $work/state: 'firstbad daemon' starts one"
done
run report
ok 'the newest one waits' says 2 'unwanted waits for a daemon'
queue first 'test ! -e bad'
ok 'a name that is on its way is taken' says 2 "a job named 'first' waits for a daemon already: give another --name"
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
queue first 'test ! -e bad'
ok 'a name is taken for the queue, too' says 2 "there is a job named 'first' already"
run report urgent --json
ok 'and kept' prints 0 "\"culprit\": \"$culprit\""

# The first one is paused by its first test; the second has to run meanwhile, and lets it go on.
paused='$(sqlite3 '"$work/state/firstbad.db"' "SELECT id FROM job WHERE name = '"'resting'"'")/paused'
queue resting "[ -e $work/rested ] || touch $work/rested $work/state/jobs/$paused; test ! -e bad" --priority 9
queue meanwhile "rm -f $work/state/jobs/$paused; test ! -e bad"
timeout 120 "$FIRSTBAD" daemon --until-idle --jobs-at-once 1 >"$work/out" 2>"$work/err"
code=$? err=$(cat "$work/err")
ok 'a paused job leaves its place to others' says 0 'meanwhile has ended: culprit'
ok 'and goes on' says 0 'resting has ended: culprit'

# Files are those of the moment in which the job was queued, whatever becomes of them.
make_builds "$work/kernel"
sed -i 's/@! grep -n broken file/@! grep -q WANTED=y $(O)\/.config || ! grep -n broken file/' "$work/kernel/Makefile"
git -C "$work/kernel" commit -qam 'only what is wanted can break'
git -C "$work/kernel" tag -f good >/dev/null
file_says "$work/kernel" 1 2 3 broken broken-on
breaker=$(git -C "$work/kernel" rev-parse main~1)
queue_build() { # queue_build NAME: with a config of its own
    printf 'CONFIG_WANTED=y\n' >"$work/$1.config"
    run cause --tree "$work/kernel" --start main --good good --config "$work/$1.config" --bug build --name "$1" --queue
}
weights() { # weights NAME: a file for --prior
    printf 'main~30..main 2\n' >"$work/$1.weights"
    echo "$work/$1.weights"
}
inputs_of() { echo "$work/state/jobs/$(sqlite3 "$work/state/firstbad.db" "SELECT id FROM job WHERE name = '$1'")/inputs"; }

queue_build edited
ok 'a build is queued' prints 0 'queued: edited'
printf '# CONFIG_WANTED is not set\n' >"$work/edited.config"
queue_build deleted
rm "$work/deleted.config"
queue weighed 'test ! -e bad' --prior "$(weights weighed)"
echo 'nonsense' >"$work/weighed.weights"
queue_build unwanted-build
queue unwanted-run 'test ! -e bad' --prior "$(weights unwanted-run)"
ok 'copies lie in the spool' [ "$(find "$work/state/spool" -path '*/inputs/*' -type f | wc -l)" -ge 5 ]
run cancel unwanted-build
ok 'cancelled before a daemon has seen it' prints 0 'asked to cancel: unwanted-build'
run cancel unwanted-run
run daemon --until-idle
for job in unwanted-build unwanted-run; do
    ok "$job: no daemon began it" [ "$(printf '%s\n' "$err" | grep -c "$job begins")" -eq 0 ]
    ok "$job: it is cancelled" says 0 "$job is cancelled"
    ok "$job: its copies are gone" [ ! -e "$(inputs_of "$job")" ]
done
run cancel weighed
ok 'cancel: one that has ended' says 2 'weighed has ended already'
run cancel unwanted-run
ok 'cancel: one that is cancelled' says 2 'unwanted-run is cancelled already'
ok 'nothing is left in the spool' [ -z "$(ls -A "$work/state/spool")" ]
for job in edited deleted; do
    ok "$job: its copy is kept" grep -q WANTED=y "$(inputs_of "$job")/config/$job.config"
    run report "$job" --json
    ok "$job: the job used the copy" prints 0 "\"culprit\": \"$breaker\""
done
run report weighed --json
ok 'edited weights: the job used the copy' prints 0 "\"culprit\": \"$culprit\""

ok 'what each user used is kept, of short jobs, too' [ "$(sqlite3 "$work/state/firstbad.db" \
    "SELECT sum(ms) > (SELECT sum(total_ms) / 2 FROM job) FROM usage WHERE submitter = '$me'")" = 1 ]

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
start() { # start [OPTION...]
    "$FIRSTBAD" daemon "$@" >/dev/null 2>"$work/told" </dev/null &
    pid=$!
}
stop() {
    kill $pid
    wait $pid
    code=$? out='' err=$(cat "$work/told")
}

# Cancelled while it waits, and while it is at work.
queue slow 'sleep 1; test ! -e bad'
queue never 'test ! -e bad' --priority -1 --prior "$(weights never)"
start
told 'slow begins'
ok 'in the queue: the copies are the job'"'"'s' [ -e "$(inputs_of never)" ]
run cancel never
ok 'cancel' prints 0 'asked to cancel: never'
run cancel slow
run cancel nobody
ok 'cancel: no such job' says 2 "no job 'nobody'"
told 'slow is cancelled'
told 'never is cancelled'
ok 'cancelled in the queue: the copies are gone' [ ! -e "$(inputs_of never)" ]

# What other commands want of a folder in which a daemon works.
run run --repo "$work/repo" --good "$good" --bad "$bad" --test true --name foreground
ok 'a job: leave it to the daemon' says 4 "a firstbad daemon works in $work/state (process $pid): leave the job to it with --queue"
run try main --like first
ok 'a try: not while it works' says 4 "a firstbad daemon works in $work/state (process $pid): end it first"
run verdict first "$bad" good
ok 'a word on the start' says 2 'is the start, where the crash is known'
run verdict first main~30 clear
ok 'no word to be taken back' says 2 'there is nothing to clear'
run verdict first "$culprit" skip --note 'not this one'
ok 'a word goes to the daemon' prints 0 "first: $(echo "$culprit" | cut -c1-12) is taken for skip, on your word
The daemon goes on: firstbad watch first"
run report first --json
ok 'it is kept' prints 0 'not this one'
told 'first has ended: set'
run verdict first "$culprit" clear
ok 'and taken back' prints 0 'what was measured holds again'
run resume urgent --json
ok 'the answer of a job that has ended' prints 0 "\"culprit\":\"$culprit\""
run resume urgent --max-kernels 3
ok 'another budget: not while it works' says 4 'a budget is changed where none does'
run resume slow
ok 'a cancelled job goes to the daemon' prints 0 'queued: slow'
ok 'which takes it' says 0 'it goes on with the job; look at it with: firstbad watch slow'
told 'slow waits again'
until "$FIRSTBAD" status 2>/dev/null | grep -q '^slow .* \(reproduce\|range\|search\|check\) '; do sleep 0.1; done
run resume slow
ok 'one that it works on' says 0 'the daemon works on slow: look at it with: firstbad watch slow'
run cancel slow
told_twice() { [ "$(grep -c 'slow is cancelled' "$work/told")" -eq 2 ]; }
until told_twice; do sleep 0.1; done
stop
ok 'SIGTERM ends the daemon' says 0 'slow is cancelled'
run status
ok 'cancelled: it is told' [ "$(printf '%s\n' "$out" | grep -c '^\(slow\|never\) .* cancelled ')" -eq 2 ]
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
# row NAME PATTERN: the line of a job in the list.
row() { printf '%s\n' "$out" | grep "^$1 " | grep -q "$2"; }
sql() { sqlite3 "$work/state/firstbad.db" "$1"; }
again_now() { sql "UPDATE job SET not_before_s = 0 WHERE state = 3"; }
ended() { sql "SELECT group_concat(name, ' ') FROM (SELECT name FROM job WHERE state = 1 AND name IN ($1) ORDER BY id)"; }

# What waits, and for what; a tree that is gone does not keep the others; one daemon only; SIGTERM.
sql "UPDATE job SET state = 4 WHERE name = 'broken'"
make_repo "$work/gone" 60 37
run run --repo "$work/gone" --good main~55 --bad main --test 'test ! -e bad' --name gone --priority 9 --queue
mv "$work/gone" "$work/gone.away"
queue busy "echo \$\$ >>$work/pids; sleep 1; test ! -e bad"
start
told 'busy begins'
ok 'a tree that is gone: told' told "gone is tried again in 60 s: .*$work/gone"
queue low 'test ! -e bad' --priority -1
queue middle 'test ! -e bad'
told 'middle.* waits'
run status
ok 'status: who is next' row middle 'queued .*  place 1 of 3$'
ok 'status: who is after that' row low 'queued .*  place 2 of 3$'
ok 'status: why one waits' row gone "queued .*  place 3 of 3, retry at [0-2][0-9]:[0-5][0-9] after failure 1: .*$work/gone"
ok 'status: the others say nothing' [ "$(printf '%s\n' "$out" | grep -c ' place ')" -eq 3 ]
ok 'status: a daemon is there, none is missed' [ -z "$err" ]
run daemon --until-idle
ok 'a second daemon is refused' says 4 "a firstbad daemon works in $work/state (process $pid): it takes what --queue gives it"
ok 'the first one is as it was' kill -0 $pid
stop
ok 'SIGTERM: exit 0' exits 0
ok 'SIGTERM: no test is left' [ -z "$(ps -o pid= -p "$(paste -sd, "$work/pids")")" ]
run status
ok 'status: it goes on first' row busy 'stopped .*  place 1 of 4, goes on$'
ok 'status: nobody does it' says 0 "no daemon works in $work/state, for which 4 jobs wait"
run status --json
ok 'status: for programs' prints 0 '"wait": "retry"'
start
told 'low has ended'
told 'middle has ended'
stop
ok 'the next daemon goes on' says 0 'busy goes on'
ok 'and ends all that can be' [ "$(ended "'busy', 'low', 'middle', 'gone'")" = 'busy low middle' ]

# It waits longer each time, is given up in the end, and goes on where the tree is back.
again_now
start
told 'gone is tried again'
stop
ok 'a second failure: twice as long' says 0 'gone is tried again in 120 s'
sql "UPDATE job SET n_failures = 7, not_before_s = 0 WHERE name = 'gone'"
run daemon --until-idle
run status
ok 'at last it is given up' row gone "failed .*  .*$work/gone"
mv "$work/gone.away" "$work/gone"
sql "UPDATE job SET state = 3, not_before_s = 0 WHERE name = 'gone'"
run daemon --until-idle
ok 'it goes on where the tree is back' says 0 'gone has ended: culprit'

# The time of a day is used up.
sql "DELETE FROM usage; INSERT INTO usage VALUES ('$me', $(date +%s) / 3600, 70000), ('other', $(date +%s) / 3600, 50000)"
queue poor 'test ! -e bad'
queue rich 'test ! -e bad'
start --a-day 1m
told 'rich.* waits'
sql "UPDATE job SET submitter = 'other' WHERE name = 'rich'"
told 'rich has ended'
run status
ok 'status: the day is used up' row poor "queued .*  place 1 of 1, $me has used up the day's 1 min 00 s"
stop
ok 'its job was not begun' [ -z "$(printf '%s\n' "$err" | grep 'poor begins')" ]
ok 'that of another user was' says 0 'rich has ended: culprit'
sql "UPDATE usage SET hour = hour - 25"
run daemon --until-idle --a-day 1m
ok 'a day later it is begun' says 0 'poor has ended: culprit'

# Its folder is taken away: it does not go on for nobody.
: >"$work/told"
export FIRSTBAD_STATE_DIR="$work/taken"
start
until grep -qs 'daemon' "$work/taken/lock"; do sleep 0.1; done
rm -r "$work/taken"
wait $pid
code=$? out='' err=$(cat "$work/told")
ok 'a folder that is taken away: it ends' says 4 "the state folder $work/taken was taken away"
ok 'and leaves no half of one' [ ! -e "$work/taken" ]

run daemon --help
ok 'help' prints 0 'until-idle'
finish
