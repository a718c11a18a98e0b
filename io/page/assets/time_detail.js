// Where time goes in detail: of each die, of each layer by pass, and what went on at the same time.

const stepSeries = [...timeParts.map(([name, , colour]) => [name, colour]), ["program ended", "ended"]];

function dieColumns({content: {dies, simulated_ps}}) {
  return dies.die.map((die, i) => {
    const parts = timeParts.map(([, column]) => dies[column][i]);
    return {name: `die ${die} (row ${dies.row[i]}, column ${dies.column[i]})`, tick: String(die), values: [...parts, Math.max(0, simulated_ps - sum(parts))]};
  });
}

function showDies(section, traces) {
  section.append(element("h3", {}, "Of each die"));
  traces.forEach((trace, i) => {
    if (runsPrograms(trace)) section.append(columnsFigure({id: `die-time-${letterOf(i)}`, title: `${letterOf(i)} ${trace.deck_name}: a die's step`, series: stepSeries,
      columns: dieColumns(trace), xLabel: "die", yLabel: "time", format: seconds, unit: "ps"}));
  });
}

// Picoseconds by layer and activity in a pass, mean over dies.
function layerTimes({content}, pass) {
  const layers = new Map();
  if (!content.operations) return layers;
  for (const cell of content.operations.spent) {
    if (cell.pass !== pass || cell.layer < 0 || !cell.activity) continue;
    if (!layers.has(cell.layer)) layers.set(cell.layer, Object.fromEntries(Object.keys(activityColour).map(name => [name, 0])));
    layers.get(cell.layer)[cell.activity] += cell.ps / content.dies.die.length;
  }
  return layers;
}

// Traces side by side in each layer, and a gap between layers where there are several.
function layerColumns(traces, pass) {
  const all = traces.map(trace => layerTimes(trace, pass));
  const layers = [...new Set(all.flatMap(times => [...times.keys()]))].sort((a, b) => a - b);
  return layers.flatMap(layer => {
    const columns = all.map((times, i) => ({name: `layer ${layer}${traces.length > 1 ? `, ${letterOf(i)}` : ""}`, tick: i === 0 ? String(layer) : "",
      values: Object.values(times.get(layer) || Object.fromEntries(Object.keys(activityColour).map(name => [name, 0])))}));
    return traces.length > 1 ? [...columns, null] : columns;
  });
}

function showLayers(section, traces) {
  const withOperations = traces.find(trace => trace.content.operations);
  if (!withOperations) return;
  const figures = withOperations.content.operations.passes.map(pass => [pass, layerColumns(traces, pass)]).filter(([, columns]) => columns.length > 0);
  if (figures.length === 0) return;
  const order = traces.length > 1 ? ` Columns of a layer: ${traces.map((trace, i) => `${letterOf(i)} ${trace.deck_name}`).join(", ")}.` : "";
  section.append(element("h3", {}, "By pass and layer, mean over dies"), element("p", {class: "note"}, `Operations outside of layers are not in here.${order}`),
    ...figures.map(([pass, columns]) => columnsFigure({id: `layers-${pass.replaceAll(" ", "-")}`, title: `${pass} pass`, series: Object.entries(activityColour), columns,
      xLabel: "layer", yLabel: "time", format: seconds, unit: "ps"})));
}

const overlapSeries = [["compute", "matrix"], ["compute, DRAM transfers beside it", "vector"], ["NoP", "nop"], ["NoP, DRAM transfers beside it", "write"],
  ["waits for DRAM", "dram"], ["neither", "ended"]];

// Picoseconds in the order of the series, mean over dies; what is left of the time is neither.
function overlapTimes({content}) {
  const {overlap, overview} = content.operations;
  const dies = content.dies.die.length;
  const of = (names, side) => sum(overlap.filter(each => names.includes(each.activity)).map(each => each[side])) / dies;
  const compute = ["matrix engine", "vector unit"];
  const times = [of(compute, "alone_ps"), of(compute, "with_dram_ps"), of(["NoP"], "alone_ps"), of(["NoP"], "with_dram_ps"),
    of(["DRAM wait"], "alone_ps") + of(["DRAM wait"], "with_dram_ps")];
  return [...times, Math.max(0, overview.end_ps - sum(times))];
}

function overlapText(trace) {
  const [, computeBeside, nop, nopBeside, waits] = overlapTimes(trace);
  const end = trace.content.operations.overview.end_ps, moved = sum(trace.content.operations.overlap.map(each => each.with_dram_ps)) / trace.content.dies.die.length;
  const hidden = computeBeside + nopBeside;
  const share = moved > 0 ? ` DRAM transfers were under way for ${seconds(moved)}, ${percent(hidden / moved)} of it behind computing or NoP.` : "";
  return `Exposed: NoP ${seconds(nop + nopBeside)}, ${percent((nop + nopBeside) / end)}; DRAM ${seconds(waits)}, ${percent(waits / end)}.${share}`;
}

function showOverlap(section, traces) {
  const shown = traces.map((trace, i) => [trace, i]).filter(([trace]) => trace.content.operations);
  if (shown.length === 0) return;
  const longest = largest(shown.map(([trace]) => trace.content.operations.overview.end_ps));
  const bars = element("div", {class: "bars", id: "overlap-bars"});
  const head = ["Trace", "Program", "No DRAM transfer under way (ps), all dies", "DRAM transfers under way (ps), all dies"];
  for (const [trace, i] of shown) {
    const times = overlapTimes(trace), end = trace.content.operations.overview.end_ps;
    const parts = overlapSeries.map(([name, colour], k) => ({name, colour, value: times[k], text: `${seconds(times[k])}, ${percent(times[k] / end)}`}));
    bars.append(element("div", {class: "name"}, letterBadge(i), ` ${trace.deck_name}`), stackedBar(parts, longest), element("div", {class: "value"}, seconds(end)));
  }
  const rows = () => [head, shown.flatMap(([trace, i]) => trace.content.operations.overlap.map(each => [letterOf(i), each.activity || "none", each.alone_ps, each.with_dram_ps]))];
  section.append(element("h3", {}, "Exposed communication and overlap, mean over dies"), element("p", {class: "note"},
    "A program does one thing at a time; of what a trace's graph does at a time, computing counts first. While a die only waits for a collective, a message or DRAM, that is exposed. Transfers from and to DRAM that go on beside other work are hidden."),
  legend(overlapSeries), bars, ...shown.map(([trace, i]) => element("p", {class: "note overlap"}, letterBadge(i), ` ${overlapText(trace)}`)), tableBehind("overlap-table", "As a table", rows));
}
