#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firstbad audit: what it prints for people and for programs, and its errors. tests/audit has the rest.
. "$(dirname "$0")/tap.sh"
logs=$(dirname "$0")/../audit/seeds/log

narrow() { # 80 columns at most
    [ -z "$(printf '%s\n' "$out" | awk 'length($0) > 80')" ]
}
believes() { # believes true|false|null
    prints 0 "\"believable\":$1"
}

run audit "$logs/signatures.txt"
ok 'for people: the start' prints 0 'from a1a1a1a1a1a1'
ok 'the crash' prints 0 'Crash: WARNING in bar_write'
ok 'a release' prints 0 'v5.7      b2b2b2b2b2b2      0   10      0  good'
ok 'a step that does not build' prints 0 "3         c3c3c3c3c3c3      -    -      -  skip  drivers/bar/bar.c:7:1"
ok 'the answer' prints 0 '  d4d4d4d4d4d4  drivers: bar: write twice'
ok 'a sign, with its evidence' prints 0 '1 of 10 runs of the start crashed'
ok 'the verdict' prints 0 'The chance that it is the right commit: '
ok 'in 80 columns' narrow
ok 'no colours in a file' [ "$(printf '%s' "$out" | tr -d '\033')" = "$out" ]
run audit "$logs/compiler-line.txt"
ok 'without an answer: why' prints 0 'bisection is taking too long'
ok 'and no chance' [ -z "$(printf '%s\n' "$out" | grep chance)" ]
run audit "$logs/unreachable.txt"
ok 'of no answer nothing is thought' [ "${out#*Nothing speaks}" = "$out" ]
sed 's/^crash: .*/crash: WARNING in foo/' "$logs/oldest.txt" >"$work/oldest.txt"
run audit "$work/oldest.txt"
ok 'the oldest release is no culprit' prints 0 'The oldest release crashes with "WARNING in foo"'
sed '/^\[c3/,/^# git/s/crashed: .*/crashed: WARNING in bar/' "$logs/old.txt" >"$work/other.txt"
run audit "$work/other.txt"
ok 'another crash is marked' prints 0 'bad   ! WARNING in bar'
ok 'the mark is told' prints 0 '! another crash'
ok 'and it is evidence' prints 0 '1 of 1 bad steps of the search'
run audit "$logs/hostile.txt"
ok 'hostile: nothing steers the terminal' [ "$(printf '%s' "$out" | tr -d '\033')" = "$out" ]

run audit --json "$logs/signatures.txt"
ok 'JSON: one line' [ "$(wc -l <"$work/out")" -eq 1 ]
ok 'file and id' prints 0 '"id":"signatures"'
ok 'runs with titles' prints 0 '{"kind":"crash","n":1,"title":"WARNING in bar_write"}'
ok 'flags' prints 0 '"name":"flaky"'
ok 'believed' believes true
run audit --json "$logs/fix.txt"
ok 'a fix: no trust' prints 0 '"trust":null'
ok 'nor belief' believes null
run audit --json "$logs"/*.txt
ok 'several: a line each' [ "$(wc -l <"$work/out")" -eq "$(ls "$logs" | wc -l)" ]
run audit "$logs/old.txt" "$logs/fix.txt"
ok 'for people: a heading each' [ "$(printf '%s\n' "$out" | grep -c '^=== .*\.txt$')" -eq 2 ]
ok 'no empty line at the end' [ -n "$(tail -n 1 "$work/out")" ]
out=$("$FIRSTBAD" audit --json - <"$logs/old.txt")
code=$?
ok 'stdin' prints 0 '"file":"-"'

run audit
ok 'no log' says 2 'no LOG given'
run audit "$work/none"
ok 'no such file' says 2 "$work/none"
echo hello >"$work/hello"
run audit "$work/hello"
ok 'not a log' says 2 "$work/hello: not a bisection log"
run audit --json "$work/hello" "$logs/old.txt"
ok 'the others are told' [ "$code" -eq 2 ] && ok 'all the same' [ "$(wc -l <"$work/out")" -eq 1 ]
run audit --help
ok 'help in 80 columns' narrow
# Our own logs are read, too.
make_repo "$work/repo" 20 13
run run --repo "$work/repo" --good v5.0 --bad HEAD --test 'test ! -e bad'
ok 'a job of our own' exits 0
"$FIRSTBAD" log >"$work/own.txt"
run audit --json "$work/own.txt"
ok 'its log' prints 0 '"culprit_title":"change 13"'

# --tree: 20 commits, of which 13 brings the crash; v5.1 is 11.
id() { git -C "$work/repo" rev-parse "HEAD~$((20 - $1))"; }
step() { # step COMMIT VERDICT RUNS: a test of the search
    printf 'testing commit %s\ncompiler: gcc\nall runs: %s\n# git bisect %s %s\n' "$(id "$1")" "$3" "$2" "$(id "$1")"
}
crash='crashed: WARNING in foo'
begin() { # the start crashes, v5.1 does not
    printf 'bisecting cause commit starting from %s\ntesting commit %s\ncompiler: gcc\nall runs: %s\n' "$(id 20)" "$(id 20)" "$crash"
    printf 'testing release v5.1\ntesting commit %s\ncompiler: gcc\nall runs: OK\n# git bisect start %s v5.1\n' "$(id 11)" "$(id 20)"
}
end() { # end CULPRIT
    printf '%s is the first bad commit\nrevisions tested: 5, total time: 1h0m0s (build: 30m0s, test: 20m0s)\n' "$(id "$1")"
    printf 'first bad commit: %s change %s\ncrash: WARNING in foo\n' "$(id "$1")" "$1"
}
tree() { run audit --tree "$work/repo" "$work/tree.txt"; }
{ begin; step 16 bad "$crash"; step 13 bad "$crash"; step 12 good OK; end 13; } >"$work/tree.txt"
tree
ok '--tree: the model agrees' prints 0 "$(id 13 | cut -c1-12)   9"
ok 'it needs no more' prints 0 'No test is missing.'
ok 'of so many revisions' prints 0 'of 9 revisions:'
ok 'in 80 columns, too' narrow
run audit --json --tree "$work/repo" "$work/tree.txt"
ok 'JSON has it' prints 0 "\"candidates\":[{\"commit\":\"$(id 13)\""
ok 'and nothing next' prints 0 '"next":null'
# 15 only crashes in another way, so that the search went after that crash's culprit.
{ begin; step 15 bad 'crashed: INFO: task hung in bar'; step 12 good OK; step 14 good OK; end 15; } >"$work/tree.txt"
tree
ok 'another crash: the answer is not believed' prints 0 'Doubtful'
ok 'a test is missing' prints 0 'Test next'
ok 'the answer is one of several' prints 0 "The log's answer has "
{ begin; step 16 bad "$crash"; } >"$work/tree.txt"
tree
ok 'a log that ends early: what to test' prints 0 'Test next'
begin | sed '/^# git/d' >"$work/tree.txt"
tree
ok 'no search' says 2 'the log has no search'
begin | sed "s/$(id 20)/$(printf '%040d' 7)/g; s/v5.1\$/$(printf '%040d' 8)/" >"$work/tree.txt"
tree
ok 'a commit that is not there' says 2 'the good end of the log is not in the tree: '
ok 'the rest is told' prints 2 'from 000000000000'
run audit --tree "$work/none" "$work/tree.txt"
ok 'no tree' says 2 '--tree: '
finish
