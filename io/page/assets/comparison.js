// Why one step is longer than another: two of the traces, along their critical paths.

function connectionName(content, from, to) {
  if (from === to) return "a die's own work";
  const dies = content.rows * content.columns;
  const place = die => `(${Math.floor(die / content.columns)},${die % content.columns})`;
  return from < dies ? `die ${place(from)} to die ${place(to)}` : `DRAM at IO die ${from - dies}`;
}

// Each way to divide a path: id, title, what a row is, and [name, picoseconds] of a trace.
const pathDivisions = [
  ["parts", "By what the time went to", "Part", ({path}) => path.sums.map(each => [wordsOfPart(each.part), each.ps])],
  ["sections", "By pass and layer", "Pass and layer",
    ({path}) => path.sums.map(each => [each.layer < 0 ? `${each.pass}, outside layers` : `${each.pass}, layer ${each.layer}`, each.ps])],
  ["connections", "By link and DRAM that were waited for", "From, to", content => {
    const {from, to, ps} = content.path.connections;
    return ps.map((each, i) => [connectionName(content, from[i], to[i]), each]);
  }],
];

// Rows {name, base, other, ps} of both, the largest difference first; they add up to the difference of the paths.
function pathDifferences(base, other, namedTimes) {
  const rows = new Map();
  for (const [side, content] of [["base", base], ["other", other]]) {
    for (const [name, ps] of namedTimes(content)) {
      if (!rows.has(name)) rows.set(name, {name, base: 0, other: 0, ps: 0});
      rows.get(name)[side] += ps;
    }
  }
  for (const row of rows.values()) row.ps = row.other - row.base;
  return [...rows.values()].sort((a, b) => Math.abs(b.ps) - Math.abs(a.ps));
}

function together(name, rows) {
  const total = {name, base: 0, other: 0, ps: 0};
  for (const row of rows) for (const key of ["base", "other", "ps"]) total[key] += row[key];
  return total;
}

// To the right what makes the other longer, to the left what makes it shorter.
function differenceBar(ps, most) {
  const share = most > 0 ? Math.abs(ps) / most * 50 : 0;
  return element("div", {class: "difference", "aria-hidden": "true"},
    element("span", {class: ps > 0 ? "longer" : "shorter", style: `left:${ps > 0 ? 50 : 50 - share}%;width:${share}%`}));
}

// A division as a table of bars; of many rows the small ones are told in one. The copy has all, in picoseconds.
function differenceTable([id, title, what, namedTimes], [base, other], contents) {
  const most = 16;
  const rows = pathDifferences(...contents, namedTimes);
  const shown = rows.length <= most ? rows : [...rows.slice(0, most - 1), together(`${rows.length - most + 1} others`, rows.slice(most - 1))];
  const sums = together("together", rows);
  const widest = largest([...shown, sums].map(row => Math.abs(row.ps)));
  const number = text => ({text, class: "number"});
  const cells = row => [row.name, number(seconds(row.base)), number(seconds(row.other)), number(signedSeconds(row.ps)), differenceBar(row.ps, widest),
    {text: withSign(row.ps), class: "number ratio"}];
  const head = [what, number(letterOf(base)), number(letterOf(other)), number(`${letterOf(other)} − ${letterOf(base)}`), "", number("ps")];
  const csv = () => csvOf([what, `${letterOf(base)} (ps)`, `${letterOf(other)} (ps)`, "difference (ps)"],
    [...rows, sums].map(row => [row.name, row.base, row.other, row.ps]));
  return [element("h3", {}, title), element("div", {class: "tools"}, copyButton(`copy-compare-${id}`, csv)),
    element("div", {class: "scroll"}, table(head, [...shown.map(cells), {class: "heading", cells: cells(sums)}], `compare-${id}`))];
}

function verdict(traces, base, other) {
  const [from, to] = [traces[base].content.simulated_ps, traces[other].content.simulated_ps];
  const apart = to - from;
  const how = apart === 0 ? "as long as" : `${seconds(Math.abs(apart))}${from > 0 ? ` (${percent(Math.abs(apart) / from)})` : ""} ${apart > 0 ? "longer" : "shorter"} than`;
  return [letterBadge(other), ` ${traces[other].deck_name} takes ${seconds(to)}: ${how} `, letterBadge(base), ` ${traces[base].deck_name}, ${seconds(from)}.`];
}

function whyDifferent(traces, base, other) {
  const pair = [base, other];
  const contents = pair.map(index => traces[index].content);
  if (!pair.every(index => runsPrograms(traces[index])))
    return [element("p", {class: "note missing"}, "Not both run programs: there are no steps whose times could be compared by cause.")];
  const without = pair.filter(index => !traces[index].content.path);
  const shown = [element("p", {id: "compare-verdict"}, ...verdict(traces, base, other))];
  if (without.length > 0)
    return [...shown, ...without.map(index => element("p", {class: "note missing"}, letterBadge(index),
      " The trace holds no critical path, so times are not compared by cause; run --trace path records one."))];
  shown.push(element("p", {class: "note"}, "Along what the end of each step waited for, back to its start. Each table adds up to the difference of the two paths."));
  if (contents.some(content => content.sampled)) shown.push(element("p", {class: "note"}, "Of a sampled step the path is that of what was simulated."));
  if (contents.some(content => content.path.merged))
    shown.push(element("p", {class: "note"}, "A path of very many segments is kept with neighbours together: their time counts for the die that the longest of them waited for."));
  return [...shown, ...pathDivisions.flatMap(division => differenceTable(division, pair, contents))];
}

// Calls onChoice(base, other), at once and whenever another pair is chosen.
function pairChoice(traces, onChoice) {
  const pair = {base: 0, other: 1};
  const selects = {};
  const choose = (side, value) => {
    const opposite = side === "base" ? "other" : "base";
    if (pair[opposite] === value) pair[opposite] = pair[side];
    pair[side] = value;
    for (const key of ["base", "other"]) selects[key].value = String(pair[key]);
    onChoice(pair.base, pair.other);
  };
  const options = traces.map((trace, i) => [String(i), `${letterOf(i)} ${trace.deck_name}`]);
  const labels = Object.entries({other: "Compare", base: "with"}).map(([side, text]) => {
    const label = choice(text, `compare-${side}`, options, value => choose(side, Number(value)));
    selects[side] = label.querySelector("select");
    return label;
  });
  choose("base", 0);
  return element("div", {class: "tools"}, ...labels, button("Swap", "compare-swap", () => choose("base", pair.other)));
}

// Ratios of the head figures go with the pair: they are to its first.
function showComparison(traces) {
  const section = document.getElementById("comparison");
  const body = element("div", {id: "compare-body"});
  const keys = deckKeys(traces);
  section.append(pairChoice(traces, (base, other) => {
    const differences = element("div");
    showDifferences(differences, traces, keys, [base, other], "compare-differences");
    body.replaceChildren(...whyDifferent(traces, base, other), ...differences.childNodes);
    drawFigures(traces, base);
  }), body);
}
