#!/usr/bin/env bash
# resume_options.sh - a checkpoint is refused under any other option that decides on the model, and the difference is
# named; the options are those of train --help, so a new one must either be compared or be said to be no matter below
. "$(dirname "$0")/lib.sh"

# no matter for the model, or what resuming itself is about; data and split are tried below
no_matter=" output force resume checkpoint-every checkpoint-steps max-time plan profile no-control control-interface log-level log-format quiet help split fold recipe "

# another OPTION RANGE: values that are not the ones of the run; RANGE is as --help has it
another() {
    case $1 in
    batch) echo 64 ;;
    shards) echo 4 ;;
    joint) echo 8 ;;
    heads) echo 2 ;;
    epochs | patience | seed) echo 77 ;;
    rate | decay | dropout) echo 0.0123 ;;
    encoder) echo onehot ;;
    *)
        case $2 in
        *'|'*) echo "${2//|/ }" ;;
        '') echo flag ;;
        *) echo "no value for --$1 ($2): say one here" >&2 ;;
        esac
        ;;
    esac
}

# refused DIR COMMAND...: every option that goes with the network, on the checkpoint in DIR
refused() {
    local dir=$1 network=$3 line name range value compared count=0
    shift
    while read -r line; do
        name=$(sed -E 's/^(-., +)?--([a-z-]+).*/\2/' <<<"$line")
        range=$(sed -E 's/^(-., +)?--[a-z-]+ ?([^ ]*).*/\2/' <<<"$line")
        [[ $no_matter != *" $name "* ]] || continue
        compared=no
        for value in $(another "$name" "$range"); do
            [ $compared = no ] || break
            [ "$value" != flag ] || value=
            rm -rf copy && cp -r "$dir" copy # one of the values is the run's own, and goes on
            "$DRAGNET" "$@" -o copy "--$name" $value >out.txt 2>err.txt </dev/null
            case $? in
            73) grep -q 'is of another run (' err.txt && compared=yes ;;
            64) grep -q 'does not go with' err.txt && compared=foreign ;;
            esac
        done
        [ $compared != no ] || fail "train $network: --$name ($range) is not compared with the checkpoint's: $(tail -1 err.txt)"
        [ $compared = yes ] && count=$((count + 1))
    done < <("$DRAGNET" train --help | grep -E '^ +(-., +)?--[a-z]' | sed 's/^ *//')
    echo "# train $network: $count options"
    [ $count -ge 10 ] || fail "train $network: only $count options were compared"
}

"$DRAGNET" synth -q --genes 100 --samples 40 --pairs 2000 --seed 3 -o data.h5 || fail "synth"
expect 0 "" "$DRAGNET" split data.h5 --pairs known --name warm --kind random --fractions 0.7,0.15,0.15 --seed 1 --force
train=(train gener data.h5 --split warm --epochs 2 --batch 128 --shards 8)
killed_after 1 run "${train[@]}"
before=$(sha256sum run/checkpoint* run/metrics*)
refused run "${train[@]}"
expect 73 'is of another run (' "$DRAGNET" train gener data.h5 --split warm --recipe published -o run

# other data: of the rows, of the values, of the split
expect 0 "" "$DRAGNET" split data.h5 --pairs known --name other --kind random --fractions 0.7,0.15,0.15 --seed 2 --force
expect 73 "other data: " "$DRAGNET" train gener data.h5 --split other --epochs 2 --batch 128 --shards 8 -o run
"$DRAGNET" synth -q --genes 100 --samples 40 --pairs 2000 --seed 4 -o two.h5 || fail "synth"
expect 0 "" "$DRAGNET" split two.h5 --pairs known --name warm --kind random --fractions 0.7,0.15,0.15 --seed 1 --force
expect 73 "other data: " "$DRAGNET" train gener two.h5 --split warm --epochs 2 --batch 128 --shards 8 -o run
[ "$before" = "$(sha256sum run/checkpoint* run/metrics*)" ] || fail "a refused run changed the directory"
expect 0 "train: resuming" "$DRAGNET" "${train[@]}" -o run

# one value of one gene differs, and nothing else
awk 'BEGIN { srand(1); printf "gene"; for (s = 1; s <= 12; s++) printf "\ts%d", s; print ""
    for (g = 1; g <= 60; g++) { printf "g%d", g; for (s = 1; s <= 12; s++) printf "\t%.3f", rand() * 4; print "" } }' >table.tsv
awk 'BEGIN { print "gene_a,gene_b,label"; for (i = 1; i <= 60; i++) for (j = i + 1; j <= 60; j += 3) print "g" i ",g" j "," (i + j) % 2 }' >pairs.csv
awk -F'\t' -v OFS='\t' '$1 == "g30" { $5 = "9.875" } { print }' table.tsv >other.tsv
for t in table other; do
    expect 0 "" "$DRAGNET" import -o $t.h5 --expression $t.tsv --pairs known=pairs.csv
    expect 0 "" "$DRAGNET" split $t.h5 --pairs known --name warm --kind random --fractions 0.7,0.15,0.15 --seed 1 --force
done
killed_after 1 value train gener table.h5 --split warm --epochs 2 --batch 64 --shards 2
expect 73 "other data: expression_hash is" "$DRAGNET" train gener other.h5 --split warm --epochs 2 --batch 64 --shards 2 -o value
expect 0 "train: resuming" "$DRAGNET" train gener table.h5 --split warm --epochs 2 --batch 64 --shards 2 -o value

# drugs and targets
"$DRAGNET" synth -q --interactions --drugs 60 --targets 40 --pairs 1000 --seed 3 -o dti.h5 || fail "synth"
"$DRAGNET" split dti.h5 --interactions known --name warm --kind warm --fractions 0.7,0.15,0.15 --seed 1 --force >out.txt 2>err.txt
train=(train dti dti.h5 --split warm --epochs 2 --batch 32 --shards 2 --atoms rich --joint 16)
killed_after 1 dti "${train[@]}"
if [ -e dti/checkpoint.h5 ]; then
    refused dti "${train[@]}"
fi
finish
