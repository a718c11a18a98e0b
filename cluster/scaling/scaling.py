#!/usr/bin/python3
"""How much faster the simulator gets on more ranks: runs, a table and a figure.

  scaling.py strong --ranks 1,2,4,8 DECK              one deck on more and more ranks
  scaling.py weak --ranks 1,4,16 DECK DECK DECK       a larger deck for each rank count
  scaling.py weak --ranks 1,4 --grow package.rows=4,8 --grow package.columns=4,8 DECK

Runs here, one at a time, with --launcher mpirun (or srun, within an allocation); with --slurm each run is a batch job
of cluster/job.sbatch, which takes its settings from the environment (NODES, BIND, SBATCH_TIMELIMIT, ...). Of --repeat
runs of a kind the fastest counts. OUTPUT/scaling.csv and OUTPUT/scaling.svg say, for each rank count:

  wall_s         simulation, without the start of MPI and the writing of files; slowest_s: of all repeats
  speed_up       of strong scaling: time of the fewest ranks over this time. Of weak scaling: the same of events/s
  efficiency     speed_up over what as many times more ranks should give
  events_per_s   of all ranks together
  waiting        share of the ranks' time in which they waited for others; exchanging: in which they sent and received
  event_ns       time that the ranks spent per event
  memory_bytes   of the largest rank

With --predict 64,1024 (strong scaling) each of these rank counts, and each measured one from 2 on, is also played by
`hecaton dry-run`, at the time per event of the first runs; --cost latency-us=1 gives it another cost. What that says
stands in OUTPUT/prediction.csv and beside the measured points of the figure: for --sync window and null the time, and
speed-up and efficiency as above, windows, and the bytes that a rank sends.

Needs python3-h5py. A run that fails ends the study; so does a digest of strong scaling that is not that of the others.
"""
import argparse
import csv
import json
import os
import pathlib
import re
import subprocess
import sys
import time

import figure

JOB = pathlib.Path(__file__).resolve().parent.parent / "job.sbatch"
ENDED = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "DEADLINE"}


def fail(reason, code=1):
    print(f"scaling.py: error: {reason}", file=sys.stderr)
    sys.exit(code)


# --- what to run ---


def cases_of(arguments):
    """For each rank count the words that say what is simulated."""
    ranks, decks = arguments.ranks, arguments.decks
    if len(decks) not in (1, len(ranks)) or (arguments.kind == "strong" and len(decks) != 1):
        fail(f"{len(decks)} decks for {len(ranks)} rank counts; give one, or (weak scaling) one for each", 2)
    if arguments.kind == "strong" and arguments.grow:
        fail("--grow changes the deck; strong scaling keeps it", 2)
    cases = []
    for index, count in enumerate(ranks):
        words = [decks[index if len(decks) > 1 else 0]]
        for assignment in arguments.set:
            words += ["--set", assignment]
        for key, values in arguments.grow:
            if len(values) != len(ranks):
                fail(f"--grow {key} has {len(values)} values for {len(ranks)} rank counts", 2)
            words += ["--set", f"{key}={values[index]}"]
        cases.append((count, words))
    return cases


def validate(hecaton, cases):
    """Before anything runs."""
    for ranks, words in cases:
        done = subprocess.run([hecaton, "validate", *words, "--ranks", str(ranks)], text=True, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE)
        if done.returncode != 0:
            sys.stderr.write(done.stderr)
            sys.exit(done.returncode)


# --- running it ---


def run_words(words, output):
    return [*words, "--output", str(output), "--trace", "summary", "--progress", "none", "--fresh"]


def run_here(arguments, ranks, words, output):
    launch = [] if ranks == 1 and arguments.launcher == "mpirun" else {
        "mpirun": ["mpirun", "-n", str(ranks)],
        "srun": ["srun", "--mpi=pmix", f"--ntasks={ranks}", "--kill-on-bad-exit=1"]}[arguments.launcher]
    with open(output.parent / f"{output.name}.log", "w") as log:
        command = [*launch, arguments.hecaton, "run", *run_words(words, output)]
        if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log).returncode != 0:
            fail(f"a run on {ranks} ranks failed; see {log.name}")


def submit(arguments, ranks, words, output):
    environment = dict(os.environ, HECATON=arguments.hecaton, RANKS=str(ranks), LAUNCHER=arguments.launcher)
    done = subprocess.run([JOB, *run_words(words, output)], text=True, env=environment, stdout=subprocess.PIPE)
    if done.returncode != 0:
        fail(f"a run on {ranks} ranks could not be submitted")
    # A site's own lines may stand before and after it.
    jobs = re.findall(r"^Submitted batch job (\d+)\b", done.stdout, re.MULTILINE)
    if not jobs:
        fail(f"sbatch does not say which job the run on {ranks} ranks is: {done.stdout!r}")
    return jobs[-1]


def wait_for_jobs(jobs):
    while jobs:
        time.sleep(1)
        states = subprocess.run(["squeue", "--noheader", "--states=all", f"--jobs={','.join(jobs)}", "--format=%i %T"],
                                text=True, stdout=subprocess.PIPE)
        if states.returncode != 0:
            fail("Slurm does not say how the jobs are (squeue fails)")
        for job, state in (line.split() for line in states.stdout.splitlines() if len(line.split()) == 2):
            if job not in jobs:
                continue
            if state == "COMPLETED":
                jobs.remove(job)
            elif state in ENDED:
                fail(f"job {job} ended as {state}; see its log")


def run_all(arguments, cases):
    """The folders of the repeats of each case."""
    folders = []
    jobs = []
    for ranks, words in cases:
        folders.append([arguments.output / f"{ranks}-ranks-{repeat + 1}" for repeat in range(arguments.repeat)])
        for folder in folders[-1]:
            if arguments.slurm:
                jobs.append(submit(arguments, ranks, words, folder))
            else:
                run_here(arguments, ranks, words, folder)
                print(f"{ranks} ranks: {json.loads((folder / 'summary.json').read_text())['wall_s']:.3f} s", flush=True)
    wait_for_jobs(jobs)
    return folders


# --- what came out ---


def read_run(folder):
    import h5py  # here, so that --help works without it
    summary = json.loads((folder / "summary.json").read_text())
    with h5py.File(folder / "trace.h5", "r") as trace:
        ranks = trace["provenance/ranks"]
        spent = {name: float(ranks[f"{name}_s"][:].sum()) for name in ("computing", "waiting", "exchanging")}
    total = sum(spent.values())
    summary["computing_s"] = spent["computing"]
    summary["shares"] = {name: seconds / total if total > 0 else 0.0 for name, seconds in spent.items()}
    return summary


def table_of(kind, folders):
    """One row per rank count; the first is what the others are compared to."""
    runs = [[read_run(folder) for folder in repeats] for repeats in folders]
    digests = {run["digest"] for repeats in runs for run in repeats}
    if kind == "strong" and len(digests) != 1:
        fail(f"the digests differ: {sorted(digests)}; please report this")
    rows = []
    for repeats in runs:
        best = min(repeats, key=lambda run: run["wall_s"])
        rows.append({"ranks": best["ranks"], "deck": best["deck"], "dies": best["rows"] * best["columns"],
                     "wall_s": best["wall_s"], "slowest_s": max(run["wall_s"] for run in repeats),
                     "events": best["events"], "events_per_s": best["events"] / best["wall_s"],
                     "windows": best["windows"], "waiting": best["shares"]["waiting"],
                     "exchanging": best["shares"]["exchanging"],
                     "event_ns": best["computing_s"] * 1e9 / max(1, best["events"]), "memory_bytes": best["peak_rss_bytes"],
                     "digest": best["digest"]})
    compare(kind, rows)
    return rows


def compare(kind, rows):
    first = rows[0]
    for row in rows:
        if kind == "strong":
            row["speed_up"] = first["wall_s"] / row["wall_s"]
        else:
            row["speed_up"] = row["events_per_s"] / first["events_per_s"]
        row["efficiency"] = row["speed_up"] * first["ranks"] / row["ranks"]


# --- what more ranks would do ---


def predict(arguments, words, rows):
    """A row for each rank count: the measured ones from 2 on, and those asked for."""
    counts = sorted({*arguments.predict, *(row["ranks"] for row in rows if row["ranks"] > 1)})
    costs = ["--event-ns", repr(rows[0]["event_ns"])]
    for name, value in arguments.cost:
        costs += [f"--{name}", value]
    first = rows[0]
    predicted = []
    for count in counts:
        file = arguments.output / f"{count}-ranks-dry.json"
        command = [arguments.hecaton, "dry-run", *words, "--ranks", str(count), *costs, "--json", str(file)]
        done = subprocess.run(command, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if done.returncode != 0:
            sys.stderr.write(done.stderr)
            sys.exit(done.returncode)
        dry = json.loads(file.read_text())
        row = {"ranks": count, "windows": dry["windows"],
               "bytes_per_rank": sum(rank["bytes_sent"] for rank in dry["ranks"]) / count}
        for sync, seconds in (("window", dry["window_s"]), ("null", dry["promise_s"])):
            row[f"{sync}_s"] = seconds
            row[f"{sync}_speed_up"] = first["wall_s"] / seconds
            row[f"{sync}_efficiency"] = row[f"{sync}_speed_up"] * first["ranks"] / count
        predicted.append(row)
    return predicted


def write_csv(path, rows):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def print_predictions(rows):
    print(f"\n{'ranks':>6} {'predicted: window':>18} {'null':>12} {'windows':>10} {'bytes/rank':>12}")
    for row in rows:
        print(f"{row['ranks']:6} {row['window_s']:16.3f} s {row['null_s']:10.3f} s {row['windows']:10} "
              f"{row['bytes_per_rank'] / 1e6:9.3f} MB")


def print_table(rows):
    print(f"{'ranks':>6} {'dies':>7} {'time':>10} {'speed-up':>9} {'efficiency':>10} {'events/s':>10} {'waiting':>8} "
          f"{'memory/rank':>12}")
    for row in rows:
        print(f"{row['ranks']:6} {row['dies']:7} {row['wall_s']:8.3f} s {row['speed_up']:9.2f} {row['efficiency']:10.1%} "
              f"{row['events_per_s']:10.3g} {row['waiting']:8.1%} {row['memory_bytes'] / 1e6:9.1f} MB")


def whole_numbers(text):
    numbers = [int(word) for word in text.split(",")]
    if sorted(set(numbers)) != numbers or numbers[0] < 1:
        raise ValueError(text)
    return numbers


def growth(text):
    key, values = text.split("=", 1)
    return key, values.split(",")


def assignment(text):
    name, value = text.split("=", 1)
    return name, value


def positive(text):
    if int(text) < 1:
        raise ValueError(text)
    return int(text)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("strong", "weak"))
    parser.add_argument("decks", nargs="+", metavar="DECK")
    parser.add_argument("--ranks", type=whole_numbers, required=True, help="rank counts, growing: 1,2,4")
    parser.add_argument("--grow", type=growth, action="append", default=[], metavar="KEY=V1,V2,...",
                        help="a key of the deck with a value for each rank count (repeatable)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as of hecaton run (repeatable)")
    parser.add_argument("--repeat", type=positive, default=3, help="runs of each rank count")
    parser.add_argument("--launcher", choices=("mpirun", "srun"), default="mpirun")
    parser.add_argument("--slurm", action="store_true", help="each run a batch job")
    parser.add_argument("--hecaton", default="hecaton", help="the program")
    parser.add_argument("--predict", type=whole_numbers, default=[], metavar="N,...", help="play runs on so many ranks")
    parser.add_argument("--cost", type=assignment, action="append", default=[], metavar="NAME=VALUE",
                        help="of hecaton dry-run (repeatable): latency-us=1")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("out/scaling"))
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    cases = cases_of(arguments)
    if arguments.predict and (arguments.kind != "strong" or arguments.predict[0] < 2):
        fail("--predict is for strong scaling, and for two ranks or more", 2)
    validate(arguments.hecaton, [*cases, *((count, cases[0][1]) for count in arguments.predict)])
    arguments.output.mkdir(parents=True, exist_ok=True)
    rows = table_of(arguments.kind, run_all(arguments, cases))
    write_csv(arguments.output / "scaling.csv", rows)
    predictions = predict(arguments, cases[0][1], rows) if arguments.predict else []
    title = f"{arguments.kind.capitalize()} scaling: {', '.join(dict.fromkeys(row['deck'] for row in rows))}"
    (arguments.output / "scaling.svg").write_text(figure.draw(title, rows, predictions))
    print_table(rows)
    if predictions:
        write_csv(arguments.output / "prediction.csv", predictions)
        print_predictions(predictions)
    print(f"\n{arguments.output / 'scaling.csv'}\n{arguments.output / 'scaling.svg'}")


if __name__ == "__main__":
    main()
