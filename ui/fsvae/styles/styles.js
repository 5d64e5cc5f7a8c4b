// needs: sheet.js ../../explorer/hand.js ../../explorer/registry.js
// Twenty styles z ~ p(z), each written as every digit. One of them is chosen: its z is moved in the plane, and its ten
// digits follow. The styles live here; Python hears of what was moved on release.

const grids = new WeakMap();
// For tests and benchmarks: what is shown and since when, and the last times from event to picture.
const shown = (globalThis.__vaelab_styles ??= {});
const timings = (globalThis.__vaelab_timings ??= { ms: new Float32Array(4096), count: 0 });

export default function ({ data, parentElement, setStateValue }) {
  let grid = grids.get(parentElement);
  if (!grid) grids.set(parentElement, (grid = createStyles(parentElement.querySelector(".styles"))));
  grid.update(data, setStateValue);
  return () => {
    grid.unmount();
    grids.delete(parentElement);
  };
}

function createStyles(root) {
  const find = (selector) => root.querySelector(selector);
  const state = { styles: [], drawn: [], column: 0 }; // read by the parts
  const sheet = createSheet(find(".sheet"), find(".hand .written"), (column) => {
    choose(column);
    release();
  });
  const points = {
    get points() {
      return state.styles;
    },
    get drawn() {
      return state.drawn;
    },
    get chosen() {
      return state.column;
    },
  };
  const hand = createHand(root, points, { choose, set, present, end: release }, { noun: "style" });

  let shows, slot, occasion, name, show, seed, report, network;
  let moved = {}; // column to z, of the styles that are no longer where the seed drew them
  let unfollow = () => {};

  function update(data, setStateValue) {
    report = () => setStateValue("grid", { occasion, column: state.column, moved, axes: hand.axes() });
    hand.adoptTheme();
    const wanted = [data.slot, data.occasion, data.show, data.seed].join();
    if (wanted === shows) return;
    shows = wanted;
    if (data.occasion !== occasion) {
      [state.column, moved] = [data.column, { ...data.moved }];
      hand.turnTo(data.axes);
    }
    ({ occasion, name, show, seed } = data);
    if (slot !== data.slot) {
      ({ slot } = data);
      unfollow();
      unfollow = follow(slot, { weights: adoptWeights });
    }
    adoptWeights(networkOf(slot) ?? network);
  }

  function adoptWeights(published) {
    if (!published?.layers || !published.meta.n_labels) return;
    network = published;
    const prior = createPrior(network, normals(seed + 2 ** 31)); // far from what the noise of a draw is made of
    state.drawn = Array.from({ length: COLUMNS }, prior.sample);
    const fits = (z) => z?.length === network.meta.z_dim;
    state.styles = state.drawn.map((z, i) => Float32Array.from(fits(moved[i]) ? moved[i] : z));
    sheet.adopt(network, show, seed);
    hand.adopt(network);
    sheet.paint(state.styles, Array.from({ length: COLUMNS }, (_, i) => i), state.column);
    root.dataset.state = "ready";
    settle();
    Object.assign(shown, { ...state, version: network.meta.version, seed, at: performance.now() });
  }

  // ---- one of them

  function choose(column) {
    if (!network) return;
    state.column = shown.column = column;
    sheet.paint(state.styles, [column], column);
    settle();
  }

  function set(dim, value) {
    state.styles[state.column][dim] = value;
  }

  // The picture of a style that something asked for at the time `since`.
  function present(since) {
    moved[state.column] = Array.from(state.styles[state.column]);
    sheet.paint(state.styles, [state.column], state.column);
    hand.redraw();
    timings.ms[timings.count++ % timings.ms.length] = performance.now() - since;
  }

  // The visitor has let go: tell screen readers and Python.
  function release() {
    if (!network) return;
    settle();
    report();
  }

  function settle() {
    sheet.choose(state.column);
    sheet.mark(moved);
    find(".restore").disabled = !(state.column in moved);
    hand.redraw();
    hand.describe();
  }

  find(".restore").addEventListener("click", () => {
    delete moved[state.column];
    state.styles[state.column].set(state.drawn[state.column]);
    sheet.paint(state.styles, [state.column], state.column);
    release();
  });
  find(".download").addEventListener("click", () => network && sheet.save(`${name}-styles-seed-${seed}.png`));

  function unmount() {
    hand.stop();
    unfollow();
  }

  return { update, unmount };
}
