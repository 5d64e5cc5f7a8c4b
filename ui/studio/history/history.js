// needs: ../../training/chart/axes.js ../../components/theme.js ../../components/names.js ../scrub.js runs.js png.js
// All runs in one picture. What is read is a logged value at a logged step; the line in between only joins them.

const charts = new WeakMap();

export default function ({ data, parentElement }) {
  let chart = charts.get(parentElement);
  if (!chart) charts.set(parentElement, (chart = createHistory(parentElement.querySelector(".history"))));
  chart.update(data);
  return () => {
    chart.unmount();
    charts.delete(parentElement);
  };
}

function createHistory(root) {
  const find = (selector) => root.querySelector(selector);
  const svg = find("svg");
  const slider = find("input");
  let runs = [];
  let about = {};
  let axes = null; // { x, y, from, to }
  let chosen = null; // { run, i }
  let atEnd = true; // the slider stays where the newest images are

  function update(data) {
    runs = upToTheVisitors(historyOf(data));
    about = data;
    if (chosen && !(chosen.i < runs[chosen.run]?.x.length)) chosen = null;
    render();
  }

  function render() {
    const begun = runs.filter((run) => run.x.length);
    find(".waiting").hidden = begun.length > 0;
    svg.style.visibility = begun.length ? "" : "hidden";
    find(".foot").hidden = !begun.length;
    root.dataset.state = begun.length ? "ready" : "waiting";
    root.setAttribute("aria-label", begun.length ? inWords(begun, about) : "Runs, no records yet");
    const { clientWidth: width, clientHeight: height } = svg;
    if (!width || !begun.length) return;
    const dark = themeOf(root).dark;
    const room = 104; // for the names at the right
    const to = Math.max(...begun.map((run) => run.x.at(-1))) || 1;
    const x = (value) => MARGIN.left + (value / to) * (width - room - MARGIN.left);
    const { bottom, top } = vertical(begun.flatMap((run) => Array.from(run.y)), false);
    const [above, below] = [MARGIN.top, height - MARGIN.bottom];
    const y = (value) => below - ((value - bottom) / (top - bottom)) * (below - above);
    axes = { x, y, to };
    drawValues(find(".panel"), y, bottom, top, above, below, width - room + MARGIN.right);
    find(".title.y").textContent = about.unit;
    find(".across").innerHTML = ticks(0, to, Math.max(2, Math.min(8, (width - room) / 90)))
      .map((value) => `<line x1="${x(value)}" x2="${x(value)}" y1="${below}" y2="${below + 4}"></line><text x="${x(value)}" y="${below + 17}" text-anchor="middle">${short(value)}</text>`)
      .join("");
    place(find(".title.x"), about.axis, (MARGIN.left + width - room) / 2, height - 4, "");
    find(".lines").innerHTML = runs
      .map((run) => {
        const colour = `style="--colour:${digitColour(run.colour, dark)}"`;
        const kind = run.reference ? "reference" : "";
        const smooth = run.smooth.length ? `<path class="smooth ${kind}" d="${line(run.x, run.smooth, x, y)}"></path>` : "";
        const only = run.x.length === 1 ? `<circle class="point" r="3" cx="${x(run.x[0])}" cy="${y(run.y[0])}"></circle>` : "";
        return `<g class="run ${smooth && "is-smoothed"}" ${colour}><path class="raw ${kind}" d="${line(run.x, run.y, x, y)}"></path>${smooth}${only}</g>`;
      })
      .join("");
    find(".marks").innerHTML = runs
      .flatMap((run) => run.marks.map((mark) => markAt(run, x(mark.x), above, below, dark)))
      .join("");
    find(".names").replaceChildren(...namesAt(runs, axes, above, below).map((name) => nameElement(name, dark)));
    showScrub();
    showReadout();
  }

  const markAt = (run, at, above, below, dark) =>
    `<g style="--colour:${digitColour(run.colour, dark)}"><line class="mark" x1="${at}" x2="${at}" y1="${above}" y2="${below}"></line>` +
    `<path class="mark-sign" d="M${at - 5} ${above}h10l-5 8z"></path></g>`;

  function showScrub() {
    if (atEnd) slider.value = 1000;
    const x = atEnd ? axes.to : (slider.value / 1000) * axes.to;
    const text = `${Number(x.toPrecision(4)).toLocaleString("en")} ${about.axis}`;
    find(".at").textContent = text;
    slider.setAttribute("aria-valuetext", text);
    const rule = find(".scrub");
    for (const [name, value] of Object.entries({ x1: axes.x(x), x2: axes.x(x), y1: MARGIN.top, y2: svg.clientHeight - MARGIN.bottom }))
      rule.setAttribute(name, value);
    rule.setAttribute("visibility", atEnd ? "hidden" : "visible");
    scrubTo(atEnd ? Infinity : x);
  }

  function showReadout() {
    const readout = find(".readout");
    const dot = find(".dot");
    readout.hidden = chosen === null;
    dot.setAttribute("visibility", chosen ? "visible" : "hidden");
    [...root.querySelectorAll(".lines .run")].forEach((group, i) => {
      group.classList.toggle("aside", chosen !== null && i !== chosen.run);
      group.classList.toggle("ahead", i === chosen?.run);
    });
    root.querySelectorAll(".names text").forEach((name) => {
      name.classList.toggle("aside", chosen !== null && Number(name.dataset.run) !== chosen.run);
    });
    if (!chosen) return;
    const run = runs[chosen.run];
    const [at, height] = [axes.x(run.x[chosen.i]), axes.y(run.y[chosen.i])];
    dot.setAttribute("cx", at);
    dot.setAttribute("cy", height);
    dot.style.setProperty("--colour", digitColour(run.colour, themeOf(root).dark));
    const lines = readingOf(run, chosen.i, about).map((text, i) => Object.assign(document.createElement(i ? "span" : "b"), { textContent: text }));
    readout.replaceChildren(...lines);
    const left = at > svg.clientWidth / 2 ? at - readout.offsetWidth - 12 : at + 12;
    readout.style.left = `${Math.max(0, Math.min(left, svg.clientWidth - readout.offsetWidth))}px`;
  }

  function read(record) {
    chosen = record;
    showReadout();
  }

  const readable = () => Array.from(runs.keys()).filter((run) => runs[run].x.length > 0);

  svg.addEventListener("pointermove", (event) => {
    if (!axes || !readable().length) return;
    const box = svg.getBoundingClientRect();
    read(nearestRecord(runs, axes, event.clientX - box.left, event.clientY - box.top));
  });
  svg.addEventListener("pointerleave", () => read(null));
  root.addEventListener("blur", () => read(null));
  root.addEventListener("keydown", (event) => {
    if (event.target !== root || !axes) return;
    const order = readable();
    if (!order.length) return;
    if (event.key === "Escape") return read(null);
    const run = chosen?.run ?? order[0];
    const last = runs[run].x.length - 1;
    const turn = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (turn) {
      event.preventDefault();
      const next = chosen ? order.at((order.indexOf(run) + turn) % order.length) : run;
      return read({ run: next, i: nearestAlong(runs[next], chosen ? runs[run].x[chosen.i] : Infinity) });
    }
    const to = { ArrowLeft: (chosen?.i ?? last + 1) - 1, ArrowRight: chosen ? chosen.i + 1 : 0, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    read({ run, i: Math.max(0, Math.min(last, to)) });
  });
  slider.addEventListener("input", () => {
    atEnd = slider.value === slider.max;
    if (axes) showScrub();
  });
  find(".png").addEventListener("click", () => savePicture(svg, root));

  const resized = new ResizeObserver(() => render());
  resized.observe(svg);
  return { update, unmount: () => resized.disconnect() };
}
