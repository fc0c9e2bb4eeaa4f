#!/usr/bin/env python3
"""read_network.py - what unit.network_output saved, as networkx, json, csv and xmllint read it

    python3 read_network.py odd|numbered|empty|bare DIR

Exit 0: as it should be (see tests/support/analysis.c); 77: networkx is not there.
"""
import csv
import json
import math
import os
import shutil
import subprocess
import sys

try:
    import networkx as nx
except ImportError:
    sys.exit(77)

kind, folder = sys.argv[1:]
nodes, edges, measures = {"odd": (10, 8, 3), "numbered": (7, 6, 1), "empty": (0, 0, 1), "bare": (2, 0, 0)}[kind]


def path(name):
    return os.path.join(folder, name)


def table(name):
    with open(path(name), encoding="latin-1", newline="\n") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


g = nx.read_graphml(path("network.graphml"))
assert (g.number_of_nodes(), g.number_of_edges()) == (nodes, edges), g
if shutil.which("xmllint"):
    subprocess.run(["xmllint", "--noout", path("network.graphml")], check=True)
with open(path("summary.json"), encoding="utf-8") as f:
    s = json.load(f)
assert s["network"]["nodes"] == nodes and s["network"]["edges"] == edges and len(s["measures"]) == measures, s
for name in s["measures"]:
    assert len(table(name + ".tsv")) == nodes
if kind == "odd":
    assert g.nodes["DB00945"]["degree"] == 1 and g.nodes["DB00945"]["degree_count"] == 20
    assert g.nodes["caf\u00e9#3"]["label"] == "caf\u00e9" and math.isnan(g.nodes["caf\u00e9#3"]["clustering"])
    assert g.nodes["caf\u00e9"]["side"] == "gene & protein"
    assert g.edges["DB00945", "P23219"]["weight"] == 1.25
    assert '"quoted" & <marked>' in g and "#4" in g
    assert [row["id"] for row in table("degree.tsv")][:2] == ["DB00945", "tab\\there"]
    assert s["measures"]["eigenvector"]["figures"] == {"eigenvalue": 2.5, "gap": None}
    assert s["measures"]["clustering"]["top"][0]["value"] == 5
    assert [t["id"] for t in s["measures"]["degree"]["top_of_side"]["gene & protein"]][1] == "caf\u00e9"
if kind == "numbered":
    assert sorted(g) == [str(i) for i in range(7)] and g.has_edge("3", "4")
