// needs: decoder.js prior.js registry.js painter.js grid.js
// A grid of decoded draws z ~ p(z) whose noise stays while the weights change. Choosing one sends its z, with the label
// it is written with, to the explorers on the same slot, inside the page, which show the same draw of it.

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
  let shows, slot, count, perStrip, show, seed, network, painter, latents;
  let unfollow = () => {};

  function update(data) {
    const wanted = [data.slot, data.rows, data.columns, data.show, data.seed, data.about].join();
    if (wanted === shows) return;
    shows = wanted;
    root.querySelector(".about").textContent = data.about;
    if (data.rows * data.columns !== count || data.columns !== 2 * perStrip) {
      perStrip = data.columns / 2;
      count = data.rows * data.columns;
      root.style.setProperty("--images", perStrip);
      grid.replaceChildren(...Array.from({ length: 2 * data.rows }, (_, i) => buildStrip(i)));
      grid.querySelector("button").tabIndex = 0;
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
    if (!published?.layers) return;
    if (network !== published) painter = createPainter((network = published));
    // far from what the noise is made of
    const prior = createPrior(network, normals(seed + 2 ** 31), uniforms(seed + 2 ** 30));
    latents = Array.from({ length: count }, prior.sample);
    const strips = grid.querySelectorAll("canvas");
    const noise = noiseFor(network, show, seed);
    latents.forEach((z, i) => {
      painter.paint(strips[Math.floor(i / perStrip)], z, labelOf(i), noise, i % perStrip, perStrip);
    });
    root.dataset.state = "ready";
  }

  // The digits in turn, of a model that writes them.
  const labelOf = (i) => (network.meta.n_labels ? i % network.meta.n_labels : undefined);

  // Half of a row, where there is room for all of it; the first is on the left.
  function buildStrip(at) {
    const strip = document.createElement("div");
    strip.className = "strip";
    const buttons = Array.from({ length: perStrip }, (_, i) => buildSample(at * perStrip + i));
    strip.append(document.createElement("canvas"), ...buttons);
    return strip;
  }

  const buildSample = (i) => buildButton(`Explore sample ${i + 1}`, () => network && chooseZ(slot, latents[i], true, labelOf(i)));

  moveFocusByArrows(grid, () => getComputedStyle(grid).gridTemplateColumns.split(" ").length * perStrip);

  return { update, unmount: () => unfollow() };
}
