"""Runs the program in a folder of its own and looks at everything it leaves there.

Each topic is a script: TOPIC.py HECATON MPIEXEC RANKS DECKS
"""
import os
import subprocess
import sys
import tempfile

HECATON, MPIEXEC, RANKS, DECKS = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
ERROR = "hecaton: error: "
sys.path.append(os.path.join(os.path.dirname(__file__), "../support"))
from checks import SMALL, check, finish, wait_for


def command_of(arguments, ranks):
    launcher = [] if ranks == 1 else [MPIEXEC, "-n", str(ranks)]
    return launcher + [HECATON] + arguments


def run(arguments, folder, ranks=1, seconds=120):
    """The finished process; a hang is a failure and ends the script."""
    try:
        return subprocess.run(command_of(arguments, ranks), cwd=folder, timeout=seconds, text=True,
                              errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
    except subprocess.TimeoutExpired:
        check(False, f"no end within {seconds} s: {arguments}")
        finish()


def error_lines(process):
    return [line for line in process.stderr.splitlines() if line.startswith(ERROR)]


def files_below(folder):
    found = set()
    for where, folders, files in os.walk(folder):
        found.update(os.path.join(where, name) for name in folders + files)
    return found


def folder():
    return tempfile.TemporaryDirectory(prefix="hecaton-cli-")


def write(path, content):
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    return path
