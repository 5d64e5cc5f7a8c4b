// needs: ../explorer/background.js
// A plane of two latent dimensions: a density as bands, the codes of test images, the components at their means, the
// image's q(z|x). Nothing here is heard or told; mixture.js does that.

const BANDS = 6; // of one nat each below the density's highest place
const STEPS_DOWN = Array.from({ length: BANDS }, (_, i) => Math.exp(-1 - i)); // of the density, by nats
const FINE = 96; // places along a side where the density is computed
const COARSE = 64; // the same where it is a sum of many
const OUTLINED = 60; // components up to which each is an ellipse with its image; of more only dots

// Returns draw(context, gaussians, dims, limit, side, colour): bands of the density (1/K) Σ N on the plane, which is
// itself a mixture: that of each component's two dimensions. Along a single dimension the bands are stripes. While one
// component moves, the sum of the others stays.
export function createBands() {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  let size, bitmap, density, along, across;
  let summed = {}; // what `density` is the sum of
  let xs, ys; // where each component was when it was added; not a number before

  function begin(of, count, wanted) {
    if (Object.keys(of).every((name) => of[name] === summed[name])) return;
    summed = of;
    if (wanted !== size) {
      size = canvas.width = canvas.height = wanted;
      bitmap = new ImageData(size, size);
      [along, across] = [new Float64Array(size), new Float64Array(size)];
    }
    density = new Float64Array(size * size);
    [xs, ys] = [new Float64Array(count).fill(NaN), new Float64Array(count).fill(NaN)];
  }

  // N(v; mean, std²) but for 1/√2π, at the middles of `size` cells from −limit to limit.
  function profile(mean, std, limit, out) {
    for (let cell = 0; cell < size; cell++) {
      const v = ((2 * cell + 1) / size - 1) * limit;
      out[cell] = Math.exp(-0.5 * ((v - mean) / std) ** 2) / std;
    }
  }

  function add(sign, x, y, stdX, stdY, limit) {
    profile(x, stdX, limit, along);
    if (stdY === null) across.fill(1);
    else profile(y, stdY, limit, across);
    for (let row = 0, at = 0; row < size; row++) {
      const weight = sign * across[size - 1 - row];
      for (let cell = 0; cell < size; cell++, at++) density[at] += weight * along[cell];
    }
  }

  return function draw(target, { means, stds, dim }, [horizontal, vertical], limit, side, colour) {
    const count = means.length / dim;
    begin({ means, stds, horizontal, vertical, limit }, count, count > OUTLINED ? COARSE : FINE);
    for (let i = 0, at = 0; i < count; i++, at += dim) {
      const [x, y] = [means[at + horizontal], vertical === null ? 0 : means[at + vertical]];
      if (x === xs[i] && y === ys[i]) continue;
      const [stdX, stdY] = [stds[at + horizontal], vertical === null ? null : stds[at + vertical]];
      if (!Number.isNaN(xs[i])) add(-1, xs[i], ys[i], stdX, stdY, limit);
      add(1, x, y, stdX, stdY, limit);
      [xs[i], ys[i]] = [x, y];
    }
    let top = 0;
    for (let at = 0; at < density.length; at++) if (density[at] > top) top = density[at];
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    const { data } = bitmap;
    for (let at = 0, byte = 0; at < density.length; at++, byte += 4) {
      let band = 0;
      while (band < BANDS && density[at] > top * STEPS_DOWN[BANDS - 1 - band]) band++;
      data[byte] = red;
      data[byte + 1] = green;
      data[byte + 2] = blue;
      data[byte + 3] = 13 * band;
    }
    context.putImageData(bitmap, 0, 0);
    Object.assign(target, { imageSmoothingEnabled: true, imageSmoothingQuality: "high" });
    target.drawImage(canvas, 0, 0, side, side);
  };
}

// How far a plane reaches that shows nearly all components' means and codes of test images.
export function reachOf({ components, points }) {
  const farOut = (values) => Float32Array.from(values, Math.abs).sort()[Math.floor(0.99 * (values.length - 1))];
  return Math.ceil(12 * Math.max(1.5, farOut(components.means), points ? farOut(points) : 0)) / 10;
}

// Draws the plane on `canvas`. `view` holds limit (it spans ±limit), network, dims [horizontal, vertical or null],
// gaussians (whose density is behind: { means, stds, dim }), isStandard (that of N(0, I) is), means and stds of the components, trained (their means as
// trained), chosen, image ({ mean, std } or nothing), tiles (createTiles), bands (createBands), theme.
export function drawPlane(canvas, view) {
  const side = canvas.clientWidth;
  if (!side) return;
  const scale = globalThis.devicePixelRatio || 1;
  if (canvas.width !== Math.round(side * scale)) canvas.width = canvas.height = Math.round(side * scale);
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const { network, limit, dims, theme } = view;
  const toX = (value) => ((value + limit) / (2 * limit)) * side;
  const toY = (value) => side - toX(value);
  context.fillStyle = theme.surface;
  context.fillRect(0, 0, side, side);
  view.bands(context, view.gaussians, dims, limit, side, theme.text);
  if (view.isStandard && dims[1] !== null) drawStandard(context, theme, toX, toY);
  if (network.points) context.drawImage(digitsLayer(view, side, scale, toX, toY), 0, 0, side, side);
  drawComponents(context, view, side, toX, toY);
  if (view.image) drawPosterior(context, { posterior: view.image, dims, theme }, toX, toY, false);
}

// One and two standard deviations of N(0, I).
function drawStandard(context, theme, toX, toY) {
  Object.assign(context, { strokeStyle: theme.text, lineWidth: 1.5 });
  context.setLineDash([6, 4]);
  context.beginPath();
  for (const sigmas of [1, 2]) traceEllipse(context, 0, 0, sigmas, sigmas, toX, toY);
  context.stroke();
  context.setLineDash([]);
}

// The digits stay where they are while a component moves, and are drawn once.
const layers = new WeakMap(); // by the plane's `bands`

function digitsLayer({ network, limit, dims, theme, bands }, side, scale, toX, toY) {
  const { points, labels, meta } = network;
  const shows = [meta.version, dims, limit, side, scale, theme.dark].join();
  const kept = layers.get(bands);
  if (kept?.shows === shows) return kept.canvas;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.round(side * scale);
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.globalAlpha = 0.75;
  drawDigits(context, { points, labels, zDim: meta.z_dim, dims, theme }, toX, toY);
  layers.set(bands, { shows, canvas });
  return canvas;
}

function drawComponents(context, view, side, toX, toY) {
  const { means, stds, trained, network, dims, chosen, tiles, theme } = view;
  const { z_dim: dim } = network.meta;
  const count = means.length / dim;
  const [horizontal, vertical] = dims;
  const height = (from, i) => (vertical === null ? side / 2 : toY(from[i * dim + vertical]));
  const place = (from, i) => [toX(from[i * dim + horizontal]), height(from, i)];
  const outlined = count <= OUTLINED;
  context.strokeStyle = theme.text;
  context.lineWidth = 1;
  context.globalAlpha = 0.55;
  context.beginPath();
  for (let i = 0; i < count; i++) {
    if (vertical === null || !(outlined || i === chosen)) continue;
    const [x, y] = [means[i * dim + horizontal], means[i * dim + vertical]];
    traceEllipse(context, x, y, stds[i * dim + horizontal], stds[i * dim + vertical], toX, toY);
  }
  context.stroke();
  context.fillStyle = theme.text;
  for (let i = 0; i < count; i++) {
    const [x, y] = place(means, i);
    const [fromX, fromY] = place(trained, i);
    if (x !== fromX || y !== fromY) {
      context.setLineDash([3, 3]);
      context.beginPath();
      context.moveTo(fromX, fromY);
      context.lineTo(x, y);
      context.stroke();
      context.setLineDash([]);
    }
    if (!outlined) context.fillRect(x - 1, y - 1, 2, 2);
  }
  context.globalAlpha = 1;
  const size = count <= 20 ? 22 : 16;
  for (let i = 0; outlined && i < count; i++) {
    if (i !== chosen) drawTile(context, tiles, i, ...place(means, i), size, "#8b93a1", 1);
  }
  drawTile(context, tiles, chosen, ...place(means, chosen), 32, theme.primary, 3);
}

function drawTile(context, tiles, i, x, y, size, colour, line) {
  tiles.copy(i, context, x - size / 2, y - size / 2, size);
  Object.assign(context, { strokeStyle: colour, lineWidth: line });
  context.strokeRect(x - size / 2, y - size / 2, size, size);
}
