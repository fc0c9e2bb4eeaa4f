#!/usr/bin/python3
"""dti_trees.py - gradient-boosted and extra trees on histories, similarities and components: the peer of the drug-target
network. Reads the rows that `dragnet evaluate DATASET --split NAME --export-rows ROWS` writes, and writes scores of the
validation and test rows of every fold for `dragnet evaluate ... --contender trees=SCORES`.

    dti_trees.py ROWS.tsv --split NAME -o SCORES.tsv [--folds 0 1 ...] [--seed 1] [--threads 1]

Fitted on training rows alone; nothing is tuned on validation or test. A history of a training row never holds what the
history of an evaluated row cannot hold: the row itself; all rows of its drug where the drugs of validation rows are new
to training; all rows of its target where their targets are. (Whether they are new is read from ids of the validation rows,
or of the test rows when there are none; no label is looked at.)

Columns of a row (drug d, target t), where y are labels of training rows that it may see:
  histories      log-odds of y, and counts, at the same target, at the same drug
  similar        log-odds of y weighted by Tanimoto(d, d')^k at the same target, by cosine(t, t')^k of 3-mers at the same drug, by
                 both over all rows, by one of them over all rows; largest similarity to a 1 and to a 0
  components     the first 40 principal components of Morgan fingerprints (RDKit, radius 2, 2,048 bits) and of 3-mer frequencies
"""
import argparse
import os
import sys
import time

p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument("rows")
p.add_argument("--split", required=True)
p.add_argument("-o", "--output", required=True)
p.add_argument("--folds", type=int, nargs="*")
p.add_argument("--seed", type=int, default=1)
p.add_argument("--threads", type=int, default=1)
args = p.parse_args()
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(args.threads)

import numpy as np
import pandas as pd
from rdkit import Chem, RDLogger
from rdkit.Chem import AllChem
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, roc_auc_score

RDLogger.DisableLog("rdApp.*")
COMPONENTS, POWERS, NEAR = 40, (1, 2, 4, 8), 2
AMINO = {a: i for i, a in enumerate("ACDEFGHIKLMNPQRSTVWY")}


def fingerprints(smiles):
    out = np.zeros((len(smiles), 2048), np.float32)
    for i, s in enumerate(smiles):
        m = Chem.MolFromSmiles(s, sanitize=False)
        try:
            Chem.SanitizeMol(m)
        except Exception:  # what RDKit refuses but the dataset holds: as it stands
            m.UpdatePropertyCache(strict=False)
            Chem.FastFindRings(m)
        out[i, list(AllChem.GetMorganFingerprintAsBitVect(m, 2, 2048).GetOnBits())] = 1
    return out


def three_mers(sequences):
    out = np.zeros((len(sequences), 8000), np.float32)
    for i, s in enumerate(sequences):
        v = np.array([AMINO.get(c, -1) for c in s])
        if len(v) < 3:
            continue
        k = np.stack((v[:-2], v[1:-1], v[2:]))
        k = k[:, k.min(0) >= 0]
        np.add.at(out[i], k[0] * 400 + k[1] * 20 + k[2], 1)
    return out


def log_odds(weight, y, prior):
    one, nought = weight @ y, weight @ (1 - y)
    return np.log((one + 2 * prior) / (nought + 2 * (1 - prior))) - np.log(prior / (1 - prior)), one + nought


def columns(rows, past, y, hide_drug, hide_target):
    """Features of rows from the training rows `past`; hidden: what a row may not see."""
    d, t, pd_, pt = drug[rows], target[rows], drug[past], target[past]
    same_d, same_t = d[:, None] == pd_, t[:, None] == pt
    seen = rows[:, None] != past
    if hide_drug:
        seen &= ~same_d
    if hide_target:
        seen &= ~same_t
    like_d, like_t = like_drug[d][:, pd_] * seen, like_target[t][:, pt] * seen
    prior = y.mean()
    out = []
    for same in (same_t, same_d):
        out += log_odds((same & seen).astype(np.float32), y, prior)
    for k in POWERS:
        out += log_odds(like_d ** k * same_t, y, prior)
        out += log_odds(like_t ** k * same_d, y, prior)
        out += log_odds(like_d ** k * like_t ** k, y, prior)
    for like in (like_d, like_t):
        out += log_odds(like ** 4, y, prior)
    for like in (like_d * same_t, like_t * same_d, like_d * like_t):
        for label in (1, 0):
            out.append(like[:, y == label].max(1))
    return np.column_stack(out + [drug_part[d], target_part[t]])


def new_to(part, column):
    """Are the entities of most of these rows new to training?"""
    rows = np.flatnonzero(part == "validation") if (part == "validation").any() else np.flatnonzero(part == "test")
    return np.isin(column[rows], column[part == "train"]).mean() < 0.5


def fit_and_score(part):
    train = np.flatnonzero(part == "train")
    hide = new_to(part, drug), new_to(part, target)
    wanted = np.flatnonzero((part == "validation") | (part == "test"))
    y = label[train].astype(np.float32)
    x, z = columns(train, train, y, *hide), columns(wanted, train, y, *hide)
    score = np.zeros(len(wanted))
    for s in range(3):
        boosted = HistGradientBoostingClassifier(max_iter=250, learning_rate=0.04, max_leaf_nodes=15, min_samples_leaf=15,
                                                 l2_regularization=1.0, random_state=args.seed + s)
        # other columns each time, so that boosting is averaged over more than its ties
        keep = np.random.default_rng(args.seed + s).random(x.shape[1]) < 0.7
        score += boosted.fit(x[:, keep], y).predict_proba(z[:, keep])[:, 1] / 3
    extra = ExtraTreesClassifier(500, min_samples_leaf=2, max_features=0.3, n_jobs=args.threads, random_state=args.seed)
    return wanted, (score + extra.fit(x, y).predict_proba(z)[:, 1]) / 2, hide


table = pd.read_csv(args.rows, sep="\t", dtype={"drug": str, "target": str}, keep_default_na=False)
label = table.label.to_numpy()
drug, target = pd.factorize(table.drug)[0], pd.factorize(table.target)[0]
bits = fingerprints(table.drop_duplicates("drug").smiles)
counts = three_mers(table.drop_duplicates("target").sequence)
shared, ones = bits @ bits.T, bits.sum(1)
like_drug = shared / np.maximum(ones[:, None] + ones[None] - shared, 1)
unit = counts / np.maximum(np.sqrt((counts * counts).sum(1, keepdims=True)), 1e-9)
like_target = unit @ unit.T
drug_part = PCA(min(COMPONENTS, *bits.shape), svd_solver="randomized", random_state=0).fit_transform(bits)
target_part = PCA(min(COMPONENTS, *unit.shape), svd_solver="randomized", random_state=0).fit_transform(unit)

names = [c for c in table.columns if c == "part" or c.startswith("part_")]
if args.folds is not None:
    names = [f"part_{f}" for f in args.folds]
lines = []
for name in names:
    start, part = time.process_time(), table[name].to_numpy()
    wanted, score, hide = fit_and_score(part)
    test = part[wanted] == "test"
    y = label[wanted][test]
    figure = f"{roc_auc_score(y, score[test]):.4f} AP {average_precision_score(y, score[test]):.4f}" if 0 < y.sum() < len(y) else "-"
    print(f"{args.split} {name}: {len(y)} test rows, AUROC {figure}, new drugs {hide[0]}, new targets {hide[1]}, "
          f"{time.process_time() - start:.0f} s", file=sys.stderr, flush=True)
    part_frame = table.loc[wanted, ["drug", "target"]].assign(score=[f"{s:.9g}" for s in score], split=args.split)
    part_frame["fold"] = name[5:] if name != "part" else ""
    lines.append(part_frame)
pd.concat(lines).to_csv(args.output + ".part", sep="\t", index=False)
os.replace(args.output + ".part", args.output)
