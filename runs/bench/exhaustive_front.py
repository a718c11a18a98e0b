#!/usr/bin/env python3
"""exhaustive_front.py PROGRAM SEARCH [WORKERS]: is the front of a search that of its whole space?

Simulates every point of the space with `hecaton sweep`, finds the front by looking at every pair, runs `hecaton search` in a
folder of its own and compares. Prints how many points were simulated of how many, and the time of both. Needs Python 3.11.
"""
import csv
import pathlib
import subprocess
import sys
import tempfile
import time
import tomllib


def expanded(value):
    if not isinstance(value, dict):
        return value
    values, at = [], value["from"]
    while at <= value["to"] * (1 + 1e-12):
        values.append(at)
        at = at + value["step"] if "step" in value else at * value["factor"]
    return values


def flat(table, prefix=""):
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and "from" not in value:
            yield from flat(value, name + ".")
        else:
            yield name, expanded(value)


def text_of(value):
    if isinstance(value, list):
        return "[" + ", ".join(text_of(each) for each in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def study_of(search, folder):
    lines = ["[study]", f'deck = "{(folder / search["search"]["deck"]).resolve()}"', 'trace = "none"']
    for name, own in (("list", "list"), ("space", "grid")):
        if name in search:
            lines += [f"[{own}]"] + [f"{key} = {text_of(value)}" for key, value in flat(search[name])]
    return "\n".join(lines) + "\n"


def figure(row, measure):
    if measure == "power_W":
        return float(row["training.energy_J.total"]) / float(row["training.step_s"])
    cost = measure in ("package_usd", "usd_per_tokens_per_s", "substrate_mm2", "die_mm2")
    return float(row[f"training.{'cost.' if cost else ''}{measure}"])


def front_of(rows, goals, limits):
    points = [(tuple(figure(row, goal) for goal in goals), row["point"]) for row in rows
              if not row.get("infeasible") and all(figure(row, name) <= most for name, most in limits.items())]
    worse = lambda a, b: b != a and all(y <= x for x, y in zip(a, b))
    return {name for values, name in points if not any(worse(values, other) for other, _ in points)}


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def timed(*words):
    start = time.monotonic()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - start


def main():
    program, path, workers = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "2"
    search = tomllib.loads(path.read_text())
    goals = search["search"].get("goals", ["step_s", "package_usd"])
    with tempfile.TemporaryDirectory() as name:
        here = pathlib.Path(name)
        (here / "study.toml").write_text(study_of(search, path.parent))
        whole_s = timed(program, "sweep", here / "study.toml", "--output", here / "whole", "--at-once", workers, "--skip-infeasible")
        search_s = timed(program, "search", path, "--output", here / "part", "--at-once", workers)
        whole, part = read(here / "whole/table.csv"), read(here / "part/table.csv")
        expected = front_of(whole, goals, search.get("limits", {}))
        found = {row["point"] for row in read(here / "part/front.csv")}
    verdict = "the same front" if found == expected else f"ANOTHER FRONT: {len(expected - found)} missing, {len(found - expected)} too many"
    print(f"{path.stem}: {len(whole)} points in {whole_s:.0f} s; {len(part)} simulated ({100 * len(part) / len(whole):.1f} %) in "
          f"{search_s:.0f} s; {len(expected)} on the front: {verdict}")
    sys.exit(found != expected)


main()
