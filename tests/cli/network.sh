#!/usr/bin/env bash
# network.sh - analyse small networks whose numbers are published: same answers on 1 to 4 ranks, files, awkward graphs
. "$(dirname "$0")/lib.sh"

# Zachary's karate club (J. Anthropol. Res. 33, 1977), members from 1
karate() {
    local a=(2 3 4 5 6 7 8 9 11 12 13 14 18 20 22 32) row
    for row in "1 ${a[*]}" "2 3 4 8 14 18 20 22 31" "3 4 8 9 10 14 28 29 33" "4 8 13 14" "5 7 11" "6 7 11 17" "7 17" "9 31 33 34" \
        "10 34" "14 34" "15 33 34" "16 33 34" "19 33 34" "20 34" "21 33 34" "23 33 34" "24 26 28 30 33 34" "25 26 28 32" "26 32" \
        "27 30 34" "28 34" "29 32 34" "30 33 34" "31 33 34" "32 33 34" "33 34"; do
        set -- $row
        local from=$1 to
        shift
        for to in "$@"; do printf '%s\t%s\n' "$from" "$to"; done
    done
}
karate >karate.tsv
[ "$(wc -l <karate.tsv)" = 78 ] || fail "the karate club has 78 edges"
expect 0 "" "$DRAGNET" import -o karate.h5 --edges club=karate.tsv

# value ID FILE: the first column of a node
value() { awk -F'\t' -v id="$1" '$1 == id { print $3 }' "$2"; }
# near FILE ID WANTED: to the digits that are published
near() {
    local got
    got=$(value "$2" "$1")
    awk -v a="$got" -v b="$3" 'BEGIN { d = a - b; exit !(a != "" && d < 6e-7 && d > -6e-7) }' ||
        fail "$1: $2 has '$got', wanted $3"
}

what=(--measures all --spectra adjacency,laplacian --pairs 3 --seeds 17 --communicability 1 34)
for n in 1 2 3 4; do
    ranks $n network karate.h5 -o run$n "${what[@]}" >out.txt 2>err.txt </dev/null || fail "$n ranks: $(cat err.txt)"
done
# what is counted is the same to the last byte, what is solved for within its tolerance
for n in 2 3 4; do
    for m in degree strength closeness harmonic betweenness core clustering; do
        cmp -s run1/$m.tsv run$n/$m.tsv || fail "$m: other bytes on $n ranks"
    done
    for m in eigenvector pagerank personalised katz hits subgraph current-flow communicability-1-1 adjacency_embedding; do
        join -t $'\t' <(sort run1/$m.tsv) <(sort run$n/$m.tsv) >both.txt
        [ "$(wc -l <both.txt)" = 35 ] || fail "$m on $n ranks: other nodes"
        awk -F'\t' 'NR > 1 && $1 != "id" { d = $3 - $(3 + (NF - 1) / 2); if (d > 1e-8 * (1 + $3) || d < -1e-8 * (1 + $3)) exit 1 }' both.txt ||
            fail "$m: other values on $n ranks"
    done
done
# networkx 2.8.8
near run2/degree.tsv 34 0.515152
near run2/eigenvector.tsv 34 0.373363
near run2/pagerank.tsv 34 0.100919
near run2/closeness.tsv 1 0.568966
near run2/harmonic.tsv 1 23.166667
near run2/betweenness.tsv 1 0.437635
near run2/core.tsv 34 4
near run2/clustering.tsv 34 0.110294
near run2/current-flow.tsv 34 0.059183
awk -F'\t' 'NR == 2 && $1 != 34 { exit 1 }' run2/eigenvector.tsv || fail "member 34 does not lead"
grep -q 'left out.*bipartite-clustering' err.txt || fail "not said that the club is not bipartite"
for f in summary.json network.graphml network.h5 config.json description.tsv histogram.tsv laplacian.tsv; do
    [ -s run3/$f ] || fail "$f is absent"
done
[ -z "$(find run3 -name '*.part')" ] || fail "parts are left: $(ls run3)"
python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); assert d["network"]["nodes"] == 34 and d["network"]["edges"] == 78' run3/summary.json ||
    fail "summary.json"

# a sample has its errors beside it, the same on any ranks
for n in 1 3; do
    expect 0 "" ranks $n network karate.h5 -o sample$n --measures closeness,betweenness --sources 20
    head -1 sample$n/betweenness.tsv | grep -q standard_error || fail "a sample without errors: $(head -1 sample$n/betweenness.tsv)"
done
cmp -s sample1/betweenness.tsv sample3/betweenness.tsv || fail "another sample on 3 ranks"

# a directory is one run: finished, other options, forced
expect 0 "already complete" "$DRAGNET" network karate.h5 -o run1 "${what[@]}"
expect 73 "--force" "$DRAGNET" network karate.h5 -o run1 --measures degree
expect 0 "" "$DRAGNET" network karate.h5 -o run1 --measures degree --force --json
python3 -c 'import json; json.load(open("out.txt"))' || fail "--json does not give JSON"
expect 0 "" "$DRAGNET" network karate.h5 -o run1 --measures degree --json
python3 -c 'import json; json.load(open("out.txt"))' || fail "--json of a finished run does not give JSON"
[ ! -e run1/pagerank.tsv ] || fail "--force leaves tables of another run"
rm run1/network.h5
expect 0 "computed anew" "$DRAGNET" network karate.h5 -o run1 --measures degree
[ -s run1/network.h5 ] || fail "network.h5 was not made anew"

# did not converge: said in the digest, in the summary and the log; an error with --strict
slow=(--measures eigenvector --petsc "-eigenvector_eps_max_it 1 -eigenvector_eps_ncv 3")
expect 0 "did not converge" "$DRAGNET" network karate.h5 -o slow "${slow[@]}"
grep -q 'DID NOT CONVERGE' out.txt || fail "the digest is silent"
expect 65 "did not converge" "$DRAGNET" network karate.h5 -o strict "${slow[@]}" --strict
nothing_left strict/network.h5 strict/eigenvector.tsv strict/summary.json
expect 0 "" "$DRAGNET" network karate.h5 -o slow "${slow[@]}"
expect 65 "1 of its solvers did not converge" ranks 2 network karate.h5 -o slow "${slow[@]}" --strict
[ ! -e strict ] || fail "a failed run leaves an empty directory"
expect 64 "begin with '-'" ranks 2 network karate.h5 -o bad --measures degree --petsc "eigenvector_eps_ncv 3"
expect 64 "--petsc" ranks 2 network karate.h5 -o bad --measures pagerank --petsc "-pagerank_ksp_type foo"
if [ -e /dev/full ]; then
    "$DRAGNET" network karate.h5 -o full --measures degree >/dev/full 2>err.txt
    [ $? = 74 ] && grep -q 'stdout' err.txt || fail "a full stdout goes unnoticed: $(cat err.txt)"
fi
expect 0 "no solver asked" "$DRAGNET" network karate.h5 -o odd --measures eigenvector --petsc "-no_such_thing 3"

# what the user may mistype
expect 64 "did you mean 'pagerank'" "$DRAGNET" network karate.h5 -o bad --measures pagrank
expect 64 "did you mean 'laplacian'" "$DRAGNET" network karate.h5 -o bad --spectra laplacan
expect 64 "given twice" "$DRAGNET" network karate.h5 -o bad --measures degree,degree
expect 64 "no node '35' in the network" ranks 2 network karate.h5 -o bad --seeds 35
expect 64 "no node 'x'" ranks 2 network karate.h5 -o bad --communicability x
expect 64 "--alpha goes with katz" "$DRAGNET" network karate.h5 -o bad --measures degree --alpha 0.1
expect 64 "--measures: names none" "$DRAGNET" network karate.h5 -o bad --measures ""
expect 64 "--seeds: '1' is given twice" "$DRAGNET" network karate.h5 -o bad --seeds 1 1
expect 64 "--seeds A B" "$DRAGNET" network karate.h5 -o bad --seeds 1,2
expect 65 "svd needs a network with two sides" ranks 2 network karate.h5 -o bad --spectra svd
expect 64 "--output" "$DRAGNET" network karate.h5
expect 64 "--sources few" "$DRAGNET" network karate.h5 -o bad --sources few
expect 65 "34 at most" ranks 2 network karate.h5 -o bad --spectra adjacency --pairs 35
expect 65 "club" "$DRAGNET" network karate.h5 -o bad --layer klub
expect 66 "nowhere.h5" "$DRAGNET" network nowhere.h5 -o bad
expect 65 "bipartite" ranks 2 network karate.h5 -o bad --measures bipartite-clustering
nothing_left bad/network.h5 bad/summary.json

# awkward graphs
printf 'a\ta\nb\tb\n' >loops.tsv
expect 0 "" "$DRAGNET" import -o loops.h5 --edges g=loops.tsv
expect 0 "" ranks 2 network loops.h5 -o loops --measures all
grep -q '"edges": *0' loops/summary.json || fail "only self loops: edges"
[ "$(wc -l <loops/pagerank.tsv)" = 3 ] || fail "only self loops: nodes"
printf 'a\ta\n' >one.tsv
expect 0 "" "$DRAGNET" import -o one.h5 --edges g=one.tsv
expect 0 "" ranks 3 network one.h5 -o one --measures all
near one/pagerank.tsv a 1
printf 'a\tb\t2\nb\tc\t-1\nc\td\t0\n' >signed.tsv
expect 0 "" "$DRAGNET" import -o signed.h5 --edges g=signed.tsv
expect 0 "" ranks 2 network signed.h5 -o plain --measures pagerank
expect 65 "the edge between 'b' and 'c' has -1" ranks 2 network signed.h5 -o bad --measures pagerank --weights
expect 0 "left out" ranks 2 network signed.h5 -o signed --measures all --weights
near signed/strength.tsv b 1
printf 'D1\tG1\nG1\tD1\n' >sides.tsv
expect 0 "" "$DRAGNET" import -o sides.h5 --edges a:drug-gene=sides.tsv
expect 0 "" "$DRAGNET" network sides.h5 -o sides --measures degree --weights
grep -q 'no layer has weights' err.txt || fail "not said that --weights has nothing to use"
[ "$(grep -c '<node id="\(drug\|gene\):[DG]1"' sides/network.graphml)" = 4 ] || fail "an id on two sides: $(grep '<node' sides/network.graphml)"
printf 'a\tb\nc\td\n' >twice.tsv
expect 0 "" "$DRAGNET" import -o twice.h5 --edges g=twice.tsv
expect 0 "" ranks 2 network twice.h5 -o twice --measures eigenvector --per-component
grep -qi 'warning' out.txt || fail "a shared largest eigenvalue is not warned of"
awk -F'\t' 'NR > 1 && ($4 < 0.7071067 || $4 > 0.7071068) { exit 1 }' twice/eigenvector.tsv || fail "per component: $(cat twice/eigenvector.tsv)"
finish
