// How near a die comes to what it could do: its operations over the bytes it moves to and from DRAM, under the roof that its
// peak rate and its share of the DRAM bandwidth make. And of synthetic traffic: latency over load.

function deckNumber(trace, key) {
  const line = trace.content.deck.find(([name]) => name === key);
  return line ? Number(line[1]) : NaN;
}

// Of a mean die; nothing where a figure is missing or nothing is moved.
function rooflineOf(trace) {
  const {dies, channel_count, simulated_ps} = trace.content;
  const count = dies.die.length;
  const flops = 2 * sum(dies.macs) / count, moved = (sum(dies.dram_read_bytes) + sum(dies.dram_write_bytes)) / count;
  const busy_s = sum(dies.matrix_ps) / count * 1e-12;
  const found = {peak: deckNumber(trace, "die.peak_TFLOPS") * 1e12, bandwidth: deckNumber(trace, "memory.bandwidth_GBps") * 1e9 * channel_count / count,
    intensity: flops / moved, inStep: flops / (simulated_ps * 1e-12), whileBusy: flops / busy_s};
  found.roof = Math.min(found.peak, found.intensity * found.bandwidth);
  return Object.values(found).every(value => Number.isFinite(value) && value > 0) ? found : null;
}

const flopRate = value => si(value, "FLOP/s");
const perByte = value => `${value >= 100 ? Math.round(value) : digits(value)} FLOP/B`;

function rooflineChart(found) {
  const xs = found.flatMap(({roofline}) => [roofline.intensity, roofline.peak / roofline.bandwidth]);
  const x = logAxis(xs, value => String(value)), ys = found.flatMap(({roofline}) => [roofline.peak, roofline.inStep, x.least * roofline.bandwidth]);
  const axes = {x, y: logAxis(ys, flopRate), xLabel: "FLOP per byte of DRAM traffic", yLabel: "FLOP/s of a die"};
  const lines = found.map(({roofline: {peak, bandwidth}}) => ({points: peak / bandwidth >= axes.x.most ? [[axes.x.least, axes.x.least * bandwidth], [axes.x.most, axes.x.most * bandwidth]]
    : [[axes.x.least, axes.x.least * bandwidth], [peak / bandwidth, peak], [axes.x.most, peak]]}));
  const marks = found.flatMap(({letter, roofline: {intensity, inStep, whileBusy, roof}}) => [
    {x: intensity, y: whileBusy, letter, colour: "vector", text: `${letter}, while its matrix engine worked\n${flopRate(whileBusy)} at ${perByte(intensity)}`},
    {x: intensity, y: inStep, letter, colour: "nop", text: `${letter}, over the whole step\n${flopRate(inStep)} at ${perByte(intensity)}\n${percent(inStep / roof)} of the roof, ${flopRate(roof)}`}]);
  return chart("roofline-chart", axes, lines, marks);
}

function showRoofline(section, traces) {
  const found = traces.map((trace, i) => ({letter: letterOf(i), roofline: rooflineOf(trace)})).filter(({roofline}) => roofline);
  if (found.length === 0) return;
  const head = ["Trace", "FLOP per byte of DRAM traffic", "Peak (FLOP/s)", "DRAM bandwidth (B/s)", "Roof (FLOP/s)", "In the step (FLOP/s)", "While the matrix engine worked (FLOP/s)"];
  const rows = found.map(({letter, roofline: {intensity, peak, bandwidth, roof, inStep, whileBusy}}) => [letter, intensity, peak, bandwidth, roof, inStep, whileBusy]);
  section.append(element("h3", {}, "Roofline of a die, mean over dies"), element("p", {class: "note"},
    "Useful operations of the matrix engines over bytes read from and written to DRAM. The roof is the die's peak rate, or its share of the bandwidth of all DRAM channels."),
  legend([["over the whole step", "nop"], ["while the matrix engine worked", "vector"]]), rooflineChart(found),
  element("details", {}, element("summary", {}, "As a table"), element("div", {class: "tools"}, copyButton("copy-roofline", () => csvOf(head, rows))),
    element("div", {class: "scroll"}, table(head, rows.map(row => row.map((cell, i) => i === 0 ? cell : {text: cell.toPrecision(5), class: "number"})), "roofline-table"))));
}

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
    element("details", {}, element("summary", {}, "As a table"), element("div", {class: "tools"}, copyButton("copy-load", () => csvOf(head, rows))),
      element("div", {class: "scroll"}, table(head, rows, "load-table"))));
}
