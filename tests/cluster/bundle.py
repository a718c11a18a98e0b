"""The bundle on a system of libc and a shell alone: a root folder with nothing else, entered with chroot."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

from harness import HECATON, ROOT, check, finish, need, run, skip

DECK = """[workload]
kind = "collective"
[package]
rows = 2
columns = 4
[collective]
bytes = 4096
"""
ALL_OF_IT = ("libc6", "dash")  # Debian packages
MOST_BYTES = 60_000_000
SINGLE = ["run", "/deck.toml", "--progress", "none", "--trace", "summary", "--output"]


def check_machine():
    if os.geteuid() != 0:
        skip("chroot needs root")
    for program in ("patchelf", "strip", "dpkg", "unshare", "chroot", "orterun"):
        if shutil.which(program) is None:
            skip(f"{program} not found")
    if run(["unshare", "--mount", "--pid", "--fork", "true"], "/").returncode != 0:
        skip("this machine allows no namespaces")


def make_root(root):
    for name in ("bin", "sbin", "lib", "lib64"):
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    for package in ALL_OF_IT:
        for name in run(["dpkg", "-L", package], "/").stdout.splitlines():
            source = pathlib.Path(name)
            if source.is_dir() or "share" in source.parts or not os.path.lexists(source):
                continue
            target = root / name[1:]
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    if not (root / "bin/sh").exists():
        (root / "bin/sh").symlink_to("dash")
    for name in ("proc", "dev", "sys", "tmp", "etc", "opt"):
        (root / name).mkdir(exist_ok=True)
    (root / "etc/passwd").write_text("root:x:0:0:root:/:/bin/sh\n")
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost {os.uname().nodename}\n")
    (root / "deck.toml").write_text(DECK)


def inside(root, *words):
    """Runs in the root; its mounts end with it."""
    enter = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && mount --rbind /sys "$0/sys" && exec chroot "$0" "$@"'
    settings = {key: value for key, value in os.environ.items() if key.startswith("OMPI_")}
    return run(["unshare", "--mount", "--pid", "--fork", "--propagation=private", "sh", "-c", enter, root, *words], "/",
               env={**settings, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})


def summary_of(path):
    return json.loads(path.read_text())


check_machine()
with tempfile.TemporaryDirectory(prefix="hecaton-root-") as name:
    folder = pathlib.Path(name)
    root = folder / "root"
    make_root(root)
    made = run([sys.executable, "-B", ROOT / "cluster/bundle/bundle.py", pathlib.Path(HECATON).parent,
                folder / "bundle.tar.gz"], folder, 300)
    need(made.returncode == 0, f"a bundle is made: {made.stderr}")
    with tarfile.open(folder / "bundle.tar.gz") as archive:
        size = sum(member.size for member in archive.getmembers())
        tops = {member.name.split("/")[0] for member in archive.getmembers()}
        archive.extractall(folder / "unpacked")
    check(size < MOST_BYTES, f"the bundle has {size} bytes")
    need(len(tops) == 1, f"one folder: {tops}")
    where = root / "opt/any where"
    shutil.move(folder / "unpacked" / tops.pop(), where)
    program, mpirun = "/opt/any where/bin/hecaton", "/opt/any where/bin/mpirun"

    check(inside(root, "/bin/sh", "-c", "exec ls").returncode == 127, "the root has no ls, so little else")
    version = inside(root, program, "--version")
    need(version.returncode == 0 and version.stdout == run([HECATON, "--version"], "/").stdout, f"--version: {version}")
    decks = inside(root, program, "validate", "/opt/any where/share/hecaton/decks/quickstart.toml")
    check(decks.returncode == 0, f"the decks come along: {decks.stderr}")

    single = inside(root, program, *SINGLE, "/single")
    need(single.returncode == 0, f"one rank: {single.stderr}")
    several = inside(root, mpirun, "-n", "3", program, *SINGLE, "/several")
    need(several.returncode == 0, f"three ranks: {several.stderr}")
    check(several.stderr == "", f"mpirun has nothing to complain of: {several.stderr}")
    (folder / "deck.toml").write_text(DECK)
    alone = run([HECATON, "run", "deck.toml", "--output", "alone", "--progress", "none", "--trace", "none"], folder)
    need(alone.returncode == 0, f"the program itself: {alone.stderr}")
    summaries = [summary_of(path / "summary.json") for path in (folder / "alone", root / "single", root / "several")]
    check([summary["ranks"] for summary in summaries] == [1, 1, 3], "on one and on three ranks")
    check(len({summary["digest"] for summary in summaries}) == 1, "with the digest of the program itself")
    (root / "study.toml").write_text('[study]\ndeck = "deck.toml"\nranks = 2\n[grid]\ncollective.bytes = [64, 128]\n')
    swept = inside(root, program, "sweep", "/study.toml", "--output", "/swept")
    check(swept.returncode == 0 and "finished  2, 2" in swept.stdout, f"a sweep by its own mpirun: {swept.stderr}")

    (where / "lib/libmpi.so.40").unlink()
    check(inside(root, program, "--version").returncode != 0, "there is no other libmpi in the root")
finish()
