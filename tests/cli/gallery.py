"""The examples of runs/gallery: their commands run as printed, and every picture is made anew of the pages that they write.

gallery.py HECATON MPIEXEC RANKS DECKS ROOT [FOLDER]: pictures are left in FOLDER if it is given, else nowhere.
"""
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys

from browser import Browser
from harness import finish, folder, HECATON
from report_data import expect

ROOT = pathlib.Path(sys.argv[5])
FOLDER = pathlib.Path(sys.argv[6]) if len(sys.argv) > 6 else None
README = (ROOT / "runs/gallery/README.md").read_text()
RIGHT = "\ue014"
WIDTH, LEAST_HEIGHT, LEAST_BYTES = 1280, 200, 8000  # a page without a chart takes less
# Leaves of the page the sections that are named, without tables behind charts, and tells where the picture ends: below the last of
# them, or above a heading of it.
KEEP = """document.documentElement.style.overflow = 'hidden';
scrollTo({top: 0, behavior: 'instant'});
for (const section of document.querySelectorAll('main > section')) section.hidden = !arguments[0].includes(section.id);
for (const behind of document.querySelectorAll('main details')) behind.hidden = true;
const last = document.getElementById(arguments[0].at(-1)), heading = [...last.querySelectorAll('h3')].find(h3 => h3.textContent === arguments[1]);
return Math.round(heading ? heading.getBoundingClientRect().top : last.getBoundingClientRect().bottom)"""


def look_closer(browser):
    """A sixty-fourth of the step, operation by operation."""
    browser.press("#timeline-canvas", *["+"] * 6)


def see_the_slow_row(browser):
    browser.choose("#map-trace", "1")
    browser.press("#map-canvas", *[RIGHT] * 6)


# Picture: its page, the sections it shows, the heading of the last one above which it ends, and what is done first.
PICTURES = {
    "methods.png": ("methods.html", ["traces", "time"], "By pass and stage, mean over dies", None),
    "why.png": ("why.html", ["comparison"], "Differences of the decks", None),
    "timeline.png": ("hecaton.html", ["timeline"], None, look_closer),
    "slow-link.png": ("slow.html", ["map"], "Stalls of links by cause", see_the_slow_row),
    "load.png": ("load.html", ["study"], None, None),
    "mesh.png": ("mesh.html", ["map"], "Stalls of links by cause", None),
}


def run_commands(here):
    (here / "build/release").mkdir(parents=True)
    (here / "build/release/hecaton").symlink_to(HECATON)
    (here / "runs").symlink_to(ROOT / "runs")
    commands = "".join(re.findall(r"^```sh\n(.*?)^```$", README, re.M | re.S))
    done = subprocess.run(["sh", "-e"], input=commands, cwd=here, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    expect(done.returncode == 0, f"{len(commands.splitlines())} commands end well", done.stderr[-2000:])


def take(browser, here, name):
    page, sections, heading, prepare = PICTURES[name]
    browser.open(here / "out/gallery" / page)
    expect(browser.is_ready(), f"{page} is drawn", browser.complaints())
    browser.choose("#theme", "light")
    if prepare:
        prepare(browser)
    browser.call("POST", "/window/rect", {"width": WIDTH, "height": 1000})
    height = browser.run(KEEP, sections, heading)
    browser.picture(here / name, height)
    picture = (here / name).read_bytes()
    wide, high = struct.unpack(">II", picture[16:24])
    expect(wide == WIDTH and high >= LEAST_HEIGHT and len(picture) >= LEAST_BYTES, f"{name} shows something", wide, high, len(picture))
    if FOLDER:
        shutil.copy(here / name, FOLDER)


shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
expect(sorted(shown) == sorted(PICTURES), "the pictures of the page are those made here", shown)
expect(all((ROOT / "runs/gallery" / name).is_file() for name in shown), "and are in the tree") if not FOLDER else None
with folder() as made:
    scratch = pathlib.Path(made)
    run_commands(scratch)
    with Browser() as window:
        for each in PICTURES:
            take(window, scratch, each)
        expect(window.complaints() == [], "nothing stands on the console")
finish()
