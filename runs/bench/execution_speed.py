#!/usr/bin/env python3
"""execution_speed.py PROGRAM FOLDER [NODES]: how fast execution traces run, and in how much memory.

Two kinds of traces on 4 x 4 dies, with NODES (1,000,000) nodes a rank and with a tenth of that: computations alone (each waits
for one or two before it; all ranks share one file), which is what reading, checking and dependencies cost; and the mix of
`make_traces.py --nodes`, with loads, stores, messages to neighbours and all-reduces through routers, up to 100,000 nodes a rank.
On one process and on two. Prints a table; FOLDER keeps the traces.
"""
import json
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "execution"))
import chakra  # noqa: E402
import make_traces  # noqa: E402

RANKS = 16
MOST_MIXED = 100_000
DECK = """[workload]
kind = "execution"
[package]
rows = 4
columns = 4
topology = "mesh"
[execution]
traces = "trace.{rank}.et"
"""


def computations(folder, nodes):
    first = folder / "trace.0.et"
    with open(first, "wb") as file:
        trace = chakra.Trace(file)
        for number in range(nodes):
            after = {number - 1, number - 1 - 7 * (number % 3)} if number >= 15 else set()
            trace.compute("product", 1 << 30, 1 << 20, data=sorted(after))
    for rank in range(1, RANKS):
        os.link(first, folder / f"trace.{rank}.et")


def mixed(folder, nodes):
    for rank in range(RANKS):
        with open(folder / f"trace.{rank}.et", "wb") as file:
            make_traces.large(chakra.Trace(file), rank, RANKS, nodes)


def measure(program, folder, processes):
    launcher = ["mpirun", "-n", str(processes)] if processes > 1 else []
    begun = time.monotonic()
    subprocess.run([*launcher, program, "run", "deck.toml", "--output", "out", "--fresh", "--trace", "none", "--progress",
                    "none"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - begun
    summary = json.loads((folder / "out/summary.json").read_text())
    return seconds, summary


def main():
    program, folder = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
    most = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
    print(f"{'trace':14}{'nodes a rank':>14}{'processes':>11}{'events':>10}{'seconds':>9}{'simulating':>12}{'nodes/s':>10}"
          f"{'peak, MB':>10}")
    for name, write, limit in (("computations", computations, most), ("mixed", mixed, MOST_MIXED)):
        for nodes in sorted({min(most, limit) // 10, min(most, limit)}):
            here = folder / f"{name}-{nodes}"
            if not (here / "deck.toml").exists():
                here.mkdir(parents=True)
                write(here, nodes)
                (here / "deck.toml").write_text(DECK)
            for processes in (1, 2):
                seconds, summary = measure(program, here, processes)
                print(f"{name:14}{nodes:14,}{processes:11}{summary['events'] / 1e6:9.1f}M{seconds:9.1f}"
                      f"{summary['wall_s']:12.1f}{RANKS * nodes / seconds / 1e6:9.2f}M"
                      f"{summary['peak_rss_bytes'] / 1e6:10.0f}", flush=True)


if __name__ == "__main__":
    main()
