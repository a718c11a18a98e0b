"""draw.py STUDY FOLDER: a figure and a paragraph from the table of a study of this folder."""
import csv
import os
import sys

import cells
import lines
from bars import draw

CLAIMED = {"llama2-70b": (4.98, 2.35), "llama3.1-405b": (5.29, 3.46)}  # performance, energy: the paper's abstract
ASSUMED = ("Die, link, memory and batch are this program's defaults (ASSUMED, see dump-default), not the paper's, "
           "which are not known to us; nothing was fitted.")


def rows_of(folder):
    with open(os.path.join(folder, "table.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for key, value in row.items():
            try:
                row[key] = float(value)
            except ValueError:
                pass
        row["training.model"] = row["training.model"].removesuffix("-changed")
    return rows


def group(rows, keys):
    """Rows by the values of `keys`, and in each by the number of layers."""
    groups = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), {})[int(row["training.model.layers"])] = row
    return groups


def layer(by_layers, figure):
    return by_layers[2][figure] - by_layers[1][figure]


def whole(by_layers, figure, layers):
    return by_layers[1][figure] + (layers - 1) * layer(by_layers, figure)


STEP, ENERGY = "training.step_s", "training.energy_J.total"


METHODS = ["hecaton", "megatron-flat-ring", "megatron-torus-ring", "optimus"]
FLAT = "megatron-flat-ring"
MORE = ("One layer was simulated, with one and two mini-batches of 2,048 tokens; each further mini-batch takes what the "
        "second one takes more, and L layers take L times as much.")
BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]  # mini-batches


def by_batch(rows, keys):
    """Rows by the values of `keys`, and in each those of one and of two mini-batches."""
    groups = {}
    for row in sorted(rows, key=lambda r: r["training.batch_sequences"]):
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return groups


def more(pair, figure):
    return pair[1][figure] - pair[0][figure]


def batch(pair, figure, minibatches):
    return pair[0][figure] + (minibatches - 1) * more(pair, figure)


def headline(rows):
    points = by_batch(rows, ["training.model", "rows", "training.method"])
    sites = sorted({key[:2] for key in points})
    curves, said = {}, []
    for model, side in sites:
        at = {method: points[model, side, method] for method in METHODS}
        gains = [batch(at[FLAT], STEP, n) / batch(at["hecaton"], STEP, n) for n in BATCHES]
        curves[f"{model}, {side * side:.0f} dies"] = gains
        claimed = CLAIMED[model]
        words = []
        for method in METHODS[1:]:
            time = [batch(at[method], STEP, n) / batch(at["hecaton"], STEP, n) for n in (2, BATCHES[-1])]
            joules = [batch(at[method], ENERGY, n) / batch(at["hecaton"], ENERGY, n) for n in (2, BATCHES[-1])]
            words.append(f"{method} takes {time[0]:.2f}x to {time[1]:.2f}x the time and {joules[0]:.2f}x to "
                         f"{joules[1]:.2f}x the energy")
        said.append(f"{model} on {side * side:.0f} dies (claimed {claimed[0]}x and {claimed[1]}x against tensor "
                    f"parallelism): " + "; ".join(words) + ".")
    svg = lines.draw("Step time of the flat ring over Hecaton's", "tokens of a batch", "ratio",
                     [2048 * n for n in BATCHES], curves,
                     [("claimed, 405B: 5.29", 5.29), ("claimed, 70B: 4.98", 4.98)])
    return svg, (f"Against Hecaton, with batches of 4,096 to 1,048,576 tokens: {' '.join(said)} {MORE} Buffers hold a "
                 f"layer of either model with its gradients. {ASSUMED}")


def claims(rows):
    keys = ["die.peak_TFLOPS", "link.bandwidth_GBps", "memory.bandwidth_GBps"]
    points = by_batch(rows, keys + ["training.method"])
    sides = [sorted({key[i] for key in points}) for i in range(3)]
    maps, said = [], []
    for figure, mark, what in ((STEP, 4.98, "time"), (ENERGY, 2.35, "energy")):
        values = {}
        for tflops, link, memory, _ in points:
            flat, mine = (points[tflops, link, memory, m] for m in (FLAT, "hecaton"))
            name = (f"{link:g} GB/s links", f"{tflops:g} TFLOPS\nDRAM {memory:g}")
            values[name] = batch(flat, figure, 512) / batch(mine, figure, 512)
        columns = [f"{t:g} TFLOPS\nDRAM {m:g}" for m in sides[2] for t in sides[0]]
        maps.append((f"{what}: claimed {mark}x", columns, [f"{link:g} GB/s links" for link in sides[1]], values, mark))
        reached = sum(value >= mark for value in values.values())
        said.append(f"from {min(values.values()):.2f}x to {max(values.values()):.2f}x in {what}; the claimed {mark}x is "
                    f"reached at {reached} of {len(values)} points")
    svg = cells.draw("Flat ring over Hecaton, Llama2-70B on 256 dies, batches of 1,048,576 tokens", maps)
    return svg, (f"Gains over the flat ring range {', and '.join(said)}. Rows are links, columns die and GB/s of a DRAM channel. "
                 f"{MORE} {ASSUMED}")


def weak_scaling(rows):
    points = by_batch(rows, ["training.method", "rows"])
    sides = sorted({key[1] for key in points})
    series = {}
    for method in sorted({key[0] for key in points}):
        at = [points.get((method, side)) for side in sides]
        series[method] = [more(p, "training.compute_s") / more(p, "training.nop_s") if p else None for p in at]
    # A ring of p dies sends (p-1)/p of the payload: that part of the growth is the ring's, not the method's.
    series["hecaton, x (1 - 1/p)"] = [r * (1 - 1 / side) for r, side in zip(series["hecaton"], sides)]
    svg = draw("Computation to communication: model and package grow together", "ratio",
               [f"{side * side:.0f} dies" for side in sides], series)

    def listed(name):
        return ", ".join(f"{r:.2f}" for r in series[name] if r is not None)

    def spread(name):
        return f"{100 * (max(series[name]) / min(series[name]) - 1):.0f} %"

    flat = f" The flat ring's is {listed(FLAT)}." if FLAT in series else ""
    each = ", ".join(f"{more(points['hecaton', side], 'training.compute_s') * 1e3:.2f}" for side in sides)
    return svg, (f"A mini-batch's computation of {each} ms over its standing still for the NoP is, by Hecaton, "
                 f"{listed('hecaton')} on {', '.join(f'{s * s:.0f}' for s in sides)} dies: it varies by "
                 f"{spread('hecaton')}. Rings of p dies send (p-1)/p of a payload; without that factor it is "
                 f"{listed('hecaton, x (1 - 1/p)')}, and varies by {spread('hecaton, x (1 - 1/p)')}.{flat} DRAM transfers do not overlap here, and DRAM is fast, so that nothing else "
                 f"contends. {ASSUMED}")


def strong_scaling(rows):
    points = group(rows, ["training.method", "rows"])
    methods = sorted({key[0] for key in points})
    sides = sorted({key[1] for key in points})
    series = {m: [layer(points[m, s], STEP) * 1e3 for s in sides] for m in methods}
    names = [f"{int(s * s)} dies" for s in sides]
    svg = draw("A layer of Llama2-7B on more and more dies", "ms", names, series)
    gains = ", ".join(f"{m} {series[m][0] / series[m][-1]:.2f}x" for m in methods)
    return svg, f"From {int(sides[0] ** 2)} to {int(sides[-1] ** 2)} dies a layer becomes faster by: {gains}. {ASSUMED}"


def layout(rows):
    points = group(rows, ["rows", "columns"])
    names = [f"{int(r)} x {int(c)}" for r, c in points]
    bytes_ = [layer(g, "training.nop_bytes_per_die") / 1e6 for g in points.values()]
    times = [layer(g, STEP) * 1e3 for g in points.values()]
    square = names.index("8 x 8")
    svg = draw("A layer of Llama2-7B by Hecaton on 64 dies, against 8 x 8", "ratio", names,
               {"time": [t / times[square] for t in times],
                "NoP sent per die": [b / bytes_[square] for b in bytes_]})
    fast, slow, least = times.index(min(times)), times.index(max(times)), bytes_.index(min(bytes_))
    why = ("" if fast == least else " Time is not bytes alone: rings of few dies have few steps, tiles other shapes, and "
           "DRAM is a part of it.")
    return svg, (f"Orientation matters: Hecaton is fastest on {names[fast]} (rows x columns), {times[fast]:.1f} ms, and "
                 f"{times[slow] / times[fast]:.2f}x slower on {names[slow]}. It sends least on {names[least]}, "
                 f"{bytes_[least]:.0f} MB per die, and {max(bytes_) / min(bytes_):.2f}x as much on "
                 f"{names[bytes_.index(max(bytes_))]}.{why} {ASSUMED}")


def packages(rows):
    points = group(rows, ["link.preset", "memory.preset", "training.method"])
    sites = sorted({key[:2] for key in points})
    methods = ["hecaton", "megatron-flat-ring"]
    names = [f"{link.removeprefix('ucie-')}\n{memory}" for link, memory in sites]
    series = {m: [layer(points[s + (m,)], STEP) * 1e3 for s in sites] for m in methods}
    joules = {m: [layer(points[s + (m,)], ENERGY) for s in sites] for m in methods}
    svg = draw("A layer of Llama2-7B on 8 x 8 dies", "ms", names, series)
    figures = [" and ".join(f"{m} {series[m][i]:.2f} ms, {joules[m][i]:.2f} J" for m in methods)
               for i in range(len(names))]
    words = "; ".join(f"{name.replace(chr(10), ' with ')}: {text}" for name, text in zip(names, figures))
    return svg, f"{words}. {ASSUMED}"


def fusion(rows):
    rows = sorted(rows, key=lambda r: (r["training.overlap"], r["training.fusion"]))
    sizes = sorted({r["training.fusion"] for r in rows})
    off, on = ([r for r in rows if r["training.overlap"] == overlap] for overlap in ("false", "true"))
    svg = draw("Eight layers of Llama2-7B on 8 x 8 dies, by layers per fused group", "",
               [f"{int(s)} layers" for s in sizes],
               {"ms, no overlap": [r[STEP] * 1e3 for r in off], "ms, overlap": [r[STEP] * 1e3 for r in on],
                "DRAM, GB": [r["training.dram_bytes"] / 1e9 for r in on]})
    saved = [on[0]["training.dram_bytes"] - r["training.dram_bytes"] for r in on]
    x = 32 * 256 * 4096 * 2  # the stream, bytes
    expected = [3 * (8 - 8 / s) * x for s in sizes]
    exact = "exactly what" if saved == expected else "not what"
    all_bytes = on[0]["training.dram_bytes"]
    return svg, (f"Fusing {int(sizes[-1])} layers saves {saved[-1] / 1e9:.2f} GB of DRAM traffic against none, {exact} "
                 f"the closed form says: for every group less the stream is read once forward, and read and written "
                 f"once backward. Of {all_bytes / 1e9:.1f} GB that is {100 * saved[-1] / all_bytes:.1f} %: weights and "
                 f"saved activations are most. Overlap makes the step {off[-1][STEP] / on[-1][STEP]:.2f}x faster. "
                 f"{ASSUMED}")


def extrapolation(rows):
    points = group(rows, ["training.method"])
    names = [key[0] for key in points]
    told = [whole(g, STEP, 22) * 1e3 for g in points.values()]
    simulated = [g[22][STEP] * 1e3 for g in points.values()]
    worst = max(abs(a / b - 1) for a, b in zip(told, simulated))
    svg = draw("TinyLlama-1.1B on 4 x 4 dies, 22 layers", "ms", names,
               {"from one and two layers": told, "simulated": simulated})
    return svg, (f"Steps of 22 layers told from one and two differ from simulated ones by at most "
                 f"{100 * worst:.1f} %: what the studies with few layers leave open.")


STUDIES = {"headline": headline, "claims": claims, "weak-scaling": weak_scaling,
           "weak-scaling-large": weak_scaling, "strong-scaling": strong_scaling,
           "layout": layout, "packages": packages, "fusion": fusion, "extrapolation": extrapolation}


def main():
    name, folder = sys.argv[1:]
    svg, paragraph = STUDIES[name](rows_of(folder))
    for file, words in (("figure.svg", svg), ("paragraph.txt", paragraph + "\n")):
        with open(os.path.join(folder, file), "w") as out:
            out.write(words)
    print(paragraph)


if __name__ == "__main__":
    main()
