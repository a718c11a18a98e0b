"""Grouped bars as SVG, told apart by hatching, so that they are readable without colour."""
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 760, 380, 70, 70, 60
FILLS = [("#222222", None), ("#ffffff", "M0,8 L8,0"), ("#bbbbbb", None), ("#ffffff", "M0,4 L8,4 M4,0 L4,8")]


def pattern(index):
    colour, stroke = FILLS[index % len(FILLS)]
    lines = f'<path d="{stroke}" stroke="#222222" stroke-width="1.2"/>' if stroke else ""
    return (f'<pattern id="p{index}" width="8" height="8" patternUnits="userSpaceOnUse">'
            f'<rect width="8" height="8" fill="{colour}"/>{lines}</pattern>')


def text(x, y, words, anchor="middle", size=12):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(words)}</text>'


CHARACTER = 0.64  # width of a digit, of its size


def number(value, is_short=False):
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.2f}" if is_short and value < 10 else f"{value:#.3g}"


def labels(values, width):
    """Numbers above bars of this width, and their size: as many digits as do not reach into the next bar."""
    for is_short in (False, True):
        told = [number(value, is_short) for value in values]
        size = min(10.0, width / (CHARACTER * max(map(len, told))))
        if size >= 8:
            break
    return dict(zip(values, told)), size


def draw(title, unit, groups, series):
    """`series`: name -> one value per group, None where there is none."""
    top = max(value for values in series.values() for value in values if value is not None)
    scale = (HEIGHT - BOTTOM - TOP) / top
    base = HEIGHT - BOTTOM
    step = (WIDTH - LEFT - 20) / len(groups)
    bar = step * 0.8 / len(series)
    told, size = labels([v for values in series.values() for v in values if v is not None], bar)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">',
             "<defs>" + "".join(pattern(i) for i in range(len(series))) + "</defs>",
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', text(WIDTH / 2, 20, title, size=14),
             text(LEFT, TOP - 8, unit, "end"),
             f'<path d="M{LEFT},{TOP} V{base} H{WIDTH - 20}" fill="none" stroke="black"/>']
    for g, group in enumerate(groups):
        for s, values in enumerate(series.values()):
            if values[g] is None:
                continue
            x, high = LEFT + g * step + step * 0.1 + s * bar, values[g] * scale
            parts.append(f'<rect x="{x:.1f}" y="{base - high:.1f}" width="{bar * 0.9:.1f}" height="{high:.1f}" '
                         f'fill="url(#p{s})" stroke="black"/>')
            parts.append(text(x + bar * 0.45, base - high - 4, told[values[g]], size=f"{size:.3g}"))
        for line, words in enumerate(group.split("\n")):
            parts.append(text(LEFT + (g + 0.5) * step, base + 16 + 14 * line, words, size=11))
    for s, name in enumerate(series):
        x = LEFT + 10 + s * (WIDTH - LEFT) / len(series)
        parts.append(f'<rect x="{x}" y="30" width="14" height="12" fill="url(#p{s})" stroke="black"/>')
        parts.append(text(x + 20, 41, name, "start"))
    return "\n".join(parts + ["</svg>", ""])
