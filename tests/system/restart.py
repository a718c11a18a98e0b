"""A run that is asked to stop by signals or the clock goes on at another rank count to the digest and the trace of a run
that nobody disturbed, and so does one whose newest checkpoint is damaged.

restart.py HECATON MPIEXEC
"""
import os
import shutil
import signal
import subprocess
import tempfile
import time

import h5py

from interrupted import HECATON, TRAINING, Job, check, expect_rows, expect_whole, finish, last_checkpoint_ps, wait_for

CHECKPOINTS = 21  # of a run that nobody disturbs


def halted_often(folder, whole, every):
    """A run that only halts, also where what is left to do reaches no other rank, ends as if it never had."""
    for ranks in (2, 4):
        job = Job(folder, ranks, "--checkpoint-every-simulated", every)
        code = job.end()
        check(code == 0, f"a run on {ranks} ranks that halts often ends with {code}: {job.text()}")
        expect_whole(folder, whole, f"halts on {ranks} ranks")
        shutil.rmtree(os.path.join(folder, "out"))


def signalled(folder, whole, every):
    """The table of signals in the README, and options that go by the clock."""
    for ranks, name, stops in ((2, "SIGUSR1", False), (1, "SIGUSR2", True), (3, "SIGTERM", True), (2, "SIGINT", True)):
        job = Job(folder, ranks, "--checkpoint-every-simulated", every, "--restart", "latest")
        check(job.wait_for_checkpoint(), f"{name}: a first checkpoint")
        os.kill(job.ranks_of_it()[-1], getattr(signal, name))  # any rank may get it
        if not stops:
            check(job.wait_for_checkpoint(), f"{name}: another checkpoint")
            check(job.process.poll() is None, f"{name}: the run goes on")
            os.kill(job.ranks_of_it()[0], signal.SIGUSR2)
        code = job.end()
        check(code == 75, f"{name}: the code is {code}: {job.text()}")
        expect_rows(folder, whole, last_checkpoint_ps(folder))
    job = Job(folder, 1, "--max-wall", "20ms", "--restart", "latest")
    code = job.end()
    check(code == 75, f"--max-wall: the code is {code}: {job.text()}")
    job = Job(folder, 2, "--checkpoint-every", "10ms", "--restart", "latest")
    check(job.wait_for_checkpoint() and job.wait_for_checkpoint(), "checkpoints by the clock")
    code = job.end()
    check(code == 0, f"the last leg ends with {code}: {job.text()}")
    expect_whole(folder, whole, "signals")


def begun_anew(folder, whole, every):
    """What an earlier run left is no start for one that begins anew, and is killed before its first checkpoint."""
    job = Job(folder, 2, "--checkpoint-every-simulated", every)
    check(job.wait_for_checkpoint(), "a checkpoint")
    for rank in job.ranks_of_it():
        os.kill(rank, signal.SIGKILL)
    job.end()
    left = sorted(os.listdir(os.path.join(folder, "out", "checkpoints")))
    for ranks, code, said in (("2", 0, ""), ("17", 2, "fewer dies than there are ranks")):
        looked = subprocess.run([HECATON, "run", "deck.toml", "--output", "out", "--restart", "latest", "--check", ranks],
                                cwd=folder, text=True, capture_output=True)
        check(looked.returncode == code and said in looked.stderr and looked.stdout == "", f"--check {ranks}: {looked}")
    check(sorted(os.listdir(os.path.join(folder, "out", "checkpoints"))) == left, "--check writes nothing")

    for options, said in (((), "holds a checkpoint of this run"), (("--set", "training.batch_sequences=4"), "of another run"),
                          (("--trace", "none"), "holds a checkpoint of this run")):
        refused = Job(folder, 2, *options)
        check(refused.end() == 2 and said in refused.text() and "--fresh" in refused.text(), f"{options}: {refused.text()}")
    check(sorted(os.listdir(os.path.join(folder, "out", "checkpoints"))) == left, "no checkpoint is lost")
    other = Job(folder, 2, "--set", "training.batch_sequences=4", "--checkpoint-every", "1h", "--fresh")
    check(wait_for(lambda: "begins anew" in other.text()), f"it says so: {other.text()}")
    os.kill(other.ranks_of_it()[-1], signal.SIGSTOP)  # the run cannot end without it
    check(wait_for(lambda: not os.listdir(os.path.join(folder, "out", "checkpoints"))), "the earlier checkpoints go")
    for rank in other.ranks_of_it():
        os.kill(rank, signal.SIGKILL)
    other.end()
    check(not os.path.exists(os.path.join(folder, "out", "trace.h5")), "and the trace that showed their rows")
    check(Job(folder, 1, "--restart", "latest").end() == 0, "the first deck begins at its start")
    expect_whole(folder, whole, "begun anew")


def claimed(folder, whole, every):
    """Two runs do not keep their checkpoints in one folder at the same time."""
    job = Job(folder, 2, "--checkpoint-every-simulated", every)
    check(job.wait_for_checkpoint(), "a checkpoint")
    ranks = job.ranks_of_it()
    for rank in ranks:
        os.kill(rank, signal.SIGSTOP)
    for options in (("--restart", "latest"), ()):
        other = Job(folder, 1, *options)
        check(other.end() == 2 and "another run writes there" in other.text(), f"{options}: {other.text()}")
    other = Job(folder, 1, "--restart", "latest")
    time.sleep(0.5)  # it waits
    for rank in ranks:
        os.kill(rank, signal.SIGKILL)
    job.end()
    code = other.end()
    check(code == 0, f"the second one waits for the end of the first: {code} {other.text()}")
    expect_whole(folder, whole, "after another run")


def unwritable(folder, whole, every):
    """A checkpoint that cannot be written is no reason to end; its rows are in the next one."""
    where, aside = os.path.join(folder, "out", "checkpoints"), os.path.join(folder, "aside")

    def stopped(action):
        """While nothing is written."""
        for rank in job.ranks_of_it():
            os.kill(rank, signal.SIGSTOP)
        time.sleep(0.1)  # what the ranks have said arrives
        result = action()
        for rank in job.ranks_of_it():
            os.kill(rank, signal.SIGCONT)
        return result

    def warned():
        """The run goes on for a moment only, so that it is not at its end before it is looked at."""
        time.sleep(0.01)
        return stopped(lambda: job.text().count("warning: no checkpoint: ") >= 2)

    def take_away():
        os.rename(where, aside)
        open(where, "w").close()

    def give_back():
        os.remove(where)
        os.rename(aside, where)
    job = Job(folder, 2, "--checkpoint-every-simulated", every)
    check(job.wait_for_checkpoint(), "a checkpoint")
    stopped(take_away)
    check(wait_for(warned), f"two warnings: {job.text()}")
    stopped(give_back)
    while job.checkpoints.acquire(blocking=False):
        pass
    check(job.wait_for_checkpoint(), "then a checkpoint")
    os.kill(job.ranks_of_it()[0], signal.SIGUSR2)
    code = job.end()
    check(code == 75, f"it stops with {code}: {job.text()}")
    expect_rows(folder, whole, last_checkpoint_ps(folder))
    check(Job(folder, 1, "--restart", "latest").end() == 0, "and goes on")
    expect_whole(folder, whole, "without some checkpoints")


def interrupted_twice(folder, every):
    """The other rank stands still, so that the first interrupt cannot have its effect before the second comes."""
    job = Job(folder, 2, "--checkpoint-every-simulated", every)
    check(job.wait_for_checkpoint(), "a first checkpoint")
    first, second = job.ranks_of_it()
    os.kill(second, signal.SIGSTOP)
    os.kill(first, signal.SIGINT)
    time.sleep(0.5)
    check(job.process.poll() is None, "one interrupt waits for all ranks")
    os.kill(first, signal.SIGINT)
    code = job.end()
    check(code == 128 + signal.SIGINT, f"a second interrupt ends it at once: {code}")


def damaged(folder, whole, every):
    """The newest checkpoint is damaged: the one before it serves. All are: a refusal."""
    job = Job(folder, 1, "--checkpoint-every-simulated", every)
    check(job.wait_for_checkpoint() and job.wait_for_checkpoint(), "two checkpoints")
    job.process.kill()
    job.end()
    where = os.path.join(folder, "out", "checkpoints")
    names = sorted(name for name in os.listdir(where) if name.endswith(".hck"))
    check(len(names) == 2, f"two are kept: {names}")

    def damage(name):
        with open(os.path.join(where, name), "r+b") as file:
            file.seek(-1, os.SEEK_END)
            byte = file.read(1)
            file.seek(-1, os.SEEK_END)
            file.write(bytes([byte[0] ^ 4]))

    def refused(*options):
        run = subprocess.run([HECATON, "run", "deck.toml", "--output", "out", *options], cwd=folder, text=True,
                             capture_output=True)
        check(run.returncode == 2 and run.stderr.count("hecaton: error: ") == 1, f"{options}: {run.returncode} {run.stderr}")
        return run.stderr
    check("another deck" in refused("--restart", "latest", "--set", "training.batch_sequences=4"), "another deck")
    check("--trains on" in refused("--restart", "latest", "--trains", "off"), "other trains")
    check("no such file" in refused("--restart", "nowhere"), "no such file")
    for time_text in ("5 parsecs", "0s", "-1m", "1m1h", "10", "1e400s"):
        check("is no time" in refused("--max-wall", time_text), time_text)
    damage(names[-1])
    check("damaged" in refused("--restart", os.path.join("out", "checkpoints", names[-1])), "a damaged file")
    job = Job(folder, 2, "--restart", "latest")
    code = job.end()
    check(code == 0 and "warning" in job.text() and names[0] in job.text(), f"the one before: {code} {job.text()}")
    expect_whole(folder, whole, "after damage")

    job = Job(folder, 1, "--checkpoint-every-simulated", every)
    check(job.wait_for_checkpoint(), "a checkpoint")
    job.process.kill()
    job.end()
    for name in os.listdir(where):
        if name.endswith(".hck"):
            damage(name)
    check("each of them is damaged" in refused("--restart", "latest"), "nothing to go on from")


def without_rows(folder, every, trace, said):
    job = Job(folder, 2, "--trace", trace, "--checkpoint-every-simulated", every)
    check(job.wait_for_checkpoint(), f"a checkpoint with --trace {trace}")
    os.kill(job.ranks_of_it()[0], signal.SIGUSR2)
    check(job.end() == 75, "it stops")
    job = Job(folder, 1, "--restart", "latest")
    check(job.end() == 2 and said in job.text(), f"rows that are not there: {job.text()}")
    check(Job(folder, 3, "--trace", "none", "--restart", "latest").end() == 0, "it ends")


with tempfile.TemporaryDirectory(prefix="hecaton-restart-") as here:
    with open(os.path.join(here, "deck.toml"), "w") as file:
        file.write(TRAINING)
    job = Job(here, 1)
    check(job.end() == 0, f"the undisturbed run: {job.text()}")
    whole = os.path.join(here, "whole.h5")
    shutil.move(os.path.join(here, "out", "trace.h5"), whole)
    shutil.rmtree(os.path.join(here, "out"))
    with h5py.File(whole) as file:
        simulated_ps = int(file.attrs["simulated_ps"])
    every = f"{simulated_ps // CHECKPOINTS}ps"
    halted_often(here, whole, f"{simulated_ps // 12}ps")
    signalled(here, whole, every)
    shutil.rmtree(os.path.join(here, "out"))
    damaged(here, whole, every)
    shutil.rmtree(os.path.join(here, "out"))
    begun_anew(here, whole, every)
    shutil.rmtree(os.path.join(here, "out"))
    claimed(here, whole, every)
    shutil.rmtree(os.path.join(here, "out"))
    unwritable(here, whole, every)
    shutil.rmtree(os.path.join(here, "out"))
    without_rows(here, every, "none", "did not record operations")
    without_rows(here, every, "ops", "did not record what dies waited for")
    without_rows(here, every, "path", "did not record messages")
    interrupted_twice(here, every)
finish()
