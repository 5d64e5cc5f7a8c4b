// A decoder z → p(x|z) as plain arithmetic on typed arrays: no DOM, no imports, nothing allocated per call.
//
// A `network` is { meta, layers }:
//   meta    the description written by `decoder_data` in Python
//   layers  [{ W: Float32Array (out × in, row by row), b: Float32Array (out), inputs, outputs }, …]

const ACTIVATIONS = {
  elu: (a) => (a > 0 ? a : Math.expm1(a)),
  tanh: Math.tanh,
  relu: (a) => (a > 0 ? a : 0),
  identity: (a) => a,
};

const sigmoid = (a) => 1 / (1 + Math.exp(-a));

// Column 0 of an Arrow table made from a one-dimensional NumPy array, without a copy.
export const column = (table) => table.getChildAt(0).toArray();

export function networkFrom(data) {
  const { sizes } = data.meta;
  const layers = [];
  for (let i = 0; i + 1 < sizes.length; i++) {
    layers.push({ W: column(data[`W${i}`]), b: column(data[`b${i}`]), inputs: sizes[i], outputs: sizes[i + 1] });
  }
  const { meta, limit, dims, points, labels } = data;
  return { meta, layers, limit, dims, points: points && column(points), labels: labels && column(labels) };
}

// out = activate(W input + b)
function linear({ W, b, inputs, outputs }, input, activate, out) {
  for (let row = 0, at = 0; row < outputs; row++) {
    let sum0 = b[row];
    let sum1 = 0;
    let column = 0;
    for (; column + 1 < inputs; column += 2, at += 2) {
      sum0 += W[at] * input[column];
      sum1 += W[at + 1] * input[column + 1];
    }
    if (column < inputs) sum0 += W[at++] * input[column];
    out[row] = activate(sum0 + sum1);
  }
}

// Returns { mean, std, decode(z, label) }. `decode` fills and returns `mean` = E[x|z]; `std` holds the standard
// deviation of each pixel for a Gaussian family and is null for a Bernoulli one.
export function createDecoder({ meta, layers }) {
  const { z_dim: zDim, n_labels: nLabels, family, std: fixedStd } = meta;
  const dim = meta.image_shape.reduce((a, b) => a * b, 1);
  const perPixel = meta.output === "per_pixel";
  const activation = ACTIVATIONS[meta.activation];
  const last = layers.length - 1;
  const input = new Float32Array(zDim + nLabels);
  const outputs = layers.map((layer) => new Float32Array(layer.outputs));
  const mean = perPixel ? outputs[last].subarray(0, dim) : outputs[last];
  const std = family === "gaussian" ? new Float32Array(dim).fill(perPixel ? 1 : fixedStd) : null;
  const [lowest, highest] = meta.log_std_limits;
  const lastActivation = family === "bernoulli" ? sigmoid : ACTIVATIONS.identity;

  function decode(z, label = 0) {
    for (let i = 0; i < zDim; i++) input[i] = z[i];
    for (let i = 0; i < nLabels; i++) input[zDim + i] = i === label ? 1 : 0;
    for (let i = 0; i <= last; i++) {
      linear(layers[i], i ? outputs[i - 1] : input, i === last ? lastActivation : activation, outputs[i]);
    }
    if (perPixel) {
      for (let i = 0; i < dim; i++) std[i] = Math.exp(Math.min(Math.max(outputs[last][dim + i], lowest), highest));
    }
    return mean;
  }

  return { mean, std, decode };
}

// Uniform numbers in [0, 1) from a 32-bit seed (mulberry32).
export function uniforms(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// Standard normal numbers by Box and Muller.
export function normals(seed) {
  const uniform = uniforms(seed);
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

// The noise that turns p(x|z) into one draw: uniform for Bernoulli pixels, normal for Gaussian ones.
export function pixelNoise(meta, seed) {
  const next = meta.family === "bernoulli" ? uniforms(seed) : normals(seed);
  return Float32Array.from({ length: meta.image_shape.reduce((a, b) => a * b, 1) }, next);
}

// One draw x ~ p(x|z) at the decoder's last z, written to `out`.
export function draw({ mean, std }, noise, out) {
  if (std) for (let i = 0; i < out.length; i++) out[i] = mean[i] + std[i] * noise[i];
  else for (let i = 0; i < out.length; i++) out[i] = noise[i] < mean[i] ? 1 : 0;
  return out;
}

// Pixels in [0, 1], channels first, to RGBA bytes. Values outside are clipped here, for display only.
// Grey images use one ink scale in both themes: 0 is near-black, 1 is white.
export function toRGBA(pixels, [channels, height, width], rgba) {
  const size = height * width;
  for (let i = 0, at = 0; i < size; i++, at += 4) {
    if (channels === 3) {
      rgba[at] = 255 * pixels[i];
      rgba[at + 1] = 255 * pixels[size + i];
      rgba[at + 2] = 255 * pixels[2 * size + i];
    } else {
      rgba[at] = 11 + 244 * pixels[i];
      rgba[at + 1] = 13 + 242 * pixels[i];
      rgba[at + 2] = 18 + 237 * pixels[i];
    }
    rgba[at + 3] = 255;
  }
  return rgba;
}
