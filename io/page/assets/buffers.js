// How full buffers were over time: the fullest die and the mean one in each bin, and messages in the routers.

const bufferKinds = [
  {column: "activation_buffer", name: "activation buffer", format: bytes, unit: "B"},
  {column: "weight_buffer", name: "weight buffer", format: bytes, unit: "B"},
  {column: "router_buffers", name: "messages in a router", format: value => value.toPrecision(3), unit: "1"}];

function bufferFigure(trace, letter, {column, name, format, unit}) {
  const {content} = trace, {width_ps} = content.buffers, {most, mean, fullest} = content.buffers[column];
  const window = width_ps * most.length;
  const time = bin => placeInTime(bin * width_ps, window);
  return columnsFigure({id: `buffer-${column.replaceAll("_", "-")}-${letter}`, title: `${letter} ${trace.deck_name}: ${name}`, lines: true,
    series: [["fullest", "write"], ["mean", "matrix"]],
    columns: most.map((value, bin) => ({name: `${time(bin)} to ${time(bin + 1)}, fullest: ${nodeText(content, fullest[bin])}`, tick: time(bin), values: [value, mean[bin]]})),
    xLabel: "time", yLabel: name, format, unit});
}

function showBuffers(section, traces) {
  section.append(element("h3", {}, "Buffers over time"));
  const shown = traces.map((trace, i) => [trace, letterOf(i)]).filter(([trace]) => trace.content.buffers);
  traces.forEach((trace, i) => {
    if (!trace.content.buffers) section.append(element("p", {class: "note missing"}, letterBadge(i), " The trace, or the page, does not tell how full buffers were over time."));
  });
  if (shown.length === 0) return;
  section.append(element("p", {class: "note"}, "Of a die's buffers the most bytes held at any time of each bin; of a router's input buffers the mean number of messages that held a place in them."));
  for (const [trace, letter] of shown) {
    const used = bufferKinds.filter(({column}) => trace.content.buffers[column]?.most.some(value => value > 0));
    section.append(...used.map(kind => bufferFigure(trace, letter, kind)));
    if (used.length === 0) section.append(element("p", {class: "note"}, letterBadge(traces.indexOf(trace)), " Nothing was held in any of them."));
  }
}
