"""module.py HECATON MODULE_FOLDER DECKS: the Python module on traces and a study that the program has just written."""
import collections
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import h5py
import numpy

sys.path.append(str(pathlib.Path(__file__).parents[2] / "support"))
sys.path.insert(0, sys.argv[2])
import hecaton
from checks import check, finish

HECATON, DECKS = sys.argv[1], pathlib.Path(sys.argv[3])
SMALL = ["training.batch_sequences=4", "training.sequence_length=64"]


def run(*arguments):
    process = subprocess.run([HECATON, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             timeout=300)
    check(process.returncode == 0, f"{arguments} ends with {process.returncode}: {process.stderr}")


def simulate(folder, deck, *settings, options=()):
    run("run", DECKS / deck, "--output", folder, *options, *(word for each in settings for word in ("--set", each)))
    return folder / "trace.h5"


def refused(call, part):
    try:
        call()
    except (ValueError, OSError) as error:
        check(part in str(error), f"{part!r} is not in {error}")
    else:
        check(False, f"nothing is said about {part!r}")


def same(table, name, values, what):
    check(list(numpy.asarray(table[name])) == list(values), f"{what}.{name} differs from the file")


def check_tables(path):
    """Every cell of every table."""
    trace = hecaton.Trace(path)
    with h5py.File(path) as file:
        for name in ("dies", "links", "operations", "stalls", "marks", "messages"):
            table = getattr(trace, name)
            if name not in file:
                check(name in ("marks", "messages") and table is None, f"{name} are missing")
                continue
            columns = {key: data for key, data in file[name].items() if key != "offsets"}
            check(set(table.columns) == set(columns), f"{name} has columns {table.columns}")
            check(len(table) == len(columns["die" if "die" in columns else "from"]), f"{name} has {len(table)} rows")
            for key, data in columns.items():
                names = data.attrs.get("names")
                cells = data[:]
                words = [word.decode() if isinstance(word, bytes) else word for word in names] if names is not None else None
                same(table, key, [words[cell] for cell in cells] if words else cells, name)
                check(hecaton.units_of(table)[key] == data.attrs["units"], f"unit of {name}.{key}")
        check(trace.deck_text == file["deck"][()].decode(), "the text of the deck")
    return trace


def check_training(folder):
    path = simulate(folder / "training", "quickstart.toml", *SMALL)
    trace = check_tables(path)
    summary = json.loads((folder / "training/summary.json").read_text())
    check(trace.summary["training"] == summary["training"], "the summary is that of summary.json")
    check(trace.run["ranks"] == summary["ranks"] == 1, "what varies from run to run")
    check(trace.shape == (4, 4) and trace.simulated_ps == summary["simulated_ps"], "shape and time")
    if isinstance(trace.deck, dict):
        check(trace.deck["package"]["topology"] == "bypass-ring", "the deck is a dict")
    check(trace.strata is None and trace.segments is None, "a step that was simulated whole has no strata")
    check(trace.critical_path() is None and trace.critical_path("part") is None, "no path was recorded")
    check_times(trace)
    check_stalls(trace)
    check_marks(trace)
    check_bins(path)
    dies = trace.dies
    with h5py.File(path) as file:
        rows = file["operations"]
        waits = [word.decode() if isinstance(word, bytes) else word for word in rows["kind"].attrs["names"]].index("dram-wait")
        of = rows["kind"][:] == waits
        expected = int((rows["end_ps"][:][of] - rows["start_ps"][:][of]).sum())
    check(int(numpy.asarray(dies["dram_ps"]).sum()) == expected, "waits for DRAM are those of the dies")
    return trace


def check_stalls(trace):
    """Parts of the time of each link, which are all of it."""
    parts = [numpy.asarray(trace.stalls[f"{part}_ps"]).astype(int) for part in ("sending", "credit", "rival", "nothing")]
    check(set(sum(parts)) == {trace.simulated_ps}, "the four parts of a link's time are the time")
    check(list(parts[0]) == list(trace.links["busy_ps"]) and list(trace.stalls["from"]) == list(trace.links["from"]), "links")
    check(hecaton.units_of(trace.stalls)["credit_ps"] == "ps", "unit of stalls")


def check_marks(trace):
    """Against operations, one after the other."""
    rows = trace.operations
    expected, last = [], None
    transfers = {"dram-read", "dram-write"}
    for die, kind, layer, batch, start, end in zip(*(numpy.asarray(rows[name]) for name in (
            "die", "kind", "layer", "minibatch", "start_ps", "end_ps"))):
        if kind in transfers:
            continue
        if last != (die, layer, batch):
            expected.append([die, layer, batch, start, end])
        expected[-1][4] = end
        last = die, layer, batch
    found, passes = [], collections.defaultdict(list)
    for die, which, *row in zip(*(numpy.asarray(trace.marks[name]) for name in (
            "die", "pass", "layer", "minibatch", "start_ps", "end_ps"))):
        if found and found[-1][:3] == [die, *row[:2]]:  # of another pass only
            found[-1][4] = row[3]
        else:
            found.append([die, *row])
        if not passes[die] or passes[die][-1] != which:
            passes[die].append(which)
    check(found == expected, "marks are where operations say it")
    # What a program waits for at its end is of no stage, and so of the pass before the optimizer.
    check(all(of[:4] == ["forward", "output head", "backward", "optimizer"] and of[4:] in ([], ["backward"])
              for of in passes.values()), f"passes: {dict(passes)}")


def check_messages(folder):
    """What they say of each message, and that they are all: what links carried are their bytes."""
    path = simulate(folder / "messages", "quickstart.toml", *SMALL, options=("--trace", "messages"))
    trace = check_tables(path)
    rows = {name: numpy.asarray(trace.messages[name]).astype(int) for name in trace.messages.columns}
    check((rows["handed_over_ps"] <= rows["head_out_ps"]).all() and (rows["head_out_ps"] < rows["arrived_ps"]).all(), "times")
    check((rows["waited_ps"] >= 0).all() and (rows["waited_ps"] > 0).any(), "some messages wait")
    carried = int((rows["bytes"] * rows["hops"]).sum())
    check(carried == int(numpy.asarray(trace.links["bytes"]).sum()) and carried > 0, "bytes and links of all messages")
    check(hecaton.units_of(trace.messages)["bytes"] == "B", "unit of messages")
    check(trace.critical_path() is not None, "the path is there as well")


PARTS = {"counters": ("dies", "links"), "operations": ("operations",), "marks": ("marks",), "bins": ("bins", "channels"),
         "stalls": ("stalls",), "messages": ("messages",)}


def check_sizes(folder):
    """What `validate` tells of each part of a trace is what it takes, within 10 %; the critical path takes no more."""
    cases = {"training": ("quickstart.toml", *SMALL), "flat-ring": ("quickstart-flat-ring.toml", *SMALL),
             "collective": ("collective-all-reduce-bypass.toml", "collective.bytes=65536"),
             "traffic": ("traffic-8x8.toml", "traffic.warmup_cycles=100", "traffic.measure_cycles=2000")}
    for name, (deck, *settings) in cases.items():
        words = [word for each in settings for word in ("--set", each)]
        printed = subprocess.run([HECATON, "validate", DECKS / deck, "--json", *words], capture_output=True, text=True)
        told = json.loads(printed.stdout)["run"]["trace_parts"]
        with h5py.File(simulate(folder / f"size-{name}", deck, *settings, options=("--trace", "messages"))) as file:
            takes = lambda group: sum(data.id.get_storage_size() for data in file[group].values()) if group in file else 0
            for part, groups in PARTS.items():
                size = sum(map(takes, groups))
                check(abs(told[f"{part}_bytes"] - size) <= 0.1 * size, f"{name}: {part} of {size} bytes are told as {told}")
            check(takes("critical_path") <= told["path_bytes_at_most"], f"{name}: the path is larger than told")
            check(takes("messages") > 1000 and takes("stalls") > 1000, f"{name}: something is measured")


def check_critical_path(folder):
    """Against the file, and the sums against sums of its own."""
    path = simulate(folder / "path", "quickstart.toml", *SMALL, options=("--trace", "path"))
    trace = hecaton.Trace(path)
    table = trace.critical_path()
    with h5py.File(path) as file:
        columns = {name: data for name, data in file["critical_path"].items()}
        check(set(table.columns) == set(columns), f"the path has columns {table.columns}")
        same(table, "start_ps", columns["start_ps"][:], "critical path")
        check("waits" not in file, "what the path was found from is not kept")
    starts, ends = (numpy.asarray(table[name]) for name in ("start_ps", "end_ps"))
    check(starts[0] == 0 and ends[-1] == trace.simulated_ps and list(starts[1:]) == list(ends[:-1]), "the path has no gap")
    check(hecaton.units_of(table)["end_ps"] == "ps", "units of the path")
    for by in ("part", "layer", "die"):
        sums = collections.Counter()
        for key, start, end in zip(numpy.asarray(table[by]), starts, ends):
            sums[key] += int(end - start)
        found = trace.critical_path(by)
        check(dict(zip(found[by], found["time_ps"])) == dict(sums), f"critical_path({by!r})")
        check(sum(found["time_ps"]) == trace.simulated_ps and hecaton.units_of(found)["time_ps"] == "ps", "sums of the path")
    check("compute" in set(trace.critical_path("part")["part"]), "parts are words")
    refused(lambda: trace.critical_path("colour"), "choose one of")
    small = repacked(path, lambda made: compress(made["critical_path"]))
    check(list(hecaton.Trace(small).critical_path()["end_ps"]) == list(ends), "a compressed path is read")
    printed = subprocess.run([HECATON, "summary", small], capture_output=True, text=True)
    check(printed.returncode == 0 and "step time" in printed.stdout and "it is compressed" in printed.stderr,
          f"the summary beside a compressed path: {printed.stdout} {printed.stderr}")


def compress(group):
    for name in list(group):
        cells, told = group[name][:], dict(group[name].attrs)
        del group[name]
        group.create_dataset(name, data=cells, compression="gzip").attrs.update(told)


def check_bins(path):
    trace = hecaton.Trace(path)
    bins = trace.bins
    with h5py.File(path) as file:
        links = file["bins/links"]
        check(numpy.array_equal(bins.links, links[:]) and numpy.array_equal(bins.channels, file["bins/channels"][:]), "bins")
        check(bins.width_ps == links.attrs["width_ps"] and bins.units["links"] == links.attrs["units"], "width and unit of bins")
    check(list(bins.links.sum(axis=1)) == list(trace.links["busy_ps"]), "bins of links add up to their time")
    check(list(bins.channels.sum(axis=1)) == list(trace.channels["busy_ps"]), "bins of channels add up to their time")
    check(bins.starts_ps[-1] + bins.width_ps >= trace.simulated_ps > bins.width_ps * bins.links.shape[1] // 2, "bins reach the end")
    with h5py.File(path) as file:
        for name in ("router_buffers", "activation_buffer", "weight_buffer"):
            check(numpy.array_equal(getattr(bins, name), file[f"bins/{name}"][:]), name)
            check(bins.units[name] == file[f"bins/{name}"].attrs["units"] and file[f"bins/{name}"].attrs["width_ps"] == bins.width_ps,
                  f"unit and width of {name}")
    for name in ("activation", "weight"):
        most = getattr(bins, f"{name}_buffer").max(axis=1)
        check(list(most) == list(trace.dies[f"{name}_peak_bytes"]) and most.min() > 0, f"the fullest bin of the {name} buffer")
    check(bins.mean_messages().shape == bins.router_buffers.shape and bins.mean_messages().max() > 0.1, "messages in routers")
    check(0 < bins.shares("channels").max() <= 1 and bins.shares().shape == bins.links.shape, "shares of bins")
    check("all" in bins.covers, "what bins are of")
    refused(lambda: bins.shares("dies"), "links or channels")


def check_times(trace):
    rows = trace.operations
    for column in ("kind", "stage", "layer"):
        for die in (None, 5):
            sums, counts = collections.Counter(), collections.Counter()
            for place in range(len(rows)):
                if die is None or int(numpy.asarray(rows["die"])[place]) == die:
                    key = numpy.asarray(rows[column])[place]
                    sums[key] += int(rows["end_ps"][place]) - int(rows["start_ps"][place])
                    counts[key] += 1
            table = trace.time_by(column, die)
            found = dict(zip(table[column], table["time_ps"]))
            check(found == dict(sums) and dict(zip(table[column], table["operations"])) == dict(counts),
                  f"time_by({column}, {die})")
    refused(lambda: trace.time_by("die"), "choose one of kind, layer, stage")


def expected_map(path, torus):
    """The map by the numbers of the nodes, not by their places: die r * columns + c, its neighbours one step further."""
    with h5py.File(path) as file:
        links = {name: data[:].tolist() for name, data in file["links"].items()}
        rows, columns, time = (int(file.attrs[name]) for name in ("rows", "columns", "simulated_ps"))
    maps = {name: numpy.full((rows, columns), numpy.nan) for name in hecaton.DIRECTIONS}
    neighbours = 0
    for source, target, busy in zip(links["from"], links["to"], links["busy_ps"]):
        if source >= rows * columns or target >= rows * columns:
            continue
        row, column = divmod(source, columns)
        ways = {"east": (row, column + 1), "west": (row, column - 1), "south": (row + 1, column), "north": (row - 1, column)}
        for name, (r, c) in ways.items():
            if torus:
                r, c = (r % rows if rows > 2 else r), (c % columns if columns > 2 else c)
            if 0 <= r < rows and 0 <= c < columns and r * columns + c == target:
                maps[name][row, column] = busy / time
                neighbours += 1
    return maps, neighbours


def check_map(path, torus):
    trace = hecaton.Trace(path)
    expected, neighbours = expected_map(path, torus)
    found = trace.link_map()
    for name in hecaton.DIRECTIONS:
        check(numpy.array_equal(found[name], expected[name], equal_nan=True), f"{path}: links to the {name}")
    nodes = trace.shape[0] * trace.shape[1]
    between = (numpy.asarray(trace.links["from"]) < nodes) & (numpy.asarray(trace.links["to"]) < nodes)
    check(between.sum() == neighbours > 0, "each link between dies is in a map")
    carried = trace.link_map("bytes")
    total = sum(int(numpy.nansum(load)) for load in carried.values())
    check(total == int(numpy.asarray(trace.links["bytes"])[between].sum()), "bytes of all links")


def check_sampled(folder):
    path = simulate(folder / "sampled", "quickstart.toml", "training.batch_sequences=16", "training.sequence_length=64",
                    options=("--sample",))
    trace = hecaton.Trace(path)
    with h5py.File(path) as file:
        names = [name.decode() for name in file["strata/name"][:]]
        stratum = file["segments/stratum"][:]
        check(list(trace.strata["name"]) == names and len(names) > 0, "names of strata")
        same(trace.strata, "mean_ps", file["strata/mean_ps"][:], "strata")
        same(trace.segments, "start_ps", file["segments/start_ps"][:], "segments")
        check(list(trace.segments["name"]) == [names[number] for number in stratum], "segments are named")


def check_study(folder):
    study = folder / "study.toml"
    study.write_text(f'[study]\ndeck = "{DECKS.resolve()}/collective-all-gather-bypass.toml"\ntrace = "none"\n'
                     "[grid]\npackage.columns = [4, 8]\ncollective.bytes = [65536]\n")
    run("sweep", study, "--output", folder / "points")
    table = hecaton.sweep(folder / "points")
    check(list(table["package.columns"]) == [4, 8], f"points of the study: {table}")
    with h5py.File(folder / "points/table.h5") as file:
        times = [name for name in file["points"] if name.endswith("time_ps")]
        check(len(times) > 0, "the study has times")
        for name in times:
            same(table, name, file["points"][name][:], "study")
            check(hecaton.units_of(table)[name] == file["points"][name].attrs["units"], f"unit of {name}")
    refused(lambda: hecaton.sweep(folder / "training/trace.h5"), "no table of a study")
    shutil.copy(folder / "points/table.h5", folder / "changed.h5")
    with h5py.File(folder / "changed.h5", "r+") as file:
        file["points"][times[0]][0] += 1
    refused(lambda: hecaton.sweep(folder / "changed.h5"), f"checksum of /points/{times[0]}")


def repacked(path, change):
    """A copy that another program has written anew, with one cell changed."""
    copy = path.with_name("repacked.h5")
    with h5py.File(path) as file, h5py.File(copy, "w") as made:
        for name in file:
            file.copy(name, made)
        made.attrs.update(file.attrs)
        change(made)
    return copy


def check_changed(path):
    """One digit less or more, and what is read of it is refused; what is read of the rest is not."""
    check(list(hecaton.Trace(repacked(path, lambda file: None)).dies["die"]), "a repacked trace is read")

    def change_text(file):
        whole = file["summary"][()]
        at = whole.index(b'"simulated_ps": ') + len(b'"simulated_ps": ')
        text = whole[:at] + (b"2" if whole[at:at + 1] == b"1" else b"1") + whole[at + 1:]
        file["summary"][()] = text

    refused(lambda: hecaton.Trace(repacked(path, change_text)), "checksum of /summary")
    for table in ("dies", "links", "operations"):
        with h5py.File(path) as file:
            columns = [name for name in file[table]]
        for column in columns:
            def change(file):
                file[table][column][-1] += 1
            if column == "offsets":
                continue
            changed = hecaton.Trace(repacked(path, change))
            refused(lambda: getattr(changed, table), f"checksum of /{table}/{column}")

    def change_attribute(file):
        file.attrs["simulated_ps"] += 1

    refused(lambda: hecaton.Trace(repacked(path, change_attribute)), "are not those of its summary")


def check_version():
    """One version, wherever it is written."""
    root = DECKS.resolve().parents[1]
    printed = subprocess.run([HECATON, "--version"], capture_output=True, text=True).stdout.split()[1]
    check(hecaton.__version__ == printed, f"the module is of version {hecaton.__version__}, the program of {printed}")
    check(f'version = "{printed}"' in (root / "runs/python/pyproject.toml").read_text(), "version in pyproject.toml")
    check(f"version: {printed}\n" in (root / "CITATION.cff").read_text(), "version in CITATION.cff")


with tempfile.TemporaryDirectory(prefix="hecaton-python-") as name_of_folder:
    here = pathlib.Path(name_of_folder)
    training = check_training(here)
    check_critical_path(here)
    check_messages(here)
    check_sizes(here)
    check_map(here / "training/trace.h5", torus=False)
    for columns in (2, 3, 5):  # two have no wrap; of three it goes to the die that is two places away
        torus = simulate(here / f"torus{columns}", "traffic-8x8.toml", 'package.topology="torus"', "package.rows=4",
                         f"package.columns={columns}", "traffic.warmup_cycles=100", "traffic.measure_cycles=2000")
        check_map(torus, torus=True)
    check_tables(torus)
    mesh = simulate(here / "mesh", "traffic-8x8.toml", "package.rows=3", "package.columns=3", "traffic.warmup_cycles=100",
                    "traffic.measure_cycles=2000")
    check_map(mesh, torus=False)
    check_sampled(here)
    check_study(here)
    check_changed(here / "training/trace.h5")
    check_version()
    (here / "text.h5").write_text("no trace\n")
    refused(lambda: hecaton.Trace(here / "text.h5"), "")
    refused(lambda: hecaton.Trace(here / "points/table.h5"), "is no trace of hecaton")
    try:
        import matplotlib
        matplotlib.use("Agg")
        check(len(training.plot_link_map().axes) == 5, "a picture for each direction, and a scale")
        check(len(training.plot_time_by("kind").axes) == 1, "bars")
    except ImportError:
        print("matplotlib is not installed: plots were not tried")
finish()
