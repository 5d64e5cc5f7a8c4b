// needs: decoder.js registry.js painter.js ../components/idle.js ../components/names.js ../components/theme.js plane.js ../components/motion.js
// The latent explorer: an image, the plane and one slider per dimension. z lives here; Python hears of it on release.

const explorers = new WeakMap();
// For tests and benchmarks: what each explorer shows now, and the last times from event to picture.
const shown = (globalThis.__vaelab_explorers ??= {});
const timings = (globalThis.__vaelab_timings ??= { ms: new Float32Array(4096), count: 0 });

const SWEEP_SECONDS = 4; // one dimension there and back
const STILLS = 8; // of a sweep, where motion is not wanted

export default function ({ data, parentElement, setStateValue }) {
  let explorer = explorers.get(parentElement);
  if (!explorer) explorers.set(parentElement, (explorer = createExplorer(parentElement.querySelector(".explorer"))));
  explorer.update(data, setStateValue);
  return () => {
    explorer.unmount();
    explorers.delete(parentElement);
  };
}

function createExplorer(root) {
  const find = (selector) => root.querySelector(selector);
  const image = find(".image");
  const plane = find(".plane");
  const handle = find(".handle");
  const mosaic = createMosaic(drawBackground);

  let slot, key, occasion, report, current;
  let unfollow = () => {};
  let network, painter, mosaicDecoder;
  let z = new Float32Array(0);
  let wantedZ; // set by Python before the weights were there to say how long z is
  let dims = [0, 1]; // on the plane: horizontal, vertical (null when z has one dimension)
  let limit = 3.5;
  let points, labels, theme;
  let show, seed, noise;
  let background;
  let label = 0;
  let sliders = [];
  let animation = 0;

  // ---- data from Python and weights from the page

  function update(data, setStateValue) {
    const first = slot === undefined;
    const decodesAnew = data.show !== show || data.seed !== seed;
    const moves = data.occasion !== occasion;
    ({ key, occasion, show, seed } = data);
    root.style.setProperty("--side", `${data.height}px`);
    report = () => setStateValue("released", { z: Array.from(z), occasion });
    const newTheme = themeOf(root);
    const recolours = JSON.stringify(newTheme) !== JSON.stringify(theme);
    theme = newTheme;
    if (first) chooseBackground(data.background);
    if (first || moves) wantedZ = data.z;
    if (slot !== data.slot) {
      slot = data.slot;
      unfollow();
      unfollow = follow(slot, { weights: adoptWeights, z: adoptChosenZ, path: drawBackground });
      adoptWeights(networkOf(slot));
      return;
    }
    if (!network) return;
    adoptWantedZ();
    if (decodesAnew) {
      noise = noiseFor(network, show, seed);
      paint();
      describe();
    }
    if (recolours) drawBackground();
  }

  function adoptWeights(published) {
    if (!published) return;
    const before = network?.meta;
    network = published;
    const { meta } = network;
    ({ points, labels } = network);
    find(".digits").hidden = !points;
    if (!points && background === "digits") chooseBackground("manifold");
    if (limit !== network.limit) fitSliders((limit = network.limit));
    painter = createPainter(network);
    mosaicDecoder = createDecoder(network);
    if (before?.z_dim !== meta.z_dim) {
      stop();
      z = new Float32Array(meta.z_dim);
      dims = meta.z_dim > 1 ? [...(network.dims ?? [0, 1])] : [0, null];
      buildControls(meta);
    }
    noise = noiseFor(network, show, seed);
    root.dataset.state = "ready";
    const { mean, std } = painter.decoder;
    current = shown[key] = { z, pixels: mean, std, version: meta.version };
    adoptWantedZ();
    paint();
    describe();
    redoBackground();
  }

  function adoptWantedZ() {
    if (!wantedZ || wantedZ.length !== z.length) return;
    stop();
    setZ(wantedZ);
    wantedZ = undefined;
    describe();
    redoMosaic();
  }

  function adoptChosenZ({ z: chosen, settled }) {
    if (!network || chosen.length !== z.length) return;
    stop();
    setZ(chosen);
    if (settled) release();
  }

  // ---- z and its picture

  function paint() {
    if (!network) return;
    painter.paint(image, z, label, noise);
    const x = (clamp(z[dims[0]]) + limit) / (2 * limit);
    const y = dims[1] === null ? 0.5 : (limit - clamp(z[dims[1]])) / (2 * limit);
    // In hundredths of the plane's width, which nobody has to measure.
    handle.style.transform = `translate(${100 * x}cqw, ${100 * y}cqw)`;
    announce(slot, { z, label });
  }

  const clamp = (value) => Math.max(-limit, Math.min(limit, value));

  function setZ(values) {
    const start = performance.now();
    for (let i = 0; i < z.length; i++) if (z[i] !== values[i]) setDimension(i, values[i]);
    paint();
    recordTiming(start);
  }

  function setDimension(i, value) {
    z[i] = value;
    sliders[i].input.value = value;
    sliders[i].text.textContent = number(z[i]);
  }

  // The visitor has let go: tell Python, screen readers and whoever measures.
  function release() {
    describe();
    redoMosaic();
    report();
  }

  function describe() {
    const values = Array.from(z, (value, i) => `${named(i)} ${number(value)}`);
    const text = values.slice(0, 12).join(", ") + (values.length > 12 ? ", …" : "");
    const digit = network.meta.n_labels ? `, written as ${label}` : "";
    image.setAttribute("aria-label", `Decoded image (${noise ? "one draw" : "mean"}) at ${text}${digit}`);
    plane.setAttribute("aria-valuemin", -limit);
    plane.setAttribute("aria-valuemax", limit);
    plane.setAttribute("aria-valuenow", z[dims[0]].toFixed(2));
    plane.setAttribute("aria-valuetext", dims.filter((i) => i !== null).map((i) => values[i]).join(", "));
    for (const { input } of sliders) input.setAttribute("aria-valuetext", number(Number(input.value)));
  }

  // ---- the plane

  let mosaicOf = ""; // what the mosaic was decoded from

  function redoBackground() {
    redoMosaic();
    drawBackground();
  }

  function redoMosaic() {
    if (!network) return;
    const others = Array.from(z, (value, i) => (dims.includes(i) ? 0 : value));
    const wanted = [network.meta.version, label, limit, ...dims, ...others].join();
    if (background === "manifold" && wanted !== mosaicOf) {
      mosaicOf = wanted;
      const rows = dims[1] === null ? 1 : CELLS;
      const at = Float32Array.from(others);
      const centre = (i) => limit * ((2 * i + 1) / CELLS - 1);
      mosaic.start(network, mosaicDecoder, label, rows, (column, row) => {
        at[dims[0]] = centre(column);
        if (dims[1] !== null) at[dims[1]] = -centre(row);
        return at;
      });
    }
  }

  function drawBackground() {
    if (!network || !theme) return;
    const { z_dim: zDim, prior } = network.meta;
    const path = pathOf(slot);
    drawPlane(plane, { limit, background, mosaic: mosaic.canvas, dims, points, labels, zDim, prior, path, theme });
  }

  function chooseBackground(name) {
    background = name;
    find(`input[name=background][value=${name}]`).checked = true;
    redoBackground();
  }

  function moveTo(event) {
    const start = performance.now();
    const box = plane.getBoundingClientRect();
    setDimension(dims[0], clamp(((event.clientX - box.left) / box.width) * 2 * limit - limit));
    if (dims[1] !== null) setDimension(dims[1], clamp(limit - ((event.clientY - box.top) / box.height) * 2 * limit));
    paint();
    recordTiming(start);
  }

  plane.addEventListener("pointerdown", (event) => {
    if (!network || event.button !== 0) return;
    stop();
    plane.setPointerCapture(event.pointerId);
    moveTo(event);
  });
  plane.addEventListener("pointermove", (event) => {
    if (plane.hasPointerCapture(event.pointerId)) moveTo(event);
  });
  plane.addEventListener("lostpointercapture", release);

  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowDown: [1, -1], ArrowUp: [1, 1] };
  plane.addEventListener("keydown", (event) => {
    if (!network || !(event.key in STEPS || event.key === "Home")) return;
    event.preventDefault();
    stop();
    if (event.key === "Home") return setZ(z.map((value, i) => (dims.includes(i) ? 0 : value)));
    const [axis, sign] = STEPS[event.key];
    if (dims[axis] === null) return;
    const start = performance.now();
    setDimension(dims[axis], clamp(z[dims[axis]] + sign * (event.shiftKey ? 0.5 : 0.1)));
    paint();
    recordTiming(start);
  });
  plane.addEventListener("keyup", (event) => {
    if (network && (event.key in STEPS || event.key === "Home")) release();
  });

  // ---- sliders, choices and buttons

  function buildControls(meta) {
    sliders = Array.from({ length: meta.z_dim }, (_, i) => buildSlider(i));
    find(".sliders").replaceChildren(...sliders.map((slider) => slider.row));
    const options = (from = 0) => Array.from(z, (_, i) => new Option(named(i), i + from));
    find(".dims").hidden = meta.z_dim < 3;
    find("select.horizontal").replaceChildren(...options());
    find("select.vertical").replaceChildren(...options());
    find(".animate").replaceChildren(
      new Option("animate…", ""),
      ...(meta.z_dim > 1 ? [new Option("each in turn", "all")] : []),
      ...options(),
    );
    find(".label").hidden = !meta.n_labels;
    find(".label select").replaceChildren(...Array.from({ length: meta.n_labels }, (_, i) => new Option(i, i)));
    showDims();
  }

  function buildSlider(i) {
    const row = document.createElement("label");
    const text = Object.assign(document.createElement("span"), { textContent: number(0) });
    const caption = document.createElement("span");
    caption.append(`${named(i)} = `, text);
    const input = Object.assign(document.createElement("input"), { type: "range", min: -limit, max: limit });
    Object.assign(input, { step: 0.01, value: 0 });
    input.addEventListener("input", () => {
      const start = performance.now();
      stop();
      setDimension(i, Number(input.value));
      paint();
      recordTiming(start);
    });
    input.addEventListener("change", release);
    row.append(caption, input);
    return { row, input, text };
  }

  function fitSliders(extent) {
    if (!z) return;
    sliders.forEach(({ input }, i) => {
      Object.assign(input, { min: -extent, max: extent });
      input.value = z[i]; // after the range, which would have clipped it
    });
  }

  function showDims() {
    const [horizontal, vertical] = dims;
    find("select.horizontal").value = horizontal;
    find("select.vertical").value = vertical;
    find(".axis.horizontal").textContent = `${named(horizontal)} →`;
    find(".axis.vertical").textContent = vertical === null ? "" : `${named(vertical)} ↑`;
    find(".axis.vertical").hidden = vertical === null;
  }

  function chooseDims(axis, dim) {
    if (dims[1 - axis] === dim) dims.reverse();
    else dims[axis] = dim;
    showDims();
    paint();
    describe();
    redoBackground();
  }

  find("select.horizontal").addEventListener("change", (event) => chooseDims(0, Number(event.target.value)));
  find("select.vertical").addEventListener("change", (event) => chooseDims(1, Number(event.target.value)));
  for (const radio of root.querySelectorAll("input[name=background]")) {
    radio.addEventListener("change", () => chooseBackground(radio.value));
  }
  find(".label select").addEventListener("change", (event) => {
    label = Number(event.target.value);
    paint();
    describe();
    redoBackground();
  });
  find(".origin").addEventListener("click", () => jump(() => 0));
  find(".random").addEventListener("click", () => jump(randomZ()));

  // From the prior, or from anywhere on the plane where there is none.
  function randomZ() {
    return network?.meta.prior ? normals(Math.random() * 2 ** 32) : () => limit * (2 * Math.random() - 1);
  }

  function jump(next) {
    if (!network) return;
    stop();
    setZ(Float32Array.from(z, next));
    release();
  }

  // ---- traversals from end to end and back in one dimension, the others held: ±3 under a prior, else all of the plane

  function animate(sequence) {
    stop();
    const held = Float32Array.from(z);
    const begin = performance.now();
    const reach = network.meta.prior ? 3 : limit;
    const frame = (now) => {
      const sweeps = paced(Math.max(0, now - begin) / 1000 / SWEEP_SECONDS, STILLS);
      const dim = sequence[Math.floor(sweeps) % sequence.length];
      const previous = sequence[(Math.floor(sweeps) + sequence.length - 1) % sequence.length];
      if (previous !== dim && z[previous] !== held[previous]) setDimension(previous, held[previous]);
      setDimension(dim, -reach * Math.cos(2 * Math.PI * sweeps));
      paint();
      animation = requestAnimationFrame(frame);
    };
    animation = requestAnimationFrame(frame);
    find(".stop").hidden = false;
  }

  function stop() {
    if (!animation) return;
    cancelAnimationFrame(animation);
    animation = 0;
    find(".stop").hidden = true;
    find(".animate").value = "";
  }

  find(".animate").addEventListener("change", ({ target: { value } }) => {
    if (value === "") return;
    animate(value === "all" ? Array.from(z.keys()) : [Number(value)]);
    find(".animate").value = value;
  });
  find(".stop").addEventListener("click", () => {
    stop();
    release();
  });

  const resized = new ResizeObserver(() => {
    drawBackground();
    paint();
  });
  resized.observe(plane);

  function unmount() {
    stop();
    mosaic.stop();
    unfollow();
    resized.disconnect();
    if (shown[key] === current) delete shown[key];
  }

  return { update, unmount };
}

function recordTiming(start) {
  timings.ms[timings.count++ % timings.ms.length] = performance.now() - start;
}
