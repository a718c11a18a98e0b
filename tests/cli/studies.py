"""The shipped studies: each makes points that can be run; one is run, and drawn."""
import os
import re
import shutil
import subprocess
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

finish()
