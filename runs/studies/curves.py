"""curves.py FOLDER [REFERENCE.csv]: mean latency over offered load, from the table of a study of synthetic traffic.

One curve for each combination of the keys that the study varies beside the load, told apart by dashes and markers.
Points of a reference with the columns packet_flits, injection_rate, latency_mean_cycles are drawn as hollow markers.
Writes FOLDER/figure.svg. Saturated points have no latency and are left out; a curve ends before them.
"""
import csv
import os
import sys
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 440, 70, 20, 50, 60
DASHES = ["", "9,4", "2,3", "12,3,2,3", "5,2,1,2,1,2"]
RATE, LATENCY = "traffic.injection_rate", "traffic.latency_mean_cycles"


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def varied_keys(rows):
    """Keys of the study beside the load: columns before the figures that a run gives."""
    inputs = [name for name in rows[0] if "." in name and name not in (RATE, LATENCY)]
    figures = ("latency_", "accepted_", "offered_", "hops_mean", "packets_measured", "saturated")
    inputs = [name for name in inputs if not name.split(".", 1)[1].startswith(figures)]
    return [name for name in inputs if len({row[name] for row in rows}) > 1]


def curves_of(rows):
    keys, curves = varied_keys(rows), {}
    for row in rows:
        if row[LATENCY] in ("", None) or row["traffic.saturated"].lower() in ("1", "true", "yes"):
            continue
        name = ", ".join(f"{key.split('.', 1)[1]} {row[key]}" for key in keys) or "latency"
        curves.setdefault(name, []).append((float(row[RATE]), float(row[LATENCY])))
    return {name: sorted(points) for name, points in curves.items()}


def reference_of(path):
    curves = {}
    for row in read(path):
        if row["saturated"] == "0":
            point = float(row["injection_rate"]), float(row["latency_mean_cycles"])
            curves.setdefault(f"packet_flits {row['packet_flits']}", []).append(point)
    return curves


def text(x, y, words, anchor="middle", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="12" {extra}>{escape(words)}</text>'


def marker(shape, x, y):
    """Hollow: circle, square, triangle, diamond, in turn."""
    if shape % 4 == 0:
        return f'<circle class="reference" cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="white" stroke="black"/>'
    corners = {1: [(-4, -4), (4, -4), (4, 4), (-4, 4)], 2: [(0, -5), (5, 4), (-5, 4)],
               3: [(0, -6), (6, 0), (0, 6), (-6, 0)]}[shape % 4]
    points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
    return f'<polygon class="reference" points="{points}" fill="white" stroke="black"/>'


def ticks(top, wanted=6):
    step = next(s * 10 ** e for e in range(-4, 7) for s in (1, 2, 5) if top / (s * 10 ** e) <= wanted)
    return [step * i for i in range(int(top / step + 1e-9) + 1)]


def draw(curves, reference):
    drawn = list(curves.values()) + list(reference.values())
    right = max(x for points in drawn for x, _ in points) * 1.05
    # Close to saturation a latency says how long the run was; a reference tells how far curves are worth following.
    top = max(y for points in (reference or curves).values() for _, y in points) * 1.3
    base = HEIGHT - BOTTOM

    def at(x, y):
        return LEFT + x / right * (WIDTH - LEFT - RIGHT), base - y / top * (base - TOP)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">',
             f'<clipPath id="plot"><rect x="{LEFT}" y="{TOP}" width="{WIDTH}" height="{base - TOP}"/></clipPath>',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
             f'<path d="M{LEFT},{TOP} V{base} H{WIDTH - RIGHT}" fill="none" stroke="black"/>',
             text((LEFT + WIDTH) / 2, HEIGHT - 12, "offered load, flits per die and cycle"),
             text(20, (TOP + base) / 2, "mean latency, cycles", extra=f'transform="rotate(-90 20 {(TOP + base) / 2})"')]
    for x in ticks(right):
        px, _ = at(x, 0)
        parts.append(f'<path d="M{px:.1f},{base} v5" stroke="black"/>' + text(px, base + 20, f"{x:g}"))
    for y in ticks(top):
        _, py = at(0, y)
        parts.append(f'<path d="M{LEFT},{py:.1f} h-5" stroke="black"/>' + text(LEFT - 9, py + 4, f"{y:g}", "end"))
    names = list(dict.fromkeys(list(curves) + list(reference)))
    for index, name in enumerate(names):
        y, dash = TOP + 10 + 20 * index, DASHES[index % len(DASHES)]
        if name in curves:
            points = " ".join(f"{px:.1f},{py:.1f}" for px, py in (at(*point) for point in curves[name]))
            style = f'fill="none" stroke="black" stroke-width="1.5" stroke-dasharray="{dash}"'
            parts.append(f'<polyline class="curve" clip-path="url(#plot)" points="{points}" {style}/>')
            parts.append(f'<path d="M{LEFT + 20},{y} h34" {style}/>')
        if name in reference:
            parts += [marker(index, *at(*point)) for point in reference[name]]
            parts.append(marker(index, LEFT + 70, y))
        parts.append(text(LEFT + 84, y + 4, name, "start"))
    if reference:
        parts.append(text(LEFT + 20, TOP - 14, "lines: hecaton; markers: reference", "start"))
    return "\n".join(parts + ["</svg>", ""])


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    folder = sys.argv[1]
    curves = curves_of(read(os.path.join(folder, "table.csv")))
    if not curves:
        sys.exit("curves.py: no point of the table has a latency; all are saturated or unfinished")
    reference = reference_of(sys.argv[2]) if len(sys.argv) == 3 else {}
    with open(os.path.join(folder, "figure.svg"), "w") as file:
        file.write(draw(curves, reference))


if __name__ == "__main__":
    main()
