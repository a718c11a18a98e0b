"""A rank that is killed ends the whole job within seconds, with a reason and a code that is not 0."""
import os
import signal
import subprocess
import time

from harness import RANKS, check, command_of, finish, folder, write

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

finish()
