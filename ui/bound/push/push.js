// needs: ../../explorer/registry.js ../../explorer/painter.js bars.js derivation.js hands.js terms.js ascent.js work.js
// The bound as something to push on. q lives here; Python hears of it when it is let go of.

const boards = new WeakMap();
// For tests and benchmarks: what is shown, and the last times from event to picture.
const pushed = (globalThis.__vaelab_bound ??= { drag: { ms: new Float32Array(4096), count: 0 }, pen: { ms: new Float32Array(4096), count: 0 } });

const [POSTERIOR, ASCENT, TERMS, OTHERS, TABLE] = [0, 1, 2, 3, 4]; // by urgency
const BEYOND = 9 / 7; // the table reaches so much farther than the plane
const HELD = 4.2; // widths of q that have to fit into the table
const NARROWEST = 0.002;
const SUMMITS = 4; // of the table, which may be peaks of their own
const MISSED = 40; // nats by which a node can fall short of a peak between nodes
const NEAR_NODES = 0.2; // apart, a table is gone by before there is a peak to hold it to
const TRUSTED = 0.5; // nats that it may be off at the peak
const SAME = 1e-3; // nats by which log p(x) differs when no other peak was found
const QUIET_MS = 60; // q rests so long before its terms are worked out exactly
const UNSEEN = 12; // times narrower than the table's spacing: a peak between nodes may go unseen

export default function ({ data, parentElement, setStateValue }) {
  let board = boards.get(parentElement);
  if (!board) boards.set(parentElement, (board = createBoard(parentElement.querySelector(".push"))));
  board.update(data, setStateValue);
  return () => {
    board.unmount();
    boards.delete(parentElement);
  };
}

function createBoard(root) {
  const find = (selector) => root.querySelector(selector);
  const canvas = find(".plane");
  const state = { q: { mean: [0, 0], std: [1, 1], angle: 0 }, family: "diagonal", window: { centre: [0, 0], half: 3.5 }, side: 0 };
  const view = createView(canvas);
  const bars = createBars(find(".bars"));
  const derivation = createDerivation(find(".derivation"));
  const hands = createHands(root, state, { change: (q, since) => move(q, since), end: release });
  const work = createWork();

  let slot, occasion, report, theme, network, painter, joint, table, prior;
  let x, encoder; // the image, and its q as the encoder gives it: { mean, std, angle }
  let unfollow = () => {};
  let likelihood, both; // log p(x|z) and log p(x, z) at the table's nodes
  let posterior = null; // as `findPosterior` gives it
  let logP = NaN; // the best there is of log p(x)
  let terms = null; // as shown
  let perPixel = null;
  let close = true;
  let drawing = false;
  let quiet = 0;
  let decoding, seed, noise, drawn; // whether the picture at q's centre is a mean or a draw

  // ---- data from Python, weights and drawings from the page

  function update(data, setStateValue) {
    report = () => {
      const { q, family } = state;
      setStateValue("released", { q: [...q.mean, ...q.std, q.angle], family, occasion });
    };
    const found = themeOf(root);
    const themed = JSON.stringify(found) !== JSON.stringify(theme);
    theme = found;
    if (slot !== data.slot) {
      slot = data.slot;
      unfollow();
      unfollow = follow(slot, { weights: adoptWeights, inference: adoptDrawing });
      adoptWeights(networkOf(slot));
    }
    if (decoding !== data.show || seed !== data.seed) {
      ({ show: decoding, seed } = data);
      if (network) adoptNoise();
    }
    if (occasion !== data.occasion) {
      occasion = data.occasion;
      choose(data.family);
      encoder = { mean: [...data.encoder.mean], std: [...data.encoder.std], angle: 0 };
      state.q = data.q ? { mean: data.q.slice(0, 2), std: data.q.slice(2, 4), angle: data.q[4] } : inFamily(encoder, state.family);
      x = Float32Array.from(column(data.x));
      drawing = false;
      begin();
    } else {
      if (themed) redraw();
      if (terms) requestAnimationFrame(() => setTimeout(tell, 60)); // Python's HTML is of the encoder's q
    }
  }

  function adoptWeights(published) {
    if (!published?.layers || published === network) return;
    network = published;
    painter = createPainter(network);
    adoptNoise();
    joint = createJoint(network);
    prior = createPrior(network);
    table = createTable(joint, network, network.limit * BEYOND);
    likelihood = new Float64Array(NODES * NODES);
    both = new Float64Array(NODES * NODES);
    work.stop();
    state.window = { centre: [0, 0], half: network.limit };
    root.dataset.state = "ready";
    begin();
  }

  function adoptNoise() {
    noise = noiseFor(network, decoding, seed);
    drawn = new Float32Array(painter.decoder.mean.length);
  }

  // Whatever is being drawn: q is the encoder's, and the whole plane in view.
  function adoptDrawing({ x: image, code, std, down, isPushed }) {
    if (isPushed || !network || !std || code.length !== 2) return;
    const since = performance.now();
    x = Float32Array.from(image);
    encoder = { mean: Array.from(code), std: Array.from(std), angle: 0 };
    state.q = inFamily(encoder, state.family);
    drawing = down;
    begin();
    note(pushed.pen, since);
  }

  const note = (times, since) => (times.ms[times.count++ % times.ms.length] = performance.now() - since);

  // ---- the posterior of an image

  function begin() {
    if (!x || !network || x.length !== joint.dim) return;
    work.stop(POSTERIOR);
    work.stop(OTHERS);
    halt();
    posterior = perPixel = null;
    logP = NaN; // until there is something to go by
    if (table.complete()) survey();
    else work.start(TABLE, table.fill(), onTable);
    seek();
    if (drawing) state.window = { centre: [0, 0], half: network.limit };
    refresh();
  }

  // What the table says of the image at once.
  function survey() {
    table.score(x, likelihood, both);
    const highest = both.reduce((a, b) => Math.max(a, b));
    const sum = both.reduce((total, value) => total + Math.exp(value - highest), 0);
    if (!posterior) logP = highest + Math.log(sum) + 2 * Math.log(table.spacing);
    return highest;
  }

  function onTable() {
    survey();
    seek();
  }

  // The peaks that the encoder and the table's summit lead to; once these are shown, those of its other summits.
  function seek() {
    const guess = axesOf(encoder).map((entry) => 0.6 * entry);
    const [first, ...others] = table.complete() ? summits(table, both, MISSED, SUMMITS) : [];
    const seeds = [encoder.mean, ...(first ? [first.z] : [])].map((z) => ({ z, A: guess }));
    work.stop(OTHERS);
    work.start(POSTERIOR, findPosterior(joint, x, seeds, table.spacing), (found) => {
      adoptPosterior(found);
      const more = [...found.peaks, ...others.map(({ z }) => ({ z, A: guess }))];
      if (others.length) work.start(OTHERS, findPosterior(joint, x, more, table.spacing), adoptIfMore);
    });
  }

  function adoptPosterior(found) {
    posterior = found;
    logP = found.logP;
    if (close && !drawing) fit();
    refresh();
    settle(0);
  }

  function adoptIfMore(found) {
    if (Math.abs(found.logP - logP) > SAME) adoptPosterior(found);
    else show();
  }

  function fit() {
    const parts = [[state.q.mean, spreadOf(state.q).map((std) => 2.6 * std)]];
    if (posterior) {
      const [c11, , c22] = posterior.covariance;
      parts.push([posterior.mean, [4 * Math.sqrt(c11), 4 * Math.sqrt(c22)]]);
    }
    state.window = close ? windowAround(parts, network.limit) : { centre: [0, 0], half: network.limit };
  }

  function spreadOf(q) {
    const [c11, , c22] = covarianceOf(q);
    return [Math.sqrt(c11), Math.sqrt(c22)];
  }

  // ---- q

  // No farther than the table holds q.
  function bounded(q) {
    const std = q.std.map((width) => Math.max(NARROWEST, Math.min(width, table.half / HELD)));
    const spread = spreadOf({ ...q, std });
    const mean = q.mean.map((value, d) => {
      const room = Math.max(0, table.half - HELD * spread[d]);
      return Math.max(-room, Math.min(room, value));
    });
    const isHeld = mean.some((value, d) => value !== q.mean[d]) || std.some((width, i) => width < q.std[i]);
    return { q: { mean, std, angle: q.angle }, isHeld };
  }

  function move(wanted, since) {
    if (!network || !x) return;
    halt();
    const { q, isHeld } = bounded(wanted);
    find(".hint").textContent = isHeld
      ? `q can go no farther: the decoder’s outputs are kept for |z| up to ${number(table.half, 1)}, and ${HELD} widths of q have to fit in.`
      : HINT;
    state.q = q;
    refreshTerms();
    note(pushed.drag, since);
    settle();
  }

  const HINT = find(".hint").textContent;
  const CUT =
    "This step was cut short: at once q goes no farther than two of its widths, a width no more than doubles or falls to a quarter, and the ELBO has to rise.";

  // The terms of this q now, and exactly when it rests.
  function refreshTerms() {
    const { q } = state;
    const live = isTrusted() ? liveTerms(joint, table, likelihood, q, logP) : null;
    terms = { ...(live ?? roughTerms(joint, x, q, logP)), exact: false };
    if (!live && Math.max(...q.std) > table.spacing) terms.reconstruction = terms.gap = NaN; // too few nodes for so wide
    show();
    redraw();
  }

  // Whether what is between the table's nodes is known well enough to go by.
  function isTrusted() {
    if (!table.complete()) return false;
    const [peak] = posterior?.peaks ?? [];
    if (!peak || peak.z.some((value) => Math.abs(value) > table.half)) return table.spacing < NEAR_NODES;
    return Math.abs(between(table, both, ...peak.z) - peak.value) < TRUSTED;
  }

  function settle(wait = QUIET_MS) {
    clearTimeout(quiet);
    work.stop(TERMS);
    if (!posterior) return;
    quiet = setTimeout(() => {
      work.start(TERMS, exactTerms(joint, x, state.q, logP), (found) => {
        terms = { ...found, exact: true };
        ({ perPixel } = found);
        show();
        hands.describe();
      });
    }, wait);
  }

  function refresh() {
    if (!network || !x) return;
    paint();
    refreshTerms();
  }

  function release() {
    if (!network || !x) return;
    hands.describe();
    if (close && isOutOfView()) {
      fit();
      refresh();
      settle();
    }
    report();
  }

  function isOutOfView() {
    const { centre, half } = state.window;
    const [a, b, c, d] = axesOf(state.q).map((entry) => 2 * entry); // the handles stand at 2σ
    const ends = [[0, 0], [a, c], [b, d]].map((shift) => state.q.mean.map((value, i) => value + shift[i] - centre[i]));
    return ends.flat().some((value) => Math.abs(value) > 0.97 * half);
  }

  // ---- what is seen

  function paint() {
    if (posterior) view.paint(state.window, onLattice(posterior), posterior.highest);
    else if (table.complete()) {
      const highest = both.reduce((a, b) => Math.max(a, b));
      const inside = (z1, z2) => Math.abs(z1) <= table.half && Math.abs(z2) <= table.half;
      view.paint(state.window, (z1, z2) => (inside(z1, z2) ? between(table, both, z1, z2) : -Infinity), highest);
    } else view.paint(state.window, () => -Infinity, 0);
  }

  function redraw() {
    if (!network || !prior) return;
    root.classList.toggle("drawing", drawing);
    view.draw(state, prior, theme, dot());
    hands.place();
    const { centre, half } = state.window;
    const range = (d) => `${named(d)} ${number(centre[d] - half)} to ${number(centre[d] + half)}`;
    find(".axis.span").textContent = `${range(0)}, ${range(1)}`;
  }

  // Where the posterior is, if it is so small in the window that it needs a ring.
  function dot() {
    if (!posterior) return drawing && table.complete() ? summits(table, both, 0, 1)[0].z : null;
    return Math.sqrt(posterior.covariance[0]) < state.window.half / 25 ? posterior.mean : null;
  }

  function show() {
    const { q } = state;
    const read = { ...terms, evidence: -logP };
    bars(read);
    derivation(read);
    find(".q").textContent =
      `q: centre (${q.mean.map((value) => number(value)).join(", ")}), widths ${q.std.map((std) => number(std, 3)).join(" and ")}` +
      (state.family === "full" ? `, turned ${number((q.angle * 180) / Math.PI, 0)}°` : "");
    find(".exact").textContent = terms.exact ? inShort() : posterior ? "Summing…" : "Looking for the posterior…";
    canvas.setAttribute("aria-label", described());
    const said = terms.exact ? inWords({ ...terms, nelbo: terms.reconstruction + terms.kl, evidence: -logP }) : "Summing…";
    if (find(".said").textContent !== said) find(".said").textContent = said;
    Object.assign(pushed, { q, family: state.family, terms, logP, posterior, table, window: state.window, captured: share() });
    tell();
  }

  const share = () => (posterior && table.complete() && !work.isAt(OTHERS) ? captured(posterior, table, both) : null);

  function inShort() {
    const part = share();
    const width = Math.sqrt(Math.min(posterior.covariance[0], posterior.covariance[2]));
    const isFar = posterior.mean.some((value) => Math.abs(value) > table.half);
    const missed = table.complete() && (table.spacing > UNSEEN * width || isFar)
      ? " Peaks this narrow or this far out can lie between the nodes that were searched: one may be missed, and log p(x) be higher."
      : "";
    const held = part === null
      ? "; p(z|x) is being searched for further peaks"
      : `; ${Math.floor(1e4 * part) / 100}% of the mass of p(z|x) seen anywhere on the plane`;
    return `Summed over ${terms.decoded} decoded z for q and ${posterior.lattice.values.size} for p(z|x)${held}.${missed}`;
  }

  function described() {
    const { q } = state;
    const at = (point) => point.map((value) => number(value)).join(", ");
    const where = posterior ? `p(z|x) around (${at(posterior.mean)}); ` : "";
    return `The latent plane. ${where}q around (${at(q.mean)}), ${number(q.std[0], 3)} by ${number(q.std[1], 3)} wide.`;
  }

  // The page's pictures and terms follow q as they follow a drawing.
  function tell() {
    if (!perPixel || !network) return; // what there is of the encoder's q is right until then
    const { q } = state;
    const parts = klByDimension(q);
    const kls = joint.mixed ? {} : { z: parts.slice(0, 2), shared: parts.slice(2) };
    const code = Float32Array.from(q.mean);
    const { decoder } = painter;
    const mean = decoder.decode(code);
    const picture = noise ? draw(decoder, noise.pixels, drawn) : mean;
    const nelbo = terms.reconstruction + terms.kl;
    showInference(slot, {
      ...{ x, reconstruction: terms.reconstruction, stderr: 0, draws: terms.decoded ?? 0, kl: { z: terms.kl }, nelbo },
      ...{ klByDimension: kls, perPixel, code, std: Float32Array.from(q.std), mean: picture, down: false, isPushed: true },
    });
  }

  // ---- the buttons

  function choose(family) {
    state.family = family;
    find(`input[value=${family}]`).checked = true;
  }

  for (const radio of root.querySelectorAll("input[name=family]")) {
    radio.addEventListener("change", () => {
      choose(radio.value);
      jump(inFamily(state.q, state.family));
    });
  }
  for (const radio of root.querySelectorAll("input[name=view]")) {
    radio.addEventListener("change", () => {
      close = radio.value === "close";
      if (!network || !x) return;
      fit();
      paint();
      redraw();
    });
  }

  function jump(q) {
    if (!network || !x) return;
    halt();
    state.q = q;
    if (close) fit();
    refresh();
    settle();
    release();
  }

  function halt() {
    work.stop(ASCENT);
    find(".optimise").textContent = "optimise";
  }

  function glide(q) {
    state.q = q;
    if (close && isOutOfView()) {
      fit();
      paint();
    }
    refreshTerms();
  }

  function ascend(generator, label) {
    if (!network || !x) return;
    clearTimeout(quiet);
    work.stop(TERMS);
    find(".optimise").textContent = label;
    work.start(ASCENT, generator, (last) => {
      find(".optimise").textContent = "optimise";
      glide(last.q ?? last);
      find(".hint").textContent = last.cut ? CUT : HINT;
      if (close) fit();
      refresh();
      settle();
      release();
    });
  }

  find(".encoder").addEventListener("click", () => encoder && jump(inFamily(encoder, state.family)));
  find(".prior").addEventListener("click", () => jump({ mean: [0, 0], std: [1, 1], angle: 0 }));
  find(".step").addEventListener("click", () => ascend(stepUp(joint, x, state.q, state.family, 0.5), "optimise"));
  find(".optimise").addEventListener("click", () => {
    if (work.isAt(ASCENT)) {
      halt();
      settle();
      release();
    } else ascend(climbUp(joint, x, state.q, state.family, glide), "stop");
  });

  const resized = new ResizeObserver(() => {
    state.side = canvas.clientWidth;
    redraw();
  });
  resized.observe(canvas);

  function unmount() {
    work.stop();
    clearTimeout(quiet);
    resized.disconnect();
    unfollow();
  }

  return { update, unmount };
}
