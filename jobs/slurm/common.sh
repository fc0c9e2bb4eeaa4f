# shellcheck shell=bash
# common.sh - what the job scripts share: ranks, threads, binding, signals, requeue. Sourced, not run.
#
#   DRAGNET              the program [dragnet, as found in PATH]
#   DRAGNET_LAUNCH       srun (needs Slurm with PMIx: `srun --mpi=list`) or mpirun [srun]
#   DRAGNET_BIND         cores: a rank stays on its cores; none [cores]
#   DRAGNET_MAX_REQUEUES how often a job queues itself again, then it ends with exit code 75 [100]
DRAGNET=${DRAGNET:-dragnet}
DRAGNET_LAUNCH=${DRAGNET_LAUNCH:-srun}
DRAGNET_BIND=${DRAGNET_BIND:-cores}
DRAGNET_MAX_REQUEUES=${DRAGNET_MAX_REQUEUES:-100}

# Each rank has the cores that --cpus-per-task gives it, all for its own threads; BLAS starts none.
trap : USR1 # until there are ranks to pass it on to
THREADS=${SLURM_CPUS_PER_TASK:-1}
export OMP_NUM_THREADS=$THREADS OPENBLAS_NUM_THREADS=1
# Seconds that mpirun gives its ranks after SIGTERM to save (its default is 1). It also waits twice as long after an exit
# code that is not 0, so saving by SIGUSR1 takes that much longer under mpirun; srun has neither limit nor delay.
export OMPI_MCA_odls_base_sigkill_timeout=${OMPI_MCA_odls_base_sigkill_timeout:-20}
# How Slurm knows this job. The number of an array's last task is that of the whole array: a task is ARRAY_NUMBER.
JOB=${SLURM_JOB_ID:?this is for sbatch}
[ -z "${SLURM_ARRAY_TASK_ID:-}" ] || JOB=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID

note() {
    printf '%s %s: %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "${SLURM_JOB_NAME:-job}" "$*" >&2
}

# launch RANKS COMMAND...: start COMMAND on RANKS ranks (0: all of the job); takes the place of the shell
launch() {
    local ranks=$1
    shift
    [ "$ranks" != 0 ] || ranks=${SLURM_NTASKS:?the job has no --ntasks}
    case $DRAGNET_LAUNCH in
    srun) # --wait: a rank that dies takes the others with it; --cpus-per-task: since Slurm 22.05 srun does not inherit it
        [ "$DRAGNET_BIND" = none ] || set -- "--cpu-bind=$DRAGNET_BIND" "$@"
        exec srun --mpi=pmix --ntasks="$ranks" --cpus-per-task="$THREADS" --wait=20 "$@" ;;
    mpirun)
        if [ "$DRAGNET_BIND" = none ]; then
            exec mpirun -n "$ranks" --bind-to none "$@"
        else
            exec mpirun -n "$ranks" --map-by "slot:PE=$THREADS" --bind-to core "$@"
        fi ;;
    *)
        note "DRAGNET_LAUNCH is '$DRAGNET_LAUNCH' (wanted srun or mpirun)"
        exit 64 ;;
    esac
}

# run_on RANKS COMMAND...: launch it and wait; $? is its exit code. SIGUSR1, which Slurm sends to this script before the
# time limit (#SBATCH --signal=B:USR1@...), goes to the launcher, and from there to each rank once. SIGTERM comes with
# scancel, preemption and requeue: Slurm sends it to the ranks, too, so here it is only noted.
run_on() {
    local code now
    ASKED=no
    launch "$@" &
    LAUNCHED=$!
    trap 'ASKED=yes; note "SIGUSR1: asking the ranks to save"; kill -USR1 "$LAUNCHED" 2>/dev/null' USR1
    trap 'ASKED=yes; note "SIGTERM: the ranks have it, too"' TERM
    wait "$LAUNCHED"
    code=$?
    while [ $ASKED = yes ]; do # a signal ends `wait` before the ranks have ended
        ASKED=no
        wait "$LAUNCHED"
        now=$?
        [ $now = 127 ] || code=$now
    done
    trap : USR1 TERM
    return $code
}

# end_with CODE: the end of a job script. 75 means "saved, run me again": if the job still runs, as it does when it stopped
# because of its time limit, it queues itself again; if it was cancelled, it stays so.
end_with() {
    local done_before=${SLURM_RESTART_COUNT:-0}
    [ "$1" = 75 ] || exit "$1"
    if [ "$(squeue --noheader --jobs="$JOB" --format=%T 2>/dev/null)" != RUNNING ]; then
        note "saved; submit the same again to go on"
    elif [ "$done_before" -ge "$DRAGNET_MAX_REQUEUES" ]; then
        note "saved, but requeued $done_before times already (DRAGNET_MAX_REQUEUES); submit the same again to go on"
    elif scontrol requeue "$JOB"; then
        note "saved; requeued ($((done_before + 1)) of at most $DRAGNET_MAX_REQUEUES times)"
        sleep 300 & # until Slurm ends this run of the job
        wait
    fi
    exit 75
}

# dragnet_job ARGUMENTS...: all of a job that is one command of dragnet
dragnet_job() {
    command -v "$DRAGNET" >/dev/null || { note "no program '$DRAGNET': set DRAGNET, or PATH (module load ...)"; exit 66; }
    [ $# -gt 0 ] || { note "nothing to do: the arguments of dragnet are missing"; exit 64; }
    run_on 0 "$DRAGNET" "$@"
    end_with $?
}
