// needs: decoder.js prior.js registry.js painter.js ../components/names.js plane.js sliders.js animation.js grid.js
// The latent explorer: an image, the plane and one slider per dimension. z lives here; Python hears of it on release.

const explorers = new WeakMap();
// For tests and benchmarks: what each explorer shows now, and the last times from event to picture.
const shown = (globalThis.__vaelab_explorers ??= {});
const timings = (globalThis.__vaelab_timings ??= { ms: new Float32Array(4096), count: 0 });

export default function ({ data, parentElement, setStateValue }) {
  let explorer = explorers.get(parentElement);
  if (!explorer) {
    explorer = createExplorer(parentElement.querySelector(".explorer"));
    explorers.set(parentElement, explorer);
  }
  explorer.update(data, setStateValue);
  return () => {
    explorer.unmount();
    explorers.delete(parentElement);
  };
}

function createExplorer(root) {
  const find = (selector) => root.querySelector(selector);
  const image = find(".image");
  const written = find(".written");

  const position = { z: new Float32Array(0), label: 0 }; // read by the parts
  const animation = createAnimation(root, position, { set, paint, end: release });
  // How the parts change z: whatever else moves it gives way, its dimensions are set, it is shown, it is let go of.
  const hand = { begin: animation.stop, set, present, end: release };
  const plane = createPlane(root, position, hand, (told) => reportPlane(told));
  const sliders = createSliders(find(".sliders"), position, hand);

  let slot, key, occasion, report, reportPlane, current;
  let unfollow = () => {};
  let network, painter;
  let untouched = false; // z is where Python put it
  let wantedZ, wantedLabel; // set by Python before the weights were there to say how long z is
  let pixels; // decoded by the server, of z when it was let go of
  let show, seed, noise;
  let rowFrame = 0; // in which the digits are written

  // ---- data from Python, weights and wishes from the page

  function update(data, setStateValue) {
    const decodesAnew = data.show !== show || data.seed !== seed;
    if (data.occasion !== occasion || untouched) [wantedZ, wantedLabel] = [data.z, data.label];
    ({ key, occasion, show, seed } = data);
    pixels = data.pixels && column(data.pixels);
    root.style.setProperty("--side", `${data.height}px`);
    report = () => setStateValue("released", { z: Array.from(position.z), label: position.label, occasion });
    reportPlane = (told) => setStateValue("plane", told);
    plane.adoptTheme();
    plane.turnTo(data.plane);
    plane.adoptPosterior(data.posterior);
    if (slot !== data.slot) {
      slot = data.slot;
      unfollow();
      unfollow = follow(slot, {
        weights: adoptWeights,
        z: adoptChosenZ,
        path: plane.adoptPath,
        inference: adoptInference,
      });
      plane.adoptPath(pathOf(slot));
      adoptWeights(networkOf(slot));
      return;
    }
    if (!network) return;
    adoptWantedZ();
    if (!network.layers) paint();
    if (decodesAnew) {
      adoptNoise();
      paint();
      describe();
    }
  }

  function adoptWeights(published) {
    if (!published) return;
    network = published;
    const { meta } = network;
    painter = createPainter(network);
    adoptNoise();
    if (position.z.length !== meta.z_dim) position.z = new Float32Array(meta.z_dim);
    if (find(".label select").length !== meta.n_labels) buildLabels(meta.n_labels);
    for (const part of [animation, plane, sliders]) part.adopt(network);
    root.dataset.state = network.layers ? "ready" : "served";
    const { mean, std } = painter.decoder;
    current = shown[key] = { z: position.z, pixels: mean, std, version: meta.version };
    adoptWantedZ();
    paint();
    settle();
    plane.redraw();
  }

  function adoptNoise() {
    noise = noiseFor(network, show, seed);
    root.classList.toggle("draws", noise !== null); // of which the plane shows the means
  }

  function adoptWantedZ() {
    if (!wantedZ || wantedZ.length !== position.z.length) return;
    const label = wantedLabel ?? position.label;
    const moves = label !== position.label || wantedZ.some((value, i) => Math.fround(value) !== position.z[i]);
    if (moves || !untouched) {
      animation.stop();
      setLabel(label);
      setZ(wantedZ);
      settle();
    }
    untouched = true;
    wantedZ = undefined;
  }

  function adoptChosenZ({ z: chosen, settled, label }) {
    if (!network || chosen.length !== position.z.length) return;
    animation.stop();
    setLabel(label ?? position.label);
    setZ(chosen);
    if (settled) release();
  }

  // What is being drawn leads the way, and Python is not told: it hears of the drawing itself.
  function adoptInference({ code, std, label, mean, down }) {
    if (!network || network.meta.level === "z2" || code.length !== position.z.length) return;
    animation.stop();
    if (network.meta.n_labels) setLabel(label);
    code.forEach((value, i) => set(i, value));
    paint(mean);
    plane.adoptPosterior(std && { mean: code, std });
    if (!down) settle();
  }

  // ---- z and its picture

  function set(i, value) {
    untouched = false;
    position.z[i] = value;
    sliders.place(i, value);
  }

  function setZ(values) {
    const start = performance.now();
    for (let i = 0; i < values.length; i++) if (position.z[i] !== values[i]) set(i, values[i]);
    present(start);
  }

  // Where E[x|z] is known it need not be decoded.
  function paint(mean) {
    if (!network) return;
    if (mean && !noise) {
      painter.decoder.mean.set(mean);
      painter.put(image, mean);
    } else if (network.layers) painter.paint(image, position.z, position.label, noise);
    else if (pixels) painter.put(image, pixels);
    if (network.meta.n_labels) rowFrame ||= requestAnimationFrame(paintRow);
    plane.place();
    announce(slot, { ...position });
  }

  // The picture of a z that something asked for at the time `since`.
  function present(since) {
    paint();
    timings.ms[timings.count++ % timings.ms.length] = performance.now() - since;
  }

  // The visitor has let go: tell screen readers, whoever measures and Python.
  function release() {
    settle();
    report();
  }

  function settle() {
    describe();
    plane.settle();
    sliders.settle();
  }

  function describe() {
    const { z, label } = position;
    const values = Array.from(z.subarray(0, 12), (value, i) => `${named(i, network.meta.level)} ${number(value)}`);
    const text = values.join(", ") + (z.length > 12 ? ", …" : "");
    const digit = network.meta.n_labels ? `, written as ${label}` : "";
    image.setAttribute("aria-label", `Decoded image (${noise ? "one draw" : "mean"}) at ${text}${digit}`);
  }

  // ---- the digit to write, and z from a button

  function buildLabels(count) {
    find(".label").hidden = !count;
    written.hidden = !count || !network.layers;
    written.style.setProperty("--labels", count);
    const buttons = Array.from({ length: count }, (_, i) => buildButton(`Write ${i}`, () => chooseLabel(i)));
    written.replaceChildren(document.createElement("canvas"), ...buttons);
    if (count) buttons[0].tabIndex = 0;
    find(".label select").replaceChildren(...Array.from({ length: count }, (_, i) => new Option(i, i)));
    setLabel(Math.min(position.label, Math.max(0, count - 1)));
  }

  function setLabel(label) {
    position.label = label;
    find(".label select").value = label;
    written.querySelectorAll("button").forEach((button, i) => button.setAttribute("aria-pressed", i === label));
  }

  function chooseLabel(label) {
    animation.stop();
    untouched = false;
    setLabel(label);
    paint();
    release();
  }

  // The same z as every digit.
  function paintRow() {
    rowFrame = 0;
    const { n_labels: count } = network.meta;
    if (!network.layers) return;
    for (let i = 0; i < count; i++) painter.paint(written.firstChild, position.z, i, noise, i, count);
    painter.decoder.decode(position.z, position.label, noise?.below); // what tests and benchmarks are shown
  }

  find(".label select").addEventListener("change", (event) => chooseLabel(Number(event.target.value)));
  moveFocusByArrows(written, () => network.meta.n_labels);

  function jump(next) {
    if (!network) return;
    animation.stop();
    setZ(next());
    release();
  }

  // From the prior, or from anywhere on the plane where there is none.
  function randomZ() {
    const anywhere = () => Float32Array.from(position.z, () => network.limit * (2 * Math.random() - 1));
    return network.meta.prior ? createPrior(network, normals(Math.random() * 2 ** 32), Math.random).sample() : anywhere();
  }

  find(".origin").addEventListener("click", () => jump(() => new Float32Array(position.z.length)));
  find(".random").addEventListener("click", () => jump(randomZ));

  // The room may have changed for all that shows on the slot, so the position is announced again.
  const resized = new ResizeObserver(() => {
    plane.redraw();
    paint();
  });
  resized.observe(find(".plane"));

  function unmount() {
    animation.stop();
    cancelAnimationFrame(rowFrame);
    plane.stop();
    unfollow();
    sliders.stop();
    resized.disconnect();
    if (shown[key] === current) delete shown[key];
  }

  return { update, unmount };
}
