// The timeline: lanes of dies over time, zoomed by wheel, buttons and keys.

const axisHeight = 26, labelWidth = 74;
const mostDrawn = 3000;  // slices of a lane; more are shown as shares of bins

const ticksOf = (from, to, count) => {
  const rough = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(each => each * power).find(each => each >= rough);
  const ticks = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) ticks.push(tick);
  return ticks;
};

class Timeline {
  constructor(parts, content) {
    Object.assign(this, parts, {content, overview: content.operations.overview, lane: 0, slice: null});
    this.end = this.overview.end_ps;
    this.dies = new Map(content.operations.detail.dies.map(die => [die.die, slicesOfDie(die, content.operations.detail.labels)]));
    this.laneHeight = this.overview.lanes <= 16 ? 30 : this.overview.lanes <= 64 ? 20 : 12;
    this.show(0, this.end);
  }

  dieOfLane(lane) { return this.overview.dies_per_lane === 1 ? this.dies.get(lane) : undefined; }

  show(from, to) {
    const span = Math.min(Math.max(to - from, 1000), this.end);
    this.from = Math.min(Math.max(from, 0), this.end - span);
    this.to = this.from + span;
    this.canvas.dataset.from = String(Math.round(this.from));
    this.canvas.dataset.to = String(Math.round(this.to));
    const whole = this.from === 0 && this.to === this.end;
    this.range.textContent = `${placeInTime(this.from, span)} to ${placeInTime(this.to, span)}, ${whole ? "all" : seconds(span)}`;
    this.draw();
  }

  zoom(factor, at = (this.from + this.to) / 2) { this.show(at - (at - this.from) * factor, at + (this.to - at) * factor); }
  pan(share) { const by = (this.to - this.from) * share; this.show(this.from + by, this.to + by); }
  x(ps) { return labelWidth + (ps - this.from) / (this.to - this.from) * (this.width - labelWidth); }
  time(x) { return this.from + (x - labelWidth) / (this.width - labelWidth) * (this.to - this.from); }

  draw() {
    this.drawAxis();
    const lanes = this.overview.lanes;
    const {context, width, height} = sizedContext(this.canvas, lanes * this.laneHeight);
    this.width = width;
    context.clearRect(0, 0, width, height);
    let inBins = 0;
    for (let lane = 0; lane < lanes; ++lane) {
      const slices = this.visibleSlices(lane);
      if (slices) this.drawSlices(context, lane, slices);
      else inBins += 1, this.drawBins(context, lane);
      this.drawLabel(context, lane);
    }
    this.mode.textContent = inBins === 0 ? "Every operation is drawn." : inBins === lanes ? "Drawn as shares of bins." : "Marked dies: every operation; others: shares of bins.";
  }

  // Nothing if the lane is to be drawn as bins.
  visibleSlices(lane) {
    const die = this.dieOfLane(lane);
    if (!die) return null;
    const first = firstFrom(die, die.program, this.from), last = firstFrom(die, die.program, this.to);
    if (last - first > mostDrawn) return null;
    if (die.cut && (die.program.length === 0 || last === die.program.length && this.to > this.coveredUntil(die))) return null;
    const {from_ps, to_ps} = this.content.operations.detail;
    if (this.from < from_ps || this.to > to_ps) return null;
    return {die, program: slicesIn(die, die.program, this.from, this.to, null), transfers: slicesIn(die, die.transfers, this.from, this.to, die.longestTransfer)};
  }

  coveredUntil(die) { const last = die.program[die.program.length - 1]; return die.start_ps[last] + die.ps[last]; }

  drawSlices(context, lane, {die, program, transfers}) {
    const top = lane * this.laneHeight + 1, height = this.laneHeight - 2, upper = height * 0.68;
    context.save();
    context.beginPath();
    context.rect(labelWidth, top, this.width, height);
    context.clip();
    const paint = (i, y, tall) => {
      const x1 = this.x(die.start_ps[i]), x2 = this.x(die.start_ps[i] + die.ps[i]);
      const [kind, stage] = die.labels[die.label[i]];
      context.fillStyle = this.colours[colourOfKind(kind)];
      context.fillRect(x1, y, Math.max(x2 - x1 - (x2 - x1 > 3 ? 0.8 : 0), 0.5), tall);
      if (x2 - x1 > 46 && tall > 11) {
        context.fillStyle = kind === "matmul" ? this.colours["on-matrix"] : "#10151a";
        context.fillText(stage, Math.max(x1, labelWidth) + 3, y + tall / 2, x2 - Math.max(x1, labelWidth) - 5);
      }
      if (this.slice && this.slice.die === die && this.slice.index === i) {
        context.strokeStyle = this.colours.ink;
        context.lineWidth = 2;
        context.strokeRect(x1 + 1, y + 1, Math.max(x2 - x1 - 2, 1), tall - 2);
      }
    };
    context.font = "11px system-ui, \"DejaVu Sans\", sans-serif";
    context.textBaseline = "middle";
    context.textAlign = "left";
    for (const i of program) if (die.ps[i] > 0) paint(i, top, upper);
    for (const i of transfers) paint(i, top + upper + 1, height - upper - 1);
    context.restore();
  }

  drawBins(context, lane) {
    const {overview} = this;
    const top = lane * this.laneHeight + 1, height = this.laneHeight - 2;
    const first = Math.max(0, Math.floor(this.from / this.end * overview.bins)), last = Math.min(overview.bins, Math.ceil(this.to / this.end * overview.bins));
    const dies = diesInLane(this.content, overview, lane);
    context.fillStyle = this.colours.empty;
    context.fillRect(labelWidth, top, this.width - labelWidth, height);
    for (let bin = first; bin < last; ++bin) {
      const [start, end] = [edgeOfBin(overview, bin), edgeOfBin(overview, bin + 1)];
      const x1 = Math.max(labelWidth, this.x(start)), x2 = this.x(end);
      let y = top + height;
      for (const [name, list] of Object.entries(overview.ps)) {
        const tall = height * list[lane * overview.bins + bin] / ((end - start) * dies || 1);
        context.fillStyle = this.colours[activityColour[name]];
        context.fillRect(x1, y - tall, x2 - x1 + 0.3, tall);
        y -= tall;
      }
    }
  }

  drawLabel(context, lane) {
    const y = (lane + 0.5) * this.laneHeight;
    context.clearRect(0, lane * this.laneHeight, labelWidth - 1, this.laneHeight);
    context.font = `${this.laneHeight < 16 ? 10 : 12}px system-ui, "DejaVu Sans", sans-serif`;
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillStyle = lane === this.lane ? this.colours.accent : this.colours.faint;
    const name = laneName(this.content, this.overview, lane);
    context.fillText(this.dieOfLane(lane) ? `● ${name}` : name, labelWidth - 8, y, labelWidth - 10);
  }

  drawAxis() {
    this.colours = Object.fromEntries(["matrix", "vector", "nop", "dram", "read", "write", "ended", "ink", "faint", "line", "accent", "empty", "other", "on-matrix"].map(name => [name, themed(name)]));
    const {context, width, height} = sizedContext(this.axis, axisHeight);
    this.width = this.canvas.parentElement.clientWidth;
    context.clearRect(0, 0, width, height);
    context.font = "12px system-ui, \"DejaVu Sans\", sans-serif";
    context.textBaseline = "top";
    this.drawSegments(context);
    for (const tick of ticksOf(this.from, this.to, Math.max(3, this.width / 130))) {
      const x = this.x(tick);
      context.fillStyle = this.colours.line;
      context.fillRect(x, height - 7, 1, 7);
      context.fillStyle = this.colours.faint;
      context.textAlign = x > this.width - 40 ? "right" : "center";
      context.fillText(placeInTime(tick, this.to - this.from), x, 3);
    }
  }

  // Of a sampled step: which parts of the simulated time stand for others.
  drawSegments(context) {
    const {sampled} = this.content;
    if (!sampled) return;
    sampled.segments.start_ps.forEach((start, i) => {
      const x1 = Math.max(labelWidth, this.x(start)), x2 = this.x(sampled.segments.end_ps[i]);
      context.fillStyle = this.colours[sampled.segments.stratum[i] % 2 === 0 ? "other" : "line"];
      if (x2 > labelWidth) context.fillRect(x1, axisHeight - 4, Math.max(1, x2 - x1), 4);
    });
  }

  // The slice or bin at a place; {text, die, index}.
  at(x, y) {
    const lane = Math.floor(y / this.laneHeight);
    if (x < labelWidth || lane < 0 || lane >= this.overview.lanes) return null;
    const ps = this.time(x);
    const slices = this.visibleSlices(lane);
    if (!slices) return {lane, text: binText(this.content, this.overview, lane, Math.min(this.overview.bins - 1, Math.floor(ps / this.end * this.overview.bins)))};
    const {die, program, transfers} = slices;
    const lower = y - lane * this.laneHeight > this.laneHeight * 0.7;
    const found = (lower ? transfers : program).filter(i => die.ps[i] > 0 && die.start_ps[i] <= ps && die.start_ps[i] + die.ps[i] >= ps);
    if (found.length === 0) return {lane, text: `die ${die.die} at ${seconds(ps)}: nothing`};
    return {lane, die, index: found[0], text: found.map(i => sliceText(die, i)).join("\n\n")};
  }

  choose(found) {
    if (!found) return;
    this.lane = found.lane;
    this.slice = found.die ? {die: found.die, index: found.index} : null;
    this.info.textContent = found.text;
    this.draw();
  }

  // The next operation of the chosen lane, or the one before; the window follows.
  step(by) {
    const die = this.dieOfLane(this.lane);
    if (!die || die.program.length === 0) {
      this.info.textContent = `The operations of ${laneName(this.content, this.overview, this.lane)} are not in the page.`;
      return;
    }
    const list = die.program.filter(i => die.ps[i] > 0);
    const here = this.slice && this.slice.die === die ? list.indexOf(this.slice.index) + by : firstFrom(die, list, this.from);
    const index = list[Math.min(list.length - 1, Math.max(0, here))];
    this.slice = {die, index};
    const middle = die.start_ps[index] + die.ps[index] / 2, span = Math.min(this.to - this.from, Math.max(die.ps[index] * 40, 1e6));
    if (middle < this.from || middle > this.to || span < this.to - this.from) this.show(middle - span / 2, middle + span / 2);
    this.choose({lane: this.lane, die, index, text: sliceText(die, index)});
  }

  press(event) {
    const actions = {"+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2), "0": () => this.show(0, this.end), Home: () => this.show(0, this.end),
      ArrowLeft: () => this.pan(-0.2), ArrowRight: () => this.pan(0.2), n: () => this.step(1), p: () => this.step(-1),
      ArrowUp: () => this.moveLane(-1), ArrowDown: () => this.moveLane(1)};
    if (!actions[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    actions[event.key]();
  }

  moveLane(by) {
    this.lane = Math.min(this.overview.lanes - 1, Math.max(0, this.lane + by));
    this.slice = null;
    this.info.textContent = laneName(this.content, this.overview, this.lane);
    const box = this.canvas.parentElement;
    const y = this.lane * this.laneHeight;
    if (y < box.scrollTop || y + this.laneHeight > box.scrollTop + box.clientHeight) box.scrollTop = y - box.clientHeight / 2;
    this.draw();
  }
}

// Pointer and keys act on whatever trace is shown.
function listenTo(canvas, current) {
  let dragged = null, moved = false;
  const place = event => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  canvas.addEventListener("wheel", event => {
    event.preventDefault();
    if (event.shiftKey) current().pan(Math.sign(event.deltaY || event.deltaX) * 0.1);
    else current().zoom(event.deltaY > 0 ? 1.25 : 0.8, current().time(Math.max(place(event)[0], labelWidth)));
  }, {passive: false});
  canvas.addEventListener("pointerdown", event => { dragged = {x: event.clientX, from: current().from, to: current().to}; moved = false; });
  addEventListener("pointerup", () => { dragged = null; });
  canvas.addEventListener("pointermove", event => {
    if (!dragged) {
      const found = current().at(...place(event));
      return showTip(found ? found.text : "", event.clientX, event.clientY);
    }
    const by = (dragged.x - event.clientX) / (current().width - labelWidth) * (dragged.to - dragged.from);
    moved = moved || Math.abs(dragged.x - event.clientX) > 3;
    if (moved) current().show(dragged.from + by, dragged.to + by);
  });
  canvas.addEventListener("pointerleave", () => showTip(""));
  canvas.addEventListener("click", event => { if (!moved) current().choose(current().at(...place(event))); });
  canvas.addEventListener("dblclick", event => current().zoom(0.25, current().time(place(event)[0])));
  canvas.addEventListener("keydown", event => current().press(event));
}

function timelineTools(current) {
  return [button("Zoom in", "zoom-in", () => current().zoom(0.5)), button("Zoom out", "zoom-out", () => current().zoom(2)),
    button("◀", "pan-left", () => current().pan(-0.3)), button("▶", "pan-right", () => current().pan(0.3)), button("Whole", "zoom-whole", () => current().show(0, current().end)),
    button("Next operation", "next-operation", () => current().step(1))];
}

function showTimeline(traces, redraws) {
  const section = document.getElementById("timeline");
  const shown = traces.map((trace, i) => [trace, i]).filter(([trace]) => trace.content.operations);
  traces.forEach((trace, i) => {
    if (!trace.content.operations) section.append(element("p", {class: "note missing"}, letterBadge(i), ` ${trace.content.why_no_operations}`));
  });
  if (shown.length === 0) return;
  const parts = {axis: element("canvas", {"aria-hidden": "true"}), range: element("strong", {id: "timeline-range", "aria-live": "polite"}),
    canvas: element("canvas", {id: "timeline-canvas", tabindex: "0", role: "application", "aria-label": "Timeline. Plus and minus zoom, arrows move, n and p step through operations."}),
    info: element("div", {class: "info", id: "timeline-info", "aria-live": "polite", style: "white-space:pre-line"}), mode: element("span", {class: "note", id: "timeline-mode"})};
  const note = element("p", {class: "note", id: "timeline-note"});
  let timeline = null;
  const select = index => {
    const {content} = traces[index];
    note.textContent = detailNote(content) + (content.sampled ? " The time is that of the simulated part of the step; stripes on the axis are its segments." : "");
    parts.info.textContent = "Point at an operation, or choose a lane and step through its operations with n and p.";
    timeline = new Timeline(parts, content);
  };
  const help = element("p", {class: "note"}, "Zoom with the wheel or ", element("kbd", {}, "+"), " ", element("kbd", {}, "-"), ", move by dragging or ", element("kbd", {}, "←"), " ", element("kbd", {}, "→"),
    ", choose a lane with ", element("kbd", {}, "↑"), " ", element("kbd", {}, "↓"), ", an operation with ", element("kbd", {}, "n"), " ", element("kbd", {}, "p"), ", all with ", element("kbd", {}, "0"), ". Lower part of a lane: transfers beside the program.");
  const chooser = shown.length > 1 ? [choice("Trace", "timeline-trace", shown.map(([trace, i]) => [i, `${letterOf(i)}  ${trace.deck_name}`]), value => select(Number(value)))] : [];
  section.append(note, help, element("div", {class: "tools"}, ...chooser, ...timelineTools(() => timeline), parts.range, parts.mode),
    legend([...Object.entries(activityColour), ["DRAM read", "read"], ["DRAM write", "write"]]),
    element("div", {}, parts.axis), element("div", {class: "lanes"}, parts.canvas), parts.info);
  select(shown[0][1]);
  listenTo(parts.canvas, () => timeline);
  redraws.push(() => timeline.draw());
}
