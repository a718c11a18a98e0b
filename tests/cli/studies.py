"""The shipped studies: each makes points that can be run; one is run, and drawn."""
import csv
import os
import re
import shutil
import subprocess
import sys
from xml.etree import ElementTree

from harness import DECKS, HECATON, check, finish, folder, run

STUDIES = os.path.join(DECKS, "..", "studies")

with folder() as here:
    for name in sorted(os.listdir(STUDIES)):
        if name.endswith(".toml"):
            process = run(["sweep", os.path.join(STUDIES, name), "--status"], here)
            check(process.returncode == 0, f"{name}: {process.stderr!r}")
    check("study.sh" in os.listdir(STUDIES), "studies have their one command")

    environment = dict(os.environ, HECATON=HECATON, AT_ONCE="2")
    process = subprocess.run(["sh", os.path.join(STUDIES, "study.sh"), "extrapolation"], cwd=here, env=environment,
                             text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(process.returncode == 0, f"study.sh: {process.stderr!r}")
    made = os.path.join(here, "out", "extrapolation")
    bars = [at for at in ElementTree.parse(os.path.join(made, "figure.svg")).iter() if at.get("stroke") == "black"]
    check(len(bars) >= 8, f"the figure has {len(bars)} bars")
    with open(os.path.join(made, "paragraph.txt")) as file:
        paragraph = file.read()
    found = re.search(r"by at most ([0-9.]+) %", paragraph)
    check(found and float(found.group(1)) < 3, f"one and two layers tell of 22: {paragraph!r}")
    shutil.rmtree(os.path.join(here, "out"))

    # Maps by closed forms: two points tell of any other.
    process = subprocess.run(["python3", os.path.join(STUDIES, "forms.py"), "claims"], cwd=here, env=environment,
                             text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(process.returncode == 0, f"forms.py: {process.stderr!r}")
    process = subprocess.run(["python3", os.path.join(STUDIES, "draw.py"), "claims", os.path.join("out", "claims")],
                             cwd=here, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(process.returncode == 0, f"draw.py claims: {process.stderr!r}")
    sys.path.insert(0, STUDIES)
    os.environ["HECATON"] = HECATON
    import forms
    with open(os.path.join(here, "out", "claims", "map.csv"), newline="") as file:
        cells = list(csv.DictReader(file))
    for method, column in (("hecaton", "hecaton_ms"), ("megatron-flat-ring", "flat_ring_ms")):
        told = [float(row[column]) for row in cells if row["model"] == "llama2-70b" and row["dies"] == "256" and
                (row["die_TFLOPS"], row["link_GBps"], row["channel_GBps"]) == ("16", "256", "51.2")]
        own = forms.minibatch(("llama2-70b", method, 16, forms.rates(16, 256)))
        exact = own["compute_ms"] + own["collectives_ms"]
        check(len(told) == 1 and abs(told[0] / exact - 1) < 1e-3, f"{method}: {told} of the map, {exact}")
    shutil.rmtree(os.path.join(here, "out"))

    # Latency curves: three loads of two lengths, one of them saturated, beside two points of a reference.
    with open(os.path.join(here, "load.toml"), "w") as file:
        file.write(f'[study]\ndeck = "{os.path.join(DECKS, "traffic-8x8.toml")}"\ntrace = "none"\n[grid]\n'
                   "package.rows = 4\npackage.columns = 4\ntraffic.warmup_cycles = 200\n"
                   "traffic.measure_cycles = 1000\ntraffic.packet_flits = [1, 8]\n"
                   "traffic.injection_rate = [0.05, 0.2, 1.0]\n")
    with open(os.path.join(here, "reference.csv"), "w") as file:
        file.write("packet_flits,injection_rate,latency_mean_cycles,saturated\n"
                   "1,0.05,17,0\n8,0.05,24,0\n8,1.0,,1\n")
    process = run(["sweep", os.path.join(here, "load.toml"), "--output", os.path.join(here, "load")], here)
    check(process.returncode == 0, f"sweep: {process.stderr!r}")
    process = subprocess.run(["python3", os.path.join(STUDIES, "curves.py"), "load", "reference.csv"], cwd=here,
                             text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(process.returncode == 0, f"curves.py: {process.stderr!r}")
    drawn = list(ElementTree.parse(os.path.join(here, "load", "figure.svg")).iter())
    lengths = [len(at.get("points").split()) for at in drawn if at.get("class") == "curve"]
    check(lengths == [2, 2], f"curves end before saturation: {lengths}")
    dashes = {at.get("stroke-dasharray") for at in drawn if at.get("class") == "curve"}
    check(len(dashes) == 2, f"curves are told apart: {dashes}")
    markers = [at for at in drawn if at.get("class") == "reference"]
    check(len(markers) == 4, f"two points and their legend: {len(markers)} markers")
    process = subprocess.run(["python3", os.path.join(STUDIES, "draw.py"), "latency", "load"], cwd=here, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(process.returncode == 0 and "cycles at 0.05 flits" in process.stdout, f"draw.py latency: {process.stderr!r}")
    shutil.rmtree(os.path.join(here, "load"))
    for name in ("load.toml", "reference.csv"):
        os.remove(os.path.join(here, name))

finish()
