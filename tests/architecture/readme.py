"""readme.py ROOT HECATON RUNS DOCUMENTS: runs the commands that README.md shows, as printed, and compares what it quotes.

The commands run in a folder that looks like a checkout with a build, whose program is HECATON and whose `runs` is RUNS: an
installed copy has all that they name. Links of README.md lead somewhere in the checkout and in DOCUMENTS. The two training steps are made smaller first, the
only change; set-up commands and other people's machines (what is indented instead of fenced) are left out.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT, HECATON, RUNS, DOCUMENTS = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3]), pathlib.Path(sys.argv[4])
SMALLER = " --set training.batch_sequences=4 --set training.sequence_length=64"
SET_UP = ("runs/quickstart.sh", "tests/run.sh", "cmake ")
README = (ROOT / "README.md").read_text()


def fences(language):
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.M | re.S)
    return [content for name, content in blocks if name == language]


def shown_commands():
    for line in "".join(fences("sh")).splitlines():
        if line and not line.startswith(SET_UP):
            yield line + SMALLER if " run runs/decks/quickstart" in line else line


def labels(table):
    """What stands at the beginning of each line, before two spaces; the first line names decks."""
    return [re.split(r"(?<=\S)  +", line)[0].strip() for line in table.splitlines()[1:] if line.strip()]


def links():
    """Targets inside the tree, without those inside a page."""
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", README):
        if "://" not in target:
            yield target


assert fences("python") == [(ROOT / "runs/python/link_map.py").read_text()], "README.md shows another link_map.py"
assert fences("cpp") == [(ROOT / "tests/architecture/consumer/example.cpp").read_text()], "README.md shows another example"
assert (DOCUMENTS / "README.md").read_text() == README
for target in links():
    for folder in (ROOT, DOCUMENTS):
        assert (folder / target).exists(), f"README.md points to {target}, which does not exist in {folder}"

with tempfile.TemporaryDirectory(prefix="hecaton-readme-") as folder:
    here = pathlib.Path(folder)
    (here / "build/release").mkdir(parents=True)
    (here / "build/release/hecaton").symlink_to(HECATON)
    (here / "runs").symlink_to(RUNS)
    commands = list(shown_commands())
    print(*commands, sep="\n", flush=True)
    done = subprocess.run(["sh", "-e"], input="\n".join(commands), cwd=here, text=True, stdout=subprocess.PIPE)
    assert done.returncode == 0, f"the commands of README.md end with {done.returncode}"
    assert "north" in done.stdout, "the map of the links is printed"

    compared = subprocess.run([HECATON, "compare", "out/hecaton/trace.h5", "out/flat-ring/trace.h5"], cwd=here,
                              text=True, stdout=subprocess.PIPE, check=True).stdout
    quoted = [table for table in fences("") if "FLOPs utilisation" in table]
    figures, why = compared.split("\n\n", 1)
    assert len(quoted) == 1 and labels(quoted[0]) == labels(figures), f"README.md quotes another table than\n{compared}"
    quoted = [table for table in fences("") if "along their critical paths" in table]
    parts = why[why.index("along their critical paths"):].split("by pass and layer")[0]
    assert len(quoted) == 1 and set(labels(quoted[0])) == set(labels(parts)), f"README.md quotes other parts than\n{compared}"

    with open(here / "out/ring-size/table.csv") as table:
        assert len(table.readlines()) == 1 + 6, "the table of the study has a row for each point"
    # The study's one command finds the program of its own copy; its points are done already.
    done = subprocess.run(["sh", "runs/studies/study.sh", "ring-size"], cwd=here, text=True, stdout=subprocess.PIPE,
                          env={**os.environ, **({"HECATON": HECATON} if RUNS == ROOT / "runs" else {})})
    assert done.returncode == 0 and "GB/s on rings of 4, 8, 16 dies" in done.stdout, f"study.sh: {done.stdout}"
    assert (here / "out/ring-size/figure.svg").stat().st_size > 0
    shutil.rmtree(here / "out/ring-size")
    tables = sorted(path.name for path in (here / "out/tables").iterdir())
    assert tables == ["dies.csv", "links.csv", "marks.csv", "messages.csv", "operations.csv", "segments.csv", "stalls.csv",
                      "strata.csv"], tables
    shutil.rmtree(here / "out/tables")
    assert (here / "out/tinyllama/front/1.toml").exists(), "the search leaves decks of its front"
    shutil.rmtree(here / "out/tinyllama")
    shutil.rmtree(here / "out/traces")
    assert (here / "out/hecaton.pftrace").stat().st_size > 0, "the timeline is written"
    here_files = sorted(path.relative_to(here).as_posix() for path in here.glob("out/*/*"))
    decks = ("collective-all-gather-bypass", "flat-ring", "gpt-block", "hecaton", "sampled")
    assert here_files == [f"out/{deck}/{file}" for deck in decks for file in ("summary.json", "trace.h5")], here_files
    for deck in decks:
        assert json.loads((here / "out" / deck / "summary.json").read_text())["simulated_ps"] > 0
assert os.access(ROOT / "runs/quickstart.sh", os.X_OK) and os.access(ROOT / "tests/run.sh", os.X_OK)
print(f"{len(commands)} commands run")
