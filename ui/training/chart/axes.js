// The axes of the training chart, and the path of a line along them.

const MARGIN = { top: 14, right: 24, bottom: 38, left: 56 };
const LEAST_RANGE = 1; // nats on an axis

// Where epochs lie: from 0 to where the run is to end, or as far as the records of all runs.
export function horizontal(runs, epochs, width) {
  const begun = runs.map((run) => run.epoch).filter((epoch) => epoch.length);
  const from = epochs || begun.every((epoch) => epoch.length < 2) ? 0 : Math.min(...begun.map((epoch) => epoch[0]));
  const last = Math.max(0, ...begun.map((epoch) => epoch.at(-1))) || 1;
  let to = epochs ?? Math.max(last, from + 1e-6);
  while (epochs && to > 8 * last) to /= 2; // a long run's beginning is to be seen too
  const x = (value) => MARGIN.left + ((value - from) / (to - from)) * (width - MARGIN.left - MARGIN.right);
  return { x, from, to };
}

// The range of a term's axis: as close around its values as shows how they change. Its top leaves out the first, far
// higher records: above the lowest value it goes to at most three times as high as three records in four.
export function vertical(values, fromZero) {
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

export function drawEpochs(svg, { x, from, to }, width, height) {
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

export function drawValues(panel, y, bottom, top, above, below, width) {
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
export function line(xs, ys, x, y) {
  const at = Array.from(xs.keys()).filter((i) => Number.isFinite(ys[i]));
  return at.length ? `M${at.map((i) => `${x(xs[i]).toFixed(1)} ${y(ys[i]).toFixed(1)}`).join("L")}` : "";
}
