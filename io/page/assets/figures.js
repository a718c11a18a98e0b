// Head figures of each trace, the differences of decks, assumptions and provenance.

function headFigures(trace) {
  const wanted = ["step time", "tokens/s", "FLOPs utilisation", "time", "latency, cycles", "  offered", "  accepted"];
  const found = wanted.map(label => trace.figures.find(line => line.label === label)).filter(Boolean);
  const shown = found.length > 0 ? found : trace.run.filter(line => line.label === "simulated time");
  return element("dl", {}, ...shown.slice(0, 3).flatMap(line => [element("dt", {}, line.label.trim()), element("dd", {}, line.value)]));
}

// The indented lines that follow a line: of a sampled step its interval, and what was sampled.
function linesBelow(trace, label) {
  const below = trace.figures.slice(trace.figures.findIndex(line => line.label === label) + 1);
  const end = below.findIndex(line => !line.label.startsWith(" "));
  return below.slice(0, end).map(line => `${line.label.trim()}: ${line.value}`).join("; ");
}

function traceCard(trace, index) {
  const {rows, columns, unfinished, sampled} = trace.content;
  const card = element("div", {class: "card"}, letterBadge(index), " ", element("strong", {}, trace.deck_name),
    element("div", {class: "path"}, `${rows} x ${columns} dies, ${trace.path}`), headFigures(trace));
  if (unfinished) card.append(element("p", {class: "warning"}, "The run has not ended: counters are those of its last checkpoint."));
  if (sampled) card.append(element("p", {class: "note"}, `A part of the step was simulated. ${linesBelow(trace, "step time")}`));
  return card;
}

function showTraces(traces) {
  document.getElementById("traces").append(element("div", {class: "cards"}, ...traces.map(traceCard)));
}

// One cell of the table: value, share, and ratio to the baseline.
function figureCells(line, base, isBase) {
  const value = line ? line.value : "–";
  const cells = [{text: value, class: "number"}, {text: line && line.share !== null ? percent(line.share) : "", class: "number ratio"}];
  if (!isBase) {
    const comparable = line && base && line.number !== null && base.number > 0;
    cells.push({text: comparable ? `${(line.number / base.number).toPrecision(3)}x` : "", class: "number ratio"});
  }
  return cells;
}

// `base`: the trace to which ratios are.
function figuresTable(traces, part, id, base = 0) {
  const labels = [];
  for (const trace of traces) for (const line of trace[part]) if (!labels.includes(line.label)) labels.push(line.label);
  const head = ["", ...traces.flatMap((trace, i) => [{text: letterBadge(i), class: "number"}, {text: "share", class: "number"},
    ...(i !== base ? [{text: `to ${letterOf(base)}`, class: "number"}] : [])])];
  const rows = labels.map(label => {
    const lines = traces.map(trace => trace[part].find(line => line.label === label));
    const isHeading = lines.every(line => !line || line.value === "");
    return {class: isHeading ? "heading" : null,
      cells: [{text: label.trim(), class: label.startsWith(" ") ? "indent" : null}, ...lines.flatMap((line, i) => figureCells(line, lines[base], i === base))]};
  });
  return element("div", {class: "scroll"}, table(head, rows, id));
}

function strataTable(trace, index) {
  const {strata} = trace.content.sampled;
  const rows = strata.name.map((name, i) => [{text: name, class: "text"}, strata.section[i], strata.simulated[i], strata.total[i],
    {text: seconds(strata.mean_ps[i]), class: "number"}, {text: seconds(strata.deviation_ps[i]), class: "number"}]);
  const number = text => ({text, class: "number"});
  return element("details", {}, element("summary", {}, letterBadge(index), " What was sampled: segments by kind"),
    element("div", {class: "scroll"}, table(["Segments", "Part of the step", number("simulated"), number("stand for"), number("mean time"),
      number("deviation")], rows)));
}

function figureRows(traces, part) {
  const labels = [...new Set(traces.flatMap(trace => trace[part].map(line => line.label)))];
  const cellsOf = line => line ? [line.value, line.number === null ? "" : line.number, line.share === null ? "" : line.share] : ["", "", ""];
  return [["figure", ...traces.flatMap((_, i) => [letterOf(i), `${letterOf(i)} (number)`, `${letterOf(i)} (share)`])],
    labels.map(label => [label.trim(), ...traces.flatMap(trace => cellsOf(trace[part].find(line => line.label === label)))])];
}

function drawFigures(traces, base) {
  document.getElementById("figures-body").replaceChildren(figuresTable(traces, "figures", "figures-table", base),
    element("div", {class: "tools"}, copyButton("copy-figures", () => csvOf(...figureRows(traces, "figures")))));
}

function showFigures(traces) {
  const section = document.getElementById("figures");
  section.append(element("div", {id: "figures-body"}));
  drawFigures(traces, 0);
  traces.forEach((trace, i) => { if (trace.content.sampled) section.append(strataTable(trace, i)); });
  section.append(element("details", {}, element("summary", {}, "The simulation itself: digest, events, memory"), figuresTable(traces, "run")));
}

// [key, values by trace, tags by trace] of all keys of all decks.
function deckKeys(traces) {
  const keys = new Map();
  traces.forEach((trace, i) => {
    for (const [key, value, tag] of trace.content.deck) {
      if (!keys.has(key)) keys.set(key, {values: traces.map(() => "–"), tags: traces.map(() => "")});
      keys.get(key).values[i] = value;
      keys.get(key).tags[i] = tag;
    }
  });
  return [...keys].map(([key, {values, tags}]) => [key, values, tags]);
}

const badges = traces => traces.map((trace, i) => ({text: letterBadge(i)}));

// Among some of the traces.
function showDifferences(section, traces, keys, among, id) {
  const differing = keys.filter(([, values]) => among.some(i => values[i] !== values[among[0]]));
  section.append(element("h3", {}, "Differences of the decks"));
  if (differing.length === 0) {
    section.append(element("p", {class: "note", id}, "The decks do not differ in any key."));
    return;
  }
  section.append(element("div", {class: "scroll"}, table(["Key", ...among.map(i => ({text: letterBadge(i)}))],
    differing.map(([key, values]) => [key, ...among.map(i => ({text: values[i], class: "text"}))]), id)));
}

// Of one trace: what its deck says other than the defaults.
function showGiven(section, keys) {
  const given = keys.filter(([, , tags]) => tags[0] === "given");
  section.append(element("h3", {}, "What the deck gives"), element("div", {class: "tools"}, copyButton("copy-given", () => csvOf(["key", "value"], given.map(([key, values]) => [key, values[0]])))),
    element("div", {class: "scroll"}, table(["Key", "Value"], given.map(([key, values]) => [key, {text: values[0], class: "text"}]), "given")));
}

const tagMeanings = {PAPER: "stated in the paper that the simulated system follows", PUBLIC: "read in another public source",
  DERIVED: "follows by arithmetic", ASSUMED: "a sensible value chosen by the program", given: "chosen by the deck"};

function showDeck(section, traces, keys) {
  const tags = [...new Set(keys.flatMap(([, , each]) => each))].filter(Boolean).sort();
  const body = element("div", {class: "scroll"});
  const show = tag => {
    const shown = keys.filter(([, , each]) => tag === "" || each.includes(tag));
    body.replaceChildren(table(["Key", ...traces.flatMap((trace, i) => [{text: letterBadge(i)}, "tag"])], shown.map(([key, values, each]) =>
      [key, ...values.flatMap((text, i) => [{text, class: "text"}, {text: each[i], class: "ratio"}])]), "deck-table"));
  };
  const options = [["", "all values"], ...tags.map(tag => [tag, `${tag}: ${keys.filter(([, , each]) => each.includes(tag)).length}`])];
  section.append(element("h3", {}, "Values and where they come from"),
    element("p", {class: "note"}, "Results follow from these values. " + tags.map(tag => `${tag}: ${tagMeanings[tag] || "?"}`).join("; ") + "."),
    element("details", {id: "values"}, element("summary", {}, `${keys.length} values`), element("div", {class: "tools"}, choice("Show", "tag", options, show),
      copyButton("copy-values", () => csvOf(["key", ...traces.flatMap((_, i) => [letterOf(i), `${letterOf(i)} (tag)`])], keys.map(([key, values, each]) => [key, ...values.flatMap((text, i) => [text, each[i]])])))), body));
  show("");
}

function showProvenance(section, traces) {
  const names = [...new Set(traces.flatMap(trace => trace.content.provenance.map(([name]) => name)))];
  const valueOf = (trace, name) => (trace.content.provenance.find(([each]) => each === name) || ["", "–"])[1];
  section.append(element("h3", {}, "Provenance"), element("div", {class: "scroll"}, table(["", ...badges(traces)], [
    ["trace", ...traces.map(trace => ({text: trace.path, class: "text"}))],
    ...names.map(name => [name.replaceAll("_", " "), ...traces.map(trace => ({text: valueOf(trace, name), class: "text"}))])], "provenance")));
}

function showDecks(traces) {
  const section = document.getElementById("deck");
  const keys = deckKeys(traces);
  if (traces.length > 2) showDifferences(section, traces, keys, traces.map((_, i) => i), "differences");
  if (traces.length === 1) showGiven(section, keys);
  showDeck(section, traces, keys);
  showProvenance(section, traces);
}
