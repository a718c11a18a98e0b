"""check_export.py HECATON DECKS: exports traces of small runs and compares every figure with h5py's view of the trace."""
import collections
import contextlib
import csv
import decimal
import io
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import h5py

sys.path.append(str(pathlib.Path(__file__).parents[2] / "support"))
import checks
from checks import check, finish
from decode import slices, timeline

HECATON, DECKS = sys.argv[1], pathlib.Path(sys.argv[2])
SMALL = ["training.batch_sequences=4", "training.sequence_length=64", "training.model.layers=8"]
ENGINES = {"matmul": "compute", "vector": "vector", "dram-read": "DRAM", "dram-write": "DRAM", "dram-wait": "waits",
           "idle": "waits"}
ENGINE_WORDS = {"compute", "vector", "collectives", "DRAM", "waits"}
GROUPS = ("links", "DRAM channels", "messages")
TABLES = ("dies", "operations", "links", "stalls", "marks", "messages", "strata", "segments")


def run(*arguments, code=0):
    process = subprocess.run([HECATON, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             timeout=300)
    check(process.returncode == code, f"{arguments} ends with {process.returncode}, not {code}: {process.stderr}")
    return process


def simulate(folder, deck, *settings, options=()):
    run("run", DECKS / deck, "--output", folder, *options, *(word for each in settings for word in ("--set", each)))
    return folder / "trace.h5"


def words(column):
    names = [name.decode() if isinstance(name, bytes) else name for name in column.attrs["names"]]
    return [names[value] for value in column[:]]


def operations(trace):
    """The rows as (die, kind, stage, layer, mini-batch, start, end, bytes)."""
    with h5py.File(trace) as file:
        table = file["operations"]
        columns = [table["die"][:].tolist(), words(table["kind"]), words(table["stage"])]
        columns += [table[name][:].tolist() for name in ("layer", "minibatch", "start_ps", "end_ps", "bytes")]
        return list(zip(*columns)), (int(file.attrs["rows"]), int(file.attrs["columns"]))


def engine(kind):
    return ENGINES.get(kind, "collectives")


def name(kind, stage):
    return kind if stage == "none" else f"{kind} {stage}"


def times(rows):
    sums = collections.Counter()
    for _, kind, _, _, _, start, end, _ in rows:
        sums[kind] += end - start
    return sums


def expect_rows(found, expected, what):
    check(collections.Counter(found) == collections.Counter(expected), f"{what}: other rows than the trace has")
    check(times(found) == times(expected), f"{what}: other sums of times than the trace has")


def place(label, row, columns):
    """The die and engine that a track is named after, which is in the process of its row."""
    words_of = label.split()
    check(words_of[0] == "die" and words_of[2] in ENGINE_WORDS, f"a track is called {label}")
    check(int(words_of[1]) // columns == row, f"{label} is in row {row}")
    return int(words_of[1]), words_of[2]


def process_name(number, shape):
    """Of the process with this number: rows of dies from 1 on, and then groups of the network."""
    return f"row {number - 1}" if number <= shape[0] else GROUPS[number - shape[0] - 1]


def check_perfetto(file, expected, shape):
    tracks, found = slices(file.read_bytes())
    rows = {track["uuid"]: track["process"]["pid"] - 1 for track in tracks.values() if "process" in track}
    for uuid, row in rows.items():
        check(tracks[uuid]["process"]["name"] == process_name(row + 1, shape), f"process of row {row}")
    labels = [track["name"] for track in tracks.values() if "parent" in track]
    check(len(set(labels)) == len(labels), "tracks have names of their own")
    ranks = [track.get("rank") for track in tracks.values() if "parent" in track]
    check(ranks == sorted(set(ranks)), "tracks stand in their order")
    seen = []
    for track, start, end, label, category, of in found:
        die, track_engine = place(tracks[track]["name"], rows[tracks[track]["parent"]], shape[1])
        check(track_engine == category == engine(of["kind"]), f"{label} on {tracks[track]['name']}")
        check(label == name(of["kind"], of["stage"]), f"a slice is called {label}")
        exact = of["start_ps"], of["start_ps"] + of["duration_ps"]
        check((start, end) == (exact[0] // 1000, exact[1] // 1000), f"{label} is at {start} to {end} ns, not {exact} ps")
        seen.append((die, of["kind"], of["stage"], of["layer"], of["mini-batch"], *exact, of["bytes"]))
    expect_rows(seen, expected, file.name)


def check_chrome(file, expected, shape):
    events = json.loads(file.read_text(), parse_float=decimal.Decimal)["traceEvents"]
    threads, seen, free = {}, [], {}
    for event in events:
        if event["ph"] == "M":
            if event["name"] == "thread_name":
                check(event["tid"] not in threads, "a thread is named twice")
                is_die = event["pid"] <= shape[0]
                threads[event["tid"]] = place(event["args"]["name"], event["pid"] - 1, shape[1]) if is_die else None
            elif event["name"] == "process_name":
                check(event["args"]["name"] == process_name(event["pid"], shape), "the name of a row")
            continue
        if event["pid"] > shape[0]:
            continue
        die, track_engine = threads[event["tid"]]
        of = event["args"]
        start, duration = (event[key] * 1_000_000 for key in ("ts", "dur"))
        check(start == int(start) and duration == int(duration), "times are whole picoseconds")
        check(start >= free.get(event["tid"], 0), "a slice begins before the one before ended")
        free[event["tid"]] = start + duration
        check(track_engine == event["cat"] == engine(of["kind"]) and event["name"] == name(of["kind"], of["stage"]),
              f"{event['name']} on another track")
        seen.append((die, of["kind"], of["stage"], of["layer"], of["mini-batch"], int(start), int(start + duration),
                     of["bytes"]))
    expect_rows(seen, expected, file.name)


def counters_of(trace):
    """By name: (start in ps, busy time) of bins that are not like the one before, and the end. Nothing for what was never busy."""
    counters = {}
    with h5py.File(trace) as file:
        for table, label in (("links", "link {} to {}"), ("channels", "channel {1} of IO die {0}")):
            ends = ("from", "to") if table == "links" else ("io_die", "channel")
            matrix, width = file[f"bins/{table}"][:], int(file[f"bins/{table}"].attrs["width_ps"])
            for *place_of, bins in zip(*(file[table][end][:] for end in ends), matrix.tolist()):
                if not any(bins):
                    continue
                samples = [(at * width, busy) for at, busy in enumerate(bins) if at == 0 or busy != bins[at - 1]]
                counters[label.format(*place_of)] = samples + [(len(bins) * width, 0)]
    return counters


def messages_of(trace):
    """Of each message the number and the two ends: (node, time in ps, from, to, bytes, waited)."""
    with h5py.File(trace) as file:
        if "messages" not in file:
            return {}
        rows = {name: data[:].tolist() for name, data in file["messages"].items() if name != "offsets"}
    columns = zip(*(rows[name] for name in ("from", "to", "head_out_ps", "arrived_ps", "bytes", "waited_ps")))
    return {number: ((source, out, source, to, size, waited), (to, here, source, to, size, waited))
            for number, (source, to, out, here, size, waited) in enumerate(columns, start=1)}


def node_of(label):
    return int(label.split()[-1])


def expect_network(samples, ends, trace, what):
    expected = counters_of(trace)
    check(samples == expected, f"{what}: other counters than the bins say")
    messages = messages_of(trace)
    check(ends == {number: list(both) for number, both in messages.items()}, f"{what}: other messages than the trace has")
    return len(expected), len(messages)


def check_perfetto_network(file, trace):
    tracks, _, values, instants = timeline(file.read_bytes())
    samples, ends, flows = collections.defaultdict(list), collections.defaultdict(list), {}
    for track, time, value in values:
        samples[tracks[track]["name"]].append((time, value))
    expected = {name: [(at // 1000, busy) for at, busy in of] for name, of in counters_of(trace).items()}
    check(dict(samples) == expected, f"{file.name}: other counters than the bins say")
    for track, time, label, of, begins, ending in instants:
        check((begins is None) == (label == "message arrives") and (ending is None) == (label == "message leaves"), label)
        check(time == of["time_ps"] // 1000, f"a message is at {time} ns")
        ends[begins or ending].append((node_of(tracks[track]["name"]), of["time_ps"], of["from"], of["to"], of["bytes"],
                                       of["waited_ps"]))
        flows.setdefault(begins or ending, []).append(begins is not None)
    check({number: sorted(both, key=lambda end: end[1]) for number, both in ends.items()} ==
          {number: list(both) for number, both in messages_of(trace).items()}, f"{file.name}: messages")
    check(all(sorted(of) == [False, True] for of in flows.values()), "a flow begins once and ends once")
    units = {track["counter"]["unit"] for track in tracks.values() if "counter" in track}
    check(len(units) == 1 and units.pop().startswith("ps busy of "), "the unit of counters")
    return len(samples), len(ends)


def check_chrome_network(file, trace):
    events = json.loads(file.read_text(), parse_float=decimal.Decimal)["traceEvents"]
    names = {event["tid"]: event["args"]["name"] for event in events if event["ph"] == "M" and event["name"] == "thread_name"}
    samples, ends, arrows = collections.defaultdict(list), collections.defaultdict(list), collections.defaultdict(list)
    for event in events:
        ps = int(event["ts"] * 1_000_000) if "ts" in event else None
        if event["ph"] == "C":
            samples[event["name"]].append((ps, event["args"]["busy_ps"]))
        elif event.get("cat") == "message" and event["ph"] == "X":
            of = event["args"]
            ends[of["number"]].append((node_of(names[event["tid"]]), ps, of["from"], of["to"], of["bytes"], of["waited_ps"]))
        elif event.get("cat") == "message":
            arrows[event["id"]].append((event["ph"], node_of(names[event["tid"]]), ps))
    sorted_ends = {number: sorted(both, key=lambda end: end[1]) for number, both in ends.items()}
    for number, both in sorted_ends.items():
        check(sorted(arrows[number], reverse=True) == [("s", *both[0][:2]), ("f", *both[1][:2])], f"the arrow of message {number}")
    return expect_network(dict(samples), sorted_ends, trace, file.name)


def check_messages(here):
    """Counters of all that was busy, and both ends of every message."""
    trace = simulate(here / "messages", "quickstart.toml", *SMALL, options=("--trace", "messages"))
    run("export", trace, "--chrome", here / "m.json", "--perfetto", here / "m.pftrace", "--csv", here / "m")
    for counters, messages in (check_perfetto_network(here / "m.pftrace", trace), check_chrome_network(here / "m.json", trace)):
        check(counters > 50 and messages > 1000, f"{counters} counters, {messages} messages")
    check_csv(here / "m", trace)
    run("export", trace, "--csv", here / "m", "--dies", "3", "--to", "20us")
    with open(here / "m/messages.csv") as text:
        kept = list(csv.DictReader(text))
    expected = [both for both in messages_of(trace).values() if 3 in both[0][2:4]]
    check(0 < len(kept) < len(expected) and all("3" in (row["from"], row["to"]) for row in kept), "messages of a die, up to a time")
    damaged = here / "late.h5"
    damaged.write_bytes(trace.read_bytes())
    with h5py.File(damaged) as file:
        place_of = file["messages/head_out_ps"].id.get_offset()
    content = bytearray(damaged.read_bytes())
    content[place_of + 7] = 0x7f
    damaged.write_bytes(content)
    check(run("export", damaged, "--csv", here / "m2", code=2).stderr.count("\n") == 1, "a changed message is refused")


def check_csv(folder, trace):
    """Every table cell by cell."""
    check({file.name for file in folder.iterdir()} == {f"{name}.csv" for name in TABLES}, "a file for each table")
    with h5py.File(trace) as file:
        for table in TABLES:
            with open(folder / f"{table}.csv", newline="") as text:
                header, *lines = csv.reader(text)
            if table not in file:
                check(not lines and table in ("strata", "segments", "marks", "messages"), f"{table} is empty")
                continue
            datasets = {name: data for name, data in file[table].items() if name != "offsets"}
            check({label.split(" [")[0] for label in header} == set(datasets), f"{table} has columns {header}")
            for place_of, label in enumerate(header):
                column = datasets[label.split(" [")[0]]
                unit = column.attrs.get("units", "1")
                check(label == f"{label.split(' [')[0]} [{unit}]" if unit != "1" else "[" not in label, f"unit of {label}")
                cells = [line[place_of] for line in lines]
                if "names" in column.attrs:
                    same = cells == words(column)
                elif column.dtype.kind == "S":
                    same = cells == [value.decode() for value in column[:]]
                elif column.dtype.kind == "f":
                    same = [float(cell) for cell in cells] == column[:].tolist()
                else:
                    same = [int(cell) for cell in cells] == column[:].tolist()
                check(same, f"{table}.{label} differs from the trace")


def check_all(here, trace):
    rows, shape = operations(trace)
    check(len(rows) > 100, f"{trace} has {len(rows)} operations")
    made = [here / "x.json", here / "x.pftrace", here / "x"]
    printed = run("export", trace, "--chrome", made[0], "--perfetto", made[1], "--csv", made[2]).stdout.splitlines()
    check(printed[:2] == [str(made[0]), str(made[1])] and len(printed) == 2 + len(TABLES), f"export prints its files: {printed}")
    check_chrome(made[0], rows, shape)
    check_perfetto(made[1], rows, shape)
    check_csv(made[2], trace)
    check_perfetto_network(made[1], trace)
    check_chrome_network(made[0], trace)
    return rows, shape


def check_filters(here, trace):
    rows, shape = operations(trace)
    middle = sorted(row[5] for row in rows)[len(rows) // 2]
    until = sorted(row[5] for row in rows)[2 * len(rows) // 3]
    cases = {("--dies", "1,3-4"): lambda row: row[0] in (1, 3, 4), ("--layers", "1"): lambda row: row[3] == 1,
             ("--from", f"{middle}ps"): lambda row: row[5] >= middle or row[6] > middle,
             ("--to", f"{middle}ps"): lambda row: row[5] < middle,
             ("--from", f"{middle}ps", "--to", f"{until}ps", "--dies", "0"):
                 lambda row: row[0] == 0 and row[5] < until and (row[5] >= middle or row[6] > middle)}
    for options, keeps in cases.items():
        kept = [row for row in rows if keeps(row)]
        check(0 < len(kept) < len(rows), f"{options} leaves something out, but not all")
        run("export", trace, "--chrome", here / "f.json", "--perfetto", here / "f.pftrace", "--csv", here / "f", *options)
        check_chrome(here / "f.json", kept, shape)
        check_perfetto(here / "f.pftrace", kept, shape)
        with open(here / "f/operations.csv") as text:
            check(len(list(csv.reader(text))) == 1 + len(kept), f"{options}: operations.csv")
    run("export", trace, "--csv", here / "f", "--dies", "0")
    with open(here / "f/links.csv") as text:
        links = list(csv.DictReader(text))
        check(links and all("0" in (link["from"], link["to"]) for link in links), "links at die 0")


def complains(call):
    """Whether a check fails, or stops, as it must with broken input."""
    checks.failures, before = 0, checks.failures
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            call()
        return checks.failures > 0
    except (AssertionError, KeyError, IndexError, ValueError):
        return True
    finally:
        checks.failures = before


def check_checks(here, trace):
    """What is wrong in an export is found: a lost slice, other times, another order."""
    rows, shape = operations(trace)
    run("export", trace, "--chrome", here / "x.json", "--perfetto", here / "x.pftrace", "--csv", here / "x")
    packets, broken = (here / "x.pftrace").read_bytes(), here / "broken"
    changed = rows[:100] + [(*rows[100][:6], rows[100][6] + 1, rows[100][7])] + rows[101:]
    for expected in (rows[1:], changed):
        check(complains(lambda: check_chrome(here / "x.json", expected, shape)), "other rows in JSON")
        check(complains(lambda: check_perfetto(here / "x.pftrace", expected, shape)), "other rows in protobuf")
    broken.write_bytes(packets[:-1])
    check(complains(lambda: check_perfetto(broken, rows, shape)), "a packet that is cut off")
    lines = (here / "x.json").read_text().splitlines(keepends=True)
    slice_lines = [number for number, line in enumerate(lines) if '"ph":"X"' in line][:2]
    lines[slice_lines[0]], lines[slice_lines[1]] = lines[slice_lines[1]], lines[slice_lines[0]]
    broken.write_text("".join(lines))
    check(complains(lambda: check_chrome(broken, rows, shape)), "slices in another order")
    dies = (here / "x/dies.csv").read_text()
    (here / "x/dies.csv").write_text(dies.replace("\n1,", "\n2,", 1))
    check(complains(lambda: check_csv(here / "x", trace)), "another cell")


def check_refusals(here, trace):
    """One line, code 2, and nothing new."""
    empty = simulate(here / "empty", "verify.toml", options=("--trace", "summary"))
    text = here / "text.h5"
    text.write_text("no trace\n")
    before = sorted(here.rglob("*"))
    for arguments, part in (((trace,), "nothing to write"), ((trace, "--csv", here / "new", "--dies", "99"), "die 99"),
                            ((trace, "--csv", here / "new", "--from", "2ms", "--to", "1ms"), "--to"),
                            ((trace, "--chrome", trace), "named twice"),
                            ((trace, "--chrome", here / "new/a", "--perfetto", here / "new/a"), "named twice"),
                            ((trace, "--chrome", here / "text.h5/x"), "file"), ((trace, "--csv", here / "text.h5"), "file"),
                            ((empty, "--perfetto", here / "new/a"), "holds no operations"),
                            ((text, "--csv", here / "new"), "not an HDF5 file"), ((here, "--csv", here / "new"), "folder"),
                            ((here / "none.h5", "--csv", here / "new"), "no such file")):
        process = run("export", *arguments, code=2)
        check(process.stderr.count("\n") == 1 and part in process.stderr and not process.stdout,
              f"{arguments} says {process.stderr!r}")
    check(sorted(here.rglob("*")) == before, "a refusal leaves nothing behind")


def check_hostile(here, trace):
    """Damaged traces are exported or refused, and what was there before stays."""
    content = trace.read_bytes()
    draw = random.Random(3)
    bad, old = here / "bad.h5", here / "old.json"
    refused = 0
    with h5py.File(trace) as file:
        columns = [file["operations/kind"], file["operations/stage"], file["operations/end_ps"], file["operations/offsets"]]
        planted = [column.id.get_offset() + column.dtype.itemsize - 1 for column in columns]
    for attempt in range(30):
        damaged = bytearray(content)
        if attempt < len(planted):
            damaged[planted[attempt]] = 0xff
        for _ in range(8 if attempt >= len(planted) else 0):
            damaged[draw.randrange(min(len(damaged), 1 << 15))] = draw.randrange(256)
        bad.write_bytes(damaged)
        old.write_text("before")
        process = subprocess.run([HECATON, "export", bad, "--chrome", old, "--perfetto", here / "old.pftrace", "--csv",
                                  here / "hostile"], capture_output=True, timeout=300)
        check(process.returncode in (0, 2), f"attempt {attempt} ends with {process.returncode}: {process.stderr}")
        if process.returncode == 2:
            refused += 1
            check(process.stderr.count(b"\n") == 1 and old.read_text() == "before" and not (here / "old.pftrace").exists()
                  and not (here / "hostile").exists(), f"attempt {attempt}: a refusal changes nothing")
        else:
            check(attempt >= len(planted), f"planted damage {attempt} is exported")
            (here / "old.pftrace").unlink()
            for file in (here / "hostile").iterdir():
                file.unlink()
            (here / "hostile").rmdir()
    check(refused > len(planted), f"{refused} damaged traces are refused")
    check(not list(here.glob("*.part")), "no temporary file stays")


with tempfile.TemporaryDirectory(prefix="hecaton-export-") as name_of_folder:
    folder = pathlib.Path(name_of_folder)
    whole = simulate(folder / "whole", "quickstart.toml", *SMALL)
    rows_of_whole, _ = check_all(folder, whole)
    check_messages(folder)
    lanes = [track["name"] for track in slices((folder / "x.pftrace").read_bytes())[0].values() if "parent" in track]
    check(any(label.endswith("DRAM 2") for label in lanes), "transfers that overlap have tracks of their own")
    first = {file: file.read_bytes() for file in (folder / "x.json", folder / "x.pftrace", folder / "x/operations.csv")}
    run("export", whole, "--chrome", folder / "x.json", "--perfetto", folder / "x.pftrace", "--csv", folder / "x")
    check(all(file.read_bytes() == content for file, content in first.items()), "the same trace gives the same bytes")
    check_checks(folder, whole)
    check_filters(folder, whole)
    check_refusals(folder, whole)
    check_hostile(folder, whole)
    sampled = simulate(folder / "sampled", "quickstart.toml", "training.batch_sequences=16", "training.sequence_length=64",
                       options=("--sample",))
    with h5py.File(sampled) as file:
        check("strata" in file, "the sampled step has strata")
    check_all(folder, sampled)
    check_csv(folder / "x", sampled)
    traffic = simulate(folder / "traffic", "traffic-8x8.toml", "traffic.warmup_cycles=10", "traffic.measure_cycles=100")
    run("export", traffic, "--csv", folder / "t")
    check_csv(folder / "t", traffic)
finish()
