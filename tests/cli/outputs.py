"""What a good run leaves: complete files under their final names, and nothing else; and that it prints them again."""
import json
import os
import re
from xml.etree import ElementTree

from harness import DECKS, RANKS, SMALL, check, files_below, finish, folder, run, write


def names_below(here):
    return {os.path.relpath(path, here) for path in files_below(here)}


def good(arguments, here):
    process = run(arguments, here, RANKS)
    check(process.returncode == 0, f"{arguments} ends with {process.returncode}: {process.stderr!r}")
    if process.returncode != 0:
        finish()


def read(path):
    with open(path) as file:
        return file.read()


COUNTS = ("rank", "events", "windows", "stretches", "events_ahead", "null_messages", "batches_sent", "records_sent", "bytes_sent",
          "peak_rss_bytes")
SECONDS = ("computing_s", "waiting_s", "exchanging_s", "writing_s")
TOP = {"schema": int, "version": str, "git": str, "deck": str, "deck_digest": str, "sync": str, "wall_s": float, "events": int,
       "critical_path_events": int, "parallelism": float, "least_s": float, "efficiency": float, "waiting": float,
       "exchanging": float, "imbalance_events": float, "imbalance_computing": float, "ranks": list}


def compare_by_cause(here):
    """The same payload over slower links: what each part and each section takes longer adds up to the step's difference."""
    paths = []
    for name, settings in (("fast", ()), ("slow", ("--set", "link.bandwidth_GBps=16"))):
        good(["run", "small.toml", "--trace", "path", "--output", name, "--progress", "none", *settings], here)
        paths.append(json.loads(read(os.path.join(here, name, "summary.json"))))
    apart = paths[1]["simulated_ps"] - paths[0]["simulated_ps"]
    printed = run(["summary", "slow/trace.h5"], here)
    check("critical path: serialisation" in printed.stdout and "waits longest for die (" in printed.stdout, printed.stdout)
    compared = run(["compare", "fast/trace.h5", "slow/trace.h5"], here)
    check(compared.returncode == 0 and not compared.stderr, f"compare by cause: {compared.stderr!r}")
    blocks = re.split("by pass and layer|by link and DRAM", compared.stdout.split("along their critical paths")[1])
    for block in blocks:
        told = re.findall(r"^  (\S.*?) +\S+ \S+ +([+-]\d+) ps$", block, re.M)
        check(told[-1] == ("together", f"{apart:+d}"), f"the sum is {told[-1]}, the steps differ by {apart}")
        check(sum(int(ps) for name, ps in told[:-1]) == apart and len(told) > 1, f"{told} add up to {apart}")
        sizes = [abs(int(ps)) for name, ps in told[:-1]]
        check(sizes == sorted(sizes, reverse=True), "largest first")
    check("serialisation" in blocks[0], blocks[0])


def check_profile(profile, summary, printed):
    check({name: type(value) for name, value in profile.items()} == TOP, f"the profile's fields are {profile}")
    ranks = profile["ranks"]
    check([rank["rank"] for rank in ranks] == list(range(RANKS)), f"a row for each rank: {ranks}")
    for rank in ranks:
        types = {**dict.fromkeys(COUNTS, int), **dict.fromkeys(SECONDS, float)}
        check({name: type(value) for name, value in rank.items()} == types, f"the fields of a rank are {rank}")
        check(min(rank.values()) >= 0 and rank["computing_s"] > 0 and rank["peak_rss_bytes"] > 0, f"{rank}")
        busy = rank["computing_s"] + rank["waiting_s"] + rank["exchanging_s"]
        check(busy <= profile["wall_s"] * 1.001, f"a rank's time {busy} is part of the run's {profile['wall_s']}")
    events = [rank["events"] for rank in ranks]
    check(sum(events) == profile["events"] == summary["events"], f"events of the ranks {events} and of all")
    check(abs(profile["imbalance_events"] - max(events) * RANKS / sum(events)) < 1e-9, "imbalance of events")
    check(0 < profile["critical_path_events"] <= profile["events"], "a chain is a part of all events")
    check(abs(profile["parallelism"] - profile["events"] / profile["critical_path_events"]) < 1e-9, "parallelism")
    check(all(rank["records_sent"] > 0 for rank in ranks) if RANKS > 1 else ranks[0]["bytes_sent"] == 0, "records")
    check("parallelism" in printed, "a run prints its parallelism")
    check(("efficiency" in printed) == (RANKS > 1), "several ranks print their efficiency")


FORECAST = {"schema": int, "version": str, "git": str, "deck": str, "partition": str, "simulated_ps": int,
            "events": int, "windows": int, "busiest_events": int, "records_sent": int, "alone_s": float,
            "window_s": float, "promise_s": float, "costs": dict, "ranks": list}


def check_forecast(forecast, profile):
    """Of two ranks, beside the profile of the run itself, which may have been on two."""
    check({name: type(value) for name, value in forecast.items()} == FORECAST, f"a forecast's fields: {forecast}")
    check(forecast["events"] == profile["events"], "a dry run has the events of the run")
    check(abs(forecast["alone_s"] - forecast["events"] * 100e-9) < 1e-12, "at the given time per event")
    check(forecast["window_s"] > 0 and forecast["promise_s"] > 0, "predictions")
    for rank in forecast["ranks"]:
        check(sum(lane["bytes"] for lane in rank["to"]) == rank["bytes_sent"], "bytes by receiver")
    for foreseen, done in zip(forecast["ranks"], profile["ranks"] if RANKS == 2 else []):
        for name in ("rank", "events", "records_sent", "bytes_sent"):
            check(foreseen[name] == done[name], f"{name} is foreseen as {foreseen[name]}, and is {done[name]}")


with folder() as here:
    write(os.path.join(here, "small.toml"), SMALL)
    good(["run", "small.toml", "--progress", "none"], here)
    made = {"out", "out/small", "out/small/trace.h5", "out/small/summary.json"}
    check(names_below(here) == {"small.toml"} | made, f"a run leaves {names_below(here)}")
    first = json.loads(read(os.path.join(here, "out/small/summary.json")))
    check(first["deck"] == "small.toml" and first["ranks"] == RANKS, f"the summary says {first}")

    # Again over the old files, with the deck resolved from the command line.
    good(["run", "small.toml", "--set", "collective.bytes=1024", "--fresh", "--progress", "none"], here)
    second = json.loads(read(os.path.join(here, "out/small/summary.json")))
    check(second["collective"]["bytes"] == 1024, "a second run replaces the first")
    check(names_below(here) == {"small.toml"} | made, f"a second run leaves {names_below(here)}")

    good(["run", "small.toml", "--trace", "none", "--summary", "s.json", "--progress", "none"], here)
    check(names_below(here) == {"small.toml", "s.json"} | made, "--trace none --summary FILE writes that file only")
    third = json.loads(read(os.path.join(here, "s.json")))
    check(third["digest"] == first["digest"], "the same deck has the same digest without a trace")

    good(["run", "small.toml", "--trace", "summary", "--output", "b/c", "--trains", "off", "--progress", "none"], here)
    fourth = json.loads(read(os.path.join(here, "b/c/summary.json")))
    check(fourth["digest"] == first["digest"], "the same deck has the same digest without trains")
    check(os.path.getsize(os.path.join(here, "b/c/trace.h5")) > 0, "--trace summary writes a trace")

    profiled = run(["run", "small.toml", "--trace", "none", "--output", "b/d", "--profile", "b/p.json", "--progress", "none"], here, RANKS)
    check(profiled.returncode == 0, f"--profile: {profiled.stderr!r}")
    check_profile(json.loads(read(os.path.join(here, "b/p.json"))), first, profiled.stdout)

    played = run(["dry-run", "small.toml", "--ranks", "2", "--event-ns", "100", "--json", "b/f.json"], here)
    check(played.returncode == 0 and "sync window" in played.stdout, f"dry-run: {played.stderr!r}")
    check("event by event" not in played.stdout, "training has no cycle by cycle to be told from")
    clocked = ["dry-run", "traffic.toml", "--ranks", "2", "--event-ns", "100"]
    write(os.path.join(here, "traffic.toml"),
          '[workload]\nkind = "traffic"\n[package]\nrows = 2\ncolumns = 2\ntopology = "mesh"\n'
          "[traffic]\ninjection_rate = 0.1\nwarmup_cycles = 10\nmeasure_cycles = 100\n")
    check("event by event" in run(clocked, here).stdout, "a dry run says that it plays events where a run does not")
    check_forecast(json.loads(read(os.path.join(here, "b/f.json"))), json.loads(read(os.path.join(here, "b/p.json"))))

    printed = run(["summary", "b/c/trace.h5"], here)
    check(printed.returncode == 0 and "small.toml" in printed.stdout, f"summary prints {printed.stdout!r}")
    beside = run(["compare", "out/small/trace.h5", "b/c/summary.json"], here)
    check(beside.returncode == 0 and beside.stdout.count("small.toml") == 2, f"compare prints {beside.stdout!r}")
    check("along their" not in beside.stdout and "no critical path" in beside.stderr, f"compare tells {beside.stderr!r}")
    compare_by_cause(here)

# The largest packages and longest schedules that a deck may ask for: a form that goes from step to step would take minutes
# or hours for each, so that the limit of `run` ends this test.
LARGEST = [
    "collective rows=1 columns=65536 topology=torus operation=all-to-all algorithm=direct group=package",
    "collective rows=256 columns=256 topology=torus operation=all-to-all algorithm=direct group=package overrides=0-1:latency_ns_9",
    "collective rows=1 columns=65536 topology=torus operation=all-reduce algorithm=torus-ring group=package",
    "collective rows=2 columns=32768 topology=mesh operation=reduce algorithm=ring group=package chunks=65536",
    "collective rows=64 columns=64 topology=mesh operation=all-reduce algorithm=ring group=rows form=chunked chunks=65536",
    "traffic rows=1 columns=65536 topology=mesh pattern=uniform",
    "traffic rows=64 columns=128 topology=torus pattern=bit-complement routing=up-down"]
TABLE_OF = {"rows": "package", "columns": "package", "topology": "package", "overrides": "link", "routing": "router"}


def validate_the_largest():
    for deck in LARGEST:
        kind, *settings = deck.split()
        words = [f"{TABLE_OF.get(setting.split('=')[0], kind)}.{setting}".replace("_9", " 9") for setting in settings]
        if kind == "collective":
            words.append("collective.bytes=1099511627776")
        with folder() as here:
            write(os.path.join(here, "large.toml"), f'[workload]\nkind = "{kind}"\n')
            process = run(["validate", "large.toml"] + [f"--set={word}" for word in words], here)
            check(process.returncode == 0 and "events, about" in process.stdout, f"{deck}: {process.stderr!r}")


# What is told of a trace beforehand is its size within 10 %, or 4 kB.
def check_size_of_trace():
    for kind, settings in (("collective", []), ("collective", ["package.rows=16", "package.columns=16"]),
                           ("traffic", ["traffic.measure_cycles=100", "traffic.warmup_cycles=100"])):
        with folder() as here:
            write(os.path.join(here, "small.toml"), f'[workload]\nkind = "{kind}"\n')
            settings = [f"--set={setting}" for setting in settings]
            number, unit = re.search(r"trace, about +(\S+) (\S+)", run(["validate", "small.toml"] + settings, here).stdout).groups()
            told = float(number) * {"kB": 1e3, "MB": 1e6}[unit]
            good(["run", "small.toml", "--output", "o", "--progress", "none"] + settings, here)
            size = os.path.getsize(os.path.join(here, "o/trace.h5"))
            check(abs(told - size) <= max(0.1 * size, 4096), f"{kind}: a trace of {size} bytes was told as {told}")


# Which meshes a model can be trained on: told also where the deck's own is none of them.
def check_fits():
    with folder() as here:
        deck = write(os.path.join(here, "wide.toml"), '[workload]\nkind = "training"\n[package]\nrows = 5\ncolumns = 9\n'
                     '[training]\nmodel = "llama2-70b"\nmethod = "megatron-flat-ring"\nbatch_sequences = 64\n')
        process = run(["validate", deck], here)
        check(process.returncode == 2 and "a cycle through all dies" in process.stderr, f"5 x 9 by a flat ring: {process.stderr!r}")
        lines = run(["validate", deck, "--fits"], here).stdout.splitlines()
        rows = {line[:9].strip(): line[9:].split() for line in lines if re.match(r" *\d+ x \d+ ", line)}
        check(next(iter(rows)) == "5 x 9" and len(rows) == 51, f"the deck's mesh and fifty others: {list(rows)}")
        check(rows["16 x 16"][:1] == ["0.0"] and len(rows["16 x 16"]) >= 12, f"four methods on 16 x 16: {rows['16 x 16']}")
        check(rows["5 x 9"][3] == "(a)" and rows["5 x 9"].count("(a)") == 1, f"5 x 9 has no cycle: {rows['5 x 9']}")
        check("a cycle through all dies" in lines[-1] and lines[-1].startswith("  (a)  training.method: "), f"a reason: {lines[-1]}")
        small = run(["validate", deck, "--fits", "--set", "die.weight_buffer_MiB=1"], here).stdout.splitlines()
        check(len(small) > 50 and all("*" not in line for line in small[4:]), "nothing fits a weight buffer of 1 MiB")
        process = run(["validate", deck, "--fits", "--set", "training.model=none"], here)
        check(process.returncode == 2 and process.stdout == "", f"an error of a deck is one: {process.stdout!r}")
        other = write(os.path.join(here, "other.toml"), '[workload]\nkind = "traffic"\n')
        process = run(["validate", other, "--fits"], here)
        check(process.returncode == 2 and "workload.kind: trains no model" in process.stderr, f"traffic: {process.stderr!r}")
        check(names_below(here) == {"wide.toml", "other.toml"}, "--fits writes nothing")


# A model from the config.json of a hub, from the folder of the deck: its trace has the shapes, not the path.
def check_config_json():
    with folder() as here:
        os.makedirs(os.path.join(here, "decks", "hub"))
        model = {"architectures": ["LlamaForCausalLM"], "hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 8,
                 "num_key_value_heads": 4, "num_hidden_layers": 2, "vocab_size": 96, "tie_word_embeddings": True}
        path = write(os.path.join(here, "decks", "hub", "config.json"), json.dumps(model))
        deck = write(os.path.join(here, "decks", "small.toml"), '[workload]\nkind = "training"\n[package]\nrows = 2\n'
                     'columns = 2\n[training]\nmodel = "hub/config.json"\nbatch_sequences = 2\nsequence_length = 16\n')
        good(["run", deck, "--output", "o", "--progress", "none"], here)
        summary = json.loads(read(os.path.join(here, "o", "summary.json")))
        check(summary["training"]["model"] == "LlamaForCausalLM", f"the model is called {summary['training']['model']}")
        shapes = "".join(f"--set=training.model.{key} " for key in (
            "name=same", "hidden=64", "ffn=128", "heads=8", "kv_heads=4", "layers=2", "vocabulary=96", "tied=true")).split()
        good(["run", deck, "--output", "p", "--progress", "none", "--set=training.model=llama2-7b", *shapes], here)
        digest = json.loads(read(os.path.join(here, "p", "summary.json")))["digest"]
        check(summary["digest"] == digest, "the same shapes do the same, wherever they are from")
        process = run(["run", deck, "--output", "q", "--summary", path, "--progress", "none"], here)
        check(process.returncode == 2 and "training.model" in process.stderr, f"a file that is read: {process.stderr!r}")
        check(json.loads(read(path)) == model, "the model's file is as it was")


if RANKS == 1:
    validate_the_largest()
    check_fits()
check_config_json()
check_size_of_trace()

ENERGIES = os.path.join(DECKS, "..", "energy")


def joules(text, label):
    """Of a printed table, in joules."""
    for line in text.splitlines():
        if line.strip().startswith(label):
            number, unit = line.strip()[len(label):].split()[:2]
            return float(number) * {"J": 1, "mJ": 1e-3, "uJ": 1e-6, "nJ": 1e-9}[unit]
    check(False, f"no {label!r} in {text!r}")
    return 0


def near(one, other):
    return abs(one - other) <= 2e-3 * abs(other)  # printed with four digits


with folder() as here:
    good(["run", os.path.join(DECKS, "verify.toml"), "--output", "o", "--progress", "none"], here)
    as_run = run(["summary", "o/trace.h5"], here).stdout
    summary = json.loads(read(os.path.join(here, "o/summary.json")))["training"]
    tokens = summary["tokens_per_s"] * summary["step_s"]
    check(near(summary["energy_per_token_J"] * tokens, summary["energy_J"]["total"]), "energy per token")

    write(os.path.join(here, "same.toml"), "[energy]\n")
    same = run(["summary", "o/trace.h5", "--energy", "same.toml"], here)
    check(same.returncode == 0 and same.stdout == as_run, f"an empty table changes nothing: {same.stderr!r}")

    write(os.path.join(here, "other.toml"), "[energy]\nmatrix_pJ_per_MAC = 1.2\nvector_pJ_per_byte = 1.0\n"
          "router_pJ_per_bit = 0.0\n[link]\nenergy_pJ_per_bit = 1.4\n[memory]\npreset = \"hbm2\"\n")
    other = run(["summary", "o/trace.h5", "--energy", "other.toml"], here)
    check(other.returncode == 0, f"summary --energy: {other.stderr!r}")
    for label, factor in (("matrix, vector", 2), ("links, routers", 2), ("DRAM access", 3.9 / 11.8), ("static", 1)):
        check(near(joules(other.stdout, label), factor * joules(as_run, label)), f"{label} by another table")
    parts = ("matrix, vector", "SRAM", "links, routers", "DRAM access", "static")
    check(near(sum(joules(other.stdout, part) for part in parts), joules(other.stdout, "energy")), "energies add up")

    for name in sorted(os.listdir(ENERGIES)):
        process = run(["summary", "o/trace.h5", "--energy", os.path.join(ENERGIES, name)], here)
        check(process.returncode == 0 and (process.stdout != as_run or name == "standard-ddr5.toml"), f"{name}: {process.stderr!r}")

    for text, said in (("[link]\nbandwidth_GBps = 1.0\n", "link.bandwidth_GBps: is no energy"),
                       ("[die]\n", "die: is no energy"), ("energy = 1\n", "energy: is no energy"),
                       ("[memory]\npreset = \"hbm9\"\n", "memory.preset: is no preset"),
                       ("[energy]\nmatrix_pJ_per_MAC = -1.0\n", "energy.matrix_pJ_per_MAC"),
                       ("[energy]\nmatrix_pJ_per_MACC = 1.0\n", "energy.matrix_pJ_per_MACC: is not a key"),
                       ("[energy\n", "not TOML")):
        write(os.path.join(here, "bad.toml"), text)
        process = run(["summary", "o/trace.h5", "--energy", "bad.toml"], here)
        wrong = process.returncode == 2 and process.stdout == "" and "bad.toml:" in process.stderr
        check(wrong and said in process.stderr, f"{text!r} says {process.stderr!r}")

with folder() as here:
    deck = os.path.join(DECKS, "verify.toml")
    for method, ranks in (("hecaton", 1), ("megatron-flat-ring", 2)):
        process = run(["verify", deck, "--set", "training.method=" + method], here, ranks)
        done = process.returncode == 0 and "what a dense reference does" in process.stdout
        check(done, f"verify {method}: {process.stderr!r}")
    for name, said in (("traffic-8x8.toml", "can not be verified"), ("quickstart.toml", "too large to verify")):
        process = run(["verify", os.path.join(DECKS, name)], here)
        check(process.returncode == 2 and said in process.stderr, f"verify {name}: {process.stderr!r}")
    check(names_below(here) == set(), "verify writes nothing")

# Parts of a step that a deck may choose.
CHOICES = {"mixture": ["training.model.experts=4", "training.model.experts_per_token=2"],
           "tied": ["training.model.tied=true", "training.optimizer=sgd"],
           "again": ["training.recompute=true"]}

with folder() as here:
    deck = os.path.join(DECKS, "verify.toml")
    for method in ("hecaton", "megatron-flat-ring"):
        for name, values in CHOICES.items():
            chosen = [word for value in values + ["training.method=" + method] for word in ("--set", value)]
            digests = []
            for ranks in (1, RANKS):
                output = f"{name}-{method}"
                process = run(["run", deck, "--output", output, "--trace", "none", "--progress", "none"] + chosen, here, ranks)
                check(process.returncode == 0, f"{name} by {method}: {process.stderr!r}")
                digests.append(json.loads(read(os.path.join(here, output, "summary.json")))["digest"])
            check(digests[0] == digests[1], f"{name} by {method} has one digest")
    experts = ["verify", deck, "--set", "training.model.experts=8", "--set", "training.minibatch_tokens=32", "--set"]
    process = run(experts + ["training.model.experts_per_token=3"], here, RANKS)
    check(process.returncode == 0, f"verify of experts says {process.stderr!r}")
    process = run(experts[:-3] + ["--set", "training.model.experts_per_token=3"], here, RANKS)
    check(process.returncode == 2 and "every expert equally many" in process.stderr, f"uneven experts: {process.stderr!r}")

with folder() as here:
    for name in sorted(os.listdir(DECKS)):
        for ranks in ("1", "4"):
            process = run(["validate", os.path.join(DECKS, name), "--ranks", ranks], here)
            check(process.returncode == 0, f"validate {name} for {ranks} ranks: {process.stderr!r}")
            check("lookahead" in process.stdout, f"validate {name} names the lookahead")
        process = run(["partition", os.path.join(DECKS, name), "--ranks", "4", "--partition", "strip"], here)
        check(process.returncode == 0 and process.stdout != "", f"partition {name}: {process.stderr!r}")
    for kind in ("training", "collective", "traffic"):
        deck = write(os.path.join(here, f"{kind}.toml"), run(["dump-default", kind], here).stdout)
        process = run(["validate", deck], here)
        check(process.returncode == 0, f"the dumped default of {kind} is valid: {process.stderr!r}")
    for topology in ("mesh", "bypass-ring", "torus"):
        process = run(["validate", "traffic.toml", "--set", f"package.topology={topology}"], here)
        check(f"dies, {topology}\n" in process.stdout, f"validate says {process.stdout!r}, not {topology}")
    left = {"training.toml", "collective.toml", "traffic.toml"}
    check(names_below(here) == left, "validate and partition write nothing")
    for name in ("block", "strip", "scotch"):
        picture = f"pictures/{name}.svg"
        process = run(["partition", "traffic.toml", "--ranks", "7", "--partition", name, "--svg", picture], here)
        check(process.returncode == 0 and "imbalance" in process.stdout, f"a picture of {name}: {process.stderr!r}")
        texts = ["".join(text.itertext()) for text in ElementTree.parse(os.path.join(here, picture)).iter()
                 if text.tag.endswith("}text")]
        dies = [line.split() for line in process.stdout.partition("rank of each die\n")[2].partition("\n\n")[0].splitlines()]
        shown = [text for text in texts if text in "0123456" and text]
        check(sorted(shown) == sorted(rank for row in dies for rank in row) and len(shown) == 64,
              f"the picture of {name} names the rank of every die")
    check(names_below(here) == left | {"pictures"} | {f"pictures/{name}.svg" for name in ("block", "strip", "scotch")},
          "partition writes its picture only")

finish()
