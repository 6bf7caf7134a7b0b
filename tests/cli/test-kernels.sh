#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firstbad kernels: lists, pins, limits. The entries are made here; those of real jobs are in test-kernel.sh.
. "$(dirname "$0")/tap.sh"

make_repo "$work/repo" 8 4
run kernels
ok 'no job was there yet' says 2 'no jobs'
run run --repo "$work/repo" --good main~7 --bad main --test 'test ! -e bad'
run kernels
ok 'no kernel' prints 0 '0 kernels take 0 bytes; the limit is 32.0 GiB'

entry() { # entry DIGIT DAYS: a kernel of 64 KiB, last used so long ago
    key=$(printf '%064d' 0 | tr 0 "$1")
    dir=$work/state/kernels/$1$1/$key
    mkdir -p "$dir"
    printf '[kernel]\nstatus=built\nsignature=%s\n[build]\ncommit=%s\n' "5$key" \
        "$(printf '%040d' 0 | tr 0 "$1")" >"$dir/kernel.ini"
    head -c 65536 /dev/urandom >"$dir/vmlinux.zst"
    touch -d "$2 days ago" "$dir/kernel.ini"
}
entry a 3
entry b 2
entry c 1
run kernels
ok 'three kernels' prints 0 '3 kernels take 204.0 KiB'
ok 'last used first' [ "$(printf '%s\n' "$out" | sed -n 2p | cut -c1-12)" = cccccccccccc ]
run kernels --pin aaaaaaa
ok 'pin' prints 0 'pinned: 1 kernel'
run kernels --unpin 5aaaaaaa
ok 'by what jobs call it' prints 0 'unpinned: 1 kernel'
run kernels --pin aaaaaaa
run kernels --pin fffffff
ok 'pin what is not there' says 2 "no kernel of 'fffffff'"
run kernels --limit 1x
ok 'a wrong limit' says 2 '--limit 1x: a size'
run kernels --limit 140K --collect
ok 'collect: the oldest that is not pinned' prints 0 '1 removed (68.0 KiB), 2 left (136.0 KiB)'
run kernels
ok 'the pinned one is left' prints 0 'aaaaaaaaaaaa aaaaaaaaaaaa built    68.0 KiB'
ok 'and says so' prints 0 'pinned'
ok 'the limit is kept' prints 0 'the limit is 140.0 KiB'
run kernels --json
ok 'JSON' prints 0 '"pinned": true'
run kernels --unpin aaaaaaa
run kernels --limit 0 --collect
ok 'unpinned: nothing is left' prints 0 ', 0 left (0 bytes)'
finish
