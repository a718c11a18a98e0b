"""What tests that are scripts share. A check that fails is reported and the script goes on, so that one run shows all."""
import sys
import threading
import time

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
