#!/usr/bin/env python3
"""collective_limits.py PROGRAM FOLDER [SIDE...]: all-reduces beside the limit of their links.

Simulates all-reduces of 1 KiB to 1 GiB over SIDE x SIDE dies (4, 8, 16, 32) of a mesh, a torus and rows and columns with bypass
rings, by every algorithm that fits and by "auto": links of 32 GB/s, an interface that keeps up with all links of its die,
additions that take no time. FOLDER gets table.csv and figure.svg.

The limit: N dies have to send 2 V (N - 1) in all, over all links of the package, and a die in a corner of an open mesh at
least V, over two links; then one flit has to come from the farthest die. Points of more than MOST_EVENTS expected events are left
out, and said to be.
"""
import csv
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "studies"))
import lines  # noqa: E402

GBPS, FLIT = 32.0, 64
SIZES = [2 ** 10, 2 ** 15, 2 ** 20, 2 ** 25, 2 ** 30]
TOPOLOGIES = ["mesh", "torus", "bypass-ring"]
WAYS = {"flat ring": ("hamiltonian-ring", 1, "one"), "flat ring, both ways": ("hamiltonian-ring", 2, "one"),
        "torus ring": ("torus-ring", 1, "one"), "torus ring, both ways": ("torus-ring", 2, "one"),
        "all axes": ("ring", 1, "all"), "all axes, both ways": ("ring", 2, "all"),
        "halving-doubling": ("halving-doubling", 1, "one"), "swing": ("swing", 1, "one"), "auto": ("auto", 1, "one")}
MOST_EVENTS = 12e6


def deck(rows, columns, topology, way, size, operation="all-reduce"):
    algorithm, directions, axes = way
    return f"""[workload]
kind = "collective"
[package]
rows = {rows}
columns = {columns}
topology = "{topology}"
[link]
bandwidth_GBps = {GBPS}
latency_ns = 2
flit_bytes = {FLIT}
[interface]
ports = 4
[die]
vector_GBps = 0
[collective]
operation = "{operation}"
group = "package"
algorithm = "{algorithm}"
directions = {directions}
axes = "{axes}"
bytes = {size}
"""


def seconds(program, text, folder, way=("",)):
    """None: does not fit, or takes too many events; else simulated seconds and events."""
    file = folder / "deck.toml"
    file.write_text(text)
    told = subprocess.run([program, "validate", file], text=True, capture_output=True)
    if told.returncode == 2:
        return None
    expected = re.search(r"events, about.*", told.stdout)[0]  # a number, or a range
    counts = [float(n) * {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}[unit]
              for n, unit in re.findall(r"([\d.]+) ?([kMGT]?)\b", expected)]
    contends = way[0] in ("halving-doubling", "swing")  # then it is rather the upper end
    if (max if contends else min)(counts) > MOST_EVENTS:
        return "left out"
    subprocess.run([program, "run", file, "--trace", "none", "--output", folder / "out", "--fresh"], check=True,
                   capture_output=True)
    summary = json.loads((folder / "out" / "summary.json").read_text())
    return summary["simulated_ps"] * 1e-12, summary["events"]


def limit(side, topology, size, hop):
    dies = side * side
    is_torus = topology == "torus"
    links = 4 * dies if is_torus else 4 * side * (side - 1)
    corner = 4 if is_torus else 2
    sent_by_all = 2 * size * (dies - 1) / 1e9 / GBPS
    farthest = 2 * (side // 2) if is_torus else 2 * (side - 1)
    return max(sent_by_all / links, size / corner / 1e9 / GBPS) + farthest * hop


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    sides = [int(side) for side in sys.argv[3:]] or [4, 8, 16, 32]
    os.makedirs(folder, exist_ok=True)
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        scratch = pathlib.Path(temporary)
        one_flit = [seconds(program, deck(1, n, "mesh", ("tree", 1, "one"), FLIT, "broadcast"), scratch)[0] for n in (2, 3)]
        hop = one_flit[1] - one_flit[0]
        for side, topology, size in itertools.product(sides, TOPOLOGIES, SIZES):
            least = limit(side, topology, size, hop)
            for name, way in WAYS.items():
                found = seconds(program, deck(side, side, topology, way, size), scratch, way)
                if found is None:
                    continue
                row = {"side": side, "topology": topology, "bytes": size, "way": name, "limit_us": round(least * 1e6, 4)}
                if found != "left out":
                    row |= {"time_us": round(found[0] * 1e6, 4), "over_limit": round(found[0] / least, 3), "events": found[1]}
                rows.append(row)
                print(*row.values(), flush=True)
    with open(folder / "table.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, ["side", "topology", "bytes", "way", "limit_us", "time_us", "over_limit", "events"])
        writer.writeheader()
        writer.writerows(rows)
    side = sides[-1]
    series = {}
    for name in WAYS:
        found = {row["bytes"]: row.get("over_limit") for row in rows
                 if row["side"] == side and row["topology"] == "torus" and row["way"] == name}
        if all(found.get(size) for size in SIZES):
            series[name] = [found[size] for size in SIZES]
    if series:
        (folder / "figure.svg").write_text(
            lines.draw(f"All-reduce on a {side} x {side} torus", "bytes", "time over the limit of the links", SIZES, series))


if __name__ == "__main__":
    main()
