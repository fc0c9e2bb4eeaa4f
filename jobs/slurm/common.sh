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

# The time limit may be near before there are ranks to save: then none are started.
SAVE=no
trap 'SAVE=yes; note "SIGUSR1: nothing is under way, and nothing more is begun"' USR1

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

# ask: pass SIGUSR1 on, to the launcher and from there to each rank. What comes while ranks start reaches none, and one that
# has them twice is no harm: it is said again until they have ended.
ask() {
    SAVE=yes ASKED=yes
    note "SIGUSR1: asking the ranks to save"
    kill -USR1 "$LAUNCHED" 2>/dev/null
    [ -z "$AGAIN" ] || return
    (trap - USR1 TERM; while sleep 5; do kill -USR1 "$LAUNCHED" || exit 0; done) 2>/dev/null &
    AGAIN=$!
}

# run_on RANKS COMMAND...: launch it and wait; $? is its exit code. SIGUSR1, which Slurm sends to this script before the
# time limit (#SBATCH --signal=B:USR1@...), goes to the ranks. SIGTERM comes with scancel, preemption and requeue: Slurm
# sends it to the ranks, too, so here it is only noted.
run_on() {
    local code now
    [ $SAVE = no ] || return 75
    ASKED=no AGAIN=''
    LOG=$(scontrol show job "$JOB" 2>/dev/null | sed -n 's/^ *StdErr=//p' | head -n 1)
    LOG_BEFORE=$(stat -c %s "$LOG" 2>/dev/null || echo 0)
    trap 'ASKED=yes; note "SIGTERM: the ranks have it, too"' TERM
    launch "$@" &
    LAUNCHED=$!
    trap ask USR1
    [ $SAVE = no ] || ask # it came in between
    wait "$LAUNCHED"
    code=$?
    while [ $ASKED = yes ]; do # a signal ends `wait` before the ranks have ended
        ASKED=no
        wait "$LAUNCHED"
        now=$?
        [ $now = 127 ] || code=$now
    done
    trap 'SAVE=yes' USR1
    trap : TERM
    [ -z "$AGAIN" ] || kill "$AGAIN" 2>/dev/null
    if [ $SAVE = yes ] && [ $code = 138 ]; then # by the signal itself
        note "SIGUSR1 came before the ranks listened: they had nothing to save"
        code=75
    fi
    [ $code -le 128 ] || lost $code
    return $code
}

# lost CODE: one line for the rank whose end ended the others, out of what the launcher has just said of it in the log
lost() {
    local who
    who=$(tail -c +$((LOG_BEFORE + 1)) "$LOG" 2>/dev/null | sed -nE \
        -e 's/^srun: error: ([^:]+): tasks? ([-0-9,]+): (Killed|Terminated|Aborted|Segmentation fault|Bus error|Floating point exception|Illegal instruction|Out Of Memory).*/rank \2 on \1: \3/p' \
        -e 's/^mpirun noticed that process rank ([0-9]+) with PID [0-9]+ on node ([^ ]+) exited on signal [0-9]+ \((.*)\).*/rank \1 on \2: \3/p' |
        head -n 1)
    note "a rank was lost (${who:-exit code $1}), and the others with it; the same command goes on from the last checkpoint"
}

# end_with CODE: the end of a job script. 75 means "saved, run me again": if the job still runs, as it does when it stopped
# because of its time limit or within the grace time of a preemption, it queues itself again; if Slurm has done so already
# (preemption without a grace time, a node that went down), or if it was cancelled, it stays so.
end_with() {
    local done_before=${SLURM_RESTART_COUNT:-0} restarts
    [ "$1" = 75 ] || exit "$1"
    restarts=$(scontrol show job "$JOB" 2>/dev/null | sed -n 's/.*Restarts=\([0-9]*\).*/\1/p' | head -n 1)
    if [ "${restarts:-0}" -gt "$done_before" ]; then
        note "saved; Slurm has queued the job again"
    elif [ "$(squeue --noheader --jobs="$JOB" --format=%T 2>/dev/null)" != RUNNING ]; then
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
