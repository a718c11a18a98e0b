// Draws the package: dies with their heat, links as lines, IO dies at the edge; and finds what lies at a place.

function mapLayout(content, width) {
  const hasIo = content.links.from.some(node => node >= content.dies.die.length);
  const hasWraps = content.links.from.some((_, i) => linkKind(content, i) === "wrap");
  const edges = hasIo ? 1.5 : hasWraps ? 0.9 : 0.3;  // in dies, both sides together
  const cell = Math.max(2, Math.min(92, width / (content.columns + edges), 900 / (content.rows + edges)));
  const die = cell >= 6 ? cell * 0.6 : Math.max(1.5, cell - (cell > 5 ? 1 : 0.3));
  const margin = cell * edges / 2;
  return {cell, die, margin, left: Math.max(0, (width - content.columns * cell) / 2), height: content.rows * cell + 2 * margin, showsLinks: cell >= 6};
}

const sides = {north: [0, -1], south: [0, 1], west: [-1, 0], east: [1, 0]};

function centre(layout, row, column) {
  return [layout.left + (column + 0.5) * layout.cell, layout.margin + (row + 0.5) * layout.cell];
}

function ioCentre(layout, content, row, column) {
  const [x, y] = centre(layout, row, column);
  const [dx, dy] = sides[edgeOf(row, column, content)];
  return [x + dx * layout.cell * 0.86, y + dy * layout.cell * 0.86];
}

// The lines of a link, each [x1, y1, x2, y2]; the two directions lie beside each other.
function linkLines(layout, content, i) {
  const {links} = content;
  const dies = content.dies.die.length;
  const endOf = end => links[end][i] < dies ? centre(layout, links[`${end}_row`][i], links[`${end}_column`][i])
    : ioCentre(layout, content, links[`${end}_row`][i], links[`${end}_column`][i]);
  const [[ax, ay], [bx, by]] = [endOf("from"), endOf("to")];
  const length = Math.hypot(bx - ax, by - ay) || 1;
  const [ux, uy] = [(bx - ax) / length, (by - ay) / length];
  const kind = linkKind(content, i);
  const half = layout.die / 2;
  const aside = layout.cell * (kind === "wrap" ? 0.2 : 0.075);
  const [sx, sy] = [-uy * aside, ux * aside];
  if (kind === "wrap") {  // out over one edge, in over the other
    const stub = half + layout.cell * 0.4;
    return [[ax - ux * half + sx, ay - uy * half + sy, ax - ux * stub + sx, ay - uy * stub + sy],
      [bx + ux * stub + sx, by + uy * stub + sy, bx + ux * half + sx, by + uy * half + sy]];
  }
  const [first, last] = kind === "io" ? [links.from[i] < dies ? half : layout.die * 0.2, links.to[i] < dies ? half : layout.die * 0.2] : [half, half];
  return [[ax + ux * first + sx, ay + uy * first + sy, bx - ux * last + sx, by - uy * last + sy]];
}

const rgbOf = hex => [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16));

function mixed(from, to, share) {
  const [low, high] = [rgbOf(from), rgbOf(to)];
  return `rgb(${low.map((each, i) => Math.round(each + (high[i] - each) * share)).join(",")})`;
}

// The lines of all links, found once for a layout: `links` tells whose they are, `ends` has four places for each.
function allLinkLines(layout, content) {
  const links = [], ends = [];
  content.links.from.forEach((_, i) => {
    for (const line of linkLines(layout, content, i)) {
      links.push(i);
      ends.push(...line);
    }
  });
  return {links: Uint32Array.from(links), ends: Float32Array.from(ends)};
}

const linkLevels = 24;

function drawLink(context, [x1, y1, x2, y2], head) {
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  if (head === 0) return;
  const angle = Math.atan2(y2 - y1, x2 - x1);
  context.moveTo(x2 - head * Math.cos(angle - 0.5), y2 - head * Math.sin(angle - 0.5));
  context.lineTo(x2, y2);
  context.lineTo(x2 - head * Math.cos(angle + 0.5), y2 - head * Math.sin(angle + 0.5));
}

// Links of one level of use are one path: a package has tens of thousands.
function drawLinks(context, layout, lines, shares, most) {
  const [idle, busy] = [themed("line"), themed("write")];
  const levels = Array.from({length: linkLevels}, () => []);
  lines.links.forEach((link, k) => levels[most > 0 ? Math.min(linkLevels - 1, Math.round(shares[link] / most * (linkLevels - 1))) : 0].push(k));
  levels.forEach((of, level) => {
    if (of.length === 0) return;
    const share = level / (linkLevels - 1);
    context.strokeStyle = mixed(idle, busy, share);
    context.lineWidth = (layout.cell < 14 ? 0.6 : 1) + share * Math.min(4, layout.cell * 0.06);
    context.beginPath();
    for (const k of of) drawLink(context, lines.ends.subarray(4 * k, 4 * k + 4), layout.cell < 40 ? 0 : 5 + share * 4);
    context.stroke();
  });
}

// Every IO die once, by the link that leaves it: visit(node, x, y).
function forEachIoDie(layout, content, visit) {
  const {links} = content;
  links.from.forEach((node, i) => {
    if (node >= content.dies.die.length) visit(node, ...ioCentre(layout, content, links.from_row[i], links.from_column[i]));
  });
}

// In a bin of time with the utilisation of their channels, which are shares by node; else all alike.
function drawIoDies(context, layout, content, channels, most) {
  const size = layout.die * 0.4;
  const [idle, busy] = [themed("line"), themed("write")];
  forEachIoDie(layout, content, (node, x, y) => {
    context.fillStyle = channels === null ? themed("static") : mixed(idle, busy, most > 0 ? mean(channels.get(node) || []) / most : 0);
    context.fillRect(x - size / 2, y - size / 2, size, size);
    if (channels === null) return;
    context.strokeStyle = themed("static");
    context.lineWidth = 1;
    context.strokeRect(x - size / 2, y - size / 2, size, size);
  });
}

function ioDieAt(layout, content, x, y) {
  let found = null;
  forEachIoDie(layout, content, (node, cx, cy) => {
    if (Math.max(Math.abs(x - cx), Math.abs(y - cy)) <= layout.die * 0.2) found = node;
  });
  return found;
}

// `map`: values of dies, the range of their colours, and how they are told.
function drawDies(context, layout, {content, values, range: [low, high], told}, selected) {
  const {die} = layout;
  content.dies.die.forEach((_, i) => {
    const [x, y] = centre(layout, content.dies.row[i], content.dies.column[i]);
    const share = high > low ? (values[i] - low) / (high - low) : 0.5;
    context.fillStyle = heat(share);
    context.fillRect(x - die / 2, y - die / 2, die, die);
    if (die >= 46) {
      context.fillStyle = inkOn(share);
      context.font = `${Math.round(Math.min(13, die / 4.4))}px system-ui, "DejaVu Sans", sans-serif`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(told(values[i]), x, y, die - 4);
    }
    if (i !== selected) return;
    context.strokeStyle = themed("ink");
    context.lineWidth = 3;
    context.strokeRect(x - die / 2 - 2, y - die / 2 - 2, die + 4, die + 4);
  });
}

function dieAt(layout, content, x, y) {
  const column = Math.floor((x - layout.left) / layout.cell), row = Math.floor((y - layout.margin) / layout.cell);
  if (column < 0 || row < 0 || column >= content.columns || row >= content.rows) return null;
  const [cx, cy] = centre(layout, row, column);
  const reach = layout.showsLinks ? layout.die / 2 : layout.cell / 2;
  return Math.abs(x - cx) <= reach && Math.abs(y - cy) <= reach ? row * content.columns + column : null;
}

function linkAt({links, ends}, x, y) {
  let best = null, nearest = 5;
  for (let k = 0; k < links.length; k++) {
    const x1 = ends[4 * k], y1 = ends[4 * k + 1], dx = ends[4 * k + 2] - x1, dy = ends[4 * k + 3] - y1;
    const along = Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1)));
    const distance = Math.hypot(x - x1 - along * dx, y - y1 - along * dy);
    if (distance < nearest) [best, nearest] = [links[k], distance];
  }
  return best;
}
