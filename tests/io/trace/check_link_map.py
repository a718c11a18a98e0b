"""Runs link_map.py on the synthetic trace and compares what it prints with the trace's own formula for each link."""
import pathlib
import subprocess
import sys

MASK = (1 << 64) - 1


def hashed(a, b):
    z = (a * 0x9E3779B97F4A7C15 + b * 0xBF58476D1CE4E5B9 + 0x94D049BB133111EB) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


ROWS, COLUMNS, SIMULATED_PS = 4, 6, 7_000_000_000_003
script = pathlib.Path(__file__).with_name("link_map.py")
lines = [line for line in script.read_text().splitlines() if line]
assert len(lines) <= 10, f"link_map.py has {len(lines)} lines"
out = subprocess.run([sys.executable, script, sys.argv[1]], capture_output=True, text=True, check=True).stdout

sections, current = {}, None
for word in out.replace("[", " ").replace("]", " ").split():
    if word.isalpha():
        current = sections.setdefault(word, [])
    else:
        current.append(float(word))
steps = {"east": (0, 1), "west": (0, -1), "south": (1, 0), "north": (-1, 0)}
assert list(sections) == list(steps), out
for name, (down, right) in steps.items():
    for row in range(ROWS):
        for column in range(COLUMNS):
            inside = 0 <= row + down < ROWS and 0 <= column + right < COLUMNS
            link = (row * COLUMNS + column) * 1000 + (row + down) * COLUMNS + column + right
            busy = hashed(link, 1) % SIMULATED_PS / SIMULATED_PS if inside else 0
            assert abs(sections[name][row * COLUMNS + column] - busy) <= 6e-5, (name, row, column)
