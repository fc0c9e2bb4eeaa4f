#!/usr/bin/env bash
# embed_full_disk.sh - the disk is full in the middle of an embedding, or when parts are joined: what is needed is named
# before and when it happens, the parts are whole, and with room the same command goes on from them to the same bits
if [ "${DN_OWN_MOUNTS:-}" = "" ] && unshare -m true 2>/dev/null; then
    DN_OWN_MOUNTS=yes exec unshare -m bash "$0" "$@" # what is mounted here is seen here only, and ends with us
fi
. "$(dirname "$0")/lib.sh"
mkdir small
if [ "${DN_OWN_MOUNTS:-}" != yes ] || ! mount -t tmpfs -o size=1m none small 2>/dev/null; then
    skip "mounting needs root"
fi

expect 0 "" "$DRAGNET" synth --esm-weights 1x320x20 --seed 1 -o model.safetensors
for i in $(seq 12); do # 200 residues each, 259 KB of states
    printf '>p%s\n%s%s\n' "$i" "$(printf 'ACDEFGHIKLMNPQRSTV%.0s' $(seq 10))" "$(printf 'WYWYWYWYWYWYWYWYWYWY' | sed "s/./K/$i")"
done >some.fasta
embed=(embed --weights model.safetensors --sequences some.fasta --part-size 1)
expect 0 "" "$DRAGNET" "${embed[@]}" -o whole.h5
grep -q 'too small' err.txt && fail "a warning of a disk with room"
states() { h5dump -d /proteins/state -y "$1" | grep -v '^HDF5 ' | sha256sum; }

# room for one part; for all parts but not for the file
for case in 2600:2:1 4000:1:3; do
    IFS=: read -r kb n parts <<<"$case"
    rm -rf small/*
    mount -o remount,size=${kb}k small || fail "remounting with $kb KB"
    expect 74 "No space left on device" ranks "$n" "${embed[@]}" -o small/s.h5
    grep -q 'the disk is too small for the parts that are missing and the file needed_mb=6.2 ' err.txt || fail "$kb KB: no warning: $(cat err.txt)"
    grep '^dragnet: embed: ' err.txt | grep 'no room for' | grep -q 'are free' || fail "$kb KB: how much is needed and free goes unsaid: $(tail -1 err.txt)"
    [ "$(find small/s.h5.parts -name 'part-*.h5' 2>/dev/null | wc -l)" -ge "$parts" ] || fail "$kb KB: fewer than $parts parts: $(ls small/s.h5.parts)"
    nothing_left small/s.h5
    [ -z "$(find small -name '*.part')" ] || fail "$kb KB: left: $(find small -name '*.part')"
    mount -o remount,size=20m small
    expect 0 "from_an_earlier_run" ranks 2 "${embed[@]}" -o small/s.h5
    grep -q 'from_an_earlier_run=0 ' err.txt && fail "$kb KB: the parts were not taken over"
    grep -q damaged err.txt && fail "$kb KB: a part was damaged"
    [ "$(states small/s.h5)" = "$(states whole.h5)" ] || fail "$kb KB: other states"
done

# no room for a single part: nothing is left, not even what watching needs
rm -rf small/*
mount -o remount,size=600k small || fail "remounting with 600 KB"
expect 74 "No space left on device" ranks 2 "${embed[@]}" -o small/s.h5
[ -z "$(ls -A small)" ] || fail "left without a part: $(ls -R small)"
umount small
finish
