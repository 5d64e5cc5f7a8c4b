// needs: ../../training/chart/axes.js ../../components/theme.js ../../components/names.js ../scrub.js runs.js zoom.js png.js
// All runs in charts over one axis: their loss, and its terms below. What is read is a logged value at a logged step; the
// line in between only joins them.

const histories = new WeakMap();
const BETWEEN = 16; // pixels between charts
const NAMES_ROOM = 104; // pixels at the right, for the names of the runs
const SHARES = { loss: 2.2, reconstruction: 1, kl: 1 }; // of the height

export default function ({ data, parentElement }) {
  let history = histories.get(parentElement);
  if (!history) histories.set(parentElement, (history = createHistory(parentElement.querySelector(".history"))));
  history.update(data);
  return () => {
    history.unmount();
    histories.delete(parentElement);
  };
}

function createHistory(root) {
  const find = (selector) => root.querySelector(selector);
  const svg = find("svg");
  const slider = find("input");
  let runs = [];
  let about = {};
  let axes = null; // { x, valueAt, from, to, end, above, below, panels: [{ name, title, y, above, below }] }
  let chosen = null; // { run, i }
  let atEnd = true; // the slider stays where the newest images are
  const zoom = createZoom(svg, () => render());

  function update(data) {
    if (about.axis && about.axis !== data.axis) zoom.forget();
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
    root.style.setProperty("--charts", about.charts.length);
    const { clientWidth: width, clientHeight: height } = svg;
    if (!width || !begun.length) return;
    axes = layOut(begun, width, height);
    zoom.on(axes);
    draw(width, height);
    showScrub();
    showReadout();
  }

  // Where everything lies: the axis that all charts share, and the heights of each.
  function layOut(begun, width, height) {
    const end = Math.max(...begun.map((run) => run.x.at(-1))) || 1;
    const { from, to } = zoom.upTo(end) ?? { from: 0, to: end };
    const [left, right] = [MARGIN.left, width - NAMES_ROOM];
    const x = (value) => left + ((value - from) / (to - from)) * (right - left);
    const valueAt = (at) => from + ((at - left) / (right - left)) * (to - from);
    const [above, below] = [MARGIN.top, height - MARGIN.bottom];
    const parts = about.charts.reduce((sum, { name }) => sum + SHARES[name], 0);
    const room = below - above - BETWEEN * (about.charts.length - 1);
    let start = above;
    const panels = about.charts.map(({ name, title }) => {
      const foot = start + (room * SHARES[name]) / parts;
      const { bottom, top } = vertical(seen(begun, name, from, to), false);
      const panel = { name, title, bottom, top, above: start, below: foot };
      panel.y = (value) => panel.below - ((value - bottom) / (top - bottom)) * (panel.below - panel.above);
      start = foot + BETWEEN;
      return panel;
    });
    return { x, valueAt, from, to, end, above, below, panels };
  }

  function draw(width, height) {
    const dark = themeOf(root).dark;
    const { x, from, to, panels, above, below } = axes;
    find(".panels").innerHTML = panels
      .map(
        ({ name }) =>
          `<g class="panel ${name}"><clipPath id="history-inside-${name}"><rect class="inside"></rect></clipPath><g class="ticks"></g>` +
          `<text class="title y"></text><g class="lines" clip-path="url(#history-inside-${name})"></g></g>`,
      )
      .join("");
    for (const panel of panels) {
      const group = find(`.panel.${panel.name}`);
      drawValues(group, panel.y, panel.bottom, panel.top, panel.above, panel.below, width - NAMES_ROOM + MARGIN.right);
      group.querySelector(".title.y").textContent = panel.title;
      group.querySelector(".lines").innerHTML = runs.map((run) => lineOf(run, panel, dark)).join("");
    }
    find(".across").innerHTML = ticks(from, to, Math.max(2, Math.min(8, (width - NAMES_ROOM) / 90)))
      .map((value) => `<line x1="${x(value)}" x2="${x(value)}" y1="${below}" y2="${below + 4}"></line><text x="${x(value)}" y="${below + 17}" text-anchor="middle">${short(value)}</text>`)
      .join("");
    place(find(".title.x"), `${about.axis}; heights in ${about.unit}`, (MARGIN.left + width - NAMES_ROOM) / 2, height - 4, "");
    find(".marks").innerHTML = runs
      .flatMap((run) => run.marks.filter((mark) => mark.x >= from && mark.x <= to).map((mark) => markAt(run, x(mark.x), above, below, dark)))
      .join("");
    find(".names").replaceChildren(...namesAt(runs, axes).map((name) => nameElement(name, dark)));
    find(".whole").hidden = !zoom.part;
    find(".hint").hidden = Boolean(zoom.part);
    root.dataset.from = from;
    root.dataset.to = to;
  }

  function lineOf(run, { name, y }, dark) {
    const { x } = axes;
    const kind = run.reference ? "reference" : "";
    const smooth = run.smooth ? `<path class="smooth ${kind}" d="${line(run.x, run[`smooth_${name}`], x, y)}"></path>` : "";
    const only = run.x.length === 1 ? `<circle class="point" r="3" cx="${x(run.x[0])}" cy="${y(run[name][0])}"></circle>` : "";
    return `<g class="run ${smooth && "is-smoothed"}" style="--colour:${digitColour(run.colour, dark)}"><path class="raw ${kind}" d="${line(run.x, run[name], x, y)}"></path>${smooth}${only}</g>`;
  }

  const markAt = (run, at, above, below, dark) =>
    `<g style="--colour:${digitColour(run.colour, dark)}"><line class="mark" x1="${at}" x2="${at}" y1="${above}" y2="${below}"></line>` +
    `<path class="mark-sign" d="M${at - 5} ${above}h10l-5 8z"></path></g>`;

  // The images of all runs follow the slider, which goes over as much of the axis as the charts show.
  function showScrub() {
    if (atEnd) slider.value = 1000;
    const x = axes.from + (slider.value / 1000) * (axes.to - axes.from);
    const text = `${Number(x.toPrecision(4)).toLocaleString("en")} ${about.axis}`;
    find(".at").textContent = text;
    slider.setAttribute("aria-valuetext", text);
    const rule = find(".scrub");
    for (const [name, value] of Object.entries({ x1: axes.x(x), x2: axes.x(x), y1: axes.above, y2: axes.below }))
      rule.setAttribute(name, value);
    rule.setAttribute("visibility", atEnd ? "hidden" : "visible");
    scrubTo(atEnd && !zoom.part ? Infinity : x);
  }

  function showReadout() {
    const readout = find(".readout");
    readout.hidden = chosen === null;
    root.querySelectorAll(".lines").forEach((lines) =>
      [...lines.children].forEach((group, i) => {
        group.classList.toggle("aside", chosen !== null && i !== chosen.run);
        group.classList.toggle("ahead", i === chosen?.run);
      }),
    );
    root.querySelectorAll(".names text").forEach((name) => {
      name.classList.toggle("aside", chosen !== null && Number(name.dataset.run) !== chosen.run);
    });
    find(".dots").innerHTML = chosen ? dotsAt(runs[chosen.run], chosen.i) : "";
    if (!chosen) return;
    const run = runs[chosen.run];
    const at = axes.x(run.x[chosen.i]);
    const lines = readingOf(run, chosen.i, about).map((text, i) => Object.assign(document.createElement(i ? "span" : "b"), { textContent: text }));
    readout.replaceChildren(...lines);
    const left = at > svg.clientWidth / 2 ? at - readout.offsetWidth - 12 : at + 12;
    readout.style.left = `${Math.max(0, Math.min(left, svg.clientWidth - readout.offsetWidth))}px`;
  }

  const dotsAt = (run, i) =>
    axes.panels
      .filter(({ name }) => Number.isFinite(run[name][i]))
      .map(({ name, y }) => `<circle class="dot" r="4" cx="${axes.x(run.x[i])}" cy="${y(run[name][i])}" style="--colour:${digitColour(run.colour, themeOf(root).dark)}"></circle>`)
      .join("");

  function read(record) {
    chosen = record;
    showReadout();
  }

  // By keys, which go along all of a run, in sight or not.
  function readOn(record) {
    zoom.reveal(runs[record.run].x[record.i]);
    read(record);
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
    if (event.key === "Escape") return chosen ? read(null) : zoom.all();
    const factor = { "+": 2, "=": 2, "-": 1 / 2 }[event.key];
    if (factor && !event.ctrlKey && !event.metaKey)
      return zoom.by(factor, chosen ? runs[chosen.run].x[chosen.i] : (axes.from + axes.to) / 2);
    const run = chosen?.run ?? order[0];
    const last = runs[run].x.length - 1;
    const turn = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (turn) {
      event.preventDefault();
      const next = chosen ? order.at((order.indexOf(run) + turn) % order.length) : run;
      return readOn({ run: next, i: nearestAlong(runs[next], chosen ? runs[run].x[chosen.i] : Infinity) });
    }
    const to = { ArrowLeft: (chosen?.i ?? last + 1) - 1, ArrowRight: chosen ? chosen.i + 1 : 0, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    readOn({ run, i: Math.max(0, Math.min(last, to)) });
  });
  slider.addEventListener("input", () => {
    atEnd = slider.value === slider.max;
    if (axes) showScrub();
  });
  find(".whole").addEventListener("click", () => {
    zoom.all();
    root.focus();
  });
  find(".png").addEventListener("click", () => savePicture(svg, root));

  const resized = new ResizeObserver(() => render());
  resized.observe(svg);
  return { update, unmount: () => resized.disconnect() };
}
