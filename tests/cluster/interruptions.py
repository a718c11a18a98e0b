"""Jobs on a Slurm cluster of four hosts that are interrupted: by signals, their time limit, killed ranks, lost hosts and
killed daemons. What is requeued ends with the digest of one rank that nobody disturbed."""
import os
import pathlib
import re
import shutil
import signal
import tempfile
import time

from cluster import (CHAIN, FOREVER, SECONDS, TRAFFIC, alone, digest, hears_signals, ranks_of, slurm, start_cluster, 
                     submit, wait_for_end)
from harness import check, finish, need, run, wait_for

LAUNCHERS = ("srun", "mpirun")


class Interrupted:
    """A job whose run of three ranks on two hosts is going to be interrupted."""

    def __init__(self, here, deck, launcher, **settings):
        self.launcher, self.output = launcher, here / f"{deck}-{launcher}"
        self.job = submit(here, here / f"{deck}.toml", "--output", self.output, RANKS=3, NODES=2, LAUNCHER=launcher,
                          **settings)
        self.here = here

    def said(self):
        logs = list(self.here.glob(f"hecaton-*-{self.job}.log"))
        return logs[0].read_text() if logs else "no log"

    def what(self, text):
        return f"{self.launcher}: {text}: {self.said()}"

    def checkpoints(self):
        return sorted(path.name for path in (self.output / "checkpoints").glob("*.hck"))

    def has_restarted(self, times):
        return (self.said().count(f"restart {times}\n") == 1 and self.said().count("goes on from") == times
                and sum(map(hears_signals, ranks_of(self.output))) == 3)

    def wait_for_restart(self, times):
        need(wait_for(lambda: self.has_restarted(times), 240), self.what(f"restart {times}"))

    def ask_for_checkpoint(self):
        """As a user would, through Slurm."""
        before = self.checkpoints()
        need(wait_for(lambda: run(["scancel", "--batch", "--signal=USR1", self.job], "/") and wait_for(
            lambda: self.checkpoints() != before, 5), 60), self.what("USR1 makes a checkpoint"))
        check(len(ranks_of(self.output)) == 3, self.what("the run goes on after USR1"))

    def end_its_time(self):
        """Sets a time limit that is due in one to two minutes. Slurm, which counts in minutes and looks every half, gives
        its warning the next time it looks, because that is so early that it may be too late the time after."""
        passed = run(["squeue", "--noheader", f"--jobs={self.job}", "--format=%M"], "/").stdout.strip()
        minutes = int(passed.split(":")[-2]) + 2
        run(["scontrol", "update", f"jobid={self.job}", f"timelimit={minutes}"], "/")

    def signal_ranks(self, number):
        for rank in ranks_of(self.output):
            os.kill(rank, number)

    def has_pending(self, number):
        """Whether all ranks, which stand still, have this signal waiting for them."""
        def waits(rank):
            pending = re.findall(r"^(?:Sig|Shd)Pnd:\s*(\w+)", pathlib.Path(f"/proc/{rank}/status").read_text(), re.M)
            return any(int(bits, 16) >> (number - 1) & 1 for bits in pending)
        return all(waits(rank) for rank in ranks_of(self.output))

    def expect_end(self, expected, restarts):
        check(wait_for_end(self.job) == ["COMPLETED"], self.what("the job ends"))
        check(self.said().count("goes on from") == restarts and f"restart {restarts}\n" in self.said(), self.what("restarts"))
        check(digest(self.output / "summary.json") == expected, self.what("the digest of one rank"))
        check(sorted(path.name for path in self.output.iterdir()) == ["summary.json"], self.what("nothing else is left"))


def as_they_restart(jobs, times):
    """Each as soon as it is there, so that none runs on while another one is waited for."""
    waiting = list(jobs)
    while waiting:
        need(wait_for(lambda: any(job.has_restarted(times) for job in waiting), 240), waiting[0].what(f"restart {times}"))
        for job in [job for job in waiting if job.has_restarted(times)]:
            waiting.remove(job)
            yield job


def hosts_of(job):
    where = run(["squeue", "--noheader", f"--jobs={job}", "--format=%N"], "/").stdout.strip()
    return run(["scontrol", "show", "hostnames", where], "/").stdout.split()


def deck_of(here, name, cycles):
    """Its digest, by one rank."""
    (here / f"{name}.toml").write_text(TRAFFIC + f"{cycles}\n")
    return alone(here, f"{name}.toml", f"{name}-alone")


def interrupted_jobs(here, name):
    """USR1; the time limit; a killed rank; a lost host: four jobs of a chain end one run. What is no chain goes on from its
    checkpoint as well when it loses a host."""
    expected, expected_once = deck_of(here, "chain", 2 * SECONDS), deck_of(here, "lost", SECONDS)
    runs = [Interrupted(here, "chain", launcher, script=CHAIN, SBATCH_TIMELIMIT="60", SBATCH_SIGNAL="B:USR2@90")
            for launcher in LAUNCHERS]
    for chain in as_they_restart(runs, 0):
        chain.ask_for_checkpoint()
        chain.signal_ranks(signal.SIGSTOP)  # however fast the machine is, the run is not at its end by then
        chain.end_its_time()
    for chain in runs:
        check(wait_for(lambda: chain.has_pending(signal.SIGUSR2), 90), chain.what("Slurm announces the time limit"))
        run(["scontrol", "update", f"jobid={chain.job}", "timelimit=60"], here)  # which the requeued job will have
        chain.signal_ranks(signal.SIGCONT)
    for chain in as_they_restart(runs, 1):
        os.kill(ranks_of(chain.output)[-1], signal.SIGKILL)
    for chain in as_they_restart(runs, 2):
        chain.signal_ranks(signal.SIGSTOP)
        check("ends with 75" in chain.said() and "killed - requeued" in chain.said(), chain.what("why it was requeued"))
    jobs = [Interrupted(here, "lost", launcher) for launcher in LAUNCHERS]
    for job in as_they_restart(jobs, 0):
        job.ask_for_checkpoint()
        job.signal_ranks(signal.SIGSTOP)
    where = [hosts_of(job.job) for job in runs + jobs]
    need(where == [[f"{name}1", f"{name}2"]] * 4, f"all jobs are on the first two hosts: {where}")
    slurm("crash", "2")
    for job in runs + jobs:
        job.signal_ranks(signal.SIGCONT)
    need(wait_for(lambda: all("restart 3\n" in chain.said() for chain in runs), 240), "Slurm has noticed the loss")
    most_restarts(here)
    for chain in runs:
        chain.expect_end(expected, 3)
    for job in jobs:
        job.expect_end(expected_once, 1)


def bring_back(name):
    """A host that has crashed, as its administrator would."""
    check(slurm("boot", "2").returncode == 0, "host 2 boots")
    check(wait_for(lambda: run(["scontrol", "update", f"nodename={name}2", "state=resume"], "/").returncode == 0 and wait_for(
        lambda: host_state(f"{name}2") == "idle", 2), 60), f"host 2 is used again, not {host_state(f'{name}2')}")


def host_state(host):
    return run(["sinfo", "--noheader", f"--nodes={host}", "--format=%T"], "/").stdout.strip()


def most_restarts(here):
    """A chain that is killed again and again ends."""
    (here / "endless.toml").write_text(TRAFFIC + f"{FOREVER}\n")
    chain = Interrupted(here, "endless", "srun", script=CHAIN, MOST_RESTARTS=1)
    chain.wait_for_restart(0)
    chain.ask_for_checkpoint()
    os.kill(ranks_of(chain.output)[0], signal.SIGKILL)
    chain.wait_for_restart(1)
    os.kill(ranks_of(chain.output)[0], signal.SIGKILL)
    check(wait_for_end(chain.job) == ["FAILED"], chain.what("a second kill is not survived"))
    check("killed, after 1 restarts" in chain.said() and "restart 2" not in chain.said(), chain.what("and says why"))


def staying_launcher(here):
    """An mpirun that stays when its rank has been killed, as Open MPI's at times does. The script has to end it."""
    (here / "bin").mkdir()
    launcher = here / "bin/mpirun"
    launcher.write_text(f"""#!/bin/sh
mkdir {here}/stays 2>/dev/null || exec {shutil.which("mpirun")} "$@"
while [ "$1" != "$HECATON" ]; do shift; done
"$@" &
wait
exec sleep 1000
""")
    launcher.chmod(0o755)
    output = here / "stays-output"
    job = submit(here, here / "lost.toml", "--output", output, script=CHAIN, RANKS=1, NODES=1, LAUNCHER="mpirun",
                 PATH=f"{here}/bin:{os.environ['PATH']}")
    need(wait_for(lambda: ranks_of(output), 120), "the launcher that stays has a rank")
    os.kill(ranks_of(output)[0], signal.SIGSTOP)
    time.sleep(5)  # the script looks every second whether there are ranks
    os.kill(ranks_of(output)[0], signal.SIGKILL)
    return job, output


def expect_ended_launcher(here, job, output):
    check(wait_for_end(job) == ["COMPLETED"], "the job of the launcher that stays ends")
    log = next(here.glob(f"hecaton-*-{job}.log")).read_text()
    said = [log.find(text) for text in ("mpirun stays without ranks: killed", "killed - requeued", "restart 1\n")]
    check(-1 < said[0] < said[1] < said[2], f"its launcher is ended, then it is requeued: {log}")
    check(digest(output / "summary.json") == digest(here / "lost-alone/summary.json"), "and has the digest of one rank")


def killed_daemon(here):
    """A job outlives the daemon of its host."""
    deck_of(here, "daemon", SECONDS)
    job = Interrupted(here, "daemon", "mpirun")
    job.wait_for_restart(0)
    job.signal_ranks(signal.SIGSTOP)
    number = hosts_of(job.job)[1][-1]
    check(slurm("kill-daemon", number).returncode == 0, "a daemon is killed")
    check(len(ranks_of(job.output)) == 3, job.what("its ranks live on"))
    check(slurm("boot", number).returncode == 0, "and is started again, before Slurm holds the host for down")
    job.signal_ranks(signal.SIGCONT)
    check(wait_for_end(job.job) == ["COMPLETED"] and "restart 1" not in job.said(), job.what("the job was not disturbed"))
    check(slurm("boot", number).returncode == 2, "what is up cannot be booted")


host_name = start_cluster()
with tempfile.TemporaryDirectory(prefix="hecaton-interruptions-") as working_folder:
    place = pathlib.Path(working_folder)
    interrupted_jobs(place, host_name)
    staying = staying_launcher(place)
    bring_back(host_name)
    killed_daemon(place)
    expect_ended_launcher(place, *staying)
finish()
