"""What tests that are scripts share. A check that fails is reported and the script goes on, so that one run shows all."""
import sys
import threading
import time

# A deck small enough for a fraction of a second.
SMALL = """[workload]
kind = "collective"
[package]
rows = 2
columns = 4
[collective]
bytes = 65536
"""
failures = 0
lock = threading.Lock()  # scripts may check several cases at once


def check(condition, what):
    global failures
    if not condition:
        with lock:
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


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False
