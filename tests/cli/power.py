"""`hecaton power`: energies of windows add up, and lie where operations were; limits; traces that tell no power."""
import csv
import json
import os

from harness import DECKS, check, error_lines, finish, folder, run, write

STEP = [f"{DECKS}/quickstart.toml", "--set", "training.batch_sequences=4", "--set", "training.model.layers=1", "--progress", "none"]
NO_ENERGY = ["matrix_pJ_per_MAC", "vector_pJ_per_byte", "sram_read_pJ_per_byte", "sram_write_pJ_per_byte", "router_pJ_per_bit", "static_W_per_die"]


def simulate(here, output, settings=(), trace="ops"):
    process = run(["run", *STEP, "--trace", trace, "--output", output, *settings], here)
    check(process.returncode == 0, f"{output}: {process.stderr!r}")
    with open(os.path.join(here, output, "summary.json"), encoding="utf-8") as file:
        return json.load(file)


def told(here, output, *options):
    process = run(["power", f"{output}/trace.h5", "--json", *options], here)
    check(process.returncode == 0 and not process.stderr, f"{output}: {process.stderr!r}")
    return json.loads(process.stdout)


def widths(seen):
    count = len(seen["windows"])
    return [min(seen["end_ps"], (i + 1) * seen["window_ps"]) - i * seen["window_ps"] for i in range(count)]


def joules(seen):
    return [window["package_W"] * width * 1e-12 for window, width in zip(seen["windows"], widths(seen))]


def near(a, b):
    return abs(a - b) <= 1e-9 * max(abs(a), abs(b), 1e-30)


def adds_up(here):
    step = simulate(here, "whole")["training"]
    for windows in "1", "7", "256", "5000":
        seen = told(here, "whole", "--windows", windows)
        check(near(sum(joules(seen)), step["energy_J"]["total"]), f"{windows} windows: {sum(joules(seen))} of {step['energy_J']['total']} J")
        check(near(seen["mean_W"], step["energy_J"]["total"] / step["step_s"]), f"{windows} windows, mean: {seen['mean_W']}")
        check(seen["peak_W"] == max(window["package_W"] for window in seen["windows"]), f"{windows} windows, peak")
        check(all(die["peak_W"] >= die["mean_W"] * (1 - 1e-9) for die in seen["dies"]), f"{windows} windows, dies")
    one = told(here, "whole", "--windows", "1")
    check(near(one["peak_W"], one["mean_W"]), "one window is the mean")


def lies_where_it_was_spent(here):
    """The matrix and vector units alone cost something: by the operations of each die, as a table says them."""
    free = [word for key in NO_ENERGY[1:] for word in ("--set", f"energy.{key}=0")]
    step = simulate(here, "matrix", [*free, "--set", "link.energy_pJ_per_bit=0", "--set", "memory.energy_pJ_per_bit=0"])["training"]
    check(step["energy_J"]["total"] == step["energy_J"]["compute"] > 0, f"energy: {step['energy_J']}")
    check(run(["export", "matrix/trace.h5", "--csv", "tables"], here).returncode == 0, "tables")
    read = lambda name: list(csv.DictReader(open(os.path.join(here, "tables", name), newline="", encoding="utf-8")))
    energy = {row["die"]: float(row["energy_compute_J [J]"]) for row in read("dies.csv")}
    busy = {}
    for row in read("operations.csv"):
        if row["kind"] in ("matmul", "vector"):
            busy.setdefault(row["die"], []).append((int(row["start_ps [ps]"]), int(row["end_ps [ps]"])))
    seen = told(here, "matrix", "--windows", "50")
    expected, at = [0.0] * len(seen["windows"]), seen["window_ps"]
    for die, spans in busy.items():
        per_ps = energy[die] / sum(end - start for start, end in spans)
        for start, end in spans:
            for i in range(start // at, min(len(expected) - 1, end // at) + 1):
                expected[i] += per_ps * max(0, min(end, (i + 1) * at) - max(start, i * at))
    check(all(abs(a - b) < 1e-9 * sum(expected) for a, b in zip(joules(seen), expected)), f"{joules(seen)} for {expected}")


def limits(here):
    seen = told(here, "whole", "--limit", "1e-6", "--die-limit", "1e9")
    check(seen["windows_above_limit"] == len(seen["windows"]) and seen["dies_above_limit"] == 0, f"limits: {seen}")
    text = run(["power", "whole/trace.h5", "--limit", "1e-6", "--die-limit", "1e9"], here).stdout
    check("BROKEN" in text and "is kept" in text, f"limits in words: {text}")


def refused(here):
    simulate(here, "short", trace="summary")
    write(f"{here}/noise.h5", b"\x89HDF\r\n\x1a\n" + bytes(2000))
    run(["run", f"{DECKS}/traffic-8x8.toml", "--set", "traffic.measure_cycles=100", "--output", "traffic", "--progress", "none"], here)
    for trace in "short/trace.h5", "noise.h5", "traffic/trace.h5", "nothing.h5":
        process = run(["power", trace], here)
        check(process.returncode == 2 and len(error_lines(process)) == 1 and process.stdout == "", f"{trace}: {process.returncode} {process.stderr!r}")


with folder() as here:
    adds_up(here)
    lies_where_it_was_spent(here)
    limits(here)
    refused(here)
finish()
