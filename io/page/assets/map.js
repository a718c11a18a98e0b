// The package: what can be shown of a die, where nodes and links lie, and what is said of them.

// [key, name, values of the whole run, how they are told, activities that tell it in a bin of time].
const heats = [
  ["compute", "compute", dies => dies.matrix_ps.map((ps, i) => ps + dies.vector_ps[i]), seconds, ["matrix engine", "vector unit"]],
  ["nop", "NoP wait", dies => dies.nop_ps, seconds, ["NoP"]],
  ["dram", "DRAM wait", dies => dies.dram_ps, seconds, ["DRAM wait"]],
  ["finished", "program ended at", dies => dies.finished_ps, seconds],
  ["energy", "energy", dies => dies.energy_total_J, joules => si(joules, "J")],
  ["sent", "bytes sent by collectives", dies => dies.nop_sent_bytes, bytes],
  ["memory", "DRAM bytes", dies => dies.dram_read_bytes.map((count, i) => count + dies.dram_write_bytes[i]), bytes],
  ["flow", "busiest outgoing link", null, percent],
];

// The utilisation of each link; where a package has no programs, dies are told by their links.
const utilisation = content => content.links.busy_ps.map(ps => content.simulated_ps > 0 ? ps / content.simulated_ps : 0);

function busiestOfDie(content) {
  const busiest = content.dies.die.map(() => 0);
  utilisation(content).forEach((share, i) => {
    const from = content.links.from[i];
    if (from < busiest.length) busiest[from] = Math.max(busiest[from], share);
  });
  return busiest;
}

const heatValues = (content, [key, , values]) => key === "flow" ? busiestOfDie(content) : values(content.dies);

// Of each die the share of a bin of time; null where the page knows no die by itself, or this heat not over time.
function heatValuesAt(content, [, , , , activities], bin) {
  const {operations, busy} = content;
  if (bin === null || !activities || !operations || operations.overview.dies_per_lane > 1) return null;
  const {overview} = operations;
  const from = bin * busy.width_ps, to = Math.min((bin + 1) * busy.width_ps, overview.end_ps);
  const first = Math.min(overview.bins - 1, Math.floor(from / overview.end_ps * overview.bins)), last = Math.min(overview.bins - 1, Math.floor((to - 1) / overview.end_ps * overview.bins));
  return content.dies.die.map(die => {
    let ps = 0;
    for (let each = first; each <= last; each++) {
      const [begin, end] = [edgeOfBin(overview, each), edgeOfBin(overview, each + 1)];
      const share = (Math.min(to, end) - Math.max(from, begin)) / (end - begin);
      for (const name of activities) ps += share * overview.ps[name][die * overview.bins + each];
    }
    return Math.min(1, ps / (to - from));
  });
}

// Corners belong to the north and south edges.
function edgeOf(row, column, content) {
  if (row === 0) return "north";
  if (row === content.rows - 1) return "south";
  return column === 0 ? "west" : "east";
}

function nodeName(node, row, column, content) {
  const place = `row ${row}, column ${column}`;
  return node < content.dies.die.length ? `die ${node} (${place})` : `IO die at the ${edgeOf(row, column, content)} of die ${row * content.columns + column}`;
}

// neighbour, wrap (around a torus), far (further than a neighbour), or io.
function linkKind(content, i) {
  const {links} = content;
  if (Math.max(links.from[i], links.to[i]) >= content.dies.die.length) return "io";
  const down = Math.abs(links.to_row[i] - links.from_row[i]);
  const along = Math.abs(links.to_column[i] - links.from_column[i]);
  if (down + along === 1) return "neighbour";
  const around = (down === 0 && along === content.columns - 1) || (along === 0 && down === content.rows - 1);
  return around ? "wrap" : "far";
}

const linkEnds = (content, i) => {
  const {links} = content;
  return [nodeName(links.from[i], links.from_row[i], links.from_column[i], content), nodeName(links.to[i], links.to_row[i], links.to_column[i], content)];
};

// In a bin of time, or, where that is null, in the whole run.
function linkText(content, shares, i, bin) {
  const {links} = content;
  const [from, to] = linkEnds(content, i);
  if (bin !== null) return `link from ${from}\nto ${to}\nutilisation ${percent(shares[i])}\n${mapTimeText(content, bin)}`;
  return `link from ${from}\nto ${to}\nutilisation ${percent(shares[i])}, busy ${seconds(links.busy_ps[i])}\n`
    + `payload ${bytes(links.bytes[i])}, ${counted(links.packets[i])} packets, ${counted(links.flits[i])} flits`;
}

function ioDieText(content, node, shares, bin) {
  const {links} = content;
  const own = links.from.indexOf(node);
  return `${nodeName(node, links.from_row[own], links.from_column[own], content)}\n`
    + `DRAM channels ${shares.length > 0 ? shares.map(percent).join(", ") : "none"}\n${mapTimeText(content, bin)}`;
}

function dieText(content, die, [, name], value, format) {
  const {dies} = content;
  return `die ${die} (row ${dies.row[die]}, column ${dies.column[die]})\n${name}: ${format(value)}`;
}

function dieFacts(content, die) {
  const {dies, simulated_ps} = content;
  const time = column => `${seconds(dies[column][die])}, ${percent(dies[column][die] / simulated_ps)}`;
  return [["matrix engine", time("matrix_ps")], ["vector unit", time("vector_ps")], ["NoP wait", time("nop_ps")], ["DRAM wait", time("dram_ps")],
    ["program ended at", seconds(dies.finished_ps[die])], ["energy", si(dies.energy_total_J[die], "J")],
    ["sent by collectives", bytes(dies.nop_sent_bytes[die])], ["received", bytes(dies.nop_received_bytes[die])],
    ["read from DRAM", bytes(dies.dram_read_bytes[die])], ["written to DRAM", bytes(dies.dram_write_bytes[die])],
    ["most in activation buffer", bytes(dies.activation_peak_bytes[die])], ["most in weight buffer", bytes(dies.weight_peak_bytes[die])]];
}

function showDieFacts(panel, content, die) {
  const {dies, links} = content;
  const shares = utilisation(content);
  const number = text => ({text, class: "number"});
  const rows = dieFacts(content, die).map(([name, text]) => [name, number(text)]);
  const mine = links.from.map((_, i) => i).filter(i => links.from[i] === die || links.to[i] === die);
  panel.replaceChildren(element("h3", {id: "map-selected"}, `die ${die} (row ${dies.row[die]}, column ${dies.column[die]})`), table(["", ""], rows));
  if (mine.length === 0) return;
  panel.append(table(["Link", number("busy"), number("payload")], mine.map(i => {
    const [from, to] = linkEnds(content, i);
    return [links.from[i] === die ? `to ${to.split(" (")[0]}` : `from ${from.split(" (")[0]}`, number(percent(shares[i])), number(bytes(links.bytes[i]))];
  })));
}

function dieTable(content) {
  const columns = Object.keys(content.dies);
  return [columns, content.dies.die.map((_, i) => columns.map(column => content.dies[column][i]))];
}

// With the shares of a bin of time, if one is shown.
function linkTable(content, bin) {
  const columns = Object.keys(content.links);
  const shares = utilisation(content), inBin = bin === null ? null : sharesAt(content, bin);
  return [[...columns, "utilisation", ...(inBin ? [`utilisation from ${mapTimeText(content, bin)}`] : [])], content.links.from.map((_, i) =>
    [...columns.map(column => content.links[column][i]), Number(shares[i].toFixed(6)), ...(inBin ? [inBin[i]] : [])])];
}

function channelTable({busy, simulated_ps, ...content}, bin) {
  const {io_die, channel, busy_ps} = busy.channels;
  return [["io_die", "channel", "busy_ps", "utilisation", ...(bin === null ? [] : [`utilisation from ${mapTimeText({busy, ...content}, bin)}`])], io_die.map((node, i) =>
    [node, channel[i], busy_ps[i], Number((busy_ps[i] / simulated_ps).toFixed(6)), ...(bin === null ? [] : [busy.of_channels[i * busy.bins + bin] / 1000])])];
}
