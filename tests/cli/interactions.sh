#!/usr/bin/env bash
# interactions.sh - drug-target tables: bad input, what is set aside, splits; the same on any ranks
. "$(dirname "$0")/lib.sh"

head="drug,smiles,target,sequence,label"
printf '%s\n' "$head" 'D1,CCO,T1,MKV,1' 'D2,CCC,T1,MKV,0' >good.csv
"$DRAGNET" import -o probe.h5 --interactions x=good.csv 2>probe.txt
[ $? != 69 ] || skip "this build cannot read SMILES"

# bad CODE TEXT ARGUMENTS...: refused, nothing left; bad2: also on 2 ranks
bad() {
    expect "$1" "$2" "$DRAGNET" import -o bad.h5 "${@:3}"
    nothing_left bad.h5 bad.h5.rejected.tsv
}
bad2() {
    bad "$@"
    expect "$1" "$2" ranks 2 import -o bad.h5 "${@:3}"
    nothing_left bad.h5 bad.h5.rejected.tsv
}

# table NAME ROW...: a table with the header
table() {
    local name=$1
    shift
    printf '%s\n' "$head" "$@" >"$name"
}

# ---- refused ----
: >empty.csv
bad 65 'empty.csv: is empty' --interactions x=empty.csv
echo "$head" >head.csv
bad 65 'head.csv: has a header and no rows' --interactions x=head.csv
table label.csv 'D1,CCO,T1,MKV,1' 'D2,CCC,T1,MKV,2'
bad2 65 "label.csv:3: label '2' is neither 0, 1 nor a type of activation (agonist" --interactions x=label.csv
table type.csv 'D1,CCO,T1,MKV,agonist' 'D2,CCC,T1,MKV,binder'
bad 65 "type.csv:3: label 'binder' is neither" --interactions x=type.csv
table ragged.csv 'D1,CCO,T1,MKV,1' 'D2,CCC,T1,0'
bad2 65 'ragged.csv:3: ragged row: 4 fields where the header has 5' --interactions x=ragged.csv
cut -d, -f1-4 good.csv >nolabel.csv
bad 65 "nolabel.csv: no column is known as label or interaction type: say which with --columns label=NAME; there are: 'drug', 'smiles', 'target', 'sequence'" --interactions x=nolabel.csv
cut -d, -f1,3- good.csv >nosmiles.csv
bad 65 'no column is known as SMILES: say which with --columns smiles=NAME, or give --molecules FILE.smi' --interactions x=nosmiles.csv
cut -d, -f1-3,5 good.csv >noseq.csv
bad 65 'no column is known as sequence' --interactions x=noseq.csv
bad 65 "no column 'y' (--columns label=...)" --interactions x=good.csv --columns label=y
bad 64 "'labels' is no role" --interactions x=good.csv --columns labels=label
table ones.csv 'D1,CCO,T1,MKV,1' 'D2,CCC,T1,MKV,1'
bad2 65 'ones.csv: all 2 pairs have label 1; both classes are needed' --interactions x=ones.csv
printf '%s\n' "$head" '"D1,CCO,T1,MKV,1' >quote.csv
bad 65 'quote.csv:2: a quote that opens a field' --interactions x=quote.csv
gzip -c good.csv | head -c 40 >cut.csv.gz
bad2 65 'cut.csv.gz: the gzip data are cut off' --interactions x=cut.csv.gz
bad 66 'nowhere.csv: cannot be opened' --interactions x=nowhere.csv
bad 66 'nowhere.smi: cannot be opened' --interactions x=nosmiles.csv --molecules nowhere.smi
printf 'CCO D1\nCC\n' >noid.smi
bad2 65 'noid.smi:2: a SMILES without an id behind it' --interactions x=nosmiles.csv --molecules noid.smi
printf '>T1\nMKV\n>T1\nMKVV\n' >twice.fasta
bad 65 "twice.fasta:3: id 'T1' stood there before with another text" --interactions x=noseq.csv --sequences twice.fasta
printf 'MKV\n' >nohead.fasta
bad 65 "nohead.fasta:1: a sequence without a '>' line above it" --interactions x=noseq.csv --sequences nohead.fasta
bad 64 'wanted NAME=FILE' --interactions good.csv
bad 64 "set of interactions 'x' is given twice" --interactions x=good.csv x=good.csv
bad 64 '--molecules goes with --interactions NAME=FILE' --molecules noid.smi --edges e=good.csv
bad 64 'stands beside --columns' --interactions x=good.csv --columns label=label drug=drug
table unreadable.csv 'D1,C1,T1,MKV,1' 'D2,CCC,T1,M-V,0'
bad2 65 'no pair is left of 2 rows: 2 set aside, such as: SMILES' --interactions x=unreadable.csv

# ---- set aside, with the row and the reason; nothing else is lost ----
long=$(printf 'A%.0s' $(seq 40000))
peptide=$(printf 'NCC(=O)%.0s' $(seq 125))O
table messy.csv 'D1,CCO,T1,MKV,1' 'D2,CCC,T1,mkv,0' 'D3,C1CC,T1,MKV,1' 'D4,,T1,MKV,1' 'D5,C(C)(C)(C)(C)C,T1,MKV,0' \
    'D6,c1cccn1,T1,MKV,0' 'D7,[Na+].[Cl-],T1,MKV,0' 'D8,C,T2,A,1' "D9,$peptide,T2,a,1" 'D1,CCO,T3,MK-V,1' 'D1,CCO,T4,MKV*,1' \
    'D1,CCO,T5,MK1V,1' 'D1,CCO,T6,,1' "D1,CCO,T7,$long,0" "D1,CCO,T8,${long}A,0" 'D1,OCC,T1,MKV,1' 'D2,CCC,T2,A,1' \
    'D2,C(C)C,T2,A,0' 'D0,CCN,T9,MKXBZJUO,agonist|antagonist' 'D0,CCN,T9,MKXBZJUO,inverse agonist' ',CCN,T9,MK,1'
for n in 1 2 3; do
    expect 0 'in messy'$n'.h5.rejected.tsv' ranks $n import -o messy$n.h5 --interactions x=messy.csv
    cmp -s messy1.h5.rejected.tsv messy$n.h5.rejected.tsv || fail "other rows set aside on $n ranks"
done
for what in 'rows +21' 'set aside +11' 'molecule unreadable +4' 'sequence unreadable +5' 'empty id +1' 'types of both effects +1' \
    'exact repeats, dropped +1' 'distinct pairs +8' 'contradictory pairs, dropped +1' 'pairs kept +7'; do
    grep -qE "$what" err.txt || fail "no '$what' in the report: $(cat err.txt)"
done
grep -qE 'drugs +6' err.txt || fail "wrong number of drugs: $(cat err.txt)"
# line ROW TEXT: that row stands there with that reason
line() {
    grep -P "^x\t$1\t" messy1.h5.rejected.tsv | grep -qF -- "$2" || fail "row $1 is not set aside for '$2': $(cat messy1.h5.rejected.tsv)"
}
line 3 SMILES
line 4 'empty'
line 5 SMILES
line 6 SMILES
line 10 "a gap ('-') at position 3"
line 11 "a stop ('*') at position 4"
line 12 "a digit ('1') at position 3"
line 13 'sequence is empty'
line 15 '40001 residues, more than 40000'
line 17 'contradictory'
line 18 'contradictory'
line 19 'both activation and inhibition'
line 21 'the drug id is empty'
[ "$(wc -l <messy1.h5.rejected.tsv)" = 14 ] || fail "not 13 rows set aside: $(cat messy1.h5.rejected.tsv)"

table types.csv 'D1,CCO,T1,MKV,agonist' 'D2,CCC,T1,MKV,binder' 'D3,CC,T1,MKV,"blocker, other"' 'D4,C,T1,MKV,' 'D5,CN,T1,MKV,2'
bad 64 '--skip-other-labels goes with --interactions' --skip-other-labels --edges e=good.csv
expect 0 'such as the label is neither 0, 1 nor a type of' ranks 2 import -o types.h5 --interactions x=types.csv --skip-other-labels
grep -qE 'other labels +3' err.txt || fail "no other labels in the report: $(cat err.txt)"
[ "$(grep -c 'neither 0, 1 nor a type' types.h5.rejected.tsv)" = 3 ] || fail "other labels are not set aside: $(cat types.h5.rejected.tsv)"

# ---- accepted: quotes, CRLF, TSV, no line end, byte order mark, gzip: all the same ----
expect 0 'imported' "$DRAGNET" import -o plain.h5 --interactions x=good.csv
[ ! -e plain.h5.rejected.tsv ] || fail "an empty file of rows set aside was left"
sed 's/,/","/g; s/^/"/; s/$/"\r/' good.csv >quoted.csv
tr ',' '\t' <good.csv | head -c -1 >tabs.tsv
{ printf '\xef\xbb\xbf'; cat good.csv; } | gzip >packed.csv.gz
cut -d, -f1,3- good.csv | sed '1s/.*/Compound_ID,UniProt,aa_sequence,Activity/' >renamed.csv
printf 'CCO D1\nCCC D2\n' | gzip >m.smi.gz
for kind in quoted.csv tabs.tsv packed.csv.gz; do
    expect 0 'imported' ranks 2 import -o $kind.h5 --interactions x=$kind
done
expect 0 'imported' ranks 2 import -o renamed.h5 --interactions x=renamed.csv --molecules m.smi.gz --columns label=Activity
if command -v h5diff >/dev/null; then
    for other in quoted.csv tabs.tsv packed.csv.gz renamed; do
        for path in /drugs /targets /interactions/x/drug /interactions/x/target /interactions/x/label; do
            h5diff plain.h5 $other.h5 $path $path >/dev/null || fail "$other.h5 differs from plain.h5 in $path"
        done
    done
fi

# ---- outputs ----
sum=$(sha256sum plain.h5)
expect 0 'already complete' "$DRAGNET" import -o plain.h5 --interactions x=good.csv
expect 73 'plain.h5: exists' "$DRAGNET" import -o plain.h5 --interactions x=messy.csv
expect 73 "set of interactions 'x' exists" "$DRAGNET" import -o plain.h5 --add --interactions x=messy.csv
expect 65 'both classes' "$DRAGNET" import -o plain.h5 --add --interactions y=ones.csv
[ "$sum" = "$(sha256sum plain.h5)" ] || fail "a failed import changed the dataset"
nothing_left nowhere.h5 plain.h5.rejected.tsv

# ---- splits: 60 drugs x 50 targets ----
awk 'BEGIN { print "smiles,sequence,label"; for (d = 0; d < 60; d++) for (t = 0; t < 50; t++) {
    s = ""; for (i = 0; i <= d; i++) s = s "C"; p = "M"; for (i = 0; i < t; i++) p = p "A"; print s "," p "," (d * 7 + t * 11) % 2 } }' >grid.csv
expect 0 'pairs kept                         3000' ranks 2 import -o grid.h5 --interactions g=grid.csv
cp grid.h5 grid1.h5 && cp grid.h5 grid3.h5
for n in 1 3; do
    for kind in warm cold-drug cold-target cold-both kfold-blocks; do
        shares="--fractions 0.4,0.2,0.4"
        [ $kind != kfold-blocks ] || shares="--folds 3"
        expect 0 '' ranks $n split grid$n.h5 --interactions g --name $kind --kind $kind $shares --seed 5
        cp out.txt $kind.$n.txt
    done
done
for kind in warm cold-drug cold-target cold-both kfold-blocks; do
    cmp -s $kind.1.txt $kind.3.txt || fail "$kind: other counts on 3 ranks"
    if command -v h5diff >/dev/null; then
        h5diff grid1.h5 grid3.h5 /splits/$kind/part /splits/$kind/part >/dev/null || fail "$kind: another split on 3 ranks"
    fi
done
grep -qP '^0\ttest_c3\t480\t' cold-both.1.txt || fail "cold-both does not test 24 x 20 pairs: $(cat cold-both.1.txt)"
grep -qP '^0\ttrain\t480\t' cold-both.1.txt && grep -qP '^0\tleft_out\t1920\t' cold-both.1.txt || fail "cold-both: $(cat cold-both.1.txt)"
grep -qP '^0\ttest\t1200\t' cold-drug.1.txt && grep -qP '^0\ttest_c2\t1200\t' cold-drug.1.txt || fail "cold-drug: $(cat cold-drug.1.txt)"
[ "$(grep -cP '\ttest\t' kfold-blocks.1.txt)" = 9 ] || fail "not 9 folds of 3 x 3 blocks"
s="split grid.h5 --interactions g --name s"
expect 65 'too few to judge a model; take other fractions or --kind kfold-blocks, or --force' "$DRAGNET" $s --kind cold-both
expect 65 'too few to judge a model; take fewer folds, or --force' "$DRAGNET" $s --kind kfold --folds 100
expect 0 '' "$DRAGNET" $s --kind cold-both --force
expect 64 '--kind cold-drug is for --interactions' "$DRAGNET" split grid.h5 --pairs g --name s --kind cold-drug
expect 64 '--kind random is for --pairs' "$DRAGNET" $s --kind random
expect 64 '--pairs and --interactions stand together' "$DRAGNET" $s --pairs g
expect 64 '--fractions is not for --kind kfold-blocks' "$DRAGNET" $s --kind kfold-blocks --fractions 1,0,0
expect 64 'wanted 3 to 10' "$DRAGNET" $s --kind kfold-blocks --folds 11 --force
expect 64 '--drug-clusters goes with --kind cold-drug' "$DRAGNET" $s --drug-clusters 0.5
expect 64 '--target-clusters goes with --kind cold-target' "$DRAGNET" $s --kind cold-drug --target-clusters 0.5
expect 64 '--drug-clusters goes with --kind cold-drug, cold-both, kfold-blocks and kfold --by drugs' "$DRAGNET" $s --kind kfold --by targets --drug-clusters 0.5
expect 64 '--by genes is for --pairs' "$DRAGNET" $s --kind kfold --by genes
expect 64 '--by drugs is for --interactions' "$DRAGNET" split grid.h5 --pairs g --name s --kind kfold --by drugs
expect 64 '--by is for --kind kfold only' "$DRAGNET" $s --kind cold-drug --by drugs
expect 0 'of=drugs alike=0.9 clusters=' ranks 2 split grid.h5 --interactions g --name bydrugs --kind kfold --by drugs --folds 3 --drug-clusters 0.9 --allow-small
[ "$(grep -cP '\ttest\t' out.txt)" = 3 ] || fail "not 3 folds by drugs"
expect 64 'drug-clusters' "$DRAGNET" $s --kind cold-drug --drug-clusters 2
expect 65 'clusters of targets cannot be dealt into 5 blocks' "$DRAGNET" $s --kind kfold-blocks --target-clusters 0.01 --force
expect 0 'of=targets alike=0.9 clusters=' ranks 2 split grid.h5 --interactions g --name alike --kind cold-target --target-clusters 0.9 --force
expect 0 'already complete' "$DRAGNET" split grid.h5 --interactions g --name alike --kind cold-target --target-clusters 0.9
expect 73 'holds another split' "$DRAGNET" split grid.h5 --interactions g --name alike --kind cold-target --target-clusters 0.8
expect 65 "no set of interactions 'h'; there are: g" "$DRAGNET" split grid.h5 --interactions h --name s
expect 65 'holds no drugs' "$DRAGNET" split "$(expect 0 '' "$DRAGNET" synth --genes 20 --samples 3 --pairs 20 --seed 1 -o synth.h5; echo synth.h5)" --interactions g --name s
expect 0 'split removed with its set' "$DRAGNET" import -o grid1.h5 --add --force --interactions g=good.csv
finish
