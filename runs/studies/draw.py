"""draw.py STUDY FOLDER: a figure and a paragraph from the table of a study of this folder."""
import csv
import os
import sys

from bars import draw

CLAIMED = {"llama2-70b": (4.98, 2.35), "llama3.1-405b": (5.29, 3.46)}  # performance, energy: the paper's abstract
LAYERS = {"tinyllama-1.1b": 22, "llama2-7b": 32, "llama2-70b": 80, "llama3.1-405b": 126}
ASSUMED = ("Die, link, memory and batch are this program's defaults (ASSUMED, see dump-default), not the paper's, "
           "which are not known to us; nothing was fitted.")
FEW = "Times of all layers are those of one layer, and the difference of two and one for each further layer."


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


def headline(rows):
    by_method = {key[0]: group for key, group in group(rows, ["training.method"]).items()}
    steps = {m: whole(g, STEP, 80) for m, g in by_method.items()}
    joules = {m: whole(g, ENERGY, 80) for m, g in by_method.items()}
    flat = "megatron-flat-ring"
    gain, saving = steps[flat] / steps["hecaton"], joules[flat] / joules["hecaton"]
    svg = draw("Llama2-70B on 256 dies, against Hecaton", "ratio", list(steps),
               {"step time": [t / steps["hecaton"] for t in steps.values()],
                "energy": [j / joules["hecaton"] for j in joules.values()]})
    claimed = CLAIMED["llama2-70b"]
    torus = "megatron-torus-ring"
    lines = ", ".join(f"{m} {steps[m] * 1e3:.0f} ms and {joules[m]:.0f} J" for m in steps)
    return svg, (f"Claimed for Llama2-70B against tensor parallelism: {claimed[0]}x performance, {claimed[1]}x energy. "
                 f"Simulated on 256 dies against the flat ring: {gain:.2f}x and {saving:.2f}x; against the torus ring: "
                 f"{steps[torus] / steps['hecaton']:.2f}x and {joules[torus] / joules['hecaton']:.2f}x. Steps of 80 "
                 f"layers and 4,096 tokens: {lines}. {FEW} {ASSUMED}")


def claims(rows):
    keys = ["die.peak_TFLOPS", "link.bandwidth_GBps", "memory.bandwidth_GBps"]
    points = group(rows, keys + ["training.method"])
    names, gains, savings = [], [], []
    for key in sorted({key[:3] for key in points}):
        hecaton, flat = points[key + ("hecaton",)], points[key + ("megatron-flat-ring",)]
        names.append(f"{key[0]:g} TF\n{key[1]:g} GB/s\n{key[2]:g}")
        gains.append(whole(flat, STEP, 80) / whole(hecaton, STEP, 80))
        savings.append(whole(flat, ENERGY, 80) / whole(hecaton, ENERGY, 80))
    title = "Gain over the flat ring by die TFLOPS, link GB/s and DRAM channel GB/s: Llama2-70B, 256 dies"
    svg = draw(title, "x", names,
               {"performance (claimed 4.98)": gains, "energy (claimed 2.35)": savings})
    fast, frugal = sum(g >= 4.98 for g in gains), sum(s >= 2.35 for s in savings)
    return svg, (f"Gains over the flat ring range from {min(gains):.2f}x to {max(gains):.2f}x in time and from "
                 f"{min(savings):.2f}x to {max(savings):.2f}x in energy; the claimed 4.98x is reached at {fast} of "
                 f"{len(gains)} points and the claimed 2.35x at {frugal}. {FEW} {ASSUMED}")


def weak_scaling(rows):
    models = list(LAYERS)
    points = group(rows, ["training.model", "training.method"])
    series = {}
    for method in ("hecaton", "megatron-flat-ring"):
        ratios = []
        for model in models:
            at = points.get((model, method))
            ratios.append(layer(at, "training.compute_s") / layer(at, "training.nop_s") if at else None)
        series[method] = ratios
    mine = series["hecaton"]
    spread = max(mine) / min(mine) - 1
    flat = [r for r in series["megatron-flat-ring"] if r is not None]
    svg = draw("Computation to communication of a layer: model and package grow together", "ratio",
               [f"{m}\n{n} dies" for m, n in zip(models, (16, 64, 256, 1024))], series)
    listed = ", ".join(f"{r:.2f}" for r in mine)
    return svg, (f"Hecaton's ratio of computation to standing still for the NoP is {listed} "
                 f"along the four pairs, and varies by {spread * 100:.0f} %; the flat ring's is "
                 f"{', '.join(f'{r:.2f}' for r in flat)} up to 256 dies. Contention with DRAM traffic is part of "
                 f"it, and attention differs, as sequences do. {ASSUMED}")


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
    best = names[times.index(min(times))]
    svg = draw("A layer of Llama2-7B by Hecaton on 64 dies", "", names,
               {"time, ms": times, "NoP sent per die, MB": bytes_})
    worst = names[times.index(max(times))]
    return svg, (f"Orientation matters: Hecaton is fastest on {best} (rows x columns), and "
                 f"{max(times) / min(times):.2f}x slower on {worst}. Most bytes go along columns, over r - 1 dies, "
                 f"so few rows send least. {ASSUMED}")


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


STUDIES = {"headline": headline, "claims": claims, "weak-scaling": weak_scaling, "strong-scaling": strong_scaling,
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
