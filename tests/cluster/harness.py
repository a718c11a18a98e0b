"""What the topics share: TOPIC.py HECATON ROOT. A check that fails is reported and the script goes on."""
import os
import pathlib
import subprocess
import sys
import time

HECATON, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
SKIPPED = 77
failures = 0


def check(condition, what):
    global failures
    if not condition:
        failures += 1
        print(f"FAILED: {what}", flush=True)


def need(condition, what):
    """A check without which the rest makes no sense."""
    check(condition, what)
    if not condition:
        finish()


def finish():
    print(f"{failures} failures")
    sys.exit(1 if failures else 0)


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(SKIPPED)


def run(words, folder, seconds=120, **more):
    """The finished process; running for too long is a failure and ends the script."""
    try:
        return subprocess.run([str(word) for word in words], cwd=folder, timeout=seconds, text=True, errors="replace",
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
    except subprocess.TimeoutExpired as late:
        need(False, f"no end within {seconds} s: {words}: {late.stderr!r}")


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def files_below(folder):
    return {path for path in pathlib.Path(folder).rglob("*")}


def processes_with(text):
    """Ids of processes whose command line holds the text."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and text.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return [pid for pid in found if pid != os.getpid()]
