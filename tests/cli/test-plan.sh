#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firstbad plan: numbers that can be worked out by hand, the forms of its inputs, and its errors.
. "$(dirname "$0")/tap.sh"

#   0---1---2-------5---6
#        \         /
#         3---4---'
printf '\n0\n1\n1\n3\n2 4\n5\n' >"$work/dag"
plan() { run plan --dag "$work/dag" "$@"; }
evidence() { # evidence LINES ARGS...: a plan with them, as JSON
    printf '%b' "$1" >"$work/tsv"
    shift
    plan --evidence "$work/tsv" --json "$@"
}
json() { # json FIELD: a number, or the numbers of an array, ten digits each
    printf '%s\n' "$out" | sed "s/.*\"$1\":\[\{0,1\}//; s/\].*//; s/,\"[a-z].*//; s/}\$//" | tr ',' '\n' |
        awk '{ printf("%s%.10g", NR == 1 ? "" : " ", $1) }'
}
commits() { # of an array of objects
    printf '%s\n' "$out" | sed "s/.*\"$1\":\[//; s/\].*//" | grep -o '"commit":[0-9]*' | cut -d: -f2 | tr '\n' ' '
}
is() { # is VALUE WANTED
    [ "$code" -eq 0 ] && [ "$1" = "$2" ] || { echo "# got $1"; false; }
}

# Nothing is known: the prior, 0.02 that it is older, the rest evenly: 0.98 / 6.
prior='0.02 0.1633333333 0.1633333333 0.1633333333 0.1633333333 0.1633333333 0.1633333333'
evidence ''
ok 'empty evidence: the prior' is "$(json posterior)" "$prior"
ok 'the best candidate' is "$(json confidence)" 0.1633333333
ok 'older' is "$(json older)" 0.02
# -0.02 log2(0.02) - 0.98 log2(0.98 / 6)
ok 'entropy' is "$(json entropy_bits)" 2.674703793
ok 'size' is "$(json n_revisions)" 7
ok 'not done' prints 0 '"done":false'
ok 'candidates: the class of all' is "$(commits candidates)" '1 2 3 4 5 6 0 '
plan --json
ok 'no evidence: the same' is "$(json posterior)" "$prior"
# A commit has the bug when its culprit is an ancestor: 0.02 + 0.98 / 6 x (1, 2, 2, 3, 5, 6).
plan --json --verbose
ok 'has_bug' is "$(json has_bug)" '0.02 0.1833333333 0.3466666667 0.3466666667 0.51 0.8366666667 1'
ok 'the experiment halves' is "$(commits experiments)" '4 '
evidence '4 skip\n2 - -\n3 1 2 skip\n'
ok 'what cannot be tested tells nothing of the culprit' is "$(json posterior)" "$prior"
ok 'and is not tried again' is "$(commits experiments | grep -c '[234]')" 0

evidence '6 5 0\n0 0 10\n' --workers 3
ok 'workers: different commits' is "$(commits experiments | tr ' ' '\n' | grep . | sort -u | wc -l)" 3
one=$(json posterior)
evidence 'commit\tcrashes\toks\n# ends\n6\t2\t0\n0 0 4 # good\n  6 3 0\r\n0 0 6'
ok 'lines add up; blanks, comments, a heading' is "$(json posterior)" "$one"
# Left are 1 to 6, and nothing tells them apart: what the ends say is the same for each.
ok 'not told apart: equal' is "$(json posterior | cut -d' ' -f2-7 | tr ' ' '\n' | sort -u | wc -l)" 1
out=$(printf '6 5 0\n0 0 10\n' | "$FIRSTBAD" plan --dag "$work/dag" --evidence - --json)
ok 'evidence from stdin' is "$(json posterior)" "$one"
out=$("$FIRSTBAD" plan --dag - --evidence "$work/tsv" --json <"$work/dag")
ok 'graph from stdin' is "$(json posterior)" "$one"

found='6 5 0\n0 0 10\n4 5 0\n3 0 20\n'
evidence "$found"
ok 'done: one candidate' prints 0 '"done":true'
ok 'it is named' is "$(commits candidates)" '4 '
ok 'no experiment' is "$(commits experiments)" ''
ok 'the posterior sums to 1' is "$(json posterior | awk '{ for (i = 1; i <= NF; i++) s += $i; printf "%.6f", s }')" 1.000000
evidence "$found" --confidence 0.9999999
ok 'a higher confidence goes on' prints 0 '"done":false'
evidence '5 5 0\n0 0 10\n2 0 20\n1 0 20\n3 skip\n4 skip\n'
ok 'done: a set that cannot be told apart' prints 0 '"done":true'
ok 'the set' is "$(commits candidates | tr ' ' '\n' | sort | tr '\n' ' ')" '3 4 5 '
evidence '6 5 0\n' --build-s 0 --trial-s 2
ok 'costs: two seconds a trial' is "$(printf '%s\n' "$out" | sed 's/.*"n_trials":\([0-9]*\).*"cost_s":\([0-9]*\).*/\1 \2/' | awk '{ print $2 / $1 }')" 2

plan --evidence "$work/tsv" --workers 3
ok 'for people: 80 columns' [ -z "$(printf '%s\n' "$out" | awk 'length($0) > 80')" ]
ok 'for people: what was tried' prints 0 '7 commits, 1 tried'
printf '\n' >"$work/one.dag"
run plan --dag "$work/one.dag" --json
ok 'one commit: the bug is older' is "$(json posterior) $(json older)" '1 1'

run plan
ok 'no graph' says 2 '--dag is missing'
run plan --dag "$work/none"
ok 'graph does not exist' says 2 "--dag: Failed to open file"
ok 'it is named' says 2 "$work/none"
plan --evidence "$work/none"
ok 'evidence does not exist' says 2 "--evidence: Failed to open file"
run plan --dag "$work"
ok 'graph is a folder' says 2 '--dag: '
run plan --dag - --evidence -
ok 'both from stdin' says 2 'only one of them'
: >"$work/empty"
run plan --dag "$work/empty"
ok 'empty graph' says 2 "--dag: $work/empty: no commits"
printf '\n0\n2\n' >"$work/loop.dag"
run plan --dag "$work/loop.dag"
ok 'a commit that is its own parent' says 2 "--dag: $work/loop.dag: line 3 (commit 2): '2' is not the number of an earlier commit"
evidence '6 1 0\n7 1 0\n'
ok 'no such commit: file and line' says 2 "--evidence: $work/tsv: line 2: '7' is not a commit from 0 to 6"
evidence '1 2\n'
ok 'too few words' says 2 "line 1: wanted: COMMIT CRASHES OKS"
for wrong in '--confidence 0' '--confidence 1' '--confidence nan' '--workers 0' '--build-s -1' '--trial-s inf' '--confidence x'; do
    # shellcheck disable=SC2086
    plan $wrong
    ok "plan $wrong" says 2 "${wrong% *}"
done
plan --workers 99999999999
ok 'too many workers' says 2 'workers'
ok 'nothing is kept' [ ! -e "$FIRSTBAD_STATE_DIR" ]
finish
