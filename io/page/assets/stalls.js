// Why links did not transmit: each link's time by cause.

const stallCauses = [["transmitting", "sending_ps", "matrix"], ["waits for a credit", "credit_ps", "nop"], ["waits for a rival", "rival_ps", "write"], ["nothing to send", "nothing_ps", "ended"]];

const stallTimes = ({stalls}) => stallCauses.map(([name, column, colour]) => ({name, colour, value: sum(stalls[column])}));

// Links by the time for which they had something to send and did not, the longest first.
function stalledLinks(content) {
  const {credit_ps, rival_ps} = content.stalls;
  return Array.from(credit_ps.keys()).sort((a, b) => credit_ps[b] + rival_ps[b] - credit_ps[a] - rival_ps[a]);
}

function stallRows(content, links) {
  return links.map(i => [...linkEnds(content, i), ...stallCauses.map(([, column]) => content.stalls[column][i])]);
}

function stalledColumns(content) {
  return stalledLinks(content).slice(0, 40).map((i, rank) => {
    const [from, to] = linkEnds(content, i).map(name => name.split(" (")[0]);
    return {name: `link from ${from} to ${to}`, tick: String(rank + 1), values: stallCauses.map(([, column]) => content.stalls[column][i])};
  });
}

function showStalls(section, traces) {
  section.append(element("h3", {}, "Stalls of links by cause"));
  const shown = traces.map((trace, i) => [trace, i]).filter(([trace]) => trace.content.stalls);
  traces.forEach((trace, i) => {
    if (!trace.content.stalls) section.append(element("p", {class: "note missing"}, letterBadge(i), " The trace does not tell why links did not transmit."));
  });
  if (shown.length === 0) return;
  const series = stallCauses.map(([name, , colour]) => [name, colour]);
  const bars = element("div", {class: "bars", id: "stall-bars"});
  for (const [trace, i] of shown) {
    const parts = stallTimes(trace.content), whole = sum(parts.map(part => part.value));
    bars.append(element("div", {class: "name"}, letterBadge(i), ` ${trace.deck_name}`),
      stackedBar(parts.map(part => ({...part, text: `${seconds(part.value)}, ${percent(part.value / whole)}`})), whole), element("div", {class: "value"}, `${trace.content.stalls.sending_ps.length} links`));
  }
  section.append(element("p", {class: "note"}, "Of all links together: a link waits for a credit while a message that has a virtual channel of it finds no room at its other end, "
    + "and for a rival while another message has the channel, or the way through the switch, that it needs."), legend(series), bars,
  tableBehind("stall-bars-table", "As a table", () => [["Trace", ...series.map(([name]) => `${name} (ps), all links`)],
    shown.map(([trace, i]) => [letterOf(i), ...stallTimes(trace.content).map(part => part.value)])]));
  for (const [trace, i] of shown) {
    section.append(columnsFigure({id: `stalls-${letterOf(i)}`, title: `${letterOf(i)} ${trace.deck_name}: the links that waited longest`, series, columns: stalledColumns(trace.content),
      xLabel: "links, the longest waits first", yLabel: "time", format: seconds, unit: "ps"}),
    tableBehind(`stalls-table-${letterOf(i)}`, "Table of all links", () => [["from", "to", ...stallCauses.map(([name]) => `${name} (ps)`)], stallRows(trace.content, stalledLinks(trace.content))]));
  }
}
