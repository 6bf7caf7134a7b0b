#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firstbad audit: what it prints for people and for programs, and its errors. tests/audit has the rest.
. "$(dirname "$0")/tap.sh"
logs=$(dirname "$0")/../audit/logs

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
finish
