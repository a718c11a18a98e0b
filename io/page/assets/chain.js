// The critical path as a chain: segment after segment, from the start of the step to its end, on the dies that it passes.

const chainHeight = 210, chainMargin = 84;

// The segment at a time, or the last one before it.
function segmentAt({start_ps}, ps) {
  let low = 0, high = start_ps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (start_ps[middle] <= ps) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

// Indices of the segments of each die; found once for all dies.
function segmentsOfDie(path, die) {
  if (!path.byDie) {
    path.byDie = new Map();
    path.segments.die.forEach((each, i) => {
      if (!path.byDie.has(each)) path.byDie.set(each, []);
      path.byDie.get(each).push(i);
    });
  }
  return path.byDie.get(die) || [];
}

function segmentText(content, i) {
  const {segments} = content.path;
  const [part, kind, stage, pass, layer, minibatch] = segments.labels[segments.label[i]];
  const die = segments.die[i], from = segments.from[i];
  const what = from === die ? `${nodeText(content, die)} works` : `${nodeText(content, die)} waits for ${nodeText(content, from)}`;
  const merged = segments.merged[i] > 1 ? `\n${segments.merged[i]} segments told together` : "";
  return `${i + 1} of ${segments.ps.length}: ${wordsOfPart(part)}, ${seconds(segments.ps[i])} (${segments.ps[i]} ps)\n${what}\n`
    + `${kind}, ${stage}, ${pass}${labelText(layer, minibatch)}\nfrom ${seconds(segments.start_ps[i])} (${segments.start_ps[i]} ps)${merged}`;
}

function segmentRows(content, order) {
  const {segments} = content.path;
  return order.map(i => {
    const [part, kind, stage, pass, layer, minibatch] = segments.labels[segments.label[i]];
    return [i + 1, part, segments.die[i], segments.from[i], kind, stage, pass, layer, minibatch, segments.start_ps[i], segments.ps[i], segments.merged[i]];
  });
}
const segmentHead = ["segment", "part", "die", "waited for node", "kind", "stage", "pass", "layer", "minibatch", "start (ps)", "time (ps)", "segments"];

class Chain {
  constructor(parts, content) {
    Object.assign(this, parts, {content, segments: content.path.segments, chosen: null});
    this.end = content.path.end_ps;
    this.dies = [...new Set(this.segments.die)].sort((a, b) => a - b);
    this.rows = new Map(this.dies.map((die, row) => [die, row]));
    this.show(0, this.end);
  }

  show(from, to) {
    const span = Math.min(Math.max(to - from, 1000), this.end);
    this.from = Math.min(Math.max(from, 0), this.end - span);
    this.to = this.from + span;
    Object.assign(this.canvas.dataset, {from: String(Math.round(this.from)), to: String(Math.round(this.to))});
    this.range.textContent = `${placeInTime(this.from, span)} to ${placeInTime(this.to, span)}`;
    this.draw();
  }

  zoom(factor, at = this.chosen === null ? (this.from + this.to) / 2 : this.segments.start_ps[this.chosen]) {
    this.show(at - (at - this.from) * factor, at + (this.to - at) * factor);
  }

  x(ps) { return chainMargin + (ps - this.from) / (this.to - this.from) * (this.width - chainMargin); }
  y(die) { return 8 + (this.rows.get(die) + 0.5) * (chainHeight - 34) / this.dies.length; }

  draw() {
    const {context, width} = sizedContext(this.canvas, chainHeight);
    const colours = new Map(pathParts.map(([part, colour]) => [part, themed(colour)]));
    this.width = width;
    this.drawFrame(context);
    const tall = Math.min(12, Math.max(3, (chainHeight - 34) / this.dies.length - 1));
    let last = null;
    for (let i = segmentAt(this.segments, this.from); i < this.segments.ps.length && this.segments.start_ps[i] < this.to; i++) {
      const die = this.segments.die[i];
      const x1 = Math.max(chainMargin, this.x(this.segments.start_ps[i])), x2 = Math.max(x1 + 0.5, Math.min(width, this.x(this.segments.start_ps[i] + this.segments.ps[i])));
      if (last && last.die === die && last.label === this.segments.label[i] && x2 < last.x) continue;
      if (last && last.die !== die && x1 > last.x) this.drawStep(context, x1, last.die, die);
      context.fillStyle = colours.get(this.segments.labels[this.segments.label[i]][0]);
      context.fillRect(x1, this.y(die) - tall / 2, x2 - x1, tall);
      last = {die, label: this.segments.label[i], x: x2};
    }
    if (this.chosen !== null) this.drawChosen(context, tall);
  }

  drawStep(context, x, from, to) {
    context.strokeStyle = themed("line");
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, this.y(from));
    context.lineTo(x, this.y(to));
    context.stroke();
  }

  drawChosen(context, tall) {
    const x = this.x(this.segments.start_ps[this.chosen]), size = Math.max(3, this.segments.ps[this.chosen] / (this.to - this.from) * (this.width - chainMargin));
    context.strokeStyle = themed("ink");
    context.lineWidth = 2;
    context.strokeRect(x - 1, this.y(this.segments.die[this.chosen]) - tall / 2 - 2, size + 2, tall + 4);
  }

  drawFrame(context) {
    context.font = "12px system-ui, \"DejaVu Sans\", sans-serif";
    context.fillStyle = themed("faint");
    context.textBaseline = "middle";
    context.textAlign = "right";
    const every = Math.max(1, Math.ceil(this.dies.length / 12));
    this.dies.forEach((die, row) => { if (row % every === 0) context.fillText(`die ${die}`, chainMargin - 8, this.y(die)); });
    context.textAlign = "center";
    for (const tick of ticksOf(this.from, this.to, Math.max(3, this.width / 130))) {
      const x = this.x(tick);
      if (x < this.width - 30) context.fillText(placeInTime(tick, this.to - this.from), x, chainHeight - 9);
    }
  }

  // The segment under a place.
  at(x) { return x < chainMargin ? null : segmentAt(this.segments, this.from + (x - chainMargin) / (this.width - chainMargin) * (this.to - this.from)); }

  choose(index) {
    if (index === null) return;
    this.chosen = Math.min(this.segments.ps.length - 1, Math.max(0, index));
    this.canvas.dataset.chosen = String(this.chosen);
    this.info.textContent = segmentText(this.content, this.chosen);
    const at = this.segments.start_ps[this.chosen] + this.segments.ps[this.chosen] / 2, span = this.to - this.from;
    if (at < this.from || at > this.to) this.show(at - span / 2, at + span / 2);
    else this.draw();
  }

  press(event) {
    const here = this.chosen === null ? segmentAt(this.segments, this.from) - 1 : this.chosen;
    const actions = {"+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2), "0": () => this.show(0, this.end),
      ArrowRight: () => this.choose(here + 1), ArrowLeft: () => this.choose(here - 1), Home: () => this.choose(0), End: () => this.choose(this.segments.ps.length - 1)};
    if (!actions[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    actions[event.key]();
  }
}

function listenToChain(canvas, current) {
  const across = event => event.clientX - canvas.getBoundingClientRect().left;
  canvas.addEventListener("wheel", event => {
    event.preventDefault();
    const chain = current(), share = (Math.max(across(event), chainMargin) - chainMargin) / (chain.width - chainMargin);
    chain.zoom(event.deltaY > 0 ? 1.25 : 0.8, chain.from + share * (chain.to - chain.from));
  }, {passive: false});
  canvas.addEventListener("mousemove", event => {
    const index = current().at(across(event));
    showTip(index === null ? "" : segmentText(current().content, index), event.clientX, event.clientY);
  });
  canvas.addEventListener("mouseleave", () => showTip(""));
  canvas.addEventListener("click", event => current().choose(current().at(across(event))));
  canvas.addEventListener("keydown", event => current().press(event));
}

function showChain(section, traces, redraws) {
  const shown = traces.map((trace, i) => [trace, i]).filter(([trace]) => trace.content.path);
  if (shown.length === 0) return;
  const parts = {canvas: element("canvas", {id: "chain-canvas", tabindex: "0", role: "application", "aria-label": "Chain of the critical path. Left and right go from segment to segment, plus and minus zoom."}),
    info: element("div", {class: "info", id: "chain-info", "aria-live": "polite", style: "white-space:pre-line"}), range: element("strong", {id: "chain-range"})};
  let chain = null;
  const select = index => {
    parts.info.textContent = "Point at a segment, or go through them with the left and right arrow keys.";
    chain = new Chain(parts, traces[index].content);
  };
  const chooser = shown.length > 1 ? [choice("Trace", "chain-trace", shown.map(([trace, i]) => [i, `${letterOf(i)}  ${trace.deck_name}`]), value => select(Number(value)))] : [];
  const there = pathParts.filter(([part]) => shown.some(([trace]) => partTimes(trace.content.path)[part] > 0)).map(([part, colour]) => [wordsOfPart(part), colour]);
  const inOrder = () => chain.segments.ps.map((_, i) => i);
  const longest = () => Array.from(inOrder()).sort((a, b) => chain.segments.ps[b] - chain.segments.ps[a]);
  section.append(element("h3", {}, "The critical path as a chain"), element("p", {class: "note"}, "From the start of the step, on the left, to its end; the lines between dies are messages that were waited for. ",
    "Zoom with the wheel or ", element("kbd", {}, "+"), " ", element("kbd", {}, "-"), ", go from segment to segment with ", element("kbd", {}, "←"), " ", element("kbd", {}, "→"), "."),
  element("div", {class: "tools"}, ...chooser, button("Zoom in", "chain-in", () => chain.zoom(0.5)), button("Zoom out", "chain-out", () => chain.zoom(2)),
    button("Next segment", "chain-next", () => chain.choose(chain.chosen === null ? 0 : chain.chosen + 1)), parts.range),
  legend(there), element("div", {}, parts.canvas), parts.info,
  tableBehind("chain-table", "As a table, the longest segments first", () => [segmentHead, segmentRows(chain.content, longest())], true));
  select(shown[0][1]);
  listenToChain(parts.canvas, () => chain);
  redraws.push(() => chain.draw());
}
