// Operations of dies as the timeline needs them: by time, those of the program apart from transfers beside it.

const transferKinds = ["dram-read", "dram-write"];
const kindColour = {matmul: "matrix", vector: "vector", "dram-read": "read", "dram-write": "write", "dram-wait": "dram", idle: "ended"};
const colourOfKind = kind => kindColour[kind] || "nop";

// Indices by start, ascending; operations are mostly in that order.
function byStart(list, start_ps) {
  for (let i = 1; i < list.length; i++) if (start_ps[list[i]] < start_ps[list[i - 1]]) return list.sort((a, b) => start_ps[a] - start_ps[b] || a - b);
  return list;
}

// Slices as arrays of the same length, by start: index into the die's columns.
function slicesOfDie(die, labels, isBeside) {
  const program = [], transfers = [];
  let longestTransfer = 0;
  for (let i = 0; i < die.label.length; i++) {
    if (!transferKinds.includes(labels[die.label[i]][0])) { program.push(i); continue; }
    transfers.push(i);
    longestTransfer = Math.max(longestTransfer, die.ps[i]);
  }
  return {...die, labels, program: byStart(program, die.start_ps), transfers: byStart(transfers, die.start_ps), longestTransfer};
}

// The operations of dies that the page has one by one. Unpacking many takes a while, so it is bounded by a time, after which
// `find` has nothing for dies that were not unpacked yet; whoever draws comes back for them.
class OperationStore {
  constructor({labels, shared, dies}) {
    this.labels = labels;
    this.shared = shared;
    this.packed = new Map(dies.map(die => [die.die, die]));
    this.ready = new Map();
    this.until = Infinity;
    const numbers = new Map();
    const numberOf = name => { if (!numbers.has(name)) numbers.set(name, numbers.size); return numbers.get(name); };
    this.alike = labels.map(([kind, stage]) => numberOf(`${kind}\n${stage}`));
    this.isTransfer = labels.map(([kind]) => transferKinds.includes(kind));
  }

  has(die) { return this.packed.has(die); }
  rowsOf(die) { return this.packed.get(die).rows; }

  // The slices of a die that the page has; null after the time that unpacking may take.
  find(die) {
    if (!this.ready.has(die)) {
      if (performance.now() > this.until) return null;
      this.ready.set(die, slicesOfDie(unpackOperations(this.packed.get(die), this.shared, this.alike, this.isTransfer), this.labels));
    }
    return this.ready.get(die);
  }
}

// The first place in a list of slices whose start is at or after a time.
function firstFrom(die, list, ps) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (die.start_ps[list[middle]] < ps) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Slices of a list that overlap a window; `longest`: none takes longer.
function slicesIn(die, list, from, to, longest) {
  const first = longest === null ? Math.max(0, firstFrom(die, list, from) - 1) : firstFrom(die, list, from - longest);
  return list.slice(first, firstFrom(die, list, to)).filter(i => die.start_ps[i] + die.ps[i] >= from);
}

const labelText = (layer, minibatch) => `${layer >= 0 ? `, layer ${layer}` : ""}${minibatch >= 0 ? `, mini-batch ${minibatch}` : ""}`;

// What the step waited for while a die was at an operation, by its critical path: nothing where it does not pass.
function onPath(content, die, from, to) {
  const {path} = content;
  if (!path) return "";
  const waits = new Map();
  for (const i of segmentsOfDie(path, die)) {
    const {segments} = path;
    const shared = Math.min(to, segments.start_ps[i] + segments.ps[i]) - Math.max(from, segments.start_ps[i]);
    if (shared <= 0) continue;
    const of = segments.from[i] === die ? "own work" : `waited for ${nodeText(content, segments.from[i])}`;
    const key = `${wordsOfPart(segments.labels[segments.label[i]][0])}, ${of}`;
    waits.set(key, (waits.get(key) || 0) + shared);
  }
  const lines = [...waits].sort((a, b) => b[1] - a[1]).slice(0, 4).map(([key, ps]) => `\non the critical path: ${seconds(ps)} ${key}`);
  return lines.join("") + (waits.size > 4 ? `\nand ${waits.size - 4} more` : "");
}

function sliceText(content, die, i) {
  const [kind, stage, layer, minibatch] = die.labels[die.label[i]];
  const start = die.start_ps[i], ps = die.ps[i];
  return `${kind}, ${stage}\ndie ${die.die}${labelText(layer, minibatch)}\nstart ${seconds(start)} (${start} ps)\nduration ${seconds(ps)} (${ps} ps)\n${bytes(die.bytes[i])}`
    + (die.last_from && die.last_from[i] > 0 ? `\nlast message: from ${nodeText(content, die.last_from[i] - 1)}` : "") + onPath(content, die.die, start, start + ps);
}

const edgeOfBin = (overview, bin) => Math.floor(overview.end_ps * bin / overview.bins);

function binText(content, overview, lane, bin) {
  const width = (edgeOfBin(overview, bin + 1) - edgeOfBin(overview, bin)) * diesInLane(content, overview, lane);
  const lines = Object.entries(overview.ps).map(([name, list]) => `${name} ${percent(list[lane * overview.bins + bin] / width)}`);
  return `${laneName(content, overview, lane)}\n${seconds(edgeOfBin(overview, bin))} to ${seconds(edgeOfBin(overview, bin + 1))}\n${lines.join("\n")}`;
}

const diesInLane = (content, overview, lane) => Math.min(overview.dies_per_lane, content.dies.die.length - lane * overview.dies_per_lane);

function laneName(content, overview, lane) {
  if (overview.dies_per_lane === 1) return `die ${lane}`;
  const rows = overview.dies_per_lane / content.columns;
  return rows === 1 ? `row ${lane}` : `rows ${lane * rows} to ${Math.min(content.rows, (lane + 1) * rows) - 1}`;
}

function detailNote(content) {
  const {detail, overview, rows} = content.operations;
  const shown = sum(detail.dies.map(die => die.rows));
  if (shown === rows) return `All ${rows} operations of the trace are in the page.`;
  const named = detail.dies.slice(0, 12).map(die => die.die).join(", ") + (detail.dies.length > 12 ? `, ... (${detail.dies.length} dies)` : "");
  const cut = detail.dies.some(die => die.cut) ? " Of some of them only the first ones are there." : "";
  const lanes = overview.dies_per_lane === 1 ? "each die" : `each lane of ${overview.dies_per_lane} dies`;
  return `${counted(rows)} operations are too many for a page. In full detail: ${shown} operations of die ${named} (marked).${cut} `
    + `All others are merged: of ${lanes}, ${overview.bins} bins of ${seconds(overview.end_ps / overview.bins)} with the share of each activity. `
    + "hecaton report --dies 3,5 --from 10ms --to 20ms shows others in detail.";
}
