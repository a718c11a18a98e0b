"""Batch jobs on a Slurm cluster of four hosts in namespaces: single jobs, sweeps as arrays, lost hosts."""
import atexit
import csv
import json
import os
import pathlib
import re
import secrets
import signal
import subprocess
import sys
import tempfile

from harness import HECATON, ROOT, check, finish, need, processes_with, run, skip, wait_for

SLURM = ROOT / "cluster/local/slurm.py"
JOB = ROOT / "cluster/job.sbatch"
CHAIN = ROOT / "cluster/chain.sbatch"
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
SECONDS = 50_000  # cycles that take seconds


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
    name = "t" + "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(4))
    subnet = f"10.{100 + secrets.randbelow(100)}.{secrets.randbelow(250)}"
    up = slurm("up", "--hosts", "4", "--cpus", "4", "--name", name, "--subnet", subnet)
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


def alone(here, deck, output):
    process = run([HECATON, "run", deck, "--output", output, "--trace", "none", "--progress", "none"], here)
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


def single_jobs(here):
    (here / "ring.toml").write_text(RING)
    expected = alone(here, "ring.toml", "alone")
    jobs = {(launcher, nodes): submit(here, "ring.toml", "--output", f"{launcher}{nodes}", RANKS=4, NODES=nodes,
                                      LAUNCHER=launcher) for launcher in ("srun", "mpirun") for nodes in (1, 2, 4)}
    for (launcher, nodes), job in jobs.items():
        what = f"{launcher} on {nodes} hosts"
        log = here / f"hecaton-{job}.log"
        check(wait_for_end(job) == ["COMPLETED"], f"{what}: {log.read_text()}")
        check(digest(here / f"{launcher}{nodes}/summary.json") == expected, f"{what}: the digest of one rank")
        on = re.search(r"on (\S+), 4 ranks", log.read_text())
        hosts = run(["scontrol", "show", "hostnames", on[1] if on else ""], here).stdout.split()
        check(len(hosts) == nodes, f"{what}: runs on {hosts}")


def refused_jobs(here):
    for words, said in ((["none.toml"], "does not exist"), (["ring.toml", "--set", "package.rows=0"], "is out of range"),
                        (["ring.toml", "--set=package.row=1"], "is not a key")):
        process = run([JOB, *words], here, env=dict(os.environ, RANKS="4"))
        check(process.returncode == 2 and said in process.stderr and process.stdout == "", f"{words}: {process.stderr}")
    process = run([JOB, "ring.toml"], here, env=dict(os.environ, RANKS="17"))
    check(process.returncode == 2 and "fewer dies than there are ranks" in process.stderr, f"17 ranks: {process.stderr}")
    check(run(["squeue", "--noheader"], here).stdout == "", "nothing is submitted that would fail")


def cancelled_job(here, launcher):
    (here / "endless.toml").write_text(TRAFFIC + f"{FOREVER}\n")
    output = here / f"endless-{launcher}"
    job = submit(here, "endless.toml", "--output", output, RANKS=2, NODES=2, LAUNCHER=launcher)
    check(wait_for(lambda: len(ranks_of(output)) == 2, 60), "two ranks run")
    run(["scancel", job], here)
    check(wait_for_end(job, 60) == ["CANCELLED"], f"{launcher}: the job is cancelled")
    check(wait_for(lambda: not ranks_of(output), 30), f"{launcher}: no rank is left")


def sweep(here, *words, code=0):
    process = run([HECATON, "sweep", "study.toml", *words], here)
    check(process.returncode == code, f"sweep {words}: {process.stderr}")
    return process.stdout


def rows(here):
    with open(here / "out/study/table.csv", newline="") as file:
        return list(csv.DictReader(file))


def array_of_24(here):
    """The last point takes seconds, so that it can be killed."""
    (here / "deck.toml").write_text(TRAFFIC + "100\n")
    values = [100 + index for index in range(23)] + [SECONDS]
    (here / "study.toml").write_text(f'[study]\ndeck = "deck.toml"\nranks = 2\n[grid]\ntraffic.measure_cycles = {values}\n')
    said = sweep(here, "--slurm", "--points-per-task", "4", "--launcher", "srun")
    submitted = re.match(r"submitted 24 of 24 points in 6 tasks as job (\d+)\n", said)
    need(submitted, f"an array of 6 tasks: {said!r}")
    points = here / "out/study/points"
    tasks = [line.split() for line in (here / "out/study/submissions/1/tasks").read_text().splitlines()]
    check([len(task) for task in tasks] == [4] * 6, f"the tasks are {tasks}")
    victim = tasks[-1][-1]
    need(wait_for(lambda: ranks_of(points / victim), 240), "the long point starts")
    check("nothing to submit" in sweep(here, "--slurm"), "what Slurm works on is not submitted again")
    os.kill(ranks_of(points / victim)[0], signal.SIGKILL)
    wait_for_end(submitted[1])
    status = sweep(here, "--status")
    check("finished  23\nin Slurm  0\nstopped   1\nto do     0\n" in status, status)
    before = {path: path.stat().st_mtime_ns for path in points.glob("*/summary.json")}
    check(len(rows(here)) == 23 == len(before), "23 points are in the table")

    again = sweep(here, "--slurm", "--launcher", "mpirun")
    resubmitted = re.search(r"submitted 1 of 24 points in 1 tasks as job (\d+)\n", again)
    need(resubmitted, f"only the killed point is submitted: {again!r}")
    check(wait_for_end(resubmitted[1]) == ["COMPLETED"], "and finishes")
    check(all(path.stat().st_mtime_ns == time for path, time in before.items()), "no other point is run again")
    sweep(here, "--status")
    table = rows(here)
    check([int(row["traffic.measure_cycles"]) for row in table] == values, "the table is complete and in order")
    check({row["ranks"] for row in table} == {"2"}, "on two ranks each")
    (here / "last.toml").write_text(TRAFFIC + f"{SECONDS}\n")
    check(table[-1]["digest"] == alone(here, "last.toml", "last"), "and has the digest of one rank")


def scaling(here):
    process = run([sys.executable, "-B", ROOT / "cluster/scaling/scaling.py", "strong", "--slurm", "--launcher", "srun",
                   "--ranks", "1,2", "--repeat", "1", "--hecaton", HECATON, "--output", "scaling", "ring.toml"], here)
    need(process.returncode == 0, f"a scaling study through Slurm: {process.stderr}")
    with open(here / "scaling/scaling.csv", newline="") as file:
        table = list(csv.DictReader(file))
    check([row["ranks"] for row in table] == ["1", "2"], f"its table is {table}")
    check({row["digest"] for row in table} == {digest(here / "alone/summary.json")}, "with the digest of one rank")


def lost_host(here, name):
    """Both launchers lose the same host: Slurm requeues srun's job, the script mpirun's."""
    deck = here / "last.toml"
    expected = digest(here / "last/summary.json")
    jobs = {launcher: submit(here, deck, "--output", here / f"lost-{launcher}", RANKS=2, NODES=2, LAUNCHER=launcher) for launcher in ("srun", "mpirun")}
    need(wait_for(lambda: all(len(ranks_of(here / f"lost-{launcher}")) == 2 for launcher in jobs), 60), "both jobs run")
    where = {launcher: run(["squeue", "--noheader", f"--jobs={job}", "--format=%N"], here).stdout.strip()
             for launcher, job in jobs.items()}
    need(set(where.values()) == {f"{name}[1-2]"}, f"both jobs are on the first two hosts: {where}")
    slurm("crash", "2")
    for launcher, job in jobs.items():
        log = here / f"hecaton-{job}.log"
        check(wait_for_end(job) == ["COMPLETED"], f"{launcher}, a host lost: {log.read_text()}")
        check(log.read_text().count("restart 1") == 1, f"{launcher} is requeued: {log.read_text()}")
        check(digest(here / f"lost-{launcher}/summary.json") == expected, f"{launcher}: the digest after a lost host")


def checkpoints(output):
    return sorted(path.name for path in (output / "checkpoints").glob("*.hck"))


def chain(here, launcher):
    """USR1, then the signal of the time limit, then a killed rank: three jobs of a chain end one run."""
    deck, output = here / "chain.toml", here / f"chain-{launcher}"
    deck.write_text(TRAFFIC + f"{8 * SECONDS}\n")
    expected = alone(here, "chain.toml", "chain-alone")
    job = submit(here, deck, "--output", output, script=CHAIN, RANKS=3, NODES=2, LAUNCHER=launcher, MOST_RESTARTS=3)
    log = here / f"hecaton-{job}.log"

    def restarted(times):
        need(wait_for(lambda: log.exists() and f"restart {times}" in log.read_text()
                      and sum(map(hears_signals, ranks_of(output))) == 3, 120),
             f"{launcher}: restart {times}: {log.read_text() if log.exists() else 'no log'}")
    restarted(0)
    for sent in ("USR1", "USR2"):
        before = checkpoints(output)
        need(wait_for(lambda: run(["scancel", "--batch", f"--signal={sent}", job], here) and wait_for(
            lambda: checkpoints(output) != before, 5), 60), f"{launcher}: {sent} makes a checkpoint: {log.read_text()}")
        check(sent == "USR2" or len(ranks_of(output)) == 3, f"{launcher}: the run goes on after USR1")
    restarted(1)
    need(wait_for(lambda: "goes on from" in log.read_text(), 60), f"{launcher}: goes on: {log.read_text()}")
    os.kill(ranks_of(output)[0], signal.SIGKILL)
    check(wait_for_end(job) == ["COMPLETED"], f"{launcher}: the chain ends: {log.read_text()}")
    said = log.read_text()
    check("ends with 75" in said and said.count("goes on from") == 2 and "restart 2" in said, f"{launcher}: {said}")
    check(digest(output / "summary.json") == expected, f"{launcher}: the digest of one rank")
    check(sorted(path.name for path in output.iterdir()) == ["summary.json"], f"{launcher}: nothing else is left")


end_leftovers()
CLUSTER = pathlib.Path(f"/run/hecaton-test-{os.getpid()}")
host_name = start_cluster()
with tempfile.TemporaryDirectory(prefix="hecaton-batch-") as working_folder:
    place = pathlib.Path(working_folder)
    single_jobs(place)
    refused_jobs(place)
    array_of_24(place)
    scaling(place)
    for program in ("srun", "mpirun"):
        cancelled_job(place, program)
    for program in ("srun", "mpirun"):
        chain(place, program)
    lost_host(place, host_name)
finish()
