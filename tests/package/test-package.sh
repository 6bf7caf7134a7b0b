#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Debian's package in a clean Debian 12: it is built twice with the same bytes, lintian has nothing to say, what it installs
# works there without a network and with no more than its Depends, is hardened, and goes without a trace.
here=$(cd "$(dirname "$0")" && pwd -P)
export XDG_CACHE_HOME=${XDG_CACHE_HOME:-$HOME/.cache}
. "$here/../cli/tap.sh"
tools=$here/../../tools
debian=$work/debian

# call COMMAND...: as run() of tap.sh, of any command
call() {
    "$@" >"$work/out" 2>"$work/err" </dev/null
    code=$?
    out=$(cat "$work/out")
    err=$(cat "$work/err")
}
# inside COMMAND...: in the clean Debian
inside() { call "$tools/debian" run "$debian" --ro-bind "$work/built/one" /built --ro-bind "$here/../../debian/tests" /tests -- "$@"; }
# names FIELD: the packages that a field of ours names, the first of each choice
names() { dpkg-deb --field "$package" "$1" | tr , '\n' | sed 's/|.*//; s/(.*//'; }
# files: all that is there, with owner and mode; but for what apt and dpkg remember of any package
files() {
    find "$debian" -xdev \( -path "$debian/var/lib/dpkg" -o -path "$debian/var/cache" -o -path "$debian/var/log" -o \
        -path "$debian/tmp/*" \) -prune -o -printf '%P %M %U %G\n' | LC_ALL=C sort
    # The group is QEMU's and udev's; whoever comes first makes it.
    cat "$debian/etc/passwd" "$debian/etc/group" | grep -v '^kvm:'
}

mkdir "$work/built"
call "$tools/reproducible" "$work/built"
if [ "$code" -eq 77 ]; then
    echo "1..0 # SKIP $(tail -n 1 "$work/err")"
    exit
fi
ok 'built twice, with the same bytes' prints 0 firstbad_
package=$(echo "$work"/built/one/firstbad_*.deb)
[ -f "$package" ] || { finish; exit; }
out=$(grep -E '^[EWI]: ' "$work/built/one/lintian")
code=$?
ok 'lintian has nothing to say' exits 1
out=$(dpkg-deb --fsys-tarfile "$package" | tar --list)
code=$?
# Debian 12 has its own places for two of them.
while read -r file; do
    case $file in
    lib/systemd/system/*) ;;
    share/zsh/site-functions/*) file=usr/share/zsh/vendor-completions/${file##*/} ;;
    *) file=usr/$file ;;
    esac
    ok "$file" prints 0 "./$file"
done <"$here/installed.list"

mapfile -t depends < <(names Depends)
mapfile -t recommends < <(names Recommends)
# shellcheck disable=SC2086 # their blanks
call "$tools/debian" unpack "$debian" ${depends[*]} -- ${recommends[*]}
ok 'a clean Debian, with what it depends on' exits 0
mkdir "$debian/built" "$debian/tests"
files >"$work/before"
inside dpkg --install "/built/$(basename "$package")"
ok 'installed' exits 0
inside firstbad --version
ok 'firstbad --version' prints 0 "firstbad $(dpkg-deb --field "$package" Version)"
inside firstbad doctor
ok 'firstbad doctor: what is missing' prints 4 'apt-get install make gcc'
inside /tests/smoke
ok 'firstbad run' prints 0 '"culprit":'
inside id firstbad
ok 'the user of its service' prints 0 '(firstbad)'
call "$here/hardened" "$debian/usr/bin/firstbad"
ok 'hardened' prints 0 '1..'
out=$(grep '^not ok' "$work/out")
code=$?
ok 'in all respects' exits 1

mkdir -p "$debian/var/lib/firstbad/consoles"
inside dpkg --remove firstbad
ok 'removed' exits 0
ok 'its jobs are still there' [ -d "$debian/var/lib/firstbad/consoles" ]
inside dpkg --purge firstbad
ok 'purged' exits 0
files >"$work/after"
out=$(diff "$work/before" "$work/after")
code=$?
ok 'nothing is left' exits 0

inside dpkg --install "/built/$(basename "$package")"
# shellcheck disable=SC2086 # their blanks
inside apt-get install --yes --no-install-recommends ${recommends[*]}
ok 'what is recommended' exits 0
inside /tests/kernels
ok 'then firstbad doctor misses nothing' prints 0 'KVM'
finish
