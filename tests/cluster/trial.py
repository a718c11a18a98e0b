"""A chain, a sweep and an array that are disturbed at random moments: killed, requeued, cancelled, submitted again, started
twice. Nothing is simulated twice but the stretch since the last checkpoint, no file of the user's changes, tables are
complete, and every digest is that of an undisturbed run.

trial.py HECATON ROOT [INTERRUPTIONS [SEED]]: so many interruptions (6), chosen from SEED (the clock).
"""
import collections
import csv
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

from cluster import CHAIN, TRAFFIC, alone, digest, hears_signals, ranks_of, start_cluster, state
from harness import HECATON, check, finish, need, run, wait_for

INTERRUPTIONS = int(sys.argv[3]) if len(sys.argv) > 3 else 6
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else time.time_ns()
MOST_S = 50 if INTERRUPTIONS < 20 else 12 * INTERRUPTIONS  # until the last interruption
CHAIN_CYCLES = 150_000
POINT_CYCLES = [2_000_000, 100, 2_500_000]
ENDED = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL"}


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


class Work:
    """Something of the user's that goes on until it has ended, whatever happens to it."""

    def __init__(self, here, name):
        self.here, self.name = here, name

    def logs(self):
        """What the runs in each output folder have said."""
        raise NotImplementedError

    def victims(self):
        return [pid for folder in self.folders() for pid in ranks_of(folder)]

    def signal_rank(self, number):
        victims = [pid for pid in self.victims() if number == signal.SIGKILL or hears_signals(pid)]
        for pid in random.sample(victims, random.randint(1, len(victims))) if victims else []:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        return bool(victims)

    def call(self):
        """As the user would: again and again."""
        raise NotImplementedError


class Chain(Work):
    def __init__(self, here, name):
        super().__init__(here, name)
        self.output, self.jobs = here / name, []
        write(here / f"{name}.toml", TRAFFIC + f"{CHAIN_CYCLES}\n")
        write(self.output / "notes.txt", "of the user")
        write(self.output / "checkpoints/checkpoint-notes.txt", "of the user")

    def folders(self):
        return [self.output]

    def logs(self):
        return {self.output: "".join(path.read_text() for job in self.jobs for path in self.here.glob(f"hecaton-*-{job}.log"))}

    def is_queued(self):
        return bool(self.jobs) and not set(state(self.jobs[-1])) <= ENDED

    def call(self):
        said = run([CHAIN, f"{self.name}.toml", "--output", self.output, "--trace", "none", "--progress", "plain"], self.here,
                   env=dict(os.environ, RANKS="2", CHECKPOINT_EVERY="500ms", MOST_RESTARTS="1000", SBATCH_TIMELIMIT="60"))
        if said.returncode == 0 and "has ended already" in said.stdout:
            check(self.has_ended(), f"nothing is submitted: {said}")
            return
        if self.is_queued():
            check(said.returncode == 2 and ("belongs to Slurm job" in said.stderr or "another run writes there" in said.stderr),
                  f"a second submission is refused: {said}")
            return
        need(said.returncode == 0, f"{self.name} is submitted: {said}")
        self.jobs.append(said.stdout.split()[-1])

    def requeue(self):
        return self.is_queued() and run(["scontrol", "requeue", self.jobs[-1]], self.here).returncode == 0

    def cancel(self):
        return self.is_queued() and run(["scancel", self.jobs[-1]], self.here).returncode == 0

    def start_beside(self):
        """By hand, in its folder: refused as long as it is the job's, or as long as there is a checkpoint."""
        was_queued = self.is_queued()
        said = run([HECATON, "run", f"{self.name}.toml", "--output", self.output, "--trace", "none", "--progress", "none",
                    *random.choice(([], ["--fresh"], ["--restart", "latest"]))] if was_queued else [HECATON, "--version"], self.here)
        check(said.returncode == 2 or not (was_queued and self.is_queued() and not self.has_ended()), f"nobody else runs there: {said}")
        return was_queued

    def has_ended(self):
        return (self.output / "summary.json").exists()

    def finish(self):
        def goes_on():
            if not self.has_ended() and not self.is_queued():
                self.call()
            return self.has_ended() and not self.is_queued()
        need(wait_for(goes_on, 300), f"{self.name} ends: {self.logs()}")
        left = sorted(str(path.relative_to(self.output)) for path in self.output.rglob("*"))
        check(left == ["checkpoints", "checkpoints/checkpoint-notes.txt", "notes.txt", "summary.json"], f"{self.name}: left are {left}")
        check(digest(self.output / "summary.json") == DIGESTS[CHAIN_CYCLES], f"{self.name}: the digest")


class Study(Work):
    def __init__(self, here, name):
        super().__init__(here, name)
        self.output = here / "out" / name
        write(here / "deck.toml", TRAFFIC + "100\n")
        write(here / f"{name}.toml", f'[study]\ndeck = "deck.toml"\n[grid]\ntraffic.measure_cycles = {POINT_CYCLES}\n')
        write(self.output / "notes.txt", "of the user")

    def folders(self):
        return list((self.output / "points").glob("*"))

    def logs(self):
        return {folder: (folder / "log").read_text() for folder in self.folders() if (folder / "log").exists()}

    def has_ended(self):
        return len(list(self.output.glob("points/*/summary.json"))) == len(POINT_CYCLES)

    def expect_table(self):
        with open(self.output / "table.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        check([int(row["traffic.measure_cycles"]) for row in rows] == POINT_CYCLES, f"{self.name}: the table is complete")
        check([row["digest"] for row in rows] == [DIGESTS[cycles] for cycles in POINT_CYCLES], f"{self.name}: digests")
        left = [path for path in self.output.rglob("*") if path.name in (".lock", ".job") or path.suffix in (".part", ".hck")]
        check(not left, f"{self.name}: left are {left}")


class Sweep(Study):
    process = None

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def call(self):
        words = [HECATON, "sweep", f"{self.name}.toml", "--at-once", "2"]
        if self.is_alive():
            said = run(words, self.here)
            check(said.returncode == 2 and "is being worked on" in said.stderr or not self.is_alive(), f"one at a time: {said}")
            return
        self.process = subprocess.Popen(words, cwd=self.here, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=open(self.here / f"{self.name}.said", "a"))

    def end(self, number):
        if not self.is_alive():
            return False
        self.process.send_signal(number)
        return True

    def finish(self):
        def goes_on():
            if not self.is_alive() and not self.has_ended():
                self.call()
            return self.has_ended() and not self.is_alive()
        need(wait_for(goes_on, 300), f"{self.name} ends: {(self.here / f'{self.name}.said').read_text()}")
        said = run([HECATON, "sweep", f"{self.name}.toml"], self.here)
        check(said.returncode == 0 and "3, 0 of them now" in said.stdout, f"nothing is left: {said}")
        self.expect_table()


class Array(Study):
    def jobs(self):
        return [path.read_text().strip() for path in self.output.glob("submissions/*/job")]

    def is_queued(self):
        return any(not set(state(job)) <= ENDED for job in self.jobs())

    def call(self):
        said = run([HECATON, "sweep", f"{self.name}.toml", "--slurm", "--points-per-task", "2", "--launcher", "srun"], self.here)
        need(said.returncode == 0, f"{self.name} is submitted: {said}")
        tasks = [point for path in self.output.glob("submissions/*/tasks") for point in path.read_text().split()]
        self.submitted = collections.Counter(tasks)

    def requeue(self):
        return self.is_queued() and run(["scontrol", "requeue", f"{self.jobs()[-1]}_{random.randrange(2)}"], self.here).returncode == 0

    def cancel(self):
        if not self.is_queued():
            return False
        run(["scancel", *self.jobs()], self.here)
        # Its ranks hear of it at once, and end a moment later.
        return wait_for(lambda: not self.is_queued(), 60)

    def finish(self):
        def goes_on():
            if not self.is_queued() and not self.has_ended():
                self.call()
            return self.has_ended() and not self.is_queued()
        need(wait_for(goes_on, 300), f"{self.name} ends: {self.logs()}")
        said = run([HECATON, "sweep", f"{self.name}.toml", "--slurm"], self.here)
        check("nothing to submit" in said.stdout, f"nothing is left: {said}")
        self.expect_table()


def halt_of(line):
    """Of a line about a checkpoint: its time in picoseconds."""
    number, unit = re.search(r" at ([\d.]+) ([mun]?s|ps) of simulated time", line).groups()
    return float(number) * {"s": 1e12, "ms": 1e9, "us": 1e6, "ns": 1e3, "ps": 1}[unit]


def expect_no_work_twice(folder, log):
    """A run begins where the last checkpoint was that any before it has told of, and nothing is run after its end."""
    reached, has_ended = 0, False
    for line in log.splitlines():
        if line.startswith("hecaton: checkpoint at "):
            reached = halt_of(line)
        elif line.startswith("hecaton: goes on from "):
            check(halt_of(line) >= reached * 0.999, f"{folder}: goes on behind {reached} ps: {line}\n{log}")
            check(not has_ended, f"{folder}: goes on after its end\n{log}")
        elif line.endswith(": the run begins at its start"):
            check(reached == 0 and not has_ended, f"{folder}: begins again\n{log}")
        elif line.startswith("progress: "):
            check(not has_ended, f"{folder}: runs after its end\n{log}")
        has_ended = has_ended or line.startswith("summary  ")
    check("begins anew" not in log, f"{folder}: nothing is removed\n{log}")


def actions_on(works):
    chain, sweep, array = works
    ranks = [(f"{name} to ranks of {work.name.rstrip('0123456789')}", lambda work=work, name=name: work.signal_rank(getattr(signal, name)))
             for work in works for name in ("SIGKILL", "SIGUSR1", "SIGUSR1", "SIGTERM", "SIGUSR2")]
    calls = [(f"{work.name.rstrip('0123456789')} again", lambda work=work: work.call() or True) for work in works]
    return ranks + calls + calls + [
        ("chain requeued", chain.requeue), ("chain cancelled", chain.cancel), ("run beside the chain", chain.start_beside),
        ("array requeued", array.requeue), ("array cancelled", array.cancel),
        ("sweep interrupted", lambda: sweep.end(signal.SIGINT)), ("sweep killed", lambda: sweep.end(signal.SIGKILL))]


def one_round(here, number, counts, until):
    works = [Chain(here, f"chain{number}"), Sweep(here, f"sweep{number}"), Array(here, f"array{number}")]
    mine = {path: path.read_bytes() for path in here.rglob("*") if path.is_file() and path.suffix in (".toml", ".txt")}
    for work in works:
        work.call()
    while sum(counts.values()) < INTERRUPTIONS and time.monotonic() < until and not all(work.has_ended() for work in works):
        time.sleep(random.random() * 2)
        what, action = random.choice(actions_on(works))
        if action():
            counts[what] += 1
            print(f"{sum(counts.values())}: {what}", flush=True)
        for work in works:
            if random.random() < 0.3 and not work.has_ended():
                work.call()
    for work in works:
        work.finish()
        for folder, log in work.logs().items():
            expect_no_work_twice(folder, log)
    changed = [path for path, content in mine.items() if not path.exists() or path.read_bytes() != content]
    check(not changed, f"files of the user's have changed: {changed}")


start_cluster()
random.seed(SEED)
print(f"seed {SEED}", flush=True)
with tempfile.TemporaryDirectory(prefix="hecaton-trial-") as working_folder:
    place = pathlib.Path(working_folder)
    write(place / "alone.toml", TRAFFIC + "100\n")
    DIGESTS = {cycles: alone(place, "alone.toml", f"alone-{cycles}", "--set", f"traffic.measure_cycles={cycles}")
               for cycles in {CHAIN_CYCLES, *POINT_CYCLES}}
    seen, end = collections.Counter(), time.monotonic() + MOST_S
    rounds = 0
    while rounds == 0 or (sum(seen.values()) < INTERRUPTIONS and time.monotonic() < end):
        rounds += 1
        one_round(place, rounds, seen, end)
    print(f"{rounds} rounds, {sum(seen.values())} interruptions: {dict(seen)}")
finish()
