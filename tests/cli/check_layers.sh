#!/usr/bin/env bash
# check_layers.sh - scripts/check_layers finds planted violations
. "$(dirname "$0")/lib.sh"

mkdir tree
cp -r "$ROOT"/{solvers,mpi,jobs,tests} tree/
"$ROOT/scripts/check_layers" tree >out.txt || fail "the tree itself: $(cat out.txt)"

# plant FILE LINE WHAT: the line must be found in the file
plant() {
    cp "tree/$1" keep
    printf '%s\n' "$2" >>"tree/$1"
    "$ROOT/scripts/check_layers" tree >out.txt && fail "not found: $3"
    grep -q "$1" out.txt || fail "not named: $1 ($(cat out.txt))"
    cp keep "tree/$1"
}
plant solvers/base/text.c '#include "mpi/core/world.h"' "solvers includes mpi"
plant solvers/nn/dense.c '#include "solvers/models/model.h"' "nn includes models"
plant mpi/core/tree.c '#include "mpi/io/h5.h"' "core includes io"
plant solvers/stats/metrics.c 'int x = MPI_Barrier(0);' "an MPI call in solvers"
plant jobs/cli/main.c 'int x = MPI_Barrier(0);' "an MPI call in jobs"
plant solvers/nn/loss.c 'int x = printf("");' "solvers prints"
plant mpi/train/train.c '#include <hdf5.h>' "HDF5 outside its door"
plant jobs/cli/options.c '#include <dnnl.h>' "oneDNN outside its door"
finish
