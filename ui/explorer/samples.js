// A grid of decoded draws z ~ N(0, I) whose noise stays while the weights change. Choosing one sends its z to the
// explorers on the same slot, inside the page. Joined after decoder.js and registry.js.

const grids = new WeakMap();

export default function ({ data, parentElement }) {
  let grid = grids.get(parentElement);
  if (!grid) grids.set(parentElement, (grid = createGrid(parentElement.querySelector(".samples"))));
  grid.update(data);
  return () => {
    grid.unmount();
    grids.delete(parentElement);
  };
}

function createGrid(root) {
  const grid = root.querySelector(".grid");
  let slot, count, columns, seed, givenSeed, network, latents, noise;
  let show = "mean";
  let unfollow = () => {};

  function update(data) {
    if (data.rows * data.columns !== count || data.columns !== columns) {
      columns = data.columns;
      count = data.rows * columns;
      root.style.setProperty("--columns", columns);
      grid.replaceChildren(...Array.from({ length: count }, (_, i) => buildSample(i)));
      network = undefined;
    }
    if (data.seed !== givenSeed) {
      seed = givenSeed = data.seed;
      network = undefined;
    }
    if (slot !== data.slot) {
      slot = data.slot;
      unfollow();
      unfollow = follow(slot, { onWeights: adoptWeights });
      network = undefined;
    }
    if (!network) adoptWeights(networkOf(slot));
  }

  function adoptWeights(published) {
    if (!published) return;
    const before = network?.meta;
    network = published;
    if (before?.z_dim !== network.meta.z_dim || before?.family !== network.meta.family) drawNoise();
    root.dataset.state = "ready";
    root.classList.toggle("deterministic", !network.meta.prior);
    paint();
  }

  function drawNoise() {
    const { meta } = network;
    const normal = normals(seed);
    latents = Array.from({ length: count }, () => Float32Array.from({ length: meta.z_dim }, normal));
    noise = Array.from({ length: count }, (_, i) => pixelNoise(meta, seed * 1000 + i + 1));
  }

  function paint() {
    if (!network) return;
    const { image_shape: shape, n_labels: nLabels, prior } = network.meta;
    const [, height, width] = shape;
    const decoder = createDecoder(network);
    const drawn = new Float32Array(decoder.mean.length);
    const bitmap = new ImageData(width, height);
    Array.from(grid.children).forEach(({ firstChild: canvas }, i) => {
      const mean = decoder.decode(latents[i], nLabels ? i % nLabels : 0);
      toRGBA(show === "draw" && prior ? draw(decoder, noise[i], drawn) : mean, shape, bitmap.data);
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
      canvas.getContext("2d").putImageData(bitmap, 0, 0);
    });
  }

  function buildSample(i) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", tabIndex: i ? -1 : 0, ariaLabel: `Explore sample ${i + 1}` });
    button.append(document.createElement("canvas"));
    button.addEventListener("click", () => network && chooseZ(slot, latents[i]));
    return button;
  }

  function focusSample(i) {
    for (const [at, button] of Array.from(grid.children).entries()) button.tabIndex = at === i ? 0 : -1;
    grid.children[i].focus();
  }

  grid.addEventListener("keydown", (event) => {
    const across = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[event.key];
    const next = Array.from(grid.children).indexOf(event.target) + step;
    if (!(next >= 0 && next < count)) return;
    event.preventDefault();
    focusSample(next);
  });
  for (const radio of root.querySelectorAll("input[name=show]")) {
    radio.addEventListener("change", () => {
      show = radio.value;
      paint();
    });
  }
  root.querySelector(".again").addEventListener("click", () => {
    if (!network) return;
    seed = Math.floor(Math.random() * 2 ** 20);
    drawNoise();
    paint();
  });

  return { update, unmount: () => unfollow() };
}
