"""`--json`: the numbers of a table for scripts, the same as in the table and in summary.json."""
import json
import os
import re

from harness import DECKS, SMALL, check, finish, folder, run, write
from checks import need

STUDY = '[study]\ndeck = "small.toml"\ntrace = "none"\n[grid]\ncollective.bytes = [4096, 8192]\n'
TRAINING = [f"{DECKS}/quickstart.toml", "--set", "training.batch_sequences=4"]


def printed(arguments, here, code=0):
    process = run(arguments, here)
    need(process.returncode == code and process.stderr == "", f"{arguments}: {process.returncode} {process.stderr!r}")
    return process.stdout


def told(arguments, here, code=0):
    return json.loads(printed([*arguments, "--json"], here, code))


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return json.load(file)


def number(text, label):
    """The whole number after a label in a table."""
    return int(re.search(rf"^ *{label} +(\d+)", text, re.M)[1])


def summaries(here):
    for name, settings in (("fast", []), ("slow", ["--set", "link.bandwidth_GBps=16"])):
        printed(["run", "small.toml", "--output", name, "--trace", "path", "--progress", "none", *settings], here)
    fast, slow = read(here, "fast/summary.json"), read(here, "slow/summary.json")
    seen = told(["summary", "slow/trace.h5"], here)
    check(seen["summary"] == slow and seen["unfinished"] is False, f"summary tells what summary.json does: {seen}")
    path = seen["critical_path"]
    check(path["time_ps"] == slow["simulated_ps"] == sum(path["parts"].values()), f"and the critical path: {path}")
    share = path["parts"]["serialisation_ps"] / path["time_ps"]
    check(f"serialisation {100 * share:.1f} %" in printed(["summary", "slow/trace.h5"], here), f"as the table does: {share}")
    compared = told(["compare", "fast/trace.h5", "slow/trace.h5"], here)
    check([each["summary"] for each in compared["runs"]] == [fast, slow], "compare tells both")
    apart, = compared["differences"]
    longer = slow["simulated_ps"] - fast["simulated_ps"]
    for name in ("sections", "connections"):
        check(sum(each["time_ps"] for each in apart["critical_path"][name]) == longer, f"{name} add up to {longer}: {apart}")
    check(apart["critical_path"]["time_ps"] == longer == sum(apart["critical_path"]["parts"].values()), f"and so do parts: {apart}")
    text = printed(["compare", "fast/trace.h5", "slow/trace.h5"], here)
    check(re.search(rf"serialisation .* \+{apart['critical_path']['parts']['serialisation_ps']} ps", text), "as the table says them")
    check(text.count(f"{longer:+d} ps\n") >= 3 and text.count("  together ") == 3, f"by part, by layer and by link they add up to {longer}: {text}")
    check(all(f"  {each['key']} " in text and f"{each['baseline']} -> {each['value']}" in text for each in apart["deck"]) and apart["deck"], f"and what differs in the decks: {text}")


def checked_decks(here):
    seen, text = told(["validate", *TRAINING, "--ranks", "3"], here), printed(["validate", *TRAINING, "--ranks", "3"], here)
    check(seen["package"]["rows"] == 4 and seen["run"]["ranks"] == 3 and seen["model"]["tokens_per_step"] == 4 * 2048, f"a deck: {seen}")
    for fact in seen["plan"]:
        check(f"  {fact['name']} " in text and fact["value"] in text, f"facts of the plan: {fact}")
    undisturbed = seen["undisturbed"]
    least = max(undisturbed["compute_ps"] + undisturbed["collectives_ps"], undisturbed["dram_ps"])
    check(f"{least * 1e-9:.6f} ms" in text, f"a step at least: {least}")
    check(seen["resolved_deck"] in text and seen["dram"]["total_bytes"] > seen["dram"]["weights_bytes"] > 0, "the deck, and DRAM")
    check(seen["sampled"]["segments_simulated"] <= seen["sampled"]["segments_total"], f"a sample: {seen['sampled']}")
    check("model" not in told(["validate", "small.toml"], here), "a collective has no model")
    fits, table = told(["validate", *TRAINING, "--fits"], here)["meshes"], printed(["validate", *TRAINING, "--fits"], here)
    cells = table.split("\n\n")[1]
    check(sum(each.get("fits_buffers_of_deck", False) for each in fits) == cells.count("*") > 0, "meshes that fit are those of the table")
    check(sum(not each["fits"] for each in fits) == len(re.findall(r"\([a-z]\)", cells)), "and those that are refused")


def regions(here):
    words = ["partition", "small.toml", "--ranks", "2"]
    seen, text = told(words, here), printed(words, here)
    check(f"cut        {seen['cut_links']} of {seen['links']} links" in text, f"links that are cut: {seen}")
    check([each["dies"] for each in seen["ranks"]] == [4, 4], f"dies of ranks: {seen}")
    for each in seen["ranks"]:
        check(re.search(rf"^ +{each['rank']} +{each['dies']} +{each['expected_events']} ", text, re.M), f"{each} in {text!r}")


def studies(here):
    write(os.path.join(here, "study.toml"), STUDY)
    before, text = told(["sweep", "study.toml", "--status"], here), printed(["sweep", "study.toml", "--status"], here)
    check((before["points"], before["finished"], before["to_do"]) == (2, 0, 2) and before["left_s"] > 0, f"a study that has not begun: {before}")
    check(all(number(text, label) == before[label.replace(" ", "_")] for label in ("points", "finished", "failed", "stopped", "to do")), text)
    need(run(["sweep", "study.toml"], here).returncode == 0, "the points of the study run")
    after = told(["sweep", "study.toml", "--status"], here)
    check((after["finished"], after["to_do"], after["started"]) == (2, 0, []) and "left_s" not in after, f"and one that is finished: {after}")
    refused = run(["sweep", "study.toml", "--json"], here)
    check(refused.returncode == 2 and "--status" in refused.stderr, f"only the status has JSON: {refused.stderr!r}")


def watched(here):
    seen = told(["watch", "slow", "--once"], here)
    check(seen["state"] == "ended" and seen["summary"] == read(here, "slow/summary.json") and "status" not in seen, f"a run that has ended: {seen}")


with folder() as here:
    write(os.path.join(here, "small.toml"), SMALL)
    summaries(here)
    checked_decks(here)
    regions(here)
    studies(here)
    watched(here)
finish()
