"""differential.py PROGRAM MPIRUN [DECKS [SEED]]: the same random deck run in many ways gives the same result.

Each deck is run alone, event by event (`--trains off --clocked off`), and then by some of: trains, cycle by cycle, window
and null synchronisers, 2 to 5 ranks, three partitioners, with and without shared memory, stopped by a signal and restarted
on another number of ranks. Digest, results and every table of the trace must agree; what `validate` refuses `run` must refuse in the same words,
and neither may crash or hang. A deck that fails is made as small as it goes while it fails, and printed with the seed.

DECKS defaults to 24, SEED to today's date: a new one each day.
"""
import datetime
import hashlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

import drawn_deck
from program_content import content

VARIES = {"checksum", "version", "git", "build_type", "ranks", "sync", "windows", "wall_s", "events_per_s", "peak_rss_bytes", "events",
          "deck"}
SECONDS = 120


class Difference(Exception):
    """Two ways to run a deck that do not agree, or a crash."""


class Trial:
    """One deck in a folder of its own."""

    def __init__(self, program, mpirun, deck, folder):
        self.program, self.mpirun, self.folder = program, mpirun, pathlib.Path(folder)
        self.deck = self.folder / "deck.toml"
        self.deck.write_text(drawn_deck.text_of(deck))

    def command(self, ranks, words):
        launcher = [self.mpirun, "-n", str(ranks)] if ranks > 1 else []
        return [*launcher, self.program, *words]

    def finish(self, ranks, words, allowed):
        command = self.command(ranks, words)
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            raise Difference(f"no end within {SECONDS} s: {' '.join(command)}") from None
        if done.returncode not in allowed:
            raise Difference(f"exit code {done.returncode}: {' '.join(command)}\n{done.stderr[-1500:]}")
        return done

    def result(self, name):
        """The summary, and a hash of each table of the trace: operations, messages, stalls, bins and all else."""
        summary = json.loads((self.folder / name / "summary.json").read_text())
        found = {key: value for key, value in summary.items() if key not in VARIES}
        for path, value in content(self.folder / name / "trace.h5").items():
            found[f"trace: {path}"] = hashlib.sha256(repr(value).encode()).hexdigest()[:16]
        return found

    def compare(self, name, what, expected):
        found = self.result(name)
        different = sorted(key for key in found.keys() | expected.keys() if found.get(key) != expected.get(key))
        if different:
            raise Difference(f"{what}: " + "\n".join(f"{key}: {found.get(key)}, alone {expected.get(key)}" for key in different))

    def words(self, name, options):
        return ["run", str(self.deck), "--output", str(self.folder / name), "--progress", "none", "--trace", "messages", *options]

    def run(self, name, ranks, options, allowed=(0,)):
        return self.finish(ranks, self.words(name, options), allowed)

    def interrupted(self, name, ranks, then_ranks, options):
        """Stopped by a signal after a moment, then gone on with."""
        words = self.words(name, options)
        process = subprocess.Popen(self.command(ranks, words), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        time.sleep(0.1 + 0.2 * (ranks > 1))
        process.send_signal(signal.SIGUSR2)
        try:
            _, errors = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Difference(f"no end within {SECONDS} s after USR2, {ranks} ranks") from None
        if process.returncode not in (0, 75, -signal.SIGUSR2, 128 + signal.SIGUSR2):
            raise Difference(f"exit code {process.returncode} after USR2 on {ranks} ranks\n{errors[-1500:]}")
        if process.returncode != 0:
            self.run(name, then_ranks, [*options, "--restart", "latest"])


def error_of(done):
    return [line for line in done.stderr.splitlines() if "hecaton: error: " in line][:1]


def dies_of(deck):
    return deck["package.rows"] * deck["package.columns"]


def ways(dice, deck):
    """Some ways to run a deck: (ranks, options)."""
    most = min(5, dies_of(deck))
    on_off = lambda: dice.choice(["on", "off"])
    yield 1, ["--trains", "on"]
    if deck["workload.kind"] == "traffic":
        yield 1, ["--trains", on_off(), "--clocked", "on"]
    if most < 2 or deck["link.latency_ns"] == 0:
        return
    for sync in ("window", "null"):
        yield dice.randint(2, most), ["--trains", on_off(), "--clocked", on_off(), "--sync", sync, "--partition",
                                      dice.choice(["block", "strip", "scotch"])]


def try_deck(program, mpirun, deck, seed):
    """True if the deck was run, False if it was refused; raises Difference."""
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(program, mpirun, deck, folder)
        judged = trial.finish(1, ["validate", str(trial.deck)], (0, 2))
        first = trial.run("alone", 1, ["--trains", "off", "--clocked", "off"], (0, 2))
        if judged.returncode != first.returncode or error_of(judged) != error_of(first):
            raise Difference(f"validate: {judged.returncode} {error_of(judged)}\nrun: {first.returncode} {error_of(first)}")
        if judged.returncode == 2:
            if len(error_of(judged)) != 1:
                raise Difference(f"refused without a reason:\n{judged.stderr[-1500:]}")
            return False
        expected = trial.result("alone")
        for number, (ranks, options) in enumerate(ways(dice, deck)):
            name = f"way{number}"
            trial.run(name, ranks, options)
            trial.compare(name, f"{ranks} ranks, {' '.join(options)}", expected)
        if dice.random() < 0.25:
            ranks = dice.randint(1, min(3, dies_of(deck)))
            trial.interrupted("stopped", ranks, dice.randint(1, min(4, dies_of(deck))), [])
            trial.compare("stopped", f"stopped on {ranks} ranks and restarted", expected)
    return True


def fails(program, mpirun, deck, seed):
    try:
        try_deck(program, mpirun, deck, seed)
        return False
    except Difference:
        return True


def shrink(program, mpirun, deck, seed):
    """Leaves out what the failure does not need."""
    for key in list(deck):
        if key in ("workload.kind", "package.rows", "package.columns", "link.latency_ns"):
            continue
        smaller = {name: value for name, value in deck.items() if name != key}
        if fails(program, mpirun, smaller, seed):
            deck = smaller
    for key in [name for name, value in deck.items() if isinstance(value, int) and not isinstance(value, bool)]:
        while deck[key] > 1 and fails(program, mpirun, deck | {key: deck[key] // 2}, seed):
            deck = deck | {key: deck[key] // 2}
    return deck


def main(program, mpirun, decks="24", seed=None):
    seed = int(seed) if seed else int(datetime.date.today().strftime("%Y%m%d"))
    print(f"{decks} decks, seed {seed}", flush=True)
    failed = ran = 0
    for number in range(int(decks)):
        of_deck = seed * 1000003 + number
        deck = drawn_deck.draw(random.Random(of_deck))
        try:
            ran += try_deck(program, mpirun, deck, of_deck)
        except Difference as difference:
            failed += 1
            print(f"deck {number} fails: {difference}\nmade smaller:\n"
                  f"{drawn_deck.text_of(shrink(program, mpirun, deck, of_deck))}", flush=True)
    print(f"{ran} decks ran, {int(decks) - ran - failed} were refused, {failed} failed")
    assert int(decks) < 20 or ran >= int(decks) // 4, "too few decks make sense"
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    sys.path.append(os.path.dirname(__file__))
    sys.exit(main(*sys.argv[1:]))
