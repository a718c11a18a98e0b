"""Batch jobs on a Slurm cluster of four hosts in namespaces: single jobs, sweeps as arrays, scaling."""
import csv
import os
import pathlib
import re
import signal
import sys
import tempfile

from cluster import (FOREVER, JOB, RING, SECONDS, TRAFFIC, alone, digest, ranks_of, start_cluster, submit,
                     wait_for_end)
from harness import HECATON, ROOT, check, finish, need, run, wait_for


def single_jobs(here):
    (here / "ring.toml").write_text(RING)
    expected = alone(here, "ring.toml", "alone")
    jobs = {(launcher, nodes): submit(here, "ring.toml", "--output", f"{launcher}{nodes}", RANKS=4, NODES=nodes,
                                      LAUNCHER=launcher) for launcher in ("srun", "mpirun") for nodes in (1, 2, 4)}
    for (launcher, nodes), job in jobs.items():
        what = f"{launcher} on {nodes} hosts"
        ends = wait_for_end(job)
        log = log_of(here, job)
        check(ends == ["COMPLETED"], f"{what}: {log.read_text()}")
        check(digest(here / f"{launcher}{nodes}/summary.json") == expected, f"{what}: the digest of one rank")
        on = re.search(r"on (\S+), 4 ranks", log.read_text())
        hosts = run(["scontrol", "show", "hostnames", on[1] if on else ""], here).stdout.split()
        check(len(hosts) == nodes, f"{what}: runs on {hosts}")


def quickstart(here):
    """All of it on one host. Between hosts ranks wait for TCP several million times, which takes minutes where all hosts
    share two processors: one layer of half the batch there. One job at a time, because ranks that wait are busy."""
    deck, less = ROOT / "runs/decks/quickstart.toml", ["training.model.layers=1", "training.batch_sequences=4"]
    for cut, cases in (([], [(1, 2)]), (less, [(2, 2), (4, 4)])):
        words = [word for setting in cut for word in ("--set", setting)]
        expected = alone(here, deck, f"quickstart-alone-{len(cut)}", *words)
        for nodes, ranks in cases:
            for launcher in ("srun", "mpirun"):
                output = here / f"quickstart-{launcher}{nodes}"
                job = submit(here, deck, *words, "--output", output, RANKS=ranks, NODES=nodes, LAUNCHER=launcher)
                what = f"the quickstart by {launcher} on {nodes} hosts"
                check(wait_for_end(job, 400) == ["COMPLETED"], f"{what}: {(log_of(here, job)).read_text()}")
                check(digest(output / "summary.json") == expected, f"{what}: the digest of one rank")


def refused_jobs(here):
    for words, said in ((["none.toml"], "does not exist"), (["ring.toml", "--set", "package.rows=0"], "is out of range"),
                        (["ring.toml", "--set=package.row=1"], "is not a key"),
                        (["ring.toml", "--outptu", "here"], "did you mean --output"),
                        (["ring.toml", "--restart", "nowhere.hck"], "no such file")):
        process = run([JOB, *words], here, env=dict(os.environ, RANKS="4"))
        check(process.returncode == 2 and said in process.stderr and process.stdout == "", f"{words}: {process.stderr}")
    for name, value, said in (("RANKS", "17", "fewer dies than there are ranks"), ("RANKS", "some", "--check"),
                              ("LAUNCHER", "rsh", "srun or mpirun"), ("BIND", "cores", "core, socket or none"),
                              ("CHECKPOINT_EVERY", "often", "is no time"), ("MOST_RESTARTS", "-1", "is a number"),
                              ("HECATON", "hecatoon", "there is no program 'hecatoon'")):
        process = run([JOB, "ring.toml"], here, env={**os.environ, name: value})
        check(process.returncode == 2 and said in process.stderr, f"{name} {value}: {process.stderr}")
    check(run(["squeue", "--noheader"], here).stdout == "", "nothing is submitted that would fail")


def cancelled_job(here, launcher):
    (here / "endless.toml").write_text(TRAFFIC + f"{FOREVER}\n")
    output = here / f"endless-{launcher}"
    job = submit(here, "endless.toml", "--output", output, RANKS=2, NODES=2, LAUNCHER=launcher)
    check(wait_for(lambda: len(ranks_of(output)) == 2, 60), "two ranks run")
    run(["scancel", job], here)
    check(wait_for_end(job, 60) == ["CANCELLED"], f"{launcher}: the job is cancelled")
    check(wait_for(lambda: not ranks_of(output), 30), f"{launcher}: no rank is left")


def log_of(here, job):
    """Its name begins with the deck's."""
    return next(iter(here.glob(f"hecaton-*-{job}.log")), here / f"no log of {job}")


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
    submitted = re.search(r"submitted 24 of 24 points in 6 tasks as job (\d+)\n", said)
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
    check("finished  23\nin Slurm  0\nfailed    1\ncancelled 0\nstopped   0\nto do     0\n" in status, status)
    before = {path: path.stat().st_mtime_ns for path in points.glob("*/summary.json")}
    check(len(before) == 23, "23 points are finished")

    again = sweep(here, "--slurm", "--launcher", "mpirun")
    resubmitted = re.search(r"submitted 1 of 24 points in 1 tasks as job (\d+)\n", again)
    need(resubmitted, f"only the killed point is submitted: {again!r}")
    check(wait_for_end(resubmitted[1]) == ["COMPLETED"], "and finishes")
    check(all(path.stat().st_mtime_ns == time for path, time in before.items()), "no other point is run again")
    check("nothing to submit" in sweep(here, "--slurm"), "and every point is finished")
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


def placed_ranks(here):
    """Each rank has its host and stays on a processor, says a program that is run in hecaton's place. The hosts, which
    share processors, let mpirun do so; to srun they say that they cannot."""
    (here / "show").write_text("""#!/bin/sh
case "$*" in *"--check "*) exit 0 ;; esac
echo rank on "$(hostname)" "$(grep Cpus_allowed_list /proc/self/status)"
""")
    (here / "show").chmod(0o755)
    for launcher in ("srun", "mpirun"):
        job = submit(here, "ring.toml", RANKS=6, NODES=3, LAUNCHER=launcher, HECATON=here / "show")
        check(wait_for_end(job) == ["COMPLETED"], f"{launcher}: placed")
        log = (log_of(here, job)).read_text()
        hosts = re.findall(r"rank on (\w+) ", log)
        check(sorted(map(hosts.count, set(hosts))) == [2, 2, 2], f"{launcher}: as many ranks on each host: {log}")
        job = submit(here, "ring.toml", RANKS=2, NODES=2, LAUNCHER=launcher, BIND="core", HECATON=here / "show")
        check(wait_for_end(job) == ["COMPLETED"], f"{launcher}: bound")
        log = (log_of(here, job)).read_text()
        ranks = re.findall(r"rank on \w+ Cpus_allowed_list:\s*(\S+)", log)
        check(len(ranks) == 2, f"{launcher}: two ranks: {log}")
        bound = all(rank.isdigit() for rank in ranks) or os.cpu_count() == 1
        check(bound if launcher == "mpirun" else "lacks support for cpu binding" in log, f"{launcher}: bound: {log}")


start_cluster()
with tempfile.TemporaryDirectory(prefix="hecaton-batch-") as working_folder:
    place = pathlib.Path(working_folder)
    single_jobs(place)
    refused_jobs(place)
    placed_ranks(place)
    quickstart(place)
    array_of_24(place)
    scaling(place)
    for program in ("srun", "mpirun"):
        cancelled_job(place, program)
finish()
