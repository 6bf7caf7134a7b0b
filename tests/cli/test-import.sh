#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firstbad import: what people have, turned into a job; what is wanted yet; what nobody means well. What the parsers make of
# mails of all years: tests/intake.
. "$(dirname "$0")/tap.sh"
samples=$(dirname "$0")/../intake/samples

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
# --- Job files ---
run import --dry-run "$work/mail.eml" "$work/config" "$work/repro.c" --tree "$tree"
ok '--dry-run: complete' exits 0
ok 'the job file' prints 0 "start=$(echo "$start" | cut -c1-12)"
ok 'its title' prints 0 'title=WARNING in foo_poll'
ok 'what has no key' prints 0 '# Reported-by: syzbot+0123@syzkaller.appspotmail.com'
ok 'defaults are left out' [ "${out#*max-trials}" = "$out" ]
ok 'nothing is written' nothing_begun
run import --dry-run "$work/mail.eml" --title 'my title' --start v5.10
ok '--dry-run: what is wanted is told' exits 2
ok 'options win' prints 2 'title=my title'
ok 'over each' prints 2 'start=v5.10'
printf 'CONFIG_SMP=y\nCONFIG_KASAN=y\nCONFIG_PCI=y\n' >"$work/kasan"
run import --dry-run "$work/mail.eml" "$work/kasan"
ok 'a sanitizer gets memory' prints 2 'memory=2048'

# --- A commit that is not here ---
mail 0123456789ab >"$work/far.eml"
run import "$work/far.eml" "$work/config" "$work/repro.c" --tree "$tree"
ok 'a commit that the tree lacks is found by its title' says 3 'has the same title as the one given, 0123456789ab'
sed -i 's/still-broken$/something else../' "$work/far.eml"
run import "$work/far.eml" "$work/config" "$work/repro.c" --tree "$tree"
ok 'and without a name: where to fetch it' says 2 "--fetch https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git"
ok 'it is named' says 2 "0123456789ab is not in $tree"

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
ok 'or as a program of syzkaller' prints 0 '/repro.prog'
ok 'with its options' prints 0 'repro-opts='
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
run import "$samples/git-bisect.log"
ok 'a log of git: its ends' says 2 'good      2222222222222222222222222222222222222222'
run import --out "$work/fix.ini" "$samples/git-bisect-fix.eml"
ok 'one that looks for what mended it' says 2 'git-bisect-fix.eml is a mail'
grep -q '^good=1111111111111111111111111111111111111111$' "$work/fix.ini"
ok 'has its ends exchanged' [ $? -eq 0 ]

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
