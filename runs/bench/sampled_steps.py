#!/usr/bin/env python3
"""sampled_steps.py [--keep FOLDER] PROGRAM [WORD...]: do intervals of sampled steps hold?

Simulates steps small enough for it whole and sampled: four methods; bound by compute, links and DRAM; 4 to 64 dies; fusion,
overlap and recomputation; experts; short and long sequences. Prints a line per step: events of both, the error of the told
step time, half the width of its interval, and which counts differ (none may). WORDs choose steps by their names. --keep
takes the summaries of whole steps from FOLDER, or leaves them there: they are what most of the time goes into.
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

COUNTS = ["packets", "packet_hops", "flit_hops"]
TRAINING_COUNTS = ["flops", "dram_bytes", "nop_bytes_per_die", "compute_s"]
DYNAMIC = ["compute", "sram", "nop", "dram"]


def step(rows, columns, method="hecaton", layers=24, batch=64, sequence=256, ffn=2816, kv_heads=4, vocabulary=8192, more=()):
    model = {"name": "custom", "hidden": 1024, "ffn": ffn, "heads": 16, "kv_heads": kv_heads, "layers": layers,
             "vocabulary": vocabulary}
    sets = {"package.rows": rows, "package.columns": columns, "training.method": method, "training.batch_sequences": batch,
            "training.sequence_length": sequence, **{"training.model." + key: value for key, value in model.items()}}
    return {**sets, **dict(more)}


def steps():
    bounds = {"": {}, " links": {"link.bandwidth_GBps": 8.0}, " DRAM": {"memory.bandwidth_GBps": 4.0},
              " compute": {"die.peak_TFLOPS": 2.0}}
    for method in ("hecaton", "megatron-flat-ring", "megatron-torus-ring", "optimus"):
        for bound, more in bounds.items():
            yield f"{method} 4x4{bound}", step(4, 4, method, more=more)
        yield f"{method} 2x2", step(2, 2, method, layers=12, batch=48)
        yield f"{method} 8x8", step(8, 8, method, layers=16, sequence=128, kv_heads=8)
    flat, torus = "megatron-flat-ring", "megatron-torus-ring"
    training = lambda **keys: {"training." + key: value for key, value in keys.items()}
    experts = training(**{"model.experts": 8, "model.experts_per_token": 2})
    tied = training(**{"model.tied": "true"})
    yield "no overlap", step(4, 4, more=training(overlap="false"))
    yield "no fusion", step(4, 4, more=training(fusion=1))
    yield "fusion of 4", step(4, 4, more=training(fusion=4))
    yield "recomputation", step(4, 4, more=training(recompute="true"))
    yield "tied", step(4, 4, layers=8, vocabulary=32768, more=tied)
    yield "flat ring tied", step(4, 4, flat, layers=8, vocabulary=32768, more=tied)
    yield "flat ring no overlap", step(4, 4, flat, more=training(overlap="false"))
    yield "torus ring recomputation", step(4, 4, torus, more=training(recompute="true"))
    yield "experts", step(4, 4, layers=8, ffn=1408, more=experts)
    yield "flat ring experts", step(4, 4, flat, layers=8, ffn=1408, more=experts)
    yield "short sequences", step(4, 4, batch=512, sequence=32)
    yield "long sequences", step(4, 4, layers=6, batch=32, sequence=4096)
    yield "causal", step(4, 4, layers=6, batch=64, sequence=1024, more=training(causal="true"))
    yield "by head 2x8", step(2, 8, more=training(attention="by-head"))
    yield "torus", step(4, 4, more={"package.topology": "torus", "router.virtual_channels": 4})
    yield "DRAM no fusion", step(4, 4, more={**training(fusion=1), **bounds[" DRAM"]})
    yield "8x8 DRAM", step(8, 8, layers=16, sequence=128, kv_heads=8, more=bounds[" DRAM"])
    yield "optimus pipelined", step(4, 4, "optimus", more=training(broadcast="pipelined"))
    yield "sgd mesh", step(4, 4, more={**training(optimizer="sgd"), "package.topology": "mesh"})


def run(program, folder, sets, *options):
    arguments = [word for key, value in sets.items() for word in ("--set", f"{key}={value}")]
    subprocess.run([program, "run", str(folder / "step.toml"), "--trace", "none", "--progress", "none", "--fresh", "--output",
                    str(folder / "out"), *options, *arguments], check=True, stdout=subprocess.DEVNULL)
    return json.loads((folder / "out" / "summary.json").read_text())


def differing(whole, told):
    names = [key for key in COUNTS if whole[key] != told[key]]
    names += [key for key in TRAINING_COUNTS if whole["training"][key] != told["training"][key]]
    return names + [key for key in DYNAMIC if whole["training"]["energy_J"][key] != told["training"]["energy_J"][key]]


def whole_step(program, folder, sets, kept):
    if kept and kept.exists():
        return json.loads(kept.read_text())
    whole = run(program, folder, sets)
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(whole))
    return whole


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split(":")[0])
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("program")
    parser.add_argument("words", nargs="*")
    given = parser.parse_args()
    program, words = given.program, given.words
    errors, held, furthest = [], 0, 0
    print("| step | events, whole | events, sampled | error | half width | differ |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "step.toml").write_text('[workload]\nkind = "training"\n')
        for name, sets in steps():
            if words and not any(word in name for word in words):
                continue
            whole = whole_step(program, folder, sets, given.keep and given.keep / (name.replace(" ", "-") + ".json"))
            told = run(program, folder, sets, "--sample")
            step_s, sampling = whole["training"]["step_s"], told["training"]["sampling"]
            error = told["training"]["step_s"] / step_s - 1
            half_width = sampling["step_s_high"] / told["training"]["step_s"] - 1
            holds = sampling["step_s_low"] <= step_s <= sampling["step_s_high"]
            held += holds
            errors.append(abs(error))
            if not holds:
                furthest = max(furthest, abs(error) / half_width)
            print(f"| {name} | {whole['events'] / 1e6:.1f} M | {told['events'] / 1e6:.1f} M | {100 * error:+.3f} % | "
                  f"{100 * half_width:.3f} %{'' if holds else ' missed'} | {' '.join(differing(whole, told)) or 'none'} |",
                  flush=True)
    print(f"\n{held} of {len(errors)} intervals hold; mean error {100 * sum(errors) / len(errors):.3f} %; those that miss are "
          f"off by at most {furthest:.1f} half widths")


main()
