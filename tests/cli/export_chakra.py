"""Programs written as execution traces do the same when they are run from these: the same bytes, messages, hops and
operations, and to the picosecond the same time.

But where a message has two shortest ways, half round a closed row or column: a hash of its tag chooses one, and tags of
programs and of traces differ. Such a step does the same work in about the same time."""
import json
import os

from harness import SMALL, check, error_lines, files_below, finish, folder, run, write

METHODS = ("hecaton", "megatron-flat-ring", "megatron-torus-ring", "optimus")


def training(method, rows, columns, more=""):
    return f"""[workload]
kind = "training"
[package]
rows = {rows}
columns = {columns}
topology = "bypass-ring"
[training]
method = "{method}"
batch_sequences = 8
sequence_length = 64
minibatch_tokens = 256
{more}
[training.model]
name = "two-small-layers"
hidden = 64
ffn = 128
heads = 16
kv_heads = 4
layers = 2
vocabulary = 256
gated = true
"""


def collective(more, rows=4, columns=4, topology="bypass-ring"):
    return (f'[workload]\nkind = "collective"\n[package]\nrows = {rows}\ncolumns = {columns}\ntopology = "{topology}"\n'
            f'[collective]\nbytes = 1048576\n{more}')


def simulated(here, deck, name, ranks=1):
    out = os.path.join(here, name)
    process = run(["run", deck, "--output", out, "--progress", "none"], here, ranks)
    check(process.returncode == 0, f"{deck}: {process.returncode} {process.stderr!r}")
    if process.returncode != 0:
        return None
    with open(os.path.join(out, "summary.json")) as file:
        return json.load(file)


def work_of(summary):
    """What a run did, by any kind of workload: how it is compared."""
    head = {name: summary[name] for name in ("simulated_ps", "packets", "packet_hops", "flit_hops")}
    if "training" in summary:
        step = summary["training"]
        dies = summary["rows"] * summary["columns"]
        nop = round(step["nop_bytes_per_die"] * dies)
        return {**head, "flops": step["flops"], "dram": step["dram_bytes"], "nop": nop}
    if "execution" in summary:
        traces = summary["execution"]
        return {**head, "flops": traces["flops"], "dram": traces["dram_bytes"], "nop": traces["nop_bytes"]}
    return head


def exported(here, deck, *arguments):
    process = run(["export-chakra", deck, "--output", os.path.join(here, "out"), *arguments], here)
    check(process.returncode == 0, f"{deck} is exported: {process.returncode} {process.stderr!r}")
    return process


def same(name, text, ranks=1, apart_from=()):
    """The deck, and what is exported of it, do the same in the same time."""
    with folder() as here:
        write(os.path.join(here, "deck.toml"), text)
        original = simulated(here, "deck.toml", "original")
        if original is None or exported(here, "deck.toml").returncode != 0:
            return
        dies = original["rows"] * original["columns"]
        traces = [file for file in os.listdir(os.path.join(here, "out")) if file.endswith(".et")]
        wanted = sorted(f"deck.{die}.et" for die in range(dies))
        check(sorted(traces) == wanted, f"{name}: a trace for each die: {traces}")
        again = simulated(here, os.path.join("out", "deck.toml"), "again", ranks)
        if again is None:
            return
        expected, found = work_of(original), work_of(again)
        for what, value in expected.items():
            if what not in apart_from:
                check(found[what] == value, f"{name}: {what} is {found[what]}, not {value}")


def steps():
    for method in METHODS:
        for side in (2, 4):
            same(f"{method} on {side} x {side}", training(method, side, side), ranks=2 if side == 4 else 1)
    same("two ways", training("optimus", 4, 4).replace("bypass-ring", "torus"), apart_from=("simulated_ps",))
    for topology in ("mesh", "torus"):
        same(f"on a {topology}", training("hecaton", 4, 4).replace("bypass-ring", topology))
    same("transfers one after the other", training("hecaton", 4, 4, "overlap = false"))
    for rows, columns in ((2, 4), (1, 4), (3, 5)):
        same(f"{rows} x {columns}", training("hecaton", rows, columns))
    experts = "gated = true\nexperts = 4\nexperts_per_token = 2"
    same("experts", training("megatron-torus-ring", 4, 4).replace("gated = true", experts))
    same("panels from die to die", training("optimus", 4, 4, 'broadcast = "pipelined"\nbroadcast_chunks = 4'))


def collectives():
    for operation, more in (("all-gather", ""), ("reduce-scatter", 'group = "columns"\n'),
                            ("all-reduce", 'group = "package"\n'),
                            ("all-reduce", 'algorithm = "halving-doubling"\n'), ("broadcast", 'root = 2\n'),
                            ("reduce", 'group = "package"\nroot = 5\n'),
                            ("broadcast", 'group = "columns"\nroot = 3\nalgorithm = "tree"\n'),
                            ("broadcast", 'group = "package"\nroot = 7\nalgorithm = "two-phase"\n'),
                            ("all-to-all", ""), ("all-to-all", 'algorithm = "direct"\n'),
                            ("all-gather", 'algorithm = "naive-ring"\n')):
        same(f"{operation} {more!r}", collective(f'operation = "{operation}"\n{more}'))
    both = 'directions = 2\n[interface]\nports = 2\n'
    same("both ways round", collective(f'operation = "all-reduce"\n{both}', topology="torus"))


def outputs():
    """The same export is the same bytes; who names the deck's own folder keeps the deck."""
    with folder() as here:
        write(os.path.join(here, "deck.toml"), training("hecaton", 2, 2))
        first = exported(here, "deck.toml")
        contents = {}
        for path in files_below(os.path.join(here, "out")):
            with open(path, "rb") as file:
                contents[path] = file.read()
        check(all(word in first.stdout for word in ("4 files", "nodes", "bytes")), f"it says {first.stdout!r}")
        files = {"deck.toml", "groups.json", *(f"deck.{die}.et" for die in range(4))}
        check({os.path.basename(path) for path in contents} == files, f"there are {sorted(contents)}")
        with open(os.path.join(here, "out", "groups.json")) as file:
            lines = {"row0": [0, 1], "row1": [2, 3], "column0": [0, 2], "column1": [1, 3]}
            check(json.load(file) == lines, "rows and columns")
        exported(here, "deck.toml")
        for path, content in contents.items():
            with open(path, "rb") as file:
                check(file.read() == content, f"{path} is the same again")
        process = run(["export-chakra", "deck.toml", "--output", "."], here)
        named = "DECK" in process.stderr and "--output" in process.stderr
        check(process.returncode == 2 and named, f"the deck itself: {process.returncode} {process.stderr!r}")
        check(len(error_lines(process)) == 1, f"one line: {process.stderr!r}")


def refused():
    """One line, and nothing is written."""
    for text, arguments, words in (
            ('[workload]\nkind = "traffic"\n', [], ("workload.kind", "no programs")),
            (collective('form = "step-synchronous"\nstep_ns = 100000\n'), [], ("all-gather", "fixed times")),
            (collective('form = "chunked"\n'), [], ("all-gather", "parts")),
            (collective('group = "package"\naxes = "all"\n'), [], ("all-gather", "both axes")),
            (collective('operation = "all-reduce"\ngroup = "package"\nalgorithm = "swing"\n'), [],
             ("all-reduce", "swings")),
            (training("megatron-flat-ring", 4, 4, 'collectives = "auto"'), [], ("all-reduce", "directions")),
            (training("optimus", 3, 5), [], ("128 units of 4 bytes", "5 equal parts")),
            (training("hecaton", 2, 2), ["--most-nodes", "10"], ("nodes", "10", "--most-nodes")),
            (SMALL, ["--set", "collective.bytes=65537"], ("65537", "all-gather"))):
        with folder() as here:
            write(os.path.join(here, "deck.toml"), text)
            process = run(["export-chakra", "deck.toml", "--output", "out", *arguments], here)
            check(process.returncode == 2, f"{words}: {process.returncode} {process.stderr!r}")
            said = len(error_lines(process)) == 1 and all(word in process.stderr for word in words)
            check(said, f"{words}: {process.stderr!r}")
            check(files_below(here) == {os.path.join(here, "deck.toml")}, f"{words}: {files_below(here)}")


steps()
collectives()
outputs()
refused()
finish()
