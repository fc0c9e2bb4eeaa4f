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
