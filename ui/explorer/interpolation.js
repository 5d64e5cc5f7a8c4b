// needs: decoder.js registry.js painter.js ../components/names.js ../components/motion.js
// The straight line between the codes of two images, z(t) = (1 − t) from + t to: its steps decoded side by side, and a
// slider that leads the slot's explorers along it.

const interpolations = new WeakMap();

const STEPS = 11;
const ROUND_SECONDS = 6; // there and back
const STILLS = 12; // of a round, where motion is not wanted
const NEAR = 0.01; // in each dimension, how far beside the line a z still counts as on it: links round z

export default function ({ data, parentElement }) {
  let interpolation = interpolations.get(parentElement);
  if (!interpolation) {
    interpolation = createInterpolation(parentElement.querySelector(".interpolation"));
    interpolations.set(parentElement, interpolation);
  }
  interpolation.update(data);
  return () => {
    interpolation.unmount();
    interpolations.delete(parentElement);
  };
}

function createInterpolation(root) {
  const find = (selector) => root.querySelector(selector);
  const strip = find(".strip");
  const slider = find(".t");
  const live = find(".live canvas");

  let shows, slot, from, to, ends, show, seed, network, painter, noise;
  let written; // the label that the steps are written with
  let unfollow = () => {};
  let t = 0;
  let onLine = true;
  let animation = 0;

  function update(data) {
    const wanted = JSON.stringify([data.slot, data.from, data.to, data.names, data.show, data.seed]);
    if (wanted === shows) return;
    shows = wanted;
    pause();
    if (slot !== undefined) showPath(slot, null);
    unfollow();
    ({ slot, show, seed } = data);
    from = Float32Array.from(data.from);
    to = Float32Array.from(data.to);
    ends = [
      { figure: find(".first"), pixels: column(data.first), name: data.names[0] },
      { figure: find(".second"), pixels: column(data.second), name: data.names[1] },
    ];
    unfollow = follow(slot, { weights: adoptWeights, position: adoptPosition });
    showPath(slot, { from, to });
    adoptWeights(networkOf(slot));
  }

  function adoptWeights(published) {
    if (!published?.layers || published.meta.z_dim !== from.length) return;
    network = published;
    painter = createPainter(network);
    noise = noiseFor(network, show, seed);
    root.dataset.state = "ready";
    for (const { figure, pixels, name } of ends) {
      const canvas = figure.querySelector("canvas");
      if (pixels.length === painter.decoder.mean.length) painter.put(canvas, pixels);
      canvas.setAttribute("aria-label", name);
      figure.querySelector("figcaption").textContent = name;
    }
    strip.setAttribute("aria-label", `${STEPS} images decoded on the way from ${ends[0].name} to ${ends[1].name}`);
    paintSteps(positionOf(slot)?.label);
    if (positionOf(slot)) adoptPosition(positionOf(slot));
  }

  function paintSteps(label) {
    written = label;
    for (let i = 0; i < STEPS; i++) painter.paint(strip, at(i / (STEPS - 1)), label, noise, i, STEPS);
  }

  const at = (share) => Float32Array.from(from, (start, i) => (1 - share) * start + share * to[i]);

  // Where an explorer is now: where the slider led it, or where something else did.
  function adoptPosition({ z, label }) {
    if (!network || z.length !== from.length) return;
    const line = at(t);
    if (!z.every((value, i) => value === line[i])) {
      pause();
      const nearest = nearestTo(z);
      onLine = at(nearest).every((value, i) => Math.abs(value - z[i]) <= NEAR);
      if (onLine) t = nearest;
    } else onLine = true;
    describe();
    if (label !== written) paintSteps(label);
    painter.paint(live, z, label, noise);
  }

  // The t in [0, 1] whose z(t) is nearest to z.
  function nearestTo(z) {
    let along = 0;
    let length = 0;
    for (let i = 0; i < z.length; i++) {
      along += (z[i] - from[i]) * (to[i] - from[i]);
      length += (to[i] - from[i]) ** 2;
    }
    return length ? Math.max(0, Math.min(1, along / length)) : 0;
  }

  function describe() {
    const code = network.meta.prior ? "μ" : "g";
    const [a, b] = [number(1 - t), number(t)];
    slider.value = t;
    slider.setAttribute("aria-valuetext", `t = ${b}`);
    find(".formula").textContent = onLine
      ? `z(${b}) = ${a} · ${code}(first) + ${b} · ${code}(second)`
      : "z is beside the line: move t to go back to it";
  }

  function go(share, settled) {
    t = share;
    chooseZ(slot, at(t), settled);
  }

  // ---- there and back, slower towards the ends

  function play() {
    const begin = performance.now() - (Math.acos(1 - 2 * t) / (2 * Math.PI)) * ROUND_SECONDS * 1000;
    const frame = (now) => {
      animation = requestAnimationFrame(frame);
      go(0.5 - 0.5 * Math.cos(2 * Math.PI * paced((now - begin) / 1000 / ROUND_SECONDS, STILLS)), false);
    };
    animation = requestAnimationFrame(frame);
    find(".play").textContent = "pause";
  }

  function pause() {
    if (!animation) return;
    cancelAnimationFrame(animation);
    animation = 0;
    find(".play").textContent = "play";
  }

  find(".play").addEventListener("click", () => {
    if (!animation) return play();
    pause();
    go(t, true);
  });
  slider.addEventListener("input", () => {
    pause();
    go(Number(slider.value), false);
  });
  slider.addEventListener("change", () => go(Number(slider.value), true));
  // From beside the line one can also go back to where the thumb already stands, which is no change to the slider.
  slider.addEventListener("click", () => onLine || go(Number(slider.value), true));
  slider.addEventListener("keydown", ({ key }) => {
    if (!onLine && (key === "Home" || key === "End")) go(key === "End" ? 1 : 0, true);
  });
  strip.addEventListener("click", ({ offsetX }) => {
    pause();
    go(Math.min(STEPS - 1, Math.floor((offsetX / strip.clientWidth) * STEPS)) / (STEPS - 1), true);
  });

  function unmount() {
    pause();
    unfollow();
    showPath(slot, null);
  }

  return { update, unmount };
}
