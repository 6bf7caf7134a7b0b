#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firstbad run from outside: answers, exit codes, flaky tests, interruptions, and what can go wrong.
. "$(dirname "$0")/tap.sh"

make_repo "$work/tree" 120 77
culprit=$(git -C "$work/tree" rev-parse main~43)
tree=$work/tree
go() { run run --repo "$tree" --good main~119 --bad main "$@"; }
answer() { printf '%s\n' "$out" | tail -n 1; }
found() { case $(answer) in *"\"culprit\":\"$culprit\""*) [ "$code" -eq 0 ] ;; *) false ;; esac; }

before=$(git -C "$tree" status --porcelain=v2 --branch; git -C "$tree" rev-parse HEAD; cat "$tree/.git/index" | cksum)
go --test 'test ! -e bad' --json
ok 'a sure test: the culprit' found
ok 'no worktree of a finished job is left' [ "$(git -C "$tree" worktree list | wc -l)" -eq 1 ]
go --test 'test ! -e bad'
ok 'for people' prints 0 'First bad commit'
run report
ok 'report: the same again' prints 0 "$(printf '%.12s' "$culprit")  change 77"
run log
ok 'log: the seed'"'"'s words' prints 0 "$culprit is the first bad commit"
run log --replay
printf '%s\n' "$out" >"$work/replay"
git -C "$tree" bisect replay "$work/replay" >/dev/null 2>&1
ok 'git bisect replay takes it' grep -q "first bad commit: \[$culprit\]" "$tree/.git/BISECT_LOG"
git -C "$tree" bisect reset >/dev/null 2>&1
run report --json
ok 'report --json' prints 0 '"kind": "culprit"'
ok 'without the cost' [ "${out#*\"cost\"}" = "$out" ]
run report --json --cost
ok 'report --json --cost' prints 0 '"wall_ms": '
ok 'with the spans' prints 0 '"how": "incremental"'
run report --cost
ok 'report --cost: the parts' prints 0 'Where the time went:'
ok 'add up' prints 0 '100.0 %'
ok 'and when' prints 0 'Timeline ('
ok '80 columns' [ -z "$(grep -E '.{81}' "$work/out")" ]
run status
ok 'status' prints 0 culprit

go --test 'echo "$FIRSTBAD_COMMIT" >>'"$work/asked"'; test ! -e bad' --build 'test -f n' --json
ok 'a build command' found
ok 'the commit is in the environment' grep -q "$culprit" "$work/asked"
go --no-checkout --test "git merge-base --is-ancestor $culprit \$FIRSTBAD_COMMIT && exit 1; exit 0" --json
ok '--no-checkout' found
go --timeout 20 --build "exec 9>$work/lock; flock -n 9 || exit 1; setsid sleep 60 &" \
    --test "sleep 60 & exec 9>$work/lock; flock -n 9 || exit 128; setsid sleep 60 & test ! -e bad" --json
ok 'commands that leave children in the background' found
GIT_DIR=/nonexistent go --test 'test $(git rev-parse HEAD) = $FIRSTBAD_COMMIT || exit 128; test ! -e bad' --json
ok 'a GIT_DIR around us is not that of the commands' found
git clone -q --bare "$tree" "$work/bare.git"
tree=$work/bare.git go --test 'test ! -e bad' --json
ok 'a bare repository' found
git -C "$work/tree" worktree add -q "$work/linked" main~5 2>/dev/null || git -C "$work/tree" worktree add -q --detach "$work/linked" main~5
tree=$work/linked go --test 'test ! -e bad' --json
ok 'a linked worktree' found
echo dirt >"$work/linked/n"
tree=$work/linked go --test 'test ! -e bad' --json
ok 'a dirty one, untouched' [ "$(cat "$work/linked/n")" = dirt ]

# What the user suspects. Wrong or right, the answer is the same; a right one is faster. A job that is resumed suspects the same,
# whatever became of his file and his branch.
go --test 'test ! -e bad' --json
n_plain=$(answer | sed 's/.*"revisions":\([0-9]*\).*/\1/')
go --test 'test ! -e bad' --json --suspect bad --suspect ./nowhere/ --suspect-author nobody
ok 'a suspect' found
ok 'what it means is said' says 0 '--suspect bad: 1 revisions, together 4'
ok 'and where it means nothing' says 0 '--suspect ./nowhere/: no revision of the range is meant'
ok 'of an author, too' says 0 '--suspect-author nobody: no revision of the range is meant'
ok 'it saves revisions' [ "$(answer | sed 's/.*"revisions":\([0-9]*\).*/\1/')" -lt "$n_plain" ]
go --test 'test ! -e bad' --json --suspect-author A@Example
ok 'an author that wrote all' says 0 '--suspect-author A@Example: 119 revisions, together 100 %'
git -C "$tree" branch mine main~43
printf 'mine 1000\nmain~119..main~60 0.001 # wrong\n' >"$work/weights"
: >"$work/asked"
go --name weighed --json --prior "$work/weights" --test 'echo >>'"$work"'/asked; test ! -e bad; r=$?; [ $(wc -l <'"$work"'/asked) -eq 10 ] && kill -9 $PPID; exit $r'
ok 'weights, killed' exits 137
ok 'what they mean is said' grep -q -e '--prior: 60 revisions of the range have a weight' "$work/err"
git -C "$tree" branch -D mine >/dev/null
rm "$work/weights"
run resume weighed --json
ok 'resumed without the file: the culprit' found
ok 'with the same weights' says 0 '--prior: 60 revisions of the range have a weight'

# Commits 70..84 cannot be tested.
go --test 'i=$(cat n); [ $i -ge 70 ] && [ $i -le 84 ] && exit 125; test ! -e bad' --json
ok 'untestable neighbours: unsure' exits 1
ok 'no culprit then' prints 1 '"culprit":null'
ok 'but the set holds it' prints 1 "$culprit"
go --test 'exit 0' --json
ok 'bad is not bad' prints 3 '"answer":"not-reproduced"'
go --test 'exit 1' --json
ok 'good is not good' prints 3 '"answer":"good-crashes"'
go --test 'exit 125' --json
ok 'bad cannot be tested' prints 3 '"answer":"untestable"'
go --test 'exit 200'
ok 'a test that fails by itself stops the work' says 4 'gave no verdict 4 times in a row: exited with 200'
ok 'and says what would be a verdict' says 4 "'timeout 60 CMD' exits with 124"
go --test 'test ! -e bad || sh -c "kill -SEGV \$\$"; exit $?' --json
ok 'a crash is bad' found
go --build 'echo no; exit 1' --test true --json
ok 'bad does not build' prints 3 '"answer":"untestable"'
go --build 'echo "a.c:1: error: no such thing" >&2; exit 2' --test true
ok 'the build is quoted' prints 3 'does not build: exited with 2: a.c:1: error: no such thing'
go --test ./not-committed.sh
ok 'a test that is not there' prints 3 'fails too: the test command exited with 127: a
command was not found (in the worktree is only'
run run --repo "$tree" --good main --bad main~119 --test true
ok 'the ends are the wrong way round' says 2 '--good: is newer than --bad: are they the wrong way round?'
ok 'a fix of any project is named as such' says 2 "is for 'firstbad run --fix')"
go --timeout 1m --test true
ok 'options are named as they were given' says 2 "--timeout: '1m' is not a whole number"
go --name talks --test 'echo "hello $FIRSTBAD_COMMIT"; test ! -e bad'
run log talks --console "$(printf %.8s "$culprit")"
ok 'what a test printed' prints 0 "hello $culprit"
ok 'and which test that was' prints 0 "==== $(printf %.12s "$culprit"), trial 1: crashed: exited with 1"
if [ -w /dev/full ]; then
    for command in 'report talks' 'report talks --json' 'report talks --html' 'log talks' status; do
        # Words of the command.
        "$FIRSTBAD" $command >/dev/full 2>"$work/err"
        code=$? err=$(cat "$work/err")
        ok "$command: a full disk" says 4 'stdout: not all could be written'
    done
    # Its reader has gone before it begins.
    mkfifo "$work/fifo"
    { exec 3<>"$work/fifo" 4>"$work/fifo" 3>&-; "$FIRSTBAD" log talks >&4 2>"$work/err"; echo $? >"$work/code"; }
    code=$(cat "$work/code")
    exec 4>&-
    ok 'a reader that went away is no failure' [ "$code" -eq 0 ]
    ok 'nothing is said of it' [ ! -s "$work/err" ]
fi
run verdict talks "$culprit~20" bad --note 'seen in the field'
run resume talks
ok 'one word against many trials: they outweigh it' prints 0 "commit $culprit"
ok 'that is said' prints 0 'doubtful: a person says that'
ok 'and so is the word, with its reason' prints 0 ': seen in the field'
run verdict talks "$culprit~20" clear
run resume talks
ok 'taken back: nothing of it is left' [ "${out#*of  0 failed}" = "$out" ]
run log talks --console ffffffff
ok 'a revision that was not tried' says 2 "no revision 'ffffffff' was tried"

# A budget ends the job with what is known; a larger one goes on.
go --max-kernels 1 --name budget --test 'test ! -e bad' --json
ok 'a budget of one: nothing is known' prints 1 '"candidates":[]'
ok 'and it says why' prints 1 '"answer":"set","by_budget":true'
run resume budget
ok 'resume as it is: the report' prints 1 'The budget of 1 kernel is used up'
run resume budget --max-kernels 4
ok 'a larger one: some of the range are left' prints 1 'The budget is used up. One of these '
run report budget --json
ok 'report --json' prints 0 '"by_budget": true'
run log budget
ok 'log: not that all is skipped' prints 0 'bisection is inconclusive'
run resume budget --max-time 1x
ok 'resume: a wrong time' says 2 "--max-time: '1x' is not a time such as 90m, 4h or 2d"
run resume budget --max-kernels 0 --max-time 2d --json
ok 'no limit: the culprit' found
run resume budget --max-kernels 1 --json
ok 'which no budget takes back' found

# 30 % of the tests of bad commits fail, by a fixed dice: right in 19 of 20.
right=0
replayed=0
for seed in $(seq 20); do
    echo 0 >"$work/count"
    go --json --test 'c=$(($(cat '"$work"'/count) + 1)); echo $c >'"$work"'/count; test -e bad || exit 0
        set -- $(echo '"$seed"' $c | cksum); [ $(($1 % 10)) -ge 3 ]'
    found && right=$((right + 1))
    "$FIRSTBAD" log --replay >"$work/replay"
    git -C "$tree" bisect replay "$work/replay" >/dev/null 2>&1
    grep -q "first bad commit: \[$culprit\]" "$tree/.git/BISECT_LOG" && replayed=$((replayed + 1))
    git -C "$tree" bisect reset >/dev/null 2>&1
done
echo "# flaky at 30 %: right in $right of 20"
ok 'flaky test: right in 19 of 20' [ "$right" -ge 19 ]
ok 'git bisect replay comes to the same commits' [ "$replayed" -eq "$right" ]

# One quiet run of a test that is often quiet makes no revision good, neither in the report nor for git.
go --max-kernels 3 --name coin --test 'test -e bad || exit 0; c=$(($(cat '"$work"'/count) + 1)); echo $c >'"$work"'/count
    test "$(cat n)" -eq 120 && test $((c % 2)) -eq 0'
ok 'a budget that ends after a quiet run' says 1 'unknown: 0 of '
quiet=$(sed -n 's/^\([0-9a-f]*\) unknown: 0 of .*/\1/p' "$work/err" | head -n 1)
run report coin
ok 'report: unknown' prints 0 "$quiet  unknown"
run report coin --json
ok 'for programs, too' prints 0 '"verdict": "unknown"'
run log coin --replay
ok 'and it is no step of git'"'"'s' [ "$code" -eq 0 -a "${out#*"$quiet"}" = "$out" ]

# More confidence than trials can give is taken for what they can, and a right answer stays one.
echo 0 >"$work/count"
go --json --confidence 0.999 --test 'c=$(($(cat '"$work"'/count) + 1)); echo $c >'"$work"'/count; test -e bad || exit 0
    set -- $(echo $c | cksum); [ $(($1 % 10)) -ge 6 ]'
ok 'more confidence than can be' found
ok 'is said to be' says 0 '--confidence 0.999: is taken for 0.995'

# kill -9 at any time, then resume: same answer, no finished trial repeated.
: >"$work/asked"
i=0
run run --repo "$tree" --good main~119 --bad main --name killed --json \
    --test 'echo "$FIRSTBAD_COMMIT" >>'"$work"'/asked; test ! -e bad; r=$?; [ $(($(wc -l <'"$work"'/asked) % 3)) -eq 0 ] && kill -9 $PPID; exit $r'
while [ "$code" -eq 137 ] && [ "$i" -lt 100 ]; do
    run resume killed --json
    i=$((i + 1))
done
ok "killed $i times: same answer" found
ok 'it was killed more than once' [ "$i" -gt 1 ]
n_trials=$(answer | sed 's/.*"trials":\([0-9]*\).*/\1/')
ok 'every trial but those cut off was run once' [ "$(wc -l <"$work/asked")" -eq $((n_trials + i)) ]

# kill -9 in the middle of the build of a revision that was built and tested before.
: >"$work/asked"
rm -f "$work/once" "$work/stale"
run run --repo "$tree" --good main~119 --bad main --name half-built --json \
    --build 'rm -f built; echo "$FIRSTBAD_COMMIT" >>'"$work"'/asked
        [ $(grep -c "$FIRSTBAD_COMMIT" '"$work"'/asked) -gt 1 ] && [ ! -e '"$work"'/once ] && touch '"$work"'/once && kill -9 $PPID && exit
        cp n built' \
    --test 'cmp -s n built || touch '"$work"'/stale; test ! -e bad'
ok 'killed when it builds again' exits 137
run resume half-built --json
ok 'then the same answer' found
ok 'and no half build was tested' [ ! -e "$work/stale" ]
go --build 'kill -9 $$' --test true
ok 'a build command that is killed stops the work' says 4 'the build command was killed by signal 9'

sleep_test='sleep 30; test ! -e bad'
"$FIRSTBAD" run --repo "$tree" --good main~119 --bad main --name slow --test "$sleep_test" >/dev/null 2>"$work/slow.err" &
slow=$!
tries=0
until [ -e "$work/state/jobs" ] && "$FIRSTBAD" status 2>/dev/null | grep -q '^slow' || [ "$tries" -gt 200 ]; do
    tries=$((tries + 1))
    sleep 0.05
done
go --test true
ok 'a second job on the same state' says 4 'another firstbad works in'
kill -INT $slow
wait $slow
code=$?
err=$(cat "$work/slow.err")
ok 'Ctrl-C: exit 130 and how to go on' says 130 "go on with: firstbad resume slow"
run status
ok 'status: nobody works on it now' grep -q '^slow .* stopped ' "$work/out"
"$FIRSTBAD" resume slow >/dev/null 2>"$work/slow.err" &
slow=$!
until "$FIRSTBAD" report slow | grep -q '^At work'; do sleep 0.1; done
run cancel slow
ok 'cancel where no daemon is: it is stopped' prints 0 'asked to stop: slow'
wait $slow
code=$?
err=$(cat "$work/slow.err")
ok 'as by Ctrl-C' says 130 "go on with: firstbad resume slow"
run cancel slow
ok 'one that nobody works on waits for a daemon' says 0 'no daemon works in'
rm -rf "$work"/state/spool/*
go --name slow --test true
ok 'a name that exists' says 2 "there is a job named 'slow' already"

# A commit that changes nothing is not named, whatever a flaky test says of it.
git -C "$work/tree" checkout -q -b empty
git -C "$work/tree" commit -q --allow-empty -m 'nothing changes'
go --good main --bad empty --test 'test "$(git rev-parse HEAD)" = "$(git rev-parse main)"' --json
ok 'a commit with the sources of its parent is not named' prints 1 '"culprit":null'
run report
ok 'and the report says why' prints 0 'failed: its sources are those of its parent'
git -C "$work/tree" checkout -q main

go --test 'test ! -e bad' --state-dir "$work/other state"
ok 'a state folder of its own is named in what to do next' prints 0 "firstbad log run-"
ok 'as a shell takes it' prints 0 "--state-dir '$work/other state'"

# What strangers wrote, on a terminal and in a pipe.
esc=$(printf '\033')
csi=$(printf '\302\233')
echo evil >"$work/tree/evil"
git -C "$work/tree" checkout -q -b evil
git -C "$work/tree" add evil
git -C "$work/tree" commit -qm "subject ${esc}[2J${csi}3J end"
go --bad evil --test 'test ! -e evil' --name evil
ok 'evil subject: the report is clean' prints 0 'subject ?[2J?3J end'
"$FIRSTBAD" log evil >"$work/log"
ok 'evil subject: the piped log has the bytes' grep -q "subject ${esc}\[2J${csi}3J end" "$work/log"
LC_ALL=C "$FIRSTBAD" log evil >"$work/log.C"
ok 'whatever the locale' cmp "$work/log" "$work/log.C"
if command -v script >/dev/null; then
    script -qec "'$FIRSTBAD' log evil" /dev/null </dev/null >"$work/log.tty"
    ok 'evil subject: the log on a terminal is clean' grep -q 'subject ?\[2J?3J end' "$work/log.tty"
else
    skip 'evil subject: the log on a terminal is clean' 'no script(1)'
fi
run run --repo "$tree" --good main~119 --bad main --test true --queue --name "qu${esc}[2Jeued"
ok 'evil name: queued' prints 0 'queued: qu?[2Jeued'
run cancel "qu${esc}[2Jeued"
ok 'evil name: cancelled' prints 0 'asked to cancel: qu?[2Jeued'
rm -rf "$work"/state/spool/*
go --bad "no${esc}[2Jrev" --test true
ok 'evil words of git' says 2 'no?[2Jrev'
git -C "$work/tree" checkout -q main

{
    "$FIRSTBAD" run --repo "$tree" --good main~119 --bad main --test 'test ! -e bad' --name piped
    echo $? >"$work/code"
} 2>&1 | true
ok 'a reader that goes away ends no job' [ "$(cat "$work/code")" -eq 0 ]

# A stored answer that cannot be read.
if command -v sqlite3 >/dev/null; then
    sqlite3 "$work/state/firstbad.db" "UPDATE job SET answer = '{' WHERE name = 'piped'"
    run resume piped
    ok 'damaged: resume says so' says 4 'piped: stored answer is damaged'
    ok 'damaged: and leaves it' [ "$(sqlite3 "$work/state/firstbad.db" "SELECT state, answer, error IS NULL FROM job WHERE name = 'piped'")" = '1|{|1' ]
    run report piped
    ok 'damaged: report' says 4 'piped: stored answer is damaged'
    run status
    ok 'damaged: status marks it' prints 0 'damaged'
    ok 'damaged: and lists the others' prints 0 'evil '
    run status --json
    ok 'damaged: status --json' prints 0 '"state": "damaged"'
else
    for name in 'resume says so' 'and leaves it' report 'status marks it' 'and lists the others' 'status --json'; do
        skip "damaged: $name" 'no sqlite3'
    done
fi
run report nobody
ok 'no such job' says 2 "no job 'nobody'"
: >"$work/file"
go --test true --state-dir "$work/file/state"
ok 'a state folder that cannot be made' says 4 'cannot make the state folder'

if [ "$(command id -u)" -eq 0 ] && mkdir "$work/small" && mount -t tmpfs -o size=400k none "$work/small" 2>/dev/null; then
    run run --repo "$tree" --good main~119 --bad main --state-dir "$work/small" --test 'head -c 1000000 /dev/zero >fill; test ! -e bad'
    ok 'disk full: says so' says 4 'the disk is full; make room'
    mount -o remount,size=50m "$work/small"
    run resume --state-dir "$work/small" --json
    ok 'disk full: goes on when there is room' found
    umount "$work/small"
else
    skip 'disk full: says so' 'cannot mount a small tmpfs'
    skip 'disk full: goes on when there is room' 'cannot mount a small tmpfs'
fi
after=$(git -C "$work/tree" status --porcelain=v2 --branch; git -C "$work/tree" rev-parse HEAD; cat "$work/tree/.git/index" | cksum)
ok 'the checkout of the user is as it was' [ "$before" = "$after" ]

# The state folder is taken away while a job works: it ends, and leaves no half of one.
: >"$work/tries"
export FIRSTBAD_STATE_DIR="$work/taken"
go --name taken --test "echo >>$work/tries; [ \$(wc -l <$work/tries) -lt 8 ] || rm -rf $work/taken; test ! -e bad"
ok 'the state folder is taken away: it is said' says 4 "the state folder $work/taken was taken away"
ok 'no resume is spoken of' [ "${err%resume*}" = "$err" ]
ok 'and no half of one is left' [ ! -e "$work/taken" ]
go --name next --test 'test ! -e bad'
ok 'the next job begins anew' exits 0
finish
