#!/usr/bin/env bash
# kill_drill.sh - the short form of scripts/kill_drill: ten kills and three signals while it trains; and that the drill sees what is wrong
. "$(dirname "$0")/lib.sh"
drill=$ROOT/scripts/kill_drill
export TMPDIR=$WORK

"$drill" --program "$DRAGNET" --kills 10 --signals 3 --seed 1 >out.txt 2>err.txt || fail "$(cat err.txt)"
grep -q '^10 kills (.*mid-checkpoint.*mid-rename.*mid-step.*; 3 signals (' out.txt || fail "a moment was not hit: $(cat out.txt)"

# a program that begins anew each time is found out
mkdir -p liar/tests
cp "$(dirname "$DRAGNET")/tests/slow_io.so" liar/tests/
printf '#!/bin/sh\ncase $* in *-o\\ run*) exec "%s" "$@" --force ;; *) exec "%s" "$@" ;; esac\n' "$DRAGNET" "$DRAGNET" \
    >liar/dragnet
chmod +x liar/dragnet
expect 1 "began anew beside a checkpoint" "$drill" --program liar/dragnet --kills 6 --seed 3 --ranks 1
finish
