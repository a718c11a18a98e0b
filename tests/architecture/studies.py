"""studies.py PREFIX DATA SOURCE: every study of an installed copy, with its one command, cut small, without the checkout.

The prefix is copied once more, and the studies of that copy are cut: small models on small packages, for less time. Where
the system lets a program have mounts of its own, the checkout SOURCE is empty for what runs here.
"""
import csv
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from xml.etree import ElementTree

PREFIX, DATA, SOURCE = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
STEP = {"training.model.hidden": 256, "training.model.ffn": 512, "training.model.heads": 32,
        "training.model.kv_heads": 32, "training.model.vocabulary": 1024, "training.sequence_length": 64}
ALL_SIDES, FEW_SIDES = "sides = [4, 8, 16, 32, 64, 128]", "sides = [4, 8, 16]"  # of closed forms
SAME_SIZES = ("layout",)  # it is about one number of dies
WHOLE = {"package.rows": 4, "package.columns": 4, "training.batch_sequences": 64, "training.model.layers": 6}
LATENCY = {"traffic.warmup_cycles": 100, "traffic.measure_cycles": 300}
NEEDED = {"claims": ["headline", "headline-1024"]}  # studies whose tables another one shows
HIDE = ["unshare", "--map-root-user", "--mount", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', SOURCE]


def halved(found):
    return found.group(1) + re.sub(r"\d+", lambda number: str(int(number.group()) // 2), found.group(2))


def cut(name, text):
    """Half as many rows and columns, or four of each; what is added last is added to [grid]."""
    added = {} if re.search(r"^package\.(?:rows|columns)", text, re.M) else {"package.rows": 4, "package.columns": 4}
    if name not in SAME_SIZES:
        text = re.sub(r"^(package\.(?:rows|columns) = )(\[.*\])$", halved, text, flags=re.M)
    added |= LATENCY if name == "latency" else WHOLE if name == "whole-step" else {}
    if "training." in text:
        added |= STEP | {"training.minibatch_tokens": 512 if name == "extrapolation" else 2048}
    for key in added:
        text = re.sub(rf"^{re.escape(key)} = .*\n", "", text, flags=re.M)
    return text + "".join(f"{key} = {value}\n" for key, value in added.items())


def ordered(names):
    before = {name for needed in NEEDED.values() for name in needed}
    return sorted(names, key=lambda name: (name not in before, name))


def run(command, folder):
    environment = {key: value for key, value in os.environ.items() if key != "HECATON"}
    done = subprocess.run(command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    assert done.returncode == 0, f"{command} ends with {done.returncode}: {done.stderr}"
    return done.stdout


with tempfile.TemporaryDirectory(prefix="hecaton-studies-") as folder:
    here = pathlib.Path(folder)
    for part in ("bin", DATA):
        shutil.copytree(PREFIX / part, here / "prefix" / part)
    studies = here / "prefix" / DATA / "hecaton/studies"
    names = ordered([path.stem for path in studies.glob("*.toml")])
    for name in names:
        study = studies / f"{name}.toml"
        study.write_text(cut(name, study.read_text()))
    forms = (studies / "forms.py").read_text()
    assert ALL_SIDES in forms
    (studies / "forms.py").write_text(forms.replace(ALL_SIDES, FEW_SIDES))
    hides = subprocess.run(HIDE + ["true"], cwd=here, stderr=subprocess.DEVNULL).returncode == 0
    print("the checkout is", "hidden" if hides else "not in the way")
    for name in names:
        begun = time.monotonic()
        said = run((HIDE if hides else []) + ["sh", str(studies / "study.sh"), name], here)
        made = here / "out" / name
        points = int(re.search(r"^points +(\d+)$", said, re.M).group(1))
        with open(made / "table.csv", newline="") as table:
            rows = list(csv.DictReader(table))
        assert len(rows) == points > 0, f"{name}: {len(rows)} rows of {points} points"
        drawn = [at for at in ElementTree.parse(made / "figure.svg").iter() if at.tag.endswith(("rect", "polyline", "path"))]
        assert drawn, f"{name}: nothing is drawn"
        assert len((made / "paragraph.txt").read_text()) > 100, f"{name}: it says nothing"
        print(f"{name}: {points} points, {time.monotonic() - begun:.1f} s", flush=True)
