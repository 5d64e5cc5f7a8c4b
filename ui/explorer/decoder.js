// needs: mlp.js family.js
// A decoder z → p(x|z) as plain arithmetic on typed arrays: no DOM, nothing allocated per call.
//
// A `network` is what `decoder_data` in Python describes:
//   meta        the description; meta.prior is "standard", "mixture", "two-level" or null (none)
//   layers      the decoder's
//   upper       those of p(z1|z2) of a model of two levels
//   components  { means, stds } of a mixture's components, one after the other

export function networkFrom(data) {
  const { meta, limit, dims, points, labels } = data;
  return {
    meta,
    layers: meta.sizes && layersFrom(data, meta.sizes),
    upper: meta.upper_sizes && layersFrom(data, meta.upper_sizes, "upper_"),
    components: data.means && { means: column(data.means), stds: column(data.stds) },
    limit,
    dims,
    points: points && column(points),
    labels: labels && column(labels),
  };
}

// Returns { mean, std, logits, family, decode(z, label, below) }. `decode` fills and returns `mean` = E[x|z]; `std` holds
// the standard deviation of each pixel for a Gaussian family, `logits` theirs for any other; the other is null. Where z is the upper level, meta.level
// "z2", it is decoded by way of z1 = m(z) + s(z) · below, and without `below` of z1 = m(z).
export function createDecoder({ meta, layers, upper }) {
  const { z_dim: zDim, n_labels: nLabels, family, std: fixedStd, log_std_limits: limits } = meta;
  const dim = meta.image_shape.reduce((a, b) => a * b, 1);
  const perPixelStd = meta.output === "per_pixel";
  const run = createMLP(layers, meta.activation);
  const lower = meta.level === "z2" ? createLower({ meta, upper }) : null;
  const codeDim = layers[0].inputs - nLabels;
  const input = new Float32Array(codeDim + nLabels);
  const mean = new Float32Array(dim);
  const ofLogits = LOGIT_FAMILIES[family];
  const logits = ofLogits ? new Float32Array(dim) : null;
  const std = ofLogits ? null : new Float32Array(dim).fill(perPixelStd ? 1 : fixedStd);

  function decode(z, label = 0, below = null) {
    if (lower) {
      const { mean: middle, std: width } = lower(z);
      for (let i = 0; i < codeDim; i++) input[i] = middle[i] + (below ? width[i] * below[i] : 0);
    } else for (let i = 0; i < zDim; i++) input[i] = z[i];
    for (let i = 0; i < nLabels; i++) input[codeDim + i] = i === label ? 1 : 0;
    const outputs = run(input);
    if (perPixelStd) gaussian(outputs, limits, mean, std);
    else if (std) for (let i = 0; i < dim; i++) mean[i] = outputs[i];
    else for (let i = 0; i < dim; i++) mean[i] = ofLogits.mean((logits[i] = outputs[i]));
    return mean;
  }

  return { mean, std, logits, family, decode };
}

// Returns z2 → p(z1|z2) as { mean, std }, filled anew by every call.
export function createLower({ meta, upper }) {
  const run = createMLP(upper, meta.activation);
  const dim = upper.at(-1).outputs / 2;
  const given = { mean: new Float32Array(dim), std: new Float32Array(dim) };
  return (z2) => {
    gaussian(run(z2), meta.log_std_limits, given.mean, given.std);
    return given;
  };
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

// The noise that turns p(x|z) into one draw: normal for Gaussian pixels, uniform for any other.
export function pixelNoise(meta, seed) {
  const next = meta.family === "gaussian" ? normals(seed) : uniforms(seed);
  return Float32Array.from({ length: meta.image_shape.reduce((a, b) => a * b, 1) }, next);
}

// One draw x ~ p(x|z) at the decoder's last z, written to `out`.
export function draw({ mean, std, logits, family }, noise, out) {
  if (std) for (let i = 0; i < out.length; i++) out[i] = mean[i] + std[i] * noise[i];
  else for (let i = 0; i < out.length; i++) out[i] = LOGIT_FAMILIES[family].quantile(logits[i], noise[i]);
  return out;
}
