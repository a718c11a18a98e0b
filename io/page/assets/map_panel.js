// The panel of the package: the map with its state, its tools, and the tables behind it.

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
    this.setValues();
    this.draw();
  }

  // In a bin of time as shares of it, where that is known of each die; else of the whole run.
  setValues() {
    const shares = heatValuesAt(this.content, this.heat, this.bin);
    this.values = shares || heatValues(this.content, this.heat);
    this.told = shares ? percent : this.heat[3];
    this.range = shares ? [0, 1] : [smallest(this.values), largest(this.values)];
    this.canvas.dataset.values = shares ? "bin" : "run";
  }

  // A bin of time, or null for the whole run.
  setBin(bin) {
    this.bin = bin;
    this.shares = sharesAt(this.content, bin);
    this.channels = bin === null ? null : channelsAt(this.content, bin);
    this.most = bin === null ? Math.max(0, largest(this.shares)) : mostAtAnyTime(this.content);
    this.canvas.dataset.bin = bin === null ? "" : String(bin);
    if (!this.heat) return;
    this.setValues();
    this.draw();
  }

  textAt(x, y) {
    const {content, layout} = this;
    const die = dieAt(layout, content, x, y);
    if (die !== null) return dieText(content, die, this.heat, this.values[die], this.told);
    if (!layout.showsLinks) return "";
    const io = this.channels === null ? null : ioDieAt(layout, content, x, y);
    if (io !== null) return ioDieText(content, io, this.channels.get(io) || [], this.bin);
    const link = linkAt(this.lines, x, y);
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

  setLayout(width) {
    if (this.layout && this.layout.width === width && this.layout.content === this.content) return;
    this.layout = {...mapLayout(this.content, width), width, content: this.content};
    this.lines = this.layout.showsLinks ? allLinkLines(this.layout, this.content) : {links: [], ends: []};
  }

  draw() {
    const width = Math.max(this.canvas.parentElement.clientWidth, 200);
    this.setLayout(width);
    const {context} = sizedContext(this.canvas, this.layout.height);
    const {most} = this;
    if (this.layout.showsLinks) {
      drawLinks(context, this.layout, this.lines, this.shares, most);
      drawIoDies(context, this.layout, this.content, this.channels, most);
    }
    drawDies(context, this.layout, this, this.selected);
    const [low, high] = this.range;
    this.scales.replaceChildren(element("div", {class: "scale"}, this.told(low), element("i", {style: `background:${heatGradient}`}),
      `${this.told(high)} ${this.heat[1]}${this.canvas.dataset.values === "bin" ? ", share of the bin of time" : this.bin === null ? "" : ", whole run"}`));
    if (this.layout.showsLinks && most > 0) this.scales.append(element("div", {class: "scale"}, "0 %",
      element("i", {style: "background:linear-gradient(to right, var(--line), var(--write))"}), `${percent(most)} utilisation of a link${this.bin === null ? "" : " or of an IO die's DRAM channels, in a bin of time"}`));
  }
}

function mapNote(content) {
  const parts = ["Dies in their places, north on top; grey squares are IO dies. Each link is two lines, one per direction; the share of the time in which it was transmitting is its colour and width. "];
  if (content.link_count > content.links.from.length) parts.push(`The ${content.link_count} links are too many for a page and left out. `);
  else if (Math.max(content.rows, content.columns) > 130) parts.push("Links are too small to be drawn here; the table has them. ");
  if (content.links.from.some((_, i) => linkKind(content, i) === "wrap")) parts.push("Lines that leave the package come in at the opposite edge. ");
  if (content.deck.some(([key, value]) => key === "package.topology" && value.includes("bypass"))) parts.push(
    "Rings of this package skip every second die: their messages pass it over the links drawn here, without touching its buffers. ");
  if (content.busy) parts.push("The slider shows links, and IO dies by their DRAM channels, in one bin of time, its first place the whole run; dies tell it by their share of that time where the page knows each of them, else of the whole run. ");
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
      tableBehind("links-table", `Table of the ${content.links.from.length} links`, () => linkTable(content, map.bin), true),
      ...(content.busy && content.busy.channels.io_die.length > 0
        ? [tableBehind("channels-table", `Table of the ${content.busy.channels.io_die.length} DRAM channels`, () => channelTable(content, map.bin), true)] : []));
  };
  show(0);
  redraws.push(() => map.draw());
  showStalls(section, traces);
  showBuffers(section, traces);
}
