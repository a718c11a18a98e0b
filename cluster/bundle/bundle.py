#!/usr/bin/env python3
"""Packs the program with all its libraries, for a host where nothing can be installed.

  bundle.py BUILD OUTPUT.tar.gz      BUILD is a build folder with a release build (build/release)

The archive holds one folder, which may be put anywhere. It needs glibc of at least the version it was made with (Debian
12's is 2.36) and /bin/sh, and nothing else: Open MPI comes along, with the plugins for shared memory and TCP, for
starting under mpirun, ssh and Slurm (srun --mpi=pmix). It knows no fast networks: where ranks on many hosts are to run
fast, build from source against the site's MPI.

Needs the packages of packages.txt, and Debian's Open MPI, whose folders it knows.
"""
import argparse
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile

# Of glibc itself, which belongs to the host.
OF_THE_HOST = re.compile(r"(ld-linux-x86-64|libc|libm|libdl|librt|libpthread|libresolv|libutil|libanl)\.so\.\d+")
# Plugins that drag in the libraries of networks and batch systems which a bundle does not serve, and SHMEM's.
LEFT_OUT = re.compile(r"mca_(btl_(ofi|openib)|mtl_.*|.*ucx.*|pmix_flux|schizo_(flux|jsm)|scoll_.*|spml_.*|sshmem_.*|"
                      r"memheap_.*|atomic_.*|io_romio\w*|ras_gridengine|ras_simulator)\.so")
LIBRARIES = pathlib.Path("/usr/lib/x86_64-linux-gnu")
WRAPPER = """#!/bin/sh
# Makes the libraries beside it known to Open MPI, then becomes the program.
case $0 in
*/*) here=${0%/*} ;;
*) here=$(command -v -- "$0") && here=${here%/*} ;;
esac
here=$(cd "$here/.." && pwd) || exit 1
export OPAL_PREFIX="$here" OPAL_BINDIR="$here/libexec" OPAL_LIBDIR="$here/lib" OPAL_PKGLIBDIR="$here/lib/openmpi"
export OPAL_DATADIR="$here/share" OPAL_PKGDATADIR="$here/share/openmpi" OPAL_SYSCONFDIR="$here/etc"
export PMIX_INSTALL_PREFIX="$here" PMIX_PKGLIBDIR="$here/lib/pmix" PMIX_LIBDIR="$here/lib"
export PMIX_PKGDATADIR="$here/share/pmix" PMIX_SYSCONFDIR="$here/etc"
# Open MPI refuses to start where it finds no way to reach other hosts, even if there are none.
command -v ssh >/dev/null || command -v rsh >/dev/null || export OMPI_MCA_plm="${OMPI_MCA_plm:-^rsh}"
case :$PATH: in *:"$here/bin":*) ;; *) export PATH="$here/bin:$PATH" ;; esac
exec "$here/libexec/@PROGRAM@" "$@"
"""


def output_of(*words):
    return subprocess.run(words, check=True, text=True, stdout=subprocess.PIPE).stdout


def libraries_of(files):
    """What the dynamic linker would load with them, but for the host's own: name -> file."""
    needed = {}
    for line in output_of("ldd", *map(str, files)).splitlines():
        if "not found" in line:
            sys.exit(f"bundle.py: error: not all libraries are here: {line.strip()}")
        found = re.match(r"\s*(\S+) => (/\S+)", line)
        if found and not OF_THE_HOST.fullmatch(found[1]):
            needed[found[1]] = pathlib.Path(found[2])
    return needed


def copy_executables(files, folder, search):
    """Name -> file; with the libraries they need looked for relative to themselves."""
    folder.mkdir(parents=True)
    for name, source in files.items():
        shutil.copyfile(source, folder / name)
        (folder / name).chmod(0o755)
    subprocess.run(["patchelf", "--set-rpath", search, *(str(folder / name) for name in files)], check=True)


def add_licence(library, folder):
    """Of the Debian package that the library is from."""
    answer = subprocess.run(["dpkg-query", "--search", f"*/{library.resolve().name}"], text=True, stdout=subprocess.PIPE)
    for package in {line.split(":")[0] for line in answer.stdout.splitlines()}:
        copyright_file = pathlib.Path("/usr/share/doc") / package / "copyright"
        if copyright_file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(copyright_file, folder / package)


def fill(root, build):
    installed = subprocess.run(["cmake", "--install", str(build), "--prefix", str(root / "installed")], text=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if installed.returncode != 0:
        sys.exit(f"bundle.py: error: {build} is no folder of a finished build (cmake --build --preset release makes one):\n"
                 f"{installed.stderr.strip()}")
    shutil.move(root / "installed/share", root / "share")
    subprocess.run(["strip", str(root / "installed/bin/hecaton")], check=True)
    programs = {"hecaton": root / "installed/bin/hecaton", "orterun": shutil.which("orterun"),
                "orted": shutil.which("orted")}
    of_mpi = {file.name: file for file in (LIBRARIES / "openmpi/lib/openmpi3").glob("mca_*.so")
              if not LEFT_OUT.fullmatch(file.name)}
    of_pmix = {file.name: file for file in (LIBRARIES / "pmix2/lib/pmix").glob("*.so")}
    libraries = libraries_of([*programs.values(), *of_mpi.values(), *of_pmix.values()])
    copy_executables(libraries, root / "lib", "$ORIGIN")
    copy_executables(of_mpi, root / "lib/openmpi", "$ORIGIN/..")
    copy_executables(of_pmix, root / "lib/pmix", "$ORIGIN/..")
    copy_executables(programs, root / "libexec", "$ORIGIN/../lib")
    for library in libraries.values():
        add_licence(library, root / "share/licences")
    shutil.rmtree(root / "installed")


def add_texts(root):
    """What Open MPI and PMIx read: their messages, and settings of which there are none."""
    shutil.copytree("/usr/share/openmpi", root / "share/openmpi", ignore=shutil.ignore_patterns("*-wrapper-data.txt"))
    for folder in LIBRARIES.glob("pmix2/share/pmix"):
        shutil.copytree(folder, root / "share/pmix")
    (root / "etc").mkdir()
    for name in ("openmpi-mca-params.conf", "openmpi-default-hostfile", "pmix-mca-params.conf"):
        (root / "etc" / name).write_text("")


def add_wrappers(root):
    for name, program in (("hecaton", "hecaton"), ("mpirun", "orterun")):
        wrapper = root / "bin" / name
        wrapper.parent.mkdir(exist_ok=True)
        wrapper.write_text(WRAPPER.replace("@PROGRAM@", program))
        wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    arguments = parser.parse_args()
    for program in ("patchelf", "strip", "ldd", "dpkg-query", "orterun", "orted"):
        if shutil.which(program) is None:
            sys.exit(f"bundle.py: error: {program} not found; install the packages of packages.txt and cmake/packages.txt")
    if not (arguments.build / "hecaton").exists():
        sys.exit(f"bundle.py: error: there is no {arguments.build / 'hecaton'}; cmake --build --preset release makes one")
    version = output_of(str(arguments.build / "hecaton"), "--version").split()[1]
    with tempfile.TemporaryDirectory(prefix="hecaton-bundle-") as folder:
        root = pathlib.Path(folder) / f"hecaton-{version}"
        root.mkdir()
        fill(root, arguments.build)
        add_texts(root)
        add_wrappers(root)
        size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(arguments.output, "w:gz", compresslevel=6) as archive:
            archive.add(root, root.name)
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.1f} MB, {size / 1e6:.1f} MB unpacked")


if __name__ == "__main__":
    main()
