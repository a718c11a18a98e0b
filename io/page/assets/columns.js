// Columns of stacked parts, or lines, over an axis: read by pointer, by arrow keys, in print, and as a table.

const columnsFrame = {width: 1160, height: 230, left: 92, right: 8, top: 10, bottom: 40};

// figure: {id, title, series: [[name, colour], ...], columns: [{name, values} or null for a gap], xLabel, yLabel, format, lines}.
// Values of all series, in the order of the series; `lines`: each series is a line and not part of a stack.
function columnsAxes(figure) {
  const {width, height, left, right, top, bottom} = columnsFrame;
  const values = figure.columns.filter(Boolean).map(column => figure.lines ? largest(column.values) : sum(column.values));
  const y = linearAxis(values, figure.format);
  const step = Math.min(64, (width - left - right) / figure.columns.length);
  return {step, x: i => left + i * step, y: value => height - bottom - y.share(value) * (height - top - bottom), ticks: y.ticks};
}

const placeOf = number => number.toFixed(2);

// One path for all columns of a series.
function stackPath(figure, axes, series) {
  const gap = axes.step > 4 ? 1 : 0;
  return figure.columns.map((column, i) => {
    if (!column || !(column.values[series] > 0)) return "";
    const below = sum(column.values.slice(0, series)), [low, high] = [axes.y(below), axes.y(below + column.values[series])];
    return `M${placeOf(axes.x(i))} ${placeOf(high)}h${placeOf(axes.step - gap)}V${placeOf(low)}h${placeOf(gap - axes.step)}z`;
  }).join("");
}

function linePath(figure, axes, series) {
  let isDown = false;
  return figure.columns.map((column, i) => {
    const command = isDown ? "L" : "M";
    isDown = Boolean(column);
    return column ? `${command}${placeOf(axes.x(i + 0.5))} ${placeOf(axes.y(column.values[series]))}` : "";
  }).join("");
}

const dashes = ["", "6 3", "2 3", "9 3 2 3"];

function seriesPath(figure, axes, [, colour], series) {
  if (!figure.lines) return svgElement("path", {d: stackPath(figure, axes, series), fill: `var(--${colour})`, class: "ink"});
  return svgElement("path", {d: linePath(figure, axes, series), fill: "none", stroke: `var(--${colour})`, "stroke-width": 2, "stroke-dasharray": dashes[series % dashes.length], class: "ink"});
}

function columnsFurniture(figure, axes) {
  const {width, height, left, right, top, bottom} = columnsFrame;
  const text = (content, attributes) => svgElement("text", {"font-size": 12, fill: "var(--faint)", ...attributes}, content);
  const every = Math.max(1, Math.ceil(figure.columns.length / 12));
  const labels = figure.columns.map((column, i) => [column, i]).filter(([column, i]) => column && column.tick && (figure.columns.length <= 24 || i % every === 0));
  return [...axes.ticks.flatMap(([value, label]) => [svgElement("line", {x1: left, x2: width - right, y1: axes.y(value), y2: axes.y(value), stroke: "var(--line)"}),
    text(label, {x: left - 6, y: axes.y(value) + 4, "text-anchor": "end"})]),
  ...labels.map(([column, i]) => text(column.tick, {x: axes.x(i + 0.5), y: height - bottom + 15, "text-anchor": "middle"})),
  text(figure.xLabel, {x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle"}),
  text(figure.yLabel, {x: 12, y: (top + height - bottom) / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${(top + height - bottom) / 2})`})];
}

function columnText(figure, index) {
  const column = figure.columns[index];
  if (!column) return "";
  const total = figure.lines || figure.series.length < 2 ? [] : [`together ${figure.format(sum(column.values))}`];
  return [column.name, ...figure.series.map(([name], i) => `${name} ${figure.format(column.values[i])}`), ...total].join("\n");
}

// Pointer and keys tell one column; the arrow keys go over gaps.
function readByPointerAndKeys(figure, axes, svg, mark, told) {
  let chosen = -1;
  const choose = index => {
    chosen = index;
    mark.setAttribute("visibility", index < 0 ? "hidden" : "visible");
    mark.setAttribute("x", axes.x(Math.max(0, index)) - 0.5);
    told.textContent = index < 0 ? "" : columnText(figure, index).replaceAll("\n", ", ");
  };
  const step = by => {
    const {columns} = figure;
    for (let next = chosen + by; next >= 0 && next < columns.length; next += by) if (columns[next]) return choose(next);
  };
  svg.addEventListener("mousemove", event => {
    const box = svg.getBoundingClientRect();
    const index = Math.floor(((event.clientX - box.left) / box.width * columnsFrame.width - columnsFrame.left) / axes.step);
    showTip(index >= 0 && index < figure.columns.length ? columnText(figure, index) : "", event.clientX, event.clientY);
  });
  svg.addEventListener("mouseleave", () => showTip(""));
  svg.addEventListener("keydown", event => {
    const actions = {ArrowRight: () => step(1), ArrowLeft: () => step(-1), Home: () => { chosen = -1; step(1); }, End: () => { chosen = figure.columns.length; step(-1); }, Escape: () => choose(-1)};
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  });
  svg.addEventListener("blur", () => choose(-1));
}

// The figure with its title, legend, what the keys tell, and its table.
function columnsFigure(figure) {
  const {width, height, top, bottom} = columnsFrame;
  const axes = columnsAxes(figure);
  const mark = svgElement("rect", {y: top, height: height - top - bottom, width: Math.max(axes.step, 2), fill: "none", stroke: "var(--ink)", "stroke-width": 1.5, visibility: "hidden"});
  const svg = svgElement("svg", {id: figure.id, viewBox: `0 0 ${width} ${height}`, class: "chart wide", tabindex: 0, role: "application",
    "aria-label": `${figure.title}: ${figure.yLabel} over ${figure.xLabel}. Arrow keys read it.`},
  ...columnsFurniture(figure, axes), ...figure.series.map((each, i) => seriesPath(figure, axes, each, i)), mark);
  const told = element("output", {class: "told", id: `${figure.id}-told`, "aria-live": "polite"});
  readByPointerAndKeys(figure, axes, svg, mark, told);
  const unit = figure.unit ? ` (${figure.unit})` : "";
  const rows = () => [[figure.xLabel, ...figure.series.map(([name]) => `${name}${unit}`)], figure.columns.filter(Boolean).map(column => [column.name, ...column.values])];
  return element("figure", {}, element("figcaption", {}, figure.title), legend(figure.series), svg, told, tableBehind(`${figure.id}-table`, "As a table", rows));
}
