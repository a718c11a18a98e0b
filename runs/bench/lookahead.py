#!/usr/bin/env python3
"""What each source of lookahead is worth: runs a deck with one of them left out at a time, under both synchronisers.

  lookahead.py [--hecaton PROGRAM] [--ranks 2] DECK [OPTION OF hecaton run ...]

For each row: windows (agreements of all ranks), null messages (promises sent without an event), events for other ranks,
and how long a rank was blocked per simulated second. The digest must be that of one rank. The row "a clock" is what a
simulator needs that knows link latency (and router cycles) only and steps through time by them: it is computed.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

WITHOUT = [("all sources", []), ("no router cycles", ["--lookahead-without", "router"]),
           ("no distance to the border", ["--lookahead-without", "distance"]),
           ("no injection channel", ["--lookahead-without", "interface"]),
           ("no link latency", ["--lookahead-without", "latency"]),
           ("no messages", ["--lookahead-without", "messages"]),
           ("no flits of messages", ["--lookahead-without", "serialisation"]),
           ("no programs", ["--lookahead-without", "programs"]),
           ("no trains of packets", ["--trains", "off"])]


def run(arguments, ranks, more, folder):
    launch = [] if ranks == 1 else ["mpirun", "-n", str(ranks)]
    files = ["--output", str(folder), "--profile", str(folder / "profile.json"), "--trace", "none", "--progress", "none"]
    words = [*launch, arguments.hecaton, "run", arguments.deck, *arguments.options, *more, *files]
    done = subprocess.run(words, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads((folder / "summary.json").read_text()), json.loads((folder / "profile.json").read_text())


def lookahead_ps(arguments):
    """Of a link, as `validate` says it."""
    options = [word for flag, value in zip(arguments.options, arguments.options[1:]) if flag == "--set"
               for word in (flag, value)]
    words = [arguments.hecaton, "validate", arguments.deck, "--ranks", str(arguments.ranks), *options]
    said = subprocess.run(words, text=True, check=True, stdout=subprocess.PIPE).stdout
    return int(re.search(r"lookahead +(\d+) ps", said)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hecaton", default="build/release/hecaton")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("deck")
    parser.add_argument("options", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hecaton-bench-") as name:
        folder = pathlib.Path(name)
        alone, _ = run(arguments, 1, [], folder)
        seconds = alone["simulated_ps"] * 1e-12
        print(f"{arguments.deck}: {alone['events']} events, {seconds * 1e3:.4g} ms simulated, {arguments.ranks} ranks\n")
        print("| lookahead | sync | windows | null messages | events for others | blocked, s per simulated s |")
        print("|---|---|---|---|---|---|")
        print(f"| a clock | window | {alone['simulated_ps'] // lookahead_ps(arguments)} | | | |")
        for sync in ("window", "null"):
            for what, more in WITHOUT:
                summary, profile = run(arguments, arguments.ranks, ["--sync", sync, *more], folder)
                if summary["digest"] != alone["digest"]:
                    sys.exit(f"{what}, {sync}: another digest than on one rank; please report this")
                ranks = profile["ranks"]
                blocked = sum(rank["waiting_s"] for rank in ranks) / len(ranks) / seconds
                print(f"| {what} | {sync} | {max(rank['windows'] for rank in ranks)} | "
                      f"{sum(rank['null_messages'] for rank in ranks)} | {sum(rank['records_sent'] for rank in ranks)} | "
                      f"{blocked:.3g} |", flush=True)


if __name__ == "__main__":
    main()
