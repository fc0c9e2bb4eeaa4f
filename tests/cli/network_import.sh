#!/usr/bin/env bash
# network_import.sh - layers of a network: every kind of file, joined, added, refused; the real ones when there
. "$(dirname "$0")/lib.sh"

# count TEXT N: the line of the last report that begins with TEXT has this number
count() {
    awk -v want="$2" -v text="$1" 'index($0, text) { line = $0; sub(/^ */, "", line);
        if (index(line, text) == 1) { rest = substr(line, length(text) + 1); split(rest, w, " ");
            if (w[1] == want) found = 1 } } END { exit !found }' err.txt ||
        fail "no line '$1 $2' in: $(cat err.txt)"
}

# none TEXT: no line of the last report has it
none() {
    ! grep -qF -- "$1" err.txt || fail "'$1' stands in: $(cat err.txt)"
}

# ---- every kind of file, plain and gzip ----
printf '#Drug\tGene\nDB1\tP1\nDB2\tP2\n#Drug\tGene\nDB1\tP3\n' >chg.tsv
printf '11,12\r\n12,11\r\n13,13\r\n99,11\r\n12,98' >ppi.csv
printf '# Directed graph: X\n# FromNodeId\tToNodeId\n1\t2\n2\t1\n3\t3\n' >snap.txt
printf 'a b 0.5\nb c -2\nc b 1\nd e 0\n' >weighted.txt
printf '%%%%MatrixMarket matrix coordinate real symmetric\n%% c\n4 4 2\n2 1 0.5\n3 1 2\n' >m.mtx
cat >g.graphml <<'XML'
<?xml version="1.0"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="n" for="node" attr.name="name" attr.type="string"/>
  <graph edgedefault="undirected">
    <node id="n0"><data key="n">TP53</data></node>
    <node id="n1"><data key="n">MDM2</data></node>
    <node id="n2"><data key="n">ALONE</data></node>
    <edge source="n0" target="n1"/>
  </graph>
</graphml>
XML
printf 'gene_name\tgene_claim_name\tinteraction_types\tdrug_name\tinteraction_group_score\n' >dgidb.tsv
printf 'CDK7\tCDK7\tinhibitor\tSNS\t0.8\nVDR\tVDR\t\tNIF\t0.1\n\tX\tagonist\tY\t1\nVDR\tVDR\tagonist\tNIF\t\n' >>dgidb.tsv
printf 'drugbank_id,uniprot_id,actions\nDB1,P1,inhibitor|binder\nDB1,P2,agonist\nDB1,P2,antagonist\n' >drugbank.csv
printf 'uniprot\tentrez\nP1\t11\nP2\t12\nP3\t13\nP9\t11\n' >map.tsv
gzip -k chg.tsv g.graphml m.mtx

expect 0 "layer chg from chg.tsv (table, drug to gene)" "$DRAGNET" import -o a.h5 --edges chg=chg.tsv
count rows 3
count "headers that stand again" 1
count edges 3
count "nodes, drug" 2
count "nodes, gene" 3
expect 0 "directions of the edges are not kept" "$DRAGNET" import -o snap.h5 --edges x:author-author=snap.txt
count "self loops, left out" 1
count "repeats, merged" 1
count edges 1
count nodes 3
count "without an edge" 1
expect 0 "" "$DRAGNET" import -o w.h5 --edges predicted=weighted.txt
none "of negative weight"
count "of weight 0, kept" 1
expect 0 "(matrix, gene to gene)" "$DRAGNET" import -o m.h5 --edges m=m.mtx.gz
count nodes 4
count "without an edge" 1
expect 0 "(graphml, gene to gene)" "$DRAGNET" import -o g.h5 --edges g=g.graphml.gz
count nodes 3
expect 0 "" "$DRAGNET" import -o d.h5 --edges dgidb=dgidb.tsv bank=drugbank.csv
count "rows without an id, left out" 1
count "rows without a score, weight 0" 1
count activating 1
count inhibiting 1
count "both, sign 0" 1

# ---- the same on any number of ranks, from plain files and from gzip ----
for n in 1 2 3 4; do
    expect 0 "" ranks $n import -o j$n.h5 --edges chg=chg.tsv ppi=ppi.csv --id-map map.tsv
    none "names with two meanings"
    count nodes 7
    count "self loops, left out" 1
    count "also in layers before" 3
    count "shown under another id" 3
done
expect 0 "" ranks 2 import -o j5.h5 --edges chg=chg.tsv.gz ppi=ppi.csv --id-map map.tsv
if command -v h5diff >/dev/null; then
    for n in 2 3 4; do
        for group in /edges /nodes; do
            h5diff j1.h5 j$n.h5 $group $group >diff.txt 2>&1 || fail "$group on $n ranks differs: $(head -c 300 diff.txt)"
        done
    done
    for set in /nodes /edges/ppi/source /edges/ppi/target /edges/ppi/node /edges/chg/source; do
        h5diff j1.h5 j5.h5 $set $set >diff.txt 2>&1 || fail "$set from gzip differs: $(head -c 300 diff.txt)"
    done
fi

# ---- a layer more: what is there stays; again: nothing is done; another of the name: refused ----
expect 0 "imported" ranks 2 import -o more.h5 --edges chg=chg.tsv --id-map map.tsv
expect 0 "extended" ranks 2 import -o more.h5 --add --edges ppi=ppi.csv --id-map map.tsv
count "that were there before" 5
if command -v h5diff >/dev/null; then
    for set in /nodes /edges/chg/source /edges/chg/target /edges/chg/node /edges/ppi/source /edges/ppi/target; do
        h5diff j1.h5 more.h5 $set $set >diff.txt 2>&1 || fail "$set of an added layer differs: $(head -c 300 diff.txt)"
    done
fi
expect 0 "already complete" "$DRAGNET" import -o more.h5 --add --edges ppi=ppi.csv --id-map map.tsv
expect 0 "already complete" "$DRAGNET" import -o more.h5 --edges chg=chg.tsv --id-map map.tsv
expect 73 "layer 'ppi' exists" "$DRAGNET" import -o more.h5 --add --edges ppi=snap.txt
expect 73 "made with other options" "$DRAGNET" import -o more.h5 --edges chg=chg.tsv

# ---- bad input: one line that names file, row and reason; the dataset stays as it was ----
sum=$(sha256sum <more.h5)
refused() { # refused TEXT FILE [OPTION...]
    local text=$1 file=$2
    shift 2
    expect 65 "$text" ranks 2 import -o more.h5 --add --edges bad="$file" "$@"
    [ "$(sha256sum <more.h5)" = "$sum" ] || fail "a failed import changed the dataset: $text"
    [ ! -e more.h5.part ] || fail "more.h5.part was left behind: $text"
}
printf 'a b 1\nc d nan\n' >nan.txt
refused "nan.txt:2: weight 'nan' is not finite" nan.txt
printf 'a b 1\nc d 2\ne f' >cut.txt
refused "cut.txt:3: ragged row: 2 fields where the first row has 3; the line has no end: was the file cut off?" cut.txt
head -c 40 chg.tsv.gz >cut.gz
refused "cut.gz: the gzip data are cut off" cut.gz
head -c 300 g.graphml >cut.graphml
refused "cut.graphml:" cut.graphml
head -c 65 m.mtx >cut.mtx
refused "cut.mtx:" cut.mtx
printf 'a\tb\n\tc\n' >empty_id.tsv
refused "empty_id.tsv:2: the source has no id" empty_id.tsv
printf '# nothing\n' >nothing.txt
refused "nothing.txt: holds no edges, only comments" nothing.txt
printf 'a,b,c,d\n' >four.csv
refused "four.csv:1: 4 columns, and no header" four.csv
refused "dgidb.tsv:1: no column is named 'nobody'" dgidb.tsv --columns nobody,gene_name
refused "map.tsv:1: no column is named 'hgnc'" ppi.csv --id-map map.tsv --id-columns uniprot,hgnc
expect 66 "absent.tsv: cannot be opened" "$DRAGNET" import -o more.h5 --add --edges bad=absent.tsv
expect 66 "absent.tsv: cannot be opened" "$DRAGNET" import -o new.h5 --edges bad=absent.tsv
expect 65 "cut.txt:3" ranks 2 import -o new.h5 --edges ok=chg.tsv bad=cut.txt
nothing_left new.h5
expect 0 "cut last line, left out" "$DRAGNET" import -o new.h5 --drop-cut-line --edges bad=cut.txt
count rows 2

# ---- killed in the middle: the dataset stays, and what is left does not hinder the next import ----
awk 'BEGIN { for (i = 0; i < 1500000; i++) print i % 70000, i % 69997 }' >large.txt
"$DRAGNET" import -o more.h5 --add --edges large=large.txt >/dev/null 2>&1 &
pid=$!
until [ -e more.h5.part ] || ! kill -0 $pid 2>/dev/null; do sleep 0.01; done
kill -9 $pid || fail "the import was over before it was killed"
wait $pid 2>/dev/null
[ -e more.h5.part ] || fail "no more.h5.part: the import was not killed in the middle"
[ "$(sha256sum <more.h5)" = "$sum" ] || fail "a killed import changed the dataset"
expect 0 "extended" ranks 2 import -o more.h5 --add --edges snap=snap.txt
count nodes 10

# ---- command lines that make no sense ----
expect 64 "--edges chg.tsv: wanted NAME=FILE" "$DRAGNET" import -o x.h5 --edges chg.tsv
expect 64 "wanted LAYER:SIDE-SIDE=FILE" "$DRAGNET" import -o x.h5 --edges a:drug=chg.tsv
expect 64 "layer 'a' is given twice" "$DRAGNET" import -o x.h5 --edges a=chg.tsv a=ppi.csv
expect 64 "layer name 'a/b'" "$DRAGNET" import -o x.h5 --edges a/b=chg.tsv
expect 64 "side 'dr ug'" "$DRAGNET" import -o x.h5 --edges "a:dr ug-gene=chg.tsv"
expect 64 "--id-map goes with --edges" "$DRAGNET" import -o x.h5 --gene-ids map.tsv --id-map map.tsv
expect 64 "--id-columns goes with --id-map" "$DRAGNET" import -o x.h5 --edges a=chg.tsv --id-columns a,b
expect 64 "'drug' stands before 'gene' already" "$DRAGNET" import -o more.h5 --add --edges z:gene-drug=chg.tsv
nothing_left x.h5

# ---- the real ones ----
REAL=$SHARED_DATA/network
if [ -d "$REAL" ]; then
    map=$REAL/drugbank_proteins_actions.tsv.gz
    expect 0 "" ranks 2 import -o real.h5 --edges chg="$REAL/ChG-Miner.tsv" --id-map "$map"
    count edges 15138
    count "headers that stand again" 1
    count "nodes, drug" 5017
    count "nodes, gene" 2321 # 2,324 targets, of which three share an Entrez id with another
    expect 0 "" ranks 2 import -o real.h5 --add --edges ppi="$REAL/PP-Pathways_ppi.csv.gz" --id-map "$map"
    count rows 342353
    count "self loops, left out" 3718
    count "joined by the id map" 1
    count edges 338198 # by an independent script
    count nodes 26717
    expect 0 "" ranks 2 import -o chg.h5 --edges chg="$REAL/ChG-Miner.tsv"
    count "nodes, gene" 2324
    expect 0 "" ranks 2 import -o ppi.h5 --edges ppi="$REAL/PP-Pathways_ppi.csv.gz"
    count "self loops, left out" 3717
    count edges 338636
    expect 0 "" ranks 2 import -o grqc.h5 --edges g="$REAL/ca-GrQc.txt"
    count edges 14484
    count nodes 5242
    expect 65 "ragged row: 2 fields where the first row has 11; the line has no end" \
        "$DRAGNET" import -o dgidb.h5 --edges d="$REAL/dgidb_interactions.tsv.gz"
    expect 0 "cut last line, left out" "$DRAGNET" import -o dgidb.h5 --drop-cut-line \
        --edges d="$REAL/dgidb_interactions.tsv.gz"
    count rows 20283
    expect 0 "" "$DRAGNET" import -o actions.h5 --edges a="$map"
    count rows 19906
else
    echo "SKIP (in part): no real networks at $REAL" >&2
fi
finish
