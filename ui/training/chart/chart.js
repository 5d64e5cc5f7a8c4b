// needs: terms.js axes.js
// The terms of one run or several over the epochs: train as lines, held-out as dashed ones. Reconstruction, bound, and
// KLs with the classification have a panel each. New records only rewrite the paths.

const charts = new WeakMap();
const GAP = 22; // between the panels

export default function ({ data, parentElement }) {
  let chart = charts.get(parentElement);
  if (!chart) charts.set(parentElement, (chart = createChart(parentElement.querySelector(".chart"))));
  chart.update(data);
  return () => {
    chart.unmount();
    charts.delete(parentElement);
  };
}

function createChart(root) {
  const find = (selector) => root.querySelector(selector);
  const svg = find("svg");
  const readout = find(".readout");
  let runs = null;
  let epochs = null; // where the run is to end
  let scales = null;
  let drawn = ""; // the runs and terms that there are paths for
  let heights = []; // panel → where its values lie
  let chosen = null; // the record being read: { run, i }, both by their place, or null
  let following = false; // the readout stays on the newest record

  function update(data) {
    root.style.setProperty("--height", `${data.height}px`);
    epochs = data.epochs;
    runs = runsIn(data);
    if (chosen && !(chosen.run < runs.length)) chosen = null;
    if (chosen) {
      const newest = runs[chosen.run].epoch.length - 1;
      if (following || chosen.i > newest) chosen.i = newest;
      if (newest < 0) chosen = null;
    }
    render();
  }

  function render() {
    const begun = runs.some((run) => run.epoch.length > 0);
    find(".waiting").hidden = begun;
    svg.style.visibility = begun ? "" : "hidden"; // its place is kept, its axes would be invented
    root.setAttribute("aria-label", begun ? describeAll(runs) : "Training, no records yet");
    if (!svg.clientWidth) return;
    const panels = panelsOf(runs);
    const wanted = JSON.stringify([panels, runs.map((run) => run.terms)]);
    if (wanted !== drawn) make(panels);
    drawn = wanted;
    scales = horizontal(runs, epochs, svg.clientWidth);
    drawEpochs(svg, scales, svg.clientWidth, svg.clientHeight);
    const room = svg.clientHeight - MARGIN.top - MARGIN.bottom - GAP * (panels.length - 1);
    const parts = panels.reduce((sum, panel) => sum + panel.share, 0);
    let above = MARGIN.top;
    heights = panels.map((panel) => {
      const below = above + (room * panel.share) / parts;
      const y = drawPanel(panel, above, below);
      above = below + GAP;
      return { terms: panel.terms, y };
    });
    find(".held-entry").hidden = !runs.some((run) => run.terms.some((term) => run.heldout[term].some(Number.isFinite)));
    showReadout();
  }

  // The elements of the panels and of the legend, without numbers.
  function make(panels) {
    const paths = (run, terms) =>
      terms.map((term) => `<path class="edge ${term}"></path><path class="held ${term}"></path>`).join("");
    find(".panels").innerHTML = panels
      .map(
        ({ name, terms }) =>
          `<g class="panel ${name}"><clipPath id="inside-${name}"><rect class="inside"></rect></clipPath>` +
          `<g class="ticks"></g><g clip-path="url(#inside-${name})">` +
          runs.map((run) => `<g class="run">${paths(run, terms)}</g>`).join("") +
          `</g><path class="clipped"></path><text class="clipped-note"></text><text class="title y"></text></g>`,
      )
      .join("");
    const shown = panels.flatMap((panel) => panel.terms);
    find(".terms").innerHTML = shown
      .map((term) => `<span><i class="swatch ${term}"></i>${titleOf(term, shown)}</span>`)
      .join("");
  }

  // The terms of a panel between two heights of the picture; gives the height of a value.
  function drawPanel({ name, terms, fromZero }, above, below) {
    const panel = find(`.panel.${name}`);
    const lines = runs.map((run) => terms.flatMap((term) => [run.train[term] ?? [], run.heldout[term] ?? []]));
    const { bottom, top } = vertical(lines.flat().flatMap((values) => Array.from(values).filter(Number.isFinite)), fromZero);
    const y = (value) => below - ((value - bottom) / (top - bottom)) * (below - above);
    drawValues(panel, y, bottom, top, above, below, svg.clientWidth);
    panel.querySelectorAll(".run").forEach((group, run) => {
      group.querySelectorAll("path").forEach((path, i) => {
        path.setAttribute("d", line(runs[run].epoch, lines[run][i], scales.x, y));
      });
    });
    drawClipped(panel, lines, top, above);
    return y;
  }

  // Triangles at the top edge over the records that stand above it, and what they reach.
  function drawClipped(panel, lines, top, edge) {
    const above = [];
    let highest = -Infinity;
    runs.forEach((run, place) =>
      run.epoch.forEach((epoch, i) => {
        const value = Math.max(...lines[place].map((values) => values[i]).filter(Number.isFinite));
        if (value <= top) return;
        above.push(scales.x(epoch));
        highest = Math.max(highest, value);
      }),
    );
    panel.querySelector(".clipped").setAttribute("d", above.map((at) => `M${at - 4} ${edge}h8l-4 -6z`).join(""));
    const note = panel.querySelector(".clipped-note");
    note.textContent = above.length ? `up to ${highest.toFixed(0).replace("-", "−")}` : "";
    note.setAttribute("x", Math.max(...above, 0) + 8);
    note.setAttribute("y", edge - 1);
  }

  function showReadout() {
    const rule = find(".rule");
    readout.hidden = chosen === null;
    readout.setAttribute("aria-live", following ? "off" : "polite"); // a live run must not talk all the time
    rule.setAttribute("visibility", readout.hidden ? "hidden" : "visible");
    root.querySelectorAll(".panel .run").forEach((group, place) => {
      group.classList.toggle("aside", chosen !== null && place % runs.length !== chosen.run);
    });
    if (readout.hidden) return;
    const run = runs[chosen.run];
    const at = scales.x(run.epoch[chosen.i]);
    rule.setAttribute("x1", at);
    rule.setAttribute("x2", at);
    rule.setAttribute("y1", MARGIN.top);
    rule.setAttribute("y2", svg.clientHeight - MARGIN.bottom);
    const rows = valuesOf(run, chosen.i).map(([name, ...numbers]) => `<tr><th>${name}</th>${numbers.map((v) => `<td>${text(v)}</td>`).join("")}</tr>`);
    readout.innerHTML = `<table><caption></caption><tr><th></th><td>train</td><td>held-out</td></tr>${rows.join("")}</table>`;
    const epoch = epochText(run, chosen.i);
    readout.querySelector("caption").textContent = runs.length > 1 ? `${run.name}, ${epoch}` : epoch;
    const left = at > svg.clientWidth / 2 ? at - readout.offsetWidth - 10 : at + 10;
    readout.style.left = `${Math.max(0, Math.min(left, svg.clientWidth - readout.offsetWidth))}px`;
  }

  function read(run, i) {
    chosen = run === null ? null : { run, i };
    following = run !== null && i === runs[run].epoch.length - 1;
    showReadout();
  }

  // The place of the record of a run that is nearest to an x of the picture.
  function nearest(run, at) {
    let found = 0;
    run.epoch.forEach((epoch, i) => {
      if (Math.abs(scales.x(epoch) - at) < Math.abs(scales.x(run.epoch[found]) - at)) found = i;
    });
    return found;
  }

  // How far a run's lines are from a height of the picture, at one of its records.
  function distance(run, i, height) {
    const gaps = heights.flatMap(({ terms, y }) =>
      terms.flatMap((term) => [run.train[term]?.[i], run.heldout[term]?.[i]].filter(Number.isFinite).map((value) => Math.abs(y(value) - height))),
    );
    return Math.min(Infinity, ...gaps);
  }

  const readable = () => Array.from(runs.keys()).filter((run) => runs[run].epoch.length > 0);

  svg.addEventListener("pointermove", (event) => {
    if (!scales || !readable().length) return;
    const box = svg.getBoundingClientRect();
    const records = readable().map((run) => {
      const i = nearest(runs[run], event.clientX - box.left);
      return { run, i, gap: distance(runs[run], i, event.clientY - box.top) };
    });
    const { run, i } = records.reduce((best, record) => (record.gap < best.gap ? record : best));
    read(run, i);
  });
  svg.addEventListener("pointerleave", () => read(null));
  root.addEventListener("blur", () => read(null));
  root.addEventListener("keydown", (event) => {
    const order = readable();
    if (!order.length) return;
    if (event.key === "Escape") return read(null);
    const turn = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (turn && order.length > 1) {
      event.preventDefault();
      if (!chosen) return read(order[0], runs[order[0]].epoch.length - 1);
      const run = order.at((order.indexOf(chosen.run) + turn) % order.length);
      return read(run, nearest(runs[run], scales.x(runs[chosen.run].epoch[chosen.i])));
    }
    const run = chosen?.run ?? order[0];
    const last = runs[run].epoch.length - 1;
    const from = chosen?.i ?? last + 1;
    const to = { ArrowLeft: from - 1, ArrowRight: chosen === null ? 0 : from + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    read(run, Math.max(0, Math.min(last, to)));
  });

  const resized = new ResizeObserver(() => runs && render());
  resized.observe(svg);
  return { update, unmount: () => resized.disconnect() };
}
