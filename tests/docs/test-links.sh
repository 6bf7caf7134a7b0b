#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the documentation points to is there: links to files and headings, and the files of this project that it names. The index
# knows each page.
. "$(dirname "$0")/../cli/tap.sh"
cd "$(dirname "$0")/../.." || exit 1
code=0 out= err=

# The anchors that GitHub makes of the headings of a page.
anchors() {
    sed -n '/^```/,/^```/d; s/^##* //p' "$1" | tr 'A-Z' 'a-z' | sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}
broken_links() { # broken_links PAGE: those to nowhere
    grep -o '](\([^)]*\))' "$1" | sed 's/^](//; s/)$//; s/ .*//' | while read -r link; do
        case $link in http*|mailto:*) continue ;; esac
        file=${link%%#*}
        target=$(dirname "$1")/$file
        [ -n "$file" ] || target=$1
        if [ ! -e "$target" ]; then
            echo "$link"
        elif [ "$link" != "$file" ] && ! anchors "$target" | grep -qx -- "${link#*#}"; then
            echo "$link (no such heading)"
        fi
    done
}
# Of this project, in backticks: `bench/sim`, `src/job/trials.c`, `tests/cli/test-run.sh`, with a line's number or arguments; not
# those with a word in capitals for what varies, and not the corpora.
missing_files() { # missing_files PAGE
    grep -o '`\(bench\|data\|docs\|example\|src\|tests\|tools\)/[^`]*`' "$1" | tr -d '`' | sed 's/[ :].*//; s/[,;]$//' |
        grep -v '[A-Z]\{4,\}\|[*<{]\|^data/[a-z]*$' | sort -u | while read -r file; do
            [ -e "$file" ] || echo "$file"
        done
}

for page in README.md ARCHITECTURE.md CONTRIBUTING.md docs/*.md; do
    out=$(broken_links "$page")
    ok "$page: links lead somewhere" [ -z "$out" ]
    out=$(missing_files "$page")
    ok "$page: the files that it names are there" [ -z "$out" ]
done
out=$(for page in docs/*.md; do
    [ "$page" = docs/README.md ] || grep -qF "($(basename "$page"))" docs/README.md || echo "$page"
done)
ok 'the index knows each page' [ -z "$out" ]
ok 'the README leads to the index' grep -qF '(docs/README.md)' README.md
finish
