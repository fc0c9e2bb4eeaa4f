# package.py - dragnet for Spack; README.md says how to use it
from spack.package import *


class Dragnet(CMakePackage):
    """Distributed learning and analysis of drug and gene networks: GENER and a drug-target network data-parallel over
    MPI ranks, with the same bits on any number of them; centralities and spectra on PETSc and SLEPc."""

    # the address of your clone; spack dev-build reads the folder it is called in and never asks it
    homepage = "https://example.org/dragnet"
    git = "https://example.org/dragnet.git"
    license("GPL-3.0-or-later")

    version("main", branch="main")

    variant("int64", default=False, description="64-bit indices in PETSc: networks of more than 2^31 entries")
    variant("chem", default=False, description="read SMILES with Indigo, which must be installed beside Spack")
    variant("tests", default=False, description="build the tests (CUnit)")

    depends_on("c", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("mpi@3:")
    depends_on("hdf5@1.10.8:+mpi")
    depends_on("petsc@3.18:+mpi~complex~int64", when="~int64")
    depends_on("petsc@3.18:+mpi~complex+int64", when="+int64")
    depends_on("slepc@3.18:")
    depends_on("onednn@2.6: cpu_runtime=omp")
    depends_on("random123")
    depends_on("gsl")
    depends_on("jansson")
    depends_on("libsodium")
    depends_on("czmq")
    depends_on("libzmq+libsodium")
    depends_on("openssl")
    depends_on("zlib-api")
    depends_on("expat")
    depends_on("cunit", when="+tests")

    def cmake_args(self):
        # Spack's PETSc and SLEPc have one name whatever their indices are, so DRAGNET_PETSC64, which looks for Debian's
        # second set, stays off.
        return [
            self.define_from_variant("DRAGNET_CHEM", "chem"),
            self.define_from_variant("BUILD_TESTING", "tests"),
        ]

    @run_after("install")
    @on_package_attributes(run_tests=True)
    def version_is_told(self):
        Executable(self.prefix.bin.dragnet)("--version")
