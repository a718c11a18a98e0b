// Bars of where the dies' time went, whole and by stage and pass.

const timeParts = [["matrix engine", "matrix_ps", "matrix"], ["vector unit", "vector_ps", "vector"], ["NoP wait", "nop_ps", "nop"],
  ["DRAM wait", "dram_ps", "dram"]];
const runsPrograms = trace => timeParts.some(([, column]) => trace.content.dies[column].some(ps => ps > 0));

// Mean over dies; what is left of the step a die's program had ended.
function dieTime(trace) {
  const {dies, simulated_ps} = trace.content;
  const parts = timeParts.map(([name, column, colour]) => ({name, colour, value: sum(dies[column]) / dies.die.length}));
  const ended = Math.max(0, simulated_ps - sum(parts.map(part => part.value)));
  parts.push({name: "program ended", colour: "ended", value: ended});
  return parts.map(part => ({...part, text: `${seconds(part.value)}, ${percent(part.value / simulated_ps)}`}));
}

function showWhole(section, traces) {
  section.append(element("h3", {}, "A die's step, mean over dies"), legend([...timeParts.map(([name, , colour]) => [name, colour]), ["program ended", "ended"]]));
  const longest = largest(traces.map(trace => trace.content.simulated_ps));
  const bars = element("div", {class: "bars", id: "time-bars"});
  traces.forEach((trace, i) => {
    if (!runsPrograms(trace)) return;
    bars.append(element("div", {class: "name"}, letterBadge(i), ` ${trace.deck_name}`), stackedBar(dieTime(trace), longest),
      element("div", {class: "value"}, seconds(trace.content.simulated_ps)));
  });
  const rows = () => [["Trace", ...stepSeries.map(([name]) => `${name} (ps)`), "step (ps)"], traces.map((trace, i) => [trace, i]).filter(([trace]) => runsPrograms(trace))
    .map(([trace, i]) => [letterOf(i), ...dieTime(trace).map(part => part.value), trace.content.simulated_ps])];
  section.append(bars, tableBehind("time-table", "As a table", rows));
}

// Rows of operations by pass and stage: picoseconds of each activity, mean over dies.
function stageTimes(trace) {
  const times = new Map();
  const dies = trace.content.dies.die.length;
  for (const cell of trace.content.operations.spent) {
    if (!cell.activity) continue;
    const key = `${cell.pass}\n${cell.stage}`;
    if (!times.has(key)) times.set(key, {});
    times.get(key)[cell.activity] = (times.get(key)[cell.activity] || 0) + cell.ps / dies;
  }
  return times;
}

function stageBars(traces) {
  const all = traces.map(trace => trace.content.operations ? stageTimes(trace) : new Map());
  const {passes, stages} = traces.find(trace => trace.content.operations).content.operations;
  const total = time => time ? sum(Object.values(time)) : 0;
  const most = largest(all.flatMap(times => [...times.values()].map(total)));
  const bars = element("div", {class: "bars", id: "stage-bars"});
  for (const pass of passes) {
    const there = stages.filter(stage => all.some(times => total(times.get(`${pass}\n${stage}`)) > 0));
    if (there.length > 0) bars.append(element("div", {class: "group"}, pass));
    for (const stage of there) {
      all.forEach((times, i) => {
        const time = times.get(`${pass}\n${stage}`) || {};
        const parts = Object.entries(activityColour).map(([name, colour]) =>
          ({name: `${stage}, ${name}`, colour, value: time[name] || 0, text: seconds(time[name] || 0)}));
        const first = i === 0 ? stage : "";
        bars.append(element("div", {class: "name"}, `${first} `, ...(all.length > 1 ? [letterBadge(i)] : [])), stackedBar(parts, most, true),
          element("div", {class: "value"}, seconds(total(time))));
      });
    }
  }
  return bars;
}

function spentTable(traces) {
  const head = ["Trace", "Pass", "Stage", "Kind", "Layer", "Operations", "Time (ps), all dies", "Bytes"];
  return tableBehind("spent-table", "As a table, by layer, with transfers beside the program", () => [head, traces.flatMap((trace, i) =>
    (trace.content.operations ? trace.content.operations.spent : [])
      .map(cell => [letterOf(i), cell.pass, cell.stage, cell.kind, cell.layer < 0 ? "none" : cell.layer, cell.rows, cell.ps, cell.bytes]))]);
}

function showStages(section, traces) {
  section.append(element("h3", {}, "By pass and stage, mean over dies"));
  traces.forEach((trace, i) => {
    if (!trace.content.operations) section.append(element("p", {class: "note missing"}, letterBadge(i), ` ${trace.content.why_no_operations}`));
    else if (trace.content.sampled) section.append(element("p", {class: "note"}, letterBadge(i), " Operations of the simulated segments only, not scaled to the whole step."));
  });
  if (!traces.some(trace => trace.content.operations)) return;
  section.append(element("p", {class: "note"}, "Sums over all operations of the trace. A collective counts as NoP, the time its sums took in the vector unit included. "
    + "Rows do not name their pass: up to a die's first operation of the output head it is forward, after its last one backward."),
  legend(Object.entries(activityColour)), stageBars(traces), spentTable(traces));
}

// `isReport`: operations were read, if there are any.
function showTime(traces, isReport, redraws) {
  const section = document.getElementById("time");
  if (traces.some(runsPrograms)) showWhole(section, traces);
  else section.append(element("p", {class: "note missing"}, "The dies of these traces run no programs: there is no time to divide."));
  showPath(section, traces, redraws);
  if (isReport) {
    showOverlap(section, traces);
    showStages(section, traces);
    showLayers(section, traces);
    if (traces.some(runsPrograms)) showDies(section, traces);
  }
  showRoofline(section, traces);
  showProducts(section, traces);
  showLatencyOverLoad(section, traces);
  if (isReport) showLatencyHistogram(section, traces);
  showEnergy(section, traces, isReport);
}
