"""draw.py STUDY FOLDER: a figure and a paragraph from the table of a study of this folder."""
import csv
import os
import sys

import cells
import curves
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
        if "training.model" in row:
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
BATCHES = [2, 4, 8, 16, 32, 64, 128, 256, 512]  # mini-batches


def minibatches(row):
    return row["training.batch_sequences"] * row["training.sequence_length"] / row["training.minibatch_tokens"]


def by_batch(rows, keys):
    """Rows by the values of `keys`, and in each those of a smaller and of a larger batch, where both are there."""
    groups = {}
    for row in sorted(rows, key=minibatches):
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return {key: pair for key, pair in groups.items() if len(pair) >= 2}


def more(pair, figure):
    """What a mini-batch more takes."""
    return (pair[-1][figure] - pair[0][figure]) / (minibatches(pair[-1]) - minibatches(pair[0]))


def batch(pair, figure, count):
    return pair[0][figure] + (count - minibatches(pair[0])) * more(pair, figure)


def write_csv(path, rows):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def headline_points(folder):
    """Both packages, as far as they have been run."""
    folder = os.path.join(os.path.dirname(folder.rstrip("/")) or ".", "headline")
    rows = [row for f in (folder, folder + "-1024") if os.path.exists(os.path.join(f, "table.csv")) for row in rows_of(f)]
    return by_batch(rows, ["training.model", "rows", "training.method"])


def headline(_, folder):
    points = headline_points(folder)
    sites = sorted({key[:2] for key in points if (*key[:2], "hecaton") in points}, key=lambda site: (site[1], site[0]))
    curves, table, said = {}, [], []
    for model, side in sites:
        mine = points[model, side, "hecaton"]
        dies, claimed, words = int(side * side), CLAIMED[model], []
        for method in METHODS:
            pair = points.get((model, side, method))
            if pair is None:
                continue
            row = {"model": model, "dies": dies, "method": method, "ms_a_minibatch": 1e3 * more(pair, STEP),
                   "J_a_minibatch": more(pair, ENERGY)}
            for count in (BATCHES[0], BATCHES[-1]):
                row[f"time_over_hecaton_{2048 * count}_tokens"] = batch(pair, STEP, count) / batch(mine, STEP, count)
                row[f"energy_over_hecaton_{2048 * count}_tokens"] = batch(pair, ENERGY, count) / batch(mine, ENERGY, count)
            row["claimed_time"], row["claimed_energy"] = claimed if method.startswith("megatron") else ("", "")
            table.append(row)
            if method == FLAT:
                curves[f"{model}, {dies} dies"] = [batch(pair, STEP, n) / batch(mine, STEP, n) for n in BATCHES]
            if method != "hecaton":
                few, many = 2048 * BATCHES[0], 2048 * BATCHES[-1]
                words.append(f"{method} takes {row[f'time_over_hecaton_{few}_tokens']:.2f}x to "
                             f"{row[f'time_over_hecaton_{many}_tokens']:.2f}x the time and "
                             f"{row[f'energy_over_hecaton_{few}_tokens']:.2f}x to "
                             f"{row[f'energy_over_hecaton_{many}_tokens']:.2f}x the energy")
        said.append(f"{model} on {dies} dies (claimed {claimed[0]}x and {claimed[1]}x against tensor parallelism): "
                    + "; ".join(words) + ".")
    write_csv(os.path.join(folder, "gains.csv"), table)
    svg = lines.draw("Step time of the flat ring over Hecaton's", "tokens of a batch", "ratio",
                     [2048 * n for n in BATCHES], curves,
                     [("claimed, 405B: 5.29", 5.29), ("claimed, 70B: 4.98", 4.98)])
    return svg, (f"Against Hecaton, with batches of 4,096 to 1,048,576 tokens: {' '.join(said)} One layer was simulated, "
                 f"with few mini-batches of 2,048 tokens; each further mini-batch takes as long as the last of them, and L "
                 f"layers take L times as much. Buffers hold a layer of either model with its gradients. On 1,024 dies "
                 f"other methods than Hecaton send packets of 64 KiB (see `packets`). {ASSUMED}")


TFLOPS = [8, 16, 32, 64, 128, 256, 512]
LINKS = [16, 32, 64, 128, 256, 512]
CHANNELS = [3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 256]


class Closed:
    """A mini-batch by closed forms, at any rates: from two points (see forms.py)."""

    def __init__(self, pair):
        self.parts = []
        for key, rate in (("compute_ms", "die.peak_TFLOPS"), ("collectives_ms", "link.bandwidth_GBps")):
            (x, y), (x2, y2) = ((float(row[rate]), float(row[key])) for row in pair)
            slope = (y - y2) / (1 / x - 1 / x2)
            self.parts.append((y - slope / x, slope))
        self.dram = float(pair[0]["dram_ms"]) * float(pair[0]["memory.bandwidth_GBps"])

    def work(self, tflops, link):
        return sum(fixed + slope / rate for (fixed, slope), rate in zip(self.parts, (tflops, link)))

    def time(self, tflops, link, channel):
        return max(self.work(tflops, link), self.dram / channel)


def forms_of(folder):
    with open(os.path.join(folder, "forms.csv"), newline="") as file:
        return list(csv.DictReader(file))


def beside_simulation(rows, forms):
    """How far closed forms are from what is simulated: time of Hecaton, of the flat ring, and their ratio."""
    keys = ["die.peak_TFLOPS", "link.bandwidth_GBps"]
    points = by_batch(rows, keys + ["training.method"])
    words = []
    for tflops, link in sorted({key[:2] for key in points}):
        told = {row["training.method"]: max(float(row["compute_ms"]) + float(row["collectives_ms"]), float(row["dram_ms"]))
                for row in forms if row["rows"] == "8" and tuple(float(row[k]) for k in keys) == (tflops, link)}
        seen = {method: 1e3 * more(points[tflops, link, method], STEP) for method in ("hecaton", FLAT)
                if (tflops, link, method) in points}
        if len(seen) == 2:
            words.append(f"{told[FLAT] / told['hecaton']:.2f} and {seen[FLAT] / seen['hecaton']:.2f} at {tflops:g} TFLOPS "
                         f"and {link:g} GB/s")
    return ", ".join(words)


def claims(rows, folder):
    forms, head = forms_of(folder), headline_points(folder)
    sites = list(dict.fromkeys((row["model"], int(row["rows"])) for row in forms if row["model"] in CLAIMED))
    maps, table, said = [], [], []
    for model, side in sites:
        pairs = {m: [r for r in forms if (r["model"], int(r["rows"]), r["training.method"]) == (model, side, m)]
                 for m in ("hecaton", FLAT)}
        closed = {m: Closed(pair) for m, pair in pairs.items()}
        seen = {m: head.get((model, float(side), m)) for m in closed}
        has_energy = all(seen.values())
        watts = {m: seen[m][0]["training.energy_J.static"] / seen[m][0][STEP] for m in closed} if has_energy else {}
        moved = {m: more(seen[m], ENERGY) - more(seen[m], "training.energy_J.static") for m in closed} if has_energy else {}
        grids = {"time": {}, "energy": {}}
        for tflops in TFLOPS:
            for link in LINKS:
                for channel in CHANNELS:
                    ms = {m: closed[m].time(tflops, link, channel) for m in closed}
                    row = {"model": model, "dies": side * side, "die_TFLOPS": tflops, "link_GBps": link,
                           "channel_GBps": channel, "hecaton_ms": ms["hecaton"], "flat_ring_ms": ms[FLAT],
                           "time_ratio": ms[FLAT] / ms["hecaton"], "energy_ratio": ""}
                    if has_energy:
                        joules = {m: moved[m] + watts[m] * ms[m] * 1e-3 for m in closed}
                        row["energy_ratio"] = joules[FLAT] / joules["hecaton"]
                    table.append(row)
                    if channel == 51.2:
                        at = (f"{link:g} GB/s", f"{tflops:g}\nTFLOPS")
                        grids["time"][at] = row["time_ratio"]
                        if has_energy:
                            grids["energy"][at] = row["energy_ratio"]
        names = [f"{t:g}\nTFLOPS" for t in TFLOPS], [f"{link:g} GB/s" for link in LINKS]
        words = []
        for what, mark in zip(("time", "energy"), CLAIMED[model]):
            values = grids[what]
            if not values:
                continue
            maps.append((f"{model}, {side * side} dies, {what}: claimed {mark}x", *names, values, mark))
            words.append(f"{what} {min(values.values()):.2f}x to {max(values.values()):.2f}x, the claimed {mark}x at "
                         f"{sum(v >= mark for v in values.values())} of {len(values)} points")
        if has_energy:
            ratio = more(seen[FLAT], STEP) / more(seen["hecaton"], STEP)
            told = closed[FLAT].time(32, 64, 51.2) / closed["hecaton"].time(32, 64, 51.2)
            words.append(f"simulated at 32 TFLOPS and 64 GB/s {ratio:.2f}x, closed form {told:.2f}x")
        bounds = [max(closed[m].dram / closed[m].work(*pair) for m in closed) for pair in ((32, 64), (512, 512))]
        words.append(f"DRAM is in the way below {bounds[0]:.1f} GB/s a channel at 32 TFLOPS and 64 GB/s, below "
                     f"{bounds[1]:.0f} GB/s at 512 and 512 (map.csv has all channels from 3.2 to 256 GB/s)")
        said.append(f"{model} on {side * side} dies: " + "; ".join(words) + ".")
    write_csv(os.path.join(folder, "map.csv"), table)
    svg = cells.draw("Flat ring over Hecaton, large batches; DRAM channels of 51.2 GB/s", maps)
    return svg, (f"Maps by closed forms (`hecaton validate`), of what a mini-batch takes: {' '.join(said)} Energy is what was "
                 f"simulated in `headline`, with static power over the time of the closed form. Ratios by closed forms and by "
                 f"simulation, of Llama2-7B on 64 dies: {beside_simulation(rows, forms)}. {ASSUMED}")


def weak_scaling(rows, folder):
    forms = [row for row in forms_of(folder) if row.get("compute_ms")]
    sides = sorted({int(row["rows"]) for row in forms})
    at = {(row["training.method"], int(row["rows"])): row for row in forms}

    def listed(method, key, ring=False):
        values = []
        for side in sides:
            row = at.get((method, side))
            value = float(row["compute_ms"]) / float(row[key]) if row else None
            values.append(value * (1 - 1 / side) if row and ring else value)
        return values

    def told(values, digits=2):
        return ", ".join("none" if v is None else f"{v:.{digits}f}" for v in values)

    def spread(values):
        values = [v for v in values[:4] if v is not None]
        return f"{100 * (max(values) / min(values) - 1):.0f} %"

    points = by_batch(rows, ["training.method", "rows"])
    simulated = {m: [more(points[m, s], "training.compute_s") / more(points[m, s], "training.nop_s")
                     if (m, s) in points else None for s in sides] for m in ("hecaton", FLAT)}
    bytes_, all_, ring = (listed("hecaton", "bytes_ms"), listed("hecaton", "collectives_ms"),
                          listed("hecaton", "bytes_ms", True))
    series = {"hecaton, bytes x p/(p-1)": ring, "hecaton, closed form": all_, "hecaton, simulated": simulated["hecaton"],
              "flat ring, closed form": listed(FLAT, "collectives_ms")}
    svg = draw("Computation to communication: model and package grow together", "ratio",
               [f"{side * side:,} dies" for side in sides], series)
    others = "; ".join(f"{m} {told(listed(m, 'collectives_ms'))}" for m in METHODS[1:])
    seen = [v for v in simulated["hecaton"] if v is not None]
    return svg, (f"A mini-batch's computation over its collectives, by Hecaton on {told(sides, 0)} rows of dies, undisturbed: "
                 f"{told(all_)}; over the four pairs it varies by {spread(all_)}. So \"nearly constant\", read as within 10 %, does not hold of "
                 f"time. It holds by one definition: of bytes sent per die, with p / (p - 1) for the part of a payload that "
                 f"a ring of p dies does not send. Then it is {told(ring)} and varies by {spread(ring)}; of bytes as they "
                 f"are sent {told(bytes_)}, {spread(bytes_)}. Latency of steps is the rest. Simulated, dies wait for each "
                 f"other too: {told(seen)}, {spread(seen)}. Others, undisturbed: {others}. The last two are models twice and four times as wide as "
                 f"Llama3.1-405B, by closed forms alone. No activations are saved here, no transfer overlaps, and DRAM is "
                 f"fast, so that nothing else contends. {ASSUMED}")


def strong_scaling(rows):
    points = group(rows, ["training.method", "rows"])
    methods = sorted({key[0] for key in points})
    sides = sorted({key[1] for key in points})
    series = {m: [layer(points[m, s], STEP) * 1e3 for s in sides] for m in methods}
    names = [f"{int(s * s)} dies" for s in sides]
    svg = draw("A layer of Llama2-7B on more and more dies", "ms", names, series)
    gains = ", ".join(f"{m} {series[m][0] / series[m][-1]:.2f}x" for m in methods)
    return svg, f"From {int(sides[0] ** 2)} to {int(sides[-1] ** 2)} dies a layer becomes faster by: {gains}. {ASSUMED}"


def qwen(rows):
    """What a step takes on each package by each method, what dies wait for, and what of their operations is for pads."""
    points = {(f"{int(row['rows'])} x {int(row['columns'])}", row["training.method"]): row for row in rows}
    names = list(dict.fromkeys(name for name, _ in points))
    series = {m: [points[name, m][STEP] * 1e3 for name in names] for m in METHODS}
    svg = draw("A step of one layer of Qwen2.5-7B", "ms", names, series)
    said = []
    for name in names:
        fastest = min(METHODS, key=lambda m: points[name, m][STEP])
        row = points[name, fastest]
        shares = " / ".join(f"{100 * row[f'training.{part}_s'] / row[STEP]:.0f} %" for part in ("compute", "nop", "dram"))
        pads = ", ".join(f"{100 * points[name, m]['training.padding.flops_share']:.1f} %" for m in METHODS)
        said.append(f"{name}: {fastest}, {1e3 * row[STEP]:.1f} ms ({shares}), pads {pads}")
    return svg, (f"The fastest method of each package, its step (computing / waiting for dies / for DRAM), and what share of "
                 f"operations pads take by {', '.join(METHODS)}. {'; '.join(said)}. One layer without the model's output head. "
                 f"{ASSUMED}")


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


def headline_collectives(rows):
    """Steps with collectives as papers draw them, and as take least: what is left of the lead, row by row."""
    points = group(rows, ["training.model", "package.topology", "training.collectives", "training.method"])
    step = {key: by_layers[1][STEP] * 1e3 for key, by_layers in points.items()}
    sites = list(dict.fromkeys(key[:2] for key in points))
    groups = [site + (how,) for site in sites for how in ("paper", "auto")]
    names = [f"{model.split('-')[1]}\n{topology.removesuffix('-ring')}\n{how}" for model, topology, how in groups]
    svg = draw("Two mini-batches of a layer on 256 dies, ports on every link", "ms", names,
               {m: [step[g + (m,)] for g in groups] for m in METHODS})
    said = []
    for site in sites:
        paper, auto = ({m: step[site + (how, m)] for m in METHODS} for how in ("paper", "auto"))
        gains = ", ".join(f"{m} {paper[m]:.2f} to {auto[m]:.2f} ms" for m in METHODS)
        lead = [min(v for m, v in times.items() if m != "hecaton") / times["hecaton"] for times in (paper, auto)]
        said.append(f"{' on '.join(site)}: {gains}; the next best takes {lead[0]:.2f}x as long as hecaton before, "
                    f"{lead[1]:.2f}x after")
    return svg, f"{'. '.join(said)}. A step of two mini-batches with reading weights and optimizer states. {ASSUMED}"


def fusion(rows):
    rows = sorted(rows, key=lambda r: (r["training.overlap"], r["training.fusion"]))
    sizes = sorted({r["training.fusion"] for r in rows})
    off, on = ([r for r in rows if r["training.overlap"] == overlap] for overlap in ("false", "true"))
    svg = draw("Eight layers of Llama2-7B on 8 x 8 dies, by layers per fused group", "",
               [f"{int(s)} layer{'s' if s > 1 else ''}" for s in sizes],
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


def packets(rows):
    points = {}
    for row in sorted(rows, key=minibatches):
        points.setdefault((row["training.method"], row["interface.packet_bytes"]), []).append(row)
    changes = {"time of a mini-batch": [], "time of a step of one": [], "energy of a mini-batch": []}
    for method in METHODS:
        small, large = points[method, 4096.0], points[method, 65536.0]
        for name, of in (("time of a mini-batch", lambda p: more(p, STEP)), ("time of a step of one", lambda p: p[0][STEP]),
                         ("energy of a mini-batch", lambda p: more(p, ENERGY))):
            changes[name].append(of(large) / of(small))
    svg = draw("Packets of 64 KiB against packets of 4 KiB: Llama2-7B on 8 x 8 dies", "ratio", METHODS, changes)
    words = "; ".join(f"{method} {' and '.join(f'{100 * (changes[name][i] - 1):+.1f} %' for name in changes)}"
                      for i, method in enumerate(METHODS))
    return svg, (f"Sending each message as one packet of at most 64 KiB changes {', '.join(changes)} by: {words}.")


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


def half_width(row):
    """Of the interval of a sampled step, over its time."""
    return (row["training.sampling.step_s_high"] - row["training.sampling.step_s_low"]) / 2 / row[STEP]


def whole_step(rows, folder):
    points = {(row["training.model"], row["training.method"]): row for row in rows}
    models = list(dict.fromkeys(model for model, _ in points))
    dies = int(rows[0]["rows"] * rows[0]["columns"])
    series, table, said = {method: [] for method in METHODS}, [], []
    for model in models:
        mine, words = points.get((model, "hecaton")), []
        for method in METHODS:
            row = points.get((model, method))
            series[method].append(row and mine and row[STEP] / mine[STEP])
            if row is None:
                continue
            width = half_width(row)
            told = {"model": model, "dies": dies, "method": method, "step_s": row[STEP], "within": width,
                    "tokens_per_s": row["training.tokens_per_s"], "utilisation": row["training.mfu"],
                    "energy_MJ": row[ENERGY] / 1e6, "events": row["events"]}
            ratio = ""
            if mine and method != "hecaton":
                told |= {"time_over_hecaton": row[STEP] / mine[STEP], "ratio_within": (width ** 2 + half_width(mine) ** 2) ** 0.5,
                         "energy_over_hecaton": row[ENERGY] / mine[ENERGY]}
                ratio = (f", {told['time_over_hecaton']:.2f}x (within {100 * told['ratio_within']:.1f} %) the time and "
                         f"{told['energy_over_hecaton']:.2f}x the energy")
            table.append(told)
            words.append(f"{method} {row[STEP]:.5g} s (within {100 * width:.1f} %; {100 * row['training.mfu']:.1f} % of peak{ratio})")
        said.append(f"{model}: {'; '.join(words)}.")
    write_csv(os.path.join(folder, "steps.csv"), [{key: told.get(key, "") for key in max(table, key=len)} for told in table])
    svg = draw(f"A whole step at a public batch on {dies} dies", "over Hecaton's", models, series)
    return svg, (f"Time of a whole step on {dies} dies, sampled: {' '.join(said)} Intervals hold with 95 %. {ASSUMED}")


def ring_size(rows):
    sizes, lengths = (sorted({int(row[key]) for row in rows}) for key in ("collective.bytes", "package.columns"))
    bus = {(int(row["collective.bytes"]), int(row["package.columns"])): row["collective.bus_GBps"] for row in rows}
    series = {f"{size // 1024} KiB": [bus.get((size, length)) for length in lengths] for size in sizes}
    svg = draw("All-gather along every row, by dies of a ring", "GB/s of bus bandwidth", [f"{n} dies" for n in lengths], series)
    words = "; ".join(f"{name} {', '.join(f'{value:.1f}' for value in values if value is not None)}"
                      for name, values in series.items())
    return svg, (f"Bus bandwidth, payload over time times (p - 1)/p, in GB/s on rings of {', '.join(map(str, lengths))} dies: "
                 f"{words}. What is missing to the links' bandwidth is the latency of p - 1 steps, so it is less the larger the "
                 f"payload is.")


def latency(_, folder):
    drawn = curves.curves_of(curves.read(os.path.join(folder, "table.csv")))
    words = "; ".join(f"{name}: {points[0][1]:.1f} cycles at {points[0][0]:g} flits per die and cycle, {points[-1][1]:.1f} at "
                      f"{points[-1][0]:g}" for name, points in drawn.items())
    return curves.draw(drawn, {}), (f"Mean latency by offered load, until saturation. {words}. `curves.py {folder} "
                                    f"REFERENCE.csv` draws published curves beside it.")


STUDIES = {"packets": packets, "ring-size": ring_size, "strong-scaling": strong_scaling, "qwen2.5-7b": qwen,
           "layout": layout, "packages": packages, "fusion": fusion, "extrapolation": extrapolation,
           "headline-collectives": headline_collectives}


# These look at other tables too.
WITH_FOLDER = {"latency": latency, "headline": headline, "headline-1024": headline, "claims": claims, "weak-scaling": weak_scaling,
               "whole-step": whole_step, "whole-step-1024": whole_step}


def main():
    name, folder = sys.argv[1:]
    rows = rows_of(folder) if os.path.exists(os.path.join(folder, "table.csv")) else []
    svg, paragraph = WITH_FOLDER[name](rows, folder) if name in WITH_FOLDER else STUDIES[name](rows)
    for file, words in (("figure.svg", svg), ("paragraph.txt", paragraph + "\n")):
        with open(os.path.join(folder, file), "w") as out:
            out.write(words)
    print(paragraph)


if __name__ == "__main__":
    main()
