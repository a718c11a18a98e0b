"""Draws the table of scaling.py: six small plots over the number of ranks, as SVG without any library."""
import html
import math

WIDTH, HEIGHT = 300, 190  # of one plot with its margins
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 30, 34
COLUMNS = 3
INK, LINE, GUIDE = "#222222", "#1f6fb4", "#b0b0b0"
PREDICTED = {"window": "#c2571a", "null": "#2e8b57"}  # by synchroniser


def nice_ceiling(value):
    """The next 1, 2, 2.5 or 5 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value * (1 - 1e-9))


def label(value):
    for limit, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:g}{suffix}"
    return f"{value:g}"


def text(x, y, content, anchor="middle", size=11):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{INK}">'
            f"{html.escape(content)}</text>")


def polyline(points, colour, more=""):
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="1.6"{more}/>'


def predicted_line(points, sync):
    squares = [f'<rect x="{x - 2.5:.1f}" y="{y - 2.5:.1f}" width="5" height="5" fill="{PREDICTED[sync]}"/>'
               for x, y in points]
    return [polyline(points, PREDICTED[sync], ' stroke-dasharray="2 3"'), *squares]


def plot(x0, y0, title, ranks, values, ideal=None, predicted=None):
    """Ranks stand at even distances, values from zero; `ideal` is a dashed line beside them. There are values for the
    first ranks; `predicted` has a line for each synchroniser: by rank count."""
    lines = predicted or {}
    top = nice_ceiling(max([*values, *(ideal or []), *(value for line in lines.values() for value in line.values())]))
    right, bottom = x0 + WIDTH - RIGHT, y0 + HEIGHT - BOTTOM
    left, upper = x0 + LEFT, y0 + TOP

    def place(index, value):
        step = (right - left) / max(1, len(ranks) - 1)
        return left + step * index, bottom - (bottom - upper) * value / top

    parts = [text((left + right) / 2, y0 + 18, title, size=12)]
    for part in range(5):
        value = top * part / 4
        _, y = place(0, value)
        parts.append(f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="{GUIDE}" stroke-width="0.5"/>')
        parts.append(text(left - 6, y + 4, label(value), "end"))
    for index, count in enumerate(ranks):
        parts.append(text(place(index, 0)[0], bottom + 15, str(count)))
    if ideal:
        points = [place(index, value) for index, value in enumerate(ideal)]
        parts.append(polyline(points, GUIDE, ' stroke-dasharray="5 4"'))
    for sync, line in lines.items():
        parts += predicted_line([place(ranks.index(count), value) for count, value in sorted(line.items())], sync)
    points = [place(index, value) for index, value in enumerate(values)]
    parts.append(polyline(points, LINE))
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{LINE}"/>' for x, y in points]
    parts.append(text((left + right) / 2, bottom + 29, "ranks", size=10))
    return parts


def draw(title, rows, predictions=()):
    """`rows` were measured; `predictions` are for the same and larger rank counts, one line per synchroniser."""
    measured = [row["ranks"] for row in rows]
    ranks = sorted({*measured, *(row["ranks"] for row in predictions)})

    def foreseen(column):
        return {sync: {row["ranks"]: row[f"{sync}_{column}"] for row in predictions} for sync in PREDICTED} \
            if predictions else None

    legend = " (dotted: predicted, orange window, green null)" if predictions else ""
    plots = [
        ("time of the simulation, s", [row["wall_s"] for row in rows], None, foreseen("s")),
        ("speed-up (dashed: ideal)", [row["speed_up"] for row in rows], [count / ranks[0] for count in measured],
         foreseen("speed_up")),
        ("efficiency", [row["efficiency"] for row in rows], [1.0] * len(rows), foreseen("efficiency")),
        ("events/s", [row["events_per_s"] for row in rows], None),
        ("share of time spent waiting", [row["waiting"] for row in rows], [1.0] * len(rows)),
        ("memory of the largest rank, MB", [row["memory_bytes"] / 1e6 for row in rows], None),
    ]
    width, height = COLUMNS * WIDTH, math.ceil(len(plots) / COLUMNS) * HEIGHT + 30
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
             f'viewBox="0 0 {width} {height}" font-family="sans-serif">',
             f'<rect width="{width}" height="{height}" fill="white"/>', text(width / 2, 20, title + legend, size=14)]
    for index, (name, values, *more) in enumerate(plots):
        parts += plot(index % COLUMNS * WIDTH, 30 + index // COLUMNS * HEIGHT, name, ranks, values, *more)
    return "\n".join([*parts, "</svg>\n"])
