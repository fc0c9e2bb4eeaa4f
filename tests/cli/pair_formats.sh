#!/usr/bin/env bash
# pair_formats.sh - BioGRID, PSI-MITAB, DREAM5, YEASTRACT and matrices as pair sets: what is recognised, filtered
# and reported, and that bad input gets one clear line
. "$(dirname "$0")/lib.sh"

printf 'orf\tsymbol\nYA\tA\nYB\tB\nYC\tC\nYD\tD\nYE\tE\n' >ids.tsv
ids="--gene-ids ids.tsv"

# bad CODE TEXT ARGUMENTS...: one line, nothing left; bad2: on 2 ranks
bad() {
    expect "$1" "$2" "$DRAGNET" import -o bad.h5 $ids "${@:3}"
    [ "$(grep -c . err.txt)" -le 2 ] || fail "more than one line: $(cat err.txt)"
    nothing_left bad.h5
}
bad2() {
    expect "$1" "$2" ranks 2 import -o bad.h5 $ids "${@:3}"
    nothing_left bad.h5
}
says() {
    local text
    for text in "$@"; do
        grep -qE -- "$text" err.txt || fail "no '$text' in the report: $(cat err.txt)"
    done
}

# ---- BioGRID ----
head='#BioGRID Interaction ID\tSystematic Name Interactor A\tSystematic Name Interactor B\tOfficial Symbol Interactor A\tOfficial Symbol Interactor B\tExperimental System\tExperimental System Type\tOrganism ID Interactor A\tOrganism ID Interactor B\tScore\n'
{
    printf "$head"
    printf '1\tYA\tYB\tA\tB\tTwo-hybrid\tphysical\t559292\t559292\t0.9\n'
    printf '2\tYB\tYA\tB\tA\tPCA\tphysical\t559292\t559292\t-\n'
    printf '3\tYC\tYD\tC\tD\tNegative Genetic\tgenetic\t559292\t559292\t0.8\n'
    printf '4\tYC\tQX\tC\tX\tTwo-hybrid\tphysical\t559292\t559292\t0.8\n'
    printf '5\tYD\tYE\tD\tE\tTwo-hybrid\tphysical\t9606\t559292\t0.8\n'
    printf '6\tYE\tYE\tE\tE\tTwo-hybrid\tphysical\t559292\t559292\t0.8\n'
    printf '7\tYD\tYE\tD\tE\tTwo-hybrid\tphysical\t559292\t559292\t0.1\n'
} >b.tab3.txt
gzip -c b.tab3.txt >b.tab3.txt.gz
expect 0 'pairs b from b.tab3.txt.gz (biogrid)' ranks 2 import -o b.h5 $ids --pairs b=b.tab3.txt.gz --organism 559292 \
    --experiment-type physical --min-score 0.5
says 'rows +7' 'pairs kept +1' 'of other organisms, left out +1' 'of other types, left out +1' \
    'without a score, left out +1' 'of a lower score, left out +1' 'genes are found by their systematic name' \
    'unknown genes, left out +1   such as QX' 'self pairs, left out +1'
expect 0 'already complete' "$DRAGNET" import -o b.h5 $ids --pairs b=b.tab3.txt.gz --organism 559292 \
    --experiment-type physical --min-score 0.5
expect 73 'b.h5: exists' "$DRAGNET" import -o b.h5 $ids --pairs b=b.tab3.txt.gz --organism 559292
head -c 150 b.tab3.txt.gz >cut.tab3.txt.gz
bad2 65 'cut.tab3.txt.gz: the gzip data are cut off' --pairs b=cut.tab3.txt.gz
head -c -40 b.tab3.txt >short.tab3.txt
bad2 65 'short.tab3.txt:8: ragged row: 5 columns where the header has 10' --pairs b=short.tab3.txt
sed 's/Official Symbol Interactor B/Symbol/' b.tab3.txt >nocol.tab3.txt
bad 65 "nocol.tab3.txt:1: the header has no column 'Official Symbol Interactor B'" --pairs b=nocol.tab3.txt
sed 's/\tScore/\tS/' b.tab3.txt >noscore.tab3.txt
bad2 65 "noscore.tab3.txt:1: the header has no column 'Score' (--min-score)" --pairs b=noscore.tab3.txt --min-score 1
bad 65 'b.tab3.txt: none of 7 rows is wanted: 7 of another organism' --pairs b=b.tab3.txt --organism 10090
grep -q 'of another organism,' err.txt && fail "reasons that no row has: $(cat err.txt)"
{ printf "$head"; printf '1\t-\t-\tMAP2K4\tFLNC\tTwo-hybrid\tphysical\t9606\t9606\t-\n'; } >human.tab3.txt
bad 65 "none of 1 pairs has two known genes: the file has 'MAP2K4', 'FLNC', the gene ids are such as" --pairs b=human.tab3.txt
bad 64 "--organism yeast: wanted a number of the NCBI taxonomy" --pairs b=b.tab3.txt --organism yeast

# ---- PSI-MITAB ----
row() {
    printf 'x:%s\tx:%s\t-\t-\t-\t-\t%s\t-\t-\ttaxid:1\ttaxid:1\t%s\t-\t-\tscore:0.5\n' "$1" "$2" "$3" "$4"
}
{
    row YA YB 'psi-mi:"MI:0018"(two hybrid)' 'psi-mi:"MI:0915"(physical association)'
    row YB YC '-' 'psi-mi:"MI:0208"(genetic interaction)'
} >m.mitab
expect 0 '(mitab)' "$DRAGNET" import -o m.h5 $ids --pairs m=m.mitab --experiment-type genetic
says 'rows +2' 'pairs kept +1' 'of other types, left out +1' 'genes are found by their identifier'
{ cat m.mitab; row YC YD 'psi-mi:"MI:0018(two hybrid)' -; } >quote.mitab
bad2 65 'quote.mitab:3: a quote does not end: "MI:0018(two hybrid)' --pairs m=quote.mitab --experiment-system 'two hybrid'

# ---- regulations ----
printf 'A\tB\t1\nC\tD\t0\nB\tC\t1\n' >net_gold_standard.tsv
expect 0 '(dream5, directed)' "$DRAGNET" import -o d.h5 $ids --pairs d=net_gold_standard.tsv
says 'pairs kept +3' '  none +1'
cp net_gold_standard.tsv plain.tsv
expect 0 '--pairs-format p=dream5 takes them as regulations' "$DRAGNET" import -o p.h5 $ids --pairs p=plain.tsv
printf 'Ap;B\nAp;C\nB;A\n' >y.csv
printf 'A,B,1\nC,D,1\nD,E,0\n' >k.csv
expect 0 '(yeastract, directed)' ranks 2 import -o y.h5 $ids --pairs k=k.csv y=y.csv --connections k
says 'rows +3' 'pairs of the connections +3' 'pairs kept +3' '  none +1' '  connection +1' 'mutual regulations, left out +2' \
    'connections that are regulations, left out +1'
says 'the first column regulates the second; --directed no'
printf 'A,C,1\nC,D,0\nD,E,1\n' >k2.csv
cp y.h5 kept.h5
expect 73 "y.h5: pair set 'y' holds the pairs of 'k' as its connections" ranks 2 import -o y.h5 --add --force --pairs k=k2.csv
cmp -s y.h5 kept.h5 || fail "a refused import changed the dataset"
expect 0 'pairs other from k2.csv' ranks 2 import -o y.h5 --add --force --pairs other=k2.csv
expect 0 'pairs other from k2.csv' ranks 2 import -o y.h5 --add --force --pairs other=k2.csv # no set holds its pairs
expect 0 'pairs y from y.csv' ranks 2 import -o y.h5 --add --force --pairs k=k2.csv y=y.csv --connections k
expect 0 '(yeastract)' "$DRAGNET" import -o u.h5 $ids --pairs y=y.csv --directed no
says 'pairs kept +2' 'with label 1 +2' 'repeats, left out +1'
printf 'g\tA\tB\tC\nA\t0\t1\t0\nD\t0\t2\t0\n' >two.tsv
bad2 65 "two.tsv:3: column 'B': '2' is neither 0 nor 1" --pairs m=two.tsv
printf 'g\tA\tB\tC\nA\t0\t1\t0\nD\t0\t0\n' >missing.tsv
bad 65 'missing.tsv:3: ragged row: 3 fields, wanted a gene and 3 of 0 or 1' --pairs m=missing.tsv
printf 'tf\tA\tB\tC\tD\nE\t0\t1\t0\t1\nD\t0\t1\t0\t1\n' >sides.tsv
bad2 65 'has the transcription factors in its columns and the genes in its rows; this one has 4 columns and 2 rows' \
    --pairs m=sides.tsv
printf 'A;B\n"A;C\n' >yq.csv
bad 65 'yq.csv:2: a quote that opens a field does not end' --pairs y=yq.csv
bad 65 'k.csv:1: no PSI-MITAB, which has 15, 36, 42 or 46 columns' --pairs d=k.csv --pairs-format mitab

# ---- options ----
bad 64 'choose rows of BioGRID and PSI-MITAB' --pairs k=k.csv --organism 1
bad 64 "'gtf' is no format; there are: auto, npy" --pairs k=k.csv --pairs-format gtf
bad 64 '--connections goes with --pairs' --connections k
bad 64 '--connections x: no pair set of that name is imported' --pairs y=y.csv --connections x
finish
