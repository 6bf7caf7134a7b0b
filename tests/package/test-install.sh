#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `meson install` into a folder: what installed.list says and each man page, no more and no less.
here=$(cd "$(dirname "$0")" && pwd -P)
. "$here/../cli/tap.sh"
err=

meson install -C "$BUILD" --no-rebuild --quiet --destdir "$work/root" >"$work/out" 2>&1
code=$?
out=$(cat "$work/out")
ok 'meson install' exits 0

pages() {
    for page in "$here"/../../docs/man/*.scd; do
        page=$(basename "$page" .scd)
        echo "share/man/man${page##*.}/$page"
    done
}
{ cat "$here/installed.list"; pages; } | LC_ALL=C sort >"$work/expected"
top=$work/root$PREFIX
(cd "$work/root" && find . ! -type d -printf '/%P\n') | sed "s,^$PREFIX/,," | LC_ALL=C sort >"$work/installed"
out=$(diff -u "$work/expected" "$work/installed")
code=$?
ok 'the list, no more and no less' exits 0

version=$("$FIRSTBAD" --version)
out=$("$top/bin/firstbad" --version)
code=$?
ok 'the program runs from there' prints 0 "$version"
out=$(grep -h ^ExecStart= "$top"/lib/systemd/*/firstbad.service)
code=$?
ok 'the units start it' prints 0 "ExecStart=$PREFIX/bin/firstbad daemon"
out=$(grep -r '@[a-z_]*@' "$top/lib")
code=$?
ok 'nothing is left to fill in' exits 1
# A page is what scdoc makes of its whole source; its head has the day on which that was.
differ() {
    for page in "$here"/../../docs/man/*.scd; do
        name=$(basename "$page" .scd)
        "$here/../../docs/man/whole" "$page" | scdoc | grep -v '^\.TH ' >"$work/page"
        grep -v '^\.TH ' "$top/share/man/man${name##*.}/$name" | cmp -s - "$work/page" || echo "$name"
    done
}
out=$(differ)
code=$?
ok 'man pages are whole' [ -z "$out" ]
finish
