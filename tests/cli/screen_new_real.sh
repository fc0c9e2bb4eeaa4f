#!/usr/bin/env bash
# screen_new_real.sh - molecules from a file against the real drug-target table, when ../shared/data is there
. "$(dirname "$0")/lib.sh"
REAL=$SHARED_DATA/drugtarget/activation_inhibition_raw.csv.gz
[ -f "$REAL" ] || skip "real drug-target table absent: $REAL"
"$DRAGNET" import -o real.h5 --interactions ai="$REAL" 2>err.txt
[ $? != 69 ] || skip "this build reads no molecules: $(cat err.txt)"
# caffeine, aspirin, and what no table has
printf 'Cn1cnc2c1c(=O)n(C)c(=O)n2C caffeine\nOC(=O)c1ccccc1OC(C)=O aspirin\nFC1(F)CC1c1ccccc1OCCN1CC(O)C1 made\n' >real.smi
expect 0 "" "$DRAGNET" split real.h5 --interactions ai --name warm --kind warm --fractions 0.6,0.2,0.2 --seed 1
expect 0 "" ranks 2 train dti real.h5 --split warm --epochs 1 -o real
for n in 1 2; do
    expect 0 "" ranks $n screen real.h5 --model real/model.h5 --molecules real.smi --per-drug 5 --sign both -o real$n
done
cmp -s real1/screen.tsv real2/screen.tsv || fail "the real table: other hits on 2 ranks"
grep -qE '^made' real1/screen.tsv || fail "the made molecule has no hits: $(cat real1/screen.tsv)"
grep -q "3 drugs x 876 targets: 2628 pairs" out.txt || fail "the real screen: $(head -5 out.txt)"
finish
