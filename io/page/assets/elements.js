// Elements, tables and what is copied from them. Strings become text, never markup.

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== undefined) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const letterBadge = index => element("span", {class: "letter"}, letterOf(index));

function choice(label, id, options, onChoice) {
  const select = element("select", {id}, ...options.map(([value, text, disabled]) => {
    const option = element("option", {value}, text);
    option.disabled = Boolean(disabled);
    return option;
  }));
  select.addEventListener("change", () => onChoice(select.value));
  return element("label", {class: "choice"}, `${label} `, select);
}

function button(text, id, onClick) {
  const made = element("button", {type: "button", id}, text);
  made.addEventListener("click", onClick);
  return made;
}

// head: texts; rows: cells, which are texts, numbers, elements or {text, class}.
function table(head, rows, id = null) {
  const cellOf = (tag, cell) => {
    const content = cell !== null && typeof cell === "object" && "text" in cell && !(cell instanceof Node) ? cell : {text: cell};
    const kind = content.class || (typeof content.text === "number" ? "number" : null);
    return element(tag, {class: kind}, content.text instanceof Node ? content.text : String(content.text));
  };
  return element("table", {id},
    ...(head.some(Boolean) ? [element("thead", {}, element("tr", {}, ...head.map(cell => cellOf("th", cell))))] : []),
    element("tbody", {}, ...rows.map(row => element("tr", {class: row.class}, ...(row.cells || row).map(cell => cellOf("td", cell))))));
}

// A cell of a spreadsheet; what could be taken for a formula is marked as text.
function csvCell(value) {
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const csvOf = (head, rows) => [head, ...rows].map(row => row.map(csvCell).join(",")).join("\n") + "\n";

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = element("textarea", {style: "position:fixed;left:-9999px"});
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

function copyButton(id, makeCsv) {
  const made = button("Copy as CSV", id, async () => {
    const done = await copyText(makeCsv());
    made.textContent = done ? "Copied" : "Could not be copied";
    setTimeout(() => { made.textContent = "Copy as CSV"; }, 1500);
  });
  return made;
}

const tip = element("div", {id: "tip", role: "tooltip", hidden: ""});

function showTip(text, x, y) {
  tip.hidden = !text;
  if (!text) return;
  tip.textContent = text;
  const box = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - box.width - 8))}px`;
  tip.style.top = `${y + 18 + box.height > innerHeight ? y - box.height - 10 : y + 18}px`;
}

// A canvas of its own width on the page, sharp on any screen, and empty; returns what to draw with, in CSS pixels.
function sizedContext(canvas, height) {
  const width = Math.max(canvas.parentElement.clientWidth, 200);
  const ratio = window.devicePixelRatio || 1;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  const context = canvas.getContext("2d");
  if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, {width: across, height: down});
  canvas.style.height = `${height}px`;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return {context, width, height};
}

// A table behind a figure, to be copied. It is made only when it is opened, and then to some length. `make`: its head and
// rows; `changes`: they are others each time.
function tableBehind(id, title, make, changes = false) {
  const most = 2000;
  const body = element("div", {class: "scroll"});
  const note = element("p", {class: "note"});
  const details = element("details", {id}, element("summary", {}, title), element("div", {class: "tools"},
    copyButton(`copy-${id}`, () => csvOf(...make()))), note, body);
  details.addEventListener("toggle", () => {
    if (!details.open || (body.firstChild && !changes)) return;
    const [head, rows] = make();
    note.textContent = rows.length > most ? `The first ${most} of ${rows.length} rows; the copy has all.` : "";
    body.replaceChildren(table(head, rows.slice(0, most)));
  });
  return details;
}

// Parts side by side, [{name, value, colour, text}]: as long as their share of `whole`, labelled with their share of each other.
function stackedBar(parts, whole, thin = false) {
  const shown = parts.filter(part => part.value > 0);
  const own = sum(shown.map(part => part.value));
  const bar = element("div", {class: thin ? "bar thin" : "bar", role: "img",
    "aria-label": shown.map(part => `${part.name} ${part.text}`).join(", ")});
  for (const part of shown) {
    const share = whole > 0 ? part.value / whole : 0;
    const piece = element("span", {style: `width:${share * 100}%;background:var(--${part.colour})`},
      !thin && share > 0.07 ? percent(part.value / own) : "");
    piece.addEventListener("mousemove", event => showTip(`${part.name}\n${part.text}`, event.clientX, event.clientY));
    piece.addEventListener("mouseleave", () => showTip(""));
    bar.append(piece);
  }
  return bar;
}

const legend = entries => element("div", {class: "legend"},
  ...entries.map(([name, colour]) => element("span", {}, element("span", {class: "swatch", style: `background:var(--${colour})`}), name)));
