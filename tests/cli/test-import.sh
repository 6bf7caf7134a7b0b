#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firstbad import: what people have, turned into a job; what is wanted yet; what nobody means well. What the parsers make of
# mails of all years: tests/intake.
. "$(dirname "$0")/tap.sh"
samples=$(dirname "$0")/../intake/seeds/mail

tree=$work/tree
make_builds "$tree"
file_says "$tree" 1 2 broken still-broken
git -C "$tree" tag v5.10 good
start=$(git -C "$tree" rev-parse main)
culprit=$(git -C "$tree" rev-parse main~1)
printf 'CONFIG_SMP=y\nCONFIG_NET=y\nCONFIG_PCI=y\n' >"$work/config"
printf '#include <unistd.h>\nint main(void) { return 0; }\n' >"$work/repro.c"

mail() { # mail COMMIT: a report of it
    cat <<END
From: syzbot <syzbot+0123@syzkaller.appspotmail.com>
To: jane@example.org
Subject: [syzbot] [net?] WARNING in foo_poll (3)
Date: Sun, 14 Dec 2025 20:03:39 -0800

syzbot found the following issue on:

HEAD commit:    $1 the file says still-broken
git tree:       upstream
kernel config:  https://syzkaller.appspot.com/x/.config?x=1&y=2
dashboard link: https://syzkaller.appspot.com/bug?extid=0123
compiler:       gcc (GCC) 1.2.3 20010101
C reproducer:   https://syzkaller.appspot.com/x/repro.c?x=3

Reported-by: syzbot+0123@syzkaller.appspotmail.com
END
}
mail "$(echo "$start" | cut -c1-12)" >"$work/mail.eml"
narrow() { [ -z "$(printf '%s\n' "$1" | awk 'length($0) > 100')" ]; }
nothing_begun() { [ ! -e "$work/state/jobs" ] && [ ! -e "$work/state/imports" ]; }

# --- What is wanted ---
run import "$work/mail.eml"
ok 'a mail alone: exit 2' exits 2
ok 'it says what the file is' says 2 "mail.eml is a mail"
ok 'what it found' says 2 'crash     WARNING in foo_poll'
ok 'the tree is wanted' says 2 "--tree: a git repository with the commit: upstream"
ok 'with the command that fetches it' says 2 'git clone https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git linux'
ok 'the config is wanted, and where it is' says 2 '--config: the .config of the kernel that crashed: https://syzkaller.appspot.com/x/.config?x=1&y=2'
ok 'with a command, quoted' says 2 "curl -fLo kernel.config 'https://syzkaller.appspot.com/x/.config?x=1&y=2'"
ok 'the reproducer is wanted' says 2 "curl -fLo repro.c 'https://syzkaller.appspot.com/x/repro.c?x=3'"
ok 'and the command that follows' says 2 "firstbad import $work/mail.eml --tree linux --config kernel.config --repro repro.c"
ok 'another compiler is told' says 2 'the crash was seen with gcc (GCC) 1.2.3 20010101, which is not here'
ok 'nothing was begun' nothing_begun
run import "$work/mail.eml" --tree "$tree" --repro "$work/repro.c"
ok 'what was given is not wanted' says 2 "firstbad import $work/mail.eml --tree $tree --repro $work/repro.c --config kernel.config"
run import "$samples/quoted.eml"
ok 'a program of 32 bits is told' says 2 "compile it with 'gcc -m32 -static'"

# --- Job files ---
run import --dry-run "$work/mail.eml" "$work/config" "$work/repro.c" --tree "$tree"
ok '--dry-run: complete' exits 0
ok 'the job file' prints 0 "start=$(echo "$start" | cut -c1-12)"
ok 'its title' prints 0 'title=WARNING in foo_poll'
ok 'what has no key' prints 0 '# Reported-by: syzbot+0123@syzkaller.appspotmail.com'
ok 'a warning ends a trial' prints 0 'panic-on-warn=true'
ok 'defaults are left out' [ "${out#*max-trials}" = "$out" ]
ok 'nothing is written' nothing_begun
run import --dry-run "$work/mail.eml" --title 'my title' --start v5.10
ok '--dry-run: what is wanted is told' exits 2
ok 'options win' prints 2 'title=my title'
ok 'over each' prints 2 'start=v5.10'
printf 'CONFIG_SMP=y\nCONFIG_KASAN=y\nCONFIG_PCI=y\n' >"$work/kasan"
gzip -n "$work/kasan"
run import --dry-run "$work/mail.eml" "$work/kasan.gz"
ok 'a sanitizer gets memory' prints 2 'memory=2048'

# --- A commit that is not here ---
mail 0123456789ab >"$work/far.eml"
run import "$work/far.eml" "$work/config" "$work/repro.c" --tree "$tree"
ok 'a commit that the tree lacks is found by its title' says 3 'has the same title as the one given, 0123456789ab'
sed -i 's/still-broken$/something else../' "$work/far.eml"
run import "$work/far.eml" "$work/config" "$work/repro.c" --tree "$tree"
ok 'and without a name: where to fetch it' says 2 "--fetch https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git"
ok 'it is named' says 2 "0123456789ab is not in $tree"
sed -i 's/something else\.\./a title that nobody gave/' "$work/far.eml"
run import "$work/far.eml" "$work/config" "$work/repro.c" --tree "$tree"
ok 'so where its name is unknown, too' says 2 "0123456789ab is not in $tree"

# --- A crash and no more ---
cat >"$work/console" <<'END'
[    9.1] BUG: kernel NULL pointer dereference, address: 0000000000000010
[    9.1] CPU: 0 PID: 41 Comm: a Not tainted 6.1.0 #1
[    9.1] RIP: 0010:foo_poll+0x10/0x20
[    9.1] Call Trace:
[    9.1]  <TASK>
[    9.1]  foo_work+0x12/0x40
[    9.1]  </TASK>
END
run import "$work/console"
ok 'a bare oops: its title' says 2 'NULL pointer dereference in foo_poll'
ok 'its stack' says 2 'stack     foo_poll foo_work'
ok 'all the rest is asked for' says 2 "--tree DIR --start REV --config FILE --repro FILE"

run import --out "$work/bug.ini" "$work/mail.eml" "$work/config" "$work/repro.c" --tree "$tree"
ok '--out: how to go on' prints 0 "Go on: firstbad cause --job $work/bug.ini"
ok 'its files lie beside it' cmp -s "$work/config" "$work/bug.ini.files/config"
run cause --job "$work/bug.ini" --queue
ok 'cause takes it' prints 0 'queued: '
run import --out "$work/config/bug.ini" "$work/mail.eml" "$work/config" "$work/repro.c" --tree "$tree"
ok '--out: where nothing can be written' exits 4

# --- A crash directory ---
mkdir "$work/crash"
echo 'general protection fault in bar_read' >"$work/crash/description"
echo "$start" >"$work/crash/tag0"
cp "$work/config" "$work/crash/kernel.config"
cp "$work/repro.c" "$work/crash/repro.cprog"
printf '# {Threaded:true}\nr0 = openat$kvm(0xffffffffffffff9c, 0x0)\n' >"$work/crash/repro.prog"
echo '{"threaded":true,"procs":6}' >"$work/crash/repro.opts"
cp "$work/console" "$work/crash/log0"
run import --dry-run "$work/crash" --tree "$tree"
ok 'a crash directory: its commit' prints 0 "start=$start"
ok 'its reproducer, in C' prints 0 '/repro.c'
ok 'its title, by the console' prints 0 'title=BUG: unable to handle kernel NULL pointer dereference in foo_poll'
rm "$work/crash/repro.cprog"
run import --dry-run "$work/crash" --tree "$tree"
ok 'or as a program of syzkaller: what runs it is wanted' says 2 'git clone https://github.com/google/syzkaller'
run import --dry-run "$work/crash" --tree "$tree" --syzkaller "$work"
ok 'which may be given' prints 0 '/repro.prog'
ok 'with its options' prints 0 'repro-opts='
# Such a folder may be a stranger's.
echo 'a secret' >"$work/secret"
rm "$work/crash/log0"
ln -sf "$work/secret" "$work/crash/description"
ln -sf "$work/config" "$work/crash/kernel.config"
run import --dry-run "$work/crash" --tree "$tree" --syzkaller "$work"
ok 'no link in it is followed' eval 'case $out$err in *secret* | *config=*) false ;; *) [ -n "$out" ] ;; esac'
mkdir "$work/empty"
run import "$work/empty"
ok 'a folder with nothing' says 2 'no crash directory'

# --- To the answer ---
run import "$work/mail.eml" "$work/config" --tree "$tree" --bug build --name imported
ok 'the job begins, and ends' prints 0 'First bad commit'
ok 'with the commit' prints 0 "$culprit"
run import "$work/mail.eml" "$work/config" --tree "$tree" --bug build --name imported
ok 'a name that exists' says 2 'imported'
run import "$work/mail.eml" "$work/config" "$work/repro.c" --tree "$tree" --queue
ok '--queue leaves it to a daemon' prints 0 'queued: cause-'
first=$out
run import "$work/mail.eml" "$work/config" "$work/repro.c" --tree "$tree" --queue
ok 'a name that nobody gave is a free one' [ "$code" -eq 0 -a "$out" != "$first" ]
run import "$samples/git-bisect.log"
ok 'a log of git: its ends' says 2 'good      2222222222222222222222222222222222222222'
run import --out "$work/fix.ini" "$samples/git-bisect-fix.eml"
ok 'one that looks for what mended it' says 2 'git-bisect-fix.eml is a mail'
grep -q '^good=1111111111111111111111111111111111111111$' "$work/fix.ini"
ok 'has its ends exchanged' [ $? -eq 0 ]

# --- What others found ---
id() { git -C "$tree" rev-parse "$1"; }
{
    printf 'bisecting cause commit starting from %s\nbuilding syzkaller on %040d\n' "$start" 7
    printf 'testing commit %s with gcc (GCC) 8.1.0\nrun #0: crashed: WARNING in foo_poll\nrun #1: OK\n' "$start"
    printf 'testing release v5.10\ntesting commit %s with gcc (GCC) 8.1.0\nall runs: OK\n' "$(id good)"
    printf '# git bisect start %s %s\ntesting commit %s with gcc (GCC) 8.1.0\nall runs: crashed: \033[31mWARNING in foo_poll\n' "$start" "$(id good)" "$(id main~2)"
    printf 'testing commit %040d with gcc (GCC) 8.1.0\nall runs: OK\n' 9
    printf '%s is the first bad commit\nrevisions tested: 4, total time: 1h0m0s (build: 30m0s, test: 20m0s)\n' "$(id main~2)"
    printf 'first bad commit: %s the file says 2\ncrash: WARNING in foo_poll\n' "$(id main~2)"
} >"$work/bisect.txt"
run import "$work/bisect.txt"
ok 'a bisection log: its start' says 2 "start     $start"
ok 'what it ended with, not believed' says 2 "$(id main~2)  syzbot's answer: not believed without trials"
run import "$work/bisect.txt" "$work/config" --tree "$tree" --bug build --title '' --name foreign
ok 'the job comes to its own answer' prints 0 "$culprit"
ok 'its tests are hints' says 0 '3 tests of others are hints where to look'
ok 'a commit that is not there is told' says 0 '1 of its commits are not in the tree'
ok 'the report shows them apart' prints 0 'Tests by others (syzbot), as hints; the answer rests on none of them:
  '"$(echo "$start" | cut -c1-12)"
ok 'they are no trials' prints 0 '0 trials'
ok 'their titles steer nothing' [ "$(printf '%s' "$out" | tr -d '\033')" = "$out" ]
run report foreign --json
ok 'JSON has them apart' prints 0 '"source": "syzbot"'
ok 'and no trial' prints 0 '"trials": 0'
run report foreign --html
ok 'the page has them apart' prints 0 '<ul id="foreign">'
run log foreign
ok 'the log has them as comments' prints 0 "# foreign test by syzbot: $(id good) v5.10: 0 of 2 crashed"
"$FIRSTBAD" log foreign >"$work/own.txt"
run audit --json "$work/own.txt"
ok 'which are no runs to who reads it' [ "${out#*\"kind\":\"crash\"}" = "$out" ]
run status
ok 'status marks the job' prints 0 'with tests of others'
run restart foreign --confidence 0.9 --name again
run report again --json
ok 'restart keeps them' prints 0 '"source": "syzbot"'
run restart foreign --bisect-log '' --name forgetful
run report without --json
ok 'unless they are not wanted' [ "${out#*syzbot}" = "$out" ]
run cause --job "$work/bug.ini" --bisect-log "$work/config"
ok 'cause: a file that is no log' says 2 'is neither a bisection log of syzbot'
run import --out "$work/log.ini" "$work/bisect.txt" "$work/config" --tree "$tree" --bug build --title ''
ok 'a job file has the log' grep -q "^bisect-log=$work/log.ini.files/bisect.log\$" "$work/log.ini"
run cause --job "$work/log.ini" --queue --name queued
run daemon --until-idle
ok 'a queued job learns it, too' says 0 'queued: --bisect-log: 3 tests of others'

cat >"$work/git.log" <<END
git bisect start
# bad: [$start] the file says still-broken
git bisect bad $start
git bisect good good
git bisect good $(id main~3)
git bisect bad $(id main~2)
git bisect bad $(id main~1)
END
run import "$work/git.log" "$work/config" --tree "$tree" --bug build --name by-hand
ok 'a log of git: its words are a person'"'"'s' says 0 '3 revisions are taken for what the log says'
ok 'they count, against what builds' prints 0 "$(id main~2)"
ok 'and are shown so' prints 0 'on your word'
run verdict by-hand "$(id main~2)" clear
run resume by-hand
ok 'a word that was taken back stays so' prints 0 "$culprit"
run restart by-hand --bisect-log '' --name speechless
ok 'without the log its words are gone, too' prints 0 "$culprit"
ok 'all of them' [ "${out#*on your word}" = "$out" ]
run import "$samples/git-bisect-fix.eml"
ok 'the words of a mail are not the user'"'"'s' says 2 'by git, in a mail: only its ends are taken'
FIRSTBAD_TREE=$tree run import --dry-run "$work/git.log" "$work/config" --bug build
ok 'the tree of git firstbad' prints 0 "tree=$tree"
run import --tree "$tree" --start-title 'no such title' "$work/config"
ok 'a title that is nowhere' says 2 'no such title is not in'

# --- Nobody means well ---
run import "$samples/hostile.eml"
ok 'hostile: no command of theirs' [ "${err#*touch\$\{IFS}" = "$err" ]
ok 'nothing steers the terminal' [ "$(printf '%s' "$err" | tr -d '\033\007')" = "$err" ]
ok 'links that are none are not told' [ "${err#*curl}" = "$err" ]
run import --out "$work/attached.ini" "$samples/report-attached.eml"
ok 'attachments have our names' [ -f "$work/attached.ini.files/config" ]
ok 'and not theirs' [ ! -e /tmp/config.txt ]
head -c 70000000 /dev/zero >"$work/large"
run import "$work/large"
ok 'a file that is too large' says 2 'are more than any mail or console has'
run import "$work/nothing"
ok 'no such file' says 2 'nothing'
echo hello >"$work/hello"
run import "$work/hello"
ok 'what nobody knows' says 2 'hello: no mail, page or log'
run import
ok 'no file' says 2 'no FILE given'
finish
