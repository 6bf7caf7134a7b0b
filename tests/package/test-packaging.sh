#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Places that say the same agree: versions, and lists of packages.
root=$(cd "$(dirname "$0")/../.." && pwd -P)
. "$root/tests/cli/tap.sh"
err=

same() { # same WHAT A B: two texts
    printf '%s\n' "$2" >"$work/a"
    printf '%s\n' "$3" >"$work/b"
    out=$(diff "$work/a" "$work/b")
    code=$?
    ok "$1" [ "$code" -eq 0 ]
}

# The packages of a group of tools/packages, and those of a field of debian/control that are no variables.
group() { awk -v group="$1" '$1 == group { print $2 }' "$root/tools/packages" | LC_ALL=C sort; }
field() {
    awk -v field="$1:" '$1 == field { inside = 1; next } /^[^ ]/ { inside = 0 } inside { print $1 }' "$root/debian/control" |
        sed 's/,$//; /^\$/d' | LC_ALL=C sort
}

release=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$root/meson.build")
same 'version: meson.build and debian/changelog' "$release" "$(sed -n '1s/.*(\(.*\)).*/\1/p' "$root/debian/changelog")"
same 'version: meson.build and NEWS.md' "$release" "$(sed -n 's/^## \([0-9.]*\).*/\1/p' "$root/NEWS.md" | head -n 1)"
# Debian's builders have a compiler and its library.
same 'what it is built with: tools/packages and Build-Depends' "$(group build | grep -v -x -e gcc -e libc6-dev)" \
    "$(field Build-Depends | grep -v -x -e debhelper-compat -e "dh-sequence-.*")"
# The compiler of Debian's builders brings its binutils; here it is a package of its own.
same 'what it runs with: tools/packages and Depends, Recommends' "$(group run)" \
    "$({ field Depends; field Recommends; } | grep -v -x binutils | LC_ALL=C sort)"
finish
