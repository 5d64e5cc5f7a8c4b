// needs: bounds.js ../../components/names.js
// The picture of L_k over k: the bound after each draw, its mean over repeats with their spread, and two levels.

const PLOT = { left: 62, right: 12, top: 10, bottom: 34 };
const TICKS = [1, 10, 100, 1000, 5000];
const POINT = 5; // px from a point's middle to its rim
const LEAST_RANGE = 0.5; // nats on the axis

// Returns draw({ logW, known, n, exact, most }, { width, height }): `known` draws are there, the first `n` are shown.
export function createCurve(svg) {
  const part = (name) => svg.querySelector(name);

  function draw({ logW, known, n, exact, most }, { width, height }) {
    if (!width || !known) return;
    const all = chainOf(logW, known);
    const { bottom, top } = range(all, runningOf(logW, known), exact);
    const x = (k) => PLOT.left + (Math.log(k) / Math.log(most)) * (width - PLOT.left - PLOT.right);
    const y = (value) => PLOT.top + ((top - value) / (top - bottom)) * (height - PLOT.top - PLOT.bottom);
    drawAxes(x, y, bottom, top, width, height);
    const inside = { x: PLOT.left - POINT, y: PLOT.top, width: width - PLOT.left - PLOT.right + 2 * POINT, height: height - PLOT.top - PLOT.bottom };
    for (const [name, value] of Object.entries(inside)) part(".inside").setAttribute(name, Math.max(0, value));
    const chain = chainOf(logW, n);
    const point = (k, value) => `${x(k).toFixed(1)} ${y(value).toFixed(1)}`;
    const path = (points) => (points.length ? `M${points.map(([k, value]) => point(k, value)).join("L")}` : "");
    const spread = chain.filter((of) => of.repeats > 1);
    const upper = spread.map(({ k, mean, spread }) => [k, mean + spread]);
    const lower = spread.map(({ k, mean, spread }) => [k, mean - spread]).reverse();
    part(".band").setAttribute("d", spread.length > 1 ? `${path([...upper, ...lower])}Z` : "");
    part(".running").setAttribute("d", path(runningOf(logW, n)));
    part(".mean").setAttribute("d", path(chain.map(({ k, mean }) => [k, mean])));
    part(".points").innerHTML = chain
      .map(({ k, mean, repeats }) => `<circle${repeats > 1 ? "" : ' class="single"'} cx="${x(k)}" cy="${y(mean)}" r="4"></circle>`)
      .join("");
    level(".elbo", chain[0].mean, "ELBO", y, width);
    level(".exact", exact, "log p(x), exact", y, width);
  }

  function level(name, value, text, y, width) {
    const group = part(name);
    group.toggleAttribute("hidden", value === null);
    if (value === null) return;
    const line = group.querySelector("line");
    const label = group.querySelector("text");
    const at = y(value);
    for (const [key, place] of [["x1", PLOT.left], ["x2", width - PLOT.right], ["y1", at], ["y2", at]]) line.setAttribute(key, place);
    label.textContent = text;
    const isExact = name === ".exact";
    label.setAttribute("x", isExact ? PLOT.left + 6 : width - PLOT.right - 4);
    label.setAttribute("text-anchor", isExact ? "start" : "end");
    label.setAttribute("y", isExact ? at - 5 : at + 14);
  }

  function drawAxes(x, y, bottom, top, width, height) {
    const foot = height - PLOT.bottom;
    const across = TICKS.map(
      (k) =>
        `<line class="tick" x1="${x(k)}" x2="${x(k)}" y1="${foot}" y2="${foot + 4}"></line>` +
        `<text x="${x(k)}" y="${foot + 16}" text-anchor="${k === TICKS.at(-1) ? "end" : "middle"}">${k.toLocaleString("en")}</text>`,
    );
    const up = steps(bottom, top).map(
      (value) =>
        `<line class="grid" x1="${PLOT.left}" x2="${width - PLOT.right}" y1="${y(value)}" y2="${y(value)}"></line>` +
        `<text x="${PLOT.left - 6}" y="${y(value) + 4}" text-anchor="end">${number(value, top - bottom < 4 ? 1 : 0)}</text>`,
    );
    const middle = (PLOT.left + width - PLOT.right) / 2;
    const half = (PLOT.top + foot) / 2;
    part(".axes").innerHTML =
      `${up.join("")}${across.join("")}<text class="title" x="${middle}" y="${height - 3}" text-anchor="middle">draws k</text>` +
      `<text class="title" x="11" y="${half}" text-anchor="middle" transform="rotate(-90 11 ${half})">nats</text>`;
  }

  return draw;
}

// From a little below the ELBO, and some of a single draw's spread, to a little above all that is drawn.
function range(chain, running, exact) {
  const highest = Math.max(...chain.map(({ mean }) => mean), ...running.map(([, value]) => value), exact ?? -Infinity);
  const lowest = chain[0].mean;
  const reach = Math.max(highest - lowest, LEAST_RANGE);
  return { bottom: lowest - Math.min(chain[0].spread || reach, 0.8 * reach) - 0.05 * reach, top: highest + 0.1 * reach };
}

// Round values that cut [bottom, top] into about five.
function steps(bottom, top) {
  const rough = (top - bottom) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const found = [];
  for (let i = Math.ceil(bottom / step); i * step <= top; i++) found.push(i * step);
  return found;
}
