#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The view of a job, driven in tmux: what is shown, what keys do, and that a job outlives who looks at it. A test command that waits
# for the file `go` holds a job where it is.
. "$(dirname "$0")/tap.sh"

if ! command -v tmux >/dev/null; then
    skip 'the view of a job' 'no tmux'
    finish
    exit
fi
tree=$work/tree code= out= err= n_entered=0
make_repo "$tree" 120 77
culprit=$(git -C "$tree" rev-parse --short=12 main~43)
held="until [ -e $work/go ]; do sleep 0.05; done; test ! -e bad"

tm() { tmux -u -S "$work/tmux" -f /dev/null "$@"; }
trap 'tm kill-server 2>/dev/null; rm -rf "$work"' EXIT
screen() { tm capture-pane -p -t "$pane" "$@"; }
keys() { tm send-keys -t "$pane" "$@"; }
# terminal NAME [COLUMNS ROWS]: a shell in a terminal of its own, which the others then mean.
terminal() {
    pane=$1
    tm new-session -d -s "$1" -x "${2:-80}" -y "${3:-24}" -c "$work" sh
}
# enter COMMAND: in the shell, of an empty screen; its exit code is printed behind it.
enter() {
    n_entered=$((n_entered + 1))
    keys -l "clear; $1; echo \"end $n_entered: \$?.\"" && keys Enter
}
# until_true CONDITION...: for a minute.
until_true() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 600 ]; then
            out=$(screen)
            return 1
        fi
        sleep 0.1
    done
}
is_shown() { screen -J -S - | grep -qF -- "$1"; }
is_gone() { ! is_shown "$1"; }
ends() { until_true is_shown "end $n_entered: $1."; }
shows() { until_true is_shown "$1"; }
job_is() { "$FIRSTBAD" status 2>/dev/null | grep -q "^$1 .* $2 "; }
run_job() { enter "'$FIRSTBAD' run --repo '$tree' --good main~119 --bad main --name $1 --test '$held' ${2-}"; }

terminal first
run_job held
ok 'what is under way' shows 'testing'
ok 'and the job' shows 'run held'
ok 'as high as the terminal' [ "$(screen | wc -l)" -eq 24 ]
ok 'not wider' [ -z "$(screen | grep -E '.{81}')" ]
keys '?'
ok '?: help' shows 'leave the view; the job goes on'
keys x
ok 'any key: back' shows 'q leave it running'
keys d
ok 'd: what was tested' shows 'ok  fail other'
tm resize-window -t first -x 60 -y 15
ok 'another size' until_true sh -c "tmux -u -S '$work/tmux' capture-pane -p -t first | sed -n 15p | grep -q 'd back'"
keys Escape
ok 'Esc: back' shows 'q leave it running'
tm resize-window -t first -x 12 -y 2
ok 'a tiny terminal' shows 'q leave'
tm resize-window -t first -x 80 -y 24
keys p
ok 'p: paused' shows 'PAUSED'
ok 'it is' job_is held reproduce
keys p
ok 'p: it goes on' until_true is_gone 'PAUSED'
keys q
ok 'q: it goes on' shows 'firstbad watch held'
ok 'q: where its output lies' is_shown "$(echo "$FIRSTBAD_STATE_DIR" | cut -c 1-20)"
ok 'q: no answer, so no success' ends 130
ok 'it is still at work' job_is held reproduce

enter "'$FIRSTBAD' watch held"
ok 'watch: the same view' shows 'q leave it running'
keys C-c
ok 'Ctrl-C asks' shows 'Stop the job?'
keys n
ok 'no: it goes on' shows 'q leave it running'
keys C-c
keys y
ok 'yes: it stops' shows 'held is stopped; go on with: firstbad resume held'
ok 'with the code of an interruption' ends 130
ok 'nobody works on it' job_is held stopped

enter "'$FIRSTBAD' resume held"
ok 'resume: the view' shows 'q leave it running'
keys C-c
ok 'Ctrl-C stops at once' shows 'all that was finished is kept; go on with: firstbad resume held'
ok 'code 130' ends 130

# The terminal goes away.
terminal second
enter "'$FIRSTBAD' resume held"
ok 'in another terminal' shows 'q leave it running'
tm kill-session -t second
pane=first
ok 'the terminal goes away: the job goes on' job_is held reproduce

# To the end.
enter "'$FIRSTBAD' watch held"
shows 'q leave it running'
: >"$work/go"
ok 'the answer is shown' shows 'First bad commit'
ok 'and how to leave' is_shown 'q end'
keys d
ok 'with what was tested' shows 'd back'
keys Escape
keys q
ok 'the code is that of the answer' ends 0
ok 'the answer stays on the terminal' is_shown 'The whole log: firstbad log held'
run_job free '| cat'
ok 'piped: lines' shows 'Job free (run)'
ok 'and the culprit' is_shown "$culprit"
run_job own
ok 'a job in its own view ends with the answer' shows 'The whole log: firstbad log own'
ok 'and its code' ends 0
ok 'what it printed stays, too' is_shown ' trials failed'
rm "$work/go"

# The process that works on a job dies; nobody can take a job from a daemon but by `cancel`.
enter "'$FIRSTBAD' run --repo '$tree' --good main~119 --bad main --name dies --test 'kill -9 \$PPID'"
ok 'killed: that is told' shows 'was killed by signal 9; go on with: firstbad resume dies'
ok 'and is a failure of the machine' ends 4
"$FIRSTBAD" run --repo "$tree" --good main~119 --bad main --name queued --test "$held" --queue >/dev/null
"$FIRSTBAD" daemon --until-idle >/dev/null 2>"$work/daemon.err" &
until_true job_is queued reproduce
enter "'$FIRSTBAD' watch queued"
ok 'the job of a daemon' shows 'testing'
keys C-c
shows 'Stop the job?'
keys y
ok 'is not stopped with the daemon' shows 'firstbad cancel queued'
ok 'it is still at work' job_is queued reproduce
keys q
ends 0
: >"$work/go"
wait
rm "$work/go"

# Which terminal.
git -C "$tree" checkout -q -b evil
echo evil >"$tree/evil"
git -C "$tree" add evil
git -C "$tree" commit -qm "$(printf 'subject \033[2J\302\233\342\200\256 \346\274\242 end')"
terminal evil 100 30
enter "'$FIRSTBAD' run --repo '$tree' --good main --bad evil --name evil --test 'until [ -e $work/go ]; do sleep 0.05; done; test ! -e evil'"
ok 'at work' shows 'testing'
keys d
ok 'an evil subject' shows 'subject ?[2J?? 漢 end'
keys q
ok 'left' ends 130
enter "NO_COLOR=1 LC_ALL=C '$FIRSTBAD' watch evil"
shows 'q leave it running'
ok 'NO_COLOR' [ -z "$(screen -e | grep "$(printf '\033')\[3[1-7]m")" ]
keys d
ok 'without UTF-8' shows 'subject ?[2J?? ? end'
keys q
ends 0
enter "TERM=dumb '$FIRSTBAD' watch evil"
ok 'a dumb terminal: what is under way' shows 'testing'
: >"$work/go"
ok 'a dumb terminal: lines, then the answer' ends 0
ok 'what happened stays' is_shown ' trials failed'
run watch evil
ok 'of a job that is done: the answer' prints 0 'First bad commit'

# Somebody who takes what he is told and never answers.
python3 -c '
import socket, time
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
time.sleep(600)' >"$work/port" &
mute=$!
until_true [ -s "$work/port" ]
terminal told
run_job told "--webhook http://127.0.0.1:$(cat "$work/port")/"
ok 'the answer is there before another has heard of it' shows 'q end'
keys q
ok 'and nobody waits for that' ends 0
ok 'it is printed' is_shown 'First bad commit'
kill $mute "$(sed -n 's/.*pid=\([0-9]*\).*/\1/p' "$work/state/lock")"
run watch nobody
ok 'no such job' says 2 "no job 'nobody'"
finish
