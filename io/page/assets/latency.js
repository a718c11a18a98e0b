// Latencies: over the load of synthetic traffic, and how many messages took how long.

// What a run of synthetic traffic measured; nothing of another one.
function trafficOf(trace, index) {
  const numberOf = label => trace.figures.find(line => line.label === label)?.number ?? null;
  const found = {letter: letterOf(index), offered: numberOf("  offered"), accepted: numberOf("  accepted"), latency: numberOf("latency, cycles"),
    least: numberOf("  least"), most: numberOf("  most")};
  return Object.values(found).includes(null) ? null : found;
}

function showLatencyOverLoad(section, traces) {
  const found = traces.map(trafficOf).filter(Boolean).sort((a, b) => a.offered - b.offered);
  if (found.length === 0) return;
  const head = ["Trace", "Offered (flits/die/cycle)", "Accepted (flits/die/cycle)", "Mean latency (cycles)", "Least (cycles)", "Most (cycles)"];
  const rows = found.map(({letter, offered, accepted, latency, least, most}) => [letter, offered, accepted, latency, least, most]);
  const axes = {x: linearAxis(found.map(each => each.offered), value => String(Number(value.toPrecision(3)))), y: logAxis(found.map(each => each.latency), String),
    xLabel: "offered load (flits per die and cycle)", yLabel: "mean latency (cycles)"};
  const marks = found.map(({letter, offered, accepted, latency, least, most}) => ({x: offered, y: latency, letter, colour: "nop",
    text: `${letter}: ${latency.toPrecision(4)} cycles, from ${least} to ${most}\noffered ${offered.toPrecision(4)}, accepted ${accepted.toPrecision(4)} flits per die and cycle`}));
  section.append(element("h3", {}, "Latency over load"), chart("load-chart", axes, [{points: found.map(each => [each.offered, each.latency]), dash: "4 3"}], marks),
    tableBehind("load-table", "As a table", () => [head, rows]));
}

// Bins of latency as columns, one figure for each trace that holds its messages.
function showLatencyHistogram(section, traces) {
  const shown = traces.map((trace, i) => [trace, i]).filter(([trace]) => trace.content.latencies);
  if (shown.length === 0) {
    if (traces.some(trace => trafficOf(trace, 0))) section.append(element("p", {class: "note missing"}, "The traces hold no messages, so there is no histogram of latencies; run --trace messages records them."));
    return;
  }
  section.append(element("h3", {}, "Latencies of messages"), element("p", {class: "note"}, "From when a message was handed over to the network until its last flit arrived."));
  for (const [trace, i] of shown) {
    const {edges_ps, messages} = trace.content.latencies;
    section.append(columnsFigure({id: `latencies-${letterOf(i)}`, title: `${letterOf(i)} ${trace.deck_name}: ${sum(messages)} messages`, series: [["messages", "nop"]],
      columns: messages.map((count, bin) => ({name: `${seconds(edges_ps[bin])} to ${seconds(edges_ps[bin + 1])}`, tick: seconds(edges_ps[bin]), values: [count]})),
      xLabel: "latency", yLabel: "messages", format: counted, unit: "1"}));
  }
}
