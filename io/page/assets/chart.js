// Charts of lines and marks over two axes, as SVG: read by pointer, by keys (each mark can be reached) and in print.

const svgElement = (name, attributes, ...children) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

// From one value of an axis to the place of another; ticks are [value, text].
function logAxis(values, format) {
  const low = Math.floor(Math.log10(smallest(values)) * 1.0001 - 0.05), high = Math.max(low + 1, Math.ceil(Math.log10(largest(values)) + 0.05));
  const steps = high - low <= 2 ? [1, 2, 5] : [1];
  const ticks = [];
  for (let power = low; power <= high; power++) {
    for (const step of steps) if (power < high || step === 1) ticks.push([step * 10 ** power, format(step * 10 ** power)]);
  }
  return {share: value => (Math.log10(value) - low) / (high - low), ticks, least: 10 ** low, most: 10 ** high};
}

function linearAxis(values, format) {
  const most = largest([...values, 1e-9]) * 1.05;
  const rough = most / 5, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(each => each * power).find(each => each >= rough);
  const ticks = [];
  for (let i = 0; i * step <= most; i++) ticks.push([i * step, format(i * step)]);
  return {share: value => value / most, ticks, least: 0, most};
}

const chartFrame = {width: 780, height: 360, left: 112, right: 24, top: 16, bottom: 50};

function axisLines({x, y, xLabel, yLabel}, at) {
  const {width, height, left, right, top, bottom} = chartFrame;
  const line = (x1, y1, x2, y2) => svgElement("line", {x1, y1, x2, y2, stroke: "var(--line)"});
  const text = (content, attributes) => svgElement("text", {"font-size": 12, fill: "var(--faint)", ...attributes}, content);
  return [...x.ticks.flatMap(([value, label]) => [line(at(value, y.least)[0], top, at(value, y.least)[0], height - bottom),
    text(label, {x: at(value, y.least)[0], y: height - bottom + 18, "text-anchor": "middle"})]),
    ...y.ticks.flatMap(([value, label]) => [line(left, at(x.least, value)[1], width - right, at(x.least, value)[1]),
      text(label, {x: left - 8, y: at(x.least, value)[1] + 4, "text-anchor": "end"})]),
    text(xLabel, {x: (left + width - right) / 2, y: height - 8, "text-anchor": "middle"}),
    text(yLabel, {x: 14, y: (top + height - bottom) / 2, "text-anchor": "middle", transform: `rotate(-90 14 ${(top + height - bottom) / 2})`})];
}

// A mark tells itself to whoever points at it, or comes to it by the Tab key.
function chartMark({letter, text, colour}, [x, y]) {
  const mark = svgElement("g", {tabindex: 0, role: "img", "aria-label": text.replaceAll("\n", ", "), class: "mark"},
    svgElement("circle", {cx: x, cy: y, r: 9, fill: `var(--${colour})`, stroke: "var(--paper)", "stroke-width": 1.5}),
    svgElement("text", {x, y: y + 4, "text-anchor": "middle", "font-size": 11, "font-weight": 600, fill: colour === "matrix" ? "var(--on-matrix)" : "#10151a"}, letter));
  mark.addEventListener("mousemove", event => showTip(text, event.clientX, event.clientY));
  mark.addEventListener("mouseleave", () => showTip(""));
  mark.addEventListener("focus", () => {
    const box = mark.getBoundingClientRect();
    showTip(text, box.right, box.top);
  });
  mark.addEventListener("blur", () => showTip(""));
  return mark;
}

// lines: [{points: [[x, y], ...], dash}]; marks: [{x, y, letter, text, colour}].
function chart(id, axes, lines, marks) {
  const {width, height, left, right, top, bottom} = chartFrame;
  const at = (x, y) => [left + axes.x.share(x) * (width - left - right), height - bottom - axes.y.share(y) * (height - top - bottom)];
  return svgElement("svg", {id, viewBox: `0 0 ${width} ${height}`, class: "chart", role: "group", "aria-label": `${axes.yLabel} over ${axes.xLabel}`},
    ...axisLines(axes, at),
    ...lines.map(({points, dash}) => svgElement("polyline", {points: points.map(([x, y]) => at(x, y).map(each => each.toFixed(1)).join(",")).join(" "),
      fill: "none", stroke: "var(--ink)", "stroke-width": 1.6, "stroke-dasharray": dash})),
    ...marks.map(mark => chartMark(mark, at(mark.x, mark.y))));
}
