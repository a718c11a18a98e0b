"""Traces to be reported, and the data in a page."""
import base64
import itertools
import json
import re
import zlib

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


CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def unpacked(text):
    """Whole numbers of a page, each in characters of five bits and one that says whether more follow; the sign is the lowest bit."""
    numbers, value, shift = [], 0, 0
    for character in text:
        digit = CHARACTERS.index(character)
        value, shift = value + (digit % 32 << shift), shift + 5
        if digit < 32:
            numbers.append(-(value >> 1) if value % 2 else value >> 1)
            value, shift = 0, 0
    return numbers


def unpack_operations(die, labels, shared):
    """Starts are told from the end of the program's last operation, transfers beside it apart; times from the last one alike; bytes by their
    place among those of operations alike, the last one first, or by 14 and the number."""
    last, recent, end = {}, {}, 0
    columns = [list(itertools.accumulate(unpacked(shared[die["label"]])))] + [unpacked(die[name]) for name in ("start_ps", "ps")]
    moved, rows = iter(unpacked(shared[die["bytes"]])), []
    for label, since, ps in zip(*columns, strict=True):
        alike = tuple(labels[label][:2])
        ps = last[alike] = ps + last.get(alike, 0)
        before, place = recent.setdefault(alike, []), next(moved)
        count = next(moved) if place == 14 else before[place]
        if count in before:
            before.remove(count)
        recent[alike] = [count, *before][:14]
        rows.append((label, end + since, ps, count))
        if labels[label][0] not in ("dram-read", "dram-write"):
            end += since + ps
    for i, name in enumerate(("label", "start_ps", "ps", "bytes")):
        die[name] = [row[i] for row in rows]


def unpack_segments(segments):
    for name in ("die", "from", "label"):
        segments[name] = list(itertools.accumulate(unpacked(segments[name])))
    segments["from"] = [die + apart for die, apart in zip(segments["die"], segments["from"], strict=True)]
    segments["ps"] = unpacked(segments["ps"])


def packed_data_of(page):
    """What is in a page."""
    with open(page, encoding="utf-8") as file:
        letters = re.search(r'<script id="data" type="application/zlib">\s*([A-Za-z0-9+/]*=*)\s*</script>', file.read())[1]
    return json.loads(zlib.decompress(base64.b64decode(letters)))


def data_of(page):
    """And unpacked."""
    data = packed_data_of(page)
    for content in (trace["content"] for trace in data["traces"]):
        for name in ("links", "of_channels") if content["busy"] else ():
            content["busy"][name] = list(itertools.accumulate(unpacked(content["busy"][name])))
        if content["path"]:
            unpack_segments(content["path"]["segments"])
        for die in content["operations"]["detail"]["dies"] if content["operations"] else ():
            unpack_operations(die, content["operations"]["detail"]["labels"], content["operations"]["detail"]["shared"])
    return data
