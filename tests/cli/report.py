"""`hecaton report`: the page that it writes, and what it refuses."""
import json
import os

from harness import error_lines, files_below, finish, folder, run
from report_data import data_of, expect, make_traces


def expect_refused(here, arguments, *parts):
    before = files_below(here)
    process = run(["report", *arguments], here)
    message = process.stderr
    expect(process.returncode == 2, f"report {arguments}: exit code {process.returncode}", message)
    expect(len(message.splitlines()) == 1 and len(error_lines(process)) == 1, f"report {arguments}: one line", message)
    expect(all(part in message for part in parts), f"report {arguments}: says {parts}", message)
    expect(files_below(here) == before, f"report {arguments}: nothing is written")


with folder() as here:
    make_traces(here)
    process = run(["report", "whole/trace.h5", "summary/trace.h5", "-o", "new/page.html"], here)
    expect(process.returncode == 0 and process.stdout == "report   new/page.html\n", "a page of two traces", process.stderr)
    whole, summary = data_of(f"{here}/new/page.html")["traces"]
    with open(f"{here}/whole/summary.json", encoding="utf-8") as file:
        told = json.load(file)
    dies = whole["content"]["dies"]
    expect(whole["content"]["simulated_ps"] == told["simulated_ps"], "the page tells the time of the summary")
    expect(abs(sum(dies["energy_total_J"]) / told["training"]["energy_J"]["total"] - 1) < 1e-12, "and its energy")
    spent = whole["content"]["operations"]["spent"]
    expect(sum(cell["ps"] for cell in spent if cell["kind"] == "matmul") == sum(dies["matrix_ps"]), "products of rows and of counters agree")
    expect(summary["content"]["operations"] is None and "--trace summary" in summary["content"]["why_no_operations"],
          "a trace without operations says so")
    expect(any(key == "training.method" for key, _, _ in whole["content"]["deck"]), "the deck is there")

    for kind in ("collective", "traffic"):
        process = run(["report", f"{kind}/trace.h5", "-o", f"{kind}.html"], here)
        expect(process.returncode == 0, f"a page of {kind}", process.stderr)
    expect(max(data_of(f"{here}/traffic.html")["traces"][0]["content"]["links"]["busy_ps"]) > 0, "links of synthetic traffic")

    with open(f"{here}/whole/trace.h5", "rb") as file:
        content = file.read()
    for name, part in (("cut.h5", content[: len(content) // 2]), ("text.h5", b"no trace"), ("empty.h5", b"")):
        with open(os.path.join(here, name), "wb") as file:
            file.write(part)
        expect_refused(here, [name, "-o", "bad.html"], name, "is not a readable trace")
    expect_refused(here, ["missing.h5"], "missing.h5", "there is no such file")
    expect_refused(here, ["whole"], "it is a folder", "trace.h5")
    expect_refused(here, ["whole/trace.h5", "missing.h5"], "missing.h5")
    expect_refused(here, ["whole/trace.h5", "-o", "whole/trace.h5"], "--output")
    expect_refused(here, ["whole/trace.h5", "--dies", "3,16"], "has no die 16", "dies 0 to 15")
    expect_refused(here, ["whole/trace.h5", "--from", "2ms", "--to", "1ms"], "--from", "--to")
    expect(run(["report"], here).returncode == 2, "no trace at all is refused")

    os.mkdir(f"{here}/folder.html")
    expect(run(["report", "whole/trace.h5", "-o", "folder.html"], here).returncode == 2, "a folder is no page")
    process = run(["report", "whole/trace.h5", "-o", "some.html", "--dies", "3,5", "--to", "1ms"], here)
    detail = data_of(f"{here}/some.html")["traces"][0]["content"]["operations"]["detail"]
    expect([die["die"] for die in detail["dies"]] == [3, 5], "the dies that were asked for", detail["dies"])
    expect(max(max(die["start_ps"]) for die in detail["dies"]) <= 10**9, "and the time")
finish()
