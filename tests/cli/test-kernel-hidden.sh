#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A systematic false negative on a real kernel: for a stretch in the middle of the range the bug
# cannot show itself, and it comes in there. Once an early return hides it, once an option that is
# lost. git bisect, and syzbot by its rule, take quiet for good and name the commit that shows it.
# Needs FIRSTBAD_TEST_TREE (example/make-history) and FIRSTBAD_TEST_CONFIG; nine builds.
. "$(dirname "$0")/tap.sh"
example=$(dirname "$0")/../../example

if [ -z "${FIRSTBAD_TEST_TREE-}" ] || [ -z "${FIRSTBAD_TEST_CONFIG-}" ]; then
    skip 'a bug that is hidden' 'FIRSTBAD_TEST_TREE and FIRSTBAD_TEST_CONFIG are not set: see ./check'
    finish
    exit 0
fi
export CCACHE_DIR=${CCACHE_DIR:-$work/ccache}
export GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000'
smc=net/smc/af_smc.c
tree=$work/tree
good=$(git -C "$FIRSTBAD_TEST_TREE" log --format=%P --fixed-strings \
    --grep='net/smc: forward wakeups to the smc socket after fallback' main)
git clone -q --shared --no-checkout "$FIRSTBAD_TEST_TREE" "$tree"

# Edit one file of $head with sed, as a commit on top of it.
edit() {
    git -C "$tree" read-tree "$head"
    blob=$(git -C "$tree" show "$head:$2" | sed "$3" | git -C "$tree" hash-object -w --stdin)
    git -C "$tree" update-index --add --cacheinfo "100644,$blob,$2"
    head=$(git -C "$tree" commit-tree -p "$head" -m "$1" "$(git -C "$tree" write-tree)")
}
fill() { edit "docs: note $1" Documentation/networking/smc-sysctl.rst "\$a $1"; }

# good, one, [ hide, bug, ] show, start: the last two, and the first two, have the same trees whatever hides the bug, so
# both jobs have their kernels in common.
history() {
    head=$good
    fill one
    edit 'net/smc: hide' "$1" "$2"
    edit 'net/smc: forward wakeups' $smc 's/^\t\t \* as clcsock.s wait queue is woken up\.$/&\n\t\t *\/\n\t\tsmc_fback_replace_callbacks(smc);\n\t\t\/*/'
    bug=$head
    edit 'net/smc: show' "$1" "$3"
    show=$head
    fill two
}

bisect() { # NAME OPTION...
    name=$1
    shift
    run cause --tree "$tree" --start "$head" --good "$good" --config "$FIRSTBAD_TEST_CONFIG" --repro "$example/reproducer.c" \
        --panic-on-warn --repeats 5 --memory 256 --name "$name" --json "$@"
    run log "$name"
    printf '%s\n' "$out" | awk '/^testing commit/ { commit = $3 } /^all runs: crashed/ { print commit }' >"$work/crashed"
    run report "$name"
}

# What git says when it is told of each revision whether its kernel crashed, and no more.
git_says() {
    git -C "$tree" bisect start --no-checkout "$head" "$good" >/dev/null 2>&1
    (cd "$tree" && git bisect run sh -c "! grep -q \"\$(git rev-parse BISECT_HEAD)\" $work/crashed") >/dev/null 2>&1
    git -C "$tree" rev-parse refs/bisect/bad
    git -C "$tree" bisect reset >/dev/null 2>&1
}

ask() { # WHAT MISSING: what both jobs have to say
    ok "$1: git bisect takes the commit that shows the bug for the culprit" [ "$(git_says)" = "$show" ]
    ok "$1: no culprit is named" prints 0 'the fault may be older'
    ok "$1: the same commit is, as the revealer" prints 0 "Revealed by $(printf %.12s "$show")"
    ok "$1: the culprit is among those that may be at fault" prints 0 "$(printf %.12s "$bug")   "
    ok "$1: what was missing" prints 0 "$2"
}

history $smc \
    's/^static int smc_switch_to_fallback(struct smc_sock \*smc, int reason_code)$/&\n{\n\treturn -EOPNOTSUPP;\n}\n\nstatic int __maybe_unused smc_fall_back(struct smc_sock *smc, int reason_code)/' \
    '/^static int smc_switch_to_fallback/,/^static int __maybe_unused smc_fall_back/c static int smc_switch_to_fallback(struct smc_sock *smc, int reason_code)'
bisect return
ask 'an early return' 'sendto fails with EOPNOTSUPP here, worked at the'

history net/smc/Kconfig 's/depends on INET && INFINIBAND/& \&\& BROKEN/' 's/ && BROKEN//'
bisect option --no-revert-test
ask 'an option' 'EAFNOSUPPORT'
finish
