// Bars of the critical path: what the end of a step waited for, back to its start, by part.

const pathParts = [["compute", "matrix"], ["vector", "vector"], ["latency", "read"], ["serialisation", "nop"], ["contention", "write"],
  ["dram-latency", "static"], ["dram-transfer", "dram"], ["dram-queue", "other"], ["slot", "ended"], ["pause", "ended"]];

const partWords = {latency: "link latency", "dram-latency": "DRAM latency", "dram-transfer": "DRAM transfer", "dram-queue": "DRAM queue"};
const wordsOfPart = part => partWords[part] || part;

function nodeText({rows, columns}, node) {
  const dies = rows * columns;
  return node < dies ? `die ${node} (row ${Math.floor(node / columns)}, column ${node % columns})` : `DRAM at IO die ${node - dies}`;
}

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
    const parts = pathParts.map(([part, colour]) => ({name: wordsOfPart(part), colour, value: times[part], text: `${seconds(times[part])}, ${percent(times[part] / path.end_ps)}`}));
    bars.append(element("div", {class: "name"}, letterBadge(i), ` ${trace.deck_name}`), stackedBar(parts, longest),
      element("div", {class: "value"}, seconds(path.end_ps)));
  });
  return bars;
}

function pathTable(traces) {
  return tableBehind("path-table", "As a table, by pass and layer", () => [["Trace", "Pass", "Layer", "Part", "Time (ps)"], traces.flatMap((trace, i) =>
    (trace.content.path ? trace.content.path.sums : []).map(each => [letterOf(i), each.pass, each.layer < 0 ? "none" : each.layer, each.part, each.ps]))]);
}

function showPath(section, traces, redraws) {
  const paths = traces.map(trace => trace.content.path).filter(path => path);
  if (paths.length === 0) return;
  section.append(element("h3", {}, "Critical path of the step"), element("p", {class: "note"},
    "What the end of the step waited for, back to its start: each die's work, and the messages and transfers between. The parts add up to the step."));
  traces.forEach((trace, i) => {
    if (!trace.content.path) section.append(element("p", {class: "note missing"}, letterBadge(i), " The trace holds no critical path: it was written without --trace path."));
    else if (trace.content.sampled) section.append(element("p", {class: "note"}, letterBadge(i), " Of what was simulated of the step."));
  });
  const there = pathParts.filter(([part]) => paths.some(path => partTimes(path)[part] > 0)).map(([part, colour]) => [wordsOfPart(part), colour]);
  section.append(legend(there), pathBars(traces, largest(paths.map(path => path.end_ps))), pathTable(traces));
  showChain(section, traces, redraws);
}
