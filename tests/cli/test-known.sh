#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Jobs that found the same bug, as the program shows them. Needs $KNOWN_WORLD, which makes such jobs (tests/job/known-main.c).
. "$(dirname "$0")/tap.sh"

line() { printf '%s\n' "$out" | grep "^$1 "; }
says_of() { # says_of JOB TEXT: its line of the list ends with TEXT
    case $(line "$1") in *"$2") [ "$code" -eq 0 ] ;; *) false ;; esac
}
narrow() { ! printf '%s\n' "$out" | grep -v -e --state-dir | grep -q '.\{81\}'; }

"$KNOWN_WORLD" "$FIRSTBAD_STATE_DIR" >/dev/null 2>&1
run status
ok 'the list: the older one' says_of first '  same bug as job 2 (second)'
ok 'the list: the newer one' says_of second '  same bug as job 1 (first)'
ok 'the list: one that crashes alike and found another commit' [ -z "$(line alike | grep 'same bug')" ]
ok 'the list: one that has nothing to do with them' [ -z "$(line stranger | grep 'same bug')" ]
run status --json
ok 'the list for programs' prints 0 '"same_bug"'
run report second
ok 'the report' prints 0 'Same bug as job 1 (first).'
ok 'the report: with what it began' prints 0 'It began with what is known: job 1 (first), '
ok 'the report: 80 columns' narrow
run report alike
ok 'the report of one that found another commit' prints 0 'which is not'
run report stranger
ok 'the report of one that began with nothing' [ -z "$(printf '%s\n' "$out" | grep -i -e 'same bug' -e 'is known')" ]
run report second --json
ok 'the report for programs' prints 0 '"known_bugs"'
run cause --help
ok 'the option' prints 0 '--no-known-bugs'
finish
