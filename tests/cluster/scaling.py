"""cluster/scaling: its table agrees with the summaries and traces of its runs, its figure has every point."""
import csv
import json
import os
import pathlib
import re
import sys
import tempfile
import xml.etree.ElementTree

import h5py
from harness import HECATON, ROOT, check, finish, need, run

SCALING = [sys.executable, "-B", ROOT / "cluster/scaling/scaling.py"]
DECK = """[workload]
kind = "traffic"
[package]
rows = 4
columns = 4
[link]
latency_ns = 1.5  # no whole cycles: what runs is what a dry run plays
[traffic]
measure_cycles = 500
"""


def study(here, *words, code=0):
    process = run([*SCALING, *words, "--hecaton", HECATON], here)
    need(process.returncode == code, f"{words} ends with {process.returncode}: {process.stderr}")
    return process


def rows_of(here, kind):
    with open(here / kind / "scaling.csv", newline="") as file:
        return list(csv.DictReader(file))


def waiting_share(folder):
    with h5py.File(folder / "trace.h5") as trace:
        spent = {name: sum(trace[f"provenance/ranks/{name}_s"][:]) for name in ("computing", "waiting", "exchanging")}
    return spent["waiting"] / sum(spent.values())


def close(text, value):
    return abs(float(text) - value) <= 1e-9 * abs(value)


def check_predictions(here, ranks):
    measured = rows_of(here, "foreseen")
    with open(here / "foreseen/prediction.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    check([int(row["ranks"]) for row in rows] == ranks, f"predictions for {ranks}: {rows}")
    for row in rows:
        dry = json.loads((here / f"foreseen/{row['ranks']}-ranks-dry.json").read_text())
        check(dry["costs"]["latency_us"] == 3, "costs are handed on")
        check(close(measured[0]["event_ns"], dry["costs"]["event_ns"]), "the time per event is measured")
        check(dry["events"] == int(measured[0]["events"]), "the events are those of the deck")
        check(close(row["window_s"], dry["window_s"]) and close(row["null_s"], dry["promise_s"]), f"times of {row}")
        speed_up = float(measured[0]["wall_s"]) / dry["promise_s"]
        check(close(row["null_speed_up"], speed_up) and close(row["null_efficiency"], speed_up / int(row["ranks"])),
              f"speed-up of {row}")
    figure = xml.etree.ElementTree.parse(here / "foreseen/scaling.svg")
    squares = [one for one in figure.findall(".//{http://www.w3.org/2000/svg}rect") if one.get("width") == "5"]
    check(len(squares) == 3 * 2 * len(ranks), f"time, speed-up, efficiency by two synchronisers: {len(squares)} points")


def check_rows(here, kind, ranks, repeats, scaling=None):
    rows = rows_of(here, kind)
    check([int(row["ranks"]) for row in rows] == ranks, f"{kind}: a row for each rank count: {rows}")
    best = []
    for row in rows:
        folders = [here / kind / f"{row['ranks']}-ranks-{repeat + 1}" for repeat in range(repeats)]
        summaries = [(json.loads((folder / "summary.json").read_text()), folder) for folder in folders]
        fastest, folder = min(summaries, key=lambda pair: pair[0]["wall_s"])
        best.append(fastest)
        check(fastest["ranks"] == int(row["ranks"]), f"{kind}: runs on {fastest['ranks']} ranks")
        check(close(row["wall_s"], fastest["wall_s"]), f"{kind}: the fastest of the repeats")
        check(close(row["slowest_s"], max(summary["wall_s"] for summary, _ in summaries)), f"{kind}: the slowest")
        check(close(row["events_per_s"], fastest["events"] / fastest["wall_s"]), f"{kind}: events/s")
        check(close(row["waiting"], waiting_share(folder)), f"{kind}: the share of waiting")
        check(int(row["memory_bytes"]) == fastest["peak_rss_bytes"], f"{kind}: memory")
        check(int(row["dies"]) == fastest["rows"] * fastest["columns"], f"{kind}: dies")
    for row, one in zip(rows, best):
        strong = best[0]["wall_s"] / one["wall_s"]
        weak = one["events"] / one["wall_s"] / (best[0]["events"] / best[0]["wall_s"])
        speed_up = strong if (scaling or kind) == "strong" else weak
        check(close(row["speed_up"], speed_up), f"{kind}: speed-up {row['speed_up']}, not {speed_up}")
        check(close(row["efficiency"], speed_up * best[0]["ranks"] / one["ranks"]), f"{kind}: efficiency")
    figure = xml.etree.ElementTree.parse(here / kind / "scaling.svg")
    points = figure.findall(".//{http://www.w3.org/2000/svg}circle")
    check(len(points) == 6 * len(ranks), f"{kind}: the figure has {len(points)} points")
    return rows


with tempfile.TemporaryDirectory(prefix="hecaton-scaling-") as name:
    here = pathlib.Path(name)
    (here / "deck.toml").write_text(DECK)
    printed = study(here, "strong", "--ranks", "1,2", "--repeat", "2", "--output", "strong", "deck.toml").stdout
    strong = check_rows(here, "strong", [1, 2], 2)
    check(strong[0]["digest"] == strong[1]["digest"], "strong scaling: one digest")
    check(len(re.findall(r"^ +\d+ +16 .* s .*%.*MB$", printed, re.M)) == 2, f"the table is printed: {printed}")

    foreseen = study(here, "strong", "--ranks", "1,2", "--repeat", "1", "--output", "foreseen", "--predict", "4,16",
                     "--cost", "latency-us=3", "deck.toml").stdout
    check_rows(here, "foreseen", [1, 2], 1, "strong")
    check_predictions(here, [2, 4, 16])
    check("predicted" in foreseen, "predictions are printed")

    study(here, "weak", "--ranks", "1,2", "--repeat", "1", "--grow", "package.rows=2,4", "--output", "weak", "deck.toml")
    weak = check_rows(here, "weak", [1, 2], 1)
    check([row["dies"] for row in weak] == ["8", "16"], "weak scaling: the package grows")

    before = set(os.listdir(here))
    for words, code, said in (
            (["strong", "--ranks", "1,17", "deck.toml"], 2, "makes fewer dies than there are ranks"),
            (["strong", "--ranks", "1,2", "--grow", "package.rows=2,4", "deck.toml"], 2, "strong scaling keeps it"),
            (["weak", "--ranks", "1,2", "--grow", "package.rows=2", "deck.toml"], 2, "has 1 values for 2 rank counts"),
            (["weak", "--ranks", "1,2,4", "deck.toml", "deck.toml"], 2, "2 decks for 3 rank counts"),
            (["strong", "--ranks", "2,1", "deck.toml"], 2, "invalid whole_numbers value"),
            (["weak", "--ranks", "1,2", "--predict", "4", "deck.toml"], 2, "is for strong scaling"),
            (["strong", "--ranks", "1,2", "--predict", "17", "deck.toml"], 2, "makes fewer dies than there are ranks"),
            (["strong", "--ranks", "1", "none.toml"], 2, "does not exist")):
        process = study(here, *words, "--output", "bad", code=code)
        check(said in process.stderr, f"{words}: {process.stderr}")
    check(set(os.listdir(here)) == before, "nothing is written for what cannot run")
finish()
