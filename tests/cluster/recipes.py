"""Module file, Spack recipe and container definition: what each names exists, and what the build needs is in it."""
import os
import pathlib
import re
import shutil
import sys
import tempfile
import types

from harness import HECATON, ROOT, check, finish, need, run

SPACK_NAMES = {"MPI": "mpi", "Boost": "boost", "HDF5": "hdf5", "fmt": "fmt", "CLI11": "cli11",
               "tomlplusplus": "tomlplusplus", "nlohmann_json": "nlohmann-json", "SCOTCH": "scotch",
               "cereal": "cereal", "ZLIB": "zlib-api", "Protobuf": "protobuf", "yaml": "yaml-cpp"}


def spack_dependencies(recipe):
    """Runs the recipe with a Spack that only listens."""
    heard = []

    class Package:
        def define(self, name, value):
            return f"-D{name}={'ON' if value else 'OFF'}"

    spoken = types.ModuleType("spack.package")
    for name in ("license", "version"):
        setattr(spoken, name, lambda *_, **__: None)
    spoken.depends_on = lambda spec, **_: heard.append(re.match(r"[\w-]+", spec)[0])
    spoken.CMakePackage = Package
    sys.modules.update({"spack": types.ModuleType("spack"), "spack.package": spoken})
    found = {"__file__": str(recipe)}
    exec(compile(recipe.read_text(), recipe, "exec"), found)
    return heard, found["Hecaton"]


def spack():
    needed = re.findall(r"^find_package\((\w+)", (ROOT / "cmake/Libraries.cmake").read_text(), re.M)
    need(len(needed) > 5, "the build names what it needs")
    heard, package = spack_dependencies(ROOT / "cluster/spack/packages/hecaton/package.py")
    for name in needed:
        check(SPACK_NAMES.get(name) in heard, f"the recipe for Spack has {name}")
    check(package.git == f"file://{ROOT.resolve()}", f"it builds this checkout, not {package.git}")
    options = [word[2:].split("=")[0] for word in package().cmake_args()]
    defined = re.findall(r"^option\((\w+)", (ROOT / "CMakeLists.txt").read_text(), re.M)
    check(options and set(options) <= set(defined), f"its options {options} are those of the build")


def container():
    text = (ROOT / "cluster/apptainer/hecaton.def").read_text()
    files = re.search(r"^%files\n(.*?)^%", text, re.M | re.S)[1].split()
    for source, target in zip(files[::2], files[1::2]):
        check((ROOT / source).exists() and target == f"/src/{source}", f"%files: {source} {target}")
    rooms = re.findall(r"^add_subdirectory\((\w+)|^include\((cmake)/", (ROOT / "CMakeLists.txt").read_text(), re.M)
    tops = {one or other for one, other in rooms}
    check(tops and tops <= set(files), f"the container gets all of {tops}")


def module(prefix):
    modulecmd = shutil.which("modulecmd")
    if modulecmd is None:
        print("no modulecmd here: the module file is not tried")
        return
    moved = prefix.parent / "moved"
    prefix.rename(moved)
    settings = {"PATH": os.environ["PATH"], "MODULEPATH": str(moved / "share/modulefiles")}
    loaded = run([modulecmd, "sh", "load", "hecaton"], "/", env=settings)
    need(loaded.returncode == 0 and "ERROR" not in loaded.stderr, f"module load: {loaded.stderr}")
    shown = run(["sh", "-c", loaded.stdout + '\ncommand -v hecaton; echo "$HECATON_SHARE"'], "/", env=settings).stdout
    check(shown.splitlines()[:2] == [f"{moved}/bin/hecaton", f"{moved}/share/hecaton"], f"module load sets {shown}")
    for name in ("decks/quickstart.toml", "studies/ring-size.toml", "cluster/job.sbatch", "cluster/local/slurm.py"):
        check((moved / "share/hecaton" / name).exists(), f"{name} is installed")
    check(os.access(moved / "share/hecaton/cluster/job.sbatch", os.X_OK), "job.sbatch can be called")
    study = run([moved / "bin/hecaton", "sweep", moved / "share/hecaton/studies/ring-size.toml", "--status"], moved)
    check(study.returncode == 0, f"an installed study finds its deck: {study.stderr}")


with tempfile.TemporaryDirectory(prefix="hecaton-recipes-") as name:
    spack()
    container()
    prefix = pathlib.Path(name) / "prefix"
    installed = run(["cmake", "--install", pathlib.Path(HECATON).parent, "--prefix", prefix], name)
    need(installed.returncode == 0, f"cmake --install: {installed.stderr}")
    module(prefix)
finish()
