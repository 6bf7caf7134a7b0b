#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firstbad try from outside: like a job of commands, like a job of builds, and alone; what it says, and how it ends.
. "$(dirname "$0")/tap.sh"

# --- Commands: bad from commit 10 on, in two of three runs -----------------------------------------------------------------
make_repo "$work/tree" 20 10
tree=$work/tree
good=$(git -C "$tree" rev-parse main~12)
bad=$(git -C "$tree" rev-parse main~10)
flaky='c=$(($(cat '"$work"'/count) + 1)); echo $c >'"$work"'/count; echo console of $c; test -e bad || exit 0; test $((c % 3)) -eq 0'
echo 0 >"$work/count"
run run --repo "$tree" --good main~19 --bad main --name flaky --test "$flaky"
ok 'a job' exits 0

run try main~10 --like flaky
ok 'a bad revision' prints 0 'bad: failed in '
ok 'with what it failed by' prints 0 "trials with 'exited with 1'"
ok 'its id and title' prints 0 "$(printf '%.12s' "$bad")  change 10"
ok 'what a bisection would make of it' prints 0 'a bisection would take it for bad'
ok 'the consoles are named' prints 0 "firstbad log try-$(printf '%.12s' "$bad") --console"
run log "try-$(printf '%.12s' "$bad")" --console "$(printf '%.12s' "$bad")"
ok 'and are there' prints 0 'console of'
run try "$good" --like flaky --json
ok 'a good one, for programs' prints 0 '"verdict":"good","taken_for":"good"'
ok 'the chance that it only looked so' prints 0 '"missed":0.00'
run try "$good" --like flaky
ok 'a second try of it has a name of its own' prints 0 '--console'
run status
ok 'both are listed' prints 0 "try-$(printf '%.12s' "$good")-2"
ok 'as tries' prints 0 ' try '
run report "try-$(printf '%.12s' "$good")"
ok 'report: the same again' prints 0 'the bug would be missed by'
run log "try-$(printf '%.12s' "$good")"
ok 'log: the verdict' prints 0 "# $good good: passed in"
run resume "try-$(printf '%.12s' "$good")"
ok 'resume: the same again' prints 0 'good: passed in'
run verdict "try-$(printf '%.12s' "$good")" "$good" skip
run resume "try-$(printf '%.12s' "$good")"
ok 'a person knows better' prints 3 'skip: on your word'
run try main --like flaky
ok 'the start itself is tried anew' prints 0 'bad: failed in '

# Ends as git bisect run wants it.
run try main~10 --like flaky --bisect-exit
ok '--bisect-exit: bad' exits 1
run try "$good" --like flaky --bisect-exit
ok '--bisect-exit: good' exits 0
run run --repo "$tree" --good main~19 --bad main --name skips --test 'test $(cat n) -ne 9 || exit 125; test ! -e bad'
run try main~11 --like skips --bisect-exit
ok '--bisect-exit: to be skipped' prints 125 'skip: the test command asks to skip it (125)'
run try main~11 --like skips
ok 'without: nothing to bisect' exits 3
run try no-such --like skips --bisect-exit
ok '--bisect-exit: a mistake stops the bisection' says 128 'REV: '
run try main --like skips --bisect-exit --no-such-option
ok 'also on the command line' exits 128
run try main --like skips --suspect f
ok 'what is of a search is no option' says 2 'Unknown option --suspect'
run try main --like no-such-job
ok 'no such job' says 2 "no job 'no-such-job'"
run try
ok 'no revision' says 2 'REV is missing'
run try main
ok 'no tree' says 2 '--tree is missing'
git clone -q "$tree" "$work/clone"
git -C "$work/clone" bisect start main main~19 >/dev/null
echo 0 >"$work/count"
run run --repo "$work/clone" --good main~19 --bad main --name clone --test "$flaky"
(cd "$work/clone" && git bisect run "$FIRSTBAD" try HEAD --like clone --bisect-exit) >"$work/bisected" 2>&1
ok 'git bisect run comes to the culprit' grep -q "$bad is the first bad commit" "$work/bisected"

# Wherever it is called: HEAD is where the user stands, if that has the job's history, and else the tree's.
bisect_in() { # bisect_in DIR ARG...: git's words are in $work/bisected
    (cd "$1" && shift && git bisect start main main~19 && git bisect run "$FIRSTBAD" try HEAD --bisect-exit "$@") >"$work/bisected" 2>&1
}
run run --repo "$tree" --good main~19 --bad main --name plain --test 'test ! -e bad'
git -C "$tree" worktree add -q --detach "$work/linked" main
bisect_in "$work/linked" --like plain
ok 'git bisect run in a linked worktree' grep -q "$bad is the first bad commit" "$work/bisected"
bisect_in "$work/clone" --like plain
ok 'in a clone' grep -q "$bad is the first bad commit" "$work/bisected"
git clone -q --bare "$tree" "$work/bare.git"
git -C "$work/bare.git" worktree add -q --detach "$work/of-bare" main
bisect_in "$work/of-bare" --like plain
ok 'in a worktree of a bare clone' grep -q "$bad is the first bad commit" "$work/bisected"
make_repo "$work/other" 20 3
bisect_in "$work/other" --like plain
ok 'in another repository it stops' grep -q "REV: 'HEAD' is of a repository that is no clone of" "$work/bisected"
git -C "$work/clone" checkout -q "$good"
in_dir() { # in_dir DIR ARGS...: as run
    (cd "$1" && shift && exec "$FIRSTBAD" "$@") >"$work/out" 2>"$work/err" </dev/null
    code=$?
    out=$(cat "$work/out") err=$(cat "$work/err")
}
in_dir "$work/clone" try HEAD --like plain
ok 'HEAD of a clone' prints 0 "$(printf '%.12s' "$good")  change 8"
in_dir "$work/other" try main~12 --like plain
ok 'a name, elsewhere: of the tree' prints 0 "$(printf '%.12s' "$good")  change 8"
in_dir / try main~12 --like plain
ok 'outside of any repository, too' prints 0 "$(printf '%.12s' "$good")  change 8"
export GIT_DIR="$work/clone/.git"
in_dir "$work/other" try HEAD --like plain
ok 'GIT_DIR is where git stands' prints 0 "$(printf '%.12s' "$good")  change 8"
unset GIT_DIR
in_dir "$work/clone" verdict plain HEAD skip
ok 'verdict: HEAD is where one stands' prints 0 "plain: $(printf '%.12s' "$good") is taken for skip"
git -C "$work/clone" -c user.name=a -c user.email=a@example.org commit -q --allow-empty -m new
in_dir "$work/clone" try HEAD --like plain --bisect-exit
ok 'what the tree has not is refused' says 128 'no such commit here: '

# --- Builds ----------------------------------------------------------------------------------------------------------------
tree=$work/kernel
make_builds "$tree"
file_says "$tree" 1 odd 2 broken
printf 'CONFIG_SMP=y\n' >"$work/config"
printf 'int main(void) { return 0; }\n' >"$work/repro.c"
run cause --tree "$tree" --start main --good main~1 --config "$work/config" --bug build --name build
ok 'a job of builds' exits 0
rm "$work/config"
run try main~1 --like build
ok 'one that builds, with a config that the job has kept' prints 0 'good: builds'
ok 'what built it' prints 0 'compiler: gcc'
ok 'the log of its build' prints 0 'build log: /'
run try main~2 --like build --json
ok 'one that fails otherwise' prints 3 '"verdict":"no-build","taken_for":"skip"'
ok 'by what' prints 3 'does not build: other.c:7: error: that is odd'
printf 'CONFIG_SMP=y\n' >"$work/config"
run try main --tree "$tree" --config "$work/config" --repro "$work/repro.c" --accel tcg
ok 'alone: it does not build' prints 3 'skip: does not build: file:1:1: error: it is broken'
ok 'the log is quoted' prints 3 'error: it is broken
'
ok 'what a bisection would do' prints 3 'a bisection would skip it'
finish
