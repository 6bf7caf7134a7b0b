#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The search of a fix: from a revision that fails forward to one that does not, by `firstbad run --fix`.
. "$(dirname "$0")/tap.sh"

answer() { printf '%s\n' "$out" | tail -n 1; }
found() { case $(answer) in *"\"culprit\":\"$(id "$1")\""*) [ "$code" -eq 0 ] ;; *) false ;; esac; }
answers() { case $(answer) in *"\"answer\":\"$2\""*) [ "$code" -eq "$1" ] ;; *) false ;; esac; }
fix() { run run --fix --repo "$tree" --test 'test -e broken && exit 125; test ! -e bad' --json "$@"; }
# What git bisect says when it is told that what passes is mended: the rule of whoever asks no more of a revision.
git_says() {
    git -C "$tree" bisect start "$2" "$1" >/dev/null 2>&1
    git -C "$tree" bisect run sh -c 'test -e bad' >/dev/null 2>&1
    git -C "$tree" rev-parse refs/bisect/bad
    git -C "$tree" bisect reset >/dev/null 2>&1
}

# What the reference says of the same: it asks of a revision whether the bug was there, by the merge base with the start.
reference() { "$REFERENCE" "$tree" "$(id "$1")" "$(id "$2")" 'test -e broken && exit 125; test ! -e bad' fix; }

# m1 ... m10(bad) ... m40(mended) ... m60, and o1 ... o30 from m5, which never had the bug, merged as m30.
tree=$work/tree
{
    echo m1 plain
    line m 2 9
    echo m10 bad m9
    line m 11 29
    echo o0 plain m5
    line o 1 30
    echo m30 plain m29 o30
    line m 31 39
    echo m40 mended m39
    line m 41 60
} >"$work/graph"
make_graph "$tree" <"$work/graph"
git -C "$tree" update-ref refs/heads/main "$(id m60)"
git -C "$tree" symbolic-ref HEAD refs/heads/main
git -C "$tree" reset -q --hard
git -C "$tree" checkout -q -b work

ok 'git bisect takes what never had the bug for mended' [ "$(git_says m20 m60)" != "$(id m40)" ]
fix --bad m20 --good m60 --name never-there
ok 'revisions that never had the bug are not taken for mended' found m40
fix --bad m20 --culprit m10
ok 'the culprit is known; --good is HEAD' found m40
fix --bad m20 --good m60 --culprit m30
ok 'a culprit that the start has not' says 2 '--culprit: '
run report never-there
ok 'for people' prints 0 'First good commit'
ok 'its checks, the other way round' prints 0 'does not show it'
narrow() { ! printf '%s\n' "$out" | grep -v -e --state-dir | grep -q '.\{81\}'; }
run report never-there --json
ok 'for programs' prints 0 '"fix": true'
run log never-there
ok 'log: the words of syzbot' prints 0 "bisecting fixing commit since $(id m20)"
ok 'log: HEAD' prints 0 "testing current HEAD $(id m60)"
ok 'log: what the words are, that to git are good and bad' prints 0 '# to git, "bad" is what has the fix'
ok 'log: the answer' prints 0 "first good commit: $(id m40) m40"
printf '%s\n' "$out" >"$work/log"
run audit "$work/log" --json
ok 'firstbad audit reads it' prints 0 "$(id m40)"
run log never-there --replay
printf '%s\n' "$out" >"$work/replay"
git -C "$tree" bisect replay "$work/replay" >"$work/replayed" 2>&1
ok 'git bisect replay takes it' grep -q "first bad commit: \[$(id m40)\]" "$tree/.git/BISECT_LOG"
git -C "$tree" bisect reset >/dev/null 2>&1

fix --bad m20 --good m35 --name open
ok 'not mended yet' answers 3 not-fixed
run report open
ok 'it says so, and how often it fails' prints 0 'still fails: '
run log open
ok 'log: the words of syzbot for it' prints 0 'the crash still happens on HEAD'
fix --bad m40 --good m20
ok 'the ends are the wrong way round' says 2 '--good: is older than --bad'
ok 'and what to do' says 2 "is for 'firstbad run' without --fix"
fix --bad m50 --good m60
ok 'a start that is good already' answers 3 not-reproduced

# A test that fails in four of ten runs; always the same ones, so that this test is not one of those.
echo 0 >"$work/count"
cat >"$work/flaky" <<EOF
n=\$(cat $work/count)
echo \$((n + 1)) >$work/count
test ! -e bad || test \$((n * 7 % 10)) -lt 6
EOF
fix --bad m20 --good m60 --test "sh $work/flaky"
ok 'a bug that shows now and then' found m40

# Other trees: s1 ... s5 grew from m15, which has the bug; d1 from m5, which has not, and got a bug of its own.
tree=$work/other
{
    cat "$work/graph"
    echo s0 plain m15
    line s 1 5
    echo d0 plain m5
    echo d1 bad d0
    echo d2 plain d1
} | make_graph "$tree"
fix --bad s5 --good m60
ok 'a start that is not behind HEAD: by their merge base' found m40
fix --bad d2 --good m60 --name elsewhere
ok 'HEAD never had the bug' answers 3 never-bad
run report elsewhere
ok 'it names where the histories parted' prints 0 "$(printf %.12s "$(id m5)")"
ok 'no line is longer than 80 columns' narrow

# The start and HEAD parted twice: two merges cross each other. The reference wants one merge base.
tree=$work/crossed
{
    cat "$work/graph"
    echo a0 plain m15
    line a 1 3
    echo b0 plain m15
    line b 1 3
    echo x0 plain a3 b3
    line x 1 3
    echo y0 plain b3 a3
    line y 1 6
    echo y7 mended y6
    line y 8 12
} | make_graph "$tree"
ok 'two merge bases: the reference gives up' [ "$(reference x3 y12)" = 'error expected a single merge base' ]
fix --bad x3 --good y12
ok 'two merge bases' found y7

# Mended on a side branch that grew from m15, which has the bug and does not build. The reference takes what cannot be tested
# for what never had it, and is left with the merge.
tree=$work/side
{
    echo m1 plain
    line m 2 9
    echo m10 bad m9
    line m 11 14
    echo m15 broken m14
    echo m16 whole m15
    line m 17 29
    echo p0 whole m15
    line p 1 3
    echo p4 mended p3
    line p 5 12
    echo m30 mended m29 p12
    line m 31 45
} | make_graph "$tree"
ok 'where the branch grew cannot be tested: the reference names the merge' \
    [ "$(reference m20 m45)" = "culprit $(id m30) a merge" ]
fix --bad m20 --good m45
ok 'where the branch grew cannot be tested: what mended it is among the answer' prints 1 "$(id p4)"

# What a merge brought from where the bug never was: neither git nor we can tell merge and branch apart, and we say so.
tree=$work/merged
{
    echo m1 plain
    line m 2 9
    echo m10 bad m9
    line m 11 29
    echo o0 plain m5
    line o 1 6
    echo m30 mended m29 o6
    line m 31 45
} | make_graph "$tree"
fix --bad m20 --good m45
ok 'mended by a merge of what never had it: the set of what it brought' answers 1 set
ok 'the merge is among it' prints 1 "$(id m30)"

# The reference would skip one by one.
tree=$work/broken
{
    echo m1 bad
    line m 2 20
    echo m21 broken m20
    line m 22 40
    echo m41 whole m40
    line m 42 59
    echo m60 mended m59
    line m 61 90
} | make_graph "$tree"
fix --bad m1 --good m90
ok 'a block that cannot be tested' found m60
finish
