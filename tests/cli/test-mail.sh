#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firstbad report --mail: read as receivers read it, taken by git send-email and a sendmail; what strangers wrote breaks nothing.
# Needs $TOLD_WORLD, which makes a job for each kind of answer (tests/report/told-main.c).
. "$(dirname "$0")/tap.sh"
here=$(dirname "$(readlink -f "$0")")

mail() { # mail ARGS...: `report --mail`; $work/mail is the message, $read what a receiver reads
    run report --mail "$@"
    cp "$work/out" "$work/mail"
    read=$("$here/read-mail.py" "$work/mail" 2>"$work/damage") || { read=damaged; err=$(cat "$work/damage"); }
}
reads() { case $read in *"$1"*) [ "$code" -eq 0 ] ;; *) false ;; esac; }
reads_not() { [ "$code" -eq 0 ] && case $read in *"$1"*) false ;; *) true ;; esac; }
header() { printf '%s\n' "$read" | sed -n "/^\$/q; s/^$1: //p"; }
# What is quoted stands behind two blanks; a tag may not be broken.
narrow() { ! sed '1,/^$/d' "$work/mail" | grep -v -e '^  ' -e '^Fixes: ' -e '^Reported-by: ' | grep -q '.\{76\}'; }
ends_with() { # the last paragraph but tags says so
    printf '%s\n' "$read" | sed '/^Who mends it/,$d' | tail -n 12 | tr '\n' ' ' | grep -q "$1"
}

"$TOLD_WORLD" "$FIRSTBAD_STATE_DIR" || exit 1
git config --global user.name 'Zoë Tester'
git config --global user.email zoe@example.org

mail sure
ok 'a culprit: the subject' [ "$(header Subject)" = '[bisected] WARNING: refcount bug in sk_psock_get since 341adeec9ada' ]
ok 'To' [ "$(header To)" = 'a@example.org, b@example.org' ]
ok 'From: as git has it' [ "$(header From)" = 'Zoë Tester <zoe@example.org>' ]
ok 'rates at the culprit' reads 'passed: the culprit 341adeec9ada shows the bug (1 of 1'
ok 'rates at the start' reads 'seen at: 7e062cda7d90, crashed in 2 of 2 trials'
ok 'rates at the good end' reads 'good: df0cc57e057f (v5.16), crashed in 0 of 1 trials'
ok 'the crash is quoted' reads '
  Call Trace:'
ok 'how to see it' reads 'firstbad try 7e062cda7d90 --tree . \
        --config ../crash.config --repro ../crash.c'
ok 'the accusation comes last' ends_with 'It began with this commit (99.5 % sure): '
ok 'Fixes: of twelve digits' reads '
Fixes: 341adeec9ada ("net/smc: Forward wakeup to smc socket waitqueue after fallback")'
ok 'Reported-by' reads '
Reported-by: Zoë Tester <zoe@example.org>'
ok '75 columns' narrow
ok 'no answer to anything' [ -z "$(header In-Reply-To)" ]
mail sure --in-reply-to '<20260101.1@example.org>'
ok 'an answer to a message' [ "$(header In-Reply-To) $(header References)" = '<20260101.1@example.org> <20260101.1@example.org>' ]

mail probable
ok 'less sure: other words' ends_with 'Most probably it began with this commit (96.0 % sure): '
ok 'and a tag' reads '
Fixes: '
mail hint
ok 'a hint' ends_with 'a hint and no more'
ok 'accuses nobody by a tag' reads_not '
Fixes: '
ok 'nor in the subject' [ "$(header Subject)" = 'WARNING: refcount bug in sk_psock_get' ]
mail set
ok 'a set' ends_with 'one of these 2 (97.0 % sure), and no single one is accused'
ok 'has no tag' reads_not '
Fixes: '
mail unconfirmed
ok 'checks that failed' ends_with 'The most probable one, which the checks do not confirm:'
mail revealer
ok 'a revealer' ends_with 'these changed the files of the crash last'
ok 'may not be at fault' reads 'may only reveal a fault that is older'
ok 'has no tag either' reads_not '
Fixes: '
mail older
ok 'older' ends_with 'df0cc57e057f, the oldest that was tested, has it already'
mail fix
ok 'a fix' ends_with 'It was mended by this commit'
ok 'a fix: the subject' [ "$(header Subject)" = 'WARNING: refcount bug in sk_psock_get: mended by 341adeec9ada' ]
ok 'a fix fixes nothing' reads_not '
Fixes: '
mail not-fixed
ok 'not mended yet' ends_with 'It is not mended: df0cc57e057f'
mail unfinished
ok 'no answer yet: no mail' says 1 'nothing to write to others: it has no answer yet'
mail not-reproduced
ok 'nothing to tell others' says 3 'nothing to write to others'

mail foreign
ok 'not ASCII: the subject' [ "$(header Subject)" = '[bisected] WARNING in größe_修正 since 341adeec9ada' ]
ok 'not ASCII: the tag' reads 'Fixes: 341adeec9ada ("Größe und Übel: 修正")'
ok 'not ASCII: readable as it is' grep -q 'Größe und Übel: 修正' "$work/mail"

mail hostile
ok 'hostile: can be read' reads Reported-by
ok 'hostile: no header of its own' [ -z "$(header Bcc)" ]
ok 'hostile: only addresses that are some' [ "$(header To)" = a@example.org ]
ok 'hostile: the others are told' says 0 'not a plain address, left out: c <c@example.org>, d@example.org'
ok 'hostile: no line of theirs begins a line' [ -z "$(sed '1,/^$/d' "$work/mail" | grep -E '^(Cc|Bcc|From|---|Signed-off-by|\.$)')" ]
ok 'hostile: nothing steers a terminal' [ -z "$(LC_ALL=C grep -n -P '[\x00-\x08\x0b-\x1f\x7f]' "$work/mail")" ]
ok 'hostile: nor turns text' reads_not "$(printf '\342\200\256')"
ok 'hostile: short all the same' [ "$(wc -c <"$work/mail")" -lt 20000 ]

run report --mail sure --in-reply-to 'no id'
ok 'what is no id' says 2 --in-reply-to
run report --mail --json sure
ok 'one form at a time' says 2 'one of --mail, --kcidb, '
git config --global --unset user.email
mail sure
ok 'nobody sends: neither From' [ -z "$(header From)" ]
ok 'nor Reported-by' reads_not Reported-by
ok 'and it says so' says 0 'From and Reported-by are left out'
git config --global user.email zoe@example.org

# A sendmail that keeps what it gets.
cat >"$work/sendmail" <<'END'
#!/bin/sh
[ "$1" = -bv ] || { printf '%s\n' "$@" >"$0.to"; cat >"$0.got"; }
END
chmod +x "$work/sendmail"
if git send-email --help >/dev/null 2>&1 || [ -x "$(git --exec-path)/git-send-email" ]; then
    for job in sure hostile foreign; do
        mail "$job"
        (cd "$work" && git send-email --dry-run --confirm=never --quiet --smtp-server="$work/sendmail" mail) >"$work/sent" 2>&1
        code=$? out=$(cat "$work/sent")
        ok "git send-email --dry-run takes it: $job" exits 0
        (cd "$work" && git send-email --confirm=never --quiet --smtp-server="$work/sendmail" mail) >"$work/sent" 2>&1
        code=$? out=$(cat "$work/sent" "$work/sendmail.to")
        ok "and sends it: $job" exits 0
        ok "to those who are named: $job" [ -z "$(grep -e victim -e @example.org "$work/sendmail.to" | grep -v -x -E -e '-?.*(a|b|zoe)@example.org')" ]
        read=$("$here/read-mail.py" "$work/sendmail.got" 2>&1) || read="damaged $read"
        ok "and what arrives is the mail: $job" reads 'Hello,'
        ok "with its subject: $job" [ "$(header Subject)" = "$(read=$("$here/read-mail.py" "$work/mail"); header Subject)" ]
    done
else
    skip 'git send-email' 'not installed'
fi
finish
