"""Lines over a logarithmic axis as SVG, told apart by dashes and by names at their ends, not by colour."""
import math

from bars import text

WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM, TOP = 760, 400, 60, 190, 50, 50
DASHES = ["", "8,4", "2,3", "12,3,2,3"]


def ticks(top):
    step = 10 ** math.floor(math.log10(top))
    step = next(s for s in (step / 5, step / 2, step, 2 * step) if top / s <= 8)
    return [i * step for i in range(int(top / step) + 1)]


def draw(title, x_label, unit, xs, series, marks=()):
    """`series`: name -> one value per x; `marks`: (name, value) of level lines."""
    top = 1.08 * max([value for values in series.values() for value in values] + [value for _, value in marks])
    low, high = math.log(xs[0]), math.log(xs[-1])
    base = HEIGHT - BOTTOM

    def at(x, y):
        return (LEFT + (math.log(x) - low) / (high - low) * (WIDTH - LEFT - RIGHT), base - y / top * (base - TOP))

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', text(WIDTH / 2, 20, title, size=14),
             text(LEFT, TOP - 10, unit, "end"), text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, x_label),
             f'<path d="M{LEFT},{TOP} V{base} H{WIDTH - RIGHT}" fill="none" stroke="black"/>']
    for value in ticks(top):
        parts.append(text(LEFT - 6, at(xs[0], value)[1] + 4, f"{value:g}", "end", 11))
    for x in xs:
        parts.append(text(at(x, 0)[0], base + 16, f"{x:,}", size=10))
    ends = []
    for index, (name, values) in enumerate(list(series.items()) + [(n, [v] * len(xs)) for n, v in marks]):
        is_mark = index >= len(series)
        dash = "1,5" if is_mark else DASHES[index % len(DASHES)]
        points = " ".join("{:.1f},{:.1f}".format(*at(x, y)) for x, y in zip(xs, values))
        parts.append(f'<polyline points="{points}" fill="none" stroke="black" stroke-width="{1 if is_mark else 2}" '
                     f'stroke-dasharray="{dash}"/>')
        ends.append((at(xs[-1], values[-1])[1], name))
    last = -100
    for y, name in sorted(ends):  # names do not lie on each other
        last = max(y, last + 13)
        parts.append(text(WIDTH - RIGHT + 8, last + 4, name, "start", 11))
    return "\n".join(parts + ["</svg>", ""])
