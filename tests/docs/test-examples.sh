#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The examples of the man pages do what they say: each block of a section EXAMPLES is run by a shell, in a folder of its own and
# with the tree, jobs and files that the pages speak of. A line before a block says what is special:
#
#     ; file NAME           it is the content of this file, which other examples use
#     ; exits N...          it ends with one of these codes, not with 0
#     ; not run: REASON     a quarter of all at most
. "$(dirname "$0")/../cli/tap.sh"
pages=$(dirname "$(readlink -f "$0")")/../../docs/man

mkdir -p "$work/blocks" "$work/bin" "$work/project"
ln -s "$FIRSTBAD" "$work/bin/firstbad"
ln -s "$pages/../../data/git-firstbad" "$work/bin/git-firstbad"
real_git=$(command -v git)
PATH=$work/bin:$PATH

# split PAGE: its blocks as files PAGE.N, with what the line before says in PAGE.N.how.
split() {
    "$pages/whole" "$pages/$1.scd" | awk -v base="$work/blocks/$1" '
        !is_block && /^# / { in_examples = ($0 == "# EXAMPLES") }
        !in_examples { next }
        /^```$/ {
            is_block = !is_block
            if (is_block) { n++; print how >(base "." n ".how"); printf "" >(base "." n) }
            how = ""
            next
        }
        is_block { gsub(/\\\\/, "\\"); print >(base "." n) }
        !is_block { how = /^; / ? substr($0, 3) : $0 == "" ? how : "" }'
}

# make_line DIR PREFIX FIRST BAD LAST: commits on top of the files in DIR, with the tags PREFIX.FIRST to PREFIX.LAST; the file `bad` is
# there from BAD on.
make_line() {
    git init -q -b main "$1"
    i=$3
    while [ "$i" -le "$5" ]; do
        echo "int i = $i;" >"$1/number.c"
        [ "$i" -ne "$4" ] || echo yes >"$1/bad"
        git -C "$1" add .
        git -C "$1" commit -qm "change $i"
        git -C "$1" tag "$2.$i"
        i=$((i + 1))
    done
}

# The kernel builds by copying a program, and not where the file `bad` is.
mkdir -p "$work/linux/net/tls"
echo 'config FOO' >"$work/linux/Kconfig"
echo 'int i;' >"$work/linux/net/tls/tls_sw.c"
cat >"$work/linux/Makefile" <<'END'
VERSION = 6
PATCHLEVEL = 1
olddefconfig:
	@touch $(O)/.config.firstbad
bzImage vmlinux &:
	@! test -e bad || { echo "net/tls/tls_sw.c:1:1: error: it is broken" >&2; exit 1; }
	@mkdir -p $(O)/arch/x86/boot && cp /bin/true $(O)/vmlinux && cp /bin/true $(O)/arch/x86/boot/bzImage
END
cat >"$work/linux/MAINTAINERS" <<'END'
List of maintainers
===================

NETWORKING [TLS]
M:	Nora Net <nora@net.example>
L:	netdev@lists.example
S:	Maintained
F:	net/tls/
END
make_line "$work/linux" v6.1 170 183 187
git -C "$work/linux" tag v6.1 v6.1.170

# What stands around the examples: programs that would look at this machine, or send mail; a crash.
say() { printf '#!/bin/sh\n%s\n' "$2" >"$work/bin/$1" && chmod +x "$work/bin/$1"; }
printf 'all:\n\t@true\n' >"$work/project/Makefile"
make_line "$work/project" v1 0 20 40
mkdir "$work/project/consoles"
say dmesg "cat '$work/project/consoles/1.log'"
say git '[ "$1" = send-email ] || exec '"$real_git"' "$@"; printf "%s\n" "$@"'
cat >"$work/project/consoles/1.log" <<'END'
[    9.100000] ------------[ cut here ]------------
[    9.100002] WARNING: CPU: 0 PID: 77 at net/tls/tls_sw.c:25 tls_data_ready+0x71/0x110
[    9.100003] CPU: 0 PID: 77 Comm: repro Not tainted 6.1.0 #1
[    9.100004] RIP: 0010:tls_data_ready+0x71/0x110
[    9.100005] Call Trace:
[    9.100006]  <TASK>
[    9.100008]  tcp_data_ready+0x33/0x44
[    9.100013]  </TASK>
END
cp "$work/project/consoles/1.log" "$work/project/consoles/2.log"
cp /bin/true "$work/linux/vmlinux"
cd "$work/project" || exit 1
printf '#!/bin/sh\ntest ! -e bad\n' >test.sh && chmod +x test.sh
printf 'CONFIG_SMP=y\n' >crash.config
printf 'int main(void) { return 0; }\n' >crash.c
printf 'The crash.\n' >report.txt
run run --name bug --repo ~/linux --good v6.1.170 --bad v6.1.187 --test 'test ! -e bad'
ok 'the job of the examples' exits 0
cat "$work/out" >report.txt
"$FIRSTBAD" log bug >bisect.txt

for page in "$pages"/*.scd; do
    split "$(basename "$page" .scd)"
done
for how in "$work"/blocks/*.how; do
    case $(cat "$how") in
    'file '*) sed "s|/home/me|$work|" "${how%.how}" >"$(sed 's/^file //' "$how")" ;;
    esac
done

ends_with() { case " $1 " in *" $code "*) true ;; *) false ;; esac }
n_not_run=0
for how in "$work"/blocks/*.how; do
    block=${how%.how}
    name=$(basename "$block")
    wanted=0
    case $(cat "$how") in
    'file '*) continue ;;
    'not run: '*)
        n_not_run=$((n_not_run + 1))
        skip "$name" "$(sed 's/^not run: //' "$how")"
        continue
        ;;
    'exits '*) wanted=$(sed 's/^exits //' "$how") ;;
    esac
    if grep -q jq "$block" && ! command -v jq >/dev/null; then
        skip "$name" 'no jq'
        continue
    fi
    bash -e -o pipefail "$block" >"$work/out" 2>"$work/err" </dev/null
    code=$? out=$(cat "$work/out") err=$(cat "$work/err")
    ok "$name: $(head -n 1 "$block" | tr -d '#')" ends_with "$wanted"
done
ok "$n_not_run of $n_tests examples are not run" [ $((4 * n_not_run)) -le "$n_tests" ]
run import "$pages/../../example/mail.txt"
ok "the tutorial's mail is read" says 2 'crash     WARNING: refcount bug in sk_psock_get'
ok 'and what it lacks is told' says 2 "curl -fLo repro.c 'https://demo.example/x/repro.c?x=3'"
finish
