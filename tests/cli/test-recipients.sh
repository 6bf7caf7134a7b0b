#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firstbad recipients: trees with and without git, with and without a script, and what a person gets wrong.
. "$(dirname "$0")/tap.sh"

# A tree with a MAINTAINERS, and a script that answers otherwise, so that one can tell them apart.
make_tree() { # make_tree DIR
    mkdir -p "$1/net/core" "$1/scripts"
    echo 'int a;' >"$1/net/core/sock.c"
    echo 'int b;' >"$1/net/a b.c"
    echo 'int c;' >"$1/other.c"
    cat >"$1/MAINTAINERS" <<'EOF'
List of maintainers
===================

NETWORKING
M:	Nora Net <nora@net.example>
M:	"Q. Quoted" <Quoted@net.example>
R:	Rita Reviewer <rita@net.example>
L:	netdev@lists.example
S:	Maintained
F:	net/

THE REST
M:	Linus Torvalds <torvalds@linux-foundation.org>
L:	linux-kernel@vger.kernel.org
S:	Buried alive in reporters
F:	*
F:	*/
EOF
    cat >"$1/scripts/get_maintainer.pl" <<'EOF'
my $file = $ARGV[-1];
exit 3 if $file eq 'other.c';
print "Of Script <script\@x.y> (supporter:$file)\nlinux-kernel\@vger.kernel.org (open list)\n";
print "list\@x.y (open list:X)\n" if "@ARGV" eq "--git-min-percent=15 --nokeywords -f net/core/sock.c";
print "words\@x.y (reviewer:X)\n" if "@ARGV" eq "--git-min-percent=15 --keywords -f net/core/sock.c";
EOF
}
make_tree "$work/plain"
make_tree "$work/repo"
git init -q -b main "$work/repo"
git -C "$work/repo" add .
git -C "$work/repo" commit -qm base
echo 'int a2;' >"$work/repo/net/core/sock.c"
git -C "$work/repo" commit -qam 'net: change

Reviewed-by: Rev <Rev@x.y>'
git clone -q --bare "$work/repo" "$work/bare.git"
own='To: netdev@lists.example
To: Nora Net <nora@net.example>
To: "Q. Quoted" <Quoted@net.example>
Cc: linux-kernel@vger.kernel.org
Cc: Rita Reviewer <rita@net.example>'

is() { [ "$out" = "$1" ] && [ "$code" -eq 0 ]; }
sorted() { [ "$(printf '%s\n' "$out" | LC_ALL=C sort)" = "$(printf '%s\n' "$1" | LC_ALL=C sort)" ] && [ "$code" -eq 0 ]; }

run recipients --help
ok 'help fits 80 columns' [ -z "$(printf '%s\n' "$out" | awk 'length($0) > 80')" ]

# The tree's own script.
run recipients --source "$work/plain" --file net/core/sock.c
ok 'the script of a tree without git' is 'To: list@x.y
To: Of Script <script@x.y>
Cc: linux-kernel@vger.kernel.org'
ok 'and nothing else is said' [ -z "$err" ]
ln -s plain "$work/link"
run recipients --source "$work/link" --file net/core/sock.c
ok 'a link to a tree' prints 0 'To: list@x.y'
cd "$work/plain/net" || exit 1
run recipients --source .. --file net/core/sock.c
ok 'a tree by a relative name' prints 0 'To: list@x.y'
cd "$OLDPWD" || exit 1
run recipients --source "$work/plain" --file net/core/sock.c --keywords
ok 'with keywords' prints 0 'Cc: words@x.y'
run recipients --source "$work/plain" --file "$work/plain/net/./core/../core/sock.c" --json
ok 'a file by its absolute name, for programs' is \
    '{"to":["list@x.y","script@x.y"],"cc":["linux-kernel@vger.kernel.org"],"names":{"script@x.y":"Of Script"},"source":"get_maintainer.pl"}'
run recipients --source "$work/plain" --file net/core/sock.c --send-email
ok 'for git send-email' is '--to=list@x.y
--to=script@x.y
--cc=linux-kernel@vger.kernel.org'
run recipients --source "$work/plain" --file net --file net/core/sock.c
ok 'a folder and a file: each address once' is 'To: linux-kernel@vger.kernel.org
To: list@x.y
To: Of Script <script@x.y>'

# Our own matcher.
run recipients --source "$work/plain" --file net/core/sock.c --matcher own
ok 'our own matcher' sorted "$own"
ok 'who asked for it is not told so' [ -z "$err" ]
run recipients --source "$work/plain" --file net/core/sock.c --matcher own --json
ok 'also to programs' prints 0 '"source":"MAINTAINERS"'
run recipients --source "$work/plain" --file other.c
ok 'a script that fails: our own' prints 0 'To: linux-kernel@vger.kernel.org'
ok 'with the reason' says 0 'scripts/get_maintainer.pl exited with 3; MAINTAINERS'
run recipients --source "$work/plain" --file other.c --matcher script
ok 'or an error, when only the script will do' says 2 'exited with 3'
run recipients --source "$work/plain" --file 'net/a b.c'
ok 'a name that is not safe with a shell never gets to the script' sorted "$own"
run recipients --source "$work/bare.git" --file net/core/sock.c
ok 'a bare repository' sorted "$own"
run recipients --source "$work/bare.git" --file net/core/sock.c --matcher script
ok 'has no script' says 2 'needs a tree that is checked out'
rm "$work/plain/scripts/get_maintainer.pl"
run recipients --source "$work/plain" --file net/core/sock.c
ok 'no script' sorted "$own"

# Commits.
run recipients --source "$work/repo" --commit main
ok 'a commit: its people, then whom the script names' is 'To: A <a@example.org>
To: linux-kernel@vger.kernel.org
To: rev@x.y
To: Of Script <script@x.y>'
run recipients --source "$work/bare.git" --commit main --file other.c --json
ok 'a commit of a bare repository, and a file' prints 0 '"to":["a@example.org","linux-kernel@vger.kernel.org","netdev@lists.example","nora@net.example","quoted@net.example","rev@x.y"]'
git -C "$work/repo" commit -q --allow-empty -m 'many

Acked-by: b@x.y
Tested-by: c@x.y
Cc: stable@vger.kernel.org'
run recipients --source "$work/repo" --commit main --json
ok 'a commit with people enough' is '{"to":["a@example.org","b@x.y","c@x.y"],"cc":[],"names":{"a@example.org":"A"},"source":"trailers"}'

# Mistakes.
run recipients
ok 'no source' says 2 '--source DIR is missing'
run recipients --source "$work/plain"
ok 'nothing asked' says 2 '--file FILE, --commit REV, or both'
run recipients --source "$work/none" --file a
ok 'no such folder' says 2 "--source: $work/none is not a folder"
run recipients --source "$work/plain/net" --file core/sock.c
ok 'not the top of a tree' says 2 'has no MAINTAINERS: is it the top of a kernel tree?'
run recipients --source "$work/plain" --file net/none.c
ok 'no such file' says 2 "net/none.c is not in the tree $work/plain"
run recipients --source "$work/plain" --file ../plain/other.c
ok 'a file outside' says 2 'is not in the tree'
run recipients --source "$work/bare.git" --file net/none.c
ok 'no such file in a bare repository' says 2 'net/none.c is not in the tree of HEAD'
run recipients --source "$work/plain" --commit HEAD
ok 'a commit without git' says 2 'is not a git repository'
run recipients --source "$work/repo" --commit no-such
ok 'no such commit' says 2 'no-such'
run recipients --source "$work/plain" --file other.c --matcher perl
ok 'no such matcher' says 2 '--matcher: any, script or own'
run recipients --source "$work/plain" --file other.c --json --send-email
ok 'two forms' says 2 '--json or --send-email'
finish
