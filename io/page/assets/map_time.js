// The map at a time: a slider over the bins of time in which links and DRAM channels were busy, and a button that plays them.

// What is shown of a trace: nothing for the whole run, else the number of a bin.
function sharesAt(content, bin) {
  if (bin === null) return utilisation(content);
  const {links, bins} = content.busy;
  return content.links.from.map((_, i) => links[i * bins + bin] / 1000);
}

// The largest share of any link or IO die in any bin: colours mean the same in all of them.
function mostAtAnyTime({busy}) {
  if (busy.most === undefined) busy.most = Math.max(0, largest(busy.links), largest(busy.of_channels)) / 1000;
  return busy.most;
}

// Of each IO die its channels' shares in a bin, by node.
function channelsAt(content, bin) {
  const {channels, of_channels, bins} = content.busy;
  const shares = new Map();
  channels.io_die.forEach((node, i) => shares.set(node, [...(shares.get(node) || []), of_channels[i * bins + bin] / 1000]));
  return shares;
}

const mean = list => list.length > 0 ? sum(list) / list.length : 0;

function mapTimeText(content, bin) {
  if (bin === null) return "whole run";
  const {width_ps, bins} = content.busy;
  const window = width_ps * bins;
  return `${placeInTime(bin * width_ps, window)} to ${placeInTime((bin + 1) * width_ps, window)}`;
}

function meanText(content, bin) {
  if (bin === null) return "mean over the whole run";
  const channels = [...channelsAt(content, bin).values()].flat();
  const ofChannels = channels.length > 0 ? `, DRAM channels ${percent(mean(channels))}` : "";
  return `links busy ${percent(mean(sharesAt(content, bin)))}${ofChannels} in the mean`;
}

// A slider whose first place is the whole run and whose others are its bins, for a map that can show(bin).
class MapTime {
  constructor(map) {
    this.map = map;
    this.timer = null;
    this.play = button("Play", "map-play", () => this.timer === null ? this.start() : this.stop());
    this.slider = element("input", {type: "range", id: "map-time-slider", min: "0", step: "1", "aria-label": "Time shown on the map"});
    this.text = element("output", {id: "map-time-text", for: "map-time-slider"});
    this.box = element("div", {class: "tools time", id: "map-time", role: "group", "aria-label": "When links and DRAM channels were busy"},
      this.play, this.slider, this.text);
    this.slider.addEventListener("input", () => {
      this.stop();
      this.show(Number(this.slider.value));
    });
  }

  // Of the trace that the map shows now.
  reset() {
    this.stop();
    const {busy} = this.map.content;
    this.box.hidden = !busy;
    if (!busy) return;
    this.slider.max = String(busy.bins);
    this.show(0);
  }

  show(place) {
    const bin = place === 0 ? null : place - 1;
    const {content} = this.map;
    this.slider.value = String(place);
    this.slider.setAttribute("aria-valuetext", `${mapTimeText(content, bin)}, ${meanText(content, bin)}`);
    this.text.textContent = `${mapTimeText(content, bin)}: ${meanText(content, bin)}`;
    this.map.setBin(bin);
  }

  start() {
    this.play.textContent = "Pause";
    const {bins} = this.map.content.busy;
    if (Number(this.slider.value) === bins) this.show(1);
    this.timer = setInterval(() => {
      const next = Number(this.slider.value) + 1;
      if (next <= bins) this.show(next);
      if (next >= bins) this.stop();
    }, Math.max(40, 12000 / bins));
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.play.textContent = "Play";
  }
}
