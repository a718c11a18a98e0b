"""A run of the program that is going to be disturbed, and what has to be true of what it leaves behind."""
import json
import os
import subprocess
import sys
import threading
import time

import h5py

from program_content import content

sys.path.append(os.path.join(os.path.dirname(__file__), "../support"))
from checks import check, finish, wait_for

HECATON, MPIEXEC = os.path.abspath(sys.argv[1]), sys.argv[2]
LAUNCHER_STAYS_S = 30
TRAINING = """[workload]
kind = "training"
[package]
rows = 4
columns = 4
[training]
batch_sequences = 8
sequence_length = 64
minibatch_tokens = 256
[training.model]
name = "small"
hidden = 256
ffn = 512
heads = 8
kv_heads = 4
layers = 12
vocabulary = 1000
"""


class Job:
    """The program on FOLDER/deck.toml, and what it says while it runs. Its trace has all that there is, if no other is
    wanted."""

    def __init__(self, folder, ranks, *options):
        launcher = [] if ranks == 1 else [MPIEXEC, "-n", str(ranks)]
        options = options if "--trace" in options else (*options, "--trace", "messages")
        self.ranks = ranks
        self.process = subprocess.Popen(launcher + [HECATON, "run", "deck.toml", "--output", "out", "--progress", "plain",
                                                    *options], cwd=folder, text=True, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.said = []
        self.checkpoints = threading.Semaphore(0)
        self.listener = threading.Thread(target=self.listen)
        self.listener.start()

    def listen(self):
        for line in self.process.stderr:
            self.said.append(line)
            if line.startswith("hecaton: checkpoint at "):
                self.checkpoints.release()

    def wait_for_checkpoint(self, seconds=60):
        return self.checkpoints.acquire(timeout=seconds)

    def ranks_of_it(self):
        """Those that live."""
        if self.ranks == 1:
            return [self.process.pid]
        found = subprocess.run(["ps", "-o", "pid=,stat=", "--ppid", str(self.process.pid)], text=True, capture_output=True)
        return [int(pid) for pid, state in map(str.split, found.stdout.splitlines()) if not state.startswith("Z")]

    def end_after_kill(self):
        """The exit code, and whether mpirun, which has told of the killed rank, waited for itself until it was ended: Open
        MPI 4.1 does so once in some hundred times."""
        last_rank_lived = time.monotonic()
        give_up = last_rank_lived + 300
        stays = False
        while not self.has_ended_within(0.25) and not stays and time.monotonic() < give_up:
            if self.ranks_of_it() or "exited on signal" not in self.text():
                last_rank_lived = time.monotonic()
            stays = time.monotonic() - last_rank_lived > LAUNCHER_STAYS_S
        if stays:
            self.process.kill()
        return self.end(), stays

    def has_ended_within(self, seconds):
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self, seconds=300):
        if not self.has_ended_within(seconds):
            left = subprocess.run(["ps", "-o", "pid,ppid,stat,wchan:30,time,args", "-p", str(self.process.pid), "--ppid",
                                   str(self.process.pid)], text=True, capture_output=True).stdout
            check(False, f"the program does not end:\n{self.text()}{left}")
            self.process.kill()
            self.process.wait()
        self.listener.join()
        return self.process.returncode

    def text(self):
        return "".join(self.said)


def last_checkpoint_ps(folder):
    """The time of the newest checkpoint; -1 if there is none."""
    where = os.path.join(folder, "out", "checkpoints")
    names = os.listdir(where) if os.path.exists(where) else []
    return max((int(name.split("-")[1].split(".")[0]) for name in names if name.endswith(".hck")), default=-1)


def rows(trace, before_ps):
    """The operations that had ended by then, one as often as it stands there."""
    table = trace["operations"]
    keys = zip(*(table[name][:].tolist() for name in ("die", "start_ps", "end_ps", "kind", "stage", "bytes")))
    return sorted(row for row in keys if row[2] < before_ps)


def expect_rows(folder, whole, ps):
    """The trace of the unfinished run: every operation that had ended by then, and none twice."""
    with h5py.File(os.path.join(folder, "out", "trace.h5")) as trace, h5py.File(whole) as complete:
        reached = int(trace.attrs["simulated_ps"])
        check(reached >= ps, f"the trace reaches {reached} ps, the checkpoint {ps} ps")
        found = rows(trace, reached + 1)
        check(found == rows(complete, reached), f"the rows of the unfinished trace at {reached} ps")
        check(len(found) == len(trace["operations/die"]), f"no row of an operation after {reached} ps")
    summary = subprocess.run([HECATON, "summary", os.path.join(folder, "out", "trace.h5")], text=True,
                             capture_output=True)
    check(summary.returncode == 0 and "unfinished" in summary.stdout, f"summary of it: {summary.stdout}{summary.stderr}")


def expect_whole(folder, whole, what):
    """All of its results, and nothing else."""
    found, wanted = content(os.path.join(folder, "out", "trace.h5")), content(whole)
    different = [key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key)]
    check(not different, f"{what}: the trace differs in {sorted(different)}")
    check(sorted(os.listdir(os.path.join(folder, "out"))) == ["summary.json", "trace.h5"],
          f"{what}: left are {os.listdir(os.path.join(folder, 'out'))}")


def digest(output):
    """None if the run has not ended."""
    try:
        with open(os.path.join(output, "summary.json")) as file:
            return json.load(file)["digest"]
    except FileNotFoundError:
        return None
