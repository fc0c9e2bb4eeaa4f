#!/usr/bin/env bash
# estimate.sh - dragnet estimate: figures that add up, nothing of the run written, mistakes; the run says how right it was
. "$(dirname "$0")/lib.sh"

"$DRAGNET" synth -o s.h5 --genes 100 --samples 40 --pairs 3000 --seed 1 -q || fail "synth"
"$DRAGNET" split s.h5 --pairs known --name warm --kind random --fractions 0.8,0.2,0 --seed 1 -q >/dev/null || fail "split"
train="train gener s.h5 --split warm -o runs/warm --batch 128 --shards 8 --epochs 6"

# shellcheck disable=SC2086
"$DRAGNET" estimate $train --probe-seconds 0.5 >out.txt 2>err.txt || fail "estimate: $(cat err.txt)"
[ ! -e runs/warm ] || fail "the probe wrote a run"
for line in '--nodes=' '--ntasks=' '--cpus-per-task=1' '--mem=' '--time=00:'; do
    grep -q -e "^#SBATCH $line" out.txt || fail "no $line: $(cat out.txt)"
done
[ "$(grep -c '^# ' out.txt)" = 1 ] || fail "lines of more than one number of ranks"
/usr/bin/python3 - runs/warm.estimate.json <<'PY' || fail "runs/warm.estimate.json"
import json, sys
e = json.load(open(sys.argv[1]))
assert e["schema"] == "dragnet.estimate" and e["stage"] == "train gener" and e["repeats"] == 6 and e["most_ranks"] == 8
one = next(r for r in e["rows"] if r["ranks"] == 1)
assert abs(one["seconds"] - sum(t["seconds"] for t in e["time_of_one_rank"])) < 1e-6
assert one["rank_mb"] >= sum(m["mb"] for m in e["memory_of_one_rank"]) - 1e-6 and abs(one["efficiency"] - 1) < 1e-9
assert {r["ranks"] for r in e["rows"]} == set(range(1, 9))
for r in e["rows"]:
    assert abs(r["seconds"] - (r["once"] + 6 * r["repeat"])) < 1e-9 and r["rank_mb"] < 1000 and r["seconds"] < 3600, r
PY

# A study of ranks: lines of each; JSON has those asked for alone.
# shellcheck disable=SC2086
"$DRAGNET" estimate $train --ranks 2,8 --ranks-per-node 4 --probe-seconds 0.3 --no-save -q >out.txt || fail "--ranks 2,8"
grep -q '^#SBATCH --ntasks=2$' out.txt && grep -q '^#SBATCH --ntasks=8$' out.txt && grep -q '^#SBATCH --nodes=2$' out.txt ||
    fail "lines of 2 and 8 ranks: $(cat out.txt)"
grep -q '^# this machine has only' out.txt && fail "too much memory for this machine: $(cat out.txt)"
# shellcheck disable=SC2086
"$DRAGNET" estimate $train --ranks 3 --probe-seconds 0.3 --save kept.json --json >out.txt 2>err.txt || fail "--json: $(cat err.txt)"
/usr/bin/python3 -c 'import json; e = json.load(open("out.txt")); assert [r["ranks"] for r in e["rows"]] == [3]' || fail "--json"
[ -s kept.json ] || fail "--save"

# More than a node has is said before Slurm refuses it.
# shellcheck disable=SC2086
"$DRAGNET" estimate $train --ranks 8 --ranks-per-node 65536 --memory-margin 100 --probe-seconds 0.1 --no-save >out.txt 2>err.txt
mib=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
asked=$(sed -n 's/^#SBATCH --mem=\([0-9]*\)M$/\1/p' out.txt)
[ "$asked" -le "$mib" ] || grep -q "^# this machine has only $mib MiB" out.txt || fail "$asked MiB of $mib: $(cat out.txt err.txt)"

# The run finds the figures, and says so; on another number of ranks, too. One that goes on has only its own epochs.
for n in 1 2; do
    # shellcheck disable=SC2086
    ranks $n $train --force >out.txt 2>err.txt || fail "train: $(cat err.txt)"
    grep -q 'train: beside the estimate estimated_secs=.* took_secs=.* ratio=.* estimated_mb_of_a_rank=.* peak_mb_of_a_rank=' err.txt ||
        fail "$n ranks: the run does not say how right the estimate was: $(cat err.txt)"
done
# Figures for other work are not compared: what differs is said, and what has no part in the time is no difference.
# shellcheck disable=SC2086
"$DRAGNET" $train --force --epochs 5 --rate 0.002 >out.txt 2>err.txt || fail "train: $(cat err.txt)"
grep -q 'the estimate beside it is of another run, not compared differ="--epochs: 6 there, 5 here; --rate: none there, 0.002 here"' err.txt ||
    fail "other options: $(cat err.txt)"
# shellcheck disable=SC2086
OMP_NUM_THREADS=2 "$DRAGNET" $train --force >out.txt 2>err.txt || fail "train: $(cat err.txt)"
grep -q 'not compared differ="threads of a rank: 1 there, 2 here"' err.txt || fail "threads: $(cat err.txt)"
cp s.h5 other.h5
# shellcheck disable=SC2086
"$DRAGNET" ${train/s.h5/.\/other.h5} --force >out.txt 2>err.txt || fail "train: $(cat err.txt)"
grep -q 'not compared differ="argument 2: .*/s.h5 ([0-9]* bytes) there, .*/other.h5 ([0-9]* bytes) here"' err.txt || fail "data: $(cat err.txt)"
# shellcheck disable=SC2086
"$DRAGNET" ${train/s.h5/.\/s.h5} --force --batch=0128 --checkpoint-every 5m --log-format text --profile >out.txt 2>err.txt ||
    fail "train: $(cat err.txt)"
grep -q 'beside the estimate estimated_secs=' err.txt || fail "the same work in other words: $(cat err.txt)"
echo '{"schema": "dragnet.estimate", "rows": 3}' >runs/warm.estimate.json
# shellcheck disable=SC2086
"$DRAGNET" $train --force >out.txt 2>err.txt || fail "train beside a file that says nothing: $(cat err.txt)"
grep -q 'beside the estimate' err.txt && fail "figures from nowhere"
printf 'no JSON' >runs/warm.estimate.json
# shellcheck disable=SC2086
"$DRAGNET" $train --force >out.txt 2>err.txt || fail "train beside a damaged file: $(cat err.txt)"

# What is said of memory is held against the peak of the run, where weights are most of it; with global norms ranks share
# the shards that are under way.
if ! grep -qa __asan_init "$DRAGNET"; then
    "$DRAGNET" synth -o wide.h5 --genes 100 --samples 6000 --pairs 1200 --seed 1 -q || fail "synth"
    "$DRAGNET" split wide.h5 --pairs known --name warm --kind random --fractions 0.8,0.2,0 --seed 1 -q >/dev/null || fail "split"
    train="train gener wide.h5 --split warm -o runs/wide --batch 128 --shards 8 --epochs 1 --batch-norm global"
    # shellcheck disable=SC2086
    memory_is_right() { # of one estimate, on 1 and 4 ranks
        "$DRAGNET" estimate $train --probe-seconds 0.3 >out.txt 2>err.txt || fail "estimate: $(cat err.txt)"
        for n in 1 4; do
            ranks $n $train --force >out.txt 2>err.txt || fail "train: $(cat err.txt)"
            sed -n 's/.*estimated_mb_of_a_rank=\([0-9]*\) peak_mb_of_a_rank=\([0-9]*\).*/\1 \2/p' err.txt |
                awk '{ n++; bad = $1 < 0.9 * $2 || $1 > 1.3 * $2 } END { exit n != 1 || bad }' || return 1
        done
    }
    # Once in some dozen runs a probe came out about 114 MB too large, all of it in the term "scoring" (238 in place of 124 MB: its
    # peak is about what two blocks of 256 rows would take), and nobody knows why yet; three in a row are a fault.
    memory_is_right || memory_is_right || memory_is_right ||
        fail "$n ranks: memory of the estimate and of the run differ: $(grep 'beside the' err.txt)"
fi

# A network: sweeps and nodes are tried, products of solvers counted; the run says how right it was.
"$DRAGNET" synth --graph rmat --scale 9 --seed 1 -o net.h5 -q || fail "synth --graph"
network="network net.h5 -o net --measures degree,pagerank,subgraph,closeness,betweenness"
# shellcheck disable=SC2086
"$DRAGNET" estimate $network --ranks 1,2 --probe-seconds 0.5 >out.txt 2>err.txt || fail "estimate network: $(cat err.txt)"
[ ! -e net ] || fail "the probe wrote a network"
grep -q '^network: 512 nodes, .* 142 products of solvers, an upper bound$' out.txt || fail "work: $(head -1 out.txt)"
grep -q '^probe: subgraph .* closeness .* betweenness .* a product ' out.txt || fail "probe: $(cat out.txt)"
grep -q '^#SBATCH --ntasks=2$' out.txt || fail "no lines of 2 ranks"
# shellcheck disable=SC2086
ranks 2 $network >out.txt 2>err.txt || fail "network: $(cat err.txt)"
grep -q 'network: beside the estimate estimated_secs=' err.txt || fail "network does not say how right the estimate was"

# Mistakes, before anything is measured; those of the command itself are said as by the command.
expect 64 "which command?" "$DRAGNET" estimate
expect 64 "is for train, screen, embed and network, not for split" "$DRAGNET" estimate split s.h5
expect 64 "unknown command 'trian'; did you mean 'train'?" "$DRAGNET" estimate trian gener s.h5
expect 64 "unknown option '--epoch'" "$DRAGNET" estimate train gener s.h5 --split warm -o r --epoch 3
expect 64 "--split is required" "$DRAGNET" estimate train gener s.h5 -o r
expect 64 "--ranks 0: wanted numbers of ranks" "$DRAGNET" estimate train gener s.h5 --split warm -o r --ranks 0
expect 64 "--ranks 1,x: wanted numbers of ranks" "$DRAGNET" estimate train gener s.h5 --split warm -o r --ranks 1,x
expect 64 "measures on one rank" ranks 2 estimate train gener s.h5 --split warm -o r
expect 78 "takes 8 ranks at most here, not 9" "$DRAGNET" estimate train gener s.h5 --split warm -o r --batch 128 --shards 8 --ranks 9 --probe-seconds 0.1
expect 66 "" "$DRAGNET" estimate train gener nothing.h5 --split warm -o r
expect 65 "lower --batch" "$DRAGNET" estimate train gener s.h5 --split warm -o r --batch 65536
nothing_left r r.estimate.json
"$DRAGNET" estimate train --help | grep -q -- '--ranks N,N' || fail "--help does not name --ranks"
"$DRAGNET" estimate train --help | grep -q -- '--split' || fail "--help does not name the options of train"
finish
