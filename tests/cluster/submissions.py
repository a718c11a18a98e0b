"""`hecaton sweep --slurm` and `hecaton search --slurm` beside an sbatch and a squeue of this test: which job they take the answer for, and what they ask."""
import os
import pathlib
import shutil
import tempfile

from harness import HECATON, ROOT, check, finish, need, run

DECK = '[workload]\nkind = "collective"\n[package]\nrows = 2\ncolumns = 2\n'
STUDY = '[study]\ndeck = "deck.toml"\n[grid]\ncollective.bytes = [1024, 2048, 4096, 8192, 16384, 32768]\n'


class Slurm:
    """Programs in a folder that write down their words; they answer what stands in files."""

    def __init__(self, here):
        self.here = here
        (here / "bin").mkdir()
        for name in ("sbatch", "squeue"):
            program = here / "bin" / name
            program.write_text(f'#!/bin/sh\necho "$@" >>"{here}/{name}.words"\ncat "{here}/{name}.answer"\n'
                               f'exit "$(cat "{here}/{name}.code")"\n')
            program.chmod(0o755)
            self.answers(name, "")
        (here / "deck.toml").write_text(DECK)
        (here / "study.toml").write_text(STUDY)
        self.environment = dict(os.environ, PATH=f"{here}/bin:{os.environ['PATH']}")

    def answers(self, name, text, code=0):
        (self.here / f"{name}.answer").write_text(text)
        (self.here / f"{name}.code").write_text(str(code))

    def words_of(self, name):
        file = self.here / f"{name}.words"
        return file.read_text().splitlines() if file.exists() else []

    def sweep(self, *more, code=0):
        process = run([HECATON, "sweep", "study.toml", "--slurm", *more], self.here, env=self.environment)
        check(process.returncode == code, f"{more} ends with {process.returncode}: {process.stdout!r} {process.stderr!r}")
        return process

    def submissions(self):
        return sorted((self.here / "out/study/submissions").glob("*"))


def slurm(test):
    with tempfile.TemporaryDirectory(prefix="hecaton-submissions-") as name:
        test(Slurm(pathlib.Path(name)))


def job_ids(it):
    """The number is taken where it stands, and what is queued is not submitted again."""
    for answer, job, cluster in (("4711\n", "4711", ""), ("Welcome to node 7!\n4711\n", "4711", ""), ("\n4711\n", "4711", ""),
                                 ("2026\n4711;big\n", "4711", "big"), ("4711;big\ngood bye; see you\n\n", "4711", "big"),
                                 (" 4711 \r\n", "4711", "")):
        before = len(it.words_of("sbatch"))
        it.answers("sbatch", answer)
        it.answers("squeue", "")
        said = it.sweep().stdout
        end = f"as job {job}" + (f" of cluster {cluster}" if cluster else "") + "\n"
        check(said.endswith(end), f"{answer!r}: {said!r}")
        need(len(it.words_of("sbatch")) == before + 1, "it was submitted")
        it.answers("squeue", f"CLUSTER: {cluster}\nmaintenance 9\n{job} 0\n{job} 1\n")
        check("nothing to submit" in it.sweep().stdout, f"{answer!r}: what is queued is not submitted twice")
        check(len(it.words_of("sbatch")) == before + 1, f"{answer!r}: sbatch is not called")
        asked = it.words_of("squeue")
        check(any(line.endswith(" -M big") for line in asked) == any(";big" in file.read_text()
              for file in it.here.glob("out/study/submissions/*/job")), f"squeue is asked of the job's cluster: {asked}")
    check(all(line.startswith("--parsable ") for line in it.words_of("sbatch")), "sbatch is asked for a parsable answer")


def no_number(it):
    """Nothing is removed and nothing submitted again until a person has said which job it is."""
    for answer in ("", "\n", "Submitted batch job 4711\n", "4711;\n", ";big\n", "47x\n"):
        it.answers("sbatch", answer)
        it.answers("squeue", "")
        said = it.sweep(code=1).stderr
        folder = it.submissions()[-1]
        check(said.count("\n") == 1 and str(folder) in said and "remove the folder" in said, f"{answer!r}: {said!r}")
        check((folder / "tasks").exists() and (folder / "answer").read_text() == answer, f"{answer!r}: all is kept")
        calls = len(it.words_of("sbatch"))
        check(it.sweep(code=1).stderr == said and len(it.words_of("sbatch")) == calls, "and asked for again")
        (folder / "job").write_text("4711\n")
        it.answers("squeue", "4711 0\n4711 1\n")
        check("nothing to submit" in it.sweep().stdout, "the job that was named counts")
        (folder / "job").unlink()
        (folder / "answer").unlink()
    it.answers("sbatch", "", code=1)
    before = it.submissions()
    check("could not be submitted" in it.sweep(code=1).stderr and it.submissions() == before, "what Slurm refuses leaves nothing")
    it.answers("sbatch", "4711\n", code=3)  # --wait, and a task has failed
    it.answers("squeue", "4711 0\n4711 1\n")
    check("job 4711 was submitted" in it.sweep(code=1).stderr, "sbatch fails with its job")
    check("nothing to submit" in it.sweep().stdout, "but the job is remembered")


def limits(it):
    it.answers("sbatch", "1\n")
    it.sweep("--at-once", "3", "--points-per-task", "1")
    it.sweep("--points-per-task", "2")
    arrays = [word for line in it.words_of("sbatch") for word in line.split() if word.startswith("--array")]
    names = [word for word in it.words_of("sbatch")[0].split() if word.startswith(("--job-name", "--output"))]
    folder = it.here / "out/study/submissions/1"
    check(names == ["--job-name=hecaton:study", f"--output={folder}/study-%a.log"], f"job and logs are called {names}")
    check(arrays == ["--array=0-5%3", "--array=0-2"], f"--at-once limits the array: {arrays}")


TRAINING = """[workload]
kind = "training"
[package]
rows = 2
columns = 2
[training]
batch_sequences = 4
sequence_length = 64
[training.model]
hidden = 256
ffn = 704
heads = 8
kv_heads = 4
layers = 1
vocabulary = 512
"""
SEARCH = """[search]
deck = "deck.toml"
[space]
package.columns = [2, 4]
die.peak_TFLOPS = { from = 0.5, to = 4, factor = 2 }
link.bandwidth_GBps = [8, 32]
"""


def searches(it):
    """Waves of points that have to be simulated, until the front is that of a search that runs them itself."""
    (it.here / "deck.toml").write_text(TRAINING)
    (it.here / "search.toml").write_text(SEARCH)
    need(run([HECATON, "search", "search.toml", "--output", "alone"], it.here).returncode == 0, "a search here")
    it.answers("sbatch", "7\n")
    submitted, waves = set(), 0
    while waves < 16:
        it.answers("squeue", "")
        process = run([HECATON, "search", "search.toml", "--slurm"], it.here, env=it.environment)
        need(process.returncode == 0, f"a wave: {process.stderr!r}")
        if "the search is complete" in process.stdout:
            break
        waves += 1
        tasks = (it.here / f"out/search/submissions/{waves}/tasks").read_text()
        points = tasks.split()
        check(not submitted & set(points), f"no point is submitted twice: {points}")
        submitted |= set(points)
        it.answers("squeue", "".join(f"7 {task}\n" for task in range(len(tasks.splitlines()))))
        again = run([HECATON, "search", "search.toml", "--slurm"], it.here, env=it.environment)
        check("Slurm has all that is wanted now" in again.stdout, f"what is queued is waited for: {again.stdout!r}")
        for point in points:
            words = (it.here / "out/search/points" / point / "words").read_text().split("\0")[:-1]
            need(run([HECATON, *words], it.here).returncode == 0, f"point {point}")
    front = lambda output: (it.here / output / "front.csv").read_text()
    check(waves >= 1 and front("out/search") == front("alone"), f"{waves} waves: {front('out/search')} for {front('alone')}")


def unusable_points(it):
    """A file where a point's folder should be costs that point alone."""
    it.answers("sbatch", "1\n")
    it.sweep("--points-per-task", "1")
    tasks = (it.submissions()[0] / "tasks").read_text().split()
    point = it.here / "out/study/points" / tasks[1]
    shutil.rmtree(point)
    point.write_text("")
    said = it.sweep("--points-per-task", "1", code=1)
    check("submitted 5 of 6 points" in said.stdout and f"{point}: cannot be" in said.stderr, f"{said.stdout} {said.stderr}")
    check((it.submissions()[1] / "tasks").read_text().split() == tasks[:1] + tasks[2:], "the others are submitted")


def task(it):
    """The batch script, as Slurm runs it: how points end is written beside them, and read by --status."""
    it.answers("sbatch", "1\n")
    it.sweep("--points-per-task", "6", "--launcher", "srun")
    points = (it.submissions()[0] / "tasks").read_text().split()
    program = it.here / "bin/srun"
    program.write_text(f"""#!/bin/sh
echo "$@" >>"{it.here}/srun.words"
case "$*" in
    *{points[0]}.toml*) exit 1 ;;
    *{points[1]}.toml*) exit 143 ;;
    *{points[2]}.toml*) kill -TERM "$PPID" && sleep 1 && exit 1 ;;
esac
""")
    program.chmod(0o755)
    words = it.words_of("sbatch")[0].split()
    script = next(i for i, word in enumerate(words) if word.endswith("job.sbatch"))
    environment = dict(it.environment, SLURM_NTASKS="1", SLURM_ARRAY_TASK_ID="0", SLURM_JOB_NAME="hecaton:study")
    run(["bash", *words[script:]], it.here, env=environment)
    check(len(it.words_of("srun")) == 3, "none is started after TERM")
    check(all(f"--job-name=hecaton:study:{point}" in line for point, line in zip(points, it.words_of("srun"))), "steps have names")
    status = run([HECATON, "sweep", "study.toml", "--status"], it.here, env=it.environment).stdout
    check("finished  0\nin Slurm  0\nfailed    1\ncancelled 2\nstopped   0\nto do     3\n" in status, status)


def late_task(it):
    """A task whose time is up stops its point with a checkpoint, and is requeued; but not what somebody has ended."""
    it.answers("sbatch", "1\n")
    it.sweep("--points-per-task", "6", "--launcher", "srun")
    (it.here / "bin/srun").write_text(f'#!/bin/sh\necho "$@" >>"{it.here}/srun.words"\nexit 75\n')
    (it.here / "bin/scontrol").write_text(f'#!/bin/sh\necho "$@" >>"{it.here}/scontrol.words"\nexit 1\n')
    for name in ("srun", "scontrol"):
        (it.here / "bin" / name).chmod(0o755)
    words = it.words_of("sbatch")[0].split()
    script = next(i for i, word in enumerate(words) if word.endswith("job.sbatch"))
    environment = dict(it.environment, SLURM_NTASKS="1", SLURM_ARRAY_TASK_ID="0", SLURM_JOB_ID="4712")
    for left, seconds, state, requeues in (("0:50", 50, "RUNNING", 1), ("2:00:01", 7201, "RUNNING", 2), ("1-00:00:00", 86400, "RUNNING", 3),
                                           ("UNLIMITED", None, "RUNNING", 4), ("0:50", 50, "COMPLETING", 4), ("0:05", "none", "RUNNING", 5)):
        squeue = it.here / "bin/squeue"
        squeue.write_text(f'#!/bin/sh\ncase "$*" in *%L*) echo {left} ;; *%T*) echo {state} ;; esac\n')
        before = len(it.words_of("srun"))
        said = run(["bash", *words[script:]], it.here, env=environment)
        check(said.returncode == 1 and len(it.words_of("scontrol")) == requeues, f"{left} {state}: {said} {it.words_of('scontrol')}")
        check(set(it.words_of("scontrol")) == {"requeue 4712"}, "the task is requeued, and nothing else")
        runs = it.words_of("srun")[before:]
        check(len(runs) == (0 if seconds == "none" else 1), f"{left}: no other point is started: {runs}")
        if seconds != "none":
            check(("--max-wall" in runs[0]) == (seconds is not None) and (seconds is None or runs[0].endswith(f" --max-wall {seconds}s")), runs[0])
            check(all(text in runs[0] for text in (" --restart latest ", " --fresh", " --checkpoint-every 30s")), runs[0])
    status = run([HECATON, "sweep", "study.toml", "--status"], it.here, env=it.environment).stdout
    check("cancelled 0\nstopped   1\n" in status, status)


def single_job(it):
    it.answers("sbatch", "Submitted batch job 1\n")
    (it.here / "bin/sbatch").write_text('#!/bin/sh\necho "$SBATCH_JOB_NAME $SBATCH_OUTPUT"\n')
    environment = dict(it.environment, HECATON=str(HECATON))
    said = run([ROOT / "cluster/job.sbatch", "--trace", "none", "deck.toml"], it.here, env=environment)
    check(said.stdout == "hecaton:deck hecaton-deck-%j.log\n", f"job.sbatch: {said}")
    note = it.here / "out/deck/.job"
    for answer, noted in (("Submitted batch job 4711", "4711\n"), ("Submitted batch job 4711 on cluster big", "4711;big\n")):
        (it.here / "bin/sbatch").write_text(f'#!/bin/sh\necho Welcome\necho {answer}\nexit 3\n')
        it.answers("squeue", "4711 PENDING\n")
        said = run([ROOT / "cluster/job.sbatch", "deck.toml"], it.here, env=environment)
        check(said.returncode == 3 and said.stdout == f"Welcome\n{answer}\n", f"what sbatch says is passed on: {said}")
        check(note.exists() and note.read_text() == noted, f"the folder is the job's: {said}")
        again = run([ROOT / "cluster/job.sbatch", "deck.toml"], it.here, env=environment)
        check(again.returncode == 2 and "belongs to Slurm job 4711" in again.stderr and again.stdout == "", f"not submitted twice: {again}")
        note.unlink()
    it.answers("squeue", "")
    done = run([HECATON, "run", "deck.toml", "--progress", "none"], it.here)
    check(done.returncode == 0, f"{done}")
    said = run([ROOT / "cluster/job.sbatch", "deck.toml"], it.here, env=environment)
    check(said.returncode == 0 and "has ended already" in said.stdout and "Submitted" not in said.stdout, f"what has ended: {said}")
    it.answers("squeue", "4711 RUNNING\n")
    run([HECATON, "run", "--check", "1", "--job", "4711", "deck.toml"], it.here, env=environment)
    check(not note.exists(), "what has ended is no job's")


def sampled_step(it):
    """A deck that samples of itself is submitted, run, and not run again once it has ended; it has no checkpoints."""
    (it.here / "bin/sbatch").write_text('#!/bin/sh\necho Submitted batch job 4711\n')
    (it.here / "bin/srun").write_text(f'#!/bin/sh\nwhile [ "$1" != "{HECATON}" ]; do shift; done\nexec "$@"\n')
    (it.here / "bin/srun").chmod(0o755)
    deck = (ROOT / "runs/decks/quickstart.toml").read_text()
    (it.here / "deck.toml").write_text(deck + '[sampling]\nmode = "on"\n')
    environment = dict(it.environment, HECATON=str(HECATON))
    smaller = ["--set", "training.batch_sequences=4", "--set", "training.sequence_length=64", "--progress", "none"]
    it.answers("squeue", "4711 PENDING\n")
    said = run([ROOT / "cluster/job.sbatch", "deck.toml", *smaller], it.here, env=environment)
    check(said.returncode == 0 and said.stdout == "Submitted batch job 4711\n", f"it is submitted: {said}")
    check("--checkpoint-every: nothing is written" in said.stderr, f"it says so: {said.stderr}")
    job = dict(environment, SLURM_JOB_ID="4711", SLURM_JOB_NODELIST="here", SLURM_JOB_NUM_NODES="1")
    said = run(["bash", ROOT / "cluster/job.sbatch", "deck.toml", *smaller], it.here, env=job)
    check(said.returncode == 0 and "step time" in said.stdout, f"it runs: {said}")
    check(sorted(path.name for path in (it.here / "out/deck").iterdir()) == ["summary.json", "trace.h5"], "without checkpoints")
    again = run(["bash", ROOT / "cluster/job.sbatch", "deck.toml", *smaller], it.here, env=dict(job, SLURM_RESTART_COUNT="1"))
    check(again.returncode == 0 and "has ended already" in again.stderr, f"nor run again: {again}")


def scaling(it):
    """The same lines beside what scaling.py reads."""
    it.answers("sbatch", "Welcome\nSubmitted batch job 4711\ngood bye\n")
    it.answers("squeue", "Welcome to squeue\n2 RUNNING\n\n4711 FAILED\n")
    words = [ROOT / "cluster/scaling/scaling.py", "strong", "--slurm", "--ranks", "1", "--hecaton", HECATON, "deck.toml"]
    said = run(words, it.here, env=it.environment).stderr
    check("job 4711 ended as FAILED" in said, f"scaling.py: {said!r}")
    it.answers("sbatch", "Welcome\n")
    said = run(words, it.here, env=it.environment).stderr
    check("does not say which job" in said, f"scaling.py: {said!r}")


slurm(job_ids)
slurm(no_number)
slurm(limits)
slurm(unusable_points)
slurm(task)
slurm(late_task)
slurm(single_job)
slurm(sampled_step)
slurm(scaling)
slurm(searches)
finish()
