#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# firstbad report --html: one file, with all that it needs and a policy that lets nothing else run. tests/web looks at it in a browser.
. "$(dirname "$0")/tap.sh"

make_repo "$work/repo" 30 17
run run --repo "$work/repo" --good main~29 --bad main --test 'echo "<b>seen</b>"; test ! -e bad' --name '<i>page</i>'
run report --html
ok 'it is printed' prints 0 '<!DOCTYPE html>'
ok 'with the answer' prints 0 'First bad commit'
ok 'with names as text' prints 0 '&lt;i&gt;page&lt;/i&gt;'
ok 'with the data of the pictures' prints 0 '<script type="application/json" id="pictures-data">{"version":1,'
cp "$work/out" "$work/page.html"

page() { cat "$work/page.html"; }
# hash_of TAG: of what stands in it, as a policy has it, without the padding.
hash_of() { page | perl -MDigest::SHA=sha256_base64 -0777 -ne "print sha256_base64(\$1) if /<$1>(.*?)<\\/$1>/s"; }
# policy NAME: the hash that stands there for it.
policy() { page | grep -o "$1-src &#39;sha256-[^=]*" | sed 's/.*sha256-//'; }
ok 'the policy knows the style sheet' [ "$(policy style)" = "$(hash_of style)" ]
ok 'and the script' [ "$(policy script)" = "$(hash_of script)" ]
ok 'which are there' [ "$(page | wc -c)" -gt 50000 ]
ok 'nothing else runs' [ "$(page | grep -o "default-src &#39;none&#39;" | wc -l)" -eq 1 ]
ok 'nothing is loaded' [ -z "$(page | grep -oE ' (src|action)="[^"]*"|<(link|img|iframe|form)[ >]')" ]
ok 'no way to a server that is not there' [ -z "$(page | grep -oE 'href="/[^"]*"')" ]
for place in $(page | grep -o 'href="#r-[^"]*"' | sort -u | sed 's/.*#//; s/"//'); do
    ok "a link leads to the row of $place" grep -q "id=\"$place\"" "$work/page.html"
done
ok 'no style of an element' [ -z "$(page | grep -oE '<[a-z][^>]* style=')" ]

run report --html --json
ok 'one form at a time' says 2 'one of --mail, --kcidb, --html, and --json or --cost'
run report --html nobody
ok 'of no job' [ "$code" -eq 2 ]
finish
