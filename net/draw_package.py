"""Draws net/package.svg, the picture of the package in the README:  python3 net/draw_package.py > net/package.svg"""

ROWS = COLUMNS = 4
DIE, PITCH, LEFT, TOP = 84, 130, 150, 120
RING_ROW = 1
WIDTH, HEIGHT = 2 * LEFT + (COLUMNS - 1) * PITCH + DIE, TOP * 2 + (ROWS - 1) * PITCH + DIE + 92
INK, LINE, DIE_FILL, IO_FILL, RING = "#22303c", "#8796a3", "#e8eef4", "#f6e9d3", "#c0392b"
out = []


def corner(row, column):
    return LEFT + column * PITCH, TOP + row * PITCH


def line(x1, y1, x2, y2, colour=LINE, width=1.6, extra=""):
    out.append(f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" stroke-width="{width}" {extra}/>')


def text(x, y, content, size=13, anchor="middle", colour=INK, extra=""):
    out.append(f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{colour}" {extra}>{content}</text>')


def box(x, y, width, height, fill):
    out.append(f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="5" fill="{fill}" stroke="{INK}"/>')


def both_ways(x1, y1, x2, y2):
    """The two directed links between neighbours, as a double arrow each."""
    for shift in (-7, 7):
        dx, dy = (0, shift) if y1 == y2 else (shift, 0)
        ends = (x1, y1, x2, y2) if shift < 0 else (x2, y2, x1, y1)
        line(ends[0] + dx, ends[1] + dy, ends[2] + dx, ends[3] + dy, extra='marker-end="url(#grey)"')


def links():
    for row in range(ROWS):
        for column in range(COLUMNS):
            x, y = corner(row, column)
            if column + 1 < COLUMNS and row != RING_ROW:
                both_ways(x + DIE, y + DIE / 2, x + PITCH, y + DIE / 2)
            if row + 1 < ROWS:
                both_ways(x + DIE / 2, y + DIE, x + DIE / 2, y + PITCH)


def io_die(x, y, width, height, link):
    line(*link, width=1.6)
    box(x, y, width, height, IO_FILL)
    text(x + width / 2, y + height / 2 + 4.5, "IO", 12)


def io_dies():
    gap, deep = 22, 30
    for row in range(ROWS):
        for column in range(COLUMNS):
            x, y = corner(row, column)
            middle_x, middle_y = x + DIE / 2, y + DIE / 2
            if row == 0:
                io_die(x + 14, y - gap - deep, DIE - 28, deep, (middle_x, y, middle_x, y - gap))
            elif row == ROWS - 1:
                io_die(x + 14, y + DIE + gap, DIE - 28, deep, (middle_x, y + DIE, middle_x, y + DIE + gap))
            elif column == 0:
                io_die(x - gap - deep, y + 14, deep, DIE - 28, (x, middle_y, x - gap, middle_y))
            elif column == COLUMNS - 1:
                io_die(x + DIE + gap, y + 14, deep, DIE - 28, (x + DIE, middle_y, x + DIE + gap, middle_y))


def dies():
    for row in range(ROWS):
        for column in range(COLUMNS):
            x, y = corner(row, column)
            box(x, y, DIE, DIE, DIE_FILL)
            ring = row == RING_ROW
            text(x + DIE / 2, y + (20 if ring else DIE / 2 + 5), f"die {row * COLUMNS + column}", colour=INK)


def ring():
    """Positions 0, 2, 3, 1 of the row: even ones eastward, odd ones back; a dashed line passes a die by."""
    _, y = corner(RING_ROW, 0)
    east, west = y + DIE / 2 - 4, y + DIE / 2 + 18
    edges = [(0, 2, east), (2, 3, east), (3, 1, west), (1, 0, west)]
    for start, end, lane in edges:
        step = 1 if end > start else -1
        x1 = corner(RING_ROW, start)[0] + (DIE - 14 if step > 0 else 14)
        x2 = corner(RING_ROW, end)[0] + (14 if step > 0 else DIE - 14)
        out.append(f'<circle cx="{x1}" cy="{lane}" r="3.5" fill="{RING}"/>')
        line(x1, lane, x2, lane, RING, 2.6, 'marker-end="url(#red)"')
        for skipped in range(start + step, end, step):
            x = corner(RING_ROW, skipped)[0]
            line(x + 1, lane, x + DIE - 1, lane, DIE_FILL, 3.2)
            line(x, lane, x + DIE, lane, RING, 2.6, 'stroke-dasharray="5 4"')


def legend():
    y = TOP + (ROWS - 1) * PITCH + DIE + 92
    x = LEFT - 52
    both_ways(x, y, x + 40, y)
    text(x + 52, y + 4, "die-to-die link, one in each direction", anchor="start")
    box(x + 4, y + 22, 30, 20, IO_FILL)
    text(x + 52, y + 37, "IO die with its DRAM channels, one at each die of the edge", anchor="start")
    line(x, y + 62, x + 36, y + 62, RING, 2.6, 'marker-end="url(#red)"')
    text(x + 52, y + 66, "bypass ring of a row (drawn in one row; all rows and columns have one):", anchor="start")
    line(x, y + 82, x + 40, y + 82, RING, 2.6, 'stroke-dasharray="5 4"')
    text(x + 52, y + 86, "passes this die without touching its buffers; each link carries one ring edge", anchor="start")


def marker(name, colour):
    return (f'<marker id="{name}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="9" markerHeight="9" '
            f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0.6 L8 4 L0 7.4 z" fill="{colour}"/></marker>')


links()
io_dies()
dies()
ring()
text(WIDTH / 2, 34, "A package of 4 x 4 compute dies", 17, extra='font-weight="bold"')
legend()
print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">')
print("<title>A package of 4 x 4 compute dies with IO dies along its edge and a bypass ring in one row</title>")
print(f'<defs>{marker("grey", LINE)}{marker("red", RING)}</defs>')
print(f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>')
print("\n".join(out))
print("</svg>")
