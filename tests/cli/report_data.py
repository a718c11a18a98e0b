"""Traces to be reported, and the data in a page."""
import json
import re

from harness import check, run, DECKS

SMALL = ["--set", "training.batch_sequences=4", "--set", "training.sequence_length=64", "--progress", "none"]


def expect(condition, what, *seen):
    """A check that shows what was seen instead."""
    check(condition, what if condition else f"{what}: {'; '.join(map(str, seen))}")


def make_traces(here):
    done = [run(["run", f"{DECKS}/quickstart.toml", "--output", "whole", "--trace", "path", *SMALL], here),
            run(["run", f"{DECKS}/quickstart-flat-ring.toml", "--output", "summary", "--trace", "summary", *SMALL], here),
            run(["run", f"{DECKS}/collective-all-gather-bypass.toml", "--output", "collective", "--progress", "none"], here),
            run(["run", f"{DECKS}/traffic-8x8.toml", "--output", "traffic", "--bins", "0", "--progress", "none"], here)]
    expect(all(process.returncode == 0 for process in done), "the runs end well", *(process.stderr for process in done))


def data_of(page):
    with open(page, encoding="utf-8") as file:
        return json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', file.read(), re.S)[1])
