#!/usr/bin/env bash
# interactions_odd.sh - drug-target data at the edge: odd tables, SMILES and FASTA files, molecules and proteins; one epoch on them
. "$(dirname "$0")/lib.sh"

head="drug,smiles,target,sequence,label"
table() { # NAME ROW...
    local name=$1
    shift
    printf '%s\n' "$head" "$@" >"$name"
}
table good.csv 'D1,CCO,T1,MKV,1' 'D2,CCC,T1,MKV,0' 'D3,CN,T2,MKW,1'
"$DRAGNET" import -o good.h5 --interactions x=good.csv 2>probe.txt
[ $? != 69 ] || skip "this build cannot read SMILES"

bad() { # CODE TEXT ARGUMENTS...: refused, nothing left
    expect "$1" "$2" "$DRAGNET" import -o bad.h5 "${@:3}"
    nothing_left bad.h5 bad.h5.rejected.tsv
}
imports() { # TEXT ARGUMENTS...: to ok.h5, on 2 ranks
    rm -f ok.h5 ok.h5.rejected.tsv
    expect 0 "$1" ranks 2 import -o ok.h5 "${@:2}"
}
aside() { # ROW TEXT: set aside with this reason
    grep -P "^x\t$1\t" ok.h5.rejected.tsv 2>/dev/null | grep -qF -- "$2" || fail "row $1 is not set aside for '$2': $(cat ok.h5.rejected.tsv 2>&1)"
}
none_aside() {
    [ ! -e ok.h5.rejected.tsv ] || fail "set aside: $(cat ok.h5.rejected.tsv)"
}

# ---- the text of a table ----
table one.csv 'D1,CCO,T1,MKV,1'
bad 65 'one.csv: only one pair is left of 1 rows (0 set aside); both labels are needed' --interactions x=one.csv
table rest.csv 'D1,CCO,T1,MKV,1' 'D2,CCC,T1,MK1,0'
bad 65 "only one pair is left of 2 rows (1 set aside, such as: sequence has a digit" --interactions x=rest.csv
table comma.csv 'D1,CCO,T1,MKV,1,' 'D2,CCC,T1,MKV,0,'
bad 65 'comma.csv:2: ragged row: 6 fields where the header has 5' --interactions x=comma.csv
sed 's/$/,/' good.csv >commas.csv
imports 'pairs kept                            3' --interactions x=commas.csv
none_aside
tr '\n' '\r' <good.csv >cr.csv
bad 65 'cr.csv:1: lines end with a carriage return alone' --interactions x=cr.csv
sed 's/$/\n/' good.csv >blank.csv
imports 'pairs kept                            3' --interactions x=blank.csv
none_aside
printf '%s\nD1,CC\0O,T1,MKV,1\n' "$head" >nul.csv
bad 65 'nul.csv:2: a NUL byte' --interactions x=nul.csv
tail -n +2 good.csv >headless.csv
bad 65 "headless.csv: no column is known as label" --interactions x=headless.csv
sed '1s/target/smiles/' good.csv >twice.csv
bad 65 "twice.csv: columns 2 and 3 are both named 'smiles'" --interactions x=twice.csv
for label in '' -1 nan 2.0 yes; do
    table label.csv 'D2,CCC,T1,MKV,0' "D1,CCO,T1,MKV,$label"
    bad 65 "label.csv:3: label '$label' is neither 0, 1 nor a type" --interactions x=label.csv
done
table float.csv 'D1,CCO,T1,MKV,1.0' 'D2,CCC,T1,MKV,0.0'
imports 'pairs kept                            2' --interactions x=float.csv
printf '%s\n"D1\n,x",CCO,T1,MKV,1\n' "$head" >lines.csv
bad 65 'lines.csv:2: a quote that opens a field does not end in this line' --interactions x=lines.csv
{
    cat good.csv
    printf 'D4,%s,T1,MKV,0\n' "$(head -c 3000000 /dev/zero | tr '\0' C)"
    printf 'D5,CC,T3,%s,0\n' "$(head -c 5000000 /dev/zero | tr '\0' A)"
    printf '%s,CCO,T2,MKW,0\n' "$(head -c 300000 /dev/zero | tr '\0' X)"
} >long.csv
imports 'set aside                             2' --interactions x=long.csv
aside 4 'SMILES'
aside 5 'more than 40000'
[ "$(wc -c <ok.h5.rejected.tsv)" -lt 2000 ] || fail "the reasons hold whole texts: $(wc -c <ok.h5.rejected.tsv) bytes"

# ---- SMILES and FASTA files beside a table ----
cut -d, -f1,3- good.csv >nosmiles.csv
cut -d, -f1-3,5 good.csv >nosequence.csv
printf 'CCO D1\nCN D3\nCCN D9\n' >some.smi # D9 has no row, D2 no molecule
table more.csv 'D1,,T1,MKV,1' 'D2,,T1,MKV,0' 'D3,,T2,MKW,0'
imports 'molecule not known                  1' --interactions x=more.csv --molecules some.smi
aside 2 'no molecule is known for this drug'
printf '\xef\xbb\xbfsmiles name\r\nCCO D1\r\n\r\nCCC\tD2\r\nCN  D3\r\nCN D3\r\n' >crlf.smi
imports 'pairs kept                            3' --interactions x=nosmiles.csv --molecules crlf.smi
none_aside
printf 'CCO D1\nCCC D2\nCCCC D1\nCN D3\n' >two.smi
bad 65 "two.smi:3: id 'D1' stood there before with another text: 'CCO', here 'CCCC'" --interactions x=nosmiles.csv --molecules two.smi
: >empty.smi
bad 65 'empty.smi: holds no molecules' --interactions x=nosmiles.csv --molecules empty.smi
printf 'D1 CCO\nD2 CCC\nD3 CN\n' >turned.smi
bad 65 'no pair is left of 3 rows: 3 set aside, such as: no molecule is known for this drug' --interactions x=nosmiles.csv --molecules turned.smi
printf '\xef\xbb\xbf>sp|T1|NAME a protein\r\nmk\r\nV\r\n>T2\r\nMKW\r\n>T7\r\nMKV*\r\n' >crlf.fa
imports 'pairs kept                            3' --interactions x=nosequence.csv --sequences crlf.fa
none_aside
printf '>T1\n>T2\nMKW*\n' >odd.fa
bad 65 'no pair is left of 3 rows: 3 set aside, such as: sequence is empty' --interactions x=nosequence.csv --sequences odd.fa
printf '>T1\nMKV\n>T1\n' >again.fa
bad 65 "again.fa:3: id 'T1' stood there before with another text: 'MKV', here ''" --interactions x=nosequence.csv --sequences again.fa
printf '> \nMKV\n' >noid.fa
bad 65 "noid.fa:1: '>' without an id" --interactions x=nosequence.csv --sequences noid.fa

# ---- molecules that are none; RDKit refuses them, too, but for the last, which it makes a radical ----
table molecules.csv 'D1,CCO,T1,MKV,1' 'D2,[CH5],T1,MKV,0' 'D3,C(C)(C)(C)(C)C,T1,MKV,0' 'D4,F(F)F,T1,MKV,0' 'D5,CC>>CO,T1,MKV,0' 'D6,C.,T1,MKV,0' \
    'D7,C(,T1,MKV,0' 'D8,aspirin,T1,MKV,0' 'D9,nan,T1,MKV,0' 'D10,-,T1,MKV,0' 'D11,InChI=1S/CH4/h1H4,T1,MKV,0' 'D12,[C+10],T2,MKV,0' \
    'D13,F[C@H]Cl,T1,MKV,0'
imports 'set aside                            11' --interactions x=molecules.csv
for row in 2 3 4; do aside $row 'SMILES: bad valence: the atom in column 1 has valence'; done
aside 5 'makes this a reaction'
aside 6 'leads to no atom'
aside 7 'not closed'
aside 13 "a centre with '@' that lacks a neighbour"
for row in 8 9 10 11; do aside $row 'SMILES: '; done

# ---- odd but sound: one atom, a salt, 500 atoms in a peptide; one residue, unknown ones, 40,000: one epoch on 2 ranks ----
peptide=$(printf 'N[C@@H](CC(C)C)C(=O)%.0s' $(seq 62))O
giant=$(head -c 40000 /dev/zero | tr '\0' A)
{
    echo "$head"
    d=0
    for m in C '[Na+].[Cl-]' '[H][H]' '[H+]' "$peptide" 'CC(=O)Oc1ccccc1C(=O)[O-].[Na+]' '[300C]'; do
        t=0
        for s in A mkv X BZJUOX "$giant" ACDEFGHIKLMNPQRSTVWY W; do
            echo "D$d,$m,T$t,$s,$(((d + t) % 2))"
            t=$((t + 1))
        done
        d=$((d + 1))
    done
} >odd.csv
imports 'pairs kept                           49' --interactions x=odd.csv
none_aside
expect 0 '' "$DRAGNET" split ok.h5 --interactions x --name s --kind warm --fractions 0.6,0.2,0.2 --allow-small
for recipe in default published; do
    expect 0 '' ranks 2 train dti ok.h5 --split s --recipe $recipe --epochs 1 --batch 8 --shards 2 -o $recipe
    expect 0 '' ranks 2 evaluate ok.h5 --model $recipe/model.h5 --replicates 10 --scores $recipe.tsv
    awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "probability") c = i } NR > 1 && !($c > 0 && $c < 1) { bad = 1 } END { exit bad || NR < 9 }' $recipe.tsv ||
        fail "$recipe: a score of an odd pair is no probability: $(cat $recipe.tsv)"
done

# ---- too few to train on ----
expect 0 '' "$DRAGNET" split good.h5 --interactions x --name all --kind warm --fractions 1,0,0 --allow-small
expect 65 'the validation part needs both classes' "$DRAGNET" train dti good.h5 --split all --batch 2 --epochs 1 -o bad
expect 65 'have no test rows in this split' "$DRAGNET" evaluate good.h5 --baselines --split all
{
    echo "$head"
    for i in 1 2 3 4 5 6 7 8; do # every drug has one label only
        echo "D1,CCO,T$i,MKV$(head -c $i /dev/zero | tr '\0' A),1"
        echo "D2,CCC,T$i,MKV$(head -c $i /dev/zero | tr '\0' A),0"
    done
} >drugs.csv
imports 'pairs kept                           16' --interactions x=drugs.csv
expect 0 '' "$DRAGNET" split ok.h5 --interactions x --name one --kind cold-drug --fractions 0.5,0,0.5 --allow-small
expect 65 'the training part has labels of one class only' ranks 2 train dti ok.h5 --split one --batch 4 --shards 2 --epochs 1 -o bad
nothing_left bad/model.h5
finish
