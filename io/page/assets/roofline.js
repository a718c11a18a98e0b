// How near a die comes to what it could do: its operations over the bytes it moves to and from DRAM, under the roof that its
// peak rate and its share of the DRAM bandwidth make; and each kind of product over its operands, while it ran.

function deckText(trace, key) {
  const line = trace.content.deck.find(([name]) => name === key);
  return line ? line[1] : "";
}

const deckNumber = (trace, key) => Number(deckText(trace, key) || NaN);

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

// Of a mean die in each pass, of what was simulated: operations and transfers of the pass over the time of its program.
function rooflineOfPasses(trace, whole) {
  const {operations} = trace.content;
  if (!operations) return [];
  return operations.passes.map(pass => {
    const cells = operations.spent.filter(cell => cell.pass === pass);
    const of = (wanted, column) => sum(cells.filter(wanted).map(cell => cell[column]));
    const flops = 2 * of(() => true, "macs");
    const moved = of(cell => transferKinds.includes(cell.kind), "bytes"), time_s = of(cell => cell.activity, "ps") * 1e-12;
    const intensity = flops / moved;
    return {pass, intensity, rate: flops / time_s, roof: Math.min(whole.peak, intensity * whole.bandwidth)};
  }).filter(each => [each.intensity, each.rate].every(value => Number.isFinite(value) && value > 0));
}

// Of each pass and stage that multiplies: operations over bytes of operands and results, and the rate while the engine worked.
function rooflineOfProducts(trace) {
  const {operations} = trace.content, peak = deckNumber(trace, "die.peak_TFLOPS") * 1e12;
  if (!operations || !(peak > 0)) return [];
  const stages = new Map();
  for (const {pass, stage, kind, rows, ps, bytes, macs} of operations.spent) {
    if (kind !== "matmul") continue;
    const name = `${pass}, ${stage}`, each = stages.get(name) || {pass, stage, rows: 0, ps: 0, bytes: 0, flops: 0};
    stages.set(name, {...each, rows: each.rows + rows, ps: each.ps + ps, bytes: each.bytes + bytes, flops: each.flops + 2 * macs});
  }
  const bandwidth = deckText(trace, "die.matrix") === "roofline" && deckNumber(trace, "die.sram_GBps") * 1e9 || Infinity;
  return [...stages.values()].filter(each => each.ps > 0 && each.bytes > 0 && each.flops > 0).map(each => {
    const intensity = each.flops / each.bytes;
    return {...each, peak, bandwidth, intensity, roof: Math.min(peak, intensity * bandwidth), rate: each.flops / (each.ps * 1e-12)};
  });
}

const flopRate = value => si(value, "FLOP/s");
const perByte = value => `${value >= 100 ? Math.round(value) : digits(value)} FLOP/B`;

// What bandwidth allows, up to the peak rate.
function roofLine({least, most}, {peak, bandwidth}) {
  const ridge = peak / bandwidth;
  if (ridge <= least) return {points: [[least, peak], [most, peak]]};
  if (ridge >= most) return {points: [[least, least * bandwidth], [most, most * bandwidth]]};
  return {points: [[least, least * bandwidth], [ridge, peak], [most, peak]]};
}

function rooflineChart(found) {
  const xs = found.flatMap(({roofline, passes}) => [roofline.intensity, roofline.peak / roofline.bandwidth, ...passes.map(each => each.intensity)]);
  const x = logAxis(xs, value => String(value)), ys = found.flatMap(({roofline, passes}) => [roofline.peak, roofline.inStep, x.least * roofline.bandwidth, ...passes.map(each => each.rate)]);
  const axes = {x, y: logAxis(ys, flopRate), xLabel: "FLOP per byte of DRAM traffic", yLabel: "FLOP/s of a die"};
  const lines = found.map(({roofline}) => roofLine(axes.x, roofline));
  const ofPasses = found.flatMap(({letter, passes}) => passes.map(({pass, intensity, rate, roof}) => ({x: intensity, y: rate, letter, colour: passColours[pass],
    text: `${letter}, ${pass}\n${flopRate(rate)} at ${perByte(intensity)}\n${percent(rate / roof)} of the roof, ${flopRate(roof)}`})));
  const marks = found.flatMap(({letter, roofline: {intensity, inStep, whileBusy, roof}}) => [
    {x: intensity, y: whileBusy, letter, colour: "matrix", text: `${letter}, while its matrix engine worked\n${flopRate(whileBusy)} at ${perByte(intensity)}`},
    {x: intensity, y: inStep, letter, colour: "nop", text: `${letter}, over the whole step\n${flopRate(inStep)} at ${perByte(intensity)}\n${percent(inStep / roof)} of the roof, ${flopRate(roof)}`}]).concat(ofPasses);
  return chart("roofline-chart", axes, lines, marks);
}

function productsChart(stages) {
  const x = logAxis(stages.map(each => each.intensity), value => String(value)), y = logAxis(stages.flatMap(({roof, rate}) => [roof, rate]), flopRate);
  const roofs = [...new Map(stages.map(each => [each.letter, each])).values()];
  const marks = stages.map(({letter, pass, stage, intensity, rate, roof}) => ({x: intensity, y: rate, letter, colour: passColours[pass],
    text: `${letter}, ${pass}, ${stage}\n${flopRate(rate)} at ${perByte(intensity)}\n${percent(rate / roof)} of the roof, ${flopRate(roof)}`}));
  return chart("products-chart", {x, y, xLabel: "FLOP per byte of operands and results", yLabel: "FLOP/s of a die"}, roofs.map(each => roofLine(x, each)), marks);
}

function showProducts(section, traces) {
  const stages = traces.flatMap((trace, i) => rooflineOfProducts(trace).map(each => ({letter: letterOf(i), ...each})));
  if (stages.length === 0) return;
  const head = ["Trace", "Pass", "Stage", "Operations", "FLOP per byte of operands and results", "Roof (FLOP/s)", "While they ran (FLOP/s)", "Of the roof"];
  const rows = stages.map(({letter, pass, stage, rows, intensity, roof, rate}) => [letter, pass, stage, rows, intensity, roof, rate, rate / roof]);
  section.append(element("h3", {}, "Roofline of the products, by pass and stage"), element("p", {class: "note"},
    "Useful operations of a product over the bytes of its operands and results, each counted once. What lies below the roof does not fill the matrix engine: tiles too thin for its array, edges, filling and draining."),
  legend([...new Set(stages.map(each => each.pass))].map(pass => [pass, passColours[pass]])), productsChart(stages), tableBehind("products-table", "As a table", () => [head, rows]));
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
    + (passes.length > 0 ? " Of a pass: its operations, the bytes that were moved in it, and the time of the programs in it." : "")),
  legend([["over the whole step", "nop"], ["while the matrix engine worked", "matrix"], ...passes.map(pass => [pass, passColours[pass]])]), rooflineChart(found),
  tableBehind("roofline-table", "As a table", () => [head, rows]),
  ...(rowsOfPasses.length > 0 ? [tableBehind("roofline-passes-table", "Table of the passes", () => [headOfPasses, rowsOfPasses])] : []));
}
