"""`hecaton cost` and `hecaton search`: parts that add up; the front of a whole space from a part of it, whoever works on it and
whatever interrupts it; mistakes."""
import csv
import json
import os
import signal
import subprocess
import time

from harness import DECKS, HECATON, check, error_lines, files_below, finish, folder, run, write

DECK = """[workload]
kind = "training"
[package]
rows = 2
columns = 2
topology = "bypass-ring"
[training]
batch_sequences = 4
sequence_length = 64
[training.model]
name = "small"
hidden = 256
ffn = 704
heads = 8
kv_heads = 4
layers = 2
vocabulary = 512
"""
SPACE = """die.peak_TFLOPS = {peak}
link.bandwidth_GBps = {link}
package.columns = [2, 4]
memory.bandwidth_GBps = [12.8, 51.2]
"""
SEARCH = ('[search]\ndeck = "small.toml"\ngoals = ["step_s", "package_usd"]\n[space]\n' +
          SPACE.format(peak="{ from = 0.5, to = 8, factor = 2 }", link="{ from = 8, to = 32, step = 8 }"))
STUDY = ('[study]\ndeck = "small.toml"\ntrace = "none"\n[grid]\n' +
         SPACE.format(peak="[0.5, 1.0, 2.0, 4.0, 8.0]", link="[8.0, 16.0, 24.0, 32.0]"))
KEYS = ["die.peak_TFLOPS", "link.bandwidth_GBps", "package.columns", "memory.bandwidth_GBps"]


def rows(*path):
    with open(os.path.join(*path), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def costs(here):
    process = run(["cost", "small.toml", "--set", "cost.wafer_usd=5000"], here)
    check(process.returncode == 0 and "compute dies" in process.stdout and "ASSUMED" in process.stdout, f"a price: {process.stderr!r}")
    told = json.loads(run(["cost", "small.toml", "--json"], here).stdout)
    parts = ["dies_usd", "io_dies_usd", "substrate_usd", "assembly_usd", "loss_usd", "memory_usd"]
    whole = told["package"]["package_usd"]["value"]
    check(abs(sum(told["package"][part]["value"] for part in parts) - whole) < 1e-9 * whole, f"parts add up to {whole}: {told}")
    check(told["die"]["sram_mm2"]["tag"] == "PUBLIC" and told["package"]["memory_usd"]["tag"] == "ASSUMED", f"tags: {told}")
    summary = run(["run", "small.toml", "--output", "priced", "--trace", "none", "--progress", "none"], here)
    with open(os.path.join(here, "priced/summary.json"), encoding="utf-8") as file:
        cost = json.load(file)["training"]["cost"]
    check(summary.returncode == 0 and cost["package_usd"] == whole, f"a run tells the same: {cost}")
    for words, said in ([f"{DECKS}/traffic-8x8.toml"], "workload.kind"), (["small.toml", "--set", "cost.wafer_mm=10", "--set", "cost.wafer_edge_mm=4"], "cost.wafer_mm"):
        process = run(["cost", *words], here)
        check(process.returncode == 2 and said in process.stderr and process.stdout == "", f"{words}: {process.returncode} {process.stderr!r}")


def exhaustive(here):
    """Values of the keys of all points that nothing dominates."""
    check(run(["sweep", "study.toml", "--output", "all", "--at-once", "2"], here).returncode == 0, "a sweep of the whole space")
    points = [(float(row["training.step_s"]), float(row["training.cost.package_usd"]), tuple(row[key] for key in KEYS))
              for row in rows(here, "all/table.csv")]
    check(len(points) == 80, f"{len(points)} points")
    dominated = lambda a: any(b[0] <= a[0] and b[1] <= a[1] and b[:2] != a[:2] for b in points)
    return sorted(point[2] for point in points if not dominated(point)), len(points)


def front(here, output):
    return sorted(tuple(row[key] for key in KEYS) for row in rows(here, output, "front.csv"))


def fronts(here):
    expected, count = exhaustive(here)
    for workers in "1", "2":
        output = f"workers{workers}"
        process = run(["search", "small-search.toml", "--output", output, "--at-once", workers], here)
        check(process.returncode == 0, f"{workers} workers: {process.stderr!r}")
        check(front(here, output) == expected, f"{workers} workers: {front(here, output)} for {expected}")
        simulated = len(rows(here, output, "table.csv"))
        check(simulated < count, f"{workers} workers: {simulated} of {count} simulated")
        check("The front is that of the whole space." in process.stdout and "a tenth more" in process.stdout, f"words: {process.stdout}")
        for file in "front.svg", "front.txt", "front/1.toml":
            check(os.path.exists(os.path.join(here, output, file)), f"{output}/{file}")
        check(len(os.listdir(os.path.join(here, output, "front"))) == len(expected), "a deck of every point of the front")
    process = run(["validate", "workers1/front/1.toml"], here)
    check(process.returncode == 0, f"a deck of the front: {process.stderr!r}")
    interrupted(here, expected)


def interrupted(here, expected):
    """Killed with its runs, told to stop, out of time, and then to its end."""
    command = [HECATON, "search", "small-search.toml", "--output", "killed"]
    for how in signal.SIGKILL, signal.SIGTERM:
        process = subprocess.Popen(command, cwd=here, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(1)
        if how == signal.SIGKILL:
            os.killpg(process.pid, how)
        else:
            process.send_signal(how)
        process.wait(60)
    process = run(["search", "small-search.toml", "--output", "killed", "--budget", "1ms"], here)
    check(process.returncode == 75 and "NOT COMPLETE" in process.stdout, f"out of time: {process.returncode} {process.stdout!r} {process.stderr!r}")
    process = run(["search", "small-search.toml", "--output", "killed", "--at-once", "2"], here)
    check(process.returncode == 0 and front(here, "killed") == expected, f"and goes on: {process.stderr!r} {front(here, 'killed')}")


def limits(here):
    write(f"{here}/limited.toml", SEARCH + "[limits]\ndie_mm2 = 40\n")
    process = run(["search", "limited.toml", "--bounds"], here)
    check(process.returncode == 0 and "beyond a limit" in process.stdout, f"bounds: {process.stderr!r}")
    check(not os.path.exists(os.path.join(here, "out")), "bounds write nothing")


def mistakes(here):
    before = files_below(here)
    cases = [
        (SEARCH.replace("step_s", "step"), "search.goals", "did you mean"),
        (SEARCH.replace('goals = ["step_s", "package_usd"]', "goals = []"), "search.goals", "names no goals"),
        (SEARCH.split("[space]")[0], "space", "is empty"),
        (SEARCH.replace(", step = 8 }", " }"), "link.bandwidth_GBps", "without steps"),
        (SEARCH.replace("step = 8 }", "step = 0 }"), "link.bandwidth_GBps", "never ends"),
        (SEARCH.replace("from = 8, to = 32", "from = 32, to = 8"), "link.bandwidth_GBps", "is empty"),
        (SEARCH.replace("step = 8 }", "step = 1e-9 }"), "link.bandwidth_GBps", "too many points"),
        (SEARCH + "[limits]\npackage_usd = 1\n", "limits.package_usd", "the nearest one has at least"),
        (SEARCH + "[limits]\nweight = 1\n", "limits", "cannot be"),
        (SEARCH + "[limits]\npower_W = \"much\"\n", "limits.power_W", "is no number"),
        (SEARCH.replace("package.columns = [2, 4]", "package.columns = [3, 5]").replace("[search]", "[search]\nranks = 64"), "package.rows", "fewer dies"),
        (SEARCH.replace("small.toml", f"{DECKS}/traffic-8x8.toml").replace("die.peak_TFLOPS", "package.rows").replace("{ from = 0.5, to = 8, factor = 2 }", "[2, 4]").replace("memory.bandwidth_GBps = [12.8, 51.2]\n", ""), "workload.kind", "no training step"),
    ]
    for text, key, problem in cases:
        write(f"{here}/wrong.toml", text)
        process = run(["search", "wrong.toml", "--output", "wrong"], here)
        lines = error_lines(process)
        check(process.returncode == 2 and len(lines) == 1 and key in lines[0] and problem in lines[0],
              f"{key} {problem}: {process.returncode} {process.stderr!r}")
    os.remove(f"{here}/wrong.toml")
    check(files_below(here) == before, "mistakes write nothing")


with folder() as here:
    write(f"{here}/small.toml", DECK)
    write(f"{here}/small-search.toml", SEARCH)
    write(f"{here}/study.toml", STUDY)
    costs(here)
    limits(here)
    mistakes(here)
    fronts(here)
    for name in sorted(os.listdir(f"{DECKS}/../searches")):
        if not name.endswith(".toml"):
            continue
        process = run(["search", f"{DECKS}/../searches/{name}", "--bounds"], here)
        check(process.returncode == 0, f"{name}: {process.stderr!r}")
finish()
