// needs: decoder.js registry.js painter.js ../components/idle.js ../components/names.js grid.js
// A row of decoded images for each dimension, which goes from end to end while the others stay where the slot's
// explorer is; or from three standard deviations below to three above the mean of a Gaussian, the others at its mean.

const tables = new WeakMap();

const COLUMNS = 7;
const REACH = 3; // of a dimension of a Gaussian; under any other prior all of the plane
const ROWS = 20; // at most: of a larger latent space the dimensions that vary most
const BLOCK_ROWS = 5; // more than these are shown in two blocks, side by side where there is room
const PAUSE_MS = 100; // between one pass over all cells and the next
const INACTIVE = 0.01; // variance of the codes' means over images

export default function ({ data, parentElement }) {
  let table = tables.get(parentElement);
  if (!table) tables.set(parentElement, (table = createTable(parentElement.querySelector(".traversals"))));
  table.update(data);
  return () => {
    table.unmount();
    tables.delete(parentElement);
  };
}

function createTable(root) {
  const blocks = root.querySelector(".blocks");
  const work = createIdleWork((i) => paintCell(cells[i]), nextPass);

  let around = null; // { mean, std } of the Gaussian, or nothing where the explorer leads
  let shows, slot, show, seed, network, painter, noise, reach, built;
  let unfollow = () => {};
  let stale = false; // the explorer has moved since the last cells were begun
  let decoding = false;
  let rows = []; // { dim, now: its marker, strip: the canvas of its images }
  let cells = []; // { dim, value, button, strip, at: its place there }
  let z; // a copy of where the explorer is, to set one dimension at a time

  function update(data) {
    const wanted = JSON.stringify([data.slot, data.show, data.seed, data.around]);
    if (wanted === shows) return;
    shows = wanted;
    ({ show, seed, around } = data);
    if (slot !== data.slot) {
      slot = data.slot;
      unfollow();
      unfollow = follow(slot, { weights: adoptWeights, position: decodeAgain });
    }
    adoptWeights(networkOf(slot) ?? network);
  }

  function adoptWeights(published) {
    if (!published?.layers || (around && around.mean.length !== published.meta.z_dim)) return;
    network = published;
    painter = createPainter(network);
    noise = noiseFor(network, show, seed);
    z = new Float32Array(network.meta.z_dim);
    reach = around || network.meta.prior === "standard" ? REACH : network.limit;
    const activity = network.points && variances(network.points, network.meta.z_dim);
    const dims = Array.from(z.keys());
    if (activity) dims.sort((a, b) => activity[b] - activity[a]);
    dims.length = Math.min(dims.length, ROWS);
    const wanted = JSON.stringify([dims, reach, activity && Array.from(activity), around]);
    if (wanted !== built) build(dims, activity);
    built = wanted;
    root.dataset.state = "ready";
    decodeAgain();
  }

  // While the explorer moves, all cells are decoded again and again, with pauses that leave the explorer its frames.
  function decodeAgain() {
    stale = true;
    if (!decoding) nextPass(true);
  }

  function nextPass(done) {
    if (!done) return;
    decoding = stale && network !== undefined;
    stale = false;
    if (decoding) work.start(cells.length, PAUSE_MS);
  }

  function paintCell({ dim, value, strip, at }) {
    const position = positionOf(slot);
    if (position?.z.length === z.length) z.set(position.z);
    if (strip === rows[0].strip && at === 0) {
      for (const row of rows) row.now.style.setProperty("--now", share(row.dim, z[row.dim]));
    }
    if (around) z.set(around.mean);
    z[dim] = placeOf(dim, value);
    painter.paint(strip, z, position?.label, noise, at, COLUMNS);
  }

  // A value of a row as a coordinate of z, and the part of the row that a coordinate has gone.
  const placeOf = (dim, value) => (around ? around.mean[dim] + value * around.std[dim] : value);
  const share = (dim, place) => {
    const value = around ? (place - around.mean[dim]) / around.std[dim] : place;
    return Math.max(0, Math.min(1, (value + reach) / (2 * reach)));
  };

  // ---- the rows

  function build(dims, activity) {
    const height = dims.length > BLOCK_ROWS ? Math.ceil(dims.length / 2) : dims.length;
    const middle = (COLUMNS - 1) / 2;
    const values = Array.from({ length: COLUMNS }, (_, i) => (reach * (i - middle)) / middle);
    work.stop();
    decoding = false;
    rows = [];
    cells = [];
    blocks.replaceChildren();
    dims.forEach((dim, i) => {
      if (i % height === 0) blocks.append(element("div", "block", buildHead(values)));
      blocks.lastChild.append(buildRow(dim, values, activity?.[dim]));
    });
    cells[0].button.tabIndex = 0;
  }

  function buildHead(values) {
    const head = element("div", "row", element("span"), element("div", "strip"));
    const unit = around ? "σ" : "";
    const text = (value) => number(value, Number.isInteger(value) ? 0 : 1) + unit;
    head.lastChild.append(...values.map((value) => element("span", "", text(value))));
    return head;
  }

  function buildRow(dim, values, variance) {
    const title = element("span", "", named(dim, network.meta.level));
    if (around) title.append(element("small", "", `σ ${number(around.std[dim])}`));
    else if (variance !== undefined) {
      const inactive = network.meta.prior && variance < INACTIVE;
      title.append(element("small", "", inactive ? "inactive" : `Var ${number(variance)}`));
    }
    const now = element("i", "now");
    const strip = document.createElement("canvas");
    rows.push({ dim, now, strip });
    const buttons = values.map((value, at) => {
      const button = buildButton(`${named(dim, network.meta.level)} = ${number(placeOf(dim, value))}`, () => choose(dim, value));
      cells.push({ dim, value, button, strip, at });
      return button;
    });
    return element("div", "row", title, element("div", "strip", strip, ...buttons, now));
  }

  function choose(dim, value) {
    const held = around ? around.mean : (positionOf(slot) ?? { z }).z;
    chooseZ(slot, Float32Array.from(held, (other, i) => (i === dim ? placeOf(dim, value) : other)));
  }

  moveFocusByArrows(blocks, () => COLUMNS);

  function unmount() {
    work.stop();
    unfollow();
  }

  return { update, unmount };
}

function element(tag, className = "", ...content) {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...content);
  return node;
}

// The variance of each dimension over `points`, one point after the other.
function variances(points, zDim) {
  const n = points.length / zDim;
  const mean = new Float64Array(zDim);
  const square = new Float64Array(zDim);
  for (let i = 0; i < points.length; i++) mean[i % zDim] += points[i] / n;
  for (let i = 0; i < points.length; i++) square[i % zDim] += (points[i] - mean[i % zDim]) ** 2 / (n - 1);
  return square;
}
