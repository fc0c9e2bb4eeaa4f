#!/usr/bin/env bash
# screen_new.sh - screen --molecules and --sequences: drugs and targets that the dataset has not are scored as if it had
# them, 1 to 4 ranks; known ones, unreadable ones, mistakes; stored states
. "$(dirname "$0")/lib.sh"
PYTHON=/usr/bin/python3
"$PYTHON" -c 'import h5py' 2>/dev/null || PYTHON=python3

# the table of screen.sh; 7 more drugs and 5 more targets, as files and as another set of interactions
python3 - <<'P'
import random
r = random.Random(1)
drugs = [("D%d" % i, ("C" * (2 + i % 12)) + ("N" if i >= 12 else "O")) for i in range(24)]
targets = [("T%d" % j, "".join(r.choices("ACDEFGHIKLMNPQRSTVWY" + ("K" * 20 if j >= 10 else ""), k=40 + 7 * j))) for j in range(20)]
with open("table.csv", "w") as f:
    print("drug_id,SMILES,target_id,Sequence,label", file=f)
    for d, s in drugs:
        for t, q in targets:
            label = int("N" in s) if r.random() < 0.1 else int("N" in s and q.count("K") > len(q) / 4)
            if r.random() < 0.75:
                print(f"{d},{s},{t},{q},{label}", file=f)
drugs = [("N%d" % i, "C1CC1" + "C" * i + ("N" if i % 2 else "O")) for i in range(7)]
targets = [("U%d" % j, "".join(r.choices("ACDEFGHIKLMNPQRSTVWYKKKK", k=50 + 9 * j))) for j in range(5)]
with open("more.csv", "w") as f:
    print("drug_id,SMILES,target_id,Sequence,label", file=f)
    for i, (d, s) in enumerate(drugs):
        for j, (t, q) in enumerate(targets):
            print(f"{d},{s},{t},{q},{(i + j) % 2}", file=f)
open("new.smi", "w").writelines(f"{s} {d}\n" for d, s in drugs)
open("new.fasta", "w").writelines(f">{t}\n{q[:30]}\n{q[30:].lower()}\n" for t, q in targets)
open("new.drugs", "w").writelines(f"{d}\n" for d, _ in drugs)
open("new.targets", "w").writelines(f"{t}\n" for t, _ in targets)
open("old.drugs", "w").writelines(f"D{i}\n" for i in range(24))
open("old.targets", "w").writelines(f"T{j}\n" for j in range(20))
P
"$DRAGNET" import -o a.h5 --interactions all=table.csv 2>err.txt
[ $? != 69 ] || skip "this build reads no molecules: $(cat err.txt)"
expect 0 "" "$DRAGNET" import --force -o a.h5 --interactions all=table.csv
expect 0 "" "$DRAGNET" import -o b.h5 --interactions all=table.csv --interactions more=more.csv
for d in a b; do
    expect 0 "" "$DRAGNET" split $d.h5 --interactions all --name warm --kind warm --fractions 0.6,0.2,0.2 --seed 1 --force
    expect 0 "" ranks 2 train dti $d.h5 --split warm --epochs 4 --batch 32 --shards 4 --rate 0.003 -o $d
done
screen=(screen a.h5 --model a/model.h5 --sign both)
other=(screen b.h5 --model b/model.h5 --sign both)

# ---- as if the dataset had them, every byte, on any number of ranks ----
expect 0 "" "$DRAGNET" "${other[@]}" --drugs new.drugs --targets new.targets -o want1
expect 0 "" "$DRAGNET" "${other[@]}" --drugs new.drugs --targets old.targets -o want2
expect 0 "" "$DRAGNET" "${other[@]}" --drugs old.drugs --targets new.targets -o want3
for n in 1 3 4; do
    expect 0 "" ranks $n "${screen[@]}" --molecules new.smi --sequences new.fasta -o new1$n
    expect 0 "" ranks $n "${screen[@]}" --molecules new.smi -o new2$n
    expect 0 "" ranks $n "${screen[@]}" --sequences new.fasta -o new3$n
    for k in 1 2 3; do
        cmp -s want$k/screen.tsv new$k$n/screen.tsv || fail "new ones on $n ranks are not scored as known ones, way $k"
        cmp -s want$k/edges.tsv new$k$n/edges.tsv || fail "other edges of new ones on $n ranks, way $k"
        nothing_left new$k$n/aliases.tsv new$k$n/rejected.tsv
    done
    for f in summary.json config.json; do
        cmp -s new11/$f new1$n/$f || fail "another $f on $n ranks"
    done
done
[ "$(wc -l <new11/screen.tsv)" = 36 ] || fail "7 x 5 pairs are not 35"
grep -q '"new": 7' new11/summary.json || fail "the summary does not count 7 new drugs: $(cat new11/summary.json)"
expect 0 "" ranks 2 "${screen[@]}" --molecules new.smi --drugs old.drugs --sequences new.fasta --targets old.targets --top 100000 -o union
[ "$(wc -l <union/screen.tsv)" = $((31 * 25 - $(wc -l <table.csv) + 1 + 1)) ] || fail "files of ids and of texts do not add up: $(wc -l union/screen.tsv)"
python3 - <<'P' || fail "likenesses of hits are wrong"
import csv
rows = list(csv.DictReader(open("union/screen.tsv"), delimiter="\t"))
for side, new in (("drug", "N"), ("target", "U")):
    for r in rows:
        like, n = float(r[side + "_likeness"]), int(r[side + "_rows"])
        assert 0 <= like <= 1 and (n == 0 or like == 1), r
        if r[side + "_id"][0] == new:
            assert n == 0 and like < 1, r
assert any(0 < float(r["drug_likeness"]) < 1 for r in rows)
P

# ---- known ones, in other words ----
printf 'SMILES id\nNCC first\nOCCCC D2\nN(C)C dimethyl\nCNC again\n' >mixed.smi
printf '>mine\n%s\n' "$(awk -F, '$3 == "T4" {print $4; exit}' table.csv | tr 'A-Z' 'a-z')" >mixed.fasta
printf 'D12\nD2\n' >same.drugs
printf 'T4\n' >same.targets
expect 0 'is a drug of the dataset file="mixed.smi" line=2 id="first" is="D12"' ranks 2 "${screen[@]}" --molecules mixed.smi --sequences mixed.fasta --include-known -o mixed
grep -qF 'is a target of the dataset file="mixed.fasta" line=1 id="mine" is="T4"' err.txt || fail "nothing of T4 in the log: $(cat err.txt)"
grep -qF '2 drugs x 1' out.txt && fail "dimethylamine is not screened"
grep -qF "mixed.smi: 4 molecules, 2 of the dataset, 1 new" out.txt || fail "the digest says $(head -3 out.txt)"
expect 0 "" ranks 2 "${screen[@]}" --drugs same.drugs --targets same.targets --include-known -o same
grep -v dimethyl mixed/screen.tsv >known.tsv
cmp -s known.tsv same/screen.tsv || fail "known drugs under other ids are scored otherwise: $(diff known.tsv same/screen.tsv)"
printf 'kind\tline\tid\tscreened_as\nmolecule\t2\tfirst\tD12\nmolecule\t5\tagain\tdimethyl\nsequence\t1\tmine\tT4\n' >want.txt
cmp -s want.txt mixed/aliases.tsv || fail "aliases.tsv: $(cat mixed/aliases.tsv)"

# ---- unreadable ones ----
printf 'C1CCCC1N good\nC(C)(C)(C)(C)C five\n* wild\n\nCCCS fine\n' >some.smi
printf '>gap\nACD-EF\n>good\nACDEFGHIKL\n>none\n>twelve\nACD12\n' >some.fasta
expect 65 "some.smi:2: 'five': SMILES" ranks 2 "${screen[@]}" --molecules some.smi -o bad
grep -qF "nor can 1 others be read; --skip-unreadable" err.txt || fail "the way out is not named: $(cat err.txt)"
expect 65 "some.fasta:1: 'gap': sequence has a gap" ranks 3 "${screen[@]}" --sequences some.fasta -o bad
for n in 1 3; do
    expect 0 "set_aside=2" ranks $n "${screen[@]}" --molecules some.smi --sequences some.fasta --skip-unreadable -o some$n
    [ "$(cut -f1-3 some$n/rejected.tsv | tr '\t\n' ': ')" = "kind:line:id molecule:2:five molecule:3:wild sequence:1:gap sequence:5:none sequence:6:twelve " ] ||
        fail "set aside: $(cat some$n/rejected.tsv)"
    [ "$(wc -l <some$n/screen.tsv)" = 3 ] || fail "2 x 1 pairs are not 2"
done
cmp -s some1/rejected.tsv some3/rejected.tsv || fail "others are set aside on 3 ranks"
grep -q '"set_aside": 3' some1/summary.json || fail "the summary does not count what was set aside"

# ---- finished; other contents are another screen ----
expect 0 "already complete" "$DRAGNET" "${screen[@]}" --molecules new.smi -o new21
cp new.smi changed.smi && echo "CCCBr N9" >>changed.smi
expect 73 "made with other options" "$DRAGNET" "${screen[@]}" --molecules changed.smi -o new21
expect 0 "" "$DRAGNET" "${screen[@]}" --molecules some.smi --skip-unreadable -o forced
expect 0 "" "$DRAGNET" "${screen[@]}" --molecules new.smi -o forced --force
nothing_left forced/rejected.tsv

# ---- mistakes ----
expect 66 "absent.smi" ranks 2 "${screen[@]}" --molecules absent.smi -o bad
printf 'CCC D1\n' >taken.smi
expect 65 "taken.smi:1: the dataset has another drug with the id 'D1'" ranks 2 "${screen[@]}" --molecules taken.smi -o bad
printf 'CCC a\nCCO a\n' >twice.smi
expect 65 "twice.smi:2: id 'a' stood there before with another text" ranks 2 "${screen[@]}" --molecules twice.smi -o bad
printf 'CCC\n' >noid.smi
expect 65 "noid.smi:1: a SMILES without an id" ranks 2 "${screen[@]}" --molecules noid.smi -o bad
: >empty.smi
expect 65 "empty.smi: holds no molecules" ranks 2 "${screen[@]}" --molecules empty.smi -o bad
printf '* a\n' >none.smi
expect 65 "none.smi: none of 1 molecules can be read" ranks 2 "${screen[@]}" --molecules none.smi --skip-unreadable -o bad
expect 65 "new.smi:1: a sequence without a '>' line" ranks 2 "${screen[@]}" --sequences new.smi -o bad
printf 'N0\n' >notyet.drugs
expect 65 "notyet.drugs:1: a.h5 has no drug 'N0'" ranks 2 "${screen[@]}" --molecules new.smi --drugs notyet.drugs -o bad
expect 64 "--skip-unreadable goes with" "$DRAGNET" "${screen[@]}" --skip-unreadable -o bad
[ ! -e bad ] || fail "a refused screen left its directory"

# ---- stored states: those of the file, or none ----
if "$PYTHON" -c 'import h5py' 2>/dev/null; then
    cat >states.py <<'P'
import random, sys
import h5py
import numpy as np
sequences = list(dict.fromkeys(line.split(",")[3] for name in ("table.csv", "more.csv") for line in list(open(name))[1:]))
if sys.argv[2] == "few":
    sequences = sequences[:-1]
states = []
for s in sequences:  # of a letter the same numbers everywhere
    states.append(np.array([np.random.default_rng(ord(c)).normal(size=8) for c in s], "f4"))
if sys.argv[2] == "other":
    states[2][0, 0] += 1
if sys.argv[2] == "newer":
    states[-1][0, 0] += 1
with h5py.File(sys.argv[1], "w") as f:
    f.attrs.update(schema="dragnet.states", schema_version="1.3", program="states.py", complete=1, encoder="letters")
    f["proteins/sequence/bytes"] = np.frombuffer("".join(sequences).encode(), "u1")
    f["proteins/sequence/offsets"] = np.cumsum([0] + [len(s) for s in sequences])
    f["proteins/state_at"] = np.cumsum([0] + [len(x) for x in states])
    f["proteins/state"] = np.concatenate(states)
P
    for kind in all few other newer; do
        "$PYTHON" states.py $kind.h5 $kind || fail "h5py cannot write $kind.h5"
    done
    for d in a b; do
        expect 0 "" ranks 2 train dti $d.h5 --split warm --encoder all.h5 --epochs 2 --batch 32 --shards 4 -o states-$d
    done
    expect 0 "" "$DRAGNET" screen b.h5 --model states-b/model.h5 --drugs new.drugs --targets new.targets -o stated
    for n in 1 3; do
        expect 0 "" ranks $n screen a.h5 --model states-a/model.h5 --molecules new.smi --sequences new.fasta -o stated$n
        cmp -s stated/screen.tsv stated$n/screen.tsv || fail "new ones with stored states on $n ranks are scored otherwise"
    done
    expect 0 "already complete" ranks 2 screen a.h5 --model states-a/model.h5 --molecules new.smi --sequences new.fasta -o stated3
    expect 73 "made with other options or inputs" ranks 2 screen a.h5 --model states-a/model.h5 --encoder newer.h5 --molecules new.smi --sequences new.fasta -o stated3
    expect 65 "few.h5: holds no states of 1 of 25 targets, the first is 'U4'" ranks 2 screen a.h5 --model states-a/model.h5 --encoder few.h5 --sequences new.fasta -o bad
    expect 65 "holds other states (hash" ranks 2 screen a.h5 --model states-a/model.h5 --encoder other.h5 --sequences new.fasta -o bad
    expect 0 "" ranks 2 screen a.h5 --model states-a/model.h5 --encoder few.h5 --molecules new.smi -o nothing-new

    # validation rows that say the contrary of the training rows: no probabilities that contradict the signs
    cp a.h5 contrary.h5
    "$PYTHON" - <<'P' || fail "h5py cannot turn labels round"
import h5py
with h5py.File("contrary.h5", "r+") as f:
    label, part = f["interactions/all/label"][:], f["splits/warm/part"][0]
    assert (part == 1).sum() > 20
    label[part == 1] = 1 - label[part == 1]
    f["interactions/all/label"][...] = label
P
    expect 65 "validated on other rows" ranks 2 screen contrary.h5 --model a/model.h5 --top 20 -o bad
    cp a/model.h5 unhashed.h5 # as models were before they remembered their validation rows
    "$PYTHON" -c 'import h5py; del h5py.File("unhashed.h5", "r+").attrs["validation_hash"]' || fail "no validation_hash"
    contrary=(screen contrary.h5 --model unhashed.h5 --sign both --top 20)
    expect 0 "ranks the validation rows the wrong way round" ranks 2 "${contrary[@]}" -o contrary
    grep -qF "not calibrated: the model ranks the validation pairs the wrong way round" out.txt || fail "the digest says $(head -5 out.txt)"
    cut -f4 contrary/screen.tsv | sort -u | tr '\n' ' ' | grep -qx 'nan probability ' || fail "probabilities from a calibration that is turned round"
    expect 65 "the wrong way round: nothing to calibrate for a prevalence" ranks 2 "${contrary[@]}" --prevalence 0.1 -o bad
else
    echo "SKIP (in part): no h5py for stored states" >&2
fi
finish
