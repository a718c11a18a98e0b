// Draws the package: dies with their heat, links as lines, IO dies at the edge; pointer and keys choose what is told.

function mapLayout(content, width) {
  const hasIo = content.links.from.some(node => node >= content.dies.die.length);
  const hasWraps = content.links.from.some((_, i) => linkKind(content, i) === "wrap");
  const edges = hasIo ? 1.5 : hasWraps ? 0.9 : 0.3;  // in dies, both sides together
  const cell = Math.max(2, Math.min(92, width / (content.columns + edges), 900 / (content.rows + edges)));
  const die = cell >= 14 ? cell * 0.6 : Math.max(1.5, cell - (cell > 5 ? 1 : 0.3));
  const margin = cell * edges / 2;
  return {cell, die, margin, left: Math.max(0, (width - content.columns * cell) / 2), height: content.rows * cell + 2 * margin, showsLinks: cell >= 14};
}

const sides = {north: [0, -1], south: [0, 1], west: [-1, 0], east: [1, 0]};

function centre(layout, row, column) {
  return [layout.left + (column + 0.5) * layout.cell, layout.margin + (row + 0.5) * layout.cell];
}

function ioCentre(layout, content, row, column) {
  const [x, y] = centre(layout, row, column);
  const [dx, dy] = sides[edgeOf(row, column, content)];
  return [x + dx * layout.cell * 0.86, y + dy * layout.cell * 0.86];
}

// The lines of a link, each [x1, y1, x2, y2]; the two directions lie beside each other.
function linkLines(layout, content, i) {
  const {links} = content;
  const dies = content.dies.die.length;
  const endOf = end => links[end][i] < dies ? centre(layout, links[`${end}_row`][i], links[`${end}_column`][i])
    : ioCentre(layout, content, links[`${end}_row`][i], links[`${end}_column`][i]);
  const [[ax, ay], [bx, by]] = [endOf("from"), endOf("to")];
  const length = Math.hypot(bx - ax, by - ay) || 1;
  const [ux, uy] = [(bx - ax) / length, (by - ay) / length];
  const kind = linkKind(content, i);
  const half = layout.die / 2;
  const aside = layout.cell * (kind === "wrap" ? 0.2 : 0.075);
  const [sx, sy] = [-uy * aside, ux * aside];
  if (kind === "wrap") {  // out over one edge, in over the other
    const stub = half + layout.cell * 0.4;
    return [[ax - ux * half + sx, ay - uy * half + sy, ax - ux * stub + sx, ay - uy * stub + sy],
      [bx + ux * stub + sx, by + uy * stub + sy, bx + ux * half + sx, by + uy * half + sy]];
  }
  const [first, last] = kind === "io" ? [links.from[i] < dies ? half : layout.die * 0.2, links.to[i] < dies ? half : layout.die * 0.2] : [half, half];
  return [[ax + ux * first + sx, ay + uy * first + sy, bx - ux * last + sx, by - uy * last + sy]];
}

const rgbOf = hex => [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16));

function mixed(from, to, share) {
  const [low, high] = [rgbOf(from), rgbOf(to)];
  return `rgb(${low.map((each, i) => Math.round(each + (high[i] - each) * share)).join(",")})`;
}

function drawLinks(context, layout, content, shares, most) {
  const [idle, busy] = [themed("line"), themed("write")];
  content.links.from.forEach((_, i) => {
    const share = most > 0 ? shares[i] / most : 0;
    context.strokeStyle = mixed(idle, busy, share);
    context.fillStyle = context.strokeStyle;
    context.lineWidth = 1 + share * Math.min(4, layout.cell * 0.06);
    for (const [x1, y1, x2, y2] of linkLines(layout, content, i)) {
      context.beginPath();
      context.moveTo(x1, y1);
      context.lineTo(x2, y2);
      context.stroke();
      if (layout.cell < 40) continue;
      const angle = Math.atan2(y2 - y1, x2 - x1), size = 3 + share * 3;
      context.beginPath();
      context.moveTo(x2, y2);
      context.lineTo(x2 - size * 1.6 * Math.cos(angle - 0.5), y2 - size * 1.6 * Math.sin(angle - 0.5));
      context.lineTo(x2 - size * 1.6 * Math.cos(angle + 0.5), y2 - size * 1.6 * Math.sin(angle + 0.5));
      context.fill();
    }
  });
}

// Every IO die once, by the link that leaves it: visit(node, x, y).
function forEachIoDie(layout, content, visit) {
  const {links} = content;
  links.from.forEach((node, i) => {
    if (node >= content.dies.die.length) visit(node, ...ioCentre(layout, content, links.from_row[i], links.from_column[i]));
  });
}

// In a bin of time with the utilisation of their channels, which are shares by node; else all alike.
function drawIoDies(context, layout, content, channels, most) {
  const size = layout.die * 0.4;
  const [idle, busy] = [themed("line"), themed("write")];
  forEachIoDie(layout, content, (node, x, y) => {
    context.fillStyle = channels === null ? themed("static") : mixed(idle, busy, most > 0 ? mean(channels.get(node) || []) / most : 0);
    context.fillRect(x - size / 2, y - size / 2, size, size);
    if (channels === null) return;
    context.strokeStyle = themed("static");
    context.lineWidth = 1;
    context.strokeRect(x - size / 2, y - size / 2, size, size);
  });
}

function ioDieAt(layout, content, x, y) {
  let found = null;
  forEachIoDie(layout, content, (node, cx, cy) => {
    if (Math.max(Math.abs(x - cx), Math.abs(y - cy)) <= layout.die * 0.2) found = node;
  });
  return found;
}

function drawDies(context, layout, content, values, format, selected) {
  const [low, high] = [smallest(values), largest(values)];
  const {cell, die} = layout;
  content.dies.die.forEach((_, i) => {
    const [x, y] = centre(layout, content.dies.row[i], content.dies.column[i]);
    const share = high > low ? (values[i] - low) / (high - low) : 0.5;
    context.fillStyle = heat(share);
    context.fillRect(x - die / 2, y - die / 2, die, die);
    if (die >= 46) {
      context.fillStyle = inkOn(share);
      context.font = `${Math.round(Math.min(13, die / 4.4))}px system-ui, "DejaVu Sans", sans-serif`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(format(values[i]), x, y, die - 4);
    }
    if (i !== selected) return;
    context.strokeStyle = themed("ink");
    context.lineWidth = 3;
    context.strokeRect(x - die / 2 - 2, y - die / 2 - 2, die + 4, die + 4);
  });
  return [low, high];
}

function dieAt(layout, content, x, y) {
  const column = Math.floor((x - layout.left) / layout.cell), row = Math.floor((y - layout.margin) / layout.cell);
  if (column < 0 || row < 0 || column >= content.columns || row >= content.rows) return null;
  const [cx, cy] = centre(layout, row, column);
  const reach = layout.showsLinks ? layout.die / 2 : layout.cell / 2;
  return Math.abs(x - cx) <= reach && Math.abs(y - cy) <= reach ? row * content.columns + column : null;
}

function linkAt(layout, content, x, y) {
  let best = null, nearest = 5;
  content.links.from.forEach((_, i) => {
    for (const [x1, y1, x2, y2] of linkLines(layout, content, i)) {
      const along = Math.min(1, Math.max(0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / ((x2 - x1) ** 2 + (y2 - y1) ** 2 || 1)));
      const distance = Math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1));
      if (distance < nearest) [best, nearest] = [i, distance];
    }
  });
  return best;
}

// What is drawn of a trace: the state of the map, and how it changes.
class PackageMap {
  constructor(traces, canvas, panel, scales) {
    Object.assign(this, {traces, canvas, panel, scales, selected: null, bin: null, channels: null});
    this.setTrace(0);
    canvas.addEventListener("mousemove", event => this.hover(event));
    canvas.addEventListener("mouseleave", () => showTip(""));
    canvas.addEventListener("click", event => this.select(dieAt(this.layout, this.content, ...this.place(event))));
    canvas.addEventListener("keydown", event => this.press(event));
  }

  setTrace(index) {
    this.content = this.traces[index].content;
    this.heat = null;
    this.setBin(null);
    this.available = heats.map(each => heatValues(this.content, each).some(value => value > 0));
    this.select(null);
    const differs = heats.map(each => heatValues(this.content, each)).map(values => largest(values) > smallest(values) * 1.02);
    this.setHeat(heats[Math.max(0, this.available.indexOf(true), differs.indexOf(true))][0]);
  }

  setHeat(key) {
    this.heat = heats.find(each => each[0] === key);
    this.values = heatValues(this.content, this.heat);
    this.draw();
  }

  // A bin of time, or null for the whole run.
  setBin(bin) {
    this.bin = bin;
    this.shares = sharesAt(this.content, bin);
    this.channels = bin === null ? null : channelsAt(this.content, bin);
    this.most = bin === null ? largest([0, ...this.shares]) : mostAtAnyTime(this.content);
    this.canvas.dataset.bin = bin === null ? "" : String(bin);
    if (this.heat) this.draw();
  }

  textAt(x, y) {
    const {content, layout} = this;
    const die = dieAt(layout, content, x, y);
    if (die !== null) return dieText(content, die, this.heat, this.values[die], this.heat[3]);
    if (!layout.showsLinks) return "";
    const io = this.channels === null ? null : ioDieAt(layout, content, x, y);
    if (io !== null) return ioDieText(content, io, this.channels.get(io) || [], this.bin);
    const link = linkAt(layout, content, x, y);
    return link === null ? "" : linkText(content, this.shares, link, this.bin);
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  hover(event) {
    showTip(this.textAt(...this.place(event)), event.clientX, event.clientY);
  }

  select(die) {
    this.selected = die;
    this.canvas.dataset.selected = die === null ? "" : String(die);
    if (die === null) this.panel.replaceChildren(element("p", {class: "note"}, "Choose a die by click, or by arrow keys when the map has the focus; its numbers and links stand here."));
    else showDieFacts(this.panel, this.content, die);
    if (this.heat) this.draw();
  }

  press(event) {
    const step = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
    if (!step) return;
    event.preventDefault();
    const {rows, columns} = this.content;
    if (this.selected === null) return this.select(0);
    const row = Math.min(rows - 1, Math.max(0, Math.floor(this.selected / columns) + step[0]));
    const column = Math.min(columns - 1, Math.max(0, this.selected % columns + step[1]));
    this.select(row * columns + column);
  }

  draw() {
    const width = Math.max(this.canvas.parentElement.clientWidth, 200);
    this.layout = mapLayout(this.content, width);
    const {context, height} = sizedContext(this.canvas, this.layout.height);
    context.clearRect(0, 0, width, height);
    const {most} = this;
    if (this.layout.showsLinks) {
      drawLinks(context, this.layout, this.content, this.shares, most);
      drawIoDies(context, this.layout, this.content, this.channels, most);
    }
    const [low, high] = drawDies(context, this.layout, this.content, this.values, this.heat[3], this.selected);
    this.scales.replaceChildren(element("div", {class: "scale"}, this.heat[3](low), element("i", {style: `background:${heatGradient}`}),
      `${this.heat[3](high)} ${this.heat[1]}`));
    if (this.layout.showsLinks && most > 0) this.scales.append(element("div", {class: "scale"}, "0 %",
      element("i", {style: "background:linear-gradient(to right, var(--line), var(--write))"}), `${percent(most)} utilisation of a link${this.bin === null ? "" : " or of an IO die's DRAM channels, in a bin of time"}`));
  }
}

function mapNote(content) {
  const parts = ["Dies in their places, north on top; grey squares are IO dies. Each link is two lines, one per direction; the share of the time in which it was transmitting is its colour and width. "];
  if (content.link_count > content.links.from.length) parts.push(`The ${content.link_count} links are too many for a page and left out. `);
  if (content.links.from.some((_, i) => linkKind(content, i) === "wrap")) parts.push("Lines that leave the package come in at the opposite edge. ");
  if (content.deck.some(([key, value]) => key === "package.topology" && value.includes("bypass"))) parts.push(
    "Rings of this package skip every second die: their messages pass it over the links drawn here, without touching its buffers. ");
  if (content.busy) parts.push("The slider shows links, and IO dies by their DRAM channels, in one bin of time; its first place is the whole run, which dies always tell. ");
  return parts.join("");
}

function showMap(traces, redraws) {
  const section = document.getElementById("map");
  const canvas = element("canvas", {id: "map-canvas", tabindex: "0", role: "application", "aria-label": "Map of the package. Arrow keys choose a die."});
  const panel = element("div", {class: "info", id: "map-info", "aria-live": "polite"});
  const scales = element("div", {id: "map-scales"});
  const note = element("p", {class: "note"});
  const behind = element("div");
  const tools = element("div", {class: "tools"});
  const above = element("div");
  section.append(note, tools, above, element("div", {class: "columns"}, element("div", {}, canvas, scales), panel), behind);
  const map = new PackageMap(traces, canvas, panel, scales);
  const time = new MapTime(map);
  above.append(time.box);
  const show = index => {
    map.setTrace(index);
    time.reset();
    const {content} = map;
    note.textContent = mapNote(content);
    const heatChoice = choice("Dies by", "map-heat", heats.map(([key, name], i) => [key, name, !map.available[i]]), key => map.setHeat(key));
    heatChoice.querySelector("select").value = map.heat[0];
    const traceChoice = choice("Trace", "map-trace", traces.map((trace, i) => [i, `${letterOf(i)}  ${trace.deck_name}`]), chosen => show(Number(chosen)));
    traceChoice.querySelector("select").value = String(index);
    tools.replaceChildren(...(traces.length > 1 ? [traceChoice] : []), heatChoice);
    behind.replaceChildren(tableBehind("dies-table", `Table of the ${content.dies.die.length} dies`, () => dieTable(content)),
      tableBehind("links-table", `Table of the ${content.links.from.length} links`, () => linkTable(content)));
  };
  show(0);
  redraws.push(() => map.draw());
}
