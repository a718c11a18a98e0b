"""A Slurm cluster of four hosts in namespaces: start_cluster() starts it for a script, or skips the script and says why."""
import atexit
import json
import os
import pathlib
import re
import secrets
import signal
import subprocess
import sys

from harness import HECATON, ROOT, check, need, processes_with, run, skip, wait_for

SLURM = ROOT / "cluster/local/slurm.py"
JOB = ROOT / "cluster/job.sbatch"
CHAIN = ROOT / "cluster/chain.sbatch"
CLUSTER = pathlib.Path(f"/run/hecaton-test-{os.getpid()}")
RING = """[workload]
kind = "collective"
[package]
rows = 4
columns = 4
[collective]
bytes = 4096
"""
TRAFFIC = """[workload]
kind = "traffic"
[package]
rows = 4
columns = 4
[traffic]
warmup_cycles = 100
measure_cycles = """
FOREVER = 1_000_000_000  # cycles that take hours
SECONDS = 150_000  # cycles that take seconds


def end_leftovers():
    """Clusters of tests that were killed."""
    for folder in pathlib.Path("/run").glob("hecaton-test-*"):
        owner = folder.name.rsplit("-", 1)[1]
        if owner.isdigit() and not pathlib.Path(f"/proc/{owner}").exists():
            subprocess.run([sys.executable, SLURM, "--dir", folder, "down"])


def slurm(*words):
    return run([sys.executable, SLURM, "--dir", CLUSTER, *words], "/")


def start_cluster():
    """Under a name and addresses that no other cluster of this machine has, up to chance."""
    end_leftovers()
    name = "t" + "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(4))
    subnet = f"10.{100 + secrets.randbelow(100)}.{secrets.randbelow(250)}"
    up = slurm("up", "--hosts", "4", "--cpus", "8", "--name", name, "--subnet", subnet)
    if up.returncode == 2:
        skip(up.stderr.strip())
    need(up.returncode == 0, f"the cluster starts: {up.stderr}")
    atexit.register(slurm, "down")
    text = run(["bash", "-c", f". {CLUSTER}/environment && env -0"], "/").stdout
    os.environ.update(pair.split("=", 1) for pair in text.split("\0") if pair.startswith(("SLURM_CONF=", "OMPI_")))
    os.environ.update(HECATON=HECATON, BIND="none")
    return name


def state(job):
    return run(["squeue", "--noheader", "--states=all", f"--jobs={job}", "--format=%T"], "/").stdout.split()


def wait_for_end(job, seconds=240):
    ended = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL"}
    check(wait_for(lambda: set(state(job)) <= ended, seconds), f"job {job} ends, not {state(job)}")
    return state(job)


def submit(here, *words, script=JOB, **environment):
    process = run([script, *words, "--trace", "none", "--progress", "plain"], here,
                  env=dict(os.environ, **{key: str(value) for key, value in environment.items()}))
    need(process.returncode == 0, f"{words} is submitted: {process.stderr}")
    return process.stdout.split()[-1]


def digest(summary):
    return json.loads(summary.read_text())["digest"] if summary.exists() else None


def alone(here, deck, output, *words):
    process = run([HECATON, "run", deck, *words, "--output", output, "--trace", "none", "--progress", "none"], here)
    need(process.returncode == 0, f"{deck} alone: {process.stderr}")
    return digest(here / output / "summary.json")


def ranks_of(folder):
    """The processes that simulate something of a folder: of the program itself, not of what starts it."""
    found = []
    for pid in processes_with(str(folder)):
        try:
            if os.path.realpath(f"/proc/{pid}/exe") == os.path.realpath(HECATON):
                found.append(pid)
        except OSError:
            continue
    return found


def hears_signals(pid):
    """A program that is still being loaded would be ended by a signal."""
    try:
        caught = re.search(r"^SigCgt:\s*(\w+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)
    except OSError:
        return False
    return caught is not None and int(caught[1], 16) >> (signal.SIGUSR1 - 1) & 1 == 1
