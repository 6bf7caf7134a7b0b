#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The user's repository is damaged: objects that are gone, flipped or empty, loose and in a pack, a ref that points to
# nothing, all of it gone in the middle of a job. The job ends with the right answer, or stops with what git says (4):
# nothing is skipped for it, and no other commit named. Once it is mended, `resume` goes on.
. "$(dirname "$0")/../cli/tap.sh"

make_repo "$work/whole" 12 7
culprit=$(git -C "$work/whole" rev-parse main~5)
git -C "$work/whole" gc -q
tree=$work/tree
found() { prints 0 "\"culprit\":\"$culprit\""; }
job() { run "$@" --json --state-dir "$work/state"; }
begin() { job run --repo "$tree" --good main~11 --bad main --test "${1-test ! -e bad}" --name j; }
fresh() {
    rm -rf "$tree" "$work/state"
    cp -r "$work/whole" "$tree"
    pack=$(ls "$tree"/.git/objects/pack/*.pack)
    chmod -R u+w "$tree/.git"
}
# overwrite FILE PLACE: some bytes there, so many eighths into it.
overwrite() {
    printf '\377\000\377\000' | dd of="$1" bs=1 seek=$(($(stat -c %s "$1") * $2 / 8)) conv=notrunc status=none
}
# The answer is right, or it is said what is wrong, nothing was skipped, and the answer comes when objects and refs are
# as they were.
holds() {
    found && return
    says 4 git || says 4 'no such commit here' || says 2 "revision 'main~11': " || return 1
    case $err in *skip*) return 1 ;; esac
    cp -r "$work/whole/.git/objects" "$work/whole/.git/refs" "$tree/.git/"
    first=$err
    job resume j
    [ "$code" -ne 2 ] || begin
    found || err="$first
$err"
    found
}

for object in main~5 'main~5^{tree}' main~5:n; do
    for harm in gone flipped empty; do
        fresh
        mv "$pack" "$work/pack"
        rm -f "$tree"/.git/objects/pack/*
        git -C "$tree" unpack-objects -q <"$work/pack"
        id=$(git -C "$tree" rev-parse "$object")
        file=$tree/.git/objects/${id:0:2}/${id:2}
        chmod u+w "$file"
        case $harm in
        gone) rm "$file" ;;
        flipped) overwrite "$file" 4 ;;
        empty) : >"$file" ;;
        esac
        begin
        ok "$object $harm" holds
    done
done
for part in 1 2 3 4 5 6 7; do
    fresh
    overwrite "$pack" "$part"
    begin
    ok "a pack, overwritten at $part/8" holds
done
fresh
overwrite "${pack%.pack}.idx" 4
begin
ok 'its index' holds
fresh
echo 1234567812345678123456781234567812345678 >"$tree/.git/refs/heads/main"
begin
ok 'a ref to nothing: the user hears of it' says 2 "'main~11': no such commit here"

# In the middle of the job, by its third trial.
middle() { echo "$1; echo a console; test ! -e bad"; }
third="[ \$(ls '$work'/state/jobs/1/consoles 2>/dev/null | wc -l) -ne 3 ] || [ -e '$work/done' ]"
rm -f "$work/done"
fresh
begin "$(middle "$third || { touch '$work/done'; mv '$tree' '$work/away'; }")"
ok 'all of it gone in the middle: it is said' exits 4
mv "$work/away" "$tree"
job resume j
ok 'and goes on when it is back' found
rm "$work/done"
fresh
begin "$(middle "$third || { touch '$work/done'; : >'$pack'; }")"
ok 'a pack emptied in the middle' holds
finish
