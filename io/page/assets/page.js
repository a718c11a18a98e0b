// Puts the panels into the page.

function main() {
  const {traces} = JSON.parse(document.getElementById("data").textContent);
  const redraws = [];
  const redraw = () => redraws.forEach(each => each());
  document.body.append(tip);
  document.title = `hecaton report: ${traces.map(trace => trace.deck_name).join(", ")}`;
  showTraces(traces);
  showFigures(traces);
  showTime(traces);
  showMap(traces, redraws);
  showTimeline(traces, redraws);
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
