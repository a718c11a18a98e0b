// Puts the panels into the page.

// Takes panels out that have nothing to show, and the way to them.
function removePanels(ids) {
  for (const id of ids) {
    document.getElementById(id).remove();
    document.querySelector(`nav a[href="#${id}"]`).remove();
  }
}

async function main() {
  if (!("DecompressionStream" in window)) {
    document.querySelector("main").prepend(element("p", {class: "note"}, "This browser cannot unpack what the page holds: open it in one of 2023 or later."));
    return;
  }
  const {kind, traces, studies} = JSON.parse(await textOfCompressed(document.getElementById("data").textContent.trim()));
  traces.forEach(unpackTrace);
  const isReport = kind === "report";
  const redraws = [];
  const redraw = isPrinted => redraws.forEach(each => each(isPrinted));
  document.body.append(tip);
  document.querySelector("h1 span").textContent = kind;
  removePanels([...(traces.length > 0 ? [] : ["figures", "time", "deck"]), ...(isReport && traces.length > 0 ? [] : ["map", "timeline"]),
    ...(traces.length > 1 ? [] : ["comparison"]), ...(studies.length > 0 ? [] : ["study"])]);
  document.title = `hecaton ${kind}: ${[...traces.map(trace => trace.deck_name), ...studies.map(study => study.path)].join(", ")}`;
  showStudies(studies);
  if (traces.length > 0) showPanels(traces, isReport, redraws);
  listenToTheme(redraw);
  document.documentElement.dataset.ready = "yes";
}

function showPanels(traces, isReport, redraws) {
  showTraces(traces);
  showFigures(traces);
  if (traces.length > 1) showComparison(traces);
  showTime(traces, isReport, redraws);
  if (isReport) {
    showMap(traces, redraws);
    showTimeline(traces, redraws);
  }
  showDecks(traces);
}

function listenToTheme(redraw) {
  const theme = document.getElementById("theme");
  // On paper everything is light, and all lanes are drawn.
  const paint = (chosen, isPrinted) => {
    document.documentElement.dataset.theme = chosen;
    redraw(isPrinted);
  };
  theme.addEventListener("change", () => paint(theme.value, false));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw(false));
  addEventListener("resize", () => redraw(false));
  addEventListener("beforeprint", () => paint("light", true));
  addEventListener("afterprint", () => paint(theme.value, false));
}

main();
