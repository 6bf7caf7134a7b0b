# SPDX-License-Identifier: Apache-2.0
#
# Jobs in which something fails, for tests that source it after tap.sh. They have $work/state, are called j, and
# define `afresh` (throw away what was before) and `begin` (start the job), and $culprit.

export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0

# job COMMAND...: with the state folder and the $fault of the moment (fault.c); sets code, out, err. All its processes
# have a mark in their environment.
fault=
job() {
    timeout "${LIMIT:-120}" env JOB_MARK="$work" ${fault:+FAULT="$fault" LD_PRELOAD="$FAULT_LIBRARY"} "$FIRSTBAD" "$@" \
        --state-dir "$work/state" >"$work/out" 2>"$work/err" </dev/null
    code=$?
    out=$(cat "$work/out") err=$(cat "$work/err")
}
found() { [ "$code" -eq 0 ] && case $out in *"\"culprit\":\"$culprit\""*) true ;; *) false ;; esac; }

# comes_to_its_end WHAT: the job has begun, and WHAT failed in it. It found the culprit, or stopped and said that this
# machine failed (4), or was killed (137); then `resume` finds it. 2: there was no job yet.
comes_to_its_end() {
    first=$code
    seen[$first]=$((${seen[$first]:-0} + 1))
    found && return 0
    case $first in
    4 | 137) ;;
    2) case $1 in *:kill) return 1 ;; esac ;;
    *) return 1 ;;
    esac
    job resume j --json
    [ "$code" -ne 2 ] || begin # it did not come to a job
    [ "$code" -ne 0 ] && echo "# $1 ended with $first, then $code: ${err%%$'\n'*}"
    found
}

# ends KIND N EFFECT: the same of the N-th call of KIND
ends() {
    afresh
    fault=$1:$2:$3
    begin
    fault=
    comes_to_its_end "$1:$2:$3"
}
