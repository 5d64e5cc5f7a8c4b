// Reconstruction and, in a panel of its own below it, KL over the epochs: train as lines, held-out as dashed ones. Each
// new record only rewrites the paths.

const charts = new WeakMap();
const MARGIN = { top: 14, right: 24, bottom: 38, left: 56 };
const GAP = 22; // between the panels
const KL_SHARE = 0.36; // of the height, where there is a KL
const LEAST_RANGE = 1; // nats on an axis
const SERIES = ["epoch", "train_reconstruction", "train_kl", "heldout_reconstruction", "heldout_kl"];

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
  let records = null;
  let epochs = null; // where the run is to end
  let scales = null;
  let chosen = null; // index of the record being read, or null
  let following = false; // the readout stays on the newest record

  function update(data) {
    root.style.setProperty("--height", `${data.height}px`);
    epochs = data.epochs;
    records = Object.fromEntries(SERIES.map((name) => [name, numbers(data[name])]));
    if (following || chosen >= records.epoch.length) chosen = records.epoch.length - 1;
    render();
  }

  function render() {
    const count = records.epoch.length;
    find(".waiting").hidden = count > 0;
    svg.style.visibility = count > 0 ? "" : "hidden"; // its place is kept, its axes would be invented
    const width = svg.clientWidth;
    const height = svg.clientHeight;
    if (!width) return;
    const hasKL = [...records.train_kl, ...records.heldout_kl].some((value) => value > 0);
    const inside = height - MARGIN.top - MARGIN.bottom;
    const middle = MARGIN.top + (hasKL ? (1 - KL_SHARE) * (inside - GAP) : inside);
    scales = horizontal(records.epoch, epochs, width);
    drawEpochs(svg, scales, width, height);
    drawPanel("reconstruction", MARGIN.top, middle, false);
    svg.querySelector(".panel.kl").style.display = hasKL ? "" : "none";
    if (hasKL) drawPanel("kl", middle + GAP, height - MARGIN.bottom, true);
    find(".kl-entry").hidden = !hasKL;
    find(".held-entry").hidden = !records.heldout_reconstruction.some(Number.isFinite);
    showReadout();
    root.setAttribute("aria-label", count ? `Training in nats per image. ${describe(count - 1)}` : "Training, no records yet");
  }

  // One term between two heights of the picture.
  function drawPanel(term, above, below, fromZero) {
    const panel = svg.querySelector(`.panel.${term}`);
    const set = (selector, path) => panel.querySelector(selector).setAttribute("d", path);
    const train = records[`train_${term}`];
    const heldout = records[`heldout_${term}`];
    const { bottom, top } = vertical([...train, ...heldout].filter(Number.isFinite), fromZero);
    const y = (value) => below - ((value - bottom) / (top - bottom)) * (below - above);
    drawValues(panel, y, bottom, top, above, below, svg.clientWidth);
    set(".edge", line(records.epoch, train, scales.x, y));
    set(".held", line(records.epoch, heldout, scales.x, y));
    drawClipped(panel, train, heldout, top, above);
  }

  // Triangles at the top edge over the records that stand above it, and what they reach.
  function drawClipped(panel, train, heldout, top, edge) {
    const above = [];
    let highest = -Infinity;
    records.epoch.forEach((epoch, i) => {
      const value = Math.max(...[train[i], heldout[i]].filter(Number.isFinite));
      if (value <= top) return;
      above.push(scales.x(epoch));
      highest = Math.max(highest, value);
    });
    panel.querySelector(".clipped").setAttribute("d", above.map((at) => `M${at - 4} ${edge}h8l-4 -6z`).join(""));
    const note = panel.querySelector(".clipped-note");
    note.textContent = above.length ? `up to ${highest.toFixed(0).replace("-", "−")}` : "";
    note.setAttribute("x", Math.max(...above, 0) + 8);
    note.setAttribute("y", edge - 1);
  }

  function values(i) {
    const rows = [
      ["reconstruction", records.train_reconstruction[i], records.heldout_reconstruction[i]],
      ["KL", records.train_kl[i], records.heldout_kl[i]],
    ];
    if (rows[1].slice(1).some(Number.isFinite)) rows.push(["sum", rows[0][1] + rows[1][1], rows[0][2] + rows[1][2]]);
    else rows.pop();
    return rows;
  }

  const text = (value) => (Number.isFinite(value) ? value.toFixed(1).replace("-", "−") : "–");
  const epochText = (i) => `epoch ${Number(records.epoch[i].toFixed(2))}`;

  function describe(i) {
    const rows = values(i);
    const side = (column) =>
      rows.map((row) => `${row[0]} ${text(row[column])}`).join(", ");
    const heldout = rows.some((row) => Number.isFinite(row[2])) ? `; held-out: ${side(2)}` : "";
    return `${epochText(i)}: train: ${side(1)}${heldout}`;
  }

  function showReadout() {
    const rule = find(".rule");
    readout.hidden = chosen === null || chosen < 0;
    readout.setAttribute("aria-live", following ? "off" : "polite"); // a live run must not talk all the time
    rule.setAttribute("visibility", readout.hidden ? "hidden" : "visible");
    if (readout.hidden) return;
    const at = scales.x(records.epoch[chosen]);
    rule.setAttribute("x1", at);
    rule.setAttribute("x2", at);
    rule.setAttribute("y1", MARGIN.top);
    rule.setAttribute("y2", svg.clientHeight - MARGIN.bottom);
    const rows = values(chosen).map(([name, ...numbers]) => `<tr><th>${name}</th>${numbers.map((v) => `<td>${text(v)}</td>`).join("")}</tr>`);
    readout.innerHTML = `<table><caption>${epochText(chosen)}</caption><tr><th></th><td>train</td><td>held-out</td></tr>${rows.join("")}</table>`;
    const left = at > svg.clientWidth / 2 ? at - readout.offsetWidth - 10 : at + 10;
    readout.style.left = `${Math.max(0, Math.min(left, svg.clientWidth - readout.offsetWidth))}px`;
  }

  function read(index) {
    chosen = index;
    following = index !== null && index === records.epoch.length - 1;
    showReadout();
  }

  svg.addEventListener("pointermove", (event) => {
    if (!scales || !records.epoch.length) return;
    const at = event.clientX - svg.getBoundingClientRect().left;
    let nearest = 0;
    records.epoch.forEach((epoch, i) => {
      if (Math.abs(scales.x(epoch) - at) < Math.abs(scales.x(records.epoch[nearest]) - at)) nearest = i;
    });
    read(nearest);
  });
  svg.addEventListener("pointerleave", () => read(null));
  root.addEventListener("blur", () => read(null));
  root.addEventListener("keydown", (event) => {
    const last = records.epoch.length - 1;
    if (last < 0) return;
    if (event.key === "Escape") return read(null);
    const from = chosen ?? last + 1;
    const to = { ArrowLeft: from - 1, ArrowRight: chosen === null ? 0 : from + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    read(Math.max(0, Math.min(last, to)));
  });

  const resized = new ResizeObserver(() => records && render());
  resized.observe(svg);
  return { update, unmount: () => resized.disconnect() };
}

// NaN crosses Arrow as null.
const numbers = (table) => Float32Array.from(table.getChildAt(0).toArray(), (value) => value ?? NaN);

// Where epochs lie: from 0 to where the run is to end, or as far as the records.
function horizontal(epoch, epochs, width) {
  const from = epochs || epoch.length < 2 ? 0 : epoch[0];
  const last = epoch.at(-1) || 1;
  let to = epochs ?? Math.max(last, from + 1e-6);
  while (epochs && to > 8 * last) to /= 2; // a long run's beginning is to be seen too
  const x = (value) => MARGIN.left + ((value - from) / (to - from)) * (width - MARGIN.left - MARGIN.right);
  return { x, from, to };
}

// The range of a term's axis: as close around its values as shows how they change. Its top leaves out the first, far
// higher records: above the lowest value it goes to at most three times as high as three records in four.
function vertical(values, fromZero) {
  const sorted = values.sort((a, b) => a - b);
  const highest = sorted.at(-1) ?? 1;
  const lowest = fromZero ? Math.min(0, sorted[0] ?? 0) : (sorted[0] ?? 0);
  const most = sorted[Math.floor((3 * (sorted.length - 1)) / 4)] ?? 1;
  const reach = Math.max(Math.min(3 * (most - lowest), highest - lowest), LEAST_RANGE);
  return { bottom: fromZero && lowest === 0 ? 0 : lowest - 0.06 * reach, top: lowest + 1.06 * reach };
}

// Round numbers that cut [from, to] into about `count` parts.
function ticks(from, to, count) {
  const rough = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const found = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + 1e-9 * step; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

// So short that it keeps clear of the axis's title: 250000 is 250K.
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 });
const short = (value) => (Math.abs(value) < 1e4 ? String(value) : compact.format(value)).replace("-", "−");

function drawEpochs(svg, { x, from, to }, width, height) {
  const foot = height - MARGIN.bottom;
  svg.querySelector(".epochs").innerHTML = ticks(from, to, Math.max(2, Math.min(8, width / 90)))
    .map(
      (value) =>
        `<line x1="${x(value)}" x2="${x(value)}" y1="${foot}" y2="${foot + 4}"></line>` +
        `<text x="${x(value)}" y="${foot + 17}" text-anchor="middle">${value}</text>`,
    )
    .join("");
  place(svg.querySelector(".title.x"), "epoch", (MARGIN.left + width - MARGIN.right) / 2, height - 4, "");
}

function drawValues(panel, y, bottom, top, above, below, width) {
  const right = width - MARGIN.right;
  const box = { x: MARGIN.left, y: above, width: right - MARGIN.left, height: below - above };
  for (const [name, value] of Object.entries(box)) panel.querySelector(".inside").setAttribute(name, Math.max(0, value));
  panel.querySelector(".ticks").innerHTML = ticks(bottom, top, Math.max(2, (below - above) / 22))
    .map(
      (value) =>
        `<line x1="${MARGIN.left}" x2="${right}" y1="${y(value)}" y2="${y(value)}"></line>` +
        `<text x="${MARGIN.left - 7}" y="${y(value) + 4}" text-anchor="end">${short(value)}</text>`,
    )
    .join("");
  const middle = (above + below) / 2;
  place(panel.querySelector(".title.y"), "nats", 12, middle, `rotate(-90 12 ${middle})`);
}

function place(element, content, x, y, transform) {
  element.textContent = content;
  element.setAttribute("x", x);
  element.setAttribute("y", y);
  element.setAttribute("text-anchor", "middle");
  element.setAttribute("transform", transform);
}

// Through the values that were measured: held-out ones come less often than training ones.
function line(xs, ys, x, y) {
  const at = Array.from(xs.keys()).filter((i) => Number.isFinite(ys[i]));
  return at.length ? `M${at.map((i) => `${x(xs[i]).toFixed(1)} ${y(ys[i]).toFixed(1)}`).join("L")}` : "";
}
