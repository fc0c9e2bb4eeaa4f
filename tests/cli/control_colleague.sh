#!/usr/bin/env bash
# control_colleague.sh - a run that somebody else watches and steers: dragnet key, ctl allow, keys, revoke; with another account
# where this one may become it; directories and modes; --no-control after a start that was saved; ctl without MPI; texts of a job
. "$(dirname "$0")/lib.sh"

begin() {
    begin_job 1 "${train[@]}" -o "$1" "${@:2}"
    until grep -q "epoch done" job.err || ! kill -0 $job 2>/dev/null; do sleep 0.02; done
}
mode() { stat -c %a "$1"; }

"$DRAGNET" synth -q --genes 200 --samples 40 --pairs 8000 --seed 3 -o data.h5 || fail "synth"
expect 0 "" "$DRAGNET" split data.h5 --pairs known --name warm --kind random --fractions 0.7,0.15,0.15 --seed 1 --allow-small
train=(train gener data.h5 --split warm --epochs 100000 --patience 100000 --batch 128 --shards 2 --schedule constant)

# a pair of keys
expect 64 "wanted one file" "$DRAGNET" key
expect 0 "" "$DRAGNET" key bob.key
[ "$(mode bob.key)" = 600 ] && [ "$(wc -c <bob.key.pub)" = 41 ] || fail "bob.key: $(ls -l bob.key bob.key.pub)"
grep -qxF "key	$(cat bob.key.pub)" out.txt || fail "key: $(cat out.txt)"
grep -qF "$(cat bob.key.pub)" bob.key || fail "bob.key does not hold its public part"
expect 73 "bob.key: cannot be created" "$DRAGNET" key bob.key
expect 0 "" "$DRAGNET" key eve.key

# the run directory is its owner's alone; what was there keeps its mode
umask 022
chmod 711 .
begin team/run
[ "$(mode team)" = 755 ] && [ "$(mode team/run)" = 700 ] || fail "modes: $(ls -ld team team/run)"
[ "$(mode team/run/control)" = 700 ] && [ "$(mode team/run/control/server.json)" = 600 ] || fail "modes: $(ls -la team/run/control)"

# whoever the owner lets in
expect 64 "wanted 'allow NAME KEY'" "$DRAGNET" ctl team/run allow bob
expect 64 "is no name for a key" "$DRAGNET" ctl team/run allow ../bob bob.key.pub
expect 66 "is no key of 40 letters" "$DRAGNET" ctl team/run allow bob nowhere.pub
expect 66 "no such directory" "$DRAGNET" ctl nowhere allow bob bob.key.pub
expect 77 "does not allow this key" "$DRAGNET" ctl team/run status --key bob.key
expect 0 "others cannot read the run directory" "$DRAGNET" ctl team/run allow bob bob.key.pub
expect 0 "" "$DRAGNET" ctl team/run keys
[ "$(cut -f1 out.txt | sort | xargs)" = "bob client name" ] || fail "keys: $(cat out.txt)"
expect 0 "" "$DRAGNET" ctl team/run status --key bob.key
expect 77 "does not allow this key" "$DRAGNET" ctl team/run status --key eve.key

# the same from another account, which needs nothing but the file of its key and a directory that it may read
as_bob() { setpriv --reuid 54321 --regid 54321 --clear-groups "$@"; }
if [ "$(id -u)" = 0 ] && as_bob "$DRAGNET" --version >/dev/null 2>&1; then
    install -o 54321 -m 600 bob.key theirs.key
    install -o 54321 -m 600 eve.key eves.key
    expect 77 "cannot be read: Permission denied" as_bob "$DRAGNET" ctl team/run status --key theirs.key
    chmod 755 team/run
    for _ in $(seq 600); do [ "$(mode team/run/control/server.json)" = 644 ] && break; sleep 0.1; done
    [ "$(mode team/run/control)" = 755 ] || fail "the folder does not follow the run: $(ls -ld team/run/control)"
    [ "$(mode team/run/control/allowed)" = 700 ] && [ "$(mode team/run/control/client.secret)" = 600 ] || fail "secrets: $(ls -la team/run/control)"
    expect 77 "give one that the owner has let in" as_bob "$DRAGNET" ctl team/run status
    expect 0 "" as_bob "$DRAGNET" ctl team/run status --key theirs.key
    grep -qx "state	running" out.txt || fail "another account: $(head -3 out.txt)"
    as_bob timeout 60 "$DRAGNET" watch team/run --json --key theirs.key 2>err.txt </dev/null | tee out.txt | grep -q '"topic": "d1.log"' ||
        fail "another account is not told live: $(head -c 300 out.txt err.txt)"
    expect 0 "" as_bob "$DRAGNET" ctl team/run checkpoint --key theirs.key
    expect 77 "does not allow this key" as_bob "$DRAGNET" ctl team/run stop --key eves.key
    as_bob "$DRAGNET" ctl team/run allow eve eve.key.pub 2>err.txt && fail "somebody else lets keys in"
    grep -q "user" err.txt || fail "allow by another account: $(cat err.txt)"
else
    echo "SKIP: the part under another account: this one cannot become it"
    chmod 755 team/run
fi
expect 0 "" "$DRAGNET" ctl team/run revoke bob
expect 77 "does not allow this key" "$DRAGNET" ctl team/run status --key bob.key
expect 66 "bob.pub: cannot be removed" "$DRAGNET" ctl team/run revoke bob
expect 0 "" "$DRAGNET" ctl team/run status
"$DRAGNET" ctl team/run allow bob - <bob.key.pub 2>err.txt || fail "allow -: $(cat err.txt)"
expect 0 "" "$DRAGNET" ctl team/run stop --wait --key bob.key
grep -qx "state	saved" out.txt && grep -q "^text	stopped by a command" out.txt || fail "stop --wait: $(cat out.txt)"
wait $job
[ $? = 75 ] || fail "stopped by a colleague: $(tail -3 job.err)"

# ctl joins no world
expect 78 "is for one process" mpirun -q --oversubscribe -n 2 "$DRAGNET" ctl team/run status
OMPI_MCA_pml=nothing expect 69 "the last one was saved" "$DRAGNET" ctl team/run status

# a start without control says nothing through the files of the one before
begin team/run --no-control
ls team/run/control >out.txt
[ "$(cat out.txt)" = allowed ] || fail "--no-control leaves $(cat out.txt)"
expect 66 "no run that can be watched" "$DRAGNET" ctl team/run status
expect 0 "" "$DRAGNET" watch team/run --once
grep -q "running; it reports epochs only" out.txt || fail "watch: $(head -3 out.txt)"
kill -TERM $job
wait $job

# a text of the job can hold anything
odd=$'odd\033[31m\tx\xc2\x9b'
begin "$odd"
"$DRAGNET" ctl "$odd" checkpoint >out.txt 2>err.txt || fail "checkpoint: $(cat err.txt)"
grep -qxF "path	odd?[31m?x?/checkpoint.h5" out.txt || fail "path: $(cat -v out.txt)"
"$DRAGNET" ctl "$odd" set rate 1 2>err.txt && fail "set rate"
LC_ALL=C grep -qP '\x1b|\x9b' err.txt && fail "escapes on the terminal: $(cat -v err.txt)"
expect 0 "" "$DRAGNET" ctl "$odd" stop --wait
wait $job

# the last event tells how a job has ended, also when its files do not: no heartbeat can be written
begin full
rm -f full/control/heartbeat.json
until mkdir -p full/control/heartbeat.json.part/x 2>/dev/null; do :; done
rm -f full/control/heartbeat.json
expect 0 "" "$DRAGNET" ctl full stop --wait
grep -qx "state	saved" out.txt && grep -qx "exit	75" out.txt || fail "stop --wait without a heartbeat: $(cat out.txt)"
wait $job
finish
