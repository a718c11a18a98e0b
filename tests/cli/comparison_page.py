"""The page of `hecaton compare -o`: why one step is longer, for any two of its traces; and what is refused."""
import json
import os

from harness import error_lines, files_below, run, write, DECKS
from report_data import data_of, expect, SMALL

FLITS = 64
BROADCAST = f"""[workload]
kind = "collective"
[package]
rows = 1
columns = 6
topology = "mesh"
[link]
bandwidth_GBps = 64
latency_ns = 1.337
flit_bytes = 64
[collective]
operation = "broadcast"
algorithm = "naive-ring"
group = "rows"
bytes = {FLITS * 64}
chunks = 1
"""
DIVISIONS = ("parts", "sections", "connections")
# Name, and whole picoseconds, of each row of a table; the last is the sum.
ROWS = """return [...document.querySelectorAll(`#compare-${arguments[0]} tbody tr`)].map(row =>
  [row.firstElementChild.textContent, Number(row.lastElementChild.textContent)])"""


def good(arguments, here):
    process = run(arguments, here)
    expect(process.returncode == 0, f"{arguments[:2]} ends well", process.stderr)


def make_compared_traces(here):
    good(["run", f"{DECKS}/quickstart-flat-ring.toml", "--output", "ring", "--trace", "path", *SMALL], here)
    write(os.path.join(here, "even.toml"), BROADCAST)
    for name, settings in (("even", []), ("slowed", ["--set", "link.overrides=2-3: bandwidth_GBps 16"])):
        good(["run", "even.toml", "--output", name, "--trace", "path", "--progress", "none", *settings], here)


def simulated(here, name):
    with open(f"{here}/{name}/summary.json", encoding="utf-8") as file:
        return json.load(file)["simulated_ps"]


def expect_sums(browser, apart):
    for division in DIVISIONS:
        rows = browser.run(ROWS, division)
        expect(rows[-1] == ["together", apart], f"{division} end with the difference of the steps, {apart}", rows[-1:])
        sizes = [abs(ps) for name, ps in rows[:-1] if not name.endswith(" others")]
        expect(sum(ps for _, ps in rows[:-1]) == apart and sizes == sorted(sizes, reverse=True), f"{division} add up, the largest first", rows)


def look_at_a_pair(browser, here):
    whole, ring = simulated(here, "whole"), simulated(here, "ring")
    told = browser.text("#compare-verdict")
    expect(browser.run("return seconds(arguments[0])", ring - whole) + " (" in told and "longer than A" in told, "which is longer, and by how much", told)
    expect_sums(browser, ring - whole)
    differing = browser.text("#compare-differences")
    expect("training.method" in differing and "package.rows" not in differing, "what differs between the decks", differing)
    for step in (whole, ring):
        expect(browser.run("return seconds(arguments[0])", step) in browser.text("#figures-table"), "figures stand side by side")


def change_the_pair(browser, here):
    whole, ring = simulated(here, "whole"), simulated(here, "ring")
    expect("to A" in browser.text("#figures-table thead"), "ratios are to A at first")
    browser.press("#compare-swap", "\ue007")  # return
    expect("shorter than B" in browser.text("#compare-verdict"), "the pair is swapped by a key", browser.text("#compare-verdict"))
    expect_sums(browser, whole - ring)
    expect("to B" in browser.text("#figures-table thead") and "to A" not in browser.text("#figures-table thead"), "ratios go with it")
    browser.press("#compare-other", "\ue015", "\ue015")  # down: from A to C, over B
    expect(browser.run("return ['other', 'base'].map(side => document.getElementById(`compare-${side}`).value)") == ["2", "0"],
           "arrow keys choose another trace; over the one it was compared with, they change places")
    expect("--trace path" in browser.text("#compare-body .missing"), "a trace without a path says so", browser.text("#compare-body"))
    expect(browser.run("return document.getElementById('compare-parts')") is None, "and has no table")
    expect("training.method" in browser.text("#compare-differences"), "but differences of the decks")
    browser.click("#compare-swap")
    expect("longer" in browser.text("#compare-verdict") or "shorter" in browser.text("#compare-verdict"), "a click swaps too")


def look_at_comparisons(browser, here):
    good(["compare", "whole/trace.h5", "ring/trace.h5", "summary/trace.h5", "-o", "new/compare.html"], here)
    page = data_of(f"{here}/new/compare.html")
    expect(page["kind"] == "comparison" and all(trace["content"]["operations"] is None for trace in page["traces"]), "a page without operations")
    browser.open(f"{here}/new/compare.html")
    expect(browser.is_ready(), "a comparison is drawn", browser.complaints())
    expect(browser.run("return [...document.querySelectorAll('nav a')].map(link => link.textContent)")
           == ["Figures", "Comparison", "Where time goes", "Decks"], "it has the panels of a comparison")
    look_at_a_pair(browser, here)
    change_the_pair(browser, here)
    good(["compare", "even/trace.h5", "slowed/trace.h5", "-o", "slowed.html"], here)
    browser.open(f"{here}/slowed.html")
    longer = (FLITS - 1) * 3000  # at a quarter of the pace all flits but the first come 3 ns later each
    expect_sums(browser, longer)
    first = browser.run(ROWS, "connections")[0]
    expect(first == ["die (0,2) to die (0,3)", longer], "a slowed link is named", first)


def refuse_comparisons(here):
    for arguments, parts in ((["whole/trace.h5", "ring/summary.json", "-o", "no.html"], ("ring/summary.json", "no deck")),
                             (["whole/trace.h5", "ring/trace.h5", "-o", "ring/trace.h5"], ("--output",)),
                             (["whole/trace.h5", "missing.h5", "-o", "no.html"], ("missing.h5", "there is no such file"))):
        before = files_below(here)
        process = run(["compare", *arguments], here)
        message = process.stderr
        expect(process.returncode == 2 and len(message.splitlines()) == 1 == len(error_lines(process)), f"compare {arguments}: one line", message)
        expect(all(part in message for part in parts), f"compare {arguments}: says {parts}", message)
        expect(files_below(here) == before, f"compare {arguments}: nothing is written")
