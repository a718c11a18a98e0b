// How near a die comes to what it could do: its operations over the bytes it moves to and from DRAM, under the roof that its
// peak rate and its share of the DRAM bandwidth make.

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

const passColours = {forward: "vector", "output head": "read", backward: "dram", "whole program": "static"};

// Of a mean die in each pass: FLOPs are those of the step by the share of the matrix engine's time, bytes those of the pass's
// transfers, time that of its program.
function rooflineOfPasses(trace, whole) {
  const {operations, dies, sampled} = trace.content;
  if (!operations || sampled) return [];
  const matrix = sum(operations.spent.filter(cell => cell.kind === "matmul").map(cell => cell.ps)), flops = 2 * sum(dies.macs);
  return operations.passes.map(pass => {
    const cells = operations.spent.filter(cell => cell.pass === pass);
    const of = (wanted, column) => sum(cells.filter(wanted).map(cell => cell[column]));
    const part = flops * of(cell => cell.kind === "matmul", "ps") / matrix;
    const moved = of(cell => transferKinds.includes(cell.kind), "bytes"), time_s = of(cell => cell.activity, "ps") * 1e-12;
    const intensity = part / moved;
    return {pass, intensity, rate: part / time_s, roof: Math.min(whole.peak, intensity * whole.bandwidth)};
  }).filter(each => [each.intensity, each.rate].every(value => Number.isFinite(value) && value > 0));
}

const flopRate = value => si(value, "FLOP/s");
const perByte = value => `${value >= 100 ? Math.round(value) : digits(value)} FLOP/B`;

function rooflineChart(found) {
  const xs = found.flatMap(({roofline, passes}) => [roofline.intensity, roofline.peak / roofline.bandwidth, ...passes.map(each => each.intensity)]);
  const x = logAxis(xs, value => String(value)), ys = found.flatMap(({roofline, passes}) => [roofline.peak, roofline.inStep, x.least * roofline.bandwidth, ...passes.map(each => each.rate)]);
  const axes = {x, y: logAxis(ys, flopRate), xLabel: "FLOP per byte of DRAM traffic", yLabel: "FLOP/s of a die"};
  const lines = found.map(({roofline: {peak, bandwidth}}) => ({points: peak / bandwidth >= axes.x.most ? [[axes.x.least, axes.x.least * bandwidth], [axes.x.most, axes.x.most * bandwidth]]
    : [[axes.x.least, axes.x.least * bandwidth], [peak / bandwidth, peak], [axes.x.most, peak]]}));
  const ofPasses = found.flatMap(({letter, passes}) => passes.map(({pass, intensity, rate, roof}) => ({x: intensity, y: rate, letter, colour: passColours[pass],
    text: `${letter}, ${pass}\n${flopRate(rate)} at ${perByte(intensity)}\n${percent(rate / roof)} of the roof, ${flopRate(roof)}`})));
  const marks = found.flatMap(({letter, roofline: {intensity, inStep, whileBusy, roof}}) => [
    {x: intensity, y: whileBusy, letter, colour: "matrix", text: `${letter}, while its matrix engine worked\n${flopRate(whileBusy)} at ${perByte(intensity)}`},
    {x: intensity, y: inStep, letter, colour: "nop", text: `${letter}, over the whole step\n${flopRate(inStep)} at ${perByte(intensity)}\n${percent(inStep / roof)} of the roof, ${flopRate(roof)}`}]).concat(ofPasses);
  return chart("roofline-chart", axes, lines, marks);
}

function showRoofline(section, traces) {
  const found = traces.map((trace, i) => ({trace, letter: letterOf(i), roofline: rooflineOf(trace)})).filter(({roofline}) => roofline)
    .map(each => ({...each, passes: rooflineOfPasses(each.trace, each.roofline)}));
  if (found.length === 0) return;
  const passes = [...new Set(found.flatMap(each => each.passes.map(({pass}) => pass)))];
  const head = ["Trace", "FLOP per byte of DRAM traffic", "Peak (FLOP/s)", "DRAM bandwidth (B/s)", "Roof (FLOP/s)", "In the step (FLOP/s)", "While the matrix engine worked (FLOP/s)"];
  const rows = found.map(({letter, roofline: {intensity, peak, bandwidth, roof, inStep, whileBusy}}) => [letter, intensity, peak, bandwidth, roof, inStep, whileBusy]);
  const headOfPasses = ["Trace", "Pass", "FLOP per byte of DRAM traffic", "Roof (FLOP/s)", "In the pass (FLOP/s)"];
  const rowsOfPasses = found.flatMap(({letter, passes: of}) => of.map(({pass, intensity, roof, rate}) => [letter, pass, intensity, roof, rate]));
  section.append(element("h3", {}, "Roofline of a die, mean over dies"), element("p", {class: "note"},
    "Useful operations of the matrix engines over bytes read from and written to DRAM. The roof is the die's peak rate, or its share of the bandwidth of all DRAM channels."
    + (passes.length > 0 ? " Of a pass: the operations of the step by the share of the matrix engines' time, the bytes that were moved in it, and the time of the programs in it." : "")),
  legend([["over the whole step", "nop"], ["while the matrix engine worked", "matrix"], ...passes.map(pass => [pass, passColours[pass]])]), rooflineChart(found),
  tableBehind("roofline-table", "As a table", () => [head, rows]),
  ...(rowsOfPasses.length > 0 ? [tableBehind("roofline-passes-table", "Table of the passes", () => [headOfPasses, rowsOfPasses])] : []));
}
