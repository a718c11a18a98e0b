"""Closed forms of steps that are not simulated: what `hecaton validate` says they take undisturbed.

`python3 runs/studies/forms.py weak-scaling|claims` writes out/<study>/forms.csv; `draw.py` puts it beside what was
simulated. HECATON is the program (build/release/hecaton if not given).
"""
import csv
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.environ.get("HECATON", os.path.join(HERE, "../../build/release/hecaton"))
ROWS = {"computation": "compute_ms", "collectives": "collectives_ms", "of which bytes": "bytes_ms",
        "DRAM at full bandwidth": "dram_ms"}
# One layer, a small vocabulary, buffers that hold a layer of 405B: as in `headline`.
COMMON = {"training.sequence_length": 64, "training.minibatch_tokens": 2048, "training.model.layers": 1,
          "training.model.vocabulary": 1024, "die.weight_buffer_MiB": 128, "die.activation_buffer_MiB": 64}
METHODS = ["hecaton", "megatron-flat-ring", "megatron-torus-ring", "optimus"]
SHAPES = ["hidden", "ffn", "heads", "kv_heads"]
MODELS = {"tinyllama-1.1b": (2048, 5632, 32, 4), "llama2-7b": (4096, 11008, 32, 32),
          "llama2-70b": (8192, 28672, 64, 8), "llama3.1-405b": (16384, 53248, 128, 8),
          "405B, twice as wide": (32768, 106496, 256, 8), "405B, four times": (65536, 212992, 512, 8)}


def undisturbed(settings):
    """Milliseconds of a step, or the error line of a step that can not be."""
    command = [PROGRAM, "validate", os.path.join(HERE, "../decks/llama2-70b-16x16.toml")]
    for key, value in settings.items():
        command += ["--set", f"{key}={str(value).lower() if isinstance(value, bool) else value}"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        return {"why_not": run.stderr.strip().splitlines()[-1]}
    lines = [line.strip() for line in run.stdout.splitlines()]
    told = {}
    for line in lines:
        for words, name in ROWS.items():
            if line.startswith(words + "  ") and line.endswith(" ms"):
                told[name] = float(line.split()[-2])
    return told


def of_model(name):
    shapes = {f"training.model.{key}": value for key, value in zip(SHAPES, MODELS[name])}
    return {"training.model.name": "of-this-study", "training.model.gated": True, **shapes}


def minibatch(point):
    """What one more mini-batch takes: two of them less one."""
    name, method, side, extra = point
    # 2D methods: whole sequences for every row of dies.
    sequences = max(32, side) if method in ("hecaton", "optimus") else 32
    words = max(1024, side * side)  # of a small vocabulary: one for every die at least
    settings = {**COMMON, **of_model(name), "training.model.vocabulary": words, "training.method": method, "package.rows": side, "package.columns": side,
                "training.sequence_length": 2048 // sequences, **extra}
    one, two = (undisturbed({**settings, "training.batch_sequences": n * sequences}) for n in (1, 2))
    row = {"model": name, "training.method": method, "rows": side, **extra}
    if "why_not" in one:
        return {**row, "why_not": one["why_not"]}
    return {**row, **{key: two[key] - one[key] for key in ROWS.values()}, "dram_once_ms": 2 * one["dram_ms"] - two["dram_ms"]}


def weak_scaling():
    sides = [4, 8, 16, 32, 64, 128]
    return [(name, method, side, {"training.recompute": True, "training.overlap": False})
            for name, side in zip(MODELS, sides) for method in METHODS]


# Computation is a constant plus a part that goes with 1 / TFLOPS, collectives likewise with 1 / bandwidth of a link, and
# DRAM goes with 1 / bandwidth of a channel. So two points tell all of a map.
def rates(tflops, link):
    return {"die.peak_TFLOPS": tflops, "link.bandwidth_GBps": link, "memory.bandwidth_GBps": 51.2}


def claims():
    sites = [("llama2-70b", 16), ("llama3.1-405b", 16), ("llama2-70b", 32), ("llama3.1-405b", 32)]
    points = [(name, method, side, rates(x, x)) for name, side in sites for method in METHODS[:2] for x in (64, 128)]
    beside = [(16, 128), (64, 64), (256, 32)]  # those of claims.toml
    return points + [("llama2-7b", method, 8, rates(*pair)) for method in METHODS[:2] for pair in beside]


def main():
    study = sys.argv[1]
    points = {"weak-scaling": weak_scaling, "claims": claims}[study]()
    with ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(minibatch, points))
    names = list(dict.fromkeys(key for row in rows for key in row))
    folder = os.path.join("out", study)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "forms.csv"), "w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
