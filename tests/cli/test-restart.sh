#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firstbad restart from outside: what is kept of a job of commands and of one of builds, and that this is said.
. "$(dirname "$0")/tap.sh"

# --- Commands --------------------------------------------------------------------------------------------------------------
make_repo "$work/tree" 40 20
tree=$work/tree
culprit=$(git -C "$tree" rev-parse main~20)
: >"$work/asked"
test='echo "$FIRSTBAD_COMMIT" >>'"$work"'/asked; echo console; test ! -e bad'
run run --repo "$tree" --good main~39 --bad main --name first --test "$test"
ok 'a job' prints 0 "$culprit"
n=$(wc -l <"$work/asked")

run restart first --confidence 0.9
ok 'another confidence: the same answer' prints 0 "$culprit"
ok 'without a test' [ "$(wc -l <"$work/asked")" -eq "$n" ]
ok 'what is kept is said' says 0 "$n trials of first"
run log first-2 --console "$(printf %.8s "$culprit")"
ok 'its consoles are kept, too' prints 0 console
rm -r "$work/state/jobs/1"
run log first-2 --console "$(printf %.8s "$culprit")"
ok 'of its own' prints 0 console
run restart first --good main~30 --name nearer
ok 'another good end, in a job of that name' prints 0 "$culprit"
ok 'only that is tested' [ "$(wc -l <"$work/asked")" -le $((n + 10)) ]
run restart first --test "$test; # again"
ok 'another test' prints 0 "$culprit"
ok 'its trials are made again' says 0 'its trials do not hold, since --test changed'
run verdict first "$culprit" good --note 'not mine'
run restart first --test "$test; # once more"
ok 'what a person said is kept' prints 0 'on your word'
ok 'and is not the answer' prints 0 "commit $(git -C "$tree" rev-parse main~19)"
run try main --like first
run restart 'try-'"$(git -C "$tree" rev-parse main | cut -c -12)"
ok 'a try has nothing to restart' says 2 "try again with 'firstbad try'"
run restart first --name first
ok 'a name that is taken' says 2 "there is a job named 'first' already"
run restart first --memory 512
ok 'an option of kernels says nothing to a job of commands' says 2 "--memory: is not for a job of 'firstbad run'"
run restart first --fetch "$tree"
ok 'nor do those that run has not' says 2 "--fetch: is not for a job of 'firstbad run'"
run try main --like first --cpus 2
ok 'and to a try like it' says 2 "--cpus: is not for a job of 'firstbad run'"
run restart no-such
ok 'no such job' says 2 "no job 'no-such'"
run restart
ok 'no job' says 2 'JOB is missing'

# --- Builds ----------------------------------------------------------------------------------------------------------------
tree=$work/kernel
make_builds "$tree"
file_says "$tree" 1 2 3 4 broken still-broken broken-on
culprit=$(git -C "$tree" rev-parse main~2)
printf 'CONFIG_SMP=y\n' >"$work/config"
run cause --tree "$tree" --start main --good main~6 --config "$work/config" --bug build --name build
ok 'a job of builds' prints 0 "$culprit"

cp "$work/config" "$work/same"
run restart build --config "$work/same" --max-trials 30
ok 'a config of the same content: nothing is built' prints 0 '0 kernels built'
ok 'all kernels are kept' says 0 ' kernels and 0 trials of build'
run restart build --memory 1024
ok 'another guest: kernels are kept' says 0 'its trials do not hold, since --memory changed'
run restart build --build-timeout 4000
ok 'more time for builds: those that failed do not hold' says 0 'builds that failed are tried again, since --build-timeout changed'
echo 'CONFIG_PCI=y' >>"$work/config"
run restart build --max-trials 31
ok 'a file that has changed: it is said' says 0 'config has changed since build began: it is used as it was then'
ok 'and used as it was' says 0 ' kernels and 0 trials of build'
run restart build --config "$work/config" --compiler gcc
ok 'given anew: it is another' says 0 'its kernels and trials do not hold, since --config and --compiler changed'
ok 'and the answer is found again' prints 0 "$culprit"
run restart build --config "$work/nowhere"
ok 'a file that is not there' says 2 '--config: '
run restart build --test true
ok 'a test command' says 2 "--test: is for a job of 'firstbad run'"
finish
