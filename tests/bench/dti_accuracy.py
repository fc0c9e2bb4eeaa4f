#!/usr/bin/python3
"""dti_accuracy.py - is the drug-target network better than its baselines and than the trees, over repeated folds?

For every kind of split and every seed: the split, a model for each fold, the trees (dti_trees.py) on the same rows; then for
every kind one evaluation of all models together, with paired differences and intervals as mpi/evaluate/evaluate_repeats.h
defines them. Started again it skips what is there, and ends where a model is there that was trained with other options. Writes OUT/table.tsv, OUT/table.md, and OUT/KIND/report.{json,txt}.

    scripts/bench dti-accuracy [options] [-- OPTIONS OF dragnet train dti]

  --table FILE     the drug-target table (default ../shared/data/drugtarget/activation_inhibition_raw.csv.gz)
  --out DIR        everything goes there (default bench-dti-accuracy)
  --kinds ...      warm, cold-drug, cold-target, cold-both (blocks of drugs x targets, the diagonal ones); default all
  --seeds ...      one repeat of the folds each (default 1)
  --folds K        default 5; --only N trains and tests the first N of them
  --drug-clusters, --target-clusters X   by similarity cluster where the side is cold
  --ranks N        of training and evaluation (default 1)
  --replicates N   default 2000
  --no-model, --no-trees   leave one side out"""
import argparse
import os
import sys

from runs import Runs, text, write_tables

root, words = sys.argv[1], sys.argv[2:]
train_options = []
if "--" in words:
    words, train_options = words[:words.index("--")], words[words.index("--") + 1:]
p = argparse.ArgumentParser(prog="scripts/bench dti-accuracy", description=__doc__,
                            formatter_class=argparse.RawDescriptionHelpFormatter)
KINDS = {"warm": "pairs", "cold-drug": "drugs", "cold-target": "targets", "cold-both": "blocks"}
SHARED = os.environ.get("DN_SHARED_DATA", root + "/../shared/data")
p.add_argument("--table", default=SHARED + "/drugtarget/activation_inhibition_raw.csv.gz")
p.add_argument("--out", default="bench-dti-accuracy")
p.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
p.add_argument("--seeds", nargs="+", type=int, default=[1])
p.add_argument("--folds", type=int, default=5)
p.add_argument("--only", type=int)
p.add_argument("--drug-clusters")
p.add_argument("--target-clusters")
p.add_argument("--ranks", type=int, default=1)
p.add_argument("--replicates", type=int, default=2000)
p.add_argument("--no-model", action="store_true")
p.add_argument("--no-trees", action="store_true")
p.add_argument("--program", default=root + "/build/dragnet", help=argparse.SUPPRESS)
args = p.parse_args(words)
folds = range(min(args.only or args.folds, args.folds))
if args.no_model and len(args.seeds) > 1:
    p.error("--no-model: without models the folds of one seed are evaluated at a time")
os.makedirs(args.out, exist_ok=True)
dataset = os.path.join(args.out, "data.h5")


runs = Runs("dti_accuracy", args.program, args.ranks)
run, dragnet = runs.run, runs.dragnet


def split_options(kind):
    by = KINDS[kind]
    out = ["--kind", "kfold-blocks"] if by == "blocks" else ["--kind", "kfold", "--by", by]
    for side, option in ("drugs", args.drug_clusters), ("targets", args.target_clusters):
        if option and by in (side, "blocks"):
            out += [f"--{side[:-1]}-clusters", option]
    return out + ["--folds", str(args.folds)]


def one_seed(kind, seed):
    """Split, models and trees; returns the models and the scores of the trees."""
    name, place = f"{kind}-{seed}", os.path.join(args.out, kind, str(seed))
    os.makedirs(place, exist_ok=True)
    dragnet("split", dataset, "--interactions", "table", "--name", name, *split_options(kind), "--seed", str(seed), "--allow-small")
    models = []
    for f in folds if not args.no_model else ():
        models.append(os.path.join(place, f"fold{f}", "model.h5"))
        # a finished model is kept, one of other options refused
        dragnet("train", "dti", dataset, "--split", name, "--fold", str(f), "-o", os.path.dirname(models[-1]), *train_options,
                ranks=args.ranks)
    trees = os.path.join(place, f"trees{len(folds)}.tsv")
    if args.no_trees:
        return models, []
    if not os.path.exists(trees):
        rows = os.path.join(place, "rows.tsv")
        dragnet("evaluate", dataset, "--split", name, "--export-rows", rows, "--force")
        run(sys.executable, os.path.join(root, "tests/bench/dti_trees.py"), rows, "--split", name, "-o", trees,
            "--folds", *map(str, folds))
    return models, [f"trees={trees}"]


def evaluate(kind):
    """One evaluation of all models of a kind, unless the same one is there."""
    models, contenders = [], []
    for seed in args.seeds:
        m, c = one_seed(kind, seed)
        models, contenders = models + m, contenders + c
    words = ["evaluate", dataset, "--replicates", str(args.replicates)]
    words += ["--models", *models] if models else ["--baselines", "--split", f"{kind}-{args.seeds[0]}", "--pool", str(len(folds))]
    if contenders:
        words += ["--contender", *contenders]
    files = models + [c.split("=", 1)[1] for c in contenders]
    return runs.report(os.path.join(args.out, kind, "report.json"), words, files)["mean"]


def lines(kind, mean):
    """Rows of the table: scorer, figures, and how far the model is above it."""
    model = [("model", mean["model"])] if "model" in mean else []
    for name, s in model + list(mean["baselines"].items()):
        d = mean.get("difference", {}).get(name)
        best = "best on validation" if name == mean["best_baseline"] else ""
        yield [kind, mean["counted"], mean["splits"], name, s["auroc"], *s["ci95"]["auroc"], s["ap"], *s["ci95"]["ap"],
               *((d["auroc"], *d["ci95"]["auroc"], d["ap"], *d["ci95"]["ap"], d["above"], d["beaten"]) if d else [""] * 8), best]


HEADER = ["split", "models", "repeats", "scorer", "auroc", "auroc_lo", "auroc_hi", "ap", "ap_lo", "ap_hi", "model_minus_auroc",
          "model_minus_auroc_lo", "model_minus_auroc_hi", "model_minus_ap", "model_minus_ap_lo", "model_minus_ap_hi", "above_in",
          "beaten", "note"]


def markdown(rows):
    yield "| split | models | scorer | AUROC [95 %] | AP | model minus it, AUROC [95 %] | above 0 in | beaten |"
    yield "|---|---|---|---|---|---|---|---|"
    for r in rows:
        v = dict(zip(HEADER, map(text, r)))
        away = f"{v['model_minus_auroc']} [{v['model_minus_auroc_lo']}, {v['model_minus_auroc_hi']}]" if v["beaten"] else ""
        yield (f"| {v['split']} | {v['models']} | {v['scorer']}{' (' + v['note'] + ')' if v['note'] else ''} | {v['auroc']} "
               f"[{v['auroc_lo']}, {v['auroc_hi']}] | {v['ap']} | {away} | {v['above_in']} | {v['beaten']} |")


if not os.path.exists(dataset):
    dragnet("import", "-o", dataset, "--interactions", "table=" + args.table)
table = []
for kind in args.kinds:
    table += lines(kind, evaluate(kind))
    write_tables(args.out, HEADER, table, markdown(table))
print(open(os.path.join(args.out, "table.md")).read())
