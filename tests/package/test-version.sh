#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What `firstbad --version` says comes from git, from an archive of git's, or is the release.
root=$(cd "$(dirname "$0")/../.." && pwd -P)
. "$root/tests/cli/tap.sh"
err=

release=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$root/meson.build")
run --version
case $out in "firstbad $release"*) true ;; *) false ;; esac
ok 'the program says it' [ $? -eq 0 ]

make_repo "$work/repo" 3 0
git -C "$work/repo" tag --list | xargs git -C "$work/repo" tag --delete >"$work/out"
mkdir "$work/repo/tools"
cp "$root/tools/version" "$work/repo/tools"
cp "$root/.gitattributes" "$work/repo"
git -C "$work/repo" add tools .gitattributes
git -C "$work/repo" commit -qm 'tell the version'
commit=$(git -C "$work/repo" rev-parse --short=12 HEAD)

version_is() { # version_is EXPECTED [FOLDER]
    out=$("${2-$work/repo}/tools/version" 7.1)
    [ "$out" = "$1" ]
}
# unpack NAME: what git archives of the repository, in $work/NAME
unpack() {
    git -C "$work/repo" archive --prefix "$1/" HEAD | tar --extract --directory "$work"
}

ok 'no release yet: before it' version_is "7.1~g$commit"
unpack early
ok 'the same in an archive' version_is "7.1~g$commit" "$work/early"
echo dirt >>"$work/repo/n"
ok 'with changes' version_is "7.1~g$commit.dirty"
git -C "$work/repo" checkout -q n
: >"$work/repo/untracked"
ok 'a file that git does not know is no change' version_is "7.1~g$commit"
git -C "$work/repo" tag v7.1
git -C "$work/repo" tag another
ok 'a release' version_is 7.1
unpack release
ok 'in an archive' version_is 7.1 "$work/release"
git -C "$work/repo" commit -q --allow-empty -m 'go on'
git -C "$work/repo" commit -q --allow-empty -m 'and on'
commit=$(git -C "$work/repo" rev-parse --short=12 HEAD)
ok 'after a release' version_is "7.1+2.g$commit"
unpack late
ok 'in an archive, after it' version_is "7.1+2.g$commit" "$work/late"
export GIT_DIR="$work/nowhere"
ok "another's GIT_DIR is not asked" version_is "7.1+2.g$commit"
unset GIT_DIR
rm -rf "$work/repo/.git"
ok 'no git: the release' version_is 7.1
git init -q "$work"
git -C "$work" commit -q --allow-empty -m 'around it'
ok 'a git around it is not that of the sources' version_is 7.1
finish
