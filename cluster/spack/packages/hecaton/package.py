# Builds the checkout that this recipe lies in (its branch "main" as committed):
#
#   spack repo add cluster/spack
#   spack install hecaton
#
# To build the tree as it stands, with what is not committed: spack dev-build hecaton@main, from its top.
from pathlib import Path

from spack.package import *


class Hecaton(CMakePackage):
    """Simulates the training of large language models on packages of chiplets."""

    git = "file://" + str(Path(__file__).resolve().parents[4])

    license("Apache-2.0")

    version("main", branch="main")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("mpi")
    depends_on("boost@1.74:+mpi+serialization")
    depends_on("hdf5@1.10:+mpi")
    depends_on("fmt@9:")
    depends_on("cli11@2.1:")
    depends_on("tomlplusplus@3.3:")
    depends_on("nlohmann-json@3.11:")
    depends_on("cereal@1.3:")
    depends_on("zlib-api")
    depends_on("protobuf@3.21:")
    depends_on("yaml-cpp")
    depends_on("random123")
    depends_on("scotch@7:")

    def cmake_args(self):
        return [self.define("HECATON_TESTS", False)]
