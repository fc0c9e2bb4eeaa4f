#!/usr/bin/env bash
# synth_graph.sh - dragnet synth --graph: every option, same bytes on any ranks, what is refused, kills and a full disk
. "$(dirname "$0")/lib.sh"

digest() { # of all nodes and edges, with their attributes
    h5dump -y -g /nodes "$1" 2>/dev/null | grep -v '^HDF5 '
    h5dump -y -g /edges "$1" 2>/dev/null | grep -v '^HDF5 '
}
same() {
    [ "$(digest "$1" | sha256sum)" = "$(digest "$2" | sha256sum)" ]
}
says() { # TEXT...: words of the last line on stderr
    local word
    for word in "$@"; do
        grep -q -- "$word\b" err.txt || fail "no '$word' in: $(head -c 300 err.txt)"
    done
}

rmat=(synth --graph rmat --scale 10)
sides=(synth --graph bipartite --drugs 300 --genes 200 --edges 2000)

# ---- what is written, on any ranks ----
expect 0 "synth: done" "$DRAGNET" "${rmat[@]}" -o rmat.h5
says nodes=1024 drawn=16384 seed=1
[ -s out.txt ] && fail "synth --graph writes to stdout"
expect 0 "synth: done" "$DRAGNET" "${sides[@]}" -o sides.h5
says nodes=500 drawn=2000 self_loops=0
[ "$(digest sides.h5 | wc -l)" -gt 100 ] || fail "nothing in the digest"
digest rmat.h5 | grep -q '/nodes/id\|"id"' && fail "R-MAT stores ids"
digest sides.h5 | grep -q '"drug,gene"' || fail "no sides of drugs and genes"
for n in 2 3 4; do
    expect 0 "synth: done" ranks $n "${rmat[@]}" -o rmat$n.h5
    same rmat.h5 rmat$n.h5 || fail "R-MAT: other bytes on $n ranks"
    expect 0 "synth: done" ranks $n "${sides[@]}" -o sides$n.h5
    same sides.h5 sides$n.h5 || fail "bipartite: other bytes on $n ranks"
done

# ---- the defaults are what --help says; every option changes the edges ----
expect 0 "" "$DRAGNET" "${rmat[@]}" --edge-factor 16 --quadrants 0.57,0.19,0.19 --seed 1 -o other.h5
same rmat.h5 other.h5 || fail "R-MAT: the defaults are others"
expect 0 "" "$DRAGNET" "${sides[@]}" --exponent 2.5 --seed 1 -o other.h5 --force
same sides.h5 other.h5 || fail "bipartite: the defaults are others"
for option in "--edge-factor 15" "--quadrants 0.57,0.19,0.18" "--quadrants 0.5,0.19,0.19" "--seed 2"; do
    expect 0 "" "$DRAGNET" "${rmat[@]}" $option -o other.h5 --force
    same rmat.h5 other.h5 && fail "R-MAT: $option changes nothing"
done
for option in "--drugs 301" "--genes 201" "--edges 2001" "--exponent 2.6" "--seed 9223372036854775807"; do
    expect 0 "" "$DRAGNET" "${sides[@]}" $option -o other.h5 --force
    same sides.h5 other.h5 && fail "bipartite: $option changes nothing"
done
expect 0 "edges=0" ranks 2 "${rmat[@]}" --quadrants 1,0,0 -o other.h5 --force # self loops only
expect 0 "nodes=2" ranks 4 synth --graph rmat --scale 1 --edge-factor 1 -o other.h5 --force
expect 0 "nodes=3" ranks 4 synth --graph bipartite --drugs 1 --genes 2 --edges 1 -o other.h5 --force

# ---- the rule for outputs ----
before=$(sha256sum <rmat.h5)
expect 0 "already complete" ranks 2 "${rmat[@]}" -o rmat.h5
expect 73 "--force" ranks 2 "${rmat[@]}" --seed 2 -o rmat.h5
expect 73 "--force" "$DRAGNET" "${sides[@]}" -o rmat.h5
echo "mine" >text.h5
expect 73 "text.h5" "$DRAGNET" "${rmat[@]}" -o text.h5
[ "$(cat text.h5)" = mine ] || fail "synth --graph touched a file of the user"
expect 73 "absent/b.h5" ranks 2 "${rmat[@]}" -o absent/b.h5
[ "$before" = "$(sha256sum <rmat.h5)" ] || fail "a refused run changed the dataset"

# ---- what makes no sense ----
bad() { # 'message' OPTION...
    local text=$1
    shift
    expect 64 "$text" "$DRAGNET" synth "$@" -o b.h5
    nothing_left b.h5
}
bad2() { # also on two ranks
    bad "$@"
    local text=$1
    shift
    expect 64 "$text" ranks 2 synth "$@" -o b.h5
    nothing_left b.h5
}
expect 64 "--output is required" "$DRAGNET" "${rmat[@]}"
bad2 "wanted one of rmat|bipartite" --graph random
bad "--graph needs a value" --graph --scale 3
bad "unexpected argument 'x'" --graph rmat x
bad "unknown option '--scal'; did you mean '--scale'?" --graph rmat --scal 3
for scale in 0 31 -1 99999999999999999999; do bad "--scale $scale: " --graph rmat --scale $scale; done
bad "--scale 3.5: is not a whole number" --graph rmat --scale 3.5
bad "--edge-factor 0: out of range" --graph rmat --edge-factor 0
bad "--edge-factor 1001: out of range" --graph rmat --edge-factor 1001
for text in 1,2 0.1,0.2,0.3,0.1 a,b,c "0.5,,0.1" "" "0.5,0.1,0.1,"; do
    bad "--quadrants $text: wanted three numbers" --graph rmat --quadrants "$text"
done
bad2 "quadrants of 0.6, 0.3 and 0.2: wanted none below 0, and no sum above 1" --graph rmat --quadrants 0.6,0.3,0.2
bad "quadrants of -0.1, 0.3 and 0.2" --graph rmat --quadrants -0.1,0.3,0.2
bad "quadrants of nan" --graph rmat --quadrants nan,0.3,0.2
bad "--drugs 0: out of range" --graph bipartite --drugs 0
bad2 "together below 2^31" --graph bipartite --drugs 2147483646
bad "--genes 1: out of range" --graph bipartite --genes 1
bad "--edges 0: out of range" --graph bipartite --edges 0
bad "exponent 2: wanted more than 2" --graph bipartite --exponent 2
bad "--exponent 1.9: out of range" --graph bipartite --exponent 1.9
bad "--exponent nan: is not a number" --graph bipartite --exponent nan
for option in samples pairs modules noise missing hubs drugs edges exponent genes; do
    value=3
    [[ $option = missing || $option = hubs ]] && value=0.1
    bad "--$option does not go with --graph rmat" --graph rmat --$option $value
done
for option in "samples 3" "scale 3" "edge-factor 3" "quadrants 0.1,0.1,0.1"; do
    bad "--${option% *} does not go with --graph bipartite" --graph bipartite --$option
done
bad2 "--scale goes with --graph rmat only" --scale 12
bad "--quadrants goes with --graph rmat only" --quadrants 0.5,0.2,0.2
bad "--drugs goes with --graph bipartite or --interactions only" --drugs 12

# ---- a disk that fills up ----
full() {
    (
        ulimit -f 30000 # kB
        trap '' XFSZ
        "$DRAGNET" "$@"
    )
}
expect 74 "no room" full "${rmat[@]}" --scale 18 -o full.h5
nothing_left full.h5
full "${rmat[@]}" --scale 18 --force -o rmat.h5 2>/dev/null && fail "a full disk goes unnoticed"
[ "$before" = "$(sha256sum <rmat.h5)" ] || fail "a full disk lost the old output"

# ---- a kill: no file, or the old one; the next run starts anew ----
killed() { # wait until FILE.part has at least so many bytes, then kill -9
    local file=$1 bytes=$2 job
    "$DRAGNET" "${rmat[@]}" --scale 19 --force -o "$file" 2>/dev/null &
    job=$!
    for _ in $(seq 2000); do
        [ -e "$file.part" ] && [ "$(stat -c %s "$file.part" 2>/dev/null || echo 0)" -ge "$bytes" ] && break
        sleep 0.01
    done
    [ -e "$file.part" ] || fail "there was nothing to kill"
    kill -9 $job
    wait $job 2>/dev/null
}
killed new.h5 0
[ ! -e new.h5 ] || fail "a killed run left a file that looks finished"
expect 0 "synth: done" ranks 2 "${rmat[@]}" -o new.h5
same rmat.h5 new.h5 || fail "after a kill: other bytes"
[ ! -e new.h5.part ] || fail "the unfinished file of the killed run is still there"
killed rmat.h5 0
[ "$before" = "$(sha256sum <rmat.h5)" ] || fail "a killed --force lost the old output"
killed late.h5 1000000
[ ! -e late.h5 ] || expect 0 "already complete" "$DRAGNET" "${rmat[@]}" --scale 19 -o late.h5
finish
