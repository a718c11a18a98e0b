#!/bin/sh
# network.sh: flit-hops per CPU second, events per flit-hop and memory of uniform traffic on meshes of three sizes.
# HECATON is the program (build/release/hecaton if not given).
set -e
top=$(cd "$(dirname "$0")/../.." && pwd)
program=${HECATON:-$top/build/release/hecaton}
if [ ! -x "$program" ]; then
  echo "network.sh: no program at $program; build it, or set HECATON" >&2
  exit 2
fi
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
/usr/bin/python3 - "$program" "$top/runs/decks/traffic-8x8.toml" "$folder" <<'PYTHON'
import json, os, resource, subprocess, sys

program, deck, folder = sys.argv[1:]
print("| mesh | flits | rate | flit-hops | events per flit-hop | M flit-hops per CPU second | memory, MB |\n|---|---|---|---|---|---|---|")
# Loads as others report them, and far beyond saturation; cycles so that a run takes a second or more.
for size, flits, rate, cycles in [(16, 1, 0.05, 150000), (32, 1, 0.05, 20000), (64, 1, 0.02, 5000),
                                  (16, 8, 0.05, 200000), (32, 8, 0.05, 30000), (64, 8, 0.02, 10000),
                                  (16, 1, 0.9, 15000), (16, 8, 0.9, 15000)]:
    keys = {"package.rows": size, "package.columns": size, "traffic.packet_flits": flits,
            "traffic.injection_rate": rate, "traffic.warmup_cycles": 1000, "traffic.measure_cycles": cycles}
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    summary = os.path.join(folder, "summary.json")
    arguments = [argument for key, value in keys.items() for argument in ("--set", f"{key}={value}")]
    subprocess.run([program, "run", deck, "--trace", "none", "--progress", "none", "--fresh", "--output", folder,
                    "--summary", summary, *arguments], check=True, stdout=subprocess.DEVNULL)
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    with open(summary) as file:
        run = json.load(file)
    hops = run["flit_hops"]
    print(f"| {size} x {size} | {flits} | {rate} | {hops} | {run['events'] / hops:.2f} | {hops / seconds / 1e6:.2f} | "
          f"{run['peak_rss_bytes'] / 1e6:.0f} |", flush=True)
PYTHON
