#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firstbad sim: its rows, that worlds are the same for all, and its errors.
. "$(dirname "$0")/tap.sh"

# A line of 300 commits; a bug that always crashes, one that does so now and then, one row not to use.
awk 'BEGIN { print ""; for (i = 0; i < 299; i++) print i }' >"$work/dag"
printf 'id\tusable_bisect\trange_size\tp_bad\tp_bad_min\n' >"$work/tsv"
printf 'always\t1\t200\t1\t1\nsometimes\t1\t100\t0.5\t0.5\nnever\t0\t100\t1\t1\n' >>"$work/tsv"
sim() { run sim --scenarios "$work/tsv" --dag "$work/dag" "$@"; }
column() { # column NAME SCENARIO: of the rows in $out
    printf '%s\n' "$out" | awk -F '\t' -v name="$1" -v scenario="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i }
        NR > 1 && $1 == scenario { printf "%s%s", sep, $c; sep = " " }'
}
is() { # is VALUE WANTED
    [ "$code" -eq 0 ] && [ "$1" = "$2" ] || { echo "# got $1"; false; }
}

sim --workers 1 --reps 3
first=$out
ok 'a sure crash is found each time' is "$(column result always)" 'right right right'
ok 'seeds follow' is "$(column seed always)" '1 2 3'
ok 'a row that is not usable is passed over' is "$(column result never)" ''
ok 'sizes of ranges' is "$(column revisions always)" '200 200 200'
ok 'a flaky crash is found' is "$(column result sometimes)" 'right right right'
sim --workers 1 --reps 3
ok 'the same again' [ "$out" = "$first" ]
sim --workers 1 --seed 3
ok 'a seed by itself is that of the series' is "$(column kernels always)" \
    "$(out=$first column kernels always | cut -d' ' -f3)"
sim --workers 1,4
ok 'several machines: faster' [ "$(column seconds_4 always)" -lt "$(column seconds_1 always)" ]
for policy in git1 git10 syzkaller2019 syzkaller bayes-linear firstbad-stack firstbad-misled; do
    sim --workers 1 --policy "$policy"
    ok "$policy finds a sure crash on a line" is "$(column result always)" right
done
sim --workers 1 --out "$work/rows.tsv"
ok 'a summary' prints 0 'firstbad: 2 jobs: 100.0 % right'
ok 'the rows in a file' [ "$(wc -l <"$work/rows.tsv")" -eq 3 ]
# As root the device itself was replaced by a file.
mkfifo "$work/fifo"
cat "$work/fifo" >"$work/read" &
reader=$!
sim --workers 1 --out "$work/fifo"
[ -p "$work/fifo" ] || kill $reader
wait $reader
ok 'a FIFO is no file to replace' [ -p "$work/fifo" ]
ok 'and gets the rows' cmp "$work/rows.tsv" "$work/read"
ln -s rows.tsv "$work/link"
sim --workers 1 --out "$work/link"
ok 'nor is a link' [ -L "$work/link" ]

sim --bugs 1,4 --workers 2
ok 'many bugs: a row for each number and sharing' [ "$(printf '%s\n' "$out" | wc -l)" -eq 5 ]
rows=$out
sim --bugs 1,4 --workers 2 --sharing on
ok 'with sharing alone: the same rows' [ "$out" = "$(printf '%s\n' "$rows" | awk 'NR == 1 || $2 == "on"')" ]
sim --bugs 0
ok 'no bug' says 2 'a number of bugs'
sim --bugs 1 --sharing perhaps
ok 'sharing is on or off' says 2 'on or off'
sim --bugs 1 --configs 0
ok 'no config class' says 2 'at least 1'

run sim --policy help
ok 'policies are listed' prints 0 'syzkaller2019'
sim --policy nobody
ok 'an unknown policy' says 2 "no such policy; '--policy help' lists them"
sim --workers 0
ok 'no machine' says 2 'a number of machines'
sim --reps 0
ok 'no repetition' says 2 'at least 1'
run sim --dag "$work/dag"
ok 'no scenarios' says 2 'needed'
run sim --scenarios "$work/none" --dag "$work/dag"
ok 'a missing file' says 2 'No such file'
printf 'id\trange_size\nx\tmany\n' >"$work/bad"
run sim --scenarios "$work/bad" --dag "$work/dag"
ok 'a cell that is no number' says 2 "line 2, column 'range_size'"
finish
