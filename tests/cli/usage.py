"""Help, version, and one line with exit code 2 for wrong usage."""
import os
import re
import subprocess

from harness import HECATON, check, error_lines, files_below, finish, folder, run, write

COMMANDS = ["run", "dry-run", "verify", "validate", "partition", "dump-default", "summary", "report", "compare", "export", "export-chakra", "import-astra", "sweep", "watch", "cost", "search", "power"]

# What is no number, or in no range, for each kind of option that takes some. The first option of a kind is given all of it.
NEVER = ["nan", "-1", " 5", "", "inf", "-inf", "1e400", "18446744073709551616", "5 ", "5x", "0x10", "+5"]
WHOLE = NEVER + ["1e3", "1.5", "5."]
TIMES = ["nan", "-1s", " 5s", "", "inf", "infs", "1e400s", "18446744073709551616s", "5 s", "5x", "0x10s", "5", "+5s"]
WRONG = {"N": WHOLE, "N,...": WHOLE, "RANKS": WHOLE, "NUMBER": NEVER, "TIME": TIMES, "LIST": [*NEVER, "1e3", "1.5", "3-1"],
         "PERCENT": NEVER, "EVENTS|TIME": ["nan", "-1", "1e400", "", "5x", "0x10"], "ID[;CLUSTER]": NEVER}


def number(here, command, option, text):
    check_only = ["--check", "1"] if command == "run" and option != "--check" else []  # without MPI
    process = run([command, *check_only, "deck.toml", option, text], here)
    what = f"{command} {option} {text!r}"
    check(process.returncode == 2 and process.stdout == "", f"{what} ends with {process.returncode}: {process.stdout[:80]!r}")
    check(len(error_lines(process)) == 1 == process.stderr.count("\n"), f"{what} says {process.stderr!r}")


def numbers(here):
    """Whatever takes a number, in any command, refuses what is none."""
    write(os.path.join(here, "deck.toml"), '[workload]\nkind = "training"\n')
    seen = set()
    for command in COMMANDS:
        help_text = run([command, "--help"], here).stdout
        for option, kind in re.findall(r"^  (?:-\w,)?(--[\w-]+) ([^\s=]+)", help_text, re.M):
            for text in WRONG.get(kind, [])[:3 if kind in seen else None]:
                number(here, command, option, text)
            seen.add(kind)
    check(set(WRONG) <= seen, f"options of these kinds are gone: {set(WRONG) - seen}")
    os.remove(os.path.join(here, "deck.toml"))


with folder() as here:
    numbers(here)
    process = run(["--help"], here)
    check(process.returncode == 0 and process.stderr == "", "--help ends with 0")
    for command in COMMANDS:
        check(re.search(rf"^  {command} ", process.stdout, re.M), f"--help names {command}")
        of_command = run([command, "--help"], here)
        check(of_command.returncode == 0, f"{command} --help ends with 0")
        check(f"hecaton {command}" in of_command.stdout, f"{command} --help shows its usage")

    process = run(["--version"], here)
    check(process.returncode == 0 and re.match(r"hecaton \d+\.\d+\.\d+ \(.+\)\n$", process.stdout),
          f"--version: {process.stdout!r}")

    for ranks in (1, 2):
        for arguments in ([], ["fly"], ["run"], ["run", "a.toml", "b.toml"], ["run", "a.toml", "--fly"],
                          ["run", "a.toml", "--trace", "all"], ["run", "a.toml", "--bins", "100"], ["run", "a.toml", "--bins", "8192"],
                          ["run", "a.toml", "--partition", "circle"],
                          ["run", "a.toml", "--trains", "maybe"], ["run", "a.toml", "--sync", "null-ish"],
                          ["run", "a.toml", "--progress", "loud"], ["run", "a.toml", "--set"],
                          ["validate", "a.toml", "--ranks", "0"], ["validate", "a.toml", "--ranks", "many"],
                          ["dry-run", "a.toml", "--ranks", "1"], ["dry-run", "a.toml", "--bandwidth-GBps", "0"],
                          ["dry-run", "a.toml", "--event-ns", "nan"], ["dry-run", "a.toml", "--latency-us", "inf"],
                          ["verify", "a.toml", "--seed", "-1"], ["verify", "a.toml", "--seed", "18446744073709551616"],
                          ["verify", "a.toml", "--seed", "1.5"], ["validate", "a.toml", "--ranks", "2x"],
                          ["sweep", "a.toml", "--at-once", "1.5"], ["sweep", "a.toml", "--points-per-task", "-1"],
                          ["run", "a.toml", "--check", "1e3"],
                          ["run", "a.toml", "--lookahead-without", "luck"], ["dump-default", "trainings"], ["summary"], ["compare", "one.h5"],
                          ["export", "a.h5", "--chrome"], ["export", "a.h5", "--csv", "x", "--dies", "3-1"],
                          ["export", "a.h5", "--csv", "x", "--dies", "1,,2"], ["export", "a.h5", "--csv", "x", "--layers", "-1"],
                          ["export", "a.h5", "--csv", "x", "--from", "soon"]):
            if ranks > 1 and (arguments[:1] != ["run"] or "--check" in arguments):
                continue
            process = run(arguments, here, ranks)
            what = f"{arguments} on {ranks} ranks"
            check(process.returncode == 2, f"{what} ends with {process.returncode}, not 2")
            check(process.stdout == "", f"{what} prints on stdout: {process.stdout!r}")
            check(len(error_lines(process)) == 1, f"{what} says: {process.stderr!r}")
            check("--help" in process.stderr, f"{what} points to the help: {process.stderr!r}")
            if ranks == 1:
                check(process.stderr.count("\n") == 1, f"{what} says more than one line: {process.stderr!r}")

    for arguments, said in ((["run", "a.toml", "--ouput", "x"], '"--ouput" is not an option; did you mean --output?'),
                            (["run", "--zzzzzzzz"], '"--zzzzzzzz" is not an option (see'),
                            (["valdate", "a.toml"], '"valdate" is not a command; did you mean validate?')):
        process = run(arguments, here)
        check(said in process.stderr, f"{arguments} says {process.stderr!r}, not {said!r}")

    for kind in ("training", "collective", "traffic"):
        process = run(["dump-default", kind], here)
        check(process.returncode == 0 and f'kind = "{kind}"' in process.stdout, f"dump-default {kind}")
        check("[ASSUMED]" in process.stdout, f"dump-default {kind} shows tags")

    with open("/dev/full", "w") as full:
        code = subprocess.run([HECATON, "dump-default", "traffic"], stdout=full, stderr=subprocess.PIPE).returncode
        check(code == 1, f"a full disk behind stdout ends with {code}, not 1")

    check(files_below(here) == set(), "nothing is written")

finish()
