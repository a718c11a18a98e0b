"""Bad input: one clear error with its place, exit code 2, nothing written, on every rank count, never a hang."""
import concurrent.futures
import os
import re

from harness import ERROR, RANKS, check, error_lines, files_below, finish, folder, run, write

TRAINING = '[workload]\nkind = "training"\n'
COLLECTIVE = '[workload]\nkind = "collective"\n'

# name, deck (None: there is no such file), further arguments, what the line says after "hecaton: error: "
DECKS_AND_ERRORS = [
    ("unknown key", TRAINING + "[link]\nbandwith_GBps = 64\n", [],
     r'deck\.toml:4:1: link\.bandwith_GBps: is not a key \(.*\) did you mean "bandwidth_GBps"\?$'),
    ("unknown table", TRAINING + "[pakage]\nrows = 4\n", [], r'deck\.toml:3:2: pakage: is not a table .*"package"'),
    ("wrong type", TRAINING + '[package]\nrows = "four"\n', [], r"deck\.toml:4:1: package\.rows: is a text \("),
    ("missing table", "[package]\nrows = 4\n", [], r"deck\.toml: workload: is missing \("),
    ("missing kind", "[workload]\n", [], r"deck\.toml:1:2: workload\.kind: is missing \("),
    ("number out of range", TRAINING + "[router]\nvirtual_channels = 0\n", [],
     r"deck\.toml:4:1: router\.virtual_channels: is out of range \(0 "),
    ("not finite", TRAINING + "[die]\npeak_TFLOPS = nan\n", [], r"deck\.toml:4:1: die\.peak_TFLOPS: is not finite"),
    ("infinite", TRAINING + "[link]\nlatency_ns = inf\n", [], r"deck\.toml:4:1: link\.latency_ns: is not finite"),
    ("huge mesh", TRAINING + "[package]\nrows = 65536\ncolumns = 65536\n", [],
     r"deck\.toml:4:1: package\.rows: makes too many dies"),
    ("flat ring on an odd mesh",
     TRAINING + '[package]\nrows = 3\ncolumns = 3\n[training]\nmethod = "megatron-flat-ring"\n', [],
     r"deck\.toml:7:1: training\.method: has no flat ring on this mesh \("),
    ("package ring on an odd mesh", COLLECTIVE + '[package]\nrows = 3\ncolumns = 3\n[collective]\ngroup = "package"\n',
     [], r"deck\.toml:7:1: collective\.group: has no ring"),
    ("model too large for the weight buffer", TRAINING + "[die]\nweight_buffer_MiB = 0.01\n", [],
     r"deck\.toml:4:1: die\.weight_buffer_MiB: "),
    ("model too large for the activation buffer", TRAINING + "[die]\nactivation_buffer_MiB = 0.001\n", [],
     r"deck\.toml:4:1: die\.activation_buffer_MiB: "),
    ("step too large for DRAM", TRAINING + "[memory]\ncapacity_GiB = 2\n", [],
     r"deck\.toml:4:1: memory\.capacity_GiB: is too small for what the step keeps in DRAM \(the fullest of 12 channels would "
     r"hold [\d.]+ GiB, which is [\d.]+ GiB too much\) use training\.optimizer = \"sgd\" \([\d.]+ GiB\), or .*channels = "),
    ("sampling with no error", TRAINING + "[sampling]\nerror = 0.0\n", [],
     r"deck\.toml:4:1: sampling\.error: is out of range \(0 "),
    ("sampling of a collective", COLLECTIVE, ["--sample"],
     r'--set "sampling\.mode=on": sampling\.mode: does not fit the workload \(sampling tells a training step .*"collective"'),
    ("sampling of traffic", '[workload]\nkind = "traffic"\n[sampling]\nmode = "on"\n', [],
     r"deck\.toml:4:1: sampling\.mode: does not fit the workload"),
    ("sampling with a budget that is none", TRAINING + '[sampling]\nmode = "on"\nbudget = "soon"\n', [],
     r'deck\.toml:5:1: sampling\.budget: is no budget \("soon" is neither '),
    ("no such deck", None, [], r"deck\.toml: does not exist \("),
    ("not TOML", b"\x7fELF\x02\x01\x01\x00\x00" + bytes(range(256)), [], r"deck\.toml:1:1: is not TOML \("),
    ("almost TOML", TRAINING + "[package\nrows = 4\n", [], r"deck\.toml:3:\d+: is not TOML \("),
    ("empty file", b"", [], r"deck\.toml: is empty \("),
    ("override of an unknown key", TRAINING, ["--set", "package.row=4"], r'--set "package\.row=4": package\.row: '),
    ("override out of range", TRAINING, ["--set", "package.rows=0"], r'--set "package\.rows=0": package\.rows: '),
    ("override without a value", TRAINING, ["--set", "package.rows"], r'--set "package\.rows": is not an assignment'),
]


def expect(name, arguments, pattern, here, ranks=RANKS, seconds=120):
    before = files_below(here)
    process = run(arguments, here, ranks, seconds)
    lines = error_lines(process)
    check(process.returncode == 2, f"{name}: ends with {process.returncode}, not 2: {process.stderr!r}")
    check(len(lines) == 1, f"{name}: says {process.stderr!r}")
    check(process.stdout == "", f"{name}: prints on stdout {process.stdout!r}")
    if ranks == 1:
        check(process.stderr.count("\n") == 1, f"{name}: says more than a line: {process.stderr!r}")
    if lines:
        check(re.match(pattern, lines[0][len(ERROR):]), f"{name}: says {lines[0]!r}, not {pattern!r}")
    check(files_below(here) == before, f"{name}: leaves {files_below(here) - before}")


def deck(name, content, more, pattern):
    with folder() as here:
        if content is not None:
            write(os.path.join(here, "deck.toml"), content)
        expect(name, ["run", "deck.toml", *more], pattern, here)
        if RANKS == 1:
            expect("validate, " + name, ["validate", "deck.toml", *more], pattern, here)


def files():
    with folder() as here:
        expect("a directory", ["run", "."], r"\.: is a directory \(", here)
        os.mkfifo(os.path.join(here, "pipe"))
        expect("a pipe", ["run", "pipe"], r"pipe: is not a regular file \(", here)
        with open(os.path.join(here, "large.toml"), "wb") as file:
            file.truncate(100_000_000)
        expect("100 MB", ["run", "large.toml"], r"large\.toml: is too large \(100000000 bytes; ", here)
        # As large, but of bytes that a parser would happily read.
        with open(os.path.join(here, "text.toml"), "wb") as file:
            for _ in range(100):
                file.write(b"# comment\n" * 100_000)
        expect("100 MB of comments", ["run", "text.toml"], r"text\.toml: is too large \(", here)


def outputs():
    with folder() as here:
        write(os.path.join(here, "deck.toml"), TRAINING)
        write(os.path.join(here, "file"), "")
        os.makedirs(os.path.join(here, "taken", "summary.json"))
        os.makedirs(os.path.join(here, "taken-too", "trace.h5"))
        expect("output below a file", ["run", "deck.toml", "--output", "file/x"], r"file: cannot be written \(", here)
        expect("output in /proc", ["run", "deck.toml", "--output", "/proc/hecaton/x"],
               r"/proc/hecaton: cannot be written \(", here)
        expect("summary is a directory", ["run", "deck.toml", "--output", "taken"],
               r"taken/summary\.json: cannot be written \(", here)
        expect("trace is a directory", ["run", "deck.toml", "--output", "taken-too"],
               r"taken-too/trace\.h5: cannot be written \(", here)
        expect("good output, bad summary", ["run", "deck.toml", "--output", "a/b", "--summary", "/proc/hecaton/x"],
               r"/proc/hecaton: cannot be written \(", here)
        if os.geteuid() != 0:
            os.mkdir(os.path.join(here, "closed"), 0o555)
            expect("no permission", ["run", "deck.toml", "--output", "closed/x"], r"closed/x: cannot be written \(",
                   here)


def ranks_and_dies():
    with folder() as here:
        if RANKS > 1:
            deck = COLLECTIVE + f"[package]\nrows = 1\ncolumns = {RANKS - 1}\n"
            write(os.path.join(here, "deck.toml"), deck)
            pattern = rf"deck\.toml:4:1: package\.rows: makes fewer dies than there are ranks \({RANKS - 1} dies, "
            expect("more ranks than dies", ["run", "deck.toml"], pattern, here)
        else:
            write(os.path.join(here, "deck.toml"), COLLECTIVE + "[package]\nrows = 2\ncolumns = 2\n")
            pattern = r"deck\.toml:4:1: package\.rows: makes fewer dies than there are ranks \(4 dies, 5 ranks"
            expect("more ranks than dies", ["validate", "deck.toml", "--ranks", "5"], pattern, here)


def samples():
    with folder() as here:
        write(os.path.join(here, "deck.toml"), TRAINING)
        expect("restart of a sampled step", ["run", "deck.toml", "--sample", "--restart", "a.hck"],
               r"--restart: does not go with a sampled step \(", here)
        expect("a limit of a sampled step", ["run", "deck.toml", "--sample", "--max-wall", "1m"],
               r"--max-wall: does not go with a sampled step \(", here)
        expect("budget below a round of each kind", ["run", "deck.toml", "--sample", "--sample-budget", "1000"],
               r'--set "sampling\.budget=1000": sampling\.budget: is too small for this step '
               r"\(a round of each kind takes about .* events; .*allow at least \d", here)


def traces():
    if RANKS > 1:
        return
    with folder() as here:
        write(os.path.join(here, "deck.toml"), TRAINING)
        write(os.path.join(here, "bad.json"), "{")
        expect("summary of no file", ["summary", "none.h5"], r"none\.h5: ", here)
        expect("summary of a deck", ["summary", "deck.toml"], r"deck\.toml: ", here)
        expect("picture in /proc", ["partition", "deck.toml", "--svg", "/proc/hecaton/x.svg"],
               r"/proc/hecaton: cannot be written \(", here)
        expect("picture of a bad deck", ["partition", "bad.json", "--svg", "picture.svg"], r"bad\.json:1:1: ", here)
        expect("comparison with bad JSON", ["compare", "bad.json", "bad.json"], r"bad\.json: ", here)


UNEVEN = (TRAINING + '[die]\nweight_buffer_MiB = 64.0\n[package]\nrows = 3\ncolumns = 5\n[training]\nuneven = "refuse"\nwindow = 4\nbatch_sequences = 4\n'
          "sequence_length = 64\n")


def several():
    """All that is wrong with the shapes of a step is said at once, each with a way out; that taken, it is accepted."""
    with folder() as here:
        write(os.path.join(here, "deck.toml"), UNEVEN)
        process = run(["validate", "deck.toml"], here, 1)
        lines = [line[len(ERROR):] for line in error_lines(process)]
        keys = [re.sub(r"^\S+ (\S+): .*", r"\1", line) for line in lines]
        check(process.returncode == 2, f"several mistakes: ends with {process.returncode}")
        check(keys == ["training.window", "package.rows", "package.columns", "package.columns", "package.columns",
                       "training.batch_sequences"], f"several mistakes: {lines}")
        check(all('training.uneven = "auto"' in line for line in lines[1:]), f"no way out: {lines}")
        check("or training.window = 0" in lines[0], f"no way out: {lines[0]}")
        process = run(["validate", "deck.toml", "--set", "training.uneven=auto", "--set", "training.window=0"], here, 1)
        check(process.returncode == 0, f"the ways out are none: {process.stderr}")
        check("padded heads" in process.stdout, "what is padded is said")


# mpirun waits for a second before it ends a job that failed, so cases run beside each other; each has a folder of its
# own.
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    jobs = [pool.submit(work) for work in (files, outputs, ranks_and_dies, samples, traces, several)]
    jobs += [pool.submit(deck, *case) for case in DECKS_AND_ERRORS]
for job in jobs:
    job.result()
finish()
