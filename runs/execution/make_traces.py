#!/usr/bin/env python3
"""Makes small execution traces: FOLDER/NAME/NAME.RANK.et, groups.json where there are groups, and FOLDER/NAME.toml, a deck.

  make_traces.py FOLDER [--only ring-all-reduce|gpt-block|pipeline] [--schedule 1f1b|gpipe]
  make_traces.py FOLDER --collective KIND --ranks N --bytes B [--count K]    FOLDER/KIND: K collectives, one by one
  make_traces.py FOLDER --nodes N --ranks R                                  FOLDER/large: N nodes per rank, to measure

The same arguments give the same bytes. Sizes are in bytes, durations in microseconds. As a module: each function named
after an example returns its traces, one of chakra.Trace per rank; `large` fills one.
"""
import argparse
import json
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import chakra  # noqa: E402

# The transformer block: one sequence per data-parallel group, bf16.
HIDDEN = 4096
INNER = 4 * HIDDEN  # of the feed-forward network
SEQUENCE = 2048
HEADS = 32
BYTES = 2  # of a number
ACTIVATIONS = SEQUENCE * HIDDEN * BYTES
SOFTMAX_OPS = 5  # per score: largest, difference, exponential, sum, quotient

GRID = 4  # tensor-parallel ranks of a row, data-parallel ranks of a column

STAGES = 4
MICRO_BATCHES = 8
STAGE_RATE = 32_000_000  # operations per microsecond: 32 TFLOPS, by which durations of stages are told

MIB = 1 << 20

# ---------------------------------------------------------------- collectives

KINDS = ["all-reduce", "all-gather", "reduce-scatter", "all-to-all", "broadcast"]


def collective(kind, ranks, size, count=1):
    """`count` collectives of all ranks, each after the one before; `size`: bytes that each rank puts in."""
    traces = []
    for _ in range(ranks):
        trace = chakra.Trace()
        for number in range(count):
            before = [number - 1] if number else []
            trace.collective(kind if count == 1 else f"{kind}.{number}", kind, size, data=before)
        traces.append(trace)
    return traces


def ring_all_reduce():
    return collective("all-reduce", 8, MIB)


# ---------------------------------------------------------------- a transformer block, 4 x 4 ranks

def products():
    """Of a rank, in the order of the forward pass: name -> (operations, bytes of the weights, bytes read and written).

    A rank has a fourth of each weight. The inputs of `qkv` and `ffn-up` and the outputs of `out` and `ffn-down` are
    whole on every rank of a row, what is between them is split.
    """
    shapes = {"qkv": (HIDDEN, 3 * HIDDEN // GRID), "out": (HIDDEN // GRID, HIDDEN),
              "ffn-up": (HIDDEN, INNER // GRID), "ffn-down": (INNER // GRID, HIDDEN)}
    return {name: (2 * SEQUENCE * inputs * outputs, inputs * outputs * BYTES,
                   (inputs * outputs + SEQUENCE * (inputs + outputs)) * BYTES)
            for name, (inputs, outputs) in shapes.items()}


def attention():
    """Of a rank's heads: operations, and bytes of queries, keys, values and result; scores stay on the die."""
    scores = HEADS // GRID * SEQUENCE * SEQUENCE
    return scores * (4 * HIDDEN // HEADS + SOFTMAX_OPS), 4 * ACTIVATIONS // GRID


def gpt_groups():
    """Rows "1" to "4" are tensor-parallel, columns "5" to "8" data-parallel."""
    rows = {str(1 + row): [row * GRID + column for column in range(GRID)] for row in range(GRID)}
    columns = {str(1 + GRID + column): [row * GRID + column for row in range(GRID)] for column in range(GRID)}
    return rows | columns


def gpt_forward(trace, row):
    """Returns the id of its last node. Weights are loaded one after the other, all as early as that allows."""
    loads, last = {}, []
    for name, (_, weights, _) in products().items():
        loads[name] = trace.load(f"{name}.load", weights, control=last)
        last = [loads[name]]

    def product(name, after):
        operations, _, moved = products()[name]
        return trace.compute(f"{name}.forward", operations, moved, data=[loads[name], *after])

    done = product("qkv", [])
    done = trace.compute("attention.forward", *attention(), data=[done])
    done = product("out", [done])
    done = trace.collective("attention.forward.all-reduce", "all-reduce", ACTIVATIONS, row, data=[done])
    done = product("ffn-up", [done])
    done = product("ffn-down", [done])
    return trace.collective("ffn.forward.all-reduce", "all-reduce", ACTIVATIONS, row, data=[done])


def gpt_backward(trace, row, column, done):
    """Each product is followed by the all-reduce of its gradients, which the rest of the pass does not wait for."""
    gradients = []  # the last all-reduce over the column: they follow each other

    def product(name, before):
        operations, weights, moved = products()[name]
        backward = trace.compute(f"{name}.backward", 2 * operations, 2 * moved, data=[before])
        reduced = trace.collective(f"{name}.gradients.all-reduce", "all-reduce", weights, column,
                                   data=[backward], control=gradients)
        gradients[:] = [reduced]
        updated = trace.compute(f"{name}.update", weights, 3 * weights, data=[reduced])
        trace.store(f"{name}.store", weights, data=[updated])
        return backward

    done = product("ffn-down", done)
    done = product("ffn-up", done)
    done = trace.collective("ffn.backward.all-reduce", "all-reduce", ACTIVATIONS, row, data=[done])
    done = product("out", done)
    operations, moved = attention()
    done = trace.compute("attention.backward", 2 * operations, 2 * moved, data=[done])
    done = product("qkv", done)
    trace.collective("attention.backward.all-reduce", "all-reduce", ACTIVATIONS, row, data=[done])


def gpt_block():
    traces = []
    for rank in range(GRID * GRID):
        row, column = str(1 + rank // GRID), str(1 + GRID + rank % GRID)
        trace = chakra.Trace()
        gpt_backward(trace, row, column, gpt_forward(trace, row))
        traces.append(trace)
    return traces


# ---------------------------------------------------------------- a pipeline

def schedule_of(stage, schedule):
    """The work of a stage in its order, as (direction, micro-batch).

    gpipe: all forward, then all backward. 1f1b: once a micro-batch has come back, one forward and one backward in turn.
    """
    ahead = MICRO_BATCHES if schedule == "gpipe" else min(STAGES - 1 - stage, MICRO_BATCHES)
    order = [("forward", batch) for batch in range(ahead)]
    for batch in range(MICRO_BATCHES):
        if ahead + batch < MICRO_BATCHES:
            order.append(("forward", ahead + batch))
        order.append(("backward", batch))
    return order


def stage_work():
    """A whole block on one rank: operations, and bytes of its weights and of what comes in and goes out."""
    operations = 24 * SEQUENCE * HIDDEN ** 2 + 4 * SEQUENCE ** 2 * HIDDEN
    return operations, 12 * HIDDEN ** 2 * BYTES + 2 * ACTIVATIONS


def stage_trace(stage, schedule):
    """Activations go to the next stage, their gradients to the one before; tags are micro-batches."""
    trace = chakra.Trace()
    operations, moved = stage_work()
    computed, received, forwards = [], {"forward": [], "backward": []}, {}
    for direction, batch in schedule_of(stage, schedule):
        step, factor = (1, 1) if direction == "forward" else (-1, 2)
        before, after = stage - step, stage + step
        inputs = [] if direction == "forward" else [forwards[batch]]
        if 0 <= before < STAGES:
            # Posted in the order of micro-batches, however far the stage has come.
            received[direction] = [trace.receive(f"{direction}.{batch}.receive", ACTIVATIONS, before, stage, batch,
                                                 control=received[direction])]
            inputs += received[direction]
        computed = [trace.compute(f"{direction}.{batch}", factor * operations, factor * moved, data=inputs,
                                  control=computed, duration_micros=factor * operations // STAGE_RATE)]
        if direction == "forward":
            forwards[batch] = computed[0]
        if 0 <= after < STAGES:
            trace.send(f"{direction}.{batch}.send", ACTIVATIONS, stage, after, batch, data=computed)
    return trace


def pipeline(schedule="1f1b"):
    """`schedule`: 1f1b or gpipe."""
    return [stage_trace(stage, schedule) for stage in range(STAGES)]


# ---------------------------------------------------------------- a trace of any length

BLOCK = 10  # nodes
BLOCKS_PER_ALL_REDUCE = 100
TAGS = 100


def large_block(trace, rank, ranks, number, tail):
    """Ten nodes: two branches after a load, one to the next rank, one with what the rank before sends."""
    after, before, tag = (rank + 1) % ranks, (rank - 1) % ranks, number % TAGS
    load = trace.load("load", 64 << 10, control=tail)
    begin = trace.compute("begin", 4_000_000, 128 << 10, data=[load])
    left = trace.compute("left", 2_000_000, 64 << 10, data=[begin])
    right = trace.compute("right", 3_000_000, 96 << 10, data=[begin])
    sent = trace.send("send", 16 << 10, rank, after, tag, data=[left])
    received = trace.receive("receive", 16 << 10, before, rank, tag, control=[begin])
    joined = trace.compute("join", 1_000_000, 32 << 10, data=[right, received])
    result = trace.compute("result", 1_000_000, 32 << 10, data=[left, joined])
    store = trace.store("store", 32 << 10, data=[result])
    if number % BLOCKS_PER_ALL_REDUCE == BLOCKS_PER_ALL_REDUCE - 1:
        return [trace.collective("all-reduce", "all-reduce", 64 << 10, data=[result], control=[sent, store])]
    return [trace.compute("end", 500_000, 16 << 10, data=[result], control=[sent])]


def large(trace, rank, ranks, nodes):
    """Adds `nodes` nodes: blocks, and a chain of computations for what is left over. An all-reduce every 1000 nodes."""
    tail = []
    for number in range(nodes // BLOCK):
        tail = large_block(trace, rank, ranks, number, tail)
    for _ in range(nodes % BLOCK):
        tail = [trace.compute("rest", 500_000, 16 << 10, data=tail)]


# ---------------------------------------------------------------- files

def write(folder, name, traces, groups=None):
    target = pathlib.Path(folder) / name
    target.mkdir(parents=True, exist_ok=True)
    for rank, trace in enumerate(traces):
        trace.write(target / f"{name}.{rank}.et")
    if groups:
        (target / "groups.json").write_text(json.dumps(groups) + "\n")
    return target


def write_large(folder, nodes, ranks):
    """Node by node: a trace need not fit into memory."""
    target = pathlib.Path(folder) / "large"
    target.mkdir(parents=True, exist_ok=True)
    for rank in range(ranks):
        with open(target / f"large.{rank}.et", "wb", buffering=MIB) as file:
            large(chakra.Trace(file), rank, ranks, nodes)
    return target


def write_examples(folder, only=None, schedule="1f1b"):
    examples = {"ring-all-reduce": lambda: (ring_all_reduce(), None), "gpt-block": lambda: (gpt_block(), gpt_groups()),
                "pipeline": lambda: (pipeline(schedule), None)}
    made = []
    for name, make in examples.items():
        if only in (None, name):
            made.append(write(folder, name, *make()))
            deck = pathlib.Path(folder, f"{name}.toml")
            shutil.copyfile(pathlib.Path(__file__).resolve().parent / deck.name, deck)
            made.append(deck)
    return made


def positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return number


def arguments_of(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--only", choices=["ring-all-reduce", "gpt-block", "pipeline"], help="one of the examples")
    parser.add_argument("--schedule", choices=["1f1b", "gpipe"], default="1f1b", help="of the pipeline")
    parser.add_argument("--collective", choices=KINDS)
    parser.add_argument("--ranks", type=positive)
    parser.add_argument("--bytes", type=positive, help="what each rank puts in")
    parser.add_argument("--count", type=positive, default=1, help="collectives, one after the other")
    parser.add_argument("--nodes", type=positive, help="of each rank of the trace `large`")
    arguments = parser.parse_args(words)
    if sum(map(bool, (arguments.only, arguments.collective, arguments.nodes))) > 1:
        parser.error("--only, --collective and --nodes are three different things to make: give one")
    if arguments.collective and not (arguments.ranks and arguments.bytes):
        parser.error("--collective needs --ranks and --bytes")
    sized = arguments.collective or arguments.nodes
    if arguments.ranks and not sized or arguments.bytes and not arguments.collective:
        parser.error("--ranks is of --collective and --nodes, --bytes of --collective: the examples have their sizes")
    if arguments.nodes and (arguments.ranks or 0) < 2:
        parser.error("--nodes needs --ranks, at least 2: ranks send to their neighbours")
    return arguments


def main(words=None):
    arguments = arguments_of(words)
    if arguments.collective:
        traces = collective(arguments.collective, arguments.ranks, arguments.bytes, arguments.count)
        made = [write(arguments.folder, arguments.collective, traces)]
    elif arguments.nodes:
        made = [write_large(arguments.folder, arguments.nodes, arguments.ranks)]
    else:
        made = write_examples(arguments.folder, arguments.only, arguments.schedule)
    for target in made:
        print(target)


if __name__ == "__main__":
    main()
