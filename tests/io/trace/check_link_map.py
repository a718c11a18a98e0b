"""Runs link_map.py on the synthetic trace and compares what it prints with the trace's own formula for each link; then
on a small torus, whose wraps are links like all others."""
import pathlib
import subprocess
import sys
import tempfile

import h5py

MASK = (1 << 64) - 1


def hashed(a, b):
    z = (a * 0x9E3779B97F4A7C15 + b * 0xBF58476D1CE4E5B9 + 0x94D049BB133111EB) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


ROWS, COLUMNS, SIMULATED_PS = 4, 6, 7_000_000_000_003
STEPS = {"east": (0, 1), "west": (0, -1), "south": (1, 0), "north": (-1, 0)}
script = pathlib.Path(__file__).parents[3] / "runs/python/link_map.py"
lines = [line for line in script.read_text().splitlines() if line]
assert len(lines) <= 12, f"link_map.py has {len(lines)} lines"


def matrices(trace):
    """What the script prints: for each direction the numbers of its matrix."""
    out = subprocess.run([sys.executable, script, trace], capture_output=True, text=True, check=True).stdout
    sections, current = {}, None
    for word in out.replace("[", " ").replace("]", " ").split():
        if word.isalpha():
            current = sections.setdefault(word, [])
        else:
            current.append(float(word))
    assert list(sections) == list(STEPS), out
    return sections


def write_torus(path, rows, columns):
    """Link n of all is busy for n of so many picoseconds that there are links."""
    ends = [(row, column, (row + down) % rows, (column + right) % columns)
            for row in range(rows) for column in range(columns) for down, right in STEPS.values()]
    with h5py.File(path, "w") as file:
        file.attrs.update({"rows": rows, "columns": columns, "simulated_ps": len(ends)})
        for place, name in enumerate(("from_row", "from_column", "to_row", "to_column")):
            file[f"links/{name}"] = [end[place] for end in ends]
        file["links/busy_ps"] = range(1, len(ends) + 1)


sections = matrices(sys.argv[1])
for name, (down, right) in STEPS.items():
    for row in range(ROWS):
        for column in range(COLUMNS):
            inside = 0 <= row + down < ROWS and 0 <= column + right < COLUMNS
            link = (row * COLUMNS + column) * 1000 + (row + down) * COLUMNS + column + right
            busy = hashed(link, 1) % SIMULATED_PS / SIMULATED_PS if inside else 0
            assert abs(sections[name][row * COLUMNS + column] - busy) <= 6e-5, (name, row, column)

with tempfile.TemporaryDirectory() as folder:
    torus = pathlib.Path(folder) / "torus.h5"
    write_torus(torus, 3, 4)
    sections = matrices(torus)
    for place, name in enumerate(STEPS):
        for die in range(12):
            assert abs(sections[name][die] - (4 * die + place + 1) / 48) <= 6e-5, (name, die)
