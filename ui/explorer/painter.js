// Decoded images on canvases. Joined after decoder.js.

// The noise that makes a draw; null where the mean is to be shown or the model has no p(x|z) to draw from.
export const noiseFor = ({ meta }, show, seed) => (show === "draw" && meta.prior ? pixelNoise(meta, seed) : null);

// Returns { decoder, paint(canvas, z, label, noise), put(canvas, pixels) }: `paint` decodes z and shows the mean
// E[x|z], or with noise one draw x ~ p(x|z).
export function createPainter(network) {
  const { image_shape: shape } = network.meta;
  const [, height, width] = shape;
  const decoder = createDecoder(network);
  const drawn = new Float32Array(decoder.mean.length);
  const bitmap = new ImageData(width, height);

  function put(canvas, pixels) {
    toRGBA(pixels, shape, bitmap.data);
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    canvas.getContext("2d").putImageData(bitmap, 0, 0);
  }

  function paint(canvas, z, label, noise) {
    const mean = decoder.decode(z, label);
    put(canvas, noise ? draw(decoder, noise, drawn) : mean);
  }

  return { decoder, paint, put };
}
