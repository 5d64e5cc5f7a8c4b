// needs: ../explorer/registry.js measures.js tiles.js mixture_plane.js plane_choices.js readout.js grips.js
// The components of a mixture prior: a mosaic of their decoded means, one of them chosen; the plane on which its mean
// is dragged; what the image on the page makes of them. All of it follows the pointer here; Python hears of it when that
// lets go.

const SAMPLES = 18; // of the chosen component
const ACROSS = 6;

const mixtures = new WeakMap();
// For tests and benchmarks: what each one shows now, and the last times from event to picture.
const shownMixtures = (globalThis.__vaelab_mixtures ??= {});
const timings = (globalThis.__vaelab_mixture_timings ??= { ms: new Float32Array(4096), count: 0 });

export default function ({ data, parentElement, setStateValue }) {
  let mixture = mixtures.get(parentElement);
  if (!mixture) mixtures.set(parentElement, (mixture = createMixture(parentElement.querySelector(".mixture"))));
  mixture.update(data, (told) => setStateValue("told", told));
  return () => {
    mixture.unmount();
    mixtures.delete(parentElement);
  };
}

function createMixture(root) {
  const find = (selector) => root.querySelector(selector);
  const [mosaic, plane] = [find(".tiles"), find(".plane")];
  const tiles = createTiles(mosaic, (done) => (done ? redraw() : drawTiles()));
  const bands = createBands();
  const samples = createIdleWork(paintSample, () => {});
  const choices = createChoices(root, () => {
    redraw();
    tell();
  });

  let key, slot, turn, report, theme, network, painter, noise;
  let unfollow = () => {};
  let chosen = 0;
  let wanted = 0; // the component that was chosen last, which the weights to come may have
  let moved = new Map(); // component to mean
  let movedFor = null; // the weights that these were moved under; null where they are Python's wish
  let trained, means, stds, measure, measureTrained; // of the components
  let limit; // of the plane, which spans ±limit
  let held, noiseOfDraws, codeStds;
  let image = null; // { mean, std, name }
  let given = ""; // the image that Python told last
  let found = null; // what the image makes of the components
  let before; // { kl, image }: its KL under the components as trained
  let epsilons; // of the samples

  // ---- data from Python, weights and drawings from the page

  function update(data, tell) {
    report = tell;
    const anew = key !== data.key || data.show !== noise?.show || data.seed !== noise?.seed;
    key = data.key;
    theme = { ...themeOf(root), primary: getComputedStyle(root).getPropertyValue("--st-primary-color").trim() };
    noiseOfDraws = column(data.noise);
    codeStds = data.code_stds && column(data.code_stds);
    held = { shares: column(data.shares), counts: column(data.counts), labels: data.labels, about: data.about };
    if (JSON.stringify(data.image) !== given) [given, image] = [JSON.stringify(data.image), data.image];
    if (data.turn !== turn) {
      ({ turn, component: wanted } = data);
      choices.turnTo(data);
      moved = new Map(Object.entries(data.moved).map(([i, mean]) => [Number(i), Float32Array.from(mean)]));
      movedFor = null;
      if (network) adoptMeans();
    }
    if (anew) noise = { show: data.show, seed: data.seed };
    if (slot !== data.slot) {
      slot = data.slot;
      unfollow();
      unfollow = follow(slot, { weights: adoptWeights, inference: adoptInference });
      adoptWeights(networkOf(slot));
    } else if (anew && network) adoptNoise();
    present();
    settle();
  }

  function adoptWeights(published) {
    if (!published?.components) return;
    const isOther = network?.meta.version !== published.meta.version;
    network = published;
    painter = createPainter(network);
    if (isOther && movedFor !== null && movedFor !== network.meta.version) moved = new Map();
    choices.adopt(network);
    adoptMeans();
    root.dataset.state = "ready";
    present();
    settle();
  }

  // The components as trained, but for those that were moved.
  function adoptMeans() {
    const dim = network.meta.z_dim;
    ({ means: trained, stds } = network.components);
    limit = reachOf(network);
    means = trained.slice();
    const count = means.length / dim;
    for (const [i, mean] of moved) if (i < count && mean.length === dim) means.set(mean, i * dim);
    chosen = Math.min(wanted, count - 1);
    before = null;
    measure = createMeasures({ means, stds }, dim);
    measureTrained = createMeasures({ means: trained, stds }, dim);
    adoptNoise();
  }

  function adoptNoise() {
    noise.pixels = noiseFor(network, noise.show, noise.seed);
    const next = normals(noise.seed + 2 ** 31);
    epsilons = Float32Array.from({ length: SAMPLES * network.meta.z_dim }, next);
    tiles.adopt(network, noise.pixels, means);
    tiles.paint(chosen); // before its turn
    samples.start(SAMPLES, 0);
  }

  // Of what is being drawn; Python's image of the same drawing takes over.
  function adoptInference({ code, std }) {
    if (!network || code.length !== network.meta.z_dim) return;
    image = { mean: Array.from(code), std: Array.from(std), name: "The drawing" };
    present();
  }

  // ---- what is shown

  const fits = () => image?.mean.length === network.meta.z_dim && noiseOfDraws.length % network.meta.z_dim === 0;

  function gaussiansBehind() {
    const [dim, behind] = [network.meta.z_dim, choices.behind()];
    const { points } = network;
    if (behind === "standard") return { means: new Float32Array(dim), stds: new Float32Array(dim).fill(1), dim };
    if (behind === "aggregate" && codeStds?.length === points.length) return { means: points, stds: codeStds, dim };
    return { means, stds, dim };
  }

  function present(since) {
    if (!network || !theme) return;
    if (fits()) {
      if (moved.size && before?.image !== image) before = { kl: measureTrained(image, noiseOfDraws).kl, image };
      found = measure(image, noiseOfDraws);
      find(".whose").textContent = image.name;
      find(".nats").textContent = number(found.kl, 1);
      find(".trained").textContent = moved.size ? `, as trained ${number(before.kl, 1)}` : "";
      showBars(find(".bars"), found.responsibilities);
      drawDots(find(".dots"), found, theme);
    } else found = null;
    find(".restore").disabled = moved.size === 0;
    redraw();
    const { responsibilities, kl } = found ?? {};
    shownMixtures[key] = { chosen, means, responsibilities, kl, version: network.meta.version };
    if (since !== undefined) timings.ms[timings.count++ % timings.ms.length] = performance.now() - since;
  }

  function drawTiles() {
    const shares = held?.shares.length === means.length / network.meta.z_dim ? held.shares : null;
    tiles.draw({ chosen, shares, responsibilities: found?.responsibilities, moved, theme });
  }

  function redraw() {
    if (!network || !theme || !means) return;
    drawTiles();
    drawPlane(plane, {
      ...{ network, limit, means, stds, trained, chosen, tiles, bands, theme },
      ...{ dims: choices.dims(), gaussians: gaussiansBehind(), image: found && image },
      isStandard: choices.behind() === "standard",
    });
    const mean = find(".mean").getContext("2d");
    tiles.copy(chosen, mean, 0, 0, 28);
  }

  function paintSample(i) {
    const dim = network.meta.z_dim;
    const z = means.slice(chosen * dim, (chosen + 1) * dim);
    for (let d = 0; d < dim; d++) z[d] += stds[chosen * dim + d] * epsilons[i * dim + d];
    painter.paint(find(".samples").children[Math.floor(i / ACROSS)], z, 0, noise.pixels, i % ACROSS, ACROSS);
  }

  // At rest: what is said in words.
  function settle() {
    if (!network) return;
    const count = means.length / network.meta.z_dim;
    find(".held").classList.remove("stale");
    describe(root, {
      ...{ chosen, count, samples: SAMPLES, dims: choices.dims(), limit },
      mean: means.subarray(chosen * network.meta.z_dim),
      held: held?.shares.length === count ? held : null,
    });
  }

  function tell() {
    settle();
    const means = Object.fromEntries(Array.from(moved, ([i, mean]) => [i, Array.from(mean)]));
    report({ component: chosen, moved: means, behind: choices.behind(), axes: choices.axes(), turn });
  }

  // ---- choosing a component

  function choose(i) {
    const since = performance.now();
    if (i === chosen) return;
    chosen = wanted = i;
    tiles.paint(i); // its turn may be to come
    samples.start(SAMPLES, 0);
    present(since);
    settle();
  }

  // ---- moving its mean

  function moveTo(values) {
    const since = performance.now();
    const at = chosen * network.meta.z_dim;
    choices.dims().forEach((d, axis) => {
      if (d !== null) means[at + d] = Math.max(-limit, Math.min(limit, values[axis]));
    });
    keep(chosen);
    present(since);
  }

  function keep(i) {
    const dim = network.meta.z_dim;
    const mean = means.slice(i * dim, (i + 1) * dim);
    if (mean.every((value, d) => value === trained[i * dim + d])) moved.delete(i);
    else moved.set(i, mean);
    movedFor = network.meta.version;
    find(".held").classList.add("stale"); // what it holds is counted anew on release
    tiles.paint(i);
    samples.start(SAMPLES, 0);
  }

  const meanOf = (i) => choices.dims().map((d) => (d === null ? null : means[i * network.meta.z_dim + d]));
  const putBack = () => moveTo(choices.dims().map((d) => trained[chosen * network.meta.z_dim + d]));
  const hand = {
    ready: () => root.dataset.state === "ready",
    count: () => means.length / network.meta.z_dim,
    chosen: () => chosen,
    limit: () => limit,
    ...{ choose, meanOf, moveTo, putBack, tell },
  };
  makeChoosable(mosaic, find(".lens"), tiles, hand);
  makeMovable(plane, hand);

  find(".restore").addEventListener("click", () => {
    const all = Array.from(moved.keys());
    moved = new Map();
    means.set(trained);
    for (const i of all) tiles.paint(i);
    samples.start(SAMPLES, 0);
    present();
    tell();
    find(".status").textContent = "All means are where training left them.";
  });

  const resized = new ResizeObserver(() => present());
  for (const canvas of [mosaic, plane]) resized.observe(canvas);

  function unmount() {
    unfollow();
    tiles.stop();
    samples.stop();
    resized.disconnect();
    delete shownMixtures[key];
  }

  return { update, unmount };
}
