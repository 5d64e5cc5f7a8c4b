// needs: ../../explorer/hand.js ../../explorer/many.js ../../explorer/painter.js ../../explorer/grid.js ../../explorer/registry.js
// A row for each of a few z2: its mean m(z2) decoded, then draws z1 = m(z2) + s(z2) ε, the ε of a column the same in all
// rows. One z2 is chosen and moved in the plane, and its row follows. The rows live here; Python hears on release.

const grids = new WeakMap();
// For tests and benchmarks: what is shown and since when, and the last times from event to picture.
const shown = (globalThis.__vaelab_levels ??= {});
const timings = (globalThis.__vaelab_timings ??= { ms: new Float32Array(4096), count: 0 });

const letter = (i) => String.fromCharCode(65 + i);

export default function ({ data, parentElement, setStateValue }) {
  let grid = grids.get(parentElement);
  if (!grid) grids.set(parentElement, (grid = createLevels(parentElement.querySelector(".levels"))));
  grid.update(data, setStateValue);
  return () => {
    grid.unmount();
    grids.delete(parentElement);
  };
}

function createLevels(root) {
  const find = (selector) => root.querySelector(selector);
  const [place, canvas] = [find(".sheet"), find(".cells")];
  const state = { points: [], drawn: [], chosen: 0 }; // z2 of each row as it is and as the seed drew it
  const hand = createHand(
    root,
    state,
    { choose, set, present, end: release },
    { noun: "row", mark: letter, dimension: (i) => named(i, "z2") },
  );

  let shows, given, report, network, lower, decode, cell;
  let resampled = 0; // how often z1 was drawn anew
  let noise = []; // ε of each column but the first
  let buttons = [];
  let unfollow = () => {};

  function update(data, setStateValue) {
    report = () => {
      const rows = state.points.map((z) => Array.from(z));
      setStateValue("grid", { occasion: given.occasion, row: state.chosen, rows, resampled, axes: hand.axes() });
    };
    hand.adoptTheme();
    const wanted = [data.slot, data.occasion, data.show, data.seed].join();
    if (wanted === shows) return;
    shows = wanted;
    if (data.occasion !== given?.occasion) {
      state.points = data.rows.map((z) => Float32Array.from(z));
      state.drawn = data.drawn.map((z) => Float32Array.from(z));
      [state.chosen, resampled] = [data.row, data.resampled];
      hand.turnTo(data.axes);
    }
    if (data.slot !== given?.slot) {
      unfollow();
      unfollow = follow(data.slot, { weights: adoptWeights });
    }
    given = data;
    if (buttons.length !== state.points.length) buildRows();
    adoptWeights(networkOf(given.slot) ?? network);
  }

  function buildRows() {
    buttons.forEach((button) => button.remove());
    buttons = state.points.map((_, i) => {
      const button = buildButton(`Row ${letter(i)}`, () => {
        choose(i);
        release();
      });
      button.textContent = letter(i);
      button.style.gridRow = i + 2;
      return button;
    });
    buttons[0].tabIndex = 0;
    place.append(...buttons);
    place.style.setProperty("--columns", given.columns);
    canvas.style.gridRow = `2 / span ${buttons.length}`;
  }
  moveFocusByArrows(place, () => 1);

  function adoptWeights(published) {
    if (!published?.layers || !published.upper) return;
    if (published.upper[0].inputs !== state.points[0]?.length) return; // those of the model before
    network = published;
    lower = createLower(network);
    decode = createDecoderOfMany(network, noiseFor(network, given.show, given.seed)?.pixels);
    const [, height, width] = network.meta.image_shape;
    cell = new ImageData(width, height);
    Object.assign(canvas, { width: given.columns * width, height: state.points.length * height });
    const { dims, limit } = given;
    const meta = { z_dim: state.points[0].length, prior: "standard" };
    hand.adopt({ meta, dims, limit, points: column(given.points), labels: column(given.labels) });
    drawNoise();
    paintAll();
    root.dataset.state = "ready";
    settle();
  }

  function drawNoise() {
    const dim = network.layers[0].inputs;
    const next = normals(2 ** 30 + 10_000 * given.seed + resampled);
    noise = Array.from({ length: given.columns - 1 }, () => Float32Array.from({ length: dim }, next));
    find(".open").textContent = `z1 ~ p(z1|z2), draw ${resampled + 1}`;
  }

  // z1 of a row, a vector for each column.
  function lowerOf(row) {
    const { mean, std } = lower(state.points[row]);
    return [mean.slice(), ...noise.map((epsilon) => mean.map((value, i) => value + std[i] * epsilon[i]))];
  }

  function paint(row) {
    const { image_shape: shape } = network.meta;
    const [, height, width] = shape;
    const context = canvas.getContext("2d");
    decode(lowerOf(row).map((z) => ({ z })), (i, pixels) => {
      toRGBA(pixels, shape, cell.data);
      context.putImageData(cell, i * width, row * height);
    });
  }

  function paintAll() {
    state.points.forEach((_, row) => paint(row));
  }

  // ---- one of them

  function choose(row) {
    if (!network) return;
    state.chosen = row;
    settle();
  }

  function set(dim, value) {
    state.points[state.chosen][dim] = value;
  }

  // The picture of a row that something asked for at the time `since`.
  function present(since) {
    paint(state.chosen);
    hand.redraw();
    timings.ms[timings.count++ % timings.ms.length] = performance.now() - since;
  }

  // The visitor has let go: tell screen readers and Python.
  function release() {
    if (!network) return;
    settle();
    report();
  }

  // A link rounds to four decimals.
  const isMoved = (row) => state.points[row].some((value, i) => Math.abs(value - state.drawn[row][i]) > 1e-4);

  function settle() {
    buttons.forEach((button, i) => {
      button.setAttribute("aria-pressed", i === state.chosen);
      button.classList.toggle("moved", isMoved(i));
    });
    find(".restore").disabled = !isMoved(state.chosen);
    const what = given.show === "draw" ? "a draw of x for" : "the mean image of";
    const columns = `first ${what} the mean of p(z1|z2), then of ${given.columns - 1} draws of z1`;
    canvas.setAttribute("aria-label", `${state.points.length} rows, one z2 each: ${columns}`);
    hand.redraw();
    hand.describe();
    const { version } = network.meta;
    Object.assign(shown, { rows: state.points, row: state.chosen, resampled, seed: given.seed, version, at: performance.now() });
  }

  find(".resample").addEventListener("click", () => {
    if (!network) return;
    resampled = (resampled + 1) % 10_000;
    drawNoise();
    paintAll();
    release();
  });
  find(".restore").addEventListener("click", () => {
    state.points[state.chosen].set(state.drawn[state.chosen]);
    paint(state.chosen);
    release();
  });

  function unmount() {
    hand.stop();
    unfollow();
  }

  return { update, unmount };
}
