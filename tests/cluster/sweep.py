"""`hecaton sweep` on this machine: points, tables, what is done again and what is not, and studies that are wrong."""
import csv
import fcntl
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile

import h5py
from harness import HECATON, SMALL, check, files_below, finish, need, processes_with, run, wait_for

TRAFFIC = '[workload]\nkind = "traffic"\n[package]\nrows = 2\ncolumns = 2\n[traffic]\nwarmup_cycles = 100\n'
HEAD = '[study]\ndeck = "deck.toml"\n'
FOREVER = 1_000_000_000  # cycles that take hours


def folder(deck=SMALL):
    made = tempfile.TemporaryDirectory(prefix="hecaton-sweep-")
    (pathlib.Path(made.name) / "deck.toml").write_text(deck)
    return made


def sweep(here, study, *more, code=0):
    (here / "s.toml").write_text(study)
    process = run([HECATON, "sweep", "s.toml", *more], here)
    check(process.returncode == code, f"{study!r} {more} ends with {process.returncode}: {process.stderr}")
    return process


def table(here):
    with open(here / "out/s/table.csv", newline="") as file:
        return list(csv.DictReader(file))


def runs_of(here):
    """How often each point was run: its log has the table of each run once."""
    return {log.parent.name: log.read_text().count("summary  ") for log in here.glob("out/s/points/*/log")}


def grids_and_lists():
    with folder() as name:
        here = pathlib.Path(name)
        study = HEAD + '[list]\npackage.rows = [2, 4]\npackage.columns = [4, 2]\npackage.topology = "mesh"\n' \
            '[grid]\nlink.latency_ns = [1, 2.5]\ncollective.bytes = [1024, 4096, 8192]\n'
        sweep(here, study, "--at-once", "2")
        rows = table(here)
        keys = ["package.rows", "package.columns", "link.latency_ns", "collective.bytes"]
        expected = [[rows_, columns, latency, payload] for rows_, columns in (("2", "4"), ("4", "2"))
                    for latency in ("1", "2.5") for payload in ("1024", "4096", "8192")]
        check([[row[key] for key in keys] for row in rows] == expected, f"the table has the points {rows}")
        check(all(row["package.topology"] == "mesh" for row in rows), "a single value holds for all points")

        options = [word for key in keys for word in ("--set", f"{key}={rows[7][key]}")]
        alone = run([HECATON, "run", "deck.toml", *options, "--set", "package.topology=mesh", "--summary", "alone.json",
                     "--trace", "none", "--progress", "none"], here)
        need(alone.returncode == 0, f"a point alone: {alone.stderr}")
        summary = json.loads((here / "alone.json").read_text())
        for key in ("digest", "simulated_ps", "packets"):
            check(str(summary[key]) == rows[7][key], f"{key} is {rows[7][key]} in the table and {summary[key]} alone")
        check(str(summary["collective"]["time_ps"]) == rows[7]["collective.time_ps"], "figures of a table of the summary")

        with h5py.File(here / "out/s/table.h5") as file:
            points = file["points"]
            check(list(points["collective.bytes"][:]) == [1024, 4096, 8192] * 4, "HDF5 has the keys")
            check([text.decode() for text in points["digest"][:]] == [row["digest"] for row in rows], "and the digests")
            check(points["simulated_ps"].attrs["units"] == "ps" and points["link.latency_ns"].attrs["units"] == "ns",
                  "HDF5 has units")
            check(file["study"][()].decode() == study, "HDF5 has the text of the study")

        first = runs_of(here)
        check(len(first) == 12 and set(first.values()) == {1}, f"each point is run once: {first}")
        sweep(here, study.replace("8192", "8192, 16384").replace("[1, 2.5]", "[2.5, 1]"))
        second = runs_of(here)
        check(len(second) == 16 and set(second.values()) == {1}, f"a study that has grown runs what is new: {second}")
        check(len(table(here)) == 16, "the table of the larger study")


def unfinished_points():
    with folder() as name:
        here = pathlib.Path(name)
        study = HEAD + "ranks = 2\n[grid]\ncollective.bytes = [1024, 2048, 4096, 8192]\n"
        sweep(here, study)
        before = table(here)
        check([row["ranks"] for row in before] == ["2"] * 4, "points run on the study's ranks")
        files = [here / "out/s/points" / row["point"] / "summary.json" for row in before]
        files[0].unlink()
        files[1].write_text(files[1].read_text()[:100])
        files[2].write_text(re.sub('"git": "[^"]*"', '"git": "0123456789ab"', files[2].read_text()))
        status = sweep(here, study, "--status")
        check(re.search(r"finished  1\nin Slurm  0\nfailed    0\ncancelled 0\nstopped   3\nto do     0\n", status.stdout),
              status.stdout)
        check(table(here) == before, "--status does not touch the table")
        sweep(here, study)
        expected = {row["point"]: 1 if row is before[3] else 2 for row in before}
        check(runs_of(here) == expected, f"what is lost, damaged or another program's is run again: {runs_of(here)}")
        varying = {"windows", "wall_s", "events_per_s", "peak_rss_bytes"}  # neighbours that promise seldom agree
        same = [[{k: v for k, v in row.items() if k not in varying} for row in rows] for rows in (before, table(here))]
        check(same[0] == same[1], "the table is complete again, and the same")


def long_points(here, study):
    """A sweep that is at work on an endless point."""
    (here / "s.toml").write_text(study)
    process = subprocess.Popen([HECATON, "sweep", "s.toml"], cwd=here, text=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    finished = len(re.findall(r"\d+", study.split("measure_cycles")[1])) - 1
    need(wait_for(lambda: len(list(here.glob("out/s/points/*/summary.json"))) == finished and
                  len(list(here.glob("out/s/points/*/log"))) == finished + 1 and runs_at_work(here), 60), "the endless point starts")
    return process


def runs_at_work(here):
    return [pid for pid in processes_with(f"{here}/out/s/points/") if pid]


def killed_points():
    with folder(TRAFFIC) as name:
        here = pathlib.Path(name)
        study = HEAD + f"[grid]\ntraffic.measure_cycles = [100, 200, {FOREVER}]\n"
        for how in (signal.SIGTERM, signal.SIGKILL):
            process = long_points(here, study)
            refused = run([HECATON, "sweep", "s.toml"], here)
            check(refused.returncode == 2 and "is being worked on" in refused.stderr, f"two at a time: {refused.stderr}")
            process.send_signal(how)
            said = process.communicate(timeout=60)[1]
            check(wait_for(lambda: not runs_at_work(here), 20), f"{how.name}: the point ends with the sweep")
            status = sweep(here, study, "--status").stdout
            check("failed    0\ncancelled 0\nstopped   1\n" in status, f"{how.name}: {status}")
            if how == signal.SIGTERM:
                check("FAILED" not in said and ": stopped, see " in said, f"{how.name}: {said}")
                check(process.returncode == 75 and "1 points are left, 1 of them begun; the same call goes on" in said,
                      f"{how.name}: {process.returncode} {said}")

        process = long_points(here, study)
        os.kill(runs_at_work(here)[0], signal.SIGKILL)
        said = process.communicate(timeout=60)[1]
        check(process.returncode == 1 and "FAILED with 137" in said and "1 of 1 points failed" in said,
              f"a point that is killed: {process.returncode}, {said}")
        check(len(table(here)) == 2, "the table has what is finished")
        status = sweep(here, study, "--status").stdout
        check("failed    1\ncancelled 0\nstopped   0\n" in status and "\n  failed     /" in status, status)
        sweep(here, study.replace(str(FOREVER), "300"))
        check(len(table(here)) == 3, "and is complete in the end")
        done = [row["point"] for row in table(here)[:2]]
        check([runs_of(here)[point] for point in done] == [1, 1], "what was finished was not run again")


LONG = 3_000_000  # cycles that take seconds


def log_of_last(here):
    return max(here.glob("out/s/points/*/log"), key=lambda log: log.stat().st_mtime_ns)


def interrupted_points():
    """A point that was stopped goes on from its checkpoint, whatever has stopped it, and ends as if nothing had been."""
    with folder(TRAFFIC) as name:
        here = pathlib.Path(name)
        study = HEAD + f"[grid]\ntraffic.measure_cycles = [100, {LONG}]\n"
        alone = run([HECATON, "run", "deck.toml", "--set", f"traffic.measure_cycles={LONG}", "--trace", "none", "--output", "alone"], here)
        need(alone.returncode == 0, f"a point alone: {alone.stderr}")
        stopped = []
        for number in (signal.SIGINT, signal.SIGKILL):
            process = long_points(here, study)
            need(wait_for(lambda: runs_at_work(here) and is_owner(runs_at_work(here)[0], here), 20), "the point begins")
            process.send_signal(number)
            said = process.communicate(timeout=60)[1]
            check(number == signal.SIGKILL or process.returncode == 75, f"{number}: {process.returncode} {said}")
            check(": about " in said and " events/s " in said, f"it says what it expects: {said}")
            check(wait_for(lambda: not runs_at_work(here), 20), f"{number}: the point ends")
            stopped.append(log_of_last(here).read_text())
            check(list(here.glob("out/s/points/*/checkpoints/*.hck")), f"{number}: with a checkpoint: {stopped[-1]}")
        check("hecaton: goes on from" in stopped[1] and "begins anew" not in stopped[1], f"the second went on: {stopped}")
        status = sweep(here, study, "--status").stdout
        check("restart 1\n" in status and "\nforecast  about " in status, status)
        sweep(here, study)
        check(log_of_last(here).read_text().count("hecaton: goes on from") == 2, f"so did the third: {log_of_last(here).read_text()}")
        summary = json.loads((here / "alone/summary.json").read_text())
        check(table(here)[1]["digest"] == summary["digest"], "to the digest of an undisturbed run")
        check(not list(here.glob("out/s/points/*/checkpoints")), "without leaving checkpoints")


def is_owner(pid, here):
    """The folder is the run's: it has begun."""
    return any(lock.read_text().startswith(f"process {pid} ") for lock in here.glob("out/s/points/*/.lock"))


def living_point():
    """A point that somebody else runs is waited for, and nothing is written beside it."""
    with folder(TRAFFIC) as name:
        here = pathlib.Path(name)
        study = HEAD + f"[grid]\ntraffic.measure_cycles = [100, {LONG}]\n"
        process = long_points(here, study)
        need(wait_for(lambda: runs_at_work(here) and is_owner(runs_at_work(here)[0], here), 20), "the point begins")
        process.kill()
        process.communicate()
        need(wait_for(lambda: not runs_at_work(here), 20), "the point ends with its sweep")
        where = log_of_last(here).parent
        with open(where / ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            print(f"process {os.getpid()} on {socket.gethostname()}", file=lock, flush=True)
            before = {path: path.stat().st_mtime_ns for path in files_below(where)}
            second = subprocess.Popen([HECATON, "sweep", "s.toml"], cwd=here, text=True, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            line = second.stderr.readline() + second.stderr.readline()
            check(f"is being run by process {os.getpid()} on " in line and "waits for its end" in line, line)
            check({path: path.stat().st_mtime_ns for path in files_below(where)} == before, "nothing is written beside it")
        said = second.communicate(timeout=120)[1]
        check(second.returncode == 0, f"then it goes on: {second.returncode} {said}")
        check("hecaton: goes on from" in (where / "log").read_text() and len(table(here)) == 2, "from the checkpoint of the other")


def no_launcher():
    """What no point can do is tried once."""
    with folder() as name:
        here = pathlib.Path(name)
        (here / "s.toml").write_text(HEAD + "ranks = 2\n[grid]\ncollective.bytes = [1024, 2048, 4096]\n")
        (here / "bin").mkdir()
        for launcher in (None, '#!/bin/sh\nprintf "%s\\n" ----- "There are not enough slots" more\nexit 1\n'):
            if launcher:
                (here / "bin/mpirun").write_text(launcher)
                (here / "bin/mpirun").chmod(0o755)
            process = run([HECATON, "sweep", "s.toml"], here, env={**os.environ, "PATH": str(here / "bin") + (":/bin" if launcher else "")})
            reason = "There are not enough slots" if launcher else "mpirun: cannot be executed: No such file or directory"
            check(process.returncode == 1 and f"no point can be started: {reason}\n" in process.stderr, f"{process}")
            check(len(list(here.glob("out/s/points/*/log"))) == 1, "one was tried")


def infeasible_points():
    """Some points make fewer dies than there are ranks."""
    with folder() as name:
        here = pathlib.Path(name)
        study = HEAD + "ranks = 6\n[grid]\npackage.columns = 2\npackage.rows = [1, 3, 2, 4]\nlink.latency_ns = 1\n"
        for more in ((), ("--status",), ("--slurm",)):
            lines = sweep(here, study, *more, code=2).stderr.splitlines()
            check(len(lines) == 2 and all(f"makes fewer dies than there are ranks ({dies} dies" in line and
                                          f"[point {point} of 4: package.columns=2 package.rows={rows} " in line
                                          for line, dies, point, rows in zip(lines, (2, 4), (1, 3), (1, 2))), f"{lines}")
            check(lines[1].endswith("; --skip-infeasible runs the other 2"), f"{lines}")
        check({path.name for path in files_below(here)} == {"deck.toml", "s.toml"}, "nothing is written")
        all_of_them = sweep(here, study.replace("= 6", "= 99"), "--skip-infeasible", code=2).stderr.splitlines()
        check(len(all_of_them) == 4, f"nothing is left to run: {all_of_them}")
        sweep(here, study, "--skip-infeasible", "--status")
        check({path.name for path in files_below(here)} == {"deck.toml", "s.toml"}, "--status writes nothing")

        said = sweep(here, study, "--skip-infeasible")
        check(said.stderr.count("is skipped\n") == 2 and "points    4\nfinished  2, 2 of them now\ninfeasible  2\n" in said.stdout,
              f"{said.stdout} {said.stderr}")
        rows = table(here)
        check([row["package.rows"] for row in rows] == ["1", "3", "2", "4"], f"all rows, in order: {rows}")
        check(["fewer dies" in row["infeasible"] for row in rows] == [True, False, True, False], "marked with the reason")
        check([row["digest"] == "" for row in rows] == [True, False, True, False], "without figures")
        with h5py.File(here / "out/s/table.h5") as file:
            points = file["points"]
            check(list(points["package.rows"][:]) == [1, 3, 2, 4] and list(points["link.latency_ns"][:]) == [1.0] * 4, "HDF5")
            check([text != b"" for text in points["infeasible"][:]] == [True, False, True, False], "HDF5 marks them too")
        check(set(runs_of(here).values()) == {1}, "what can be run was run once")
        sweep(here, study.replace("[1, 3, 2, 4]", "[3, 4]"))
        check("infeasible" not in table(here)[0], "a study without such points has no such column")


def files_in_the_way():
    with folder() as name:
        here = pathlib.Path(name)
        study = HEAD + "[grid]\ncollective.bytes = [1024, 2048, 4096]\n"
        sweep(here, study)
        rows = table(here)
        first = here / "out/s/points" / rows[0]["point"]
        shutil.rmtree(here / "out/s/points")
        first.parent.mkdir()
        first.write_text("")
        said = sweep(here, study, code=1).stderr
        check(f"{first}: cannot be the folder of a point" in said and "1 of 3 points failed" in said, said)
        check([row["point"] for row in table(here)] == [row["point"] for row in rows[1:]], "the others are run")
        check("finished  2\n" in sweep(here, study, "--status").stdout, "--status bears it")
        first.unlink()
        sweep(here, study)
        check(len(table(here)) == 3, "and it is run when the way is free")


GRID = HEAD + "[grid]\n"
WRONG = [  # study, what the line says after "hecaton: error: "
    (GRID + "collective.byte = [1]\n", r's\.toml:4:\d+: collective\.byte: is not a key .*"bytes"\? \[point 1 of 1: collective\.byte=1\]'),
    (GRID + "colective.bytes = [1]\n", r"s\.toml:4:\d+: colective: is not a table "),
    (GRID + 'collective.bytes = [1024,\n "two"]\n', r"s\.toml:5:2: collective\.bytes: is a text .*\[point 2 of 2: "),
    (GRID + "package.rows = [4, 0]\n", r"s\.toml:4:\d+: package\.rows: is out of range \(0 .*point 2 of 2"),
    (GRID + "package.rows = [[4]]\n", r"s\.toml:4:\d+: package\.rows: is an array"),
    (GRID + "package.rows = []\n", r"s\.toml:4:9: package\.rows: has no values"),
    (GRID + "rows = [4]\n", r"s\.toml:4:1: rows: stands in no table"),
    ('[study]\ndeck = "plain.toml"\n[grid]\nworkload.kind = ["collective", "traffic"]\n',
     r"s\.toml:4:\d+: workload\.kind: changes within the study"),
    (HEAD + "[grid]\npackage.rows = 4\n[list]\npackage.rows = 4\n", r"s\.toml:4:9: package\.rows: stands in \[grid\] and"),
    (HEAD + "[list]\npackage.rows = [2, 4]\npackage.columns = [2, 4, 8]\n",
     r"s\.toml:5:9: package\.columns: has 3 values \(package\.rows has 2"),
    (GRID + "".join(f"energy.{key} = {list(range(1, 101))}\n" for key in ("a", "b", "c")),
     r"s\.toml:6:8: energy\.c: makes too many points \(a study has at most 100000\)"),
    (HEAD + "ranks = 9\n", r"deck\.toml:4:1: package\.rows: makes fewer dies than there are ranks .*\[point 1 of 1"),
    (HEAD + "ranks = 0\n", r"s\.toml:3:1: study\.ranks: is out of range"),
    (HEAD + 'ranks = "four"\n', r"s\.toml:3:1: study\.ranks: is a text"),
    (HEAD + 'trace = "all"\n', r's\.toml:3:1: study\.trace: cannot be "all"'),
    (HEAD + "rank = 4\n", r's\.toml:3:1: study\.rank: is not a key .*did you mean "ranks"'),
    (HEAD + "[grids]\n", r's\.toml:3:\d: grids: is not a table of a study .*did you mean "grid"'),
    (HEAD + "[grid\n", r"s\.toml:3:\d+: is not TOML"),
    ("grid = 1\n" + HEAD, r"s\.toml:1:1: grid: is not a table"),
    ("[study]\nranks = 2\n", r"s\.toml:1:\d: study\.deck: is missing"),
    ("", r"s\.toml: study: is missing"),
    ("[study]\ndeck = 3\n", r"s\.toml:2:1: study\.deck: is a whole number"),
    ('[study]\ndeck = "none.toml"\n', r"none\.toml: does not exist"),
    ('[study]\ndeck = "de\\u0000ck.toml"\n', r"s\.toml:2:1: study\.deck: names nothing"),
    ('[study]\ndeck = "."\n', r".*: is a directory"),
    (GRID + "a" + ".a" * 3000 + " = [1]\n", r"s\.toml:4:124: nests too deep \(at most 64 levels"),
    (GRID + "a" + ".a" * 62 + " = [1]\n", r"s\.toml:4:124: nests too deep"),
    (GRID + "a" + ".a" * 60 + " = [1]\n", r"s\.toml:4:\d+: a\.a.*: is not a table"),
    ("\x7fELF\x02\x00\x00", r"s\.toml:1:\d: is not TOML"),
]


def wrong_studies():
    with folder() as name:
        here = pathlib.Path(name)
        (here / "plain.toml").write_text('[workload]\nkind = "collective"\n')
        for study, pattern in WRONG:
            for more in [(), ("--status",), ("--slurm",)][:3 if study.startswith(GRID + "collective") else 1]:
                process = sweep(here, study, *more, code=2)
                lines = process.stderr.splitlines()
                check(len(lines) == 1 and re.match("hecaton: error: " + pattern, lines[0]),
                      f"{study[:200]!r} says {process.stderr!r}, not {pattern!r}")
                check(process.stdout == "", f"{study[:200]!r} prints {process.stdout!r}")
        (here / "file").write_text("")
        process = sweep(here, HEAD, "--output", "file/x", code=2)
        check("cannot be written" in process.stderr, f"an output below a file: {process.stderr}")
        for options in (["--at-once", "0"], ["--launcher", "ssh"], ["--points-per-task", "0"]):
            check("--help" in sweep(here, HEAD, *options, code=2).stderr, f"{options} is bad usage")
        check({path.name for path in files_below(here)} == {"deck.toml", "plain.toml", "s.toml", "file"}, "nothing is written")


grids_and_lists()
unfinished_points()
killed_points()
interrupted_points()
living_point()
no_launcher()
infeasible_points()
files_in_the_way()
wrong_studies()
finish()
