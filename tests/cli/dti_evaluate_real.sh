#!/usr/bin/env bash
# dti_evaluate_real.sh - baselines of the real drug-target table, when ../shared/data is there: known figures of label history;
# the scores of RDKit and NumPy (dti_evaluate_oracle.py)
. "$(dirname "$0")/lib.sh"
T=$SHARED_DATA/drugtarget/activation_inhibition_raw.csv.gz
[ -e "$T" ] || skip "real drug-target table absent: $T"
"$DRAGNET" import -o real.h5 --interactions ai="$T" 2>err.txt
[ $? != 69 ] || skip "this build reads no molecules: $(cat err.txt)"
for seed in 1 2 3; do
    expect 0 "" "$DRAGNET" split real.h5 --interactions ai --name w --kind warm --fractions 0.8,0,0.2 --seed $seed --force
    expect 0 "" "$DRAGNET" evaluate real.h5 --baselines --split w --replicates 0 --json
    mv out.txt warm$seed.json
    for kind in drug target; do
        expect 0 "" "$DRAGNET" split real.h5 --interactions ai --name c --kind cold-$kind --fractions 0.8,0,0.2 --seed $seed --force
        expect 0 "" "$DRAGNET" evaluate real.h5 --baselines --split c --replicates 0 --json
        mv out.txt cold_$kind$seed.json
    done
done
python3 - <<'P' || fail "not the known figures of label history"
import json
def mean(kind, name):
    return sum(json.load(open(f"{kind}{s}.json"))["baselines"][name]["auroc"] for s in range(1, 4)) / 3
for kind, name, want, off in (("warm", "history", 0.95, 0.01), ("warm", "target_history", 0.88, 0.02), ("warm", "drug_history", 0.89, 0.02),
                              ("cold_drug", "history", 0.88, 0.04), ("cold_target", "history", 0.88, 0.06)):
    got = mean(kind, name)
    print(f"{kind} {name} {got:.4f}, known {want}")
    assert abs(got - want) < off, (kind, name, got)
P
expect 0 "" "$DRAGNET" evaluate real.h5 --baselines --split w --replicates 0 --json --scores real.tsv
if python3 -c 'import rdkit, sklearn, pandas' 2>/dev/null; then
    python3 "$ROOT/tests/cli/dti_evaluate_oracle.py" "$T" real.tsv out.txt || fail "other scores than RDKit and NumPy"
else
    echo "SKIP: python3 has no RDKit, scikit-learn or pandas to compare the real table with"
fi
finish
