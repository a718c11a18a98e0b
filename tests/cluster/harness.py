"""What the topics share: TOPIC.py HECATON ROOT."""
import os
import pathlib
import subprocess
import sys

HECATON, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
SKIPPED = 77
sys.path.append(str(ROOT / "tests/support"))
from checks import SMALL, check, finish, need, wait_for


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(SKIPPED)


def run(words, folder, seconds=120, **more):
    """The finished process; running for too long is a failure and ends the script."""
    try:
        return subprocess.run([str(word) for word in words], cwd=folder, timeout=seconds, text=True, errors="replace",
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
    except subprocess.TimeoutExpired as late:
        need(False, f"no end within {seconds} s: {words}: {late.stderr!r}")


def files_below(folder):
    return {path for path in pathlib.Path(folder).rglob("*")}


def processes_with(text):
    """Ids of processes whose command line holds the text."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and text.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return [pid for pid in found if pid != os.getpid()]
