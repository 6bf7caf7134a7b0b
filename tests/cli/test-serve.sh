#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firstbad serve: what is at each address, that strangers' bytes stay text, who may ask for what, limits, events.
. "$(dirname "$0")/tap.sh"

# A history whose culprit is written by somebody who means no good.
evil='<img src=x onerror=alert(1)>'
printf '%s \033[31m\342\200\256 \377 "subject"\n\n</pre><script>alert(2)</script>\n' "$evil" >"$work/message"
git init -q "$work/repo"
for i in 1 2 3 4 5 6; do
    echo "$i" >"$work/repo/n"
    [ $i -ne 4 ] || printf '<script>int x = 1; /* "</pre>" */\n' >"$work/repo/bad.c"
    git -C "$work/repo" add -A
    [ $i -eq 4 ] && set -- -F "$work/message" --author "Mal & 'Lory' <evil@example.org>" || set -- -m "change $i"
    git -C "$work/repo" commit -q "$@" 2>/dev/null # it complains of the bytes, and takes them
done
start=$(git -C "$work/repo" rev-parse HEAD)
good=$(git -C "$work/repo" rev-parse HEAD~5)
culprit=$(git -C "$work/repo" rev-parse HEAD~2)
between=$(git -C "$work/repo" rev-parse HEAD~3)
cat >"$work/test" <<'END'
#!/bin/sh
printf 'WARNING: <script>alert(3)</script> \033]0;title\007 end\n'
! test -e bad.c
END
chmod +x "$work/test"

server=
# serve [OPTION...]: begin, and set $at to the address.
serve() {
    rm -f "$work/served"
    "$FIRSTBAD" serve --listen 127.0.0.1:0 "$@" >"$work/served" 2>"$work/complaints" </dev/null &
    server=$!
    until at=$(head -n 1 "$work/served" 2>/dev/null) && [ -n "$at" ]; do
        kill -0 $server || return 1
        sleep 0.1
    done
    at=${at%/}
    port=${at##*:}
    token=$(cat "$work/state/web-token")
}
stop() {
    kill $server
    wait $server
    code=$?
}
trap '[ -z "$server" ] || kill $server 2>/dev/null; rm -rf "$work"' EXIT

# get PATH [CURL OPTION...]: sets code, out (the body), err (the headers).
get() {
    path=$1
    shift
    code=$(curl -sS -m 60 -o "$work/body" -D "$work/headers" -w '%{http_code}' "$@" "$at$path")
    out=$(tr -d '\000' <"$work/body")
    err=$(cat "$work/headers")
}
ask() { # ask PATH [CURL OPTION...]: with the token, as a program
    path=$1
    shift
    get "$path" -H "Authorization: Bearer $token" "$@"
}
gets() { # gets STATUS TEXT: it came so, and TEXT stands in it
    [ "$code" = "$1" ] && case $out in *"$2"*) true ;; *) false ;; esac
}
lacks() { case $out in *"$1"*) false ;; *) true ;; esac }
heads() { printf '%s\n' "$err" | tr -d '\r' | grep -qix "$1"; }
harmless() { # no element, escape sequence or bidi control of a stranger's
    lacks "$evil" && lacks '<script>' && lacks '<b>' && ! grep -q "$(printf '[\033\007]')" "$work/body" &&
        ! grep -q "$(printf '\342\200\256')" "$work/body" && iconv -f UTF-8 -t UTF-8 "$work/body" >/dev/null
}

run serve --listen nonsense
ok 'a wrong address' says 2 "--listen 'nonsense'"
run serve --source-url 'javascript:alert(1)'
ok 'a wrong URL' says 2 '--source-url'
run serve --help
ok 'help' prints 0 '--source-url'

run serve --listen 127.0.0.1:0 --state-dir "$work/mistyped"
ok 'a folder that is not there is refused' says 2 "--state-dir $work/mistyped: there is no such folder"
ok 'and is not made' [ ! -e "$work/mistyped" ]

# Without a store.
serve
ok 'that there are no jobs is said' grep -q "there are no jobs in $work/state yet" "$work/complaints"
ok 'it says where it listens' [ "${at#http://127.0.0.1:}" != "$at" ]
ok 'and where the token is' grep -qx "token file: $work/state/web-token" "$work/served"
ok 'which nobody else can read' [ "$(stat -c %a "$work/state/web-token")" = 600 ]
ok 'a journal does not get the token' [ -z "$(grep "$token" "$work/served" "$work/complaints")" ]
get /
ok 'no store: an empty list' gets 200 'No jobs.'
get /jobs/1
ok 'no store: no job' gets 404 ''
before=$token
stop
ok 'SIGTERM: exit 0' exits 0
chmod 644 "$work/state/web-token"
run serve --listen 127.0.0.1:0
ok 'a token that others can read is refused' says 4 'could be read or written by others'
chmod 600 "$work/state/web-token"

run run --repo "$work/repo" --good "$good" --bad "$start" --test "$work/test" --name "$evil"
ok 'a job' [ "$code" -eq 0 ]
make_builds "$work/kernel"
file_says "$work/kernel" 1 2 broken
echo CONFIG_FOO=y >"$work/config"
run cause --tree "$work/kernel" --start main --good good --config "$work/config" --bug build --name built
ok 'a job that builds' [ "$code" -eq 0 ]
serve --source-url 'https://src.example/{commit}/{file}#{line}' --host firstbad.example
ok 'the token stays' [ "$token" = "$before" ]

# What is read.
get /
ok 'list: the job' gets 200 '&lt;img src=x onerror=alert(1)&gt;</a>'
ok 'list: harmless' harmless
ok 'list: its answer' gets 200 'First bad commit'
get '/?kind=cause'
ok 'list: by kind' gets 200 '1 to 1 of 1'
get '/?state=failed'
ok 'list: by state' gets 200 'No jobs.'
get '/?text=IMG%20src'
ok 'list: by text' gets 200 '1 to 1 of 1'
get '/?text=%22%3E%3Cscript%3Ealert(4)%3C/script%3E'
ok 'list: what was looked for is text' harmless
get '/?first=5000000'
ok 'list: behind its end' gets 200 'of 2'

get /jobs/1
ok 'job: the answer' gets 200 'sure</p>'
ok 'job: harmless' harmless
ok 'job: the diff, coloured' gets 200 '<span class="diff-add">+&lt;script&gt;<span class="c-keyword">int</span>'
ok 'job: checks' gets 200 'check check-passed'
ok 'job: no form without the token' lacks '<form'
ok 'policy: nothing but ours' heads "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
ok 'policy: no guesses' heads 'x-content-type-options: nosniff'
ok 'policy: no referrer for others' heads 'referrer-policy: same-origin'
ok 'policy: asked again each time' heads 'cache-control: private, no-cache'
ok 'no script of the page itself' [ "$(grep -c '<script' "$work/body")" -eq "$(grep -c '<script src="/assets/[0-9a-f]*/app.js" defer>' "$work/body")" ]
ok 'no style of an element' lacks ' style='
ok 'no handler of an element' [ -z "$(grep -oiE '<[^>]* on[a-z]+=' "$work/body" | grep -v '&lt;')" ]
style=$(grep -o '/assets/[0-9a-f]*/style.css' "$work/body")
get "$style"
ok 'asset' gets 200 '{'
ok 'asset: kept for ever' heads 'cache-control: public, max-age=31536000, immutable'
ok 'asset: its type' heads 'content-type: text/css; charset=utf-8'
get "/assets/0000000000000000/style.css"
ok 'asset: of another version' gets 404 ''
get "/jobs/1/revisions/$culprit"
ok 'revision' gets 200 'Its trials'
ok 'revision: harmless' harmless
ok 'revision: a test that failed, and how' gets 200 '<span class="outcome outcome-crash">failed</span></td><td>exited with 1</td>'
ok 'revision: a run has no kernel' lacks 'Its kernel'
ok 'revision: a run has no guest' lacks '>Guest<'
get "/jobs/1/revisions/$between"
ok 'revision: no form without the token' lacks '<form'
trial=$(sqlite3 "$work/state/firstbad.db" "SELECT id FROM trial WHERE job = 1 AND commit_id = '$culprit' LIMIT 1")
get "/jobs/1/trials/$trial"
ok 'console' gets 200 'WARNING: &lt;script&gt;alert(3)&lt;/script&gt;'
ok 'console: harmless' harmless
get "/jobs/1/trials/$trial?raw=1"
ok 'console: as a file' heads 'content-disposition: attachment; filename="console.txt"'
ok 'console: all bytes' grep -q "$(printf '\007')" "$work/body"
get "/jobs/2/trials/$trial"
ok 'console: of another job' gets 404 ''
broken=$(git -C "$work/kernel" rev-parse main)
get "/jobs/2/revisions/$broken/build.log"
ok 'build log' gets 200 'it is broken'
get /jobs/2
ok 'a kernel that is built: no words of a run' lacks 'data-words'
ok 'a failed build: the error' gets 200 'error: it is broken'
get /jobs/1/report.json
ok 'JSON' gets 200 "\"culprit\":\"$culprit\""
ok 'JSON: its type' heads 'content-type: application/json'
get /jobs.json
ok 'the list as JSON' gets 200 "\"culprit\":\"$culprit\""
get /jobs/1/report.html
ok 'one file' gets 200 'http-equiv="Content-Security-Policy"'
ok 'one file: to be kept' heads 'content-disposition: attachment; filename="report.html"'
get /jobs/1/pictures.json
ok 'JSON of the pictures' gets 200 '"version":1'
get /jobs/1/report.txt
ok 'text' gets 200 'First bad commit'
ok 'text: harmless' [ -z "$(grep "$(printf '\033')" "$work/body")" ]
get /jobs/1/log
ok 'log' gets 200 '# git bisect start'
get /jobs/1 -H 'Accept-Encoding: br, gzip'
ok 'packed, for who takes it' heads 'content-encoding: gzip'
ok 'it is the same' [ "$(gzip -dc "$work/body" | grep -c 'check check-passed')" -ge 1 ]
get /jobs/1 -H 'Accept-Encoding: gzip;q=0'
ok 'plain, for who does not' gets 200 'check check-passed'
get / -I
ok 'HEAD' [ "$code" = 200 ]

# A revision with a commit taken back, and one added, under a config of its own.
variant="$start -$culprit +$between @abc"
sqlite3 "$work/state/firstbad.db" "INSERT INTO decision (job, phase, commit_id, subject, n_left, bits, best_p)
    VALUES (1, 'check', '$variant', 'a variant', 0, 0, 0)"
get /jobs/1
link=$(grep -o "/jobs/1/revisions/$start%20[^\"]*" "$work/body" | head -n 1)
get "$link"
ok 'variant: its page' gets 200 "without $(echo "$culprit" | cut -c1-12)"
ask /jobs/1/verdict -d verdict=bad --data-urlencode "revision=$variant"
ok 'variant: it has no verdict' gets 400 'only revisions have verdicts'

# A job by its name, which nobody has to know the number of.
go_to() { [ "$code" = 303 ] && heads "location: $1"; }
get '/jobs/built'
ok 'name: to the page of its number' go_to /jobs/2
get '/jobs/%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E'
ok 'name: with escapes' go_to /jobs/1
for name in 'a/b' 'a/log' '1/log' 'a//b%2F'; do
    sqlite3 "$work/state/firstbad.db" "UPDATE job SET name = '$name' WHERE id = 2"
    get "/jobs/$(printf %s "$name" | sed 's/%/%25/g; s,/,%2F,g')" --path-as-is
    [ "$name" = 1/log ] && ok 'name: what is of a number is that' gets 200 '# git bisect start' ||
        ok "name: $name" go_to /jobs/2
done
ask /jobs/a/b/cancel -d do=cancel
ok 'name: only to be read' [ "$code" -ge 404 ]
sqlite3 "$work/state/firstbad.db" "UPDATE job SET name = 'built' WHERE id = 2"

# What is not there.
for path in /jobs /jobs/ /jobs/0 /jobs/999 /jobs/-1 /jobs/x /jobs/1/trials/99999999999999999999 /jobs/1/revisions/HEAD \
    /jobs/1/trials/0 '/assets/../../../etc/passwd' '/assets/x/..%2f..%2fweb-token' '/%2e%2e/%2e%2e/etc/passwd' \
    '/jobs/1/../../web-token' '/jobs/%27%20OR%201=1' "/jobs/2/revisions/..%2F..%2Fweb-token/build.log"; do
    get "$path" --path-as-is
    ok "nothing at $path" [ "$code" = 404 ]
    ok "nothing told at $path" lacks "$token"
done

# Names that others may give it.
get / -H 'Host: evil.example'
ok 'Host: a foreign name' gets 421 'not known by that name'
get / -H 'Host:'
ok 'Host: none' [ "$code" = 400 ]
get / -H "Host: localhost:${at##*:}"
ok 'Host: localhost' [ "$code" = 200 ]
get / -H 'Host: firstbad.example'
ok 'Host: a name that was given' [ "$code" = 200 ]

# Who may ask.
spool() { find "$work/state/spool" -name '*.request' 2>/dev/null | wc -l; }
get /jobs/1/cancel -d do=cancel
ok 'no token, no page of ours' gets 403 ''
get /jobs/1/cancel -d do=cancel -H "Origin: $at"
ok 'no token' gets 401 'log in'
get /jobs/1/cancel -d do=cancel -H "Origin: $at" -b "firstbad-token-$port=$(echo "$token" | tr 0-9a-f 1-9a-f0)"
ok 'a wrong token' gets 401 ''
get /jobs/1/cancel -d do=cancel -H 'Origin: http://evil.example' -b "firstbad-token-$port=$token"
ok 'a form of a foreign page' gets 403 ''
get /jobs/1/cancel -d do=cancel -H 'Origin: null' -b "firstbad-token-$port=$token"
ok 'a form of a page without a name' gets 403 ''
get /jobs/1/cancel -d do=cancel -b "firstbad-token-$port=$token"
ok 'a form of nobody' gets 403 ''
get /jobs/1/cancel -H "Authorization: Bearer $token"
ok 'GET changes nothing' gets 405 ''
get /login -d token=wrong -H "Origin: $at"
ok 'log in: a wrong token' gets 403 'not the token'
get /login -d "token=$token" -H 'Origin: http://evil.example'
ok 'log in: from a foreign page' gets 403 ''
ok 'nothing was asked for' [ "$(spool)" -eq 0 ]
get /login -d "token=$token" -H "Origin: $at"
ok 'log in' [ "$code" = 303 ]
ok 'log in: the cookie' heads "set-cookie: firstbad-token-$port=$token; path=/; httponly; samesite=strict; max-age=.*"
get "/jobs/1/revisions/$between" -b "firstbad-token-$port=$token"
ok 'with the token there are forms' gets 200 '<form method="post"'
ok 'pages do not tell the token' lacks "$token"
get /logout -d do=logout -H "Origin: $at" -b "firstbad-token-$port=$token"
ok 'log out' heads "set-cookie: firstbad-token-$port=; path=/; httponly; samesite=strict; max-age=0"

# Limits.
head -c 20000000 /dev/zero | tr '\000' a >"$work/large"
ask /submit -F kind=run -F "config-file=@$work/large"
ok 'a body that is too long' gets 413 ''
ask /submit -H 'Transfer-Encoding: chunked' -F kind=run -F "config-file=@$work/large" 2>/dev/null
ok 'and that does not say so: the connection is closed' [ "$code" -lt 200 ]
get /login -H "Origin: $at" --data-binary "@$work/large"
ok 'and of somebody without the token' gets 413 ''
get "/?text=$(head -c 100000 /dev/zero | tr '\000' a)"
ok 'an address that is too long' [ "$code" -ge 400 ]
get /
ok 'it is still there' [ "$code" = 200 ]

# A new job, by a form.
ask /submit -F kind=run -F name=web -F tree=relative -F start=x
ok 'submit: a path that means nothing here' gets 400 'Tree: &#39;relative&#39; is not an absolute path'
ask /submit -F kind=run --form-string 'name=<script>' -F "tree=$work/nowhere"
ok 'submit: what is wrong is told' gets 400 "$work/nowhere"
ok 'submit: what was written is kept, as text' gets 400 'value="&lt;script&gt;"'
ask /submit -F kind=what
ok 'submit: no kind' gets 400 'kind'
ask /submit -F kind=run -F 'more=no-such-key=1'
ok 'submit: a key that is none' gets 400 'More options: no such key: &#39;no-such-key&#39;'
ask /submit -F kind=cause -F 'more=fetch=https://example.org/linux.git'
ok 'submit: what would take long' gets 400 '--queue --fetch'
ask /submit -F kind=run -F name=web -F "tree=$work/repo" -F "start=$start" -F "good=$good" -F "test=test -e built && ! test -e bad.c" -F priority=3 \
    -F 'build=touch built' -F config=/no/such/file -F 'more=max-time=1h'
ok 'submit' [ "$code" = 303 ]
printf 'CONFIG_SENT=y\n' >"$work/sent"
ask /submit -F kind=cause -F name=sent -F "tree=$work/kernel" -F start=main -F good=good -F 'more=bug=build' \
    -F 'config-file=@"'"$work/sent"'";filename="../../../x/../we ird;.config"'
ok 'submit: a file that comes along' [ "$code" = 303 ]
ok 'submit: its name is only a name' [ -n "$(find "$work/state/spool" -path '*/inputs/config/we_ird_.config')" ]
# It goes when the answer has been sent.
uploads_left() { [ -n "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'firstbad-upload-*' -newer "$work/sent")" ]; }
while uploads_left; do sleep 0.1; done
get /
ok 'list: requests, and nobody who takes them' gets 200 'No daemon works here: 2 wait.'
run daemon --until-idle
run report web --json
ok 'the daemon did it' prints 0 "\"culprit\": \"$culprit\""
run report sent --json
ok 'the daemon did the other, with the file' prints 0 '"kind": "culprit"'
ok 'submit: the file is the one sent' grep -rq CONFIG_SENT=y "$work/state/jobs/4/inputs/config"

# A word on a revision.
ask "/jobs/1/revisions/$between/verdict" -d verdict=perhaps
ok 'verdict: no such one' gets 400 ''
ask "/jobs/1/revisions/$(git -C "$work/repo" rev-parse HEAD~1 | tr 0-9a-f 1-9a-f0)/verdict" -d verdict=bad
ok 'verdict: of a revision that is none' gets 400 'no such commit'
ask /jobs/1/verdict -d verdict=bad -d revision=--help
ok 'verdict: of what looks like an option' gets 400 ''
ask /jobs/1/verdict -d verdict=bad
ok 'verdict: of nothing' gets 400 ''

# Anybody can send these.
printf -- '--XY\r\nContent-Disposition: form-data\r\n\r\nhello\r\n--XY\r\n\r\nhello\r\n--XY--\r\n' >"$work/nameless"
get /login -H "Origin: $at" -H 'Content-Type: multipart/form-data; boundary=XY' --data-binary "@$work/nameless"
ok 'parts without a name are none' [ "$code" -ge 400 ]
sent=$(head -c 30000000 /dev/zero | curl -sS -m 60 -o "$work/body" -w '%{size_upload}' -H "Origin: $at" -H 'Transfer-Encoding: chunked' \
    -X POST -T - "$at/login" 2>/dev/null)
ok 'a body without end is not read' [ "${sent:-0}" -lt 10000000 ]
get /
ok 'the server lives' gets 200 'Jobs'
ask "/jobs/1/revisions/$between/verdict" -d verdict=bad --data-urlencode 'note=<b>I saw it'
ok 'verdict' [ "$code" = 303 ]
get /jobs/1
ok 'it is told that it was asked for' gets 200 "Asked of the daemon: take $(echo "$between" | cut -c1-12) for bad"
run daemon --until-idle
ok 'the daemon takes it' says 0 "$(echo "$between" | cut -c1-12) is bad, on the word of"
run report 1 --json
ok 'the answer is another one' prints 0 "\"culprit\": \"$between\""
get "/jobs/1/revisions/$between"
ok 'it is told, with its reason' gets 200 'A person said that it is bad: &lt;b&gt;I saw it'

# Events, and cancelling a job that is at work.
ask /submit -F kind=run -F name=slow -F "tree=$work/repo" -F "start=$start" -F "good=$good" -F 'test=sleep 1; ! test -e bad.c'
"$FIRSTBAD" daemon >/dev/null 2>"$work/told" </dev/null &
daemon=$!
for _ in $(seq 300); do
    grep -q 'slow begins' "$work/told" && break
    sleep 0.1
done
curl -sSN -m 120 "$at/jobs/5/events" >"$work/events" &
events=$!
for _ in $(seq 300); do
    grep -q '"state":"working"' "$work/events" && break
    sleep 0.1
done
ok 'events: it is at work' grep -q '^data: {.*"state":"working".*"is_done":false' "$work/events"
for _ in $(seq 300); do
    grep -q '"live":{' "$work/events" && break
    sleep 0.1
done
ok 'events: what is under way' grep -q '"works":\[' "$work/events"
get /jobs/5
ok 'page: what is under way' gets 200 'id="live-works"'
ok 'page: where events are' gets 200 'data-events="/jobs/5/events"'
get /jobs/5 -b "firstbad-token-$port=$token"
ok 'page: it can be cancelled' gets 200 'action="/jobs/5/cancel"'
get /jobs/5/pause -d do=pause -b "firstbad-token-$port=$token"
ok 'pause: only by our own form' gets 403 ''
ask /jobs/1/pause -d do=pause
ok 'pause: of a job that has ended' gets 409 'has ended'
ok 'and leaves nothing' [ ! -e "$work/state/jobs/1/paused" ]
ask /jobs/5/pause -d do=what
ok 'pause, or go on' gets 400 ''
ask /jobs/5/pause -d do=pause
ok 'pause' [ "$code" = 303 ]
for _ in $(seq 300); do
    get /jobs/5 -b "firstbad-token-$port=$token"
    lacks 'value="go-on"' || break
    sleep 0.1
done
ok 'page: it can go on' gets 200 'value="go-on">Go on'
ask /jobs/5/pause -d do=go-on
ok 'go on' [ ! -e "$work/state/jobs/5/paused" ]
before=$(sqlite3 "$work/state/firstbad.db" "SELECT spec FROM job WHERE id = 5" | sed -n 's/^start=//p')
ask /jobs/5/verdict -d verdict=good -d "revision=$before"
for _ in $(seq 300); do
    grep -q 'is the start' "$work/told" && break
    sleep 0.1
done
ok 'a word on the start is refused' grep -q 'is the start' "$work/told"
ok 'and costs no work' [ "$(grep -c 'slow goes on' "$work/told")" -eq 0 ]
ask /jobs/5/verdict -d verdict=good -d "revision=$between"
for _ in $(seq 300); do
    grep -q 'slow goes on' "$work/told" && break
    sleep 0.1
done
ok 'a word on a job at work: it goes on with that' grep -q 'slow goes on' "$work/told"
ok 'the word is kept' [ "$(sqlite3 "$work/state/firstbad.db" "SELECT text FROM fact WHERE job = 5 AND kind = 'verdict'")" = good ]
get /jobs/5/cancel -d do=cancel -H "Origin: $at" -b "firstbad-token-$port=$token"
ok 'cancel' [ "$code" = 303 ]
wait $events
ok 'events: the end' grep -q '"state":"cancelled".*"is_done":true' "$work/events"
get /jobs/5/cancel -d do=cancel -H "Origin: $at" -b "firstbad-token-$port=$token"
ok 'cancel: once more' gets 409 'has ended'
kill $daemon
wait $daemon

# It ends at once though somebody listens.
sqlite3 "$work/state/firstbad.db" "UPDATE job SET state = 0 WHERE id = 5"
curl -sSN -m 120 "$at/jobs/5/events" >"$work/events" 2>/dev/null &
for _ in $(seq 300); do
    grep -q '"state":"stopped"' "$work/events" && break
    sleep 0.1
done
stop
ok 'SIGTERM with a listener: exit 0' exits 0
ok 'no complaints' [ ! -s "$work/complaints" ]
finish
