"""A rank that is killed ends the whole job within seconds, with a reason and a code that is not 0; one that is stopped for a
while ends nothing.
"""
import json
import os
import signal
import subprocess
import time

from harness import DECKS, RANKS, check, command_of, finish, folder, run, write

# Runs for hours.
DECK = """[workload]
kind = "traffic"
[traffic]
injection_rate = 0.2
measure_cycles = 1000000000
"""


def children_of(pid):
    found = []
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        if entry.isdigit() and int(fields[1]) == pid:
            found.append(int(entry))
    return sorted(found)


def state_of(pid):
    return read_text(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()[0]


def read_text(path):
    with open(path) as file:
        return file.read()


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


for name in ("SIGKILL", "SIGABRT"):
    with folder() as here:
        write(os.path.join(here, "long.toml"), DECK)
        command = command_of(["run", "long.toml", "--trace", "none", "--progress", "plain"], RANKS)
        job = subprocess.Popen(command, cwd=here, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
        started = wait_for(lambda: len(children_of(job.pid)) == RANKS, 30)
        check(started, f"{RANKS} ranks start")
        time.sleep(2)  # into the simulation
        check(job.poll() is None, "the job runs until a rank is killed")
        victims = children_of(job.pid)
        if victims:
            os.kill(victims[-1], getattr(signal, name))
        ended = wait_for(lambda: job.poll() is not None, 15)
        check(ended, f"{name}: the job ends within seconds")
        if not ended:
            job.kill()
        _, said = job.communicate()
        check(job.returncode != 0, f"{name}: the job ends with {job.returncode}")
        check("signal" in said.lower() or "terminated" in said.lower(), f"{name}: a reason is given: {said!r}")
        check(wait_for(lambda: all(not os.path.exists(f"/proc/{pid}") for pid in victims), 10), f"{name}: no rank is left")

# One that stands still for a while holds the others up, and changes nothing.
with folder() as here:
    words = ["run", os.path.join(DECKS, "quickstart.toml"), "--set", "training.batch_sequences=16", "--set", "training.sequence_length=128",
             "--trace", "none", "--progress", "none"]
    undisturbed = run([*words, "--output", "undisturbed"], here)
    check(undisturbed.returncode == 0, f"undisturbed it ends with {undisturbed.returncode}: {undisturbed.stderr!r}")
    job = subprocess.Popen(command_of([*words, "--output", "stopped", "--checkpoint-every-simulated", "1ms"], RANKS), cwd=here,
                           text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    begun = wait_for(lambda: os.path.isdir(os.path.join(here, "stopped/checkpoints")) and len(children_of(job.pid)) == RANKS, 60)
    check(begun, "the ranks are at work")
    if begun:
        victim = children_of(job.pid)[-1]
        os.kill(victim, signal.SIGSTOP)
        check(wait_for(lambda: state_of(victim) == "T", 10), "a rank stands still")
        time.sleep(3)
        check(job.poll() is None, "the others wait for it")
        os.kill(victim, signal.SIGCONT)
    try:
        said, complaint = job.communicate(timeout=100)
    except subprocess.TimeoutExpired:
        job.kill()
        said, complaint = job.communicate()
    check(job.returncode == 0, f"it ends with {job.returncode}: {complaint!r}")
    same = [json.loads(read_text(os.path.join(here, name, "summary.json")))["digest"] for name in ("undisturbed", "stopped")]
    check(same[0] == same[1], f"digests: {same}")

finish()
