# SPDX-License-Identifier: Apache-2.0
# TAP for black-box tests. A test is: run FIRSTBAD ARGS..., then ask about $code, $out, $err.
# Needs: $FIRSTBAD, the program; $REFERENCE, which tells what others would answer (tests/job/reference-main.c). Gives: $work, a folder that goes away at the end.
set -u
n_tests=0
work=$(mktemp -d /tmp/firstbad-cli-XXXXXX)
trap 'rm -rf "$work"' EXIT
export FIRSTBAD_STATE_DIR=$work/state LC_ALL=C.UTF-8 GIT_CONFIG_NOSYSTEM=1 HOME=$work
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.org

run() { # run ARGS...: sets code, out, err
    "$FIRSTBAD" "$@" >"$work/out" 2>"$work/err" </dev/null
    code=$?
    out=$(cat "$work/out")
    err=$(cat "$work/err")
}

ok() { # ok NAME CONDITION...: one result
    name=$1
    shift
    n_tests=$((n_tests + 1))
    if "$@"; then
        echo "ok $n_tests $name"
    else
        echo "not ok $n_tests $name"
        printf '%s\n' "$name: exit $code" "$out" "$err" >&2
    fi
}

skip() { # skip NAME WHY
    n_tests=$((n_tests + 1))
    echo "ok $n_tests $1 # SKIP $2"
}

exits() { [ "$code" -eq "$1" ]; }
says() { # says CODE TEXT: it ended with CODE and TEXT stands in its stderr
    [ "$code" -eq "$1" ] && case $err in *"$2"*) true ;; *) false ;; esac
}
prints() { # prints CODE TEXT: the same for stdout
    [ "$code" -eq "$1" ] && case $out in *"$2"*) true ;; *) false ;; esac
}

finish() { echo "1..$n_tests"; }

# make_repo DIR N BAD: a history of N commits; file `bad` is there from commit BAD on. Every tenth is a release.
make_repo() {
    git init -q "$1"
    i=1
    {
        while [ "$i" -le "$2" ]; do
            echo "commit refs/heads/main"
            echo "mark :$i"
            echo "committer A <a@example.org> $((1700000000 + i)) +0000"
            message="change $i"
            printf 'data %d\n%s\n' "${#message}" "$message"
            printf 'M 644 inline n\ndata %d\n%s\n' "${#i}" "$i"
            [ "$i" -eq "$3" ] && printf 'M 644 inline bad\ndata 4\nyes\n\n'
            [ $((i % 10)) -eq 1 ] && printf 'reset refs/tags/v5.%d\nfrom :%d\n\n' $((i / 10)) "$i"
            i=$((i + 1))
        done
    } | git -C "$1" fast-import --quiet
    git -C "$1" symbolic-ref HEAD refs/heads/main
    git -C "$1" reset -q --hard
}

# make_graph DIR: a history from lines "NAME WHAT PARENT...", each commit a tag. WHAT: bad (the file `bad` comes), mended
# (it goes), broken (cannot be tested), whole, or plain.
make_graph() {
    git init -q "$1"
    n=0
    while read -r name what first rest; do
        n=$((n + 1))
        printf 'commit refs/tags/%s\ncommitter A <a@example.org> %d +0000\n' "$name" $((1700000000 + n))
        printf 'data %d\n%s\n' "${#name}" "$name"
        [ -z "$first" ] || echo "from refs/tags/$first"
        for parent in $rest; do echo "merge refs/tags/$parent"; done
        printf 'M 644 inline n.%s\ndata %d\n%s\n' "${name%%[0-9]*}" "${#n}" "$n"
        case $what in
        bad) printf 'M 644 inline bad\ndata 4\nyes\n\n' ;;
        mended) echo 'D bad' ;;
        broken) printf 'M 644 inline broken\ndata 4\nyes\n\n' ;;
        whole) echo 'D broken' ;;
        esac
    done | git -C "$1" fast-import --quiet
}
# line NAME FROM TO: plain commits NAMEn, each on the one before; the first one on NAME(FROM - 1).
line() {
    i=$2
    while [ "$i" -le "$3" ]; do
        echo "$1$i plain $1$((i - 1))"
        i=$((i + 1))
    done
}
# id NAME: of that tag in $tree.
id() { git -C "$tree" rev-parse "$1^{commit}"; }

# make_builds DIR: a tree that builds like a kernel, by copying a program, unless its file says that it is broken, or odd. The
# tag "good" is before file_says.
make_builds() {
    make_repo "$1" 3 0
    printf 'config FOO\n' >"$1/Kconfig"
    cat >"$1/Makefile" <<'END'
VERSION = 6
PATCHLEVEL = 1
olddefconfig:
	@touch $(O)/.config.firstbad
bzImage vmlinux &:
	@! grep -n broken file || { echo "file:1:1: error: it is broken" >&2; exit 1; }
	@! grep -n odd file || { echo "other.c:7: error: that is odd" >&2; exit 1; }
	@mkdir -p $(O)/arch/x86/boot && cp /bin/true $(O)/vmlinux && cp /bin/true $(O)/arch/x86/boot/bzImage
END
    git -C "$1" add Kconfig Makefile
    git -C "$1" commit -qm 'what a kernel has'
    git -C "$1" tag good
}

# file_says DIR WORD...: a commit for each.
file_says() {
    builds=$1
    shift
    for word in "$@"; do
        echo "$word" >"$builds/file"
        git -C "$builds" add file
        git -C "$builds" commit -qam "the file says $word"
    done
}
