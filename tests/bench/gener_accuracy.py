#!/usr/bin/python3
"""gener_accuracy.py - is the gene-gene network better than its baselines, where genes are new to it?

Block cross-validation: genes are dealt into folds (`dragnet split --kind kfold --by genes`), each fold has a model of each
recipe, and all models of a recipe are evaluated together: the mean over the folds, with paired differences and intervals that
draw genes once for all folds, as mpi/evaluate/evaluate_repeats.h defines them. C1: both genes stand in training pairs, the pair
does not; C2: one; C3: none. Started again it skips what is there, and goes on with a training that was stopped; a model that
was trained with other options is refused. Writes OUT/table.md (printed, too), OUT/table.tsv and, of each recipe,
OUT/RECIPE/report.{json,txt}, which have the pooled rows as well.

    scripts/bench gener-accuracy [options] [-- OPTIONS OF dragnet train gener]

  --dataset FILE     a dataset, which is copied; default: the yeast table and its pairs, imported from ../shared/data
  --pairs NAME       pair set of the dataset (default known)
  --out DIR          everything goes there (default bench-gener-accuracy)
  --folds K          default 5; --only N trains and tests the first N of them
  --seed N           of the folds and of training (default 1)
  --recipes ...      default, published; default both
  --negatives X      passed on to split: given,uniform,degree (training uses the first); a table of each kind
  --allow-small      passed on to split: keep folds with few pairs of a class
  --as-published     all rows in place of the clean ones (without decoys and genes without values)
  --ranks N          of training and evaluation (default 1)
  --replicates N     default 1000"""
import argparse
import os
import shutil
import sys

from runs import Runs, write_tables

root, words = sys.argv[1], sys.argv[2:]
train_options = []
if "--" in words:
    words, train_options = words[:words.index("--")], words[words.index("--") + 1:]
p = argparse.ArgumentParser(prog="scripts/bench gener-accuracy", description=__doc__,
                            formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument("--dataset")
p.add_argument("--pairs", default="known")
p.add_argument("--out", default="bench-gener-accuracy")
p.add_argument("--folds", type=int, default=5)
p.add_argument("--only", type=int)
p.add_argument("--seed", type=int, default=1)
p.add_argument("--recipes", nargs="+", choices=["default", "published"], default=["default", "published"])
p.add_argument("--negatives")
p.add_argument("--allow-small", action="store_true")
p.add_argument("--as-published", action="store_true")
p.add_argument("--ranks", type=int, default=1)
p.add_argument("--replicates", type=int, default=1000)
p.add_argument("--program", default=root + "/build/dragnet", help=argparse.SUPPRESS)
args = p.parse_args(words)
runs = Runs("gener_accuracy", args.program, args.ranks)
folds = range(min(args.only or args.folds, args.folds))
split = f"cv{args.folds}-{args.seed}" + (f"-{args.negatives}" if args.negatives else "").replace(",", "+")
COLUMNS = [("all", "all"), ("c1", "C1"), ("c2", "C2"), ("c3", "C3")]
os.makedirs(args.out, exist_ok=True)
dataset = os.path.join(args.out, "data.h5")


def make_dataset():
    """A copy, because split writes into it."""
    if os.path.exists(dataset):
        return
    if args.dataset:
        shutil.copyfile(args.dataset, dataset + ".part")
        os.replace(dataset + ".part", dataset)
        return
    yeast = os.environ.get("DN_SHARED_DATA", root + "/../shared/data") + "/yeast"
    if not os.path.exists(yeast + "/pairs.npy"):
        sys.exit(f"gener_accuracy: {yeast}/pairs.npy: absent; give --dataset FILE")
    runs.dragnet("import", "-o", dataset, "--expression", yeast + "/expression/joined_5950x570.tsv.gz", "--gene-ids",
                 yeast + "/gene_ids.tsv", "--pairs", args.pairs + "=" + yeast + "/pairs.npy", "--decoys", "decoy*")


def make_split():
    more = ["--negatives", args.negatives] if args.negatives else []
    more += ["--allow-small"] if args.allow_small else []
    runs.dragnet("split", dataset, "--pairs", args.pairs, "--name", split, "--kind", "kfold", "--by", "genes", "--folds",
                 str(args.folds), "--seed", str(args.seed), *more)


def one_recipe(recipe):
    """A model for each fold, then one evaluation of all: the means by kind of negatives."""
    models = []
    for f in folds:
        place = os.path.join(args.out, recipe, split, f"fold{f}")
        os.makedirs(os.path.dirname(place), exist_ok=True)
        models.append(os.path.join(place, "model.h5"))
        runs.dragnet("train", "gener", dataset, "--split", split, "--fold", str(f), "--recipe", recipe, "--seed", str(args.seed),
                     "-o", place, *train_options, ranks=args.ranks)  # a finished one is kept, an unfinished one goes on
    report = os.path.join(args.out, recipe, "report.json")
    r = runs.report(report, ["evaluate", dataset, "--models", *models, "--replicates", str(args.replicates)], models)
    return {kind: k["mean"] for kind, k in r.get("negatives", {"given": r}).items()}


def view(mean, column):
    name = column if args.as_published else "clean" if column == "all" else "clean_" + column
    return mean if name == "all" else mean["views"][name]


def scorers(means):
    """(name, recipe or none, figures of a column) of each row of the table; baselines are the same in every report."""
    for recipe in means:
        yield f"network, {recipe} recipe", recipe, lambda v: v["model"]
    for name in next(iter(means.values()))["baselines"]:
        yield name, None, lambda v, name=name: v["baselines"][name]


def differences(means):
    for recipe in means:
        yield f"{recipe} - best baseline", recipe, lambda v: v["difference"].get(v["best_baseline"])


def cell(v, figures, measure, sign=False):
    """Figure and interval; of a difference the baseline as well. A view that no fold has enough rows of has none."""
    s = figures(v) if v["counted"] else None
    if s is None or s[measure] is None:
        return "-"
    shape = "%+.3f" if sign else "%.3f"
    lo, hi = s["ci95"][measure]
    return (shape % s[measure] + (f" [{shape % lo}, {shape % hi}]" if lo is not None else "") +
            (f" {v['best_baseline']}" if sign else ""))


def markdown(kind, means):
    yield f"Negatives: {kind}"
    yield ""
    first = next(iter(means.values()))
    rows = {c: sum(e["rows"] for e in view(first, c)["each"]) for c, _ in COLUMNS}
    for measure, title in ("auroc", "AUROC"), ("ap", "average precision"):
        yield f"| {title} | " + " | ".join(f"{title} ({rows[c]:,})" for c, title in COLUMNS) + " |"
        yield "|---" * (1 + len(COLUMNS)) + "|"
        for source, sign in (scorers(means), False), (differences(means), True):
            for name, recipe, figures in source:
                yield f"| {name} | " + " | ".join(cell(view(means[recipe] if recipe else first, c), figures, measure, sign)
                                                  for c, _ in COLUMNS) + " |"
        yield ""
    yield (f"Mean over {first['models']} of {args.folds} folds of genes; {'all' if args.as_published else 'clean'} test rows of all "
           f"folds in brackets; 95 % intervals: {args.replicates:,} draws of genes, once for all folds.")
    yield ""


HEADER = ["negatives", "view", "folds", "genes", "scorer", "auroc", "auroc_lo", "auroc_hi", "auroc_sd", "ap", "ap_lo", "ap_hi", "ap_sd", "against",
          "above_in", "beaten"]


def lines(kind, means):
    first = next(iter(means.values()))
    for column, _ in COLUMNS:
        for source in scorers(means), differences(means):
            for name, recipe, figures in source:
                v = view(means[recipe] if recipe else first, column)
                s = figures(v) if v["counted"] else None
                if s is not None:
                    against = v["best_baseline"] if "beaten" in s else ""
                    yield [kind, column if args.as_published else "clean " + column, v["counted"], v["genes"], name, s["auroc"],
                           *s["ci95"]["auroc"], s["sd"]["auroc"], s["ap"], *s["ci95"]["ap"], s["sd"]["ap"], against,
                           s.get("above", ""), s.get("beaten", "")]


make_dataset()
make_split()
kinds = {}  # of negatives: {recipe: means}
for recipe in args.recipes:
    for kind, mean in one_recipe(recipe).items():
        means = kinds.setdefault(kind, {})
        means[recipe] = mean
        if mean["baselines"] != means[args.recipes[0]]["baselines"]:  # the same rows, so the same figures
            sys.exit("gener_accuracy: the recipes were evaluated on other rows: take another --out")
    write_tables(args.out, HEADER, [r for k, m in kinds.items() for r in lines(k, m)],
                 [line for k, m in kinds.items() for line in markdown(k, m)])
print(open(os.path.join(args.out, "table.md")).read(), end="")
