"""The pages of `hecaton report` and `hecaton compare` in a browser without a network: they open, and answer pointer and keys."""
import os
import re
import shutil

from browser import Browser
from charts_page import look_at_latency_over_load, look_at_the_roofline
from comparison_page import look_at_comparisons, make_compared_traces, refuse_comparisons
from harness import finish, folder, run, DECKS
from panels_page import look_at_panels, rows_behind
from report_data import data_of, expect, make_traces

HOSTILE = "<img src=x onerror=document.title='pwned'><script>document.title='pwned'<!--.toml"
# Where the middle of a die is drawn, from the functions that draw it.
PLACE = """const canvas = document.getElementById('map-canvas');
const content = arguments[0];
const layout = mapLayout(content, canvas.parentElement.clientWidth);
return centre(layout, content.dies.row[arguments[1]], content.dies.column[arguments[1]]);"""


def window(browser):
    return browser.run("const {from, to} = document.getElementById('timeline-canvas').dataset; return [Number(from), Number(to)]")


def look_at_the_map(browser, traces):
    content = traces[0]["content"]
    dies = content["dies"]
    expect(browser.text("#map-selected") is None, "no die is chosen at first")
    browser.click("#map-canvas", *browser.run(PLACE, content, 6))
    expect(browser.text("#map-selected") == "die 6 (row 1, column 2)", "a click chooses a die", browser.text("#map-info"))
    sent = browser.run("return bytes(arguments[0])", dies["nop_sent_bytes"][6])
    expect(sent in browser.text("#map-info"), f"its numbers are shown: {sent}", browser.text("#map-info"))
    browser.press("#map-canvas", "\ue014", "\ue015")  # right, down
    expect(browser.text("#map-selected").startswith("die 11 "), "arrow keys go to its neighbours", browser.text("#map-selected"))
    browser.choose("#map-heat", "compute")
    browser.hover("#map-canvas", *browser.run(PLACE, content, 0))
    expect(browser.text("#tip").startswith("die 0 (row 0, column 0)\ncompute: "), "a die under the pointer tells its heat", browser.text("#tip"))
    browser.choose("#map-heat", "energy")
    expect("J energy" in browser.text("#map-scales"), "another heat has another scale", browser.text("#map-scales"))


def picture_of_the_map(browser):
    return browser.run("return document.getElementById('map-canvas').toDataURL()")


def look_at_the_map_at_a_time(browser, traces):
    content = traces[0]["content"]
    bins, links = content["busy"]["bins"], content["busy"]["links"]
    rows = [links[i * bins:(i + 1) * bins] for i in range(len(content["links"]["from"]))]
    expect(browser.text("#map-time-text").startswith("whole run"), "at first the map shows the whole run", browser.text("#map-time-text"))
    whole = picture_of_the_map(browser)
    slider = "const s = document.getElementById('map-time-slider'); "
    expect(browser.run(slider + "return [s.max, s.getAttribute('aria-label').length > 0]") == [str(bins), True], "the slider has all bins")
    browser.click("#map-time-slider")  # in its middle
    place = int(browser.run(slider + "return s.value"))
    expect(abs(place - bins / 2) <= 2, "a click moves the slider", place)
    browser.drag("#map-time-slider", 0.9 * browser.run(slider + "return s.clientWidth"), browser.run(slider + "return s.clientHeight / 2"))
    dragged = int(browser.run(slider + "return s.value"))
    expect(0.8 * bins < dragged < bins and browser.run("return document.getElementById('map-canvas').dataset.bin") == str(dragged - 1), "a drag moves it", dragged)
    browser.click("#map-time-slider")
    middle = picture_of_the_map(browser)
    expect(middle != whole, "the slider changes the map")
    busy = sum(row[place - 1] for row in rows) / len(rows) / 10
    expect(f"links busy {browser.run('return percent(arguments[0])', busy / 100)}" in browser.text("#map-time-text"), "and says how busy links were",
           busy, browser.text("#map-time-text"))
    expect(browser.run(slider + "return s.getAttribute('aria-valuetext')").startswith(browser.text("#map-time-text").split(":")[0]), "so does its value")
    differs = next(b for b in range(bins) if any(row[b] != row[place - 1] for row in rows))
    browser.press("#map-time-slider", "\ue011", *["\ue014"] * (differs + 1))  # home, right
    expect(browser.run("return document.getElementById('map-canvas').dataset.bin") == str(differs), "keys move it too")
    expect(picture_of_the_map(browser) not in (whole, middle), "and change the map")
    die, link = content["links"]["from"].index(0), rows[content["links"]["from"].index(0)]
    tip = "return linkText(arguments[0], sharesAt(arguments[0], arguments[2]), arguments[1], arguments[2])"
    told = browser.run(tip, content, die, differs)
    expect(f"utilisation {browser.run('return percent(arguments[0])', link[differs] / 1000)}" in told, "a link tells its share of the bin", told)
    browser.press("#map-time-slider", "\ue010", "\ue012")  # end, left: the last bin but one
    browser.click("#map-play")
    browser.run("const until = performance.now() + 5000; return new Promise(done => { const look = () => "
                "document.getElementById('map-play').textContent === 'Play' || performance.now() > until ? done() : setTimeout(look, 20); look(); })")
    expect(browser.run(slider + "return s.value") == str(bins), "play goes on to the end", browser.run(slider + "return s.value"))
    browser.press("#map-time-slider", "\ue011")
    expect(picture_of_the_map(browser) == whole, "home shows the whole run again")


def look_at_the_timeline(browser, traces):
    overview = traces[0]["content"]["operations"]["overview"]
    expect(window(browser) == [0, overview["end_ps"]], "the whole step is shown at first")
    before = browser.text("#timeline-range")
    browser.wheel("#timeline-canvas", -400)
    start, end = window(browser)
    expect(0 < start < end < overview["end_ps"], "the wheel zooms", start, end)
    expect(browser.text("#timeline-range") != before, "the range follows")
    browser.press("#timeline-canvas", "+")
    expect(window(browser)[1] - window(browser)[0] < 0.6 * (end - start), "plus zooms in")
    browser.press("#timeline-canvas", "0")
    expect(window(browser) == [0, overview["end_ps"]], "0 shows all")
    browser.choose("#timeline-lanes", "rows")
    browser.press("#timeline-canvas", "\ue015", "\ue007")  # down, Enter: the dies of row 1
    expect(browser.run("return document.getElementById('timeline-lanes').value") == "1", "rows of dies can be shown, and opened")
    shares = "return lanesOfAllRows(arguments[0]).overview.ps"
    summed = browser.run(shares, traces[0]["content"])
    columns, bins = traces[0]["content"]["columns"], overview["bins"]
    for name, list_ in overview["ps"].items():
        expect(summed[name][bins + 3] == sum(list_[(columns + column) * bins + 3] for column in range(columns)), f"a row has the {name} of its dies", summed[name][bins + 3])
    browser.choose("#timeline-lanes", "dies")
    browser.press("#timeline-canvas", "\ue015", "n", "n")  # down: die 1; its second operation
    shown = browser.text("#timeline-info")
    start = int(re.search(r"start .* \((\d+) ps\)", shown)[1])
    die = next(die for die in traces[0]["content"]["operations"]["detail"]["dies"] if die["die"] == 1)
    expect("die 1" in shown and start in die["start_ps"] and start > 0, "n steps through operations of the lane", shown)


def look_at_the_path(browser, traces):
    path, step = traces[0]["content"]["path"], traces[0]["content"]["simulated_ps"]
    expect(path["end_ps"] == step == sum(each["ps"] for each in path["sums"]), "the critical path is as long as the step")
    expect(traces[1]["content"]["path"] is None and "--trace path" in browser.text("#time"), "a trace without a path says so")
    label = browser.run("return document.querySelector('#path-bars .bar').getAttribute('aria-label')")
    expect(all(browser.run("return wordsOfPart(arguments[0])", part) in label for part in {each["part"] for each in path["sums"]}), "the bar tells every part", label)
    rows = [int(row[-1]) for row in rows_behind(browser, "path-table")]
    expect(sum(rows) == step and len(rows) == len(path["sums"]), "the table behind it adds up to the step", sum(rows))


def look_at_the_rest(browser, traces):
    for index in range(2):
        step = next(line["value"] for line in traces[index]["figures"] if line["label"] == "step time")
        expect(step in browser.text("#figures-table"), f"the step time of each trace is in the table: {step}")
    expect("training.method" in browser.text("#compare-differences"), "a report of two traces compares them", browser.text("#compare-differences"))
    expect(browser.run("return document.querySelectorAll('#time-bars .bar').length") == 2, "a bar for each trace")
    look_at_the_path(browser, traces)
    expect("--trace summary" in browser.text("#timeline .missing"), "the trace without operations says so")
    colour = "return getComputedStyle(document.body).backgroundColor"
    browser.choose("#theme", "light")
    light = browser.run(colour)
    browser.choose("#theme", "dark")
    expect(light != browser.run(colour), "light and dark differ")
    browser.run("addEventListener('beforeprint', () => { window.onPaper = getComputedStyle(document.body).backgroundColor; })")
    paper = browser.printed()
    expect(paper.startswith(b"%PDF") and paper.count(b"/Type /Page\n") >= 3, "the page can be printed", paper[:8], paper.count(b"/Type /Page\n"))
    expect(browser.run("return window.onPaper") == light and browser.run(colour) != light, "on paper it is light, and then dark again", browser.run("return window.onPaper"))


def look_at_the_page(here):
    process = run(["report", "whole/trace.h5", "summary/trace.h5", "-o", "page.html"], here)
    expect(process.returncode == 0, "the page is written", process.stderr)
    expect(os.path.getsize(f"{here}/page.html") < 5_000_000, "in less than 5 MB", os.path.getsize(f"{here}/page.html"))
    traces = data_of(f"{here}/page.html")["traces"]
    with Browser() as browser:
        browser.open(f"{here}/page.html")
        expect(browser.is_ready(), "the page is drawn", browser.complaints())
        look_at_the_rest(browser, traces)
        look_at_the_map_at_a_time(browser, traces)
        look_at_the_map(browser, traces)
        look_at_the_timeline(browser, traces)
        look_at_the_roofline(browser, traces)
        look_at_panels(browser, traces)
        for kind in ("collective", "traffic"):
            run(["report", f"{kind}/trace.h5", "-o", f"{kind}.html"], here)
            browser.open(f"{here}/{kind}.html")
            expect(browser.is_ready(), f"a page of {kind} is drawn", browser.complaints())
            expect(browser.run("return document.getElementById('comparison')") is None, "one trace is not compared")
            has_slider = browser.run("return !document.getElementById('map-time').hidden")
            expect(has_slider == (kind != "traffic"), f"the map of {kind} has a slider where the trace has bins", has_slider)
        look_at_latency_over_load(browser, here)
        look_at_comparisons(browser, here)
        look_at_a_hostile_name(browser, here)
        expect(browser.complaints() == [], "nothing stands on the console")
        asked = browser.requests()
        expect(len(asked) >= 4 and all(address.startswith("file://") and address.endswith(".html") for address in asked),
              "nothing but the pages was asked for", asked)


def look_at_a_hostile_name(browser, here):
    shutil.copy(f"{DECKS}/collective-all-gather-bypass.toml", os.path.join(here, HOSTILE))
    made = [run(["run", HOSTILE, "--output", "hostile", "--progress", "none"], here), run(["report", "hostile/trace.h5", "-o", "hostile.html"], here)]
    expect(all(process.returncode == 0 for process in made), "a hostile name is reported", *(process.stderr for process in made))
    browser.open(f"{here}/hostile.html")
    expect(browser.run("return document.title") == f"hecaton report: {HOSTILE}", "the name is text", browser.run("return document.title"))
    expect(browser.run("return document.images.length + document.scripts.length") == 2, "and no element")


def expect_the_browser_to_complain(here):
    """What checks the pages is shown a broken one first."""
    with open(f"{here}/broken.html", "w", encoding="utf-8") as file:
        file.write("<!DOCTYPE html><script>missing()</script><img src='elsewhere.png'>")
    with Browser() as browser:
        browser.open(f"{here}/broken.html")
        complaints, asked = browser.complaints(), browser.requests()
        expect(any("missing is not defined" in text for text in complaints), "an error reaches the console's log", complaints)
        expect(any(address.endswith("elsewhere.png") for address in asked), "a request is noticed", asked)


with folder() as here:
    expect_the_browser_to_complain(here)
    make_traces(here)
    make_compared_traces(here)
    refuse_comparisons(here)
    look_at_the_page(here)
finish()
