#!/usr/bin/env bash
# import_bad_input.sh - bad input gets a clear error with the right exit code, and nothing is left behind
. "$(dirname "$0")/lib.sh"

printf 'index0\tdream\torf\n0\tG1\tA\n1\tG2\tB\n2\tG3\tC\n3\tG4\tD\n' >ids.tsv
printf 'orf\ts1\ts2\nA\t1\t2\nB\t2\tNA\nC\t4\t1\nD\t0\t3\n' >x.tsv
printf 'A,B,1\nB,C,0\nC,D,1\n' >p.csv

# npy FILE DESCR ORDER ROWS HEX: a .npy file made of bytes
npy() {
    local dict="{'descr': '$2', 'fortran_order': $3, 'shape': ($4, 3), }"
    { printf '\x93NUMPY\x01\x00'; printf "\\x$(printf %02x ${#dict})\\x00"; printf '%s' "$dict"
      printf "$(printf '%s' "$5" | tr -d ' ' | sed 's/../\\x&/g')"; } >"$1"
}
zero=0000000000000000 one=0100000000000000 two=0200000000000000 nine=0900000000000000 minus=ffffffffffffffff
f0=0000000000000000 f1=000000000000f03f f2=0000000000000040 nan=000000000000f87f inf=000000000000f07f half=000000000000e03f

# bad CODE TEXT ARGUMENTS...: refused, nothing left; bad2: also on 2 ranks
bad() {
    expect "$1" "$2" "$DRAGNET" import -o bad.h5 "${@:3}"
    nothing_left bad.h5
}
bad2() {
    bad "$@"
    expect "$1" "$2" ranks 2 import -o bad.h5 "${@:3}"
    nothing_left bad.h5
}

# bad_npy HOW NAME DESCR ORDER ROWS HEX TEXT: NAME.npy is refused as a pair set; HOW: bad or bad2
bad_npy() {
    npy "$2.npy" "${@:3:4}"
    "$1" 65 "$7" $x --pairs p="$2.npy"
}

# good NAME TEXT ARGUMENTS...: accepted; the report says TEXT
good() {
    local name=$1 text=$2
    shift 2
    expect 0 "$text" ranks 2 import -o "$name.h5" "$@"
    [ -e "$name.h5" ] || fail "$name.h5 is not there"
}

# ---- expression ----
printf 'orf\ts1\ts2\nA\t1\t2\n\nB\t1\nC\t4\t1\n' >ragged.tsv
bad2 65 'ragged.tsv:4: ragged row: 2 fields where the first row has 3' --expression ragged.tsv
printf 'orf\ts1\ts2\nA\t1\t2\nB\t2\t1\nC\t4\tfour\nD\t0\t3\n' >text.tsv
bad2 65 "text.tsv:4: column 's2': 'four' is not a number" --expression text.tsv
printf 'orf\ts1\ts2\nA\t1\t2\nB\tinf\t1\nC\t4\t5\nD\t0\t3\n' >inf.tsv
bad 65 "inf.tsv:3: column 's1': 'inf' is infinite" --expression inf.tsv
printf 'orf\ts1\nA\t1e99\n' >huge.tsv
bad 65 "'1e99' is too large" --expression huge.tsv
printf 'orf\ts1\nA\t-1e400\n' >huge.tsv
bad 65 "'-1e400' is too large" --expression huge.tsv
: >empty.tsv
bad 65 'empty.tsv: is empty' --expression empty.tsv
printf 'orf\ts1\ts2\n' >head.tsv
bad 65 'head.tsv: has a header and no rows' --expression head.tsv
bad 66 'nowhere.tsv: cannot be opened' --expression nowhere.tsv
gzip -c x.tsv | head -c 40 >cut.tsv.gz
bad2 65 'cut.tsv.gz: the gzip data are cut off' --expression cut.tsv.gz
printf 'orf\ts1\nA\t1\n"B\t2\n' >quote.tsv
bad 65 'quote.tsv:3: a quote that opens a field' --expression quote.tsv
head -c 2000 /dev/zero >zero.tsv
bad 65 'zero.tsv:1: a NUL byte' --expression zero.tsv
printf 'orf\ts1\nY1\t1\nY2\t2\nY3\t2\nA\t2\n' >other.tsv
bad2 65 "only 1 of 4 gene ids are known, wanted at least 50 % (--min-match): the file has 'Y1', 'Y2', 'Y3'" --expression other.tsv --gene-ids ids.tsv
grep -qF "such as 'A', 'B', 'C'" err.txt || fail "no examples from the gene id table: $(cat err.txt)"
good few 'unknown ids, left out' --expression other.tsv --gene-ids ids.tsv --min-match 0.2

# ---- gene id table ----
bad 65 'empty.tsv: is empty' --expression x.tsv --gene-ids empty.tsv
printf 'index0\n0\n1\n' >index.tsv
bad 65 'index.tsv: no column names genes' --expression x.tsv --gene-ids index.tsv
printf 'a\tb\nA\tB\nC\n' >ids_ragged.tsv
bad 65 'ids_ragged.tsv:3: ragged row' --expression x.tsv --gene-ids ids_ragged.tsv
bad 65 'no gene is left' --expression x.tsv --drop-genes '*'

# ---- what is accepted: CRLF, no final newline, byte order mark, gzip; all the same data ----
good plain 'genes' --expression x.tsv --pairs p=p.csv
sed 's/$/\r/' x.tsv >crlf.tsv
head -c -1 x.tsv >nonl.tsv
{ printf '\xef\xbb\xbf'; cat x.tsv; } >bom.tsv
gzip -c x.tsv >packed.tsv.gz
sed 's/\t/,/g' x.tsv >comma.csv
sed 's/$/\r/' p.csv >p_crlf.csv
{ printf '\xef\xbb\xbf'; head -c -1 p.csv; } >p_bom.csv
{ echo 'gene_a,gene_b,label'; cat p.csv; } | gzip >p_head.csv.gz
for kind in crlf.tsv nonl.tsv bom.tsv packed.tsv.gz comma.csv; do
    good "$kind" 'genes' --expression $kind --pairs p=p.csv
done
for kind in p_crlf.csv p_bom.csv p_head.csv.gz; do
    good "$kind" 'genes' --expression x.tsv --pairs p=$kind
done
if command -v h5diff >/dev/null; then
    for kind in crlf.tsv nonl.tsv bom.tsv packed.tsv.gz comma.csv p_crlf.csv p_bom.csv p_head.csv.gz; do
        for path in /genes /expression/values /expression/sample /expression/sample_file /pairs/p/gene_a /pairs/p/gene_b /pairs/p/label; do
            h5diff plain.h5 $kind.h5 $path $path >/dev/null || fail "$kind.h5 differs from plain.h5 in $path"
        done
    done
fi

# ---- reported, not refused ----
printf 'orf\ts1\ts2\nA\t1\t2\nB\t5\t5\nC\tNA\t\nD\t0\t3\nA\t9\t9\n' >flat.tsv
good flat 'genes without variance                1   such as B' --expression flat.tsv
grep -qE 'genes without values +1   such as C' err.txt || fail "no gene without values in the report"
grep -qE 'repeated genes \(mean\) +1 ' err.txt || fail "no repeated gene in the report"
printf 'A,B,1\nB,A,1\nC,C,1\nB,C,0\nC,B,1\nA,X,1\nA,D,0\n' >messy.csv
good messy 'self pairs, left out                  1' --expression x.tsv --pairs p=messy.csv
for what in 'rows +7' 'pairs kept +2' 'unknown genes, left out +1   such as X' 'repeats, left out +2' 'two labels, left out +1'; do
    grep -qE "$what" err.txt || fail "no '$what' in the report: $(cat err.txt)"
done

# ---- pairs ----
x="--expression x.tsv --gene-ids ids.tsv"
npy good.npy '<i8' False 2 "$zero$one$one $one$two$zero"
good npy 'pairs kept                            2' $x --pairs p=good.npy
good bare 'pairs kept                            2' --expression x.tsv --pairs p=good.npy
grep -q 'indices count the rows of the first expression file' err.txt || fail "no warning without --gene-ids: $(cat err.txt)"
head -c -1 good.npy >short.npy
bad2 65 'short.npy: is cut off' $x --pairs p=short.npy
bad_npy bad f4 '<f4' False 1 000000000000000000000000 "f4.npy: type '<f4' cannot hold every index exactly; save it as int64 or float64"
bad_npy bad big '>i8' False 1 "$zero$zero$zero" 'big endian'
bad_npy bad fortran '<i8' True 1 "$zero$one$one" 'fortran.npy: is in Fortran order'
bad_npy bad2 range '<i8' False 2 "$zero$one$one $one$nine$zero" 'range.npy: row 1, column 1: index 9 is out of range: there are 4 genes'
bad_npy bad minus '<i8' False 2 "$zero$one$one $minus$one$zero" 'minus.npy: row 1, column 0: index -1 is out of range'
bad_npy bad label '<i8' False 2 "$zero$one$one $one$two$two" 'label.npy: row 1, column 2: label 2 is neither 0 nor 1'
bad_npy bad nan '<f8' False 2 "$f0$f1$f1 $f1$f2$nan" 'nan.npy: row 1, column 2 is NaN'
bad_npy bad inf '<f8' False 2 "$f0$inf$f1 $f1$f2$f0" 'inf.npy: row 0, column 1 is infinite'
bad_npy bad half '<f8' False 1 "$f0$half$f1" 'half.npy: row 0, column 1 is 0.5, not a whole number'
printf 'Q1,Q2,1\nQ3,Q4,0\n' >alien.csv
bad2 65 "alien.csv: none of 2 pairs has two known genes: the file has 'Q1', 'Q2', 'Q3', the gene ids are such as 'A', 'B', 'C'" $x --pairs p=alien.csv
printf 'A,B,1\nB,C,1\n' >ones.csv
bad2 65 'ones.csv: all 2 pairs have label 1; both classes are needed' $x --pairs p=ones.csv
printf 'A,B,1\nB,C,maybe\n' >maybe.csv
bad2 65 "maybe.csv:2: label 'maybe' is neither 0 nor 1" $x --pairs p=maybe.csv
printf 'A,B,1\nB,C,nan\n' >p_nan.csv
bad 65 "p_nan.csv:2: label 'nan' is neither 0 nor 1" $x --pairs p=p_nan.csv
printf 'A,B,1\nB,C\n' >p_ragged.csv
bad2 65 'p_ragged.csv:2: ragged row: 2 fields' $x --pairs p=p_ragged.csv
bad 65 'empty.tsv: is empty' $x --pairs p=empty.tsv
bad 66 'nowhere.npy: cannot be opened' $x --pairs p=nowhere.npy
gzip -c p.csv | head -c 30 >p_cut.csv.gz
bad2 65 'p_cut.csv.gz: the gzip data are cut off' $x --pairs p=p_cut.csv.gz

# ---- output and options ----
sum=$(sha256sum plain.h5)
expect 0 'already complete' ranks 2 import -o plain.h5 --expression x.tsv --pairs p=p.csv
expect 73 'plain.h5: exists' ranks 2 import -o plain.h5 --expression x.tsv
[ "$sum" = "$(sha256sum plain.h5)" ] || fail "an output in the way was touched"
expect 73 "pair set 'p' exists" "$DRAGNET" import -o plain.h5 --add --pairs p=messy.csv
expect 65 'both classes' "$DRAGNET" import -o plain.h5 --add --pairs q=ones.csv
[ "$sum" = "$(sha256sum plain.h5)" ] || fail "a failed --add changed the dataset"
[ ! -e plain.h5.part ] || fail "plain.h5.part was left behind"
expect 65 'both classes' "$DRAGNET" import -o plain.h5 --force --expression x.tsv --pairs q=ones.csv
[ "$sum" = "$(sha256sum plain.h5)" ] || fail "a failed --force lost the old output"
printf 'precious\n' >notes.h5
expect 73 'notes.h5: exists' "$DRAGNET" import -o notes.h5 --expression x.tsv
[ "$(cat notes.h5)" = precious ] || fail "a foreign file was touched"
expect 65 'is not an HDF5 file' "$DRAGNET" import -o notes.h5 --add --pairs p=p.csv
bad 66 'bad.h5: cannot be opened' --add --pairs p=p.csv
bad 64 'wanted NAME=FILE' --expression x.tsv --pairs p.csv
bad 64 "pair set 'p' is given twice" --expression x.tsv --pairs p=p.csv p=messy.csv
bad 64 "pair set name 'a/b'" --expression x.tsv --pairs a/b=p.csv
bad 64 'nothing says which genes there are' --pairs p=p.csv
expect 73 'cannot be created' "$DRAGNET" import -o nowhere/bad.h5 --expression x.tsv
finish
