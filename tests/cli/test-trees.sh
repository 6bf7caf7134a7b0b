#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firstbad run where the good end is not behind the bad one: what they have in common stands for it.
. "$(dirname "$0")/tap.sh"

answer() { printf '%s\n' "$out" | tail -n 1; }
found() { case $(answer) in *"\"culprit\":\"$(id "$1")\""*) [ "$code" -eq 0 ] ;; *) false ;; esac; }
answers() { case $(answer) in *"\"answer\":\"$2\""*) [ "$code" -eq "$1" ] ;; *) false ;; esac; }
go() { run run --repo "$tree" --test 'test ! -e bad' --json "$@"; }

# m1 ... m30(bad) ... m60; s1 ... s5 from m10, t1 from m40 mends it. x is good and has two merge bases with y: the two
# merges cross each other.
tree=$work/tree
{
    echo m1 plain
    line m 2 29
    echo m30 bad m29
    line m 31 60
    echo s0 plain m10
    line s 1 5
    echo t0 plain m40
    echo t1 mended t0
    echo a0 plain m5
    line a 1 3
    echo b0 plain m5
    line b 1 3
    echo x0 plain a3 b3
    echo y0 plain b3 a3
    line y 1 6
    echo y7 bad y6
    line y 8 14
} | make_graph "$tree"

go --good s5 --bad m60
ok 'a good end on another branch: their merge base stands for it' found m30
go --good x0 --bad y14
ok 'two merge bases' found y7
go --good t1 --bad m60 --name parted
ok 'the merge base has the bug already' answers 3 good-crashes
run report parted
ok 'it names the base' prints 0 "$(printf %.12s "$(id m40)")"
ok 'it says that the good side has a fix, and how to find it' prints 0 "'firstbad run --fix --bad"
git -C "$tree" fast-import --quiet <<EOF
commit refs/tags/alone
committer A <a@example.org> 1700000000 +0000
data 5
alone
EOF
go --good alone --bad m60
ok 'nothing in common' says 2 'share no history'

# Histories that are cut or bent: what is missing, and how to get it.
git clone -q --depth 20 "file://$tree" "$work/shallow" -b m60 2>/dev/null
cut=$(git -C "$work/shallow" rev-list --max-parents=0 HEAD | head -n 1)
run run --repo "$work/shallow" --good "$cut" --bad HEAD --test 'test -e n.m && test ! -e bad' --json
ok 'a shallow history with a good end in it works, or says what is missing' [ "$code" -ne 4 ]
printf 'config FOO\n' >"$work/Kconfig"
printf 'CONFIG_SMP=y\n' >"$work/config"
printf 'int main(void) { return 0; }\n' >"$work/repro.c"
cause() { run cause --tree "$1" --start HEAD --config "$work/config" --repro "$work/repro.c"; }
cause "$work/shallow"
ok 'no release behind the start: the history is shallow' says 2 'git fetch --unshallow'
git clone -q "$tree" "$work/replaced" -b m60 2>/dev/null
git -C "$work/replaced" tag | grep -v '^alone$' | xargs git -C "$work/replaced" tag -d >/dev/null
git -C "$work/replaced" replace --graft HEAD~5
cause "$work/replaced"
ok 'the same: commits are replaced' says 2 'git replace --list'

# A start whose id is not here: it was rewritten, or is elsewhere. (What stops the job is that this is no kernel.)
git -C "$tree" update-ref refs/heads/main "$(id m60)"
git -C "$tree" symbolic-ref HEAD refs/heads/main
start() { run cause --tree "$tree" --good m5 --config "$work/config" --repro "$work/repro.c" "$@"; }
start --start 0123456789012345678901234567890123456789 --start-title m50
ok '--start-title finds it' says 2 "not a Linux tree at $(printf %.12s "$(id m50)")"
start --start-title m5
ok 'without an id as well, and only the whole title' says 2 'same commit as --start'
start --start-title 'no such title'
ok 'no such title' says 2 '--start-title: no commit of the last five years'
git -C "$tree" fast-import --quiet <<EOF
commit refs/heads/main
committer A <a@example.org> 1700000900 +0000
data 3
m50
from refs/heads/main^0
EOF
start --start-title m50
ok 'two of one title: both are named' says 2 "several commits in the history of HEAD have that title"
git clone -q "$tree" "$work/remote" -b m60 2>/dev/null
git -C "$work/remote" config uploadpack.allowFilter true
git -C "$work/remote" checkout -q -b next
git -C "$work/remote" commit -q --allow-empty -m 'only there'
start --start refs/remotes/nothing
ok 'a start that is elsewhere' says 2 '--start: '
before=$(cd "$tree" && find . -type f | sort | xargs cksum)
start --start "$(git -C "$work/remote" rev-parse next)" --fetch "file://$work/remote#next"
ok '--fetch brings it' says 2 "not a Linux tree at $(git -C "$work/remote" rev-parse --short=12 next)"
ok 'the repository is as it was' [ "$before" = "$(cd "$tree" && find . -type f | sort | xargs cksum)" ]
cd "$work"
start --start "$(git -C "$work/remote" rev-parse next)" --fetch remote#next
ok 'a folder may be named from here' says 2 "not a Linux tree at $(git -C "$work/remote" rev-parse --short=12 next)"
cd - >/dev/null
start --start main --fetch 'file:///no/such'
ok '--fetch from nowhere' says 2 '--fetch: file:///no/such: git fetch'
finish
