// Energy by component, and over time.

const energyParts = [["matrix, vector", "energy_compute_J", "matrix"], ["SRAM", "energy_sram_J", "vector"], ["links, routers", "energy_nop_J", "nop"],
  ["DRAM access", "energy_dram_J", "dram"], ["static", "energy_static_J", "static"]];
const energySeries = energyParts.map(([name, , colour]) => [name, colour]);

const energyOf = trace => energyParts.map(([name, column, colour]) => ({name, colour, value: sum(trace.content.dies[column])}));

// What each of some bins has of an amount: shares of the bins of another grid, by the time that they have in common.
function spreadOver(columns, end, amounts, edges) {
  const spread = new Float64Array(columns), total = sum(amounts);
  if (total <= 0) return spread;
  amounts.forEach((amount, bin) => {
    const from = Math.min(edges(bin), end) / end * columns, to = Math.min(edges(bin + 1), end) / end * columns;
    for (let column = Math.floor(from); column < to; column++) spread[column] += amount / total * (Math.min(to, column + 1) - Math.max(from, column)) / (to - from);
  });
  return spread;
}

// Sums over lanes of an activity's time in each bin of the overview.
function activityByBin(overview, names) {
  const times = new Array(overview.bins).fill(0);
  for (const name of names) overview.ps[name].forEach((ps, i) => { times[i % overview.bins] += ps; });
  return times;
}

// Flits that links moved in each bin: those of the run by the shares of time in which the link was transmitting.
function flitsByBin({busy, links}) {
  const times = new Array(busy.bins).fill(0);
  links.flits.forEach((flits, i) => {
    const shares = busy.links.subarray(i * busy.bins, (i + 1) * busy.bins), total = sum(shares);
    if (total > 0) shares.forEach((share, bin) => { times[bin] += flits * share / total; });
  });
  return times;
}

function channelsByBin({busy}) {
  const times = new Array(busy.bins).fill(0);
  busy.of_channels.forEach((share, i) => { times[i % busy.bins] += share; });
  return times;
}

// Joules of each component in some columns of time: each component's whole energy, spread by what causes it.
function energyOverTime(trace, columns) {
  const {operations: {overview}, busy, simulated_ps} = trace.content;
  const edge = bin => edgeOfBin(overview, bin), busyEdge = bin => bin * busy.width_ps;
  const work = spreadOver(columns, simulated_ps, activityByBin(overview, ["matrix engine", "vector unit"]), edge);
  const shares = [work, work, spreadOver(columns, simulated_ps, flitsByBin(trace.content), busyEdge),
    spreadOver(columns, simulated_ps, channelsByBin(trace.content), busyEdge), new Float64Array(columns).fill(1 / columns)];
  const energies = energyOf(trace).map(part => part.value);
  return Array.from({length: columns}, (_, column) => energies.map((energy, i) => energy * shares[i][column]));
}

function showEnergyOverTime(section, traces) {
  const columns = 120;
  traces.forEach((trace, i) => {
    const {operations, busy, sampled, simulated_ps} = trace.content;
    if (!runsPrograms(trace)) return;
    if (!operations || !busy || sampled) {
      section.append(element("p", {class: "note missing"}, letterBadge(i), sampled ? " A part of the step was simulated: there is no energy over its time."
        : " Energy over time follows from operations and bins of links; the trace, or the page, does not have both."));
      return;
    }
    const width = simulated_ps / columns;
    section.append(columnsFigure({id: `energy-time-${letterOf(i)}`, title: `${letterOf(i)} ${trace.deck_name}: energy over time`, series: energySeries, unit: "W",
      columns: energyOverTime(trace, columns).map((values, column) => ({name: `${placeInTime(column * width, simulated_ps)} to ${placeInTime((column + 1) * width, simulated_ps)}`,
        tick: placeInTime(column * width, simulated_ps), values: values.map(value => value / (width * 1e-12))})),
      xLabel: "time", yLabel: "mean power", format: value => si(value, "W")}));
  });
}

// `isReport`: what happened over time was read.
function showEnergy(section, traces, isReport) {
  const totals = traces.map(trace => sum(energyOf(trace).map(part => part.value)));
  section.append(element("h3", {}, "Energy, whole package"));
  if (largest(totals) <= 0) {
    section.append(element("p", {class: "note"}, "The traces count no energy."));
    return;
  }
  const bars = element("div", {class: "bars", id: "energy-bars"});
  traces.forEach((trace, i) => {
    const parts = energyOf(trace).map(part => ({...part, text: `${si(part.value, "J")}, ${percent(part.value / totals[i])}`}));
    bars.append(element("div", {class: "name"}, letterBadge(i), ` ${trace.deck_name}`), stackedBar(parts, largest(totals)),
      element("div", {class: "value"}, si(totals[i], "J")));
  });
  const rows = () => [["Trace", ...energySeries.map(([name]) => `${name} (J)`), "total (J)"],
    traces.map((trace, i) => [letterOf(i), ...energyOf(trace).map(part => part.value), totals[i]])];
  section.append(legend(energySeries), bars, tableBehind("energy-table", "As a table", rows));
  if (isReport) showEnergyOverTime(section, traces);
  if (section.querySelector("[id^=energy-time-]")) section.append(element("p", {class: "note"}, "Over time each component's energy is spread by what causes it: that of engines and their "
    + "buffers by the time in which they worked, of links by the flits that they moved, of DRAM by the time of its channels, static evenly. Sums are those of the whole step."));
}
