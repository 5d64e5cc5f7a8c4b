// needs: ../explorer/background.js
// A plane of two latent dimensions: a density as bands, the codes of test images, the components at their means, the
// image's q(z|x). Nothing here is heard or told; mixture.js does that.

const BANDS = 6; // of one nat each below the density's highest place
const STEPS_DOWN = Array.from({ length: BANDS }, (_, i) => Math.exp(-1 - i)); // of the density, by nats
const FINE = 96; // places along a side where the density is computed
const COARSE = 64; // the same where it is a sum of many
const OUTLINED = 60; // components up to which each is an ellipse with its image; of more only dots

// Returns draw(context, gaussians, dims, limit, side, colour): bands of the density (1/K) Σ N on the plane, which is
// itself a mixture: that of each component's two dimensions. Along a single dimension the bands are stripes.
export function createBands() {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  let size, bitmap, density, along, across;

  function prepare(wanted, count) {
    if (wanted !== size) {
      size = canvas.width = canvas.height = wanted;
      bitmap = new ImageData(size, size);
      density = new Float32Array(size * size);
    }
    if (along?.length === count * size) return;
    along = new Float32Array(count * size);
    across = new Float32Array(count * size);
  }

  // N(v; μ, σ²) of each component along a dimension, at the middles of `size` cells from −limit to limit.
  function profile({ means, stds, dim }, d, limit, out) {
    for (let i = 0, at = d; at < means.length; i++, at += dim) {
      for (let cell = 0; cell < size; cell++) {
        const v = ((2 * cell + 1) / size - 1) * limit;
        out[i * size + cell] = Math.exp(-0.5 * ((v - means[at]) / stds[at]) ** 2) / stds[at];
      }
    }
  }

  return function draw(target, gaussians, [horizontal, vertical], limit, side, colour) {
    const count = gaussians.means.length / gaussians.dim;
    prepare(count > OUTLINED ? COARSE : FINE, count);
    profile(gaussians, horizontal, limit, along);
    if (vertical === null) across.fill(1);
    else profile(gaussians, vertical, limit, across);
    density.fill(0);
    for (let i = 0; i < count; i++) {
      for (let row = 0; row < size; row++) {
        const weight = across[i * size + size - 1 - row];
        if (weight < 1e-7) continue;
        for (let cell = 0, at = row * size; cell < size; cell++, at++) density[at] += weight * along[i * size + cell];
      }
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
// gaussians (whose density is behind: { means, stds, dim }), means and stds of the components, trained (their means as
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
  if (network.points) context.drawImage(digitsLayer(view, side, scale, toX, toY), 0, 0, side, side);
  drawComponents(context, view, side, toX, toY);
  if (view.image) drawPosterior(context, { posterior: view.image, dims, theme }, toX, toY, false);
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
