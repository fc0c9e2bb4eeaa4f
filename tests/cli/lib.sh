# lib.sh - what the tests of the command line share; sourced by each tests/cli/*.sh, which gets the program as $1
set -u
DRAGNET=$1
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SHARED_DATA=${DN_SHARED_DATA:-$ROOT/../shared/data}
WORK=$(mktemp -d "${TMPDIR:-/tmp}/dragnet-cli-XXXXXX")
trap 'rm -rf "$WORK"' EXIT
cd "$WORK" || exit 1
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_hwloc_base_binding_policy=none
export OMP_NUM_THREADS=1 OMPI_MCA_mpi_yield_when_idle=1
failures=0

fail() {
    echo "not ok - $*" >&2
    failures=$((failures + 1))
}

# ranks N COMMAND...: the program on N ranks
ranks() {
    local n=$1
    shift
    mpirun -q --mca pml ob1 --oversubscribe -n "$n" "$DRAGNET" "$@" # ob1: no search for fast networks
}

# expect CODE 'text in stderr' COMMAND...: exit code and a line of the message
expect() {
    local code=$1 text=$2 got
    shift 2
    "$@" >out.txt 2>err.txt </dev/null
    got=$?
    [ "$got" = "$code" ] || fail "exit code $got, wanted $code: $* ($(head -c 300 err.txt))"
    [ -z "$text" ] || grep -qF -- "$text" err.txt || fail "no '$text' in the message of: $* (got: $(head -c 300 err.txt))"
}

# nothing_left FILE...: neither FILE nor FILE.part may exist
nothing_left() {
    local f
    for f in "$@"; do
        [ ! -e "$f" ] || fail "$f was left behind"
        [ ! -e "$f.part" ] || fail "$f.part was left behind"
    done
}

skip() {
    echo "SKIP: $*"
    exit 77
}

finish() {
    [ "$failures" = 0 ] || exit 1
    echo "ok"
    exit 0
}

# ---- jobs in the background ----

# begin_job N COMMAND...: the program on N ranks (on one without mpirun), its output in job.out and job.err, its process in $job
begin_job() {
    local n=$1 start=()
    shift
    [ "$n" = 1 ] || start=(mpirun -q --mca pml ob1 --oversubscribe -n "$n")
    : >job.err # that of the job before tells nothing of this one
    "${start[@]}" "$DRAGNET" "$@" >job.out 2>job.err </dev/null &
    job=$!
}

# hold DIR, let_go: the ranks but the one that serves DIR stand still, and the job with them, so that it cannot end before a
# command has come, however slow the machine is
hold() {
    local first p
    first=$(sed 's/.*"pid": *\([0-9]*\).*/\1/' "$1/control/server.json")
    others=$(pgrep -P $job | grep -vx "$first" | xargs)
    for p in $others; do kill -STOP "$p"; done
}
let_go() {
    local p
    for p in $others; do kill -CONT "$p"; done
}

# ends CODE WHAT
ends() {
    wait $job
    local code=$?
    [ $code = "$1" ] || fail "$2: exit code $code, wanted $1: $(tail -5 job.err)"
}

# killed_after K DIR COMMAND...: a run in DIR that is killed after its K-th checkpoint, by tests/slow_io.so
killed_after() {
    local k=$1 dir=$2 job shim
    shift 2
    shim=$(dirname "$DRAGNET")/tests/slow_io.so
    rm -f mark
    DN_IO_HOLD="synced checkpoint.h5 $k" DN_IO_HOLD_MS=60000 DN_IO_MARK=$WORK/mark LD_PRELOAD=$shim \
        "$DRAGNET" "$@" -o "$dir" 2>err.txt >out.txt &
    job=$!
    until grep -q "synced checkpoint.h5 $k" mark 2>/dev/null; do
        kill -0 $job 2>/dev/null || { fail "over before a checkpoint: $(tail -2 err.txt)"; break; }
        sleep 0.01
    done
    kill -9 $job
    wait $job 2>/dev/null
}

# ---- data ----

# dti_dataset: dti.h5 with interactions `all` of table.csv: 40 drugs, 30 targets; amines activate what is rich in lysine, some
# of the labels are noise. Skips the test where this build reads no molecules
dti_dataset() {
    python3 - >table.csv <<'P'
import random
r = random.Random(4)
drugs = [("D%d" % i, "C" * (1 + i % 20) + ("N" if i >= 20 else "O")) for i in range(40)]
targets = [("T%d" % j, "".join(r.choices("ACDEFGHIKLMNPQRSTVWY" + ("K" * 20 if j >= 12 else ""), k=30 + 5 * j))) for j in range(30)]
print("drug_id,SMILES,target_id,Sequence,label")
for d, s in drugs:
    for t, q in targets:
        if r.random() < 0.8:
            label = int("N" in s and q.count("K") > len(q) / 4)
            print(f"{d},{s},{t},{q},{label if r.random() < 0.85 else 1 - label}")
P
    "$DRAGNET" import -o dti.h5 --interactions all=table.csv 2>err.txt
    [ $? != 69 ] || skip "this build reads no molecules: $(cat err.txt)"
}
