#!/usr/bin/env bash
# packaging.sh - the container and the Spack recipe fit the tree: what they copy, build and switch is there
. "$(dirname "$0")/lib.sh"

# Every folder that the build reads is copied into the container, and every command of its test works.
sed -n '/^%files/,/^%post/p' "$ROOT/scripts/apptainer.def" | awk 'NF == 2 { print $1 }' >files.txt
while read -r f; do [ -e "$ROOT/$f" ] || fail "apptainer.def copies $f, which is not there"; done <files.txt
for folder in $(sed -n 's/^ *add_subdirectory(\([a-z]*\)).*/\1/p' "$ROOT/CMakeLists.txt"); do
    [ "$folder" = tests ] || grep -qx "$folder" files.txt || fail "apptainer.def does not copy $folder"
done
sed -n '/^%test/,/^%help/p' "$ROOT/scripts/apptainer.def" | grep '^    ' | grep -v 'scripts are in\|dragnet.sif' >test.sh
[ "$(grep -c dragnet test.sh)" -ge 4 ] || fail "apptainer.def has no test"
mkdir bin && ln -s "$DRAGNET" bin/dragnet
PATH="$PWD/bin:$PATH" sh test.sh >out.txt 2>&1 || fail "the container's test: $(cat out.txt)"
mkdir broken && printf '#!/bin/sh\n[ "$1" != train ]\n' >broken/dragnet && chmod +x broken/dragnet
PATH="$PWD/broken:$PATH" sh test.sh >out.txt 2>&1 && fail "the container's test passes though training fails"
for section in post runscript; do
    sed -n "/^%$section/,/^%[a-oq-z]/p" "$ROOT/scripts/apptainer.def" | grep '^    ' | sh -n || fail "%$section is no script"
done

# The recipe, with classes of Spack that only write down what is asked of them.
/usr/bin/python3 - "$ROOT" <<'PY' >out.txt 2>&1 || fail "package.py: $(cat out.txt)"
import re, sys, types
root = sys.argv[1]
asked = {"depends_on": [], "variant": [], "version": [], "license": []}
spack, package = types.ModuleType("spack"), types.ModuleType("spack.package")
for name, calls in asked.items():
    setattr(package, name, lambda *a, calls=calls, **k: calls.append(a[0]))
class CMakePackage:
    def define_from_variant(self, option, variant):
        assert variant in asked["variant"], variant
        return option
package.CMakePackage = CMakePackage
package.run_after = lambda phase: lambda f: f
package.on_package_attributes = lambda **k: lambda f: f
package.Executable = None
sys.modules.update({"spack": spack, "spack.package": package})
scope = {}
exec(compile(open(root + "/scripts/spack/package.py").read(), "package.py", "exec"), scope)
cmake = open(root + "/CMakeLists.txt").read()
for option in scope["Dragnet"]().cmake_args():
    assert option == "BUILD_TESTING" or re.search(r"option\(%s " % option, cmake), option
names = {re.split(r"[@+~ ]", d)[0] for d in asked["depends_on"]}
# what CMakeLists.txt asks for, by Spack's names
wanted = {"MPI": "mpi", "dnnl": "onednn", "ZLIB": "zlib-api", "EXPAT": "expat", "HDF5": "hdf5", "PETSC": "petsc", "SLEPC": "slepc",
          "JANSSON": "jansson", "SODIUM": "libsodium", "CRYPTO": "openssl", "CZMQ": "czmq", "PkgConfig": "pkgconfig", "OpenMP": None}
for found in re.findall(r"(?:find_package|pkg_check_modules|pkg_search_module)\((\w+)", cmake):
    assert wanted[found] is None or wanted[found] in names, found
assert {"gsl", "random123", "cmake"} <= names
PY
finish
