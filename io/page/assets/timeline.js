// The timeline: lanes of dies over time, zoomed by wheel, buttons and keys.

const ticksOf = (from, to, count) => {
  const rough = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(each => each * power).find(each => each >= rough);
  const ticks = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) ticks.push(tick);
  return ticks;
};

const unpackingTime = 30;  // milliseconds of one drawing

class Timeline {
  constructor(parts, content) {
    Object.assign(this, parts, {content, overview: content.operations.overview, store: new OperationStore(content.operations.detail)});
    this.end = this.overview.end_ps;
    this.from = 0;
    this.to = this.end;
    this.setLanes(allLanes(content));
  }

  setLanes(lanes) {
    Object.assign(this, {lanes, lane: 0, slice: null});
    this.laneHeight = lanes.count <= 16 ? 30 : lanes.count <= 64 ? 20 : 12;
    this.canvas.parentElement.scrollTop = 0;
    this.show(this.from, this.to);
  }

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

  // Lanes that are in sight, of all that could be scrolled to; on paper all are.
  lanesInSight(isPrinted) {
    const box = this.canvas.parentElement;
    if (isPrinted) return [0, this.lanes.count];
    return [Math.floor(box.scrollTop / this.laneHeight), Math.min(this.lanes.count, Math.ceil((box.scrollTop + box.clientHeight + 1) / this.laneHeight))];
  }

  draw(isPrinted = false) {
    this.drawAxis();
    const {context, width} = sizedContext(this.canvas, this.lanes.count * this.laneHeight);
    const [first, last] = this.lanesInSight(isPrinted);
    this.width = width;
    this.view = {context, width, from: this.from, to: this.to, x: ps => this.x(ps), colours: this.colours};
    this.store.until = isPrinted ? Infinity : performance.now() + unpackingTime;
    this.isWaiting = false;
    const drawn = {slices: 0, shares: 0, nothing: 0};
    for (let lane = first; lane < last; ++lane) drawn[this.drawLane(lane)] += 1;
    if (this.content.path) paintPath(this.view, this.lanes, this.content.path, this.laneHeight);
    this.store.until = Infinity;
    this.canvas.dataset.drawn = JSON.stringify(drawn);
    this.mode.textContent = drawn.shares === 0 ? "Every operation is drawn." : drawn.slices === 0 ? "Drawn as shares of time." : "Marked dies: every operation; others: shares of time.";
    if (this.isWaiting) requestAnimationFrame(() => this.draw());
  }

  drawLane(lane) {
    const {view, lanes, laneHeight} = this;
    const top = lane * laneHeight + 1, height = laneHeight - 2;
    const die = lanes.die(lane), hasOperations = die !== null && this.store.has(die);
    view.context.fillStyle = this.colours.empty;
    view.context.fillRect(labelWidth, top, view.width - labelWidth, height);
    paintLabel(view, lanes, lane, laneHeight, {isChosen: lane === this.lane, hasOperations});
    const found = hasOperations ? this.operations(lane, die) : null;
    if (found && found.program.length <= mostDrawn) return paintSlices(view, found, top, height, this.slice), "slices";
    if (found && !lanes.overview) return paintMerged(view, found.die, top, height), "shares";
    if (!lanes.overview) return "nothing";
    return paintBins(view, lanes, lane, top, height), "shares";
  }

  // What the page has of a lane in the window; null where that is not all, or where bins tell it as well.
  operations(lane, number) {
    const {from_ps, to_ps} = this.content.operations.detail;
    if (this.from < from_ps || this.to > to_ps) return null;
    const share = (this.to - this.from) / this.end;
    if (this.lanes.overview && this.store.rowsOf(number) * share > 8 * mostDrawn) return null;
    const die = this.store.find(number);
    if (!die) return this.isWaiting = true, null;
    const first = firstFrom(die, die.program, this.from), last = firstFrom(die, die.program, this.to);
    if (die.cut && (die.program.length === 0 || last === die.program.length && this.to > this.coveredUntil(die))) return null;
    if (last - first > mostDrawn) return this.lanes.overview ? null : {die, program: {length: last - first}, transfers: []};
    return {die, program: slicesIn(die, die.program, this.from, this.to, null), transfers: slicesIn(die, die.transfers, this.from, this.to, die.longestTransfer)};
  }

  coveredUntil(die) { const last = die.program[die.program.length - 1]; return die.start_ps[last] + die.ps[last]; }

  drawAxis() {
    this.colours = Object.fromEntries(["matrix", "vector", "nop", "dram", "read", "write", "ended", "ink", "faint", "line", "accent", "empty", "other", "on-matrix"].map(name => [name, themed(name)]));
    const {context, width, height} = sizedContext(this.axis, axisHeight);
    this.width = this.canvas.parentElement.clientWidth;
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

  // What is at a place; {lane, text, die, index}, the last two of a single operation.
  at(x, y) {
    const lane = Math.floor(y / this.laneHeight);
    if (x < labelWidth || lane < 0 || lane >= this.lanes.count) return null;
    const ps = this.time(x), number = this.lanes.die(lane);
    const found = number !== null && this.store.has(number) ? this.operations(lane, number) : null;
    if (!found && !this.lanes.overview) return {lane, text: `The operations of ${this.lanes.name(lane)} are not in the page.`};
    if (!found) return {lane, text: binText(this.content, this.lanes.overview, lane, Math.min(this.overview.bins - 1, Math.floor(ps / this.end * this.overview.bins)))};
    const {die} = found;
    const isBeside = y - lane * this.laneHeight > this.laneHeight * 0.7;
    const near = isBeside ? slicesIn(die, die.transfers, ps, ps + 1, die.longestTransfer) : slicesIn(die, die.program, ps, ps + 1, null);
    const under = near.filter(i => die.ps[i] > 0 && die.start_ps[i] <= ps && die.start_ps[i] + die.ps[i] >= ps);
    if (under.length === 0) return {lane, text: `die ${die.die} at ${seconds(ps)}: nothing`};
    return {lane, die, index: under[0], text: under.map(i => sliceText(this.content, die, i)).join("\n\n")};
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
    const number = this.lanes.die(this.lane);
    const die = number !== null && this.store.has(number) ? this.store.find(number) : null;
    if (!die || die.program.length === 0) {
      this.info.textContent = `The operations of ${this.lanes.name(this.lane)} are not in the page${number === null ? " one by one; Enter opens the lane" : ""}.`;
      return;
    }
    const list = die.program.filter(i => die.ps[i] > 0);
    const here = this.slice && this.slice.die === die ? list.indexOf(this.slice.index) + by : firstFrom(die, list, this.from);
    const index = list[Math.min(list.length - 1, Math.max(0, here))];
    this.slice = {die, index};
    const middle = die.start_ps[index] + die.ps[index] / 2, span = Math.min(this.to - this.from, Math.max(die.ps[index] * 40, 1e6));
    if (middle < this.from || middle > this.to || span < this.to - this.from) this.show(middle - span / 2, middle + span / 2);
    this.choose({lane: this.lane, die, index, text: sliceText(this.content, die, index)});
  }

  press(event) {
    const actions = {"+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2), "0": () => this.show(0, this.end), Home: () => this.show(0, this.end),
      ArrowLeft: () => this.pan(-0.2), ArrowRight: () => this.pan(0.2), n: () => this.step(1), p: () => this.step(-1),
      ArrowUp: () => this.moveLane(-1), ArrowDown: () => this.moveLane(1), Enter: () => this.open(this.lane)};
    if (!actions[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    actions[event.key]();
  }

  // The dies of a lane of several: those of its first row.
  open(lane) {
    if (this.lanes.die(lane) === null) this.onOpen(lane * (this.lanes.overview.dies_per_lane / this.content.columns));
  }

  moveLane(by) {
    this.lane = Math.min(this.lanes.count - 1, Math.max(0, this.lane + by));
    this.slice = null;
    this.info.textContent = this.lanes.name(this.lane);
    const box = this.canvas.parentElement;
    const y = this.lane * this.laneHeight;
    if (y < box.scrollTop || y + this.laneHeight > box.scrollTop + box.clientHeight) box.scrollTop = y - box.clientHeight / 2;
    this.draw();
  }
}
