#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# --webhook: a real web server hears of jobs that end, whatever it answers; the jobs do not care.
. "$(dirname "$0")/tap.sh"
here=$(dirname "$(readlink -f "$0")")

command -v python3 >/dev/null && command -v curl >/dev/null || {
    skip webhooks 'no python3, or no curl'
    finish
    exit 0
}
mkdir "$work/web"
mkfifo "$work/requests" "$work/daemon"
"$here/http-server.py" "$work/web" >"$work/requests" &
server=$!
trap 'kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
exec 3<"$work/requests"
read -r port <&3
url=http://127.0.0.1:$port
head_of() { cat "$work/web/$1.head" 2>/dev/null; }
n_told() { ls "$work/web" | grep -c '\.head$'; }
field() { python3 -c 'import json, sys; print(eval("json.load(open(sys.argv[1]))" + sys.argv[2]))' "$work/web/$1.body" "$2"; }

make_repo "$work/tree" 12 7
culprit=$(git -C "$work/tree" rev-parse main~5)
go() { run run --repo "$work/tree" --good main~11 --bad main --test 'test ! -e bad' "$@"; }

go --name plain --webhook "$url/200"
ok 'the answer is as ever' prints 0 'First bad commit'
ok 'it says what came of it' says 0 "plain: webhook: $url answered 200"
ok 'one was told' [ "$(n_told)" -eq 1 ]
ok 'by POST' [ "$(head_of 1 | head -n 1)" = 'POST /200' ]
ok 'JSON' eval 'head_of 1 | grep -q "^Content-Type: application/json"'
ok 'by whom' eval 'head_of 1 | grep -q "^User-Agent: firstbad/"'
ok 'no signature without a secret' eval '! head_of 1 | grep -q Signature'
ok 'the report' [ "$(field 1 '["answer"]["culprit"]')" = "$culprit" ]
run report plain --json
cp "$work/out" "$work/web/now.body"
ok 'the same report as that of now, which knows that it was told' [ "$(field now '["webhook"]')" = "$url answered 200" ]
ok 'and in all else' [ "$(python3 -c 'import json, sys
a, b = (json.load(open(f)) for f in sys.argv[1:])
del a["webhook"], b["webhook"]
print(a == b)' "$work/web/1.body" "$work/web/now.body")" = True ]
run report plain
ok 'the report for people' prints 0 "webhook: $url answered 200"
run resume plain
ok 'a job that was done is not told again' [ "$(n_told)" -eq 1 ]

printf 'so secret\n' >"$work/secret"
go --name signed --webhook "$url/200" --webhook-secret "$work/secret"
ok 'signed' [ "$(head_of 2 | sed -n 's/^X-Firstbad-Signature: sha256=//p')" = "$(python3 -c 'import hashlib, hmac, sys
print(hmac.new(b"so secret", open(sys.argv[1], "rb").read(), hashlib.sha256).hexdigest())' "$work/web/2.body")" ]

go --name flaky --webhook "$url/503-200"
ok 'a server that was busy is told once more' says 0 "flaky: webhook: $url answered 200"
ok 'with the same words' eval '[ "$(n_told)" -eq 4 ] && cmp -s "$work/web/3.body" "$work/web/4.body"'
ok 'and as the same message' [ "$(head_of 3 | grep Delivery)" = "$(head_of 4 | grep Delivery)" ]
go --name refused --webhook "$url/404?key=hidden"
ok 'one that refuses does no harm' exits 0
ok 'and is told of, without what may be secret in the URL' says 0 "refused: webhook: $url was not told: "
ok 'and not asked twice' [ "$(n_told)" -eq 5 ]
run report refused
ok 'nor is the secret in the report' eval '! printf %s "$out$err" | grep -q hidden'
go --name moved --webhook "$url/302"
ok 'a redirection is not followed' says 0 'answered 302'
ok 'to nowhere' [ "$(n_told)" -eq 6 ]

cat >"$work/curl" <<'END'
#!/bin/sh
printf '%s\n' "$*" >"${0%/*}/curl-words"
exec /usr/bin/curl "$@"
END
chmod +x "$work/curl"
PATH=$work:$PATH go --name quiet --webhook "$url/200?key=hidden" --webhook-secret "$work/secret"
ok 'curl is told no secrets where all can read them' eval '[ -s "$work/curl-words" ] && ! grep -e hidden -e secret "$work/curl-words"'

go --name 'an "odd\ name"' --state-dir "$work/st\\ate \"ü" --webhook "$url/200"
ok 'from an odd folder' says 0 "webhook: $url answered 200"
ok 'the report is there' [ "$(field "$(n_told)" '["job"]')" = 'an "odd\ name"' ]

before=$(n_told)
run run --repo "$work/tree" --good main~11 --bad main --test 'kill -9 $$' --name failing --webhook "$url/200"
ok 'a job that the machine fails is told, too' [ "$(n_told)" -eq $((before + 1)) ]
ok 'as what it is' [ "$(field $((before + 1)) '["state"]')" = failed ]

# Whoever is to tell of a job dies over it: a curl that kills who began it.
mkdir "$work/deadly"
printf '#!/bin/sh\nkill -9 $PPID\n' >"$work/deadly/curl"
chmod +x "$work/deadly/curl"
: >"$work/broken"
run run --repo "$work/tree" --good main~11 --bad main --test "test ! -e $work/broken || kill -9 \$\$; test ! -e bad" --name mended --webhook "$url/200"
ok 'a failure is told' says 4 "mended: webhook: $url answered 200"
rm "$work/broken"
before=$(n_told)
PATH=$work/deadly:$PATH run resume mended
ok 'the answer lies there, but nobody could tell it' prints 137 'First bad commit'
run resume mended
ok 'that the failure was told does not count for the answer' says 0 "mended: webhook: $url answered 200"
ok 'which is told' [ "$(field $((before + 1)) '["answer"]["culprit"]')" = "$culprit" ]
run verdict mended main~3 skip
PATH=$work/deadly:$PATH run resume mended
ok 'another answer, nor could anybody tell that' prints 137 'First bad commit'
run resume mended
ok 'another answer is told, too' [ "$(n_told)" -eq $((before + 2)) ]
run resume mended
ok 'but once' [ "$(n_told)" -eq $((before + 2)) ]

for bad in 'ftp://127.0.0.1/x' 'http://example.org/x' 'https://' 'nonsense' 'http://127.0.0.1.example.org/' 'http://10.0.0.1/' \
    "$(printf 'https://a.example/\nurl = \"file:///etc/passwd\"')"; do
    go --name never --webhook "$bad"
    ok "not told: $(printf %s "$bad" | head -n 1)" says 2 --webhook
done
go --name never --webhook-secret "$work/secret"
ok 'a secret for nobody' says 2 --webhook-secret
go --name never --webhook "$url/200" --webhook-secret "$work/none"
ok 'a secret that is not there' says 2 --webhook-secret

# The daemon: what a job wants, and what its master wants.
before=$(n_told)
go --queue --name queued --webhook "$url/200"
run daemon --until-idle --webhook "$url/201"
ok 'the daemon tells' says 0 "queued: webhook: $url answered 200"
ok 'and tells its own' says 0 "queued: webhook: $url answered 201"
ok 'each once' [ "$(n_told)" -eq $((before + 2)) ]
# As if the daemon had been killed between the answer and the message.
if command -v sqlite3 >/dev/null; then
    sqlite3 "$work/state/firstbad.db" "DELETE FROM fact WHERE kind = 'webhook' AND job = (SELECT id FROM job WHERE name = 'queued')"
    run daemon --until-idle
    ok 'what a daemon that was killed had to tell the next one tells' says 0 "queued: webhook: $url answered 200"
    ok 'only that' [ "$(n_told)" -eq $((before + 3)) ]
    run daemon --until-idle
    ok 'and once' [ "$(n_told)" -eq $((before + 3)) ]
else
    skip 'a daemon that was killed' 'no sqlite3'
fi
# A server that never answers holds up nothing but the end, which a signal ends. The daemon's words come through a FIFO, each
# line when it is said.
go --name hung --webhook "$url/hang" --queue
go --name behind --queue
"$FIRSTBAD" daemon >"$work/out" 2>"$work/daemon" </dev/null &
daemon=$!
exec 4<"$work/daemon"
hears() { # hears TEXT: the daemon says so, some time
    while read -r line <&4; do
        case $line in *"$1"*) return 0 ;; esac
    done
    return 1
}
code=0 out='' err=''
ok 'a job whose message hangs' hears 'hung has ended'
ok 'does not hold up the next one' hears 'behind has ended'
kill -TERM "$daemon"
wait "$daemon"
code=$?
ok 'nor the daemon, when it is told to end' exits 0
run daemon --webhook nonsense
ok 'a daemon that would tell nobody' says 2 --webhook
finish
