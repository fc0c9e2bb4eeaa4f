#!/usr/bin/env bash
# bench_table.sh - scripts/bench table: what is between the markers is replaced, nothing else, twice the same; figures and limits
. "$(dirname "$0")/lib.sh"

[ -x /usr/bin/python3 ] || skip "no /usr/bin/python3"
table() {
    /usr/bin/python3 "$ROOT/tests/bench/table.py" "$WORK" --only none --results figures --readme README.md "$@"
}
begin='<!-- speed: written by scripts/bench table -->'
end='<!-- end of speed -->'
mkdir figures
cat >figures/machine.json <<'E2'
{"sgemm": {"1": 100.0, "2": 190.0}, "read": {"1": 16.0, "2": 30.0}}
E2
cat >figures/import.json <<'E2'
{"bench": "import", "command": "scripts/bench import", "commit": "abc1234", "machine": "A CPU, 2 cores", "isa": "AVX-512", "utc": "2026-01-02 03:04",
 "rows": [{"row": "import expression 1", "task": "import of expression", "unit": "s", "dragnet": 0.5, "peer": "numpy.loadtxt", "theirs": 2.0, "ratio": 4.0,
           "limit": ["read", 1, 3.2e8], "bound": "digits"}]}
E2
cat >figures/gener.json <<'E2'
{"bench": "gener", "command": "scripts/bench gener", "commit": "abc1234", "machine": "A CPU, 2 cores", "isa": "AVX-512", "utc": "2026-01-02 03:04",
 "rows": [{"row": "gener train 4096 f32 1", "task": "GENER train alone", "unit": "pairs/s", "dragnet": 20000, "peer": null, "theirs": null, "ratio": null,
           "limit": null, "bound": ""},
          {"row": "gener train 4096 f32 2", "task": "GENER train", "unit": "pairs/s", "dragnet": 40000, "peer": null, "theirs": null, "ratio": null,
           "limit": ["sgemm", 2, 2.375e6], "bound": "passes"}]}
E2
printf '# x\n\nbefore | a\\b & $1\n\n%s\nold\n%s\n\nafter\n' "$begin" "$end" >README.md
cp README.md first.md

table --print >printed.txt || fail "--print: $(cat printed.txt)"
cmp -s README.md first.md || fail "--print changed the README"
table >out.txt 2>err.txt || fail "table: $(cat err.txt)"
awk -v b="$begin" -v e="$end" '$0 == b { off = 1 } !off; $0 == e { off = 0 }' first.md >outside1
awk -v b="$begin" -v e="$end" '$0 == b { off = 1 } !off; $0 == e { off = 0 }' README.md >outside2
grep -q after outside1 && cmp -s outside1 outside2 || fail "something outside the markers changed"
grep -q '^old$' README.md && fail "the old table is still there"
[ "$(grep -cF "$begin" README.md)$(grep -cF "$end" README.md)" = 11 ] || fail "the markers are not there once each"
cp README.md second.md
table >out.txt || fail "the second time"
cmp -s README.md second.md || fail "the second time is not the same"

grep -qF '| import of expression | 0.5 s | numpy.loadtxt | 2 s | **4** | 0.64 of 16 GB/s read (4 %) | digits |' README.md || fail "import: $(cat printed.txt)"
grep -qF '| GENER train | 40,000 pairs/s | none |  |  | 95 of 190 GFLOP/s sgemm (50 %) | passes |' README.md || fail "gener: $(cat printed.txt)"
grep -qF '| GENER train, beside 1 rank | 40,000 pairs/s | dragnet, 1 rank | 20,000 pairs/s | **2** |' README.md || fail "scaling: $(cat printed.txt)"
grep -qF '| screen of all pairs of 5,950 genes, f32 and bf16, beside PyTorch | not measured |' README.md || fail "a row that was not measured: $(cat printed.txt)"
grep -qF 'Measured on: A CPU, 2 cores, AVX-512.' README.md || fail "no machine"
grep -qF '`scripts/bench gener`, commit abc1234' README.md || fail "no command"

printf 'no markers\n' >README.md
cp README.md first.md
expect 1 'wanted one line' table
cmp -s README.md first.md || fail "a README without markers was changed"
printf '%s\n%s\n' "$end" "$begin" >README.md
expect 1 'wanted one line' table
expect 2 '--only nonsense' table --only nonsense
finish
