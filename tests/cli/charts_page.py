"""Charts of a report: the roofline of a die, and latency over load of synthetic traffic."""
import json

from harness import run, DECKS
from panels_page import rows_behind
from report_data import data_of, expect

MARKS = """return [...document.querySelectorAll(`#${arguments[0]} .mark`)].map(mark => {
  const circle = mark.querySelector('circle');
  return [mark.getAttribute('aria-label'), Number(circle.getAttribute('cx')), Number(circle.getAttribute('cy'))];
})"""


def look_at_the_roofline(browser, traces):
    """Of the first of two traces; figures follow from the counters of its dies and its deck."""
    content = traces[0]["content"]
    dies, deck = content["dies"], {key: value for key, value, _ in content["deck"]}
    flops, moved = 2 * sum(dies["macs"]), sum(dies["dram_read_bytes"]) + sum(dies["dram_write_bytes"])
    count = len(dies["die"])
    bandwidth = float(deck["memory.bandwidth_GBps"]) * 1e9 * content["channel_count"] / count
    in_step = flops / count / (content["simulated_ps"] * 1e-12)
    roof = min(float(deck["die.peak_TFLOPS"]) * 1e12, flops / moved * bandwidth)
    expected = [flops / moved, float(deck["die.peak_TFLOPS"]) * 1e12, bandwidth, roof, in_step, flops / (sum(dies["matrix_ps"]) * 1e-12)]
    row = rows_behind(browser, "roofline-table")[0]
    expect(row[0] == "A" and all(abs(float(told) / value - 1) < 1e-4 for told, value in zip(row[1:], expected, strict=True)), "the roofline's figures", row, expected)
    marks = browser.run(MARKS, "roofline-chart")
    passes = rows_behind(browser, "roofline-passes-table")
    expect(len(marks) == 4 + len(passes), "two marks for each trace, and one for each of its passes", marks)
    spent = content["operations"]["spent"]
    expect(sum(cell["macs"] for cell in spent) == sum(dies["macs"]), "multiply-accumulates of the operations are those of the dies")
    matrix = {name: 2 * sum(cell["macs"] for cell in spent if cell["pass"] == name) for name in content["operations"]["passes"]}
    for _, name, intensity, _, rate in passes:
        part = matrix[name]
        bytes_moved = sum(cell["bytes"] for cell in spent if cell["kind"] in ("dram-read", "dram-write") and cell["pass"] == name)
        time_s = sum(cell["ps"] for cell in spent if cell["activity"] and cell["pass"] == name) * 1e-12
        expect(abs(float(intensity) / (part / bytes_moved) - 1) < 1e-4 and abs(float(rate) / (part / time_s) - 1) < 1e-4, f"the roofline of the {name} pass", intensity, rate)
    moving = [name for name in matrix if matrix[name] > 0 and any(cell["pass"] == name and cell["kind"] in ("dram-read", "dram-write") for cell in spent)]
    expect([row[1] for row in passes] == moving and len(moving) >= 2, "passes that multiply and move something", passes)
    busy, step = marks[:2]
    expect(busy[1] == step[1] and busy[2] < step[2], "what is done while the engine works lies above what is done in the step", busy, step)
    browser.run("document.querySelectorAll('#roofline-chart .mark')[1].focus()")
    tip = browser.text("#tip")
    expect(browser.run("return percent(arguments[0])", in_step / roof) in tip and "A, over the whole step" in tip, "a mark tells itself to the keyboard", tip)
    browser.run("document.activeElement.blur()")
    look_at_the_products(browser, spent, float(deck["die.peak_TFLOPS"]) * 1e12)


def look_at_the_products(browser, spent, peak):
    """Of a package whose engines are arrays: the roof is the peak rate."""
    products = [cell for cell in spent if cell["kind"] == "matmul"]
    stages = {(cell["pass"], cell["stage"]) for cell in products}
    rows = [row for row in rows_behind(browser, "products-table") if row[0] == "A"]
    expect({(row[1], row[2]) for row in rows} == stages and len(rows) == len(stages) >= 8, "a row for each stage that multiplies", rows, stages)
    for _, name, stage, count, intensity, roof, rate, share in rows:
        cells = [cell for cell in products if (cell["pass"], cell["stage"]) == (name, stage)]
        rows_of, flops, moved, time_s = (sum(cell[column] for cell in cells) * unit for column, unit in (("rows", 1), ("macs", 2), ("bytes", 1), ("ps", 1e-12)))
        expect(int(count) == rows_of and all(abs(float(told) / value - 1) < 1e-4 for told, value in
               ((intensity, flops / moved), (roof, peak), (rate, flops / time_s), (share, flops / time_s / peak))), f"products of {name}, {stage}", count, intensity, roof, rate, share)
        expect(0 < float(share) <= 1, "no product is faster than the engine", name, stage, share)
    marks = browser.run(MARKS, "products-chart")
    expect(len([mark for mark in marks if mark[0].startswith("A, ")]) == len(rows), "a mark for each", marks)


def look_at_latency_over_load(browser, here):
    names = ["traffic", "light"]
    process = run(["run", f"{DECKS}/traffic-8x8.toml", "--set", "traffic.injection_rate=0.02", "--output", "light", "--progress", "none"], here)
    expect(process.returncode == 0, "a light load", process.stderr)
    process = run(["report", *(f"{name}/trace.h5" for name in names), "-o", "load.html"], here)
    expect(process.returncode == 0, "a page of two loads", process.stderr)
    browser.open(f"{here}/load.html")
    measured = []
    for name in names:
        with open(f"{here}/{name}/summary.json", encoding="utf-8") as file:
            measured.append(json.load(file)["traffic"])
    rows = rows_behind(browser, "load-table")
    expect([row[0] for row in rows] == ["B", "A"], "the lighter load comes first", rows)
    for row, of in zip(rows, reversed(measured), strict=True):
        told = [of["offered_flits_per_die_cycle"], of["accepted_flits_per_die_cycle"], of["latency_mean_cycles"], of["latency_min_cycles"], of["latency_max_cycles"]]
        expect([float(cell) for cell in row[1:]] == told, "loads and latencies are those that were measured", row, told)
    light, heavy = browser.run(MARKS, "load-chart")
    expect(light[1] < heavy[1] and light[2] > heavy[2], "more load lies further right, more latency higher", light, heavy)
    expect(data_of(f"{here}/load.html")["traces"][0]["content"]["path"] is None and browser.run("return document.getElementById('roofline-chart')") is None,
           "there is no roofline without programs")
