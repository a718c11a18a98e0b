"""same_results.py OLD NEW [DECK...]: do two builds of the program give the same results?

Runs each deck (all shipped ones if none is given, cut to a size that takes seconds; not those of whole public training
runs, train-*, one layer of which still takes too long) with both programs at 1 and 3 ranks
and compares digest, summary.json and every dataset and attribute of trace.h5. What varies from run to run (host, dates,
wall times, rank count, build) is left out. Prints a line per deck; exits with 1 if anything differs. Needs h5py.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy as np

DECKS = pathlib.Path(__file__).resolve().parent.parent / "decks"
# Training decks of models take hours: one layer has every kind of operation.
SMALL_STEP = ["training.model.layers=1"]
SMALL_TRAFFIC = ["traffic.warmup_cycles=500", "traffic.measure_cycles=2000", "traffic.drain_cycles=500"]
VARIES = {"checksum", "deck_digest", "version", "git", "build_type", "ranks", "sync", "windows", "wall_s", "events_per_s", "peak_rss_bytes"}


def overrides_of(text):
    kind = text.split("kind")[1].split('"')[1]
    if kind == "traffic":
        return SMALL_TRAFFIC
    return SMALL_STEP if kind == "training" else []


def run(program, ranks, deck, folder):
    sets = [word for assignment in overrides_of(deck.read_text()) for word in ("--set", assignment)]
    command = ["mpirun", "-n", str(ranks), program, "run", str(deck), "--output", str(folder), "--progress", "none", *sets]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\nexit code {done.returncode}\n{done.stderr}")


def summary_of(folder):
    summary = json.loads((folder / "summary.json").read_text())
    return {key: value for key, value in summary.items() if key not in VARIES}


def differences(one, other):
    """Names of all that differs between two HDF5 files outside /provenance."""
    found = []

    def contents(file):
        content = {}
        for name, value in file.attrs.items():
            content["@" + name] = value
        def visit(name, item):
            if name.split("/")[0] == "provenance":
                return
            for key, value in item.attrs.items():
                content[f"{name}@{key}"] = value
            if isinstance(item, h5py.Dataset):
                content[name] = item[()]
        file.visititems(visit)
        return content

    with h5py.File(one) as a, h5py.File(other) as b:
        mine, theirs = contents(a), contents(b)
    for name in sorted(mine.keys() | theirs.keys()):
        if name not in mine or name not in theirs or not np.array_equal(mine[name], theirs[name]):
            found.append(name)
    return found


def compare(old, new, deck):
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        for ranks in (1, 3):
            for name, program in (("old", old), ("new", new)):
                run(program, ranks, deck, work / f"{name}-{ranks}")
        first = work / "old-1"
        wrong = []
        for other in sorted(work.iterdir()):
            if summary_of(other) != summary_of(first):
                wrong.append(f"{other.name}: summary.json")
            wrong += [f"{other.name}: {name}" for name in differences(first / "trace.h5", other / "trace.h5")]
        return summary_of(first)["digest"], wrong


def main(old, new, *decks):
    failed = False
    shipped = [deck for deck in sorted(DECKS.glob("*.toml")) if not deck.name.startswith("train-")]
    for deck in [pathlib.Path(name) for name in decks] or shipped:
        digest, wrong = compare(old, new, deck)
        failed = failed or bool(wrong)
        print(f"{deck.stem:40} {digest}  {'same' if not wrong else 'differs: ' + ', '.join(wrong)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    sys.exit(main(*sys.argv[1:]))
