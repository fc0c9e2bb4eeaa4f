#!/usr/bin/env bash
# selftest.sh - selftest.sbatch on two nodes, by srun and by mpirun: every check passes; where the second
# training has another seed, that check alone fails
export NODES=4
. "$(dirname "$0")/lib.sh"
export OMPI_MCA_odls_base_sigkill_timeout=2

pmix=$(sbatch --parsable -N 2 -n 4 -J pmix "$JOBS/selftest.sbatch")
orte=$(DRAGNET_LAUNCH=mpirun sbatch --parsable -N 2 -n 4 -J orte "$JOBS/selftest.sbatch")
complete 200 "$pmix" "$orte"
for log in "pmix-$pmix.log" "orte-$orte.log"; do
    [ "$(grep -c $'\tPASS\t' "$log")" = 13 ] || fail "$log: not 13 checks: $(cat "$log")"
    ! grep -q $'\tFAIL\t' "$log" || fail "$log: $(grep $'\tFAIL\t' "$log")"
done
[ -z "$(ls -d selftest-* 2>/dev/null)" ] || fail "a folder was left: $(ls -d selftest-*)"

sed 's/ --resume$/ --force --seed 2/' "$JOBS/selftest.sbatch" >other.sbatch
id=$(sbatch --parsable -n 1 -J other other.sbatch)
within 100 is FAILED "$id"
[ "$(grep $'\tFAIL\t' "other-$id.log" | cut -f 1 | tr '\n' ' ')" = "same selftest " ] || fail "other seed: $(cat "other-$id.log")"
finish
