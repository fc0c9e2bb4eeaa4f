#!/usr/bin/env bash
# network_real.sh - ChG-Miner as the README analyses it, against networkx and igraph; joined with PP-Pathways
. "$(dirname "$0")/lib.sh"
N=$SHARED_DATA/network
[ -e "$N/ChG-Miner.tsv" ] || skip "real networks absent: $N/ChG-Miner.tsv"

expect 0 "" ranks 2 import -o chg.h5 --edges targets:drug-gene="$N/ChG-Miner.tsv"
expect 0 "" ranks 2 network chg.h5 -o chg --measures all --alpha 0.01 --spectra svd,pca --pairs 2 --standardise
for id in P08684 P10635 P11712 P05177 P33261; do
    grep -q "$id" out.txt || fail "$id is not in the digest"
done
[ "$(sed -n 2,6p chg/degree.tsv | cut -f1 | tr '\n' ' ')" = "P08684 P10635 P11712 P05177 P33261 " ] ||
    fail "not the known leaders: $(sed -n 2,6p chg/degree.tsv)"
ranks 3 network chg.h5 -o three --measures degree,core,closeness,harmonic,betweenness,bipartite-clustering >out.txt 2>err.txt ||
    fail "on 3 ranks: $(cat err.txt)"
for m in degree core closeness harmonic betweenness bipartite-clustering; do
    cmp -s chg/$m.tsv three/$m.tsv || fail "$m: other bytes on 3 ranks"
done

if [ -e "$SHARED_DATA/../peers/seed_centralities.json" ]; then
    python3 - "$SHARED_DATA/../peers/seed_centralities.json" chg <<'P' || fail "other values than networkx and igraph"
import csv, json, sys
golden, folder = json.load(open(sys.argv[1])), sys.argv[2]
pairs = {"degree": "nx_degree_centrality", "eigenvector": "nx_eigenvector_numpy", "pagerank": "nx_pagerank_tight",
         "katz": "nx_katz_a0.01", "hub": "nx_hits_hubs_directed", "authority": "nx_hits_auth_directed", "closeness": "nx_closeness",
         "harmonic": "nx_harmonic", "betweenness": "nx_betweenness", "core": "nx_core_number", "clustering": "nx_clustering",
         "bipartite-clustering": "nx_bipartite_clustering_dot"}
bad = 0
for ours, theirs in pairs.items():
    with open(f"{folder}/{ours}.tsv") as f:
        value = {r["id"]: float(r["value"]) for r in csv.DictReader(f, delimiter="\t")}
    g = golden[theirs]
    worst = max(abs(value[i] - v) / max(abs(v), 1e-300) if v else abs(value[i]) for i, v in g["top10"])
    total = abs(sum(value.values()) - g["sum"]) / max(abs(g["sum"]), 1e-300) if g["sum"] else abs(sum(value.values()))
    print(f"{ours:22s} top 10 {worst:.1e}  sum {total:.1e}")
    bad += worst > 2e-9 or total > 2e-8 or len(value) != 7341
sys.exit(bad)
P
else
    echo "SKIP: reference centralities absent: $SHARED_DATA/../peers/seed_centralities.json"
fi

python3 - chg/summary.json <<'P' || fail "the description is not what is known of ChG-Miner"
import json, sys
d = json.load(open(sys.argv[1]))
t = d["description"]
assert (d["network"]["nodes"], d["network"]["edges"]) == (7341, 15138) and t["components"] == 205 and t["largest_component"] == 6621 and t["bipartite"]
drug = next(s for s in t["of_side"] if s["side"] == "drug")["degree"]
assert drug["count"] == 5017 and abs(drug["mean"] - 3.01734104046) < 1e-9 and abs(drug["sd"] - 5.17923353344) < 1e-9 and drug["max"] == 147
P
finish
