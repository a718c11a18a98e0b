"""The program at several rank counts: the same digest, and the same trace but for /provenance, byte by byte.

program_ranks.py HECATON MPIEXEC RANKS...
"""
import json
import os
import subprocess
import sys
import tempfile

from program_content import content

HECATON, MPIEXEC, RANKS = sys.argv[1], sys.argv[2], [int(text) for text in sys.argv[3:]]

MODEL = """[training.model]
name = "tiny"
hidden = 64
ffn = 96
heads = 8
kv_heads = 4
layers = 2
vocabulary = 100
"""
DECKS = {
    "training": """[workload]
kind = "training"
[package]
rows = 4
columns = 4
[memory]
channels = 5
burst_bytes = 4096
[training]
batch_sequences = 8
sequence_length = 16
minibatch_tokens = 64
""" + MODEL,
    "flat-ring": """[workload]
kind = "training"
[package]
rows = 2
columns = 4
[training]
method = "megatron-flat-ring"
batch_sequences = 8
sequence_length = 16
minibatch_tokens = 64
""" + MODEL,
    "collective": """[workload]
kind = "collective"
[package]
rows = 3
columns = 5
[link]
latency_ns = 1.337
[collective]
operation = "all-reduce"
bytes = 1000003
""",
    "traffic": """[workload]
kind = "traffic"
[package]
rows = 4
columns = 4
topology = "mesh"
[traffic]
injection_rate = 0.7
packet_flits = 3
warmup_cycles = 200
measure_cycles = 500
drain_cycles = 100
""",
}


def run(deck, ranks, partition, folder):
    launcher = [] if ranks == 1 else [MPIEXEC, "-n", str(ranks)]
    output = os.path.join(folder, f"{os.path.basename(deck)}-{ranks}-{partition}")
    subprocess.run(launcher + [HECATON, "run", deck, "--output", output, "--partition", partition, "--trace", "messages",
                    "--progress", "none"],
                   check=True, timeout=120, stdout=subprocess.DEVNULL)
    with open(os.path.join(output, "summary.json")) as file:
        return json.load(file), content(os.path.join(output, "trace.h5"))


failures = 0
with tempfile.TemporaryDirectory(prefix="hecaton-ranks-") as folder:
    for name, text in DECKS.items():
        deck = os.path.join(folder, name + ".toml")
        with open(deck, "w") as file:
            file.write(text)
        first_summary, first_trace = run(deck, 1, "block", os.path.join(folder, name))
        assert len(first_trace) > 40, f"{name}: a trace of only {len(first_trace)} objects"
        for ranks in RANKS:
            partition = ("block", "strip", "scotch")[ranks % 3]
            summary, trace = run(deck, ranks, partition, os.path.join(folder, name))
            assert summary["ranks"] == ranks, summary
            different = [key for key in first_trace.keys() | trace.keys() if first_trace.get(key) != trace.get(key)]
            for key in ("digest", "simulated_ps", "packets", "packet_hops", "flit_hops", "training", "collective",
                        "traffic"):
                if summary.get(key) != first_summary.get(key):
                    different.append(f"summary {key}")
            if different:
                failures += 1
                print(f"FAILED: {name} at {ranks} ranks, {partition}: {sorted(different)}", flush=True)
print(f"{failures} failures")
sys.exit(1 if failures else 0)
