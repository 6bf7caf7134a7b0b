#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firstbad run on histories that are no line.
. "$(dirname "$0")/tap.sh"

make_repo "$work/tree" 40 99
cd "$work/tree" || exit 1
on() { git -C "$work/tree" "$@" >/dev/null 2>&1; }

#   1 ... 10 ... 20(good) ... 30 ... 40
#          \                   \        \     side is older than good: its parent 10
#           \                   M ------ M  lies outside the range
#            '---- side (bad) -'
on checkout -q -b side main~30
echo yes >bad
on add bad
on commit -qm 'side: the culprit'
culprit=$(git rev-parse side)
parent=$(git rev-parse side~1)
on checkout -q -b top main~10
on merge -q --no-ff -m 'Merge side' side
on merge -q -m 'Merge main' main
run run --repo . --good main~20 --bad top --test 'test ! -e bad' --json
ok 'a branch older than good: the culprit on it' prints 0 "\"culprit\":\"$culprit\""
run report
ok 'its own parent is tested, though outside the range' prints 0 "parent $(printf %.12s "$parent") does not show it"

#   10 ----- A ----- M ... top     neither side is bad, both together are
#     \            /
#      '---- B ---'
on checkout -q -b left main~30
echo 1 >half-a
on add half-a
on commit -qm 'one half of it'
on checkout -q -b right main~30
echo 1 >half-b
on add half-b
on commit -qm 'the other half'
on checkout -q left
on merge -q --no-ff -m 'Merge right' right
culprit=$(git rev-parse HEAD)
on commit -q --allow-empty -m after
run run --repo . --good main~30 --bad HEAD --test 'test ! -e half-a || test ! -e half-b' --json
ok 'a merge that is the culprit' prints 0 "\"culprit\":\"$culprit\""
run report
ok 'both parents are checked' [ "$(printf '%s\n' "$out" | grep -c 'passed: parent .* does not show it')" -eq 2 ]

# A good end beside the start.
run run --repo . --good right --bad top --test 'test ! -e bad'
ok 'a good end on another branch: it is told what stands for it' \
    says 0 "--good $(git rev-parse --short=12 right) is not behind the start: where they parted stands for it"
finish
