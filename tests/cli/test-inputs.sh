#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a person gets wrong, and what firstbad says: each failure names the option and the remedy, and nothing is done.
. "$(dirname "$0")/tap.sh"

make_repo "$work/tree" 25 13
mkdir "$work/tree/scripts"
printf 'config FOO\n' >"$work/tree/Kconfig"
git -C "$work/tree" add Kconfig
git -C "$work/tree" commit -qm 'a Kconfig, as kernels have'
printf 'CONFIG_SMP=y\n# CONFIG_NET is not set\n' >"$work/config"
printf 'int main(void) { return 0; }\n' >"$work/repro.c"
cause() { run cause --tree "$work/tree" --start HEAD --config "$work/config" --repro "$work/repro.c" "$@"; }

run
ok 'no command: help and exit 2' prints 2 'Usage: firstbad COMMAND'
run --help
ok '--help names every exit code' prints 0 '130  interrupted'
run --version
ok '--version' prints 0 'firstbad '
run cuase
ok 'unknown command' says 2 "no such command: 'cuase'"
run --frobnicate
ok 'unknown option' says 2 "no such option: '--frobnicate'"
run help cuase
ok 'help for no command' says 2 "no such command: 'cuase'"
run help
for command in $(printf '%s\n' "$out" | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
    run $command --help
    help=$out
    ok "$command --help fits 80 columns" [ -z "$(printf '%s\n' "$out" | awk 'length($0) > 80')" ]
    ok "$command --help goes to stdout" prints 0 'Usage:'
    run help $command
    ok "help $command is the same" [ "$out" = "$help" ]
done
ok 'the last command of the list was asked' [ "$command" = work ]
run cause --no-such-option
ok 'unknown option' says 2 "Unknown option --no-such-option; see 'firstbad cause --help'"
run log one two
ok 'too many arguments' says 2 "what is 'two'?"

run cause
ok 'no tree' says 2 '--tree is missing'
cause --tree "$work/nowhere"
ok 'tree does not exist' says 2 "--tree: "
mkdir "$work/plain"
cause --tree "$work/plain"
ok 'tree is not a repository' says 2 "--tree: "
cause --start no-such-rev
ok 'no such start' says 2 "--start: "
ok 'it is named' says 2 "no-such-rev"
cause --good no-such-rev
ok 'no such good' says 2 "--good: "
cause --start=--upload-pack=x
ok 'a revision that looks like an option' says 2 '--start: '
cause --good HEAD
ok 'good is the start' says 2 'same commit'
git -C "$work/tree" checkout -q -b side v5.1
git -C "$work/tree" commit -q --allow-empty -m side
git -C "$work/tree" checkout -q main
git -C "$work/tree" checkout -q --orphan alone
git -C "$work/tree" commit -q -m alone
git -C "$work/tree" checkout -q main
cause --good alone
ok 'good has nothing to do with the start' says 2 '--good: '
git -C "$work/tree" tag -d v5.0 v5.1 v5.2 >/dev/null
cause
ok 'no releases and no good' says 2 '--good: there is no release tag'
cause --good main~20 --config "$work/none"
ok 'no config' says 2 '--config: '
: >"$work/empty"
cause --good main~20 --config "$work/empty"
ok 'empty config' says 2 'sets no option'
printf 'CONFIG_SMP=y\nhello\n' >"$work/broken"
cause --good main~20 --config "$work/broken"
ok 'broken config: the line is named' says 2 "broken:2: 'hello' is not a line of a kernel .config"
printf '#\n# Linux/arm64 6.1.0 Kernel Configuration\n#\nCONFIG_ARM64=y\n' >"$work/arm"
cause --good main~20 --config "$work/arm"
ok 'a config of another architecture' says 2 "$work/arm is of another architecture (CONFIG_ARM64=y): only x86 is built"
printf '[mine]\ntitle = net: mend it\n' >"$work/backports"
cause --good main~20 --backports "$work/backports"
ok 'fixes without a reason: section and key are named' says 2 '[mine] reason: is missing'
cause --good main~20 --backports "$work/none"
ok 'no such file of fixes' says 2 '--backports: '
cause --good main~20 --repro "$work/none.c"
ok 'no reproducer' says 2 '--repro: '
printf 'int main(void) { return x; }\n' >"$work/bad.c"
cause --good main~20 --repro "$work"
ok 'a folder as reproducer' says 2 "--repro: $work is a folder"
cause --good main~20 --repro "$work/bad.c"
ok 'reproducer does not compile: the compiler is quoted' says 2 "'x' undeclared"
cause --good main~20 --compiler no-such-cc
ok 'no compiler' says 2 "--compiler: 'no-such-cc' is not installed"
printf '[gcc v5]\nwanted = 8\n' >"$work/table"
cause --good main~20 --toolchains "$work/table"
ok 'a table with a mistake' says 2 "--toolchains: $work/table: [gcc v5]: no reason is given"
cause --good main~20 --options "$work/none"
ok 'a table that is not there' says 2 '--options: '
cause --good main~20 --minimise --baseline "$work/none"
ok 'a baseline that is not there' says 2 '--baseline: '
cause --good main~20 --minimise --baseline "$work/table"
ok 'a baseline that is none' says 2 "--baseline: $work/table:1: '[gcc v5]' is not a line of a kernel .config"
cause --good main~20 --qemu no-such-qemu
ok 'no QEMU' says 2 "--qemu: 'no-such-qemu' is not installed: apt-get install qemu-system-x86"
cause --range main~20
ok 'a range of one revision' says 2 '--range: '
cause --good main~20 --oldest 5.4
ok '--oldest that is no release' says 2 "--oldest: '5.4' is not the name of a release"
cause --good main~20 --releases all
ok '--releases of no kind' says 2 '--releases: '
for option in compiler qemu accel; do
    cause --good main~20 --$option ''
    ok "empty --$option" says 2 "--$option: must not be empty"
done
for option in build-timeout boot-timeout trial-timeout cpus; do
    cause --good main~20 --$option 0
    ok "--$option 0" says 2 "--$option: "
done
cause --good main~20 --name 12
ok 'a name that is a number' says 2 "--name: '12' is a number"
for name in -x "$(printf 'two\nlines')"; do
    cause --good main~20 --name="$name"
    ok "a name as $(printf %s "$name" | tr '\n' ' ')" says 2 '--name: a name has one line'
done
cause --good main~20 --accel fast
ok 'wrong accel' says 2 "--accel: 'fast' is none of auto, kvm, tcg"
cause --good main~20 --confidence 2
ok 'wrong confidence' says 2 "--confidence: '2' is not a number between 0 and 1"
cause --good main~20 --max-trials -1
ok 'wrong number' says 2 "--max-trials: '-1' is not a whole number"
cause --good main~20 --max-time 1.5h
ok 'wrong time' says 2 "--max-time: '1.5h' is not a time such as 90m, 4h or 2d"
cause --good main~20 --max-kernels many
ok 'wrong budget' says 2 "--max-kernels: 'many' is not a whole number"
# What goes into guests.
mkdir "$work/root" "$work/large"
cause --good main~20 --rootfs "$work/none"
ok 'no such rootfs' says 2 "--rootfs: $work/none does not exist"
cause --good main~20 --rootfs "v5..v4=$work/root"
ok 'a span the wrong way round' says 2 "--rootfs: 'v5..v4' is no span of kernels"
cause --good main~20 --rootfs "$work/root"
ok 'an empty rootfs' says 2 "--rootfs: $work/root is an empty folder"
mkdir "$work/filled"
echo >"$work/filled/file"
cause --good main~20 --rootfs "v4.4..v5.4=$work/filled" --rootfs "$work/filled" --rootfs "..v6.1=$work/filled"
ok 'a rootfs behind one for all kernels' says 2 "--rootfs: $work/filled is never used"
cause --good main~20 --rootfs "$work/config"
ok 'a rootfs that is none' says 2 'is neither a folder nor a disk image'
truncate -s 300M "$work/large/file"
cause --good main~20 --rootfs "$work/large"
ok 'a rootfs that memory does not hold' says 2 'give it --memory 728 at least'
cp "$(command -v env)" "$work/dynamic"
cause --good main~20 --repro "$work/dynamic"
ok 'a dynamic reproducer without a rootfs' says 2 'is dynamically linked'
cause --good main~20 --file "$work/none:/x"
ok 'no such file for the guest' says 2 "--file: $work/none does not exist"
cause --good main~20 --file "$work/config:x"
ok 'a relative place in the guest' says 2 '(SRC:DST needs an absolute path as DST)'
cause --good main~20 --file "$work/config" --file "$work/config:/repro"
ok 'a file in the place of ours' says 2 '--file: '
cause --good main~20 --module "$work/config"
ok 'a module that is none' says 2 "--module: $work/config is no kernel module"
printf 'kernel.panic = 1\nhello\n' >"$work/sysctl"
cause --good main~20 --sysctl "$work/sysctl"
ok 'a setting that is none: the line is named' says 2 "--sysctl: $work/sysctl:2: 'hello' is not KEY=VALUE"
cause --good main~20 --cmdline-file "$work/none"
ok 'no such command line file' says 2 '--cmdline-file: '
head -c 3000 /dev/zero | tr '\0' x >"$work/words"
cause --good main~20 --cmdline-file "$work/words"
ok 'a command line that is too long' says 2 '--cmdline: 3000 characters'
cause --good main~20 --qemu-arg=-device --qemu-arg=edu --qemu-arg=-smp
ok 'an argument for QEMU that is ours' says 2 '--qemu-arg: -smp is set by firstbad itself: use --cpus'
printf '# {Procs:2}\ngetpid()\n' >"$work/p.syz"
cause --good main~20 --repro "$work/p.syz"
ok "a program of syzkaller's, and nothing to run it" says 2 '--syz-execprog is missing'
ok 'what would do is told' says 2 'or --syzkaller with a checkout to build them from'
cause --good main~20 --repro "$work/p.syz" --syz-execprog "$(command -v busybox)" --syz-executor "$(command -v busybox)"
ok 'a syz-execprog that is none' says 2 'is no syz-execprog'
cause --good main~20 --repro "$work/p.syz" --syzkaller "$work/tree"
ok 'a checkout of something else' says 2 'is no checkout of syzkaller'
cause --good main~20 --rootfs "v4.1..v5.4=$work/none"
ok 'no such rootfs, of some kernels' says 2 "--rootfs: $work/none does not exist"
cause --good main~20 --suspect /net/tls
ok 'a suspect that is no path of the tree' says 2 "--suspect: '/net/tls': name it from the top of the tree"
cause --good main~20 --prior "$work/none"
ok 'no file of weights' says 2 '--prior: '
for line in 'main' 'main heavy' 'main 0' 'main -1' 'main inf' 'main 1 2'; do
    printf '# of mine\n\nmain~3..main 2 # all new\n%s\n' "$line" >"$work/weights"
    cause --good main~20 --prior "$work/weights"
    ok "weight '$line': the line is named" says 2 "weights:4: '$line' is not a revision (or REV1..REV2) and a number"
done
printf 'main~3..nowhere 2\n' >"$work/weights"
cause --good main~20 --prior "$work/weights"
ok 'a weight of no revision' says 2 "weights:1: revision 'nowhere'"
printf '[job]\ntree=%s\nstrat=HEAD\n' "$work/tree" >"$work/bug.ini"
run cause --job "$work/bug.ini"
ok 'wrong key in a job file' says 2 "no such key: 'strat'"
for kind in '' run fix; do
    printf '[job]\ntree=%s\nstart=HEAD\nkind=%s\n' "$work/tree" "$kind" >"$work/bug.ini"
    run cause --job "$work/bug.ini"
    ok "kind '$kind' in a job file" says 2 "no such key: 'kind'"
done
printf '[job]\ntree=tree\nstart=HEAD\nconfig=config\nrepro=repro.c\ngood=main~20\nqemu=no-such-qemu\n' >"$work/bug.ini"
run cause --job "$work/bug.ini"
ok 'job file: paths from its folder' says 2 "--qemu: 'no-such-qemu'"
run cause --job "$work/bug.ini" --qemu other-qemu
ok 'the command line wins over the job file' says 2 "--qemu: 'other-qemu'"
git clone -q --bare "$work/tree" "$work/bare.git"
cause --tree "$work/bare.git" --good main~20 --qemu no-such-qemu
ok 'a bare repository will do' says 2 "--qemu: 'no-such-qemu'"
git -C "$work/tree" rm -q --cached Kconfig
git -C "$work/tree" commit -qm 'no Kconfig'
cause --good main~20
ok 'not a Linux tree' says 2 'is not a Linux tree'

mkdir "$work/few"
for program in git make ld flex bison bc; do
    ln -s "$(command -v $program)" "$work/few/$program"
done
out=$(PATH=$work/few "$FIRSTBAD" doctor 2>&1)
code=$?
ok 'doctor: no compiler' prints 4 'MISSING  gcc'
ok 'doctor: no QEMU' prints 4 'MISSING  qemu-system-x86_64'
ok 'doctor: nothing is wrong with a state folder that is not there yet' [ "${out##*UNUSABLE*}" = "$out" ]
ok 'doctor: what to install' prints 4 'apt-get install gcc qemu-system-x86'

# Compilers that only say what they are.
for n in 5 8 12; do
    printf '#!/bin/sh\necho "gcc-%d (Test) %d.1.0"\n' $n $n >"$work/few/gcc-$n"
    chmod +x "$work/few/gcc-$n"
done
printf '#!/bin/sh\necho "clang version 16.0.6"\n' >"$work/few/clang-16"
chmod +x "$work/few/clang-16"
out=$(PATH=$work/few "$FIRSTBAD" doctor 2>&1)
code=$?
ok 'doctor: compilers by the age of kernels' prints 4 'v4.11..v5.8    gcc    8 (5) (12)'
ok 'doctor: what an age wants' prints 4 '..v3.17        gcc    none here: gcc-4 is wanted'
ok 'doctor: ages that no compiler can build' prints 4 '..v4.16        clang  none is known to build them'
ok 'doctor: a clang without its linker' prints 4 'clang 16 works with GNU ld only; for LLVM=1 install lld-16 llvm-16'
ok 'doctor: 80 columns' [ "$(printf '%s\n' "$out" | sed -n '/^Compilers/,/^$/p' | wc -L)" -le 80 ]

run doctor --state-dir "$work/config/state"
ok 'doctor: a state folder below a file' prints 4 "UNUSABLE  the state folder: $work/config is no folder"
mkdir "$work/damaged"
echo no database, however long it is read >"$work/damaged/firstbad.db"
run doctor --state-dir "$work/damaged"
ok 'doctor: a damaged store' prints 4 "UNUSABLE  the state folder: $work/damaged/firstbad.db is damaged"

# A folder of no name is not the one where the user stands.
mkdir "$work/here"
cd "$work/here" || exit 1
run status --state-dir ''
ok 'an empty --state-dir, to read' says 2 '--state-dir: the name is empty'
run run --state-dir '' --repo "$work/tree" --bad main --test true
ok 'an empty --state-dir, to write' says 2 '--state-dir: the name is empty'
state=$FIRSTBAD_STATE_DIR
export FIRSTBAD_STATE_DIR= XDG_STATE_HOME="$work/xdg"
run status
ok 'an empty FIRSTBAD_STATE_DIR is none' says 2 "there are no jobs in $work/xdg/firstbad yet"
FIRSTBAD_STATE_DIR=$state
ok 'nothing lies there' [ -z "$(ls -A)" ]

ok 'nothing was done: no state folder' [ ! -e "$work/state" ]
run status
ok 'status without jobs' says 2 'there are no jobs in'
finish
