#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firstbad where git and the shells look for it: `git firstbad`, and what bash and zsh complete.
. "$(dirname "$0")/tap.sh"
data=$(dirname "$(readlink -f "$0")")/../../data

mkdir -p "$work/bin" "$work/share/bash-completion/completions" "$work/zsh"
ln -s "$FIRSTBAD" "$work/bin/firstbad"
ln -s "$data/git-firstbad" "$work/bin/git-firstbad"
cp "$data/completions/firstbad.bash" "$work/share/bash-completion/completions/firstbad"
ln -s firstbad "$work/share/bash-completion/completions/git-firstbad"
cp "$data/completions/_firstbad" "$data/completions/_git-firstbad" "$work/zsh"
export PATH="$work/bin:$PATH"

make_repo "$work/tree" 12 7
git -C "$work/tree" branch topic
subcommand() { # subcommand ARGS...: `git ARGS...`, as `run` does
    git "$@" >"$work/out" 2>"$work/err" </dev/null
    code=$? out=$(cat "$work/out") err=$(cat "$work/err")
}
subcommand -C "$work/tree" firstbad run --good main~11 --bad main --test 'test ! -e bad' --name here
ok 'git firstbad: on this repository' prints 0 'First bad commit'
mkdir "$work/tree/below"
subcommand -C "$work/tree/below" firstbad run --good main~11 --bad main --test 'test ! -e bad' --name below
ok 'git firstbad: from a folder of it' prints 0 'First bad commit'
git clone -q --bare "$work/tree" "$work/bare.git"
subcommand -C "$work/bare.git" firstbad run --good main~11 --bad main --test 'test ! -e bad' --name bare
ok 'git firstbad: in a bare one' prints 0 'First bad commit'
subcommand --git-dir="$work/bare.git" firstbad run --good main~11 --bad main --test 'test ! -e bad' --name git-dir
ok 'git --git-dir firstbad' prints 0 'First bad commit'
subcommand -C "$work/bare.git" firstbad run --repo "$work/none" --good main~11 --bad main --test true
ok 'git firstbad: another one is taken' says 2 --repo
subcommand -C "$work/tree" firstbad cause --start HEAD
ok 'git firstbad cause: the tree is known' says 2 '--config is missing'
echo CONFIG_SMP=y >"$work/config"
printf '[job]\ntree=%s\nstart=HEAD\nbug=build\nconfig=%s\n' "$work/none" "$work/config" >"$work/job.ini"
subcommand -C "$work/tree" firstbad cause --job "$work/job.ini"
ok 'git firstbad: that of a job file is taken' says 2 "$work/none"
subcommand -C "$work" firstbad status
ok 'git firstbad: nowhere' exits 2
subcommand -C "$work/tree" firstbad status
ok 'git firstbad: other commands' prints 0 'here '
ok 'git firstbad -h' eval 'git -C "$work/tree" firstbad -h | grep -q "^Usage: firstbad"'

run run --repo "$work/tree" --good main~11 --bad main --test 'test ! -e bad' --name 'two words'
run status --names
ok 'names, one a line' [ "$out" = "here
below
bare
git-dir
two words" ]

# bash_completes WORD...: sets out to what bash offers for the last of them
cat >"$work/ask" <<'END'
. /usr/share/bash-completion/bash_completion
if [[ $1 == git ]]; then
    _completion_loader git
    function=__git_wrap__git_main
else
    _completion_loader firstbad || [[ $? -eq 124 ]]
    [[ $(complete -p firstbad) == 'complete -F _firstbad firstbad' ]] || exit 1
    function=_firstbad
fi
COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMP_CWORD=$(($# - 1)) COMP_TYPE=9 COMP_KEY=9
COMP_WORDS=("$@")
# As readline does.
if [[ ${!#} == --*=* ]]; then
    COMP_WORDS=("${@:1:$#-1}" "${COMP_LINE##* }")
    word=${!#}
    COMP_WORDS=("${@:1:$#-1}" "${word%%=*}" = "${word#*=}")
    COMP_CWORD=$(($# + 1))
fi
"$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}" | sed 's/ $//'
END
bash_completes() {
    out=$(cd "$work/tree" && XDG_DATA_DIRS=$work/share:/usr/share bash --norc "$work/ask" "$@" 2>"$work/err")
    code=$? err=$(cat "$work/err")
}
offers() { # offers CANDIDATE...: these among others
    for candidate; do
        printf '%s\n' "$out" | grep -q -x -F -e "$candidate" || return 1
    done
}
if [ -e /usr/share/bash-completion/bash_completion ]; then
    bash_completes firstbad re
    ok 'bash: commands' [ "$(printf '%s\n' "$out" | sort | tr '\n' ' ')" = 'recipients report restart resume ' ]
    bash_completes firstbad ''
    ok 'bash: all commands' [ "$(printf '%s\n' "$out" | grep -vc '^--')" -eq "$("$FIRSTBAD" --help | sed -n '/^Commands:/,/^$/p' | grep -c '^  ')" ]
    bash_completes firstbad report --
    ok 'bash: options' offers --json --mail --kcidb --state-dir=
    for command in cause kernels oops sim; do
        bash_completes firstbad "$command" --
        ok "bash: all options of $command" [ "$(printf '%s\n' "$out" | grep -c .)" -eq "$("$FIRSTBAD" "$command" --help | grep -c -E '^  (-., )?--')" ]
    done
    bash_completes firstbad report ''
    ok 'bash: jobs' offers here below bare 'two\ words'
    bash_completes firstbad report b
    ok 'bash: jobs that begin so' [ "$out" = "$(printf 'below\nbare')" ]
    bash_completes firstbad report --json h
    ok 'bash: jobs behind an option' [ "$out" = here ]
    bash_completes firstbad try --like h
    ok 'bash: jobs of an option' [ "$out" = here ]
    bash_completes firstbad verdict here ma
    ok 'bash: revisions' [ "$out" = main ]
    bash_completes firstbad verdict here main s
    ok 'bash: words' [ "$out" = skip ]
    bash_completes firstbad cause --start to
    ok 'bash: revisions of an option' [ "$out" = topic ]
    bash_completes firstbad cause --start=to
    ok 'bash: behind =' [ "$out" = topic ]
    bash_completes firstbad cause --bug ''
    ok 'bash: the words that an option takes' [ "$(printf '%s ' $out)" = 'crash hang boot basic build ' ]
    bash_completes firstbad cause --config "$work/con"
    ok 'bash: files' [ "$out" = "$work/config" ]
    bash_completes firstbad cause --scratch "$work/s"
    ok 'bash: folders alone' [ "$(printf '%s\n' "$out" | sort)" = "$(printf '%s\n' "$work/share" "$work/state")" ]
    bash_completes git firstbad rep
    ok 'bash: git firstbad' [ "$out" = report ]
    bash_completes git firstbad report be
    ok 'bash: git firstbad: jobs' [ "$out" = below ]
else
    skip bash 'no bash-completion'
fi

# What a person at zsh has on the line after a tab.
cat >"$work/zsh-ask" <<'END'
zmodload zsh/zpty
zpty -b shell 'TERM=dumb zsh -f -i'
send() { zpty -w shell "$1"; }
send "fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; setopt no_beep; zstyle ':completion:*' menu no"
send "dump() { print -r -- \"\$BUFFER\" >>$2; zle kill-buffer }; zle -N dump; bindkey '^T' dump; bindkey '^I' complete-word"
send "cd $3; : >$2.ready"
while [[ ! -e $2.ready ]]; do zpty -r shell line 2>/dev/null; done
shift 3
for line; do
    zpty -w -n shell "$line"$'\t\x14'
done
END
zsh_completes() { # zsh_completes LINE...: sets out to the lines after a tab
    rm -f "$work/lines" "$work/lines.ready"
    : >"$work/lines"
    n=$#
    cat >>"$work/zsh-ask.$n" <"$work/zsh-ask"
    printf 'while [[ $(wc -l <%s) -lt %d ]]; do zpty -r -t shell line 2>/dev/null; done\n' "$work/lines" "$n" >>"$work/zsh-ask.$n"
    timeout 120 zsh -f "$work/zsh-ask.$n" "$work/zsh" "$work/lines" "$work/tree" "$@" >"$work/err" 2>&1
    code=$? out=$(cat "$work/lines") err=$(cat "$work/err")
}
if command -v zsh >/dev/null; then
    zsh_completes 'firstbad dae' 'firstbad report --mai' 'firstbad report he' 'firstbad report tw' 'firstbad cause --start to' \
        'firstbad cause --start=to' "firstbad cause --config $work/con" 'firstbad verdict here main sk' 'firstbad cause --bug ha' \
        'firstbad try main --like be' 'git firstbad report he'
    ok 'zsh' [ "$out" = "firstbad daemon 
firstbad report --mail 
firstbad report here 
firstbad report two\\ words 
firstbad cause --start topic 
firstbad cause --start=topic 
firstbad cause --config $work/config 
firstbad verdict here main skip 
firstbad cause --bug hang 
firstbad try main --like below 
git firstbad report here " ]
else
    skip zsh 'not installed'
fi
finish
