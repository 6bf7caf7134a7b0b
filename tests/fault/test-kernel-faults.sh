#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A short job with real kernels and guests (two kernels are built, some twenty guests run) in which something fails: a
# call (fault.c), a guest's QEMU (tests/guest/between.c), make. It ends with the right answer, or stops and says that
# this machine failed (4), and `resume` ends with the right answer; and no process is left. Kernels are kept from one
# run to the next, but for those of make.
#
#     test-kernel-faults.sh                       some of them
#     FAULTS=all test-kernel-faults.sh [KIND...]  every call of these kinds (spawn, rename) and every guest (qemu): hours
#
# Needs FIRSTBAD_TEST_TREE (example/make-history) and FIRSTBAD_TEST_CONFIG.
. "$(dirname "$0")/../cli/tap.sh"
. "$(dirname "$0")/ends.sh"
LIMIT=1800
example=$(dirname "$0")/../../example

if [ -z "${FIRSTBAD_TEST_TREE-}" ] || [ -z "${FIRSTBAD_TEST_CONFIG-}" ]; then
    skip 'faults of a job with real kernels' 'FIRSTBAD_TEST_TREE and FIRSTBAD_TEST_CONFIG are not set: see ./check'
    finish
    exit 0
fi
export CCACHE_DIR=${CCACHE_DIR:-$work/ccache}
tree=$FIRSTBAD_TEST_TREE
subject='net/smc: forward wakeups to the smc socket after fallback'
culprit=$(git -C "$tree" log --format=%H --fixed-strings --grep="$subject" main)
start=$(git -C "$tree" rev-list --ancestry-path "$culprit..main" | tail -n 2 | head -n 1)

# The guests are counted, and the QEMU_NTH-th has the fault.
cat >"$work/qemu" <<END
#!/bin/sh
case "\$*" in
*-initrd* | *-incoming*)
    echo >>"$work/guests"
    [ "\$(wc -l <"$work/guests")" -ne "\${QEMU_NTH:-0}" ] || exec "$BETWEEN" "\$@"
    ;;
esac
exec qemu-system-x86_64 "\$@"
END
chmod +x "$work/qemu"

begin() {
    job cause --tree "$tree" --start "$start" --good "$culprit~2" --config "$FIRSTBAD_TEST_CONFIG" --qemu "$work/qemu" \
        --repro "$example/reproducer.c" --panic-on-warn --repeats 5 --memory 256 --json --name j
}
afresh() {
    rm -rf "$work/state/firstbad.db"* "$work/state/jobs"
    : >"$work/guests"
}

# Processes that have to do with a job, by its mark in their environment.
marked() { grep -lsz "^JOB_MARK=$work\$" /proc/[0-9]*/environ; }
nothing_is_left() {
    for _ in $(seq 300); do
        [ -n "$(marked)" ] || return 0
        sleep 0.1
    done
    marked | while read -r file; do echo "# left: $(tr '\0' ' ' <"${file%environ}cmdline")"; done
    return 1
}

# guest_fails N WHAT:WHEN: of the N-th guest
guest_fails() {
    afresh
    export QEMU_NTH=$1 QEMU_FAULT=$2
    begin
    QEMU_NTH=0
    comes_to_its_end "guest $1, $2"
}

# The make of a build is killed.
make_fails() {
    afresh
    rm -rf "$work/state/kernels"
    begin &
    job=$!
    until make=$(marked | while read -r file; do
        [ "$(cat "${file%environ}comm" 2>/dev/null)" = make ] && basename "${file%/environ}" && break
    done) && [ -n "$make" ] || ! kill -0 $job 2>/dev/null; do
        sleep 0.1
    done
    kill -9 "$make" 2>/dev/null && killed=yes
    wait $job
    # The subshell's variables are gone: it has to be looked up how it ended.
    job resume j --json
    found
}

seen=() killed=
fault=count:$work/counts
: >"$work/guests"
begin
fault=
ok 'undisturbed' found
ok 'nothing is left' nothing_is_left
n_guests=$(wc -l <"$work/guests")
echo "# $n_guests guests; $(tr '\n' ' ' <"$work/counts")"
# Now that the kernels are there.
afresh
fault=count:$work/counts
begin
fault=
ok 'undisturbed, with the kernels that are there' found
n_spawns=$(sed -n 's/^spawn //p' "$work/counts") n_renames=$(sed -n 's/^rename //p' "$work/counts")

wants() { [ $# -eq 1 ] || [[ " ${*:2} " == *" $1 "* ]]; }
if [ "${FAULTS:-some}" = all ]; then
    wants qemu "$@" && for ((i = 1; i <= n_guests; i++)); do
        for what in kill:start kill:run term:run stop:run error:migrate kill:migrate-incoming; do
            ok "guest $i, $what" guest_fails "$i" "$what"
        done
    done
    wants spawn "$@" && for ((i = 1; i <= n_spawns; i++)); do
        for effect in error short kill; do
            ok "spawn $i, $effect" ends spawn "$i" "$effect"
        done
    done
    wants rename "$@" && for ((i = 1; i <= n_renames; i++)); do
        for effect in error kill late; do
            ok "rename $i, $effect" ends rename "$i" "$effect"
        done
    done
else
    ok 'a QEMU is killed' guest_fails 3 kill:run
    ok 'a QEMU is told to end' guest_fails $((n_guests / 2)) term:run
    ok 'a program does not start' ends spawn $((n_spawns * 2 / 3)) error
    ok 'the coordinator is killed' ends rename $((n_renames / 2)) kill
    ok 'make is killed' make_fails
    ok 'it was killed' [ -n "$killed" ]
fi
ok 'nothing is left of all' nothing_is_left
echo "# exit codes at first: $(for c in "${!seen[@]}"; do printf '%s: %s  ' "$c" "${seen[$c]}"; done)"
finish
