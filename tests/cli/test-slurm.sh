#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A real bisection on a real cluster: Slurm with three nodes on this machine. Nodes lose power while
# they build and while they try, the controller is away, the coordinator is killed: the answer is
# that of test-kernel.sh, nothing is counted twice, and nothing finished is done again.
# Then, with the same kernels, what others may do: a controller that hangs, or has forgotten all; nodes drained; tasks
# cancelled and requeued; a node's daemon killed beside what it runs. FAULTS=all: and somebody who never stops.
# Needs FIRSTBAD_TEST_TREE, FIRSTBAD_TEST_CONFIG, Debian's slurmctld, slurmd, slurm-client and munge.
. "$(dirname "$0")/tap.sh"
here=$(cd "$(dirname "$0")" && pwd)
example=$here/../../example
cluster=$here/../farm/slurm

for program in slurmctld slurmd sbatch munged sqlite3; do
    if ! PATH=$PATH:/usr/sbin:/sbin command -v $program >/dev/null; then
        skip 'a cluster' "$program is not installed: tools/install test"
        finish
        exit 0
    fi
done
if [ -z "${FIRSTBAD_TEST_TREE-}" ] || [ -z "${FIRSTBAD_TEST_CONFIG-}" ]; then
    skip 'a cluster' 'FIRSTBAD_TEST_TREE and FIRSTBAD_TEST_CONFIG are not set: see ./check'
    finish
    exit 0
fi
export CCACHE_DIR=${CCACHE_DIR:-$work/ccache} PATH=$PATH:/usr/sbin:/sbin
tree=$FIRSTBAD_TEST_TREE
subject='net/smc: forward wakeups to the smc socket after fallback'
culprit=$(git -C "$tree" log --format=%H --fixed-strings --grep="$subject" main)
start=$(git -C "$tree" rev-list --ancestry-path "$culprit..main" | tail -n 12 | head -n 1)
good=$(git -C "$tree" rev-parse "$culprit~11")

trap '"$cluster" down "$work/slurm" 2>/dev/null; rm -rf "$work"' EXIT
SLURM_CONF=$("$cluster" up "$work/slurm" 3 1)
code=0 out='' err=$(cat "$work"/slurm/log/*.log 2>/dev/null)
ok 'a cluster of three nodes' [ -n "$SLURM_CONF" ]
# Without our own, this would be somebody's.
[ -n "$SLURM_CONF" ] || { finish; exit 1; }
export SLURM_CONF

# until_it COMMAND...: asks ten times a second until it succeeds; false: it did not for ten minutes.
until_it() {
    for _ in $(seq 6000); do
        "$@" && return 0
        sleep 0.1
    done
    return 1
}
ended() { ! kill -0 $pid 2>/dev/null; }
or_ended() { "$@" || ended; }
# until_job COMMAND...: the same while the job is worked on; false: that has ended before.
until_job() { until_it or_ended "$@" && ! ended; }
# runs_on KIND: sets the task of this kind that runs, and its node.
runs_on() {
    # shellcheck disable=SC2046
    set -- $(squeue --noheader --states=running --format='%j %N %i' | awk -v kind="firstbad-$1" \
        'index($1, kind) == 1 { print $2, $3; exit }')
    node=${1-} task=${2-}
    [ -n "$task" ]
}
compiles() { [ -n "$(find "$work/state/slots" -name '*.o' -print -quit 2>/dev/null)" ]; }
came_out() { ls "$work"/state/jobs/1/items/*/kernel >/dev/null 2>&1; }
says_more() { [ "$(wc -l <"$work/err")" -gt "$lines" ]; }
# since TEXT: it was said after $lines.
since() { tail -n "+$((lines + 1))" "$work/err" | grep -q "$1"; }
job() {
    "$FIRSTBAD" "$@" --state-dir "$work/state" >>"$work/out" 2>>"$work/err" </dev/null &
    pid=$!
}
begin() {
    job cause --farm slurm --workers 3 --tree "$tree" --start "$start" --good "$good" --config "$FIRSTBAD_TEST_CONFIG" \
        --repro "$example/reproducer.c" --panic-on-warn --repeats 5 --memory 256 --name real --json
}
# How it ended.
end() {
    wait $pid
    code=$?
    out=$(cat "$work/out")
    err=$(cat "$work/err")
    echo "# faults:$faults"
}
faults=''
begin
if until_job compiles && until_job runs_on build; then
    "$cluster" node "$work/slurm" "$node" stop
    faults="$faults build:$node"
    "$cluster" node "$work/slurm" "$node" start
fi
# The coordinator dies while nodes build; they go on, and end what they do.
if until_job runs_on build; then
    kill -9 $pid
    wait $pid 2>/dev/null
    faults="$faults coordinator"
    until_it came_out
    lines=$(wc -l <"$work/err")
    job resume real --json
    # It has to find the cluster first.
    until_job says_more
fi
lines=$(wc -l <"$work/err")
"$cluster" controller "$work/slurm" stop
until_job since 'Slurm \(does not answer\|takes no work\)' && faults="$faults controller"
"$cluster" controller "$work/slurm" start
if until_job runs_on trials; then
    "$cluster" node "$work/slurm" "$node" stop
    faults="$faults trials:$node"
    "$cluster" node "$work/slurm" "$node" start
    kill -9 $pid
    wait $pid 2>/dev/null
    job resume real --json
    faults="$faults coordinator"
fi
end

ok 'the culprit is found' prints 0 "\"culprit\":\"$culprit\""
ok 'with all faults on the way' [ "$(echo "$faults" | wc -w)" -eq 5 ]
ok 'no finished build was repeated' [ -z "$(printf '%s\n' "$err" | grep -E '^[0-9a-f]{12} built: ' | sort | uniq -d)" ]
ask() { sqlite3 "$work/state/firstbad.db" "$1"; }
# What waits or runs; a node whose daemon is away has its last task completing until it is back.
queued() { squeue --noheader --states=pending,running; }
# The start is asked for 10, the good end for some more; each has its own place in an item.
nothing_else() {
    ok 'each trial is counted once' [ "$(ask 'SELECT count(*) FROM trial WHERE origin IS NULL')" -eq 0 ]
    ok 'and as many as were asked for' [ "$(ask "SELECT count(*) FROM trial WHERE commit_id = '$start'")" -eq 10 ]
    ok 'and none that was cut off' [ "$(ask "SELECT count(DISTINCT kind) FROM trial GROUP BY kernel_key" | sort -u)" = 1 ]
    ok 'nothing is left in the folder' [ -z "$(ls "$work"/state/jobs/1/items)" ]
    ok 'nor at Slurm' [ -z "$(queued)" ]
}
nothing_else

# Once more, with the kernels that are there.
afresh() {
    rm -rf "$work/state/firstbad.db"* "$work/state/jobs"
    : >"$work/out"
    lines=$(wc -l <"$work/err") faults=''
    begin
}

# The controller hangs before it has heard of what sbatch brings. It hears of it later: sbatch has said no by then, and
# the work is there twice.
mkdir "$work/bin"
cat >"$work/bin/sbatch" <<END
#!/bin/sh
case "\$*" in
*--job-name=firstbad-trials*)
    if rmdir "$work/freezes" 2>/dev/null; then
        "$cluster" controller "$work/slurm" freeze
        ! $(command -v sbatch) "\$@" || exit
        mkdir "$work/gave-up"
        exit 1
    fi
    ;;
esac
exec $(command -v sbatch) "\$@"
END
chmod +x "$work/bin/sbatch"
mkdir "$work/freezes"
PATH=$work/bin:$PATH
afresh
until_job [ -d "$work/gave-up" ] && until_job since 'Slurm \(does not answer\|takes no work\)' && faults=hangs
"$cluster" controller "$work/slurm" thaw
end
ok 'a controller that hangs: the culprit is found' prints 0 "\"culprit\":\"$culprit\""
ok 'it has hung' [ "$faults" = hangs ]
nothing_else

# each_node STATE: whether nodes take work. Some may do so already.
each_node() { scontrol update nodename=n[1-3] state="$1" reason=test 2>/dev/null; }
# What others may do to a task that runs: true when it has come to pass.
is_cancelled() { since 'lost a piece of work (CANCELLED)' || { runs_on trials && scancel "$task" && false; }; }
is_requeued() { runs_on trials && scontrol requeue "$task" 2>/dev/null; }
is_orphan() { runs_on trials && "$cluster" node "$work/slurm" "$node" orphan; }
is_down() { sinfo --noheader --nodes="$node" --format=%T | grep -q down; }
afresh
until_job since building # the cluster has been looked at
each_node drain
until_job since 'Slurm lets work wait' && faults="$faults drained"
"$cluster" node "$work/slurm" n1 spoil
each_node resume
until_job since '(launch failed' && faults="$faults spoiled"
"$cluster" node "$work/slurm" n1 mend
each_node resume
if until_job runs_on trials; then
    "$cluster" controller "$work/slurm" stop
    "$cluster" controller "$work/slurm" forget
    until_job since 'lost a piece of work (not known' && faults="$faults forgotten"
fi
until_job is_cancelled && faults="$faults cancelled"
until_job is_requeued && faults="$faults requeued"
if until_job is_orphan; then
    faults="$faults orphan"
    until_job is_down
    "$cluster" node "$work/slurm" "$node" start
fi
end
ok 'tasks are taken away: the culprit is found' prints 0 "\"culprit\":\"$culprit\""
ok 'by all that was to be' [ "$faults" = ' drained spoiled forgotten cancelled requeued orphan' ]
nothing_else

# Whatever is begun somebody ends: that is told, and when he has gone it goes on. A minute and more.
if [ "${FAULTS:-some}" = all ]; then
    afresh
    until ended; do
        runs_on trials && scancel "$task"
        sleep 0.1
    done
    end
    ok 'all that is begun is taken away: it is said' says 4 'Slurm lost this'
    ok 'nothing is left at Slurm' [ -z "$(queued)" ]
    job resume real --json
    end
    ok 'and the culprit is found when that is over' prints 0 "\"culprit\":\"$culprit\""
    nothing_else
fi

# Slurm refuses: said, and not tried for ever.
run cause --farm slurm --slurm-arg=--partition=nowhere --tree "$tree" --start "$start" --good "$good" \
    --config "$FIRSTBAD_TEST_CONFIG" --repro "$example/reproducer.c" --name refused --state-dir "$work/state"
ok 'Slurm refuses: it is said' says 4 'invalid partition'
"$cluster" controller "$work/slurm" stop
run cause --farm slurm --tree "$tree" --start "$start" --good "$good" --config "$FIRSTBAD_TEST_CONFIG" \
    --repro "$example/reproducer.c" --name away --state-dir "$work/state"
ok 'no controller at the start: it is said' says 4 'slurm'
run work "$work"
ok 'work: no item there' says 4 'order'
run cause --farm Slurm --tree "$tree" --start "$start" --config "$FIRSTBAD_TEST_CONFIG" --repro "$example/reproducer.c"
ok 'a farm that is none' says 2 "'Slurm' is none of local, slurm"
run cause --workers 3 --tree "$tree" --start "$start" --config "$FIRSTBAD_TEST_CONFIG" --repro "$example/reproducer.c"
ok 'workers without a cluster' says 2 'it is for --farm slurm'
finish
