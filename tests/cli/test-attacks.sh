#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Trees and repositories that mean no good (docs/SECURITY.md): what a build can read, write and plant; what a repository's settings can have run;
# who can read what we leave.
. "$(dirname "$0")/tap.sh"

mkdir "$work/home"
export HOME=$work/home
# Not in /tmp and not at home, which nobody sees in the box anyway. Others may look into it, and nothing of ours depends on the umask.
outside=$(mktemp -d /var/tmp/firstbad-attacks-XXXXXX)
mkdir "$outside/mounted"
trap 'umount "$outside/mounted" 2>/dev/null; rm -rf "$work" "$outside"' EXIT
export FIRSTBAD_STATE_DIR=$outside/state
mkdir "$FIRSTBAD_STATE_DIR"
chmod 755 "$outside" "$FIRSTBAD_STATE_DIR"
umask 0
ran=$outside/ran # whatever is run that should not be writes here
contains() { case $1 in *"$2"*) true ;; *) false ;; esac }

# --- A build -----------------------------------------------------------------------------------

# What a tree's Makefile runs, as Kconfig may with $(shell): it tells in a file of the build folder what it could do.
make_builds "$work/kernel"
cat >"$work/kernel/evil" <<END
cd "\$1"
{
    cat '$FIRSTBAD_STATE_DIR/web-token' && echo GOT the token
    head -c 15 '$FIRSTBAD_STATE_DIR/firstbad.db' && echo GOT the store
    cat '$HOME/key' && echo GOT a key
    ls /run/user && echo GOT sockets
    echo x >>'$outside/victim' && echo GOT a file
    echo x >>../file && echo GOT the sources
    echo x >../.git && echo GOT the worktree
    echo x >'$work/kernel/.git/config' && echo GOT settings
    echo x >'$FIRSTBAD_STATE_DIR/spool/1.request' && echo GOT the spool
    env | grep 'dear.secret' && echo GOT a variable
    cat /proc/[0-9]*/environ | tr '\0' '\n' | grep 'dear.secret' && echo GOT a variable of the box itself
    kill -0 $$ && echo GOT processes
    mount -t tmpfs none '$outside/mounted' && echo GOT a mount
    grep -v '^Iface' /proc/net/route && echo GOT the network
} >told-\$2 2>/dev/null
[ \$2 = build ] || exit 0
# For those who write, read or ask git here afterwards.
for name in .config .config.firstbad firstbad-signing-key.pem built .built.cmd; do
    ln -sfn '$outside/victim' \$name
done
ln -sfn '$outside' include
mkdir -p .git
printf '[core]\n\tfsmonitor = touch $ran\n' >.git/config
printf '* filter=evil diff=evil\n' >.gitattributes
END
sed -i -e 's/^bzImage vmlinux &:$/&\n\t@sh .\/evil $(O) build || true/' \
    -e 's/^olddefconfig:$/&\n\t@sh .\/evil $(O) config || true/' "$work/kernel/Makefile"
git -C "$work/kernel" add evil
git -C "$work/kernel" commit -qam 'builds run this'
git -C "$work/kernel" tag -f good >/dev/null
file_says "$work/kernel" 1 2 broken
echo VICTIM >"$outside/victim"
echo SECRET >"$HOME/key"
(umask 077 && echo TOKEN >"$FIRSTBAD_STATE_DIR/web-token")
printf 'CONFIG_FOO=y\n' >"$work/config"
before=$(git -C "$work/kernel" config --list | sort)
export CI_JOB_TOKEN='a dear-secret' registry_password='a dear-secret' DEPLOY_KEY='a dear-secret'
run cause --tree "$work/kernel" --start main --good good --config "$work/config" --bug build --name built
unset CI_JOB_TOKEN registry_password DEPLOY_KEY
ok 'a build that means no good: the answer' exits 0
told=$(find "$FIRSTBAD_STATE_DIR/slots" -name 'told-*')
ok 'it ran, when it was built' contains "$told" told-build
ok 'and when it was configured' contains "$told" told-config
if contains "$err" 'bwrap'; then
    skip 'it got nothing' 'there is no box'
else
    got=$(grep -h GOT $told | sort -u)
    ok "it got nothing $got" [ -z "$got" ]
fi
ok 'what it left led nowhere' [ "$(cat "$outside/victim")" = VICTIM ]
ok 'nothing was run for it' [ ! -e "$ran" ]
ok 'the settings are as they were' [ "$(git -C "$work/kernel" config --list | sort)" = "$before" ]

# A script of the tree's that firstbad asks without a job.
mkdir "$work/kernel/scripts"
cat >"$work/kernel/scripts/get_maintainer.pl" <<END
print -r '$FIRSTBAD_STATE_DIR/web-token' ? "GOT <got\\@example.org> (maintainer:X)\n" : "Asked <asked\\@example.org> (maintainer:X)\n";
END
echo 'THE REST' >"$work/kernel/MAINTAINERS"
run recipients --source "$work/kernel" --matcher script --file file
asked() { [ "$code" -eq 0 ] && contains "$out" asked@ && ! contains "$out" got@; }
if contains "$err" 'bwrap'; then
    skip 'whom to tell: it got nothing' 'there is no box'
else
    ok 'whom to tell: it got nothing' asked
fi
open=$(cd "$FIRSTBAD_STATE_DIR" && find . -mindepth 1 -maxdepth 1 -perm /077)
ok "whatever the umask, nobody else reads $open" [ -z "$open" ]

# --- A repository ------------------------------------------------------------------------------

# Its settings name programs, wherever git knows of any; files have attributes that ask for them.
make_builds "$work/settings"
echo '* filter=evil diff=evil merge=evil' >"$work/settings/.gitattributes"
printf '[submodule "sub"]\n\tpath = sub\n\turl = ../sub\n\tupdate = checkout\n' >"$work/settings/.gitmodules"
git -C "$work/settings" add .gitattributes .gitmodules
git -C "$work/settings" update-index --add --cacheinfo "160000,$(git -C "$work/settings" rev-parse HEAD),sub"
git -C "$work/settings" commit -qm 'attributes of files'
git -C "$work/settings" tag -f good >/dev/null
lines() { # lines FIRST LAST: a commit of a longer file
    { echo "$1" && seq 30 && echo "$2"; } >"$work/settings/file"
    git -C "$work/settings" add file
    git -C "$work/settings" commit -qm "from $1 to $2"
}
lines 1 1
lines 2 1
lines broken 1
culprit=$(git -C "$work/settings" rev-parse --short=12 HEAD)
lines broken 2 # to take the culprit back takes a merge
cp "$work/settings/.gitattributes" "$work/settings/.git/info/attributes"
while read -r key suffix; do
    git -C "$work/settings" config "$key" "sh -c 'echo $key >>$ran; cat' $suffix"
done <<END
core.fsmonitor
core.sshCommand
core.gitProxy
core.pager
core.editor
core.askPass
core.alternateRefsCommand
sequence.editor
credential.helper
diff.external
diff.evil.command
diff.evil.textconv
filter.evil.smudge
filter.evil.clean
filter.evil.process
merge.evil.driver
gpg.program
pager.log
pager.show
uploadpack.packObjectsHook
remote.origin.uploadpack
interactive.diffFilter
trailer.fixes.command
END
git -C "$work/settings" config filter.evil.required true
# A submodule is in use, with all that git could do about it.
git -C "$work/settings" config submodule.recurse true
git -C "$work/settings" config submodule.sub.active true
git -C "$work/settings" config submodule.sub.url "ext::sh -c 'echo submodule >>$ran'"
git -C "$work/settings" config submodule.sub.update "!echo update >>$ran"
git -C "$work/settings" config diff.submodule log
git -C "$work/settings" config commit.gpgSign true
git -C "$work/settings" config log.showSignature true
git -C "$work/settings" config remote.origin.url "ext::sh -c 'echo ext >>$ran'"
git -C "$work/settings" config protocol.ext.allow always
git -C "$work/settings" config remote.origin.promisor true
mkdir -p "$work/hooks"
for hook in post-checkout post-index-change reference-transaction pre-auto-gc post-commit pre-commit fsmonitor-watchman; do
    printf '#!/bin/sh\necho hook %s >>%s\n' $hook "$ran" >"$work/hooks/$hook"
    chmod +x "$work/hooks/$hook"
    cp "$work/hooks/$hook" "$work/settings/.git/hooks/"
done
git -C "$work/settings" config core.hooksPath "$work/hooks"
rm -f "$ran" # of our own gits
nothing_ran() { # nothing_ran WHAT: what was done ran nothing
    ok "$1: nothing of theirs is run $(sort -u "$ran" 2>/dev/null | tr '\n' ' ')" [ ! -e "$ran" ]
    rm -f "$ran"
}
run cause --tree "$work/settings" --start main --good good --config "$work/config" --bug build --name settings
ok 'settings: the answer' prints 0 "$culprit"
ok 'settings: the culprit was taken back' prints 0 "passed: the start $(git -C "$work/settings" rev-parse --short=12 main) does not show the bug without it"
nothing_ran "settings: cause"
run report settings --json
nothing_ran "settings: report"
run recipients --source "$work/settings" --commit main
nothing_ran "settings: recipients"
run report settings --html
nothing_ran "settings: page"
for variable in smudge clean process required; do
    git -C "$work/settings" config --unset filter.evil.$variable
done
go() { run run --repo "$work/settings" --bad main --good good --test '! grep broken file' --name "$1"; }
go plain
ok 'settings: the answer of a command' prints 0 "$culprit"
nothing_ran "settings: run"
git -C "$work/settings" config filter.evil.smudge "echo smudged >>$ran; cat"
go filtered
ok "settings: where the user's own commands run, so do filters" grep -qx smudged "$ran"

# --- Files of a tree that are called as programs and libraries are ------------------------------

# Whoever says PATH=$PATH: has them looked for in the current folder, which is the tree's for some of our gits.
make_builds "$work/names"
for program in git make sh perl bwrap; do
    printf '#!/bin/sh\necho %s >>%s\nexec /usr/bin/%s "$@"\n' $program "$ran" $program >"$work/names/$program"
    chmod +x "$work/names/$program"
done
cat >"$work/evil.c" <<END
#include <fcntl.h>
__attribute__((constructor)) static void begin(void)
{
    open("$ran", O_CREAT | O_WRONLY, 0600);
}
END
gcc -shared -fPIC -o "$work/names/libz.so.1" "$work/evil.c"
cp "$work/names/libz.so.1" "$work/names/libpcre2-8.so.0"
git -C "$work/names" add .
git -C "$work/names" commit -qm 'names of others'
git -C "$work/names" tag -f good >/dev/null
file_says "$work/names" 1 broken
culprit=$(git -C "$work/names" rev-parse --short=12 HEAD)
rm -f "$ran"
PATH=:$PATH:. LD_LIBRARY_PATH=: run cause --tree "$work/names" --start main --good good --config "$work/config" --bug build --name names
ok 'the current folder in PATH: the answer' prints 0 "$culprit"
nothing_ran 'programs and libraries of the tree'

# --- Names -------------------------------------------------------------------------------------

# As a revision, a file, a job, an address to fetch from: it is refused, or a name that is only a name.
refuses() { # refuses ARGS... NAME: it ends by itself with an error, runs nothing, and no byte of it steers a terminal
    run "$@"
    [ "$code" -ge 1 ] && [ "$code" -le 4 ] && [ ! -e "$ran" ] && ! LC_ALL=C grep -q "$(printf '\033')" "$work/err" "$work/out"
}
kernel_job() { printf '%s\n' cause --tree "$work/kernel" --config "$work/config" --bug build; }
rm -f "$ran"
nl='
'
set -f
for evil in "--output=$ran" "--upload-pack=touch $ran" "\$(touch $ran)" "HEAD;touch $ran" "HEAD^{\`touch $ran\`}" "ext::sh -c touch% $ran" \
    "../../../etc/passwd" "HEAD${nl}-x" "^HEAD" "HEAD~1..HEAD" "$(printf 'a\033[31mb\377')" "$(head -c 100000 /dev/zero | tr '\000' a)"; do
    name=$(printf '%.24s' "$evil" | tr '\n\033\377' '???')
    wrong=
    refuses $(kernel_job) --good good --start="$evil" || wrong="$wrong --start"
    refuses $(kernel_job) --start main --good="$evil" || wrong="$wrong --good"
    refuses $(kernel_job) --start main --good good --fetch="$evil" || wrong="$wrong --fetch"
    refuses $(kernel_job) --start main --good good --config="$evil" || wrong="$wrong --config"
    refuses $(kernel_job) --start main --good good --compiler="$evil" || wrong="$wrong --compiler"
    refuses recipients --source "$work/kernel" --commit="$evil" || wrong="$wrong --commit"
    refuses recipients --source "$work/kernel" --file="$evil" || wrong="$wrong --file"
    refuses report -- "$evil" || wrong="$wrong report"
    ok "a name '$name' does nothing$wrong" [ -z "$wrong" ]
done
set +f
printf '[job]\ntree=%s\nstart=main\ngood=good\nconfig=%s\nbug=build\nname=a\033]0;b\007\n' "$work/kernel" "$work/config" >"$work/job.ini"
run cause --job "$work/job.ini" --queue
ok 'a name that steers terminals, of a job file' prints 0 'queued: a?]0;b?'
run daemon --until-idle
ok 'the daemon tells of it' says 0 'a?]0;b? has ended'
run status
ok 'and the list' prints 0 'a?]0;b?'
run verdict "$(sqlite3 "$FIRSTBAD_STATE_DIR/firstbad.db" 'SELECT max(id) FROM job')" main~1 skip
ok 'and what is said of a verdict' prints 0 'a?]0;b?: '
finish
