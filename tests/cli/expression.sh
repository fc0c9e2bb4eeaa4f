#!/usr/bin/env bash
# expression.sh - small tables: every normalisation is trained, stored and applied again; other expression refused
. "$(dirname "$0")/lib.sh"

# 30 genes in two files of 6 and 5 samples, with gaps; pairs that follow the sign of a product
awk 'BEGIN {
    srand(7); nv = split("6 5", wide, " ")
    for (f = 1; f <= nv; f++) {
        file = "x" f ".tsv"; line = "id"
        for (s = 0; s < wide[f]; s++) line = line "\ts" f "_" s
        print line > file
        for (g = 0; g < 30; g++) {
            line = "g" g
            for (s = 0; s < wide[f]; s++) line = line "\t" (rand() < 0.1 ? "NA" : int(1000 * rand() * f) / 100)
            print line > file
        }
    }
    for (a = 0; a < 30; a++) for (b = a + 1; b < 30; b++) print "g" a ",g" b "," (rand() < 0.5) > "p.csv"
}'
sed '5s/[0-9.]*$/4.25/' x2.tsv >y2.tsv
cmp -s x2.tsv y2.tsv && fail "the other table is not another one"

# data OUT X2: a dataset with a split
data() {
    expect 0 "" "$DRAGNET" import -o "$1" --expression x1.tsv "$2" --pairs p=p.csv
    expect 0 "" "$DRAGNET" split "$1" --pairs p --name warm --kind random --fractions 0.6,0.2,0.2 --seed 1 --force
}
data one.h5 x2.tsv
data other.h5 y2.tsv

json() {
    expect 0 "" ranks "$1" evaluate "$2" --model "$3/model.h5" --part test --replicates 0 --json
    grep -v -e command -e '"dataset"' out.txt
}
for kind in none zscore-sample zscore-gene quantile; do
    expect 0 "" ranks 3 train gener one.h5 --split warm -o "$kind" --epochs 1 --batch 64 --shards 4 --normalise "$kind"
    json 1 one.h5 "$kind" >"$kind.1"
done
expect 0 "" "$DRAGNET" train gener one.h5 --split warm -o alone --epochs 1 --batch 64 --shards 4 --normalise quantile
h5diff quantile/model.h5 alone/model.h5 /weights || fail "three ranks learn other weights than one"
json 2 one.h5 quantile >quantile.2
cmp -s quantile.2 quantile.1 || fail "two ranks give other scores than one"
for kind in none zscore-sample quantile; do
    cmp -s "$kind.1" zscore-gene.1 && fail "$kind is scored as zscore-gene"
    h5diff -q "$kind/model.h5" zscore-gene/model.h5 /weights && fail "$kind is learned as zscore-gene"
done

# without the option: zscore-gene, and the run is known as done
expect 0 "" "$DRAGNET" train gener one.h5 --split warm -o plain --epochs 1 --batch 64 --shards 4
h5diff plain/model.h5 zscore-gene/model.h5 /weights || fail "the default is not zscore-gene"
expect 73 "" "$DRAGNET" train gener one.h5 --split warm -o plain --epochs 1 --batch 64 --shards 4 --normalise quantile

# values that depend on all genes of a sample want that expression again
for kind in zscore-sample quantile; do
    expect 65 "normalised by $kind, which takes a value from all genes of its sample, over other expression" \
        "$DRAGNET" evaluate other.h5 --model "$kind/model.h5" --part test --replicates 0
done
expect 0 "" "$DRAGNET" evaluate other.h5 --model zscore-gene/model.h5 --part test --replicates 0
expect 64 "" "$DRAGNET" train gener one.h5 --split warm -o bad --normalise zscore
expect 64 "--normalise does not go with train dti" "$DRAGNET" train dti one.h5 --split warm -o bad --normalise none
finish
