"""Panels of a report that tell where time and energy went: figures by pointer and keys, their tables, and their sums."""
from report_data import expect

# What the keys tell of a figure after some of them.
TOLD = "return document.getElementById(`${arguments[0]}-told`).textContent"
OPEN = "document.getElementById(arguments[0]).open = true; return new Promise(done => setTimeout(done, 0))"
ROWS = "return [...document.querySelectorAll(`#${arguments[0]} tbody tr`)].map(row => [...row.children].map(cell => cell.textContent))"
RIGHT, LEFT, HOME, TAB, ENTER, ESCAPE = "\ue014", "\ue012", "\ue011", "\ue004", "\ue007", "\ue00c"


def rows_behind(browser, table):
    browser.run(OPEN, table)
    return browser.run(ROWS, table)


def told(browser, figure, *keys):
    browser.press(f"#{figure}", *keys)
    return browser.run(TOLD, figure)


def look_at_times(browser, content):
    dies = content["dies"]
    seen = told(browser, "die-time-A", HOME, *[RIGHT] * 6)
    expect(seen.startswith("die 6 (row 1, column 2), ") and f"matrix engine {browser.run('return seconds(arguments[0])', dies['matrix_ps'][6])}" in seen,
           "keys read the time of a die", seen)
    rows = rows_behind(browser, "die-time-A-table")
    expect([sum(float(cell) for cell in row[1:]) for row in rows] == [content["simulated_ps"]] * len(dies["die"]), "parts of each die add up to the step", rows[:2])
    spent = content["operations"]["spent"]
    forward = {cell["layer"]: 0 for cell in spent if cell["pass"] == "forward" and cell["layer"] >= 0}
    for cell in spent:
        if cell["pass"] == "forward" and cell["layer"] >= 0 and cell["activity"]:
            forward[cell["layer"]] += cell["ps"]
    rows = rows_behind(browser, "layers-forward-table")
    of_trace = [row for row in rows if not row[0].endswith(", B")]
    expect(len(of_trace) == len(forward) and all(abs(sum(map(float, row[1:])) * len(dies["die"]) / ps - 1) < 1e-9 for row, ps in zip(of_trace, forward.values(), strict=True)),
           "a column for each layer, as high as its operations take", rows[:2])
    browser.hover("#layers-forward", 600, 60)
    expect(browser.text("#tip").startswith("layer "), "the pointer reads a layer", browser.text("#tip"))


def look_at_overlap(browser, content):
    rows = rows_behind(browser, "overlap-table")
    matrix = next(row for row in rows if row[1] == "matrix engine")
    expect(int(matrix[2]) + int(matrix[3]) == sum(content["dies"]["matrix_ps"]), "with and without transfers the matrix engines worked as long as their counters say", matrix)
    waits = next(row for row in rows if row[1] == "DRAM wait")
    share = browser.run("return percent(arguments[0])", (int(waits[2]) + int(waits[3])) / len(content["dies"]["die"]) / content["operations"]["overview"]["end_ps"])
    expect(share in browser.text(".overlap"), "what is exposed is said in words", share, browser.text(".overlap"))


def look_at_energy(browser, content):
    rows = rows_behind(browser, "energy-time-A-table")
    width_s = content["simulated_ps"] * 1e-12 / len(rows)
    energy = sum(float(cell) for row in rows for cell in row[1:]) * width_s
    expect(abs(energy / sum(content["dies"]["energy_total_J"]) - 1) < 1e-9, "power over time adds up to the energy of the step", energy)
    expect("W" in told(browser, "energy-time-A", HOME, RIGHT), "keys read it")


def look_at_the_chain(browser, content):
    segments, step = content["path"]["segments"], content["simulated_ps"]
    expect(sum(segments["ps"]) == step, "the chain is as long as the step")
    browser.press("#chain-canvas", HOME)
    first = browser.text("#chain-info")
    expect(first.startswith(f"1 of {len(segments['ps'])}: ") and f"({segments['ps'][0]} ps)" in first, "keys go to the first segment", first)
    browser.press("#chain-canvas", RIGHT, RIGHT)
    second = browser.text("#chain-info")
    expect(second.startswith("3 of ") and f"from {browser.run('return seconds(arguments[0])', sum(segments['ps'][:2]))}" in second, "and on", second)
    waits = next(i for i, (die, from_) in enumerate(zip(segments["die"], segments["from"], strict=True)) if die != from_)
    text = browser.run("return segmentText({...arguments[1], path: arguments[2]}, arguments[0])", waits,
                       {"rows": content["rows"], "columns": content["columns"]}, {"segments": {**segments, "start_ps": [0] * len(segments["ps"]), "merged": [1] * len(segments["ps"])}})
    expect(f"die {segments['die'][waits]} " in text and " waits for " in text, "a segment names who was waited for", text)
    window = "const {from, to} = document.getElementById('chain-canvas').dataset; return Number(to) - Number(from)"
    browser.press("#chain-canvas", "+")
    expect(browser.run(window) < 0.6 * step, "plus zooms in", browser.run(window))
    browser.wheel("#chain-canvas", 400)
    expect(0.5 * step < browser.run(window) < step, "the wheel zooms out", browser.run(window))
    browser.press("#chain-canvas", "0")
    browser.click("#chain-canvas", 600, 100)
    chosen = browser.run("return Number(document.getElementById('chain-canvas').dataset.chosen)")
    expect(browser.text("#chain-info").startswith(f"{chosen + 1} of ") and chosen > 2, "a click chooses a segment", browser.text("#chain-info"))
    rows = rows_behind(browser, "chain-table")
    expect(int(rows[0][10]) == max(segments["ps"]), "the table begins with the longest segment", rows[0])


# Figures without a table to be copied, and without a way for the keyboard.
WITHOUT_TABLE = """const isTable = each => each.textContent.includes('Copy as CSV') && (each.matches('details') || each.querySelector('details') !== null);
return [...document.querySelectorAll('svg.chart, .bars, canvas')].filter(figure => {
  for (let at = figure; !at.matches('section'); at = at.parentElement)
    for (let next = at.nextElementSibling; next && !next.matches('h3, .bars, figure, canvas, svg'); next = next.nextElementSibling) if (isTable(next)) return false;
  return figure.getAttribute('aria-hidden') !== 'true';
}).map(figure => figure.id)"""
REACHABLE = """document.activeElement.blur();
return [...document.querySelectorAll('a[href], button, select, input, summary, [tabindex="0"]')].filter(each => each.offsetParent !== null || each instanceof SVGElement).length"""


def look_at_channels(browser, content):
    browser.press("#map-time-slider", HOME, RIGHT)
    busy = content["busy"]
    rows = rows_behind(browser, "channels-table")
    expect([int(row[2]) for row in rows] == busy["channels"]["busy_ps"] and [round(1000 * float(row[4])) for row in rows] == busy["of_channels"][::busy["bins"]],
           "DRAM channels as a table, in the whole run and in the bin that is shown", rows[:2])
    expect(len(rows_behind(browser, "links-table")) == len(content["links"]["from"]), "and links")
    browser.press("#map-time-slider", HOME)


def look_at_all_figures(browser):
    expect(browser.run(WITHOUT_TABLE) == [], "every figure has a table behind it", browser.run(WITHOUT_TABLE))
    wanted = {"theme", "compare-other", "copy-figures", "map-heat", "map-play", "map-time-slider", "map-canvas", "timeline-canvas", "zoom-in", "chain-canvas", "die-time-A",
              "layers-forward", "energy-time-A"}
    most, reached = browser.run(REACHABLE), set()
    for _ in range(most):
        browser.act("key", [{"type": kind, "value": TAB} for kind in ("keyDown", "keyUp")])
        reached.add(browser.run("return document.activeElement.id"))
        if wanted <= reached:
            break
    expect(wanted <= reached, "the Tab key reaches all", wanted - reached)


def look_at_panels(browser, traces):
    """Of a report of two traces, the first of which has everything."""
    content = traces[0]["content"]
    look_at_times(browser, content)
    look_at_overlap(browser, content)
    look_at_energy(browser, content)
    look_at_the_chain(browser, content)
    look_at_channels(browser, content)
    look_at_all_figures(browser)
