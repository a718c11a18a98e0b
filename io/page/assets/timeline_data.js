// Operations of dies as the timeline needs them: by time, those of the program apart from transfers beside it.

const transferKinds = ["dram-read", "dram-write"];
const kindColour = {matmul: "matrix", vector: "vector", "dram-read": "read", "dram-write": "write", "dram-wait": "dram", idle: "ended"};
const colourOfKind = kind => kindColour[kind] || "nop";

// Slices as arrays of the same length, by start: index into the die's columns.
function slicesOfDie(die, labels) {
  const order = [...die.start_ps.keys()].sort((a, b) => die.start_ps[a] - die.start_ps[b] || die.ps[a] - die.ps[b]);
  const isTransfer = i => transferKinds.includes(labels[die.label[i]][0]);
  const transfers = order.filter(isTransfer);
  return {...die, labels, program: order.filter(i => !isTransfer(i)), transfers, longestTransfer: transfers.reduce((most, i) => Math.max(most, die.ps[i]), 0)};
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

function sliceText(die, i) {
  const [kind, stage, layer, minibatch] = die.labels[die.label[i]];
  const parts = [`${kind}, ${stage}`, `die ${die.die}`];
  if (layer >= 0) parts.push(`layer ${layer}`);
  if (minibatch >= 0) parts.push(`mini-batch ${minibatch}`);
  return `${parts.join(", ")}\nstart ${seconds(die.start_ps[i])} (${die.start_ps[i]} ps)\nduration ${seconds(die.ps[i])} (${die.ps[i]} ps)\n${bytes(die.bytes[i])}`;
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
  const shown = sum(detail.dies.map(die => die.label.length));
  if (shown === rows) return `All ${rows} operations of the trace are in the page.`;
  const named = detail.dies.slice(0, 12).map(die => die.die).join(", ") + (detail.dies.length > 12 ? ", ..." : "");
  const cut = detail.dies.some(die => die.cut) ? " Of some of them only the first ones are there." : "";
  const lanes = overview.dies_per_lane === 1 ? "each die" : `each lane of ${overview.dies_per_lane} dies`;
  return `${counted(rows)} operations are too many for a page. In full detail: ${shown} operations of die ${named} (marked).${cut} `
    + `All others are merged: of ${lanes}, ${overview.bins} bins of ${seconds(overview.end_ps / overview.bins)} with the share of each activity. `
    + "hecaton report --dies 3,5 --from 10ms --to 20ms shows others in detail.";
}
