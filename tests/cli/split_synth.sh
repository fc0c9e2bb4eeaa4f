#!/usr/bin/env bash
# split_synth.sh - dragnet synth and dragnet split: what they print, what they refuse, what they leave alone
. "$(dirname "$0")/lib.sh"

synth=(synth --genes 120 --samples 12 --pairs 6000 --seed 3)

# ---- synth ----
expect 0 "synth: done" "$DRAGNET" "${synth[@]}" -o a.h5
[ -s out.txt ] && fail "synth writes to stdout"
before=$(sha256sum <a.h5)
expect 0 "already complete" ranks 2 "${synth[@]}" -o a.h5
expect 73 "--force" ranks 2 "${synth[@]}" --noise 0.7 -o a.h5
echo "mine" >text.h5
expect 73 "text.h5" "$DRAGNET" "${synth[@]}" -o text.h5
[ "$(cat text.h5)" = mine ] || fail "synth touched a file of the user"
[ "$before" = "$(sha256sum <a.h5)" ] || fail "a refused run changed the dataset"
expect 0 "synth: done" "$DRAGNET" "${synth[@]}" --noise 0.7 -o text.h5 --force
expect 64 "--output is required" "$DRAGNET" "${synth[@]}"
expect 64 "wanted 2 to 7140" ranks 2 synth --genes 120 --samples 12 --pairs 7141 -o b.h5
expect 64 "out of range" "$DRAGNET" synth --genes 1 -o b.h5
expect 64 "out of range" "$DRAGNET" synth --missing 1.5 -o b.h5
expect 64 "unexpected argument 'x'" "$DRAGNET" synth -o b.h5 x
expect 73 "absent/b.h5" ranks 2 "${synth[@]}" -o absent/b.h5
nothing_left b.h5

# ---- synth --interactions ----
dti=(synth --interactions --drugs 30 --targets 20 --pairs 200 --seed 3)
"$DRAGNET" "${dti[@]}" -o d.h5 2>err.txt
case $? in
69) echo "SKIP: this build reads no molecules" ;;
0)
    before=$(sha256sum <d.h5)
    expect 0 "already complete" ranks 2 "${dti[@]}" -o d.h5
    expect 73 "--force" ranks 2 "${dti[@]}" --families 5 -o d.h5
    [ "$before" = "$(sha256sum <d.h5)" ] || fail "a refused run changed the dataset"
    expect 0 "synth: done" ranks 3 "${dti[@]}" -o d.h5 --force
    expect 65 "d.h5: holds no" "$DRAGNET" split d.h5 --pairs known --name x
    expect 0 "split: done" "$DRAGNET" split d.h5 --interactions known --name x --kind cold-both --allow-small
    expect 64 "all that 30 drugs and 20 targets have" ranks 2 "${dti[@]}" --pairs 601 -o e.h5
    expect 64 "1 drugs: wanted 2" "$DRAGNET" "${dti[@]}" --drugs 1 -o e.h5
    expect 64 "out of range" "$DRAGNET" "${dti[@]}" --families 17 -o e.h5
    expect 64 "--genes does not go with --interactions" "$DRAGNET" "${dti[@]}" --genes 5 -o e.h5
    expect 64 "exclude each other" "$DRAGNET" "${dti[@]}" --graph rmat -o e.h5
    expect 64 "--targets goes with --interactions only" "$DRAGNET" synth --targets 5 -o e.h5
    expect 73 "absent/e.h5" ranks 2 "${dti[@]}" -o absent/e.h5
    nothing_left e.h5
    ;;
*) fail "synth --interactions: $(cat err.txt)" ;;
esac

# ---- split: the three kinds ----
split=(split a.h5 --pairs known)
row() { # fold part column: of the table on stdout
    awk -v f="$1" -v p="$2" -v c="$3" '$1 == f && $2 == p { print $c }' out.txt
}
expect 0 "split: done" ranks 3 "${split[@]}" --name warm --fractions 0.7,0.1,0.2 --seed 1
[ "$(head -1 out.txt)" = "$(printf 'fold\tpart\trows\tpositives\tnegatives')" ] || fail "no header in the table of split"
[ "$(row 0 train 3),$(row 0 validation 3),$(row 0 test 3)" = 4200,600,1200 ] || fail "random: other counts than asked for"
[ "$(row 0 test 4),$(row 0 test 5)" = 600,600 ] || fail "random: the test part is not stratified"
expect 0 "split: done" "$DRAGNET" "${split[@]}" --name none --fractions 1,0,0
[ "$(row 0 train 3),$(row 0 validation 3),$(row 0 test 3)" = 6000,0,0 ] || fail "a fraction of 0 got pairs"
expect 0 "split: done" "$DRAGNET" "${split[@]}" --name cold --kind gene-disjoint --fractions 0.5,0.1,0.4
for class in c1 c2 c3; do
    [ "$(row 0 test_$class 4)" -ge 200 ] || fail "gene-disjoint: few positives in test_$class"
done
[ "$(row 0 left_out 3)" -gt 0 ] || fail "gene-disjoint: nothing left out"
expect 0 "split: done" ranks 2 "${split[@]}" --name five --kind kfold --seed 2
sum=0
for f in 0 1 2 3 4; do sum=$((sum + $(row $f test 3))); done
[ "$sum" = 6000 ] || fail "kfold: $sum pairs tested, not 6000"
expect 0 "split: done" "$DRAGNET" "${split[@]}" --name genes --kind kfold --by genes --folds 3 --allow-small
for f in 0 1 2; do
    for class in c1 c2 c3; do
        [ "$(row $f test_$class 4)" -gt 0 ] || fail "kfold --by genes: nothing of $class in fold $f"
    done
done
expect 65 "part test_c1 of fold 0" "$DRAGNET" "${split[@]}" --name small --kind kfold --by genes --folds 3
grep -q "more folds" err.txt || fail "few C1 pairs: fewer folds would leave fewer still: $(cat err.txt)"

# ---- what is there already, what is too small ----
before=$(sha256sum <a.h5)
expect 0 "already complete" ranks 2 "${split[@]}" --name warm --fractions 0.70,0.1,0.2 --seed 1
[ -s out.txt ] && fail "split repeats the table of a split that was there"
expect 73 "another split 'warm'" ranks 2 "${split[@]}" --name warm --fractions 0.7,0.1,0.2 --seed 2
expect 65 "part test of fold 0 has 150 positive and 150 negative pairs" ranks 2 "${split[@]}" --name small --fractions 0.9,0.05,0.05
expect 65 "part test_c3" "$DRAGNET" "${split[@]}" --name small --kind gene-disjoint --fractions 0.7,0.15,0.15
[ "$before" = "$(sha256sum <a.h5)" ] || fail "a refused split changed the dataset"
expect 0 "split: done" "$DRAGNET" "${split[@]}" --name small --fractions 0.9,0.05,0.05 --allow-small
expect 0 "split: done" ranks 2 "${split[@]}" --name warm --fractions 0.7,0.1,0.2 --seed 2 --force
expect 0 "split: done" "$DRAGNET" "${split[@]}" --name tiny --fractions 0.98,0.01,0.01 --force
expect 0 "already complete" "$DRAGNET" "${split[@]}" --name none --fractions 1,0,0 # the others are still there

# ---- what makes no sense ----
expect 65 "there are: known" ranks 2 split a.h5 --pairs unknown --name x
expect 64 "add up to 0.9" "$DRAGNET" "${split[@]}" --name x --fractions 0.7,0.1,0.1
expect 64 "wanted three numbers" "$DRAGNET" "${split[@]}" --name x --fractions 0.8,0.2
expect 64 "wanted three numbers" "$DRAGNET" "${split[@]}" --name x --fractions 0.8,0.1,0.1,0
expect 64 "below 0" "$DRAGNET" "${split[@]}" --name x --fractions 1.1,-0.1,0
expect 64 "out of range" "$DRAGNET" "${split[@]}" --name x --kind kfold --folds 2
expect 64 "kfold only" "$DRAGNET" "${split[@]}" --name x --folds 4
expect 64 "not for --kind kfold" "$DRAGNET" "${split[@]}" --name x --kind kfold --fractions 1,0,0
expect 64 "--name 'a/b'" "$DRAGNET" "${split[@]}" --name a/b
expect 64 "--name is required" "$DRAGNET" split a.h5 --pairs known
expect 64 "the dataset is missing" "$DRAGNET" split --pairs known --name x
expect 66 "absent.h5" ranks 2 split absent.h5 --pairs known --name x
head -c 3000 a.h5 >cut.h5
expect 65 "cut.h5" ranks 2 split cut.h5 --pairs known --name x
nothing_left a.h5.part cut.h5.part
finish
