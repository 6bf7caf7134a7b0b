#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What programs read: report --json and status --json against docs/report.schema.json, report --kcidb against KCIDB's. Jobs of
# all kinds: made up ($TOLD_WORLD), simulated ($KNOWN_WORLD), and real ones of commands.
. "$(dirname "$0")/tap.sh"
here=$(dirname "$(readlink -f "$0")")
schema=$here/../../docs/report.schema.json

python3 -c 'import jsonschema' 2>/dev/null || {
    skip 'JSON against its schema' 'no python3-jsonschema'
    finish
    exit 0
}
fits() { # fits ARGS...: what was printed last does
    mistakes=$("$here/check-json.py" "$@" "$work/out" 2>&1) && [ "$code" -eq 0 ] && return
    err="$err $mistakes"
    false
}
# All jobs of the state folder.
all_fit() {
    run status --json
    python3 -c 'import json, sys
for job in json.load(open(sys.argv[1])): print(job["job"])' "$work/out" >"$work/names"
    while read -r job; do
        run report "$job" --json --cost
        ok "$job: the report" fits "$schema"
        run report "$job" --kcidb --origin maestro_2
        case $err in
        *'has no kernels'*) ok "$job: no kernels, nothing for KCIDB" exits 2 ;;
        *) ok "$job: for KCIDB" fits --kcidb "$here/kcidb.schema.json" ;;
        esac
    done <"$work/names"
}

"$TOLD_WORLD" "$FIRSTBAD_STATE_DIR" || exit 1
all_fit
ok 'all were asked' [ "$(wc -l <"$work/names")" -ge 13 ]
python3 - "$schema" >"$work/of-status" <<'END'
import json, sys
schema = json.load(open(sys.argv[1]))
status = {"$ref": "#/$defs/summary", "properties": {"queue": {}}, "unevaluatedProperties": False}
print(json.dumps({"$schema": schema["$schema"], "$defs": schema["$defs"], "type": "array", "items": status}))
END
run status --json
ok 'status' fits "$work/of-status"

run report sure --kcidb
kcidb() { python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$work/out" "$1"; }
ok 'KCIDB: who submits' [ "$(kcidb 'd["checkouts"][0]["id"].split(":")[0]')" = firstbad ]
ok 'KCIDB: a kernel that does not build' [ "$(kcidb '[b["status"] for b in d["builds"]]')" = "['PASS', 'PASS', 'PASS', 'FAIL', 'PASS']" ]
ok 'KCIDB: trials' [ "$(kcidb '[t["status"] for t in d["tests"]]')" = "['FAIL', 'FAIL', 'PASS', 'PASS', 'FAIL', 'FAIL']" ]
ok 'KCIDB: the bug was there, and was not' [ "$(kcidb '[i["present"] for i in d["incidents"]]')" = '[True, True, False, False, True]' ]
ok 'KCIDB: the culprit' [ "$(kcidb 'd["issues"][0]["misc"]["firstbad"]["answer"]["culprit"][:12]')" = 341adeec9ada ]
cp "$work/out" "$work/first"
run report sure --kcidb
ok 'KCIDB: the same again' cmp -s "$work/out" "$work/first"
run report sure --kcidb --origin 'No:Good'
ok 'KCIDB: who may not submit' says 2 --origin

# The test can fail.
echo '{"version": 2}' >"$work/out"
ok 'another version is refused' eval '! fits "$schema"'
run report sure --json
sed -i 's/"total_ms"/"totally_ms"/' "$work/out"
ok 'another field is refused' eval '! fits "$schema"'
sed -i 's/"totally_ms"/"total_ms"/; s/"kind": "culprit"/"kind": "murderer"/' "$work/out"
ok 'another kind of answer is refused' eval '! fits "$schema"'

export FIRSTBAD_STATE_DIR=$work/real
make_repo "$work/tree" 40 21
run run --repo "$work/tree" --good main~39 --bad main --test 'test ! -e bad' --name real-run
run run --repo "$work/tree" --fix --bad main~5 --good main --test 'test ! -e bad' --name real-not-fixed
run run --repo "$work/tree" --good main --bad main~30 --test 'test ! -e bad' --name real-wrong
run run --repo "$work/tree" --good main~39 --bad main --test 'test ! -e bad' --name real-budget --max-kernels 3
run try main --like real-run --name real-try
make_builds "$work/builds"
file_says "$work/builds" fine broken 'broken still'
echo CONFIG_SMP=y >"$work/config"
run cause --tree "$work/builds" --start HEAD --good good --bug build --config "$work/config" --name real-build
ok 'a real build failure is found' exits 0
all_fit
ok 'all real ones were asked' [ "$(wc -l <"$work/names")" -ge 5 ]
export FIRSTBAD_STATE_DIR=$work/known
"$KNOWN_WORLD" "$FIRSTBAD_STATE_DIR" >/dev/null 2>&1
all_fit
finish
