// A grid of decoded draws z ~ N(0, I) whose noise stays while the weights change. Choosing one sends its z to the
// explorers on the same slot, inside the page. Joined after decoder.js, registry.js, painter.js and grid.js.

const grids = new WeakMap();

export default function ({ data, parentElement }) {
  let grid = grids.get(parentElement);
  if (!grid) grids.set(parentElement, (grid = createSamples(parentElement.querySelector(".samples"))));
  grid.update(data);
  return () => {
    grid.unmount();
    grids.delete(parentElement);
  };
}

function createSamples(root) {
  const grid = root.querySelector(".grid");
  let shows, slot, count, columns, show, seed, network, painter, latents;
  let unfollow = () => {};

  function update(data) {
    const wanted = [data.slot, data.rows, data.columns, data.show, data.seed].join();
    if (wanted === shows) return;
    shows = wanted;
    if (data.rows * data.columns !== count || data.columns !== columns) {
      columns = data.columns;
      count = data.rows * columns;
      root.style.setProperty("--columns", columns);
      grid.replaceChildren(...Array.from({ length: count }, (_, i) => buildSample(i)));
      grid.firstChild.tabIndex = 0;
    }
    ({ show, seed } = data);
    if (slot !== data.slot) {
      slot = data.slot;
      unfollow();
      unfollow = follow(slot, { weights: adoptWeights });
    }
    adoptWeights(networkOf(slot) ?? network);
  }

  function adoptWeights(published) {
    if (!published) return;
    if (network !== published) painter = createPainter((network = published));
    const { z_dim: zDim, n_labels: nLabels } = network.meta;
    const normal = normals(seed);
    latents = Array.from({ length: count }, () => Float32Array.from({ length: zDim }, normal));
    grid.querySelectorAll("canvas").forEach((canvas, i) => {
      painter.paint(canvas, latents[i], nLabels ? i % nLabels : 0, noiseFor(network, show, seed * 1000 + i + 1));
    });
    root.dataset.state = "ready";
  }

  function buildSample(i) {
    const button = buildButton(`Explore sample ${i + 1}`, () => network && chooseZ(slot, latents[i]));
    button.append(document.createElement("canvas"));
    return button;
  }

  moveFocusByArrows(grid, () => getComputedStyle(grid).gridTemplateColumns.split(" ").length);

  return { update, unmount: () => unfollow() };
}
