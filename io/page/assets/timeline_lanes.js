// Lanes of a timeline, and how one is drawn: operation by operation where there are few, else as shares of time.

const axisHeight = 26, labelWidth = 74;
const mostDrawn = 600;  // slices of a lane; more are shown as shares of time
const columnWidth = 2, narrowestBin = 3;  // of shares, in pixels

// What lies beside each other: all dies or rows of dies, with bins of an overview; or the dies of one row of a large package.
function allLanes(content) {
  const {overview} = content.operations;
  return {count: overview.lanes, overview, name: lane => laneName(content, overview, lane), dies: lane => diesInLane(content, overview, lane),
    die: lane => overview.dies_per_lane === 1 ? lane : null, laneOf: die => Math.floor(die / overview.dies_per_lane)};
}

// The same with a lane for each row, of a package whose overview has one for each die.
function lanesOfAllRows(content) {
  const {overview} = content.operations, {rows, columns} = content;
  const ps = Object.fromEntries(Object.entries(overview.ps).map(([name, list]) => {
    const sums = new Array(rows * overview.bins).fill(0);
    list.forEach((each, i) => { sums[Math.floor(i / (columns * overview.bins)) * overview.bins + i % overview.bins] += each; });
    return [name, sums];
  }));
  const merged = {...overview, lanes: rows, dies_per_lane: columns, ps};
  return {count: rows, overview: merged, name: lane => `row ${lane}`, dies: () => columns, die: () => null, laneOf: die => Math.floor(die / columns)};
}

function lanesOfRow(content, row) {
  const first = row * content.columns;
  return {count: content.columns, overview: null, name: lane => `die ${first + lane}`, dies: () => 1, die: lane => first + lane,
    laneOf: die => die >= first && die < first + content.columns ? die - first : -1};
}

// Shares of a window's columns, per activity: how much of each the slices of a list take.
function sharesOfSlices(die, from, to, columns) {
  const shares = new Map(), span = (to - from) / columns;
  const first = Math.max(0, firstFrom(die, die.program, from) - 1), last = firstFrom(die, die.program, to);
  for (let k = first; k < last; k++) {
    const i = die.program[k], colour = colourOfKind(die.labels[die.label[i]][0]);
    if (!shares.has(colour)) shares.set(colour, new Float64Array(columns));
    const list = shares.get(colour);
    const begin = Math.max(0, (die.start_ps[i] - from) / span), end = Math.min(columns, (die.start_ps[i] + die.ps[i] - from) / span);
    for (let column = Math.floor(begin); column < end; column++) list[column] += Math.min(end, column + 1) - Math.max(begin, column);
  }
  return shares;
}

// Stacked from below; `edges`: where each column begins and the last ends. One colour after the other, since changing it takes time.
function paintShares(context, edges, shares, bottom, height, colours) {
  const from = new Float64Array(edges.length - 1).fill(bottom);
  for (const [colour, list] of shares) {
    context.fillStyle = colours[colour];
    for (let column = 0; column < from.length; column++) {
      const tall = height * list[column];
      if (tall < 0.2) continue;
      from[column] -= tall;
      context.fillRect(edges[column], from[column], edges[column + 1] - edges[column] + 0.3, tall);
    }
  }
}

// Shares of some neighbouring bins of a lane, told together: for each group its share, of the time of all dies of the lane.
function binShares({overview, dies}, list, lane, {first, last, together}) {
  const shares = [];
  for (let bin = first; bin < last; bin += together) {
    const end = Math.min(last, bin + together);
    let ps = 0;
    for (let each = bin; each < end; each++) ps += list[lane * overview.bins + each];
    shares.push(ps / ((edgeOfBin(overview, end) - edgeOfBin(overview, bin)) * dies(lane) || 1));
  }
  return shares;
}

// Draws into `view`: {context, from, to, width, x(ps), colours}. `top`, `height`: of the lane.
function paintBins(view, lanes, lane, top, height) {
  const {overview} = lanes;
  const first = Math.max(0, Math.floor(view.from / overview.end_ps * overview.bins)), last = Math.min(overview.bins, Math.ceil(view.to / overview.end_ps * overview.bins));
  const together = Math.max(1, Math.round(narrowestBin * (last - first) / (view.width - labelWidth)));
  const edges = [];
  for (let bin = first; bin < last + together; bin += together) edges.push(Math.min(Math.max(labelWidth, view.x(edgeOfBin(overview, Math.min(bin, last)))), view.width));
  const shares = Object.entries(overview.ps).map(([name, list]) => [activityColour[name], binShares(lanes, list, lane, {first, last, together})]);
  paintShares(view.context, edges, shares, top + height, height, view.colours);
}

function paintMerged(view, die, top, height) {
  const columns = Math.max(1, Math.floor((view.width - labelWidth) / columnWidth));
  const edges = Array.from({length: columns + 1}, (_, i) => labelWidth + i * (view.width - labelWidth) / columns);
  paintShares(view.context, edges, sharesOfSlices(die, view.from, view.to, columns), top + height, height, view.colours);
}

function paintSlice(view, {die, index}, y, tall, isChosen) {
  const {context, colours} = view;
  const x1 = Math.max(view.x(die.start_ps[index]), labelWidth - 4), x2 = Math.min(view.x(die.start_ps[index] + die.ps[index]), view.width + 4);
  const [kind, stage] = die.labels[die.label[index]];
  context.fillStyle = colours[colourOfKind(kind)];
  context.fillRect(x1, y, Math.max(x2 - x1 - (x2 - x1 > 3 ? 0.8 : 0), 0.5), tall);
  if (x2 - x1 > 46 && tall > 11) {
    context.fillStyle = kind === "matmul" ? colours["on-matrix"] : "#10151a";
    context.fillText(stage, Math.max(x1, labelWidth) + 3, y + tall / 2, x2 - Math.max(x1, labelWidth) - 5);
  }
  if (!isChosen) return;
  context.strokeStyle = colours.ink;
  context.lineWidth = 2;
  context.strokeRect(x1 + 1, y + 1, Math.max(x2 - x1 - 2, 1), tall - 2);
}

// Operations of the program above, transfers beside it below. `chosen`: {die, index} or null.
function paintSlices(view, {die, program, transfers}, top, height, chosen) {
  const {context} = view;
  const upper = height * 0.68;
  const isChosen = index => chosen !== null && chosen.die === die && chosen.index === index;
  context.save();
  context.beginPath();
  context.rect(labelWidth, top, view.width, height);
  context.clip();
  context.font = "11px system-ui, \"DejaVu Sans\", sans-serif";
  context.textBaseline = "middle";
  context.textAlign = "left";
  for (const index of program) if (die.ps[index] > 0) paintSlice(view, {die, index}, top, upper, isChosen(index));
  for (const index of transfers) paintSlice(view, {die, index}, top + upper + 1, height - upper - 1, isChosen(index));
  context.restore();
}

function paintLabel(view, lanes, lane, laneHeight, {isChosen, hasOperations}) {
  const {context, colours} = view;
  context.font = `${laneHeight < 16 ? 10 : 12}px system-ui, "DejaVu Sans", sans-serif`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.fillStyle = isChosen ? colours.accent : colours.faint;
  context.fillText(hasOperations ? `● ${lanes.name(lane)}` : lanes.name(lane), labelWidth - 8, (lane + 0.5) * laneHeight, labelWidth - 10);
}

// The critical path as a line along the top of the lanes that it passes; segments of one pixel are drawn once.
function paintPath(view, lanes, path, laneHeight) {
  const {segments} = path;
  const drawn = new Float64Array(lanes.count).fill(-1);
  view.context.fillStyle = view.colours.ink;
  for (let i = segmentAt(segments, view.from); i < segments.ps.length && segments.start_ps[i] < view.to; i++) {
    const lane = lanes.laneOf(segments.die[i]);
    if (lane < 0) continue;
    const from = Math.max(labelWidth, drawn[lane], view.x(segments.start_ps[i])), to = Math.min(view.width, Math.max(view.x(segments.start_ps[i] + segments.ps[i]), from + 0.5));
    if (to <= drawn[lane]) continue;
    view.context.fillRect(from, lane * laneHeight, to - from, 2);
    drawn[lane] = to;
  }
}
