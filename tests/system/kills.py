"""Runs that are killed with SIGKILL, one rank or all, at any moment and while a file is being written, and restarted at
another rank count: each ends with the digest and the trace of a run that nobody disturbed.

kills.py HECATON MPIEXEC [RUNS [SEED]]: so many runs (6), their choices made from SEED (the clock).
"""
import collections
import ctypes
import glob
import os
import random
import select
import shutil
import signal
import struct
import sys
import tempfile
import time

import h5py

from interrupted import TRAINING, Job, check, content, digest, expect_rows, expect_whole, finish, last_checkpoint_ps

RUNS = int(sys.argv[3]) if len(sys.argv) > 3 else 6
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else time.time_ns()
CHECKPOINTS = 12  # of a run that nobody disturbs
DECKS = {
    "training": TRAINING,
    "collective": """[workload]
kind = "collective"
[package]
rows = 8
columns = 8
[collective]
operation = "all-gather"
group = "package"
bytes = 1048576
""",
    "traffic": """[workload]
kind = "traffic"
[package]
rows = 8
columns = 8
[traffic]
injection_rate = 0.2
warmup_cycles = 1000
measure_cycles = 9000
""",
}
# What is being written when the kill comes, by the name of the file beside; and how it is called here.
MOMENTS = {"": "any", "checkpoint-": "checkpoint", "operations-": "rows", "trace.h5": "trace", "summary.json": "summary"}
IN_CREATE = 0x100


class Watch:
    """Tells when a file beside appears in one of the folders, within microseconds: inotify(7)."""

    def __init__(self, *folders):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.queue = self.libc.inotify_init()
        for folder in folders:
            if self.queue < 0 or self.libc.inotify_add_watch(self.queue, folder.encode(), IN_CREATE) < 0:
                raise OSError(ctypes.get_errno(), "inotify")

    def wait(self, start, alive):
        """True once a half-written file appears, from now on, whose name begins so."""
        while select.select([self.queue], [], [], 0)[0]:
            os.read(self.queue, 65536)
        while alive():
            if not select.select([self.queue], [], [], 0.05)[0]:
                continue
            events = os.read(self.queue, 65536)
            while events:
                length = struct.unpack_from("iIII", events)[3]
                name = events[16:16 + length].rstrip(b"\0").decode()
                if name.startswith(start) and name.endswith(".part"):
                    return True
                events = events[16 + length:]
        return False

    def close(self):
        os.close(self.queue)


class Deck:
    """A deck, and what its undisturbed run on one rank left."""

    def __init__(self, folder, name):
        self.name, self.folder = name, os.path.join(folder, name)
        os.mkdir(self.folder)
        with open(os.path.join(self.folder, "deck.toml"), "w") as file:
            file.write(DECKS[name])
        job = Job(self.folder, 1)
        code = job.end()
        check(code == 0, f"the undisturbed run of {name}: {job.text()}")
        self.output = os.path.join(self.folder, "out")
        self.digest = digest(self.output)
        self.whole = os.path.join(self.folder, "whole.h5")
        shutil.move(os.path.join(self.output, "trace.h5"), self.whole)
        shutil.rmtree(self.output)
        with h5py.File(self.whole) as file:
            self.every = f"{int(file.attrs['simulated_ps']) // CHECKPOINTS}ps"

    def start(self, ranks):
        return Job(self.folder, ranks, "--checkpoint-every-simulated", self.every, "--restart", "latest", "--sync",
                   random.choice(("window", "null")), "--partition", random.choice(("block", "strip", "scotch")))


def killed_at_its_moment(deck, ranks, moment, counts):
    """False if it ended before. Which checkpoint, and how far its file is then, is left to chance."""
    checkpoints = os.path.join(deck.output, "checkpoints")
    os.makedirs(checkpoints, exist_ok=True)
    watch = Watch(deck.output, checkpoints)
    job = deck.start(ranks)
    for _ in range(random.randrange(CHECKPOINTS // 2)):
        job.wait_for_checkpoint(5)
    victims = job.ranks_of_it()
    if random.random() < 0.5:
        victims = [random.choice(victims)] if victims else []
    if moment and not watch.wait(moment, lambda: job.process.poll() is None):
        victims = []
    watch.close()
    time.sleep(random.choice((0, random.random() * 0.002, random.random() * 0.02)) if moment else random.random() * 0.3)
    for victim in victims:
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            pass
    code, launcher_stayed = job.end_after_kill()
    counts["launchers that stayed"] += launcher_stayed
    return code != 0


def expect_readable(deck):
    """A trace is there as soon as a checkpoint is; it may be the whole one already."""
    trace, ps = os.path.join(deck.output, "trace.h5"), last_checkpoint_ps(deck.folder)
    check(os.path.exists(trace) or ps < 0, f"a checkpoint at {ps} ps, and no trace")
    if not os.path.exists(trace):
        return
    with h5py.File(trace) as file:
        unfinished = "unfinished" in file.attrs
    if unfinished:
        expect_rows(deck.folder, deck.whole, ps)
    else:
        check(content(trace) == content(deck.whole), "a trace that is finished is whole")


def one_run(deck, moment, counts):
    """Killed at this moment, and maybe again and again; then it may end."""
    ranks, kills = random.choice((1, 2, 3, 4)), 0
    while kills == 0 or random.random() < 0.3:
        if not killed_at_its_moment(deck, ranks, moment, counts):
            break
        kills += 1
        counts[MOMENTS[moment]] += 1
        counts["half-written files left"] += bool(glob.glob(os.path.join(deck.output, "**", "*.part"), recursive=True))
        expect_readable(deck)
        ranks = random.choice([other for other in (1, 2, 3, 4) if other != ranks])
        moment = random.choice(list(MOMENTS))
    if kills > 0:
        job = deck.start(ranks)
        code = job.end()
        check(code == 0, f"{deck.name}: the last leg ends with {code}: {job.text()}")
        check(digest(deck.output) == deck.digest, f"{deck.name}: the digest after {kills} kills")
        expect_whole(deck.folder, deck.whole, f"{deck.name} after {kills} kills")
    shutil.rmtree(deck.output)
    return kills > 0


random.seed(SEED)
print(f"seed {SEED}", flush=True)
with tempfile.TemporaryDirectory(prefix="hecaton-kills-") as here:
    decks = [Deck(here, name) for name in DECKS]
    seen = collections.Counter()
    while seen["runs"] < RUNS:
        index = seen["runs"]
        if one_run(decks[index % len(decks)], list(MOMENTS)[index % len(MOMENTS)], seen):
            seen["runs"] += 1
            if seen["runs"] % 10 == 0:
                print(dict(seen), flush=True)
        else:
            seen["ended before"] += 1
    print(dict(seen))
finish()
