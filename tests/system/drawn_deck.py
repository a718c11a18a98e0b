"""Random decks of every kind, as dictionaries "table.key" -> value; small enough to run in a fraction of a second.

Not every deck that is drawn makes sense: the program has to say so, or to run it.
"""
TOPOLOGIES = ["mesh", "torus", "bypass-ring"]


def text_of(deck):
    """The deck as TOML."""
    tables = {}
    for name, value in deck.items():
        table, key = name.rsplit(".", 1)
        shown = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
        tables.setdefault(table, []).append(f"{key} = {shown}")
    return "\n".join(f"[{table}]\n" + "\n".join(lines) + "\n" for table, lines in tables.items())


def draw_hardware(dice, rows, columns, kind):
    deck = {
        "package.rows": dice.randint(1, rows), "package.columns": dice.randint(2, columns),
        "package.topology": dice.choice(TOPOLOGIES),
        "link.latency_ns": dice.choice([2.0, 1.3, 0.5, 40.0, 0.001]),
        "link.bandwidth_GBps": dice.choice([64, 20, 100, 7.3]), "link.flit_bytes": dice.choice([64, 16, 128]),
        "router.virtual_channels": dice.randint(1, 6), "router.credit_cycles": dice.randint(0, 3),
        "router.pipeline": dice.choice(["three-stage", "four-stage", "speculative"]),
        "router.routing": dice.choice(["xy", "xy", "yx", "o1turn", "adaptive", "up-down"]),
        "router.background_dram": dice.random() < 0.5,
    }
    if dice.random() < 0.5:
        deck |= {"router.switching": "cut-through", "router.buffer_flits": dice.choice([16, 32, 128])}
    else:
        deck |= {"router.switching": "wormhole", "router.buffer_flits": dice.randint(1, 16)}
    if kind != "traffic":
        deck |= {"interface.packet_bytes": dice.choice([256, 1024, 4096]),
                 "interface.message_overhead_ns": dice.choice([0.0, 0.0, 25.0]), "interface.ports": dice.choice([1, 1, 2, 4]),
                 "die.vector_GBps": dice.choice([0.0, 90.0, 512.0])}
    if dice.random() < 0.25:
        deck["link.overrides"] = dice.choice(["column 0: latency_ns 5.5", "row 0: bandwidth_GBps 5", "wrap: latency_ns 20",
                                              "0-1: latency_ns 11, bandwidth_GBps 3; column 1: latency_ns 3"])
    if dice.random() < 0.15:
        deck |= {"package.dead_links": dice.choice(["0-1", "1-2"]), "router.routing": "up-down"}
    return deck


def draw_training(dice):
    deck = {"workload.kind": "training"} | draw_hardware(dice, 4, 4, "training")
    deck |= {
        "die.matrix": dice.choice(["systolic", "roofline"]),
        "memory.channels": dice.randint(0, 6), "memory.burst_bytes": dice.choice([2048, 8192, 65536]),
        "memory.latency_ns": dice.choice([60.0, 0.0, 700.0]),
        "training.method": dice.choice(["hecaton", "megatron-flat-ring", "megatron-torus-ring", "optimus"]),
        "training.batch_sequences": dice.choice([1, 4, 8, 12]), "training.sequence_length": dice.choice([4, 16]),
        "training.minibatch_tokens": dice.choice([0, 64]), "training.overlap": dice.random() < 0.5,
        "training.recompute": dice.random() < 0.3, "training.fusion": dice.randint(0, 2),
        "training.broadcast": dice.choice(["tree", "pipelined"]),
        "training.collectives": dice.choice(["paper", "paper", "auto", "both-directions", "all-axes", "halving-doubling"]),
        "training.attention": dice.choice(["by-sequence", "by-head"]),
        "training.optimizer": dice.choice(["adam", "sgd"]),
        "training.model.name": "tiny", "training.model.hidden": 64,
        "training.model.ffn": dice.choice([96, 192]), "training.model.heads": 8,
        "training.model.kv_heads": dice.choice([4, 8, 1]), "training.model.layers": dice.randint(1, 3),
        "training.model.vocabulary": dice.choice([96, 100]), "training.model.gated": dice.random() < 0.5,
        "training.model.tied": dice.random() < 0.3,
    }
    if dice.random() < 0.4:
        deck |= {"training.causal": dice.random() < 0.9, "training.attention_tile": dice.choice([1, 3, 8, 128]),
                 "training.window": dice.choice([0, 0, 1, 5])}
    if dice.random() < 0.3:
        deck["training.model.head_dim"] = dice.choice([4, 12, 16])
    if dice.random() < 0.5:
        deck["training.vocabulary_padding"] = "auto"
    if dice.random() < 0.2:
        deck |= {"training.model.experts": 4, "training.model.experts_per_token": dice.randint(1, 2)}
    if dice.random() < 0.3:
        deck["training.uneven"] = dice.choice(["pad", "refuse"])
    return deck


def draw_collective(dice):
    deck = {"workload.kind": "collective"} | draw_hardware(dice, 5, 6, "collective")
    deck |= {
        "collective.operation": dice.choice(["all-gather", "reduce-scatter", "all-reduce", "broadcast", "reduce", "all-to-all"]),
        "collective.algorithm": dice.choice(["ring", "ring", "naive-ring", "bypass-ring", "hamiltonian-ring", "torus-ring",
                                             "tree", "star", "two-phase", "halving-doubling", "swing", "direct"]),
        "collective.group": dice.choice(["rows", "columns", "package"]),
        "collective.bytes": dice.choice([1, 64, dice.randint(1, 300000)]),
        "collective.root": dice.randint(0, 3), "collective.chunks": dice.choice([1, 3, 8]),
        "collective.form": dice.choice(["self-timed", "self-timed", "step-synchronous", "chunked"]),
        "collective.step_ns": dice.choice([0.0, 500.0]),
        "collective.directions": dice.choice([1, 1, 2]), "collective.axes": dice.choice(["one", "one", "all"]),
    }
    return deck


def draw_traffic(dice):
    deck = {"workload.kind": "traffic"} | draw_hardware(dice, 6, 6, "traffic")
    deck |= {
        "traffic.pattern": dice.choice(["uniform", "tornado", "neighbour", "hotspot", "permutation", "transpose", "shuffle"]),
        "traffic.injection_rate": round(dice.uniform(0.0, 0.9), 3), "traffic.packet_flits": dice.choice([1, 1, 3, 8]),
        "traffic.injection": dice.choice(["bernoulli", "bernoulli", "bursty"]),
        "traffic.warmup_cycles": dice.choice([0, 20]), "traffic.measure_cycles": dice.choice([100, 400]),
        "traffic.drain_cycles": dice.choice([0, 100]), "traffic.seed": dice.randint(0, 10**6),
    }
    if dice.random() < 0.15:
        deck |= {"package.dead_dies": "1", "router.routing": "up-down"}
    return deck


ALGORITHMS = {"all-gather": ["ring", "torus-ring", "halving-doubling", "swing"],
              "reduce-scatter": ["ring", "torus-ring", "halving-doubling", "swing"],
              "all-reduce": ["ring", "torus-ring", "halving-doubling", "swing"], "broadcast": ["ring", "tree", "star", "two-phase"],
              "reduce": ["ring", "tree", "star", "two-phase"], "all-to-all": ["ring", "direct"]}


def make_sensible(dice, deck):
    """Most of what the program would refuse is changed to what it takes."""
    kind = deck["workload.kind"]
    bypass = deck["package.topology"] == "bypass-ring"
    if bypass:
        deck["router.routing"] = "xy"
        for key in ("package.dead_links", "package.dead_dies"):
            deck.pop(key, None)
    deck["router.virtual_channels"] = max(deck["router.virtual_channels"],
                                          {"o1turn": 4, "adaptive": 3}.get(deck["router.routing"], 2))
    flits = deck["traffic.packet_flits"] if kind == "traffic" else deck["interface.packet_bytes"] // deck["link.flit_bytes"]
    if deck["router.switching"] == "cut-through":
        deck["router.buffer_flits"] = max(deck["router.buffer_flits"], flits)
    elif deck["router.routing"] == "adaptive":
        deck["router.buffer_flits"] = max(deck["router.buffer_flits"], 2)
    if kind == "training":
        deck.pop("package.dead_links", None)
        deck |= {"package.rows": dice.choice([2, 4]), "package.columns": dice.choice([2, 4])}
        if deck["training.method"] not in ("hecaton", "optimus"):
            deck |= {"training.attention": "by-sequence", "training.fusion": 0}
        deck |= {"training.batch_sequences": dice.choice([4, 8]), "training.model.vocabulary": 96,
                 "training.model.kv_heads": dice.choice([4, 8]),
                 "training.minibatch_tokens": dice.choice([0, 4 * deck["training.sequence_length"]])}
    if kind == "collective":
        deck["collective.algorithm"] = dice.choice(ALGORITHMS[deck["collective.operation"]])
        deck["collective.group"] = "package" if deck["collective.algorithm"] == "torus-ring" else deck["collective.group"]
        if deck["collective.algorithm"] != "ring" or deck["collective.operation"] in ("broadcast", "reduce", "all-to-all"):
            deck["collective.form"] = "self-timed"
        if deck["collective.form"] == "step-synchronous":
            deck["collective.step_ns"] = 500.0
        else:
            deck.pop("collective.step_ns")
        deck["collective.root"] = 0
        if deck["collective.algorithm"] != "ring" or deck["collective.operation"] == "all-to-all" or \
                min(deck["package.rows"], deck["package.columns"]) < 2:
            deck["collective.axes"] = "one"
        if deck["collective.axes"] == "all":
            deck |= {"collective.group": "package", "collective.form": "self-timed"}
            deck.pop("collective.step_ns", None)
        around_package = deck["collective.group"] == "package" and deck["collective.axes"] == "one"
        if deck["collective.algorithm"] != "ring" or deck["collective.operation"] == "all-to-all" or \
                not around_package and (deck["package.topology"] != "torus" or
                                        min(deck["package.rows"], deck["package.columns"]) < 3):
            deck["collective.directions"] = 1
    return deck


def draw(dice):
    deck = dice.choice([draw_training, draw_collective, draw_traffic])(dice)
    return deck if dice.random() < 0.2 else make_sensible(dice, deck)
