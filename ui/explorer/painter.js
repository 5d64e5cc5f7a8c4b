// needs: decoder.js rgba.js
// Decoded images on canvases.

// The noise that makes a draw, { pixels, below }, the latter of z1 where z is the upper level and else null; all null
// where the mean is to be shown or the model has no p(x|z) to draw from.
export function noiseFor({ meta, layers }, show, seed) {
  if (show !== "draw" || !meta.prior) return null;
  const below = meta.level === "z2" ? Float32Array.from({ length: layers[0].inputs }, normals(seed + 2 ** 29)) : null;
  return { pixels: pixelNoise(meta, seed), below };
}

// Returns { decoder, paint(canvas, z, label, noise, at, columns), put(canvas, pixels, at, columns) }: `paint` decodes z
// and shows the mean E[x|z], or with noise one draw. A canvas holds `columns` images side by side. One for all is worth
// it: each canvas is a layer of its own, and dozens of them slow down whatever else moves on the page.
export function createPainter(network) {
  const { image_shape: shape } = network.meta;
  const [, height, width] = shape;
  const nothing = { mean: new Float32Array(shape[0] * height * width), std: null }; // where the server decodes
  const decoder = network.layers ? createDecoder(network) : nothing;
  const drawn = new Float32Array(decoder.mean.length);
  const bitmap = new ImageData(width, height);

  function put(canvas, pixels, at = 0, columns = 1) {
    toRGBA(pixels, shape, bitmap.data);
    if (canvas.width !== columns * width) canvas.width = columns * width;
    if (canvas.height !== height) canvas.height = height;
    canvas.getContext("2d").putImageData(bitmap, at * width, 0);
  }

  function paint(canvas, z, label, noise, at, columns) {
    const mean = decoder.decode(z, label, noise?.below);
    put(canvas, noise ? draw(decoder, noise.pixels, drawn) : mean, at, columns);
  }

  return { decoder, paint, put };
}
