#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The documentation speaks of commands and options that are there: each `firstbad COMMAND --option` in README.md and docs/ is
# looked up in that command's --help.
. "$(dirname "$0")/../cli/tap.sh"
cd "$(dirname "$0")/../.." || exit 1
code=0 out= err=

for command in $("$FIRSTBAD" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p'); do
    "$FIRSTBAD" "$command" --help | grep -o -e '^  -[a-z], --[a-z-]*' -e '^  --[a-z-]*' | grep -o -e '--.*' >"$work/options.$command"
done
# Each call on a line of its own: what a backslash goes on with is joined, and a call ends at a backtick, a pipe, a bracket or the next one.
calls() {
    sed -e ':again' -e '/\\$/{N;s/\\\n/ /;b again' -e '}' "$1" | tr '`|()' '\n\n\n\n' | sed 's/firstbad [a-z]/\n&/g' | grep -o '^firstbad [a-z][a-z]* .*'
}
wrong_calls() {
    calls "$1" | while read -r _ command rest; do
        # "firstbad is right": a sentence
        case $rest in *--*) ;; *) continue ;; esac
        [ -e "$work/options.$command" ] || continue
        for option in $(printf '%s\n' "$rest" | grep -o -e ' --[a-z][a-z-]*' -e '^--[a-z][a-z-]*'); do
            grep -qx -e "$option" "$work/options.$command" || echo "firstbad $command $option"
        done
    done
}
for page in README.md ARCHITECTURE.md docs/*.md; do
    out=$(wrong_calls "$page")
    ok "$page: options that it speaks of are there" [ -z "$out" ]
done
n=$(for page in README.md docs/*.md; do calls "$page"; done | grep -c -e --)
ok "$n calls with options were looked up" [ "$n" -ge 40 ]
finish
