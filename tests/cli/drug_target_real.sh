#!/usr/bin/env bash
# drug_target_real.sh - the real activation-inhibition table: import and every kind of split, on two ranks
. "$(dirname "$0")/lib.sh"
T=$SHARED_DATA/drugtarget/activation_inhibition_raw.csv.gz
[ -e "$T" ] || skip "real drug-target table absent: $T"

ranks 2 import -o dti.h5 --interactions ai="$T" 2>err.txt
code=$?
[ $code != 69 ] || skip "this build cannot read SMILES"
[ $code = 0 ] || fail "import: exit code $code: $(cat err.txt)"
for what in 'rows +6111' 'exact repeats, dropped +40' 'distinct pairs +6059' 'contradictory pairs, dropped +12' 'pairs kept +6047' \
    'activation +1669' 'drugs +1386' 'targets +876'; do
    grep -qE "$what" err.txt || fail "no '$what' in the report: $(cat err.txt)"
done
[ "$(grep -c contradictory dti.h5.rejected.tsv)" = 24 ] || fail "the contradictory rows are not set aside"
for kind in warm cold-drug cold-target; do
    expect 0 '' ranks 2 split dti.h5 --interactions ai --name $kind --kind $kind --fractions 0.6,0.2,0.2 --seed 1
    grep -qP '^0\tleft_out\t0\t' out.txt || fail "$kind leaves pairs out: $(cat out.txt)"
done
expect 65 'fewer than 200 of a class' ranks 2 split dti.h5 --interactions ai --name cb --kind cold-both --fractions 0.8,0.1,0.1
expect 0 '' ranks 2 split dti.h5 --interactions ai --name blocks --kind kfold-blocks --seed 1
[ "$(awk -F'\t' '$2 == "test" { n += $3 } END { print n }' out.txt)" = 6047 ] || fail "the blocks do not test every pair once: $(cat out.txt)"
finish
