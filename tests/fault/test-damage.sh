#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The database of a state folder is damaged: bytes overwritten, cut short, emptied, gone, no database at all, its WAL
# garbage or gone. It is refused in plain words, or the job goes on to the right answer; `firstbad doctor --restore` goes
# back to the copy, and says what is lost.
. "$(dirname "$0")/../cli/tap.sh"

make_repo "$work/tree" 6 4
culprit=$(git -C "$work/tree" rev-parse main~2)
db=$work/state/firstbad.db
found() { prints 0 "\"culprit\":\"$culprit\""; }
new_job() { run run --repo "$work/tree" --good main~5 --bad main --test "${2-test ! -e bad}" --json --name "$1"; }
refused() { says 4 "firstbad.db $1" && says 4 'firstbad doctor --restore --state-dir'; }

# Two that are done; then one that stops in the middle, and so is in the copy as far as it came.
new_job one
new_job two
new_job half '[ -e '"$work"'/more ] || [ $(ls '"$work"'/state/jobs/3/consoles 2>/dev/null | wc -l) -lt 3 ] || exit 130; test ! -e bad; r=$?; echo a console; exit $r'
ok 'a job stopped in the middle' exits 4
touch "$work/more"
cp -r "$work/state" "$work/good"

# damage NAME WHAT COMMAND...: $db by the command; all commands refuse it, and --restore brings it back.
damage() {
    kind=$1 what=$2
    shift 2
    rm -rf "$work/state"
    cp -r "$work/good" "$work/state"
    "$@"
    run resume half --json
    ok "$kind: a coordinator refuses it" refused "$what"
    run doctor --restore
    ok "$kind: the copy" prints 0 'firstbad.db is as it was at'
    run resume half --json
    ok "$kind: the answer" found
    run report one --json
    ok "$kind: and the older ones" prints 0 "$culprit"
}
# Every page but the first, in its head, where what is in it is told.
pages() {
    for ((page = 1; page < $(stat -c %s "$db") / 4096; page++)); do
        printf 'damaged!' | dd of="$db" bs=1 seek=$((page * 4096)) conv=notrunc status=none
    done
}
index() { # without one of its rows
    sqlite3 "$db" 'PRAGMA writable_schema = ON; CREATE INDEX other ON trial (job, id) WHERE id > 3;
        UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = "other") WHERE name = "trial_of_job";
        DELETE FROM sqlite_schema WHERE name = "other"'
}
damage 'pages overwritten' 'is damaged' pages
damage 'an index without some rows' 'is damaged' index
damage 'cut short' 'is damaged' truncate -s 40000 "$db"
damage 'no database' 'is damaged' cp "$work/tree/.git/config" "$db"
damage 'emptied' 'is empty' truncate -s 0 "$db"
damage 'gone' 'is empty' rm "$db"

# A reader meets it where it reads.
cp "$work/tree/.git/config" "$db"
run status
ok 'a reader says so, too' refused 'is damaged'
rm "$db"
run report one
ok 'and that it is gone' refused 'is gone'

# Trials and a job that came after the copy.
rm -rf "$work/state"
cp -r "$work/good" "$work/state"
copy=$(cksum <"$db.backup")
run resume half --json
new_job later
cp "$work/good/firstbad.db.backup" "$db.backup"
pages
run doctor --restore
ok 'what is lost: trials' prints 0 'job 3 (half): '
ok 'what is lost: a job' prints 0 'job 4: all of it; its files are in'
new_job another
ok 'the next job of that number finds nothing of it' found
run resume half --json
ok 'and the trials are made again' found
run doctor --restore
ok 'what is whole is not taken back' says 2 'is whole'
rm "$db.backup"
pages
run resume half
ok 'no copy: it is said' says 4 'there is no copy of it: use a new --state-dir'
run doctor --restore
ok 'no copy: nothing is done' says 2 'there is no whole copy'

# Bytes within a number or a word, which SQLite does not notice: what is told of them may be wrong, but it is told.
# told WORDS: every reader gives an answer, or says that WORDS.
told() {
    for command in 'report 1 --json' 'report 1 --html' 'report 1 --cost' 'report 1' 'log 1' status 'status --json'; do
        run $command
        [ "$code" -eq 0 ] || says 4 "$1" || return
    done
}
# changed TABLE.COLUMN VALUE
changed() {
    rm -rf "$work/state"
    cp -r "$work/good" "$work/state"
    sqlite3 "$db" "UPDATE ${1%.*} SET ${1#*.} = $2"
    told 'stored job is damaged'
}
ok 'the state of a job' changed job.state 77
ok 'its phase' changed job.phase "CAST(x'ff' AS TEXT)"
ok 'its kind' changed job.kind "CAST(x'ff' AS TEXT)"
ok 'what a trial showed' changed trial.kind -5
ok 'the phase of a decision' changed decision.phase "CAST(x'ff' AS TEXT)"
ok 'the lane of a span' changed span.lane -5
ok 'its time' changed span.begun_ms 9223372036854775807

# Nothing where there has to be a text.
# emptied TABLE COLUMN
emptied() {
    rm -rf "$work/state"
    cp -r "$work/good" "$work/state"
    sqlite3 "$db" -cmd "ATTACH '$work/good/firstbad.db' AS good" "PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, 'TEXT NOT NULL', 'TEXT'); PRAGMA writable_schema = RESET;
        UPDATE $1 SET $2 = NULL; PRAGMA writable_schema = ON;
        UPDATE sqlite_schema AS now SET sql = (SELECT sql FROM good.sqlite_schema AS was WHERE was.name = now.name)"
    [ "$(sqlite3 "$db" "SELECT count(*) FROM $1 WHERE typeof($2) = 'null'")" -gt 0 ] && told 'firstbad.db is damaged'
}
while IFS='|' read -r table column <&3; do
    ok "no $table.$column" emptied "$table" "$column"
done 3< <(sqlite3 "$work/good/firstbad.db" "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
    WHERE t.name IN ('job', 'kernel', 'trial', 'decision', 'span', 'moment') AND c.type = 'TEXT' AND c.\"notnull\"")

# After kill -9 the last rows are in the WAL.
kill_half() {
    rm -rf "$work/state" "$work/tree/.git/worktrees"
    job="$work/state/jobs/1"
    "$FIRSTBAD" run --repo "$work/tree" --good main~5 --bad main --json --name killed \
        --test '[ -e '"$work"'/went ] || [ $(ls '"$work"'/state/jobs/1/consoles 2>/dev/null | wc -l) -lt 3 ] || kill -9 $PPID; echo a console; test ! -e bad' >/dev/null 2>&1 </dev/null
    touch "$work/went"
}
# wal NAME COMMAND...: the WAL by the command. What was in it is lost, and done again.
wal() {
    kind=$1
    shift
    rm -f "$work/went"
    kill_half
    ok "the WAL $kind: there was one" [ -s "$db-wal" ]
    "$@"
    run resume killed --json
    [ "$code" -ne 2 ] || new_job killed
    ok "the WAL $kind: the answer" found
}
wal 'whole' true
wal 'gone' rm "$db-wal"
wal 'garbage' dd if=/dev/urandom of="$db-wal" bs=4096 count=20 conv=notrunc status=none
wal 'cut short' truncate -s 50000 "$db-wal"
finish
