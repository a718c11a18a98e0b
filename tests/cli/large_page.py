"""Pages of large packages and of studies in a browser: rows of dies as lanes, links of thousands, operations unpacked when they are drawn."""
import os

from browser import Browser
from harness import finish, folder, run, write, DECKS
from panels_page import rows_behind
from report_data import data_of, expect, packed_data_of

ROW_GATHER = """[workload]
kind = "collective"
[package]
rows = 64
columns = 64
topology = "torus"
[collective]
operation = "all-gather"
algorithm = "naive-ring"
group = "rows"
bytes = 65536
"""
LOADS = """[study]
deck = "{deck}"
trace = "ops"
[grid]
package.rows = 4
package.columns = 4
traffic.warmup_cycles = 200
traffic.measure_cycles = 1000
traffic.packet_flits = [1, 8]
traffic.injection_rate = [0.05, 0.1, 0.2]
"""
DRAWN = "return JSON.parse(document.getElementById('timeline-canvas').dataset.drawn)"
RIGHT, DOWN, ENTER, HOME = "\ue014", "\ue015", "\ue007", "\ue011"


def good(arguments, here):
    process = run(arguments, here)
    expect(process.returncode == 0, f"{arguments[:2]} ends well", process.stderr)


def opened(browser, here, page, traces):
    good(["report", *traces, "-o", page], here)
    browser.open(f"{here}/{page}")
    expect(browser.is_ready(), f"{page} is drawn", browser.complaints())
    return data_of(f"{here}/{page}")


def look_at_a_large_collective(browser, here):
    write(os.path.join(here, "gather.toml"), ROW_GATHER)
    good(["run", "gather.toml", "--output", "gather", "--trace", "path", "--progress", "none"], here)
    trace, = opened(browser, here, "gather.html", ["gather/trace.h5"])["traces"]
    content = trace["content"]
    expect(os.path.getsize(f"{here}/gather.html") < 5 << 20, "a page of some megabytes", os.path.getsize(f"{here}/gather.html"))
    expect(browser.run(DRAWN) == {"slices": 0, "shares": browser.run(DRAWN)["shares"], "nothing": 0}, "lanes of rows are drawn as shares", browser.run(DRAWN))
    expect(content["operations"]["overview"]["lanes"] == 64 and len(content["operations"]["detail"]["dies"]) == 4096, "64 lanes, and every die's operations in the page")
    browser.press("#timeline-canvas", DOWN, DOWN, ENTER)
    expect(browser.run("return document.getElementById('timeline-lanes').value") == "2", "Enter opens a row", browser.run("return document.getElementById('timeline-lanes').value"))
    drawn = browser.run(DRAWN)
    expect(drawn["shares"] == 0 and drawn["slices"] > 20, "its dies are drawn operation by operation", drawn)
    browser.press("#timeline-canvas", "n")
    first = content["operations"]["detail"]["dies"][128]
    expect("die 128" in browser.text("#timeline-info") and f"start {browser.run('return seconds(arguments[0])', first['start_ps'][0])}" in browser.text("#timeline-info"),
           "n steps through operations of the row's first die", browser.text("#timeline-info"))
    browser.choose("#timeline-lanes", "rows")
    expect(browser.run(DRAWN)["slices"] == 0, "rows of dies again", browser.run(DRAWN))
    step = "const s = document.getElementById('map-time-slider'); return s.hidden === false && document.getElementById('map-time-text').textContent"
    browser.press("#map-time-slider", HOME, RIGHT)
    expect(browser.run(step) and "links busy" in browser.run(step), "the slider moves over thousands of links", browser.run(step))


def look_at_a_layer(browser, here):
    """A cut of a layer of Llama2-70B on 16 x 16 dies, with its messages."""
    cut = ["training.model.layers=1", "training.batch_sequences=16", "training.sequence_length=16", "training.minibatch_tokens=256"]
    good(["run", f"{DECKS}/llama2-70b-16x16.toml", "--output", "layer", "--trace", "messages", "--progress", "none", *(word for each in cut for word in ("--set", each))], here)
    trace, = opened(browser, here, "layer.html", ["layer/trace.h5"])["traces"]
    content = trace["content"]
    expect(len(content["operations"]["detail"]["dies"]) == 256 and content["operations"]["overview"]["dies_per_lane"] == 1, "256 dies, a lane each")
    stalls = rows_behind(browser, "stalls-table-A")
    expect(len(stalls) == len(content["links"]["from"]) and all(sum(map(int, row[2:])) == content["simulated_ps"] for row in stalls), "times of each link add up to the step", stalls[:2])
    waits = [int(row[3]) + int(row[4]) for row in stalls]
    expect(waits == sorted(waits, reverse=True) and waits[0] > 0, "the longest waits come first", waits[:5])
    filled = rows_behind(browser, "buffer-activation-buffer-A-table")
    expect(max(float(row[1]) for row in filled) == max(content["dies"]["activation_peak_bytes"]), "the fullest buffer of any bin is the fullest of all", filled[:2])
    messages = sum(int(row[1]) for row in rows_behind(browser, "latencies-A-table"))
    expect(messages == sum(content["latencies"]["messages"]) > 1000, "every message is in the histogram", messages)
    browser.press("#timeline-canvas", HOME, *["n"] * 40)
    packed = packed_data_of(f"{here}/layer.html")["traces"][0]["content"]["operations"]["detail"]
    rows = browser.run("return operationsInWindow({lanes: allLanes(arguments[0]), store: new OperationStore(arguments[1]),"
                       " from: 0, to: arguments[0].operations.overview.end_ps})[1].filter(row => row[0] === 0 && row[8] !== '').map(row => [row[1], row[8]])", content, packed)
    expect(len(rows) > 10 and all(kind not in ("matmul", "vector") for kind, _ in rows), "operations that wait tell whose message came last", rows[:5])
    browser.press("#map-time-slider", HOME, RIGHT)
    expect(browser.run("return document.getElementById('map-canvas').dataset.values") == "bin" and "share of the bin" in browser.text("#map-scales"),
           "in a bin of time dies are coloured by their share of it", browser.text("#map-scales"))


def look_at_a_study(browser, here):
    write(os.path.join(here, "loads.toml"), LOADS.format(deck=os.path.join(DECKS, "traffic-8x8.toml")))
    good(["sweep", "loads.toml", "--output", "loads"], here)
    study, = opened(browser, here, "loads.html", ["loads/table.csv"])["studies"]
    expect(len(study["rows"]) == 6, "all points are in the page")
    expect(browser.run("return document.querySelectorAll('main section').length") == 2, "a page of a study has its panel only")
    series = "return [...document.querySelectorAll('#study-chart-1 polyline')].map(line => line.getAttribute('points').split(' ').length)"
    expect(browser.run(series) == [3, 3], "latency over load, a line for each length of packets", browser.run(series))
    marks = "return [...document.querySelectorAll('#study-chart-1 .mark')].map(mark => mark.getAttribute('aria-label'))"
    latency = study["names"].index("traffic.latency_mean_cycles")
    seen = browser.run(marks)
    expect(len(seen) == 6 and all(any(row[latency] in mark for mark in seen) for row in study["rows"]), "a mark tells each point", seen)
    browser.choose("#study-y-1", "traffic.accepted_flits_per_die_cycle")
    expect(all("traffic.accepted_flits_per_die_cycle" in mark for mark in browser.run(marks)), "another figure can be drawn", browser.run(marks))
    browser.choose("#study-by-1", "")
    expect(browser.run(series) == [6], "and one line for all", browser.run(series))
    traces = sorted(os.path.join(where, "trace.h5") for where, _, files in os.walk(f"{here}/loads") if "trace.h5" in files)
    page = opened(browser, here, "both.html", ["loads/table.csv", *traces])
    expect(len(page["traces"]) == 6 and browser.run("return document.querySelectorAll('#load-chart .mark').length") == 6, "a study beside the traces of its points")


def refuse_what_is_no_table(here):
    for name, text, part in (("short.csv", "point,a\n1\n", "short.csv:2:1: has 1 cells"), ("other.csv", "a,b\n1,2\n", "other.csv:1:1: is not the table of a study")):
        write(os.path.join(here, name), text)
        process = run(["report", name, "-o", "no.html"], here)
        expect(process.returncode == 2 and part in process.stderr and len(process.stderr.splitlines()) == 1, f"{name} is refused in one line", process.stderr)
        expect(not os.path.exists(f"{here}/no.html"), "and nothing is written")


with folder() as here:
    with Browser() as browser:
        look_at_a_large_collective(browser, here)
        look_at_a_layer(browser, here)
        look_at_a_study(browser, here)
        expect(browser.complaints() == [], "nothing stands on the console")
    refuse_what_is_no_table(here)
finish()
