#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The man pages: each command has one, which tells all options of its --help and no others (and docs/JSON.md its JSON); they point to pages that are there; a
# formatter finds nothing wrong with them, and they fit 80 columns.
. "$(dirname "$0")/../cli/tap.sh"
pages=$(dirname "$0")/../../docs/man
whole() { "$pages/whole" "$pages/$1.scd"; }

# `firstbad COMMAND --help` has lines "  -j, --jobs=N   Text"; what they say is printed as "-j" and "--jobs N".
options_of_help() {
    "$FIRSTBAD" "$1" --help |
        sed -n 's/^  \(-[a-z]\), \(--[a-z-]*\)=\?\([^ ]*\) .*/\1\n\2 \3/p; s/^  \(--[a-z-]*\)=\?\([^ ]*\) .*/\1 \2/p' |
        sed 's/ *$//' | sort
}
# A page has lines "*-j* _N_, *--jobs* _N_": the same of these.
options_of_page() {
    whole "$1" | sed -n '/^\*-/{s/, \*/\n*/g;p}' | sed 's/[*_\]//g; s/^\(-[a-z]\) .*/\1/' | sort
}
is_told() { # is_told COMMAND: page and --help tell the same options; the difference goes to $out
    options_of_help "$1" | tr -d _ >"$work/help"
    options_of_page "firstbad-$1.1" >"$work/page"
    [ -s "$work/help" ] && out=$(diff "$work/help" "$work/page")
}
# `--guests=N  At once (2)`: what the page says of the option has that number, too; those that it has not go to $out.
has_defaults() { # has_defaults COMMAND
    out=$("$FIRSTBAD" "$1" --help | sed -n 's/^  \(-., \)\?\(--[a-z-]*\)[= ].*(\([0-9.]*\))$/\2 \3/p' | while read -r option default; do
        whole "firstbad-$1.1" | awk -v tag="*$option*" -v wanted="$default" '
            /^\*-/ && index($0, tag) { on = 1 }
            $0 == "" { on = 0 }
            on && index($0, wanted) { found = 1 }
            END { exit !found }' || echo "$option: $default"
    done)
    [ -z "$out" ]
}
has_summary() { # has_summary COMMAND TEXT: its page and the overview say of it what --help does
    [ "$(whole "firstbad-$1.1" | sed -n '5s/^[^ ]* - //p')" = "$2" ] &&
        whole firstbad.1 | grep -A 1 "^\*$1\*$" | tr -d '*' | grep -qiF "$(printf '\t%s' "$2")"
}
# Options that are spoken of anywhere in the text, of firstbad's: those in bold.
options_spoken_of() { whole "$1" | grep -o '\*--[a-z-]*' | tr -d '*' | sort -u; }
pages_spoken_of() { whole "$1" | grep -o '\*firstbad[a-z-]*\*([0-9])' | tr -d '*' | sort -u | sed 's/(\(.\))/.\1/'; }

code=0 out= err=
"$FIRSTBAD" --help >"$work/commands.help"
sed -n 's/^  \([a-z]*\)  *\(.*\)/\1 \2/p' "$work/commands.help" | grep '^[a-z]* ' >"$work/commands"
commands=$(cut -d ' ' -f 1 "$work/commands")
ok 'there are commands' [ "$(wc -l <"$work/commands")" -ge 20 ]
echo '--version' >"$work/known"
for command in $commands; do
    options_of_help "$command" | grep -o '^--[a-z-]*' >>"$work/known"
    if [ ! -e "$pages/firstbad-$command.1.scd" ]; then
        out="no docs/man/firstbad-$command.1.scd"
        ok "$command has a page" false
        continue
    fi
    ok "$command: page and --help tell the same options" is_told "$command"
    out=
    ok "$command: its exit codes are told" grep -qx '# EXIT STATUS' "$pages/firstbad-$command.1.scd"
    ok "$command: the defaults of --help stand in the page" has_defaults "$command"
    if options_of_help "$command" | grep -qx -e --json; then
        out=$(grep '^## ' "$pages/../JSON.md")
        ok "$command: its JSON is described" grep -qE "^## .*\`(firstbad )?$command[ \`]" "$pages/../JSON.md"
    fi
    ok "$command: page, overview and --help say alike what it does" has_summary "$command" "$(sed -n "s/^$command //p" "$work/commands")"
done
out=$(whole firstbad.1 | sed -n '/^# EXIT STATUS/,/^# ENV/s/^\*\([0-9]*\)\*$/\1/p' | tr '\n' ' ')
ok 'the overview has the exit codes of --help' [ "$out" = "$(sed -n 's/^  \([0-9]\{1,3\}\)  .*/\1/p' "$work/commands.help" | tr '\n' ' ')" ]

out=$(grep -rho --include='*.c' 'getenv("FIRSTBAD_[A-Z_]*"' "$pages/../../src" | grep -o 'FIRSTBAD_[A-Z_]*' | sort -u | while read -r name; do
    whole firstbad.1 | grep -q "^\*.*$name\*" || echo "$name"
done)
ok 'the overview has each variable of the environment' [ -z "$out" ]

sort -u "$work/known" -o "$work/known"
for page in "$pages"/*.scd; do
    page=$(basename "$page" .scd)
    options_spoken_of "$page" >"$work/spoken"
    out=$(comm -23 "$work/spoken" "$work/known")
    ok "$page speaks of no option that is not there" [ -z "$out" ]
    out=$(for other in $(pages_spoken_of "$page"); do [ -e "$pages/$other.scd" ] || echo "$other"; done)
    ok "$page points to pages that are there" [ -z "$out" ]
    out=$(grep -c "'$(basename "$page" ".${page##*.}")'" "$pages/meson.build")
    ok "$page is installed" [ "$out" -ge 1 ]
    [ "$page" = firstbad-work.1 ] || ok "$page has examples" grep -qx '# EXAMPLES' "$pages/$page.scd"
done

if ! command -v scdoc >/dev/null || ! command -v groff >/dev/null || ! command -v mandoc >/dev/null; then
    skip 'what formatters say' 'no scdoc, groff or mandoc'
    finish
    exit
fi
for page in "$pages"/*.scd; do
    page=$(basename "$page" .scd)
    out=$(whole "$page" | scdoc 2>&1 >"$work/$page")
    ok "$page: scdoc takes it" [ -z "$out" ]
    out=$(groff -man -Tutf8 -ww -z "$work/$page" 2>&1)
    ok "$page: no warnings by groff" [ -z "$out" ]
    # The empty paragraphs are scdoc's own.
    out=$(cd "$work" && mandoc -Tlint -W warning "$page" | grep -v 'skipping paragraph macro')
    ok "$page: no warnings by mandoc" [ -z "$out" ]
    # Logs have ids of full length, and are not broken.
    out=$(groff -man -Tascii -P-cbou -rLL=80n "$work/$page" | grep -E '.{81}' | grep -vE '[0-9a-f]{40}')
    ok "$page: fits 80 columns" [ -z "$out" ]
done
finish
