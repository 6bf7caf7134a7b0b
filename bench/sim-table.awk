# SPDX-License-Identifier: Apache-2.0
#
# Rows of `firstbad sim` -> tables in Markdown. -v tables="answers costs calibration rates data"; "rates"
# wants a first column "rate". Columns are found by name; each file may bring its own header.
#
# Calibration: of the column `calibration`, ten fields HITS/CLAIMS with commas between them, one
# for each tenth of the probability that was claimed for the best candidate at a decision. A third
# number, HITS/CLAIMS/SUM, is the sum of the claimed probabilities; without it only the tenth is
# known, and the difference is how far the hits lie outside. Last come the named answers, by their
# confidence.
BEGIN {
    FS = "\t"
    N_BINS = 10
}

function is_header() {
    return $1 == "scenario" || $2 == "scenario"
}

function read_header(    i) {
    delete column
    n_widths = 0
    for (i = 1; i <= NF; i++) {
        column[$i] = i
        if ($i ~ /^seconds_/)
            widths[++n_widths] = substr($i, 9)
    }
}

is_header() { read_header(); next }

{
    policy = $(column["policy"])
    if (!(policy in jobs))
        order[++n_policies] = policy
    jobs[policy]++
    n[policy, $(column["result"])]++
    n_fixes[policy, $(column["fixes"])]++
    if ($(column["result"]) == "none") {
        in_set[policy] += $(column["in_set"]) == 1
        set_size[policy] += $(column["set"])
    }
    is_decidable = $(column["decidable"]) == 1
    decidable[policy] += is_decidable
    right_decidable[policy] += is_decidable && $(column["result"]) == "right"
    kernels[policy] += $(column["kernels"])
    trials[policy] += $(column["trials"])
    if ($(column["kernels"]) > most_kernels[policy] + 0)
        most_kernels[policy] = $(column["kernels"])
    if ($(column["trials"]) > most_trials[policy] + 0)
        most_trials[policy] = $(column["trials"])
    for (i = 1; i <= n_widths; i++)
        hours[policy, i] += $(column["seconds_" widths[i]]) / 3600
    count_calibration()
    if ("rate" in column)
        count_rate($(column["rate"]))
}

function count_calibration(    cells, parts, i) {
    if ("calibration" in column) {
        split($(column["calibration"]), cells, ",")
        for (i = 1; i <= N_BINS; i++) {
            if (split(cells[i], parts, "/") < 2 || parts[2] == 0)
                continue
            is_coarse[policy] = parts[3] == ""
            claim(policy, i, parts[1], parts[2], parts[3] != "" ? parts[3] : parts[2] * (i - 0.5) / N_BINS)
        }
    }
    if ($(column["result"]) != "none" && $(column["confidence"]) > 0)
        claim(policy, "answer", $(column["result"]) == "right", 1, $(column["confidence"]))
}

function claim(who, bin, n_hits, n_claims, sum) {
    hits[who, bin] += n_hits
    claims[who, bin] += n_claims
    claimed[who, bin] += sum
    any_claim[who] += n_claims
}

function count_rate(rate) {
    if (!(rate in is_rate)) {
        is_rate[rate] = 1
        rates[++n_rates] = rate
    }
    of_rate[policy, rate]++
    of_rate[policy, rate, $(column["result"])]++
    of_rate[policy, rate, "kernels"] += $(column["kernels"])
    of_rate[policy, rate, "trials"] += $(column["trials"])
}

function percent(part, all) {
    return all > 0 ? sprintf("%.1f", 100 * part / all) : "-"
}

function ratio(part, all, digits) {
    return all > 0 ? sprintf("%." digits "f", part / all) : "-"
}

# A header and the line under it, names separated by "|".
function head(names,    line) {
    line = names
    gsub(/[^|]+/, "---", line)
    print "| " names " |"
    print "|" line "|"
}

function print_answers(    i, p, none) {
    head("policy | jobs | right % | wrong % | none % | Fixes: right % | wrong % | sets of none that hold it % | revisions in a set | decidable % | right of these %")
    for (i = 1; i <= n_policies; i++) {
        p = order[i]
        none = n[p, "none"]
        printf "| %s | %d | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", p, jobs[p],
            percent(n[p, "right"], jobs[p]), percent(n[p, "wrong"], jobs[p]), percent(none, jobs[p]),
            percent(n_fixes[p, "right"], jobs[p]), percent(n_fixes[p, "wrong"], jobs[p]),
            (set_size[p] > 0 ? percent(in_set[p], none) : "-"),
            (set_size[p] > 0 ? ratio(set_size[p], none, 0) : "-"),
            percent(decidable[p], jobs[p]), percent(right_decidable[p], decidable[p])
    }
}

function print_costs(    i, j, p, names, base) {
    names = "policy | kernels | most | of syzkaller's | trials | most | of syzkaller's"
    for (j = 1; j <= n_widths; j++)
        names = names " | hours, " widths[j] (j > 1 ? " | x" : "")
    head(names)
    base = "syzkaller"
    for (i = 1; i <= n_policies; i++) {
        p = order[i]
        printf "| %s | %.1f | %d | %s | %.0f | %d | %s", p, kernels[p] / jobs[p], most_kernels[p],
            (base in jobs ? ratio(kernels[p] / jobs[p], kernels[base] / jobs[base], 2) : "-"),
            trials[p] / jobs[p], most_trials[p],
            (base in jobs ? ratio(trials[p] / jobs[p], trials[base] / jobs[base], 2) : "-")
        for (j = 1; j <= n_widths; j++) {
            printf " | %.2f", hours[p, j] / jobs[p]
            if (j > 1)
                printf " | %s", ratio(hours[p, 1], hours[p, j], 2)
        }
        print " |"
    }
}

# How far  of  lie outside of the tenth , in points.
function outside(bin, n_hits, n,    percents) {
    percents = 100 * n_hits / n
    if (percents > 100 * bin / N_BINS)
        return percents - 100 * bin / N_BINS
    return percents < 100 * (bin - 1) / N_BINS ? percents - 100 * (bin - 1) / N_BINS : 0
}

function print_calibration(    i, b, p, bin, by_tenth) {
    head("policy | tenth | claims | claimed % | right % | difference")
    for (i = 1; i <= n_policies; i++) {
        p = order[i]
        for (b = 1; b <= N_BINS + 1 && any_claim[p] > 0; b++) {
            bin = b > N_BINS ? "answer" : b
            if (claims[p, bin] == 0)
                continue
            by_tenth = is_coarse[p] && bin != "answer"
            printf "| %s | %s | %d | %s | %s | %+.1f |\n", p, bin, claims[p, bin],
                (by_tenth ? 100 * (b - 1) / N_BINS " to " 100 * b / N_BINS : percent(claimed[p, bin], claims[p, bin])),
                percent(hits[p, bin], claims[p, bin]),
                (by_tenth ? outside(b, hits[p, bin], claims[p, bin]) : 100 * (hits[p, bin] - claimed[p, bin]) / claims[p, bin])
        }
    }
}

function print_rates(    i, j, p, r, names) {
    names = "policy"
    for (j = 1; j <= n_rates; j++)
        names = names " | p = " rates[j]
    head(names)
    for (i = 1; i <= n_policies; i++) {
        p = order[i]
        printf "| %s", p
        for (j = 1; j <= n_rates; j++) {
            r = rates[j]
            if (of_rate[p, r] > 0)
                printf " | %.0f / %.0f / %.0f, %.0f, %.0f", 100 * of_rate[p, r, "right"] / of_rate[p, r],
                    100 * of_rate[p, r, "wrong"] / of_rate[p, r], 100 * of_rate[p, r, "none"] / of_rate[p, r],
                    of_rate[p, r, "kernels"] / of_rate[p, r], of_rate[p, r, "trials"] / of_rate[p, r]
            else
                printf " | -"
        }
        print " |"
    }
}

function has_tenths(p,    b) {
    for (b = 1; b <= N_BINS; b++)
        if (claims[p, b] > 0)
            return 1
    return 0
}

# The same for bench/plots: words instead of tables.
function print_data(    i, j, b, p, r) {
    for (i = 1; i <= n_policies; i++) {
        p = order[i]
        for (b = 1; b <= N_BINS; b++)
            if (claims[p, b] > 0)
                print "calibration", p, claimed[p, b] / claims[p, b], hits[p, b] / claims[p, b], claims[p, b]
        if (!has_tenths(p) && claims[p, "answer"] > 0)
            print "calibration", p, claimed[p, "answer"] / claims[p, "answer"], hits[p, "answer"] / claims[p, "answer"], claims[p, "answer"]
        print "cost", p, kernels[p] / jobs[p], trials[p] / jobs[p]
        for (j = 1; j <= n_rates; j++) {
            r = rates[j]
            if (of_rate[p, r] > 0)
                print "rate", p, r, 100 * of_rate[p, r, "right"] / of_rate[p, r],
                    100 * of_rate[p, r, "wrong"] / of_rate[p, r], 100 * of_rate[p, r, "none"] / of_rate[p, r]
        }
    }
}

END {
    if (n_policies == 0) {
        print "(no rows)"
        exit
    }
    n_tables = split(tables, wanted, " ")
    for (t = 1; t <= n_tables; t++) {
        print ""
        if (wanted[t] == "answers") print_answers()
        if (wanted[t] == "costs") print_costs()
        if (wanted[t] == "calibration") print_calibration()
        if (wanted[t] == "rates") print_rates()
        if (wanted[t] == "data") print_data()
    }
}
