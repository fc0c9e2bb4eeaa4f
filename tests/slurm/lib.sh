# shellcheck shell=bash
# lib.sh - what the tests on a real Slurm share; sourced by each tests/slurm/*.sh, which gets the program as $1
#
# The test starts itself anew inside `scripts/slurm run`, which stops the cluster however the test ends. Variables:
# JOBS jobs/slurm, WORK the folder it runs in, removed at the end (kept on failure if KEEP is set).
set -u
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export PATH=$PATH:/usr/sbin:/sbin
for program in slurmctld slurmd srun munged h5dump; do
    command -v $program >/dev/null || { echo "SKIP: no $program here (packages slurm-wlm, munge, hdf5-tools)"; exit 77; }
done
if [ -z "${IN_SANDBOX:-}" ]; then
    # nothing of the launcher or the batch system around this test may reach the jobs
    unset "${!OMPI_COMM_@}" "${!PMIX_@}" "${!SLURM_@}" "${!SBATCH_@}"
    IN_SANDBOX=yes exec "$ROOT/scripts/slurm" run --nodes "${NODES:-3}" bash "$0" "$@"
fi
export DRAGNET=$1 DRAGNET_SLURM=$ROOT/jobs/slurm
export JOBS=$DRAGNET_SLURM
WORK=$(mktemp -d "${TMPDIR:-/tmp}/dragnet-jobs-XXXXXX")
trap 'cd /; if [ -z "${KEEP:-}" ] || [ "$failures" = 0 ]; then rm -rf "$WORK"; fi' EXIT
cd "$WORK" || exit 1
failures=0

fail() {
    echo "not ok - $*" >&2
    failures=$((failures + 1))
}

finish() {
    [ "$failures" = 0 ] || { tail -n 30 ./*.log >&2; exit 1; }
    echo "ok"
    exit 0
}

# here COMMAND...: dragnet on one rank of this shell, outside Slurm
here() {
    "$DRAGNET" "$@" >here.out 2>&1 || { fail "$*: $(tail -3 here.out)"; finish; }
}

data() { # a dataset with a split, in which an epoch takes a fraction of a second
    here synth --genes 200 --samples 60 --pairs 6000 --seed 3 -o data.h5
    here split data.h5 --pairs known --name warm --kind random --fractions 0.7,0.15,0.15 --seed 1
}

state() { # state JOB: PENDING, RUNNING, COMPLETED, ... of a job or of its first task
    scontrol show job "$1" 2>/dev/null | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p' | head -n 1
}

field() { # field JOB NAME: as scontrol shows it
    scontrol show job "$1" 2>/dev/null | sed -n "s/.*\b$2=\([^ ]*\).*/\1/p" | head -n 1
}

# within SECONDS COMMAND...: until COMMAND succeeds
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || { fail "not within the time: $* ($(squeue -h -o '%i %T %r' | tr '\n' ';'))"; return 1; }
        sleep 0.1
    done
}

is() { # is STATE JOB...: whether all jobs are in a state; of arrays, all tasks
    local want=$1 job
    shift
    for job in "$@"; do
        [ "$(scontrol show job "$job" 2>/dev/null | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p' | sort -u)" = "$want" ] || return 1
    done
}

# complete SECONDS JOB...: until all are; at once if one has failed
complete() {
    local end=$((SECONDS + $1)) bad
    shift
    until is COMPLETED "$@"; do
        bad=$(for job in "$@"; do scontrol show job "$job"; done 2>/dev/null | grep -B 4 -E 'JobState=(FAILED|CANCELLED|TIMEOUT)' | grep -m 1 JobName)
        [ -z "$bad" ] && [ $SECONDS -lt $end ] || { fail "not complete: $* ($bad) $(squeue -h -o '%i %T %r' | tr '\n' ';')"; return 1; }
        sleep 0.2
    done
}

said() { # said FILE TEXT
    grep -qsF -- "$2" "$1"
}

digest() { # of every dataset of a file, every bit of it; attributes (time, command) are left out
    h5dump -A 0 -y -m %.17g "$1" 2>/dev/null | grep -v '^HDF5 ' | sha256sum
}

same() { # same A B: two models, bit by bit
    [ -s "$1" ] && [ -s "$2" ] && [ "$(digest "$1")" = "$(digest "$2")" ]
}
