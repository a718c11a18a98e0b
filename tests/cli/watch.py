"""`hecaton watch`: a run that runs, one that was stopped, killed, or has ended, and a folder in which there was none."""
import json
import os
import re
import signal
import subprocess

from harness import DECKS, HECATON, check, error_lines, files_below, finish, folder, run, wait_for, write
from checks import need

SMALL = ["--set", "training.batch_sequences=1", "--set", "training.sequence_length=64"]


def start(arguments, here):
    return subprocess.Popen([HECATON, *arguments], cwd=here, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def seen(here, code, first, *parts):
    """What is said once: its exit code and how its first line begins."""
    before = files_below(here)
    process = run(["watch", "o", "--once"], here)
    check(process.returncode == code and process.stdout.startswith(first), f"{first}: {process.returncode}, {process.stdout!r}, {process.stderr!r}")
    check(all(re.search(part, process.stdout) for part in parts), f"{first}: {parts} in {process.stdout!r}")
    check(process.stderr == "", f"{first}: {process.stderr!r}")
    check(files_below(here) == before or first.startswith("running"), f"{first}: watching writes nothing")


def told(here):
    """The state that the run has told last."""
    try:
        with open(os.path.join(here, "o", ".status"), encoding="utf-8") as file:
            return json.load(file)["state"]
    except FileNotFoundError:
        return None


def begin(here, *more):
    """A run that takes long, once it has said how far it is."""
    process = start(["run", f"{DECKS}/quickstart.toml", "--output", "o", "--checkpoint-every-simulated", "2ms", "--progress", "none", *more], here)
    need(wait_for(lambda: told(here) == "running", 60), f"the run says how far it is: {process.poll()}")
    return process


def stop(process, number):
    process.send_signal(number)
    process.communicate(timeout=60)


def nothing_there(here):
    process = run(["watch", "o", "--once"], here)
    check(process.returncode == 2 and len(error_lines(process)) == 1 and "there is no such folder" in process.stderr, f"no folder: {process.stderr!r}")
    os.mkdir(os.path.join(here, "o"))
    seen(here, 2, "no run: ")
    write(os.path.join(here, "o", ".status"), "{\"schema\": 1, \"state\": 3}")
    seen(here, 2, "no run: ")
    os.remove(os.path.join(here, "o", ".status"))


def stopped_and_killed(here):
    process = begin(here)
    seen(here, 0, f"running: quickstart.toml on 1 rank, process {process.pid} on ", r"progress    \d+ %, [\d.]+ .?s simulated, after",
         r"rate        [\d.]+ [kM]? ?events per second\n")
    need(wait_for(lambda: any(name.endswith(".hck") for name in os.listdir(os.path.join(here, "o/checkpoints"))), 60), "a checkpoint is written")
    seen(here, 0, "running: ", r"checkpoint  [\d.]+ ms simulated, written", r"links       [\d.]+ % busy, (die|IO die at) \(\d,\d\) to ")
    watching = start(["watch", "o", "--every", "100ms"], here)
    stop(process, signal.SIGUSR2)
    said, complaints = watching.communicate(timeout=60)
    check(process.returncode == 75, f"the run is stopped: {process.returncode}")
    check(watching.returncode == 75 and "running: " in said and "stopped: " in said and not complaints, f"watching ends with the run: {watching.returncode} {said!r}")
    seen(here, 75, "stopped: quickstart.toml on 1 rank", "run --restart latest goes on from the checkpoint", "checkpoint  ")
    process = begin(here, "--restart", "latest")
    seen(here, 0, "running: ", "progress    ")
    stop(process, signal.SIGKILL)
    seen(here, 1, "killed: quickstart.toml on 1 rank runs no more", "its last word was", "goes on from the checkpoint")


def ended(here):
    done = run(["run", f"{DECKS}/quickstart.toml", "--output", "o", "--fresh", "--progress", "none", *SMALL], here)
    need(done.returncode == 0, f"a small run: {done.stderr}")
    with open(os.path.join(here, "o", "summary.json"), encoding="utf-8") as file:
        summary = json.load(file)
    seen(here, 0, "ended: quickstart.toml on 1 rank, ", f"{summary['simulated_ps'] * 1e-9:#.4g} ms simulated")
    check(sorted(os.listdir(os.path.join(here, "o"))) == ["summary.json", "trace.h5"], f"left are {os.listdir(os.path.join(here, 'o'))}")


with folder() as here:
    nothing_there(here)
    stopped_and_killed(here)
    ended(here)
finish()
