# SPDX-License-Identifier: Apache-2.0
# What bash completes for firstbad and git firstbad. Commands, options, what an option takes and what a command takes are read
# from --help each time, so nothing of that is known here.

# _firstbad_options PROGRAM COMMAND: lines of "--OPTION<TAB>WHAT IT TAKES<TAB>TEXT"
_firstbad_options() {
    LC_ALL=C.UTF-8 "$1" "$2" --help 2>/dev/null |
        sed -n 's/^  \(-., \)\?\(--[a-z][a-z-]*\)\(=\([^ ]*\)\)\?  *\(.*\)$/\2\t\4\t\5/p'
}

# _firstbad_arguments PROGRAM COMMAND: what it takes beside options, a line each
_firstbad_arguments() {
    local word words
    read -ra words < <(LC_ALL=C.UTF-8 "$1" "$2" --help 2>/dev/null | sed -n '2s/^[^]]*\] *//p')
    for word in "${words[@]}"; do
        case $word in -* | \[-* | \{*) break ;; esac
        printf '%s\n' "$word"
    done
}

# _firstbad_given NAME...: the value of one of these options on the command line
_firstbad_given() {
    local name i
    for ((i = 1; i < cword; i++)); do
        for name; do
            case ${words[i]} in
            "$name") printf '%s\n' "${words[i + 1]}" ;;
            "$name"=*) printf '%s\n' "${words[i]#*=}" ;;
            esac
        done
    done
}

# Add those of the lines on standard input that go on with $cur.
_firstbad_offer() {
    local line
    while IFS= read -r line; do
        [[ $line == "$cur"* ]] && COMPREPLY+=("$(printf %q "$line")")
    done
}

# _firstbad_values PROGRAM WHAT TEXT: complete $cur, which is a WHAT
_firstbad_values() {
    local tree state_dir list='^[a-z]+(, [a-z]+)* or [a-z]+'
    case $2 in
    *JOB*)
        state_dir=$(_firstbad_given --state-dir | tail -n 1)
        _firstbad_offer < <("$1" status --names ${state_dir:+--state-dir "$state_dir"} 2>/dev/null)
        ;;
    *REV* | *START*)
        tree=$(_firstbad_given --tree --repo --source | tail -n 1)
        _firstbad_offer < <(printf 'HEAD\n'; git -C "${tree:-.}" for-each-ref --format='%(refname:short)' 2>/dev/null)
        ;;
    *DIR*) _filedir -d ;;
    *FILE* | *PATH* | *SRC* | *LOG* | *PROGRAM* | F) _filedir ;;
    *'|'*) _firstbad_offer < <(printf '%s\n' "${2//|/$'\n'}") ;;
    *)
        # "auto, kvm or tcg (auto)"
        if [[ $3 =~ $list ]]; then
            _firstbad_offer < <(printf '%s\n' "${BASH_REMATCH[0]}" | sed 's/,\? or /\n/; s/, /\n/g')
        fi
        ;;
    esac
}

# _firstbad_after PROGRAM N: complete the words from number N on, the command's
_firstbad_after() {
    local program=$1 first=$2 option what text n_given=0 i
    local -A takes=() texts=()
    local arguments

    if ((cword == first)); then
        _firstbad_offer < <("$program" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\)  .*/\1/p'; printf '%s\n' --help --version)
        return
    fi
    while IFS=$'\t' read -r option what text; do
        # A tab is white space to read, and an empty field between two is none.
        takes[$option]=$what texts[$option]=$text
    done < <(_firstbad_options "$program" "${words[first]}" | sed 's/\t\t/\t-\t/')
    if [[ $cur == --*=* ]]; then
        prev=${cur%%=*} cur=${cur#*=}
    fi
    if [[ $prev == -* && ${takes[$prev]:--} != - ]]; then
        _firstbad_values "$program" "${takes[$prev]}" "${texts[$prev]}"
        return
    fi
    if [[ $cur == -* ]]; then
        for option in "${!takes[@]}"; do
            [[ $option == "$cur"* ]] || continue
            if [[ ${takes[$option]} == - ]]; then
                COMPREPLY+=("$option ")
            else
                COMPREPLY+=("$option=")
            fi
        done
        compopt -o nospace 2>/dev/null
        return
    fi
    for ((i = first + 1; i < cword; i++)); do
        case ${words[i]} in
        --*=*) ;;
        -*) [[ ${takes[${words[i]}]:--} == - ]] || ((i++)) ;;
        *) ((++n_given)) ;;
        esac
    done
    mapfile -t arguments < <(_firstbad_arguments "$program" "${words[first]}")
    what=${arguments[n_given]-}
    # "LOG...": and so on
    if [[ ! $what && ${#arguments[@]} -gt 0 && ${arguments[-1]} == *...* ]]; then
        what=${arguments[-1]}
    fi
    [[ ! $what ]] || _firstbad_values "$program" "$what" ''
}

_firstbad() {
    local cur prev words cword
    _init_completion -n = || return
    _firstbad_after "$1" 1
}

# git's own completion calls this, with cur, prev, words and cword set.
_git_firstbad() {
    local first
    for ((first = 1; first < cword; first++)); do
        [[ ${words[first]} == firstbad ]] && break
    done
    _firstbad_after firstbad $((first + 1))
}

complete -F _firstbad firstbad git-firstbad
