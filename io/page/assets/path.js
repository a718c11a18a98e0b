// Bars of the critical path: what the end of a step waited for, back to its start, by part.

const pathParts = [["compute", "matrix"], ["vector", "vector"], ["latency", "read"], ["serialisation", "nop"], ["contention", "write"],
  ["dram-latency", "static"], ["dram-transfer", "dram"], ["dram-queue", "other"], ["slot", "ended"], ["pause", "ended"]];

// Picoseconds by part.
function partTimes(path) {
  const times = Object.fromEntries(pathParts.map(([part]) => [part, 0]));
  for (const each of path.sums) times[each.part] += each.ps;
  return times;
}

function pathBars(traces, longest) {
  const bars = element("div", {class: "bars", id: "path-bars"});
  traces.forEach((trace, i) => {
    const {path} = trace.content;
    if (!path) return;
    const times = partTimes(path);
    const parts = pathParts.map(([part, colour]) => ({name: part, colour, value: times[part], text: `${seconds(times[part])}, ${percent(times[part] / path.end_ps)}`}));
    bars.append(element("div", {class: "name"}, letterBadge(i), ` ${trace.deck_name}`), stackedBar(parts, longest),
      element("div", {class: "value"}, seconds(path.end_ps)));
  });
  return bars;
}

function pathTable(traces) {
  const head = ["Trace", "Pass", "Layer", "Part", "Time (ps)"];
  const rows = traces.flatMap((trace, i) => (trace.content.path ? trace.content.path.sums : [])
    .map(each => [letterOf(i), each.pass, each.layer < 0 ? "none" : each.layer, each.part, each.ps]));
  return element("details", {}, element("summary", {}, "As a table, by pass and layer"),
    element("div", {class: "tools"}, copyButton("copy-path", () => csvOf(head, rows))), element("div", {class: "scroll"}, table(head, rows, "path-table")));
}

function showPath(section, traces) {
  const paths = traces.map(trace => trace.content.path).filter(path => path);
  if (paths.length === 0) return;
  section.append(element("h3", {}, "Critical path of the step"), element("p", {class: "note"},
    "What the end of the step waited for, back to its start: each die's work, and the messages and transfers between. The parts add up to the step."));
  traces.forEach((trace, i) => {
    if (!trace.content.path) section.append(element("p", {class: "note missing"}, letterBadge(i), " The trace holds no critical path: it was written without --trace path."));
    else if (trace.content.sampled) section.append(element("p", {class: "note"}, letterBadge(i), " Of what was simulated of the step."));
  });
  const there = pathParts.filter(([part]) => paths.some(path => partTimes(path)[part] > 0));
  section.append(legend(there), pathBars(traces, largest(paths.map(path => path.end_ps))), pathTable(traces));
}
