#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Endings of firstbad cause that need no kernel: what is built is a Makefile that fails.
. "$(dirname "$0")/tap.sh"

make_repo "$work/tree" 25 13
tree=$work/tree
printf 'config FOO\n' >"$tree/Kconfig"
printf 'olddefconfig:\n\t@echo "net/a.c:1:2: error: no such thing" >&2; exit 1\n' >"$tree/Makefile"
git -C "$tree" add Kconfig Makefile
git -C "$tree" commit -qm 'what a kernel has, but it does not build'
printf 'CONFIG_SMP=y\n' >"$work/config"
printf 'int main(void) { return 0; }\n' >"$work/repro.c"
cause() {
    run cause --tree "$tree" --start main --good main~20 --config "$work/config" --repro "$work/repro.c" \
        --accel tcg "$@"
}

# A checkout in which somebody works: changed, staged, untracked.
echo 'config BAR' >>"$tree/Kconfig"
echo staged >"$tree/staged"
git -C "$tree" add staged
echo untracked >"$tree/untracked"
state_of_checkout() {
    git -C "$tree" status --porcelain=v2 --branch
    git -C "$tree" diff HEAD
    cksum <"$tree/.git/index"
    cat "$tree/untracked"
}
before=$(state_of_checkout)

cause --name broken
ok 'a start that does not build: the first real error is quoted' prints 3 \
    "$(git -C "$tree" rev-parse --short=12 main) does not build: net/a.c:1:2: error: no such thing"
ok 'a dirty checkout is as it was' [ "$(state_of_checkout)" = "$before" ]
run report broken --json
ok 'for programs' prints 0 '"kind": "untestable"'
printf '#!/bin/sh\nexit 1\n' >"$work/no-qemu"
chmod +x "$work/no-qemu"
cause --name no-kvm --accel kvm --qemu "$work/no-qemu"
ok 'KVM is demanded, and does not work: nothing is built' says 4 '(auto emulates guests where KVM cannot be used)'
ok 'nor told to be' [ "${err#*building}" = "$err" ]
run log broken
ok 'the log ends as the format has it' prints 0 'error: '
run resume broken
ok 'resume of a finished job shows its report' prints 3 'does not build'
cause --name broken
ok 'a name that exists' says 2 "there is a job named 'broken' already"

if [ "$(command id -u)" -eq 0 ] && mkdir "$work/small" && mount -t tmpfs -o size=4m none "$work/small" 2>/dev/null; then
    printf 'olddefconfig:\n\t@head -c 10000000 /dev/zero >.firstbad/fill; exit 1\n' >"$tree/Makefile"
    git -C "$tree" commit -qm 'a build that needs space' Makefile
    cause --name full --state-dir "$work/small"
    ok 'disk full: says so, and what to do' says 4 "the disk is full; make room, then: firstbad resume full --state-dir $work/small"
    mount -o remount,size=50m "$work/small"
    run resume full --state-dir "$work/small"
    ok 'disk full: goes on when there is room' prints 3 'does not build'
    umount "$work/small"
else
    skip 'disk full: says so, and what to do' 'cannot mount a small tmpfs'
    skip 'disk full: goes on when there is room' 'cannot mount a small tmpfs'
fi
finish
