#!/usr/bin/env bash
# explain.sh - contributions of atoms, residues and labels: they add up to the scores of evaluate and screen, the same bytes
# on 1 and 3 ranks, pictures that are XML, tokens of stored states, mistakes
. "$(dirname "$0")/lib.sh"
PYTHON=/usr/bin/python3
"$PYTHON" -c 'import h5py' 2>/dev/null || PYTHON=python3

"$DRAGNET" synth --interactions --drugs 40 --targets 20 --pairs 400 --families 4 --noise 0.1 --seed 1 -o dti.h5 2>err.txt
[ $? != 69 ] || skip "this build reads no molecules: $(cat err.txt)"
expect 0 "" "$DRAGNET" split dti.h5 --interactions known --name warm --kind warm --fractions 0.6,0.2,0.2 --seed 1 --force
train=(train dti dti.h5 --split warm --batch 32 --shards 4 --rate 0.003)
expect 0 "" "$DRAGNET" "${train[@]}" --epochs 2 -o run
expect 0 "" "$DRAGNET" "${train[@]}" --epochs 4 --no-history -o bare
explain=(explain dti.h5 --model run/model.h5)
expect 0 "" "$DRAGNET" evaluate dti.h5 --model run/model.h5 --scores test.tsv --json
expect 0 "" "$DRAGNET" screen dti.h5 --model run/model.h5 -o screen --top 2
expect 0 "" "$DRAGNET" evaluate dti.h5 --model bare/model.h5 --scores bare.tsv --json
{
    printf '# of evaluate, of screen\n'
    tail -n +2 test.tsv | head -3 | cut -f1,2
    tail -n +2 screen/screen.tsv | cut -f1,2
} >pairs.tsv

# ---- the sums, the scores, the files ----
for n in 1 3; do
    expect 0 "" ranks $n "${explain[@]}" --pairs pairs.tsv -o e$n
    diff -r e1 e$n >diff.txt || fail "other results on $n ranks: $(head -3 diff.txt)"
done
expect 0 "" "$DRAGNET" explain dti.h5 --model bare/model.h5 --pairs pairs.tsv -o b --baseline mean --tolerance 0.0001
expect 0 "" "$DRAGNET" explain dti.h5 --model bare/model.h5 --pairs pairs.tsv -o z
cat >check.py <<'P'
# check.py DIR LABELS SCORES [SCREEN]: what is in DIR adds up, to the scores of evaluate and screen
import csv, math, sys
import xml.etree.ElementTree as xml

where, labels, scores = sys.argv[1], int(sys.argv[2]), {}
read = lambda f: list(csv.DictReader(open(f), delimiter="\t"))
for r in read(sys.argv[3]):
    scores[r["drug"], r["target"]] = float(r["probability"])
for r in read(sys.argv[4]) if len(sys.argv) > 4 else []:
    scores[r["drug_id"], r["target_id"]] = float(r["score"])
pairs, compared, of_atoms = read(f"{where}/pairs.tsv"), 0, 0
assert len(pairs) == 5
for i, p in enumerate(pairs, 1):
    num = {k: float(p[k]) for k in p if k not in ("pair", "drug_id", "target_id", "label", "part", "complete")}
    atoms, residues, inputs = (read(f"{where}/pair_{i}.{k}.tsv") for k in ("atoms", "residues", "inputs"))
    total = lambda rows: math.fsum(float(r["contribution"]) for r in rows)
    near = lambda a, b: abs(a - b) < 1e-6 * (1 + abs(b))
    assert near(total(atoms), num["atoms"]) and near(total(residues), num["residues"]), p
    parts = sum(num[k] for k in ("atoms", "drug_place", "residues", "target_place", "labels", "kron_rls", "remainder"))
    assert near(num["baseline"] + parts, num["score"]), (p, parts)
    assert near(total(r for r in inputs if r["share"] != "score"), float(inputs[-1]["contribution"]))
    kinds = [r["share"] for r in inputs]
    assert kinds.count("labels") == labels and kinds[-1] == "score"
    if labels:
        assert near(total(r for r in inputs if r["input"] == "kron_rls"), num["kron_rls"])
        assert near(total(r for r in inputs if r["share"] == "labels"), num["kron_rls"] + num["labels"])
    assert p["complete"] == "yes" and abs(num["remainder"]) <= 0.001
    assert near(1 / (1 + math.exp(-num["score"])), num["probability"])
    assert (p["part"], p["label"] != "") == (("test", True) if i <= 3 else ("", False)), p
    if (p["drug_id"], p["target_id"]) in scores:
        compared += 1
        # the same number but for the shape of the last products: single precision
        assert abs(num["probability"] - scores[p["drug_id"], p["target_id"]]) < 2e-6, p
    of_atoms += abs(num["atoms"])
    assert [int(r["atom"]) for r in atoms] == list(range(1, len(atoms) + 1))
    assert [int(r["residue"]) for r in residues] == list(range(1, len(residues) + 1))
    root = xml.parse(f"{where}/pair_{i}.svg").getroot()
    svg = "{http://www.w3.org/2000/svg}"
    assert root.tag == svg + "svg" and len(root.findall(f"{svg}circle")) == len(atoms)
    for c in root.iter(svg + "circle"):
        assert 0 < float(c.get("cx")) < float(root.get("width")) and 0 < float(c.get("cy")) < float(root.get("height"))
assert compared >= (5 if len(sys.argv) > 4 else 3), compared
assert of_atoms > 0
P
"$PYTHON" check.py e1 9 test.tsv screen/screen.tsv || fail "the explanations do not add up"
"$PYTHON" check.py b 0 bare.tsv || fail "without history they do not add up"
"$PYTHON" check.py z 0 bare.tsv || fail "without history, from zeros, they do not add up"
cut -f8 b/pairs.tsv >b.txt && cut -f8 z/pairs.tsv >z.txt && ! cmp -s b.txt z.txt || fail "--baseline changes nothing"
grep -q 'kernel ridge regression' out.txt && fail "a network without labels speaks of them"
expect 0 "already complete" "$DRAGNET" "${explain[@]}" --pairs pairs.tsv -o e1

# ---- one pair; it is the one of the list ----
read -r drug target < <(tail -n +2 pairs.tsv | head -1)
expect 0 "" "$DRAGNET" "${explain[@]}" --drug "$drug" --target "$target" -o one
grep -q 'kernel ridge regression' out.txt || fail "nothing is said of the share of the kernel: $(cat out.txt)"
for f in atoms.tsv residues.tsv inputs.tsv svg; do
    cmp -s one/pair_1.$f e1/pair_1.$f || fail "$f is another one alone"
done
expect 73 "" "$DRAGNET" "${explain[@]}" --drug "$drug" --target "$target" -o one --baseline mean
expect 0 "" "$DRAGNET" "${explain[@]}" --drug "$drug" --target "$target" -o e1 --force
[ ! -e e1/pair_2.svg ] || fail "--force leaves another run's files"
expect 0 "do not add up" "$DRAGNET" explain dti.h5 --model bare/model.h5 --drug "$drug" --target "$target" -o coarse --steps 1 --max-steps 1 --tolerance 0
grep -q 'remainder=' err.txt && grep -q "$drug" err.txt || fail "the warning does not name pair and remainder"
cut -f17 coarse/pairs.tsv | grep -qx no || fail "pairs.tsv calls an incomplete one complete"

coarse=("$DRAGNET" explain dti.h5 --model bare/model.h5 --drug "$drug" --target "$target" --steps 1 --max-steps 1 --tolerance 0)
expect 65 "of 1 of 1 pairs do not add up within --tolerance and --strict was given" "${coarse[@]}" -o strict --strict
[ ! -e strict ] || fail "--strict leaves $(ls strict)"
expect 65 "coarse: complete, but contributions of 1 pairs do not add up" "${coarse[@]}" -o coarse --strict

# ---- JSON: the numbers of pairs.tsv, again when there is nothing to do ----
expect 0 "" ranks 2 "${explain[@]}" --pairs pairs.tsv -o j --json --strict
cp out.txt first.json
expect 0 "already complete" "$DRAGNET" "${explain[@]}" --pairs pairs.tsv -o j --json --strict
cmp -s first.json out.txt && cmp -s out.txt j/summary.json || fail "--json prints something else the second time"
"$PYTHON" - <<'P' || fail "the JSON is not the table"
import csv, json
for j, t in zip(json.load(open("first.json"))["pairs"], csv.DictReader(open("j/pairs.tsv"), delimiter="\t"), strict=True):
    assert (j["drug_id"], j["target_id"], str(j.get("label", "")), j.get("part", "")) == (t["drug_id"], t["target_id"], t["label"], t["part"])
    have = [j["pair"], j["probability"], j["score"], j["baseline"], j["molecule"]["atoms"], j["molecule"]["place_among_training_drugs"],
            j["sequence"]["residues"], j["sequence"]["place_among_training_targets"], j["labels"]["others"], j["labels"]["kron_rls"], j["steps"]]
    want = [float(t[k]) for k in ("pair", "probability", "score", "baseline", "atoms", "drug_place", "residues", "target_place", "labels", "kron_rls", "steps")]
    assert all(abs(a - b) <= 1e-8 * (1 + abs(b)) for a, b in zip(have, want, strict=True)), (have, want)
    assert j["complete"] is (t["complete"] == "yes")
P

# ---- a molecule and a protein that the dataset has not: the scores of screen; one that it has under another id ----
if "$PYTHON" -c 'import h5py' 2>/dev/null; then
    "$PYTHON" - "$drug" >same.smi <<'P'
import h5py, sys
with h5py.File("dti.h5") as f:
    get = lambda g: [f[g + "/bytes"][:].tobytes()[a:b].decode() for a, b in zip(f[g + "/offsets"][:], f[g + "/offsets"][1:])]
    print(dict(zip(get("drugs/id"), get("drugs/smiles")))[sys.argv[1]], "another_name")
P
    expect 0 "" "$DRAGNET" "${explain[@]}" --molecules same.smi --drug another_name --target "$target" -o same
    cmp -s same/pair_1.atoms.tsv one/pair_1.atoms.tsv || fail "a drug under another name is another drug"
fi
printf 'O=C(O)c1ccccc1OC(=O)C aspirin\nCN1C=NC2=C1C(=O)N(C(=O)N2C)C caffeine\n' >new.smi
printf '>fresh\nMKVLAAGIWTRESDQPNHYFKLCMAAGIW\n>other\nMKKKWWWRRREEEDDDLLLAAAGGGVVVSSSTTTPPP\n' >new.fasta
new=(--molecules new.smi --sequences new.fasta)
expect 0 "" "$DRAGNET" screen dti.h5 --model run/model.h5 "${new[@]}" -o news --top 4
tail -n +2 news/screen.tsv | cut -f1,2 >news.tsv
[ "$(wc -l <news.tsv)" = 4 ] || fail "not four new pairs: $(cat news.tsv)"
for n in 1 2; do
    expect 0 "" ranks $n "${explain[@]}" "${new[@]}" --pairs news.tsv -o new$n --json
    cmp -s new1/summary.json new$n/summary.json || fail "other results of new ones on $n ranks"
done
"$PYTHON" - <<'P' || fail "new ones have other scores than in screen"
import csv, json
want = {(r["drug_id"], r["target_id"]): float(r["score"]) for r in csv.DictReader(open("news/screen.tsv"), delimiter="\t")}
pairs = json.load(open("new1/summary.json"))["pairs"]
assert len(pairs) == 4 and all("part" not in p and p["complete"] for p in pairs)
for p in pairs:
    assert abs(p["probability"] - want[p["drug_id"], p["target_id"]]) < 2e-6, p
P
expect 0 "" "$DRAGNET" "${explain[@]}" "${new[@]}" --drug caffeine --target "$target" -o mixed
[ "$(wc -l <mixed/pair_1.atoms.tsv)" = 15 ] && [ -s mixed/pair_1.svg ] || fail "not the 14 atoms of caffeine"
expect 65 "new.fasta:" "$DRAGNET" "${explain[@]}" --molecules new.fasta --drug caffeine --target "$target" -o x

# ---- stored states with start and end tokens ----
if "$PYTHON" -c 'import h5py, numpy' 2>/dev/null; then
    "$PYTHON" - <<'P'
import h5py, numpy as np, os
os.makedirs("npy")
r = np.random.default_rng(1)
with h5py.File("dti.h5") as f:
    get = lambda g: [f[g + "/bytes"][:].tobytes()[a:b].decode() for a, b in zip(f[g + "/offsets"][:], f[g + "/offsets"][1:])]
    for i, s in zip(get("targets/id"), get("targets/sequence")):
        np.save(f"npy/{i}.npy", r.standard_normal((min(len(s), 50) + 2, 8)).astype("f4"))
P
    expect 0 "" "$PYTHON" "$ROOT/scripts/states_from_npy" dti.h5 npy states.h5 --encoder noise --max-residues 50 --ends 2
    expect 0 "" "$DRAGNET" "${train[@]}" --epochs 1 --encoder states.h5 -o stored
    expect 0 "" "$DRAGNET" explain dti.h5 --model stored/model.h5 --drug "$drug" --target "$target" -o s
    [ "$(cut -f1 s/pair_1.residues.tsv | sed -n '2p;3p;$p' | tr '\n' ' ')" = "start 1 end " ] || fail "tokens have no rows of their own"
    [ "$(wc -l <s/pair_1.residues.tsv)" = 53 ] || fail "not 50 residues and two tokens"
    cut -f1,2 e3/pair_1.residues.tsv | sed -n 2,51p >a.txt
    cut -f1,2 s/pair_1.residues.tsv | sed -n 3,52p | cmp -s - a.txt || fail "letters stand beside other residues"
    "$PYTHON" -c 'import glob, numpy as np
for f in glob.glob("npy/*.npy"): np.save(f, np.load(f)[:1])'
    expect 0 "" "$PYTHON" "$ROOT/scripts/states_from_npy" dti.h5 npy pooled.h5 --encoder pooled --max-residues 1
    expect 0 "" "$DRAGNET" "${train[@]}" --epochs 1 --encoder pooled.h5 -o pooled
    expect 0 "" "$DRAGNET" explain dti.h5 --model pooled/model.h5 --drug "$drug" --target "$target" -o p
    [ "$(cut -f1 p/pair_1.residues.tsv | tr '\n' ' ')" = "residue all " ] || fail "one state of a protein is called a residue"
else
    echo "SKIP: stored states: no h5py"
fi

# ---- mistakes ----
expect 65 "dti.h5 has no drug '${drug}x'; did you mean '$drug'?" "$DRAGNET" "${explain[@]}" --drug "${drug}x" --target "$target" -o x
expect 65 "has no drug 'nobody'" "$DRAGNET" "${explain[@]}" --drug nobody --target "$target" -o x
expect 65 "has no target 'nothing'" ranks 2 "${explain[@]}" --drug "$drug" --target nothing -o x
printf '%s\t%s\n%s\n' "$drug" "$target" "$drug" >bad.tsv
expect 65 "bad.tsv:2: wanted a drug id, a tab and a target id" "$DRAGNET" "${explain[@]}" --pairs bad.tsv -o x
printf 'drug_id\ttarget_id\n%s\tT\n' "$drug" >bad.tsv
expect 65 "bad.tsv:2: dti.h5 has no target 'T'" "$DRAGNET" "${explain[@]}" --pairs bad.tsv -o x
printf '# nothing\n' >bad.tsv
expect 65 "holds no pair" "$DRAGNET" "${explain[@]}" --pairs bad.tsv -o x
expect 66 "" "$DRAGNET" "${explain[@]}" --pairs absent.tsv -o x
expect 64 "which pair" "$DRAGNET" "${explain[@]}" -o x
expect 64 "go together" "$DRAGNET" "${explain[@]}" --drug "$drug" -o x
expect 64 "takes the place" "$DRAGNET" "${explain[@]}" --drug "$drug" --target "$target" --pairs pairs.tsv -o x
expect 64 "--model is missing" "$DRAGNET" explain dti.h5 --drug "$drug" --target "$target" -o x
expect 64 "more than --max-steps" "$DRAGNET" "${explain[@]}" --drug "$drug" --target "$target" --max-steps 3 -o x
expect 0 "" "$DRAGNET" synth --genes 40 --samples 12 --pairs 300 --seed 1 -o genes.h5
expect 0 "" "$DRAGNET" split genes.h5 --pairs known --name g --kind random --fractions 0.6,0.2,0.2 --seed 1 --force
expect 0 "" "$DRAGNET" train gener genes.h5 --split g --epochs 1 --batch 64 --shards 4 -o gener
expect 65 "is a gener model, wanted dti" "$DRAGNET" explain dti.h5 --model gener/model.h5 --drug "$drug" --target "$target" -o x
nothing_left x
finish
