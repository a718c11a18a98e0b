"""Maps of numbers as SVG: a cell that reaches its mark has a thick frame and is hatched."""
from bars import text

CELL, HIGH, LEFT, TOP = 62, 28, 80, 92


def draw(title, maps, across=2):
    """`maps`: (heading, names of columns, names of rows, {(row, column): value}, mark), so many beside each other."""
    wide = max(LEFT + CELL * len(columns) + 20 for _, columns, _, _, _ in maps)
    high = TOP + HIGH * max(len(rows) for _, _, rows, _, _ in maps)
    width, height = wide * min(across, len(maps)), high * -(-len(maps) // across) + 30
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
             '<defs><pattern id="reached" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" '
             'fill="#e4e4e4"/><path d="M0,6 L6,0" stroke="#999999" stroke-width="0.8"/></pattern></defs>',
             f'<rect width="{width}" height="{height}" fill="white"/>', text(width / 2, 20, title, size=14)]
    for index, (heading, columns, rows, values, mark) in enumerate(maps):
        left, top = LEFT + wide * (index % across), TOP + high * (index // across)
        parts.append(text(left + CELL * len(columns) / 2, top - TOP + 46, heading, size=12))
        for c, name in enumerate(columns):
            for line, words in enumerate(name.split("\n")):
                parts.append(text(left + CELL * (c + 0.5), top - 24 + 13 * line, words, size=10))
        for r, row in enumerate(rows):
            parts.append(text(left - 6, top + HIGH * (r + 0.65), row, "end", 10))
            for c, column in enumerate(columns):
                value = values[row, column]
                reached = value >= mark
                inset = 1.5 if reached else 0.5
                parts.append(f'<rect x="{left + CELL * c + inset}" y="{top + HIGH * r + inset}" width="{CELL - 2 * inset}" '
                             f'height="{HIGH - 2 * inset}" fill="{"url(#reached)" if reached else "white"}" '
                             f'stroke="black" stroke-width="{3 if reached else 0.6}"/>')
                parts.append(text(left + CELL * (c + 0.5), top + HIGH * (r + 0.65), f"{value:.2f}"))
    return "\n".join(parts + ["</svg>", ""])
