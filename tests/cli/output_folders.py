"""What a run writes never harms what is there: no file has two uses, no folder has two runs, nothing that is not the
program's own is removed, and what goes wrong on the way is said in words.

output_folders.py HECATON MPIEXEC RANKS DECKS FAILING_CALLS
"""
import concurrent.futures
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys

from harness import DECKS, HECATON, RANKS, SMALL, check, command_of, error_lines, files_below, finish, folder, run, wait_for, write

FAILING_CALLS = sys.argv[5]
TRAFFIC = """[workload]
kind = "traffic"
[traffic]
injection_rate = 0.2
measure_cycles = {}
"""
REPLAY = '[workload]\nkind = "traffic"\n[package]\ntopology = "mesh"\n[traffic]\npattern = "trace"\ntrace_file = "messages.csv"\n'
QUIET = ["--progress", "none"]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def start(arguments, here, **options):
    return subprocess.Popen(command_of(arguments, RANKS), cwd=here, text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def collisions():
    """Two names of one file: refused before anything is written."""
    cases = [  # the command, what of it is in the message
        (["run", "small.toml", "--summary", "small.toml"], ("DECK", "--summary")),
        (["run", "small.toml", "--summary", "./link.toml"], ("DECK", "--summary")),
        (["run", "link.toml", "--profile", os.path.join("..", "{here}", "small.toml")], ("DECK", "--profile")),
        (["run", "small.toml", "--summary", "hard.toml"], ("DECK", "--summary")),
        (["run", "trace.h5", "--output", "."], ("DECK", "trace of --output")),
        (["run", "summary.json", "--output", "."], ("DECK", "summary of --output")),
        (["run", ".lock", "--output", "."], ("DECK", "lock of --output")),
        (["run", "small.toml", "--output", "new", "--summary", "new/trace.h5"], ("trace of --output", "--summary")),
        (["run", "small.toml", "--output", "new", "--summary", "new/trace.h5/s"], ("trace of --output", "--summary")),
        (["run", "small.toml", "--summary", "s.json", "--profile", "elsewhere/../s.json"], ("--summary", "--profile")),
        (["run", "small.toml", "--restart", "old.hck", "--profile", "old.hck"], ("--restart", "--profile")),
        (["run", "replay.toml", "--summary", "messages.csv"], ("traffic.trace_file", "--summary")),
        (["run", "small.toml", "--check", "2", "--summary", "small.toml"], ("DECK", "--summary")),
        (["dry-run", "small.toml", "--json", "small.toml"], ("DECK", "--json")),
        (["partition", "small.toml", "--svg", "small.toml"], ("DECK", "--svg")),
        (["partition", "replay.toml", "--svg", "messages.csv"], ("traffic.trace_file", "--svg")),
        (["sweep", "table.csv", "--output", ".", "--status"], ("STUDY", "table of --output")),
    ]
    with folder() as here:
        for name in ("small.toml", "trace.h5", "summary.json", ".lock"):
            write(os.path.join(here, name), SMALL)
        write(os.path.join(here, "replay.toml"), REPLAY)
        write(os.path.join(here, "messages.csv"), "time_ns,source,destination,bytes\n0,0,1,64\n")
        write(os.path.join(here, "table.csv"), '[study]\ndeck = "small.toml"\n[grid]\ncollective.bytes = [1024]\n')
        write(os.path.join(here, "old.hck"), "")
        os.mkdir(os.path.join(here, "elsewhere"))
        os.symlink("small.toml", os.path.join(here, "link.toml"))
        os.link(os.path.join(here, "small.toml"), os.path.join(here, "hard.toml"))
        before = {path: read(path) for path in files_below(here) if os.path.isfile(path)}
        for arguments, roles in cases:
            words = [word.replace("{here}", os.path.basename(here)) for word in arguments]
            quiet = QUIET if words[0] == "run" else []
            process = run(words + quiet, here, RANKS if words[0] == "run" and "--check" not in words else 1)
            said = error_lines(process)
            check(process.returncode == 2 and len(said) == 1, f"{words} ends with {process.returncode}: {process.stderr!r}")
            check(len(said) == 1 and all(role in said[0] for role in roles), f"{words} says {said}, not {roles}")
            after = {path: read(path) for path in files_below(here) if os.path.isfile(path)}
            check(after == before, f"{words} changes {sorted(after.items() ^ before.items())}")
            check(process.stdout == "", f"{words} prints {process.stdout!r}")


def two_runs():
    """The second run in a folder is refused, and told whose it is; a killed one leaves it free."""
    with folder() as here:
        write(os.path.join(here, "long.toml"), TRAFFIC.format(1000000000))
        write(os.path.join(here, "small.toml"), SMALL)
        first = start(["run", "long.toml", "--output", "o"] + QUIET, here)
        lock = os.path.join(here, "o", ".lock")
        check(wait_for(lambda: os.path.exists(lock) and read(lock), 30), "the first run takes the folder")
        held = read(lock).decode().strip()
        holder = re.fullmatch(rf"process (\d+) on {re.escape(socket.gethostname())}", held)
        check(holder is not None, f"the lock says {held!r}")
        second = run(["run", "small.toml", "--output", "o"] + QUIET, here, RANKS)
        check(second.returncode == 2 and held in second.stderr and len(error_lines(second)) == 1,
              f"the second run ends with {second.returncode}: {second.stderr!r}")
        check(first.poll() is None, "the first goes on")
        check(set(os.listdir(os.path.join(here, "o"))) - {".status"} == {".lock"}, "the second leaves nothing")
        os.kill(int(holder.group(1)), signal.SIGKILL)
        first.communicate()
        write(os.path.join(here, "o", "trace.h5.0123456789abcdef.part"), "half")
        write(os.path.join(here, "o", "trace.h5.mine.part"), "not the program's")
        third = run(["run", "small.toml", "--output", "o"] + QUIET, here, RANKS)
        check(third.returncode == 0, f"after a killed run: {third.returncode} {third.stderr!r}")
        left = sorted(os.listdir(os.path.join(here, "o")))
        check(left == ["summary.json", "trace.h5", "trace.h5.mine.part"], f"left are {left}")


def poor_file_system():
    """No locks, no syncing of folders: a warning, and all results."""
    for settings in ({"FLOCK_ERRNO": "37"}, {"FLOCK_ERRNO": "38"}, {"FLOCK_ERRNO": "95"}, {"FLOCK_ERRNO": "524"},
                     {"FOLDER_FSYNC_ERRNO": "22"}, {"FLOCK_ERRNO": "37", "FOLDER_FSYNC_ERRNO": "22"}):
        with folder() as here:
            write(os.path.join(here, "small.toml"), SMALL)
            preload = {"LD_PRELOAD": FAILING_CALLS, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
            calls = ["env"] + [f"{name}={value}" for name, value in {**settings, **preload}.items()]
            command = command_of(["run", "small.toml", "--output", "o", "--checkpoint-every-simulated", "200ns"] + QUIET, RANKS)
            at = command.index(HECATON)
            process = subprocess.run(command[:at] + calls + command[at:], cwd=here, text=True, capture_output=True)
            check(process.returncode == 0, f"{settings} ends with {process.returncode}: {process.stderr!r}")
            check(process.stderr.count("hecaton: warning: o: ") == len(settings), f"{settings} says {process.stderr!r}")
            left = sorted(os.listdir(os.path.join(here, "o")))
            check(left == ["summary.json", "trace.h5"], f"{settings} leaves {left}")


def other_peoples_files():
    """In the folder of checkpoints only files go that the program has written, and only if the user says so."""
    halt = "0" * 18 + "5"
    mine = [f"checkpoint-{halt}.hck", f"operations-{halt}-{halt}.h5", f"checkpoint-{halt}.hck.0123456789abcdef.part"]
    others = ["checkpoint-notes.txt", f"checkpoint-{halt}.hck.x", "checkpoint-5.hck", "operations-manual.pdf",
              f"operations-{halt}.h5", f"checkpoint-{halt}.hck.part"]
    for options in (["--fresh"], ["--fresh", "--restart", "latest", "--checkpoint-every-simulated", "100ns"]):
        with folder() as here:
            write(os.path.join(here, "small.toml"), SMALL)
            where = os.path.join(here, "o", "checkpoints")
            os.makedirs(where)
            for name in mine + others:
                write(os.path.join(where, name), name)
            os.mkdir(os.path.join(where, "checkpoint-x"))
            os.mkdir(os.path.join(where, f"checkpoint-{halt[:-1]}6.hck"))
            os.symlink(os.path.join(here, "small.toml"), os.path.join(where, f"checkpoint-{halt[:-1]}7.hck"))
            refused = run(["run", "small.toml", "--output", "o"] + QUIET, here, RANKS)
            check(refused.returncode == 2 and sorted(os.listdir(where)) == sorted(
                mine + others + ["checkpoint-x", f"checkpoint-{halt[:-1]}6.hck", f"checkpoint-{halt[:-1]}7.hck"]), f"{refused}")
            process = run(["run", "small.toml", "--output", "o"] + options + QUIET, here, RANKS)
            check(process.returncode == 0, f"{options} ends with {process.returncode}: {process.stderr!r}")
            left = sorted(os.listdir(where))
            expected = sorted(others + ["checkpoint-x", f"checkpoint-{halt[:-1]}6.hck", f"checkpoint-{halt[:-1]}7.hck"])
            check(left == expected, f"{options} leaves {left}")


def lost_tasks():
    """A launcher that has started several tasks that MPI does not connect; only in one process, so of one rank."""
    step = {"SLURM_PROCID": "1", "SLURM_STEP_ID": "0"}
    cases = (({**step, "SLURM_NTASKS": "4"}, 2), ({"PMI_SIZE": "3"}, 2), ({"OMPI_COMM_WORLD_SIZE": "2"}, 2),
             ({**step, "SLURM_NTASKS": "1"}, 0), ({"SLURM_NTASKS": "4", "SLURM_PROCID": "0"}, 0), ({"SLURM_NTASKS": "4"}, 0))
    with folder() as here:
        write(os.path.join(here, "small.toml"), SMALL)
        for settings, code in cases:
            process = subprocess.run([HECATON, "run", "small.toml"] + QUIET, cwd=here, text=True, capture_output=True,
                                     env={**os.environ, **settings})
            check(process.returncode == code, f"{settings} ends with {process.returncode}: {process.stderr!r}")
            check(code == 0 or len(error_lines(process)) == 1 and "--mpi=pmix" in process.stderr, f"{process.stderr!r}")
            check(code == 0 or not os.path.exists(os.path.join(here, "out")), f"{settings} writes nothing")
            shutil.rmtree(os.path.join(here, "out"), ignore_errors=True)
        other = subprocess.run([HECATON, "validate", "small.toml"], cwd=here, text=True, capture_output=True,
                               env={**os.environ, **cases[0][0]})
        check(other.returncode == 0, f"validate in a step: {other.stderr!r}")


def early_signals():
    """One that waits when the program begins is heard, and ends it with a checkpoint."""
    for name in ("SIGUSR2", "SIGTERM", "SIGINT", "SIGHUP", "SIGXCPU"):
        with folder() as here:
            write(os.path.join(here, "long.toml"), TRAFFIC.format(1000000000))
            number = getattr(signal, name)

            def raise_blocked():
                signal.signal(number, signal.SIG_DFL)
                signal.pthread_sigmask(signal.SIG_BLOCK, [number])
                os.kill(os.getpid(), number)
            process = subprocess.Popen([HECATON, "run", "long.toml", "--output", "o"] + QUIET, cwd=here, text=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=raise_blocked)
            ended = wait_for(lambda: process.poll() is not None, 60)
            check(ended, f"{name} is heard")
            if not ended:
                process.kill()
            process.communicate()
            check(process.returncode == 75, f"{name} ends it with {process.returncode}")
    with folder() as here:  # nohup
        write(os.path.join(here, "small.toml"), SMALL)
        def ignore_and_raise():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            os.kill(os.getpid(), signal.SIGHUP)
        code = subprocess.run([HECATON, "run", "small.toml"] + QUIET, cwd=here, capture_output=True,
                              preexec_fn=ignore_and_raise).returncode
        check(code == 0, f"an ignored hang-up ends it with {code}")


def output_lost():
    """Nobody reads what it prints, or the folder goes: said in words, and files are whole."""
    with folder() as here:
        write(os.path.join(here, "small.toml"), SMALL)
        reference = run(["run", "small.toml", "--output", "r"] + QUIET, here)
        check(reference.returncode == 0, f"{reference.stderr!r}")
        for stream in (1, 0, 2):
            process = subprocess.run([HECATON, "run", "small.toml", "--output", f"o{stream}"] + QUIET, cwd=here, text=True,
                                     stdout=None if stream == 1 else subprocess.PIPE,
                                     stderr=None if stream == 2 else subprocess.PIPE,
                                     preexec_fn=lambda number=stream: os.close(number))
            check(process.returncode == (1 if stream == 1 else 0), f"without {stream}: {process.returncode} {process.stderr!r}")
            check(stream != 1 or len(error_lines(process)) == 1, f"without stdout: {process.stderr!r}")
            check(run(["summary", f"o{stream}/trace.h5"], here).returncode == 0, f"the trace of a run without {stream}")
            digests = [json.loads(read(os.path.join(here, name, "summary.json")))["digest"] for name in ("r", f"o{stream}")]
            check(digests[0] == digests[1], f"the digest of a run without {stream}")
        reader, writer = os.pipe()
        os.close(reader)
        process = subprocess.run([HECATON, "run", "small.toml", "--output", "p"] + QUIET, cwd=here, text=True, stdout=writer,
                                 stderr=subprocess.PIPE)
        os.close(writer)
        check(process.returncode == 1 and len(error_lines(process)) == 1, f"a pipe without reader: {process}")
        check(sorted(os.listdir(os.path.join(here, "p"))) == ["summary.json", "trace.h5"], "its results are there")
    with folder() as here:
        write(os.path.join(here, "long.toml"), TRAFFIC.format(300000))
        job = start(["run", "long.toml", "--output", "o"] + QUIET, here)
        lock = os.path.join(here, "o", ".lock")
        check(wait_for(lambda: os.path.exists(lock), 30), "a run begins")
        shutil.rmtree(os.path.join(here, "o"))
        check(job.poll() is None, "the folder goes while it runs")
        printed, said = job.communicate()
        errors = [line for line in said.splitlines() if line.startswith("hecaton: error: ")]
        check(job.returncode == 1 and len(errors) == 1 and "o/trace.h5" in errors[0], f"{job.returncode} {said!r}")
        check(printed == "" and files_below(here) == {os.path.join(here, "long.toml")}, f"left are {files_below(here)}")


def other_results():
    """A folder that holds results of another deck is not written to; results that do not belong together are noticed."""
    with folder() as here:
        for name, text in (("a/deck.toml", SMALL), ("b/deck.toml", SMALL.replace("65536", "1024")), ("t.toml", TRAFFIC.format(500))):
            os.makedirs(os.path.dirname(os.path.join(here, name)), exist_ok=True)
            write(os.path.join(here, name), text)
        results = [os.path.join(here, "out/deck", name) for name in ("summary.json", "trace.h5")]

        def result_of(words, code, *said):
            process = run(["run", *words] + QUIET, here, RANKS)
            check(process.returncode == code and all(text in process.stderr for text in said), f"{words}: {process}")
            return [read(path) if os.path.exists(path) else None for path in results]
        first = result_of(["a/deck.toml"], 0)
        for words in (["b/deck.toml"], ["b/deck.toml", "--trace", "none"], ["b/deck.toml", "--summary", "s.json"],
                      ["b/deck.toml", "--restart", "latest"], ["a/deck.toml", "--set", "collective.bytes=2048"],
                      ["t.toml", "--output", "out/deck"]):
            check(result_of(words, 2, "holds results of another deck", 'of "deck.toml"', "--fresh") == first, f"{words}")
            checked = run(["run", *words, "--check", "1"], here)
            check(checked.returncode == 2 and "holds results of another deck" in checked.stderr, f"--check {words}: {checked}")
        digest = json.loads(first[0])["deck_digest"]
        check(re.fullmatch("[0-9a-f]{16}", digest), f"the summary has the digest of the deck: {digest}")
        result_of(["b/deck.toml", "--trace", "none", "--summary", "s.json", "--profile", "p.json"], 0)
        other = json.loads(read(os.path.join(here, "s.json")))["deck_digest"]
        check(other != digest and json.loads(read(os.path.join(here, "p.json")))["deck_digest"] == other, "and of no other")
        again = result_of(["a/deck.toml", "--trace", "none"], 0)
        check(again[1] == first[1], "the same deck again: the trace stays")
        fresh = result_of(["b/deck.toml", "--trace", "none", "--fresh"], 0)
        check(fresh[1] is None and json.loads(fresh[0])["deck_digest"] == other, "told so, it leaves nothing of the other deck")
        write(results[1], "my notes")
        check(result_of(["b/deck.toml"], 2, "trace.h5 is no result of this program")[1] == b"my notes", "somebody's file stays")

        result_of(["a/deck.toml", "--output", "mixed"], 0)
        shutil.copy(results[0], os.path.join(here, "mixed"))
        for words in (["summary", "mixed/trace.h5"], ["compare", "mixed/trace.h5", "s.json"], ["compare", "s.json", "mixed/summary.json"],
                      ["report", "mixed/trace.h5"], ["export", "mixed/trace.h5", "--chrome", "c.json"]):
            said = run(words, here)
            check(said.returncode == 0 and said.stderr.count("is of another deck than") == 1, f"{words}: {said.stderr}")
        said = run(["compare", "out/deck/summary.json", "s.json"], here)
        check("is no result of this program" in said.stderr, f"{said.stderr}")


def unfinished_work():
    """What has been simulated is not lost by saying the same thing twice."""
    with folder() as here:
        write(os.path.join(here, "long.toml"), TRAFFIC.format(1000000000))
        write(os.path.join(here, "short.toml"), TRAFFIC.format(20000))
        where = os.path.join(here, "o", "checkpoints")
        stopped = run(["run", "long.toml", "--output", "o", "--max-wall", "1s"] + QUIET, here, RANKS)
        check(stopped.returncode == 75, f"{stopped}")
        left = sorted(os.listdir(where))
        for words, said in (([], ("--restart latest", "--fresh", "of simulated time")), (["--set", "traffic.seed=7"], ("another deck", "--fresh")),
                            (["--clocked", "off"], ("--clocked on", "--fresh"))):
            for check_only in ([], ["--check", "1"]):
                words_here = ["run", "long.toml", "--output", "o", *words, *check_only]
                again = run(words_here + QUIET, here, 1 if check_only else RANKS)
                check(again.returncode == 2 and all(text in again.stderr for text in said), f"{words_here}: {again}")
        check(sorted(os.listdir(where)) == left, "nothing is lost")
        on = run(["run", "long.toml", "--output", "o", "--max-wall", "1s", "--restart", "latest"], here, RANKS)
        check(on.returncode == 75 and "goes on from" in on.stderr, f"{on}")
        check(not set(os.listdir(where)) <= set(left), "it has come further")

        first = os.path.join("o", "checkpoints", sorted(name for name in os.listdir(where) if name.endswith(".hck"))[0])
        on = run(["run", "long.toml", "--output", "elsewhere", "--max-wall", "1s", "--restart", first], here, RANKS)
        check(on.returncode == 75, f"{on}")
        on = run(["run", "long.toml", "--output", "elsewhere", "--max-wall", "1s", "--restart", first], here, RANKS)
        check(on.returncode == 75 and "is later than" in on.stderr, f"the same again goes on from where it was: {on}")
        fresh = run(["run", "short.toml", "--output", "o", "--fresh"], here, RANKS)
        check(fresh.returncode == 0 and "begins anew" in fresh.stderr, f"{fresh}")
        check(sorted(os.listdir(os.path.join(here, "o"))) == ["summary.json", "trace.h5"], "told so, nothing of it is left")

        before = [os.stat(os.path.join(here, "o", name)).st_ino for name in ("summary.json", "trace.h5")]
        ended = run(["run", "short.toml", "--output", "o", "--restart", "latest"], here, RANKS)
        check(ended.returncode == 0 and "has ended already" in ended.stderr and "saturated" in ended.stdout, f"{ended}")
        after = [os.stat(os.path.join(here, "o", name)).st_ino for name in ("summary.json", "trace.h5")]
        check(before == after, "a run that has ended is not run again")
        again = run(["run", "short.toml", "--output", "o", "--restart", "latest", "--profile", "p.json"], here, RANKS)
        check(again.returncode == 0 and os.path.exists(os.path.join(here, "p.json")), f"but it is for what is not there: {again}")


def jobs():
    """A folder belongs to a job until Slurm has done with it; squeue is one of this test's."""
    with folder() as here:
        write(os.path.join(here, "small.toml"), SMALL)
        write(os.path.join(here, "squeue"), f"#!/bin/sh\ncat {here}/queue\nexit $(cat {here}/code)\n")
        os.chmod(os.path.join(here, "squeue"), 0o755)
        environment = {**os.environ, "PATH": here + ":" + os.environ["PATH"]}
        note = os.path.join(here, "o", ".job")

        def answer(queue, code=0):
            write(os.path.join(here, "queue"), queue)
            write(os.path.join(here, "code"), str(code))

        def hecaton(*words, output="o"):
            return subprocess.run([HECATON, "run", "small.toml", "--output", output, *words] + QUIET, cwd=here, text=True,
                                  capture_output=True, env=environment)
        answer("17 PENDING\n4711 PENDING\n")
        said = hecaton("--check", "1", "--job", "4711")
        check(said.returncode == 0 and read(note) == b"4711\n", f"the folder is the job's: {said}")
        said = hecaton("--check", "1", "--job", "12", output="other")
        check(said.returncode == 0 and not os.path.exists(os.path.join(here, "other")), f"no note of a job that is gone: {said}")
        for words in ([], ["--fresh"], ["--restart", "latest"], ["--check", "1"], ["--job", "17"]):
            said = hecaton(*words)
            check(said.returncode == 2 and "belongs to Slurm job 4711" in said.stderr and "scancel 4711" in said.stderr, f"{words}: {said}")
        answer("", 1)
        check("squeue does not say" in hecaton().stderr, "what is not known is not believed")
        check(os.listdir(os.path.join(here, "o")) == [".job"], "nothing is written there")
        said = hecaton("--job", "4711")
        check(said.returncode == 0 and not os.path.exists(note), f"the job itself may, and at its end it is nobody's: {said}")
        write(note, "4711;big\n")
        answer("4711 COMPLETED\n471 RUNNING\n")
        said = hecaton()
        check(said.returncode == 0, f"a job that has ended owns nothing: {said}")
        write(note, "4711\n")
        for becomes, code in (("PENDING", 2), ("CANCELLED", 0)):  # requeued, and ended
            write(os.path.join(here, "squeue"), f"#!/bin/sh\ncat {here}/queue\necho 4711 {becomes} >{here}/queue\n")
            answer("4711 COMPLETING\n")
            said = hecaton("--check", "1")
            check(said.returncode == code and "waits for what becomes of Slurm job 4711" in said.stderr, f"{becomes}: {said}")
        check("is no job" in hecaton("--job", "some").stderr, "a job is a number")


STRANGER = 54321  # a user that no host knows


def as_stranger(command):
    """What root can do: be somebody else, without a home."""
    return ["setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups", "env", "-u", "HOME"] + command


def occupied():
    """What a run could not replace at its end is found at its start; what is only in the way is not touched."""
    with folder() as here:
        write(os.path.join(here, "small.toml"), SMALL)
        os.mkdir(os.path.join(here, "o"))
        os.mkfifo(os.path.join(here, "o", "trace.h5"))
        for arguments in (["run", "small.toml", "--output", "o"], ["run", "small.toml", "--output", "n", "--summary", "o/trace.h5"],
                          ["run", "small.toml", "--output", "n", "--summary", "/dev/null"]):
            process = run(arguments + QUIET, here)
            check(process.returncode == 2 and "it is no regular file" in process.stderr, f"{arguments}: {process.stderr!r}")
            check(process.stdout == "" and not os.path.exists(os.path.join(here, "n")), f"{arguments} writes nothing")
        os.remove(os.path.join(here, "o", "trace.h5"))
        write(os.path.join(here, "o", "trace.h5.part"), "not the program's")
        os.symlink("../small.toml", os.path.join(here, "o", "summary.json.part"))
        process = run(["run", "small.toml", "--output", "o"] + QUIET, here)
        check(process.returncode == 0, f"names that are not the program's: {process.stderr!r}")
        check(sorted(os.listdir(os.path.join(here, "o"))) == ["summary.json", "summary.json.part", "trace.h5", "trace.h5.part"],
              f"left are {os.listdir(os.path.join(here, 'o'))}")
        check(read(os.path.join(here, "small.toml")).decode() == SMALL, "a link beside it is not followed")
        if os.geteuid() != 0:
            return
        os.chmod(here, 0o755)
        os.chmod(os.path.join(here, "o"), 0o1777)
        before = {name: read(os.path.join(here, "o", name)) for name in ("trace.h5", "summary.json")}
        process = subprocess.run(as_stranger([HECATON, "run", "small.toml", "--output", "o"] + QUIET), cwd=here, text=True,
                                 capture_output=True)
        check(process.returncode == 2 and "belongs to another user" in process.stderr, f"a sticky folder: {process.stderr!r}")
        check({name: read(os.path.join(here, "o", name)) for name in before} == before, "the other user's files are as they were")
        os.mkdir(os.path.join(here, "blind"))
        os.chown(os.path.join(here, "blind"), STRANGER, STRANGER)
        os.chmod(os.path.join(here, "blind"), 0o300)
        process = subprocess.run(as_stranger([HECATON, "run", "small.toml", "--output", "blind"] + QUIET), cwd=here, text=True,
                                 capture_output=True)
        check(process.returncode == 0, f"a folder that may be written and not read: {process.returncode} {process.stderr!r}")
        check(sorted(os.listdir(os.path.join(here, "blind"))) == ["summary.json", "trace.h5"], "and has its results")


def little_memory():
    """No memory left: said in words, with how much was asked for and what `validate` foretells."""
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (700 << 20, 700 << 20))
    if subprocess.run([HECATON, "--version"], capture_output=True, preexec_fn=limit).returncode != 0:
        return  # sanitizers reserve more than that
    with folder() as here:
        write(os.path.join(here, "large.toml"), SMALL)
        sizes = ["--set", "package.rows=256", "--set", "package.columns=256"]
        told = run(["validate", "large.toml"] + sizes, here)
        foretold = re.search(r"memory of a rank, about +(\S+ \S+)", told.stdout).group(1)
        process = subprocess.run([HECATON, "run", "large.toml", "--output", "o"] + sizes + QUIET, cwd=here, text=True,
                                 capture_output=True, preexec_fn=limit)
        said = error_lines(process)
        check(process.returncode == 1 and len(said) == 1 and foretold in said[0] and
              re.search(r"memory has run out \([0-9.]+ [kMGT]?B were asked for\); this process has held ", said[0]),
              f"without memory it ends with {process.returncode}: {process.stderr!r}, not {foretold}")


def little_shared_memory():
    """No memory that ranks share: they send messages, with the same results."""
    with folder() as here:
        write(os.path.join(here, "small.toml"), SMALL)
        digests = []
        for name, settings in (("with", []), ("without", [f"LD_PRELOAD={FAILING_CALLS}", "SHARED_MEMORY_FAILS=1",
                                                          "ASAN_OPTIONS=" + os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"])):
            command = command_of(["run", "small.toml", "--output", name, "--sync", "null"] + QUIET, RANKS)
            at = command.index(HECATON)
            process = subprocess.run(command[:at] + ["env"] + settings + command[at:], cwd=here, text=True, capture_output=True)
            check(process.returncode == 0, f"{name} shared memory: {process.returncode} {process.stderr!r}")
            check(process.stderr.count("bytes of shared memory") == (1 if settings else 0), f"{name}: {process.stderr!r}")
            digests.append(json.loads(read(os.path.join(here, name, "summary.json")))["digest"])
        check(digests[0] == digests[1], f"the digests are {digests}")


def unheard_children():
    """Whoever starts the program ignores the ends of children; the program does not."""
    def ignore():
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with folder() as here:
        write(os.path.join(here, "text.h5"), "no trace\n")
        process = subprocess.run([HECATON, "summary", "text.h5"], cwd=here, text=True, capture_output=True, preexec_fn=ignore)
        check(process.returncode == 2 and "it is not an HDF5 file" in process.stderr, f"what is no trace: {process.stderr!r}")
        write(os.path.join(here, "deck.toml"), '[workload]\nkind = "collective"\n[package]\nrows = 2\ncolumns = 2\n')
        write(os.path.join(here, "study.toml"), '[study]\ndeck = "deck.toml"\n[grid]\ncollective.bytes = [1024, 2048]\n')
        process = subprocess.run([HECATON, "sweep", "study.toml"], cwd=here, text=True, capture_output=True, preexec_fn=ignore, timeout=60)
        check(process.returncode == 0 and "finished  2, 2 of them now" in process.stdout, f"a sweep: {process}")


topics = [collisions, two_runs, other_results, unfinished_work, poor_file_system, other_peoples_files]
topics += [little_shared_memory] if RANKS > 1 else [jobs, occupied, little_memory, lost_tasks, early_signals, output_lost,
                                                     unheard_children]
# They mostly wait, for mpirun to end jobs that failed or for a run's time to be over, so they run beside each other; each
# has folders of its own.
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    ends = [pool.submit(topic) for topic in topics]
for end in ends:
    end.result()
finish()
