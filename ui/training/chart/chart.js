// Reconstruction and KL stacked over the epochs, train as areas and held-out as dashed lines. Each new record only
// rewrites the paths.

const charts = new WeakMap();
const MARGIN = { top: 14, right: 24, bottom: 38, left: 56 };
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
    const train = stacked(records.train_reconstruction, records.train_kl);
    const heldout = stacked(records.heldout_reconstruction, records.heldout_kl);
    scales = scalesFor(records, epochs, train, heldout, width, height);
    drawAxes(svg, scales, width, height);
    const { x, y, bottom } = scales;
    const base = train.reconstruction.map(() => bottom);
    set(".area.reconstruction", area(records.epoch, base, train.reconstruction, x, y));
    set(".area.kl", area(records.epoch, train.reconstruction, train.total, x, y));
    set(".edge.reconstruction", line(records.epoch, train.reconstruction, x, y));
    set(".edge.kl", train.hasKL ? line(records.epoch, train.total, x, y) : "");
    set(".held.reconstruction", line(records.epoch, heldout.reconstruction, x, y));
    set(".held.kl", heldout.hasKL ? line(records.epoch, heldout.total, x, y) : "");
    drawClipped(train, heldout);
    find(".kl-entry").hidden = !train.hasKL && !heldout.hasKL;
    find(".held-entry").hidden = !heldout.reconstruction.some(Number.isFinite);
    showReadout();
    root.setAttribute("aria-label", count ? `Training in nats per image. ${describe(count - 1)}` : "Training, no records yet");
  }

  const set = (selector, path) => find(selector).setAttribute("d", path);

  // Triangles at the top edge over the records that stand above it, and what they reach.
  function drawClipped(train, heldout) {
    const { x, top } = scales;
    const above = [];
    let highest = -Infinity;
    records.epoch.forEach((epoch, i) => {
      const value = Math.max(...[train.total[i], heldout.total[i]].filter(Number.isFinite));
      if (value <= top) return;
      above.push(x(epoch));
      highest = Math.max(highest, value);
    });
    set(".clipped", above.map((at) => `M${at - 4} ${MARGIN.top}h8l-4 -6z`).join(""));
    const note = find(".clipped-note");
    note.textContent = above.length ? `up to ${highest.toFixed(0).replace("-", "−")}` : "";
    note.setAttribute("x", Math.max(...above, 0) + 8);
    note.setAttribute("y", MARGIN.top - 1);
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

function stacked(reconstruction, kl) {
  const total = Float32Array.from(reconstruction, (value, i) => (Number.isFinite(kl[i]) ? value + kl[i] : value));
  return { reconstruction, total, hasKL: kl.some((value) => value > 0) };
}

// The vertical range starts at 0, where stacked areas are honest (below the lowest value where densities make the
// reconstruction negative). Its top leaves out the first, far higher records: at most 1.6 times the lower quartile.
function scalesFor({ epoch }, epochs, train, heldout, width, height) {
  const totals = [...train.total, ...heldout.total].filter(Number.isFinite).sort((a, b) => a - b);
  const lows = [...train.reconstruction, ...heldout.reconstruction].filter(Number.isFinite);
  const lowest = Math.min(0, ...lows);
  const highest = totals.at(-1) ?? 1;
  const quartile = totals[Math.floor((totals.length - 1) / 4)] ?? 1;
  const bottom = lowest < 0 ? lowest - 0.25 * (highest - lowest) : 0;
  const robust = bottom + 1.6 * (quartile - bottom);
  const top = robust < 1.15 * highest - 0.15 * bottom ? robust : highest + 0.06 * (highest - bottom);
  const from = epochs || epoch.length < 2 ? 0 : epoch[0];
  const last = epoch.at(-1) || 1;
  let to = epochs ?? Math.max(last, from + 1e-6);
  while (epochs && to > 8 * last) to /= 2; // a long run's beginning is to be seen too
  const x = (value) => MARGIN.left + ((value - from) / (to - from)) * (width - MARGIN.left - MARGIN.right);
  const y = (value) => height - MARGIN.bottom - ((value - bottom) / (top - bottom)) * (height - MARGIN.top - MARGIN.bottom);
  return { x, y, from, to, bottom, top };
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

function drawAxes(svg, { x, y, from, to, bottom, top }, width, height) {
  const inside = svg.querySelector(".inside");
  const box = { x: MARGIN.left, y: MARGIN.top, width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
  for (const [name, value] of Object.entries(box)) inside.setAttribute(name, Math.max(0, value));
  const right = width - MARGIN.right;
  const foot = height - MARGIN.bottom;
  const vertical = ticks(bottom, top, 5).map(
    (value) =>
      `<line x1="${MARGIN.left}" x2="${right}" y1="${y(value)}" y2="${y(value)}"></line>` +
      `<text x="${MARGIN.left - 7}" y="${y(value) + 4}" text-anchor="end">${short(value)}</text>`,
  );
  const horizontal = ticks(from, to, Math.max(2, Math.min(8, width / 90))).map(
    (value) =>
      `<line x1="${x(value)}" x2="${x(value)}" y1="${foot}" y2="${foot + 4}"></line>` +
      `<text x="${x(value)}" y="${foot + 17}" text-anchor="middle">${value}</text>`,
  );
  svg.querySelector(".ticks").innerHTML = vertical.join("") + horizontal.join("");
  place(svg.querySelector(".title.x"), "epoch", (MARGIN.left + right) / 2, height - 4, "");
  const middle = (MARGIN.top + foot) / 2;
  place(svg.querySelector(".title.y"), "nats per image", 12, middle, `rotate(-90 12 ${middle})`);
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

function area(xs, low, high, x, y) {
  const at = Array.from(xs.keys()).filter((i) => Number.isFinite(low[i]) && Number.isFinite(high[i]));
  if (at.length < 2) return "";
  const edge = (i, ys) => `${x(xs[i]).toFixed(1)} ${y(ys[i]).toFixed(1)}`;
  return `M${at.map((i) => edge(i, high)).join("L")}L${at.reverse().map((i) => edge(i, low)).join("L")}Z`;
}
