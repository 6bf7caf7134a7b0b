#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bugs of the build, bisected by really building (a Makefile that copies a program is a kernel that builds), and a person's
# word. Boots and programs that fail are bisected in tests/job/test-job-kinds.c.
. "$(dirname "$0")/tap.sh"

tree=$work/tree
make_builds "$tree"
# Odd ones fail otherwise: they tell nothing.
file_says "$tree" 1 2 3 odd 4
sed -i 1s/^/x/ "$tree/Kconfig"
file_says "$tree" broken
git -C "$tree" tag culprit
file_says "$tree" still-broken broken-on broken-for-ever
printf 'CONFIG_SMP=y\n' >"$work/config"
culprit=$(git -C "$tree" rev-parse culprit)

cause() {
    run cause --tree "$tree" --start main --good good --config "$work/config" "$@"
}

cause --bug build --name build
ok 'a build failure is bisected, without a reproducer' prints 0 'First bad commit'
ok 'the commit that broke it' prints 0 "$culprit"
ok 'its error is what is told' prints 0 'file:1:1: error: it is broken'
ok 'and why' prints 0 'It does not build, its parents do'
ok 'an empty line behind what make said, not two' prints 0 'Error 1

The whole log: '
run report build --json
ok 'for programs' prints 0 "\"culprit\": \"$culprit\""

run verdict build culprit good --note 'it is the next one'
ok 'a person overrules' prints 0 'is taken for good, on your word'
ok 'and is told how to go on' prints 0 'Go on: firstbad resume build'
run report build
ok 'the answer is taken back' prints 0 'Not finished: its answer was taken back.'
run resume build
ok 'the next one is the answer' prints 0 "commit $(git -C "$tree" rev-parse main~2)"
ok 'the word is shown' prints 0 'on your word'
ok 'with its reason' prints 0 "On your word:
  $(printf %.12s "$culprit") is good: it is the next one"
run log build
ok 'and stands in the log, with its reason' prints 0 "# by hand: $culprit is good: it is the next one"
run verdict build culprit clear
run resume build
ok 'cleared, what was measured holds again' prints 0 "commit $culprit"
run verdict build culprit clear
ok 'there is nothing more to clear' says 2 'has no verdict by hand'

run verdict build main good
ok 'the start is refused' says 2 'is the start, where the crash is known'
run verdict build culprit perhaps
ok 'no such verdict' says 2 "'perhaps' is none of good, bad, skip, clear"
run verdict build
ok 'arguments are missing' says 2 'are wanted'
run verdict none culprit good
ok 'no such job' says 2 'none'
cause --start main~8 --bug build --name builds
ok 'a start that builds' prints 3 'The bug was not seen at the start.'
ok 'no trials are spoken of' prints 3 'builds: is it the right revision and config?
'
cause --bug odd
ok 'no such kind' says 2 "--bug: 'odd' is none of crash, hang, boot, basic, build"
cause --bug build --title x
ok 'a build has no title' says 2 '--title: a build has no crash'
printf 'int main(void) { return 0; }\n' >"$work/repro.c"
cause --repro "$work/repro.c" --title-match '('
ok 'a pattern that is none' says 2 '--title-match: '
cause --repro "$work/repro.c" --title-match 'x' --title x
ok 'a pattern and a title' says 2 'give it or --title, not both'

# A disk that is full while a kernel is built.
sed -i 's/^bzImage.*/&\n\t@! grep -q full file || { echo "as: x.o: No space left on device" >\&2; exit 1; }/' "$tree/Makefile"
git -C "$tree" commit -qam 'a disk can be full'
file_says "$tree" full
cause --start main --good main~1 --bug build --name full
ok 'a full disk: what was built is said once' \
    says 4 "firstbad: building $(git -C "$tree" rev-parse main | cut -c -12): as: x.o: No space left"
ok 'and what to do' says 4 'the disk is full; make room, then: firstbad resume full'
finish
