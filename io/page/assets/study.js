// A study: figures of its points over what was varied; of synthetic traffic, latency over load.

const studyColours = ["nop", "vector", "dram", "read", "static", "other", "write", "matrix"];
const mostSeries = studyColours.length;

// Columns by name; numbers where every cell that is filled is one.
function studyColumns({names, rows}) {
  return names.map((name, i) => {
    const cells = rows.map(row => row[i]), filled = cells.filter(cell => cell !== "");
    const isNumber = filled.length > 0 && filled.every(cell => Number.isFinite(Number(cell)));
    return {name, cells, isNumber, varies: new Set(filled).size > 1};
  });
}

// Keys of decks stand between the point and the figures, which begin with the summary's schema.
function studyKeys(columns) {
  const end = columns.findIndex(column => column.name === "schema");
  return columns.slice(1, end < 0 ? columns.length : end).filter(column => column.varies);
}

// What is drawn at first: latency over load where the study has them, else the simulated time over the first key with numbers.
function firstAxes(columns, keys) {
  const named = names => names.map(name => columns.find(column => column.name === name && column.isNumber)).find(Boolean);
  const y = named(["traffic.latency_mean_cycles", "training.step_s", "simulated_ps"]) || columns.filter(column => column.isNumber).at(-1);
  const load = y && y.name.startsWith("traffic.") ? named(["traffic.injection_rate", "traffic.offered_flits_per_die_cycle"]) : null;
  const x = load || keys.find(column => column.isNumber) || columns.find(column => column.isNumber);
  const by = keys.find(column => column !== x && new Set(column.cells).size <= mostSeries);
  return {x, y, by};
}

// Points of one value of `by`, from left to right: [{x, y, row}].
function studySeries({x, y, by}) {
  const series = new Map();
  x.cells.forEach((cell, row) => {
    if (cell === "" || y.cells[row] === "") return;
    const key = by ? by.cells[row] : "";
    if (!series.has(key)) series.set(key, []);
    series.get(key).push({x: Number(cell), y: Number(y.cells[row]), row});
  });
  for (const points of series.values()) points.sort((a, b) => a.x - b.x);
  return [...series];
}

function studyChart(id, {x, y, by}) {
  const series = studySeries({x, y, by});
  const all = series.flatMap(([, points]) => points);
  if (all.length === 0) return element("p", {class: "note"}, "No point has both.");
  const plain = value => String(Number(value.toPrecision(4)));
  const values = all.map(point => point.y), isWide = smallest(values) > 0 && largest(values) > 20 * smallest(values);
  const axes = {x: linearAxis(all.map(point => point.x), plain), y: isWide ? logAxis(values, plain) : linearAxis(values, plain), xLabel: x.name, yLabel: y.name};
  const marks = series.flatMap(([key, points], i) => points.map(point => ({x: point.x, y: point.y, letter: letterOf(i), colour: studyColours[i % mostSeries],
    text: `${by ? `${by.name} ${key}\n` : ""}${x.name} ${x.cells[point.row]}\n${y.name} ${y.cells[point.row]}`})));
  const lines = series.map(([, points], i) => ({points: points.map(point => [point.x, point.y]), dash: dashes[i % dashes.length]}));
  const words = by ? series.map(([key], i) => [`${letterOf(i)}: ${by.name} ${key}`, studyColours[i % mostSeries]]) : [];
  return element("div", {}, legend(words), chart(id, axes, lines, marks));
}

function showStudy(section, study, number) {
  const columns = studyColumns(study), keys = studyKeys(columns), axes = firstAxes(columns, keys);
  const title = study.path.split("/").slice(-2).join("/");
  section.append(element("h3", {}, `${title}: ${study.rows.length} points`));
  if (!axes.x || !axes.y) {
    section.append(element("p", {class: "note missing"}, "The table has no numbers to be drawn."));
    return;
  }
  const body = element("div"), draw = () => body.replaceChildren(studyChart(`study-chart-${number}`, axes));
  const numbers = columns.filter(column => column.isNumber);
  const chooser = (label, axis, from) => {
    const made = choice(label, `study-${axis}-${number}`, from.map(column => [column ? column.name : "", column ? column.name : "nothing"]), name => {
      axes[axis] = columns.find(column => column.name === name);
      draw();
    });
    made.querySelector("select").value = axes[axis] ? axes[axis].name : "";
    return made;
  };
  draw();
  section.append(element("div", {class: "tools"}, chooser("Draw", "y", numbers), chooser("over", "x", numbers),
    chooser("a line for each", "by", [null, ...columns.filter(column => new Set(column.cells).size <= mostSeries)])),
  body, tableBehind(`study-table-${number}`, "Table of all points", () => [study.names, study.rows]));
}

function showStudies(studies) {
  const section = document.getElementById("study");  // nothing where there are none
  studies.forEach((study, i) => showStudy(section, study, i + 1));
}
