#!/usr/bin/env bash
# sandbox.sh - scripts/slurm: two clusters side by side, one of an ordinary user; nothing is left of one whose command
# fails, of one that cannot start, of one whose script is killed, and of one with a job that ignores SIGTERM
set -u
export PATH=$PATH:/usr/sbin:/sbin
for program in slurmctld slurmd srun munged; do
    command -v $program >/dev/null || { echo "SKIP: no $program here (packages slurm-wlm, munge)"; exit 77; }
done
unset "${!OMPI_COMM_@}" "${!PMIX_@}" "${!SLURM_@}" "${!SBATCH_@}"
WORK=$(mktemp -d /tmp/sandbox-XXXXXX)
chmod 755 "$WORK"
cp "$(dirname "$0")/../../scripts/slurm" "$WORK/slurm"
cd "$WORK" || exit 1
failures=0

fail() {
    echo "not ok - $*" >&2
    failures=$((failures + 1))
}

left() { # daemons and jobs of clusters in $WORK that still run
    local p
    for p in /proc/[0-9]*; do
        if grep -qsF "$WORK/" "$p/environ" "$p/cmdline" && ! grep -qs '^State:[[:space:]]*[ZX]' "$p/status"; then
            case $(cat "$p/comm") in slurm* | munged | sleep) echo "$p $(tr '\0' ' ' <"$p/cmdline")" ;; esac
        fi
    done | grep -v 'bash'
}

nothing_left() { # nothing_left WHAT
    for _ in $(seq 150); do
        [ -n "$(left; ls -d ./*/dragnet-slurm-* 2>/dev/null)" ] || return 0
        sleep 0.2
    done
    fail "$1 has left $(left; ls -d ./*/dragnet-slurm-* 2>/dev/null)"
}

mkdir own user && chmod 777 user
other=()
[ "$(id -u)" != 0 ] || other=(setpriv --reuid=65534 --regid=65534 --clear-groups)
probe='srun -N 2 -n 2 hostname >/dev/null && sinfo -h -o "%D %t" && grep -h ^SlurmctldPort "$SLURM_CONF" && sleep 2'
TMPDIR=$WORK/own ./slurm run --nodes 2 bash -c "$probe" >own.txt 2>&1 &
first=$!
(cd user && exec "${other[@]}" env HOME="$WORK/user" TMPDIR="$WORK/user" ../slurm run --nodes 3 bash -c "$probe") >user.txt 2>&1 ||
    fail "as another user: $(cat user.txt)"
wait $first || fail "own: $(cat own.txt)"
grep -qx '2 idle' own.txt || fail "own: $(cat own.txt)"
grep -qx '3 idle' user.txt || fail "user: $(cat user.txt)"
[ "$(cat own.txt user.txt | grep -c '^SlurmctldPort')" = 2 ] || fail "no ports"
[ "$(cat own.txt user.txt | grep '^SlurmctldPort' | sort -u | wc -l)" = 2 ] || fail "two clusters on one port"
nothing_left "two clusters"

export TMPDIR=$WORK/own
./slurm run --nodes 1 bash -c 'exit 7' 2>err.txt
[ $? = 7 ] || fail "the exit code of the command is lost"
SANDBOX_CPUS=none ./slurm run --nodes 1 true 2>err.txt && fail "started with a bad configuration"
grep -q 'did not come up' err.txt || fail "bad configuration: $(cat err.txt)"
nothing_left "a cluster that did not start"

./slurm run --nodes 1 bash -c 'sbatch -n 1 -o /dev/null --wrap "trap : TERM; while sleep 1; do :; done"; touch up; sleep 60' >out.txt 2>&1 &
victim=$!
for _ in $(seq 100); do
    [ ! -e up ] || break
    sleep 0.2
done
[ -n "$(left)" ] || fail "nothing runs, so nothing can be left"
kill -KILL $victim
wait $victim 2>/dev/null
nothing_left "a script that was killed"

./slurm start state 1 >out.txt || fail "start: $(cat out.txt)"
./slurm start state 1 2>err.txt && fail "started twice in one folder"
./slurm stop state || fail "stop"
nothing_left "start and stop"
rm -rf "$WORK"
[ $failures = 0 ] || exit 1
echo "ok"
