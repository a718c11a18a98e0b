// The panel around the timeline: its tools, what the pointer and the keys do, and the operations in the window as a table.

// Pointer and keys act on whatever trace is shown.
function listenTo(canvas, current) {
  let dragged = null, moved = false;
  const place = event => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
  canvas.addEventListener("wheel", event => {
    event.preventDefault();
    if (event.shiftKey) current().pan(Math.sign(event.deltaY || event.deltaX) * 0.1);
    else current().zoom(event.deltaY > 0 ? 1.25 : 0.8, current().time(Math.max(place(event)[0], labelWidth)));
  }, {passive: false});
  canvas.addEventListener("pointerdown", event => { dragged = {x: event.clientX, from: current().from, to: current().to}; moved = false; });
  addEventListener("pointerup", () => { dragged = null; });
  canvas.addEventListener("pointermove", event => {
    if (!dragged) {
      const found = current().at(...place(event));
      return showTip(found ? found.text : "", event.clientX, event.clientY);
    }
    const by = (dragged.x - event.clientX) / (current().width - labelWidth) * (dragged.to - dragged.from);
    moved = moved || Math.abs(dragged.x - event.clientX) > 3;
    if (moved) current().show(dragged.from + by, dragged.to + by);
  });
  canvas.addEventListener("pointerleave", () => showTip(""));
  canvas.addEventListener("click", event => {
    const [x, y] = place(event);
    if (x < labelWidth) current().open(Math.floor(y / current().laneHeight));
    else if (!moved) current().choose(current().at(x, y));
  });
  canvas.addEventListener("dblclick", event => current().zoom(0.25, current().time(place(event)[0])));
  canvas.addEventListener("keydown", event => current().press(event));
  canvas.parentElement.addEventListener("scroll", () => current().draw());
}

function timelineTools(current) {
  return [button("Zoom in", "zoom-in", () => current().zoom(0.5)), button("Zoom out", "zoom-out", () => current().zoom(2)),
    button("◀", "pan-left", () => current().pan(-0.3)), button("▶", "pan-right", () => current().pan(0.3)), button("Whole", "zoom-whole", () => current().show(0, current().end)),
    button("Next operation", "next-operation", () => current().step(1))];
}

// Operations in the window, of the lanes shown that the page has; else the bins. [head, rows].
function operationsInWindow({lanes, store, from, to}) {
  const {overview} = lanes;
  const rows = [];
  for (let lane = 0; lane < lanes.count; lane++) {
    const number = lanes.die(lane);
    if (number === null || !store.has(number)) continue;
    const die = store.find(number);
    for (const i of [...slicesIn(die, die.program, from, to, null), ...slicesIn(die, die.transfers, from, to, die.longestTransfer)]) {
      const [kind, stage, layer, minibatch] = die.labels[die.label[i]];
      rows.push([number, kind, stage, layer, minibatch, die.start_ps[i], die.start_ps[i] + die.ps[i], die.bytes[i], die.last_from && die.last_from[i] > 0 ? die.last_from[i] - 1 : ""]);
    }
  }
  if (rows.length > 0 || !overview) return [["die", "kind", "stage", "layer", "minibatch", "start (ps)", "end (ps)", "bytes", "last message from"], rows];
  const names = Object.keys(overview.ps);
  for (let lane = 0; lane < lanes.count; lane++) {
    for (let bin = 0; bin < overview.bins; bin++) {
      const [start, end] = [edgeOfBin(overview, bin), edgeOfBin(overview, bin + 1)];
      if (end > from && start < to) rows.push([lanes.name(lane), start, end, ...names.map(name => overview.ps[name][lane * overview.bins + bin])]);
    }
  }
  return [["lane", "start (ps)", "end (ps)", ...names.map(name => `${name} (ps)`)], rows];
}

// Which lanes are shown: all dies, where they are not too many, rows of dies, or the dies of one row.
function lanesChoice(content, current) {
  const hasAllDies = content.operations.overview.dies_per_lane === 1;
  const rows = Array.from({length: content.rows}, (_, row) => [String(row), `dies of row ${row}`]);
  const show = value => {
    if (value === "dies" || !hasAllDies && value === "rows") current().setLanes(allLanes(content));
    else current().setLanes(value === "rows" ? lanesOfAllRows(content) : lanesOfRow(content, Number(value)));
  };
  return choice("Lanes", "timeline-lanes", [...(hasAllDies ? [["dies", "dies"]] : []), ["rows", "rows of dies"], ...rows], show);
}

function showTimeline(traces, redraws) {
  const section = document.getElementById("timeline");
  const shown = traces.map((trace, i) => [trace, i]).filter(([trace]) => trace.content.operations);
  traces.forEach((trace, i) => {
    if (!trace.content.operations) section.append(element("p", {class: "note missing"}, letterBadge(i), ` ${trace.content.why_no_operations}`));
  });
  if (shown.length === 0) return;
  const parts = {axis: element("canvas", {"aria-hidden": "true"}), range: element("strong", {id: "timeline-range", "aria-live": "polite"}),
    canvas: element("canvas", {id: "timeline-canvas", tabindex: "0", role: "application", "aria-label": "Timeline. Plus and minus zoom, arrows move, n and p step through operations, Enter opens a row of dies."}),
    info: element("div", {class: "info", id: "timeline-info", "aria-live": "polite", style: "white-space:pre-line"}), mode: element("span", {class: "note", id: "timeline-mode"})};
  const note = element("p", {class: "note", id: "timeline-note"}), lanes = element("span");
  let timeline = null;
  const select = index => {
    const {content} = traces[index];
    note.textContent = detailNote(content) + (content.path ? " A dark line on top of a lane: the critical path passes there." : "")
      + (content.sampled ? " The time is that of the simulated part of the step; stripes on the axis are its segments." : "");
    parts.info.textContent = "Point at an operation, or choose a lane and step through its operations with n and p.";
    const laneChoice = lanesChoice(content, () => timeline);
    lanes.replaceChildren(laneChoice);
    parts.onOpen = row => {
      const chooser = laneChoice.querySelector("select");
      chooser.value = String(row);
      chooser.dispatchEvent(new Event("change"));
    };
    timeline = new Timeline(parts, content);
  };
  const help = element("p", {class: "note"}, "Zoom with the wheel or ", element("kbd", {}, "+"), " ", element("kbd", {}, "-"), ", move by dragging or ", element("kbd", {}, "←"), " ", element("kbd", {}, "→"),
    ", choose a lane with ", element("kbd", {}, "↑"), " ", element("kbd", {}, "↓"), ", an operation with ", element("kbd", {}, "n"), " ", element("kbd", {}, "p"), ", all with ", element("kbd", {}, "0"), ". Lower part of a lane: transfers beside the program.");
  const chooser = shown.length > 1 ? [choice("Trace", "timeline-trace", shown.map(([trace, i]) => [i, `${letterOf(i)}  ${trace.deck_name}`]), value => select(Number(value)))] : [];
  section.append(note, help, element("div", {class: "tools"}, ...chooser, lanes, ...timelineTools(() => timeline), parts.range, parts.mode),
    legend([...Object.entries(activityColour), ["DRAM read", "read"], ["DRAM write", "write"]]),
    element("div", {}, parts.axis), element("div", {class: "lanes"}, parts.canvas), parts.info,
    tableBehind("operations-table", "Table of what is in the window", () => operationsInWindow(timeline), true));
  select(shown[0][1]);
  listenTo(parts.canvas, () => timeline);
  redraws.push(isPrinted => timeline.draw(isPrinted));
}
