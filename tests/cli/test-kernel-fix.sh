#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A bug that Linux itself had and mended, on a history in which nothing is injected: the commit that mends it is
# found. Needs FIRSTBAD_TEST_FIX_TREE (see ./check); about ten minutes.
. "$(dirname "$0")/tap.sh"
example=$(dirname "$0")/../../example/fix

if [ -z "${FIRSTBAD_TEST_FIX_TREE-}" ]; then
    skip 'a real fix' 'FIRSTBAD_TEST_FIX_TREE is not set: see ./check'
    finish
    exit 0
fi
export CCACHE_DIR=${CCACHE_DIR:-$work/ccache}
tree=$FIRSTBAD_TEST_FIX_TREE
# The mending commit is on a side branch. The main line beside it does not come from the start and does not have the
# commit: it has the bug from before both.
fix=$(git -C "$tree" log --format=%H -1 main -- net/bpf/test_run.c)
start=$(git -C "$tree" rev-parse "$fix~6")
good=$(git -C "$tree" rev-list --ancestry-path "$fix..main" | tail -n 13 | head -n 1)

bisect() {
    run fix --tree "$tree" --config "$example/config" --repro "$example/reproducer.c" --repeats 3 --memory 256 "$@"
}
bisect --name real --start "$start" --good "$good" --json
ok 'the fix is found' prints 0 "\"culprit\":\"$fix\""
run report real
ok 'report: it is called a fix' prints 0 'First good commit'
ok 'report: what it changed' prints 0 ' net/bpf/test_run.c | '
ok 'report: the start does not crash with it' prints 0 'does not show the bug with it added (0 of '
run log real
ok 'log: the crash' prints 0 'all runs: crashed: BUG: unable to handle kernel NULL pointer dereference in bpf_lwt_push_ip_encap'
ok 'log: a revision that has the fix' prints 0 'all runs: OK'

# With the kernels that are there already: the wrong ends.
bisect --name never --start "$start" --good "$(git -C "$tree" rev-parse "$fix^")"
ok 'that the newest still crashes is told' prints 3 'The bug is not mended yet.'
bisect --name calm --start "$fix" --good "$good"
ok 'a start that has the fix' prints 3 'The bug was not seen at the start.'
finish
