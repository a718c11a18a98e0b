// Puts the panels into the page.

// Takes panels out that have nothing to show, and the way to them.
function removePanels(ids) {
  for (const id of ids) {
    document.getElementById(id).remove();
    document.querySelector(`nav a[href="#${id}"]`).remove();
  }
}

function main() {
  const {kind, traces} = JSON.parse(document.getElementById("data").textContent);
  traces.forEach(unpackTrace);
  const isReport = kind === "report";
  const redraws = [];
  const redraw = () => redraws.forEach(each => each());
  document.body.append(tip);
  document.querySelector("h1 span").textContent = kind;
  removePanels([...(isReport ? [] : ["map", "timeline"]), ...(traces.length > 1 ? [] : ["comparison"])]);
  document.title = `hecaton ${kind}: ${traces.map(trace => trace.deck_name).join(", ")}`;
  showTraces(traces);
  showFigures(traces);
  if (traces.length > 1) showComparison(traces);
  showTime(traces, isReport);
  if (isReport) {
    showMap(traces, redraws);
    showTimeline(traces, redraws);
  }
  showDecks(traces);
  const theme = document.getElementById("theme");
  theme.addEventListener("change", () => {
    document.documentElement.dataset.theme = theme.value;
    redraw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("resize", redraw);
  addEventListener("beforeprint", redraw);
  document.documentElement.dataset.ready = "yes";
}

main();
