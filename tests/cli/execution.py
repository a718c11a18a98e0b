"""Execution traces: closed forms of other simulators' conventions, the examples at any number of ranks, restarts, and what
is refused. Traces are written by runs/execution/make_traces.py; what they should take is reckoned here."""
import json
import os
import pathlib
import sys

from harness import DECKS, check, error_lines, finish, folder, run, write

sys.path.insert(0, str(pathlib.Path(DECKS).parent / "execution"))
import chakra  # noqa: E402
import make_traces  # noqa: E402

GIB = 1 << 30


def deck_text(rows, columns, traces, more="", package="", topology="mesh"):
    return (f'[workload]\nkind = "execution"\n[package]\nrows = {rows}\ncolumns = {columns}\ntopology = "{topology}"\n{package}'
            f'[execution]\ntraces = "{traces}.{{rank}}.et"\n{more}')


def write_traces(here, name, traces):
    for rank, trace in enumerate(traces):
        trace.write(os.path.join(here, f"{name}.{rank}.et"))


def simulate(here, deck, *arguments, ranks=1):
    """The summary; nothing if the run failed."""
    out = os.path.join(here, "out")
    process = run(["run", deck, "--output", out, "--fresh", "--progress", "none", *arguments], here, ranks)
    check(process.returncode == 0, f"{deck} {arguments} at {ranks}: {process.returncode} {process.stderr!r}")
    if process.returncode != 0:
        return None
    with open(os.path.join(out, "summary.json")) as file:
        return json.load(file)


# ---------------------------------------------------------------- closed forms

def astra_ns(kind, ranks, size, bandwidth_GBps, latency_ns, parts):
    """Of `parts` collectives of size / parts one after the other, each of ring steps with messages of m bytes. Terms are
    cut down to whole nanoseconds one by one; 10 ns at each end of a step, three passes through 1600 B/ns per reduction."""
    size //= parts
    others = ranks - 1
    m = size if kind == "all-gather" else size // ranks
    way = (latency_ns * bandwidth_GBps * GIB + m * 10**9) // (bandwidth_GBps * GIB)
    reduction = 3 * (m // 1600)
    one = {"all-reduce": 2 * others * way + others * reduction + (2 * others + 1) * 10,
           "reduce-scatter": others * (way + reduction) + 10 * ranks,
           "all-gather": others * way + 10 * ranks,
           "all-to-all": ranks * others // 2 * (way + 10) + 10}[kind]
    return parts * one


def closed_forms(here):
    check(astra_ns("all-reduce", 8, 64 << 20, 50, 500, 1) == 2304732, "the formula itself")
    for kind, ranks, size, bandwidth, latency, parts in (
            ("all-reduce", 8, 64 << 20, 50, 500, 1), ("all-reduce", 4, 1 << 20, 50, 500, 1),
            ("all-reduce", 64, 1 << 26, 100, 300, 1), ("all-gather", 8, 1 << 20, 50, 500, 4),
            ("all-gather", 16, 1 << 22, 25, 1000, 1), ("reduce-scatter", 8, 1 << 20, 50, 500, 4),
            ("reduce-scatter", 32, 1 << 24, 50, 700, 1), ("all-reduce", 8, 1 << 20, 50, 500, 4),
            ("all-to-all", 8, 1 << 20, 50, 500, 4)):
        write_traces(here, "one", make_traces.collective(kind, ranks, size))
        write(os.path.join(here, "one.toml"),
              deck_text(1, ranks, "one", f'preset = "astra"\nparts = {parts}\n', topology="torus")
              + f"[link]\nbandwidth_GBps = {bandwidth}\nlatency_ns = {latency}\n")
        summary = simulate(here, "one.toml", ranks=2 if ranks == 8 else 1)
        expected = astra_ns(kind, ranks, size, bandwidth, latency, parts)
        told = summary and summary["simulated_ps"]
        check(told == expected * 1000, f"{kind} of {ranks}, {size} bytes in {parts}: {told} ps, not {expected} ns")


# ---------------------------------------------------------------- input files of another simulator

NETWORK = "topology: [ Ring ]\nnpus_count: [ 8 ]\nbandwidth: [ 50.0 ]  # GB/s\nlatency: [ 500.0 ]  # ns\n"
SYSTEM = {"scheduling-policy": "LIFO", "endpoint-delay": 10, "active-chunks-per-dimension": 1, "preferred-dataset-splits": 4,
          "all-reduce-implementation": ["ring"], "collective-optimization": "localBWAware", "local-mem-bw": 1600,
          "boost-mode": 0, "roofline-enabled": 0, "peak-perf": 900}


def imported(here, network=NETWORK, system=SYSTEM, memory="NO_MEMORY_EXPANSION"):
    write(os.path.join(here, "ring.yml"), network)
    write(os.path.join(here, "system.json"), json.dumps(system))
    write(os.path.join(here, "memory.json"), json.dumps({"memory-type": memory}))
    return run(["import-astra", "--network", "ring.yml", "--system", "system.json", "--memory", "memory.json", "--workload",
                "sums", "--output", "imported.toml"], here)


def imports(here):
    write_traces(here, "sums", make_traces.collective("all-reduce", 8, 1 << 20))
    process = imported(here)
    check(process.returncode == 0, f"import-astra: {process.returncode} {process.stderr!r}")
    summary = simulate(here, "imported.toml")
    expected = astra_ns("all-reduce", 8, 1 << 20, 50, 500, 4)
    check(summary and summary["simulated_ps"] == expected * 1000, f"imported: not {expected} ns")
    os.remove(os.path.join(here, "imported.toml"))
    for change, words in (({"network": NETWORK.replace("Ring", "Switch")}, ("ring.yml:1:", "Switch")),
                          ({"network": NETWORK.replace("[ 8 ]", "[ 8, 4 ]")}, ("npus_count", "one dimension")),
                          ({"network": NETWORK.replace("latency: [ 500.0 ]", "")}, ("latency", "missing")),
                          ({"network": NETWORK + "colour: red\n"}, ("ring.yml:5:", "colour")),
                          ({"network": "[" * 100000}, ("ring.yml", "YAML")),
                          ({"network": "topology: [ Ring\n"}, ("ring.yml", "YAML")),
                          ({"system": {**SYSTEM, "active-chunks-per-dimension": 2}}, ("active-chunks-per-dimension",)),
                          ({"system": {**SYSTEM, "all-reduce-implementation": ["direct"]}}, ("all-reduce-implementation",)),
                          ({"system": {**SYSTEM, "endpoint-delay": -1}}, ("endpoint-delay", "range")),
                          ({"system": {**SYSTEM, "track-local-mem": 1}}, ("track-local-mem", "not known")),
                          ({"system": {"endpoint-delay": 10}}, ("local-mem-bw", "missing")),
                          ({"memory": "PER_NODE_MEMORY_EXPANSION"}, ("memory.json", "memory-type"))):
        process = imported(here, **change)
        check(process.returncode == 2 and all(word in process.stderr for word in words), f"{words}: {process.stderr!r}")
        check(len(error_lines(process)) == 1 == process.stderr.count("\n"), f"one line: {process.stderr!r}")
        check(not os.path.exists(os.path.join(here, "imported.toml")), "nothing is written")


# ---------------------------------------------------------------- several communicators

def groups_of(lists):
    return json.dumps({str(number + 1): ranks for number, ranks in enumerate(lists)})


def all_reduces(ranks, groups):
    """One all-reduce of 1 MiB in each of the groups that a rank is in, all at once."""
    traces = [chakra.Trace() for _ in range(ranks)]
    for number, members in enumerate(groups):
        for rank in members:
            traces[rank].collective(f"group {number + 1}", "all-reduce", 1 << 20, group=str(number + 1))
    return traces


def time_of(here, groups, hardware=""):
    write_traces(here, "many", all_reduces(16, groups))
    write(os.path.join(here, "groups.json"), groups_of(groups))
    write(os.path.join(here, "many.toml"), deck_text(4, 4, "many", 'groups = "groups.json"\n', hardware))
    summary = simulate(here, "many.toml", ranks=2)
    return summary["simulated_ps"] if summary else 0


def several_groups(here):
    rows = [list(range(4 * row, 4 * row + 4)) for row in range(4)]
    columns = [list(range(column, 16, 4)) for column in range(4)]
    one = time_of(here, rows[:1])
    check(time_of(here, rows) == one, "communicators on links of their own do not delay each other")
    ports = "[interface]\nports = 4\n"
    check(time_of(here, rows + columns, ports) == time_of(here, rows[:1], ports), "nor where they share dies, not links")
    check(time_of(here, [rows[0], columns[1]]) > one, "they do where they share a die's only port")
    # Rings of whole rows, twice: they share all links, so together they take at least the links' load and at most the sum.
    twice = time_of(here, [rows[0], list(reversed(rows[0]))])
    check(one < twice <= 2 * one, f"two communicators of the same dies take {twice} ps, one {one}")


# ---------------------------------------------------------------- ways of collectives

def ways(here):
    """Each algorithm, whatever its messages: an all-reduce brings every rank what (N - 1) / N of the payload is, twice, and in
    a broadcast every rank but one receives the payload."""
    size = 1 << 20
    for kind, key, names, total in (
            ("all-reduce", "all_reduce", ("ring", "halving-doubling", "swing"), 2 * 7 * size),
            ("all-gather", "all_gather", ("ring", "halving-doubling", "swing"), 8 * 7 * size),
            ("broadcast", "broadcast", ("tree", "ring", "star", "two-phase"), 7 * size),
            ("all-to-all", "all_to_all", ("direct",), 7 * size)):
        write_traces(here, "way", make_traces.collective(kind, 8, size, 2))
        for name in names:
            for more in ("", "directions = 2\nchunks = 4\n"):
                write(os.path.join(here, "way.toml"), deck_text(2, 4, "way", f'{key} = "{name}"\n{more}'))
                summary = simulate(here, "way.toml")
                told = summary and summary["execution"]["nop_bytes"]
                check(told == 2 * total, f"two of {kind} by {name} {more!r}: {told} bytes, not {2 * total}")


# ---------------------------------------------------------------- examples

def examples(here):
    """The same digest at any number of ranks, and stopped in the middle and gone on with another number."""
    check(make_traces.main([here]) in (0, None), "the examples are written")
    for name, rows, columns, more in (("gpt-block", 4, 4, 'groups = "gpt-block/groups.json"\n'),
                                      ("pipeline", 1, 4, 'compute = "recorded"\nstragglers = "2: 1.25"\n'),
                                      ("ring-all-reduce", 2, 4, "")):
        deck = f"{name}.toml"
        write(os.path.join(here, deck), deck_text(rows, columns, f"{name}/{name}", more))
        alone = simulate(here, deck)
        if alone is None:
            continue
        execution = alone["execution"]
        parts = execution["compute_s"] + execution["nop_s"] + execution["dram_s"]
        check(0 < parts <= execution["time_s"] * (1 + 1e-12), f"{name}: {parts} s of {execution['time_s']} s")
        for ranks in (2, 3, 4):
            for sync in ("window", "null"):
                told = simulate(here, deck, "--sync", sync, ranks=ranks)
                check(told and told["digest"] == alone["digest"], f"{name} at {ranks} ranks, {sync}")
        restarted(here, deck, alone)


def restarted(here, deck, alone):
    every = f"{alone['simulated_ps'] // 3}ps"
    for first, then in ((1, 3), (2, 1)):
        out = os.path.join(here, f"{deck}.{first}")
        common = ["run", deck, "--output", out, "--progress", "none", "--checkpoint-every-simulated", every]
        stopped = run([*common, "--max-wall", "1ms"], here, first)
        check(stopped.returncode in (0, 75), f"{deck} stopped: {stopped.returncode} {stopped.stderr!r}")
        on = run([*common, "--restart", "latest"], here, then) if stopped.returncode == 75 else stopped
        check(on.returncode == 0, f"{deck} gone on with {then}: {on.returncode} {on.stderr!r}")
        with open(os.path.join(out, "summary.json")) as file:
            check(json.load(file)["digest"] == alone["digest"], f"{deck} from {first} to {then} ranks")


# ---------------------------------------------------------------- what is refused

def pair():
    return [chakra.Trace(), chakra.Trace()]


def unmatched():
    traces = pair()
    traces[0].send("to nobody", 64, 0, 1, 7)
    return traces


def unknown_dependency():
    traces = pair()
    traces[1].compute("waits", 10, 10, data=[99])
    return traces


def cycle():
    traces = pair()
    traces[0].compute("first", 10, 10, data=[1])
    traces[0].compute("second", 10, 10, data=[0])
    return traces


def other_operation():
    traces = pair()
    traces[0].collective("sum", "all-reduce", 64)
    traces[1].collective("gather", "all-gather", 64)
    return traces


def deadlock():
    """Each waits for the other's message before it sends its own."""
    traces = pair()
    for rank, trace in enumerate(traces):
        trace.receive("wait for you", 64, 1 - rank, rank, 3)
        trace.send("after you", 64, rank, 1 - rank, 3, data=[0])
    return traces


def refused(here):
    for traces, code, words in ((unmatched(), 2, ("to nobody", "bad.0.et")),
                                (unknown_dependency(), 2, ("99", "waits", "bad.1.et")),
                                (cycle(), 2, ("wait for each other", "bad.0.et")),
                                (other_operation(), 2, ("all-reduce", "all-gather")),
                                (deadlock(), 1, ("wait for you", "rank 0", "rank 1", "tag 3"))):
        write_traces(here, "bad", traces)
        write(os.path.join(here, "bad.toml"), deck_text(1, 2, "bad"))
        for ranks in (1, 2):
            process = run(["run", "bad.toml", "--output", "bad", "--progress", "none"], here, ranks)
            check(process.returncode == code, f"{words}: {process.returncode} {process.stderr!r}")
            check(all(word in process.stderr for word in words), f"{words} in {process.stderr!r}")
            check(len(error_lines(process)) == (1 if code == 2 else ranks), f"one error: {process.stderr!r}")
    write_traces(here, "good", make_traces.collective("all-reduce", 2, 64))
    for more, words in (('ranks = 3\n', ("execution.ranks", "3 ranks on 2 dies")),
                        ('stragglers = "2: 1.5"\n', ("execution.stragglers", "die 2")),
                        ('mapping = "map"\n', ("map", "die 1 has two ranks")),
                        ('groups = "none.json"\n', ("none.json",)),
                        ('preset = "astra"\n[link]\nlatency_ns = 0.5\n', ("link.latency_ns",))):
        write(os.path.join(here, "map"), "1\n1\n")
        write(os.path.join(here, "good.toml"), deck_text(1, 2, "good", more))
        process = run(["validate", "good.toml"], here)
        check(process.returncode == 2 and all(word in process.stderr for word in words), f"{more}: {process.stderr!r}")
    write(os.path.join(here, "good.toml"), deck_text(1, 2, "good"))
    check(run(["validate", "good.toml"], here).returncode == 0, "the deck itself is good")
    process = run(["verify", "good.toml"], here)
    check(process.returncode == 2 and "workload.kind: can not be verified" in process.stderr, f"verify: {process.stderr!r}")
    os.remove(os.path.join(here, "good.1.et"))
    process = run(["run", "good.toml"], here, 2)
    check(process.returncode == 2 and "good.1.et" in process.stderr, f"a missing file: {process.stderr!r}")


with folder() as here:
    closed_forms(here)
    imports(here)
    several_groups(here)
    ways(here)
    examples(here)
    refused(here)
finish()
