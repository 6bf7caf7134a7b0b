#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firstbad oops: what it prints of consoles from anywhere, and its errors.
. "$(dirname "$0")/tap.sh"

cat >"$work/warn.log" <<'END'
[    1.000000] hello from the boot
[    9.100000] ------------[ cut here ]------------
[    9.100001] refcount_t: addition on 0; use-after-free.
[    9.100002] WARNING: CPU: 0 PID: 77 at lib/refcount.c:25 refcount_warn_saturate+0x71/0x110
[    9.100003] CPU: 0 PID: 77 Comm: repro Not tainted 6.1.0 #1
[    9.100004] RIP: 0010:refcount_warn_saturate+0x71/0x110
[    9.100005] Call Trace:
[    9.100006]  <TASK>
[    9.100007]  ? noise_on_the_stack+0x11/0x22
[    9.100008]  widget_get+0x33/0x44
[    9.100009]  widget_ioctl+0x55/0x66
[    9.100010]  __x64_sys_ioctl+0x77/0x88
[    9.100011]  do_syscall_64+0x99/0xaa
[    9.100012]  entry_SYSCALL_64_after_hwframe+0x66/0xd0
[    9.100013]  </TASK>
[    9.100014] ---[ end trace 0000000000000000 ]---
[    9.500000] general protection fault, probably for non-canonical address 0x1: 0000 [#1] SMP
[    9.500001] RIP: 0010:gadget_put+0x10/0x20
[    9.500002] Call Trace:
[    9.500003]  gadget_release+0x30/0x40
[    9.500004]  __fput+0x50/0x60
[    9.500005]  task_work_run+0x70/0x80
[    9.500006] Kernel panic - not syncing: Fatal exception
END
printf '[    1.000000] all is well\n' >"$work/quiet.log"
title='WARNING: refcount bug in widget_get'
strip() { sed 's/^\[[^]]*\] //' "$work/warn.log"; }
field() { # field NAME: its value in the first line of $out, as JSON; no arrays or objects
    printf '%s\n' "$out" | head -n 1 | sed "s/.*\"$1\":\(\"[^\"]*\"\|[a-z0-9]*\).*/\1/"
}
is() { [ "$code" -eq 0 ] && [ "$1" = "$2" ] || { echo "# got $1"; false; }; }
pipe() { # pipe COMMAND ARGS...: firstbad oops ARGS at the end of a pipe
    source=$1
    shift
    out=$($source | "$FIRSTBAD" oops "$@" 2>"$work/err")
    code=$?
    err=$(cat "$work/err")
}

# For people.
run oops "$work/warn.log"
ok 'the title comes first' is "$(printf '%s\n' "$out" | head -n 1)" "$title"
ok 'type' prints 0 '  type       REFCOUNT_WARNING'
ok 'where' prints 0 "  where      $work/warn.log:4"
ok 'guilty' prints 0 '  guilty     widget_get'
ok 'panicked' prints 0 '  panicked   yes'
ok 'the report, stripped' prints 0 '
 widget_get+0x33/0x44
'
ok 'no frame that is none' [ "${out#*noise}" = "$out" ]
ok 'what followed, by title' prints 0 '
Then, on the same console:
  line 17       general protection fault in gadget_put'
ok 'no colour in a pipe' [ -z "$(grep "$(printf '\033')" "$work/out")" ]
ok 'nothing on stderr' [ -z "$err" ]
run oops --all "$work/warn.log"
ok '--all: the others, too' prints 0 '
general protection fault in gadget_put
  type       DoS'
ok '--all: nothing is left' [ "${out#*Then, on}" = "$out" ]
run oops --color always "$work/warn.log"
ok 'colour: the title' prints 0 "$(printf '\033[1;31m%s\033[0m' "$title")"
ok 'colour: the guilty frame' prints 0 "$(printf '\033[1;33m widget_get+0x33/0x44\033[0m')"
NO_COLOR=1 run oops --color=never "$work/warn.log"
ok 'never' [ -z "$(grep "$(printf '\033')" "$work/out")" ]
run oops --help
ok 'help: 80 columns' [ -z "$(printf '%s\n' "$out" | awk 'length($0) > 80')" ]

# Several files, none.
run oops "$work/quiet.log"
ok 'no crash' is "$out" "no crash found in $work/quiet.log"
run oops "$work/quiet.log" "$work/warn.log"
ok 'a heading for each crash' prints 0 "no crash found in $work/quiet.log

==> $work/warn.log <=="
run oops "$work/missing.log" "$work/warn.log"
ok 'a file that is missing: said' says 2 "firstbad: $work/missing.log: "
ok 'and the others are done' prints 2 "$title"
run oops "$work" "$work/warn.log"
ok 'a folder' says 2 "firstbad: $work: "
: >"$work/empty"
run oops "$work/empty" /dev/null
ok 'empty' is "$out" "no crash found in $work/empty

no crash found in /dev/null"
mkfifo "$work/fifo"
cat "$work/warn.log" >"$work/fifo" &
run oops --json "$work/fifo"
ok 'a FIFO' is "$(field title)" "\"$title\""

# From stdin.
pipe "cat $work/warn.log"
ok 'stdin' prints 0 '  where      stdin:4'
pipe "cat $work/warn.log" --json -
ok '-: stdin' is "$(field file) $(field title)" "\"-\" \"$title\""
pipe true
ok 'stdin, no crash' is "$out" 'no crash found in stdin'
pipe true - -
ok 'stdin twice' says 2 'only once'

# A console that is written while it is read: the crash is told of when it is over, though the writer goes on.
mkfifo "$work/live" "$work/told"
"$FIRSTBAD" oops <"$work/live" >"$work/told" 2>"$work/err" &
pid=$!
exec 8>"$work/live" 9<"$work/told"
sed '/general protection/,$d' "$work/warn.log" >&8
read -r first <&9
code=0 out=$first
ok 'live: told before the console ends' is "$first" "$title"
sed '1,/end trace/d' "$work/warn.log" >&8
exec 8>&-
wait "$pid"
code=$?
out=$(cat <&9)
exec 9<&-
ok 'live: then the others' prints 0 '
Then, on the same console:
  line 17       general protection fault in gadget_put'

# One that is larger than what is kept of it, with and without ends of lines.
{
    yes '[    1.000000] all is well, and has been so for a long time now' | head -n 100000
    cat "$work/warn.log"
    head -c 2000000 /dev/zero | tr '\0' x
    yes '[   99.000000] nothing more' | head -n 100000
} >"$work/large"
run oops --json "$work/large"
ok 'large: title' is "$(field title)" "\"$title\""
ok 'large: line' is "$(field line)" 100004
start=$(field start)
ok 'large: start' is "$(tail -c +$((start + 1)) "$work/large" | head -n 1 | cut -c 16-22)" WARNING
pipe "cat $work/large"
ok 'large: the same from stdin' prints 0 '  where      stdin:100004'

# JSON lines.
run oops --json "$work/warn.log" "$work/quiet.log"
ok 'a line for each file' is "$(printf '%s\n' "$out" | wc -l)" 2
ok 'crash' is "$(field crash)" true
ok 'title, type' is "$(field title) $(field type)" "\"$title\" \"REFCOUNT_WARNING\""
ok 'frame' is "$(field frame)" '"widget_get"'
ok 'flags' is "$(field corrupted) $(field suppressed) $(field panicked)" 'false false true'
start=$(field start) end=$(field end)
ok 'start: of its line' is "$(tail -c +$((start + 1)) "$work/warn.log" | head -n 1 | cut -c 16-22)" WARNING
ok 'end: of the last line' is "$end" "$(wc -c <"$work/warn.log" | tr -d ' ')"
ok 'reports' is "$(field n_reports)" 3
ok 'others only with --all' [ "${out#*others}" = "$out" ]
ok 'identity' prints 0 '"frame":"widget_get","functions":["widget_get","widget_ioctl"'
ok 'stacks' prints 0 '{"label":"Call Trace","frames":[{"function":"noise_on_the_stack","module":null,"offset":17,"size":34,"reliable":false},{"function":"widget_get","module":null,"offset":51,"size":68,"reliable":true}'
none=$(printf '%s\n' "$out" | tail -n 1)
ok 'no crash: nothing but nulls' is "$none" "{\"file\":\"$work/quiet.log\",\"crash\":false,\"title\":null,\"alt\":[],\"type\":null,\"corrupted\":false,\"corrupted_reason\":null,\"suppressed\":false,\"panicked\":false,\"frame\":null,\"guilty_file\":null,\"line\":null,\"start\":null,\"end\":null,\"report\":null,\"identity\":null,\"executor\":null,\"stacks\":[],\"n_reports\":0}"
run oops --json --all "$work/warn.log"
ok '--all: others' prints 0 '"others":[{"title":"general protection fault in gadget_put","type":"DoS"'

# Many files by several threads: each in its place, and the same by one.
i=0
while [ $i -lt 60 ]; do
    sed "s/widget_get/widget_$(printf '%d' $i | tr 0-9 a-j)_get/" "$work/warn.log" >"$work/many-$i.log"
    set -- "$@" "$work/many-$i.log"
    i=$((i + 1))
done
run oops --json -j 8 "$@"
eight=$out
ok 'in the order of the arguments' is "$(printf '%s\n' "$out" | sed 's/{"file":"\([^"]*\)".*/\1/' | tr '\n' ' ')" "$* "
run oops --json -j1 "$@"
ok 'one job: the same' [ "$out" = "$eight" ]

# What strangers wrote.
head -c 300000 /dev/urandom >"$work/noise"
gzip -c "$work/warn.log" >"$work/warn.log.gz"
run oops "$work/warn.log.gz"
ok 'a compressed console: said' says 2 "warn.log.gz: compressed: read it with 'zcat"

cat "$work/noise" "$work/warn.log" "$work/noise" >"$work/garbage"
run oops --json "$work/garbage"
ok 'a crash in binary garbage' exits 0
ok 'is one line' is "$(wc -l <"$work/out" | tr -d ' ')" 1
ok 'is UTF-8' iconv -f UTF-8 -t UTF-8 "$work/out" -o /dev/null
run oops "$work/garbage"
ok 'and for people' exits 0
esc=$(printf '\033')
{
    cat "$work/warn.log"
    printf '[   10.000000] \033]0;owned\007 \033[2J \302\2331m \342\200\256 \377\n'
} | sed "s/Comm: repro/Comm: ${esc}[5Ared/" >"$work/escapes"
run oops "$work/escapes"
ok 'escape sequences are taken apart' prints 0 'Comm: ?[5Ared'
ok 'there is none' [ -z "$(LC_ALL=C grep "[$esc$(printf '\007\377')]" "$work/out")" ]
run oops --json "$work/escapes"
ok 'JSON has them escaped' prints 0 'Comm: \u001B[5Ared'
sed "s/^\[[^]]*\] /$esc[32m&$esc[0m$esc[33m/; s/WARNING/$esc[1;31m$esc[K&$esc[m$esc[K/" "$work/warn.log" >"$work/coloured"
"$FIRSTBAD" oops --json <"$work/warn.log" | sed 's/"start.*"report"/"report"/' >"$work/plain.json"
"$FIRSTBAD" oops --json <"$work/coloured" | sed 's/"start.*"report"/"report"/' >"$work/coloured.json"
ok 'colours mean nothing' cmp "$work/plain.json" "$work/coloured.json"
cp "$work/warn.log" "$work/${esc}[31m.log"
run oops "$work/${esc}[31m.log" "$work/missing${esc}[31m"
ok 'nor in names of files' [ -z "$(grep "$esc" "$work/out" "$work/err")" ]
tr '\n' ' ' <"$work/warn.log" >"$work/one-line"
run oops "$work/one-line"
ok 'no newline at all' exits 0

printf 'BUG: bad\nCall Trace:\n f.cold-0x5/0x1f\n' >"$work/cold"
run oops --json "$work/cold"
ok 'an offset backwards' prints 0 '"function":"f.cold","module":null,"offset":-5,"size":31,'

# Consoles that other programs print.
journal() { strip | sed 's/^/Nov 26 03:42:18 host kernel: /'; }
dmesg_T() { strip | sed 's/^/[Thu Nov 26 03:42:18 2026] /'; }
dmesg_x() { sed 's/^/kern  :warn  : /' "$work/warn.log"; }
kmsg() { strip | sed 's/^/4,123,456789,-;/'; }
mail() { printf 'Hello,\n\nlook at this:\n\n'; sed 's/^/> /' "$work/warn.log"; }
for program in journal dmesg_T dmesg_x kmsg mail; do
    pipe $program --json
    ok "$program: title" is "$(field title)" "\"$title\""
    ok "$program: the frames that are some" [ "${out#* noise_on}" = "$out" ]
    start=$(field start)
    ok "$program: where" is "$($program | tail -c +$((start + 1)) | head -n 1 | grep -c WARNING)" 1
done
{ journal | head -n 8; echo 'Nov 26 03:42:18 host cron[7]: WARNING: at night'; journal | tail -n +9; } >"$work/syslog"
run oops --json "$work/syslog"
ok 'what other programs log is none of the kernel' is "$(field n_reports)" 3

# With a kernel and its sources.
mkdir -p "$work/src/drivers"
cat >"$work/src/drivers/widget.c" <<'END'
int use(int *p);
int use(int *p) { return *p; }
/* The count of it. */
static inline __attribute__((always_inline)) int widget_count(int *p)
{
    return use(p) + 1;
}
int widget_get(int *p);
int widget_get(int *p) { return widget_count(p) * 3; }
int main(void) { int x = 1; return widget_get(&x); }
END
if (cd "$work/src" && cc -g -O1 -fno-inline -ffile-prefix-map="$work/src"=/build -o "$work/vmlinux" drivers/widget.c) 2>"$work/err"; then
    # The kernel prints the distance to the next symbol.
    size=$(nm -n "$work/vmlinux" | grep -A1 ' widget_get$' | cut -d' ' -f1 | { read -r a && read -r b && printf %x $((0x$b - 0x$a)); })
    sed "s|widget_get+0x33/0x44|widget_get+0x9/0x$size|" "$work/warn.log" >"$work/sym.log"
    run oops --vmlinux "$work/vmlinux" --json "$work/sym.log"
    ok '--vmlinux: lines' prints 0 'widget.c:'
    ok '--vmlinux: and no complaint' is "$err" ''
    ok '--vmlinux: the guilty file' is "$(field guilty_file | grep -c 'drivers/widget.c')" 1
    cp "$work/sym.log" "$work/sym2.log"
    run oops --vmlinux "$work/vmlinux" --modules "$work" "$work/sym.log" "$work/warn.log" "$work/sym2.log"
    ok '--vmlinux: several, in their order' is "$(printf '%s\n' "$out" | grep '^==>' | sed 's|.*/||; s| .*||' | tr '\n' ' ')" 'sym.log warn.log sym2.log '
    ok '--vmlinux: where the function is' prints 0 'guilty     widget_get, '
    pipe "cat $work/sym.log" --vmlinux "$work/vmlinux"
    ok '--vmlinux: stdin' prints 0 'widget.c:'
else
    skip '--vmlinux' 'no compiler'
fi
printf '[    1.0] BUG: bad thing\n' >"$work/not-elf"
run oops --vmlinux "$work/not-elf" "$work/warn.log"
ok '--vmlinux: no kernel' says 2 "--vmlinux: $work/not-elf: vmlinux is not an ELF file"
ok 'the report is there all the same' prints 2 "$title"
run oops --vmlinux "$work/missing" "$work/warn.log"
ok '--vmlinux: missing' says 2 "--vmlinux: $work/missing: "
run oops --vmlinux "$(command -v sh)" "$work/warn.log"
ok '--vmlinux: of something else' says 0 'has no line for any report'
run oops --modules "$work" "$work/warn.log"
ok '--modules alone' says 2 '--modules needs --vmlinux'
run oops --vmlinux "$work/not-elf" --modules "$work/missing" "$work/warn.log"
ok '--modules: missing' says 2 "--modules: $work/missing is not a folder"

mkdir -p "$work/tree/lib" "$work/tree/net"
seq 40 | sed 's/^/line of refcount /' >"$work/tree/lib/refcount.c"
seq 40 | sed 's/^/line of widget /' >"$work/tree/net/widget.c"
seq 40 | sed 's/^/secret /' >"$work/secret.c"
ln -s ../../secret.c "$work/tree/net/link.c"
symbolized() { # symbolized FILE
    sed "s|widget_get+0x33/0x44|widget_get+0x33/0x44 $1:20|" "$work/warn.log" >"$work/symbolized.log"
    run oops --source "$work/tree" "$work/symbolized.log"
}
symbolized net/widget.c
ok '--source: the guilty line' prints 0 '
>    20  line of widget 20
'
ok '--source: those around it' prints 0 'line of widget 17
     18  line of widget 18'
ok '--source: whom to tell' prints 0 "
Whom to tell: firstbad recipients --source $work/tree --file net/widget.c"
symbolized net/none.c
ok '--source: a file that is not there' is "${out#*line of}" "$out"
ok '--source: nobody can be asked about it' is "${out#*Whom to tell}" "$out"
for outside in net/link.c ../secret.c net/../../secret.c "$work/secret.c"; do
    symbolized "$outside"
    ok "--source: nothing from outside ($outside)" is "${out#*secret 20}" "$out"
done
mkfifo "$work/tree/net/fifo.c"
symbolized net/fifo.c
ok '--source: no FIFO' exits 0

# Wrong options.
run oops --color sometimes "$work/warn.log"
ok 'no such colour' says 2 "--color: 'sometimes'"
for n in 0 -1 9999 x; do
    run oops --jobs "$n" "$work/warn.log"
    ok "jobs $n" exits 2
done
run oops --source "$work/missing" "$work/warn.log"
ok 'no sources' says 2 '--source: '
run oops --frobnicate
ok 'no such option' says 2 'frobnicate'
"$FIRSTBAD" oops --all "$work"/many-*.log | head -n 1 >"$work/out"
code=$?
ok 'a reader that goes away' exits 0
if [ -w /dev/full ]; then
    "$FIRSTBAD" oops "$work/warn.log" >/dev/full 2>"$work/err"
    code=$? err=$(cat "$work/err")
    ok 'a full disk' says 4 'stdout: '
fi
finish
