"""A run that is killed, or asked to stop by signals or the clock, leaves a trace that opens, and goes on at another
rank count to the digest and the trace of a run that nobody disturbed.

restart.py HECATON MPIEXEC [KILLS]: so many kills at random moments (default 6) beside one check of each signal.
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import h5py

from program_content import content

HECATON, MPIEXEC = sys.argv[1], sys.argv[2]
KILLS = int(sys.argv[3]) if len(sys.argv) > 3 else 6
DECK = """[workload]
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
layers = 24
vocabulary = 1000
"""
failures = 0


def check(condition, what):
    global failures
    if not condition:
        failures += 1
        print(f"FAILED: {what}", flush=True)


class Job:
    """The program, and what it says while it runs."""

    def __init__(self, folder, ranks, *options):
        launcher = [] if ranks == 1 else [MPIEXEC, "-n", str(ranks)]
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
        if self.ranks == 1:
            return [self.process.pid]
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], text=True, capture_output=True)
        return [int(word) for word in found.stdout.split()]

    def end(self, seconds=120):
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            check(False, "the program does not end:\n" + "".join(self.said))
            self.process.kill()
            code = self.process.wait()
        self.listener.join()
        return code

    def text(self):
        return "".join(self.said)


def last_checkpoint_ps(folder):
    names = os.listdir(os.path.join(folder, "out", "checkpoints"))
    return max(int(name.split("-")[1].split(".")[0]) for name in names if name.endswith(".hck"))


def expect_rows(folder, whole, ps):
    """The trace of the unfinished run: every operation that had ended by then, and none twice."""
    with h5py.File(os.path.join(folder, "out", "trace.h5")) as trace, h5py.File(whole) as complete:
        reached = int(trace.attrs["simulated_ps"])
        check(reached >= ps, f"the trace reaches {reached} ps, the checkpoint {ps} ps")

        def rows(file):
            table = file["operations"]
            keys = zip(*(table[name][:].tolist() for name in ("die", "start_ps", "end_ps", "kind", "stage", "bytes")))
            return sorted(row for row in keys if row[2] < reached)
        check(rows(trace) == rows(complete), f"the rows of the unfinished trace at {reached} ps")
    summary = subprocess.run([HECATON, "summary", os.path.join(folder, "out", "trace.h5")], text=True,
                             capture_output=True)
    check(summary.returncode == 0 and "unfinished" in summary.stdout, f"summary of it: {summary.stdout}{summary.stderr}")


def expect_whole(folder, whole, what):
    found, wanted = content(os.path.join(folder, "out", "trace.h5")), content(whole)
    different = [key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key)]
    check(not different, f"{what}: the trace differs in {sorted(different)}")
    check(sorted(os.listdir(os.path.join(folder, "out"))) == ["summary.json", "trace.h5"],
          f"{what}: left are {os.listdir(os.path.join(folder, 'out'))}")


def killed_at_random(folder, whole, every):
    """One rank or all, at any moment, also while a checkpoint is written; gone on at another rank count each time."""
    kills = 0
    while kills < KILLS:
        ranks = random.choice((1, 2, 3))
        job = Job(folder, ranks, "--checkpoint-every-simulated", every, "--restart", "latest", "--sync",
                  random.choice(("window", "null")))
        if not job.wait_for_checkpoint():
            break  # it was nearly at its end
        time.sleep(random.random() * 0.3)
        victims = job.ranks_of_it()
        for victim in victims if random.random() < 0.5 else victims[:1]:
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if job.end() == 0 or os.path.exists(os.path.join(folder, "out", "summary.json")):
            break  # all was written before the signal came
        kills += 1
        expect_rows(folder, whole, last_checkpoint_ps(folder))
    if not os.path.exists(os.path.join(folder, "out", "summary.json")) or os.path.exists(
            os.path.join(folder, "out", "checkpoints")):
        job = Job(folder, 2, "--restart", "latest")
        code = job.end()
        check(code == 0, f"the last leg ends with {code}: {job.text()}")
    expect_whole(folder, whole, f"{kills} kills")
    check(kills > 0, "nothing was killed")


def signalled(folder, whole, every):
    """The table of signals in the README."""
    for ranks, name, stops in ((2, "SIGUSR1", False), (1, "SIGUSR2", True), (3, "SIGTERM", True), (2, "SIGINT", True)):
        job = Job(folder, ranks, "--checkpoint-every-simulated", every, "--restart", "latest")
        check(job.wait_for_checkpoint(), f"{name}: a first checkpoint")
        os.kill(job.ranks_of_it()[-1], getattr(signal, name))  # any rank may get it
        if not stops:
            check(job.wait_for_checkpoint(), f"{name}: another checkpoint")
            check(job.process.poll() is None, f"{name}: the run goes on")
            os.kill(job.ranks_of_it()[0], signal.SIGUSR2)
        code = job.end()
        check(code == 75, f"{name}: the code is {code}: {job.text()}")
        expect_rows(folder, whole, last_checkpoint_ps(folder))
    job = Job(folder, 1, "--max-wall", "2s", "--restart", "latest")
    code = job.end()
    check(code in (0, 75), f"--max-wall: the code is {code}: {job.text()}")
    if code == 75:
        code = Job(folder, 2, "--restart", "latest").end()
    check(code == 0, f"the last leg ends with {code}")
    expect_whole(folder, whole, "signals")


def interrupted_twice(folder, every):
    """The other rank stands still, so that the first interrupt cannot have its effect before the second comes."""
    job = Job(folder, 2, "--checkpoint-every-simulated", every)
    check(job.wait_for_checkpoint(), "a first checkpoint")
    first, second = job.ranks_of_it()
    os.kill(second, signal.SIGSTOP)
    os.kill(first, signal.SIGINT)
    time.sleep(0.5)
    check(job.process.poll() is None, "one interrupt waits for all ranks")
    os.kill(first, signal.SIGINT)
    code = job.end()
    check(code == 128 + signal.SIGINT, f"a second interrupt ends it at once: {code}")


def damaged(folder, whole, every):
    """The newest checkpoint is damaged: the one before it serves. All are: a refusal."""
    job = Job(folder, 1, "--checkpoint-every-simulated", every)
    check(job.wait_for_checkpoint() and job.wait_for_checkpoint(), "two checkpoints")
    job.process.kill()
    job.end()
    where = os.path.join(folder, "out", "checkpoints")
    names = sorted(name for name in os.listdir(where) if name.endswith(".hck"))
    check(len(names) == 2, f"two are kept: {names}")

    def damage(name):
        with open(os.path.join(where, name), "r+b") as file:
            file.seek(-1, os.SEEK_END)
            byte = file.read(1)
            file.seek(-1, os.SEEK_END)
            file.write(bytes([byte[0] ^ 4]))

    def refused(*options):
        run = subprocess.run([HECATON, "run", "deck.toml", "--output", "out", *options], cwd=folder, text=True,
                             capture_output=True)
        check(run.returncode == 2 and run.stderr.count("hecaton: error: ") == 1, f"{options}: {run.returncode} {run.stderr}")
        return run.stderr
    check("another deck" in refused("--restart", "latest", "--set", "training.batch_sequences=4"), "another deck")
    check("--trains on" in refused("--restart", "latest", "--trains", "off"), "other trains")
    check("no such file" in refused("--restart", "nowhere"), "no such file")
    for time_text in ("5 parsecs", "0s", "-1m", "1m1h", "10", "1e400s"):
        check("is no time" in refused("--max-wall", time_text), time_text)
    damage(names[-1])
    check("damaged" in refused("--restart", os.path.join("out", "checkpoints", names[-1])), "a damaged file")
    job = Job(folder, 2, "--restart", "latest")
    code = job.end()
    check(code == 0 and "warning" in job.text() and names[0] in job.text(), f"the one before: {code} {job.text()}")
    expect_whole(folder, whole, "after damage")

    job = Job(folder, 1, "--checkpoint-every-simulated", every)
    check(job.wait_for_checkpoint(), "a checkpoint")
    job.process.kill()
    job.end()
    for name in os.listdir(where):
        if name.endswith(".hck"):
            damage(name)
    check("each of them is damaged" in refused("--restart", "latest"), "nothing to go on from")


def without_operations(folder, every):
    job = Job(folder, 2, "--trace", "none", "--checkpoint-every-simulated", every)
    check(job.wait_for_checkpoint(), "a checkpoint without rows")
    os.kill(job.ranks_of_it()[0], signal.SIGUSR2)
    check(job.end() == 75, "it stops")
    job = Job(folder, 1, "--restart", "latest")
    check(job.end() == 2 and "did not record operations" in job.text(), f"rows that are not there: {job.text()}")
    check(Job(folder, 3, "--trace", "none", "--restart", "latest").end() == 0, "it ends")


with tempfile.TemporaryDirectory(prefix="hecaton-restart-") as here:
    with open(os.path.join(here, "deck.toml"), "w") as file:
        file.write(DECK)
    job = Job(here, 1)
    check(job.end() == 0, f"the undisturbed run: {job.text()}")
    whole = os.path.join(here, "whole.h5")
    shutil.move(os.path.join(here, "out", "trace.h5"), whole)
    shutil.rmtree(os.path.join(here, "out"))
    with h5py.File(whole) as file:
        every = f"{int(file.attrs['simulated_ps']) // (KILLS + 15)}ps"
    killed_at_random(here, whole, every)
    shutil.rmtree(os.path.join(here, "out"))
    if len(sys.argv) <= 3:
        signalled(here, whole, every)
        shutil.rmtree(os.path.join(here, "out"))
        damaged(here, whole, every)
        shutil.rmtree(os.path.join(here, "out"))
        without_operations(here, every)
        interrupted_twice(here, every)
print(f"{failures} failures")
sys.exit(1 if failures else 0)
