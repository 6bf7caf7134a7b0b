#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A git that changes something is killed at one of its writes, and the coordinator with it, or it alone (as by a kernel
# short of memory). Whatever it left: another job of the same tree finds the culprit, the tree's owner can list, fetch,
# collect and check, and the job itself goes on to the right answer.
. "$(dirname "$0")/../cli/tap.sh"
. "$(dirname "$0")/ends.sh"

make_repo "$work/whole" 6 4
culprit=$(git -C "$work/whole" rev-parse main~2)
afresh() {
    rm -rf "$work/state" "$work/tree"
    cp -r "$work/whole" "$work/tree"
    echo 0 >"$work/n"
}
begin() { job run --repo "$work/tree" --good main~5 --bad main --test 'test ! -e bad' --json --name "${1:-j}"; }

# A git: the $NTH of those that change something has the fault $GIT_FAULT.
mkdir "$work/bin"
real=$(command -v git)
cat >"$work/bin/git" <<END
#!/bin/bash
case " \$* " in *' worktree add '* | *' checkout '*) ;; *) exec $real "\$@" ;; esac
n=\$((\$(cat '$work/n') + 1))
echo \$n >'$work/n'
[ "\${NTH:-}" = \$n ] || exec $real "\$@"
LD_PRELOAD=$FAULT_LIBRARY FAULT=\$GIT_FAULT $real "\$@"
code=\$?
[ \$code -le 128 ] || touch '$work/killed'
[ \$code -le 128 ] || [ "\$ALONE" ] || kill -9 \$PPID
exit \$code
END
chmod +x "$work/bin/git"
PATH=$work/bin:$PATH

serves_its_owner() {
    for command in 'worktree list' 'fetch -q .' 'gc -q' 'fsck --no-progress' status; do
        out=$($real -C "$work/tree" $command 2>&1) || return
    done
}
# killed NTH WRITE: before that write. 2: it does not write so often.
killed() {
    afresh
    rm -f "$work/killed"
    export NTH=$1 GIT_FAULT=write:$2:kill
    begin
    unset NTH
    [ -e "$work/killed" ] || return 2
    first=$code
    begin other
    found && serves_its_owner || return 1
    code=$first
    comes_to_its_end "$1:$2"
}
# At each of its writes, and there are some.
killed_anywhere() {
    for ((i = 1; ; i++)); do
        killed "$1" "$i" && continue
        [ $? -eq 2 ] && [ "$i" -gt 1 ]
        return
    done
}

seen=()
export ALONE=
ok 'the first, which adds a worktree' killed_anywhere 1
ok 'the first checkout' killed_anywhere 2
ok 'another one' killed_anywhere 3
ALONE=yes
ok 'alone: the first' killed_anywhere 1
ok 'alone: the first checkout' killed_anywhere 2
ok 'alone: another one' killed_anywhere 3
finish
